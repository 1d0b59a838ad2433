"""The `skweighted` command. Errors are one line on stderr.

Exit codes: 0 for success, 2 for invalid input, 130 if interrupted. A module here is a
command, or what several share. Commands import late: pandas, scikit-learn and
TensorFlow take seconds to load, and --help does not need them.
"""

import sys
from collections.abc import Sequence

import click

from skweighted import __version__
from skweighted._cli.compare import compare
from skweighted._cli.doctor import doctor
from skweighted._cli.export import export
from skweighted._cli.failures import (
    INTERRUPTED,
    WrongArgument,
    fail,
    warnings_in_one_line,
)
from skweighted._cli.predict import predict
from skweighted._cli.show import show
from skweighted._cli.strategies import strategies
from skweighted._cli.train import train
from skweighted.exceptions import TableError


@click.group(
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context) -> None:
    """Imbalanced classification with neural networks."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


for command in (compare, strategies, doctor, train, predict, show, export):
    cli.add_command(command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, default=None
        Without the name of the program; None takes those of the process.

    Returns
    -------
    int
        0 for success, 2 for invalid input, 130 if interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show "±" shows "?" instead.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        with warnings_in_one_line():
            code = cli.main(arguments, prog_name="skweighted", standalone_mode=False)
    except click.ClickException as error:
        return fail(error.format_message())
    except (click.Abort, KeyboardInterrupt) as error:
        kept = str(error.__cause__ or error) or "nothing was written."
        click.echo(f"skweighted: interrupted; {kept}", err=True)
        return INTERRUPTED
    except (TableError, WrongArgument, RuntimeError) as error:
        return fail(str(error))  # RuntimeError: every strategy failed
    return code if isinstance(code, int) else 0
