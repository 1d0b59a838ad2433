"""Fit and measure every strategy in every fold. If one fails, the others continue."""

from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.base import BaseEstimator

from skweighted._progress import progress as shown_progress
from skweighted.comparison.comparison import Comparison
from skweighted.comparison.fits import Fits
from skweighted.comparison.measures import Predictions, measured
from skweighted.comparison.outcomes import Outcome
from skweighted.comparison.plan import Plan
from skweighted.comparison.store import Store, versions
from skweighted.exceptions import TableError


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
        for name, numbers in fits.quickest_first():
            label = plan.strategies[name].label or name
            which = f"fold {numbers[0] + 1}"
            if len(numbers) > 1:
                which = f"folds {numbers[0] + 1} to {numbers[-1] + 1}"
            work = partial(fits.add, name, numbers)
            step(f"{label}, {which} of {n_folds}", work, len(numbers))
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
