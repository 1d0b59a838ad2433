"""Keras layers for tables: scaling, missing values, embeddings, members of a network.

Each layer of scaling and embeddings computes with a function of this module that also
accepts the weights of several networks, stacked on a leading axis. So the engine and a
Keras model share it. The engine computes `MemberInputs` by `of_members`.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from skweighted._tensorflow import keras

PACKAGE = "skweighted"

# Larger numbers become 3 as well, but their squares would be infinite in float32.
FARTHEST = 1e9


def scaled(
    X: Any, center: Any, factor: Any, *, smooth: bool, flagged: Sequence[int]
) -> Any:
    """Return scaled columns, missing values as 0, and flags of missing values.

    Parameters
    ----------
    X : tensor of shape (..., n_features, n_rows)
        NaN where a value is missing.
    center, factor : tensor of shape (..., n_features)
        A value x becomes ``z = (x - center) * factor``.
    smooth : bool
        Whether z becomes ``z / sqrt(1 + (z / 3) ** 2)``, which is between -3 and 3.
    flagged : sequence of int
        Columns that get another column: 1 where a value is missing, else 0.

    Returns
    -------
    tensor of shape (..., n_features + n_flagged, n_rows)
    """
    ops = keras.ops
    is_missing = ops.isnan(X)
    values = (X - center[..., None]) * factor[..., None]
    values = ops.where(is_missing, ops.zeros_like(X), values)
    if smooth:
        values = smoothed(ops.clip(values, -FARTHEST, FARTHEST))
    if not len(flagged):
        return values
    flags = [ops.cast(is_missing[..., i : i + 1, :], values.dtype) for i in flagged]
    return ops.concatenate([values, *flags], axis=-2)


def smoothed(z: Any) -> Any:
    """Return ``z / sqrt(1 + (z / 3) ** 2)``, which is between -3 and 3."""
    return z / (1 + (z / 3) ** 2) ** 0.5


def with_waves(
    X: Any, frequency: Any, kernel: Any, bias: Any, *, columns: Sequence[int]
) -> Any:
    """Return rows with the embeddings of some numbers by waves in their place.

    A number x becomes ``relu([cos(2 pi w x), sin(2 pi w x)] V + c)`` with its own w;
    all numbers share V and c (Gorishniy et al., 2022, their "lite" form).

    Parameters
    ----------
    X : tensor of shape (..., n_features, n_rows)
    frequency : tensor of shape (..., n_columns, n_frequencies)
    kernel : tensor of shape (..., 2 * n_frequencies, width)
    bias : tensor of shape (..., width)
    columns : sequence of int
        The features that are embedded.

    Returns
    -------
    tensor of shape (..., n_features - n_columns + n_columns * width, n_rows)
    """
    ops = keras.ops
    some = ops.take(X, np.asarray(columns, dtype="int32"), axis=-2)
    turns = some[..., None, :, :] * ops.swapaxes(frequency, -1, -2)[..., None]
    waves = waves_of_turns(turns)
    # One product for all numbers of a network.
    flat = ops.reshape(waves, (*ops.shape(waves)[:-2], -1))
    mapped = ops.matmul(ops.swapaxes(kernel, -1, -2), flat) + bias[..., None]
    shape = (*ops.shape(mapped)[:-1], len(columns), ops.shape(X)[-1])
    return _replaced(X, ops.reshape(ops.relu(mapped), shape), columns)


def with_pieces(
    X: Any,
    kernel: Any,
    slope: Any,
    bias: Any,
    lower: Any,
    factor: Any,
    *,
    columns: Sequence[int],
) -> Any:
    """Return rows with the piecewise-linear embeddings of some numbers in their place.

    A number x becomes ``x s + c + clip((x - l) f, 0, 1) V``, where l are the lower ends
    of bins and f the reciprocals of their widths (Gorishniy et al., 2022).

    Parameters
    ----------
    X : tensor of shape (..., n_features, n_rows)
    kernel : tensor of shape (..., n_columns, n_bins, width)
    slope, bias : tensor of shape (..., n_columns, width)
    lower, factor : tensor of shape (..., n_columns, n_bins)
    columns : sequence of int
        The features that are embedded.

    Returns
    -------
    tensor of shape (..., n_features - n_columns + n_columns * width, n_rows)
    """
    ops = keras.ops
    some = ops.take(X, np.asarray(columns, dtype="int32"), axis=-2)[..., None, :]
    pieces = ops.clip((some - lower[..., None]) * factor[..., None], 0.0, 1.0)
    mapped = ops.einsum("...bk,...bn->...kn", kernel, pieces)
    mapped = mapped + some * slope[..., None] + bias[..., None]
    return _replaced(X, mapped, columns)


def of_members(X: Any, factor: Any) -> Any:
    """Return each row once for each member of a network, times its factors.

    Parameters
    ----------
    X : tensor of shape (..., n_features, n_rows)
    factor : tensor of shape (..., n_members, n_features)

    Returns
    -------
    tensor of shape (..., n_features, n_rows * n_members)
        All members of a row are next to each other.
    """
    ops = keras.ops
    values = X[..., None] * ops.swapaxes(factor, -1, -2)[..., None, :]
    return ops.reshape(values, (*ops.shape(values)[:-2], -1))


def _replaced(X: Any, embedded: Any, columns: Sequence[int]) -> Any:
    """Return the other columns, then embeddings (..., a, b, n) as a times b rows."""
    ops = keras.ops
    n_features, n_rows = X.shape[-2], ops.shape(X)[-1]
    shape = (*ops.shape(X)[:-2], math.prod(embedded.shape[-3:-1]), n_rows)
    flat = ops.reshape(embedded, shape)
    others = np.setdiff1d(np.arange(n_features), columns).astype("int32")
    if not len(others):
        return flat
    return ops.concatenate([ops.take(X, others, axis=-2), flat], axis=-2)


@keras.ops.custom_gradient
def waves_of_turns(turns: Any) -> Any:
    """Return ``cos(2 pi x)`` and ``sin(2 pi x)``, joined along the last axis but two.

    The derivative of each is the other, so that the series below needs none.
    """
    ops = keras.ops
    waves = cosine_of_turns(ops.concatenate([turns, turns - 0.25], axis=-3))

    def gradient(upstream: Any) -> Any:
        cosine, sine = ops.split(waves, 2, axis=-3)
        of_cosine, of_sine = ops.split(upstream, 2, axis=-3)
        return 2 * math.pi * (cosine * of_sine - sine * of_cosine)

    return waves, gradient


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
        self.flagged = _checked("flagged", flagged)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create `center` and `factor`, which training does not change."""
        n_features = _n_features(input_shape)
        _check_columns("flagged", self.flagged, n_features)
        self.center = self.add_weight(
            shape=(n_features,), initializer="zeros", trainable=False, name="center"
        )
        self.factor = self.add_weight(
            shape=(n_features,), initializer="ones", trainable=False, name="factor"
        )

    def call(self, inputs: Any) -> Any:
        """Return scaled rows."""
        rows_last = scaled(
            keras.ops.swapaxes(inputs, -1, -2),
            self.center,
            self.factor,
            smooth=self.smooth,
            flagged=self.flagged,
        )
        return keras.ops.swapaxes(rows_last, -1, -2)

    def get_config(self) -> dict[str, Any]:
        """Return the parameters."""
        own = {"smooth": self.smooth, "flagged": list(self.flagged)}
        return super().get_config() | own


@keras.saving.register_keras_serializable(PACKAGE)
class PeriodicEmbedding(keras.layers.Layer):
    """Replace numbers by trained functions of their waves.

    A number x becomes ``relu([cos(2 pi w x), sin(2 pi w x)] V + c)``. Each number has
    its own frequencies w, and all share V and c.

    Parameters
    ----------
    columns : sequence of int
        The features that are embedded. They come last in the output, after the others.
    n_frequencies : int, default=16
        Length of w.
    width : int, default=8
        Length of c.
    scale : float, default=0.05
        Standard deviation of the initial frequencies.
    seed : int or None, default=None
    **kwargs
        As for every Keras layer.

    References
    ----------
    Y. Gorishniy, I. Rubachev and A. Babenko, "On embeddings for numerical features in
    tabular deep learning", NeurIPS 2022.

    Examples
    --------
    >>> import numpy as np
    >>> from skweighted.layers import PeriodicEmbedding
    >>> layer = PeriodicEmbedding(columns=[0, 2])
    >>> layer(np.zeros((5, 4), dtype="float32")).shape
    TensorShape([5, 18])
    """

    def __init__(
        self,
        columns: Sequence[int],
        n_frequencies: int = 16,
        width: int = 8,
        scale: float = 0.05,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.columns = _checked("columns", columns)
        self.n_frequencies, self.width = n_frequencies, width
        self.scale, self.seed = scale, seed

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the weights."""
        _check_columns("columns", self.columns, _n_features(input_shape))
        first = periodic_weights(
            np.random.default_rng(self.seed),
            len(self.columns),
            self.n_frequencies,
            self.width,
            self.scale,
        )
        names = ("frequency", "kernel", "bias")
        self._weights_ = [
            _added(self, name, values)
            for name, values in zip(names, first, strict=True)
        ]

    def call(self, inputs: Any) -> Any:
        """Return the rows with embeddings."""
        X = keras.ops.swapaxes(inputs, -1, -2)
        embedded = with_waves(X, *self._weights_, columns=self.columns)
        return keras.ops.swapaxes(embedded, -1, -2)

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
) -> list[np.ndarray]:
    """Return initial frequencies, kernel and bias of a `PeriodicEmbedding`.

    Frequencies are normal with standard deviation `scale`, and the others uniform up to
    ``1 / sqrt(2 * n_frequencies)``.
    """
    most = 1 / math.sqrt(2 * n_frequencies)
    draw = random_generator.uniform
    return [
        random_generator.normal(0, scale, (n_columns, n_frequencies)),
        draw(-most, most, (2 * n_frequencies, width)),
        draw(-most, most, width),
    ]


@keras.saving.register_keras_serializable(PACKAGE)
class PiecewiseLinearEmbedding(keras.layers.Layer):
    """Replace numbers by trained piecewise-linear functions.

    A number x becomes ``x s + c + clip((x - l) f, 0, 1) V``, where l are the lower ends
    of bins and f the reciprocals of their widths. These two are the last weights, all 0
    at the beginning, and are not trained. V is 0 at the beginning, so that training
    starts with linear functions.

    Parameters
    ----------
    columns : sequence of int
        The features that are embedded. They come last in the output, after the others.
    n_bins : int, default=64
        Number of bins. A bin with f = 0 has no effect.
    width : int, default=8
        Length of s and c.
    seed : int or None, default=None
    **kwargs
        As for every Keras layer.

    References
    ----------
    Y. Gorishniy, I. Rubachev and A. Babenko, "On embeddings for numerical features in
    tabular deep learning", NeurIPS 2022.

    Examples
    --------
    >>> import numpy as np
    >>> from skweighted.layers import PiecewiseLinearEmbedding
    >>> layer = PiecewiseLinearEmbedding(columns=[0, 2])
    >>> layer(np.zeros((5, 4), dtype="float32")).shape
    TensorShape([5, 18])
    """

    def __init__(
        self,
        columns: Sequence[int],
        n_bins: int = 64,
        width: int = 8,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.columns = _checked("columns", columns)
        self.n_bins, self.width, self.seed = n_bins, width, seed

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the weights, of which `lower` and `factor` are not trained."""
        _check_columns("columns", self.columns, _n_features(input_shape))
        bins = np.zeros((len(self.columns), self.n_bins))
        first = piecewise_weights(
            np.random.default_rng(self.seed), len(self.columns), self.n_bins, self.width
        )
        self._weights_ = [
            _added(self, name, values)
            for name, values in zip(("kernel", "slope", "bias"), first, strict=True)
        ]
        self._weights_ += [
            _added(self, name, bins, trainable=False) for name in ("lower", "factor")
        ]

    def call(self, inputs: Any) -> Any:
        """Return the rows with embeddings."""
        X = keras.ops.swapaxes(inputs, -1, -2)
        embedded = with_pieces(X, *self._weights_, columns=self.columns)
        return keras.ops.swapaxes(embedded, -1, -2)

    def get_config(self) -> dict[str, Any]:
        """Return the parameters."""
        names = ("n_bins", "width", "seed")
        own = {name: getattr(self, name) for name in names}
        return super().get_config() | {"columns": list(self.columns)} | own


def piecewise_weights(
    random_generator: np.random.Generator, n_columns: int, n_bins: int, width: int
) -> list[np.ndarray]:
    """Return initial kernel, slope and bias of a `PiecewiseLinearEmbedding`.

    Slopes and biases are uniform between -1 and 1.
    """
    draw = random_generator.uniform
    return [
        np.zeros((n_columns, n_bins, width)),
        draw(-1, 1, (n_columns, width)),
        draw(-1, 1, (n_columns, width)),
    ]


@keras.saving.register_keras_serializable(PACKAGE)
class MemberInputs(keras.layers.Layer):
    """Give each member of a network its own trained factor of each input.

    With layers that all members share, and a last one for each member, this is the
    "mini" form of TabM (Gorishniy et al., 2025). The last layer is a
    ``keras.layers.EinsumDense("bkh,kho->bko", (n_members, n), bias_axes="ko")``. The
    loss is the mean of the members' losses, and the prediction their mean.

    Parameters
    ----------
    n_members : int, default=4
        Number of members. With 1, it is a trained factor of each input, which starts
        at 1 (Holzmueller et al., 2024).
    groups : sequence of int, default=None
        A number for each input. Inputs of the same number, such as those that embed one
        column, start with the same factor. None is a group for each input.
    seed : int or None, default=None
    **kwargs
        As for every Keras layer.

    References
    ----------
    Y. Gorishniy, A. Kotelnikov and A. Babenko, "TabM: advancing tabular deep learning
    with parameter-efficient ensembling", ICLR 2025.

    D. Holzmueller, L. Grinsztajn and I. Steinwart, "Better by default: strong pre-tuned
    MLPs and boosted trees on tabular data", NeurIPS 2024.

    Examples
    --------
    >>> import numpy as np
    >>> from skweighted.layers import MemberInputs
    >>> layer = MemberInputs(n_members=3, seed=0)
    >>> layer(np.ones((5, 4), dtype="float32")).shape
    TensorShape([5, 3, 4])
    """

    def __init__(
        self,
        n_members: int = 4,
        groups: Sequence[int] | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.n_members, self.seed = n_members, seed
        self.groups = None if groups is None else _checked("groups", groups)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the weight."""
        n_features = _n_features(input_shape)
        groups = range(n_features) if self.groups is None else self.groups
        if len(groups) != n_features:
            raise ValueError(
                f"groups must have a number for each of the {n_features} inputs. Got "
                f"{len(groups)}: {list(groups)}."
            )
        generator = np.random.default_rng(self.seed)
        first = member_factors(generator, self.n_members, groups)
        self.factor = _added(self, "factor", first)

    def call(self, inputs: Any) -> Any:
        """Return rows of shape (n_rows, n_members, n_features)."""
        return inputs[:, None, :] * self.factor

    def get_config(self) -> dict[str, Any]:
        """Return the parameters."""
        groups = None if self.groups is None else list(self.groups)
        own = {"n_members": self.n_members, "groups": groups, "seed": self.seed}
        return super().get_config() | own


def member_factors(
    random_generator: np.random.Generator,
    n_members: int,
    groups: Sequence[int],
) -> np.ndarray:
    """Return initial factors, of shape (n_members, n_features).

    They are 1 or -1 at random, so that members differ, and 1 for one member. Features
    of the same group have the same.
    """
    _, group = np.unique(np.asarray(groups), return_inverse=True)
    if n_members == 1:
        return np.ones((1, len(group)))
    signs = random_generator.choice([-1.0, 1.0], (n_members, group.max(initial=0) + 1))
    return signs[:, group]


def _checked(name: str, values: Sequence[int]) -> tuple[int, ...]:
    """Return values as integers; raise ValueError if one is negative."""
    if min(values, default=0) < 0:
        raise ValueError(f"{name} must be at least 0. Got {list(values)}.")
    return tuple(map(int, values))


def _n_features(input_shape: tuple[int | None, ...]) -> int:
    """Return the number of features; raise ValueError if it is not known."""
    if input_shape[-1] is None:
        raise ValueError(
            f"The number of features must be known. Got an input of shape "
            f"{tuple(input_shape)}."
        )
    return input_shape[-1]


def _check_columns(name: str, columns: Sequence[int], n_features: int) -> None:
    """Raise ValueError unless columns differ and are among the features."""
    if max(columns, default=0) >= n_features or len(set(columns)) < len(columns):
        raise ValueError(
            f"{name} must be distinct and smaller than the number of features, "
            f"{n_features}. Got {list(columns)}."
        )


def _added(
    layer: keras.layers.Layer, name: str, values: np.ndarray, trainable: bool = True
) -> Any:
    """Return a new weight of a layer with these values."""
    weight = layer.add_weight(
        shape=values.shape, initializer="zeros", trainable=trainable, name=name
    )
    weight.assign(values)
    return weight
