"""Tables in files: .csv, .tsv, .csv.gz or .parquet in, features and target out.

If a file is not a table, a `TableError` of one line is raised.
"""

import codecs
import csv
import gzip
import io
import re
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from pandas.errors import EmptyDataError, ParserError, ParserWarning

from skweighted._tables._values import parsed_dates
from skweighted._text import count, did_you_mean, shortened
from skweighted.exceptions import TableError

TEXT_EXTENSIONS = (".csv", ".tsv", ".csv.gz")
EXTENSIONS = (*TEXT_EXTENSIONS, ".parquet")


@dataclass(frozen=True)
class TextFormat:
    """How a text table is written, as the options of the command state it.

    Attributes
    ----------
    encoding : str or None, default=None
        Name of the encoding; None is UTF-8.
    na : tuple of str, default=()
        Cells that stand for a missing value, besides empty ones, NA and the like.
    decimal : {".", ","}, default="."
        What separates decimals.
    separator : str or None, default=None
        What separates columns, a character or "tab"; None takes the comma, semicolon
        or tab, whichever is most frequent in the header row.

    Raises
    ------
    TableError
        If there is no such encoding, or the separator is not a single character.
    """

    encoding: str | None = None
    na: tuple[str, ...] = ()
    decimal: str = "."
    separator: str | None = None

    def __post_init__(self) -> None:
        try:
            "x".encode(self.encoding or "utf-8")
        except (LookupError, ValueError):
            raise TableError(
                f"--encoding must be an encoding that Python knows, such as utf-8, "
                f"cp1252, latin-1 or utf-16. Got {self.encoding!r}."
            ) from None
        if self.separator == "tab" or self.separator == "\\t":
            object.__setattr__(self, "separator", "\t")
        given = self.separator
        if given is not None and (len(given) != 1 or given in '"\n\r'):
            raise TableError(
                f"--separator must be one character, or 'tab'. Got {given!r}. Quotes "
                f"and line breaks cannot separate columns."
            )

    @property
    def options(self) -> list[str]:
        """The options of the command that differ from their defaults."""
        return [
            f"--{name}"
            for name, value in vars(self).items()
            if value != getattr(TextFormat, name)
        ]


def read_table(path: str | Path, text_format: TextFormat | None = None) -> pd.DataFrame:
    """Read a table from a file.

    Parameters
    ----------
    path : str or Path
        A ``.csv``, ``.tsv``, ``.csv.gz`` or ``.parquet`` file. Text has a header row.
    text_format : TextFormat or None, default=None
        How text is written; None is ``TextFormat()``.

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
    path, text_format = Path(path), text_format or TextFormat()
    with table_errors(path, text_format):
        frame = _read_csv(path, text_format) if is_text(path) else pd.read_parquet(path)
    if frame.empty:
        raise no_rows(path)
    # Parquet can have numbers or several levels as names.
    return frame.set_axis(frame.columns.map(str), axis=1).reset_index(drop=True)


@contextmanager
def table_errors(path: Path, text_format: TextFormat) -> Iterator[None]:
    """Check that there is a file, and raise what reading it raises as TableError."""
    _check_file(path)
    try:
        yield
    except PermissionError:
        raise TableError(
            f"You do not have permission to read '{path}'. Check its permissions."
        ) from None
    except EmptyDataError:
        raise _empty(path) from None
    except UnicodeError:
        raise _not_text(path, text_format.encoding) from None
    # pyarrow's ArrowInvalid is a ValueError, gzip's BadGzipFile an OSError.
    except (ParserError, csv.Error, ValueError, OSError, EOFError, zlib.error) as error:
        if isinstance(error, TableError):
            raise
        reason = " ".join(str(error).split()).rstrip(".")
        reason = reason.removeprefix("Error tokenizing data. C error: ")
        raise TableError(f"'{path}' is not a table: {reason}.") from None


def no_rows(path: Path) -> TableError:
    """Return the error for a table without rows."""
    return TableError(f"'{path}' has a header but no rows.")


def is_text(source: str | Path) -> bool:
    """Return whether a file is text by its name, not Parquet or a data set online."""
    return str(source).lower().endswith(TEXT_EXTENSIONS)


def check_format(source: str | Path, text_format: TextFormat) -> None:
    """Raise TableError if options for text are given for something else."""
    if text_format.options and not is_text(source):
        raise TableError(
            f"{' and '.join(text_format.options)} can only be used with a .csv, .tsv "
            f"or .csv.gz file. Got '{source}'."
        )


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
    position = _position(frame, target)
    if len(frame.columns) == 1:
        raise TableError(
            f"{target!r} is the only column, so there are no features. {_SEPARATORS}"
        )
    y = frame.iloc[:, position].rename(target)
    return frame.drop(columns=frame.columns[position]), y


_SEPARATORS = (
    "Columns must be separated by commas, semicolons or tabs; name any other separator "
    "with --separator."
)


def _position(frame: pd.DataFrame, name: str) -> int:
    """Return the position of a column; raise TableError if there is none."""
    names = [str(column) for column in frame.columns]
    if name in names:
        return names.index(name)
    if len(names) == 1:
        raise TableError(
            f"There is no column {name!r}. The only column is {names[0]!r}. "
            f"{_SEPARATORS}"
        )
    raise TableError(
        f"There is no column {name!r}.{did_you_mean(name, names)} Columns: "
        f"{shortened(names)}."
    )


def with_dates(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return a table with the text of some columns as dates.

    Raises
    ------
    TableError
        If there is no such column, or it does not hold dates as of ISO 8601.
    """
    for name in names:
        texts = frame.iloc[:, _position(frame, name)]
        held = "categories"
        if pd.api.types.is_numeric_dtype(texts):
            held, dates = "numbers", pd.Series(pd.NaT, index=texts.index)
        else:
            dates = parsed_dates(texts, "coerce")
        wrong = texts[texts.notna() & dates.isna()]
        if len(wrong):
            raise TableError(
                f"--dates {name} needs dates such as 2024-12-31 or 2024-12-31 23:59. "
                f"Got {str(wrong.iloc[0])!r}. Convert them first, or omit --dates "
                f"{name}; the column then holds {held}."
            )
        frame = frame.assign(**{name: dates})
    return frame


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


def csv_settings(path: Path, text_format: TextFormat) -> tuple[dict[str, Any], int]:
    """Return how pandas reads a text table, and the number of its columns."""
    encoding = text_format.encoding or "utf-8"
    header = _header_line(path, "utf-8-sig" if encoding == "utf-8" else encoding)
    unquoted = re.sub(r'"[^"]*"', "", header)
    separator = text_format.separator or max(",;\t", key=unquoted.count)
    if separator not in header and text_format.separator:
        raise TableError(
            f"--separator {separator!r} is not in the header of '{path}'. The header "
            f"is: {header[:60].strip()}."
        )
    names = next(csv.reader([header], delimiter=separator, skipinitialspace=True))
    repeated = sorted({name for name in names if name and names.count(name) > 1})
    if repeated:
        raise TableError(
            f"'{path}' has more than one column named {shortened(repeated)}. "
            f"Rename or remove the repeated columns."
        )
    settings = {
        "sep": separator,
        "index_col": False,
        "skipinitialspace": True,
        "encoding": encoding,
        "decimal": text_format.decimal,
        "na_values": list(text_format.na),
    }
    return settings, len(names)


@contextmanager
def fields_checked(path: Path, n_names: int) -> Iterator[None]:
    """Raise TableError if rows have more fields than the header."""
    with warnings.catch_warnings():
        # If rows have more fields than the header, pandas uses the first as the index,
        # or with index_col=False drops the last with this warning.
        warnings.simplefilter("error", ParserWarning)
        try:
            yield
        except ParserWarning:
            raise TableError(
                f"'{path}' is not a table: its header has "
                f"{count(n_names, 'name')}, but some rows have more fields."
            ) from None


def _read_csv(path: Path, text_format: TextFormat) -> pd.DataFrame:
    """Read a text table."""
    settings, n_names = csv_settings(path, text_format)
    with fields_checked(path, n_names):
        # low_memory=False: one type per column, not one per chunk of the file.
        return pd.read_csv(path, low_memory=False, **settings)


def _header_line(path: Path, encoding: str) -> str:
    """Return the first line that is not blank."""
    opened = gzip.open if path.name.lower().endswith(".gz") else open
    with opened(path, "rb") as file, io.TextIOWrapper(file, encoding) as text:
        line = next(filter(str.strip, text), "")
    if not line:
        raise _empty(path)
    if "\0" in line:
        raise _not_text(path, None if encoding == "utf-8-sig" else encoding)
    return line.strip("\r\n")


def _empty(path: Path) -> TableError:
    """Return the error for a file without content."""
    return TableError(
        f"'{path}' is empty. A table needs a header row and at least one other row."
    )


def _not_text(path: Path, encoding: str | None) -> TableError:
    """Return the error for bytes that are not text in an encoding."""
    with path.open("rb") as file:
        has_mark = file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    other = "utf-16" if has_mark else "cp1252" if encoding is None else "latin-1"
    return TableError(
        f"'{path}' is not a table: it is not {encoding or 'UTF-8'} text. If it is text "
        f"in another encoding, name it, such as --encoding {other}. If it is a "
        f"spreadsheet, save it as CSV (UTF-8)."
    )
