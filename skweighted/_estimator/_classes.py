"""`Classes`: the meaning of y if each row belongs to exactly one of several classes.

A target is the index of a row's class. `_labels.Labels` has the same methods for
multilabel problems, so that other modules need not distinguish the two.
"""

import reprlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from skweighted._costs._decide import least_cost
from skweighted._costs._distortion import undo_class_weight
from skweighted._costs._matrix import (
    cost_array,
    false_alarm_miss_array,
    warn_if_swapped,
)
from skweighted._costs._temperature import tempered
from skweighted._costs._weights import (
    Totals,
    class_totals,
    mean_one_scale,
    resolve_class_weight,
)


def classes_of(y: np.ndarray, sample_weight: np.ndarray) -> "Classes":
    """Return the classes of the rows with a weight above zero: at least two."""
    present = sample_weight > 0
    classes = np.unique(y if present.all() else y[present])
    if len(classes) < 2:
        where, way_out = (
            ("y has", "In cross-validation, StratifiedKFold keeps every class.")
            if len(np.unique(y)) < 2
            else ("the rows with a weight above zero have", "Check sample_weight.")
        )
        raise ValueError(
            # check_estimator searches the message for "one class".
            f"A classifier needs rows of at least two classes, but {where} only one "
            f"class: {classes.tolist()[0]!r}. {way_out}"
        )
    return Classes(classes)


def evenly_spread_folds(
    kinds: np.ndarray, n_folds: int, random_generator: np.random.Generator
) -> np.ndarray:
    """Return a random fold for each row, with the rows of each kind spread evenly.

    The sizes of the folds differ by one row at most, and so do the rows of a kind.

    Parameters
    ----------
    kinds : ndarray of shape (n_rows,)
    n_folds : int
    random_generator : numpy.random.Generator
    """
    order = np.lexsort((random_generator.random(len(kinds)), kinds))
    fold = np.empty(len(kinds), dtype=np.int32)
    fold[order] = np.arange(len(kinds)) % n_folds
    return fold


@dataclass(frozen=True, eq=False)
class Classes:
    """Mutually exclusive classes.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
        Their labels, sorted.
    """

    classes: np.ndarray
    is_multilabel = False

    @property
    def n_outputs(self) -> int:
        """Number of outputs of the network."""
        return 1 if len(self.classes) == 2 else len(self.classes)

    @property
    def activation(self) -> str:
        """Activation of the outputs."""
        return "sigmoid" if len(self.classes) == 2 else "softmax"

    def encode(self, y: np.ndarray, present: np.ndarray, name: str = "y") -> np.ndarray:
        """Return labels as indices; rows that are not present may have any label.

        The indices have the smallest possible dtype: int64 would need 7 % of the memory
        of 30 float32 features.
        """
        try:
            y_index = np.searchsorted(self.classes, y).clip(max=len(self.classes) - 1)
        except TypeError:
            raise ValueError(
                f"{name} must have labels of the type of the known classes, "
                f"{self.classes.tolist()}. Got {reprlib.repr(y.tolist())}. Convert "
                f"them."
            ) from None
        y_index = y_index.astype(np.min_scalar_type(len(self.classes)))
        unknown = (self.classes[y_index] != y) & present
        if unknown.any():
            way_out = (
                "Pass every class in the first call: partial_fit(X, y, classes=...)."
                if name == "y"
                else "Remove these rows, or add rows of these classes to y."
            )
            raise ValueError(
                f"{name} has labels that are not among the known classes: "
                f"{np.unique(y[unknown]).tolist()}. Known classes: "
                f"{self.classes.tolist()}. {way_out}"
            )
        return y_index

    def decode(self, target: np.ndarray) -> np.ndarray:
        """Return indices as labels."""
        return self.classes[target]

    def totals(self, target: np.ndarray, sample_weight: np.ndarray) -> Totals:
        """Return weighted counts and numbers of rows, of shape (n_classes,)."""
        return class_totals(target, sample_weight, len(self.classes))

    def weights(
        self, class_weight: Any, totals: Totals, options: dict[str, Any]
    ) -> np.ndarray:
        """Return the weight of each class, of shape (n_classes,)."""
        return resolve_class_weight(class_weight, self.classes, *totals, **options)

    def weights_by_label(self, class_weight: np.ndarray) -> dict[Any, float]:
        """Return the weights as a dict from labels to weights."""
        return dict(zip(self.classes.tolist(), class_weight.tolist(), strict=True))

    def normalized(self, class_weight: np.ndarray, totals: Totals) -> np.ndarray:
        """Return class weights scaled so that the weights of all rows have mean 1."""
        return class_weight * mean_one_scale(class_weight, *totals)

    def present(
        self, target: np.ndarray, sample_weight: np.ndarray, class_weight: np.ndarray
    ) -> np.ndarray:
        """Return which rows have a weight above zero."""
        return (sample_weight > 0) & (class_weight > 0)[target]

    def holdout(
        self,
        target: np.ndarray,
        rows: np.ndarray,
        fraction: float,
        random_generator: np.random.Generator,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Split rows in two, with nearly the same share of every class on both sides.

        Parameters
        ----------
        target : ndarray of shape (n_samples,)
        rows : ndarray of shape (n_rows,)
            The rows to split.
        fraction : float
            Share of each class that is held out, rounded to rows; at least one row.
        random_generator : numpy.random.Generator

        Returns
        -------
        kept, held_out : ndarray
            Training rows and validation rows, both sorted.
        """
        held_out = np.zeros(len(target), dtype=bool)
        for index, label in enumerate(self.classes.tolist()):
            members = rows[target[rows] == index]
            if len(members) == 1:
                raise ValueError(
                    f"early_stopping=True needs at least two rows of every class: one "
                    f"for training and one for validation. Class {label!r} has 1. Use "
                    f"early_stopping=False."
                )
            if len(members):
                n_held_out = np.clip(
                    round(fraction * len(members)), 1, len(members) - 1
                )
                chosen = random_generator.choice(members, n_held_out, replace=False)
                held_out[chosen] = True
        return rows[~held_out[rows]], rows[held_out[rows]]

    def fold_of(
        self,
        target: np.ndarray,
        rows: np.ndarray,
        n_folds: int,
        random_generator: np.random.Generator,
    ) -> np.ndarray:
        """Return the fold of each row, each with nearly the same share of every class.

        Parameters
        ----------
        target : ndarray of shape (n_samples,)
        rows : ndarray of shape (n_rows,)
        n_folds : int
        random_generator : numpy.random.Generator

        Returns
        -------
        ndarray of shape (n_rows,)
        """
        return evenly_spread_folds(target[rows], n_folds, random_generator)

    def is_only(self, target: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return which rows are the only one of their class among some rows."""
        target = target[rows]
        return (np.bincount(target) == 1)[target]

    def counted(
        self, target: np.ndarray, rows: np.ndarray
    ) -> Iterator[tuple[str, int]]:
        """Yield the name and the number of rows of each class among some rows."""
        counts = np.bincount(target[rows], minlength=len(self.classes))
        for label, count in zip(self.classes.tolist(), counts.tolist(), strict=True):
            yield f"class {label!r}", count

    def costs(self, cost_matrix: Any) -> np.ndarray:
        """Return a cost matrix as an array of shape (n_classes, n_classes)."""
        return cost_array(cost_matrix, self.classes)

    def warn_if_swapped(self, costs: np.ndarray, n_rows: np.ndarray) -> None:
        """Warn if costs look as if truths and predictions were swapped."""
        warn_if_swapped(costs, n_rows)

    def costs_per_row(
        self, cost_matrix: Any, false_alarm: Any, miss: Any, n_rows: int
    ) -> np.ndarray:
        """Return costs for predictions: one matrix for all rows, or one for each."""
        if cost_matrix is not None:
            return cost_array(cost_matrix, self.classes, n_rows)
        if len(self.classes) != 2:
            raise ValueError(
                f"false_alarm and miss are the costs of two classes. There are "
                f"{len(self.classes)}: {self.classes.tolist()}. Use cost_matrix."
            )
        return false_alarm_miss_array(false_alarm, miss, n_rows)

    def proba(self, outputs: np.ndarray) -> np.ndarray:
        """Return the probability of each class from a network's outputs."""
        if outputs.shape[1] > 1:
            return outputs
        return np.concatenate([1 - outputs, outputs], axis=1)

    def unweighted(self, proba: np.ndarray, class_weight: np.ndarray) -> np.ndarray:
        """Return probabilities with the effect of class weights undone."""
        return undo_class_weight(proba, class_weight)

    def tempered(self, proba: np.ndarray, temperature: float) -> np.ndarray:
        """Return probabilities whose logits are divided by a temperature."""
        return tempered(proba, temperature)

    def most_likely(self, proba: np.ndarray) -> np.ndarray:
        """Return the label of the most likely class."""
        return self.classes[proba.argmax(axis=1)]

    def cheapest(self, proba: np.ndarray, costs: np.ndarray) -> np.ndarray:
        """Return the label of least expected cost."""
        return self.classes[least_cost(proba, costs)]

    def of_truth(self, proba: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Return the probability of each row's true class."""
        column = target[:, np.newaxis].astype(int)
        return np.take_along_axis(proba, column, axis=1)[:, 0]


def targets_for(scoring: Any, targets: Any) -> Any:
    """Return the targets whose labels a scorer of scikit-learn sees.

    If it is given by its name and there are two classes, their labels are 0 and 1, so
    that the second class is the positive one, whatever its label.
    """
    is_binary = isinstance(targets, Classes) and len(targets.classes) == 2
    return Classes(np.arange(2)) if is_binary and isinstance(scoring, str) else targets
