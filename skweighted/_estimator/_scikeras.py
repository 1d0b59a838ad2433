"""The one module that knows SciKeras' faults (0.13), each next to its work-around.

Kept from SciKeras: routed parameters (`optimizer__momentum`), and how they become
optimizers, metrics and callbacks.
"""

import difflib
import inspect
import re
from collections import Counter

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

# Where a routed parameter can go. SciKeras leaves out "callbacks", so that
# set_params(callbacks__patience=3) fails there.
ROUTES = ("callbacks", "class_weight", "loss", "metrics", "optimizer")

# What users of other libraries are likely to write: whose word it is, and ours.
_WORDS_OF_OTHERS = {
    **{
        theirs: ("MLPClassifier", ours)
        for theirs, ours in {
            "max_iter": "epochs",
            "solver": "optimizer",
            "learning_rate_init": "learning_rate",
            "momentum": "optimizer__momentum",
            "nesterovs_momentum": "optimizer__nesterov",
            "beta_1": "optimizer__beta_1",
            "beta_2": "optimizer__beta_2",
            "epsilon": "optimizer__epsilon",
        }.items()
    },
    "patience": ("Keras", "n_iter_no_change"),
    "validation_split": ("Keras", "validation_fraction"),
    "lr": ("PyTorch", "learning_rate"),
    "weight_decay": ("PyTorch", "alpha"),
    "C": ("LogisticRegression", "alpha"),
    "n_estimators": ("gradient boosting", "epochs"),
    "scale_pos_weight": ("XGBoost", "class_weight"),
}

# Parameters of other estimators that a network trained in one program does not need.
_WITHOUT_MEANING = {"n_jobs": "training uses all cores"}


def _repair_base_wrapper():
    """Give BaseWrapper the `__sklearn_tags__` that belongs to its `_more_tags`.

    Without it check_estimator_tags_renamed fails in every subclass. Additive and
    idempotent: a SciKeras that has the method keeps its own.
    """
    if "__sklearn_tags__" not in vars(BaseWrapper):
        BaseWrapper.__sklearn_tags__ = BaseEstimator.__sklearn_tags__


_repair_base_wrapper()


def check_parameter_name(name, known, owner):
    """Raise ValueError unless `name` is a parameter or can be routed."""
    route, separator, rest = name.partition("__")
    if name in known or (separator and rest and route in ROUTES):
        return
    if name in _WORDS_OF_OTHERS:
        library, ours = _WORDS_OF_OTHERS[name]
        raise ValueError(
            f"{owner} has no parameter {name!r}. What {library} calls {name} is called "
            f"{ours} here."
        )
    if name in _WITHOUT_MEANING:
        raise ValueError(
            f"{owner} has no parameter {name!r}: {_WITHOUT_MEANING[name]}. Leave it "
            f"out."
        )
    if separator:
        routes = difflib.get_close_matches(route, ROUTES, n=1, cutoff=0.0)
        known = [f"{routes[0]}__{rest}"]
    raise ValueError(f"{owner} has no parameter {name!r}.{suggestion(name, known)}")


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
    routed = routed_to("optimizer", params)
    if isinstance(optimizer, keras.optimizers.Optimizer):
        for name in routed:
            raise ValueError(
                f"optimizer__{name} has no effect, because optimizer is an instance. "
                f"Pass its class or its name, {type(optimizer).__name__.lower()!r}; "
                f"these are called with their routed parameters."
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


# Both are optimizers only around another one.
_NO_NAMES = (keras.optimizers.Optimizer, keras.optimizers.LossScaleOptimizer)


def _optimizer_class(name):
    """Return the Keras optimizer of a name, in any case."""
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


def routed_to(route, params):
    """Return the parameters routed to a part, by their names without the route."""
    return route_params(params, route, pass_filter=())


def make_metrics(metrics, params):
    """Return new Keras metrics, or None.

    Instances are copied, since training changes their state. What is made from a class
    or a name is called by its name: Keras numbers the names of a process ("auc_7"),
    and `history_` would have other keys in each fit.
    """
    names = Counter()

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
    """Return the metric of a name: its class, or what Keras knows only by name."""
    metric = get_metric_class(name)
    return type(metric) if isinstance(metric, keras.metrics.Metric) else metric


def make_callbacks(callbacks, params):
    """Return the list of Keras callbacks: classes made new, instances as they are."""
    made = _make("callbacks", callbacks, params)
    strangers = [
        item for item in made if not isinstance(item, keras.callbacks.Callback)
    ]
    if strangers:
        raise TypeError(
            f"callbacks must be Keras callbacks or classes of them. Got "
            f"{strangers[0]!r}, of type {type(strangers[0]).__name__}."
        )
    return made


def _make(route, items, params, class_of_string=None, defaults=lambda _: {}):
    """Return the list that `items` and the parameters routed to them make.

    A plain `callbacks__patience` goes to every class that knows it; one with the key
    or position of an item, `callbacks__0__patience`, to that class alone.
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
                f"{route}__{name} has no effect, because {route} has no class to call "
                f"with it. Pass classes instead of instances; these are called with "
                f"their routed parameters. Items of {route}: {items or None}."
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
    """Return one item, a list or a dict of items as a dict with keys of str."""
    if items is None:
        return {}
    if isinstance(items, list | tuple):
        items = dict(enumerate(items))
    if not isinstance(items, dict):
        items = {0: items}
    return {str(key): item for key, item in items.items()}


def _check_routed(routed, route, made_class):
    """Raise ValueError for a routed parameter that the class does not know."""
    for name in routed:
        _check_argument(name, f"{route}__{name}", [made_class])


def _argument_names(made_class):
    """Return the names that a Keras class can be called with."""
    return {
        parameter.name
        for ancestor in made_class.__mro__
        if "__init__" in vars(ancestor)
        for parameter in inspect.signature(ancestor.__init__).parameters.values()
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    } - {"self"}


def _check_argument(argument, origin, classes):
    """Raise ValueError for an argument that none of the classes knows."""
    known = set().union(*map(_argument_names, classes))
    if argument not in known:
        names = ", ".join(made_class.__name__ for made_class in classes)
        raise ValueError(
            f"{names} has no parameter {argument!r}, given as {origin}."
            f"{suggestion(argument, known)}"
        )
