"""Class weights: from a strategy to one weight per class, and one per row.

A class weight multiplies the sample weight. Weights are float64 until a batch is
made of them, zero means absent, and `mean_one_scale` is the only place that
rescales them.
"""

import warnings
from numbers import Real

import numpy as np

from skweighted.exceptions import ClassWeightWarning


def resolve_class_weight(class_weight, classes, counts, n_rows):
    """Return one weight per class.

    Parameters
    ----------
    class_weight : None, "balanced" or dict
        None weighs every class 1. "balanced" gives every class the same total
        weight, ``sum(counts) / (n_present * counts)`` (King & Zeng, 2001), where
        ``n_present`` counts the classes that have rows. A dict maps the user's own
        labels to weights.
    classes : ndarray of shape (n_classes,)
        The labels, sorted.
    counts : ndarray of shape (n_classes,)
        Weighted number of rows of each class.
    n_rows : ndarray of shape (n_classes,)
        Number of rows of each class.

    Returns
    -------
    ndarray of shape (n_classes,)
        The weights, in the order of `classes`, not rescaled.

    Raises
    ------
    ValueError
        If a label has no weight, or a weight is negative, infinite, NaN or no
        number, or all weights are zero.

    Warns
    -----
    ClassWeightWarning
        If a key of the dict is not one of `classes`.
    """
    if class_weight is None:
        return np.ones(len(classes))
    if isinstance(class_weight, str):
        present = counts > 0
        weights = np.ones(len(classes))
        weights[present] = counts.sum() / (present.sum() * counts[present])
        return weights
    return _weights_of_dict(class_weight, classes, n_rows)


def _weights_of_dict(class_weight, classes, n_rows):
    """Return the weights a dict gives to the classes, after checking it."""
    labels = classes.tolist()
    for label, count in zip(labels, n_rows, strict=True):
        if label not in class_weight:
            raise ValueError(
                f"class_weight has no weight for class {label!r}, which occurs "
                f"{count} times in y. It has weights for {list(class_weight)}. "
                f"Classes in y: {labels}."
            )
    unknown = [label for label in class_weight if label not in labels]
    if unknown:
        warnings.warn(
            f"class_weight has a weight for {unknown}, which is not in y. "
            f"Classes in y: {labels}. Check the spelling and the type of the keys.",
            ClassWeightWarning,
            stacklevel=6,  # the line that called fit
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
            f"At least two classes need a weight above zero, or there is nothing to "
            f"tell apart. class_weight is {class_weight}."
        )
    return weights


def class_totals(y_index, sample_weight, n_classes):
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
    counts, n_rows : ndarray of shape (n_classes,)
    """
    counts = np.bincount(y_index, weights=sample_weight, minlength=n_classes)
    n_rows = np.bincount(y_index[sample_weight > 0], minlength=n_classes)
    return counts, n_rows


def mean_one_scale(class_weights, counts, n_rows):
    """Return the factor that brings the weights of all rows to mean 1.

    Raises ValueError if floating-point numbers cannot hold it.

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
            f"The weights of all rows must have a sum that floating-point numbers can "
            f"hold. It is {total:g}. Divide sample_weight, or class_weight, by a "
            f"number of its own size; only ratios count."
        )
    return scale
