"""Keras layers for tables: scaling, missing values, embeddings of numbers.

Each layer computes with a function of this module that also accepts the weights of
several networks, stacked on a leading axis. So the engine and a Keras model share it.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from skweighted._tensorflow import keras

PACKAGE = "skweighted"

# Adam's step for a weight that is written as a constant times a trained variable is
# this constant times the learning rate.
PERIODIC_RATE = 0.1


def scaled(
    X: Any, center: Any, factor: Any, *, smooth: bool, flagged: Sequence[int]
) -> Any:
    """Return scaled columns, missing values as 0, and flags of missing values.

    Parameters
    ----------
    X : tensor of shape (..., n_rows, n_features)
        NaN where a value is missing.
    center, factor : tensor of shape (..., 1, n_features)
        A value x becomes ``z = (x - center) * factor``.
    smooth : bool
        Whether z becomes ``z / sqrt(1 + (z / 3) ** 2)``, which is between -3 and 3.
    flagged : sequence of int
        Columns that get another column: 1 where a value is missing, else 0.

    Returns
    -------
    tensor of shape (..., n_rows, n_features + n_flagged)
    """
    ops = keras.ops
    is_missing = ops.isnan(X)
    values = ops.where(is_missing, ops.zeros_like(X), (X - center) * factor)
    if smooth:
        values = values / ops.sqrt(1 + ops.square(values / 3))
    if not len(flagged):
        return values
    flags = [ops.cast(is_missing[..., i : i + 1], values.dtype) for i in flagged]
    return ops.concatenate([values, *flags], axis=-1)


def with_waves(
    X: Any,
    frequency: Any,
    phase: Any,
    kernel: Any,
    bias: Any,
    *,
    columns: Sequence[int],
) -> Any:
    """Return numbers, followed by a linear map of the waves of some of them.

    A number x adds ``cos(2 pi w x + b) V + c`` with its own w, b, V and c (Gorishniy et
    al., 2022; in this form Holzmueller et al., 2024).

    Parameters
    ----------
    X : tensor of shape (..., n_rows, n_features)
    frequency, phase : tensor of shape (..., n_columns, n_frequencies)
    kernel : tensor of shape (..., n_columns, n_frequencies, width)
    bias : tensor of shape (..., n_columns, width)
    columns : sequence of int
        The features with waves.

    Returns
    -------
    tensor of shape (..., n_rows, n_features + n_columns * width)
    """
    ops = keras.ops
    some = ops.take(X, np.asarray(columns, dtype="int32"), axis=-1)
    turns = some[..., None] * frequency[..., None, :, :]
    waves = cosine_of_turns(turns + phase[..., None, :, :] / (2 * math.pi))
    mapped = ops.einsum("...nfw,...fwk->...nfk", waves, kernel) + bias[..., None, :, :]
    flat = ops.reshape(mapped, (*ops.shape(X)[:-1], math.prod(mapped.shape[-2:])))
    return ops.concatenate([X, flat], axis=-1)


def cosine_of_turns(turns: Any) -> Any:
    """Return ``cos(2 pi x)``, to the precision of the tensor.

    By its Taylor series on a quarter of a turn: XLA's own cosine calls a function for
    each value, and a training step with waves took 2.5 to 6 times as long.
    """
    ops = keras.ops
    # Half a turn around the nearest whole one, of which the outer half is mirrored.
    distance = ops.abs(turns - ops.round(turns))
    is_outer = distance > 0.25
    angle = 2 * math.pi * ops.where(is_outer, 0.5 - distance, distance)
    square = ops.square(angle)
    # The next term is below 1e-8 in float32, and below 1e-16 in float64.
    n_terms = 7 if keras.backend.standardize_dtype(turns.dtype) == "float32" else 11
    terms = [(-1) ** i / math.factorial(2 * i) for i in range(n_terms)]
    value = ops.full_like(square, terms[-1])
    for term in terms[-2::-1]:
        value = value * square + term
    return ops.where(is_outer, -value, value)


@keras.saving.register_keras_serializable(PACKAGE)
class InputScaling(keras.layers.Layer):
    """Scale columns by fixed numbers, and fill and flag missing values.

    Parameters
    ----------
    smooth : bool, default=True
        Whether large values are compressed to the range from -3 to 3,
        ``z / sqrt(1 + (z / 3) ** 2)`` (Holzmueller et al., 2024).
    flagged : sequence of int, default=()
        Columns that get another column: 1 where a value is missing, else 0.
    **kwargs
        As for every Keras layer.

    References
    ----------
    D. Holzmueller, L. Grinsztajn and I. Steinwart, "Better by default: strong pre-tuned
    MLPs and boosted trees on tabular data", NeurIPS 2024.

    Examples
    --------
    >>> import numpy as np
    >>> from skweighted.layers import InputScaling
    >>> layer = InputScaling(smooth=False, flagged=[1])
    >>> rows = np.array([[1.0, np.nan], [3.0, 4.0]], dtype="float32")
    >>> layer(rows).numpy().tolist()
    [[1.0, 0.0, 1.0], [3.0, 4.0, 0.0]]
    """

    def __init__(
        self, smooth: bool = True, flagged: Sequence[int] = (), **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.smooth = smooth
        self.flagged = tuple(map(int, flagged))

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create `center` and `factor`, which training does not change."""
        n_features = input_shape[-1]
        self.center = self.add_weight(
            shape=(n_features,), initializer="zeros", trainable=False, name="center"
        )
        self.factor = self.add_weight(
            shape=(n_features,), initializer="ones", trainable=False, name="factor"
        )

    def call(self, inputs: Any) -> Any:
        """Return scaled rows."""
        return scaled(
            inputs,
            self.center[None],
            self.factor[None],
            smooth=self.smooth,
            flagged=self.flagged,
        )

    def get_config(self) -> dict[str, Any]:
        """Return the parameters."""
        own = {"smooth": self.smooth, "flagged": list(self.flagged)}
        return super().get_config() | own


@keras.saving.register_keras_serializable(PACKAGE)
class PeriodicEmbedding(keras.layers.Layer):
    """Add a trained linear map of the waves of each number.

    A number x adds ``cos(2 pi w x + b) V + c``. All weights are a tenth of a trained
    variable, so that Adam changes them at a tenth of the learning rate.

    Parameters
    ----------
    columns : sequence of int
        The features with waves.
    n_frequencies : int, default=16
        Length of w and b.
    width : int, default=3
        Length of c.
    scale : float, default=0.1
        Standard deviation of the initial frequencies.
    seed : int or None, default=None
    **kwargs
        As for every Keras layer.

    References
    ----------
    Y. Gorishniy, I. Rubachev and A. Babenko, "On embeddings for numerical features in
    tabular deep learning", NeurIPS 2022.

    D. Holzmueller, L. Grinsztajn and I. Steinwart, "Better by default: strong pre-tuned
    MLPs and boosted trees on tabular data", NeurIPS 2024.

    Examples
    --------
    >>> import numpy as np
    >>> from skweighted.layers import PeriodicEmbedding
    >>> layer = PeriodicEmbedding(columns=[0, 2])
    >>> layer(np.zeros((5, 4), dtype="float32")).shape
    TensorShape([5, 10])
    """

    def __init__(
        self,
        columns: Sequence[int],
        n_frequencies: int = 16,
        width: int = 3,
        scale: float = 0.1,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.columns = tuple(map(int, columns))
        self.n_frequencies, self.width = n_frequencies, width
        self.scale, self.seed = scale, seed

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the weights."""
        first = periodic_weights(
            np.random.default_rng(self.seed),
            len(self.columns),
            self.n_frequencies,
            self.width,
            self.scale,
        )
        for name, values in first.items():
            weight = self.add_weight(shape=values.shape, initializer="zeros", name=name)
            weight.assign(values)
            setattr(self, f"{name}_", weight)

    def call(self, inputs: Any) -> Any:
        """Return the rows with their waves."""
        names = ("frequency", "phase", "kernel", "bias")
        weights = (PERIODIC_RATE * getattr(self, f"{name}_") for name in names)
        return with_waves(inputs, *weights, columns=self.columns)

    def get_config(self) -> dict[str, Any]:
        """Return the parameters."""
        names = ("n_frequencies", "width", "scale", "seed")
        own = {name: getattr(self, name) for name in names}
        return super().get_config() | {"columns": list(self.columns)} | own


def periodic_weights(
    random_generator: np.random.Generator,
    n_columns: int,
    n_frequencies: int,
    width: int,
    scale: float,
) -> dict[str, np.ndarray]:
    """Return initial variables of a `PeriodicEmbedding`, ten times its weights.

    Frequencies are normal with standard deviation `scale`, phases uniform from -pi to
    pi, and the others uniform up to ``1 / sqrt(n_frequencies)`` (Holzmueller et al.,
    2024).
    """
    most = 1 / math.sqrt(n_frequencies)
    draw = random_generator.uniform
    shape = (n_columns, n_frequencies)
    weights = {
        "frequency": random_generator.normal(0, scale, shape),
        "phase": draw(-math.pi, math.pi, shape),
        "kernel": draw(-most, most, (*shape, width)),
        "bias": draw(-most, most, (n_columns, width)),
    }
    return {name: values / PERIODIC_RATE for name, values in weights.items()}
