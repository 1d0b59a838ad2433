"""The networks of a fit as a `keras.Model`, and back."""

from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np

from skweighted._engine._keras_model import (
    average_model,
    build_model,
    compile_model,
    parameters_of,
    set_optimizer_state,
)
from skweighted._estimator._ensemble import TrainedEnsemble
from skweighted._estimator._settings import Settings
from skweighted._estimator._start import optimizer_id
from skweighted._estimator._trained import TrainedNetwork


def keras_model(ensemble: TrainedEnsemble, settings: Settings) -> Any:
    """Return a new compiled `keras.Model`, whose outputs are those of `proba`.

    Parameters
    ----------
    ensemble : TrainedEnsemble
    settings : Settings
        Its optimizer and metrics are used. The state of the optimizer is kept if there
        is one network, and the optimizer is that of the training.
    """
    if len(ensemble.networks) == 1:
        return _model_of(ensemble.networks[0], settings)
    model = average_model(
        [network.network for network in ensemble.networks],
        [network.parameters for network in ensemble.networks],
        [network.dropout_seeds for network in ensemble.networks],
    )
    loss = ensemble.networks[0].keras_loss
    compile_model(model, settings.optimizer, loss, settings.metrics)
    return model


def _model_of(one: TrainedNetwork, settings: Settings) -> Any:
    """Return a network as a new compiled `keras.Model`."""
    model = build_model(
        one.network, one.parameters, one.dropout_seeds, int(one.optimizer_state[0])
    )
    optimizer = settings.optimizer
    compile_model(model, optimizer, one.keras_loss, settings.metrics)
    if optimizer_id(optimizer) == one.optimizer_id:
        set_optimizer_state(optimizer, one.optimizer_state)
    # Keras cannot export a model that was never called.
    model(np.zeros((1, one.network.n_features), one.network.dtype))
    return model


def with_weights_of(ensemble: TrainedEnsemble, model: Any) -> TrainedEnsemble:
    """Return the ensemble with the weights of its model, which users may train.

    The same ensemble if they are unchanged, because it has prepared its predictions.
    """
    arrays = parameters_of(model)
    known = [values for one in ensemble.networks for values in one.parameters]
    if all(map(np.array_equal, arrays, known)):
        return ensemble
    parameters = iter(arrays)
    networks = tuple(
        replace(one, parameters=tuple(islice(parameters, len(one.parameters))))
        for one in ensemble.networks
    )
    return replace(ensemble, networks=networks)
