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
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV

from skweighted._costs._distortion import (
    CLASS_WEIGHT,
    LOSSES,
    NONE,
    RESAMPLING,
    Distortion,
)
from skweighted._doctor._case import Case
from skweighted._doctor._parts import Part
from skweighted._doctor._report import Finding

# Meta-estimators whose probabilities are those of the classifiers in them, or means.
_KEEPS_PROBABILITIES = (
    *(BaggingClassifier, VotingClassifier),
    *(FixedThresholdClassifier, TunedThresholdClassifierCV),
)

# libsvm calibrates its probabilities on rows that are not weighted.
_CALIBRATES_ITSELF = ("SVC", "NuSVC")

_CORRECTION = "PriorCorrectedClassifier"


@dataclass(frozen=True)
class Cause:
    """What distorts the probabilities of a classifier.

    Attributes
    ----------
    distortion : Distortion
    what : str
        The part that has it, and its setting.
    fix : str
        Lines of code without it, or that undo it.
    equalizes : bool
        Whether it makes the classes count equally.
    is_computed : bool
        Whether it is computed from the class frequencies in the training rows.
    source : Part
    """

    distortion: Distortion
    what: str
    fix: str
    equalizes: bool
    is_computed: bool
    source: Part


def imbalance_in_training(case: Case) -> Iterator[Finding]:
    """Find two of class weights, loss and resampling that count the same imbalance."""
    for part in case.classifiers:
        weights, loss = _class_weights(part), _loss(part)
        if weights and loss:
            why = _why_not_both(loss.distortion)
            if why:
                yield _twice(part, f"{weights.what} and {_setting(part, 'loss')}", why)
        resampling = _resampling(case, part)
        for cause in filter(None, (weights, loss)):
            if cause.is_computed and any(r.equalizes for r in resampling):
                yield _no_effect(cause, resampling[-1])
            elif cause is weights and resampling and not cause.is_computed:
                yield _twice(
                    part,
                    f"{weights.what}, and {resampling[-1].what}",
                    "Both increase the weight of rare classes, so the imbalance counts "
                    "twice, and false alarms are many.",
                )


def distorted_decisions(case: Case) -> Iterator[Finding]:
    """Find thresholds and costs that are applied to distorted probabilities."""
    for part in case.classifiers:
        decider = _decider(part)
        if decider is None:
            continue
        rule = "a cost_matrix"
        if "threshold" in decider.parameters:
            rule = f"a threshold of {decider.parameters['threshold']:g}"
        for cause in _remaining(case, part, decider):
            yield Finding(
                what=f"{cause.what}. {decider.kind} applies {rule} to the "
                f"probabilities.",
                where=part.where,
                why="The decision needs true probabilities. These are distorted: "
                f"{cause.distortion.summary}. A cost that both stand for counts twice.",
                fix=f"State the cost once, in the decision:\n{cause.fix}",
                severity="warning",
            )


def unused_costs(case: Case) -> Iterator[Finding]:
    """Find cost matrices of classifiers whose own decisions are not used."""
    for part in case.parts:
        outer = _outer_decider(part) if part.classifies and _decides(part) else None
        if outer is not None:
            fix = f"Use either {outer.kind}, or the cost_matrix."
            if not isinstance(outer.estimator, _THRESHOLDS):
                fix = (
                    f"Apply the costs to the probabilities of {outer.kind}:\n"
                    f"    PriorCorrectedClassifier(ensemble, cost_matrix=costs)"
                )
            yield Finding(
                what=f"{part.kind} has a cost_matrix inside {outer.kind}, which uses "
                f"its predict_proba and not its predict.",
                where=part.where,
                why="Costs only change predict, so this cost_matrix has no effect.",
                fix=fix,
                severity="warning",
            )


_THRESHOLDS = (FixedThresholdClassifier, TunedThresholdClassifierCV)


def distortion_of(loss: Any) -> Distortion:
    """Return what a loss does to probabilities, by its name or its own declaration.

    A class or an instance declares it by an attribute ``distortion``. A loss that does
    not is taken for one that distorts nothing.
    """
    if isinstance(loss, str):
        return LOSSES.get(loss, NONE)
    if type(loss).__name__ == "PerOutput":
        loss = loss.loss
    distortion = getattr(loss, "distortion", None)
    return distortion if isinstance(distortion, Distortion) else NONE


def _class_weights(part: Part) -> Cause | None:
    """Return the class weights of a classifier as a cause, or None."""
    weights = part.parameters.get("class_weight")
    is_computed = isinstance(weights, str)
    if isinstance(weights, Mapping):
        if len(set(weights.values())) < 2:
            return None
    elif not is_computed:
        return None
    # An ensemble computes "balanced" weights before it resamples.
    if part.resamples_inside and weights != "balanced_subsample":
        is_computed = False
    return Cause(
        CLASS_WEIGHT,
        f"{part.kind} has {_setting(part, 'class_weight')}",
        f"    class_weight=None{_undo(part, CLASS_WEIGHT)}",
        is_computed,
        is_computed,
        part,
    )


def _loss(part: Part) -> Cause | None:
    """Return the loss of a classifier as a cause, or None."""
    distortion = distortion_of(part.parameters.get("loss"))
    if distortion.effect == "none":
        return None
    return Cause(
        distortion,
        f"{part.kind} has {_setting(part, 'loss')}",
        f"    loss='cross_entropy'{_undo(part, distortion)}",
        distortion.equalizes,
        distortion.equalizes,
        part,
    )


def _resampling(case: Case, part: Part) -> list[Cause]:
    """Return the samplers before a classifier and the ensembles that resample."""
    samplers = [
        Cause(
            RESAMPLING["random" if sampler.kind.startswith("Random") else "selection"],
            f"{sampler.kind} resamples the training rows",
            "    PriorCorrectedClassifier(pipeline)",
            sampler.equalizes,
            False,
            sampler,
        )
        for sampler in case.resampling_before(part)
    ]
    ensembles = [
        Cause(
            RESAMPLING["random"],
            f"{outer.kind} resamples the training rows",
            "    PriorCorrectedClassifier(ensemble, resampled_prior='balanced')",
            outer.equalizes,
            False,
            outer,
        )
        for outer in [part, *part.ancestors]
        if outer.resamples_inside
    ]
    return samplers + ensembles


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


def _twice(part: Part, what: str, why: str) -> Finding:
    """Return the finding for class weights that count something again."""
    return Finding(
        what=f"{what}.",
        where=part.where,
        why=why,
        fix="Use one of them, for instance without class weights:\n"
        "    class_weight=None",
        severity="warning",
    )


def _no_effect(cause: Cause, resampling: Cause) -> Finding:
    """Return the finding for what is computed from equally frequent classes."""
    sampler = resampling.source.kind
    code = cause.fix.splitlines()[0]
    return Finding(
        what=f"{cause.what}, and {resampling.what}.",
        where=cause.source.where,
        why=f"The first is computed from the class frequencies after {sampler}, which "
        f"are equal, so it has no effect.",
        fix=f"Remove {sampler}, or use\n{code}",
        severity="note",
    )


def _remaining(case: Case, part: Part, decider: Part) -> list[Cause]:
    """Return what distorts the probabilities by which a part decides."""
    outer = [part, *part.ancestors]
    levels = outer[: outer.index(decider) + 1]
    corrections = {level for level in levels if level.kind == _CORRECTION}
    resampling = _resampling(case, part)
    weights, loss = _class_weights(part), _loss(part)
    ignores = loss is not None and loss.distortion.ignores_class_weight
    if ignores or part.kind in _CALIBRATES_ITSELF:
        weights = None
    own = [
        cause
        for cause in (weights, loss)
        if cause is not None
        and not _undoes(part, cause.distortion)
        and not (cause.is_computed and any(r.equalizes for r in resampling))
    ]
    if decider is part:
        own = []  # A classifier with costs undoes its own weights and loss.
    return own + [
        cause
        for cause in resampling
        if (cause.source.is_sampler or cause.source in levels)
        and corrections.isdisjoint(cause.source.ancestors)
    ]


def _decider(part: Part) -> Part | None:
    """Return what decides on the probabilities of a classifier by costs, or None."""
    if not hasattr(part.estimator, "predict_proba"):
        return None
    for outer in [part, *part.ancestors]:
        if _decides(outer):
            return outer
        # Given shares may be those of weighted rows, so they undo weights as well.
        prior = outer.parameters.get("resampled_prior", "auto")
        keeps = isinstance(outer.estimator, _KEEPS_PROBABILITIES)
        keeps |= outer.kind == _CORRECTION and str(prior) == "auto"
        if not (keeps or outer is part or outer.is_pipeline or outer.is_search):
            return None
    return None


def _decides(part: Part) -> bool:
    """Return whether a part decides by a threshold other than 0.5 or by costs."""
    parameters = part.parameters
    if isinstance(part.estimator, FixedThresholdClassifier):
        threshold = parameters.get("threshold")
        return (
            isinstance(threshold, float | int)
            and threshold != 0.5
            and parameters.get("response_method") != "decision_function"
        )
    if str(parameters.get("resampled_prior", "auto")) != "auto":
        return False
    has_costs = parameters.get("cost_matrix") is not None
    return has_costs and not distortion_of(parameters.get("loss")).minimizes_cost


def _outer_decider(part: Part) -> Part | None:
    """Return what decides by the predict_proba of a part with costs, or None."""
    if part.parameters.get("cost_matrix") is None:
        return None
    for outer in part.ancestors:
        estimator, parameters = outer.estimator, outer.parameters
        uses_predict = (
            isinstance(estimator, VotingClassifier)
            and parameters.get("voting") != "soft"
        ) or (
            isinstance(estimator, StackingClassifier)
            and parameters.get("stack_method") == "predict"
        )
        if uses_predict:
            return None
        if isinstance(
            estimator,
            (*_KEEPS_PROBABILITIES, CalibratedClassifierCV, StackingClassifier),
        ):
            return outer
        if not (outer.is_pipeline or outer.is_search):
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
