"""Pruning: candidates that fall behind on the validation rows are dropped early.

A rung is a number of epochs after which candidates are compared. Epochs count from 1,
values are those that early stopping monitors, and lower ones are better.
"""

import math
from collections.abc import Iterable, Mapping

import numpy as np

from skweighted._estimator._loss import distortion_of
from skweighted._estimator._settings import Settings
from skweighted._estimator._train import Prepared
from skweighted._search._candidates import Candidate

# As in scikit-learn's halving searches.
FACTOR = 3

# The first rung is not before a 27th of the epochs, however many candidates there are.
MOST_RUNGS = 3

Network = tuple[int, int]  # its candidate, and its number in that


class Halving:
    """Asynchronous successive halving (Li et al., 2020, algorithm 2).

    A candidate is continued if it is among the best third of all candidates that have
    reached the rung so far. Its value is the mean over its folds and, in an ensemble,
    networks. One that has stopped by itself reaches all later rungs with its last
    value.

    Li, L., Jamieson, K., Rostamizadeh, A., Gonina, E., Hardt, M., Recht, B. and
    Talwalkar, A. (2020). A system for massively parallel hyperparameter tuning.

    Parameters
    ----------
    n_networks : mapping of int to int
        The number of networks of each candidate.
    rungs : iterable of int

    Attributes
    ----------
    pruned : set of int
        The candidates that were stopped.
    """

    def __init__(self, n_networks: Mapping[int, int], rungs: Iterable[int]) -> None:
        self.pruned: set[int] = set()
        self._n_networks = n_networks
        self._last: dict[Network, float] = {}
        self._at: dict[int, dict[Network, float]] = {rung: {} for rung in rungs}

    def after_epoch(self, epoch: int, best: Mapping[Network, float]) -> set[Network]:
        """Return the networks to stop.

        Parameters
        ----------
        epoch : int
            The epoch that has ended.
        best : mapping of (int, int) to float
            The best value so far of each network that is still trained.
        """
        self._last |= best
        if epoch in self._at:
            means = self._means(epoch)
            n_kept = math.ceil(len(means) / FACTOR)
            worst = sorted(means.values())[n_kept - 1] if means else math.inf
            behind = {candidate for candidate, mean in means.items() if mean > worst}
            # Those that no longer train are compared, but there is nothing to stop.
            self.pruned |= behind & {candidate for candidate, _ in best}
        return {network for network in best if network[0] in self.pruned}

    def _means(self, rung: int) -> dict[int, float]:
        """Return the mean of each candidate whose networks have reached a rung."""
        values = self._at[rung]
        for network, value in self._last.items():
            if network[0] not in self.pruned:
                values.setdefault(network, value)
        of_candidate: dict[int, list[float]] = {}
        for (candidate, _), value in values.items():
            of_candidate.setdefault(candidate, []).append(value)
        # A value is infinite as long as early stopping ignores the epochs.
        return {
            candidate: float(np.mean(of_networks))
            for candidate, of_networks in of_candidate.items()
            if len(of_networks) == self._n_networks[candidate]
            and np.isfinite(of_networks).all()
        }


def rungs_of(epochs: int, n_candidates: int) -> list[int]:
    """Return the rungs of a search: the first one, and each three times as late.

    The first is so early that about one candidate is trained for all epochs, as in
    scikit-learn's halving searches with ``min_resources="exhaust"``, but not before a
    27th of the epochs.
    """
    n_rungs = sum(n_candidates >= FACTOR**k for k in range(1, MOST_RUNGS + 1))
    first = max(1, epochs // FACTOR**n_rungs)
    return [rung for k in range(n_rungs) if (rung := first * FACTOR**k) < epochs]


def check_monitors(
    settings: Mapping[int, Settings], candidates: list[Candidate]
) -> None:
    """Raise ValueError unless early stopping monitors the same for all candidates."""
    monitors: dict[str, None] = {}
    for candidate, one in settings.items():
        of_candidate = f"of candidate {candidate}, {candidates[candidate]}"
        if not one.early_stopping:
            raise ValueError(
                f"pruning compares candidates on the rows that early stopping holds "
                f"out, but early_stopping {of_candidate}, is False. Use "
                f"early_stopping=True, or pruning=None."
            )
        if one.monitor == "loss":
            raise ValueError(
                f"pruning needs a monitor whose values can be compared between "
                f"candidates, but the monitor {of_candidate}, is 'loss', which depends "
                f"on the loss and on class weights. Use monitor='log_loss', or the "
                f"name of a score."
            )
        if one.monitor == "log_loss" and one.monitor_weighted:
            raise ValueError(
                f"pruning needs a monitor whose values can be compared between "
                f"candidates, but monitor_weighted {of_candidate}, is True, so that "
                f"the log loss depends on class weights. Use monitor_weighted=False."
            )
        monitors[repr(one.monitor)] = None
    if len(monitors) > 1:
        raise ValueError(
            f"pruning needs the same monitor for all candidates. Got "
            f"{' and '.join(monitors)}. Do not search over monitors, or use "
            f"pruning=None."
        )


class ValidationRows:
    """The validation rows of each fold, which must be alike for all candidates."""

    def __init__(self) -> None:
        self._first: dict[int, tuple[Candidate, np.ndarray]] = {}

    def check(self, candidate: Candidate, fold: int, prepared: Prepared) -> None:
        """Raise ValueError if scores on the rows of a candidate cannot be compared."""
        settings, problem = prepared.settings, prepared.problem
        is_proba = distortion_of(problem.loss).recoverable
        if settings.monitor == "log_loss" and not is_proba:
            raise ValueError(
                f"pruning compares log losses, but the outputs of the network of "
                f"{candidate} are not probabilities because of its loss. Use the name "
                f"of a score as monitor, such as 'average_precision', or pruning=None."
            )
        rows = problem.validation
        if rows is None or rows.target.ndim > 1:
            return
        counts = np.bincount(
            rows.target[rows.rows], minlength=len(problem.totals.counts)
        )
        other, before = self._first.setdefault(fold, (candidate, counts))
        # A split by class may round differently with another seed.
        if len(counts) != len(before) or np.abs(counts - before).max() > 1:
            raise ValueError(
                f"pruning needs validation rows that are alike for all candidates. In "
                f"fold {fold}, those of {other} have {before.tolist()} rows of the "
                f"classes, and those of {candidate} have {counts.tolist()}. Do not "
                f"search over samplers or validation_fraction, or use pruning=None."
            )
