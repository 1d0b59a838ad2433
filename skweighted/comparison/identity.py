"""What a result depends on, as hashes, so that only the same run is gone on with."""

import inspect
import pickle
import platform
from collections.abc import Mapping
from importlib.metadata import version
from types import FunctionType
from typing import Any

import joblib
from scipy import sparse

# Beside the data and the settings.
PACKAGES = (
    *("skweighted", "scikit-learn", "imbalanced-learn", "tensorflow", "keras"),
    *("numpy", "scipy", "pandas"),
)

# What pickling raises; whatever holds a lock or an open file cannot be pickled.
_NOT_PICKLED = (pickle.PicklingError, TypeError, AttributeError, RecursionError)


def versions() -> dict[str, str]:
    """Return the versions that a result may depend on."""
    return {"python": platform.python_version()} | {
        name: version(name) for name in PACKAGES
    }


def identity(value: Any) -> str | None:
    """Return a hash that a value of the same effect has too, or None.

    Estimators are told apart by class and parameters, objects of Keras by class and
    configuration, functions by their source and what they enclose. What a function
    finds in its module is not looked at.
    """
    try:
        return joblib.hash(_described(value))
    except _NOT_PICKLED:
        return None


def _described(value: Any) -> Any:
    """Return the value in parts that have hashes."""
    if isinstance(value, FunctionType):
        enclosed = [cell.cell_contents for cell in value.__closure__ or ()]
        return _source(value), _described([enclosed, value.__defaults__])
    if isinstance(value, type):
        return _source(value)
    if hasattr(value, "get_params"):
        return _source(type(value)), _described(value.get_params(deep=False))
    if hasattr(value, "get_config"):
        # Keras numbers its objects by name, as in "adam_1".
        config = value.get_config() | {"name": None}
        return _source(type(value)), _described(config)
    if sparse.issparse(value):
        X = value.tocsr()
        return X.shape, _described([X.data, X.indices, X.indptr])
    if isinstance(value, Mapping):
        return [(name, _described(each)) for name, each in value.items()]
    if isinstance(value, (list, tuple)):
        return [_described(each) for each in value]
    return joblib.hash(value)


def _source(value: Any) -> tuple[str, str]:
    """Return the name of a function or class, and its source where there is one."""
    try:
        source = inspect.getsource(value)
    except (OSError, TypeError):
        source = ""
    return f"{value.__module__}.{value.__qualname__}", source
