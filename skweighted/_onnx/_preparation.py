"""`TablePreparation` as ONNX."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from skweighted._onnx._writer import ML_DOMAIN, Writer
from skweighted._tables._codes import Coding
from skweighted.preprocessing import TablePreparation

# A date is the number of microseconds since 1970; this one is missing, as in NumPy.
MISSING_DATE = np.iinfo(np.int64).min

_DAY = 86_400e6
_MINUTE = 60e6


def write_preparation(
    writer: Writer,
    preparation: TablePreparation,
    inputs: Sequence[str],
    matrix_dtype: Any = None,
) -> str:
    """Return the matrix of `TablePreparation.transform`, in double precision.

    Parameters
    ----------
    writer : Writer
    preparation : TablePreparation
    inputs : sequence of str
        One matrix of numbers, or one column for each column of the table.
    matrix_dtype : dtype or None
        That of the matrix; None for columns.
    """
    return _Written(writer, preparation, inputs, matrix_dtype).matrix()


def write_codes(
    writer: Writer,
    preparation: TablePreparation,
    inputs: Sequence[str],
    matrix_dtype: Any = None,
) -> tuple[str, list[str]]:
    """Return numbers and codes of `CategoryCodes`, with parameters as above.

    Returns
    -------
    numbers : str
        The columns that are not one-hot, in double precision; "" for none.
    codes : list of str
        For each column of categories, int64 of shape (n_samples, 1).
    """
    written = _Written(writer, preparation, inputs, matrix_dtype)
    before, after = written.numbers()
    return written.joined([*before, *after]), written.codes()


class _Written:
    """The steps of a preparation, each of which returns the name of a value."""

    def __init__(
        self,
        writer: Writer,
        preparation: TablePreparation,
        inputs: Sequence[str],
        matrix_dtype: Any,
    ) -> None:
        self._writer, self._fitted, self._inputs = writer, preparation, inputs
        self._dtype = matrix_dtype

    def matrix(self) -> str:
        """Return all columns, in the order of `TablePreparation`."""
        write = self._writer
        before, after = self.numbers()
        one_hot = []
        for codes, coding in zip(
            self.codes(), self._fitted.one_hot_codings_.values(), strict=True
        ):
            is_one = write("Equal", codes, np.arange(len(coding["names"])))
            one_hot.append(write.cast(is_one, np.float64))
        return self.joined([*before, *one_hot, *after])

    def joined(self, parts: list[str]) -> str:
        """Return matrices side by side, or "" for none."""
        if len(parts) < 2:
            return "".join(parts)
        return self._writer("Concat", *parts, axis=1)

    def codes(self) -> list[str]:
        """Return the codes of each column that is one-hot in the matrix."""
        codings = self._fitted.one_hot_codings_.items()
        return [self._codes(position, coding) for position, coding in codings]

    def numbers(self) -> tuple[list[str], list[str]]:
        """Return what is before the one-hot columns, and what is after them."""
        write, fitted = self._writer, self._fitted
        numbers, target = self._numbers(), self._target()
        parts = [numbers] if numbers else []
        if fitted.scaler_ is not None:
            n_numbers = len(fitted.numbers_)
            parts = []
            if numbers:
                parts.append(self._scaled(numbers, slice(None, n_numbers)))
            if fitted.flagged_:
                flagged = write("Gather", numbers, np.array(fitted.flagged_), axis=1)
                parts.append(write.cast(write("IsNaN", flagged), np.float64))
            if target:
                target = self._scaled(target, slice(n_numbers, None))
        return parts, [target] if target else []

    def _numbers(self) -> str:
        """Return numbers, booleans and parts of dates, or "" for none."""
        write, outputs = self._writer, self._fitted.numbers_
        if not outputs:
            return ""
        if self._dtype is not None:
            positions = [position for position, _, _ in outputs]
            whole = write.cast(self._inputs[0], np.float64)
            if positions == list(range(self._fitted.n_features_in_)):
                return whole
            return write("Gather", whole, np.array(positions), axis=1)
        columns = [
            self._part(position, part)
            if kind == "date"
            else write.cast(self._column(position), np.float64)
            for position, part, kind in outputs
        ]
        return columns[0] if len(columns) == 1 else write("Concat", *columns, axis=1)

    def _column(self, position: int) -> str:
        """Return a column of the table, of shape (n_samples, 1)."""
        if self._dtype is not None:
            return self._writer("Gather", self._inputs[0], np.array([position]), axis=1)
        return self._inputs[position]

    def _scaled(self, values: str, columns: slice) -> str:
        """Return some of the columns that are scaled together, missing ones as 0."""
        write = self._writer
        scaler: Any = self._fitted.scaler_
        center = getattr(scaler, "mean_", None)
        if center is not None:
            values = write("Sub", values, center[columns])
        values = write("Div", values, scaler.scale_[columns])
        return write("Where", write("IsNaN", values), np.zeros(()), values)

    # Dates.

    def _part(self, position: int, part: str | None) -> str:
        """Return a number of a date, NaN if it is missing."""
        write, column = self._writer, self._column(position)
        moment = write.cast(column, np.float64)
        days = write("Div", moment, np.array(_DAY))
        if part == "days":
            value = write("Sub", days, np.array(self._fitted.origins_[position]))
        else:
            whole = write("Floor", days)
            value = getattr(self, f"_{part}")(moment, whole)
        is_missing = write("Equal", column, np.array(MISSING_DATE))
        return write("Where", is_missing, np.array(np.nan), value)

    def _weekday(self, moment: str, day: str) -> str:
        """Return 0 for Monday; 1970 began with a Thursday."""
        write = self._writer
        day = write("Add", day, np.array(3.0))
        return write("Sub", day, write("Mul", self._floor(day, 7), np.array(7.0)))

    def _hour(self, moment: str, day: str) -> str:
        """Return hours, with minutes as fractions."""
        write = self._writer
        of_day = write("Sub", moment, write("Mul", day, np.array(_DAY)))
        return write("Div", self._floor(of_day, _MINUTE), np.array(60.0))

    def _month(self, moment: str, day: str) -> str:
        """Return months from 1, by the algorithm ``civil_from_days`` (Hinnant, 2013).

        Years begin in March, in eras of 400 years.
        """
        write, floor = self._writer, self._floor

        def rest(value: str, divisor: float) -> str:
            whole = write("Mul", floor(value, divisor), np.array(float(divisor)))
            return write("Sub", value, whole)

        day = rest(write("Add", day, np.array(719_468.0)), 146_097)
        year = write("Sub", day, floor(day, 1_460))
        year = write("Add", year, floor(day, 36_524))
        year = floor(write("Sub", year, floor(day, 146_096)), 365)
        before = write("Mul", year, np.array(365.0))
        before = write("Add", before, floor(year, 4))
        before = write("Sub", before, floor(year, 100))
        day = write("Sub", day, before)
        month = write("Add", write("Mul", day, np.array(5.0)), np.array(2.0))
        month = floor(month, 153)
        month = write("Add", month, np.array(2.0))
        return write("Add", rest(month, 12), np.array(1.0))

    def _floor(self, value: str, divisor: float) -> str:
        """Return whole quotients."""
        quotient = self._writer("Div", value, np.array(float(divisor)))
        return self._writer("Floor", quotient)

    # Categories.

    def _codes(self, position: int, coding: Coding) -> str:
        """Return the code of each row, of shape (n_samples, 1); -1 for none."""
        write, column = self._writer, self._column(position)
        known, other = coding["codes"], coding["other"]
        missing = other if coding["missing"] == -1 else coding["missing"]
        if self._dtype is not None:
            return self._codes_of_numbers(column, known, other, missing)
        if "" in known:
            raise ValueError(
                f"In an ONNX model, an empty text is a missing value. Column "
                f"{self._fitted._name(position)!r} has it as a category. Replace it "
                f"in X by another text, or by None, and fit again."
            )
        return write(
            "LabelEncoder",
            column,
            domain=ML_DOMAIN,
            op_version=2,
            keys_strings=[*known, ""],
            values_int64s=[*known.values(), missing],
            default_int64=other,
        )

    def _codes_of_numbers(
        self, column: str, known: dict[str, int], other: int, missing: int
    ) -> str:
        """Return the codes of categories that are numbers in a matrix."""
        write = self._writer
        values = np.array([float(text) for text in known], self._dtype)
        is_known = write.cast(write("Equal", column, values[np.newaxis]), np.int64)
        beyond = np.array(list(known.values()), np.int64) - other
        codes = write("MatMul", is_known, beyond[:, np.newaxis])
        codes = write("Add", codes, np.array(other))
        return write("Where", write("IsNaN", column), np.array(missing), codes)

    def _target(self) -> str:
        """Return the encodings by the target, or "" for none."""
        write, codings = self._writer, self._fitted.target_codings_
        if not codings:
            return ""
        codes = [
            write("Squeeze", self._codes(position, coding), np.array([1]))
            for position, coding in codings.items()
        ]
        columns = [
            write("Gather", table, one, axis=0)
            for encoder in self._fitted.target_encoders_
            for one, table in zip(
                codes, _encodings(encoder, list(codings.values())), strict=True
            )
        ]
        return columns[0] if len(columns) == 1 else write("Concat", *columns, axis=1)


def _encodings(encoder: Any, codings: list[Coding]) -> list[np.ndarray]:
    """Return the encodings of each code of each column; the last row is for -1."""
    tables = []
    for number, coding in enumerate(codings):
        codes = np.zeros((len(coding["names"]) + 1, len(codings)), dtype=np.int64)
        codes[:, number] = [*range(len(coding["names"])), -1]
        encoded = encoder.transform(codes)
        width = encoded.shape[1] // len(codings)
        tables.append(encoded[:, number * width : (number + 1) * width])
    return tables
