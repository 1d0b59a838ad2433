"""A raw table and what each of its columns holds.

A table is a DataFrame, a numerical array or a CSR matrix, as `read_table` returns it.
"""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.sparse import issparse

from skweighted._text import count

Kind = Literal["number", "boolean", "date", "duration", "category", "empty"]

# From here on, float64 does not have all integers.
_EXACT = 2**53

# Objects that pandas calls so are dates.
DATE_TYPES = ("datetime", "datetime64", "date", "period")

# The kinds of other objects, by what pandas calls them.
_KINDS_OF_OBJECTS: dict[str, Kind] = {
    "boolean": "boolean",
    **dict.fromkeys(("integer", "floating", "mixed-integer-float"), "number"),
    "decimal": "number",
}


def read_table(X: Any) -> Any:
    """Return X as a frame, a numerical array or a CSR matrix, with unchecked values.

    Parameters
    ----------
    X : array-like, DataFrame (pandas or polars) or sparse matrix

    Returns
    -------
    DataFrame, ndarray or CSR matrix
        Text and objects are in a frame. Numbers with another number of dimensions than
        two are returned as they are.

    Raises
    ------
    ValueError
        If X is no table.
    """
    if issparse(X):
        return X.tocsr()
    if hasattr(X, "to_pandas"):
        X = X.to_pandas()
    if isinstance(X, pd.DataFrame):
        return X
    try:
        values = np.asarray(X)
    except ValueError as error:
        if not isinstance(X, list | tuple):
            raise
        raise ValueError(
            "All rows of X must have the same length. X is a sequence of rows of "
            "several lengths."
        ) from error
    if values.dtype.kind in "fiubc":
        return values
    if values.ndim != 2:
        way_out = "Pass a DataFrame, or an array of two dimensions."
        if values.ndim == 1:
            way_out = "Pass one row as a list of rows, [row], or as X.iloc[[0]]."
        if hasattr(X, "collect"):  # a lazy frame of polars
            way_out = "Pass X.collect()."
        raise ValueError(
            f"X must be a table with rows and columns. Got a {type(X).__name__} of "
            f"{count(values.ndim, 'dimension')}. {way_out}"
        )
    # As objects: in a list of text and numbers, the numbers would become text.
    values = values if hasattr(X, "dtype") else np.asarray(X, dtype=object)
    return pd.DataFrame(values)


def check_names(names: pd.Index) -> None:
    """Raise ValueError if two columns have the same name."""
    if not names.is_unique:
        twice = names[names.duplicated()].tolist()[0]
        raise ValueError(
            f"Column names of X must be unique. {twice!r} occurs "
            f"{names.isin([twice]).sum()} times."
        )


def column_of(table: Any, position: int, rows: np.ndarray | None = None) -> pd.Series:
    """Return a column, with the type of its values if it holds objects.

    Parameters
    ----------
    table : DataFrame or ndarray of shape (n_samples, n_features)
    position : int
    rows : ndarray of int or None
        The rows to return, all by default.
    """
    if not isinstance(table, pd.DataFrame):
        column = pd.Series(table[:, position])
    else:
        column = table.iloc[:, position]
    if rows is not None and len(rows) < len(column):
        column = column.iloc[rows]
    if column.dtype != object:
        return column
    inferred = column.infer_objects()
    # With missing values, integers become floats, which are not exact from here on:
    # identifiers would be rounded to each other.
    if inferred.dtype.kind == "f" and (inferred.abs() >= _EXACT).any():
        return column
    return inferred


def kind_of(column: pd.Series) -> Kind:
    """Return what a column holds, from its type and, for objects, its values."""
    dtype = column.dtype
    if column.isna().all():
        return "empty"
    if dtype.kind == "O" and dtype == np.dtype(object):
        held = pd.api.types.infer_dtype(column, skipna=True)
        if held in DATE_TYPES:
            return "date"
        return _KINDS_OF_OBJECTS.get(held, "category")
    if pd.api.types.is_bool_dtype(dtype) and not isinstance(dtype, pd.CategoricalDtype):
        return "boolean"
    if pd.api.types.is_numeric_dtype(dtype):
        return "number"
    if dtype.kind == "M" or isinstance(dtype, pd.PeriodDtype):
        return "date"
    return "duration" if dtype.kind == "m" else "category"


def check_finite(name: Any, values: np.ndarray, dtype: str) -> None:
    """Raise ValueError for values that are infinite in a precision; NaN is allowed."""
    n_infinite = int(np.isinf(values).sum())
    with np.errstate(over="ignore"):
        is_too_large = np.isinf(values.astype(dtype)) & np.isfinite(values)
    if is_too_large.any():
        raise ValueError(
            f"Numbers of X must not be too large for {dtype}, the precision of all "
            f"numbers in fit. Column {name!r} has such numbers. Convert the X of fit "
            f"to float64."
        )
    if n_infinite:
        raise ValueError(
            f"X must not contain infinite values. Column {name!r} has "
            f"{count(n_infinite, 'infinite value')}. Replace them with numbers, or "
            f"with NaN if they are missing."
        )


def is_categorical(table: Any, given: Any, names: Sequence[Any] | None) -> np.ndarray:
    """Return which columns are named as categorical.

    Parameters
    ----------
    table : DataFrame, ndarray or CSR matrix of shape (n_samples, n_features)
    given : None, or array-like of str, int or bool
        Names, indices or a mask, as in `HistGradientBoostingClassifier`.
    names : sequence or None
        The names of the columns, if they have any.

    Returns
    -------
    ndarray of bool of shape (n_features,)

    Raises
    ------
    ValueError
        If a name or an index is not that of a column, or the mask has another length.
    """
    n_features = table.shape[1]
    mask = np.zeros(n_features, dtype=bool)
    if given is None or len(given) == 0:
        return mask
    # Numbers among names would become text.
    has_text = any(isinstance(one, str) for one in given)
    given = np.asarray(list(given), dtype=object if has_text else None)
    if given.dtype.kind == "b":
        if given.shape != (n_features,):
            raise ValueError(
                f"A mask in categorical_features needs one value for each column. It "
                f"has shape {given.shape}, and X has {count(n_features, 'column')}."
            )
        return given
    if given.dtype.kind in "iu":
        if given.min() < 0 or given.max() >= n_features:
            raise ValueError(
                f"Indices in categorical_features must be from 0 to {n_features - 1}. "
                f"Got {given.tolist()}."
            )
        mask[given] = True
        return mask
    if given.dtype.kind not in "UO" or not all(isinstance(one, str) for one in given):
        raise ValueError(
            f"categorical_features must be 'from_dtype', None, or all names, all "
            f"indices or all booleans. Got {given.tolist()}."
        )
    if names is None:
        raise ValueError(
            "Names in categorical_features need an X whose column names are all text. "
            "Pass such a DataFrame, or indices."
        )
    known = set(names)
    unknown = [name for name in given.tolist() if name not in known]
    if unknown:
        raise ValueError(
            f"categorical_features names {unknown[0]!r}, which is not a column of X. "
            f"Columns: {', '.join(map(repr, names))}."
        )
    return np.isin(np.asarray(names, dtype=object), given.astype(object))
