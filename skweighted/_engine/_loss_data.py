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

# Attributes of a loss that do not change what it computes, apart from the precision,
# which is that of the network.
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
    return settings(without_data), _attributes(without_data), shapes


def _attributes(loss: Any) -> Hashable:
    """Return the attributes that the config of a loss may leave out.

    A user's loss often inherits the config of Keras' base class, which has only the
    name and the reduction.
    """
    if "get_config" in vars(type(loss)):
        return ()
    own = [one for one in vars(loss).items() if one[0] not in _OF_EVERY_LOSS]
    return tuple((name, _key(value)) for name, value in own)


def _key(value: Any) -> Hashable:
    """Return what is equal for equal values.

    Objects of other types are compared by their own `==`, or are equal to themselves
    alone; what changes in them later is not noticed.
    """
    if isinstance(value, keras.losses.Loss):
        return structure(value), _key(_data_of(value))
    if isinstance(value, np.ndarray | keras.Variable) or keras.ops.is_tensor(value):
        array = keras.ops.convert_to_numpy(value)
        return array.dtype.str, array.shape, array.tobytes()
    if isinstance(value, list | tuple):
        return type(value), tuple(map(_key, value))
    if isinstance(value, dict):
        return tuple((_key(name), _key(one)) for name, one in value.items())
    try:
        hash(value)
    except TypeError:
        return _Same(value)
    return type(value), value


class _Same:
    """An object that cannot be hashed, equal to itself alone.

    It is held, because the `id` of an object that is gone can be that of another.
    """

    def __init__(self, value: Any) -> None:
        self._value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self._value is other._value

    def __hash__(self) -> int:
        return id(self._value)


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
