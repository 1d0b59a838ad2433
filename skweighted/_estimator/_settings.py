"""`Settings`: the parameters of an estimator, parsed once.

Names are converted to those of Keras, routed parameters are grouped by their route, and
classes are instantiated. Training and prediction use these values, not the estimator.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from skweighted._engine._optimizers import learning_rate_of
from skweighted._estimator._scikeras import (
    make_callbacks,
    make_metrics,
    make_optimizer,
    routed_to,
)
from skweighted._tensorflow import keras
from skweighted._text import suggestion

# Chosen on 12 imbalanced data sets, from batches of 32 to 500 and 10 to 400 epochs.
# Compared to the best pair for each data set, batches of 200 and 100 epochs lose 0.04
# average precision and 0.03 log loss, less than any other pair on both together.
AUTO_BATCH_SIZE = 200

# Learning rate that a schedule begins with, unless it is routed to the optimizer.
FIRST_RATE = 1e-3

# Keras' names of two activations that scikit-learn names differently.
_SKLEARN_ACTIVATIONS = {"logistic": "sigmoid", "identity": "linear"}

# Names in Keras' modules of activations and initializers that cannot be used: they need
# arguments, halve the width, or are something else.
_UNUSABLE = {
    *("deserialize", "get", "serialize"),
    *("glu", "threshold", "Constant", "constant", "Initializer", "STFT", "stft"),
}


@dataclass(frozen=True, eq=False)
class Settings:
    """The parsed parameters of an estimator.

    Attributes not described here are parameters of `CostSensitiveMLPClassifier`.

    Attributes
    ----------
    widths : tuple of int
        Units of each hidden layer.
    activation, kernel_initializer
        Keras names, or objects.
    l2 : float
        Factor of the sum of squares of a kernel, from `alpha` and the batch size.
    class_weight_options, loss_options : dict
        The parameters routed to them.
    optimizer : keras.optimizers.Optimizer
        Holds class, settings and learning rate; only copies of it are used.
    schedule : str or None
        Name of the schedule of the learning rate.
    batch_size : int
        Before it is limited to the number of rows.
    reduces_batch_size : bool
        Whether `batch_size` is reduced if that adds no steps to an epoch.
    folds_if_possible : bool
        Whether too few rows for `ensemble` "folds" are no error: every network is then
        trained on all of them.
    callbacks : list of keras.callbacks.Callback
    metrics : list of keras.metrics.Metric, or None
    """

    widths: tuple[int, ...]
    activation: str | Callable
    kernel_initializer: Any
    l2: float
    dropout: float
    dtype: str
    init_bias: str
    class_weight: Any
    class_weight_options: dict[str, Any]
    class_weight_start: float
    normalize_weights: bool
    cost_matrix: Any
    loss: Any
    loss_options: dict[str, Any]
    correct_probabilities: bool
    optimizer: Any
    schedule: str | None
    batch_size: int
    shuffle: bool
    early_stopping: bool
    validation_fraction: float
    n_iter_no_change: float
    tol: float
    monitor: Any
    monitor_weighted: bool
    callbacks: list[Any]
    metrics: list[Any] | None
    verbose: int
    engine: str
    n_networks: int
    ensemble: str
    threshold: Any
    calibration: str | None
    input_scaling: str | None
    numeric_embedding: tuple[str, ...]
    n_members: int | None
    epochs: int
    reduces_batch_size: bool = False
    folds_if_possible: bool = False

    @property
    def needs_folds(self) -> bool:
        """Whether something is fitted to out-of-fold probabilities."""
        return (self.threshold, self.calibration) != (None, None)

    @property
    def of_inputs(self) -> dict[str, Any]:
        """What determines the input stages, as users write it."""
        embedding, *others = self.numeric_embedding or (None,)
        return {
            "input_scaling": self.input_scaling,
            "numeric_embedding": self.numeric_embedding if others else embedding,
            "n_members": self.n_members,
        }


EMBEDDINGS = ("periodic", "piecewise_linear")

# Parameters that are used as settings without change.
_AS_GIVEN = (
    *("dropout", "dtype", "init_bias", "class_weight", "class_weight_start"),
    *("normalize_weights", "cost_matrix", "loss", "correct_probabilities", "shuffle"),
    *("early_stopping", "validation_fraction", "n_iter_no_change", "tol", "monitor"),
    *("monitor_weighted", "engine", "n_networks", "n_members", "ensemble"),
    *("threshold", "calibration", "input_scaling", "epochs"),
)


def parse(params: Mapping[str, Any]) -> Settings:
    """Return the settings that parameters describe.

    Parameters
    ----------
    params : mapping of str to object
        What ``get_params(deep=False)`` returns, including routed parameters.

    Returns
    -------
    Settings

    Raises
    ------
    ValueError
        If a name is unknown, a width is not an integer, or a routed parameter has no
        effect.
    """
    learning_rate = params["learning_rate"]
    schedule = learning_rate if isinstance(learning_rate, str) else None
    optimizer = make_optimizer(
        params["optimizer"], FIRST_RATE if schedule else learning_rate, params
    )
    if schedule and learning_rate_of(optimizer) is None:
        raise ValueError(
            f"learning_rate={schedule!r} needs an optimizer with a number as its "
            f"learning rate, but that of optimizer is a schedule. Use one of them."
        )
    batch_size = params["batch_size"]
    batch_size = AUTO_BATCH_SIZE if batch_size == "auto" else batch_size
    return Settings(
        widths=_widths(params["hidden_layer_sizes"]),
        activation=_known_activation(params["activation"]),
        kernel_initializer=_known(
            "kernel_initializer", params["kernel_initializer"], keras.initializers
        ),
        l2=params["alpha"] / 2 / batch_size,
        class_weight_options=routed_to("class_weight", params),
        loss_options=routed_to("loss", params),
        optimizer=optimizer,
        schedule=schedule,
        batch_size=batch_size,
        callbacks=make_callbacks(params["callbacks"], params),
        metrics=make_metrics(params["metrics"], params),
        verbose=int(params["verbose"]),
        numeric_embedding=_embeddings(params["numeric_embedding"]),
        **{name: params[name] for name in _AS_GIVEN},
    )


def _embeddings(numeric_embedding: Any) -> tuple[str, ...]:
    """Return the embeddings that networks use in turn; none means no embedding."""
    if numeric_embedding is None:
        return ()
    is_one = isinstance(numeric_embedding, str)
    kinds = (numeric_embedding,) if is_one else tuple(numeric_embedding)
    if not kinds or any(kind not in EMBEDDINGS for kind in kinds):
        raise ValueError(
            f"numeric_embedding must be one of {', '.join(map(repr, EMBEDDINGS))}, a "
            f"sequence of them, or None. Got {numeric_embedding!r}."
        )
    return kinds


def _widths(hidden_layer_sizes):
    """Return the widths of the hidden layers as a tuple of int."""
    widths = tuple(np.atleast_1d(hidden_layer_sizes).tolist())
    for width in widths:
        if not isinstance(width, int) or width < 1:
            raise ValueError(
                f"hidden_layer_sizes must be integers of at least 1. Got "
                f"{hidden_layer_sizes!r}. Use () for no hidden layer."
            )
    return widths


def _known_activation(activation):
    """Return an activation that Keras accepts."""
    if isinstance(activation, type | keras.Layer):
        raise ValueError(
            f"activation must be a function or a name. {activation!r} is a layer or a "
            f"class, which may have its own weights. Use a function, such as "
            f"keras.activations.leaky_relu."
        )
    if activation in _SKLEARN_ACTIVATIONS:
        return _SKLEARN_ACTIVATIONS[activation]
    return _known("activation", activation, keras.activations)


def _known(parameter, given, module):
    """Return `given`, or raise ValueError for a name that is not in the module."""
    names = {key for key, value in vars(module).items() if callable(value)} - _UNUSABLE
    if not isinstance(given, str) or given in names:
        return given
    kind = module.__name__.rpartition(".")[2].removesuffix("s")
    raise ValueError(
        f"{parameter} must be a Keras {kind} or its name. {given!r} is not a Keras "
        f"{kind}.{suggestion(given, filter(str.islower, names))}"
    )
