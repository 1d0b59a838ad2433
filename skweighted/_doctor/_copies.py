"""Splits that put copies of a row, or rows of a group, on both of their sides."""

import numpy as np

from skweighted._doctor._findings import Finding
from skweighted._doctor._resampled import copied_classes
from skweighted._doctor._table import Table
from skweighted._text import count

# Patterns of missing values that are looked at; rarer ones hardly have equal rows.
_MOST_PATTERNS = 100

# One or two pairs may be the same by chance in any data.
_FEWEST_REPEATED = 3

# A column with fewer rows of a value is fine, and one with more is coarse.
_FEW_OF_A_VALUE = 5


def copies_across_folds(case):
    """Find rows whose exact copies are in training while they are tested."""
    if case.has_classes and copied_classes(case):
        return  # They were copied on purpose, which is another finding.
    row_ids = case.table.row_ids
    pairs, expected = _pairs(row_ids), _pairs_by_chance(case.table)
    # Rows of a few coarse values coincide without being the same case; columns that
    # depend on each other make them do so more often than the formula says.
    if pairs <= 10 * expected:
        return
    row_and_y_ids = _with_y(row_ids, case)
    tested = {
        split: _tested_copies(split, row_ids, row_and_y_ids) for split in case.splits
    }
    worst = max(tested, key=lambda split: tested[split][0], default=None)
    if worst is None or tested[worst][0] == 0:
        return
    n_copies, n_contradicting, n_tested = tested[worst]
    n_each = np.bincount(row_ids)
    n_repeated = len(row_ids) - len(n_each)
    if n_repeated < _FEWEST_REPEATED:
        return
    if n_copies < 0.001 * n_tested and n_repeated < 0.01 * len(row_ids):
        return
    commonest = f", one of them {n_each.max():,} times" if n_each.max() > 10 else ""
    contradicting = ""
    if n_contradicting:
        contradicting = f", {n_contradicting:,} of them only with another y"
    yield Finding(
        what=f"{n_repeated:,} of {count(len(row_ids), 'row')} of X repeat others"
        f"{commonest}. In {worst.n_folds}, {n_copies:,} of {n_tested:,} test rows "
        f"({_share(n_copies, n_tested)}) have an exact copy in the training rows"
        f"{contradicting}.",
        where=_where(split for split, found in tested.items() if found[0]),
        why="If copies are the same case recorded again, the answer to these rows was "
        "seen in training, and scores are too high. If they are different cases that "
        "happen to be equal, they are right as they are.",
        fix="Remove copies before the split, or keep them on one side of it:\n"
        "    from sklearn.model_selection import StratifiedGroupKFold\n"
        "    copies = pd.util.hash_pandas_object(pd.DataFrame(X), index=False)\n"
        "    cv = StratifiedGroupKFold(5)\n"
        "    cross_validate(estimator, X, y, cv=cv, groups=copies)",
        severity="warning" if n_copies >= 0.01 * n_tested else "note",
    )


def groups_across_folds(case):
    """Find groups that are in training and test rows of the same fold."""
    n_groups = case.groups.max() + 1
    split_groups = {split: _shared_groups(split, case.groups) for split in case.splits}
    worst = max(split_groups, key=split_groups.get, default=None)
    if worst is None or split_groups[worst] == 0:
        return
    stratified = "Stratified" * case.has_classes
    yield Finding(
        what=f"{split_groups[worst]:,} of {count(n_groups, 'group')} are in training "
        f"and test rows of the same fold, in {worst.n_folds}.",
        where=_where(split for split, found in split_groups.items() if found),
        why="What is told by the group (the patient, the customer) is learnt in "
        "training and helps in the test, as it will not for new groups.",
        fix=f"Keep each group on one side:\n"
        f"    from sklearn.model_selection import {stratified}GroupKFold\n"
        f"    cv = {stratified}GroupKFold(5)\n"
        f"    cross_validate(estimator, X, y, cv=cv, groups=groups)",
        severity="warning",
    )


def _with_y(row_ids, case):
    """Return a number for each row that is the same where X and y are."""
    y_ids = case.y_index if case.has_classes else Table(case.y).row_ids
    return row_ids * (y_ids.max() + 1) + y_ids


def _tested_copies(split, row_ids, row_and_y_ids):
    """Return tests of rows with a copy in training, with one of another y only, all."""
    n_ids = row_ids.max() + 1
    n_copies = n_contradicting = n_tested = 0
    for train, test in split.folds:
        is_trained = np.zeros(n_ids, dtype=bool)
        is_trained[row_ids[train]] = True
        has_copy = is_trained[row_ids[test]]
        has_same = np.isin(row_and_y_ids[test], row_and_y_ids[train])
        n_copies += int(has_copy.sum())
        n_contradicting += int((has_copy & ~has_same).sum())
        n_tested += len(test)
    return n_copies, n_contradicting, n_tested


def _pairs(ids):
    """Return how many pairs are the same."""
    n_same = np.unique(ids, return_counts=True)[1].astype(np.float64)
    return float((n_same * (n_same - 1) / 2).sum())


def _pairs_by_chance(table):
    """Return how many pairs would be the same if no column depended on another.

    A pair agrees in a column with the probability that two draws of its values do.
    What is missing together is: the formula holds for rows of one pattern of it.
    """
    if table.is_sparse:
        return 0.0
    return sum(_pairs_of_independent(table, rows) for rows in _rows_by_missing(table))


def _pairs_of_independent(table, rows):
    """Return how many pairs of some rows would be the same by chance."""
    n_pairs = len(rows) * (len(rows) - 1) / 2
    distinct = rows[np.unique(table.row_ids[rows], return_index=True)[1]]
    n_distinct_pairs = max(1, len(distinct) * (len(distinct) - 1) / 2)
    for column in table.columns:
        values = column.values[rows]
        if len(np.unique(values)) * _FEW_OF_A_VALUE <= len(rows):
            n_pairs *= 2 * _pairs(values) / len(rows) ** 2
        else:
            # Values that are hardly repeated, but by copies: those do not count.
            n_pairs *= _pairs(column.values[distinct]) / n_distinct_pairs
    return n_pairs


def _rows_by_missing(table):
    """Return row numbers of the commonest patterns of missing values."""
    missing = [c.is_missing for c in table.columns if c.is_missing.any()]
    if not missing:
        return [np.arange(table.n_rows)]
    packed = np.packbits(np.stack(missing, axis=1), axis=1)
    pattern = np.unique(packed, axis=0, return_inverse=True)[1].reshape(-1)
    common = np.argsort(-np.bincount(pattern))[:_MOST_PATTERNS]
    return [np.flatnonzero(pattern == place) for place in common]


def _shared_groups(split, group_ids):
    """Return how many groups are on both sides of a fold, in one fold at least."""
    shared = [np.intersect1d(group_ids[a], group_ids[b]) for a, b in split.folds]
    return len(np.unique(np.concatenate(shared))) if shared else 0


def _where(splits):
    """Return whose folds these are."""
    return "; ".join(split.where for split in splits)


def _share(part, whole):
    """Return a share in percent, never 0 of something."""
    return f"{part / whole:.1%}" if part / whole >= 0.001 else "below 0.1%"
