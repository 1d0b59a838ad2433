"""The warnings and errors a user may want to catch by name."""


class CannotRunError(ValueError):
    """Training rows do not let a strategy of `compare` run, which then skips it."""


class ClassWeightWarning(UserWarning):
    """Class weights that name a label which y has not, or that nothing undoes."""


class CostWarning(UserWarning):
    """A cost matrix looks as if rows and columns were swapped, or labels misspelt."""


class DoubleCountWarning(CostWarning):
    """The same cost, or the same imbalance, would count twice."""


class SmallValidationWarning(UserWarning):
    """A class has so few validation rows that early stopping is left to chance."""


class TableError(ValueError):
    """A file or table cannot be compared on, and the message says why."""


class TrainingDivergedError(ValueError):
    """The loss became infinite or NaN, so there is no network to keep."""
