"""Checked labels, probabilities and weights of two classes.

Classes are (negative, positive), and rows of weight zero are left out. Messages name
the display that was called.
"""

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_consistent_length, column_or_1d
from sklearn.utils.multiclass import type_of_target

from skweighted._checks import check_proba_of_class
from skweighted.metrics import weight_of_rows

Label: TypeAlias = int | float | bool | str


class BinaryRows(NamedTuple):
    """Rows of two classes; `present` marks the given rows of weight above zero."""

    positive: np.ndarray
    proba: np.ndarray
    weight: np.ndarray
    present: np.ndarray
    classes: tuple[Label, Label]


def binary_rows(
    display: type,
    y_true: ArrayLike,
    y_proba: ArrayLike,
    sample_weight: ArrayLike | None,
    pos_label: Label | None,
) -> BinaryRows:
    """Return the rows of weight above zero, after checking them."""
    kind = type_of_target(y_true)
    if kind != "binary":
        raise ValueError(not_binary(display, f"y_true is {kind}"))
    truth = np.asarray(column_or_1d(y_true))
    proba = check_proba_of_class(y_proba)
    weight = weight_of_rows(sample_weight, len(truth))
    check_consistent_length(truth, proba, weight)
    present = weight > 0
    labels = np.unique(truth[present]).tolist()
    if len(labels) != 2:
        raise ValueError(
            f"{display.__name__} needs rows of both classes with a weight above zero. "
            f"The labels of such rows are {labels}."
        )
    if pos_label is None:
        if labels not in ([0, 1], [-1, 1]):
            raise ValueError(
                f"pos_label must name the positive class, unless the classes are 0 and "
                f"1, or -1 and 1. The classes are {labels}."
            )
        pos_label = labels[1]
    place = place_of(pos_label, labels)
    classes = (labels[1 - place], labels[place])
    positive = truth[present] == classes[1]
    return BinaryRows(positive, proba[present], weight[present], present, classes)


def not_binary(display: type, given: str) -> str:
    """Return the message for more or less than two classes."""
    return (
        f"{display.__name__} is for two classes, but {given}. Pass one class against "
        f"the rest to from_predictions."
    )


def place_of(pos_label: Any, labels: list[Any]) -> int:
    """Return which of two labels is the positive one, or raise ValueError."""
    if pos_label not in labels:
        raise ValueError(
            f"pos_label must be one of the two classes, {labels}. Got {pos_label!r}."
        )
    return labels.index(pos_label)
