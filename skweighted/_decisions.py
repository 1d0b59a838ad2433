"""From probabilities to decisions, and from distorted probabilities to true ones.

`proba` is a float array of shape (n_samples, n_classes) whose rows sum to 1, with exact
0 and 1 allowed. What changes it computes in float64, returns a new array of its shape
and dtype, and never writes to an argument. Costs are as in `skweighted._costs`.
"""

import warnings

import numpy as np
from scipy.special import entr, expit, softmax, xlogy
from sklearn.exceptions import ConvergenceWarning


def bayes_threshold(costs):
    """Return the probability of class 1 above which answering 1 is cheaper.

    ``false_alarm / (false_alarm + miss)``, both net of the cost of being right (Elkan,
    2001, eq. 2).

    Parameters
    ----------
    costs : ndarray of shape (2, 2) or (n_samples, 2, 2)
        ValueError if being right costs more than being wrong in both classes.

    Returns
    -------
    float or ndarray of shape (n_samples,)
        inf where answering 1 is never cheaper, -inf where it always is.
    """
    false_alarm = costs[..., 0, 1] - costs[..., 0, 0]
    miss = costs[..., 1, 0] - costs[..., 1, 1]
    if ((false_alarm < 0) & (miss < 0)).any():
        raise ValueError(
            "There is no threshold where being right costs more than being wrong in "
            "both classes. Are rows and columns swapped? Rows are truths, columns are "
            "predictions."
        )
    never_or_always = np.where(false_alarm >= 0, np.inf, -np.inf)
    total = false_alarm + miss
    threshold = np.divide(false_alarm, total, out=never_or_always, where=total > 0)
    return threshold if threshold.ndim else float(threshold)


def least_cost(proba, costs):
    """Return the answer of least expected cost, ``argmin_j sum_i p_i costs[i, j]``.

    Elkan (2001, eq. 1). Of answers that cost the same, the first.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes)
    costs : ndarray of shape (n_classes, n_classes) or (n_samples, n_classes, n_classes)

    Returns
    -------
    ndarray of shape (n_samples,), indices of classes
    """
    proba = proba.astype(np.float64)
    if costs.ndim == 2:
        return (proba @ costs).argmin(axis=1)
    return np.einsum("ni,nij->nj", proba, costs).argmin(axis=1)


def undo_class_weight(proba, class_weight):
    """Return the probabilities that a training without class weights would have given.

    ``p_i ~ q_i / w_i`` (Elkan, 2001, theorem 2, for any number of classes; Saerens et
    al., 2002, eq. 2.4). `class_weight`, of shape (n_classes,), is at least 0 and only
    its ratios count. A class of weight zero has probability 0; a row with all of its
    probability there stays as it is.
    """
    log_weight = np.where(class_weight > 0, _log(class_weight), np.inf)
    rows = _float64_rows(proba)
    return _in_proportion(_log(rows) - log_weight, rows).astype(proba.dtype)


def undo_focal(proba, gamma):
    """Return the posterior whose expected focal loss these probabilities minimise.

    ``p_i ~ h(q_i)``, where ``1 / h(v) = (1 - v)^gamma / v - gamma (1 - v)^(gamma - 1)
    log v`` is the slope of the loss (Charoenphakdee et al., 2021). `gamma` is a float
    of at least 0.
    """
    rows = _float64_rows(proba)
    shares = -_log_focal_slope(rows, _complements(rows), gamma)
    return _in_proportion(shares, rows).astype(proba.dtype)


def undo_ldam(proba, margins):
    """Return the posterior whose expected loss with margins the probabilities minimise.

    The loss of class y is ``-log softmax(z - margin_y e_y)_y``, of LDAM (Cao et al.,
    2019). With ``p = softmax(z)`` and ``a = 1 - exp(-margin)`` its expectation is, but
    for a constant, ``sum_y eta_y (-z_y + log sum_j exp(z_j) + log(1 - a_y p_y))``. Its
    derivative by z_j is 0 where ``eta_j / (1 - a_j p_j) = p_j C`` with one C for all j,
    so ``eta_j ~ p_j (1 - a_j p_j)``. `margins`, of shape (n_classes,), are at least 0
    and include the scale of the loss.
    """
    rows = _float64_rows(proba)
    # 1 - a p in two terms that do not cancel.
    rest = _complements(rows) + rows * np.exp(-margins)
    return _in_proportion(_log(rows) + _log(rest), rows).astype(proba.dtype)


def undo_asymmetric(proba, gamma_pos, gamma_neg, clip, positive=1):
    """Return the posterior whose expected asymmetric loss the probabilities minimise.

    With p the probability of the positive class and ``p_m = max(p - clip, 0)``, the
    loss is ``-(1 - p)^gamma_pos log p`` for positives, ``-p_m^gamma_neg log(1 - p_m)``
    for negatives (Ridnik et al., 2021). Its expectation is least where ``eta / (1 -
    eta)`` is the ratio of the slopes of the two, focal losses both. ``p <= clip`` gives
    0; p = 1, where several posteriors have their minimum, gives the least of them. The
    three numbers are at least 0, and `positive` is a column of two.
    """
    rows = _float64_rows(proba)
    p, rest = rows[:, positive], rows[:, 1 - positive]
    log_odds = np.full(len(rows), -np.inf)
    above = p > clip
    p, rest = p[above], rest[above]
    negative = _log_focal_slope(rest + clip, p - clip, gamma_neg)
    log_odds[above] = negative - _log_focal_slope(p, rest, gamma_pos)
    undone = np.empty_like(rows)
    undone[:, positive], undone[:, 1 - positive] = expit(log_odds), expit(-log_odds)
    return undone.astype(proba.dtype)


def adapt_prior(proba, old_prior, new_prior):
    """Adapt probabilities to classes that are more or less frequent than in training.

    ``p_i ~ q_i new_i / old_i`` (Saerens, Latinne & Decaestecker, 2002, eq. 2.4). Right
    where the classes look as they did and only their frequencies have changed.

    Parameters
    ----------
    proba : array-like of shape (n_samples, n_classes)
        Probabilities as `predict_proba` returns them.
    old_prior : array-like of shape (n_classes,)
        Share of each class in the training data; above 0, with sum 1.
    new_prior : array-like of shape (n_classes,)
        Share of each class where `proba` comes from; at least 0, with sum 1.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        A row whose probability lies wholly on classes of new share 0 stays as it is.

    Raises
    ------
    ValueError
        If rows of `proba` are no probabilities, or a prior is no prior for them.

    Examples
    --------
    >>> from skweighted import adapt_prior
    >>> adapt_prior([[0.5, 0.5]], old_prior=[0.5, 0.5], new_prior=[0.9, 0.1])
    array([[0.9, 0.1]])
    """
    proba = _checked_proba(proba)
    old = _checked_prior("old_prior", old_prior, proba.shape[1], zero_allowed=False)
    new = _checked_prior("new_prior", new_prior, proba.shape[1], zero_allowed=True)
    rows = _float64_rows(proba)
    shares = _log(rows) + _log(new) - np.log(old)
    return _in_proportion(shares, rows).astype(proba.dtype)


def estimate_prior(proba, old_prior, *, max_iter=1000, tol=1e-8):
    """Estimate how frequent the classes are among rows without labels.

    The shares of greatest likelihood, by expectation maximisation (Saerens, Latinne &
    Decaestecker, 2002, eq. 2.9): adapt `proba` to a prior, take the mean as the next
    prior, repeat. Then ``adapt_prior(proba, old_prior, new_prior)``.

    Parameters
    ----------
    proba : array-like of shape (n_samples, n_classes)
        Probabilities of the new rows, as `predict_proba` returns them.
    old_prior : array-like of shape (n_classes,)
        Share of each class in the training data; above 0, with sum 1.
    max_iter : int, default=1000
        Greatest number of steps.
    tol : float, default=1e-8
        Stop when no share changes by more than this.

    Returns
    -------
    ndarray of shape (n_classes,)

    Raises
    ------
    ValueError
        If rows of `proba` are no probabilities or missing, or `old_prior` is no prior.

    Warns
    -----
    ConvergenceWarning
        If a share still changes by more than `tol` after `max_iter` steps.

    Examples
    --------
    >>> from skweighted import estimate_prior
    >>> proba = [[0.9, 0.1]] * 6 + [[0.2, 0.8]] * 4
    >>> estimate_prior(proba, old_prior=[0.5, 0.5]).round(3)
    array([0.75, 0.25])
    """
    proba = _checked_proba(proba)
    old = _checked_prior("old_prior", old_prior, proba.shape[1], zero_allowed=False)
    if not len(proba):
        raise ValueError("A prior is estimated from one row at least. proba has none.")
    rows = _float64_rows(proba)
    likelihood = _log(rows) - np.log(old)
    prior = old
    for _ in range(max_iter):
        last = prior
        prior = _in_proportion(likelihood + _log(last), rows).mean(axis=0)
        if np.abs(prior - last).max() <= tol:
            return prior
    warnings.warn(
        f"The prior still changes by more than tol={tol:g} in step {max_iter}. Use a "
        f"larger max_iter or tol.",
        ConvergenceWarning,
        stacklevel=2,
    )
    return prior


def _float64_rows(proba):
    """Return a float64 copy whose rows sum to 1 as nearly as float64 can."""
    return proba / proba.sum(axis=1, keepdims=True, dtype=np.float64)


def _complements(rows):
    """Return 1 - rows from the other columns, so that near 1 no digit is lost."""
    return rows @ (1 - np.eye(rows.shape[1]))


def _log(values):
    """Return the logarithm, -inf of 0."""
    with np.errstate(divide="ignore"):
        return np.log(values)


def _in_proportion(log_shares, rows):
    """Return rows in proportion to exp(log_shares); as they are if none is finite."""
    decided = np.isfinite(log_shares.max(axis=1, keepdims=True))
    return softmax(np.where(decided, log_shares, _log(rows)), axis=1)


def _log_focal_slope(v, complement, gamma):
    """Return the logarithm of the slope of ``(1 - v)^gamma log v``.

    It is ``(1 - v)^gamma (1 + gamma r) / v``; ``r = -v log v / (1 - v)`` rises from 0
    to 1 with v.
    """
    near_one = -v * np.log1p(-np.minimum(complement, 0.5))
    ratio = np.where(v < 0.5, entr(v), near_one)
    ratio = np.divide(ratio, complement, out=np.ones_like(v), where=complement > 0)
    return xlogy(gamma, complement) - _log(v) + np.log1p(gamma * ratio)


def _checked_proba(proba):
    """Return probabilities as a float array, or raise ValueError."""
    proba = np.asarray(proba)
    if proba.dtype.kind not in "biuf" or proba.ndim != 2:
        raise ValueError(
            f"proba must be numbers in a row for each sample and a column for each "
            f"class, as predict_proba returns them. Got shape {proba.shape} and dtype "
            f"{proba.dtype}."
        )
    # Written so that NaN is wrong too.
    right = (np.abs(proba.sum(axis=1) - 1) <= 1e-3) & (proba >= 0).all(axis=1)
    if not right.all():
        row = int(right.argmin())
        raise ValueError(
            f"Each row of proba must be numbers of at least 0 with sum 1, as "
            f"predict_proba returns them. Row {row} is {proba[row].tolist()}."
        )
    return proba if proba.dtype.kind == "f" else proba.astype(np.float64)


def _checked_prior(name, prior, n_classes, *, zero_allowed):
    """Return a prior as a float64 array, or raise ValueError."""
    shares = np.asarray(prior)
    right = shares.dtype.kind in "biuf" and shares.shape == (n_classes,)
    right = right and (shares >= 0 if zero_allowed else shares > 0).all()
    if not right or not abs(shares.sum() - 1) <= 1e-6:
        least = "of at least" if zero_allowed else "above"
        raise ValueError(
            f"{name} must be {n_classes} numbers {least} 0 with sum 1, one for "
            f"each class of proba. Got {prior!r}. Divide the number of rows of each "
            f"class by that of all rows."
        )
    return shares.astype(np.float64)
