"""The table of a command: features, target, groups and costs."""

import functools
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from skweighted._cli.failures import WrongArgument

if TYPE_CHECKING:
    import pandas as pd

    from skweighted.comparison.files import TextFormat


miss_option = click.option(
    "--miss",
    type=click.FloatRange(min=0, min_open=True),
    help="Cost of a false negative on the rarer of two classes.",
)
false_alarm_option = click.option(
    "--false-alarm",
    type=click.FloatRange(min=0, min_open=True),
    help="Cost of a false positive; 1 if only --miss is given.",
)

_FEATURE_OPTIONS = (
    click.option(
        "--dates",
        metavar="COLUMN",
        multiple=True,
        help="Column of dates such as 2024-12-31, which a text file cannot mark as "
        "such; may be repeated.",
    ),
    click.option(
        "--drop",
        metavar="COLUMN",
        multiple=True,
        help="Column that is not a feature, such as a row number; may be repeated.",
    ),
)


def load_table(
    file: str | None, target: str | None, text_format: "TextFormat"
) -> tuple["pd.DataFrame", "pd.Series"]:
    """Return features and target of the file, or of the example data set."""
    from skweighted.comparison.sources import load
    from skweighted.datasets import load_imbalanced_breast_cancer

    if file is not None:
        return load(file, target, text_format)
    if target is not None:
        raise WrongArgument(f"--target {target} needs a FILE.")
    if text_format.options:
        raise WrongArgument(f"{text_format.options[0]} needs a FILE.")
    return load_imbalanced_breast_cancer()


def with_feature_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say what columns are; the command gets FeatureOptions."""

    @functools.wraps(command)
    def with_options(
        drop: tuple[str, ...], dates: tuple[str, ...], **options: Any
    ) -> None:
        command(**options, features=FeatureOptions(drop, dates))

    for option in _FEATURE_OPTIONS:
        with_options = option(with_options)
    return with_options


class FeatureOptions(NamedTuple):
    """Which columns are not features, and which hold dates."""

    drop: tuple[str, ...]
    dates: tuple[str, ...]

    def of(
        self, X: "pd.DataFrame", target: str | None, groups: str | None
    ) -> "pd.DataFrame":
        """Return the features, with text as dates where it holds them."""
        from skweighted.comparison.files import split_target, with_dates

        for name in self.drop:
            _check_differ("drop", name, target=target, groups=groups)
        for name in self.dates:
            dropped = name if name in self.drop else None
            _check_differ("dates", name, target=target, drop=dropped)
        left = {str(name) for name in X.columns} - {*self.drop, groups}
        if self.drop and not left:
            raise WrongArgument("--drop leaves no features. Name fewer columns.")
        for name in dict.fromkeys(self.drop):
            X, _ = split_target(X, name)
        return with_dates(X, self.dates)


def _check_differ(option: str, name: str, **others: str | None) -> None:
    """Raise an error if another option names the column of an option."""
    for other, its_name in others.items():
        if name == its_name:
            raise WrongArgument(
                f"--{option} and --{other} must be different columns. Both are "
                f"{name!r}."
            )


def with_groups(
    X: "pd.DataFrame", groups: str | None, target: str | None
) -> tuple["pd.DataFrame", Any]:
    """Return the features, and the groups as `make_plan` takes them."""
    from skweighted.comparison.plan import IDENTICAL

    if groups is None or (groups == IDENTICAL and groups not in X.columns):
        return X, groups
    return split_groups(X, groups, target)


def split_groups(
    X: "pd.DataFrame", groups: str, target: str | None
) -> tuple["pd.DataFrame", "pd.Series"]:
    """Return the features without the group column, and the groups."""
    from skweighted.comparison.files import split_target

    _check_differ("groups", groups, target=target)
    if list(X.columns) == [groups]:
        raise WrongArgument(
            f"There are no features: {groups!r} is the only column besides the target."
        )
    return split_target(X, groups)


def costs_of(
    y: "pd.Series", miss: float | None, false_alarm: float | None
) -> dict[tuple[object, object], float] | None:
    """Return the cost of each mistake of two classes, or None."""
    if miss is None and false_alarm is None:
        return None
    from skweighted.comparison.data import as_labels, by_rarity

    if miss is None:
        raise WrongArgument("--false-alarm needs --miss, the cost of a false negative.")
    classes = by_rarity(as_labels(y))
    if len(classes) != 2:
        raise WrongArgument(
            f"--miss and --false-alarm need two classes. There are {len(classes)}. In "
            f"Python, pass a cost_matrix to compare."
        )
    for option, cost in (("miss", miss), ("false-alarm", false_alarm or 1.0)):
        if not math.isfinite(cost):
            raise WrongArgument(
                f"--{option} must be a finite number above 0. Got {cost}. For a "
                f"mistake that must not happen, use a cost far above the other."
            )
    rare, common = classes
    return {(common, rare): false_alarm or 1.0, (rare, common): miss}
