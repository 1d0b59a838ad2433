"""Every check of the installed scikit-learn, none expected to fail."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from skweighted import CostSensitiveMLPClassifier

ESTIMATORS = [
    CostSensitiveMLPClassifier(),
    CostSensitiveMLPClassifier(class_weight="balanced"),
]


@parametrize_with_checks(ESTIMATORS)
# The checks raise sklearn's own warnings on purpose (y as a column, for one).
@pytest.mark.filterwarnings("default")
def test_sklearn_check(estimator, check):
    check(estimator)
