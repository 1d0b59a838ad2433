"""What a comparison found: scores of every fold, their summary, and the table."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions
from rich.table import Table
from rich.text import Text

from skweighted.comparison.measures import MEASURES

# Below this width the spread is written without blank and leading zero, so that five
# metrics fit beside the names on 80 columns.
ROOMY_WIDTH = 100


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
    """

    fold_scores: pd.DataFrame
    positive: Any
    skipped: Mapping[str, str] = field(default_factory=dict)

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
            strategies, [(m, s) for m in MEASURES for s in ("mean", "std")]
        ]

    def to_csv(self, path: str | Path) -> None:
        """Write `fold_scores`, a row per strategy, fold and metric.

        Parameters
        ----------
        path : str or Path
            The file to write; an existing one is replaced.
        """
        self.fold_scores.to_csv(path, index=False)

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[Table | Text]:
        summary = self.summary()
        roomy = options.max_width >= ROOMY_WIDTH
        for panel in dict.fromkeys(measure.panel for measure in MEASURES.values()):
            yield _panel(summary, panel, roomy)
            yield Text()
        n_folds = self.fold_scores["fold"].nunique()
        yield Text(
            f"± standard deviation over {n_folds} folds; * best; "
            f"↓ lower is better; minority: {self.positive}",
            style="dim",
        )
        for name, reason in self.skipped.items():
            yield Text(f"{name} was skipped: {reason}.")

    def __str__(self) -> str:
        text = io.StringIO()
        Console(file=text, color_system=None).print(self)
        return "\n".join(line.rstrip() for line in text.getvalue().splitlines())

    def __repr__(self) -> str:
        strategies = self.fold_scores["strategy"].unique().tolist()
        n_folds = self.fold_scores["fold"].nunique()
        return f"<Comparison of {', '.join(strategies)} over {n_folds} folds>"


def _panel(summary: pd.DataFrame, panel: str, roomy: bool) -> Table:
    """Return the table of one group of metrics."""
    table = Table(
        title=panel,
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        padding=(0, 1) if roomy else 0,
        pad_edge=False,
        show_edge=False,
    )
    names = [name for name, measure in MEASURES.items() if measure.panel == panel]
    table.add_column("strategy", vertical="bottom", overflow="fold")
    for name in names:
        measure = MEASURES[name]
        title = measure.title if measure.greater_is_better else f"{measure.title} ↓"
        table.add_column(title, justify="right", vertical="bottom")
    columns = [_cells(summary, name, roomy) for name in names]
    for strategy, cells in zip(summary.index, zip(*columns, strict=True), strict=True):
        table.add_row(Text(strategy), *cells)
    return table


def _cells(summary: pd.DataFrame, name: str, roomy: bool) -> list[Text]:
    """Return one metric of every strategy, equal best ones marked alike."""
    n_digits = 3
    if name.endswith("_seconds"):
        n_digits = 2 if summary[name, "mean"].max() < 10 else 1
    means = summary[name, "mean"].round(n_digits)
    best = means.max() if MEASURES[name].greater_is_better else means.min()
    return [
        _cell(mean, std, n_digits, is_best=mean == best, roomy=roomy)
        for mean, std in zip(means, summary[name, "std"], strict=True)
    ]


def _cell(
    mean: float, std: float, n_digits: int, *, is_best: bool, roomy: bool
) -> Text:
    """Return "0.912 ±.021*"; the mark's place stays blank where it is not the best."""
    cell = Text(f"{mean:.{n_digits}f}", style="bold green" if is_best else "")
    if not np.isnan(std):
        spread = f"{std:.{n_digits}f}"
        cell.append(f" ± {spread}" if roomy else f" ±{spread.removeprefix('0')}", "dim")
    cell.append("*" if is_best else " ")
    cell.no_wrap = True
    return cell
