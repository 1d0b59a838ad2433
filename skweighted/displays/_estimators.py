"""The probabilities of an estimator, and the estimator inside a pipeline or search.

No function here changes the estimator it is given. The inner estimator is the last step
of a pipeline or the best estimator of a search.
"""

import copy
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_is_fitted

from skweighted.displays._binary_rows import Label, not_binary, place_of


def positive_proba(
    display: type,
    estimator: BaseEstimator,
    X: Any,
    y: ArrayLike,
    pos_label: Label | None,
) -> tuple[np.ndarray, Label]:
    """Return the probabilities of the positive class, and its label."""
    name = type(estimator).__name__
    check_is_fitted(estimator)
    if not hasattr(estimator, "predict_proba"):
        raise TypeError(
            f"{display.__name__} needs probabilities, but {name} has no predict_proba. "
            f"Wrap it in sklearn.calibration.CalibratedClassifierCV."
        )
    kind = type_of_target(y)
    if kind.startswith("multilabel"):
        raise ValueError(not_binary(display, f"y is {kind}"))
    classes = np.asarray(estimator.classes_).tolist()
    if len(classes) != 2:
        raise ValueError(not_binary(display, f"the classes of {name} are {classes}"))
    unknown = np.setdiff1d(column_or_1d(y), estimator.classes_).tolist()
    if unknown:
        raise ValueError(
            f"y has labels that {name} was not fitted with: {unknown}. Its classes are "
            f"{classes}. Check the spelling and the type of the labels."
        )
    if pos_label is None:
        pos_label = classes[1]
    return estimator.predict_proba(X)[:, place_of(pos_label, classes)], pos_label


def inner_estimator(estimator: BaseEstimator) -> BaseEstimator | None:
    """Return the last step of a pipeline, or the best estimator of a search."""
    if isinstance(estimator, Pipeline):
        return estimator.steps[-1][1]
    return getattr(estimator, "best_estimator_", None)


def with_correction(estimator: BaseEstimator, correct: bool) -> BaseEstimator | None:
    """Return a copy with this `correct_probabilities`; None if it has no such."""
    outer = copy.copy(estimator)
    if "correct_probabilities" in estimator.get_params(deep=False):
        return outer.set_params(correct_probabilities=correct)
    inner = inner_estimator(estimator)
    corrected = None if inner is None else with_correction(inner, correct)
    if corrected is None:
        return None
    if isinstance(outer, Pipeline):
        outer.steps = [*outer.steps[:-1], (outer.steps[-1][0], corrected)]
    else:
        outer.best_estimator_ = corrected
    return outer
