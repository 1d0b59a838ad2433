"""Curves as numbers, and checks of probabilities: sklearn and scipy as oracles."""

import numpy as np
import pytest
from messages import whole
from scipy.stats import binomtest
from sklearn.calibration import calibration_curve as sklearn_calibration_curve
from sklearn.metrics import confusion_matrix, precision_recall_curve, roc_curve

from skweighted import _curves as curves
from skweighted._checks import check_proba, check_proba_of_class

COSTS = np.array([[1.0, 4], [21, -2]])


@pytest.fixture
def rows():
    """Return labels and probabilities; few distinct values make ties."""
    rng = np.random.default_rng(0)
    proba = rng.integers(0, 12, 200) / 12
    return rng.random(200) < proba, proba


@pytest.mark.parametrize("strategy", ["quantile", "uniform"])
@pytest.mark.parametrize("n_bins", [1, 4, 30])
def test_the_calibration_curve_is_that_of_sklearn(strategy, n_bins, rows):
    found = curves.calibration_curve(*rows, n_bins=n_bins, strategy=strategy)
    oracle = sklearn_calibration_curve(*rows, n_bins=n_bins, strategy=strategy)
    np.testing.assert_array_equal(found.prob_true, oracle[0])
    np.testing.assert_allclose(found.prob_pred, oracle[1])


def test_every_row_is_in_one_bin_of_the_calibration_curve(rows):
    found = curves.calibration_curve(*rows, n_bins=4)
    assert found.n_rows.sum() == len(rows[0])
    assert found.n_rows @ found.prob_true == pytest.approx(rows[0].sum())


def test_the_interval_of_a_bin_is_wilson_s(rows):
    positive, proba = rows[0].copy(), rows[1]
    positive[proba == 0] = False  # a share of 0 has an interval too
    positive[proba == proba.max()] = True
    found = curves.calibration_curve(positive, proba, n_bins=12, strategy="uniform")
    for share, n, low, high in zip(
        found.prob_true, found.n_rows, found.low, found.high, strict=True
    ):
        oracle = binomtest(round(share * n), n).proportion_ci(method="wilson")
        assert (low, high) == pytest.approx((oracle.low, oracle.high), abs=1e-12)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"strategy": "kmeans"},
            "strategy must be 'quantile' or 'uniform'. Got 'kmeans'.",
        ),
        ({"n_bins": 0}, "n_bins must be at least 1. Got 0."),
    ],
)
def test_invalid_bins_are_refused(options, message, rows):
    with pytest.raises(ValueError, match=whole(message)):
        curves.calibration_curve(*rows, **options)


def test_threshold_curves_are_those_of_the_decisions(rows):
    positive, proba = rows
    found = curves.threshold_curves(positive, proba, costs=COSTS)
    for place, threshold in enumerate(found.thresholds):
        matrix = confusion_matrix(positive, proba >= threshold)
        (_, false_positives), (false_negatives, hits) = matrix
        assert found.recall[place] == hits / (hits + false_negatives)
        assert found.expected_cost[place] == pytest.approx((matrix * COSTS).sum() / 200)
        if threshold < np.inf:
            precision = hits / (hits + false_positives)
            assert found.precision[place] == pytest.approx(precision)
    assert found.thresholds[-1] == np.inf
    assert np.isnan(found.precision[-1])
    assert found.bayes_threshold == 3 / 26


def test_at_a_threshold_between_probabilities_the_next_higher_one_counts(rows):
    positive, proba = rows
    found = curves.threshold_curves(positive, proba, costs=COSTS)
    for threshold in (0, 0.3, 0.5, 0.51, 1, np.inf):
        cost = COSTS[positive.astype(int), (proba >= threshold).astype(int)].mean()
        values = curves.at_threshold(found.thresholds, found.expected_cost, threshold)
        assert values == pytest.approx(cost)


def test_precision_at_a_recall_is_that_of_the_highest_threshold_with_it(rows):
    precision, recall, _ = precision_recall_curve(*rows)
    grid = np.linspace(0, 1, 50)
    # The last point of sklearn belongs to no threshold.
    oracle = [precision[:-1][recall[:-1] >= least - 1e-12][-1] for least in grid]
    found = curves.precision_at_recall(*rows, grid)
    np.testing.assert_array_equal(found, oracle)


def test_recall_at_the_false_positive_rates_of_the_roc_curve_is_its_recall(rows):
    false_positive, true_positive, _ = roc_curve(*rows)
    found = curves.recall_at_false_positive_rate(*rows, false_positive)
    # Several recalls may have the same rate.
    assert (found <= true_positive.max()).all()
    np.testing.assert_allclose(
        found, [true_positive[false_positive == rate][-1] for rate in false_positive]
    )


def test_a_mean_by_epoch_is_over_the_series_that_still_run():
    mean = curves.mean_by_epoch([[3.0, 1, 5], [1, 2], [2, 3]])
    np.testing.assert_array_equal(mean, [2, 2, 5])


@pytest.mark.parametrize(
    ("classes", "costs"),
    [(("a", "b"), [[0, 1], [20, 0]]), (("b", "a"), [[0, 20], [1, 0]])],
)
def test_costs_of_two_classes_have_the_negative_class_first(classes, costs):
    found = curves.costs_of_two({("a", "b"): 1, ("b", "a"): 20}, classes)
    np.testing.assert_array_equal(found, costs)


@pytest.mark.parametrize(
    ("given", "found"),
    [(np.float32, np.float32), (np.float64, np.float64), (np.int64, np.float64)],
)
def test_checked_probabilities_are_floats_in_their_own_precision(given, found):
    assert check_proba(np.eye(2, dtype=given), (2, 2)).dtype == found
    assert check_proba_of_class(np.array([0, 1], dtype=given)).dtype == found


ROWS = (
    "Each row of proba must contain numbers of at least 0 that sum to 1, as "
    "predict_proba returns them. Row 1 is {}."
)


@pytest.mark.parametrize(
    ("proba", "message"),
    [
        ([[0, 1], [0.5, 0.6]], ROWS.format([0.5, 0.6])),
        ([[0, 1], [-0.5, 1.5]], ROWS.format([-0.5, 1.5])),
        ([[0, 1], [np.nan, 1]], ROWS.format([np.nan, 1.0])),
        (
            [0.5, 0.5],
            "proba must be a numeric array with a row for each sample and a column "
            "for each class, as predict_proba returns it. Got shape (2,) and dtype "
            "float64.",
        ),
        (
            [[0, 0.5, 0.5], [0, 0, 1]],
            "proba must have shape (2, 2): a row for each sample and a column for each "
            "class. Got shape (2, 3).",
        ),
    ],
)
def test_invalid_probabilities_are_refused(proba, message):
    with pytest.raises(ValueError, match=whole(message)):
        check_proba(proba, (2, 2))
