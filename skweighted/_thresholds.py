"""scikit-learn's classifiers that decide by a threshold."""

from typing import Any

import numpy as np
from sklearn.model_selection import (
    FixedThresholdClassifier,
    TunedThresholdClassifierCV,
)

THRESHOLDS = (FixedThresholdClassifier, TunedThresholdClassifierCV)


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
