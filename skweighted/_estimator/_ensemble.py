"""`TrainedEnsemble`: the networks of a fit, whose probabilities are averaged.

A fit of a single network is an ensemble of one.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np

from skweighted._engine._predict import outputs_of
from skweighted._estimator._classes import Classes
from skweighted._estimator._labels import Labels
from skweighted._estimator._trained import TrainedNetwork


@dataclass(frozen=True, eq=False)
class TrainedEnsemble:
    """Trained networks, and how their probabilities become one and are decided on.

    Attributes
    ----------
    networks : tuple of TrainedNetwork
        At least one.
    class_weight : ndarray
        For each class, or for both values of each label, before `normalize_weights`.
    seeds : tuple
        The `random_state` of each network.
    oob_proba : ndarray of shape (n_samples, n_classes or n_labels), or None
        Probabilities of the training rows, each by networks not trained on it.
    temperature : float or None
        Divides the logits of true probabilities.
    threshold : float or None
        Probability of the second of two classes from which it is predicted.
    threshold_is_true : bool
        Whether `threshold` refers to true probabilities.
    """

    networks: tuple[TrainedNetwork, ...]
    class_weight: np.ndarray
    seeds: tuple[Any, ...]
    oob_proba: np.ndarray | None = None
    temperature: float | None = None
    threshold: float | None = None
    threshold_is_true: bool = False

    @property
    def targets(self) -> Classes | Labels:
        """The meaning of the outputs."""
        return self.networks[0].targets

    @property
    def costs(self) -> np.ndarray | None:
        """The checked cost matrix, or one per label."""
        return self.networks[0].costs

    @property
    def decision_costs(self) -> np.ndarray | None:
        """The costs that `predict` minimizes; None if training has minimized them."""
        return self.networks[0].decision_costs

    def proba(self, X: Any) -> np.ndarray:
        """Return the mean uncorrected probabilities for a checked X."""
        return _mean(self._each(X))

    def true_proba(self, X: Any) -> np.ndarray:
        """Return the mean true probabilities for a checked X.

        The loss, the class weights and the sampling of each network are undone, and the
        temperature is applied, before its probabilities are averaged.
        """
        return _mean(self._each_true(X))

    def spread(self, X: Any, *, true: bool) -> np.ndarray:
        """Return the standard deviation of probabilities over the networks."""
        each = self._each_true(X) if true else self._each(X)
        return np.std(list(each), axis=0)

    def predict(self, X: Any, costs: np.ndarray | None) -> np.ndarray:
        """Return labels: of least expected cost, by the threshold, or the most likely.

        Parameters
        ----------
        X : ndarray or CSR of shape (n_samples, n_features)
        costs : ndarray or None
            For all rows, or for each row.
        """
        if costs is not None:
            return self.targets.cheapest(self.true_proba(X), costs)
        if self.threshold is None:
            return self.targets.most_likely(self.proba(X))
        proba = self.true_proba(X) if self.threshold_is_true else self.proba(X)
        is_second = proba[:, 1] >= self.threshold
        return self.targets.decode(is_second.astype(np.int64))

    def _each(self, X: Any) -> Iterator[np.ndarray]:
        """Yield the uncorrected probabilities of each network."""
        return map(self.targets.proba, self._outputs(X))

    def _each_true(self, X: Any) -> Iterator[np.ndarray]:
        """Yield the true probabilities of each network."""
        for network, proba in zip(self.networks, self._each(X), strict=True):
            yield self._tempered(network.true_proba(proba))

    @cached_property
    def _outputs(self) -> Callable[[Any], Iterator[np.ndarray]]:
        """The function that computes the outputs of the networks."""
        return outputs_of(
            [network.network for network in self.networks],
            [network.parameters for network in self.networks],
        )

    def __getstate__(self) -> dict[str, Any]:
        """Return the fields, without the function."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def _tempered(self, proba: np.ndarray) -> np.ndarray:
        """Return true probabilities at the fitted temperature."""
        if self.temperature is None:
            return proba
        return self.targets.tempered(proba, self.temperature)

    @property
    def history(self) -> dict[str, list[Any]]:
        """What was recorded in each epoch: the mean over the networks trained in it."""
        histories = [network.history for network in self.networks]
        if len(histories) == 1:
            return dict(histories[0])
        return {name: _mean_curve(histories, name) for name in histories[0]}


def _mean(each: Iterator[np.ndarray]) -> np.ndarray:
    """Return the mean of arrays."""
    total: Any = 0.0
    number = 0
    for values in each:
        total, number = total + values, number + 1
    return total / number


def _mean_curve(histories: Sequence[Mapping[str, list[Any]]], name: str) -> list[Any]:
    """Return the mean of curves that can end at different epochs."""
    curves = [history.get(name, []) for history in histories]
    means = []
    for epoch in range(max(map(len, curves))):
        values = [curve[epoch] for curve in curves if len(curve) > epoch]
        means.append(np.mean(values, axis=0).tolist())
    return means
