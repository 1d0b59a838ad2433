"""What happens to features before the network, fitted on training rows only."""

from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, OneHotEncoder, StandardScaler

# A text column with a value of its own in every row (a name, an identifier) would
# give one column per row: 50,000 rows, 20 GB. The 49 commonest values keep their
# column, the others share the last.
MOST_CATEGORIES = 50

# One-hot columns stay sparse only where the dense table would not be small: samplers
# search neighbours much faster in dense rows, and not every classifier takes sparse.
MOST_DENSE_BYTES = 500e6


def make_preprocessing(X: Any) -> Any:
    """Return the unfitted transformer for features such as X.

    Parameters
    ----------
    X : DataFrame, ndarray or sparse matrix of shape (n_samples, n_features)
        Features as `as_features` returns them; only types and shapes are looked at.

    Returns
    -------
    transformer
        Numbers: median imputation, then mean 0 and variance 1. Text: a missing value
        is a category of its own, then one-hot. Sparse: divided by the column's
        largest absolute value, so zeros stay zeros.
    """
    if sparse.issparse(X):
        return MaxAbsScaler()
    # keep_empty_features: a column without any value in a training fold becomes 0
    # there, instead of changing the number of columns from fold to fold.
    numbers = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler()
    )
    if not isinstance(X, pd.DataFrame):
        # imbalanced-learn's Pipeline takes no Pipeline as a step, but takes this.
        return ColumnTransformer([("numbers", numbers, slice(0, X.shape[1]))])
    text_names = [name for name in X.columns if X[name].dtype.kind not in "fiu"]
    text = make_pipeline(
        SimpleImputer(strategy="constant", fill_value="missing"),
        OneHotEncoder(
            handle_unknown="infrequent_if_exist", max_categories=MOST_CATEGORIES
        ),
    )
    steps = [
        ("numbers", numbers, [name for name in X.columns if name not in text_names]),
        ("text", text, text_names),
    ]
    return ColumnTransformer(
        [step for step in steps if step[2]],
        sparse_threshold=0.0 if _dense_bytes(X, text_names) < MOST_DENSE_BYTES else 1.0,
    ).set_output(transform="default")


def _dense_bytes(X: pd.DataFrame, text_names: list[str]) -> float:
    """Return the size of the transformed table in bytes, were it dense."""
    n_columns = X.shape[1] - len(text_names)
    n_columns += sum(min(X[name].nunique() + 1, MOST_CATEGORIES) for name in text_names)
    return float(len(X)) * n_columns * np.dtype(np.float64).itemsize
