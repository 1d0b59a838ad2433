"""Progress on stderr: a bar if that is a terminal, otherwise a line per step."""

import itertools
import math
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

# Takes the description of a step, and the step: a function that returns how it went.
Step = Callable[[str, Callable[[], str]], None]

# Takes how much is done.
Bar = Callable[[float], None]


@contextmanager
def progress(n_steps: int, *, shown: bool) -> Iterator[Step]:
    """Yield a function that runs a step and shows it.

    Parameters
    ----------
    n_steps : int
        How many steps there are.
    shown : bool
        Whether to show anything.

    Yields
    ------
    callable ``(description, work) -> None``
        ``work()`` returns a word on how the step went, such as "1.2 s".
    """
    console = Console(stderr=True)
    started = itertools.count(1)
    if not (shown and console.is_terminal):

        def print_line(description: str, work: Callable[[], str]) -> None:
            how_it_went = work()
            if shown:
                place = f"{next(started)}/{n_steps}"
                console.out(f"{place} {description}: {how_it_went}", highlight=False)

        yield print_line
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

        def move_bar(description: str, work: Callable[[], str]) -> None:
            bar.update(task, description=description, completed=next(started) - 1)
            work()

        yield move_bar


@contextmanager
def progress_bar(total: int, unit: str, *, shown: bool) -> Iterator[Bar | None]:
    """Yield a function that moves a bar, or None if stderr is not a terminal.

    The remaining time is computed from the average speed since the beginning, because
    steps can take minutes.

    Parameters
    ----------
    total : int
        Where the bar ends.
    unit : str
        What is counted, in the plural.
    shown : bool
        Whether to show anything.

    Yields
    ------
    callable ``(n_done) -> None``, or None
    """
    console = Console(stderr=True)
    if not (shown and console.is_terminal):
        yield None
        return
    bar = Progress(
        TextColumn(f"{{task.completed:.0f}}/{{task.total}} {unit}"),
        BarColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        speed_estimate_period=math.inf,
    )
    with bar:
        task = bar.add_task("", total=total)
        bar.advance(task, 0)  # the time of the first step counts
        yield lambda n_done: bar.update(task, completed=n_done)
