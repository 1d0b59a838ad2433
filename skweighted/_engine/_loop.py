"""Training by compiled blocks of steps: epochs, early stopping, hooks.

Networks with the same number of steps per epoch are trained together, each on its own
rows, in its own order, with its own learning rate. Each can stop at its own epoch.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np

from skweighted._engine._batches import Batches
from skweighted._engine._dropout import kept_units
from skweighted._engine._early_stopping import evaluation_of, watch_of
from skweighted._engine._forward import Evaluation
from skweighted._engine._loss_data import stacked_data
from skweighted._engine._optimizers import mixes_weights
from skweighted._engine._program import Block, PerNetwork, Program, Shape, program_for
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
from skweighted._tensorflow import keras, tf

# Larger blocks are no faster: the call takes 0.2 ms, and its steps take tens of ms.
BLOCK_BYTES = 2**22
MOST_STEPS = 1024

# A program for this many rows is used for every smaller data set.
LEAST_ROWS = 64


def train(
    network: NetworkSpec,
    spec: TrainingSpec,
    runs: Sequence[Run],
    hooks: Sequence[Hook] = (),
) -> list[TrainingResult]:
    """Train networks of one architecture together.

    Parameters
    ----------
    network : NetworkSpec
    spec : TrainingSpec
    runs : sequence of Run
        One run per network.
    hooks : sequence of Hook
        Called between the epochs of a single network; not supported for several.

    Returns
    -------
    list of TrainingResult
        In the order of `runs`.
    """
    groups: dict[Any, list[int]] = {}
    for number, run in enumerate(runs):
        n_steps = -(-len(run.data.rows) // spec.batch_size)
        # An optimizer has one step counter for all networks, so a network that resumes
        # earlier training is trained alone; so is one whose optimizer uses all weights
        # at once, because it would use those of all networks.
        alone = run.optimizer_state is not None or mixes_weights(spec.optimizer)
        groups.setdefault((n_steps, number if alone else None), []).append(number)
    results: dict[int, TrainingResult] = {}
    for numbers in groups.values():
        group = _Group(network, spec, [runs[number] for number in numbers], hooks)
        results |= zip(numbers, group.train(), strict=True)
    return [results[number] for number in range(len(runs))]


class _Group:
    """Networks in lockstep, with the same number of steps."""

    def __init__(
        self,
        network: NetworkSpec,
        spec: TrainingSpec,
        runs: Sequence[Run],
        hooks: Sequence[Hook],
    ) -> None:
        rates = [_rates_of(network, run) for run in runs]
        # Penalties and dropout are compiled where any of the networks has them.
        network = network.with_rates(*np.max(rates, axis=0).tolist())
        self._network, self._spec, self._runs, self._hooks = network, spec, runs, hooks
        self._batches = [
            (together, _batches(network, spec, runs[together]))
            for together in _with_same_rows(runs)
        ]
        self._n_steps = self._batches[0][1].n_steps
        self._program = self._find_program()
        self._state = _stacked_state(network, self._program, runs)
        self._numbers = _numbers_of(network, spec, runs, rates)
        self._dropout = [dropout for _, dropout in rates]
        self._watches = [watch_of(spec, run) for run in runs]
        self._evaluation = evaluation_of(network, spec, runs)
        # If nothing happens between epochs, a block can span several of them.
        self._by_epoch = bool(hooks) or any(self._watches)
        self._losses = np.zeros((len(runs), spec.epochs))
        self._watched: list[list[dict[str, float]]] = [[] for _ in runs]
        self._logs: list[dict[str, float]] = []
        self._n_epochs = [0] * len(runs)
        self._ended = [False] * len(runs)
        self._last: list[Snapshot | None] = [None] * len(runs)
        self._diverged: list[int | None] = [None] * len(runs)

    def _find_program(self) -> Program:
        """Return a program whose batches are large enough for every network."""
        most_rows = max(len(run.data.rows) for run in self._runs)
        n_rows = max(LEAST_ROWS, 1 << (most_rows - 1).bit_length())
        n_rows = min(self._spec.batch_size, n_rows)
        n_steps = _block_steps(self._network, len(self._runs), n_rows)
        shape = Shape(n_steps, len(self._runs), n_rows)
        return program_for(self._network, self._spec.optimizer, self._spec.loss, shape)

    def train(self) -> list[TrainingResult]:
        """Run all epochs, or stop early."""
        by_epoch = self._by_epoch
        interrupted = False
        try:
            # Rows are gathered while the previous block is running.
            with ThreadPoolExecutor(max_workers=1) as ahead:
                starts = self._block_starts(by_epoch)
                gathered: Future | None = ahead.submit(self._gather, *next(starts))
                while gathered is not None and not all(self._ended):
                    step, n_steps, block = gathered.result()
                    following = next(starts, None)
                    gathered = following and ahead.submit(self._gather, *following)
                    epoch, done = divmod(step, self._n_steps)
                    if by_epoch and done == 0:
                        self._begin_epoch(epoch)
                        if all(self._ended):
                            break
                    self._run_block(step, n_steps, block)
                    if by_epoch and done + n_steps == self._n_steps:
                        self._end_epoch(epoch)
        except KeyboardInterrupt:
            interrupted = True
        return [self._result(m, interrupted) for m in range(len(self._runs))]

    def _block_starts(self, by_epoch: bool) -> Iterator[tuple[int, int]]:
        """Yield the first step and the number of steps of every block."""
        total, most = self._spec.epochs * self._n_steps, self._program.shape.n_steps
        length = self._n_steps if by_epoch else total
        for start in range(0, total, length):
            for step in range(start, start + length, most):
                yield step, min(most, start + length - step)

    def _run_block(self, step: int, n_steps: int, block: Block) -> None:
        """Run some steps of every network, and record their losses."""
        self._state, losses = self._program.run(
            self._state,
            self._numbers,
            block,
            n_steps,
        )
        epochs = np.arange(step, step + n_steps) // self._n_steps
        n_rows = block.n_rows[:n_steps].astype(np.float64)
        for m, run in enumerate(self._runs):
            if self._ended[m]:
                continue
            # The mean over an epoch as in Keras: batches are weighted by their rows.
            shares = losses[:, m] * n_rows[:, m] / len(run.data.rows)
            np.add.at(self._losses[m], epochs, shares)
            bad = np.flatnonzero(~np.isfinite(losses[:, m]))
            if len(bad):
                self._diverged[m] = int(epochs[bad[0]]) + 1
                self._ended[m] = True
            elif not self._by_epoch:
                self._n_epochs[m] = (step + n_steps) // self._n_steps

    def _gather(self, step: int, n_steps: int) -> tuple[int, int, Block]:
        """Return the steps with a block that holds their batches."""
        network, shape = self._network, self._program.shape
        size = (shape.n_steps, shape.n_networks, shape.n_rows)
        block = Block(
            X=np.zeros((*size, network.n_features), network.dtype),
            target=np.zeros((*size, network.stages[-1].n_units), network.dtype),
            weight=np.zeros((*size, *self._runs[0].data.weight_shape), network.dtype),
            n_rows=np.ones(size[:2], network.dtype),
            kept=tuple(
                np.ones((*size, stage.n_units), bool)
                for stage in network.stages[:-1]
                if stage.dropout
            ),
        )
        for together, batches in self._batches:
            first = self._runs[together.start].first_epoch * self._n_steps + step
            batches.fill(first, *(part[:n_steps, together] for part in block[:4]))
        for m, run in enumerate(self._runs):
            seen = 0 if run.optimizer_state is None else int(run.optimizer_state[0])
            kept = kept_units(
                *(network, self._dropout[m], run.dropout_seeds),
                *(seen + step, n_steps, shape.n_rows),
            )
            for part, values in zip(block.kept, kept, strict=True):
                part[:n_steps, m] = values
        return step, n_steps, block

    def _begin_epoch(self, epoch: int) -> None:
        """Call the hooks at the beginning of an epoch."""
        for hook in self._hooks:
            self._obey(hook.begin_epoch(self._runs[0].first_epoch + epoch))

    def _end_epoch(self, epoch: int) -> None:
        """Score the validation rows, and call the hooks at the end of an epoch."""
        for m, ended in enumerate(self._ended):
            if not ended:
                self._n_epochs[m] = epoch + 1
        if self._evaluation is not None:
            self._watch(epoch, self._evaluation)
        if self._hooks and self._diverged[0] is None:
            self._ask_hooks(epoch)

    def _watch(self, epoch: int, evaluation: Evaluation) -> None:
        """Score the validation rows of all networks, and end those that are over."""
        n_parameters = 2 * len(self._network.stages)
        parameters = list(self._state[:n_parameters])
        watches = [(m, watch) for m, watch in enumerate(self._watches) if watch]
        if len(watches) < len(self._runs):
            which = [m for m, _ in watches]
            parameters = [tf.gather(values, which) for values in parameters]
        scores = evaluation.of(parameters)
        arrays = [values.numpy() for values in parameters]
        for number, ((m, watch), loss, outputs) in enumerate(
            zip(watches, *scores, strict=True)
        ):
            if self._ended[m]:
                continue
            seen, is_last = watch.look(
                self._runs[m].first_epoch + epoch,
                self._in_keras_shapes([values[number] for values in arrays]),
                loss,
                outputs,
            )
            self._watched[m].append(seen)
            if is_last:
                self._ended[m] = True
                self._last[m] = self._snapshot(m)

    def _ask_hooks(self, epoch: int) -> None:
        """Pass the losses of the epoch to the hooks, and apply their verdicts."""
        logs = {"loss": float(self._losses[0, epoch])}
        if self._watched[0]:
            logs |= self._watched[0][-1]
        for hook in self._hooks:
            number = self._runs[0].first_epoch + epoch
            self._obey(hook.end_epoch(number, logs, lambda: self._snapshot(0)))
        self._logs.append(logs)

    def _obey(self, verdict: Verdict) -> None:
        """Apply what a hook returned."""
        self._ended[0] = self._ended[0] or verdict.stop
        if verdict.learning_rate is not None:
            self._numbers.learning_rate[:] = verdict.learning_rate
        if verdict.parameters is not None:
            stacked = _stacked(self._network, [verdict.parameters])
            self._state = [*stacked, *self._state[len(stacked) :]]

    def _stacked_parameters(self, m: int) -> list[Any]:
        """Return the current parameters of one network, with a leading axis."""
        n_parameters = 2 * len(self._network.stages)
        return [values[m : m + 1] for values in self._state[:n_parameters]]

    def _snapshot(self, m: int) -> Snapshot:
        """Return the current state of one network, in Keras' shapes."""
        n_parameters = 2 * len(self._network.stages)
        optimizer = (np.array(values) for values in self._state[n_parameters:])
        return Snapshot(
            self._in_keras_shapes(self._stacked_parameters(m)),
            tuple(
                values[m : m + 1] if values.ndim == 3 else values
                for values in optimizer
            ),
        )

    def _in_keras_shapes(self, stacked: Sequence[Any]) -> tuple[np.ndarray, ...]:
        """Return stacked parameters of one network without their leading axis."""
        shapes = self._network.parameter_shapes
        return tuple(
            np.array(values).reshape(shape)
            for values, shape in zip(stacked, shapes, strict=True)
        )

    def _result(self, m: int, interrupted: bool) -> TrainingResult:
        """Return the result of one network."""
        watch, n_epochs = self._watches[m], self._n_epochs[m]
        # A network that stopped earlier was computed further with the others.
        parameters, optimizer_state = self._last[m] or self._snapshot(m)
        best_epoch = self._runs[m].first_epoch + n_epochs
        if watch is not None and watch.best is not None:
            parameters, best_epoch = watch.best, watch.best_epoch + 1
        history = {"loss": self._losses[m, :n_epochs].tolist()}
        history |= history_of(self._watched[m][:n_epochs])
        return TrainingResult(
            parameters=parameters,
            optimizer_state=optimizer_state,
            history=history_of(self._logs) | history,
            n_epochs=n_epochs,
            best_epoch=best_epoch,
            diverged_epoch=self._diverged[m],
            interrupted=interrupted,
        )


def _rates_of(network: NetworkSpec, run: Run) -> list[list[float]]:
    """Return the penalties and the dropout rates of the stages of a run."""
    stages = network.with_rates(run.l2, run.dropout).stages
    return [[stage.l2 for stage in stages], [stage.dropout for stage in stages]]


def _numbers_of(
    network: NetworkSpec,
    spec: TrainingSpec,
    runs: Sequence[Run],
    rates: Sequence[Sequence[Sequence[float]]],
) -> PerNetwork:
    """Return the numbers of the networks of a group, in the precision of Keras."""
    l2, dropout = (np.transpose(values) for values in zip(*rates, strict=True))
    learning_rate = np.array([run.learning_rate or 0.0 for run in runs])
    losses = [run.loss or spec.loss for run in runs]
    floatx = keras.config.floatx()
    return PerNetwork(
        learning_rate=learning_rate[:, np.newaxis, np.newaxis].astype(floatx),
        # Rounded like the factor of an L2 penalty in Keras, in any precision.
        l2=l2.astype(floatx).astype(network.dtype),
        scale=(1 / (1 - dropout))[..., np.newaxis, np.newaxis].astype(network.dtype),
        loss_data=stacked_data(losses, network.dtype),
    )


def _with_same_rows(runs: Sequence[Run]) -> list[slice]:
    """Return slices of the runs whose rows and orders are the same.

    In a search, all candidates of a fold have the same rows, which are gathered once.
    """
    starts = [
        number
        for number, run in enumerate(runs)
        if number == 0 or not _has_same_rows(run, runs[number - 1])
    ]
    return [slice(*pair) for pair in pairwise([*starts, len(runs)])]


def _has_same_rows(run: Run, other: Run) -> bool:
    """Return whether two runs use the same rows in the same order."""
    one, two = run.data, other.data
    return (
        one.X is two.X
        and run.first_epoch == other.first_epoch
        and _key(run.shuffle_seed) == _key(other.shuffle_seed)
        and (one.class_weight is None) == (two.class_weight is None)
        and np.array_equal(one.rows, two.rows)
        and np.array_equal(one.target, two.target)
    )


def _key(seed: np.random.SeedSequence | None) -> Any:
    """Return what a seed sequence draws from."""
    return None if seed is None else (seed.entropy, seed.spawn_key)


def _batches(network: NetworkSpec, spec: TrainingSpec, runs: Sequence[Run]) -> Batches:
    """Return the batches of runs with the same rows."""
    first, *others = runs
    return Batches(
        first.data,
        spec.batch_size,
        network.dtype,
        first.shuffle_seed,
        [run.data for run in others],
    )


def _block_steps(network: NetworkSpec, n_networks: int, n_rows: int) -> int:
    """Return how many steps fit into a block."""
    widths = network.n_features + network.stages[-1].n_units + 1
    dropped = sum(stage.n_units for stage in network.stages if stage.dropout)
    row_bytes = widths * np.dtype(network.dtype).itemsize + dropped
    return int(np.clip(BLOCK_BYTES // (n_networks * n_rows * row_bytes), 1, MOST_STEPS))


def _stacked(
    network: NetworkSpec, parameters: Sequence[Sequence[np.ndarray]]
) -> list[np.ndarray]:
    """Return the parameters of networks stacked on a leading axis, biases as rows."""
    return [
        np.stack([np.atleast_2d(array) for array in arrays]).astype(network.dtype)
        for arrays in zip(*parameters, strict=True)
    ]


def _stacked_state(
    network: NetworkSpec, program: Program, runs: Sequence[Run]
) -> list[Any]:
    """Return the initial state of the networks."""
    optimizer_state = program.fresh_optimizer_state()
    if runs[0].optimizer_state is not None:  # such a run is alone
        optimizer_state = [
            np.reshape(values, fresh.shape)
            for values, fresh in zip(
                runs[0].optimizer_state, optimizer_state, strict=True
            )
        ]
    return [*_stacked(network, [run.parameters for run in runs]), *optimizer_state]
