"""Codes of categories: which have their own, and which share one.

A `Coding` is a dict, so that a fitted transformer holds only plain values:

- "codes", a dict of str to int: the categories with their own code, from 0;
- "missing" and "other", each a code or -1 for none: that of missing values and that of
  all other categories, which are the rare and the unknown ones;
- "names", a list of str: a name for each code.
"""

from typing import Any

import numpy as np
import pandas as pd

from skweighted._tables._values import categories_in

Coding = dict[str, Any]

# The names of the categories that are not texts.
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
        kept.append(MISSING)
    if (n_rows[~keep] > 0).any():
        coding["other"] = len(kept)
        kept.append(INFREQUENT)
    return coding, for_target


def _frequent(
    texts: list[str],
    totals: np.ndarray,
    max_categories: int,
    min_frequency: float | None,
) -> np.ndarray:
    """Return which categories have a column of their own."""
    keep = totals > 0
    if min_frequency is not None:
        is_share = isinstance(min_frequency, float)
        keep &= totals >= min_frequency * (totals.sum() if is_share else 1)
    n_columns = keep.sum() + (totals[~keep] > 0).any()
    if n_columns > max_categories:
        # Of equally frequent categories, the first by their names, whatever the order
        # of the rows.
        names = [*texts, MISSING]
        numbers = sorted(
            np.flatnonzero(keep), key=lambda number: (-totals[number], names[number])
        )
        keep[numbers[max_categories - 1 :]] = False
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
