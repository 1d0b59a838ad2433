"""What a comparison found: scores of every fold, their summary, and the table."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from rich.console import Console, ConsoleOptions
from rich.table import Table
from rich.text import Text
from sklearn.base import BaseEstimator

import skweighted.comparison.report.page as report
import skweighted.comparison.report.plots as plots
import skweighted.comparison.report.verdict as verdicts
import skweighted.comparison.statistics as statistics
from skweighted._text import plain_text, shortened
from skweighted.comparison.data import LabeledData
from skweighted.comparison.folds import Fold
from skweighted.comparison.measures import MEASURES
from skweighted.comparison.outcomes import Outcome
from skweighted.comparison.report.cells import fold_counts
from skweighted.comparison.report.text import (
    differences_table,
    markdown,
    markdown_differences,
    panels,
)
from skweighted.comparison.strategies import for_rows

FEWER_FOLDS = "( ) the mean of fewer folds than others have: in some it is undefined."


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Scores of every strategy in every fold.

    Printing it (or ``str``) shows the mean and the standard deviation over folds, the
    best of each metric marked.

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
    problem : LabeledData or None
        Features, labels and classes.
    folds : tuple of Fold
        Training and test rows of each fold.
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
    pipelines : mapping of str to classifier
        The unfitted classifier of each strategy, without a seed; see `pipeline`.
    groups : ndarray of int of shape (n_samples,) or None
        Which rows belong together.
    """

    fold_scores: pd.DataFrame
    positive: Any
    skipped: Mapping[str, str] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    reference: str = "none"
    problem: LabeledData | None = None
    folds: tuple[Fold, ...] = ()
    outcomes: Mapping[str, list[Outcome]] = field(default_factory=dict)
    cost_matrix: Any = None
    random_state: int | None = None
    network: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    pipelines: Mapping[str, BaseEstimator] = field(default_factory=dict)
    groups: np.ndarray | None = None

    def pipeline(self, name: str, *, fold: int | None = None) -> BaseEstimator:
        """Return a strategy as one unfitted classifier, such as `compare` fitted.

        It takes X as it was given to `compare`, with text and missing values, and
        contains preprocessing, resampling, network and threshold.

        Parameters
        ----------
        name : str
            A strategy that was run.
        fold : int or None, default=None
            The number of a fold, to get its seed; None is `random_state`.

        Returns
        -------
        classifier
            Unfitted. If a threshold is tuned and there were groups, it keeps the groups
            of the rows it is meant for, the training rows of the fold or all rows. To
            fit on other rows, set the parameter ``cv__groups``.

        Raises
        ------
        ValueError
            If there is no such strategy.

        Examples
        --------
        >>> from sklearn.linear_model import LogisticRegression
        >>> from sklearn.model_selection import cross_validate
        >>> from skweighted import compare
        >>> from skweighted.datasets import load_imbalanced_breast_cancer
        >>> X, y = load_imbalanced_breast_cancer()
        >>> model = LogisticRegression()
        >>> comparison = compare(X, y, estimator=model, strategies=["none", "smote"])
        >>> scores = cross_validate(comparison.pipeline("smote"), X, y)
        """
        if name not in self.pipelines:
            raise ValueError(
                f"There is no pipeline {name!r}. Known: "
                f"{shortened(self.pipelines, 99)}."
            )
        seed, groups = self.random_state or 0, self.groups
        if fold is not None:
            rows = self.folds[fold]
            seed, groups = rows.seed, None if groups is None else groups[rows.train]
        return for_rows(self.pipelines[name], seed, groups)

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

    def verdict(
        self, metric: str | None = None, *, reference: str | None = None
    ) -> list[str]:
        """Return what the differences mean, in plain sentences.

        Parameters
        ----------
        metric, reference : str or None, default=None
            As in `differences`.

        Returns
        -------
        list of str
        """
        metric, reference, rope = self.question(metric, reference, None)
        return verdicts.verdict(
            self.differences(metric, reference=reference, rope=rope),
            MEASURES[metric].title,
            reference,
            rope,
            greater_is_better=MEASURES[metric].greater_is_better,
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

    def _has_differences(self) -> bool:
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

    def to_markdown(self, path: str | Path) -> None:
        """Write tables, differences and verdict as Markdown, and what was left out.

        Parameters
        ----------
        path : str or Path
            The file to write; an existing one is replaced.
        """
        lines = list(markdown(self.fold_scores, self.metrics))
        if self._has_differences():
            question = self.question()
            lines += markdown_differences(self.differences(), question)
            lines += [*(f"- {sentence}" for sentence in self.verdict()), ""]
        lines += [f"- {line}" for line in self.notes()]
        Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")

    def to_html(self, path: str | Path, *, command: str = "") -> None:
        """Write one page with the verdict, tables and pictures; it needs no network.

        Parameters
        ----------
        path : str or Path
            The file to write; an existing one is replaced.
        command : str, default=""
            The command that gives the same result, to be shown.
        """
        page = report.html(self, command=command)
        Path(path).write_text(page, encoding="utf-8")

    def plot(self, metric: str | None = None, *, ax: Any = None) -> Any:
        """Draw the difference of every strategy to the reference, with its interval.

        Parameters
        ----------
        metric : str or None, default=None
            One of `metrics`; None is `main_metric`.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        matplotlib Axes
        """
        metric, _, _ = self.question(metric, None, None)
        if ax is None:
            _, ax = plt.subplots(layout="constrained")
        return plots.differences(self, ax, metric)

    def _repr_html_(self) -> str:
        return report.html(self, for_notebook=True)

    def notes(self) -> list[str]:
        """Return how to read the tables, and what is not in them."""
        n_folds = self.fold_scores["fold"].nunique()
        counts = [fold_counts(self.fold_scores, name) for name in self.metrics]
        lacking = any(((each > 0) & (each < each.max())).any() for each in counts)
        seed = "" if self.random_state is None else f"; seed {self.random_state}"
        return [
            f"± standard deviation over {n_folds} folds; * best; "
            f"↓ lower is better; minority: {self.positive}{seed}",
            *([FEWER_FOLDS] if lacking else []),
            *(f"{name} was skipped: {why}." for name, why in self.skipped.items()),
            *(f"{name} failed: {why}" for name, why in self.failed.items()),
        ]

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[Table | Text]:
        for table in panels(self.fold_scores, self.metrics, options.max_width):
            yield table
            yield Text()
        if self._has_differences():
            yield differences_table(self.differences(), self.question())
            yield Text()
            for sentence in self.verdict():
                yield Text(sentence)
            yield Text()
        for number, line in enumerate(self.notes()):
            yield Text(line, style="dim" if number == 0 else "")

    def __str__(self) -> str:
        return plain_text(self)

    def __repr__(self) -> str:
        strategies = self.fold_scores["strategy"].unique().tolist()
        n_folds = self.fold_scores["fold"].nunique()
        return f"<Comparison of {', '.join(strategies)} over {n_folds} folds>"
