"""What `fit` and `partial_fit` train: from settings, checked arrays, earlier training.

Settings and arrays -> targets, input stages, network -> starts -> task -> networks.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from skweighted._engine._spec import NetworkSpec
from skweighted._estimator._classes import Classes
from skweighted._estimator._ensemble import TrainedEnsemble
from skweighted._estimator._input import Arrays
from skweighted._estimator._labels import Labels
from skweighted._estimator._problem import make_task, targets_of
from skweighted._estimator._scaling import InputStages, input_stages
from skweighted._estimator._settings import Settings
from skweighted._estimator._start import (
    Start,
    check_same,
    check_same_network,
    check_same_targets,
    continued,
    network_seeds,
    network_spec,
    new_start,
    warm,
)
from skweighted._estimator._train_ensemble import PreparedEnsemble, prepared_ensemble
from skweighted._estimator._trained import TrainedNetwork


def prepared_fit(
    settings: Settings,
    random_state: Any,
    arrays: Arrays,
    validation: Arrays | None = None,
    before: TrainedEnsemble | None = None,
) -> PreparedEnsemble:
    """Return what `fit` trains.

    Parameters
    ----------
    settings : Settings
    random_state : int, RandomState or None
    arrays : Arrays
        The training rows.
    validation : Arrays or None
        Validation rows from the user.
    before : TrainedEnsemble or None
        Networks whose weights a warm start begins with.
    """
    if validation is not None and not settings.early_stopping:
        raise ValueError(
            "X_val and y_val are used only by early stopping, but early_stopping is "
            "False. Use early_stopping=True, or leave them out."
        )
    targets = targets_of(arrays)
    if before is not None:
        check_same_targets(targets, before.targets)
        _check_same_number(settings, before, "warm_start=True")
    networks, fixed = _networks(settings, arrays, targets, before, "warm_start=True")
    seeds, starts = _new_starts(random_state, networks, targets, fixed)
    for number, one in enumerate(before.networks if before is not None else ()):
        check_same_network(networks[number], one.network, "warm_start=True")
        starts[number] = warm(starts[number], one)
    dtype = networks[0].dtype
    task = make_task(settings, targets, dtype, arrays, validation=validation)
    return prepared_ensemble(settings, starts, seeds, task, settings.epochs)


def prepared_step(
    settings: Settings,
    random_state: Any,
    arrays: Arrays,
    classes: Any = None,
    before: TrainedEnsemble | None = None,
) -> PreparedEnsemble:
    """Return what a call of `partial_fit` trains.

    Parameters
    ----------
    settings : Settings
    random_state : int, RandomState or None
    arrays : Arrays
        The rows of the call.
    classes : array-like of shape (n_classes,) or None
        All labels, if the user has passed them.
    before : TrainedEnsemble or None
        The networks of the calls before.
    """
    targets = _step_targets(arrays, classes, before)
    if before is not None:
        _check_same_number(settings, before, "partial_fit")
    networks, fixed = _networks(settings, arrays, targets, before, "partial_fit")
    if before is None:
        seeds, starts = _new_starts(random_state, networks, targets, fixed)
    else:
        seeds, starts = list(before.seeds), []
        for network, one in zip(networks, before.networks, strict=True):
            if settings.dtype == "auto":
                network = replace(network, dtype=one.network.dtype)
            check_same_network(network, one.network, "partial_fit")
            starts.append(continued(network, one))
    dtype = starts[0].network.dtype
    task = make_task(settings, targets, dtype, arrays, earlier=starts[0].totals)
    return prepared_ensemble(settings, starts, seeds, task, 1)


def check_steps(settings: Settings) -> None:
    """Raise ValueError for a setting that `partial_fit` does not support."""
    if settings.early_stopping:
        raise ValueError(
            "partial_fit does not support early stopping, because it trains one epoch "
            "per call. Use early_stopping=False, or fit."
        )
    for name in ("threshold", "calibration"):
        if getattr(settings, name) is not None:
            raise ValueError(
                f"partial_fit does not support {name}, which needs out-of-fold "
                f"probabilities. Use {name}=None, or fit."
            )
    if settings.schedule is not None:
        raise ValueError(
            f"partial_fit does not support learning_rate={settings.schedule!r}, "
            f"because the number of epochs is not known. Use a number, or fit."
        )
    if settings.class_weight_start:
        raise ValueError(
            "partial_fit does not support class_weight_start, because the number of "
            "epochs is not known. Use class_weight_start=0, or fit."
        )
    if settings.ensemble in ("folds", "balanced"):
        raise ValueError(
            f"partial_fit does not support ensemble={settings.ensemble!r}, which draws "
            f"the rows of each network from all rows. Use ensemble='seeds', or fit."
        )


def _networks(
    settings: Settings,
    arrays: Arrays,
    targets: Classes | Labels,
    before: TrainedEnsemble | None,
    who: str,
) -> tuple[list[NetworkSpec], list[Sequence[np.ndarray]]]:
    """Return each network, and the weights of its input stages that are not trained."""
    if before is None:
        inputs = input_stages(settings, arrays)
    else:
        for name, was in before.networks[0].of_inputs.items():
            check_same(name, was, settings.of_inputs[name], who)
        inputs = list(map(_inputs_of, before.networks))
    n_features, dtype = arrays.X.shape[1], arrays.X.dtype.name
    networks = [
        network_spec(settings, n_features, dtype, targets, one.stages) for one in inputs
    ]
    return networks, [one.fixed for one in inputs]


def _inputs_of(trained: TrainedNetwork) -> InputStages:
    """Return the input stages of earlier training, whatever the rows are now."""
    network = trained.network
    parameters = zip(trained.parameters, network.is_trained, strict=True)
    fixed = tuple(values for values, is_trained in parameters if not is_trained)
    return InputStages(network.inputs, fixed)


def _new_starts(
    random_state: Any,
    networks: Sequence[NetworkSpec],
    targets: Classes | Labels,
    fixed: Sequence[Sequence[np.ndarray]],
) -> tuple[list[Any], list[Start]]:
    """Return the seed and the start of each network."""
    seeds = network_seeds(random_state, len(networks))
    starts = [
        new_start(seed, network, targets, values)
        for seed, network, values in zip(seeds, networks, fixed, strict=True)
    ]
    return seeds, starts


def _check_same_number(settings: Settings, before: TrainedEnsemble, who: str) -> None:
    """Raise ValueError if the number of networks has changed."""
    if len(before.networks) != settings.n_networks:
        raise ValueError(
            f"{who} needs the n_networks of the last fit. It was "
            f"{len(before.networks)} and is now {settings.n_networks}. Call fit with "
            f"warm_start=False."
        )


def _step_targets(
    arrays: Arrays, classes: Any, before: TrainedEnsemble | None
) -> Classes | Labels:
    """Return the targets of a call of `partial_fit`."""
    if classes is None:
        return targets_of(arrays) if before is None else before.targets
    given = np.unique(np.asarray(classes))
    if len(given) < 2 or (given != given).any():
        raise ValueError(
            f"classes must contain at least two labels, and no NaN. Got "
            f"{np.asarray(classes).tolist()}."
        )
    if before is None:
        is_multilabel = arrays.y.ndim == 2
        return Labels(arrays.y.shape[1]) if is_multilabel else Classes(given)
    if not np.array_equal(given, before.targets.classes):
        raise ValueError(
            f"classes must be the same in all calls of partial_fit. They were "
            f"{before.targets.classes.tolist()} and are now {given.tolist()}. To start "
            f"over, call fit or clone the estimator."
        )
    return before.targets
