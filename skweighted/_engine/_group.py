"""Networks in lockstep: one program trains them, each on its own rows.

Each has its own order of rows, learning rate and other numbers, and can end at its own
epoch.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Any

import numpy as np

from skweighted._engine._batches import batches_of, with_same_rows
from skweighted._engine._dropout import bits_of, n_groups, thresholds
from skweighted._engine._early_stopping import validation_losses_of, watch_of
from skweighted._engine._loss_data import stacked_data
from skweighted._engine._network import as_matrix, rows_last
from skweighted._engine._program import Block, PerNetwork, Program, Shape, program_for
from skweighted._engine._schedules import factors
from skweighted._engine._spec import (
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

# Networks that have ended leave the program if this saves more than the time to compile
# another one. The time is estimated, because results must not depend on a clock.
COMPILE_SECONDS = 0.5  # per stage
STEP_SECONDS = 1.5e-6
WEIGHT_SECONDS = 1e-10  # per weight and row of a step


class Group:
    """Networks that are trained together.

    Parameters
    ----------
    network : NetworkSpec
    spec : TrainingSpec
    runs : mapping of int to Run
        By the number of the network. All have the same number of steps per epoch.
    by_epoch : bool
        Whether anything but early stopping happens between epochs.
    """

    def __init__(
        self,
        network: NetworkSpec,
        spec: TrainingSpec,
        runs: Mapping[int, Run],
        by_epoch: bool,
    ) -> None:
        rates = [_rates_of(network, run) for run in runs.values()]
        # Penalties and dropout are compiled where any of the networks has them.
        network = network.with_rates(*np.max(rates, axis=0).tolist())
        self._network, self._spec = network, spec
        self._trainees = {
            number: _Trainee(run, spec, dropout)
            for (number, run), (_, dropout) in zip(runs.items(), rates, strict=True)
        }
        watched = any(trainee.watch for trainee in self._trainees.values())
        # If nothing happens between epochs, a block can span several of them.
        self._by_epoch = by_epoch or watched
        self._numbers = _numbers_of(network, spec, list(runs.values()), rates)
        self._use(list(self._trainees.values()))
        self._n_steps = self._batches[0][1].n_steps
        self._state = _stacked_state(network, self._program, list(runs.values()))

    @property
    def is_over(self) -> bool:
        """Whether all networks have ended."""
        return all(trainee.last for trainee in self._trainees.values())

    def epochs(self, ahead: ThreadPoolExecutor, stop: Event) -> Iterator[int]:
        """Train, and yield the number of each epoch after it, from 0.

        Only the end is seen if nothing happens between epochs.

        Parameters
        ----------
        ahead : ThreadPoolExecutor
            Gathers the rows of the next block.
        stop : Event
            Ends the training before the next block, once it is set.
        """
        epoch = 0
        while epoch < self._spec.epochs:
            program = self._program
            for step, n_steps, block in self._blocks(epoch, ahead):
                if stop.is_set():
                    return
                self._run_block(step, n_steps, block)
                if self._by_epoch and (step + n_steps) % self._n_steps == 0:
                    self._end_epoch(epoch)
                    yield epoch
                    epoch += 1
                    self._shrink(epoch)
                if self.is_over:
                    return
                if self._program is not program:
                    break  # the next block is gathered for another number of networks
            else:
                return

    def logs_of(self, epoch: int) -> list[dict[str, float]]:
        """Return the losses and scores of the networks that finished an epoch."""
        return [
            {"loss": float(trainee.losses[epoch])}
            | (trainee.watched[-1] if trainee.watched else {})
            for trainee in self._trainees.values()
            if trainee.n_epochs == epoch + 1
        ]

    def obey(self, verdict: Verdict) -> None:
        """Apply what a hook returned, except for the end of training."""
        if verdict.learning_rate is not None:
            self._numbers.learning_rate[:] = verdict.learning_rate
        if verdict.parameters is not None:
            stacked = _stacked(self._network, [verdict.parameters])
            self._state = [*stacked, *self._state[len(stacked) :]]

    def best_values(self) -> dict[int, float]:
        """Return the best watched value of each network that has not ended."""
        return {
            number: trainee.watch.best_value
            for number, trainee in self._trainees.items()
            if trainee.watch is not None and trainee.last is None
        }

    def prune(self, numbers: Collection[int]) -> None:
        """End some networks; numbers of other groups are ignored."""
        for number, trainee in self._trainees.items():
            if number in numbers and trainee.last is None:
                trainee.pruned = True
                trainee.last = self.snapshot(number)

    def snapshot(self, number: int) -> Snapshot:
        """Return the current state of one network, in Keras' shapes."""
        trainee = self._trainees[number]
        if trainee.last is not None:
            return trainee.last
        m = self._slots.index(trainee)
        mine = [
            np.array(values[m : m + 1] if len(values.shape) == 3 else values)
            for values in self._state
        ]
        n_parameters = len(self._network.parameter_shapes)
        return Snapshot(
            self._in_keras_shapes(mine[:n_parameters]), tuple(mine[n_parameters:])
        )

    def results(self, interrupted: bool) -> dict[int, TrainingResult]:
        """Return the result of each network."""
        return {
            number: trainee.result(self.snapshot(number), interrupted)
            for number, trainee in self._trainees.items()
        }

    def _use(self, slots: Sequence["_Trainee"]) -> None:
        """Find program, batches and validation losses for these networks."""
        self._slots = slots
        runs = [trainee.run for trainee in slots]
        self._program = self._find_program()
        self._batches = [
            (together, batches_of(self._network, self._spec, runs[together]))
            for together in with_same_rows(runs)
        ]
        self._validation_losses = validation_losses_of(self._network, self._spec, runs)

    def _find_program(self) -> Program:
        """Return a program whose batches are large enough for every network."""
        most_rows = max(len(one.run.data.rows) for one in self._trainees.values())
        n_rows = max(LEAST_ROWS, 1 << (most_rows - 1).bit_length())
        n_rows = min(self._spec.batch_size, n_rows)
        n_steps = _block_steps(self._network, len(self._slots), n_rows)
        is_scheduled = any(one.run.schedule for one in self._trainees.values())
        shape = Shape(n_steps, len(self._slots), n_rows, is_scheduled)
        return program_for(self._network, self._spec.optimizer, self._spec.loss, shape)

    def _shrink(self, epoch: int) -> None:
        """Continue with a program for fewer networks if most of them have ended.

        Numbers of networks are halved, so that there are only a few programs. The rest
        of the training is expected to take as long as it has taken so far.
        """
        active = [m for m, trainee in enumerate(self._slots) if trainee.last is None]
        size = len(self._slots)
        while 0 < len(active) <= -(-size // 2) < size:
            size = -(-size // 2)
        shape = self._program.shape
        n_weights = sum(map(np.prod, self._network.parameter_shapes))
        seconds = STEP_SECONDS + WEIGHT_SECONDS * n_weights * shape.n_rows
        n_steps = min(epoch, self._spec.epochs - epoch) * self._n_steps
        saved_seconds = (len(self._slots) - size) * n_steps * seconds
        n_stages = len(self._network.inputs) + len(self._network.stages)
        if saved_seconds <= COMPILE_SECONDS * n_stages:
            return
        ended = [m for m in range(len(self._slots)) if m not in active]
        kept = sorted([*active, *ended[: size - len(active)]])
        self._state = [
            tf.gather(values, kept) if len(values.shape) == 3 else values
            for values in self._state
        ]
        self._numbers = _numbers_taken(self._numbers, kept)
        self._use([self._slots[m] for m in kept])

    def _blocks(
        self, epoch: int, ahead: ThreadPoolExecutor
    ) -> Iterator[tuple[int, int, Block]]:
        """Yield the first step, the number of steps and the batches of every block."""
        starts = self._block_starts(epoch)
        gathered: Future | None = ahead.submit(self._gather, *next(starts))
        while gathered is not None:
            block = gathered.result()
            following = next(starts, None)
            gathered = following and ahead.submit(self._gather, *following)
            yield block

    def _block_starts(self, epoch: int) -> Iterator[tuple[int, int]]:
        """Yield the first step and the number of steps of every block."""
        first, total = epoch * self._n_steps, self._spec.epochs * self._n_steps
        most = self._program.shape.n_steps
        length = self._n_steps if self._by_epoch else total
        for start in range(first, total, length):
            for step in range(start, start + length, most):
                yield step, min(most, start + length - step)

    def _gather(self, step: int, n_steps: int) -> tuple[int, int, Block]:
        """Return the steps with a block that holds their batches."""
        network, shape = self._network, self._program.shape
        size = (shape.n_steps, shape.n_networks, shape.n_rows)
        weight_shape = self._slots[0].run.data.weight_shape
        block = Block(
            X=_empty(shape, network.n_features, network.dtype),
            target=np.zeros((*size, network.stages[-1].n_units), network.dtype),
            weight=np.zeros((*size, *weight_shape), network.dtype),
            n_rows=np.ones(size[:2], network.dtype),
            dropout=self._dropout(step, n_steps),
        )
        for together, batches in self._batches:
            first = self._slots[together.start].run.first_epoch * self._n_steps + step
            batches.fill(first, *(part[:n_steps, together] for part in block[:4]))
        if not rows_last(shape.n_networks):
            block = block._replace(X=block.X.swapaxes(2, 3))
        if shape.is_scheduled:
            block = block._replace(rate=self._rates(step))
        # Copied into tensors here, because the program is what takes longest.
        return step, n_steps, tf.nest.map_structure(tf.constant, block)

    def _dropout(self, step: int, n_steps: int) -> tuple[Any, ...]:
        """Return what dropout keeps in the steps of a block, for each stage with it."""
        network, shape = self._network, self._program.shape
        states = [trainee.run.optimizer_state for trainee in self._slots]
        seen = [0 if state is None else int(state[0]) for state in states]
        return tuple(
            bits_of(
                np.array([one.run.dropout_seeds[number] for one in self._slots]),
                np.array(seen) + step,
                thresholds(
                    np.array([one.dropout[number] for one in self._slots]),
                    network.dtype,
                ),
                (shape.n_steps, shape.n_rows * network.n_members, stage.n_units),
                n_steps,
                rows_last=rows_last(shape.n_networks),
            )
            for number, stage in enumerate(network.stages)
            if stage.dropout
        )

    def _rates(self, step: int) -> np.ndarray:
        """Return factors of the learning rates in the steps of a block."""
        total = self._spec.epochs * self._n_steps
        rates = [
            factors(trainee.run.schedule, step, self._program.shape.n_steps, total)
            for trainee in self._slots
        ]
        shape = (self._program.shape.n_steps, len(rates), 1, 1)
        return np.transpose(rates).reshape(shape).astype(keras.config.floatx())

    def _run_block(self, step: int, n_steps: int, block: Block) -> None:
        """Run some steps of every network, and record their losses."""
        self._state, losses = self._program.run(
            self._state, self._numbers, block, n_steps
        )
        epochs = np.arange(step, step + n_steps) // self._n_steps
        n_rows = block.n_rows[:n_steps].numpy().astype(np.float64)
        for number, trainee in self._trainees.items():
            if trainee.last is not None:
                continue
            m = self._slots.index(trainee)
            # The mean over an epoch as in Keras: batches are weighted by their rows.
            shares = losses[:, m] * n_rows[:, m] / len(trainee.run.data.rows)
            np.add.at(trainee.losses, epochs, shares)
            bad = np.flatnonzero(~np.isfinite(losses[:, m]))
            if len(bad):
                trainee.diverged = int(epochs[bad[0]]) + 1
                trainee.last = self.snapshot(number)
            else:
                trainee.n_epochs = (step + n_steps) // self._n_steps

    def _end_epoch(self, epoch: int) -> None:
        """Score the validation rows of all networks, and end those that are over."""
        if self._validation_losses is None:
            return
        parameters = self._state[: len(self._network.parameter_shapes)]
        watched = [m for m, trainee in enumerate(self._slots) if trainee.watch]
        if len(watched) < len(self._slots):
            parameters = [tf.gather(values, watched) for values in parameters]
        losses, outputs = self._validation_losses.of(parameters)
        arrays = [values.numpy() for values in parameters]
        for number, trainee in self._trainees.items():
            if trainee.watch is None or trainee.last is not None:
                continue
            m = watched.index(self._slots.index(trainee))
            seen, is_last = trainee.watch.look(
                trainee.run.first_epoch + epoch,
                self._in_keras_shapes([values[m] for values in arrays]),
                losses[m],
                outputs[m],
            )
            trainee.watched.append(seen)
            if is_last:
                trainee.last = self.snapshot(number)

    def _in_keras_shapes(self, arrays: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
        """Return the parameters of one network as Keras has them."""
        shapes = self._network.parameter_shapes
        return tuple(
            values.reshape(shape) for values, shape in zip(arrays, shapes, strict=True)
        )


class _Trainee:
    """One network of a group: its run, and what is recorded of its training."""

    def __init__(self, run: Run, spec: TrainingSpec, dropout: Sequence[float]) -> None:
        self.run, self.dropout = run, dropout
        self.watch = watch_of(spec, run)
        self.losses = np.zeros(spec.epochs)
        self.watched: list[dict[str, float]] = []
        self.n_epochs = 0
        self.diverged: int | None = None
        self.pruned = False
        # The state in which the network ended: it may be computed further with others.
        self.last: Snapshot | None = None

    def result(self, snapshot: Snapshot, interrupted: bool) -> TrainingResult:
        """Return the result: the best epoch, or the given state."""
        parameters, best_epoch = snapshot.parameters, self.run.first_epoch
        best_epoch += self.n_epochs
        if self.watch is not None and self.watch.best is not None:
            parameters, best_epoch = self.watch.best, self.watch.best_epoch + 1
        history = {"loss": self.losses[: self.n_epochs].tolist()}
        return TrainingResult(
            parameters=parameters,
            optimizer_state=snapshot.optimizer_state,
            history=history | history_of(self.watched[: self.n_epochs]),
            n_epochs=self.n_epochs,
            best_epoch=best_epoch,
            diverged_epoch=self.diverged,
            interrupted=interrupted,
            pruned=self.pruned,
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


def _numbers_taken(numbers: PerNetwork, kept: Sequence[int]) -> PerNetwork:
    """Return the numbers of some of the networks."""
    return PerNetwork(
        learning_rate=numbers.learning_rate[kept],
        l2=numbers.l2[:, kept],
        scale=numbers.scale[:, kept],
        loss_data={name: values[kept] for name, values in numbers.loss_data.items()},
    )


def _empty(shape: Shape, n_values: int, dtype: Any) -> np.ndarray:
    """Return zeros of shape (K, M, n_values, B), in the memory order of a program."""
    size = (shape.n_steps, shape.n_networks)
    if rows_last(shape.n_networks):
        return np.zeros((*size, n_values, shape.n_rows), dtype)
    return np.zeros((*size, shape.n_rows, n_values), dtype).swapaxes(2, 3)


def _block_steps(network: NetworkSpec, n_networks: int, n_rows: int) -> int:
    """Return how many steps fit into a block."""
    widths = network.n_features + network.stages[-1].n_units + 1
    row_bytes = widths * np.dtype(network.dtype).itemsize
    row_bytes += network.n_members * sum(
        n_groups(stage.n_units, network.dtype)
        for stage in network.stages
        if stage.dropout
    )
    return int(np.clip(BLOCK_BYTES // (n_networks * n_rows * row_bytes), 1, MOST_STEPS))


def _stacked(
    network: NetworkSpec, parameters: Sequence[Sequence[np.ndarray]]
) -> list[np.ndarray]:
    """Return the parameters of networks stacked on a leading axis, biases as rows."""
    return [
        np.stack([as_matrix(array) for array in arrays]).astype(network.dtype)
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
