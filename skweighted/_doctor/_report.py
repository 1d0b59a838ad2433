"""What was found: findings, and how they are read."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields

import pandas as pd
from rich.console import Console, ConsoleOptions, RenderableType
from rich.table import Table
from rich.text import Text

from skweighted._text import count, plain_text

# The worst first.
SEVERITIES = ("error", "warning", "note")
_STYLES = {"error": "bold red", "warning": "bold yellow", "note": "bold cyan"}


@dataclass(frozen=True)
class Finding:
    """A mistake, or a likely one.

    Attributes
    ----------
    what : str
        What was found, with the numbers that it is based on.
    where : str
        The argument or the part of the estimator, with its path in `set_params`.
    why : str
        The harm that it does.
    fix : str
        What to do. Lines of code are indented by four spaces.
    severity : {"error", "warning", "note"}
        "error" fails or makes scores wrong; "warning" likely does harm; "note" is good
        to know.
    """

    what: str
    where: str
    why: str
    fix: str
    severity: str


@dataclass(frozen=True, eq=False, repr=False)
class Diagnosis(Sequence[Finding]):
    """The findings, worst first.

    A sequence of `Finding`: its length is their number, and it is true if there are
    any. Printing it (or ``str``) shows them and the checks that were made.

    Attributes
    ----------
    findings : tuple of Finding
    checked : tuple of str
        The checks that were made.
    skipped : mapping of str to str
        The checks that were not made, and why.
    """

    findings: tuple[Finding, ...]
    checked: tuple[str, ...] = ()
    skipped: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, position):
        return self.findings[position]

    def __len__(self) -> int:
        return len(self.findings)

    def to_frame(self) -> pd.DataFrame:
        """Return the findings as a table.

        Returns
        -------
        DataFrame of shape (n_findings, 5)
            Columns ``what``, ``where``, ``why``, ``fix`` and ``severity``.
        """
        columns = [column.name for column in fields(Finding)]
        return pd.DataFrame([asdict(finding) for finding in self], columns=columns)

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[RenderableType]:
        yield Text(self._headline(), style="bold")
        for finding in self:
            yield Text()
            heading = Text(finding.severity, style=_STYLES[finding.severity])
            yield heading.append(f"  {finding.where}", "bold default")
            grid = Table.grid(padding=(0, 1))
            grid.add_column(style="dim")
            grid.add_column(overflow="fold")
            for label, words in [
                ("  what", finding.what),
                ("  why", finding.why),
                ("  fix", finding.fix),
            ]:
                grid.add_row(label, Text(words))
            yield grid
        yield Text()
        if self.checked:
            yield Text(f"Checked for: {', '.join(self.checked)}.", style="dim")
        for reason in dict.fromkeys(self.skipped.values()):
            names = [name for name, why in self.skipped.items() if why == reason]
            yield Text(
                f"Not checked for, because {reason}: {', '.join(names)}.", style="dim"
            )

    def __str__(self) -> str:
        return plain_text(self)

    def __repr__(self) -> str:
        return f"<Diagnosis: {self._headline().rstrip('.')}>"

    def _headline(self) -> str:
        """Return how many findings there are of each severity."""
        if not self:
            return f"Nothing found. {count(len(self.checked), 'check')} made."
        numbers = Counter(finding.severity for finding in self)
        parts = [count(numbers[name], name) for name in SEVERITIES if numbers[name]]
        return f"{count(len(self), 'finding')}: {', '.join(parts)}."
