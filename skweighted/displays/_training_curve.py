"""Training curves: what was seen of a network after each epoch.

Epochs count from 1. A series is a loss if its name says so.
"""

import itertools
from collections.abc import Mapping

import numpy as np
from matplotlib.ticker import MaxNLocator
from sklearn.utils.validation import check_is_fitted

from skweighted.displays._axes import axes_or_new, legend_above, right_axis, styled
from skweighted.displays._estimators import inner_estimator

_COLORS = ("tab:blue", "tab:orange", "black", "0.5")
_LINESTYLES = ("-", "-", "--", "-.", ":")


class TrainingCurveDisplay:
    """Training loss and all that was seen on the validation rows, against the epoch.

    Losses are on the left axis, other scores on the right one. The best epoch, whose
    weights early stopping restores, is marked.

    Make it with `from_estimator` or `from_history`. Parameters are attributes.

    Parameters
    ----------
    history : dict of str to list of float
        The series to draw: "loss" and those whose names begin with ``val_``.
    monitor : str, default=None
        Name of the series that decided which epoch was the best.
    best_epoch : int, default=None
        The best epoch; epochs count from 1. None marks nothing.
    name : str, default=None
        Title of the legend.

    Attributes
    ----------
    lines_ : dict of str to matplotlib Line2D
    best_line_ : matplotlib Line2D or None
    best_mark_ : matplotlib Line2D or None
        On the series that decided.
    ax_ : matplotlib Axes
        Of the losses.
    score_ax_ : matplotlib Axes or None
        Of the other scores: the right axis of `ax_`.
    figure_ : matplotlib Figure

    Examples
    --------
    >>> from skweighted.displays import TrainingCurveDisplay
    >>> history = {"loss": [0.7, 0.5, 0.4], "val_loss": [0.8, 0.6, 0.9]}
    >>> display = TrainingCurveDisplay.from_history(history)
    >>> display.best_epoch
    2
    >>> list(display.lines_)
    ['loss', 'val_loss']
    """

    def __init__(self, *, history, monitor=None, best_epoch=None, name=None):
        self.history = history
        self.monitor = monitor
        self.best_epoch = best_epoch
        self.name = name

    @classmethod
    def from_estimator(cls, estimator, *, name=None, ax=None, **kwargs):
        """Draw how a fitted network was trained.

        Parameters
        ----------
        estimator : estimator
            Fitted, with `history_`; or a pipeline whose last step has it, or a search
            whose best estimator has.
        name : str, default=None
            Title of the legend.
        ax : matplotlib Axes, default=None
            Where to draw; it gets a right axis if there are other scores than losses.
            None makes a new figure.
        **kwargs
            Passed to matplotlib's `plot` for each of the series.

        Returns
        -------
        display : TrainingCurveDisplay

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        TypeError
            If it has no `history_`.
        """
        check_is_fitted(estimator)
        while not hasattr(estimator, "history_"):
            inner = inner_estimator(estimator)
            if inner is None:
                raise TypeError(
                    f"{cls.__name__} draws history_, which {type(estimator).__name__} "
                    f"does not have. Pass a fitted CostSensitiveMLPClassifier, or a "
                    f"dict to from_history."
                )
            estimator = inner
        history, options = _series(estimator.history_), vars(estimator)
        rule = options.get("monitor", "loss")
        monitor = _watched_series(history, rule)
        # Epochs before the class weights begin are never the best.
        first = round(options.get("class_weight_start", 0) * options.get("epochs", 0))
        greater_is_better = rule not in ("loss", "log_loss")
        best_epoch = _best_epoch(history, monitor, greater_is_better, first=first)
        display = cls(
            history=history, monitor=monitor, best_epoch=best_epoch, name=name
        )
        return display.plot(ax=ax, **kwargs)

    @classmethod
    def from_history(
        cls,
        history,
        *,
        monitor="val_loss",
        greater_is_better=None,
        name=None,
        ax=None,
        **kwargs,
    ):
        """Draw the series of a training.

        Parameters
        ----------
        history : dict of str to list of float, or keras History
        monitor : str, default="val_loss"
            The series that says which epoch is the best. Where `history` does not have
            it, none is marked.
        greater_is_better : bool, default=None
            Whether a greater value of `monitor` is better. None: unless it is a loss.
        name, ax, **kwargs
            As in `from_estimator`.

        Returns
        -------
        display : TrainingCurveDisplay

        Raises
        ------
        TypeError
            If `history` is no dict and has none.
        ValueError
            If it has neither "loss" nor a series whose name begins with ``val_``.
        """
        history = _series(getattr(history, "history", history))
        if greater_is_better is None:
            greater_is_better = not _is_loss(monitor)
        display = cls(
            history=history,
            monitor=monitor if monitor in history else None,
            best_epoch=_best_epoch(history, monitor, greater_is_better),
            name=name,
        )
        return display.plot(ax=ax, **kwargs)

    def plot(self, ax=None, *, name=None, **kwargs):
        """Draw the series.

        Parameters
        ----------
        ax, name, **kwargs
            As in `from_estimator`. None is the name of the display.

        Returns
        -------
        display : TrainingCurveDisplay
        """
        self.ax_ = axes_or_new(ax)
        self.figure_ = self.ax_.figure
        scores = [series for series in self.history if not _is_loss(series)]
        self.score_ax_ = right_axis(self.ax_) if scores else None
        self._draw_series(kwargs)
        self._mark_best_epoch()
        self.ax_.autoscale(axis="y")  # if this ax has another training already
        self.ax_.set(
            xlabel="Epoch", ylabel="Loss", xlim=(0.5, self.ax_.dataLim.xmax + 0.5)
        )
        self.ax_.xaxis.set_major_locator(
            MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10])
        )
        axes = [self.ax_]
        if scores:
            one = scores[0].removeprefix("val_").replace("_", " ").capitalize()
            self.score_ax_.set_ylabel(one if len(scores) == 1 else "Validation score")
            axes.append(self.score_ax_)
        legend_above(*axes, title=self.name if name is None else name)
        return self

    def _axes_of(self, series):
        """Return the axes a series is drawn in."""
        return self.ax_ if _is_loss(series) else self.score_ax_

    def _draw_series(self, kwargs):
        """Draw each series against the epoch."""
        self.lines_ = {}
        colors, linestyles = itertools.cycle(_COLORS), itertools.cycle(_LINESTYLES)
        for series, values in self.history.items():
            style = {
                "label": "training loss" if series == "loss" else series,
                "color": next(colors),
                "linestyle": next(linestyles),
                # A line through one epoch would not be seen.
                "marker": "o" if len(values) == 1 else None,
            }
            (self.lines_[series],) = self._axes_of(series).plot(
                range(1, len(values) + 1), values, **styled(style, kwargs)
            )

    def _mark_best_epoch(self):
        """Mark the best epoch, and its value in the series that decided."""
        self.best_line_ = self.best_mark_ = None
        if self.best_epoch is None:
            return
        ax, line = self._axes_of(self.monitor), self.lines_[self.monitor]
        self.best_line_ = ax.axvline(
            self.best_epoch, color="0.5", linestyle=":", zorder=1
        )
        (self.best_mark_,) = ax.plot(
            [self.best_epoch],
            [self.history[self.monitor][self.best_epoch - 1]],
            color=line.get_color(),
            linestyle="none",
            marker="o",
            label=f"best epoch: {self.best_epoch}",
        )


def _series(history):
    """Return the training loss and the series of the validation rows."""
    if not isinstance(history, Mapping):
        raise TypeError(
            f"history must be a dict of lists, or a keras History. Got "
            f"{type(history).__name__}."
        )
    series = {
        name: list(values)
        for name, values in history.items()
        if name == "loss" or name.startswith("val_")
    }
    if not series:
        raise ValueError(
            f"history must have 'loss', or series whose names begin with 'val_'. It "
            f"has {list(history)}."
        )
    return series


def _is_loss(series):
    """Return whether a series is a loss by its name."""
    return series.endswith("loss") and not series.startswith("val_neg_")


def _watched_series(history, monitor):
    """Return the name of the series that early stopping watched, or None."""
    watched = [series for series in history if series.startswith("val_")]
    if not isinstance(monitor, str):  # a scorer's own name comes after val_loss
        return next(iter(watched[:2][::-1]), None)
    named = f"val_{monitor}"
    return next((series for series in (named, *watched) if series in history), None)


def _best_epoch(history, monitor, greater_is_better, *, first=0):
    """Return the best epoch from 1, the earlier one of equals, or None."""
    values = np.asarray(history.get(monitor, []), dtype=np.float64)[first:]
    if np.isnan(values).all():
        return None
    best = np.nanargmax(values) if greater_is_better else np.nanargmin(values)
    return int(best) + first + 1
