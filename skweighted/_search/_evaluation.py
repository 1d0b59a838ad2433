"""Scores of all candidates on all folds: prepared, trained together, scored."""

import contextlib
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sklearn.base import clone
from sklearn.model_selection._validation import _fit_and_score
from sklearn.utils.parallel import Parallel, delayed

from skweighted._estimator._settings import Settings
from skweighted._estimator._together import (
    Pruner,
    train_together,
    why_not_this_loss,
    why_not_together,
)
from skweighted._estimator._train import Prepared, Training
from skweighted._estimator._train_ensemble import PreparedEnsemble
from skweighted._progress import Bar
from skweighted._search import _queue
from skweighted._search._callbacks import SearchTasks
from skweighted._search._candidates import Candidate, earlier_steps, prefix_of
from skweighted._search._last_step import (
    Received,
    last_step,
    received,
    remember,
    why_not_estimator,
    with_earlier_steps,
)
from skweighted._search._pruning import (
    Halving,
    ValidationRows,
    check_monitors,
    rungs_of,
)
from skweighted._search._queue import Queue, n_bytes
from skweighted._search._scoring import Scoring, without_scores
from skweighted._warnings import warn_user


class Fit(NamedTuple):
    """A fit that waits for its training: its numbers, estimator and networks."""

    candidate: int
    fold: int
    estimator: Any
    prepared: PreparedEnsemble
    seconds: float


@dataclass(eq=False)
class Evaluation:
    """A search: candidates, folds and scorers.

    Attributes
    ----------
    estimator : classifier or Pipeline
    candidates : list of dict
    scoring : Scoring
    n_jobs : int or None
        Processes for what is fitted one by one.
    tasks : SearchTasks
        Called after each fit that is scored.
    bar : callable ``(n_fits) -> None``, or None
        Called with the number of fits that are done.
    pruning : bool
        Whether candidates that fall behind are stopped between epochs.
    """

    estimator: Any
    candidates: list[Candidate]
    scoring: Scoring
    n_jobs: int | None
    bar: Bar | None
    tasks: SearchTasks
    pruning: bool
    _queue: Queue[Fit] = field(init=False)
    _results: dict[tuple[int, int], dict[str, Any]] = field(default_factory=dict)
    _alone: list[tuple[int, int]] = field(default_factory=list)
    _reasons: dict[int, str | None] = field(default_factory=dict)
    _settings: dict[int, Settings] = field(default_factory=dict)
    _halving: Halving | None = None
    _validation_rows: ValidationRows = field(default_factory=ValidationRows)

    def __post_init__(self) -> None:
        self._queue = Queue(self._train)

    @property
    def n_folds(self) -> int:
        """Number of folds."""
        return len(self.scoring.folds)

    @property
    def pruned(self) -> set[int]:
        """The candidates that were stopped between epochs."""
        return set() if self._halving is None else self._halving.pruned

    def run(self) -> None:
        """Train and score everything. What is done is kept if this is interrupted."""
        if self.pruning:
            self._halving = self._start_halving()
        for candidates in earlier_steps(self.candidates, prefix_of(self.estimator)):
            self._prepare_all(candidates)
        self._queue.train_all()
        self._fit_alone()

    def _start_halving(self) -> Halving:
        """Return the rule of pruning, after a check of all candidates."""
        n_networks, epochs = {}, [1]
        for candidate in range(len(self.candidates)):
            with contextlib.suppress(Exception):  # raised again by its fit
                estimator = self._clone(candidate)
                if self._why_alone(candidate, estimator) is None:
                    classifier = last_step(estimator)
                    n_networks[candidate] = self.n_folds * classifier.n_networks
                    epochs.append(classifier.epochs)
        check_monitors(self._settings, self.candidates)
        return Halving(n_networks, rungs_of(max(epochs), len(n_networks)))

    def complete(self) -> list[int]:
        """Return the candidates that are scored on all folds."""
        done = Counter(candidate for candidate, _ in self._results)
        return sorted(key for key, count in done.items() if count == self.n_folds)

    def results(self) -> list[dict[str, Any]]:
        """Return what `_fit_and_score` returns, for each candidate and fold.

        Scores of a candidate that is not complete are NaN. At least one must be.
        """
        complete = set(self.complete())
        unknown = without_scores(self._results[min(complete), 0])
        return [
            self._results[candidate, fold] if candidate in complete else unknown
            for candidate in range(len(self.candidates))
            for fold in range(self.n_folds)
        ]

    def _prepare_all(self, candidates: list[int]) -> None:
        """Prepare candidates whose earlier steps are the same, on all folds.

        Candidate by candidate, so that the first ones are complete early; but all
        candidates of a fold at once if the arrays of all folds are too large to keep.
        """
        first, *others = candidates
        received: dict[int, Received] = {}
        kept = []
        for fold in range(self.n_folds):
            self._prepare(first, fold, received)
            if sum(n_bytes(one.X) for one in received.values()) <= _queue.MOST_BYTES:
                kept.append(fold)
                continue
            for candidate in others:
                self._prepare(candidate, fold, received)
            received.pop(fold, None)
        for candidate in others:
            self._queue.train_full(self.n_folds)
            for fold in kept:
                self._prepare(candidate, fold, received)

    def _prepare(
        self, candidate: int, fold: int, received: dict[int, Received]
    ) -> None:
        """Prepare a candidate on a fold, whose earlier steps are fitted once."""
        start = time.time()
        try:
            estimator = self._clone(candidate)
            reason = self._why_alone(candidate, estimator)
            if reason is None:
                if fold not in received:
                    received[fold] = self._received(estimator, fold)
                given = received[fold]
                with_earlier_steps(estimator, given.steps)
                classifier = last_step(estimator)
                classifier._validate_params()
                prepared = classifier._prepared(
                    self._settings[candidate], given.X, given.y, **given.params
                )
                reason = why_not_this_loss(prepared.networks[0])
        except Exception:
            # A fit on its own raises the same error, and scikit-learn handles it.
            self._alone.append((candidate, fold))
            return
        if reason is None:
            seconds = time.time() - start
            if self.pruning:
                first = prepared.networks[0]
                self._validation_rows.check(self.candidates[candidate], fold, first)
            self._queue.add(Fit(candidate, fold, estimator, prepared, seconds))
            return
        if getattr(last_step(estimator), "engine", None) == "xla":
            raise ValueError(
                f"engine='xla' cannot train candidate {candidate}, "
                f"{self.candidates[candidate]}, together with others because "
                f"{reason}. Use engine='auto' to fit it on its own."
            )
        self._alone.append((candidate, fold))
        self._reasons[candidate] = reason

    def _clone(self, candidate: int) -> Any:
        """Return an unfitted estimator with the parameters of a candidate."""
        params = clone(self.candidates[candidate], safe=False)
        return clone(self.estimator).set_params(**params)

    def _why_alone(self, candidate: int, estimator: Any) -> str | None:
        """Return why a candidate is fitted on its own, or None."""
        if candidate not in self._reasons:
            reason = why_not_estimator(estimator)
            if reason is None:
                # Parsed once for all folds, because Keras takes ms for an optimizer.
                settings = last_step(estimator)._settings()
                self._settings[candidate] = settings
                reason = why_not_together(settings)
            self._reasons[candidate] = reason
        return self._reasons[candidate]

    def _received(self, estimator: Any, fold: int) -> Received:
        """Fit the earlier steps on a fold."""
        return received(estimator, *self.scoring.training_rows(estimator, fold))

    def _train(self, fits: list[Fit]) -> None:
        """Train a group and score its estimators."""
        # Networks with the same rows are next to each other: they are gathered once.
        fits = sorted(fits, key=lambda fit: fit.fold)
        start = time.time()
        after_epoch = self._after_epoch(fits)
        trained = iter(train_together(_networks(fits), pruner=after_epoch))
        share = (time.time() - start) / len(_networks(fits))
        for fit in fits:
            networks = fit.prepared.networks
            result = self._result(fit, [next(trained) for _ in networks])
            seconds = fit.seconds + share * len(networks)
            self._results[fit.candidate, fit.fold] = result | {"fit_time": seconds}
            self.tasks.scored(fit.candidate * self.n_folds + fit.fold)
        self._show(len(self._results))

    def _result(self, fit: Fit, trained: list[Training | Exception]) -> dict[str, Any]:
        """Return the scores of a trained estimator, as `_fit_and_score` does."""
        try:
            remember(last_step(fit.estimator), fit.prepared, trained)
        except Exception as error:
            return self.scoring.of_failed(error, fit.candidate, fit.fold)
        return self.scoring.of_fitted(fit.estimator, fit.fold)

    def _after_epoch(self, fits: list[Fit]) -> Pruner | None:
        """Return what is called between epochs: it moves the bar, and stops networks.

        None if there is nothing to do, because training without a pause is faster.
        """
        halving, n_done = self._halving, len(self._results)
        if halving is None and self.bar is None:
            return None
        networks = [
            (fit.candidate, fit.fold * len(fit.prepared.networks) + number)
            for fit in fits
            for number in range(len(fit.prepared.networks))
        ]
        numbers = {network: number for number, network in enumerate(networks)}
        epochs = fits[0].prepared.networks[0].epochs

        def after_epoch(epoch: int, values: Mapping[int, float]) -> set[int]:
            self._show(n_done + len(fits) * (epoch + 1) / epochs)
            if halving is None:
                return set()
            best = {networks[number]: value for number, value in values.items()}
            return {numbers[one] for one in halving.after_epoch(epoch + 1, best)}

        return after_epoch

    def _show(self, n_done: float) -> None:
        """Move the bar, if there is one."""
        if self.bar is not None:
            self.bar(n_done)

    def _fit_alone(self) -> None:
        """Fit one by one what cannot be trained together."""
        reasons = Counter(filter(None, self._reasons.values()))
        for reason, count in reasons.items():
            warn_user(
                f"{count} of {len(self.candidates)} candidates are fitted one by one, "
                f"which takes longer, because {reason}.",
                UserWarning,
            )
        keys = sorted(self._alone)
        done = Parallel(n_jobs=self.n_jobs, return_as="generator")(
            delayed(_fit_and_score)(
                clone(self.estimator),
                **self.scoring.arguments(candidate, fold)
                | {"parameters": self.candidates[candidate]},
            )
            for candidate, fold in keys
        )
        for key, result in zip(keys, done, strict=True):
            self._results[key] = result
            self.tasks.scored(key[0] * self.n_folds + key[1])
            self._show(len(self._results))


def _networks(fits: list[Fit]) -> list[Prepared]:
    """Return the networks of fits, which are several for an ensemble."""
    return [one for fit in fits for one in fit.prepared.networks]
