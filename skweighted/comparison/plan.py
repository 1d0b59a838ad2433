"""A comparison that was checked and not yet run."""

from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import joblib
import numpy as np
from sklearn.base import BaseEstimator, clone

from skweighted.comparison.data import LabeledData, as_labeled_data
from skweighted.comparison.folds import (
    Fold,
    group_numbers,
    identical_rows,
    make_folds,
)
from skweighted.comparison.store import identity, versions
from skweighted.comparison.strategies import (
    STRATEGIES,
    Parts,
    Setting,
    Strategy,
    categorical_parameters,
    choose_strategies,
)
from skweighted.metrics import expected_cost_score
from skweighted.preprocessing import TablePreparation

# In place of groups: rows with equal values of all features are a group.
IDENTICAL = "identical"

# In place of folds: nothing is tested, because a strategy is fitted to all rows.
ALL_ROWS = "all rows"


@dataclass(frozen=True, eq=False)
class Plan:
    """A comparison that was checked and not yet run.

    Attributes
    ----------
    data : LabeledData
        Features and labels.
    strategies : dict of str to Strategy
        The treatments.
    folds : list of Fold
        The same for every strategy.
    cost_matrix : array-like, dict, DataFrame or None
        Cost of each mistake.
    random_state : int
        The seed that the folds were made from.
    groups : ndarray of int of shape (n_samples,) or None
        Which rows belong together.
    """

    data: LabeledData
    strategies: dict[str, Strategy]
    folds: list[Fold]
    cost_matrix: Any = None
    random_state: int = 0
    groups: np.ndarray | None = None

    def setting(self, network: BaseEstimator) -> Setting:
        """Return what strategies may know before any fit."""
        fewest = min(
            int(np.unique(self.data.y[fold.train], return_counts=True)[1].min())
            for fold in self.folds
        )
        return Setting(
            network,
            len(self.data.classes),
            fewest,
            has_text="category" in self.data.kinds,
            has_numbers=bool({*self.data.kinds} - {"category", "empty"}),
            has_costs=self.cost_matrix is not None,
            is_sparse=self.data.is_sparse,
        )

    def pipeline(self, name: str, network: BaseEstimator) -> BaseEstimator:
        """Return the unfitted classifier that a strategy makes of the network."""
        network = clone(network)
        categorical: Any = self.data.categorical_features
        for parameter, given in categorical_parameters(network).items():
            if isinstance(given, str):
                network.set_params(**{parameter: categorical})
            else:
                categorical = given
        preparation = TablePreparation(
            categorical_features=categorical, scale_numbers=True
        )
        # Whatever the global setting of scikit-learn.
        preparation.set_output(transform="default")
        return self.strategies[name].make(Parts(preparation, network, self.cost_matrix))

    def fingerprint(self, network: BaseEstimator) -> dict[str, str | None]:
        """Return everything that outcomes depend on, by name, as hashes or versions."""
        folds = [(fold.train, fold.test, fold.seed) for fold in self.folds]
        network_id = identity(network)
        if network_id is None:
            raise ValueError(
                "Cannot resume: the network cannot be pickled, so earlier results of "
                "it cannot be identified. Omit resume, or define functions and "
                "classes of the network at the top of a module."
            )
        return {
            "the data": identity((self.data.X, joblib.hash(self.data.y.tolist()))),
            "the folds or the seed": identity(folds),
            "the groups": identity(self.groups),
            "the costs": identity(self.cost_matrix),
            "the network": network_id,
            **{f"{name}'s version": number for name, number in versions().items()},
        }

    def key(self, name: str, pipeline: BaseEstimator) -> str | None:
        """Return what the outcomes of a strategy are stored under.

        A strategy of the user is identified by its pipeline and not by its name alone.
        None if it cannot be identified: then it is fitted again in each run.
        """
        if self.strategies[name] is STRATEGIES.get(name):
            return name
        pipeline_id = identity(pipeline)
        return pipeline_id and f"{name} {pipeline_id}"


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
    data = as_labeled_data(X, y)
    if np.ndim(cost_matrix) == 3:
        raise ValueError(
            f"cost_matrix must be one matrix for all rows. Got shape "
            f"{np.shape(cost_matrix)}. Costs of each row are for predict and "
            f"expected_cost_score."
        )
    if cost_matrix is not None:
        # Raises an error if the costs are not valid.
        expected_cost_score(
            data.y, data.y, cost_matrix=cost_matrix, labels=data.classes
        )
    if random_state is None:
        random_state = int(np.random.SeedSequence().generate_state(1)[0])
    if not isinstance(random_state, Integral) or not 0 <= random_state < 2**32:
        raise ValueError(
            f"random_state must be an integer from 0 to 4,294,967,295, or None. Got "
            f"{random_state!r}."
        )
    if isinstance(groups, str):
        if groups != IDENTICAL:
            raise ValueError(
                f"groups must be one value per row, or {IDENTICAL!r}. Got {groups!r}."
            )
        groups = identical_rows(data.X)
    elif groups is not None:
        groups = group_numbers(groups)
    if isinstance(cv, str) and cv == ALL_ROWS:
        rows = np.arange(len(data.y))
        folds = [Fold(rows, rows, int(random_state))]
    else:
        folds = make_folds(data, cv, n_repeats, groups, random_state)
    return Plan(data, chosen, folds, cost_matrix, random_state, groups)
