"""The sentences a report begins with, and the notes on what to be careful with."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from messages import whole
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RepeatedStratifiedKFold

from skweighted import Comparison, compare
from skweighted.comparison.report.headline import LEVELS, PURPOSES, headline
from skweighted.comparison.report.notes import rare_rows

# Deviations of five folds with mean 0; the variance of the mean over folds is
# (1/5 + 1/4) * 2.5 = 1.125 of their squared unit.
WIGGLE = np.array([-2, -1, 0, 1, 2])


def found(metrics, *, reference="none", wiggle=0.001):
    """Return a comparison with these means; only the reference has the same folds.

    A mean with a second number has that in place of `wiggle`.
    """
    records = []
    for metric, means in metrics.items():
        for name, mean in means.items():
            mean, unit = mean if isinstance(mean, tuple) else (mean, wiggle)
            unit = 0 if name == reference else unit
            for fold, value in enumerate(mean + unit * WIGGLE):
                records.append((name, fold, metric, value))
    columns = ["strategy", "fold", "metric", "value"]
    scores = pd.DataFrame.from_records(records, columns=columns)
    return Comparison(scores, 1, reference=reference)


def sentence_on(metric, means, **settings):
    (sentence,) = found({metric: means}, **settings).verdict()
    return sentence


# What each sentence says

SENTENCES = [
    (
        "balanced_accuracy",
        {"none": 0.75, "class_weight": 0.94},
        "For finding rare rows: class weights (balanced accuracy 0.94 against 0.75, "
        "sure).",
    ),
    (
        "balanced_accuracy",
        {"none": 0.75, "class_weight": (0.8, 0.04)},
        "For finding rare rows: class weights (balanced accuracy 0.80 against 0.75, "
        "likely).",
    ),
    # A probability of 70 %: Student's quantile with 4 degrees is 0.569.
    (
        "balanced_accuracy",
        {"none": 0.75, "class_weight": (0.8, 0.04 / 0.569 / 1.125**0.5)},
        "For finding rare rows: no clear difference (balanced accuracy 0.75 with no "
        "treatment, 0.80 with class weights).",
    ),
    (
        "balanced_accuracy",
        {"none": 0.75, "class_weight": 0.94, "smote": 0.942, "adasyn": 0.9},
        "For finding rare rows: SMOTE or class weights (balanced accuracy 0.94 against "
        "0.75, sure).",
    ),
    (
        "balanced_accuracy",
        {"none": 0.5, **dict.fromkeys(["a", "b", "c", "d", "e"], 0.9)},
        "For finding rare rows: a, b or 3 others (balanced accuracy 0.90 against 0.50, "
        "sure).",
    ),
    (
        "balanced_accuracy",
        {"none": 0.75, "class_weight": 0.8, "smote": (0.84, 0.07)},
        "For finding rare rows: class weights (balanced accuracy 0.80 against 0.75, "
        "sure; SMOTE 0.84, likely).",
    ),
    (
        "balanced_accuracy",
        {"none": 0.75, "class_weight": 0.8, "smote": (0.84, 0.3)},
        "For finding rare rows: class weights (balanced accuracy 0.80 against 0.75, "
        "sure; SMOTE 0.84, unsure).",
    ),
    (
        "average_precision",
        {"none": 0.878, "class_weight": 0.879, "smote": 0.86},
        "For ranking: nothing is better than no treatment (average precision 0.88, "
        "sure).",
    ),
    (
        "average_precision",
        {"none": 0.878, "class_weight": (0.879, 0.01)},
        "For ranking: nothing is better than no treatment (average precision 0.88, "
        "likely).",
    ),
    (
        "average_precision",
        {"none": 0.878, "class_weight": (0.889, 0.05)},
        "For ranking: no clear difference (average precision 0.88 with no treatment, "
        "0.89 with class weights).",
    ),
    (
        "log_loss",
        {"none": 0.085, "class_weight": 0.21, "smote": 0.19},
        "For probabilities: no treatment (log loss 0.085 against 0.19 with SMOTE, "
        "sure).",
    ),
    (
        "log_loss",
        {"none": 0.085, "class_weight": (0.1, 0.01)},
        "For probabilities: no treatment (log loss 0.085 against 0.1 with class "
        "weights, likely).",
    ),
    (
        "expected_cost",
        {"none": 1234.5, "min_cost": 850.2, "threshold": 900.0},
        "For the lowest cost: least-cost decisions (cost per row 850 against 1230, "
        "sure).",
    ),
]


@pytest.mark.parametrize(
    ("metric", "means", "sentence"), SENTENCES, ids=[s for *_, s in SENTENCES]
)
def test_a_purpose_has_a_sentence(metric, means, sentence):
    assert sentence_on(metric, means) == sentence


def test_a_strategy_that_helps_one_purpose_and_harms_another_is_in_both_sentences():
    comparison = found(
        {
            "balanced_accuracy": {"none": 0.75, "class_weight": 0.94, "focal": 0.75},
            "average_precision": {"none": 0.9, "class_weight": 0.9, "focal": 0.9},
            "log_loss": {"none": 0.085, "class_weight": 0.21, "focal": (0.086, 0.01)},
        }
    )
    assert comparison.verdict() == [
        "For finding rare rows: class weights (balanced accuracy 0.94 against 0.75, "
        "sure).",
        "For ranking: nothing is better than no treatment (average precision 0.90, "
        "sure).",
        "For probabilities: no treatment (log loss 0.085 against 0.21 with class "
        "weights, sure).",
    ]


def test_costs_come_first():
    means = {"none": 0.5, "min_cost": 0.7}
    comparison = found(dict.fromkeys(["log_loss", "expected_cost"], means))
    first, second = comparison.verdict()
    assert first.startswith("For the lowest cost: ")
    assert second.startswith("For probabilities: ")


def test_another_reference_is_named():
    comparison = found(
        {"average_precision": {"none": 0.8, "smote": 0.9}}, reference="smote"
    )
    assert comparison.verdict() == [
        "For ranking: SMOTE (average precision 0.90 against 0.80 with no treatment, "
        "sure)."
    ]
    assert comparison.verdict(reference="none") == [
        "For ranking: SMOTE (average precision 0.90 against 0.80, sure)."
    ]


def test_a_missing_reference_has_no_verdict():
    comparison = found({"average_precision": {"a": 0.5, "b": 0.6}}, reference="smote")
    assert comparison.verdict() == [
        "There is no verdict, because the reference was not run: SMOTE."
    ]
    message = "reference must be a strategy that was run. Got 'smote'. Known: 'a', 'b'."
    with pytest.raises(ValueError, match=whole(message)):
        comparison.verdict(reference="smote")


def test_a_single_strategy_has_no_verdict():
    assert found({"log_loss": {"class_weight": 0.5}}).verdict() == [
        "There is no verdict, because only one strategy was run: class weights."
    ]


def test_a_single_fold_is_no_evidence():
    comparison = found({"average_precision": {"none": 0.5, "smote": 0.9}})
    one = comparison.fold_scores.query("fold == 2")
    assert replace(comparison, fold_scores=one).verdict() == [
        "For ranking: no clear difference (average precision 0.50 with no treatment, "
        "0.90 with SMOTE)."
    ]


def test_a_metric_that_the_reference_lacks_is_left_out():
    means = {"none": math.nan, "smote": 0.9}
    both = {"average_precision": means, "log_loss": {"none": 0.2, "smote": 0.1}}
    assert found(both).verdict() == [
        "For probabilities: SMOTE (log loss 0.1 against 0.2, sure)."
    ]


# Laws


@given(
    st.sampled_from(list(PURPOSES)),
    st.lists(st.tuples(st.floats(-0.3, 0.3), st.floats(0.001, 0.2)), max_size=5),
)
def test_sure_and_likely_are_the_probabilities_of_the_differences(metric, gains):
    others = {f"s{i}": (0.5 + gain, unit) for i, (gain, unit) in enumerate(gains)}
    comparison = found({metric: {"none": 0.5, "s": (0.5, 0.01), **others}})
    sentence = headline(comparison)[0]
    table = comparison.differences(metric)
    is_better = table["p_better"].max()
    is_recommended = " against 0.5" in sentence and "no treatment" not in sentence
    assert is_recommended == (is_better >= LEVELS["likely"])
    if is_recommended:
        assert (", sure" in sentence) == (is_better >= LEVELS["sure"])


@given(st.permutations(["none", "smote", "adasyn", "class_weight"]))
def test_the_order_of_the_strategies_has_no_effect(names):
    means = {"none": 0.75, "class_weight": 0.8, "smote": (0.84, 0.07), "adasyn": 0.6}
    metrics = {"balanced_accuracy": means, "log_loss": means}
    shuffled = {metric: {name: means[name] for name in names} for metric in metrics}
    assert found(shuffled).verdict() == found(metrics).verdict()


# Notes


class Constant(DummyClassifier):
    """Predict the most frequent class, whatever the rows are."""


def rows(n_rare=12):
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [100, n_rare])
    return rng.normal(size=(len(y), 3)) + 3 * y[:, np.newaxis], y


def run(*names, cv=4, **settings):
    return compare(
        *rows(), estimator=LogisticRegression(), strategies=[*names], cv=cv, **settings
    )


def test_the_rows_behind_the_metrics_of_the_rare_class_are_counted():
    assert rare_rows(run("none")) == (
        "Rare class: 1, 12 of 112 test rows, 3 in each fold"
    )
    uneven = run("none", cv=5)
    assert rare_rows(uneven) == (
        "Rare class: 1, 12 of 112 test rows, 2 to 3 in each fold"
    )
    repeated = RepeatedStratifiedKFold(n_splits=4, n_repeats=2, random_state=0)
    assert rare_rows(run("none", cv=repeated)) == rare_rows(run("none"))
    assert rare_rows(found({"log_loss": {"none": 0.5}})) == "Rare class: 1"


def test_a_strategy_that_predicts_a_single_class_is_noted():
    constant = Constant(strategy="most_frequent")
    comparison = run("none", constant, "class_weight")
    assert "Predicts a single class in some folds: constant (4 of 4)." in (
        comparison.notes()
    )
    assert not any("Finds no row" in note for note in comparison.notes())


def test_a_strategy_that_finds_no_rare_row_in_a_fold_is_noted():
    comparison = run("none", "class_weight")
    (before, *_) = comparison.outcomes["class_weight"]
    rare = comparison.problem.y[comparison.folds[0].test] == 1
    assert not any("rare class in some folds" in note for note in comparison.notes())
    scores = comparison.fold_scores.copy()
    is_lost = (scores["strategy"] == "class_weight") & (scores["fold"] == 0)
    is_lost &= scores["metric"] == "minority_recall"
    assert is_lost.sum() == 1
    assert len(np.unique(before.y_index)) == 2
    assert rare.any()
    scores.loc[is_lost, "value"] = 0.0
    assert (
        "Finds no row of the rare class in some folds: class weights (1 of 4)."
        in replace(comparison, fold_scores=scores).notes()
    )


def test_notes_explain_the_words_of_the_verdict():
    assert run("none", "class_weight").notes() == [
        "Means over 4 folds; * best; ↓ lower is better; seed 0",
        "Rare class: 1, 12 of 112 test rows, 3 in each fold",
        "sure: a probability of at least 95%; likely: at least 75%.",
    ]
    assert not any("likely" in note for note in run("none").notes())
