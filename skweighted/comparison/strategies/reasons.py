"""Why a strategy cannot run: functions from a `Setting` to a reason, or None.

A reason continues "SMOTE (skipped): ", so it has no capital and no full stop.
"""

from typing import Any

from sklearn.utils._param_validation import make_constraint

import skweighted
from skweighted.comparison.strategies.strategy import Setting, WhyNot


def any_of(*reasons: WhyNot) -> WhyNot:
    """Combine functions: the first reason that applies is returned."""

    def why_not(setting: Setting) -> str | None:
        found = (reason(setting) for reason in reasons)
        return next((reason for reason in found if reason), None)

    return why_not


def no_such_parameters(**parameters: Any) -> WhyNot:
    """Return a function for a network without a parameter, or one of its values."""

    def why_not(setting: Setting) -> str | None:
        name_of_network = type(setting.network).__name__
        known = setting.network.get_params(deep=False)
        for name, value in parameters.items():
            if name not in known:
                return f"{name_of_network} has no parameter {name}"
            if not _is_taken(setting.network, name, value):
                return f"{name_of_network} does not accept {name}={value!r}"
        return None

    return why_not


def already_tabular(setting: Setting) -> str | None:
    """Return a reason if the network is a `CostSensitiveTabularClassifier`."""
    if isinstance(setting.network, skweighted.CostSensitiveTabularClassifier):
        return "the network of all strategies is a CostSensitiveTabularClassifier"
    return None


def no_costs(setting: Setting) -> str | None:
    """Return a reason if there are no costs, or the network has no cost_matrix."""
    if not setting.has_costs:
        return "no costs were given"
    if "cost_matrix" in setting.network.get_params(deep=False):
        return None
    return f"{type(setting.network).__name__} has no parameter cost_matrix"


def no_text(setting: Setting) -> str | None:
    """Return a reason if no column holds text or categories."""
    return None if setting.has_text else "there are no text columns"


def no_numbers(setting: Setting) -> str | None:
    """Return a reason if no column holds numbers."""
    return None if setting.has_numbers else "there are no columns of numbers"


def sparse_rows(setting: Setting) -> str | None:
    """Return a reason if features are sparse, for models that need them dense."""
    return "does not accept sparse features" if setting.is_sparse else None


def single_rows(setting: Setting) -> str | None:
    """Return a reason if the training rows of a fold have one row of some class."""
    if setting.fewest_rows >= 2:
        return None
    return "needs 2 training rows of every class, and the smallest has 1"


def more_than_two_classes(setting: Setting) -> str | None:
    """Return a reason if there are more classes than a threshold separates."""
    if setting.n_classes <= 2:
        return None
    return f"a threshold separates only two classes; there are {setting.n_classes}"


def _is_taken(network: Any, name: str, value: Any) -> bool:
    """Return whether the constraints of a scikit-learn estimator allow the value."""
    constraints = getattr(network, "_parameter_constraints", {}).get(name)
    if not isinstance(constraints, list):
        return True
    return any(make_constraint(c).is_satisfied_by(value) for c in constraints)
