"""The choice of engine: the fused engine if it supports the training, else Keras."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from skweighted._engine._callbacks import KerasCallbacks, progress
from skweighted._engine._keras_fit import train_with_keras
from skweighted._engine._keras_model import (
    build_model,
    compile_model,
    set_optimizer_state,
)
from skweighted._engine._loop import train
from skweighted._engine._optimizers import (
    copy_of,
    excluded_from_weight_decay,
    learning_rate_of,
)
from skweighted._engine._spec import (
    Hook,
    NetworkSpec,
    Run,
    TrainingResult,
    TrainingSpec,
)
from skweighted._tensorflow import keras, tf
from skweighted.exceptions import TrainingDivergedError

# Optimizers that update each element of an array independently, so a leading axis, or a
# bias as a row, has no effect; and LAMB, whose norms are those of a whole array.
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


def train_network(
    network: NetworkSpec,
    spec: TrainingSpec,
    run: Run,
    hooks: Sequence[Hook] = (),
    *,
    engine: str = "auto",
    callbacks: Sequence[Any] = (),
    metrics: Any = None,
    verbose: int = 0,
) -> tuple[TrainingResult, str]:
    """Train a network with the fused engine if possible, else with Keras.

    Parameters
    ----------
    network, spec, run, hooks
        As in `skweighted._engine._loop.train`; the learning rate is that of the
        optimizer.
    engine : {"auto", "xla", "keras"}
    callbacks : sequence of keras.callbacks.Callback
    metrics : list of keras.metrics.Metric or None
    verbose : int
        0 is silent, 1 shows a progress bar, 2 prints a line per epoch.

    Returns
    -------
    result : TrainingResult
    engine : str
        "xla", or "keras" and the reason.

    Raises
    ------
    ValueError
        If engine="xla" does not support this training.
    TrainingDivergedError
        If the loss becomes infinite or NaN.
    """
    run = replace(run, learning_rate=learning_rate_of(spec.optimizer))
    reason = _why_not_fused(spec, callbacks, metrics, engine)
    try:
        if reason is None:
            result = _train_fused(network, spec, run, hooks, callbacks, verbose)
        else:
            result = train_with_keras(
                network,
                spec,
                run,
                hooks,
                callbacks=callbacks,
                metrics=metrics,
                verbose=verbose,
            )
    finally:
        # Callbacks are parameters of the estimator, and clone makes deep copies: each
        # would include the model.
        for callback in callbacks:
            callback._model = None
    check_finite(result, run)
    return result, "xla" if reason is None else f"keras, because {reason}"


def _why_not_fused(
    spec: TrainingSpec, callbacks: Sequence[Any], metrics: Any, engine: str
) -> str | None:
    """Return why the fused engine is not used, or None; raise if engine is "xla"."""
    if engine == "keras":
        return "engine='keras'"
    reasons = [
        why_not_now(),
        why_not_optimizer(spec.optimizer),
        why_not_loss(spec.loss),
        *map(why_not_callback, callbacks),
        "metrics are updated after every batch" if metrics else None,
    ]
    reason = next(filter(None, reasons), None)
    if reason is not None and engine == "xla":
        raise ValueError(
            f"engine='xla' cannot train this model because {reason}. Use "
            f"engine='keras', which is slower."
        )
    return reason


def _train_fused(
    network: NetworkSpec,
    spec: TrainingSpec,
    run: Run,
    hooks: Sequence[Hook],
    callbacks: Sequence[Any],
    verbose: int,
) -> TrainingResult:
    """Train by compiled blocks of steps, with Keras' callbacks and progress output."""
    with progress(verbose, run.first_epoch, spec.epochs) as shown:
        followers = [*hooks, *shown]
        if not callbacks:
            [result] = train(network, spec, [run], followers)
            return result
        model = build_model(network, run.parameters)
        optimizer = copy_of(spec.optimizer)
        compile_model(model, optimizer, spec.loss, None)
        if run.optimizer_state is not None:
            set_optimizer_state(optimizer, run.optimizer_state)
        keras_callbacks = KerasCallbacks(
            callbacks,
            model,
            epochs=run.first_epoch + spec.epochs,
            steps=-(-len(run.data.rows) // spec.batch_size),
        )
        [result] = train(network, spec, [run], [keras_callbacks, *followers])
        return keras_callbacks.finished(result)


def check_finite(result: TrainingResult, run: Run) -> None:
    """Raise TrainingDivergedError if the loss or a parameter is not finite."""
    epoch = result.diverged_epoch
    # The loss is computed before a step, so only the weights show the last step.
    if epoch is None and not all(np.isfinite(a).all() for a in result.parameters):
        epoch = result.n_epochs
    if epoch is not None:
        rate = "" if run.learning_rate is None else f", which is {run.learning_rate:g}"
        raise TrainingDivergedError(
            f"The loss was not finite in epoch {epoch}. Scale the "
            f"inputs (StandardScaler), or reduce the learning rate{rate}."
        )


def why_not_optimizer(optimizer: Any) -> str | None:
    """Return why the fused engine cannot use an optimizer, or None."""
    name = type(optimizer).__name__
    if type(optimizer) not in FUSABLE_OPTIMIZERS:
        return f"the optimizer {name} does not update each weight independently"
    for setting in ("use_ema", "gradient_accumulation_steps", "loss_scale_factor"):
        if getattr(optimizer, setting):
            return f"the optimizer {name} uses {setting}"
    if excluded_from_weight_decay(optimizer) is not None:
        return f"the optimizer {name} excludes variables from decay by their names"
    return None


def why_not_loss(loss: Any) -> str | None:
    """Return why the fused engine cannot use a loss, or None."""
    if not isinstance(loss, keras.losses.Loss):
        return "its loss is not a keras.losses.Loss"
    if loss.reduction not in ("sum_over_batch_size", "mean"):
        return f"its loss has reduction={loss.reduction!r}"
    return None


def why_not_callback(callback: Any) -> str | None:
    """Return why the fused engine cannot call a Keras callback, or None."""
    kind = type(callback)
    if kind in (keras.callbacks.TerminateOnNaN, keras.callbacks.History):
        return None  # the engine itself stops if a loss is not finite
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
            continue  # its default function, which does nothing
        return f"the callback {kind.__name__} is called for every batch"
    return None


def why_not_now() -> str | None:
    """Return why the fused engine cannot currently be used at all, or None."""
    if tf.config.functions_run_eagerly():
        return "TensorFlow is set to run functions eagerly"
    if tf.distribute.has_strategy():
        return "training is inside a tf.distribute strategy"
    return None
