"""Files that are written as a whole or not at all."""

import errno
import os
import shutil
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_whole(path: str | Path) -> Iterator[Path]:
    """Yield a path to write to; it replaces `path` when the block ends without error.

    Whoever reads `path` at any time, even after a crash, finds the old file or the new
    one. A process that is killed may leave a file ``.NAME.*.part`` behind, with up to
    40 letters of the name.

    Parameters
    ----------
    path : str or Path
        A link is followed, and an existing file keeps its mode. A device, such as
        ``/dev/stdout``, is written to directly.

    Yields
    ------
    Path
        In the same folder, because only there a file can be renamed in one step.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    """
    path = Path(path)
    if path.exists() and not path.is_file():
        yield path
        return
    path = path.resolve()
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "There is no folder", str(path.parent))
    # Shortened, since a name can be as long as the file system allows.
    unfinished = path.with_name(f".{path.name[:40]}.{uuid.uuid4().hex}.part")
    try:
        if path.exists():
            # From the start, so that nobody else can read a secret file meanwhile.
            unfinished.touch(stat.S_IRUSR | stat.S_IWUSR)
        yield unfinished
        if path.exists():
            shutil.copymode(path, unfinished)
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
