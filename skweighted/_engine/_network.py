"""M networks of one architecture, stacked on a leading axis: parameters and outputs.

A kernel has shape (M, n_in, n_out) and a bias (M, 1, n_out), so both broadcast with a
learning rate of shape (M, 1, 1). Other arrays are matrices as well: (M, -1, n_last).
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from skweighted._engine._spec import (
    InputStage,
    Members,
    NetworkSpec,
    Periodic,
    Scaling,
)
from skweighted._tensorflow import keras, tf
from skweighted.layers import (
    member_factors,
    of_members,
    periodic_weights,
    piecewise_weights,
    scaled,
    with_pieces,
    with_waves,
)

# Activations of single values, whatever their axes.
_ELEMENTWISE = {"elu", "gelu", "leaky_relu", "linear", "relu", "selu", "sigmoid"}
_ELEMENTWISE |= {"silu", "softplus", "softsign", "swish", "tanh"}


def initial_parameters(
    network: NetworkSpec,
    seed: np.random.SeedSequence,
    fixed: Sequence[np.ndarray] = (),
) -> tuple[np.ndarray, ...]:
    """Return seeded weights: kernels and zero biases as Keras draws them.

    Global seeds of Keras and NumPy are neither used nor changed.

    Parameters
    ----------
    network : NetworkSpec
    seed : SeedSequence
    fixed : sequence of ndarray
        The weights of its input stages that are not trained.
    """
    parameters: list[np.ndarray] = []
    given = iter(fixed)
    for stage in network.inputs:
        drawn = _drawn(network, stage, seed)
        for is_trained in stage.is_trained:
            values = next(drawn if is_trained else given)
            parameters.append(values.astype(network.dtype))
    shapes = network.parameter_shapes[len(parameters) :]
    for dense, kernel_shape, bias_shape in zip(
        network.stages, shapes[::2], shapes[1::2], strict=True
    ):
        kernels = []
        # Of the last stage, one for each member.
        for _ in range(math.prod(kernel_shape[:-2])):
            initializer = seeded_initializer(dense.kernel_initializer, keras_seed(seed))
            kernel = initializer(kernel_shape[-2:], dtype=network.dtype)
            kernels.append(keras.ops.convert_to_numpy(kernel))
        parameters.append(np.reshape(kernels, kernel_shape))
        parameters.append(np.zeros(bias_shape, dtype=network.dtype))
    return tuple(parameters)


def _drawn(
    network: NetworkSpec, stage: InputStage, seed: np.random.SeedSequence
) -> Iterator[np.ndarray]:
    """Return the initial values of the weights of a stage that are trained."""
    if isinstance(stage, Scaling):
        return iter(())
    generator = np.random.default_rng(keras_seed(seed))
    if isinstance(stage, Members):
        return iter([member_factors(generator, stage.n_members, groups_of(network))])
    n_columns, width = len(stage.columns), stage.width
    if isinstance(stage, Periodic):
        return iter(
            periodic_weights(
                generator, n_columns, stage.n_frequencies, width, stage.scale
            )
        )
    return iter(piecewise_weights(generator, n_columns, stage.n_bins, width))


def groups_of(network: NetworkSpec) -> tuple[int, ...]:
    """Return which inputs of the first dense stage are of the same column of X.

    The flag of missing values is a column of its own.
    """
    groups = np.arange(network.n_features)
    for stage in network.inputs:
        if isinstance(stage, Scaling):
            flags = np.arange(len(stage.flagged)) + network.n_features
            groups = np.append(groups, flags)
        elif not isinstance(stage, Members):
            # Embeddings come last, after the other columns.
            embedded = np.repeat(groups[list(stage.columns)], stage.width)
            groups = np.append(np.delete(groups, stage.columns), embedded)
    return tuple(groups.tolist())


def stacked_shapes(network: NetworkSpec) -> list[tuple[int, int]]:
    """Return the shapes of the parameters without the leading axis."""
    return [(math.prod(shape[:-1]), shape[-1]) for shape in network.parameter_shapes]


def as_matrix(values: np.ndarray) -> np.ndarray:
    """Return an array as a matrix with the same last axis."""
    return values.reshape(-1, values.shape[-1])


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


def activated(activation: str | Callable, values: Any) -> Any:
    """Return activations of M networks; a user's function gets 2D input as in Keras."""
    values = tf.convert_to_tensor(values)
    if isinstance(activation, str):
        return keras.activations.get(activation)(values)
    rows = tf.reshape(values, (-1, values.shape[-1]))
    return tf.reshape(activation(rows), tf.shape(values))


def outputs(network: NetworkSpec, parameters: Sequence[Any], X: Any) -> Any:
    """Return the outputs of M networks, of shape (M, n_rows, n_outputs).

    Those of a network with members are their mean. Otherwise the last activation
    attaches its logits to its result, from which Keras' losses are computed for
    numerical stability.

    Parameters
    ----------
    network : NetworkSpec
    parameters : sequence of tensor
        Those of the input stages, then kernel and bias of each dense one.
    X : tensor of shape (M, n_rows, n_features)
    """
    values = X
    if network.inputs:
        values = _transposed(_with_inputs(network, parameters, _transposed(X)))
    dense = dense_parameters(network, parameters)
    *hidden, (last_kernel, last_bias) = dense
    *stages, last_stage = network.stages
    for stage, (kernel, bias) in zip(stages, hidden, strict=True):
        values = activated(stage.activation, tf.matmul(values, kernel) + bias)
    if not network.has_members:
        values = tf.matmul(values, last_kernel) + last_bias
        return activated(last_stage.activation, values)
    values = _outputs_of_members(network, values, last_kernel, last_bias)
    each = activated(last_stage.activation, values)
    shape = (-1, network.n_members, *tf.unstack(tf.shape(each))[1:])
    return tf.reduce_mean(tf.reshape(each, shape), axis=1)


def _outputs_of_members(
    network: NetworkSpec, values: Any, kernel: Any, bias: Any
) -> Any:
    """Return what the last stage computes for each member, before its activation.

    Parameters
    ----------
    network : NetworkSpec
    values : tensor of shape (M, n_rows * n_members, n_inputs)
    kernel : tensor of shape (M, n_members * n_inputs, n_outputs)
    bias : tensor of shape (M, n_members, n_outputs)

    Returns
    -------
    tensor of shape (M * n_members, n_rows, n_outputs)
    """
    n_members, n_outputs = network.n_members, network.stages[-1].n_units
    n_inputs = values.shape[-1]
    values = tf.reshape(values, (tf.shape(values)[0], -1, n_members, n_inputs))
    values = tf.reshape(
        tf.transpose(values, (0, 2, 1, 3)), (-1, tf.shape(values)[1], n_inputs)
    )
    kernel = tf.reshape(kernel, (-1, n_inputs, n_outputs))
    return tf.matmul(values, kernel) + tf.reshape(bias, (-1, 1, n_outputs))


def dense_parameters(
    network: NetworkSpec, parameters: Sequence[Any]
) -> list[tuple[Any, Any]]:
    """Return kernel and bias of each dense stage."""
    dense = parameters[-2 * len(network.stages) :]
    return list(zip(dense[::2], dense[1::2], strict=True))


def _with_inputs(network: NetworkSpec, parameters: Sequence[Any], X: Any) -> Any:
    """Return the inputs of the first dense stage, of shape (M, n_inputs, n_rows).

    Parameters
    ----------
    network : NetworkSpec
    parameters : sequence of tensor
    X : tensor of shape (M, n_features, n_rows)
    """
    n_inputs, remaining = network.n_features, iter(parameters)
    # In predictions, all networks share the rows.
    X = tf.broadcast_to(X, (tf.shape(parameters[0])[0], *tf.unstack(tf.shape(X))[1:]))
    for stage in network.inputs:
        weights = [
            # The leading axis is 1 for rows that all networks share.
            tf.reshape(next(remaining), (-1, *shape))
            for shape in stage.shapes(n_inputs)
        ]
        if isinstance(stage, Members):
            X = of_members(X, *weights)
        elif isinstance(stage, Scaling):
            X = scaled(X, *weights, smooth=stage.smooth, flagged=stage.flagged)
        else:
            embed = with_waves if isinstance(stage, Periodic) else with_pieces
            X = embed(X, *weights, columns=stage.columns)
        n_inputs = stage.n_outputs(n_inputs)
    return X


def outputs_in_training(
    network: NetworkSpec,
    parameters: Sequence[Any],
    X: Any,
    kept: Sequence[Any],
    scale: Sequence[Any],
) -> Any:
    """Return the outputs of M networks with dropout, of shape (M, n_rows, n_outputs).

    Each of several members of a network counts as a network.

    Parameters
    ----------
    network : NetworkSpec
    parameters : sequence of tensor
        Those of the input stages, then kernel and bias of each dense one.
    X : tensor of shape (M, n_features, n_rows), or (M, n_rows, n_features)
        See `rows_last`.
    kept : sequence of tensor of shape (M, n_units, n_rows) or (M, n_rows, n_units)
        Which outputs dropout keeps, as bool, for each stage with dropout, those of all
        members of a row next to each other.
    scale : sequence of tensor of shape (M, 1, 1)
        The factor of what dropout keeps, for each stage.
    """
    values = X
    last = rows_last(X.shape[0])
    if network.inputs:
        values = _with_inputs(
            network, parameters, values if last else _transposed(values)
        )
        values = values if last else _transposed(values)
    masks = iter(kept)
    dense = dense_parameters(network, parameters)
    for number, (stage, (kernel, bias)) in enumerate(
        zip(network.stages, dense, strict=True)
    ):
        if number == len(network.stages) - 1 and network.has_members:
            values = _transposed(values) if last else values
            values = _outputs_of_members(network, values, kernel, bias)
            return activated(stage.activation, values)
        if last:
            values = tf.matmul(kernel, values, transpose_a=True) + _transposed(bias)
        else:
            values = tf.matmul(values, kernel) + bias
        if number == len(network.stages) - 1:
            break
        if last and stage.activation not in _ELEMENTWISE:
            values = _transposed(activated(stage.activation, _transposed(values)))
        else:
            values = activated(stage.activation, values)
        if stage.dropout:
            larger = values * scale[number]
            values = tf.where(next(masks), larger, tf.zeros_like(larger))
    return activated(
        network.stages[-1].activation, _transposed(values) if last else values
    )


def rows_last(n_networks: int) -> bool:
    """Return whether values in training have their rows on the last axis.

    XLA's loops run along the last axis, and 32 rows take less time than 10 units, half
    of the time of a step of many networks. With the rows last, a single small network
    took 1.6 times as long in float32, as its steps no longer overlapped with gathering.
    """
    return n_networks > 1


def _transposed(values: Any) -> Any:
    """Return the matrices of M networks, transposed."""
    return tf.transpose(values, (0, 2, 1))
