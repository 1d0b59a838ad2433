"""Temperature scaling: one number that makes probabilities more or less extreme.

C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On calibration of modern neural
networks", ICML 2017.
"""

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize_scalar

# A temperature further from 1 is due to separable rows, and would give probabilities of
# exactly 0 and 1, or equal ones.
MOST = 20.0


def tempered(proba: np.ndarray, temperature: float) -> np.ndarray:
    """Return probabilities whose logits are divided by a temperature.

    Parameters
    ----------
    proba : ndarray of shape (..., n_classes)
    temperature : float
        Above 1, probabilities become less extreme.
    """
    # Relative to the largest, so that no row underflows.
    ratios = proba / proba.max(axis=-1, keepdims=True)
    powers = ratios ** proba.dtype.type(1 / temperature)
    return powers / powers.sum(axis=-1, keepdims=True)


def fitted_temperature(
    of_truth: Callable[[float], np.ndarray], sample_weight: np.ndarray
) -> float:
    """Return the temperature of the least log loss, between 1/20 and 20.

    Parameters
    ----------
    of_truth : callable
        Returns the probability of each row's true class at a temperature, of shape
        (n_samples,) or (n_samples, n_labels).
    sample_weight : ndarray of shape (n_samples,)
    """

    def log_loss(log_temperature: float) -> float:
        truth = of_truth(float(np.exp(log_temperature))).astype(np.float64)
        losses = -np.log(truth.clip(np.finfo(np.float64).tiny))
        losses = losses.reshape(len(losses), -1).mean(axis=1)
        return float(np.average(losses, weights=sample_weight))

    most = np.log(MOST)
    found = minimize_scalar(
        log_loss, bounds=(-most, most), method="bounded", options={"xatol": 1e-6}
    )
    return float(np.exp(found.x))
