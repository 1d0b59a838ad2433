"""Checks of probabilities and priors that come from outside."""

from typing import Any

import numpy as np


def check_proba(
    proba: Any, shape: tuple[int, int] | None = None, *, name: str = "proba"
) -> np.ndarray:
    """Return the probabilities of all classes as a float array.

    Parameters
    ----------
    proba : array-like of shape (n_samples, n_classes)
    shape : tuple (n_samples, n_classes), default=None
        The shape that is expected. None allows any.
    name : str, default="proba"
        What messages call them.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        float32 and float16 stay; other numbers become float64.

    Raises
    ------
    ValueError
        If the shape is another one, or a row is not a list of probabilities that sum
        to 1.
    """
    proba = np.asarray(proba)
    if proba.dtype.kind not in "biuf" or proba.ndim != 2:
        raise ValueError(
            f"{name} must be a numeric array with a row for each sample and a column "
            f"for each class, as predict_proba returns it. Got shape {proba.shape} and "
            f"dtype {proba.dtype}."
        )
    if shape is not None and proba.shape != shape:
        raise ValueError(
            f"{name} must have shape {shape}: a row for each sample and a column for "
            f"each class. Got shape {proba.shape}."
        )
    # Written so that NaN is invalid too.
    valid = (np.abs(proba.sum(axis=1) - 1) <= 1e-3) & (proba >= 0).all(axis=1)
    if not valid.all():
        row = int(valid.argmin())
        raise ValueError(
            f"Each row of {name} must contain numbers of at least 0 that sum to 1, as "
            f"predict_proba returns them. Row {row} is {proba[row].tolist()}."
        )
    return _as_float(proba)


def check_prior(
    prior: Any,
    n_classes: int,
    *,
    name: str,
    classes_of: str = "proba",
    zero_allowed: bool = False,
) -> np.ndarray:
    """Return the shares of the classes as a float64 array.

    Parameters
    ----------
    prior : array-like of shape (n_classes,)
    n_classes : int
    name : str
        What messages call it.
    classes_of : str, default="proba"
        What the classes are those of, for messages.
    zero_allowed : bool, default=False
        Whether a share may be 0.

    Returns
    -------
    ndarray of shape (n_classes,)

    Raises
    ------
    ValueError
        If it is not a number for each class, all above 0 with sum 1.
    """
    shares = np.asarray(prior)
    valid = shares.dtype.kind in "biuf" and shares.shape == (n_classes,)
    valid = valid and bool((shares >= 0 if zero_allowed else shares > 0).all())
    if not valid or not abs(shares.sum() - 1) <= 1e-6:
        least = "of at least" if zero_allowed else "above"
        raise ValueError(
            f"{name} must be {n_classes} numbers {least} 0 that sum to 1, one for "
            f"each class of {classes_of}. Got {prior!r}. Divide the number of rows of "
            f"each class by the total number of rows."
        )
    return shares.astype(np.float64)


def check_proba_of_class(proba: Any) -> np.ndarray:
    """Return the probabilities of one class as a float array.

    Parameters
    ----------
    proba : array-like of shape (n_samples,)

    Returns
    -------
    ndarray of shape (n_samples,)
        float32 and float16 stay; other numbers become float64.

    Raises
    ------
    ValueError
        If there is not one number from 0 to 1 for each sample.
    """
    proba = np.asarray(proba)
    if proba.dtype.kind not in "biuf" or proba.ndim != 1:
        raise ValueError(
            f"Probabilities must be one number per row, the probability of the "
            f"positive class. Got shape {proba.shape} and dtype {proba.dtype}. Pass "
            f"one column of predict_proba."
        )
    valid = (proba >= 0) & (proba <= 1)  # NaN is invalid too
    if not valid.all():
        row = int(valid.argmin())
        raise ValueError(
            f"Probabilities must be between 0 and 1. Row {row} has {proba[row]:g}."
        )
    return _as_float(proba)


def _as_float(values: np.ndarray) -> np.ndarray:
    """Return an array of floats, in its own precision if it has one."""
    return values if values.dtype.kind == "f" else values.astype(np.float64)
