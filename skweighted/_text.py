"""Text for messages: suggestions, shortened lists, counts and plain text."""

import difflib
import io
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return " Did you mean 'x'?" for similar known names, "" if there are none."""
    # Compared in lower case, because wrong capitals are the most common mistake.
    spelling = {known_name.lower(): known_name for known_name in known}
    near = difflib.get_close_matches(name.lower(), spelling, n=3, cutoff=0.7)
    if not near:
        return ""
    return f" Did you mean {' or '.join(repr(spelling[name]) for name in near)}?"


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return " Did you mean 'x'?", or all known names if none is similar."""
    known = sorted(known)
    return did_you_mean(name, known) or f" Known: {', '.join(map(repr, known))}."


def shortened(names: Iterable[object], limit: int = 8) -> str:
    """Return the first names in quotes, and how many more there are."""
    names = list(names)
    listed = ", ".join(repr(name) for name in names[:limit])
    more = len(names) - limit
    return f"{listed} and {more:,} more" if more > 0 else listed


def count(number: int, noun: str) -> str:
    """Return "1 row" or "1,234 rows"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def printable(text: str) -> str:
    """Return a line with "?" in place of control characters."""
    return "".join(one if one.isprintable() else "?" for one in text)


def plain_text(shown: "RenderableType") -> str:
    """Return what a console would show, without colors and trailing spaces."""
    from rich.console import Console  # not at the top: predictions do without rich

    file = io.StringIO()
    # Otherwise, in a notebook, the console displays its output despite `file`.
    Console(file=file, color_system=None, force_jupyter=False).print(shown)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines())
