"""From the estimator's parameters to the network that they describe."""

import numpy as np

from skweighted._engine._spec import Dense, NetworkSpec
from skweighted._estimator._scikeras import near
from skweighted._tensorflow import keras

# Chosen on 12 imbalanced data sets: batches of 200 and 100 epochs lose 0.04 average
# precision and 0.03 log loss to the best pair of each data set, which is the least
# of the pairs tried (batches of 32 to 500, 10 to 400 epochs) on both together.
AUTO_BATCH_SIZE = 200

# sklearn's names of two activations, in Keras' words.
_SKLEARN_ACTIVATIONS = {"logistic": "sigmoid", "identity": "linear"}

# In Keras' modules of activations and initializers, but no name that can be used: they
# need arguments, halve the width, or are no such thing.
_UNUSABLE = {
    *("deserialize", "get", "serialize"),
    *("glu", "threshold", "Constant", "constant", "Initializer", "STFT", "stft"),
}


def network_spec(estimator, X, targets):
    """Return the network that an estimator's parameters describe.

    Parameters
    ----------
    estimator : CostSensitiveMLPClassifier
    X : ndarray or CSR of shape (n_samples, n_features)
        Its width and precision are looked at.
    targets : Classes or Labels
        Say what the outputs are.

    Returns
    -------
    NetworkSpec

    Raises
    ------
    ValueError
        If a name is not known or a width is no whole number.
    """
    l2 = estimator.alpha / 2 / nominal_batch_size(estimator.batch_size)
    activation = _known_activation(estimator.activation)
    initializer = _known_initializer(estimator.kernel_initializer)
    hidden = tuple(
        Dense(width, activation, initializer, l2, estimator.dropout)
        for width in _widths(estimator.hidden_layer_sizes)
    )
    head = Dense(targets.n_outputs, targets.activation, initializer, l2)
    dtype = X.dtype.name if estimator.dtype == "auto" else estimator.dtype
    return NetworkSpec(X.shape[1], (*hidden, head), dtype)


def nominal_batch_size(batch_size):
    """Return the batch size before it is limited to the rows there are."""
    return AUTO_BATCH_SIZE if batch_size == "auto" else batch_size


def _widths(hidden_layer_sizes):
    """Return the widths of the hidden layers as a tuple of int."""
    widths = tuple(np.atleast_1d(hidden_layer_sizes).tolist())
    for width in widths:
        if not isinstance(width, int) or width < 1:
            raise ValueError(
                f"hidden_layer_sizes must be whole numbers of at least 1. Got "
                f"{hidden_layer_sizes!r}. Use () for no hidden layer."
            )
    return widths


def _known_activation(activation):
    """Return an activation that Keras knows."""
    if isinstance(activation, type | keras.Layer):
        raise ValueError(
            f"activation must be a function or a name. {activation!r} is a layer or a "
            f"class, which may have weights of its own. Use a function, such as "
            f"keras.activations.leaky_relu."
        )
    if not isinstance(activation, str):
        return activation
    name = _SKLEARN_ACTIVATIONS.get(activation, activation)
    return _known(name, keras.activations, "activation", "Keras activation", activation)


def _known_initializer(initializer):
    """Return an initializer that Keras knows."""
    if not isinstance(initializer, str):
        return initializer
    return _known(
        initializer,
        keras.initializers,
        "kernel_initializer",
        "Keras initializer",
        initializer,
    )


def _known(name, module, parameter, kind, given):
    """Return the name if the module has it, else raise with the near ones."""
    names = {key for key, value in vars(module).items() if callable(value)} - _UNUSABLE
    if name not in names:
        suggestion = near(name, filter(str.islower, names))
        raise ValueError(
            f"{parameter} must name a {kind}. {given!r} names none. {suggestion}"
        )
    return name
