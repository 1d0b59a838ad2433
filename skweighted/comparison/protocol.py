"""How strategies are compared: the same folds, seeds and preprocessing for all."""

import itertools
import platform
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import joblib
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
from scipy import sparse
from sklearn.base import clone

import skweighted
from skweighted.comparison.folds import Fold, make_folds
from skweighted.comparison.measures import Answers, measured
from skweighted.comparison.outcomes import Outcome, Store
from skweighted.comparison.preprocessing import make_preprocessing
from skweighted.comparison.problem import Problem, as_problem
from skweighted.comparison.result import Comparison
from skweighted.comparison.strategies import (
    Parts,
    Setting,
    Strategy,
    choose_strategies,
)
from skweighted.comparison.strategies.fits import seeded
from skweighted.exceptions import TableError
from skweighted.metrics import expected_cost_score

# What a result depends on beside its data and its settings.
PACKAGES = (
    *("skweighted", "scikit-learn", "imbalanced-learn", "tensorflow", "keras"),
    *("numpy", "scipy", "pandas"),
)


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
    """

    problem: Problem
    strategies: dict[str, Strategy]
    folds: list[Fold]
    cost_matrix: Any = None
    random_state: int = 0

    def run(
        self,
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
        setting = self._setting(network)
        reasons = {name: s.why_not(setting) for name, s in self.strategies.items()}
        skipped = {name: reason for name, reason in reasons.items() if reason}
        names = [name for name in self.strategies if name not in skipped]
        if not names:
            why = "; ".join(f"{name}: {reason}" for name, reason in skipped.items())
            raise TableError(f"No strategy can run here. {why}.")
        store = None if resume is None else self._store(resume, network)
        outcomes, failed = self._outcomes(network, names, store, progress)
        if not outcomes:
            why = " ".join(f"{name}: {error}" for name, error in failed.items())
            raise RuntimeError(f"Every strategy failed. {why}")
        return Comparison(
            self._scores(outcomes),
            self.problem.positive,
            skipped,
            failed=failed,
            reference=reference if reference in outcomes else next(iter(outcomes)),
            problem=self.problem,
            folds=tuple(self.folds),
            outcomes=outcomes,
            cost_matrix=self.cost_matrix,
            random_state=self.random_state,
            network=repr(network),
            versions=versions(),
        )

    def _setting(self, network: Any) -> Setting:
        """Return what strategies may know before any fit."""
        fewest = min(
            int(np.unique(self.problem.y[fold.train], return_counts=True)[1].min())
            for fold in self.folds
        )
        return Setting(
            network,
            len(self.problem.classes),
            fewest,
            has_text=bool(self._text_columns()),
            has_numbers=len(self._text_columns()) < self.problem.X.shape[1],
            has_costs=self.cost_matrix is not None,
            is_sparse=sparse.issparse(self.problem.X),
            n_rows=min(len(fold.train) for fold in self.folds),
        )

    def _text_columns(self) -> tuple[str, ...]:
        """Return the names of the columns that hold no numbers."""
        X = self.problem.X
        if not isinstance(X, pd.DataFrame):
            return ()
        return tuple(name for name in X.columns if X[name].dtype.kind not in "fiu")

    def _outcomes(
        self, network: Any, names: list[str], store: Store | None, progress: bool
    ) -> tuple[dict[str, list[Outcome]], dict[str, str]]:
        """Return what each strategy said in every fold, and why others failed."""
        outcomes: dict[str, list[Outcome]] = {name: [] for name in names}
        failed: dict[str, str] = {}
        warm: set[str] = set()
        with _progress_bar(len(self.folds) * len(names), shown=progress) as step:
            for number, fold in enumerate(self.folds):
                for name in names:
                    step(f"fold {number + 1}/{len(self.folds)} {name}")
                    if name in failed:
                        continue
                    outcome = store.load(name, number) if store else None
                    if outcome is None:
                        try:
                            if name not in warm:
                                self._warm_up(network, name)
                                warm.add(name)
                            outcome = self._outcome(network, name, fold)
                        except Exception as error:  # whatever it is, others go on
                            failed[name] = _in_words(error, number)
                            del outcomes[name]
                            continue
                        if store:
                            store.save(name, number, outcome)
                    outcomes[name].append(outcome)
        return outcomes, failed

    def _warm_up(self, network: Any, name: str) -> None:
        """Compile before the clock runs, or the first fit would pay for all others."""
        strategy = self.strategies[name]
        if strategy.is_network and "epochs" in network.get_params(deep=False):
            self._outcome(clone(network).set_params(epochs=1), name, self.folds[0])

    def _outcome(self, network: Any, name: str, fold: Fold) -> Outcome:
        """Fit one strategy on the training rows and ask it about the test rows."""
        X, y, strategy = self.problem.X, self.problem.y, self.strategies[name]
        X_train, X_test = _rows(X, fold.train), _rows(X, fold.test)
        parts = Parts(
            make_preprocessing(X),
            seeded(network, fold.seed),
            fold.seed,
            cost_matrix=self.cost_matrix,
            text_columns=self._text_columns(),
        )
        start = time.perf_counter()
        model = strategy.fit(parts, X_train, y[fold.train])
        fitted = time.perf_counter()
        proba = model.predict_proba(X_test)
        asked = time.perf_counter()
        y_pred = np.asarray(strategy.decide(model, X_test))
        return Outcome(
            y_index=np.searchsorted(self.problem.classes, y_pred),
            proba=proba,
            fit_seconds=fitted - start,
            predict_seconds=asked - fitted,
            history=_history_of(model),
        )

    def _scores(self, outcomes: dict[str, list[Outcome]]) -> pd.DataFrame:
        """Return every metric of every strategy in every fold."""
        records = []
        for number, fold in enumerate(self.folds):
            for name, each in outcomes.items():
                answers = Answers(
                    y_true=self.problem.y[fold.test],
                    y_pred=self.problem.classes[each[number].y_index],
                    proba=each[number].proba,
                    classes=self.problem.classes,
                    positive=self.problem.positive,
                    fit_seconds=each[number].fit_seconds,
                    predict_seconds=each[number].predict_seconds,
                    cost_matrix=self.cost_matrix,
                )
                records += [
                    (name, number, metric, value)
                    for metric, value in measured(answers).items()
                ]
        columns = ["strategy", "fold", "metric", "value"]
        return pd.DataFrame.from_records(records, columns=columns)

    def _store(self, directory: str | Path, network: Any) -> Store:
        """Return the folder that is gone on from."""
        try:
            return Store(directory, self._fingerprint(network))
        except ValueError as error:
            raise TableError(str(error)) from None

    def _fingerprint(self, network: Any) -> dict[str, str]:
        """Return what outcomes depend on, in words and hashes."""
        folds = [(fold.train, fold.test, fold.seed) for fold in self.folds]
        return {
            "the data": joblib.hash((self.problem.X, self.problem.y.tolist())),
            "the folds or the seed": joblib.hash(folds),
            "the costs": joblib.hash(self.cost_matrix),
            "the network": repr(network),
            **{f"{name}'s version": number for name, number in versions().items()},
        }


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
    cv : int or splitter, default=5
        Number of stratified, shuffled folds, or an object with
        ``split(X, y, groups)``, such as TimeSeriesSplit.
    n_repeats : int, default=1
        How often a number of folds is drawn anew.
    groups : array-like of shape (n_samples,), default=None
        Rows of one group are never both learnt from and asked about.
    cost_matrix : array-like, dict or DataFrame, default=None
        What mistakes cost: rows are truths and columns predictions, in the sorted order
        of the labels, or a dict ``{(truth, prediction): cost}``. Adds cost and savings
        to the metrics, and "min_cost" to the default strategies.
    reference : str, default="none"
        The strategy that the others are compared to; the first one if it is not run.
    random_state : int or None, default=0
        Seed of the folds, networks and samplers. The same seed gives the same scores
        to the bit; None draws a new one, which the result tells.
    resume : str or Path, default=None
        A folder that keeps what is done; the same call goes on from there.
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
        If a strategy is not known, the costs cannot be used, or `resume` holds another
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
    if estimator is None:
        # Resolved here, not at import: this loads TensorFlow, which takes seconds, so
        # only once the input was found good.
        estimator = skweighted.CostSensitiveMLPClassifier()
    return plan.run(estimator, progress=progress, resume=resume, reference=reference)


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
    if cost_matrix is not None:
        # Asked about its own rows, the metric finds what is wrong with the costs.
        expected_cost_score(
            problem.y, problem.y, cost_matrix=cost_matrix, labels=problem.classes
        )
    if random_state is None:
        random_state = int(np.random.SeedSequence().generate_state(1)[0])
    folds = make_folds(problem, cv, n_repeats, groups, random_state)
    return Plan(problem, chosen, folds, cost_matrix, random_state)


def versions() -> dict[str, str]:
    """Return the versions that a result may depend on."""
    return {"python": platform.python_version()} | {
        name: version(name) for name in PACKAGES
    }


def _in_words(error: Exception, fold: int) -> str:
    """Return an error in one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__} in fold {fold}: {text}"


def _history_of(model: Any) -> dict[str, list[float]]:
    """Return what a fitted model's last step followed over its epochs."""
    while not hasattr(model, "history_"):
        if hasattr(model, "steps"):
            model = model.steps[-1][1]
        elif hasattr(model, "estimator_"):
            model = model.estimator_
        else:
            return {}
    return {
        name: np.asarray(values, dtype=float).tolist()
        for name, values in model.history_.items()
    }


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
