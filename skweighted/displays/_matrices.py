"""Confusion and cost matrices of two classes, the negative class first.

Rows are truths and columns are answers.
"""

import numpy as np
from sklearn.metrics import confusion_matrix_at_thresholds

from skweighted._costs._matrix import cost_array


def confusion_at_thresholds(rows):
    """Return weights by truth, answer and threshold, and the thresholds ascending."""
    _, false_positive, _, true_positive, thresholds = confusion_matrix_at_thresholds(
        rows.positive, rows.proba, sample_weight=rows.weight
    )
    # At inf, above all probabilities, every answer is negative.
    answered = np.pad([false_positive, true_positive], [(0, 0), (1, 0)])[:, ::-1]
    confusion = np.stack([answered[:, :1] - answered, answered], axis=1)
    return confusion, np.append(thresholds[::-1], np.inf)


def ordered_costs(cost_matrix, classes):
    """Return the costs of classes given as (negative, positive)."""
    labels = np.array(sorted(classes))
    costs = cost_array(cost_matrix, labels)
    return costs if classes[1] == labels[1] else costs[::-1, ::-1]
