"""Strategies by name, from names or objects of the user."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from skweighted._text import did_you_mean, shortened
from skweighted.comparison.strategies.pipelines import (
    in_place_of_network,
    resampled_by,
)
from skweighted.comparison.strategies.strategy import Strategy
from skweighted.comparison.strategies.table import DEFAULT_STRATEGIES, STRATEGIES

# The name of all strategies together.
ALL = "all"


def choose_strategies(names: Any = None) -> dict[str, Strategy]:
    """Return the chosen strategies by name.

    Parameters
    ----------
    names : str, object, iterable or dict, default=None
        None is `DEFAULT_STRATEGIES`, "all" is all of `STRATEGIES`. Otherwise a key of
        `STRATEGIES`; a sampler with ``fit_resample``; a classifier with ``fit`` and
        ``predict_proba``, which replaces the network after the same preprocessing;
        several of these; or a dict from names to these or to a `Strategy`.

    Returns
    -------
    dict of str to Strategy
        In the order of `names`. A sampler or classifier without a name gets that of its
        class, as in "k_means_smote", with a number if the name is taken. It is copied
        for each fit, and seeded if its ``random_state`` is None.

    Raises
    ------
    ValueError
        If a name is not known, or no strategy is given.
    TypeError
        If an object is not a strategy, sampler or classifier, or a name is not a str.
    """
    if names is None:
        names = DEFAULT_STRATEGIES
    if isinstance(names, Mapping):
        chosen = {_text(name): _strategy(given) for name, given in names.items()}
    else:
        # Estimators first: ensembles and pipelines are iterable too.
        is_one = isinstance(names, str) or _is_estimator(names)
        is_one = is_one or not isinstance(names, Iterable)
        chosen = _named([names] if is_one else names)
    if not chosen:
        raise ValueError(f"strategies is empty. Known: {shortened(STRATEGIES, 99)}.")
    return chosen


def _named(several: Iterable[Any]) -> dict[str, Strategy]:
    """Return strategies by name, with names for those that have none."""
    chosen: dict[str, Strategy] = {}
    for given in several:
        if isinstance(given, Strategy):
            raise TypeError(
                "A Strategy needs a name. Use a dict, such as {'mine': Strategy(...)}."
            )
        if isinstance(given, str):
            chosen |= STRATEGIES if given == ALL else {given: _known(given)}
        else:
            strategy = _strategy(given)
            chosen[_new_name(given, {*STRATEGIES, *chosen})] = strategy
    return chosen


def _strategy(given: Any) -> Strategy:
    """Return a name, Strategy, sampler or classifier as a strategy."""
    if isinstance(given, str):
        return _known(given)
    if isinstance(given, Strategy):
        return given
    name = type(given).__name__
    if _is_estimator(given):
        # Pipelines may have both methods, and then they are whole models.
        if hasattr(given, "fit") and hasattr(given, "predict_proba"):
            make = in_place_of_network(given)
            return Strategy(make, summary=f"Your own {name}.", is_network=False)
        if hasattr(given, "fit_resample"):
            make = resampled_by(given)
            return Strategy(make, summary=f"Rows resampled by your own {name}.")
    raise TypeError(_not_a_strategy(given))


def _is_estimator(given: Any) -> bool:
    """Return whether this is an object, not a class, with a method to fit."""
    methods = ("fit", "fit_resample")
    return not isinstance(given, type) and any(hasattr(given, m) for m in methods)


def _not_a_strategy(given: Any) -> str:
    """Return the message for an object that is not a strategy."""
    rule = (
        "A strategy is a name, a Strategy, a sampler with fit_resample, or a "
        "classifier with fit and predict_proba."
    )
    if isinstance(given, type):
        return f"{rule} Got the class {given.__name__}. Use {given.__name__}()."
    if _is_estimator(given):
        return (
            f"{rule} Got {given!r}, which has no predict_proba. Wrap it in "
            f"CalibratedClassifierCV to add probabilities."
        )
    return f"{rule} Got {given!r}. Known names: {shortened(STRATEGIES, 99)}."


def _known(name: str) -> Strategy:
    """Return the strategy of a name, or raise ValueError."""
    if name in STRATEGIES:
        return STRATEGIES[name]
    near = did_you_mean(name, [*STRATEGIES, ALL])
    raise ValueError(
        f"There is no strategy {name!r}.{near} Known: {shortened(STRATEGIES, 99)}."
    )


def _text(name: Any) -> str:
    """Return the name if it is a str that is not blank."""
    if isinstance(name, str) and name.strip():
        return name
    raise TypeError(
        f"The name of a strategy must be a str that is not blank. Got {name!r}. Use a "
        f"dict such as {{'mine': SMOTE(k_neighbors=3)}}."
    )


def _new_name(given: Any, taken: set[str]) -> str:
    """Return the class in snake case, with a number if the name is taken."""
    words = r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])"
    name = re.sub(words, "_", type(given).__name__).strip("_").lower()
    number, new_name = 1, name
    while new_name in taken:
        number += 1
        new_name = f"{name}_{number}"
    return new_name
