"""A comparison as text: rounded cells, tables for a terminal, and Markdown."""

import math
import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions
from rich.measure import Measurement
from rich.padding import PaddingDimensions
from rich.table import Table
from rich.text import Text

from skweighted.comparison.measures import MEASURES, by_panel
from skweighted.comparison.report.verdict import DECISIONS, decision, verdict_of
from skweighted.comparison.results import Results, fold_counts, has_differences

FEWER_FOLDS = "( ) mean over fewer folds: in some the metric is undefined."
# The metric that has no natural scale.
IN_ANY_UNIT = "expected_cost"
# The width of five metrics without the names. In less room, the deviation is written
# without a space and a leading zero, and in even less, long names are wrapped.
ROOMY_WIDTH = 86
COMPACT_WIDTH = 66


class Cell(NamedTuple):
    """One metric of one strategy.

    Attributes
    ----------
    mean : str
        In parentheses if it is over fewer folds than other strategies have; "-" if no
        fold has a value.
    deviation : str
        Standard deviation over the folds; empty for a single fold.
    is_best : bool
        Whether no strategy is better; False if folds are missing.
    """

    mean: str
    deviation: str
    is_best: bool


class Difference(NamedTuple):
    """The difference of one strategy from the reference; all fields are text."""

    strategy: str
    difference: str
    interval: str
    better: str
    equivalent: str
    worse: str
    decision: str


def cells(fold_scores: pd.DataFrame, metric: str) -> dict[str, Cell]:
    """Return one metric of every strategy; equal best ones are all marked."""
    of_metric = fold_scores[fold_scores["metric"] == metric]
    by_strategy = of_metric.groupby("strategy", sort=False)["value"]
    table = by_strategy.agg(["mean", "std", "count"])
    n_digits = _n_digits(metric, table["mean"].abs().max())
    means = table["mean"].round(n_digits)
    is_whole = table["count"] == max(table["count"].max(), 1)
    # Rounded again: in floats, 1.1 is farther from 1 than 0.9 is.
    losses = MEASURES[metric].loss(means).round(n_digits).where(is_whole)
    return {
        str(strategy): Cell(
            _mean_text(mean, n_digits, is_whole=whole),
            "" if np.isnan(deviation) else f"{deviation:.{n_digits}f}",
            bool(loss == losses.min()),
        )
        for strategy, mean, deviation, whole, loss in zip(
            table.index, means, table["std"], is_whole, losses, strict=True
        )
    }


def differences(results: Results, metric: str | None = None) -> list[Difference]:
    """Return the differences from the reference in a metric, the best first."""
    metric, _, rope = results.question(metric)
    table = results.differences(metric, rope=rope)
    rows = table.to_dict("index")
    n_digits = 3
    if metric == IN_ANY_UNIT:
        n_digits = _n_digits(metric, table["difference"].abs().max())
    return [
        Difference(
            name,
            f"{row['difference']:+.{n_digits}f}",
            f"{row['low']:+.{n_digits}f} to {row['high']:+.{n_digits}f}",
            _percent(row["p_better"]),
            _percent(row["p_equivalent"]),
            _percent(row["p_worse"]),
            DECISIONS[decision(row)],
        )
        for name in results.ranking(metric)
        if name in rows
        for row in [rows[name]]
    ]


def notes(results: Results) -> list[str]:
    """Return how to read the tables, and which strategies are left out."""
    counts = [fold_counts(results, name) for name in results.metrics]
    fewer = any(((each > 0) & (each < each.max())).any() for each in counts)
    seed = "" if results.random_state is None else f"; seed {results.random_state}"
    return [
        f"± standard deviation over {results.n_folds} folds; * best; "
        f"↓ lower is better; minority: {results.positive}{seed}",
        *([FEWER_FOLDS] if fewer else []),
        *(f"{name} was skipped: {why}." for name, why in results.skipped.items()),
        *(f"{name} failed: {why}" for name, why in results.failed.items()),
    ]


def terminal(results: Results, max_width: int) -> Iterator[Table | Text]:
    """Yield tables, differences, verdict and notes, for rich to print."""
    for table in _panels(results, max_width):
        yield table
        yield Text()
    if has_differences(results):
        yield _differences_table(results)
        yield Text()
        for sentence in verdict_of(results):
            yield Text(sentence)
        yield Text()
    for number, line in enumerate(notes(results)):
        yield Text(line, style="" if number else "dim")


def markdown(results: Results) -> Iterator[str]:
    """Yield the lines of tables, differences, verdict and notes as Markdown."""
    for panel, names in by_panel(results.metrics).items():
        columns = [cells(results.fold_scores, name) for name in names]
        rows = {
            strategy: [
                _text(column[strategy], roomy=True).plain.strip() for column in columns
            ]
            for strategy in columns[0]
        }
        yield from _markdown_table(panel, list(map(_title, names)), rows)
    if has_differences(results):
        rows = {row.strategy: _shown(row) for row in differences(results)}
        yield from _markdown_table(*_headings_of_differences(results), rows)
        yield from [*(f"- {sentence}" for sentence in verdict_of(results)), ""]
    yield from (f"- {line}" for line in notes(results))


class _Name:
    """The name of a strategy, which is wrapped after an underscore."""

    def __init__(self, name: str) -> None:
        self.parts = re.findall("[^_]*_+|[^_]+", name) or [name]

    def __rich_measure__(
        self, console: Console, options: ConsoleOptions
    ) -> Measurement:
        widths = [cell_len(part) for part in self.parts]
        return Measurement(max(widths), sum(widths))

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[Text]:
        lines = [""]
        for part in self.parts:
            if cell_len(lines[-1] + part) > options.max_width:
                lines.append("")
            lines[-1] += part
        yield Text("\n".join(filter(None, lines)))


def _panels(results: Results, max_width: int) -> Iterator[Table]:
    """Yield a table of strategies and metrics for each group of metrics."""
    room = max_width - max(map(cell_len, results.strategies))
    roomy, whole = room >= ROOMY_WIDTH, room >= COMPACT_WIDTH
    for panel, names in by_panel(results.metrics).items():
        table = _table(panel, (0, 1) if roomy else 0, no_wrap=whole)
        for name in names:
            table.add_column(_title(name), justify="right", vertical="bottom")
        columns = [cells(results.fold_scores, name) for name in names]
        for strategy in columns[0]:
            shown = (_text(column[strategy], roomy) for column in columns)
            table.add_row(_Name(strategy), *shown)
        yield table


def _differences_table(results: Results) -> Table:
    """Return the table of differences from the reference."""
    heading, titles = _headings_of_differences(results)
    table = _table(heading, (0, 1, 0, 0), no_wrap=False)
    for title in titles:
        table.add_column(title, justify="right", vertical="bottom")
    for row in differences(results):
        table.add_row(_Name(row.strategy), *_shown(row))
    return table


def _table(heading: str, padding: PaddingDimensions, *, no_wrap: bool) -> Table:
    """Return an empty table with a column for the strategies."""
    table = Table(
        title=Text(heading),
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        padding=padding,
        pad_edge=False,
        show_edge=False,
    )
    table.add_column("strategy", vertical="bottom", overflow="fold", no_wrap=no_wrap)
    return table


def _markdown_table(
    heading: str, titles: list[str], rows: dict[str, list[str]]
) -> Iterator[str]:
    """Yield the lines of a table with its heading."""
    yield from (f"## {heading}", "")
    yield " | ".join(["| strategy", *titles]) + " |"
    yield "| --- |" + " ---: |" * len(titles)
    for strategy, values in rows.items():
        name = strategy.replace("|", "\\|")
        yield " | ".join([f"| {name}", *values]) + " |"
    yield ""


def _headings_of_differences(results: Results) -> tuple[str, list[str]]:
    """Return the heading of the table of differences, and those of its columns."""
    metric, reference, rope = results.question()
    columns = ("difference", "95 % interval", "better", f"within {rope:.2g}", "worse")
    return f"Against {reference!r} in {MEASURES[metric].title}", [*columns]


def _shown(row: Difference) -> list[str]:
    """Return the cells of a row of differences."""
    return [row.difference, row.interval, row.better, row.equivalent, row.worse]


def _title(name: str) -> str:
    """Return the title of a metric, with an arrow unless higher is better."""
    return MEASURES[name].heading().removesuffix(" ↑")


def _text(cell: Cell, roomy: bool) -> Text:
    """Return "0.912 ±.021*"; a blank takes the place of the mark elsewhere."""
    text = Text(cell.mean, style="bold green" if cell.is_best else "")
    if cell.deviation:
        deviation = cell.deviation
        short = f" ±{deviation.removeprefix('0')}"
        text.append(f" ± {deviation}" if roomy else short, "dim")
    text.append("*" if cell.is_best else " ")
    text.no_wrap = True
    return text


def _percent(probability: float) -> str:
    """Return a probability as text."""
    return "?" if np.isnan(probability) else f"{probability:.0%}"


def _n_digits(metric: str, largest: float) -> int:
    """Return the number of decimals: durations and costs have as many as they need."""
    if metric.endswith("_seconds"):
        return 3 if largest < 1 else 2 if largest < 10 else 1
    if metric == IN_ANY_UNIT and 0 < largest < 1:
        return max(3, 2 - math.floor(math.log10(largest)))
    return 3


def _mean_text(mean: float, n_digits: int, *, is_whole: bool) -> str:
    """Return a mean as text."""
    if np.isnan(mean):
        return "-"
    return f"{mean:.{n_digits}f}" if is_whole else f"({mean:.{n_digits}f})"
