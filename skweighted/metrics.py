"""What decisions cost: the mean cost, the savings, and scorers made from costs.

Costs are as in `CostSensitiveMLPClassifier`: rows are truths, columns are predictions,
in any one unit. The geometric mean, sensitivity and specificity are in
`imblearn.metrics`.
"""

import math

import numpy as np
from sklearn.metrics import make_scorer
from sklearn.utils import check_array, check_consistent_length, column_or_1d
from sklearn.utils.multiclass import unique_labels
from sklearn.utils.validation import check_non_negative

from skweighted._costs._matrix import as_numbers, cost_array, own_labels


def expected_cost_score(
    y_true, y_pred, *, cost_matrix, labels=None, sample_weight=None
):
    """Return the mean cost per sample; lower is better.

    With costs of 1 for every mistake it is 1 - accuracy (Elkan, 2001).

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,)
        True and predicted labels.
    cost_matrix : dict, DataFrame or array-like
        A dict ``{(truth, prediction): cost}``, in which right answers may be left out
        and cost 0; a DataFrame whose index are truths and whose columns are
        predictions; an array-like of shape (n_classes, n_classes), rows are truths; or
        one of shape (n_samples, n_classes, n_classes), a matrix for each sample. In any
        one unit.
    labels : array-like of shape (n_classes,), default=None
        Order of the classes in an array. By default the sorted labels in `y_true` and
        `y_pred` together. A dict or DataFrame has labels of its own.
    sample_weight : array-like of shape (n_samples,), default=None
        At least 0. None weighs every sample 1.

    Returns
    -------
    float
        In the unit of the costs.

    Raises
    ------
    ValueError
        If lengths differ, a label has no costs, the costs are unreasonable or of a
        wrong shape, or all weights are zero.

    Examples
    --------
    >>> from skweighted.metrics import expected_cost_score
    >>> costs = {("ok", "fraud"): 1, ("fraud", "ok"): 20}
    >>> y_true = ["ok", "ok", "ok", "fraud"]
    >>> expected_cost_score(y_true, ["ok", "ok", "fraud", "fraud"], cost_matrix=costs)
    0.25
    """
    prices, answers, weight = _price_list(
        y_true, y_pred, cost_matrix, labels, sample_weight
    )
    paid = np.take_along_axis(prices, answers[:, None], axis=1)
    return float(np.average(paid[:, 0], weights=weight))


def cost_savings_score(y_true, y_pred, *, cost_matrix, labels=None, sample_weight=None):
    """Return the share of the cost of the best constant answer that is saved.

    ``(constant - cost) / abs(constant)``, where ``constant`` is the cost of the one
    class that is cheapest to answer for every sample (Bahnsen, Aouada & Ottersten,
    2014, "Example-dependent cost-sensitive logistic regression for credit scoring").
    Higher is better: 1 is free of cost, 0 saves nothing, and a negative value is worse
    than the constant answer. Dividing by the absolute value keeps this order where
    the constant answer gains.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,)
        True and predicted labels.
    cost_matrix : dict, DataFrame or array-like
        As in `expected_cost_score`.
    labels : array-like of shape (n_classes,), default=None
        As in `expected_cost_score`.
    sample_weight : array-like of shape (n_samples,), default=None
        At least 0. None weighs every sample 1.

    Returns
    -------
    float
        Without unit. Where the constant answer costs exactly 0 there is no share of it:
        0.0 if the predictions cost 0 too, -inf if they cost more, inf if they gain.

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
    prices, answers, weight = _price_list(
        y_true, y_pred, cost_matrix, labels, sample_weight
    )
    paid = np.take_along_axis(prices, answers[:, None], axis=1)
    cost = float(np.average(paid[:, 0], weights=weight))
    constant = min(float(np.average(price, weights=weight)) for price in prices.T)
    if constant == 0:
        return 0.0 if cost == 0 else math.copysign(math.inf, -cost)
    return (constant - cost) / abs(constant)


def make_cost_scorer(cost_matrix, *, labels=None, savings=False):
    """Make a scorer of a cost matrix, for searches and cross-validation.

    Parameters
    ----------
    cost_matrix : dict, DataFrame or array-like of shape (n_classes, n_classes)
        As in `expected_cost_score`, one for all samples. It is copied. A matrix for
        each sample is routed to `expected_cost_score` itself, by sklearn's metadata
        routing: ``make_scorer(expected_cost_score,
        greater_is_better=False).set_score_request(cost_matrix=True)``.
    labels : array-like of shape (n_classes,), default=None
        Order of the classes in an array. By default the sorted labels of each scored
        part; pass it if a part may lack a class.
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
        If there is a matrix per sample, or the costs are unreasonable.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from skweighted.metrics import make_cost_scorer
    >>> scorer = make_cost_scorer({("ok", "fraud"): 1, ("fraud", "ok"): 20})
    >>> X, y = [[0], [0], [0], [0]], ["ok", "ok", "ok", "fraud"]
    >>> scorer(DummyClassifier().fit(X, y), X, y)
    -5.0
    """
    named = own_labels(cost_matrix)
    if named is None:
        cost_matrix = as_numbers(cost_matrix)
        if cost_matrix.ndim == 3:
            raise ValueError(
                f"A scorer needs one cost matrix for all samples, since it is not told "
                f"which samples it scores. Got shape {cost_matrix.shape}. Call "
                f"expected_cost_score with the matrices of the samples, or have "
                f"scikit-learn route them: make_scorer(expected_cost_score, "
                f"greater_is_better=False).set_score_request(cost_matrix=True)."
            )
        labels = None if labels is None else _distinct(labels)
    else:
        labels = named
    return make_scorer(
        cost_savings_score if savings else expected_cost_score,
        greater_is_better=savings,
        cost_matrix=cost_matrix if labels is None else cost_array(cost_matrix, labels),
        labels=labels,
    )


def _price_list(y_true, y_pred, cost_matrix, labels, sample_weight):
    """Return what each answer costs for each sample, the answers, and the weights.

    Prices have shape (n_samples, n_classes), answers are indices of their columns.
    """
    y_true, y_pred = column_or_1d(y_true), column_or_1d(y_pred)
    check_consistent_length(y_true, y_pred, sample_weight)
    classes = _classes(cost_matrix, labels, unique_labels(y_true, y_pred))
    truths = _class_indices("y_true", y_true, classes.tolist())
    answers = _class_indices("y_pred", y_pred, classes.tolist())
    costs = cost_array(cost_matrix, classes, n_rows=len(truths))
    prices = costs[truths] if costs.ndim == 2 else costs[np.arange(len(truths)), truths]
    return prices, answers, _weights(sample_weight, len(truths))


def _classes(cost_matrix, labels, seen):
    """Return the labels in the order of the costs."""
    named = own_labels(cost_matrix)
    if named is not None:
        return named
    if labels is not None:
        return _distinct(labels)
    shape = as_numbers(cost_matrix).shape
    if len(shape) in (2, 3) and shape[-2] == shape[-1] != len(seen):
        raise ValueError(
            f"cost_matrix is for {shape[-1]} classes, and the labels in y_true and "
            f"y_pred together are {seen.tolist()}. Pass labels=, the classes in the "
            f"order of cost_matrix."
        )
    return seen


def _distinct(labels):
    """Return labels as an array, or raise ValueError if one is there twice."""
    labels = column_or_1d(labels)
    if len(set(labels.tolist())) < len(labels):
        raise ValueError(
            f"labels must name each class once, in the order of cost_matrix. Got "
            f"{labels.tolist()}."
        )
    return labels


def _class_indices(name, y, labels):
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


def _weights(sample_weight, n_samples):
    """Return one weight per sample, not all of them zero."""
    weight = np.ones(n_samples)
    if sample_weight is not None:
        weight = column_or_1d(check_array(sample_weight, ensure_2d=False, dtype=float))
        check_non_negative(weight, "sample_weight")
    if not weight.any():
        raise ValueError(
            "A mean cost needs a sample of weight above zero. Check y_true and "
            "sample_weight."
        )
    return weight
