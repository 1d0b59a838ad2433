"""The page of a comparison: one self-contained HTML file, or a cell of a notebook.

The words around the numbers, their order and their looks are in ``page.html.jinja``,
which escapes every label.
"""

import io
import re
import warnings
from collections.abc import Iterator
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape
from matplotlib import style
from matplotlib.figure import Figure

from skweighted._text import count
from skweighted.comparison.data import LabeledData
from skweighted.comparison.measures import MEASURES, by_panel
from skweighted.comparison.report.captions import (
    CAPTIONED,
    Captioned,
    differences_captioned,
)
from skweighted.comparison.report.headline import deciding_metrics, headline
from skweighted.comparison.report.notes import left_out, names_in_code, notes
from skweighted.comparison.report.style import OF_COMMON, OF_RAREST, title
from skweighted.comparison.report.text import (
    DECIDING,
    Cell,
    Difference,
    cells,
    differences,
)
from skweighted.comparison.report.verdict import verdict_of
from skweighted.comparison.results import Results, has_differences, problem_of

TEMPLATE = "page.html.jinja"
MOST_CLASSES = 5
# Text stays text, in the font of the page; ids are the same for the same comparison.
SVG_STYLE: dict[str, Any] = {"svg.fonttype": "none", "svg.hashsalt": "skweighted"}
INCHES = (5.6, 4.8)


class Ranked(NamedTuple):
    """A table of means, the best strategy first, with whether it is the reference."""

    heading: str
    titles: list[str]
    rows: list[tuple[str, bool, list[Cell]]]


class Question(NamedTuple):
    """One metric in which strategies are compared with the reference."""

    heading: str
    sentences: list[str]
    rope: str
    rows: list[Difference]


class Bar(NamedTuple):
    """One class in the bar of class shares."""

    label: str
    rows: str
    percent: float
    color: str


class Picture(NamedTuple):
    """A figure of the page, with its name in links."""

    name: str
    heading: str
    caption: str
    svg: Markup


def html(results: Results, *, command: str = "", for_notebook: bool = False) -> str:
    """Return a comparison as HTML.

    Parameters
    ----------
    results : Results
        With problem, folds and outcomes, as `compare` returns it.
    command : str, default=""
        The command that reproduces the comparison, to show on the page.
    for_notebook : bool, default=False
        Whether to return a fragment with verdict, table and main figure, whose style
        applies to nothing else, instead of the whole page.

    Returns
    -------
    str
        UTF-8 if it is written to a file; it refers to nothing outside itself.
    """
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = (files(__package__) / TEMPLATE).read_text("utf-8")
    questions = list(_questions(results))
    main_picture = None
    if questions:
        prefix = "notebook" if for_notebook else "main"
        inches = (4.6, 2.2 + 0.25 * len(questions[0].rows))
        figure = differences_captioned(results)
        main_picture = _picture(results, "differences", figure, prefix, inches)
    deciding = [name for name in DECIDING if name in results.metrics]
    content = {} if for_notebook else _page(results, command)
    return environment.from_string(template).render(
        content,
        results=results,
        for_notebook=for_notebook,
        sentences=headline(results),
        deciding=_ranked(results, "What decides", deciding),
        notes=[*notes(results, deciding)[1:]],
        reference=results.label(results.reference),
        questions=questions,
        main_picture=main_picture,
        main_title=MEASURES[results.main_metric].title,
        n_folds=results.n_folds,
    )


def _page(results: Results, command: str) -> dict[str, Any]:
    """Return the content of the whole page only."""
    problem, folds = problem_of(results), results.folds
    reasons = {name: each.why_not(results) for name, each in CAPTIONED.items()}
    return {
        "tables": [
            _ranked(results, *panel) for panel in by_panel(results.metrics).items()
        ],
        "pictures": [
            _picture(results, name, CAPTIONED[name], name, INCHES)
            for name, reason in reasons.items()
            if not reason
        ],
        "names_in_code": names_in_code(results),
        "left_out": [*left_out(results), *filter(None, reasons.values())],
        "command": command,
        "n_rows": count(len(problem.y), "row"),
        "n_features": count(problem.X.shape[1], "feature"),
        "preparation": problem.describe().partition("\n")[2],
        "bars": _bars(problem),
        "n_train": f"{np.mean([len(fold.train) for fold in folds]):,.0f}",
        "n_test": f"{np.mean([len(fold.test) for fold in folds]):,.0f}",
    }


def _bars(problem: LabeledData) -> list[Bar]:
    """Return the shares of the classes: the largest ones, all others, the rarest."""
    counts = pd.Series(problem.class_counts, index=[str(c) for c in problem.classes])
    rarest = counts.loc[[str(problem.positive)]]
    common = counts.drop(rarest.index).sort_values(ascending=False, kind="stable")
    if len(common) > MOST_CLASSES:
        others = common.iloc[MOST_CLASSES - 1 :]
        common = common.iloc[: MOST_CLASSES - 1]
        common[f"{len(others)} other classes"] = others.sum()
    return [
        Bar(str(label), count(int(n_rows), "row"), 100 * n_rows / counts.sum(), color)
        for (label, n_rows), color in zip(
            [*common.items(), *rarest.items()],
            [*OF_COMMON[: len(common)], OF_RAREST],
            strict=True,
        )
    ]


def _ranked(results: Results, heading: str, names: list[str]) -> Ranked:
    """Return the means of some metrics, the best strategy in the main one first."""
    columns = [cells(results.fold_scores, name) for name in names]
    return Ranked(
        heading,
        [MEASURES[name].heading() for name in names],
        [
            (
                results.label(strategy),
                strategy == results.reference,
                [column[strategy] for column in columns],
            )
            for strategy in results.ranking()
        ],
    )


def _questions(results: Results) -> Iterator[Question]:
    """Yield the differences in the metrics that decide."""
    if not has_differences(results):
        return
    for metric in deciding_metrics(results):
        _, _, rope = results.question(metric)
        yield Question(
            title(metric),
            verdict_of(results, metric),
            f"{rope:.2g}",
            differences(results, metric),
        )


def _picture(
    results: Results,
    name: str,
    figure: Captioned,
    prefix: str,
    inches: tuple[float, float],
) -> Picture:
    """Draw a figure as an SVG element, for a light or a dark page."""
    text = io.StringIO()
    # The default style: a user's colors may not be legible on a dark page.
    with style.context(["default", SVG_STYLE]), warnings.catch_warnings():
        # The browser has letters of other scripts, which Matplotlib's font lacks.
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        canvas = Figure(inches, layout="constrained")
        ax = figure.draw(results, canvas.add_subplot())
        ax.spines[["top", "right"]].set_visible(False)
        canvas.set_facecolor("none")
        ax.set_facecolor("none")
        no_metadata = dict.fromkeys(["Creator", "Date", "Format", "Type"])
        canvas.savefig(text, format="svg", metadata=no_metadata, dpi=144)
    svg = _inline(text.getvalue(), figure.alt(results), prefix)
    return Picture(name, figure.heading, figure.full_caption(results), svg)


def _inline(svg: str, alt: str, prefix: str) -> Markup:
    """Return an SVG file as part of a page; black becomes the color of its text."""
    opening, body = svg[svg.index("<svg") :].split(">", 1)
    box = opening.split('viewBox="')[1].split('"')[0]
    # A style element would apply to the whole page, which has its own.
    body = re.sub(r"<style.*?</style>", "", body, flags=re.DOTALL)
    body = body.replace("xlink:href=", "href=")
    body = body.replace("stroke: #000000", "stroke: currentColor")
    body = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{prefix}-", body)
    body = re.sub(r"font-family: [^;\"]*; ?", "", body)
    return Markup(
        f'<svg role="img" viewBox="{box}" fill="currentColor" '
        f'aria-label="{escape(alt)}">{body.strip()}'
    )
