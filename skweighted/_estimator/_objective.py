"""From the estimator's parameters to the loss that is minimised, and back from it."""

import inspect

import numpy as np

from skweighted._engine._loss_data import is_batch_wide
from skweighted._estimator._scikeras import near, routed_to
from skweighted._tensorflow import keras
from skweighted.losses import (
    LDAM,
    AsymmetricLoss,
    BalancedSoftmax,
    ExpectedCost,
    FocalCrossentropy,
    LogitAdjustedCrossentropy,
    MeanFalseError,
    MeanSquaredFalseError,
    PerOutput,
)

# The names by which a search can choose a loss.
LOSSES = {
    "cross_entropy": None,  # Keras' own, of two classes or more
    "focal": FocalCrossentropy,
    "logit_adjusted": LogitAdjustedCrossentropy,
    "balanced_softmax": BalancedSoftmax,
    "ldam": LDAM,
    "asymmetric": AsymmetricLoss,
    "mean_false_error": MeanFalseError,
    "mean_squared_false_error": MeanSquaredFalseError,
    "expected_cost": ExpectedCost,
}

# Keras' losses that are least where outputs are the true probabilities.
_PROPER = (
    keras.losses.BinaryCrossentropy,
    keras.losses.CategoricalCrossentropy,
    keras.losses.MeanSquaredError,
)

# Arguments of losses that say what outputs are, or that training fills in.
_OWN_ARGUMENTS = (
    *("settings", "from_logits", "axis", "reduction", "name", "dtype"),
    *("class_prior", "cost_matrix"),
)


def make_objective(estimator, targets, dtype, totals, costs):
    """Return the Keras loss that an estimator's parameters describe.

    Parameters
    ----------
    estimator : CostSensitiveMLPClassifier
        Its `loss`, the parameters routed to it, and `normalize_weights`.
    targets : Classes or Labels
    dtype : str
    totals : tuple of ndarray
        Weighted counts and numbers of rows of the classes.
    costs : ndarray or None
        Checked cost matrix or, of labels, matrices.

    Returns
    -------
    keras.losses.Loss
        With class priors and costs, computing in `dtype`. Of labels a `PerOutput`.

    Raises
    ------
    ValueError
        If there is no such loss, it does not know a parameter, or cannot be one of
        these targets.
    """
    loss = _make(estimator, targets, dtype)
    inner = of_one_output(loss)
    counts = totals[0]
    if "class_prior" in vars(inner) and inner.class_prior is None:
        inner.class_prior = counts / counts.sum(axis=-1, keepdims=True)
    if isinstance(inner, ExpectedCost) and inner.cost_matrix is None:
        if costs is None:
            raise ValueError(
                "loss='expected_cost' minimises what mistakes cost, so it needs "
                "cost_matrix."
            )
        inner.cost_matrix = (
            _with_mean_one(costs, counts) if estimator.normalize_weights else costs
        )
    by_name = not isinstance(estimator.loss, keras.losses.Loss)
    if by_name and isinstance(inner, AsymmetricLoss) and counts.ndim == 1:
        routed = routed_to("loss", estimator.get_params(deep=False))
        if "positive" not in routed and len(counts) == 2:
            inner.positive = int(counts[1] <= counts[0])
    _check_kind(estimator.loss, loss, targets, counts)
    if not isinstance(inner, tuple(filter(None, LOSSES.values()))):
        _check_use(inner, 1 if counts.ndim == 2 else targets.n_outputs, dtype)
    if counts.ndim == 2 and not isinstance(loss, PerOutput):
        return PerOutput(loss, dtype=dtype)
    return loss


def of_one_output(loss):
    """Return the loss that a `PerOutput` computes for each label, or itself."""
    return loss.loss if isinstance(loss, PerOutput) else loss


def minimises_cost(loss):
    """Tell whether outputs that minimise a loss are decisions of least cost."""
    return isinstance(of_one_output(loss), ExpectedCost)


def undoable(loss):
    """Tell whether true probabilities can be told from outputs that minimise a loss."""
    inner = of_one_output(loss)
    return getattr(inner, "undoable", isinstance(inner, _PROPER))


def undone(loss, proba):
    """Return true probabilities, of the weighted problem, from those of a loss."""
    return loss.undo(proba) if hasattr(loss, "undo") else proba


def is_plain_cross_entropy(loss):
    """Tell whether the mean of a loss is the log loss."""
    inner = of_one_output(loss)
    kinds = (keras.losses.BinaryCrossentropy, keras.losses.CategoricalCrossentropy)
    return isinstance(inner, kinds) and not inner.label_smoothing


def initial_bias(loss, totals, class_weight):
    """Return the bias with which outputs without features are the best ones.

    Those are the shares of the classes, after weights, as the loss sees them; a class
    without rows counts as half a row.

    Parameters
    ----------
    loss : keras.losses.Loss
    totals : tuple of ndarray
        Weighted counts and numbers of rows of the classes.
    class_weight : ndarray
        Weights of the first epochs.

    Returns
    -------
    ndarray of shape (n_outputs,)
    """
    inner = of_one_output(loss)
    logits = np.log(np.maximum(totals[0] * class_weight, 0.5))
    if isinstance(inner, LogitAdjustedCrossentropy):
        prior = np.maximum(inner.class_prior, 0.5 / totals[0].sum())
        logits = logits - inner.tau * np.log(prior)
    elif is_batch_wide(inner):  # its classes weigh the same
        logits = np.zeros_like(logits)
    if logits.shape[-1] == 2:
        return np.atleast_1d(logits[..., 1] - logits[..., 0])
    return logits - logits.mean()


def _make(estimator, targets, dtype):
    """Return a new loss, without class priors and costs."""
    given = estimator.loss
    routed = routed_to("loss", estimator.get_params(deep=False))
    if isinstance(given, keras.losses.Loss):
        for name in routed:
            raise ValueError(
                f"loss__{name} reaches nothing: loss is an instance. Pass its class, "
                f"{type(given).__name__}, or a name, which are called with their "
                f"routed parameters."
            )
        return _copied(given, dtype)
    if isinstance(given, str):
        if given not in LOSSES:
            raise ValueError(
                f"loss must be a name, a keras.losses.Loss or its class. {given!r} "
                f"names none. {near(given, LOSSES)}"
            )
        name, given = f"loss={given!r}", LOSSES[given]
        if given is None:
            given = (
                keras.losses.BinaryCrossentropy
                if targets.activation == "sigmoid"
                else keras.losses.CategoricalCrossentropy
            )
    else:
        name = given.__name__
        if not issubclass(given, keras.losses.Loss):
            raise ValueError(
                f"loss must be a name, a keras.losses.Loss or its class. Got {name}."
            )
    known = [
        argument
        for argument in inspect.signature(given).parameters
        if argument not in _OWN_ARGUMENTS
    ]
    for argument in routed:
        if argument not in known:
            raise ValueError(
                f"{name} has no parameter {argument!r}, given as loss__{argument}. "
                f"{near(argument, known) if known else 'It has none.'}"
            )
    try:
        made = given(**routed)
    except TypeError as error:
        raise ValueError(
            f"{name} cannot be made from its routed parameters: {error}. Pass an "
            f"instance."
        ) from None
    # Keras' default precision is float32, in which a float64 network would be trained
    # on a rounded loss.
    return _copied(made, dtype)


def _check_kind(given, loss, targets, counts):
    """Raise ValueError for a loss that is one of other outputs or classes."""
    inner = of_one_output(loss)
    name = type(inner).__name__
    if getattr(inner, "from_logits", False):
        raise ValueError(
            f"The network's outputs are probabilities, and {name} is told that they "
            f"are logits. Use from_logits=False; it computes from logits all the same."
        )
    if inner.reduction in (None, "none"):
        raise ValueError(
            f"Training needs one number for a batch, and {name} is not reduced. Use "
            f"reduction='sum_over_batch_size'."
        )
    if isinstance(inner, AsymmetricLoss) and targets.activation == "softmax":
        raise ValueError(
            f"loss={given if isinstance(given, str) else name!r} is for two classes "
            f"or for labels. There are {len(targets.classes)} classes. Use "
            f"loss='focal'."
        )
    if isinstance(loss, PerOutput) and counts.ndim == 1:
        raise ValueError(
            f"PerOutput is for the labels of a multilabel problem, and y has classes "
            f"that exclude each other: {targets.classes.tolist()}. Use {name} itself."
        )
    prior = getattr(inner, "class_prior", None)
    if prior is not None and np.shape(prior) not in (counts.shape, counts.shape[-1:]):
        raise ValueError(
            f"class_prior of {name} must have one share for each class. Its shape is "
            f"{np.shape(prior)} and must be {counts.shape}. Leave it out to have it "
            f"filled in."
        )


def _copied(loss, dtype):
    """Return a copy of a Keras loss that computes in `dtype`."""
    # Not copy.copy, which asks Keras for the class by its registered name.
    copied = object.__new__(type(loss))
    vars(copied).update(vars(loss))
    copied._dtype_policy = keras.dtype_policies.get(dtype)
    copied._dtype = copied._dtype_policy.compute_dtype
    if isinstance(loss, PerOutput):
        copied.loss = _copied(loss.loss, dtype)
    return copied


def _check_use(loss, n_outputs, dtype):
    """Raise ValueError unless a Keras loss is lower where outputs are right."""
    name = type(loss).__name__
    width = max(n_outputs, 1)
    truth = np.eye(width, dtype=dtype) if width > 1 else np.array([[0], [1]], dtype)
    right = np.where(truth == 1, 0.8, 0.2 / max(width - 1, 1)).astype(dtype)
    wrong = right[::-1].copy()
    try:
        low, high = (np.asarray(loss.call(truth, p).numpy()) for p in (right, wrong))
        # The middle one of an odd number of classes is its own reverse.
        differ = (right != wrong).any(axis=1)
        works = low.shape == (len(truth),) and (low < high)[differ].all()
    except Exception:  # whatever a loss of other targets raises
        works = False
    if not works:
        targets = "one-hot" if width > 1 else "0 and 1 in one column"
        raise ValueError(
            f"loss must be one of each row's truth ({targets}) and probabilities, and "
            f"lower where they are right. {name} is not."
        )


def _with_mean_one(costs, counts):
    """Return costs whose dearest mistakes have mean 1 over the training rows."""
    net = costs - np.diagonal(costs, axis1=-2, axis2=-1)[..., np.newaxis]
    share = counts / counts.sum(axis=-1, keepdims=True)
    scale = (share * net.max(axis=-1)).sum(axis=-1)
    return costs / scale[..., np.newaxis, np.newaxis]
