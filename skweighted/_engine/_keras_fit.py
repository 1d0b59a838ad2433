"""Training with `keras.Model.fit`, for what the fused engine does not support.

For the same run, it uses the same batches in the same order, and the same start.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from skweighted._engine._batches import Batches
from skweighted._engine._early_stopping import validation_losses_of, watch_of
from skweighted._engine._keras_model import (
    build_model,
    compile_model,
    optimizer_state_of,
    parameters_of,
    set_optimizer_state,
    set_parameters,
)
from skweighted._engine._loss_data import is_batch_wide
from skweighted._engine._mean_loss import stacked
from skweighted._engine._optimizers import copy_of, learning_rate_of
from skweighted._engine._schedules import factors
from skweighted._engine._spec import (
    Hook,
    NetworkSpec,
    Run,
    Snapshot,
    TrainingResult,
    TrainingSpec,
    history_of,
)
from skweighted._tensorflow import expected_retracing, keras


class _KerasBatches(keras.utils.PyDataset):
    """Batches for Keras: infinitely many, numbered by steps from the first epoch.

    An infinite data set with `steps_per_epoch` keeps one iterator for all epochs. A
    finite one is reopened for each epoch, which took 20 of the 22 ms of an epoch of one
    step (Keras 3.15).
    """

    def __init__(
        self, network: NetworkSpec, batches: Batches, first_epoch: int
    ) -> None:
        super().__init__()
        self._network, self._batches = network, batches
        self._first_epoch = first_epoch

    @property
    def num_batches(self) -> None:
        return None

    def __getitem__(self, number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        epoch, step = divmod(number, self._batches.n_steps)
        X, target, weight = self._batches.batch(self._first_epoch + epoch, step)
        if self._network.has_members:  # each has a loss of its own
            target, weight = (
                np.repeat(values[:, np.newaxis], self._network.n_members, axis=1)
                for values in (target, weight)
            )
        return X, target, weight


class _Follower(keras.callbacks.Callback):
    """Does what the fused engine does between epochs: early stopping, hooks, logs."""

    def __init__(
        self, network: NetworkSpec, spec: TrainingSpec, run: Run, hooks: Sequence[Hook]
    ) -> None:
        super().__init__()
        self._spec, self._run, self._hooks = spec, run, hooks
        self._n_steps = -(-len(run.data.rows) // spec.batch_size)
        self._step, self._rate = 0, learning_rate_of(spec.optimizer)
        self.watch = watch_of(spec, run)
        self._validation_losses = validation_losses_of(network, spec, [run])
        self.logs: list[dict[str, float]] = []
        self.diverged_epoch: int | None = None

    def on_epoch_begin(self, epoch, logs=None):
        for hook in self._hooks:
            hook.begin_epoch(epoch)

    def on_train_batch_begin(self, batch, logs=None):
        if self._run.schedule is not None:
            if batch == 0:  # a callback may have set it
                self._rate = learning_rate_of(self.model.optimizer)
            total = self._spec.epochs * self._n_steps
            [factor] = factors(self._run.schedule, self._step, 1, total)
            self._step += 1
            self.model.optimizer.learning_rate = self._rate * factor

    def on_epoch_end(self, epoch, logs=None):
        if self._run.schedule is not None:
            self.model.optimizer.learning_rate = self._rate
        # The same dict is passed to the user's callbacks after this one.
        self.logs.append(logs)
        if not np.isfinite(logs["loss"]):
            self.diverged_epoch = epoch - self._run.first_epoch + 1
            self.model.stop_training = True
            return
        if self.watch is not None and self._validation_losses is not None:
            parameters = parameters_of(self.model)
            [loss], [outputs] = self._validation_losses.of(stacked(parameters))
            seen, is_last = self.watch.look(epoch, parameters, loss, outputs)
            logs.update(seen)
            if is_last:
                self.model.stop_training = True
        for hook in self._hooks:
            verdict = hook.end_epoch(epoch, logs, self._snapshot)
            if verdict.stop:
                self.model.stop_training = True

    def on_train_end(self, logs=None):
        if self.watch is not None and self.watch.best is not None:
            set_parameters(self.model, self.watch.best)

    def _snapshot(self):
        """Return the current state of the network."""
        return Snapshot(
            parameters_of(self.model), optimizer_state_of(self.model.optimizer)
        )


def train_with_keras(
    network: NetworkSpec,
    spec: TrainingSpec,
    run: Run,
    hooks: Sequence[Hook] = (),
    *,
    callbacks: Sequence[Any] = (),
    metrics: Any = None,
    verbose: int | str = 0,
) -> TrainingResult:
    """Train a network with `keras.Model.fit`.

    Parameters
    ----------
    network, spec, run, hooks
        As in `skweighted._engine._loop.train`, except that hooks can only stop training
        and change nothing else.
    callbacks : sequence of keras.callbacks.Callback
    metrics : list of keras.metrics.Metric or None
    verbose : int or str
        As in `keras.Model.fit`.

    Returns
    -------
    TrainingResult

    Raises
    ------
    ValueError
        If members would share the loss of a whole batch.
    """
    if network.has_members and is_batch_wide(spec.loss):
        raise ValueError(
            f"The loss {type(spec.loss).__name__} is that of a whole batch, and each "
            f"of n_members={network.n_members} needs its own, which Keras cannot "
            f"compute. Use engine='xla', another loss, or n_members=None."
        )
    network = network.with_rates(run.l2, run.dropout)
    state = run.optimizer_state
    model = build_model(
        network,
        run.parameters,
        run.dropout_seeds,
        0 if state is None else int(state[0]),
        averaged=False,
    )
    optimizer = copy_of(spec.optimizer)
    compile_model(model, optimizer, run.loss or spec.loss, metrics)
    if state is not None:
        set_optimizer_state(optimizer, state)
    batches = Batches(run.data, spec.batch_size, network.dtype, run.shuffle_seed)
    follower = _Follower(network, spec, run, hooks)
    interrupted = False
    try:
        with expected_retracing():
            model.fit(
                _KerasBatches(network, batches, run.first_epoch),
                steps_per_epoch=batches.n_steps,
                epochs=run.first_epoch + spec.epochs,
                initial_epoch=run.first_epoch,
                shuffle=False,
                callbacks=[follower, *callbacks],
                verbose=verbose,
            )
    except KeyboardInterrupt:
        interrupted = True
        follower.on_train_end()  # which Keras does not call in this case
    best_epoch = run.first_epoch + len(follower.logs)
    if follower.watch is not None and follower.watch.best is not None:
        best_epoch = follower.watch.best_epoch + 1
    return TrainingResult(
        parameters=parameters_of(model),
        optimizer_state=optimizer_state_of(optimizer),
        history=history_of(follower.logs) or {"loss": []},
        n_epochs=len(follower.logs),
        best_epoch=best_epoch,
        diverged_epoch=follower.diverged_epoch,
        interrupted=interrupted,
    )
