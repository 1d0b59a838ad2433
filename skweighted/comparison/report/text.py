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
from skweighted.comparison.report.headline import deciding_metrics, headline
from skweighted.comparison.report.notes import FEWER_FOLDS, names_in_code, notes
from skweighted.comparison.report.verdict import DECISIONS, decision, verdict_of
from skweighted.comparison.results import Results, has_differences

# The metrics that decide, with titles for a table of 80 columns.
DECIDING = {
    "expected_cost": "cost\nper row ↓",
    "average_precision": "average\nprecision",
    "log_loss": "log\nloss ↓",
    "balanced_accuracy": "balanced\naccuracy",
    "minority_recall": "recall\n(rare)",
    "minority_precision": "precision\n(rare)",
    "fit_seconds": "fit\nsec. ↓",
}
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
        Whether no strategy is better; False if folds are missing, or all others lack
        folds.
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
    is_comparable = is_whole & (is_whole.sum() > 1 or len(is_whole) == 1)
    # Rounded again: in floats, 1.1 is farther from 1 than 0.9 is.
    losses = MEASURES[metric].loss(means).round(n_digits).where(is_comparable)
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
            results.label(name),
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


def terminal(results: Results) -> Iterator[Table | Text]:
    """Yield the verdict, the table of the metrics that decide, and notes, for rich."""
    for sentence in headline(results):
        yield Text(sentence, style="bold")
    yield Text()
    names = [name for name in DECIDING if name in results.metrics]
    # With a cost, two spaces between columns leave too few of 80 for the names.
    gap = 1 if len(names) < len(DECIDING) else 0
    table = _table("", (0, gap, 0, 0), no_wrap=False)
    for name in names:
        table.add_column(DECIDING[name], justify="right", vertical="bottom")
    columns = [cells(results.fold_scores, name) for name in names]
    for strategy in results.strategies:
        shown = (_text(column[strategy]._replace(deviation="")) for column in columns)
        table.add_row(_Name(results.label(strategy)), *shown)
    yield table
    yield Text()
    for line in notes(results, names):
        yield Text(line, style="dim")


def details(results: Results, max_width: int) -> Iterator[Table | Text]:
    """Yield every metric, the differences in those that decide, and names in code."""
    for table in _panels(results, max_width):
        yield table
        yield Text()
    if has_differences(results):
        for metric in deciding_metrics(results):
            yield _differences_table(results, metric)
            yield Text()
            for sentence in verdict_of(results, metric):
                yield Text(sentence)
            yield Text()
    yield Text(f"± standard deviation over the folds; {FEWER_FOLDS}", style="dim")
    in_code = names_in_code(results)
    if in_code:
        yield Text(f"Names in code: {in_code}", style="dim")


def markdown(results: Results) -> Iterator[str]:
    """Yield the lines of verdict, tables, differences and notes as Markdown."""
    yield from [*(f"- {sentence}" for sentence in headline(results)), ""]
    for panel, names in by_panel(results.metrics).items():
        columns = [cells(results.fold_scores, name) for name in names]
        rows = {
            results.label(strategy): [
                _text(column[strategy], roomy=True).plain.strip() for column in columns
            ]
            for strategy in columns[0]
        }
        yield from _markdown_table(panel, list(map(_title, names)), rows)
    if has_differences(results):
        for metric in deciding_metrics(results):
            differ = differences(results, metric)
            rows = {row.strategy: _shown(row) for row in differ}
            headings = _headings_of_differences(results, metric)
            yield from _markdown_table(*headings, rows)
            yield from [f"- {sentence}" for sentence in verdict_of(results, metric)]
            yield ""
    yield from (f"- {line}" for line in notes(results))
    in_code = names_in_code(results)
    if in_code:
        yield f"- Names in code: {in_code}"


class _Name:
    """The name of a strategy, which is wrapped after a blank or an underscore."""

    def __init__(self, name: str) -> None:
        self.parts = re.findall("[^_ ]*[_ ]+|[^_ ]+", name) or [name]

    def __rich_measure__(
        self, console: Console, options: ConsoleOptions
    ) -> Measurement:
        widths = [cell_len(part.rstrip()) for part in self.parts]
        return Measurement(max(widths), cell_len("".join(self.parts)))

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[Text]:
        lines = [""]
        for part in self.parts:
            if cell_len((lines[-1] + part).rstrip()) > options.max_width:
                lines.append("")
            lines[-1] += part
        yield Text("\n".join(filter(None, lines)))


def _panels(results: Results, max_width: int) -> Iterator[Table]:
    """Yield a table of strategies and metrics for each group of metrics."""
    room = max_width - max(cell_len(results.label(n)) for n in results.strategies)
    roomy, whole = room >= ROOMY_WIDTH, room >= COMPACT_WIDTH
    for panel, names in by_panel(results.metrics).items():
        table = _table(panel, (0, 1) if roomy else 0, no_wrap=whole)
        for name in names:
            table.add_column(_title(name), justify="right", vertical="bottom")
        columns = [cells(results.fold_scores, name) for name in names]
        for strategy in columns[0]:
            shown = (_text(column[strategy], roomy) for column in columns)
            table.add_row(_Name(results.label(strategy)), *shown)
        yield table


def _differences_table(results: Results, metric: str) -> Table:
    """Return the table of differences from the reference."""
    heading, titles = _headings_of_differences(results, metric)
    table = _table(heading, (0, 1, 0, 0), no_wrap=False)
    for title in titles:
        table.add_column(title, justify="right", vertical="bottom")
    for row in differences(results, metric):
        table.add_row(_Name(row.strategy), *_shown(row))
    return table


def _table(heading: str, padding: PaddingDimensions, *, no_wrap: bool) -> Table:
    """Return an empty table with a column for the strategies."""
    table = Table(
        title=Text(heading) if heading else None,
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


def _headings_of_differences(results: Results, metric: str) -> tuple[str, list[str]]:
    """Return the heading of the table of differences, and those of its columns."""
    metric, reference, rope = results.question(metric)
    columns = ("difference", "95 % interval", "better", f"within {rope:.2g}", "worse")
    return f"Against {results.label(reference)} in {MEASURES[metric].title}", [*columns]


def _shown(row: Difference) -> list[str]:
    """Return the cells of a row of differences."""
    return [row.difference, row.interval, row.better, row.equivalent, row.worse]


def _title(name: str) -> str:
    """Return the title of a metric, with an arrow unless higher is better."""
    return MEASURES[name].heading().removesuffix(" ↑")


def _text(cell: Cell, roomy: bool = False) -> Text:
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
