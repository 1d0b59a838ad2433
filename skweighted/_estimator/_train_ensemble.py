"""From prepared networks to a trained ensemble."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from skweighted._engine._spec import Hook
from skweighted._estimator._bins import with_bins
from skweighted._estimator._ensemble import TrainedEnsemble
from skweighted._estimator._loss import distortion_of
from skweighted._estimator._out_of_fold import check_uses, with_out_of_fold
from skweighted._estimator._problem import (
    Problem,
    Share,
    Task,
    check_validation,
    make_problem,
)
from skweighted._estimator._settings import Settings
from skweighted._estimator._shares import number_of_folds, shares
from skweighted._estimator._start import Start
from skweighted._estimator._together import (
    train_group,
    why_not_this_loss,
    why_not_together,
)
from skweighted._estimator._train import Prepared, Training, train

# Reduced batch sizes are multiples of this, since each is a program to compile.
_ROUND_ROWS = 64


class PreparedEnsemble(NamedTuple):
    """The networks of a fit before their training.

    Attributes
    ----------
    networks : list of Prepared
    task : Task
    shares : list of Share
        The rows of each network.
    seeds : list
        The `random_state` of each network.
    """

    networks: list[Prepared]
    task: Task
    shares: list[Share]
    seeds: list[Any]

    @property
    def settings(self) -> Settings:
        """The settings of all networks."""
        return self.networks[0].settings


class EnsembleTraining(NamedTuple):
    """The outcome of training an ensemble.

    Attributes
    ----------
    ensemble : TrainedEnsemble or None
        None if it was interrupted before the end of the first epoch.
    engine : str
        "xla", or "keras" and why.
    interrupted : str or None
        What was finished when the user interrupted training: "3 of 10 epochs".
    """

    ensemble: TrainedEnsemble | None
    engine: str
    interrupted: str | None


def prepared_ensemble(
    settings: Settings,
    starts: Sequence[Start],
    seeds: Sequence[Any],
    task: Task,
    epochs: int,
) -> PreparedEnsemble:
    """Return networks that are ready for training.

    Parameters
    ----------
    settings : Settings
    starts : sequence of Start
        One per network.
    seeds : sequence
        The `random_state` of each network.
    task : Task
    epochs : int

    Raises
    ------
    ValueError
        If the rows cannot be divided among the networks.
    """
    if settings.folds_if_possible and number_of_folds(settings, task) < 2:
        stops = settings.early_stopping and task.validation is not None
        settings = replace(settings, ensemble="seeds", early_stopping=stops)
    _check_ensemble(settings, task)
    check_uses(settings, task)
    parts = shares(settings, task, [start.split_seed for start in starts])
    if settings.reduces_batch_size:
        n_rows = max(len(part.rows) for part in parts)
        settings = replace(settings, batch_size=_reduced(settings.batch_size, n_rows))
    problems: list[Problem] = []
    for start, part in zip(starts, parts, strict=True):
        problem = make_problem(settings, task, part, epochs, start.totals)
        # Folds hold out some rows of each class that has several. Together they use
        # every row, so few rows in one of them are no reason for a warning.
        if settings.ensemble != "folds":
            check_validation(problem, warn=not problems)
        elif task.validation is not None and not task.targets.is_multilabel:
            check_validation(problem, warn=False)
        problems.append(problem)
    starts = with_bins(starts, [problem.rows for problem in problems])
    networks = [
        Prepared(settings, start, problem, epochs)
        for start, problem in zip(starts, problems, strict=True)
    ]
    return PreparedEnsemble(networks, task, parts, list(seeds))


def _check_ensemble(settings: Settings, task: Task) -> None:
    """Raise ValueError if the task does not allow the kind of ensemble."""
    if settings.ensemble == "folds" and settings.n_networks == 1:
        raise ValueError(
            "ensemble='folds' needs at least two networks. Got n_networks=1. Use a "
            "larger n_networks, or ensemble='seeds', which supports neither threshold "
            "nor calibration."
        )
    if settings.ensemble == "balanced" and task.targets.is_multilabel:
        raise ValueError(
            "ensemble='balanced' needs mutually exclusive classes, and y is "
            "multilabel. Use ensemble='bootstrap'."
        )
    if settings.ensemble == "balanced" and distortion_of(task.loss).minimizes_cost:
        raise ValueError(
            "ensemble='balanced' needs a loss whose effect on probabilities can be "
            "undone, because decisions depend on the real class frequencies. Use "
            "loss='cross_entropy' with cost_matrix."
        )


def _reduced(batch_size: int, n_rows: int) -> int:
    """Return the smallest multiple of 64 that needs no more steps in an epoch.

    A program computes every batch with the rows of the largest: with batches of 256 and
    21 rows, 277 rows would take as long as 512.
    """
    n_steps = math.ceil(n_rows / batch_size)
    return math.ceil(n_rows / n_steps / _ROUND_ROWS) * _ROUND_ROWS


def train_ensemble(
    prepared: PreparedEnsemble, hooks: Sequence[Hook], done: list[Training]
) -> EnsembleTraining:
    """Train the networks of an ensemble: together if possible, else one by one.

    Parameters
    ----------
    prepared : PreparedEnsemble
    hooks : sequence of Hook
        Called between the epochs. With hooks, several networks are trained one by one.
    done : list of Training
        Networks that are trained one by one are appended to it.
    """
    networks, settings = prepared.networks, prepared.settings
    reason = why_not_together(replace(settings, verbose=0))
    reason = reason or why_not_this_loss(networks[0])
    if len(networks) > 1 and not hooks and reason is None:
        for training in train_group(networks, verbose=settings.verbose):
            if isinstance(training, Exception):
                raise training
            done.append(training)
    else:
        for one in networks:
            done.append(train(one, hooks))
            if done[-1].interrupted:
                break
    return assembled(prepared, done)


def assembled(
    prepared: PreparedEnsemble, trainings: Sequence[Training]
) -> EnsembleTraining:
    """Return the ensemble of trained networks, and what is fitted to its folds."""
    settings, task = prepared.settings, prepared.task
    each = list(zip(trainings, prepared.seeds, prepared.shares, strict=False))
    finished = [(one.network, seed, share) for one, seed, share in each if one.n_epochs]
    interrupted = None
    if any(training.interrupted for training in trainings):
        n_epochs = min(training.n_epochs for training in trainings)
        interrupted = f"{n_epochs} of {prepared.networks[0].epochs} epochs"
        if len(finished) < len(prepared.networks):
            interrupted = f"{len(finished)} of {len(prepared.networks)} networks"
    engine = trainings[0].engine
    if not finished:
        return EnsembleTraining(None, engine, interrupted)
    networks, seeds, parts = zip(*finished, strict=True)
    ensemble = TrainedEnsemble(networks, task.class_weight, seeds)
    if settings.ensemble == "folds":
        ensemble = with_out_of_fold(ensemble, settings, task, parts)
    return EnsembleTraining(ensemble, engine, interrupted)
