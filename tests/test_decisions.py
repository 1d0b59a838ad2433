"""Decisions and undone distortions: laws, and brute force as the oracle."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from messages import whole
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from scipy.stats import norm
from sklearn.exceptions import ConvergenceWarning

from skweighted._costs._decide import bayes_threshold, least_cost
from skweighted._costs._distortion import (
    undo_asymmetric,
    undo_class_weight,
    undo_focal,
    undo_ldam,
)
from skweighted._costs._prior import adapt_prior, estimate_prior

POSTERIORS = [
    [0.5, 0.5],
    [0.9, 0.1],
    [0.2, 0.8],
    [0.2, 0.3, 0.5],
    [0.34, 0.33, 0.33],
    [0.01, 0.09, 0.9],
]
GAMMAS = [0.0, 0.5, 1.0, 2.0, 5.0]
MARGINS = [[0.0, 0.0, 0.0], [0.5, 2.0, 1.0], [3.0, 0.0, 6.0]]
WEIGHTS = [[1.0, 1.0, 1.0], [1.0, 100.0, 3.0], [0.02, 1.0, 0.5]]
ASYMMETRIC = [(0.0, 4.0, 0.05), (1.0, 2.0, 0.0), (2.0, 0.5, 0.1), (0.0, 0.0, 0.0)]

UNDO = {
    "class weight": lambda proba: undo_class_weight(proba, np.array([1.0, 50.0])),
    "class weights far apart": lambda proba: undo_class_weight(
        proba, np.array([1e-300, 1e300])
    ),
    "class weight of zero": lambda proba: undo_class_weight(proba, np.array([0.0, 1])),
    "focal": lambda proba: undo_focal(proba, 2.0),
    "focal near none": lambda proba: undo_focal(proba, 0.1),
    "strongly focal": lambda proba: undo_focal(proba, 200.0),
    "no focus": lambda proba: undo_focal(proba, 0),
    "margins": lambda proba: undo_ldam(proba, np.array([0.0, 15.0])),
    "huge margins": lambda proba: undo_ldam(proba, np.array([2000.0, 2000.0])),
    "asymmetric": lambda proba: undo_asymmetric(proba, 0, 4, 0.05),
    "asymmetric without clip": lambda proba: undo_asymmetric(proba, 1.5, 0.5, 0.0, 0),
    "all clipped": lambda proba: undo_asymmetric(proba, 1, 0, 1.5),
    "prior": lambda proba: adapt_prior(proba, [0.5, 0.5], [0.99, 0.01]),
    "prior of zero": lambda proba: adapt_prior(proba, [0.5, 0.5], [1, 0]),
}
IDENTITIES = {
    "equal class weights": lambda proba: undo_class_weight(proba, np.full(3, 7.0)),
    "gamma of zero": lambda proba: undo_focal(proba, 0.0),
    "margins of zero": lambda proba: undo_ldam(proba, np.zeros(3)),
    "same prior": lambda proba: adapt_prior(proba, [0.2, 0.3, 0.5], [0.2, 0.3, 0.5]),
}

seeds = st.integers(0, 2**32 - 1)
n_classes = st.integers(2, 4)


def problem(seed, k, n_samples=20):
    """Return probabilities and reasonable costs, drawn so that no two answers tie."""
    rng = np.random.default_rng(seed)
    costs = rng.exponential(size=(k, k))
    costs -= np.diag(np.diag(costs))
    return rng.dirichlet(np.ones(k), n_samples), costs


def minimiser(expected_loss, posterior):
    """Return the probabilities of least expected loss, found over the logits."""
    posterior = np.array(posterior)
    start = np.log(posterior)
    found = minimize(
        lambda free: expected_loss(np.append(free, start[-1]), posterior),
        start[:-1],
        method="Nelder-Mead",
        options={"xatol": 1e-11, "fatol": 1e-16, "maxiter": 4000, "maxfev": 4000},
    )
    return softmax(np.append(found.x, start[-1]))[None]


def assert_undone(undone, posterior):
    # A minimum is flat: rounding of 1e-16 in the loss moves it by about 1e-8.
    np.testing.assert_allclose(undone, [posterior], atol=2e-7)


@given(seeds, n_classes)
def test_the_decision_is_the_cheapest_by_brute_force(seed, k):
    proba, costs = problem(seed, k)
    for row, answer in zip(proba, least_cost(proba, costs), strict=True):
        expected = [sum(row[i] * costs[i, j] for i in range(k)) for j in range(k)]
        assert answer == expected.index(min(expected))


@given(seeds, n_classes)
def test_a_matrix_per_row_decides_as_in_a_loop(seed, k):
    proba, _ = problem(seed, k)
    costs = np.random.default_rng(seed).normal(size=(len(proba), k, k))
    one_by_one = [
        least_cost(row[None], its_costs)[0]
        for row, its_costs in zip(proba, costs, strict=True)
    ]
    assert least_cost(proba, costs).tolist() == one_by_one


@given(seeds, n_classes)
def test_zero_one_costs_give_the_most_likely_class(seed, k):
    proba, _ = problem(seed, k)
    answers = least_cost(proba, 1 - np.eye(k))
    assert answers.tolist() == proba.argmax(axis=1).tolist()


@given(seeds, n_classes)
def test_a_constant_per_truth_or_a_positive_factor_changes_no_decision(seed, k):
    proba, costs = problem(seed, k)
    answers = least_cost(proba, costs).tolist()
    constants = np.random.default_rng(seed).normal(size=(k, 1))
    assert least_cost(proba, costs + constants).tolist() == answers
    assert least_cost(proba, 1e-9 * costs).tolist() == answers
    assert least_cost(proba, 1e9 * costs).tolist() == answers


@given(seeds, n_classes)
def test_permuted_classes_permute_the_decisions(seed, k):
    proba, costs = problem(seed, k)
    order = np.random.default_rng(seed).permutation(k)
    permuted = least_cost(proba[:, order], costs[np.ix_(order, order)])
    assert order[permuted].tolist() == least_cost(proba, costs).tolist()


def test_of_decisions_that_cost_the_same_the_first_is_taken():
    proba = np.array([[0.5, 0.5], [0.25, 0.75]])
    assert least_cost(proba, np.array([[0.0, 3], [1, 0]])).tolist() == [0, 0]
    assert least_cost(proba, np.zeros((2, 2))).tolist() == [0, 0]


def test_float32_decides_in_float64():
    # In float32 both answers cost 0.5.
    proba = np.array([[0.5, 0.5]], dtype=np.float32)
    assert least_cost(proba, np.array([[0, 1 - 1e-9], [1, 0]])).tolist() == [1]


@given(seeds)
def test_two_classes_are_separated_by_the_threshold(seed):
    proba, costs = problem(seed, 2)
    above = proba[:, 1] > bayes_threshold(costs)
    assert least_cost(proba, costs).tolist() == above.tolist()


@given(seeds)
def test_rows_have_thresholds_of_their_own_even_for_unreasonable_costs(seed):
    proba, _ = problem(seed, 2, 200)
    costs = np.random.default_rng(seed).normal(size=(200, 2, 2))
    reversed_ = (costs[:, 0, 1] < costs[:, 0, 0]) & (costs[:, 1, 0] < costs[:, 1, 1])
    proba, costs = proba[~reversed_], costs[~reversed_]
    above = proba[:, 1] > bayes_threshold(costs)
    assert least_cost(proba, costs).tolist() == above.tolist()


@pytest.mark.parametrize(
    ("costs", "threshold"),
    [
        ([[0, 1], [1, 0]], 0.5),
        ([[0, 1], [19, 0]], 0.05),
        ([[1, 2], [22, 3]], 0.05),
        ([[0, 1], [0, 1]], np.inf),
        ([[1, 0], [1, 0]], -np.inf),
        ([[0, 0], [0, 0]], np.inf),
    ],
)
def test_the_threshold_of_known_costs(costs, threshold):
    found = bayes_threshold(np.array(costs, dtype=float))
    assert isinstance(found, float)
    assert found == pytest.approx(threshold, rel=1e-15)


def test_reversed_costs_have_no_threshold():
    message = whole(
        "There is no threshold, because correct predictions cost more than mistakes "
        "in both classes. Are rows and columns swapped? Rows are truths, columns are "
        "predictions."
    )
    with pytest.raises(ValueError, match=message):
        bayes_threshold(np.array([[[0.0, 1], [1, 0]], [[1, 0], [0, 1]]]))


@pytest.mark.parametrize("posterior", POSTERIORS)
@pytest.mark.parametrize("weights", WEIGHTS)
def test_undoing_weights_returns_the_posterior(weights, posterior):
    weights = np.array(weights[: len(posterior)])

    def expected_loss(logits, posterior):
        return -(weights * posterior) @ log_softmax(logits)

    proba = minimiser(expected_loss, posterior)
    assert_undone(undo_class_weight(proba, weights), posterior)


@pytest.mark.parametrize("posterior", POSTERIORS)
@pytest.mark.parametrize("gamma", GAMMAS)
def test_undoing_the_focal_loss_returns_the_posterior(gamma, posterior):
    def expected_loss(logits, posterior):
        return -posterior @ ((1 - softmax(logits)) ** gamma * log_softmax(logits))

    proba = minimiser(expected_loss, posterior)
    assert_undone(undo_focal(proba, gamma), posterior)


@pytest.mark.parametrize("posterior", POSTERIORS)
@pytest.mark.parametrize("margins", MARGINS)
def test_undoing_margins_returns_the_posterior(margins, posterior):
    margins = np.array(margins[: len(posterior)])

    def expected_loss(logits, posterior):
        shifted = logits - np.diag(margins)
        return -posterior @ np.diag(log_softmax(shifted, axis=1))

    proba = minimiser(expected_loss, posterior)
    assert_undone(undo_ldam(proba, margins), posterior)


@pytest.mark.parametrize("posterior", POSTERIORS[:3])
@pytest.mark.parametrize(("gamma_pos", "gamma_neg", "clip"), ASYMMETRIC)
@pytest.mark.parametrize("positive", [0, 1])
def test_undoing_the_asymmetric_loss_returns_the_posterior(
    gamma_pos, gamma_neg, clip, positive, posterior
):
    def expected_loss(logits, posterior):
        p = softmax(logits)[positive]
        shifted = max(p - clip, 0)
        loss = np.empty(2)
        loss[positive] = -((1 - p) ** gamma_pos) * np.log(p)
        loss[1 - positive] = -(shifted**gamma_neg) * np.log(1 - shifted)
        return posterior @ loss

    proba = minimiser(expected_loss, posterior)
    undone = undo_asymmetric(proba, gamma_pos, gamma_neg, clip, positive)
    assert_undone(undone, posterior)


@pytest.mark.parametrize("gamma_neg", [0, 4])
def test_below_the_clip_nothing_is_positive(gamma_neg):
    proba = np.array([[0.96, 0.04], [0.95, 0.05], [0.9, 0.1]])
    undone = undo_asymmetric(proba, 0, gamma_neg, 0.05)
    np.testing.assert_array_equal(undone[:2], [[1, 0], [1, 0]])
    assert undone[2, 1] > 0


@pytest.mark.parametrize("name", IDENTITIES)
def test_what_distorts_nothing_is_undone_by_nothing(name):
    proba, _ = problem(0, 3, 100)
    # The rounding of a logarithm, its exponential and a sum.
    np.testing.assert_allclose(IDENTITIES[name](proba), proba, rtol=1e-13)


def test_an_asymmetric_loss_without_asymmetry_is_undone_by_nothing():
    proba, _ = problem(0, 2, 100)
    # The rounding of a logarithm of odds and its logistic function.
    np.testing.assert_allclose(undo_asymmetric(proba, 0, 0, 0), proba, rtol=1e-13)


@given(seeds, n_classes)
def test_weighting_and_undoing_is_the_identity(seed, k):
    proba, _ = problem(seed, k)
    weights = np.random.default_rng(seed).lognormal(0, 3, k)
    weighted = proba * weights / (proba @ weights)[:, None]
    # Relative rounding of a logarithm of up to about 30.
    np.testing.assert_allclose(undo_class_weight(weighted, weights), proba, rtol=1e-12)


@pytest.mark.parametrize("size", [1e-300, 1e300])
def test_only_ratios_of_class_weights_count(size):
    proba, _ = problem(0, 3)
    weights = np.array([1.0, 2, 5])
    # A logarithm of 690 has an absolute rounding of 1e-13.
    np.testing.assert_allclose(
        undo_class_weight(proba, size * weights),
        undo_class_weight(proba, weights),
        rtol=1e-12,
    )


def test_a_class_of_weight_zero_has_probability_zero():
    proba = np.array([[0.2, 0.3, 0.5], [1, 0, 0]])
    undone = undo_class_weight(proba, np.array([0.0, 1, 1]))
    np.testing.assert_allclose(undone, [[0, 0.375, 0.625], [1, 0, 0]], rtol=1e-15)


@pytest.mark.parametrize(
    ("proba", "odds"),
    [
        # At a small c, h(1 - c) = 1 / (3 c^2) and h(v) = v.
        ([1e-12, 1 - 1e-12], 3e-36),
        ([1e-12, 2e-12, 1 - 3e-12], 3 * 9e-36),
    ],
)
def test_undoing_the_focal_loss_keeps_its_digits_near_one(proba, odds):
    undone = undo_focal(np.array([proba]), 2.0)[0]
    # The next terms of both series are smaller by 1e-11. Lost digits would be 1e-4.
    np.testing.assert_allclose(undone[0] / undone[-1], odds, rtol=1e-9)


def test_undoing_margins_keeps_its_digits_near_one():
    # 1 - p (1 - exp(-40)) is 1e-12 + exp(-40).
    undone = undo_ldam(np.array([[1e-12, 1 - 1e-12]]), np.array([0.0, 40.0]))[0]
    expected = 1e-12 / (1e-12 + np.exp(-40))
    np.testing.assert_allclose(undone[0] / undone[1], expected, rtol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", UNDO)
def test_a_new_array_of_the_same_dtype_has_rows_that_sum_to_one(name, dtype):
    extremes = [[0, 1], [1, 0], [1e-30, 1], [1, 1e-30], [0.5, 0.5], [0.3, 0.7]]
    proba = np.array(extremes, dtype=dtype)
    undone = UNDO[name](proba)
    np.testing.assert_array_equal(proba, np.array(extremes, dtype=dtype))
    assert undone is not proba
    assert undone.dtype == dtype
    assert (undone >= 0).all()
    # Each of two numbers is rounded once.
    np.testing.assert_allclose(undone.sum(axis=1), 1, rtol=2 * np.finfo(dtype).eps)


@pytest.mark.parametrize("name", [name for name in UNDO if "clip" not in name])
def test_certain_rows_stay_certain(name):
    certain = np.eye(2)
    if name != "asymmetric":  # which gives a bound at 1
        np.testing.assert_array_equal(UNDO[name](certain), certain)


def test_float32_is_undone_in_float64():
    proba, _ = problem(0, 2)
    single = proba.astype(np.float32)
    for undo in UNDO.values():
        double = undo(single.astype(np.float64))
        np.testing.assert_array_equal(undo(single), double.astype(np.float32))


def gaussians(prior, n_samples, seed):
    """Return points of classes around 0, 1.5, ... and the posterior for any prior."""
    rng = np.random.default_rng(seed)
    means = 1.5 * np.arange(len(prior))
    points = rng.normal(rng.choice(means, n_samples, p=prior))

    def posterior(prior):
        density = norm.pdf(points[:, None] - means) * prior
        return density / density.sum(axis=1, keepdims=True)

    return posterior


@pytest.mark.parametrize("new", [[0.9, 0.1], [0.6, 0.3, 0.1], [0.5, 0.5, 0.0]])
def test_adapting_the_prior_gives_the_posterior_of_the_new_prior(new):
    old = np.full(len(new), 1 / len(new))
    posterior = gaussians(new, 100, seed=0)
    adapted = adapt_prior(posterior(old), old, new)
    # Densities, a logarithm and its exponential, each rounded once.
    np.testing.assert_allclose(adapted, posterior(np.array(new)), rtol=1e-12)


@pytest.mark.parametrize("new", [[0.9, 0.1], [0.6, 0.3, 0.1]])
def test_the_prior_is_found_without_labels(new):
    old = np.full(len(new), 1 / len(new))
    posterior = gaussians(new, 20_000, seed=0)
    found = estimate_prior(posterior(old), old)
    # Twice the standard error of a share of 1/2 among so many labels, 0.0035, for
    # classes that overlap, and three of those.
    np.testing.assert_allclose(found, new, atol=0.021)
    assert found.sum() == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize("new", [[0.9, 0.1], [0.6, 0.3, 0.1]])
def test_the_estimated_prior_is_the_one_of_greatest_likelihood(new):
    old = np.array([0.2, 0.3, 0.5])[-len(new) :]
    old = old / old.sum()
    proba = gaussians(new, 500, seed=1)(old)
    found = estimate_prior(proba, old)

    def log_likelihood(prior):
        return np.log(proba @ (prior / old)).sum()

    # Each step away, of a size that the tolerance of EM cannot explain, is worse.
    for more, fewer in itertools.permutations(np.eye(len(new)), 2):
        step = 1e-3 * (more - fewer)
        assert log_likelihood(found + step) < log_likelihood(found)


def test_a_prior_that_has_not_shifted_is_found_at_once():
    proba = np.array([[0.9, 0.1], [0.3, 0.7]])
    np.testing.assert_allclose(
        estimate_prior(proba, [0.6, 0.4], max_iter=1), [0.6, 0.4], rtol=1e-14
    )


def test_a_class_that_no_row_has_leaves_the_other_shares_alone():
    proba = np.array([[0.9, 0.1], [0.6, 0.4], [0.3, 0.7]])
    two = estimate_prior(proba, [0.5, 0.5])
    three = estimate_prior(np.c_[proba, np.zeros(3)], [0.4, 0.4, 0.2])
    # Both stop where a step changes less than 1e-8, some steps from the limit.
    np.testing.assert_allclose(three, [*two, 0], atol=1e-6)


def test_certain_rows_are_counted():
    proba = np.repeat(np.eye(2), [3, 1], axis=0)
    np.testing.assert_allclose(estimate_prior(proba, [0.5, 0.5]), [0.75, 0.25])


def test_too_few_steps_warn():
    message = whole(
        "The prior still changes by more than tol=1e-08 after 2 iterations. "
        "Use a larger max_iter or tol."
    )
    proba = np.array([[0.9, 0.1], [0.6, 0.4]])
    with pytest.warns(ConvergenceWarning, match=message) as caught:
        estimate_prior(proba, [0.5, 0.5], max_iter=2)
    assert caught[0].filename == __file__


def test_frames_lists_and_integers_are_probabilities_too():
    expected = adapt_prior(np.eye(2), [0.5, 0.5], [0.9, 0.1])
    for proba in ([[1, 0], [0, 1]], pd.DataFrame(np.eye(2)), np.eye(2, dtype=bool)):
        adapted = adapt_prior(proba, pd.Series([0.5, 0.5]), (0.9, 0.1))
        np.testing.assert_array_equal(adapted, expected)
        assert adapted.dtype == np.float64


def test_probabilities_may_be_rounded_to_four_digits():
    proba, prior = [[0.3333, 0.3333, 0.3333]], [0.3333333, 0.3333333, 0.3333334]
    adapted = adapt_prior(proba, prior, prior)
    np.testing.assert_allclose(adapted, 1 / 3, rtol=1e-12)


ROWS = (
    "proba must be a numeric array with a row for each sample and a column for each "
    "class, as predict_proba returns it. Got shape {} and dtype {}."
)
ROW = (
    "Each row of proba must contain numbers of at least 0 that sum to 1, as "
    "predict_proba "
    "returns them. Row {} is {}."
)
PRIOR = (
    "old_prior must be 2 numbers above 0 that sum to 1, one for each class of proba. "
    "Got "
    "{}. Divide the number of rows of each class by the total number of rows."
)
HALVES = [0.5, 0.5]
WRONG = [
    ([0.5, 0.5], HALVES, ROWS.format((2,), "float64")),
    ([["a", "b"]], HALVES, ROWS.format((1, 2), "<U1")),
    ([[0.5, 0.5], [0.4, 0.7]], HALVES, ROW.format(1, [0.4, 0.7])),
    ([[0.5, 0.502]], HALVES, ROW.format(0, [0.5, 0.502])),
    ([[-2.0, 3.0]], HALVES, ROW.format(0, [-2.0, 3.0])),
    ([[0.5, 0.5], [np.nan, 0.5]], HALVES, ROW.format(1, [np.nan, 0.5])),
    ([[np.inf, 0.5]], HALVES, ROW.format(0, [np.inf, 0.5])),
    ([HALVES], [1.0], PRIOR.format([1.0])),
    ([HALVES], [0.5, 0.6], PRIOR.format([0.5, 0.6])),
    ([HALVES], [0.5, 0.50001], PRIOR.format([0.5, 0.50001])),
    ([HALVES], [0.0, 1.0], PRIOR.format([0.0, 1.0])),
    ([HALVES], [np.nan, 1.0], PRIOR.format([np.nan, 1.0])),
    ([HALVES], ["a", "b"], PRIOR.format(["a", "b"])),
    ([HALVES], {0: 0.5, 1: 0.5}, PRIOR.format({0: 0.5, 1: 0.5})),
]


@pytest.mark.parametrize(("proba", "old_prior", "message"), WRONG)
def test_wrong_probabilities_and_priors_are_explained(proba, old_prior, message):
    with pytest.raises(ValueError, match=whole(message)):
        adapt_prior(proba, old_prior, HALVES)
    with pytest.raises(ValueError, match=whole(message)):
        estimate_prior(proba, old_prior)


def test_a_wrong_new_prior_is_explained():
    message = whole(
        "new_prior must be 2 numbers of at least 0 that sum to 1, one for each class "
        "of proba. Got [-0.5, 1.5]. Divide the number of rows of each class by the "
        "total number of rows."
    )
    with pytest.raises(ValueError, match=message):
        adapt_prior([HALVES], HALVES, [-0.5, 1.5])


def test_a_prior_of_no_rows_is_explained():
    message = whole("Estimating a prior needs at least one row. proba has no rows.")
    with pytest.raises(ValueError, match=message):
        estimate_prior(np.empty((0, 2)), HALVES)
