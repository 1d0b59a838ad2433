"""Preprocessing of features before the network, fitted on training rows only."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    MaxAbsScaler,
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
)

from skweighted.comparison.data import as_features

# A text column with a different value in each row (a name, an identifier) would
# give one column per row: 20 GB for 50,000 rows. The 49 most frequent values keep
# their column, the others share the last.
MOST_CATEGORIES = 50

# One-hot columns stay sparse only if the dense table would be large: samplers search
# neighbors much faster in dense rows, and not every classifier accepts sparse rows.
MOST_DENSE_BYTES = 500e6


class Preparation(  # type: ignore[call-arg]
    TransformerMixin, BaseEstimator, auto_wrap_output_keys=None
):
    """Read the columns of any table as numbers and text, then transform them.

    Parameters
    ----------
    transformer : transformer
        Cloned, and fitted on what `as_features` returns.
    text_names : sequence of str, default=()
        The columns that hold text.

    Attributes
    ----------
    transformer_ : transformer
        The fitted transformer.
    n_features_in_ : int
        Number of columns in `fit`.
    """

    def __init__(
        self, transformer: BaseEstimator, text_names: Sequence[str] = ()
    ) -> None:
        self.transformer = transformer
        self.text_names = text_names

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit the transformer.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of shape (n_samples, n_features)
        y : object, default=None
            Ignored.

        Returns
        -------
        Preparation
            This transformer.
        """
        self.fit_transform(X)
        return self

    def fit_transform(self, X: Any, y: Any = None, **fit_params: Any) -> Any:
        """Fit the transformer and return what it makes of X.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of shape (n_samples, n_features)
        y, **fit_params : object
            Ignored.

        Returns
        -------
        ndarray or sparse matrix of shape (n_samples, n_columns)
        """
        features = as_features(X, self.text_names)
        self.n_features_in_ = features.shape[1]
        self.transformer_ = clone(self.transformer)
        return self.transformer_.fit_transform(features)

    def transform(self, X: Any) -> Any:
        """Return what the fitted transformer makes of X.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray or sparse matrix of shape (n_samples, n_columns)
        """
        return self.transformer_.transform(as_features(X, self.text_names))


def make_preprocessing(X: Any) -> Preparation:
    """Return the unfitted transformer for features such as X.

    Parameters
    ----------
    X : DataFrame, ndarray or sparse matrix of shape (n_samples, n_features)
        Features as `as_features` returns them. Only their types, their shape and the
        number of different texts matter.

    Returns
    -------
    Preparation
        Numbers: median imputation, then mean 0 and variance 1. Text: missing values
        are a category, then one-hot. Sparse: divided by the column's largest absolute
        value, so zeros stay zeros.
    """
    if sparse.issparse(X):
        return Preparation(MaxAbsScaler())
    if not isinstance(X, pd.DataFrame):
        return Preparation(_numbers())
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
    transformer = ColumnTransformer(
        [step for step in steps if step[2]],
        sparse_threshold=_sparse_threshold(X, text_names),
    ).set_output(transform="default")
    return Preparation(transformer, text_names)


class CodedPreprocessing(NamedTuple):
    """Preprocessing in two steps, for a sampler of numbers and categories between them.

    Attributes
    ----------
    to_codes : Preparation
        Numbers as in `make_preprocessing`, then a number in place of each text.
    text_positions : list of int
        Columns of `to_codes` that hold text.
    to_one_hot : transformer
        Numbers as they are, codes one-hot.
    """

    to_codes: Preparation
    text_positions: list[int]
    to_one_hot: ColumnTransformer


def make_coded_preprocessing(
    X: pd.DataFrame, text_names: Sequence[str]
) -> CodedPreprocessing:
    """Return unfitted transformers that together are `make_preprocessing`.

    Parameters
    ----------
    X : DataFrame of shape (n_samples, n_features)
        Features as `as_features` returns them.
    text_names : sequence of str
        The columns that hold text.

    Returns
    -------
    CodedPreprocessing
        Without a sampler between them, both steps return exactly the columns of
        `make_preprocessing`, also for text that is not in the training rows.
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
    return CodedPreprocessing(
        Preparation(to_codes, text_names), positions[n_numbers:], to_one_hot
    )


class CategoryCoder(OrdinalEncoder):
    """OrdinalEncoder that encodes unknown text like rare text, if there is any.

    ``OneHotEncoder(handle_unknown="infrequent_if_exist")`` does the same. Otherwise
    names of persons, nearly all of which occur once, would be "rare" in training rows
    and unknown in test rows.
    """

    def transform(self, X: Any) -> np.ndarray:
        """Return codes from 0; rare texts share the last, and -1 is unknown.

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
    """Return the names of the columns that hold text; only a frame has any."""
    if not isinstance(X, pd.DataFrame):
        return []
    return [name for name in X.columns if X[name].dtype.kind not in "fiu"]


def gives_sparse(X: Any) -> bool:
    """Return whether `make_preprocessing` makes features such as X sparse."""
    if sparse.issparse(X):
        return True
    names = text_columns(X)
    return bool(names) and _dense_bytes(X, names) >= MOST_DENSE_BYTES


def _numbers() -> Any:
    """Return the transformer for columns of numbers."""
    # keep_empty_features: a column without values in the training rows becomes 0.
    # Otherwise the number of columns would change from fold to fold.
    return make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler()
    )


def _text_imputer() -> SimpleImputer:
    """Return the transformer that makes missing text a category."""
    return SimpleImputer(
        strategy="constant", fill_value="missing", keep_empty_features=True
    )


def _all_but(X: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """Return the names of the other columns."""
    return [name for name in X.columns if name not in names]


def _sparse_threshold(X: pd.DataFrame, text_names: list[str]) -> float:
    """Return the density below which the transformed table is sparse: 0 is never."""
    return 0.0 if _dense_bytes(X, text_names) < MOST_DENSE_BYTES else 1.0


def _dense_bytes(X: pd.DataFrame, text_names: list[str]) -> float:
    """Return the size of the transformed table in bytes, were it dense."""
    n_columns = X.shape[1] - len(text_names)
    n_columns += sum(min(X[name].nunique() + 1, MOST_CATEGORIES) for name in text_names)
    return float(len(X)) * n_columns * np.dtype(np.float64).itemsize
