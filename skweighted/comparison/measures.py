"""The metrics of a comparison in one table; libraries compute all that they have.

Minority recall and precision and F1 are those of the rarest class. With more than two
classes average precision and ROC AUC are means over one-vs-rest problems. Calibration
is that of the rarest class's probability.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pandas as pd
from imblearn.metrics import geometric_mean_score
from scipy.optimize import brentq
from scipy.special import expit, logit
from sklearn import metrics
from sklearn.linear_model import LogisticRegression

from skweighted.metrics import CostMatrix, cost_savings_score, expected_cost_score

Values = TypeVar("Values", float, pd.Series)


@dataclass(frozen=True, eq=False)
class Predictions:
    """The predictions of a fitted model for the test rows of one fold.

    Attributes
    ----------
    y_true, y_pred : ndarray of shape (n_samples,)
        True and predicted labels.
    proba : ndarray of shape (n_samples, n_classes)
        Probabilities, columns in the order of `classes`.
    classes : ndarray of shape (n_classes,)
        The labels in sorted order.
    positive : int, str or bool
        The label of the rarest class.
    fit_seconds : float
        Wall-clock time of the fit, preprocessing and resampling included.
    predict_seconds : float
        Wall-clock time of `predict_proba` on the test rows.
    cost_matrix : array-like, dict, DataFrame or None
        Costs of mistakes, in the order of `classes` unless it has labels.
    """

    y_true: np.ndarray
    y_pred: np.ndarray
    proba: np.ndarray
    classes: np.ndarray
    positive: Any
    fit_seconds: float
    predict_seconds: float = 0.0
    cost_matrix: CostMatrix | None = None

    def of_positive(self) -> tuple[np.ndarray, np.ndarray]:
        """Return whether each row is positive, and the probability that it is."""
        column = int(np.flatnonzero(self.classes == self.positive)[0])
        proba = self.proba[:, column].astype(np.float64)
        return self.y_true == self.positive, proba

    def ranking(self) -> tuple[np.ndarray, np.ndarray]:
        """Return truths and scores in the form of sklearn's ranking metrics."""
        if len(self.classes) > 2:
            return self.y_true, self.proba
        return self.of_positive()


class Measure(NamedTuple):
    """How to compute a metric, whether greater is better, and where it is shown.

    With an `ideal`, the value closest to it is the best. Metrics of cost are computed
    only if there are costs.
    """

    function: Callable[[Predictions], float]
    greater_is_better: bool
    title: str
    panel: str
    ideal: float | None = None

    def heading(self) -> str:
        """Return the title with a sign: "Brier ↓", "calibration slope → 1"."""
        if self.ideal is not None:
            return f"{self.title} → {self.ideal:g}"
        return f"{self.title} {'↑' if self.greater_is_better else '↓'}"

    def loss(self, values: Values) -> Values:
        """Return the values as losses: the lowest is the best."""
        if self.ideal is not None:
            return abs(values - self.ideal)
        return -values if self.greater_is_better else values


def _roc_auc(predictions: Predictions) -> float:
    """Return the area under the ROC curve, macro one-vs-rest."""
    return metrics.roc_auc_score(
        *predictions.ranking(), multi_class="ovr", average="macro"
    )


def _of_minority(metric: Callable[..., Any]) -> Callable[[Predictions], float]:
    """Return a metric of the positive class only, which is 0 if it is undefined."""

    def measured(predictions: Predictions) -> float:
        return metric(
            predictions.y_true,
            predictions.y_pred,
            labels=[predictions.positive],
            average="macro",
            zero_division=0.0,
        )

    return measured


def _logit(proba: np.ndarray) -> np.ndarray:
    """Return log odds, which are finite even for probabilities of 0 and 1."""
    return logit(proba.clip(LEAST_PROBABILITY, 1 - LEAST_PROBABILITY))


def _calibration_slope(predictions: Predictions) -> float:
    """Return the slope of the true log odds on the predicted log odds (Cox, 1958).

    Below 1 if probabilities are too extreme; NaN if the probabilities separate the
    classes, because the slope is infinite then, or if they are all equal.
    """
    truth, proba = predictions.of_positive()
    if (
        proba[truth].min() >= proba[~truth].max()
        or proba[truth].max() <= proba[~truth].min()
    ):
        return np.nan
    model = LogisticRegression(C=np.inf, tol=1e-8, max_iter=1000)
    return float(model.fit(_logit(proba)[:, np.newaxis], truth).coef_[0, 0])


def _calibration_intercept(predictions: Predictions) -> float:
    """Return the intercept of the calibration with a slope of 1 (Cox, 1958).

    Below 0 if the predicted probabilities of the positive class are too high on
    average.
    """
    truth, proba = predictions.of_positive()
    log_odds, rate = _logit(proba), truth.mean()
    return float(brentq(lambda shift: expit(log_odds + shift).mean() - rate, -100, 100))


def _calibration_error(predictions: Predictions) -> float:
    """Return the expected calibration error over ten bins of equal size.

    The mean over bins of the distance between the mean probability and the share of
    positive rows (Naeini et al., 2015; bins of equal mass as Nguyen & O'Connor, 2015).
    Rows with the same probability count with their common share, so the order of the
    rows has no effect even if they are in two bins.
    """
    truth, proba = predictions.of_positive()
    _, ties, n_each = np.unique(proba, return_inverse=True, return_counts=True)
    truth = (np.bincount(ties, truth) / n_each)[ties]
    order = np.argsort(proba, kind="stable")
    gaps = [
        len(rows) * abs(proba[rows].mean() - truth[rows].mean())
        for rows in np.array_split(order, N_BINS)
        if len(rows)
    ]
    return float(np.sum(gaps) / len(order))


def _of_costs(score: Callable[..., float]) -> Callable[[Predictions], float]:
    """Return a metric of the costs of the decisions."""

    def measured(predictions: Predictions) -> float:
        return score(
            predictions.y_true,
            predictions.y_pred,
            cost_matrix=predictions.cost_matrix,
            labels=predictions.classes,
        )

    return measured


N_BINS = 10
LEAST_PROBABILITY = 1e-12

PROBABILITIES = "Ranking and probabilities"
CALIBRATION = "Calibration"
DECISIONS = "Decisions"
COSTS = "Costs and seconds"

MEASURES: dict[str, Measure] = {
    "average_precision": Measure(
        lambda p: metrics.average_precision_score(*p.ranking()),
        True,
        "average precision",
        PROBABILITIES,
    ),
    "roc_auc": Measure(_roc_auc, True, "ROC AUC", PROBABILITIES),
    "log_loss": Measure(
        lambda p: metrics.log_loss(p.y_true, p.proba, labels=p.classes),
        False,
        "log loss",
        PROBABILITIES,
    ),
    "brier": Measure(
        lambda p: metrics.brier_score_loss(p.y_true, p.proba, labels=p.classes),
        False,
        "Brier",
        PROBABILITIES,
    ),
    "calibration_slope": Measure(
        _calibration_slope, True, "calibration slope", CALIBRATION, ideal=1.0
    ),
    "calibration_intercept": Measure(
        _calibration_intercept, True, "calibration intercept", CALIBRATION, ideal=0.0
    ),
    "calibration_error": Measure(
        _calibration_error, False, "expected calibration error", CALIBRATION
    ),
    "balanced_accuracy": Measure(
        lambda p: metrics.balanced_accuracy_score(p.y_true, p.y_pred),
        True,
        "balanced accuracy",
        DECISIONS,
    ),
    "minority_recall": Measure(
        _of_minority(metrics.recall_score), True, "rare-class recall", DECISIONS
    ),
    "minority_precision": Measure(
        _of_minority(metrics.precision_score), True, "rare-class precision", DECISIONS
    ),
    "f1": Measure(_of_minority(metrics.f1_score), True, "F1", DECISIONS),
    "geometric_mean": Measure(
        lambda p: geometric_mean_score(p.y_true, p.y_pred, labels=p.classes),
        True,
        "geometric mean",
        DECISIONS,
    ),
    "expected_cost": Measure(
        _of_costs(expected_cost_score), False, "cost per row", COSTS
    ),
    "cost_savings": Measure(_of_costs(cost_savings_score), True, "savings", COSTS),
    "fit_seconds": Measure(lambda p: p.fit_seconds, False, "fit seconds", COSTS),
    "predict_seconds": Measure(
        lambda p: p.predict_seconds, False, "predict seconds", COSTS
    ),
}

# Metrics that are computed only if there are costs.
OF_COSTS = ("expected_cost", "cost_savings")


def measured(predictions: Predictions) -> dict[str, float]:
    """Return every metric that can be computed from the predictions."""
    return {
        name: float(measure.function(predictions))
        for name, measure in MEASURES.items()
        if name not in OF_COSTS or predictions.cost_matrix is not None
    }


def by_panel(names: Iterable[str]) -> dict[str, list[str]]:
    """Return the names of metrics by the table in which they are shown, in order."""
    panels: dict[str, list[str]] = {}
    for name in names:
        panels.setdefault(MEASURES[name].panel, []).append(name)
    return panels
