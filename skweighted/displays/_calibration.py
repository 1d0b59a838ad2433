"""Reliability of probabilities, before and after their correction."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.metrics import brier_score_loss, log_loss

from skweighted._curves import calibration_curve
from skweighted.displays._axes import UNIT_TICKS, axes_or_new, legend_above, styled
from skweighted.displays._binary_rows import BinaryRows, Label, binary_rows
from skweighted.displays._estimators import positive_proba, with_correction


class Reliability(NamedTuple):
    """Predicted probabilities against observed frequencies.

    Attributes
    ----------
    prob_true, prob_pred : ndarray of shape (n_bins,) or smaller
        Fraction of positives and mean probability in each bin, as
        `sklearn.calibration.calibration_curve` returns them.
    y_proba : ndarray of shape (n_samples,)
        Probability of the positive class.
    log_loss, brier : float
        Mean over the rows; lower is better.
    n_rows : ndarray of shape (n_bins,) or smaller
        Number of rows in each bin.
    low, high : ndarray of shape (n_bins,) or smaller
        95 % confidence interval of `prob_true` (Wilson, 1927).
    """

    prob_true: np.ndarray
    prob_pred: np.ndarray
    y_proba: np.ndarray
    log_loss: float
    brier: float
    n_rows: np.ndarray
    low: np.ndarray
    high: np.ndarray


class CalibrationCorrectionDisplay:
    """Reliability of probabilities before and after their correction.

    Class weights, and losses other than cross-entropy, distort the probabilities of a
    network; ``correct_probabilities=True`` undoes that. On the diagonal, predicted
    probabilities equal observed frequencies. Vertical lines are 95 % confidence
    intervals. The histogram below counts rows on a logarithmic scale.

    Make it with `from_estimator` or `from_predictions`. Parameters are attributes.

    Parameters
    ----------
    before, after : Reliability
        With `prob_true`, `prob_pred`, `y_proba`, `log_loss`, `brier`, `n_rows`, `low`
        and `high`.
    classes : tuple (negative, positive), default=None
        Labels.
    name : str, default=None
        Title of the legend.

    Attributes
    ----------
    before_line_, after_line_ : matplotlib Line2D
    ax_ : matplotlib Axes
    histogram_ax_ : matplotlib Axes
        Inside the lower part of `ax_`.
    figure_ : matplotlib Figure

    See Also
    --------
    sklearn.calibration.CalibrationDisplay : One curve.

    Examples
    --------
    >>> from skweighted.displays import CalibrationCorrectionDisplay
    >>> display = CalibrationCorrectionDisplay.from_predictions(
    ...     [0, 0, 0, 1], [0.5, 0.5, 0.5, 0.5], [0.25, 0.25, 0.25, 0.25]
    ... )
    >>> display.before.brier, display.after.brier
    (0.25, 0.1875)
    """

    def __init__(
        self,
        *,
        before: Reliability,
        after: Reliability,
        classes: tuple[Label, Label] | None = None,
        name: str | None = None,
    ) -> None:
        self.before = before
        self.after = after
        self.classes = classes
        self.name = name

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseEstimator,
        X: Any,
        y: ArrayLike,
        *,
        n_bins: int = 10,
        strategy: str = "quantile",
        pos_label: Label | None = None,
        name: str | None = None,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the reliability of a fitted classifier, uncorrected and corrected.

        Parameters
        ----------
        estimator : estimator
            Fitted classifier of two classes with the parameter
            `correct_probabilities`; or a pipeline whose last step has it, or a search
            whose best estimator has it. It is not changed.
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            True labels.
        n_bins : int, default=10
            Number of bins of each curve.
        strategy : {"quantile", "uniform"}, default="quantile"
            Bins with equal numbers of rows, or of equal width.
        pos_label : int, float, bool or str, default=None
            The positive class. None is ``estimator.classes_[1]``.
        name : str, default=None
            Title of the legend.
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.
        **kwargs
            Passed to matplotlib's `plot` for both curves.

        Returns
        -------
        display : CalibrationCorrectionDisplay

        Raises
        ------
        TypeError
            If the estimator has no `correct_probabilities`.
        ValueError
            If there are not exactly two classes, or the distortion of the
            probabilities cannot be undone.
        """
        estimators = [with_correction(estimator, correct) for correct in (False, True)]
        if None in estimators:
            raise TypeError(
                f"{cls.__name__} needs an estimator with the parameter "
                f"correct_probabilities, which {type(estimator).__name__} does not "
                f"have. Pass its probabilities before and after a correction to "
                f"from_predictions."
            )
        (before, pos_label), (after, _) = (
            positive_proba(cls, estimator, X, y, pos_label) for estimator in estimators
        )
        return cls.from_predictions(
            y,
            before,
            after,
            n_bins=n_bins,
            strategy=strategy,
            pos_label=pos_label,
            name=name,
            ax=ax,
            **kwargs,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_proba_before: ArrayLike,
        y_proba_after: ArrayLike,
        *,
        n_bins: int = 10,
        strategy: str = "quantile",
        pos_label: Label | None = None,
        name: str | None = None,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the reliability of two sets of probabilities.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,)
            True labels.
        y_proba_before, y_proba_after : array-like of shape (n_samples,)
            Probability of the positive class.
        pos_label : int, float, bool or str, default=None
            The positive class. None is 1 where labels are {0, 1} or {-1, 1}.
        n_bins, strategy, name, ax, **kwargs
            As in `from_estimator`.

        Returns
        -------
        display : CalibrationCorrectionDisplay

        Raises
        ------
        ValueError
            If there are not exactly two classes, or the probabilities are invalid.
        """
        before, after = (
            binary_rows(cls, y_true, y_proba, None, pos_label)
            for y_proba in (y_proba_before, y_proba_after)
        )
        display = cls(
            before=_reliability(before, n_bins, strategy),
            after=_reliability(after, n_bins, strategy),
            classes=before.classes,
            name=name,
        )
        return display.plot(ax=ax, **kwargs)

    def plot(
        self, ax: Axes | None = None, *, name: str | None = None, **kwargs: Any
    ) -> Self:
        """Draw both curves, the diagonal and the histogram.

        Parameters
        ----------
        ax, name, **kwargs
            As in `from_estimator`. None is the name of the display.

        Returns
        -------
        display : CalibrationCorrectionDisplay
        """
        self.ax_ = axes_or_new(ax)
        self.figure_ = self.ax_.figure
        self.ax_.plot(
            [0, 1], [0, 1], color="0.5", linestyle=":", label="true probabilities"
        )
        self.before_line_ = self._draw_curve(
            "uncorrected", self.before, kwargs, color="tab:orange", marker="s"
        )
        self.after_line_ = self._draw_curve(
            "corrected", self.after, kwargs, color="tab:blue", marker="o"
        )
        sign = "" if self.classes is None else f" of class {self.classes[1]}"
        self.ax_.set(
            xlabel=f"Mean predicted probability{sign}",
            xlim=(0, 1),
            ylim=(-0.4, 1.02),
        )
        self.ax_.set_yticks(UNIT_TICKS)
        legend_above(self.ax_, title=self.name if name is None else name)
        self._draw_histogram(sign)
        return self

    def _draw_curve(
        self,
        label: str,
        reliability: Reliability,
        kwargs: Mapping[str, Any],
        **style: Any,
    ) -> Line2D:
        """Draw one reliability curve, with its scores in the legend."""
        style["label"] = (
            f"{label}: log loss {reliability.log_loss:.3f}, "
            f"Brier {reliability.brier:.3f}"
        )
        (line,) = self.ax_.plot(
            reliability.prob_pred, reliability.prob_true, **styled(style, kwargs)
        )
        self.ax_.vlines(
            reliability.prob_pred,
            reliability.low,
            reliability.high,
            color=line.get_color(),
            alpha=0.4,
            linewidth=1,
        )
        return line

    def _draw_histogram(self, sign: str) -> None:
        """Draw a histogram of the probabilities below the curves."""
        bottom, top = self.ax_.get_ylim()
        floor = -bottom / (top - bottom)
        # In the middle of the part above the histogram.
        self.ax_.set_ylabel(f"Fraction{sign}", y=(1 + floor) / 2)
        self.histogram_ax_ = self.ax_.inset_axes((0, 0, 1, 0.7 * floor))
        self.histogram_ax_.hist(
            [self.before.y_proba, self.after.y_proba],
            bins=np.linspace(0, 1, 21).tolist(),
            color=[self.before_line_.get_color(), self.after_line_.get_color()],
            log=True,
        )
        self.histogram_ax_.set(xlim=(0, 1), ylabel="Rows")
        self.histogram_ax_.tick_params(labelbottom=False)


def _reliability(rows: BinaryRows, n_bins: int, strategy: str) -> Reliability:
    """Return how the probabilities of rows compare with their labels."""
    curve = calibration_curve(
        rows.positive, rows.proba, n_bins=n_bins, strategy=strategy
    )
    return Reliability(
        **curve._asdict(),
        y_proba=rows.proba,
        log_loss=float(log_loss(rows.positive, rows.proba)),
        brier=float(brier_score_loss(rows.positive, rows.proba)),
    )
