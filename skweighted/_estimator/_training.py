"""What `fit` needs. Importing this module loads TensorFlow.

It also makes the classifiers subclasses of SciKeras' `BaseWrapper`, which cannot be
imported without TensorFlow.
"""

from skweighted._tensorflow import keras  # isort: skip

from sklearn.base import ClassifierMixin

from skweighted._estimator._classifier import CostSensitiveMLPClassifier
from skweighted._estimator._fit import check_steps, prepared_fit, prepared_step
from skweighted._estimator._keras import keras_model, with_weights_of
from skweighted._estimator._scikeras import BaseWrapper
from skweighted._estimator._settings import parse
from skweighted._estimator._sklearn_callbacks import SklearnCallbacks
from skweighted._estimator._train import Training, untrained_network
from skweighted._estimator._train_ensemble import (
    assembled,
    train_ensemble,
)

# Objects that parameters can be.
PARAMETER_TYPES = {
    "callbacks": keras.callbacks.Callback,
    "kernel_initializer": keras.initializers.Initializer,
    "learning_rate": keras.optimizers.schedules.LearningRateSchedule,
    "loss": keras.losses.Loss,
    "metrics": keras.metrics.Metric,
    "optimizer": keras.optimizers.Optimizer,
}

CostSensitiveMLPClassifier.__bases__ = (ClassifierMixin, BaseWrapper)

__all__ = [
    "PARAMETER_TYPES",
    "BaseWrapper",
    "SklearnCallbacks",
    "Training",
    "assembled",
    "check_steps",
    "keras_model",
    "parse",
    "prepared_fit",
    "prepared_step",
    "train_ensemble",
    "untrained_network",
    "with_weights_of",
]
