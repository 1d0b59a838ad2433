"""`skweighted compare`."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from skweighted._cli.failures import WrongArgument, warn
from skweighted._cli.inputs import (
    FeatureOptions,
    costs_of,
    false_alarm_option,
    load_table,
    miss_option,
    with_feature_options,
    with_groups,
)
from skweighted._cli.networks import epochs_option, network_for
from skweighted._cli.outputs import check_different, check_writable
from skweighted._cli.text_options import with_text_options

if TYPE_CHECKING:
    from skweighted.comparison.files import TextFormat
    from skweighted.comparison.strategies import Strategy


@click.command()
@click.argument("file", required=False)
@click.option("--target", metavar="COLUMN", help="Column that holds the classes.")
@click.option(
    "--groups",
    metavar="COLUMN",
    help="Group column, such as patient IDs; a group is never split across folds. "
    "With 'identical', rows with equal features are a group.",
)
@with_feature_options
@with_text_options
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
@miss_option
@false_alarm_option
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
@epochs_option
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
    features: FeatureOptions,
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
    from skweighted.comparison.plan import make_plan
    from skweighted.comparison.report.text import details as all_details
    from skweighted.comparison.run import run

    names = _strategy_names(strategies)
    options = {"csv": csv, "markdown": markdown, "report": report}
    outs = {option: out for option, out in options.items() if out is not None}
    check_different(outs)
    for option, out in outs.items():
        check_writable(option, out, file)
    X, y = load_table(file, target, text_format)
    X, group_of_row = with_groups(features.of(X, target, groups), groups, target)
    plan = make_plan(
        X,
        y,
        strategies=names,
        cv=folds,
        n_repeats=repeats,
        groups=group_of_row,
        cost_matrix=costs_of(y, miss, false_alarm),
        random_state=seed,
    )
    _check_reference(reference, plan.strategies, given=_was_given(context, "reference"))
    screen = Console()
    screen.out(plan.data.describe(), highlight=False)
    for line in conspicuous(X, in_python=file is None or not is_text(file)):
        warn(line)

    try:
        comparison = run(
            plan,
            network_for(plan, epochs),
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


def _strategy_names(listed: str | None) -> list[str] | None:
    """Return the names in a list with commas, after checking that they exist."""
    from skweighted.comparison.strategies import choose_strategies

    if listed is None:
        return None
    names = [name.strip() for name in listed.split(",") if name.strip()]
    try:
        return list(choose_strategies("all" if names == ["all"] else names))
    except ValueError as error:
        raise WrongArgument(str(error)) from None


def _check_reference(
    reference: str, chosen: "dict[str, Strategy]", *, given: bool
) -> None:
    """Raise an error if the given reference is not among the strategies."""
    from skweighted._text import shortened

    if given and reference not in chosen:
        raise WrongArgument(
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
