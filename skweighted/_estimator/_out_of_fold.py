"""What out-of-fold probabilities are used for: calibration and a threshold."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.metrics._scorer import _BaseScorer

from skweighted._costs._temperature import fitted_temperature
from skweighted._estimator._classes import targets_for
from skweighted._estimator._ensemble import TrainedEnsemble
from skweighted._estimator._loss import is_plain_cross_entropy
from skweighted._estimator._problem import Share, Task
from skweighted._estimator._settings import Settings
from skweighted._text import suggestion

# As many thresholds are evenly spaced, and as many are quantiles of the probabilities.
N_THRESHOLDS = 100


def check_uses(settings: Settings, task: Task) -> None:
    """Raise ValueError if calibration or a threshold contradicts other settings."""
    for name in ("threshold", "calibration"):
        is_used = getattr(settings, name) is not None
        if is_used and settings.ensemble != "folds":
            raise ValueError(
                f"{name} is fitted to out-of-fold probabilities, which need "
                f"ensemble='folds'. Got ensemble={settings.ensemble!r}. Use "
                f"ensemble='folds' and n_networks of at least 2."
            )
    if settings.threshold is not None:
        _scorer_of(settings.threshold)
        if settings.cost_matrix is not None:
            raise ValueError(
                "Decisions follow either threshold or cost_matrix. Got both; leave one "
                "out."
            )
        if task.targets.is_multilabel or len(task.targets.classes) != 2:
            raise ValueError(
                f"threshold needs two classes. y has "
                f"{len(task.targets.classes)} "
                f"{'labels' if task.targets.is_multilabel else 'classes'}. Use "
                f"cost_matrix."
            )
    is_distorted = (
        not is_plain_cross_entropy(task.loss) or len(np.unique(task.class_weight)) > 1
    )
    if settings.calibration and is_distorted and not settings.correct_probabilities:
        raise ValueError(
            "calibration needs true probabilities, but class_weight or the loss "
            "distorts those of predict_proba. Use correct_probabilities=True."
        )


def with_out_of_fold(
    ensemble: TrainedEnsemble, settings: Settings, task: Task, shares: Sequence[Share]
) -> TrainedEnsemble:
    """Return the ensemble with what is fitted to its out-of-fold probabilities.

    Parameters
    ----------
    ensemble : TrainedEnsemble
    settings : Settings
    task : Task
    shares : sequence of Share
        The rows of each network. Held-out rows are predicted by the networks that
        were not trained on them.
    """
    X, targets = task.rows.X, task.targets
    is_true = settings.correct_probabilities or settings.calibration is not None
    total = np.zeros((len(task.rows.target), len(targets.classes)))
    count = np.zeros(len(total))
    for network, share in zip(ensemble.networks, shares, strict=True):
        if share.held_out is None or not len(share.held_out):
            continue
        proba = network.proba(X[share.held_out])
        total[share.held_out] += network.true_proba(proba) if is_true else proba
        count[share.held_out] += 1
    rows = np.flatnonzero(count)
    proba = total[rows] / count[rows, np.newaxis]
    target, weight = task.rows.target[rows], task.rows.weight[rows]
    if settings.calibration is not None:
        before = proba
        temperature = fitted_temperature(
            lambda value: targets.of_truth(targets.tempered(before, value), target),
            weight,
        )
        ensemble = replace(ensemble, temperature=temperature)
        proba = targets.tempered(before, temperature)
    if settings.threshold is not None:
        threshold = _best_threshold(settings.threshold, targets, proba, target, weight)
        ensemble = replace(ensemble, threshold=threshold, threshold_is_true=is_true)
    dtype = ensemble.networks[0].network.dtype
    oob_proba = np.full(total.shape, np.nan, dtype)
    oob_proba[rows] = proba
    return replace(ensemble, oob_proba=oob_proba)


def _scorer_of(scoring: Any) -> Any:
    """Return the scorer of decisions that `threshold` names, or raise ValueError."""
    names, is_name = get_scorer_names(), isinstance(scoring, str)
    # Any function (estimator, X, y) is a scorer, but has no score of decisions.
    if not (scoring in names if is_name else isinstance(scoring, _BaseScorer)):
        raise ValueError(
            f"threshold must be the name of a scorer or come from "
            f"sklearn.metrics.make_scorer. Got {scoring!r}."
            f"{suggestion(scoring, names) if is_name else ''}"
        )
    scorer = get_scorer(scoring)
    if getattr(scorer, "_response_method", "predict") != "predict":
        raise ValueError(
            f"threshold must be a score of decisions, such as 'f1' or "
            f"'balanced_accuracy'. {scoring!r} does not depend on a threshold."
        )
    return scorer


def _best_threshold(
    scoring: Any,
    targets: Any,
    proba: np.ndarray,
    target: np.ndarray,
    sample_weight: np.ndarray,
) -> float:
    """Return the probability of the second class that maximizes a score."""
    y = targets_for(scoring, targets).decode(target)
    scorer = _scorer_of(scoring)
    second = proba[:, 1]
    thresholds = np.unique(
        [
            *np.linspace(second.min(), second.max(), N_THRESHOLDS),
            *np.quantile(second, np.linspace(0, 1, N_THRESHOLDS)),
        ]
    )
    labels = np.unique(y)
    given = {"sample_weight": sample_weight} if np.ptp(sample_weight) else {}
    scores = [
        scorer._sign
        * scorer._score_func(
            y, labels[(second >= value).astype(int)], **scorer._kwargs, **given
        )
        for value in thresholds
    ]
    return float(thresholds[np.nanargmax(scores)])
