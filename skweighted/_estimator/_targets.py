"""What y says: one of several classes, or labels that each hold or not.

Targets are class indices of shape (n_samples,), or 0 and 1 of shape (n_samples,
n_labels). Both kinds answer the same questions, so nobody else asks which one it is.
"""

from dataclasses import dataclass

import numpy as np

from skweighted._costs._decide import bayes_threshold, least_cost
from skweighted._costs._distortion import undo_class_weight
from skweighted._costs._matrix import cost_array, false_alarm_miss_array
from skweighted._costs._weights import (
    class_totals,
    label_totals,
    mean_one_scale,
    resolve_class_weight,
    resolve_label_weights,
)
from skweighted._estimator._validation import (
    class_indices,
    known_classes,
    label_holdout,
    stratified_holdout,
)


def targets_of(y, sample_weight):
    """Return what checked y says, by the rows of weight above zero."""
    if y.ndim == 2:
        return Labels(y.shape[1])
    return Classes(known_classes(y, sample_weight))


@dataclass(frozen=True, eq=False)
class Classes:
    """Classes that exclude each other.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
        Their labels, sorted.
    """

    classes: np.ndarray

    @property
    def n_outputs(self):
        """How many outputs a network has for them."""
        return 1 if len(self.classes) == 2 else len(self.classes)

    @property
    def activation(self):
        """Activation of the outputs."""
        return "sigmoid" if len(self.classes) == 2 else "softmax"

    def indices(self, y, sample_weight):
        """Return labels as targets."""
        return class_indices(y, sample_weight, self.classes)

    def labels(self, target):
        """Return targets as labels."""
        return self.classes[target]

    def totals(self, target, sample_weight):
        """Return weighted counts and numbers of rows, of shape (n_classes,)."""
        return class_totals(target, sample_weight, len(self.classes))

    def weights(self, class_weight, totals, options):
        """Return what each class weighs, of shape (n_classes,)."""
        return resolve_class_weight(class_weight, self.classes, *totals, **options)

    def weights_by_label(self, class_weight):
        """Return the weights as a dict of the labels."""
        return dict(zip(self.classes.tolist(), class_weight.tolist(), strict=True))

    def normalized(self, class_weight, totals):
        """Return class weights with which all rows have weights of mean 1."""
        return class_weight * mean_one_scale(class_weight, *totals)

    def present(self, target, sample_weight, class_weight):
        """Tell which rows have a weight above zero."""
        return (sample_weight > 0) & (class_weight > 0)[target]

    def holdout(self, target, rows, fraction, random_generator):
        """Split rows in two, with every class on both sides."""
        return stratified_holdout(
            target, rows, self.classes, fraction, random_generator
        )

    def counted(self, target, rows):
        """Yield a name and the number of rows of each class among some rows."""
        counts = np.bincount(target[rows], minlength=len(self.classes))
        for label, count in zip(self.classes.tolist(), counts.tolist(), strict=True):
            yield f"class {label!r}", count

    def costs(self, cost_matrix):
        """Return a cost matrix as an array of shape (n_classes, n_classes)."""
        return cost_array(cost_matrix, self.classes)

    def costs_per_row(self, cost_matrix, false_alarm, miss, n_rows):
        """Return costs for predictions, one matrix for all rows or one for each."""
        if cost_matrix is not None:
            return cost_array(cost_matrix, self.classes, n_rows)
        if len(self.classes) != 2:
            raise ValueError(
                f"false_alarm and miss are the costs of two classes. There are "
                f"{len(self.classes)}: {self.classes.tolist()}. Use cost_matrix."
            )
        return false_alarm_miss_array(false_alarm, miss, n_rows)

    def proba(self, outputs):
        """Return the probability of each class from a network's outputs."""
        if outputs.shape[1] > 1:
            return outputs
        return np.concatenate([1 - outputs, outputs], axis=1)

    def unweighted(self, proba, class_weight):
        """Return probabilities with the class weights undone."""
        return undo_class_weight(proba, class_weight)

    def most_likely(self, proba):
        """Return the label of the most probable class."""
        return self.classes[proba.argmax(axis=1)]

    def cheapest(self, proba, costs):
        """Return the label of least expected cost."""
        return self.classes[least_cost(proba, costs)]

    def of_truth(self, proba, target):
        """Return the probability of each row's true class."""
        return np.take_along_axis(proba, target[:, np.newaxis].astype(int), axis=1)[
            :, 0
        ]


@dataclass(frozen=True, eq=False)
class Labels:
    """Labels that each hold or not, whatever the others do.

    Attributes
    ----------
    n_labels : int
    """

    n_labels: int
    activation = "sigmoid"

    @property
    def n_outputs(self):
        """How many outputs a network has for them."""
        return self.n_labels

    @property
    def classes(self):
        """The numbers of the labels, as in sklearn's MLPClassifier."""
        return np.arange(self.n_labels)

    def indices(self, y, sample_weight):
        """Return indicators as targets, which they are."""
        if y.ndim != 2 or y.shape[1] != self.n_labels:
            raise ValueError(
                f"y must have a column for each label. It has the shape {y.shape}, and "
                f"there are {self.n_labels} labels."
            )
        return y

    def labels(self, target):
        """Return targets as indicators, which they are."""
        return target

    def totals(self, target, sample_weight):
        """Return weighted counts and numbers of rows, of shape (n_labels, 2)."""
        return label_totals(target, sample_weight)

    def weights(self, class_weight, totals, options):
        """Return what both values of each label weigh, of shape (n_labels, 2)."""
        return resolve_label_weights(class_weight, *totals, **options)

    def weights_by_label(self, class_weight):
        """Return the weights as one dict for each label."""
        return [dict(enumerate(weights)) for weights in class_weight.tolist()]

    def normalized(self, class_weight, totals):
        """Return weights of which those of each label have mean 1 over the rows."""
        scales = map(mean_one_scale, class_weight, *totals)
        return class_weight * np.array(list(scales))[:, np.newaxis]

    def present(self, target, sample_weight, class_weight):
        """Tell which rows have a weight above zero."""
        return sample_weight > 0

    def holdout(self, target, rows, fraction, random_generator):
        """Split rows in two, with nearly the same share of each set of labels."""
        return label_holdout(target, rows, fraction, random_generator)

    def counted(self, target, rows):
        """Yield a name and the number of rows of both values of each label."""
        ones = target[rows].sum(axis=0, dtype=np.int64)
        for label, count in enumerate(ones.tolist()):
            yield f"value 0 of label {label}", len(rows) - count
            yield f"value 1 of label {label}", count

    def costs(self, cost_matrix):
        """Return one matrix for all labels, or one for each, as (n_labels, 2, 2)."""
        many = np.ndim(cost_matrix) == 3 or (
            isinstance(cost_matrix, list | tuple)
            and (hasattr(cost_matrix[0], "columns") or isinstance(cost_matrix[0], dict))
        )
        each = list(cost_matrix) if many else [cost_matrix] * self.n_labels
        if len(each) != self.n_labels:
            raise ValueError(
                f"Costs of labels are one matrix for all, or one for each. Got "
                f"{len(each)} matrices for {self.n_labels} labels."
            )
        costs = []
        for label, one in enumerate(each):
            try:
                costs.append(cost_array(one, np.arange(2)))
            except ValueError as error:
                raise ValueError(f"For label {label} of y: {error}") from None
        return np.array(costs)

    def costs_per_row(self, cost_matrix, false_alarm, miss, n_rows):
        """Return the costs of each label, which are the same for all rows."""
        if cost_matrix is None:
            raise ValueError(
                f"false_alarm and miss are the costs of two classes. y has "
                f"{self.n_labels} labels. Use cost_matrix, with a matrix for each."
            )
        return self.costs(cost_matrix)

    def proba(self, outputs):
        """Return the probability of each label, which outputs are."""
        return outputs

    def unweighted(self, proba, class_weight):
        """Return probabilities with the weights undone."""
        columns = []
        for p, weights in zip(proba.T, class_weight, strict=True):
            both = np.stack([1 - p, p], axis=1)
            columns.append(undo_class_weight(both, weights)[:, 1])
        return np.stack(columns, axis=1)

    def most_likely(self, proba):
        """Return 1 for the labels that are more likely than not."""
        return (proba > 0.5).astype(np.int64)

    def cheapest(self, proba, costs):
        """Return 1 for the labels whose probability is above their Bayes threshold."""
        return (proba > bayes_threshold(costs)).astype(np.int64)

    def of_truth(self, proba, target):
        """Return the probability of the true value of each label."""
        return np.where(target > 0, proba, 1 - proba)
