"""Classifiers of this package as ONNX: networks, true probabilities, decisions."""

from typing import NamedTuple

import numpy as np

from skweighted._costs._decide import bayes_threshold
from skweighted._estimator._ensemble import TrainedEnsemble
from skweighted._onnx._network import write_probabilities
from skweighted._onnx._probabilities import (
    log_of,
    shares_of,
    write_true_logs,
    write_unweighted,
)
from skweighted._onnx._writer import Writer


class Answers(NamedTuple):
    """Names of what a classifier computes; true probabilities only where wanted."""

    label: str
    proba: str
    true_proba: str


def write_ensemble(
    writer: Writer,
    ensemble: TrainedEnsemble,
    X: str,
    *,
    reports_true: bool,
    wants_true: bool,
) -> Answers:
    """Add the networks of an estimator and its decision.

    Parameters
    ----------
    writer : Writer
    ensemble : TrainedEnsemble
    X : str
        The prepared matrix.
    reports_true : bool
        Whether `predict_proba` returns true probabilities.
    wants_true : bool
        Whether the caller needs them.
    """
    each = write_probabilities(writer, ensemble, writer.cast(X, np.float64))
    costs = ensemble.decision_costs
    decides_by_true = costs is not None or (
        ensemble.threshold is not None and ensemble.threshold_is_true
    )
    raw = true = ""
    if not (reports_true and decides_by_true):
        raw = _mean(writer, ensemble, each)
    if reports_true or decides_by_true or wants_true:
        logs = write_true_logs(writer, ensemble, each)
        true = _mean(writer, ensemble, shares_of(writer, logs))
    classes = ensemble.targets.classes
    if ensemble.targets.is_multilabel:
        threshold = np.array(0.5) if costs is None else bayes_threshold(costs)
        is_above = writer("Greater", raw if costs is None else true, threshold)
        label = writer.cast(is_above, np.int64)
    elif costs is not None:
        label = write_cheapest(writer, classes, true, costs)
    elif ensemble.threshold is not None:
        proba = true if ensemble.threshold_is_true else raw
        label = write_threshold(writer, classes, proba, ensemble.threshold, 1)
    else:
        best = writer("ArgMax", raw, axis=1, keepdims=0)
        label = write_labels(writer, classes, best)
    return Answers(label, true if reports_true else raw, true)


def _mean(writer: Writer, ensemble: TrainedEnsemble, each: str) -> str:
    """Return the mean of probabilities, of shape (n_samples, n_classes or n_labels)."""
    if ensemble.targets.is_multilabel:
        each = writer("Gather", each, np.array(1), axis=-1)
    return writer("ReduceMean", each, np.array([0]), keepdims=0)


def write_cheapest(
    writer: Writer, classes: np.ndarray, proba: str, costs: np.ndarray
) -> str:
    """Return the labels of least expected cost for mutually exclusive classes."""
    expected = writer("MatMul", proba, np.asarray(costs, dtype=np.float64))
    best = writer("ArgMin", expected, axis=1, keepdims=0)
    return write_labels(writer, classes, best)


def write_threshold(
    writer: Writer, classes: np.ndarray, proba: str, threshold: float, positive: int
) -> str:
    """Return the positive class where its probability is at least a threshold."""
    p = writer("Gather", proba, np.array(positive), axis=1)
    is_positive = writer("GreaterOrEqual", p, np.array(threshold, dtype=np.float64))
    order = classes if positive == 1 else classes[::-1]
    return write_labels(writer, order, writer.cast(is_positive, np.int64))


def write_labels(writer: Writer, classes: np.ndarray, index: str) -> str:
    """Return the labels of some indices."""
    return writer("Gather", label_values(classes), index)


def label_values(classes: np.ndarray) -> np.ndarray:
    """Return classes as int64, float64, bool or text, as ONNX stores them."""
    kinds = {"i": np.int64, "u": np.int64, "f": np.float64, "b": np.bool_}
    return classes.astype(kinds.get(classes.dtype.kind, str))


def write_corrected(
    writer: Writer, proba: str, old_prior: np.ndarray, new_prior: np.ndarray
) -> str:
    """Return probabilities under other class frequencies, as `adapt_prior` does."""
    logs = log_of(writer, proba)
    return shares_of(
        writer, write_unweighted(writer, logs, np.log(old_prior) - np.log(new_prior))
    )


def write_row_costs(
    writer: Writer, classes: np.ndarray, proba: str, costs: list[str]
) -> str:
    """Return the labels of least expected cost for costs that are inputs.

    Parameters
    ----------
    writer : Writer
    classes : ndarray of shape (n_classes,)
    proba : str
        True probabilities.
    costs : list of str
        `false_alarm` and `miss`, of shape (n_samples, 1), for two classes; or
        `cost_matrix`, of shape (n_samples, n_classes, n_classes).
    """
    costs = [writer.cast(one, np.float64) for one in costs]
    if len(costs) == 2:
        joined = writer("Concat", costs[1], costs[0], axis=1)
        # Predicting 0 costs a miss where 1 is true, and the reverse.
        expected = writer(
            "Mul", writer("Gather", proba, np.array([1, 0]), axis=1), joined
        )
    else:
        rows = writer("Unsqueeze", proba, np.array([1]))
        expected = writer("Squeeze", writer("MatMul", rows, costs[0]), np.array([1]))
    best = writer("ArgMin", expected, axis=1, keepdims=0)
    return write_labels(writer, classes, best)
