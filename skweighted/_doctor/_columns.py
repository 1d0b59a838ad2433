"""Columns of X: with missing values, constant, identifiers, and those that tell y."""

import numpy as np
from scipy.stats import rankdata
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)
from sklearn.utils import get_tags

from skweighted._doctor._findings import Finding
from skweighted._doctor._reach import KNOWN_MODULES, reaching
from skweighted._text import count

# Transformers that leave missing values. Whatever else there is may well fill them.
_LEAVES_MISSING = (
    *(MaxAbsScaler, MinMaxScaler, PowerTransformer),
    *(QuantileTransformer, RobustScaler, StandardScaler),
)

# Fewer rows are not judged: values may differ by chance.
_FEWEST_IDENTIFIED = 100

# Of rows that are no copies, an identifier differs in nearly all: a case may have two.
# Whole numbers drawn from a range as long as their number repeat in 37 % of rows.
_NEARLY_ALL = 0.95

# With more copies, few columns of few values may be all that the rows have.
_MOSTLY_DISTINCT = 0.9

# What text looks like that should have been read as something else, and how to read it.
_LOOKS = {
    "decimal": (
        "numbers with a decimal comma",
        "Read it as numbers:\n    pd.read_csv(file, decimal=','{thousands})",
    ),
    "thousands": (
        "numbers with commas between thousands",
        "Read it as numbers:\n    pd.read_csv(file, thousands=',')",
    ),
    "comma": (
        "numbers with a comma",
        "Read it as numbers, by what the comma means:\n"
        "    pd.read_csv(file, decimal=',')\n"
        "    pd.read_csv(file, thousands=',')",
    ),
    "dates": (
        "dates",
        "Give parts of the dates in its place:\n"
        "    dates = pd.to_datetime(X[{name}]{dayfirst})\n"
        "    X = X.assign(month=dates.dt.month, weekday=dates.dt.weekday)\n"
        "    X = X.drop(columns={name})",
    ),
}

# Below this, n columns of k rows of a class tell it apart by chance too often.
_FEWEST_TOLD = 10
_TELLS = 0.999
_MOST_ROWS = 5_000


def missing_values(case):
    """Find missing numbers that reach a classifier that takes none."""
    for part in case.answering:
        if part.module not in KNOWN_MODULES:
            continue  # Others may take missing values and not say so.
        if get_tags(part.estimator).input_tags.allow_nan:
            continue
        places = reaching(case, part, lambda step: isinstance(step, _LEAVES_MISSING))
        columns = [case.table.columns[place] for place in sorted(places)]
        n_missing = {
            column: int(np.isnan(column.values).sum())
            for column in columns
            if column.is_number
        }
        n_missing = {column: n for column, n in n_missing.items() if n}
        if not n_missing:
            continue
        worst = max(n_missing, key=n_missing.get)
        yield Finding(
            what=f"{part.kind} gets missing values from "
            f"{count(len(n_missing), 'column')}; {worst.title} has most, "
            f"{n_missing[worst]:,} in {case.table.n_rows:,} rows.",
            where=part.where,
            why=f"{part.kind} takes no missing values: fit raises ValueError.",
            fix="Fill them inside the pipeline; an indicator keeps what missing "
            "says:\n"
            "    SimpleImputer(strategy='median', add_indicator=True)",
            severity="error",
        )


def constant_columns(case):
    """Find columns with one value."""
    constant = [
        column
        for column in _used(case)
        if column.distinct.tolist() in ([], [case.table.n_rows])
    ]
    if constant:
        names = _names(constant)
        yield Finding(
            what=f"{count(len(constant), 'column')} "
            f"{'has' if len(constant) == 1 else 'have'} one value, or none, in all "
            f"{case.table.n_rows:,} rows: {names}.",
            where="X",
            why="Nothing can be learnt from them. Perhaps the rows were chosen by "
            "them, or reading the file went wrong.",
            fix="Leave them out; for those that become constant in a training part:\n"
            "    VarianceThreshold()",
            severity="note",
        )


def identifier_columns(case):
    """Find columns that tell rows apart and nothing else."""
    n_rows = case.table.n_rows
    if n_rows < _FEWEST_IDENTIFIED:
        return
    n_distinct = len(np.unique(case.table.row_ids))
    if n_distinct < _MOSTLY_DISTINCT * n_rows:
        return  # Copies of rows of few columns share the values of any column.
    rows = f"{n_rows:,} rows"
    if n_distinct < n_rows:
        n_copies = n_rows - n_distinct
        are = "is a copy" if n_copies == 1 else "are copies"
        rows += f" of which {n_copies:,} {are}"
    for column in _used(case):
        how = _identifies(column, n_distinct, rows)
        if how and column.look:
            yield _misread(column, how)
        elif how:
            yield Finding(
                what=f"C{column.title[1:]} {how}.",
                where="X",
                why="It tells rows apart and says nothing of new ones. If rows came in "
                "an order of some meaning, a classifier learns that order.",
                fix="Leave it out of X. If several rows are of one case, it is what "
                "to group the folds by.",
                severity="warning",
            )


def _misread(column, how):
    """Return the finding for text that should have been read as numbers or dates."""
    look = column.look
    looks_like, fix = _LOOKS[look.kind]
    return Finding(
        what=f"C{column.title[1:]} {how}, and they look like {looks_like}, such as "
        f"{look.example!r}.",
        where="X",
        why="As text, every value is a category of its own, and which are near each "
        "other is lost.",
        fix=fix.format(
            name=repr(column.name),
            thousands=", thousands='.'" * look.has_points,
            dayfirst=", dayfirst=True" * look.is_day_first,
        ),
        severity="warning",
    )


def _identifies(column, n_distinct, rows):
    """Return how a column tells the distinct ones of the rows apart, or None.

    Numbers of a measurement may all differ too, so only whole ones without gaps count.
    """
    n_values = len(column.distinct)
    if n_values < _NEARLY_ALL * n_distinct:
        return None
    if column.is_text:
        return f"is text with {n_values:,} different values in {rows}"
    if not column.is_number:
        return None
    values = column.values[~column.is_missing].astype(np.float64)
    least, most = values.min(), values.max()
    if (values != np.floor(values)).any() or most - least > 1.01 * n_values:
        return None
    numbers = f"numbers the rows: each whole number from {least:.0f} to {most:.0f} is "
    is_gapless = most - least == n_values - 1
    if n_values < len(column.values):
        return f"{numbers}there{'' if is_gapless else ', but for a few'}, in {rows}"
    return f"{numbers}there {'once' if is_gapless else 'once at most'}"


def telling_columns(case):
    """Find columns that tell the class alone."""
    if case.counts.min() < _FEWEST_TOLD or len(case.counts) < 2:
        return
    rows = _some_of_each_class(case)
    for column in _used(case):
        # Measured on some rows first, and for certain on all of them.
        if _told(column, case, rows) <= _TELLS:
            continue
        told = _told(column, case, slice(None))
        if told > _TELLS:
            measure = "ROC AUC" if _is_ranked(column, case) else "balanced accuracy"
            yield Finding(
                what=f"C{column.title[1:]} tells the classes apart alone: "
                f"{measure} {told:.4f}.",
                where="X and y",
                why="Measurements seldom do. A column written after the outcome, or "
                "made from it, will not be known when it is to be predicted.",
                fix="Find out when and from what the column is made. If it is not "
                "known beforehand, leave it out of X.",
                severity="warning",
            )


def _is_ranked(column, case):
    """Tell whether a column is judged by its order: numbers, for two classes."""
    return column.is_number and len(case.counts) == 2


def _told(column, case, rows):
    """Return how well a column tells the classes apart, from 0 to 1."""
    values, y_index = column.values[rows], case.y_index[rows]
    counts = np.bincount(y_index, minlength=len(case.counts))
    if _is_ranked(column, case):
        ranks = rankdata(np.nan_to_num(values, nan=np.nanmin(values, initial=0) - 1))
        n_others, n_own = counts.tolist()
        above = ranks[y_index == 1].sum() - n_own * (n_own + 1) / 2
        auc = above / (n_own * n_others)
        return max(auc, 1 - auc)
    values = np.unique(values, return_inverse=True)[1]
    if np.bincount(values).mean() < 20:
        return 0.0  # Values of a few rows each tell any classes apart.
    table = np.zeros((values.max() + 1, len(counts)))
    np.add.at(table, (values, y_index), 1)
    answers = table.argmax(axis=1)
    right = np.bincount(answers, table.max(axis=1), minlength=len(counts))
    return float((right / counts).mean())


def _some_of_each_class(case):
    """Return row numbers with at most so many of each class, spread over all rows."""
    most = max(_FEWEST_TOLD, _MOST_ROWS // len(case.counts))
    chosen = []
    for place in range(len(case.counts)):
        own = np.flatnonzero(case.y_index == place)
        chosen.append(own[:: -(-len(own) // most)])
    return np.concatenate(chosen)


def _used(case):
    """Return the columns that a classifier sees in some form; all without one."""
    places = set(range(case.table.n_columns))
    if case.parts:
        seen = [reaching(case, part, lambda step: True) for part in case.answering]
        places = set().union(*seen)
    return [case.table.columns[place] for place in sorted(places)]


def _names(columns, limit=8):
    """Return the names of the first columns, and how many more there are."""
    more = f" and {len(columns) - limit} more" if len(columns) > limit else ""
    return ", ".join(repr(column.name) for column in columns[:limit]) + more
