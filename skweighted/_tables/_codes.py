"""Codes of categories: which have their own, and which share one.

A `Coding` is a dict, so that a fitted transformer holds only plain values:

- "codes", a dict of str to int: the categories with their own code, from 0;
- "missing" and "other", each a code or -1 for none: that of missing values and that of
  all other categories, which are the rare and the unknown ones;
- "names", a list of str: a name for each code.
"""

import heapq
from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from skweighted._tables._values import categories_in, text_of

Coding = dict[str, Any]

# The names of the categories that are not texts, with an underscore after them if there
# is such a text.
MISSING = "missing"
INFREQUENT = "infrequent"

# Categories of fewer rows share a code in target encoding.
_FEWEST_ROWS = 2


def fit_coding(
    column: pd.Series,
    weight: np.ndarray,
    max_categories: int,
    min_frequency: float | None,
    has_target: bool,
) -> tuple[Coding, bool]:
    """Return codes of categories, and whether they are for target encoding.

    They are if there is a target and there are too many categories for one-hot columns.
    Then only those of a single row share a code: they have no share of the target in
    other rows, and names or identifiers can be a million of them.

    Parameters
    ----------
    column : Series of length n_samples
    weight : ndarray of shape (n_samples,)
        Rows of weight zero are ignored.
    max_categories : int
        The largest number of one-hot columns.
    min_frequency : int, float or None
        For one-hot columns, categories of less total weight share a code; a float is a
        share of all weights.
    has_target : bool

    Returns
    -------
    coding : Coding
    for_target : bool
    """
    codes, texts = categories_in(column)
    # Missing values are the last category.
    slots = np.where(codes < 0, len(texts), codes)
    n_rows = np.bincount(slots[weight > 0], minlength=len(texts) + 1)
    totals = np.bincount(slots, weight, minlength=len(texts) + 1)
    for_target = bool(has_target and np.count_nonzero(n_rows) > max_categories)
    if for_target:
        keep = n_rows >= _FEWEST_ROWS
    else:
        keep = _frequent(texts, totals, max_categories, min_frequency)
    kept = sorted(texts[number] for number in np.flatnonzero(keep[:-1]))
    coding: Coding
    coding = {"codes": {text: code for code, text in enumerate(kept)}, "names": kept}
    coding |= {"missing": -1, "other": -1}
    if keep[-1]:
        coding["missing"] = len(kept)
        kept.append(_unused(MISSING, kept))
    if (n_rows[~keep] > 0).any():
        coding["other"] = len(kept)
        kept.append(_unused(INFREQUENT, kept))
    return coding, for_target


def _unused(name: str, names: Sequence[str]) -> str:
    """Return a name that is not among others."""
    return _unused(f"{name}_", names) if name in names else name


def _frequent(
    texts: list[str],
    totals: np.ndarray,
    max_categories: int,
    min_frequency: float | None,
) -> np.ndarray:
    """Return which categories have a column of their own."""
    keep = totals > 0
    if min_frequency is not None:
        is_share = not isinstance(min_frequency, Integral)
        keep &= totals >= min_frequency * (totals.sum() if is_share else 1)
    n_columns = keep.sum() + (totals[~keep] > 0).any()
    if n_columns > max_categories:
        # Of equally frequent categories, the first by their names, whatever the order
        # of the rows.
        names = [*texts, MISSING]
        kept = heapq.nsmallest(
            max_categories - 1,
            np.flatnonzero(keep),
            key=lambda number: (-totals[number], names[number]),
        )
        keep[:] = False
        keep[kept] = True
    return keep


def codes_in(column: pd.Series, coding: Coding) -> np.ndarray:
    """Return the code of each row, -1 if it has none.

    Parameters
    ----------
    column : Series of length n_samples
    coding : Coding

    Returns
    -------
    ndarray of int of shape (n_samples,)
    """
    codes, texts = categories_in(column)
    known, other = coding["codes"], coding["other"]
    lookup = [known.get(text, other) for text in texts]
    missing = other if coding["missing"] == -1 else coding["missing"]
    return np.array([*lookup, missing], dtype=np.int64)[codes]


def codes_of_few(values: np.ndarray, codings: Sequence[Coding]) -> np.ndarray:
    """Return the codes of a few rows, as `codes_in` does, but faster.

    pandas takes longer to look at a column than Python at a few values.

    Parameters
    ----------
    values : ndarray of object of shape (n_samples, n_columns)
    codings : sequence of Coding
        One per column.

    Returns
    -------
    ndarray of int of shape (n_samples, n_columns)
    """
    codes = np.empty(values.shape, dtype=np.int64)
    for column, coding in enumerate(codings):
        known, other, missing = coding["codes"], coding["other"], coding["missing"]
        for row, value in enumerate(values[:, column]):
            if pd.api.types.is_scalar(value) and pd.isna(value):
                codes[row, column] = other if missing == -1 else missing
            else:
                codes[row, column] = known.get(text_of(value), other)
    return codes


def one_hot(codes: np.ndarray, sizes: Sequence[int], sparse: bool) -> Any:
    """Return one-hot columns for codes.

    scikit-learn's OneHotEncoder, whose columns these are, checks codes that need no
    check; for one row, that takes longer than all other steps of a preparation.

    Parameters
    ----------
    codes : ndarray of int of shape (n_samples, n_columns)
        From 0, or -1 for none.
    sizes : sequence of int
        Number of codes of each column.
    sparse : bool
        Whether to return a CSR matrix.

    Returns
    -------
    ndarray or CSR matrix of shape (n_samples, sum of sizes)
    """
    shape = (len(codes), sum(sizes))
    is_known = codes >= 0
    first = np.cumsum([0, *sizes])[:-1]
    rows, positions = np.nonzero(is_known)[0], (codes + first)[is_known]
    if sparse:
        return csr_array((np.ones(len(rows)), (rows, positions)), shape=shape)
    columns = np.zeros(shape)
    columns[rows, positions] = 1
    return columns
