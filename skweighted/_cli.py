"""The `skweighted` command. Errors are one line on stderr.

Exit codes: 0 for success, 2 for invalid input, 130 if interrupted.
"""

import contextlib
import functools
import math
import shlex
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

from skweighted import __version__
from skweighted.exceptions import TableError

if TYPE_CHECKING:
    import pandas as pd

    from skweighted.comparison.files import TextFormat
    from skweighted.comparison.strategies import Strategy

WRONG_INPUT = 2
INTERRUPTED = 130


@click.group(
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context) -> None:
    """Imbalanced classification with neural networks."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


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


def _with_text_options(command: Callable[..., None]) -> Callable[..., None]:
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


@cli.command()
@click.argument("file", required=False)
@click.option("--target", metavar="COLUMN", help="Column that holds the classes.")
@click.option(
    "--groups",
    metavar="COLUMN",
    help="Group column, such as patient IDs; a group is never split across folds. "
    "With 'identical', rows with equal features are a group.",
)
@_with_text_options
@click.option(
    "--csv",
    "csv",
    metavar="OUT",
    type=click.Path(path_type=Path),
    help="Write the scores of every fold to a CSV file.",
)
@click.option(
    "--markdown",
    metavar="OUT",
    type=click.Path(path_type=Path),
    help="Write the tables to a Markdown file.",
)
@click.option(
    "--report",
    metavar="OUT",
    type=click.Path(path_type=Path),
    help="Write tables, plots and conclusions to an HTML file.",
)
@click.option(
    "--details",
    is_flag=True,
    help="Print the tables of all metrics and differences too.",
)
@click.option(
    "--resume",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder that keeps finished folds; the same command resumes from it.",
)
@click.option(
    "--folds",
    type=click.IntRange(min=2),
    default=5,
    show_default=True,
    help="Number of folds of the stratified cross-validation.",
)
@click.option(
    "--repeats",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Number of times that the cross-validation is repeated, with new folds.",
)
@click.option(
    "--miss",
    type=click.FloatRange(min=0, min_open=True),
    help="Cost of a false negative on the rarer of two classes.",
)
@click.option(
    "--false-alarm",
    type=click.FloatRange(min=0, min_open=True),
    help="Cost of a false positive; 1 if only --miss is given.",
)
@click.option(
    "--reference",
    metavar="NAME",
    default="none",
    show_default=True,
    help="Strategy that the others are compared with.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0, max=2**32 - 1),
    default=0,
    show_default=True,
    help="Random seed; the same seed gives the same scores.",
)
@click.option(
    "--epochs",
    type=click.IntRange(min=1),
    help="Training epochs of every network.  [default: those of its classifier]",
)
@click.option(
    "--strategies",
    metavar="NAME,NAME",
    help='Strategies to compare, or "all"; `skweighted strategies` lists them.  '
    "[default: those marked there]",
)
@click.pass_context
def compare(
    context: click.Context,
    file: str | None,
    target: str | None,
    groups: str | None,
    text_format: "TextFormat",
    csv: Path | None,
    markdown: Path | None,
    report: Path | None,
    details: bool,
    resume: Path | None,
    folds: int,
    repeats: int,
    miss: float | None,
    false_alarm: float | None,
    reference: str,
    seed: int,
    epochs: int | None,
    strategies: str | None,
) -> None:
    """Compare treatments of class imbalance.

    FILE is a .csv, .tsv, .csv.gz or .parquet table with a header row, openml:ID or
    imblearn:NAME. Without FILE, an example data set is used.

    The same network is cross-validated with every treatment, next to other kinds of
    models. Numbers are scaled, missing ones become the mean with a flag, and categories
    are one-hot encoded, or by the target if a column has more than 50. All of this,
    resampling and threshold tuning are fitted on the training rows of each fold only.
    The strategy "tabular" prepares the table in its own way.
    """
    # pandas, scikit-learn and TensorFlow take seconds to load, and --help does not need
    # them. Only commands and their helpers import late.
    from skweighted._columns import conspicuous
    from skweighted.comparison.files import is_text
    from skweighted.comparison.plan import IDENTICAL, make_plan
    from skweighted.comparison.report.text import details as all_details
    from skweighted.comparison.run import run
    from skweighted.comparison.strategies.pipelines import tabular

    names = _strategy_names(strategies)
    options = {"csv": csv, "markdown": markdown, "report": report}
    outs = {option: out for option, out in options.items() if out is not None}
    _check_different(outs)
    for option, out in outs.items():
        _check_writable(option, out, file)
    X, y = _load(file, target, text_format)
    group_of_row: Any = None
    if groups == IDENTICAL and groups not in getattr(X, "columns", ()):
        group_of_row = groups
    elif groups is not None:
        X, group_of_row = _split_groups(X, groups, target)
    plan = make_plan(
        X,
        y,
        strategies=names,
        cv=folds,
        n_repeats=repeats,
        groups=group_of_row,
        cost_matrix=_costs(y, miss, false_alarm),
        random_state=seed,
    )
    if epochs is not None and "tabular" in plan.strategies:
        strategy = plan.strategies["tabular"]
        plan.strategies["tabular"] = replace(strategy, make=tabular(epochs=epochs))
    _check_reference(reference, plan.strategies, given=_was_given(context, "reference"))
    screen = Console()
    screen.out(plan.data.describe(), highlight=False)
    for line in conspicuous(X, in_python=file is None or not is_text(file)):
        _warn(line)

    from skweighted import CostSensitiveMLPClassifier

    settings = {} if epochs is None else {"epochs": epochs}
    try:
        comparison = run(
            plan,
            CostSensitiveMLPClassifier(**settings),
            progress=True,
            resume=resume,
            reference=reference,
        )
    except KeyboardInterrupt:
        kept = (
            "nothing was kept. With --resume DIR, finished folds are kept in DIR, and "
            "the same command resumes from them."
        )
        if resume is not None:
            kept = f"finished folds are in '{resume}'; run the same command to resume."
        raise KeyboardInterrupt(kept) from None
    screen.print(comparison)
    if details:
        screen.print()
        screen.print(*all_details(comparison, screen.width), sep="\n")
    elif report is None:
        screen.out("--details prints all metrics; --report OUT has figures too.")
    if csv is not None:
        comparison.to_csv(csv)
        screen.out(f"Scores of every fold: {csv}", highlight=False)
    if markdown is not None:
        comparison.to_markdown(markdown)
        screen.out(f"Tables: {markdown}", highlight=False)
    if report is not None:
        comparison.to_html(report, command=_command())
        screen.out(f"Report: {report}", highlight=False)


@cli.command()
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


@cli.command()
@click.argument("file")
@click.option("--target", metavar="COLUMN", help="Column that holds the classes.")
@click.option(
    "--folds",
    type=click.IntRange(min=2),
    default=5,
    show_default=True,
    help="Number of folds of the stratified cross-validation to check.",
)
@click.option(
    "--groups",
    metavar="COLUMN",
    help="Group column, such as patient IDs; no group may be split across folds.",
)
@_with_text_options
def doctor(
    file: str,
    target: str | None,
    folds: int,
    groups: str | None,
    text_format: "TextFormat",
) -> None:
    """Check a table for common mistakes with imbalanced data.

    FILE is a table as in `skweighted compare`. Duplicates, interpolated rows, columns
    that reveal the class, folds without a class: each finding says what is wrong,
    where, why it matters, and how to fix it.
    """
    from skweighted._doctor import doctor, shuffled_folds, without_estimator
    from skweighted.comparison.sources import load

    X, y = load(file, target, text_format)
    group_of_row = None
    if groups is not None:
        X, group_of_row = _split_groups(X, groups, target)
    cv = shuffled_folds(folds, y)
    diagnosis, n_more = without_estimator(doctor(None, X, y, cv, groups=group_of_row))
    screen = Console()
    # Rich pads its tables with blanks, which a file should not have.
    if screen.is_terminal:
        screen.print(diagnosis)
    else:
        click.echo(str(diagnosis))
    screen.out(
        f"In Python, skweighted.doctor runs {n_more} more checks on a pipeline.",
        highlight=False,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, default=None
        Without the name of the program; None takes those of the process.

    Returns
    -------
    int
        0 for success, 2 for invalid input, 130 if interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show "±" shows "?" instead.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        with _warnings_in_one_line():
            code = cli.main(arguments, prog_name="skweighted", standalone_mode=False)
    except click.ClickException as error:
        return _fail(error.format_message())
    except (click.Abort, KeyboardInterrupt) as error:
        kept = str(error.__cause__ or error) or "nothing was written."
        click.echo(f"skweighted: interrupted; {kept}", err=True)
        return INTERRUPTED
    except (TableError, _WrongArgument, RuntimeError) as error:
        return _fail(str(error))  # RuntimeError: every strategy failed
    return code if isinstance(code, int) else 0


@contextlib.contextmanager
def _warnings_in_one_line() -> Iterator[None]:
    """Show warnings without the line of code that raised them."""
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_: _warn(str(message))
        yield


def _warn(message: str) -> None:
    """Print a warning in one line on stderr."""
    click.echo(f"skweighted: warning: {' '.join(message.split())}", err=True)


class _WrongArgument(ValueError):
    """The value of an argument is not valid."""


def _strategy_names(listed: str | None) -> list[str] | None:
    """Return the names in a list with commas, after checking that they exist."""
    from skweighted.comparison.strategies import choose_strategies

    if listed is None:
        return None
    names = [name.strip() for name in listed.split(",") if name.strip()]
    try:
        return list(choose_strategies("all" if names == ["all"] else names))
    except ValueError as error:
        raise _WrongArgument(str(error)) from None


def _load(
    file: str | None, target: str | None, text_format: "TextFormat"
) -> tuple["pd.DataFrame", "pd.Series"]:
    """Return features and target of the file, or of the example data set."""
    from skweighted.comparison.sources import load
    from skweighted.datasets import load_imbalanced_breast_cancer

    if file is not None:
        return load(file, target, text_format)
    if target is not None:
        raise _WrongArgument(f"--target {target} needs a FILE.")
    if text_format.options:
        raise _WrongArgument(f"{text_format.options[0]} needs a FILE.")
    return load_imbalanced_breast_cancer()


def _split_groups(
    X: "pd.DataFrame", groups: str, target: str | None
) -> tuple["pd.DataFrame", "pd.Series"]:
    """Return the features without the group column, and the groups."""
    from skweighted.comparison.files import split_target

    if groups == target:
        raise _WrongArgument(
            f"--groups and --target must be different columns. Both are {target!r}."
        )
    if list(X.columns) == [groups]:
        raise _WrongArgument(
            f"There are no features: {groups!r} is the only column besides the target."
        )
    return split_target(X, groups)


def _costs(
    y: "pd.Series", miss: float | None, false_alarm: float | None
) -> dict[tuple[object, object], float] | None:
    """Return the cost of each mistake of two classes, or None."""
    if miss is None and false_alarm is None:
        return None
    from skweighted.comparison.data import as_labels, by_rarity

    if miss is None:
        raise _WrongArgument(
            "--false-alarm needs --miss, the cost of a false negative."
        )
    classes = by_rarity(as_labels(y))
    if len(classes) != 2:
        raise _WrongArgument(
            f"--miss and --false-alarm need two classes. There are {len(classes)}. In "
            f"Python, pass a cost_matrix to compare."
        )
    for option, cost in (("miss", miss), ("false-alarm", false_alarm or 1.0)):
        if not math.isfinite(cost):
            raise _WrongArgument(
                f"--{option} must be a finite number above 0. Got {cost}. For a "
                f"mistake that must not happen, use a cost far above the other."
            )
    rare, common = classes
    return {(common, rare): false_alarm or 1.0, (rare, common): miss}


def _check_reference(
    reference: str, chosen: "dict[str, Strategy]", *, given: bool
) -> None:
    """Raise an error if the given reference is not among the strategies."""
    from skweighted._text import shortened

    if given and reference not in chosen:
        raise _WrongArgument(
            f"--reference must be one of the strategies. Got {reference!r}. "
            f"Strategies: {shortened(chosen, 99)}."
        )


def _was_given(context: click.Context, option: str) -> bool:
    """Return whether an option was typed, not left at its default."""
    source = context.get_parameter_source(option)
    return source is click.core.ParameterSource.COMMANDLINE


def _command() -> str:
    """Return the command as it was typed."""
    return shlex.join(["skweighted", *sys.argv[1:]])


def _check_different(outs: dict[str, Path]) -> None:
    """Raise an error if two options name the same file."""
    option_of: dict[Path, str] = {}
    for option, out in outs.items():
        first = option_of.setdefault(out.resolve(), option)
        if first != option:
            raise _WrongArgument(
                f"--{option} and --{first} must be different files. Both are {out}."
            )


def _check_writable(option: str, out: Path, file: str | None) -> None:
    """Raise an error unless the file can be written, before minutes of computing."""
    data = None if file is None else Path(file)
    if data is not None and out.exists() and data.exists() and out.samefile(data):
        raise _WrongArgument(
            f"--{option} {out} would overwrite the data. Choose another file."
        )
    existed = out.exists()
    try:
        with out.open("a"):
            pass
    except OSError as error:
        way_out = "Choose another file."
        if not out.parent.exists():
            way_out = f"Create the folder '{out.parent}' first."
        raise _WrongArgument(
            f"--{option} {out} cannot be written: {error.strerror}. {way_out}"
        ) from None
    if not existed:
        out.unlink()


def _fail(message: str) -> int:
    """Print one line on stderr and return the exit code of invalid input."""
    click.echo(f"skweighted: {' '.join(message.split())}", err=True)
    return WRONG_INPUT


if __name__ == "__main__":
    sys.exit(main())
