"""Treatments of imbalance: how to fit, and how to decide.

A strategy gets the same preprocessing, the same seeded network and the same training
rows as every other; what it does with them is all that differs. Resampling happens
after preprocessing and sees training rows only.
"""

from skweighted.comparison.strategies.choice import choose_strategies
from skweighted.comparison.strategies.fits import (
    fitted_by,
    plain,
    resampled_by,
    seeded,
    with_parameters,
)
from skweighted.comparison.strategies.strategy import Parts, Setting, Strategy
from skweighted.comparison.strategies.table import DEFAULT_STRATEGIES, STRATEGIES

__all__ = [
    "DEFAULT_STRATEGIES",
    "STRATEGIES",
    "Parts",
    "Setting",
    "Strategy",
    "choose_strategies",
    "fitted_by",
    "plain",
    "resampled_by",
    "seeded",
    "with_parameters",
]
