"""How strategies are compared: the same folds, seeds and preprocessing for all."""

import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)
from sklearn.base import clone
from sklearn.model_selection import StratifiedKFold

import skweighted
from skweighted.comparison.measures import MEASURES, Answers
from skweighted.comparison.preprocessing import make_preprocessing
from skweighted.comparison.problem import Problem, as_problem
from skweighted.comparison.result import Comparison
from skweighted.comparison.strategies import (
    Parts,
    Setting,
    Strategy,
    choose_strategies,
)
from skweighted.comparison.wording import count
from skweighted.exceptions import TableError


@dataclass(frozen=True, eq=False)
class Plan:
    """A comparison that was checked and not yet run.

    Attributes
    ----------
    problem : Problem
        Features and labels.
    strategies : dict of str to Strategy
        The treatments.
    folds : list of (ndarray, ndarray)
        Positions of training and of test rows, the same for every strategy.
    seeds : list of int
        One per fold, the same for every strategy.
    """

    problem: Problem
    strategies: dict[str, Strategy]
    folds: list[tuple[np.ndarray, np.ndarray]]
    seeds: list[int]

    def run(self, network: Any, *, progress: bool = False) -> Comparison:
        """Fit and measure every strategy in every fold.

        Parameters
        ----------
        network : classifier
            Unfitted; it is cloned, never fitted itself.
        progress : bool, default=False
            Show a progress bar on stderr, where that is a terminal.

        Returns
        -------
        Comparison
            The scores.
        """
        _check_network(network)
        setting = Setting(network, len(self.problem.classes), self._fewest_rows())
        reasons = {name: s.why_not(setting) for name, s in self.strategies.items()}
        skipped = {name: reason for name, reason in reasons.items() if reason}
        names = [name for name in self.strategies if name not in skipped]
        if not names:
            why = "; ".join(f"{name}: {reason}" for name, reason in skipped.items())
            raise TableError(f"No strategy can run here. {why}.")
        self._warm_up(network, names)
        records = []
        with _progress_bar(len(self.folds) * len(names), shown=progress) as step:
            for fold in range(len(self.folds)):
                for name in names:
                    step(f"fold {fold + 1}/{len(self.folds)} {name}")
                    answers = self._answers(network, self.strategies[name], fold)
                    records += [
                        (name, fold, metric, float(measure.function(answers)))
                        for metric, measure in MEASURES.items()
                    ]
        columns = ["strategy", "fold", "metric", "value"]
        scores = pd.DataFrame.from_records(records, columns=columns)
        return Comparison(scores, self.problem.positive, skipped)

    def _warm_up(self, network: Any, names: list[str]) -> None:
        """Compile before the clock runs, or the first fit would pay for all others."""
        if "epochs" in network.get_params(deep=False):
            short = clone(network).set_params(epochs=1)
            for name in names:
                self._answers(short, self.strategies[name], 0)

    def _answers(self, network: Any, strategy: Strategy, fold: int) -> Answers:
        """Fit one strategy on the training rows and ask it about the test rows."""
        X, y, seed = self.problem.X, self.problem.y, self.seeds[fold]
        train, test = self.folds[fold]
        X_train, X_test = _rows(X, train), _rows(X, test)
        parts = Parts(make_preprocessing(X), seeded(network, seed), seed)
        start = time.perf_counter()
        model = strategy.fit(parts, X_train, y[train])
        fit_seconds = time.perf_counter() - start
        return Answers(
            y_true=y[test],
            y_pred=strategy.decide(model, X_test),
            proba=model.predict_proba(X_test),
            classes=self.problem.classes,
            positive=self.problem.positive,
            fit_seconds=fit_seconds,
        )

    def _fewest_rows(self) -> int:
        """Return the rows of the smallest class in the training part with fewest."""
        y = self.problem.y
        return min(
            int(np.unique(y[train], return_counts=True)[1].min())
            for train, _ in self.folds
        )


def compare(
    X: Any,
    y: Any,
    *,
    estimator: Any = None,
    strategies: str | Iterable[str] | None = None,
    cv: Any = 5,
    random_state: int | None = 0,
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
    strategies : str or iterable of str, default=None
        Keys of `skweighted.comparison.STRATEGIES`; None is all of them.
    cv : int or splitter, default=5
        Number of stratified, shuffled folds, or an object with
        ``split(X, y)``.
    random_state : int or None, default=0
        Seed of the folds, networks and samplers. The same seed gives the same scores
        to the bit; None draws a new one.
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
        If a strategy is not known.
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
    plan = make_plan(X, y, strategies=strategies, cv=cv, random_state=random_state)
    if estimator is None:
        # Resolved here, not at import: this loads TensorFlow, which takes seconds, so
        # only once the input was found good.
        estimator = skweighted.CostSensitiveMLPClassifier()
    return plan.run(estimator, progress=progress)


def make_plan(
    X: Any,
    y: Any,
    *,
    strategies: str | Iterable[str] | None = None,
    cv: Any = 5,
    random_state: int | None = 0,
) -> Plan:
    """Check everything that can be checked before the first fit; see `compare`."""
    chosen = choose_strategies(strategies)
    problem = as_problem(X, y)
    if random_state is None:
        random_state = int(np.random.SeedSequence().generate_state(1)[0])
    if isinstance(cv, Integral):
        _check_n_folds(problem, int(cv))
        cv = StratifiedKFold(int(cv), shuffle=True, random_state=random_state)
    folds = list(cv.split(np.zeros(len(problem.y)), problem.y))
    for number, fold in enumerate(folds):
        for rows, part in zip(fold, ("training", "test"), strict=True):
            missing = np.setdiff1d(problem.classes, problem.y[rows])
            if len(missing):
                raise TableError(
                    f"The {part} rows of fold {number} have no row of class "
                    f"{missing.tolist()[0]!r}. Use stratified folds, or fewer of them."
                )
    seeds = np.random.SeedSequence(random_state).generate_state(len(folds)).tolist()
    return Plan(problem, chosen, folds, seeds)


def seeded(estimator: Any, seed: int) -> Any:
    """Return a clone whose every ``random_state`` that was None is the seed."""
    unseeded = {
        name: seed
        for name, value in estimator.get_params().items()
        if value is None and name.split("__")[-1] == "random_state"
    }
    return clone(estimator).set_params(**unseeded)


def _check_n_folds(problem: Problem, n_folds: int) -> None:
    """Raise unless every fold can have a row of every class."""
    if n_folds < 2:
        raise ValueError(f"Cross-validation needs 2 folds or more; cv={n_folds}.")
    smallest = int(problem.class_counts.min())
    if smallest >= n_folds:
        return
    n_small = int((problem.class_counts < n_folds).sum())
    found = (
        f"Class {problem.positive!r} has {count(smallest, 'row')}, "
        f"fewer than the {n_folds} folds."
    )
    if n_small > 1:
        found = (
            f"{n_small:,} classes have fewer rows than the {n_folds} folds; "
            f"the smallest, {problem.positive!r}, has {smallest:,}."
        )
    way_out = "Merge or remove small classes."
    if smallest >= 2:
        way_out = f"Use at most {smallest} folds, or merge or remove small classes."
    raise TableError(f"{found} {way_out}")


def _check_network(network: Any) -> None:
    """Raise unless the network can be cloned, fitted and asked for probabilities."""
    for method in ("get_params", "fit", "predict_proba"):
        if isinstance(network, type) or not hasattr(network, method):
            raise TypeError(
                f"estimator must be a classifier object with predict_proba; "
                f"{network!r} is not. Strategies are compared by probabilities too."
            )


def _rows(X: Any, positions: np.ndarray) -> Any:
    """Return the rows at the positions."""
    return X.iloc[positions] if isinstance(X, pd.DataFrame) else X[positions]


@contextmanager
def _progress_bar(n_steps: int, *, shown: bool) -> Iterator[Callable[[str], None]]:
    """Yield a function to call with what comes next."""
    console = Console(stderr=True)
    if not (shown and console.is_terminal):
        yield lambda description: None
        return
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )
    with bar:
        task = bar.add_task("", total=n_steps)
        started = itertools.count()
        yield lambda description: bar.update(
            task, description=description, completed=next(started)
        )
