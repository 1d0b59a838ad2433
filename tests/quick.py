"""What is trained in less time than by default."""

from dataclasses import replace

from skweighted.comparison.strategies import STRATEGIES
from skweighted.comparison.strategies.pipelines import tabular

# The strategy "tabular", with fewer epochs and networks, which compile faster.
QUICK_TABULAR = replace(
    STRATEGIES["tabular"],
    make=tabular(
        hidden_layer_sizes=(4,),
        optimizer="sgd",
        dropout=0.0,
        batch_size=64,
        n_networks=2,
        epochs=2,
        n_iter_no_change=1,
    ),
)
