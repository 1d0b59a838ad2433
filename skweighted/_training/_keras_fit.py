"""Training through `keras.Model.fit`: the reference for every faster way."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from skweighted._startup import expected_retracing, keras
from skweighted._training._batches import Batches
from skweighted._training._spec import EarlyStopping, Rows, TrainingResult, TrainingSpec

# Validation rows are only predicted, so their batches can be large; this many
# densified rows stay small beside X.
VALIDATION_BATCH = 4096


class _KerasBatches(keras.utils.PyDataset):
    """Batches as Keras asks for them: endless, numbered by step since the first epoch.

    An endless data set with `steps_per_epoch` keeps one iterator over all epochs. A
    finite one is opened again for each epoch, which took 20 of the 22 ms of an epoch
    of one step (Keras 3.15).
    """

    def __init__(self, batches: Batches, first_epoch: int) -> None:
        super().__init__()
        self._batches = batches
        self._first_epoch = first_epoch

    @property
    def num_batches(self) -> None:
        return None

    def __getitem__(self, number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        epoch, step = divmod(number, self._batches.n_steps)
        return self._batches.batch(self._first_epoch + epoch, step)


def train_with_keras(
    model: keras.Model,
    data: Rows,
    validation: Rows | None,
    spec: TrainingSpec,
    seed: np.random.SeedSequence,
    callbacks: Sequence[Any] = (),
    first_epoch: int = 0,
) -> TrainingResult:
    """Train a compiled model in place and return what happened.

    Parameters
    ----------
    model : keras.Model
        Compiled; its weights and optimizer are trained in place.
    data, validation : Rows
        What to learn from, and what early stopping watches (None: nothing).
    spec : TrainingSpec
    seed : SeedSequence
        Source of the shuffles.
    callbacks : sequence of keras.callbacks.Callback
    first_epoch : int
        Number of epochs trained before, from which the shuffles go on.

    Returns
    -------
    TrainingResult
    """
    dtype = precision(model)
    batches = Batches(data, spec.batch_size, dtype, seed if spec.shuffle else None)
    watched = {}
    if validation is not None:
        unshuffled = Batches(validation, VALIDATION_BATCH, dtype)
        watched = {
            "validation_data": _KerasBatches(unshuffled, 0),
            "validation_steps": unshuffled.n_steps,
        }
    with expected_retracing():
        history = model.fit(
            _KerasBatches(batches, first_epoch),
            steps_per_epoch=batches.n_steps,
            epochs=first_epoch + spec.epochs,
            initial_epoch=first_epoch,
            shuffle=False,
            callbacks=[*callbacks, *_stoppers(spec.early_stopping)],
            verbose=spec.verbose,
            **watched,
        )
    losses = history.history.get("loss", [])
    return TrainingResult(n_epochs=len(losses), history=dict(history.history))


def precision(model: keras.Model) -> str:
    """Return the dtype of a network; `model.dtype` is float32 whatever its layers."""
    return model.outputs[0].dtype


def _stoppers(stopping: EarlyStopping | None) -> list[keras.callbacks.Callback]:
    """Return the callback that stops early, if one is wanted."""
    if stopping is None:
        return []
    return [
        keras.callbacks.EarlyStopping(
            monitor="val_loss",
            mode="min",
            patience=stopping.patience,
            min_delta=stopping.tol,
            restore_best_weights=True,
        )
    ]
