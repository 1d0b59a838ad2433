"""Training by compiled blocks of steps: groups of networks, hooks, pruning.

Networks with the same number of steps per epoch form a `Group`, which one program
trains. Groups are trained side by side, one per core.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import replace
from threading import Event
from typing import Any, Self

import numpy as np

from skweighted._cores import n_cores
from skweighted._engine._group import Group
from skweighted._engine._optimizers import mixes_weights
from skweighted._engine._spec import (
    Hook,
    InputStage,
    NetworkSpec,
    Run,
    Snapshot,
    TrainingResult,
    TrainingSpec,
    Verdict,
    history_of,
)

Pruner = Callable[[int, Mapping[int, float]], Collection[int]]

# A program keeps little more than one core busy, so a group of this many networks is
# divided if it has more than half of all. The number of cores has no part in it, as the
# last bits depend on the group.
LEAST_DIVIDED = 4


def train(
    network: NetworkSpec,
    spec: TrainingSpec,
    runs: Sequence[Run],
    hooks: Sequence[Hook] = (),
    *,
    pruner: Pruner | None = None,
) -> list[TrainingResult]:
    """Train networks together that differ in input stages, weights and numbers at most.

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
        Group(
            network if inputs is None else replace(network, inputs=inputs),
            spec,
            {number: runs[number] for number in numbers},
            by_epoch,
        )
        for inputs, numbers in _grouped(spec, runs)
    ]
    logs: list[dict[str, float]] = []
    interrupted = False
    try:
        with _SideBySide(len(groups)) as workers:
            if by_epoch:
                _train_in_turn(groups, spec, runs, hooks, pruner, workers, logs)
            else:
                trainings = [workers.epochs_of(group) for group in groups]
                workers.each(_finish, trainings)
    except KeyboardInterrupt:
        interrupted = True
    results: dict[int, TrainingResult] = {}
    for group in groups:
        results |= group.results(interrupted)
    if len(runs) == 1:
        history = history_of(logs) | results[0].history
        return [replace(results[0], history=history)]
    return [results[number] for number in range(len(runs))]


class _SideBySide:
    """Threads that train groups at the same time, and threads that gather their rows.

    An exception in any of them ends all, as Ctrl-C does.
    """

    def __init__(self, n_groups: int) -> None:
        self._n_threads = min(n_groups, n_cores())
        self._stop = Event()

    def __enter__(self) -> Self:
        # Rows are gathered while the previous block is running.
        self._ahead = ThreadPoolExecutor(self._n_threads)
        self._threads = ThreadPoolExecutor(self._n_threads)
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._threads.shutdown(cancel_futures=True)
        self._ahead.shutdown()

    def epochs_of(self, group: Group) -> Iterator[int]:
        """Return the epochs of a group, which end where the others fail."""
        return group.epochs(self._ahead, self._stop)

    def each(
        self, function: Callable[[Iterator[int]], Any], trainings: Sequence[Any]
    ) -> None:
        """Call a function with each training, in this thread if there is only one."""
        if self._n_threads == 1:
            for training in trainings:
                function(training)
            return
        futures = [self._threads.submit(function, one) for one in trainings]
        done, _ = wait(futures, return_when=FIRST_EXCEPTION)
        for future in done:
            future.result()


def _finish(training: Iterator[int]) -> None:
    """Train to the end."""
    deque(training, maxlen=0)


def _next_epoch(training: Iterator[int]) -> None:
    """Train one epoch, if any is left."""
    next(training, None)


def _grouped(
    spec: TrainingSpec, runs: Sequence[Run]
) -> list[tuple[tuple[InputStage, ...] | None, list[int]]]:
    """Return input stages and the numbers of the runs that one program trains."""
    groups: dict[Any, list[int]] = {}
    for number, run in enumerate(runs):
        n_steps = -(-len(run.data.rows) // spec.batch_size)
        # An optimizer has one step counter for all networks, so a network that resumes
        # earlier training is trained alone; so is one whose optimizer uses all weights
        # at once, because it would use those of all networks.
        alone = run.optimizer_state is not None or mixes_weights(spec.optimizer)
        key = (run.inputs, n_steps, number if alone else None)
        groups.setdefault(key, []).append(number)
    divided = []
    for (inputs, *_), numbers in groups.items():
        half = -(-len(numbers) // 2)
        if len(numbers) < LEAST_DIVIDED or 2 * len(numbers) <= len(runs):
            divided.append((inputs, numbers))
        else:
            divided += [(inputs, numbers[:half]), (inputs, numbers[half:])]
    return divided


def _train_in_turn(
    groups: Sequence[Group],
    spec: TrainingSpec,
    runs: Sequence[Run],
    hooks: Sequence[Hook],
    pruner: Pruner | None,
    workers: _SideBySide,
    logs: list[dict[str, float]],
) -> None:
    """Train an epoch of every group, call hooks and pruner, then the next epoch."""
    trainings = [workers.epochs_of(group) for group in groups]

    def snapshot() -> Snapshot:
        [number] = range(len(runs))
        return groups[0].snapshot(number)

    for epoch in range(spec.epochs):
        number = runs[0].first_epoch + epoch
        if _obey(groups, (hook.begin_epoch(number) for hook in hooks)):
            return
        workers.each(_next_epoch, trainings)
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
