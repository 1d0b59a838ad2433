"""Target encoding of categories, by scikit-learn's `TargetEncoder`."""

from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import TargetEncoder
from sklearn.utils import check_array, check_consistent_length

# The folds of the cross-fitting, and their seed: the same table gives the same numbers.
N_FOLDS = 5
SEED = 0

# As many rows of the overall share are added to each category. On Adult with a column
# of 11,900 categories (benchmarks/categories.py), the log loss of networks is 0.377,
# and 0.380 with "auto", which does not shrink a category of a single class.
SMOOTH = 5.0


def target_columns(y: Any, codes: np.ndarray) -> list[np.ndarray]:
    """Return y as checked columns: several for a multilabel problem."""
    y = y.toarray() if issparse(y) else y
    y = check_array(y, ensure_2d=False, dtype=None, input_name="y")
    check_consistent_length(codes, y)
    return [y] if y.ndim == 1 else list(y.T)


def fit_target_encoder(
    codes: np.ndarray, y: np.ndarray, rows: np.ndarray
) -> tuple[TargetEncoder, np.ndarray]:
    """Return a fitted encoder, and the encodings of the rows it was fitted on.

    Parameters
    ----------
    codes : ndarray of int of shape (n_samples, n_columns)
    y : ndarray of shape (n_samples,)
    rows : ndarray of int of shape (n_rows,)
        The training rows. Each is encoded by the targets of rows in other folds, and
        the other rows of `codes` by those of all training rows.

    Returns
    -------
    encoder : TargetEncoder
    encodings : ndarray of shape (n_samples, n_columns or n_columns * n_classes)
    """
    encoder = TargetEncoder(smooth=SMOOTH, cv=_folds(y[rows]))
    fitted = encoder.fit_transform(codes[rows], y[rows])
    # The folds are as long as the rows, and are not needed again.
    encoder.set_params(cv=N_FOLDS)
    if len(rows) == len(codes):
        return encoder, fitted
    encodings = encoder.transform(codes)
    encodings[rows] = fitted
    return encoder, encodings


def names_of(encoder: TargetEncoder, label: int | None) -> list[str]:
    """Return what the encodings of a column are called."""
    of_label = "target" if label is None else f"target_{label}"
    if encoder.target_type_ != "multiclass":
        return [of_label]
    return [f"{of_label}_{one}" for one in encoder.classes_]


def _folds(y: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return folds that are stratified by the classes with a row for each fold.

    Rows of rarer classes count as those of the most frequent one. StratifiedKFold would
    warn about them, or raise an error.
    """
    _, classes, counts = np.unique(y, return_inverse=True, return_counts=True)
    strata = np.where(counts[classes] < N_FOLDS, counts.argmax(), classes)
    splitter = StratifiedKFold(min(N_FOLDS, len(y)), shuffle=True, random_state=SEED)
    return list(splitter.split(np.zeros((len(y), 1)), strata))
