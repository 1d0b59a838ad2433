"""The input stages of a network, from the columns of its training rows."""

from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import issparse

from skweighted._engine._spec import Periodic, Scaling
from skweighted._estimator._input import Arrays
from skweighted._estimator._settings import Settings


class InputStages(NamedTuple):
    """Stages for the inputs, and the numbers of the `Scaling` among them.

    Attributes
    ----------
    stages : tuple of Scaling or Periodic
    scaling : tuple of ndarray of shape (n_features,)
        Center and factor; empty without scaling.
    """

    stages: tuple[Scaling | Periodic, ...] = ()
    scaling: tuple[np.ndarray, ...] = ()


def input_stages(settings: Settings, arrays: Arrays) -> InputStages:
    """Return the input stages that settings and training rows describe.

    Rows of weight zero are ignored, and a row of weight k counts as k rows.

    Parameters
    ----------
    settings : Settings
        Its `input_scaling` and `numeric_embedding` are used.
    arrays : Arrays
        The training rows.
    """
    if settings.input_scaling is None and settings.numeric_embedding is None:
        return InputStages()
    X, _, sample_weight = arrays
    columns = [_column(X[:, [number]], sample_weight) for number in range(X.shape[1])]
    stages: list[Scaling | Periodic] = []
    scaling: tuple[np.ndarray, ...] = ()
    if settings.input_scaling is not None:
        numbers = [
            _STATISTICS[settings.input_scaling](values, weight)
            for values, weight, _ in columns
        ]
        scaling = tuple(np.array(numbers).T)
        flagged = (number for number, column in enumerate(columns) if column[2])
        is_smooth = settings.input_scaling == "robust"
        stages.append(Scaling(is_smooth, tuple(flagged)))
    if settings.numeric_embedding == "periodic":
        # Two values have no other embedding than a number and a constant.
        many = (
            number
            for number, (values, _, _) in enumerate(columns)
            if len(values)
            and ((values != values.min()) & (values != values.max())).any()
        )
        chosen = tuple(many)
        if chosen:
            stages.append(Periodic(chosen))
    return InputStages(tuple(stages), scaling)


def _column(column: Any, sample_weight: np.ndarray) -> tuple[Any, Any, bool]:
    """Return present values, their weights, and whether values are missing."""
    values = (column.toarray() if issparse(column) else np.asarray(column))[:, 0]
    values = values.astype(np.float64, copy=False)
    is_known = ~np.isnan(values)
    is_used = is_known & (sample_weight > 0)
    has_missing = bool((~is_known & (sample_weight > 0)).any())
    return values[is_used], sample_weight[is_used], has_missing


def _standard(values: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Return the mean, and one by the standard deviation (1 for a constant)."""
    if not len(values):
        return 0.0, 1.0
    mean = np.average(values, weights=weight)
    deviation = np.sqrt(np.average((values - mean) ** 2, weights=weight))
    # As in StandardScaler: what is left of a constant is rounding.
    is_constant = deviation <= 10 * np.finfo(np.float64).eps * abs(mean)
    return mean, 1.0 if is_constant else 1 / deviation


def _robust(values: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Return the median, and one by the interquartile range.

    If that is 0, it is half of the range of all values; the factor is 0 for a constant
    (Holzmueller et al., 2024).
    """
    if not len(values):
        return 0.0, 0.0
    order = np.argsort(values, kind="stable")
    shares = np.cumsum(weight[order])
    # The smallest value with at least this share of the weights at or below it, which
    # is the same for a weight of 2 and for two copies.
    places = np.searchsorted(shares, np.array([0.25, 0.5, 0.75]) * shares[-1])
    lower, median, upper = values[order[places.clip(max=len(values) - 1)]]
    width = upper - lower or (values.max() - values.min()) / 2
    return median, 1 / width if width else 0.0


_STATISTICS = {"standard": _standard, "robust": _robust}
