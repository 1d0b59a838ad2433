"""Where tables come from: files, OpenML, and imbalanced-learn's collection."""

import re
from http.client import HTTPException
from urllib.error import HTTPError

import pandas as pd
from imblearn.datasets import fetch_datasets
from sklearn.datasets import fetch_openml

from skweighted._text import did_you_mean, shortened
from skweighted.comparison.files import (
    TextFormat,
    check_format,
    read_table,
    split_target,
)
from skweighted.exceptions import TableError


def load(
    source: str, target: str | None, text_format: TextFormat | None = None
) -> tuple[pd.DataFrame, pd.Series]:
    """Return features and target of a table.

    Parameters
    ----------
    source : str
        A file, "openml:ID" or "imblearn:NAME".
    target : str or None
        Column with the classes. Required for a file; data of OpenML and
        imbalanced-learn have a default target.
    text_format : TextFormat or None, default=None
        How a text file is written.

    Returns
    -------
    X : DataFrame of shape (n_rows, n_columns)
    y : Series of shape (n_rows,)

    Raises
    ------
    TableError
        If there is no such table, or it cannot be downloaded.
    """
    if text_format is not None:
        check_format(source, text_format)
    kind, _, name = source.partition(":")
    if kind == "openml":
        return _from_openml(name, target)
    if kind == "imblearn":
        return _from_imblearn(name, target)
    frame = read_table(source, text_format)
    if target is None:
        raise TableError(
            f"--target is missing. Name the column of '{source}' that holds the "
            f"classes. Columns: {shortened(frame.columns)}."
        )
    return split_target(frame, target)


def _from_openml(name: str, target: str | None) -> tuple[pd.DataFrame, pd.Series]:
    """Return a data set of OpenML."""
    if not name.isdecimal():
        raise TableError(
            f"'openml:{name}' is not a data set. Use its number on OpenML, such as "
            f"openml:310."
        )
    try:
        bunch = fetch_openml(data_id=int(name), as_frame=True, parser="auto")
    except HTTPError as error:
        raise TableError(
            f"OpenML did not return data set {name}: {error.reason}."
        ) from None
    except (OSError, HTTPException) as error:
        raise _not_downloaded(f"openml:{name}", error) from None
    if target is not None:
        return split_target(bunch.frame, target)
    if bunch.target is None:
        raise TableError(
            f"'openml:{name}' has no default target. Name the column that holds the "
            f"classes with --target. Columns: {shortened(bunch.frame.columns)}."
        )
    return bunch.data, bunch.target


def _from_imblearn(name: str, target: str | None) -> tuple[pd.DataFrame, pd.Series]:
    """Return a data set of imbalanced-learn's collection."""
    if target is not None:
        raise TableError(
            f"'imblearn:{name}' has its own target, and its columns have no names. "
            f"Omit --target {target}."
        )
    try:
        bunch = fetch_datasets(filter_data=(name,))[name]
    except ValueError as error:
        known = re.findall(r"'(\w+)'", str(error))
        raise TableError(
            f"imbalanced-learn has no data set {name!r}.{did_you_mean(name, known)} "
            f"Known: {shortened(known, 99)}."
        ) from None
    except (OSError, HTTPException) as error:
        raise _not_downloaded(f"imblearn:{name}", error) from None
    columns = [f"x{number + 1}" for number in range(bunch.data.shape[1])]
    return pd.DataFrame(bunch.data, columns=columns), pd.Series(bunch.target, name="y")


def _not_downloaded(source: str, error: Exception) -> TableError:
    """Return the error for a table that could not be downloaded."""
    reason = " ".join(str(getattr(error, "reason", error)).split())
    return TableError(
        f"'{source}' could not be downloaded: {reason}. Check the network connection. "
        f"Data that were downloaded before, and local files, need none."
    )
