"""What early stopping monitors: a score of the network on the validation rows."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn import config_context, get_config
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import check_scoring

from skweighted._engine._spec import Rows
from skweighted._estimator._classes import targets_for
from skweighted._estimator._loss import distortion_of, is_plain_cross_entropy
from skweighted._estimator._problem import Problem
from skweighted._estimator._settings import Settings
from skweighted._estimator._trained import TrainedNetwork

Score = Callable[[np.ndarray], float]


def monitor_name(monitor: Any) -> str:
    """Return the name of a monitor in `history_`, without the prefix "val_"."""
    if isinstance(monitor, str):
        return monitor
    function = getattr(monitor, "_score_func", monitor)
    return getattr(function, "__name__", type(monitor).__name__)


def score_of(
    settings: Settings, problem: Problem, untrained: TrainedNetwork
) -> Score | None:
    """Return a function that scores a network by its outputs, or None.

    The outputs are those on the validation rows, of shape (n_rows, n_outputs).

    None if the loss on the validation rows is the score: for "loss", for the log loss
    of plain cross-entropy, and if outputs are not probabilities.

    Parameters
    ----------
    settings : Settings
        Its `monitor` and `monitor_weighted` are used.
    problem : Problem
        With validation rows.
    untrained : TrainedNetwork
        The network that is trained.
    """
    rows = problem.validation
    if rows is None or settings.monitor == "loss":
        return None
    if settings.monitor != "log_loss":
        return _by_scorer(settings, rows, untrained)
    loss = problem.loss
    weights_matter = (problem.class_weight != 1).any() or problem.sampling is not None
    if not distortion_of(loss).recoverable or (
        is_plain_cross_entropy(loss)
        and (settings.monitor_weighted or not weights_matter)
    ):
        return None
    return _log_loss(settings, rows, untrained)


def _log_loss(settings: Settings, rows: Rows, untrained: TrainedNetwork) -> Score:
    """Return the function for log loss: of the weighted problem, or of the true one."""
    targets = untrained.targets
    target = rows.target[rows.rows]
    if not settings.monitor_weighted:
        # A class of weight zero stays ignored.
        is_present = np.asarray(rows.class_weight) > 0
        rows = replace(rows, class_weight=is_present.astype(np.float64))
    weight = rows.weights_of(rows.rows)

    def score(outputs):
        proba = targets.proba(outputs)
        if settings.monitor_weighted:
            proba = untrained.undone(proba)
        else:
            proba = untrained.true_proba(proba)
        of_truth = targets.of_truth(proba, target).astype(np.float64)
        least = np.finfo(proba.dtype).eps  # as in sklearn.metrics.log_loss
        return float(np.average(-np.log(of_truth.clip(least, 1)), weights=weight))

    return score


def _by_scorer(settings: Settings, rows: Rows, untrained: TrainedNetwork) -> Score:
    """Return the function that calls a scorer of scikit-learn."""
    targets = targets_for(settings.monitor, untrained.targets)
    untrained = replace(untrained, targets=targets)
    X, y = rows.X[rows.rows], targets.decode(rows.target[rows.rows])
    weight = rows.weight[rows.rows]
    weighted = {"sample_weight": weight} if len(np.unique(weight)) > 1 else {}
    classifier = _Classifier(untrained, X, settings.correct_probabilities)
    scorer = check_scoring(classifier, scoring=settings.monitor)
    # Networks are trained in several threads, and scikit-learn's settings are those of
    # a thread.
    configuration = get_config()

    def score(outputs):
        classifier.proba = targets.proba(outputs)
        with config_context(**configuration):
            value = scorer(classifier, X, y, **weighted)
        if not np.isfinite(value):
            raise ValueError(
                f"monitor must be a finite number on the validation rows. "
                f"{monitor_name(settings.monitor)} is {value}."
            )
        return float(value)

    return score


class _Classifier(ClassifierMixin, BaseEstimator):
    """A network during training, as a fitted classifier for scorers.

    Its probabilities are those of the validation rows, so it predicts no other rows.
    """

    def __init__(self, network, X, correct_probabilities):
        self.network = network
        self.X = X
        self.correct_probabilities = correct_probabilities
        self.classes_ = network.targets.classes
        self.proba = None

    def fit(self, X, y):
        """Do nothing."""
        return self

    def predict_proba(self, X):
        """Return what the estimator's `predict_proba` returns."""
        proba = self._proba_of(X)
        return self.network.true_proba(proba) if self.correct_probabilities else proba

    def predict(self, X):
        """Return what the estimator's `predict(X)` returns."""
        return self.network.predict(self._proba_of(X), self.network.decision_costs)

    def _proba_of(self, X):
        """Return the probabilities of the validation rows, or raise ValueError."""
        if X is not self.X:
            raise ValueError(
                "monitor can only use predictions of the validation rows: call predict "
                "or predict_proba with the X that monitor receives, and select rows of "
                "what is returned."
            )
        return self.proba
