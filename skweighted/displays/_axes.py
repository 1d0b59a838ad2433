"""Axes, the style of their lines, and legends that cover no data.

Colours are blue, orange, black and grey, which stay apart for colour-blind eyes and
differ in their line style besides.
"""

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.cbook import normalize_kwargs
from matplotlib.lines import Line2D

UNIT_TICKS = np.linspace(0, 1, 6)


def axes_or_new(ax):
    """Return the axes to draw in: these, or those of a new figure."""
    return plt.subplots(layout="constrained")[1] if ax is None else ax


def right_axis(ax):
    """Return a right axis, drawn beneath what is on the left one."""
    right = ax.twinx()
    ax.set_zorder(right.get_zorder() + 1)
    right.patch.set_visible(ax.patch.get_visible())
    ax.patch.set_visible(False)
    return right


def styled(defaults, kwargs):
    """Return how to draw a line: the caller's words, under any alias, come first."""
    return defaults | normalize_kwargs(kwargs, Line2D)


def legend_above(ax, *twins, title=None):
    """Draw the legend inside the axes, and stretch them until it covers no data."""
    for n_columns in (2, 1):
        legend = ax.legend(
            handles=[
                handle
                for axes in (ax, *twins)
                for handle in axes.get_legend_handles_labels()[0]
            ],
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
