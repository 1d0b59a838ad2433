"""The inputs of an ONNX model: one for each column of a frame, or a matrix."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import issparse
from sklearn.preprocessing import StandardScaler

from skweighted._estimator._classifier import CostSensitiveMLPClassifier
from skweighted._onnx._preparation import MISSING_DATE
from skweighted._tables._read import Kind, column_of, kind_of, read_table
from skweighted._tables._values import moments_in, numbers_in, text_of
from skweighted.preprocessing import TablePreparation

MATRIX = "X"
# Names of the outputs and of costs, which no column keeps.
RESERVED = ("label", "probabilities", "false_alarm", "miss", "cost_matrix")

# ONNX Runtime lacks operators for float64, such as that of SimpleImputer. These need
# none of them, and what they subtract can need more digits than float32 has.
_IN_DOUBLE = (CostSensitiveMLPClassifier, StandardScaler)

_ONNX_TYPES = {"category": "string", "date": "int64"}


@dataclass(frozen=True)
class Column:
    """An input of shape (n_samples, 1), or the matrix of all columns.

    Attributes
    ----------
    name : str
        Of the column.
    input_name : str
        Of the input.
    dtype : str
        "float32", "float64", "int64" or "string".
    width : int
        Number of columns.
    zone : str or None
        The time zone of dates.
    kind : str
        What the column holds, as in `TablePreparation.kinds_`.
    """

    name: str
    input_name: str
    dtype: str
    width: int = 1
    zone: str | None = None
    kind: str = "number"


def inputs_of(estimator: Any, X: Any) -> list[Column]:
    """Return the inputs for tables like X, in the order of the columns of fit.

    Text and categories are strings, dates int64. Other columns are float64 if they are
    not float32 in X and the first step can compute with it; else float32.
    """
    table = read_table(X)
    first = _first_step(estimator)
    preparation = getattr(first, "preparation_", first)
    is_prepared = isinstance(preparation, TablePreparation)
    keeps_double = is_prepared or isinstance(first, _IN_DOUBLE)
    if not isinstance(table, pd.DataFrame):
        is_double = keeps_double and table.dtype != np.float32
        dtype = "float64" if is_double else "float32"
        return [Column(MATRIX, MATRIX, dtype, table.shape[1])]
    table = _in_order(estimator, table)
    names = [name if isinstance(name, str) else f"x{name}" for name in table.columns]
    columns = []
    for position in range(len(names)):
        column = column_of(table, position)
        kind: Kind = preparation.kinds_[position] if is_prepared else kind_of(column)
        # Other transformers get dates as they are, which are integers in UTC.
        zone = preparation.zones_.get(position) if is_prepared else "UTC"
        is_double = keeps_double and column.dtype != np.float32
        dtype = _ONNX_TYPES.get(kind, "float64" if is_double else "float32")
        text = names[position]
        columns.append(Column(text, _free(text, names), dtype, zone=zone, kind=kind))
    return columns


def _free(name: str, names: list[str]) -> str:
    """Return the name of an input, which no output and no other column has."""
    if name in RESERVED:
        while name in RESERVED or name in names:
            name += "_"
    return name


def feed_of(estimator: Any, X: Any, inputs: list[Column]) -> Mapping[str, np.ndarray]:
    """Return a table as the inputs of a model."""
    table = read_table(X)
    if not isinstance(table, pd.DataFrame):
        values = table.toarray() if issparse(table) else table
        return {inputs[0].input_name: values.astype(inputs[0].dtype)}
    table = _in_order(estimator, table)
    return {
        one.input_name: _values(column_of(table, position), one)[:, np.newaxis]
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
    return numbers_in(column, one.name, one.kind).astype(one.dtype)


def _in_order(estimator: Any, table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns in the order of fit."""
    known = getattr(estimator, "feature_names_in_", None)
    if known is None or not set(known) <= set(table.columns):
        return table
    return table[list(known)]


def _first_step(estimator: Any) -> Any:
    """Return the estimator that takes X itself."""
    if hasattr(estimator, "preparation_"):
        return estimator
    for name in ("best_estimator_", "estimator_"):
        if hasattr(estimator, name):
            return _first_step(getattr(estimator, name))
    if hasattr(estimator, "steps"):
        return _first_step(estimator.steps[0][1])
    return getattr(estimator, "estimator", estimator)  # of a frozen one
