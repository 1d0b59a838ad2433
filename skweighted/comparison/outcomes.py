"""What one strategy said in one fold, and a folder that keeps it for a resumed run."""

import hashlib
import io
import json
import os
import uuid
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zipfile import BadZipFile

import numpy as np

PLAN_FILE = "comparison.json"

# File systems take names of 255 bytes; the number of the fold follows.
MOST_LETTERS = 240

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
                f"'{directory}' holds another comparison, which differs in "
                f"{', '.join(other)}. Name another folder, or run it as it was."
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
        content = io.BytesIO()
        np.savez(content, **arrays, rest=json.dumps(rest))
        _write(path, content.getvalue())

    def _path(self, strategy: str, fold: int) -> Path:
        """Return the file of a strategy in a fold."""
        name = quote(strategy, safe="")
        if len(name) > MOST_LETTERS:
            name = hashlib.sha256(name.encode()).hexdigest()
        return self._directory / f"{name}-{fold:04d}.npz"


def checked_answers(
    y_pred: Any, proba: Any, classes: np.ndarray, order: Any = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return decisions as positions in the classes, and probabilities in their order.

    Parameters
    ----------
    y_pred : array-like of shape (n_samples,)
        Labels.
    proba : array-like of shape (n_samples, n_classes)
    classes : ndarray of shape (n_classes,)
        The labels, sorted.
    order : array-like of shape (n_classes,) or None
        The labels in the order of the columns of `proba`; None is that of `classes`.

    Raises
    ------
    ValueError
        If there is not a probability of each class for each row, or a decision is none
        of the classes.
    """
    y_pred, proba = np.asarray(y_pred), np.asarray(proba)
    if proba.shape != (len(y_pred), len(classes)):
        raise ValueError(
            f"There must be a probability of each class for each row. predict_proba "
            f"gave shape {proba.shape} for {len(y_pred):,} rows and {len(classes)} "
            f"classes."
        )
    if not (np.isfinite(proba).all() and np.allclose(proba.sum(axis=1), 1, atol=1e-3)):
        raise ValueError(
            "The probabilities of a row must be numbers whose sum is 1. Those of "
            "predict_proba are not."
        )
    unknown = y_pred[~np.isin(y_pred, classes)].tolist()
    if unknown:
        raise ValueError(
            f"Decisions must be classes: {', '.join(map(repr, classes.tolist()))}. Got "
            f"{unknown[0]!r}."
        )
    if order is not None and np.array_equal(np.sort(order), classes):
        proba = proba[:, np.argsort(order)]
    return np.searchsorted(classes, y_pred), proba


def _write(path: Path, content: bytes) -> None:
    """Write a file as a whole or not at all, whoever else writes it."""
    unfinished = path.with_name(f"{uuid.uuid4().hex}.part")
    unfinished.write_bytes(content)
    os.replace(unfinished, path)
