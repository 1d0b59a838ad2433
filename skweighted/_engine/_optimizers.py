"""Keras' optimizers as values: copied, compared by their settings, never shared."""

import json
from collections.abc import Callable, Hashable
from typing import Any

from skweighted._tensorflow import keras


def schedule_of(optimizer: Any) -> Any:
    """Return the learning-rate schedule of an optimizer, or None."""
    rate = getattr(optimizer, "_learning_rate", None)
    is_schedule = isinstance(rate, keras.optimizers.schedules.LearningRateSchedule)
    return rate if is_schedule else None


def learning_rate_of(optimizer: Any) -> float | None:
    """Return the learning rate of an optimizer, or None if it has a schedule."""
    rate = optimizer._learning_rate
    return float(rate.value.numpy()) if isinstance(rate, keras.Variable) else None


def copy_of(optimizer: Any, learning_rate: Callable[[], Any] | None = None) -> Any:
    """Return a new optimizer with the same settings and without state.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer
    learning_rate : callable or None
        Returns the learning rate at each step, unless the optimizer has a schedule.
        None copies the learning rate.
    """
    config = optimizer.get_config()
    schedule = schedule_of(optimizer)
    # A schedule has no state, and some cannot be recreated from their settings.
    if schedule is not None:
        config["learning_rate"] = schedule
    elif learning_rate is not None:
        config["learning_rate"] = learning_rate
    copied = type(optimizer)(**config)
    excluded = excluded_from_weight_decay(optimizer)
    if excluded is not None:
        copied.exclude_from_weight_decay(var_names=[excluded])
    return copied


def excluded_from_weight_decay(optimizer: Any) -> str | None:
    """Return the pattern of the names of variables without weight decay, if any."""
    pattern = getattr(optimizer, "_exclude_from_weight_decay_pattern", None)
    return None if pattern is None else pattern.pattern


def mixes_weights(optimizer: Any) -> bool:
    """Return whether the step of one weight depends on other weights."""
    return (
        isinstance(optimizer, keras.optimizers.Lamb)
        or optimizer.clipnorm is not None
        or optimizer.global_clipnorm is not None
    )


def settings(keras_object: Any) -> Hashable:
    """Return the class and settings of a Keras optimizer or loss, without its state."""
    config = keras_object.get_config()
    config.pop("name", None)
    schedule = schedule_of(keras_object)
    if schedule is None:
        config.pop("learning_rate", None)
    # The class itself, because a redefined class has the same name and settings.
    classes = (type(keras_object), type(schedule))
    return classes, json.dumps(config, sort_keys=True, default=repr)
