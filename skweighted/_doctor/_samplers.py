"""Samplers where they cannot resample."""

from skweighted._doctor._findings import Finding

# Parts of these stand side by side, so all must keep the rows.
_SIDE_BY_SIDE = ("ColumnTransformer", "FeatureUnion")


def misplaced_samplers(case):
    """Find samplers that are no step of an imblearn Pipeline."""
    for part in case.parts:
        if not (part.is_sampler and part.is_sure):
            continue
        parent = part.parent
        beside = [a.kind for a in part.ancestors() if a.kind in _SIDE_BY_SIDE]
        if parent is None:
            yield _no_classifier(part)
        elif parent.can_resample_steps and beside:
            yield _beside(part, beside[0])
        elif parent.can_resample_steps:
            is_last = part.position == len(parent.estimator.steps) - 1
            if is_last and part.answers:
                yield _no_classifier(part)
        elif parent.is_pipeline:
            yield Finding(
                what=f"{part.kind} is a step of scikit-learn's {parent.kind}, which "
                f"cannot change the number of rows.",
                where=part.where,
                why="fit raises TypeError. Only the Pipeline of imblearn resamples, in "
                "fit and never in predict.",
                fix="Take the other Pipeline, with the same steps:\n"
                "    from imblearn.pipeline import Pipeline\n"
                "    Pipeline(pipeline.steps)",
                severity="error",
            )
        elif parent.kind in _SIDE_BY_SIDE:
            yield _beside(part, parent.kind)


def _no_classifier(part):
    """Return the finding for a sampler without a classifier behind it."""
    return Finding(
        what=f"The estimator ends in {part.kind}: rows are resampled, and nothing "
        f"learns from them.",
        where=part.where,
        why="A split of resampled rows puts copies or blends of test rows into "
        "training, and tests at frequencies of the classes that do not occur.",
        fix="Resample training parts only, in a step before the classifier:\n"
        "    from imblearn.pipeline import make_pipeline\n"
        f"    make_pipeline({part.kind}(), classifier)",
        severity="warning",
    )


def _beside(part, kind):
    """Return the finding for a sampler in one of several parts side by side."""
    return Finding(
        what=f"{part.kind} is inside {kind}, whose parts must return the rows that "
        f"they are given.",
        where=part.where,
        why="fit raises TypeError. The parts are put side by side, and rows that one "
        "of them added or dropped would have no partner in the others.",
        fix=f"Resample after all columns are made:\n"
        f"    from imblearn.pipeline import make_pipeline\n"
        f"    make_pipeline(transformer, {part.kind}(), classifier)",
        severity="error",
    )
