"""Displays of a classifier or search: costs, thresholds, training, calibration.

Each display holds numbers and draws them, like those of scikit-learn: `from_estimator`
and `from_predictions` compute and draw, `plot` draws again. In a cost matrix, rows are
truths and columns are predictions. A row is predicted positive if its probability is at
least the threshold. Rows of weight zero are left out.
"""

from skweighted.displays._calibration import CalibrationCorrectionDisplay
from skweighted.displays._cost_curve import CostCurveDisplay
from skweighted.displays._threshold import ThresholdDisplay
from skweighted.displays._training_curve import TrainingCurveDisplay
from skweighted.displays._weight_path import WeightPathDisplay

__all__ = [
    "CalibrationCorrectionDisplay",
    "CostCurveDisplay",
    "ThresholdDisplay",
    "TrainingCurveDisplay",
    "WeightPathDisplay",
]
