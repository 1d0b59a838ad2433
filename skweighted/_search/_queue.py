"""Prepared fits that wait for others, so that one program trains them together."""

from collections.abc import Callable, Hashable
from typing import Any, Generic, Protocol, TypeVar

from scipy.sparse import issparse

from skweighted._estimator._together import group_of
from skweighted._estimator._train_ensemble import PreparedEnsemble

# Networks in one program, unless one ensemble has more; and bytes of the arrays that
# wait for training.
MOST_NETWORKS = 64
MOST_BYTES = 2**29


class Waiting(Protocol):
    """A fit that waits for its training."""

    @property
    def prepared(self) -> PreparedEnsemble:
        """What is trained."""


Fit = TypeVar("Fit", bound=Waiting)


class Queue(Generic[Fit]):
    """Groups of fits, each for one program; a group that is large enough is trained.

    Parameters
    ----------
    train : callable ``(fits) -> None``
        Trains fits of one group.
    """

    def __init__(self, train: Callable[[list[Fit]], None]) -> None:
        self._train = train
        self._waiting: dict[Hashable, list[Fit]] = {}

    def add(self, fit: Fit) -> None:
        """Add a fit; train its group if that is full, or the largest one for memory."""
        key = group_of(fit.prepared.networks[0])
        group = self._waiting.setdefault(key, [])
        if group and _n_networks([*group, fit]) > MOST_NETWORKS:
            self._train(self._waiting.pop(key))
            group = self._waiting.setdefault(key, [])
        group.append(fit)
        if _n_networks(group) < MOST_NETWORKS:
            if self._n_bytes() <= MOST_BYTES:
                return
            key = max(self._waiting, key=lambda key: _n_networks(self._waiting[key]))
        self._train(self._waiting.pop(key))

    def train_full(self, n_fits: int) -> None:
        """Train the groups that have no place for this number of similar fits."""
        for key, fits in list(self._waiting.items()):
            if _n_networks(fits) * (1 + n_fits / len(fits)) > MOST_NETWORKS:
                self._train(self._waiting.pop(key))

    def train_all(self) -> None:
        """Train everything that waits."""
        while self._waiting:
            self._train(self._waiting.pop(next(iter(self._waiting))))

    def _n_bytes(self) -> int:
        """Return the size of the arrays of all fits that wait; shared ones once."""
        arrays = {}
        for fits in self._waiting.values():
            for fit in fits:
                for network in fit.prepared.networks:
                    rows = network.problem.rows
                    for array in (rows.X, rows.target, rows.weight, rows.rows):
                        arrays[id(array)] = n_bytes(array)
        return sum(arrays.values())


def n_bytes(array: Any) -> int:
    """Return the size of an array, sparse matrix or dataframe; 0 for a list."""
    if issparse(array):
        return array.data.nbytes + array.indices.nbytes
    if hasattr(array, "memory_usage"):
        return int(array.memory_usage(index=False).sum())
    return getattr(array, "nbytes", 0)


def _n_networks(fits: list[Any]) -> int:
    """Return the number of networks of some fits."""
    return sum(len(fit.prepared.networks) for fit in fits)
