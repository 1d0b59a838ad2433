"""Each strategy alone: what it fits on, what it changes, and when it cannot run."""

import contextlib
import copy
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from imblearn.combine import SMOTEENN, SMOTETomek
from imblearn.ensemble import (
    BalancedBaggingClassifier,
    BalancedRandomForestClassifier,
    EasyEnsembleClassifier,
)
from imblearn.over_sampling import (
    ADASYN,
    SMOTE,
    SMOTENC,
    BorderlineSMOTE,
    KMeansSMOTE,
    RandomOverSampler,
)
from imblearn.pipeline import make_pipeline
from imblearn.under_sampling import NearMiss, RandomUnderSampler, TomekLinks
from messages import whole
from quick import QUICK_TABULAR
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import (
    StratifiedKFold,
    TunedThresholdClassifierCV,
    check_cv,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.svm import LinearSVC

import skweighted.comparison.strategies.pipelines as pipelines
import skweighted.preprocessing as preprocessing
from skweighted import (
    CostSensitiveMLPClassifier,
    CostSensitiveTabularClassifier,
    PriorCorrectedClassifier,
)
from skweighted.comparison.data import as_labeled_data
from skweighted.comparison.folds import Fold
from skweighted.comparison.plan import Plan
from skweighted.comparison.strategies import (
    DEFAULT_STRATEGIES,
    STRATEGIES,
    Parts,
    Setting,
    Strategy,
    choose_strategies,
    for_rows,
    plain,
    seeded,
)
from skweighted.comparison.strategies.categories import CategoryCodes, one_hot_of_codes
from skweighted.comparison.strategies.pipelines import tabular
from skweighted.exceptions import CannotRunError
from skweighted.metrics import expected_cost_score, make_cost_scorer
from skweighted.preprocessing import TablePreparation

SEED = 7
PREPARATION = TablePreparation(scale_numbers=True)
ORDER = [
    "none",
    "class_weight",
    "class_weight_sqrt",
    "class_weight_corrected",
    "focal",
    "logit_adjusted",
    "ldam_drw",
    "threshold",
    "min_cost",
    "random_over",
    "smote",
    "smotenc",
    "borderline_smote",
    "adasyn",
    "kmeans_smote",
    "random_under",
    "near_miss",
    "tomek_links",
    "smote_enn",
    "smote_tomek",
    "balanced_bagging",
    "network_ensemble",
    "balanced_ensemble",
    "tabular",
    "easy_ensemble",
    "logistic_regression",
    "hist_gradient_boosting",
    "hist_gradient_boosting_balanced",
    "balanced_random_forest",
]
# Parameters of the network that a strategy sets, and nothing else.
SET_BY_HAND = {
    "none": {},
    "class_weight": {"class_weight": "balanced"},
    "class_weight_sqrt": {"class_weight": "sqrt_balanced"},
    "class_weight_corrected": {
        "class_weight": "balanced",
        "correct_probabilities": True,
    },
    "focal": {"loss": "focal"},
    "logit_adjusted": {"loss": "logit_adjusted"},
    "ldam_drw": {
        "loss": "ldam",
        "class_weight": "balanced",
        "class_weight_start": 0.8,
    },
    "min_cost": {"cost_matrix": [[0, 1], [20, 0]]},
    "network_ensemble": {
        "n_networks": 10,
        "ensemble": "folds",
        "early_stopping": True,
    },
    "balanced_ensemble": {
        "n_networks": 10,
        "ensemble": "balanced",
        "correct_probabilities": True,
    },
}
# With enough rows of each class, imbalanced-learn's own defaults.
SAMPLED_BY_HAND = {
    "random_over": RandomOverSampler(random_state=SEED),
    "smote": SMOTE(random_state=SEED),
    "borderline_smote": BorderlineSMOTE(random_state=SEED),
    "adasyn": ADASYN(random_state=SEED),
    # 30 rows of class 1 among 200: 5 clusters, and half of their share.
    "kmeans_smote": KMeansSMOTE(
        kmeans_estimator=5, cluster_balance_threshold=0.075, random_state=SEED
    ),
    "random_under": RandomUnderSampler(random_state=SEED),
    "near_miss": NearMiss(),
    "tomek_links": TomekLinks(),
    "smote_enn": SMOTEENN(random_state=SEED, smote=SMOTE(random_state=SEED)),
    "smote_tomek": SMOTETomek(random_state=SEED, smote=SMOTE(random_state=SEED)),
}
CLASSIFIED_BY_HAND = {
    "easy_ensemble": EasyEnsembleClassifier(random_state=SEED),
    "logistic_regression": LogisticRegression(class_weight="balanced", max_iter=1000),
    "hist_gradient_boosting": HistGradientBoostingClassifier(random_state=SEED),
    "hist_gradient_boosting_balanced": HistGradientBoostingClassifier(
        class_weight="balanced", random_state=SEED
    ),
    "balanced_random_forest": BalancedRandomForestClassifier(random_state=SEED),
}
INTERPOLATE = [
    *("smote", "smotenc", "borderline_smote", "adasyn", "kmeans_smote"),
    *("smote_enn", "smote_tomek"),
]
# Strategies whose answers depend on the seed alone, with a network that has none.
DRAW = [
    *("random_over", "smote", "smotenc", "borderline_smote", "adasyn", "kmeans_smote"),
    *("random_under", "smote_enn", "smote_tomek", "balanced_bagging"),
    *("tabular", "easy_ensemble", "balanced_random_forest"),
]
SPARSE_REASON = "does not accept sparse features"
SINGLE_REASON = "needs 2 training rows of every class, and the smallest has 1"


class Spy(ClassifierMixin, BaseEstimator):
    """Remember rows, labels and parameters of each fit in a list that clones share."""

    def __init__(
        self,
        log=None,
        class_weight=None,
        class_weight_start=0.0,
        correct_probabilities=False,
        cost_matrix=None,
        loss=None,
        n_networks=1,
        ensemble="seeds",
        early_stopping=False,
        random_state=None,
    ):
        self.log = log
        self.class_weight = class_weight
        self.class_weight_start = class_weight_start
        self.correct_probabilities = correct_probabilities
        self.cost_matrix = cost_matrix
        self.loss = loss
        self.n_networks = n_networks
        self.ensemble = ensemble
        self.early_stopping = early_stopping
        self.random_state = random_state

    def __sklearn_clone__(self):
        return Spy(**self.get_params())

    def fit(self, X, y):
        if self.log is not None:
            self.log.append((X.copy(), y.copy(), self.get_params()))
        self.model_ = LogisticRegression(C=0.5, max_iter=1000).fit(X, y)
        self.classes_ = self.model_.classes_
        return self

    def predict_proba(self, X):
        return self.model_.predict_proba(X)

    def predict(self, X):
        return self.model_.predict(X)


class SpyPreprocessing(TransformerMixin, BaseEstimator):
    """Remember each fit; add 1 to every number."""

    def __init__(self, log):
        self.log = log

    def __sklearn_clone__(self):
        return SpyPreprocessing(self.log)

    def fit(self, X, y=None):
        self.log.append(X.copy())
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X):
        return X + 1


def small_network():
    """Return a network that compiles fast, once for any number of rows."""
    return CostSensitiveMLPClassifier((3,), optimizer="sgd", batch_size=64, epochs=2)


class TableSpy(Spy):
    """A spy that takes a table as it is."""

    def __sklearn_clone__(self):
        return TableSpy(**self.get_params())

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = tags.input_tags.categorical = True
        tags.input_tags.allow_nan = True
        return tags

    def fit(self, X, y):
        self.preparation_ = TablePreparation(scale_numbers=True)
        super().fit(self.preparation_.fit_transform(X), y)
        if self.log is not None:
            self.log[-1] = X.copy(), *self.log[-1][1:]
        return self

    def predict_proba(self, X):
        return super().predict_proba(self.preparation_.transform(X))

    def predict(self, X):
        return super().predict(self.preparation_.transform(X))


def two_classes():
    X, y = make_classification(
        200,
        n_features=6,
        n_informative=4,
        weights=[0.85],
        flip_y=0,
        class_sep=0.7,
        random_state=0,
    )
    return X, y


def three_classes():
    X, y = make_classification(
        240,
        n_features=6,
        n_informative=4,
        n_classes=3,
        weights=[0.6, 0.3],
        class_sep=0.7,
        random_state=0,
    )
    return X, np.array(["common", "middle", "a rare one"], dtype=object)[y]


def mixed():
    X, y = two_classes()
    frame = pd.DataFrame(X[:, :3], columns=["a", "b", "c"])
    frame.loc[::7, "a"] = np.nan
    frame.insert(1, "colour", np.where(X[:, 3] > 0, "red", "blue"))
    frame.loc[::9, "colour"] = None
    frame["kind"] = np.array(["x", "y", "z"])[np.digitize(X[:, 4], [-0.5, 0.5])]
    return frame, y.astype(bool)


def sparse_rows():
    X, y = two_classes()
    X[abs(X) < 0.4] = 0
    return sparse.csr_array(X), y


PROBLEMS = [two_classes, three_classes, mixed, sparse_rows]
# All else runs on every problem.
FORBIDDEN = {
    ("threshold", three_classes): "a threshold separates only two classes; there are 3",
    ("smotenc", two_classes): "there are no text columns",
    ("smotenc", three_classes): "there are no text columns",
    ("smotenc", sparse_rows): "there are no text columns",
    ("hist_gradient_boosting", sparse_rows): SPARSE_REASON,
    ("hist_gradient_boosting_balanced", sparse_rows): SPARSE_REASON,
}


def parts_for(X, network=None, costs=None):
    network = clone(Spy() if network is None else network)
    return Parts(clone(PREPARATION), network, costs)


def made(strategy, X, network=None, seed=SEED, costs=None, groups=None):
    """Return the seeded, unfitted pipeline of a strategy."""
    if isinstance(strategy, str):
        strategy = QUICK_TABULAR if strategy == "tabular" else STRATEGIES[strategy]
    return for_rows(strategy.make(parts_for(X, network, costs)), seed, groups)


def fitted(strategy, X, y, network=None, **more):
    return made(strategy, X, network, **more).fit(X, y)


def prepared(X, y=None):
    return clone(PREPARATION).fit_transform(X, y)


def learnt_from(strategy, X, y):
    """Return rows and labels of the last fit of the network."""
    log = []
    fitted(strategy, X, y, Spy(log))
    return log[-1][:2]


def problem_for(name):
    return mixed() if name == "smotenc" else two_classes()


def setting_of(X, y, **known):
    """Return what a comparison tells a strategy that learns from all these rows."""
    rows = np.arange(len(y))
    plan = Plan(as_labeled_data(X, y), {}, [Fold(rows, rows, SEED)])
    return replace(plan.setting(Spy()), **known)


# Laws


@pytest.mark.parametrize("make_problem", PROBLEMS)
@pytest.mark.parametrize("name", STRATEGIES)
def test_a_strategy_gives_probabilities_and_labels(name, make_problem):
    X, y = make_problem()
    strategy, classes = STRATEGIES[name], np.unique(y)
    reason = strategy.why_not(setting_of(X, y, has_costs=True))
    assert reason == FORBIDDEN.get((name, make_problem))
    if reason:
        return
    costs = 1 - np.eye(len(classes)) if name == "min_cost" else None
    model = fitted(name, X[:-20], y[:-20], costs=costs)
    proba = model.predict_proba(X[-20:])
    assert proba.shape == (20, len(classes))
    # Sums in another order; the tabular network computes in float32.
    atol = 1e-6 if proba.dtype == np.float32 else 1e-12
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=0, atol=atol)
    y_pred = model.predict(X[-20:])
    assert y_pred.shape == (20,)
    assert set(y_pred) <= set(classes)


@pytest.mark.parametrize("name", STRATEGIES)
def test_the_same_seed_gives_the_same_answers(name):
    X, y = problem_for(name)
    state = np.random.get_state()[1]
    one, same = (fitted(name, X, y).predict_proba(X) for _ in range(2))
    np.testing.assert_array_equal(one, same)
    np.testing.assert_array_equal(np.random.get_state()[1], state)
    other = fitted(name, X, y, seed=SEED + 1).predict_proba(X)
    assert np.array_equal(one, other) == (name not in DRAW)


@pytest.mark.parametrize("name", ["threshold", "smotenc", "balanced_bagging"])
def test_our_network_trains_inside_of_other_estimators(name):
    X, y = mixed()
    network = small_network()
    one, same = (fitted(name, X, y, network).predict_proba(X) for _ in range(2))
    np.testing.assert_array_equal(one, same)
    assert one.shape == (200, 2)


@pytest.mark.parametrize("name", STRATEGIES)
def test_nothing_given_is_modified(name):
    X, y = problem_for(name)
    X_before, y_before = X.copy(), y.copy()
    costs = np.array([[0, 1], [20, 0]])
    fitted(name, X, y, costs=costs)
    pd.testing.assert_frame_equal(pd.DataFrame(X), pd.DataFrame(X_before))
    np.testing.assert_array_equal(y, y_before)
    np.testing.assert_array_equal(costs, [[0, 1], [20, 0]])


@pytest.mark.parametrize("name", [name for name in STRATEGIES if name != "tabular"])
def test_the_network_is_trained_if_and_only_if_is_network(name):
    X, y = problem_for(name)
    log = []
    fitted(name, X, y, Spy(log))
    assert bool(log) == STRATEGIES[name].is_network


@pytest.mark.parametrize(
    "name", [name for name in STRATEGIES if name not in ("smotenc", "tabular")]
)
def test_preprocessing_gets_training_rows_only_and_the_network_gets_its_output(name):
    X, y = two_classes()
    X = np.column_stack([X, np.arange(len(X))])
    train, test = np.arange(150), np.arange(150, 200)
    seen, learnt = [], []
    parts = Parts(SpyPreprocessing(seen), Spy(learnt, random_state=0))
    model = for_rows(STRATEGIES[name].make(parts), SEED).fit(X[train], y[train])
    n_fits = len(seen), len(learnt)
    model.predict(X[test])
    model.predict_proba(X[test])
    assert n_fits == (len(seen), len(learnt))
    assert set(seen[-1][:, -1]) <= set(train)
    assert name == "threshold" or [len(rows) for rows in seen] == [150]
    for rows, *_ in learnt:
        # Also rows that are made lie between those that were transformed.
        assert rows[:, -1].min() >= 1
        assert rows[:, -1].max() <= 150


def test_smotenc_sees_training_rows_only():
    X, y = mixed()
    X = X.assign(a=np.arange(200.0), colour=["red"] * 150 + ["new"] * 50)
    train = slice(0, 150)
    log = []
    model = fitted("smotenc", X[train], y[train], Spy(log))
    scaled = StandardScaler().fit(np.arange(150.0)[:, np.newaxis])
    n_columns = 3 + X["kind"].nunique()  # one colour is constant
    rows = log[-1][0]
    assert rows.shape[1] == n_columns
    np.testing.assert_allclose(
        rows[:150, 0], scaled.transform(np.arange(150.0)[:, np.newaxis])[:, 0]
    )
    model.predict_proba(X[150:])
    assert len(log) == 1


@pytest.mark.parametrize("make_problem", [two_classes, three_classes])
@pytest.mark.parametrize(
    "name", ["random_over", "smote", "borderline_smote", "random_under", "near_miss"]
)
def test_resampling_makes_classes_equal(name, make_problem):
    X, y = make_problem()
    counts = np.unique(y, return_counts=True)[1]
    _, labels = learnt_from(name, X, y)
    wanted = counts.min() if name in ("random_under", "near_miss") else counts.max()
    assert np.unique(labels, return_counts=True)[1].tolist() == [wanted] * len(counts)


def test_smotenc_makes_classes_equal():
    _, labels = learnt_from("smotenc", *mixed())
    assert np.bincount(labels).tolist() == [170, 170]


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        # A class more than the largest has: rounded up for every row, or every cluster.
        ("adasyn", [170, 160], [170, 180]),
        ("kmeans_smote", [170, 170], [170, 175]),
        # What cleaning takes away, none of it here from class 1 by Tomek links alone.
        ("tomek_links", [150, 30], [169, 30]),
        ("smote_enn", [85, 85], [169, 170]),
        ("smote_tomek", [150, 150], [169, 169]),
    ],
)
def test_other_samplers_leave_about_as_many_rows_as_documented(name, least, most):
    _, labels = learnt_from(name, *two_classes())
    counts = np.bincount(labels)
    assert (counts >= least).all()
    assert (counts <= most).all()


def test_bagging_trains_ten_networks_on_equal_classes_with_seeds_of_their_own():
    X, y = two_classes()
    log = []
    fitted("balanced_bagging", X, y, Spy(log))
    assert len(log) == 10
    assert all(len(set(np.bincount(labels))) == 1 for _, labels, _ in log)
    assert len({parameters["random_state"] for *_, parameters in log}) == 10


def test_rows_made_by_smotenc_have_one_text_where_those_of_smote_are_between():
    X, y = mixed()
    n_numbers, n_made = 3 + 1, 140  # one is missing in some rows
    made, _ = learnt_from("smotenc", X, y)
    between, _ = learnt_from("smote", X, y)
    assert len(made) == len(between) == 200 + n_made
    assert set(np.unique(made[:, n_numbers:])) == {0, 1}
    np.testing.assert_array_equal(made[:, n_numbers:].sum(axis=1), 2)
    assert len(np.unique(between[:, n_numbers:])) > 2


# Costs


def inner_folds_of(y):
    return StratifiedKFold(5, shuffle=True, random_state=SEED)


def costs_at(thresholds, X, y, costs):
    """Return the mean cost of each threshold over the inner folds, by brute force."""
    paid = []
    for train, test in inner_folds_of(y).split(X, y):
        model = make_pipeline(PREPARATION, Spy()).fit(X[train], y[train])
        answers = model.predict_proba(X[test])[:, [1]] >= thresholds
        paid.append(
            [
                expected_cost_score(y[test], column, cost_matrix=costs)
                for column in answers.astype(int).T
            ]
        )
    return np.mean(paid, axis=0)


@pytest.mark.parametrize("miss", [3, 20])
def test_the_tuned_threshold_costs_less_on_training_folds_than_one_half(miss):
    X, y = two_classes()
    costs = [[0, 1], [miss, 0]]
    model = fitted("threshold", X, y, costs=costs)
    grid = np.linspace(0.01, 0.99, 50)
    tuned, half, *others = costs_at([model.best_threshold_, 0.5, *grid], X, y, costs)
    assert tuned < half
    # 0.02: sklearn interpolates between 100 thresholds, folds have 40 rows each.
    assert tuned <= min(others) + 0.02


def test_the_greater_the_cost_of_a_miss_the_lower_the_threshold():
    X, y = two_classes()
    thresholds = [
        fitted("threshold", X, y, costs=[[0, 1], [miss, 0]]).best_threshold_
        for miss in (0.2, 1, 5, 50)
    ]
    assert thresholds == sorted(thresholds, reverse=True)
    assert thresholds[0] > 2 * thresholds[-1]


def test_the_threshold_is_tuned_on_whole_groups(monkeypatch):
    X, y = two_classes()
    groups = np.random.default_rng(0).integers(40, size=len(y))
    seen = []

    class Tuned(TunedThresholdClassifierCV):
        def fit(self, X, y, **params):
            seen.extend(check_cv(self.cv, y, classifier=True).split(X, y))
            return super().fit(X, y, **params)

    monkeypatch.setattr(pipelines, "TunedThresholdClassifierCV", Tuned)
    fitted("threshold", X, y, LogisticRegression(), groups=groups)
    assert len(seen) == 5
    for train, test in seen:
        assert not set(groups[train]) & set(groups[test])
    message = "no inner fold that keeps groups together has rows of every class"
    for groups in (y, np.zeros(len(y))):
        with pytest.raises(CannotRunError, match=whole(message)):
            fitted("threshold", X, y, groups=groups)


def test_text_that_becomes_sparse_is_known_beforehand(monkeypatch):
    X, y = mixed()
    reason = STRATEGIES["hist_gradient_boosting"].why_not
    assert reason(setting_of(X, y)) is None
    monkeypatch.setattr(preprocessing, "MOST_DENSE_BYTES", 1000)
    assert reason(setting_of(X, y)) == "does not accept sparse features"


def test_costs_with_labels_tune_the_same_threshold():
    X, y = two_classes()
    names = np.array(["fine", "fraud"], dtype=object)
    array = fitted("threshold", X, y, costs=[[0, 1], [20, 0]])
    for costs in (
        [[0, 1], [20, 0]],
        {("fine", "fraud"): 1, ("fraud", "fine"): 20},
        pd.DataFrame([[0, 20], [1, 0]], index=names[::-1], columns=names[::-1]),
    ):
        named = fitted("threshold", X, names[y], costs=costs)
        assert named.best_threshold_ == array.best_threshold_
        np.testing.assert_array_equal(named.predict(X), names[array.predict(X)])


# Twins


@pytest.mark.parametrize("name", SET_BY_HAND)
def test_a_strategy_sets_parameters_of_the_network_and_no_others(name):
    X, y = two_classes()
    log = []
    fitted(name, X, y, Spy(log), costs=[[0, 1], [20, 0]])
    expected = Spy(log, random_state=SEED, **SET_BY_HAND[name]).get_params()
    assert log[0][2] == expected


@pytest.mark.parametrize("name", SET_BY_HAND)
def test_the_network_is_the_same_with_parameters_set_by_hand(name):
    X, y = two_classes()
    network = small_network()
    model = fitted(name, X, y, network, costs=[[0, 1], [20, 0]])
    network.set_params(random_state=SEED, **SET_BY_HAND[name])
    by_hand = make_pipeline(PREPARATION, network).fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X), by_hand.predict_proba(X))
    np.testing.assert_array_equal(model.predict(X), by_hand.predict(X))


@pytest.mark.parametrize("name", SAMPLED_BY_HAND)
def test_the_network_learns_from_what_the_sampler_makes_of_scaled_rows(name):
    X, y = two_classes()
    scaled = prepared(X)
    expected = SAMPLED_BY_HAND[name].fit_resample(scaled, y)
    for found, wanted in zip(learnt_from(name, X, y), expected, strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_smotenc_is_imblearn_s_on_codes():
    X, y = mixed()
    X = X.fillna({"a": X["a"].median(), "colour": "missing"})
    numbers = prepared(X[["a", "b", "c"]])
    codes = OrdinalEncoder().fit_transform(X[["colour", "kind"]])
    made, labels = SMOTENC([3, 4], random_state=SEED).fit_resample(
        np.column_stack([numbers, codes]), y
    )
    one_hot = OneHotEncoder(sparse_output=False).fit_transform(made[:, 3:])
    rows, found = learnt_from("smotenc", X, y)
    np.testing.assert_array_equal(rows, np.column_stack([made[:, :3], one_hot]))
    np.testing.assert_array_equal(found, labels)


@pytest.mark.parametrize("name", CLASSIFIED_BY_HAND)
def test_another_model_is_the_library_s_own(name):
    X, y = two_classes()
    by_hand = make_pipeline(
        TablePreparation(scale_numbers=True), CLASSIFIED_BY_HAND[name]
    ).fit(X, y)
    model = fitted(name, X, y)
    np.testing.assert_array_equal(model.predict_proba(X), by_hand.predict_proba(X))
    np.testing.assert_array_equal(model.predict(X), by_hand.predict(X))


def test_bagging_is_imblearn_s_own():
    X, y = two_classes()
    ensemble = BalancedBaggingClassifier(Spy(), random_state=SEED)
    by_hand = make_pipeline(PREPARATION, ensemble).fit(X, y)
    np.testing.assert_array_equal(
        fitted("balanced_bagging", X, y).predict_proba(X), by_hand.predict_proba(X)
    )


@pytest.mark.parametrize("costs", [None, [[0, 1], [20, 0]]])
def test_the_threshold_is_sklearn_s_own(costs):
    X, y = two_classes()
    scoring = "balanced_accuracy" if costs is None else make_cost_scorer(costs)
    pipeline = make_pipeline(PREPARATION, Spy())
    by_hand = TunedThresholdClassifierCV(
        pipeline, scoring=scoring, cv=inner_folds_of(y)
    ).fit(X, y)
    model = fitted("threshold", X, y, costs=costs)
    assert model.best_threshold_ == by_hand.best_threshold_
    np.testing.assert_array_equal(model.predict(X), by_hand.predict(X))


# A network that takes tables

TABULAR = {
    "hidden_layer_sizes": (3,),
    "optimizer": "sgd",
    "learning_rate": 0.1,
    "batch_size": 64,
    "epochs": 3,
    "n_networks": 2,
    "dropout": 0.0,
}


def test_tabular_is_the_classifier_of_tables_on_the_raw_rows():
    X, y = mixed()
    strategy = Strategy(make=tabular(**TABULAR))
    by_hand = CostSensitiveTabularClassifier(**TABULAR, random_state=SEED).fit(X, y)
    model = fitted(strategy, X, y)
    np.testing.assert_array_equal(model.predict_proba(X), by_hand.predict_proba(X))
    np.testing.assert_array_equal(model.predict(X), by_hand.predict(X))


def test_tabular_decides_by_the_costs():
    X, y = mixed()
    costs = np.array([[0, 1], [20, 0]])
    by_hand = CostSensitiveTabularClassifier(
        **TABULAR, cost_matrix=costs, random_state=SEED
    )
    model = fitted(Strategy(make=tabular(**TABULAR)), X, y, costs=costs)
    y_pred = model.predict(X)
    np.testing.assert_array_equal(y_pred, by_hand.fit(X, y).predict(X))
    most_probable = model.classes_[model.predict_proba(X).argmax(axis=1)]
    assert (y_pred != most_probable).any()


def test_tabular_has_the_defaults_of_its_classifier():
    classifier = STRATEGIES["tabular"].make(parts_for(mixed()[0]))[-1]
    assert repr(classifier) == "CostSensitiveTabularClassifier()"


@pytest.mark.parametrize("name", ["class_weight", "network_ensemble"])
def test_a_network_of_tables_is_the_same_with_parameters_set_by_hand(name):
    X, y = mixed()
    network = CostSensitiveTabularClassifier(**TABULAR)
    model = fitted(name, X, y, network)
    network.set_params(random_state=SEED, **SET_BY_HAND[name])
    by_hand = network.fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X), by_hand.predict_proba(X))
    np.testing.assert_array_equal(model.predict(X), by_hand.predict(X))


def test_a_network_of_tables_gets_resampled_rows_of_the_prepared_table():
    X, y = mixed()
    model = fitted("smote", X, y, CostSensitiveTabularClassifier(**TABULAR))
    made, labels = SMOTE(random_state=SEED).fit_resample(prepared(X), y)
    network = CostSensitiveTabularClassifier(**TABULAR, random_state=SEED)
    by_hand = network.fit(made, labels).predict_proba(prepared(X))
    np.testing.assert_array_equal(model.predict_proba(X), by_hand)


@pytest.mark.parametrize(
    "name", [name for name, one in STRATEGIES.items() if one.is_network]
)
def test_only_resampled_rows_are_a_matrix_for_a_network_of_tables(name):
    X, y = mixed()
    if name == "tabular":
        return
    log = []
    model = fitted(name, X, y, TableSpy(log), costs=[[0, 1], [20, 0]])
    resampled = {*SAMPLED_BY_HAND, "smotenc", "balanced_bagging"}
    for rows, *_ in log:
        if name in resampled:
            assert rows.dtype == np.float64
        else:
            pd.testing.assert_frame_equal(rows, X.loc[rows.index])
    assert model.predict_proba(X).shape == (200, 2)


def test_a_classifier_of_tables_of_your_own_gets_the_raw_table():
    X, y = mixed()
    log = []
    strategy = choose_strategies({"mine": TableSpy(log)})["mine"]
    fitted(strategy, X, y)
    pd.testing.assert_frame_equal(log[0][0], X)


def test_categorical_features_of_the_network_are_those_of_the_prepared_table():
    X, y = mixed()
    X = X.assign(zip=np.arange(200) % 3)
    plan = Plan(as_labeled_data(X, y), STRATEGIES, [])
    network = CostSensitiveTabularClassifier(categorical_features=["zip", "colour"])
    network = PriorCorrectedClassifier(network)
    before = network.get_params()
    for name in ("smote", "balanced_bagging"):
        pipeline = plan.pipeline(name, network)
        given = [
            value
            for parameter, value in pipeline.get_params().items()
            if parameter.endswith("categorical_features")
        ]
        assert given == [["zip", "colour"], "from_dtype"]
    raw = plan.pipeline("none", network)
    assert raw[-1].estimator.categorical_features == ["zip", "colour"]
    assert network.get_params() == before


def test_all_folds_read_a_column_of_several_types_alike():
    X, y = mixed()
    X = X.assign(code=["none", *(n % 3 for n in range(1, 200))])
    network = CostSensitiveTabularClassifier(**TABULAR)
    plan = Plan(as_labeled_data(X, y), STRATEGIES, [])
    for name in ("none", "smote", "smotenc", "tabular"):
        pipeline = plan.pipeline(name, network)
        if name == "tabular":
            pipeline.set_params(
                **{f"network__{key}": value for key, value in TABULAR.items()}
            )
        model = for_rows(pipeline, SEED).fit(X[1:], y[1:])
        assert model.predict_proba(X[:1]).shape == (1, 2)


# Codes of categories, and back


def table_of(n_rare):
    """Return training and test rows with missing, rare and unknown categories."""
    train = ["u", "v", "w", "u", "v", None] * 10 + [f"id {i}" for i in range(n_rare)]
    test = ["u", "id 3", "never seen", None]
    frame = pd.DataFrame({"t": [*train, *test]}).assign(
        a=lambda frame: np.where(np.arange(len(frame)) % 7, frame.index % 5, np.nan),
        s=["p", "q"] * (len(train) // 2 + 2),
    )
    return frame[: len(train)], frame[len(train) :]


@pytest.mark.parametrize("n_rare", [0, 6, 100])
@pytest.mark.parametrize("most_dense_bytes", [500e6, 0])
def test_codes_made_one_hot_are_the_prepared_table(
    n_rare, most_dense_bytes, monkeypatch
):
    monkeypatch.setattr(preprocessing, "MOST_DENSE_BYTES", most_dense_bytes)
    X, X_test = table_of(n_rare)
    preparation = TablePreparation(scale_numbers=True)
    codes, one_hot = CategoryCodes(preparation), one_hot_of_codes()
    found = one_hot.fit_transform(codes.fit_transform(X))
    expected = preparation.fit_transform(X)
    assert sparse.issparse(expected) == (most_dense_bytes == 0)
    for one, other in [
        (found, expected),
        (one_hot.transform(codes.transform(X_test)), preparation.transform(X_test)),
    ]:
        np.testing.assert_array_equal(
            one, other.toarray() if sparse.issparse(other) else other
        )


def test_shares_of_the_target_are_numbers_beside_the_codes():
    X, _ = table_of(60)
    y = np.arange(len(X)) % 3 == 0
    codes = CategoryCodes(TablePreparation(scale_numbers=True)).fit_transform(X, y)
    assert codes.dtypes.astype(str).tolist() == [*["float64"] * 3, "category"]
    np.testing.assert_array_equal(codes.iloc[:, 2], prepared(X, y)[:, -1])


# Tiny classes


def with_rare_rows(n_rare):
    X, y = two_classes()
    rows = np.concatenate([np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:n_rare]])
    return X[rows], y[rows]


# Neighbors of each sampler with 2, 3, 4, 7 and 30 rows in the smallest class.
NEIGHBORS = {
    "smote": ("k_neighbors", [1, 2, 3, 5, 5]),
    "borderline_smote": ("k_neighbors", [1, 2, 3, 5, 5]),
    "adasyn": ("n_neighbors", [1, 2, 3, 5, 5]),
    "near_miss": ("n_neighbors", [2, 3, 3, 3, 3]),
    "smote_enn": ("smote__k_neighbors", [1, 2, 3, 5, 5]),
    "smote_tomek": ("smote__k_neighbors", [1, 2, 3, 5, 5]),
    "kmeans_smote": ("k_neighbors", [1, 1, 1, 2, 2]),
}


def parameters_used(name, X, y):
    """Return the parameters with which the sampler of a strategy is fitted."""
    sampler = made(name, X).named_steps["sampler"]
    # Some of these classes are too small for clusters, whatever the parameters.
    with contextlib.suppress(CannotRunError):
        sampler.fit_resample(X, y)
    return sampler.sampler_.get_params()


@pytest.mark.parametrize("name", NEIGHBORS)
def test_samplers_use_as_many_neighbors_as_a_tiny_class_has(name):
    parameter, expected = NEIGHBORS[name]
    found = [
        parameters_used(name, *with_rare_rows(n_rare))[parameter]
        for n_rare in (2, 3, 4, 7, 30)
    ]
    assert found == expected


@pytest.mark.parametrize("n_rare", [3, 4, 7])
@pytest.mark.parametrize("name", ["smote", "borderline_smote", "adasyn"])
def test_samplers_make_rows_of_a_tiny_class(name, n_rare):
    _, labels = learnt_from(name, *with_rare_rows(n_rare))
    assert np.bincount(labels)[1] > 100


@pytest.mark.parametrize("name", ["smote_enn", "smote_tomek", "kmeans_smote"])
def test_samplers_that_combine_make_rows_of_a_class_of_four(name):
    _, labels = learnt_from(name, *with_rare_rows(4))
    assert np.bincount(labels)[1] > 100


@pytest.mark.parametrize(("n_rare", "n_neighbors"), [(2, 1), (3, 2), (7, 5)])
def test_smotenc_uses_as_many_neighbors_as_a_tiny_class_has(n_rare, n_neighbors):
    X, y = mixed()
    rows = np.concatenate([np.flatnonzero(~y), np.flatnonzero(y)[:n_rare]])
    model = fitted("smotenc", X.iloc[rows], y[rows])
    sampler = model.named_steps["sampler"].sampler_
    assert sampler.k_neighbors == n_neighbors
    assert sampler.sampling_strategy_ == {True: 170 - n_rare}


@pytest.mark.parametrize("n_rows", [5, 8])
def test_borderline_smote_uses_fewer_neighbors_than_there_are_rows(n_rows):
    X = np.arange(float(n_rows))[:, np.newaxis]
    model = fitted("borderline_smote", X, np.arange(n_rows) % 3 == 1)
    assert model.named_steps["sampler"].sampler_.m_neighbors == n_rows - 1


def test_a_sampler_of_your_own_keeps_its_neighbors():
    X, y = with_rare_rows(3)
    strategy = choose_strategies({"mine": SMOTE()})["mine"]
    message = r"^SMOTE failed: Expected n_neighbors <= n_samples_fit"
    with pytest.raises(CannotRunError, match=message):
        fitted(strategy, X, y)


def test_kmeans_smote_finds_clusters_where_the_default_finds_none():
    X, y = two_classes()
    X = np.random.default_rng(0).normal(size=X.shape)
    message = (
        "No clusters found with sufficient samples of class 1. Try lowering the "
        "cluster_balance_threshold or increasing the number of clusters."
    )
    with pytest.raises(RuntimeError, match=whole(message)):
        KMeansSMOTE(random_state=SEED).fit_resample(X, y)
    _, labels = learnt_from("kmeans_smote", X, y)
    assert np.bincount(labels)[1] >= 170


def test_kmeans_smote_takes_a_cluster_of_two():
    X = np.concatenate([np.linspace(-1, 1, 40), [-50, -49, 49, 50]])[:, np.newaxis]
    _, labels = learnt_from("kmeans_smote", X, np.repeat([0, 1], [40, 4]))
    assert np.bincount(labels)[1] >= 40


def test_kmeans_smote_takes_clusters_of_equal_rows():
    X = np.repeat([[0.0], [9.0]], [40, 20], axis=0)
    y = np.concatenate([np.zeros(50, int), np.ones(10, int)])
    rows, labels = learnt_from("kmeans_smote", X, y)
    assert np.bincount(labels)[1] >= 50
    assert len(np.unique(rows[labels == 1])) == 1


def test_kmeans_smote_without_a_cluster_gives_imblearn_s_reason():
    X = np.concatenate([np.linspace(-1, 1, 40), [-50, 50]])[:, np.newaxis]
    message = (
        "ClusteredSMOTE failed: No clusters found with sufficient samples of class 1. "
        "Try lowering the cluster_balance_threshold or increasing the number of "
        "clusters."
    )
    with pytest.raises(CannotRunError, match=whole(message)):
        fitted("kmeans_smote", X, np.repeat([0, 1], [40, 2]))


# When a strategy cannot run

REASONS = [
    (
        "tabular",
        {"network": CostSensitiveTabularClassifier(n_networks=1)},
        "the network of all strategies is a CostSensitiveTabularClassifier",
    ),
    (
        "class_weight",
        {"network": GaussianNB()},
        "GaussianNB has no parameter class_weight",
    ),
    (
        "focal",
        {"network": LogisticRegression()},
        "LogisticRegression has no parameter loss",
    ),
    (
        "logit_adjusted",
        {"network": SGDClassifier()},
        "SGDClassifier does not accept loss='logit_adjusted'",
    ),
    (
        "ldam_drw",
        {"network": SGDClassifier()},
        "SGDClassifier does not accept loss='ldam'",
    ),
    (
        "class_weight_sqrt",
        {"network": LogisticRegression()},
        "LogisticRegression does not accept class_weight='sqrt_balanced'",
    ),
    (
        "class_weight_corrected",
        {"network": LogisticRegression()},
        "LogisticRegression has no parameter correct_probabilities",
    ),
    ("min_cost", {}, "no costs were given"),
    (
        "min_cost",
        {"has_costs": True, "network": GaussianNB()},
        "GaussianNB has no parameter cost_matrix",
    ),
    (
        "threshold",
        {"n_classes": 4},
        "a threshold separates only two classes; there are 4",
    ),
    ("threshold", {"fewest_rows": 1}, SINGLE_REASON),
    ("smotenc", {"has_text": True, "fewest_rows": 1}, SINGLE_REASON),
    (
        "smotenc",
        {"has_text": True, "has_numbers": False},
        "there are no columns of numbers",
    ),
    *[
        (name, {"fewest_rows": 1}, SINGLE_REASON)
        for name in INTERPOLATE
        if name != "smotenc"
    ],
]


@pytest.mark.parametrize(("name", "known", "reason"), REASONS)
def test_the_reason_why_a_strategy_cannot_run(name, known, reason):
    X, y = two_classes()
    assert STRATEGIES[name].why_not(setting_of(X, y, **known)) == reason


@pytest.mark.parametrize("name", [name for name in STRATEGIES if name != "smotenc"])
def test_our_network_with_two_rows_of_each_class_and_costs_stops_nothing(name):
    network = CostSensitiveMLPClassifier()
    setting = Setting(network, n_classes=2, fewest_rows=2, has_costs=True)
    assert STRATEGIES[name].why_not(setting) is None


# Your own


class LeastSampler:
    """No more than fit_resample: the first row of each class, twice."""

    def fit_resample(self, X, y):
        self.fitted = True
        first = np.sort(np.unique(y, return_index=True)[1])
        rows = np.repeat(first, 2)
        return X[rows], y[rows]


class VariantSampler:
    """As in smote-variants: cannot be cloned, nor copied, and has a module inside."""

    def __init__(self, options=None, random_state=None, **_ignored):
        self.options = {"n_dim": 2, **(options or {})}
        self.given_seed = random_state
        self.random_state = (
            np.random if random_state is None else np.random.RandomState(random_state)
        )

    def get_params(self, deep=False):
        return {
            "options": self.options,
            "random_state": self.given_seed,
            "class_name": "VariantSampler",
        }

    def fit_resample(self, X, y):
        self.fitted = True
        rows = np.sort(self.random_state.permutation(len(X))[: len(X) // 2])
        return X[rows], y[rows]


@pytest.mark.parametrize(
    "sampler",
    [
        SMOTE(k_neighbors=3),
        LeastSampler(),
        VariantSampler(),
        make_pipeline(TomekLinks(), RandomOverSampler()),
    ],
    ids=lambda sampler: type(sampler).__name__,
)
def test_a_sampler_of_your_own_is_seeded_and_stays_as_it_was(sampler):
    X, y = two_classes()
    before = copy.copy(vars(sampler))
    state = np.random.get_state()[1]
    strategy = choose_strategies({"mine": sampler})["mine"]
    rows, labels = learnt_from(strategy, X, y)
    again, _ = learnt_from(strategy, X, y)
    np.testing.assert_array_equal(rows, again)
    np.testing.assert_array_equal(np.random.get_state()[1], state)
    assert vars(sampler) == before
    assert len(rows) == len(labels) != len(X)
    assert strategy.is_network
    name = type(sampler).__name__
    assert strategy.summary == f"Rows resampled by your own {name}."


def test_a_seed_of_your_own_is_kept():
    X, y = two_classes()
    scaled = prepared(X)
    for sampler in (SMOTE(random_state=3), VariantSampler(random_state=3)):
        strategy = choose_strategies({"mine": sampler})["mine"]
        expected, _ = type(sampler)(random_state=3).fit_resample(scaled, y)
        np.testing.assert_array_equal(learnt_from(strategy, X, y)[0], expected)


def test_a_sampler_of_your_own_sees_scaled_training_rows():
    X, y = two_classes()
    seen = []

    class SpySampler(LeastSampler):
        def __deepcopy__(self, memo):
            return self

        def fit_resample(self, X, y):
            seen.append(X)
            return super().fit_resample(X, y)

    strategy = choose_strategies({"mine": SpySampler()})["mine"]
    model = fitted(strategy, X[:150], y[:150])
    model.predict_proba(X[150:])
    [rows] = seen
    np.testing.assert_array_equal(rows, prepared(X[:150]))


def test_a_sampler_that_loses_a_class_is_an_error():
    class Losing:
        def fit_resample(self, X, y):
            return X[y == "common"], y[y == "common"]

    message = whole(
        "Losing left no row of class 'a rare one': choose another strategy, or merge "
        "small classes"
    )
    with pytest.raises(CannotRunError, match=message):
        fitted(choose_strategies({"mine": Losing()})["mine"], *three_classes())


@pytest.mark.parametrize(
    "classifier",
    [
        RandomForestClassifier(n_estimators=3),
        CalibratedClassifierCV(LinearSVC(), cv=2),
        make_pipeline(SMOTE(), RandomForestClassifier(n_estimators=3)),
    ],
    ids=lambda classifier: type(classifier).__name__,
)
def test_a_classifier_of_your_own_takes_the_network_s_place(classifier):
    X, y = two_classes()
    before = repr(classifier.get_params())
    strategy = choose_strategies({"mine": classifier})["mine"]
    log = []
    model = fitted(strategy, X, y, Spy(log))
    by_hand = make_pipeline(
        TablePreparation(scale_numbers=True), seeded(classifier, SEED)
    ).fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X), by_hand.predict_proba(X))
    assert repr(classifier.get_params()) == before
    assert not hasattr(classifier, "classes_")
    assert not log
    assert not strategy.is_network
    assert strategy.summary == f"Your own {type(classifier).__name__}."


def test_a_strategy_of_your_own_stays_what_it_is():
    mine = Strategy(make=plain)
    assert choose_strategies({"mine": mine}) == {"mine": mine}
    assert choose_strategies({"mine": mine})["mine"] is mine


def test_a_dict_mixes_all_kinds_and_each_gives_probabilities():
    X, y = two_classes()
    given = {
        "by name": "smote",
        "sampler": ADASYN(),
        "bare sampler": LeastSampler(),
        "classifier": GaussianNB(),
        "strategy": Strategy(make=plain),
    }
    chosen = choose_strategies(given)
    assert list(chosen) == list(given)
    for strategy in chosen.values():
        assert fitted(strategy, X, y).predict_proba(X).shape == (len(X), 2)


# Choosing


def test_strategies_stand_in_their_order():
    assert list(STRATEGIES) == ORDER
    assert [name for name in ORDER if name in DEFAULT_STRATEGIES] == list(
        DEFAULT_STRATEGIES
    )


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (
            None,
            [
                *("none", "class_weight", "class_weight_corrected", "focal"),
                *("logit_adjusted", "threshold", "random_over", "smote"),
                *("random_under", "tabular"),
                *("logistic_regression", "hist_gradient_boosting"),
            ],
        ),
        ("all", ORDER),
        ("smote", ["smote"]),
        (["smote", "none", "smote"], ["smote", "none"]),
        ((name for name in ("adasyn", "none")), ["adasyn", "none"]),
        ({"mine": "smote", "none": "none"}, ["mine", "none"]),
        (SMOTE(), ["smote_2"]),
        (["smote", SMOTE(), SMOTE(k_neighbors=3)], ["smote", "smote_2", "smote_3"]),
        ([KMeansSMOTE(), SMOTEENN()], ["k_means_smote", "smoteenn"]),
        (EasyEnsembleClassifier(), ["easy_ensemble_classifier"]),
        ([GaussianNB(), LeastSampler()], ["gaussian_nb", "least_sampler"]),
        (["all", GaussianNB()], [*ORDER, "gaussian_nb"]),
    ],
)
def test_what_is_chosen_has_these_names(given, names):
    chosen = choose_strategies(given)
    assert list(chosen) == names
    assert all(isinstance(strategy, Strategy) for strategy in chosen.values())


def test_a_dict_gives_a_strategy_another_name():
    assert choose_strategies({"mine": "smote"}) == {"mine": STRATEGIES["smote"]}


KNOWN = ", ".join(repr(name) for name in ORDER)
RULE = (
    "A strategy is a name, a Strategy, a sampler with fit_resample, or a classifier "
    "with fit and predict_proba."
)
WRONG = [
    ([], ValueError, f"strategies is empty. Known: {KNOWN}."),
    ({}, ValueError, f"strategies is empty. Known: {KNOWN}."),
    (
        ["none", "Smot"],
        ValueError,
        f"There is no strategy 'Smot'. Did you mean 'smote' "
        f"or 'smotenc'? Known: {KNOWN}.",
    ),
    ({"mine": "bogus"}, ValueError, f"There is no strategy 'bogus'. Known: {KNOWN}."),
    (
        "al",
        ValueError,
        f"There is no strategy 'al'. Did you mean 'all'? Known: {KNOWN}.",
    ),
    (
        [Strategy(make=plain)],
        TypeError,
        "A Strategy needs a name. Use a dict, such as {'mine': Strategy(...)}.",
    ),
    (
        Strategy(make=plain),
        TypeError,
        "A Strategy needs a name. Use a dict, such as {'mine': Strategy(...)}.",
    ),
    (3, TypeError, f"{RULE} Got 3. Known names: {KNOWN}."),
    ({"mine": None}, TypeError, f"{RULE} Got None. Known names: {KNOWN}."),
    ([SMOTE], TypeError, f"{RULE} Got the class SMOTE. Use SMOTE()."),
    (SMOTE, TypeError, f"{RULE} Got the class SMOTE. Use SMOTE()."),
    (
        LinearSVC(),
        TypeError,
        f"{RULE} Got LinearSVC(), which has no predict_proba. "
        "Wrap it in CalibratedClassifierCV to add probabilities.",
    ),
    (
        {1: "smote"},
        TypeError,
        "The name of a strategy must be a str that is not blank. Got 1. Use a dict "
        "such as {'mine': SMOTE(k_neighbors=3)}.",
    ),
    (
        {" ": "smote"},
        TypeError,
        "The name of a strategy must be a str that is not blank. Got ' '. Use a dict "
        "such as {'mine': SMOTE(k_neighbors=3)}.",
    ),
]


@pytest.mark.parametrize(
    ("given", "error", "message"), WRONG, ids=[message[-40:] for *_, message in WRONG]
)
def test_an_object_that_is_not_a_strategy_is_an_error(given, error, message):
    with pytest.raises(error, match=whole(message)):
        choose_strategies(given)


# Words


@pytest.mark.parametrize("name", STRATEGIES)
def test_name_and_summary_fit_in_a_line(name):
    summary = STRATEGIES[name].summary
    width = max(len(name) for name in STRATEGIES)
    assert len(f"{name:{width}}  {summary}") <= 100
    assert summary[0].isupper()
    assert summary.endswith(".")
    assert "\n" not in summary
    assert STRATEGIES[name].is_network != summary.endswith("; no network.")


@pytest.mark.parametrize("name", [name for name in STRATEGIES if name != "none"])
def test_a_source_is_an_author_and_a_year(name):
    author, year = STRATEGIES[name].source.rsplit(", ", 1)
    assert author[0].isupper()
    assert 1970 <= int(year) <= 2026


def test_the_summary_has_no_effect_on_equality():
    assert Strategy(make=plain) == STRATEGIES["none"]
    assert Strategy(make=plain, is_network=False) != STRATEGIES["none"]


def test_strategies_load_no_tensorflow():
    code = (
        "import sys, skweighted.comparison.strategies as strategies\n"
        "strategies.choose_strategies('all')\n"
        "sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
