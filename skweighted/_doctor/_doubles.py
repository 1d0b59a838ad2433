"""Costs and imbalance that count twice in training."""

from collections.abc import Mapping

from skweighted._doctor._findings import Finding
from skweighted._doctor._shifts import (
    equalises,
    has_costs,
    is_of_class_means,
    lifts_rare_classes,
    minimises_cost,
    resamples_inside,
    said,
    weighs,
    weighted,
)


def weights_beside_resampling(case):
    """Find class weights of a classifier whose rows are resampled already."""
    for part in case.parts:
        if not (part.answers and part.always("class_weight", weighs)):
            continue
        weights = part.choices("class_weight")
        if resamples_inside(part):
            # Those of balanced_subsample are computed from resampled rows, all equal.
            if "balanced_subsample" not in weights:
                yield _weighed_twice(part, "it resamples inside itself")
            continue
        samplers = _resamplers(case, part)
        is_equal = any(map(equalises, samplers))
        are_given = [isinstance(weight, Mapping) for weight in weights]
        if samplers and (all(are_given) or (is_equal and any(are_given))):
            yield _weighed_twice(part, f"{samplers[-1].kind} resamples before it")
        elif is_equal:
            yield _weights_of_equals(part, samplers[-1])


def _resamplers(case, part):
    """Return what resamples the rows that a part learns from, in their order."""
    # Ensembles resample for each of their members, after what is before them.
    ensembles = [a for a in part.ancestors() if resamples_inside(a)]
    return case.resampling_before(part) + ensembles


def _weighed_twice(part, how):
    """Return the finding for class weights that come on top of resampling."""
    return Finding(
        what=f"{weighted(part)}, and {how}.",
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
        what=f"{weighted(part)}, which is computed from the rows that {sampler} "
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
        if not has_costs(part):
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
        if not part.always("class_weight", weighs):
            continue
        if part.always("loss", minimises_cost):
            why = "It minimises the costs themselves, and weights count them again."
        elif part.always("loss", lifts_rare_classes):
            why = (
                "It makes every class count as much as the others, and weights make "
                "rare ones count more again."
            )
        elif part.always("loss", is_of_class_means):
            why = (
                "It is made of one mean for each class, so a weight that all rows of a "
                "class share changes nothing."
            )
        else:
            continue
        yield Finding(
            what=f"{weighted(part)} beside {said(part, 'loss')}.",
            where=part.where,
            why=why,
            fix="Choose one of them:\n    class_weight=None",
            severity="warning",
        )


def loss_beside_resampling(case):
    """Find losses that lift rare classes, of classes that are equally frequent."""
    for part in case.parts:
        if not (part.answers and part.always("loss", lifts_rare_classes)):
            continue
        samplers = _resamplers(case, part)
        if not any(map(equalises, samplers)):
            continue
        resampler = samplers[-1].kind
        yield Finding(
            what=f"{part.kind} has {said(part, 'loss')}, and {resampler} resamples "
            f"before it.",
            where=part.where,
            why=f"The loss lifts classes by how rare they are. After {resampler} they "
            f"are equally frequent, so it changes nothing. Without it, the loss would "
            f"do its work.",
            fix=f"Leave out one of them: {resampler}, or\n    loss='cross_entropy'",
            severity="note",
        )
