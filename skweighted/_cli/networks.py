"""The networks that a command trains."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from skweighted.comparison.plan import Plan


epochs_option = click.option(
    "--epochs",
    type=click.IntRange(min=1),
    help="Training epochs of every network.  [default: those of its classifier]",
)


def network_for(plan: "Plan", epochs: int | None) -> Any:
    """Return the network of a plan, after setting the epochs of all networks."""
    from skweighted import CostSensitiveMLPClassifier
    from skweighted.comparison.strategies.pipelines import tabular

    if epochs is None:
        return CostSensitiveMLPClassifier()
    if "tabular" in plan.strategies:
        strategy = plan.strategies["tabular"]
        plan.strategies["tabular"] = replace(strategy, make=tabular(epochs=epochs))
    return CostSensitiveMLPClassifier(epochs=epochs)
