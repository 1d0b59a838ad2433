"""Warnings and errors that users may want to catch by name."""


class CannotRunError(ValueError):
    """A strategy cannot run on the training rows; `compare` then skips it."""


class ClassWeightWarning(UserWarning):
    """Class weights name a label that is not in y, or are not undone."""


class ColumnWarning(UserWarning):
    """A column may not hold what it seems to, such as numbers that are text."""


class CostWarning(UserWarning):
    """A cost matrix seems to have swapped rows and columns, or misspelled labels."""


class DoubleCountWarning(CostWarning):
    """The same cost, or the same imbalance, counts twice."""


class ModelVersionWarning(UserWarning):
    """A model file was written with other versions than those installed."""


class SmallValidationWarning(UserWarning):
    """A class has so few validation rows that early stopping depends on chance."""


class TableError(ValueError):
    """A file or table cannot be used; the message explains why."""


class TrainingDivergedError(ValueError):
    """The loss became infinite or NaN, so there is no fitted network."""
