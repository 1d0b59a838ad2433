"""X as the checks see it: columns, and rows that can be compared."""

from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.compose import ColumnTransformer


class Rows:
    """The rows of X, which is never written to.

    Attributes
    ----------
    frame : DataFrame of shape (n_samples, n_features) or None
        None if X is sparse.
    n_rows, n_columns : int
    """

    def __init__(self, X: Any) -> None:
        self.frame: pd.DataFrame | None = None
        if sparse.issparse(X):
            self._sparse = X.tocsr()
            self.n_rows, self.n_columns = X.shape
            return
        X = X.to_pandas() if hasattr(X, "to_pandas") else X
        if not isinstance(X, pd.DataFrame):
            X = np.asarray(X)
            # One column of text is what a vectorizer takes.
            if X.ndim != 2 and (X.ndim != 1 or X.dtype.kind in "fiub"):
                raise ValueError(
                    f"X must have rows and columns. Its shape is {X.shape}. Use "
                    f"X.reshape(-1, 1) if it is one column."
                )
            X = pd.DataFrame(X)
        self.frame = X.infer_objects()
        self.n_rows, self.n_columns = X.shape

    @cached_property
    def codes(self) -> list[np.ndarray]:
        """For each column the code of each row's value, -1 where it is missing."""
        assert self.frame is not None
        return [_codes(column) for _, column in self.frame.items()]

    @cached_property
    def numbers(self) -> dict[int, np.ndarray]:
        """The columns of numbers by position, with NaN where they are missing."""
        assert self.frame is not None
        found = {}
        for position, (_, column) in enumerate(self.frame.items()):
            if pd.api.types.is_numeric_dtype(column) and column.dtype.kind != "c":
                wanted = np.float32 if column.dtype == np.float32 else np.float64
                found[position] = column.to_numpy(dtype=wanted, na_value=np.nan)
        return found

    @cached_property
    def ids(self) -> np.ndarray:
        """A number for each row; equal rows have the same, (n_samples,)."""
        if self.frame is None:
            return _sparse_ids(self._sparse)
        try:
            keys = pd.util.hash_pandas_object(self.frame, index=False)
        except TypeError:  # lists and the like
            keys = pd.util.hash_pandas_object(self.frame.astype(str), index=False)
        return pd.factorize(np.asarray(keys))[0]

    def title(self, position: int) -> str:
        """Return a column in words: "column 'age'", or "column 3" of an array."""
        assert self.frame is not None
        return f"column {self.frame.columns[position]!r}"


def columns_taken(transformer: ColumnTransformer, frame: pd.DataFrame) -> set[int]:
    """Return the positions of the columns that a ColumnTransformer does not drop."""
    numbered = frame.iloc[:1].astype(object)
    numbered.iloc[0] = list(range(frame.shape[1]))
    keeps = ColumnTransformer(
        [
            (
                name,
                _keep_or_drop(step),
                columns(frame) if callable(columns) else columns,
            )
            for name, step, columns in transformer.transformers
        ],
        remainder=_keep_or_drop(transformer.remainder),
    )
    try:
        return set(keeps.fit_transform(numbered)[0].tolist())
    except (ValueError, TypeError, IndexError):  # Columns that X does not have.
        return set(range(frame.shape[1]))


def _keep_or_drop(step: Any) -> str:
    """Return "drop" if a step drops its columns, else "passthrough"."""
    return "drop" if isinstance(step, str) and step == "drop" else "passthrough"


def _codes(column: pd.Series) -> np.ndarray:
    """Return the code of each value, -1 where it is missing."""
    try:
        return pd.factorize(column)[0]
    except TypeError:  # lists and the like
        return pd.factorize(column.astype(str))[0]


def _sparse_ids(X: Any) -> np.ndarray:
    """Return a number for each row of a CSR matrix, the same for equal rows."""
    X = X.copy()
    X.sum_duplicates()
    X.eliminate_zeros()
    ends = zip(X.indptr[:-1], X.indptr[1:], strict=True)
    entries = [(X.indices[a:b].tobytes(), X.data[a:b].tobytes()) for a, b in ends]
    return pd.factorize(np.array([hash(row) for row in entries], dtype=np.int64))[0]
