"""The estimator: laws of weights and seeds, twins in Keras, oracles in sklearn."""

import random

import keras
import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression

from skweighted import CostSensitiveMLPClassifier
from skweighted._engine._batches import Batches
from skweighted._engine._spec import Rows

X, Y = make_classification(
    120, n_features=6, n_informative=4, weights=[0.85], random_state=0
)
X3, Y3 = make_classification(
    120, n_features=6, n_informative=4, n_classes=3, random_state=0
)
PROBLEMS = {"binary": (X, Y), "multiclass": (X3, Y3)}
# float64 is reproducible to rounding: what is the same sum in another order differs
# by some 1e-15 a step.
ROUNDING = dict(rtol=1e-9, atol=1e-12)
# Parameters that name classes, where class k is called new[k].
PERMUTED = {
    "nothing": lambda new: {},
    "class weights": lambda new: {
        "class_weight": dict(zip(new.tolist(), [1, 5, 2], strict=False))
    },
    "balanced, prior": lambda new: {"class_weight": "balanced", "init_bias": "prior"},
    "true probabilities": lambda new: {
        "class_weight": "balanced",
        "correct_probabilities": True,
    },
    "costs": lambda new: {
        "cost_matrix": {
            (int(new[i]), int(new[j])): 1 + (2 * i + j) % 3
            for i in range(len(new))
            for j in range(len(new))
            if i != j
        }
    },
}


def mlp(**params):
    defaults = dict(hidden_layer_sizes=(8,), epochs=5, random_state=0)
    defaults |= dict(optimizer="sgd", learning_rate=0.05)  # compiles faster than Adam
    return CostSensitiveMLPClassifier(**defaults | params)


# laws of weights


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_weight_k_equals_k_copies_in_full_batches(problem, alpha):
    features, labels = PROBLEMS[problem]
    weight = np.random.default_rng(1).integers(0, 4, len(labels))
    params = dict(alpha=alpha, batch_size=1000, class_weight="balanced")
    weighted = mlp(**params).fit(features, labels, sample_weight=weight)
    repeated = mlp(**params).fit(features.repeat(weight, 0), labels.repeat(weight))
    np.testing.assert_allclose(
        weighted.predict_proba(features), repeated.predict_proba(features), **ROUNDING
    )


def test_zero_weight_is_an_absent_row_in_any_batches():
    weight = np.random.default_rng(2).integers(0, 2, len(Y)).astype(float)
    present = weight > 0
    zeroed = mlp(batch_size=16, class_weight="balanced").fit(X, Y, weight)
    removed = mlp(batch_size=16, class_weight="balanced").fit(X[present], Y[present])
    np.testing.assert_array_equal(zeroed.predict_proba(X), removed.predict_proba(X))


@pytest.mark.parametrize("factor", [0.01, 1000.0])
def test_only_ratios_of_weights_count(factor):
    base = mlp(class_weight={0: 1, 1: 100}).fit(X, Y)
    scaled = mlp(class_weight={0: factor, 1: 100 * factor}).fit(X, Y)
    np.testing.assert_allclose(
        base.predict_proba(X), scaled.predict_proba(X), **ROUNDING
    )


def test_unnormalized_weights_scale_the_gradient():
    params = dict(
        normalize_weights=False, optimizer="sgd", alpha=0.0, learning_rate=0.01
    )
    doubled = mlp(class_weight={0: 2, 1: 2}, **params).fit(X, Y)
    faster = mlp(**params | {"learning_rate": 0.02}).fit(X, Y)
    np.testing.assert_allclose(
        doubled.predict_proba(X), faster.predict_proba(X), **ROUNDING
    )


def test_class_weight_multiplies_sample_weight():
    sample_weight = np.random.default_rng(3).random(len(Y))
    both = mlp(class_weight={0: 1, 1: 7}).fit(X, Y, sample_weight)
    by_hand = mlp().fit(X, Y, sample_weight * np.where(Y == 1, 7, 1))
    np.testing.assert_allclose(
        both.predict_proba(X), by_hand.predict_proba(X), **ROUNDING
    )


def test_balanced_equals_the_dict_it_reports():
    balanced = mlp(class_weight="balanced").fit(X3, Y3)
    stated = mlp(class_weight=balanced.class_weight_).fit(X3, Y3)
    np.testing.assert_array_equal(balanced.predict_proba(X3), stated.predict_proba(X3))


def test_weights_make_the_rare_class_found_more_often():
    plain = mlp(epochs=50).fit(X, Y)
    weighted = mlp(epochs=50, class_weight="balanced").fit(X, Y)
    assert (weighted.predict(X) == 1).sum() > (plain.predict(X) == 1).sum()


def test_nothing_the_caller_passed_is_written_to():
    weight = np.random.default_rng(4).random(len(Y))
    class_weight = {0: 1, 1: 3}
    optimizer = keras.optimizers.SGD(0.1)
    before = X.copy(), Y.copy(), weight.copy()
    mlp(class_weight=class_weight, optimizer=optimizer).fit(X, Y, weight)
    for array, copy in zip((X, Y, weight), before, strict=True):
        np.testing.assert_array_equal(array, copy)
    assert class_weight == {0: 1, 1: 3}
    assert not optimizer.built


# laws of seeds


@pytest.mark.parametrize(
    "params",
    [{}, {"dropout": 0.3}, {"early_stopping": True, "validation_fraction": 0.4}],
)
def test_same_seed_gives_the_same_bits(params):
    one, two = (mlp(**params).fit(X, Y).predict_proba(X) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    other = mlp(random_state=1, **params).fit(X, Y)
    assert not np.array_equal(one, other.predict_proba(X))


def test_no_global_seed_is_read_or_changed():
    python_state, numpy_state = random.getstate(), np.random.get_state()
    one = mlp(dropout=0.2).fit(X, Y).predict_proba(X)
    assert random.getstate() == python_state
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_state[1])
    keras.utils.set_random_seed(7)
    np.testing.assert_array_equal(one, mlp(dropout=0.2).fit(X, Y).predict_proba(X))


def test_random_state_instance_is_consumed_as_in_sklearn():
    generator = np.random.RandomState(0)
    one, two = (mlp(random_state=generator).fit(X, Y) for _ in range(2))
    again = mlp(random_state=np.random.RandomState(0)).fit(X, Y)
    np.testing.assert_array_equal(one.predict_proba(X), again.predict_proba(X))
    assert not np.array_equal(one.predict_proba(X), two.predict_proba(X))


def test_layers_of_one_shape_start_with_different_weights():
    layers = mlp(hidden_layer_sizes=(6, 6), epochs=1).fit(X, Y).model_.layers
    first, second = (layer.get_weights()[0] for layer in layers[:2])
    assert np.abs(first - second).max() > 0.1


@pytest.mark.parametrize("shuffle", [True, False])
def test_the_seed_orders_the_rows_only_if_they_are_shuffled(shuffle):
    # Nothing else is drawn: kernels are zero and no unit is dropped.
    still = dict(hidden_layer_sizes=(), kernel_initializer="zeros", batch_size=16)
    one, other = (
        mlp(shuffle=shuffle, random_state=seed, **still).fit(X, Y).predict_proba(X)
        for seed in (0, 1)
    )
    assert np.array_equal(one, other) is not shuffle


# twins


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("problem", PROBLEMS)
def test_fit_equals_train_on_batch_of_a_keras_model(problem, dtype):
    features, labels = PROBLEMS[problem]
    n_classes = len(np.unique(labels))
    ours = mlp(batch_size=32, epochs=3, dtype=dtype, class_weight="balanced", alpha=0)
    ours.fit(features, labels)

    start = mlp(epochs=1, dtype=dtype, learning_rate=1e-30, alpha=0)
    theirs = start.fit(features, labels).model_
    loss = (
        keras.losses.BinaryCrossentropy(dtype=dtype)
        if n_classes == 2
        else keras.losses.SparseCategoricalCrossentropy(dtype=dtype)
    )
    theirs.compile(keras.optimizers.SGD(0.05), loss)
    weight = np.array([ours.class_weight_[label] for label in labels])
    data = Rows(features, labels[:, None], weight, np.arange(len(labels)))
    batches = Batches(data, 32, dtype, ours._trained.networks[0].shuffle_seed)
    for epoch in range(3):
        for step in range(batches.n_steps):
            theirs.train_on_batch(*batches.batch(epoch, step))
    # Nothing but the order of a few float operations differs.
    tolerance = dict(rtol=1e-4, atol=1e-6) if dtype == "float32" else ROUNDING
    for our_array, their_array in zip(
        ours.model_.get_weights(), theirs.get_weights(), strict=True
    ):
        np.testing.assert_allclose(our_array, their_array, **tolerance)


def test_partial_fit_k_times_equals_fit_in_k_epochs():
    # Adam, whose state has to be kept.
    params = dict(class_weight={0: 1, 1: 5}, batch_size=16, optimizer="adam")
    together = mlp(epochs=3, **params).fit(X, Y)
    step_by_step = mlp(**params)
    for _ in range(3):
        step_by_step.partial_fit(X, Y, classes=[0, 1])
    np.testing.assert_allclose(
        together.predict_proba(X), step_by_step.predict_proba(X), **ROUNDING
    )
    assert step_by_step.n_iter_ == 3
    np.testing.assert_allclose(step_by_step.loss_curve_, together.loss_curve_)


def test_partial_fit_balances_over_all_rows_seen():
    clf = mlp(class_weight="balanced")
    clf.partial_fit(X[Y == 0], Y[Y == 0], classes=[0, 1]).partial_fit(
        X[Y == 1], Y[Y == 1]
    )
    whole = mlp(class_weight="balanced").fit(X, Y)
    assert clf.class_weight_ == pytest.approx(whole.class_weight_)


def test_warm_start_continues_from_the_weights():
    params = dict(optimizer="sgd", shuffle=False, batch_size=200)
    cold = mlp(epochs=6, **params).fit(X, Y)
    warm = mlp(epochs=3, warm_start=True, **params).fit(X, Y).fit(X, Y)
    np.testing.assert_allclose(cold.predict_proba(X), warm.predict_proba(X), **ROUNDING)


@pytest.mark.parametrize("container", [sparse.csr_array, sparse.csc_matrix])
def test_sparse_equals_dense(container):
    thinned = np.where(np.abs(X) > 0.5, X, 0)
    dense = mlp(batch_size=32).fit(thinned, Y).predict_proba(thinned)
    thin = container(thinned)
    np.testing.assert_array_equal(
        dense, mlp(batch_size=32).fit(thin, Y).predict_proba(thin)
    )


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("parameters", PERMUTED)
def test_permuted_classes_permute_probabilities_and_predictions(problem, parameters):
    params = PERMUTED[parameters]
    features, labels = PROBLEMS[problem]
    n_classes = labels.max() + 1
    # Class k becomes class new[k]. With three classes it is a cycle, whose inverse is
    # another permutation.
    new = np.roll(np.arange(n_classes), -1)
    # From zero kernels every class starts alike; seeded kernels belong to a column.
    zero = dict(
        hidden_layer_sizes=(), kernel_initializer="zeros", learning_rate=0.05, epochs=20
    )
    one = mlp(**zero, **params(np.arange(n_classes))).fit(features, labels)
    other = mlp(**zero, **params(new)).fit(features, new[labels])
    # The same terms are summed over the classes in another order: rounding.
    np.testing.assert_allclose(
        other.predict_proba(features)[:, new], one.predict_proba(features), **ROUNDING
    )
    np.testing.assert_array_equal(other.predict(features), new[one.predict(features)])
    assert len(np.unique(one.predict(features))) == n_classes


def test_labels_of_any_type_give_the_same_network():
    by_number, by_name = mlp().fit(X3, Y3), mlp().fit(X3, Y3.astype(str))
    np.testing.assert_array_equal(
        by_number.predict_proba(X3), by_name.predict_proba(X3)
    )
    names = np.array(["c", "b", "a"])[Y3]
    assert mlp().fit(X3, names).classes_.tolist() == ["a", "b", "c"]


def test_keras_reads_the_same_probabilities():
    for features, labels in PROBLEMS.values():
        clf = mlp().fit(features, labels)
        theirs = clf.model_.predict(features, verbose=0)
        # keras.Model.predict rounds X to float32, whatever the layers are.
        np.testing.assert_allclose(
            clf.predict_proba(features)[:, -theirs.shape[1] :], theirs, rtol=1e-5
        )


# oracles


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_no_hidden_layer_equals_logistic_regression(problem, class_weight):
    features, labels = PROBLEMS[problem]
    n = len(labels)
    ours = mlp(
        hidden_layer_sizes=(),
        class_weight=class_weight,
        alpha=1.0,
        batch_size=n,
        optimizer="adam",
        epochs=1500,
        learning_rate=0.01,
    ).fit(features, labels)
    theirs = LogisticRegression(C=1.0, class_weight=class_weight, tol=1e-10)
    theirs.fit(features, labels)
    # Adam circles the minimum at a distance of its step size.
    np.testing.assert_allclose(
        ours.predict_proba(features), theirs.predict_proba(features), atol=1e-3
    )


def test_loss_curve_is_the_weighted_cross_entropy_plus_the_penalty():
    clf = mlp(epochs=1, learning_rate=1e-30, alpha=200.0, class_weight="balanced")
    clf.fit(X, Y)
    proba = clf.predict_proba(X)[np.arange(len(Y)), Y]
    weight = np.array([clf.class_weight_[label] for label in Y])
    penalty = sum((layer.kernel.numpy() ** 2).sum() for layer in clf.model_.layers) / 2
    expected = np.average(-np.log(proba), weights=weight) + penalty
    # Keras keeps the mean of an epoch in float32.
    assert clf.loss_curve_ == pytest.approx([expected], rel=1e-6)


# early stopping


def test_early_stopping_waits_for_the_patience_and_no_longer():
    clf = mlp(
        optimizer="adam",
        early_stopping=True,
        epochs=300,
        learning_rate=0.05,
        n_iter_no_change=5,
        validation_fraction=0.25,
    ).fit(X, Y)
    assert clf.n_iter_ < 300
    best = int(np.argmin(clf.history_["val_loss"]))
    assert clf.n_iter_ == best + 1 + 5


def test_early_stopping_with_endless_patience_runs_every_epoch():
    rule = {"early_stopping": True, "validation_fraction": 0.4}
    stopped = mlp(epochs=4, n_iter_no_change=np.inf, **rule).fit(X, Y)
    assert stopped.n_iter_ == 4
    assert "val_loss" in stopped.history_


def test_float64_is_never_rounded_to_float32_on_the_way():
    nudged = X * (1 + 1e-12)
    proba = [mlp().fit(features, Y).predict_proba(X) for features in (X, nudged)]
    assert 0 < np.abs(proba[0] - proba[1]).max() < 1e-10


# precision, routes


@pytest.mark.parametrize(
    ("given", "dtype", "expected"),
    [
        ("float64", "auto", "float64"),
        ("float32", "auto", "float32"),
        ("int64", "auto", "float64"),
        ("float64", "float32", "float32"),
        ("float32", "float64", "float64"),
    ],
)
def test_precision_follows_X_unless_dtype_is_given(given, dtype, expected):
    clf = mlp(epochs=1, dtype=dtype).fit(X.astype(given), Y)
    assert clf.predict_proba(X).dtype == expected
    assert {weight.dtype.name for weight in clf.model_.get_weights()} == {expected}


def test_routed_parameters_reach_the_optimizer():
    clf = mlp(optimizer__momentum=0.9, optimizer__nesterov=True)
    optimizer = clf.fit(X, Y).model_.optimizer
    assert (optimizer.momentum, optimizer.nesterov) == (0.9, True)
    assert float(optimizer.learning_rate) == pytest.approx(0.05)
    clf.set_params(optimizer__learning_rate=0.5).fit(X, Y)
    assert float(clf.model_.optimizer.learning_rate) == 0.5


def test_callbacks_run_and_take_routed_parameters():
    clf = mlp(
        epochs=50,
        callbacks=keras.callbacks.EarlyStopping,
        callbacks__monitor="loss",
        callbacks__patience=2,
        callbacks__min_delta=10.0,
    ).fit(X, Y)
    assert clf.n_iter_ == 3


def test_metrics_are_followed_under_the_same_names_in_each_fit():
    clf = mlp(metrics=["accuracy", keras.metrics.AUC], metrics__1__num_thresholds=50)
    for _ in range(2):
        clf.fit(X, Y)
        assert list(clf.history_) == ["accuracy", "auc", "loss"]


def test_sklearns_names_of_activations_are_understood():
    ours, keras_name = (
        mlp(activation=name).fit(X, Y).predict_proba(X)
        for name in ("logistic", "sigmoid")
    )
    np.testing.assert_array_equal(ours, keras_name)


def test_initial_weights_come_from_random_state_unless_they_have_a_seed():
    seeded = keras.initializers.HeUniform(seed=3)
    kernels = [
        mlp(epochs=1, learning_rate=1e-30, random_state=seed, kernel_initializer=init)
        .fit(X, Y)
        .model_.get_weights()[0]
        for init in (seeded, keras.initializers.HeUniform())
        for seed in (0, 1)
    ]
    np.testing.assert_array_equal(kernels[0], kernels[1])
    assert not np.array_equal(kernels[2], kernels[3])
