"""Learning rates over a training, by name: factors of the initial rate."""

from collections.abc import Callable

import numpy as np


def cosine(progress: np.ndarray) -> np.ndarray:
    """Return factors that fall from 1 to 0 along half a cosine wave.

    I. Loshchilov and F. Hutter, "SGDR: stochastic gradient descent with warm restarts",
    ICLR 2017 (eq. 5, without restarts).
    """
    return (1 + np.cos(np.pi * progress)) / 2


def coslog4(progress: np.ndarray) -> np.ndarray:
    """Return factors that rise from 0 to 1 and fall again in four ever longer waves.

    Each wave is twice as long as the one before. D. Holzmueller, L. Grinsztajn and I.
    Steinwart, "Better by default: strong pre-tuned MLPs and boosted trees on tabular
    data", NeurIPS 2024.
    """
    return (1 - np.cos(2 * np.pi * np.log2(1 + 15 * progress))) / 2


# From the share of the training that is done, of shape (n_steps,), to factors.
SCHEDULES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "cosine": cosine,
    "coslog4": coslog4,
}


def factors(schedule: str | None, first: int, n_steps: int, total: int) -> np.ndarray:
    """Return the factor of the learning rate in some steps, of shape (n_steps,).

    Parameters
    ----------
    schedule : str or None
        None is a constant rate.
    first, n_steps : int
        The steps, counted from 0.
    total : int
        Steps of the whole training.
    """
    if schedule is None:
        return np.ones(n_steps)
    return SCHEDULES[schedule](np.arange(first, first + n_steps) / total)
