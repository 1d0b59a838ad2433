"""Class priors: adapting probabilities to a new prior, and estimating a prior.

`proba` is a float array of shape (n_samples, n_classes) whose rows sum to 1, with exact
0 and 1 allowed. Functions compute in float64, return a new array of the same shape and
dtype, and never modify an argument.
"""

import warnings
from typing import Any

import numpy as np
from scipy.special import softmax
from sklearn.exceptions import ConvergenceWarning

from skweighted._checks import check_prior, check_proba


def adapt_prior(proba: Any, old_prior: Any, new_prior: Any) -> np.ndarray:
    """Adapt probabilities to classes that are more or less frequent than in training.

    ``p_i ~ q_i new_i / old_i`` (Saerens, Latinne & Decaestecker, 2002, eq. 2.4). Exact
    if only the frequencies of the classes have changed, and not the distribution of the
    features within each class.

    Parameters
    ----------
    proba : array-like of shape (n_samples, n_classes)
        Probabilities as `predict_proba` returns them.
    old_prior : array-like of shape (n_classes,)
        Share of each class in the training data; above 0, with sum 1.
    new_prior : array-like of shape (n_classes,)
        Share of each class among the rows of `proba`; at least 0, with sum 1.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        Adapted probabilities. A row whose entire probability lies on classes of new
        share 0 is unchanged.

    Raises
    ------
    ValueError
        If a row of `proba` is not a probability distribution, or a prior is invalid.

    Examples
    --------
    >>> from skweighted import adapt_prior
    >>> adapt_prior([[0.5, 0.5]], old_prior=[0.5, 0.5], new_prior=[0.9, 0.1])
    array([[0.9, 0.1]])
    """
    proba = check_proba(proba)
    old = check_prior(old_prior, proba.shape[1], name="old_prior")
    new = check_prior(new_prior, proba.shape[1], name="new_prior", zero_allowed=True)
    rows = float64_rows(proba)
    shares = log(rows) + log(new) - np.log(old)
    return in_proportion(shares, rows).astype(proba.dtype)


def estimate_prior(
    proba: Any, old_prior: Any, *, max_iter: int = 1000, tol: float = 1e-8
) -> np.ndarray:
    """Estimate the class frequencies of rows without labels.

    Maximum likelihood by expectation maximization (Saerens, Latinne & Decaestecker,
    2002, eq. 2.9): adapt `proba` to a prior, take the mean as the next prior, repeat.
    Pass the result to `adapt_prior` as `new_prior`.

    Parameters
    ----------
    proba : array-like of shape (n_samples, n_classes)
        Probabilities of the new rows, as `predict_proba` returns them.
    old_prior : array-like of shape (n_classes,)
        Share of each class in the training data; above 0, with sum 1.
    max_iter : int, default=1000
        Maximum number of iterations.
    tol : float, default=1e-8
        Stop when no share changes by more than this.

    Returns
    -------
    ndarray of shape (n_classes,)
        Estimated share of each class.

    Raises
    ------
    ValueError
        If `proba` has no rows, a row is not a probability distribution, or `old_prior`
        is invalid.

    Warns
    -----
    ConvergenceWarning
        If a share still changes by more than `tol` after `max_iter` iterations.

    Examples
    --------
    >>> from skweighted import estimate_prior
    >>> proba = [[0.9, 0.1]] * 6 + [[0.2, 0.8]] * 4
    >>> estimate_prior(proba, old_prior=[0.5, 0.5]).round(3)
    array([0.75, 0.25])
    """
    proba = check_proba(proba)
    old = check_prior(old_prior, proba.shape[1], name="old_prior")
    if not len(proba):
        raise ValueError(
            "Estimating a prior needs at least one row. proba has no rows."
        )
    rows = float64_rows(proba)
    likelihood = log(rows) - np.log(old)
    prior = old
    for _ in range(max_iter):
        last = prior
        prior = in_proportion(likelihood + log(last), rows).mean(axis=0)
        if np.abs(prior - last).max() <= tol:
            return prior
    warnings.warn(
        f"The prior still changes by more than tol={tol:g} after {max_iter} "
        f"iterations. Use a larger max_iter or tol.",
        ConvergenceWarning,
        stacklevel=2,
    )
    return prior


def float64_rows(proba: np.ndarray) -> np.ndarray:
    """Return a float64 copy whose rows sum to 1 in float64 precision."""
    return proba / proba.sum(axis=1, keepdims=True, dtype=np.float64)


def log(values: Any) -> Any:
    """Return the logarithm, -inf for 0."""
    with np.errstate(divide="ignore"):
        return np.log(values)


def in_proportion(log_shares: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return rows proportional to exp(log_shares), unchanged if no share is finite."""
    decided = np.isfinite(log_shares.max(axis=1, keepdims=True))
    return softmax(np.where(decided, log_shares, log(rows)), axis=1)
