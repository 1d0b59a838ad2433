"""Cost matrices: a matrix, dict, DataFrame or two numbers become an array.

Rows are truths, columns are predictions: ``costs[i, j]`` is the cost of predicting
class j where class i is true, in any unit; a negative cost is a gain (Elkan, 2001). A
matrix for all rows must be reasonable in Elkan's sense. The matrix of a single row
need not be: a fraud may be smaller than the cost of investigating it (Bahnsen et al.,
2014). Costs are checked here and never again.
"""

import itertools
import reprlib
from collections.abc import Mapping
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np

from skweighted._warnings import warn_user
from skweighted.exceptions import CostWarning

# Axis names which show that a DataFrame is transposed.
_PREDICTION_NAMES = {"pred", "predicted", "prediction", "predictions", "y_pred"}
_TRUTH_NAMES = {"actual", "true", "truth", "truths", "y_true"}


def cost_array(
    cost_matrix: Any, classes: np.ndarray, n_rows: int | None = None
) -> np.ndarray:
    """Return the costs as a new array, in the order of the classes.

    Parameters
    ----------
    cost_matrix : array-like, dict or DataFrame
        An array-like of shape (n_classes, n_classes) in the order of `classes`; a dict
        ``{(truth, prediction): cost}``, in which correct predictions may be left out
        and cost 0; a DataFrame whose index contains truths and whose columns contain
        predictions, in any order; or, with `n_rows`, an array-like of shape (n_rows,
        n_classes, n_classes). In any unit.
    classes : ndarray of shape (n_classes,)
        The labels.
    n_rows : int or None
        Number of rows, if each may have its own matrix. None allows a single matrix.

    Returns
    -------
    ndarray of shape (n_classes, n_classes) or (n_rows, n_classes, n_classes)
        float64.

    Raises
    ------
    ValueError
        If the shape is invalid, a label is missing, a cost is not a finite number, the
        axis names are swapped, or a matrix for all rows is unreasonable: a correct
        prediction costs more than a mistake, or all predictions cost the same (Elkan,
        2001).

    Warns
    -----
    CostWarning
        If a dict or DataFrame has a label that is not one of `classes`.
    """
    labels = classes.tolist()
    if isinstance(cost_matrix, Mapping):
        cost_matrix = _table_of_dict(cost_matrix, labels)
    elif _is_dataframe(cost_matrix):
        cost_matrix = _table_of_dataframe(cost_matrix, labels)
    elif hasattr(cost_matrix, "columns"):
        _check_order(list(cost_matrix.columns), labels)
    costs = as_numbers(cost_matrix)
    _check_shape(costs.shape, labels, n_rows)
    _check_finite(costs, labels)
    if costs.ndim == 2:
        _check_reasonable(costs, labels)
    return costs


def own_labels(cost_matrix: Any) -> np.ndarray | None:
    """Return the unique labels of a dict or DataFrame; None for an array."""
    if isinstance(cost_matrix, Mapping):
        for key in cost_matrix:
            if not isinstance(key, tuple) or len(key) != 2:
                raise ValueError(
                    f"The keys of a dict of costs must be pairs (truth, prediction). "
                    f"Got {key!r}."
                )
        named = [label for pair in cost_matrix for label in pair]
    elif _is_dataframe(cost_matrix):
        named = cost_matrix.index.tolist() + cost_matrix.columns.tolist()
    else:
        return None
    # Python objects, as in classes.tolist(): NumPy's scalars have a repr of their own.
    named = [name.item() if isinstance(name, np.generic) else name for name in named]
    return np.array(list(dict.fromkeys(named)), dtype=object)


def as_numbers(costs: Any) -> np.ndarray:
    """Return costs of any shape as a new float64 array, or raise ValueError."""
    try:
        numbers = np.asarray(costs)
    except ValueError:
        raise ValueError(
            f"The rows of costs must all have the same length. Got "
            f"{reprlib.repr(costs)}."
        ) from None
    if numbers.dtype.kind not in "biuf":
        for cost in np.array(costs, dtype=object).flat:
            if not isinstance(cost, Real | Decimal):
                raise ValueError(
                    f"A cost must be a number. Got {cost!r}, of type "
                    f"{type(cost).__name__}."
                )
    return numbers.astype(np.float64)


def false_alarm_miss_array(false_alarm: Any, miss: Any, n_rows: int) -> np.ndarray:
    """Return one binary cost matrix per row, in which correct predictions cost 0.

    Parameters
    ----------
    false_alarm : float or array-like of shape (n_rows,)
        Cost of predicting the second class where the first is true, at least 0.
    miss : float or array-like of shape (n_rows,)
        Cost of predicting the first class where the second is true, in the same unit.
    n_rows : int

    Returns
    -------
    ndarray of shape (n_rows, 2, 2)

    Raises
    ------
    ValueError
        If one is missing, has an invalid shape, or is not finite and at least 0.
    """
    costs = np.zeros((n_rows, 2, 2))
    costs[:, 0, 1] = _cost_per_row("false_alarm", false_alarm, n_rows)
    costs[:, 1, 0] = _cost_per_row("miss", miss, n_rows)
    return costs


def looks_swapped(costs: np.ndarray, counts: np.ndarray) -> bool:
    """Return whether missing the rarer of two classes costs less than a false alarm.

    False for more than two classes, and if neither is rare: the rarer class has at
    least half as many rows as the other.

    Parameters
    ----------
    costs : ndarray of shape (n_classes, n_classes)
    counts : ndarray of shape (n_classes,)
        Number of rows of each class.
    """
    if len(counts) != 2 or 2 * min(counts) >= max(counts):
        return False
    rare, common = np.argsort(counts)
    miss = costs[rare, common] - costs[rare, rare]
    false_alarm = costs[common, rare] - costs[common, common]
    return bool(miss < false_alarm)


def warn_if_swapped(costs: np.ndarray, counts: np.ndarray) -> None:
    """Warn if the costs look as if truths and predictions were swapped."""
    if looks_swapped(costs, counts):
        warn_user(
            f"Missing the rarer class ({min(counts) / sum(counts):.2%} of the rows) "
            f"costs less than predicting it by mistake. Are rows and columns of "
            f"cost_matrix swapped? Rows are truths, columns are predictions.",
            CostWarning,
        )


def _is_dataframe(cost_matrix):
    """Return whether this has labeled rows and columns, like a pandas DataFrame."""
    return hasattr(cost_matrix, "index") and hasattr(cost_matrix, "columns")


def _table_of_dict(costs, labels):
    """Return the costs of a dict as nested lists, after checking its keys."""
    named = own_labels(costs)
    missing = [pair for pair in itertools.permutations(labels, 2) if pair not in costs]
    if missing:
        unlisted = f" and {len(missing) - 10} more" if len(missing) > 10 else ""
        raise ValueError(
            f"A dict of costs must have a cost for every mistake, as {{(truth, "
            f"prediction): cost}}. It has no cost for {missing[:10]}{unlisted}. "
            f"Classes: {labels}."
        )
    _warn_of_unknown(named, labels)
    return [[costs.get((truth, answer), 0) for answer in labels] for truth in labels]


def _table_of_dataframe(frame, labels):
    """Return the costs of a DataFrame in the order of the labels."""
    _check_axis_names(frame)
    truths, predictions = frame.index.tolist(), frame.columns.tolist()
    for axis, named in [("row", truths), ("column", predictions)]:
        for label in labels:
            if named.count(label) != 1:
                raise ValueError(
                    f"A DataFrame of costs must have one row and one column for each "
                    f"class. It has {named.count(label)} {axis}s for {label!r}; its "
                    f"{axis}s are {named}. Classes: {labels}. If its rows and "
                    f"columns are in this order, pass cost_matrix.to_numpy()."
                )
    _warn_of_unknown(own_labels(frame), labels)
    rows = [truths.index(label) for label in labels]
    columns = [predictions.index(label) for label in labels]
    return frame.to_numpy()[np.ix_(rows, columns)]


def _check_order(columns, labels):
    """Raise ValueError if a frame without row labels has classes in another order."""
    names, wanted = list(map(str, columns)), list(map(str, labels))
    if names != wanted and sorted(names) == sorted(wanted):
        raise ValueError(
            f"A DataFrame of costs without names of rows, such as one of polars, must "
            f"be in the order of the classes, {labels}. Its columns are {columns}. Or "
            f"pass a dict, {{(truth, prediction): cost}}."
        )


def _check_axis_names(frame):
    """Raise ValueError if the axis names show that the table is transposed."""
    for axis, name, wrong in [
        ("rows", frame.index.name, _PREDICTION_NAMES),
        ("columns", frame.columns.name, _TRUTH_NAMES),
    ]:
        if str(name).lower() in wrong:
            raise ValueError(
                f"The rows of a cost matrix are truths and its columns are "
                f"predictions. The {axis} of this DataFrame are called {name!r}. Pass "
                f"its transpose, cost_matrix.T."
            )


def _warn_of_unknown(named, labels):
    """Warn about labels that have costs and are not among the classes."""
    unknown = [label for label in named.tolist() if label not in labels]
    if unknown:
        warn_user(
            f"cost_matrix has costs for labels that are not in y: {unknown}. Classes "
            f"in y: {labels}. Check the spelling and the type of the labels.",
            CostWarning,
        )


def _check_shape(shape, labels, n_rows):
    """Raise ValueError unless the costs have one row and one column per class."""
    wanted = (len(labels), len(labels))
    if shape == wanted or (n_rows is not None and shape == (n_rows, *wanted)):
        return
    if len(shape) == 3 and n_rows is None:
        way_out = "Pass one matrix per row to predict(X, cost_matrix=...)."
    elif len(shape) == 3:
        way_out = f"One matrix for each row needs shape {(n_rows, *wanted)}."
    elif shape == (4,) and wanted == (2, 2):
        way_out = "Write [[a, b], [c, d]] instead of [a, b, c, d]."
    else:
        way_out = "A dict {(truth, prediction): cost} or a DataFrame can name them."
    raise ValueError(
        f"A cost matrix must have a row for each truth and a column for each "
        f"prediction: shape {wanted} for the classes {labels}, in this order. Got "
        f"shape {shape}. {way_out}"
    )


def _check_finite(costs, labels):
    """Raise ValueError if a cost is infinite or NaN."""
    if np.isfinite(costs).all():
        return
    *row, truth, answer = np.argwhere(~np.isfinite(costs))[0].tolist()
    where = f" in row {row[0]}" if row else ""
    raise ValueError(
        f"Every cost must be a finite number. Predicting {labels[answer]!r} where "
        f"{labels[truth]!r} is true costs {costs[*row, truth, answer]}{where}. For a "
        f"mistake that must not happen, use a cost far above the others."
    )


def _check_reasonable(costs, labels):
    """Raise ValueError if a mistake costs less than a correct prediction."""
    hint = " The transpose would be valid." if _is_reasonable(costs.T) else ""
    for label, row, right in zip(labels, costs, np.diag(costs), strict=True):
        cheapest = int(row.argmin())
        if row[cheapest] < right:
            raise ValueError(
                f"A correct prediction must not cost more than a mistake. Where "
                f"{label!r} is true, predicting it costs {right:g} and predicting "
                f"{labels[cheapest]!r} costs {row[cheapest]:g}. Are rows and columns "
                f"swapped? Rows are truths, columns are predictions.{hint}"
            )
        if (row == right).all():
            raise ValueError(
                f"Every class needs a mistake that costs more than a correct "
                f"prediction. Where {label!r} is true, every prediction costs "
                f"{right:g}. Rows are truths, columns are predictions.{hint}"
            )


def _is_reasonable(costs):
    """Return whether mistakes never cost less, and some cost more (Elkan, 2001)."""
    right = np.diag(costs)[:, None]
    return (costs >= right).all() and (costs > right).any(axis=1).all()


def _cost_per_row(name, cost, n_rows):
    """Return a checked cost: one number, or one for each row."""
    if cost is None:
        raise ValueError(
            f"false_alarm and miss must be given together, because a decision "
            f"compares them. {name} is None."
        )
    costs = as_numbers(cost)
    if costs.shape not in [(), (n_rows,)]:
        raise ValueError(
            f"{name} must be one number, or one for each of the {n_rows} rows. Got "
            f"shape {costs.shape}."
        )
    wrong = ~(np.isfinite(costs) & (costs >= 0))
    if wrong.any():
        where = f" in row {np.flatnonzero(wrong)[0]}" if costs.ndim else ""
        raise ValueError(
            f"{name} must be finite and at least 0. It is {costs[wrong][0]:g}{where}. "
            f"Gains belong in cost_matrix."
        )
    return costs
