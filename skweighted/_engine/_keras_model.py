"""Conversion between `keras.Model` and the specs and arrays of the engine."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from skweighted._engine._network import groups_of, seeded_initializer
from skweighted._engine._spec import (
    Dense,
    InputStage,
    Members,
    NetworkSpec,
    Periodic,
    Scaling,
)
from skweighted._tensorflow import keras
from skweighted.layers import (
    InputScaling,
    MemberInputs,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
)


def build_model(
    network: NetworkSpec,
    parameters: tuple[np.ndarray, ...],
    dropout_seeds: tuple[int, ...] = (),
    n_batches_seen: int = 0,
    *,
    averaged: bool = True,
) -> keras.Model:
    """Return an uncompiled `keras.Model` with these parameters.

    Parameters
    ----------
    network : NetworkSpec
    parameters : tuple of ndarray
        As in `Run`.
    dropout_seeds : tuple of int
        One for each hidden stage.
    n_batches_seen : int
        Number of earlier training batches, after which dropout continues.
    averaged : bool
        Whether the output is the mean over the members of the network, if it has some;
        otherwise it is that of each member, (n_rows, n_members, n_outputs).
    """
    layers = [keras.Input((network.n_features,), dtype=network.dtype)]
    layers += [_input_layer(network, stage) for stage in network.inputs]
    for number, stage in enumerate(network.stages):
        last = number == len(network.stages) - 1
        name = "output" if last else f"hidden_{number + 1}"
        n_members = network.n_members if last and network.has_members else None
        layers.append(_dense_layer(stage, network.dtype, name, n_members))
        if stage.dropout:
            seed = dropout_seeds[number] if dropout_seeds else 0
            dropout = keras.layers.Dropout(
                stage.dropout, seed=seed, dtype=network.dtype
            )
            dropout.seed_generator.state.assign([seed, n_batches_seen])
            layers.append(dropout)
    if network.has_members and averaged:
        layers.append(
            keras.layers.GlobalAveragePooling1D(dtype=network.dtype, name="average")
        )
    model = keras.Sequential(layers)
    set_parameters(model, parameters)
    return model


def _dense_layer(
    stage: Dense, dtype: str, name: str, n_members: int | None
) -> keras.Layer:
    """Return the layer of a dense stage, of which each member may have its own."""
    more: dict[str, Any] = {
        "activation": stage.activation,
        # With a seed: otherwise it is drawn from Python's global random state.
        "kernel_initializer": seeded_initializer(stage.kernel_initializer, 0),
        "kernel_regularizer": keras.regularizers.L2(stage.l2) if stage.l2 else None,
        "dtype": dtype,
        "name": name,
    }
    if n_members is None:
        return keras.layers.Dense(stage.n_units, **more)
    shape = (n_members, stage.n_units)
    return keras.layers.EinsumDense("bkh,kho->bko", shape, bias_axes="ko", **more)


def _input_layer(network: NetworkSpec, stage: InputStage) -> keras.Layer:
    """Return the layer of an input stage."""
    dtype = network.dtype
    if isinstance(stage, Scaling):
        return InputScaling(stage.smooth, stage.flagged, dtype=dtype, name="scaling")
    # With a seed: otherwise it is drawn from the system.
    if isinstance(stage, Members):
        return MemberInputs(
            stage.n_members, groups_of(network), seed=0, dtype=dtype, name="members"
        )
    more: dict[str, Any] = {
        "width": stage.width,
        "seed": 0,
        "dtype": dtype,
        "name": "waves" if isinstance(stage, Periodic) else "pieces",
    }
    if isinstance(stage, Periodic):
        return PeriodicEmbedding(
            stage.columns, stage.n_frequencies, scale=stage.scale, **more
        )
    return PiecewiseLinearEmbedding(stage.columns, stage.n_bins, **more)


def average_model(
    networks: Sequence[NetworkSpec],
    parameters: Sequence[tuple[np.ndarray, ...]],
    dropout_seeds: Sequence[tuple[int, ...]],
) -> keras.Model:
    """Return an uncompiled `keras.Model` whose output is the mean of several networks.

    Parameters
    ----------
    networks : sequence of NetworkSpec
    parameters : sequence of tuple of ndarray
        Those of each network, as in `build_model`.
    dropout_seeds : sequence of tuple of int
    """
    first = networks[0]
    features = keras.Input((first.n_features,), dtype=first.dtype)
    outputs = []
    each = zip(networks, parameters, dropout_seeds, strict=True)
    for number, (network, one, seeds) in enumerate(each, start=1):
        model = build_model(network, one, seeds)
        model.name = f"network_{number}"
        outputs.append(model(features))
    average = keras.layers.Average(dtype=first.dtype, name="average")(outputs)
    return keras.Model(features, average)


def compile_model(model: keras.Model, optimizer: Any, loss: Any, metrics: Any) -> None:
    """Compile a model so that its total loss has the precision of its layers."""
    # Built now, because a saved model is loaded with a built optimizer.
    if not optimizer.built:
        optimizer.build(model.trainable_variables)
    # No loss scaling: with a global mixed_float16 policy, Keras would also add it to
    # networks of another precision.
    model.compile(
        optimizer=optimizer, loss=loss, metrics=metrics, auto_scale_loss=False
    )
    # Keras 3.15 sums losses in keras.config.floatx(). In a float64 model, this rounds
    # the loss, and adding an L2 penalty raises a TypeError.
    model._compile_loss._dtype = model.outputs[0].dtype


def parameters_of(model: keras.Model) -> tuple[np.ndarray, ...]:
    """Return copies of all weights of a model."""
    return tuple(map(_copied, model.weights))


def set_parameters(model: keras.Model, parameters: tuple[np.ndarray, ...]) -> None:
    """Set all weights of a model."""
    for variable, values in zip(model.weights, parameters, strict=True):
        variable.assign(values)


def optimizer_state_of(optimizer: Any) -> tuple[np.ndarray, ...]:
    """Return copies of the optimizer's variables, except the learning rate."""
    return tuple(map(_copied, _state_variables(optimizer)))


def set_optimizer_state(optimizer: Any, state: tuple[np.ndarray, ...]) -> None:
    """Set the variables of a built optimizer."""
    for variable, values in zip(_state_variables(optimizer), state, strict=True):
        variable.assign(np.reshape(values, variable.shape))


def _copied(variable: Any) -> np.ndarray:
    """Return a copy of the value of a Keras variable."""
    # np.array(variable) warns: __array__ of TensorFlow 2.21 predates NumPy 2.
    return variable.value.numpy().copy()


def _state_variables(optimizer: Any) -> Iterator[Any]:
    """Yield the variables that the engine also keeps, in its order."""
    for variable in optimizer.variables:
        if variable is not optimizer._learning_rate:
            yield variable
