"""What is trained in less time than by default."""

from dataclasses import replace

from skweighted.comparison.strategies import STRATEGIES
from skweighted.comparison.strategies.pipelines import tabular

# The strategy "tabular", with fewer networks and epochs.
QUICK_TABULAR = replace(
    STRATEGIES["tabular"], make=tabular(n_networks=2, epochs=2, n_iter_no_change=1)
)
