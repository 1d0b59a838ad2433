"""The options that describe a text file."""

import functools
from collections.abc import Callable
from typing import Any

import click

_TEXT_OPTIONS = (
    click.option(
        "--separator",
        metavar="CHAR",
        help='What separates columns, a character or "tab".  [default: the comma, '
        "semicolon or tab, whichever is most frequent in the header]",
    ),
    click.option(
        "--decimal",
        type=click.Choice([".", ","]),
        default=".",
        show_default=True,
        help="What separates decimals.",
    ),
    click.option(
        "--na",
        metavar="TEXT",
        multiple=True,
        help="Cells that stand for a missing value, such as '?'; may be repeated. "
        "Empty cells, NA and the like always do.",
    ),
    click.option(
        "--encoding",
        metavar="NAME",
        help="Encoding of the file, such as cp1252.  [default: utf-8]",
    ),
)


def with_text_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that describe a text file; the command gets a `TextFormat`."""

    @functools.wraps(command)
    def with_format(
        encoding: str | None,
        na: tuple[str, ...],
        decimal: str,
        separator: str | None,
        **options: Any,
    ) -> None:
        from skweighted.comparison.files import TextFormat

        text_format = TextFormat(encoding, na, decimal, separator)
        command(**options, text_format=text_format)

    for option in _TEXT_OPTIONS:
        with_format = option(with_format)
    return with_format
