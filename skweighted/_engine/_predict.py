"""Outputs of trained networks in NumPy, which needs no TensorFlow.

A call for one row takes microseconds; a call of TensorFlow takes half a millisecond.
Many rows are computed in chunks that fit into the cache of a core, and the chunks in
threads with one BLAS thread each.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from scipy.special import erf
from threadpoolctl import ThreadpoolController

from skweighted._cores import n_cores
from skweighted._engine._batches import dense_rows
from skweighted._engine._spec import (
    InputStage,
    NetworkSpec,
    Periodic,
    PiecewiseLinear,
    Scaling,
)

# Values of the widest layer in a chunk. On 200,000 rows of 30 features, layers of 100
# or 128 and 128 units took 25 to 154 ms with 1,000 rows, and 28 to 312 ms with 8,000.
CHUNK_VALUES = 2**17

# Larger numbers become 3 as well, as in `skweighted.layers`.
FARTHEST = 1e9


class Forward:
    """Networks of the same stages as one function of rows.

    Parameters
    ----------
    network : NetworkSpec
    parameters : sequence of tuple of ndarray
        Those of each network.
    """

    def __init__(
        self, network: NetworkSpec, parameters: Sequence[Sequence[np.ndarray]]
    ) -> None:
        self._network = network
        self._n_networks = len(parameters)
        # Row-major, whatever the memory layout in which a file was loaded.
        self._parameters = [
            np.ascontiguousarray(np.stack(arrays))
            for arrays in zip(*parameters, strict=True)
        ]

    def __call__(self, X: Any) -> np.ndarray:
        """Return the outputs, of shape (n_networks, n_samples, n_outputs).

        Parameters
        ----------
        X : ndarray or CSR of shape (n_samples, n_features)
        """
        network, n_rows = self._network, X.shape[0]
        size = max(1, CHUNK_VALUES // network.width)
        if n_rows * self._n_networks <= size:
            return self._outputs(
                self._parameters, dense_rows(X, slice(None), network.dtype)
            )
        shape = (self._n_networks, n_rows, network.stages[-1].n_units)
        outputs = np.empty(shape, dtype=network.dtype)

        def fill(start: int) -> None:
            rows = slice(start, start + size)
            chunk = dense_rows(X, rows, network.dtype)
            for number in range(self._n_networks):
                one = [arrays[number : number + 1] for arrays in self._parameters]
                outputs[number, rows] = self._outputs(one, chunk)[0]

        _each(fill, range(0, n_rows, size))
        return outputs

    def _outputs(self, parameters: list[np.ndarray], X: np.ndarray) -> np.ndarray:
        """Return the outputs of networks with these parameters for dense rows."""
        values, remaining = X[np.newaxis], iter(parameters)
        # Exponentials of large numbers are infinite on the way to 0 or 1.
        with np.errstate(over="ignore", invalid="ignore"):
            for stage in self._network.inputs:
                weights = [next(remaining) for _ in stage.is_trained]
                values = _STAGES[type(stage)](stage, values, *weights)
            for dense in self._network.stages:
                kernel, bias = next(remaining), next(remaining)
                values = np.matmul(values, kernel)
                values += bias[:, np.newaxis]
                values = activated(dense.activation, values)
        return values


def _each(function: Callable[[int], None], starts: Iterable[int]) -> None:
    """Call a function for each chunk, in as many threads as there are cores."""
    # New for each call, because a pool does not survive a fork.
    with (
        ThreadpoolController().limit(limits=1, user_api="blas"),
        ThreadPoolExecutor(n_cores()) as pool,
    ):
        list(pool.map(function, starts))


def _scaled(
    stage: Scaling, X: np.ndarray, center: np.ndarray, factor: np.ndarray
) -> np.ndarray:
    """Return what `skweighted.layers.scaled` returns, with rows first."""
    is_missing = np.isnan(X)
    values = (X - center[:, np.newaxis]) * factor[:, np.newaxis]
    if is_missing.any():
        values = np.where(is_missing, np.zeros_like(values), values)
    if stage.smooth:
        np.clip(values, -FARTHEST, FARTHEST, out=values)
        values /= np.sqrt(1 + np.square(values / 3))
    if not stage.flagged:
        return values
    flags = is_missing[..., list(stage.flagged)].astype(X.dtype)
    flags = np.broadcast_to(flags, (*values.shape[:-1], len(stage.flagged)))
    return np.concatenate([values, flags], axis=-1)


def _with_waves(
    stage: Periodic,
    X: np.ndarray,
    frequency: np.ndarray,
    kernel: np.ndarray,
    bias: np.ndarray,
) -> np.ndarray:
    """Return what `skweighted.layers.with_waves` returns, with rows first."""
    turns = X[..., list(stage.columns), np.newaxis] * frequency[:, np.newaxis]
    turns -= np.rint(turns)
    turns *= 2 * np.pi
    waves = np.concatenate([np.cos(turns), np.sin(turns)], axis=-1)
    n_networks, n_rows, n_columns, n_waves = waves.shape
    flat = waves.reshape(n_networks, n_rows * n_columns, n_waves)
    mapped = np.matmul(flat, kernel)
    mapped += bias[:, np.newaxis]
    np.maximum(mapped, 0, out=mapped)
    mapped = mapped.reshape(n_networks, n_rows, n_columns, stage.width)
    return _replaced(X, mapped.swapaxes(-1, -2), stage.columns)


def _with_pieces(
    stage: PiecewiseLinear,
    X: np.ndarray,
    kernel: np.ndarray,
    slope: np.ndarray,
    bias: np.ndarray,
    lower: np.ndarray,
    factor: np.ndarray,
) -> np.ndarray:
    """Return what `skweighted.layers.with_pieces` returns, with rows first."""
    # Columns before rows, so that each has a matrix product of its own.
    some = X[..., list(stage.columns)].swapaxes(-1, -2)[..., np.newaxis]
    pieces = some - lower[..., np.newaxis, :]
    pieces *= factor[..., np.newaxis, :]
    np.clip(pieces, 0, 1, out=pieces)
    mapped = np.matmul(pieces, kernel)
    mapped += some * slope[..., np.newaxis, :]
    mapped += bias[..., np.newaxis, :]
    return _replaced(X, mapped.swapaxes(1, 2), stage.columns)


def _replaced(
    X: np.ndarray, embedded: np.ndarray, columns: tuple[int, ...]
) -> np.ndarray:
    """Return the other columns, then embeddings (..., n, a, b) as a times b columns."""
    flat = embedded.reshape(*embedded.shape[:2], -1)
    others = np.delete(np.arange(X.shape[-1]), columns)
    if not len(others):
        return flat
    rest = np.broadcast_to(X[..., others], (*flat.shape[:2], len(others)))
    return np.concatenate([rest, flat], axis=-1)


_STAGES: dict[type, Callable[..., np.ndarray]] = {
    Scaling: _scaled,
    Periodic: _with_waves,
    PiecewiseLinear: _with_pieces,
}


def _sigmoid(z: np.ndarray) -> np.ndarray:
    """Return ``1 / (1 + exp(-z))``; z is changed."""
    np.negative(z, out=z)
    np.exp(z, out=z)
    z += 1
    return np.reciprocal(z, out=z)


def _softmax(z: np.ndarray) -> np.ndarray:
    """Return shares that sum to 1; z is changed."""
    z -= z.max(axis=-1, keepdims=True)
    np.exp(z, out=z)
    z /= z.sum(axis=-1, keepdims=True)
    return z


def _elu(z: np.ndarray, alpha: float = 1.0) -> np.ndarray:
    """Return z where it is positive, else ``alpha * (exp(z) - 1)``."""
    return np.where(z > 0, z, z.dtype.type(alpha) * np.expm1(z))


# By their names in Keras, with Keras' constants. Each may change its argument.
_ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "elu": _elu,
    "exponential": np.exp,
    "gelu": lambda z: z * (0.5 * (1 + erf(z * z.dtype.type(2**-0.5)))),
    "leaky_relu": lambda z: np.where(z > 0, z, z * z.dtype.type(0.2)),
    "linear": lambda z: z,
    "relu": lambda z: np.maximum(z, 0, out=z),
    "selu": lambda z: _elu(z, 1.6732632423543772) * z.dtype.type(1.0507009873554805),
    "sigmoid": _sigmoid,
    "silu": lambda z: z * _sigmoid(z.copy()),
    "softmax": _softmax,
    "softplus": lambda z: np.logaddexp(z, z.dtype.type(0)),
    "softsign": lambda z: z / (1 + np.abs(z)),
    "swish": lambda z: z * _sigmoid(z.copy()),
    "tanh": lambda z: np.tanh(z, out=z),
}


def activated(activation: str | Callable, values: np.ndarray) -> np.ndarray:
    """Return the activations of values, which may be changed.

    Others than the usual ones, such as a user's function, are computed by Keras.
    """
    if isinstance(activation, str) and activation in _ACTIVATIONS:
        return _ACTIVATIONS[activation](values)
    from skweighted._engine._network import activated as activated_by_keras

    return np.array(activated_by_keras(activation, values))


def alike(networks: Sequence[NetworkSpec]) -> list[list[int]]:
    """Return the numbers of the networks, those with the same input stages together."""
    groups: dict[tuple[InputStage, ...], list[int]] = {}
    for number, network in enumerate(networks):
        groups.setdefault(network.inputs, []).append(number)
    return list(groups.values())


def outputs_of(
    networks: Sequence[NetworkSpec], parameters: Sequence[Sequence[np.ndarray]]
) -> Callable[[Any], Iterator[np.ndarray]]:
    """Return a function of rows that yields the outputs of each network, in order."""
    forwards = [
        (numbers, Forward(networks[numbers[0]], [parameters[n] for n in numbers]))
        for numbers in alike(networks)
    ]

    def outputs(X: Any) -> Iterator[np.ndarray]:
        by_number: dict[int, np.ndarray] = {}
        for numbers, forward in forwards:
            by_number |= dict(zip(numbers, forward(X), strict=True))
        return (by_number[number] for number in range(len(networks)))

    return outputs
