"""When to stop, and which epoch was the best: one rule for every way of training."""

import math
from typing import Any

from skweighted._training._spec import EarlyStopping


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
