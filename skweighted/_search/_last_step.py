"""What the last step of a pipeline receives, once per fold."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from skweighted._estimator._classifier import CostSensitiveMLPClassifier
from skweighted._estimator._train import Training
from skweighted._estimator._train_ensemble import PreparedEnsemble, assembled


class Received(NamedTuple):
    """The fitted earlier steps, and the arguments of `fit` of the last one."""

    steps: list[tuple[str, Any]]
    X: Any
    y: Any
    params: dict[str, Any]


class _Receiver(BaseEstimator):
    """Takes the place of the last step and keeps what its `fit` receives."""

    def __init__(self, classifier: Any) -> None:
        self.classifier = classifier

    def fit(self, X: Any, y: Any = None, **params: Any) -> Self:
        """Keep the arguments."""
        self.received_ = (X, y, params)
        return self

    def get_metadata_routing(self) -> Any:
        """Return the requests of the classifier."""
        return self.classifier.get_metadata_routing()

    def __sklearn_tags__(self) -> Any:
        return self.classifier.__sklearn_tags__()


def last_step(estimator: Any) -> Any:
    """Return the last step of a pipeline, or the estimator itself."""
    return estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator


def received(estimator: Any, X: Any, y: Any, params: dict[str, Any]) -> Received:
    """Fit the earlier steps of a pipeline, and return what its last step receives.

    Parameters
    ----------
    estimator : classifier or Pipeline
        A clone, whose earlier steps are fitted.
    X, y, params
        The arguments of its `fit`.
    """
    if not isinstance(estimator, Pipeline):
        return Received([], X, y, params)
    name, classifier = estimator.steps[-1]
    receiver = _Receiver(classifier)
    estimator.steps = [*estimator.steps[:-1], (name, receiver)]
    try:
        estimator.fit(X, y, **params)
    finally:
        estimator.steps = [*estimator.steps[:-1], (name, classifier)]
    return Received(estimator.steps[:-1], *receiver.received_)


def with_earlier_steps(estimator: Any, steps: list[tuple[str, Any]]) -> Any:
    """Return the estimator with fitted earlier steps."""
    if isinstance(estimator, Pipeline):
        estimator.steps = [*steps, estimator.steps[-1]]
    return estimator


def why_not_estimator(estimator: Any) -> str | None:
    """Return why an estimator cannot be trained together with others, or None."""
    last = last_step(estimator)
    kind = type(last)
    if not isinstance(last, CostSensitiveMLPClassifier):
        return f"{kind.__name__} is not a CostSensitiveMLPClassifier"
    if kind.fit is not CostSensitiveMLPClassifier.fit:
        return f"{kind.__name__} has its own fit"
    if hasattr(last, "_skl_callbacks") or hasattr(estimator, "_skl_callbacks"):
        return "scikit-learn's callbacks are called for each fit"
    return None


def remember(
    classifier: Any, prepared: PreparedEnsemble, trained: Sequence[Training | Exception]
) -> None:
    """Set the fitted attributes of a classifier from its trained networks.

    Raises the exception of the first one that failed, or an error of what is fitted to
    its folds.
    """
    done = []
    for one in trained:
        if isinstance(one, Exception):
            raise one
        done.append(one)
    training = assembled(prepared, done)
    classifier._remember(training.ensemble, training.engine)
