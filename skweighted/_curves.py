"""Curves of the probabilities of two classes, as numbers, for displays and reports.

`positive` is a boolean array of shape (n_samples,) with both values, `proba` has the
probability that each row is positive, and `weight` is at least 0, None for 1 each. In
matrices the negative class comes first; rows are truths and columns are predictions. A
row is predicted positive where its probability is at least the threshold.
"""

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

import numpy as np
from scipy.special import ndtri
from sklearn.metrics import (
    confusion_matrix_at_thresholds,
    precision_recall_curve,
    roc_curve,
)

from skweighted._costs._decide import bayes_threshold
from skweighted._costs._matrix import cost_array


class CalibrationCurve(NamedTuple):
    """How often the positive class occurs, in bins of its predicted probability.

    Attributes
    ----------
    prob_true, prob_pred : ndarray of shape (n_bins,)
        Share of positive rows and mean probability; empty bins are left out.
    n_rows : ndarray of shape (n_bins,)
    low, high : ndarray of shape (n_bins,)
        95 % confidence interval of `prob_true` (Wilson, 1927).
    """

    prob_true: np.ndarray
    prob_pred: np.ndarray
    n_rows: np.ndarray
    low: np.ndarray
    high: np.ndarray


class ThresholdCurves(NamedTuple):
    """Precision, recall and cost of the decisions at every threshold.

    Attributes
    ----------
    thresholds : ndarray of shape (n_thresholds,)
        The distinct probabilities, ascending, and inf: no row is predicted positive.
    precision, recall : ndarray of shape (n_thresholds,)
        The precision at inf is NaN.
    expected_cost : ndarray of shape (n_thresholds,) or None
        Mean cost per row, in the unit of the costs. None without costs.
    bayes_threshold : float or None
        The threshold of least expected cost where probabilities are true.
    """

    thresholds: np.ndarray
    precision: np.ndarray
    recall: np.ndarray
    expected_cost: np.ndarray | None = None
    bayes_threshold: float | None = None


def calibration_curve(
    positive: np.ndarray,
    proba: np.ndarray,
    *,
    n_bins: int = 10,
    strategy: str = "quantile",
) -> CalibrationCurve:
    """Return the calibration curve, with the bins of sklearn's `calibration_curve`."""
    if strategy not in ("quantile", "uniform"):
        raise ValueError(f"strategy must be 'quantile' or 'uniform'. Got {strategy!r}.")
    if n_bins < 1:
        raise ValueError(f"n_bins must be at least 1. Got {n_bins!r}.")
    edges = np.linspace(0, 1, n_bins + 1)
    if strategy == "quantile":
        edges = np.percentile(proba, 100 * edges)
    _, bins = np.unique(np.searchsorted(edges[1:-1], proba), return_inverse=True)
    n_rows = np.bincount(bins)
    prob_true = np.bincount(bins, weights=positive) / n_rows
    prob_pred = np.bincount(bins, weights=proba) / n_rows
    return CalibrationCurve(prob_true, prob_pred, n_rows, *_wilson(prob_true, n_rows))


def cost_curve(
    positive: np.ndarray, proba: np.ndarray, weight: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the vertices of the least normalized cost over all thresholds.

    The lines of this lower envelope are the points of the convex hull of the ROC curve
    (Drummond & Holte, 2006, section 3), the constant predictions among them.

    Returns
    -------
    probability_cost, normalized_cost : ndarray of shape (n_vertices,)
        Probability costs ascend from 0 to 1.
    """
    confusion, _ = _confusion_at_thresholds(positive, proba, weight)
    hull: list[tuple[float, float]] = []
    for point in zip(*confusion[:, 1, ::-1].tolist(), strict=True):
        while len(hull) > 1 and not _turns_right(hull[-2], hull[-1], point):
            hull.pop()
        hull.append(point)
    fpr, tpr = (np.array(hull) / hull[-1]).T
    d_fpr, d_tpr = np.diff(fpr), np.diff(tpr)
    meet = d_fpr / (d_fpr + d_tpr)  # where neighboring lines cost the same
    height = fpr[1:] * (1 - meet) + (1 - tpr[1:]) * meet
    # The lines of a perfect classifier meet at the ends.
    inside = (meet > 0) & (meet < 1)
    return (
        np.concatenate([[0.0], meet[inside], [1.0]]),
        np.concatenate([[0.0], height[inside], [0.0]]),
    )


def threshold_curves(
    positive: np.ndarray,
    proba: np.ndarray,
    weight: np.ndarray | None = None,
    costs: np.ndarray | None = None,
) -> ThresholdCurves:
    """Return precision, recall and, with costs of shape (2, 2), the expected cost."""
    confusion, thresholds = _confusion_at_thresholds(positive, proba, weight)
    (_, false_positives), (_, true_positives) = confusion
    predicted = false_positives + true_positives
    precision = np.full_like(predicted, np.nan)
    np.divide(true_positives, predicted, out=precision, where=predicted > 0)
    # The lowest threshold predicts every row positive.
    recall = true_positives / true_positives[0]
    if costs is None:
        return ThresholdCurves(thresholds, precision, recall)
    total = confusion[:, :, 0].sum()
    expected_cost = np.tensordot(costs, confusion, axes=2) / total
    threshold = float(bayes_threshold(costs))
    return ThresholdCurves(thresholds, precision, recall, expected_cost, threshold)


def at_threshold(thresholds: np.ndarray, values: np.ndarray, at: Any) -> np.ndarray:
    """Return the values of a threshold curve at any thresholds.

    Decisions are the same up to the next higher probability that occurs.
    """
    return values[np.searchsorted(thresholds, at)]


def precision_at_recall(
    positive: np.ndarray, proba: np.ndarray, recall: np.ndarray
) -> np.ndarray:
    """Return the precision at the highest threshold with at least these recalls.

    Steps, as average precision counts: straight lines between the points would be too
    optimistic (Davis & Goadrich, 2006).
    """
    precisions, recalls, _ = precision_recall_curve(positive, proba)
    # From the highest threshold down, without the point that sklearn adds at recall 0.
    return precisions[-2::-1][np.searchsorted(recalls[-2::-1], recall)]


def recall_at_false_positive_rate(
    positive: np.ndarray, proba: np.ndarray, rate: np.ndarray
) -> np.ndarray:
    """Return the true positive rate of the ROC curve at false positive rates."""
    false_positive, true_positive, _ = roc_curve(positive, proba)
    return np.interp(rate, false_positive, true_positive)


def mean_by_epoch(series: Iterable[Sequence[float]]) -> np.ndarray:
    """Return the mean of series of several lengths, over those that still run."""
    return np.array(
        [np.nanmean(values) for values in zip_longest(*series, fillvalue=np.nan)]
    )


def costs_of_two(cost_matrix: Any, classes: tuple[Any, Any]) -> np.ndarray:
    """Return the costs of classes given as (negative, positive), of shape (2, 2)."""
    labels = np.array(sorted(classes))
    costs = cost_array(cost_matrix, labels)
    return costs if classes[1] == labels[1] else costs[::-1, ::-1]


def _confusion_at_thresholds(
    positive: np.ndarray, proba: np.ndarray, weight: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return weights by truth, prediction and threshold; thresholds, ascending."""
    _, false_positive, _, true_positive, thresholds = confusion_matrix_at_thresholds(
        positive, proba, sample_weight=weight
    )
    # At inf, above all probabilities, no row is predicted positive.
    predicted = np.pad([false_positive, true_positive], [(0, 0), (1, 0)])[:, ::-1]
    confusion = np.stack([predicted[:, :1] - predicted, predicted], axis=1)
    return confusion, np.append(thresholds[::-1], np.inf)


def _turns_right(
    a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]
) -> bool:
    """Return whether the path from a through b to c turns right."""
    return (b[0] - a[0]) * (c[1] - b[1]) < (b[1] - a[1]) * (c[0] - b[0])


def _wilson(share: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the 95 % confidence interval of shares of n rows (Wilson, 1927)."""
    z = ndtri(0.975)
    middle = share + z**2 / (2 * n)
    reach = z * np.sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2)
    scale = 1 + z**2 / n
    return np.maximum((middle - reach) / scale, 0), np.minimum(
        (middle + reach) / scale, 1
    )
