"""Class weights: from a strategy to one weight per class.

A class weight multiplies the sample weight. Weights stay float64 until they are put
into a batch, and zero means absent.
"""

from collections.abc import Mapping
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from skweighted._warnings import warn_user
from skweighted.exceptions import ClassWeightWarning


class Totals(NamedTuple):
    """Number of rows of each class.

    Attributes
    ----------
    counts : ndarray of shape (n_classes,) or (n_labels, 2)
        Sums of the sample weights.
    n_rows : ndarray of the same shape
        Numbers of rows of weight above zero.
    """

    counts: np.ndarray
    n_rows: np.ndarray


def compute_class_weight(
    class_weight: Any,
    *,
    classes: Any = None,
    y: Any,
    sample_weight: Any = None,
    beta: float = 0.999,
) -> np.ndarray:
    """Return the class weights that `CostSensitiveMLPClassifier` trains with.

    They are the values of `class_weight_`, before `normalize_weights`. Strategies of
    `sklearn.utils.class_weight.compute_class_weight` give the same weights here.

    Parameters
    ----------
    class_weight : None, str, dict, callable or list
        As in `CostSensitiveMLPClassifier`.
    classes : array-like of shape (n_classes,), default=None
        The labels, in the order of the weights; None uses the sorted labels of y.
    y : array-like of shape (n_samples,) or (n_samples, n_labels)
        Labels; with several columns, 0 and 1 for each label of a multilabel problem.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each row, which counts as this many rows. Rows of weight zero are
        ignored. Without `classes`, a class that has only such rows is left out.
    beta : float in [0, 1), default=0.999
        Parameter of "effective_number".

    Returns
    -------
    ndarray of shape (n_classes,) or (n_labels, 2)

    Raises
    ------
    ValueError
        If a strategy is unknown, a label has no weight, or y has labels that are not
        in `classes`.

    Examples
    --------
    >>> from skweighted import compute_class_weight
    >>> compute_class_weight("sqrt_balanced", y=[0] * 90 + [1] * 10).round(2).tolist()
    [0.75, 2.24]
    """
    y = np.asarray(y)
    sample_weight = (
        np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight)
    )
    # A list has a strategy for each label.
    each = class_weight if isinstance(class_weight, list | tuple) else [class_weight]
    options: dict[str, Any] = {"beta": beta} if any(map(_has_beta, each)) else {}
    if y.ndim == 2:
        totals = label_totals(y, sample_weight)
        return resolve_label_weights(class_weight, *totals, **options)
    is_used = sample_weight > 0  # as in `fit`, where other rows are absent
    y, sample_weight = y[is_used], sample_weight[is_used]
    known = np.unique(y)
    classes = known if classes is None else np.asarray(classes)
    missing = [label for label in known.tolist() if label not in classes.tolist()]
    if missing:
        raise ValueError(
            f"classes must contain every label in y. Labels {missing} are not in "
            f"{classes.tolist()}."
        )
    order = np.argsort(classes)
    y_index = order[np.searchsorted(classes[order], y)]
    totals = class_totals(y_index, sample_weight, len(classes))
    return resolve_class_weight(class_weight, classes, *totals, **options)


def resolve_class_weight(
    class_weight: Any,
    classes: np.ndarray,
    counts: np.ndarray,
    n_rows: np.ndarray,
    **options: Any,
) -> np.ndarray:
    """Return one weight per class.

    Parameters
    ----------
    class_weight : None, str, dict or callable
        None gives every class a weight of 1. A name is one of `STRATEGIES`. A dict maps
        labels to weights. A callable ``(classes, counts)`` returns weights or such a
        dict.
    classes : ndarray of shape (n_classes,)
        The labels.
    counts : ndarray of shape (n_classes,)
        Weighted number of rows of each class.
    n_rows : ndarray of shape (n_classes,)
        Number of rows of each class.
    **options
        Options of the strategy.

    Returns
    -------
    ndarray of shape (n_classes,)
        The weights, in the order of `classes`.

    Raises
    ------
    ValueError
        If a strategy is unknown or does not accept an option, a label has no weight, a
        weight is negative, infinite, NaN or not a number, or fewer than two weights are
        above zero.

    Warns
    -----
    ClassWeightWarning
        If a key of the dict is not one of `classes`.
    """
    strategy = STRATEGIES.get(class_weight) if isinstance(class_weight, str) else None
    if isinstance(class_weight, str) and strategy is None:
        raise ValueError(
            f"{class_weight!r} is not a class_weight strategy. Known strategies: "
            f"{', '.join(map(repr, STRATEGIES))}."
        )
    _check_options(class_weight, options)
    if class_weight is None:
        return np.ones(len(classes))
    if strategy is not None:
        present = counts > 0
        weights = np.ones(len(classes))
        weights[present] = strategy(counts[present], **options)
        return weights
    if callable(class_weight):
        class_weight = _called(class_weight, classes, counts)
    return _weights_of_dict(class_weight, classes, n_rows)


def _has_beta(class_weight: Any) -> bool:
    """Return whether this is the strategy with the option beta."""
    return isinstance(class_weight, str) and class_weight == "effective_number"


def _check_options(class_weight: Any, options: dict[str, Any]) -> None:
    """Raise ValueError for options that a strategy does not have."""
    for name in options:
        if not _has_beta(class_weight) or name != "beta":
            raise ValueError(
                f"class_weight={class_weight!r} has no option {name!r}, given as "
                f"class_weight__{name}. Only 'effective_number' has an option: 'beta'."
            )


def resolve_label_weights(
    class_weight: Any, counts: np.ndarray, n_rows: np.ndarray, **options: Any
) -> np.ndarray:
    """Return the weights of both values of each label of a multilabel problem.

    Parameters
    ----------
    class_weight : None, str, dict, callable or list
        As in `resolve_class_weight`, or a list with one of these for each label.
    counts, n_rows : ndarray of shape (n_labels, 2)
        What `label_totals` returns.
    **options
        Options of the strategies.

    Returns
    -------
    ndarray of shape (n_labels, 2)
    """
    each = (
        list(class_weight)
        if isinstance(class_weight, list | tuple)
        else [class_weight] * len(counts)
    )
    if len(each) != len(counts):
        raise ValueError(
            f"A list of class weights must have one item for each label of y. It has "
            f"{len(each)}, and y has {len(counts)} labels."
        )
    weights = []
    for label, (one, *totals) in enumerate(zip(each, counts, n_rows, strict=True)):
        own = options if _has_beta(one) else {}
        try:
            weights.append(resolve_class_weight(one, np.arange(2), *totals, **own))
        except ValueError as error:
            raise ValueError(f"For label {label} of y: {error}") from None
    if not any(map(_has_beta, each)):
        _check_options(class_weight, options)
    return np.array(weights)


def balanced(counts: np.ndarray) -> np.ndarray:
    """Return ``sum(counts) / (n_classes * counts)`` (King & Zeng, 2001).

    Every class then has the same total weight.
    """
    return counts.sum() / (len(counts) * counts)


def sqrt_balanced(counts: np.ndarray) -> np.ndarray:
    """Return the square roots of the balanced weights.

    On a logarithmic scale, halfway between no weights and balanced weights.
    """
    return np.sqrt(balanced(counts))


def effective_number(counts: np.ndarray, beta: float = 0.999) -> np.ndarray:
    """Return ``(1 - beta) / (1 - beta ** counts)``, rescaled to mean 1 over classes.

    The effective number of rows of Cui, Jia, Lin, Song and Belongie ("Class-balanced
    loss based on effective number of samples", CVPR 2019, eq. 2): all classes weigh the
    same for beta = 0, and weights approach balanced ones as beta approaches 1.
    """
    if not 0 <= beta < 1:
        raise ValueError(
            f"beta of 'effective_number' must be at least 0 and below 1. Got {beta!r}."
        )
    with np.errstate(divide="ignore"):
        weights = 1 / -np.expm1(counts * np.log(beta))
    return weights / weights.mean()


STRATEGIES = {
    "balanced": balanced,
    "sqrt_balanced": sqrt_balanced,
    "effective_number": effective_number,
}


def _called(function, classes, counts):
    """Return the weights that a function returns for the classes, as a dict."""
    weights = function(classes.copy(), counts.copy())
    if isinstance(weights, dict):
        return weights
    if np.shape(weights) != (len(classes),):
        raise ValueError(
            f"A class_weight function must return one weight per class, or a dict. "
            f"For classes {classes.tolist()} it returned {weights!r}."
        )
    return dict(zip(classes.tolist(), np.asarray(weights).tolist(), strict=True))


def _numbered(labels, class_weight):
    """Return a hint if a meta-estimator seems to have encoded y as integers."""
    if labels != list(range(len(labels))) or len(class_weight) != len(labels):
        return ""
    if not all(isinstance(label, str) for label in class_weight):
        return ""
    return (
        " Ensembles such as BaggingClassifier encode the classes as integers. With "
        "them, use integers as keys, or a strategy such as 'balanced'."
    )


def _weights_of_dict(class_weight, classes, n_rows):
    """Return the checked weights of the classes from a dict."""
    labels = classes.tolist()
    if not isinstance(class_weight, Mapping):
        raise ValueError(
            f"The weights of classes must be a dict, such as "
            f"{dict.fromkeys(labels, 1)}. Got {class_weight!r}. A list has one such "
            f"dict for each label of a multilabel y."
        )
    for label, count in zip(labels, n_rows, strict=True):
        if label not in class_weight:
            raise ValueError(
                f"class_weight has no weight for class {label!r}, which occurs "
                f"{count} times in y. It has weights for {list(class_weight)}. "
                f"Classes in y: {labels}.{_numbered(labels, class_weight)}"
            )
    unknown = [label for label in class_weight if label not in labels]
    if unknown:
        warn_user(
            f"class_weight has weights for labels that are not in y: {unknown}. "
            f"Classes in y: {labels}. Check the spelling and the type of the keys.",
            ClassWeightWarning,
        )
    for label, weight in class_weight.items():
        if not isinstance(weight, Real) or not 0 <= weight < np.inf:
            raise ValueError(
                f"A class weight must be a finite number of at least 0. "
                f"class_weight[{label!r}] is {weight!r}."
            )
    weights = np.array([class_weight[label] for label in labels], dtype=np.float64)
    if np.count_nonzero(weights) < 2:
        raise ValueError(
            f"At least two classes need a weight above zero. class_weight is "
            f"{class_weight}."
        )
    return weights


def class_totals(
    y_index: np.ndarray, sample_weight: np.ndarray, n_classes: int
) -> Totals:
    """Return the weighted count and the number of rows of each class.

    Rows of weight zero are absent from both.

    Parameters
    ----------
    y_index : ndarray of shape (n_samples,)
        Class of each row, as an index into the classes.
    sample_weight : ndarray of shape (n_samples,)
    n_classes : int

    Returns
    -------
    Totals of shape (n_classes,)
    """
    counts = np.bincount(y_index, weights=sample_weight, minlength=n_classes)
    n_rows = np.bincount(y_index[sample_weight > 0], minlength=n_classes)
    return Totals(counts, n_rows)


def label_totals(y: np.ndarray, sample_weight: np.ndarray) -> Totals:
    """Return the totals of both values of each label.

    Parameters
    ----------
    y : ndarray of shape (n_samples, n_labels)
        0 or 1.
    sample_weight : ndarray of shape (n_samples,)

    Returns
    -------
    Totals of shape (n_labels, 2)
    """
    ones, rows = sample_weight @ y, (sample_weight > 0) @ y.astype(np.int64)
    counts = np.stack([sample_weight.sum() - ones, ones], axis=1)
    n_rows = np.stack([np.count_nonzero(sample_weight > 0) - rows, rows], axis=1)
    return Totals(counts, n_rows)


def mean_one_scale(
    class_weights: np.ndarray, counts: np.ndarray, n_rows: np.ndarray
) -> float:
    """Return the factor that scales the weights of all rows to mean 1.

    Raises ValueError if the factor overflows or underflows.

    Parameters
    ----------
    class_weights, counts, n_rows : ndarray of shape (n_classes,)
        One weight per class, and what `class_totals` returns.
    """
    with np.errstate(over="ignore", divide="ignore"):
        total = class_weights @ counts
        scale = n_rows[class_weights > 0].sum() / total
    if not 0 < scale < np.inf:
        raise ValueError(
            f"The sum of the weights of all rows must be representable as a "
            f"floating-point number. It is {total:g}. Rescale sample_weight or "
            f"class_weight; only ratios count."
        )
    return scale
