"""The warnings and errors a user may want to catch by name."""


class ClassWeightWarning(UserWarning):
    """A class weight names a label that does not occur in y."""


class TableError(ValueError):
    """A file or table cannot be compared on, and the message says why."""


class TrainingDivergedError(ValueError):
    """The loss became infinite or NaN, so there is no network to keep."""
