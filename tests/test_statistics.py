"""Differences between strategies: laws, Student's distribution by hand, sentences."""

import math

import numpy as np
import pandas as pd
import pytest
from baycomp import CorrelatedTTest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from messages import whole
from scipy import stats
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression

from skweighted import compare
from skweighted.comparison import MEASURES
from skweighted.comparison.report.verdict import verdict
from skweighted.comparison.statistics import (
    HUNDREDTHS,
    differences,
    practical_difference,
)

COLUMNS = [
    "difference",
    "low",
    "high",
    "p_worse",
    "p_equivalent",
    "p_better",
    "n_folds",
]
PROBABILITIES = ["p_worse", "p_equivalent", "p_better"]
# Folds and test share: 5 folds, 10 folds twice, a third held out 7 times.
PROTOCOLS = [(5, 1 / 5), (20, 1 / 10), (7, 1 / 3)]

# Hundredths, so that equal differences occur; two folds or more.
paired_scores = st.lists(
    st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=2, max_size=8
).map(lambda pairs: np.array(pairs).T / 100)
ropes = st.sampled_from([0.0, 0.01, 0.2])


def frame(**scores):
    """Return fold scores in "f1"; None is a fold that was not run."""
    rows = [
        (strategy, fold, "f1", value)
        for strategy, values in scores.items()
        for fold, value in enumerate(values)
        if value is not None
    ]
    return pd.DataFrame(rows, columns=["strategy", "fold", "metric", "value"])


def drawn(n_folds, seed=0):
    """Return scores of two strategies on folds that are not equally hard."""
    rng = np.random.default_rng(seed)
    hardness = rng.normal(0.7, 0.1, n_folds)
    return hardness + rng.normal([[0], [0.02]], 0.03, (2, n_folds))


def compared(none, smote, **options):
    """Return the row of 'smote' against 'none'."""
    defaults = {"test_share": 0.2, "greater_is_better": True}
    scores = frame(none=none, smote=smote)
    return differences(scores, "f1", "none", **defaults | options).loc["smote"]


# Laws


@given(paired_scores, ropes)
def test_swapping_strategy_and_reference_swaps_better_and_worse(pair, rope):
    forth = compared(*pair, rope=rope)
    back = compared(*pair[::-1], rope=rope)
    # 1e-12: one minus a probability, in the other order.
    np.testing.assert_allclose(
        forth[COLUMNS[:6]].to_numpy(),
        [
            *-back[["difference", "high", "low"]].to_numpy(),
            *back[["p_better", "p_equivalent", "p_worse"]],
        ],
        atol=1e-12,
    )


# In the example the outer two add up to a little more than 1.
@given(paired_scores, ropes)
@example(
    np.array([[0.92, 0.49, 0.81, 0.94, 0.68], [0.64, 0.99, 0.09, 0.46, 0.12]]), 1e-16
)
def test_probabilities_are_probabilities(pair, rope):
    found = compared(*pair, rope=rope)[PROBABILITIES]
    assert (found >= 0).all()
    # 1e-15: a few roundings.
    assert found.sum() == pytest.approx(1, abs=1e-15)


@given(paired_scores)
def test_without_a_rope_only_the_same_scores_are_equivalent(pair):
    none, smote = pair
    are_same = np.array_equal(none, smote)
    assert compared(none, smote, rope=0)["p_equivalent"] == are_same


@given(paired_scores)
def test_a_wider_rope_makes_more_equivalent(pair):
    narrow, wide = (compared(*pair, rope=rope) for rope in (0.01, 0.05))
    assert wide["p_equivalent"] >= narrow["p_equivalent"]


@pytest.mark.parametrize("scale", [0.001, 1000.0])
def test_the_unit_does_not_matter(scale):
    none, smote = drawn(5)
    one = compared(none, smote, rope=0.01)
    other = compared(none * scale, smote * scale, rope=0.01 * scale)
    # 1e-9: roundings of differences of numbers near one another.
    np.testing.assert_allclose(other[COLUMNS[:3]], one[COLUMNS[:3]] * scale, rtol=1e-9)
    np.testing.assert_allclose(other[PROBABILITIES], one[PROBABILITIES], rtol=1e-9)


def test_how_hard_a_fold_is_does_not_matter():
    none, smote = drawn(5)
    hardness = np.array([0.3, -0.2, 0, 0.1, 5])
    one, other = compared(none, smote), compared(none + hardness, smote + hardness)
    # 1e-9: roundings of differences of numbers near one another.
    np.testing.assert_allclose(other, one, rtol=1e-9)


def test_less_is_better_swaps_better_and_worse_and_nothing_else():
    none, smote = drawn(5)
    more = compared(none, smote + 0.1, greater_is_better=True)
    less = compared(none, smote + 0.1, greater_is_better=False)
    swapped = less.rename({"p_better": "p_worse", "p_worse": "p_better"})
    pd.testing.assert_series_equal(swapped[COLUMNS], more)
    assert more["p_better"] > 0.5 > more["p_worse"]


@pytest.mark.parametrize("confidence", [0.6, 0.95])
def test_interval_and_probabilities_are_of_one_distribution(confidence):
    none, smote = drawn(5)
    options = {"confidence": confidence}
    high = compared(none, smote, **options)["high"]
    low = compared(none, smote - 0.1, **options)["low"]
    above = compared(none, smote, rope=high, **options)["p_better"]
    below = compared(none, smote - 0.1, rope=-low, **options)["p_worse"]
    # 1e-12: a quantile and back.
    assert above == pytest.approx((1 - confidence) / 2, abs=1e-12)
    assert below == pytest.approx((1 - confidence) / 2, abs=1e-12)


def test_rows_do_not_depend_on_company_or_order():
    none, smote = drawn(5)
    scores = frame(other=none + 1, none=none, smote=smote, none_again=none)
    options = {"test_share": 0.2, "greater_is_better": True}
    found = differences(scores, "f1", "none", **options)
    assert found.index.tolist() == ["other", "smote", "none_again"]
    assert found.columns.tolist() == COLUMNS
    pd.testing.assert_series_equal(found.loc["smote"], compared(none, smote))
    shuffled = scores.sample(frac=1, random_state=0)
    again = differences(shuffled, "f1", "none", **options)
    pd.testing.assert_frame_equal(again.loc[found.index], found)


def test_other_metrics_play_no_part():
    scores = frame(none=drawn(5)[0], smote=drawn(5)[1])
    both = pd.concat([scores, scores.assign(metric="log_loss", value=9.0)])
    options = {"test_share": 0.2, "greater_is_better": True}
    pd.testing.assert_frame_equal(
        differences(both, "f1", "none", **options),
        differences(scores, "f1", "none", **options),
    )


@pytest.mark.parametrize("missing", [None, math.nan, math.inf])
def test_a_fold_that_one_of_them_lacks_counts_for_neither(missing):
    none, smote = drawn(6)
    found = compared([missing, *none[1:]], [*smote[:5], missing])
    pd.testing.assert_series_equal(found, compared(none[1:5], smote[1:5]))
    assert found["n_folds"] == 4


def test_scores_are_left_as_they_were():
    scores = frame(none=[0.5, math.nan, 0.7], smote=[0.6, 0.6, 0.6])
    before = scores.copy()
    differences(scores, "f1", "none", test_share=0.2, greater_is_better=True)
    pd.testing.assert_frame_equal(scores, before)


# Where folds say nothing, or all the same


def test_a_single_fold_has_a_difference_and_no_chance():
    found = compared([0.5], [0.75])
    assert found["difference"] == 0.25
    assert found[["low", "high"]].tolist() == [-math.inf, math.inf]
    assert found[PROBABILITIES].isna().all()
    assert found["n_folds"] == 1


def test_a_strategy_without_a_common_fold_is_left_out():
    scores = frame(none=[0.5, 0.5, None], smote=[None, None, 0.6], plain=[0.5, 0.5])
    found = differences(scores, "f1", "none", test_share=0.3, greater_is_better=True)
    assert found.index.tolist() == ["plain"]


def test_a_reference_alone_gives_an_empty_table():
    scores = frame(none=[0.5, 0.6])
    found = differences(scores, "f1", "none", test_share=0.5, greater_is_better=True)
    assert found.shape == (0, 7)
    assert found["n_folds"].dtype == int


@pytest.mark.parametrize(
    ("difference", "probabilities"),
    [(0.0, [0, 1, 0]), (0.25, [0, 1, 0]), (0.5, [0, 0, 1]), (-0.5, [1, 0, 0])],
)
@pytest.mark.parametrize("rope", [0.25, 0.0])
def test_the_same_difference_in_every_fold_is_certain(difference, probabilities, rope):
    none = np.array([0.5, 0.25, 0.75])
    if difference == 0.25:
        difference = rope
    found = compared(none, none + difference, rope=rope)
    assert found[COLUMNS[:3]].tolist() == [difference] * 3
    assert found[PROBABILITIES].tolist() == probabilities


# Oracles


@pytest.mark.parametrize(("n_folds", "test_share"), PROTOCOLS)
@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_the_interval_is_nadeau_and_bengio_s(n_folds, test_share, confidence):
    none, smote = drawn(n_folds)
    gain = smote - none
    mean = sum(gain) / n_folds
    variance = sum((gain - mean) ** 2) / (n_folds - 1)
    error = math.sqrt(variance * (1 / n_folds + test_share / (1 - test_share)))
    quantile = stats.t(n_folds - 1).isf((1 - confidence) / 2)
    found = compared(none, smote, test_share=test_share, confidence=confidence)
    # 1e-10: sums in another order.
    np.testing.assert_allclose(
        found[COLUMNS[:3]],
        [mean, mean - quantile * error, mean + quantile * error],
        rtol=1e-10,
    )


@pytest.mark.parametrize(("n_folds", "n_repeats"), [(5, 1), (10, 1), (5, 4), (2, 5)])
@pytest.mark.parametrize("rope", [0.01, 0.03])
def test_probabilities_are_baycomp_s(n_folds, n_repeats, rope):
    none, smote = drawn(n_folds * n_repeats)
    expected = CorrelatedTTest.probs(none, smote, rope=rope, runs=n_repeats)
    found = compared(none, smote, rope=rope, test_share=1 / n_folds)
    # 1e-12: the number of runs is multiplied and divided again.
    np.testing.assert_allclose(found[PROBABILITIES], expected, atol=1e-12)


def test_without_shared_rows_it_is_the_paired_t_test():
    none, smote = drawn(9)
    interval = stats.ttest_rel(smote, none).confidence_interval(0.95)
    # 1e-9: no share at all would be 0.
    found = compared(none, smote, test_share=1e-12)[["low", "high"]]
    np.testing.assert_allclose(found, interval, rtol=1e-9)


def test_the_interval_covers_where_folds_are_as_alike_as_nadeau_and_bengio_say():
    n_draws, n_folds, test_share, truth = 2000, 10, 0.1, 0.02
    rng = np.random.default_rng(0)
    shared = rng.normal(0, math.sqrt(test_share), (n_draws, 1))
    own = rng.normal(0, math.sqrt(1 - test_share), (n_draws, n_folds))
    draws = {f"draw {i}": values for i, values in enumerate(truth + shared + own)}
    scores = frame(none=np.zeros(n_folds), **draws)
    found = differences(
        scores, "f1", "none", test_share=test_share, greater_is_better=True
    )
    covered = (found["low"] < truth) & (truth < found["high"])
    # 0.02: four standard deviations of a share of 0.95 in 2000 draws.
    assert covered.mean() == pytest.approx(0.95, abs=0.02)


# Examples


def test_five_folds_worked_by_hand():
    # Gains 1, 2, 3, 4 and 5 hundredths: mean 3, variance 2.5, and that of the mean
    # (1/5 + 1/4) * 2.5 = 1.125; Student's quantile with 4 degrees is 2.776.
    none = np.array([0.5, 0.6, 0.7, 0.4, 0.3])
    found = compared(none, none + [0.01, 0.02, 0.03, 0.04, 0.05])
    assert found["difference"] == pytest.approx(0.03)
    # 1e-5: the quantile has four digits.
    assert found["low"] == pytest.approx(0.03 - 2.776 * 0.0106066, abs=1e-5)
    assert found["high"] == pytest.approx(0.03 + 2.776 * 0.0106066, abs=1e-5)


def test_a_threshold_makes_no_difference_to_a_ranking():
    X, y = make_classification(200, weights=[0.8], random_state=0)
    network = LogisticRegression()
    names = ["none", "threshold"]
    scores = compare(X, y, estimator=network, strategies=names, cv=3).fold_scores
    options = {"greater_is_better": True}
    found = differences(
        scores, "average_precision", "none", test_share=1 / 3, **options
    )
    assert verdict(found, "average precision", "none", 0.01, **options) == [
        "Nothing is really better than none in average precision: "
        "every difference is within 0.01.",
        "No real difference, within 0.01 of none, "
        "with a probability of at least 95%: threshold.",
    ]


@pytest.mark.parametrize(
    ("metric", "reference_mean", "expected"),
    [
        ("roc_auc", 0.5, 0.01),
        ("f1", 0.0, 0.01),
        ("cost_savings", -0.5, 0.01),
        ("log_loss", 0.2, 0.002),
        ("brier", 0.02, 0.0002),
        ("cost", 1200.0, 12.0),
        ("cost", -1200.0, 12.0),
        ("cost", 0.0, 0.0),
        ("fit_seconds", 3.0, 0.3),
    ],
)
def test_what_makes_no_difference_in_practice(metric, reference_mean, expected):
    assert practical_difference(metric, reference_mean) == pytest.approx(expected)


def test_hundredths_are_known_scores_of_which_more_is_better():
    assert all(MEASURES[metric].greater_is_better for metric in HUNDREDTHS)


# Sentences


def row(kind, difference, low=-1.0, high=1.0, n_folds=5):
    """Return a row of the table; a kind that is not decided shares its probability."""
    decided = {"worse": [0.96, 0.03, 0.01], "better": [0.01, 0.03, 0.96]}
    decided["equivalent"] = [0.02, 0.96, 0.02]
    decided["unknown"] = [math.nan] * 3
    probabilities = decided.get(kind, [0.1, 0.3, 0.6])
    return [difference, low, high, *probabilities, n_folds]


def table(rows):
    return pd.DataFrame.from_dict(rows, orient="index", columns=COLUMNS)


SENTENCES = [
    ({}, ["There is nothing to compare none with in F1."]),
    (
        {"smote": row("better", 0.05), "over": row("undecided", -0.01)},
        [
            "Better than none in F1 by more than 0.01, "
            "with a probability of at least 95%: smote.",
            "No clear difference from none: over.",
        ],
    ),
    (
        {
            "smote": row("better", 0.05),
            "over": row("undecided", 0.004),
            "under": row("better", 0.06),
            "weight": row("undecided", -0.01),
            "focal": row("better", 0.05),
        },
        [
            "Better than none in F1 by more than 0.01, "
            "with a probability of at least 95%: smote, under and focal.",
            "No clear difference from none: over and weight.",
        ],
    ),
    (
        {"smote": row("better", 0.05), "over": row("undecided", 0.14)},
        [
            "Better than none in F1 by more than 0.01, "
            "with a probability of at least 95%: smote.",
            "The best mean is that of over (+0.14), but the folds cannot distinguish "
            "it from none.",
        ],
    ),
    (
        {
            "smote": row("undecided", 0.0041),
            "over": row("equivalent", 0.001),
            "under": row("equivalent", -0.001),
        },
        [
            "Nothing is really better than none in F1: "
            "every difference is within 0.01 or undecided.",
            "The best mean is that of smote (+0.0041), but the folds cannot "
            "distinguish it from none.",
            "No real difference, within 0.01 of none, "
            "with a probability of at least 95%: over and under.",
        ],
    ),
    (
        {"smote": row("undecided", 0.02, low=0.005, high=0.035)},
        [
            "Nothing is really better than none in F1: every difference is undecided.",
            "The best mean is that of smote (+0.02), but the folds do not show whether "
            "the difference exceeds 0.01.",
        ],
    ),
    (
        {"smote": row("equivalent", 0.00004), "under": row("worse", -0.2)},
        [
            "Nothing is really better than none in F1: "
            "every difference is within 0.01 or for the worse.",
            "The best mean is that of smote (+0.00004), but that is no real "
            "difference.",
            "Worse than none by more than 0.01, "
            "with a probability of at least 95%: under.",
            "No real difference, within 0.01 of none, "
            "with a probability of at least 95%: smote.",
        ],
    ),
    (
        {
            "smote": row("worse", -0.1),
            "under": row("worse", -0.2),
            "over": row("undecided", -0.01),
            "weight": row("equivalent", -0.001),
        },
        [
            "Nothing is really better than none in F1: "
            "every difference is within 0.01, undecided or for the worse.",
            "The best mean is that of none itself.",
            "Worse than none by more than 0.01, "
            "with a probability of at least 95%: smote and under.",
            "No real difference, within 0.01 of none, "
            "with a probability of at least 95%: weight.",
            "No clear difference from none: over.",
        ],
    ),
    (
        {"smote": row("unknown", 0.123, -math.inf, math.inf, n_folds=1)},
        [
            "Nothing is really better than none in F1: every difference is undecided.",
            "The best mean is that of smote (+0.12), but the folds cannot distinguish "
            "it from none.",
            "A single fold cannot show what is chance. Use two folds or more.",
        ],
    ),
    (
        {"smote": row("equivalent", 0.0, n_folds=3), "over": row("equivalent", 0.0)},
        [
            "Nothing is really better than none in F1: "
            "every difference is within 0.01.",
            "No real difference, within 0.01 of none, "
            "with a probability of at least 95%: smote and over.",
            "Judged on 3 of 5 folds, with no score in the others: smote.",
        ],
    ),
]


@pytest.mark.parametrize(("rows", "sentences"), SENTENCES)
def test_the_verdict_in_words(rows, sentences):
    assert verdict(table(rows), "F1", "none", 0.01, greater_is_better=True) == sentences


def test_the_verdict_where_less_is_better():
    rows = {"smote": row("undecided", -12.3, -30, 6), "over": row("worse", 88.0)}
    assert verdict(table(rows), "cost", "none", 3.512, greater_is_better=False) == [
        "Nothing is really better than none in cost: "
        "every difference is undecided or for the worse.",
        "The best mean is that of smote (-12), but the folds cannot distinguish it "
        "from none.",
        "Worse than none by more than 3.5, with a probability of at least 95%: over.",
    ]
    rows = {"smote": row("undecided", -12.3, -20, -4)}
    assert verdict(table(rows), "cost", "none", 5, greater_is_better=False)[1] == (
        "The best mean is that of smote (-12), but the folds do not show whether "
        "the difference exceeds 5."
    )


def test_the_verdict_without_a_rope():
    rows = {"smote": row("better", 0.05), "over": row("worse", -0.05)}
    assert verdict(table(rows), "F1", "none", 0, greater_is_better=True) == [
        "Better than none in F1, with a probability of at least 95%: smote.",
        "Worse than none, with a probability of at least 95%: over.",
    ]


@pytest.mark.parametrize(
    ("confidence", "n_better"), [(0.9, 2), (0.96, 2), (0.97, 1), (0.975, 1), (0.99, 0)]
)
def test_a_difference_is_real_from_the_confidence_on(confidence, n_better):
    found = table({"smote": row("better", 0.05), "over": row("better", 0.04)})
    found.loc["smote", PROBABILITIES] = [0.0, 0.02, 0.98]
    first = verdict(found, "F1", "none", 0.01, confidence, greater_is_better=True)[0]
    names = ["undecided", "smote", "smote and over"][n_better]
    assert first.startswith("Better than" if n_better else "Nothing is really better")
    probability = {0.96: "96%", 0.975: "97.5%"}.get(confidence, "")
    assert first.endswith(f"{probability}: {names}." if n_better else f"is {names}.")


@given(paired_scores, ropes, st.booleans())
def test_the_verdict_does_not_depend_on_the_sign_of_the_metric(pair, rope, better):
    def sentences(none, smote, greater_is_better):
        direction = {"greater_is_better": greater_is_better}
        scores = frame(none=none, smote=smote)
        found = differences(
            scores, "f1", "none", test_share=0.2, rope=rope, **direction
        )
        return verdict(found, "F1", "none", rope, **direction)

    def unsigned(lines):
        return [line.replace("(+", "(").replace("(-", "(") for line in lines]

    assume(abs(pair[0] - pair[1]).max() > 0)
    one, other = sentences(*pair, better), sentences(*-pair, not better)
    assert unsigned(one) == unsigned(other)


# Wrong input

SCORES = frame(none=[0.5, 0.6], smote=[0.6, 0.7], failed=[math.nan, math.nan])
WRONG = [
    (
        {"test_share": 0},
        "test_share must be between 0 and 1. Got 0. For 5 folds it is 1/5.",
    ),
    (
        {"test_share": 5},
        "test_share must be between 0 and 1. Got 5. For 5 folds it is 1/5.",
    ),
    (
        {"rope": -0.01},
        "rope must be a finite number of at least 0. Got -0.01.",
    ),
    (
        {"rope": math.nan},
        "rope must be a finite number of at least 0. Got nan.",
    ),
    (
        {"rope": math.inf},
        "rope must be a finite number of at least 0. Got inf.",
    ),
    (
        {"confidence": 95},
        "confidence must be between 0.5 and 1. Got 95. For 95 % it is 0.95.",
    ),
    (
        {"confidence": 0.5},
        "confidence must be between 0.5 and 1. Got 0.5. For 95 % it is 0.95.",
    ),
    # The mean of a strategy that always failed is NaN, and so is its rope.
    (
        {"reference": "failed", "rope": math.nan},
        "The reference 'failed' has no score in 'f1'. "
        "Strategies with scores: ['none', 'smote'].",
    ),
    (
        {"metric": "F1"},
        "The reference 'none' has no score in 'F1'. Strategies with scores: [].",
    ),
]


@pytest.mark.parametrize(("wrong", "message"), WRONG)
def test_invalid_input_is_an_error(wrong, message):
    right = {"metric": "f1", "reference": "none", "test_share": 0.5}
    with pytest.raises(ValueError, match=whole(message)):
        differences(SCORES, greater_is_better=True, **right | wrong)


@pytest.mark.parametrize("confidence", [0.5, 1, math.nan])
def test_a_verdict_needs_a_valid_confidence(confidence):
    message = (
        f"confidence must be between 0.5 and 1. Got {confidence:g}. "
        f"For 95 % it is 0.95."
    )
    with pytest.raises(ValueError, match=whole(message)):
        verdict(table({}), "F1", "none", 0.01, confidence, greater_is_better=True)
