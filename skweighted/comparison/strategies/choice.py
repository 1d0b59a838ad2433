"""From what a user names or brings along to strategies by name."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from skweighted._text import did_you_mean, shortened
from skweighted.comparison.strategies.fits import fitted_by, resampled_by, seeded
from skweighted.comparison.strategies.strategy import Strategy
from skweighted.comparison.strategies.table import DEFAULT_STRATEGIES, STRATEGIES

# The name that stands for all the others.
ALL = "all"


def choose_strategies(names: Any = None) -> dict[str, Strategy]:
    """Return the strategies that are named or given.

    Parameters
    ----------
    names : str, object, iterable or dict, default=None
        None is `DEFAULT_STRATEGIES`, "all" is all of `STRATEGIES`. Otherwise a key of
        `STRATEGIES`; a sampler of your own, with ``fit_resample``; a classifier of your
        own, with ``fit`` and ``predict_proba``, which takes the network's place after
        the same preprocessing; several of these; or a dict that gives each a name, in
        which a `Strategy` may be too.

    Returns
    -------
    dict of str to Strategy
        In the order of `names`. A sampler or classifier without a name has that of its
        class, as in "k_means_smote", with a number if the name is taken. It is copied
        for each fit, and seeded where it has no ``random_state`` of its own.

    Raises
    ------
    ValueError
        If a name is not known, or there is none.
    TypeError
        If something is no strategy, sampler or classifier, or a name no text.
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
        raise ValueError(f"No strategy was named. Known: {shortened(STRATEGIES, 99)}.")
    return chosen


def _named(several: Iterable[Any]) -> dict[str, Strategy]:
    """Return strategies by their own names."""
    chosen: dict[str, Strategy] = {}
    for given in several:
        if isinstance(given, Strategy):
            raise TypeError(
                "A Strategy has no name of its own. Give a dict with one: "
                "{'mine': Strategy(...)}."
            )
        if isinstance(given, str):
            chosen |= STRATEGIES if given == ALL else {given: _known(given)}
        else:
            strategy = _strategy(given)
            chosen[_new_name(given, {*STRATEGIES, *chosen})] = strategy
    return chosen


def _strategy(given: Any) -> Strategy:
    """Return what is given as a strategy."""
    if isinstance(given, str):
        return _known(given)
    if isinstance(given, Strategy):
        return given
    name = type(given).__name__
    if _is_estimator(given):
        # Pipelines may have both methods, and then they are whole models.
        if hasattr(given, "fit") and hasattr(given, "predict_proba"):
            fit = fitted_by(given)
            summary = f"Your own {name}."
            return Strategy(fit=fit, summary=summary, is_network=False, given=given)
        if hasattr(given, "fit_resample"):
            fit = resampled_by(lambda y, seed: seeded(given, seed))
            summary = f"Rows resampled by your own {name}."
            return Strategy(fit=fit, summary=summary, given=given)
    raise TypeError(_no_strategy(given))


def _is_estimator(given: Any) -> bool:
    """Return whether this is an object, not a class, with a method to fit."""
    methods = ("fit", "fit_resample")
    return not isinstance(given, type) and any(hasattr(given, m) for m in methods)


def _no_strategy(given: Any) -> str:
    """Return the message for what is no strategy."""
    rule = (
        "A strategy is a name, a Strategy, a sampler with fit_resample, or a "
        "classifier with fit and predict_proba."
    )
    if isinstance(given, type):
        return f"{rule} Got the class {given.__name__}. Use {given.__name__}()."
    if _is_estimator(given):
        return (
            f"{rule} Got {given!r}, which has no predict_proba. Strategies are "
            f"compared by probabilities too; CalibratedClassifierCV gives it some."
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
    """Return the name if it is a text that can stand in a table."""
    if isinstance(name, str) and name.strip():
        return name
    raise TypeError(
        f"The names of strategies are texts. Got {name!r}. Give a dict such as "
        f"{{'mine': SMOTE(k_neighbors=3)}}."
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
