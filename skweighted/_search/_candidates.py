"""The candidates of a search: a grid, distributions, an iterable, or a path."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from sklearn.model_selection import ParameterGrid, ParameterSampler
from sklearn.pipeline import Pipeline

from skweighted._text import did_you_mean

# An odd number, so that the balanced weight is in the middle.
N_WEIGHTS = 9
LEAST_SPAN = 10.0

Candidate = dict[str, Any]


def candidates_of(
    param_grid: Any, estimator: Any, y: Any, n_iter: int, random_state: Any
) -> list[Candidate]:
    """Return the candidates that `param_grid` describes.

    Parameters
    ----------
    param_grid : dict, iterable of dict, or "path"
        As in `ClassWeightSearchCV`.
    estimator : classifier or Pipeline
        Determines the name of class_weight for "path".
    y : array-like of shape (n_samples,)
        Labels, from which a path is computed.
    n_iter : int
        Number of candidates that are drawn if a value is a distribution.
    random_state : int, RandomState or None
        Of these draws.
    """
    if isinstance(param_grid, str):
        if param_grid != "path":
            raise ValueError(
                f"param_grid must be a dict, an iterable of dicts, or 'path'. Got "
                f"{param_grid!r}.{did_you_mean(param_grid, ['path'])}"
            )
        param_grid = {f"{prefix_of(estimator)}class_weight": param_grid}
    if isinstance(param_grid, Mapping):
        param_grid = [param_grid]
    entries = list(param_grid)
    for entry in entries:
        if not isinstance(entry, Mapping):
            raise TypeError(
                f"param_grid must be a dict, an iterable of dicts, or 'path'. Got an "
                f"iterable that contains {entry!r}."
            )
    if isinstance(param_grid, list) and any(map(_has_distribution, entries)):
        distributions = [_with_path(entry, y) for entry in entries]
        return list(ParameterSampler(distributions, n_iter, random_state=random_state))
    # A sampler or another iterable lists candidates; so does a list with a value that
    # no grid can have. Any other list is a list of grids, as in GridSearchCV.
    if isinstance(param_grid, list) and all(map(_is_grid, entries)):
        return list(ParameterGrid([_with_path(entry, y) for entry in entries]))
    return [dict(entry) for entry in entries]


def prefix_of(estimator: Any) -> str:
    """Return the prefix of the parameters of the last step; "" without a pipeline."""
    return f"{estimator.steps[-1][0]}__" if isinstance(estimator, Pipeline) else ""


def _has_distribution(entry: Mapping[str, Any]) -> bool:
    """Return whether a value is a distribution, as in RandomizedSearchCV."""
    return any(hasattr(value, "rvs") for value in entry.values())


def _is_grid(entry: Mapping[str, Any]) -> bool:
    """Return whether every value lists values."""
    return all(
        isinstance(value, list | tuple | np.ndarray) or _is_path(name, value)
        for name, value in entry.items()
    )


def _is_path(name: str, value: Any) -> bool:
    """Return whether a path of class weights is asked for."""
    return name.rpartition("__")[2] == "class_weight" and isinstance(value, str)


def _with_path(grid: Mapping[str, Any], y: Any) -> dict[str, Any]:
    """Return a grid with the class weights of its path."""
    return {
        name: _path(value, y) if _is_path(name, value) else value
        for name, value in grid.items()
    }


def _path(name: str, y: Any) -> list[dict[Any, float]]:
    """Return weights of the rarer class, evenly spaced on a logarithmic scale.

    The middle one balances the classes. The first is 1 if the ratio of the classes is
    at least 10, else a tenth of the balanced weight.
    """
    if name != "path":
        remedy = did_you_mean(name, ["path"]) or f" Use [{name!r}]."
        raise ValueError(
            f"class_weight in param_grid must be a list of values, or 'path'. Got "
            f"{name!r}.{remedy}"
        )
    labels, counts = np.unique(np.asarray(y), return_counts=True)
    if len(labels) != 2:
        raise ValueError(
            f"class_weight='path' needs two classes. y has {len(labels)}. List the "
            f"values of class_weight in param_grid."
        )
    rare = int(counts[1] <= counts[0])
    balanced = counts[1 - rare] / counts[rare]
    span = max(LEAST_SPAN, balanced)
    weights = np.geomspace(balanced / span, balanced * span, N_WEIGHTS)
    other, rarer = labels[[1 - rare, rare]].tolist()
    return [{other: 1.0, rarer: weight} for weight in weights.tolist()]


def same_value(value: Any) -> Any:
    """Return a hashable stand-in of a value: itself with its type, or its identity."""
    try:
        hash(value)
    except TypeError:
        return id(value)
    return type(value), value


def earlier_steps(candidates: Iterable[Candidate], prefix: str) -> list[list[int]]:
    """Return the numbers of the candidates, grouped by the earlier steps of a pipeline.

    Parameters
    ----------
    candidates : iterable of dict
    prefix : str
        Prefix of the parameters of the last step; "" without a pipeline.
    """
    groups: dict[Any, list[int]] = {}
    last = prefix.removesuffix("__")
    for number, candidate in enumerate(candidates):
        key = frozenset(
            (name, same_value(value))
            for name, value in candidate.items()
            if prefix and name.partition("__")[0] != last
        )
        groups.setdefault(key, []).append(number)
    return list(groups.values())
