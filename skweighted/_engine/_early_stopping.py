"""When to stop, and which epoch is the best: the same rule for both engines."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from skweighted._engine._mean_loss import MeanLosses
from skweighted._engine._spec import EarlyStopping, NetworkSpec, Run, TrainingSpec


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
        self.best_epoch = -1

    def is_over(self, loss: float, epoch: int) -> bool:
        """Record the loss of an epoch, and return whether it is the last one.

        The epoch with the lowest loss is the best, however small the difference. An
        improvement smaller than `tol` does not reset the waiting time.
        """
        self._waited += 1
        if loss <= self.best_loss - self._rule.tol:
            self._waited = 0
        if loss < self.best_loss:
            self.best_loss, self.best_epoch = loss, epoch
        return self._waited >= self._rule.patience


class Watch:
    """Judges one network after each epoch, and keeps its best parameters.

    Parameters
    ----------
    rule : EarlyStopping
    score : callable or None
        As in `Run`.

    Attributes
    ----------
    best : tuple of ndarray or None
        Parameters of the best epoch so far.
    """

    def __init__(
        self, rule: EarlyStopping, score: Callable[[np.ndarray], float] | None
    ) -> None:
        self._rule, self._score = rule, score
        self._patience = Patience(rule)
        self.best: tuple[np.ndarray, ...] | None = None

    def look(
        self,
        epoch: int,
        parameters: tuple[np.ndarray, ...],
        loss: float,
        outputs: np.ndarray,
    ) -> tuple[dict[str, float], bool]:
        """Return the scores after an epoch, and whether it is the last one.

        Parameters
        ----------
        epoch : int
        parameters : tuple of ndarray
            Copied if the epoch is the best one.
        loss : float
            On the validation rows.
        outputs : ndarray of shape (n_validation_rows, n_outputs)
        """
        logs, watched = {"val_loss": float(loss)}, float(loss)
        if self._score is not None:
            score = self._score(outputs)
            logs[f"val_{self._rule.monitor}"] = score
            watched = -score if self._rule.greater_is_better else score
        if epoch < self._rule.first_epoch:
            return logs, False
        is_last = self._patience.is_over(watched, epoch)
        if self._patience.best_epoch == epoch:
            self.best = tuple(map(np.copy, parameters))
        return logs, is_last

    @property
    def best_value(self) -> float:
        """Value of the best epoch so far, infinite without one; lower is better."""
        return self._patience.best_loss

    @property
    def best_epoch(self) -> int:
        """Number of the best epoch so far, from 0; -1 if there is none."""
        return self._patience.best_epoch


def watch_of(spec: TrainingSpec, run: Run) -> Watch | None:
    """Return the `Watch` of a run, or None without early stopping."""
    if spec.early_stopping is None or run.validation is None:
        return None
    return Watch(spec.early_stopping, run.score)


def validation_losses_of(
    network: NetworkSpec, spec: TrainingSpec, runs: Sequence[Run]
) -> MeanLosses | None:
    """Return the validation losses of the runs with a `Watch`, or None without any."""
    losses, rows = [], []
    for run in runs:
        if spec.early_stopping is not None and run.validation is not None:
            losses.append(run.loss or spec.loss)
            rows.append(run.validation)
    return MeanLosses(network, losses, rows) if rows else None
