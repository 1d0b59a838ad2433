"""What makes probabilities of rare classes too high: weights, losses, resampling."""

import reprlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile

from skweighted._doctor._parts import UNKNOWN

# What losses are called as a parameter and as a class.
_MINIMISES_COST = {"expected_cost", "ExpectedCost"}
_LIFTS_RARE_CLASSES = {
    *("logit_adjusted", "balanced_softmax"),
    *("LogitAdjustedCrossentropy", "BalancedSoftmax"),
}
_IS_OF_CLASS_MEANS = {
    *("mean_false_error", "mean_squared_false_error"),
    *("MeanFalseError", "MeanSquaredFalseError"),
}

# libsvm calibrates probabilities on rows that it does not weigh.
_CALIBRATES_ITSELF = ("SVC", "NuSVC")


@dataclass(frozen=True)
class Shift:
    """What raises the probabilities of a rare class.

    Attributes
    ----------
    what : str
        Which part has it.
    raises : str
        The cause, with its verb: "Weights raise".
    fix : str
        What to do so that the probabilities are true.
    """

    what: str
    raises: str
    fix: str


def shift_by_weights(case, part):
    """Return the shift by the class weights of a part; None if there is none."""
    if (
        not part.always("class_weight", weighs)
        or part.kind in _CALIBRATES_ITSELF
        or _corrects(part)
    ):
        return None
    is_computed = part.always("class_weight", lambda weight: isinstance(weight, str))
    if is_computed and any(map(equalises, case.resampling_before(part))):
        return None  # The weights of classes that are equally frequent are equal.
    fix = "    class_weight=None"
    return Shift(weighted(part), "Weights raise", fix + _undoing(part, "weights"))


def shift_by_loss(case, part):
    """Return the shift by the loss of a part; None if there is none."""
    if not part.always("loss", lifts_rare_classes) or _corrects(part):
        return None
    if any(map(equalises, case.resampling_before(part))):
        return None  # It lifts classes by how frequent they are in what it is given.
    fix = "    loss='cross_entropy'" + _undoing(part, "loss")
    return Shift(f"{part.kind} has {said(part, 'loss')}", "This loss raises", fix)


def shift_by_resampling(case, part, outer):
    """Return the shift by resampling of what a part of outer learns from, or None.

    PriorCorrectedClassifier undoes the resampling inside of it.
    """
    inner = [part, *takewhile(lambda a: a is not outer, part.ancestors())]
    corrected = [a for a in inner if a.kind == "PriorCorrectedClassifier"]
    given = corrected[-1] if corrected else part
    samplers = case.resampling_before(given)
    ensembles = [a for a in inner[inner.index(given) :] if resamples_inside(a)]
    if ensembles:
        what = f"{ensembles[0].kind} resamples inside itself and is"
        fix = "    PriorCorrectedClassifier(ensemble, resampled_prior='balanced')"
    elif samplers:
        what = f"{samplers[-1].kind} resamples before {part.kind}"
        fix = "    PriorCorrectedClassifier(pipeline)"
    else:
        return None
    return Shift(what, "Resampling raises", fix)


def _corrects(part):
    """Tell whether a network undoes its loss and its class weights."""
    return not part.always("correct_probabilities", lambda value: value is not True)


def _undoing(part, cause):
    """Return how to undo a cause in the probabilities, if the part can."""
    if "correct_probabilities" not in part.values:
        return ""
    return (
        f"\nor undo the {cause} in the probabilities:\n    correct_probabilities=True"
    )


def weighted(part):
    """Return that a part has class weights, and which."""
    return f"{part.kind} has {said(part, 'class_weight')}"


def said(part, name):
    """Return a parameter as it is written, with all values that a search tries."""
    return f"{name}={' or '.join(map(reprlib.repr, part.choices(name)))}"


def weighs(class_weight):
    """Tell whether class weights are known to weigh one class more than another."""
    if isinstance(class_weight, Mapping):
        return len(set(class_weight.values())) > 1
    return isinstance(class_weight, str)


def has_costs(part):
    """Tell whether a part is known to have a cost matrix."""
    return part.always("cost_matrix", lambda c: c is not None and c is not UNKNOWN)


def equalises(sampler):
    """Tell whether a sampler leaves the classes equally frequent."""
    return isinstance(sampler.value("sampling_strategy"), str)


def resamples_inside(part):
    """Tell whether a part is an ensemble that resamples for each of its members."""
    return "sampling_strategy" in part.values and not part.is_sampler


def minimises_cost(loss):
    """Tell whether a loss is the expected cost."""
    return loss_name(loss) in _MINIMISES_COST


def lifts_rare_classes(loss):
    """Tell whether a loss makes every class count as much as the others."""
    return loss_name(loss) in _LIFTS_RARE_CLASSES


def is_of_class_means(loss):
    """Tell whether a loss is made of one mean for each class."""
    return loss_name(loss) in _IS_OF_CLASS_MEANS


def loss_name(loss):
    """Return what a loss is called, by its string, class or instance."""
    if isinstance(loss, str):
        return loss
    if type(loss).__name__ == "PerOutput":
        loss = loss.loss
    return loss.__name__ if isinstance(loss, type) else type(loss).__name__
