"""Features and labels of a comparison, checked once when built.

The positive class is the rarest one; on a tie, the last in sorted order, which for two
equal classes is scikit-learn's ``classes_[1]``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from skweighted._text import count, shortened
from skweighted.exceptions import TableError

# With more different numbers a target is a quantity, not class labels.
MOST_NUMERICAL_CLASSES = 50

# Moments become seconds since then. Not since the first moment of the column: rows
# would then depend on which other rows are there.
EPOCH = pd.Timestamp(1970, 1, 1)


@dataclass(frozen=True, eq=False)
class LabeledData:
    """Features and labels of one classification problem.

    Attributes
    ----------
    X : DataFrame, ndarray or CSR matrix of shape (n_samples, n_features)
        Numbers, and in a frame also text; missing values are NaN.
    y : ndarray of shape (n_samples,)
        The labels.
    classes : ndarray of shape (n_classes,)
        The labels in sorted order.
    class_counts : ndarray of shape (n_classes,)
        Rows of each class.
    positive : int, str or bool
        The label of the rarest class.
    """

    X: Any
    y: np.ndarray
    classes: np.ndarray
    class_counts: np.ndarray
    positive: Any

    def describe(self) -> str:
        """Return two lines: rows and classes; how the columns are preprocessed."""
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
        """Return how the columns are preprocessed, and how many cells are missing."""
        if sparse.issparse(self.X):
            return "sparse numbers, scaled by the largest of each column"
        if not isinstance(self.X, pd.DataFrame):
            n_text, n_missing = 0, int(np.isnan(self.X).sum())
        else:
            n_text = sum(dtype.kind not in "fiu" for dtype in self.X.dtypes)
            n_missing = int(self.X.isna().to_numpy().sum())
        n_numbers = self.X.shape[1] - n_text
        words = []
        if n_numbers:
            words.append(f"{count(n_numbers, 'column')} of numbers, scaled")
        if n_text:
            words.append(f"{count(n_text, 'column')} of text, one-hot")
        if n_missing:
            cells = count(n_missing, "missing cell")
            words.append(f"{cells}, imputed by the median or as a category")
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
    features = as_features(X)
    labels = as_labels(y)
    n_rows, n_features = features.shape
    if n_features == 0:
        raise TableError("X has no columns, so there are no features.")
    if n_rows != len(labels):
        raise TableError(
            f"X has {count(n_rows, 'row')} and y has {len(labels):,}. "
            f"They must have the same number of rows."
        )
    classes, class_counts = np.unique(labels, return_counts=True)
    return LabeledData(features, labels, classes, class_counts, by_rarity(labels)[0])


def by_rarity(labels: np.ndarray) -> list[Any]:
    """Return the labels, the rarest first; of equally rare ones the last in order."""
    classes, class_counts = np.unique(labels, return_counts=True)
    order = np.argsort(class_counts[::-1], kind="stable")
    return classes[::-1][order].tolist()


def as_features(X: Any, text_names: Sequence[str] | None = None) -> Any:
    """Return X as a frame of numbers and text, a float array or a CSR matrix.

    Parameters
    ----------
    X : array-like, DataFrame (pandas or polars) or sparse matrix \
            of shape (n_samples, n_features)
        Never written to.
    text_names : sequence of str or None, default=None
        The columns of a frame that hold text, so that all its rows are read alike;
        None decides by their values.

    Returns
    -------
    DataFrame, ndarray or CSR matrix of shape (n_samples, n_features)
        Returned unchanged by another call.

    Raises
    ------
    TableError
        If X does not have rows and columns, or a value is not valid.
    """
    if sparse.issparse(X):
        X = X.tocsr()
        _check_sparse(X)
        return X
    if hasattr(X, "to_pandas"):
        X = X.to_pandas()
    if isinstance(X, pd.DataFrame):
        return _as_frame(X, text_names)
    if hasattr(X, "get_params"):
        raise TableError(
            f"X must have rows and columns. Got an estimator, {type(X).__name__}. "
            f"Write compare(X, y, estimator=...)."
        )
    X = np.asarray(X)
    if X.ndim != 2:
        raise TableError(
            f"X must have rows and columns. Its shape is {X.shape}. Pass X before y, "
            f"and a single column as X.reshape(-1, 1)."
        )
    if X.dtype.kind not in "fiub":
        return _as_frame(pd.DataFrame(X), text_names)
    X = X.astype(X.dtype if X.dtype == np.float32 else np.float64, copy=False)
    _check_finite("X", X)
    return X


def _as_frame(X: pd.DataFrame, text_names: Sequence[str] | None) -> pd.DataFrame:
    """Return a frame whose columns are float or text, with NaN for missing values."""
    names = [str(name) for name in X.columns]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise TableError(
            f"X has more than one column named {shortened(repeated)}. "
            f"Rename or remove the repeated columns."
        )
    columns = {}
    for i, name in enumerate(names):
        column = with_own_type(X.iloc[:, i])
        if _holds_text(column) if text_names is None else name in text_names:
            # Not `column`, whose type may depend on which other rows are there.
            columns[name] = _as_text(X.iloc[:, i])
        else:
            columns[name] = _as_numbers(column, name)
            _check_finite(f"Column {name!r}", columns[name])
    return pd.DataFrame(columns, index=pd.RangeIndex(len(X)), copy=False)


def _holds_text(column: pd.Series) -> bool:
    """Return whether a column is text, categories or booleans, not numbers or times."""
    dtype = column.dtype
    is_number = pd.api.types.is_numeric_dtype(dtype) and dtype.kind != "c"
    if (is_number and not pd.api.types.is_bool_dtype(dtype)) or dtype.kind in "mM":
        return False
    return not column.isna().all()


def _as_numbers(column: pd.Series, name: str) -> np.ndarray:
    """Return one column as floats, NaN where missing."""
    dtype = column.dtype
    if dtype.kind in "mM":
        # A moment or a duration is a number of seconds.
        missing = column.isna().to_numpy()
        if dtype.kind == "M":
            column = column - EPOCH.tz_localize(column.dt.tz)
        return np.where(missing, np.nan, column.dt.total_seconds().to_numpy(float))
    if column.isna().all():
        return np.full(len(column), np.nan)
    wanted = np.float32 if dtype == np.float32 else np.float64
    try:
        return column.to_numpy(dtype=wanted, na_value=np.nan)
    except (TypeError, ValueError):
        raise TableError(
            f"Column {name!r} must hold numbers. It has values of type {dtype}."
        ) from None


def _as_text(column: pd.Series) -> np.ndarray:
    """Return one column as an object array of str, NaN where missing.

    Categories, booleans and lists are text too: with a single type, encoders can sort
    the values.
    """
    text = column.astype(object)
    return text.where(text.isna(), text.map(str)).where(text.notna(), np.nan).to_numpy()


def with_own_type(column: pd.Series) -> pd.Series:
    """Return a column of objects with the type of its values, such as numbers."""
    if column.dtype != object:
        return column
    if pd.api.types.infer_dtype(column, skipna=True) == "decimal":
        return column.astype(float)
    return column.infer_objects()


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
    return with_own_type(pd.Series(array))


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


def _check_sparse(X: Any) -> None:
    """Raise an error if a stored value is infinite or missing."""
    n_wrong = int((~np.isfinite(X.data)).sum())
    if n_wrong:
        raise TableError(
            f"X has {count(n_wrong, 'infinite or missing value')}. Missing values of a "
            f"sparse matrix are not imputed. Replace them with numbers."
        )


def _check_finite(name: str, values: np.ndarray) -> None:
    """Raise an error if a value is infinite; missing values are allowed."""
    n_infinite = int(np.isinf(values).sum())
    if n_infinite:
        raise TableError(
            f"{name} has {count(n_infinite, 'infinite value')}. "
            f"Replace them with numbers, or with NaN to impute them."
        )
