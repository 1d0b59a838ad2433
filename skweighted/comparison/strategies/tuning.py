"""The folds inside the training rows on which a threshold is tuned."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from skweighted._text import count
from skweighted.exceptions import CannotRunError


def rows_of_smallest_class(y: np.ndarray) -> int:
    """Return the number of rows of the smallest class."""
    return int(np.unique(y, return_counts=True)[1].min())


class TuningFolds(BaseEstimator):
    """Stratified, shuffled folds that keep groups together and adapt to tiny classes.

    A splitter with parameters, so that a classifier around it can be cloned, seeded and
    pickled.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds; as many as the smallest class has rows if these are fewer.
    groups : array-like of shape (n_samples,) or None, default=None
        Group of each row that will be split, in their order. scikit-learn passes
        groups to an inner splitter only with metadata routing: then leave this None
        and pass ``groups`` to `fit`.
    random_state : int or None, default=None
        Seed of the shuffling.
    """

    # Read by scikit-learn's metadata routing.
    __metadata_request__split = {"groups": True}  # noqa: RUF012

    def __init__(
        self, n_splits: int = 5, *, groups: Any = None, random_state: int | None = None
    ) -> None:
        self.n_splits = n_splits
        self.groups = groups
        self.random_state = random_state

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the largest number of folds.

        Parameters
        ----------
        X, y, groups : object
            Ignored.

        Returns
        -------
        int
        """
        return self.n_splits

    def split(
        self, X: Any, y: Any, groups: Any = None
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield the training and test rows of each fold.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Ignored.
        y : array-like of shape (n_samples,)
            The labels.
        groups : array-like of shape (n_samples,) or None, default=None
            None is the parameter `groups`.

        Yields
        ------
        tuple of ndarray of int
            Positions of the rows.

        Raises
        ------
        CannotRunError
            If a class has a single row, or no fold has rows of every class.
        ValueError
            If there is not one group for each row.
        """
        y = np.asarray(y)
        n_folds = min(self.n_splits, rows_of_smallest_class(y))
        if n_folds < 2:
            raise CannotRunError(
                "needs 2 training rows of every class, and the smallest has 1"
            )
        groups = self.groups if groups is None else groups
        if groups is None:
            folds = StratifiedKFold(
                n_folds, shuffle=True, random_state=self.random_state
            )
            yield from folds.split(np.zeros(len(y)), y)
            return
        groups = np.asarray(groups)
        if len(groups) != len(y):
            raise ValueError(
                f"groups must have one value for each training row. It has "
                f"{len(groups):,}, and there are {count(len(y), 'row')}. Set the "
                f"parameter groups of TuningFolds to the groups of these rows, or to "
                f"None."
            )
        yield from self._whole_groups(n_folds, y, groups)

    def _whole_groups(
        self, n_folds: int, y: np.ndarray, groups: np.ndarray
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield folds that keep groups together and have rows of every class."""
        n_folds = min(n_folds, len(np.unique(groups)))
        n_whole = 0
        if n_folds >= 2:
            folds = StratifiedGroupKFold(
                n_folds, shuffle=True, random_state=self.random_state
            )
            for split in folds.split(np.zeros(len(y)), y, groups):
                if all(len(np.setdiff1d(y, y[rows])) == 0 for rows in split):
                    n_whole += 1
                    yield split
        if not n_whole:
            raise CannotRunError(
                "no inner fold that keeps groups together has rows of every class"
            )
