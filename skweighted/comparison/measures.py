"""What is measured: one table of metrics, all computed by the libraries that own them.

Minority recall and precision and F1 are those of the rarest class. With more than two
classes average precision and ROC AUC are means over one-vs-rest problems.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from imblearn.metrics import geometric_mean_score
from sklearn import metrics


@dataclass(frozen=True, eq=False)
class Answers:
    """What a fitted model said about the test rows of one fold.

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
    """

    y_true: np.ndarray
    y_pred: np.ndarray
    proba: np.ndarray
    classes: np.ndarray
    positive: Any
    fit_seconds: float

    def ranking(self) -> tuple[np.ndarray, np.ndarray]:
        """Return truths and scores as sklearn's ranking metrics take them."""
        if len(self.classes) > 2:
            return self.y_true, self.proba
        column = int(np.flatnonzero(self.classes == self.positive)[0])
        return self.y_true == self.positive, self.proba[:, column]


class Measure(NamedTuple):
    """How to compute a metric, which way is better, and its place in the table."""

    function: Callable[[Answers], float]
    greater_is_better: bool
    title: str
    panel: str


def _roc_auc(answers: Answers) -> float:
    """Return the area under the ROC curve, macro one-vs-rest."""
    return metrics.roc_auc_score(*answers.ranking(), multi_class="ovr", average="macro")


def _of_minority(metric: Callable[..., Any]) -> Callable[[Answers], float]:
    """Return a metric of the positive class alone, 0 where it is undefined."""

    def measured(answers: Answers) -> float:
        return metric(
            answers.y_true,
            answers.y_pred,
            labels=[answers.positive],
            average="macro",
            zero_division=0.0,
        )

    return measured


PROBABILITIES = "Ranking and probabilities"
DECISIONS = "Decisions"

MEASURES: dict[str, Measure] = {
    "average_precision": Measure(
        lambda a: metrics.average_precision_score(*a.ranking()),
        True,
        "average precision",
        PROBABILITIES,
    ),
    "roc_auc": Measure(_roc_auc, True, "ROC AUC", PROBABILITIES),
    "log_loss": Measure(
        lambda a: metrics.log_loss(a.y_true, a.proba, labels=a.classes),
        False,
        "log loss",
        PROBABILITIES,
    ),
    "brier": Measure(
        lambda a: metrics.brier_score_loss(a.y_true, a.proba, labels=a.classes),
        False,
        "Brier",
        PROBABILITIES,
    ),
    "fit_seconds": Measure(
        lambda a: a.fit_seconds, False, "fit seconds", PROBABILITIES
    ),
    "balanced_accuracy": Measure(
        lambda a: metrics.balanced_accuracy_score(a.y_true, a.y_pred),
        True,
        "balanced accuracy",
        DECISIONS,
    ),
    "minority_recall": Measure(
        _of_minority(metrics.recall_score), True, "minority recall", DECISIONS
    ),
    "minority_precision": Measure(
        _of_minority(metrics.precision_score), True, "minority precision", DECISIONS
    ),
    "f1": Measure(_of_minority(metrics.f1_score), True, "F1", DECISIONS),
    "geometric_mean": Measure(
        lambda a: geometric_mean_score(a.y_true, a.y_pred, labels=a.classes),
        True,
        "geometric mean",
        DECISIONS,
    ),
}
