"""Classifiers of scikit-learn around others: thresholds, searches, pipelines."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import (
    FixedThresholdClassifier,
    TunedThresholdClassifierCV,
)
from sklearn.pipeline import Pipeline

THRESHOLDS = (FixedThresholdClassifier, TunedThresholdClassifierCV)


def chain(fitted: Any) -> Iterator[Any]:
    """Yield a fitted classifier and those in it, up to the last step of a pipeline."""
    while True:
        yield fitted
        if hasattr(fitted, "best_estimator_"):
            fitted = fitted.best_estimator_
        elif isinstance(fitted, THRESHOLDS):
            fitted = fitted.estimator_
        elif isinstance(fitted, FrozenEstimator):
            fitted = fitted.estimator
        elif isinstance(fitted, Pipeline):
            fitted = fitted.steps[-1][1]
        else:
            return


def threshold_of(model: Any) -> tuple[float, int]:
    """Return the threshold of a fitted classifier, and the column that it is for.

    It is a threshold on probabilities, or else on what `decision_function` returns.
    """
    threshold = getattr(model, "best_threshold_", None)
    if threshold is None:
        threshold = model.threshold
    if isinstance(threshold, str):  # "auto"
        threshold = 0.0 if model.response_method == "decision_function" else 0.5
    label = pos_label_of(model)
    column = 1 if label is None else model.classes_.tolist().index(label)
    return float(threshold), column


def pos_label_of(model: Any) -> Any:
    """Return the label that the threshold is for; None is the second class."""
    if isinstance(model, FixedThresholdClassifier):
        label = model.pos_label
    else:
        label = model._curve_scorer._get_pos_label()
    return label.item() if isinstance(label, np.generic) else label
