"""Tables in files: .csv, .tsv, .csv.gz or .parquet in, features and target out.

If a file is not a table, a `TableError` of one line is raised.
"""

import csv
import gzip
import warnings
import zlib
from pathlib import Path

import pandas as pd
from pandas.errors import EmptyDataError, ParserError, ParserWarning

from skweighted._text import count, did_you_mean, shortened
from skweighted.exceptions import TableError

EXTENSIONS = (".csv", ".tsv", ".csv.gz", ".parquet")


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a table from a file.

    Parameters
    ----------
    path : str or Path
        A ``.csv``, ``.tsv``, ``.csv.gz`` or ``.parquet`` file. Text is UTF-8 with a
        header row, separated by commas, semicolons or tabs, whichever is most
        frequent in the header row.

    Returns
    -------
    DataFrame of shape (n_rows, n_columns)
        At least one row and unique column names.

    Raises
    ------
    TableError
        If the file cannot be read, is not a table, has no rows, or repeats a column
        name.
    """
    path = Path(path)
    _check_file(path)
    try:
        if path.name.lower().endswith(".parquet"):
            frame = pd.read_parquet(path)
        else:
            frame = _read_csv(path)
    except PermissionError:
        raise TableError(
            f"You do not have permission to read '{path}'. Check its permissions."
        ) from None
    except EmptyDataError:
        raise _empty(path) from None
    except UnicodeDecodeError:
        raise _not_text(path) from None
    # pyarrow's ArrowInvalid is a ValueError, gzip's BadGzipFile an OSError.
    except (ParserError, csv.Error, ValueError, OSError, EOFError, zlib.error) as error:
        if isinstance(error, TableError):
            raise
        reason = " ".join(str(error).split()).rstrip(".")
        reason = reason.removeprefix("Error tokenizing data. C error: ")
        raise TableError(f"'{path}' is not a table: {reason}.") from None
    if frame.empty:
        raise TableError(f"'{path}' has a header but no rows.")
    return frame.reset_index(drop=True)


def split_target(frame: pd.DataFrame, target: str) -> tuple[pd.DataFrame, pd.Series]:
    """Split a table into features and target.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        The whole table.
    target : str
        The name of the target's column.

    Returns
    -------
    X : DataFrame of shape (n_rows, n_columns - 1)
        Every other column.
    y : Series of shape (n_rows,)
        The target.

    Raises
    ------
    TableError
        If there is no such column, or no other column.
    """
    names = [str(name) for name in frame.columns]
    if target not in names:
        raise TableError(
            f"There is no column {target!r}.{did_you_mean(target, names)} "
            f"Columns: {shortened(names)}."
        )
    if len(names) == 1:
        raise TableError(
            f"{target!r} is the only column, so there are no features. "
            f"Columns must be separated by commas, semicolons or tabs."
        )
    position = names.index(target)
    y = frame.iloc[:, position].rename(target)
    return frame.drop(columns=frame.columns[position]), y


def _check_file(path: Path) -> None:
    """Raise an error if there is no file at path that can be a table."""
    if not path.exists():
        siblings = path.parent.glob("*") if path.parent.is_dir() else ()
        tables = [s.name for s in siblings if s.name.lower().endswith(EXTENSIONS)]
        raise TableError(f"There is no file '{path}'.{did_you_mean(path.name, tables)}")
    if path.is_dir():
        raise TableError(
            f"'{path}' is a directory. Choose a .csv, .tsv, .csv.gz or .parquet file."
        )
    if not path.name.lower().endswith(EXTENSIONS):
        raise TableError(
            f"'{path}' cannot be read: its name must end in .csv, .tsv, .csv.gz or "
            f".parquet."
        )
    if path.stat().st_size == 0:
        raise _empty(path)


def _read_csv(path: Path) -> pd.DataFrame:
    """Read a text table; its header row determines the separator."""
    header = _header_line(path)
    separator = max(",;\t", key=header.count)
    names = next(csv.reader([header], delimiter=separator, skipinitialspace=True))
    repeated = sorted({name for name in names if name and names.count(name) > 1})
    if repeated:
        raise TableError(
            f"'{path}' has more than one column named {shortened(repeated)}. "
            f"Rename or remove the repeated columns."
        )
    with warnings.catch_warnings():
        # If rows have more fields than the header, pandas uses the first as the index,
        # or with index_col=False drops the last with this warning.
        warnings.simplefilter("error", ParserWarning)
        try:
            # low_memory=False: one type per column, not one per chunk of the file.
            return pd.read_csv(
                path,
                sep=separator,
                index_col=False,
                low_memory=False,
                skipinitialspace=True,
            )
        except ParserWarning:
            raise TableError(
                f"'{path}' is not a table: its header has "
                f"{count(len(names), 'name')}, but some rows have more fields."
            ) from None


def _header_line(path: Path) -> str:
    """Return the first line that is not blank."""
    opened = gzip.open if path.name.lower().endswith(".gz") else open
    with opened(path, "rb") as file:
        line = next(filter(bytes.strip, file), b"")
    if not line:
        raise _empty(path)
    if b"\0" in line:
        raise _not_text(path)
    return line.lstrip().splitlines()[0].decode("utf-8-sig")


def _empty(path: Path) -> TableError:
    """Return the error for a file without content."""
    return TableError(
        f"'{path}' is empty. A table needs a header row and at least one other row."
    )


def _not_text(path: Path) -> TableError:
    """Return the error for bytes that are not text."""
    return TableError(
        f"'{path}' is not a table: it is not UTF-8 text. "
        f"If it is a spreadsheet, save it as CSV (UTF-8)."
    )
