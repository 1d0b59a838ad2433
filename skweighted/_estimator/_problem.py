"""`Task`: what is learned, from settings and checked arrays; `Problem`: by one network.

`make_task` lists the stages that all networks of an ensemble share: targets, weights,
costs, loss. `make_problem` adds the rows of one network and their weights.
"""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from skweighted._costs._weights import Totals
from skweighted._engine._spec import Rows
from skweighted._estimator._classes import Classes, classes_of
from skweighted._estimator._input import Arrays
from skweighted._estimator._labels import Labels
from skweighted._estimator._loss import (
    distortion_of,
    is_smoothed,
    make_loss,
    of_one_output,
)
from skweighted._estimator._settings import Settings
from skweighted._warnings import warn_user
from skweighted.exceptions import DoubleCountWarning, SmallValidationWarning

# Fewer validation rows per class than this cause a warning.
FEW_ROWS = 5


@dataclass(frozen=True, eq=False)
class Task:
    """What is learned, before rows are assigned to networks.

    Attributes
    ----------
    targets : Classes or Labels
    rows : Rows
        All rows with a weight above zero, without class weights.
    validation : Rows or None
        Validation rows from the user.
    loss : keras.losses.Loss
        With class priors and costs.
    class_weight : ndarray
        For each class, or for both values of each label, before `normalize_weights`.
    costs : ndarray or None
        Checked cost matrix, or one per label.
    totals : Totals
        Of all rows, including those of earlier `partial_fit` calls.
    """

    targets: Classes | Labels
    rows: Rows
    validation: Rows | None
    loss: Any
    class_weight: np.ndarray
    costs: np.ndarray | None
    totals: Totals


class Share(NamedTuple):
    """The rows of one network.

    Attributes
    ----------
    rows : ndarray of shape (n_rows,)
        Indices of the training rows, sorted; a row can occur several times.
    held_out : ndarray of shape (n_held_out,), or None
        Indices of rows that are not used for training.
    sampling : ndarray of shape (n_classes,), or None
        Factor by which drawing the rows has changed the total weight of each class.
    """

    rows: np.ndarray
    held_out: np.ndarray | None = None
    sampling: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Problem:
    """What one network is trained on.

    Attributes
    ----------
    targets, loss, class_weight, costs
        As in `Task`.
    rows : Rows
        The training rows.
    validation : Rows or None
        The rows that early stopping uses.
    first_class_weight : ndarray
        The class weights of the first epochs.
    totals : Totals
        Of the training rows, including those of earlier `partial_fit` calls.
    sampling : ndarray of shape (n_classes,), or None
        As in `Share`.
    """

    targets: Classes | Labels
    loss: Any
    class_weight: np.ndarray
    costs: np.ndarray | None
    rows: Rows
    validation: Rows | None
    first_class_weight: np.ndarray
    totals: Totals
    sampling: np.ndarray | None = None


def targets_of(arrays: Arrays) -> Classes | Labels:
    """Return the meaning of y, from the rows with a weight above zero."""
    y = arrays.y
    if y.ndim == 2:
        # In a handful of rows it may be by chance.
        if y.shape[1] > 1 and len(y) > 10 and (y.sum(axis=1) == 1).all():
            warn_user(
                f"Every row of y has exactly one 1, as in one-hot encoding, and y is "
                f"treated as {y.shape[1]} labels that can hold together. If they are "
                f"mutually exclusive classes, pass y.argmax(axis=1).",
                UserWarning,
            )
        return Labels(y.shape[1])
    return classes_of(arrays.y, arrays.sample_weight)


def make_task(
    settings: Settings,
    targets: Classes | Labels,
    dtype: str,
    arrays: Arrays,
    *,
    validation: Arrays | None = None,
    earlier: Totals | None = None,
) -> Task:
    """Return what settings and data describe.

    Parameters
    ----------
    settings : Settings
    targets : Classes or Labels
    dtype : str
        Precision of the network.
    arrays : Arrays
        The training data.
    validation : Arrays or None
        Validation data for early stopping, instead of a part of the training rows.
    earlier : Totals or None
        Of the rows of earlier `partial_fit` calls.

    Raises
    ------
    ValueError
        If labels, weights, costs or the loss are invalid, or all weights are zero.
    """
    X, y, sample_weight = arrays
    target = targets.encode(y, sample_weight > 0)
    totals = targets.totals(target, sample_weight)
    if earlier is not None:
        totals = Totals(*map(np.add, earlier, totals))
    costs = _costs(settings, targets, totals, target, sample_weight)
    learned = totals
    if settings.ensemble == "balanced":
        # Every network is trained on equally many rows of each class, so balanced
        # weights are equal, and a loss has nothing to adjust.
        n_rows = np.maximum(totals.n_rows, 1)
        least = n_rows[totals.n_rows > 0].min()
        learned = Totals(totals.counts / n_rows * least, np.full_like(n_rows, least))
    class_weight = targets.weights(
        settings.class_weight, learned, settings.class_weight_options
    )
    loss = make_loss(settings, targets, dtype, learned, costs)
    _check_loss(settings, loss, costs)
    present = _present_rows(targets, target, sample_weight, class_weight)
    return Task(
        targets=targets,
        rows=Rows(X, target, sample_weight, present),
        validation=validation and _given_validation(targets, class_weight, validation),
        loss=loss,
        class_weight=class_weight,
        costs=costs,
        totals=totals,
    )


def make_problem(
    settings: Settings,
    task: Task,
    share: Share,
    epochs: int,
    earlier: Totals | None = None,
) -> Problem:
    """Return what one network is trained on.

    Parameters
    ----------
    settings : Settings
    task : Task
    share : Share
        Its rows.
    epochs : int
        Number of epochs to train, for `class_weight_start`.
    earlier : Totals or None
        Of the rows of the network in earlier `partial_fit` calls.

    Raises
    ------
    ValueError
        If the validation rows do not contain every class.
    """
    targets, rows = task.targets, replace(task.rows, rows=share.rows)
    totals = task.totals
    if share.rows is not task.rows.rows:
        totals = targets.totals(rows.target[rows.rows], rows.weight[rows.rows])
        if earlier is not None:
            totals = Totals(*map(np.add, earlier, totals))
    training, first_class_weight = _scheduled(
        settings, targets, rows, task.class_weight, totals, epochs
    )
    watched = task.validation
    if watched is None and settings.early_stopping and share.held_out is not None:
        watched = replace(task.rows, rows=share.held_out)
    if watched is not None:
        # Of the same distribution as the training rows. Only ratios count in the mean
        # over these rows, so weights are not rescaled.
        drawn = 1 if share.sampling is None else share.sampling
        watched = replace(watched, class_weight=task.class_weight * drawn)
    return Problem(
        targets=targets,
        loss=task.loss,
        class_weight=task.class_weight,
        costs=task.costs,
        rows=training,
        validation=watched,
        first_class_weight=first_class_weight,
        totals=totals,
        sampling=share.sampling,
    )


def _present_rows(
    targets: Classes | Labels,
    target: np.ndarray,
    sample_weight: np.ndarray,
    class_weight: np.ndarray,
) -> np.ndarray:
    """Return the sorted indices of the rows with a weight above zero."""
    present = targets.present(target, sample_weight, class_weight)
    number = np.int32 if len(present) < 2**31 else np.int64
    rows = np.arange(len(present), dtype=number)[present]
    if len(rows) == 0:
        raise ValueError(
            "At least one row must have a weight above zero. All weights are zero. "
            "Check sample_weight and class_weight."
        )
    return rows


def _costs(
    settings: Settings,
    targets: Classes | Labels,
    totals: Totals,
    target: np.ndarray,
    sample_weight: np.ndarray,
) -> np.ndarray | None:
    """Return checked costs; warn if they or an imbalance would count twice."""
    if settings.cost_matrix is None:
        return None
    costs = targets.costs(settings.cost_matrix)
    if targets.is_multilabel:
        return costs
    n_rows = totals.n_rows
    targets.warn_if_swapped(costs, n_rows)
    if len(set(n_rows.tolist())) == 1:
        warn_user(
            f"cost_matrix assumes that the class frequencies in y are those of future "
            f"data, but y has {n_rows[0]} rows of each class, as after resampling. If "
            f"y was resampled, its imbalance counts twice: wrap the pipeline in "
            f"PriorCorrectedClassifier and pass cost_matrix to it. Otherwise, ignore "
            f"this warning.",
            DoubleCountWarning,
        )
    if _by_class(target, sample_weight):
        warn_user(
            "Costs count twice: sample_weight has one value per class, and cost_matrix "
            "weights the classes again. Pass these weights as class_weight, which is "
            "undone before decisions.",
            DoubleCountWarning,
        )
    return costs


def _by_class(target: np.ndarray, sample_weight: np.ndarray) -> bool:
    """Return whether sample weights depend only on the class, and differ."""
    present = sample_weight > 0
    target, sample_weight = target[present], sample_weight[present]
    n_classes = int(target.max()) + 1
    least, most = np.full(n_classes, np.inf), np.zeros(n_classes)
    np.minimum.at(least, target, sample_weight)
    np.maximum.at(most, target, sample_weight)
    occurs = most > 0
    return bool((least == most)[occurs].all() and len(set(most[occurs])) > 1)


def _check_loss(settings: Settings, loss: Any, costs: np.ndarray | None) -> None:
    """Raise or warn if a loss cannot be combined with other settings."""
    distortion = distortion_of(loss)
    name = type(of_one_output(loss)).__name__
    decides_by_cost = costs is not None and not distortion.minimizes_cost
    if not distortion.recoverable and (
        settings.correct_probabilities or decides_by_cost
    ):
        parameter = "cost_matrix" if decides_by_cost else "correct_probabilities=True"
        given = f"loss={settings.loss!r}" if isinstance(settings.loss, str) else name
        remedy = "Use loss='cross_entropy'"
        if is_smoothed(of_one_output(loss)):
            is_routed = bool(settings.loss_options)
            given = f"{given} with label smoothing"
            remedy = f"Use {'loss__' * is_routed}label_smoothing=0"
        elif distortion.effect == "unknown":
            remedy = f"{remedy}, declare the distortion of {name}"
        raise ValueError(
            f"{parameter} needs true probabilities, but these cannot be recovered from "
            f"{given}. {remedy}, or calibrate the classifier with "
            f"sklearn.calibration.CalibratedClassifierCV."
        )
    if settings.monitor != "log_loss" and not settings.early_stopping:
        warn_user(
            f"monitor={settings.monitor!r} has no effect without early stopping. Use "
            f"early_stopping=True, or leave monitor out.",
            UserWarning,
        )
    is_equal = settings.ensemble == "balanced" and settings.class_weight == "balanced"
    if settings.class_weight is None or is_equal:
        return
    if distortion.minimizes_cost:
        problem = f"Costs count twice: {name} minimizes them, and class_weight applies"
        warn_user(f"{problem} them again. Use class_weight=None.", DoubleCountWarning)
    elif distortion.ignores_class_weight:
        warn_user(
            f"class_weight has no effect: {name} averages the error within each "
            f"class. Use class_weight=None.",
            DoubleCountWarning,
        )
    elif distortion.equalizes:
        warn_user(
            f"Imbalance counts twice: {name} makes every class count equally, and "
            f"class_weight corrects for it again. Use class_weight=None.",
            DoubleCountWarning,
        )


def _given_validation(
    targets: Classes | Labels, class_weight: np.ndarray, validation: Arrays
) -> Rows:
    """Return the user's validation rows."""
    X, y, sample_weight = validation
    target = targets.encode(y, sample_weight > 0, "y_val")
    rows = _present_rows(targets, target, sample_weight, class_weight)
    return Rows(X, target, sample_weight, rows)


def _scheduled(
    settings: Settings,
    targets: Classes | Labels,
    rows: Rows,
    class_weight: np.ndarray,
    totals: Totals,
    epochs: int,
) -> tuple[Rows, np.ndarray]:
    """Return the training rows with weights, and the class weights of first epochs."""

    def scaled(weights):
        if settings.normalize_weights:
            return targets.normalized(weights, totals)
        return weights

    # The last epoch always has the weights, which predictions undo.
    start = min(round(settings.class_weight_start * epochs), epochs - 1)
    first = (class_weight > 0).astype(np.float64) if start else class_weight
    weighted = Rows(
        *(rows.X, rows.target, rows.weight, rows.rows, scaled(class_weight)),
        early_class_weight=scaled(first) if start else None,
        class_weight_epoch=start,
    )
    return weighted, first


def check_validation(problem: Problem, *, warn: bool) -> None:
    """Raise ValueError if validation rows lack a class; warn if they have few of one.

    Parameters
    ----------
    problem : Problem
    warn : bool
        Whether few rows of a class cause a warning.
    """
    watched = problem.validation
    if watched is None:
        return
    few = []
    for name, count in problem.targets.counted(watched.target, watched.rows):
        if count == 0:
            raise ValueError(
                f"The validation rows must contain every class, but they do not "
                f"contain {name}. Use more rows, a larger validation_fraction, or "
                f"X_val and y_val with every class."
            )
        if count < FEW_ROWS:
            few.append(f"{name} ({count})")
    if few and warn:
        warn_user(
            f"There are fewer than {FEW_ROWS} validation rows of {', '.join(few)}, so "
            f"chance decides when training stops. Use more rows, a larger "
            f"validation_fraction, X_val and y_val, or early_stopping=False.",
            SmallValidationWarning,
        )
