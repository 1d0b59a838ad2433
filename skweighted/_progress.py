"""Progress on stderr: a bar if that is a terminal, otherwise a line per step.

rich is imported late, because a search that is loaded to predict does without it.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# Takes the description of steps, a function that does them and returns how it went, and
# their number.
Step = Callable[[str, Callable[[], str], int], None]

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
    callable ``(description, work, n_done) -> None``
        ``work()`` does `n_done` steps and returns a word on how they went, such as
        "1.2 s".
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    done = 0
    if not (shown and console.is_terminal):

        def print_line(description: str, work: Callable[[], str], n_done: int) -> None:
            nonlocal done
            how_it_went = work()
            done += n_done
            if shown:
                place = f"{done}/{n_steps}"
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

        def move_bar(description: str, work: Callable[[], str], n_done: int) -> None:
            bar.update(task, description=description)
            work()
            bar.advance(task, n_done)

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
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

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
