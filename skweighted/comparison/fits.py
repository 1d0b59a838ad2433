"""`Fits`: outcomes of strategies in folds, in the order in which they are fitted."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

import skweighted
from skweighted._thresholds import chain
from skweighted._warnings import warn_user
from skweighted.comparison.outcomes import Outcome, checked_predictions
from skweighted.comparison.plan import Plan
from skweighted.comparison.store import Store
from skweighted.comparison.strategies import for_rows, seeded
from skweighted.comparison.threads import FreeCores, bounded
from skweighted.exceptions import CannotRunError

# If one epoch takes longer, the half second of compiling makes no difference.
LONG_SECONDS = 5.0


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

    def quickest_first(self) -> Iterator[tuple[str, list[int]]]:
        """Yield strategies and folds in the order in which to fit them.

        Networks that train together in all folds come first. Then comes fold 0 of every
        other strategy, networks before other models. Then the rest of these follow one
        by one, by the seconds that fold 0 took, so that a slow one does not hold up the
        others.
        """
        n_folds = len(self._plan.folds)
        is_network = {n: self._plan.strategies[n].is_network for n in self.outcomes}
        together = [name for name in is_network if self._trains_together(name)]
        for name in together:
            yield name, list(range(n_folds))
        others = [name for name in is_network if name not in together]
        for name in sorted(others, key=lambda name: not is_network[name]):
            yield name, [0]
        seconds = {
            name: self.outcomes[name][0].fit_seconds
            for name in others
            if name in self.outcomes
        }
        for name in sorted(seconds, key=seconds.__getitem__):
            for number in range(1, n_folds):
                if name in self.outcomes:
                    yield name, [number]

    def add(self, name: str, numbers: list[int]) -> str:
        """Fit a strategy in some folds, or take the outcomes that are kept.

        Returns
        -------
        str
            How it went: the seconds that it took, "kept", "skipped" or "failed".
        """
        start = time.perf_counter()
        kept = {number: self._kept(name, number) for number in numbers}
        missing = [number for number, outcome in kept.items() if outcome is None]
        found: dict[int, Outcome | Exception] = {}
        if missing:
            found = self._fitted(name, missing)
        for number, outcome in found.items():
            if isinstance(outcome, Outcome):
                self._keep(name, number, outcome)
        for number in numbers:
            outcome = kept[number] or found[number]
            if isinstance(outcome, Exception):
                del self.outcomes[name]
                return self._leave_out(name, number, outcome)
            self.outcomes[name].append(outcome)
        return f"{time.perf_counter() - start:.1f} s" if missing else "kept"

    def _leave_out(self, name: str, number: int, error: Exception) -> str:
        """Record why a strategy has no outcomes."""
        if isinstance(error, CannotRunError):
            reason = _one_line(error).removesuffix(".")
            self.skipped[name] = f"in fold {number}, {reason}"
            return "skipped"
        kind = type(error).__name__
        self.failed[name] = f"{kind} in fold {number}: {_one_line(error)}"
        return "failed"

    def _pipeline(self, name: str) -> BaseEstimator:
        """Return the unfitted classifier of a strategy."""
        if name not in self.pipelines:
            self.pipelines[name] = self._plan.pipeline(name, self._network)
        return self.pipelines[name]

    def _trains_together(self, name: str) -> bool:
        """Return whether one program can train the networks of all folds."""
        try:
            pipeline = self._pipeline(name)
        except Exception:  # raised again where it is recorded
            return False
        steps = getattr(pipeline, "steps", [("", pipeline)])
        return hasattr(steps[-1][1], "n_networks")

    def _key(self, name: str) -> str | None:
        """Return what the outcomes of a strategy are stored under, if they are."""
        if name not in self._keys:
            key = self._store and self._plan.key(name, self._pipeline(name))
            self._keys[name] = key or None
        return self._keys[name]

    def _kept(self, name: str, number: int) -> Outcome | None:
        """Return the kept outcome of a strategy in a fold, or None."""
        try:
            key = self._key(name)
        except Exception:  # raised again where it is recorded
            return None
        return self._store.load(key, number) if self._store and key else None

    def _keep(self, name: str, number: int, outcome: Outcome) -> None:
        """Keep an outcome, if there is a folder for it."""
        key = self._key(name)
        if self._store and key:
            try:
                self._store.save(key, number, outcome)
            except OSError as error:
                # What is fitted is worth more than the folder.
                warn_user(
                    f"Outcomes are no longer kept to resume from, because writing "
                    f"failed: {error.strerror}.",
                    UserWarning,
                )
                self._store = None

    def _fitted(self, name: str, numbers: list[int]) -> dict[int, Outcome | Exception]:
        """Fit in some folds, after one epoch that compiles while no clock runs.

        Each fold may need its own program: folds differ in columns, and in rows where
        few are left.
        """
        fit = self._each_in_turn
        if self._trains_together(name):
            fit = self._all_together
        try:
            pipeline = self._pipeline(name)
            short = _of_one_epoch(pipeline)
            is_network = self._plan.strategies[name].is_network
            if is_network and short is not None and name not in self._long:
                start = time.perf_counter()
                fit(short, numbers)
                if time.perf_counter() - start > LONG_SECONDS:
                    self._long.add(name)
            return fit(pipeline, numbers)
        except Exception as error:  # of any kind: the other strategies continue
            return dict.fromkeys(numbers, error)

    def _each_in_turn(
        self, pipeline: BaseEstimator, numbers: list[int]
    ) -> dict[int, Outcome | Exception]:
        """Fit a pipeline in one fold after the other."""
        outcomes: dict[int, Outcome | Exception] = {}
        for number in numbers:
            try:
                model, X, y = self._given(pipeline, number)
                with bounded(self._free.count()):
                    start = time.perf_counter()
                    model.fit(X, y)
                    seconds = time.perf_counter() - start
                outcomes[number] = self._predicted(model, number, seconds)
            except Exception as error:
                outcomes[number] = error
        return outcomes

    def _all_together(
        self, pipeline: BaseEstimator, numbers: list[int]
    ) -> dict[int, Outcome | Exception]:
        """Fit a pipeline in several folds, which share the time equally."""
        with bounded(self._free.count()):
            start = time.perf_counter()
            fitted = skweighted.fit_together(
                (self._given(pipeline, number) for number in numbers),
                on_error="return",
            )
            seconds = (time.perf_counter() - start) / len(numbers)
        outcomes: dict[int, Outcome | Exception] = {}
        for number, model in zip(numbers, fitted, strict=True):
            if isinstance(model, Exception):
                outcomes[number] = model
                continue
            try:
                outcomes[number] = self._predicted(model, number, seconds)
            except Exception as error:
                outcomes[number] = error
        return outcomes

    def _given(self, pipeline: BaseEstimator, number: int) -> tuple[Any, Any, Any]:
        """Return the unfitted model of a fold, and its training rows."""
        plan = self._plan
        fold = plan.folds[number]
        groups = None if plan.groups is None else plan.groups[fold.train]
        model = for_rows(pipeline, fold.seed, groups)
        return model, _rows(plan.data.X, fold.train), plan.data.y[fold.train]

    def _predicted(self, model: Any, number: int, fit_seconds: float) -> Outcome:
        """Return what a fitted model predicts for the test rows of a fold."""
        fold = self._plan.folds[number]
        X_test = _rows(self._plan.data.X, fold.test)
        with bounded(self._free.count()):
            start = time.perf_counter()
            proba = model.predict_proba(X_test)
            predict_seconds = time.perf_counter() - start
            y_pred = model.predict(X_test)
        y_index, proba = checked_predictions(
            y_pred,
            proba,
            self._plan.data.classes,
            getattr(model, "classes_", None),
        )
        return Outcome(
            y_index=y_index,
            proba=proba,
            fit_seconds=fit_seconds,
            predict_seconds=predict_seconds,
            history=_history_of(model),
        )


def _of_one_epoch(pipeline: Any) -> Any:
    """Return a copy whose networks train one epoch, None if they have no `epochs`."""
    if not hasattr(pipeline, "get_params"):
        return None
    names = [n for n in pipeline.get_params() if n.split("__")[-1] == "epochs"]
    if not names:
        return None
    return seeded(pipeline, None).set_params(**dict.fromkeys(names, 1))


def _history_of(model: Any) -> dict[str, list[float]]:
    """Return losses and scores by epoch of the last step of a fitted model."""
    *_, last = chain(model)
    if not hasattr(last, "history_"):
        return _history_of(last.estimator_) if hasattr(last, "estimator_") else {}
    if not isinstance(last.history_, Mapping):
        return {}  # such as skorch's, which is a list
    return {
        name: np.asarray(values, dtype=float).tolist()
        for name, values in last.history_.items()
    }


def _rows(X: Any, positions: np.ndarray) -> Any:
    """Return the rows at the positions."""
    return X.iloc[positions] if isinstance(X, pd.DataFrame) else X[positions]


def _one_line(error: Exception) -> str:
    """Return the message of an error in one line."""
    return " ".join(str(error).split())
