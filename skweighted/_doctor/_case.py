"""What is checked: the parts of an estimator, X and y, and folds, prepared once."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.compose import ColumnTransformer
from sklearn.utils import indexable
from sklearn.utils.multiclass import check_classification_targets

from skweighted._doctor._parts import Part, parts_of, steps_before
from skweighted._doctor._rows import Rows
from skweighted._doctor._splits import NoSplitError, Split, make_split, shuffled_folds
from skweighted._text import count
from skweighted.exceptions import TableError

_EMPTY = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Case:
    """An estimator, or data, or both.

    Attributes
    ----------
    parts : tuple of Part
        Empty without an estimator.
    has_data : bool
    rows : Rows
        Empty if X is sparse.
    labels : tuple
        The labels in sorted order; empty without data or with several labels per row.
    y_index : ndarray of int of shape (n_samples,)
        The position of each row's label in `labels`.
    splits : tuple of Split
    no_splits : str
        Why there are no splits, if there are none.
    is_split : bool
        Whether the user specified how to split the rows, by `cv` or a search.
    scoring : str, callable, list, dict or None
    groups : ndarray of int of shape (n_samples,) or None
    """

    parts: tuple[Part, ...] = ()
    has_data: bool = False
    rows: Rows = field(default_factory=lambda: Rows(np.empty((0, 0))))
    labels: tuple[Any, ...] = ()
    y_index: np.ndarray = field(default_factory=lambda: _EMPTY)
    splits: tuple[Split, ...] = ()
    no_splits: str = ""
    is_split: bool = False
    scoring: Any = None
    groups: np.ndarray | None = None

    @cached_property
    def counts(self) -> np.ndarray:
        """Rows of each class, (n_classes,)."""
        return np.bincount(self.y_index)

    @property
    def rarest(self) -> int:
        """The position of the rarest class in `labels`."""
        return int(np.argmin(self.counts))

    @cached_property
    def columns_used(self) -> list[int]:
        """The positions of the columns that no ColumnTransformer drops."""
        transformers = [
            part.estimator
            for part in self.parts
            if isinstance(part.estimator, ColumnTransformer) and not part.is_nested
        ]
        if not transformers:
            return list(range(self.rows.frame.shape[1]))
        return sorted(set().union(*map(self.rows.taken_by, transformers)))

    @property
    def classifiers(self) -> list[Part]:
        """The innermost classifiers: not pipelines, searches or ensembles of them."""
        outer = {part.parent for part in self.parts if part.classifies}
        return [part for part in self.parts if part.classifies and part not in outer]

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
            "There is nothing to check. Give an estimator, or X and y, or all three."
        )
    parts = () if estimator is None else parts_of(estimator)
    if X is None:
        return Case(parts=parts, scoring=scoring)
    (X,) = indexable(X)
    labels, y_index, y = _encoded(y)
    groups = None if groups is None else _group_numbers(groups)
    n_rows = X.shape[0] if hasattr(X, "shape") else len(X)
    for name, values in [("y", y), ("groups", groups)]:
        if values is not None and len(values) != n_rows:
            raise ValueError(
                f"X, y and groups must have the same number of rows. X has {n_rows:,} "
                f"and {name} has {len(values):,}."
            )
    splits, no_splits, is_split = _splits(parts, cv, X, y, groups)
    return Case(
        parts=parts,
        has_data=True,
        rows=Rows(np.empty((n_rows, 0)) if sparse.issparse(X) else X),
        labels=labels,
        y_index=y_index,
        splits=splits,
        no_splits=no_splits,
        is_split=is_split,
        scoring=scoring,
        groups=groups,
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


def _encoded(y: Any) -> tuple[tuple[Any, ...], np.ndarray, np.ndarray]:
    """Return the labels, the position of each row's label, and y as an array."""
    y = y.toarray() if hasattr(y, "toarray") else y
    if np.ndim(y) == 2 and np.shape(y)[1] > 1:
        return (), _EMPTY, np.asarray(y)
    series = _as_series(y, "The label")
    try:
        check_classification_targets(series)
        y_index, labels = pd.factorize(series, sort=True)
    except (TypeError, ValueError) as error:
        raise TableError(f"y must hold class labels. {error}") from None
    if len(labels) < 2:
        raise TableError(f"y must have two classes or more. Got {list(labels)}.")
    return tuple(labels.tolist()), y_index, np.asarray(labels.tolist())[y_index]


def _group_numbers(groups: Any) -> np.ndarray:
    """Return a number for each row's group."""
    return pd.factorize(_as_series(groups, "The group"))[0]


def _as_series(values: Any, name: str) -> pd.Series:
    """Return one column without missing values, or raise TableError."""
    if not isinstance(values, pd.Series):
        # As objects: a list of text and NaN would become an array with the text "nan".
        kind = None if hasattr(values, "dtype") else object
        values = pd.Series(np.asarray(values, dtype=kind).reshape(len(values)))
    values = values.infer_objects()
    n_missing = int(values.isna().sum())
    if n_missing:
        raise TableError(
            f"{name} is missing in {n_missing:,} of {count(len(values), 'row')}. Fill "
            f"it in, or remove those rows."
        )
    return values


def _splits(
    parts: tuple[Part, ...], cv: Any, X: Any, y: np.ndarray, groups: np.ndarray | None
) -> tuple[tuple[Split, ...], str, bool]:
    """Return the splits of cv and searches, why there are none, and if any is given."""
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
