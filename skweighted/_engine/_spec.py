"""What is trained and how, as frozen values: no TensorFlow, no estimator.

A network is a list of stages that end in the head. A Dense stage is the only kind
so far.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

import numpy as np


@dataclass(frozen=True)
class Dense:
    """A fully connected stage: ``activation(x @ kernel + bias)``, then dropout.

    Its penalty is ``l2 * sum(kernel ** 2)``. The last stage of a network drops nothing.
    """

    n_units: int
    activation: str | Callable
    kernel_initializer: Any = None
    l2: float = 0.0
    dropout: float = 0.0


@dataclass(frozen=True)
class NetworkSpec:
    """The stages of a network, its input width and its precision."""

    n_features: int
    stages: tuple[Dense, ...]
    dtype: str

    @property
    def parameter_shapes(self) -> list[tuple[int, ...]]:
        """Shapes of kernel and bias of each stage, in this order, as Keras has them."""
        widths = [self.n_features, *(stage.n_units for stage in self.stages)]
        shapes: list[tuple[int, ...]] = []
        for n_inputs, n_units in pairwise(widths):
            shapes += [(n_inputs, n_units), (n_units,)]
        return shapes


@dataclass(frozen=True)
class EarlyStopping:
    """Stop when what is watched has not improved by `tol` for `patience` epochs.

    That is the score of a run, called `monitor`, or the loss on its validation rows.
    Epochs before `first_epoch` are neither the best nor waited for.
    """

    patience: float
    tol: float
    monitor: str = "loss"
    greater_is_better: bool = False
    first_epoch: int = 0


@dataclass(frozen=True)
class TrainingSpec:
    """How networks are trained.

    The optimizer and the loss are Keras objects that say class and settings; neither
    is used itself, so nothing of one training is left in the next.
    """

    optimizer: Any
    loss: Any
    batch_size: int
    epochs: int
    early_stopping: EarlyStopping | None = None


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows to learn from: views of what the caller has, so nothing of X's size is made.

    Attributes
    ----------
    X : ndarray, memmap or CSR of shape (n_samples, n_features)
    target : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Index of each row's class, or the targets themselves.
    weight : ndarray of shape (n_samples,)
    rows : ndarray of shape (n_rows,)
        The rows to learn from.
    class_weight : ndarray of shape (n_classes,) or (n_outputs, 2), or None
        Multiplies `weight`: one for each class or, where targets are labels of 0 and 1,
        one for both values of each. Then every output has weights of its own.
    early_class_weight : ndarray or None
        What takes its place in the epochs before `class_weight_epoch`.
    class_weight_epoch : int
        First epoch of `class_weight`.
    """

    X: Any
    target: np.ndarray
    weight: np.ndarray
    rows: np.ndarray
    class_weight: np.ndarray | None = None
    early_class_weight: np.ndarray | None = None
    class_weight_epoch: int = 0

    @property
    def weight_shape(self) -> tuple[int, ...]:
        """Shape of the weights of one row."""
        if self.class_weight is None or self.class_weight.ndim == 1:
            return ()
        return (len(self.class_weight),)

    def targets_of(self, rows: np.ndarray) -> np.ndarray:
        """Return the targets of some rows, of shape (n, n_outputs)."""
        values = self.target[rows]
        if values.ndim == 2 or self.class_weight is None:
            return values
        n_classes = len(self.class_weight)
        if n_classes == 2:
            return values[:, np.newaxis]
        return np.eye(n_classes, dtype=bool)[values]

    def weights_of(self, rows: np.ndarray, epoch: float = math.inf) -> np.ndarray:
        """Return the weights that some rows have in an epoch, by default the last."""
        weight = self.weight[rows]
        class_weight = self.class_weight
        if epoch < self.class_weight_epoch:
            class_weight = self.early_class_weight
        if class_weight is None:
            return weight
        target = self.target[rows]
        if class_weight.ndim == 1:
            return weight * class_weight[target]
        outputs = np.arange(len(class_weight))
        return weight[:, np.newaxis] * class_weight[outputs, target]


@dataclass(frozen=True, eq=False)
class Run:
    """One network to train: on what, from where, and with which randomness.

    Attributes
    ----------
    data : Rows
        What to learn from.
    parameters : tuple of ndarray
        Kernel and bias of each stage.
    learning_rate : float or None
        None where the optimizer has a schedule, or is asked for it.
    shuffle_seed : SeedSequence or None
        Source of the order of each epoch; None keeps the rows in order.
    dropout_seeds : tuple of int
        One for each hidden stage.
    validation : Rows or None
        What early stopping watches.
    score : callable or None
        Returns the score of parameters on the validation rows, which early stopping
        watches in place of the loss.
    optimizer_state : tuple of ndarray or None
        The optimizer's variables as an earlier `TrainingResult` returned them; None
        starts anew.
    first_epoch : int
        Number of epochs trained before, from which the shuffles go on.
    loss : keras.losses.Loss or None
        That of the specification with other data, such as class priors; None takes it
        as it is.
    """

    data: Rows
    parameters: tuple[np.ndarray, ...]
    learning_rate: float | None = None
    shuffle_seed: np.random.SeedSequence | None = None
    dropout_seeds: tuple[int, ...] = ()
    validation: Rows | None = None
    score: Callable[[tuple[np.ndarray, ...]], float] | None = None
    optimizer_state: tuple[np.ndarray, ...] | None = None
    first_epoch: int = 0
    loss: Any = None


@dataclass(frozen=True, eq=False)
class TrainingResult:
    """What training returns for one network.

    Attributes
    ----------
    parameters, optimizer_state : tuple of ndarray
        As in `Run`.
    history : dict of str to list of float
        One value per finished epoch: "loss", and "val_loss" if it was watched.
    n_epochs : int
        Finished epochs.
    best_epoch : int
        The epoch that the parameters are of, counted from 1 at the start of training:
        the best one under early stopping, else the last one.
    diverged_epoch : int or None
        The first epoch, counted from 1, with a loss that is not finite.
    interrupted : bool
        Whether the user stopped it.
    """

    parameters: tuple[np.ndarray, ...]
    optimizer_state: tuple[np.ndarray, ...]
    history: dict[str, list[float]]
    n_epochs: int
    best_epoch: int
    diverged_epoch: int | None = None
    interrupted: bool = False


@dataclass(frozen=True, eq=False)
class Verdict:
    """What a hook wants changed after an epoch; None leaves a thing as it is."""

    stop: bool = False
    learning_rate: float | None = None
    parameters: tuple[np.ndarray, ...] | None = None


def history_of(logs: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Return the values of each name over the epochs; NaN where an epoch has none."""
    names = dict.fromkeys(name for epoch in logs for name in epoch)
    return {
        name: [np.asarray(epoch.get(name, np.nan)).tolist() for epoch in logs]
        for name in names
    }


class Snapshot(NamedTuple):
    """A network between two epochs, as in `TrainingResult`."""

    parameters: tuple[np.ndarray, ...]
    optimizer_state: tuple[np.ndarray, ...]


class Hook(Protocol):
    """Something that follows the epochs of one network; epochs count from 0."""

    def begin_epoch(self, epoch: int) -> Verdict:
        """Take notice that an epoch begins, and say what to change."""

    def end_epoch(
        self, epoch: int, logs: dict[str, float], snapshot: Callable[[], Snapshot]
    ) -> Verdict:
        """Take notice of an epoch's losses, which may be added to."""
