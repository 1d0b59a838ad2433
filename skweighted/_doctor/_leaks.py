"""Leaks: what a classifier learns in training helps it on these test rows only."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from skweighted._doctor._case import Case
from skweighted._doctor._report import Finding
from skweighted._doctor._resampled import copied_classes
from skweighted._doctor._rows import Rows
from skweighted._doctor._splits import Split
from skweighted._text import count

# One or two pairs of equal rows occur by chance in any data.
_FEWEST_REPEATED = 3

# How often equal rows may occur for every time that chance explains. Columns that
# depend on each other make them more frequent than the formula of independent ones.
_OFTENER_THAN_BY_CHANCE = 10

# A column with this many rows per value, or more, is coarse.
_ROWS_OF_COARSE_VALUE = 5

# Patterns of missing values in which equal rows are expected; rarer ones have few.
_MOST_PATTERNS = 100

# A column separates the classes from this score on. With fewer rows of a class, one of
# many columns does so by chance; with fewer rows per value, any text does.
_SEPARATES = 0.999
_FEWEST_ROWS = 10
_FEWEST_ROWS_PER_VALUE = 20


def copies_across_folds(case: Case) -> Iterator[Finding]:
    """Find test rows whose exact copies are training rows."""
    if case.labels and copied_classes(case):
        return  # That is resampling before the split, another finding.
    ids = case.rows.ids
    if _n_pairs(ids) <= _OFTENER_THAN_BY_CHANCE * _pairs_by_chance(case.rows):
        return
    n_repeated = len(ids) - len(np.unique(ids))
    copies = {split: _copies_in_test_rows(split, ids) for split in case.splits}
    worst = max(copies, key=lambda split: copies[split])
    n_copies, n_tested = copies[worst], sum(len(test) for _, test in worst.folds)
    is_rare = n_copies < 0.001 * n_tested and n_repeated < 0.01 * len(ids)
    if n_copies == 0 or n_repeated < _FEWEST_REPEATED or is_rare:
        return
    yield Finding(
        what=f"{n_repeated:,} of {count(len(ids), 'row')} of X are copies of another "
        f"row. In {worst.in_words}, {n_copies:,} of {n_tested:,} test rows "
        f"({n_copies / n_tested:.2%}) have an exact copy in the training rows.",
        where="; ".join(split.where for split, n in copies.items() if n),
        why="If the copies are one case that was recorded several times, the "
        "classifier has seen the test row in training, and scores are too high. If "
        "they are different cases with equal values, keep them.",
        fix="Remove copies before splitting, or keep them in one fold, as "
        "compare(..., groups='identical') does:\n"
        "    from sklearn.model_selection import StratifiedGroupKFold\n"
        "    copies = pd.util.hash_pandas_object(pd.DataFrame(X), index=False)\n"
        "    cv = StratifiedGroupKFold(5)\n"
        "    cross_validate(estimator, X, y, cv=cv, groups=copies)",
        severity="warning" if n_copies >= 0.01 * n_tested else "note",
    )


def groups_across_folds(case: Case) -> Iterator[Finding]:
    """Find groups with training and test rows in the same fold."""
    assert case.groups is not None
    shared = {split: _n_shared(split, case.groups) for split in case.splits}
    worst = max(shared, key=lambda split: shared[split])
    if shared[worst] == 0:
        return
    stratified = "Stratified" if case.labels else ""
    yield Finding(
        what=f"{shared[worst]:,} of {count(case.groups.max() + 1, 'group')} have both "
        f"training and test rows in the same fold, in {worst.in_words}.",
        where="; ".join(split.where for split, n in shared.items() if n),
        why="The classifier memorizes a group (a patient, a customer) in training and "
        "recognizes it in the test rows. Scores are too high for new groups.",
        fix=f"Keep each group in one fold:\n"
        f"    from sklearn.model_selection import {stratified}GroupKFold\n"
        f"    cv = {stratified}GroupKFold(5)\n"
        f"    cross_validate(estimator, X, y, cv=cv, groups=groups)",
        severity="warning",
    )


def columns_of_the_class(case: Case) -> Iterator[Finding]:
    """Find columns that separate the classes alone."""
    if case.counts.min() < _FEWEST_ROWS:
        return
    for position in case.columns_used:
        values = case.rows.numbers.get(position)
        if values is not None and len(case.labels) == 2:
            measure, score = "ROC AUC", _roc_auc(values, case.y_index)
        else:
            codes = case.rows.codes[position]
            measure, score = "balanced accuracy", _balanced_accuracy(codes, case)
        if score > _SEPARATES:
            yield Finding(
                what=f"C{case.rows.title(position)[1:]} separates the classes alone: "
                f"{measure} {score:.4f}.",
                where="X and y",
                why="Measurements seldom do so. A column that was recorded after the "
                "outcome, or derived from it, is not known at prediction time.",
                fix="Find out when and from what the column is recorded. If it is not "
                "known before the outcome, remove it from X.",
                severity="warning",
            )


def _n_pairs(ids: np.ndarray) -> float:
    """Return the number of pairs that are equal."""
    n_equal = np.unique(ids, return_counts=True)[1].astype(np.float64)
    return float((n_equal * (n_equal - 1) / 2).sum())


def _pairs_by_chance(rows: Rows) -> float:
    """Return the expected number of equal pairs of rows if columns were independent.

    Values are often missing together, so the formula is applied to the rows of each
    pattern of missing values.
    """
    patterns = pd.util.hash_pandas_object(rows.frame.isna(), index=False)
    codes = pd.factorize(patterns)[0]
    frequent = np.argsort(-np.bincount(codes))[:_MOST_PATTERNS]
    of_pattern = [np.flatnonzero(codes == code) for code in frequent]
    return sum(_pairs_of_independent(rows, positions) for positions in of_pattern)


def _pairs_of_independent(rows: Rows, positions: np.ndarray) -> float:
    """Return the expected number of equal pairs among some rows."""
    n_rows = len(positions)
    n_pairs = n_rows * (n_rows - 1) / 2
    distinct = positions[np.unique(rows.ids[positions], return_index=True)[1]]
    n_distinct_pairs = max(1, len(distinct) * (len(distinct) - 1) / 2)
    for codes in rows.codes:
        values = codes[positions]
        if len(np.unique(values)) * _ROWS_OF_COARSE_VALUE <= n_rows:
            n_pairs *= 2 * _n_pairs(values) / n_rows**2
        else:
            # Values that hardly occur twice, except in copies, which do not count.
            n_pairs *= _n_pairs(codes[distinct]) / n_distinct_pairs
    return n_pairs


def _copies_in_test_rows(split: Split, ids: np.ndarray) -> int:
    """Return how many test rows, of all folds, have a copy in their training rows."""
    return sum(int(np.isin(ids[test], ids[train]).sum()) for train, test in split.folds)


def _n_shared(split: Split, groups: np.ndarray) -> int:
    """Return how many groups have training and test rows in one fold at least."""
    shared = [np.intersect1d(groups[a], groups[b]) for a, b in split.folds]
    return len(np.unique(np.concatenate(shared)))


def _roc_auc(values: np.ndarray, y_index: np.ndarray) -> float:
    """Return the ROC AUC of a column, in its better direction; missing ones lowest."""
    finite = np.nan_to_num(values, nan=-np.inf)
    ranks = np.unique(finite, return_inverse=True)[1]
    area = float(roc_auc_score(y_index, ranks))
    return max(area, 1 - area)


def _balanced_accuracy(codes: np.ndarray, case: Case) -> float:
    """Return that of predicting for each value its most frequent class."""
    if len(codes) < _FEWEST_ROWS_PER_VALUE * len(np.unique(codes)):
        return 0.0
    table = pd.crosstab(codes, case.y_index).to_numpy()
    predicted, n_hits = table.argmax(axis=1), table.max(axis=1)
    hits = np.bincount(predicted, n_hits, minlength=len(case.counts))
    return float((hits / case.counts).mean())
