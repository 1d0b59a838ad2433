"""How to build a pipeline: each function here is a `Strategy.make`, or returns one."""

from typing import Any

from imblearn.ensemble import BalancedBaggingClassifier
from imblearn.over_sampling import SMOTENC
from imblearn.pipeline import Pipeline
from sklearn.base import BaseEstimator
from sklearn.model_selection import TunedThresholdClassifierCV

import skweighted
from skweighted.comparison.strategies.categories import CategoryCodes, one_hot_of_codes
from skweighted.comparison.strategies.samplers import CheckedSampler
from skweighted.comparison.strategies.seeding import seeded
from skweighted.comparison.strategies.strategy import Make, Parts
from skweighted.comparison.strategies.tables import for_matrix, takes_tables
from skweighted.comparison.strategies.tuning import TuningFolds
from skweighted.metrics import make_cost_scorer


def plain(parts: Parts) -> Pipeline:
    """Return preprocessing and the network as it is."""
    return _pipeline(parts)


def with_parameters(**parameters: Any) -> Make:
    """Return a strategy that sets parameters of the network."""

    def make(parts: Parts) -> Pipeline:
        parts.network.set_params(**parameters)
        return _pipeline(parts)

    return make


def with_costs(parts: Parts) -> Pipeline:
    """Return a network that decides by the costs."""
    parts.network.set_params(cost_matrix=parts.cost_matrix)
    return _pipeline(parts)


def tuned_threshold(parts: Parts) -> TunedThresholdClassifierCV:
    """Return a network and the threshold that is best in folds of the training rows.

    The best threshold has the least mean cost, or without costs the greatest balanced
    accuracy.
    """
    scoring: Any = "balanced_accuracy"
    if parts.cost_matrix is not None:
        scoring = make_cost_scorer(parts.cost_matrix)
    return TunedThresholdClassifierCV(
        _pipeline(parts),
        scoring=scoring,
        response_method="predict_proba",
        cv=TuningFolds(),
        refit=True,
    )


def resampled_by(sampler: Any, *, fewer_neighbors: bool = False) -> Make:
    """Return a strategy that resamples the training rows; see `CheckedSampler`."""

    def make(parts: Parts) -> Pipeline:
        step = CheckedSampler(seeded(sampler, None), fewer_neighbors=fewer_neighbors)
        return _pipeline(parts, sampler=step)

    return make


def resampled_with_text(parts: Parts) -> Pipeline:
    """Resample by SMOTENC, before categories become one-hot columns."""
    sampler = SMOTENC(categorical_features="auto")
    return Pipeline(
        [
            ("preprocessing", CategoryCodes(parts.preprocessing)),
            ("sampler", CheckedSampler(sampler, fewer_neighbors=True)),
            ("one_hot", one_hot_of_codes()),
            ("network", for_matrix(parts.network)),
        ]
    )


def bagged(parts: Parts) -> Pipeline:
    """Return ten networks, each on a bootstrap sample with equally large classes.

    Each has its own seed, drawn from that of the ensemble.
    """
    network = for_matrix(parts.network)
    return _pipeline(parts, classifier=BalancedBaggingClassifier(network))


def tabular(**parameters: Any) -> Make:
    """Return a strategy that fits `CostSensitiveTabularClassifier` on the raw table.

    It decides by the costs, if there are any.
    """

    def make(parts: Parts) -> Pipeline:
        classifier = skweighted.CostSensitiveTabularClassifier(
            categorical_features=parts.preprocessing.categorical_features,
            cost_matrix=parts.cost_matrix,
            **parameters,
        )
        return _pipeline(parts, classifier=classifier)

    return make


def in_place_of_network(estimator: BaseEstimator) -> Make:
    """Return a strategy that fits another classifier in place of the network."""

    def make(parts: Parts) -> Pipeline:
        return _pipeline(parts, classifier=seeded(estimator, None))

    return make


def _pipeline(
    parts: Parts,
    sampler: CheckedSampler | None = None,
    classifier: BaseEstimator | None = None,
) -> Pipeline:
    """Return preprocessing, sampler if any, and classifier as one estimator.

    A classifier that takes tables needs no preprocessing, unless a sampler does.
    """
    classifier = parts.network if classifier is None else classifier
    if sampler is None and takes_tables(classifier):
        return Pipeline([("network", classifier)])
    steps = [
        ("preprocessing", parts.preprocessing),
        ("sampler", sampler),
        ("network", for_matrix(classifier)),
    ]
    return Pipeline([(name, step) for name, step in steps if step is not None])
