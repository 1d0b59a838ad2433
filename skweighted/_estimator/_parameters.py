"""The names of an estimator's parameters, its own and the routed ones."""

import functools
import inspect

from skweighted._estimator._scikeras import BaseWrapper, check_parameter_name


@functools.cache
def named_parameters(cls):
    """Return the parameters of a class, and of those it comes from, by their names."""
    named = {}
    for ancestor in cls.__mro__:
        if issubclass(ancestor, BaseWrapper) and "__init__" in vars(ancestor):
            if ancestor is BaseWrapper:  # all that it has, its subclass has replaced
                break
            parameters = inspect.signature(ancestor.__init__).parameters.values()
            for parameter in list(parameters)[1:]:  # without self
                if parameter.kind is not parameter.VAR_KEYWORD:
                    named.setdefault(parameter.name, parameter)
    return named


def signature_of(cls):
    """Return the signature of a class without `**routed`.

    check_estimator reads the signature and would take "routed" for a parameter, so a
    misspelt name would have to pass the constructor unnoticed.
    """
    parameters = named_parameters(cls).values()
    return inspect.Signature(sorted(parameters, key=lambda parameter: parameter.kind))


def check_names(cls, names):
    """Raise ValueError for a name that is no parameter of a class."""
    for name in names:
        check_parameter_name(name, named_parameters(cls), cls.__name__)


def all_names(estimator):
    """Return the names of all parameters, the routed ones of this object last."""
    routed = [
        name for name in vars(estimator) if "__" in name and not name.startswith("_")
    ]
    return [*named_parameters(type(estimator)), *routed]
