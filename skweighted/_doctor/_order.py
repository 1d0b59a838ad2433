"""Parts cut off at a place in the order of the rows, where that tells the class."""

import numpy as np
from scipy.special import gammaln

from skweighted._doctor._findings import Finding

# So improbable that a part misses a class by chance that the order must be the reason.
_BY_CHANCE = 1e-3


def folds_in_class_order(case):
    """Find splitters that cut rows in the order of their classes into blocks."""
    for split in case.splits:
        lacking = lacking_by_order(split, case)
        if not lacking:
            continue
        n_folds, place = lacking
        yield Finding(
            what=f"The order of the rows tells their classes, and {split.kind} cuts "
            f"them into blocks: class {case.labels[place]!r} has "
            f"{case.counts[place]:,} rows, and {n_folds} of "
            f"{split.n_looked_at} have none of them to train on or to test on.",
            where=split.where,
            why="A classifier is tested on classes that it has not seen, or not on "
            "those that it has.",
            fix="Shuffle and stratify. If the order is that of time, make folds that "
            "all have each class.\n"
            "    from sklearn.model_selection import StratifiedKFold\n"
            "    cv = StratifiedKFold(5, shuffle=True, random_state=0)",
            severity="error",
        )


def validation_in_class_order(case):
    """Find networks that validate on the last rows, which miss a class."""
    for part, name, shares in _validated_on_last(case):
        places = [_missed_behind(case, share) for share in shares]
        if None in places or case.resampling_before(part):
            continue
        share, place = shares[-1], places[-1]
        n_last = len(case.y) - _n_before(case, share)
        n_validated = int((case.y_index[-n_last:] == place).sum())
        largest = ", the largest that is tried," if len(shares) > 1 else ""
        yield Finding(
            what=f"The order of the rows tells their classes, and {name}={share:g}"
            f"{largest} validates on the last {n_last:,}: {n_validated:,} of the "
            f"{case.counts[place]:,} rows of class {case.labels[place]!r} are there.",
            where=part.where,
            why="Keras takes the last rows before it shuffles. Where training or "
            "validation misses a class, early stopping watches the wrong thing.",
            fix="Shuffle the rows once, before anything else:\n"
            "    X, y = sklearn.utils.shuffle(X, y, random_state=0)",
            severity="error",
        )


def validation_behind_sampler(case):
    """Find networks that validate on the last rows of those that a sampler returns."""
    for part, name, shares in _validated_on_last(case):
        samplers = case.resampling_before(part)
        if samplers:
            share = " or ".join(f"{share:g}" for share in shares)
            yield Finding(
                what=f"{name}={share} validates on the last rows that "
                f"{samplers[-1].kind} returns.",
                where=part.where,
                why="Samplers append the rows that they make, or return one class "
                "after the other. So the last rows are mostly of one class, and many "
                "are made up or copies of training rows.",
                fix="Weigh the classes in place of the sampler, and shuffle before:\n"
                "    class_weight='balanced'",
                severity="error",
            )


def _validated_on_last(case):
    """Yield networks that hold out the last rows, by which parameter, and the shares.

    Several shares, in ascending order, are those that a search tries.
    """
    for part in case.answering:
        for name in ("validation_split", "fit__validation_split"):
            if part.always(name, lambda v: isinstance(v, float) and 0 < v < 1):
                yield part, name, sorted(part.choices(name))


def _n_before(case, share):
    """Return how many rows are before the last ones, as Keras counts them."""
    return int(len(case.y) * (1 - share))


def _missed_behind(case, share):
    """Return the class that the last rows, or those before, lack by their order."""
    is_last = np.arange(len(case.y)) >= _n_before(case, share)
    return _missed_by_order(case, [is_last, ~is_last])


def lacking_by_order(split, case):
    """Return how many folds miss a class because of the order of rows, and which.

    None unless a test part is a block of rows that follow one another.
    """
    n_folds, missed = 0, None
    for train, test in split.folds:
        is_block = len(test) > 1 and np.all(np.diff(test) == 1)
        place = _missed_by_order(case, [train, test]) if is_block else None
        if place is not None:
            n_folds, missed = n_folds + 1, place
    return (n_folds, missed) if n_folds else None


def _missed_by_order(case, parts):
    """Return the class that one of the parts lacks, if chance cannot be the reason."""
    is_sorted = _is_sorted(case)
    for part in parts:
        labels = case.y_index[part]
        share = min(1, len(labels) / len(case.y))
        present = np.bincount(labels, minlength=len(case.counts)) > 0
        by_chance = (1 - share) ** case.counts
        missed = ~present & (is_sorted | (by_chance < _BY_CHANCE))
        if missed.any():
            return int(np.argmax(missed * case.counts))
    return None


def _is_sorted(case):
    """Tell whether the rows of each class follow one another, and not by chance."""
    if case.n_blocks > len(case.counts):
        return False
    # Of all orders of the labels, those of one block for each class.
    orders = gammaln(len(case.y) + 1) - gammaln(case.counts + 1).sum()
    return gammaln(len(case.counts) + 1) - orders < np.log(_BY_CHANCE)
