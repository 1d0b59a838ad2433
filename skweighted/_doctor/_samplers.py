"""Samplers where they cannot resample training rows only."""

from collections.abc import Iterator

from skweighted._doctor._case import Case
from skweighted._doctor._parts import Part
from skweighted._doctor._report import Finding

_NO_CLASSIFIER = "is the last step of the estimator, and no classifier follows"


def misplaced_samplers(case: Case) -> Iterator[Finding]:
    """Find samplers that are not a step of imblearn's Pipeline before a classifier."""
    for part in case.parts:
        if not part.is_sampler:
            continue
        reason = _why_misplaced(part)
        if reason:
            yield Finding(
                what=f"{part.kind} {reason}.",
                where=part.where,
                why="Only the Pipeline of imbalanced-learn applies samplers, to "
                "training rows and never in predict, and only before its last step.",
                fix="Resample in a step before the classifier, after all transformers:"
                "\n    from imblearn.pipeline import make_pipeline\n"
                f"    make_pipeline(transformer, {part.kind}(), classifier)",
                severity="warning" if reason == _NO_CLASSIFIER else "error",
            )


def _why_misplaced(part: Part) -> str:
    """Return why a sampler does not resample for a classifier, or ""."""
    parent = part.parent
    if parent is None:
        return _NO_CLASSIFIER
    if not parent.is_pipeline:
        # A sampler's own sampler, such as the SMOTE of SMOTEENN, is where it belongs.
        if parent.is_sampler or parent.resamples_inside:
            return ""
        return f"is inside {parent.kind}, which does not apply samplers"
    if not parent.is_resampling_pipeline:
        return "is a step of scikit-learn's Pipeline, which does not apply samplers"
    for inner in [parent, *parent.ancestors]:
        if inner.transforms:
            return f"is inside {inner.kind}, which only transforms the columns of X"
    return "" if part.transforms else _NO_CLASSIFIER
