"""What a comparison found: scores of every fold, their summary and differences."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import skweighted.comparison.statistics as statistics
from skweighted._text import shortened
from skweighted.comparison.data import Problem
from skweighted.comparison.folds import Fold
from skweighted.comparison.measures import MEASURES
from skweighted.comparison.outcomes import Outcome


@dataclass(frozen=True, eq=False, repr=False)
class Results:
    """Scores of every strategy in every fold, as numbers.

    Attributes
    ----------
    fold_scores : DataFrame of shape (n_strategies * n_folds * n_metrics, 4)
        Columns ``strategy``, ``fold`` (from 0), ``metric`` and ``value``; durations
        are in seconds.
    positive : int, str or bool
        The label of the rarest class, whose recall, precision and F1 are shown.
    skipped : mapping of str to str
        Strategies that could not run, and why.
    failed : mapping of str to str
        Strategies that raised an error, and which.
    reference : str
        The strategy that the others are compared to.
    problem : Problem or None
        Features, labels and classes.
    folds : tuple of Fold
        Which rows were learnt from and asked about.
    outcomes : mapping of str to list of Outcome
        Answers, seconds and training curves of each strategy in each fold.
    cost_matrix : array-like, dict, DataFrame or None
        What mistakes cost.
    random_state : int or None
        The seed that gives the same result to the bit.
    network : str
        The network that was compared.
    versions : mapping of str to str
        Versions of the packages that the result may depend on.
    """

    fold_scores: pd.DataFrame
    positive: Any
    skipped: Mapping[str, str] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    reference: str = "none"
    problem: Problem | None = None
    folds: tuple[Fold, ...] = ()
    outcomes: Mapping[str, list[Outcome]] = field(default_factory=dict)
    cost_matrix: Any = None
    random_state: int | None = None
    network: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)

    def summary(self) -> pd.DataFrame:
        """Summarise the folds.

        Returns
        -------
        DataFrame of shape (n_strategies, 2 * n_metrics)
            Indexed by strategy, columns ``(metric, "mean")`` and ``(metric, "std")``;
            the standard deviation is that of a sample (n_folds - 1).
        """
        grouped = self.fold_scores.groupby(["strategy", "metric"], sort=False)["value"]
        table = grouped.agg(["mean", "std"]).unstack("metric").swaplevel(axis=1)
        strategies = self.fold_scores["strategy"].unique()
        return table.loc[
            strategies, [(m, s) for m in self.metrics for s in ("mean", "std")]
        ]

    @property
    def metrics(self) -> list[str]:
        """The names of the metrics that were computed, in their order."""
        there = set(self.fold_scores["metric"])
        return [name for name in MEASURES if name in there]

    @property
    def main_metric(self) -> str:
        """What strategies are ranked by: the expected cost, else average precision."""
        return (
            "expected_cost" if "expected_cost" in self.metrics else "average_precision"
        )

    def differences(
        self,
        metric: str | None = None,
        *,
        reference: str | None = None,
        rope: float | None = None,
        confidence: float = 0.95,
    ) -> pd.DataFrame:
        """Compare every strategy with a reference, fold by fold.

        Parameters
        ----------
        metric : str or None, default=None
            One of `metrics`; None is `main_metric`.
        reference : str or None, default=None
            The strategy to compare with; None is `reference`.
        rope : float or None, default=None
            The largest difference that makes no difference in practice, in the unit of
            the metric; None takes `practical_difference`.
        confidence : float, default=0.95
            Probability that the interval holds the difference.

        Returns
        -------
        DataFrame of shape (n_strategies - 1, 7)
            As `skweighted.comparison.statistics.differences` says: the difference, its
            interval (Nadeau & Bengio, 2003), and the probabilities that the strategy is
            worse, practically equivalent or better (Benavoli et al., 2017).
        """
        metric, reference, rope = self.question(metric, reference, rope)
        return statistics.differences(
            self.fold_scores,
            metric,
            reference,
            test_share=self._test_share(),
            greater_is_better=MEASURES[metric].greater_is_better,
            rope=rope,
            confidence=confidence,
        )

    def question(
        self,
        metric: str | None = None,
        reference: str | None = None,
        rope: float | None = None,
    ) -> tuple[str, str, float]:
        """Return metric, reference and practical difference, after checking them.

        Parameters
        ----------
        metric, reference, rope
            As in `differences`.

        Returns
        -------
        tuple of (str, str, float)
            None replaced by what it stands for.

        Raises
        ------
        ValueError
            If more is not better or worse in the metric, or the reference was not run.
        """
        metric = metric or self.main_metric
        reference = reference or self.reference
        strategies = self.fold_scores["strategy"].unique().tolist()
        if metric not in self.metrics or MEASURES[metric].ideal is not None:
            known = [name for name in self.metrics if MEASURES[name].ideal is None]
            raise ValueError(
                f"metric must be one in which more or less is better, and that was "
                f"computed. Got {metric!r}. Known: {shortened(known, 99)}."
            )
        if reference not in strategies:
            raise ValueError(
                f"reference must be a strategy that was run. Got {reference!r}. Known: "
                f"{shortened(strategies, 99)}."
            )
        if rope is None:
            mean = self.summary().loc[reference, (metric, "mean")]
            rope = statistics.practical_difference(metric, mean)
        return metric, reference, rope

    def has_differences(self) -> bool:
        """Return whether there is something to compare the reference with."""
        strategies = self.fold_scores["strategy"].unique()
        return len(strategies) > 1 and self.reference in strategies

    def _test_share(self) -> float:
        """Return the mean share of the rows that folds ask about."""
        shares = [
            len(fold.test) / (len(fold.test) + len(fold.train)) for fold in self.folds
        ]
        # Without folds at hand they are taken for those of one cross-validation.
        n_folds = self.fold_scores["fold"].nunique()
        return float(np.mean(shares)) if shares else 1 / max(n_folds, 2)

    def to_csv(self, path: str | Path) -> None:
        """Write `fold_scores`, a row per strategy, fold and metric.

        Parameters
        ----------
        path : str or Path
            The file to write; an existing one is replaced.
        """
        self.fold_scores.to_csv(path, index=False)
