"""Columns of other scales than a classifier needs."""

import numpy as np
from sklearn.feature_selection import VarianceThreshold
from sklearn.impute import KNNImputer, SimpleImputer

from skweighted._doctor._findings import Finding
from skweighted._doctor._reach import reaching

# Transformers that leave the scale of columns. Whatever else there is may change it.
_LEAVES_SCALE = (KNNImputer, SimpleImputer, VarianceThreshold)

_BY_DISTANCE = (
    "{kind} measures distances between rows, and {wide} decides them nearly alone."
)
_BY_STEPS = (
    "{kind} learns in steps of one size for all columns, and with a penalty alike for "
    "all: columns of large numbers make it slow or unstable, those of small ones are "
    "hardly learnt."
)
# What goes wrong without scaling, by the name of a class.
_SENSITIVE = {
    "KNeighborsClassifier": _BY_DISTANCE,
    "RadiusNeighborsClassifier": _BY_DISTANCE,
    "NuSVC": _BY_DISTANCE,
    "SVC": _BY_DISTANCE,
    "LinearSVC": _BY_STEPS,
    "LogisticRegression": _BY_STEPS,
    "LogisticRegressionCV": _BY_STEPS,
    "Perceptron": _BY_STEPS,
    "SGDClassifier": _BY_STEPS,
}

# A standard deviation, or a ratio of two, that scaling would have removed.
_WIDE = 100
_NARROW = 0.01

# A mean, and its ratio to the standard deviation. Of four columns, two of which count
# by their product alone, sklearn's MLP has ROC AUC 0.90; 0.87 with one of mean 30 and
# standard deviation 1 or 6, or all divided by 10, and 0.84 with all divided by 100.
_FAR = 30
_FAR_IN_SPREADS = 10


def unscaled_inputs(case):
    """Find classifiers that need columns of one scale and get others."""
    for part in case.answering:
        why = _SENSITIVE.get(part.kind) if part.module == "sklearn" else None
        if "hidden_layer_sizes" in part.values:
            why = _BY_STEPS
        if why is None:
            continue
        places = reaching(case, part, lambda step: isinstance(step, _LEAVES_SCALE))
        spreads = _of_numbers(case.table, places, np.std)
        spreads = {column: spread for column, spread in spreads.items() if spread > 0}
        if not spreads:
            continue
        wide = max(spreads, key=spreads.get)
        told = _unevenness(spreads)
        if told is None and why is _BY_STEPS:
            told = _distance(spreads, _of_numbers(case.table, places, np.mean))
        if told is None:
            continue
        yield Finding(
            what=f"No scaler is before {part.kind}: {told}.",
            where=part.where,
            why=why.format(kind=part.kind, wide=wide.title),
            fix="Scale inside the pipeline, so that test rows are not looked at:\n"
            "    make_pipeline(StandardScaler(), classifier)",
            severity="warning",
        )


def _unevenness(spreads):
    """Return which columns have standard deviations far apart, or None."""
    narrow, wide = min(spreads, key=spreads.get), max(spreads, key=spreads.get)
    if spreads[wide] < _WIDE * spreads[narrow]:
        return None
    return (
        f"{wide.title} has a standard deviation of {spreads[wide]:.3g}, and "
        f"{narrow.title} one of {spreads[narrow]:.3g}"
    )


def _distance(spreads, means):
    """Return which column is far from numbers around 0 and 1, and how, or None."""
    wide = max(spreads, key=spreads.get)
    if spreads[wide] >= _WIDE:
        return f"{wide.title} has a standard deviation of {spreads[wide]:.3g}"
    if spreads[wide] <= _NARROW:
        return (
            f"{wide.title} has the largest standard deviation of all columns, "
            f"{spreads[wide]:.3g}"
        )
    offsets = {
        column: abs(means[column]) / spread
        for column, spread in spreads.items()
        if abs(means[column]) >= _FAR
    }
    far = max(offsets, key=offsets.get, default=None)
    if far is None or offsets[far] < _FAR_IN_SPREADS:
        return None
    return (
        f"{far.title} has a mean of {means[far]:.4g} and a standard deviation of "
        f"{spreads[far]:.3g}"
    )


def _of_numbers(table, places, statistic):
    """Return a statistic of each of the number columns with more than two values."""
    found = {}
    for column in (table.columns[place] for place in sorted(places)):
        if column.is_number and len(column.distinct) > 2:
            values = column.values[np.isfinite(column.values)]
            found[column] = float(statistic(values, dtype=np.float64))
    return found
