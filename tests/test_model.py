"""A model in a file: what comes back, what is refused, and what monitor finds."""

import json
import os
import signal
import subprocess
import sys
import zipfile
from datetime import timezone
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import skops.io
from imblearn.ensemble import BalancedRandomForestClassifier
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline as make_imblearn_pipeline
from messages import whole
from quick import QUICK_TABULAR
from scipy import stats
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
)
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, make_scorer
from sklearn.model_selection import (
    FixedThresholdClassifier,
    TunedThresholdClassifierCV,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

import skweighted
from skweighted import (
    CostSensitiveMLPClassifier,
    Model,
    PriorCorrectedClassifier,
    adapt_prior,
    compare,
    estimate_prior,
)
from skweighted._model._columns import conform, references_of
from skweighted._model._file import read_card
from skweighted._model._monitor import stability
from skweighted._model._prior import implied_prior
from skweighted.comparison.measures import MEASURES
from skweighted.comparison.strategies import DEFAULT_STRATEGIES, STRATEGIES
from skweighted.exceptions import ModelVersionWarning, TableError
from skweighted.preprocessing import TablePreparation

COSTS = {("yes", "no"): 5, ("no", "yes"): 1}
OF_IMBLEARN = "balanced_bagging", "easy_ensemble", "balanced_random_forest"
SAVED = [*DEFAULT_STRATEGIES, "min_cost", "smotenc", *OF_IMBLEARN]


def table(n_rows=200, seed=0):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(n_rows, 2)), columns=["age", "income"])
    X.loc[::9, "age"] = np.nan
    X["city"] = rng.choice(["Oslo", "Rome", "Bern"], n_rows)
    X["day"] = pd.date_range("2024-01-01", periods=n_rows)
    X["member"] = rng.random(n_rows) > 0.5
    y = np.where(X["income"] + rng.normal(size=n_rows) > 1, "yes", "no")
    return X, pd.Series(y, name="fraud")


X, y = table()


@pytest.fixture(scope="module")
def comparison():
    strategies = {name: STRATEGIES[name] for name in SAVED}
    strategies["tabular"] = QUICK_TABULAR
    network = CostSensitiveMLPClassifier((6,), optimizer="sgd", epochs=2)
    return compare(
        X, y, estimator=network, strategies=strategies, cv=2, cost_matrix=COSTS
    )


@pytest.fixture(scope="module")
def simple():
    """A model without a network, which is fitted in no time."""
    numbers = X[["income", "member"]]
    pipeline = LogisticRegression().fit(numbers, y)
    return Model.describe(pipeline, numbers, y, fit_seconds=0.5)


@pytest.fixture
def saved(simple, tmp_path):
    simple.save(tmp_path / "m.model")
    return tmp_path / "m.model"


# Comparison.fit


def test_fit_returns_the_pipeline_fitted_to_all_rows(comparison):
    fitted = comparison.fit("smote")
    twin = comparison.pipeline("smote").fit(X, y)
    np.testing.assert_array_equal(fitted.predict_proba(X), twin.predict_proba(X))
    assert (fitted.strategy_, fitted.strategy_reason_) == ("smote", "It was named.")


@pytest.mark.parametrize("by", ["average_precision", "log_loss", "calibration_slope"])
def test_best_is_the_first_of_the_ranking(comparison, by):
    losses = MEASURES[by].loss(comparison.summary()[by, "mean"])
    assert comparison.best(by).strategy == losses.idxmin()


def scores_only(means, n_folds=3):
    rows = [
        (name, fold, "roc_auc", mean + 0.01 * (fold - 1))
        for name, mean in means.items()
        for fold in range(n_folds)
    ]
    names = ["strategy", "fold", "metric", "value"]
    return skweighted.Comparison(pd.DataFrame(rows, columns=names), positive="yes")


@pytest.mark.parametrize(
    ("means", "reason"),
    [
        (
            {"none": 0.7, "smote": 0.8},
            "'smote' has the best ROC AUC of 2 strategies: 0.8, the mean over 3 folds.",
        ),
        (
            {"none": 0.8, "smote": 0.8, "focal": 0.795},
            "'none' has the best ROC AUC of 3 strategies: 0.8, the mean over 3 folds. "
            "'smote', 'focal' do not differ from it in practice (by at most 0.01).",
        ),
        ({"none": 0.7}, "'none' is the only strategy that was run."),
    ],
)
def test_the_reason_names_what_does_not_differ(means, reason):
    assert scores_only(means).best("roc_auc").reason == reason


def test_a_metric_that_was_not_computed_is_an_error():
    message = "by must be a metric that was computed. Got 'f1'. Known: 'roc_auc'."
    with pytest.raises(ValueError, match=whole(message)):
        scores_only({"none": 0.7}).best("f1")


def test_intervals_are_those_of_nadeau_and_bengio():
    mean, low, high, n_folds = (
        scores_only({"none": 0.7}).intervals("none").loc["roc_auc"]
    )
    variance = (1 / 3 + (1 / 3) / (2 / 3)) * 0.01**2
    half = stats.t.ppf(0.975, 2) * np.sqrt(variance)
    # Rounding.
    np.testing.assert_allclose([mean, low, high], [0.7, 0.7 - half, 0.7 + half], 1e-12)
    assert n_folds == 3


def test_one_fold_has_no_interval():
    found = scores_only({"none": 0.7}, n_folds=1).intervals("none").loc["roc_auc"]
    assert found.tolist()[1:] == [-np.inf, np.inf, 1]


# Round trips


@pytest.mark.parametrize("name", SAVED)
def test_every_strategy_predicts_the_same_after_a_round_trip(
    comparison, name, tmp_path
):
    fitted = comparison.fit(name)
    model = Model.describe(fitted, X, y, scores=comparison.intervals(name))
    model.save(tmp_path / "m.model")
    returned = Model.load(tmp_path / "m.model")
    np.testing.assert_array_equal(returned.predict(X), fitted.predict(X))
    np.testing.assert_array_equal(returned.predict_proba(X), fitted.predict_proba(X))
    assert returned.card == model.card
    assert returned.card["strategy"] == name
    with zipfile.ZipFile(tmp_path / "m.model") as archive:
        schema = archive.read("schema.json").decode()
    # Samplers hold training rows; those in these ensembles only the row numbers.
    assert ("imblearn" in schema) == (name in OF_IMBLEARN)
    assert "TuningFolds" not in schema


def test_skops_loads_the_pipeline_from_the_file(comparison, tmp_path):
    fitted = comparison.fit("threshold")
    Model.describe(fitted, X, y).save(tmp_path / "m.model")
    trusted = skweighted.TRUSTED_TYPES
    returned = skops.io.load(tmp_path / "m.model", trusted=trusted)
    np.testing.assert_array_equal(returned.predict(X), fitted.predict(X))


def test_saving_changes_nothing_of_what_was_fitted(comparison, tmp_path):
    fitted = comparison.fit("min_cost")
    steps, costs = list(fitted.steps), fitted[-1].cost_matrix
    Model.describe(fitted, X, y).save(tmp_path / "m.model")
    assert fitted.steps == steps
    assert fitted[-1].cost_matrix is costs


@pytest.mark.parametrize(
    "wrapper", [PriorCorrectedClassifier, FixedThresholdClassifier]
)
def test_samplers_in_wrapped_pipelines_are_not_saved(tmp_path, wrapper):
    numbers = X[["income", "member"]].astype(float)
    sampled = make_imblearn_pipeline(SMOTE(), LogisticRegression())
    fitted = wrapper(sampled).fit(numbers, y)
    Model.describe(fitted, numbers, y).save(tmp_path / "m.model")
    loaded = Model.load(tmp_path / "m.model")
    np.testing.assert_array_equal(loaded.predict(numbers), fitted.predict(numbers))
    assert len(fitted.estimator_.steps) == len(fitted.estimator.steps) == 2


def test_what_could_not_be_loaded_is_not_saved(tmp_path):
    neighbors = KNeighborsClassifier(algorithm="kd_tree").fit(X[["income"]], y)
    message = (
        "This model cannot be saved, because it could not be loaded safely: it has the "
        "types 'sklearn.metrics._dist_metrics.EuclideanDistance64', "
        "'sklearn.neighbors._kd_tree.KDTree'. Choose another strategy, or use pickle."
    )
    with pytest.raises(TableError, match=whole(message)):
        Model.describe(neighbors, X[["income"]], y).save(tmp_path / "m.model")
    assert list(tmp_path.iterdir()) == []


def test_gradient_boosting_that_does_not_check_its_trees_is_not_saved(tmp_path):
    boosting = GradientBoostingClassifier(n_estimators=2).fit(X[["income"]], y)
    message = (
        "This model cannot be saved: it has a GradientBoostingClassifier. Choose "
        "another strategy, or use pickle."
    )
    with pytest.raises(TableError, match=whole(message)):
        Model.describe(boosting, X[["income"]], y).save(tmp_path / "m.model")
    assert list(tmp_path.iterdir()) == []


WRONG_DESCRIPTIONS = {
    "fewer labels": (
        lambda fitted: (fitted, X, y[:9]),
        ValueError,
        "Found input variables with inconsistent numbers of samples: [200, 9]",
    ),
    "other labels": (
        lambda fitted: (fitted, X, (y == "yes").to_numpy()),
        TableError,
        "y must have the labels of the rows that the classifier was fitted on. Its "
        "class 'no' is not in y. Pass the X and y of fit.",
    ),
    "names are numbers": (
        lambda fitted: (fitted, X.set_axis(range(X.shape[1]), axis=1), y),
        TypeError,
        "Column names of X must be text, because a model finds its columns by name. "
        "Got 0. Fit the classifier with "
        "X.set_axis(X.columns.map(str), axis=1).",
    ),
    "not fitted": (
        lambda _: (LogisticRegression(), X, y),
        NotFittedError,
        "This LogisticRegression is not fitted. Call fit first.",
    ),
    "no probabilities": (
        lambda _: (LinearSVC().fit(X[["income"]], y), X[["income"]], y),
        TypeError,
        "A model must have predict_proba, which LinearSVC does not have. Wrap it in "
        "sklearn.calibration.CalibratedClassifierCV.",
    ),
}


@pytest.mark.parametrize("case", WRONG_DESCRIPTIONS)
def test_what_was_not_fitted_on_these_rows_is_not_described(comparison, case):
    make, kind, message = WRONG_DESCRIPTIONS[case]
    with pytest.raises(kind, match=whole(message)):
        Model.describe(*make(comparison.fit("logistic_regression")))


def test_an_array_has_no_names_to_find_columns_by():
    message = (
        "X must be a DataFrame whose column names are text, because a model finds its "
        "columns by name. Got ndarray. To save a classifier for arrays, use "
        "skops.io.dump."
    )
    with pytest.raises(TypeError, match=whole(message)):
        Model.describe(LogisticRegression(), np.zeros((3, 2)), y)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (
            np.where(y == "yes", "2024-01-02", "2024-01-01").astype("datetime64[s]"),
            "Labels must be text, numbers or booleans to describe a model. Got labels "
            "of type datetime64[s]. Fit the classifier with y.astype(str).",
        ),
        (
            np.ones((len(y), 3), int),
            "y must have one label per row to describe a model. Got 3 columns. To save "
            "a multilabel classifier, use skops.io.dump.",
        ),
    ],
)
def test_labels_that_a_card_cannot_hold(simple, labels, message):
    with pytest.raises(TableError, match=whole(message)):
        Model.describe(simple.pipeline, X[["income", "member"]], labels)


def test_infinite_numbers_are_named(simple):
    numbers = X[["income", "member"]].copy()
    numbers.loc[4, "income"] = -np.inf
    message = (
        "Numbers must be finite to describe a model. Column 'income' holds -inf in row "
        "5. Replace it, with NaN if it is missing, and fit again."
    )
    with pytest.raises(TableError, match=whole(message)):
        Model.describe(simple.pipeline, numbers, y)


def test_a_label_that_the_classifier_has_not_seen_is_left_out(simple):
    labels = y.mask(y.index == 7, "never")
    card = Model.describe(simple.pipeline, X[["income", "member"]], labels).card
    assert [one["label"] for one in card["classes"]] == ["no", "yes"]


# Files that are refused


def rewritten(path, entry, change):
    """Rewrite an entry of a zip file."""
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    content[entry] = change(content[entry])
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            if data is not None:
                archive.writestr(name, data)


def test_bytes_that_are_no_model_are_refused(tmp_path):
    path = tmp_path / "m.model"
    path.write_bytes(b"no model")
    message = (
        f"'{path}' is not a whole model of skweighted. Use a file that `skweighted "
        f"train` or Model.save has written. If it is one, copy it again."
    )
    with pytest.raises(TableError, match=whole(message)):
        Model.load(path)


def test_a_file_that_is_not_there_is_an_error(tmp_path):
    message = f"There is no file '{tmp_path / 'm.model'}'."
    with pytest.raises(TableError, match=whole(message)):
        Model.load(tmp_path / "m.model")


def test_a_skops_file_without_a_card_is_refused(tmp_path, simple):
    path = tmp_path / "m.model"
    skops.io.dump(simple.pipeline, path)
    message = (
        f"'{path}' is not a model of skweighted: it has no card. Models are written by "
        f"`skweighted train` and Model.save."
    )
    with pytest.raises(TableError, match=whole(message)):
        Model.load(path)


def test_a_changed_byte_is_found(saved):
    data = bytearray(saved.read_bytes())
    data[100] ^= 1
    saved.write_bytes(data)
    with pytest.raises(TableError, match=r"m\.model' is (damaged|not a model)"):
        Model.load(saved)


@pytest.mark.parametrize("card", [b"[]", b"{", b"{}", b'{"format": 1, "columns": 3}'])
def test_a_damaged_card_is_refused(saved, card):
    rewritten(saved, "card.json", lambda _: card)
    for read in (Model.load, read_card):
        with pytest.raises(
            TableError, match=r"m\.model' is not a model of skweighted: "
        ):
            read(saved)


def test_a_huge_card_is_refused(saved):
    rewritten(saved, "card.json", lambda _: " " * (2**24 + 1))
    message = (
        f"'{saved}' is not loaded: its card must have at most 16,777,216 bytes, and "
        f"has 16,777,217."
    )
    with pytest.raises(TableError, match=whole(message)):
        read_card(saved)


def test_an_existing_file_keeps_its_mode(saved, simple):
    saved.chmod(0o600)
    simple.save(saved)
    assert saved.stat().st_mode & 0o777 == 0o600


def test_a_card_cannot_control_the_terminal(saved):
    changed_card(saved, reason="\x1b[2Jgone")
    assert "\nwhy         ?[2Jgone\n" in str(Model.load(saved))


def forge(path, function):
    """Replace the classifier of a file by one that calls a function on each table."""
    card = read_card(path)
    pipeline = make_pipeline(FunctionTransformer(), LogisticRegression())
    pipeline.fit(X[["income", "member"]], y)
    pipeline[0].func = function
    skops.io.dump(pipeline, path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("card.json", json.dumps(card))


def identity(table):
    return table


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (identity, "test_model.identity"),
        (skweighted.compute_class_weight, "skweighted._costs._weights."),
        (pd.to_numeric, "pandas.to_numeric"),
    ],
)
def test_functions_are_refused_whatever_package_they_are_of(saved, function, name):
    forge(saved, function)
    with pytest.raises(TableError) as raised:
        Model.load(saved)
    message = str(raised.value)
    assert message.startswith(f"'{saved}' is not loaded, because it has the type '")
    assert name in message
    assert message.endswith(
        "', which a model of skweighted does not have. Loading it could run code."
    )


def test_a_function_of_the_system_is_refused_before_it_is_imported(saved):
    def change(schema):
        text = json.dumps(
            {"__class__": "system", "__module__": "os", "__loader__": "FunctionNode"}
        )
        schema = json.loads(schema)
        schema["content"]["content"]["C"] = json.loads(text)
        return json.dumps(schema)

    rewritten(saved, "schema.json", change)
    message = (
        f"'{saved}' is not loaded, because it has the type 'os.system', which a model "
        f"of skweighted does not have. Loading it could run code."
    )
    with pytest.raises(TableError, match=whole(message)):
        Model.load(saved)


@pytest.fixture
def saves_anything(monkeypatch):
    """Write models without a check, as a stranger could."""

    def save(model, path):
        with monkeypatch.context() as patch:
            patch.setattr("skweighted._model._file.check_content", lambda _: None)
            model.save(path)

    return save


@pytest.mark.parametrize(
    ("field", "value"), [("left", 10**6), ("right", 0), ("feature_idx", 5)]
)
def test_boosted_trees_that_point_out_of_their_array_are_refused(
    tmp_path, saves_anything, field, value
):
    numbers = X[["income"]]
    trees = HistGradientBoostingClassifier(max_iter=2).fit(numbers, y)
    model = Model.describe(trees, numbers, y)
    nodes = trees._predictors[0][0].nodes
    nodes[field][nodes["is_leaf"] == 0] = value
    saves_anything(model, tmp_path / "m.model")
    with pytest.raises(TableError, match="a node of a tree points out of it"):
        Model.load(tmp_path / "m.model")


@pytest.mark.parametrize(
    ("field", "value"), [("left_child", 10**6), ("right_child", 0), ("feature", 5)]
)
def test_a_forest_that_points_out_of_its_array_is_refused(
    tmp_path, saves_anything, field, value
):
    numbers = X[["income"]]
    forest = BalancedRandomForestClassifier(2, random_state=0).fit(numbers, y)
    model = Model.describe(forest, numbers, y)
    tree = forest.estimators_[1].tree_
    state = tree.__getstate__()
    state["nodes"][field][state["nodes"]["left_child"] != -1] = value
    tree.__setstate__(state)
    saves_anything(model, tmp_path / "m.model")
    with pytest.raises(TableError, match="a node of a tree points out of it"):
        Model.load(tmp_path / "m.model")


def test_a_tree_of_more_columns_than_its_classifier_is_refused(
    tmp_path, saves_anything
):
    numbers = X[["income", "member"]].astype(float)
    tree = DecisionTreeClassifier().fit(numbers, y)
    model = Model.describe(tree, numbers, y)
    tree.n_features_in_ = 1
    saves_anything(model, tmp_path / "m.model")
    with pytest.raises(TableError, match="a tree has another number of columns"):
        Model.load(tmp_path / "m.model")


def test_a_tree_outside_of_a_classifier_is_refused(tmp_path, saves_anything):
    numbers = X[["income"]]
    model = Model.describe(LogisticRegression().fit(numbers, y), numbers, y)
    model.pipeline.extra_ = DecisionTreeClassifier().fit(numbers, y).tree_
    saves_anything(model, tmp_path / "m.model")
    with pytest.raises(TableError, match="a tree is not part of a classifier"):
        Model.load(tmp_path / "m.model")


def test_a_number_of_columns_that_compares_with_nothing_is_refused(
    tmp_path, saves_anything
):
    numbers = X[["income"]]
    tree = DecisionTreeClassifier().fit(numbers, y)
    model = Model.describe(tree, numbers, y)
    tree.n_features_in_ = np.ma.MaskedArray(1, mask=True)
    saves_anything(model, tmp_path / "m.model")
    with pytest.raises(TableError, match="its number of columns is not an integer"):
        Model.load(tmp_path / "m.model")


def changed_card(saved, **changes):
    def change(card):
        card = json.loads(card)
        card["versions"] |= changes.pop("versions", {})
        return json.dumps(card | changes)

    rewritten(saved, "card.json", change)


def times(n_rows=40):
    days = np.arange(n_rows)
    zone = "Europe/Oslo"
    return pd.DataFrame(
        {
            "wait": pd.to_timedelta(days, unit="D"),
            "day": pd.date_range("2024-01-01", periods=n_rows, freq="10D", tz=zone),
        }
    )


@pytest.fixture(scope="module")
def of_times():
    labels = np.arange(40) % 2
    fitted = make_pipeline(TablePreparation(), LogisticRegression())
    return Model.describe(fitted.fit(times(), labels), times(), labels)


def test_times_from_a_file_are_those_of_the_frame(of_times):
    # Summer time has another offset.
    as_text = times().astype(str)
    np.testing.assert_array_equal(
        of_times.predict_proba(as_text), of_times.predict_proba(times())
    )


def with_offsets():
    """Return dates as databases do: each with its offset, which changes in summer."""
    days = [day.to_pydatetime() for day in times()["day"]]
    days = [day.astimezone(timezone(day.utcoffset())) for day in days]
    return pd.Series(days, dtype=object)


def test_dates_with_several_offsets_are_those_of_a_zone(of_times):
    as_objects = times().assign(day=with_offsets())
    np.testing.assert_array_equal(
        of_times.predict_proba(as_objects), of_times.predict_proba(times())
    )


def test_a_word_among_dates_with_several_offsets_is_named(of_times):
    as_objects = with_offsets()
    as_objects[39] = "junk"
    message = (
        "Column 'day' must hold dates, as in the training rows. Row 40 holds 'junk'. "
        "Correct the value, or leave it empty if it is missing."
    )
    for days in (as_objects, as_objects.astype(str)):
        with pytest.raises(TableError, match=whole(message)):
            of_times.predict(times().assign(day=days))


def test_a_time_zone_of_which_the_training_rows_had_none_is_refused():
    frame = times()[["day"]].apply(lambda days: days.dt.tz_localize(None))
    labels = np.arange(40) % 2
    fitted = make_pipeline(TablePreparation(), LogisticRegression())
    model = Model.describe(fitted.fit(frame, labels), frame, labels)
    message = (
        "Column 'day' must hold dates without a time zone, as in the training rows. "
        "Its dates are in Europe/Oslo. Write them in the zone of the training rows, "
        "without it."
    )
    with pytest.raises(TableError, match=whole(message)):
        model.predict(times())


def test_a_date_without_an_offset_among_others_is_refused(of_times):
    rows = times()[:2].astype(str)
    rows.loc[0, "day"] = "2024-01-01T00:00"
    message = (
        "Column 'day' must hold dates, as in the training rows. Row 1 holds "
        "'2024-01-01T00:00'. Correct the value, or leave it empty if it is missing."
    )
    with pytest.raises(TableError, match=whole(message)):
        of_times.predict(rows)


@pytest.mark.parametrize("wait", [5, "5", pd.Timestamp("2024-01-01")])
def test_a_number_is_no_duration(of_times, wait):
    message = (
        f"Column 'wait' must hold durations, as in the training rows. Row 1 holds "
        f"'{wait}'. Correct the value, or leave it empty if it is missing."
    )
    with pytest.raises(TableError, match=whole(message)):
        of_times.predict(times().assign(wait=wait))


def test_a_column_that_is_there_twice_is_refused(of_times):
    message = (
        "Column names must be unique. The table has 2 columns named 'day'. Rename or "
        "drop all but one."
    )
    with pytest.raises(TableError, match=whole(message)):
        of_times.predict(pd.concat([times(), times()[["day"]]], axis=1))


def test_a_file_of_another_version_says_so_and_loads(saved, simple):
    changed_card(saved, versions={"skweighted": "0.0.9"})
    message = (
        f"'{saved}' was written with skweighted 0.0.9 ({skweighted.__version__} is "
        f"installed). Predictions may differ. Train the model again, or install these "
        f"versions."
    )
    with pytest.warns(ModelVersionWarning, match=whole(message)):
        returned = Model.load(saved)
    np.testing.assert_array_equal(returned.predict(X), simple.predict(X))


def test_a_file_of_a_later_format_is_refused(saved):
    changed_card(saved, versions={"skweighted": "9.0"}, format=2)
    message = (
        f"'{saved}' was written by skweighted 9.0, whose files this version cannot "
        f"read. Install that version."
    )
    with pytest.raises(TableError, match=whole(message)):
        Model.load(saved)


# Writes half of the second file, and then kills itself.
KILLED = """
import os, signal, sys
from pathlib import Path
from skweighted import Model

write = Path.write_bytes

def write_half(path, data):
    write(path, data[: len(data) // 2])
    os.kill(os.getpid(), signal.SIGKILL)

model = Model.load(sys.argv[1])
Path.write_bytes = write_half
model.card["n_rows"] = 0
model.save(sys.argv[1])
"""


def test_a_process_that_is_killed_while_writing_leaves_the_old_file(saved):
    before = saved.read_bytes()
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(saved)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert killed.returncode == -signal.SIGKILL
    assert saved.read_bytes() == before
    unfinished = [path for path in saved.parent.iterdir() if path != saved]
    assert [path.suffix for path in unfinished] == [".part"]


def test_a_missing_folder_is_named(simple, tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        simple.save(tmp_path / "models" / "m.model")
    assert str(caught.value) == f"[Errno 2] There is no folder: '{tmp_path}/models'"


def test_an_error_while_writing_leaves_nothing(saved, simple, monkeypatch):
    before = saved.read_bytes()

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        simple.save(saved)
    assert [path.read_bytes() for path in saved.parent.iterdir()] == [before]


# Columns


def test_columns_are_matched_by_name(comparison):
    model = Model.describe(comparison.fit("none"), X, y)
    mixed = X[X.columns[::-1]].assign(more=1)
    np.testing.assert_array_equal(model.predict_proba(mixed), model.predict_proba(X))


def test_types_do_not_depend_on_the_rows():
    references = references_of(X)
    expected = conform(X, references).dtypes
    for rows in (slice(0, 1), slice(3, 4), slice(0, 10)):
        assert (conform(X.iloc[rows], references).dtypes == expected).all()
    integers = X.assign(income=range(len(X)), age=None)
    assert (conform(integers, references).dtypes == expected).all()


def test_rows_may_repeat_their_index(simple):
    repeated = X.iloc[[3, 3, 5]]
    expected = simple.predict_proba(repeated.reset_index(drop=True))
    np.testing.assert_array_equal(simple.predict_proba(repeated), expected)


def test_text_is_read_as_the_kind_of_its_column():
    references = references_of(X)
    text = X.astype(str).where(X.notna(), None)
    pd.testing.assert_frame_equal(
        conform(text, references), conform(X, references), check_dtype=False
    )


def test_decimals_of_arrow_can_be_missing():
    held = pd.ArrowDtype(pa.decimal128(10, 2))
    frame = pd.DataFrame({"sum": pd.Series([None, Decimal("1.25")] * 2, dtype=held)})
    [conformed] = conform(frame, references_of(frame)).to_numpy().T
    np.testing.assert_array_equal(conformed, [np.nan, 1.25] * 2)


COLUMNS_OF_X = "'age', 'income', 'city', 'day', 'member'"

WRONG_TABLES = [
    (
        X.rename(columns={"income": "Incom"}),
        "The model needs the column 'income', which the table does not have. Did you "
        "mean 'Incom'? Columns of the table: 'age', 'Incom', 'city', 'day', 'member'.",
    ),
    (
        X[["city"]],
        "The model needs the columns 'age', 'income', 'day', 'member', which the table "
        "does not have. Columns of the table: 'city'.",
    ),
    (
        X.assign(age=["much" if row == 16 else 1 for row in X.index]),
        "Column 'age' must hold numbers, as in the training rows. Row 17 holds 'much'. "
        "Correct the value, or leave it empty if it is missing.",
    ),
    (
        X.assign(income=np.inf),
        "Column 'income' must hold numbers, as in the training rows. Row 1 holds "
        "'inf'. Correct the value, or leave it empty if it is missing.",
    ),
    (
        X.assign(income=True),
        "Column 'income' must hold numbers, as in the training rows. Row 1 holds "
        "'True'. Correct the value, or leave it empty if it is missing.",
    ),
    (
        X.assign(day="soon"),
        "Column 'day' must hold dates, as in the training rows. Row 1 holds 'soon'. "
        "Correct the value, or leave it empty if it is missing.",
    ),
    (
        X.assign(member=2),
        "Column 'member' must hold True and False, as in the training rows. Row 1 "
        "holds '2'. Correct the value, or leave it empty if it is missing.",
    ),
]


@pytest.mark.parametrize(("wrong", "message"), WRONG_TABLES)
def test_a_wrong_table_is_an_error_that_names_column_and_row(wrong, message):
    with pytest.raises(TableError, match=whole(message)):
        conform(wrong, references_of(X))


def test_predict_needs_a_frame(simple):
    message = (
        "X must be a DataFrame, because a model finds its columns by name. Got ndarray."
    )
    with pytest.raises(TypeError, match=whole(message)):
        simple.predict(np.zeros((3, 2)))


# The card


def test_the_card_is_plain_json_and_is_read_alone(saved, simple):
    assert read_card(saved) == simple.card == json.loads(json.dumps(simple.card))


def test_the_card_says_what_the_model_is(comparison):
    fitted = comparison.fit("threshold")
    card = Model.describe(fitted, X, y, scores=comparison.intervals("threshold")).card
    assert card["threshold"] == fitted.best_threshold_
    assert card["target"] == "fraud"
    assert card["positive"] == "yes"
    assert {one["label"]: one["n_rows"] for one in card["classes"]} == (
        y.value_counts().to_dict()
    )
    assert [one["metric"] for one in card["scores"]] == comparison.metrics
    assert [one["kind"] for one in card["columns"]] == [
        *("number", "number", "category", "date", "boolean")
    ]
    card = Model.describe(comparison.fit("min_cost"), X, y).card
    assert card["cost_matrix"] == [[0, 1], [5, 0]]
    card = Model.describe(comparison.fit("class_weight"), X, y).card
    weights = y.value_counts().sum() / 2 / y.value_counts()
    # The classifier computes in its own precision.
    np.testing.assert_allclose(card["class_weight"], weights[["no", "yes"]], 1e-6)


@pytest.mark.parametrize("response", ["auto", "decision_function"])
def test_the_text_names_the_class_of_a_threshold(response):
    labels = np.where(y == "yes", "a_rare", "b_common")
    tuned = TunedThresholdClassifierCV(
        LogisticRegression(),
        scoring=make_scorer(f1_score, pos_label="a_rare"),
        response_method=response,
        cv=2,
    )
    fitted = make_pipeline(StandardScaler(), tuned).fit(X[["income"]], labels)
    text = str(Model.describe(fitted, X[["income"]], labels))
    score = "probability of" if response == "auto" else "decision function for"
    threshold = fitted[-1].best_threshold_
    assert f"decides by  {score} a_rare of at least {threshold:.3g}" in text


def test_the_text_of_a_model(simple):
    n_yes = (y == "yes").sum()
    low, high = X["income"].min(), X["income"].max()
    lines = str(simple).splitlines()
    assert lines[0] == "model       LogisticRegression"
    assert lines[1].startswith("trained     20")
    assert lines[1].endswith(" UTC on 200 rows in 0.5 s")
    assert lines[2:5] == [
        "target      fraud",
        f"classes     no: {200 - n_yes} = {1 - n_yes / 200:.1%}, "
        f"yes: {n_yes} = {n_yes / 200:.1%}; positive: yes",
        "decides by  most probable class",
    ]
    assert lines[6:] == [
        "",
        "Scores: none. `train --best METRIC` has them, and Model.describe with scores.",
        "",
        "It needs 2 columns:",
        f"  income  number    {low:.6g} to {high:.6g}",
        f"  member  boolean   {', '.join(map(repr, member_by_frequency()))}",
    ]


def member_by_frequency():
    return [str(value) for value in X["member"].value_counts().index]


# Monitor


def test_training_rows_have_no_drift(simple):
    report = simple.monitor(X)
    assert set(report.columns["drift"]) == {"no"}
    assert report.columns["unseen"].tolist() == [0, 0]
    # The shares agree to the tolerance of the two fixed points.
    np.testing.assert_allclose(
        report.classes["estimated"], report.classes["in_training"], atol=1e-4
    )
    assert str(report) == (
        "200 rows; 0 of 2 columns differ from the training rows.\n\n"
        "Classes are estimated to be about as frequent as in training."
    )


def test_the_stability_index_is_the_sum_over_bins():
    old, new = np.array([40, 30, 30, 0]), np.array([10, 30, 60, 0])
    a = np.array([40.5, 30.5, 30.5]) / 101.5
    b = np.array([10.5, 30.5, 60.5]) / 101.5
    psi, by_chance = stability(old, new)
    assert psi == pytest.approx(np.sum((b - a) * np.log(b / a)), rel=1e-12)
    assert by_chance == pytest.approx(5.9915 * 0.02, rel=1e-4)  # chi2(2), 95 %


def test_rows_of_the_same_distribution_rarely_exceed_chance():
    rng, shares = np.random.default_rng(0), [0.1] * 10
    pairs = [
        (rng.multinomial(900, shares), rng.multinomial(400, shares)) for _ in range(400)
    ]
    exceeded = [psi > chance for psi, chance in (stability(*pair) for pair in pairs)]
    # 5 % within three standard errors of 400 draws.
    assert np.mean(exceeded) == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / 400))


def test_drifted_columns_and_unknown_categories_are_found(comparison):
    model = Model.describe(comparison.fit("none"), X, y)
    new, _ = table(seed=1)
    new["income"] += 2
    new.loc[::2, "city"] = "Paris"
    new.loc[1::50, "age"] = None
    found = model.monitor(new).columns
    assert found["drift"].to_dict() == {
        "age": "no",
        "income": "large",
        "city": "large",
        "day": "no",
        "member": "no",
    }
    assert found.loc["city", "unseen"] == 0.5
    assert found.loc["income", "unseen"] == (new["income"] > X["income"].max()).mean()
    assert found.loc["age", "missing"] == new["age"].isna().mean()
    assert found.loc["age", "missing_in_training"] == X["age"].isna().mean()


def test_monitor_of_few_rows_is_due_to_chance(simple):
    assert set(simple.monitor(X[::25]).columns["drift"]) == {"no"}


def test_too_many_categories_are_not_listed():
    many = pd.DataFrame({"id": [f"user {n}" for n in range(3000)]})
    (reference,) = references_of(many)
    assert len(reference["categories"]) == 1000
    assert (reference["n_categories"], reference["n_others"]) == (3000, 2000)


def weighted(n_rows, share, seed):
    """Return rows of two classes, of which the second has a share."""
    rng = np.random.default_rng(seed)
    labels = rng.random(n_rows) < share
    return pd.DataFrame({"x": rng.normal(size=n_rows) + 2 * labels}), labels.astype(int)


def test_a_class_that_became_more_frequent_is_found_despite_class_weights():
    X_old, y_old = weighted(4000, 0.1, seed=0)
    classifier = LogisticRegression(class_weight="balanced").fit(X_old, y_old)
    model = Model.describe(classifier, X_old, y_old)
    # Balanced weights mean equal shares, within the error of 4,000 rows.
    np.testing.assert_allclose(model.card["implied_prior"], [0.5, 0.5], atol=0.05)
    X_new, y_new = weighted(4000, 0.3, seed=1)
    report = model.monitor(X_new)
    assert report.classes["change"].tolist() == ["less frequent", "more frequent"]
    # Three standard errors of the estimate of 4,000 rows.
    assert report.classes.loc[1, "estimated"] == pytest.approx(y_new.mean(), abs=0.03)
    old, new = report.classes["implied"], report.classes["estimated"]
    shares = f"old_prior={old.round(4).tolist()}, new_prior={new.round(4).tolist()}"
    assert str(report).endswith(
        f"If each class is like in the training rows and only the shares have changed, "
        f"adapt the probabilities: skweighted.adapt_prior(proba, {shares}). Otherwise, "
        f"train on new rows."
    )
    adapted = adapt_prior(model.predict_proba(X_new), old, new)
    assert adapted[:, 1].mean() == pytest.approx(y_new.mean(), abs=0.03)
    assert model.monitor(weighted(4000, 0.1, seed=2)[0]).classes["change"].unique() == [
        "about as frequent"
    ]


def test_the_implied_prior_is_the_inverse_of_the_estimate():
    rng = np.random.default_rng(0)
    proba = rng.dirichlet([1, 2, 0.5], 500)
    shares = np.array([0.6, 0.3, 0.1])
    # The tolerance of both iterations.
    np.testing.assert_allclose(
        estimate_prior(proba, implied_prior(proba, shares)), shares, atol=1e-4
    )
