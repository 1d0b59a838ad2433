"""Displays: brute force and sklearn as oracles, laws of weights, and the drawings."""

import copy
from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import pyplot as plt
from messages import whole
from sklearn.calibration import calibration_curve
from sklearn.datasets import make_classification
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    f1_score,
    log_loss,
    make_scorer,
    precision_score,
    recall_score,
    zero_one_loss,
)
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from skweighted import ClassWeightSearchCV, CostSensitiveMLPClassifier
from skweighted._costs._distortion import undo_class_weight
from skweighted.displays import (
    CalibrationCorrectionDisplay,
    CostCurveDisplay,
    ThresholdDisplay,
    TrainingCurveDisplay,
    WeightPathDisplay,
)
from skweighted.metrics import expected_cost_score, make_cost_scorer

# Correct predictions have a cost or a gain here.
COSTS = np.array([[1.0, 4], [21, -2]])
MISS_20 = {("ok", "fraud"): 1, ("fraud", "ok"): 20}
OF_ROWS = [CostCurveDisplay, ThresholdDisplay]
OF_PROBABILITIES = [*OF_ROWS, CalibrationCorrectionDisplay]
SIZES = [(6.4, 4.8), (4, 3)]

# Few values, so that there are ties.
scored_rows = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 4), st.integers(0, 3)), max_size=20
).filter(lambda rows: {truth for truth, _, weight in rows if weight} == {0, 1})
few_examples = settings(max_examples=20)  # each draws a figure


@pytest.fixture(autouse=True, scope="module")
def without_windows():
    before = mpl.get_backend()
    plt.switch_backend("Agg")
    yield
    plt.switch_backend(before)


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def columns(rows):
    y, score, weight = np.array(rows).T
    return y, score / 4, weight


@pytest.fixture(scope="module")
def data():
    X, y = make_classification(300, weights=[0.8], random_state=0)
    return X, np.array(["ok", "fraud"])[y]


@pytest.fixture(scope="module")
def network(data):
    """Return a fitted network that monitored its validation loss."""
    return CostSensitiveMLPClassifier(
        4,
        class_weight={"ok": 1, "fraud": 4},
        epochs=4,
        early_stopping=True,
        validation_fraction=0.3,
        random_state=0,
    ).fit(*data)


def true_proba(network, X):
    """Return the probabilities of fraud, with the class weights of `network` undone."""
    return undo_class_weight(network.predict_proba(X), np.array([4.0, 1]))[:, 0]


def display_of(display, network, data, **kwargs):
    if display is TrainingCurveDisplay:
        return display.from_estimator(network, **kwargs)
    if display in OF_ROWS:
        kwargs = {"cost_matrix": MISS_20} | kwargs
    return display.from_estimator(network, *data, pos_label="fraud", **kwargs)


def from_predictions(display, y_true, y_proba, **kwargs):
    if display is CalibrationCorrectionDisplay:
        return display.from_predictions(y_true, y_proba, y_proba, **kwargs)
    return display.from_predictions(y_true, y_proba, **kwargs)


def numbers_of(display):
    """Return all the numbers that a display was made of, flat."""
    if isinstance(display, CalibrationCorrectionDisplay):
        parts = [*display.before, *display.after]
    else:
        parts = [
            value
            for name, value in vars(display).items()
            if not name.endswith("_") and name not in ("classes", "name")
        ]
    return np.hstack([np.nan if part is None else part for part in parts])


def labels_of(display):
    """Return the texts of the legend."""
    return [text.get_text() for text in display.ax_.get_legend().get_texts()]


# Cost curves.


@few_examples
@given(scored_rows)
def test_the_cost_curve_is_the_least_cost_over_thresholds_by_brute_force(rows):
    y, proba, weight = columns(rows)
    display = CostCurveDisplay.from_predictions(y, proba, sample_weight=weight)
    plt.close()
    at = np.linspace(0, 1, 23)
    lines = []
    for threshold in [*np.unique(proba), np.inf]:
        wrong = (proba >= threshold) != y
        fpr, fnr = (np.average(wrong[y == k], weights=weight[y == k]) for k in range(2))
        lines.append(fnr * at + fpr * (1 - at))
    found = np.interp(at, display.probability_cost, display.normalized_cost)
    # Ratios of integers below 60, rounded a few times.
    np.testing.assert_allclose(found, np.min(lines, axis=0), atol=1e-14)


@few_examples
@given(scored_rows)
def test_the_cost_curve_is_never_above_the_constant_predictions(rows):
    y, proba, weight = columns(rows)
    display = CostCurveDisplay.from_predictions(y, proba, sample_weight=weight)
    plt.close()
    at = display.probability_cost
    assert (np.diff(at) > 0).all()
    assert (display.normalized_cost <= np.minimum(at, 1 - at) + 1e-15).all()


def test_at_equal_costs_the_cost_curve_is_the_least_error_rate(data, network):
    X, y = data
    equal = {("ok", "fraud"): 3, ("fraud", "ok"): 3}
    display = display_of(CostCurveDisplay, network, data, cost_matrix=equal)
    assert display.operating_point == pytest.approx((y == "fraud").mean())
    proba = network.predict_proba(X)[:, 0]
    errors = [
        zero_one_loss(y, np.where(proba >= threshold, "fraud", "ok"))
        for threshold in [*proba, np.inf]
    ]
    height = np.interp(
        display.operating_point, display.probability_cost, display.normalized_cost
    )
    assert height == pytest.approx(min(errors))
    predicted = np.interp(display.operating_point, [0, 1], display.decision)
    assert predicted == pytest.approx(zero_one_loss(y, network.predict(X)))


def test_normalized_cost_at_the_operating_point_is_the_share_of_avoidable_cost(data):
    y = data[1]
    proba, y_pred = np.linspace(0, 1, len(y)), np.roll(y, 1)
    display = CostCurveDisplay.from_predictions(
        y, proba, y_pred=y_pred, cost_matrix=COSTS, pos_label="ok"
    )
    cost, least, most = (
        expected_cost_score(y, labels, cost_matrix=COSTS)
        for labels in (y_pred, y, np.where(y == "ok", "fraud", "ok"))
    )
    height = np.interp(display.operating_point, [0, 1], display.decision)
    assert height == pytest.approx((cost - least) / (most - least))


# Thresholds.


@few_examples
@given(scored_rows)
def test_the_expected_cost_at_a_threshold_is_that_of_its_decisions(rows):
    y, proba, weight = columns(rows)
    display = ThresholdDisplay.from_predictions(
        y, proba, cost_matrix=COSTS, sample_weight=weight
    )
    plt.close()
    distinct = np.unique(proba[weight > 0])
    np.testing.assert_array_equal(display.thresholds, [*distinct, np.inf])
    costs = [
        expected_cost_score(
            y,
            (proba >= threshold).astype(int),
            cost_matrix=COSTS,
            labels=[0, 1],
            sample_weight=weight,
        )
        for threshold in display.thresholds
    ]
    # A mean of 20 costs of at most 21.
    np.testing.assert_allclose(display.expected_cost, costs, atol=1e-13)
    assert display.cheapest_cost == pytest.approx(min(costs), abs=1e-13)
    cheapest = display.expected_cost.argmin()
    assert display.cheapest_threshold == display.thresholds[cheapest]


def test_precision_and_recall_are_those_of_sklearn(data, network):
    X, y = data
    display = ThresholdDisplay.from_estimator(network, X, y, pos_label="fraud")
    proba = true_proba(network, X)
    for row in range(0, len(display.thresholds) - 1, 30):
        y_pred = np.where(proba >= display.thresholds[row], "fraud", "ok")
        assert display.precision[row] == precision_score(y, y_pred, pos_label="fraud")
        assert display.recall[row] == recall_score(y, y_pred, pos_label="fraud")
    assert np.isnan(display.precision[-1])
    assert display.recall[-1] == 0


def test_without_costs_only_precision_and_recall_are_drawn(data, network):
    display = display_of(ThresholdDisplay, network, data, cost_matrix=None)
    assert display.expected_cost is display.cost_line_ is display.bayes_line_ is None
    assert display.bayes_threshold is display.bayes_cost is None
    assert display.cheapest_threshold is display.cheapest_cost is None
    assert display.figure_.axes == [display.score_ax_] == [display.ax_]


def test_the_bayes_cost_is_that_of_a_cost_sensitive_predict(data, network):
    X, y = data
    display = display_of(ThresholdDisplay, network, data)
    assert display.bayes_threshold == 1 / 21
    y_pred = network.predict(X, cost_matrix=MISS_20)
    assert display.bayes_cost == pytest.approx(
        expected_cost_score(y, y_pred, cost_matrix=MISS_20)
    )


def test_with_true_probabilities_the_bayes_threshold_is_nearly_the_cheapest():
    rng = np.random.default_rng(0)
    proba = rng.beta(1, 9, 20_000)
    y = (rng.random(len(proba)) < proba).astype(int)
    display = ThresholdDisplay.from_predictions(y, proba, cost_matrix=[[0, 1], [20, 0]])
    paid = np.where(y == 1, 20 * (proba < 1 / 21), proba >= 1 / 21)
    assert display.bayes_cost == pytest.approx(paid.mean())
    # The cheapest threshold is so by luck, which is a few standard errors.
    luck = 3 * paid.std() / np.sqrt(len(paid))
    assert 0 <= display.bayes_cost - display.cheapest_cost < luck
    # The law can fail: with distorted probabilities the difference is greater.
    wrong = ThresholdDisplay.from_predictions(
        y, proba**0.3, cost_matrix=[[0, 1], [20, 0]]
    )
    assert wrong.cheapest_cost == pytest.approx(display.cheapest_cost)
    assert wrong.bayes_cost - wrong.cheapest_cost > luck


def test_a_threshold_above_all_probabilities_may_be_the_cheapest():
    display = ThresholdDisplay.from_predictions(
        [0, 1], [0.9, 0.2], cost_matrix=[[0, 3], [1, 0]], xscale="logit"
    )
    assert display.cheapest_threshold == np.inf
    assert display.cheapest_cost == 0.5
    assert "cheapest threshold above all" in labels_of(display)
    [at] = display.cheapest_mark_.get_xdata()
    assert at == display.ax_.get_xlim()[1]


@pytest.mark.parametrize("display", OF_ROWS)
def test_weight_two_equals_two_copies_and_zero_equals_no_row(display):
    rng = np.random.default_rng(0)
    y, proba, weight = (
        rng.integers(2, size=40),
        rng.random(40),
        rng.integers(3, size=40),
    )
    weighted, copied = (
        from_predictions(display, *rows, cost_matrix=COSTS, **options)
        for rows, options in [
            ((y, proba), {"sample_weight": weight}),
            ((np.repeat(y, weight), np.repeat(proba, weight)), {}),
        ]
    )
    np.testing.assert_allclose(numbers_of(weighted), numbers_of(copied), rtol=1e-14)


def test_weights_count_in_the_line_of_predictions():
    display = CostCurveDisplay.from_predictions(
        [0, 0, 1, 1],
        [0.1, 0.2, 0.3, 0.4],
        y_pred=[0, 1, 1, 0],
        sample_weight=[1, 3, 2, 0],
    )
    assert display.decision == (0.75, 0)


@pytest.mark.parametrize("display", OF_ROWS)
def test_the_other_class_as_the_positive_one_has_the_same_costs(display, data, network):
    X, y = data
    fraud, ok = (
        from_predictions(display, y, p, cost_matrix=MISS_20, pos_label=label)
        for label, p in zip(["fraud", "ok"], network.predict_proba(X).T, strict=True)
    )
    if display is CostCurveDisplay:
        assert fraud.operating_point == pytest.approx(1 - ok.operating_point)
        mirrored = 1 - ok.probability_cost[::-1], ok.normalized_cost[::-1]
        np.testing.assert_allclose(fraud.probability_cost, mirrored[0], atol=1e-14)
        np.testing.assert_allclose(fraud.normalized_cost, mirrored[1], atol=1e-14)
    else:
        assert fraud.bayes_threshold == pytest.approx(1 - ok.bayes_threshold)
        np.testing.assert_allclose(fraud.expected_cost, ok.expected_cost[::-1])


# Training curves.


def test_each_series_of_the_history_is_drawn_against_the_epoch(network):
    display = TrainingCurveDisplay.from_estimator(network)
    drawn = ["loss", "val_loss", "val_log_loss"]
    assert list(display.lines_) == list(network.history_) == drawn
    for name, line in display.lines_.items():
        np.testing.assert_array_equal(line.get_xdata(), [1, 2, 3, 4])
        np.testing.assert_array_equal(line.get_ydata(), network.history_[name])
    assert display.score_ax_ is None
    assert display.best_epoch == np.argmin(network.history_["val_log_loss"]) + 1
    alike = TrainingCurveDisplay.from_history(network.history_)
    assert (alike.history, alike.best_epoch) == (display.history, display.best_epoch)


@pytest.mark.parametrize(
    ("monitor", "score"),
    [("log_loss", log_loss), ("average_precision", average_precision_score)],
)
def test_the_best_epoch_is_the_one_whose_weights_were_restored(monitor, score, data):
    X, y = data[0], (data[1] == "fraud").astype(int)
    fitted = CostSensitiveMLPClassifier(
        4,
        learning_rate=0.1,  # so large that the last epoch is not the best
        epochs=30,
        early_stopping=True,
        monitor=monitor,
        random_state=0,
    ).fit(X[:200], y[:200], X_val=X[200:], y_val=y[200:])
    display = TrainingCurveDisplay.from_estimator(fitted)
    assert display.monitor == f"val_{'loss' if score is log_loss else monitor}"
    [epoch], [value] = display.best_mark_.get_data()
    assert epoch == display.best_epoch < fitted.n_iter_
    assert value == display.history[display.monitor][epoch - 1]
    restored = score(y[200:], fitted.predict_proba(X[200:])[:, 1])
    assert value == pytest.approx(restored, rel=1e-5)  # a loss in another order
    on = display.ax_ if score is log_loss else display.score_ax_
    assert display.lines_[display.monitor].axes is on
    assert display.best_mark_.axes is on


def test_the_marked_epoch_is_that_of_the_estimator_whatever_the_losses_are(network):
    later = copy.copy(network)
    later.history_ = {"loss": [4, 3, 2, 1], "val_loss": [1, 2, 4, 3]}
    later.best_epoch_ = 4
    display = TrainingCurveDisplay.from_estimator(later)
    assert display.best_epoch == 4
    assert [list(values) for values in display.best_mark_.get_data()] == [[4], [3]]


def test_no_epoch_is_marked_for_an_estimator_without_best_epoch(data):
    other = LogisticRegression().fit(*data)
    other.history_ = {"loss": [2, 1], "val_loss": [1, 2]}
    display = TrainingCurveDisplay.from_estimator(other)
    assert display.best_epoch is display.best_line_ is display.best_mark_ is None


def test_a_scorer_of_any_name_is_the_monitored_series(network):
    def savings(estimator, X, y):
        return 0

    scored = copy.copy(network).set_params(monitor=savings)
    scored.history_ = {"loss": [2, 1], "val_loss": [1, 2], "val_savings": [3, 4]}
    scored.history_["val_other"] = [4, 3]
    scored.best_epoch_ = 2
    display = TrainingCurveDisplay.from_estimator(scored)
    assert (display.monitor, display.best_epoch) == ("val_savings", 2)
    assert display.score_ax_.get_ylabel() == "Validation score"


def test_without_validation_rows_no_epoch_is_marked(data):
    fitted = CostSensitiveMLPClassifier((), epochs=1, random_state=0).fit(*data)
    display = TrainingCurveDisplay.from_estimator(fitted)
    assert display.best_epoch is display.monitor is display.best_line_ is None
    assert display.lines_["loss"].get_marker() == "o"


def test_a_keras_history_is_drawn_as_its_dict():
    history = {"loss": [2, 1], "val_auc": [0.6, 0.5], "val_auc_2": [1, np.nan]}
    history["learning_rate"] = [0.1, 0.1]
    kept = SimpleNamespace(history=history)  # as keras.callbacks.History keeps it
    display = TrainingCurveDisplay.from_history(kept, monitor="val_auc")
    assert list(display.lines_) == ["loss", "val_auc", "val_auc_2"]
    assert display.best_epoch == 1
    options = {"monitor": "val_auc", "greater_is_better": False}
    assert TrainingCurveDisplay.from_history(history, **options).best_epoch == 2
    assert TrainingCurveDisplay.from_history(history).best_epoch is None


# Searches over class weights.


SCORING = {
    "cost": make_cost_scorer(MISS_20),
    "f1": make_scorer(f1_score, pos_label="fraud"),
    "neg_log_loss": "neg_log_loss",
}


def pairs(*weights):
    """Return class weights of fraud."""
    return [{"ok": 2.0, "fraud": weight} for weight in weights]


def searched(data, grid, scoring="neg_log_loss", **params):
    """Return a fitted search over a quick classifier."""
    return GridSearchCV(
        LogisticRegression(), grid, scoring=scoring, cv=3, **params
    ).fit(*data)


def test_a_weight_path_has_the_scores_of_the_search(data):
    network = CostSensitiveMLPClassifier(4, epochs=3, random_state=0)
    search = ClassWeightSearchCV(
        make_pipeline(StandardScaler(), network),
        "path",
        scoring=SCORING,
        refit="cost",
        cv=3,
    ).fit(*data)
    display = WeightPathDisplay.from_search(search)
    results = search.cv_results_
    params = [candidate.popitem()[1] for candidate in map(dict, results["params"])]
    weights = [weight["fraud"] / weight["ok"] for weight in params]
    np.testing.assert_array_equal(display.weights, weights)
    series = {
        "expected cost": ("cost", -1, display.losses),
        "log loss": ("neg_log_loss", -1, display.losses),
        "f1": ("f1", 1, display.scores),
    }
    assert {*display.losses, *display.scores} == series.keys() == display.lines_.keys()
    for label, (name, sign, values) in series.items():
        assert values[label].shape == (9, 3)
        mean = display.lines_[label].get_ydata()
        # The same sums in another order.
        np.testing.assert_allclose(mean, sign * results[f"mean_test_{name}"])
        spread = values[label].std(axis=1)
        np.testing.assert_allclose(spread, results[f"std_test_{name}"])
        edges = display.bands_[label].get_paths()[0].vertices[:, 1]
        assert edges.min() == pytest.approx((mean - spread).min())
        assert edges.max() == pytest.approx((mean + spread).max())
    assert display.chosen_weight == weights[search.best_index_]
    assert display.pos_label == "fraud"
    assert display.ax_.get_xlabel() == (
        "Weight of class fraud, relative to the other class"
    )
    assert display.ax_.get_ylabel() == "Cost per row, loss"
    assert display.score_ax_.get_ylabel() == "F1"
    chosen = f"chosen weight {display.chosen_weight:.3g}"
    assert labels_of(display) == ["expected cost", "log loss", chosen, "f1"]


def test_a_weight_path_shows_each_weight_with_the_best_of_the_other_parameters(data):
    grid = {"class_weight": pairs(8.0, 1.0, 4.0), "C": [1e-4, 1.0]}
    search = searched(data, grid)
    display = WeightPathDisplay.from_search(search)
    assert display.weights.tolist() == [0.5, 2.0, 4.0]
    best = search.cv_results_["mean_test_score"].reshape(2, 3).max(axis=0)
    mean = display.losses["log loss"].mean(axis=1)
    np.testing.assert_allclose(mean, -best[[1, 2, 0]])
    assert display.score_ax_ is None
    assert display.ax_.get_ylabel() == "Log loss"


def test_the_weight_of_the_other_class_is_the_reciprocal(data):
    search = searched(data, {"class_weight": pairs(1.0, 4.0, 8.0)})
    display = WeightPathDisplay.from_search(search, pos_label="ok")
    assert display.weights.tolist() == [0.25, 0.5, 2.0]
    other = WeightPathDisplay.from_search(search)
    assert display.chosen_weight == 1 / other.chosen_weight
    np.testing.assert_array_equal(
        display.losses["log loss"], other.losses["log loss"][::-1]
    )


def test_candidates_without_a_known_weight_are_left_out(data):
    known = [None, *pairs(4.0, 6.0, 0.0)]
    search = searched(data, {"class_weight": ["balanced", *known]}, scoring="accuracy")
    search.cv_results_["pruned"] = np.array([False, False, False, True, False])
    search.best_index_ = 0
    display = WeightPathDisplay.from_search(search)
    assert display.weights.tolist() == [1.0, 2.0]
    assert display.chosen_weight is None
    assert display.chosen_line_ is None
    assert list(display.scores) == ["accuracy"]


def test_a_weight_path_is_drawn_again_in_given_axes(data):
    search = searched(data, {"class_weight": pairs(1.0, 4.0)}, SCORING, refit=False)
    _, (one, two) = plt.subplots(ncols=2)
    display = WeightPathDisplay.from_search(search, ax=one, name="all", lw=5)
    assert display.ax_ is one
    assert {line.get_linewidth() for line in display.lines_.values()} == {5}
    assert one.get_legend().get_title().get_text() == "all"
    assert one.get_xscale() == "log"
    assert display.plot(ax=two).ax_ is two
    assert len(plt.get_fignums()) == 1


@pytest.mark.parametrize("grid", [{"C": [1.0, 2.0]}, {"class_weight": ["balanced"]}])
def test_a_search_without_class_weights_is_refused(grid, data):
    message = (
        "WeightPathDisplay needs candidates whose class_weight is a dict of weights "
        "above zero of two classes. None has one for class 1. Use "
        "ClassWeightSearchCV(estimator, 'path')."
    )
    with pytest.raises(ValueError, match=whole(message)):
        WeightPathDisplay.from_search(searched(data, grid))


def test_what_is_not_a_fitted_search_is_refused(network):
    message = (
        "WeightPathDisplay draws cv_results_, which CostSensitiveMLPClassifier does "
        "not have. Pass a fitted ClassWeightSearchCV or GridSearchCV."
    )
    with pytest.raises(TypeError, match=whole(message)):
        WeightPathDisplay.from_search(network)
    with pytest.raises(NotFittedError, match=r"^This ClassWeightSearchCV instance is"):
        WeightPathDisplay.from_search(ClassWeightSearchCV(network, "path"))


# Calibration.


@pytest.mark.parametrize("strategy", ["quantile", "uniform"])
def test_reliability_is_that_of_sklearn(strategy, data, network):
    X, y = data
    display = CalibrationCorrectionDisplay.from_estimator(
        network, X, y, pos_label="fraud", n_bins=7, strategy=strategy
    )
    before, after = network.predict_proba(X)[:, 0], true_proba(network, X)
    assert log_loss(y == "fraud", after) != log_loss(y == "fraud", before)
    for found, proba in [(display.before, before), (display.after, after)]:
        prob_true, prob_pred = calibration_curve(
            y == "fraud", proba, n_bins=7, strategy=strategy
        )
        np.testing.assert_array_equal(found.prob_true, prob_true)
        np.testing.assert_allclose(found.prob_pred, prob_pred)
        np.testing.assert_allclose(found.y_proba, proba)
        assert found.log_loss == pytest.approx(log_loss(y == "fraud", proba))
        assert found.brier == pytest.approx(brier_score_loss(y == "fraud", proba))


def test_the_legend_has_the_scores_and_the_histogram_every_row(data, network):
    display = display_of(CalibrationCorrectionDisplay, network, data)
    for found, line in [
        (display.before, display.before_line_),
        (display.after, display.after_line_),
    ]:
        scores = f"log loss {found.log_loss:.3f}, Brier {found.brier:.3f}"
        assert scores in line.get_label()
        np.testing.assert_array_equal(line.get_xdata(), found.prob_pred)
        np.testing.assert_array_equal(line.get_ydata(), found.prob_true)
        bars = [
            bar
            for bar in display.histogram_ax_.patches
            if mpl.colors.same_color(bar.get_facecolor(), line.get_color())
        ]
        assert sum(bar.get_height() for bar in bars) == len(data[1])
    assert display.histogram_ax_.get_ylabel() == "Rows"


def test_each_bin_has_its_confidence_interval(data, network):
    display = display_of(CalibrationCorrectionDisplay, network, data)
    both = zip([display.before, display.after], display.ax_.collections, strict=True)
    for found, drawn in both:
        x = found.prob_pred
        ends = np.stack([[x, found.low], [x, found.high]]).transpose(2, 0, 1)
        np.testing.assert_array_equal(drawn.get_segments(), ends)
        assert (found.low < found.high).all()


# All displays.


def test_from_estimator_equals_from_predictions(data, network):
    X, y = data
    before, after = network.predict_proba(X)[:, 0], true_proba(network, X)
    costs, positive = {"cost_matrix": MISS_20}, {"pos_label": "fraud"}
    for display, args, kwargs in [
        (CostCurveDisplay, (before,), costs | {"y_pred": network.predict(X)}),
        (ThresholdDisplay, (after,), costs),
        (CalibrationCorrectionDisplay, (before, after), {}),
    ]:
        by_estimator = display_of(display, network, data)
        by_predictions = display.from_predictions(y, *args, **kwargs, **positive)
        np.testing.assert_array_equal(
            numbers_of(by_estimator), numbers_of(by_predictions)
        )
        assert by_estimator.classes == by_predictions.classes == ("ok", "fraud")
    assert network.correct_probabilities is False


def test_the_positive_class_of_an_estimator_is_its_second_one(data, network):
    display = CostCurveDisplay.from_estimator(network, *data)
    assert display.classes == ("fraud", "ok")
    y = np.where(data[1] == "fraud", 1, -1)
    proba = network.predict_proba(data[0])[:, 0]
    assert CostCurveDisplay.from_predictions(y, proba).classes == (-1, 1)


def test_a_pipeline_and_a_search_are_corrected_inside(data):
    X, y = data
    network = CostSensitiveMLPClassifier(
        (), class_weight="balanced", epochs=2, random_state=0
    )
    pipeline = make_pipeline(StandardScaler(), network)
    search = GridSearchCV(pipeline, {"standardscaler__with_std": [True]}, cv=2)
    search.fit(X, y)
    inner = search.best_estimator_[-1]
    alone = CalibrationCorrectionDisplay.from_estimator(
        inner, search.best_estimator_[:-1].transform(X), y
    )
    for outer in (search, search.best_estimator_):
        display = CalibrationCorrectionDisplay.from_estimator(outer, X, y)
        np.testing.assert_array_equal(numbers_of(display), numbers_of(alone))
        training = TrainingCurveDisplay.from_estimator(outer)
        assert training.history == inner.history_
    assert alone.before.log_loss != alone.after.log_loss
    assert inner.correct_probabilities is False


@pytest.mark.parametrize("display", [*OF_PROBABILITIES, TrainingCurveDisplay])
def test_the_given_axes_are_used_and_nothing_else(display, data, network):
    figure, (given_ax, other_ax) = plt.subplots(1, 2)
    drawn = display_of(display, network, data, ax=given_ax, linewidth=0.5)
    assert (drawn.ax_, drawn.figure_) == (given_ax, figure)
    assert plt.get_fignums() == [figure.number]
    assert not other_ax.has_data()
    assert set(figure.axes) <= {
        *(given_ax, other_ax),
        vars(drawn).get("score_ax_"),
        vars(drawn).get("histogram_ax_"),
    }
    assert any(line.get_linewidth() == 0.5 for line in given_ax.get_lines())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("display", [*OF_PROBABILITIES, TrainingCurveDisplay])
def test_axes_are_labelled_and_the_legend_covers_no_data(display, size, data, network):
    with plt.rc_context({"figure.figsize": size}):
        drawn = display_of(display, network, data)
    drawn.figure_.canvas.draw()
    legend = drawn.ax_.get_legend().get_window_extent()
    for ax in drawn.figure_.axes:
        assert ax.get_ylabel()
        for line in ax.get_lines():
            if line is not vars(drawn).get("best_line_"):  # as high as the axes
                pixels = line.get_transform().transform(line.get_xydata())
                assert np.nanmax(pixels[:, 1]) < legend.y0
    inside = drawn.ax_.get_window_extent()
    assert inside.x0 < legend.x0 < legend.x1 < inside.x1
    assert drawn.ax_.get_xlabel()
    whole_figure = drawn.figure_.get_tightbbox().extents
    assert (whole_figure[:2] >= 0).all()
    assert (whole_figure[2:] <= size).all()


@pytest.mark.parametrize("display", [*OF_PROBABILITIES, TrainingCurveDisplay])
def test_plot_draws_again_with_the_keywords_of_the_caller(display, data, network):
    drawn = display_of(display, network, data)
    first = drawn.ax_
    again = drawn.plot(name="Ada", c="crimson")
    assert again is drawn
    assert again.ax_ is not first
    legend = again.ax_.get_legend()
    texts = [legend.get_title().get_text(), *labels_of(again)]
    assert any("Ada" in text for text in texts)
    lines = [line for ax in again.figure_.axes for line in ax.get_lines()]
    assert "crimson" in {line.get_color() for line in lines}


def test_two_cost_curves_share_axes_and_the_constant_predictions(data, network):
    first = display_of(CostCurveDisplay, network, data, name="first")
    second = display_of(CostCurveDisplay, network, data, name="second", ax=first.ax_)
    assert first.trivial_line_ is not None
    assert second.trivial_line_ is None
    assert first.line_.get_color() != second.line_.get_color()
    assert labels_of(second) == [
        "always ok (left), always fraud (right)",
        "first: best threshold",
        "first: its predict",
        f"operating point: PC(+) = {first.operating_point:.2f}",
        "second: best threshold",
        "second: its predict",
        f"operating point: PC(+) = {first.operating_point:.2f}",
    ]


def test_the_logit_scale_shows_all_thresholds(data, network):
    display = display_of(ThresholdDisplay, network, data, xscale="logit")
    assert display.ax_.get_xscale() == "logit"
    low, high = display.ax_.get_xlim()
    assert 0 < low < min(display.thresholds[0], display.bayes_threshold)
    assert display.thresholds[-2] < high < 1


@pytest.mark.parametrize(
    ("probabilities", "labels"),
    [
        ([0.2, 0.6], ["0.2", "0.3", "0.4", "0.5", "0.6"]),
        ([0.02, 0.97], ["0.1", "0.5", "0.9"]),
        ([1e-7, 0.3], ["1e-07", "1e-05", "0.001", "0.1", "0.5"]),
        ([1e-9, 1 - 1e-9], ["1e-06", "0.1", "0.5", "0.9", "0.999999"]),
    ],
)
def test_ticks_of_the_logit_scale_are_few_and_round(probabilities, labels):
    display = ThresholdDisplay.from_predictions(
        [0, 1], probabilities, cost_matrix=[[0, 1], [1, 0]], xscale="logit"
    )
    shown = [tick.get_text() for tick in display.ax_.get_xticklabels()]
    assert shown == labels


# Errors.


@pytest.mark.parametrize("display", OF_PROBABILITIES)
def test_more_than_two_classes_are_refused(display):
    X, y = np.arange(9.0)[:, None], np.arange(9) % 3
    fitted = CostSensitiveMLPClassifier((), epochs=1, random_state=0).fit(X, y)
    name = display.__name__
    way_out = "Pass one class against the rest to from_predictions."
    message = (
        f"{name} is for two classes, but the classes of CostSensitiveMLPClassifier are "
        f"[0, 1, 2]. {way_out}"
    )
    with pytest.raises(ValueError, match=whole(message)):
        display.from_estimator(fitted, X, y)
    message = f"{name} is for two classes, but y_true is multiclass. {way_out}"
    with pytest.raises(ValueError, match=whole(message)):
        from_predictions(display, y, X[:, 0])
    message = f"{name} is for two classes, but y is multilabel-indicator. {way_out}"
    with pytest.raises(ValueError, match=whole(message)):
        display.from_estimator(fitted, X, np.eye(9, 2, dtype=int))


@pytest.mark.parametrize("display", OF_ROWS)
def test_a_classifier_without_probabilities_is_refused(display, data):
    message = (
        f"{display.__name__} needs probabilities, but LinearSVC has no predict_proba. "
        f"Wrap it in sklearn.calibration.CalibratedClassifierCV."
    )
    with pytest.raises(TypeError, match=whole(message)):
        display.from_estimator(LinearSVC().fit(*data), *data)


@pytest.mark.parametrize("outer", ["frozen", "pipeline", "threshold"])
def test_a_network_in_another_classifier_has_its_curve(data, network, outer):
    frozen = FrozenEstimator(network)
    around = {
        "frozen": frozen,
        "pipeline": make_pipeline(network),
        "threshold": FixedThresholdClassifier(frozen, threshold=0.2, pos_label="fraud"),
    }[outer]
    if outer == "threshold":
        around.fit(*data)
    display = TrainingCurveDisplay.from_estimator(around)
    assert display.history == TrainingCurveDisplay.from_estimator(network).history


def test_an_estimator_without_history_is_refused(data):
    message = (
        "TrainingCurveDisplay draws history_, which LogisticRegression does not have. "
        "Pass a fitted CostSensitiveMLPClassifier, or a dict to from_history."
    )
    with pytest.raises(TypeError, match=whole(message)):
        TrainingCurveDisplay.from_estimator(LogisticRegression().fit(*data))


def test_an_estimator_without_a_correction_is_refused(data):
    message = (
        "CalibrationCorrectionDisplay needs an estimator with the parameter "
        "correct_probabilities, which LogisticRegression does not have. Pass its "
        "probabilities before and after a correction to from_predictions."
    )
    with pytest.raises(TypeError, match=whole(message)):
        CalibrationCorrectionDisplay.from_estimator(
            LogisticRegression().fit(*data), *data
        )


@pytest.mark.parametrize("display", OF_PROBABILITIES)
def test_an_estimator_that_is_not_fitted_is_refused(display, data):
    with pytest.raises(NotFittedError):
        display.from_estimator(CostSensitiveMLPClassifier(), *data)
    with pytest.raises(NotFittedError):
        TrainingCurveDisplay.from_estimator(CostSensitiveMLPClassifier())


def test_labels_that_the_estimator_was_not_fitted_with_are_refused(data, network):
    X, y = data
    message = (
        "y has labels that CostSensitiveMLPClassifier was not fitted with: ['late']. "
        "Its classes are ['fraud', 'ok']. Check the spelling and the type of the "
        "labels."
    )
    with pytest.raises(ValueError, match=whole(message)):
        ThresholdDisplay.from_estimator(network, X, np.where(y == "ok", "late", y))


INVALID_ROWS = [
    (
        ([0, 1], [[0.1, 0.9], [0.2, 0.8]], {}),
        "Probabilities must be one number per row, the probability of the positive "
        "class. Got shape (2, 2) and dtype float64. Pass one column of predict_proba.",
    ),
    (
        ([0, 1], [0.5, 1.5], {}),
        "Probabilities must be between 0 and 1. Row 1 has 1.5.",
    ),
    (
        ([0, 1], [np.nan, 0.5], {}),
        "Probabilities must be between 0 and 1. Row 0 has nan.",
    ),
    (
        ([0, 1], [0.1, 0.2], {"pos_label": 2}),
        "pos_label must be one of the two classes, [0, 1]. Got 2.",
    ),
    (
        (["no", "yes"], [0.1, 0.2], {}),
        "pos_label must name the positive class, unless the classes are 0 and 1, or -1 "
        "and 1. The classes are ['no', 'yes'].",
    ),
]


@pytest.mark.parametrize("display", OF_PROBABILITIES)
@pytest.mark.parametrize(("given_rows", "message"), INVALID_ROWS)
def test_invalid_rows_are_refused(display, given_rows, message):
    *columns, options = given_rows
    with pytest.raises(ValueError, match=whole(message)):
        from_predictions(display, *columns, **options)


def test_rows_of_one_class_are_refused():
    message = (
        "CostCurveDisplay needs rows of both classes with a weight above zero. The "
        "labels of such rows are [1]."
    )
    with pytest.raises(ValueError, match=whole(message)):
        CostCurveDisplay.from_predictions([0, 1], [0.1, 0.2], sample_weight=[0, 1])


def test_predicted_labels_that_do_not_occur_are_refused():
    message = (
        "y_pred has labels that are not in y_true: ['1']. Classes in y_true: [0, 1]. "
        "Check the spelling and the type of the labels."
    )
    with pytest.raises(ValueError, match=whole(message)):
        CostCurveDisplay.from_predictions([0, 1], [0.1, 0.2], y_pred=["1", "1"])


def test_an_unknown_scale_is_refused():
    message = "xscale must be 'linear' or 'logit'. Got 'log'."
    with pytest.raises(ValueError, match=whole(message)):
        ThresholdDisplay.from_predictions([0, 1], [0.1, 0.2], xscale="log")


@pytest.mark.parametrize(
    ("history", "error", "message"),
    [
        (
            [1, 2],
            TypeError,
            "history must be a dict of lists, or a keras History. Got list.",
        ),
        (
            {"auc": [1, 2]},
            ValueError,
            "history must have 'loss', or series whose names begin with 'val_'. Got "
            "['auc'].",
        ),
    ],
)
def test_a_history_without_series_is_refused(history, error, message):
    with pytest.raises(error, match=whole(message)):
        TrainingCurveDisplay.from_history(history)
