"""Outputs and losses of trained networks on any number of rows.

Compiled for any number of rows at once, so it is not XLA: XLA compiles again for each
new shape, and here one shape follows another.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from skweighted._startup import tf
from skweighted._training._batches import dense_rows
from skweighted._training._network import outputs, stacked_shapes
from skweighted._training._program import MOST_PROGRAMS, Cache, architecture, settings
from skweighted._training._spec import NetworkSpec, Rows

# Bytes of X that are made dense at a time.
CHUNK_BYTES = 2**23

FUNCTIONS = Cache(MOST_PROGRAMS)


def chunk_rows(network: NetworkSpec) -> int:
    """Return how many rows are looked at together."""
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
    function = FUNCTIONS.get(
        ("outputs", architecture(network)),
        lambda: _compiled(network, lambda p, X: outputs(network, p, X)),
    )
    stacked = [tf.constant(np.atleast_2d(values)[np.newaxis]) for values in parameters]
    size = chunk_rows(network)
    proba = np.empty((X.shape[0], network.stages[-1].n_units), dtype=network.dtype)
    for start in range(0, X.shape[0], size):
        rows = slice(start, start + size)
        chunk = dense_rows(X, rows, network.dtype)[np.newaxis]
        proba[rows] = function(stacked, tf.constant(chunk))[0].numpy()
    return proba


def mean_loss(
    network: NetworkSpec, loss: Any, parameters: Sequence[Any], data: Rows
) -> float:
    """Return the weighted mean loss of one network on some rows, without penalty.

    Parameters
    ----------
    network : NetworkSpec
    loss : keras.losses.Loss
    parameters : sequence of tensor
        Kernel and bias of each stage, with a leading axis of length 1.
    data : Rows
    """
    function = FUNCTIONS.get(
        ("loss", architecture(network), settings(loss)),
        lambda: _compiled(
            network,
            lambda p, X, target: loss.call(target, outputs(network, p, X)),
            network.stages[-1].n_units,
        ),
    )
    size = chunk_rows(network)
    total = total_weight = 0.0
    for start in range(0, len(data.rows), size):
        rows = data.rows[start : start + size]
        values = function(
            list(parameters),
            tf.constant(dense_rows(data.X, rows, network.dtype)[np.newaxis]),
            tf.constant(data.targets_of(rows).astype(network.dtype)[np.newaxis]),
        )
        weight = data.weights_of(rows)
        total += float(values[0].numpy().astype(np.float64) @ weight)
        total_weight += float(weight.sum())
    return total / total_weight


def _compiled(network: NetworkSpec, function: Any, *other_widths: int) -> Any:
    """Return a function of one network's parameters and of any number of rows."""
    dtype = network.dtype
    parameters = [
        tf.TensorSpec((1, *shape), dtype) for shape in stacked_shapes(network)
    ]
    tables = [
        tf.TensorSpec((1, None, width), dtype)
        for width in (network.n_features, *other_widths)
    ]
    compiled = tf.function(function, autograph=False)
    return compiled.get_concrete_function(parameters, *tables)
