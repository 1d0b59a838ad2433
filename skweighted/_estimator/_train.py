"""From a start and a problem to a trained network."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.special import entr
from sklearn.exceptions import ConvergenceWarning

from skweighted._engine._choice import train_network
from skweighted._engine._mean_loss import mean_loss
from skweighted._engine._optimizers import learning_rate_of
from skweighted._engine._spec import (
    EarlyStopping,
    Hook,
    Run,
    TrainingResult,
    TrainingSpec,
)
from skweighted._estimator._loss import (
    correction_of,
    initial_bias,
    is_plain_cross_entropy,
)
from skweighted._estimator._monitor import monitor_name, score_of
from skweighted._estimator._problem import Problem
from skweighted._estimator._settings import Settings
from skweighted._estimator._start import Start, optimizer_id
from skweighted._estimator._trained import TrainedNetwork
from skweighted._warnings import warn_user

# A loss of so many times that of equal probabilities for all classes causes a warning.
# Networks that have merely not learned yet stay below it.
_WORST_LOSS = 10.0


class Prepared(NamedTuple):
    """A training before it begins.

    Attributes
    ----------
    settings : Settings
    start : Start
        Where training begins.
    problem : Problem
        What to train on.
    epochs : int
    """

    settings: Settings
    start: Start
    problem: Problem
    epochs: int


class Training(NamedTuple):
    """The outcome of training one network.

    Attributes
    ----------
    network : TrainedNetwork
    engine : str
        "xla", or "keras" and why.
    n_epochs : int
        Finished epochs.
    interrupted : bool
        Whether the user stopped it.
    """

    network: TrainedNetwork
    engine: str
    n_epochs: int
    interrupted: bool


def train(prepared: Prepared, hooks: Sequence[Hook] = ()) -> Training:
    """Train a network.

    Parameters
    ----------
    prepared : Prepared
    hooks : sequence of Hook
        Called between the epochs.

    Returns
    -------
    Training

    Raises
    ------
    ValueError
        If a callback monitors validation rows and there are none.
    TrainingDivergedError
        If the loss becomes infinite or NaN.

    Warns
    -----
    ConvergenceWarning
        If the final loss is far above that of the class shares alone.
    """
    settings, start, problem, _ = prepared
    _check_callbacks(settings, problem)
    spec, run = spec_and_run(prepared)
    result, engine = train_network(
        start.network,
        spec,
        run,
        hooks,
        engine=settings.engine,
        callbacks=settings.callbacks,
        metrics=settings.metrics,
        verbose=settings.verbose,
    )
    return finished(prepared, result, engine)


def spec_and_run(prepared: Prepared) -> tuple[TrainingSpec, Run]:
    """Return how to train, and on what."""
    settings, start, problem, epochs = prepared
    score = score_of(settings, problem, untrained_network(settings, start, problem))
    return (
        training_spec(settings, problem, epochs),
        _run(settings, start, problem, score),
    )


def finished(prepared: Prepared, result: TrainingResult, engine: str) -> Training:
    """Return the outcome of a training; warn if its loss is far too high."""
    settings, start, problem, _ = prepared
    _warn_if_worse_than_shares(settings, start, problem, result)
    network = _trained_network(settings, start, problem, result)
    return Training(network, engine, result.n_epochs, result.interrupted)


def untrained_network(
    settings: Settings, start: Start, problem: Problem
) -> TrainedNetwork:
    """Return the network of a start, for predictions during its training."""
    result = TrainingResult(start.parameters, (), {}, 0, 0)
    return _trained_network(settings, start, problem, result)


def _check_callbacks(settings: Settings, problem: Problem) -> None:
    """Raise ValueError if a callback monitors validation rows that do not exist."""
    if problem.validation is not None:
        return
    for callback in settings.callbacks:
        monitor = getattr(callback, "monitor", None)
        # A checkpoint of every epoch has a monitor that it does not use.
        uses_it = getattr(callback, "save_best_only", True)
        if uses_it and isinstance(monitor, str) and monitor.startswith("val_"):
            raise ValueError(
                f"The callback {type(callback).__name__} monitors {monitor!r}, and "
                f"there are no validation rows. Use early_stopping=True, which holds "
                f"some out and stops by itself, or monitor='loss' in the callback."
            )


def _warn_if_worse_than_shares(
    settings: Settings, start: Start, problem: Problem, result: TrainingResult
) -> None:
    """Warn if the cross-entropy is far above that of the class shares alone."""
    if not result.n_epochs or not is_plain_cross_entropy(problem.loss):
        return
    shares = problem.totals.counts * problem.rows.class_weight
    shares = shares / shares.sum(axis=-1, keepdims=True)
    worst = _WORST_LOSS * np.log(shares.shape[-1])
    # The curve has the penalty and the weights in it, so it only raises a suspicion.
    if result.history["loss"][-1] < worst:
        return
    loss = mean_loss(start.network, problem.loss, result.parameters, problem.rows)
    if loss > worst:
        rate = learning_rate_of(settings.optimizer)
        which = "" if rate is None else f", which is {rate:g}"
        warn_user(
            f"The loss of the trained network on the training rows is {loss:.3g}, far "
            f"above the {float(entr(shares).sum(axis=-1).mean()):.3g} of predicting "
            f"the class shares for every row. Scale the inputs (StandardScaler), or "
            f"lower the learning rate{which}.",
            ConvergenceWarning,
        )


def training_spec(settings: Settings, problem: Problem, epochs: int) -> TrainingSpec:
    """Return the specification of how to train."""
    stopping = EarlyStopping(
        settings.n_iter_no_change,
        settings.tol,
        monitor_name(settings.monitor),
        greater_is_better=settings.monitor not in ("loss", "log_loss"),
        first_epoch=problem.rows.class_weight_epoch,
    )
    return TrainingSpec(
        optimizer=settings.optimizer,
        loss=problem.loss,
        batch_size=settings.batch_size,
        epochs=epochs,
        early_stopping=stopping if settings.early_stopping else None,
    )


def _run(settings: Settings, start: Start, problem: Problem, score: Any) -> Run:
    """Return the run: its data, initial state and seeds."""
    parameters = start.parameters
    if start.is_new and settings.init_bias == "prior":
        bias = initial_bias(
            problem.loss, problem.totals.counts, problem.first_class_weight
        )
        # Of the last stage, which each member may have.
        bias = np.broadcast_to(bias, parameters[-1].shape)
        parameters = (*parameters[:-1], bias.astype(start.network.dtype))
    # The state is kept only if the optimizer is that of the last call.
    is_same = start.optimizer_id == optimizer_id(settings.optimizer)
    return Run(
        data=problem.rows,
        parameters=parameters,
        shuffle_seed=start.shuffle_seed if settings.shuffle else None,
        dropout_seeds=start.dropout_seeds,
        validation=problem.validation,
        score=score,
        optimizer_state=start.optimizer_state if is_same else None,
        first_epoch=start.first_epoch,
        schedule=settings.schedule,
    )


def _trained_network(
    settings: Settings, start: Start, problem: Problem, result: TrainingResult
) -> TrainedNetwork:
    """Return the network that training has made from a start."""
    history = {
        name: [*start.history.get(name, []), *values]
        for name, values in result.history.items()
    }
    return TrainedNetwork(
        network=start.network,
        targets=start.targets,
        parameters=result.parameters,
        loss=problem.loss,
        correction=correction_of(problem.loss),
        class_weight=problem.class_weight,
        costs=problem.costs,
        shuffle_seed=start.shuffle_seed,
        split_seed=start.split_seed,
        dropout_seeds=start.dropout_seeds,
        optimizer_id=optimizer_id(settings.optimizer),
        optimizer_state=result.optimizer_state,
        totals=problem.totals,
        sampling=problem.sampling,
        history=history,
        best_epoch=result.best_epoch,
        of_inputs=settings.of_inputs,
    )
