"""A strategy in a fold: fitted, asked and kept. Whatever fails, the others go on."""

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from skweighted.comparison.folds import Fold
from skweighted.comparison.outcomes import Outcome, Store, checked_answers
from skweighted.comparison.plan import Plan
from skweighted.comparison.preprocessing import make_preprocessing, text_columns
from skweighted.comparison.strategies import Parts, seeded
from skweighted.exceptions import CannotRunError

# Seconds of one epoch from which on compiling, half a second, makes no difference.
LONG = 5.0


class Trials:
    """What strategies said in every fold, and why others said nothing.

    Parameters
    ----------
    plan : Plan
    network : classifier
        Unfitted; it is cloned, never fitted itself.
    names : list of str
        Strategies of the plan.
    store : Store or None
        Where outcomes are kept.

    Attributes
    ----------
    outcomes : dict of str to list of Outcome
        Of each strategy that could be fitted, an outcome for each fold.
    skipped, failed : dict of str to str
        Why others cannot run, or which error they raised.
    """

    def __init__(
        self, plan: Plan, network: Any, names: list[str], store: Store | None
    ) -> None:
        self.outcomes: dict[str, list[Outcome]] = {name: [] for name in names}
        self.skipped: dict[str, str] = {}
        self.failed: dict[str, str] = {}
        self._plan, self._network, self._store = plan, network, store
        self._keys = {name: plan.key(name) if store else None for name in names}
        self._long: set[str] = set()

    def add(self, name: str, number: int) -> None:
        """Fit a strategy in a fold, unless that was kept, or it dropped out before."""
        if name not in self.outcomes:
            return
        key = self._keys[name]
        outcome = self._store.load(key, number) if key else None
        if outcome is None:
            try:
                outcome = self._timed(name, self._plan.folds[number])
            except CannotRunError as error:
                reason = _one_line(error).removesuffix(".")
                self.skipped[name] = f"in fold {number}, {reason}"
            except Exception as error:  # whatever it is, others go on
                kind = type(error).__name__
                self.failed[name] = f"{kind} in fold {number}: {_one_line(error)}"
            if outcome is None:
                del self.outcomes[name]
                return
            if key:
                self._store.save(key, number, outcome)
        self.outcomes[name].append(outcome)

    def _timed(self, name: str, fold: Fold) -> Outcome:
        """Compile before the clock runs, fit, and ask.

        Folds may differ in what is compiled: in columns, or in rows where few are left.
        """
        is_network = self._plan.strategies[name].is_network
        has_epochs = "epochs" in self._network.get_params(deep=False)
        if is_network and has_epochs and name not in self._long:
            start = time.perf_counter()
            self._outcome(name, fold, clone(self._network).set_params(epochs=1))
            if time.perf_counter() - start > LONG:
                self._long.add(name)
        return self._outcome(name, fold, self._network)

    def _outcome(self, name: str, fold: Fold, network: Any) -> Outcome:
        """Fit one strategy on the training rows and ask it about the test rows."""
        plan, strategy = self._plan, self._plan.strategies[name]
        X, y = plan.problem.X, plan.problem.y
        X_train, X_test = _rows(X, fold.train), _rows(X, fold.test)
        parts = Parts(
            make_preprocessing(X),
            seeded(network, fold.seed),
            fold.seed,
            cost_matrix=plan.cost_matrix,
            text_columns=tuple(text_columns(X)),
            groups=None if plan.groups is None else plan.groups[fold.train],
        )
        start = time.perf_counter()
        model = strategy.fit(parts, X_train, y[fold.train])
        fitted = time.perf_counter()
        proba = model.predict_proba(X_test)
        asked = time.perf_counter()
        y_pred = strategy.decide(model, X_test)
        y_index, proba = checked_answers(
            y_pred, proba, plan.problem.classes, getattr(model, "classes_", None)
        )
        return Outcome(
            y_index=y_index,
            proba=proba,
            fit_seconds=fitted - start,
            predict_seconds=asked - fitted,
            history=_history_of(model),
        )


def _one_line(error: Exception) -> str:
    """Return the message of an error in one line."""
    return " ".join(str(error).split())


def _history_of(model: Any) -> dict[str, list[float]]:
    """Return what a fitted model's last step followed over its epochs."""
    while not hasattr(model, "history_"):
        if hasattr(model, "steps"):
            model = model.steps[-1][1]
        elif hasattr(model, "estimator_"):
            model = model.estimator_
        else:
            return {}
    if not isinstance(model.history_, Mapping):
        return {}  # such as skorch's, which is a list
    return {
        name: np.asarray(values, dtype=float).tolist()
        for name, values in model.history_.items()
    }


def _rows(X: Any, positions: np.ndarray) -> Any:
    """Return the rows at the positions."""
    return X.iloc[positions] if isinstance(X, pd.DataFrame) else X[positions]
