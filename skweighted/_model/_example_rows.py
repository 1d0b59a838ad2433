"""Rows like the training rows, made from what a card holds about its columns."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from skweighted._model._columns import CATEGORICAL, NUMERICAL, Reference, conform

# Of a column that has missing values, so that few rows have several.
SHARE_MISSING = 0.2


def example_rows(references: Sequence[Reference], n_rows: int) -> pd.DataFrame:
    """Return rows with values that the training rows could have had.

    Numbers, dates and durations are drawn between the quantiles of the training rows,
    and categories from those that are listed, with equal probability. Columns are
    independent.

    Parameters
    ----------
    references : sequence of Reference
    n_rows : int
        At least 1.

    Returns
    -------
    DataFrame of shape (n_rows, n_columns)
        With the types of `conform`. The first row has no missing value, unless the
        training rows have nothing else. The same card always gives the same rows.
    """
    rng = np.random.default_rng(0)
    columns = {one["name"]: _values(one, n_rows, rng) for one in references}
    return conform(pd.DataFrame(columns, index=range(n_rows)), references)


def _values(reference: Reference, n_rows: int, rng: np.random.Generator) -> pd.Series:
    """Return the values of a column."""
    kind = reference["kind"]
    if kind in NUMERICAL:
        column = pd.Series(_as_kind(_drawn(reference, n_rows, rng), kind))
    elif kind in CATEGORICAL and reference["categories"]:
        names = np.array(list(reference["categories"]), dtype=object)
        column = pd.Series(rng.choice(names, n_rows))
    else:
        return pd.Series(np.nan, index=range(n_rows))
    if reference["n_missing"]:
        is_missing = rng.random(n_rows) < SHARE_MISSING
        is_missing[0] = False
        column = column.mask(is_missing)
    return column


def _drawn(reference: Reference, n_rows: int, rng: np.random.Generator) -> np.ndarray:
    """Return numbers; a bin of the training rows is as frequent as it was there."""
    bounds = np.array([reference["low"], *reference["edges"], reference["high"]])
    counts = np.array(reference["counts"])
    bins = rng.choice(len(counts), n_rows, p=counts / counts.sum())
    share = rng.random(n_rows)
    # Not low + share * (high - low), which can be infinite.
    return bounds[bins] * (1 - share) + bounds[bins + 1] * share


def _as_kind(values: np.ndarray, kind: str) -> Any:
    """Return numbers, or days as dates or durations."""
    if kind == "number":
        return values
    micros = np.round(values * 86_400e6).astype("int64")
    return micros.astype("datetime64[us]" if kind == "date" else "timedelta64[us]")
