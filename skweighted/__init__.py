"""Imbalanced and cost-sensitive classification with neural networks.

The public names are imported on first use (PEP 562), so `import skweighted`
loads neither TensorFlow nor scikit-learn.
"""

import importlib
import importlib.util
from typing import Any

__version__ = "0.1.0.dev0"

# For `skops.io.load(file, trusted=skweighted.TRUSTED_TYPES)`: types that are safe to
# load, because loading them does not run code from the file. Those of scikit-learn are
# the scorers of a fitted search.
TRUSTED_TYPES = [
    "sklearn.metrics._classification.accuracy_score",
    "sklearn.metrics._classification.balanced_accuracy_score",
    "sklearn.metrics._classification.f1_score",
    "sklearn.metrics._classification.log_loss",
    "sklearn.metrics._ranking.average_precision_score",
    "sklearn.metrics._ranking.roc_auc_score",
    "sklearn.metrics._scorer._PassthroughScorer",
    "sklearn.metrics._scorer._Scorer",
    "skweighted._costs._distortion.Correction",
    "skweighted._costs._weights.Totals",
    "skweighted._engine._spec.Dense",
    "skweighted._engine._spec.Members",
    "skweighted._engine._spec.NetworkSpec",
    "skweighted._engine._spec.Periodic",
    "skweighted._engine._spec.PiecewiseLinear",
    "skweighted._engine._spec.Scaling",
    "skweighted._estimator._classes.Classes",
    "skweighted._estimator._classifier.CostSensitiveMLPClassifier",
    "skweighted._estimator._ensemble.TrainedEnsemble",
    "skweighted._estimator._labels.Labels",
    "skweighted._estimator._prior_corrected.PriorCorrectedClassifier",
    "skweighted._estimator._tabular.CostSensitiveTabularClassifier",
    "skweighted._estimator._trained.TrainedNetwork",
    "skweighted._search._search_cv.ClassWeightSearchCV",
    "skweighted.metrics.expected_cost_score",
    "skweighted.preprocessing.TablePreparation",
]

_MODULE_OF = {
    "CalibrationCorrectionDisplay": "skweighted.displays",
    "ClassWeightSearchCV": "skweighted._search._search_cv",
    "Comparison": "skweighted.comparison",
    "CostCurveDisplay": "skweighted.displays",
    "CostSensitiveMLPClassifier": "skweighted._estimator._classifier",
    "CostSensitiveTabularClassifier": "skweighted._estimator._tabular",
    "Model": "skweighted._model._model",
    "PriorCorrectedClassifier": "skweighted._estimator._prior_corrected",
    "ThresholdDisplay": "skweighted.displays",
    "TrainingCurveDisplay": "skweighted.displays",
    "WeightPathDisplay": "skweighted.displays",
    "adapt_prior": "skweighted._costs._prior",
    "compare": "skweighted.comparison",
    "compute_class_weight": "skweighted._costs._weights",
    "doctor": "skweighted._doctor",
    "estimate_prior": "skweighted._costs._prior",
    "fit_together": "skweighted._search._fit_together",
    "register_onnx": "skweighted._onnx._export",
    "to_onnx": "skweighted._onnx._export",
}
_TRAINED = ("CostSensitiveMLPClassifier", "CostSensitiveTabularClassifier")
_SUBMODULES = (
    "comparison",
    "datasets",
    "displays",
    "exceptions",
    "layers",
    "losses",
    "metrics",
    "preprocessing",
)

__all__ = [*_MODULE_OF, *_SUBMODULES, "TRUSTED_TYPES", "__version__"]


def __getattr__(name: str) -> Any:
    if name in _SUBMODULES:
        return importlib.import_module(f"skweighted.{name}")
    if name in _MODULE_OF:
        module = importlib.import_module(_MODULE_OF[name])
        # A loaded classifier predicts without TensorFlow. Under its public name, it is
        # the class that trains, a subclass of SciKeras' wrapper.
        if name in _TRAINED and importlib.util.find_spec("tensorflow") is not None:
            importlib.import_module("skweighted._estimator._training")
        return getattr(module, name)
    raise AttributeError(f"module 'skweighted' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
