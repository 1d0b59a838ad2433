"""Predictions in NumPy: twins of Keras, and no TensorFlow in the process."""

import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import keras
import numpy as np
import pytest
import skops.io
from messages import whole
from scipy.sparse import csr_array
from sklearn.datasets import make_classification
from threadpoolctl import ThreadpoolController, threadpool_limits

import skweighted
from skweighted import (
    ClassWeightSearchCV,
    CostSensitiveMLPClassifier,
    CostSensitiveTabularClassifier,
)
from skweighted._engine import _predict
from skweighted._engine._keras_model import build_model
from skweighted._engine._network import initial_parameters
from skweighted._engine._predict import Forward, outputs_of
from skweighted._engine._spec import (
    Dense,
    NetworkSpec,
    Periodic,
    PiecewiseLinear,
    Scaling,
)

N_FEATURES = 5
X = np.random.default_rng(0).normal(size=(300, N_FEATURES)) * 3
X[0] = [0, 1e12, -1e12, 30, -30]
WITH_GAPS = X.copy()
WITH_GAPS[::7, 2] = np.nan
TOLERANCE = {"float32": 1e-6, "float64": 1e-12}
ACTIVATIONS = [
    *("elu", "exponential", "gelu", "leaky_relu", "linear", "mish", "relu", "selu"),
    *("sigmoid", "silu", "softplus", "softsign", "swish", "tanh"),
    pytest.param(keras.ops.cos, id="a function"),
]
CENTER, FACTOR = np.arange(5) - 2.0, np.array([1, 1e-3, 1, 0.1, 2])
# Each bin overlaps the next.
LOWER = np.tile(np.linspace(-3, 3, PiecewiseLinear.n_bins), (3, 1))
FEW = np.array([[0.0] * 64, [1, 2, 4] * 3 + [0] * 55, [0.5] * 64])
STAGES = {
    "smooth": ((Scaling(True, (2, 4)),), (CENTER, FACTOR)),
    "not smooth": ((Scaling(False),), (CENTER, FACTOR)),
    "waves": ((Scaling(True), Periodic((0, 2, 3), scale=2.0)), (CENTER, FACTOR)),
    "waves of all": ((Scaling(True), Periodic(tuple(range(5)))), (CENTER, FACTOR)),
    "pieces": (
        (Scaling(True, (2,)), PiecewiseLinear((0, 2, 3))),
        (CENTER, FACTOR, LOWER, LOWER * 0 + 8),
    ),
    # In the first column there are no bins, and in the second only some.
    "few pieces": (
        (Scaling(False), PiecewiseLinear((0, 2, 3))),
        (CENTER, FACTOR, LOWER, FEW),
    ),
    "pieces of raw numbers": (
        (PiecewiseLinear((0, 2, 3)),),
        (LOWER, LOWER * 0 + 8),
    ),
    "waves, then pieces": (
        (Scaling(True), Periodic((1, 2)), PiecewiseLinear((0, 2, 1))),
        (CENTER, FACTOR, LOWER, LOWER * 0 + 8),
    ),
}


def network_of(activation="silu", dtype="float64", inputs=(), head="sigmoid"):
    n_outputs = 3 if head == "softmax" else 1
    uniform = {"kernel_initializer": "he_uniform"}
    stages = (
        *(Dense(16, activation, **uniform), Dense(8, activation, **uniform)),
        Dense(n_outputs, head, **uniform),
    )
    return NetworkSpec(N_FEATURES, stages, dtype, inputs)


def parameters_of(network, fixed=(), seed=0):
    drawn = initial_parameters(network, np.random.SeedSequence(seed), fixed)
    # Kernels of pieces begin at 0.
    generator = np.random.default_rng(seed)
    return tuple(
        values + generator.normal(0, 0.1, values.shape).astype(network.dtype)
        if trained
        else values
        for values, trained in zip(drawn, network.is_trained, strict=True)
    )


def by_keras(network, parameters, rows):
    model = build_model(network, parameters)
    return np.asarray(model(rows.astype(network.dtype)))


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activations_are_those_of_keras(activation, dtype):
    network = network_of(activation, dtype, head="softmax")
    parameters = parameters_of(network)
    rows = X.clip(-30, 30) * (0.001 if activation == "exponential" else 1)
    np.testing.assert_allclose(
        Forward(network, [parameters])(rows)[0],
        by_keras(network, parameters, rows),
        atol=TOLERANCE[dtype],
    )


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("stages", STAGES)
def test_input_stages_are_those_of_keras(stages, dtype):
    inputs, fixed = STAGES[stages]
    network = network_of(dtype=dtype, inputs=inputs)
    parameters = parameters_of(network, fixed)
    np.testing.assert_allclose(
        Forward(network, [parameters])(WITH_GAPS)[0],
        by_keras(network, parameters, WITH_GAPS),
        atol=TOLERANCE[dtype],
    )


# Numbers added to center and factor of the scaling, and to lower ends and factors of
# bins: networks with the same scaling are computed together.
SHIFTED = [
    ("waves", (0, 0)),
    ("pieces", (0, 0, 0, 0)),
    ("waves", (0, 0)),
    ("smooth", (0, 0)),
    ("pieces", (0, 0, 0.3, 2)),
    ("pieces", (0.5, 0, 0, 0)),
    ("pieces", (0, 0.5, 0.1, 0)),
    ("waves", (0.5, 0)),
    ("waves, then pieces", (0, 0, 0, 0)),
    ("waves, then pieces", (0, 0, 0.2, 1)),
    ("pieces of raw numbers", (0, 0)),
    ("pieces of raw numbers", (0.4, 3)),
]


@pytest.mark.parametrize("chunk_rows", [1, 64, 1_500])
@pytest.mark.parametrize("chunk_values", [1, 2**9, 2**30])
@pytest.mark.parametrize("storage", [np.asarray, csr_array])
def test_rows_are_predicted_alike_one_by_one_and_in_chunks(
    storage, chunk_values, chunk_rows, monkeypatch
):
    monkeypatch.setattr(_predict, "CHUNK_VALUES", chunk_values)
    monkeypatch.setattr(_predict, "LOOKED_UP_CHUNK", chunk_rows)
    networks, parameters = [], []
    for seed, (kind, shifts) in enumerate(SHIFTED):
        inputs, fixed = STAGES[kind]
        shifted = [one + shift for one, shift in zip(fixed, shifts, strict=True)]
        networks.append(network_of(inputs=inputs))
        parameters.append(parameters_of(networks[-1], shifted, seed))
    rows = X[:100]
    together = list(outputs_of(networks, parameters)(storage(rows)))
    for outputs, network, one in zip(together, networks, parameters, strict=True):
        each = [Forward(network, [one])(row[np.newaxis])[0, 0] for row in rows]
        # BLAS adds up in another order for other shapes, and pieces are looked up.
        np.testing.assert_allclose(outputs, each, rtol=1e-12)


def test_values_at_the_ends_of_narrow_bins_are_scored_alike_alone_and_in_a_batch():
    edges = np.sort(2.9 + np.random.default_rng(0).random(65) * 0.002).astype("float32")
    fixed = (edges[:-1], 1 / np.diff(edges.astype("float64")))
    inputs = (PiecewiseLinear((0,)),)
    network = network_of(dtype="float32", inputs=inputs)
    network = replace(network, n_features=1)
    parameters = parameters_of(network, [one[np.newaxis] for one in fixed])
    forward = Forward(network, [parameters])
    rows = np.repeat(edges, 2)[:, np.newaxis]
    each = [forward(row[np.newaxis])[0, 0] for row in rows]
    tolerance = TOLERANCE["float32"]
    np.testing.assert_allclose(forward(rows)[0], each, rtol=0, atol=tolerance)


def test_rows_are_not_changed():
    rows = X.copy()
    network = network_of("relu", inputs=STAGES["smooth"][0])
    Forward(network, [parameters_of(network, STAGES["smooth"][1])])(rows)
    np.testing.assert_array_equal(rows, X)


def test_threads_that_predict_at_once_leave_the_threads_of_blas_as_they_were():
    network = network_of()
    forward = Forward(network, [parameters_of(network)])
    rows = np.tile(X, (200, 1))
    with threadpool_limits(2, "blas"):
        before = ThreadpoolController().select(user_api="blas").info()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(forward, [rows, rows[:20_000]] * 8))
        assert ThreadpoolController().select(user_api="blas").info() == before


def test_numbers_are_checked_by_scikit_learn_where_their_sum_is_not_finite():
    network = fit_of("float64")
    with pytest.raises(ValueError, match="Input X contains infinity"):
        network.predict(np.where(np.eye(4) > 0, np.inf, 1.0))
    huge = np.full((2, 4), 1e308)
    np.testing.assert_array_equal(network.predict(huge), network.predict(huge.tolist()))


# without TensorFlow

DATA, LABELS = make_classification(120, 4, n_redundant=0, random_state=0)
DATA32 = DATA.astype(np.float32)


def fit_of(kind):
    small = {"epochs": 2, "random_state": 0, "optimizer": "sgd"}
    if kind == "tabular":
        return CostSensitiveTabularClassifier(
            (8,), n_networks=2, cost_matrix=[[0, 1], [5, 0]], **small
        ).fit(DATA, LABELS)
    network = CostSensitiveMLPClassifier((8,), **small)
    if kind == "labels":
        network.set_params(loss="focal", correct_probabilities=True)
        return network.fit(DATA, np.c_[LABELS, DATA[:, 0] > 0].astype(int))
    if kind == "three classes":
        network.set_params(loss="ldam", class_weight="balanced")
        network.set_params(correct_probabilities=True)
        return network.fit(DATA, np.array(["a", "b", "c"])[np.arange(120) % 3])
    if kind == "search":
        search = ClassWeightSearchCV(network, {"class_weight": [None, "balanced"]})
        return search.fit(DATA, LABELS)
    return network.fit(DATA32 if kind == "float32" else DATA, LABELS)


# `None` in sys.modules: an import raises ImportError, as if it were not installed.
PROGRAM = """
import pickle, sys
for name in ("tensorflow", "keras", "scikeras"):
    sys.modules[name] = None
import numpy as np, skops.io, skweighted
X, file, way, expected = pickle.load(sys.stdin.buffer)
if way == "pickle":
    model = pickle.loads(file)
else:
    model = skops.io.loads(file, trusted=skweighted.TRUSTED_TYPES)
for name, values in expected.items():
    np.testing.assert_array_equal(getattr(model, name)(X), values)
assert repr(model) and model.get_params() and pickle.dumps(model)
try:
    model.fit(X, np.arange(len(X)) % 2)
except ImportError as error:
    print(error)
"""


@pytest.mark.parametrize("way", ["pickle", "skops"])
@pytest.mark.parametrize(
    "kind", ["tabular", "labels", "three classes", "float32", "search"]
)
def test_a_loaded_model_predicts_without_tensorflow(kind, way):
    model = fit_of(kind)
    file = pickle.dumps(model) if way == "pickle" else skops.io.dumps(model)
    rows = DATA32 if kind == "float32" else DATA
    expected = {
        name: getattr(model, name)(rows) for name in ("predict", "predict_proba")
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=pickle.dumps((rows, file, way, expected)),
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().splitlines() == [
        "Training needs TensorFlow, which is not installed. Install tensorflow, or "
        'tensorflow-cpu, which is half the size: pip install "skweighted[cpu]". '
        "Fitted classifiers predict without it."
    ]


def test_a_public_name_is_the_class_that_trains_where_tensorflow_is_installed():
    program = (
        "import sys, skweighted._estimator._classifier as module;"
        "assert 'tensorflow' not in sys.modules;"
        "from skweighted import CostSensitiveMLPClassifier as public;"
        "from scikeras.wrappers import BaseWrapper;"
        "assert public is module.CostSensitiveMLPClassifier;"
        "assert issubclass(public, BaseWrapper)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_loss_of_the_users_own_is_undone_by_itself():
    class Halved(keras.losses.BinaryCrossentropy):
        distortion = skweighted.losses.Distortion(
            "shape", "halves logits", undo=lambda proba: proba[:, ::-1]
        )

    network = CostSensitiveMLPClassifier(
        (4,), epochs=1, random_state=0, loss=Halved(), correct_probabilities=True
    ).fit(DATA, LABELS)
    raw = network.set_params(correct_probabilities=False).predict_proba(DATA)
    network.set_params(correct_probabilities=True)
    np.testing.assert_allclose(network.predict_proba(DATA), raw[:, ::-1], rtol=1e-12)


def test_one_network_has_no_spread():
    with pytest.raises(
        ValueError,
        match=whole(
            "predict_spread needs several networks. This classifier has 1. Use "
            "n_networks of at least 2."
        ),
    ):
        fit_of("float64").predict_spread(DATA)
