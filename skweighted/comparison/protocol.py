"""How strategies are compared: the same folds, seeds and preprocessing for all."""

from pathlib import Path
from typing import Any

import skweighted
from skweighted._columns import conspicuous
from skweighted._text import shortened
from skweighted._warnings import warn_user
from skweighted.comparison.comparison import Comparison
from skweighted.comparison.plan import make_plan
from skweighted.comparison.run import run
from skweighted.exceptions import ColumnWarning


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

    Every strategy gets the same folds, the same seeds and the same network, and as many
    OpenMP threads as other processes leave free cores. Preparation by
    ``TablePreparation(scale_numbers=True)``, resampling and threshold tuning are fitted
    inside the folds, on training rows only. Classifiers that take a table as it is,
    such as `CostSensitiveTabularClassifier`, get the raw table, unless it is resampled.
    `Comparison.pipeline` returns the whole of a strategy as one unfitted classifier.

    Parameters
    ----------
    X : array-like, DataFrame (pandas or polars) or sparse matrix \
            of shape (n_samples, n_features)
        Features: what `skweighted.preprocessing.TablePreparation` takes.
    y : array-like of shape (n_samples,)
        Labels. The rarest class is the positive class.
    estimator : classifier with `predict_proba`, default=None
        The network of all strategies but "tabular"; None is
        `CostSensitiveMLPClassifier()`. With a `CostSensitiveTabularClassifier`, there
        is no strategy "tabular". It is cloned. If its ``random_state`` is None, it gets
        the seed of each fold.
    strategies : str, iterable or dict, default=None
        Keys of `skweighted.comparison.STRATEGIES`, "all", or None for the default
        strategies. Also samplers with `fit_resample`, classifiers, or a dict from names
        to these or to a `Strategy`.
    cv : int, splitter, iterable or None, default=5
        Number of stratified, shuffled folds (None: 5), an object with
        ``split(X, y, groups)``, such as TimeSeriesSplit, or the training and test rows
        of each fold.
    n_repeats : int, default=1
        How often a number of folds is drawn.
    groups : array-like of shape (n_samples,), "identical" or None, default=None
        A group is never split across training and test rows, nor across the folds
        inside the training rows on which a threshold is tuned. With "identical", rows
        with equal features are a group: otherwise a model that memorizes training rows
        recognizes their copies among the test rows.
    cost_matrix : array-like, dict or DataFrame, default=None
        Cost of each mistake: rows are truths and columns predictions, in the sorted
        order of the labels, or a dict ``{(truth, prediction): cost}``. Adds costs to
        the metrics and "min_cost" to the default strategies; "min_cost", "threshold"
        and "tabular" decide by them.
    reference : str, default="none"
        The strategy that the others are compared to; the first if it cannot run.
    random_state : int or None, default=0
        Seed of the folds, networks and samplers. The same seed gives exactly the same
        scores. None draws a new seed, recorded in the result.
    resume : str or Path, default=None
        A folder that keeps the outcome of each strategy in each fold. The same call
        resumes from there; it may have other strategies.
    progress : bool, default=False
        Show progress on stderr: a bar if that is a terminal, otherwise a line for each
        strategy in each fold.

    Returns
    -------
    Comparison
        Scores per fold, their summary, and a table when printed.

    Raises
    ------
    TableError
        If X or y is not valid, for instance because a class has fewer rows than there
        are folds, or if no strategy can run. It is a ValueError.
    ValueError
        If a strategy or the reference is not known, the costs are not valid, a row or
        group is in both the training and the test rows, or `resume` holds another
        comparison.
    TypeError
        If the estimator is not a classifier with probabilities.

    Warns
    -----
    ColumnWarning
        If a column of a frame looks like numbers or dates stored as text, or like an
        identifier of rows. It is used as it is.

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
    >>> fitted = comparison.pipeline("smote").fit(X, y)
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
            f"reference must be one of the strategies. Got {reference!r}. "
            f"Strategies: {shortened(plan.strategies, 99)}."
        )
    for line in conspicuous(X, in_python=True):
        warn_user(line, ColumnWarning)
    if estimator is None:
        # TensorFlow takes seconds to load, so only after the input was checked.
        estimator = skweighted.CostSensitiveMLPClassifier()
    return run(plan, estimator, progress=progress, resume=resume, reference=reference)
