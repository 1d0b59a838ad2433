"""Seeded shuffles and batches, from a dense, sparse or memory-mapped X.

The order of an epoch depends only on the seed and the number of the epoch, so epochs
are available in any order, and training can resume where it stopped.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.sparse import issparse

from skweighted._engine._spec import NetworkSpec, Rows, Run, TrainingSpec


class Batches:
    """The batches of every epoch over some rows.

    Parameters
    ----------
    data : Rows
    batch_size : int
        Number of rows per batch; the last batch of an epoch may have fewer.
    dtype : str
        Precision of the arrays from `batch` and `fill`.
    seed : SeedSequence or None
        Seed of the shuffles; None keeps the rows in order.
    others : sequence of Rows
        Those of further networks, which differ from `data` only in their weights. Their
        rows are shuffled and gathered once.
    """

    def __init__(
        self,
        data: Rows,
        batch_size: int,
        dtype: str,
        seed: np.random.SeedSequence | None = None,
        others: Sequence[Rows] = (),
    ) -> None:
        self._data = data
        self._all = (data, *others)
        self._batch_size = batch_size
        self._dtype = dtype
        self._seed = seed
        self._latest: tuple[int, np.ndarray] = (-1, data.rows)
        self.n_steps = -(-len(data.rows) // batch_size)

    def order(self, epoch: int) -> np.ndarray:
        """Return the rows of an epoch in the order of training."""
        if self._seed is None:
            return self._data.rows
        latest_epoch, latest_order = self._latest
        if epoch != latest_epoch:
            seed = np.random.SeedSequence(
                self._seed.entropy, spawn_key=(*self._seed.spawn_key, epoch)
            )
            rows = self._data.rows
            # A permutation of the rows themselves takes three times as long.
            latest_order = rows[np.random.default_rng(seed).permutation(len(rows))]
            self._latest = (epoch, latest_order)
        return latest_order

    def batch(self, epoch: int, step: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return features, targets and weights of one step."""
        start = step * self._batch_size
        rows = self.order(epoch)[start : start + self._batch_size]
        return (
            dense_rows(self._data.X, rows, self._dtype),
            self._data.targets_of(rows).astype(self._dtype),
            self._data.weights_of(rows, epoch).astype(self._dtype),
        )

    def fill(
        self,
        first: int,
        X: np.ndarray,
        target: np.ndarray,
        weight: np.ndarray,
        n_rows: np.ndarray,
    ) -> None:
        """Write some steps, counted from the first epoch, into arrays of zeros.

        Parameters
        ----------
        first : int
            Number of the first step to write.
        X : ndarray of shape (n_steps, n_networks, n_features, B)
        target, weight : ndarray of shape (n_steps, n_networks, B, ...)
            Written to. B is at least the batch size; further rows are not changed.
        n_rows : ndarray of shape (n_steps, n_networks)
            Written to: the number of rows of each step.
        """
        done = 0
        while done < len(n_rows):
            epoch, step = divmod(first + done, self.n_steps)
            steps = min(len(n_rows) - done, self.n_steps - step)
            start = step * self._batch_size
            rows = self.order(epoch)[start : start + steps * self._batch_size]
            whole = len(rows) // self._batch_size
            for part, count, size in (
                (rows[: whole * self._batch_size], whole, self._batch_size),
                (rows[whole * self._batch_size :], 1, len(rows) % self._batch_size),
            ):
                if len(part):
                    to = slice(done, done + count)
                    parts = (target[to, :, :size], weight[to, :, :size])
                    self._write(part, epoch, X[to, :, :, :size], *parts)
                    n_rows[to] = size
                    done += count

    def _write(self, rows, epoch, X, target, weight):
        """Write rows into the arrays of whole steps."""
        some = dense_rows(self._data.X, rows, self._dtype)
        X[...] = some.reshape(len(X), 1, -1, some.shape[1]).swapaxes(2, 3)
        targets = self._data.targets_of(rows)
        target[...] = targets.reshape(len(target), 1, *target.shape[2:])
        for number, data in enumerate(self._all):
            values = data.weights_of(rows, epoch)
            weight[:, number] = values.reshape(weight[:, number].shape)


def with_same_rows(runs: Sequence[Run]) -> list[slice]:
    """Return slices of the runs whose rows and orders are the same.

    In a search, all candidates of a fold have the same rows, which are gathered once.
    """
    starts = [
        number
        for number, run in enumerate(runs)
        if number == 0 or not _has_same_rows(run, runs[number - 1])
    ]
    return [slice(*pair) for pair in pairwise([*starts, len(runs)])]


def _has_same_rows(run: Run, other: Run) -> bool:
    """Return whether two runs use the same rows in the same order."""
    one, two = run.data, other.data
    return (
        one.X is two.X
        and run.first_epoch == other.first_epoch
        and _key(run.shuffle_seed) == _key(other.shuffle_seed)
        and (one.class_weight is None) == (two.class_weight is None)
        and np.array_equal(one.rows, two.rows)
        and np.array_equal(one.target, two.target)
    )


def _key(seed: np.random.SeedSequence | None) -> Any:
    """Return what a seed sequence draws from."""
    return None if seed is None else (seed.entropy, seed.spawn_key)


def batches_of(
    network: NetworkSpec, spec: TrainingSpec, runs: Sequence[Run]
) -> Batches:
    """Return the batches of runs with the same rows."""
    first, *others = runs
    return Batches(
        first.data,
        spec.batch_size,
        network.dtype,
        first.shuffle_seed,
        [run.data for run in others],
    )


def dense_rows(X: Any, rows: np.ndarray | slice, dtype: str) -> np.ndarray:
    """Return some rows of X as a dense array, without converting the rest of X."""
    dense = isinstance(X, np.ndarray) and isinstance(rows, np.ndarray)
    # Ten times as fast as X[rows] for two features, but it copies all of an X in
    # another order than C's.
    some: Any = X.take(rows, axis=0) if dense and X.flags.c_contiguous else X[rows]
    with np.errstate(over="ignore"):  # numbers can be infinite in float32
        return (some.toarray() if issparse(some) else np.asarray(some)).astype(
            dtype, copy=False
        )
