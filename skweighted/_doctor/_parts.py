"""The estimator and the estimators inside of it, found by `get_params`.

The path of a part is the prefix of its parameters in `set_params`: ``estimator__clf``
is the step "clf" of a pipeline in a search. The path of the whole is empty.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from imblearn.pipeline import Pipeline as ResamplingPipeline
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import FeatureUnion, Pipeline

# Parameters that hold the classifier of a meta-estimator. The final_estimator of a
# stack sees predictions instead of X.
_CLASSIFIERS = ("estimator", "base_estimator")


@dataclass(frozen=True, eq=False)
class Part:
    """An estimator inside an estimator.

    Attributes
    ----------
    estimator : estimator
        Never written to.
    path : str
    parameters : mapping of str to object
        Its parameters, without those that a search varies: their values are unknown.
    parent : Part or None
    """

    estimator: Any
    path: str
    parameters: Mapping[str, Any]
    parent: "Part | None" = None

    @property
    def kind(self) -> str:
        """The name of its class."""
        return type(self.estimator).__name__

    @property
    def where(self) -> str:
        """Its class and, inside another estimator, its path."""
        return f"{self.kind} at {self.path}" if self.path else self.kind

    @property
    def name(self) -> str:
        """Its name as a parameter or a step of its parent."""
        outer = self.parent.path if self.parent else ""
        return self.path.removeprefix(outer).removeprefix("__")

    @property
    def ancestors(self) -> "list[Part]":
        """The parts that it is in, the innermost first."""
        return [] if self.parent is None else [self.parent, *self.parent.ancestors]

    @property
    def is_nested(self) -> bool:
        """Whether it is inside a ColumnTransformer."""
        return any(isinstance(a.estimator, ColumnTransformer) for a in self.ancestors)

    @property
    def is_pipeline(self) -> bool:
        """Whether it is a pipeline of scikit-learn or imbalanced-learn."""
        return isinstance(self.estimator, Pipeline)

    @property
    def is_resampling_pipeline(self) -> bool:
        """Whether it is a pipeline of imbalanced-learn."""
        return isinstance(self.estimator, ResamplingPipeline)

    @property
    def passes_on(self) -> bool:
        """Whether predictions are those of the classifier in it: pipeline or search."""
        return self.is_pipeline or _grid(self.estimator) is not None

    @property
    def step_names(self) -> list[str]:
        """The names of its steps; empty if it is not a pipeline."""
        return [name for name, _ in self.estimator.steps] if self.is_pipeline else []

    @property
    def transforms(self) -> bool:
        """Whether it only transforms X for the estimator that it is in."""
        if self.parent is None:
            return False
        if self.parent.is_pipeline:
            return self.name != self.parent.step_names[-1]
        return isinstance(self.parent.estimator, ColumnTransformer | FeatureUnion)

    @property
    def classifies(self) -> bool:
        """Whether it predicts classes from X, alone or as the end of a pipeline."""
        if self.parent is None:
            return True
        named = [name for name, *_ in self.parent.parameters.get("estimators") or ()]
        names = [*self.parent.step_names[-1:], *_CLASSIFIERS, *named]
        return self.name in names and self.parent.classifies

    @property
    def is_sampler(self) -> bool:
        """Whether it resamples rows."""
        return hasattr(self.estimator, "fit_resample") and not self.is_pipeline

    @property
    def balances(self) -> bool:
        """Whether it is a sampler that changes the frequencies of the classes.

        Cleaning, such as by TomekLinks, hardly changes them.
        """
        return self.is_sampler and self.resampling in (
            "over-sampling",
            "under-sampling",
        )

    @property
    def resampling(self) -> str:
        """What imbalanced-learn calls a sampler: "over-sampling", for instance."""
        return getattr(self.estimator, "_sampling_type", "")

    @property
    def resamples_inside(self) -> bool:
        """Whether it is an ensemble that resamples the rows of each member."""
        return hasattr(self.estimator, "sampling_strategy") and not self.is_sampler

    @property
    def equalizes(self) -> bool:
        """Whether its resampling makes the classes equally frequent."""
        return isinstance(self.parameters.get("sampling_strategy"), str)


def parts_of(estimator: Any) -> tuple[Part, ...]:
    """Return the estimator and all estimators inside of it, the outer ones first.

    Estimators that a search replaces are left out.
    """
    found = {"": estimator}
    for path, value in sorted(estimator.get_params(deep=True).items()):
        if hasattr(value, "get_params") and not isinstance(value, type):
            found[path] = value
    parts: dict[str, Part] = {}
    varied: set[str] = set()
    for path, value in found.items():  # a parent is sorted before what is in it
        outer = [p for p in parts.values() if path.startswith(_join(p.path, ""))]
        parent = max(outer, key=lambda part: len(part.path), default=None)
        if any(path == v or path.startswith(f"{v}__") for v in varied):
            continue
        for grid in _grid(value) or ():
            varied |= {_join(_join(path, "estimator"), name) for name in grid}
        parameters = {
            name: setting
            for name, setting in value.get_params(deep=False).items()
            if _join(path, name) not in varied
        }
        parts[path] = Part(value, path, parameters, parent)
    return tuple(parts.values())


def steps_before(part: Part, parts: tuple[Part, ...]) -> list[Part]:
    """Return the steps that rows pass before they reach a part, in order."""
    steps: list[Part] = []
    for inner in (part, *part.ancestors):
        names = inner.parent.step_names if inner.parent else []
        earlier = names[: names.index(inner.name)] if names else []
        own = {p.name: p for p in parts if p.parent is inner.parent}
        steps = [own[name] for name in earlier if name in own] + steps
    return steps


def _grid(estimator: Any) -> list[Mapping[str, Any]] | None:
    """Return the values that a search tries, or None if it is not a search."""
    parameters = estimator.get_params(deep=False)
    grid = parameters.get("param_grid", parameters.get("param_distributions"))
    return [grid] if isinstance(grid, Mapping) else grid


def _join(path: str, name: str) -> str:
    """Return the path of a parameter."""
    return f"{path}__{name}" if path else name
