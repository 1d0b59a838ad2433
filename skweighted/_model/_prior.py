"""The class shares that probabilities imply, and how shares have changed.

With class weights or resampling, probabilities are those of other class shares than the
training rows have. `estimate_prior` needs the shares that the probabilities are meant
for.
"""

import numpy as np

from skweighted._costs._prior import float64_rows

# Rounds of proportional fitting; the shares then agree to about 1e-6.
N_ROUNDS = 200

# Probabilities near 0 or 1 for all rows, as an overfitted network has them, do not
# determine the shares. They are then at most this many times those of the rows.
MOST = 100.0

# Shares closer than this are called about as frequent.
LEAST_RATIO = 1.25
N_ERRORS = 2.0


def implied_prior(proba: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return class shares from which `estimate_prior` finds those of the given rows.

    Factors r for which the mean of ``p_k r_k / sum_j p_j r_j`` is the share s_k of each
    class, by iterative proportional fitting; the implied shares are then s / r.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes)
        Of the training rows.
    shares : ndarray of shape (n_classes,)
        Of the training rows.

    Returns
    -------
    ndarray of shape (n_classes,)
        Above 0, with sum 1.
    """
    rows = float64_rows(proba)
    factors = np.ones(len(shares))
    for _ in range(N_ROUNDS):
        adapted = rows * factors
        means = (adapted / adapted.sum(axis=1, keepdims=True)).mean(axis=0)
        factors *= shares / np.maximum(means, np.finfo(np.float64).tiny)
        factors /= np.exp(np.log(factors).mean())
        factors = factors.clip(1 / MOST, MOST)
    implied = shares / factors
    return implied / implied.sum()


def changes_of(
    new: np.ndarray, old: np.ndarray, proba: np.ndarray, implied: np.ndarray
) -> list[str]:
    """Return how the share of each class has changed, in words.

    A change counts if the ratio of the shares is at least `LEAST_RATIO`, and the
    difference at least `N_ERRORS` standard errors. The error is that of maximum
    likelihood without a change: the less the probabilities distinguish the classes, the
    larger it is.

    Parameters
    ----------
    new, old : ndarray of shape (n_classes,)
        Shares of the new and of the training rows.
    proba : ndarray of shape (n_samples, n_classes)
        Of the new rows.
    implied : ndarray of shape (n_classes,)
        The shares that the probabilities are meant for.
    """
    words = []
    likelihood = float64_rows(proba) / implied
    mixture = likelihood @ old
    for number, (after, before) in enumerate(zip(new, old, strict=True)):
        others = (mixture - likelihood[:, number] * before) / (1 - before)
        slopes = (likelihood[:, number] - others) / mixture
        error = 1 / np.sqrt(np.maximum((slopes**2).sum(), np.finfo(np.float64).tiny))
        is_large = abs(after - before) >= N_ERRORS * error
        if is_large and after >= LEAST_RATIO * before:
            words.append("more frequent")
        elif is_large and after * LEAST_RATIO <= before:
            words.append("less frequent")
        else:
            words.append("about as frequent")
    return words
