"""Workarounds for bugs of SciKeras (0.13), and all use of its private functions.

SciKeras provides routed parameters (`optimizer__momentum`), and creates optimizers,
metrics and callbacks from them.
"""

import inspect
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from skweighted._tensorflow import keras  # isort: skip  (SciKeras loads TensorFlow)

from scikeras._utils import (
    get_metric_class,
    route_params,
    try_to_convert_strings_to_classes,
    unflatten_params,
)
from scikeras.wrappers import BaseWrapper
from sklearn.base import BaseEstimator

from skweighted._engine._optimizers import copy_of
from skweighted._text import suggestion


def _repair_base_wrapper():
    """Give BaseWrapper the `__sklearn_tags__` that belongs to its `_more_tags`.

    Without it, check_estimator_tags_renamed fails for every subclass. A version of
    SciKeras that has the method keeps its own.
    """
    if "__sklearn_tags__" not in vars(BaseWrapper):
        BaseWrapper.__sklearn_tags__ = BaseEstimator.__sklearn_tags__


_repair_base_wrapper()


def make_optimizer(
    optimizer: Any, learning_rate: Any, params: Mapping[str, Any]
) -> Any:
    """Return a new Keras optimizer.

    Parameters
    ----------
    optimizer : str, type or keras.optimizers.Optimizer
        A name or a class is called with `learning_rate` and the routed parameters. An
        instance is copied, with its own learning rate; the original is never used.
    learning_rate : float or keras.optimizers.schedules.LearningRateSchedule
    params : dict
        All parameters of the estimator; those named `optimizer__...` are used.
    """
    routed = routed_to("optimizer", params)
    if isinstance(optimizer, keras.optimizers.Optimizer):
        for name in routed:
            raise ValueError(
                f"optimizer__{name} has no effect, because optimizer is an instance. "
                f"Pass its class or its name, {type(optimizer).__name__.lower()!r}. "
                f"These accept routed parameters."
            )
        return copy_of(optimizer)
    if isinstance(optimizer, str):
        optimizer = _optimizer_class(optimizer)
    if not issubclass(optimizer, keras.optimizers.Optimizer):
        raise ValueError(
            f"optimizer must be a Keras optimizer, its class or its name. Got "
            f"{optimizer}."
        )
    _check_routed(routed, "optimizer", optimizer)
    return optimizer(**{"learning_rate": learning_rate} | routed)


# Not usable by name: a base class, and a wrapper of another optimizer.
_NO_NAMES = (keras.optimizers.Optimizer, keras.optimizers.LossScaleOptimizer)


def _optimizer_class(name):
    """Return the Keras optimizer class of a name, ignoring case."""
    classes = {
        known.lower(): known_class
        for known, known_class in vars(keras.optimizers).items()
        if inspect.isclass(known_class)
        and issubclass(known_class, keras.optimizers.Optimizer)
        and known_class not in _NO_NAMES
    }
    if name.lower() not in classes:
        raise ValueError(
            f"optimizer must be a Keras optimizer, its class or its name. {name!r} is "
            f"not a Keras optimizer.{suggestion(name, classes)}"
        )
    return classes[name.lower()]


def routed_to(route: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters with the prefix of a route, without the prefix."""
    return route_params(params, route, pass_filter=())


def make_metrics(metrics: Any, params: Mapping[str, Any]) -> list[Any] | None:
    """Return new Keras metrics, or None.

    Instances are copied, because training changes their state. Metrics created from a
    class or a name get a fixed name: Keras numbers names within a process ("auc_7"), so
    the keys of `history_` would change in each fit.
    """
    names: Counter[str] = Counter()

    def own_name(metric_class):
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", metric_class.__name__).lower()
        names[name] += 1
        return {"name": name if names[name] == 1 else f"{name}_{names[name]}"}

    made = _make("metrics", metrics, params, _metric_class, own_name)
    return [
        type(item).from_config(item.get_config())
        if isinstance(item, keras.metrics.Metric)
        else item
        for item in made
    ] or None


def _metric_class(name):
    """Return the metric of a name: its class, or a function of Keras."""
    metric = get_metric_class(name)
    return type(metric) if isinstance(metric, keras.metrics.Metric) else metric


def make_callbacks(callbacks: Any, params: Mapping[str, Any]) -> list[Any]:
    """Return the list of Keras callbacks: new ones for classes, and instances."""
    made = _make("callbacks", callbacks, params)
    strangers = [
        item for item in made if not isinstance(item, keras.callbacks.Callback)
    ]
    if strangers:
        raise TypeError(
            f"callbacks must be Keras callbacks or callback classes. Got "
            f"{strangers[0]!r}, of type {type(strangers[0]).__name__}."
        )
    return made


def _make(route, items, params, class_of_string=None, defaults=lambda _: {}):
    """Return the items as a list, with classes called with their routed parameters.

    `callbacks__patience` is passed to every class that accepts it. With the key or
    position of an item, `callbacks__0__patience`, it is passed to this class only.
    """
    routed = routed_to(route, params)
    items = _by_key(items)
    if class_of_string is not None:
        items = try_to_convert_strings_to_classes(items, class_of_string)
    classes = {key: item for key, item in items.items() if inspect.isclass(item)}
    for name in routed:
        key, separator, argument = name.partition("__")
        targets = classes if not separator else {key: classes.get(key)}
        if None in targets.values() or not targets:
            raise ValueError(
                f"{route}__{name} has no effect, because {route} contains no class "
                f"that it applies to. Pass classes instead of instances; these accept "
                f"routed parameters. Items of {route}: {items or None}."
            )
        _check_argument(argument or key, f"{route}__{name}", targets.values())
    shared = {name: value for name, value in routed.items() if "__" not in name}
    made = []
    for key, item in items.items():
        if key in classes:
            known = _argument_names(item)
            fitting = {name: shared[name] for name in shared.keys() & known}
            own = routed_to(key, routed)
            item = unflatten_params(item, defaults(item) | fitting | own)
        made.append(item)
    return made


def _by_key(items):
    """Return one item, a list or a dict of items as a dict with str keys."""
    if items is None:
        return {}
    if isinstance(items, list | tuple):
        items = dict(enumerate(items))
    if not isinstance(items, dict):
        items = {0: items}
    return {str(key): item for key, item in items.items()}


def _check_routed(routed, route, made_class):
    """Raise ValueError for a routed parameter that the class does not accept."""
    for name in routed:
        _check_argument(name, f"{route}__{name}", [made_class])


def _argument_names(made_class):
    """Return the names of the arguments that a Keras class accepts."""
    return {
        parameter.name
        for ancestor in made_class.__mro__
        if "__init__" in vars(ancestor)
        for parameter in inspect.signature(ancestor.__init__).parameters.values()
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    } - {"self"}


def _check_argument(argument, origin, classes):
    """Raise ValueError for an argument that none of the classes accepts."""
    known = set().union(*map(_argument_names, classes))
    if argument not in known:
        names = ", ".join(made_class.__name__ for made_class in classes)
        raise ValueError(
            f"{names} has no parameter {argument!r}, given as {origin}."
            f"{suggestion(argument, known)}"
        )
