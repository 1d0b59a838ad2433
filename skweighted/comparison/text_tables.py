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

from skweighted.comparison.cells import Cell, cells
from skweighted.comparison.measures import MEASURES, by_panel

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
        yield from (f"## {panel}", "")
        yield " | ".join(["| strategy", *map(_title, names)]) + " |"
        yield "| --- |" + " ---: |" * len(names)
        columns = [cells(fold_scores, name) for name in names]
        for strategy in columns[0]:
            texts = (_text(column[strategy], roomy=True) for column in columns)
            values = (text.plain.strip() for text in texts)
            yield " | ".join([f"| {strategy}", *values]) + " |"
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
    """Return the table of differences to the reference, the best first."""
    metric, reference, rope = question
    table = Table(
        title=f"Against {reference!r} in {MEASURES[metric].title}",
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
    )
    table.add_column("strategy", vertical="bottom", overflow="fold")
    titles = ("difference", "95 % interval", "better", f"within {rope:.2g}", "worse")
    for title in titles:
        table.add_column(title, justify="right", vertical="bottom")
    by = differences["difference"]
    order = (-by if MEASURES[metric].greater_is_better else by).sort_values().index
    for strategy, row in differences.loc[order].iterrows():
        table.add_row(
            Name(strategy),
            f"{row['difference']:+.3f}",
            f"{row['low']:+.3f} to {row['high']:+.3f}",
            *(f"{row[f'p_{kind}']:.0%}" for kind in ("better", "equivalent", "worse")),
        )
    return table


def _title(name: str) -> str:
    """Return the title of a metric, and which way is better."""
    measure = MEASURES[name]
    if measure.ideal is not None:
        return f"{measure.title} → {measure.ideal:g}"
    return measure.title if measure.greater_is_better else f"{measure.title} ↓"


def _text(cell: Cell, roomy: bool) -> Text:
    """Return "0.912 ±.021*"; the mark's place stays blank where it is not the best."""
    text = Text(cell.mean, style="bold green" if cell.is_best else "")
    if cell.deviation:
        spread = cell.deviation
        text.append(f" ± {spread}" if roomy else f" ±{spread.removeprefix('0')}", "dim")
    text.append("*" if cell.is_best else " ")
    text.no_wrap = True
    return text
