"""The values of a column of a known kind: numbers, dates or categories."""

import contextlib
import datetime
from typing import Any

import numpy as np
import pandas as pd

# The numbers of a date: days since the earliest one, with hours as fractions.
DATE_PARTS = ("days", "weekday", "month", "hour")

_DAY = pd.Timedelta(days=1)
_EPOCH = pd.Timestamp(1970, 1, 1)


def numbers_in(column: pd.Series, name: Any, kind: str) -> np.ndarray:
    """Return a column of numbers, booleans or durations as float64, NaN if missing.

    Parameters
    ----------
    column : Series of length n_samples
    name : object
        Of the column, for messages.
    kind : str
        What it held in fit: a "duration", which is returned in days, a "boolean", or
        else numbers.

    Raises
    ------
    ValueError
        If it holds something else.
    """
    numbers = _days(column) if kind == "duration" else _floats(column)
    if numbers is None:
        # A column without values is of any kind.
        wrong = column.notna().to_numpy()
        numbers = np.full(len(column), np.nan)
    elif kind == "boolean" and column.dtype != bool:
        wrong = ~(np.isnan(numbers) | np.isin(numbers, [0, 1]))
    else:
        return numbers
    if wrong.any():
        example = column[wrong].iloc[:1].tolist()[0]
        raise ValueError(_not_of_kind(column, name, kind, example))
    return numbers


def _days(column: pd.Series) -> np.ndarray | None:
    """Return durations in days, or None if the column holds something else."""
    if column.dtype.kind != "m":
        return None
    if isinstance(column.dtype, np.dtype):
        return column.to_numpy() / np.timedelta64(1, "D")
    return (pd.to_timedelta(column) / _DAY).to_numpy(np.float64, na_value=np.nan)


def _floats(column: pd.Series) -> np.ndarray | None:
    """Return numbers or booleans as float64, or None if they are something else."""
    if column.dtype.kind in "cMm":
        return None
    try:
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError, OverflowError):
        return None


def _not_of_kind(column: pd.Series, name: Any, kind: str, example: Any) -> str:
    """Return a message about a column that was expected to hold numbers."""
    if column.dtype.kind == "c":
        return "Complex data not supported\n"
    held = f"values of type {column.dtype}"
    if kind == "duration":
        return (
            f"Column {name!r} of X must hold durations, as in fit. It has {held}, such "
            f"as {example!r}. Convert them with pandas.to_timedelta and their unit."
        )
    if kind == "boolean":
        return (
            f"Column {name!r} of X must hold booleans, as in fit, or 0 and 1. It has "
            f"{held}, such as {example!r}."
        )
    for value in column:
        if isinstance(value, str):
            held = f"text, such as {value!r}"
            break
    return (
        f"Column {name!r} of X must hold numbers, but it contains {held}. Name it in "
        f"categorical_features if it holds categories, or convert it to numbers."
    )


def moments_in(column: pd.Series, name: Any, zone: str | None) -> pd.Series:
    """Return a column of dates as wall-clock time in a zone, without the zone.

    Dates without a zone are wall-clock time already. With None there is no zone, and
    dates that have one are an error.
    """
    dates = dates_in(column, name)
    if dates.dt.tz is None:
        return dates
    if zone is None:
        raise ValueError(
            f"Column {name!r} of X must hold dates without a time zone, as in fit. Its "
            f"dates are in {dates.dt.tz}. Convert them to the zone that those of fit "
            f"were in, and remove it by dt.tz_localize(None)."
        )
    return dates.dt.tz_convert(zone).dt.tz_localize(None)


def dates_in(column: pd.Series, name: Any) -> pd.Series:
    """Return a column of dates, periods or text that is dates as pandas' datetimes."""
    try:
        if isinstance(column.dtype, pd.PeriodDtype):
            return column.dt.to_timestamp()
        if column.dtype == object and pd.api.types.infer_dtype(column) == "period":
            return pd.PeriodIndex(column).to_timestamp().to_series()
        # pandas would take numbers for epochs; a column of NaN alone has no dates.
        if column.dtype.kind in "biuf" and column.notna().any():
            raise TypeError
        if column.dtype.kind not in "M":
            return parsed_dates(column)
        if isinstance(column.dtype, pd.ArrowDtype):  # date32 has no dt.tz
            return pd.to_datetime(column)
    except (TypeError, ValueError):
        known = column.notna()
        if not known.any():
            return pd.Series(pd.NaT, column.index, "datetime64[ns]")
        wrong = known
        if column.dtype.kind not in "biufm":
            with contextlib.suppress(TypeError, ValueError):
                wrong = known & parsed_dates(column, errors="coerce").isna()
        example = column[wrong if wrong.any() else known].tolist()[0]
        raise ValueError(
            f"Column {name!r} of X must hold dates, all with a time zone or all "
            f"without. It has values of type {column.dtype}, such as {example!r}. "
            f"Convert them to dates, or to None if they are missing."
        ) from None
    return column


def parsed_dates(column: pd.Series, errors: Any = "raise") -> pd.Series:
    """Return text as dates; in UTC if it has several offsets, as summer time has.

    Dates without an offset among others with one are no dates: their zone is unknown.
    """
    try:
        return pd.to_datetime(column, format="ISO8601")
    except (TypeError, ValueError):
        has_offset = column.astype(str).str.contains(r"(?:Z|[+-]\d\d:?\d\d)$")
        is_unknown = column.notna() & ~has_offset
        if errors == "raise" and is_unknown.any():
            raise
        # Without utc, pandas would take offsets other than the first for no dates.
        dates = pd.to_datetime(
            column, format="ISO8601", errors=errors, utc=bool(has_offset.any())
        )
        return dates.mask(is_unknown) if has_offset.any() else dates


def zone_of(column: pd.Series) -> str | None:
    """Return the time zone of a column of dates; None if it has none.

    A zone without a name in the IANA database becomes UTC.
    """
    zone = getattr(column.dtype, "tz", None)
    if zone is None:
        return None
    try:
        pd.Timestamp(0, tz=str(zone))
    except (KeyError, ValueError):  # as for zones of dateutil
        return "UTC"
    return str(zone)


def days_in(moments: pd.Series) -> np.ndarray:
    """Return days since 1970, with hours as fractions, NaN if missing."""
    days = ((moments - _EPOCH) / _DAY).to_numpy(np.float64)
    return np.where(moments.isna(), np.nan, days)


def date_parts(moments: pd.Series, origin: float) -> np.ndarray:
    """Return the numbers of dates.

    Parameters
    ----------
    moments : Series of datetime of length n_samples
    origin : float
        The day that the days are counted from, in days since 1970.

    Returns
    -------
    ndarray of shape (n_samples, 4)
        See `DATE_PARTS`: weekdays from 0 for Monday, months from 1, hours with minutes
        as fractions. NaN if missing.
    """
    hours = moments.dt.hour + moments.dt.minute / 60
    parts = [days_in(moments) - origin]
    parts += [moments.dt.day_of_week, moments.dt.month, hours]
    return np.column_stack([np.asarray(part, np.float64) for part in parts])


def categories_in(column: pd.Series) -> tuple[np.ndarray, list[str]]:
    """Return a column of categories as codes and their distinct texts.

    Parameters
    ----------
    column : Series of length n_samples

    Returns
    -------
    codes : ndarray of int of shape (n_samples,)
        Positions in `texts`; -1 if missing.
    texts : list of str
        Numbers as integers where possible: a column of integers becomes one of floats
        if a value is missing, and its categories must stay the same.
    """
    is_text = pd.api.types.is_string_dtype(column)
    if column.dtype.kind == "O" and not is_text:
        # Lists cannot be hashed, and 1 and True are equal.
        column = column.map(text_of, na_action="ignore")
    codes, values = pd.factorize(column)
    texts = [text_of(value) for value in values]
    distinct = list(dict.fromkeys(texts))
    if len(distinct) < len(texts):
        position = {text: number for number, text in enumerate(distinct)}
        renumbered = np.array([*(position[text] for text in texts), -1])
        codes = renumbered[codes]
    return codes, distinct


def text_of(value: Any) -> str:
    """Return a category as text."""
    if isinstance(value, np.floating):
        value = float(value)  # the text of float32 has fewer digits
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    try:
        # As pandas writes them in a column of their own type.
        if isinstance(value, datetime.timedelta | np.timedelta64):
            return str(pd.Timedelta(value))
        if isinstance(value, datetime.date | np.datetime64):
            return str(pd.Timestamp(value))
    except (ValueError, OverflowError):  # they are too large for pandas
        pass
    return str(value)
