"""The public comparison: its numbers, and views of them as text, figures and HTML."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from rich.console import Console, ConsoleOptions, Group
from rich.table import Table
from rich.text import Text

from skweighted._text import plain_text
from skweighted.comparison.choice import Choice, best
from skweighted.comparison.report import figures, page, text
from skweighted.comparison.report.headline import headline
from skweighted.comparison.report.notes import notes
from skweighted.comparison.report.verdict import verdict_of
from skweighted.comparison.results import Results, problem_of


class Comparison(Results):
    """Scores of every strategy in every fold, with tables, figures and a page.

    Printing it (or ``str``) shows the verdict, the means over folds of the metrics that
    decide, with the best of each marked, and notes. `details` has all metrics.

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
        Strategies that raised an error, and the error.
    reference : str
        The strategy that the others are compared with.
    problem : LabeledData or None
        Features, labels and classes.
    folds : tuple of Fold
        Training and test rows.
    outcomes : mapping of str to list of Outcome
        Predictions, seconds and training curves of each strategy in each fold.
    cost_matrix : array-like, dict, DataFrame or None
        Costs of mistakes.
    random_state : int or None
        The seed that reproduces the result exactly.
    network : str
        The network that was compared.
    versions : mapping of str to str
        Versions of the packages that the result may depend on.
    pipelines : mapping of str to classifier
        The unfitted classifier of each strategy, without a seed; see `pipeline`.
    groups : ndarray of int of shape (n_samples,) or None
        Which rows belong together.
    """

    def best(self, by: str = "average_precision") -> Choice:
        """Return the best strategy by a metric, and why it is the best.

        Parameters
        ----------
        by : str, default="average_precision"
            One of `metrics`. The mean over folds counts: the highest, the lowest or
            the one closest to the ideal value, as the metric requires.

        Returns
        -------
        tuple of (str, str)
            Named ``strategy`` and ``reason``. The reason names the strategies that do
            not differ from the best in practice. Of equal means, the strategy that ran
            first is the best.

        Raises
        ------
        ValueError
            If the metric was not computed.
        """
        return best(self, by)

    def fit(self, name: str | None = None, *, by: str = "average_precision") -> Any:
        """Fit a strategy to all rows.

        Parameters
        ----------
        name : str or None, default=None
            A strategy that was run; None is the best by the metric `by`.
        by : str, default="average_precision"
            As in `best`. Ignored if there is a `name`.

        Returns
        -------
        classifier
            `pipeline` of the strategy, fitted with the seed of the comparison, as it
            was fitted in the folds. Its attribute ``strategy_`` is the name of the
            strategy, and ``strategy_reason_`` says in a sentence why it was chosen.

        Raises
        ------
        ValueError
            If there is no such strategy or metric, or if there are scores only.

        See Also
        --------
        skweighted.Model : Saves the fitted classifier to a file.

        Examples
        --------
        >>> from sklearn.linear_model import LogisticRegression
        >>> from skweighted import compare
        >>> from skweighted.datasets import load_imbalanced_breast_cancer
        >>> X, y = load_imbalanced_breast_cancer()
        >>> model = LogisticRegression()
        >>> comparison = compare(X, y, estimator=model, strategies=["none", "smote"])
        >>> fitted = comparison.fit(by="balanced_accuracy")
        >>> fitted.strategy_
        'smote'
        """
        choice = Choice(name, "It was named.") if name else self.best(by)
        fitted: Any = self.pipeline(choice.strategy)
        problem = problem_of(self)
        fitted.fit(problem.X, problem.y)
        fitted.strategy_, fitted.strategy_reason_ = choice
        return fitted

    def verdict(
        self, metric: str | None = None, *, reference: str | None = None
    ) -> list[str]:
        """Return what the differences mean, in plain sentences.

        Parameters
        ----------
        metric : str or None, default=None
            A metric, to compare every strategy in it. None is a sentence for each
            purpose, with the strategy to use and how sure that is: low costs, finding
            rare rows (by balanced accuracy), ranking (by average precision) and
            probabilities (by log loss).
        reference : str or None, default=None
            As in `differences`.

        Returns
        -------
        list of str
            "sure" is a probability of at least 95 % that the difference is as stated,
            "likely" is one of at least 75 %. A strategy is better or worse if the
            difference is not negligible in practice; see `differences`.
        """
        if metric is None:
            return headline(self, reference)
        return verdict_of(self, metric, reference)

    def details(self) -> str:
        """Return the tables of all metrics and of the differences as text.

        Returns
        -------
        str
        """
        width = Console().width
        return plain_text(Group(*text.details(self, width)))

    def notes(self) -> list[str]:
        """Return how to read the tables, and which strategies need care.

        Strategies that failed, were skipped, or collapsed in a fold: they predicted a
        single class, or found no row of the rarest class.

        Returns
        -------
        list of str
        """
        return notes(self)

    def plot(self, metric: str | None = None, *, ax: Axes | None = None) -> Axes:
        """Draw the difference of every strategy from the reference, with its interval.

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
        self.question(metric)  # an error leaves no empty figure behind
        if ax is None:
            _, ax = plt.subplots(layout="constrained")
        return figures.differences(self, ax, metric)

    def to_markdown(self, path: str | Path) -> None:
        """Write tables, differences, verdict and notes as Markdown.

        Parameters
        ----------
        path : str or Path
            The file to write; an existing one is replaced.
        """
        lines = "\n".join(text.markdown(self))
        Path(path).write_text(f"{lines}\n", encoding="utf-8")

    def to_html(self, path: str | Path, *, command: str = "") -> None:
        """Write one page with the verdict, tables and figures; it works offline.

        Parameters
        ----------
        path : str or Path
            The file to write; an existing one is replaced.
        command : str, default=""
            The command that reproduces the result, to show on the page.
        """
        Path(path).write_text(page.html(self, command=command), encoding="utf-8")

    def _repr_html_(self) -> str:
        return page.html(self, for_notebook=True)

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[Table | Text]:
        yield from text.terminal(self)

    def __str__(self) -> str:
        return plain_text(self)

    def __repr__(self) -> str:
        return f"<Comparison of {', '.join(self.strategies)} over {self.n_folds} folds>"
