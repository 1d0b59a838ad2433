"""Checked truths and probabilities of two classes.

Classes are (negative, positive), and rows of weight zero are absent. A message names
the display that asked.
"""

from typing import Any, NamedTuple

import numpy as np
from sklearn.utils import check_array, check_consistent_length, column_or_1d
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_non_negative


class BinaryRows(NamedTuple):
    """Rows of two classes; `present` says which of those given have a weight."""

    positive: np.ndarray
    proba: np.ndarray
    weight: np.ndarray
    present: np.ndarray
    classes: tuple[Any, Any]


def binary_rows(display, y_true, y_proba, sample_weight, pos_label):
    """Return the rows of weight above zero, after checking them."""
    kind = type_of_target(y_true)
    if kind != "binary":
        raise ValueError(not_binary(display, f"y_true is {kind}"))
    y_true = column_or_1d(y_true)
    proba = _checked_proba(y_proba)
    weight = _checked_weight(sample_weight, len(y_true))
    check_consistent_length(y_true, proba, weight)
    present = weight > 0
    labels = np.unique(y_true[present]).tolist()
    if len(labels) != 2:
        raise ValueError(
            f"{display.__name__} needs rows of both classes with a weight above zero. "
            f"The labels of such rows are {labels}."
        )
    if pos_label is None:
        if labels not in ([0, 1], [-1, 1]):
            raise ValueError(
                f"Which class is the positive one must be said, unless the classes are "
                f"0 and 1, or -1 and 1. They are {labels}. Pass pos_label."
            )
        pos_label = labels[1]
    place = place_of(pos_label, labels)
    classes = (labels[1 - place], labels[place])
    positive = y_true[present] == classes[1]
    return BinaryRows(positive, proba[present], weight[present], present, classes)


def not_binary(display, given):
    """Return why there is no such picture."""
    return (
        f"{display.__name__} is for two classes, and {given}. Make one class against "
        f"the rest, and call from_predictions."
    )


def place_of(pos_label, labels):
    """Return which of two labels is the positive one, or raise ValueError."""
    if pos_label not in labels:
        raise ValueError(
            f"pos_label must be one of the two classes, {labels}. Got {pos_label!r}."
        )
    return labels.index(pos_label)


def _checked_proba(y_proba):
    """Return the probabilities of one class as an array, or raise ValueError."""
    proba = np.asarray(y_proba)
    if proba.ndim != 1 or proba.dtype.kind not in "biuf":
        raise ValueError(
            f"Probabilities must be one number for each row, that of the positive "
            f"class. Got shape {proba.shape} and dtype {proba.dtype}. Of predict_proba "
            f"take a column."
        )
    wrong = ~((proba >= 0) & (proba <= 1))  # NaN is wrong too
    if wrong.any():
        row = int(wrong.argmax())
        raise ValueError(
            f"Probabilities must be between 0 and 1. Row {row} has {proba[row]:g}."
        )
    return proba if proba.dtype.kind == "f" else proba.astype(np.float64)


def _checked_weight(sample_weight, n_rows):
    """Return one weight of at least 0 for each row."""
    if sample_weight is None:
        return np.ones(n_rows)
    weight = check_array(sample_weight, ensure_2d=False, dtype=np.float64)
    weight = column_or_1d(weight)
    check_non_negative(weight, "sample_weight")
    return weight
