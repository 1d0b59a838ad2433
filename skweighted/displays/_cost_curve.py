"""Cost curves: what a classifier costs, for all costs and class frequencies at once."""

from typing import Any, Self

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils import check_consistent_length, column_or_1d

from skweighted._curves import cost_curve, costs_of_two
from skweighted.displays._axes import axes_or_new, legend_above, styled
from skweighted.displays._binary_rows import BinaryRows, Label, binary_rows
from skweighted.displays._estimators import positive_proba
from skweighted.metrics import CostMatrix


class CostCurveDisplay:
    """Normalized expected cost against the probability cost of the positive class.

    A cost curve shows for which costs and class frequencies a classifier is better than
    another, or than a constant prediction (Drummond & Holte, 2006). The x axis is the
    probability cost ``PC(+) = p(+) C(-|+) / (p(+) C(-|+) + p(-) C(+|-))``, with costs
    net of the cost of a correct prediction. The y axis is ``FNR * PC(+) + FPR * (1 -
    PC(+))``, the expected cost as a share of the highest possible one. Each threshold
    is a line, and the curve is the lower envelope of these lines.

    Make it with `from_estimator` or `from_predictions`. Parameters are attributes.

    Parameters
    ----------
    probability_cost : ndarray of shape (n_vertices,)
        PC(+) of the vertices of the envelope, ascending from 0 to 1.
    normalized_cost : ndarray of shape (n_vertices,)
        Normalized expected cost at the vertices; linear in between.
    decision : tuple (fpr, fnr), default=None
        False positive and false negative rate of the classifier's own predictions.
    operating_point : float, default=None
        PC(+) of the given costs and the class frequencies of the rows.
    classes : tuple (negative, positive), default=None
        Labels.
    name : str, default=None
        Name of the classifier in the legend.

    Attributes
    ----------
    line_ : matplotlib Line2D
        The envelope.
    trivial_line_ : matplotlib Line2D or None
        The constant predictions; None if the axes have them already.
    decision_line_, operating_line_ : matplotlib Line2D or None
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure

    See Also
    --------
    ThresholdDisplay : Expected cost against the threshold, for one cost matrix.

    References
    ----------
    C. Drummond and R. C. Holte, "Cost curves: An improved method for visualizing
    classifier performance", Machine Learning 65, 2006.

    Examples
    --------
    >>> from skweighted.displays import CostCurveDisplay
    >>> display = CostCurveDisplay.from_predictions(
    ...     [0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], cost_matrix=[[0, 1], [3, 0]]
    ... )
    >>> display.operating_point
    0.75
    >>> display.probability_cost, display.normalized_cost
    (array([0. , 0.5, 1. ]), array([0.  , 0.25, 0.  ]))
    """

    def __init__(
        self,
        *,
        probability_cost: np.ndarray,
        normalized_cost: np.ndarray,
        decision: tuple[float, float] | None = None,
        operating_point: float | None = None,
        classes: tuple[Label, Label] | None = None,
        name: str | None = None,
    ) -> None:
        self.probability_cost = probability_cost
        self.normalized_cost = normalized_cost
        self.decision = decision
        self.operating_point = operating_point
        self.classes = classes
        self.name = name

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
        name: str | None = None,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the cost curve of a fitted classifier and the line of its predictions.

        Parameters
        ----------
        estimator : estimator
            Fitted classifier of two classes with `predict_proba`.
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            True labels.
        cost_matrix : dict, DataFrame or array-like of shape (2, 2), default=None
            Costs, all in one unit, to mark the operating point. An array is in the
            order of ``estimator.classes_``.
        sample_weight : array-like of shape (n_samples,), default=None
            At least 0. None weighs every row 1.
        pos_label : int, float, bool or str, default=None
            The positive class. None is ``estimator.classes_[1]``.
        name : str, default=None
            Name in the legend. None is the name of the estimator's class.
        ax : matplotlib Axes, default=None
            Where to draw; the axes may have other cost curves. None makes a new
            figure.
        **kwargs
            Passed to matplotlib's `plot` for the envelope.

        Returns
        -------
        display : CostCurveDisplay

        Raises
        ------
        TypeError
            If the estimator has no `predict_proba`.
        ValueError
            If there are not exactly two classes, or the costs are invalid.
        """
        proba, pos_label = positive_proba(cls, estimator, X, y, pos_label)
        return cls.from_predictions(
            y,
            proba,
            y_pred=estimator.predict(X),
            cost_matrix=cost_matrix,
            sample_weight=sample_weight,
            pos_label=pos_label,
            name=type(estimator).__name__ if name is None else name,
            ax=ax,
            **kwargs,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_proba: ArrayLike,
        *,
        y_pred: ArrayLike | None = None,
        cost_matrix: CostMatrix | None = None,
        sample_weight: ArrayLike | None = None,
        pos_label: Label | None = None,
        name: str | None = "Classifier",
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the cost curve of probabilities, and the line of predictions if given.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,)
            True labels.
        y_proba : array-like of shape (n_samples,)
            Probability of the positive class.
        y_pred : array-like of shape (n_samples,), default=None
            Predicted labels.
        cost_matrix : dict, DataFrame or array-like of shape (2, 2), default=None
            As in `from_estimator`. An array is in the order of the sorted labels.
        pos_label : int, float, bool or str, default=None
            The positive class. None is 1 where labels are {0, 1} or {-1, 1}.
        name : str, default="Classifier"
            Name in the legend.
        sample_weight, ax, **kwargs
            As in `from_estimator`.

        Returns
        -------
        display : CostCurveDisplay

        Raises
        ------
        ValueError
            If there are not exactly two classes, or the costs, probabilities or weights
            are invalid.
        """
        rows = binary_rows(cls, y_true, y_proba, sample_weight, pos_label)
        probability_cost, normalized_cost = cost_curve(
            rows.positive, rows.proba, rows.weight
        )
        operating_point = decision = None
        if cost_matrix is not None:
            operating_point = _operating_point(rows, cost_matrix)
        if y_pred is not None:
            decision = _decision_rates(rows, y_pred)
        display = cls(
            probability_cost=probability_cost,
            normalized_cost=normalized_cost,
            decision=decision,
            operating_point=operating_point,
            classes=rows.classes,
            name=name,
        )
        return display.plot(ax=ax, **kwargs)

    def plot(
        self, ax: Axes | None = None, *, name: str | None = None, **kwargs: Any
    ) -> Self:
        """Draw the curve.

        Parameters
        ----------
        ax, name, **kwargs
            As in `from_estimator`. None is the name of the display.

        Returns
        -------
        display : CostCurveDisplay
        """
        self.ax_ = axes_or_new(ax)
        self.figure_ = self.ax_.figure
        name = self.name if name is None else name
        of_name = "" if name is None else f"{name}: "
        self._draw_trivial()
        style = {"linewidth": 2, "label": f"{of_name}best threshold"}
        (self.line_,) = self.ax_.plot(
            self.probability_cost, self.normalized_cost, **styled(style, kwargs)
        )
        self._draw_decision(of_name)
        self._draw_operating_point()
        sign = "" if self.classes is None else f"  (positive: {self.classes[1]})"
        self.ax_.set(
            xlabel=f"Probability cost PC(+){sign}",
            ylabel="Normalized expected cost",
            xlim=(0, 1),
            ylim=(0, 1.04 * self.ax_.dataLim.ymax),
        )
        legend_above(self.ax_)
        return self

    def _draw_trivial(self) -> None:
        """Draw the cost of the constant predictions, once for each axes."""
        negative, positive = self.classes or ("-", "+")
        label = f"always {negative} (left), always {positive} (right)"
        self.trivial_line_ = None
        if label not in self.ax_.get_legend_handles_labels()[1]:
            (self.trivial_line_,) = self.ax_.plot(
                [0, 0.5, 1], [0, 0.5, 0], color="0.5", linestyle=":", label=label
            )

    def _draw_decision(self, of_name: str) -> None:
        """Draw the line of the classifier's own predictions."""
        self.decision_line_ = None
        if self.decision is not None:
            (self.decision_line_,) = self.ax_.plot(
                [0, 1],
                self.decision,
                color=self.line_.get_color(),
                linestyle="--",
                label=f"{of_name}its predict",
            )

    def _draw_operating_point(self) -> None:
        """Mark the operating point on the curve and on the line of predictions."""
        self.operating_line_ = None
        if self.operating_point is None:
            return
        here = self.operating_point
        heights = [np.interp(here, self.probability_cost, self.normalized_cost)]
        if self.decision is not None:
            heights.append(np.interp(here, [0, 1], self.decision))
        (self.operating_line_,) = self.ax_.plot(
            [here] * (len(heights) + 1),
            [0, *heights],
            color="black",
            linewidth=1,
            marker="o",
            markevery=range(1, len(heights) + 1),
            label=f"operating point: PC(+) = {here:.2f}",
            zorder=3,
        )


def _operating_point(rows: BinaryRows, cost_matrix: CostMatrix) -> float:
    """Return PC(+), the share of false negatives in the highest possible cost."""
    costs = costs_of_two(cost_matrix, rows.classes)
    prior = np.average(rows.positive, weights=rows.weight)
    false_alarm = (costs[0, 1] - costs[0, 0]) * (1 - prior)
    miss = (costs[1, 0] - costs[1, 1]) * prior
    return float(miss / (false_alarm + miss))


def _decision_rates(rows: BinaryRows, y_pred: ArrayLike) -> tuple[float, float]:
    """Return the false positive and the false negative rate of predictions."""
    prediction = np.asarray(column_or_1d(y_pred))
    check_consistent_length(rows.present, prediction)
    prediction = prediction[rows.present]
    classes = set(rows.classes)
    unknown = sorted(set(prediction.tolist()) - classes)
    if unknown:
        raise ValueError(
            f"y_pred has labels that are not in y_true: {unknown}. Classes in y_true: "
            f"{sorted(classes)}. Check the spelling and the type of the labels."
        )
    wrong = (prediction == rows.classes[1]) != rows.positive
    fpr, fnr = (
        float(np.average(wrong[truth], weights=rows.weight[truth]))
        for truth in (~rows.positive, rows.positive)
    )
    return fpr, fnr
