"""Tables in files that are read in chunks of rows, so that they may exceed the memory.

Types of columns do not depend on the chunk: numbers are read as float64, all other
columns of text files as text, and those of Parquet files as they are stored.
"""

import gzip
import re
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pandas.errors import ParserError

from skweighted.comparison.files import (
    TextFormat,
    check_format,
    csv_settings,
    fields_checked,
    is_text,
    no_rows,
    table_errors,
)
from skweighted.exceptions import TableError


class TableStream:
    """A table in a file, in chunks of rows.

    Parameters
    ----------
    path : str or Path
        As in `skweighted.comparison.files.read_table`.
    text_format : TextFormat or None, default=None
        How text is written; None is ``TextFormat()``.

    Attributes
    ----------
    names : list of str
        The columns.
    share_read : float
        How much of the file has been read, from 0 to 1.

    Raises
    ------
    TableError
        If there is no such file, or it is not a table.
    """

    def __init__(self, path: str | Path, text_format: TextFormat | None = None) -> None:
        self.path = Path(path)
        self._format = text_format or TextFormat()
        self.share_read = 0.0
        check_format(path, self._format)
        with table_errors(self.path, self._format):
            if is_text(self.path):
                settings, _ = csv_settings(self.path, self._format)
                header = pd.read_csv(self.path, nrows=0, **settings)
                self.names = [str(name) for name in header.columns]
            else:
                with pq.ParquetFile(self.path) as file:
                    self.names = list(file.schema_arrow.names)

    def chunks(
        self,
        columns: Collection[str],
        numbers: Collection[str],
        n_rows: int,
        id_column: str | None = None,
    ) -> Iterator[tuple[pd.DataFrame, pd.Series | None]]:
        """Yield the columns of some rows, and their identifiers.

        Parameters
        ----------
        columns : collection of str
            The columns to read.
        numbers : collection of str
            Those of `columns` that hold numbers.
        n_rows : int
            Rows of a chunk.
        id_column : str or None, default=None
            A column that is returned as it is.

        Raises
        ------
        TableError
            If a column of numbers in a text file holds something else.
        """
        read = self._text_chunks if is_text(self.path) else self._parquet_chunks
        is_empty = True
        with table_errors(self.path, self._format):
            for chunk in read(columns, numbers, n_rows, id_column):
                is_empty = False
                yield chunk
        if is_empty:
            raise no_rows(self.path)

    def _text_chunks(
        self,
        columns: Collection[str],
        numbers: Collection[str],
        n_rows: int,
        id_column: str | None,
    ) -> Iterator[tuple[pd.DataFrame, pd.Series | None]]:
        """Yield chunks of a text file."""
        settings, n_names = csv_settings(self.path, self._format)
        needed = dict.fromkeys([*columns, *([id_column] if id_column else [])])
        # All columns are read: with usecols, pandas ignores fields beyond the header.
        types = dict.fromkeys(self.names, str) | dict.fromkeys(numbers, "float64")
        if id_column:
            types[id_column] = str
        n_read = 0
        n_bytes = self.path.stat().st_size
        with ExitStack() as stack:
            raw = stack.enter_context(self.path.open("rb"))
            file: IO[Any] = raw
            if self.path.name.lower().endswith(".gz"):
                file = stack.enter_context(gzip.open(raw))  # type: ignore[arg-type]
            stack.enter_context(fields_checked(self.path, n_names))
            reader = pd.read_csv(file, dtype=types, chunksize=n_rows, **settings)
            stack.enter_context(reader)
            while True:
                try:
                    frame = next(reader)
                except StopIteration:
                    return
                except (ParserError, UnicodeError):
                    raise
                except ValueError:
                    self._find_text(numbers, settings, n_rows)
                    raise
                if len(frame):
                    self.share_read = raw.tell() / n_bytes
                    ids = frame[id_column] if id_column else None
                    if id_column is not None and id_column in numbers:
                        parsed = _parsed(frame[id_column], settings["decimal"], n_read)
                        frame = frame.assign(**{id_column: parsed})
                    n_read += len(frame)
                    yield frame[list(needed)], ids

    def _find_text(
        self, numbers: Collection[str], settings: dict[str, Any], n_rows: int
    ) -> None:
        """Raise TableError that names the first value that is not a number.

        pandas' own error names neither column nor row.
        """
        n_read = 0
        with pd.read_csv(self.path, dtype=str, chunksize=n_rows, **settings) as reader:
            for frame in reader:
                for name in numbers:
                    _parsed(frame[name], settings["decimal"], n_read)
                n_read += len(frame)

    def _parquet_chunks(
        self,
        columns: Collection[str],
        numbers: Collection[str],
        n_rows: int,
        id_column: str | None,
    ) -> Iterator[tuple[pd.DataFrame, pd.Series | None]]:
        """Yield chunks of a Parquet file."""
        needed = list(dict.fromkeys([*columns, *([id_column] if id_column else [])]))
        n_read = 0
        with pq.ParquetFile(self.path) as file:
            for batch in file.iter_batches(batch_size=n_rows, columns=needed):
                if not batch.num_rows:
                    continue
                n_read += batch.num_rows
                self.share_read = n_read / file.metadata.num_rows
                ids = None
                if id_column:
                    # As Arrow's type: integers stay integers if some are missing.
                    held = pd.arrays.ArrowExtensionArray(batch[id_column])
                    ids = pd.Series(held, name=id_column)
                yield (
                    pa.Table.from_batches([batch]).to_pandas(ignore_metadata=True),
                    ids,
                )


def _parsed(texts: pd.Series, decimal: str, n_read: int) -> pd.Series:
    """Return text as numbers, or raise TableError; rows before it are `n_read`."""
    with_points = texts.str.replace(decimal, ".", regex=False)
    numbers = pd.to_numeric(with_points, errors="coerce").astype(np.float64)
    is_wrong = (numbers.isna() & texts.notna()).to_numpy()
    if is_wrong.any():
        row = int(is_wrong.argmax())
        raise _not_a_number(str(texts.name), n_read + row + 1, texts.iloc[row])
    return numbers


def _not_a_number(name: str, row: int, text: str) -> TableError:
    """Return the error for text in a column of numbers."""
    way_out = f"Correct the value, or use --na {text!r} if it stands for a missing one."
    if re.fullmatch(r"[+-]?\d+,\d+", text):
        way_out = "Use --decimal ',' if the comma separates decimals."
    return TableError(
        f"Column {name!r} must hold numbers, as in the training rows. Row {row:,} "
        f"holds {text!r}. {way_out}"
    )
