"""How strategies are compared: the same folds, seeds and preprocessing for all."""

from pathlib import Path
from typing import Any

import pandas as pd

import skweighted
from skweighted._progress import progress_bar
from skweighted._text import shortened
from skweighted.comparison.comparison import Comparison
from skweighted.comparison.identity import versions
from skweighted.comparison.measures import Answers, measured
from skweighted.comparison.outcomes import Outcome, Store
from skweighted.comparison.plan import Plan, make_plan
from skweighted.comparison.run import Trials
from skweighted.exceptions import TableError


def compare(
    X: Any,
    y: Any,
    *,
    estimator: Any = None,
    strategies: Any = None,
    cv: Any = 5,
    n_repeats: int = 1,
    groups: Any = None,
    cost_matrix: Any = None,
    reference: str = "none",
    random_state: int | None = 0,
    resume: str | Path | None = None,
    progress: bool = False,
) -> Comparison:
    """Compare treatments of class imbalance by cross-validation.

    Every strategy gets the same folds, the same seeds and the same network. Imputation
    (median), scaling, one-hot encoding of text, resampling and threshold tuning are
    fitted inside the folds, on training rows only.

    Parameters
    ----------
    X : array-like, DataFrame (pandas or polars) or sparse matrix \
            of shape (n_samples, n_features)
        Features. In frames, text, categorical and boolean columns are encoded and
        missing values imputed.
    y : array-like of shape (n_samples,)
        Labels. The rarest class counts as the positive one.
    estimator : classifier with `predict_proba`, default=None
        The network; None is `CostSensitiveMLPClassifier` with its defaults. It is
        cloned. Where its ``random_state`` is None, each fold sets a seed of its own.
    strategies : str, iterable or dict, default=None
        Keys of `skweighted.comparison.STRATEGIES`, "all", or None for the default ones.
        Your own: samplers with `fit_resample`, classifiers, or a dict of names to these
        or to a `Strategy`.
    cv : int, splitter, iterable or None, default=5
        Number of stratified, shuffled folds (None: 5), an object with
        ``split(X, y, groups)``, such as TimeSeriesSplit, or the training and test rows
        of each fold.
    n_repeats : int, default=1
        How often a number of folds is drawn anew.
    groups : array-like of shape (n_samples,), default=None
        Rows of one group are never both learnt from and asked about, nor where a
        threshold is tuned. A splitter that tears groups apart is refused.
    cost_matrix : array-like, dict or DataFrame, default=None
        What mistakes cost: rows are truths and columns predictions, in the sorted order
        of the labels, or a dict ``{(truth, prediction): cost}``. Adds cost and savings
        to the metrics, and "min_cost" to the default strategies.
    reference : str, default="none"
        The strategy that the others are compared to; the first one if it cannot run.
    random_state : int or None, default=0
        Seed of the folds, networks and samplers. The same seed gives the same scores
        to the bit; None draws a new one, which the result tells.
    resume : str or Path, default=None
        A folder that keeps what is done; the same call goes on from there. Strategies
        may differ: what was run before is not run again.
    progress : bool, default=False
        Show a progress bar on stderr, where that is a terminal.

    Returns
    -------
    Comparison
        Scores per fold, their summary, and a table when printed.

    Raises
    ------
    TableError
        If X or y cannot be compared on, for instance because a class has fewer rows
        than there are folds, or if no strategy can run. It is a ValueError.
    ValueError
        If a strategy or the reference is not known, the costs cannot be used, a fold
        asks about rows or groups that it learns from, or `resume` holds another
        comparison.
    TypeError
        If the estimator is no classifier with probabilities.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skweighted import compare
    >>> from skweighted.datasets import load_imbalanced_breast_cancer
    >>> X, y = load_imbalanced_breast_cancer()
    >>> model = LogisticRegression()
    >>> comparison = compare(X, y, estimator=model, strategies=["none", "smote"])
    >>> comparison.summary()["minority_recall", "mean"].round(2).to_dict()
    {'none': ..., 'smote': ...}
    """
    plan = make_plan(
        X,
        y,
        strategies=strategies,
        cv=cv,
        n_repeats=n_repeats,
        groups=groups,
        cost_matrix=cost_matrix,
        random_state=random_state,
    )
    if reference not in plan.strategies and reference != "none":
        raise ValueError(
            f"reference must be a strategy that is compared. Got {reference!r}. "
            f"Compared: {shortened(plan.strategies, 99)}."
        )
    if estimator is None:
        # Resolved here, not at import: this loads TensorFlow, which takes seconds, so
        # only once the input was found good.
        estimator = skweighted.CostSensitiveMLPClassifier()
    return run(plan, estimator, progress=progress, resume=resume, reference=reference)


def run(
    plan: Plan,
    network: Any,
    *,
    progress: bool = False,
    resume: str | Path | None = None,
    reference: str | None = None,
) -> Comparison:
    """Fit and measure every strategy in every fold.

    A strategy that fails is left out, with its error, and the others go on.

    Parameters
    ----------
    plan : Plan
    network : classifier
        Unfitted; it is cloned, never fitted itself.
    progress : bool, default=False
        Show a progress bar on stderr, where that is a terminal.
    resume : str, Path or None, default=None
        A folder that keeps what is done, and from which a run goes on.
    reference : str or None, default=None
        The strategy that others are compared to.

    Returns
    -------
    Comparison
        The scores.
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
    trials = Trials(plan, network, names, store)
    n_folds = len(plan.folds)
    with progress_bar(n_folds * len(names), shown=progress) as step:
        for number in range(n_folds):
            for name in names:
                step(f"fold {number + 1}/{n_folds} {name}")
                trials.add(name, number)
    outcomes = trials.outcomes
    if not outcomes:
        left_out = trials.skipped | trials.failed
        why = " ".join(f"{name}: {error}" for name, error in left_out.items())
        raise RuntimeError(f"Every strategy failed. {why}")
    return Comparison(
        _scores(plan, outcomes),
        plan.problem.positive,
        skipped | trials.skipped,
        failed=trials.failed,
        reference=reference if reference in outcomes else next(iter(outcomes)),
        problem=plan.problem,
        folds=tuple(plan.folds),
        outcomes=outcomes,
        cost_matrix=plan.cost_matrix,
        random_state=plan.random_state,
        network=repr(network),
        versions=versions(),
    )


def _scores(plan: Plan, outcomes: dict[str, list[Outcome]]) -> pd.DataFrame:
    """Return every metric of every strategy in every fold."""
    records = []
    for number, fold in enumerate(plan.folds):
        for name, each in outcomes.items():
            answers = Answers(
                y_true=plan.problem.y[fold.test],
                y_pred=plan.problem.classes[each[number].y_index],
                proba=each[number].proba,
                classes=plan.problem.classes,
                positive=plan.problem.positive,
                fit_seconds=each[number].fit_seconds,
                predict_seconds=each[number].predict_seconds,
                cost_matrix=plan.cost_matrix,
            )
            records += [
                (name, number, metric, value)
                for metric, value in measured(answers).items()
            ]
    columns = ["strategy", "fold", "metric", "value"]
    return pd.DataFrame.from_records(records, columns=columns)


def _store(plan: Plan, directory: str | Path, network: Any) -> Store:
    """Return the folder that is gone on from."""
    try:
        return Store(directory, plan.fingerprint(network))
    except ValueError as error:
        raise TableError(str(error)) from None


def _check_network(network: Any) -> None:
    """Raise unless the network can be cloned, fitted and asked for probabilities."""
    for method in ("get_params", "fit", "predict_proba"):
        if isinstance(network, type) or not hasattr(network, method):
            raise TypeError(
                f"estimator must be a classifier object with predict_proba; "
                f"{network!r} is not. Strategies are compared by probabilities too."
            )
