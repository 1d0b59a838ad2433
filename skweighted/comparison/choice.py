"""Which strategy of a comparison is the best by a metric, and how clear that is."""

import math
from typing import NamedTuple

from skweighted._text import count, shortened
from skweighted.comparison.measures import MEASURES
from skweighted.comparison.results import Results, fold_counts
from skweighted.comparison.statistics import practical_difference


class Choice(NamedTuple):
    """A strategy, and in a sentence why it is chosen."""

    strategy: str
    reason: str


def best(results: Results, by: str) -> Choice:
    """Return the strategy with the best mean over folds of a metric.

    Of strategies with the same mean, the one that ran first. The sentence names those
    whose mean is at most a practical difference worse.
    """
    if by not in results.metrics:
        raise ValueError(
            f"by must be a metric that was computed. Got {by!r}. Known: "
            f"{shortened(results.metrics, 99)}."
        )
    means = results.summary()[by, "mean"]
    name, *others = results.ranking(by)
    mean = float(means[name])
    if math.isnan(mean):
        raise ValueError(
            f"by={by!r} has no value for any strategy. Use another metric."
        )
    measure = MEASURES[by]
    n_folds = int(fold_counts(results, by)[name])
    reason = (
        f"{name!r} has the best {measure.title} of {1 + len(others)} strategies: "
        f"{mean:.3g}, the mean over {count(n_folds, 'fold')}."
    )
    if not others:
        reason = f"{name!r} is the only strategy that was run."
    rope = practical_difference(by, mean)
    losses = measure.loss(means)
    alike = [other for other in others if losses[other] - losses[name] <= rope]
    if alike:
        differ = "does" if len(alike) == 1 else "do"
        reason += (
            f" {shortened(alike, 3)} {differ} not differ from it in practice (by at "
            f"most {rope:.2g})."
        )
    return Choice(name, reason)
