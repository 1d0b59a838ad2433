"""`ClassWeightSearchCV`: the results of GridSearchCV, with all networks together."""

import pickle
import threading
import warnings
from contextlib import contextmanager

import keras
import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline as make_sampling_pipeline
from joblib import parallel_config
from messages import whole
from scipy.sparse import csr_array
from scipy.stats import loguniform
from sklearn import config_context
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import make_column_transformer
from sklearn.datasets import make_classification
from sklearn.exceptions import FitFailedWarning
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    ParameterGrid,
    ParameterSampler,
    RandomizedSearchCV,
)
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils import Tags

from skweighted import ClassWeightSearchCV, CostSensitiveMLPClassifier
from skweighted._engine._mean_loss import FUNCTIONS
from skweighted._engine._program import PROGRAMS
from skweighted._estimator import _together
from skweighted._search import _evaluation, _queue, _search_cv
from skweighted._search._pruning import Halving, rungs_of
from skweighted.exceptions import TrainingDivergedError

X, Y = make_classification(300, 5, weights=[0.8], flip_y=0.1, random_state=0)
X3, Y3 = make_classification(
    300, 5, n_informative=4, n_redundant=0, n_classes=3, random_state=0
)
WEIGHT = np.random.default_rng(0).uniform(0.5, 2, len(Y))
NAME = "costsensitivemlpclassifier"
WEIGHTS = [None, "balanced", {0: 1.0, 1: 8.0}]
SEEDS = {"random_state": [0, 1, 2, 3, 4]}
TIMES = ("fit_time", "score_time")
FOLDS_OF_ALL = {
    **{"n_networks": 3, "ensemble": "folds", "early_stopping": True},
    **{"threshold": "f1", "calibration": "temperature", "correct_probabilities": True},
}

# A program for one network and a program for several are compiled by XLA each in its
# own way, so sums are rounded differently.
CLOSE = {"rtol": 0, "atol": 1e-6}


def classifier(**params):
    """Return a small network, with an optimizer that compiles fast."""
    defaults = {
        "hidden_layer_sizes": (4,),
        "optimizer": "sgd",
        "learning_rate": 0.01,
        "epochs": 4,
        "random_state": 0,
    }
    return CostSensitiveMLPClassifier(**defaults | params)


def prefixed(grid):
    """Return a grid for the last step of a pipeline."""
    return {f"{NAME}__{name}": values for name, values in grid.items()}


def both(estimator, grid, X=X, y=Y, fit_params=None, **params):
    """Return a fitted search of ours, and scikit-learn's."""
    params = {"cv": 2, "scoring": "neg_log_loss", "return_train_score": True} | params
    return tuple(
        search(estimator, grid, **params).fit(X, y, **fit_params or {})
        for search in (ClassWeightSearchCV, GridSearchCV)
    )


def assert_same(ours, theirs, X=X):
    """Raise AssertionError unless two searches have the same results."""
    assert ours.cv_results_.keys() == theirs.cv_results_.keys()
    for key, values in theirs.cv_results_.items():
        if key == "params" or key.startswith("param_"):
            assert list(ours.cv_results_[key]) == list(values)
        elif not key.endswith(TIMES):
            np.testing.assert_allclose(ours.cv_results_[key], values, **CLOSE)
    assert ours.best_params_ == theirs.best_params_
    assert ours.best_index_ == theirs.best_index_
    np.testing.assert_allclose(ours.best_score_, theirs.best_score_, **CLOSE)
    np.testing.assert_array_equal(ours.predict_proba(X), theirs.predict_proba(X))
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))


@pytest.fixture
def groups(monkeypatch):
    """Return a list that is filled with the number of networks of each program."""
    sizes = []

    def counted(group, **options):
        sizes.append(len(group))
        return _together.train_together(group, **options)

    monkeypatch.setattr(_evaluation, "train_together", counted)
    return sizes


# twins


def test_a_search_equals_grid_search(groups):
    grid = {"class_weight": WEIGHTS, "alpha": [1e-3, 1e-1]}
    assert_same(*both(classifier(), grid, cv=3))
    assert groups == [18]


def test_a_search_with_three_classes_equals_grid_search(groups):
    grid = {"class_weight": [None, "balanced"], "learning_rate": [0.001, 0.01]}
    scoring = "roc_auc_ovr"
    assert_same(*both(classifier(), grid, X3, Y3, scoring=scoring), X3)
    assert groups == [8]


def test_a_search_of_a_pipeline_with_a_scaler_equals_grid_search(groups):
    pipeline = make_pipeline(StandardScaler(), classifier())
    assert_same(*both(pipeline, prefixed({"class_weight": WEIGHTS})))
    assert groups == [6]


def test_a_search_of_a_pipeline_with_a_sampler_equals_grid_search(groups):
    pipeline = make_sampling_pipeline(
        StandardScaler(), SMOTE(random_state=0), classifier()
    )
    grid = prefixed({"class_weight": WEIGHTS}) | {"smote__k_neighbors": [3, 5]}
    assert_same(*both(pipeline, grid))
    assert groups == [12]


def test_a_search_with_sample_weights_equals_grid_search():
    fit_params = {"sample_weight": WEIGHT}
    grid = {"class_weight": WEIGHTS}
    assert_same(*both(classifier(), grid, fit_params=fit_params))


def test_a_search_with_routed_sample_weights_equals_grid_search():
    with config_context(enable_metadata_routing=True):
        clf = classifier().set_fit_request(sample_weight=True)
        scorer = get_scorer("neg_log_loss").set_score_request(sample_weight=True)
        scaler = StandardScaler().set_fit_request(sample_weight=True)
        assert_same(
            *both(
                make_pipeline(scaler, clf),
                prefixed({"class_weight": WEIGHTS}),
                scoring=scorer,
                fit_params={"sample_weight": WEIGHT},
            )
        )


@pytest.mark.parametrize("monitor", ["log_loss", "average_precision"])
def test_a_search_with_early_stopping_equals_grid_search(monitor, groups):
    clf = classifier(
        early_stopping=True,
        n_iter_no_change=2,
        epochs=12,
        learning_rate=0.02,
        validation_fraction=0.2,
        monitor=monitor,
    )
    ours, theirs = both(clf, {"class_weight": WEIGHTS})
    assert_same(ours, theirs)
    assert ours.best_estimator_.n_iter_ == theirs.best_estimator_.n_iter_
    assert groups == [6]


def test_a_search_over_architectures_has_a_program_for_each(groups):
    weights = {"class_weight": [None, "balanced"]}
    grids = [
        weights | {"hidden_layer_sizes": [(4,), (3, 3)]},
        weights | {"dropout": [0.2]},
        weights | {"optimizer": ["adam"]},
    ]
    assert_same(*both(classifier(epochs=2), grids))
    assert groups == [4] * 4


def test_a_search_over_penalties_and_dropout_rates_equals_grid_search(groups):
    grid = {"alpha": [0.0, 0.1], "dropout": [0.1, 0.5]}
    assert_same(*both(classifier(), grid))
    assert groups == [8]


@pytest.mark.parametrize(
    "params",
    [
        {"n_networks": 2},
        FOLDS_OF_ALL,
        {"n_networks": 2, "ensemble": "balanced", "correct_probabilities": True},
    ],
    ids=["seeds", "folds", "balanced"],
)
def test_a_search_over_ensembles_equals_grid_search(params, groups):
    ours, theirs = both(classifier(**params), {"class_weight": WEIGHTS}, cv=2)
    assert_same(ours, theirs)
    assert groups == [3 * 2 * params["n_networks"]]


def test_a_search_over_sizes_of_ensembles_equals_grid_search(groups):
    assert_same(*both(classifier(), {"n_networks": [1, 3]}))
    assert groups == [8]


def test_a_search_over_focal_losses_equals_grid_search(groups):
    clf = classifier(loss="focal")
    assert_same(*both(clf, {"loss__gamma": [0.5, 1.0, 2.0]}))
    assert groups == [6]


def test_a_search_over_seeds_equals_grid_search(groups):
    assert_same(*both(classifier(), {"random_state": [0, 1, 2]}))
    assert groups == [6]


def test_a_frame_with_text_columns_equals_grid_search():
    frame = pd.DataFrame({"amount": X[:, 0], "kind": np.where(X[:, 1] > 0, "a", "b")})
    labels = np.where(Y == 1, "fraud", "ok")
    columns = make_column_transformer(
        (StandardScaler(), ["amount"]), (OneHotEncoder(), ["kind"])
    )
    grid = prefixed({"class_weight": [None, {"ok": 1.0, "fraud": 5.0}]})
    ours, theirs = both(make_pipeline(columns, classifier()), grid, frame, labels)
    assert_same(ours, theirs, frame)
    assert ours.classes_.tolist() == ["fraud", "ok"]
    assert ours.feature_names_in_.tolist() == ["amount", "kind"]


def test_several_scores_equal_grid_search():
    scoring = ["roc_auc", "neg_log_loss"]
    ours, theirs = both(
        classifier(), {"class_weight": WEIGHTS}, scoring=scoring, refit="roc_auc"
    )
    assert_same(ours, theirs)
    assert ours.scorer_.keys() == theirs.scorer_.keys()
    assert ours.score(X, Y) == theirs.score(X, Y)


def test_a_callable_that_returns_several_scores_equals_grid_search():
    def scores(estimator, X, y):
        return {"mean": estimator.predict_proba(X)[:, 1].mean(), "n": len(y)}

    grid = {"class_weight": WEIGHTS}
    assert_same(*both(classifier(), grid, scoring=scores, refit="mean"))


def test_a_callable_chooses_the_candidate():
    searches = both(
        classifier(), {"class_weight": WEIGHTS}, refit=lambda results: np.int64(1)
    )
    for search in searches:
        assert search.best_params_ == {"class_weight": "balanced"}
        assert not hasattr(search, "best_score_")
        assert search.best_estimator_.class_weight == "balanced"


def test_without_refit_there_is_no_best_estimator():
    ours, theirs = both(classifier(), {"class_weight": WEIGHTS}, refit=False)
    assert ours.best_index_ == theirs.best_index_
    assert not hasattr(ours, "best_estimator_")
    assert not hasattr(ours, "predict")


# earlier steps


class CountingScaler(TransformerMixin, BaseEstimator):
    """A transformer that counts its fits."""

    n_fits = 0

    def __init__(self, factor=1.0):
        self.factor = factor

    def fit(self, X, y=None):
        type(self).n_fits += 1
        return self

    def transform(self, X):
        return X * self.factor


def test_earlier_steps_are_fitted_once_per_fold_and_setting(monkeypatch):
    monkeypatch.setattr(CountingScaler, "n_fits", 0)
    grid = prefixed({"class_weight": WEIGHTS}) | {"countingscaler__factor": [1.0, 2.0]}
    pipeline = make_pipeline(CountingScaler(), classifier())
    ClassWeightSearchCV(pipeline, grid, cv=3, refit=False).fit(X, Y)
    assert CountingScaler.n_fits == 3 * 2


def test_a_program_has_all_folds_of_its_candidates(monkeypatch, groups):
    monkeypatch.setattr(_queue, "MOST_NETWORKS", 8)
    search = ClassWeightSearchCV(classifier(epochs=1), SEEDS, cv=3, refit=False)
    search.fit(X, Y)
    assert groups == [6, 6, 3]


def test_large_folds_are_prepared_one_after_the_other(monkeypatch, interrupted):
    # Otherwise the arrays of all folds would be in memory at the same time.
    monkeypatch.setattr(CountingScaler, "n_fits", 0)
    monkeypatch.setattr(_queue, "MOST_BYTES", 8)
    pipeline = make_pipeline(CountingScaler(), classifier(epochs=1))
    interrupted(len(SEEDS["random_state"]) + 1)
    with pytest.raises(KeyboardInterrupt, match="interrupted after 1 of 5"):
        ClassWeightSearchCV(pipeline, prefixed(SEEDS), cv=2).fit(X, Y)
    assert CountingScaler.n_fits == 2


@pytest.mark.parametrize(
    ("limit", "sizes"), [("MOST_NETWORKS", [8, 8, 8]), ("MOST_BYTES", [1] * 24)]
)
def test_large_groups_are_trained_in_parts(limit, sizes, monkeypatch, groups):
    grid = {"random_state": list(range(12))}
    whole_group = ClassWeightSearchCV(classifier(), grid, cv=2).fit(X, Y)
    monkeypatch.setattr(_queue, limit, 8)
    parts = ClassWeightSearchCV(classifier(), grid, cv=2).fit(X, Y)
    np.testing.assert_allclose(
        parts.cv_results_["mean_test_score"],
        whole_group.cv_results_["mean_test_score"],
        **CLOSE,
    )
    assert groups == [24, *sizes]


# pruning


ONE_EACH = dict.fromkeys(range(9), 1)


def after_epoch(halving, epoch, values):
    """Return the candidates of one fold that stop after an epoch."""
    best = {(candidate, 0): value for candidate, value in values.items()}
    return {candidate for candidate, _ in halving.after_epoch(epoch, best)}


def test_the_best_third_is_continued_at_each_rung():
    halving = Halving(ONE_EACH, [1, 3])
    values = dict(enumerate([5.0, 1, 9, 3, 7, 2, 8, 4, 6]))
    assert after_epoch(halving, 1, values) == {0, 2, 4, 6, 7, 8}
    left = {1: 0.9, 3: 0.5, 5: 0.7}
    assert after_epoch(halving, 2, left) == set()
    assert after_epoch(halving, 3, left) == {1, 5}
    assert halving.pruned == set(range(9)) - {3}


def test_later_candidates_compete_with_all_that_have_reached_the_rung():
    halving = Halving(ONE_EACH, [2])
    assert after_epoch(halving, 2, {0: 3.0, 1: 1.0, 2: 2.0}) == {0, 2}
    # 1 of 4, then 2 of 4: the places are a third, rounded up.
    assert after_epoch(halving, 2, {3: 1.5}) == set()
    assert after_epoch(halving, 2, {4: 1.6, 5: 0.5}) == {4}
    assert halving.pruned == {0, 2, 4}


def test_candidates_are_compared_by_the_mean_of_their_folds():
    halving = Halving(dict.fromkeys(range(3), 2), [1])
    best = {(0, 0): 1.0, (1, 0): 3.0, (2, 0): 2.5, (2, 1): 2.5}
    assert halving.after_epoch(1, best) == set()  # one candidate has both folds
    stopped = halving.after_epoch(1, {(0, 1): 6.0, (1, 1): 0.5})
    assert stopped == {(0, 1)}
    assert halving.pruned == {0}


def test_networks_of_a_pruned_candidate_that_train_later_are_stopped_too():
    halving = Halving(ONE_EACH, [2])
    after_epoch(halving, 2, {0: 2.0, 1: 1.0})
    assert halving.after_epoch(1, {(0, 1): 0.0, (1, 1): 0.0}) == {(0, 1)}


def test_a_network_that_has_stopped_by_itself_is_compared_but_not_pruned():
    halving = Halving(ONE_EACH, [3])
    after_epoch(halving, 1, {0: 1.0, 1: 2.0, 2: 5.0, 3: 4.0})
    assert after_epoch(halving, 3, {2: 3.0, 3: 1.5}) == {2}
    assert halving.pruned == {2}


def test_candidates_whose_epochs_do_not_count_yet_are_not_compared():
    halving = Halving(ONE_EACH, [1])
    assert after_epoch(halving, 1, {0: np.inf, 1: 2.0, 2: 3.0}) == {2}


@pytest.mark.parametrize(
    ("epochs", "n_candidates", "rungs"),
    [
        (100, 2, []),
        (100, 3, [33]),
        (100, 9, [11, 33]),
        (100, 26, [11, 33]),
        (100, 27, [3, 9, 27]),
        (100, 1000, [3, 9, 27]),
        (2, 9, [1]),
        (1, 9, []),
    ],
)
def test_about_one_candidate_is_trained_to_the_end(epochs, n_candidates, rungs):
    assert rungs_of(epochs, n_candidates) == rungs


WATCHED = {"early_stopping": True, "validation_fraction": 0.2}
RATES = {"learning_rate": np.geomspace(1e-4, 0.03, 9).tolist()}


def epochs_and_losses(estimator, X, y):
    """Return the number of epochs, and the best watched loss after 2 and 6 of them."""
    history = estimator.history_
    watched = history["val_log_loss" if "val_log_loss" in history else "val_loss"]
    return {
        "score": estimator.score(X, y),
        "n_epochs": len(history["loss"]),
        **{f"loss_{epoch}": min(watched[:epoch]) for epoch in (2, 6)},
    }


@pytest.mark.parametrize("n_networks", [1, 2])
@pytest.mark.parametrize(
    "more", [{}, {"class_weight": ["balanced"]}], ids=["unweighted", "balanced"]
)
def test_pruning_is_successive_halving(more, n_networks):
    clf = classifier(**WATCHED, epochs=20, n_iter_no_change=50, n_networks=n_networks)
    params = {"cv": 3, "scoring": epochs_and_losses, "refit": "score"}
    every = ClassWeightSearchCV(clf, RATES | more, **params).fit(X, Y)
    search = ClassWeightSearchCV(clf, RATES | more, pruning="halving", **params)
    search.fit(X, Y)
    left = np.arange(9)
    n_epochs = np.full(9, 20)
    if n_networks == 1:  # the histories of an ensemble are averaged in another way
        for rung, n_left in ((2, 3), (6, 1)):
            losses = every.cv_results_[f"mean_test_loss_{rung}"]
            stay = left[np.argsort(losses[left])[:n_left]]
            n_epochs[np.setdiff1d(left, stay)] = rung
            left = stay
        results = search.cv_results_
        assert results["mean_test_n_epochs"].tolist() == n_epochs.tolist()
        assert results["pruned"].tolist() == (n_epochs < 20).tolist()
    [best] = np.flatnonzero(~search.cv_results_["pruned"])
    assert search.best_index_ == best
    np.testing.assert_allclose(
        search.cv_results_["mean_test_score"][best],
        every.cv_results_["mean_test_score"][best],
        **CLOSE,
    )
    assert search.best_params_ == search.cv_results_["params"][search.best_index_]


def test_pruning_compares_candidates_across_programs(monkeypatch, groups):
    monkeypatch.setattr(_queue, "MOST_NETWORKS", 6)
    clf = classifier(**WATCHED, epochs=20, n_iter_no_change=50)
    search = ClassWeightSearchCV(
        clf, RATES, cv=2, scoring=epochs_and_losses, refit="score", pruning="halving"
    ).fit(X, Y)
    assert groups == [6, 6, 6]
    results = search.cv_results_
    # Learning rates rise, so each program has a better candidate than those before.
    assert results["mean_test_n_epochs"].max() == 20
    for start in (0, 3, 6):
        assert not results["pruned"][start : start + 3].all()
    assert results["pruned"].sum() >= 4


def test_without_pruning_results_have_no_such_column():
    search = ClassWeightSearchCV(classifier(), SEEDS, cv=2).fit(X, Y)
    assert "pruned" not in search.cv_results_


NOT_COMPARABLE = {
    "no early stopping": (
        {"early_stopping": [True, False]},
        "pruning compares candidates on the rows that early stopping holds out, but "
        "early_stopping of candidate 1, {'early_stopping': False}, is False. Use "
        "early_stopping=True, or pruning=None.",
    ),
    "loss": (
        {"monitor": ["loss"]},
        "pruning needs a monitor whose values can be compared between candidates, but "
        "the monitor of candidate 0, {'monitor': 'loss'}, is 'loss', which depends on "
        "the loss and on class weights. Use monitor='log_loss', or the name of a "
        "score.",
    ),
    "weighted": (
        {"monitor_weighted": [True]},
        "pruning needs a monitor whose values can be compared between candidates, but "
        "monitor_weighted of candidate 0, {'monitor_weighted': True}, is True, so that "
        "the log loss depends on class weights. Use monitor_weighted=False.",
    ),
    "monitors": (
        {"monitor": ["log_loss", "roc_auc"]},
        "pruning needs the same monitor for all candidates. Got 'log_loss' and "
        "'roc_auc'. Do not search over monitors, or use pruning=None.",
    ),
    "margins": (
        {"loss": ["cross_entropy", "mean_squared_false_error"]},
        "pruning compares log losses, but the outputs of the network of {'loss': "
        "'mean_squared_false_error'} are not probabilities because of its loss. Use "
        "the name of a score as monitor, such as 'average_precision', or pruning=None.",
    ),
    "rows": (
        {"validation_fraction": [0.2, 0.3]},
        "pruning needs validation rows that are alike for all candidates. In fold 0, "
        "those of {'validation_fraction': 0.2} have [24, 6] rows of the classes, and "
        "those of {'validation_fraction': 0.3} have [36, 9]. Do not search over "
        "samplers or validation_fraction, or use pruning=None.",
    ),
}


@pytest.mark.parametrize(
    ("grid", "message"), NOT_COMPARABLE.values(), ids=NOT_COMPARABLE
)
def test_pruning_refuses_candidates_that_cannot_be_compared(grid, message):
    clf = classifier(**WATCHED)
    with pytest.raises(ValueError, match=whole(message)):
        ClassWeightSearchCV(clf, grid, cv=2, pruning="halving").fit(X, Y)


def test_pruning_refuses_samplers_with_different_shares():
    pipeline = make_sampling_pipeline(SMOTE(random_state=0), classifier(**WATCHED))
    grid = {"smote__sampling_strategy": [0.5, 1.0]}
    with pytest.raises(ValueError, match=r"^pruning needs validation rows that are al"):
        ClassWeightSearchCV(pipeline, grid, cv=2, pruning="halving").fit(X, Y)


# candidates


@pytest.mark.parametrize(
    "candidates",
    [
        [{"class_weight": {0: 1.0, 1: 2.0}}, {"class_weight": None, "alpha": 0.1}],
        ParameterGrid({"class_weight": WEIGHTS}),
        ParameterSampler({"alpha": [0.1, 0.2, 0.3]}, n_iter=2, random_state=0),
    ],
    ids=lambda candidates: type(candidates).__name__,
)
def test_candidates_can_be_listed(candidates):
    search = ClassWeightSearchCV(classifier(), candidates, cv=2).fit(X, Y)
    assert search.cv_results_["params"] == list(candidates)


def test_a_list_of_grids_is_that_of_grid_search():
    grids = [{"class_weight": WEIGHTS}, {"alpha": [0.1], "learning_rate": [0.1]}]
    assert_same(*both(classifier(), grids))


def test_a_path_is_around_the_balanced_weight():
    search = ClassWeightSearchCV(classifier(), "path", cv=2).fit(X, Y)
    balanced = (Y == 0).sum() / (Y == 1).sum()
    weights = [params["class_weight"][1] for params in search.cv_results_["params"]]
    assert {params["class_weight"][0] for params in search.cv_results_["params"]} == {1}
    np.testing.assert_allclose(weights, np.geomspace(balanced / 10, balanced * 10, 9))


def test_a_path_of_very_rare_labels_begins_without_weights():
    y = np.array(["rare"] * 10 + ["usual"] * 290)
    grid = prefixed({"class_weight": "path", "alpha": [0.1]})
    pipeline = make_pipeline(StandardScaler(), classifier(epochs=1))
    search = ClassWeightSearchCV(pipeline, grid, cv=2).fit(X, y)
    params = search.cv_results_["params"]
    weights = [candidate[f"{NAME}__class_weight"] for candidate in params]
    assert weights[0] == {"usual": 1.0, "rare": pytest.approx(1.0)}
    assert weights[4] == {"usual": 1.0, "rare": pytest.approx(29.0)}


def test_a_path_needs_two_classes():
    message = (
        "class_weight='path' needs two classes. y has 3. List the values of "
        "class_weight in param_grid."
    )
    with pytest.raises(ValueError, match=whole(message)):
        ClassWeightSearchCV(classifier(), "path").fit(X3, Y3)


def test_a_class_weight_in_a_grid_is_a_list_or_path():
    message = (
        "class_weight in param_grid must be a list of values, or 'path'. Got "
        "'balanced'. Use ['balanced']."
    )
    with pytest.raises(ValueError, match=whole(message)):
        ClassWeightSearchCV(classifier(), {"class_weight": "balanced"}).fit(X, Y)


def test_candidates_are_dicts():
    message = (
        "param_grid must be a dict, an iterable of dicts, or 'path'. Got an iterable "
        "that contains 'balanced'."
    )
    with pytest.raises(TypeError, match=whole(message)):
        ClassWeightSearchCV(classifier(), ["balanced"]).fit(X, Y)


def test_a_misspelled_path_gets_a_suggestion():
    message = (
        "param_grid must be a dict, an iterable of dicts, or 'path'. Got 'paths'. Did "
        "you mean 'path'?"
    )
    with pytest.raises(ValueError, match=whole(message)):
        ClassWeightSearchCV(classifier(), "paths").fit(X, Y)
    message = (
        "class_weight in param_grid must be a list of values, or 'path'. Got 'Path'. "
        "Did you mean 'path'?"
    )
    with pytest.raises(ValueError, match=whole(message)):
        ClassWeightSearchCV(classifier(), {"class_weight": "Path"}).fit(X, Y)


@pytest.mark.parametrize("listed", [False, True])
def test_distributions_are_sampled_as_in_randomized_search(listed):
    grid = {"alpha": loguniform(1e-4, 1e-1), "class_weight": WEIGHTS}
    if listed:
        grid = [grid, {"learning_rate": [0.01]}]
    drawn = {"n_iter": 4, "random_state": 7, "cv": 2, "scoring": "neg_log_loss"}
    assert_same(
        ClassWeightSearchCV(classifier(), grid, **drawn).fit(X, Y),
        RandomizedSearchCV(classifier(), grid, **drawn).fit(X, Y),
    )


def test_distributions_can_be_combined_with_a_path():
    grid = {"alpha": loguniform(1e-4, 1e-1), "class_weight": "path"}
    search = ClassWeightSearchCV(classifier(epochs=1), grid, cv=2, random_state=0)
    params = search.fit(X, Y).cv_results_["params"]
    assert len(params) == 10
    assert {1.0} == {candidate["class_weight"][0] for candidate in params}


@pytest.mark.parametrize("container", [np.asarray, pd.DataFrame])
def test_swapped_X_and_y_are_an_error(container):
    message = (
        "X must have two dimensions and y one. X has shape (300,) and y has shape "
        "(300, 5). Are they swapped? Call fit(X, y)."
    )
    with pytest.raises(ValueError, match=whole(message)):
        ClassWeightSearchCV(classifier(), "path").fit(Y, container(X))


def test_texts_and_labels_of_several_columns_are_not_taken_for_swapped():
    texts = np.where(Y == 1, "one two", "two three")
    labels = np.stack([Y, X[:, 0] > 0], axis=1).astype(int)
    pipeline = make_pipeline(CountVectorizer(), classifier(epochs=1))
    for y in (labels, csr_array(labels)):
        grid = prefixed({"alpha": [0.1]})
        search = ClassWeightSearchCV(pipeline, grid, cv=2).fit(texts, y)
        assert search.predict(texts).shape == labels.shape


def test_a_search_needs_candidates():
    message = (
        "A search needs candidates and folds. Got 0 candidates and 5 folds. Check "
        "param_grid and cv."
    )
    with pytest.raises(ValueError, match=whole(message)):
        ClassWeightSearchCV(classifier(), []).fit(X, Y)


# one by one


ALONE = {
    "engine": (classifier(engine="keras", epochs=1), "engine='keras'"),
    "callbacks": (
        classifier(callbacks=[keras.callbacks.TerminateOnNaN()]),
        "callbacks are called between the epochs of each network",
    ),
    "metrics": (
        classifier(metrics=["AUC"], epochs=1),
        "metrics are updated after every batch",
    ),
    "verbose": (
        classifier(verbose=2, epochs=1),
        "verbose=2 prints the progress of each network",
    ),
    "optimizer": (
        classifier(optimizer="adafactor", epochs=1),
        "the optimizer Adafactor does not update each weight independently",
    ),
    "estimator": (
        LogisticRegression(),
        "LogisticRegression is not a CostSensitiveMLPClassifier",
    ),
}


@pytest.mark.parametrize(("estimator", "reason"), ALONE.values(), ids=ALONE)
def test_what_cannot_be_trained_together_is_fitted_one_by_one(estimator, reason):
    grid = {"class_weight": [None, "balanced"]}
    message = (
        f"2 of 2 candidates are fitted one by one, which takes longer, because "
        f"{reason}."
    )
    with pytest.warns(UserWarning, match=whole(message)):
        ours = ClassWeightSearchCV(
            estimator, grid, cv=2, scoring="neg_log_loss", return_train_score=True
        ).fit(X, Y)
    theirs = GridSearchCV(
        estimator, grid, cv=2, scoring="neg_log_loss", return_train_score=True
    ).fit(X, Y)
    assert_same(ours, theirs)


def test_what_is_fitted_one_by_one_uses_n_jobs():
    threads = set()

    def score(estimator, X, y):
        threads.add(threading.get_ident())
        return estimator.score(X, y)

    one_by_one = "^2 of 2 candidates are fitted one by one"
    with parallel_config("threading"), pytest.warns(UserWarning, match=one_by_one):
        search = ClassWeightSearchCV(
            LogisticRegression(), {"C": [0.1, 1.0]}, cv=3, n_jobs=2, scoring=score
        ).fit(X, Y)
    theirs = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=3).fit(X, Y)
    assert_same(search, theirs)
    assert threading.get_ident() not in threads


def test_engine_xla_raises_for_what_cannot_be_trained_together():
    message = (
        "engine='xla' cannot train candidate 1, {'verbose': 2}, together with others "
        "because verbose=2 prints the progress of each network. Use engine='auto' to "
        "fit it on its own."
    )
    clf = classifier(engine="xla")
    with pytest.raises(ValueError, match=whole(message)):
        ClassWeightSearchCV(clf, {"verbose": [0, 2]}, cv=2).fit(X, Y)


def test_other_candidates_are_still_trained_together(groups):
    pipeline = make_pipeline(StandardScaler(), classifier())
    grid = [
        prefixed({"class_weight": WEIGHTS}),
        {NAME: [LogisticRegression(C=0.1)]},
    ]
    with pytest.warns(UserWarning, match="^1 of 4 candidates are fitted one by one"):
        ours = ClassWeightSearchCV(pipeline, grid, cv=2).fit(X, Y)
    theirs = GridSearchCV(pipeline, grid, cv=2).fit(X, Y)
    np.testing.assert_allclose(
        ours.cv_results_["mean_test_score"],
        theirs.cv_results_["mean_test_score"],
        **CLOSE,
    )
    assert groups == [6]


class Recorder:
    """A callback of scikit-learn that remembers the tasks of the search itself."""

    max_propagation_depth = 1

    def __init__(self):
        self.seen = []

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        self._record("begin", estimator, context)

    def on_fit_task_end(self, estimator, context):
        self._record("end", estimator, context)

    def _record(self, event, estimator, context):
        # The last fit is a task of the estimator that is fitted.
        if isinstance(estimator, BaseSearchCV):
            self.seen.append((event, context.task_name, context.task_id))


def test_callbacks_of_scikit_learn_follow_the_fits_of_the_search():
    recorder = Recorder()
    search = ClassWeightSearchCV(classifier(), {"class_weight": WEIGHTS}, cv=2)
    search.set_callbacks(recorder).fit(X, Y)
    # The names of GridSearchCV.
    name = "candidate-split-evaluation"
    fits = [(event, name, task) for task in range(6) for event in ("begin", "end")]
    events = [event for event in recorder.seen if event[1] != name]
    assert sorted(set(recorder.seen) - set(events)) == sorted(fits)
    assert [event[:2] for event in events] == [
        ("begin", "fit"),
        ("begin", "search"),
        ("end", "search"),
        ("end", "fit"),
    ]


# failures


HOT = {"learning_rate": [0.01, 1e30]}


def fitted_with_failures(search, n_failures):
    """Return the search after fit, of which as many fits fail."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        search.fit(X, Y)
    [failed] = [one for one in caught if one.category is FitFailedWarning]
    assert f"{n_failures} fits failed out of a total of" in str(failed.message)
    return search


@pytest.mark.parametrize("error_score", [np.nan, -100.0])
def test_a_network_that_diverges_has_the_error_score(error_score):
    clf = classifier(optimizer="sgd", dtype="float32")
    params = {"cv": 2, "scoring": "neg_log_loss", "error_score": error_score}
    ours, theirs = (
        fitted_with_failures(search(clf, HOT, **params), 2)
        for search in (ClassWeightSearchCV, GridSearchCV)
    )
    assert_same(ours, theirs)
    np.testing.assert_equal(ours.cv_results_["split0_test_score"][1], error_score)


def test_a_network_that_diverges_raises_on_request():
    search = ClassWeightSearchCV(
        classifier(optimizer="sgd", dtype="float32"), HOT, cv=2, error_score="raise"
    )
    with pytest.raises(TrainingDivergedError, match=r"^The loss was not finite in"):
        search.fit(X, Y)


def test_a_candidate_with_an_invalid_parameter_has_the_error_score():
    for search in (ClassWeightSearchCV, GridSearchCV):
        search = search(classifier(), {"dropout": [0.0, 2.0]}, cv=2)
        scores = fitted_with_failures(search, 2).cv_results_["mean_test_score"]
        assert np.isnan(scores).tolist() == [False, True]


def test_an_unknown_parameter_is_an_error():
    message = (
        "CostSensitiveMLPClassifier has no parameter 'alhpa'. Did you mean 'alpha'?"
    )
    for search in (ClassWeightSearchCV, GridSearchCV):
        with pytest.raises(ValueError, match=whole(message)):
            search(classifier(), {"alhpa": [1]}, cv=2).fit(X, Y)


def test_a_fold_without_a_class_is_named():
    y = np.array(["a"] * 100 + ["b"] * 100 + ["c"] * 100)
    message = (
        "The training rows of fold 1 do not contain 'c'. Use StratifiedKFold, fewer "
        "folds, or more rows."
    )
    rows = np.arange(300)
    folds = [(rows[::2], rows[1::2]), (rows[:200], rows[200:])]
    search = ClassWeightSearchCV(
        classifier(), {"class_weight": [None, "balanced"]}, cv=folds, refit=False
    )
    with pytest.warns(UserWarning, match=whole(message)):
        search.fit(X, y)


def test_one_network_whose_monitor_fails_leaves_the_others_alone():
    def fails_once(estimator, X, y):
        return np.nan if estimator.network.class_weight[1] == 8 else 0.5

    grid = {"class_weight": WEIGHTS}
    clf = classifier(early_stopping=True, monitor=fails_once, validation_fraction=0.2)
    search = ClassWeightSearchCV(clf, grid, cv=2, refit=False)
    scores = fitted_with_failures(search, 2).cv_results_["mean_test_score"]
    assert np.isnan(scores).tolist() == [False, False, True]


# Ctrl-C


@pytest.fixture
def interrupted(monkeypatch):
    """Return a function that interrupts searches before their nth program.

    A program has all folds of two candidates, if there are two folds.
    """
    monkeypatch.setattr(_queue, "MOST_NETWORKS", 4)

    def before(n_programs):
        left = iter(range(n_programs))

        def train(group, **options):
            if next(left, None) is None:
                raise KeyboardInterrupt
            return _together.train_together(group, **options)

        monkeypatch.setattr(_evaluation, "train_together", train)

    return before


def test_an_interrupt_during_training_reaches_the_caller_and_changes_nothing():
    def interrupts(estimator, X, y):
        raise KeyboardInterrupt

    search = ClassWeightSearchCV(classifier(), {"class_weight": WEIGHTS}, cv=2)
    search.fit(X, Y)
    before = dict(vars(search))
    search.estimator = classifier(
        early_stopping=True, monitor=interrupts, validation_fraction=0.2
    )
    message = (
        "The search was interrupted before a candidate was complete. It is unchanged."
    )
    with pytest.raises(KeyboardInterrupt, match=whole(message)):
        search.fit(X, Y)
    assert vars(search) | {"estimator": 0} == before | {"estimator": 0}


@pytest.mark.parametrize("steps", [(), (StandardScaler(),)])
@pytest.mark.parametrize("scoring", ["roc_auc", ["roc_auc", "f1"]])
def test_an_interrupt_keeps_the_candidates_that_are_complete(
    scoring, steps, interrupted
):
    estimator = make_pipeline(*steps, classifier())
    refit = scoring if isinstance(scoring, str) else "roc_auc"
    params = {"cv": 2, "scoring": scoring, "refit": refit, "return_train_score": True}
    search = ClassWeightSearchCV(estimator, prefixed(SEEDS), **params).fit(X, Y)
    whole_results = search.cv_results_
    interrupted(2)
    message = (
        "The search was interrupted after 4 of 5 candidates. cv_results_ has their "
        "scores, and NaN for the others. There is no best_estimator_."
    )
    with pytest.raises(KeyboardInterrupt, match=whole(message)):
        search.fit(X, Y)
    assert search.cv_results_.keys() == whole_results.keys()
    for key, values in whole_results.items():
        if "_score" in key and not key.startswith("rank") and "time" not in key:
            kept = search.cv_results_[key]
            np.testing.assert_allclose(kept[:4], values[:4], **CLOSE)
            assert np.isnan(kept[4])
    name = "score" if isinstance(scoring, str) else "roc_auc"
    best = whole_results[f"mean_test_{name}"][:4].argmax()
    assert search.best_index_ == best
    assert search.best_params_ == whole_results["params"][best]
    assert not hasattr(search, "best_estimator_")


def test_an_interrupt_keeps_results_that_a_function_would_choose_from(interrupted):
    def fails(results):
        raise AssertionError

    interrupted(1)
    search = ClassWeightSearchCV(classifier(), SEEDS, cv=2, refit=fails)
    with pytest.raises(KeyboardInterrupt, match="interrupted after 2 of 5"):
        search.fit(X, Y)
    known = np.isfinite(search.cv_results_["mean_test_score"])
    assert known.tolist() == [True, True, False, False, False]
    assert not hasattr(search, "best_params_")


def test_an_interrupt_keeps_candidates_that_are_fitted_one_by_one():
    class Interrupts(LogisticRegression):
        def fit(self, X, y):
            if self.C == 3:
                raise KeyboardInterrupt
            return super().fit(X, y)

    search = ClassWeightSearchCV(Interrupts(), {"C": [1, 2, 3, 4]}, cv=2)
    with (
        pytest.warns(UserWarning, match="^4 of 4 candidates are fitted one by one"),
        pytest.raises(KeyboardInterrupt, match="interrupted after 2 of 4 candidates"),
    ):
        search.fit(X, Y)
    known = np.isfinite(search.cv_results_["mean_test_score"])
    assert known.tolist() == [True, True, False, False]


def test_an_interrupt_of_the_last_fit_keeps_the_results(monkeypatch):
    def interrupted_fit(self, X, y):
        raise KeyboardInterrupt

    monkeypatch.setattr(CostSensitiveMLPClassifier, "fit", interrupted_fit)
    message = (
        "The last fit, of the best candidate to all rows, was interrupted. "
        "cv_results_ and best_params_ are complete. There is no best_estimator_."
    )
    search = ClassWeightSearchCV(classifier(), SEEDS, cv=2)
    with pytest.raises(KeyboardInterrupt, match=whole(message)):
        search.fit(X, Y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_params_ == search.cv_results_["params"][search.best_index_]
    assert not hasattr(search, "best_estimator_")


# programs


SEARCHES = {
    "grid": lambda clf, grid: GridSearchCV(clf, grid, cv=2),
    "random": lambda clf, grid: RandomizedSearchCV(
        clf, grid, n_iter=len(ParameterGrid(grid)), cv=2, random_state=0
    ),
    "halving": lambda clf, grid: HalvingGridSearchCV(
        clf, grid, cv=2, factor=2, min_resources=150, random_state=0
    ),
    "together": lambda clf, grid: ClassWeightSearchCV(clf, grid, cv=2),
}


@pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES)
def test_candidates_that_differ_in_data_compile_no_more_programs(search, monkeypatch):
    def used(cache):
        """Return a set that is filled with the keys of the cache that are used."""
        keys = set()
        get = type(cache).get

        def noted(key, make):
            keys.add(key)
            return get(cache, key, make)

        monkeypatch.setattr(cache, "get", noted)
        return keys

    n_programs = []
    for n_rates, n_weights in ((2, 2), (4, 3)):
        programs, functions = used(PROGRAMS), used(FUNCTIONS)
        grid = {
            "learning_rate": [0.001, 0.002, 0.005, 0.01][:n_rates],
            "class_weight": WEIGHTS[:n_weights],
        }
        search(classifier(**WATCHED | {"validation_fraction": 0.4}), grid).fit(X, Y)
        n_programs.append((len(programs), len(functions)))
    assert n_programs[0] == n_programs[1]


# protocol


def test_a_search_can_be_cloned_and_pickled():
    search = ClassWeightSearchCV(
        make_pipeline(StandardScaler(), classifier()), "path", scoring="f1", cv=2
    )
    params = search.get_params(deep=False)
    assert clone(search).get_params(deep=False).keys() == params.keys()
    assert clone(search).param_grid == "path"
    search.set_params(**{f"estimator__{NAME}__epochs": 2}).fit(X, Y)
    loaded = pickle.loads(pickle.dumps(search))
    np.testing.assert_array_equal(loaded.predict(X), search.predict(X))


def test_a_search_is_a_classifier_with_tags_and_html():
    search = ClassWeightSearchCV(classifier(), "path")
    tags = search.__sklearn_tags__()
    assert isinstance(tags, Tags)
    assert tags.estimator_type == "classifier"
    assert "ClassWeightSearchCV" in search._repr_html_()


def test_a_search_leaves_its_arguments_as_they_are():
    pipeline = make_pipeline(StandardScaler(), classifier())
    grid = prefixed({"class_weight": [{0: 1.0, 1: 2.0}]})
    ClassWeightSearchCV(pipeline, grid, cv=2).fit(X, Y)
    assert not hasattr(pipeline[0], "mean_")
    assert not hasattr(pipeline[1], "classes_")
    assert grid == prefixed({"class_weight": [{0: 1.0, 1: 2.0}]})


@pytest.mark.parametrize("estimator", [classifier(epochs=1), LogisticRegression()])
@pytest.mark.filterwarnings("ignore:3 of 3 candidates are fitted one by one")
def test_a_terminal_shows_a_progress_bar(estimator, monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")  # to Rich stderr is then a terminal
    grid = {"random_state": [0, 1, 2]}
    ClassWeightSearchCV(estimator, grid, cv=2, verbose=1, refit=False).fit(X, Y)
    shown = capsys.readouterr().err
    assert "0/6 fits" in shown
    assert "6/6 fits" in shown
    ClassWeightSearchCV(estimator, grid, cv=2, refit=False).fit(X, Y)
    assert capsys.readouterr().err == ""


@pytest.fixture
def shown(monkeypatch):
    """Return a list of what the bar of a terminal is moved to."""
    moves = []

    @contextmanager
    def bar(total, unit, *, shown):
        yield moves.append if shown else None

    monkeypatch.setattr(_search_cv, "progress_bar", bar)
    return moves


@pytest.mark.parametrize("pruning", [None, "halving"])
def test_the_bar_moves_with_the_epochs(pruning, shown, monkeypatch):
    monkeypatch.setattr(_queue, "MOST_NETWORKS", 4)
    clf = classifier(epochs=4, **WATCHED if pruning else {})
    grid = {"random_state": [0, 1, 2]}
    search = ClassWeightSearchCV(clf, grid, cv=2, verbose=1, pruning=pruning)
    with_bar = search.fit(X, Y).cv_results_["mean_test_score"]
    # Four networks in four epochs, then two, which may be pruned.
    assert shown[:6] == [1, 2, 3, 4, 4, 4.5]
    assert shown[6:] == [5, 5.5, 6, 6] if pruning is None else shown[-1] == 6
    without = search.set_params(verbose=0).fit(X, Y).cv_results_["mean_test_score"]
    np.testing.assert_array_equal(with_bar, without)


def test_verbose_prints_the_number_of_fits(capsys):
    ClassWeightSearchCV(
        classifier(epochs=1), {"class_weight": WEIGHTS}, cv=2, verbose=1, refit=False
    ).fit(X, Y)
    printed = capsys.readouterr()
    assert printed.out == (
        "Fitting 2 folds for each of 3 candidates, totalling 6 fits\n"
    )
    assert printed.err == ""
