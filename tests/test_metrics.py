"""Costs of decisions: laws, sklearn's accuracy as the oracle, sklearn's searches."""

import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given
from hypothesis import strategies as st
from messages import whole
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    TunedThresholdClassifierCV,
    cross_validate,
)

from skweighted.metrics import (
    cost_savings_score,
    expected_cost_score,
    make_cost_scorer,
)

SCORES = [expected_cost_score, cost_savings_score]
LABELS = ["fraud", "late", "ok"]
COSTS = np.array([[0.0, 8, 20], [2, -1, 5], [1, 3, 0]])
MISS_20 = {("ok", "fraud"): 1, ("fraud", "ok"): 20}

predicted_rows = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 3)),
    min_size=1,
    max_size=30,
).filter(lambda rows: any(weight for *_, weight in rows))


def columns(rows):
    y_true, y_pred, weight = np.array(rows).T
    return np.take(LABELS, y_true), np.take(LABELS, y_pred), weight


@given(predicted_rows)
def test_the_expected_cost_is_the_mean_by_brute_force(rows):
    total = sum(weight * COSTS[truth, prediction] for truth, prediction, weight in rows)
    mean = total / sum(weight for *_, weight in rows)
    y_true, y_pred, weight = columns(rows)
    found = expected_cost_score(
        y_true, y_pred, cost_matrix=COSTS, labels=LABELS, sample_weight=weight
    )
    # A sum of 30 terms of at most 20 is rounded by less than 1e-13.
    assert found == pytest.approx(mean, abs=1e-12)
    assert type(found) is float


@given(predicted_rows)
def test_mistakes_of_cost_one_are_the_error_rate(rows):
    y_true, y_pred, weight = columns(rows)
    error = 1 - accuracy_score(y_true, y_pred, sample_weight=weight)
    found = expected_cost_score(
        y_true,
        y_pred,
        cost_matrix=1 - np.eye(3),
        labels=LABELS,
        sample_weight=weight,
    )
    assert found == pytest.approx(error, abs=1e-15)


@pytest.mark.parametrize("score", SCORES)
@given(predicted_rows)
def test_weight_k_equals_k_copies(score, rows):
    y_true, y_pred, weight = columns(rows)
    costs = COSTS + 2  # without gains, every constant prediction has a cost
    weighted = score(
        y_true, y_pred, cost_matrix=costs, labels=LABELS, sample_weight=weight
    )
    repeated = score(
        np.repeat(y_true, weight),
        np.repeat(y_pred, weight),
        cost_matrix=costs,
        labels=LABELS,
    )
    # Sums in another order.
    assert weighted == pytest.approx(repeated, abs=1e-12)


@pytest.mark.parametrize("score", SCORES)
def test_the_same_matrix_for_each_sample_is_one_matrix(score):
    y_true, y_pred = [0, 1, 2, 2, 1], [0, 2, 1, 2, 0]
    one = score(y_true, y_pred, cost_matrix=COSTS)
    each = score(y_true, y_pred, cost_matrix=np.repeat(COSTS[None], 5, axis=0))
    assert each == one


def test_matrices_of_each_sample_stay_with_their_sample():
    y_true, y_pred = ["a", "b", "b"], ["b", "a", "b"]
    costs = np.array([[[0, 7], [9, 9]], [[9, 9], [100, 9]], [[9, 9], [9, 5]]])
    assert expected_cost_score(y_true, y_pred, cost_matrix=costs) == 112 / 3
    # All "a" costs 0 + 100 + 9, all "b" 7 + 9 + 5.
    assert cost_savings_score(y_true, y_pred, cost_matrix=costs) == pytest.approx(
        1 - 112 / 21, rel=1e-15
    )


@pytest.mark.parametrize("score", SCORES)
def test_every_form_of_the_costs_gives_the_same_score(score):
    y_true, y_pred = ["ok", "late", "fraud", "ok"], ["ok", "fraud", "ok", "ok"]
    frame = pd.DataFrame(COSTS, index=LABELS, columns=LABELS)
    expected = score(y_true, y_pred, cost_matrix=COSTS)
    for costs in (frame, frame.iloc[::-1, [1, 0, 2]], frame.stack().to_dict()):
        assert score(y_true, y_pred, cost_matrix=costs) == expected


@pytest.mark.parametrize("score", SCORES)
def test_labels_are_the_order_of_an_array(score):
    order = [2, 0, 1]
    y_true, y_pred = ["ok", "fraud", "ok"], ["ok", "ok", "fraud"]
    permuted = score(
        y_true,
        y_pred,
        cost_matrix=COSTS[np.ix_(order, order)],
        labels=np.take(LABELS, order),
    )
    assert permuted == score(y_true, y_pred, cost_matrix=COSTS, labels=LABELS)


@pytest.mark.parametrize("label", ["fraud", "ok"])
def test_constant_predictions_never_save_costs(label):
    y_true = ["ok"] * 30 + ["fraud"] * 2
    saved = cost_savings_score(y_true, [label] * 32, cost_matrix=MISS_20)
    # All "ok" costs 40 and all "fraud" 30, the best constant prediction.
    assert saved == pytest.approx(0 if label == "fraud" else -1 / 3, abs=1e-15)


def test_perfect_predictions_save_the_whole_cost():
    y_true = ["ok"] * 30 + ["fraud"] * 2
    assert cost_savings_score(y_true, y_true, cost_matrix=MISS_20) == 1


def test_savings_are_a_share_of_the_gain_of_a_constant_prediction():
    gains = [[0, 0.5], [0.0, -10]]
    y_true = [1, 0, 0]
    # Predicting 1 gains 10 - 1; predicting every class correctly gains 10.
    assert cost_savings_score(y_true, [1, 1, 1], cost_matrix=gains) == 0
    better = cost_savings_score(y_true, y_true, cost_matrix=gains)
    assert better == pytest.approx(1 / 9, rel=1e-14)


def test_savings_are_zero_or_infinite_if_a_constant_prediction_costs_nothing():
    labels = {"cost_matrix": [[0, 1], [5, 0]], "labels": [0, 1]}
    assert cost_savings_score([0, 0], [0, 0], **labels) == 0
    assert cost_savings_score([0, 0], [0, 1], **labels) == -np.inf
    # One prediction has a gain, but no constant prediction has.
    each = [[[0, 1], [0, 0]], [[0, 0], [0, -1]], [[0, 0], [0, 0]]]
    assert cost_savings_score([0, 1, 1], [0, 1, 1], cost_matrix=each) == np.inf


@pytest.mark.parametrize("score", SCORES)
def test_arguments_are_not_modified(score):
    arguments = [
        np.array([0, 1, 2]),
        np.array([1, 1, 0]),
        COSTS.copy(),
        np.array([1.0, 2, 3]),
    ]
    for argument in arguments:
        argument.flags.writeable = False
    y_true, y_pred, costs, weight = arguments
    score(y_true, y_pred, cost_matrix=costs, sample_weight=weight)


SHAPE = (
    "A cost matrix must have a row for each truth and a column for each prediction: "
    "shape (2, 2) for the classes [0, 1], in this order. Got shape {}. {}"
)
SQUARE = [[0, 1], [5, 0]]
WRONG = [
    (
        {"y_true": [0, 0, 0], "cost_matrix": SQUARE, "y_pred": [0, 0, 0]},
        "cost_matrix is for 2 classes, but the labels in y_true and y_pred together "
        "are [0]. Pass labels=, the classes in the order of cost_matrix.",
    ),
    (
        {"cost_matrix": np.zeros((3, 3, 3))},
        "cost_matrix is for 3 classes, but the labels in y_true and y_pred together "
        "are [0, 1]. Pass labels=, the classes in the order of cost_matrix.",
    ),
    (
        {"cost_matrix": [[0, 1, 5, 0]]},
        SHAPE.format(
            (1, 4),
            "A dict {(truth, prediction): cost} or a DataFrame can name them.",
        ),
    ),
    (
        {"cost_matrix": np.zeros((2, 2, 2))},
        SHAPE.format((2, 2, 2), "One matrix for each row needs shape (3, 2, 2)."),
    ),
    (
        {"cost_matrix": SQUARE, "labels": [0, 2]},
        "y_true has labels without a cost: [1]. cost_matrix is for [0, 2]. Check the "
        "spelling and the type of the labels.",
    ),
    (
        {"cost_matrix": {(0, 2): 1, (2, 0): 1}, "y_true": [0, 2, 0]},
        "y_pred has labels without a cost: [1]. cost_matrix is for [0, 2]. Check the "
        "spelling and the type of the labels.",
    ),
    (
        {"cost_matrix": SQUARE, "labels": [0, 1, 1]},
        "labels must name each class once, in the order of cost_matrix. Got [0, 1, 1].",
    ),
    (
        {"cost_matrix": SQUARE, "sample_weight": [0, 0, 0]},
        "At least one sample must have a weight above zero. Check y_true and "
        "sample_weight.",
    ),
    (
        {"cost_matrix": SQUARE, "labels": [0, 1], "y_true": [], "y_pred": []},
        "At least one sample must have a weight above zero. Check y_true and "
        "sample_weight.",
    ),
    (
        {"cost_matrix": SQUARE, "sample_weight": [1, -1, 1]},
        "Negative values in data passed to sample_weight.",
    ),
    (
        {"cost_matrix": SQUARE, "y_pred": [0, 1]},
        "Found input variables with inconsistent numbers of samples: [3, 2]",
    ),
]


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize(("arguments", "message"), WRONG)
def test_invalid_arguments_are_refused(score, arguments, message):
    arguments = {"y_true": [0, 1, 0], "y_pred": [0, 1, 1], **arguments}
    with pytest.raises(ValueError, match=whole(message)):
        score(**arguments)


X, Y = make_classification(300, weights=[0.9], flip_y=0.05, random_state=0)
NAMES = np.where(Y == 1, "fraud", "ok")
CLASSIFIER = LogisticRegression().fit(X, NAMES)
PREDICTIONS = CLASSIFIER.predict(X)


def test_the_scorer_is_the_negative_cost():
    cost = expected_cost_score(NAMES, PREDICTIONS, cost_matrix=MISS_20)
    assert make_cost_scorer(MISS_20)(CLASSIFIER, X, NAMES) == -cost


def test_the_scorer_of_savings_is_the_savings():
    saved = cost_savings_score(NAMES, PREDICTIONS, cost_matrix=MISS_20)
    assert make_cost_scorer(MISS_20, savings=True)(CLASSIFIER, X, NAMES) == saved


@pytest.mark.parametrize("labels", [None, ["fraud", "ok"]])
def test_the_scorer_takes_arrays_weights_and_labels(labels):
    costs = np.array([[0, 20], [1, 0]])
    scorer = make_cost_scorer(costs, labels=labels)
    costs[:] = 99  # has no effect on the scorer
    weight = np.arange(len(X))
    expected = expected_cost_score(
        NAMES, PREDICTIONS, cost_matrix=MISS_20, sample_weight=weight
    )
    assert scorer(CLASSIFIER, X, NAMES, sample_weight=weight) == -expected


def test_a_scorer_with_labels_scores_rows_of_one_class():
    scorer = make_cost_scorer([[0, 20], [1, 0]], labels=["fraud", "ok"])
    ok = PREDICTIONS == "ok"
    assert scorer(CLASSIFIER, X[ok], PREDICTIONS[ok]) == 0


@pytest.mark.parametrize("savings", [False, True])
@pytest.mark.parametrize("copy", [clone, lambda s: pickle.loads(pickle.dumps(s))])
def test_a_copied_scorer_scores_the_same(copy, savings):
    scorer = make_cost_scorer(MISS_20, savings=savings)
    copied = copy(scorer, safe=False) if copy is clone else copy(scorer)
    assert copied(CLASSIFIER, X, NAMES) == scorer(CLASSIFIER, X, NAMES)


def test_a_search_finds_the_weights_of_least_cost():
    weights = [None, {"ok": 1, "fraud": 20}]
    scorer = make_cost_scorer(MISS_20)
    grid = {"class_weight": weights}
    search = GridSearchCV(LogisticRegression(), grid, scoring=scorer)
    assert search.fit(X, NAMES).best_params_ == {"class_weight": weights[1]}


def test_cross_validation_reports_both_scores():
    scoring = {
        "cost": make_cost_scorer(MISS_20),
        "savings": make_cost_scorer(MISS_20, savings=True),
    }
    scores = cross_validate(LogisticRegression(), X, NAMES, scoring=scoring)
    assert (scores["test_cost"] <= 0).all()
    assert (scores["test_savings"] <= 1).all()


def test_a_tuned_threshold_saves_costs():
    scorer = make_cost_scorer(MISS_20)
    tuned = TunedThresholdClassifierCV(LogisticRegression(), scoring=scorer)
    tuned.fit(X, NAMES)
    assert scorer(tuned, X, NAMES) > scorer(CLASSIFIER, X, NAMES)


def test_a_scorer_refuses_a_matrix_per_sample():
    message = whole(
        "make_cost_scorer needs one cost matrix for all samples, because the scorer "
        "does not know which samples it scores. Got shape (5, 2, 2). Call "
        "expected_cost_score with the matrices of the samples, or use metadata "
        "routing: make_scorer(expected_cost_score, greater_is_better=False)"
        ".set_score_request(cost_matrix=True)."
    )
    with pytest.raises(ValueError, match=message):
        make_cost_scorer(np.zeros((5, 2, 2)))


def test_matrices_of_each_sample_are_routed_to_the_scorer():
    matrices = np.zeros((len(X), 2, 2))
    matrices[:, 0, 1] = np.random.default_rng(0).lognormal(2, 1, len(X))
    matrices[:, 1, 0] = 1
    with sklearn.config_context(enable_metadata_routing=True):
        scorer = make_scorer(
            expected_cost_score, greater_is_better=False, labels=["fraud", "ok"]
        ).set_score_request(cost_matrix=True)
        scores = cross_validate(
            LogisticRegression(),
            X,
            NAMES,
            scoring=scorer,
            params={"cost_matrix": matrices},
            return_estimator=True,
            return_indices=True,
        )
    folds = zip(scores["estimator"], scores["indices"]["test"], strict=True)
    costs = [
        expected_cost_score(
            NAMES[test], clf.predict(X[test]), cost_matrix=matrices[test]
        )
        for clf, test in folds
    ]
    np.testing.assert_array_equal(-scores["test_score"], costs)


@pytest.mark.parametrize("labels", [None, ["fraud", "ok"]])
def test_a_scorer_checks_its_costs_when_it_is_made(labels):
    costs = [[5, 0], [0, "much"]] if labels is None else [[5, 0], [0, 5]]
    message = whole(
        "A cost must be a number. Got 'much', of type str."
        if labels is None
        else "A correct prediction must not cost more than a mistake. Where 'fraud' "
        "is true, predicting it costs 5 and predicting 'ok' costs 0. Are rows "
        "and columns swapped? Rows are truths, columns are predictions."
    )
    with pytest.raises(ValueError, match=message):
        make_cost_scorer(costs, labels=labels)
