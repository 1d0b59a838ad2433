"""Folds that lack a class because it is rare or because the rows are sorted."""

from collections.abc import Iterator

import numpy as np
from scipy.special import gammaln

from skweighted._doctor._case import Case
from skweighted._doctor._report import Finding
from skweighted._doctor._splits import Split
from skweighted._text import count

# With fewer test rows of a class, its recall moves by a fifth or more with each row.
_FEW_ROWS = 5

# Classes that are tested so often have a mean score that depends little on the folds.
_OFTEN = 5

# Below this probability that a part lacks a class by chance, the order is the reason.
_BY_CHANCE = 1e-3


def classes_missing_in_folds(case: Case) -> Iterator[Finding]:
    """Find classes without training rows or test rows in a fold, or with few."""
    for split in case.splits:
        if all(len(test) == 1 for _, test in split.folds):
            continue  # Scores are not computed per fold.
        if _lacking_by_order(split, case)[0]:
            continue  # That is another finding.
        train, test = _class_counts(split, case)
        if (train == 0).any():
            yield _missing(split, case, train == 0, "training")
        elif (test == 0).any():
            yield _missing(split, case, test == 0, "test")
        else:
            times_tested = test.sum(axis=0) / case.counts
            few = (test.min(axis=0) < _FEW_ROWS) & (times_tested < _OFTEN)
            if few.any():
                yield _few_test_rows(split, case, test, few)


def folds_in_class_order(case: Case) -> Iterator[Finding]:
    """Find folds that are blocks of rows which are sorted by class."""
    for split in case.splits:
        n_folds, missed = _lacking_by_order(split, case)
        if n_folds:
            yield Finding(
                what=f"The rows are sorted by class, and {split.kind} does not shuffle "
                f"them: {n_folds} of {count(len(split.folds), 'fold')} lack training "
                f"or test rows of class {case.labels[missed]!r}.",
                where=split.where,
                why="The classifier is tested on classes that it has never seen, or "
                "not on those that it has.",
                fix="Shuffle and stratify. If the order is that of time, choose folds "
                "that all contain each class.\n"
                "    from sklearn.model_selection import StratifiedKFold\n"
                "    cv = StratifiedKFold(5, shuffle=True, random_state=0)",
                severity="error",
            )


def _missing(split: Split, case: Case, lacks: np.ndarray, kind: str) -> Finding:
    """Return the finding for classes without training or test rows."""
    n_folds = lacks.sum(axis=0)
    place = int(np.argmax(n_folds))
    why = "Recall of a class without test rows is 0, and ROC AUC is undefined."
    if kind == "training":
        why = (
            "A classifier cannot predict a class that it has not seen, and some scores "
            "cannot be computed."
        )
    fewest = int(case.counts.min())
    fix = f"Merge class {case.labels[case.rarest]!r} with another, or leave it out."
    if fewest > 1:
        fix = (
            "Stratify, with no more folds than rows of the rarest class:\n"
            "    from sklearn.model_selection import StratifiedKFold\n"
            f"    cv = StratifiedKFold({min(5, fewest)}, shuffle=True, random_state=0)"
        )
    return Finding(
        what=f"{_rows_of(case, place)}, but no {kind} row in {n_folds[place]} of "
        f"{split.in_words}.{_others(n_folds)}",
        where=split.where,
        why=why,
        fix=fix,
        severity="error" if kind == "training" else "warning",
    )


def _few_test_rows(
    split: Split, case: Case, test: np.ndarray, few: np.ndarray
) -> Finding:
    """Return the finding for classes with few test rows."""
    place = int(np.argmin(np.where(few, test.min(axis=0), _FEW_ROWS)))
    fewest, most = test[:, place].min(), test[:, place].max()
    rows = f"{fewest} to {most}" if fewest < most else f"{fewest}"
    return Finding(
        what=f"{_rows_of(case, place)}: {rows} test rows in each of {split.in_words}."
        f"{_others(few)}",
        where=split.where,
        why=f"A single row changes the recall of the class by {1 / most:.2f} or more, "
        f"so differences between folds are mostly chance.",
        fix="Repeat the folds and use their mean, or use fewer folds:\n"
        "    from sklearn.model_selection import RepeatedStratifiedKFold\n"
        "    cv = RepeatedStratifiedKFold(n_splits=3, n_repeats=10)",
        severity="warning",
    )


def _rows_of(case: Case, place: int) -> str:
    """Return the number of rows of a class in words."""
    return f"Class {case.labels[place]!r} has {count(int(case.counts[place]), 'row')}"


def _others(affected: np.ndarray) -> str:
    """Return a sentence about the other affected classes, if there are any."""
    more = int(np.count_nonzero(affected)) - 1
    if more < 1:
        return ""
    return f" The same holds for {more} other class{'es' if more > 1 else ''}."


def _class_counts(split: Split, case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Return training and test rows of each class, both (n_folds, n_classes)."""
    n_classes = len(case.labels)
    train, test = (
        np.array([np.bincount(case.y_index[p], minlength=n_classes) for p in parts])
        for parts in zip(*split.folds, strict=True)
    )
    return train, test


def _lacking_by_order(split: Split, case: Case) -> tuple[int, int]:
    """Return how many folds lack a class because of the order of rows, and which.

    Only folds whose test rows are a block of consecutive rows count.
    """
    n_folds, place = 0, 0
    for train, test in split.folds:
        is_block = len(test) > 1 and bool(np.all(np.diff(test) == 1))
        missed = _missed_by_order(case, train, test) if is_block else None
        if missed is not None:
            n_folds, place = n_folds + 1, missed
    return n_folds, place


def _missed_by_order(case: Case, *parts: np.ndarray) -> int | None:
    """Return the class that one of the parts lacks, unless chance may be the reason."""
    for part in parts:
        labels = case.y_index[part]
        is_missed = np.bincount(labels, minlength=len(case.labels)) == 0
        by_chance = (1 - len(labels) / len(case.y_index)) ** case.counts
        is_missed &= _is_sorted(case) | (by_chance < _BY_CHANCE)
        if is_missed.any():
            return int(np.argmax(is_missed * case.counts))
    return None


def _is_sorted(case: Case) -> bool:
    """Return whether the rows of each class are consecutive, and not by chance."""
    n_blocks = 1 + np.count_nonzero(np.diff(case.y_index))
    if n_blocks > len(case.labels):
        return False
    # Of all orders of the labels, those with one block for each class.
    log_orders = gammaln(len(case.y_index) + 1) - gammaln(case.counts + 1).sum()
    return bool(gammaln(len(case.labels) + 1) - log_orders < np.log(_BY_CHANCE))
