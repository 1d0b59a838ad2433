"""X, y and sample_weight at the door; the one user of sklearn's validation internals.

X keeps its precision (float64 or float32, anything else becomes float64) and its
storage (dense or CSR). Rows of weight zero are absent: they are checked and then
never looked at again.
"""

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.multiclass import check_classification_targets, type_of_target
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
    y : array-like of shape (n_samples,), or indicator of shape (n_samples, n_labels)
    sample_weight : array-like of shape (n_samples,), float or None
    reset : bool
        Whether to remember (True) or to compare (False) the features.

    Returns
    -------
    X : ndarray or CSR of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,) or (n_samples, n_labels)
        Labels; with several columns, 0 and 1 for each label.
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
    y = _class_targets(y)
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


def validation_arrays(estimator, X_val, y_val, sample_weight_val):
    """Return the caller's validation data as checked arrays, or None."""
    if X_val is None and y_val is None:
        if sample_weight_val is not None:
            raise ValueError(
                "sample_weight_val is given without X_val and y_val. Give all of "
                "them, or none."
            )
        return None
    if X_val is None or y_val is None:
        missing = "X_val" if X_val is None else "y_val"
        raise ValueError(f"X_val and y_val belong together. {missing} is missing.")
    if not estimator.early_stopping:
        raise ValueError(
            "X_val and y_val are for early stopping, and early_stopping is False. "
            "Use early_stopping=True, or leave them out."
        )
    return training_arrays(estimator, X_val, y_val, sample_weight_val, reset=False)


def _class_targets(y):
    """Return labels as a column, and indicators as an array of 0 and 1."""
    kind = type_of_target(y, input_name="y")
    if kind == "multilabel-indicator":
        y = y.toarray() if issparse(y) else y
        if np.isin(y, [0, 1]).all():
            return y.astype(np.uint8)
    if kind in ("multilabel-indicator", "multiclass-multioutput"):
        raise ValueError(
            "With several columns, y must have 0 and 1 only: one column for each label "
            "of a multilabel problem. Use sklearn.multioutput.MultiOutputClassifier "
            "for columns of classes."
        )
    y = column_or_1d(y, warn=True)
    check_classification_targets(y)
    return y


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


def row_numbers(present):
    """Return the numbers of the rows that are present, sorted."""
    number = np.int32 if len(present) < 2**31 else np.int64
    return np.arange(len(present), dtype=number)[present]


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


def label_holdout(target, rows, fraction, random_generator):
    """Split rows of a multilabel problem in two, each set of labels in its share.

    Sets of labels that occur once are split together, as one set.

    Parameters
    ----------
    target : ndarray of shape (n_samples, n_labels)
    rows : ndarray of shape (n_rows,)
        The rows to split: two at least.
    fraction : float
        Share that is held out; at least one row.
    random_generator : numpy.random.Generator

    Returns
    -------
    kept, held_out : ndarray
        Rows to learn from and rows to watch, both sorted.
    """
    if len(rows) < 2:
        raise ValueError(
            "early_stopping=True needs two rows, one to learn from and one to watch. "
            "There is 1. Use early_stopping=False."
        )
    _, kinds, counts = np.unique(
        target[rows], axis=0, return_inverse=True, return_counts=True
    )
    kinds = np.where(counts[kinds] == 1, len(counts), kinds)
    # In the order of their kinds, every 1 / fraction-th row is held out.
    order = np.lexsort((random_generator.random(len(rows)), kinds))
    n_held_out = int(np.clip(round(fraction * len(rows)), 1, len(rows) - 1))
    places = (np.arange(n_held_out) + random_generator.random()) * (
        len(rows) / n_held_out
    )
    held_out = np.zeros(len(rows), dtype=bool)
    held_out[order[places.astype(int)]] = True
    return rows[~held_out], rows[held_out]
