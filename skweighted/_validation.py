"""X, y and sample_weight at the door; the one user of sklearn's validation internals.

X keeps its precision (float64 or float32, anything else becomes float64) and its
storage (dense or CSR). Rows of weight zero are absent: they are checked and then
never looked at again.
"""

import numpy as np
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_sample_weight,
    check_is_fitted,
    column_or_1d,
    validate_data,
)


def training_arrays(estimator, X, y, sample_weight, *, reset):
    """Return X, y and sample_weight as checked arrays.

    Parameters
    ----------
    estimator : BaseEstimator
        Remembers the number and names of the features, or compares them.
    X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
    y : array-like of shape (n_samples,)
    sample_weight : array-like of shape (n_samples,), float or None
    reset : bool
        Whether to remember (True) or to compare (False) the features.

    Returns
    -------
    X : ndarray or CSR of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,)
    sample_weight : ndarray of shape (n_samples,)
        float64, at least 0, not all zero. Without weights it is one number, seen often.
    """
    X, y = validate_data(
        estimator,
        X,
        y,
        accept_sparse="csr",
        dtype=[np.float64, np.float32],
        # A column vector is flattened with sklearn's warning just below.
        multi_output=True,
        reset=reset,
    )
    y = column_or_1d(y, warn=True)
    check_classification_targets(y)
    if sample_weight is None:
        return X, y, np.broadcast_to(1.0, len(y))
    if not np.asarray(sample_weight).any():
        raise ValueError(
            "Every sample_weight is zero, so there is nothing to learn from. Give at "
            "least two classes a row of weight above zero."
        )
    sample_weight = _check_sample_weight(
        sample_weight, X, dtype=np.float64, ensure_non_negative=True
    )
    return X, y, sample_weight


def prediction_array(estimator, X):
    """Return X as a checked array for a fitted estimator."""
    check_is_fitted(estimator)
    return validate_data(
        estimator,
        X,
        accept_sparse="csr",
        dtype=[np.float64, np.float32],
        reset=False,
    )


def known_classes(y, sample_weight):
    """Return the sorted labels of the rows of weight above zero: two at least."""
    present = sample_weight > 0
    classes = np.unique(y if present.all() else y[present])
    if len(classes) < 2:
        where, way_out = (
            ("y has", "In a cross-validation, StratifiedKFold keeps every class.")
            if len(np.unique(y)) < 2
            else ("the rows of weight above zero have", "Check sample_weight.")
        )
        raise ValueError(
            f"A classifier needs rows of at least two classes, and {where} one class "
            f"only: {classes.tolist()[0]!r}. {way_out}"
        )
    return classes


def class_indices(y, sample_weight, classes):
    """Return y as indices into `classes`; rows of weight zero may have any label.

    The indices have the smallest type that holds them: an int64 for each row would be
    7 % of 30 float32 features.
    """
    y_index = np.searchsorted(classes, y).clip(max=len(classes) - 1)
    y_index = y_index.astype(np.min_scalar_type(len(classes)))
    unknown = (classes[y_index] != y) & (sample_weight > 0)
    if unknown.any():
        raise ValueError(
            f"y has labels that were not there at first: "
            f"{np.unique(y[unknown]).tolist()}. Known classes: {classes.tolist()}. "
            f"Name every class in the first call: partial_fit(X, y, classes=...)."
        )
    return y_index


def present_rows(y_index, sample_weight, class_weights):
    """Return the numbers of the rows of weight above zero, sorted."""
    n_rows = len(y_index)
    number = np.int32 if n_rows < 2**31 else np.int64
    present = (sample_weight > 0) & (class_weights > 0)[y_index]
    return np.arange(n_rows, dtype=number)[present]


def stratified_holdout(y_index, rows, classes, fraction, random_generator):
    """Split rows in two, with every class on both sides in nearly the same share.

    Parameters
    ----------
    y_index : ndarray of shape (n_samples,)
        Class of each row, as an index into `classes`.
    rows : ndarray of shape (n_rows,)
        The rows to split.
    classes : ndarray of shape (n_classes,)
    fraction : float
        Share of each class that is held out, rounded to rows, one at least.
    random_generator : numpy.random.Generator

    Returns
    -------
    kept, held_out : ndarray
        Rows to learn from and rows to watch, both sorted.
    """
    held_out = np.zeros(len(y_index), dtype=bool)
    for index, label in enumerate(classes.tolist()):
        members = rows[y_index[rows] == index]
        if len(members) == 1:
            raise ValueError(
                f"early_stopping=True needs two rows of every class, one to learn from "
                f"and one to watch. Class {label!r} has 1. Use early_stopping=False."
            )
        if len(members):
            n_held_out = np.clip(round(fraction * len(members)), 1, len(members) - 1)
            chosen = random_generator.choice(members, n_held_out, replace=False)
            held_out[chosen] = True
    return rows[~held_out[rows]], rows[held_out[rows]]
