"""Treatments of imbalance: how to fit, and how to decide.

A strategy gets the same preprocessing, the same seeded network and the same training
rows as every other; what it does with them is all that differs. Resampling happens
after preprocessing and sees training rows only.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import Pipeline
from imblearn.under_sampling import RandomUnderSampler
from sklearn.model_selection import StratifiedKFold, TunedThresholdClassifierCV

from skweighted.comparison.wording import did_you_mean, shortened

# Folds of the training rows on which a threshold is tuned, sklearn's default.
MOST_INNER_FOLDS = 5


@dataclass(frozen=True, eq=False)
class Parts:
    """What a strategy builds its model from: unfitted, and its own to change.

    Attributes
    ----------
    preprocessing : transformer
        Imputation, scaling and encoding.
    network : classifier
        Seeded; the same seed for every strategy in a fold.
    seed : int
        For what the strategy draws itself, such as samples or inner folds.
    """

    preprocessing: Any
    network: Any
    seed: int


@dataclass(frozen=True)
class Setting:
    """What is known before any fit, for `Strategy.why_not`.

    Attributes
    ----------
    network : classifier
        Unfitted.
    n_classes : int
        Number of classes.
    fewest_rows : int
        Rows of the smallest class in the training part where it has fewest.
    """

    network: Any
    n_classes: int
    fewest_rows: int


def _own_decision(model: Any, X: Any) -> np.ndarray:
    """Return what the fitted model predicts."""
    return model.predict(X)


def _always_possible(setting: Setting) -> None:
    """Return None: nothing can stand in the way."""


@dataclass(frozen=True)
class Strategy:
    """One treatment of imbalance.

    Attributes
    ----------
    fit : callable ``(parts, X, y) -> model``
        Fits on the training rows and returns a model with `predict_proba`.
    decide : callable ``(model, X) -> y_pred``
        Turns rows into labels, an array of shape (n_samples,).
    why_not : callable ``(setting) -> str or None``
        Says why the strategy cannot run here, or None if it can.
    """

    fit: Callable[[Parts, Any, np.ndarray], Any]
    decide: Callable[[Any, Any], np.ndarray] = _own_decision
    why_not: Callable[[Setting], str | None] = _always_possible


def plain(parts: Parts, X: Any, y: np.ndarray) -> Any:
    """Fit the network as it is."""
    return _pipeline(parts).fit(X, y)


def weighted(class_weight: Any) -> Callable[[Parts, Any, np.ndarray], Any]:
    """Return a fit with class weights."""

    def fit(parts: Parts, X: Any, y: np.ndarray) -> Any:
        parts.network.set_params(class_weight=class_weight)
        return _pipeline(parts).fit(X, y)

    return fit


def resampled_by(
    make_sampler: Callable[[np.ndarray, int], Any],
) -> Callable[[Parts, Any, np.ndarray], Any]:
    """Return a fit on resampled rows; the sampler is made for the labels and a seed."""

    def fit(parts: Parts, X: Any, y: np.ndarray) -> Any:
        return _pipeline(parts, sampler=make_sampler(y, parts.seed)).fit(X, y)

    return fit


def tuned_threshold(parts: Parts, X: Any, y: np.ndarray) -> Any:
    """Fit the network and the threshold that is best in folds of the training rows."""
    n_inner_folds = min(MOST_INNER_FOLDS, _rows_of_smallest_class(y))
    inner_folds = StratifiedKFold(n_inner_folds, shuffle=True, random_state=parts.seed)
    return TunedThresholdClassifierCV(
        _pipeline(parts),
        scoring="balanced_accuracy",
        response_method="predict_proba",
        cv=inner_folds,
        refit=True,
    ).fit(X, y)


def _random_over(y: np.ndarray, seed: int) -> RandomOverSampler:
    """Repeat rows of every smaller class until it is as large as the largest."""
    return RandomOverSampler(random_state=seed)


def _random_under(y: np.ndarray, seed: int) -> RandomUnderSampler:
    """Drop rows of every larger class until it is as small as the smallest."""
    return RandomUnderSampler(random_state=seed)


def _smote(y: np.ndarray, seed: int) -> SMOTE:
    """Interpolate between neighbours, of which a tiny class has fewer than five."""
    return SMOTE(k_neighbors=min(5, _rows_of_smallest_class(y) - 1), random_state=seed)


def _pipeline(parts: Parts, sampler: Any = None) -> Pipeline:
    """Return preprocessing, sampler if any, and network as one estimator."""
    steps = [
        ("preprocessing", parts.preprocessing),
        ("sampler", sampler),
        ("network", parts.network),
    ]
    return Pipeline([(name, step) for name, step in steps if step is not None])


def _rows_of_smallest_class(y: np.ndarray) -> int:
    """Return the number of rows of the smallest class."""
    return int(np.unique(y, return_counts=True)[1].min())


def _takes_class_weight(setting: Setting) -> str | None:
    """Say so if the network has no class_weight."""
    if "class_weight" in setting.network.get_params(deep=False):
        return None
    return f"{type(setting.network).__name__} has no parameter class_weight"


def _two_rows_of_each_class(setting: Setting) -> str | None:
    """Say so if a training part has a single row of some class."""
    if setting.fewest_rows >= 2:
        return None
    return "needs 2 training rows of every class, and the smallest has 1"


def _two_classes_to_part(setting: Setting) -> str | None:
    """Say so if one threshold cannot decide, or there are no rows to tune it on."""
    if setting.n_classes > 2:
        return f"one threshold parts two classes, and there are {setting.n_classes}"
    return _two_rows_of_each_class(setting)


STRATEGIES: dict[str, Strategy] = {
    "none": Strategy(fit=plain),
    "class_weight": Strategy(fit=weighted("balanced"), why_not=_takes_class_weight),
    "random_over": Strategy(fit=resampled_by(_random_over)),
    "random_under": Strategy(fit=resampled_by(_random_under)),
    "smote": Strategy(fit=resampled_by(_smote), why_not=_two_rows_of_each_class),
    "threshold": Strategy(fit=tuned_threshold, why_not=_two_classes_to_part),
}


def choose_strategies(names: str | Iterable[str] | None = None) -> dict[str, Strategy]:
    """Return the named strategies, all of them for None.

    Parameters
    ----------
    names : str, iterable of str or None, default=None
        Keys of `STRATEGIES`.

    Returns
    -------
    dict of str to Strategy
        In the order of `names`.

    Raises
    ------
    ValueError
        If a name is not known, or there is none.
    """
    if names is None:
        return dict(STRATEGIES)
    chosen = [names] if isinstance(names, str) else list(names)
    if not chosen:
        raise ValueError(f"No strategy was named. Known: {shortened(STRATEGIES, 99)}.")
    for name in chosen:
        if name not in STRATEGIES:
            raise ValueError(
                f"There is no strategy {name!r}.{did_you_mean(str(name), STRATEGIES)} "
                f"Known: {shortened(STRATEGIES, 99)}."
            )
    return {name: STRATEGIES[name] for name in chosen}
