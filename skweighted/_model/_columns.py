"""What a column of the training rows held: to read new rows alike, and for their drift.

A `Reference` is a dict of plain values, a part of the card. Every column has "name",
"kind" as in `TablePreparation.kinds_`, and "n_missing". Numbers, dates (as days since
1970) and durations (in days) have "low" and "high", and "edges" and "counts" of bins of
about equally many rows: bin i has the values above edge i - 1 and up to edge i. Dates
have "zone", their time zone or None. Categories and booleans have "categories", a dict
of str to the number of rows, "n_categories", and "n_others", the rows in categories
that are not listed.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from skweighted._tables._read import column_of, kind_of
from skweighted._tables._values import (
    categories_in,
    dates_in,
    days_in,
    moments_in,
    numbers_in,
    parsed_dates,
    text_of,
    zone_of,
)
from skweighted._text import did_you_mean, shortened
from skweighted.exceptions import TableError

Reference = dict[str, Any]

N_BINS = 10

# More categories, or letters of one, are not listed, so that cards stay small.
MOST_CATEGORIES = 1000
MOST_LETTERS = 100

NUMERICAL = ("number", "date", "duration")
CATEGORICAL = ("category", "boolean")

_HELD = {
    "number": "numbers",
    "boolean": "True and False",
    "date": "dates",
    "duration": "durations",
}


def references_of(X: pd.DataFrame) -> list[Reference]:
    """Return what each column of the training rows holds."""
    return [
        _reference(column_of(X, position), str(name))
        for position, name in enumerate(X.columns)
    ]


def _reference(column: pd.Series, name: str) -> Reference:
    """Return what a column holds."""
    kind = kind_of(column)
    reference = {"name": name, "kind": kind, "n_missing": int(column.isna().sum())}
    if kind == "date":
        column = dates_in(column, name)
        reference["zone"] = zone_of(column)
    if kind in NUMERICAL:
        values = values_in(column, reference)
        if np.isinf(values).any():
            row = int(np.isinf(values).argmax())
            raise TableError(
                f"Numbers must be finite to describe a model. Column {name!r} holds "
                f"{values[row]} in row {row + 1:,}. Replace it, with NaN if it is "
                f"missing, and fit again."
            )
        values = values[~np.isnan(values)]
        edges = np.unique(np.quantile(values, np.linspace(0, 1, N_BINS + 1)[1:-1]))
        edges = edges[edges < values.max()]
        reference |= {
            "low": float(values.min()),
            "high": float(values.max()),
            "edges": edges.tolist(),
            "counts": bin_counts(values, edges).tolist(),
        }
    elif kind in CATEGORICAL:
        counts = category_counts(column)
        listed = dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
        kept = dict(list(listed.items())[:MOST_CATEGORIES])
        reference |= {
            "categories": kept,
            "n_categories": len(listed),
            "n_others": sum(listed.values()) - sum(kept.values()),
        }
    return reference


def bin_counts(values: np.ndarray, edges: Sequence[float] | np.ndarray) -> np.ndarray:
    """Return the number of values in each bin."""
    bins = np.searchsorted(edges, values, side="left")
    return np.bincount(bins, minlength=len(edges) + 1)


def category_counts(column: pd.Series) -> dict[str, int]:
    """Return the number of rows of each category; missing values are not counted."""
    codes, texts = categories_in(column)
    counts: dict[str, int] = {}
    n_rows = np.bincount(codes[codes >= 0], minlength=len(texts)).tolist()
    for text, number in zip(texts, n_rows, strict=True):
        cut = text[:MOST_LETTERS]
        counts[cut] = counts.get(cut, 0) + number
    return counts


def values_in(column: pd.Series, reference: Reference) -> np.ndarray:
    """Return a column of numbers, dates or durations as float64, NaN if missing."""
    if reference["kind"] == "date":
        return days_in(moments_in(column, reference["name"], reference["zone"]))
    return numbers_in(column, reference["name"], reference["kind"])


def conform(
    X: pd.DataFrame, references: Sequence[Reference], *, first_row: int = 1
) -> pd.DataFrame:
    """Return the columns of the training rows, in their order and of their kinds.

    Parameters
    ----------
    X : DataFrame of shape (n_samples, n_columns)
        With all columns of the training rows, in any order; others are ignored.
    references : sequence of Reference
    first_row : int, default=1
        Number of the first row in messages.

    Returns
    -------
    DataFrame of shape (n_samples, n_features)
        Its types do not depend on the rows: numbers are float64, for instance, even if
        they are all integers or all missing.

    Raises
    ------
    TableError
        If a column is missing, or holds a value of another kind.
    """
    check_names([str(name) for name in X.columns], references)
    position = {str(name): number for number, name in enumerate(X.columns)}
    columns = {
        reference["name"]: _of_kind(
            column_of(X, position[reference["name"]]), reference, first_row
        )
        for reference in references
    }
    return pd.DataFrame(columns, index=X.index)


def check_names(names: Sequence[str], references: Sequence[Reference]) -> None:
    """Raise TableError if columns of the training rows are missing, or there twice."""
    needed = [one["name"] for one in references]
    n_columns = Counter(names)
    for name in needed:
        if n_columns[name] > 1:
            raise TableError(
                f"Column names must be unique. The table has {n_columns[name]} columns "
                f"named {name!r}. Rename or drop all but one."
            )
    missing = [name for name in needed if name not in n_columns]
    if not missing:
        return
    others = [name for name in names if name not in needed]
    columns = "column" if len(missing) == 1 else "columns"
    raise TableError(
        f"The model needs the {columns} {shortened(missing)}, which the table does not "
        f"have.{did_you_mean(missing[0], others)} Columns of the table: "
        f"{shortened(names)}."
    )


def _of_kind(column: pd.Series, reference: Reference, first_row: int) -> pd.Series:
    """Return a column as the kind that it had in the training rows."""
    kind = reference["kind"]
    if kind == "category":
        return column
    if kind == "empty":
        return pd.Series(np.nan, index=column.index)
    converted = _CONVERSIONS[kind](column)
    is_wrong = (converted.isna() & column.notna()).to_numpy()
    if kind == "number":
        is_wrong = is_wrong | np.isinf(converted.to_numpy())
    if is_wrong.any():
        row = int(is_wrong.argmax())
        raise TableError(
            f"Column {reference['name']!r} must hold {_HELD[kind]}, as in the training "
            f"rows. Row {first_row + row:,} holds {text_of(column.iloc[row])!r}. "
            f"Correct the value, or leave it empty if it is missing."
        )
    if kind == "date" and reference["zone"] is None and zone_of(converted):
        raise TableError(
            f"Column {reference['name']!r} must hold dates without a time zone, as in "
            f"the training rows. Its dates are in {zone_of(converted)}. Write them in "
            f"the zone of the training rows, without it."
        )
    return converted


def _numbers(column: pd.Series) -> pd.Series:
    """Return a column as float64, NaN where it holds something else."""
    if column.dtype.kind in "fiu" and isinstance(column.dtype, np.dtype):
        return column.astype(np.float64)
    if column.dtype.kind in "bmM" or isinstance(column.dtype, pd.PeriodDtype):
        return pd.Series(np.nan, index=column.index)
    # pandas' to_numeric fails for decimals of Arrow with missing values.
    if isinstance(column.dtype, pd.CategoricalDtype | pd.ArrowDtype):
        column = column.astype(object)
    return pd.to_numeric(column, errors="coerce").astype("Float64").astype(np.float64)


def _booleans(column: pd.Series) -> pd.Series:
    """Return a column as pandas' "boolean", NA where it holds something else."""
    if not pd.api.types.is_bool_dtype(column.dtype):
        truth = {"true": True, "false": False, "1": True, "0": False}
        texts = column.map(lambda value: text_of(value).strip().lower())
        column = texts.map(truth)
    return column.astype("boolean")


def _dates(column: pd.Series) -> pd.Series:
    """Return a column of dates, NaT where it holds something else."""
    if column.dtype.kind == "M" or isinstance(column.dtype, pd.PeriodDtype):
        return column
    if column.dtype.kind in "fiub":
        return pd.Series(pd.NaT, index=column.index)
    if pd.api.types.infer_dtype(column, skipna=True) == "period":
        return pd.PeriodIndex(column).to_timestamp().to_series(index=column.index)
    return parsed_dates(column, errors="coerce")


def _durations(column: pd.Series) -> pd.Series:
    """Return a column of durations, NaT where it holds something else."""
    if column.dtype.kind == "m":
        return column
    if column.dtype.kind in "fiubM":
        return pd.Series(pd.NaT, index=column.index, dtype="timedelta64[ns]")
    # pandas takes "5" for 5 ns, and no file is written so.
    is_text = column.map(lambda value: isinstance(value, str)).astype(bool)
    is_number = pd.to_numeric(column.where(is_text), errors="coerce").notna()
    return pd.to_timedelta(column, errors="coerce").mask(is_number)


_CONVERSIONS = {
    "number": _numbers,
    "boolean": _booleans,
    "date": _dates,
    "duration": _durations,
}
