"""`skweighted show`."""

from pathlib import Path

import click


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
def show(model: Path) -> None:
    """Describe a model: its training, scores, and the columns it needs.

    MODEL is a file that `skweighted train` has written. Only its card is read.
    """
    from skweighted._model._card import in_words
    from skweighted._model._file import read_card

    click.echo(in_words(read_card(model)))
