"""Models in ONNX: what they return is compared with predict and predict_proba."""

import json

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
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    TunedThresholdClassifierCV,
)
from sklearn.naive_bayes import ComplementNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    StandardScaler,
)

from skweighted import (
    ClassWeightSearchCV,
    CostSensitiveMLPClassifier,
    CostSensitiveTabularClassifier,
    PriorCorrectedClassifier,
    compare,
    register_onnx,
    to_onnx,
)
from skweighted._onnx import _export, _model, _verify
from skweighted._onnx._inputs import feed_of, inputs_of
from skweighted.comparison.strategies.table import DEFAULT_STRATEGIES, STRATEGIES
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


def mlp(**parameters):
    parameters = {"epochs": 3, "random_state": 0, "learning_rate": 0.01} | parameters
    return CostSensitiveMLPClassifier((8,), **parameters)


def tabular(**parameters):
    parameters = {"epochs": 2, "n_networks": 2, "random_state": 0} | parameters
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


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("has_costs", [False, True])
def test_labels_and_probabilities_of_every_target(target, has_costs):
    costs = COSTS[kind_of_target(target)] if has_costs else None
    clf = mlp(class_weight="balanced", cost_matrix=costs).fit(MATRIX, TARGETS[target])
    assert_same(clf, MATRIX)


@pytest.mark.parametrize("target", ["integers", "three", "labels"])
@pytest.mark.parametrize(
    "loss",
    ["focal", "logit_adjusted", "balanced_softmax", "ldam", "mean_false_error"],
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
@pytest.mark.parametrize("options", [{}, {"loss__clip": 0.0, "loss__gamma_pos": 1.0}])
def test_the_asymmetric_loss_is_undone(target, options):
    clf = mlp(loss="asymmetric", correct_probabilities=True, **options)
    assert_same(clf.fit(MATRIX, TARGETS[target]), MATRIX)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("target", ["integers", "three", "labels"])
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


@pytest.mark.parametrize(
    "activation",
    ["elu", "gelu", "hard_sigmoid", "hard_silu", "leaky_relu", "linear", "logistic"]
    + ["mish", "relu", "relu6", "selu", "silu", "softplus", "softsign", "tanh"],
)
def test_activations(activation):
    clf = mlp(activation=activation, epochs=1).fit(MATRIX, TWO)
    assert_same(clf, MATRIX)


@pytest.mark.parametrize("embedding", ["periodic", "piecewise_linear"])
@pytest.mark.parametrize("scaling", [None, "standard", "robust"])
def test_input_stages(embedding, scaling):
    X = MATRIX.copy()
    X[:30, 1] = np.nan if scaling else 0
    clf = mlp(numeric_embedding=embedding, input_scaling=scaling, n_networks=2).fit(
        X, TWO
    )
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
    return tabular(class_weight="balanced", cost_matrix=COSTS["two"]).fit(
        TABLE, TARGETS["text"]
    )


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
    calibrated = CalibratedClassifierCV(mlp(dtype="float32"), cv=2).fit(X, TWO)
    assert_same(calibrated, X)


# what a comparison compares


@pytest.fixture(scope="module")
def comparison():
    return compare(
        TABLE,
        TARGETS["text"],
        network=mlp(epochs=2),
        strategies=["none"],
        cost_matrix=COSTS["two"],
        n_splits=2,
    )


CANNOT = {}


@pytest.mark.parametrize("name", [*DEFAULT_STRATEGIES, "min_cost"])
def test_every_default_strategy(name, comparison):
    pipeline = STRATEGIES[name].make(comparison)
