"""The inputs of an ONNX model: one for each column of a frame, or a matrix."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import issparse

from skweighted._onnx._preparation import MISSING_DATE
from skweighted._tables._read import Kind, column_of, kind_of, read_table
from skweighted._tables._values import moments_in, numbers_in, text_of
from skweighted.preprocessing import TablePreparation

MATRIX = "X"
# Names of the outputs and of costs, which no column can have.
RESERVED = ("label", "probabilities", "false_alarm", "miss", "cost_matrix")

_ONNX_TYPES = {"category": "string", "date": "int64"}


@dataclass(frozen=True)
class Column:
    """An input of shape (n_samples, 1), or the matrix of all columns.

    Attributes
    ----------
    name : str
        Of the input.
    dtype : str
        "float32", "float64", "int64" or "string".
    width : int
        Number of columns.
    zone : str or None
        The time zone of dates.
    """

    name: str
    dtype: str
    width: int = 1
    zone: str | None = None


def inputs_of(estimator: Any, X: Any) -> list[Column]:
    """Return the inputs for tables like X, in the order of the columns of fit.

    Numbers, booleans and durations are float32 if the column is, else float64. Text and
    categories are strings, dates int64.
    """
    table = read_table(X)
    if not isinstance(table, pd.DataFrame):
        dtype = "float32" if table.dtype == np.float32 else "float64"
        return [Column(MATRIX, dtype, table.shape[1])]
    preparation = _preparation_of(estimator)
    table = _in_order(estimator, table)
    columns = []
    for position, name in enumerate(table.columns):
        column = column_of(table, position)
        kind: Kind = kind_of(column)
        zone = None
        if preparation is not None:
            kind = preparation.kinds_[position]
            zone = preparation.zones_.get(position)
        number = "float32" if column.dtype == np.float32 else "float64"
        dtype = _ONNX_TYPES.get(kind, number)
        columns.append(Column(_name(name), dtype, zone=zone))
    return columns


def feed_of(estimator: Any, X: Any, inputs: list[Column]) -> Mapping[str, np.ndarray]:
    """Return a table as the inputs of a model."""
    table = read_table(X)
    if not isinstance(table, pd.DataFrame):
        values = table.toarray() if issparse(table) else table
        return {inputs[0].name: values.astype(inputs[0].dtype)}
    table = _in_order(estimator, table)
    return {
        one.name: _values(column_of(table, position), one)[:, np.newaxis]
        for position, one in enumerate(inputs)
    }


def _values(column: pd.Series, one: Column) -> np.ndarray:
    """Return the values of a column, of shape (n_samples,)."""
    if one.dtype == "string":
        values = column.map(text_of, na_action="ignore").to_numpy(object)
        return np.where(column.isna(), "", values).astype(object)
    if one.dtype == "int64":
        moments = moments_in(column, one.name, one.zone)
        values = moments.to_numpy("datetime64[us]")
        return np.where(np.isnat(values), MISSING_DATE, values.astype(np.int64))
    return numbers_in(column, one.name).astype(one.dtype)


def _in_order(estimator: Any, table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns in the order of fit."""
    known = getattr(estimator, "feature_names_in_", None)
    if known is None or not set(known) <= set(table.columns):
        return table
    return table[list(known)]


def _name(name: Any) -> str:
    """Return the name of an input: the column's own, where it is a free text."""
    if not isinstance(name, str):
        return f"x{name}"
    return f"{name}_" if name in RESERVED else name


def _preparation_of(estimator: Any) -> TablePreparation | None:
    """Return the preparation that takes X itself, or None."""
    if isinstance(estimator, TablePreparation):
        return estimator
    for name in ("preparation_", "best_estimator_", "estimator_"):
        if hasattr(estimator, name):
            return _preparation_of(getattr(estimator, name))
    if hasattr(estimator, "steps"):
        return _preparation_of(estimator.steps[0][1])
    return None
