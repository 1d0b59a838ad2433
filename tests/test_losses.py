"""Losses: the formulas of the papers, Keras' own and brute force as oracles.

Then the same losses in the engine, whose twin is Keras, and in the estimator.
"""

import itertools
from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from messages import whole
from scipy.optimize import minimize
from scipy.special import softmax
from sklearn.model_selection import GridSearchCV

from skweighted import CostSensitiveMLPClassifier
from skweighted._engine._keras_fit import train_with_keras
from skweighted._engine._loop import train
from skweighted._engine._mean_loss import mean_loss
from skweighted._engine._network import initial_parameters
from skweighted._engine._predict import Forward
from skweighted._engine._program import PROGRAMS
from skweighted._engine._spec import (
    Dense,
    EarlyStopping,
    NetworkSpec,
    Rows,
    Run,
    TrainingSpec,
)
from skweighted._estimator._loss import LOSS_CLASSES, LOSS_NAMES
from skweighted.exceptions import DoubleCountWarning
from skweighted.losses import (
    LDAM,
    AsymmetricLoss,
    BalancedSoftmax,
    Distortion,
    ExpectedCost,
    FocalCrossentropy,
    LogitAdjustedCrossentropy,
    MeanFalseError,
    MeanSquaredFalseError,
    PerOutput,
)

# The formulas take truths and probabilities of shape (n, n_classes).


def focal(truth, p, gamma):
    """Lin et al. (2017), eq. 4."""
    return -np.sum(truth * (1 - p) ** gamma * np.log(p), axis=1)


def logit_adjusted(truth, p, tau, class_prior):
    """Menon et al. (2021), eq. 10, in the form of a sum over pairs of classes."""
    ratio = p * np.power(class_prior, tau)
    return np.log(1 + ((1 - truth) * ratio).sum(1) / (truth * ratio).sum(1))


def balanced_softmax(truth, p, class_prior):
    """Ren et al. (2020), eq. 4."""
    shares = p * class_prior / (p @ class_prior)[:, None]
    return -np.log(shares[truth == 1])


def ldam(truth, p, max_margin, scale, class_prior):
    """Cao et al. (2019), eqs. 12 and 13, with log p as logits."""
    margin = np.power(class_prior, -0.25)
    margin *= max_margin / margin.max()
    exponentials = np.exp(scale * (np.log(p) - truth * margin))
    return -np.log((truth * exponentials).sum(1) / exponentials.sum(1))


def asymmetric(truth, p, gamma_pos, gamma_neg, clip, positive):
    """Ridnik et al. (2021), eqs. 4, 5 and 7."""
    q = p[:, positive]
    shifted = np.maximum(q - clip, 0)
    of_positives = (1 - q) ** gamma_pos * np.log(q)
    of_negatives = shifted**gamma_neg * np.log(1 - shifted)
    return -np.where(truth[:, positive] == 1, of_positives, of_negatives)


def expected_cost(truth, p, cost_matrix):
    """Kukar & Kononenko (1998): a truth's row of the matrix times the answers."""
    costs = np.array(cost_matrix)[truth.argmax(axis=1)]
    return (costs * p).sum(axis=1)


def class_errors(truth, p, weight):
    """Return each class's mean of half the squared error; 0 for one without rows."""
    error = ((truth - p) ** 2).sum(axis=1) / 2
    return [
        np.average(error[one == 1], weights=weight[one == 1]) if weight @ one else 0.0
        for one in truth.T
    ]


def mean_false_error(truth, p, weight, class_prior=None):
    """Wang et al. (2016), eqs. 4 to 6, of any number of classes; without priors."""
    return sum(class_errors(truth, p, weight))


def mean_squared_false_error(truth, p, weight):
    """Wang et al. (2016), eq. 7."""
    return sum(error**2 for error in class_errors(truth, p, weight))


# What depends on the number of classes, by that number.
PRIOR = {2: [0.8, 0.2], 3: [0.6, 0.3, 0.1]}
COSTS = {2: [[0, 1], [20, -1]], 3: [[0, 1, 2], [5, 0, 1], [9, 3, 0]]}
N_CLASSES = {"binary": 2, "multiclass": 3, "labels": 2}


def adjusted_by(tau):
    settings = dict(tau=tau, class_prior=PRIOR)
    return LogitAdjustedCrossentropy, logit_adjusted, settings


def margins_of(max_margin, scale):
    settings = dict(max_margin=max_margin, scale=scale, class_prior=PRIOR)
    return LDAM, ldam, settings


def asymmetric_by(*numbers):
    names = ("gamma_pos", "gamma_neg", "clip", "positive")
    return AsymmetricLoss, asymmetric, dict(zip(names, numbers, strict=True))


BY_ROW = {
    "focal": (FocalCrossentropy, focal, dict(gamma=2.0)),
    "focal by 0": (FocalCrossentropy, focal, dict(gamma=0.0)),
    "focal by 0.5": (FocalCrossentropy, focal, dict(gamma=0.5)),
    "focal by 1.7": (FocalCrossentropy, focal, dict(gamma=1.7)),
    "adjusted": adjusted_by(1.0),
    "adjusted by half": adjusted_by(0.5),
    "balanced softmax": (BalancedSoftmax, balanced_softmax, dict(class_prior=PRIOR)),
    "ldam": margins_of(0.5, 1.0),
    "ldam, scaled": margins_of(1.5, 3.0),
    "asymmetric": asymmetric_by(0.0, 4.0, 0.05, 1),
    "asymmetric, the first": asymmetric_by(0.0, 4.0, 0.05, 0),
    "asymmetric by 0.5, 1.5": asymmetric_by(0.5, 1.5, 0.1, 1),
    "asymmetric by 2, 0.5": asymmetric_by(2.0, 0.5, 0.05, 0),
    "asymmetric, unclipped": asymmetric_by(0.5, 0.5, 0.0, 1),
    "cost": (ExpectedCost, expected_cost, dict(cost_matrix=COSTS)),
}
BY_BATCH = {
    "false error": (MeanFalseError, mean_false_error, dict(class_prior=PRIOR)),
    "squared false error": (MeanSquaredFalseError, mean_squared_false_error, {}),
}
EVERY = BY_ROW | BY_BATCH
UNDOABLE = [name for name in BY_ROW if name != "cost"]


def cases(names, kinds=N_CLASSES):
    """Return names with the kinds of targets that they are for."""
    return [
        (name, kind)
        for name, kind in itertools.product(names, kinds)
        if kind != "multiclass" or not name.startswith("asymmetric")
    ]


def settings_of(name, n_classes):
    return {
        setting: value[n_classes] if isinstance(value, dict) else value
        for setting, value in EVERY[name][2].items()
    }


def loss_of(name, kind, dtype="float64", **more):
    settings = settings_of(name, N_CLASSES[kind])
    loss = EVERY[name][0](**settings, dtype=dtype, **more)
    return PerOutput(loss, dtype=dtype) if kind == "labels" else loss


def batch_of(kind, n_rows=40, seed=0):
    """Return truths, outputs and weights, as a network has them."""
    rng = np.random.default_rng(seed)
    if kind == "labels":
        p, weight = rng.uniform(0.01, 0.99, (n_rows, 3)), rng.random((n_rows, 3)) + 0.1
        return (rng.random((n_rows, 3)) < 0.4).astype(float), p, weight
    k = N_CLASSES[kind]
    truth = np.eye(k)[rng.permutation(np.arange(n_rows) % k)]
    p = softmax(2 * rng.normal(size=(n_rows, k)), axis=1)
    weight = rng.random(n_rows) + 0.1
    return (truth[:, 1:], p[:, 1:], weight) if k == 2 else (truth, p, weight)


def by_hand(name, kind, y, p, *weight):
    """Return what the formula gives to each row or batch, and of labels to each."""
    if kind == "labels":
        columns = [
            by_hand(name, "binary", *(values[:, [label]] for values in (y, p, *weight)))
            for label in range(y.shape[1])
        ]
        return np.stack(columns, axis=-1)
    if kind == "binary":
        y, p = np.hstack([1 - y, y]), np.hstack([1 - p, p])
        weight = [values.ravel() for values in weight]
    return EVERY[name][1](y, p, *weight, **settings_of(name, N_CLASSES[kind]))


def head_of(kind):
    """Return the activation that leaves its logits with its outputs."""
    softmax, sigmoid = keras.activations.softmax, keras.activations.sigmoid
    return softmax if kind == "multiclass" else sigmoid


def logits_of(kind, p):
    return np.log(p) if kind == "multiclass" else np.log(p / (1 - p))


# the formulas


@pytest.mark.parametrize(("name", "kind"), cases(BY_ROW))
def test_each_row_has_the_value_of_the_paper(name, kind):
    y, p, weight = batch_of(kind)
    loss, expected = loss_of(name, kind), by_hand(name, kind, y, p)
    z = tf.constant(logits_of(kind, p))
    for outputs in (p, head_of(kind)(z)):
        # The rounding of 1 - p and p - clip, which are 1e-4 or more, or 0.
        np.testing.assert_allclose(loss.call(y, outputs), expected, rtol=1e-10)
    # Sums in another order, as wherever a tolerance is 1e-13.
    mean, weighted = expected.mean(), (weight * expected).mean()
    assert float(loss(y, p)) == pytest.approx(mean, rel=1e-10)
    assert float(loss(y, p, weight)) == pytest.approx(weighted, rel=1e-10)


@pytest.mark.parametrize(("name", "kind"), cases(BY_BATCH))
def test_each_batch_has_the_value_of_the_paper(name, kind):
    y, p, weight = batch_of(kind)
    loss = loss_of(name, kind)
    weighted = by_hand(name, kind, y, p, weight).mean()
    unweighted = by_hand(name, kind, y, p, np.ones_like(weight)).mean()
    # The rounding of a logit and its logistic function, a few times.
    assert float(loss(y, p, weight)) == pytest.approx(weighted, rel=1e-12)
    assert float(loss(y, p)) == pytest.approx(unweighted, rel=1e-12)


@pytest.mark.parametrize(("name", "kind"), cases(BY_ROW, ["binary", "multiclass"]))
def test_outputs_can_be_logits(name, kind):
    y, p, _ = batch_of(kind)
    z = logits_of(kind, p)
    outputs = head_of(kind)(tf.constant(z))
    values = loss_of(name, kind, from_logits=True).call(y, z)
    np.testing.assert_array_equal(values, loss_of(name, kind).call(y, outputs))


@pytest.mark.parametrize(("name", "kind"), cases(EVERY))
def test_lists_are_batches_too(name, kind):
    loss, batch = loss_of(name, kind), batch_of(kind)
    assert float(loss(*(part.tolist() for part in batch))) == float(loss(*batch))


def test_a_class_without_rows_does_not_make_the_other_margins_small():
    y, p, _ = batch_of("multiclass")
    absent, frequent = (
        LDAM(class_prior=[0.8, 0.2, share], dtype="float64") for share in (0.0, 1.0)
    )
    y, p = y[y[:, 2] == 0], p[y[:, 2] == 0]
    np.testing.assert_array_equal(absent.call(y, p), frequent.call(y, p))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("loss_class", [BalancedSoftmax, LDAM])
def test_a_class_without_rows_leaves_the_loss_finite(loss_class, dtype):
    y, p, _ = batch_of("multiclass")
    loss = loss_class(class_prior=[0.8, 0.2, 0.0], dtype=dtype)
    assert np.isfinite(loss.call(y.astype(dtype), p.astype(dtype)).numpy()).all()


# Keras' own losses


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0, 5.0])
@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_the_focal_loss_is_that_of_keras(kind, gamma):
    y, p, _ = batch_of(kind)
    if kind == "binary":
        theirs = keras.losses.BinaryFocalCrossentropy(gamma=gamma, dtype="float64")
    else:
        theirs = keras.losses.CategoricalFocalCrossentropy(1, gamma, dtype="float64")
    ours = FocalCrossentropy(gamma, dtype="float64")
    # The rounding of 1 - p, which is 1e-4 or more, in a power of 5.
    np.testing.assert_allclose(ours.call(y, p), theirs.call(y, p), rtol=1e-10)


def equal(prior):
    return np.full(len(prior), 1 / len(prior))


EFFECTLESS = {
    "focal by 0": lambda prior: FocalCrossentropy(0, dtype="float64"),
    "adjusted to equal priors": lambda prior: LogitAdjustedCrossentropy(
        2.0, equal(prior), dtype="float64"
    ),
    "adjusted by 0": lambda prior: LogitAdjustedCrossentropy(0, prior, dtype="float64"),
    "equal priors": lambda prior: BalancedSoftmax(equal(prior), dtype="float64"),
    "no margin": lambda prior: LDAM(0, class_prior=prior, dtype="float64"),
    "asymmetric by 0": lambda _: AsymmetricLoss(0, 0, 0, dtype="float64"),
    "asymmetric by 0, the first": lambda _: AsymmetricLoss(0, 0, 0, 0, dtype="float64"),
}


@pytest.mark.parametrize(("name", "kind"), cases(EFFECTLESS, ["binary", "multiclass"]))
def test_without_its_effect_a_loss_is_cross_entropy_also_far_off(name, kind):
    of_two = keras.losses.BinaryCrossentropy(dtype="float64")
    of_several = keras.losses.CategoricalCrossentropy(dtype="float64")
    theirs = of_two if kind == "binary" else of_several
    y, p, _ = batch_of(kind)
    far = np.where(np.arange(len(p)) % 4 == 0, 1000.0, 1.0)[:, None]
    outputs = head_of(kind)(tf.constant(far * logits_of(kind, p)))
    ours = EFFECTLESS[name](PRIOR[N_CLASSES[kind]])
    # Relative rounding, and that of a difference of logits of some thousands.
    np.testing.assert_allclose(
        ours.call(y, outputs), theirs.call(y, outputs), rtol=1e-12, atol=1e-12
    )
    assert float(ours(y, outputs)) == pytest.approx(float(theirs(y, outputs)))


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_balanced_softmax_is_logit_adjustment_of_strength_one(kind):
    y, p, _ = batch_of(kind)
    one, other = loss_of("balanced softmax", kind), loss_of("adjusted", kind)
    np.testing.assert_array_equal(one.call(y, p), other.call(y, p))


# gradients


def weighted_sum(loss, y, outputs, weight):
    """Return the loss of each network, on the first axis, on its rows."""
    if loss.batch_wide:
        return loss.over_batch(y, outputs, weight)
    values = loss.call(y, outputs) * weight
    return tf.reduce_sum(values, axis=list(range(1, len(values.shape))))


def value_and_slopes(loss, kind, y, z, weight):
    with tf.GradientTape() as tape:
        tape.watch(z)
        value = weighted_sum(loss, y, head_of(kind)(z), weight)
    return value, tape.gradient(value, z)


@pytest.mark.parametrize(("name", "kind"), cases(EVERY))
def test_gradients_are_what_small_steps_say(name, kind):
    y, p, weight = batch_of(kind, n_rows=9, seed=1)
    loss, z, step = loss_of(name, kind), logits_of(kind, p), 1e-5
    # As many networks as there are logits, each with another one changed.
    changes = step * np.eye(z.size).reshape(z.size, *z.shape)
    y_of_each, weight_of_each = (np.stack([part] * z.size) for part in (y, weight))
    above, below = (
        weighted_sum(loss, y_of_each, head_of(kind)(tf.constant(z + h)), weight_of_each)
        for h in (changes, -changes)
    )
    differences = (above - below).numpy().reshape(z.shape) / (2 * step)
    one = (tf.constant(part[None]) for part in (y, z, weight))
    _, slopes = value_and_slopes(loss, kind, *one)
    # The step squared, 1e-10, and the rounding of a loss of some tens by the step.
    np.testing.assert_allclose(slopes[0], differences, rtol=1e-7, atol=5e-9)


def far_off(kind):
    """Return rows whose logits are huge, right and wrong, and their truths."""
    far = [1e4, -1e4, 100.0, -100.0, 20.0, 0.0]
    if kind == "multiclass":
        rows = list(itertools.product(far, far, [0.0], range(3)))
        return np.array(rows)[:, :3], np.eye(3)[[row[3] for row in rows]]
    z, y = np.array(list(itertools.product(far, [0.0, 1.0]))).T
    if kind == "labels":
        return np.stack([z, -z, z], axis=1), np.stack([y, y, 1 - y], axis=1)
    return z[:, None], y[:, None]


# Slopes vanish where an answer, right or wrong, is certain: negatives above the clip.
VANISHING = [name for name in EVERY if name not in UNDOABLE] + [
    name for name in UNDOABLE if "asymm" in name and "unclipped" not in name
]


@pytest.mark.parametrize(("name", "kind"), cases(EVERY))
def test_far_off_nothing_is_nan_and_wrong_rows_have_a_gradient(name, kind):
    loss = loss_of(name, kind, dtype="float32")
    z, y = far_off(kind)
    weight = np.ones(z.shape if kind == "labels" else len(z))
    arrays = [tf.constant(part[None], tf.float32) for part in (y, z, weight)]

    def function(*arrays):
        return value_and_slopes(loss, kind, *arrays)

    results = [function(*arrays)]
    if kind == "binary":  # XLA has powers of its own, and takes a while to compile
        by_xla = tf.function(function, jit_compile=True, autograph=False)
        results.append(by_xla(*arrays))
    for value, slopes in results:
        assert np.isfinite(value.numpy()).all()
        assert np.isfinite(slopes.numpy()).all()
        if name not in VANISHING and kind != "multiclass":
            wrong = z * (2 * y - 1) < -90
            # Away from the answer, by 1 or by LDAM's scale.
            np.testing.assert_array_less(0.99, (slopes.numpy()[0] * np.sign(z))[wrong])


# a loss of the whole batch


@pytest.mark.parametrize(("name", "kind"), cases(BY_BATCH))
def test_weight_two_equals_two_copies(name, kind):
    y, p, weight = batch_of(kind)
    loss, times = loss_of(name, kind), np.arange(len(y)) % 2 + 1
    doubled = (weight.T * times).T
    copies = np.repeat(np.arange(len(y)), times)
    assert float(loss(y, p, doubled)) == pytest.approx(
        float(loss(y[copies], p[copies], weight[copies])), rel=1e-13
    )


@pytest.mark.parametrize("name", BY_BATCH)
@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_weights_may_be_a_column_and_may_be_left_out(name, kind):
    y, p, weight = batch_of(kind)
    loss = loss_of(name, kind)
    assert float(loss(y, p, weight[:, np.newaxis])) == float(loss(y, p, weight))
    alike = float(loss(y, p, np.ones(len(y))))
    assert float(loss(y, p)) == alike == float(loss.call(y, p))


@pytest.mark.parametrize(("name", "kind"), cases(BY_BATCH))
def test_a_row_of_weight_zero_is_absent(name, kind):
    y, p, weight = batch_of(kind)
    loss, there = loss_of(name, kind), np.arange(len(y)) % 3 > 0
    assert float(loss(y, p, (weight.T * there).T)) == pytest.approx(
        float(loss(y[there], p[there], weight[there])), rel=1e-13
    )


@pytest.mark.parametrize(("name", "kind"), cases(BY_BATCH))
def test_the_weight_of_a_class_has_no_effect(name, kind):
    y, p, weight = batch_of(kind)
    loss = loss_of(name, kind)
    # One row's weights, but for labels, which have weights of their own.
    of_class = 1 + 50 * (y if kind == "labels" else y[:, -1])
    for factor in (1e-3, of_class):
        assert float(loss(y, p, factor * weight)) == pytest.approx(
            float(loss(y, p, weight)), rel=1e-13
        )


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_a_class_that_a_batch_does_not_have_adds_nothing(kind):
    y, p, weight = batch_of(kind)
    rows = y[:, -1] == 1
    y, p, weight = y[rows], p[rows], weight[rows]
    squares = (y - p) ** 2
    error = squares.mean(axis=1) if kind == "binary" else squares.sum(axis=1) / 2
    error = np.average(error, weights=weight)
    alone, squared = (loss_of(name, kind) for name in BY_BATCH)
    # The rounding of a logit and its softmax.
    assert float(alone(y, p, weight)) == pytest.approx(error, rel=1e-12)
    assert float(squared(y, p, weight)) == pytest.approx(error**2, rel=1e-12)


@pytest.mark.parametrize("name", BY_BATCH)
def test_labels_are_a_batch_each_and_the_loss_is_their_mean(name):
    y, p, weight = batch_of("labels")
    one = loss_of(name, "binary")
    columns = [
        float(one(y[:, [label]], p[:, [label]], weight[:, label])) for label in range(3)
    ]
    together = float(loss_of(name, "labels")(y, p, weight))
    assert together == pytest.approx(np.mean(columns), rel=1e-13)


# each label


@pytest.mark.parametrize("name", EVERY)
def test_a_weight_of_a_row_is_one_of_all_its_labels(name):
    y, p, weight = batch_of("labels")
    loss = loss_of(name, "labels")
    of_each = np.repeat(weight[:, :1], 3, axis=1)
    assert float(loss(y, p, weight[:, 0])) == float(loss(y, p, of_each))
    assert float(loss(y, p, weight[:, :1])) == float(loss(y, p, of_each))


PRIORS = [[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]]
LABEL_DATA = {
    "priors": (BalancedSoftmax, {"class_prior": PRIORS}),
    "strengths": (LogitAdjustedCrossentropy, {"tau": [[0], [1], [2]]}),
    "margins": (LDAM, {"max_margin": [[0], [1], [2]], "scale": [[1], [2], [3]]}),
    "focus": (FocalCrossentropy, {"gamma": [[0.0], [1.5], [3.0]]}),
    "asymmetry": (
        AsymmetricLoss,
        {"gamma_neg": [[0], [4], [0.5]], "clip": [[0], [0], [0.1]]},
    ),
    "costs": (
        ExpectedCost,
        {"cost_matrix": [[[0, 1], [5, 0]], [[0, 2], [1, 0]], [[0, 1], [20, -1]]]},
    ),
}


def loss_of_labels(name):
    """Return a loss with data for each label, and one for each label alone."""
    loss_class, data = LABEL_DATA[name]
    if name in ("strengths", "margins"):
        data = data | {"class_prior": PRIORS}
    alone = [
        loss_class(**{key: values[label] for key, values in data.items()})
        for label in range(3)
    ]
    return PerOutput(loss_class(**data)), alone


@pytest.mark.parametrize("name", LABEL_DATA)
def test_labels_have_priors_costs_and_numbers_of_their_own(name):
    y, p, _ = (part.astype(np.float32) for part in batch_of("labels"))
    together, alone = loss_of_labels(name)
    values, undone = together.call(y, p), together.undo(p)
    for label, loss in enumerate(alone):
        column = p[:, [label]]
        np.testing.assert_array_equal(
            values[:, label], loss.call(y[:, [label]], column)
        )
        true = loss.undo(np.hstack([1 - column, column]))
        np.testing.assert_array_equal(undone[:, label], true[:, 1])


def test_cross_entropy_per_output_is_that_of_keras():
    y, p, _ = batch_of("labels")
    theirs = keras.losses.BinaryCrossentropy(dtype="float64")
    loss = PerOutput(theirs, dtype="float64")
    assert float(loss(y, p)) == pytest.approx(float(theirs(y, p)), rel=1e-13)
    huge = keras.activations.sigmoid(tf.constant([[1e4, -1e4]], tf.float64))
    values = loss.call(np.array([[0.0, 0.0]]), huge)
    np.testing.assert_array_equal(values, [[1e4, 0.0]])  # from logits: else 16
    assert float(loss(np.array([[0.0, 0.0]]), huge)) == 5e3


# written and read

SAVED = {
    **{f"{name}, {kind}": (loss_of(name, kind), kind) for name, kind in cases(EVERY)},
    **{f"{name} of each": (loss_of_labels(name)[0], "labels") for name in LABEL_DATA},
    "array": (
        LogitAdjustedCrossentropy(np.float32(0.5), np.array([0.9, 0.1])),
        "binary",
    ),
    "no array": (MeanFalseError(name="mine"), "multiclass"),
    "sum": (FocalCrossentropy(1.0, reduction="sum"), "multiclass"),
    "logits": (ExpectedCost(COSTS[3], from_logits=True), "multiclass"),
    "Keras'": (PerOutput(keras.losses.BinaryCrossentropy(dtype="float64")), "labels"),
}


@pytest.mark.parametrize("name", SAVED)
def test_a_loss_that_is_written_and_read_is_the_same(name):
    loss, kind = SAVED[name]
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert type(again) is type(loss)
    assert again.get_config() == loss.get_config()
    assert again.dtype == loss.dtype
    batch = batch_of(kind)
    np.testing.assert_array_equal(again(*batch), loss(*batch))


@pytest.mark.parametrize(
    "name",
    [
        *("focal by 1.7, multiclass", "adjusted by half, binary", "ldam, labels"),
        *("balanced softmax, multiclass", "asymmetric, the first, binary"),
        *("cost, multiclass", "false error, labels", "squared false error, binary"),
        *("priors of each", "costs of each", "Keras'"),
    ],
)
def test_a_saved_model_computes_the_same_loss(name, tmp_path):
    loss, kind = SAVED[name]
    y, _, weight = batch_of(kind)
    X = np.random.default_rng(0).normal(size=(len(y), 4))
    head = keras.layers.Dense(y.shape[1], head_of(kind), dtype="float64")
    model = keras.Sequential([keras.Input((4,), dtype="float64"), head])
    model.compile(keras.optimizers.SGD(), loss)
    model.optimizer.build(model.trainable_variables)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.loss.get_config() == loss.get_config()
    before, after = (
        float(one.compute_loss(X, y, one(X), sample_weight=weight))
        for one in (model, loaded)
    )
    assert before == after == pytest.approx(float(loss(y, model(X), weight)), rel=1e-6)


def test_a_subclass_that_keras_does_not_know_can_have_other_data():
    class Mine(FocalCrossentropy):
        pass

    loss = Mine(gamma=2.0)
    other = loss.with_data({"gamma": 3.0})
    assert (type(other), other.gamma, loss.gamma) == (Mine, 3.0, 2.0)
    assert PerOutput(loss).with_data({"gamma": 3.0}).loss.gamma == 3.0


# what is wrong is said

NEEDS = (
    "{} needs {}. Pass it when you create the loss. CostSensitiveMLPClassifier sets it "
    "automatically."
)
WRONG = [
    (FocalCrossentropy, {"gamma": -1}, "gamma must be a number of at least 0. Got -1."),
    (
        FocalCrossentropy,
        {"gamma": float("nan")},
        "gamma must be a number of at least 0. Got nan.",
    ),
    (
        LogitAdjustedCrossentropy,
        {"tau": -0.5},
        "tau must be a number of at least 0. Got -0.5.",
    ),
    (LDAM, {"max_margin": -1}, "max_margin must be a number of at least 0. Got -1."),
    (LDAM, {"scale": 0}, "scale must be a number above 0. Got 0."),
    (
        AsymmetricLoss,
        {"gamma_neg": -1},
        "gamma_neg must be a number of at least 0. Got -1.",
    ),
    (
        AsymmetricLoss,
        {"gamma_pos": -1},
        "gamma_pos must be a number of at least 0. Got -1.",
    ),
    (AsymmetricLoss, {"clip": -0.1}, "clip must be a number of at least 0. Got -0.1."),
    (AsymmetricLoss, {"clip": 1}, "clip must be a number below 1. Got 1."),
    (AsymmetricLoss, {"positive": 2}, "positive must be 0 or 1. Got 2."),
]


@pytest.mark.parametrize(("loss_class", "settings", "message"), WRONG)
def test_numbers_out_of_range_are_explained(loss_class, settings, message):
    with pytest.raises(ValueError, match=whole(message)):
        loss_class(**settings)


@pytest.mark.parametrize(
    ("loss", "name"),
    [
        (LogitAdjustedCrossentropy(), "class_prior"),
        (BalancedSoftmax(), "class_prior"),
        (LDAM(), "class_prior"),
        (ExpectedCost(), "cost_matrix"),
    ],
)
def test_missing_data_are_explained(loss, name):
    y, p, _ = batch_of("binary")
    message = whole(NEEDS.format(type(loss).__name__, name))
    with pytest.raises(ValueError, match=message):
        loss(y, p)
    assert MeanFalseError()(y, p) > 0  # which needs its priors to be undone only


def test_the_asymmetric_loss_of_several_classes_is_explained():
    y, p, _ = batch_of("multiclass")
    message = whole(
        "AsymmetricLoss supports two classes and multilabel problems. The outputs "
        "are 3 mutually exclusive classes. Use FocalCrossentropy."
    )
    with pytest.raises(ValueError, match=message):
        AsymmetricLoss()(y, p)


# undone

POSTERIORS = [
    *([0.5, 0.5], [0.9, 0.1], [0.07, 0.93]),
    *([0.2, 0.3, 0.5], [0.9, 0.06, 0.04], [0.34, 0.33, 0.33]),
]
# A minimum is flat: rounding of 1e-16 in the loss moves it by 1e-8, and steps of the
# search that are that small end it at a few times as much.
UNDONE = 1e-6


def minimiser(loss, start):
    """Return the probabilities, in rows, at which a function of them is least."""
    n_classes = start.shape[1]

    def proba_at(free):
        free = free.reshape(-1, n_classes - 1)
        return softmax(np.hstack([free, np.zeros((len(free), 1))]), axis=1)

    logits = np.log(start[:, :-1] / start[:, -1:])
    found = minimize(
        lambda free: loss(proba_at(free)),
        logits.ravel(),
        method="Nelder-Mead",
        options={"xatol": 1e-10, "fatol": 1e-16, "maxiter": 10**4, "maxfev": 10**4},
    )
    return proba_at(found.x)


@pytest.mark.parametrize(
    ("name", "posterior"),
    [
        (name, posterior)
        for name, posterior in itertools.product(UNDOABLE, POSTERIORS)
        if len(posterior) == 2 or not name.startswith("asymmetric")
    ],
    ids=str,
)
def test_undoing_a_loss_returns_the_posterior_whose_loss_is_least(name, posterior):
    k = len(posterior)
    posterior, settings = np.array([posterior]), settings_of(name, k)

    def expected_loss(p):
        return posterior[0] @ EVERY[name][1](np.eye(k), np.tile(p, (k, 1)), **settings)

    proba = minimiser(expected_loss, posterior)
    loss = loss_of(name, "binary" if k == 2 else "multiclass")
    np.testing.assert_allclose(loss.undo(proba), posterior, atol=UNDONE)


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_undoing_margins_of_any_scale_returns_the_posterior(scale):
    posterior, prior = np.array([[0.7, 0.3]]), np.array([0.8, 0.2])
    proba = minimiser(
        lambda p: posterior[0] @ ldam(np.eye(2), np.tile(p, (2, 1)), 1, scale, prior),
        posterior,
    )
    loss = LDAM(max_margin=1, scale=scale, class_prior=prior)
    np.testing.assert_allclose(loss.undo(proba), posterior, atol=UNDONE)


def test_a_class_without_rows_has_no_margin_to_undo():
    loss = LDAM(max_margin=1, class_prior=[0.8, 0.2, 0.0])
    [proba] = np.array([[0.5, 0.3, 0.2]])
    margins = [0.25**0.25, 1, 0]
    shares = proba * (1 - proba * -np.expm1(-np.array(margins)))
    np.testing.assert_allclose(
        loss.undo(proba[np.newaxis]), [shares / shares.sum()], rtol=1e-12
    )


@pytest.mark.parametrize(
    "posterior", [[[0.9, 0.1], [0.6, 0.4]], [[0.7, 0.2, 0.1], [0.2, 0.3, 0.5]]]
)
def test_undoing_the_false_error_of_a_population_returns_its_posterior(posterior):
    posterior = np.array(posterior)
    share = np.array([0.7, 0.3])  # of the two points that the population has
    k = posterior.shape[1]
    truth, weight = np.tile(np.eye(k), (2, 1)), (share[:, None] * posterior).ravel()
    proba = minimiser(
        lambda p: mean_false_error(truth, np.repeat(p, k, axis=0), weight), posterior
    )
    loss = MeanFalseError(class_prior=share @ posterior)
    assert np.abs(proba - posterior).max() > 0.05
    np.testing.assert_allclose(loss.undo(proba), posterior, atol=UNDONE)


@pytest.mark.parametrize("name", EVERY)
def test_some_losses_cannot_be_undone(name):
    possible = name not in ("cost", "squared false error")
    assert loss_of(name, "binary").distortion.recoverable == possible
    assert loss_of(name, "labels").distortion.recoverable == possible


# in the engine

N_ROWS, N_FEATURES = 70, 4  # three batches of 32, the last of 6 rows
rng = np.random.default_rng(0)
X = rng.normal(size=(N_ROWS, N_FEATURES))
WEIGHT = rng.random(N_ROWS) + 0.1
NOISE = rng.normal(size=(N_ROWS, 3))
TARGETS = {
    "binary": (X[:, 0] + NOISE[:, 0] > 0.8).astype(int),
    "multiclass": np.digitize(X[:, 1] + NOISE[:, 1], [0.2, 1.0]),
    "labels": (X[:, :3] + NOISE > [0.5, 1.0, -0.5]).astype(np.uint8),
}
CLASS_WEIGHT = {
    "binary": np.array([1.0, 3.0]),
    "multiclass": np.array([1.0, 2.0, 0.5]),
    "labels": np.array([[1.0, 3.0], [0.5, 1.0], [2.0, 1.0]]),
}
ENGINE = [
    *("focal by 1.7", "adjusted by half", "balanced softmax", "ldam, scaled"),
    *("asymmetric by 0.5, 1.5", "cost", *BY_BATCH),
]
# Each loss once, and those with arrays of several axes on labels.
ONE_OF_EACH = [
    ("focal by 1.7", "labels"),
    ("adjusted by half", "multiclass"),
    ("balanced softmax", "labels"),
    ("ldam, scaled", "multiclass"),
    ("asymmetric by 0.5, 1.5", "labels"),
    ("cost", "multiclass"),
    ("cost", "labels"),
    ("false error", "binary"),
    ("squared false error", "labels"),
]


def varied(loss, seed):
    """Return a loss with other numbers, and with other arrays, for labels one each."""
    rng = np.random.default_rng(seed)
    data = {}
    for name, values in loss.data().items():
        shape = values.shape
        if isinstance(loss, PerOutput) and loss.loss.ranks[name]:
            shape = (3, *shape[1:])
        data[name] = values * rng.uniform(0.5, 1.5, shape)
    return loss.with_data(data)


def network_of(kind):
    width, head = (3, "softmax") if kind == "multiclass" else (1, "sigmoid")
    width = 3 if kind == "labels" else width
    stages = (Dense(5, "tanh", "he_uniform"), Dense(width, head, "he_uniform"))
    return NetworkSpec(N_FEATURES, stages, "float64")


def spec_of(name, kind, epochs=3, early_stopping=None):
    optimizer = keras.optimizers.SGD(0.1, momentum=0.9)
    loss = varied(loss_of(name, kind), seed=0)
    return TrainingSpec(optimizer, loss, 32, epochs, early_stopping)


def rows_of(kind, rows=slice(None), **more):
    weights = {"class_weight": CLASS_WEIGHT[kind]} | more
    return Rows(X, TARGETS[kind], WEIGHT, np.arange(N_ROWS)[rows], **weights)


def run_of(kind, seed=0, **more):
    weights, shuffle = np.random.SeedSequence(seed).spawn(2)
    defaults = dict(
        data=rows_of(kind),
        parameters=initial_parameters(network_of(kind), weights),
        learning_rate=0.1,
        shuffle_seed=shuffle,
    )
    return Run(**defaults | more)


def assert_same(one, other, rtol):
    for ours, theirs in zip(one.parameters, other.parameters, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=rtol)


@pytest.mark.parametrize(("name", "kind"), cases(ENGINE))
def test_training_equals_keras(name, kind):
    network, spec, run = network_of(kind), spec_of(name, kind), run_of(kind)
    [fused] = train(network, spec, [run])
    by_keras = train_with_keras(network, spec, run)
    # What the issue asks for; rounding is far below.
    assert_same(fused, by_keras, rtol=1e-10)
    np.testing.assert_allclose(  # Keras keeps it in float32
        fused.history["loss"], by_keras.history["loss"], rtol=1e-5
    )


@pytest.mark.parametrize(("name", "kind"), ONE_OF_EACH)
def test_stacked_networks_with_losses_of_their_own_equal_fits_alone(name, kind):
    network, spec = network_of(kind), spec_of(name, kind)
    runs = [run_of(kind, seed, loss=varied(spec.loss, seed)) for seed in range(3)]
    for together, run in zip(train(network, spec, runs), runs, strict=True):
        assert_same(together, train(network, spec, [run])[0], rtol=1e-10)


@pytest.mark.parametrize(("name", "kind"), ONE_OF_EACH)
def test_other_data_of_a_loss_give_another_network_by_the_same_program(name, kind):
    network, spec = network_of(kind), spec_of(name, kind)
    [first] = train(network, spec, [run_of(kind)])
    programs = set(PROGRAMS._made)
    other = varied(spec.loss, seed=1)
    for run, another in (
        (run_of(kind, loss=other), spec),
        (run_of(kind), replace(spec, loss=other)),
    ):
        [second] = train(network, another, [run])
        change = np.abs(second.parameters[0] - first.parameters[0]).max()
        assert (change > 1e-6) == (name not in BY_BATCH)
    assert set(PROGRAMS._made) == programs


def test_data_of_another_shape_are_trained_with_too():
    network = network_of("labels")
    of_all, of_each = (
        PerOutput(FocalCrossentropy(gamma, dtype="float64"), dtype="float64")
        for gamma in (1.5, [[1.5]] * 3)
    )
    one, other = (
        train(network, replace(spec_of("focal", "labels"), loss=loss), [run])[0]
        for loss, run in ((of_all, run_of("labels")), (of_each, run_of("labels")))
    )
    assert_same(one, other, rtol=1e-12)


@pytest.mark.parametrize(("name", "kind"), ONE_OF_EACH)
def test_the_mean_loss_of_rows_is_that_of_the_formula(name, kind):
    network, loss = network_of(kind), loss_of(name, kind)
    parameters, data = run_of(kind).parameters, rows_of(kind, slice(50, 70))
    truth, weight = data.targets_of(data.rows), data.weights_of(data.rows)
    p = Forward(network, [parameters])(X[data.rows])[0]
    if name in BY_BATCH:
        expected = by_hand(name, kind, truth.astype(float), p, weight).mean()
    else:
        values = by_hand(name, kind, truth.astype(float), p)
        expected = np.average(values, weights=weight)
    found = mean_loss(network, loss, parameters, data)
    # The rounding of probabilities of some hundredths, and their powers.
    assert found == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize(("name", "kind"), ONE_OF_EACH[-2:] + ONE_OF_EACH[:1])
def test_early_stopping_on_a_loss_equals_keras(name, kind):
    network = network_of(kind)
    spec = spec_of(name, kind, 30, EarlyStopping(2, 1e-2))
    run = run_of(
        kind,
        data=rows_of(kind, slice(50)),
        validation=rows_of(kind, slice(50, 70)),
        loss=varied(spec.loss, seed=1),
    )
    [fused] = train(network, spec, [run])
    by_keras = train_with_keras(network, spec, run)
    assert fused.n_epochs == by_keras.n_epochs < 30
    assert_same(fused, by_keras, rtol=1e-10)
    np.testing.assert_allclose(
        fused.history["val_loss"], by_keras.history["val_loss"], rtol=1e-10
    )
    best = mean_loss(network, run.loss, fused.parameters, run.validation)
    assert best == pytest.approx(min(fused.history["val_loss"]), rel=1e-12)


# class weights that start later

EARLY = {"binary": np.array([1.0, 1.0]), "labels": np.full((3, 2), [1.0, 0.5])}


@pytest.mark.parametrize("kind", EARLY)
def test_class_weights_that_start_later_are_two_trainings(kind):
    network, spec = network_of(kind), spec_of("focal by 1.7", kind, epochs=2)
    deferred = rows_of(kind, early_class_weight=EARLY[kind], class_weight_epoch=2)
    early = rows_of(kind, class_weight=EARLY[kind])
    [first] = train(network, spec, [run_of(kind, data=early)])
    then = run_of(
        kind,
        parameters=first.parameters,
        optimizer_state=first.optimizer_state,
        first_epoch=2,
    )
    three, five = (replace(spec, epochs=epochs) for epochs in (3, 5))
    [in_two] = train(network, three, [then])
    [at_once] = train(network, five, [run_of(kind, data=deferred)])
    # The same steps of the same program.
    assert_same(at_once, in_two, rtol=0)
    by_keras = train_with_keras(network, five, run_of(kind, data=deferred))
    assert_same(at_once, by_keras, rtol=1e-10)
    [never] = train(network, five, [run_of(kind)])
    assert np.abs(never.parameters[0] - at_once.parameters[0]).max() > 1e-3


@pytest.mark.parametrize("kind", EARLY)
def test_epochs_are_counted_from_the_first_training(kind):
    network, spec = network_of(kind), spec_of("focal by 1.7", kind, epochs=1)
    deferred = rows_of(kind, early_class_weight=EARLY[kind], class_weight_epoch=2)
    [first] = train(network, spec, [run_of(kind, data=deferred)])
    then = run_of(
        kind,
        data=deferred,
        parameters=first.parameters,
        optimizer_state=first.optimizer_state,
        first_epoch=1,
    )
    [in_two] = train(network, replace(spec, epochs=3), [then])
    run = run_of(kind, data=deferred)
    [at_once] = train(network, replace(spec, epochs=4), [run])
    assert_same(at_once, in_two, rtol=0)
    by_keras = train_with_keras(network, replace(spec, epochs=3), then)
    assert_same(in_two, by_keras, rtol=1e-10)


# in the estimator

Y = {**TARGETS, "multiclass": np.array(["a", "b", "c"])[TARGETS["multiclass"]]}


def mlp(loss, kind="binary", **more):
    """Return an estimator of the engine's network above."""
    settings = dict(
        hidden_layer_sizes=(5,),
        activation="tanh",
        alpha=0.0,
        optimizer="sgd",
        optimizer__momentum=0.9,
        learning_rate=0.05,
        batch_size=32,
        epochs=5,
        random_state=0,
        engine="xla",
    )
    if loss in ("expected_cost", ExpectedCost) or isinstance(loss, ExpectedCost):
        settings["cost_matrix"] = COSTS[N_CLASSES[kind]]
    return CostSensitiveMLPClassifier(loss=loss, **settings | more)


@pytest.mark.parametrize(("name", "kind"), cases(LOSS_NAMES))
def test_every_name_trains_on_the_engine(name, kind):
    fitted = mlp(name, kind).fit(X, Y[kind])
    proba = fitted.predict_proba(X)
    assert fitted.engine_ == "xla"
    assert fitted.loss_curve_[-1] < fitted.loss_curve_[0]
    assert proba.shape == (N_ROWS, 2 if kind == "binary" else 3)
    assert ((proba > 0) & (proba < 1)).all()
    assert fitted.predict(X).shape == Y[kind].shape


@pytest.mark.parametrize("name", LOSS_NAMES)
def test_a_loss_trains_in_either_precision(name):
    start = keras.initializers.Constant(0.3)  # what is drawn depends on the precision
    double, single = (
        mlp(name, kernel_initializer=start)
        .fit(X.astype(dtype), Y["binary"])
        .predict_proba(X.astype(dtype))
        for dtype in ("float64", "float32")
    )
    assert (double.dtype, single.dtype) == ("float64", "float32")
    # 15 steps with a relative rounding of 1e-7 each.
    np.testing.assert_allclose(single, double, atol=1e-5)


@pytest.mark.parametrize("name", LOSS_CLASSES)
def test_a_name_its_class_and_an_instance_are_one_loss(name):
    instance = LOSS_CLASSES[name]()
    before, attributes = instance.get_config(), dict(vars(instance))
    by_name, by_class, by_instance = (
        mlp(loss).fit(X, Y["binary"], WEIGHT).predict_proba(X)
        for loss in (name, LOSS_CLASSES[name], instance)
    )
    np.testing.assert_array_equal(by_name, by_class)
    np.testing.assert_array_equal(by_name, by_instance)
    assert instance.get_config() == before
    assert vars(instance) == attributes


def test_an_instance_for_each_label_is_left_as_it_is():
    instance = PerOutput(BalancedSoftmax())
    inner, before = instance.loss, instance.get_config()
    proba = mlp(instance, "labels").fit(X, Y["labels"]).predict_proba(X)
    assert instance.loss is inner
    assert instance.get_config() == before
    by_name = mlp("balanced_softmax", "labels").fit(X, Y["labels"])
    np.testing.assert_array_equal(proba, by_name.predict_proba(X))


@pytest.mark.parametrize("kind", Y)
def test_class_priors_are_shares_of_the_weights(kind):
    weight = np.arange(N_ROWS) % 3
    fitted = mlp("balanced_softmax", kind).fit(X, Y[kind], weight)
    copies = np.repeat(np.arange(N_ROWS), weight)
    columns = Y[kind][copies] if kind == "labels" else Y[kind][copies, None]
    shares = [
        np.unique(column, return_counts=True)[1] / len(copies) for column in columns.T
    ]
    loss = (
        fitted._trained.networks[0].loss.loss
        if kind == "labels"
        else fitted._trained.networks[0].loss
    )
    expected = shares if kind == "labels" else shares[0]
    np.testing.assert_allclose(loss.class_prior, expected, rtol=1e-15)


def test_priors_that_are_given_are_kept():
    given = mlp(BalancedSoftmax([0.5, 0.5])).fit(X, Y["binary"])
    plain = mlp("cross_entropy").fit(X, Y["binary"])
    # The engine's rounding of two programs, over 15 steps.
    np.testing.assert_allclose(
        given.predict_proba(X), plain.predict_proba(X), rtol=1e-12
    )


@pytest.mark.parametrize("rare", [0, 1])
def test_the_rarer_of_two_classes_is_the_positive_one(rare):
    y = Y["binary"] if rare else 1 - Y["binary"]
    by_name = mlp("asymmetric").fit(X, y)
    given = mlp("asymmetric", loss__positive=rare).fit(X, y)
    other = mlp("asymmetric", loss__positive=1 - rare).fit(X, y)
    proba = by_name.predict_proba(X)
    np.testing.assert_array_equal(proba, given.predict_proba(X))
    assert np.abs(proba - other.predict_proba(X)).max() > 1e-2


@pytest.mark.parametrize("kind", Y)
def test_only_ratios_of_costs_count(kind):
    costs = np.array(COSTS[N_CLASSES[kind]])
    one, other = (
        mlp("expected_cost", kind, cost_matrix=factor * costs).fit(X, Y[kind])
        for factor in (1, 50)
    )
    # The rounding of a factor, over 15 steps.
    np.testing.assert_allclose(one.predict_proba(X), other.predict_proba(X), rtol=1e-10)


def test_a_loss_and_its_numbers_are_searchable():
    search = GridSearchCV(
        mlp("focal", epochs=2),
        [{"loss__gamma": [0.0, 4.0]}, {"loss": ["ldam"], "loss__scale": [2.0]}],
        cv=2,
        scoring="neg_log_loss",
        error_score="raise",
    ).fit(X, Y["binary"])
    scores = search.cv_results_["mean_test_score"]
    assert len(set(scores)) == 3
    assert search.best_estimator_.predict(X).shape == (N_ROWS,)


def test_a_loss_of_keras_is_trained_with_as_it_is():
    theirs = keras.losses.BinaryFocalCrossentropy
    ours, instance, routed = (
        mlp(loss, **more).fit(X, Y["binary"]).predict_proba(X)
        for loss, more in (
            ("focal", {"loss__gamma": 1.0}),
            (theirs(gamma=1.0), {}),
            (theirs, {"loss__gamma": 1.0}),
        )
    )
    # Two formulas of 1 - p, over 15 steps.
    np.testing.assert_allclose(instance, ours, rtol=1e-10)
    np.testing.assert_array_equal(routed, instance)


def test_a_loss_that_keras_does_not_know_is_trained_with():
    class Mine(keras.losses.Loss):
        def call(self, y_true, y_pred):
            return keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)

    ours, theirs = (
        mlp(loss).fit(X, Y["binary"]).predict_proba(X)
        for loss in (Mine(), keras.losses.MeanSquaredError())
    )
    # The same formula in two programs, over 15 steps.
    np.testing.assert_allclose(ours, theirs, rtol=1e-10)


@pytest.mark.parametrize("kind", ["binary", "labels"])
def test_a_loss_of_the_user_declares_what_it_distorts(kind):
    def undo(proba):
        return proba**2 / (proba**2).sum(axis=1, keepdims=True)

    class Declared(keras.losses.MeanSquaredError):
        distortion = Distortion("shape", "logits are halved", undo=undo)

    clf = mlp(Declared(), kind, correct_probabilities=True).fit(X, Y[kind])
    corrected = clf.predict_proba(X)
    plain = clf.set_params(correct_probabilities=False).predict_proba(X)
    expected = plain**2 / (plain**2 + (1 - plain) ** 2)
    # Class weights, which are 1, are undone by a logarithm and its exponential.
    np.testing.assert_allclose(corrected, expected, rtol=1e-12)


def test_a_loss_of_the_user_that_equalizes_counts_twice_with_weights():
    class Equalizing(keras.losses.MeanSquaredError):
        distortion = Distortion("prior", "classes count equally", equalizes=True)

    message = r"^Imbalance counts twice: Equalizing .* Use class_weight=None\.$"
    with pytest.warns(DoubleCountWarning, match=message):
        mlp(Equalizing(), class_weight="balanced").fit(X, Y["binary"])
    clf = mlp(Equalizing(), correct_probabilities=True)
    with pytest.raises(ValueError, match=r"^correct_probabilities=True needs true"):
        clf.fit(X, Y["binary"])


UNDONE_NAMES = [
    name
    for name in LOSS_NAMES
    if name not in ("expected_cost", "mean_squared_false_error")
]


@pytest.mark.parametrize(("name", "kind"), cases(UNDONE_NAMES))
def test_correcting_probabilities_changes_no_decision(name, kind):
    fitted = mlp(name, kind).fit(X, Y[kind])
    costs, proba = np.array(COSTS[N_CLASSES[kind]]), fitted.predict_proba(X)
    likely, cheap = fitted.predict(X), fitted.predict(X, cost_matrix=costs)
    fitted.correct_probabilities = True
    np.testing.assert_array_equal(fitted.predict(X), likely)
    np.testing.assert_array_equal(fitted.predict(X, cost_matrix=costs), cheap)
    corrected, loss = fitted.predict_proba(X), fitted._trained.networks[0].loss
    undone = loss.undo(proba) if hasattr(loss, "undo") else proba
    # Class weights, which are 1, are undone by a logarithm and its exponential.
    np.testing.assert_allclose(corrected, undone, rtol=1e-12)
    assert (np.abs(corrected - proba).max() > 1e-3) == (name != "cross_entropy")
    if kind == "labels":
        corrected = np.stack([1 - corrected, corrected], axis=-1)
    cheapest = (corrected @ costs).argmin(axis=-1)
    np.testing.assert_array_equal(np.unique(Y[kind])[cheapest], cheap)


CATEGORICAL = keras.losses.CategoricalCrossentropy()
SPARSE = keras.losses.SparseCategoricalCrossentropy()
MISFIT = (
    "loss must accept true values ({}) and probabilities, and must be lower for "
    "probabilities closer to the true values. {} does not do this."
)
IN_COLUMN, ONE_HOT = "0 and 1 in one column", "one-hot"
INSTANCE = (
    "loss__{} has no effect, because loss is an instance. Pass its class, {}, or a "
    "name. These accept routed parameters."
)
MESSAGES = [
    (
        "binary",
        {"loss": "focl"},
        "loss must be a name, a keras.losses.Loss or its class. 'focl' is not the "
        "name of a loss. Did you mean 'focal'?",
    ),
    (
        "binary",
        {"loss": dict},
        "loss must be a name, a keras.losses.Loss or its class. Got dict.",
    ),
    (
        "binary",
        {"loss": FocalCrossentropy(), "loss__gamma": 1},
        INSTANCE.format("gamma", "FocalCrossentropy"),
    ),
    (
        "binary",
        {"loss": CATEGORICAL, "loss__axis": 1},
        INSTANCE.format("axis", "CategoricalCrossentropy"),
    ),
    (
        "binary",
        {"loss": "focal", "loss__gama": 1},
        "loss='focal' has no parameter 'gama', given as loss__gama. Did you mean "
        "'gamma'?",
    ),
    (
        "binary",
        {"loss": FocalCrossentropy, "loss__from_logits": True},
        "FocalCrossentropy has no parameter 'from_logits', given as "
        "loss__from_logits. Known: 'gamma'.",
    ),
    (
        "binary",
        {"loss": "mean_false_error", "loss__gamma": 1},
        "loss='mean_false_error' has no parameter 'gamma', given as loss__gamma. It "
        "has no parameters.",
    ),
    (
        "binary",
        {"loss": "focal", "loss__gamma": -1},
        "gamma must be a number of at least 0. Got -1.",
    ),
    (
        "multiclass",
        {"loss": "asymmetric"},
        "loss='asymmetric' supports two classes and multilabel problems. There are 3 "
        "classes. Use "
        "loss='focal'.",
    ),
    (
        "binary",
        {"loss": keras.losses.BinaryCrossentropy(from_logits=True)},
        "The network's outputs are probabilities, but BinaryCrossentropy has "
        "from_logits=True. Use from_logits=False; the loss is computed from logits in "
        "both cases.",
    ),
    (
        "binary",
        {"loss": FocalCrossentropy(from_logits=True)},
        "The network's outputs are probabilities, but FocalCrossentropy has "
        "from_logits=True. Use from_logits=False; the loss is computed from logits in "
        "both cases.",
    ),
    (
        "binary",
        {"loss": CATEGORICAL},
        MISFIT.format(IN_COLUMN, "CategoricalCrossentropy"),
    ),
    (
        "labels",
        {"loss": CATEGORICAL},
        MISFIT.format(IN_COLUMN, "CategoricalCrossentropy"),
    ),
    (
        "multiclass",
        {"loss": SPARSE},
        MISFIT.format(ONE_HOT, "SparseCategoricalCrossentropy"),
    ),
    (
        "binary",
        {"loss": SPARSE},
        MISFIT.format(IN_COLUMN, "SparseCategoricalCrossentropy"),
    ),
    (
        "multiclass",
        {"loss": keras.losses.CosineSimilarity, "loss__axis": 0},
        "CosineSimilarity has no parameter 'axis', given as loss__axis. It has no "
        "parameters.",
    ),
    (
        "binary",
        {"loss": "expected_cost", "cost_matrix": None},
        "loss='expected_cost' minimizes the costs in cost_matrix, which is None. Set "
        "cost_matrix.",
    ),
]


@pytest.mark.parametrize(("kind", "params", "message"), MESSAGES)
def test_a_loss_that_cannot_be_used_is_explained(kind, params, message):
    with pytest.raises(ValueError, match=whole(message)):
        mlp(kind=kind, **params).fit(X, Y[kind])


OTHER_KINDS = [
    (
        "multiclass",
        {"loss": AsymmetricLoss()},
        "loss='AsymmetricLoss' supports two classes and multilabel problems. There are "
        "3 classes. "
        "Use loss='focal'.",
    ),
    (
        "multiclass",
        {"loss": PerOutput(FocalCrossentropy())},
        "PerOutput supports only multilabel problems, but y has mutually "
        "exclusive classes: ['a', 'b', 'c']. Use FocalCrossentropy itself.",
    ),
    (
        "binary",
        {"loss": LDAM(class_prior=[0.2, 0.3, 0.5])},
        "class_prior of LDAM must have one share for each class. Its shape is (3,) "
        "and must be (2,). Without class_prior, the shares in y are used.",
    ),
    (
        "binary",
        {"loss": FocalCrossentropy(reduction=None)},
        "Training needs one number per batch, but FocalCrossentropy has no reduction. "
        "Use reduction='sum_over_batch_size'.",
    ),
    (
        "binary",
        {"loss": "focal", "loss__gamma": "a"},
        "gamma must be a number of at least 0. Got 'a'.",
    ),
    (
        "binary",
        {"loss": PerOutput},
        "PerOutput cannot be created from its routed parameters: PerOutput.__init__() "
        "missing 1 required positional argument: 'loss'. Pass an instance.",
    ),
]


@pytest.mark.parametrize(("kind", "params", "message"), OTHER_KINDS)
def test_a_loss_of_another_kind_of_outputs_is_explained(kind, params, message):
    with pytest.raises(ValueError, match=whole(message)):
        mlp(kind=kind, **params).fit(X, Y[kind])


@pytest.mark.parametrize("loss", [FocalCrossentropy(), MeanFalseError()])
def test_truths_may_lack_the_axis_of_the_single_output(loss):
    truth, proba = np.array([1.0, 0.0]), np.array([[0.3], [0.6]])
    assert float(loss(truth, proba)) == float(loss(truth[:, np.newaxis], proba))


@pytest.mark.parametrize(
    "loss", [LogitAdjustedCrossentropy(), LDAM(), MeanFalseError()]
)
def test_nothing_is_undone_without_the_shares_of_the_classes(loss):
    message = (
        f"{type(loss).__name__} needs class_prior. Pass it when you create the loss. "
        f"CostSensitiveMLPClassifier sets it automatically."
    )
    with pytest.raises(ValueError, match=whole(message)):
        loss.undo(np.array([[0.3, 0.7]]))
