"""Costs of decisions: the mean cost, the savings, and scorers made from costs.

Costs are as in `CostSensitiveMLPClassifier`: rows are truths, columns are predictions,
all in one unit. The geometric mean, sensitivity and specificity are in
`imblearn.metrics`.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import make_scorer
from sklearn.utils import check_array, check_consistent_length, column_or_1d
from sklearn.utils.multiclass import unique_labels
from sklearn.utils.validation import check_non_negative

from skweighted._costs._matrix import as_numbers, cost_array, own_labels

# A DataFrame is an array-like too.
CostMatrix: TypeAlias = ArrayLike | Mapping[tuple[Any, Any], float]


def expected_cost_score(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    cost_matrix: CostMatrix,
    labels: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
) -> float:
    """Return the mean cost per sample; lower is better.

    With costs of 1 for every mistake it is 1 - accuracy (Elkan, 2001).

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,)
        True and predicted labels.
    cost_matrix : dict, DataFrame or array-like
        A dict ``{(truth, prediction): cost}``, in which correct predictions may be left
        out and cost 0; a DataFrame whose index has the truths and whose columns are the
        predictions; an array-like of shape (n_classes, n_classes), rows are truths; or
        one of shape (n_samples, n_classes, n_classes), a matrix for each sample. All in
        one unit.
    labels : array-like of shape (n_classes,), default=None
        Order of the classes in an array. By default the sorted labels in `y_true` and
        `y_pred` together. A dict or DataFrame has its own labels.
    sample_weight : array-like of shape (n_samples,), default=None
        At least 0. None gives every sample the weight 1.

    Returns
    -------
    float
        In the unit of the costs.

    Raises
    ------
    ValueError
        If lengths differ, a label has no costs, the costs are unreasonable or have an
        invalid shape, or all weights are zero.

    Examples
    --------
    >>> from skweighted.metrics import expected_cost_score
    >>> costs = {("ok", "fraud"): 1, ("fraud", "ok"): 20}
    >>> y_true = ["ok", "ok", "ok", "fraud"]
    >>> expected_cost_score(y_true, ["ok", "ok", "fraud", "fraud"], cost_matrix=costs)
    0.25
    """
    cost, _ = _mean_costs(y_true, y_pred, cost_matrix, labels, sample_weight)
    return cost


def cost_savings_score(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    cost_matrix: CostMatrix,
    labels: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
) -> float:
    """Return the share of the cost of the best constant prediction that is saved.

    ``(constant - cost) / abs(constant)``, where ``constant`` is the cost of predicting
    the same class for every sample, the cheapest one (Bahnsen, Aouada & Ottersten,
    2014, "Example-dependent cost-sensitive logistic regression for credit scoring").
    Higher is better: 1 costs nothing, 0 saves nothing, and a negative value is worse
    than the constant prediction. The absolute value keeps this order if the constant
    prediction has a gain.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,)
        True and predicted labels.
    cost_matrix : dict, DataFrame or array-like
        As in `expected_cost_score`.
    labels : array-like of shape (n_classes,), default=None
        As in `expected_cost_score`.
    sample_weight : array-like of shape (n_samples,), default=None
        At least 0. None gives every sample the weight 1.

    Returns
    -------
    float
        Without unit. If the constant prediction costs exactly 0: 0.0 if the
        predictions cost 0 too, -inf if they cost more, inf if they cost less.

    Raises
    ------
    ValueError
        As `expected_cost_score`.

    Examples
    --------
    >>> from skweighted.metrics import cost_savings_score
    >>> costs = {("ok", "fraud"): 1, ("fraud", "ok"): 20}
    >>> y_true = ["ok", "ok", "ok", "fraud"]
    >>> cost_savings_score(y_true, ["ok", "ok", "fraud", "fraud"], cost_matrix=costs)
    0.666...
    """
    cost, of_classes = _mean_costs(y_true, y_pred, cost_matrix, labels, sample_weight)
    constant = min(of_classes)
    if constant == 0:
        return 0.0 if cost == 0 else math.copysign(math.inf, -cost)
    return (constant - cost) / abs(constant)


def make_cost_scorer(
    cost_matrix: CostMatrix, *, labels: ArrayLike | None = None, savings: bool = False
) -> Callable[..., float]:
    """Make a scorer of a cost matrix, for searches and cross-validation.

    Parameters
    ----------
    cost_matrix : dict, DataFrame or array-like of shape (n_classes, n_classes)
        As in `expected_cost_score`, one matrix for all samples. It is copied. For a
        matrix per sample, use scikit-learn's metadata routing:
        ``make_scorer(expected_cost_score,
        greater_is_better=False).set_score_request(cost_matrix=True)``.
    labels : array-like of shape (n_classes,), default=None
        Order of the classes in an array. By default the sorted labels of the samples
        that are scored; pass it if these may lack a class.
    savings : bool, default=False
        Whether to score `cost_savings_score` instead of the negative
        `expected_cost_score`.

    Returns
    -------
    callable
        ``scorer(estimator, X, y, sample_weight=None)``; higher is better.

    Raises
    ------
    ValueError
        If there is a matrix for each sample, or the costs are unreasonable.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from skweighted.metrics import make_cost_scorer
    >>> scorer = make_cost_scorer({("ok", "fraud"): 1, ("fraud", "ok"): 20})
    >>> X, y = [[0], [0], [0], [0]], ["ok", "ok", "ok", "fraud"]
    >>> scorer(DummyClassifier().fit(X, y), X, y)
    -5.0
    """
    costs: Any = cost_matrix
    named = own_labels(costs)
    if named is None:
        costs = as_numbers(costs)
        if costs.ndim == 3:
            raise ValueError(
                f"make_cost_scorer needs one cost matrix for all samples, because the "
                f"scorer does not know which samples it scores. Got shape "
                f"{costs.shape}. Call expected_cost_score with the matrices of "
                f"the samples, or use metadata routing: "
                f"make_scorer(expected_cost_score, greater_is_better=False)"
                f".set_score_request(cost_matrix=True)."
            )
        labels = None if labels is None else _distinct(labels)
    else:
        labels = named
    return make_scorer(
        cost_savings_score if savings else expected_cost_score,
        greater_is_better=savings,
        cost_matrix=costs if labels is None else cost_array(costs, labels),
        labels=labels,
    )


def _mean_costs(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    cost_matrix: CostMatrix,
    labels: ArrayLike | None,
    sample_weight: ArrayLike | None,
) -> tuple[float, list[float]]:
    """Return the mean cost of the predictions, and of predicting each class always."""
    truth, prediction = (np.asarray(column_or_1d(y)) for y in (y_true, y_pred))
    check_consistent_length(truth, prediction, sample_weight)
    classes = _classes(cost_matrix, labels, unique_labels(truth, prediction))
    truths = _class_indices("y_true", truth, classes.tolist())
    predictions = _class_indices("y_pred", prediction, classes.tolist())
    rows, weight = np.arange(len(truths)), _weights(sample_weight, len(truths))
    costs = cost_array(cost_matrix, classes, n_rows=len(truths))
    # The cost of each prediction for each sample.
    costs = costs[truths] if costs.ndim == 2 else costs[rows, truths]
    return (
        float(np.average(costs[rows, predictions], weights=weight)),
        [float(np.average(of_class, weights=weight)) for of_class in costs.T],
    )


def _classes(
    cost_matrix: CostMatrix, labels: ArrayLike | None, seen: np.ndarray
) -> np.ndarray:
    """Return the labels in the order of the costs."""
    named = own_labels(cost_matrix)
    if named is not None:
        return named
    if labels is not None:
        return _distinct(labels)
    shape = as_numbers(cost_matrix).shape
    if len(shape) in (2, 3) and shape[-2] == shape[-1] != len(seen):
        raise ValueError(
            f"cost_matrix is for {shape[-1]} classes, but the labels in y_true and "
            f"y_pred together are {seen.tolist()}. Pass labels=, the classes in the "
            f"order of cost_matrix."
        )
    return seen


def _distinct(labels: ArrayLike) -> np.ndarray:
    """Return labels as an array, or raise ValueError if they have a duplicate."""
    distinct = np.asarray(column_or_1d(labels))
    if len(set(distinct.tolist())) < len(distinct):
        raise ValueError(
            f"labels must name each class once, in the order of cost_matrix. Got "
            f"{distinct.tolist()}."
        )
    return distinct


def _class_indices(name: str, y: np.ndarray, labels: list[Any]) -> np.ndarray:
    """Return y as indices into the labels."""
    values, inverse = np.unique(y, return_inverse=True)
    unknown = [value for value in values.tolist() if value not in labels]
    if unknown:
        raise ValueError(
            f"{name} has labels without a cost: {unknown}. cost_matrix is for "
            f"{labels}. Check the spelling and the type of the labels."
        )
    places = [labels.index(value) for value in values.tolist()]
    return np.array(places, dtype=np.intp)[inverse]


def weight_of_rows(sample_weight: ArrayLike | None, n_samples: int) -> np.ndarray:
    """Return one weight of at least 0 for each row."""
    if sample_weight is None:
        return np.ones(n_samples)
    weight = column_or_1d(check_array(sample_weight, ensure_2d=False, dtype=np.float64))
    check_non_negative(weight, "sample_weight")
    return weight


def _weights(sample_weight: ArrayLike | None, n_samples: int) -> np.ndarray:
    """Return one weight per sample, not all of them zero."""
    weight = weight_of_rows(sample_weight, n_samples)
    if not weight.any():
        raise ValueError(
            "At least one sample must have a weight above zero. Check y_true and "
            "sample_weight."
        )
    return weight
