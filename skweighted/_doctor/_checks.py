"""All checks in one table, and `doctor`, which runs them.

A check is a function of a `Case` that yields findings. It runs only if the case has
what the check needs.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from skweighted._doctor._accuracy import accuracy_as_score
from skweighted._doctor._case import Case, make_case
from skweighted._doctor._counted_twice import (
    distorted_decisions,
    imbalance_in_training,
    unused_costs,
)
from skweighted._doctor._folds import (
    classes_missing_in_folds,
    folds_in_class_order,
)
from skweighted._doctor._inputs import (
    classes_written_alike,
    columns_not_as_meant,
    infinite_values,
    unscaled_inputs,
)
from skweighted._doctor._leaks import (
    columns_of_the_class,
    copies_across_folds,
    groups_across_folds,
)
from skweighted._doctor._report import SEVERITIES, Diagnosis, Finding
from skweighted._doctor._resampled import copied_rows, interpolated_rows
from skweighted._doctor._samplers import misplaced_samplers


@dataclass(frozen=True)
class Check:
    """A function of a `Case`, and which of `NEEDS` it has."""

    find: Callable[[Case], Iterator[Finding]]
    needs: tuple[str, ...]


# For each need, why a case does not meet it, or "".
NEEDS: dict[str, Callable[[Case], str]] = {
    "estimator": lambda case: "" if case.parts else "no estimator was given",
    "a score": lambda case: (
        ""
        if case.parts or case.scoring is not None
        else "neither an estimator nor scoring was given"
    ),
    "data": lambda case: "" if case.has_data else "no X and y were given",
    "dense X": lambda case: "" if case.rows.frame.size else "X is sparse",
    "classes": lambda case: "" if case.labels else "y has several labels per row",
    "folds": lambda case: "" if case.splits else case.no_splits,
    "groups": lambda case: "no groups were given" if case.groups is None else "",
}

CHECKS = {
    "misplaced samplers": Check(misplaced_samplers, ("estimator",)),
    "rows copied before the split": Check(copied_rows, ("data", "classes", "dense X")),
    "rows interpolated before the split": Check(
        interpolated_rows, ("data", "classes", "dense X")
    ),
    "copies across folds": Check(copies_across_folds, ("data", "folds", "dense X")),
    "groups across folds": Check(groups_across_folds, ("data", "groups", "folds")),
    "classes missing in folds": Check(
        classes_missing_in_folds, ("data", "classes", "folds")
    ),
    "folds of sorted rows": Check(folds_in_class_order, ("data", "classes", "folds")),
    "accuracy as the score": Check(accuracy_as_score, ("a score",)),
    "imbalance counted twice in training": Check(imbalance_in_training, ("estimator",)),
    "decisions on distorted probabilities": Check(distorted_decisions, ("estimator",)),
    "costs without effect": Check(unused_costs, ("estimator",)),
    "unscaled inputs": Check(unscaled_inputs, ("estimator", "data", "dense X")),
    "infinite values": Check(infinite_values, ("data", "dense X")),
    "classes written alike": Check(classes_written_alike, ("data", "classes")),
    "columns read as text or that identify rows": Check(
        columns_not_as_meant, ("data", "dense X")
    ),
    "columns that separate the classes": Check(
        columns_of_the_class, ("data", "classes", "dense X")
    ),
}


def doctor(
    estimator: Any = None,
    X: Any = None,
    y: Any = None,
    cv: Any = None,
    *,
    scoring: Any = None,
    groups: Any = None,
) -> Diagnosis:
    """Check for common mistakes with imbalanced classes, without fitting anything.

    Parameters are read, rows are counted and compared, and folds are drawn from a copy
    of the splitter. No argument is modified. Parameters that a search varies are
    treated as unknown.

    Parameters
    ----------
    estimator : estimator, default=None
        A classifier, pipeline or search, fitted or not. None checks the data only.
    X : array-like, dataframe or sparse matrix of shape (n_samples, n_features), \
            default=None
        Features, as they are passed to `fit`. None checks the estimator only.
    y : array-like of shape (n_samples,) or (n_samples, n_labels), default=None
        Labels. With several labels per row, checks about classes are skipped.
    cv : int, splitter or iterable, default=None
        How the rows will be split, as in `sklearn.model_selection.cross_validate`.
        None uses the splits of searches in `estimator` or else five stratified,
        shuffled folds.
    scoring : str, callable, list or dict, default=None
        The score that will be reported. None is not checked.
    groups : array-like of shape (n_samples,), default=None
        The group of each row, such as a patient.

    Returns
    -------
    Diagnosis
        A sequence of findings, worst first, that prints itself; true if there are any.

    Raises
    ------
    TypeError
        If `estimator` is not an estimator but, for instance, a class.
    ValueError
        If there is neither an estimator nor data, one of X and y is missing, their
        lengths differ, or y has missing or continuous values.

    Examples
    --------
    >>> from imblearn.pipeline import make_pipeline
    >>> from imblearn.over_sampling import SMOTE
    >>> from sklearn.linear_model import LogisticRegression
    >>> clf = make_pipeline(SMOTE(), LogisticRegression(class_weight={0: 1, 1: 9}))
    >>> [finding.severity for finding in doctor(clf)]
    ['warning']
    >>> print(doctor(clf)[0].what)
    LogisticRegression has class_weight={0: 1, 1: 9}, and SMOTE resamples the training
    rows.
    """
    case = make_case(estimator, X, y, cv, scoring, groups)
    findings: list[Finding] = []
    checked = []
    skipped = {}
    for name, check in CHECKS.items():
        reason = next(filter(None, (NEEDS[need](case) for need in check.needs)), "")
        if reason:
            skipped[name] = reason
        else:
            checked.append(name)
            findings.extend(check.find(case))
    findings.sort(key=lambda finding: SEVERITIES.index(finding.severity))
    return Diagnosis(tuple(findings), tuple(checked), skipped)


def without_estimator(diagnosis: Diagnosis) -> tuple[Diagnosis, int]:
    """Return a diagnosis without checks that need an estimator, and their number."""
    for_estimators = {
        name
        for name in diagnosis.skipped
        if not {"estimator", "a score"}.isdisjoint(CHECKS[name].needs)
    }
    skipped = {
        name: reason
        for name, reason in diagnosis.skipped.items()
        if name not in for_estimators
    }
    return replace(diagnosis, skipped=skipped), len(for_estimators)
