"""From true probabilities to the prediction of least expected cost.

`proba` is a float array of shape (n_samples, n_classes) whose rows sum to 1. Costs are
as in `skweighted._costs._matrix`: rows are truths, columns are predictions.
"""

import numpy as np


def bayes_threshold(costs: np.ndarray) -> float | np.ndarray:
    """Return the probability of class 1 above which predicting 1 is cheaper.

    ``false_alarm / (false_alarm + miss)``, both net of the cost of a correct
    prediction (Elkan, 2001, eq. 2).

    Parameters
    ----------
    costs : ndarray of shape (2, 2) or (n_samples, 2, 2)
        In any unit.

    Returns
    -------
    float or ndarray of shape (n_samples,)
        inf where predicting 1 is never cheaper, -inf where it always is.

    Raises
    ------
    ValueError
        If correct predictions cost more than mistakes in both classes.
    """
    false_alarm = costs[..., 0, 1] - costs[..., 0, 0]
    miss = costs[..., 1, 0] - costs[..., 1, 1]
    if ((false_alarm < 0) & (miss < 0)).any():
        raise ValueError(
            "There is no threshold, because correct predictions cost more than "
            "mistakes in both classes. Are rows and columns swapped? Rows are truths, "
            "columns are predictions."
        )
    never_or_always = np.where(false_alarm >= 0, np.inf, -np.inf)
    total = false_alarm + miss
    threshold = np.divide(false_alarm, total, out=never_or_always, where=total > 0)
    return threshold if threshold.ndim else float(threshold)


def least_cost(proba: np.ndarray, costs: np.ndarray) -> np.ndarray:
    """Return the class of least expected cost, ``argmin_j sum_i p_i costs[i, j]``.

    Elkan (2001, eq. 1). If several classes cost the same, the first of them.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes)
    costs : ndarray of shape (n_classes, n_classes) or (n_samples, n_classes, n_classes)

    Returns
    -------
    ndarray of shape (n_samples,)
        Indices of classes.
    """
    proba = proba.astype(np.float64)
    if costs.ndim == 2:
        return (proba @ costs).argmin(axis=1)
    return np.einsum("ni,nij->nj", proba, costs).argmin(axis=1)
