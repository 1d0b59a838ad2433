"""A folder that keeps outcomes, so that an identical comparison can be resumed."""

import inspect
import io
import json
import pickle
import platform
import zlib
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from types import FunctionType
from typing import Any
from urllib.parse import quote
from zipfile import BadZipFile

import joblib
import numpy as np
import pandas as pd
from scipy import sparse

from skweighted._files import written_whole
from skweighted.comparison.outcomes import Outcome

PLAN_FILE = "comparison.json"

# File systems take names of 255 bytes; the number of the fold follows.
MOST_LETTERS = 240

# Outcomes depend on these packages.
PACKAGES = (
    *("skweighted", "scikit-learn", "imbalanced-learn", "tensorflow", "keras"),
    *("numpy", "scipy", "pandas"),
)

# Raised by pickling, for instance of an object that holds a lock or an open file.
_NOT_PICKLED = (pickle.PicklingError, TypeError, AttributeError, RecursionError)

# Raised by reading a damaged file: RuntimeError if it looks encrypted, or compressed
# in an unknown way.
_DAMAGED = (
    *(OSError, ValueError, TypeError, KeyError, EOFError, RuntimeError),
    *(BadZipFile, zlib.error),
)


class Store:
    """A folder with the outcomes of one comparison.

    Parameters
    ----------
    directory : str or Path
        Made if it does not exist.
    fingerprint : dict of str to str or None
        Everything that the outcomes depend on. If the folder holds a comparison with
        another fingerprint, a ValueError is raised.
    """

    def __init__(
        self, directory: str | Path, fingerprint: dict[str, str | None]
    ) -> None:
        self._directory = Path(directory)
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ValueError(
                f"Cannot make the folder '{directory}': {error.strerror}. Choose "
                f"another folder."
            ) from None
        plan = self._directory / PLAN_FILE
        if not plan.exists():
            try:
                _write(plan, json.dumps(fingerprint, indent=1).encode())
            except OSError as error:
                raise ValueError(
                    f"Cannot write to the folder '{directory}': {error.strerror}. "
                    f"Choose another folder."
                ) from None
            return
        try:
            known = dict(json.loads(plan.read_text()))
        except (OSError, ValueError, TypeError):
            raise ValueError(
                f"Cannot resume: '{plan}' was not written by compare, or is damaged. "
                f"Choose another folder."
            ) from None
        other = [name for name in fingerprint if known.get(name) != fingerprint[name]]
        if other:
            raise ValueError(
                f"Cannot resume: the comparison in '{directory}' differs in "
                f"{', '.join(other)}. Choose another folder, or undo the change."
            )

    def load(self, key: str, fold: int) -> Outcome | None:
        """Return the outcome of a strategy in a fold, or None.

        A damaged file is ignored: the fold is fitted again, and the file replaced.
        """
        try:
            # Opened here, because np.load leaves a damaged file open.
            with self._path(key, fold).open("rb") as file, np.load(file) as kept:
                return Outcome(
                    y_index=kept["y_index"],
                    proba=kept["proba"],
                    **json.loads(str(kept["rest"])),
                )
        except _DAMAGED:
            return None

    def save(self, key: str, fold: int, outcome: Outcome) -> None:
        """Keep an outcome."""
        rest: dict[str, Any] = asdict(outcome)
        arrays = {name: rest.pop(name) for name in ("y_index", "proba")}
        content = io.BytesIO()
        np.savez(content, **arrays, rest=json.dumps(rest))
        _write(self._path(key, fold), content.getvalue())

    def _path(self, key: str, fold: int) -> Path:
        """Return the file of a strategy in a fold; a key ends in its hash."""
        return self._directory / f"{quote(key, safe='')[-MOST_LETTERS:]}-{fold:04d}.npz"


def versions() -> dict[str, str]:
    """Return the versions that outcomes depend on."""
    return {"python": platform.python_version()} | {
        name: version(name) for name in PACKAGES
    }


def identity(value: Any) -> str | None:
    """Return a hash that is the same for values of the same effect, or None.

    Estimators are identified by class and parameters, objects of Keras by class and
    configuration, functions and classes by name and source. What a function or a class
    calls is not part of the hash. Lambdas, functions inside of functions, and objects
    that cannot be pickled have none.
    """
    try:
        return joblib.hash(_described(value))
    except _NOT_PICKLED:
        return None


def _described(value: Any) -> Any:
    """Return the value in parts that can be hashed."""
    if isinstance(value, FunctionType):
        return _source(value), joblib.hash(value)
    if isinstance(value, type):
        return _source(value)
    if hasattr(value, "get_params"):
        return _source(type(value)), _described(value.get_params(deep=False))
    if hasattr(value, "get_config"):
        # Keras numbers its objects by name, as in "adam_1".
        config = value.get_config() | {"name": None}
        return _source(type(value)), _described(config)
    if isinstance(value, pd.DataFrame):
        # Not how pandas arranges the columns in memory.
        columns = (value.iloc[:, number] for number in range(value.shape[1]))
        return [
            (one.name, str(one.dtype), joblib.hash(one.to_numpy())) for one in columns
        ]
    if sparse.issparse(value):
        X = value.tocsr()
        return X.shape, _described([X.data, X.indices, X.indptr])
    if isinstance(value, Mapping):
        return [(name, _described(each)) for name, each in value.items()]
    if isinstance(value, (list, tuple)):
        return [_described(each) for each in value]
    return joblib.hash(value)


def _source(value: Any) -> tuple[str, str]:
    """Return the name of a function or class, and its source if there is any."""
    try:
        source = inspect.getsource(value)
    except (OSError, TypeError):
        source = ""
    return f"{value.__module__}.{value.__qualname__}", source


def _write(path: Path, content: bytes) -> None:
    """Write a file as a whole or not at all, even if others write it too."""
    with written_whole(path) as unfinished:
        unfinished.write_bytes(content)
