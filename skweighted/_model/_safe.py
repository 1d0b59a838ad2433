"""What a model file may contain, so that loading it runs no code from it."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.ensemble._gb import BaseGradientBoosting
from sklearn.ensemble._hist_gradient_boosting.gradient_boosting import (
    BaseHistGradientBoosting,
)
from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor
from sklearn.tree import BaseDecisionTree
from sklearn.tree._tree import Tree

import skweighted

# Besides `skweighted.TRUSTED_TYPES` and what skops trusts by default, which are the
# estimators of scikit-learn and ufuncs of NumPy and SciPy, but no other function. All
# are classes that neither call nor import what their attributes name. A prefix such as
# "sklearn." would also let in functions, which a FunctionTransformer would call.
MORE_TYPES = (
    "imblearn.ensemble._bagging.BalancedBaggingClassifier",
    "imblearn.ensemble._easy_ensemble.EasyEnsembleClassifier",
    "imblearn.ensemble._forest.BalancedRandomForestClassifier",
    "imblearn.pipeline.Pipeline",
    "imblearn.under_sampling._prototype_selection._random_under_sampler."
    "RandomUnderSampler",
    "sklearn.compose._column_transformer.make_column_selector",
    # skops does not trust trees, because scikit-learn follows their indices without a
    # check. `check_content` has that check.
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.tree._tree.Tree",
    "skweighted.comparison.strategies.categories.CategoryCodes",
)

_CATEGORICAL = (
    "its HistGradientBoostingClassifier was fitted on categorical columns. Encode them "
    "in an earlier step"
)


def allowed_types() -> list[str]:
    """Return the names of the types that a model file may contain."""
    return [*skweighted.TRUSTED_TYPES, *MORE_TYPES]


def check_content(loaded: Any) -> None:
    """Raise ValueError if an index of a tree points out of its array.

    Predicting would then read other memory, or never end.
    """
    seen = list(_objects_in(loaded))
    owned: set[int] = set()
    for found in seen:
        if isinstance(found, BaseDecisionTree) and hasattr(found, "tree_"):
            _check_tree(found)
            owned.add(id(found.tree_))
        elif isinstance(found, BaseGradientBoosting):
            # It hands its rows to the trees without a check of their columns.
            raise ValueError("it has a GradientBoostingClassifier")
        elif isinstance(found, BaseHistGradientBoosting):
            if found._preprocessor is not None or getattr(found, "_in_fit", False):
                raise ValueError(_CATEGORICAL)
            _check_count(found)
            for predictors in found._predictors:
                for predictor in predictors:
                    _check_boosted(predictor.nodes, found.n_features_in_)
                    owned.add(id(predictor))
    trees = {id(one) for one in seen if isinstance(one, Tree | TreePredictor)}
    if trees - owned:
        raise ValueError("a tree is not part of a classifier")


def _check_tree(model: BaseDecisionTree) -> None:
    """Raise ValueError unless a decision tree stays in its arrays."""
    _check_count(model)
    tree = model.tree_
    if tree.n_features != model.n_features_in_:
        raise ValueError("a tree has another number of columns than its classifier")
    nodes = tree.__getstate__()["nodes"]
    is_inner = nodes["left_child"] != -1
    names = "left_child", "right_child", "feature"
    _check_nodes(nodes, is_inner, names, tree.n_features)


def _check_count(model: Any) -> None:
    """Raise ValueError unless its number of columns is one to compare with."""
    if not isinstance(model.n_features_in_, int):
        raise ValueError("its number of columns is not an integer")


def _check_boosted(nodes: np.ndarray, n_features: int) -> None:
    """Raise ValueError unless a boosted tree stays in its arrays."""
    if nodes["is_categorical"].any():
        raise ValueError(_CATEGORICAL)
    is_inner = nodes["is_leaf"] == 0
    _check_nodes(nodes, is_inner, ("left", "right", "feature_idx"), n_features)


def _check_nodes(
    nodes: np.ndarray, is_inner: np.ndarray, names: tuple[str, ...], n_features: int
) -> None:
    """Raise ValueError unless each inner node points to later nodes and a feature.

    `names` are the fields of its two children and of its feature.
    """
    left, right, feature = (nodes[name][is_inner] for name in names)
    number = np.flatnonzero(is_inner)
    is_valid = (feature >= 0) & (feature < n_features)
    for child in (left, right):
        is_valid &= (child > number) & (child < len(nodes))
    if not len(nodes) or not is_valid.all():
        raise ValueError("a node of a tree points out of it")


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
