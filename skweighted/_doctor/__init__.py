"""Checks for mistakes that are common with imbalanced classes."""

from skweighted._doctor._checks import CHECKS, doctor, without_estimator
from skweighted._doctor._report import SEVERITIES, Diagnosis, Finding
from skweighted._doctor._splits import shuffled_folds

__all__ = [
    "CHECKS",
    "SEVERITIES",
    "Diagnosis",
    "Finding",
    "doctor",
    "shuffled_folds",
    "without_estimator",
]
