"""The files that a command writes, checked before minutes of computing."""

from pathlib import Path

from skweighted._cli.failures import WrongArgument


def check_different(outs: dict[str, Path]) -> None:
    """Raise an error if two options name the same file."""
    option_of: dict[Path, str] = {}
    for option, out in outs.items():
        first = option_of.setdefault(out.resolve(), option)
        if first != option:
            raise WrongArgument(
                f"--{option} and --{first} must be different files. Both are {out}."
            )


def check_writable(
    option: str | None, out: Path, file: str | Path | None, what: str = "the data"
) -> None:
    """Raise an error unless the file can be written, before minutes of computing.

    `option` is None for an argument.
    """
    given = str(out) if option is None else f"--{option} {out}"
    data = None if file is None else Path(file)
    if data is not None and out.exists() and data.exists() and out.samefile(data):
        raise WrongArgument(f"{given} would overwrite {what}. Choose another file.")
    existed = out.exists()
    target = out.resolve()  # of a link, which is followed
    try:
        with target.open("a"):
            pass
    except OSError as error:
        way_out = "Choose another file."
        if not out.parent.exists():
            way_out = f"Create the folder '{out.parent}' first."
        raise WrongArgument(
            f"{given} cannot be written: {error.strerror}. {way_out}"
        ) from None
    if not existed:
        target.unlink()
