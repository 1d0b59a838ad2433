"""A doctor of estimators and data: mistakes that are common with imbalanced classes."""

from skweighted._doctor._examination import (
    CHECKS,
    diagnose_table,
    doctor,
    without_estimator,
)
from skweighted._doctor._findings import SEVERITIES, Diagnosis, Finding

__all__ = [
    "CHECKS",
    "SEVERITIES",
    "Diagnosis",
    "Finding",
    "diagnose_table",
    "doctor",
    "without_estimator",
]
