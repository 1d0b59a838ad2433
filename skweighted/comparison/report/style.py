"""How strategies look in every figure, which of them are drawn, and shared axes.

The reference is black. The others have the colors of Okabe and Ito (2008), which
color-blind readers can distinguish; line styles and markers differ too.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.transforms import ScaledTranslation

from skweighted._text import count, shortened
from skweighted.comparison.measures import MEASURES
from skweighted.comparison.results import Results

COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
DASHES = ("-", "--", "-.", ":")
MARKERS = "sD^vPX"
GRAY = "#808080"  # visible on white and on black
# Of classes.
OF_RAREST = COLORS[1]
OF_COMMON = (GRAY, COLORS[0], COLORS[2], COLORS[3], COLORS[4])
MOST_LINES = 6
LONGEST_NAME = 32

# Rare classes have small probabilities; on a square-root scale 1 % is at a tenth.
SMALL_FIRST_TICKS = (0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1)

# How the mark of a difference looks, by decision.
OF_DECISIONS = {
    "better": {"marker": "o", "color": COLORS[0]},
    "worse": {"marker": "X", "color": COLORS[1]},
    "equivalent": {"marker": "s", "color": GRAY},
    "undecided": {"marker": "o", "color": GRAY, "markerfacecolor": "none"},
}


def looks(results: Results) -> dict[str, dict[str, Any]]:
    """Return color, line style and marker of each strategy."""
    others = [name for name in results.ranking() if name != results.reference]
    styles = {results.reference: {"color": "black", "linestyle": "-", "marker": "o"}}
    for place, name in enumerate(others):
        # Each turn through the colors shifts the others, so that no two look alike.
        turn, color = divmod(place, len(COLORS))
        styles[name] = {
            "color": COLORS[color],
            "linestyle": DASHES[(place + turn) % len(DASHES)],
            "marker": MARKERS[(place + turn) % len(MARKERS)],
        }
    return styles


def chosen(
    results: Results, strategies: Iterable[str] | None, ranked: list[str]
) -> dict[str, str]:
    """Return the strategies to draw and their names in the legend.

    By default the reference and the first of the ranked strategies. Of these,
    strategies with identical probabilities, which differ in their decisions only, share
    a line.
    """
    if strategies is not None:
        names = list(strategies)
        unknown = [name for name in names if name not in results.outcomes]
        if unknown:
            raise ValueError(
                f"There is no strategy {unknown[0]!r} in this comparison. Known: "
                f"{shortened(results.outcomes, 99)}."
            )
        return {name: words(results.label(name)) for name in names}
    alike: dict[int, list[str]] = {}
    reference_first = sorted(ranked, key=lambda name: name != results.reference)
    for name in dict.fromkeys(reference_first):
        probas = [outcome.proba.tobytes() for outcome in results.outcomes[name]]
        alike.setdefault(hash(tuple(probas)), []).append(name)
    groups = list(alike.values())[:MOST_LINES]
    return {
        names[0]: _shared([results.label(name) for name in names]) for names in groups
    }


def title(metric: str) -> str:
    """Return the title of a metric with a capital letter."""
    name = MEASURES[metric].title
    return name[0].upper() + name[1:]


def words(label: Any) -> str:
    """Return a label as text of a figure: short, and never a formula."""
    text = " ".join(str(label).split())
    if len(text) > LONGEST_NAME:
        text = f"{text[: LONGEST_NAME - 1]}…"
    # Matplotlib omits names that begin with an underscore from its legends.
    blank = " " if text.startswith("_") else ""
    return blank + text.replace("$", r"\$")


def small_first(ax: Axes, *sides: str) -> None:
    """Set a square-root scale on the x or y axis and keep its limits."""
    functions = (lambda p: np.sqrt(np.maximum(p, 0)), np.square)
    for side in sides:
        low, high = getattr(ax, f"get_{side}lim")()
        getattr(ax, f"set_{side}scale")("function", functions=functions)
        ticks = [tick for tick in SMALL_FIRST_TICKS if low <= tick <= high]
        getattr(ax, f"set_{side}ticks")(ticks, [f"{tick:g}" for tick in ticks])
        getattr(ax, f"set_{side}lim")(low, high)


def legend_below(ax: Axes, heading: str | None = None, n_columns: int = 2) -> Axes:
    """Draw the legend below the x label, where it covers no data."""
    points = ScaledTranslation(0, -36 / 72, ax.figure.dpi_scale_trans)
    ax.legend(
        title=heading,
        loc="upper center",
        bbox_to_anchor=(0.5, 0),
        bbox_transform=ax.transAxes + points,
        ncols=n_columns,
        frameon=False,
        fontsize="small",
        title_fontsize="small",
        borderaxespad=0,
    )
    return ax


def spread(heights: np.ndarray) -> np.ndarray:
    """Return ascending heights from 0 to 1, moved apart so that names do not overlap.

    Heights are first pushed up from the bottom, then down from the top.
    """
    gap = min(0.06, 1 / max(len(heights) - 1, 1))
    moved = heights.astype(float).copy()
    for place in range(1, len(moved)):
        moved[place] = max(moved[place], moved[place - 1] + gap)
    moved[-1] = min(moved[-1], 1.0)
    for place in range(len(moved) - 2, -1, -1):
        moved[place] = min(moved[place], moved[place + 1] - gap)
    return moved


def _shared(labels: list[str]) -> str:
    """Return the label of a line that several strategies share."""
    together = " = ".join(labels)
    if len(together) > LONGEST_NAME and len(labels) > 1:
        return f"{words(labels[0])} = {count(len(labels) - 1, 'other')}"
    return words(together)
