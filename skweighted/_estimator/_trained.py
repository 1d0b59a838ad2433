"""`TrainedNetwork`: the result of a fit, for predictions and further training.

Nothing here loads TensorFlow, so that a loaded classifier predicts without it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from skweighted._costs._distortion import Correction, Distortion
from skweighted._costs._weights import Totals
from skweighted._engine._predict import Forward
from skweighted._engine._spec import NetworkSpec
from skweighted._estimator._classes import Classes
from skweighted._estimator._labels import Labels


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """A trained network, and the meaning of its outputs.

    Attributes
    ----------
    network : NetworkSpec
    targets : Classes or Labels
    parameters : tuple of ndarray
        As in `Run`.
    loss : keras.losses.Loss or dict
        With class priors and costs. In a loaded network, its config; see `keras_loss`.
    correction : Correction
        How the probabilities of the loss become true ones.
    class_weight : ndarray
        For each class, or for both values of each label, before `normalize_weights`.
    costs : ndarray or None
        Checked cost matrix, or one per label.
    shuffle_seed, split_seed : SeedSequence
    dropout_seeds : tuple of int
    optimizer_id : str
        Class and settings of the optimizer.
    optimizer_state : tuple of ndarray
    totals : Totals
        Of all rows on which it was trained.
    history : dict of str to list
        What was recorded in each epoch.
    best_epoch : int
        The epoch of the parameters, counted from 1.
    of_inputs : dict of str to object
        As in `Settings`.
    sampling : ndarray of shape (n_classes,), or None
        Factor by which drawing its rows has changed the total weight of each class.
    """

    network: NetworkSpec
    targets: Classes | Labels
    parameters: tuple[np.ndarray, ...]
    loss: Any
    correction: Correction
    class_weight: np.ndarray
    costs: np.ndarray | None
    shuffle_seed: np.random.SeedSequence
    split_seed: np.random.SeedSequence
    dropout_seeds: tuple[int, ...]
    optimizer_id: str
    optimizer_state: tuple[np.ndarray, ...]
    totals: Totals
    history: Mapping[str, list[Any]]
    best_epoch: int
    of_inputs: dict[str, Any]
    sampling: np.ndarray | None = None

    def proba(self, X: Any) -> np.ndarray:
        """Return uncorrected probabilities for a checked X."""
        return self.targets.proba(Forward(self.network, [self.parameters])(X)[0])

    @property
    def keras_loss(self) -> Any:
        """The loss as a `keras.losses.Loss`."""
        if not isinstance(self.loss, dict):
            return self.loss
        from skweighted._estimator._loss import loaded_loss

        return loaded_loss(self.loss, self.network.dtype)

    @property
    def distortion(self) -> Distortion:
        """What the loss does to probabilities."""
        if not self.correction.by_loss:
            return self.correction.distortion
        from skweighted._estimator._loss import distortion_of

        return distortion_of(self.keras_loss)

    def true_proba(self, proba: np.ndarray) -> np.ndarray:
        """Return true probabilities: loss, class weights and sampling are undone.

        Parameters
        ----------
        proba : ndarray of shape (n_samples, n_classes) or (n_samples, n_labels)
            Of the outputs, by `targets.proba`.

        Raises
        ------
        ValueError
            If true probabilities cannot be recovered from the loss.
        """
        distortion = self.distortion
        if not distortion.recoverable:
            raise ValueError(
                f"True probabilities cannot be recovered from {self.correction.loss}. "
                f"Use loss='cross_entropy', or calibrate the classifier with "
                f"sklearn.calibration.CalibratedClassifierCV."
            )
        proba = self.undone(proba)
        if not distortion.ignores_class_weight:
            proba = self.targets.unweighted(proba, self.class_weight)
        if self.sampling is not None:
            proba = self.targets.unweighted(proba, self.sampling)
        return proba

    def undone(self, proba: np.ndarray) -> np.ndarray:
        """Return true probabilities of the weighted problem."""
        if not self.correction.by_loss:
            return self.correction(proba)
        from skweighted._estimator._loss import undone

        return undone(self.keras_loss, proba)

    def predict(self, proba: np.ndarray, costs: np.ndarray | None) -> np.ndarray:
        """Return labels: those of least expected cost, or the most likely ones.

        Parameters
        ----------
        proba : ndarray
            Of the outputs, by `targets.proba`.
        costs : ndarray or None
            For all rows, or for each row.
        """
        if costs is None:
            return self.targets.most_likely(proba)
        return self.targets.cheapest(self.true_proba(proba), costs)

    @property
    def decision_costs(self) -> np.ndarray | None:
        """The costs that `predict` minimizes; None if training has minimized them."""
        return None if self.distortion.minimizes_cost else self.costs

    def __getstate__(self) -> dict[str, Any]:
        """Return plain types, so that skops has to trust only a few types."""
        state = {field.name: getattr(self, field.name) for field in fields(self)}
        for name in ("shuffle_seed", "split_seed"):
            seed = state[name]
            state[name] = {"entropy": seed.entropy, "spawn_key": list(seed.spawn_key)}
        if not isinstance(self.loss, dict):
            from skweighted._tensorflow import keras

            state["loss"] = keras.losses.serialize(self.loss)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = dict(state)
        for name in ("shuffle_seed", "split_seed"):
            state[name] = np.random.SeedSequence(**state[name])
        vars(self).update(state)
