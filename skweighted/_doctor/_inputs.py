"""Columns that a classifier cannot use as they are."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from sklearn.impute import SimpleImputer

from skweighted._columns import ColumnReading, read_column
from skweighted._doctor._case import Case
from skweighted._doctor._report import Finding
from skweighted._text import count, shortened


def columns_not_as_meant(case: Case) -> Iterator[Finding]:
    """Find text that is numbers or dates, and columns that identify rows."""
    frame = case.rows.frame
    for position in case.columns_used:
        reading = read_column(frame.iloc[:, position])
        if reading.fact:
            why, fix = _treatment(reading)
            yield Finding(
                what=f"{reading.fact}." if reading.stray else f"Column {reading.fact}.",
                where="X",
                why=why,
                fix=fix,
                severity="warning",
            )


def _treatment(reading: ColumnReading) -> tuple[str, str]:
    """Return why a column cannot be used as it is, and what to do."""
    name = repr(reading.name)
    option = f" (on the command line: {reading.option})" if reading.option else ""
    if reading.kind == "identifiers":
        return (
            "It identifies rows, which does not help to predict new ones. If the order "
            "of the rows has a meaning, a classifier learns that order.",
            f"Remove it from X{option}. If several rows belong to one case, pass the "
            f"case as groups.",
        )
    why = "As text, every value becomes a category of its own, and their order is lost."
    if reading.kind == "dates":
        return (
            why,
            f"Use parts of the dates instead{option}:\n"
            f"    dates = {reading.conversion}\n"
            f"    X = X.assign(month=dates.dt.month, weekday=dates.dt.weekday)\n"
            f"    X = X.drop(columns={name})",
        )
    if reading.kind == "numbers":
        return why, f"Convert the column:\n    X[{name}] = pd.to_numeric(X[{name}])"
    if reading.kind == "numbers with ambiguous commas":
        return (
            why,
            "Read the file with the separator that the commas stand for:\n"
            "    pd.read_csv(file, decimal=',')\n"
            "    pd.read_csv(file, thousands=',')",
        )
    return why, f"Read the file with these settings{option}:\n    {reading.setting}"


def infinite_values(case: Case) -> Iterator[Finding]:
    """Find columns with infinite values."""
    for position in case.columns_used:
        n_infinite = int(np.isinf(case.rows.numbers.get(position, 0.0)).sum())
        if n_infinite:
            yield Finding(
                what=f"X has {count(n_infinite, 'infinite value')} in "
                f"{case.rows.title(position)}.",
                where="X",
                why="Most classifiers refuse infinite values, and one is enough to "
                "make the mean of the column infinite.",
                fix="Replace them with numbers, or, if they are missing, with NaN:\n"
                "    X = X.replace([np.inf, -np.inf], np.nan)  # X is a DataFrame",
                severity="error",
            )


def classes_written_alike(case: Case) -> Iterator[Finding]:
    """Find labels that differ only in blanks or case."""
    spellings: dict[str, list[str]] = {}
    for label in case.labels:
        if isinstance(label, str):
            spellings.setdefault(label.strip().casefold(), []).append(label)
    for labels in spellings.values():
        if len(labels) > 1:
            yield Finding(
                what=f"Classes {shortened(labels)} differ only in blanks or case.",
                where="y",
                why="Each spelling is a class of its own.",
                fix="If they are one class, spell it in one way:\n"
                "    y = pd.Series(y).str.strip().str.casefold()",
                severity="warning",
            )


def unscaled_inputs(case: Case) -> Iterator[Finding]:
    """Find networks with inputs far from mean 0 and standard deviation 1."""
    columns = {j: v for j, v in case.rows.numbers.items() if len(np.unique(v)) > 2}
    values = pd.DataFrame(columns, dtype=np.float64).replace([np.inf, -np.inf], np.nan)
    mean, spread = values.mean(), values.std()
    # With a mean of 30 and a spread of 1 in one of four columns, the ROC AUC of
    # scikit-learn's MLP falls from 0.90 to 0.87; with all columns / 100 to 0.84.
    is_far = (spread >= 100) | (mean.abs() >= np.maximum(30, 10 * spread))
    is_far |= spread.max() <= 0.01
    for part in case.classifiers:
        may_scale = [
            not (step.is_sampler or isinstance(step.estimator, SimpleImputer))
            for step in case.steps_before(part)
        ]
        if (
            "hidden_layer_sizes" in part.parameters
            # A network that takes raw tables scales them itself.
            and "categorical_features" not in part.parameters
            and is_far.any()
            and not any(may_scale)
        ):
            worst = int((mean.abs() + spread)[is_far].idxmax())
            yield Finding(
                what=f"{part.kind} receives unscaled inputs: {case.rows.title(worst)} "
                f"has mean {mean[worst]:.4g} and standard deviation "
                f"{spread[worst]:.3g}.",
                where=part.where,
                why="A network takes steps of one size for all columns. Large numbers "
                "make training unstable, and it hardly learns from small ones.",
                fix="Scale inside the pipeline, so that test rows have no influence:\n"
                "    make_pipeline(StandardScaler(), classifier)",
                severity="warning",
            )
