"""`skweighted doctor`."""

from typing import TYPE_CHECKING

import click
from rich.console import Console

from skweighted._cli.inputs import (
    FeatureOptions,
    split_groups,
    with_feature_options,
)
from skweighted._cli.text_options import with_text_options

if TYPE_CHECKING:
    from skweighted.comparison.files import TextFormat


@click.command()
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
@with_feature_options
@with_text_options
def doctor(
    file: str,
    target: str | None,
    folds: int,
    groups: str | None,
    features: FeatureOptions,
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
    X, group_of_row = features.of(X, target, groups), None
    if groups is not None:
        X, group_of_row = split_groups(X, groups, target)
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
