"""What will be compared, checked before the first fit."""

from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np

from skweighted.comparison.data import Problem, as_problem
from skweighted.comparison.folds import Fold, group_numbers, make_folds
from skweighted.comparison.identity import identity, versions
from skweighted.comparison.preprocessing import gives_sparse, text_columns
from skweighted.comparison.strategies import (
    STRATEGIES,
    Setting,
    Strategy,
    choose_strategies,
)
from skweighted.metrics import expected_cost_score


@dataclass(frozen=True, eq=False)
class Plan:
    """A comparison that was checked and not yet run.

    Attributes
    ----------
    problem : Problem
        Features and labels.
    strategies : dict of str to Strategy
        The treatments.
    folds : list of Fold
        The same for every strategy.
    cost_matrix : array-like, dict, DataFrame or None
        What mistakes cost.
    random_state : int
        The seed that the folds were made from.
    groups : ndarray of int of shape (n_samples,) or None
        Which rows belong together.
    """

    problem: Problem
    strategies: dict[str, Strategy]
    folds: list[Fold]
    cost_matrix: Any = None
    random_state: int = 0
    groups: np.ndarray | None = None

    def setting(self, network: Any) -> Setting:
        """Return what strategies may know before any fit."""
        text_names = text_columns(self.problem.X)
        fewest = min(
            int(np.unique(self.problem.y[fold.train], return_counts=True)[1].min())
            for fold in self.folds
        )
        return Setting(
            network,
            len(self.problem.classes),
            fewest,
            has_text=bool(text_names),
            has_numbers=len(text_names) < self.problem.X.shape[1],
            has_costs=self.cost_matrix is not None,
            is_sparse=gives_sparse(self.problem.X),
        )

    def fingerprint(self, network: Any) -> dict[str, str]:
        """Return what outcomes depend on, in words and hashes."""
        folds = [(fold.train, fold.test, fold.seed) for fold in self.folds]
        network_id = identity(network)
        if network_id is None:
            raise ValueError(
                "A run can be gone on with only where the network can be told from "
                "others, and this one cannot be pickled. Leave resume out."
            )
        return {
            "the data": identity((self.problem.X, self.problem.y.tolist())),
            "the folds or the seed": identity(folds),
            "the groups": identity(self.groups),
            "the costs": identity(self.cost_matrix),
            "the network": network_id,
            **{f"{name}'s version": number for name, number in versions().items()},
        }

    def key(self, name: str) -> str | None:
        """Return what the outcomes of a strategy are kept under, or None.

        A user's own one is known by what it is and not by its name alone. One that
        cannot be told from others is run anew each time.
        """
        strategy = self.strategies[name]
        if strategy is STRATEGIES.get(name):
            return name
        functions = (strategy.fit, strategy.decide)
        own_id = identity(functions if strategy.given is None else strategy.given)
        return own_id and f"{name} {own_id}"


def make_plan(
    X: Any,
    y: Any,
    *,
    strategies: str | Iterable[str] | None = None,
    cv: Any = 5,
    n_repeats: int = 1,
    groups: Any = None,
    cost_matrix: Any = None,
    random_state: int | None = 0,
) -> Plan:
    """Check everything that can be checked before the first fit; see `compare`."""
    chosen = choose_strategies(strategies)
    if strategies is None and cost_matrix is not None:
        chosen |= choose_strategies("min_cost")
    problem = as_problem(X, y)
    if np.ndim(cost_matrix) == 3:
        raise ValueError(
            f"compare takes one cost matrix for all rows. Got shape "
            f"{np.shape(cost_matrix)}. Costs of each row are for predict and "
            f"expected_cost_score."
        )
    if cost_matrix is not None:
        # Asked about its own rows, the metric finds what is wrong with the costs.
        expected_cost_score(
            problem.y, problem.y, cost_matrix=cost_matrix, labels=problem.classes
        )
    if random_state is None:
        random_state = int(np.random.SeedSequence().generate_state(1)[0])
    _check_seed(random_state)
    if groups is not None:
        groups = group_numbers(groups)
    folds = make_folds(problem, cv, n_repeats, groups, random_state)
    return Plan(problem, chosen, folds, cost_matrix, random_state, groups)


def _check_seed(random_state: Any) -> None:
    """Raise unless it is a number that can be written into the result."""
    if not isinstance(random_state, Integral) or not 0 <= random_state < 2**32:
        raise ValueError(
            f"random_state must be a whole number from 0 to 4,294,967,295, which the "
            f"result tells, or None. Got {random_state!r}."
        )
