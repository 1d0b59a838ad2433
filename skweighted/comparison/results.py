"""What a comparison found: scores of every fold, their summary and differences."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

import skweighted.comparison.statistics as statistics
from skweighted._text import shortened
from skweighted.comparison.data import LabeledData
from skweighted.comparison.folds import Fold
from skweighted.comparison.measures import MEASURES
from skweighted.comparison.outcomes import Outcome
from skweighted.comparison.strategies import STRATEGIES, for_rows
from skweighted.metrics import CostMatrix


@dataclass(frozen=True, eq=False, repr=False)
class Results:
    """The numbers of a comparison; the public `Comparison` documents its fields."""

    fold_scores: pd.DataFrame
    positive: Any
    skipped: Mapping[str, str] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    reference: str = "none"
    problem: LabeledData | None = None
    folds: tuple[Fold, ...] = ()
    outcomes: Mapping[str, list[Outcome]] = field(default_factory=dict)
    cost_matrix: CostMatrix | None = None
    random_state: int | None = None
    network: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    pipelines: Mapping[str, BaseEstimator] = field(default_factory=dict)
    groups: np.ndarray | None = None

    @property
    def strategies(self) -> list[str]:
        """The names of the strategies that have scores, in the order they ran."""
        return self.fold_scores["strategy"].unique().tolist()

    @property
    def n_folds(self) -> int:
        """The number of folds that have scores."""
        return self.fold_scores["fold"].nunique()

    @property
    def metrics(self) -> list[str]:
        """The names of the metrics that were computed, in the order of `MEASURES`."""
        computed = set(self.fold_scores["metric"])
        return [name for name in MEASURES if name in computed]

    @property
    def main_metric(self) -> str:
        """The metric that ranks strategies: expected cost, else average precision."""
        return (
            "expected_cost" if "expected_cost" in self.metrics else "average_precision"
        )

    def label(self, name: str) -> str:
        """Return a strategy in words, "SMOTE" for "smote"; your own keep their name.

        Parameters
        ----------
        name : str
            A strategy.

        Returns
        -------
        str
        """
        label = STRATEGIES[name].label if name in STRATEGIES else ""
        return name if not label or label in self.strategies else label

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
        if fold is not None and fold not in range(len(self.folds)):
            raise ValueError(
                f"fold must be from 0 to {len(self.folds) - 1}. Got {fold!r}."
            )
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
        """Summarize the folds.

        Returns
        -------
        DataFrame of shape (n_strategies, 2 * n_metrics)
            Indexed by strategy, columns ``(metric, "mean")`` and ``(metric, "std")``;
            the standard deviation is that of a sample (n_folds - 1).
        """
        table = self.fold_scores.pivot_table(
            index="strategy",
            columns="metric",
            values="value",
            aggfunc=["mean", "std"],
            dropna=False,
            sort=False,
        )
        columns = [(s, metric) for metric in self.metrics for s in ("mean", "std")]
        table = table.reindex(index=self.strategies, columns=columns)
        return table.swaplevel(axis=1)

    def ranking(self, metric: str | None = None) -> list[str]:
        """Return the strategies, the best first, those that lack folds last.

        Parameters
        ----------
        metric : str or None, default=None
            One of `metrics`; None is `main_metric`.

        Returns
        -------
        list of str
        """
        metric = metric or self.main_metric
        if metric not in self.metrics:
            raise ValueError(
                f"metric must be one that was computed. Got {metric!r}. Known: "
                f"{shortened(self.metrics, 99)}."
            )
        loss = MEASURES[metric].loss(self.summary()[metric, "mean"])
        n_folds = fold_counts(self, metric).reindex(loss.index, fill_value=0)
        table = pd.DataFrame({"n_folds": -n_folds, "loss": loss})
        return table.sort_values(["n_folds", "loss"], kind="stable").index.tolist()

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
            The largest difference that is negligible in practice, in the unit of the
            metric; None takes `practical_difference`.
        confidence : float, default=0.95
            Probability that the interval contains the true difference.

        Returns
        -------
        DataFrame of shape (n_strategies - 1, 7)
            See `skweighted.comparison.statistics.differences`: the difference, its
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

    def intervals(self, name: str, *, confidence: float = 0.95) -> pd.DataFrame:
        """Return the mean of every metric of a strategy, with its interval.

        Parameters
        ----------
        name : str
            A strategy that was run.
        confidence : float, default=0.95
            Probability that the interval contains the true mean.

        Returns
        -------
        DataFrame of shape (n_metrics, 4)
            Indexed by metric, with columns ``mean``, ``low``, ``high`` and ``n_folds``.
            See `skweighted.comparison.statistics.interval`.
        """
        self._check_run("name", name)
        of_name = self.fold_scores[self.fold_scores["strategy"] == name]
        rows = {
            metric: statistics.interval(
                of_name.loc[of_name["metric"] == metric, "value"],
                test_share=self._test_share(),
                confidence=confidence,
            )
            for metric in self.metrics
        }
        return pd.DataFrame.from_dict(
            rows, orient="index", columns=["mean", "low", "high", "n_folds"]
        ).astype({"n_folds": int})

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
            With the defaults in place of None.

        Raises
        ------
        ValueError
            If strategies cannot be ranked by the metric, or the reference was not run.
        """
        metric = metric or self.main_metric
        reference = reference or self.reference
        if metric not in self.metrics or MEASURES[metric].ideal is not None:
            known = [name for name in self.metrics if MEASURES[name].ideal is None]
            raise ValueError(
                f"metric must be one that was computed, and of which a higher or a "
                f"lower value is better. Got {metric!r}. Known: {shortened(known, 99)}."
            )
        self._check_run("reference", reference)
        if rope is None:
            mean = self.summary()[metric, "mean"].loc[reference]
            rope = statistics.practical_difference(metric, float(mean))
        return metric, reference, rope

    def _check_run(self, argument: str, name: str) -> None:
        """Raise ValueError for the name of a strategy that was not run."""
        if name not in self.strategies:
            raise ValueError(
                f"{argument} must be a strategy that was run. Got {name!r}. Known: "
                f"{shortened(self.strategies, 99)}."
            )

    def to_csv(self, path: str | Path) -> None:
        """Write `fold_scores`, a row per strategy, fold and metric.

        Parameters
        ----------
        path : str or Path
            The file to write; an existing one is replaced.
        """
        self.fold_scores.to_csv(path, index=False)

    def _test_share(self) -> float:
        """Return the mean share of test rows in the rows of a fold."""
        shares = [
            len(fold.test) / (len(fold.test) + len(fold.train)) for fold in self.folds
        ]
        # Scores without folds are taken for those of one cross-validation.
        return float(np.mean(shares)) if shares else 1 / max(self.n_folds, 2)


def fold_counts(results: Results, metric: str) -> pd.Series:
    """Return in how many folds each strategy has a value of a metric, by strategy."""
    of_metric = results.fold_scores[results.fold_scores["metric"] == metric]
    return of_metric.groupby("strategy", sort=False)["value"].count()


def has_differences(results: Results) -> bool:
    """Return whether there are strategies to compare with the reference."""
    return len(results.strategies) > 1 and results.reference in results.strategies


def problem_of(results: Results) -> LabeledData:
    """Return the problem, or raise ValueError if there are scores only."""
    if results.problem is None:
        raise ValueError(
            "This comparison has scores only. Figures and the page need the data too: "
            "use the comparison that skweighted.compare returns."
        )
    return results.problem


def positives(results: Results, strategy: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return which test rows are of the rarest class, and its probability, by fold."""
    problem = problem_of(results)
    column = problem.classes.tolist().index(results.positive)
    return [
        (problem.y[fold.test] == results.positive, outcome.proba[:, column].clip(0, 1))
        for fold, outcome in zip(results.folds, results.outcomes[strategy], strict=True)
    ]
