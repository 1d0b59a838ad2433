"""Features and labels of a comparison, checked once when built.

The positive class is the rarest one; on a tie, the last in sorted order, which for two
equal classes is scikit-learn's ``classes_[1]``.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import infer_dtype
from scipy import sparse

from skweighted._tables._read import column_of, read_table
from skweighted._text import count
from skweighted.exceptions import TableError
from skweighted.preprocessing import TablePreparation

# With more different numbers a target is a quantity, not class labels.
MOST_NUMERICAL_CLASSES = 50

# What the columns of each kind hold.
_IN_WORDS = {
    "number": "of numbers",
    "duration": "of numbers",
    "boolean": "of booleans",
    "date": "of dates",
    "category": "of categories",
    "empty": "without values",
}


@dataclass(frozen=True, eq=False)
class LabeledData:
    """Features and labels of one classification problem.

    Attributes
    ----------
    X : DataFrame, ndarray or CSR matrix of shape (n_samples, n_features)
        The table as it was given.
    y : ndarray of shape (n_samples,)
        The labels.
    classes : ndarray of shape (n_classes,)
        The labels in sorted order.
    class_counts : ndarray of shape (n_classes,)
        Rows of each class.
    positive : int, str or bool
        The label of the rarest class.
    kinds : list of str
        What each column of X holds, as in `TablePreparation.kinds_`.
    categorical_features : "from_dtype" or list of int
        With it, all folds read the columns alike.
    is_sparse : bool
        Whether the prepared table is a sparse matrix.
    """

    X: Any
    y: np.ndarray
    classes: np.ndarray
    class_counts: np.ndarray
    positive: Any
    kinds: list[str]
    categorical_features: str | list[int]
    is_sparse: bool

    def describe(self) -> str:
        """Return two lines: rows and classes; what the columns hold."""
        n_rows, n_features = self.X.shape
        order = np.argsort(-self.class_counts, kind="stable")
        parts = [
            f"{label}: {n:,} = {n / n_rows:.1%}"
            for label, n in zip(
                self.classes[order].tolist(),
                self.class_counts[order].tolist(),
                strict=True,
            )
        ]
        if len(parts) > 6:
            middle = f"... {len(parts) - 6} more ..."
            parts = [*parts[:3], middle, *parts[-3:]]
        return (
            f"{count(n_rows, 'row')}, {count(n_features, 'feature')}, "
            f"{len(self.classes)} classes ({', '.join(parts)}); "
            f"rare class: {self.positive}\n{self._columns_in_words()}"
        )

    def _columns_in_words(self) -> str:
        """Return what the columns hold, and how many cells are missing."""
        if sparse.issparse(self.X):
            return f"{count(self.X.shape[1], 'column')} of sparse numbers"
        counts = Counter(_IN_WORDS[kind] for kind in self.kinds)
        words = [
            f"{count(counts[held], 'column')} {held}"
            for held in dict.fromkeys(_IN_WORDS.values())
            if counts[held]
        ]
        n_missing = int(np.asarray(pd.isna(self.X)).sum())
        if n_missing:
            words.append(count(n_missing, "missing cell"))
        return "; ".join(words)


def as_labeled_data(X: Any, y: Any) -> LabeledData:
    """Check features and labels and return them as `LabeledData`.

    Parameters
    ----------
    X : array-like, DataFrame (pandas or polars) or sparse matrix \
            of shape (n_samples, n_features)
        Features. Never written to.
    y : array-like of shape (n_samples,)
        Labels: text, integers or booleans. Never written to.

    Returns
    -------
    LabeledData
        At least two classes, no missing label and no infinite feature.

    Raises
    ------
    TableError
        If X or y is not valid.
    """
    table = _as_table(X)
    labels = as_labels(y)
    n_rows = table.shape[0]
    if n_rows != len(labels):
        raise TableError(
            f"X has {count(n_rows, 'row')} and y has {len(labels):,}. "
            f"They must have the same number of rows."
        )
    try:
        preparation = TablePreparation(scale_numbers=True).fit(table, labels)
    except (TypeError, ValueError) as error:
        raise TableError(str(error)) from None
    classes, class_counts = np.unique(labels, return_counts=True)
    return LabeledData(
        table,
        labels,
        classes,
        class_counts,
        positive=by_rarity(labels)[0],
        kinds=preparation.kinds_,
        categorical_features=_categorical_features(table, preparation.kinds_),
        is_sparse=preparation.sparse_output_,
    )


def by_rarity(labels: np.ndarray) -> list[Any]:
    """Return the labels, the rarest first; of equally rare ones the last in order."""
    classes, class_counts = np.unique(labels, return_counts=True)
    order = np.argsort(class_counts[::-1], kind="stable")
    return classes[::-1][order].tolist()


def _as_table(X: Any) -> Any:
    """Return X as a frame, a numerical array or a CSR matrix."""
    if hasattr(X, "get_params"):
        raise TableError(
            f"X must have rows and columns. Got an estimator, {type(X).__name__}. "
            f"Write compare(X, y, estimator=...)."
        )
    table = read_table(X)
    if table.ndim != 2:
        raise TableError(
            f"X must have rows and columns. Its shape is {table.shape}. Pass X before "
            f"y, and a single column as X.reshape(-1, 1)."
        )
    if table.shape[1] == 0:
        raise TableError("X has no columns, so there are no features.")
    return table


def _categorical_features(table: Any, kinds: list[str]) -> str | list[int]:
    """Return `categorical_features` with which all folds read the columns alike.

    A column of objects of several types holds categories, but in the rows of a fold
    there may be numbers only.
    """
    positions = [number for number, kind in enumerate(kinds) if kind == "category"]
    for number in positions:
        column = column_of(table, number)
        if column.dtype == object and infer_dtype(column, skipna=True) != "string":
            return positions
    return "from_dtype"


def as_labels(y: Any) -> np.ndarray:
    """Return y as a checked one-dimensional array of labels."""
    y = as_series(y, "y must be one column of labels")
    name = f"The target {y.name!r}" if isinstance(y.name, str) else "y"
    if len(y) == 0:
        raise TableError(f"{name} has no rows.")
    n_missing = int(y.isna().sum())
    if n_missing:
        raise TableError(
            f"{name} is missing in {n_missing:,} of {count(len(y), 'row')} (empty "
            f"fields, NA and None count as missing). Fill in or remove these rows."
        )
    types = sorted({type(_plain(value)).__name__ for value in y.astype(object)})
    if len(types) > 1:
        raise TableError(
            f"{name} mixes values of types {' and '.join(types)}. "
            f"Give every label the same type."
        )
    labels = np.array(y.tolist(), dtype=object if types == ["str"] else None)
    if labels.dtype.kind not in "ObiufU" or (
        labels.dtype == object and types != ["str"]
    ):
        raise TableError(
            f"{name} holds values of type {types[0]}. "
            f"Labels must be text, integers or booleans."
        )
    if labels.dtype.kind in "iuf":
        labels = _as_integers(labels, name)
    if len(np.unique(labels)) == 1:
        raise TableError(
            f"{name} has only one class, {labels[:1].tolist()[0]!r}. "
            f"At least two classes are needed. "
            f"Add rows of other classes, or choose another target."
        )
    return labels


def as_series(values: Any, rule: str) -> pd.Series:
    """Return a column of any container as a Series; `rule` begins the error."""
    if hasattr(values, "to_pandas"):
        values = values.to_pandas()
    if isinstance(values, pd.DataFrame) and values.shape[1] == 1:
        values = values.iloc[:, 0]
    if isinstance(values, pd.Series):
        return values
    # As objects: in a list of str and NaN, NaN would become the str "nan".
    array = np.asarray(values, dtype=None if hasattr(values, "dtype") else object)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise TableError(
            f"{rule}, with a value for each row. Its shape is {array.shape}."
        )
    return _with_own_type(pd.Series(array))


def _with_own_type(column: pd.Series) -> pd.Series:
    """Return a column of objects with the type of its values, such as numbers."""
    if column.dtype != object:
        return column
    if pd.api.types.infer_dtype(column, skipna=True) == "decimal":
        return column.astype(float)
    return column.infer_objects()


def _plain(value: Any) -> Any:
    """Return a NumPy scalar as a Python scalar."""
    return value.item() if isinstance(value, np.generic) else value


def _as_integers(labels: np.ndarray, name: str) -> np.ndarray:
    """Return numerical labels as integers, or raise an error if they are a quantity."""
    distinct = np.unique(labels)
    whole = np.isfinite(distinct).all() and np.all(distinct == np.floor(distinct))
    if not whole or len(distinct) > MOST_NUMERICAL_CLASSES:
        raise TableError(
            f"{name} looks continuous: {len(distinct):,} different numbers from "
            f"{distinct[0]:g} to {distinct[-1]:g}. Choose another target, or group the "
            f"numbers into classes."
        )
    return labels.astype(np.int64) if labels.dtype.kind == "f" else labels
