"""What a strategy looks like in every picture, and which ones get a line of their own.

The reference is black. The others have the colours of Okabe and Ito (2008), which stay
apart for colour-blind eyes, and differ in line style and marker besides.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.transforms import ScaledTranslation

from skweighted._text import count, shortened
from skweighted.comparison.measures import MEASURES
from skweighted.comparison.report.cells import fold_counts
from skweighted.comparison.results import Results

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
DASHES = ("-", "--", "-.", ":")
MARKERS = "sD^vPX"
GREY = "#808080"  # seen on white and on black
# Of classes.
OF_RAREST = COLOURS[1]
OF_COMMON = (GREY, COLOURS[0], COLOURS[2], COLOURS[3], COLOURS[4])
MOST_LINES = 6
LONGEST_NAME = 32

# Rare classes have small probabilities: with square roots 1 % is a tenth of the way.
SMALL_FIRST_TICKS = (0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1)

# Words, marker, colour and face of a difference that is surely one of these.
DECISIONS = {
    "p_better": ("better", "o", COLOURS[0], COLOURS[0]),
    "p_worse": ("worse", "X", COLOURS[1], COLOURS[1]),
    "p_equivalent": ("no real difference", "s", GREY, GREY),
}
UNDECIDED = ("undecided", "o", GREY, "none")


def ranking(results: Results, metric: str | None = None) -> list[str]:
    """Return the strategies, the best in a metric first, those that lack folds last."""
    metric = metric or results.main_metric
    means = results.summary()[metric, "mean"]
    n_folds = fold_counts(results.fold_scores, metric)
    n_folds = n_folds.reindex(means.index, fill_value=0)
    table = pd.DataFrame({"n_folds": -n_folds, "loss": MEASURES[metric].loss(means)})
    return table.sort_values(["n_folds", "loss"], kind="stable").index.tolist()


def looks(results: Results) -> dict[str, dict[str, Any]]:
    """Return colour, line style and marker of each strategy."""
    others = [name for name in ranking(results) if name != results.reference]
    styles = {results.reference: {"color": "black", "linestyle": "-", "marker": "o"}}
    for place, name in enumerate(others):
        # Each turn through the colours shifts the others, so that no two look alike.
        turn, colour = divmod(place, len(COLOURS))
        styles[name] = {
            "color": COLOURS[colour],
            "linestyle": DASHES[(place + turn) % len(DASHES)],
            "marker": MARKERS[(place + turn) % len(MARKERS)],
        }
    return styles


def chosen(
    results: Results, strategies: Iterable[str] | None, ranked: list[str]
) -> dict[str, str]:
    """Return the strategies to draw and their names in the legend.

    Those given, or the reference and the first of the ranked; then strategies with the
    very same probabilities, such as those that only decide otherwise, share a line.
    """
    if strategies is not None:
        names = list(strategies)
        unknown = [name for name in names if name not in results.outcomes]
        if unknown:
            raise ValueError(
                f"There is no strategy {unknown[0]!r} in this comparison. Known: "
                f"{shortened(results.outcomes, 99)}."
            )
        return {name: words(name) for name in names}
    alike: dict[int, list[str]] = {}
    reference_first = sorted(ranked, key=lambda name: name != results.reference)
    for name in dict.fromkeys(reference_first):
        probas = [outcome.proba.tobytes() for outcome in results.outcomes[name]]
        alike.setdefault(hash(tuple(probas)), []).append(name)
    groups = list(alike.values())[:MOST_LINES]
    return {names[0]: _shared(names) for names in groups}


def decision(row: pd.Series, confidence: float = 0.95) -> tuple[str, str, str, str]:
    """Return words, marker, colour and face of a row of differences."""
    for name, look in DECISIONS.items():
        if row[name] >= confidence:
            return look
    return UNDECIDED


def title(metric: str) -> str:
    """Return the title of a metric as it begins a sentence."""
    name = MEASURES[metric].title
    return name[0].upper() + name[1:]


def words(label: Any) -> str:
    """Return a label as text of a picture: no formula, and short enough."""
    text = " ".join(str(label).split())
    if len(text) > LONGEST_NAME:
        text = f"{text[: LONGEST_NAME - 1]}…"
    # Matplotlib leaves names with an underscore in front out of its legends.
    blank = " " if text.startswith("_") else ""
    return blank + text.replace("$", r"\$")


def small_first(ax: Axes, *sides: str) -> None:
    """Spread small probabilities on the x or y axis, whose limits stay."""
    functions = (lambda p: np.sqrt(np.maximum(p, 0)), np.square)
    for side in sides:
        low, high = getattr(ax, f"get_{side}lim")()
        getattr(ax, f"set_{side}scale")("function", functions=functions)
        ticks = [tick for tick in SMALL_FIRST_TICKS if low <= tick <= high]
        getattr(ax, f"set_{side}ticks")(ticks, [f"{tick:g}" for tick in ticks])
        getattr(ax, f"set_{side}lim")(low, high)


def legend_below(ax: Axes, heading: str | None = None) -> Axes:
    """Put the legend under the x label, where it covers no data."""
    points = ScaledTranslation(0, -36 / 72, ax.figure.dpi_scale_trans)
    ax.legend(
        title=heading,
        loc="upper center",
        bbox_to_anchor=(0.5, 0),
        bbox_transform=ax.transAxes + points,
        ncols=2,
        frameon=False,
        fontsize="small",
        title_fontsize="small",
        borderaxespad=0,
    )
    return ax


def spread(heights: np.ndarray) -> np.ndarray:
    """Return ascending heights from 0 to 1 moved apart, so that names can stand there.

    Names pushed up by those below are pushed down again from the top.
    """
    gap = min(0.06, 1 / max(len(heights) - 1, 1))
    moved = heights.astype(float).copy()
    for place in range(1, len(moved)):
        moved[place] = max(moved[place], moved[place - 1] + gap)
    moved[-1] = min(moved[-1], 1.0)
    for place in range(len(moved) - 2, -1, -1):
        moved[place] = min(moved[place], moved[place + 1] - gap)
    return moved


def _shared(names: list[str]) -> str:
    """Return one name for strategies that share a line."""
    together = " = ".join(names)
    if len(together) > LONGEST_NAME and len(names) > 1:
        return f"{words(names[0])} = {count(len(names) - 1, 'other')}"
    return words(together)
