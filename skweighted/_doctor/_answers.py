"""What classifiers are asked: for which labels, and in which batches."""

import math
from collections.abc import Mapping
from numbers import Integral

import numpy as np
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier

from skweighted._costs._matrix import own_labels
from skweighted._doctor._findings import Finding
from skweighted._doctor._parts import UNKNOWN
from skweighted._doctor._shifts import is_of_class_means
from skweighted._text import did_you_mean, shortened

# These give y to what is in them as they were given it.
_LEAVES_LABELS = {
    *("CalibratedClassifierCV", "PriorCorrectedClassifier"),
    *("FixedThresholdClassifier", "TunedThresholdClassifierCV"),
}

# And these give y to what is in them as numbers from 0 on.
_ENCODES = (BaggingClassifier, StackingClassifier, VotingClassifier)

_BATCH_SIZES = {"auto": 200, None: 32}  # of MLPs, and of Keras


def labels_of_weights(case):
    """Find class weights for labels that a classifier is not given, or not for all."""
    for part in case.parts:
        labels = _labels_given(part, case.labels)
        for class_weight in part.values.get("class_weight", ()):
            if not isinstance(class_weight, Mapping) or labels is None:
                continue
            unknown = _unlike(class_weight, labels)
            unweighted = _unlike(labels, list(class_weight))
            if unknown and unweighted and labels != case.labels:
                yield _weights_not_encoded(part, class_weight, case.labels)
            elif unknown:
                yield Finding(
                    what=f"class_weight has {_weights_for(unknown)}, and y has no such "
                    f"label. Labels of y: {shortened(labels)}."
                    f"{_slip(unknown, labels)}",
                    where=part.where,
                    why="fit raises ValueError."
                    if unweighted
                    else "Most classifiers do not use the weight; some raise "
                    "ValueError.",
                    fix=_corrected(class_weight, labels),
                    severity="error" if unweighted else "warning",
                )
            elif unweighted and part.module == "skweighted":
                yield _weights_forgotten(part, class_weight, unweighted)


def _weights_not_encoded(part, class_weight, labels):
    """Return the finding for weights of labels that an ensemble encodes before."""
    outer = next(a.kind for a in part.ancestors() if isinstance(a.estimator, _ENCODES))
    places = {_spelling(label): place for place, label in enumerate(labels)}
    encoded = {places.get(_spelling(key), key): w for key, w in class_weight.items()}
    fix = "Write the labels as numbers from 0 on, in their sorted order."
    if not _unlike(encoded, range(len(labels))) and len(encoded) <= 4:
        fix = f"{fix[:-1]}:\n    class_weight={encoded!r}"
    return Finding(
        what=f"class_weight has {_weights_for(list(class_weight))}, and {outer} gives "
        f"{part.kind} the labels 0 to {len(labels) - 1} in place of those of y.",
        where=part.where,
        why="fit raises ValueError.",
        fix=fix,
        severity="error",
    )


def _weights_forgotten(part, class_weight, unweighted):
    """Return the finding for labels without a weight, where each must have one."""
    fix = "Give each label a weight."
    every = dict.fromkeys(unweighted, 1) | dict(class_weight)
    if len(every) <= 4:
        fix = f"{fix[:-1]}:\n    class_weight={every!r}"
    return Finding(
        what=f"class_weight has no weight for {shortened(unweighted)}.",
        where=part.where,
        why=f"{part.kind} takes no weight for granted: fit raises ValueError.",
        fix=fix,
        severity="error",
    )


def _weights_for(unknown):
    """Return "a weight for 'x'" or "weights for 'x', 'y'"."""
    kind = "a weight for" if len(unknown) == 1 else "weights for"
    return f"{kind} {shortened(unknown)}"


def _corrected(class_weight, labels):
    """Return how to write the weights with the labels of y."""
    spelt = {_spelling(label): label for label in labels}
    corrected = {spelt.get(_spelling(key), key): w for key, w in class_weight.items()}
    if _unlike(corrected, labels) or len(corrected) > 4:
        return "Write the labels as they are in y."
    return f"Write the labels as they are in y:\n    class_weight={corrected!r}"


def labels_of_costs(case):
    """Find costs for other labels than those of y, or for another number of them."""
    for part in case.parts:
        for costs in part.values.get("cost_matrix", ()):
            if costs is None or costs is UNKNOWN or not _sees_labels(part):
                continue
            what, fix = _wrong_costs(costs, case.labels)
            if what:
                yield Finding(
                    what=what,
                    where=part.where,
                    why="fit raises ValueError, or does not use these costs.",
                    fix=fix,
                    severity="error",
                )


def _wrong_costs(costs, labels):
    """Return what is wrong with the labels of costs and what to do, or None twice."""
    try:
        named, shape = own_labels(costs), np.shape(costs)
    except ValueError:
        return None, None  # Its own message says what is wrong.
    if named is None:
        if shape in {(len(labels),) * 2, ()}:
            return None, None
        return (
            f"cost_matrix has shape {shape}, and y has {len(labels)} labels: "
            f"{shortened(labels)}.",
            "Give a row for each truth and a column for each answer, in this order.",
        )
    unknown = _unlike(named.tolist(), labels)
    if not unknown:
        return None, None
    return (
        f"cost_matrix has costs for {shortened(unknown)}, and y has no such label. "
        f"Labels of y: {shortened(labels)}.{_slip(unknown, labels)}",
        "Write the labels as they are in y.",
    )


def _sees_labels(part):
    """Tell whether a part is given y as it is."""
    return all(map(_leaves_labels, part.ancestors()))


def _leaves_labels(outer):
    """Tell whether a part gives y to what is in it as it is."""
    return outer.is_pipeline or outer.kind in _LEAVES_LABELS or outer.is_search


def _labels_given(part, labels):
    """Return which labels a part is given for those of y; None if it is not known."""
    for outer in part.ancestors():
        if isinstance(outer.estimator, _ENCODES):
            labels = list(range(len(labels)))
        elif not _leaves_labels(outer):
            return None
    return labels


def _unlike(named, labels):
    """Return which of the named labels equal none of the labels."""
    return [name for name in named if not any(name == label for label in labels)]


def _slip(unknown, labels):
    """Return what is the same but for its type or its spelling, as a sentence."""
    spelt = {_spelling(label): label for label in labels}
    for name in unknown:
        label = spelt.get(_spelling(name))
        if label is not None and type(label) is not type(name):
            return f" {name!r} is {_type(name)}, {label!r} is {_type(label)}."
    texts = [label for label in labels if isinstance(label, str)]
    return did_you_mean(str(unknown[0]), texts) if texts else ""


def _spelling(label):
    """Return what labels of several types, but for one meaning, have in common."""
    text = str(label).strip().lower()
    try:
        return f"{float(text):g}"
    except ValueError:
        return text


def _type(label):
    """Return the type of a label in words."""
    kinds = {"str": "text", "int": "a number", "float": "a number", "bool": "a boolean"}
    return kinds.get(type(label).__name__, type(label).__name__)


def batches_without_a_class(case):
    """Find batches so small that the rarest class is missing in many."""
    share = case.counts[case.rarest] / len(case.y)
    for part in case.answering:
        batch_size = _batch_size(part, len(case.y))
        resamples = [a for a in part.ancestors() if "sampling_strategy" in a.values]
        if batch_size is None or resamples or case.resampling_before(part):
            continue
        if batch_size * share >= 1:
            continue
        label, n_rows = case.labels[case.rarest], case.counts[case.rarest]
        is_of_means = part.always("loss", is_of_class_means)
        is_searched = len(part.choices("batch_size")) > 1
        largest = ", the largest that are tried," if is_searched else ""
        more = min(2 ** math.ceil(math.log2(3 / share)), len(case.y))
        yield Finding(
            what=f"{(1 - share) ** batch_size:.0%} of the batches of {batch_size} rows"
            f"{largest} have none of class {label!r}, which is {n_rows:,} of "
            f"{len(case.y):,} rows.",
            where=part.where,
            why="The loss is a sum over classes, and a batch without one leaves it "
            "out: steps go another way than the loss of all rows."
            if is_of_means
            else "These steps learn from the other classes only. That evens out over "
            "an epoch, in steps that vary more.",
            fix=f"Take batches that have some:\n    batch_size={more}",
            severity="warning" if is_of_means else "note",
        )


def _batch_size(part, n_rows):
    """Return how many rows, at most, a network learns from in a step, or None."""
    is_network = "hidden_layer_sizes" in part.values or "epochs" in part.values
    if not (is_network and "batch_size" in part.values):
        return None
    sizes = [
        _BATCH_SIZES[size] if size is None or size == "auto" else size
        for size in part.choices("batch_size")
    ]
    if not sizes or not all(isinstance(size, Integral) for size in sizes):
        return None
    return min(max(sizes), n_rows)
