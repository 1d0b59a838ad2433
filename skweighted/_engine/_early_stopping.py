"""When to stop, and which epoch was the best: one rule for every way of training."""

import math
from typing import Any

import numpy as np

from skweighted._engine._forward import mean_loss
from skweighted._engine._spec import EarlyStopping, NetworkSpec, Run, TrainingSpec


class Patience:
    """Follows a loss over epochs, as sklearn's MLPClassifier follows a score.

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
        """Take notice of an epoch, and tell whether it was the last one.

        The lowest loss is the best, by however little. An improvement by less than
        `tol` does not start the waiting anew.
        """
        self._waited += 1
        if loss <= self.best_loss - self._rule.tol:
            self._waited = 0
        if loss < self.best_loss:
            self.best_loss, self.best = loss, parameters
        return self._waited >= self._rule.patience


class Watch:
    """Looks at the validation rows of one network after each epoch.

    Parameters
    ----------
    network : NetworkSpec
    spec : TrainingSpec
        With early stopping.
    run : Run
        With validation rows.

    Attributes
    ----------
    best : tuple of ndarray or None
        Parameters of the best epoch so far.
    """

    def __init__(self, network: NetworkSpec, spec: TrainingSpec, run: Run) -> None:
        self._network, self._run = network, run
        self._rule = spec.early_stopping
        self._loss = run.loss or spec.loss
        self._patience = Patience(self._rule)

    def look(
        self, epoch: int, parameters: tuple[np.ndarray, ...]
    ) -> tuple[dict[str, float], bool]:
        """Return what is seen after an epoch, and whether it was the last one."""
        validation = self._run.validation
        loss = mean_loss(self._network, self._loss, parameters, validation)
        logs, watched = {"val_loss": loss}, loss
        if self._run.score is not None:
            score = self._run.score(parameters)
            logs[f"val_{self._rule.monitor}"] = score
            watched = -score if self._rule.greater_is_better else score
        if epoch < self._rule.first_epoch:
            return logs, False
        return logs, self._patience.is_over(watched, parameters)

    @property
    def best(self) -> Any:
        return self._patience.best
