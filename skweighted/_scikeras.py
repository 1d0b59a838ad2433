"""The one module that knows SciKeras' faults (0.13), each beside its answer.

Kept from SciKeras: routed parameters (`optimizer__momentum`), and how they become
optimizers, losses, metrics and callbacks.
"""

import difflib
import inspect

import skweighted._startup  # isort: skip  (before anything that loads TensorFlow)

import keras
from scikeras._utils import (
    get_metric_class,
    route_params,
    try_to_convert_strings_to_classes,
    unflatten_params,
)
from scikeras.wrappers import BaseWrapper
from sklearn.base import BaseEstimator

__all__ = ["BaseWrapper", "skweighted"]

# Where a routed parameter can go. SciKeras leaves out "callbacks", so that
# set_params(callbacks__patience=3) fails there.
ROUTES = ("callbacks", "loss", "metrics", "optimizer")


def _repair_base_wrapper():
    """Give BaseWrapper the `__sklearn_tags__` that belongs to its `_more_tags`.

    Without it check_estimator_tags_renamed fails in every subclass. Additive and
    idempotent: a SciKeras that has the method keeps its own.
    """
    if "__sklearn_tags__" not in vars(BaseWrapper):
        BaseWrapper.__sklearn_tags__ = BaseEstimator.__sklearn_tags__


_repair_base_wrapper()


def near(name, known):
    """Return a sentence that names the nearest known names."""
    matches = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    if matches:
        return f"Did you mean {' or '.join(map(repr, matches))}?"
    return f"Known: {', '.join(sorted(known))}."


def check_parameter_name(name, known, owner):
    """Raise ValueError unless `name` is a parameter or can be routed."""
    route, separator, rest = name.partition("__")
    if name in known or (separator and rest and route in ROUTES):
        return
    candidates = [f"{known_route}__{rest}" for known_route in ROUTES if separator]
    raise ValueError(
        f"{owner} has no parameter {name!r}. {near(name, [*known, *candidates])}"
    )


def make_optimizer(optimizer, learning_rate, params):
    """Return a new Keras optimizer.

    Parameters
    ----------
    optimizer : str, type or keras.optimizers.Optimizer
        A name or a class is called with `learning_rate` and the routed parameters; an
        instance is copied, with its own learning rate, and is itself never used.
    learning_rate : float or keras.optimizers.schedules.LearningRateSchedule
    params : dict
        All parameters of the estimator; those named `optimizer__...` count.
    """
    routed = route_params(params, "optimizer", pass_filter=())
    if isinstance(optimizer, keras.optimizers.Optimizer):
        _refuse(routed, "optimizer", optimizer)
        return type(optimizer).from_config(optimizer.get_config())
    if isinstance(optimizer, str):
        optimizer = _optimizer_class(optimizer)
    _check_arguments(routed, "optimizer", [optimizer])
    return optimizer(**{"learning_rate": learning_rate} | routed)


def _optimizer_class(name):
    """Return the Keras optimizer of a name, in any case."""
    classes = {
        known.lower(): known_class
        for known, known_class in vars(keras.optimizers).items()
        if inspect.isclass(known_class)
        and issubclass(known_class, keras.optimizers.Optimizer)
        and known_class is not keras.optimizers.Optimizer
    }
    if name.lower() not in classes:
        raise ValueError(
            f"optimizer must name a Keras optimizer. {name!r} names none. "
            f"{near(name.lower(), classes)}"
        )
    return classes[name.lower()]


def make_loss(loss_class, dtype, params):
    """Return a Keras loss that computes in `dtype`, with the routed parameters."""
    routed = route_params(params, "loss", pass_filter=())
    _check_arguments(routed, "loss", [loss_class])
    # Keras' default is float32, in which a float64 network would be trained on a
    # rounded loss.
    return loss_class(**{"dtype": dtype} | routed)


def make_metrics(metrics, params):
    """Return new Keras metrics, or None."""
    return _make("metrics", metrics, params, get_metric_class)


def make_callbacks(callbacks, params):
    """Return the list of Keras callbacks: classes made new, instances as they are."""
    made = _make("callbacks", callbacks, params) or []
    strangers = [
        item for item in made if not isinstance(item, keras.callbacks.Callback)
    ]
    if strangers:
        raise TypeError(
            f"callbacks must be Keras callbacks or classes of them. Got "
            f"{strangers[0]!r}, a {type(strangers[0]).__name__}."
        )
    return made


def _make(route, items, params, class_of_string=None):
    """Return the list that `items` and the parameters routed to them make."""
    routed = route_params(params, route, pass_filter=())
    if items is None:
        _refuse(routed, route, None)
        return None
    items = dict(enumerate(items)) if isinstance(items, list | tuple) else items
    items = items if isinstance(items, dict) else {"0": items}
    items = {str(key): item for key, item in items.items()}
    if class_of_string is not None:
        items = try_to_convert_strings_to_classes(items, class_of_string)
    classes = [item for item in items.values() if inspect.isclass(item)]
    direct = {name: value for name, value in routed.items() if "__" not in name}
    if not classes:
        _refuse(routed, route, list(items.values()))
    _check_arguments(direct, route, classes)
    made = []
    for key, item in items.items():
        own = route_params(routed, key, pass_filter=())
        if inspect.isclass(item):
            _check_arguments(own, f"{route}__{key}", [item])
            # A plain `callbacks__patience` goes to every class that knows it.
            known = _argument_names(item)
            shared = {name: value for name, value in direct.items() if name in known}
            item = unflatten_params(item, shared | own)
        else:
            _refuse(own, f"{route}__{key}", item)
        made.append(item)
    strays = {
        name for name in routed if "__" in name and name.partition("__")[0] not in items
    }
    for name in sorted(strays):
        raise ValueError(
            f"{route}__{name} reaches nothing: {route} has no item "
            f"{name.partition('__')[0]!r}. {near(name.partition('__')[0], list(items))}"
        )
    return made


def _argument_names(made_class):
    """Return the names that a Keras class can be called with."""
    return {
        parameter.name
        for ancestor in made_class.__mro__
        if "__init__" in vars(ancestor)
        for parameter in inspect.signature(ancestor.__init__).parameters.values()
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    } - {"self"}


def _check_arguments(routed, route, classes):
    """Raise ValueError for a routed parameter that none of the classes knows."""
    known = set().union(*map(_argument_names, classes))
    for name in routed:
        if name not in known:
            names = ", ".join(made_class.__name__ for made_class in classes)
            raise ValueError(
                f"{names} has no parameter {name!r}, given as {route}__{name}. "
                f"{near(name, known)}"
            )


def _refuse(routed, route, item):
    """Raise ValueError if there are routed parameters that `item` cannot take."""
    for name in routed:
        raise ValueError(
            f"{route}__{name} reaches nothing: {route} is {item!r}. Pass a class, which "
            f"is called with its routed parameters, in place of an instance."
        )
