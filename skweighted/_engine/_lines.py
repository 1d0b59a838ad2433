"""Embeddings by pieces of many rows: lines between knots, found by one search.

A sum over 64 bins for each number takes four times as long. `Lines` is the embedding of
a column in one network. Networks that scale alike share a search: one for each of eight
networks was a third of the time for 10,000 rows of 49 columns.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Lines(NamedTuple):
    """The embedding of a column by pieces: a line between any two knots.

    Attributes
    ----------
    knots : ndarray of shape (n_knots,)
        The ends of the bins, sorted. In float64: in float32, the end of a bin could
        move past the beginning of the next one, where a steep line has another value.
    start : ndarray of shape (n_knots + 1,)
        Where each line starts; the first one ends at the first knot.
    value, slope : ndarray of shape (width, n_knots + 1)
        At the start of each line, and on it.
    """

    knots: np.ndarray
    start: np.ndarray
    value: np.ndarray
    slope: np.ndarray

    @classmethod
    def of(
        cls,
        kernel: np.ndarray,
        slope: np.ndarray,
        bias: np.ndarray,
        lower: np.ndarray,
        factor: np.ndarray,
    ) -> "Lines":
        """Return the lines of a column, from its weights in `PiecewiseLinear`."""
        is_bin, dtype = factor > 0, kernel.dtype
        kernel, lower, factor = (
            one[is_bin].astype(np.float64) for one in (kernel, lower, factor)
        )
        upper = lower + 1 / factor
        knots = np.unique([lower, upper])
        start = np.append(knots[:1], knots) if len(knots) else np.zeros(1)
        pieces = np.clip((start[:, np.newaxis] - lower) * factor, 0, 1)
        value = pieces @ kernel + np.outer(start, slope) + bias
        middle = np.append((start[:-1] + knots) / 2, np.inf)[:, np.newaxis]
        is_inside = (lower < middle) & (middle < upper)
        slopes = (is_inside * factor) @ kernel + slope
        each = (np.ascontiguousarray(one.T, dtype) for one in (value, slopes))
        return cls(knots, start, *each)


class SharedLines:
    """The lines of a column in several networks, which one search finds.

    Parameters
    ----------
    lines : sequence of Lines
        Those of each network.
    """

    def __init__(self, lines: Sequence[Lines]) -> None:
        self.lines = lines
        self._knots = np.unique(np.concatenate([one.knots for one in lines]))
        # In each network: the line before all knots, and after each of them.
        self.numbers = [
            np.append(0, one.knots.searchsorted(self._knots, side="right"))
            for one in lines
        ]

    def find(self, x: np.ndarray) -> "Found":
        """Return the places of numbers between the knots of all networks."""
        return Found(self, x, self._knots.searchsorted(x, side="right"))


class Found(NamedTuple):
    """Numbers of a column, and how many knots of all networks are not above each."""

    column: SharedLines
    x: np.ndarray
    place: np.ndarray

    def embed(self, network: int, out: np.ndarray) -> None:
        """Write their embeddings in one network to an array (width, n_rows)."""
        _, start, value, slope = self.column.lines[network]
        line = self.column.numbers[network].take(self.place)
        # By default, `take` checks the numbers first and writes to a copy.
        slope.take(line, axis=1, out=out, mode="clip")
        out *= (self.x - start.take(line)).astype(out.dtype)
        out += value.take(line, axis=1)
