"""What is examined: the parts of an estimator, X and y, and folds, prepared once."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.utils import indexable
from sklearn.utils.multiclass import check_classification_targets

from skweighted._doctor._parts import Part, parts_of, steps_before
from skweighted._doctor._rows import Rows, columns_taken
from skweighted._doctor._splits import NoSplitError, Split, make_split, shuffled_folds
from skweighted._text import count
from skweighted.exceptions import TableError


@dataclass(frozen=True, eq=False)
class Case:
    """An estimator, or data, or both.

    Attributes
    ----------
    parts : tuple of Part
        Empty without an estimator.
    data : Rows or None
    y_index : ndarray of shape (n_samples,) or (n_samples, n_labels), or None
        With one label per row, its position in `labels`.
    labels : list
        The labels in sorted order; empty without data or with several labels per row.
    splits : tuple of Split
    no_splits : str
        Why there are no splits, if there are none.
    is_split : bool
        Whether the user specified how to split the rows, by `cv` or a search.
    scoring : str, callable, list, dict or None
    groups : ndarray of int of shape (n_samples,) or None
    """

    parts: tuple[Part, ...] = ()
    data: Rows | None = None
    y_index: Any = None
    labels: tuple[Any, ...] = ()
    splits: tuple[Split, ...] = ()
    no_splits: str = ""
    is_split: bool = False
    scoring: Any = None
    groups: np.ndarray | None = None

    @property
    def rows(self) -> Rows:
        """The rows of X, for checks that need data."""
        assert self.data is not None
        return self.data

    @cached_property
    def counts(self) -> np.ndarray:
        """Rows of each class, (n_classes,)."""
        return np.bincount(self.y_index)

    @property
    def rarest(self) -> int:
        """The position of the rarest class in `labels`."""
        return int(np.argmin(self.counts))

    @property
    def classifiers(self) -> list[Part]:
        """The innermost classifiers: not pipelines, searches or ensembles of them."""
        outer = {part.parent for part in self.parts if part.classifies}
        return [part for part in self.parts if part.classifies and part not in outer]

    @cached_property
    def columns_used(self) -> list[int]:
        """The positions of the columns that no ColumnTransformer drops."""
        frame = self.rows.frame
        assert frame is not None
        taken = [
            columns_taken(part.estimator, frame)
            for part in self.parts
            if isinstance(part.estimator, ColumnTransformer)
            and not any(
                isinstance(a.estimator, ColumnTransformer) for a in part.ancestors
            )
        ]
        return sorted(set().union(*taken)) if taken else [*range(self.rows.n_columns)]

    def steps_before(self, part: Part) -> list[Part]:
        """Return the steps that rows pass before they reach a part."""
        return steps_before(part, self.parts)

    def resampling_before(self, part: Part) -> list[Part]:
        """Return the samplers before a part that change the class frequencies."""
        return [step for step in self.steps_before(part) if step.balances]


def make_case(
    estimator: Any, X: Any, y: Any, cv: Any, scoring: Any, groups: Any
) -> Case:
    """Return what a user passed, checked; errors are those of `doctor`."""
    if estimator is not None:
        _check_estimator(estimator)
    if (X is None) != (y is None):
        missing = "y" if y is None else "X"
        raise ValueError(f"X and y must be given together. {missing} is None.")
    if estimator is None and X is None:
        raise ValueError(
            "There is nothing to examine. Give an estimator, or X and y, or all three."
        )
    parts = () if estimator is None else parts_of(estimator)
    if X is None:
        return Case(parts=parts, scoring=scoring)
    (X,) = indexable(X)
    rows = Rows(X)
    y_index, labels = _encoded(y)
    if groups is not None:
        groups = _group_numbers(groups)
    for name, values in [("y", y_index), ("groups", groups)]:
        if values is not None and len(values) != rows.n_rows:
            raise ValueError(
                f"X, y and groups must have the same number of rows. X has "
                f"{rows.n_rows:,} and {name} has {len(values):,}."
            )
    y = np.asarray(labels)[y_index] if labels else y_index
    splits, no_splits, is_split = _splits(parts, cv, X, y, groups)
    return Case(
        parts, rows, y_index, labels, splits, no_splits, is_split, scoring, groups
    )


def _check_estimator(estimator: Any) -> None:
    """Raise TypeError unless it is an estimator."""
    if isinstance(estimator, type):
        name = estimator.__name__
        given = f"the class {name}. Use {name}() instead."
    elif not hasattr(estimator, "get_params"):
        given = (
            f"a value of type {type(estimator).__name__}. For data without an "
            f"estimator use doctor(X=X, y=y)."
        )
    else:
        return
    raise TypeError(f"estimator must be a scikit-learn estimator. Got {given}")


def _encoded(y: Any) -> tuple[np.ndarray, tuple[Any, ...]]:
    """Return y as positions of labels, and the labels; with several per row, y."""
    y = y.toarray() if hasattr(y, "toarray") else y
    if np.ndim(y) == 2 and np.shape(y)[1] > 1:
        return np.asarray(y), ()
    if not isinstance(y, pd.Series):
        # As objects: a list of text and NaN would become an array with the text "nan".
        kind = None if hasattr(y, "dtype") else object
        y = pd.Series(np.asarray(y, dtype=kind).reshape(len(y)))
    y = y.infer_objects()
    n_missing = int(y.isna().sum())
    if n_missing:
        raise TableError(
            f"y is missing in {n_missing:,} of {count(len(y), 'row')}. Fill in these "
            f"labels, or remove the rows."
        )
    try:
        check_classification_targets(y)
        y_index, labels = pd.factorize(y, sort=True)
    except (TypeError, ValueError) as error:
        raise TableError(f"y must hold class labels. {error}") from None
    if len(labels) < 2:
        raise TableError(f"y has only one class, {labels.tolist()[0]!r}.")
    return y_index, tuple(labels.tolist())


def _group_numbers(groups: Any) -> np.ndarray:
    """Return a number for each row's group, or raise if it is missing."""
    groups = pd.Series(np.asarray(groups).reshape(len(groups)))
    n_missing = int(groups.isna().sum())
    if n_missing:
        raise TableError(
            f"The group is missing in {n_missing:,} of {count(len(groups), 'row')}. "
            f"Fill it in, or remove those rows."
        )
    return pd.factorize(groups)[0]


def _splits(
    parts: tuple[Part, ...], cv: Any, X: Any, y: np.ndarray, groups: np.ndarray | None
) -> tuple[tuple[Split, ...], str, bool]:
    """Return the folds of cv and of the estimator, why there are none, if given."""
    given = {} if cv is None else {"cv": cv}
    for part in parts:
        resampled = any(step.is_sampler for step in steps_before(part, parts))
        if part.classifies and "cv" in part.parameters and not resampled:
            given[f"cv of {part.where}"] = part.parameters["cv"]
    # Not those of cv=None, which are blocks: copies that follow one another, as they
    # often do, stay together in blocks and nowhere else.
    wanted = given or {"five shuffled folds": shuffled_folds(5, y)}
    splits: dict[str, Split] = {}
    reasons = []
    for where, splitter in wanted.items():
        try:
            split = make_split(where, splitter, X, y, groups)
        except NoSplitError as error:
            reasons.append(str(error))
        else:
            # Folds of the same splitter would give the same findings twice.
            splits.setdefault(split.settings, split)
    return tuple(splits.values()), "; ".join(reasons), bool(given)
