"""What the engine needs from a Keras loss: its data, and whether it is batch-wide.

A loss can have numbers and arrays as data (`data`, `with_data`) that differ between
problems: they are arguments of a compiled program, not part of it. A loss that is not
the mean over the rows of a batch declares this (`batch_wide`) and computes it for
several networks (`over_batch`). Keras' own losses have neither.
"""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from skweighted._engine._optimizers import settings
from skweighted._tensorflow import keras

# Attributes of a loss that are in its config, or in the precision of the network.
_OF_EVERY_LOSS = ("name", "reduction", "_dtype_policy", "_dtype")


def is_batch_wide(loss: Any) -> bool:
    """Return whether the loss of a batch is not the mean over its rows."""
    return getattr(loss, "batch_wide", False)


def with_data(loss: Any, data: dict[str, Any]) -> Any:
    """Return the loss with new values of numbers and arrays."""
    return loss.with_data(data) if data else loss


def structure(loss: Any) -> Hashable:
    """Return what the compiled code depends on in a loss: everything but its data."""
    without_data = with_data(loss, dict.fromkeys(_data_of(loss)))
    shapes = tuple((name, array.shape) for name, array in _data_of(loss).items())
    # The config of a user's loss may leave out its attributes: Keras' own get_config,
    # which it inherits, knows only the name and the reduction.
    attributes = {
        name: _key(value)
        for name, value in vars(without_data).items()
        if name not in _OF_EVERY_LOSS
    }
    return settings(without_data), tuple(attributes.items()), shapes


def _key(value: Any) -> Hashable:
    """Return what is equal for equal values; an object is equal to itself alone."""
    if isinstance(value, keras.losses.Loss):
        return structure(value)
    if isinstance(value, np.ndarray) or keras.ops.is_tensor(value):
        array = np.asarray(value)
        return array.dtype.str, array.shape, array.tobytes()
    if isinstance(value, list | tuple):
        return type(value), tuple(map(_key, value))
    if isinstance(value, dict):
        return tuple((_key(name), _key(one)) for name, one in value.items())
    return type(value), value if isinstance(value, Hashable) else id(value)


def stacked_data(losses: Sequence[Any], dtype: str) -> dict[str, np.ndarray]:
    """Return the data of each network's loss, in arrays of shape (M, 1, ...).

    The second axis is the axis of the rows.
    """
    each = [_data_of(loss) for loss in losses]
    return {
        name: np.stack([data[name] for data in each])[:, np.newaxis].astype(dtype)
        for name in each[0]
    }


def _data_of(loss: Any) -> dict[str, np.ndarray]:
    """Return the numbers and arrays of a loss."""
    return loss.data() if hasattr(loss, "data") else {}
