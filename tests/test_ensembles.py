"""Ensembles: what single fits and scikit-learn give, the networks trained together."""

import _thread
import pickle
import signal

import keras
import numpy as np
import pytest
import sklearn
import skops.io
from messages import whole
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.callback import ScoringMonitor
from sklearn.datasets import make_classification
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import f1_score, fbeta_score, make_scorer
from sklearn.model_selection import GridSearchCV

import skweighted
from skweighted import (
    CostSensitiveMLPClassifier,
    PriorCorrectedClassifier,
    adapt_prior,
)
from skweighted.exceptions import SmallValidationWarning

X, y = make_classification(
    300, n_features=6, n_informative=4, weights=[0.8], flip_y=0.05, random_state=0
)
TEXT = np.where(y == 1, "fraud", "ok")
NOISY = X + np.random.default_rng(0).normal(size=X.shape)
THREE = np.digitize(NOISY[:, 0], np.quantile(NOISY[:, 0], [0.6, 0.85]))
LABELS = (NOISY[:, :2] > 0.5).astype(int)
WEIGHT = np.random.default_rng(0).integers(1, 4, len(y)).astype(float)
COSTS = [[0, 1], [20, 0]]


class _Given(ClassifierMixin, BaseEstimator):
    """A classifier whose features are its probabilities."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return self.classes_[X.argmax(axis=1)]

    def predict_proba(self, X):
        return X


def classifier(**params):
    # Compiles fast, and once for any number of rows.
    defaults = {
        "optimizer": "sgd",
        "learning_rate": 0.05,
        "batch_size": 64,
        "epochs": 6,
        "random_state": 0,
        "n_networks": 3,
    }
    return CostSensitiveMLPClassifier((7,), **(defaults | params))


def tolerance(dtype="float64"):
    """Stacked products add in another order than single ones."""
    return {"rtol": 1e-9 if dtype == "float64" else 1e-4, "atol": 1e-6}


CASES = {
    "two classes": ({}, y),
    "text labels": ({"class_weight": "balanced"}, TEXT),
    "three classes": ({"class_weight": "balanced"}, THREE),
    "multilabel": ({"class_weight": "balanced"}, LABELS),
    "corrected": ({"class_weight": "balanced", "correct_probabilities": True}, y),
    "focal": ({"loss": "focal", "correct_probabilities": True}, y),
    "early stopping": ({"early_stopping": True, "n_iter_no_change": 2}, y),
    "dropout": ({"dropout": 0.3}, y),
    "no shuffle": ({"shuffle": False, "optimizer": "sgd"}, y),
    "float32": ({"dtype": "float32"}, y),
    "keras": ({"engine": "keras", "epochs": 2}, y),
}


@pytest.mark.parametrize("case", CASES)
def test_an_ensemble_of_seeds_is_the_average_of_single_fits(case):
    params, labels = CASES[case]
    ensemble = classifier(**params).fit(X, labels)
    seeds = [one.random_state for one in ensemble.estimators_]
    singles = [
        clone(ensemble).set_params(n_networks=1, random_state=seed).fit(X, labels)
        for seed in seeds
    ]
    assert len(set(seeds)) == 3
    close = tolerance(params.get("dtype", "float64"))
    for part, single in zip(ensemble.estimators_, singles, strict=True):
        np.testing.assert_allclose(
            part.predict_proba(X), single.predict_proba(X), **close
        )
        np.testing.assert_allclose(part.loss_curve_, single.loss_curve_, **close)
        assert part.best_epoch_ == single.best_epoch_
    average = np.mean([one.predict_proba(X) for one in singles], axis=0)
    np.testing.assert_allclose(ensemble.predict_proba(X), average, **close)
    assert ensemble.best_epoch_ == [one.best_epoch_ for one in singles]


@pytest.mark.parametrize("ensemble", ["seeds", "folds", "bootstrap", "balanced"])
def test_the_seed_decides_all_bits(ensemble):
    one, two, other = (
        classifier(ensemble=ensemble, random_state=seed).fit(X, y).predict_proba(X)
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(one, two)
    assert (one != other).any()


def test_a_row_of_weight_k_equals_k_copies():
    copies = np.repeat(np.arange(len(y)), WEIGHT.astype(int))
    whole_batches = classifier(batch_size=10**6, class_weight="balanced")
    weighted = clone(whole_batches).fit(X, y, WEIGHT).predict_proba(X)
    repeated = whole_batches.fit(X[copies], y[copies]).predict_proba(X)
    # The same sums in another order.
    np.testing.assert_allclose(weighted, repeated, rtol=1e-9)


def test_sparse_rows_give_the_network_of_dense_ones():
    dense = classifier(ensemble="bootstrap").fit(X, y)
    sparse = classifier(ensemble="bootstrap").fit(csr_array(X), y)
    np.testing.assert_array_equal(
        dense.predict_proba(X), sparse.predict_proba(csr_array(X))
    )


def test_both_engines_train_the_same_ensemble():
    params = {"ensemble": "folds", "early_stopping": True, "epochs": 3}
    xla = classifier(**params).fit(X, y)
    slow = classifier(engine="keras", **params).fit(X, y)
    assert xla.engine_ == "xla"
    assert slow.engine_ == "keras, because engine='keras'"
    # float64: XLA and TensorFlow differ in the order of sums.
    np.testing.assert_allclose(xla.oob_proba_, slow.oob_proba_, rtol=1e-9)


def rows_of(ensemble, number, **params):
    """Return the training rows and the held-out rows of a network."""
    fit = classifier(ensemble=ensemble, n_networks=4, **params)
    share = fit._prepared(fit._settings(), X, y).shares[number]
    return share.rows, share.held_out


@pytest.mark.parametrize("number", range(4))
def test_a_network_of_folds_stops_on_the_fold_it_was_not_trained_on(number):
    params = {"early_stopping": True, "n_iter_no_change": 2, "epochs": 20}
    ensemble = classifier(ensemble="folds", n_networks=4, **params).fit(X, y)
    train, held_out = rows_of("folds", number, **params)
    part = ensemble.estimators_[number]
    single = clone(part).fit(X[train], y[train], X_val=X[held_out], y_val=y[held_out])
    np.testing.assert_allclose(
        part.predict_proba(X), single.predict_proba(X), **tolerance()
    )
    assert part.best_epoch_ == single.best_epoch_
    np.testing.assert_allclose(
        ensemble.oob_proba_[held_out], single.predict_proba(X[held_out]), **tolerance()
    )


def test_folds_hold_out_each_row_once_and_spread_each_class():
    held_out = [rows_of("folds", number)[1] for number in range(4)]
    np.testing.assert_array_equal(np.sort(np.concatenate(held_out)), np.arange(len(y)))
    assert {len(rows) for rows in held_out} == {75}
    assert np.ptp([y[rows].sum() for rows in held_out]) <= 1


def test_there_are_no_more_folds_than_rows_of_a_class():
    few = np.flatnonzero(y == 1)[:3]
    rows = np.sort([*few, *np.flatnonzero(y == 0)[:40]])
    fit = classifier(ensemble="folds", n_networks=5, early_stopping=True)
    fit.fit(X[rows], y[rows])
    shares = fit._prepared(fit._settings(), X[rows], y[rows]).shares
    assert [y[rows][share.held_out].sum() for share in shares] == [1] * 5
    assert not np.isnan(fit.oob_proba_).any()


def test_bootstrap_trains_on_rows_drawn_from_each_class():
    ensemble = classifier(ensemble="bootstrap", n_networks=4).fit(X, y)
    rows, _ = rows_of("bootstrap", 2)
    single = clone(ensemble.estimators_[2]).set_params(ensemble="seeds")
    single.fit(X[rows], y[rows])
    np.testing.assert_allclose(
        ensemble.estimators_[2].predict_proba(X), single.predict_proba(X), **tolerance()
    )
    assert y[rows].sum() == y.sum()
    assert len(np.unique(rows)) < len(rows) == len(y)


@pytest.mark.parametrize(
    "loss", ["cross_entropy", "logit_adjusted", "mean_false_error"]
)
@pytest.mark.parametrize("class_weight", [None, "balanced"])
@pytest.mark.filterwarnings("ignore::skweighted.exceptions.DoubleCountWarning")
def test_balanced_rows_are_undone_for_true_probabilities(loss, class_weight):
    params = {"loss": loss, "class_weight": class_weight}
    params["correct_probabilities"] = True
    ensemble = classifier(ensemble="balanced", n_networks=4, **params).fit(X, y)
    rows, _ = rows_of("balanced", 1, **params)
    single = clone(ensemble.estimators_[1]).set_params(ensemble="seeds")
    single.fit(X[rows], y[rows])
    expected = adapt_prior(single.predict_proba(X), [0.5, 0.5], np.bincount(y) / len(y))
    np.testing.assert_allclose(
        ensemble.estimators_[1].predict_proba(X), expected, **tolerance()
    )
    np.testing.assert_allclose(
        ensemble.predict_proba(X),
        np.mean([one.predict_proba(X) for one in ensemble.estimators_], axis=0),
        **tolerance(),
    )
    assert y[rows].sum() * 2 == len(rows) == 2 * y.sum()


def test_balanced_rows_with_sample_weights_are_undone_by_weight():
    params = {"ensemble": "balanced", "correct_probabilities": True}
    ensemble = classifier(n_networks=4, **params).fit(X, y, WEIGHT)
    rows, _ = rows_of("balanced", 1)
    single = clone(ensemble.estimators_[1]).set_params(ensemble="seeds")
    single.fit(X[rows], y[rows], WEIGHT[rows])
    drawn = np.bincount(y[rows], WEIGHT[rows])
    expected = adapt_prior(
        single.predict_proba(X),
        drawn / drawn.sum(),
        np.bincount(y, WEIGHT) / WEIGHT.sum(),
    )
    np.testing.assert_allclose(
        ensemble.estimators_[1].predict_proba(X), expected, **tolerance()
    )


# The estimator takes no weights, because it is fitted already.
@pytest.mark.filterwarnings("ignore:Since FrozenEstimator:UserWarning")
@pytest.mark.parametrize("labels", [y, THREE], ids=["two", "three"])
def test_the_temperature_is_scikit_learns(labels):
    params = {"ensemble": "folds", "epochs": 150, "learning_rate": 0.03}
    plain = classifier(**params).fit(X, labels, WEIGHT)
    ours = classifier(calibration="temperature", **params).fit(X, labels, WEIGHT)
    given = FrozenEstimator(_Given().fit(None, labels))
    theirs = CalibratedClassifierCV(given, method="temperature", ensemble=False)
    theirs.fit(plain.oob_proba_, labels, sample_weight=WEIGHT)
    beta = theirs.calibrated_classifiers_[0].calibrators[0].beta_
    # Both minimize the same loss, theirs to 64 eps and ours to 1e-6 of the logarithm.
    np.testing.assert_allclose(ours.temperature_, 1 / beta, rtol=1e-5)
    # scikit-learn adds 1e-7 before the logarithm.
    np.testing.assert_allclose(
        ours.oob_proba_, theirs.predict_proba(plain.oob_proba_), rtol=1e-4, atol=1e-6
    )
    each = [
        np.exp(np.log(one.predict_proba(X)) / ours.temperature_)
        for one in plain.estimators_
    ]
    expected = np.mean([p / p.sum(axis=1, keepdims=True) for p in each], axis=0)
    np.testing.assert_allclose(ours.predict_proba(X), expected, rtol=1e-9)


def test_a_temperature_of_labels_acts_on_each():
    fit = classifier(ensemble="folds", calibration="temperature", epochs=60)
    fit.fit(X, LABELS)
    each = []
    for one in fit.estimators_:
        plain = one.predict_proba(X)
        logits = np.log(plain / (1 - plain)) / fit.temperature_
        each.append(1 / (1 + np.exp(-logits)))
    np.testing.assert_allclose(fit.predict_proba(X), np.mean(each, axis=0), rtol=1e-9)


@pytest.mark.parametrize("corrected", [False, True])
@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["unweighted", "weighted"])
def test_the_threshold_maximizes_the_score_of_out_of_fold_rows(corrected, weight):
    fit = classifier(
        ensemble="folds",
        threshold="f1",
        class_weight="balanced",
        correct_probabilities=corrected,
        epochs=40,
    ).fit(X, TEXT, weight)
    second = fit.oob_proba_[:, 1]
    scores = [
        f1_score(TEXT == "ok", second >= value, sample_weight=weight)
        for value in np.unique(second)
    ]
    found = f1_score(TEXT == "ok", second >= fit.threshold_, sample_weight=weight)
    # Not every value is tried, but the percentiles are.
    assert found >= max(scores) - 0.01
    is_second = fit.predict_proba(X)[:, 1] >= fit.threshold_
    np.testing.assert_array_equal(fit.predict(X), np.where(is_second, "ok", "fraud"))


def test_a_scorer_of_ones_own_gets_labels():
    scorer = make_scorer(fbeta_score, beta=2, pos_label="fraud")
    fit = classifier(ensemble="folds", threshold=scorer, epochs=40).fit(X, TEXT)
    share = (fit.predict(X) == "fraud").mean()
    assert share > (TEXT == "fraud").mean()  # recall counts more


def test_decisions_of_least_cost_use_true_probabilities_of_the_ensemble():
    fit = classifier(
        ensemble="folds",
        class_weight="balanced",
        cost_matrix=COSTS,
        correct_probabilities=True,
        calibration="temperature",
    ).fit(X, y)
    expected = fit.predict_proba(X)[:, 1] > 1 / 21
    np.testing.assert_array_equal(fit.predict(X), expected)
    np.testing.assert_array_equal(
        fit.predict(X, cost_matrix=[[0, 1], [1, 0]]), fit.predict_proba(X)[:, 1] > 0.5
    )


@pytest.mark.parametrize("corrected", [False, True])
def test_the_spread_is_the_standard_deviation_of_the_networks(corrected):
    fit = classifier(
        ensemble="balanced", correct_probabilities=corrected, class_weight="balanced"
    ).fit(X, y)
    each = [one.predict_proba(X) for one in fit.estimators_]
    np.testing.assert_allclose(
        fit.predict_spread(X), np.std(each, axis=0), **tolerance()
    )


def test_the_model_returns_the_average_and_can_be_saved_and_trained(tmp_path):
    fit = classifier(dropout=0.1).fit(X, y)
    proba = fit.predict_proba(X)
    np.testing.assert_allclose(fit.model_(X)[:, 0], proba[:, 1], rtol=1e-12)
    fit.model_.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded(X)[:, 0], proba[:, 1], rtol=1e-12)
    fit.model_.fit(X, y, verbose=0)
    changed = fit.predict_proba(X)
    assert (changed != proba).any()
    np.testing.assert_allclose(fit.model_(X)[:, 0], changed[:, 1], rtol=1e-12)
    again = pickle.loads(pickle.dumps(fit))
    np.testing.assert_array_equal(again.predict_proba(X), changed)


@pytest.mark.parametrize("ensemble", ["seeds", "bootstrap"])
def test_calls_of_partial_fit_are_epochs_of_fit(ensemble):
    fit = classifier(optimizer="adam", ensemble=ensemble, class_weight="balanced")
    steps = clone(fit)
    for _ in range(fit.epochs):
        steps.partial_fit(X, y)
    if ensemble == "seeds":
        fit.fit(X, y)
        np.testing.assert_allclose(
            steps.predict_proba(X), fit.predict_proba(X), **tolerance()
        )
    assert len(steps.loss_curve_) == steps.n_iter_ == 6
    assert steps.best_epoch_ == [6, 6, 6]


def test_warm_start_continues_each_network():
    fit = classifier(warm_start=True, optimizer="sgd").fit(X, y)
    fit.fit(X, y)
    for part in classifier(optimizer="sgd").fit(X, y).estimators_:
        part.set_params(warm_start=True).fit(X, y)
        closest = min(
            np.abs(part.predict_proba(X) - other.predict_proba(X)).max()
            for other in fit.estimators_
        )
        assert closest < 1e-9


def test_an_ensemble_comes_back_from_a_file(tmp_path):
    fit = classifier(
        ensemble="folds", threshold="f1", calibration="temperature", epochs=3
    ).fit(X, y)
    data = skops.io.dumps(fit)
    for again in (
        skops.io.loads(data, trusted=skweighted.TRUSTED_TYPES),
        pickle.loads(pickle.dumps(fit)),
    ):
        np.testing.assert_array_equal(again.predict_proba(X), fit.predict_proba(X))
        np.testing.assert_array_equal(again.predict(X), fit.predict(X))
        np.testing.assert_array_equal(again.oob_proba_, fit.oob_proba_)
        assert again.threshold_ == fit.threshold_


def test_attributes_of_an_earlier_fit_do_not_stay():
    fit = classifier(ensemble="folds", threshold="f1", epochs=2).fit(X, y)
    fit.set_params(threshold=None, ensemble="seeds").fit(X, y)
    assert not hasattr(fit, "oob_proba_")
    assert not hasattr(fit, "threshold_")


def test_rows_of_weight_zero_have_no_out_of_fold_probability():
    weight = np.r_[0.0, np.ones(len(y) - 1)]
    fit = classifier(ensemble="folds", epochs=2).fit(X, y, weight)
    assert np.isnan(fit.oob_proba_[0]).all()
    assert not np.isnan(fit.oob_proba_[1:]).any()


def test_an_ensemble_is_searched_like_any_parameter():
    search = GridSearchCV(
        classifier(epochs=2), {"n_networks": [1, 3]}, cv=2, error_score="raise"
    )
    assert search.fit(X, y).cv_results_["params"] == [
        {"n_networks": 1},
        {"n_networks": 3},
    ]


def test_scikit_learns_callbacks_see_the_ensemble_so_far():
    monitor = ScoringMonitor(scoring="accuracy")
    fit = classifier(epochs=2, n_networks=2)
    fit.set_callbacks(monitor).fit(X, y)
    log = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert len(log) == 4
    assert log[-1]["accuracy"] == fit.score(X, y)
    alone = classifier(epochs=2, n_networks=2).fit(X, y)
    np.testing.assert_allclose(
        fit.predict_proba(X), alone.predict_proba(X), **tolerance()
    )


def test_few_validation_rows_are_a_warning_for_a_split_but_not_for_folds():
    rows = np.sort(np.r_[np.flatnonzero(y == 1)[:12], np.flatnonzero(y == 0)[:60]])
    with pytest.warns(SmallValidationWarning) as caught:
        classifier(early_stopping=True, epochs=2).fit(X[rows], y[rows])
    assert len(caught) == 1
    classifier(early_stopping=True, epochs=2, ensemble="folds").fit(X[rows], y[rows])


MESSAGES = {
    "folds of one": (
        {"ensemble": "folds", "n_networks": 1},
        "ensemble='folds' needs at least two networks. Got n_networks=1. Use a larger "
        "n_networks, or ensemble='seeds', which supports neither threshold nor "
        "calibration.",
    ),
    "threshold of seeds": (
        {"threshold": "f1"},
        "threshold is fitted to out-of-fold probabilities, which need "
        "ensemble='folds'. Got ensemble='seeds'. Use ensemble='folds' and n_networks "
        "of at least 2.",
    ),
    "threshold and costs": (
        {"threshold": "f1", "ensemble": "folds", "cost_matrix": COSTS},
        "Decisions follow either threshold or cost_matrix. Got both; leave one out.",
    ),
    "calibration of weighted probabilities": (
        {"calibration": "temperature", "ensemble": "folds", "class_weight": "balanced"},
        "calibration needs true probabilities, but class_weight or the loss distorts "
        "those of predict_proba. Use correct_probabilities=True.",
    ),
    "score of probabilities": (
        {"threshold": "roc_auc", "ensemble": "folds", "epochs": 1},
        "threshold must be a score of decisions, such as 'f1' or 'balanced_accuracy'. "
        "'roc_auc' does not depend on a threshold.",
    ),
    "threshold that is unknown": (
        {"threshold": "f11", "ensemble": "folds", "epochs": 10**9},
        "threshold must be the name of a scorer or come from "
        "sklearn.metrics.make_scorer. Got 'f11'. Did you mean 'f1'?",
    ),
    "threshold that is a function": (
        {"threshold": f1_score, "ensemble": "folds", "epochs": 1},
        f"threshold must be the name of a scorer or come from "
        f"sklearn.metrics.make_scorer. Got {f1_score!r}.",
    ),
}


@pytest.mark.parametrize("case", MESSAGES)
def test_contradictions_are_explained(case):
    params, message = MESSAGES[case]
    with pytest.raises(ValueError, match=whole(message)):
        classifier(**params).fit(X, y)


def test_a_threshold_needs_two_classes():
    fit = classifier(ensemble="folds", threshold="f1")
    message = "threshold needs two classes. y has 3 classes. Use cost_matrix."
    with pytest.raises(ValueError, match=whole(message)):
        fit.fit(X, THREE)
    message = "threshold needs two classes. y has 2 labels. Use cost_matrix."
    with pytest.raises(ValueError, match=whole(message)):
        fit.fit(X, LABELS)


def test_balanced_rows_inside_a_prior_correction_are_refused_unless_undone():
    inner = classifier(ensemble="balanced", epochs=2)
    message = (
        "resampled_prior='auto' counts the rows that are passed to "
        "CostSensitiveMLPClassifier, but ensemble='balanced' draws from them inside "
        "it. Use correct_probabilities=True, which undoes this, without "
        "PriorCorrectedClassifier."
    )
    with pytest.raises(ValueError, match=whole(message)):
        PriorCorrectedClassifier(inner).fit(X, y)
    PriorCorrectedClassifier(inner.set_params(correct_probabilities=True)).fit(X, y)


def test_balanced_rows_need_exclusive_classes():
    message = (
        "ensemble='balanced' needs mutually exclusive classes, and y is multilabel. "
        "Use ensemble='bootstrap'."
    )
    with pytest.raises(ValueError, match=whole(message)):
        classifier(ensemble="balanced").fit(X, LABELS)


def test_folds_need_two_rows_of_two_classes():
    rows = np.r_[np.flatnonzero(y == 1)[:1], np.flatnonzero(y == 0)[:40]]
    message = (
        "ensemble='folds' needs at least two rows of {}. There is one of {}. Use "
        "ensemble='seeds', which supports neither threshold nor calibration."
    )
    two = whole(message.format("two classes", "class 1"))
    with pytest.raises(ValueError, match=two):
        classifier(ensemble="folds").fit(X[rows], y[rows])
    labels = np.stack([y, np.arange(len(y)) == 3], axis=1).astype(int)
    of_labels = message.format("both values of every label", "value 1 of label 1")
    with pytest.raises(ValueError, match=whole(of_labels)):
        classifier(ensemble="folds").fit(X, labels)


@pytest.mark.parametrize(
    "params",
    [{"calibration": "temperature"}, {"early_stopping": True, "monitor": "accuracy"}],
)
def test_some_uses_of_folds_need_two_rows_of_every_class(params):
    message = (
        "ensemble='folds' needs at least two rows of every class. There is one of "
        "class 2. Use ensemble='seeds', which supports neither threshold nor "
        "calibration."
    )
    with pytest.raises(ValueError, match=whole(message)):
        classifier(ensemble="folds", **params).fit(
            X, np.where(np.arange(len(y)) == 3, 2, y)
        )


def test_the_only_row_of_a_class_is_in_no_fold():
    labels = np.where(np.arange(len(y)) == 3, 2, y)
    fit = classifier(ensemble="folds", n_networks=3, early_stopping=True, epochs=3)
    fit.fit(X, labels)
    assert np.flatnonzero(np.isnan(fit.oob_proba_).any(axis=1)).tolist() == [3]
    prepared = fit._prepared(fit._settings(), X, labels)
    assert all(3 in share.rows for share in prepared.shares)
    held_out = [share.held_out for share in prepared.shares]
    np.testing.assert_array_equal(
        np.sort(np.concatenate(held_out)), np.delete(np.arange(len(y)), 3)
    )


@pytest.mark.parametrize("ensemble", ["folds", "balanced"])
def test_partial_fit_does_not_divide_rows(ensemble):
    message = (
        f"partial_fit does not support ensemble='{ensemble}', which draws the "
        f"rows of each network from all rows. Use ensemble='seeds', or fit."
    )
    with pytest.raises(ValueError, match=whole(message)):
        classifier(ensemble=ensemble).partial_fit(X, y)


def test_the_number_of_networks_stays_in_further_training():
    fit = classifier(warm_start=True, epochs=1).fit(X, y).set_params(n_networks=2)
    with pytest.raises(
        ValueError,
        match=whole(
            "warm_start=True needs the n_networks of the last fit. It was 3 and is now "
            "2. Call fit with warm_start=False."
        ),
    ):
        fit.fit(X, y)


def test_a_single_network_has_no_spread():
    fit = classifier(n_networks=1, epochs=1).fit(X, y)
    message = (
        "predict_spread needs several networks. This classifier has 1. Use n_networks "
        "of at least 2."
    )
    with pytest.raises(ValueError, match=whole(message)):
        fit.predict_spread(X)


def test_an_interrupt_keeps_what_all_networks_have_learned():
    calls = iter(range(1000))

    def interrupting(estimator, X, y):
        if next(calls) == 7:  # after the third epoch, for the second of three networks
            raise KeyboardInterrupt
        return 1.0

    fit = classifier(early_stopping=True, monitor=interrupting)
    message = (
        "Training was interrupted after 3 of 6 epochs. The estimator keeps the "
        "weights reached so far."
    )
    with pytest.raises(KeyboardInterrupt, match=whole(message)):
        fit.fit(X, y)
    assert len(fit.estimators_) == 3
    assert fit.n_iter_ == 3


def test_a_monitor_that_fails_ends_the_fit_at_once():
    calls = []

    def failing(estimator, X, y):
        calls.append(1)
        raise TypeError("no score")

    with pytest.raises(TypeError, match="no score"):
        classifier(early_stopping=True, monitor=failing).fit(X, y)
    assert len(calls) == 1


def test_an_interrupt_between_networks_keeps_those_that_are_trained():
    class Interrupting(keras.callbacks.Callback):
        count = 0

        def on_epoch_begin(self, epoch, logs=None):
            Interrupting.count += 1
            if Interrupting.count == 9:
                raise KeyboardInterrupt

    fit = classifier(callbacks=Interrupting())
    message = (
        "Training was interrupted after 2 of 3 networks. The estimator keeps the "
        "weights reached so far."
    )
    with pytest.raises(KeyboardInterrupt, match=whole(message)):
        fit.fit(X, y)
    assert [one.n_iter_ for one in fit.estimators_] == [6, 2]


def test_progress_of_an_ensemble_is_that_of_its_mean(capsys):
    fit = classifier(verbose=2, epochs=2).fit(X, y)
    first, second = fit.loss_curve_
    assert capsys.readouterr().out == (
        f"Epoch 1/2 - loss: {first:.4f}\nEpoch 2/2 - loss: {second:.4f}\n"
    )


def test_a_loss_with_another_reduction_is_left_to_keras():
    loss = keras.losses.BinaryCrossentropy(reduction="sum")
    fit = classifier(loss=loss, epochs=2).fit(X, y)
    assert fit.engine_ == "keras, because its loss has reduction='sum'"
    singles = [clone(one).fit(X, y).predict_proba(X) for one in fit.estimators_]
    np.testing.assert_allclose(
        fit.predict_proba(X), np.mean(singles, axis=0), **tolerance()
    )


def test_balanced_rows_do_not_combine_with_a_loss_that_minimizes_costs():
    message = (
        "ensemble='balanced' needs a loss whose effect on probabilities can be undone, "
        "because decisions depend on the real class frequencies. Use "
        "loss='cross_entropy' with cost_matrix."
    )
    fit = classifier(ensemble="balanced", loss="expected_cost", cost_matrix=COSTS)
    with pytest.raises(ValueError, match=whole(message)):
        fit.fit(X, y)


def test_a_warm_start_keeps_the_folds():
    fit = classifier(ensemble="folds", warm_start=True, random_state=None).fit(X, y)
    before = [network.split_seed for network in fit._trained.networks]
    fit.fit(X, y)
    assert [network.split_seed for network in fit._trained.networks] == before


def test_rare_labels_are_spread_over_all_folds():
    rng = np.random.default_rng(0)
    labels = (rng.random((1000, 5)) < [0.02, 0.1, 0.2, 0.4, 0.5]).astype(int)
    rows = rng.normal(size=(1000, 3))
    fit = classifier(ensemble="folds", n_networks=8, early_stopping=True, epochs=1)
    shares = fit._prepared(fit._settings(), rows, labels).shares
    assert min(labels[share.held_out, 0].sum() for share in shares) >= 1
    assert np.ptp([labels[share.held_out, 0].sum() for share in shares]) <= 1
    assert not np.isnan(fit.fit(rows, labels).oob_proba_).any()


def test_totals_of_bootstrap_rows_add_up_over_calls():
    fit = classifier(ensemble="bootstrap", class_weight="balanced", epochs=1)
    fit.partial_fit(X, y)
    once = fit._trained.networks[1].totals.n_rows.sum()
    fit.partial_fit(X, y)
    assert fit._trained.networks[1].totals.n_rows.sum() == 2 * once == 2 * len(y)


def test_balanced_weights_of_balanced_rows_are_balanced_by_weight():
    weight = np.where(y == 1, 3.0, 1.0)
    fit = classifier(ensemble="balanced", class_weight="balanced", epochs=1)
    fit.fit(X, y, weight)
    rows, _ = rows_of("balanced", 0)
    totals = np.bincount(y[rows], weight[rows])
    weighted = [totals[label] * fit.class_weight_[label] for label in (0, 1)]
    np.testing.assert_allclose(weighted[0], weighted[1])


@pytest.mark.parametrize("name", ["threshold", "calibration"])
def test_partial_fit_has_no_out_of_fold_rows(name):
    value = {"threshold": "f1", "calibration": "temperature"}[name]
    message = (
        f"partial_fit does not support {name}, which needs out-of-fold probabilities. "
        f"Use {name}=None, or fit."
    )
    with pytest.raises(ValueError, match=whole(message)):
        classifier(**{name: value}).partial_fit(X, y)


def test_an_interrupt_ends_networks_that_are_trained_side_by_side():
    calls = iter(range(1000))

    def interrupting(estimator, X, y):
        if next(calls) == 10:
            _thread.interrupt_main()  # as Ctrl-C does
        return 1.0

    fit = classifier(
        n_networks=4,
        early_stopping=True,
        monitor=interrupting,
        n_iter_no_change=np.inf,
        epochs=100_000,
    )
    # A job in the background ignores Ctrl-C.
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt, match="interrupted after"):
            fit.fit(X, y)
    finally:
        signal.signal(signal.SIGINT, handler)
    assert 1 <= fit.n_iter_ < 100_000


def test_scorers_see_the_settings_of_scikit_learn_in_every_thread():
    seen = set()

    def scorer(estimator, X, y):
        seen.add(sklearn.get_config()["assume_finite"])
        return 1.0

    fit = classifier(n_networks=4, early_stopping=True, monitor=scorer)
    with sklearn.config_context(assume_finite=True):
        fit.fit(X, y)
    assert seen == {True}
