"""The public comparison: its numbers, and their views as text, Markdown and HTML."""

from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from rich.console import Console, ConsoleOptions
from rich.table import Table
from rich.text import Text

import skweighted.comparison.report.page as report
import skweighted.comparison.report.plots as plots
from skweighted._text import plain_text
from skweighted.comparison.report.cells import fold_counts
from skweighted.comparison.report.text import (
    differences_table,
    markdown,
    markdown_differences,
    panels,
)
from skweighted.comparison.report.verdict import verdict_of
from skweighted.comparison.results import Results

FEWER_FOLDS = "( ) the mean of fewer folds than others have: in some it is undefined."


class Comparison(Results):
    """Scores of every strategy in every fold, with tables, pictures and a page.

    Printing it (or ``str``) shows the mean and the standard deviation over folds, the
    best of each metric marked.

    Attributes
    ----------
    fold_scores : DataFrame of shape (n_strategies * n_folds * n_metrics, 4)
        Columns ``strategy``, ``fold`` (from 0), ``metric`` and ``value``; durations
        are in seconds.
    positive : int, str or bool
        The label of the rarest class, whose recall, precision and F1 are shown.
    skipped : mapping of str to str
        Strategies that could not run, and why.
    failed : mapping of str to str
        Strategies that raised an error, and which.
    reference : str
        The strategy that the others are compared to.
    problem : Problem or None
        Features, labels and classes.
    folds : tuple of Fold
        Which rows were learnt from and asked about.
    outcomes : mapping of str to list of Outcome
        Answers, seconds and training curves of each strategy in each fold.
    cost_matrix : array-like, dict, DataFrame or None
        What mistakes cost.
    random_state : int or None
        The seed that gives the same result to the bit.
    network : str
        The network that was compared.
    versions : mapping of str to str
        Versions of the packages that the result may depend on.
    """

    def verdict(
        self, metric: str | None = None, *, reference: str | None = None
    ) -> list[str]:
        """Return what the differences mean, in plain sentences.

        Parameters
        ----------
        metric, reference : str or None, default=None
            As in `differences`.

        Returns
        -------
        list of str
        """
        return verdict_of(self, metric, reference)

    def to_markdown(self, path: str | Path) -> None:
        """Write tables, differences and verdict as Markdown, and what was left out.

        Parameters
        ----------
        path : str or Path
            The file to write; an existing one is replaced.
        """
        lines = list(markdown(self.fold_scores, self.metrics))
        if self.has_differences():
            question = self.question()
            lines += markdown_differences(self.differences(), question)
            lines += [*(f"- {sentence}" for sentence in self.verdict()), ""]
        lines += [f"- {line}" for line in self.notes()]
        Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")

    def to_html(self, path: str | Path, *, command: str = "") -> None:
        """Write one page with the verdict, tables and pictures; it needs no network.

        Parameters
        ----------
        path : str or Path
            The file to write; an existing one is replaced.
        command : str, default=""
            The command that gives the same result, to be shown.
        """
        page = report.html(self, command=command)
        Path(path).write_text(page, encoding="utf-8")

    def plot(self, metric: str | None = None, *, ax: Axes | None = None) -> Axes:
        """Draw the difference of every strategy to the reference, with its interval.

        Parameters
        ----------
        metric : str or None, default=None
            One of `metrics`; None is `main_metric`.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        matplotlib Axes
        """
        metric, _, _ = self.question(metric, None, None)
        if ax is None:
            _, ax = plt.subplots(layout="constrained")
        return plots.differences(self, ax, metric)

    def _repr_html_(self) -> str:
        return report.html(self, for_notebook=True)

    def notes(self) -> list[str]:
        """Return how to read the tables, and what is not in them."""
        n_folds = self.fold_scores["fold"].nunique()
        counts = [fold_counts(self.fold_scores, name) for name in self.metrics]
        lacking = any(((each > 0) & (each < each.max())).any() for each in counts)
        seed = "" if self.random_state is None else f"; seed {self.random_state}"
        return [
            f"± standard deviation over {n_folds} folds; * best; "
            f"↓ lower is better; minority: {self.positive}{seed}",
            *([FEWER_FOLDS] if lacking else []),
            *(f"{name} was skipped: {why}." for name, why in self.skipped.items()),
            *(f"{name} failed: {why}" for name, why in self.failed.items()),
        ]

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[Table | Text]:
        for table in panels(self.fold_scores, self.metrics, options.max_width):
            yield table
            yield Text()
        if self.has_differences():
            yield differences_table(self.differences(), self.question())
            yield Text()
            for sentence in self.verdict():
                yield Text(sentence)
            yield Text()
        for number, line in enumerate(self.notes()):
            yield Text(line, style="dim" if number == 0 else "")

    def __str__(self) -> str:
        return plain_text(self)

    def __repr__(self) -> str:
        strategies = self.fold_scores["strategy"].unique().tolist()
        n_folds = self.fold_scores["fold"].nunique()
        return f"<Comparison of {', '.join(strategies)} over {n_folds} folds>"
