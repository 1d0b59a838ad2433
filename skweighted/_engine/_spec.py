"""What is trained and how, as frozen values, without TensorFlow or estimators.

A network begins with stages for its inputs, if any: `Scaling`, `Periodic`,
`PiecewiseLinear` and `Members`, in this order. Then come `Dense` stages, of which the
last returns the outputs.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

import numpy as np


@dataclass(frozen=True)
class Dense:
    """A fully connected stage: ``activation(x @ kernel + bias)``, then dropout.

    Its penalty is ``l2 * sum(kernel ** 2)``. The last stage has no dropout.
    """

    n_units: int
    activation: str | Callable
    kernel_initializer: Any = None
    l2: float = 0.0
    dropout: float = 0.0


@dataclass(frozen=True)
class Scaling:
    """Columns scaled by fixed numbers, as in `skweighted.layers.InputScaling`."""

    smooth: bool
    flagged: tuple[int, ...] = ()

    # Of its weights: center and factor.
    is_trained = (False, False)

    def shapes(self, n_inputs: int) -> list[tuple[int, ...]]:
        """Return the shapes of its weights."""
        return [(n_inputs,), (n_inputs,)]

    def n_outputs(self, n_inputs: int) -> int:
        """Return the number of columns after it."""
        return n_inputs + len(self.flagged)

    def n_values(self) -> int:
        """Return how many values it computes for each row on the way."""
        return 0


@dataclass(frozen=True)
class Periodic:
    """Embeddings of numbers, as in `skweighted.layers.PeriodicEmbedding`."""

    columns: tuple[int, ...]
    n_frequencies: int = 16
    width: int = 8
    scale: float = 0.05

    # Of its weights: frequency, kernel and bias.
    is_trained = (True, True, True)

    def shapes(self, n_inputs: int) -> list[tuple[int, ...]]:
        """Return the shapes of its weights."""
        n_waves = 2 * self.n_frequencies
        shape = (len(self.columns), self.n_frequencies)
        return [shape, (n_waves, self.width), (self.width,)]

    def n_outputs(self, n_inputs: int) -> int:
        """Return the number of columns after it."""
        return n_inputs + len(self.columns) * (self.width - 1)

    def n_values(self) -> int:
        """Return how many values it computes for each row on the way."""
        return len(self.columns) * 2 * self.n_frequencies


@dataclass(frozen=True)
class PiecewiseLinear:
    """Embeddings of numbers, as in `skweighted.layers.PiecewiseLinearEmbedding`."""

    columns: tuple[int, ...]
    n_bins: int = 64
    width: int = 8

    # Of its weights: kernel, slope, bias, lower and factor.
    is_trained = (True, True, True, False, False)

    def shapes(self, n_inputs: int) -> list[tuple[int, ...]]:
        """Return the shapes of its weights."""
        bins, outputs = ((len(self.columns), n) for n in (self.n_bins, self.width))
        return [(*bins, self.width), outputs, outputs, bins, bins]

    def n_outputs(self, n_inputs: int) -> int:
        """Return the number of columns after it."""
        return n_inputs + len(self.columns) * (self.width - 1)

    def n_values(self) -> int:
        """Return how many values it computes for each row on the way."""
        return len(self.columns) * self.n_bins


@dataclass(frozen=True)
class Members:
    """Inputs of the members of a network, as in `skweighted.layers.MemberInputs`.

    Members share the dense stages that follow, but for the last one, of which each has
    its own, and their outputs are averaged.
    """

    n_members: int

    # Of its weights: factor.
    is_trained = (True,)

    def shapes(self, n_inputs: int) -> list[tuple[int, ...]]:
        """Return the shapes of its weights."""
        return [(self.n_members, n_inputs)]

    def n_outputs(self, n_inputs: int) -> int:
        """Return the number of columns after it."""
        return n_inputs

    def n_values(self) -> int:
        """Return how many values it computes for each row on the way."""
        return 0


InputStage = Scaling | Periodic | PiecewiseLinear | Members


@dataclass(frozen=True)
class NetworkSpec:
    """The stages of a network, its input width and its precision."""

    n_features: int
    stages: tuple[Dense, ...]
    dtype: str
    inputs: tuple[InputStage, ...] = ()

    @property
    def parameter_shapes(self) -> list[tuple[int, ...]]:
        """Shapes of the weights of the input stages, then each kernel and bias."""
        width = self.n_features
        shapes: list[tuple[int, ...]] = []
        for stage in self.inputs:
            shapes += stage.shapes(width)
            width = stage.n_outputs(width)
        widths = [width, *(stage.n_units for stage in self.stages)]
        for n_inputs, n_units in pairwise(widths):
            shapes += [(n_inputs, n_units), (n_units,)]
        if self.has_members:
            shapes[-2:] = [(self.n_members, *shape) for shape in shapes[-2:]]
        return shapes

    @property
    def is_trained(self) -> list[bool]:
        """Whether training changes each of these weights."""
        of_inputs = [trained for stage in self.inputs for trained in stage.is_trained]
        return of_inputs + [True] * (2 * len(self.stages))

    @property
    def has_members(self) -> bool:
        """Whether it consists of members, if only of one."""
        return any(isinstance(stage, Members) for stage in self.inputs)

    @property
    def n_members(self) -> int:
        """Number of members; 1 for a network that does not consist of members."""
        return next(
            (stage.n_members for stage in self.inputs if isinstance(stage, Members)), 1
        )

    @property
    def has_scaling(self) -> bool:
        """Whether it scales its inputs, which is then its first stage."""
        return any(isinstance(stage, Scaling) for stage in self.inputs)

    @property
    def has_pieces(self) -> bool:
        """Whether numbers are embedded by pieces."""
        return any(isinstance(stage, PiecewiseLinear) for stage in self.inputs)

    @property
    def width(self) -> int:
        """The largest number of columns or units, those of all members."""
        kernels = self.parameter_shapes[-2 * len(self.stages) :: 2]
        widths = [shape[-2] * self.n_members for shape in kernels]
        embedded = (stage.n_values() for stage in self.inputs)
        return max(self.n_features, *widths, *embedded)

    def with_rates(
        self,
        l2: Sequence[float] | None = None,
        dropout: Sequence[float] | None = None,
    ) -> "NetworkSpec":
        """Return the network with other penalties and dropout rates of each stage."""
        l2 = [stage.l2 for stage in self.stages] if l2 is None else l2
        if dropout is None:
            dropout = [stage.dropout for stage in self.stages]
        stages = (
            replace(stage, l2=penalty, dropout=rate)
            for stage, penalty, rate in zip(self.stages, l2, dropout, strict=True)
        )
        return replace(self, stages=tuple(stages))


@dataclass(frozen=True)
class EarlyStopping:
    """Stop when a value has not improved by `tol` for `patience` epochs.

    The value is the score of a run, called `monitor`, or the loss on its validation
    rows. Epochs before `first_epoch` are ignored.
    """

    patience: float
    tol: float
    monitor: str = "loss"
    greater_is_better: bool = False
    first_epoch: int = 0


@dataclass(frozen=True)
class TrainingSpec:
    """How networks are trained.

    The optimizer and the loss are Keras objects that hold class and settings. Only
    copies are used, so no state carries over to the next training.
    """

    optimizer: Any
    loss: Any
    batch_size: int
    epochs: int
    early_stopping: EarlyStopping | None = None


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of the caller's arrays, selected without copying X.

    Attributes
    ----------
    X : ndarray, memmap or CSR of shape (n_samples, n_features)
    target : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Index of the class of each row, or the targets themselves.
    weight : ndarray of shape (n_samples,)
    rows : ndarray of shape (n_rows,)
        Indices of the rows to use.
    class_weight : ndarray of shape (n_classes,) or (n_outputs, 2), or None
        Multiplies `weight`: one weight per class or, for targets of 0 and 1 per label,
        two weights per label. In this case, every output has its own weights.
    early_class_weight : ndarray or None
        Class weights in the epochs before `class_weight_epoch`.
    class_weight_epoch : int
        First epoch with `class_weight`.
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
        """Return the weights of some rows in an epoch, by default the last."""
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
    """One network to train: its data, initial state and seeds.

    Attributes
    ----------
    data : Rows
        The training rows.
    parameters : tuple of ndarray
        Those of the input stages, then kernel and bias of each dense one.
    learning_rate : float or None
        None if the optimizer has a schedule, or if its own learning rate is used.
    shuffle_seed : SeedSequence or None
        Seed of the order of each epoch; None keeps the rows in order.
    dropout_seeds : tuple of int
        One for each hidden stage.
    validation : Rows or None
        Validation rows for early stopping.
    score : callable or None
        Returns the score of outputs on the validation rows, of shape
        (n_validation_rows, n_outputs), which early stopping monitors instead of the
        loss.
    optimizer_state : tuple of ndarray or None
        The optimizer's variables from an earlier `TrainingResult`; None for a new
        optimizer.
    first_epoch : int
        Number of earlier epochs, after which the shuffles continue.
    schedule : str or None
        Name of the schedule of the learning rate; None is a constant rate.
    loss : keras.losses.Loss or None
        The loss of the specification with other data, such as class priors; None uses
        it without change.
    l2, dropout : tuple of float or None
        Penalty and dropout rate of each stage; None uses those of the network.
    inputs : tuple of InputStage or None
        Stages for the inputs; None uses those of the network.
    """

    data: Rows
    parameters: tuple[np.ndarray, ...]
    learning_rate: float | None = None
    shuffle_seed: np.random.SeedSequence | None = None
    dropout_seeds: tuple[int, ...] = ()
    validation: Rows | None = None
    score: Callable[[np.ndarray], float] | None = None
    optimizer_state: tuple[np.ndarray, ...] | None = None
    first_epoch: int = 0
    loss: Any = None
    schedule: str | None = None
    l2: tuple[float, ...] | None = None
    dropout: tuple[float, ...] | None = None
    inputs: tuple[InputStage, ...] | None = None


@dataclass(frozen=True, eq=False)
class TrainingResult:
    """What training returns for one network.

    Attributes
    ----------
    parameters, optimizer_state : tuple of ndarray
        As in `Run`.
    history : dict of str to list of float
        One value per finished epoch: "loss", and "val_loss" with validation rows.
    n_epochs : int
        Number of finished epochs.
    best_epoch : int
        The epoch of the parameters, counted from 1, including earlier training: the
        best one with early stopping, else the last one.
    diverged_epoch : int or None
        The first epoch, counted from 1, with a loss that is not finite.
    interrupted : bool
        Whether the user interrupted training.
    pruned : bool
        Whether a pruner ended it.
    """

    parameters: tuple[np.ndarray, ...]
    optimizer_state: tuple[np.ndarray, ...]
    history: dict[str, list[float]]
    n_epochs: int
    best_epoch: int
    diverged_epoch: int | None = None
    interrupted: bool = False
    pruned: bool = False


@dataclass(frozen=True, eq=False)
class Verdict:
    """What a hook changes after an epoch; None means no change."""

    stop: bool = False
    learning_rate: float | None = None
    parameters: tuple[np.ndarray, ...] | None = None


def history_of(logs: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Return the values of each name over the epochs, NaN if an epoch has none."""
    names = dict.fromkeys(name for epoch in logs for name in epoch)
    return {
        name: [np.asarray(epoch.get(name, np.nan)).tolist() for epoch in logs]
        for name in names
    }


class Snapshot(NamedTuple):
    """The state of a network between two epochs, as in `TrainingResult`."""

    parameters: tuple[np.ndarray, ...]
    optimizer_state: tuple[np.ndarray, ...]


class Hook(Protocol):
    """An object that is called before and after each epoch, counted from 0."""

    def begin_epoch(self, epoch: int) -> Verdict:
        """Return what to change at the beginning of an epoch."""

    def end_epoch(
        self, epoch: int, logs: dict[str, float], snapshot: Callable[[], Snapshot]
    ) -> Verdict:
        """Return what to change after an epoch; entries can be added to `logs`."""
