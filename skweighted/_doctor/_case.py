"""What is looked at: an estimator's parts, X and y, and folds, each prepared once."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from sklearn.utils import indexable

from skweighted._doctor._parts import UNKNOWN, Part, parts_of, steps_before
from skweighted._doctor._splits import (
    NotSplitError,
    Split,
    make_split,
    shuffled_folds,
)
from skweighted._doctor._table import Table
from skweighted.comparison.data import as_labels
from skweighted.comparison.folds import group_numbers


@dataclass(frozen=True, eq=False)
class Case:
    """An estimator, or data, or both.

    Attributes
    ----------
    parts : tuple of Part
        Empty without an estimator.
    table : Table or None
    y : ndarray of shape (n_samples,) or (n_samples, n_labels), or None
    splits : tuple of Split
    unsplit : str
        Why there are no folds, if there are none.
    is_split : bool
        Whether the user said how the data are split, by cv or a search.
    scoring : str, callable, list, dict or None
    groups : ndarray of shape (n_samples,) or None
    """

    parts: tuple[Part, ...] = ()
    table: Table | None = None
    y: np.ndarray | None = None
    splits: tuple[Split, ...] = ()
    unsplit: str = ""
    is_split: bool = False
    scoring: Any = None
    groups: np.ndarray | None = None

    @property
    def has_classes(self):
        """Whether each row has one label."""
        return self.y is not None and self.y.ndim == 1

    @cached_property
    def _encoded(self):
        return np.unique(self.y, return_inverse=True)

    @property
    def labels(self):
        """The labels in sorted order, as a list."""
        return self._encoded[0].tolist()

    @property
    def y_index(self):
        """The place of each row's label among the labels, (n_samples,)."""
        return self._encoded[1]

    @cached_property
    def counts(self):
        """Rows of each class, (n_classes,)."""
        return np.bincount(self.y_index)

    @cached_property
    def n_blocks(self):
        """How often rows of one class follow rows of another, the first ones too."""
        return 1 + int(np.count_nonzero(np.diff(self.y_index)))

    @property
    def rarest(self):
        """The place of the rarest class among the labels."""
        return int(np.argmin(self.counts))

    @property
    def answering(self):
        """The parts that give the answers, those they are made of left out."""
        outer = {part.parent for part in self.parts if part.answers}
        return [part for part in self.parts if part.answers and part not in outer]

    def steps_before(self, part):
        """Return what rows go through before they reach a part."""
        return steps_before(part, self.parts)

    def resampling_before(self, part):
        """Return the samplers before a part that change how frequent classes are."""
        return [
            step for step in self.steps_before(part) if step.balances and step.is_sure
        ]


def make_case(estimator, X, y, cv, scoring, groups):
    """Return what a user gave, checked.

    Raises
    ------
    TypeError
        If the estimator is none.
    ValueError
        If there is nothing to look at, or X, y and groups are not of the same rows.
    """
    if estimator is not None:
        _check_estimator(estimator)
    if (X is None) != (y is None):
        missing = "y" if y is None else "X"
        raise ValueError(f"X and y must be given together. {missing} is None.")
    if estimator is None and X is None:
        raise ValueError(
            "There is nothing to look at. Give an estimator, or X and y, or all three."
        )
    parts = () if estimator is None else parts_of(estimator)
    if X is None:
        return Case(parts=parts, scoring=scoring)
    (X,) = indexable(X)
    table = Table(X)
    y = _as_y(y)
    groups = None if groups is None else group_numbers(groups)
    for name, values in [("y", y), ("groups", groups)]:
        if values is not None and len(values) != table.n_rows:
            raise ValueError(
                f"X, y and groups must be of the same rows. X has {table.n_rows:,} and "
                f"{name} has {len(values):,}."
            )
    splits, unsplit = _splits_of(parts, cv, X, y, groups)
    return Case(
        parts=parts,
        table=table,
        y=y,
        splits=splits,
        unsplit=unsplit,
        is_split=cv is not None or any(_splits_rows(part, parts) for part in parts),
        scoring=scoring,
        groups=groups,
    )


def _check_estimator(estimator):
    """Raise TypeError if it is none, with what to write in its place."""
    if isinstance(estimator, type):
        name = estimator.__name__
        given = f"the class {name}. Give {name}() in its place."
    elif not hasattr(estimator, "get_params"):
        given = (
            f"a value of type {type(estimator).__name__}. Where there is data only, "
            f"write doctor(X=X, y=y)."
        )
    else:
        return
    raise TypeError(
        f"estimator must be an estimator of scikit-learn's kind, with get_params. "
        f"Got {given}"
    )


def _as_y(y):
    """Return y as labels, or as labels of several outputs."""
    if hasattr(y, "toarray"):
        y = y.toarray()
    if np.ndim(y) == 2 and np.shape(y)[1] > 1:
        return np.asarray(y)
    return as_labels(y)


def _splits_of(parts, cv, X, y, groups):
    """Return the folds of cv and of the estimator, and why there are none."""
    asked = {} if cv is None else {"cv": cv}
    asked |= {
        f"cv of {part.where}": part.value("cv")
        for part in parts
        if _splits_rows(part, parts)
    }
    if not asked:
        # Not those of cv=None, which are blocks: copies that follow one another, as
        # they often do, stay together in blocks and nowhere else.
        asked = {"five shuffled folds": shuffled_folds(5, y)}
    splits, reasons = {}, []
    for where, splitter in asked.items():
        try:
            split = make_split(where, splitter, X, y, groups)
        except NotSplitError as error:
            reasons.append(str(error))
        else:
            # Folds of the same splitter would give the same findings twice.
            splits.setdefault(split.splitter, split)
    return tuple(splits.values()), "; ".join(reasons)


def _splits_rows(part, parts):
    """Tell whether a part is a search or the like, whose folds are of the rows of X."""
    return (
        part.answers
        and part.value("cv", UNKNOWN) is not UNKNOWN
        and not any(step.is_sampler for step in steps_before(part, parts))
    )
