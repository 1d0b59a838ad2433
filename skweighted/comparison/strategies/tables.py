"""Classifiers that take a table as it is, without the preprocessing of a comparison."""

from typing import Any

from sklearn.utils import get_tags


def takes_tables(classifier: Any) -> bool:
    """Return whether a classifier takes text, categories and missing values.

    By its tags, as `skweighted.CostSensitiveTabularClassifier` has them.
    """
    try:
        tags = get_tags(classifier).input_tags
    except AttributeError:  # not an estimator of scikit-learn's kind
        return False
    return tags.string and tags.categorical and tags.allow_nan


def categorical_parameters(classifier: Any) -> dict[str, Any]:
    """Return every `categorical_features` of a classifier that takes tables."""
    if not takes_tables(classifier):
        return {}
    return {
        name: value
        for name, value in classifier.get_params().items()
        if name.split("__")[-1] == "categorical_features"
    }


def for_matrix(classifier: Any) -> Any:
    """Return the classifier for a prepared table, which has columns of numbers only."""
    names = categorical_parameters(classifier)
    if not names:
        return classifier
    return classifier.set_params(**dict.fromkeys(names, "from_dtype"))
