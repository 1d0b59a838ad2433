"""The folds of a splitter, drawn from a copy of it."""

import itertools
import warnings
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.model_selection import (
    KFold,
    StratifiedKFold,
    StratifiedShuffleSplit,
    check_cv,
)

from skweighted._text import count

# Of more folds, such as those of repeated splits, the first ones suffice.
MOST_FOLDS = 200

Fold = tuple[np.ndarray, np.ndarray]


class NoSplitError(Exception):
    """There are no folds to examine; the message is the reason."""


@dataclass(frozen=True, eq=False)
class Split:
    """The folds of one splitter.

    Attributes
    ----------
    where : str
        The argument or the part of the estimator that it belongs to.
    kind : str
        The name of its class.
    settings : str
        The name with its settings.
    folds : tuple of pairs of ndarray
        Positions of the training and the test rows, of the first `MOST_FOLDS` folds.
    """

    where: str
    kind: str
    settings: str
    folds: tuple[Fold, ...]

    @property
    def in_words(self) -> str:
        """The number of folds and the splitter: "5 folds of KFold"."""
        return f"{count(len(self.folds), 'fold')} of {self.kind}"


def make_split(
    where: str, cv: Any, X: Any, y: np.ndarray, groups: np.ndarray | None
) -> Split:
    """Return the folds of `cv`, which is never modified, or raise `NoSplitError`."""
    if isinstance(cv, str):
        raise NoSplitError(f"{where} is {cv!r}")
    if isinstance(cv, Iterator):
        raise NoSplitError(f"{where} is an iterator: pass list(cv) instead")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if isinstance(cv, float) and 0 < cv < 1:
                splitter = StratifiedShuffleSplit(1, test_size=float(cv))
            else:
                splitter = deepcopy(check_cv(cv, y, classifier=True))
            if getattr(splitter, "random_state", 0) is None:
                splitter.random_state = 0
            drawn = itertools.islice(splitter.split(X, y, groups), MOST_FOLDS)
            folds = tuple((_positions(a), _positions(b)) for a, b in drawn)
        for rows in itertools.chain.from_iterable(folds):
            y[rows]  # raises for positions that are out of range
    except Exception as error:  # A user's splitter may raise anything.
        message = " ".join(str(error).split()) or type(error).__name__
        if groups is None and "groups" in message:
            name = type(cv).__name__
            message = f"{where} is {name}, which needs groups, and none were given"
            raise NoSplitError(message) from None
        raise NoSplitError(f"{where} cannot split the rows ({message})") from None
    if not folds:
        raise NoSplitError(f"{where} makes no folds")
    kind = type(splitter).__name__.strip("_")
    if kind == "CVIterableWrapper":
        kind = "the given splits"
    return Split(where, kind, str(splitter), folds)


def shuffled_folds(n_folds: int, y: Any) -> KFold | StratifiedKFold:
    """Return a splitter into shuffled folds, stratified if rows have one label."""
    kind = StratifiedKFold if np.ndim(y) == 1 else KFold
    return kind(n_folds, shuffle=True, random_state=0)


def _positions(rows: Any) -> np.ndarray:
    """Return positions of rows, which may be given as a mask."""
    rows = np.asarray(rows)
    return np.flatnonzero(rows) if rows.dtype == bool else rows
