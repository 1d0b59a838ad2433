"""Seeds and groups for a pipeline that is fitted on some rows."""

import copy
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone

from skweighted.comparison.strategies.tuning import TuningFolds


def seeded(given: Any, seed: int | None) -> Any:
    """Return an unfitted copy with the seed as every ``random_state`` that was None.

    Parameters
    ----------
    given : object
        An estimator or sampler, or another object with scikit-learn's `get_params`.
        An object without parameters is only copied.
    seed : int or None

    Returns
    -------
    object
        `given` is not modified.
    """
    if not hasattr(given, "get_params"):
        return copy.deepcopy(given)
    unseeded = {
        name: seed
        for name, value in given.get_params().items()
        if value is None and name.split("__")[-1] == "random_state"
    }
    if isinstance(given, BaseEstimator):
        return clone(given).set_params(**unseeded)
    # Samplers of smote-variants change their parameters in __init__, which clone
    # refuses, and keep the module numpy.random, which deepcopy refuses.
    return type(given)(**{**given.get_params(), **unseeded})


def for_rows(pipeline: Any, seed: int, groups: np.ndarray | None = None) -> Any:
    """Return an unfitted copy with the seed, and with the groups of the rows to fit on.

    Parameters
    ----------
    pipeline : classifier
    seed : int
    groups : ndarray of shape (n_train,) or None, default=None
        Given to every `TuningFolds` without groups of its own.

    Returns
    -------
    classifier
        `pipeline` is not modified.
    """
    pipeline = seeded(pipeline, seed)
    if groups is not None and hasattr(pipeline, "get_params"):
        for name, value in pipeline.get_params().items():
            if isinstance(value, TuningFolds) and value.groups is None:
                pipeline.set_params(**{f"{name}__groups": groups})
    return pipeline
