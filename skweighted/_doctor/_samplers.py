"""Samplers where they cannot resample."""

from skweighted._doctor._findings import Finding

# Parts of these stand side by side, so all must keep the rows.
_SIDE_BY_SIDE = ("ColumnTransformer", "FeatureUnion")


def misplaced_samplers(case):
    """Find samplers that are no step of an imblearn Pipeline, and what it refuses."""
    refused = [part for part in case.parts if _is_refused(part)]
    for part in refused:
        yield _nested(part)
    for part in case.parts:
        if not (part.is_sampler and part.is_sure):
            continue
        parent, ancestors = part.parent, list(part.ancestors())
        beside = [a.kind for a in ancestors if a.kind in _SIDE_BY_SIDE]
        if not set(refused).isdisjoint(ancestors):
            continue
        if parent is None:
            yield _no_classifier(part)
        elif parent.can_resample_steps and beside:
            yield _beside(part, beside[0])
        elif parent.can_resample_steps and _followed(parent):
            yield _inside_step(part, _followed(parent))
        elif parent.can_resample_steps:
            if not part.is_followed and part.answers:
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


def _followed(pipeline):
    """Return a pipeline, or that which ends in it, if other steps follow, or None."""
    while pipeline.parent is not None and pipeline.parent.is_pipeline:
        if pipeline.is_followed:
            return pipeline
        pipeline = pipeline.parent
    return None


def _is_refused(part):
    """Tell whether a part is a pipeline that imblearn's Pipeline does not take."""
    return (
        part.is_pipeline
        and part.is_sure
        and part.is_followed
        and part.parent.can_resample_steps
    )


def _nested(part):
    """Return the finding for a pipeline as a step of imblearn's."""
    return Finding(
        what=f"{part.kind} is a step of imblearn's {part.parent.kind}, which takes a "
        f"pipeline as its last step only.",
        where=part.where,
        why="fit raises TypeError.",
        fix=_in_one(part),
        severity="error",
    )


def _inside_step(part, inner):
    """Return the finding for a sampler of a pipeline that is a step of sklearn's."""
    error = "ValueError" if part.is_followed else "TypeError"
    return Finding(
        what=f"{part.kind} is in a pipeline that is a step of scikit-learn's "
        f"{inner.parent.kind}, which cannot change the number of rows.",
        where=part.where,
        why=f"fit raises {error}. Only the Pipeline of imblearn resamples, in fit and "
        f"never in predict.",
        fix=_in_one(inner),
        severity="error",
    )


def _in_one(inner):
    """Return how to put the steps of a pipeline into that which it is a step of."""
    place = inner.position
    before = f"*outer.steps[:{place}], " if place else ""
    return (
        f"Put all steps into one Pipeline of imblearn:\n"
        f"    from imblearn.pipeline import Pipeline\n"
        f"    Pipeline([{before}*inner.steps, *outer.steps[{place + 1}:]])"
    )


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
