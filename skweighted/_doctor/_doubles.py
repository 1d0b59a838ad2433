"""Costs and imbalance that count twice, and costs that nobody asks for."""

import reprlib
from collections.abc import Mapping

from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV

from skweighted._doctor._findings import Finding
from skweighted._doctor._parts import UNKNOWN

# What losses are called as a parameter and as a class.
_MINIMISES_COST = {"expected_cost", "ExpectedCost"}
_LIFTS_RARE_CLASSES = {
    *("logit_adjusted", "balanced_softmax"),
    *("LogitAdjustedCrossentropy", "BalancedSoftmax"),
}
IS_OF_CLASS_MEANS = {
    *("mean_false_error", "mean_squared_false_error"),
    *("MeanFalseError", "MeanSquaredFalseError"),
}

_COST_SCORES = {"expected_cost_score", "cost_savings_score"}

# libsvm calibrates probabilities on rows that it does not weigh.
_CALIBRATES_ITSELF = ("SVC", "NuSVC")


def weights_beside_resampling(case):
    """Find class weights of a classifier whose rows are resampled already."""
    for part in case.parts:
        class_weight = part.value("class_weight")
        if not (part.answers and _weighs(class_weight)):
            continue
        if "sampling_strategy" in part.values:
            # Those of balanced_subsample are computed from resampled rows, all equal.
            if class_weight != "balanced_subsample":
                yield _weighed_twice(part, "it resamples inside itself")
            continue
        samplers = case.resampling_before(part)
        # Ensembles resample for each of their members, after what is before them.
        samplers += [a for a in part.ancestors() if "sampling_strategy" in a.values]
        if samplers and isinstance(class_weight, Mapping):
            yield _weighed_twice(part, f"{samplers[-1].kind} resamples before it")
        elif any(map(_equalises, samplers)) and isinstance(class_weight, str):
            yield _weights_of_equals(part, samplers[-1])


def _weighed_twice(part, how):
    """Return the finding for class weights that come on top of resampling."""
    return Finding(
        what=f"{_weighted(part)}, and {how}.",
        where=part.where,
        why="Both make a rare class count more, and together they multiply: the "
        "imbalance counts twice, and false alarms are many.",
        fix="Leave out one of them: the sampler, since weights keep all rows as they "
        "are, or\n"
        "    class_weight=None",
        severity="warning",
    )


def _weights_of_equals(part, resampler):
    """Return the finding for weights computed of classes that are equally frequent."""
    sampler, does = resampler.kind, "returns" if resampler.is_sampler else "draws"
    return Finding(
        what=f"{_weighted(part)}, which is computed from the rows that {sampler} "
        f"{does}.",
        where=part.where,
        why=f"After {sampler} the classes are equally frequent, so all weights are the "
        f"same and change nothing. Without it they would do its work.",
        fix=f"Leave out one of them: {sampler}, or\n    class_weight=None",
        severity="note",
    )


def costs_beside_resampling(case):
    """Find cost matrices weighed on probabilities that resampling has changed."""
    for part in case.parts:
        if not _has_costs(part):
            continue
        samplers = case.resampling_before(part)
        outer = [a for a in part.ancestors() if a.kind == "PriorCorrectedClassifier"]
        if not (samplers or outer):
            continue
        if outer:
            what = (
                f"{part.kind} has a cost_matrix inside PriorCorrectedClassifier, "
                f"which corrects probabilities after it."
            )
            why = (
                "Costs must be weighed on corrected probabilities, so fit raises "
                "ValueError."
            )
        else:
            what = (
                f"{part.kind} has a cost_matrix, and {samplers[-1].kind} resamples "
                f"before it."
            )
            why = (
                "Decisions of least cost need true probabilities. Those learnt from "
                "resampled rows overstate the rare class, and its cost counts twice."
            )
        yield Finding(
            what=what,
            where=part.where,
            why=why,
            fix="Give the costs to PriorCorrectedClassifier, with the sampler inside:\n"
            "    PriorCorrectedClassifier(pipeline, cost_matrix=costs)",
            severity="error" if outer else "warning",
        )


def weights_beside_loss(case):
    """Find class weights beside a loss that already does their work."""
    for part in case.parts:
        if not _weighs(part.value("class_weight")):
            continue
        loss = loss_name(part.value("loss"))
        if loss in _MINIMISES_COST:
            why = "It minimises the costs themselves, and weights count them again."
        elif loss in _LIFTS_RARE_CLASSES:
            why = (
                "It makes every class count as much as the others, and weights make "
                "rare ones count more again."
            )
        elif loss in IS_OF_CLASS_MEANS:
            why = (
                "It is made of one mean for each class, so a weight that all rows of a "
                "class share changes nothing."
            )
        else:
            continue
        yield Finding(
            what=f"{_weighted(part)} beside loss={loss!r}.",
            where=part.where,
            why=why,
            fix="Choose one of them:\n    class_weight=None",
            severity="warning",
        )


def weights_beside_threshold(case):
    """Find thresholds on probabilities that class weights have changed."""
    for outer, part in _thresholds(case):
        if (
            not _weighs(part.value("class_weight"))
            or part.value("correct_probabilities", False) is True
            or part.kind in _CALIBRATES_ITSELF
        ):
            continue
        what = f"{_weighted(part)} inside {outer.kind}, "
        fix = "Say the cost once, by the threshold:\n    class_weight=None"
        if "correct_probabilities" in part.values:
            fix += (
                "\nor undo the weights in the probabilities:\n"
                "    correct_probabilities=True"
            )
        threshold = outer.value("threshold")
        if isinstance(outer.estimator, TunedThresholdClassifierCV):
            if score_name(outer.value("scoring")) in _COST_SCORES:
                yield Finding(
                    what=f"{what}whose threshold is tuned for costs.",
                    where=part.where,
                    why="The threshold makes up for the weights, so no cost counts "
                    "twice. But it is one for weighted probabilities: it is not the "
                    "one that the costs alone give, and cannot be kept when the "
                    "weights change.",
                    fix=fix,
                    severity="note",
                )
        elif isinstance(threshold, float | int) and threshold != 0.5:
            yield Finding(
                what=f"{what}which answers at a threshold of {threshold:g}.",
                where=part.where,
                why="Weights raise the probabilities of a rare class, and a threshold "
                "other than 0.5 moves the decision again: a cost that both stand for "
                "counts twice.",
                fix=fix,
                severity="warning",
            )


def costs_beside_threshold(case):
    """Find cost matrices of classifiers whose own decisions are passed over."""
    for outer, part in _thresholds(case):
        if not _has_costs(part) or loss_name(part.value("loss")) in _MINIMISES_COST:
            continue
        yield _unheard_costs(
            part,
            outer,
            does="compares predict_proba with a threshold",
            fix=f"Leave out one of them: {outer.kind}, since cost_matrix decides at "
            f"the least cost, or\n    cost_matrix=None",
        )


def costs_inside_ensembles(case):
    """Find cost matrices of members of ensembles that ask for probabilities only."""
    for part in case.parts:
        if not part.answers or not _has_costs(part):
            continue
        if loss_name(part.value("loss")) in _MINIMISES_COST:
            continue
        outer = next((a for a in part.ancestors() if _averages(a) or _asks(a)), None)
        if outer is None or _asks(outer):
            continue
        yield _unheard_costs(
            part,
            outer,
            does="asks for predict_proba",
            fix=f"Weigh the costs on the probabilities of {outer.kind}:\n"
            f"    PriorCorrectedClassifier(ensemble, cost_matrix=costs)",
        )


def _unheard_costs(part, outer, does, fix):
    """Return the finding for costs whose decisions nobody asks for."""
    return Finding(
        what=f"{part.kind} has a cost_matrix inside {outer.kind}, which does not ask "
        f"for its decisions.",
        where=part.where,
        why=f"{outer.kind} {does}. The costs are weighed in predict of {part.kind} "
        f"only, so they change nothing.",
        fix=fix,
        severity="warning",
    )


def _asks(part):
    """Tell whether a part asks those inside it for their decisions."""
    votes = isinstance(part.estimator, VotingClassifier)
    return (votes and part.value("voting") == "hard") or (
        isinstance(part.estimator, StackingClassifier)
        and part.value("stack_method") == "predict"
    )


def _averages(part):
    """Tell whether a part answers by the probabilities of those inside it."""
    votes = isinstance(part.estimator, VotingClassifier)
    if votes and part.value("voting") == "soft":
        return True
    return isinstance(part.estimator, BaggingClassifier | CalibratedClassifierCV)


def _thresholds(case):
    """Yield parts that decide by a threshold, with the classifier that they ask.

    Only where nothing but pipelines is between them, which leave probabilities alone.
    """
    for part in case.answering:
        for outer in part.ancestors():
            if isinstance(
                outer.estimator, FixedThresholdClassifier | TunedThresholdClassifierCV
            ):
                yield outer, part
            if not outer.is_pipeline:
                break


def _weighted(part):
    """Return that a part has class weights, and which."""
    return f"{part.kind} has class_weight={reprlib.repr(part.value('class_weight'))}"


def _equalises(sampler):
    """Tell whether a sampler leaves the classes equally frequent."""
    return isinstance(sampler.value("sampling_strategy"), str)


def _weighs(class_weight):
    """Tell whether class weights are known to weigh one class more than another."""
    if isinstance(class_weight, Mapping):
        return len(set(class_weight.values())) > 1
    return isinstance(class_weight, str)


def _has_costs(part):
    """Tell whether a part is known to have a cost matrix."""
    costs = part.value("cost_matrix")
    return costs is not None and costs is not UNKNOWN


def loss_name(loss):
    """Return what a loss is called, by its string, class or instance."""
    if isinstance(loss, str):
        return loss
    if type(loss).__name__ == "PerOutput":
        loss = loss.loss
    return loss.__name__ if isinstance(loss, type) else type(loss).__name__


def score_name(scoring):
    """Return the name of the function that a scorer calls, or of the scorer."""
    function = getattr(scoring, "_score_func", None)
    return getattr(function, "__name__", scoring)
