"""Accuracy as the score by which something is chosen or stopped."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin

from skweighted._doctor._case import Case
from skweighted._doctor._parts import Part
from skweighted._doctor._report import Finding

# From this share of one class on, a constant prediction has a high accuracy.
_MOSTLY_ONE_CLASS = 0.75

# A class is rare with less than this part of an equal share: 63 and 37 % are about
# equal, 70 and 30 % are not.
_RARE = 2 / 3

# Names of accuracy; "warn" is the default of LogisticRegressionCV until it changes.
_ACCURACY = {"accuracy", "accuracy_score", "warn"}

_OTHER_SCORE = (
    "Use a score that counts every class, or the cost of mistakes:\n"
    "    scoring='balanced_accuracy'\n"
    "    scoring=skweighted.metrics.make_cost_scorer(costs)"
)


def accuracy_as_score(case: Case) -> Iterator[Finding]:
    """Find searches, early stopping and scores that hardly depend on rare classes."""
    evidence, severity = _imbalance(case)
    if not severity:
        return
    for where, what, fix in _uses_of_accuracy(case):
        yield Finding(
            what=f"{what}{evidence}.",
            where=where,
            why="Accuracy counts rows, so it hardly depends on rare classes. A "
            "classifier that never predicts them may have the best score.",
            fix=fix,
            severity=severity,
        )


def score_name(scoring: Any) -> Any:
    """Return the name of the function that a scorer calls, or the scoring itself."""
    function = getattr(scoring, "_score_func", None)
    return getattr(function, "__name__", scoring)


def _imbalance(case: Case) -> tuple[str, str]:
    """Return how misleading accuracy is, and a severity; "" if it is not."""
    if not case.labels:
        return "", "" if case.has_data else "note"
    shares = case.counts / case.counts.sum()
    place = int(np.argmax(shares))
    severity = "note" if shares.min() < _RARE / len(shares) else ""
    if shares[place] >= _MOSTLY_ONE_CLASS:
        severity = "warning"
    if shares[place] >= 0.5:
        always = f"always predicting {case.labels[place]!r} scores {shares[place]:.3f}"
        return f": {always}", severity
    rarest = case.labels[case.rarest]
    return f": never predicting {rarest!r} loses only {shares.min():.3f}", severity


def _uses_of_accuracy(case: Case) -> Iterator[tuple[str, str, str]]:
    """Yield where accuracy is used, what uses it, and what to do."""
    for part in case.parts:
        if not part.classifies:
            continue
        parameters = part.parameters
        if {"cv", "scoring"} <= parameters.keys():
            scoring = parameters["scoring"]
            if scoring is None:
                is_accuracy = _scores_accuracy(part, case)
            else:
                is_accuracy = _is_accuracy(scoring, parameters.get("refit", True))
            if is_accuracy:
                default = ", its default score" if scoring is None else ""
                yield (
                    part.where,
                    f"{part.kind} selects by accuracy{default}",
                    (_OTHER_SCORE),
                )
        elif parameters.get("early_stopping") is True:
            fix = _other_stop(part)
            if fix:
                yield part.where, f"{part.kind} stops early by accuracy", fix
    if case.scoring is not None and _is_accuracy(case.scoring, True):
        yield "scoring", "The score is accuracy", _OTHER_SCORE


def _other_stop(part: Part) -> str:
    """Return what to do instead of early stopping by accuracy, or ""."""
    for name, other in [("monitor", "log_loss"), ("scoring", "loss")]:
        if name in part.parameters:
            is_accuracy = _is_accuracy(part.parameters[name], True)
            return f"Monitor the loss instead:\n    {name}={other!r}" * is_accuracy
    # Without such a parameter, scikit-learn's own classifiers use their score method.
    if not type(part.estimator).__module__.startswith("sklearn."):
        return ""
    return (
        "Use a network that monitors the log loss:\n"
        "    skweighted.CostSensitiveMLPClassifier(early_stopping=True)"
    )


def _is_accuracy(scoring: Any, refit: Any) -> bool:
    """Return whether a scoring selects by accuracy; of several, `refit` selects."""
    if isinstance(scoring, list | tuple | set):
        scoring = {name: name for name in scoring}
    if isinstance(scoring, Mapping):
        chosen = [scoring.get(refit)] if isinstance(refit, str) else scoring.values()
        return len(chosen) > 0 and all(_is_accuracy(score, True) for score in chosen)
    name = score_name(scoring)
    return isinstance(name, str) and name in _ACCURACY


def _scores_accuracy(search: Part, case: Case) -> bool:
    """Return whether the default score of what a search fits is accuracy."""
    inner = [part for part in case.classifiers if search in part.ancestors] or [search]
    return all(
        getattr(type(part.estimator), "score", None) is ClassifierMixin.score
        for part in inner
    )
