"""Which rows each network of an ensemble is trained on, and which it leaves out."""

from collections.abc import Sequence

import numpy as np

from skweighted._estimator._problem import Share, Task
from skweighted._estimator._settings import Settings


def shares(
    settings: Settings, task: Task, seeds: Sequence[np.random.SeedSequence]
) -> list[Share]:
    """Return the rows of each network.

    Parameters
    ----------
    settings : Settings
        Its `ensemble`, and how rows are held out for early stopping.
    task : Task
    seeds : sequence of SeedSequence
        One per network.

    Raises
    ------
    ValueError
        If a class has too few rows to be split.
    """
    generators = [np.random.default_rng(seed) for seed in seeds]
    if settings.ensemble == "folds":
        return _folds(settings, task, generators)
    made = [_held_out(settings, task, generator) for generator in generators]
    if settings.ensemble == "seeds":
        return made
    draw = _balanced if settings.ensemble == "balanced" else _bootstrap
    return [
        draw(task, share, generator)
        for share, generator in zip(made, generators, strict=True)
    ]


def _held_out(
    settings: Settings, task: Task, random_generator: np.random.Generator
) -> Share:
    """Return all rows, or a split of them for early stopping."""
    rows = task.rows
    if not settings.early_stopping or task.validation is not None:
        return Share(rows.rows)
    return Share(
        *task.targets.holdout(
            rows.target, rows.rows, settings.validation_fraction, random_generator
        )
    )


def _folds(
    settings: Settings, task: Task, generators: Sequence[np.random.Generator]
) -> list[Share]:
    """Return folds, of which each network leaves out one.

    If there are fewer folds than networks, further networks use another partition. The
    only row of a class is in no fold: every network is trained on it.
    """
    targets, (rows, target) = task.targets, (task.rows.rows, task.rows.target)
    n_networks, n_folds = len(generators), number_of_folds(settings, task)
    if n_folds < 2:
        rare = next(name for name, n in targets.counted(target, rows) if n == 1)
        needed = "two classes"
        if targets.is_multilabel:
            needed = "both values of every label"
        elif _needs_every_class(settings, task):
            needed = "every class"
        raise ValueError(
            f"ensemble='folds' needs at least two rows of {needed}. There is one of "
            f"{rare}. Use ensemble='seeds', which supports neither threshold nor "
            f"calibration."
        )
    is_only = targets.is_only(target, rows)
    made = []
    for start in range(0, n_networks, n_folds):
        # The first network of a partition has drawn it.
        fold = np.full(len(rows), -1)
        fold[~is_only] = targets.fold_of(
            target, rows[~is_only], n_folds, generators[start]
        )
        made += [Share(rows[fold != one], rows[fold == one]) for one in range(n_folds)]
    return made[:n_networks]


def number_of_folds(settings: Settings, task: Task) -> int:
    """Return into how many folds the rows are divided; less than 2 if they cannot be.

    As many as there are networks, or rows in the smallest class if these are fewer.
    """
    targets, (rows, target) = task.targets, (task.rows.rows, task.rows.target)
    is_only = targets.is_only(target, rows)
    counts = [n for _, n in targets.counted(target, rows[~is_only]) if n]
    # Held-out rows of one class say nothing about the others.
    if not targets.is_multilabel and len(counts) < 2:
        return 0
    if is_only.any() and _needs_every_class(settings, task):
        return 1
    return min(settings.n_networks, *counts)


def _needs_every_class(settings: Settings, task: Task) -> bool:
    """Return whether what is done with held-out rows needs some of every class."""
    if settings.needs_folds:
        return True
    is_watched = settings.early_stopping and task.validation is None
    return is_watched and settings.monitor not in ("loss", "log_loss")


def _bootstrap(
    task: Task, share: Share, random_generator: np.random.Generator
) -> Share:
    """Return as many rows of each class, drawn with replacement (Breiman, 1996)."""
    drawn = [
        random_generator.choice(members, len(members))
        for members in _by_class(task, share.rows)
    ]
    return share._replace(rows=np.sort(np.concatenate(drawn)))


def _balanced(task: Task, share: Share, random_generator: np.random.Generator) -> Share:
    """Return equally many rows of each class, as EasyEnsemble draws them.

    X.-Y. Liu, J. Wu and Z.-H. Zhou, "Exploratory undersampling for class-imbalance
    learning", IEEE Transactions on Systems, Man and Cybernetics B 39(2), 2009.
    """
    groups = _by_class(task, share.rows)
    least = min(map(len, groups))
    drawn = [random_generator.choice(rows, least, replace=False) for rows in groups]
    rows = np.sort(np.concatenate(drawn))
    before, after = (
        task.targets.totals(task.rows.target[some], task.rows.weight[some]).counts
        for some in (share.rows, rows)
    )
    sampling = np.divide(after, before, out=np.ones_like(after), where=before > 0)
    return share._replace(rows=rows, sampling=sampling)


def _by_class(task: Task, rows: np.ndarray) -> list[np.ndarray]:
    """Return the rows of each class; all of them for a multilabel problem."""
    if task.targets.is_multilabel:
        return [rows]
    target = task.rows.target[rows]
    groups = (rows[target == index] for index in range(len(task.targets.classes)))
    return [group for group in groups if len(group)]
