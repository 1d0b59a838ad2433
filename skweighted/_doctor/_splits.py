"""The folds that a splitter makes of the rows, drawn from a copy of it."""

import itertools
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Real

import numpy as np
from sklearn.model_selection import (
    KFold,
    StratifiedKFold,
    StratifiedShuffleSplit,
    check_cv,
)

from skweighted.comparison.folds import positions, seeded_splitter

# Of repeated splits the first ones tell enough.
MOST_FOLDS = 50


class NotSplitError(Exception):
    """There are no folds to look at; the message says why."""


@dataclass(frozen=True, eq=False)
class Split:
    """The folds of one splitter.

    Attributes
    ----------
    where : str
        Whose splitter it is.
    kind : str
        What it is, in words.
    splitter : str
        The same with its settings.
    folds : tuple of pairs of ndarray
        Row numbers of the training and the test part, of the first folds at least.
    problem : str
        Why it makes no folds, if it raises an error.
    n_made : int or None
        How many folds it makes; None if there are more, and it does not say.
    """

    where: str
    kind: str
    splitter: str
    folds: tuple = ()
    problem: str = ""
    n_made: int | None = 0

    @property
    def n_looked_at(self):
        """The number of folds that are looked at, in words, and of those made."""
        n_folds = len(self.folds)
        if n_folds == self.n_made:
            return f"{n_folds} fold{'s' * (n_folds != 1)}"
        of_all = "" if self.n_made is None else f" of {self.n_made:,}"
        return f"the first {n_folds}{of_all} folds"

    @property
    def n_folds(self):
        """The same, and what they are of."""
        return f"{self.n_looked_at} of {self.kind}"


def make_split(where, cv, X, y, groups):
    """Return the folds that cv makes.

    Parameters
    ----------
    where : str
    cv : int, float, splitter, iterable or None
        As in sklearn's searches and threshold tuners. Never modified.
    X : array-like, dataframe or sparse matrix of shape (n_samples, n_features)
        Some splitters read it.
    y : ndarray of shape (n_samples,) or (n_samples, n_labels)
    groups : ndarray of shape (n_samples,) or None

    Returns
    -------
    Split

    Raises
    ------
    NotSplitError
        If looking would use cv up, it needs groups, or its estimator is fitted before.
    """
    if isinstance(cv, str):
        raise NotSplitError(f"{where} is {cv!r}")
    if isinstance(cv, Iterator):
        raise NotSplitError(f"{where} is an iterator, which is read once: use list(cv)")
    try:
        if isinstance(cv, Real) and 0 < cv < 1:
            splitter = StratifiedShuffleSplit(1, test_size=cv, random_state=0)
        else:
            splitter = check_cv(cv, y, classifier=True)
    except ValueError as error:
        return Split(where, f"cv={cv!r}", repr(cv), problem=_message(error))
    splitter = seeded_splitter(splitter, seed=0)
    kind = type(splitter).__name__.strip("_")
    if kind == "CVIterableWrapper":
        kind = "the given splits"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            folds = itertools.islice(splitter.split(X, y, groups), MOST_FOLDS + 1)
            folds = tuple((positions(train), positions(test)) for train, test in folds)
            n_made = _n_made(splitter, folds, X, y, groups)
        for rows in itertools.chain.from_iterable(folds):
            y[rows]  # Rows that are not there are an error of the splitter.
    except Exception as error:  # A splitter of the user's may raise anything.
        if groups is None and "groups" in str(error):
            raise NotSplitError(f"{kind} needs groups, and none were given") from None
        return Split(where, kind, str(splitter), problem=_message(error))
    return Split(where, kind, str(splitter), folds[:MOST_FOLDS], n_made=n_made)


def _message(error):
    """Return what an error says on one line, by its type if that is not plain."""
    message = " ".join(str(error).split())
    if message and isinstance(error, ValueError | TypeError):
        return message
    return f"{type(error).__name__}: {message}".removesuffix(": ")


def shuffled_folds(n_folds, y):
    """Return a splitter into shuffled folds, stratified where rows have one label."""
    kind = StratifiedKFold if np.ndim(y) == 1 else KFold
    return kind(n_folds, shuffle=True, random_state=0)


def _n_made(splitter, folds, X, y, groups):
    """Return how many folds a splitter makes, None if it does not say."""
    if len(folds) <= MOST_FOLDS:
        return len(folds)
    if not hasattr(splitter, "get_n_splits"):
        return None
    try:
        return splitter.get_n_splits(X, y, groups)
    except Exception:  # As above; and it has made folds.
        return None
