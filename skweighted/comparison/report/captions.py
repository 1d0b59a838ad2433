"""The figures of the page: captions, texts for screen readers, and which ones apply."""

from collections.abc import Callable
from typing import NamedTuple

from matplotlib.axes import Axes

from skweighted.comparison.measures import MEASURES
from skweighted.comparison.report import figures
from skweighted.comparison.report.style import MOST_LINES, title
from skweighted.comparison.report.text import differences
from skweighted.comparison.results import Results, problem_of


class Captioned(NamedTuple):
    """A figure of the page.

    Attributes
    ----------
    heading, caption : str
        "{positive}" in a caption stands for the rarest class.
    draw : callable (results, ax) -> ax
    alt : callable (results) -> str
        The text instead of the figure.
    why_not : callable (results) -> str
        Why the figure does not apply; empty if it does.
    lines_by : str
        If only some strategies have a line, what these are chosen by; or empty.
    """

    heading: str
    caption: str
    draw: Callable[[Results, Axes], Axes]
    alt: Callable[[Results], str]
    why_not: Callable[[Results], str] = lambda results: ""
    lines_by: str = ""

    def full_caption(self, results: Results) -> str:
        """Return the caption, with which lines are drawn if not all of them are."""
        caption = self.caption.replace("{positive}", str(results.positive))
        if self.lines_by and len(results.outcomes) > MOST_LINES:
            caption += (
                f" At most {MOST_LINES} lines: the reference and the first by "
                f"{self.lines_by}; the tables have every strategy."
            )
        return caption


def differences_captioned(results: Results) -> Captioned:
    """Return the figure of the differences from the reference in the main metric."""
    reference = results.label(results.reference)

    def alt(results: Results) -> str:
        rows = differences(results)
        best = rows[0]
        return (
            f"Differences from {reference} in {MEASURES[results.main_metric].title}, "
            f"with 95 % intervals, for {len(rows)} strategies. Best: {best.strategy}, "
            f"{best.difference} ({best.interval})."
        )

    return Captioned(
        "Differences at a glance",
        f"Each mark is the mean difference of a strategy from {reference} over the "
        f"folds; the line is its 95 % interval. In the gray region, differences are "
        f"negligible in practice. An arrow points to what is outside the figure.",
        figures.differences,
        alt,
    )


def _no_costs(results: Results) -> str:
    """Return why there is no cost against the threshold, if so."""
    if results.cost_matrix is None:
        return "No costs were given, so there is no cost against the threshold."
    n_classes = len(problem_of(results).classes)
    if n_classes > 2:
        return (
            f"One threshold separates two classes, but there are {n_classes}, so there "
            f"is no cost against the threshold."
        )
    return ""


def _no_curves(results: Results) -> str:
    """Return why there are no training curves, if so."""
    for outcomes in results.outcomes.values():
        if all("loss" in outcome.history for outcome in outcomes):
            return ""
    return "No strategy has a loss for each epoch, so there are no training curves."


def _best_of(metric: str, what: str) -> Callable[[Results], str]:
    """Return a function that names the best strategy and the reference in a metric."""

    def alt(results: Results) -> str:
        means = results.summary()[metric, "mean"]
        best, reference = results.ranking(metric)[0], results.reference
        return (
            f"{what}. Best {MEASURES[metric].title}: {results.label(best)}, "
            f"{means[best]:.3f}; {results.label(reference)}: {means[reference]:.3f}."
        )

    return alt


def _alt_of_components(results: Results) -> str:
    """Return the alternative text of the principal components."""
    n_rows = problem_of(results).class_counts.min()
    return (
        f"Rows in two principal components; {n_rows:,} rows of class "
        f"{results.positive} are on top of the other classes."
    )


def _alt_of_time(results: Results) -> str:
    """Return the alternative text of seconds against quality."""
    seconds = results.summary()["fit_seconds", "mean"]
    return (
        f"{title(results.main_metric)} against seconds of one fit. Fastest: "
        f"{results.label(str(seconds.idxmin()))}, {seconds.min():.2g} s; slowest: "
        f"{results.label(str(seconds.idxmax()))}, {seconds.max():.2g} s."
    )


CAPTIONED = {
    "precision_recall": Captioned(
        "Precision and recall",
        "Precision is the share of correct predictions among the rows predicted "
        "{positive}; recall is the share of {positive} rows that are found. Mean over "
        "folds, bands ± one standard deviation. Higher is better.",
        figures.precision_recall,
        _best_of("average_precision", "Precision against recall"),
        lines_by="average precision",
    ),
    "roc": Captioned(
        "ROC",
        "The share of {positive} rows that are found, against the share of other rows "
        "that are false alarms. Mean over folds, bands ± one standard deviation. If "
        "{positive} is rare, a small share of all other rows can still be many false "
        "alarms.",
        figures.roc,
        _best_of("roc_auc", "True against false positive rate"),
        lines_by="average precision",
    ),
    "calibration": Captioned(
        "Calibration",
        "How often {positive} occurs, against its predicted probability: all "
        "out-of-fold probabilities in ten bins of equal size. On the dotted line, "
        "predicted probabilities equal observed frequencies; below it, {positive} is "
        "predicted too often.",
        figures.calibration,
        _best_of("calibration_error", "Share of rows against predicted probability"),
        lines_by="calibration error, with weights or corrections before others",
    ),
    "cost_against_threshold": Captioned(
        "Cost against threshold",
        "Cost per row of all out-of-fold decisions, if rows above the threshold are "
        "predicted {positive}. The dotted line is the Bayes threshold, the cheapest "
        "one if the probabilities are true. If the lowest point of a curve is "
        "elsewhere, its probabilities are distorted.",
        figures.cost_against_threshold,
        _best_of("expected_cost", "Cost per row against the threshold"),
        why_not=_no_costs,
        lines_by="cost at that threshold",
    ),
    "principal_components": Captioned(
        "The data",
        "The rows in the two directions in which the prepared features vary most. "
        "Prepared on all rows for this figure only; in the comparison, preparation is "
        "fitted on training rows. Classes that overlap here may be separable in other "
        "directions.",
        figures.principal_components,
        _alt_of_components,
    ),
    "training_curves": Captioned(
        "Training",
        "Loss on the training rows, the mean over folds. Weights and loss functions "
        "change its scale: compare shapes, not heights.",
        figures.training_curves,
        lambda results: "Training loss against epochs.",
        why_not=_no_curves,
        lines_by="the metric that ranks strategies",
    ),
    "time_against_quality": Captioned(
        "Time and quality",
        "Seconds of one fit, preprocessing and resampling included, against the metric "
        "that ranks strategies.",
        lambda results, ax: figures.time_against_quality(
            results, ax, results.main_metric
        ),
        _alt_of_time,
    ),
}
