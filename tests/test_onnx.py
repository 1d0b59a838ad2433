"""Models in ONNX: what they return is compared with predict and predict_proba."""

import copy
import json
from dataclasses import replace
from itertools import product

import keras
import numpy as np
import onnxruntime
import pandas as pd
import pytest
import skl2onnx
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import make_pipeline as make_imblearn_pipeline
from messages import whole
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, make_scorer
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    TunedThresholdClassifierCV,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    OneHotEncoder,
    StandardScaler,
)

from skweighted import (
    ClassWeightSearchCV,
    CostSensitiveMLPClassifier,
    CostSensitiveTabularClassifier,
    Model,
    PriorCorrectedClassifier,
    __version__,
    register_onnx,
    to_onnx,
)
from skweighted._costs._distortion import LOSSES
from skweighted._onnx import _export, _model, _verify
from skweighted._onnx._inputs import feed_of, inputs_of
from skweighted.comparison.strategies.strategy import Parts
from skweighted.comparison.strategies.table import STRATEGIES
from skweighted.preprocessing import TablePreparation

N_ROWS = 240
RANDOM = np.random.default_rng(0)
MATRIX = RANDOM.normal(size=(N_ROWS, 5)) * [1, 2, 3, 4, 5] + [0, 10, 0, 0, 0]
SCORE = MATRIX[:, 0] + MATRIX[:, 2] / 3 + RANDOM.normal(0, 0.5, N_ROWS)
TWO = (SCORE > 1.2).astype(int)
TARGETS = {
    "integers": TWO,
    "text": np.array(["bad", "worse"])[TWO],
    "booleans": TWO == 1,
    "floats": TWO * 2.0,
    "three": np.digitize(SCORE, [-1, 1.2]),
    "three texts": np.array(["a", "b", "c"])[np.digitize(SCORE, [-1, 1.2])],
    "labels": np.stack([SCORE > 0, SCORE > 1, MATRIX[:, 1] > 10], axis=1).astype(int),
}
THREE_COSTS = np.array([[0, 1, 2], [4, 0, 1], [9, 3, 0]])
COSTS = {"two": [[0, 1], [9, 0]], "three": THREE_COSTS, "labels": [[0, 1], [9, 0]]}


def kind_of_target(name):
    return name.split()[0] if name.split()[0] in COSTS else "two"


def table():
    """Return a raw table with every kind of column."""
    rng = np.random.default_rng(1)
    since = pd.Timestamp("1965-01-01") + pd.to_timedelta(
        rng.integers(0, 3 * 10**9, N_ROWS), "s"
    )
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 90, N_ROWS),
            "income": rng.lognormal(10, 1, N_ROWS),
            "vip": rng.random(N_ROWS) < 0.3,
            "since": since,
            "seen": pd.to_datetime(since).tz_localize("UTC").tz_convert("Asia/Tokyo"),
            "stay": pd.to_timedelta(rng.integers(1, 10**6, N_ROWS), "s"),
            "city": rng.choice(["Oslo", "Rome", "Paris"], N_ROWS),
            "size": pd.Categorical(rng.integers(0, 4, N_ROWS)),
            "plan": rng.choice(list("abcdefghij"), N_ROWS, p=[0.91] + [0.01] * 9),
            "zip": rng.integers(0, 80, N_ROWS).astype(str),
            "label": rng.normal(size=N_ROWS),
            7: rng.normal(size=N_ROWS),
            "constant": 1,
        }
    )
    for column, n_missing in {"income": 20, "since": 9, "city": 30, "zip": 5}.items():
        frame.loc[rng.choice(N_ROWS, n_missing, replace=False), column] = None
    return frame.rename(columns=str)


TABLE = table()
NUMBERS = TABLE[["age", "income", "label"]]


# Compiles fast, and once for any number of rows.
FAST = {
    "optimizer": "sgd",
    "learning_rate": 0.05,
    "batch_size": 64,
    "random_state": 0,
}


def mlp(**parameters):
    parameters = FAST | {"epochs": 3} | parameters
    return CostSensitiveMLPClassifier((8,), **parameters)


def tabular(**parameters):
    defaults = {"epochs": 2, "n_networks": 2, "numeric_embedding": None, "dropout": 0.0}
    parameters = FAST | defaults | parameters
    return CostSensitiveTabularClassifier((8,), **parameters)


def run(model, feed):
    """Return the outputs of a model as a list."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return session.run(None, feed)


def assert_same(estimator, X, **parameters):
    """Export, and compare independently of the export's own comparison."""
    model = to_onnx(estimator, X, **parameters)
    label, proba = run(model, feed_of(estimator, X, inputs_of(estimator, X)))
    expected = estimator.predict_proba(X)
    assert proba.dtype == np.float32
    assert proba.shape == expected.shape
    # The limit of an export: float32 networks are within 1e-6 here.
    np.testing.assert_allclose(proba, expected, rtol=0, atol=1e-5)
    labels = estimator.predict(X)
    np.testing.assert_array_equal(label, labels)
    kinds = {"i": np.int64, "f": np.float64, "b": np.bool_}
    assert label.dtype == kinds.get(labels.dtype.kind, object)
    return model


# networks and their targets


@pytest.fixture(scope="module")
def fitted():
    return mlp().fit(MATRIX, TWO)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("has_costs", [False, True])
def test_labels_and_probabilities_of_every_target(target, has_costs):
    costs = COSTS[kind_of_target(target)] if has_costs else None
    clf = mlp(class_weight="balanced", cost_matrix=costs).fit(MATRIX, TARGETS[target])
    assert_same(clf, MATRIX)


@pytest.mark.parametrize(
    ("loss", "target"),
    [
        *product(["focal", "ldam", "logit_adjusted"], ["integers", "three", "labels"]),
        ("balanced_softmax", "three"),
        ("mean_false_error", "labels"),
    ],
)
def test_the_effect_of_a_loss_is_undone(loss, target):
    options = {"loss__scale": 2.0} if loss == "ldam" else {}
    if loss in ("focal", "ldam"):
        options["class_weight"] = "sqrt_balanced"
    clf = mlp(
        loss=loss,
        correct_probabilities=True,
        cost_matrix=COSTS[kind_of_target(target)],
        **options,
    )
    assert_same(clf.fit(MATRIX, TARGETS[target]), MATRIX)


@pytest.mark.parametrize("target", ["integers", "labels"])
@pytest.mark.parametrize(
    "options",
    [
        {"loss__clip": 0.0, "loss__gamma_pos": 1.0},
        {"loss__clip": 0.3, "loss__gamma_neg": 0.0},
    ],
    ids=str,
)
def test_the_asymmetric_loss_is_undone(target, options):
    clf = mlp(loss="asymmetric", correct_probabilities=True, **options)
    assert_same(clf.fit(MATRIX, TARGETS[target]), MATRIX)


@pytest.mark.parametrize(
    ("dtype", "target"),
    [("float32", "integers"), ("float64", "three"), ("float32", "labels")],
)
def test_probabilities_of_exactly_0_and_1_are_undone(dtype, target):
    # Extreme numbers, so that float32 outputs are 0 and 1.
    clf = mlp(
        loss="focal", correct_probabilities=True, class_weight="balanced", dtype=dtype
    )
    clf.fit(MATRIX, TARGETS[target])
    assert_same(clf, np.vstack([MATRIX, MATRIX[:20] * 1e4]))


@pytest.mark.parametrize(
    "parameters",
    [
        {"ensemble": "seeds"},
        {"ensemble": "folds", "early_stopping": True},
        {"ensemble": "bootstrap", "class_weight": "balanced"},
        {"ensemble": "balanced", "correct_probabilities": True},
        {"ensemble": "folds", "threshold": "balanced_accuracy"},
        {"ensemble": "folds", "calibration": "temperature"},
        {
            "ensemble": "folds",
            "calibration": "temperature",
            "correct_probabilities": True,
            "class_weight": "balanced",
            "cost_matrix": COSTS["two"],
        },
    ],
    ids=str,
)
def test_ensembles(parameters):
    clf = mlp(n_networks=3, input_scaling="robust", **parameters)
    assert_same(clf.fit(MATRIX, TARGETS["text"]), MATRIX)


@pytest.mark.parametrize("target", ["three", "labels"])
def test_a_temperature_of_several_outputs(target):
    clf = mlp(
        n_networks=2,
        ensemble="folds",
        calibration="temperature",
        input_scaling="standard",
    )
    assert_same(clf.fit(MATRIX, TARGETS[target]), MATRIX)


def test_activations(fitted):
    clf = copy.copy(fitted)
    [network] = clf._trained.networks
    names = ["elu", "exponential", "gelu", "hard_sigmoid", "hard_silu", "leaky_relu"]
    names += ["linear", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "softplus"]
    for name in [*names, "softsign", "tanh", keras.activations.gelu]:
        first, last = network.network.stages
        spec = replace(network.network, stages=(replace(first, activation=name), last))
        one = replace(network, network=spec)
        clf._trained = replace(fitted._trained, networks=(one,))
        assert_same(clf, MATRIX / 3)


@pytest.mark.parametrize(
    ("embedding", "scaling", "n_members"),
    [
        ("periodic", None, None),
        ("piecewise_linear", "robust", None),
        (None, "standard", None),
        ("piecewise_linear", "robust", 3),
        (None, None, 2),
    ],
)
def test_input_stages(embedding, scaling, n_members):
    X = MATRIX.copy()
    X[:30, 1] = np.nan if scaling else 0
    clf = mlp(numeric_embedding=embedding, input_scaling=scaling, n_networks=2)
    clf.set_params(n_members=n_members).fit(X, TWO)
    assert_same(clf, X)


def test_weights_that_a_user_has_trained_are_exported():
    clf = mlp().fit(MATRIX, TWO)
    before = clf.predict_proba(MATRIX)
    clf.model_.set_weights([2 * values for values in clf.model_.get_weights()])
    assert np.abs(clf.predict_proba(MATRIX) - before).max() > 0.01
    assert_same(clf, MATRIX)


# tables


@pytest.fixture(scope="module")
def fitted_table():
    embeddings = ("periodic", "piecewise_linear")
    clf = tabular(
        class_weight="balanced",
        cost_matrix=COSTS["two"],
        numeric_embedding=embeddings,
    )
    return clf.fit(TABLE, TARGETS["text"])


def test_a_raw_table(fitted_table):
    before = TABLE.copy(deep=True)
    model = assert_same(fitted_table, TABLE)
    pd.testing.assert_frame_equal(TABLE, before)
    names = [one.name for one in model.graph.input]
    assert names == [*TABLE.columns[:10], "label_", *TABLE.columns[11:]]


def test_a_table_with_other_columns_orders_and_values(fitted_table):
    model = to_onnx(fitted_table, TABLE[TABLE.columns[::-1]])
    other = TABLE.copy()
    other["city"] = other["city"].map({"Oslo": "Bergen", "Rome": "Rome"})
    other["zip"] = [str(number) for number in range(N_ROWS)]
    other["vip"] = other["vip"].astype(object).where(other["age"] > 30, None)
    other["since"] += pd.Timedelta(days=20_000)
    feed = feed_of(fitted_table, other, inputs_of(fitted_table, TABLE))
    label, proba = run(model, feed)
    np.testing.assert_allclose(proba, fitted_table.predict_proba(other), atol=1e-5)
    np.testing.assert_array_equal(label, fitted_table.predict(other))


@pytest.mark.parametrize("target", ["three", "labels"])
def test_a_table_with_several_classes_or_labels(target):
    costs = COSTS[target]
    clf = tabular(cost_matrix=costs, class_weight="balanced", input_scaling=None)
    assert_same(clf.fit(TABLE, TARGETS[target]), TABLE)


def test_a_matrix_with_categories():
    X = np.column_stack([MATRIX, RANDOM.integers(0, 5, N_ROWS) / 10, TABLE["zip"]])
    X = X.astype(np.float32)
    X[:9, 0] = X[5:20, 5] = np.nan
    clf = tabular(categorical_features=[5, 6]).fit(X, TWO)
    model = assert_same(clf, X)
    assert [one.name for one in model.graph.input] == ["X"]


def test_an_array_of_objects():
    X = TABLE[["age", "city"]].to_numpy(object)
    model = assert_same(tabular().fit(X, TWO), X)
    assert [one.name for one in model.graph.input] == ["x0", "x1"]


def test_a_polars_frame():
    polars = pytest.importorskip("polars")
    X = polars.from_pandas(TABLE[["age", "income", "city"]])
    assert_same(tabular().fit(X, TWO), X)


@pytest.mark.parametrize("scale_numbers", [False, True])
def test_every_column_of_a_preparation(scale_numbers):
    preparation = TablePreparation(scale_numbers=scale_numbers, min_frequency=5)
    pipeline = make_pipeline(preparation, HistGradientBoostingClassifier(max_iter=5))
    pipeline.fit(TABLE, TARGETS["three"])
    assert_same(pipeline, TABLE)


def test_dates_are_the_wall_clock_of_the_training_rows():
    fitted = tabular(epochs=1).fit(TABLE[["seen"]], TWO)
    model = to_onnx(fitted, TABLE[["seen"]])
    local = TABLE["seen"].dt.tz_localize(None)
    feed = {"seen": local.to_numpy("datetime64[us]").astype("int64")[:, None]}
    np.testing.assert_allclose(
        run(model, feed)[1], fitted.predict_proba(TABLE[["seen"]]), atol=1e-5
    )


# pipelines and wrappers


def test_a_column_transformer_before_a_network():
    preprocessing = make_column_transformer(
        (make_pipeline(SimpleImputer(), StandardScaler()), ["age", "income"]),
        (OneHotEncoder(handle_unknown="ignore"), ["plan", "age"]),
        ("passthrough", ["label"]),
    )
    pipeline = make_pipeline(preprocessing, mlp()).fit(TABLE, TARGETS["text"])
    assert_same(pipeline, TABLE)


WRAPPED = {
    "scaled": lambda: make_pipeline(StandardScaler(), mlp()),
    "resampled": lambda: make_imblearn_pipeline(
        TablePreparation(scale_numbers=True),
        RandomOverSampler(random_state=0),
        "passthrough",
        mlp(),
    ),
    "corrected": lambda: PriorCorrectedClassifier(
        make_imblearn_pipeline(
            SimpleImputer(), StandardScaler(), RandomOverSampler(random_state=0), mlp()
        )
    ),
    "corrected with costs": lambda: PriorCorrectedClassifier(
        make_imblearn_pipeline(
            SimpleImputer(), RandomOverSampler(random_state=0), LogisticRegression()
        ),
        cost_matrix=[[0, 1], [9, 0]],
    ),
    "fixed threshold": lambda: FixedThresholdClassifier(
        make_pipeline(SimpleImputer(), mlp(input_scaling="robust")), threshold=0.3
    ),
    "fixed threshold of the first class": lambda: FixedThresholdClassifier(
        tabular(), threshold=0.7, pos_label="bad"
    ),
    "tuned threshold": lambda: make_pipeline(
        SimpleImputer(),
        StandardScaler(),
        TunedThresholdClassifierCV(
            mlp(), cv=2, response_method="predict_proba", random_state=0
        ),
    ),
    "search": lambda: GridSearchCV(
        make_pipeline(StandardScaler(), mlp()),
        {"costsensitivemlpclassifier__alpha": [0.0, 0.1]},
        cv=2,
    ),
    "search of weights": lambda: ClassWeightSearchCV(
        make_pipeline(StandardScaler(), mlp()),
        {"costsensitivemlpclassifier__alpha": [0.0, 0.1]},
        cv=2,
    ),
    "no network": lambda: make_pipeline(
        SimpleImputer(), StandardScaler(), LogisticRegression()
    ),
}


@pytest.mark.parametrize("name", WRAPPED)
def test_wrapped_networks(name):
    X = NUMBERS if name in ("resampled", "corrected") else NUMBERS.fillna(0.0)
    assert_same(WRAPPED[name]().fit(X, TARGETS["text"]), X)


def test_a_calibrated_network():
    X = MATRIX.astype(np.float32)
    clf = mlp(dtype="float32", input_scaling="robust")
    calibrated = CalibratedClassifierCV(clf, cv=2).fit(X, TWO)
    assert_same(calibrated, X)


def test_a_preparation_in_a_column_transformer():
    X = TABLE[["zip", "age", "label"]]
    preprocessing = make_column_transformer(
        (TablePreparation(scale_numbers=True), ["zip", "age"]),
        (StandardScaler(), ["label"]),
    )
    assert_same(make_pipeline(preprocessing, mlp()).fit(X, TWO), X)


def test_large_numbers_are_scaled_in_float64():
    seconds = pd.DataFrame({"seconds": 1.7e9 + MATRIX[:, 0] * 100, "b": MATRIX[:, 2]})
    for clf in (make_pipeline(StandardScaler(), mlp()), tabular()):
        assert_same(clf.fit(seconds, TWO), seconds)
    imputed = make_pipeline(SimpleImputer(), StandardScaler(), mlp()).fit(seconds, TWO)
    with pytest.raises(ValueError, match=r"^An ONNX model must return the prob"):
        to_onnx(imputed, seconds)


# what a comparison compares

COMPARED = ["none", "class_weight_corrected", "focal", "logit_adjusted", "threshold"]
COMPARED += ["smote", "smotenc", "min_cost", "tabular", "logistic_regression"]
COMPARED += ["hist_gradient_boosting", "balanced_bagging", "balanced_random_forest"]


@pytest.mark.parametrize("name", COMPARED)
def test_strategies_of_a_comparison(name):
    parts = Parts(
        TablePreparation(scale_numbers=True),
        mlp(epochs=2, learning_rate=0.001),
        COSTS["two"],
    )
    small = {
        "tabular": {"epochs": 2, "n_networks": 2, "numeric_embedding": None},
        "balanced_bagging": {"n_estimators": 2, "random_state": 0},
        "balanced_random_forest": {"n_estimators": 5, "random_state": 0},
        "hist_gradient_boosting": {"max_iter": 5},
    }
    pipeline = STRATEGIES[name].make(parts)
    for parameter, value in small.get(name, {}).items():
        pipeline.set_params(**{f"network__{parameter}": value})
    assert_same(pipeline.fit(TABLE, TARGETS["text"]), TABLE)


def test_a_category_that_smotenc_has_not_seen():
    preparation = TablePreparation(scale_numbers=True)
    parts = Parts(preparation, mlp(epochs=1, learning_rate=1e-4), None)
    pipeline = STRATEGIES["smotenc"].make(parts).fit(TABLE, TWO)
    assert_same(pipeline, TABLE.assign(plan="new"))


def test_smotenc_of_a_matrix_with_a_column_of_categories():
    matrix = np.c_[MATRIX[:, [0, 2]], np.arange(N_ROWS) % 3]
    preparation = TablePreparation(categorical_features=[2], scale_numbers=True)
    parts = Parts(preparation, mlp(epochs=1, learning_rate=1e-4), None)
    pipeline = STRATEGIES["smotenc"].make(parts).fit(matrix, TWO)
    matrix[0, 2] = 7  # not seen
    assert_same(pipeline, matrix)


# costs of each row, and other outputs


def test_costs_of_each_row_of_two_classes():
    pipeline = make_pipeline(StandardScaler(), mlp(class_weight="balanced"))
    pipeline.fit(MATRIX, TARGETS["text"])
    model = to_onnx(pipeline, MATRIX, row_costs=True)
    assert [one.name for one in model.graph.input] == ["X", "false_alarm", "miss"]
    false_alarm, miss = RANDOM.lognormal(0, 2, (2, N_ROWS))
    costs = {"false_alarm": false_alarm[:, None], "miss": miss[:, None]}
    label, proba = run(model, {"X": MATRIX} | costs)
    prepared = pipeline[0].transform(MATRIX)
    expected = pipeline[-1].predict(prepared, false_alarm=false_alarm, miss=miss)
    assert len(set(expected)) == 2
    np.testing.assert_array_equal(label, expected)
    np.testing.assert_allclose(proba, pipeline.predict_proba(MATRIX), atol=1e-5)


def test_costs_of_each_row_of_three_classes():
    clf = mlp(class_weight="balanced", cost_matrix=THREE_COSTS)
    clf.fit(MATRIX, TARGETS["three texts"])
    model = to_onnx(clf, MATRIX, row_costs=True)
    costs = RANDOM.lognormal(0, 2, (N_ROWS, 3, 3)) * (1 - np.eye(3))
    label, _ = run(model, {"X": MATRIX, "cost_matrix": costs})
    np.testing.assert_array_equal(label, clf.predict(MATRIX, cost_matrix=costs))


def test_costs_of_each_row_after_a_correction():
    clf = WRAPPED["corrected"]().fit(NUMBERS, TARGETS["text"])
    model = to_onnx(clf, NUMBERS, row_costs=True)
    names = [one.name for one in model.graph.input]
    assert names == [*NUMBERS.columns[:2], "label_", "false_alarm", "miss"]


def test_probabilities_only():
    clf = mlp().fit(MATRIX, TWO)
    model = to_onnx(clf, MATRIX, decision=False)
    assert [one.name for one in model.graph.output] == ["probabilities"]
    [proba] = run(model, {"X": MATRIX})
    np.testing.assert_allclose(proba, clf.predict_proba(MATRIX), atol=1e-5)


def test_a_model_describes_itself():
    model = to_onnx(mlp().fit(MATRIX, TARGETS["text"]), MATRIX)
    properties = {one.key: one.value for one in model.metadata_props}
    assert properties.pop("skweighted_version") == __version__
    described = "CostSensitiveMLPClassifier(batch_size=64, epochs=3"
    assert properties.pop("estimator").startswith(described)
    assert json.loads(properties.pop("classes")) == ["bad", "worse"]
    assert properties == {"precision": "float32, cast from float64"}
    assert model.doc_string.startswith(
        f"CostSensitiveMLPClassifier, exported by skweighted {__version__}. Networks "
        f"compute in float32, cast from float64."
    )


def test_the_type_of_a_matrix_is_that_of_x():
    for dtype, number in ((np.float32, 1), (np.float64, 11), (np.int64, 11)):
        X = MATRIX.clip(-3, 3).astype(dtype)
        model = to_onnx(mlp(epochs=1).fit(X, TWO), X)
        assert model.graph.input[0].type.tensor_type.elem_type == number


def test_skl2onnx_itself_knows_the_package():
    register_onnx()
    X = MATRIX.astype(np.float32) / 10
    for estimator in (WRAPPED["scaled"](), WRAPPED["corrected"](), mlp()):
        estimator.fit(X, TARGETS["text"])
        label, proba = run(skl2onnx.to_onnx(estimator, X[:1]), {"X": X})
        np.testing.assert_array_equal(label, estimator.predict(X))
        np.testing.assert_allclose(proba, estimator.predict_proba(X), atol=1e-5)


# errors


def test_an_unfitted_estimator():
    with pytest.raises(NotFittedError):
        to_onnx(mlp(), MATRIX)


def test_a_model_is_its_pipeline():
    table = pd.DataFrame(MATRIX, columns=list("abcde"))
    fitted = mlp(epochs=1).fit(table, TWO)
    model = to_onnx(Model.describe(fitted, table, TWO), table)
    assert model.SerializeToString() == to_onnx(fitted, table).SerializeToString()


@pytest.mark.parametrize(
    "arguments", [(StandardScaler().fit(MATRIX), MATRIX), (MATRIX, mlp())]
)
def test_something_without_probabilities_before_x(arguments):
    message = (
        f"to_onnx takes a fitted classifier with predict_proba, then X. The first is "
        f"of type {type(arguments[0]).__name__}, which has no predict_proba."
    )
    with pytest.raises(TypeError, match=whole(message)):
        to_onnx(*arguments)


def test_missing_packages(monkeypatch):
    def find_spec(name):
        return None if name == "skl2onnx" else name

    monkeypatch.setattr(_export.importlib.util, "find_spec", find_spec)
    message = (
        "ONNX models need the packages onnx, onnxruntime, skl2onnx. Missing: skl2onnx. "
        'Use pip install "skweighted[onnx]".'
    )
    for function in (lambda: to_onnx(None, MATRIX), register_onnx):
        with pytest.raises(ImportError, match=whole(message)):
            function()


def test_an_activation_that_onnx_has_not():
    def cubic(values):
        return values**3

    clf = mlp(activation=cubic, epochs=1, learning_rate=1e-4).fit(MATRIX / 10, TWO)
    message = (
        "An ONNX model can only have activations that are known to it. activation is "
        "the function cubic. Use one of elu, exponential, gelu, hard_sigmoid, "
        "hard_silu, hard_swish, leaky_relu, linear, mish, relu, relu6, selu, sigmoid, "
        "silu, softplus, softsign, swish, tanh."
    )
    with pytest.raises(ValueError, match=whole(message)):
        to_onnx(clf, MATRIX)


def test_a_loss_with_a_distortion_of_its_own():
    class Own(keras.losses.BinaryCrossentropy):
        distortion = replace(LOSSES["focal"], undo=lambda proba: proba)

    clf = mlp(loss=Own(), cost_matrix=COSTS["two"]).fit(MATRIX, TWO)
    message = (
        "An ONNX model can only undo the losses of skweighted. The loss Own has a "
        "distortion of its own. Use correct_probabilities=False without costs, or a "
        "loss of skweighted."
    )
    with pytest.raises(ValueError, match=whole(message)):
        to_onnx(clf, MATRIX)


def test_an_empty_text_that_is_a_category():
    X = TABLE[["city"]].fillna("")
    clf = tabular(epochs=1, numeric_embedding=None).fit(X, TWO)
    message = (
        "In an ONNX model, an empty text is a missing value. Column 'city' has it as a "
        "category. Replace it in X by another text, or by None, and fit again."
    )
    with pytest.raises(ValueError, match=whole(message)):
        to_onnx(clf, X)


def test_a_step_without_converter():
    pipeline = make_pipeline(StandardScaler(), Unknown()).fit(MATRIX, TWO)
    message = (
        f"An ONNX model needs a converter for each step. skl2onnx has none: Unable to "
        f"find a shape calculator for type '{Unknown}'. Replace this "
        f"step, or register a converter by skl2onnx.update_registered_converter."
    )
    with pytest.raises(ValueError, match=whole(message)):
        to_onnx(pipeline, MATRIX)


class Unknown(DummyClassifier):
    """A classifier that skl2onnx does not know."""


def test_columns_with_the_names_of_outputs():
    names = ["label", "label_", "probabilities", "probabilities_", "x"]
    X = pd.DataFrame(MATRIX, columns=names)
    model = assert_same(LogisticRegression().fit(X, TWO), X)
    assert [one.name for one in model.graph.input] == [
        *("label__", "label_", "probabilities__", "probabilities_", "x")
    ]


def test_a_tuned_threshold_of_the_first_class():
    labels = np.where(TWO == 1, "a_rare", "b_common")
    scoring = make_scorer(f1_score, pos_label="a_rare")
    tuned = TunedThresholdClassifierCV(LogisticRegression(), scoring=scoring, cv=2)
    assert_same(tuned.fit(MATRIX, labels), MATRIX)


def test_thresholds_need_probabilities():
    clf = FixedThresholdClassifier(
        LogisticRegression(), threshold=0.1, response_method="decision_function"
    )
    message = (
        "In an ONNX model, FixedThresholdClassifier can only decide by probabilities. "
        "It has response_method='decision_function'. Use "
        "response_method='predict_proba'."
    )
    with pytest.raises(ValueError, match=whole(message)):
        to_onnx(clf.fit(MATRIX, TWO), MATRIX)


def test_costs_of_rows_need_decisions(fitted):
    message = "row_costs=True is about decisions, but decision=False. Leave one out."
    with pytest.raises(ValueError, match=whole(message)):
        to_onnx(fitted, MATRIX, decision=False, row_costs=True)


def test_costs_of_rows_need_exclusive_classes():
    clf = mlp().fit(MATRIX, TARGETS["labels"])
    message = (
        "row_costs=True is for mutually exclusive classes. The labels of this "
        "estimator have the same costs in all rows. Use row_costs=False."
    )
    with pytest.raises(ValueError, match=whole(message)):
        to_onnx(clf, MATRIX, row_costs=True)


def test_costs_of_rows_need_a_classifier_that_uses_them():
    clf = LogisticRegression().fit(MATRIX, TWO)
    message = (
        "row_costs=True needs a classifier whose predict has a cost_matrix, such as "
        "those of skweighted. LogisticRegression decides otherwise. Use "
        "row_costs=False, or export the classifier inside it."
    )
    with pytest.raises(ValueError, match=whole(message)):
        to_onnx(clf, MATRIX, row_costs=True)


def test_other_probabilities_are_an_error(fitted, monkeypatch):
    def shifted(*arguments):
        found = run_model(*arguments)
        found["probabilities"][7] += [0.25, -0.25]
        return found

    run_model = _model.run
    monkeypatch.setattr(_model, "run", shifted)
    message = (
        "An ONNX model must return the probabilities of predict_proba, within 1e-05. "
        "They differ in 1 of 240 rows, in row 7 by 0.25. ONNX computes in float32: "
        "numbers that need more digits must be scaled first, by "
        "CostSensitiveTabularClassifier, StandardScaler or TablePreparation. "
        "Otherwise, skl2onnx may not fully support one of the other steps."
    )
    with pytest.raises(ValueError, match=whole(message)):
        to_onnx(fitted, MATRIX)


@pytest.mark.parametrize("target", ["integers", "labels"])
@pytest.mark.parametrize("has_costs", [False, True])
def test_other_labels_are_an_error_unless_they_are_tied(target, has_costs, monkeypatch):
    costs = COSTS[kind_of_target(target)] if has_costs else None
    clf = mlp(cost_matrix=costs).fit(MATRIX, TARGETS[target])
    proba = clf.predict_proba(MATRIX)
    p = proba if target == "labels" else proba[:, 1]
    distance = np.abs(p - (0.1 if has_costs else 0.5))
    distance[distance <= 2 * _verify.TOLERANCE] = np.inf  # tied already
    labels = clf.predict(MATRIX)
    place = np.unravel_index(distance.argmin(), distance.shape)
    found = labels.copy()
    found[place] = 1 - found[place]
    with pytest.raises(ValueError, match=f"^An ONNX model must .* in row {place[0]}, "):
        _verify.check_labels(clf, MATRIX, found, labels, None)
    monkeypatch.setattr(_verify, "TOLERANCE", distance.min() + 1e-9)
    _verify.check_labels(clf, MATRIX, found, labels, None)


def test_tied_labels_of_other_classifiers():
    # One row whose decision is tied for each kind of decision.
    for name in ("fixed threshold", "corrected with costs", "corrected"):
        X = NUMBERS.fillna(0.0)
        clf = WRAPPED[name]().fit(X, TARGETS["text"])
        values = _verify.margins(clf, X, None)
        best = clf.classes_[values.argmin(axis=1)]
        np.testing.assert_array_equal(best, clf.predict(X))
