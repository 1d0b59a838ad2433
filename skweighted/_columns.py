"""What a column of a table holds, found by pandas' parsers.

`read_column` returns a `ColumnReading`; its `describe` is one line for a user, empty if
the column needs no attention. `conspicuous` has these lines for a table. The values are
never modified.
"""

import shlex
import warnings
from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from pandas.api.types import infer_dtype
from pandas.tseries.api import guess_datetime_format

from skweighted._tables._read import DATE_TYPES
from skweighted._text import shortened

Kind = Literal[
    "numbers",
    "numbers with stray text",
    "numbers with decimal commas",
    "numbers with thousands commas",
    "numbers with ambiguous commas",
    "dates",
    "identifiers",
    "categories",
    "text",
    "constant",
]

# What a column is said to hold, by its kind.
_NOUNS = {
    "numbers": "numbers",
    "numbers with stray text": "numbers",
    "numbers with decimal commas": "numbers with decimal commas",
    "numbers with thousands commas": "numbers with commas between thousands",
    "numbers with ambiguous commas": "numbers whose commas separate decimals or "
    "thousands",
    "dates": "dates",
}

# How pandas and the command read numbers with commas.
_READ_CSV = {
    "numbers with decimal commas": "decimal=','",
    "numbers with thousands commas": "thousands=','",
}
_OPTIONS = {
    "numbers with decimal commas": "--decimal ','",
    "dates": "--dates {}",
    "identifiers": "--drop {}",
}

# What to do if no setting of a reader helps.
_ADVICE = {
    "numbers": "Convert it with pd.to_numeric",
    "numbers with thousands commas": "Remove the commas",
    "numbers with ambiguous commas": "State what separates decimals when reading the "
    "file, or remove the commas",
    "identifiers": "Remove it if it identifies rows",
}

# More lines than this would hide what follows them.
_MOST_LINES = 5

# Text is read as numbers or dates if this share of it parses. A smaller share is enough
# if the rest consists of marks such as "?", which stand for missing values.
_MOSTLY = 0.9

# Decimal separators and those between thousands.
_SEPARATORS: tuple[tuple[Kind, str, str], ...] = (
    ("numbers with decimal commas", ",", "."),
    ("numbers with thousands commas", ".", ","),
)

# A column identifies rows if it differs in this share of them, of at least 100 rows.
_NEARLY_ALL = 0.95
_FEWEST_IDENTIFIED = 100

# Names and codes have at most this many blanks on average; sentences have more.
_MOST_BLANKS = 1.0


@dataclass(frozen=True)
class ColumnReading:
    """What a column holds.

    Attributes
    ----------
    name : hashable
        Name of the column.
    kind : str
        One of `Kind`.
    n_values, n_distinct : int
        Number of values and of distinct values; missing ones are not counted.
    n_parsed : int, default=0
        Number of values that are numbers or dates, as `kind` says.
    stray : tuple of str, default=()
        Distinct values that are not, the most frequent first.
    example : str, default=""
        A value that shows why the column is of this kind.
    is_text : bool, default=False
        Whether the values are text, so that numbers or dates still need parsing.
    day_first, is_iso : bool, default=False
        Whether dates begin with the day, or are written as 2024-12-31.
    bounds : tuple of (int, int) or None, default=None
        The smallest and the largest integer of a column that looks like a row index.
    """

    name: Hashable
    kind: Kind
    n_values: int
    n_distinct: int
    n_parsed: int = 0
    stray: tuple[str, ...] = ()
    example: str = ""
    is_text: bool = False
    day_first: bool = False
    is_iso: bool = False
    bounds: tuple[int, int] | None = None

    @property
    def fact(self) -> str:
        """What needs attention, as a sentence without its full stop, or ""."""
        name, noun = repr(self.name), _NOUNS.get(self.kind, "")
        if self.stray:
            verb = "is" if len(self.stray) == 1 else "are"
            return (
                f"{self.n_parsed:,} of {self.n_values:,} values of {name} are {noun}; "
                f"{shortened(self.stray, 3)} {verb} not"
            )
        if self.bounds is not None:
            low, high = self.bounds
            integers = f"{self.n_distinct:,} distinct integers from {low} to {high}"
            if self.n_distinct == self.n_values == high - low + 1:
                integers = f"every integer from {low} to {high} occurs exactly once"
            return f"{name} looks like a row index: {integers}"
        if self.kind == "identifiers":
            return (
                f"{name} is text with {self.n_distinct:,} distinct values in "
                f"{self.n_values:,} rows"
            )
        if not (noun and self.is_text):
            return ""
        stored = " stored as text" if self.kind == "numbers" else ""
        return f"{name} holds {noun}{stored}, such as {self.example!r}"

    @property
    def option(self) -> str:
        """The options of the command that read the column as it is meant, or ""."""
        if self.kind == "dates" and not self.is_iso:
            return ""
        if self._has_points:
            return ""  # the command has no option for them
        option = _OPTIONS.get(self.kind, "").format(shlex.quote(str(self.name)))
        options = [option, *(f"--na {text!r}" for text in self.stray[:3])]
        return " ".join(filter(None, options))

    @property
    def _has_points(self) -> bool:
        """Whether there are points between thousands, and decimal commas."""
        return self.kind == "numbers with decimal commas" and "." in self.example

    @property
    def setting(self) -> str:
        """The call of pandas that reads the column as it is meant, or ""."""
        settings = [_READ_CSV.get(self.kind, "")]
        if self._has_points:
            settings.append("thousands='.'")
        if self.stray and self.kind != "dates":
            settings.append(f"na_values={list(self.stray[:3])!r}")
        listed = ", ".join(filter(None, settings))
        return f"pd.read_csv(file, {listed})" if listed else ""

    @property
    def conversion(self) -> str:
        """The call of pandas that makes dates of text."""
        day_first = ", dayfirst=True" if self.day_first else ""
        coerce = ", errors='coerce'" if self.stray else ""
        return f"pd.to_datetime(X[{self.name!r}]{day_first}{coerce})"

    def describe(self, *, in_python: bool = False) -> str:
        """Return on one line what needs attention and what to do, or "".

        Parameters
        ----------
        in_python : bool, default=False
            Whether to name settings of pandas instead of options of the command.
        """
        if not self.fact:
            return ""
        advice = _ADVICE.get(self.kind, "")
        if in_python:
            if self.setting:
                advice = f"Read the file with {self.setting}"
            elif self.kind == "dates":
                advice = f"Convert it with {self.conversion}"
            return f"{self.fact}. {advice}."
        if self.kind == "identifiers":
            return f"{self.fact}. {advice}: {self.option}"
        if self.option:
            return f"{self.fact}: {self.option}"
        if self._has_points:
            advice = "Remove the points between thousands, and use --decimal ','"
        if self.kind == "dates":
            advice = "Write dates as 2024-12-31, and name the column in --dates"
        return f"{self.fact}. {advice}."


def conspicuous(X: Any, *, in_python: bool = False) -> list[str]:
    """Return a line for each column of a table that may not hold what it seems to.

    Parameters
    ----------
    X : array-like, DataFrame (pandas or polars) or sparse matrix \
            of shape (n_samples, n_features)
        Only a frame is checked, without its categorical columns: their type says that
        they hold categories.
    in_python : bool, default=False
        As in `ColumnReading.describe`.

    Returns
    -------
    list of str
        At most five lines, and then how many more columns there are.
    """
    X = X.to_pandas() if hasattr(X, "to_pandas") else X
    if not isinstance(X, pd.DataFrame):
        return []
    columns = (X.iloc[:, i] for i in range(X.shape[1]))
    readings = (read_column(column) for column in columns if not _is_plain(column))
    lines = [line for r in readings if (line := r.describe(in_python=in_python))]
    n_more = len(lines) - _MOST_LINES
    if n_more > 0:
        more = "column looks" if n_more == 1 else "columns look"
        lines[_MOST_LINES:] = [
            f"{n_more:,} more {more} conspicuous; `skweighted doctor` lists all."
        ]
    return lines


def _is_plain(column: pd.Series) -> bool:
    """Return whether a column is plainly of categories, or numbers with decimals."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return True
    if not isinstance(column.dtype, np.dtype) or column.dtype.kind != "f":
        return False
    # Without this, a table of 5,000 columns takes seconds.
    with np.errstate(invalid="ignore"):
        return bool((column.to_numpy()[:100] % 1 > 0).any())


def read_column(column: pd.Series) -> ColumnReading:
    """Return what a column holds.

    Parameters
    ----------
    column : Series
        Of any type; text is parsed as numbers and as dates.

    Returns
    -------
    ColumnReading

    Examples
    --------
    >>> ages = pd.Series(["31", "?", "45", "28"], name="age")
    >>> read_column(ages).describe()
    "3 of 4 values of 'age' are numbers; '?' is not: --na '?'"
    """
    values = column.dropna().infer_objects()
    if values.dtype == object:
        is_decimal = infer_dtype(values) == "decimal"
        values = values.astype(float if is_decimal else str)
    n_distinct = values.nunique()
    reading = ColumnReading(column.name, "categories", len(values), n_distinct)
    if n_distinct < 2:
        return replace(reading, kind="constant")
    if pd.api.types.is_bool_dtype(values):
        return reading
    if isinstance(values.dtype, pd.CategoricalDtype):
        held = values.dtype.categories.dtype
        if pd.api.types.is_numeric_dtype(held):  # codes of categories, unless unique
            coded = _of_numbers(reading, values.astype(held))
            return coded if coded.kind == "identifiers" else reading
    if pd.api.types.is_numeric_dtype(values):
        return _of_numbers(reading, values)
    if values.dtype.kind in "mM" or infer_dtype(column, skipna=True) in DATE_TYPES:
        return replace(reading, kind="dates", n_parsed=len(values))
    # Each distinct value is parsed once.
    counts = values.astype(str).str.strip().value_counts()
    texts = pd.Series(counts.index, dtype=str)
    reading = replace(reading, is_text=True, example=texts[0])
    for read in (_as_numbers, _as_numbers_with_commas, _as_dates):
        found = read(reading, texts, counts.to_numpy())
        if found is not None:
            return found
    has_words = texts.str.count(" ").mean() > _MOST_BLANKS
    if _identifies(reading):
        return replace(reading, kind="text" if has_words else "identifiers")
    return replace(reading, kind="text") if has_words else reading


def _of_numbers(reading: ColumnReading, values: pd.Series) -> ColumnReading:
    """Return the reading of a column of numbers: a row index, or just numbers."""
    reading = replace(reading, kind="numbers", n_parsed=len(values))
    if values.dtype.kind == "c" or not _identifies(reading):
        return reading
    exact = int if values.dtype.kind in "iu" else float
    low, high = exact(values.min()), exact(values.max())
    # A measurement may differ in each row too, but its values have gaps.
    is_gapless = high - low <= 1.01 * reading.n_distinct
    if not is_gapless or (values.to_numpy(dtype=np.float64) % 1 != 0).any():
        return reading
    return replace(reading, kind="identifiers", bounds=(int(low), int(high)))


def _identifies(reading: ColumnReading) -> bool:
    """Return whether nearly all values differ."""
    return (
        reading.n_values >= _FEWEST_IDENTIFIED
        and reading.n_distinct >= _NEARLY_ALL * reading.n_values
    )


def _as_numbers(
    reading: ColumnReading, texts: pd.Series, counts: np.ndarray
) -> ColumnReading | None:
    """Return the reading of text that is mostly numbers, or None."""
    numbers = pd.to_numeric(texts, errors="coerce")
    head = texts.str.lstrip("+-").str[:2]
    if (head.str.startswith("0") & head.str.isdigit() & (head.str.len() > 1)).any():
        return None  # Codes such as "00501" lose their zeros as numbers.
    found = _parsed(reading, texts, counts, numbers)
    if found is None:
        return None
    if found.stray:
        return replace(found, kind="numbers with stray text")
    read = _of_numbers(found, numbers.repeat(counts.tolist()))
    return read if read.bounds else replace(found, kind="numbers")


def _as_numbers_with_commas(
    reading: ColumnReading, texts: pd.Series, counts: np.ndarray
) -> ColumnReading | None:
    """Return the reading of text that is mostly numbers with commas, or None."""
    has_comma = texts.str.contains(",", regex=False)
    readings: dict[Kind, ColumnReading] = {}
    for kind, decimal, thousands in _SEPARATORS:
        numbers = _without_commas(texts, decimal, thousands)
        found = _parsed(reading, texts, counts, numbers)
        if found is not None and (has_comma & numbers.notna()).any():
            shown = texts[has_comma & numbers.notna()]
            has_both = shown.str.contains(thousands, regex=False)
            example = shown[has_both].iloc[0] if has_both.any() else shown.iloc[0]
            readings[kind] = replace(found, kind=kind, example=example)
    best = max(readings.values(), key=lambda found: found.n_parsed, default=None)
    is_tie = len({found.n_parsed for found in readings.values()}) < len(readings)
    if best is not None and is_tie:
        return replace(best, kind="numbers with ambiguous commas")
    return best


def _without_commas(texts: pd.Series, decimal: str, thousands: str) -> pd.Series:
    """Return the numbers that texts are with these separators, NaN where they are not.

    Between separators of thousands there are three digits.
    """
    parts = texts.str.partition(decimal)
    groups = parts[0].str.lstrip("+-").str.split(thousands, regex=False)
    is_grouped = groups.map(
        lambda group: (
            all(len(digits) == 3 for digits in group[1:])
            and (len(group) == 1 or 1 <= len(group[0]) <= 3)
        )
    )
    plain = texts.str.replace(thousands, "", regex=False)
    numbers = pd.to_numeric(
        plain.str.replace(decimal, ".", regex=False), errors="coerce"
    )
    is_clean = ~parts[2].str.contains(thousands, regex=False)
    is_clean &= ~texts.str.endswith((decimal, thousands))
    return numbers.where(is_grouped & is_clean)


def _as_dates(
    reading: ColumnReading, texts: pd.Series, counts: np.ndarray
) -> ColumnReading | None:
    """Return the reading of text that is mostly dates of one format, or None."""
    best = None
    for day_first in (False, True):
        # Without a format pandas would parse nearly anything, such as "may".
        with warnings.catch_warnings():
            # pandas warns if the year is first whatever `dayfirst` is.
            warnings.simplefilter("ignore", UserWarning)
            date_format = guess_datetime_format(texts[0], dayfirst=day_first)
        if date_format is None:
            continue
        dates = pd.to_datetime(texts, format=date_format, errors="coerce")
        found = _parsed(reading, texts, counts, dates)
        if found is not None and (best is None or found.n_parsed > best.n_parsed):
            best = replace(
                found,
                kind="dates",
                day_first=date_format.startswith(("%d", "%-d")),
                is_iso=date_format.startswith("%Y-%m-%d"),
            )
    return best


def _parsed(
    reading: ColumnReading, texts: pd.Series, counts: np.ndarray, parsed: pd.Series
) -> ColumnReading | None:
    """Return the reading with what was parsed, or None if that is too little."""
    is_parsed = parsed.notna().to_numpy()
    n_parsed = int(counts[is_parsed].sum())
    if is_parsed.sum() < 2:
        return None
    stray = texts[~is_parsed]
    only_marks = not stray.map(lambda text: any(map(str.isalnum, text))).any()
    if n_parsed < _MOSTLY * counts.sum() and not only_marks:
        return None
    example = texts[is_parsed].iloc[0]
    return replace(reading, n_parsed=n_parsed, stray=tuple(stray), example=example)
