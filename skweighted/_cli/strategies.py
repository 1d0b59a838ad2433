"""`skweighted strategies`."""

import click
from rich.console import Console
from rich.table import Table


@click.command()
def strategies() -> None:
    """List the treatments of class imbalance and their sources."""
    from skweighted.comparison.strategies import DEFAULT_STRATEGIES, STRATEGIES

    rows = [
        (name + "*" * (name in DEFAULT_STRATEGIES), strategy.summary, strategy.source)
        for name, strategy in STRATEGIES.items()
    ]
    screen = Console()
    if screen.is_terminal:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column("strategy", no_wrap=True)
        for title in ("what it does", "source"):
            table.add_column(title, overflow="fold")
        for row in rows:
            table.add_row(*row)
        screen.print(table)
    else:
        # One line each, of any length: a file or another program has no width.
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            cells = map(str.ljust, row, widths)
            click.echo("  ".join(cells).rstrip())
    screen.out(
        "* compared by default; min_cost is added if costs are given", highlight=False
    )
