"""Which outputs dropout keeps: exactly those that Keras' Dropout layers keep.

They are drawn outside the compiled program, because XLA's random generator differs from
TensorFlow's, which Keras uses.
"""

from collections.abc import Sequence

import numpy as np

from skweighted._engine._spec import NetworkSpec
from skweighted._tensorflow import tf


def kept_units(
    network: NetworkSpec,
    rates: Sequence[float],
    seeds: Sequence[int],
    first: int,
    n_steps: int,
    n_rows: int,
) -> list[np.ndarray]:
    """Return what dropout keeps in some steps, for each hidden stage with dropout.

    Parameters
    ----------
    network : NetworkSpec
        Tells which stages have dropout.
    rates : sequence of float
        One per stage.
    seeds : sequence of int
        One per hidden stage.
    first : int
        Number of earlier batches.
    n_steps, n_rows : int
        Number of steps, and rows per step. A batch with fewer rows uses the first ones,
        as Keras does.

    Returns
    -------
    list of ndarray of shape (n_steps, n_units, n_rows), bool
    """
    numbers = tf.range(first, first + n_steps)
    return [
        _kept(
            tf.constant(seed),
            numbers,
            tf.constant(n_rows),
            tf.constant(stage.n_units),
            tf.constant(rate, network.dtype),
        ).numpy()
        for stage, rate, seed in zip(network.stages, rates, seeds, strict=False)
        if stage.dropout
    ]


@tf.function(autograph=False, reduce_retracing=True)
def _kept(seed, numbers, n_rows, n_units, rate):
    """Draw the steps of one stage."""
    return tf.map_fn(
        # Transposed before the comparison: oneDNN logs an error for booleans.
        lambda number: (
            tf.transpose(
                tf.random.stateless_uniform(
                    (n_rows, n_units), seed=tf.stack([seed, number]), dtype=rate.dtype
                )
            )
            >= rate
        ),
        numbers,
        fn_output_signature=tf.bool,
    )
