"""How to fit: each function here is a `Strategy.fit`, or returns one."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
from imblearn import FunctionSampler
from imblearn.ensemble import BalancedBaggingClassifier
from imblearn.pipeline import Pipeline
from sklearn.base import BaseEstimator, clone
from sklearn.model_selection import (
    StratifiedGroupKFold,
    StratifiedKFold,
    TunedThresholdClassifierCV,
)

import skweighted.comparison.strategies.samplers as samplers
from skweighted.comparison.preprocessing import make_coded_preprocessing
from skweighted.comparison.strategies.strategy import Fit, Parts
from skweighted.exceptions import CannotRunError
from skweighted.metrics import make_cost_scorer

# Folds of the training rows on which a threshold is tuned, sklearn's default.
MOST_INNER_FOLDS = 5


def plain(parts: Parts, X: Any, y: np.ndarray) -> Any:
    """Fit the network as it is."""
    return _pipeline(parts).fit(X, y)


def with_parameters(**parameters: Any) -> Fit:
    """Return a fit of the network with some parameters set."""

    def fit(parts: Parts, X: Any, y: np.ndarray) -> Any:
        parts.network.set_params(**parameters)
        return _pipeline(parts).fit(X, y)

    return fit


def with_costs(parts: Parts, X: Any, y: np.ndarray) -> Any:
    """Fit a network that decides by the costs."""
    parts.network.set_params(cost_matrix=parts.cost_matrix)
    return _pipeline(parts).fit(X, y)


def tuned_threshold(parts: Parts, X: Any, y: np.ndarray) -> Any:
    """Fit the network and the threshold that is best in folds of the training rows.

    Best is the least mean cost, or without costs the balanced accuracy. Groups are not
    torn apart.
    """
    scoring = "balanced_accuracy"
    if parts.cost_matrix is not None:
        scoring = make_cost_scorer(parts.cost_matrix)
    return TunedThresholdClassifierCV(
        _pipeline(parts),
        scoring=scoring,
        response_method="predict_proba",
        cv=_inner_folds(y, parts),
        refit=True,
    ).fit(X, y)


def _inner_folds(y: np.ndarray, parts: Parts) -> Any:
    """Return the folds of the training rows on which a threshold is tuned."""
    n_folds = min(MOST_INNER_FOLDS, samplers.rows_of_smallest_class(y))
    if parts.groups is None:
        return StratifiedKFold(n_folds, shuffle=True, random_state=parts.seed)
    n_folds = min(n_folds, len(np.unique(parts.groups)))
    folds = StratifiedGroupKFold(n_folds, shuffle=True, random_state=parts.seed)
    classes = np.unique(y)
    whole = [
        split
        for split in folds.split(np.zeros(len(y)), y, parts.groups)
        if all(np.array_equal(np.unique(y[rows]), classes) for rows in split)
    ]
    if not whole:
        raise CannotRunError(
            "no inner fold that keeps groups together has rows of every class"
        )
    return whole


def resampled_by(make_sampler: Callable[[np.ndarray, int], Any]) -> Fit:
    """Return a fit on resampled rows; the sampler is made for the labels and a seed.

    A sampler need have no more than ``fit_resample(X, y)``. The fit raises
    CannotRunError where it refuses the rows, or leaves none of some class.
    """

    def fit(parts: Parts, X: Any, y: np.ndarray) -> Any:
        sampler = make_sampler(y, parts.seed)
        # Not a step itself: a pipeline of samplers, or one without scikit-learn's
        # parameters, can be none, and what it leaves must be looked at.
        step = FunctionSampler(func=_leaving_every_class, kw_args={"sampler": sampler})
        return _pipeline(parts, sampler=step).fit(X, y)

    return fit


def _leaving_every_class(X: Any, y: np.ndarray, sampler: Any) -> tuple[Any, np.ndarray]:
    """Return resampled rows, or raise CannotRunError."""
    name = type(sampler).__name__.lstrip("_")
    try:
        X_resampled, y_resampled = sampler.fit_resample(X, y)
    except (ValueError, RuntimeError) as error:
        raise CannotRunError(f"{name} says: {error}") from error
    lost = np.setdiff1d(y, y_resampled).tolist()
    if lost:
        raise CannotRunError(
            f"{name} left no row of class {lost[0]!r}: choose another strategy, or "
            f"merge small classes"
        )
    return X_resampled, y_resampled


def resampled_with_text(parts: Parts, X: Any, y: np.ndarray) -> Any:
    """Fit on rows of which SMOTENC made some, before text becomes one-hot columns."""
    to_codes, text_positions, to_one_hot = make_coded_preprocessing(
        X, parts.text_columns
    )
    steps = [
        ("preprocessing", to_codes),
        ("sampler", samplers.smotenc(y, parts.seed, text_positions)),
        ("one_hot", to_one_hot),
        ("network", parts.network),
    ]
    return Pipeline(steps).fit(X, y)


def bagged(parts: Parts, X: Any, y: np.ndarray) -> Any:
    """Fit ten networks, each on a bootstrap sample of which larger classes lose rows.

    Each has a seed of its own, drawn from that of the fold.
    """
    ensemble = BalancedBaggingClassifier(parts.network, random_state=parts.seed)
    return _pipeline(parts, classifier=ensemble).fit(X, y)


def fitted_by(estimator: Any) -> Fit:
    """Return a fit of another classifier in place of the network."""

    def fit(parts: Parts, X: Any, y: np.ndarray) -> Any:
        classifier = seeded(estimator, parts.seed)
        return _pipeline(parts, classifier=classifier).fit(X, y)

    return fit


def seeded(given: Any, seed: int) -> Any:
    """Return an unfitted copy whose every ``random_state`` that was None is the seed.

    Parameters
    ----------
    given : object
        An estimator or sampler, or another object with scikit-learn's `get_params`.
        What has no such parameters is copied as it is.
    seed : int

    Returns
    -------
    object
        `given` stays as it was.
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
    # smote-variants fills its parameters in, which clone refuses, and keeps the module
    # numpy.random, which cannot be copied; but it can be made from its parameters.
    return type(given)(**{**given.get_params(), **unseeded})


def _pipeline(parts: Parts, sampler: Any = None, classifier: Any = None) -> Pipeline:
    """Return preprocessing, sampler if any, and classifier as one estimator."""
    steps = [
        ("preprocessing", parts.preprocessing),
        ("sampler", sampler),
        ("network", parts.network if classifier is None else classifier),
    ]
    return Pipeline([(name, step) for name, step in steps if step is not None])
