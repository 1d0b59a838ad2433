"""What a model file may contain, so that loading it runs no code from it."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.ensemble._hist_gradient_boosting.gradient_boosting import (
    BaseHistGradientBoosting,
)

import skweighted

# Besides `skweighted.TRUSTED_TYPES` and what skops trusts by default, which are the
# estimators of scikit-learn and ufuncs of NumPy and SciPy, but no other function. All
# are classes that neither call nor import what their attributes name. A prefix such as
# "sklearn." would also let in functions, which a FunctionTransformer would call.
MORE_TYPES = (
    "imblearn.ensemble._bagging.BalancedBaggingClassifier",
    "imblearn.pipeline.Pipeline",
    "imblearn.under_sampling._prototype_selection._random_under_sampler."
    "RandomUnderSampler",
    "sklearn.compose._column_transformer.make_column_selector",
    # skops does not trust it, because scikit-learn follows its indices without a check.
    # `check_content` has that check.
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "skweighted.comparison.strategies.categories.CategoryCodes",
)


def allowed_types() -> list[str]:
    """Return the names of the types that a model file may contain."""
    return [*skweighted.TRUSTED_TYPES, *MORE_TYPES]


def check_content(loaded: Any) -> None:
    """Raise ValueError if an index of boosted trees points out of its array.

    Predicting would then read other memory, or never end.
    """
    for found in _objects_in(loaded):
        if isinstance(found, BaseHistGradientBoosting):
            if found._preprocessor is not None or getattr(found, "_in_fit", False):
                raise ValueError("its boosted trees do not take numbers as they are")
            for predictors in found._predictors:
                for predictor in predictors:
                    _check_nodes(predictor.nodes, found.n_features_in_)


def _check_nodes(nodes: np.ndarray, n_features: int) -> None:
    """Raise ValueError unless each node points to later nodes and a feature."""
    number = np.arange(len(nodes))
    inner = nodes["is_leaf"] == 0
    is_valid = ~inner | (nodes["feature_idx"] < n_features)
    is_valid &= (nodes["feature_idx"] >= 0) & (nodes["is_categorical"] == 0)
    for child in ("left", "right"):
        is_valid &= ~inner | ((nodes[child] > number) & (nodes[child] < len(nodes)))
    if not len(nodes) or not is_valid.all():
        raise ValueError("a node of its boosted trees points out of the tree")


def _objects_in(loaded: Any) -> Iterator[Any]:
    """Yield an object and everything in it, each once."""
    seen: dict[int, Any] = {}
    waiting = [loaded]
    while waiting:
        found = waiting.pop()
        if id(found) in seen or isinstance(found, str | bytes | int | float | type):
            continue
        seen[id(found)] = found
        yield found
        if isinstance(found, dict):
            waiting.extend(found.values())
        elif isinstance(found, list | tuple | set):
            waiting.extend(found)
        elif isinstance(found, np.ndarray):
            waiting.extend(found.ravel().tolist() if found.dtype == object else ())
        else:
            waiting.extend(getattr(found, "__dict__", {}).values())
