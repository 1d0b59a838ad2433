"""X as the checks see it: columns, and rows that can be compared."""

from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer


class Rows:
    """The rows of a dense X, which is never written to.

    Attributes
    ----------
    frame : DataFrame of shape (n_samples, n_features)
    """

    def __init__(self, X: Any) -> None:
        X = X.to_pandas() if hasattr(X, "to_pandas") else X
        if not isinstance(X, pd.DataFrame):
            X = np.asarray(X)
            # One column of text is what a vectorizer takes.
            if X.ndim != 2 and (X.ndim != 1 or X.dtype.kind in "fiub"):
                raise ValueError(
                    f"X must have rows and columns. Its shape is {X.shape}. Use "
                    f"X.reshape(-1, 1) if it is one column."
                )
        self.frame = pd.DataFrame(X).infer_objects()

    @cached_property
    def codes(self) -> list[np.ndarray]:
        """For each column the code of each row's value, -1 where it is missing."""
        return [_codes(column) for _, column in self.frame.items()]

    @cached_property
    def numbers(self) -> dict[int, np.ndarray]:
        """The columns of numbers by position, NaN where they are missing."""
        return {
            position: column.to_numpy(
                dtype=np.float32 if column.dtype == np.float32 else np.float64,
                na_value=np.nan,
            )
            for position, (_, column) in enumerate(self.frame.items())
            if pd.api.types.is_numeric_dtype(column) and column.dtype.kind != "c"
        }

    @cached_property
    def ids(self) -> np.ndarray:
        """A number for each row; equal rows have the same, (n_samples,)."""
        codes = pd.DataFrame(dict(enumerate(self.codes)))
        return pd.factorize(pd.util.hash_pandas_object(codes, index=False))[0]

    def title(self, position: int) -> str:
        """Return a column in words: "column 'age'", or "column 3" of an array."""
        return f"column {self.frame.columns[position]!r}"

    def taken_by(self, transformer: ColumnTransformer) -> set[int]:
        """Return the positions of the columns that a ColumnTransformer keeps."""
        # Its own rules choose among columns whose only values are their positions.
        row = self.frame.iloc[:1].astype(object)
        row.iloc[0] = list(range(row.shape[1]))
        keeps = ColumnTransformer(
            [
                (
                    name,
                    _keep_or_drop(step),
                    names(self.frame) if callable(names) else names,
                )
                for name, step, names in transformer.transformers
            ],
            remainder=_keep_or_drop(transformer.remainder),
        )
        try:
            return set(keeps.fit_transform(row)[0].tolist())
        except (ValueError, TypeError, IndexError):  # Columns that X does not have.
            return set(range(row.shape[1]))


def _keep_or_drop(step: Any) -> str:
    """Return "drop" if a step drops its columns, else "passthrough"."""
    return "drop" if isinstance(step, str) and step == "drop" else "passthrough"


def _codes(column: pd.Series) -> np.ndarray:
    """Return the code of each value, -1 where it is missing."""
    try:
        return pd.factorize(column)[0]
    except TypeError:  # lists and the like
        return pd.factorize(column.astype(str))[0]
