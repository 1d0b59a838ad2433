"""A metric of every strategy as it is shown in a table: mean, spread, best or not."""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd

from skweighted.comparison.measures import MEASURES

# The metric whose numbers may be of any size.
IN_ANY_UNIT = "expected_cost"


class Cell(NamedTuple):
    """One metric of one strategy.

    Attributes
    ----------
    mean : str
        In parentheses where it is of fewer folds than other strategies have, and
        "-" where no fold has it.
    deviation : str
        Standard deviation over the folds; empty where there is none.
    is_best : bool
        Whether no strategy is better; never where folds are missing.
    """

    mean: str
    deviation: str
    is_best: bool


def fold_counts(fold_scores: pd.DataFrame, metric: str) -> pd.Series:
    """Return in how many folds each strategy has a metric, of shape (n_strategies,)."""
    of_metric = fold_scores[fold_scores["metric"] == metric]
    return of_metric.groupby("strategy", sort=False)["value"].count()


def cells(fold_scores: pd.DataFrame, metric: str) -> dict[str, Cell]:
    """Return one metric of every strategy, equal best ones marked alike."""
    of_metric = fold_scores[fold_scores["metric"] == metric]
    table = of_metric.groupby("strategy", sort=False)["value"].agg(["mean", "std"])
    n_folds = fold_counts(fold_scores, metric)
    n_digits = _n_digits(metric, table["mean"].abs().max())
    means = table["mean"].round(n_digits)
    is_whole = n_folds == max(n_folds.max(), 1)
    # Rounded again: 1.1 is farther from 1 than 0.9 is, by a bit.
    losses = MEASURES[metric].loss(means).round(n_digits).where(is_whole)
    return {
        strategy: Cell(
            _shown(mean, n_digits, is_whole=is_whole[strategy]),
            "" if np.isnan(deviation) else f"{deviation:.{n_digits}f}",
            bool(losses[strategy] == losses.min()),
        )
        for strategy, mean, deviation in zip(
            table.index, means, table["std"], strict=True
        )
    }


def differences_shown(table: pd.DataFrame, metric: str) -> dict[str, tuple[str, str]]:
    """Return the difference and the interval of each strategy, as text.

    Parameters
    ----------
    table : DataFrame
        From `skweighted.comparison.Comparison.differences`.
    metric : str
    """
    n_digits = 3
    if metric == IN_ANY_UNIT:
        n_digits = _n_digits(metric, table["difference"].abs().max())
    return {
        strategy: (
            f"{row['difference']:+.{n_digits}f}",
            f"{row['low']:+.{n_digits}f} to {row['high']:+.{n_digits}f}",
        )
        for strategy, row in table.iterrows()
    }


def _n_digits(metric: str, largest: float) -> int:
    """Return how many decimals are shown: durations and costs as many as they need."""
    if metric.endswith("_seconds"):
        return 3 if largest < 1 else 2 if largest < 10 else 1
    if metric == IN_ANY_UNIT and 0 < largest < 1:
        return max(3, 2 - math.floor(math.log10(largest)))
    return 3


def _shown(mean: float, n_digits: int, *, is_whole: bool) -> str:
    """Return a mean as text."""
    if np.isnan(mean):
        return "-"
    return f"{mean:.{n_digits}f}" if is_whole else f"({mean:.{n_digits}f})"
