"""Accuracy as what is chosen or stopped by."""

from collections.abc import Mapping

import numpy as np
from sklearn.base import ClassifierMixin

from skweighted._doctor._decisions import score_name
from skweighted._doctor._findings import Finding

# From this share of one class on, a constant answer has a good accuracy.
_MOSTLY_ONE_CLASS = 0.75

# A class is rare with less than this part of an equal share: 63 and 37 % are about
# equal, 70 and 30 % are not.
_RARE = 2 / 3

# What accuracy is called; "warn" is LogisticRegressionCV's default until it changes.
_ACCURACY = {"accuracy", "accuracy_score", "warn"}

# Why a choice by accuracy is a poor one, and what to do; and of a stop, why.
_CHOICE = (
    "The best of a search may be one that never answers them.",
    "Take a score that counts every class, or what mistakes cost:\n"
    "    scoring='balanced_accuracy'\n"
    "    scoring=skweighted.metrics.make_cost_scorer(costs)",
)
_ONE_CLASS = "Where one class is most of the rows, accuracy hardly sees the others."
_FEW_ROWS = "Accuracy counts rows, so it hardly sees classes of few."
_STOP = "Training may end before they are learnt."


def accuracy_as_score(case):
    """Find searches, stops and scores that hardly see the rare classes."""
    if case.has_classes:
        told, sees, severity = _of_classes(case)
    else:
        told, sees = ", which says little if most rows are of one class", _ONE_CLASS
        severity = "note" if case.y is None else None
    if severity is None:
        return
    for where, what, why, fix in _asked_for_accuracy(case):
        yield Finding(
            what=f"{what}{told}.",
            where=where,
            why=f"{sees} {why}",
            fix=fix,
            severity=severity,
        )


def _of_classes(case):
    """Return what accuracy is worth, what it sees, and the severity, or None."""
    shares = case.counts / len(case.y)
    place = int(np.argmax(shares))
    severity = "warning" if shares[place] >= _MOSTLY_ONE_CLASS else None
    if severity is None and shares.min() < _RARE / len(shares):
        severity = "note"
    if shares[place] >= 0.5:
        told = f"answering {case.labels[place]!r} always scores {shares[place]:.3f}"
        return f": {told}", _ONE_CLASS, severity
    told = f"never answering {case.labels[case.rarest]!r} loses {shares.min():.3f}"
    return f": {told}", _FEW_ROWS, severity


def _asked_for_accuracy(case):
    """Yield where accuracy is asked for, what asks for it, why not, and what to do."""
    for part in case.parts:
        if part.answers and "cv" in part.values and "scoring" in part.values:
            scoring = part.value("scoring")
            what = f"{part.kind} chooses by accuracy"
            if scoring is None and _scores_accuracy(part, case):
                yield part.where, f"{what}, the score of scoring=None", *_CHOICE
            elif _is_accuracy(scoring, part.value("refit")):
                yield part.where, what, *_CHOICE
        if part.answers and part.value("early_stopping") is True:
            fix = _other_stop(part)
            if fix:
                yield part.where, f"{part.kind} stops early by accuracy", _STOP, fix
    if case.scoring is not None and _is_accuracy(case.scoring, True):
        yield "scoring", "The score is accuracy", *_CHOICE


def _other_stop(part):
    """Return what to stop early by in place of accuracy; None if it is not accuracy."""
    for name, other in [("monitor", "log_loss"), ("scoring", "loss")]:
        if name in part.values:
            by_accuracy = _is_accuracy(part.value(name), True)
            return f"Stop by the loss:\n    {name}={other!r}" if by_accuracy else None
    score = getattr(type(part.estimator), "score", None)
    scores_accuracy = score is ClassifierMixin.score
    if part.module != "sklearn" or not scores_accuracy:
        return None
    return (
        f"{part.kind} stops by no other score. Train a set number of epochs, or a "
        f"network that stops by the log loss:\n"
        f"    early_stopping=False\n"
        f"    skweighted.CostSensitiveMLPClassifier(early_stopping=True)"
    )


def _is_accuracy(scoring, refit):
    """Tell whether a scoring is accuracy, or several by which accuracy chooses."""
    if isinstance(scoring, Mapping):
        if isinstance(refit, str):
            return _is_accuracy(scoring.get(refit), True)
        return len(scoring) > 0 and all(_is_accuracy(s, True) for s in scoring.values())
    if isinstance(scoring, list | tuple | set):
        if isinstance(refit, str):
            return refit in _ACCURACY
        return len(scoring) > 0 and all(_is_accuracy(s, True) for s in scoring)
    name = score_name(scoring)
    return isinstance(name, str) and name in _ACCURACY


def _scores_accuracy(part, case):
    """Tell whether what is inside a search has the score of sklearn's classifiers."""
    inner = [answering for answering in case.answering if part in answering.ancestors()]
    return len(inner) > 0 and all(
        getattr(type(answering.estimator), "score", None) is ClassifierMixin.score
        for answering in inner
    )
