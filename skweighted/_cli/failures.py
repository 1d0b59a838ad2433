"""What goes wrong, as one line on stderr; the exit codes of the command."""

import contextlib
import warnings
from collections.abc import Iterator

import click

# Exit codes besides 0.
WRONG_INPUT = 2
INTERRUPTED = 130


class WrongArgument(ValueError):
    """The value of an argument is not valid."""


def fail(message: str) -> int:
    """Print one line on stderr and return the exit code of invalid input."""
    click.echo(f"skweighted: {' '.join(message.split())}", err=True)
    return WRONG_INPUT


@contextlib.contextmanager
def warnings_in_one_line() -> Iterator[None]:
    """Show warnings without the line of code that raised them."""
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_: warn(str(message))
        yield


def warn(message: str) -> None:
    """Print a warning in one line on stderr."""
    click.echo(f"skweighted: warning: {' '.join(message.split())}", err=True)
