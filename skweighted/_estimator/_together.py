"""Several prepared trainings in one call of the engine."""

from collections.abc import Hashable, Sequence
from dataclasses import replace

from skweighted._engine._callbacks import progress
from skweighted._engine._choice import (
    check_finite,
    why_not_loss,
    why_not_now,
    why_not_optimizer,
)
from skweighted._engine._loop import Pruner, train
from skweighted._engine._loss_data import structure
from skweighted._engine._optimizers import learning_rate_of
from skweighted._engine._optimizers import settings as optimizer_settings
from skweighted._engine._program import architecture
from skweighted._estimator._settings import Settings
from skweighted._estimator._train import (
    Prepared,
    Training,
    finished,
    spec_and_run,
    training_spec,
)


def why_not_together(settings: Settings) -> str | None:
    """Return why a network cannot be trained together with others, or None."""
    if settings.engine == "keras":
        return "engine='keras'"
    if settings.callbacks:
        return "callbacks are called between the epochs of each network"
    if settings.metrics:
        return "metrics are updated after every batch"
    if settings.verbose:
        return f"verbose={settings.verbose} prints the progress of each network"
    return why_not_now() or why_not_optimizer(settings.optimizer)


def why_not_this_loss(prepared: Prepared) -> str | None:
    """Return why the loss keeps a network from being trained together, or None."""
    return why_not_loss(prepared.problem.loss)


def group_of(prepared: Prepared) -> Hashable:
    """Return a key that is the same for trainings that one call can train.

    Rows, weights, seeds, initial parameters, input stages, learning rates, penalties,
    dropout rates above 0 and the data of the loss are not part of it.
    """
    settings, start, problem, epochs = prepared
    spec = training_spec(settings, problem, epochs)
    network = replace(start.network, inputs=())
    return (
        architecture(network.with_rates(l2=[0.0] * len(network.stages))),
        optimizer_settings(settings.optimizer),
        structure(problem.loss),
        (spec.batch_size, spec.epochs, spec.early_stopping),
        problem.rows.weight_shape,
    )


def train_together(
    group: Sequence[Prepared], *, pruner: Pruner | None = None
) -> list[Training | Exception]:
    """Train networks of one group for several classifiers.

    Parameters
    ----------
    group, pruner
        As in `train_group`.

    Returns
    -------
    list of Training or Exception
        An exception for each network that failed; the others are not affected.

    Raises
    ------
    KeyboardInterrupt
        If the user interrupted training.
    """
    try:
        trained = train_group(group, pruner=pruner)
    except Exception as error:
        # For instance, a score that is not defined on the validation rows of one. The
        # pruner compares a whole group, so it has no part in what comes next.
        if len(group) == 1:
            return [error]
        return [one for prepared in group for one in train_together([prepared])]
    if any(isinstance(one, Training) and one.interrupted for one in trained):
        raise KeyboardInterrupt
    return trained


def train_group(
    group: Sequence[Prepared], *, verbose: int = 0, pruner: Pruner | None = None
) -> list[Training | Exception]:
    """Train networks of one group.

    Parameters
    ----------
    group : sequence of Prepared
        All with the same `group_of`.
    verbose : int
        Whether to show progress, as in `CostSensitiveMLPClassifier`.
    pruner : callable ``(epoch, values) -> collection of int`` or None
        Returns the networks to stop after an epoch, as in the engine's `train`.

    Returns
    -------
    list of Training or Exception
        An exception for each network whose loss became infinite or NaN. Other errors
        are raised.
    """
    specs_and_runs = [spec_and_run(prepared) for prepared in group]
    runs = [
        replace(
            run,
            learning_rate=learning_rate_of(prepared.settings.optimizer),
            loss=prepared.problem.loss,
            l2=tuple(stage.l2 for stage in prepared.start.network.stages),
            dropout=tuple(stage.dropout for stage in prepared.start.network.stages),
            inputs=prepared.start.network.inputs,
        )
        for prepared, (_, run) in zip(group, specs_and_runs, strict=True)
    ]
    spec = specs_and_runs[0][0]
    with progress(verbose, runs[0].first_epoch, spec.epochs) as hooks:
        network = group[0].start.network
        results = train(network, spec, runs, hooks, pruner=pruner)
    trained: list[Training | Exception] = []
    for prepared, run, result in zip(group, runs, results, strict=True):
        try:
            check_finite(result, run)
            trained.append(finished(prepared, result, "xla"))
        except Exception as error:
            trained.append(error)
    return trained
