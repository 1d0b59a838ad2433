"""Columns that a classifier cannot use as they are."""

from collections.abc import Iterator

import numpy as np
from sklearn.impute import KNNImputer, SimpleImputer

from skweighted._columns import ColumnReading, read_column
from skweighted._doctor._case import Case
from skweighted._doctor._report import Finding

# Numbers of a network's inputs that standardization would have removed. With a mean of
# 30 and a standard deviation of 1 in one of four columns, the ROC AUC of scikit-learn's
# MLP falls from 0.90 to 0.87; with all columns divided by 100 it falls to 0.84.
_LARGE_SPREAD = 100
_SMALL_SPREAD = 0.01
_LARGE_MEAN = 30
_MEAN_IN_SPREADS = 10

_KEEPS_SCALE = (KNNImputer, SimpleImputer)

_READ_CSV = {
    "numbers with decimal commas": "decimal=','",
    "numbers with thousands commas": "thousands=','",
}


def columns_not_as_meant(case: Case) -> Iterator[Finding]:
    """Find text that is numbers or dates, and columns that identify rows."""
    frame = case.rows.frame
    assert frame is not None
    for position in case.columns_used:
        reading = read_column(frame.iloc[:, position])
        if reading.fact:
            why, fix = _treatment(reading)
            yield Finding(
                what=f"Column {reading.fact}.",
                where="X",
                why=why,
                fix=fix,
                severity="warning",
            )


def _treatment(reading: ColumnReading) -> tuple[str, str]:
    """Return why a column cannot be used as it is, and what to do."""
    name = repr(reading.name)
    if reading.kind == "identifiers":
        return (
            "It identifies rows and does not help on new ones. If the order of the "
            "rows has a meaning, a classifier learns that order.",
            "Remove it from X. If several rows belong to one case, pass the case as "
            "groups.",
        )
    why = "As text, every value becomes a category of its own, and their order is lost."
    if reading.kind == "dates":
        day_first = ", dayfirst=True" if reading.day_first else ""
        coerce = ", errors='coerce'" if reading.stray else ""
        return (
            why,
            f"Use parts of the dates instead:\n"
            f"    dates = pd.to_datetime(X[{name}]{day_first}{coerce})\n"
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
    settings = [_READ_CSV.get(reading.kind, "")]
    if reading.stray:
        settings.append(f"na_values={list(reading.stray[:3])!r}")
    listed = ", ".join(filter(None, settings))
    return why, f"Read the file with these settings:\n    pd.read_csv(file, {listed})"


def unscaled_inputs(case: Case) -> Iterator[Finding]:
    """Find networks that receive columns far from mean 0 and standard deviation 1."""
    for part in case.classifiers:
        # Any other step may scale.
        if "hidden_layer_sizes" not in part.parameters or any(
            not (step.is_sampler or isinstance(step.estimator, _KEEPS_SCALE))
            for step in case.steps_before(part)
        ):
            continue
        position, mean, spread = _farthest(case)
        if position is not None:
            yield Finding(
                what=f"{part.kind} receives unscaled inputs: "
                f"{case.rows.title(position)} has mean {mean:.4g} and standard "
                f"deviation {spread:.3g}.",
                where=part.where,
                why="A network takes steps of one size for all columns. Large numbers "
                "make training unstable, and it hardly learns from small ones.",
                fix="Scale inside the pipeline, so that test rows do not influence the "
                "scaling:\n    make_pipeline(StandardScaler(), classifier)",
                severity="warning",
            )


def _farthest(case: Case) -> tuple[int | None, float, float]:
    """Return position, mean and standard deviation of an unscaled column, or None."""
    found = {}
    for position, values in case.rows.numbers.items():
        values = values[np.isfinite(values)]
        if len(np.unique(values)) > 2:
            found[position] = (float(np.mean(values)), float(np.std(values)))
    if not found:
        return None, 0.0, 0.0
    widest = max(found, key=lambda position: found[position][1])
    farthest = max(found, key=lambda position: abs(found[position][0]))
    for position in (widest, farthest):
        mean, spread = found[position]
        far = abs(mean) >= max(_LARGE_MEAN, _MEAN_IN_SPREADS * spread)
        if spread >= _LARGE_SPREAD or found[widest][1] <= _SMALL_SPREAD or far:
            return position, mean, spread
    return None, 0.0, 0.0
