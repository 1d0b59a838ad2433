"""What a report begins with: what to use, for which purpose, and how sure that is."""

import numpy as np

from skweighted._text import count
from skweighted.comparison.measures import MEASURES
from skweighted.comparison.report.verdict import listed
from skweighted.comparison.results import Results
from skweighted.comparison.statistics import HUNDREDTHS

# The purposes of a classifier, and the metric that decides each.
PURPOSES = {
    "expected_cost": "the lowest cost",
    "balanced_accuracy": "finding rare rows",
    "average_precision": "ranking",
    "log_loss": "probabilities",
}
# The least probability of a difference that is not negligible, or of none.
LEVELS = {"sure": 0.95, "likely": 0.75}
LEVELS_IN_WORDS = "sure: a probability of at least 95%; likely: at least 75%."
MOST_NAMES = 3


def deciding_metrics(results: Results, reference: str | None = None) -> list[str]:
    """Return the metrics of the purposes in which the reference has a score."""
    means = results.summary().loc[reference or results.reference]
    return [
        metric
        for metric in PURPOSES
        if metric in results.metrics and np.isfinite(means[metric, "mean"])
    ]


def headline(results: Results, reference: str | None = None) -> list[str]:
    """Return a sentence for each purpose: what to use, and how sure that is.

    A strategy is recommended if it is better than the reference by more than a
    negligible difference, with one of the probabilities in `LEVELS`: of the strategies
    with the highest level, the one with the best mean, and those whose mean equals it
    after rounding. A better mean with a lower level is reported too. So is a strategy
    that was recommended for an earlier purpose and is worse than the reference here.
    """
    if reference is None:
        reference = results.reference
    else:
        results.question(reference=reference)
    if len(results.strategies) < 2:
        only = results.label(results.strategies[0])
        return [f"There is no verdict, because only one strategy was run: {only}."]
    if reference not in results.strategies:
        name = results.label(reference)
        return [f"There is no verdict, because the reference was not run: {name}."]
    sentences: list[str] = []
    recommended: list[str] = []
    for metric in deciding_metrics(results, reference):
        purpose = _Purpose(results, metric, reference)
        better, level = purpose.better()
        what = (
            purpose.recommendation(better, level)
            or purpose.for_the_reference(recommended)
            or purpose.nothing_better()
            or purpose.no_clear_difference()
        )
        sentences.append(f"For {PURPOSES[metric]}: {what}.")
        recommended += better
    return sentences


class _Purpose:
    """The differences from the reference in the metric of one purpose."""

    def __init__(self, results: Results, metric: str, reference: str) -> None:
        self.results, self.reference = results, reference
        self.title = MEASURES[metric].title
        self.table = results.differences(metric, reference=reference)
        self.ranked = [n for n in results.ranking(metric) if n in self.table.index]
        means = results.summary()[metric, "mean"]
        self.means = {name: _number(metric, mean) for name, mean in means.items()}

    def better(self) -> tuple[list[str], str]:
        """Return the best of the strategies that are better, and how sure that is."""
        for level, least in LEVELS.items():
            probability = self.table["p_better"]
            names = [name for name in self.ranked if probability[name] >= least]
            if names:
                best = self.means[names[0]]
                return [name for name in names if self.means[name] == best], level
        return [], ""

    def recommendation(self, better: list[str], level: str) -> str:
        """Return "A or B (metric 0.9 against 0.7, sure)", "" if none is better."""
        if not better:
            return ""
        labels = [self.results.label(name) for name in better[:MOST_NAMES]]
        if len(better) > MOST_NAMES:
            labels[-1:] = [count(len(better) - MOST_NAMES + 1, "other")]
        best, reference = self.means[better[0]], self.means[self.reference]
        found = f"{self.title} {best} against {reference}, {level}"
        first = self.ranked[0]
        if self.means[first] != best:
            less_sure = _level(self.table["p_better"][first]) or "unsure"
            found += f"; {self.results.label(first)} {self.means[first]}, {less_sure}"
        return f"{listed(labels, 'or')} ({found})"

    def for_the_reference(self, recommended: list[str]) -> str:
        """Return that the reference is better than a strategy, "" if it is not.

        Than a strategy that was recommended for another purpose, else than all.
        """
        worse = self.table["p_worse"]
        candidates = [(name, worse[name]) for name in recommended if name in worse]
        candidates += [(name, worse.min()) for name in self.ranked[:1]]
        for name, probability in candidates:
            level = _level(probability)
            if level:
                return (
                    f"{self._label} ({self.title} {self.means[self.reference]} against "
                    f"{self.means[name]} with {self.results.label(name)}, {level})"
                )
        return ""

    def nothing_better(self) -> str:
        """Return that nothing is better than the reference, "" if that is unclear."""
        level = _level(1 - self.table["p_better"].max(skipna=False))
        if not level:
            return ""
        mean = self.means[self.reference]
        return f"nothing is better than {self._label} ({self.title} {mean}, {level})"

    def no_clear_difference(self) -> str:
        """Return the best mean and that of the reference."""
        means = f"{self.means[self.reference]} with {self._label}"
        for name in self.ranked[:1]:
            means += f", {self.means[name]} with {self.results.label(name)}"
        return f"no clear difference ({self.title} {means})"

    @property
    def _label(self) -> str:
        return self.results.label(self.reference)


def _level(probability: float) -> str:
    """Return the name of the highest level that a probability reaches, or ""."""
    reached = (level for level, least in LEVELS.items() if probability >= least)
    return next(reached, "")


def _number(metric: str, mean: float) -> str:
    """Return a mean with as many digits as a difference that is not negligible needs.

    That is a hundredth of a score, or 1 % of a loss or cost.
    """
    if metric in HUNDREDTHS:
        return f"{mean:.2f}"
    three_digits = float(f"{mean:.3g}")
    return np.format_float_positional(three_digits, trim="-")
