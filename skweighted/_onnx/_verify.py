"""Comparison of an ONNX model with the estimator that it was made of."""

from typing import Any

import numpy as np
import onnxruntime
from sklearn.pipeline import Pipeline
from sklearn.utils import _safe_indexing

from skweighted._costs._decide import bayes_threshold
from skweighted._estimator._classifier import CostSensitiveMLPClassifier
from skweighted._estimator._prior_corrected import PriorCorrectedClassifier
from skweighted._onnx._convert import unwrapped
from skweighted._thresholds import THRESHOLDS, threshold_of

# The largest difference of probabilities.
TOLERANCE = 1e-5

# The embeddings of so many rows fit into memory.
_CHUNK_ROWS = 1_000


def run(model: bytes, feed: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the outputs of a model by name.

    Raises
    ------
    ValueError
        If ONNX Runtime has no operator for the types of the model.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(
            model, options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # onnxruntime's have no base class of their own
        raise ValueError(
            f"ONNX Runtime cannot run this model: {error}. If the numbers of X are "
            f"float64, pass them as float32, which its operators support best."
        ) from error
    names = [output.name for output in session.get_outputs()]
    n_rows = len(next(iter(feed.values())))
    chunks = [
        session.run(names, {k: v[i : i + _CHUNK_ROWS] for k, v in feed.items()})
        for i in range(0, n_rows, _CHUNK_ROWS)
    ]
    return {
        name: np.concatenate(parts)
        for name, parts in zip(names, zip(*chunks, strict=True), strict=True)
    }


def check_proba(found: np.ndarray, expected: np.ndarray) -> None:
    """Raise ValueError if probabilities differ by more than `TOLERANCE`."""
    difference = np.abs(found - expected).max(axis=1)
    wrong = np.flatnonzero(~(difference <= TOLERANCE))  # NaN is wrong, too
    if len(wrong):
        row = wrong[np.argmax(difference[wrong])]
        raise ValueError(
            f"An ONNX model must return the probabilities of predict_proba, within "
            f"{TOLERANCE:g}. They differ in {len(wrong):,} of {len(found):,} rows, in "
            f"row {row} by {difference[row]:.2g}. ONNX computes in float32: numbers "
            f"that need more digits must be scaled first, by "
            f"CostSensitiveTabularClassifier, StandardScaler or TablePreparation. "
            f"Otherwise, skl2onnx may not fully support one of the other steps."
        )


def check_labels(
    estimator: Any,
    X: Any,
    found: np.ndarray,
    expected: np.ndarray,
    costs: np.ndarray | None,
) -> None:
    """Raise ValueError if labels differ in a row that is not a tie.

    A row is a tie if no label has an expected cost that is better by more than twice
    `TOLERANCE` times the largest cost, which is 1 if there are none.

    Parameters
    ----------
    estimator : classifier
    X : {array-like, dataframe} of shape (n_samples, n_features)
    found, expected : ndarray of shape (n_samples,) or (n_samples, n_labels)
    costs : ndarray of shape (n_samples, n_classes, n_classes) or None
        Costs of each row, if these decide.
    """
    differs = (found != expected).reshape(len(found), -1).any(axis=1)
    rows = np.flatnonzero(differs)
    if not len(rows):
        return
    values = margins(
        estimator, _safe_indexing(X, rows), None if costs is None else costs[rows]
    )
    if found.ndim == 2:
        gap = np.where(found[rows] != expected[rows], np.abs(values), 0).max(axis=1)
    else:
        each = np.arange(len(rows))
        gap = np.abs(
            values[each, np.searchsorted(estimator.classes_, found[rows])]
            - values[each, np.searchsorted(estimator.classes_, expected[rows])]
        )
    wrong = rows[gap > 2 * TOLERANCE]
    if len(wrong):
        row = wrong[0]
        raise ValueError(
            f"An ONNX model must return the labels of predict. They differ in "
            f"{len(wrong):,} of {len(found):,} rows: in row {row}, the label is "
            f"{expected[row]!r}, and {found[row]!r} in ONNX. Use decision=False for "
            f"probabilities only."
        )


def margins(estimator: Any, X: Any, costs: np.ndarray | None) -> np.ndarray:
    """Return what decides: the expected cost of each class, or how far a label is on.

    Costs are divided by the largest one.

    Returns
    -------
    ndarray of shape (n_samples, n_classes or n_labels)
    """
    estimator, X = final(estimator, X)
    if isinstance(estimator, THRESHOLDS):
        threshold, positive = threshold_of(estimator)
        proba = estimator.predict_proba(X)[:, positive]
        values = np.empty((len(proba), 2))
        values[:, positive], values[:, 1 - positive] = threshold, proba
        return values
    if isinstance(estimator, PriorCorrectedClassifier):
        costs = estimator.cost_matrix_ if costs is None else costs
        if costs is None:
            return margins(estimator.estimator_, X, None)
        return _expected(estimator.predict_proba(X), costs)
    if not isinstance(estimator, CostSensitiveMLPClassifier):
        return -estimator.predict_proba(X)
    ensemble, X = estimator._current(), estimator._features(X)
    costs = ensemble.decision_costs if costs is None else costs
    if ensemble.targets.is_multilabel:
        if costs is None:
            return ensemble.proba(X) - 0.5
        return ensemble.true_proba(X) - bayes_threshold(costs)
    if costs is not None:
        return _expected(ensemble.true_proba(X), costs)
    if ensemble.threshold is None:
        return -ensemble.proba(X)
    proba = ensemble.true_proba(X) if ensemble.threshold_is_true else ensemble.proba(X)
    return np.column_stack([proba[:, 1], np.full(len(proba), ensemble.threshold)])


def final(estimator: Any, X: Any) -> tuple[Any, Any]:
    """Return the last step of pipelines and searches, and X as it receives it."""
    estimator = unwrapped(estimator)
    if not isinstance(estimator, Pipeline):
        return estimator, X
    for _, step in estimator.steps[:-1]:
        if step not in (None, "passthrough") and not hasattr(step, "fit_resample"):
            X = step.transform(X)
    return final(estimator.steps[-1][1], X)


def _expected(proba: np.ndarray, costs: np.ndarray) -> np.ndarray:
    """Return the expected cost of each prediction, in units of the largest cost."""
    costs = np.broadcast_to(costs, (len(proba), *costs.shape[-2:]))
    largest = np.maximum(np.abs(costs).max(axis=(1, 2)), np.finfo(np.float64).tiny)
    return np.einsum("ni,nij->nj", proba, costs) / largest[:, np.newaxis]
