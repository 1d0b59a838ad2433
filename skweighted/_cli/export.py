"""`skweighted export`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from skweighted._cli.failures import WrongArgument
from skweighted._cli.outputs import check_writable
from skweighted._cli.text_options import with_text_options

if TYPE_CHECKING:
    import onnx
    import pandas as pd

    from skweighted import Model
    from skweighted.comparison.files import TextFormat

# Rows that are made, and the most that are read. More find no more mistakes.
MADE_ROWS = 200
MOST_ROWS = 10_000


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("output", metavar="OUT", type=click.Path(path_type=Path))
@click.option(
    "--rows",
    metavar="FILE",
    help="Table as in `skweighted predict`, on whose first 10,000 rows OUT is "
    "verified.  [default: 200 rows made from the ranges and categories that MODEL "
    "holds]",
)
@click.option(
    "--row-costs",
    is_flag=True,
    help="Make the costs of each row inputs, which decide.",
)
@with_text_options
def export(
    model: Path,
    output: Path,
    rows: str | None,
    row_costs: bool,
    text_format: "TextFormat",
) -> None:
    """Write a model as ONNX, from raw columns to the decision.

    MODEL is a file that `skweighted train` has written. OUT needs ONNX Runtime and
    neither TensorFlow, scikit-learn nor skweighted. It is only written if it returns
    the labels and probabilities of MODEL for the same rows.
    """
    from skweighted import Model, to_onnx
    from skweighted._files import written_whole

    if rows is None and text_format.options:
        raise WrongArgument(f"{text_format.options[0]} needs --rows.")
    check_writable(None, output, model, "the model")
    check_writable(None, output, rows)
    if output.suffix.lower() != ".onnx":
        raise WrongArgument(f"OUT must end in .onnx. Got {output}.")
    loaded = Model.load(model)
    X, origin = _rows(loaded, rows, text_format)
    try:
        converted = to_onnx(loaded.pipeline, X, row_costs=row_costs)
    except (ImportError, TypeError, ValueError) as error:
        raise WrongArgument(f"'{model}' cannot be exported. {error}") from error
    data = converted.SerializeToString()
    with written_whole(output) as unfinished:
        unfinished.write_bytes(data)
    click.echo(
        f"Model: {output}, {len(data) / 1000:,.1f} kB. Its labels and probabilities "
        f"are those of {model} for {origin}."
    )
    click.echo("\n".join(_in_words(converted)))


def _rows(
    model: "Model", file: str | None, text_format: "TextFormat"
) -> "tuple[pd.DataFrame, str]":
    """Return the rows on which the model is verified, and where they are from."""
    from skweighted._model._columns import check_names, conform
    from skweighted._model._example_rows import example_rows
    from skweighted._text import count
    from skweighted.comparison.streams import TableStream

    references = model.card["columns"]
    if file is None:
        made = example_rows(references, MADE_ROWS)
        return made, f"{MADE_ROWS} rows made from its ranges and categories"
    stream = TableStream(file, text_format)
    check_names(stream.names, references)
    names = [one["name"] for one in references]
    numbers = [one["name"] for one in references if one["kind"] == "number"]
    chunk, _ = next(stream.chunks(names, numbers, MOST_ROWS))
    X = conform(chunk, references)
    # An input has the type of its column, which one without values does not have.
    made = example_rows(references, len(X))
    for one in references:
        if one["kind"] != "empty" and X[one["name"]].isna().all():
            X[one["name"]] = made[one["name"]].set_axis(X.index)
    return X, f"{count(len(X), 'row')} of {file}"


def _in_words(converted: "onnx.ModelProto") -> list[str]:
    """Return inputs, outputs and properties of an ONNX model as lines."""
    from skweighted._text import printable, shortened

    properties = {one.key: one.value for one in converted.metadata_props}
    graph = converted.graph
    width = max(len(one.name) for one in [*graph.input, *graph.output]) + 2
    lines = []
    for title, values in (("Inputs", graph.input), ("Outputs", graph.output)):
        lines.append(f"{title}:")
        for one in values:
            held, shape = _type_of(one)
            lines.append(f"  {one.name:{width}}{held:9}{shape}")
    lines.append(f"Classes: {shortened(json.loads(properties['classes']), 99)}.")
    if "cast" in properties["precision"]:
        lines.append(f"Networks compute in {properties['precision']}.")
    return list(map(printable, lines))


def _type_of(value: "onnx.ValueInfoProto") -> tuple[str, str]:
    """Return type and shape of an input or output, in words."""
    import onnx

    held = value.type.tensor_type
    sizes = [str(one.dim_value) for one in held.shape.dim[1:]]
    shape = f"(rows, {', '.join(sizes)})" if sizes else "(rows,)"
    if held.elem_type == onnx.TensorProto.STRING:
        return "string", shape
    return str(onnx.helper.tensor_dtype_to_np_dtype(held.elem_type)), shape
