"""Training by compiled blocks of steps: groups of networks, hooks, pruning.

Networks with the same number of steps per epoch form a `Group`, which one program
trains.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np

from skweighted._engine._group import Group
from skweighted._engine._optimizers import mixes_weights
from skweighted._engine._spec import (
    Hook,
    NetworkSpec,
    Run,
    Snapshot,
    TrainingResult,
    TrainingSpec,
    Verdict,
    history_of,
)

Pruner = Callable[[int, Mapping[int, float]], Collection[int]]


def train(
    network: NetworkSpec,
    spec: TrainingSpec,
    runs: Sequence[Run],
    hooks: Sequence[Hook] = (),
    *,
    pruner: Pruner | None = None,
) -> list[TrainingResult]:
    """Train networks of one architecture together.

    Parameters
    ----------
    network : NetworkSpec
    spec : TrainingSpec
    runs : sequence of Run
        One run per network.
    hooks : sequence of Hook
        Called between the epochs. With several networks, they get the mean losses of
        those that trained in the epoch, their verdicts apply to all networks, and they
        can neither take snapshots nor change parameters.
    pruner : callable ``(epoch, values) -> collection of int`` or None
        Called after each epoch, counted from 0; returns the networks to stop. `values`
        has the best value so far that early stopping has seen of each network that is
        still trained, by its index in `runs`; lower is better. It is infinite before
        the first epoch of early stopping.

    Returns
    -------
    list of TrainingResult
        In the order of `runs`.
    """
    by_epoch = bool(hooks) or pruner is not None
    groups = [
        Group(network, spec, {number: runs[number] for number in numbers}, by_epoch)
        for numbers in _grouped(spec, runs)
    ]
    logs: list[dict[str, float]] = []
    interrupted = False
    try:
        # Rows are gathered while the previous block is running.
        with ThreadPoolExecutor(max_workers=1) as ahead:
            if by_epoch:
                _train_in_turn(groups, spec, runs, hooks, pruner, ahead, logs)
            else:
                for group in groups:
                    for _ in group.epochs(ahead):
                        pass
    except KeyboardInterrupt:
        interrupted = True
    results: dict[int, TrainingResult] = {}
    for group in groups:
        results |= group.results(interrupted)
    if len(runs) == 1:
        history = history_of(logs) | results[0].history
        return [replace(results[0], history=history)]
    return [results[number] for number in range(len(runs))]


def _grouped(spec: TrainingSpec, runs: Sequence[Run]) -> list[list[int]]:
    """Return the numbers of the runs that one program trains."""
    groups: dict[Any, list[int]] = {}
    for number, run in enumerate(runs):
        n_steps = -(-len(run.data.rows) // spec.batch_size)
        # An optimizer has one step counter for all networks, so a network that resumes
        # earlier training is trained alone; so is one whose optimizer uses all weights
        # at once, because it would use those of all networks.
        alone = run.optimizer_state is not None or mixes_weights(spec.optimizer)
        groups.setdefault((n_steps, number if alone else None), []).append(number)
    return list(groups.values())


def _train_in_turn(
    groups: Sequence[Group],
    spec: TrainingSpec,
    runs: Sequence[Run],
    hooks: Sequence[Hook],
    pruner: Pruner | None,
    ahead: ThreadPoolExecutor,
    logs: list[dict[str, float]],
) -> None:
    """Train an epoch of every group, call hooks and pruner, then the next epoch."""
    trainings = [group.epochs(ahead) for group in groups]

    def snapshot() -> Snapshot:
        [number] = range(len(runs))
        return groups[0].snapshot(number)

    for epoch in range(spec.epochs):
        number = runs[0].first_epoch + epoch
        if _obey(groups, (hook.begin_epoch(number) for hook in hooks)):
            return
        for training in trainings:
            next(training, None)
        seen = [one for group in groups for one in group.logs_of(epoch)]
        if not seen:  # all have diverged
            return
        means = _means(seen)
        stops = _obey(
            groups, (hook.end_epoch(number, means, snapshot) for hook in hooks)
        )
        if hooks:
            logs.append(means)
        if pruner is not None:
            values: dict[int, float] = {}
            for group in groups:
                values |= group.best_values()
            pruned = set(pruner(epoch, values))
            for group in groups:
                group.prune(pruned)
        if stops or all(group.is_over for group in groups):
            return


def _obey(groups: Sequence[Group], verdicts: Iterable[Verdict]) -> bool:
    """Apply what hooks return; return whether one of them stops the training."""
    stops = False
    for verdict in verdicts:
        stops = stops or verdict.stop
        for group in groups:
            group.obey(verdict)
    return stops


def _means(logs: Sequence[dict[str, float]]) -> dict[str, float]:
    """Return the mean of each value over the networks that have it."""
    names = dict.fromkeys(name for one in logs for name in one)
    return {
        name: float(np.mean([one[name] for one in logs if name in one]))
        for name in names
    }
