"""Which rows are learnt from and which are asked about: the same for every strategy."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import (
    StratifiedGroupKFold,
    StratifiedKFold,
    check_cv,
)

from skweighted._text import count
from skweighted.comparison.data import Problem, as_series
from skweighted.exceptions import TableError


@dataclass(frozen=True, eq=False)
class Fold:
    """One split of the rows.

    Attributes
    ----------
    train, test : ndarray of int
        Positions of the rows to learn from and to be asked about.
    seed : int
        For all randomness in this fold, whatever the strategy.
    """

    train: np.ndarray
    test: np.ndarray
    seed: int


def make_folds(
    problem: Problem, cv: Any, n_repeats: int, groups: Any, random_state: int
) -> list[Fold]:
    """Return the folds of a comparison.

    Parameters
    ----------
    problem : Problem
    cv : int, splitter, iterable or None
        A number of stratified, shuffled folds, None for 5; an object with ``split(X, y,
        groups)``, such as TimeSeriesSplit or GroupKFold; or the training and test rows
        of each fold.
    n_repeats : int
        How often a number of folds is drawn anew.
    groups : ndarray of int of shape (n_samples,) or None
        From `group_numbers`. Rows of one group are never on both sides.
    random_state : int

    Returns
    -------
    list of Fold

    Raises
    ------
    ValueError
        If the folds cannot be made, or learn from what they ask about; a TableError
        where the data are the reason.
    """
    if groups is not None and len(groups) != len(problem.y):
        raise ValueError(
            f"groups must have one value per row. It has {len(groups):,}, and there "
            f"are {count(len(problem.y), 'row')}."
        )
    splits = [
        (positions(train), positions(test))
        for train, test in _splits(problem, cv, n_repeats, groups, random_state)
    ]
    way_out = "Use another splitter, or merge small classes."
    if groups is not None:
        way_out = "Use fewer folds or other groups, or merge small classes."
    for number, split in enumerate(splits):
        _check_apart(number, split, groups)
        for rows, part in zip(split, ("training", "test"), strict=True):
            missing = np.setdiff1d(problem.classes, problem.y[rows])
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
    """Return which group each row is of, as numbers from 0.

    Raises TableError where it is missing.
    """
    # Sorted, so that folds are those of StratifiedGroupKFold, which numbers them so.
    groups = as_series(groups, "groups must be one column")
    numbers, _ = pd.factorize(groups, sort=True)
    n_missing = int((numbers < 0).sum())
    if n_missing:
        raise TableError(
            f"The group is missing in {n_missing:,} of {count(len(numbers), 'row')}. "
            f"Fill it in, or remove those rows."
        )
    return numbers


def positions(rows: Any) -> np.ndarray:
    """Return positions of rows, which may be given as a mask."""
    rows = np.asarray(rows)
    return np.flatnonzero(rows) if rows.dtype == bool else rows


def seeded_splitter(splitter: Any, seed: int) -> Any:
    """Return a copy of a splitter that draws the same folds each time.

    Splitting goes on with the random state of a splitter, which is the user's, or with
    NumPy's, which is everybody's.
    """
    splitter = deepcopy(splitter)
    if getattr(splitter, "random_state", 0) is None:
        splitter.random_state = seed
    return splitter


def _check_apart(
    number: int, split: tuple[np.ndarray, np.ndarray], groups: np.ndarray | None
) -> None:
    """Raise if a fold asks about rows or groups that it learns from."""
    n_shared = len(np.intersect1d(*split))
    if n_shared:
        raise ValueError(
            f"No row may be both learnt from and asked about. Fold {number} of cv does "
            f"so with {count(n_shared, 'row')}. Use another splitter."
        )
    if groups is None:
        return
    n_torn = len(np.intersect1d(*(groups[rows] for rows in split)))
    if n_torn:
        raise ValueError(
            f"No group may be both learnt from and asked about. Fold {number} of cv "
            f"does so with {count(n_torn, 'group')}. Use a number of folds, or a "
            f"splitter of groups, such as StratifiedGroupKFold."
        )


def _splits(
    problem: Problem, cv: Any, n_repeats: int, groups: Any, random_state: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield training and test rows."""
    if not isinstance(n_repeats, Integral) or n_repeats < 1:
        raise ValueError(f"n_repeats must be a whole number from 1. Got {n_repeats!r}.")
    if cv is None:
        cv = 5
    if not isinstance(cv, Integral):
        if n_repeats != 1:
            raise ValueError(
                "n_repeats repeats a number of folds, and cv is a splitter. Use "
                "RepeatedStratifiedKFold as cv, or a number."
            )
        splitter = seeded_splitter(check_cv(cv), random_state)
        yield from splitter.split(problem.X, problem.y, groups)
        return
    _check_n_folds(problem, int(cv))
    if groups is not None:
        _check_n_groups(groups.max() + 1, int(cv))
    kind = StratifiedKFold if groups is None else StratifiedGroupKFold
    for repeat in range(n_repeats):
        seed = random_state  # so the first are what StratifiedKFold gives for it
        if repeat:
            source = np.random.SeedSequence([random_state, repeat])
            seed = int(source.generate_state(1)[0])
        folds = kind(int(cv), shuffle=True, random_state=seed)
        yield from folds.split(np.zeros(len(problem.y)), problem.y, groups)


def _check_n_folds(problem: Problem, n_folds: int) -> None:
    """Raise unless every fold can have a row of every class."""
    if n_folds < 2:
        raise ValueError(f"Cross-validation needs 2 folds or more. Got cv={n_folds}.")
    smallest = int(problem.class_counts.min())
    if smallest >= n_folds:
        return
    n_small = int((problem.class_counts < n_folds).sum())
    found = (
        f"Class {problem.positive!r} has {count(smallest, 'row')}, "
        f"fewer than the {n_folds} folds."
    )
    if n_small > 1:
        found = (
            f"{n_small:,} classes have fewer rows than the {n_folds} folds; "
            f"the smallest, {problem.positive!r}, has {smallest:,}."
        )
    way_out = "Merge or remove small classes."
    if smallest >= 2:
        way_out = f"Use at most {smallest} folds, or merge or remove small classes."
    raise TableError(f"{found} {way_out}")


def _check_n_groups(n_groups: int, n_folds: int) -> None:
    """Raise unless every fold can have a group."""
    if n_groups >= n_folds:
        return
    way_out = "Use other groups."
    if n_groups >= 2:
        way_out = f"Use at most {n_groups} folds, or other groups."
    raise TableError(
        f"There {'is' if n_groups == 1 else 'are'} {count(n_groups, 'group')}, "
        f"fewer than the {n_folds} folds. {way_out}"
    )
