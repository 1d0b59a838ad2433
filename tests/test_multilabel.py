"""Labels that each hold or not: a sigmoid, weights and costs for each."""

import numpy as np
import pytest
from messages import whole
from scipy import sparse
from sklearn.datasets import make_multilabel_classification
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import scale

from skweighted import CostSensitiveMLPClassifier, compute_class_weight
from skweighted.exceptions import DoubleCountWarning, SmallValidationWarning

X, Y = make_multilabel_classification(
    300, n_features=6, n_classes=3, n_labels=1, random_state=0
)
X = scale(X)
STRATEGIES = ["balanced", "sqrt_balanced", {0: 1, 1: 5}]
FULL = {"batch_size": 1000, "epochs": 3000, "alpha": 0, "learning_rate": 0.02}


def mlp(*args, **params):
    defaults = {"epochs": 5, "random_state": 0}
    return CostSensitiveMLPClassifier(*args, **defaults | params)


def test_without_hidden_layer_it_is_one_logistic_regression_per_label():
    clf = mlp((), class_weight=STRATEGIES, **FULL).fit(X, Y)
    for label, class_weight in enumerate(STRATEGIES):
        weights = compute_class_weight(class_weight, y=Y[:, label])
        oracle = LogisticRegression(
            C=np.inf, class_weight=dict(enumerate(weights)), tol=1e-8
        ).fit(X, Y[:, label])
        # Adam comes this near in 3000 steps.
        np.testing.assert_allclose(
            clf.predict_proba(X)[:, label], oracle.predict_proba(X)[:, 1], atol=2e-3
        )


def test_predictions_have_the_shapes_and_types_of_mlp_classifier():
    ours, theirs = mlp().fit(X, Y), MLPClassifier((), alpha=1, max_iter=9999).fit(X, Y)
    for name in ("predict", "predict_proba", "predict_log_proba"):
        one, two = (getattr(clf, name)(X) for clf in (ours, theirs))
        assert (one.shape, one.dtype) == (two.shape, two.dtype), name
    np.testing.assert_array_equal(ours.classes_, theirs.classes_)
    np.testing.assert_array_equal(ours.predict(X), ours.predict_proba(X) > 0.5)


def test_sparse_indicators_are_dense_ones():
    one, two = (mlp().fit(X, y).predict_proba(X) for y in (Y, sparse.csr_array(Y)))
    np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("normalize", [True, False])
def test_weight_k_equals_k_copies(normalize):
    weight = np.random.default_rng(0).integers(0, 4, len(Y))
    copies = np.repeat(np.arange(len(Y)), weight)
    params = {"batch_size": 1000, "class_weight": STRATEGIES}
    params |= {"normalize_weights": True} if normalize else {}
    one = mlp(**params).fit(X, Y, sample_weight=weight)
    two = mlp(**params).fit(X[copies], Y[copies])
    np.testing.assert_allclose(
        one.predict_proba(X), two.predict_proba(X), rtol=1e-9, atol=1e-12
    )


def test_a_weight_scaled_for_one_label_has_no_effect():
    one = mlp(class_weight=[{0: 1, 1: 5}, None, None]).fit(X, Y)
    two = mlp(class_weight=[{0: 0.25, 1: 1.25}, None, {0: 8, 1: 8}]).fit(X, Y)
    np.testing.assert_allclose(one.predict_proba(X), two.predict_proba(X), rtol=1e-9)


def test_weights_outside_are_those_inside():
    clf = mlp(class_weight=STRATEGIES).fit(X, Y)
    outside = compute_class_weight(STRATEGIES, y=Y)
    assert clf.class_weight_ == [dict(enumerate(w)) for w in outside.tolist()]


@pytest.mark.parametrize(
    "class_weight", ["balanced", ["balanced"] * 3, ["balanced", "sqrt_balanced", None]]
)
def test_an_option_that_no_label_uses_is_an_error(class_weight):
    message = (
        f"class_weight={class_weight!r} has no option 'beta', given as "
        f"class_weight__beta. Only 'effective_number' has an option: 'beta'."
    )
    with pytest.raises(ValueError, match=whole(message)):
        mlp(class_weight=class_weight, class_weight__beta=0.9).fit(X, Y)


def test_probabilities_are_corrected_label_by_label():
    clf = mlp(class_weight=STRATEGIES).fit(X, Y)
    weighted, decided = clf.predict_proba(X), clf.predict(X)
    w0, w1 = compute_class_weight(STRATEGIES, y=Y).T
    expected = weighted / w1 / (weighted / w1 + (1 - weighted) / w0)
    clf.set_params(correct_probabilities=True)
    np.testing.assert_allclose(clf.predict_proba(X), expected, rtol=1e-9)
    np.testing.assert_array_equal(clf.predict(X), decided)


def test_each_label_has_the_threshold_of_its_costs():
    costs = [[[0, 1], [9, 0]], [[0, 1], [1, 0]], [[0, 3], [1, 0]]]
    clf = mlp(class_weight="balanced", cost_matrix=costs).fit(X, Y)
    answers = clf.predict(X)
    proba = clf.set_params(correct_probabilities=True).predict_proba(X)
    np.testing.assert_array_equal(answers, proba > [0.1, 0.5, 0.75])
    same = mlp(cost_matrix=[[0, 1], [9, 0]]).fit(X, Y)
    assert same.cost_matrix_.shape == (3, 2, 2)


@pytest.mark.parametrize("weighted", [True, False])
def test_early_stopping_watches_the_log_loss_of_the_true_values(weighted):
    clf = mlp(
        class_weight=STRATEGIES,
        loss="focal",
        early_stopping=True,
        monitor_weighted=weighted,
        n_iter_no_change=np.inf,
    ).fit(X[:200], Y[:200], X_val=X[200:], y_val=Y[200:])
    true = Y[200:] == 1
    weights = compute_class_weight(STRATEGIES, y=Y[:200])
    proba = clf.set_params(correct_probabilities=True).predict_proba(X[200:])
    weight = np.ones(true.shape)
    if weighted:  # of the weighted problem: weights are not undone, and count
        odds = proba / (1 - proba) * weights[:, 1] / weights[:, 0]
        proba = odds / (1 + odds)
        weight = np.where(true, weights[:, 1], weights[:, 0])
    loss = np.average(-np.log(np.where(true, proba, 1 - proba)), weights=weight)
    assert min(clf.history_["val_log_loss"]) == pytest.approx(loss, rel=1e-9)


def test_few_validation_rows_of_a_label_are_a_warning():
    y_val = np.ones((20, 3), int)
    y_val[:3, 0] = y_val[:10, 1] = y_val[:16, 2] = 0
    message = (
        "There are fewer than 5 validation rows of value 0 of label 0 (3), value 1 of "
        "label 2 (4), so chance decides when training stops. Use more rows, a larger "
        "validation_fraction, X_val and y_val, or early_stopping=False."
    )
    with pytest.warns(SmallValidationWarning, match=whole(message)):
        mlp(early_stopping=True).fit(X, Y, X_val=X[:20], y_val=y_val)


def test_early_stopping_scores_labels():
    clf = mlp(early_stopping=True, monitor="accuracy", n_iter_no_change=np.inf)
    clf.fit(X[:200], Y[:200], X_val=X[200:], y_val=Y[200:])
    exact = (clf.predict(X[200:]) == Y[200:]).all(axis=1).mean()
    assert max(clf.history_["val_accuracy"]) == exact > 0


def test_partial_fit_continues_with_labels():
    clf = mlp(epochs=2, batch_size=1000).fit(X, Y)
    stepwise = mlp(batch_size=1000).partial_fit(X, Y).partial_fit(X, Y)
    np.testing.assert_allclose(
        clf.predict_proba(X), stepwise.predict_proba(X), rtol=1e-9
    )


MESSAGES = [
    (
        {"class_weight": ["balanced"]},
        Y,
        "A list of class weights must have one item for each label of y. It has 1, "
        "and y has 3 labels.",
    ),
    (
        {"class_weight": [None, None, {0: 1}]},
        Y,
        "For label 2 of y: class_weight has no weight for class 1, which occurs "
        f"{Y[:, 2].sum()} times in y. It has weights for [0]. Classes in y: [0, 1].",
    ),
    (
        {"cost_matrix": [[[0, 1], [1, 0]]] * 2},
        Y,
        "cost_matrix must be one matrix for all labels, or one for each. Got 2 "
        "matrices for 3 labels.",
    ),
    (
        {"cost_matrix": [[[0, 1], [1, 0]], [[0, 1], [1, 0]], [[0, 1], [0, 5]]]},
        Y,
        "For label 2 of y: A correct prediction must not cost more than a mistake. "
        "Where 1 is true, predicting it costs 5 and predicting 0 costs 0. Are rows "
        "and columns swapped? Rows are truths, columns are predictions.",
    ),
    (
        {"class_weight": [1, 2, 3]},
        Y,
        "For label 0 of y: The weights of classes must be a dict, such as {0: 1, 1: "
        "1}. Got 1. A list has one such dict for each label of a multilabel y.",
    ),
    (
        {},
        Y * 2,
        "A y with several columns must contain only 0 and 1, with one column for each "
        "label of a multilabel problem. For several columns of classes, use "
        "sklearn.multioutput.MultiOutputClassifier.",
    ),
    (
        {},
        Y.astype(int) + 1,
        "A y with several columns must contain only 0 and 1, with one column for each "
        "label of a multilabel problem. For several columns of classes, use "
        "sklearn.multioutput.MultiOutputClassifier.",
    ),
]


@pytest.mark.parametrize(("params", "y", "message"), MESSAGES)
def test_what_does_not_fit_the_labels_is_explained(params, y, message):
    if y is not Y:
        y = y.copy()
        y[0, 0] = 1  # a third value
    with pytest.raises(ValueError, match=whole(message)):
        mlp(**params).fit(X, y)


def test_another_number_of_labels_is_explained():
    message = (
        "y must have a column for each label. Its shape is (300, 2), and there are 3 "
        "labels."
    )
    with pytest.raises(ValueError, match=whole(message)):
        mlp().partial_fit(X, Y).partial_fit(X, Y[:, :2])


def test_costs_of_a_call_for_labels_are_matrices():
    message = (
        "false_alarm and miss are the costs of two classes. y has 3 labels. Use "
        "cost_matrix, with one matrix per label."
    )
    with pytest.raises(ValueError, match=whole(message)):
        mlp().fit(X, Y).predict(X, false_alarm=1, miss=2)


def test_expected_cost_and_weights_of_labels_are_a_warning():
    clf = mlp(
        loss="expected_cost", cost_matrix=[[0, 1], [9, 0]], class_weight="balanced"
    )
    with pytest.warns(DoubleCountWarning, match="^Costs count twice: ExpectedCost"):
        clf.fit(X, Y)
