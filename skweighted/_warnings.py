"""Warnings that point to the line of the user's code, however deep they are raised."""

import sys
import warnings

_INSIDE = ("skweighted", "sklearn", "imblearn", "joblib")


def warn_user(message: str, category: type[Warning]) -> None:
    """Warn with the location of the innermost call from the user's own code."""
    level, frame = 1, sys._getframe()
    while frame.f_back and frame.f_globals.get("__name__", "").startswith(_INSIDE):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)
