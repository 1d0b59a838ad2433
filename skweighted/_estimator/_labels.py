"""`Labels`: the meaning of y if any number of labels can apply to a row.

A target is 0 or 1 for each label. The methods are those of `_classes.Classes`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from skweighted._costs._decide import bayes_threshold
from skweighted._costs._distortion import undo_class_weight, undo_per_label
from skweighted._costs._matrix import cost_array
from skweighted._costs._temperature import tempered
from skweighted._costs._weights import (
    Totals,
    label_totals,
    mean_one_scale,
    resolve_label_weights,
)
from skweighted._estimator._classes import evenly_spread_folds


@dataclass(frozen=True, eq=False)
class Labels:
    """Labels of which any number can apply to a row.

    Attributes
    ----------
    n_labels : int
    """

    n_labels: int
    is_multilabel = True
    activation = "sigmoid"

    @property
    def n_outputs(self) -> int:
        """Number of outputs of the network."""
        return self.n_labels

    @property
    def classes(self) -> np.ndarray:
        """The indices of the labels, as in scikit-learn's MLPClassifier."""
        return np.arange(self.n_labels)

    def encode(self, y: np.ndarray, present: np.ndarray, name: str = "y") -> np.ndarray:
        """Return indicators unchanged, after checking their shape."""
        if y.ndim != 2 or y.shape[1] != self.n_labels:
            raise ValueError(
                f"{name} must have a column for each label. Its shape is {y.shape}, "
                f"and there are {self.n_labels} labels."
            )
        return y

    def decode(self, target: np.ndarray) -> np.ndarray:
        """Return targets unchanged."""
        return target

    def totals(self, target: np.ndarray, sample_weight: np.ndarray) -> Totals:
        """Return weighted counts and numbers of rows, of shape (n_labels, 2)."""
        return label_totals(target, sample_weight)

    def weights(
        self, class_weight: Any, totals: Totals, options: dict[str, Any]
    ) -> np.ndarray:
        """Return the weights of both values of each label, of shape (n_labels, 2)."""
        return resolve_label_weights(class_weight, *totals, **options)

    def weights_by_label(self, class_weight: np.ndarray) -> list[dict[int, float]]:
        """Return the weights as one dict for each label."""
        return [dict(enumerate(weights)) for weights in class_weight.tolist()]

    def normalized(self, class_weight: np.ndarray, totals: Totals) -> np.ndarray:
        """Return weights scaled to mean 1 over the rows for each label."""
        scales = map(mean_one_scale, class_weight, *totals)
        return class_weight * np.array(list(scales))[:, np.newaxis]

    def present(
        self, target: np.ndarray, sample_weight: np.ndarray, class_weight: np.ndarray
    ) -> np.ndarray:
        """Return which rows have a weight above zero."""
        return sample_weight > 0

    def holdout(
        self,
        target: np.ndarray,
        rows: np.ndarray,
        fraction: float,
        random_generator: np.random.Generator,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Split rows in two, with nearly the same share of each combination of labels.

        Combinations of labels that occur only once are treated as one.

        Parameters
        ----------
        target : ndarray of shape (n_samples, n_labels)
        rows : ndarray of shape (n_rows,)
            The rows to split: at least two.
        fraction : float
            Share of the rows that is held out; at least one row.
        random_generator : numpy.random.Generator

        Returns
        -------
        kept, held_out : ndarray
            Training rows and validation rows, both sorted.
        """
        if len(rows) < 2:
            raise ValueError(
                "early_stopping=True needs at least two rows: one for training and one "
                "for validation. There is 1. Use early_stopping=False."
            )
        kinds = _kinds(target[rows])
        # Rows are sorted by kind, and every 1 / fraction-th row is held out.
        order = np.lexsort((random_generator.random(len(rows)), kinds))
        n_held_out = int(np.clip(round(fraction * len(rows)), 1, len(rows) - 1))
        places = (np.arange(n_held_out) + random_generator.random()) * (
            len(rows) / n_held_out
        )
        held_out = np.zeros(len(rows), dtype=bool)
        held_out[order[places.astype(int)]] = True
        return rows[~held_out], rows[held_out]

    def fold_of(
        self,
        target: np.ndarray,
        rows: np.ndarray,
        n_folds: int,
        random_generator: np.random.Generator,
    ) -> np.ndarray:
        """Return the fold of each row, with the rows of rare labels spread evenly.

        The parameters and the result are those of `Classes.fold_of`.
        """
        values = target[rows]
        ones = values.sum(axis=0, dtype=np.int64)
        # Sorted by the rarest label first, so that its rows are next to each other.
        rarest_last = np.argsort(-np.minimum(ones, len(values) - ones))
        order = np.lexsort(tuple(values[:, label] for label in rarest_last))
        kinds = np.empty(len(values), dtype=np.int64)
        ordered = values[order]
        is_new = np.r_[True, (ordered[1:] != ordered[:-1]).any(axis=1)]
        kinds[order] = np.cumsum(is_new)
        return evenly_spread_folds(kinds, n_folds, random_generator)

    def is_only(self, target: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return False for each row: it is of several labels, not of one."""
        return np.zeros(len(rows), dtype=bool)

    def counted(
        self, target: np.ndarray, rows: np.ndarray
    ) -> Iterator[tuple[str, int]]:
        """Yield the name and the number of rows of both values of each label."""
        ones = target[rows].sum(axis=0, dtype=np.int64)
        for label, count in enumerate(ones.tolist()):
            yield f"value 0 of label {label}", len(rows) - count
            yield f"value 1 of label {label}", count

    def costs(self, cost_matrix: Any) -> np.ndarray:
        """Return one matrix for all labels, or one for each, as (n_labels, 2, 2)."""
        many = np.ndim(cost_matrix) == 3 or (
            isinstance(cost_matrix, list | tuple)
            and (hasattr(cost_matrix[0], "columns") or isinstance(cost_matrix[0], dict))
        )
        each = list(cost_matrix) if many else [cost_matrix] * self.n_labels
        if len(each) != self.n_labels:
            raise ValueError(
                f"cost_matrix must be one matrix for all labels, or one for each. Got "
                f"{len(each)} matrices for {self.n_labels} labels."
            )
        costs = []
        for label, one in enumerate(each):
            try:
                costs.append(cost_array(one, np.arange(2)))
            except ValueError as error:
                raise ValueError(f"For label {label} of y: {error}") from None
        return np.array(costs)

    def warn_if_swapped(self, costs: np.ndarray, n_rows: np.ndarray) -> None:
        """Do nothing: the rarer value of a label is not always the costlier one."""

    def costs_per_row(
        self, cost_matrix: Any, false_alarm: Any, miss: Any, n_rows: int
    ) -> np.ndarray:
        """Return the costs of each label, which are the same for all rows."""
        if cost_matrix is None:
            raise ValueError(
                f"false_alarm and miss are the costs of two classes. y has "
                f"{self.n_labels} labels. Use cost_matrix, with one matrix per label."
            )
        return self.costs(cost_matrix)

    def proba(self, outputs: np.ndarray) -> np.ndarray:
        """Return the outputs unchanged: the probability of each label."""
        return outputs

    def unweighted(self, proba: np.ndarray, class_weight: np.ndarray) -> np.ndarray:
        """Return probabilities with the effect of class weights undone."""
        settings = [{"class_weight": weights} for weights in class_weight]
        return undo_per_label(undo_class_weight, proba, settings)

    def tempered(self, proba: np.ndarray, temperature: float) -> np.ndarray:
        """Return probabilities whose logits are divided by a temperature."""
        both = tempered(np.stack([1 - proba, proba], axis=-1), temperature)
        return both[..., 1]

    def most_likely(self, proba: np.ndarray) -> np.ndarray:
        """Return 1 for the labels that are more likely than not."""
        return (proba > 0.5).astype(np.int64)

    def cheapest(self, proba: np.ndarray, costs: np.ndarray) -> np.ndarray:
        """Return 1 for the labels whose probability is above their Bayes threshold."""
        return (proba > bayes_threshold(costs)).astype(np.int64)

    def of_truth(self, proba: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Return the probability of the true value of each label."""
        return np.where(target > 0, proba, 1 - proba)


def _kinds(target: np.ndarray) -> np.ndarray:
    """Return a number for each row's combination of labels; one for all rare ones."""
    _, kinds, counts = np.unique(
        target, axis=0, return_inverse=True, return_counts=True
    )
    return np.where(counts[kinds] == 1, len(counts), kinds)
