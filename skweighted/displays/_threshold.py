"""Expected cost, precision and recall at every threshold, for one cost matrix."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike
from scipy.special import expit, logit
from sklearn.base import BaseEstimator

from skweighted._curves import at_threshold, costs_of_two, threshold_curves
from skweighted.displays._axes import (
    UNIT_TICKS,
    axes_or_new,
    legend_above,
    right_axis,
    styled,
)
from skweighted.displays._binary_rows import Label, binary_rows
from skweighted.displays._estimators import positive_proba, with_correction
from skweighted.metrics import CostMatrix

FEWEST_TICKS, MOST_TICKS = 3, 6


class ThresholdDisplay:
    """Expected cost, precision and recall against the threshold.

    Exact: computed at every distinct probability. Two thresholds are marked: the Bayes
    threshold ``false_alarm / (false_alarm + miss)`` (Elkan, 2001, eq. 2), and the
    cheapest threshold on these rows. If they are far apart, or the Bayes threshold
    costs much more, the probabilities are not well calibrated.

    Make it with `from_estimator` or `from_predictions`. Parameters are attributes.

    Parameters
    ----------
    thresholds : ndarray of shape (n_thresholds,)
        The distinct probabilities, ascending, and inf: all predictions are negative.
    precision : ndarray of shape (n_thresholds,)
        NaN at inf.
    recall : ndarray of shape (n_thresholds,)
    expected_cost : ndarray of shape (n_thresholds,), default=None
        Mean cost per row, in the unit of the costs.
    bayes_threshold : float, default=None
        The threshold of least expected cost if the probabilities are true.
    classes : tuple (negative, positive), default=None
        Labels.
    name : str, default=None
        Title of the legend.

    Attributes
    ----------
    bayes_cost : float or None
        Mean cost per row at `bayes_threshold`.
    cheapest_threshold : float or None
        The lowest threshold with the least `expected_cost`.
    cheapest_cost : float or None
        Mean cost per row there.
    precision_line_, recall_line_ : matplotlib Line2D
    cost_line_, bayes_line_, cheapest_mark_ : matplotlib Line2D or None
        None without costs.
    ax_ : matplotlib Axes
        Of the costs; without costs that of precision and recall.
    score_ax_ : matplotlib Axes
        Of precision and recall; with costs the right axis of `ax_`.
    figure_ : matplotlib Figure

    See Also
    --------
    CostCurveDisplay : For all costs at once.
    skweighted.metrics.expected_cost_score : Mean cost of decisions.

    Examples
    --------
    >>> from skweighted.displays import ThresholdDisplay
    >>> display = ThresholdDisplay.from_predictions(
    ...     [0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], cost_matrix=[[0, 1], [3, 0]]
    ... )
    >>> display.bayes_threshold, display.bayes_cost
    (0.25, 0.25)
    >>> display.expected_cost
    array([0.5 , 0.25, 1.  , 0.75, 1.5 ])
    """

    def __init__(
        self,
        *,
        thresholds: np.ndarray,
        precision: np.ndarray,
        recall: np.ndarray,
        expected_cost: np.ndarray | None = None,
        bayes_threshold: float | None = None,
        classes: tuple[Label, Label] | None = None,
        name: str | None = None,
    ) -> None:
        self.thresholds = thresholds
        self.precision = precision
        self.recall = recall
        self.expected_cost = expected_cost
        self.bayes_threshold = bayes_threshold
        self.classes = classes
        self.name = name

    @property
    def bayes_cost(self) -> float | None:
        """Mean cost per row at `bayes_threshold`, in the unit of the costs."""
        if self.expected_cost is None:
            return None
        return float(
            at_threshold(self.thresholds, self.expected_cost, self.bayes_threshold)
        )

    @property
    def cheapest_threshold(self) -> float | None:
        """The lowest threshold with the least `expected_cost`."""
        if self.expected_cost is None:
            return None
        return float(self.thresholds[self.expected_cost.argmin()])

    @property
    def cheapest_cost(self) -> float | None:
        """The least mean cost per row, in the unit of the costs."""
        return None if self.expected_cost is None else float(self.expected_cost.min())

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseEstimator,
        X: Any,
        y: ArrayLike,
        *,
        cost_matrix: CostMatrix | None = None,
        sample_weight: ArrayLike | None = None,
        pos_label: Label | None = None,
        xscale: str = "linear",
        name: str | None = None,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Self:
        """Draw costs, precision and recall of a fitted classifier at every threshold.

        If the estimator, or the last step of a pipeline, has the parameter
        `correct_probabilities`, the corrected probabilities are drawn, because these
        are what costs are applied to. The estimator is not changed.

        Parameters
        ----------
        estimator : estimator
            Fitted classifier of two classes with `predict_proba`.
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            True labels.
        cost_matrix : dict, DataFrame or array-like of shape (2, 2), default=None
            Costs, all in one unit. An array is in the order of ``estimator.classes_``.
            None draws precision and recall only.
        sample_weight : array-like of shape (n_samples,), default=None
            At least 0. None weighs every row 1.
        pos_label : int, float, bool or str, default=None
            The positive class. None is ``estimator.classes_[1]``.
        xscale : {"linear", "logit"}, default="linear"
            Scale of the thresholds. "logit" spreads thresholds near 0 and 1,
            where those of rare classes are.
        name : str, default=None
            Title of the legend.
        ax : matplotlib Axes, default=None
            Where to draw; with costs, a right axis is added. None makes a new figure.
        **kwargs
            Passed to matplotlib's `plot` for each of the curves.

        Returns
        -------
        display : ThresholdDisplay

        Raises
        ------
        TypeError
            If the estimator has no `predict_proba`.
        ValueError
            If there are not exactly two classes, the costs are invalid, or the
            distortion of the probabilities cannot be undone.
        """
        corrected = with_correction(estimator, correct=True)
        if corrected is not None:
            estimator = corrected
        proba, pos_label = positive_proba(cls, estimator, X, y, pos_label)
        return cls.from_predictions(
            y,
            proba,
            cost_matrix=cost_matrix,
            sample_weight=sample_weight,
            pos_label=pos_label,
            xscale=xscale,
            name=name,
            ax=ax,
            **kwargs,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_proba: ArrayLike,
        *,
        cost_matrix: CostMatrix | None = None,
        sample_weight: ArrayLike | None = None,
        pos_label: Label | None = None,
        xscale: str = "linear",
        name: str | None = None,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Self:
        """Draw costs, precision and recall of probabilities at every threshold.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,)
            True labels.
        y_proba : array-like of shape (n_samples,)
            Probability of the positive class.
        cost_matrix : dict, DataFrame or array-like of shape (2, 2), default=None
            As in `from_estimator`. An array is in the order of the sorted labels.
        pos_label : int, float, bool or str, default=None
            The positive class. None is 1 where labels are {0, 1} or {-1, 1}.
        sample_weight, xscale, name, ax, **kwargs
            As in `from_estimator`.

        Returns
        -------
        display : ThresholdDisplay

        Raises
        ------
        ValueError
            If there are not exactly two classes, or the costs, probabilities or weights
            are invalid.
        """
        rows = binary_rows(cls, y_true, y_proba, sample_weight, pos_label)
        costs = None
        if cost_matrix is not None:
            costs = costs_of_two(cost_matrix, rows.classes)
        curves = threshold_curves(rows.positive, rows.proba, rows.weight, costs)
        display = cls(**curves._asdict(), classes=rows.classes, name=name)
        return display.plot(ax=ax, xscale=xscale, **kwargs)

    def plot(
        self,
        ax: Axes | None = None,
        *,
        xscale: str = "linear",
        name: str | None = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the curves.

        Parameters
        ----------
        ax, xscale, name, **kwargs
            As in `from_estimator`. None is the name of the display.

        Returns
        -------
        display : ThresholdDisplay
        """
        if xscale not in ("linear", "logit"):
            raise ValueError(f"xscale must be 'linear' or 'logit'. Got {xscale!r}.")
        self.ax_ = self.score_ax_ = axes_or_new(ax)
        self.figure_ = self.ax_.figure
        self.cost_line_: Line2D | None = None
        self.bayes_line_: Line2D | None = None
        self.cheapest_mark_: Line2D | None = None
        self._scale_thresholds(xscale)
        if self.expected_cost is not None and self.bayes_threshold is not None:
            self._draw_costs(self.expected_cost, kwargs)
            self._mark_thresholds(self.expected_cost, self.bayes_threshold)
            self.score_ax_ = right_axis(self.ax_)
        self._draw_scores(kwargs)
        sign = "" if self.classes is None else f" of class {self.classes[1]}"
        self.ax_.set_xlabel(f"Threshold on the probability{sign}")
        name = self.name if name is None else name
        legend_above(*dict.fromkeys([self.ax_, self.score_ax_]), title=name)
        return self

    def _scale_thresholds(self, xscale: str) -> None:
        """Set the scale of the thresholds and its limits."""
        if xscale == "linear":
            self.ax_.set_xlim(0, 1)
            return
        shown = np.append(self.thresholds, [self.bayes_threshold or 0.5, 0.5])
        odds = logit(shown[(shown > 0) & (shown < 1)])
        # In this order, since 0 and 1, the limits of new axes, are not on the scale.
        self.ax_.set_xlim(expit([odds.min() - 0.3, odds.max() + 0.3]))
        self.ax_.set_xscale("logit", nonpositive="clip")
        ticks = _logit_ticks(*self.ax_.get_xlim())
        self.ax_.set_xticks(ticks, [f"{tick:.10g}" for tick in ticks])
        self.ax_.minorticks_off()

    def _draw_steps(
        self,
        ax: Axes,
        values: np.ndarray,
        style: Mapping[str, Any],
        kwargs: Mapping[str, Any],
    ) -> Line2D:
        """Draw values as steps: each is valid down to the threshold before it."""
        (line,) = ax.plot(
            np.concatenate([[0], self.thresholds[:-1], [1]]),
            np.concatenate([values[:1], values]),
            **styled({"drawstyle": "steps-pre", **style}, kwargs),
        )
        return line

    def _draw_costs(self, cost: np.ndarray, kwargs: Mapping[str, Any]) -> None:
        """Draw the expected cost."""
        style = {"color": "black", "linewidth": 2, "label": "expected cost"}
        ax = self.ax_
        self.cost_line_ = self._draw_steps(ax, cost, style, kwargs)
        least, most = min(0, cost.min()), cost.max()
        top = most + 0.02 * (most - least)
        ax.set(ylabel="Expected cost per row", ylim=(least, top))

    def _mark_thresholds(self, cost: np.ndarray, bayes_threshold: float) -> None:
        """Mark the Bayes threshold and the cheapest threshold."""
        bayes_cost = at_threshold(self.thresholds, cost, bayes_threshold)
        (self.bayes_line_,) = self.ax_.plot(
            [bayes_threshold] * 2,
            [min(0, cost.min()), bayes_cost],
            color="black",
            linestyle=":",
            marker="o",
            markevery=[1],
            label=f"Bayes threshold {bayes_threshold:.3g}",
        )
        cheapest = self.thresholds[cost.argmin()]
        label = "above all" if np.isinf(cheapest) else f"{cheapest:.3g}"
        (self.cheapest_mark_,) = self.ax_.plot(
            [np.clip(cheapest, *self.ax_.get_xlim())],
            [cost.min()],
            color="black",
            linestyle="none",
            marker="D",
            markerfacecolor="white",
            label=f"cheapest threshold {label}",
            clip_on=False,
        )

    def _draw_scores(self, kwargs: Mapping[str, Any]) -> None:
        """Draw precision and recall."""
        blue = {"color": "tab:blue", "label": "precision"}
        orange = {"color": "tab:orange", "linestyle": "--", "label": "recall"}
        ax = self.score_ax_
        self.precision_line_ = self._draw_steps(ax, self.precision, blue, kwargs)
        self.recall_line_ = self._draw_steps(ax, self.recall, orange, kwargs)
        ax.set(ylabel="Precision, recall", ylim=(0, 1.02), yticks=UNIT_TICKS)


def _logit_ticks(low: float, high: float) -> np.ndarray:
    """Return ticks between two probabilities: 0.5, and powers of ten from 0 and 1."""
    decades = 10.0 ** -np.arange(1, 11)
    # Few enough that their labels, which have all digits, do not overlap.
    for every in (1, 2, 3, 5):
        shown = decades[::every]
        ticks = np.array([*shown[::-1], 0.5, *(1 - shown)])
        ticks = ticks[(ticks >= low) & (ticks <= high)]
        if len(ticks) <= MOST_TICKS:
            break
    if len(ticks) < FEWEST_TICKS:
        tenths = np.arange(1, 10) / 10
        return tenths[(tenths >= low) & (tenths <= high)]
    return ticks
