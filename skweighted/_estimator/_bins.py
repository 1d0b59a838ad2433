"""The bins of piecewise-linear embeddings, from the training rows of each network."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from sklearn.tree import DecisionTreeClassifier

from skweighted._engine._spec import NetworkSpec, Periodic, Rows, Scaling
from skweighted._estimator._scaling import Column, column_of
from skweighted._estimator._start import Start
from skweighted.layers import FARTHEST, smoothed

# Leaves of the tree of a column: thresholds are fewer by one.
_N_LEAVES = 16

# With fewer bins, they are between quantiles only: the trees of so many columns, each
# for each network, would take seconds.
_FEWEST_WITH_TREE = 32

# A column with more distinct values is divided into so many groups before its tree.
_MOST_GROUPS = 1024

# The narrowest bin of scaled numbers, as a share of its upper end. Rounding in float32
# moves a number by up to 2e-7 of itself. With a bin between losses of 2,001 and 2,002
# (Adult), 8e-5 of its upper end, this changed a probability by 3e-5. Wider bins would
# merge large values, which robust scaling brings close together.
_NARROWEST = 1e-4


def with_bins(starts: Sequence[Start], rows: Sequence[Rows]) -> list[Start]:
    """Return networks whose piecewise-linear embeddings have bins, if they are new.

    The edges are quantiles of a column and the thresholds of a decision tree of it
    (Gorishniy et al., 2022). Rows that a network holds out have no part in its bins,
    since early stopping and out-of-fold probabilities must not have seen their labels.

    Parameters
    ----------
    starts : sequence of Start
    rows : sequence of Rows
        The training rows of each network.
    """
    nothing: tuple[list[int], int] = ([], 0)
    each = [_in_pieces(start.network) if start.is_new else nothing for start in starts]
    embedded = [numbers for numbers, _ in each]
    bins = [np.zeros((2, len(numbers), n_bins)) for numbers, n_bins in each]
    for number in sorted(set().union(*embedded)):
        values = column_of(rows[0].X, number)
        for start, its_rows, numbers, made in zip(
            starts, rows, embedded, bins, strict=True
        ):
            if number in numbers:
                found = _bins(start, number, values, its_rows, made.shape[-1])
                made[:, numbers.index(number)] = found
    return [
        _replaced(start, *made) if numbers else start
        for start, numbers, made in zip(starts, embedded, bins, strict=True)
    ]


def _in_pieces(network: NetworkSpec) -> tuple[list[int], int]:
    """Return the columns of X that are embedded by pieces, in their order, and bins."""
    features = np.arange(network.n_features)
    for stage in network.inputs:
        if isinstance(stage, Scaling):
            features = np.r_[features, np.full(len(stage.flagged), -1)]
        elif isinstance(stage, Periodic):
            # They come after all others, and are not embedded again.
            features = np.delete(features, stage.columns)
        else:
            return features[list(stage.columns)].tolist(), stage.n_bins
    return [], 0


def _replaced(start: Start, lower: np.ndarray, factor: np.ndarray) -> Start:
    """Return a start with these bins, the last weights of its last input stage."""
    parameters = list(start.parameters)
    end = sum(len(stage.is_trained) for stage in start.network.inputs)
    parameters[end - 2 : end] = (
        values.astype(start.network.dtype) for values in (lower, factor)
    )
    return replace(start, parameters=tuple(parameters))


def _bins(
    start: Start, number: int, values: np.ndarray, rows: Rows, n_bins: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the lower ends of the bins of a column, and one by their widths.

    Of bins for which there are no edges, both are 0.
    """
    values, weight, target = (
        array[rows.rows] for array in (values, rows.weight, rows.target)
    )
    is_known = ~np.isnan(values)
    values, weight, target = values[is_known], weight[is_known], target[is_known]
    stage = start.network.inputs[0]
    if isinstance(stage, Scaling):
        center, factor = (array[number] for array in start.parameters[:2])
        with np.errstate(over="ignore"):
            values = (values - center) * factor
        if stage.smooth:
            values = smoothed(values.clip(-FARTHEST, FARTHEST))
    lower, factors = np.zeros((2, n_bins))
    if not len(values):
        return lower, factors
    column = Column.of(values, weight)
    thresholds = np.empty(0)
    if n_bins >= _FEWEST_WITH_TREE:
        thresholds = _thresholds(column, values, weight, target)
    edges = _quantiles(column, n_bins - len(thresholds))
    edges = np.union1d(edges, thresholds)
    if isinstance(stage, Scaling):
        edges = _apart(edges)
    lower[: len(edges) - 1] = edges[:-1]
    # Factors of tiny numbers stay finite in the precision of the network.
    most = np.finfo(start.network.dtype).max / 1e8
    factors[: len(edges) - 1] = 1 / np.maximum(np.diff(edges), 1 / most)
    return lower, factors


def _thresholds(
    column: Column, values: np.ndarray, weight: np.ndarray, target: np.ndarray
) -> np.ndarray:
    """Return the smallest value above each threshold of a tree of one column.

    They are between values, where an edge would divide the bin of two frequent ones.
    """
    starts = np.unique(column.values)
    if len(starts) > _MOST_GROUPS:
        starts = np.unique(column.quantiles(np.linspace(0, 1, _MOST_GROUPS + 1)))
    group = np.searchsorted(starts, values, side="right") - 1
    # The tree needs the weight of each class in each group, and of groups the order.
    kinds, kind = np.unique(target, axis=0, return_inverse=True)
    weights = np.bincount(group * len(kinds) + kind, weight, len(starts) * len(kinds))
    (used,) = np.nonzero(weights)
    tree = DecisionTreeClassifier(
        criterion="log_loss", max_leaf_nodes=_N_LEAVES, random_state=0
    ).fit(
        used[:, np.newaxis] // len(kinds),
        kinds[used % len(kinds)],
        sample_weight=weights[used],
    )
    thresholds = tree.tree_.threshold[tree.tree_.feature >= 0]
    return starts[np.ceil(thresholds).astype(int)]


def _quantiles(column: Column, n_bins: int) -> np.ndarray:
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
