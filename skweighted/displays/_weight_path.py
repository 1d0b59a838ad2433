"""Scores and expected cost of a search against the weight of a class.

The weight is relative to that of the other class.
"""

import itertools
from collections.abc import Mapping
from typing import Any, NamedTuple, Self

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.lines import Line2D
from matplotlib.ticker import StrMethodFormatter
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from skweighted.displays._axes import axes_or_new, legend_above, right_axis, styled
from skweighted.displays._binary_rows import Label
from skweighted.metrics import expected_cost_score

_STYLES = (
    {"color": "tab:blue", "marker": "o"},
    {"color": "tab:orange", "marker": "s", "linestyle": "--"},
    {"color": "0.5", "marker": "^", "linestyle": "-."},
)
_COST_STYLE = {"color": "black", "marker": "o", "linewidth": 2}


class WeightPath(NamedTuple):
    """The numbers of a `WeightPathDisplay`; its parameters have their meaning."""

    weights: np.ndarray
    scores: dict[str, np.ndarray]
    losses: dict[str, np.ndarray]
    chosen_weight: float | None
    pos_label: Label


class WeightPathDisplay:
    """Scores and expected cost of a search against the weight of a class.

    Lines are means over the folds, bands are one standard deviation to each side. The
    weight that the search has chosen is marked. Losses and the expected cost, of which
    less is better, are on the left axis, and scores on the right one.

    If other parameters were searched as well, each weight is shown with the best
    values of the others, by the score that chose the best candidate.

    Make it with `from_search`. Parameters are attributes.

    Parameters
    ----------
    weights : ndarray of shape (n_weights,)
        Weight of `pos_label` divided by that of the other class, ascending.
    scores : dict of str to ndarray of shape (n_weights, n_folds)
        Scores on the test folds, of which more is better.
    losses : dict of str to ndarray of shape (n_weights, n_folds)
        Costs per row and losses on the test folds, of which less is better.
    chosen_weight : float, default=None
        The weight to mark.
    pos_label : int, float, bool or str, default=None
        The class that is weighted.

    Attributes
    ----------
    lines_ : dict of str to matplotlib Line2D
    bands_ : dict of str to matplotlib PolyCollection
    chosen_line_ : matplotlib Line2D or None
    ax_ : matplotlib Axes
        Of the losses; of the scores if there are no losses.
    score_ax_ : matplotlib Axes or None
        Of the scores.
    figure_ : matplotlib Figure

    See Also
    --------
    sklearn.model_selection.ValidationCurveDisplay : Scores against any parameter.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from skweighted import ClassWeightSearchCV, CostSensitiveMLPClassifier
    >>> from skweighted.displays import WeightPathDisplay
    >>> X, y = make_classification(weights=[0.9], random_state=0)
    >>> clf = CostSensitiveMLPClassifier(epochs=5, random_state=0)
    >>> search = ClassWeightSearchCV(clf, "path", scoring="f1", cv=3).fit(X, y)
    >>> WeightPathDisplay.from_search(search).scores["f1"].shape
    (9, 3)
    """

    def __init__(
        self,
        *,
        weights: np.ndarray,
        scores: Mapping[str, np.ndarray],
        losses: Mapping[str, np.ndarray],
        chosen_weight: float | None = None,
        pos_label: Label | None = None,
    ) -> None:
        self.weights = weights
        self.scores = scores
        self.losses = losses
        self.chosen_weight = chosen_weight
        self.pos_label = pos_label

    @classmethod
    def from_search(
        cls,
        search: BaseEstimator,
        *,
        pos_label: Label | None = None,
        name: str | None = None,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the scores of a fitted search.

        Parameters
        ----------
        search : ClassWeightSearchCV, GridSearchCV or another search
            Fitted, with a `class_weight` among its parameters. Candidates are left out
            if their `class_weight` is a function or a name, such as "balanced", or if
            they were pruned.
        pos_label : int, float, bool or str, default=None
            The class that is weighted. None is the class whose weights differ between
            candidates if there is only one, else the second class.
        name : str, default=None
            Title of the legend.
        ax : matplotlib Axes, default=None
            Where to draw; a right axis is added if there are scores and losses. None
            makes a new figure.
        **kwargs
            Passed to matplotlib's `plot` for each line.

        Returns
        -------
        display : WeightPathDisplay

        Raises
        ------
        NotFittedError
            If the search is not fitted.
        TypeError
            If it has no `cv_results_`.
        ValueError
            If no candidate has weights of two classes, or `pos_label` is not one of
            them.
        """
        path = weight_path(search, pos_label)
        return cls(**path._asdict()).plot(ax=ax, name=name, **kwargs)

    def plot(
        self, ax: Axes | None = None, *, name: str | None = None, **kwargs: Any
    ) -> Self:
        """Draw the lines and bands.

        Parameters
        ----------
        ax, name, **kwargs
            As in `from_search`.

        Returns
        -------
        display : WeightPathDisplay
        """
        self.ax_ = axes_or_new(ax)
        self.figure_ = self.ax_.figure
        self.ax_.set_xscale("log")
        self.ax_.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        self.score_ax_: Any = None
        if self.scores:
            self.score_ax_ = right_axis(self.ax_) if self.losses else self.ax_
        self.lines_: dict[str, Line2D] = {}
        self.bands_: dict[str, PolyCollection] = {}
        styles = itertools.cycle(_STYLES)
        for axes, series in ((self.ax_, self.losses), (self.score_ax_, self.scores)):
            for label, values in series.items():
                style = _COST_STYLE if label == "expected cost" else next(styles)
                self._draw(axes, label, values, styled(style, kwargs))
            if axes is not None and series:
                only = next(iter(series)).capitalize().replace("cost", "cost per row")
                several = "Score" if axes is self.score_ax_ else "Cost per row, loss"
                axes.set_ylabel(only if len(series) == 1 else several)
        self.chosen_line_ = None
        if self.chosen_weight is not None:
            self.chosen_line_ = self.ax_.axvline(
                self.chosen_weight,
                color="0.5",
                linestyle=":",
                zorder=1,
                label=f"chosen weight {self.chosen_weight:.3g}",
            )
        of_class = "a class" if self.pos_label is None else f"class {self.pos_label}"
        self.ax_.set_xlabel(f"Weight of {of_class}, relative to the other class")
        twins = () if self.score_ax_ in (None, self.ax_) else (self.score_ax_,)
        legend_above(self.ax_, *twins, title=name)
        return self

    def _draw(
        self, ax: Any, label: str, values: np.ndarray, style: dict[str, Any]
    ) -> None:
        """Draw the mean over folds, and a band of its standard deviation."""
        mean, spread = values.mean(axis=1), values.std(axis=1)
        (line,) = ax.plot(self.weights, mean, **{"label": label} | style)
        self.lines_[label] = line
        self.bands_[label] = ax.fill_between(
            self.weights,
            mean - spread,
            mean + spread,
            color=line.get_color(),
            alpha=0.15,
            linewidth=0,
        )


def weight_path(search: Any, pos_label: Label | None = None) -> WeightPath:
    """Return the scores of a fitted search against the weight of a class.

    Parameters
    ----------
    search, pos_label
        As in `WeightPathDisplay.from_search`.
    """
    if not hasattr(search, "fit") or not hasattr(search, "scoring"):
        raise TypeError(
            f"WeightPathDisplay draws cv_results_, which {type(search).__name__} does "
            f"not have. Pass a fitted ClassWeightSearchCV or GridSearchCV."
        )
    check_is_fitted(search, "cv_results_")
    results = search.cv_results_
    given = [_class_weight(params) for params in results["params"]]
    pos_label = _positive(given) if pos_label is None else pos_label
    weight = np.array([_relative(one, pos_label) for one in given])
    weight[results.get("pruned", np.zeros(len(weight), bool))] = np.nan
    if np.isnan(weight).all():
        raise ValueError(
            f"WeightPathDisplay needs candidates whose class_weight is a dict of "
            f"weights above zero of two classes. None has one for class {pos_label!r}. "
            f"Use ClassWeightSearchCV(estimator, 'path')."
        )
    weights, rows = _best_of_each(weight, _rank(search))
    scores: dict[str, np.ndarray] = {}
    losses: dict[str, np.ndarray] = {}
    for name in [key[10:] for key in results if key.startswith("mean_test_")]:
        folds = range(search.n_splits_)
        values = [results[f"split{fold}_test_{name}"][rows] for fold in folds]
        label, is_loss = _label_of(search.scorer_, name)
        if is_loss:
            losses[label] = -np.transpose(values)
        else:
            scores[label] = np.transpose(values)
    best = getattr(search, "best_index_", None)
    is_known = best is not None and not np.isnan(weight[best])
    return WeightPath(
        weights, scores, losses, float(weight[best]) if is_known else None, pos_label
    )


def _class_weight(params: Mapping[str, Any]) -> Any:
    """Return the class weights of a candidate; a name if there are none."""
    for name, value in params.items():
        if name.rpartition("__")[2] == "class_weight":
            return value
    return "not searched"


def _positive(given: list[Any]) -> Label:
    """Return the only class whose weights differ, else the second class."""
    pairs = [one for one in given if isinstance(one, Mapping) and len(one) == 2]
    labels = sorted({label for pair in pairs for label in pair})
    if not labels:
        return 1
    varied = [label for label in labels if len({pair.get(label) for pair in pairs}) > 1]
    return varied[0] if len(varied) == 1 else labels[-1]


def _relative(given: Any, pos_label: Label) -> float:
    """Return the weight of a class, relative to the other one; NaN if unknown."""
    if given is None:
        return 1.0
    if not (isinstance(given, Mapping) and len(given) == 2 and pos_label in given):
        return np.nan
    (other,) = (weight for label, weight in given.items() if label != pos_label)
    ratio = given[pos_label] / other if other else 0.0
    return ratio if ratio > 0 else np.nan  # a logarithmic scale has no zero


def _rank(search: Any) -> np.ndarray:
    """Return the rank of each candidate by the score that chose the best one."""
    results = search.cv_results_
    ranks = [key for key in results if key.startswith("rank_test_")]
    chosen = f"rank_test_{search.refit}"
    return results[chosen if chosen in ranks else ranks[0]]


def _best_of_each(
    weight: np.ndarray, rank: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct weights, and the candidate of the best rank for each."""
    order = np.lexsort((rank, weight))
    order = order[~np.isnan(weight[order])]
    weights, first = np.unique(weight[order], return_index=True)
    return weights, order[first]


def _label_of(scorers: Any, name: str) -> tuple[str, bool]:
    """Return how a score is called, and whether it is the negative of a loss."""
    scorer = scorers.get(name) if isinstance(scorers, Mapping) else scorers
    function = getattr(scorer, "_score_func", None)
    if function is expected_cost_score:
        return "expected cost", True
    if name == "score" and function is not None:
        name = function.__name__.removesuffix("_score")
    return name.removeprefix("neg_").replace("_", " "), (
        getattr(scorer, "_sign", 1) == -1
    )
