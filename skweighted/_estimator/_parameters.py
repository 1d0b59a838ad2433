"""Names of an estimator's parameters: its own and routed ones."""

import difflib
import functools
import inspect
from collections.abc import Iterable
from typing import Any

from sklearn.base import ClassifierMixin

from skweighted._text import suggestion

# Where a parameter can be routed. SciKeras omits "callbacks", so
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
    "weight_decay": ("PyTorch", "optimizer__weight_decay"),
    "scale_pos_weight": ("XGBoost", "class_weight"),
}

# Those with no parameter of the same meaning, and what to use.
_CLOSEST = {
    "C": (
        "C is the inverse of a penalty. Use alpha, which is a penalty: a larger alpha "
        "in place of a smaller C."
    ),
    "n_estimators": (
        "Use n_networks for the size of an ensemble, and epochs for the length of "
        "training."
    ),
}

# Parameters of other estimators that a network trained in one program does not need.
_WITHOUT_MEANING = {"n_jobs": "training uses all cores"}


@functools.cache
def named_parameters(cls: Any) -> dict[str, inspect.Parameter]:
    """Return the parameters of a class and its ancestors, by name."""
    named: dict[str, inspect.Parameter] = {}
    for ancestor in cls.__mro__:
        # Those of BaseWrapper, which is not a classifier, are replaced by ours.
        is_classifier = issubclass(ancestor, ClassifierMixin)
        if is_classifier and "__init__" in vars(ancestor):
            parameters = inspect.signature(ancestor.__init__).parameters.values()
            for parameter in list(parameters)[1:]:  # without self
                if parameter.kind is not parameter.VAR_KEYWORD:
                    named.setdefault(parameter.name, parameter)
    return named


def signature_of(cls: Any) -> inspect.Signature:
    """Return the signature of a class without `**routed`.

    check_estimator reads the signature. It would treat "routed" as a parameter, and
    the constructor could then not reject misspelled names.
    """
    parameters = named_parameters(cls).values()
    return inspect.Signature(sorted(parameters, key=lambda parameter: parameter.kind))


def check_names(cls: Any, names: Iterable[str]) -> None:
    """Raise ValueError for a name that is not a parameter of a class."""
    for name in names:
        check_parameter_name(name, named_parameters(cls), cls.__name__)


def check_parameter_name(name: str, known: Iterable[str], owner: str) -> None:
    """Raise ValueError unless `name` is a parameter or can be routed."""
    route, separator, rest = name.partition("__")
    if name in known or (separator and rest and route in ROUTES):
        return
    if name in _WORDS_OF_OTHERS:
        library, ours = _WORDS_OF_OTHERS[name]
        raise ValueError(
            f"{owner} has no parameter {name!r}. The {name} of {library} is called "
            f"{ours} here."
        )
    if name in _CLOSEST:
        raise ValueError(f"{owner} has no parameter {name!r}. {_CLOSEST[name]}")
    if name in _WITHOUT_MEANING:
        raise ValueError(
            f"{owner} has no parameter {name!r}: {_WITHOUT_MEANING[name]}. Leave it "
            f"out."
        )
    if separator:
        routes = difflib.get_close_matches(route, ROUTES, n=1, cutoff=0.0)
        known = [f"{routes[0]}__{rest}"]
    raise ValueError(f"{owner} has no parameter {name!r}.{suggestion(name, known)}")


def all_names(estimator: Any) -> list[str]:
    """Return the names of all parameters, with the routed ones of the instance last."""
    routed = [
        name for name in vars(estimator) if "__" in name and not name.startswith("_")
    ]
    return [*named_parameters(type(estimator)), *routed]  # type: ignore[arg-type]
