"""The page of a comparison: one HTML file that needs nothing else, or a cell.

Pictures come from `figures`; the words around the numbers, their order and their looks
are in ``page.html.jinja``, which escapes every label.
"""

from collections.abc import Iterator
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from jinja2 import Environment, StrictUndefined

import skweighted.comparison.report.figures as figures
from skweighted._text import count
from skweighted.comparison.data import LabeledData
from skweighted.comparison.measures import MEASURES, by_panel
from skweighted.comparison.report.cells import Cell, cells, differences_shown
from skweighted.comparison.report.style import (
    OF_COMMON,
    OF_RAREST,
    decision,
    ranking,
    title,
)

TEMPLATE = "page.html.jinja"
MOST_CLASSES = 5
# What a cell of a notebook has room for.
FEW_METRICS = (
    *("expected_cost", "average_precision", "roc_auc", "log_loss"),
    *("balanced_accuracy", "minority_recall", "minority_precision", "fit_seconds"),
)
DECIDED_BY = ("expected_cost", "average_precision", "balanced_accuracy")


class Ranked(NamedTuple):
    """A table of means, the best strategy first."""

    heading: str
    titles: list[str]
    rows: list[tuple[str, list[Cell]]]


class Question(NamedTuple):
    """One metric in which strategies are compared with the reference."""

    heading: str
    sentences: list[str]
    rope: str
    rows: list[dict[str, str]]


class Bar(NamedTuple):
    """One class in the bar of class shares."""

    label: str
    rows: str
    percent: float
    colour: str


def html(comparison: Any, *, command: str = "", for_notebook: bool = False) -> str:
    """Return a comparison as HTML.

    Parameters
    ----------
    comparison : Comparison
        With problem, folds and outcomes, as `compare` returns it.
    command : str, default=""
        What to type for the same comparison, shown on the page.
    for_notebook : bool, default=False
        A fragment with verdict, table and main picture, whose style touches nothing
        else, instead of the whole page.

    Returns
    -------
    str
        UTF-8 where it is written to a file; refers to nothing outside itself.
    """
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = (files(__package__) / TEMPLATE).read_text("utf-8")
    questions = list(_questions(comparison))
    main_picture = None
    if questions:
        main_picture = figures.main_picture(
            comparison, "notebook" if for_notebook else "main"
        )
    content = _fragment(comparison) if for_notebook else _page(comparison, command)
    return environment.from_string(template).render(
        content,
        comparison=comparison,
        for_notebook=for_notebook,
        questions=questions,
        main_picture=main_picture,
        main_title=MEASURES[comparison.main_metric].title,
        n_folds=comparison.fold_scores["fold"].nunique(),
    )


def _fragment(comparison: Any) -> dict[str, Any]:
    """Return what only a notebook's cell shows."""
    names = [name for name in FEW_METRICS if name in comparison.metrics]
    return {"tables": [_ranked(comparison, "Means over folds", names)]}


def _page(comparison: Any, command: str) -> dict[str, Any]:
    """Return what only the whole page shows."""
    problem, folds = comparison.problem, comparison.folds
    return {
        "tables": [
            _ranked(comparison, *panel)
            for panel in by_panel(comparison.metrics).items()
        ],
        "pictures": list(figures.pictures(comparison)),
        "left_out": figures.left_out(comparison),
        "command": command,
        "n_rows": count(len(problem.y), "row"),
        "n_features": count(problem.X.shape[1], "feature"),
        "preparation": problem.describe().partition("\n")[2],
        "bars": _bars(problem),
        "n_train": f"{np.mean([len(fold.train) for fold in folds]):,.0f}",
        "n_test": f"{np.mean([len(fold.test) for fold in folds]):,.0f}",
    }


def _bars(problem: LabeledData) -> list[Bar]:
    """Return the shares of the classes: the commonest, all others, the rarest."""
    counts = pd.Series(problem.class_counts, index=[str(c) for c in problem.classes])
    rarest = counts.loc[[str(problem.positive)]]
    common = counts.drop(rarest.index).sort_values(ascending=False, kind="stable")
    if len(common) > MOST_CLASSES:
        others = common.iloc[MOST_CLASSES - 1 :]
        common = common.iloc[: MOST_CLASSES - 1]
        common[f"{len(others)} other classes"] = others.sum()
    return [
        Bar(label, count(int(n_rows), "row"), 100 * n_rows / len(problem.y), colour)
        for (label, n_rows), colour in zip(
            [*common.items(), *rarest.items()],
            [*OF_COMMON[: len(common)], OF_RAREST],
            strict=True,
        )
    ]


def _ranked(comparison: Any, heading: str, names: list[str]) -> Ranked:
    """Return the means of some metrics, the best strategy in the main one first."""
    columns = {name: cells(comparison.fold_scores, name) for name in names}
    return Ranked(
        heading,
        [MEASURES[name].heading() for name in names],
        [
            (strategy, [columns[name][strategy] for name in names])
            for strategy in ranking(comparison)
        ],
    )


def _questions(comparison: Any) -> Iterator[Question]:
    """Yield what the differences are in the metrics that decide, the main one first."""
    for metric in DECIDED_BY:
        if metric not in comparison.metrics or len(comparison.outcomes) < 2:
            continue
        mean = comparison.summary().loc[comparison.reference, (metric, "mean")]
        if not np.isfinite(mean):
            continue
        _, _, rope = comparison.question(metric)
        table = comparison.differences(metric, rope=rope)
        shown = differences_shown(table, metric)
        rows = [
            {
                "strategy": name,
                "difference": shown[name][0],
                "interval": shown[name][1],
                "better": _percent(row["p_better"]),
                "equivalent": _percent(row["p_equivalent"]),
                "worse": _percent(row["p_worse"]),
                "kind": decision(row)[0],
            }
            for name, row in table.loc[
                [name for name in ranking(comparison, metric) if name in table.index]
            ].iterrows()
        ]
        yield Question(title(metric), comparison.verdict(metric), f"{rope:.2g}", rows)


def _percent(probability: float) -> str:
    """Return a probability in words of the table."""
    return "?" if np.isnan(probability) else f"{probability:.0%}"
