"""The input stages of networks, from the columns of their training rows."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import issparse

from skweighted._engine._spec import InputStage, Periodic, PiecewiseLinear, Scaling
from skweighted._estimator._input import Arrays
from skweighted._estimator._settings import Settings
from skweighted.layers import FARTHEST, smoothed


# The narrowest bin of scaled numbers, as a share of its upper end. Rounding in float32
# moves a number by up to 2e-7 of itself. With the bin of 2,001 and 2,002 among losses of
# capital (Adult), 2e-4 of its upper end, this changed a probability by 3e-5.
_NARROWEST = 1e-3


class InputStages(NamedTuple):
    """Stages for the inputs of a network, and their weights that are not trained.

    Attributes
    ----------
    stages : tuple of InputStage
    fixed : tuple of ndarray
        Center and factor of a `Scaling`; lower ends and factors of `PiecewiseLinear`.
    """

    stages: tuple[InputStage, ...] = ()
    fixed: tuple[np.ndarray, ...] = ()


class Column(NamedTuple):
    """The known values of a column, in the rows with a weight above 0.

    Attributes
    ----------
    values, weight : ndarray of shape (n_known,)
        Sorted by value.
    has_missing : bool
    """

    values: np.ndarray
    weight: np.ndarray
    has_missing: bool

    @property
    def has_many(self) -> bool:
        """Whether there are more than two values."""
        values = self.values
        if not len(values):
            return False
        return bool(((values != values[0]) & (values != values[-1])).any())

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

        They are the same for a weight of 2 and for two copies.
        """
        total = np.cumsum(self.weight)
        places = np.searchsorted(total, np.asarray(shares) * total[-1])
        return self.values[places.clip(max=len(self.values) - 1)]


def input_stages(settings: Settings, arrays: Arrays) -> list[InputStages]:
    """Return the input stages of each network, by settings and training rows.

    Rows of weight zero are ignored, and a row of weight k counts as k rows.

    Parameters
    ----------
    settings : Settings
        Its `input_scaling` and `numeric_embedding` are used. With several embeddings,
        the networks use them in turn.
    arrays : Arrays
        The training rows.
    """
    kinds = settings.numeric_embedding or ("none",)
    if settings.input_scaling is None and kinds == ("none",):
        return [InputStages()] * settings.n_networks
    X, _, sample_weight = arrays
    dtype = X.dtype if settings.dtype == "auto" else np.dtype(settings.dtype)
    # Factors of tiny numbers stay finite in the precision of the network.
    most = np.finfo(dtype).max / 1e8
    statistics, flagged, peaked = [], [], []
    # The bins of the columns that can be embedded: two values have no other embedding
    # than a number and a constant.
    bins: dict[int, tuple[np.ndarray, np.ndarray]] = {}
    for number in range(X.shape[1]):
        column = _column(X[:, [number]], sample_weight)
        if settings.input_scaling is not None:
            center, factor = _STATISTICS[settings.input_scaling](column)
            factor = min(factor, most)
            statistics.append((center, factor))
            # Embeddings get scaled numbers.
            z = (column.values - center) * factor
            if settings.input_scaling == "robust":
                z = smoothed(z.clip(-FARTHEST, FARTHEST))
            column = column._replace(values=z)
        if column.has_missing:
            flagged.append(number)
        if column.has_many:
            edges = _edges(column, PiecewiseLinear.n_bins)
            if settings.input_scaling is not None:
                edges = _apart(edges)
            bins[number] = _bins(edges, PiecewiseLinear.n_bins, most)
            if column.is_peaked:
                peaked.append(number)
    scaled = InputStages()
    if settings.input_scaling is not None:
        stage = Scaling(settings.input_scaling == "robust", tuple(flagged))
        scaled = InputStages(
            (stage,), tuple(map(np.array, zip(*statistics, strict=True)))
        )
    n_scaled = X.shape[1] + len(flagged)
    each = {
        "none": scaled,
        "periodic": _embedded(scaled, n_scaled, bins, peaked),
        "piecewise_linear": _embedded(scaled, n_scaled, bins, list(bins)),
    }
    return [each[kinds[number % len(kinds)]] for number in range(settings.n_networks)]


def _embedded(
    scaled: InputStages,
    n_scaled: int,
    bins: dict[int, tuple[np.ndarray, np.ndarray]],
    in_pieces: list[int],
) -> InputStages:
    """Return stages with embeddings by waves, and of some columns by pieces.

    A stage returns the columns that it embeds after all others, so those in pieces are
    at other places after the waves.
    """
    stages, fixed = scaled
    waves = [number for number in bins if number not in in_pieces]
    if waves:
        stages = (*stages, Periodic(tuple(waves)))
    if in_pieces:
        places = np.setdiff1d(np.arange(n_scaled), waves).tolist()
        columns = tuple(places.index(number) for number in in_pieces)
        stages = (*stages, PiecewiseLinear(columns))
        of_pieces = zip(*(bins[number] for number in in_pieces), strict=True)
        fixed = (*fixed, *map(np.array, of_pieces))
    return InputStages(stages, fixed)


def _column(column: Any, sample_weight: np.ndarray) -> Column:
    """Return a column of X."""
    values = (column.toarray() if issparse(column) else np.asarray(column))[:, 0]
    values = values.astype(np.float64, copy=False)
    is_known = ~np.isnan(values)
    is_used = is_known & (sample_weight > 0)
    has_missing = bool((~is_known & (sample_weight > 0)).any())
    values, weight = values[is_used], sample_weight[is_used]
    order = np.argsort(values, kind="stable")
    return Column(values[order], weight[order], has_missing)


def _standard(column: Column) -> tuple[float, float]:
    """Return the mean, and one by the standard deviation (1 for a constant)."""
    values, weight, _ = column
    if not len(values):
        return 0.0, 1.0
    mean = np.average(values, weights=weight)
    deviation = np.sqrt(np.average((values - mean) ** 2, weights=weight))
    # As in StandardScaler: what is left of a constant is rounding.
    is_constant = deviation <= 10 * np.finfo(np.float64).eps * abs(mean)
    return mean, 1.0 if is_constant else 1 / deviation


def _robust(column: Column) -> tuple[float, float]:
    """Return the median, and one by the interquartile range.

    (Holzmueller et al., 2024.) If that is 0, it is that of the other values than the
    median, or else half of the range; the factor is 0 for a constant. Two values, such
    as those of a one-hot column, become 0 and 1.
    """
    values = column.values
    if not len(values):
        return 0.0, 0.0
    if not column.has_many:
        width = values[-1] - values[0]
        return values[0], 1 / width if width else 0.0
    lower, median, upper = column.quantiles([0.25, 0.5, 0.75])
    if lower == upper:
        lower, upper = column.without([median]).quantiles([0.25, 0.75])
    width = upper - lower or (values[-1] - values[0]) / 2
    return median, 1 / width


def _edges(column: Column, n_bins: int) -> np.ndarray:
    """Return the sorted edges of `n_bins` bins or fewer between quantiles.

    A value of so many rows that several quantiles are equal is an edge, and the other
    edges are quantiles of the other values.
    """
    edges = column.quantiles(np.linspace(0, 1, n_bins + 1))
    frequent = np.unique(edges[1:][edges[1:] == edges[:-1]])
    rest = column.without(frequent)
    if len(frequent) and len(rest.values):
        edges = rest.quantiles(np.linspace(0, 1, n_bins + 1 - len(frequent)))
    return np.union1d(edges, frequent)


def _apart(edges: np.ndarray) -> np.ndarray:
    """Return the edges without those too close to the one before."""
    kept = [edges[0]]
    for edge in edges[1:]:
        if edge - kept[-1] > _NARROWEST * abs(edge):
            kept.append(edge)
    return np.array(kept)


def _bins(
    edges: np.ndarray, n_bins: int, most: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the lower ends of bins, and one by their widths, at most `most`.

    Of bins for which there are no edges, both are 0.
    """
    lower, factor = np.zeros((2, n_bins))
    lower[: len(edges) - 1] = edges[:-1]
    factor[: len(edges) - 1] = 1 / np.diff(edges)
    return lower, np.minimum(factor, most)


_STATISTICS = {"standard": _standard, "robust": _robust}
