"""Treatments of class imbalance in one leak-free comparison."""

from skweighted.comparison.comparison import Comparison
from skweighted.comparison.measures import MEASURES
from skweighted.comparison.protocol import compare
from skweighted.comparison.strategies import STRATEGIES, Strategy

__all__ = ["MEASURES", "STRATEGIES", "Comparison", "Strategy", "compare"]
