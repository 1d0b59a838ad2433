"""The bins of piecewise-linear embeddings, from the training rows of each network."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from sklearn.tree import DecisionTreeClassifier

from skweighted._engine._spec import (
    NetworkSpec,
    Periodic,
    PiecewiseLinear,
    Rows,
    Scaling,
)
from skweighted._estimator._scaling import Column, by_column, column_of, most_bins
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
    together = list(zip(starts, map(Targets.of, rows), embedded, bins, strict=True))
    columns = sorted(set().union(*embedded))
    X = by_column(rows[0].X) if columns else None
    for number in columns:
        # Sorted once, for all networks.
        values, places = np.unique(column_of(X, number), return_inverse=True)
        for start, targets, numbers, made in together:
            if number in numbers:
                most = most_bins(len(numbers))
                edges = _edges(start, number, values, places, targets, most)
                # Of bins for which there are no edges, both remain 0.
                lower, factor = made[:, numbers.index(number), : max(len(edges) - 1, 0)]
                lower[:] = edges[:-1]
                factor[:] = _reciprocals(np.diff(edges), start.network.dtype)
    return [
        _replaced(start, *made) if numbers else start
        for start, numbers, made in zip(starts, embedded, bins, strict=True)
    ]


class Targets(NamedTuple):
    """The rows of a network, with weights and targets.

    Attributes
    ----------
    rows : ndarray of shape (n_rows,)
    weight : ndarray of shape (n_rows,)
    kinds : ndarray of shape (n_kinds,) or (n_kinds, n_outputs)
        The targets that occur.
    kind : ndarray of shape (n_rows,)
        Which of them each row has.
    """

    rows: np.ndarray
    weight: np.ndarray
    kinds: np.ndarray
    kind: np.ndarray

    @classmethod
    def of(cls, rows: Rows) -> "Targets":
        """Return them for some rows."""
        target, weight = rows.target[rows.rows], rows.weight[rows.rows]
        return cls(rows.rows, weight, *np.unique(target, axis=0, return_inverse=True))


def _in_pieces(network: NetworkSpec) -> tuple[list[int], int]:
    """Return the columns of X that are embedded by pieces, in their order, and bins."""
    features = np.arange(network.n_features)
    for stage in network.inputs:
        if isinstance(stage, Scaling):
            features = np.r_[features, np.full(len(stage.flagged), -1)]
        elif isinstance(stage, Periodic):
            # They come after all others, and are not embedded again.
            features = np.delete(features, stage.columns)
        elif isinstance(stage, PiecewiseLinear):
            return features[list(stage.columns)].tolist(), stage.n_bins
    return [], 0


def _replaced(start: Start, lower: np.ndarray, factor: np.ndarray) -> Start:
    """Return a start with these bins, the last weights of its embedding by pieces."""
    parameters, inputs = list(start.parameters), start.network.inputs
    last = [isinstance(stage, PiecewiseLinear) for stage in inputs].index(True)
    end = sum(len(stage.is_trained) for stage in inputs[: last + 1])
    parameters[end - 2 : end] = (
        values.astype(start.network.dtype) for values in (lower, factor)
    )
    return replace(start, parameters=tuple(parameters))


def _edges(
    start: Start,
    number: int,
    values: np.ndarray,
    places: np.ndarray,
    targets: Targets,
    most: int,
) -> np.ndarray:
    """Return the sorted edges of the bins of a column; none if it has no values.

    Parameters
    ----------
    start : Start
    number : int
        Of the column.
    values : ndarray of shape (n_values,)
        The distinct values of the column, sorted, with NaN at the end.
    places : ndarray of shape (n_samples,)
        Which of them each row has.
    targets : Targets
    most : int
        Number of bins.
    """
    stage = start.network.inputs[0]
    if isinstance(stage, Scaling):
        center, factor = (array[number] for array in start.parameters[:2])
        with np.errstate(over="ignore"):
            values = (values - center) * factor
        if stage.smooth:
            values = smoothed(values.clip(-FARTHEST, FARTHEST))
    weight = np.bincount(places[targets.rows], targets.weight, len(values))
    is_used = (weight > 0) & ~np.isnan(values)
    if not is_used.any():
        return np.empty(0)
    column = Column(values[is_used], weight[is_used])
    thresholds = np.empty(0)
    if most >= _FEWEST_WITH_TREE:
        thresholds = _thresholds(column, values, places, targets)
    edges = _quantiles(column, most - len(thresholds))
    edges = np.union1d(edges, thresholds)
    return _apart(edges) if isinstance(stage, Scaling) else edges


def _reciprocals(widths: np.ndarray, dtype: str) -> np.ndarray:
    """Return the reciprocals of widths, finite in this precision."""
    most = np.finfo(dtype).max / 1e8
    return 1 / np.maximum(widths, 1 / most)


def _thresholds(
    column: Column, values: np.ndarray, places: np.ndarray, targets: Targets
) -> np.ndarray:
    """Return the smallest value above each threshold of a tree of one column.

    They are between values, where an edge would divide the bin of two frequent ones.
    """
    starts = np.unique(column.values)
    if len(starts) > _MOST_GROUPS:
        starts = np.unique(column.quantiles(np.linspace(0, 1, _MOST_GROUPS + 1)))
    groups = np.searchsorted(starts, values, side="right") - 1
    group, n_kinds = groups[places[targets.rows]], len(targets.kinds)
    weight = np.where(np.isnan(values), 0, 1)[places[targets.rows]] * targets.weight
    # The tree needs the weight of each class in each group, and of groups the order.
    weights = np.bincount(group * n_kinds + targets.kind, weight, len(starts) * n_kinds)
    (used,) = np.nonzero(weights)
    tree = DecisionTreeClassifier(
        criterion="log_loss", max_leaf_nodes=_N_LEAVES, random_state=0
    ).fit(
        (used[:, np.newaxis] // n_kinds).astype(np.float32),
        targets.kinds[used % n_kinds],
        sample_weight=weights[used],
        check_input=False,  # a third of the time
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
