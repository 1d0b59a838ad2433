"""X as the checks see it: columns by name, and rows that can be told apart."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from skweighted.comparison.data import with_own_type

# Of so many texts, what they look like is seen.
_MOST_TEXTS = 1_000

# With a comma before the decimals, or between thousands, or as either may be.
_DECIMAL_COMMA = re.compile(r"[+-]?(\d*|\d{1,3}(\.\d{3})+)(,\d+)?")
_THOUSANDS_COMMA = re.compile(r"[+-]?([1-9]\d{0,2}(,\d{3})+|\d{1,3})(\.\d*)?")

_DAY_OR_MONTH = r"(0?[1-9]|[12]\d|3[01])"
_TIME = r"([ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?"
_YEAR_FIRST = re.compile(rf"\d{{4}}([-/.]){_DAY_OR_MONTH}\1{_DAY_OR_MONTH}{_TIME}")
_YEAR_LAST = re.compile(rf"{_DAY_OR_MONTH}([-/.]){_DAY_OR_MONTH}\2\d{{4}}{_TIME}")


@dataclass(frozen=True)
class Look:
    """What texts look like that should have been read as something else.

    Attributes
    ----------
    kind : {"decimal", "thousands", "comma", "dates"}
        Numbers with a comma before the decimals, between thousands, or as either may
        be; or dates.
    example : str
    has_points : bool
        Whether points are between thousands.
    is_day_first : bool
        Whether dates begin with the day.
    """

    kind: str
    example: str
    has_points: bool = False
    is_day_first: bool = False


@dataclass(frozen=True, eq=False)
class Column:
    """One column of X.

    Attributes
    ----------
    name : str or int
        Its name, or its position in an array.
    values : ndarray of shape (n_samples,)
        Floats with NaN where missing; of other columns numbers of the distinct values,
        -1 where missing.
    is_number : bool
    is_text : bool
        Neither a number nor a time, and mostly of one word or two.
    look : Look or None
        What else its texts look like, if anything.
    """

    name: Any
    values: np.ndarray
    is_number: bool
    is_text: bool = False
    look: Look | None = None

    @property
    def title(self):
        """Its name in a sentence: "column 'age'", or "column 3" in an array."""
        return f"column {self.name!r}"

    @cached_property
    def is_missing(self):
        """Where it has no value, (n_samples,)."""
        return np.isnan(self.values) if self.is_number else self.values < 0

    @cached_property
    def distinct(self):
        """How often each distinct value is there, missing ones left out."""
        return np.unique(self.values[~self.is_missing], return_counts=True)[1]


class Table:
    """X, which is never written to.

    Attributes
    ----------
    X : DataFrame, ndarray or CSR matrix of shape (n_samples, n_features)
    """

    def __init__(self, X):
        if hasattr(X, "to_pandas"):
            X = X.to_pandas()
        if sparse.issparse(X):
            X = X.tocsr()
        elif not isinstance(X, pd.DataFrame):
            X = np.asarray(X)
            if X.ndim in (1, 2) and X.dtype.kind not in "fiub":
                X = pd.DataFrame(X)
        if X.ndim != 2:
            raise ValueError(
                f"X must have rows and columns. Its shape is {X.shape}. Use "
                f"X.reshape(-1, 1) if it is one column."
            )
        self.X = X

    @property
    def n_rows(self):
        """Number of rows."""
        return self.X.shape[0]

    @property
    def n_columns(self):
        """Number of columns."""
        return self.X.shape[1]

    @property
    def is_sparse(self):
        """Whether X has no columns that could be looked at one by one."""
        return sparse.issparse(self.X)

    @cached_property
    def columns(self):
        """The columns, in order; not of sparse X."""
        if isinstance(self.X, pd.DataFrame):
            return [
                _column(name, self.X.iloc[:, place])
                for place, name in enumerate(self.X.columns)
            ]
        X = self.X if self.X.dtype.kind == "f" else self.X.astype(np.float64)
        return [Column(place, X[:, place], True) for place in range(self.n_columns)]

    @cached_property
    def row_ids(self):
        """A number for each row; rows that are the same have the same, (n_samples,)."""
        if self.is_sparse:
            keys = _sparse_keys(self.X)
        else:
            frame = pd.DataFrame(self.X)
            try:
                keys = pd.util.hash_pandas_object(frame, index=False)
            except TypeError:  # lists and the like
                keys = pd.util.hash_pandas_object(frame.astype(str), index=False)
        return pd.factorize(np.asarray(keys))[0]


def _column(name, series):
    """Return a column of a frame."""
    series = with_own_type(series)
    if pd.api.types.is_numeric_dtype(series) and series.dtype.kind != "c":
        wanted = np.float32 if series.dtype == np.float32 else np.float64
        return Column(name, series.to_numpy(dtype=wanted, na_value=np.nan), True)
    is_text = series.dtype.kind not in "mM" and _is_short(series)
    try:
        numbers = pd.factorize(series)[0]
    except TypeError:
        numbers = pd.factorize(series.astype(str))[0]
    look = _look_of(series) if is_text else None
    return Column(name, numbers, False, is_text=is_text, look=look)


def _is_short(series):
    """Tell whether the first texts are names or codes, and not sentences."""
    texts = series.dropna().iloc[:100].astype(str)
    return len(texts) > 0 and texts.str.count(r"\s").mean() <= 1


def _look_of(series):
    """Return what the first texts look like, if they all do."""
    texts = series.dropna().iloc[:_MOST_TEXTS].astype(str).str.strip().tolist()
    example = next((text for text in texts if "," in text), None)
    if example is None:
        return _look_of_dates(texts)
    is_decimal = all(map(_DECIMAL_COMMA.fullmatch, texts))
    is_thousands = all(map(_THOUSANDS_COMMA.fullmatch, texts))
    if is_decimal and is_thousands:
        return Look("comma", example)
    if is_decimal:
        return Look("decimal", example, has_points="." in "".join(texts))
    return Look("thousands", example) if is_thousands else None


def _look_of_dates(texts):
    """Return the look of dates, if all texts have it."""
    if all(map(_YEAR_FIRST.fullmatch, texts)):
        return Look("dates", texts[0])
    if not all(map(_YEAR_LAST.fullmatch, texts)):
        return None
    firsts = [int(re.match(r"\d+", text).group()) for text in texts]
    is_day_first = "." in texts[0][:3] or max(firsts) > 12
    return Look("dates", texts[0], is_day_first=is_day_first)


def _sparse_keys(X):
    """Return a key for each row of a CSR matrix, whatever the order of its entries."""
    X = X.copy()
    X.sum_duplicates()
    X.eliminate_zeros()
    rows = zip(X.indptr[:-1], X.indptr[1:], strict=True)
    return np.array(
        [
            hash((X.indices[start:stop].tobytes(), X.data[start:stop].tobytes()))
            for start, stop in rows
        ],
        dtype=np.int64,
    )
