"""Which columns of X reach a part, and what happens to them before."""

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import FeatureUnion, Pipeline

# Parts of these say by their tags what they take, and hand X on as it is.
KNOWN_MODULES = ("sklearn", "imblearn", "skweighted")


def reaching(case, part, keeps):
    """Return the places of the columns of X that surely reach a part unchanged.

    Parameters
    ----------
    case : Case
    part : Part
    keeps : callable
        Whether a transformer leaves columns unchanged, in the sense that matters.

    Returns
    -------
    set of int
        Empty if something on the way is not known.
    """
    if any(outer.module not in KNOWN_MODULES for outer in part.ancestors()):
        return set()
    places = set(range(case.table.n_columns))
    is_first = True
    for step in case.steps_before(part):
        if step.is_sampler:
            continue
        if not step.is_sure:
            return set()
        places = _through(step.estimator, places, case.table, keeps, is_first)
        is_first = False
    return places


def _through(step, places, table, keeps, is_first):
    """Return the places of the columns that come through a step unchanged."""
    if isinstance(step, str) or step is None:
        return set() if step == "drop" else places
    if isinstance(step, Pipeline):
        for _, inner in step.steps:
            places = _through(inner, places, table, keeps, is_first)
            is_first = False
        return places
    if isinstance(step, FeatureUnion):
        parts = [
            _through(inner, places, table, keeps, is_first)
            for _, inner in step.transformer_list
        ]
        return set().union(*parts)
    if isinstance(step, ColumnTransformer):
        # Behind another step, its columns may be others than those of X.
        return _through_columns(step, table, keeps) if is_first else set()
    return places if keeps(step) else set()


def _through_columns(transformer, table, keeps):
    """Return the places of the columns that come through a ColumnTransformer."""
    left, come = set(range(table.n_columns)), set()
    for _, inner, columns in transformer.transformers:
        places = _places(columns, table)
        if places is None:
            return set()
        left -= places
        come |= _through(inner, places, table, keeps, False)
    return come | _through(transformer.remainder, left, table, keeps, False)


def _places(columns, table):
    """Return the places of a ColumnTransformer's columns; None if not known."""
    names = [column.name for column in table.columns]
    if callable(columns):
        columns = columns(table.X)
    if isinstance(columns, slice):
        if any(isinstance(end, str) for end in (columns.start, columns.stop)):
            return None
        return set(range(len(names))[columns])
    columns = np.atleast_1d(np.asarray(columns, dtype=object)).tolist()
    if len(columns) == len(names) and all(isinstance(c, bool) for c in columns):
        return {place for place, is_taken in enumerate(columns) if is_taken}
    if all(isinstance(c, str) for c in columns):
        return {names.index(c) for c in columns} if set(columns) <= set(names) else None
    if all(isinstance(c, int) for c in columns):
        return {range(len(names))[c] for c in columns if -len(names) <= c < len(names)}
    return None
