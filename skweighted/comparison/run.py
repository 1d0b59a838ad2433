"""Fit and measure every strategy in every fold. If one fails, the others continue."""

import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone

from skweighted._progress import progress as shown_progress
from skweighted.comparison.comparison import Comparison
from skweighted.comparison.folds import Fold
from skweighted.comparison.measures import Predictions, measured
from skweighted.comparison.outcomes import Outcome, checked_predictions
from skweighted.comparison.plan import Plan
from skweighted.comparison.store import Store, versions
from skweighted.comparison.strategies import for_rows
from skweighted.comparison.threads import FreeCores, bounded
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
        Show progress on stderr: a bar if that is a terminal, otherwise a line for each
        strategy in each fold.
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
    with shown_progress(n_folds * len(names), shown=progress) as step:
        for name, number in fits.quickest_first():
            label = plan.strategies[name].label or name
            fold = f"fold {number + 1} of {n_folds}"
            step(f"{label}, {fold}", partial(fits.add, name, number))
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
        self._free = FreeCores()

    def quickest_first(self) -> Iterator[tuple[str, int]]:
        """Yield strategies and folds in the order in which to fit them.

        Fold 0 of every strategy comes first, networks before other models. Then the
        strategies follow one by one, by the seconds that fold 0 took, so that a slow
        one does not hold up the rest.
        """
        strategies = self._plan.strategies
        for name in sorted(self.outcomes, key=lambda n: not strategies[n].is_network):
            yield name, 0
        seconds = {name: each[0].fit_seconds for name, each in self.outcomes.items()}
        for name in sorted(seconds, key=seconds.__getitem__):
            for number in range(1, len(self._plan.folds)):
                if name in self.outcomes:
                    yield name, number

    def add(self, name: str, number: int) -> str:
        """Fit a strategy in a fold, or take the outcome that is kept.

        Returns
        -------
        str
            How it went: the seconds that it took, "kept", "skipped" or "failed".
        """
        start = time.perf_counter()
        try:
            outcome = self._kept(name, number)
            is_kept = outcome is not None
            if outcome is None:
                outcome = self._timed(name, self._plan.folds[number])
                self._keep(name, number, outcome)
        except CannotRunError as error:
            reason = _one_line(error).removesuffix(".")
            self.skipped[name] = f"in fold {number}, {reason}"
            del self.outcomes[name]
            return "skipped"
        except Exception as error:  # of any kind: the other strategies continue
            kind = type(error).__name__
            self.failed[name] = f"{kind} in fold {number}: {_one_line(error)}"
            del self.outcomes[name]
            return "failed"
        self.outcomes[name].append(outcome)
        return "kept" if is_kept else f"{time.perf_counter() - start:.1f} s"

    def _kept(self, name: str, number: int) -> Outcome | None:
        """Return the kept outcome of a strategy in a fold, or None."""
        if name not in self.pipelines:
            pipeline = self._plan.pipeline(name, self._network)
            self.pipelines[name] = pipeline
            self._keys[name] = self._plan.key(name, pipeline) if self._store else None
        key = self._keys[name]
        return self._store.load(key, number) if self._store and key else None

    def _keep(self, name: str, number: int, outcome: Outcome) -> None:
        """Keep an outcome, if there is a folder for it."""
        key = self._keys[name]
        if self._store and key:
            self._store.save(key, number, outcome)

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
        with bounded(self._free.count()):
            start = time.perf_counter()
            model.fit(X_train, plan.data.y[fold.train])
            fitted = time.perf_counter()
            proba = model.predict_proba(X_test)
            predicted = time.perf_counter()
            y_pred = model.predict(X_test)
        y_index, proba = checked_predictions(
            y_pred,
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
