"""M networks of one architecture, stacked on a leading axis: parameters and outputs.

A kernel has shape (M, n_in, n_out) and a bias (M, 1, n_out), so both broadcast with a
learning rate of shape (M, 1, 1).
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from skweighted._engine._spec import NetworkSpec
from skweighted._tensorflow import keras, tf

# Activations of single values, whatever their axes.
_ELEMENTWISE = {"elu", "gelu", "leaky_relu", "linear", "relu", "selu", "sigmoid"}
_ELEMENTWISE |= {"silu", "softplus", "softsign", "swish", "tanh"}


def initial_parameters(
    network: NetworkSpec, seed: np.random.SeedSequence
) -> tuple[np.ndarray, ...]:
    """Return seeded kernels and zero biases, as Keras draws them.

    Global seeds of Keras and NumPy are neither used nor changed.
    """
    parameters = []
    shapes = network.parameter_shapes
    for stage, kernel_shape, bias_shape in zip(
        network.stages, shapes[::2], shapes[1::2], strict=True
    ):
        initializer = seeded_initializer(stage.kernel_initializer, keras_seed(seed))
        kernel = initializer(kernel_shape, dtype=network.dtype)
        parameters.append(keras.ops.convert_to_numpy(kernel))
        parameters.append(np.zeros(bias_shape, dtype=network.dtype))
    return tuple(parameters)


def stacked_shapes(network: NetworkSpec) -> list[tuple[int, int]]:
    """Return the shapes of kernels and biases without the leading axis."""
    shapes = network.parameter_shapes
    return [(shape[0] if len(shape) == 2 else 1, shape[-1]) for shape in shapes]


def keras_seed(seed: np.random.SeedSequence) -> int:
    """Return the next integer seed of a sequence."""
    return int(seed.spawn(1)[0].generate_state(1)[0] >> 1)


def dropout_seeds(
    seed: np.random.SeedSequence, network: NetworkSpec
) -> tuple[int, ...]:
    """Return one integer seed for each hidden stage."""
    return tuple(keras_seed(seed) for _ in network.stages[:-1])


def seeded_initializer(initializer: Any, seed: int) -> Callable[..., Any]:
    """Return an initializer with this seed, unless it has its own."""
    if isinstance(initializer, str):
        # Created with its seed, because an initializer without one draws a seed from
        # Python's global random state.
        try:
            return keras.initializers.get(
                {"class_name": initializer, "config": {"seed": seed}}
            )
        except TypeError:  # one without randomness, such as "zeros"
            return keras.initializers.get(initializer)
    # A copy: an initializer with a SeedGenerator would continue where it stopped.
    config = initializer.get_config()
    if "seed" in config and config["seed"] is None:
        config["seed"] = seed
    return type(initializer).from_config(config)


def _activated(activation: str | Callable, values: Any) -> Any:
    """Return activations of M networks; a user's function gets 2D input as in Keras."""
    if isinstance(activation, str):
        return keras.activations.get(activation)(values)
    rows = tf.reshape(values, (-1, values.shape[-1]))
    return tf.reshape(activation(rows), tf.shape(values))


def outputs(network: NetworkSpec, parameters: Sequence[Any], X: Any) -> Any:
    """Return the outputs of M networks, of shape (M, n_rows, n_outputs).

    The last activation attaches its logits to its result, from which Keras' losses are
    computed for numerical stability.

    Parameters
    ----------
    network : NetworkSpec
    parameters : sequence of tensor
        Kernel and bias of each stage.
    X : tensor of shape (M, n_rows, n_features)
    """
    values = X
    for number, stage in enumerate(network.stages):
        kernel, bias = parameters[2 * number : 2 * number + 2]
        values = _activated(stage.activation, tf.matmul(values, kernel) + bias)
    return values


def outputs_in_training(
    network: NetworkSpec,
    parameters: Sequence[Any],
    X: Any,
    kept: Sequence[Any],
    scale: Sequence[Any],
) -> Any:
    """Return the outputs of M networks with dropout, of shape (M, n_rows, n_outputs).

    Parameters
    ----------
    network : NetworkSpec
    parameters : sequence of tensor
        Kernel and bias of each stage.
    X : tensor of shape (M, n_features, n_rows), or (M, n_rows, n_features)
        See `rows_last`.
    kept : sequence of tensor of shape (M, n_units, n_rows) or (M, n_rows, n_units)
        Which outputs dropout keeps, as bool, for each stage with dropout.
    scale : sequence of tensor of shape (M, 1, 1)
        The factor of what dropout keeps, for each stage.
    """
    values = X
    masks = iter(kept)
    last = rows_last(X.shape[0])
    for number, stage in enumerate(network.stages):
        kernel, bias = parameters[2 * number : 2 * number + 2]
        if last:
            values = tf.matmul(kernel, values, transpose_a=True) + _transposed(bias)
        else:
            values = tf.matmul(values, kernel) + bias
        if number == len(network.stages) - 1:
            break
        if last and stage.activation not in _ELEMENTWISE:
            values = _transposed(_activated(stage.activation, _transposed(values)))
        else:
            values = _activated(stage.activation, values)
        if stage.dropout:
            scaled = values * scale[number]
            values = tf.where(next(masks), scaled, tf.zeros_like(scaled))
    return _activated(
        network.stages[-1].activation, _transposed(values) if last else values
    )


def rows_last(n_networks: int) -> bool:
    """Return whether values in training have their rows on the last axis.

    XLA's loops run along the last axis, and 32 rows take less time than 10 units, half
    of the time of a step of many networks. The matrix products of a single network are
    faster with the rows first: 3 to 30 % of the time of a fit in float32, except for
    layers of two units.
    """
    return n_networks > 1


def _transposed(values: Any) -> Any:
    """Return the matrices of M networks, transposed."""
    return tf.transpose(values, (0, 2, 1))
