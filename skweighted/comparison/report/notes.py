"""Notes below the tables: how to read them, and what to be careful with."""

from collections.abc import Container

import numpy as np

from skweighted._text import count
from skweighted.comparison.measures import MEASURES
from skweighted.comparison.report.headline import LEVELS_IN_WORDS
from skweighted.comparison.report.verdict import listed
from skweighted.comparison.results import Results, fold_counts, has_differences

FEWER_FOLDS = "( ) mean over fewer folds: in some the metric is undefined."


def notes(results: Results, metrics: Container[str] = MEASURES) -> list[str]:
    """Return how to read tables of metrics, and which strategies need care."""
    counts = [fold_counts(results, name) for name in results.metrics if name in metrics]
    fewer = any(((each > 0) & (each < each.max())).any() for each in counts)
    seed = "" if results.random_state is None else f"; seed {results.random_state}"
    return [
        f"Means over {count(results.n_folds, 'fold')}; * best; ↓ lower is better{seed}",
        rare_rows(results),
        *([LEVELS_IN_WORDS] if has_differences(results) else []),
        *([FEWER_FOLDS] if fewer else []),
        *collapsed(results),
        *left_out(results),
    ]


def rare_rows(results: Results) -> str:
    """Return how many test rows are behind the metrics of the rarest class."""
    name = f"Rare class: {results.positive}"
    if results.problem is None or not results.folds:
        return name
    is_rare = results.problem.y == results.positive
    tests = [fold.test for fold in results.folds]
    rows = np.unique(np.concatenate(tests))
    in_each = sorted({int(is_rare[test].sum()) for test in tests})
    each = f"{in_each[0]:,}"
    if len(in_each) > 1:
        each += f" to {in_each[-1]:,}"
    return (
        f"{name}, {is_rare[rows].sum():,} of {count(len(rows), 'test row')}, {each} in "
        f"each fold"
    )


def collapsed(results: Results) -> list[str]:
    """Return which strategies predict one class only, or find no rare row, in a fold.

    A mean over folds hides such a fold.
    """
    scores = results.fold_scores
    recall = scores[scores["metric"] == "minority_recall"]
    none_found = recall[recall["value"] == 0]
    found: dict[str, list[str]] = {
        "Predicts a single class": [],
        "Finds no row of the rare class": [],
    }
    single, no_rare_row = found.values()
    for name in results.strategies:
        outcomes = results.outcomes.get(name, [])
        constant = {
            number
            for number, outcome in enumerate(outcomes)
            if len(np.unique(outcome.y_index)) == 1
        }
        others = set(none_found.loc[none_found["strategy"] == name, "fold"]) - constant
        for folds, names in ((constant, single), (others, no_rare_row)):
            if folds:
                share = f"{len(folds)} of {results.n_folds}"
                names.append(f"{results.label(name)} ({share})")
    return [
        f"{what} in some folds: {listed(names, 'and')}."
        for what, names in found.items()
        if names
    ]


def left_out(results: Results) -> list[str]:
    """Return which strategies could not run, and why."""
    label = results.label
    skipped, failed = results.skipped.items(), results.failed.items()
    return [
        *(f"{label(name)} (skipped): {why}." for name, why in skipped),
        *(f"{label(name)} (failed): {why}" for name, why in failed),
    ]


def names_in_code(results: Results) -> str:
    """Return the names that `strategies` takes, where they differ from the labels."""
    named = [name for name in results.strategies if results.label(name) != name]
    return ", ".join(f"{results.label(name)} = {name}" for name in named)
