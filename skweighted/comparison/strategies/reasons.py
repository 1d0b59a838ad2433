"""Why a strategy cannot run: functions from a `Setting` to a reason, or None.

A reason reads on after "skipped: ", without a capital and without a full stop.
"""

from typing import Any

from sklearn.utils._param_validation import make_constraint

from skweighted.comparison.strategies.strategy import Setting, WhyNot


def any_of(*reasons: WhyNot) -> WhyNot:
    """Return the first reason there is."""

    def why_not(setting: Setting) -> str | None:
        found = (reason(setting) for reason in reasons)
        return next((reason for reason in found if reason), None)

    return why_not


def no_such_parameters(**parameters: Any) -> WhyNot:
    """Return whether the network lacks a parameter, or refuses its value."""

    def why_not(setting: Setting) -> str | None:
        name_of_network = type(setting.network).__name__
        known = setting.network.get_params(deep=False)
        for name, value in parameters.items():
            if name not in known:
                return f"{name_of_network} has no parameter {name}"
            if not _is_taken(setting.network, name, value):
                return f"{name_of_network} takes no {name}={value!r}"
        return None

    return why_not


def no_costs(setting: Setting) -> str | None:
    """Say so if there are no costs, or the network cannot decide by them."""
    if not setting.has_costs:
        return "no costs were given"
    if "cost_matrix" in setting.network.get_params(deep=False):
        return None
    return f"{type(setting.network).__name__} has no parameter cost_matrix"


def no_text(setting: Setting) -> str | None:
    """Say so if there is no column of text."""
    return None if setting.has_text else "there are no text columns"


def no_numbers(setting: Setting) -> str | None:
    """Say so if there is no column of numbers."""
    return None if setting.has_numbers else "there are no columns of numbers"


def sparse_rows(setting: Setting) -> str | None:
    """Say so if features are sparse and the model needs them dense."""
    return "takes no sparse features" if setting.is_sparse else None


def single_rows(setting: Setting) -> str | None:
    """Say so if a training part has a single row of some class."""
    if setting.fewest_rows >= 2:
        return None
    return "needs 2 training rows of every class, and the smallest has 1"


def more_than_two_classes(setting: Setting) -> str | None:
    """Say so if one threshold cannot part the classes."""
    if setting.n_classes <= 2:
        return None
    return f"one threshold parts two classes, and there are {setting.n_classes}"


def _is_taken(network: Any, name: str, value: Any) -> bool:
    """Return whether scikit-learn would take the value, as far as can be known."""
    constraints = getattr(network, "_parameter_constraints", {}).get(name)
    if not isinstance(constraints, list):
        return True
    return any(make_constraint(c).is_satisfied_by(value) for c in constraints)
