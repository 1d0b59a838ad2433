"""Splits that fail, or leave a class without rows to train on or to test on."""

import numpy as np

from skweighted._doctor._findings import Finding
from skweighted._doctor._order import lacking_by_order
from skweighted._text import count

# With fewer test rows of a class, its recall moves by a fifth or more with each row.
_FEW_ROWS = 5

# Tested so often, rows of a class make a mean that does not hang on one draw of folds.
_OFTEN = 5


def unmade_folds(case):
    """Find splitters that raise an error on these rows."""
    for split in case.splits:
        if split.problem:
            yield Finding(
                what=f"{split.kind} cannot split these rows: {split.problem}",
                where=split.where,
                why="Cross-validation and searches raise the same error.",
                fix=_stratified(case),
                severity="error",
            )


def rare_classes_in_folds(case):
    """Find classes that folds do not train on, do not test, or test on a few rows."""
    for split in case.splits:
        if not split.folds or all(len(test) == 1 for _, test in split.folds):
            continue  # Single test rows are not scored fold by fold.
        train, test = _counts(split, case)
        if lacking_by_order(split, case):
            continue  # That is another finding.
        for part, finding in [(train, _untrained), (test, _untested)]:
            lacking = (part == 0).sum(axis=0)
            if lacking.any():
                yield finding(split, case, lacking)
                break
        else:
            n_made = split.n_made or len(split.folds)
            times_tested = test.sum(axis=0) / case.counts * n_made / len(split.folds)
            few = (test.min(axis=0) < _FEW_ROWS) & (times_tested < _OFTEN)
            if few.any():
                yield _few_tested(split, case, test, few)


def _stratified(case):
    """Return how to stratify with as many folds as the rarest class has rows for."""
    fewest = int(case.counts.min()) if case.has_classes else 5
    if fewest < 2:
        return (
            f"Merge class {case.labels[case.rarest]!r}, of which there is 1 row, with "
            f"another, or leave it out. Then stratify."
        )
    return (
        "Stratify, with no more folds than the rarest class has rows:\n"
        "    from sklearn.model_selection import StratifiedKFold\n"
        f"    cv = StratifiedKFold({min(5, fewest)}, shuffle=True, random_state=0)"
    )


def _untrained(split, case, lacking):
    """Return the finding for classes that folds do not train on."""
    return Finding(
        what=f"{_lacks(split, case, lacking)} to train on.{_others(lacking)}",
        where=split.where,
        why="A classifier cannot answer a class that it has not seen. Its "
        "probabilities have a column less, and some scores cannot be computed.",
        fix=_stratified(case),
        severity="error",
    )


def _untested(split, case, lacking):
    """Return the finding for classes that folds do not test."""
    return Finding(
        what=f"{_lacks(split, case, lacking)} to test on.{_others(lacking)}",
        where=split.where,
        why="Recall of a class without rows counts as 0 in the mean of the folds, and "
        "ROC AUC cannot be computed.",
        fix=_stratified(case),
        severity="warning",
    )


def _few_tested(split, case, test, few):
    """Return the finding for classes that folds test on a few rows."""
    place = int(np.argmin(np.where(few, test.min(axis=0), _FEW_ROWS)))
    fewest, most = test[:, place].min(), test[:, place].max()
    rows = f"{fewest} to {most}" if fewest < most else f"{fewest}"
    return Finding(
        what=f"Class {case.labels[place]!r} has "
        f"{count(int(case.counts[place]), 'row')}, and each of {split.n_folds} has "
        f"{rows} of them to test on.{_others(few)}",
        where=split.where,
        why=f"One row more or less changes the recall of the class by "
        f"{1 / most:.2f} or more, so folds differ by chance and so do settings that a "
        f"search compares.",
        fix="Repeat the folds and look at their mean, or take fewer of them:\n"
        "    from sklearn.model_selection import RepeatedStratifiedKFold\n"
        "    cv = RepeatedStratifiedKFold(n_splits=3, n_repeats=10)",
        severity="warning",
    )


def _counts(split, case):
    """Return rows of each class in training and in test parts, (n_folds, n_classes)."""
    n_classes = len(case.counts)
    return tuple(
        np.array(
            [np.bincount(case.y_index[part], minlength=n_classes) for part in parts]
        )
        for parts in zip(*split.folds, strict=True)
    )


def _others(affected):
    """Return a sentence on further classes, if there are any."""
    more = int(np.count_nonzero(affected)) - 1
    return f" So it is for {more} other class{'es' * (more > 1)}." if more > 0 else ""


def _lacks(split, case, lacking):
    """Return how many folds have no row of the class that most of them lack."""
    place = int(np.argmax(lacking))
    have = "has" if lacking[place] == 1 else "have"
    return (
        f"Class {case.labels[place]!r} has {count(int(case.counts[place]), 'row')}, "
        f"and {lacking[place]} of {split.n_folds} {have} none of them"
    )
