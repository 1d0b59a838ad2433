"""Between `keras.Model` and the engine's specs and arrays."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from skweighted._engine._network import seeded_initializer
from skweighted._engine._optimizers import excluded_from_weight_decay
from skweighted._engine._spec import NetworkSpec
from skweighted._tensorflow import keras, tf

# Optimizers that treat each element of a kernel by itself, so a leading axis or a bias
# as a row changes nothing, and LAMB, whose norms are those of a whole array.
FUSABLE_OPTIMIZERS = (
    keras.optimizers.SGD,
    keras.optimizers.Adam,
    keras.optimizers.AdamW,
    keras.optimizers.RMSprop,
    keras.optimizers.Adagrad,
    keras.optimizers.Adadelta,
    keras.optimizers.Adamax,
    keras.optimizers.Nadam,
    keras.optimizers.Ftrl,
    keras.optimizers.Lion,
    keras.optimizers.Lamb,
)


def build_model(
    network: NetworkSpec,
    parameters: tuple[np.ndarray, ...],
    dropout_seeds: tuple[int, ...] = (),
    n_batches_seen: int = 0,
) -> keras.Model:
    """Return an uncompiled `keras.Model` with these parameters.

    Parameters
    ----------
    network : NetworkSpec
    parameters : tuple of ndarray
        Kernel and bias of each stage.
    dropout_seeds : tuple of int
        One for each hidden stage.
    n_batches_seen : int
        Batches trained on before, from which the dropout goes on.
    """
    layers = [keras.Input((network.n_features,), dtype=network.dtype)]
    for number, stage in enumerate(network.stages):
        last = number == len(network.stages) - 1
        layers.append(
            keras.layers.Dense(
                stage.n_units,
                activation=stage.activation,
                # With a seed: one without draws it from Python's global random state.
                kernel_initializer=seeded_initializer(stage.kernel_initializer, 0),
                kernel_regularizer=keras.regularizers.L2(stage.l2)
                if stage.l2
                else None,
                dtype=network.dtype,
                name="output" if last else f"hidden_{number + 1}",
            )
        )
        if stage.dropout:
            seed = dropout_seeds[number] if dropout_seeds else 0
            dropout = keras.layers.Dropout(
                stage.dropout, seed=seed, dtype=network.dtype
            )
            dropout.seed_generator.state.assign([seed, n_batches_seen])
            layers.append(dropout)
    model = keras.Sequential(layers)
    set_parameters(model, parameters)
    return model


def compile_model(model: keras.Model, optimizer: Any, loss: Any, metrics: Any) -> None:
    """Compile a model so that its total loss has the precision of its layers."""
    # Built now: a saved model is loaded with built optimizers, and would miss theirs.
    if not optimizer.built:
        optimizer.build(model.trainable_variables)
    # No loss scaling: under a global mixed_float16 policy Keras would add it to
    # networks that are not of that precision.
    model.compile(
        optimizer=optimizer, loss=loss, metrics=metrics, auto_scale_loss=False
    )
    # Keras 3.15 sums up the losses in keras.config.floatx(). In a float64 model that
    # rounds the loss, and adding an L2 penalty raises a TypeError.
    model._compile_loss._dtype = model.outputs[0].dtype


def parameters_of(model: keras.Model) -> tuple[np.ndarray, ...]:
    """Return copies of kernel and bias of each dense layer."""
    return tuple(map(_copied, model.weights))


def set_parameters(model: keras.Model, parameters: tuple[np.ndarray, ...]) -> None:
    """Give a model the kernels and biases."""
    for variable, values in zip(model.weights, parameters, strict=True):
        variable.assign(values)


def optimizer_state_of(optimizer: Any) -> tuple[np.ndarray, ...]:
    """Return copies of the optimizer's variables, but for the learning rate."""
    return tuple(map(_copied, _state_variables(optimizer)))


def set_optimizer_state(optimizer: Any, state: tuple[np.ndarray, ...]) -> None:
    """Give a built optimizer its variables."""
    for variable, values in zip(_state_variables(optimizer), state, strict=True):
        variable.assign(np.reshape(values, variable.shape))


def _copied(variable: Any) -> np.ndarray:
    """Return the value of a Keras variable, which later steps do not change."""
    # np.array(variable) warns: TensorFlow 2.21 wrote its __array__ before NumPy 2.
    return variable.value.numpy().copy()


def _state_variables(optimizer: Any) -> Iterator[Any]:
    """Yield the variables that the engine keeps too, in its order."""
    for variable in optimizer.variables:
        if variable is not optimizer._learning_rate:
            yield variable


def why_not_fusable(model: keras.Model) -> str | None:
    """Say why the fused engine cannot train a compiled Keras model, or None.

    Parameters
    ----------
    model : keras.Model

    Returns
    -------
    str or None
        The reason, as the end of a sentence that begins with "because".
    """
    if not isinstance(model, keras.Sequential):
        return f"it is a {type(model).__name__}, not a Sequential model"
    for layer in model.layers:
        reason = _why_not_layer(layer)
        if reason:
            return f"layer {layer.name!r} {reason}"
    if not isinstance(model.layers[-1], keras.layers.Dense):
        return f"its last layer, {model.layers[-1].name!r}, is not a Dense layer"
    if not model.compiled:
        return "it is not compiled"
    if model.run_eagerly:
        return "it is compiled with run_eagerly=True"
    return why_not_optimizer(model.optimizer) or why_not_loss(model.loss)


def _why_not_layer(layer: Any) -> str | None:
    """Say what the fused engine does not know about a layer, or None."""
    if type(layer) is keras.layers.Dropout:
        return None if layer.noise_shape is None else "has a noise_shape"
    if type(layer) is not keras.layers.Dense:
        return "is not a Dense layer"
    if not layer.use_bias:
        return "has no bias"
    if isinstance(layer.activation, keras.Layer):
        return "has a layer as its activation"
    regularizer = layer.kernel_regularizer
    if regularizer is not None and type(regularizer) is not keras.regularizers.L2:
        return "has a penalty other than L2"
    for name in (
        "bias_regularizer",
        "activity_regularizer",
        "kernel_constraint",
        "bias_constraint",
    ):
        if getattr(layer, name) is not None:
            return f"has a {name}"
    return None if layer.trainable else "is not trainable"


def why_not_optimizer(optimizer: Any) -> str | None:
    """Say why the fused engine cannot use an optimizer, or None."""
    name = type(optimizer).__name__
    if type(optimizer) not in FUSABLE_OPTIMIZERS:
        return f"the optimizer {name} does not treat each weight by itself"
    for setting in ("use_ema", "gradient_accumulation_steps", "loss_scale_factor"):
        if getattr(optimizer, setting):
            return f"the optimizer {name} has {setting}"
    if excluded_from_weight_decay(optimizer) is not None:
        return f"the optimizer {name} excludes weights from decay by their names"
    return None


def why_not_loss(loss: Any) -> str | None:
    """Say why the fused engine cannot use a loss, or None."""
    if not isinstance(loss, keras.losses.Loss):
        return "its loss is not a keras.losses.Loss"
    if loss.reduction not in ("sum_over_batch_size", "mean"):
        return f"its loss is reduced by {loss.reduction!r}"
    return None


def why_not_callback(callback: Any) -> str | None:
    """Say why the fused engine cannot call a Keras callback, or None."""
    kind = type(callback)
    if kind in (keras.callbacks.TerminateOnNaN, keras.callbacks.History):
        return None  # the engine itself stops at a loss that is not finite
    if kind is keras.callbacks.ModelCheckpoint and callback.save_freq == "epoch":
        return None
    for hook in (
        "on_batch_begin",
        "on_batch_end",
        "on_train_batch_begin",
        "on_train_batch_end",
    ):
        method = getattr(callback, hook)
        own = getattr(method, "__func__", method)
        if own is getattr(keras.callbacks.Callback, hook):
            continue
        if kind is keras.callbacks.LambdaCallback and own.__module__ == kind.__module__:
            continue  # its own function that does nothing
        return f"the callback {kind.__name__} acts on single batches"
    return None


def why_not_now() -> str | None:
    """Say why nothing can be fused in this process at present, or None."""
    if tf.config.functions_run_eagerly():
        return "TensorFlow is told to run functions eagerly"
    if tf.distribute.has_strategy():
        return "training is inside a tf.distribute strategy"
    return None
