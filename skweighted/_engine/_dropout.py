"""Which outputs dropout keeps: exactly those that Keras' Dropout layers keep.

Keras draws them with TensorFlow's generator, Philox with 10 rounds (Salmon et al.,
"Parallel random numbers: as easy as 1, 2, 3", SC 2011). Here it consists of ordinary
operations, which XLA compiles to loops over many numbers at a time. XLA's own generator
takes 11 times as long, and so does TensorFlow's.

The numbers are drawn outside the program of the training: inside, XLA would draw them
again for each use, and every program would take a second longer to compile.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from skweighted._engine._cache import MOST_PROGRAMS, Cache
from skweighted._tensorflow import tf

# Constants of Philox (Salmon et al., 2011), and TensorFlow's key for its seeds.
MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
KEY_STEPS = (0x9E3779B9, 0xBB67AE85)
SEED_KEY = (0x3EC8F720, 0x02461E29)

FUNCTIONS = Cache(MOST_PROGRAMS)


def thresholds(rates: np.ndarray, dtype: str) -> np.ndarray:
    """Return the least random integer that dropout keeps, for each rate.

    A uniform number of this precision is an integer below ``2 ** n_bits``, divided by
    ``2 ** n_bits``, and is kept if it is at least the rate.
    """
    n_bits = 23 if dtype == "float32" else 52
    least = np.ceil(rates.astype(dtype).astype(np.float64) * 2**n_bits)
    return least.astype(np.uint32 if dtype == "float32" else np.uint64)


def bits_of(
    seed: np.ndarray,
    first: np.ndarray,
    threshold: np.ndarray,
    shape: tuple[int, int, int],
    n_steps: int,
    *,
    rows_last: bool,
) -> Any:
    """Return bits that tell which outputs of M networks are kept in several batches.

    Parameters
    ----------
    seed : ndarray of shape (M,)
        The seed of each network's layer.
    first : ndarray of shape (M,)
        Number of earlier batches.
    threshold : ndarray of shape (M,)
        As `thresholds` returns them.
    shape : (most_steps, n_rows, n_units)
    n_steps : int
        Number of batches, at most `most_steps`; the bits of the others are 0.
    rows_last : bool
        Whether the rows are on the last axis of the result.

    Returns
    -------
    tensor of shape (most_steps, M, n_groups, n_rows) or \
            (most_steps, M, n_rows, n_groups), uint8
        As `draw` returns them.
    """
    key = ("dropout", len(seed), threshold.dtype.name, shape, rows_last)
    most_steps, n_rows, n_units = shape
    precision = "float32" if threshold.dtype == np.uint32 else "float64"
    axes = [n_groups(n_units, precision), n_rows]
    bits_shape = (most_steps, len(seed), *(axes if rows_last else axes[::-1]))

    def steps(seed, first, threshold, n_steps):
        def one(step, bits):
            number = first + tf.cast(step, tf.uint32)
            drawn = draw(seed, number, threshold, shape[1:], rows_last=rows_last)
            return step + 1, tf.tensor_scatter_nd_update(bits, [[step]], [drawn])

        zeros = tf.zeros(bits_shape, tf.uint8)
        return tf.while_loop(
            lambda step, _: step < n_steps, one, (tf.constant(0), zeros)
        )[1]

    arguments = (
        tf.constant(seed.astype(np.uint32)),
        tf.constant(first.astype(np.uint32)),
        tf.constant(threshold),
        tf.constant(n_steps),
    )

    def trace():
        # Not called as a tf.function, which warns when several shapes are traced.
        function = tf.function(steps, jit_compile=True, autograph=False)
        return function.get_concrete_function(*arguments)

    return FUNCTIONS.get(key, trace)(*arguments)


def draw(
    seed: Any, number: Any, threshold: Any, shape: Sequence[int], *, rows_last: bool
) -> Any:
    """Return bits that tell which outputs of M networks are kept in one batch.

    Parameters
    ----------
    seed : tensor of shape (M,), uint32
        The seed of each network's layer.
    number : tensor of shape (M,), uint32
        Number of earlier batches.
    threshold : tensor of shape (M,), uint32 for float32, uint64 for float64
        As `thresholds` returns them.
    shape : (n_rows, n_units)
        A batch with fewer rows uses the first ones, as Keras does.
    rows_last : bool
        Whether the rows are on the last axis of the result.

    Returns
    -------
    tensor of shape (M, n_groups, n_rows) or (M, n_rows, n_groups), uint8
        The bits of a group of units, of which the first is the lowest.
    """
    n_rows, n_units = shape
    per_draw = 4 if threshold.dtype == tf.uint32 else 2
    size = _group_size(n_units, per_draw)
    units = tf.range(0, n_units, size)[:, tf.newaxis]
    first = units + tf.range(n_rows) * n_units
    first = tf.cast(first if rows_last else tf.transpose(first), tf.uint32)
    seed, number, threshold = (
        one[:, tf.newaxis, tf.newaxis] for one in (seed, number, threshold)
    )
    zero = tf.zeros_like(seed)
    # TensorFlow encrypts the seed, since similar ones would give related numbers.
    *key, high, highest = _philox((seed, zero, number, zero), SEED_KEY)
    counter = first // per_draw
    drawn = _philox((counter, tf.zeros_like(counter), high, highest), key)
    if per_draw == 4:
        integers = [tf.bitwise.bitwise_and(part, 2**23 - 1) for part in drawn]
    else:
        integers = [_mantissa(*drawn[:2]), _mantissa(*drawn[2:])]
    bits = tf.add_n(
        [
            tf.bitwise.left_shift(tf.cast(part >= threshold, tf.uint32), place)
            for place, part in enumerate(integers)
        ]
    )
    return tf.cast(tf.bitwise.right_shift(bits, first % per_draw), tf.uint8)


def kept(bits: Any, n_units: int, dtype: Any, *, rows_last: bool) -> Any:
    """Return which outputs `draw` keeps.

    Returns
    -------
    tensor of shape (M, n_units, n_rows) or (M, n_rows, n_units), bool
    """
    size = _group_size(n_units, 4 if dtype == "float32" else 2)
    axis = 2 if rows_last else 3
    places = tf.constant(np.arange(size), tf.uint8)
    places = places[:, tf.newaxis] if rows_last else places
    moved = tf.bitwise.right_shift(tf.expand_dims(bits, axis), places)
    shape = (bits.shape[0], n_units, -1) if rows_last else (*bits.shape[:2], n_units)
    return tf.reshape(tf.bitwise.bitwise_and(moved, 1) > 0, shape)


def n_groups(n_units: int, dtype: str) -> int:
    """Return the number of bytes that `bits_of` returns for a row."""
    return n_units // _group_size(n_units, 4 if dtype == "float32" else 2)


def _group_size(n_units: int, per_draw: int) -> int:
    """Return how many units share a draw of the generator in every row."""
    return math.gcd(n_units, per_draw)


def _philox(counter: Sequence[Any], key: Sequence[Any]) -> tuple[Any, ...]:
    """Return four random integers for each counter of four 32-bit integers."""
    c0, c1, c2, c3 = counter
    k0, k1 = (tf.convert_to_tensor(part, tf.uint32) for part in key)
    for _ in range(10):
        high0, low0 = _product(c0, MULTIPLIERS[0])
        high1, low1 = _product(c2, MULTIPLIERS[1])
        c0, c1 = tf.bitwise.bitwise_xor(tf.bitwise.bitwise_xor(high1, c1), k0), low1
        c2, c3 = tf.bitwise.bitwise_xor(tf.bitwise.bitwise_xor(high0, c3), k1), low0
        k0, k1 = k0 + KEY_STEPS[0], k1 + KEY_STEPS[1]
    return c0, c1, c2, c3


def _product(values: Any, factor: int) -> tuple[Any, Any]:
    """Return the high and the low 32 bits of a product."""
    product = tf.cast(values, tf.uint64) * tf.constant(factor, tf.uint64)
    high = tf.bitwise.right_shift(product, tf.constant(32, tf.uint64))
    return tf.cast(high, tf.uint32), tf.cast(product, tf.uint32)


def _mantissa(high: Any, low: Any) -> Any:
    """Return the 52 bits of a double from two random integers."""
    top = tf.cast(tf.bitwise.bitwise_and(high, 2**20 - 1), tf.uint64)
    top = tf.bitwise.left_shift(top, tf.constant(32, tf.uint64))
    return tf.bitwise.bitwise_or(top, tf.cast(low, tf.uint64))
