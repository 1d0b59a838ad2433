"""What runs between epochs: callbacks of Keras, and progress output.

Each is a `Hook` of the engine.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from skweighted._engine._keras_model import (
    parameters_of,
    set_optimizer_state,
    set_parameters,
)
from skweighted._engine._optimizers import learning_rate_of
from skweighted._engine._spec import Snapshot, TrainingResult, Verdict
from skweighted._tensorflow import keras


class KerasCallbacks:
    """Keras callbacks, called between the epochs of the fused engine.

    They use a `keras.Model` with the weights, optimizer and losses of the epoch. What
    they change in it (weights, learning rate, `stop_training`) takes effect.

    Parameters
    ----------
    callbacks : sequence of keras.callbacks.Callback
    model : keras.Model
        The compiled model of the network that is trained.
    epochs, steps : int
        Maximum number of epochs, and steps per epoch.
    """

    def __init__(
        self, callbacks: Sequence[Any], model: Any, *, epochs: int, steps: int
    ) -> None:
        self._model = model
        self._model.stop_training = False
        # Keras passes a copy of the logs to its callbacks. The last callback keeps what
        # the others add to it.
        self._logs = _LatestLogs()
        self._callbacks = keras.callbacks.CallbackList(
            [*callbacks, self._logs],
            model=model,
            epochs=epochs,
            steps=steps,
            verbose=0,
        )
        self._known = parameters_of(model)
        self._callbacks.on_train_begin()

    def begin_epoch(self, epoch: int) -> Verdict:
        """Call `on_epoch_begin`."""
        self._callbacks.on_epoch_begin(epoch)
        return self._verdict()

    def end_epoch(
        self, epoch: int, logs: dict[str, float], snapshot: Callable[[], Snapshot]
    ) -> Verdict:
        """Call `on_epoch_end`, with an updated model."""
        network = snapshot()
        self._known = network.parameters
        set_parameters(self._model, network.parameters)
        set_optimizer_state(self._model.optimizer, network.optimizer_state)
        self._callbacks.on_epoch_end(epoch, logs)
        logs.update(self._logs.latest)
        return self._verdict()

    def finished(self, result: TrainingResult) -> TrainingResult:
        """Call `on_train_end`, and return the result with its changes."""
        set_parameters(self._model, result.parameters)
        self._callbacks.on_train_end()
        return replace(result, parameters=parameters_of(self._model))

    def _verdict(self) -> Verdict:
        """Return what the callbacks have changed in the model."""
        before, self._known = self._known, parameters_of(self._model)
        unchanged = all(map(np.array_equal, before, self._known))
        return Verdict(
            stop=self._model.stop_training,
            learning_rate=learning_rate_of(self._model.optimizer),
            parameters=None if unchanged else self._known,
        )


class _LatestLogs(keras.callbacks.Callback):
    """Remembers the logs of the latest epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.latest: dict[str, float] = {}

    def on_epoch_end(self, epoch, logs=None):
        self.latest = logs


@contextlib.contextmanager
def progress(verbose: int, first_epoch: int, epochs: int) -> Iterator[list[Any]]:
    """Return the hook that shows progress, or an empty list.

    Parameters
    ----------
    verbose : int
        0 is silent, 1 shows a progress bar, 2 prints a line per epoch.
    first_epoch, epochs : int
        Number of earlier epochs, and of those that are trained.
    """
    if verbose == 1:
        with ProgressBar(epochs) as bar:
            yield [bar]
    else:
        yield [ProgressLines(first_epoch + epochs)] if verbose else []


class _Progress:
    """A hook that never changes training."""

    def begin_epoch(self, epoch: int) -> Verdict:
        """Do nothing."""
        return Verdict()


class ProgressLines(_Progress):
    """One printed line per epoch, like Keras with ``verbose=2``."""

    def __init__(self, epochs: int) -> None:
        self._epochs = epochs
        self._screen = Console(highlight=False)

    def end_epoch(
        self, epoch: int, logs: dict[str, float], snapshot: Callable[[], Snapshot]
    ) -> Verdict:
        """Print the losses."""
        losses = " - ".join(f"{name}: {value:.4f}" for name, value in logs.items())
        self._screen.print(f"Epoch {epoch + 1}/{self._epochs} - {losses}")
        return Verdict()


class ProgressBar(_Progress):
    """A progress bar over the epochs, with the latest losses."""

    def __init__(self, epochs: int) -> None:
        self._progress = Progress(
            TextColumn("Epoch"),
            MofNCompleteColumn(),
            BarColumn(),
            TextColumn("{task.description}"),
            console=Console(stderr=True),
        )
        self._task = self._progress.add_task("", total=epochs)

    def __enter__(self) -> "ProgressBar":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def end_epoch(
        self, epoch: int, logs: dict[str, float], snapshot: Callable[[], Snapshot]
    ) -> Verdict:
        """Advance the bar."""
        losses = "  ".join(f"{name} {value:.4f}" for name, value in logs.items())
        self._progress.update(self._task, advance=1, description=losses)
        return Verdict()
