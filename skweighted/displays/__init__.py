"""Pictures of a fitted classifier: of costs, thresholds, training and probabilities.

Each display holds numbers and draws them, as sklearn's do: `from_estimator` and
`from_predictions` compute and draw, `plot` draws again. Rows are truths and columns are
predictions in a cost matrix, an answer is positive where the probability is at least
the threshold, and rows of weight zero are absent.
"""

from skweighted.displays._calibration import CalibrationCorrectionDisplay
from skweighted.displays._cost_curve import CostCurveDisplay
from skweighted.displays._threshold import ThresholdDisplay
from skweighted.displays._training_curve import TrainingCurveDisplay

__all__ = [
    "CalibrationCorrectionDisplay",
    "CostCurveDisplay",
    "ThresholdDisplay",
    "TrainingCurveDisplay",
]
