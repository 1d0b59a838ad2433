"""Categories as codes and back, for a sampler between the two that copies them."""

from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.preprocessing import OneHotEncoder

from skweighted.exceptions import CannotRunError
from skweighted.preprocessing import TablePreparation


class CategoryCodes(TransformerMixin, BaseEstimator):
    """Prepare a table, with the one-hot columns of a category as one column of codes.

    Parameters
    ----------
    preparation : TablePreparation
        Cloned before it is fitted.

    Attributes
    ----------
    preparation_ : TablePreparation
        The fitted preparation.
    """

    def __init__(self, preparation: TablePreparation) -> None:
        self.preparation = preparation

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit the preparation.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,), default=None

        Returns
        -------
        CategoryCodes
            This transformer.
        """
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X: Any, y: Any = None, **fit_params: Any) -> pd.DataFrame:
        """Fit the preparation, and transform the table.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,), default=None
        **fit_params : object
            Ignored.

        Returns
        -------
        DataFrame of shape (n_samples, n_columns)
            Numbers, then codes, as columns of pandas' type "category".
        """
        self.preparation_ = clone(self.preparation)
        return self._coded(self.preparation_.fit_transform(X, y))

    def transform(self, X: Any) -> pd.DataFrame:
        """Transform a table.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)

        Returns
        -------
        DataFrame of shape (n_samples, n_columns)
            The code of a category without a one-hot column is -1.
        """
        return self._coded(self.preparation_.transform(X))

    @property
    def columns_(self) -> list[str]:
        """The names of the columns of the frame: numbers, then categories."""
        kinds = self.preparation_.output_kinds_
        n_numbers = sum(kind != "one_hot" for kind in kinds)
        categories = self.preparation_.one_hot_codings_
        return [
            *(f"number {number}" for number in range(n_numbers)),
            *(f"category {position}" for position in categories),
        ]

    def _coded(self, matrix: Any) -> pd.DataFrame:
        """Return the matrix with codes in place of one-hot columns."""
        is_one_hot = np.array(self.preparation_.output_kinds_) == "one_hot"
        if not is_one_hot.any():
            raise CannotRunError("no column of categories has one-hot columns")
        numbers, one_hot = matrix[:, ~is_one_hot], matrix[:, is_one_hot]
        frame = pd.DataFrame(numbers.toarray() if issparse(numbers) else numbers)
        frame.columns = self.columns_[: frame.shape[1]]
        start = 0
        for position, coding in self.preparation_.one_hot_codings_.items():
            n_codes = len(coding["names"])
            # The product of a row without any category is 0.
            codes = one_hot[:, start : start + n_codes] @ np.arange(1, n_codes + 1) - 1
            frame[f"category {position}"] = codes.astype(int)
            start += n_codes
        is_code = frame.columns.str.startswith("category")
        return frame.astype(dict.fromkeys(frame.columns[is_code], "category"))


def one_hot_of_codes() -> ColumnTransformer:
    """Return the unfitted transformer that makes codes one-hot again."""
    one_hot = OneHotEncoder(handle_unknown="ignore")
    return ColumnTransformer(
        [
            ("numbers", "passthrough", make_column_selector(dtype_exclude="category")),
            ("codes", one_hot, make_column_selector(dtype_include="category")),
        ],
        sparse_threshold=0,
    ).set_output(transform="default")
