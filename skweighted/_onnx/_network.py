"""Trained networks as ONNX: from a matrix to probabilities.

Networks with the same input stages are stacked on a leading axis. The arithmetic is
that of `skweighted.layers`, but with rows before columns.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from skweighted._engine._predict import FARTHEST, alike
from skweighted._engine._spec import Dense, Members, NetworkSpec, Periodic, Scaling
from skweighted._estimator._ensemble import TrainedEnsemble
from skweighted._onnx._writer import Writer

_OPERATORS = {
    "elu": "Elu",
    "exponential": "Exp",
    "hard_sigmoid": "HardSigmoid",
    "leaky_relu": "LeakyRelu",
    "mish": "Mish",
    "relu": "Relu",
    "selu": "Selu",
    "sigmoid": "Sigmoid",
    "softplus": "Softplus",
    "softsign": "Softsign",
    "tanh": "Tanh",
}
# Where Keras' default is not that of ONNX.
_ATTRIBUTES: dict[str, dict[str, Any]] = {
    "hard_sigmoid": {"alpha": 1 / 6},
    "leaky_relu": {"alpha": 0.2},
}


def write_probabilities(writer: Writer, ensemble: TrainedEnsemble, X: str) -> str:
    """Return the uncorrected probabilities of each network.

    Parameters
    ----------
    writer : Writer
    ensemble : TrainedEnsemble
    X : str
        Name of a double matrix of shape (n_samples, n_features).

    Returns
    -------
    str
        Name of double values of shape (n_networks, n_samples, n_classes), or for
        labels (n_networks, n_samples, n_labels, 2), in the order of `in_groups`.
    """
    logits = [
        _written(
            writer,
            ensemble.networks[group[0]].network,
            [ensemble.networks[number].parameters for number in group],
            X,
        )
        for group in _groups(ensemble)
    ]
    joined = logits[0] if len(logits) == 1 else writer("Concat", *logits, axis=0)
    last = ensemble.networks[0].network.stages[-1].activation
    dtype = np.dtype(ensemble.networks[0].network.dtype)
    # In double, since ONNX Runtime's float32 sigmoid is off near 0 and 1; then rounded
    # as the network rounds, because 1 - p below depends on it.
    joined = writer.cast(joined, np.float64)
    has_members = ensemble.networks[0].network.has_members
    if last == "softmax":
        proba = writer.cast(writer("Softmax", joined, axis=-1), dtype)
        proba = writer.cast(proba, np.float64)
        return _mean(writer, proba) if has_members else proba
    proba = writer.cast(writer("Sigmoid", joined), dtype)
    proba = _mean(writer, proba) if has_members else proba
    if ensemble.targets.is_multilabel:
        proba = writer("Unsqueeze", proba, np.array([-1]))
    rest = writer("Sub", np.ones(1, dtype), proba)
    return writer.cast(writer("Concat", rest, proba, axis=-1), np.float64)


def _mean(writer: Writer, proba: str) -> str:
    """Return the mean over the members of each network, its second axis."""
    return writer("ReduceMean", proba, np.array([1]), keepdims=0)


def _groups(ensemble: TrainedEnsemble) -> list[list[int]]:
    """Return the numbers of the networks, those that are computed together.

    They have the same input stages. One with pieces is computed alone, since a row has
    64 values for each number on the way. With 8 networks and 28 numbers, 10,000 rows
    take 0.5 GB instead of 2 and two thirds of the time; one row, 0.4 ms instead of 0.2.
    """
    networks = [network.network for network in ensemble.networks]
    groups: list[list[int]] = []
    for group in alike(networks, [one.parameters for one in ensemble.networks]):
        alone = networks[group[0]].has_pieces
        groups += [[number] for number in group] if alone else [group]
    return groups


def in_groups(ensemble: TrainedEnsemble) -> list[int]:
    """Return the numbers of the networks, in the order of their probabilities."""
    return [number for group in _groups(ensemble) for number in group]


def _written(
    writer: Writer,
    network: NetworkSpec,
    parameters: Sequence[Sequence[np.ndarray]],
    X: str,
) -> str:
    """Return the logits of alike networks, of shape (n_networks, n_samples, n).

    With members, their shape is (n_networks, n_members, n_samples, n).
    """
    stacked = iter([np.stack(arrays) for arrays in zip(*parameters, strict=True)])
    # A float32 network rounds X; the scaling of another one may need all digits.
    dtype = np.dtype(network.dtype) if network.inputs else np.dtype(np.float32)
    if dtype == np.float32:
        X = writer.cast(X, np.float32)
    values = writer("Unsqueeze", X, np.array([0]))
    width = network.n_features
    for stage in network.inputs:
        weights = [next(stacked) for _ in stage.is_trained]
        if isinstance(stage, Scaling):
            values = _scaled(writer, values, stage, weights, dtype)
        elif isinstance(stage, Members):
            values, dtype = writer.cast(values, np.float32), np.dtype(np.float32)
            # (n_networks, n_samples, n) becomes (n_networks, n_members, n_samples, n).
            values = writer("Unsqueeze", values, np.array([1]))
            factor = weights[0].astype(np.float32)[:, :, np.newaxis]
            values = writer("Mul", values, factor)
        else:
            values, dtype = writer.cast(values, np.float32), np.dtype(np.float32)
            weights = [array.astype(np.float32) for array in weights]
            embed: Any = _waves if isinstance(stage, Periodic) else _pieces
            embedded = embed(writer, values, stage, weights)
            others = np.setdiff1d(np.arange(width), stage.columns)
            values = _joined(writer, values, others, embedded, len(parameters))
        width = stage.n_outputs(width)
    values = writer.cast(values, np.float32) if dtype != np.float32 else values
    layers = [(next(stacked), next(stacked)) for _ in network.stages]
    layers = [(k.astype(np.float32), b.astype(np.float32)) for k, b in layers]
    for number, (kernel, bias) in enumerate(layers):
        if number:
            values = _activated(writer, values, network.stages[number - 1])
        if network.has_members and number < len(layers) - 1:
            kernel, bias = kernel[:, np.newaxis], bias[:, np.newaxis]
        product = writer("MatMul", values, kernel)
        values = writer("Add", product, bias[..., np.newaxis, :])
    return values


def _scaled(
    writer: Writer, X: str, stage: Scaling, weights: list[np.ndarray], dtype: np.dtype
) -> str:
    """Return what `skweighted.layers.scaled` returns."""
    is_shared = all((array == array[0]).all() for array in weights)
    n_networks = 1 if is_shared else len(weights[0])
    center, factor = (array[:n_networks, np.newaxis] for array in weights)
    is_missing = writer("IsNaN", X)
    values = writer("Mul", writer("Sub", X, center), factor)
    values = writer("Where", is_missing, np.zeros(1, dtype), values)
    if stage.smooth:
        most = np.array(FARTHEST, dtype)
        values = writer("Clip", values, -most, most)
        # Rounded as in `_predict`: steep pieces make much of the last digit.
        third = writer("Div", values, np.array(3, dtype))
        square = writer("Add", writer("Mul", third, third), np.ones((), dtype))
        values = writer("Div", values, writer("Sqrt", square))
    if not stage.flagged:
        return values
    flags = writer("Gather", is_missing, np.array(stage.flagged), axis=-1)
    flags = writer.cast(flags, dtype)
    if n_networks > 1:
        flags = writer("Mul", flags, np.ones((n_networks, 1, 1), dtype))
    return writer("Concat", values, flags, axis=-1)


def _waves(writer: Writer, X: str, stage: Any, weights: list[np.ndarray]) -> str:
    """Return what `skweighted.layers.with_waves` inserts."""
    frequency, kernel, bias = weights
    n_networks, n_waves, width = kernel.shape
    some = writer("Gather", X, np.array(stage.columns), axis=-1)
    some = writer("Unsqueeze", some, np.array([-1]))
    turns = writer("Mul", some, frequency[:, np.newaxis])
    # Whole turns have no effect, and a large angle has few digits left.
    turns = writer("Sub", turns, writer("Round", turns))
    angle = writer("Mul", turns, np.array(2 * math.pi, np.float32))
    waves = writer("Concat", writer("Cos", angle), writer("Sin", angle), axis=-1)
    # One product for all numbers of a network.
    flat = writer("Reshape", waves, np.array([n_networks, -1, n_waves]))
    mapped = writer("Add", writer("MatMul", flat, kernel), bias[:, np.newaxis])
    n_columns = len(stage.columns)
    shape = np.array([n_networks, -1, n_columns, width])
    mapped = writer("Reshape", writer("Relu", mapped), shape)
    # The layer orders its outputs unit by unit.
    mapped = writer("Transpose", mapped, perm=[0, 1, 3, 2])
    return writer("Reshape", mapped, np.array([n_networks, -1, n_columns * width]))


def _pieces(writer: Writer, X: str, stage: Any, weights: list[np.ndarray]) -> str:
    """Return what `skweighted.layers.with_pieces` inserts."""
    kernel, slope, bias, lower, factor = weights
    n_networks, n_columns, _, width = kernel.shape
    some = writer("Gather", X, np.array(stage.columns), axis=-1)
    some = writer("Transpose", some, perm=[0, 2, 1])
    some = writer("Unsqueeze", some, np.array([-1]))
    pieces = writer("Sub", some, lower[:, :, np.newaxis])
    pieces = writer("Mul", pieces, factor[:, :, np.newaxis])
    pieces = writer("Clip", pieces, np.float32(0), np.float32(1))
    mapped = writer("MatMul", pieces, kernel)
    line = writer("Mul", some, slope[:, :, np.newaxis])
    line = writer("Add", line, bias[:, :, np.newaxis])
    mapped = writer("Transpose", writer("Add", mapped, line), perm=[0, 2, 1, 3])
    shape = np.array([n_networks, -1, n_columns * width])
    return writer("Reshape", mapped, shape)


def _joined(
    writer: Writer, values: str, others: np.ndarray, embedded: str, n_networks: int
) -> str:
    """Return the columns that are not embedded, then the embeddings."""
    if not len(others):
        return embedded
    rest = writer("Gather", values, others, axis=-1)
    # For each network, where all of them share the rows so far.
    rest = writer("Mul", rest, np.ones((n_networks, 1, 1), np.float32))
    return writer("Concat", rest, embedded, axis=-1)


def _activated(writer: Writer, values: str, stage: Dense) -> str:
    """Return the activations of a hidden layer."""
    name = stage.activation
    if not isinstance(name, str):
        name = getattr(name, "__name__", repr(name))
        is_of_keras = getattr(stage.activation, "__module__", "").startswith("keras.")
        name = name if is_of_keras else f"the function {name}"
    if name in _OPERATORS:
        attributes: dict[str, Any] = _ATTRIBUTES.get(name, {})
        return writer(_OPERATORS[name], values, **attributes)
    if name in _COMPOSED:
        return _COMPOSED[name](writer, values)
    raise ValueError(
        f"An ONNX model can only have activations that are known to it. activation is "
        f"{name}. Use one of {', '.join(sorted({*_OPERATORS, *_COMPOSED}))}."
    )


def _silu(writer: Writer, values: str) -> str:
    return writer("Mul", values, writer("Sigmoid", values))


def _gelu(writer: Writer, values: str) -> str:
    erf = writer("Erf", writer("Mul", values, np.float32(math.sqrt(0.5))))
    half = writer("Mul", values, np.float32(0.5))
    return writer("Mul", half, writer("Add", erf, np.float32(1)))


def _relu6(writer: Writer, values: str) -> str:
    return writer("Clip", values, np.float32(0), np.float32(6))


_COMPOSED: dict[str, Callable[[Writer, str], str]] = {
    "gelu": _gelu,
    "hard_silu": lambda writer, values: writer("HardSwish", values),
    "hard_swish": lambda writer, values: writer("HardSwish", values),
    "linear": lambda writer, values: values,
    "relu6": _relu6,
    "silu": _silu,
    "swish": _silu,
}
