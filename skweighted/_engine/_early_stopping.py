"""When to stop, and which epoch is the best: the same rule for both engines."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from skweighted._engine._forward import mean_loss
from skweighted._engine._spec import EarlyStopping, NetworkSpec, Rows, Run, TrainingSpec


class Patience:
    """Monitors a loss over epochs, as sklearn's MLPClassifier monitors a score.

    Parameters
    ----------
    rule : EarlyStopping
    """

    def __init__(self, rule: EarlyStopping) -> None:
        self._rule = rule
        self._waited = 0
        self.best_loss = math.inf
        self.best: Any = None

    def is_over(self, loss: float, parameters: Any) -> bool:
        """Record the loss of an epoch, and return whether it is the last one.

        The epoch with the lowest loss is the best, however small the difference. An
        improvement smaller than `tol` does not reset the waiting time.
        """
        self._waited += 1
        if loss <= self.best_loss - self._rule.tol:
            self._waited = 0
        if loss < self.best_loss:
            self.best_loss, self.best = loss, parameters
        return self._waited >= self._rule.patience


class Watch:
    """Scores the validation rows of one network after each epoch.

    Parameters
    ----------
    network : NetworkSpec
    rule : EarlyStopping
    validation : Rows
    loss : keras.losses.Loss
    score : callable or None
        As in `Run`.

    Attributes
    ----------
    best : tuple of ndarray or None
        Parameters of the best epoch so far.
    best_epoch : int or None
        Number of that epoch, from 0.
    """

    def __init__(
        self,
        network: NetworkSpec,
        rule: EarlyStopping,
        validation: Rows,
        loss: Any,
        score: Callable[[tuple[np.ndarray, ...]], float] | None,
    ) -> None:
        self._network, self._rule = network, rule
        self._validation, self._loss, self._score = validation, loss, score
        self._patience = Patience(rule)
        self.best_epoch: int | None = None

    def look(
        self, epoch: int, parameters: tuple[np.ndarray, ...]
    ) -> tuple[dict[str, float], bool]:
        """Return the scores after an epoch, and whether it is the last one."""
        loss = mean_loss(self._network, self._loss, parameters, self._validation)
        logs, watched = {"val_loss": loss}, loss
        if self._score is not None:
            score = self._score(parameters)
            logs[f"val_{self._rule.monitor}"] = score
            watched = -score if self._rule.greater_is_better else score
        if epoch < self._rule.first_epoch:
            return logs, False
        is_last = self._patience.is_over(watched, parameters)
        if self.best is parameters:
            self.best_epoch = epoch
        return logs, is_last

    @property
    def best(self) -> Any:
        return self._patience.best


def watch_of(network: NetworkSpec, spec: TrainingSpec, run: Run) -> Watch | None:
    """Return the `Watch` of a run, or None without early stopping."""
    if spec.early_stopping is None or run.validation is None:
        return None
    loss = run.loss or spec.loss
    return Watch(network, spec.early_stopping, run.validation, loss, run.score)
