"""The pictures of a report: which ones apply, how to read them, and their SVG."""

import io
import re
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from markupsafe import Markup, escape
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import skweighted.comparison.report.plots as plots
from skweighted.comparison.measures import MEASURES
from skweighted.comparison.report.cells import differences_shown
from skweighted.comparison.report.style import MOST_LINES, ranking, title
from skweighted.comparison.results import Results

# Text stays text, in the font of the page; the same comparison gives the same ids.
RC = ["default", {"svg.fonttype": "none", "svg.hashsalt": "skweighted"}]
INCHES = (5.6, 4.8)


class Picture(NamedTuple):
    """A figure of the page: its name in links, heading, how to read it, and itself."""

    name: str
    heading: str
    caption: str
    svg: Markup


def main_picture(results: Results, prefix: str) -> Picture:
    """Return the picture of the differences from the reference in the main metric."""
    measure = MEASURES[results.main_metric]
    table = results.differences()
    best, reference = measure.loss(table["difference"]).idxmin(), results.reference
    difference, interval = differences_shown(table, results.main_metric)[best]
    alt = (
        f"Differences from {reference} in {measure.title}, with 95 % intervals, for "
        f"{len(table)} strategies. The largest gain: {best}, {difference} ({interval})."
    )
    caption = (
        f"Each mark is a strategy's mean difference from {reference} over the folds; "
        f"the line holds the true one with 95 % probability. In the grey region it "
        f"makes no difference in practice."
    )
    inches = (INCHES[0], 1.5 + 0.3 * len(table))
    svg = drawn(partial(plots.differences, results), alt, prefix, inches)
    return Picture("differences", "Differences at a glance", caption, svg)


def pictures(results: Results) -> Iterator[Picture]:
    """Yield the other pictures that apply."""
    for name, (heading, caption, why_not, alt) in PICTURES.items():
        if why_not(results):
            continue
        draw = partial(getattr(plots, name), results)
        if name == "time_against_quality":
            draw = partial(draw, metric=results.main_metric)
        caption = caption.format(positive=results.problem.positive)
        if name in OF_LINES and len(results.outcomes) > MOST_LINES:
            caption += " " + OF_LINES[name]
        svg = drawn(draw, alt(results), name, INCHES)
        yield Picture(name, heading, caption, svg)


def left_out(results: Results) -> list[str]:
    """Return why some pictures are not there, in sentences."""
    reasons = (why_not(results) for _, _, why_not, _ in PICTURES.values())
    return [reason for reason in reasons if reason]


def drawn(
    draw: Callable[[Axes], Axes], alt: str, prefix: str, inches: tuple[float, float]
) -> Markup:
    """Return what a function draws as an SVG element, for a light or a dark page."""
    text = io.StringIO()
    # A user's style would not suit the page, and its colours of text no dark one.
    with style.context(RC), warnings.catch_warnings():
        # Other scripts than Latin: the browser has the letters that Matplotlib lacks.
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        figure = Figure(inches, layout="constrained")
        ax = draw(figure.add_subplot())
        ax.spines[["top", "right"]].set_visible(False)
        figure.set_facecolor("none")
        ax.set_facecolor("none")
        no_metadata = dict.fromkeys(["Creator", "Date", "Format", "Type"])
        figure.savefig(text, format="svg", metadata=no_metadata, dpi=144)
    return _inline(text.getvalue(), alt, prefix)


def _inline(svg: str, alt: str, prefix: str) -> Markup:
    """Return an SVG file as part of a page: black becomes the colour of its text."""
    width, height = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg).groups()
    body = svg[svg.index(">", svg.index("<svg")) + 1 :]
    # A style for all elements would be one for the whole page; the page has its own.
    body = re.sub(r"<style.*?</style>", "", body, flags=re.DOTALL)
    body = body.replace("xlink:href=", "href=")
    body = body.replace("stroke: #000000", "stroke: currentColor")
    body = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{prefix}-", body)
    body = re.sub(r"font-family: [^;\"]*; ?", "", body)
    opening = (
        f'<svg role="img" viewBox="0 0 {width} {height}" fill="currentColor" '
        f'aria-label="{escape(alt)}">'
    )
    return Markup(opening + body.strip())


def _always(results: Results) -> str:
    """Return no reason to leave a picture out."""
    return ""


def _no_costs(results: Results) -> str:
    """Say why there is no cost against the threshold, if so."""
    if results.cost_matrix is None:
        return "No costs were given, so there is no cost against the threshold."
    n_classes = len(results.problem.classes)
    if n_classes > 2:
        return (
            f"One threshold parts two classes and there are {n_classes}, so there is "
            f"no cost against the threshold."
        )
    return ""


def _no_curves(results: Results) -> str:
    """Say why there are no training curves, if so."""
    for outcomes in results.outcomes.values():
        if all("loss" in outcome.history for outcome in outcomes):
            return ""
    return "No strategy kept its loss over epochs, so there are no training curves."


def _best_of(metric: str, what: str) -> Callable[[Any], str]:
    """Return an alt text that names the best and the reference in a metric."""

    def alt(results: Results) -> str:
        means = results.summary()[metric, "mean"]
        best, reference = ranking(results, metric)[0], results.reference
        return (
            f"{what}. Best {MEASURES[metric].title}: {best}, {means[best]:.3f}; "
            f"{reference} has {means[reference]:.3f}."
        )

    return alt


def _alt_of_components(results: Results) -> str:
    """Return the alt text of the principal components."""
    problem = results.problem
    return (
        f"Rows in two principal components, {problem.class_counts.min():,} of class "
        f"{problem.positive} on top of the other classes."
    )


def _alt_of_time(results: Results) -> str:
    """Return the alt text of seconds against quality."""
    seconds = results.summary()["fit_seconds", "mean"]
    return (
        f"{title(results.main_metric)} against seconds of one fit. Fastest: "
        f"{seconds.idxmin()}, {seconds.min():.2g} s; slowest: {seconds.idxmax()}, "
        f"{seconds.max():.2g} s."
    )


# Where not every strategy has a line, which ones do.
_FIRST_BY = (
    f"At most {MOST_LINES} lines: the reference and the first by {{}}; the tables have "
    f"every strategy."
)
OF_LINES = {
    "precision_recall": _FIRST_BY.format("average precision"),
    "roc": _FIRST_BY.format("average precision"),
    "calibration": _FIRST_BY.format(
        "calibration error, with weights or corrections before others"
    ),
    "cost_against_threshold": _FIRST_BY.format("cost at that threshold"),
    "training_curves": _FIRST_BY.format("the metric that strategies are ranked by"),
}

# Function of `plots`: heading, how to read it, why not, and the text instead of it.
PICTURES: dict[str, tuple[str, str, Callable[[Any], str], Callable[[Any], str]]] = {
    "precision_recall": (
        "Precision and recall",
        "Of the rows called {positive}, how many are (precision), when so many of them "
        "are found (recall). Mean over folds, bands ± one standard deviation. Further "
        "up is better.",
        _always,
        _best_of("average_precision", "Precision against recall"),
    ),
    "roc": (
        "ROC",
        "How many {positive} rows are found for how many false alarms. Mean over "
        "folds, bands ± one standard deviation. Where {positive} is rare, a small "
        "share of all others can still be many false alarms.",
        _always,
        _best_of("roc_auc", "True against false positive rate"),
    ),
    "calibration": (
        "Calibration",
        "Does {positive} occur as often as predicted? All out-of-fold probabilities "
        "in ten bins of equally many rows. On the dotted line they can be taken at "
        "their word; right of it {positive} is predicted too often.",
        _always,
        _best_of("calibration_error", "Share of rows against predicted probability"),
    ),
    "cost_against_threshold": (
        "Cost against threshold",
        "What all out-of-fold decisions cost per row if rows above the threshold are "
        "called {positive}. The dotted line is the threshold that is cheapest where "
        "probabilities are right; a curve with its lowest point elsewhere has wrong "
        "ones.",
        _no_costs,
        _best_of("expected_cost", "Cost per row against the threshold"),
    ),
    "principal_components": (
        "The data",
        "The rows in the two directions in which the prepared features vary most. "
        "Prepared on all rows for this picture only; what was compared saw training "
        "rows only. Classes that overlap here may be apart in other directions.",
        _always,
        _alt_of_components,
    ),
    "training_curves": (
        "Training",
        "Loss on the training rows, the mean over folds. Weights and other losses "
        "change its scale: compare shapes, not heights.",
        _no_curves,
        lambda results: "Training loss against epochs.",
    ),
    "time_against_quality": (
        "Time and quality",
        "What a second buys: seconds of one fit, preprocessing and resampling "
        "included, against the metric that strategies are ranked by.",
        _always,
        _alt_of_time,
    ),
}
