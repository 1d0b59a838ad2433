"""What one strategy said in one fold, and a folder that keeps it for a resumed run."""

import json
import os
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zipfile import BadZipFile

import numpy as np

PLAN_FILE = "comparison.json"

# What reading a file raises whose bytes are missing or changed: RuntimeError where they
# look encrypted, or packed in a way that is not known.
_DAMAGED = (
    *(OSError, ValueError, TypeError, KeyError, EOFError, RuntimeError),
    *(BadZipFile, zlib.error),
)


@dataclass(frozen=True, eq=False)
class Outcome:
    """The answers of a fitted model about the test rows of a fold.

    Attributes
    ----------
    y_index : ndarray of shape (n_test,)
        Predicted labels, as positions in the sorted classes.
    proba : ndarray of shape (n_test, n_classes)
    fit_seconds, predict_seconds : float
    history : dict of str to list of float
        What a network followed over its epochs; empty for other models.
    """

    y_index: np.ndarray
    proba: np.ndarray
    fit_seconds: float
    predict_seconds: float
    history: dict[str, list[float]]


class Store:
    """A folder with the outcomes of one comparison, so that it can be gone on with.

    Parameters
    ----------
    directory : str or Path
        Made if it is not there.
    fingerprint : dict of str to str
        What the outcomes depend on; a folder of another comparison is refused.
    """

    def __init__(self, directory: str | Path, fingerprint: dict[str, str]) -> None:
        self._directory = Path(directory)
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ValueError(
                f"'{directory}' cannot be a folder to resume from: {error.strerror}. "
                f"Name another one."
            ) from None
        plan = self._directory / PLAN_FILE
        if not plan.exists():
            _write(plan, json.dumps(fingerprint, indent=1).encode())
            return
        try:
            known = dict(json.loads(plan.read_text()))
        except (OSError, ValueError, TypeError):
            raise ValueError(
                f"'{plan}' is not what compare wrote, so the folder cannot be gone on "
                f"with. Name another folder."
            ) from None
        other = [name for name in fingerprint if known.get(name) != fingerprint[name]]
        if other:
            raise ValueError(
                f"'{directory}' holds another comparison: {', '.join(other)} "
                f"{'is' if len(other) == 1 else 'are'} not the same. Name another "
                f"folder, or run it as it was."
            )

    def load(self, strategy: str, fold: int) -> Outcome | None:
        """Return what was kept of a strategy in a fold, or None.

        A damaged file is as good as none: the fold is run again, and the file replaced.
        """
        try:
            # Opened here, because np.load leaves a damaged file open.
            with self._path(strategy, fold).open("rb") as file, np.load(file) as kept:
                return Outcome(
                    y_index=kept["y_index"],
                    proba=kept["proba"],
                    **json.loads(str(kept["rest"])),
                )
        except _DAMAGED:
            return None

    def save(self, strategy: str, fold: int, outcome: Outcome) -> None:
        """Keep an outcome; a file is there as a whole or not at all."""
        path = self._path(strategy, fold)
        rest: dict[str, Any] = asdict(outcome)
        arrays = {name: rest.pop(name) for name in ("y_index", "proba")}
        unfinished = path.with_suffix(".part.npz")
        np.savez(unfinished, **arrays, rest=json.dumps(rest))
        os.replace(unfinished, path)

    def _path(self, strategy: str, fold: int) -> Path:
        """Return the file of a strategy in a fold."""
        return self._directory / f"{quote(strategy, safe='')}-{fold:04d}.npz"


def _write(path: Path, content: bytes) -> None:
    """Write a file as a whole or not at all."""
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(content)
    os.replace(unfinished, path)
