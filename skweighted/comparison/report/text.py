"""The tables of a comparison as text: in a terminal, and as Markdown."""

import re
from collections.abc import Iterator

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from skweighted.comparison.measures import MEASURES, by_panel
from skweighted.comparison.report.cells import Cell, cells, differences_shown

# What five metrics take beside the names. With less, the spread is written without
# blank and leading zero, and with less than that long names go on in the next line.
ROOMY_WIDTH = 86
COMPACT_WIDTH = 66


class Name:
    """A strategy's name, which goes on in the next line behind an underscore."""

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


def panels(
    fold_scores: pd.DataFrame, metrics: list[str], max_width: int
) -> Iterator[Table]:
    """Yield a table of strategies and metrics for each group of metrics.

    Parameters
    ----------
    fold_scores : DataFrame
        As in `skweighted.comparison.Comparison`.
    metrics : list of str
        Names in `MEASURES`.
    max_width : int
        In characters.
    """
    width_of_metrics = max_width - fold_scores["strategy"].map(cell_len).max()
    for panel, names in by_panel(metrics).items():
        yield _panel(fold_scores, panel, names, width_of_metrics)


def markdown(fold_scores: pd.DataFrame, metrics: list[str]) -> Iterator[str]:
    """Yield the lines of the same tables as Markdown."""
    for panel, names in by_panel(metrics).items():
        columns = [cells(fold_scores, name) for name in names]
        rows = {
            strategy: [
                _text(column[strategy], roomy=True).plain.strip() for column in columns
            ]
            for strategy in columns[0]
        }
        yield from _markdown_table(panel, list(map(_title, names)), rows)


def markdown_differences(
    differences: pd.DataFrame, question: tuple[str, str, float]
) -> Iterator[str]:
    """Yield the lines of the table of differences as Markdown."""
    rows = _rows_of_differences(differences, question[0])
    titles = _titles_of_differences(question)
    yield from _markdown_table(_against(question), titles, rows)


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


def _panel(
    fold_scores: pd.DataFrame, panel: str, names: list[str], width_of_metrics: int
) -> Table:
    """Return the table of one group of metrics."""
    roomy = width_of_metrics >= ROOMY_WIDTH
    whole = width_of_metrics >= COMPACT_WIDTH
    table = Table(
        title=panel,
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        padding=(0, 1) if roomy else 0,
        pad_edge=False,
        show_edge=False,
    )
    table.add_column("strategy", vertical="bottom", overflow="fold", no_wrap=whole)
    for name in names:
        table.add_column(_title(name), justify="right", vertical="bottom")
    columns = [cells(fold_scores, name) for name in names]
    for strategy in columns[0]:
        shown = (_text(column[strategy], roomy) for column in columns)
        table.add_row(Name(strategy), *shown)
    return table


def differences_table(
    differences: pd.DataFrame, question: tuple[str, str, float]
) -> Table:
    """Return the table of differences to the reference, the best first.

    Parameters
    ----------
    differences : DataFrame
        From `skweighted.comparison.Comparison.differences`.
    question : tuple of (str, str, float)
        Metric, reference, and the difference that makes none in practice.
    """
    table = Table(
        title=Text(_against(question)),
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
    )
    table.add_column("strategy", vertical="bottom", overflow="fold")
    for title in _titles_of_differences(question):
        table.add_column(title, justify="right", vertical="bottom")
    for strategy, values in _rows_of_differences(differences, question[0]).items():
        table.add_row(Name(strategy), *values)
    return table


def _against(question: tuple[str, str, float]) -> str:
    """Return the heading of a table of differences."""
    metric, reference, _ = question
    return f"Against {reference!r} in {MEASURES[metric].title}"


def _titles_of_differences(question: tuple[str, str, float]) -> list[str]:
    """Return the titles of the columns of `_rows_of_differences`."""
    return [
        *("difference", "95 % interval", "better"),
        *(f"within {question[2]:.2g}", "worse"),
    ]


def _rows_of_differences(
    differences: pd.DataFrame, metric: str
) -> dict[str, list[str]]:
    """Return the cells of each strategy, the best first."""
    order = MEASURES[metric].loss(differences["difference"]).sort_values().index
    shown = differences_shown(differences, metric)
    kinds = ("better", "equivalent", "worse")
    return {
        strategy: [
            *shown[strategy],
            *(f"{differences.loc[strategy, f'p_{kind}']:.0%}" for kind in kinds),
        ]
        for strategy in order
    }


def _title(name: str) -> str:
    """Return the title of a metric, and what is best, where it is not the most."""
    return MEASURES[name].heading().removesuffix(" ↑")


def _text(cell: Cell, roomy: bool) -> Text:
    """Return "0.912 ±.021*"; the mark's place stays blank where it is not the best."""
    text = Text(cell.mean, style="bold green" if cell.is_best else "")
    if cell.deviation:
        spread = cell.deviation
        text.append(f" ± {spread}" if roomy else f" ±{spread.removeprefix('0')}", "dim")
    text.append("*" if cell.is_best else " ")
    text.no_wrap = True
    return text
