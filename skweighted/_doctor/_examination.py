"""All checks in one table, and what runs them.

A check is a function of a `Case` that yields findings. It is asked only where the case
has what it needs, and a check that needs more says so in the table.
"""

from dataclasses import dataclass, replace

from skweighted._doctor._accuracy import accuracy_as_score
from skweighted._doctor._answers import (
    batches_without_a_class,
    labels_of_costs,
    labels_of_weights,
)
from skweighted._doctor._case import make_case
from skweighted._doctor._columns import (
    constant_columns,
    identifier_columns,
    missing_values,
    telling_columns,
)
from skweighted._doctor._copies import copies_across_folds, groups_across_folds
from skweighted._doctor._decisions import (
    costs_beside_threshold,
    costs_inside_ensembles,
    loss_beside_costs,
    loss_beside_threshold,
    resampling_beside_threshold,
    weights_beside_costs,
    weights_beside_threshold,
)
from skweighted._doctor._doubles import (
    costs_beside_resampling,
    loss_beside_resampling,
    weights_beside_loss,
    weights_beside_resampling,
)
from skweighted._doctor._findings import SEVERITIES, Diagnosis
from skweighted._doctor._folds import rare_classes_in_folds, unmade_folds
from skweighted._doctor._order import (
    folds_in_class_order,
    validation_behind_sampler,
    validation_in_class_order,
)
from skweighted._doctor._resampled import copied_rows, interpolated_rows
from skweighted._doctor._samplers import misplaced_samplers
from skweighted._doctor._scales import unscaled_inputs


@dataclass(frozen=True)
class Check:
    """What is looked for: a function of a `Case`, and which of `NEEDS` it has."""

    find: object
    needs: tuple[str, ...]


# Why a need is not met, or "".
NEEDS = {
    "estimator": lambda case: "" if case.parts else "no estimator was given",
    "a score": lambda case: (
        ""
        if case.parts or case.scoring is not None
        else "neither an estimator nor scoring was given"
    ),
    "data": lambda case: "no X and y were given" if case.table is None else "",
    "classes": lambda case: "" if case.has_classes else "y has several labels",
    "columns": lambda case: "X is sparse" if case.table.is_sparse else "",
    "folds": lambda case: "" if case.splits else case.unsplit,
    "groups": lambda case: "no groups were given" if case.groups is None else "",
}

CHECKS = {
    "samplers out of place": Check(misplaced_samplers, ("estimator",)),
    "rows copied before the split": Check(copied_rows, ("data", "classes")),
    "rows interpolated before the split": Check(
        interpolated_rows, ("data", "classes", "columns")
    ),
    "splits that fail": Check(unmade_folds, ("data", "folds")),
    "copies across folds": Check(copies_across_folds, ("data", "folds")),
    "groups across folds": Check(groups_across_folds, ("data", "groups", "folds")),
    "classes missing in folds": Check(
        rare_classes_in_folds, ("data", "classes", "folds")
    ),
    "folds in the order of classes": Check(
        folds_in_class_order, ("data", "classes", "folds")
    ),
    "validation rows in the order of classes": Check(
        validation_in_class_order, ("estimator", "data", "classes")
    ),
    "validation rows behind a sampler": Check(
        validation_behind_sampler, ("estimator",)
    ),
    "accuracy as the score": Check(accuracy_as_score, ("a score",)),
    "class weights beside resampling": Check(weights_beside_resampling, ("estimator",)),
    "class weights beside losses": Check(weights_beside_loss, ("estimator",)),
    "losses beside resampling": Check(loss_beside_resampling, ("estimator",)),
    "class weights beside thresholds": Check(weights_beside_threshold, ("estimator",)),
    "losses beside thresholds": Check(loss_beside_threshold, ("estimator",)),
    "resampling beside thresholds": Check(resampling_beside_threshold, ("estimator",)),
    "class weights beside costs": Check(weights_beside_costs, ("estimator",)),
    "losses beside costs": Check(loss_beside_costs, ("estimator",)),
    "costs beside resampling": Check(costs_beside_resampling, ("estimator",)),
    "costs beside thresholds": Check(costs_beside_threshold, ("estimator",)),
    "costs inside ensembles": Check(costs_inside_ensembles, ("estimator",)),
    "labels of class weights": Check(
        labels_of_weights, ("estimator", "data", "classes")
    ),
    "labels of costs": Check(labels_of_costs, ("estimator", "data", "classes")),
    "batches without a class": Check(
        batches_without_a_class, ("estimator", "data", "classes")
    ),
    "inputs that are not scaled": Check(
        unscaled_inputs, ("estimator", "data", "columns")
    ),
    "missing values": Check(missing_values, ("estimator", "data", "columns")),
    "constant columns": Check(constant_columns, ("data", "columns")),
    "identifiers": Check(identifier_columns, ("data", "columns")),
    "columns that tell the class": Check(
        telling_columns, ("data", "classes", "columns")
    ),
}


def doctor(estimator=None, X=None, y=None, cv=None, *, scoring=None, groups=None):
    """Look for what commonly goes wrong with imbalanced data, before it is fitted.

    Nothing is fitted and no argument is modified: parameters are read, rows are counted
    and compared, and folds are drawn from a copy of the splitter. What a search varies
    is not taken for certain.

    Parameters
    ----------
    estimator : estimator, default=None
        A classifier, pipeline or search, fitted or not. None looks at the data only.
    X : array-like, dataframe or sparse matrix of shape (n_samples, n_features), \
            default=None
        Features, as they are given to `fit`. None looks at the estimator only.
    y : array-like of shape (n_samples,) or (n_samples, n_labels), default=None
        Labels. With several, what is about classes is not looked at.
    cv : int, splitter or iterable, default=None
        How the rows will be split, as in `sklearn.model_selection.cross_validate`.
        None takes the splits of searches in `estimator` and, without one, five
        stratified folds of shuffled rows.
    scoring : str, callable, list or dict, default=None
        The score that will be looked at. None is not judged.
    groups : array-like of shape (n_samples,), default=None
        Which rows belong together.

    Returns
    -------
    Diagnosis
        A sequence of findings, worst first, that prints itself; true if there are any.

    Raises
    ------
    TypeError
        If `estimator` is no estimator, such as a class.
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
    >>> doctor(clf)[0].what
    'LogisticRegression has class_weight={0: 1, 1: 9}, and SMOTE resamples before it.'
    """
    case = make_case(estimator, X, y, cv, scoring, groups)
    findings, checked, skipped = [], [], {}
    for name, check in CHECKS.items():
        reason = next(filter(None, (NEEDS[need](case) for need in check.needs)), "")
        if reason:
            skipped[name] = reason
        else:
            checked.append(name)
            findings.extend(check.find(case))
    findings.sort(key=lambda finding: SEVERITIES.index(finding.severity))
    return Diagnosis(tuple(findings), tuple(checked), skipped)


def without_estimator(diagnosis):
    """Return a diagnosis less what it skips for want of an estimator, and how much."""
    is_for_one = {
        name: not {"estimator", "a score"}.isdisjoint(CHECKS[name].needs)
        for name in diagnosis.skipped
    }
    skipped = {
        name: why for name, why in diagnosis.skipped.items() if not is_for_one[name]
    }
    return replace(diagnosis, skipped=skipped), sum(is_for_one.values())
