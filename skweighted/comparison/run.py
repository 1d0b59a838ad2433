"""Fit and measure every strategy in every fold. If one fails, the others continue."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone

from skweighted._progress import progress_bar
from skweighted.comparison.comparison import Comparison
from skweighted.comparison.folds import Fold
from skweighted.comparison.measures import Predictions, measured
from skweighted.comparison.outcomes import Outcome, checked_predictions
from skweighted.comparison.plan import Plan
from skweighted.comparison.store import Store, versions
from skweighted.comparison.strategies import for_rows
from skweighted.exceptions import CannotRunError, TableError

# If one epoch takes longer, the half second of compiling makes no difference.
LONG_SECONDS = 5.0


def run(
    plan: Plan,
    network: BaseEstimator,
    *,
    progress: bool = False,
    resume: str | Path | None = None,
    reference: str | None = None,
) -> Comparison:
    """Fit and measure every strategy in every fold.

    A strategy that fails is left out, and its error is kept.

    Parameters
    ----------
    plan : Plan
    network : classifier
        Unfitted. It is cloned before each fit.
    progress : bool, default=False
        Show a progress bar on stderr if that is a terminal.
    resume : str, Path or None, default=None
        A folder that keeps the outcomes, to resume from.
    reference : str or None, default=None
        The strategy that others are compared to.

    Returns
    -------
    Comparison

    Raises
    ------
    TableError
        If no strategy can run, or the folder holds another comparison.
    RuntimeError
        If every strategy failed.
    """
    _check_network(network)
    setting = plan.setting(network)
    reasons = {name: s.why_not(setting) for name, s in plan.strategies.items()}
    skipped = {name: reason for name, reason in reasons.items() if reason}
    names = [name for name in plan.strategies if name not in skipped]
    if not names:
        why = "; ".join(f"{name}: {reason}" for name, reason in skipped.items())
        raise TableError(f"No strategy can run here. {why}.")
    store = None if resume is None else _store(plan, resume, network)
    fits = Fits(plan, network, names, store)
    n_folds = len(plan.folds)
    with progress_bar(n_folds * len(names), shown=progress) as step:
        for number in range(n_folds):
            for name in names:
                step(f"fold {number + 1}/{n_folds} {name}")
                fits.add(name, number)
    outcomes = fits.outcomes
    if not outcomes:
        left_out = fits.skipped | fits.failed
        why = " ".join(f"{name}: {error}" for name, error in left_out.items())
        raise RuntimeError(f"Every strategy failed. {why}")
    return Comparison(
        _scores(plan, outcomes),
        plan.data.positive,
        skipped | fits.skipped,
        failed=fits.failed,
        reference=reference if reference in outcomes else next(iter(outcomes)),
        problem=plan.data,
        folds=tuple(plan.folds),
        outcomes=outcomes,
        cost_matrix=plan.cost_matrix,
        random_state=plan.random_state,
        network=repr(network),
        versions=versions(),
        pipelines={name: fits.pipelines[name] for name in outcomes},
        groups=plan.groups,
    )


class Fits:
    """Outcomes of strategies in every fold, and why others have none.

    Parameters
    ----------
    plan : Plan
    network : classifier
        Unfitted. It is cloned before each fit.
    names : list of str
        Strategies of the plan.
    store : Store or None
        Where outcomes are kept.

    Attributes
    ----------
    outcomes : dict of str to list of Outcome
        An outcome for each fold, for each strategy that could be fitted.
    skipped, failed : dict of str to str
        Why others cannot run, or which error they raised.
    pipelines : dict of str to classifier
        Unfitted, without the seed of a fold.
    """

    def __init__(
        self,
        plan: Plan,
        network: BaseEstimator,
        names: list[str],
        store: Store | None,
    ) -> None:
        self.outcomes: dict[str, list[Outcome]] = {name: [] for name in names}
        self.skipped: dict[str, str] = {}
        self.failed: dict[str, str] = {}
        self.pipelines: dict[str, BaseEstimator] = {}
        self._plan, self._network, self._store = plan, network, store
        self._keys: dict[str, str | None] = {}
        self._long: set[str] = set()

    def add(self, name: str, number: int) -> None:
        """Fit a strategy in a fold, unless its outcome is kept or it failed before."""
        if name not in self.outcomes:
            return
        try:
            outcome = self._outcome(name, number)
        except CannotRunError as error:
            reason = _one_line(error).removesuffix(".")
            self.skipped[name] = f"in fold {number}, {reason}"
            del self.outcomes[name]
        except Exception as error:  # of any kind: the other strategies continue
            kind = type(error).__name__
            self.failed[name] = f"{kind} in fold {number}: {_one_line(error)}"
            del self.outcomes[name]
        else:
            self.outcomes[name].append(outcome)

    def _outcome(self, name: str, number: int) -> Outcome:
        """Return the kept outcome of a strategy in a fold, or fit it."""
        if name not in self.pipelines:
            pipeline = self._plan.pipeline(name, self._network)
            self.pipelines[name] = pipeline
            self._keys[name] = self._plan.key(name, pipeline) if self._store else None
        key = self._keys[name]
        if self._store is None or key is None:
            return self._timed(name, self._plan.folds[number])
        outcome = self._store.load(key, number)
        if outcome is None:
            outcome = self._timed(name, self._plan.folds[number])
            self._store.save(key, number, outcome)
        return outcome

    def _timed(self, name: str, fold: Fold) -> Outcome:
        """Fit in a fold, after one epoch that compiles while no clock runs.

        Each fold may need its own program: folds differ in columns, and in rows where
        few are left.
        """
        is_network = self._plan.strategies[name].is_network
        has_epochs = "epochs" in self._network.get_params(deep=False)
        if is_network and has_epochs and name not in self._long:
            start = time.perf_counter()
            short = clone(self._network).set_params(epochs=1)
            self._fitted(self._plan.pipeline(name, short), fold)
            if time.perf_counter() - start > LONG_SECONDS:
                self._long.add(name)
        return self._fitted(self.pipelines[name], fold)

    def _fitted(self, pipeline: BaseEstimator, fold: Fold) -> Outcome:
        """Fit a pipeline on the training rows and predict the test rows."""
        plan = self._plan
        groups = None if plan.groups is None else plan.groups[fold.train]
        model = for_rows(pipeline, fold.seed, groups)
        X_train, X_test = _rows(plan.data.X, fold.train), _rows(plan.data.X, fold.test)
        start = time.perf_counter()
        model.fit(X_train, plan.data.y[fold.train])
        fitted = time.perf_counter()
        proba = model.predict_proba(X_test)
        predicted = time.perf_counter()
        y_index, proba = checked_predictions(
            model.predict(X_test),
            proba,
            plan.data.classes,
            getattr(model, "classes_", None),
        )
        return Outcome(
            y_index=y_index,
            proba=proba,
            fit_seconds=fitted - start,
            predict_seconds=predicted - fitted,
            history=_history_of(model),
        )


def _scores(plan: Plan, outcomes: dict[str, list[Outcome]]) -> pd.DataFrame:
    """Return every metric of every strategy in every fold."""
    records = []
    for number, fold in enumerate(plan.folds):
        for name, each in outcomes.items():
            predictions = Predictions(
                y_true=plan.data.y[fold.test],
                y_pred=plan.data.classes[each[number].y_index],
                proba=each[number].proba,
                classes=plan.data.classes,
                positive=plan.data.positive,
                fit_seconds=each[number].fit_seconds,
                predict_seconds=each[number].predict_seconds,
                cost_matrix=plan.cost_matrix,
            )
            records += [
                (name, number, metric, value)
                for metric, value in measured(predictions).items()
            ]
    columns = ["strategy", "fold", "metric", "value"]
    return pd.DataFrame.from_records(records, columns=columns)


def _store(plan: Plan, directory: str | Path, network: BaseEstimator) -> Store:
    """Return the folder to resume from."""
    try:
        return Store(directory, plan.fingerprint(network))
    except ValueError as error:
        raise TableError(str(error)) from None


def _check_network(network: Any) -> None:
    """Raise an error unless the network can be cloned and has probabilities."""
    for method in ("get_params", "fit", "predict_proba"):
        if isinstance(network, type) or not hasattr(network, method):
            raise TypeError(
                f"estimator must be a classifier object with predict_proba. Got "
                f"{network!r}."
            )


def _history_of(model: Any) -> dict[str, list[float]]:
    """Return losses and scores by epoch of the last step of a fitted model."""
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


def _one_line(error: Exception) -> str:
    """Return the message of an error in one line."""
    return " ".join(str(error).split())
