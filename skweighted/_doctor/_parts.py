"""The parts of an estimator: its parameters, walked through once.

The path of a part is what `set_params` calls it: ``estimator__clf`` is the step "clf"
of a pipeline in a search, and the empty path is the whole. A parameter has several
values where a search varies it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from imblearn.pipeline import Pipeline as ResamplingPipeline
from sklearn.pipeline import Pipeline

# A value that a search draws from a distribution.
UNKNOWN = object()

# Parameters whose estimators see X themselves and give the answers. The
# final_estimator of a stack sees predictions.
_ANSWERING = {"estimator", "estimators", "base_estimator"}


@dataclass(frozen=True, eq=False)
class Part:
    """An estimator inside an estimator.

    Attributes
    ----------
    estimator : estimator
        Not a copy, never written to.
    path : str
        Its name in `set_params` of the whole.
    values : mapping of str to tuple
        What each of its parameters can be.
    parent : Part or None
    position : int
        Its place in a list of steps, or 0.
    answers : bool
        Whether it sees X, as a step or directly, and gives the answers of the whole.
    is_sure : bool
        Whether it is there, and not one of several that a search tries.
    """

    estimator: Any
    path: str
    values: Mapping[str, tuple]
    parent: "Part | None"
    position: int
    answers: bool
    is_sure: bool

    @property
    def kind(self):
        """The name of its class."""
        return type(self.estimator).__name__

    @property
    def where(self):
        """Its class and, inside another, its path."""
        return f"{self.kind} at {self.path}" if self.path else self.kind

    @property
    def module(self):
        """The package that its class comes from."""
        return type(self.estimator).__module__.partition(".")[0]

    @property
    def is_pipeline(self):
        """Whether it is a pipeline, of sklearn or imblearn."""
        return isinstance(self.estimator, Pipeline)

    @property
    def can_resample_steps(self):
        """Whether it is a pipeline that samplers work in."""
        return isinstance(self.estimator, ResamplingPipeline)

    @property
    def is_followed(self):
        """Whether it is a step of a pipeline with others behind it."""
        parent = self.parent
        is_step = parent is not None and parent.is_pipeline
        return is_step and self.position < len(parent.estimator.steps) - 1

    @property
    def is_sampler(self):
        """Whether it is itself a sampler, of any kind."""
        return hasattr(self.estimator, "fit_resample") and not self.is_pipeline

    @property
    def balances(self):
        """Whether it is a sampler that changes how frequent classes are.

        One that cleans, such as TomekLinks, hardly does; one made from a function may.
        """
        kind = getattr(self.estimator, "_sampling_type", None)
        return self.is_sampler and kind in ("over-sampling", "under-sampling")

    @property
    def is_search(self):
        """Whether it tries values of the parameters of what is in it."""
        return not {"param_grid", "param_distributions"}.isdisjoint(self.values)

    def value(self, name, default=None):
        """Return what a parameter is, the default without it; UNKNOWN if it varies."""
        values = self.choices(name, default)
        return values[0] if len(values) == 1 else UNKNOWN

    def choices(self, name, default=None):
        """Return all that a parameter can be; nothing if the part may not be there."""
        return self.values.get(name, (default,)) if self.is_sure else ()

    def always(self, name, holds, default=None):
        """Tell whether something holds for all that a parameter can be."""
        choices = self.choices(name, default)
        return len(choices) > 0 and all(map(holds, choices))

    def ancestors(self):
        """Yield what it is in, from the innermost."""
        part = self.parent
        while part is not None:
            yield part
            part = part.parent


def parts_of(estimator):
    """Return the estimator and everything inside of it, the whole first."""
    return tuple(_walk(estimator, "", None, {}, 0, answers=True, is_sure=True))


def steps_before(part, parts):
    """Return what rows go through before they reach a part, in this order."""
    steps = []
    for inner in (part, *part.ancestors()):
        if inner.parent is not None and inner.parent.is_pipeline:
            steps = [
                step
                for step in parts
                if step.parent is inner.parent and step.position < inner.position
            ] + steps
    return steps


def _walk(estimator, path, parent, searched, position, *, answers, is_sure):
    """Yield a part and, below it, its own parts."""
    parameters = estimator.get_params(deep=False)
    searched = searched | _searched(parameters, path)
    part = Part(
        estimator=estimator,
        path=path,
        values={
            name: searched.get(_join(path, name), (value,))
            for name, value in parameters.items()
        },
        parent=parent,
        position=position,
        answers=answers,
        is_sure=is_sure,
    )
    yield part
    for name, position, n_siblings, inner in _inner(part, searched):
        if part.is_pipeline:
            answering = position == n_siblings - 1
        else:
            answering = name.partition("__")[0] in _ANSWERING
        for alternative in inner:
            if hasattr(alternative, "get_params") and not isinstance(alternative, type):
                yield from _walk(
                    alternative,
                    _join(path, name.rpartition("__")[2]),
                    part,
                    searched,
                    position,
                    answers=answers and answering,
                    is_sure=is_sure and len(inner) == 1,
                )


def _inner(part, searched):
    """Yield name, position, number of siblings and alternatives of what is inside.

    The name of an estimator in a list is that of the list and its own.
    """
    for name, values in part.values.items():
        if len(values) != 1 or not _is_list_of_named(values[0]):
            yield name, 0, 1, values
            continue
        for position, (own_name, inner, *_) in enumerate(values[0]):
            alternatives = searched.get(_join(part.path, own_name), (inner,))
            yield f"{name}__{own_name}", position, len(values[0]), alternatives


def _is_list_of_named(value):
    """Tell whether this is a list of steps: of pairs or triples with a name each."""
    return (
        isinstance(value, list | tuple)
        and len(value) > 0
        and all(
            isinstance(entry, tuple) and len(entry) > 1 and isinstance(entry[0], str)
            for entry in value
        )
    )


def _searched(parameters, path):
    """Return the values that a search tries, by paths from the whole."""
    grid = parameters.get("param_grid", parameters.get("param_distributions"))
    grids = [grid] if isinstance(grid, Mapping) else grid
    if not isinstance(grids, list | tuple):
        return {}
    searched = {}
    for name in {name for grid in grids for name in grid}:
        values = []
        for grid in grids:
            values.extend(_listed(grid[name]) if name in grid else [UNKNOWN])
        searched[_join(_join(path, "estimator"), name)] = tuple(values)
    return searched


def _listed(values):
    """Return values as a list; of a distribution, that it is not known."""
    if isinstance(values, np.ndarray) or not hasattr(values, "rvs"):
        return list(values)
    return [UNKNOWN, UNKNOWN]


def _join(path, name):
    """Return the path of a parameter."""
    return f"{path}__{name}" if path else name
