"""What is trained and how, as frozen values: no TensorFlow, no estimator.

A network is a list of stages that end in the head. A Dense stage is the only kind
so far.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Dense:
    """A fully connected stage: ``activation(x @ kernel + bias)``, then dropout."""

    n_units: int
    activation: str | Callable
    kernel_initializer: Any
    l2: float = 0.0
    dropout: float = 0.0


@dataclass(frozen=True)
class NetworkSpec:
    """The stages of a network, its input width and its precision."""

    n_features: int
    stages: tuple[Dense, ...]
    dtype: str


@dataclass(frozen=True)
class TrainingSpec:
    """How long and in which steps a network is trained."""

    batch_size: int
    epochs: int
    shuffle: bool = True
    early_stopping: "EarlyStopping | None" = None
    verbose: int | str = 0


@dataclass(frozen=True)
class EarlyStopping:
    """Stop when the validation loss has not improved by `tol` for `patience` epochs."""

    patience: int | float
    tol: float


@dataclass(frozen=True)
class Rows:
    """Rows to learn from: `rows` selects them, so X itself is never copied.

    X has shape (n_samples, n_features) and is dense, CSR or memory-mapped; target has
    shape (n_samples, 1) for one logit and (n_samples, n_classes) for a softmax;
    weight has shape (n_samples,); rows has shape (n_rows,).
    """

    X: Any
    target: np.ndarray
    weight: np.ndarray
    rows: np.ndarray


@dataclass(frozen=True)
class TrainingResult:
    """What training returns beside the trained parameters."""

    n_epochs: int
    history: dict[str, list[float]] = field(default_factory=dict)
