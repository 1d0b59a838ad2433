"""Losses of networks on any number of rows, by graphs of TensorFlow.

XLA would recompile for each number of rows.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from skweighted._engine._batches import dense_rows
from skweighted._engine._cache import MOST_PROGRAMS, Cache
from skweighted._engine._loss_data import (
    is_batch_wide,
    stacked_data,
    structure,
    with_data,
)
from skweighted._engine._network import as_matrix, outputs, stacked_shapes
from skweighted._engine._program import architecture
from skweighted._engine._spec import NetworkSpec, Rows
from skweighted._tensorflow import tf

# Bytes of X, or of the outputs of the widest layer, that are created at a time.
CHUNK_BYTES = 2**24

# Bytes of X that are kept between two evaluations of the same rows.
HELD_BYTES = 2**26

FUNCTIONS = Cache(MOST_PROGRAMS)


def chunk_rows(network: NetworkSpec) -> int:
    """Return the number of rows per chunk."""
    return max(1, CHUNK_BYTES // (network.width * np.dtype(network.dtype).itemsize))


def mean_loss(
    network: NetworkSpec, loss: Any, parameters: Sequence[Any], data: Rows
) -> float:
    """Return the weighted mean loss of one network on some rows, without penalty.

    For a loss of a whole batch, all rows are one batch.

    Parameters
    ----------
    network : NetworkSpec
    loss : keras.losses.Loss
    parameters : sequence of ndarray
        As in `Run`, unstacked.
    data : Rows
    """
    [value], _ = MeanLosses(network, [loss], [data]).of(stacked(parameters))
    return float(value)


class MeanLosses:
    """Mean losses and outputs of M networks, each on its own rows.

    One call computes a chunk of rows of all networks. Rows are padded to those of the
    longest network, with weight 0. Few rows are gathered only once.

    Parameters
    ----------
    network : NetworkSpec
    losses : sequence of keras.losses.Loss
        One per network; they differ only in their data.
    data : sequence of Rows
        One per network.
    """

    def __init__(
        self, network: NetworkSpec, losses: Sequence[Any], data: Sequence[Rows]
    ) -> None:
        self._network, self._loss, self._data = network, losses[0], data
        self._loss_data = {
            name: tf.constant(values)
            for name, values in stacked_data(losses, network.dtype).items()
        }
        self._weight = [one.weights_of(one.rows) for one in data]
        self._n_rows = max(len(one.rows) for one in data)
        self._chunk_rows = max(1, chunk_rows(network) // len(data))
        n_values = len(data) * self._n_rows * network.n_features
        self._is_held = n_values * np.dtype(network.dtype).itemsize <= HELD_BYTES
        self._held: list[tuple[Any, Any]] = []
        self._function = self._find_function()

    def of(self, parameters: Sequence[Any]) -> tuple[np.ndarray, list[np.ndarray]]:
        """Return what networks with these parameters compute.

        Parameters
        ----------
        parameters : sequence of tensor
            As in `Run`, stacked over the networks.

        Returns
        -------
        losses : ndarray of shape (M,)
            Weighted mean loss of each network, without penalty.
        outputs : list of ndarray of shape (n_rows, n_outputs)
        """
        n_outputs = self._network.stages[-1].n_units
        shape = (len(self._data), self._n_rows, n_outputs)
        proba = np.empty(shape, self._network.dtype)
        total = np.zeros(len(self._data))
        stop = 0
        for X, target in self._chunks():
            start, stop = stop, stop + X.shape[1]
            outputs_of_chunk, values = self._function(
                parameters, X, target, self._loss_data
            )
            proba[:, start:stop] = outputs_of_chunk.numpy()
            if not is_batch_wide(self._loss):
                total += self._weighted_sums(values.numpy().astype(np.float64), start)
        if is_batch_wide(self._loss):
            losses = self._of_batches(proba)
        else:
            losses = total / [weight.sum() for weight in self._weight]
        lengths = [len(one.rows) for one in self._data]
        return losses, [p[:n] for p, n in zip(proba, lengths, strict=True)]

    def _find_function(self) -> Any:
        """Return a graph for any number of networks and rows."""
        network, loss = self._network, self._loss

        def function(parameters, X, target, loss_data):
            proba = outputs(network, parameters, X)
            if is_batch_wide(loss):
                return proba, ()
            return proba, with_data(loss, loss_data).call(target, proba)

        return FUNCTIONS.get(
            ("mean losses", architecture(network), structure(loss)),
            lambda: _graph(
                network, function, network.stages[-1].n_units, self._loss_data
            ),
        )

    def _chunks(self) -> Iterator[tuple[Any, Any]]:
        """Yield features and targets of each chunk."""
        if self._held:
            yield from self._held
            return
        for start in range(0, self._n_rows, self._chunk_rows):
            size = min(self._chunk_rows, self._n_rows - start)
            shape, dtype = (len(self._data), size), self._network.dtype
            X = np.zeros((*shape, self._network.n_features), dtype)
            target = np.zeros((*shape, self._network.stages[-1].n_units), dtype)
            for m, data in enumerate(self._data):
                rows = data.rows[start : start + size]
                X[m, : len(rows)] = dense_rows(data.X, rows, dtype)
                target[m, : len(rows)] = data.targets_of(rows)
            chunk = tf.constant(X), tf.constant(target)
            if self._is_held:
                self._held.append(chunk)
            yield chunk

    def _weighted_sums(self, values: np.ndarray, start: int) -> list[float]:
        """Return the weighted sum of each network's losses on a chunk."""
        sums = []
        for one, weight in zip(values, self._weight, strict=True):
            part = weight[start : start + len(one)]
            sums.append(float(np.vdot(one[: len(part)], part)))
        return sums

    def _of_batches(self, proba: np.ndarray) -> np.ndarray:
        """Return the loss of each network, whose rows are one batch."""
        dtype = self._network.dtype
        truth = np.zeros_like(proba)
        weight = np.zeros((*proba.shape[:2], *self._weight[0].shape[1:]), dtype)
        for m, data in enumerate(self._data):
            truth[m, : len(data.rows)] = data.targets_of(data.rows)
            weight[m, : len(data.rows)] = self._weight[m]
        loss = with_data(self._loss, self._loss_data)
        return loss.over_batch(*map(tf.constant, (truth, proba, weight))).numpy()


def stacked(*networks: Sequence[np.ndarray]) -> list[Any]:
    """Return the parameters of networks as tensors, stacked on a leading axis."""
    return [
        tf.constant(np.stack([as_matrix(values) for values in arrays]))
        for arrays in zip(*networks, strict=True)
    ]


def _graph(
    network: NetworkSpec, function: Any, target_width: int, loss_data: dict[str, Any]
) -> Any:
    """Return a graph of stacked parameters, features, targets and data of a loss."""
    dtype = network.dtype
    parameters = [
        tf.TensorSpec((None, *shape), dtype) for shape in stacked_shapes(network)
    ]
    tables = [
        tf.TensorSpec((None, None, width), dtype)
        for width in (network.n_features, target_width)
    ]
    numbers = {
        name: tf.TensorSpec((None, *array.shape[1:]), dtype)
        for name, array in loss_data.items()
    }
    compiled = tf.function(function, autograph=False)
    return compiled.get_concrete_function(parameters, *tables, numbers)
