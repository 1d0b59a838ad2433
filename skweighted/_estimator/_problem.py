"""What an estimator is asked to learn: rows, what they weigh, what mistakes cost."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from skweighted._costs._matrix import warn_if_swapped
from skweighted._engine._loss_data import is_batch_wide
from skweighted._engine._spec import Rows
from skweighted._estimator._objective import (
    make_objective,
    minimises_cost,
    of_one_output,
    undoable,
)
from skweighted._estimator._scikeras import routed_to
from skweighted._estimator._targets import Classes, Labels
from skweighted._estimator._validation import row_numbers
from skweighted._warnings import warn_user
from skweighted.exceptions import (
    DoubleCountWarning,
    SmallValidationWarning,
)
from skweighted.losses import LogitAdjustedCrossentropy

# Fewer validation rows of a class than these are a warning.
FEW_ROWS = 5


@dataclass(frozen=True, eq=False)
class Problem:
    """A checked problem, ready to be trained on.

    Attributes
    ----------
    targets : Classes or Labels
    rows : Rows
        To learn from.
    validation : Rows or None
        To watch.
    loss : keras.losses.Loss
    class_weight : ndarray
        One for each class, or both values of each label, before `normalize_weights`.
    first_class_weight : ndarray
        What the first epochs train with: `class_weight`, unless it starts later.
    costs : ndarray or None
    totals : tuple of ndarray
        Weighted counts and numbers of rows of each class.
    """

    targets: Classes | Labels
    rows: Rows
    validation: Rows | None
    loss: Any
    class_weight: np.ndarray
    first_class_weight: np.ndarray
    costs: np.ndarray | None
    totals: tuple[np.ndarray, np.ndarray]


def pose(estimator, targets, dtype, data, *, epochs, split_seed, validation, earlier):
    """Return the problem that data and an estimator's parameters make.

    Parameters
    ----------
    estimator : CostSensitiveMLPClassifier
        Its parameters are looked at.
    targets : Classes or Labels
    dtype : str
    data : tuple of X, y and sample_weight
        As `training_arrays` returns them.
    epochs : int
        How many will be trained.
    split_seed : SeedSequence
        Source of the split for early stopping.
    validation : tuple of X, y and sample_weight, or None
        What to watch, in place of a part of the data.
    earlier : tuple of ndarray or None
        Totals of the rows of earlier calls of partial_fit.

    Returns
    -------
    Problem
    """
    X, y, sample_weight = data
    target = targets.indices(y, sample_weight)
    totals = targets.totals(target, sample_weight)
    if earlier is not None:
        totals = tuple(map(np.add, earlier, totals))
    options = routed_to("class_weight", estimator.get_params(deep=False))
    class_weight = targets.weights(estimator.class_weight, totals, options)
    rows = row_numbers(targets.present(target, sample_weight, class_weight))
    if len(rows) == 0:
        raise ValueError(
            "No row has a weight above zero, so there is nothing to learn from. "
            "Check sample_weight and class_weight."
        )
    costs = None
    if estimator.cost_matrix is not None:
        costs = targets.costs(estimator.cost_matrix)
    loss = make_objective(estimator, targets, dtype, totals, costs)
    _check_undoable(estimator, loss, costs)
    _warn_of_costs(estimator, loss, (target, sample_weight), totals, costs)

    learnt, scale_totals = rows, totals
    watched = None
    if estimator.early_stopping and validation is None:
        random_generator = np.random.default_rng(split_seed)
        learnt, held_out = targets.holdout(
            target, rows, estimator.validation_fraction, random_generator
        )
        scale_totals = targets.totals(target[learnt], sample_weight[learnt])
        watched = (X, target, sample_weight, held_out)
    elif estimator.early_stopping:
        watched = _validation_part(targets, class_weight, *validation)

    def weights_for(weights):
        if estimator.normalize_weights:
            return targets.normalized(weights, scale_totals)
        return weights

    first = class_weight
    start = round(estimator.class_weight_start * epochs)
    if start:
        first = (class_weight > 0).astype(np.float64)
    return Problem(
        targets=targets,
        rows=Rows(
            *(X, target, sample_weight, learnt, weights_for(class_weight)),
            early_class_weight=weights_for(first) if start else None,
            class_weight_epoch=start,
        ),
        validation=watched and _watched_rows(estimator, targets, class_weight, watched),
        loss=loss,
        class_weight=class_weight,
        first_class_weight=first,
        costs=costs,
        totals=scale_totals,
    )


def _validation_part(targets, class_weight, X, y, sample_weight):
    """Return the caller's validation data with targets and rows, after checking it."""
    if isinstance(targets, Classes):
        known = np.isin(y, targets.classes) | (sample_weight == 0)
        if not known.all():
            raise ValueError(
                f"y_val has labels that y does not have: "
                f"{np.unique(y[~known]).tolist()}. Classes in y: "
                f"{targets.classes.tolist()}."
            )
    target = targets.indices(y, sample_weight)
    rows = row_numbers(targets.present(target, sample_weight, class_weight))
    return X, target, sample_weight, rows


def _watched_rows(estimator, targets, class_weight, watched):
    """Return the validation rows, with weights if the monitor wants them."""
    X, target, sample_weight, rows = watched
    few = []
    for name, count in targets.counted(target, rows):
        if count == 0:
            raise ValueError(
                f"The validation rows have none of {name}, so early stopping would "
                f"not see how it is doing. Give more rows, a larger "
                f"validation_fraction, or X_val and y_val with every class."
            )
        if count < FEW_ROWS:
            few.append(f"{name} ({count})")
    if few:
        warn_user(
            f"The validation rows have fewer than {FEW_ROWS} of {', '.join(few)}, so "
            f"when to stop is left to chance. Give more rows, a larger "
            f"validation_fraction, or X_val and y_val; or use "
            f"early_stopping=False.",
            SmallValidationWarning,
        )
    if not estimator.monitor_weighted:
        sample_weight = np.broadcast_to(1.0, len(target))
        class_weight = (class_weight > 0).astype(np.float64)
    # Only ratios count in the mean over these rows, so they are not rescaled.
    return Rows(X, target, sample_weight, rows, class_weight)


def _check_undoable(estimator, loss, costs):
    """Raise ValueError if probabilities are needed that the loss does not give."""
    cheapest = costs is not None and not minimises_cost(loss)
    if undoable(loss) or not (estimator.correct_probabilities or cheapest):
        return
    parameter = "cost_matrix" if cheapest else "correct_probabilities=True"
    name = (
        f"loss={estimator.loss!r}"
        if isinstance(estimator.loss, str)
        else f"the loss {type(loss).__name__}"
    )
    raise ValueError(
        f"{parameter} needs true probabilities, which cannot be told from outputs that "
        f"minimise {name}. Use loss='cross_entropy', or calibrate them: "
        f"sklearn.calibration.CalibratedClassifierCV."
    )


def _warn_of_costs(estimator, loss, problem_rows, totals, costs):
    """Warn where a cost or an imbalance would count twice, or costs look swapped."""
    if estimator.class_weight is not None:
        _warn_of_weights(loss)
    counts, n_rows = totals
    if costs is None or counts.ndim == 2:
        return
    warn_if_swapped(costs, n_rows)
    if len(set(n_rows.tolist())) == 1:
        warn_user(
            f"cost_matrix needs classes that are as frequent as where it is used, and "
            f"y has {n_rows[0]} rows of each, as resampling makes them. If it was "
            f"resampled, its imbalance counts twice: put the pipeline into "
            f"PriorCorrectedClassifier and give cost_matrix to that. If it was not, "
            f"ignore this warning.",
            DoubleCountWarning,
        )
    if _by_class(*problem_rows):
        warn_user(
            "sample_weight weighs whole classes, and cost_matrix does so again: costs "
            "count twice. Give these weights as class_weight, which is undone before "
            "decisions.",
            DoubleCountWarning,
        )


def _warn_of_weights(loss):
    """Warn of class weights beside a loss that does their work."""
    inner = of_one_output(loss)
    name = type(inner).__name__
    if minimises_cost(inner):
        warn_user(
            f"Costs count twice: {name} minimises them, and class_weight weighs them "
            f"again. Use class_weight=None.",
            DoubleCountWarning,
        )
    elif is_batch_wide(inner):
        warn_user(
            f"class_weight changes nothing: {name} is made of one mean for each "
            f"class. Use class_weight=None.",
            DoubleCountWarning,
        )
    elif isinstance(inner, LogitAdjustedCrossentropy):
        warn_user(
            f"Imbalance counts twice: {name} makes every class count as much, and "
            f"class_weight does so again. Use class_weight=None.",
            DoubleCountWarning,
        )


def _by_class(target, sample_weight):
    """Tell whether sample weights are one number for each class, not all the same."""
    present = sample_weight > 0
    target, sample_weight = target[present], sample_weight[present]
    n_classes = int(target.max()) + 1
    least, most = np.full(n_classes, np.inf), np.zeros(n_classes)
    np.minimum.at(least, target, sample_weight)
    np.maximum.at(most, target, sample_weight)
    there = most > 0
    return bool((least == most)[there].all() and len(set(most[there])) > 1)
