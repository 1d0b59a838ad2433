"""The `skweighted` command: arguments in, a table out, mistakes in one line.

Exit codes: 0 done, 2 wrong input, 130 interrupted.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from skweighted import __version__
from skweighted.exceptions import TableError

WRONG_INPUT = 2
INTERRUPTED = 130


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


@cli.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--target", metavar="COLUMN", help="Column with the classes.")
@click.option(
    "--csv",
    "out",
    metavar="OUT",
    type=click.Path(path_type=Path),
    help="Write the scores of every fold to this file.",
)
@click.option(
    "--folds",
    type=click.IntRange(min=2),
    default=5,
    show_default=True,
    help="Folds of the stratified cross-validation.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0, max=2**32 - 1),
    default=0,
    show_default=True,
    help="Same seed, same scores.",
)
@click.option(
    "--epochs",
    type=click.IntRange(min=1),
    help="Passes over the training rows; fewer are faster.  [default: the network's]",
)
@click.option(
    "--strategies",
    metavar="NAME,NAME",
    # Written out: STRATEGIES is in a module that --help does not wait for.
    help="Treatments to compare: none, class_weight, random_over, random_under, smote, "
    "threshold.  [default: all]",
)
def compare(
    file: Path | None,
    target: str | None,
    out: Path | None,
    folds: int,
    seed: int,
    epochs: int | None,
    strategies: str | None,
) -> None:
    """Compare treatments of class imbalance.

    FILE is a .csv, .csv.gz or .parquet table with a header row. One network is
    cross-validated under every treatment. Without FILE it runs on real data that
    comes with the package.

    Inside each fold, numbers are scaled, with the median for what is missing, and text
    becomes one-hot columns. "class_weight" balances the classes by weights, the three
    samplers by rows, and "threshold" tunes the cut of "none" for balanced accuracy in
    folds of the training rows.
    """
    # pandas, scikit-learn and TensorFlow take seconds to load and --help needs none of
    # them. So this command and its helpers import late, and nothing else here does.
    from skweighted.comparison.protocol import make_plan

    names = _strategy_names(strategies)
    if out is not None:
        _check_writable(out, file)
    X, y = _load(file, target)
    plan = make_plan(X, y, strategies=names, cv=folds, random_state=seed)
    screen = Console()
    screen.out(plan.problem.describe(), highlight=False)

    from skweighted import CostSensitiveMLPClassifier

    settings = {} if epochs is None else {"epochs": epochs}
    comparison = plan.run(CostSensitiveMLPClassifier(**settings), progress=True)
    screen.print(comparison)
    if out is not None:
        comparison.to_csv(out)
        screen.out(f"Scores of every fold: {out}", highlight=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, default=None
        Without the program's name; None takes those of the process.

    Returns
    -------
    int
        0 when done, 2 for wrong input, 130 when interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show "±" gets "?" instead of a traceback.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        code = cli.main(arguments, prog_name="skweighted", standalone_mode=False)
    except click.ClickException as error:
        return _fail(error.format_message())
    except (TableError, _WrongArgument) as error:
        return _fail(str(error))
    except (click.Abort, KeyboardInterrupt):
        click.echo("skweighted: interrupted; nothing was written.", err=True)
        return INTERRUPTED
    return code if isinstance(code, int) else 0


class _WrongArgument(ValueError):
    """An argument whose value cannot be used."""


def _strategy_names(listed: str | None) -> list[str] | None:
    """Return the names in a list with commas, after checking that they exist."""
    from skweighted.comparison.strategies import choose_strategies

    if listed is None:
        return None
    names = [name.strip() for name in listed.split(",") if name.strip()]
    try:
        return list(choose_strategies(names))
    except ValueError as error:
        raise _WrongArgument(str(error)) from None


def _load(file: Path | None, target: str | None):
    """Return features and target of the file, or of the embedded data."""
    from skweighted.comparison.tables import read_table, split_target
    from skweighted.comparison.wording import shortened
    from skweighted.datasets import load_imbalanced_breast_cancer

    if file is None:
        if target is not None:
            raise _WrongArgument(
                f"--target {target} names a column of a file, and no FILE was given."
            )
        return load_imbalanced_breast_cancer()
    frame = read_table(file)
    if target is None:
        raise _WrongArgument(
            f"--target is missing: which column of '{file}' holds the classes? "
            f"Columns: {shortened(frame.columns)}."
        )
    return split_target(frame, target)


def _check_writable(out: Path, file: Path | None) -> None:
    """Raise unless the file can be written, before minutes are spent computing."""
    if file is not None and out.exists() and file.exists() and out.samefile(file):
        raise _WrongArgument(
            f"--csv {out} would overwrite the data. Name another file."
        )
    existed = out.exists()
    try:
        with out.open("a"):
            pass
    except OSError as error:
        raise _WrongArgument(
            f"--csv {out} cannot be written: {error.strerror}."
        ) from None
    if not existed:
        out.unlink()


def _fail(message: str) -> int:
    """Print one line on stderr and return the exit code of wrong input."""
    click.echo(f"skweighted: {' '.join(message.split())}", err=True)
    return WRONG_INPUT


if __name__ == "__main__":
    sys.exit(main())
