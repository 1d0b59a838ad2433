"""Outputs and losses of trained networks on any number of rows.

Few rows use a graph for any number of rows, because XLA would recompile for each
number. Many rows use XLA in chunks of a fixed size, which takes two thirds of the time.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from skweighted._engine._batches import dense_rows
from skweighted._engine._loss_data import (
    is_batch_wide,
    stacked_data,
    structure,
    with_data,
)
from skweighted._engine._network import outputs, stacked_shapes
from skweighted._engine._program import MOST_PROGRAMS, Cache, architecture
from skweighted._engine._spec import NetworkSpec, Rows
from skweighted._tensorflow import tf

# Bytes of X, or of the outputs of the widest layer, that are created at a time.
CHUNK_BYTES = 2**24

FUNCTIONS = Cache(MOST_PROGRAMS)


def chunk_rows(network: NetworkSpec) -> int:
    """Return the number of rows per chunk."""
    widest = max(network.n_features, *(stage.n_units for stage in network.stages))
    return max(1, CHUNK_BYTES // (widest * np.dtype(network.dtype).itemsize))


def predict(network: NetworkSpec, parameters: Sequence[Any], X: Any) -> np.ndarray:
    """Return the outputs of one network, of shape (n_samples, n_outputs).

    Parameters
    ----------
    network : NetworkSpec
    parameters : sequence of ndarray
        Kernel and bias of each stage, unstacked.
    X : ndarray or CSR of shape (n_samples, n_features)
    """
    n_rows, size = X.shape[0], chunk_rows(network)
    many = n_rows >= size
    function = FUNCTIONS.get(
        ("outputs", architecture(network), many),
        lambda: _compiled(
            network,
            lambda p, X: outputs(network, p, X),
            n_rows=size if many else None,
        ),
    )
    stacked = _stacked(parameters)
    proba = np.empty((n_rows, network.stages[-1].n_units), dtype=network.dtype)
    for start in range(0, n_rows, size):
        rows = slice(start, start + size)
        chunk = dense_rows(X, rows, network.dtype)[np.newaxis]
        if many and chunk.shape[1] < size:  # the last one
            padded = np.zeros((1, size, chunk.shape[2]), dtype=network.dtype)
            padded[:, : chunk.shape[1]] = chunk
            chunk = padded
        values = function(stacked, tf.constant(chunk))[0].numpy()
        proba[rows] = values[: n_rows - start]
    return proba


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
        Kernel and bias of each stage, unstacked.
    data : Rows
    """
    if is_batch_wide(loss):
        proba = predict(network, parameters, data.X[data.rows])
        truth = data.targets_of(data.rows).astype(network.dtype)
        weight = data.weights_of(data.rows).astype(network.dtype)
        return float(loss.over_batch(*map(tf.constant, (truth, proba, weight))))
    function = FUNCTIONS.get(
        ("loss", architecture(network), structure(loss)),
        lambda: _compiled(
            network,
            lambda p, X, target, loss_data: with_data(loss, loss_data).call(
                target, outputs(network, p, X)
            ),
            network.stages[-1].n_units,
            loss=loss,
        ),
    )
    size = chunk_rows(network)
    stacked = _stacked(parameters)
    loss_data = stacked_data([loss], network.dtype)
    total = total_weight = 0.0
    for start in range(0, len(data.rows), size):
        rows = data.rows[start : start + size]
        values = function(
            stacked,
            tf.constant(dense_rows(data.X, rows, network.dtype)[np.newaxis]),
            tf.constant(data.targets_of(rows).astype(network.dtype)[np.newaxis]),
            {name: tf.constant(array) for name, array in loss_data.items()},
        )
        weight = data.weights_of(rows)
        total += float(np.vdot(values[0].numpy().astype(np.float64), weight))
        total_weight += float(weight.sum())
    return total / total_weight


def _stacked(parameters: Sequence[np.ndarray]) -> list[Any]:
    """Return the parameters of one network as tensors with a leading axis."""
    return [tf.constant(np.atleast_2d(values)[np.newaxis]) for values in parameters]


def _compiled(
    network: NetworkSpec,
    function: Any,
    *other_widths: int,
    n_rows: int | None = None,
    loss: Any = None,
) -> Any:
    """Return a compiled function of one network's parameters and tables of rows.

    Compiled by XLA for a fixed number of rows, else a graph for any number. With a
    loss, its data are the last argument.
    """
    dtype = network.dtype
    parameters = [
        tf.TensorSpec((1, *shape), dtype) for shape in stacked_shapes(network)
    ]
    tables = [
        tf.TensorSpec((1, n_rows, width), dtype)
        for width in (network.n_features, *other_widths)
    ]
    loss_data = (
        []
        if loss is None
        else [
            {
                name: tf.TensorSpec(array.shape, dtype)
                for name, array in stacked_data([loss], dtype).items()
            }
        ]
    )
    compiled = tf.function(function, jit_compile=n_rows is not None, autograph=False)
    return compiled.get_concrete_function(parameters, *tables, *loss_data)
