"""What happens to features before the network, fitted on training rows only."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    MaxAbsScaler,
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
)

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
        Features as `as_features` returns them; only types, shapes and how many texts
        there are, are looked at.

    Returns
    -------
    transformer
        Numbers: median imputation, then mean 0 and variance 1. Text: a missing value
        is a category of its own, then one-hot. Sparse: divided by the column's
        largest absolute value, so zeros stay zeros.
    """
    if sparse.issparse(X):
        return MaxAbsScaler()
    if not isinstance(X, pd.DataFrame):
        # imbalanced-learn's Pipeline takes no Pipeline as a step, but takes this.
        return ColumnTransformer([("numbers", _numbers(), slice(0, X.shape[1]))])
    text_names = text_columns(X)
    text = make_pipeline(
        _text_imputer(),
        OneHotEncoder(
            handle_unknown="infrequent_if_exist", max_categories=MOST_CATEGORIES
        ),
    )
    steps = [
        ("numbers", _numbers(), _all_but(X, text_names)),
        ("text", text, text_names),
    ]
    return ColumnTransformer(
        [step for step in steps if step[2]],
        sparse_threshold=_sparse_threshold(X, text_names),
    ).set_output(transform="default")


class CodedPreprocessing(NamedTuple):
    """Preprocessing in two steps, for a sampler between them that knows about text.

    Attributes
    ----------
    to_codes : transformer
        Numbers as in `make_preprocessing`, then a number in place of each text.
    text_positions : list of int
        Columns of the codes.
    to_one_hot : transformer
        Numbers as they are, codes one-hot.
    """

    to_codes: Any
    text_positions: list[int]
    to_one_hot: Any


def make_coded_preprocessing(
    X: pd.DataFrame, text_names: Sequence[str]
) -> CodedPreprocessing:
    """Return unfitted transformers which one after the other are `make_preprocessing`.

    Parameters
    ----------
    X : DataFrame of shape (n_samples, n_features)
        Features as `as_features` returns them; only types, shapes and how many texts
        there are, are looked at.
    text_names : sequence of str
        Columns of text.

    Returns
    -------
    CodedPreprocessing
        As long as every row that it is fitted on stays, both steps together give
        exactly the columns of `make_preprocessing`, also for text never seen before.
    """
    text_names = list(text_names)
    number_names = _all_but(X, text_names)
    positions = list(range(X.shape[1]))
    n_numbers = len(number_names)
    codes = CategoryCoder(
        handle_unknown="use_encoded_value",
        unknown_value=-1,
        max_categories=MOST_CATEGORIES,
    )
    to_codes = ColumnTransformer(
        [
            ("numbers", _numbers(), number_names),
            ("text", make_pipeline(_text_imputer(), codes), text_names),
        ]
    ).set_output(transform="default")
    to_one_hot = ColumnTransformer(
        [
            ("numbers", "passthrough", positions[:n_numbers]),
            ("text", OneHotEncoder(handle_unknown="ignore"), positions[n_numbers:]),
        ],
        sparse_threshold=_sparse_threshold(X, text_names),
    )
    return CodedPreprocessing(to_codes, positions[n_numbers:], to_one_hot)


class CategoryCoder(OrdinalEncoder):
    """OrdinalEncoder for which an unknown text is one of the rare ones, if there are.

    That is what ``OneHotEncoder(handle_unknown="infrequent_if_exist")`` does. Without
    it names of persons, nearly all of which occur once, would be "rare" in training
    and nothing in test.
    """

    def transform(self, X: Any) -> np.ndarray:
        """Return codes from 0; the rare texts share the last, -1 is unknown.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_features)
        """
        codes = super().transform(X)
        columns = zip(self.categories_, self.infrequent_categories_, strict=True)
        for column, (known, rare) in enumerate(columns):
            if rare is not None:
                codes[codes[:, column] == -1, column] = len(known) - len(rare)
        return codes


def text_columns(X: Any) -> list[str]:
    """Return the names of the columns of text; only a frame has some."""
    if not isinstance(X, pd.DataFrame):
        return []
    return [name for name in X.columns if X[name].dtype.kind not in "fiu"]


def gives_sparse(X: Any) -> bool:
    """Return whether `make_preprocessing` turns features such as X into sparse ones."""
    if sparse.issparse(X):
        return True
    names = text_columns(X)
    return bool(names) and _dense_bytes(X, names) >= MOST_DENSE_BYTES


def _numbers() -> Any:
    """Return what happens to columns of numbers."""
    # keep_empty_features: a column without any value in a training fold becomes 0
    # there, instead of changing the number of columns from fold to fold.
    return make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler()
    )


def _text_imputer() -> SimpleImputer:
    """Return what makes missing text a category of its own."""
    return SimpleImputer(
        strategy="constant", fill_value="missing", keep_empty_features=True
    )


def _all_but(X: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """Return the names of the other columns."""
    return [name for name in X.columns if name not in names]


def _sparse_threshold(X: pd.DataFrame, text_names: list[str]) -> float:
    """Return the density below which the transformed table is sparse: always or never.

    Where one-hot columns would not fit, 1.0 keeps any table with them sparse.
    """
    return 0.0 if _dense_bytes(X, text_names) < MOST_DENSE_BYTES else 1.0


def _dense_bytes(X: pd.DataFrame, text_names: list[str]) -> float:
    """Return the size of the transformed table in bytes, were it dense."""
    n_columns = X.shape[1] - len(text_names)
    n_columns += sum(min(X[name].nunique() + 1, MOST_CATEGORIES) for name in text_names)
    return float(len(X)) * n_columns * np.dtype(np.float64).itemsize
