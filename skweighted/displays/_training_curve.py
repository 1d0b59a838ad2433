"""Training curves: the losses and scores of a network after each epoch.

Epochs count from 1. A series is a loss if its name ends in "loss".
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from skweighted._thresholds import chain
from skweighted.displays._axes import axes_or_new, legend_above, right_axis, styled

_COLORS = ("tab:blue", "tab:orange", "black", "0.5")
_LINESTYLES = ("-", "-", "--", "-.", ":")


class TrainingCurveDisplay:
    """Training loss, and losses and scores of the validation rows, by epoch.

    Losses are on the left axis, other scores on the right one. The best epoch, whose
    weights early stopping restores, is marked.

    Make it with `from_estimator` or `from_history`. Parameters are attributes.

    Parameters
    ----------
    history : dict of str to list of float
        The series to draw: "loss" and those whose names begin with ``val_``.
    monitor : str, default=None
        Name of the series that determines the best epoch.
    best_epoch : int, default=None
        The best epoch; epochs count from 1. None marks nothing.
    name : str, default=None
        Title of the legend.

    Attributes
    ----------
    lines_ : dict of str to matplotlib Line2D
    best_line_ : matplotlib Line2D or None
    best_mark_ : matplotlib Line2D or None
        On the series named by `monitor`.
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

    def __init__(
        self,
        *,
        history: Mapping[str, Sequence[float]],
        monitor: str | None = None,
        best_epoch: int | None = None,
        name: str | None = None,
    ) -> None:
        self.history = history
        self.monitor = monitor
        self.best_epoch = best_epoch
        self.name = name

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseEstimator,
        *,
        name: str | None = None,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Self:
        """Draw how a fitted network was trained.

        Parameters
        ----------
        estimator : estimator
            Fitted, with `history_`; or a pipeline, search or threshold of scikit-learn
            around such a one. Its `best_epoch_` is marked if there is one,
            and if validation rows were monitored.
        name : str, default=None
            Title of the legend.
        ax : matplotlib Axes, default=None
            Where to draw; a right axis is added if there are scores other than losses.
            None makes a new figure.
        **kwargs
            Passed to matplotlib's `plot` for each series.

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
        *_, estimator = chain(estimator)
        if not hasattr(estimator, "history_"):
            raise TypeError(
                f"{cls.__name__} draws history_, which {type(estimator).__name__} does "
                f"not have. Pass a fitted CostSensitiveMLPClassifier, or a dict to "
                f"from_history."
            )
        history = _series(estimator.history_)
        monitor = _monitored_series(history, getattr(estimator, "monitor", "loss"))
        best_epoch = getattr(estimator, "best_epoch_", None) if monitor else None
        display = cls(
            history=history, monitor=monitor, best_epoch=best_epoch, name=name
        )
        return display.plot(ax=ax, **kwargs)

    @classmethod
    def from_history(
        cls,
        history: Mapping[str, Sequence[float]],
        *,
        monitor: str = "val_loss",
        greater_is_better: bool | None = None,
        name: str | None = None,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the series of a training history.

        Parameters
        ----------
        history : dict of str to list of float, or keras History
        monitor : str, default="val_loss"
            The series that determines the best epoch. If `history` does not have it,
            no epoch is marked.
        greater_is_better : bool, default=None
            Whether a greater value of `monitor` is better. None means True, unless it
            is a loss.
        name, ax, **kwargs
            As in `from_estimator`.

        Returns
        -------
        display : TrainingCurveDisplay

        Raises
        ------
        TypeError
            If `history` is neither a dict nor a keras History.
        ValueError
            If it has neither "loss" nor a series whose name begins with ``val_``.
        """
        series = _series(getattr(history, "history", history))
        if greater_is_better is None:
            greater_is_better = not _is_loss(monitor)
        display = cls(
            history=series,
            monitor=monitor if monitor in series else None,
            best_epoch=_best_epoch(series.get(monitor, []), greater_is_better),
            name=name,
        )
        return display.plot(ax=ax, **kwargs)

    def plot(
        self, ax: Axes | None = None, *, name: str | None = None, **kwargs: Any
    ) -> Self:
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
        self.ax_.autoscale(axis="y")  # if the axes have another history already
        self.ax_.set(
            xlabel="Epoch", ylabel="Loss", xlim=(0.5, self.ax_.dataLim.xmax + 0.5)
        )
        self.ax_.xaxis.set_major_locator(
            MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10])
        )
        axes = [self.ax_]
        if self.score_ax_:
            only = scores[0].removeprefix("val_").replace("_", " ").capitalize()
            self.score_ax_.set_ylabel(only if len(scores) == 1 else "Validation score")
            axes.append(self.score_ax_)
        legend_above(*axes, title=self.name if name is None else name)
        return self

    def _axes_of(self, series: str) -> Axes:
        """Return the axes of a series."""
        return self.score_ax_ if self.score_ax_ and not _is_loss(series) else self.ax_

    def _draw_series(self, kwargs: Mapping[str, Any]) -> None:
        """Draw each series against the epoch."""
        self.lines_ = {}
        colors, linestyles = itertools.cycle(_COLORS), itertools.cycle(_LINESTYLES)
        for series, values in self.history.items():
            style = {
                "label": "training loss" if series == "loss" else series,
                "color": next(colors),
                "linestyle": next(linestyles),
                # A line through a single epoch is invisible.
                "marker": "o" if len(values) == 1 else None,
            }
            (self.lines_[series],) = self._axes_of(series).plot(
                range(1, len(values) + 1), values, **styled(style, kwargs)
            )

    def _mark_best_epoch(self) -> None:
        """Mark the best epoch, and its value in the monitored series."""
        self.best_line_ = self.best_mark_ = None
        if self.best_epoch is None or self.monitor is None:
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


def _series(history: Any) -> dict[str, list[float]]:
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
            f"history must have 'loss', or series whose names begin with 'val_'. Got "
            f"{list(history)}."
        )
    return series


def _is_loss(series: str) -> bool:
    """Return whether the name of a series is that of a loss."""
    return series.endswith("loss") and not series.startswith("val_neg_")


def _monitored_series(history: Mapping[str, Any], monitor: Any) -> str | None:
    """Return the name of the series that early stopping monitored, or None."""
    of_validation = [series for series in history if series.startswith("val_")]
    if f"val_{monitor}" in of_validation:
        return f"val_{monitor}"
    if not of_validation:
        return None
    # The name of a scorer comes after val_loss; log_loss is recorded as val_loss.
    is_scorer = not isinstance(monitor, str)
    return of_validation[:2][-1] if is_scorer else of_validation[0]


def _best_epoch(values: Sequence[float], greater_is_better: bool) -> int | None:
    """Return the best epoch, the first one of equals; None if there is no value."""
    array = np.asarray(values, dtype=np.float64)
    if np.isnan(array).all():
        return None
    best = np.nanargmax(array) if greater_is_better else np.nanargmin(array)
    return int(best) + 1
