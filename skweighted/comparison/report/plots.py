"""Pictures of a comparison, each drawn into axes of the caller, which it returns.

Where many strategies were compared, few have lines of their own; those with the very
same probabilities, such as the ones that only decide otherwise, share one. With more
than two classes, curves are those of the rarest class against the rest.
"""

from collections.abc import Callable, Iterable
from itertools import zip_longest
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter
from scipy import sparse
from sklearn.calibration import calibration_curve
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.metrics import precision_recall_curve, roc_curve

from skweighted.comparison.measures import MEASURES, N_BINS
from skweighted.comparison.preprocessing import make_preprocessing
from skweighted.comparison.report.style import (
    GREY,
    OF_COMMON,
    OF_RAREST,
    chosen,
    decision,
    legend_below,
    looks,
    ranking,
    small_first,
    spread,
    title,
    words,
)
from skweighted.comparison.results import Results
from skweighted.displays import ThresholdDisplay

MOST_ROWS = 2000
GRID = np.linspace(0, 1, 201)
THRESHOLDS = np.linspace(0, 1, 401) ** 2  # even steps on the scale of `small_first`


def precision_recall(
    results: Results, ax: Axes, strategies: Iterable[str] | None = None
) -> Axes:
    """Draw precision against recall: mean over folds and one standard deviation.

    Interpolated in steps, as average precision counts: straight lines would promise
    too much (Davis & Goadrich, 2006). By default the reference and the best by average
    precision.
    """

    def curve(truth: np.ndarray, proba: np.ndarray) -> np.ndarray:
        precision, recall, _ = precision_recall_curve(truth, proba)
        # From the highest threshold on, without sklearn's added point at recall 0.
        place = np.searchsorted(recall[-2::-1], GRID)
        return precision[-2::-1][place]

    problem = results.problem
    _mean_curves(results, ax, strategies, curve)
    share = (problem.y == problem.positive).mean()
    ax.axhline(share, color=GREY, linestyle=":", linewidth=1, label="by chance")
    ax.set(xlabel=f"Recall of class {words(problem.positive)}", ylabel="Precision")
    return legend_below(ax)


def roc(results: Results, ax: Axes, strategies: Iterable[str] | None = None) -> Axes:
    """Draw true against false positive rates: mean over folds, one standard deviation.

    By default the strategies of `precision_recall`.
    """

    def curve(truth: np.ndarray, proba: np.ndarray) -> np.ndarray:
        false_positive, true_positive, _ = roc_curve(truth, proba)
        return np.interp(GRID, false_positive, true_positive)

    _mean_curves(results, ax, strategies, curve)
    ax.plot([0, 1], [0, 1], color=GREY, linestyle=":", linewidth=1, label="by chance")
    positive = words(results.problem.positive)
    ax.set(
        xlabel="False positive rate (share of all other rows)",
        ylabel=f"Recall of class {positive} (true positive rate)",
    )
    return legend_below(ax)


def calibration(
    results: Results, ax: Axes, strategies: Iterable[str] | None = None
) -> Axes:
    """Draw how often the rarest class occurs where it is predicted so often.

    All out-of-fold probabilities of a strategy, in ten bins of equally many rows. By
    default the reference, weights and corrections, then the best by calibration error.
    """
    ranked = ranking(results, "calibration_error")
    touched = [name for name in ranked if "weight" in name or "correct" in name]
    labels = chosen(results, strategies, [*touched, *ranked])
    style, largest = looks(results), 0.0
    for name, label in labels.items():
        share, mean = calibration_curve(
            *_pooled(results, name), n_bins=N_BINS, strategy="quantile"
        )
        largest = max(largest, *share, *mean)
        ax.plot(mean, share, **style[name], markersize=4, label=label)
    ax.plot(
        [0, 1], [0, 1], color=GREY, linestyle=":", linewidth=1, label="as predicted"
    )
    ax.set(xlim=(0, min(1.15 * largest, 1)), ylim=(0, min(1.15 * largest, 1)))
    small_first(ax, "x", "y")
    positive = words(results.problem.positive)
    ax.set(
        xlabel=f"Predicted probability of class {positive} (square-root scale)",
        ylabel=f"Share of class {positive}",
    )
    return legend_below(ax)


def cost_against_threshold(
    results: Results, ax: Axes, strategies: Iterable[str] | None = None
) -> Axes:
    """Draw the mean cost of all out-of-fold decisions against their threshold.

    Marked is the threshold that is cheapest where probabilities are right (Elkan, 2001,
    eq. 2). By default the reference and the cheapest there. ValueError without costs or
    with more than two classes.
    """
    if results.cost_matrix is None or len(results.problem.classes) > 2:
        raise ValueError(
            "Cost is drawn against the threshold for two classes and with costs. "
            "Compare with cost_matrix=, or see comparison.summary()."
        )
    curves = {name: _cost_curve(results, name) for name in results.outcomes}
    ranked = sorted(curves, key=lambda name: curves[name].bayes_cost)
    labels, styles = chosen(results, strategies, ranked), looks(results)
    for name, label in labels.items():
        curve = curves[name]
        # At a threshold between two probabilities answers are those at the next one.
        cost = curve.expected_cost[np.searchsorted(curve.thresholds, THRESHOLDS)]
        style = styles[name] | {"marker": ""}
        ax.plot(THRESHOLDS, cost, **style, label=f"{label}: {curve.bayes_cost:.3g}")
    threshold = curve.bayes_threshold
    ax.axvline(threshold, color=GREY, linestyle=":", label="Bayes threshold")
    # At 0 every answer is an alarm; there the cost may leave the picture.
    top = max(curves[name].expected_cost[-1] for name in labels)
    top = 1.3 * max(top, *(curves[name].bayes_cost for name in labels))
    ax.set(xlim=(0, 1), ylim=(min(0, ax.get_ylim()[0]), top))
    small_first(ax, "x")
    positive = words(results.problem.positive)
    ax.set(
        xlabel=f"Threshold on the probability of class {positive} (square-root scale)",
        ylabel="Cost per row (in the unit of the costs)",
    )
    return legend_below(ax, f"Cost at the Bayes threshold, {threshold:.3g}")


def principal_components(results: Results, ax: Axes, random_state: int = 0) -> Axes:
    """Draw the rows in two principal components of the preprocessed features.

    Fitted on all rows, for this picture only: in the comparison preprocessing sees
    training rows only. Of each class but the rarest at most 2,000 rows, drawn by
    chance; the rarest lies on top. Sparse features are not centred (truncated SVD).
    """
    problem = results.problem
    points, names = _two_components(problem.X, random_state)
    draw = np.random.default_rng(random_state)
    common = np.argsort(-problem.class_counts, kind="stable")
    common = [label for label in problem.classes[common] if label != problem.positive]
    for turn, label in enumerate([*common, problem.positive]):
        rows = np.flatnonzero(problem.y == label)
        note, is_rarest = f"{len(rows):,} rows", turn == len(common)
        if len(rows) > MOST_ROWS and not is_rarest:
            note = f"{MOST_ROWS:,} of {note}"
            rows = draw.choice(rows, MOST_ROWS, replace=False)
        ax.scatter(
            *points[rows].T,
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
    """Draw the training loss over epochs, the mean over the folds still training.

    By default the reference and the best by the main metric that have such a curve,
    ValueError where none has. Weights and other losses change the scale of a loss.
    """
    with_curves = [
        name
        for name in ranking(results)
        if all("loss" in outcome.history for outcome in results.outcomes[name])
    ]
    if not with_curves:
        raise ValueError(
            "No strategy has training curves: the model keeps no history_. Compare "
            "with a CostSensitiveMLPClassifier."
        )
    labels = chosen(results, strategies, with_curves)
    style = looks(results)
    for name, label in labels.items():
        losses = [outcome.history["loss"] for outcome in results.outcomes[name]]
        # A fold that stopped early has no losses after that.
        by_epoch = zip_longest(*losses, fillvalue=np.nan)
        mean = [np.nanmean(of_folds) for of_folds in by_epoch]
        ax.plot(
            range(1, len(mean) + 1), mean, **(style[name] | {"marker": ""}), label=label
        )
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.set(xlabel="Epoch", ylabel="Training loss (each on its own scale)")
    return legend_below(ax)


def time_against_quality(
    results: Results, ax: Axes, metric: str = "average_precision"
) -> Axes:
    """Draw a metric against the seconds of one fit, means over folds, with names."""
    means = results.summary().xs("mean", axis=1, level=1)
    means = means[np.isfinite(means[metric])].sort_values(metric)
    seconds = means["fit_seconds"]
    # A decade at least, for below that a log scale has hardly a round number.
    middle = np.sqrt(seconds.min() * seconds.max())
    reach = max(1.4 * seconds.max() / middle, 3.5)
    ax.set(xscale="log", xlim=(middle / reach, middle * reach))
    low, high = means[metric].min(), means[metric].max()
    margin = 0.06 * (high - low) or 0.5
    ax.set_ylim(low - margin, high + margin)
    # Names stand in a column beside the axes, apart from each other by a share of the
    # height, each joined to its point: points may lie close together, names may not.
    heights = (means[metric] - low + margin) / (high - low + 2 * margin)
    styles = looks(results)
    for (name, row), height in zip(
        means.iterrows(), spread(heights.to_numpy()), strict=True
    ):
        style = styles[name]
        ax.annotate(
            words(name),
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
    """Draw how far each strategy is from the reference: mean, interval, and verdict.

    The best is at the top. Intervals hold the difference with 95 % probability (Nadeau
    & Bengio, 2003); inside the shaded region it makes none in practice. By default in
    the main metric.
    """
    metric, reference, rope = results.question(metric)
    table = results.differences(metric, rope=rope)
    ranked = [name for name in ranking(results, metric) if name in table.index]
    drawn = set()
    for height, name in enumerate(reversed(ranked)):
        row = table.loc[name]
        kind, marker, colour, face = decision(row)
        if np.isfinite([row["low"], row["high"]]).all():
            ax.plot([row["low"], row["high"]], [height] * 2, color=colour, linewidth=2)
        ax.plot(
            row["difference"],
            height,
            marker=marker,
            color=colour,
            markerfacecolor=face,
            markersize=7,
            linestyle="none",
            label="" if kind in drawn else kind,
        )
        drawn.add(kind)
    same = f"no difference in practice: ± {rope:.2g}"
    ax.axvspan(-rope, rope, color=GREY, alpha=0.2, linewidth=0, label=same)
    ax.axvline(0, color="black", linewidth=1)
    ax.set_yticks(range(len(ranked)), [words(name) for name in reversed(ranked)])
    ax.set_ylim(-0.6, len(ranked) - 0.4)
    way = "right is better" if MEASURES[metric].greater_is_better else "left is better"
    ax.set_xlabel(f"{title(metric)}: difference from {words(reference)} ({way})")
    return legend_below(ax)


def _mean_curves(
    results: Results,
    ax: Axes,
    strategies: Iterable[str] | None,
    curve: Callable[[np.ndarray, np.ndarray], np.ndarray],
) -> None:
    """Draw the mean of the curves of all folds, and a standard deviation about it."""
    labels = chosen(results, strategies, ranking(results, "average_precision"))
    styles = looks(results)
    for name, label in labels.items():
        style = styles[name] | {"marker": ""}
        curves = np.array([curve(*rows) for rows in _asked(results, name)])
        mean = curves.mean(axis=0)
        ax.plot(GRID, mean, **style, label=label)
        if len(curves) > 1:
            deviation = curves.std(axis=0, ddof=1)
            band = np.clip([mean - deviation, mean + deviation], 0, 1)
            ax.fill_between(GRID, *band, color=style["color"], alpha=0.1, linewidth=0)
    ax.set(xlim=(0, 1), ylim=(0, 1.02))


def _asked(results: Results, strategy: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return who is of the rarest class, and its probability, in each fold."""
    problem = results.problem
    column = problem.classes.tolist().index(problem.positive)
    return [
        (problem.y[fold.test] == problem.positive, outcome.proba[:, column].clip(0, 1))
        for fold, outcome in zip(results.folds, results.outcomes[strategy], strict=True)
    ]


def _pooled(results: Results, strategy: str) -> tuple[np.ndarray, np.ndarray]:
    """Return truth and probability of the rarest class in all folds together."""
    truths, probas = zip(*_asked(results, strategy), strict=True)
    return np.concatenate(truths), np.concatenate(probas)


def _cost_curve(results: Results, strategy: str) -> ThresholdDisplay:
    """Return the cost of all out-of-fold decisions at every threshold."""
    problem = results.problem
    truth, proba = _pooled(results, strategy)
    (other,) = (label for label in problem.classes if label != problem.positive)
    return ThresholdDisplay.from_predictions(
        np.where(truth, problem.positive, other).astype(problem.classes.dtype),
        proba,
        cost_matrix=results.cost_matrix,
        pos_label=problem.positive,
        ax=Figure().add_subplot(),  # its numbers are wanted, not its picture
    )


def _two_components(X: Any, random_state: int) -> tuple[np.ndarray, tuple[str, str]]:
    """Return two coordinates for every row, and what they are."""
    features = make_preprocessing(X).fit_transform(X)
    if features.shape[1] == 1:
        noise = np.random.default_rng(random_state).uniform(size=features.shape[0])
        only = features.toarray() if sparse.issparse(features) else features
        return np.column_stack([only, noise]), ("The only feature", "By chance")
    kind, name = PCA, "Principal component"
    if sparse.issparse(features):
        kind, name = TruncatedSVD, "Singular vector"
    model = kind(n_components=2, random_state=random_state)
    points = model.fit_transform(features)
    shares = model.explained_variance_ratio_
    return points, tuple(
        f"{name} {number}"
        + (f" ({share:.0%} of the variance)" if np.isfinite(share) else "")
        for number, share in enumerate(shares, start=1)
    )
