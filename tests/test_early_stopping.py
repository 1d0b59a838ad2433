"""What early stopping watches: scores, losses, the caller's rows, weights."""

import numpy as np
import pytest
import sklearn
from messages import whole
from sklearn.datasets import make_classification, make_multilabel_classification
from sklearn.metrics import average_precision_score, log_loss, make_scorer
from sklearn.metrics import fbeta_score as f_beta
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from skweighted import CostSensitiveMLPClassifier
from skweighted._estimator._classes import Classes
from skweighted._estimator._labels import Labels
from skweighted.exceptions import SmallValidationWarning
from skweighted.metrics import expected_cost_score, make_cost_scorer

X, Y = make_classification(600, 6, weights=[0.8], flip_y=0.1, random_state=0)
KEPT, WATCHED = slice(300), slice(300, None)
VALIDATION = {"X_val": X[WATCHED], "y_val": Y[WATCHED]}
WEIGHT = np.random.default_rng(0).integers(1, 4, len(Y)).astype(float)
COSTS = np.array([[0, 1], [20, 0]])


def mlp(*args, **params):
    defaults = {
        "early_stopping": True,
        "epochs": 60,
        "n_iter_no_change": 5,
        "learning_rate": 0.02,
        "random_state": 0,
    }
    return CostSensitiveMLPClassifier(*args, **defaults | params)


def corrected_log_loss(clf):
    proba = clf.set_params(correct_probabilities=True).predict_proba(X[WATCHED])
    return log_loss(Y[WATCHED], proba)


def weighted_log_loss(clf):
    weight = np.vectorize(clf.class_weight_.get)(Y[WATCHED])
    return log_loss(Y[WATCHED], clf.predict_proba(X[WATCHED]), sample_weight=weight)


# What is watched, what it is called in history_, and what it is of the network that is
# kept; the best value is the least or the greatest.
MONITORS = [
    ({}, "val_loss", weighted_log_loss, min),
    ({"class_weight": "balanced"}, "val_log_loss", corrected_log_loss, min),
    (
        {"class_weight": "balanced", "monitor_weighted": True},
        "val_loss",
        weighted_log_loss,
        min,
    ),
    (
        {"class_weight": "balanced", "monitor": "loss"},
        "val_loss",
        weighted_log_loss,
        min,
    ),
    ({"loss": "focal"}, "val_log_loss", corrected_log_loss, min),
    ({"loss": "logit_adjusted"}, "val_log_loss", corrected_log_loss, min),
    (
        {"monitor": "average_precision"},
        "val_average_precision",
        lambda clf: average_precision_score(
            Y[WATCHED], clf.predict_proba(X[WATCHED])[:, 1]
        ),
        max,
    ),
    (
        {"monitor": make_scorer(f_beta, beta=2), "class_weight": "balanced"},
        "val_fbeta_score",
        lambda clf: f_beta(Y[WATCHED], clf.predict(X[WATCHED]), beta=2),
        max,
    ),
    (
        {"monitor": make_cost_scorer(COSTS), "cost_matrix": COSTS},
        "val_expected_cost_score",
        lambda clf: (
            -expected_cost_score(Y[WATCHED], clf.predict(X[WATCHED]), cost_matrix=COSTS)
        ),
        max,
    ),
]


@pytest.mark.parametrize("engine", ["xla", "keras"])
@pytest.mark.parametrize(("params", "name", "value", "best_of"), MONITORS)
def test_the_network_of_the_best_epoch_is_kept(params, name, value, best_of, engine):
    clf = mlp(engine=engine, **params).fit(X[KEPT], Y[KEPT], **VALIDATION)
    seen = clf.history_[name]
    assert "val_loss" in clf.history_
    assert len(seen) == clf.n_iter_ < 60
    assert value(clf) == pytest.approx(best_of(seen), rel=1e-6)
    assert seen.index(best_of(seen)) < clf.n_iter_ - 1


@pytest.mark.parametrize("loss", ["expected_cost", "mean_squared_false_error"])
@pytest.mark.parametrize("monitor", ["log_loss", "loss"])
def test_where_outputs_are_no_probabilities_the_loss_is_watched(loss, monitor):
    costs = COSTS if loss == "expected_cost" else None
    clf = mlp(loss=loss, cost_matrix=costs, monitor=monitor)
    clf.fit(X[KEPT], Y[KEPT], **VALIDATION)
    assert list(clf.history_) == ["loss", "val_loss"]


@pytest.mark.parametrize("monitor", ["log_loss", "average_precision"])
@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_validation_weight_k_equals_k_copies(monitor, class_weight):
    copies = np.repeat(np.arange(300, 600), WEIGHT[WATCHED].astype(int))
    clfs = [
        mlp(monitor=monitor, class_weight=class_weight).fit(
            X[KEPT],
            Y[KEPT],
            X_val=X[rows],
            y_val=Y[rows],
            sample_weight_val=weight,
        )
        for rows, weight in ((WATCHED, WEIGHT[WATCHED]), (copies, None))
    ]
    for name in clfs[0].history_:
        one, two = (clf.history_[name] for clf in clfs)
        assert one == pytest.approx(two, rel=1e-9)


def test_the_callers_rows_take_the_place_of_a_part_of_x():
    watched = mlp(epochs=5, n_iter_no_change=10).fit(X[KEPT], Y[KEPT], **VALIDATION)
    plain = mlp(epochs=5, early_stopping=False).fit(X[KEPT], Y[KEPT])
    assert watched.loss_curve_ == pytest.approx(plain.loss_curve_, rel=1e-12)


def test_deferred_weights_do_not_let_an_early_epoch_win():
    clf = mlp(class_weight="balanced", class_weight_start=0.5, epochs=40)
    clf.fit(X[KEPT], Y[KEPT], **VALIDATION)
    seen = clf.history_["val_log_loss"]
    assert clf.n_iter_ > 20
    assert corrected_log_loss(clf) == pytest.approx(min(seen[20:]), rel=1e-6)


def test_x_val_passes_through_a_pipeline():
    with sklearn.config_context(enable_metadata_routing=True):
        clf = mlp(epochs=5).set_fit_request(X_val=True, y_val=True)
        pipeline = Pipeline(
            [("scale", StandardScaler()), ("mlp", clf)], transform_input=["X_val"]
        ).fit(X[KEPT] * 1000, Y[KEPT], X_val=X[WATCHED] * 1000, y_val=Y[WATCHED])
    scale = StandardScaler().fit(X[KEPT] * 1000)
    alone = mlp(epochs=5).fit(
        scale.transform(X[KEPT] * 1000),
        Y[KEPT],
        X_val=scale.transform(X[WATCHED] * 1000),
        y_val=Y[WATCHED],
    )
    assert pipeline[-1].history_ == alone.history_


def test_labels_are_split_in_their_shares():
    features, labels = make_multilabel_classification(400, n_classes=3, random_state=0)
    clf = mlp(epochs=3, validation_fraction=0.25).fit(features, labels)
    rows = np.arange(400)
    kept, held_out = Labels(3).holdout(labels, rows, 0.25, np.random.default_rng(0))
    assert np.array_equal(np.union1d(kept, held_out), rows)
    assert len(held_out) == 100
    shares = labels[held_out].mean(axis=0)
    # Within a row for each of the 2 ** 3 sets of labels.
    np.testing.assert_allclose(shares, labels.mean(axis=0), atol=8 / 100)
    assert len(clf.history_["val_loss"]) == 3


@pytest.mark.parametrize("fraction", [0.01, 0.5, 0.99])
def test_every_class_is_on_both_sides_of_the_split(fraction):
    y_index = np.repeat([0, 1, 2], [30, 2, 3])
    rows = np.delete(np.arange(35), 4)
    kept, held_out = Classes(np.arange(3)).holdout(
        y_index, rows, fraction, np.random.default_rng(0)
    )
    np.testing.assert_array_equal(np.union1d(kept, held_out), rows)
    assert not set(kept) & set(held_out)
    assert set(y_index[kept]) == set(y_index[held_out]) == {0, 1, 2}


@pytest.mark.parametrize("n_rare", [12, 60])
def test_weights_have_mean_one_over_the_rows_that_are_not_held_out(n_rare):
    rows = np.r_[np.flatnonzero(Y == 0), np.flatnonzero(Y == 1)[:n_rare]]
    clf = mlp(
        hidden_layer_sizes=(),
        kernel_initializer="zeros",
        class_weight={0: 1, 1: 50},
        validation_fraction=0.45,
        epochs=1,
        batch_size=1000,
        alpha=0,
    ).fit(X[rows], Y[rows], np.where(np.arange(len(rows)) % 3, 1.0, 4.0))
    # Every output is 1/2 at first.
    assert clf.loss_curve_ == pytest.approx([np.log(2)], rel=1e-12)


def test_sets_of_labels_that_occur_once_are_split_at_random():
    labels = np.array(list(np.ndindex(2, 2, 2)))
    splits = {
        tuple(Labels(3).holdout(labels, np.arange(8), 0.5, np.random.default_rng(n))[1])
        for n in range(20)
    }
    # In the order of the sets every other one would be held out: two splits.
    assert len(splits) > 10


def test_labels_of_a_single_row_cannot_be_split():
    message = (
        "early_stopping=True needs at least two rows: one for training and one for "
        "validation. There is 1. Use early_stopping=False."
    )
    with pytest.raises(ValueError, match=whole(message)):
        Labels(3).holdout(np.ones((1, 3)), np.arange(1), 0.5, np.random.default_rng(0))


def test_five_validation_rows_of_a_class_are_enough():
    rows = np.r_[np.flatnonzero(Y == 0)[-20:], np.flatnonzero(Y == 1)[-5:]]
    # A warning would be an error.
    mlp(epochs=1).fit(X[KEPT], Y[KEPT], X_val=X[rows], y_val=Y[rows])


@pytest.mark.parametrize("engine", ["xla", "keras"])
@pytest.mark.parametrize("start", [0.0, 0.5])
def test_the_best_epoch_is_that_of_the_least_monitor(engine, start):
    clf = mlp(epochs=40, class_weight="balanced", class_weight_start=start)
    clf.set_params(engine=engine, learning_rate=0.1)
    clf.fit(X[KEPT], Y[KEPT], **VALIDATION)
    monitored = np.array(clf.history_.get("val_log_loss", clf.history_["val_loss"]))
    first = round(40 * start)
    assert clf.best_epoch_ == first + monitored[first:].argmin() + 1
    assert clf.best_epoch_ < clf.n_iter_


def test_without_early_stopping_the_best_epoch_is_the_last():
    clf = mlp(epochs=3, early_stopping=False).fit(X, Y)
    assert clf.best_epoch_ == 3
    assert clf.partial_fit(X, Y).best_epoch_ == 4


def test_few_validation_rows_of_a_class_are_a_warning():
    few = np.r_[np.flatnonzero(Y[KEPT] == 0), np.flatnonzero(Y[KEPT] == 1)[:30]]
    message = (
        "There are fewer than 5 validation rows of class 1 (3), so chance decides when "
        "training stops. Use more rows, a larger validation_fraction, X_val and y_val, "
        "or early_stopping=False."
    )
    with pytest.warns(SmallValidationWarning, match=whole(message)) as caught:
        mlp(epochs=1).fit(X[few], Y[few])
    assert [warning.filename for warning in caught] == [__file__]


MESSAGES = [
    (
        {"X_val": X[WATCHED]},
        "X_val and y_val must be given together. y_val is None.",
    ),
    (
        {"y_val": Y[WATCHED]},
        "X_val and y_val must be given together. X_val is None.",
    ),
    (
        {"sample_weight_val": WEIGHT[WATCHED]},
        "sample_weight_val needs X_val and y_val. Pass all of them, or none.",
    ),
    (
        {"X_val": X[WATCHED], "y_val": np.zeros(300, int)},
        "The validation rows must contain every class, but they do not contain class "
        "1. "
        "Use more rows, a larger validation_fraction, or X_val and y_val with every "
        "class.",
    ),
    (
        {"X_val": X[WATCHED], "y_val": np.where(Y[WATCHED] == 1, 2, 0)},
        "y_val has labels that are not among the known classes: [2]. Known classes: "
        "[0, 1]. Remove these rows, or add rows of these classes to y.",
    ),
]


@pytest.mark.parametrize(("validation", "message"), MESSAGES)
def test_validation_data_that_cannot_be_used_is_explained(validation, message):
    with pytest.raises(ValueError, match=whole(message)):
        mlp().fit(X[KEPT], Y[KEPT], **validation)


def test_validation_data_without_early_stopping_is_explained():
    message = (
        "X_val and y_val are used only by early stopping, but early_stopping is False. "
        "Use "
        "early_stopping=True, or leave them out."
    )
    with pytest.raises(ValueError, match=whole(message)):
        mlp(early_stopping=False).fit(X[KEPT], Y[KEPT], **VALIDATION)


def test_a_monitor_that_is_not_a_number_is_explained():
    message = "monitor must be a finite number on the validation rows. broken is nan."

    def broken(estimator, X, y):
        return float("nan")

    with pytest.raises(ValueError, match=whole(message)):
        mlp(monitor=broken).fit(X[KEPT], Y[KEPT], **VALIDATION)


def test_a_monitor_that_predicts_other_rows_is_explained():
    message = (
        "monitor can only use predictions of the validation rows: call predict or "
        "predict_proba with the X that monitor receives, and select rows of what is "
        "returned."
    )

    def of_some_rows(estimator, X, y):
        return log_loss(y[:99], estimator.predict_proba(X[:99]))

    with pytest.raises(ValueError, match=whole(message)):
        mlp(monitor=of_some_rows).fit(X[KEPT], Y[KEPT], **VALIDATION)
