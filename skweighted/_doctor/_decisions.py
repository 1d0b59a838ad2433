"""Thresholds and costs that decide on shifted probabilities, or that nobody asks."""

from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV

from skweighted._doctor._findings import Finding
from skweighted._doctor._shifts import (
    has_costs,
    minimises_cost,
    shift_by_loss,
    shift_by_resampling,
    shift_by_weights,
)

_COST_SCORES = {"expected_cost_score", "cost_savings_score"}

# These leave probabilities as those in them are, or take their mean.
_PASSES_ON = (
    *(BaggingClassifier, VotingClassifier),
    *(FixedThresholdClassifier, TunedThresholdClassifierCV),
)

_SAY_ONCE = "Say the cost once, by the threshold:\n"
_UNDO_RESAMPLING = (
    "Say the cost once, by the threshold, on rows that are not resampled; or undo the "
    "resampling in the probabilities:\n"
)


def weights_beside_threshold(case):
    """Find thresholds on probabilities that class weights have changed."""
    for outer, part in _thresholds(case):
        shift = shift_by_weights(case, part)
        is_tuned = isinstance(outer.estimator, TunedThresholdClassifierCV)
        if shift and is_tuned and score_name(outer.value("scoring")) in _COST_SCORES:
            yield Finding(
                what=f"{shift.what} inside {outer.kind}, whose threshold is tuned for "
                f"costs.",
                where=part.where,
                why="The threshold makes up for the weights, so no cost counts "
                "twice. But it is one for weighted probabilities: it is not the "
                "one that the costs alone give, and cannot be kept when the "
                "weights change.",
                fix=f"{_SAY_ONCE}{shift.fix}",
                severity="note",
            )
    for outer, part in _fixed_thresholds(case):
        shift = shift_by_weights(case, part)
        if shift:
            yield _beside_threshold(outer, part, shift, _SAY_ONCE)


def loss_beside_threshold(case):
    """Find thresholds on probabilities that a loss has changed."""
    for outer, part in _fixed_thresholds(case):
        shift = shift_by_loss(case, part)
        if shift:
            yield _beside_threshold(outer, part, shift, _SAY_ONCE)


def resampling_beside_threshold(case):
    """Find thresholds on probabilities that resampling has changed."""
    for outer, part in _fixed_thresholds(case):
        shift = shift_by_resampling(case, part, outer)
        if shift:
            yield _beside_threshold(outer, part, shift, _UNDO_RESAMPLING)


def _beside_threshold(outer, part, shift, advice):
    """Return the finding for a fixed threshold on probabilities that are shifted."""
    threshold = " or ".join(f"{t:g}" for t in outer.choices("threshold"))
    return Finding(
        what=f"{shift.what} inside {outer.kind}, which answers at a threshold of "
        f"{threshold}.",
        where=part.where,
        why=f"{shift.raises} the probabilities of a rare class, and a threshold other "
        f"than 0.5 moves the decision again: a cost that both stand for counts twice.",
        fix=f"{advice}{shift.fix}",
        severity="warning",
    )


def weights_beside_costs(case):
    """Find costs weighed on probabilities that class weights have changed."""
    yield from _beside_costs(case, shift_by_weights, "class weights")


def loss_beside_costs(case):
    """Find costs weighed on probabilities that a loss has changed."""
    yield from _beside_costs(case, shift_by_loss, "losses")


def _beside_costs(case, shift_of, cause):
    """Yield findings for costs of corrections that do not undo what is shifted."""
    for part in case.answering:
        outer = next((a for a in _askers(part) if _corrects_with_costs(a)), None)
        shift = None if outer is None else shift_of(case, part)
        if shift:
            yield Finding(
                what=f"{shift.what} inside {outer.kind}, which has a cost_matrix.",
                where=part.where,
                why=f"Decisions of least cost need true probabilities. {outer.kind} "
                f"undoes resampling and no {cause}, so a cost that both stand for "
                f"counts twice.",
                fix=f"Say the cost once, by the cost_matrix:\n{shift.fix}",
                severity="warning",
            )


def _askers(part):
    """Yield what answers by the probabilities of a part, from the innermost."""
    for outer in part.ancestors():
        if not (
            outer.is_pipeline
            or outer.is_search
            or outer.kind == "PriorCorrectedClassifier"
            or isinstance(outer.estimator, _PASSES_ON)
        ):
            return
        yield outer
        if not _counts_rows(outer):
            return


def _fixed_thresholds(case):
    """Yield parts that compare probabilities with a threshold, and whose these are."""
    for part in case.answering:
        outer = next((a for a in _askers(part) if _moves_decision(a)), None)
        if outer is not None and hasattr(part.estimator, "predict_proba"):
            yield outer, part


def _moves_decision(outer):
    """Tell whether a part compares probabilities with a threshold other than 0.5."""
    return (
        isinstance(outer.estimator, FixedThresholdClassifier)
        and outer.value("response_method") != "decision_function"
        and outer.always("threshold", lambda t: isinstance(t, float | int) and t != 0.5)
    )


def _corrects_with_costs(outer):
    """Tell whether a part is a correction that decides at the least cost."""
    is_correction = outer.kind == "PriorCorrectedClassifier"
    return is_correction and has_costs(outer) and _counts_rows(outer)


def _counts_rows(outer):
    """Tell whether a correction is of rows alone: given shares may be of weights."""
    prior = outer.value("resampled_prior", "auto")
    return isinstance(prior, str) and prior == "auto"


def costs_beside_threshold(case):
    """Find cost matrices of classifiers whose own decisions are passed over."""
    for outer, part in _thresholds(case):
        if not has_costs(part) or part.always("loss", minimises_cost):
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
        if not part.answers or not has_costs(part):
            continue
        if part.always("loss", minimises_cost):
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


def score_name(scoring):
    """Return the name of the function that a scorer calls, or of the scorer."""
    function = getattr(scoring, "_score_func", None)
    return getattr(function, "__name__", scoring)
