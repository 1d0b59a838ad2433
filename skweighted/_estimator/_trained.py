"""`TrainedNetwork`: the result of a fit, for predictions and further training."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from skweighted._costs._weights import Totals
from skweighted._engine._forward import predict
from skweighted._engine._keras_model import (
    build_model,
    compile_model,
    set_optimizer_state,
)
from skweighted._engine._optimizers import settings as optimizer_settings
from skweighted._engine._spec import NetworkSpec
from skweighted._estimator._classes import Classes
from skweighted._estimator._labels import Labels
from skweighted._estimator._loss import (
    distortion_of,
    in_precision,
    of_one_output,
    undone,
)
from skweighted._estimator._settings import Settings
from skweighted._estimator._start import Start
from skweighted._tensorflow import keras


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """A trained network, and the meaning of its outputs.

    Attributes
    ----------
    network : NetworkSpec
    targets : Classes or Labels
    parameters : tuple of ndarray
        Kernel and bias of each stage.
    loss : keras.losses.Loss
        With class priors and costs.
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
    sampling : ndarray of shape (n_classes,), or None
        Factor by which drawing its rows has changed the total weight of each class.
    history : dict of str to list
        What was recorded in each epoch.
    best_epoch : int
        The epoch of the parameters, counted from 1.
    """

    network: NetworkSpec
    targets: Classes | Labels
    parameters: tuple[np.ndarray, ...]
    loss: Any
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
    sampling: np.ndarray | None = None

    def proba(self, X: Any) -> np.ndarray:
        """Return uncorrected probabilities for a checked X."""
        return self.targets.proba(predict(self.network, self.parameters, X))

    def true_proba(self, proba: np.ndarray) -> np.ndarray:
        """Return true probabilities: loss, class weights and sampling are undone.

        Parameters
        ----------
        proba : ndarray of shape (n_samples, n_classes) or (n_samples, n_labels)
            What `proba` returns.

        Raises
        ------
        ValueError
            If true probabilities cannot be recovered from the loss.
        """
        distortion = distortion_of(self.loss)
        if not distortion.recoverable:
            raise ValueError(
                f"True probabilities cannot be recovered from "
                f"{type(of_one_output(self.loss)).__name__}. Use loss='cross_entropy', "
                f"or calibrate the classifier with "
                f"sklearn.calibration.CalibratedClassifierCV."
            )
        proba = undone(self.loss, proba)
        if not distortion.ignores_class_weight:
            proba = self.targets.unweighted(proba, self.class_weight)
        if self.sampling is not None:
            proba = self.targets.unweighted(proba, self.sampling)
        return proba

    def predict(self, proba: np.ndarray, costs: np.ndarray | None) -> np.ndarray:
        """Return labels: those of least expected cost, or the most likely ones.

        Parameters
        ----------
        proba : ndarray
            What `proba` returns.
        costs : ndarray or None
            For all rows, or for each row.
        """
        if costs is None:
            return self.targets.most_likely(proba)
        return self.targets.cheapest(self.true_proba(proba), costs)

    @property
    def decision_costs(self) -> np.ndarray | None:
        """The costs that `predict` minimizes; None if training has minimized them."""
        return None if distortion_of(self.loss).minimizes_cost else self.costs

    def model(self, settings: Settings) -> keras.Model:
        """Return the network as a new compiled `keras.Model`.

        Parameters
        ----------
        settings : Settings
            Its optimizer and metrics are used. The state of the optimizer is kept if it
            is the optimizer of the training.
        """
        model = build_model(
            self.network,
            self.parameters,
            self.dropout_seeds,
            int(self.optimizer_state[0]),
        )
        optimizer = settings.optimizer
        compile_model(model, optimizer, self.loss, settings.metrics)
        if optimizer_id(optimizer) == self.optimizer_id:
            set_optimizer_state(optimizer, self.optimizer_state)
        # Keras cannot export a model that was never called.
        model(np.zeros((1, self.network.n_features), self.network.dtype))
        return model

    def warm(self, start: Start) -> Start:
        """Return a new start with these weights, and the same split for early stopping.

        Otherwise rows on which a network was trained could become validation rows.
        """
        return replace(
            start,
            parameters=self.parameters,
            split_seed=self.split_seed,
            is_new=False,
        )

    def continued(self, network: NetworkSpec) -> Start:
        """Return a start that continues this training."""
        return Start(
            network=network,
            targets=self.targets,
            parameters=self.parameters,
            shuffle_seed=self.shuffle_seed,
            split_seed=self.split_seed,
            dropout_seeds=self.dropout_seeds,
            is_new=False,
            optimizer_id=self.optimizer_id,
            optimizer_state=self.optimizer_state,
            totals=self.totals,
            history=dict(self.history),
        )

    def __getstate__(self) -> dict[str, Any]:
        """Return plain types, so that skops has to trust only a few types."""
        state = {field.name: getattr(self, field.name) for field in fields(self)}
        for name in ("shuffle_seed", "split_seed"):
            seed = state[name]
            state[name] = {"entropy": seed.entropy, "spawn_key": list(seed.spawn_key)}
        state["loss"] = keras.losses.serialize(self.loss)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = dict(state)
        for name in ("shuffle_seed", "split_seed"):
            state[name] = np.random.SeedSequence(**state[name])
        loss = keras.losses.deserialize(state["loss"])
        state["loss"] = in_precision(loss, state["network"].dtype)
        vars(self).update(state)


def optimizer_id(optimizer: Any) -> str:
    """Return a string that identifies the class and settings of an optimizer."""
    return repr(optimizer_settings(optimizer))
