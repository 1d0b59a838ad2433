"""Every check of the installed scikit-learn, none expected to fail."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from skweighted import CostSensitiveMLPClassifier

# SGD compiles in half of the time of Adam.
SGD = {"optimizer": "sgd", "learning_rate": 0.1}
ESTIMATORS = [
    CostSensitiveMLPClassifier(),
    CostSensitiveMLPClassifier(class_weight="balanced"),
    CostSensitiveMLPClassifier(class_weight="balanced", n_networks=3, **SGD),
    CostSensitiveMLPClassifier((), learning_rate=0.05),
    # check_class_weight_classifiers draws unscaled inputs of some 20, at which tanh
    # units learn slowly: 100 epochs are too few, and for MLPClassifier 1000 are.
    CostSensitiveMLPClassifier(
        (20, 10), "tanh", epochs=1000, engine="xla", batch_size=1000, alpha=0.01
    ),
    # Not focal: in check_class_weight_classifiers one class weighs 1e7 times as much as
    # the other, and where nothing else counts focal loss stops at barely right.
    CostSensitiveMLPClassifier(
        class_weight="sqrt_balanced",
        loss="ldam",
        correct_probabilities=True,
        init_bias="prior",
        **SGD,
    ),
]


@parametrize_with_checks(ESTIMATORS)
# The checks raise sklearn's own warnings on purpose (y as a column, for one).
@pytest.mark.filterwarnings("default")
def test_sklearn_check(estimator, check):
    check(estimator)
