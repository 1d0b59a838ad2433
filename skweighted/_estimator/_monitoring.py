"""What early stopping watches: a score of the network on the validation rows."""

import numpy as np
from sklearn.metrics import check_scoring

from skweighted._estimator._objective import is_plain_cross_entropy, undoable, undone


def monitor_name(monitor):
    """Return what a monitor is called in `history_`, after "val_"."""
    if isinstance(monitor, str):
        return monitor
    function = getattr(monitor, "_score_func", monitor)
    return getattr(function, "__name__", type(monitor).__name__)


def score_of(estimator, problem, view):
    """Return a function of a network's parameters that scores it, or None.

    None where the loss on the validation rows is what is watched: for "loss", for the
    log loss of plain cross-entropy, and where outputs are no probabilities.

    Parameters
    ----------
    estimator : CostSensitiveMLPClassifier
        Its `monitor` and `monitor_weighted` are looked at.
    problem : Problem
        With validation rows.
    view : callable
        Returns the fitted estimator that parameters make.

    Returns
    -------
    callable or None
    """
    monitor, loss = estimator.monitor, problem.loss
    if monitor == "loss":
        return None
    if monitor != "log_loss":
        return _by_scorer(estimator, problem, view)
    weights_matter = (problem.class_weight != 1).any()
    if not undoable(loss) or (
        is_plain_cross_entropy(loss)
        and (estimator.monitor_weighted or not weights_matter)
    ):
        return None
    return _log_loss(estimator, problem, view)


def _log_loss(estimator, problem, view):
    """Return the function that computes the log loss.

    Weighted, it is that of the weighted problem, else that of the true probabilities.
    """
    rows, targets = problem.validation, problem.targets
    X, target = rows.X[rows.rows], rows.target[rows.rows]
    weight = rows.weights_of(rows.rows)

    def score(parameters):
        network = view(parameters)
        if estimator.monitor_weighted:
            proba = undone(problem.loss, network._proba(X))
        else:
            proba = network._true_proba(network._proba(X))
        of_truth = targets.of_truth(proba, target).astype(np.float64)
        least = np.finfo(proba.dtype).eps  # as in sklearn.metrics.log_loss
        return float(np.average(-np.log(of_truth.clip(least, 1)), weights=weight))

    return score


def _by_scorer(estimator, problem, view):
    """Return the function that asks a scorer of sklearn."""
    scorer = check_scoring(estimator, scoring=estimator.monitor)
    rows = problem.validation
    X, y = rows.X[rows.rows], problem.targets.labels(rows.target[rows.rows])
    weight = rows.weight[rows.rows]
    weighted = {"sample_weight": weight} if len(np.unique(weight)) > 1 else {}

    def score(parameters):
        value = scorer(view(parameters), X, y, **weighted)
        if not np.isfinite(value):
            raise ValueError(
                f"monitor must be a finite number on the validation rows. "
                f"{monitor_name(estimator.monitor)} is {value}."
            )
        return float(value)

    return score
