"""The input stages of networks, from the columns of their training rows."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import issparse

from skweighted._engine._spec import (
    InputStage,
    Members,
    Periodic,
    PiecewiseLinear,
    Scaling,
)
from skweighted._estimator._input import Arrays
from skweighted._estimator._settings import Settings

# Columns share so many bins. With 64 bins for each, a fit of 2,000 rows of 300 numbers
# took 27 s instead of 14.
_ALL_BINS = 4096

# Between few values there are no more bins than this. With 64 bins, of which 48 had no
# effect, a fit of 4,500 digits with pixels from 0 to 16 took 23 s on a core instead of
# 16. There is no further step, since each number of bins is a program to compile.
_FEW_BINS = 16

# More columns, for which fewer than 8 bins would be left, are not embedded: eight
# functions of each of 20,000 numbers would be gigabytes of weights.
_MOST_EMBEDDED = 512


class InputStages(NamedTuple):
    """Stages for the inputs of a network, and their weights that are not trained.

    Attributes
    ----------
    stages : tuple of InputStage
    fixed : tuple of ndarray
        Center and factor of a `Scaling`; lower ends and factors of `PiecewiseLinear`,
        all 0 until each network has its training rows.
    """

    stages: tuple[InputStage, ...] = ()
    fixed: tuple[np.ndarray, ...] = ()


class Column(NamedTuple):
    """The known values of a column, in the rows with a weight above 0.

    Attributes
    ----------
    values, weight : ndarray of shape (n_known,)
        Sorted by value.
    """

    values: np.ndarray
    weight: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray, weight: np.ndarray) -> "Column":
        """Return a column of known values in any order."""
        order = np.argsort(values, kind="stable")
        return cls(values[order], weight[order])

    @property
    def n_distinct(self) -> int:
        """Number of distinct values."""
        values = self.values
        return int((values[1:] != values[:-1]).sum()) + bool(len(values))

    @property
    def is_peaked(self) -> bool:
        """Whether its quartiles are equal, so that half of its rows or more are."""
        lower, upper = self.quantiles([0.25, 0.75])
        return bool(lower == upper)

    def without(self, values: Sequence[float] | np.ndarray) -> "Column":
        """Return the column without the rows of some values."""
        is_kept = ~np.isin(self.values, values)
        return self._replace(values=self.values[is_kept], weight=self.weight[is_kept])

    def quantiles(self, shares: Sequence[float] | np.ndarray) -> np.ndarray:
        """Return the smallest values with at least a share of the weight up to them.

        They are the same for a weight of 2 and for two copies, and for other units of
        weight.
        """
        total = np.cumsum(self.weight)
        # Sums such as 0.1 + 0.2 are rounded, and must not miss a share that they equal.
        rounded = len(total) * np.finfo(np.float64).eps
        places = np.searchsorted(total, np.asarray(shares) * total[-1] * (1 - rounded))
        return self.values[places.clip(max=len(self.values) - 1)]


def input_stages(settings: Settings, arrays: Arrays) -> list[InputStages]:
    """Return the input stages of each network, by settings and training rows.

    Rows of weight zero are ignored, and a row of weight k counts as k rows.

    Parameters
    ----------
    settings : Settings
        Its `input_scaling`, `numeric_embedding` and `n_members` are used. With several
        embeddings, the networks use them in turn.
    arrays : Arrays
        The training rows.
    """
    kinds = settings.numeric_embedding or ("none",)
    if settings.input_scaling is None and kinds == ("none",):
        return [_with_members(settings, InputStages())] * settings.n_networks
    X, sample_weight = by_column(arrays.X), arrays.sample_weight
    dtype = X.dtype if settings.dtype == "auto" else np.dtype(settings.dtype)
    # Factors of tiny numbers stay finite in the precision of the network.
    most = np.finfo(dtype).max / 1e8
    # Columns with missing values; those that can be embedded, since two values have no
    # other embedding than a number and a constant; and of these the peaked ones.
    statistics, flagged, varied, peaked = [], [], {}, {}
    for number in range(X.shape[1]):
        values = column_of(X, number)
        is_used = ~np.isnan(values) & (sample_weight > 0)
        column = Column.of(values[is_used], sample_weight[is_used])
        if settings.input_scaling is not None:
            center, factor = _STATISTICS[settings.input_scaling](column)
            statistics.append((center, min(factor, most)))
        if (np.isnan(values) & (sample_weight > 0)).any():
            flagged.append(number)
        n_distinct = column.n_distinct
        if n_distinct > 2:
            varied[number] = n_distinct
            if column.is_peaked:
                peaked[number] = n_distinct
    if len(varied) > _MOST_EMBEDDED:
        varied, peaked = {}, {}
    scaled = InputStages()
    if settings.input_scaling is not None:
        stage = Scaling(settings.input_scaling == "robust", tuple(flagged))
        scaled = InputStages(
            (stage,), tuple(map(np.array, zip(*statistics, strict=True)))
        )
    n_scaled = X.shape[1] + len(flagged)
    each = {
        "none": scaled,
        "periodic": _embedded(scaled, n_scaled, varied, peaked),
        "piecewise_linear": _embedded(scaled, n_scaled, varied, varied),
    }
    in_turn = (each[kinds[n % len(kinds)]] for n in range(settings.n_networks))
    return [_with_members(settings, stages) for stages in in_turn]


def _with_members(settings: Settings, inputs: InputStages) -> InputStages:
    """Return the stages of a network that consists of members, if it does."""
    if settings.n_members is None:
        return inputs
    stages = (*inputs.stages, Members(settings.n_members))
    return inputs._replace(stages=stages)


def _embedded(
    scaled: InputStages,
    n_scaled: int,
    varied: dict[int, int],
    in_pieces: dict[int, int],
) -> InputStages:
    """Return stages with embeddings by waves, and of some columns by pieces.

    Columns come with their numbers of distinct values. A stage returns the columns that
    it embeds after all others, so those in pieces are at other places after the waves.
    """
    stages, fixed = scaled
    waves = [number for number in varied if number not in in_pieces]
    if waves:
        stages = (*stages, Periodic(tuple(waves)))
    if in_pieces:
        places = np.setdiff1d(np.arange(n_scaled), waves).tolist()
        columns = tuple(places.index(number) for number in in_pieces)
        n_bins = most_bins(len(columns))
        if max(in_pieces.values()) <= _FEW_BINS + 1:
            n_bins = min(n_bins, _FEW_BINS)
        stages = (*stages, PiecewiseLinear(columns, n_bins))
        no_bins = np.zeros((len(columns), n_bins))
        fixed = (*fixed, no_bins, no_bins)
    return InputStages(stages, fixed)


def most_bins(n_columns: int) -> int:
    """Return how many bins each of so many columns can have."""
    return min(PiecewiseLinear.n_bins, _ALL_BINS // n_columns)


def by_column(X: Any) -> Any:
    """Return X, if it is sparse, in a format whose columns are found at once."""
    return X.tocsc() if issparse(X) else X


def column_of(X: Any, number: int) -> np.ndarray:
    """Return a column of X as dense float64."""
    column = X[:, [number]]
    values = (column.toarray() if issparse(column) else np.asarray(column))[:, 0]
    return values.astype(np.float64, copy=False)


def _standard(column: Column) -> tuple[float, float]:
    """Return the mean, and the reciprocal of the standard deviation.

    It is 1 for a constant.
    """
    values, weight = column
    if not len(values):
        return 0.0, 1.0
    mean = np.average(values, weights=weight)
    deviation = np.sqrt(np.average((values - mean) ** 2, weights=weight))
    # As in StandardScaler: what is left of a constant is rounding.
    is_constant = deviation <= 10 * np.finfo(np.float64).eps * abs(mean)
    return mean, 1.0 if is_constant else 1 / deviation


def _robust(column: Column) -> tuple[float, float]:
    """Return the median, and the reciprocal of the interquartile range.

    (Holzmueller et al., 2024.) If that is 0, that of the values other than the median
    is used, or else half of the range; the factor is 0 for a constant. Two values, such
    as those of a one-hot column, become 0 and 1.
    """
    values = column.values
    if not len(values):
        return 0.0, 0.0
    if column.n_distinct <= 2:
        width = values[-1] - values[0]
        return values[0], 1 / width if width else 0.0
    lower, median, upper = column.quantiles([0.25, 0.5, 0.75])
    if lower == upper:
        lower, upper = column.without([median]).quantiles([0.25, 0.75])
    width = upper - lower or (values[-1] - values[0]) / 2
    return median, 1 / width


_STATISTICS = {"standard": _standard, "robust": _robust}
