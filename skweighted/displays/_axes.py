"""Axes, line styles, and legends that cover no data.

Colors are blue, orange, black and gray, which color-blind readers can distinguish; line
styles differ too.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.cbook import normalize_kwargs
from matplotlib.lines import Line2D

UNIT_TICKS = np.linspace(0, 1, 6)


def axes_or_new(ax: Axes | None) -> Axes:
    """Return the axes to draw in, by default those of a new figure."""
    return plt.subplots(layout="constrained")[1] if ax is None else ax


def right_axis(ax: Axes) -> Axes:
    """Return a right axis, drawn beneath what is on the left one."""
    right = ax.twinx()
    ax.set_zorder(right.get_zorder() + 1)
    right.patch.set_visible(ax.patch.get_visible())
    ax.patch.set_visible(False)
    return right


def styled(defaults: Mapping[str, Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return line properties: the defaults, and what the caller sets, by any alias."""
    return {**defaults, **normalize_kwargs(dict(kwargs), Line2D)}


def legend_above(ax: Axes, *twins: Axes, title: str | None = None) -> None:
    """Draw the legend inside the axes, with limits so high that it covers no data."""
    handles = [
        handle
        for axes in (ax, *twins)
        for handle in axes.get_legend_handles_labels()[0]
    ]
    for n_columns in (2, 1):
        legend = ax.legend(
            handles=handles,
            title=title,
            loc="upper center",
            fontsize="small",
            ncols=n_columns,
            columnspacing=1.2,
            handlelength=1.8,
            handletextpad=0.5,
            framealpha=1,
        )
        box, frame = legend.get_window_extent(), ax.get_window_extent()
        if box.width < 0.96 * frame.width:
            break
    share = min(1.1 * box.height / frame.height, 0.6)
    for axes in (ax, *twins):
        bottom, top = axes.get_ylim()
        axes.set_ylim(bottom, bottom + (top - bottom) / (1 - share))
