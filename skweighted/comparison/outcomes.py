"""The outcome of a strategy in one fold, checked."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True, eq=False)
class Outcome:
    """Predictions of a fitted model for the test rows of a fold.

    Attributes
    ----------
    y_index : ndarray of shape (n_test,)
        Predicted labels, as positions in the sorted classes.
    proba : ndarray of shape (n_test, n_classes)
    fit_seconds, predict_seconds : float
    history : dict of str to list of float
        Losses and scores of a network by epoch; empty for other models.
    """

    y_index: np.ndarray
    proba: np.ndarray
    fit_seconds: float
    predict_seconds: float
    history: dict[str, list[float]]


def checked_predictions(
    y_pred: ArrayLike,
    proba: ArrayLike,
    classes: np.ndarray,
    order: ArrayLike | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return predictions as positions in the classes, and probabilities in their order.

    Parameters
    ----------
    y_pred : array-like of shape (n_samples,)
        Labels.
    proba : array-like of shape (n_samples, n_classes)
        Returned in float64, because scikit-learn's metrics clip float32 at another
        number. A row that they would refuse, since its sum is not quite 1, is divided
        by its sum.
    classes : ndarray of shape (n_classes,)
        The labels, sorted.
    order : array-like of shape (n_classes,) or None
        The labels in the order of the columns of `proba`; None is that of `classes`.

    Raises
    ------
    ValueError
        If there is not a probability of each class for each row, or a prediction is
        not one of the classes.
    """
    y_pred, proba = np.asarray(y_pred), np.asarray(proba)
    if proba.shape != (len(y_pred), len(classes)):
        raise ValueError(
            f"predict_proba must return a probability of each class for each row. It "
            f"returned shape {proba.shape} for {len(y_pred):,} rows and "
            f"{len(classes)} classes."
        )
    # Written so that NaN is invalid too.
    if not ((proba >= 0).all() and np.allclose(proba.sum(axis=1), 1, atol=1e-3)):
        raise ValueError(
            "predict_proba must return numbers of at least 0 that sum to 1 in each row."
        )
    unknown = y_pred[~np.isin(y_pred, classes)].tolist()
    if unknown:
        raise ValueError(
            f"predict must return classes: {', '.join(map(repr, classes.tolist()))}. "
            f"It returned {unknown[0]!r}."
        )
    if order is not None and np.array_equal(np.sort(order), classes):
        proba = proba[:, np.argsort(order)]
    proba = proba.astype(np.float64)
    sums = proba.sum(axis=1, keepdims=True)
    is_off = (np.abs(sums - 1) > 1e-8) | (proba > 1).any(axis=1, keepdims=True)
    proba /= np.where(is_off, sums, 1)
    return np.searchsorted(classes, y_pred), proba
