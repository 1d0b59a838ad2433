"""The comparison: fair, leak-free, reproducible, and measured by sklearn's metrics."""

import copy
import re
from collections import Counter
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest
from imblearn.metrics import geometric_mean_score
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import make_pipeline as make_sampling_pipeline
from messages import whole
from rich.console import Console
from scipy import sparse
from sklearn import metrics
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import make_classification
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    KFold,
    RepeatedStratifiedKFold,
    StratifiedKFold,
    TunedThresholdClassifierCV,
    cross_validate,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skweighted import (
    ClassWeightSearchCV,
    CostSensitiveMLPClassifier,
    CostSensitiveTabularClassifier,
    compare,
)
from skweighted.comparison import MEASURES, STRATEGIES, Comparison, Strategy
from skweighted.comparison.data import as_labeled_data
from skweighted.comparison.folds import identical_rows
from skweighted.comparison.measures import OF_COSTS
from skweighted.comparison.plan import make_plan
from skweighted.comparison.report.notes import FEWER_FOLDS
from skweighted.comparison.report.text import cells, details
from skweighted.comparison.run import run
from skweighted.comparison.strategies import plain, resampled_by, seeded
from skweighted.comparison.strategies.pipelines import tabular
from skweighted.exceptions import ColumnWarning, TableError
from skweighted.preprocessing import TablePreparation

METRICS = [
    "average_precision",
    "roc_auc",
    "log_loss",
    "brier",
    "calibration_slope",
    "calibration_intercept",
    "calibration_error",
    "balanced_accuracy",
    "minority_recall",
    "minority_precision",
    "f1",
    "geometric_mean",
    "fit_seconds",
    "predict_seconds",
]
# sklearn's scorers of the same metrics, for labels 0 and 1; losses are negated there.
SCORERS = {
    "average_precision": "average_precision",
    "roc_auc": "roc_auc",
    "log_loss": "neg_log_loss",
    "brier": "neg_brier_score",
    "balanced_accuracy": "balanced_accuracy",
    "minority_recall": "recall",
    "minority_precision": metrics.make_scorer(
        metrics.precision_score, zero_division=0.0
    ),
    "f1": "f1",
}
LOGISTIC = LogisticRegression(C=0.5)
QUICK = {"cv": 2, "strategies": ["none", "smote"]}
# A network of tables that compiles fast.
FAST = {"hidden_layer_sizes": (3,), "optimizer": "sgd", "dropout": 0.0}
# One of each kind, all of them fast.
CHEAP = ["none", "class_weight", "random_over", "random_under", "smote", "threshold"]
KNOWN = f"Known: {', '.join(map(repr, STRATEGIES))}."


def binary_problem(n_samples=200):
    return make_classification(
        n_samples, n_features=6, weights=[0.85], class_sep=0.7, random_state=0
    )


def multiclass_problem():
    X, y = make_classification(
        240,
        n_features=6,
        n_informative=4,
        n_classes=3,
        weights=[0.6, 0.3],
        random_state=0,
    )
    return X, np.array(["common", "middle", "a rare one"])[y]


def mixed_frame():
    X, y = binary_problem()
    frame = pd.DataFrame(X[:, :3], columns=["a", "b", "c"])
    rng = np.random.default_rng(0)
    frame.loc[rng.choice(200, 30, replace=False), "a"] = np.nan
    frame["colour"] = np.where(X[:, 3] > 0, "red", "blue")
    frame.loc[rng.choice(200, 30, replace=False), "colour"] = None
    frame["kind"] = pd.Categorical(np.where(X[:, 4] > 0, "x", "y"))
    frame["flag"] = X[:, 5] > 0
    return frame, pd.Series(y, name="fraud")


def label_of(strategy):
    return STRATEGIES[strategy].label


def scores_of(comparison, metric, strategy="none"):
    rows = comparison.fold_scores
    wanted = (rows["strategy"] == strategy) & (rows["metric"] == metric)
    return rows.loc[wanted, "value"].to_numpy()


def without_times(comparison):
    rows = comparison.fold_scores
    return rows[~rows["metric"].str.endswith("_seconds")].reset_index(drop=True)


def assert_same_scores(one, other, atol=0.0):
    pd.testing.assert_frame_equal(
        without_times(one), without_times(other), atol=atol, rtol=0
    )


def use_strategies(monkeypatch, **strategies):
    for name, strategy in strategies.items():
        monkeypatch.setitem(STRATEGIES, name, strategy)
    return list(strategies)


# Laws


@pytest.mark.parametrize(
    "network", [LOGISTIC, MLPClassifier((4,), max_iter=20, solver="adam")]
)
@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_the_same_seed_gives_the_same_scores_to_the_bit(network):
    X, y = binary_problem()
    settings = {"estimator": network, "strategies": CHEAP, "cv": 2}
    one = compare(X, y, random_state=3, **settings)
    assert_same_scores(one, compare(X, y, random_state=3, **settings))
    other = compare(X, y, random_state=4, **settings | {"strategies": "none"})
    assert not np.array_equal(scores_of(one, "log_loss"), scores_of(other, "log_loss"))


def test_no_seed_draws_a_new_one():
    X, y = binary_problem()
    one, other = (make_plan(X, y, random_state=None) for _ in range(2))
    assert one.random_state != other.random_state
    assert {fold.seed for fold in one.folds}.isdisjoint(
        fold.seed for fold in other.folds
    )


def test_the_global_random_state_plays_no_part():
    X, y = binary_problem()
    state = np.random.get_state()
    compare(X, y, estimator=LOGISTIC, strategies=CHEAP, cv=2)
    for one, other in zip(state, np.random.get_state(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_strategy_scores_alike_alone_and_in_company():
    X, y = binary_problem()
    together = compare(X, y, estimator=LOGISTIC, strategies=CHEAP, cv=2)
    for name in CHEAP:
        alone = compare(X, y, estimator=LOGISTIC, cv=2, strategies=name)
        for metric in SCORERS:
            np.testing.assert_array_equal(
                scores_of(alone, metric, name), scores_of(together, metric, name)
            )


def test_the_order_of_columns_does_not_matter():
    X, y = mixed_frame()
    one = compare(X, y, estimator=LOGISTIC, strategies="none")
    other = compare(X[X.columns[::-1]], y, estimator=LOGISTIC, strategies="none")
    for metric in ("average_precision", "log_loss", "brier"):
        # 1e-4: lbfgs stops at a gradient of 1e-4, elsewhere for another order.
        np.testing.assert_allclose(
            scores_of(one, metric), scores_of(other, metric), atol=1e-4
        )


@pytest.mark.parametrize("value", [7.0, np.nan, "same", None])
def test_a_constant_or_empty_column_has_no_effect(value):
    X, y = mixed_frame()
    one = compare(X, y, estimator=LOGISTIC, strategies="none")
    other = compare(X.assign(extra=value), y, estimator=LOGISTIC, strategies="none")
    for metric in ("average_precision", "log_loss", "brier"):
        np.testing.assert_array_equal(scores_of(one, metric), scores_of(other, metric))


def test_labels_are_only_names():
    X, y = binary_problem()
    numbers = compare(X, y, estimator=LOGISTIC, **QUICK)
    text = compare(X, np.array(["b", "z"])[y], estimator=LOGISTIC, **QUICK)
    truths = compare(X, y.astype(bool), estimator=LOGISTIC, **QUICK)
    assert (numbers.positive, text.positive, truths.positive) == (1, "z", True)
    assert_same_scores(numbers, text)
    assert_same_scores(numbers, truths)


def test_the_rarest_class_is_positive_wherever_it_sorts():
    X, y = binary_problem()
    comparison = compare(X, 1 - y, estimator=LOGISTIC, **QUICK)
    assert comparison.positive == 0
    # The mirrored problem has the mirrored solution, up to lbfgs' tolerance.
    straight = compare(X, y, estimator=LOGISTIC, **QUICK)
    for metric in ("average_precision", "minority_recall", "minority_precision"):
        np.testing.assert_allclose(
            scores_of(comparison, metric), scores_of(straight, metric), atol=1e-4
        )


@pytest.mark.parametrize(
    ("y", "positive"),
    [([0, 0, 1, 1], 1), (["a", "b", "a", "c"] * 2, "c"), ([5.0, 3.0, 3.0], 5)],
)
def test_the_positive_class_is_the_rarest_and_last_on_a_tie(y, positive):
    problem = as_labeled_data(np.arange(len(y))[:, np.newaxis], y)
    assert problem.positive == positive


def test_nothing_passed_in_is_modified():
    X, y = mixed_frame()
    X_before, y_before = X.copy(deep=True), y.copy(deep=True)
    network = LogisticRegression(solver="saga", max_iter=2000)
    parameters = copy.deepcopy(network.get_params())
    compare(X, y, estimator=network, strategies=CHEAP, cv=2)
    pd.testing.assert_frame_equal(X, X_before)
    pd.testing.assert_series_equal(y, y_before)
    assert network.get_params() == parameters
    assert not hasattr(network, "coef_")


def test_read_only_arrays_will_do():
    X, y = binary_problem()
    X.flags.writeable = y.flags.writeable = False
    compare(X, y, estimator=LOGISTIC, strategies=CHEAP, cv=2)


# Fairness


class Spy(ClassifierMixin, BaseEstimator):
    """Remember what every fit was given, in a list that clones share."""

    def __init__(self, log=None, class_weight=None, random_state=None):
        self.log = log
        self.class_weight = class_weight
        self.random_state = random_state

    def __sklearn_clone__(self):
        return Spy(self.log, self.class_weight, self.random_state)

    def fit(self, X, y):
        self.log.append((X.copy(), y.copy(), self.random_state))
        self.model_ = GaussianNB().fit(X, y)
        self.classes_ = self.model_.classes_
        return self

    def predict_proba(self, X):
        return self.model_.predict_proba(X)

    def predict(self, X):
        return self.model_.predict(X)


def test_every_strategy_gets_the_same_rows_and_the_same_seed():
    X, y = binary_problem()
    logs = {"none": [], "class_weight": [], "random_over": []}
    for name, log in logs.items():
        compare(X, y, estimator=Spy(log), strategies=name, cv=3)
    for none, weighted, resampled in zip(*logs.values(), strict=True):
        np.testing.assert_array_equal(none[0], weighted[0])
        np.testing.assert_array_equal(none[1], weighted[1])
        assert {row.tobytes() for row in none[0]} == {
            row.tobytes() for row in resampled[0]
        }
        assert none[2] == weighted[2] == resampled[2]
    assert len({seed for *_, seed in logs["none"]}) == 3


def test_test_rows_reach_neither_preprocessing_nor_sampler_nor_network(monkeypatch):
    X, y = binary_problem()
    row_numbers = np.arange(len(X), dtype=float)
    seen = {"preprocessing": [], "sampler": []}

    class SpyScaler(StandardScaler):
        def fit(self, X, y=None, sample_weight=None):
            seen["preprocessing"].append(X[:, 0].copy())
            return super().fit(X, y, sample_weight)

    class SpySampler(RandomOverSampler):
        def _fit_resample(self, X, y):
            seen["sampler"].append(X[:, 0].copy())
            return super()._fit_resample(X, y)

    names = use_strategies(
        monkeypatch,
        spied=Strategy(make=resampled_by(SpySampler())),
    )
    log = []
    X = np.column_stack([row_numbers, X])
    plan = make_plan(X, y, strategies=names)  # checks all rows
    monkeypatch.setattr(
        "skweighted.preprocessing.StandardScaler",
        lambda: SpyScaler(with_mean=False, with_std=False),
    )
    run(plan, Spy(log))
    folds = StratifiedKFold(5, shuffle=True, random_state=0).split(X, y)
    seen["network"] = [rows[:, 0] for rows, *_ in log]
    for fold, (train, _) in enumerate(folds):
        for rows_by_fold in seen.values():
            assert set(rows_by_fold[fold]) == set(train)


def test_a_resampled_fit_has_equally_many_rows_of_each_class():
    X, y = multiclass_problem()
    log = []
    names = ["random_over", "random_under", "smote"]
    compare(X, y, estimator=Spy(log), strategies=names, cv=3)
    for _, labels, _ in log:
        assert len(set(np.unique(labels, return_counts=True)[1])) == 1


def test_class_weight_is_balanced_and_for_its_strategy_only():
    given = []

    class Weighted(Spy):
        def __sklearn_clone__(self):
            return Weighted(self.log, self.class_weight, self.random_state)

        def fit(self, X, y):
            given.append(self.class_weight)
            return super().fit(X, y)

    X, y = binary_problem()
    compare(X, y, estimator=Weighted([]), strategies=CHEAP, cv=2)
    # Per fold: none, class_weight, three resampled, five inner folds and a refit.
    assert Counter(given) == {None: 2 * 10, "balanced": 2}


def test_a_seed_is_set_where_none_was_and_kept_where_one_was():
    pipeline = make_pipeline(StandardScaler(), MLPClassifier())
    assert seeded(pipeline, 5).named_steps["mlpclassifier"].random_state == 5
    assert pipeline.named_steps["mlpclassifier"].random_state is None
    assert seeded(MLPClassifier(random_state=1), 5).random_state == 1


# Twins


def hand_made(network):
    return make_pipeline(TablePreparation(scale_numbers=True), network)


def test_none_equals_cross_validate_by_hand():
    X, y = binary_problem()
    X[::7, 2] = np.nan
    comparison = compare(X, y, estimator=LOGISTIC, strategies="none", random_state=5)
    folds = StratifiedKFold(5, shuffle=True, random_state=5)
    by_hand = cross_validate(hand_made(LOGISTIC), X, y, cv=folds, scoring=SCORERS)
    for metric in SCORERS:
        np.testing.assert_array_equal(
            scores_of(comparison, metric), np.abs(by_hand[f"test_{metric}"])
        )


def test_class_weight_equals_cross_validate_by_hand():
    X, y = binary_problem()
    comparison = compare(X, y, estimator=LOGISTIC, strategies="class_weight")
    by_hand = cross_validate(
        hand_made(LogisticRegression(C=0.5, class_weight="balanced")),
        X,
        y,
        cv=StratifiedKFold(5, shuffle=True, random_state=0),
        scoring=SCORERS,
    )
    for metric in SCORERS:
        np.testing.assert_array_equal(
            scores_of(comparison, metric, "class_weight"),
            np.abs(by_hand[f"test_{metric}"]),
        )


def parts_of(fold):
    return fold.train, fold.test, fold.seed


def test_smote_equals_an_imblearn_pipeline_by_hand():
    X, y = binary_problem()
    plan = make_plan(X, y, strategies="smote")
    comparison = run(plan, LOGISTIC)
    for fold, (train, test, seed) in enumerate(map(parts_of, plan.folds)):
        model = make_sampling_pipeline(
            TablePreparation(scale_numbers=True), SMOTE(random_state=seed), LOGISTIC
        ).fit(X[train], y[train])
        by_hand = metrics.roc_auc_score(y[test], model.predict_proba(X[test])[:, 1])
        assert scores_of(comparison, "roc_auc", "smote")[fold] == by_hand


def test_threshold_equals_sklearn_s_tuning_by_hand():
    X, y = binary_problem()
    plan = make_plan(X, y, strategies=["none", "threshold"], cv=2)
    comparison = run(plan, LOGISTIC)
    for fold, (train, test, seed) in enumerate(map(parts_of, plan.folds)):
        inner_folds = StratifiedKFold(5, shuffle=True, random_state=seed)
        model = TunedThresholdClassifierCV(hand_made(LOGISTIC), cv=inner_folds)
        y_pred = model.fit(X[train], y[train]).predict(X[test])
        by_hand = metrics.balanced_accuracy_score(y[test], y_pred)
        found = scores_of(comparison, "balanced_accuracy", "threshold")[fold]
        assert found == by_hand
    recall = comparison.summary()["minority_recall", "mean"]
    assert recall["threshold"] > recall["none"]
    for metric in ("average_precision", "roc_auc", "log_loss", "brier"):
        np.testing.assert_array_equal(
            scores_of(comparison, metric, "threshold"), scores_of(comparison, metric)
        )


@pytest.mark.parametrize(
    "convert",
    [
        lambda frame: frame.to_numpy(),
        lambda frame: frame.to_numpy().tolist(),
        lambda frame: pl.from_pandas(frame),
        lambda frame: frame.astype("Float64"),
        lambda frame: frame.set_axis(range(3), axis=1),
        lambda frame: frame.set_index(np.arange(200) * 3),
        lambda frame: frame.to_numpy().astype(object),
        lambda frame: frame.astype(object),
        lambda frame: frame.map(lambda cell: Decimal(cell) if cell == cell else None),
    ],
    ids=[
        *("ndarray", "list", "polars", "nullable", "int names", "index", "object"),
        *("object columns", "decimals"),
    ],
)
def test_the_container_does_not_matter(convert):
    X, y = mixed_frame()
    X = X[["a", "b", "c"]]
    expected = compare(X, y, estimator=LOGISTIC, **QUICK)
    other = compare(convert(X), y, estimator=LOGISTIC, **QUICK)
    # 1e-12: rows first or columns first in memory changes the order of sums.
    assert_same_scores(expected, other, atol=1e-12)


@pytest.mark.parametrize(
    "convert",
    [
        lambda y: y.tolist(),
        lambda y: y.to_frame(),
        lambda y: y.astype(float),
        lambda y: y.astype("Int64"),
        lambda y: pl.from_pandas(y),
        lambda y: y.astype("category"),
        lambda y: y.astype(object),
        lambda y: pd.Series([np.int64(n) if n else int(n) for n in y], dtype=object),
    ],
    ids=[
        *("list", "frame", "float", "nullable", "polars", "category", "object"),
        "two kinds of int",
    ],
)
def test_the_container_of_the_target_does_not_matter(convert):
    X, y = binary_problem()
    y = pd.Series(y, name="fraud")
    expected = compare(X, y, estimator=LOGISTIC, **QUICK)
    assert_same_scores(expected, compare(X, convert(y), estimator=LOGISTIC, **QUICK))


@pytest.mark.parametrize("dtype", [object, "str", "string", "category"])
def test_the_dtype_of_text_does_not_matter(dtype):
    X, y = mixed_frame()
    X["colour"] = X["colour"].fillna("none")
    expected = compare(X, y, estimator=LOGISTIC, **QUICK)
    converted = X.assign(colour=X["colour"].astype(dtype))
    assert_same_scores(expected, compare(converted, y, estimator=LOGISTIC, **QUICK))


@pytest.mark.parametrize("format", ["csr_array", "csc_matrix", "coo_array"])
def test_sparse_features_are_scaled_and_stay_sparse(format):
    X, y = binary_problem()
    X[X < 0.5] = 0
    log = []
    compare(getattr(sparse, format)(X), y, estimator=SparseSpy(log), strategies="none")
    for rows, *_ in log:
        assert sparse.issparse(rows)
        np.testing.assert_allclose(abs(rows).max(axis=0).toarray().ravel(), 1.0)


class SparseSpy(Spy):
    def __sklearn_clone__(self):
        return SparseSpy(self.log, self.class_weight, self.random_state)

    def fit(self, X, y):
        self.log.append((X.copy(), y.copy(), self.random_state))
        self.model_ = LogisticRegression().fit(X, y)
        self.classes_ = self.model_.classes_
        return self


# Oracles


def expected_scores(y_true, y_pred, proba, classes, rarest):
    """Return every metric as sklearn and imblearn document it, class by class."""
    one_hot = (y_true[:, None] == classes).astype(int)
    if len(classes) == 2:
        columns = np.flatnonzero(classes == rarest)
    else:
        columns = range(len(classes))
    precisions = [
        metrics.average_precision_score(one_hot[:, c], proba[:, c]) for c in columns
    ]
    areas = [metrics.roc_auc_score(one_hot[:, c], proba[:, c]) for c in columns]
    recalls = metrics.recall_score(y_true, y_pred, labels=classes, average=None)
    is_rarest = y_true == rarest
    squares = ((proba - one_hot) ** 2).sum(axis=1).mean()
    return {
        "average_precision": np.mean(precisions),
        "roc_auc": np.mean(areas),
        "log_loss": metrics.log_loss(one_hot, proba),
        "brier": squares / 2 if len(classes) == 2 else squares,
        "balanced_accuracy": recalls.mean(),
        "minority_recall": metrics.recall_score(is_rarest, y_pred == rarest),
        "minority_precision": metrics.precision_score(is_rarest, y_pred == rarest),
        "f1": metrics.f1_score(is_rarest, y_pred == rarest),
        "geometric_mean": geometric_mean_score(y_true, y_pred),
    }


@pytest.mark.parametrize("make_problem", [binary_problem, multiclass_problem])
def test_every_metric_equals_that_of_sklearn(make_problem):
    X, y = make_problem()
    comparison = compare(X, y, estimator=LOGISTIC, strategies="none", random_state=1)
    classes, counts = np.unique(y, return_counts=True)
    folds = StratifiedKFold(5, shuffle=True, random_state=1).split(X, y)
    for fold, (train, test) in enumerate(folds):
        model = hand_made(LOGISTIC).fit(X[train], y[train])
        expected = expected_scores(
            y[test],
            model.predict(X[test]),
            model.predict_proba(X[test]),
            classes,
            classes[counts.argmin()],
        )
        for metric, value in expected.items():
            # 1e-12: sums in another order.
            assert scores_of(comparison, metric)[fold] == pytest.approx(
                value, abs=1e-12
            ), metric


def test_a_class_that_is_never_found_scores_zero_and_does_not_warn():
    X, y = binary_problem()
    dummy = DummyClassifier(strategy="prior")
    comparison = compare(X, y, estimator=dummy, strategies="none")
    means = comparison.summary().xs("mean", axis=1, level=1).loc["none"]
    for metric in ("minority_recall", "minority_precision", "f1", "geometric_mean"):
        assert means[metric] == 0
    assert means["balanced_accuracy"] == means["roc_auc"] == 0.5


def test_the_summary_is_mean_and_sample_deviation_over_folds():
    X, y = binary_problem()
    comparison = compare(X, y, estimator=LOGISTIC, **QUICK)
    summary = comparison.summary()
    assert summary.index.tolist() == ["none", "smote"]
    assert summary.columns.tolist() == [
        (m, s) for m in METRICS for s in ("mean", "std")
    ]
    for metric in METRICS:
        values = scores_of(comparison, metric, "smote")
        # 1e-12: sums in another order.
        assert summary.loc["smote", (metric, "mean")] == pytest.approx(
            values.mean(), abs=1e-12
        )
        assert summary.loc["smote", (metric, "std")] == pytest.approx(
            values.std(ddof=1), abs=1e-12
        )


def test_the_csv_holds_every_score(tmp_path):
    X, y = binary_problem()
    comparison = compare(X, y, estimator=LOGISTIC, **QUICK)
    comparison.to_csv(tmp_path / "scores.csv")
    written = pd.read_csv(tmp_path / "scores.csv")
    assert written.columns.tolist() == ["strategy", "fold", "metric", "value"]
    assert len(written) == 2 * 2 * len(METRICS)
    # 1e-13: pandas 2 reads 15 digits of a number by default.
    np.testing.assert_allclose(
        written["value"], comparison.fold_scores["value"], rtol=1e-13
    )
    assert written["strategy"].tolist() == comparison.fold_scores["strategy"].tolist()


def test_a_metric_declares_whether_greater_is_better():
    lower = [name for name, m in MEASURES.items() if not m.greater_is_better]
    ideals = {name: m.ideal for name, m in MEASURES.items() if m.ideal is not None}
    assert [name for name in MEASURES if name not in OF_COSTS] == METRICS
    assert lower == [
        *("log_loss", "brier", "calibration_error"),
        *("expected_cost", "fit_seconds", "predict_seconds"),
    ]
    assert ideals == {"calibration_slope": 1, "calibration_intercept": 0}


# Preprocessing


def test_the_network_gets_the_prepared_table_of_the_training_rows():
    X, y = mixed_frame()
    log = []
    comparison = compare(X, y, estimator=Spy(log), strategies="none")
    for (rows, *_), fold in zip(log, comparison.folds, strict=True):
        preparation = TablePreparation(scale_numbers=True)
        expected = preparation.fit_transform(X.iloc[fold.train], y.iloc[fold.train])
        np.testing.assert_array_equal(rows, expected)


def test_a_text_column_never_grows_beyond_its_bound():
    X, y = binary_problem()
    frame = pd.DataFrame(X, columns=[*"abcdef"]).assign(
        identifier=[f"id {i}" for i in range(len(X))]
    )
    log = []
    message = (
        "'identifier' is text with 200 distinct values in 200 rows. Remove it if it "
        "identifies rows."
    )
    with pytest.warns(ColumnWarning, match=whole(message)):
        compare(frame, y, estimator=Spy(log), strategies="none")
    assert {rows.shape[1] for rows, *_ in log} == {6}  # no value occurs twice


def test_large_one_hot_tables_stay_sparse(monkeypatch):
    monkeypatch.setattr("skweighted.preprocessing.MOST_DENSE_BYTES", 100.0)
    log = []
    compare(*mixed_frame(), estimator=SparseSpy(log), strategies="none")
    assert all(sparse.issparse(rows) for rows, *_ in log)


def test_single_precision_stays_single():
    X, y = binary_problem()
    log = []
    compare(X.astype(np.float32), y, estimator=Spy(log), strategies="none")
    assert {rows.dtype.name for rows, *_ in log} == {"float32"}


# What is skipped, and why


def test_one_threshold_is_skipped_with_three_classes():
    X, y = multiclass_problem()
    comparison = compare(X, y, estimator=LOGISTIC, strategies=CHEAP, cv=3)
    reason = "a threshold separates only two classes; there are 3"
    assert comparison.skipped == {"threshold": reason}
    assert f"tuned threshold (skipped): {reason}." in str(comparison)


def test_class_weight_is_skipped_where_there_is_none():
    X, y = binary_problem()
    comparison = compare(X, y, estimator=GaussianNB(), strategies=CHEAP, cv=3)
    assert comparison.skipped == {
        "class_weight": "GaussianNB has no parameter class_weight"
    }


def test_a_single_training_row_of_a_class_skips_what_needs_two():
    X, y = binary_problem()
    rows = np.concatenate([np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:2]])
    comparison = compare(X[rows], y[rows], estimator=LOGISTIC, strategies=CHEAP, cv=2)
    reason = "needs 2 training rows of every class, and the smallest has 1"
    assert comparison.skipped == {"smote": reason, "threshold": reason}


@pytest.mark.parametrize("n_rare", [3, 4, 7])
def test_smote_runs_in_every_fold_with_a_tiny_class(n_rare):
    X, y = binary_problem()
    rows = np.concatenate([np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:n_rare]])
    comparison = compare(X[rows], y[rows], estimator=LOGISTIC, cv=3, strategies="smote")
    assert comparison.skipped == {}
    assert len(comparison.outcomes["smote"]) == 3


# Splitters


def test_a_splitter_takes_the_place_of_a_number():
    X, y = binary_problem()
    cv = RepeatedStratifiedKFold(n_splits=2, n_repeats=2, random_state=0)
    comparison = compare(X, y, estimator=LOGISTIC, cv=cv, strategies="none")
    assert sorted(comparison.fold_scores["fold"].unique()) == [0, 1, 2, 3]


def test_a_fold_without_a_class_is_an_error():
    X, y = binary_problem()
    order = np.argsort(y, kind="stable")
    message = (
        "The test rows of fold 0 have no row of class 1. "
        "Use another splitter, or merge small classes."
    )
    with pytest.raises(TableError, match=f"^{re.escape(message)}$"):
        compare(X[order], y[order], estimator=LOGISTIC, cv=KFold(3))


# Wrong input

X_FOUR = np.arange(8.0).reshape(4, 2)
WRONG_PROBLEMS = [
    (
        X_FOUR,
        [0, 0, 1],
        "X has 4 rows and y has 3. They must have the same number of rows.",
    ),
    (
        X_FOUR[:, :0],
        [0, 0, 1, 1],
        "X has no columns, so there are no features.",
    ),
    (
        X_FOUR[:, 0],
        [0, 0, 1, 1],
        "X must have rows and columns. Its shape is (4,). Pass X before y, "
        "and a single column as X.reshape(-1, 1).",
    ),
    (
        [[1.0], [np.inf], [3.0], [4.0]],
        [0, 0, 1, 1],
        "X must not contain infinite values. Column 0 has 1 infinite value. Replace "
        "them with numbers, or with NaN if they are missing.",
    ),
    (
        pd.DataFrame({"a": [1.0, np.inf, -np.inf, 2.0]}),
        [0, 0, 1, 1],
        "X must not contain infinite values. Column 'a' has 2 infinite values. Replace "
        "them with numbers, or with NaN if they are missing.",
    ),
    (
        pd.DataFrame(X_FOUR, columns=["a", "a"]),
        [0, 0, 1, 1],
        "Column names of X must be unique. 'a' occurs 2 times.",
    ),
    (
        LogisticRegression(),
        X_FOUR,
        "X must have rows and columns. Got an estimator, LogisticRegression. "
        "Write compare(X, y, estimator=...).",
    ),
    (
        X_FOUR,
        np.eye(4),
        "y must be one column of labels, with a value for each row. "
        "Its shape is (4, 4).",
    ),
    (X_FOUR[:0], [], "y has no rows."),
    (
        X_FOUR,
        [1, 1, 1, 1],
        "y has only one class, 1. At least two classes are needed. "
        "Add rows of other classes, or choose another target.",
    ),
    (
        X_FOUR,
        pd.Series(["ok"] * 4, name="state"),
        "The target 'state' has only one class, 'ok'. "
        "At least two classes are needed. "
        "Add rows of other classes, or choose another target.",
    ),
    (
        X_FOUR,
        [0.5, 1.25, 2.0, 3.0],
        "y looks continuous: 4 different numbers from 0.5 to 3. Choose another "
        "target, or group the numbers into classes.",
    ),
    (
        np.zeros((60, 1)),
        pd.Series(range(60), name="age"),
        "The target 'age' looks continuous: 60 different numbers from 0 to 59. "
        "Choose another target, or group the numbers into classes.",
    ),
    (
        X_FOUR,
        ["a", float("nan"), "b", "b"],
        "y is missing in 1 of 4 rows (empty fields, NA and None count as missing). "
        "Fill in or remove these rows.",
    ),
    (
        sparse.csr_matrix([[0, np.nan], [np.inf, 1], [0, 1], [1, 0]]),
        ["a", "b"] * 2,
        "X must not contain infinite values. Column 0 has 1 infinite value. Replace "
        "them with numbers, or with NaN if they are missing.",
    ),
    (
        X_FOUR,
        ["a", None, "b", None],
        "y is missing in 2 of 4 rows (empty fields, NA and None count as missing). "
        "Fill in or remove these rows.",
    ),
    (
        X_FOUR,
        np.array([1, "a", 1, "a"], dtype=object),
        "y mixes values of types int and str. Give every label the same type.",
    ),
    (
        X_FOUR,
        pd.to_datetime(["2024-01-01", "2024-01-02"] * 2).to_series(),
        "y holds values of type Timestamp. Labels must be text, integers or booleans.",
    ),
    (
        X_FOUR,
        ["a", "a", "a", "b"],
        "2 classes have fewer rows than the 5 folds; the smallest, 'b', has 1. "
        "Merge or remove small classes.",
    ),
    (
        np.arange(12.0).reshape(12, 1),
        [0] * 9 + [1] * 3,
        "Class 1 has 3 rows, fewer than the 5 folds. "
        "Use at most 3 folds, or merge or remove small classes.",
    ),
]


@pytest.mark.parametrize(
    ("X", "y", "message"), WRONG_PROBLEMS, ids=[m[:40] for *_, m in WRONG_PROBLEMS]
)
def test_invalid_data_are_an_error(X, y, message):
    with pytest.raises(TableError, match=f"^{re.escape(message)}$"):
        compare(X, y, estimator=LOGISTIC)


WRONG_ARGUMENTS = [
    (
        {"strategies": ["none", "Smot"]},
        ValueError,
        f"There is no strategy 'Smot'. Did you mean 'smote' or 'smotenc'? {KNOWN}",
    ),
    ({"strategies": []}, ValueError, f"strategies is empty. {KNOWN}"),
    (
        {"n_repeats": 0},
        ValueError,
        "n_repeats must be an integer of at least 1. Got 0.",
    ),
    (
        {"random_state": "a"},
        ValueError,
        "random_state must be an integer from 0 to 4,294,967,295, or None. Got 'a'.",
    ),
    (
        {"cost_matrix": np.zeros((200, 2, 2))},
        ValueError,
        "cost_matrix must be one matrix for all rows. Got shape (200, 2, 2). "
        "Costs of each row are for predict and expected_cost_score.",
    ),
    (
        {"reference": "nonee", "strategies": ["none", "smote"]},
        ValueError,
        "reference must be one of the strategies. Got 'nonee'. "
        "Strategies: 'none', 'smote'.",
    ),
    ({"cv": 1}, ValueError, "cv must be at least 2. Got 1."),
    (
        {"cv": [(np.arange(-50, 0), np.arange(100, 200))]},
        ValueError,
        "Positions of rows in cv must be from 0 to 199. Got -50 to -1.",
    ),
    (
        {"cv": [(np.arange(150), np.arange(150, 201))]},
        ValueError,
        "Positions of rows in cv must be from 0 to 199. Got 150 to 200.",
    ),
    (
        {"cv": [(np.zeros(199, bool), np.arange(100, 200))]},
        ValueError,
        "cv must be a number of folds, a splitter, or pairs of training and test rows, "
        "each as positions or as a mask of 200 rows. Got values of type bool in shape "
        "(199,).",
    ),
    (
        {"cv": [([], np.arange(200))]},
        TableError,
        "The training rows of fold 0 have no row of class 0. Use another splitter, or "
        "merge small classes.",
    ),
    (
        {"estimator": "mlp"},
        TypeError,
        "estimator must be a classifier object with predict_proba. Got 'mlp'.",
    ),
    (
        {"estimator": GaussianNB(), "strategies": "class_weight"},
        TableError,
        "No strategy can run here. "
        "class_weight: GaussianNB has no parameter class_weight.",
    ),
]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    WRONG_ARGUMENTS,
    ids=[m[:40] for *_, m in WRONG_ARGUMENTS],
)
def test_an_invalid_argument_is_an_error(arguments, error, message):
    X, y = binary_problem()
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        compare(X, y, **{"estimator": LOGISTIC, **arguments})


def test_names_that_a_comparison_does_not_have_are_an_error():
    comparison = compare(*binary_problem(), estimator=LOGISTIC, **QUICK)
    with pytest.raises(
        ValueError, match=r"^metric must be one that was computed\. Got"
    ):
        comparison.ranking("auc")
    message = (
        "name must be a strategy that was run. Got 'nonee'. Known: 'none', 'smote'."
    )
    with pytest.raises(ValueError, match=whole(message)):
        comparison.intervals("nonee")
    with pytest.raises(ValueError, match=whole("fold must be from 0 to 1. Got 2.")):
        comparison.pipeline("none", fold=2)


def test_a_search_of_networks_has_training_curves():
    network = CostSensitiveMLPClassifier((3,), epochs=2, random_state=0)
    search = ClassWeightSearchCV(network, {"alpha": [0.0, 0.1]}, cv=2)
    comparison = compare(
        *binary_problem(), estimator=search, strategies="none", cv=2, random_state=0
    )
    curves = [one.history["loss"] for one in comparison.outcomes["none"]]
    assert [len(curve) for curve in curves] == [2, 2]


def test_rounded_probabilities_are_scored():
    class Rounded(LogisticRegression):
        def predict_proba(self, X):
            return super().predict_proba(X).round(4).astype(np.float32) * 1.0002

    X, y = multiclass_problem()
    comparison = compare(X, y, estimator=Rounded(), strategies="none", cv=2)
    for outcome in comparison.outcomes["none"]:
        assert outcome.proba.dtype == np.float64
        np.testing.assert_allclose(outcome.proba.sum(axis=1), 1, rtol=1e-15)
    assert np.isfinite(comparison.fold_scores["value"]).all()


def test_identical_rows_are_found_without_a_change_of_a_sparse_table():
    X = sparse.csr_array(([1.0, 0, 2, 3], [2, 0, 1, 0], [0, 2, 4]), shape=(2, 3))
    before = [part.copy() for part in (X.data, X.indices, X.indptr)]
    for part in (X.data, X.indices, X.indptr):
        part.flags.writeable = False
    assert identical_rows(X).tolist() == [0, 1]
    for part, was in zip((X.data, X.indices, X.indptr), before, strict=True):
        np.testing.assert_array_equal(part, was)


def test_a_wrong_table_is_a_value_error():
    assert issubclass(TableError, ValueError)


def test_text_may_be_missing_throughout_a_training_fold():
    X, y = mixed_frame()
    X["note"] = [*["once"], *[None] * 199]
    comparison = compare(
        X, y, estimator=LOGISTIC, cv=2, strategies=["none", "smote", "smotenc"]
    )
    assert comparison.failed == comparison.skipped == {}


# The table


def comparison_of(means, metric="roc_auc", n_folds=3, names=METRICS):
    """Return a comparison in which one metric has the given mean per strategy."""
    records = [
        (name, fold, m, mean + 0.02 * (fold - 1) if m == metric else 0.5)
        for name, mean in means.items()
        for fold in range(n_folds)
        for m in names
    ]
    columns = ["strategy", "fold", "metric", "value"]
    scores = pd.DataFrame.from_records(records, columns=columns)
    return Comparison(scores, 1, reference=next(iter(means)))


def shown_by_rich(shown, width):
    console = Console(width=width, color_system=None)
    with console.capture() as capture:
        console.print(*shown, sep="\n")
    return [line.rstrip() for line in capture.get().splitlines()]


def printed(comparison, width=80):
    return shown_by_rich([comparison], width)


def detailed(comparison, width):
    return shown_by_rich(details(comparison, width), width)


def means_of(comparison, column, width=80):
    """Return a column of the printed table, without its heading."""
    lines = printed(comparison, width)
    start = next(i for i, line in enumerate(lines) if line.startswith("───")) + 1
    return [line.split()[column] for line in lines[start : lines.index("", start)]]


def test_the_best_is_marked_and_a_tie_shares_the_mark():
    lines = detailed(comparison_of({"a": 0.9001, "b": 0.9003, "c": 0.7}), 80)
    marked = [line.split()[3] + line.split()[4] for line in lines[3:6]]
    assert marked == ["0.900±.020*", "0.900±.020*", "0.700±.020"]
    equal = comparison_of({"a": 0.8777, "b": 0.8781}, metric="average_precision")
    assert means_of(equal, 1) == ["0.878*", "0.878*"]


def test_the_lowest_loss_is_the_best():
    lines = detailed(comparison_of({"a": 1.25, "b": 0.25}, metric="log_loss"), 120)
    assert "1.250 ± 0.020 " in lines[3]
    assert "0.250 ± 0.020*" in lines[4]


@pytest.mark.parametrize(
    ("values", "marks"),
    [((1.2, 0.9, 2.0), " * "), ((0.9, 1.1, -1.0), "** "), ((0.0, 3.0, 1.5), "  *")],
)
def test_the_nearest_to_the_ideal_is_the_best(values, marks):
    means = dict(zip("abc", values, strict=True))
    lines = detailed(comparison_of(means, metric="calibration_slope"), 140)
    start = next(i for i, line in enumerate(lines) if "slope → 1" in line) + 2
    cells = [re.search(r"± 0\.020(.)", line)[1] for line in lines[start : start + 3]]
    assert "".join(cells) == marks


def without(comparison, strategy, metric, folds):
    """Return a comparison in which a metric is undefined in some folds."""
    scores = comparison.fold_scores.copy()
    is_lost = (scores["strategy"] == strategy) & (scores["metric"] == metric)
    scores.loc[is_lost & scores["fold"].isin(folds), "value"] = np.nan
    return replace(comparison, fold_scores=scores)


def test_a_mean_of_fewer_folds_is_in_parentheses_and_never_the_best():
    comparison = comparison_of({"a": 0.7, "b": 0.9, "c": 0.8})
    lines = detailed(without(comparison, "b", "roc_auc", [1, 2]), 120)
    assert ["0.700 ± 0.020 " in line for line in lines[3:6]] == [True, False, False]
    assert ["(0.880) " in line for line in lines[3:6]] == [False, True, False]
    assert ["0.800 ± 0.020*" in line for line in lines[3:6]] == [False, False, True]
    assert FEWER_FOLDS in without(comparison, "b", "roc_auc", [1, 2]).notes()
    assert FEWER_FOLDS not in comparison.notes()


def test_a_mean_that_no_other_can_be_compared_with_is_not_the_best():
    comparison = without(comparison_of({"a": 0.7, "b": 0.9}), "b", "roc_auc", [1])
    found = cells(comparison.fold_scores, "roc_auc")
    assert [cell.is_best for cell in found.values()] == [False, False]


def test_strategies_that_lack_folds_rank_last():
    comparison = comparison_of({"a": 0.7, "b": 0.9, "c": 0.8})
    assert comparison.ranking("roc_auc") == ["b", "c", "a"]
    assert without(comparison, "b", "roc_auc", [1]).ranking("roc_auc") == [*"cab"]


def test_costs_of_any_unit_are_shown_with_enough_digits():
    means = {"a": 1.2e-5, "b": 1.3e-5}
    comparison = comparison_of(means, "expected_cost", names=MEASURES)
    scores = comparison.fold_scores.query("metric == 'expected_cost'")
    # The folds are 0.02 apart, which says nothing of these means.
    scores = scores.assign(value=scores["strategy"].map(means))
    shown = cells(scores, "expected_cost")
    assert {name: cell.mean for name, cell in shown.items()} == {
        "a": "0.0000120",
        "b": "0.0000130",
    }
    assert [cell.is_best for cell in shown.values()] == [True, False]


def test_names_are_shown_as_they_are(tmp_path):
    comparison = comparison_of({"smote[k=3]": 0.7, "a[/b]|c": 0.8})
    shown = "\n".join(detailed(comparison, 140))
    assert "Against smote[k=3] in average precision" in shown
    comparison.to_markdown(tmp_path / "out.md")
    lines = (tmp_path / "out.md").read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| a[/b]")]
    assert rows
    assert all(row.startswith("| a[/b]\\|c | ") for row in rows)


def test_markdown_has_verdict_tables_differences_and_notes(tmp_path):
    comparison = comparison_of({"a": 0.9, "b": 0.8})
    comparison.to_markdown(tmp_path / "out.md")
    lines = (tmp_path / "out.md").read_text(encoding="utf-8").splitlines()
    assert lines[:4] == [*(f"- {sentence}" for sentence in comparison.verdict()), ""]
    for metric in ("balanced_accuracy", "average_precision", "log_loss"):
        heading = f"Against a in {MEASURES[metric].title}"
        start = lines.index(f"## {heading}")
        shown = detailed(comparison, 140)
        row = shown[shown.index(heading) + 3]
        assert lines[start + 4].strip("| ").split(" | ") == re.split(r"  +", row)
        sentences = [f"- {sentence}" for sentence in comparison.verdict(metric)]
        assert lines[start + 6 : start + 6 + len(sentences)] == sentences
    notes = [f"- {note}" for note in comparison.notes()]
    assert lines[-len(notes) :] == notes


def test_a_text_in_a_notebook_is_no_output_of_its_own(monkeypatch):
    displayed = []
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    monkeypatch.setattr("rich.jupyter.display", lambda *args: displayed.append(args))
    assert "accuracy" in str(comparison_of({"a": 0.9, "b": 0.8}))
    assert displayed == []


def test_a_metric_that_is_undefined_in_every_fold_is_a_dash():
    comparison = comparison_of({"a": 0.7, "b": 0.9})
    lines = detailed(without(comparison, "b", "roc_auc", [0, 1, 2]), 120)
    assert lines[4].split()[4] == "-"
    assert "nan" not in "".join(lines[:10])


def test_without_its_reference_there_are_no_differences():
    comparison = replace(comparison_of({"a": 0.9, "b": 0.8}), reference="none")
    assert printed(comparison)[0] == (
        "There is no verdict, because the reference was not run: no treatment."
    )
    assert "Against" not in "".join(detailed(comparison, 80))


@pytest.mark.parametrize("width", [80, 90, 100, 110, 140])
@pytest.mark.parametrize("measured", [METRICS, MEASURES], ids=["no costs", "costs"])
def test_the_table_fits_and_nothing_is_cut_off(width, measured):
    # Five metrics take 66 columns; a longer name goes on in the next line.
    names = [name for name in STRATEGIES if len(label_of(name)) <= width - 66]
    assert names[0] == "none"
    # Every mark, three digits before the point of a time, and wide losses.
    means = dict.fromkeys(names, 123.4)
    lines = detailed(comparison_of(means, metric="fit_seconds", names=measured), width)
    assert max(len(line) for line in lines) <= width
    assert "…" not in "".join(lines)
    n_panels = len({MEASURES[name].panel for name in measured})
    for name in names:
        # And once for each of the metrics that decide, but not "none".
        n_deciding = 4 if "expected_cost" in measured else 3
        n_lines = n_panels + n_deciding * (name != "none")
        rows = [line for line in lines if re.match(f"{label_of(name)}  *[0-9+]", line)]
        assert len(rows) == n_lines, name


@pytest.mark.parametrize("measured", [METRICS, MEASURES], ids=["no costs", "costs"])
def test_the_printed_table_fits_into_80_columns(measured):
    means = dict.fromkeys(STRATEGIES, 123.4)
    lines = printed(comparison_of(means, metric="fit_seconds", names=measured))
    assert max(len(line) for line in lines) <= 80
    assert "…" not in "".join(lines)
    is_heading = [line.startswith("strategy") for line in lines]
    assert sum(is_heading) == 1
    n_columns = 7 if "expected_cost" in measured else 6
    rows = [line for line in lines if line.endswith(" 123.4*")]
    assert len(rows) == len(STRATEGIES)
    assert all(len(re.findall(r"[0-9.]+\*", row)) == n_columns for row in rows)


# The last has no underscore to go on behind.
@pytest.mark.parametrize(
    "name", ["an_own_treatment_with_a_very_long_name", "_a__b" * 9, "x" * 31]
)
def test_a_name_that_is_too_long_continues_in_the_next_line(name):
    lines = detailed(comparison_of({name: 0.9}), 80)
    assert max(len(line) for line in lines) <= 80
    assert "…" not in "".join(lines)
    firsts = [line.split()[0] for line in lines if line]
    assert "".join(firsts).count(name) == 4
    parts = [first for first in firsts if first in name and first != name]
    assert parts
    if "_" in name:
        assert all(part.endswith("_") or name.endswith(part) for part in parts)


def test_the_verdict_is_printed_first_then_one_table_and_the_notes():
    comparison = comparison_of({"a": 0.9, "b": 0.8}, metric="balanced_accuracy")
    assert printed(comparison, 100) == [
        *comparison.verdict(),
        "",
        "            average     log  balanced  recall  precision     fit",
        "strategy  precision  loss ↓  accuracy  (rare)     (rare)  sec. ↓",
        "────────────────────────────────────────────────────────────────",
        "a            0.500*  0.500*    0.900*  0.500*     0.500*  0.500*",
        "b            0.500*  0.500*     0.800  0.500*     0.500*  0.500*",
        "",
        *comparison.notes(),
    ]


def test_details_are_the_tables_differences_and_their_meaning():
    comparison = comparison_of({"a": 0.9, "b": 0.8})
    lines = detailed(comparison, 140)
    for metric in ("balanced_accuracy", "average_precision", "log_loss"):
        title = lines.index(f"Against a in {MEASURES[metric].title}")
        start = title + len(["title", "header", "rule", "row of b", "blank line"])
        sentences = comparison.verdict(metric)
        assert lines[start : start + len(sentences)] == sentences
    assert "ROC AUC" in comparison.details()


def test_details_have_the_names_that_strategies_takes():
    comparison = comparison_of({"none": 0.9, "smote": 0.8, "mine": 0.7})
    assert detailed(comparison, 140)[-1] == (
        "Names in code: no treatment = none, SMOTE = smote"
    )


def test_a_label_that_is_the_name_of_another_strategy_is_not_used():
    comparison = comparison_of({"smote": 0.8, "SMOTE": 0.7})
    assert [comparison.label(name) for name in comparison.strategies] == [
        "smote",
        "SMOTE",
    ]


def test_every_strategy_has_a_label_of_its_own():
    labels = [strategy.label for strategy in STRATEGIES.values()]
    assert all(labels)
    assert len(set(labels)) == len(labels)


def test_str_is_what_is_printed_and_repr_is_short():
    comparison = comparison_of({"a": 0.9, "b": 0.8})
    assert str(comparison).splitlines() == printed(comparison)
    assert "\x1b" not in str(comparison)
    assert repr(comparison) == "<Comparison of a, b over 3 folds>"


def test_a_single_split_has_no_spread():
    lines = detailed(comparison_of({"a": 0.9}, n_folds=1), 80)
    assert "0.880*" in "".join(lines)
    assert "nan" not in "".join(lines)


def test_data_are_described_in_two_lines():
    y = ["ok"] * 1500 + ["late"] * 300 + ["lost"] * 200
    assert as_labeled_data(np.arange(2000.0).reshape(-1, 1), y).describe() == (
        "2,000 rows, 1 feature, 3 classes (ok: 1,500 = 75.0%, late: 300 = 15.0%, "
        "lost: 200 = 10.0%); rare class: lost\n1 column of numbers"
    )


def test_the_description_includes_text_and_missing_cells():
    frame = pd.DataFrame({"a": [1, None, 3, 4], "b": ["x", "y", None, "x"]})
    assert as_labeled_data(frame, [0, 0, 1, 1]).describe().splitlines()[1] == (
        "1 column of numbers; 1 column of categories; 2 missing cells"
    )
    mixed, _ = mixed_frame()
    mixed = mixed.assign(day=pd.Timestamp("2024-02-03"), none=None, d=pd.Timedelta(1))
    assert as_labeled_data(mixed, [0, 1] * 100).describe().splitlines()[1] == (
        "4 columns of numbers; 1 column of booleans; 1 column of dates; 2 columns of "
        "categories; 1 column without values; 260 missing cells"
    )
    assert (
        as_labeled_data(sparse.eye_array(4), [0, 0, 1, 1])
        .describe()
        .endswith("4 columns of sparse numbers")
    )


def test_many_classes_are_shortened():
    y = np.repeat(np.arange(9), np.arange(10, 1, -1))
    assert as_labeled_data(np.eye(54, 2), y).describe() == (
        "54 rows, 2 features, 9 classes (0: 10 = 18.5%, 1: 9 = 16.7%, 2: 8 = 14.8%, "
        "... 3 more ..., 6: 4 = 7.4%, 7: 3 = 5.6%, 8: 2 = 3.7%); rare class: 8\n"
        "2 columns of numbers"
    )


def test_the_progress_bar_writes_to_stderr_only(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")  # to Rich stderr is then a terminal
    X, y = binary_problem()
    compare(X, y, estimator=LOGISTIC, cv=2, strategies="none", progress=True)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "fold 2 of 2" in captured.err


# The network itself


def test_the_network_is_compared_reproducibly():
    X, y = mixed_frame()
    network = CostSensitiveMLPClassifier((5,), optimizer="sgd", batch_size=64, epochs=2)
    names = ["none", "class_weight"]
    one, other = (
        compare(X, y, estimator=network, strategies=names, cv=2) for _ in range(2)
    )
    assert_same_scores(one, other)
    assert not np.array_equal(
        scores_of(one, "log_loss"), scores_of(one, "log_loss", "class_weight")
    )


def test_the_network_equals_cross_validate_by_hand():
    X, y = binary_problem()
    network = CostSensitiveMLPClassifier(
        (5,), optimizer="sgd", batch_size=64, epochs=2, random_state=7
    )
    comparison = compare(X, y, estimator=network, strategies="none", cv=2)
    folds = StratifiedKFold(2, shuffle=True, random_state=0)
    by_hand = cross_validate(hand_made(network), X, y, cv=folds, scoring=SCORERS)
    for metric in SCORERS:
        np.testing.assert_array_equal(
            scores_of(comparison, metric), np.abs(by_hand[f"test_{metric}"])
        )


def test_the_default_network_is_ours(monkeypatch):
    X, y = binary_problem()
    built = []

    class Built(LogisticRegression):
        def __init__(self):
            built.append(self)
            super().__init__()

    monkeypatch.setattr("skweighted.CostSensitiveMLPClassifier", Built, raising=False)
    compare(X, y, strategies="none", cv=2)
    assert built


def test_a_strategy_is_a_value():
    assert Strategy(make=plain) == STRATEGIES["none"]
    assert all(isinstance(strategy, Strategy) for strategy in STRATEGIES.values())


# Networks of tables


def test_a_network_of_tables_equals_fits_by_hand_on_the_raw_rows():
    X, y = mixed_frame()
    params = FAST | {"epochs": 3, "n_networks": 2}
    network = CostSensitiveTabularClassifier(**params)
    comparison = compare(
        X, y, estimator=network, strategies=["class_weight", "tabular"], cv=2
    )
    params |= {"class_weight": "balanced"}
    for fold, outcome in zip(
        comparison.folds, comparison.outcomes["class_weight"], strict=True
    ):
        by_hand = CostSensitiveTabularClassifier(**params, random_state=fold.seed)
        by_hand.fit(X.iloc[fold.train], y.iloc[fold.train])
        # In groups of other sizes, XLA adds in another order.
        np.testing.assert_allclose(
            outcome.proba, by_hand.predict_proba(X.iloc[fold.test]), rtol=1e-12
        )
    assert comparison.skipped == {
        "tabular": "the network of all strategies is a CostSensitiveTabularClassifier"
    }
    assert not hasattr(network, "classes_")
    assert network.random_state is None


def test_tabular_trains_one_epoch_before_it_is_timed(monkeypatch):
    X, y = mixed_frame()
    epochs = []

    class Watched(CostSensitiveTabularClassifier):
        def fit(self, X, y):
            epochs.append(self.epochs)
            return super().fit(X, y)

    monkeypatch.setattr(
        "skweighted.CostSensitiveTabularClassifier", Watched, raising=False
    )
    strategy = replace(
        STRATEGIES["tabular"],
        make=tabular(**FAST, epochs=2, n_networks=1, early_stopping=False),
    )
    compare(X, y, estimator=LOGISTIC, strategies={"tabular": strategy}, cv=2)
    # Classifiers with a fit of their own are fitted one after the other.
    assert epochs == [1, 1, 2, 2]


@pytest.mark.filterwarnings("error::skweighted.exceptions.ColumnWarning")
def test_objects_of_many_kinds_are_compared():
    X, y = mixed_frame()
    days = pd.date_range("2024-01-01", periods=20).repeat(10)
    X = X.assign(
        date=[day.date() for day in days],
        period=days.to_period("D").astype(object),
        lists=[[n % 2] for n in range(200)],
        decimals=[Decimal(n % 4) if n % 5 else None for n in range(200)],
    )
    comparison = compare(X, y, estimator=LOGISTIC, groups="identical", **QUICK)
    assert comparison.failed == {}
    pair = pd.concat([X[:2], X[:1]], ignore_index=True)
    assert identical_rows(pair).tolist() == [0, 1, 0]
