"""The `skweighted` command: arguments in, a table out, mistakes in one line.

Exit codes: 0 done, 2 wrong input, 130 interrupted.
"""

import contextlib
import math
import shlex
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from skweighted import __version__
from skweighted.exceptions import TableError

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


@cli.command()
@click.argument("file", required=False)
@click.option("--target", metavar="COLUMN", help="Column with the classes.")
@click.option(
    "--groups",
    metavar="COLUMN",
    help="Column of groups, such as persons, that no split tears apart.",
)
@click.option(
    "--csv",
    "csv",
    metavar="OUT",
    type=click.Path(path_type=Path),
    help="Write the scores of every fold to this file.",
)
@click.option(
    "--markdown",
    metavar="OUT",
    type=click.Path(path_type=Path),
    help="Write the tables to this file.",
)
@click.option(
    "--report",
    metavar="OUT",
    type=click.Path(path_type=Path),
    help="Write a page with tables, pictures and the verdict to this file.",
)
@click.option(
    "--resume",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Keep what is done in this folder, and go on from it.",
)
@click.option(
    "--folds",
    type=click.IntRange(min=2),
    default=5,
    show_default=True,
    help="Folds of the stratified cross-validation.",
)
@click.option(
    "--repeats",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="How often the folds are drawn anew.",
)
@click.option(
    "--miss",
    type=click.FloatRange(min=0, min_open=True),
    help="What missing a row of the rarer of two classes costs.",
)
@click.option(
    "--false-alarm",
    type=click.FloatRange(min=0, min_open=True),
    help="What answering the rarer class falsely costs; 1 with --miss alone.",
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
    help="Same seed, same scores.",
)
@click.option(
    "--epochs",
    type=click.IntRange(min=1),
    help="Passes over the training rows; fewer are faster.  [default: the network's]",
)
@click.option(
    "--strategies",
    metavar="NAME,NAME",
    help='Treatments to compare, or "all"; see: skweighted strategies.  [default: the '
    "usual ones]",
)
@click.pass_context
def compare(
    context: click.Context,
    file: str | None,
    target: str | None,
    groups: str | None,
    csv: Path | None,
    markdown: Path | None,
    report: Path | None,
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
    imblearn:NAME. One network is cross-validated under every treatment, beside models
    of other kinds. Without FILE it runs on real data that comes with the package.

    Inside each fold, numbers are scaled, with the median for what is missing, and text
    becomes one-hot columns. Everything that is fitted, resampling and tuned thresholds
    included, sees training rows only.
    """
    # pandas, scikit-learn and TensorFlow take seconds to load and --help needs none of
    # them. So commands and their helpers import late, and nothing else here does.
    from skweighted.comparison.plan import make_plan
    from skweighted.comparison.protocol import run

    names = _strategy_names(strategies)
    outs = {"csv": csv, "markdown": markdown, "report": report}
    outs = {option: out for option, out in outs.items() if out is not None}
    _check_different(outs)
    for option, out in outs.items():
        _check_writable(option, out, file)
    X, y = _load(file, target)
    if groups is not None:
        X, groups = _split_groups(X, groups, target)
    plan = make_plan(
        X,
        y,
        strategies=names,
        cv=folds,
        n_repeats=repeats,
        groups=groups,
        cost_matrix=_costs(y, miss, false_alarm),
        random_state=seed,
    )
    _check_reference(reference, plan.strategies, given=_was_given(context, "reference"))
    screen = Console()
    screen.out(plan.problem.describe(), highlight=False)

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
        if resume is None:
            raise
        raise KeyboardInterrupt(
            f"what was done is in '{resume}', and the same command goes on from there."
        ) from None
    screen.print(comparison)
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
    """List the treatments of imbalance, with a line and a source each."""
    from skweighted.comparison.strategies import DEFAULT_STRATEGIES, STRATEGIES

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("strategy", no_wrap=True)
    for title in ("what it does", "source"):
        table.add_column(title, overflow="fold")
    for name, strategy in STRATEGIES.items():
        mark = "*" if name in DEFAULT_STRATEGIES else ""
        table.add_row(name + mark, strategy.summary, strategy.source)
    screen = Console()
    screen.print(table)
    screen.out(
        "* run by default; min_cost as well where costs are given", highlight=False
    )


@cli.command()
@click.argument("file")
@click.option("--target", metavar="COLUMN", help="Column with the classes.")
@click.option(
    "--folds",
    type=click.IntRange(min=2),
    default=5,
    show_default=True,
    help="Folds of the stratified cross-validation that is looked at.",
)
@click.option(
    "--groups",
    metavar="COLUMN",
    help="Column of groups, such as persons, that no split should tear apart.",
)
def doctor(file: str, target: str | None, folds: int, groups: str | None) -> None:
    """Look for the mistakes that are made with imbalanced data.

    FILE is as in compare. Duplicates, interpolated rows, columns that give the answer
    away, folds without a class: what, where, why it matters, and what to do.
    """
    from skweighted._doctor import doctor, shuffled_folds, without_estimator
    from skweighted.comparison.sources import load

    X, y = load(file, target)
    if groups is not None:
        X, groups = _split_groups(X, groups, target)
    cv = shuffled_folds(folds, y)
    diagnosis, n_more = without_estimator(doctor(None, X, y, cv, groups=groups))
    screen = Console()
    # Rich fills its tables with blanks, which a file should not have.
    if screen.is_terminal:
        screen.print(diagnosis)
    else:
        click.echo(str(diagnosis))
    screen.out(
        f"With a pipeline, skweighted.doctor in Python looks for {n_more} things more.",
        highlight=False,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, default=None
        Without the program's name; None takes those of the process.

    Returns
    -------
    int
        0 when done, 2 for wrong input, 130 when interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show "±" gets "?" instead of a traceback.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        with _warnings_in_one_line():
            code = cli.main(arguments, prog_name="skweighted", standalone_mode=False)
    except click.ClickException as error:
        return _fail(error.format_message())
    except (click.Abort, KeyboardInterrupt) as error:
        what_is_kept = str(error.__cause__ or error) or "nothing was written."
        click.echo(f"skweighted: interrupted; {what_is_kept}", err=True)
        return INTERRUPTED
    except (TableError, _WrongArgument, RuntimeError) as error:
        return _fail(str(error))  # RuntimeError: every strategy failed
    return code if isinstance(code, int) else 0


@contextlib.contextmanager
def _warnings_in_one_line() -> Iterator[None]:
    """Show warnings without the place in the code, which is none of the user's."""
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_: click.echo(
            f"skweighted: warning: {' '.join(str(message).split())}", err=True
        )
        yield


class _WrongArgument(ValueError):
    """An argument whose value cannot be used."""


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


def _load(file: str | None, target: str | None):
    """Return features and target of the file, or of the embedded data."""
    from skweighted.comparison.sources import load
    from skweighted.datasets import load_imbalanced_breast_cancer

    if file is not None:
        return load(file, target)
    if target is not None:
        raise _WrongArgument(
            f"--target {target} names a column of a file, and no FILE was given."
        )
    return load_imbalanced_breast_cancer()


def _split_groups(X, groups: str, target: str | None):
    """Return the features without the column of groups, and the groups."""
    from skweighted.comparison.files import split_target

    if groups == target:
        raise _WrongArgument(
            f"--groups and --target both name {target!r}. Groups are another column."
        )
    if list(X.columns) == [groups]:
        raise _WrongArgument(
            f"Beside the target and the groups there is no column to learn from: "
            f"--groups {groups} is the only other one."
        )
    return split_target(X, groups)


def _costs(y, miss: float | None, false_alarm: float | None):
    """Return what mistakes of two classes cost, or None."""
    if miss is None and false_alarm is None:
        return None
    from skweighted.comparison.data import as_labels, by_rarity

    if miss is None:
        raise _WrongArgument(
            "--false-alarm needs --miss: what missing a row of the rarer class costs."
        )
    classes = by_rarity(as_labels(y))
    if len(classes) != 2:
        raise _WrongArgument(
            f"--miss and --false-alarm are the costs of two classes, and there are "
            f"{len(classes)}. In Python, compare takes a cost_matrix."
        )
    for option, cost in (("miss", miss), ("false-alarm", false_alarm or 1.0)):
        if not math.isfinite(cost):
            raise _WrongArgument(
                f"--{option} must be a finite number above 0. Got {cost}. For a "
                f"mistake that must not happen, give a cost far above the other."
            )
    rare, common = classes
    return {(common, rare): false_alarm or 1.0, (rare, common): miss}


def _check_reference(reference: str, chosen: dict, *, given: bool) -> None:
    """Raise if the reference that was asked for is not compared."""
    from skweighted._text import shortened

    if given and reference not in chosen:
        raise _WrongArgument(
            f"--reference {reference} is not among the strategies that are compared: "
            f"{shortened(chosen, 99)}."
        )


def _was_given(context: click.Context, option: str) -> bool:
    """Return whether an option was written, not left at its default."""
    source = context.get_parameter_source(option)
    return source is click.core.ParameterSource.COMMANDLINE


def _command() -> str:
    """Return the command as it was typed."""
    return shlex.join(["skweighted", *sys.argv[1:]])


def _check_different(outs: dict[str, Path]) -> None:
    """Raise if two options name the same file."""
    option_of: dict[Path, str] = {}
    for option, out in outs.items():
        first = option_of.setdefault(out.resolve(), option)
        if first != option:
            raise _WrongArgument(
                f"--{option} {out} would overwrite what --{first} writes. Name another "
                f"file."
            )


def _check_writable(option: str, out: Path, file: str | None) -> None:
    """Raise unless the file can be written, before minutes are spent computing."""
    data = None if file is None else Path(file)
    if data is not None and out.exists() and data.exists() and out.samefile(data):
        raise _WrongArgument(
            f"--{option} {out} would overwrite the data. Name another file."
        )
    existed = out.exists()
    try:
        with out.open("a"):
            pass
    except OSError as error:
        way_out = "Name another file."
        if not out.parent.exists():
            way_out = f"Make the folder '{out.parent}' first."
        raise _WrongArgument(
            f"--{option} {out} cannot be written: {error.strerror}. {way_out}"
        ) from None
    if not existed:
        out.unlink()


def _fail(message: str) -> int:
    """Print one line on stderr and return the exit code of wrong input."""
    click.echo(f"skweighted: {' '.join(message.split())}", err=True)
    return WRONG_INPUT


if __name__ == "__main__":
    sys.exit(main())
