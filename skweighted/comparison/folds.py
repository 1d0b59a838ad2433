"""Training and test rows of every fold: the same for every strategy."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from itertools import pairwise
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, issparse
from sklearn.model_selection import (
    StratifiedGroupKFold,
    StratifiedKFold,
    check_cv,
)

from skweighted._tables._read import column_of
from skweighted._tables._values import categories_in
from skweighted._text import count
from skweighted.comparison.data import LabeledData, as_series
from skweighted.exceptions import TableError


@dataclass(frozen=True, eq=False)
class Fold:
    """One split of the rows.

    Attributes
    ----------
    train, test : ndarray of int
        Positions of the training and test rows.
    seed : int
        Seed of everything random in this fold, for every strategy.
    """

    train: np.ndarray
    test: np.ndarray
    seed: int


def make_folds(
    data: LabeledData,
    cv: Any,
    n_repeats: int,
    groups: np.ndarray | None,
    random_state: int,
) -> list[Fold]:
    """Return the folds of a comparison.

    Parameters
    ----------
    data : LabeledData
    cv : int, splitter, iterable or None
        A number of stratified, shuffled folds, None for 5; an object with ``split(X, y,
        groups)``, such as TimeSeriesSplit or GroupKFold; or the training and test rows
        of each fold.
    n_repeats : int
        How often a number of folds is drawn.
    groups : ndarray of int of shape (n_samples,) or None
        From `group_numbers`. A group is never split across training and test rows.
    random_state : int

    Returns
    -------
    list of Fold

    Raises
    ------
    ValueError
        If the folds cannot be made, or a row or group is in both training and test
        rows; a TableError if the data are the reason.
    """
    if groups is not None and len(groups) != len(data.y):
        raise ValueError(
            f"groups must have one value per row. It has {len(groups):,}, and there "
            f"are {count(len(data.y), 'row')}."
        )
    splits = [
        (positions(train, len(data.y)), positions(test, len(data.y)))
        for train, test in _splits(data, cv, n_repeats, groups, random_state)
    ]
    way_out = "Use another splitter, or merge small classes."
    if groups is not None:
        way_out = "Use fewer folds or other groups, or merge small classes."
    for number, split in enumerate(splits):
        _check_apart(number, split, groups)
        for rows, part in zip(split, ("training", "test"), strict=True):
            missing = np.setdiff1d(data.classes, data.y[rows])
            if len(missing):
                raise TableError(
                    f"The {part} rows of fold {number} have no row of class "
                    f"{missing.tolist()[0]!r}. {way_out}"
                )
    seeds = np.random.SeedSequence(random_state).generate_state(len(splits)).tolist()
    return [
        Fold(train, test, seed)
        for (train, test), seed in zip(splits, seeds, strict=True)
    ]


def group_numbers(groups: Any) -> np.ndarray:
    """Return the group of each row as a number from 0.

    Raises TableError if a group is missing.
    """
    # Sorted like the groups in StratifiedGroupKFold, so that the folds are the same.
    groups = as_series(groups, "groups must be one column")
    numbers, _ = pd.factorize(groups, sort=True)
    n_missing = int((numbers < 0).sum())
    if n_missing:
        raise TableError(
            f"The group is missing in {n_missing:,} of {count(len(numbers), 'row')}. "
            f"Fill it in, or remove these rows."
        )
    return numbers


def identical_rows(X: Any) -> np.ndarray:
    """Return a number for each row, which is the same for rows with equal values.

    Parameters
    ----------
    X : DataFrame, ndarray or sparse matrix of shape (n_samples, n_features)
        Features, checked. Missing values are equal to each other.
    """
    if issparse(X):
        rows = csr_array(X, copy=True)
        rows.sum_duplicates()
        rows.eliminate_zeros()
        pairs = pairwise(rows.indptr.tolist())
        keys = [
            (rows.indices[start:stop].tobytes(), rows.data[start:stop].tobytes())
            for start, stop in pairs
        ]
        return pd.factorize(pd.Series(keys, dtype=object))[0]
    table = pd.DataFrame(X)
    columns = [column_of(table, number) for number in range(table.shape[1])]
    # Objects as codes: not every object can be hashed.
    hashable = [
        pd.Series(categories_in(column)[0]) if column.dtype == object else column
        for column in columns
    ]
    values = pd.DataFrame({n: column.array for n, column in enumerate(hashable)})
    return pd.factorize(pd.util.hash_pandas_object(values, index=False))[0]


def positions(rows: Any, n_rows: int) -> np.ndarray:
    """Return positions of rows, given as positions or as a mask.

    Raises ValueError unless they are those of a table with `n_rows` rows.
    """
    given = np.asarray(rows)
    if given.shape == (0,):
        return np.empty(0, dtype=np.intp)
    if given.shape == (n_rows,) and given.dtype == bool:
        return np.flatnonzero(given)
    if given.ndim != 1 or given.dtype.kind not in "iu":
        raise ValueError(
            f"cv must be a number of folds, a splitter, or pairs of training and test "
            f"rows, each as positions or as a mask of {count(n_rows, 'row')}. Got "
            f"values of type {given.dtype} in shape {given.shape}."
        )
    if given.min() < 0 or given.max() >= n_rows:
        raise ValueError(
            f"Positions of rows in cv must be from 0 to {n_rows - 1}. Got "
            f"{given.min()} to {given.max()}."
        )
    return given


def seeded_splitter(splitter: Any, seed: int) -> Any:
    """Return a copy of a splitter that draws the same folds each time.

    Without a copy, splitting would advance the random state of the user's splitter, or
    the global one of NumPy.
    """
    splitter = deepcopy(splitter)
    if getattr(splitter, "random_state", 0) is None:
        splitter.random_state = seed
    return splitter


def _check_apart(
    number: int, split: tuple[np.ndarray, np.ndarray], groups: np.ndarray | None
) -> None:
    """Raise an error if a row or group is in both training and test rows."""
    n_shared = len(np.intersect1d(*split))
    if n_shared:
        raise ValueError(
            f"A row must not be in both the training and the test rows. Fold {number} "
            f"of cv has {count(n_shared, 'row')} in both. Use another splitter."
        )
    if groups is None:
        return
    n_split = len(np.intersect1d(*(groups[rows] for rows in split)))
    if n_split:
        raise ValueError(
            f"A group must not be in both the training and the test rows. Fold "
            f"{number} of cv splits {count(n_split, 'group')}. Use a number of folds, "
            f"or a splitter such as StratifiedGroupKFold."
        )


def _splits(
    data: LabeledData,
    cv: Any,
    n_repeats: int,
    groups: np.ndarray | None,
    random_state: int,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield training and test rows."""
    if not isinstance(n_repeats, Integral) or n_repeats < 1:
        raise ValueError(
            f"n_repeats must be an integer of at least 1. Got {n_repeats!r}."
        )
    if cv is None:
        cv = 5
    if not isinstance(cv, Integral):
        if n_repeats != 1:
            raise ValueError(
                "n_repeats is used only if cv is a number of folds. Pass a number, or "
                "RepeatedStratifiedKFold as cv."
            )
        splitter = seeded_splitter(check_cv(cv), random_state)
        yield from splitter.split(data.X, data.y, groups)
        return
    _check_n_folds(data, int(cv))
    if groups is not None:
        _check_n_groups(groups.max() + 1, int(cv))
    kind = StratifiedKFold if groups is None else StratifiedGroupKFold
    for repeat in range(n_repeats):
        seed = random_state  # so that the first folds are those of StratifiedKFold
        if repeat:
            source = np.random.SeedSequence([random_state, repeat])
            seed = int(source.generate_state(1)[0])
        folds = kind(int(cv), shuffle=True, random_state=seed)
        yield from folds.split(np.zeros(len(data.y)), data.y, groups)


def _check_n_folds(data: LabeledData, n_folds: int) -> None:
    """Raise an error unless every fold can have a row of every class."""
    if n_folds < 2:
        raise ValueError(f"cv must be at least 2. Got {n_folds}.")
    smallest = int(data.class_counts.min())
    if smallest >= n_folds:
        return
    n_small = int((data.class_counts < n_folds).sum())
    found = (
        f"Class {data.positive!r} has {count(smallest, 'row')}, "
        f"fewer than the {n_folds} folds."
    )
    if n_small > 1:
        found = (
            f"{n_small:,} classes have fewer rows than the {n_folds} folds; "
            f"the smallest, {data.positive!r}, has {smallest:,}."
        )
    way_out = "Merge or remove small classes."
    if smallest >= 2:
        way_out = f"Use at most {smallest} folds, or merge or remove small classes."
    raise TableError(f"{found} {way_out}")


def _check_n_groups(n_groups: int, n_folds: int) -> None:
    """Raise an error unless every fold can have a group."""
    if n_groups >= n_folds:
        return
    way_out = "Use other groups."
    if n_groups >= 2:
        way_out = f"Use at most {n_groups} folds, or other groups."
    raise TableError(
        f"There {'is' if n_groups == 1 else 'are'} {count(n_groups, 'group')}, "
        f"fewer than the {n_folds} folds. {way_out}"
    )
