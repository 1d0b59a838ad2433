"""Outputs of trained networks in NumPy, which needs no TensorFlow.

A call for one row takes microseconds; a call of TensorFlow takes half a millisecond.
Many rows are computed in chunks that fit into the cache of a core, and the chunks in
threads with one BLAS thread each.
"""

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, cached_property
from typing import Any

import numpy as np
from scipy.special import erf
from threadpoolctl import ThreadpoolController

from skweighted._cores import n_cores
from skweighted._engine._batches import dense_rows
from skweighted._engine._lines import Found, Lines, SharedLines
from skweighted._engine._spec import (
    Members,
    NetworkSpec,
    Periodic,
    PiecewiseLinear,
    Scaling,
)

# Values of the widest layer in a chunk. On 200,000 rows of 30 features, layers of 100
# or 128 and 128 units took 25 to 154 ms with 1,000 rows, and 28 to 312 ms with 8,000.
CHUNK_VALUES = 2**17

# From so many rows on, embeddings by pieces are looked up, which takes six calls for
# each column, but a quarter of the time for each row; and so many rows are a chunk. On
# 10,000 rows of 49 columns, chunks of 500 rows took 1.2 times as long as of 1,500.
LOOKED_UP_ROWS = 64
LOOKED_UP_CHUNK = 1_500

# Larger numbers become 3 as well, as in `skweighted.layers`, which needs TensorFlow.
FARTHEST = 1e9

# Exponentials of large numbers are infinite on the way to 0 or 1.
_without_warnings = np.errstate(over="ignore", invalid="ignore")


class Forward:
    """Networks of the same stages, which scale alike, as one function of rows.

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
        self._dense_rows = max(1, CHUNK_VALUES // network.width)
        self._scaling = _scaling_of(network, parameters[0])
        self._embeddings = network.inputs[1 if network.has_scaling else 0 :]
        arrays = [np.stack(each) for each in zip(*parameters, strict=True)]
        self._of_inputs = arrays[len(self._scaling) : -2 * len(network.stages)]
        # Kernels of shape (n_networks, n_units, n_inputs), biases (.., n_units, 1). Of
        # several members, the last ones have an axis before these two.
        of_stages = arrays[-2 * len(network.stages) :]
        kernels, biases = of_stages[::2], of_stages[1::2]
        self._kernels = [np.ascontiguousarray(one.swapaxes(-2, -1)) for one in kernels]
        self._biases = [one[..., np.newaxis] for one in biases]

    def __call__(self, X: Any) -> np.ndarray:
        """Return the outputs, of shape (n_networks, n_samples, n_outputs).

        Parameters
        ----------
        X : ndarray or CSR of shape (n_samples, n_features)
        """
        network, n_rows = self._network, X.shape[0]
        are_looked_up = network.has_pieces and n_rows >= LOOKED_UP_ROWS
        if n_rows * self._n_networks <= self._dense_rows and not are_looked_up:
            values = self._scaled(dense_rows(X, slice(None), network.dtype))
            return self._outputs(slice(None), values)
        size = self._dense_rows
        if are_looked_up:
            size = max(LOOKED_UP_ROWS, LOOKED_UP_CHUNK // network.n_members)
        shape = (self._n_networks, n_rows, network.stages[-1].n_units)
        outputs = np.empty(shape, dtype=network.dtype)
        lines = self._lines if are_looked_up else []

        def fill(start: int) -> None:
            rows = slice(start, start + size)
            values = self._scaled(dense_rows(X, rows, network.dtype))
            found = self._found(values, lines)
            for number in range(self._n_networks):
                one = slice(number, number + 1)
                outputs[one, rows] = self._outputs(one, values, found)

        _for_chunks(fill, range(0, n_rows, size))
        return outputs

    @_without_warnings
    def _scaled(self, X: np.ndarray) -> np.ndarray:
        """Return the scaled numbers of dense rows, of shape (1, n_columns, n_rows).

        Rows are the last axis from here on, as in `skweighted.layers`: loops over many
        rows are faster than loops over the 8 values of an embedding.
        """
        values = X.T[np.newaxis]
        if not self._network.has_scaling:
            return values
        return _STAGES[Scaling](self._network.inputs[0], values, *self._scaling)

    @cached_property
    def _lines(self) -> list[SharedLines]:
        """The lines of each column that is embedded by pieces."""
        remaining = iter(self._of_inputs)
        each = {
            type(stage): [next(remaining) for _ in stage.is_trained]
            for stage in self._embeddings
        }
        by_column = (weights.swapaxes(0, 1) for weights in each[PiecewiseLinear])
        return [
            SharedLines([Lines.of(*network) for network in zip(*column, strict=True)])
            for column in zip(*by_column, strict=True)
        ]

    def _found(self, values: np.ndarray, lines: Sequence[SharedLines]) -> list[Found]:
        """Return the places of scaled numbers between knots, for columns by pieces."""
        numbers = values[0]
        for stage in self._embeddings:
            if isinstance(stage, Periodic):  # its embeddings come after other columns
                numbers = np.delete(numbers, stage.columns, axis=0)
            elif lines and isinstance(stage, PiecewiseLinear):
                each = zip(lines, numbers[list(stage.columns)], strict=True)
                return [column.find(x) for column, x in each]
        return []

    @_without_warnings
    def _outputs(
        self, some: slice, values: np.ndarray, found: Sequence[Found] = ()
    ) -> np.ndarray:
        """Return the outputs of some of the networks for scaled rows.

        With what `_found` returns, embeddings by pieces of one network are looked up.
        """
        remaining = iter(self._of_inputs)
        for stage in self._embeddings:
            weights = [next(remaining)[some] for _ in stage.is_trained]
            if isinstance(stage, PiecewiseLinear) and found:
                shape = (1, len(found), stage.width, values.shape[-1])
                embedded = np.empty(shape, values.dtype)
                for one, out in zip(found, embedded[0], strict=True):
                    one.embed(some.start, out)
                values = _replaced(values, embedded, stage.columns)
            else:
                values = _STAGES[type(stage)](stage, values, *weights)
        each = zip(self._network.stages, self._kernels, self._biases, strict=True)
        for dense, kernel, bias in each:
            kernel, bias = kernel[some], bias[some]
            if kernel.ndim == 4:  # members count as networks from here on
                values = _by_member(values, kernel.shape[1])
                kernel, bias = (
                    one.reshape(-1, *one.shape[2:]) for one in (kernel, bias)
                )
            values = np.matmul(kernel, values)
            values += bias
            values = activated(dense.activation, values)
        if self._network.has_members:
            shape = (-1, self._network.n_members, *values.shape[1:])
            values = values.reshape(shape).mean(axis=1)
        return np.ascontiguousarray(values.swapaxes(1, 2))


@cache
def _blas() -> ThreadpoolController:
    """Return the controller of NumPy's BLAS; finding its library takes 2 ms."""
    return ThreadpoolController().select(user_api="blas")


class _OneBlasThread:
    """A context with one BLAS thread, which several threads can be in.

    The number of BLAS threads belongs to the process: the last thread to leave
    restores it.
    """

    def __init__(self) -> None:
        self._renew()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._renew)

    def _renew(self) -> None:
        self._lock, self._n_inside = threading.Lock(), 0

    def __enter__(self) -> None:
        with self._lock:
            if not self._n_inside:
                self._limits = _blas().limit(limits=1)
            self._n_inside += 1

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._n_inside -= 1
            if not self._n_inside:
                self._limits.restore_original_limits()


_ONE_BLAS_THREAD = _OneBlasThread()


def _for_chunks(function: Callable[[int], None], starts: Iterable[int]) -> None:
    """Call a function for each chunk, in as many threads as there are cores."""
    # A new pool for each call, because it would not survive a fork.
    with _ONE_BLAS_THREAD, ThreadPoolExecutor(n_cores()) as pool:
        list(pool.map(function, starts))


def _with_scaling(
    stage: Scaling, X: np.ndarray, center: np.ndarray, factor: np.ndarray
) -> np.ndarray:
    """Return what `skweighted.layers.scaled` returns."""
    is_missing = np.isnan(X)
    values = (X - center[..., np.newaxis]) * factor[..., np.newaxis]
    if is_missing.any():
        values = np.where(is_missing, np.zeros_like(values), values)
    if stage.smooth:
        np.clip(values, -FARTHEST, FARTHEST, out=values)
        values /= np.sqrt(1 + np.square(values / 3))
    if not stage.flagged:
        return values
    flags = is_missing[:, list(stage.flagged)].astype(X.dtype)
    flags = np.broadcast_to(flags, (len(values), *flags.shape[1:]))
    return np.concatenate([values, flags], axis=1)


def _with_waves(
    stage: Periodic,
    X: np.ndarray,
    frequency: np.ndarray,
    kernel: np.ndarray,
    bias: np.ndarray,
) -> np.ndarray:
    """Return what `skweighted.layers.with_waves` returns."""
    turns = X[:, list(stage.columns), np.newaxis] * frequency[..., np.newaxis]
    turns -= np.rint(turns)
    turns *= 2 * np.pi
    n_networks, n_columns, n_frequencies, n_rows = turns.shape
    shape = (n_networks, n_columns, 2 * n_frequencies, n_rows)
    waves = np.empty(shape, turns.dtype)
    np.cos(turns, out=waves[:, :, :n_frequencies])
    np.sin(turns, out=waves[:, :, n_frequencies:])
    mapped = np.matmul(kernel.swapaxes(1, 2)[:, np.newaxis], waves)
    mapped += bias[:, np.newaxis, :, np.newaxis]
    np.maximum(mapped, 0, out=mapped)
    return _replaced(X, mapped.swapaxes(1, 2), stage.columns)


def _with_pieces(
    stage: PiecewiseLinear,
    X: np.ndarray,
    kernel: np.ndarray,
    slope: np.ndarray,
    bias: np.ndarray,
    lower: np.ndarray,
    factor: np.ndarray,
) -> np.ndarray:
    """Return what `skweighted.layers.with_pieces` returns."""
    some = X[:, list(stage.columns), np.newaxis]
    pieces = some - lower[..., np.newaxis]
    pieces *= factor[..., np.newaxis]
    np.maximum(pieces, 0, out=pieces)
    np.minimum(pieces, 1, out=pieces)
    mapped = np.matmul(kernel.swapaxes(2, 3), pieces)
    mapped += some * slope[..., np.newaxis]
    mapped += bias[..., np.newaxis]
    return _replaced(X, mapped, stage.columns)


def _of_members(stage: Members, X: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """Return what `skweighted.layers.of_members` returns."""
    values = X[..., np.newaxis] * factor.swapaxes(1, 2)[:, :, np.newaxis]
    return values.reshape(*values.shape[:2], -1)


def _by_member(values: np.ndarray, n_members: int) -> np.ndarray:
    """Return values (n_networks, n_units, n_rows * n_members), one for each member."""
    n_networks, n_units, _ = values.shape
    each = np.moveaxis(values.reshape(n_networks, n_units, -1, n_members), 3, 1)
    return each.reshape(n_networks * n_members, n_units, -1)


def _replaced(
    X: np.ndarray, embedded: np.ndarray, columns: tuple[int, ...]
) -> np.ndarray:
    """Return the other columns, then embeddings (..., a, b, n) as a times b columns."""
    n_networks, *_, n_rows = embedded.shape
    flat = embedded.reshape(n_networks, -1, n_rows)
    others = [number for number in range(X.shape[1]) if number not in columns]
    if not others:
        return flat
    rest = np.broadcast_to(X[:, others], (n_networks, len(others), n_rows))
    return np.concatenate([rest, flat], axis=1)


_STAGES: dict[type, Callable[..., np.ndarray]] = {
    Scaling: _with_scaling,
    Periodic: _with_waves,
    PiecewiseLinear: _with_pieces,
    Members: _of_members,
}


def _sigmoid(z: np.ndarray) -> np.ndarray:
    """Return ``1 / (1 + exp(-z))``; z is changed."""
    np.negative(z, out=z)
    np.exp(z, out=z)
    z += 1
    return np.reciprocal(z, out=z)


def _softmax(z: np.ndarray) -> np.ndarray:
    """Return shares of units that sum to 1; z is changed."""
    z -= z.max(axis=1, keepdims=True)
    np.exp(z, out=z)
    z /= z.sum(axis=1, keepdims=True)
    return z


def _silu(z: np.ndarray) -> np.ndarray:
    """Return ``z / (1 + exp(-z))``."""
    return z * _sigmoid(z.copy())


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
    "silu": _silu,
    "softmax": _softmax,
    "softplus": lambda z: np.logaddexp(z, z.dtype.type(0)),
    "softsign": lambda z: z / (1 + np.abs(z)),
    "swish": _silu,
    "tanh": lambda z: np.tanh(z, out=z),
}


def activated(activation: str | Callable, values: np.ndarray) -> np.ndarray:
    """Return the activations of values (.., n_units, n_rows), which may be changed.

    Others than the usual ones, such as a user's function, are computed by Keras.
    """
    if isinstance(activation, str) and activation in _ACTIVATIONS:
        return _ACTIVATIONS[activation](values)
    from skweighted._engine._network import activated as activated_by_keras

    rows_first = activated_by_keras(activation, values.swapaxes(1, 2))
    return np.array(rows_first).swapaxes(1, 2)


def _scaling_of(
    network: NetworkSpec, parameters: Sequence[np.ndarray]
) -> Sequence[np.ndarray]:
    """Return center and factor of its scaling, or nothing."""
    return parameters[: len(Scaling.is_trained)] if network.has_scaling else ()


def alike(
    networks: Sequence[NetworkSpec], parameters: Sequence[Sequence[np.ndarray]]
) -> list[list[int]]:
    """Group networks, by their index, that have the same input stages and scaling."""
    groups: dict[tuple[Any, ...], list[int]] = {}
    for number, (network, weights) in enumerate(zip(networks, parameters, strict=True)):
        scaling = (one.tobytes() for one in _scaling_of(network, weights))
        groups.setdefault((network.inputs, *scaling), []).append(number)
    return list(groups.values())


def outputs_of(
    networks: Sequence[NetworkSpec], parameters: Sequence[Sequence[np.ndarray]]
) -> Callable[[Any], Iterator[np.ndarray]]:
    """Return a function of rows that yields the outputs of each network, in order."""
    forwards = [
        (numbers, Forward(networks[numbers[0]], [parameters[n] for n in numbers]))
        for numbers in alike(networks, parameters)
    ]

    def outputs(X: Any) -> Iterator[np.ndarray]:
        by_number: dict[int, np.ndarray] = {}
        for numbers, forward in forwards:
            by_number |= dict(zip(numbers, forward(X), strict=True))
        return (by_number[number] for number in range(len(networks)))

    return outputs
