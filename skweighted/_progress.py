"""A progress bar on stderr, if that is a terminal."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)


@contextmanager
def progress_bar(n_steps: int, *, shown: bool) -> Iterator[Callable[[str], None]]:
    """Yield a function to call with a description of each step before it begins."""
    console = Console(stderr=True)
    if not (shown and console.is_terminal):
        yield lambda description: None
        return
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )
    with bar:
        task = bar.add_task("", total=n_steps)
        started = itertools.count()
        yield lambda description: bar.update(
            task, description=description, completed=next(started)
        )
