"""Many data sets: the example of Demsar (2006), laws of ranks, and what is drawn."""

import itertools

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from many_datasets import (
    complete,
    critical_difference,
    friedman,
    mean_ranks,
    nemenyi,
    plot_critical_difference,
)
from matplotlib import pyplot as plt
from messages import whole
from scipy import stats

# AUC of C4.5 with two parameters tuned or not (Demsar, 2006, table 6). "voting" is
# printed as 0.975 twice, with ranks 2 and 3.
DEMSAR = pd.DataFrame(
    {
        "adult (sample)": [0.763, 0.768, 0.771, 0.798],
        "breast cancer": [0.599, 0.591, 0.590, 0.569],
        "breast cancer wisconsin": [0.954, 0.971, 0.968, 0.967],
        "cmc": [0.628, 0.661, 0.654, 0.657],
        "ionosphere": [0.882, 0.888, 0.886, 0.898],
        "iris": [0.936, 0.931, 0.916, 0.931],
        "liver disorders": [0.661, 0.668, 0.609, 0.685],
        "lung cancer": [0.583, 0.583, 0.563, 0.625],
        "lymphography": [0.775, 0.838, 0.866, 0.875],
        "mushroom": [1.000, 1.000, 1.000, 1.000],
        "primary tumor": [0.940, 0.962, 0.965, 0.962],
        "rheum": [0.619, 0.666, 0.614, 0.669],
        "voting": [0.972, 0.981, 0.9751, 0.975],
        "wine": [0.957, 0.978, 0.946, 0.970],
    },
    index=["C4.5", "C4.5+m", "C4.5+cf", "C4.5+m+cf"],
).T
APART = pd.DataFrame(np.arange(5.0) + np.zeros((20, 1)), columns=list("abcde"))

# Few values, so that there are ties.
tables = (
    st.integers(2, 5)
    .flatmap(
        lambda n_strategies: st.lists(
            st.lists(st.integers(0, 4), min_size=n_strategies, max_size=n_strategies),
            min_size=2,
            max_size=6,
        )
    )
    .map(lambda rows: pd.DataFrame(rows).add_prefix("strategy "))
)


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


# The worked example


def test_mean_ranks_are_those_of_the_paper():
    ranks = mean_ranks(DEMSAR, greater_is_better=True)
    expected = {"C4.5": 3.143, "C4.5+m": 2, "C4.5+cf": 2.893, "C4.5+m+cf": 1.964}
    # 5e-4: the paper has three digits.
    assert ranks.to_dict() == pytest.approx(expected, abs=5e-4)


def test_friedman_s_statistic_is_that_of_the_paper_up_to_ties():
    statistic, p_value = friedman(DEMSAR)
    # The paper does not correct for ties: three pairs, 2 ** 3 - 2 each, and four alike,
    # 4 ** 3 - 4, divided by 14 * (4 ** 3 - 4). 0.01: the paper has two digits.
    assert statistic * (1 - 78 / 840) == pytest.approx(9.28, abs=0.01)
    assert p_value == stats.chi2.sf(statistic, 3)


def test_nemenyi_s_test_finds_what_the_paper_says():
    p_values = nemenyi(DEMSAR)
    # "Not significant at 0.05"; at 0.10 C4.5 differs from both with m, cf from neither.
    assert 0.05 < p_values.loc["C4.5", "C4.5+m+cf"] < 0.1
    assert 0.05 < p_values.loc["C4.5", "C4.5+m"] < 0.1
    assert p_values.loc["C4.5+cf"].min() > 0.1


# The last by the 2.728 of table 5.
@pytest.mark.parametrize(
    ("alpha", "n_data_sets", "n_strategies", "expected"),
    [(0.05, 14, 4, 1.25), (0.10, 14, 4, 1.12), (0.05, 14, 5, 1.63)],
)
def test_the_critical_difference_is_that_of_the_paper(
    alpha, n_data_sets, n_strategies, expected
):
    found = critical_difference(n_data_sets, n_strategies, alpha)
    assert round(found, 2) == expected


# Laws


@given(tables, st.booleans())
def test_ranks_are_shared_out_in_full(table, greater_is_better):
    n_strategies = table.shape[1]
    ranks = mean_ranks(table, greater_is_better)
    assert ranks.sum() == pytest.approx(n_strategies * (n_strategies + 1) / 2)
    assert ranks.between(1, n_strategies).all()


@given(tables)
def test_the_sign_of_the_metric_does_not_matter(table):
    pd.testing.assert_series_equal(
        mean_ranks(table, greater_is_better=True),
        mean_ranks(-table, greater_is_better=False),
    )
    if table.shape[1] > 2:
        # 1e-9: ranks from the other end, in another order of sums.
        assert friedman(table) == pytest.approx(friedman(-table), abs=1e-9)
    pd.testing.assert_frame_equal(nemenyi(table), nemenyi(-table))


def test_only_the_order_on_a_data_set_matters():
    stretched = np.exp(DEMSAR * 3).add(np.arange(14), axis=0)
    pd.testing.assert_series_equal(
        mean_ranks(stretched, greater_is_better=True),
        mean_ranks(DEMSAR, greater_is_better=True),
    )
    assert friedman(stretched) == friedman(DEMSAR)


def test_the_order_of_strategies_does_not_matter():
    turned = DEMSAR[DEMSAR.columns[::-1]]
    names = DEMSAR.columns
    ranks = mean_ranks(DEMSAR, greater_is_better=True)
    pd.testing.assert_series_equal(
        mean_ranks(turned, greater_is_better=True)[names], ranks
    )
    pd.testing.assert_frame_equal(nemenyi(turned).loc[names, names], nemenyi(DEMSAR))
    # 1e-12: sums in another order.
    assert friedman(turned) == pytest.approx(friedman(DEMSAR), rel=1e-12)


@given(tables)
def test_a_pair_is_apart_where_ranks_differ_critically(table):
    ranks = mean_ranks(table, greater_is_better=True)
    p_values = nemenyi(table)
    apart = critical_difference(*table.shape)
    for one, other in itertools.combinations(table.columns, 2):
        assert (p_values.loc[one, other] < 0.05) == (
            abs(ranks[one] - ranks[other]) > apart
        )


def test_the_dtype_does_not_matter():
    pd.testing.assert_frame_equal(complete(DEMSAR.astype(object)), DEMSAR)
    whole_numbers = pd.DataFrame(np.arange(6).reshape(2, 3))
    pd.testing.assert_frame_equal(complete(whole_numbers), whole_numbers.astype(float))


def test_strategies_that_always_tie_do_not_differ():
    table = pd.DataFrame(0.5, index=range(4), columns=["a", "b", "c"])
    assert friedman(table) == (0.0, 1.0)
    assert mean_ranks(table, greater_is_better=True).tolist() == [2, 2, 2]
    # 1e-12: an integral.
    np.testing.assert_allclose(nemenyi(table), 1, atol=1e-12)


# Twins and oracles


@given(tables, st.booleans())
def test_ranks_count_who_is_better_and_half_of_who_ties(table, greater_is_better):
    def rank(values, value):
        n_better = sum(v > value if greater_is_better else v < value for v in values)
        return 1 + n_better + (values.count(value) - 1) / 2

    rows = table.to_numpy().tolist()
    expected = np.mean([[rank(row, value) for value in row] for row in rows], axis=0)
    # 1e-12: sums in another order.
    np.testing.assert_allclose(
        mean_ranks(table, greater_is_better), expected, rtol=1e-12
    )


def test_friedman_is_scipy_s():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(12, 6)))
    expected = stats.friedmanchisquare(*[table[name] for name in table])
    assert friedman(table) == (expected.statistic, expected.pvalue)


# Data sets with gaps


def test_data_sets_with_gaps_are_left_out_and_reported():
    gaps = DEMSAR.copy()
    gaps.loc["iris", "C4.5"] = gaps.loc["wine", "C4.5+m"] = np.nan
    message = (
        "2 of 14 data sets are left out, because a strategy has no score there: "
        "'iris', 'wine'."
    )
    with pytest.warns(UserWarning, match=whole(message)) as caught:
        found = complete(gaps)
    assert caught[0].filename == __file__
    pd.testing.assert_frame_equal(found, DEMSAR.drop(["iris", "wine"]))
    for function in (friedman, nemenyi, lambda t: mean_ranks(t, True)):
        expected = function(found)
        with pytest.warns(UserWarning, match=whole(message)):
            answer = function(gaps)
        assert np.array_equal(answer, expected)


def test_a_gap_is_reported_once_in_a_picture():
    gaps = DEMSAR.copy()
    gaps.loc["iris", "C4.5"] = np.nan
    with pytest.warns(UserWarning, match="'iris'") as caught:
        ax = plot_critical_difference(gaps)
    assert len(caught) == 1
    assert ax.get_title().startswith("Mean rank over 13 data sets, 1 is best.\n")


def test_the_table_is_left_as_it_was():
    before = DEMSAR.copy()
    plot_critical_difference(DEMSAR)
    pd.testing.assert_frame_equal(DEMSAR, before)


# Pictures


def words(ax):
    return [text.get_text().strip() for text in ax.texts]


def bars(ax):
    """Return the ranks that each thick line joins, from the top."""
    lines = [line for line in ax.lines if line.get_linewidth() == 4]
    return [(min(line.get_xdata()), max(line.get_xdata())) for line in lines]


def test_a_picture_shows_ranks_names_and_who_is_not_apart():
    ax = plot_critical_difference(DEMSAR)
    assert words(ax) == [
        "C4.5+m+cf (1.96)",
        "C4.5+m (2.00)",
        "(3.14) C4.5",
        "(2.89) C4.5+cf",
    ]
    ranks = mean_ranks(DEMSAR, greater_is_better=True)
    drawn = [marker.get_offsets()[0, 0] for marker in ax.collections]
    assert sorted(drawn) == sorted(ranks)
    assert bars(ax) == [(ranks.min(), ranks.max())]
    assert ax.get_xlim() == (1, 4)
    assert ax.get_title() == (
        "Mean rank over 14 data sets, 1 is best.\nA bar joins strategies that do not "
        "differ significantly: by less than 1.25 ranks."
    )


def test_bars_join_only_what_is_not_apart():
    # Ranks 1 to 5 and a critical difference of 1.36: neighbours are joined.
    assert bars(plot_critical_difference(APART, greater_is_better=False)) == [
        (1, 2),
        (2, 3),
        (3, 4),
        (4, 5),
    ]
    # 0.86 for 50 data sets: nobody is.
    assert bars(plot_critical_difference(pd.concat([APART] * 3))) == []


def test_the_best_is_on_the_left_whatever_the_sign():
    for sign in (1, -1):
        ax = plot_critical_difference(sign * APART, greater_is_better=sign > 0)
        assert words(ax)[0] == "e (1.00)"
        assert ax.get_xlim() == (1, 5)


def test_alpha_decides_who_is_joined():
    ax = plot_critical_difference(DEMSAR, alpha=0.1)
    ranks = mean_ranks(DEMSAR, greater_is_better=True)
    assert bars(ax)[0] == (ranks["C4.5+m+cf"], ranks["C4.5+cf"])
    assert ax.get_title().endswith("by less than 1.12 ranks.")


@pytest.mark.parametrize("n_strategies", [2, 5, 12])
def test_names_do_not_overlap_and_lie_inside_the_figure(n_strategies):
    rng = np.random.default_rng(0)
    names = [f"class_balanced_loss_{i}" for i in range(n_strategies)]
    table = pd.DataFrame(rng.normal(size=(15, n_strategies)), columns=names)
    ax = plot_critical_difference(table)
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in [*ax.texts, ax.title]]
    boxes += [label.get_window_extent() for label in ax.get_xticklabels()]
    assert not any(
        one.overlaps(other) for one, other in itertools.combinations(boxes, 2)
    )
    for box in boxes:
        assert ax.figure.bbox.fully_containsx(box.x0)
        assert ax.figure.bbox.fully_containsx(box.x1)
        assert ax.figure.bbox.fully_containsy(box.y0)
        assert ax.figure.bbox.fully_containsy(box.y1)


def test_given_axes_are_drawn_on_and_keep_their_size():
    figure, ax = plt.subplots(figsize=(7, 5))
    assert plot_critical_difference(DEMSAR, ax) is ax
    assert figure.get_size_inches().tolist() == [7, 5]
    assert plt.get_fignums() == [figure.number]


# Wrong input

WRONG = [
    (DEMSAR[["C4.5"]], "Ranks need two strategies or more. Columns: ['C4.5']."),
    (
        DEMSAR.assign(smote=np.nan),
        "Ranks need two data sets or more with a score of every strategy; the table "
        "has 0, of 14 in all. Leave out the strategies that were run on few.",
    ),
    (
        DEMSAR[:1],
        "Ranks need two data sets or more with a score of every strategy; the table "
        "has 1, of 1 in all. Leave out the strategies that were run on few.",
    ),
]


@pytest.mark.parametrize(("table", "message"), WRONG)
def test_too_little_to_rank_is_an_error(table, message):
    functions = [complete, friedman, nemenyi, plot_critical_difference]
    for function in [*functions, lambda table: mean_ranks(table, True)]:
        with pytest.raises(ValueError, match=whole(message)):
            function(table)


def test_friedman_wants_three():
    message = (
        "Friedman's test compares three strategies or more. For two, use "
        "scipy.stats.wilcoxon."
    )
    with pytest.raises(ValueError, match=whole(message)):
        friedman(DEMSAR[["C4.5", "C4.5+m"]])
