"""Warnings that point at the user's own line, however deep they are raised."""

import sys
import warnings

_INSIDE = ("skweighted", "sklearn", "imblearn", "joblib")


def warn_user(message, category):
    """Warn, as if from the first line outside of this package and sklearn."""
    level, frame = 1, sys._getframe()
    while frame.f_back and frame.f_globals.get("__name__", "").startswith(_INSIDE):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)
