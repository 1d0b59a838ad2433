"""Names of an estimator's parameters: its own and routed ones."""

import functools
import inspect
from collections.abc import Iterable
from typing import Any

from skweighted._estimator._scikeras import BaseWrapper, check_parameter_name


@functools.cache
def named_parameters(cls: Any) -> dict[str, inspect.Parameter]:
    """Return the parameters of a class and its ancestors, by name."""
    named: dict[str, inspect.Parameter] = {}
    for ancestor in cls.__mro__:
        if issubclass(ancestor, BaseWrapper) and "__init__" in vars(ancestor):
            if ancestor is BaseWrapper:  # its subclass replaces all of its parameters
                break
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


def all_names(estimator: Any) -> list[str]:
    """Return the names of all parameters, with the routed ones of the instance last."""
    routed = [
        name for name in vars(estimator) if "__" in name and not name.startswith("_")
    ]
    return [*named_parameters(type(estimator)), *routed]  # type: ignore[arg-type]
