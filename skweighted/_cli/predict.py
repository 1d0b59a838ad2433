"""`skweighted predict`."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skweighted._cli.failures import WrongArgument
from skweighted._cli.outputs import check_writable
from skweighted._cli.text_options import with_text_options
from skweighted._text import count

if TYPE_CHECKING:
    import pandas as pd

    from skweighted import Model
    from skweighted.comparison.files import TextFormat
    from skweighted.comparison.streams import TableStream

    # Writes the predictions of some rows.
    Write = Callable[[pd.DataFrame], None]

# Rows that are in memory at a time. More are not faster.
CHUNK_ROWS = 50_000

SEPARATORS = {".csv": ",", ".csv.gz": ",", ".tsv": "\t"}


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("file")
@click.option(
    "-o",
    "--output",
    metavar="OUT",
    type=click.Path(path_type=Path),
    help="The .csv, .tsv, .csv.gz or .parquet file to write.  [default: CSV to the "
    "screen]",
)
@click.option("--proba", is_flag=True, help="Write the probability of each class too.")
@click.option(
    "--id", "id_column", metavar="COLUMN", help="Column to write next to predictions."
)
@click.option(
    "--check",
    is_flag=True,
    help="Report how the rows differ from the training rows: columns whose values have "
    "drifted, and classes that have become more or less frequent.",
)
@with_text_options
def predict(
    model: Path,
    file: str,
    output: Path | None,
    proba: bool,
    id_column: str | None,
    check: bool,
    text_format: "TextFormat",
) -> None:
    """Predict the rows of a table.

    MODEL is a file that `skweighted train` has written. FILE is a .csv, .tsv, .csv.gz
    or .parquet table of any length with the columns that MODEL needs, in any order;
    other columns are ignored. A category that the training rows do not have is treated
    as a rare one, or as none of the known ones.
    """
    from skweighted import Model
    from skweighted._progress import progress_bar
    from skweighted._text import shortened
    from skweighted.comparison.streams import TableStream

    if output is not None:
        if not output.name.lower().endswith((*SEPARATORS, ".parquet")):
            raise WrongArgument(
                f"--output must end in .csv, .tsv, .csv.gz or .parquet. Got {output}."
            )
        check_writable("output", output, file)
        check_writable("output", output, model, "the model")
    stream = TableStream(file, text_format)
    loaded = Model.load(model)
    _check_columns(stream, loaded, id_column)
    scoring = Scoring(loaded, proba=proba, check=check)
    used = {one["name"] for one in loaded.card["columns"]}
    used |= {loaded.card["target"], id_column}
    ignored = [name for name in stream.names if name not in used]
    if ignored:
        _note(
            f"columns that the model does not need are ignored: {shortened(ignored)}."
        )
    with ExitStack() as stack:
        bar = stack.enter_context(
            progress_bar(100, f"% of {Path(file).name}", shown=output is not None)
        )
        write = stack.enter_context(_writer(output))
        for predictions in scoring.chunks(stream, id_column):
            write(predictions)
            if bar is not None:
                bar(int(100 * stream.share_read))
    if output is not None:
        click.echo(f"Predictions of {count(scoring.n_rows, 'row')}: {output}")
    unknown = str(scoring.unknown)
    if unknown:
        _note(
            f"some rows have a category that the training rows do not have: {unknown}. "
            f"It was treated as a rare category, or as none of the known ones."
        )
    if scoring.monitor is not None:
        click.echo(str(scoring.monitor.report()), err=output is None)


class Scoring:
    """The predictions of a model for a table, chunk by chunk.

    Parameters
    ----------
    model : Model
    proba : bool
        Whether to add a column "probability of CLASS" for each class.
    check : bool
        Whether to compare the rows with the training rows.

    Attributes
    ----------
    n_rows : int
        Rows so far.
    unknown : UnknownCategories
        Categories that the training rows do not have.
    monitor : Monitor or None
    """

    def __init__(self, model: "Model", *, proba: bool, check: bool) -> None:
        from skweighted._model._monitor import Monitor, UnknownCategories

        self._model, self._with_proba = model, proba
        self.n_rows = 0
        self.unknown = UnknownCategories(model.card)
        self.monitor = Monitor(model.card) if check else None

    def chunks(
        self, stream: "TableStream", id_column: str | None, n_rows: int = CHUNK_ROWS
    ) -> "Iterator[pd.DataFrame]":
        """Yield the predictions of a table, for so many rows at a time."""
        references = self._model.card["columns"]
        names = [one["name"] for one in references]
        numbers = [one["name"] for one in references if one["kind"] == "number"]
        for X, ids in stream.chunks(names, numbers, n_rows, id_column):
            yield self._predictions(X, ids)

    def _predictions(
        self, X: "pd.DataFrame", ids: "pd.Series | None"
    ) -> "pd.DataFrame":
        """Return identifiers, predictions and probabilities of some rows."""
        import pandas as pd

        from skweighted._model._columns import conform

        table = conform(X, self._model.card["columns"], first_row=self.n_rows + 1)
        for one in self._model.card["columns"]:
            # As in CSV, where an empty cell is a missing value.
            if one["kind"] == "category" and "" not in one["categories"]:
                column = table[one["name"]]
                table[one["name"]] = column.mask(_is_empty(column))
        self.n_rows += len(table)
        self.unknown.add(table)
        pipeline = self._model.pipeline
        columns: dict[str, Any] = {}
        if ids is not None:
            columns[str(ids.name)] = ids.reset_index(drop=True)
        columns["prediction"] = pipeline.predict(table)
        if self._with_proba or self.monitor is not None:
            proba = pipeline.predict_proba(table)
            if self.monitor is not None:
                self.monitor.add(table, proba)
            if self._with_proba:
                labels = self._model.classes_.tolist()
                columns |= {
                    f"probability of {label}": proba[:, number]
                    for number, label in enumerate(labels)
                }
        return pd.DataFrame(columns)


def _is_empty(column: "pd.Series") -> "pd.Series[bool]":
    """Return which values are empty text."""
    if column.dtype == object:  # which may hold lists
        is_empty = column.map(lambda value: isinstance(value, str) and not value)
        return is_empty.astype(bool)
    return (column == "").fillna(False).astype(bool)


def _check_columns(
    stream: "TableStream", model: "Model", id_column: str | None
) -> None:
    """Raise an error if a column is missing, before anything is written."""
    from skweighted._model._columns import check_names
    from skweighted._text import did_you_mean, shortened

    check_names(stream.names, model.card["columns"])
    if id_column is not None and id_column not in stream.names:
        raise WrongArgument(
            f"--id must be a column. There is no column {id_column!r}."
            f"{did_you_mean(id_column, stream.names)} Columns: "
            f"{shortened(stream.names)}."
        )
    labels = [one["label"] for one in model.card["classes"]]
    written = {"prediction", *(f"probability of {label}" for label in labels)}
    if id_column in written:
        raise WrongArgument(
            f"--id {id_column!r} has the name of a column that is written. Rename it."
        )


@contextmanager
def _writer(output: Path | None) -> "Iterator[Write]":
    """Yield a function that writes the predictions of some rows.

    Without `output` it prints them. A file is written as a whole or not at all.
    """
    import gzip

    import pyarrow as pa
    import pyarrow.parquet as pq

    from skweighted._files import written_whole

    with ExitStack() as stack:
        if output is None:
            yield _text_writer(sys.stdout, ",")
            return
        path = stack.enter_context(written_whole(output))
        name = output.name.lower()
        if name.endswith(".parquet"):
            writer: Any = None

            def write(predictions: "pd.DataFrame") -> None:
                nonlocal writer
                table = pa.Table.from_pandas(predictions, preserve_index=False)
                table = table.replace_schema_metadata()
                if writer is None:
                    writer = pq.ParquetWriter(path, table.schema)
                    stack.callback(writer.close)
                writer.write_table(table.cast(writer.schema))

            yield write
            return
        opened: Any = gzip.open if name.endswith(".gz") else open
        file = stack.enter_context(opened(path, "wt", encoding="utf-8", newline=""))
        yield _text_writer(file, "\t" if name.endswith(".tsv") else ",")


def _text_writer(file: Any, separator: str) -> "Write":
    """Return a function that writes predictions as text, the header once."""
    is_first = True

    def write(predictions: "pd.DataFrame") -> None:
        nonlocal is_first
        predictions.to_csv(file, sep=separator, index=False, header=is_first)
        is_first = False

    return write


def _note(message: str) -> None:
    """Print a line on stderr."""
    click.echo(f"skweighted: {message}", err=True)
