"""Between specs and `keras.Model`: the one place that builds Keras networks."""

import numpy as np

from skweighted._startup import keras
from skweighted._training._batches import dense_rows
from skweighted._training._keras_fit import precision
from skweighted._training._spec import Dense, NetworkSpec

# Rows predicted at once: bounds memory at some 50 MB for 100 float64 features.
PREDICTION_ROWS = 65_536


def build_model(network, seed):
    """Return an uncompiled `keras.Model` with seeded initial weights.

    Its output are probabilities: shape (n_samples, 1) for one sigmoid unit, that of
    the second class, or (n_samples, n_classes) for a softmax.

    Parameters
    ----------
    network : NetworkSpec
    seed : SeedSequence
        Source of the initial weights and of dropout. Keras' own and NumPy's global
        seeds are neither read nor changed.
    """
    layers = [keras.Input((network.n_features,), dtype=network.dtype)]
    *hidden, head = network.stages
    for number, stage in enumerate(hidden, start=1):
        layers.append(_dense(stage, network.dtype, seed, f"hidden_{number}"))
        if stage.dropout:
            layers.append(
                keras.layers.Dropout(
                    stage.dropout, seed=_keras_seed(seed), dtype=network.dtype
                )
            )
    layers.append(_dense(head, network.dtype, seed, "output"))
    return keras.Sequential(layers)


def _dense(stage: Dense, dtype, seed, name):
    """Return the Keras layer of a stage."""
    return keras.layers.Dense(
        stage.n_units,
        activation=stage.activation,
        kernel_initializer=_seeded(stage.kernel_initializer, _keras_seed(seed)),
        kernel_regularizer=keras.regularizers.L2(stage.l2) if stage.l2 else None,
        dtype=dtype,
        name=name,
    )


def _keras_seed(seed):
    """Return the next integer seed of a sequence."""
    return int(seed.spawn(1)[0].generate_state(1)[0] >> 1)


def _seeded(initializer, seed):
    """Return an initializer that draws from `seed`, unless it has a seed of its own."""
    if isinstance(initializer, str):
        # Made with its seed at once: an initializer made without one draws a seed
        # from Python's global random state.
        try:
            return keras.initializers.get(
                {"class_name": initializer, "config": {"seed": seed}}
            )
        except TypeError:  # one that draws nothing, such as "zeros"
            return keras.initializers.get(initializer)
    if isinstance(initializer, keras.initializers.Initializer):
        config = initializer.get_config()
        if "seed" in config and config["seed"] is None:
            return type(initializer).from_config(config | {"seed": seed})
    return initializer


def compile_model(model, optimizer, loss, metrics):
    """Compile a model so that its total loss has the precision of its layers."""
    model.compile(optimizer=optimizer, loss=loss, metrics=metrics)
    # Keras 3.15 sums up the losses in keras.config.floatx(). In a float64 model that
    # rounds the loss, and adding an L2 penalty raises a TypeError.
    model._compile_loss._dtype = precision(model)


def same_architecture(model, network: NetworkSpec):
    """Tell whether a model has the input, widths and precision of a spec."""
    widths = [
        layer.units for layer in model.layers if isinstance(layer, keras.layers.Dense)
    ]
    return (
        model.input_shape[1:] == (network.n_features,)
        and widths == [stage.n_units for stage in network.stages]
        and precision(model) == network.dtype
    )


def predict_with_keras(model, X):
    """Return the outputs of a model, of shape (n_samples, n_outputs).

    Called directly, not through `keras.Model.predict`, which costs 68 ms a call; X is
    densified a chunk of rows at a time.
    """
    dtype = precision(model)
    chunks = [
        keras.ops.convert_to_numpy(
            model(
                dense_rows(X, slice(start, start + PREDICTION_ROWS), dtype),
                training=False,
            )
        )
        for start in range(0, X.shape[0], PREDICTION_ROWS)
    ]
    return np.concatenate(chunks)
