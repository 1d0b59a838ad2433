"""Treatments of imbalance: how to build a classifier from the parts of a comparison.

Every strategy gets the same preprocessing and the same network, and is fitted on the
same training rows with the same seed. Resampling happens after preprocessing and sees
training rows only. Classifiers that take a table as it is get it as it is, unless it is
resampled.
"""

from skweighted.comparison.strategies.choice import choose_strategies
from skweighted.comparison.strategies.pipelines import plain, resampled_by
from skweighted.comparison.strategies.samplers import CheckedSampler
from skweighted.comparison.strategies.seeding import for_rows, seeded
from skweighted.comparison.strategies.strategy import Parts, Setting, Strategy
from skweighted.comparison.strategies.table import DEFAULT_STRATEGIES, STRATEGIES
from skweighted.comparison.strategies.tables import categorical_parameters
from skweighted.comparison.strategies.tuning import TuningFolds

__all__ = [
    "DEFAULT_STRATEGIES",
    "STRATEGIES",
    "CheckedSampler",
    "Parts",
    "Setting",
    "Strategy",
    "TuningFolds",
    "categorical_parameters",
    "choose_strategies",
    "for_rows",
    "plain",
    "resampled_by",
    "seeded",
]
