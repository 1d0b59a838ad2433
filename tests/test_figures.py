"""Figures of a comparison draw what sklearn and the metrics compute."""

import warnings

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from messages import whole
from sklearn.calibration import calibration_curve
from sklearn.datasets import make_classification
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import auc, roc_auc_score, roc_curve
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.preprocessing import StandardScaler

from skweighted import Comparison, compare
from skweighted.comparison import STRATEGIES
from skweighted.comparison.report import figures
from skweighted.comparison.report.style import looks, spread, words
from skweighted.comparison.results import positives
from skweighted.metrics import expected_cost_score

LOGISTIC = LogisticRegression()
NAMES = ["none", "class_weight", "threshold", "smote"]
COSTS = {(0, 1): 1, (1, 0): 12}
FIGURES = [
    figures.precision_recall,
    figures.roc,
    figures.calibration,
    figures.principal_components,
    figures.time_against_quality,
    figures.differences,
]


def rows(n_classes=2, n_samples=300):
    weights = [0.85] if n_classes == 2 else [0.6, 0.3]
    return make_classification(
        n_samples,
        n_features=5,
        n_informative=4,
        n_redundant=0,
        n_classes=n_classes,
        weights=weights,
        class_sep=0.6,
        random_state=0,
    )


@pytest.fixture(scope="module")
def comparison():
    return compare(
        *rows(), estimator=LOGISTIC, cv=3, strategies=NAMES, cost_matrix=COSTS
    )


@pytest.fixture(scope="module")
def single_fold():
    split = StratifiedShuffleSplit(1, test_size=0.5, random_state=0)
    return compare(*rows(), estimator=LOGISTIC, cv=split, strategies=["none", "smote"])


@pytest.fixture(scope="module")
def three_classes():
    return compare(
        *rows(3), estimator=LOGISTIC, cv=2, strategies=["none", "random_under"]
    )


def axes():
    return Figure().add_subplot()


def label_of(strategy):
    return STRATEGIES[strategy].label


def line(ax, strategy):
    label = label_of(strategy) if strategy in STRATEGIES else strategy
    (found,) = [one for one in ax.get_lines() if one.get_label().startswith(label)]
    return found.get_xydata().T


def pooled(comparison, strategy):
    y = np.concatenate([comparison.problem.y[fold.test] for fold in comparison.folds])
    return y, np.concatenate([o.proba for o in comparison.outcomes[strategy]])


@pytest.mark.parametrize("strategy", ["none", "smote"])
def test_precision_recall_of_one_fold_is_the_best_cut_with_that_recall(
    single_fold, strategy
):
    y, proba = pooled(single_fold, strategy)
    ax = figures.precision_recall(single_fold, axes())
    for wanted, precision in zip(*line(ax, strategy), strict=True):
        cut = max(
            cut
            for cut in proba[:, 1]
            if (proba[y == 1, 1] >= cut).mean() >= wanted - 1e-12
        )
        assert precision == pytest.approx(y[proba[:, 1] >= cut].mean())


def test_the_area_under_precision_and_recall_is_the_average_precision(single_fold):
    _, precision = line(figures.precision_recall(single_fold, axes()), "none")
    mean = single_fold.summary().loc["none", ("average_precision", "mean")]
    # 200 steps for the 23 of the curve: a step may end up to 1/200 off.
    assert precision[1:].mean() == pytest.approx(mean, abs=0.01)


def test_the_area_under_the_roc_curve_of_one_fold_is_roc_auc(single_fold):
    y, proba = pooled(single_fold, "none")
    drawn = line(figures.roc(single_fold, axes()), "none")
    assert auc(*drawn) == pytest.approx(roc_auc_score(y, proba[:, 1]), abs=0.01)


def test_the_mean_of_folds_is_drawn_with_its_standard_deviation(comparison):
    ax = figures.roc(comparison, axes(), strategies=["smote"])
    folds = [
        np.interp(figures.GRID, *roc_curve(y[:, 0], y[:, 1])[:2])
        for y in map(np.column_stack, positives(comparison, "smote"))
    ]
    false_positive, true_positive = line(ax, "smote")
    np.testing.assert_array_equal(false_positive, figures.GRID)
    np.testing.assert_allclose(true_positive, np.mean(folds, axis=0))
    (band,) = ax.collections
    x, y = band.get_paths()[0].vertices.T
    deviation = np.std(folds, axis=0, ddof=1)
    for sign, end in [(-1, np.min), (1, np.max)]:
        drawn = [end(y[x == each]) for each in figures.GRID]
        oracle = np.clip(true_positive + sign * deviation, 0, 1)
        np.testing.assert_allclose(drawn, oracle)


def test_calibration_is_that_of_sklearn_over_all_folds(comparison):
    y, proba = pooled(comparison, "smote")
    share, mean = calibration_curve(y, proba[:, 1], n_bins=10, strategy="quantile")
    drawn = line(figures.calibration(comparison, axes()), "smote")
    np.testing.assert_allclose(drawn, [mean, share])


def test_cost_against_threshold_is_the_expected_cost_of_those_decisions(comparison):
    y, proba = pooled(comparison, "smote")
    drawn = line(figures.cost_against_threshold(comparison, axes()), "smote")
    for threshold, cost in drawn.T[::10]:
        y_pred = (proba[:, 1] >= threshold).astype(int)
        oracle = expected_cost_score(y, y_pred, cost_matrix=COSTS, labels=[0, 1])
        assert cost == pytest.approx(oracle)


def test_the_bayes_threshold_is_marked(comparison):
    ax = figures.cost_against_threshold(comparison, axes())
    assert line(ax, "Bayes threshold")[0] == pytest.approx(1 / 13)


def test_cost_against_threshold_of_a_rarest_class_that_sorts_first():
    X, y = rows()
    labels = np.where(y == 1, "a_fraud", "ok")
    costs = {("ok", "a_fraud"): 1, ("a_fraud", "ok"): 12}
    found = compare(
        X, labels, estimator=LOGISTIC, cv=2, strategies="none", cost_matrix=costs
    )
    truth, proba = pooled(found, "none")
    drawn = line(figures.cost_against_threshold(found, axes()), "none")
    threshold, cost = drawn[:, 150]
    y_pred = np.where(proba[:, 0] >= threshold, "a_fraud", "ok")
    oracle = expected_cost_score(truth, y_pred, cost_matrix=costs)
    assert cost == pytest.approx(oracle)


def test_cost_against_threshold_needs_costs(single_fold):
    message = (
        "Cost against the threshold needs two classes and costs. Compare with "
        "cost_matrix=, or use comparison.summary()."
    )
    with pytest.raises(ValueError, match=whole(message)):
        figures.cost_against_threshold(single_fold, axes())


def test_principal_components_show_every_rare_row_and_few_common_ones():
    X, y = rows(n_samples=3000)
    found = compare(X, y, estimator=LOGISTIC, cv=2, strategies="none")
    ax = figures.principal_components(found, axes())
    common, rare = (dots.get_offsets() for dots in ax.collections)
    oracle = PCA(2, random_state=0).fit_transform(StandardScaler().fit_transform(X))
    assert len(common) == figures.MOST_ROWS
    np.testing.assert_allclose(rare, oracle[y == 1])


def test_principal_components_of_a_single_feature():
    X, y = rows()
    found = compare(X[:, :1], y, estimator=LOGISTIC, cv=2, strategies="none")
    ax = figures.principal_components(found, axes())
    assert ax.get_ylabel() == "Random"


def test_differences_are_those_of_the_comparison_the_best_on_top(comparison):
    ax = figures.differences(comparison, axes(), "balanced_accuracy")
    table = comparison.differences("balanced_accuracy")
    table = table.rename(index=label_of)
    names = [text.get_text() for text in ax.get_yticklabels()]
    drawn = [one.get_xdata()[0] for one in ax.get_lines() if len(one.get_xdata()) == 1]
    assert drawn == sorted(drawn)
    np.testing.assert_allclose(drawn, table.loc[names, "difference"])
    intervals = [one.get_xdata() for one in ax.get_lines()[::2]][: len(names)]
    np.testing.assert_allclose(intervals, table.loc[names, ["low", "high"]])
    (negligible,) = ax.patches
    rope = comparison.question("balanced_accuracy")[2]
    assert (negligible.get_x(), negligible.get_width()) == (-rope, 2 * rope)


def folds_of(means, unit=0.002):
    """Return a comparison in average precision with these means and three folds."""
    records = [
        (name, fold, "average_precision", mean + unit * (fold - 1) * (name != "none"))
        for name, mean in means.items()
        for fold in range(3)
    ]
    columns = ["strategy", "fold", "metric", "value"]
    return Comparison(pd.DataFrame.from_records(records, columns=columns), 1)


def test_the_axis_is_clipped_where_one_strategy_dwarfs_the_others():
    means = {"none": 0.9, "smote": 0.91, "class_weight": 0.92, "near_miss": 0.1}
    ax = figures.differences(folds_of(means), axes())
    low, high = ax.get_xlim()
    assert low == pytest.approx(-1.2 * (0.02 + 4.303 * 0.002 * (5 / 6) ** 0.5), 1e-3)
    assert high > 0.02
    (arrow,) = [one for one in ax.get_lines() if one.get_marker() == "<"]
    np.testing.assert_allclose(arrow.get_xydata(), [[low, 0]])
    assert [text.get_text() for text in ax.texts] == ["-0.8"]


def test_the_axis_shows_all_where_no_strategy_dwarfs_the_others():
    means = {"none": 0.9, "smote": 0.91, "class_weight": 0.92, "near_miss": 0.86}
    ax = figures.differences(folds_of(means), axes())
    assert ax.get_xlim()[0] < -0.04
    assert not {one.get_marker() for one in ax.get_lines()} & {"<", ">"}
    assert not ax.texts


def test_the_legend_of_differences_is_inside_a_narrow_figure():
    means = {"none": 0.5, "class_weight_corrected": 0.5, "smote": 0.9, "focal": 0.1}
    canvas = Figure((4.6, 3.2), layout="constrained")
    ax = figures.differences(folds_of(means, unit=0.2), canvas.add_subplot())
    canvas.draw_without_rendering()
    legend = ax.get_legend().get_window_extent()
    assert canvas.bbox.x0 <= legend.x0
    assert legend.x1 <= canvas.bbox.x1
    assert legend.y0 >= canvas.bbox.y0


def test_a_single_fold_has_no_interval(single_fold):
    ax = figures.differences(single_fold, axes())
    assert [len(one.get_xdata()) for one in ax.get_lines()] == [1, 2]


def test_training_curves_are_means_over_the_folds_still_in_training(comparison):
    for number, outcome in enumerate(comparison.outcomes["smote"]):
        outcome.history["loss"] = [3.0 + number, 1.0, 0.5][: 3 - (number == 2)]
    try:
        drawn = line(figures.training_curves(comparison, axes()), "smote")
    finally:
        for outcome in comparison.outcomes["smote"]:
            outcome.history.clear()
    np.testing.assert_allclose(drawn, [[1, 2, 3], [4, 1, 0.5]])


def test_training_curves_need_a_model_with_a_history(single_fold):
    message = (
        "No strategy has training curves, because the model has no history_. Compare "
        "with a CostSensitiveMLPClassifier."
    )
    with pytest.raises(ValueError, match=whole(message)):
        figures.training_curves(single_fold, axes())


def test_time_against_quality_has_a_point_and_a_name_for_each(comparison):
    ax = figures.time_against_quality(comparison, axes())
    summary = comparison.summary().rename(index=label_of)
    names = [text.get_text() for text in ax.texts]
    drawn = np.array([one.get_xydata()[0] for one in ax.get_lines()])
    columns = [("fit_seconds", "mean"), ("average_precision", "mean")]
    np.testing.assert_allclose(drawn, summary.loc[names, columns])


@pytest.mark.parametrize("draw", FIGURES)
def test_three_classes_are_drawn_as_the_rarest_against_the_rest(three_classes, draw):
    ax = axes()
    assert draw(three_classes, ax) is ax
    ax.figure.draw_without_rendering()


def test_strategies_with_the_same_probabilities_share_a_line(comparison):
    ax = figures.precision_recall(comparison, axes())
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert "no treatment = tuned threshold" in labels
    assert "tuned threshold" not in labels


def test_the_given_strategies_are_drawn(comparison):
    ax = figures.roc(comparison, axes(), strategies=["threshold"])
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["tuned threshold", "by chance"]


def test_an_unknown_strategy_is_refused():
    found = compare(*rows(), estimator=LOGISTIC, cv=2, strategies="none")
    message = "There is no strategy 'smoke' in this comparison. Known: 'none'."
    with pytest.raises(ValueError, match=whole(message)):
        figures.roc(found, axes(), strategies=["smoke"])


def test_a_strategy_looks_the_same_in_every_figure(comparison):
    look = looks(comparison)
    for draw in (figures.precision_recall, figures.roc, figures.calibration):
        ax = draw(comparison, axes())
        (found,) = [one for one in ax.get_lines() if one.get_label() == "SMOTE"]
        assert to_hex(found.get_color()) == look["smote"]["color"].lower()
        assert found.get_linestyle() == look["smote"]["linestyle"]


def test_no_two_strategies_look_alike():
    rows = [(str(number), 0, "average_precision", number / 25) for number in range(25)]
    scores = pd.DataFrame(rows, columns=["strategy", "fold", "metric", "value"])
    named = Comparison(scores, 1, reference="0")
    look = looks(named).values()
    assert len({(one["color"], one["linestyle"]) for one in look}) == 25
    assert len({(one["color"], one["marker"]) for one in look}) == 25


@pytest.mark.parametrize("name", ["$a_{", "_hidden", "<b>", "x" * 80, "a\nb"])
def test_any_name_can_be_drawn(name):
    ax = axes()
    ax.plot([0, 1], label=words(name))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ax.legend()
        ax.figure.draw_without_rendering()
    assert len(ax.get_legend().get_texts()) == 1


def test_names_next_to_a_figure_do_not_overlap():
    heights = spread(np.array([0, 0.001, 0.5, 0.99, 0.995, 1]))
    assert np.diff(heights).min() >= 0.06 - 1e-9
    assert heights[-1] <= 1


def test_figures_need_the_data_of_the_comparison(comparison):
    scores = Comparison(comparison.fold_scores, 1)
    message = (
        "This comparison has scores only. Figures and the page need the data too: use "
        "the comparison that skweighted.compare returns."
    )
    with pytest.raises(ValueError, match=whole(message)):
        figures.principal_components(scores, axes())
