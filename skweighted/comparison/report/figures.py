"""Figures of a comparison. Each function draws into the given axes and returns them.

At most six lines are drawn; strategies with identical probabilities share a line. With
more than two classes, curves are those of the rarest class against the rest.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter
from scipy import sparse
from sklearn.decomposition import PCA, TruncatedSVD

from skweighted._costs._decide import bayes_threshold
from skweighted._curves import (
    at_threshold,
    calibration_curve,
    costs_of_two,
    mean_by_epoch,
    precision_at_recall,
    recall_at_false_positive_rate,
    threshold_curves,
)
from skweighted.comparison.measures import MEASURES, N_BINS
from skweighted.comparison.report.style import (
    GRAY,
    OF_COMMON,
    OF_DECISIONS,
    OF_RAREST,
    chosen,
    legend_below,
    looks,
    small_first,
    spread,
    title,
    words,
)
from skweighted.comparison.report.verdict import DECISIONS, decision
from skweighted.comparison.results import Results, positives, problem_of
from skweighted.preprocessing import TablePreparation

MOST_ROWS = 2000
GRID = np.linspace(0, 1, 201)
THRESHOLDS = np.linspace(0, 1, 401) ** 2  # even steps on the scale of `small_first`


def precision_recall(
    results: Results, ax: Axes, strategies: Iterable[str] | None = None
) -> Axes:
    """Draw precision against recall: mean and standard deviation over the folds.

    By default the reference and the best by average precision.
    """
    _mean_curves(results, ax, strategies, precision_at_recall)
    share = (problem_of(results).y == results.positive).mean()
    ax.axhline(share, color=GRAY, linestyle=":", linewidth=1, label="by chance")
    ax.set(xlabel=f"Recall of class {words(results.positive)}", ylabel="Precision")
    return legend_below(ax)


def roc(results: Results, ax: Axes, strategies: Iterable[str] | None = None) -> Axes:
    """Draw the ROC curve: mean and standard deviation over the folds.

    By default the strategies of `precision_recall`.
    """
    _mean_curves(results, ax, strategies, recall_at_false_positive_rate)
    ax.plot([0, 1], [0, 1], color=GRAY, linestyle=":", linewidth=1, label="by chance")
    positive = words(results.positive)
    ax.set(
        xlabel="False positive rate (share of all other rows)",
        ylabel=f"Recall of class {positive} (true positive rate)",
    )
    return legend_below(ax)


def calibration(
    results: Results, ax: Axes, strategies: Iterable[str] | None = None
) -> Axes:
    """Draw the share of the rarest class against its predicted probability.

    All out-of-fold probabilities of a strategy, in ten bins of equal size. By default
    the reference, weights and corrections, then the best by calibration error.
    """
    ranked = results.ranking("calibration_error")
    weighted = [name for name in ranked if "weight" in name or "correct" in name]
    labels = chosen(results, strategies, [*weighted, *ranked])
    style, largest = looks(results), 0.0
    for name, label in labels.items():
        curve = calibration_curve(*_pooled(results, name), n_bins=N_BINS)
        largest = max(largest, *curve.prob_true, *curve.prob_pred)
        ax.plot(
            curve.prob_pred, curve.prob_true, **style[name], markersize=4, label=label
        )
    ax.plot(
        [0, 1], [0, 1], color=GRAY, linestyle=":", linewidth=1, label="as predicted"
    )
    ax.set(xlim=(0, min(1.15 * largest, 1)), ylim=(0, min(1.15 * largest, 1)))
    small_first(ax, "x", "y")
    positive = words(results.positive)
    ax.set(
        xlabel=f"Predicted probability of class {positive} (square-root scale)",
        ylabel=f"Share of class {positive}",
    )
    return legend_below(ax)


def cost_against_threshold(
    results: Results, ax: Axes, strategies: Iterable[str] | None = None
) -> Axes:
    """Draw the mean cost of all out-of-fold decisions against their threshold.

    The Bayes threshold, which is the cheapest if the probabilities are true (Elkan,
    2001, eq. 2), is marked. By default the reference and the cheapest there. ValueError
    without costs or with more than two classes.
    """
    problem = problem_of(results)
    if results.cost_matrix is None or len(problem.classes) > 2:
        raise ValueError(
            "Cost against the threshold needs two classes and costs. Compare with "
            "cost_matrix=, or use comparison.summary()."
        )
    (other,) = (label for label in problem.classes if label != results.positive)
    costs = costs_of_two(results.cost_matrix, (other, results.positive))
    threshold = float(bayes_threshold(costs))
    at = np.append(THRESHOLDS, [threshold, np.inf])
    costs_at = {name: _costs_at(results, name, costs, at) for name in results.outcomes}
    ranked = sorted(costs_at, key=lambda name: costs_at[name][-2])
    labels, styles = chosen(results, strategies, ranked), looks(results)
    for name, label in labels.items():
        style = styles[name] | {"marker": ""}
        *cost, at_bayes, _ = costs_at[name]
        ax.plot(THRESHOLDS, cost, **style, label=f"{label}: {at_bayes:.3g}")
    ax.axvline(threshold, color=GRAY, linestyle=":", label="Bayes threshold")
    # At 0 every row is predicted positive; there the cost may leave the figure.
    top = 1.3 * max(max(costs_at[name][-2:]) for name in labels)
    ax.set(xlim=(0, 1), ylim=(min(0, ax.get_ylim()[0]), top))
    small_first(ax, "x")
    positive = words(results.positive)
    ax.set(
        xlabel=f"Threshold on the probability of class {positive} (square-root scale)",
        ylabel="Cost per row (in the unit of the costs)",
    )
    return legend_below(ax, f"Cost at the Bayes threshold, {threshold:.3g}")


def principal_components(results: Results, ax: Axes, random_state: int = 0) -> Axes:
    """Draw the rows in two principal components of the preprocessed features.

    Fitted on all rows, for this figure only: in the comparison, preprocessing is fitted
    on training rows. Of each class but the rarest, at most 2,000 random rows are drawn;
    the rarest is on top. Sparse features are not centered (truncated SVD).
    """
    problem = problem_of(results)
    points, names = _two_components(problem.X, random_state)
    draw = np.random.default_rng(random_state)
    order = np.argsort(-problem.class_counts, kind="stable")
    common = [label for label in problem.classes[order] if label != results.positive]
    for turn, label in enumerate([*common, results.positive]):
        rows = np.flatnonzero(problem.y == label)
        note, is_rarest = f"{len(rows):,} rows", turn == len(common)
        if len(rows) > MOST_ROWS and not is_rarest:
            note = f"{MOST_ROWS:,} of {note}"
            rows = draw.choice(rows, MOST_ROWS, replace=False)
        ax.scatter(
            points[rows, 0],
            points[rows, 1],
            s=18 if is_rarest else 8,
            color=OF_RAREST if is_rarest else OF_COMMON[turn % len(OF_COMMON)],
            marker="^" if is_rarest else "o",
            alpha=0.9 if is_rarest else 0.5,
            linewidths=0,
            rasterized=True,
            label=f"{words(label)}: {note}",
        )
    ax.set(xlabel=names[0], ylabel=names[1])
    return legend_below(ax)


def training_curves(
    results: Results, ax: Axes, strategies: Iterable[str] | None = None
) -> Axes:
    """Draw the training loss by epoch, the mean over the folds still in training.

    By default the reference and the best by the main metric that have such a curve;
    ValueError if none has. Weights and loss functions change the scale of a loss.
    """
    with_curves = [
        name
        for name in results.ranking()
        if all("loss" in outcome.history for outcome in results.outcomes[name])
    ]
    if not with_curves:
        raise ValueError(
            "No strategy has training curves, because the model has no history_. "
            "Compare with a CostSensitiveMLPClassifier."
        )
    labels = chosen(results, strategies, with_curves)
    style = looks(results)
    for name, label in labels.items():
        mean = mean_by_epoch(
            outcome.history["loss"] for outcome in results.outcomes[name]
        )
        ax.plot(
            range(1, len(mean) + 1), mean, **(style[name] | {"marker": ""}), label=label
        )
    ax.xaxis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10]))
    ax.set(xlabel="Epoch", ylabel="Training loss (each on its own scale)")
    return legend_below(ax)


def time_against_quality(
    results: Results, ax: Axes, metric: str = "average_precision"
) -> Axes:
    """Draw a metric against the seconds of one fit, means over folds, with names."""
    means = results.summary().xs("mean", axis=1, level=1)
    means = means[np.isfinite(means[metric])].sort_values(metric)
    seconds = means["fit_seconds"]
    # At least a decade, because a shorter log scale has few round numbers.
    middle = np.sqrt(seconds.min() * seconds.max())
    reach = max(1.4 * seconds.max() / middle, 3.5)
    ax.set(xscale="log", xlim=(middle / reach, middle * reach))
    low, high = means[metric].min(), means[metric].max()
    margin = 0.06 * (high - low) or 0.5
    ax.set_ylim(low - margin, high + margin)
    # Names are in a column next to the axes, each joined to its point: points may
    # overlap, names may not.
    heights = (means[metric] - low + margin) / (high - low + 2 * margin)
    styles = looks(results)
    for (name, row), height in zip(
        means.iterrows(), spread(heights.to_numpy()), strict=True
    ):
        style = styles[name]
        ax.annotate(
            words(results.label(name)),
            (row["fit_seconds"], row[metric]),
            (1.04, height),
            textcoords="axes fraction",
            va="center",
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": style["color"],
                "alpha": 0.5,
                "linewidth": 0.7,
                "relpos": (0, 0.5),
            },
        )
        ax.plot(row["fit_seconds"], row[metric], **(style | {"linestyle": "none"}))
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=8))
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_minor_formatter(NullFormatter())
    way = "more" if MEASURES[metric].greater_is_better else "less"
    ax.set(
        xlabel="Seconds of one fit (log scale)",
        ylabel=f"{title(metric)} ({way} is better)",
    )
    return ax


def differences(results: Results, ax: Axes, metric: str | None = None) -> Axes:
    """Draw the difference of each strategy from the reference, the best on top.

    Lines are 95 % intervals (Nadeau & Bengio, 2003); in the shaded region differences
    are negligible in practice. By default in the main metric.
    """
    metric, reference, rope = results.question(metric)
    rows = results.differences(metric, rope=rope).to_dict("index")
    ranked = [name for name in results.ranking(metric) if name in rows]
    limits = _limits([rows[name] for name in ranked], rope)
    drawn = set()
    for height, name in enumerate(reversed(ranked)):
        kind = decision(rows[name])
        style: dict[str, Any] = OF_DECISIONS[kind]
        _draw_interval(ax, rows[name], height, limits, style["color"])
        if limits[0] <= rows[name]["difference"] <= limits[1]:
            ax.plot(
                rows[name]["difference"],
                height,
                **style,
                markersize=7,
                linestyle="none",
                label="" if kind in drawn else DECISIONS[kind],
            )
            drawn.add(kind)
    same = f"negligible in practice: ± {rope:.2g}"
    ax.axvspan(-rope, rope, color=GRAY, alpha=0.2, linewidth=0, label=same)
    ax.axvline(0, color="black", linewidth=1)
    labels = [words(results.label(name)) for name in reversed(ranked)]
    ax.set_yticks(range(len(ranked)), labels)
    ax.set_ylim(-0.6, len(ranked) - 0.4)
    if np.isfinite(limits[0]):
        ax.set_xlim(left=limits[0])
    if np.isfinite(limits[1]):
        ax.set_xlim(right=limits[1])
    way = "right is better" if MEASURES[metric].greater_is_better else "left is better"
    against = f"{title(metric)} against {words(results.label(reference))}"
    ax.set_title(against, loc="left", fontsize="medium")
    ax.set_xlabel(f"Difference ({way})")
    # Names of strategies leave little width for the axes, below which the legend is.
    return legend_below(ax, n_columns=1)


def _limits(rows: list[Mapping[Any, float]], rope: float) -> tuple[float, float]:
    """Return where to clip the axis of differences; infinite where it is not clipped.

    It is clipped if some intervals reach three times as far as those of nine tenths of
    the strategies, because nobody could read the others.
    """
    ends = np.array([[row["low"], row["high"]] for row in rows])
    differences = np.array([[row["difference"]] * 2 for row in rows])
    ends = np.where(np.isfinite(ends), ends, differences)
    reach = np.abs(ends).max(axis=1)
    most = max(np.quantile(reach, 0.9, method="lower"), 2 * rope)
    if most == 0 or reach.max() <= 3 * most:
        return -np.inf, np.inf
    # Two tenths for the arrow, and the number next to it.
    limit = 1.2 * most
    low = -limit if ends.min() < -limit else -np.inf
    return low, limit if ends.max() > limit else np.inf


def _draw_interval(
    ax: Axes,
    row: Mapping[Any, float],
    height: int,
    limits: tuple[float, float],
    color: str,
) -> None:
    """Draw the interval of a difference, with an arrow where it leaves the axis."""
    low, high, difference = row["low"], row["high"], row["difference"]
    if np.isfinite([low, high]).all():
        ends = np.clip([low, high], *limits)
        ax.plot(ends, [height] * 2, color=color, linewidth=2)
    else:
        low = high = difference
    arrow: dict[str, Any] = {"color": color, "markersize": 9, "clip_on": False}
    number: dict[str, Any] = {"color": color, "fontsize": "small"}
    if low < limits[0]:
        ax.plot(limits[0], height, marker="<", **arrow)
    if high > limits[1]:
        ax.plot(limits[1], height, marker=">", **arrow)
    if not limits[0] <= difference <= limits[1]:
        side, limit, shift = (
            ("left", limits[0], 12) if difference < 0 else ("right", limits[1], -12)
        )
        ax.annotate(
            f"{difference:+.2g}",
            (limit, height),
            (shift, 5),
            textcoords="offset points",
            ha=side,
            **number,
        )


def _mean_curves(
    results: Results,
    ax: Axes,
    strategies: Iterable[str] | None,
    curve: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray],
) -> None:
    """Draw the mean of the curves of all folds, and their standard deviation."""
    labels = chosen(results, strategies, results.ranking("average_precision"))
    styles = looks(results)
    for name, label in labels.items():
        style = styles[name] | {"marker": ""}
        curves = np.array([curve(*rows, GRID) for rows in positives(results, name)])
        mean = curves.mean(axis=0)
        ax.plot(GRID, mean, **style, label=label)
        if len(curves) > 1:
            deviation = curves.std(axis=0, ddof=1)
            band = np.clip([mean - deviation, mean + deviation], 0, 1)
            ax.fill_between(GRID, *band, color=style["color"], alpha=0.1, linewidth=0)
    ax.set(xlim=(0, 1), ylim=(0, 1.02))


def _pooled(results: Results, strategy: str) -> tuple[np.ndarray, np.ndarray]:
    """Return truth and probability of the rarest class in all folds together."""
    truths, probas = zip(*positives(results, strategy), strict=True)
    return np.concatenate(truths), np.concatenate(probas)


def _costs_at(
    results: Results, strategy: str, costs: np.ndarray, thresholds: np.ndarray
) -> np.ndarray:
    """Return the mean cost of all out-of-fold decisions at some thresholds."""
    curves = threshold_curves(*_pooled(results, strategy), costs=costs)
    assert curves.expected_cost is not None  # because there are costs
    return at_threshold(curves.thresholds, curves.expected_cost, thresholds)


def _two_components(X: Any, random_state: int) -> tuple[np.ndarray, tuple[str, str]]:
    """Return two coordinates of every row, and their names."""
    preparation = TablePreparation(scale_numbers=True).set_output(transform="default")
    features = preparation.fit_transform(X)
    if features.shape[1] == 1:
        noise = np.random.default_rng(random_state).uniform(size=features.shape[0])
        only = features.toarray() if sparse.issparse(features) else features
        return np.column_stack([only, noise]), ("The only feature", "Random")
    kind, name = PCA, "Principal component"
    if sparse.issparse(features):
        kind, name = TruncatedSVD, "Singular vector"
    model = kind(n_components=2, random_state=random_state)
    points = model.fit_transform(features)
    shares = model.explained_variance_ratio_
    first, second = (
        f"{name} {number}"
        + (f" ({share:.0%} of the variance)" if np.isfinite(share) else "")
        for number, share in enumerate(shares, start=1)
    )
    return points, (first, second)
