"""Costs and imbalance that are stated twice: what distorts, what undoes, what decides.

Class weights, losses and resampling change what the probabilities of a classifier
estimate; `skweighted._costs._distortion` has the table. Two of them may count the same
imbalance. A threshold or a cost matrix counts it once more, unless something between
the classifier and the decision undoes it.
"""

import reprlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.model_selection import FixedThresholdClassifier

from skweighted._costs._distortion import (
    CLASS_WEIGHT,
    NONE,
    RESAMPLING,
    Distortion,
    declared_distortion,
)
from skweighted._doctor._case import Case
from skweighted._doctor._parts import Part
from skweighted._doctor._report import Finding
from skweighted._thresholds import THRESHOLDS

# Their probabilities are those of the classifiers in them, or means.
_KEEPS_PROBABILITIES = (BaggingClassifier, VotingClassifier, *THRESHOLDS)

_USES_PROBABILITIES = (*_KEEPS_PROBABILITIES, CalibratedClassifierCV)

_CORRECTION = "PriorCorrectedClassifier"

_PASS_COSTS = (
    "Apply the costs to the probabilities of the whole pipeline or ensemble:\n"
    "    PriorCorrectedClassifier(estimator, cost_matrix=costs)"
)
_STATE_ONCE = "State the cost once, in the decision:\n"
_UNDO_RESAMPLING = "Undo the resampling in the probabilities:\n"


@dataclass(frozen=True)
class Cause:
    """What distorts the probabilities of a classifier.

    Attributes
    ----------
    distortion : Distortion
    source : Part
        The classifier, the sampler, or the ensemble that resamples.
    what : str
        The source and its setting.
    fix : str
        How to do without the cause, or to undo it.
    equalizes : bool
        Whether it makes all classes count equally, by their frequencies in the rows
        that it is given.
    """

    distortion: Distortion
    source: Part
    what: str
    fix: str
    equalizes: bool


def imbalance_in_training(case: Case) -> Iterator[Finding]:
    """Find two of class weights, loss and resampling that count the same imbalance."""
    for part in case.classifiers:
        weights, loss = _class_weights(part), _loss(part)
        resampling = _resampling(case, part)
        if weights and loss and _why_not_both(loss.distortion):
            what = f"{weights.what} and {_setting(part, 'loss')}."
            yield _weights_twice(part, what, _why_not_both(loss.distortion))
        for cause in filter(None, (weights, loss)):
            if _has_no_effect(cause, resampling):
                sampler = resampling[-1].source.kind
                code = cause.fix.splitlines()[1]
                yield Finding(
                    what=f"{cause.what}, and {resampling[-1].what}.",
                    where=part.where,
                    why=f"The class frequencies after {sampler} are equal, so weights "
                    f"or losses that are computed from them have no effect.",
                    fix=f"Remove {sampler}, or use\n{code}",
                    severity="note",
                )
            elif cause is weights and resampling and not weights.equalizes:
                source = resampling[-1].source
                sampler = "it" if source is part else source.kind
                yield _weights_twice(
                    part,
                    f"{weights.what}, and {sampler} resamples the training rows.",
                    "Both increase the weight of rare classes, so the imbalance counts "
                    "twice, and there are many false alarms.",
                )


def distorted_decisions(case: Case) -> Iterator[Finding]:
    """Find thresholds and costs that are applied to distorted probabilities."""
    for part in case.classifiers:
        decider = _decider(part)
        if decider is None:
            continue
        rule = "a cost_matrix"
        if isinstance(decider.estimator, FixedThresholdClassifier):
            rule = f"a threshold of {decider.parameters['threshold']:g}"
        for cause in _not_undone(case, part, decider):
            yield Finding(
                what=f"{cause.what}. {decider.kind} applies {rule} to the "
                f"probabilities.",
                where=part.where,
                why="The decision needs true probabilities. These are distorted: "
                f"{cause.distortion.summary}. If both express a cost, it counts twice.",
                fix=_PASS_COSTS if decider is part else cause.fix,
                severity="warning",
            )


def unused_costs(case: Case) -> Iterator[Finding]:
    """Find cost matrices of classifiers whose own decisions are not used."""
    for part in case.parts:
        has_costs = part.parameters.get("cost_matrix") is not None
        outer = _user_of_proba(part) if has_costs and _decides(part) else None
        if outer is None:
            continue
        fix = _PASS_COSTS
        if isinstance(outer.estimator, THRESHOLDS):
            fix = f"Use either {outer.kind} or the cost_matrix."
        yield Finding(
            what=f"{part.kind} has a cost_matrix inside {outer.kind}, which uses its "
            f"predict_proba and not its predict.",
            where=part.where,
            why="A cost_matrix only affects predict, so this one has no effect.",
            fix=fix,
            severity="warning",
        )


def distortion_of(loss: Any) -> Distortion:
    """Return what a loss does to probabilities, by its name or its own declaration.

    A class or an instance declares it by an attribute ``distortion``. Any other loss is
    assumed to distort nothing.
    """
    if type(loss).__name__ == "PerOutput":
        loss = loss.loss
    distortion = declared_distortion(loss)
    return distortion if isinstance(distortion, Distortion) else NONE


def _class_weights(part: Part) -> Cause | None:
    """Return the class weights of a classifier as a cause, or None."""
    weights = part.parameters.get("class_weight")
    if isinstance(weights, Mapping):
        if len(set(weights.values())) < 2:
            return None
    elif not isinstance(weights, str):
        return None
    # An ensemble computes "balanced" weights before it resamples.
    is_late = not part.resamples_inside or weights == "balanced_subsample"
    return Cause(
        CLASS_WEIGHT,
        part,
        what=f"{part.kind} has {_setting(part, 'class_weight')}",
        fix=f"{_STATE_ONCE}    class_weight=None{_undo(part, CLASS_WEIGHT)}",
        equalizes=isinstance(weights, str) and is_late,
    )


def _loss(part: Part) -> Cause | None:
    """Return the loss of a classifier as a cause, or None."""
    distortion = distortion_of(part.parameters.get("loss"))
    if distortion.effect == "none":
        return None
    return Cause(
        distortion,
        part,
        what=f"{part.kind} has {_setting(part, 'loss')}",
        fix=f"{_STATE_ONCE}    loss='cross_entropy'{_undo(part, distortion)}",
        equalizes=distortion.equalizes,
    )


def _resampling(case: Case, part: Part) -> list[Cause]:
    """Return the samplers before a classifier and the ensembles that resample."""
    ensembles = [a for a in (part, *part.ancestors) if a.resamples_inside]
    fixes = [
        f"    {_CORRECTION}(pipeline)",
        f"    {_CORRECTION}(ensemble, resampled_prior='balanced')",
    ]
    return [
        Cause(
            RESAMPLING[_resampling_kind(source)],
            source,
            what=f"{source.kind} resamples the training rows",
            fix=_UNDO_RESAMPLING + fixes[source in ensembles],
            equalizes=source.equalizes,
        )
        for source in case.resampling_before(part) + ensembles
    ]


def _resampling_kind(source: Part) -> str:
    """Return the row of `RESAMPLING` that a sampler or an ensemble belongs to."""
    if source.resamples_inside or source.kind.startswith("Random"):
        return "random"
    return "interpolation" if source.resampling == "over-sampling" else "selection"


def _has_no_effect(cause: Cause, resampling: list[Cause]) -> bool:
    """Return whether what equalizes classes is given classes that are equal already."""
    return cause.equalizes and any(other.equalizes for other in resampling)


def _why_not_both(loss: Distortion) -> str:
    """Return why a loss is not used with class weights, or "" if it may be."""
    if loss.minimizes_cost:
        return "The loss is the cost itself, and the weights count it again."
    if loss.ignores_class_weight:
        return (
            "The loss averages the errors within each class, so a weight that is the "
            "same for all rows of a class has no effect."
        )
    if loss.equalizes:
        return (
            "The loss makes all classes count equally, and the weights increase the "
            "weight of rare classes again: the imbalance counts twice."
        )
    return ""


def _weights_twice(part: Part, what: str, why: str) -> Finding:
    """Return the finding for class weights that something else makes superfluous."""
    fix = "Use one of them, for instance without class weights:\n    class_weight=None"
    return Finding(what, part.where, why, fix, "warning")


def _not_undone(case: Case, part: Part, decider: Part) -> list[Cause]:
    """Return what distorts the probabilities by which a decider decides."""
    outer = [part, *part.ancestors]
    levels = outer[: outer.index(decider) + 1]
    resampling = _resampling(case, part)
    weights, loss = _class_weights(part), _loss(part)
    if loss and loss.distortion.ignores_class_weight:
        weights = None
    causes = [
        cause
        for cause in (weights, loss)
        # A classifier with costs undoes its own weights and loss.
        if cause
        and decider is not part
        and not _has_no_effect(cause, resampling)
        and not _undoes(part, cause.distortion)
    ]
    corrections = {level for level in levels if level.kind == _CORRECTION}
    for cause in resampling:
        reaches = cause.source.is_sampler or cause.source in levels
        if reaches and corrections.isdisjoint(cause.source.ancestors):
            causes.append(cause)
    return causes


def _decider(part: Part) -> Part | None:
    """Return what decides on the probabilities of a classifier by costs, or None."""
    if not hasattr(part.estimator, "predict_proba"):
        return None
    for outer in [part, *part.ancestors]:
        if _decides(outer):
            return outer
        # Given shares may be those of weighted rows, so they undo weights as well.
        is_auto = str(outer.parameters.get("resampled_prior", "")) == "auto"
        is_mean = isinstance(outer.estimator, _KEEPS_PROBABILITIES)
        if not (outer is part or outer.passes_on or is_mean or is_auto):
            return None
    return None


def _decides(part: Part) -> bool:
    """Return whether a part decides by a threshold other than 0.5 or by costs."""
    parameters = part.parameters
    if isinstance(part.estimator, FixedThresholdClassifier):
        threshold = parameters.get("threshold")
        on_proba = parameters.get("response_method") != "decision_function"
        return isinstance(threshold, float | int) and threshold != 0.5 and on_proba
    is_auto = str(parameters.get("resampled_prior", "auto")) == "auto"
    has_costs = parameters.get("cost_matrix") is not None
    minimizes = distortion_of(parameters.get("loss")).minimizes_cost
    return has_costs and is_auto and not minimizes


def _user_of_proba(part: Part) -> Part | None:
    """Return what uses the predict_proba of a part instead of its predict, or None."""
    for outer in part.ancestors:
        if isinstance(outer.estimator, VotingClassifier):
            return outer if outer.parameters.get("voting") == "soft" else None
        if isinstance(outer.estimator, StackingClassifier):
            method = outer.parameters.get("stack_method")
            return outer if method in ("auto", "predict_proba") else None
        if isinstance(outer.estimator, _USES_PROBABILITIES):
            return outer
        if not outer.passes_on:
            return None
    return None


def _undoes(part: Part, distortion: Distortion) -> bool:
    """Return whether a network undoes a distortion, or may do so in a search."""
    is_varied = hasattr(part.estimator, "correct_probabilities")
    corrects = part.parameters.get("correct_probabilities", is_varied) is True
    return corrects and distortion.recoverable


def _undo(part: Part, distortion: Distortion) -> str:
    """Return how a classifier undoes a distortion in its probabilities, if it can."""
    can = "correct_probabilities" in part.parameters and distortion.recoverable
    return "\nor undo it:\n    correct_probabilities=True" if can else ""


def _setting(part: Part, name: str) -> str:
    """Return a parameter as it is written."""
    return f"{name}={reprlib.repr(part.parameters[name])}"
