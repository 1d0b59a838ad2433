"""The loss that settings describe, and what it does to probabilities.

Class priors and costs are set here, and the loss computes in the network's precision.
"""

import inspect
from typing import Any

import numpy as np

from skweighted._costs._distortion import (
    NONE,
    UNDECLARED,
    Correction,
    Distortion,
    declared_distortion,
)
from skweighted._costs._weights import Totals
from skweighted._estimator._classes import Classes
from skweighted._estimator._labels import Labels
from skweighted._estimator._settings import Settings
from skweighted._tensorflow import keras
from skweighted._text import suggestion
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

# Classes of the losses that `skweighted._costs._distortion.LOSSES` names.
LOSS_CLASSES: dict[str, type] = {
    "focal": FocalCrossentropy,
    "logit_adjusted": LogitAdjustedCrossentropy,
    "balanced_softmax": BalancedSoftmax,
    "ldam": LDAM,
    "asymmetric": AsymmetricLoss,
    "mean_false_error": MeanFalseError,
    "mean_squared_false_error": MeanSquaredFalseError,
    "expected_cost": ExpectedCost,
}
LOSS_NAMES = ("cross_entropy", *LOSS_CLASSES)

# Keras' losses that are minimal if the outputs are the true probabilities. Label
# smoothing changes that.
_PROPER = (
    keras.losses.BinaryCrossentropy,
    keras.losses.CategoricalCrossentropy,
    keras.losses.MeanSquaredError,
)

# Arguments of losses that are not routed parameters: set by training, or fixed.
_OWN_ARGUMENTS = (
    *("settings", "from_logits", "axis", "reduction", "name", "dtype"),
    *("class_prior", "cost_matrix"),
)


def make_loss(
    settings: Settings,
    targets: Classes | Labels,
    dtype: str,
    totals: Totals,
    costs: np.ndarray | None,
) -> Any:
    """Return the Keras loss that settings describe.

    Parameters
    ----------
    settings : Settings
    targets : Classes or Labels
    dtype : str
    totals : Totals
        Of the rows that class priors are computed from.
    costs : ndarray or None
        Checked cost matrix, or one per label.

    Returns
    -------
    keras.losses.Loss
        With class priors and costs, computing in `dtype`; a `PerOutput` for labels.

    Raises
    ------
    ValueError
        If the loss or one of its parameters does not exist, or it is not defined for
        these targets.
    """
    loss = _new_loss(settings, targets, dtype)
    inner = of_one_output(loss)
    counts = totals.counts
    if "class_prior" in vars(inner) and inner.class_prior is None:
        inner.class_prior = counts / counts.sum(axis=-1, keepdims=True)
    if isinstance(inner, ExpectedCost) and inner.cost_matrix is None:
        if costs is None:
            raise ValueError(
                "loss='expected_cost' minimizes the costs in cost_matrix, which is "
                "None. Set cost_matrix."
            )
        inner.cost_matrix = (
            _with_mean_one(costs, counts) if settings.normalize_weights else costs
        )
    if isinstance(inner, AsymmetricLoss) and targets.n_outputs == 1:
        is_made_here = not isinstance(settings.loss, keras.losses.Loss)
        if is_made_here and "positive" not in settings.loss_options:
            inner.positive = int(counts[1] <= counts[0])
    _check_kind(settings.loss, loss, targets, counts)
    is_own = isinstance(settings.loss, str) or isinstance(
        inner, tuple(LOSS_CLASSES.values())
    )
    if not is_own:  # the check takes a millisecond
        _check_use(inner, 1 if targets.is_multilabel else targets.n_outputs, dtype)
    if targets.is_multilabel and not isinstance(loss, PerOutput):
        return PerOutput(loss, dtype=dtype)
    return loss


def of_one_output(loss: Any) -> Any:
    """Return the loss that a `PerOutput` computes per label, else the loss itself."""
    return loss.loss if isinstance(loss, PerOutput) else loss


def distortion_of(loss: Any) -> Distortion:
    """Return the `Distortion` of a loss: declared, or known for Keras' losses."""
    inner = of_one_output(loss)
    declared = declared_distortion(inner)
    if declared is None:
        return NONE if _is_proper(inner) else UNDECLARED
    return declared


def _is_proper(loss: Any) -> bool:
    """Return whether the outputs that minimize a loss are the true probabilities."""
    # A subclass may compute something else.
    return type(loss) in _PROPER and not is_smoothed(loss)


def is_smoothed(loss: Any) -> bool:
    """Return whether a loss of Keras would be proper without its label smoothing."""
    return type(loss) in _PROPER and bool(getattr(loss, "label_smoothing", 0))


def correction_of(loss: Any) -> Correction:
    """Return how the probabilities of a loss are corrected, without the loss."""
    inner = of_one_output(loss)
    name, is_per_label = type(inner).__name__, isinstance(loss, PerOutput)
    kinds = [kind for kind, made in LOSS_CLASSES.items() if type(inner) is made]
    if kinds:
        settings = tuple(loss.undo_settings())
        return Correction(name, kinds[0], settings, is_per_label)
    if declared_distortion(inner) is not None:
        return Correction(name, None, by_loss=True)
    kind = "cross_entropy" if _is_proper(inner) else None
    return Correction(name, kind)


def loaded_loss(config: dict[str, Any], dtype: str) -> Any:
    """Return the loss that `keras.losses.serialize` has described."""
    return in_precision(keras.losses.deserialize(config), dtype)


def undone(loss: Any, proba: np.ndarray) -> np.ndarray:
    """Return true probabilities of the weighted problem from the outputs of a loss."""
    if hasattr(loss, "undo"):
        return loss.undo(proba)
    undo = distortion_of(loss).undo
    return proba if undo is None else undo(proba)


def is_plain_cross_entropy(loss: Any) -> bool:
    """Return whether the mean of a loss is the log loss."""
    inner = of_one_output(loss)
    return _is_proper(inner) and not isinstance(inner, keras.losses.MeanSquaredError)


def initial_bias(loss: Any, counts: np.ndarray, class_weight: np.ndarray) -> np.ndarray:
    """Return the bias that minimizes the loss if there are no features.

    The outputs are then the weighted shares of the classes, distorted by the loss. A
    class without weight counts as half of the rarest one, so that only ratios matter.

    Parameters
    ----------
    loss : keras.losses.Loss
    counts : ndarray of shape (n_classes,) or (n_labels, 2)
        Weighted counts of the classes.
    class_weight : ndarray of the same shape
        Class weights of the first epochs.

    Returns
    -------
    ndarray of shape (n_outputs,)
    """
    inner = of_one_output(loss)
    logits = np.log(_without_zeros(counts * class_weight))
    if isinstance(inner, LogitAdjustedCrossentropy):
        logits = logits - inner.tau * np.log(_without_zeros(inner.class_prior))
    elif distortion_of(loss).ignores_class_weight:  # its classes have equal weights
        logits = np.zeros_like(logits)
    if logits.shape[-1] == 2:
        return np.atleast_1d(logits[..., 1] - logits[..., 0])
    return logits - logits.mean()


def _without_zeros(counts: Any) -> np.ndarray:
    """Return counts with half of the least of their row in place of zeros."""
    positive = np.where(np.greater(counts, 0), counts, np.inf)
    least = positive.min(axis=-1, keepdims=True)
    return np.where(np.isinf(positive), least / 2, positive)


def _new_loss(settings: Settings, targets: Classes | Labels, dtype: str) -> Any:
    """Return a new loss, without class priors and costs."""
    given, options = settings.loss, settings.loss_options
    if isinstance(given, keras.losses.Loss):
        for name in options:
            raise ValueError(
                f"loss__{name} has no effect, because loss is an instance. Pass its "
                f"class, {type(given).__name__}, or a name. These accept routed "
                f"parameters."
            )
        return in_precision(given, dtype)
    name, made_class = _class_of(given, targets)
    _check_options(name, made_class, options)
    try:
        made = made_class(**options)
    except TypeError as error:
        raise ValueError(
            f"{name} cannot be created from its routed parameters: {error}. Pass an "
            f"instance."
        ) from None
    # Keras' default precision is float32, which would round the loss of a float64
    # network.
    return in_precision(made, dtype)


def _class_of(given: Any, targets: Classes | Labels) -> tuple[str, type]:
    """Return the class of a loss, and what messages call it."""
    if not isinstance(given, str):
        if not issubclass(given, keras.losses.Loss):
            raise ValueError(
                f"loss must be a name, a keras.losses.Loss or its class. Got "
                f"{given.__name__}."
            )
        return given.__name__, given
    if given not in LOSS_NAMES:
        raise ValueError(
            f"loss must be a name, a keras.losses.Loss or its class. {given!r} is "
            f"not the name of a loss.{suggestion(given, LOSS_NAMES)}"
        )
    cross_entropy = (
        keras.losses.BinaryCrossentropy
        if targets.activation == "sigmoid"
        else keras.losses.CategoricalCrossentropy
    )
    return f"loss={given!r}", LOSS_CLASSES.get(given) or cross_entropy


def _check_options(name: str, loss_class: type, options: dict[str, Any]) -> None:
    """Raise ValueError for a routed parameter that a loss does not have."""
    arguments = inspect.signature(loss_class).parameters
    known = [one for one in arguments if one not in _OWN_ARGUMENTS]
    for argument in options:
        if argument not in known:
            hint = suggestion(argument, known) if known else " It has no parameters."
            raise ValueError(
                f"{name} has no parameter {argument!r}, given as loss__{argument}."
                f"{hint}"
            )


def _check_kind(given, loss, targets, counts):
    """Raise ValueError for a loss that is not defined for these targets."""
    inner = of_one_output(loss)
    name = type(inner).__name__
    if getattr(inner, "from_logits", False):
        raise ValueError(
            f"The network's outputs are probabilities, but {name} has "
            f"from_logits=True. Use from_logits=False; the loss is computed from "
            f"logits in both cases."
        )
    if inner.reduction in (None, "none"):
        raise ValueError(
            f"Training needs one number per batch, but {name} has no reduction. Use "
            f"reduction='sum_over_batch_size'."
        )
    if isinstance(inner, AsymmetricLoss) and targets.activation == "softmax":
        raise ValueError(
            f"loss={given if isinstance(given, str) else name!r} supports two classes "
            f"and multilabel problems. There are {len(targets.classes)} classes. Use "
            f"loss='focal'."
        )
    if isinstance(loss, PerOutput) and not targets.is_multilabel:
        raise ValueError(
            f"PerOutput supports only multilabel problems, but y has mutually "
            f"exclusive classes: {targets.classes.tolist()}. Use {name} itself."
        )
    prior = getattr(inner, "class_prior", None)
    if prior is not None and np.shape(prior) not in (counts.shape, counts.shape[-1:]):
        raise ValueError(
            f"class_prior of {name} must have one share for each class. Its shape is "
            f"{np.shape(prior)} and must be {counts.shape}. Without class_prior, the "
            f"shares in y are used."
        )


def in_precision(loss: Any, dtype: str) -> Any:
    """Return a copy of a Keras loss that computes in `dtype`."""
    # Not copy.copy, which needs a class that is registered with Keras.
    copied = object.__new__(type(loss))
    vars(copied).update(vars(loss))
    copied._dtype_policy = keras.dtype_policies.get(dtype)
    copied._dtype = copied._dtype_policy.compute_dtype
    if isinstance(loss, PerOutput):
        copied.loss = in_precision(loss.loss, dtype)
    return copied


def _check_use(loss, n_outputs, dtype):
    """Raise ValueError unless a Keras loss is lower for correct outputs."""
    name = type(loss).__name__
    width = max(n_outputs, 1)
    truth = np.eye(width, dtype=dtype) if width > 1 else np.array([[0], [1]], dtype)
    right = np.where(truth == 1, 0.8, 0.2 / max(width - 1, 1)).astype(dtype)
    wrong = right[::-1].copy()
    try:
        low, high = (np.asarray(loss.call(truth, p).numpy()) for p in (right, wrong))
        # The middle row of an odd number of classes is its own reverse.
        differ = (right != wrong).any(axis=1)
        works = low.shape == (len(truth),) and (low < high)[differ].all()
    except Exception:  # whatever a loss for other targets raises
        works = False
    if not works:
        targets = "one-hot" if width > 1 else "0 and 1 in one column"
        raise ValueError(
            f"loss must accept true values ({targets}) and probabilities, and must be "
            f"lower for probabilities closer to the true values. {name} does not do "
            f"this."
        )


def _with_mean_one(costs, counts):
    """Return costs scaled so that the worst mistake of each row averages 1."""
    net = costs - np.diagonal(costs, axis1=-2, axis2=-1)[..., np.newaxis]
    share = counts / counts.sum(axis=-1, keepdims=True)
    scale = (share * net.max(axis=-1)).sum(axis=-1)
    return costs / scale[..., np.newaxis, np.newaxis]
