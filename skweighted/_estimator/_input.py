"""Validation of X, y and sample_weight, which are checked here and never again.

X keeps its precision (float64 or float32, anything else becomes float64) and its
storage (dense or CSR). Rows of weight zero are ignored: they are checked, but never
used.
"""

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal, NamedTuple

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator
from sklearn.utils import check_array, get_tags
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import (
    _check_sample_weight,
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
    validate_data,
)


def _rules_of_X(estimator: BaseEstimator) -> dict[str, Any]:
    """Return how scikit-learn validates X."""
    return {
        "accept_sparse": "csr",
        "dtype": [np.float64, np.float32],
        "ensure_all_finite": (
            "allow-nan" if get_tags(estimator).input_tags.allow_nan else True
        ),
    }


# What rows are for.
Use = Literal["fit", "partial_fit", "validation"]


_COLUMNS_OF_Y = (
    "A y with several columns must contain only 0 and 1, with one column for each "
    "label of a multilabel problem. For several columns of classes, use "
    "sklearn.multioutput.MultiOutputClassifier."
)


class Arrays(NamedTuple):
    """Checked arrays.

    Attributes
    ----------
    X : ndarray or CSR of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,) or (n_samples, n_labels)
        Labels; with several columns, 0 or 1 for each label.
    sample_weight : ndarray of shape (n_samples,)
        float64, at least 0, not all zero. A read-only broadcast of 1.0 if not given.
    """

    X: Any
    y: np.ndarray
    sample_weight: np.ndarray


def training_arrays(
    estimator: BaseEstimator, X: Any, y: Any, sample_weight: Any, *, reset: bool
) -> Arrays:
    """Return X, y and sample_weight as checked arrays.

    Parameters
    ----------
    estimator : BaseEstimator
        Number and names of the features are stored in its attributes, or compared.
    X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
    y : array-like of shape (n_samples,), or indicator of shape (n_samples, n_labels)
    sample_weight : array-like of shape (n_samples,), float or None
    reset : bool
        Whether to store (True) or to compare (False) the features.

    Returns
    -------
    Arrays
    """
    _check_frame(X)
    _check_labels(y)
    with _column_is_named(estimator, X):
        # A column vector is flattened with sklearn's warning in `_class_targets`.
        X, y = validate_data(
            estimator, X, y, multi_output=True, reset=reset, **_rules_of_X(estimator)
        )
    return _with_weights(X, _class_targets(y), sample_weight)


def prepared_arrays(
    estimator: BaseEstimator,
    y: Any,
    sample_weight: Any,
    prepare: Callable[[np.ndarray, Any], Any],
) -> Arrays:
    """Return arrays whose X is made by a function of y and sample_weight.

    Parameters
    ----------
    estimator : BaseEstimator
    y : array-like of shape (n_samples,), or indicator of shape (n_samples, n_labels)
    sample_weight : array-like of shape (n_samples,), float or None
    prepare : callable ``(y, sample_weight) -> X``
        Called with the checked labels, and the weights as they are given.

    Returns
    -------
    Arrays
    """
    if y is None:
        raise ValueError(
            f"This {type(estimator).__name__} estimator requires y to be passed, but "
            f"the target y is None."
        )
    _check_labels(y)
    # Not validate_data, which without X deletes the names of the features.
    y = check_array(
        y,
        accept_sparse="csr",
        ensure_2d=False,
        dtype=None,
        input_name="y",
        estimator=estimator,
    )
    y = _class_targets(y)
    X = prepare(y, sample_weight)
    check_consistent_length(X, y)
    return _with_weights(X, y, sample_weight)


def _with_weights(X: Any, y: np.ndarray, sample_weight: Any) -> Arrays:
    """Return arrays with checked weights."""
    if sample_weight is None:
        return Arrays(X, y, np.broadcast_to(1.0, len(y)))
    if not np.asarray(sample_weight).any():
        raise ValueError(
            "Every sample_weight is zero. At least two classes need rows with a "
            "weight above zero."
        )
    sample_weight = _check_sample_weight(
        sample_weight, X, dtype=np.float64, ensure_non_negative=True
    )
    return Arrays(X, y, sample_weight)


def validation_arrays(
    estimator: Any, X_val: Any, y_val: Any, sample_weight_val: Any
) -> Arrays | None:
    """Return the user's validation rows as checked arrays, or None."""
    if X_val is None and y_val is None:
        if sample_weight_val is not None:
            raise ValueError(
                "sample_weight_val needs X_val and y_val. Pass all of them, or none."
            )
        return None
    if X_val is None or y_val is None:
        missing = "X_val" if X_val is None else "y_val"
        raise ValueError(f"X_val and y_val must be given together. {missing} is None.")
    return estimator._arrays(X_val, y_val, sample_weight_val, "validation")


def kept_attributes(estimator: Any) -> dict[str, Any]:
    """Return the attributes that belong to X, which `fit` sets before it trains.

    They are those in `_kept` of a classifier of this package; others have none.
    """
    names = getattr(estimator, "_kept", ())
    return {name: vars(estimator)[name] for name in names if name in vars(estimator)}


def restore_attributes(estimator: Any, kept: dict[str, Any]) -> None:
    """Set the attributes that belong to X to what they were."""
    for name in getattr(estimator, "_kept", ()):
        vars(estimator).pop(name, None)
    vars(estimator).update(kept)


def prediction_array(estimator: BaseEstimator, X: Any) -> Any:
    """Return X as a checked array for a fitted estimator."""
    check_is_fitted(estimator)
    if _is_checked(estimator, X):
        return X
    _check_frame(X)
    with _column_is_named(estimator, X):
        return validate_data(estimator, X, reset=False, **_rules_of_X(estimator))


def _is_checked(estimator: Any, X: Any) -> bool:
    """Return whether X is a finite array of the right shape and type.

    For one row, scikit-learn's checks take three times as long as the network.
    """
    if not (
        type(X) is np.ndarray
        and X.dtype in (np.float64, np.float32)
        and X.ndim == 2
        and len(X) > 0
        and X.shape[1] == estimator.n_features_in_
        and not hasattr(estimator, "feature_names_in_")
    ):
        return False
    # The sum of huge numbers is not finite either. scikit-learn then checks X.
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(X.sum()))


def _check_frame(X: Any) -> None:
    """Raise ValueError for columns that would silently become other numbers."""
    pd = sys.modules.get("pandas")  # where it is not loaded, X is no frame of its
    if pd is None or not isinstance(X, pd.DataFrame):
        return
    from skweighted._tables._read import check_names  # which imports pandas

    check_names(X.columns)
    for name, dtype in X.dtypes.items():
        if dtype.kind == "M":
            raise ValueError(
                f"Column {name!r} of X contains dates, and a network needs numbers. "
                f"Derive some, such as the weekday or the days since an event."
            )
        if dtype.kind == "m":
            raise ValueError(
                f"Column {name!r} of X contains durations, and a network needs "
                f"numbers. Convert them, for instance with .dt.total_seconds()."
            )


def _check_labels(y: Any) -> None:
    """Raise ValueError for a table of text, or objects of which some are missing."""
    if len(getattr(y, "shape", ())) == 2 and y.shape[1] > 1 and not issparse(y):
        values = np.asarray(y)
        can_be_text = values.dtype.kind not in "biuf"
        if can_be_text and any(isinstance(value, str) for value in values.flat):
            raise ValueError(f"{_COLUMNS_OF_Y} Are X and y swapped?")
        return
    # The types of polars have no kind, and lists no type.
    can_be_text = getattr(getattr(y, "dtype", None), "kind", "O") == "O"
    if not can_be_text or getattr(y, "ndim", 1) != 1 or not isinstance(y, Iterable):
        return
    import pandas as pd  # not at the top: predictions do without pandas

    y = np.asarray(y, dtype=object)
    if y.ndim != 1:
        return
    is_missing = np.asarray(pd.isna(y))
    if is_missing.any():
        n_missing = int(is_missing.sum())
        raise ValueError(
            f"y must not have missing values. {n_missing} of {len(y)} "
            f"{'is' if n_missing == 1 else 'are'} missing, the first in row "
            f"{int(is_missing.argmax())}. Leave these rows out."
        )


@contextlib.contextmanager
def _column_is_named(estimator: BaseEstimator, X: Any) -> Iterator[None]:
    """Name the column that has text or NaN, which scikit-learn does not accept."""
    try:
        yield
    except (TypeError, ValueError) as error:
        if "X contains NaN" in str(error) or "'NAType'" in str(error):
            raise ValueError(_has_nan(estimator, X)) from error
        for name, column in _columns(X):
            for value in column if column.dtype.kind not in "biuf" else ():
                if isinstance(value, str) and not _is_number(value):
                    text = str(value)  # NumPy's own text has another repr
                    raise ValueError(
                        f"Column {name!r} of X contains text, such as {text!r}, but a "
                        f"network needs numbers. Encode it first, for example with "
                        f"OneHotEncoder in a ColumnTransformer."
                    ) from error
        raise


def _has_nan(estimator: BaseEstimator, X: Any) -> str:
    """Return the message for an X with missing values."""
    where, is_scaled = "X", getattr(estimator, "input_scaling", None) is not None
    for name, column in _columns(X):
        if is_scaled and hasattr(X, "columns") and X[name].dtype != object:
            continue  # in which missing values are allowed
        try:
            is_wrong = np.isnan(column.astype(np.float64)).any() and not is_scaled
        except ValueError:  # text
            continue
        except TypeError:  # pd.NA is not a number
            is_wrong = True
        if is_wrong:
            where = f"Column {name!r} of X"
            break
    if is_scaled:
        return (
            f"{where} contains objects and pd.NA. Convert it to numbers first, for "
            f"example with pd.to_numeric."
        )
    return (
        f"{where} contains NaN. {type(estimator).__name__} accepts missing values with "
        f"input_scaling='robust' or 'standard', which replaces and flags them. "
        f"CostSensitiveTabularClassifier always accepts them."
    )


def _columns(X: Any) -> Iterator[tuple[Any, np.ndarray]]:
    """Yield name and values of each column of a dense table."""
    if hasattr(X, "columns"):
        yield from ((name, np.asarray(X[name]).ravel()) for name in X.columns)
    elif not issparse(X) and np.ndim(X) == 2:
        values = X if isinstance(X, np.ndarray) else np.asarray(X, object)
        yield from enumerate(values.T)


def _is_number(text: str) -> bool:
    """Return whether text can be converted to a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def _class_targets(y: Any) -> np.ndarray:
    """Return labels as a column, and indicators as an array of 0 and 1."""
    kind = type_of_target(y, input_name="y")
    if kind == "multilabel-indicator":
        y = y.toarray() if issparse(y) else y
        if np.isin(y, [0, 1]).all():
            return y.astype(np.uint8)
    if kind in ("multilabel-indicator", "multiclass-multioutput"):
        raise ValueError(_COLUMNS_OF_Y)
    y = column_or_1d(y, warn=True)
    check_classification_targets(y)
    return y
