"""Folds, repeats, groups, failures and resumed runs of a comparison."""

import json

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE
from messages import whole
from scipy.special import expit, logit
from sklearn.datasets import make_classification
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import (
    StratifiedGroupKFold,
    StratifiedKFold,
    TimeSeriesSplit,
)

from skweighted import compare
from skweighted.comparison import MEASURES, Strategy
from skweighted.comparison.measures import Answers, measured
from skweighted.comparison.protocol import make_plan
from skweighted.comparison.strategies import plain
from skweighted.exceptions import TableError

X, Y = make_classification(
    240, 5, weights=[0.75], flip_y=0.1, class_sep=0.8, random_state=0
)
MODEL = LogisticRegression()
COSTS = np.array([[0, 1], [9, 0]])
QUICK = {"estimator": MODEL, "strategies": ["none", "smote"]}
# Wall-clock times are never the same.
TIMELESS = [name for name in MEASURES if not name.endswith("_seconds")]


def scores_of(comparison):
    scores = comparison.fold_scores
    return scores[scores["metric"].isin(TIMELESS)].reset_index(drop=True)


def broken(parts, X, y):
    raise RuntimeError("no  luck\ntoday")


# folds


def test_repeats_draw_new_folds_and_keep_the_first():
    once, twice = (compare(X, Y, n_repeats=n, **QUICK) for n in (1, 2))
    first = scores_of(twice)
    first = first[first["fold"] < 5].reset_index(drop=True)
    pd.testing.assert_frame_equal(first, scores_of(once))
    tests = [fold.test.tolist() for fold in twice.folds]
    assert len(tests) == 10
    assert sorted(np.concatenate(tests[5:]).tolist()) == list(range(240))
    assert tests[5:] != tests[:5]


def test_groups_are_never_torn_apart():
    groups = np.arange(240) // 4
    comparison = compare(X, Y, groups=groups, cv=4, n_repeats=2, **QUICK)
    for fold in comparison.folds:
        assert not set(groups[fold.train]) & set(groups[fold.test])


def test_splits_by_time_learn_from_the_past_only():
    comparison = compare(X, Y, cv=TimeSeriesSplit(3), **QUICK)
    for fold in comparison.folds:
        assert fold.train.max() < fold.test.min()


def test_repeats_of_a_splitter_are_explained():
    message = (
        "n_repeats repeats a number of folds, and cv is a splitter. Use "
        "RepeatedStratifiedKFold as cv, or a number."
    )
    with pytest.raises(ValueError, match=whole(message)):
        compare(X, Y, cv=StratifiedKFold(3), n_repeats=2, **QUICK)


def test_groups_of_another_length_are_explained():
    message = "groups must have one value per row. It has 2, and there are 240 rows."
    with pytest.raises(ValueError, match=whole(message)):
        compare(X, Y, groups=[1, 2], **QUICK)


@pytest.mark.parametrize("kind", [int, str])
def test_groups_make_the_folds_of_stratified_group_kfold(kind):
    groups = np.random.default_rng(0).permutation(240) % 60
    groups = np.char.zfill(groups.astype(str), 2) if kind is str else groups
    comparison = compare(X, Y, groups=groups, cv=4, random_state=3, **QUICK)
    folds = StratifiedGroupKFold(4, shuffle=True, random_state=3).split(X, Y, groups)
    for ours, (_, test) in zip(comparison.folds, folds, strict=True):
        np.testing.assert_array_equal(ours.test, test)


def test_groups_may_have_names_of_several_kinds():
    groups = [f"person {n}" if n % 2 else n for n in np.arange(240) // 4]
    comparison = compare(X, Y, groups=groups, cv=4, **QUICK)
    for fold in comparison.folds:
        train, test = (
            {groups[row] for row in rows} for rows in (fold.train, fold.test)
        )
        assert not train & test


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (
            np.arange(240) % 3,
            "There are 3 groups, fewer than the 5 folds. Use at most 3 folds, or other "
            "groups.",
        ),
        (
            np.zeros(240),
            "There is 1 group, fewer than the 5 folds. Use other groups.",
        ),
        (
            ["a", float("nan"), "c", float("nan")] * 60,
            "The group is missing in 120 of 240 rows. Fill it in, or remove those "
            "rows.",
        ),
    ],
)
def test_groups_that_cannot_be_kept_together_are_explained(groups, message):
    with pytest.raises(TableError, match=whole(message)):
        compare(X, Y, groups=groups, **QUICK)


# failures


def test_a_strategy_that_fails_is_told_and_the_others_are_kept():
    strategies = {"none": "none", "broken": Strategy(fit=broken), "smote": "smote"}
    comparison = compare(X, Y, estimator=MODEL, strategies=strategies)
    alone = compare(X, Y, **QUICK)
    pd.testing.assert_frame_equal(scores_of(comparison), scores_of(alone))
    assert comparison.failed == {"broken": "RuntimeError in fold 0: no luck today"}
    assert "broken failed: RuntimeError in fold 0: no luck today" in str(comparison)


def test_a_strategy_that_fails_late_has_no_scores():
    calls = []

    def fails_in_the_third(parts, X, y):
        calls.append(1)
        return broken(parts, X, y) if len(calls) == 3 else plain(parts, X, y)

    strategies = {"none": "none", "late": Strategy(fit=fails_in_the_third)}
    comparison = compare(X, Y, estimator=MODEL, strategies=strategies)
    assert comparison.failed == {"late": "RuntimeError in fold 2: no luck today"}
    assert set(comparison.fold_scores["strategy"]) == {"none"}
    assert len(calls) == 3


def test_if_all_fail_there_is_nothing_to_return():
    message = "Every strategy failed. b: RuntimeError in fold 0: no luck today"
    with pytest.raises(RuntimeError, match=whole(message)):
        compare(X, Y, estimator=MODEL, strategies={"b": Strategy(fit=broken)})


# resumed runs


def test_a_resumed_run_fits_only_what_is_missing(tmp_path):
    calls = []

    def counting(parts, X, y):
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return plain(parts, X, y)

    run = {
        "estimator": MODEL,
        "strategies": {"counting": Strategy(fit=counting)},
        "resume": tmp_path / "run",
    }
    with pytest.raises(KeyboardInterrupt):
        compare(X, Y, **run)
    resumed = compare(X, Y, **run)
    assert len(calls) == 4 + 2  # three of five folds were done
    whole_run = compare(X, Y, **QUICK | {"strategies": ["none"]})
    one, two = (scores_of(c).drop(columns="strategy") for c in (resumed, whole_run))
    pd.testing.assert_frame_equal(one, two)
    again = compare(X, Y, **run)
    assert len(calls) == 6
    pd.testing.assert_frame_equal(again.fold_scores, resumed.fold_scores)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"random_state": 1}, "the folds or the seed is"),
        ({"cost_matrix": COSTS}, "the costs is"),
        ({"estimator": LogisticRegression(C=2)}, "the network is"),
    ],
)
def test_a_folder_of_another_comparison_is_refused(tmp_path, change, what):
    folder = tmp_path / "run"
    compare(X, Y, resume=folder, **QUICK)
    message = (
        f"'{folder}' holds another comparison: {what} not the same. Name another "
        f"folder, or run it as it was."
    )
    with pytest.raises(ValueError, match=whole(message)):
        compare(X, Y, resume=folder, **QUICK | change)
    with pytest.raises(ValueError, match="the data"):
        compare(X + 1, Y, resume=folder, **QUICK)


def test_a_resumed_run_may_have_more_strategies(tmp_path):
    folder = tmp_path / "run"
    compare(X, Y, estimator=MODEL, strategies="none", resume=folder)
    both = compare(X, Y, resume=folder, **QUICK)
    pd.testing.assert_frame_equal(scores_of(both), scores_of(compare(X, Y, **QUICK)))
    assert json.loads((folder / "comparison.json").read_text())["the network"]


def test_what_is_damaged_is_run_again(tmp_path):
    run = QUICK | {"resume": tmp_path}
    first = compare(X, Y, **run)
    stored = (tmp_path / "none-0003.npz").read_bytes()
    (tmp_path / "none-0001.npz").write_bytes(b"no outcome")
    (tmp_path / "none-0003.npz").write_bytes(stored[: len(stored) // 2])
    encrypted = bytearray((tmp_path / "none-0002.npz").read_bytes())
    for place in (
        encrypted.index(b"PK\x03\x04") + 6,
        encrypted.index(b"PK\x01\x02") + 8,
    ):
        encrypted[place] |= 1
    (tmp_path / "none-0002.npz").write_bytes(encrypted)
    pd.testing.assert_frame_equal(scores_of(compare(X, Y, **run)), scores_of(first))
    with np.load(tmp_path / "none-0003.npz") as file:
        assert set(file) == {"y_index", "proba", "rest"}


@pytest.mark.parametrize("content", ["", "[1]", "{"])
def test_a_folder_whose_plan_is_damaged_is_explained(tmp_path, content):
    plan = tmp_path / "comparison.json"
    plan.write_text(content)
    message = (
        f"'{plan}' is not what compare wrote, so the folder cannot be gone on with. "
        "Name another folder."
    )
    with pytest.raises(ValueError, match=whole(message)):
        compare(X, Y, resume=tmp_path, **QUICK)


# what a result tells


def test_the_seed_in_the_result_gives_the_result_again():
    drawn = compare(X, Y, random_state=None, **QUICK)
    again = compare(X, Y, random_state=drawn.random_state, **QUICK)
    pd.testing.assert_frame_equal(scores_of(drawn), scores_of(again))
    assert f"seed {drawn.random_state}" in " ".join(str(drawn).split())


def test_outcomes_are_those_that_were_scored():
    comparison = compare(X, Y, **QUICK)
    for number, fold in enumerate(comparison.folds):
        outcome = comparison.outcomes["none"][number]
        train, test = _scaled(X, fold)
        proba = LogisticRegression().fit(train, Y[fold.train]).predict_proba(test)
        np.testing.assert_allclose(outcome.proba, proba, rtol=1e-6)


def _scaled(X, fold):
    train, test = X[fold.train], X[fold.test]
    mean, std = train.mean(axis=0), train.std(axis=0)
    return (train - mean) / std, (test - mean) / std


# metrics


def answers_of(truth, proba, y_pred=None, costs=None):
    return Answers(
        y_true=truth,
        y_pred=(proba > 0.5).astype(int) if y_pred is None else y_pred,
        proba=np.stack([1 - proba, proba], axis=1),
        classes=np.array([0, 1]),
        positive=1,
        fit_seconds=1.0,
        predict_seconds=0.5,
        cost_matrix=costs,
    )


@pytest.fixture(scope="module")
def calibrated():
    random_generator = np.random.default_rng(0)
    proba = expit(random_generator.normal(-2, 1.5, 100_000))
    truth = (random_generator.random(len(proba)) < proba).astype(int)
    return truth, proba


def test_true_probabilities_are_calibrated(calibrated):
    scores = measured(answers_of(*calibrated))
    # Within some standard errors of 100,000 rows.
    assert scores["calibration_slope"] == pytest.approx(1, abs=0.02)
    assert scores["calibration_intercept"] == pytest.approx(0, abs=0.03)
    assert scores["calibration_error"] < 0.005


@pytest.mark.parametrize(("factor", "shift"), [(2.0, 0.0), (0.5, 0.0), (1.0, 1.5)])
def test_distorted_log_odds_are_found_out(calibrated, factor, shift):
    truth, proba = calibrated
    scores = measured(answers_of(truth, expit(factor * logit(proba) + shift)))
    # The slope undoes the factor, and with slope 1 the intercept undoes the shift.
    assert scores["calibration_slope"] == pytest.approx(1 / factor, rel=0.02)
    if factor == 1:
        assert scores["calibration_intercept"] == pytest.approx(-shift, abs=0.03)


def test_the_calibration_error_of_a_constant_is_its_distance():
    truth = np.repeat([0, 1], [80, 20])
    scores = measured(answers_of(truth, np.full(100, 0.3)))
    # Ten bins in order of the rows: eight of 0.3, two of 0.7 away.
    assert scores["calibration_error"] == pytest.approx(0.8 * 0.3 + 0.2 * 0.7)


def test_separated_classes_have_no_slope():
    scores = measured(
        answers_of(np.array([0, 0, 1, 1]), np.array([0.1, 0.2, 0.7, 0.8]))
    )
    assert np.isnan(scores["calibration_slope"])


def test_costs_are_measured_where_they_are_given():
    comparison = compare(X, Y, cost_matrix=COSTS, estimator=MODEL, strategies="none")
    assert set(comparison.metrics) == set(MEASURES)
    assert comparison.main_metric == "expected_cost"
    fold, outcome = comparison.folds[0], comparison.outcomes["none"][0]
    cost = COSTS[Y[fold.test], outcome.y_index].mean()
    row = comparison.fold_scores.query("fold == 0 and metric == 'expected_cost'")
    assert row["value"].item() == pytest.approx(cost)
    without = compare(X, Y, estimator=MODEL, strategies="none")
    assert set(MEASURES) - set(without.metrics) == {"expected_cost", "cost_savings"}


def test_min_cost_is_run_by_default_where_costs_are_given():
    assert "min_cost" in make_plan(X, Y, cost_matrix=COSTS).strategies
    assert "min_cost" not in make_plan(X, Y).strategies


def test_costs_that_cannot_be_used_are_an_error_before_any_fit():
    with pytest.raises(ValueError, match=r"^Being right must never cost more"):
        make_plan(X, Y, cost_matrix=[[1, 0], [0, 1]])


# what it shows


def test_differences_and_verdict_are_shown():
    comparison = compare(X, Y, **QUICK)
    text = str(comparison)
    assert "Against 'none' in average precision" in text
    for sentence in comparison.verdict():
        assert sentence in " ".join(text.split())
    differences = comparison.differences("log_loss", reference="smote")
    assert differences.index.tolist() == ["none"]


def test_the_reference_is_the_first_strategy_if_none_is_not_run():
    comparison = compare(X, Y, estimator=MODEL, strategies=["smote", "random_over"])
    assert comparison.reference == "smote"


def test_differences_need_a_metric_and_a_reference_that_are_there():
    comparison = compare(X, Y, **QUICK)
    with pytest.raises(ValueError, match=r"^metric must be one in which more or less"):
        comparison.differences("calibration_slope")
    message = (
        "reference must be a strategy that was run. Got 'near_miss'. Known: 'none', "
        "'smote'."
    )
    with pytest.raises(ValueError, match=whole(message)):
        comparison.verdict(reference="near_miss")


def test_markdown_has_the_same_numbers(tmp_path):
    comparison = compare(X, Y, **QUICK)
    comparison.to_markdown(tmp_path / "tables.md")
    text = (tmp_path / "tables.md").read_text()
    mean = comparison.summary().loc["smote", ("roc_auc", "mean")]
    assert f"{mean:.3f}" in text
    assert text.count("\n| none |") == len(
        {MEASURES[name].panel for name in comparison.metrics}
    )


def test_own_samplers_and_models_are_compared_beside_ours():
    strategies = {
        "none": "none",
        "mine": SMOTE(random_state=0),
        "constant": DummyClassifier(),
    }
    comparison = compare(X, Y, estimator=MODEL, strategies=strategies)
    constant = comparison.outcomes["constant"][0]
    assert accuracy_score(np.zeros(48), constant.y_index) == 1
    assert log_loss(Y[comparison.folds[0].test], constant.proba) > 0


def test_a_comparison_is_a_page_a_cell_and_a_picture(tmp_path):
    comparison = compare(X, Y, **QUICK)
    comparison.to_html(tmp_path / "page.html", command="skweighted compare a.csv")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "skweighted compare a.csv" in page
    assert "<table" in comparison._repr_html_()
    ax = comparison.plot("roc_auc")
    assert "smote" in [label.get_text() for label in ax.get_yticklabels()]
    plt.close(ax.figure)
