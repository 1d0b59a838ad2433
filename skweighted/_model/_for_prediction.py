"""What of a fitted classifier is needed to predict.

Samplers are not: they hold training rows, of which a file for others should have none.
"""

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.model_selection import (
    FixedThresholdClassifier,
    TunedThresholdClassifierCV,
)
from sklearn.pipeline import Pipeline

from skweighted import PriorCorrectedClassifier
from skweighted._thresholds import THRESHOLDS, chain, pos_label_of, threshold_of


def for_prediction(fitted: Any) -> Any:
    """Return a classifier that predicts the same, without what only training needs.

    Samplers are left out, a tuned threshold becomes a fixed one, and a search its best
    estimator. Costs become a matrix, because skops cannot write a dict of pairs.

    Parameters
    ----------
    fitted : classifier
        Never written to.
    """
    if hasattr(fitted, "best_estimator_"):
        return for_prediction(fitted.best_estimator_)
    if isinstance(fitted, TunedThresholdClassifierCV):
        return _fixed(fitted)
    if isinstance(fitted, Pipeline):
        steps = [
            (name, for_prediction(step))
            for name, step in fitted.steps
            if not hasattr(step, "fit_resample")
        ]
        return Pipeline(steps)
    if isinstance(fitted, FixedThresholdClassifier | PriorCorrectedClassifier):
        inner = for_prediction(fitted.estimator_)
        fitted = copy.copy(fitted)
        # The one that `fit` would clone can hold a fitted sampler, too.
        fitted.estimator = fitted.estimator_ = inner
    if isinstance(getattr(fitted, "cost_matrix", None), Mapping):
        fitted = copy.copy(fitted)
        fitted.cost_matrix = fitted.cost_matrix_
    return fitted


def _fixed(tuned: TunedThresholdClassifierCV) -> FixedThresholdClassifier:
    """Return a classifier with the tuned threshold.

    The scorer and the folds of the tuning, with the group of each training row, are
    left out.
    """
    estimator = for_prediction(tuned.estimator_)
    fixed = FixedThresholdClassifier(
        estimator,
        threshold=float(tuned.best_threshold_),
        pos_label=pos_label_of(tuned),
        response_method=tuned.response_method,
    )
    fixed.estimator_ = estimator
    for name in ("n_features_in_", "feature_names_in_"):
        if hasattr(tuned, name):
            setattr(fixed, name, getattr(tuned, name))
    return fixed


def last_step(fitted: Any) -> Any:
    """Return the classifier at the end of pipelines, thresholds and searches."""
    *_, last = chain(fitted)
    return last


def decided_by(fitted: Any) -> tuple[float, Any, bool] | None:
    """Return the threshold that decides, for which label, and if for a probability.

    None is returned if no threshold decides. Other thresholds are for what
    `decision_function` returns.
    """
    for one in chain(fitted):
        if isinstance(one, THRESHOLDS):
            threshold, column = threshold_of(one)
            is_proba = one.response_method != "decision_function"
            return threshold, one.classes_.tolist()[column], is_proba
    own = getattr(one, "threshold_", None)
    if isinstance(own, float | np.floating):
        return float(own), one.classes_.tolist()[1], True
    return None
