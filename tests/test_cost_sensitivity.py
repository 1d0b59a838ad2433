"""What costs do in the estimator: decisions, true probabilities, and no cost twice."""

import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn
from messages import whole
from scipy.special import expit
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    TunedThresholdClassifierCV,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skweighted import CostSensitiveMLPClassifier, adapt_prior, losses
from skweighted.exceptions import CostWarning, DoubleCountWarning
from skweighted.metrics import make_cost_scorer

X, Y = make_classification(
    300, 5, weights=[0.8], flip_y=0.1, class_sep=0.7, random_state=0
)
X3, Y3 = make_classification(
    300, 6, n_informative=4, n_classes=3, weights=[0.7, 0.2], random_state=0
)
NAMES = np.array(["ok", "fraud", "late"])[Y3]  # sorted: fraud, late, ok
COSTS = np.array([[0, 1], [20, 0]])
COSTS3 = np.array([[0.0, 5, 9], [1, 0, 2], [3, 1, 0]])
WEIGHTS = [None, "balanced", "sqrt_balanced", "effective_number", {0: 1, 1: 7}]


def mlp(*args, **params):
    defaults = {"epochs": 10, "random_state": 0, "learning_rate": 0.01}
    return CostSensitiveMLPClassifier(*args, **defaults | params)


def true_proba(clf, X):
    return clf.set_params(correct_probabilities=True).predict_proba(X)


# decisions


@pytest.mark.parametrize("class_weight", WEIGHTS)
def test_costs_decide_on_probabilities_without_the_weights(class_weight):
    clf = mlp(class_weight=class_weight, cost_matrix=COSTS).fit(X, Y)
    answers = clf.predict(X)
    expected = true_proba(clf, X) @ COSTS
    np.testing.assert_array_equal(answers, expected.argmin(axis=1))
    assert 0 < answers.mean() < 1


def test_costs_of_three_classes_are_minimized_row_by_row():
    clf = mlp(class_weight="balanced", cost_matrix=COSTS3).fit(X3, NAMES)
    answers = clf.predict(X3)
    for answer, p in zip(answers, true_proba(clf, X3), strict=True):
        cost_of = {
            prediction: sum(p[i] * COSTS3[i, j] for i in range(3))
            for j, prediction in enumerate(clf.classes_)
        }
        assert cost_of[answer] == pytest.approx(min(cost_of.values()), rel=1e-12)
    assert len(set(answers)) == 3


def test_array_dict_and_dataframe_are_the_same_costs():
    labels = ["fraud", "late", "ok"]
    as_dict = {
        (truth, prediction): COSTS3[i, j]
        for i, truth in enumerate(labels)
        for j, prediction in enumerate(labels)
        if i != j
    }
    shuffled = ["ok", "fraud", "late"]
    frame = pd.DataFrame(COSTS3, labels, labels).loc[shuffled, shuffled]
    clfs = [mlp(cost_matrix=c).fit(X3, NAMES) for c in (COSTS3, as_dict, frame)]
    for clf in clfs:
        np.testing.assert_array_equal(clf.cost_matrix_, COSTS3)
        np.testing.assert_array_equal(clf.predict(X3), clfs[0].predict(X3))


def test_zero_one_costs_predict_the_most_likely_class():
    plain, costly = (mlp(cost_matrix=c).fit(X3, Y3) for c in (None, 1 - np.eye(3)))
    np.testing.assert_array_equal(plain.predict(X3), costly.predict(X3))


def test_costs_of_a_call_take_the_place_of_those_of_the_fit():
    clf = mlp(class_weight="balanced").fit(X, Y)
    fitted = mlp(class_weight="balanced", cost_matrix=COSTS).fit(X, Y)
    np.testing.assert_array_equal(clf.predict(X, cost_matrix=COSTS), fitted.predict(X))
    np.testing.assert_array_equal(
        fitted.predict(X, cost_matrix=[[0, 1], [1, 0]]),
        true_proba(clf, X).argmax(axis=1),
    )
    np.testing.assert_array_equal(
        clf.predict(X, false_alarm=1, miss=20), fitted.predict(X)
    )


def test_costs_of_each_row_decide_that_row():
    clf = mlp().fit(X, Y)
    amounts = np.random.default_rng(0).lognormal(2, 1, len(X))
    together = clf.predict(X, false_alarm=3.0, miss=amounts)
    matrices = np.zeros((len(X), 2, 2))
    matrices[:, 0, 1], matrices[:, 1, 0] = 3.0, amounts
    np.testing.assert_array_equal(together, clf.predict(X, cost_matrix=matrices))
    alone = [
        clf.predict(X[[i]], false_alarm=3, miss=amounts[i])[0] for i in range(len(X))
    ]
    np.testing.assert_array_equal(together, alone)
    assert (together != clf.predict(X)).any()


def test_costs_of_each_row_pass_through_a_pipeline():
    amounts = np.random.default_rng(0).lognormal(2, 1, len(X))
    with sklearn.config_context(enable_metadata_routing=True):
        clf = mlp().set_predict_request(false_alarm=True, miss=True)
        pipeline = make_pipeline(StandardScaler(), clf).fit(X, Y)
        answers = pipeline.predict(X, false_alarm=3.0, miss=amounts)
        alone = pipeline[-1].predict(
            pipeline[0].transform(X), false_alarm=3.0, miss=amounts
        )
    np.testing.assert_array_equal(answers, alone)


def test_nothing_given_as_costs_is_written_to():
    costs = COSTS.copy()
    clf = mlp(cost_matrix=costs).fit(X, Y)
    clf.cost_matrix_[0, 1] = 99
    np.testing.assert_array_equal(costs, COSTS)


# probabilities


@pytest.mark.parametrize("class_weight", WEIGHTS)
def test_true_probabilities_are_those_of_the_weighted_problem_over_the_weights(
    class_weight,
):
    clf = mlp(class_weight=class_weight).fit(X, Y)
    weighted, decided = clf.predict_proba(X), clf.predict(X)
    unweighted = weighted / [clf.class_weight_[0], clf.class_weight_[1]]
    unweighted /= unweighted.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(true_proba(clf, X), unweighted, rtol=1e-12)
    np.testing.assert_array_equal(clf.predict(X), decided)


@pytest.mark.parametrize("loss", ["logit_adjusted", "balanced_softmax"])
def test_logit_adjusted_probabilities_are_mapped_back_by_the_prior(loss):
    clf = mlp(loss=loss).fit(X3, Y3)
    prior = np.bincount(Y3) / len(Y3)
    # The network ranks as if the classes were equally frequent.
    expected = adapt_prior(clf.predict_proba(X3), np.full(3, 1 / 3), prior)
    np.testing.assert_allclose(true_proba(clf, X3), expected, rtol=1e-9)


@pytest.fixture(scope="module")
def simulated():
    """200,000 rows of a known posterior, 5 % positive, and as many to test on."""
    random_generator = np.random.default_rng(0)
    X = random_generator.normal(size=(400_000, 2))
    posterior = expit(1.5 * X[:, 0] - X[:, 1] - 3.9)
    y = (random_generator.random(len(X)) < posterior).astype(int)
    return X, y, posterior


SIMULATED = {"epochs": 4, "learning_rate": 0.02, "batch_size": 1000, "random_state": 0}


@pytest.fixture(scope="module")
def plain(simulated):
    """A classifier of the simulated rows, which tests must not train."""
    X, y, _ = simulated
    return CostSensitiveMLPClassifier((), **SIMULATED).fit(X[:200_000], y[:200_000])


@pytest.mark.parametrize(
    "params",
    [
        {"class_weight": "balanced"},
        {"class_weight": "sqrt_balanced"},
        {"loss": "logit_adjusted"},
        {"loss": "focal"},
        {"loss": "ldam"},
        {"loss": "asymmetric", "loss__gamma_neg": 1.0, "loss__clip": 0.0},
    ],
    ids=str,
)
def test_undone_probabilities_are_as_good_as_those_of_plain_training(
    simulated, plain, params
):
    X, y, posterior = simulated
    train, test = slice(200_000), slice(200_000, None)
    params = params | SIMULATED | {"correct_probabilities": True, "init_bias": "prior"}
    clf = CostSensitiveMLPClassifier((), **params).fit(X[train], y[train])
    ours, theirs, best = (
        log_loss(y[test], p)
        for p in (
            clf.predict_proba(X[test]),
            plain.predict_proba(X[test]),
            posterior[test],
        )
    )
    # The bar of 1 %; the network can be the posterior itself.
    assert ours == pytest.approx(theirs, rel=0.01)
    assert ours == pytest.approx(best, rel=0.01)


def test_weights_and_threshold_together_cost_more_than_either(simulated, plain):
    """The table of docs/costs.md: a weight and a threshold are two spellings."""
    X, y, _ = simulated
    train, test = slice(200_000), slice(200_000, None)
    costs = np.array([[0, 1], [20, 0]])
    weighted = CostSensitiveMLPClassifier((), class_weight={0: 1, 1: 20}, **SIMULATED)
    weighted.fit(X[train], y[train])

    def cost_of(answers):
        return costs[y[test], answers.astype(int)].mean()

    cut = 1 / 21
    spellings = [
        cost_of(weighted.predict(X[test])),
        cost_of(plain.predict(X[test], cost_matrix=costs)),
        cost_of(weighted.predict(X[test], cost_matrix=costs)),
        cost_of(plain.predict_proba(X[test])[:, 1] > cut),
    ]
    twice = cost_of(weighted.predict_proba(X[test])[:, 1] > cut)
    never = cost_of(plain.predict(X[test]))
    assert max(spellings) < 1.02 * min(spellings)
    assert twice > 1.5 * max(spellings)
    assert never > 1.3 * max(spellings)


def test_an_expected_cost_decides_by_its_outputs():
    clf = mlp(loss="expected_cost", cost_matrix=COSTS3, epochs=50).fit(X3, Y3)
    np.testing.assert_array_equal(clf.predict(X3), clf.predict_proba(X3).argmax(axis=1))
    uniform = COSTS3[Y3].mean()
    assert COSTS3[Y3, clf.predict(X3)].mean() < uniform


def test_expected_cost_is_the_same_problem_in_any_unit():
    one, thousand = (
        mlp(loss="expected_cost", cost_matrix=COSTS3 * unit).fit(X3, Y3)
        for unit in (1, 1024)
    )
    np.testing.assert_array_equal(one.predict_proba(X3), thousand.predict_proba(X3))


# where training begins


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, np.bincount(Y3) / len(Y3)),
        ({"class_weight": "balanced"}, np.full(3, 1 / 3)),
        ({"loss": "logit_adjusted"}, np.full(3, 1 / 3)),
        ({"loss": "mean_false_error"}, np.full(3, 1 / 3)),
    ],
    ids=str,
)
def test_training_can_begin_at_the_prior(params, expected):
    params = params | {"kernel_initializer": "zeros", "init_bias": "prior"}
    clf = mlp((), epochs=1, learning_rate=1e-12, **params).fit(X3, Y3)
    # One step of 1e-12 for each of two batches.
    np.testing.assert_allclose(
        clf.predict_proba(X3), np.tile(expected, (300, 1)), atol=1e-10
    )


def test_training_of_two_classes_can_begin_at_the_prior():
    clf = mlp(
        (), epochs=1, learning_rate=1e-12, kernel_initializer="zeros", init_bias="prior"
    ).fit(X, Y)
    np.testing.assert_allclose(clf.predict_proba(X)[:, 1], Y.mean(), atol=1e-10)


@pytest.mark.parametrize("loss", ["cross_entropy", "logit_adjusted"])
def test_the_prior_does_not_depend_on_the_scale_of_weights(loss):
    one, other = (
        mlp((), epochs=1, init_bias="prior", loss=loss)
        .partial_fit(X, Y, classes=[0, 1, 2], sample_weight=np.full(len(Y), scale))
        .predict_proba(X)
        for scale in (1, 2.0**-20)
    )
    np.testing.assert_allclose(one, other, rtol=1e-12)


def test_a_warm_start_keeps_the_bias():
    clf = mlp((), warm_start=True, init_bias="prior", epochs=30).fit(X, Y)
    bias = clf.model_.get_weights()[1]
    clf.set_params(epochs=1, learning_rate=1e-12).fit(X, Y)
    np.testing.assert_allclose(clf.model_.get_weights()[1], bias, atol=1e-10)


# weights that start later


def test_class_weights_can_start_later():
    plain = mlp(epochs=4, batch_size=500, alpha=0).fit(X, Y)
    deferred = mlp(
        epochs=8,
        batch_size=500,
        alpha=0,
        class_weight="balanced",
        class_weight_start=0.5,
    ).fit(X, Y)
    assert deferred.loss_curve_[:4] == pytest.approx(plain.loss_curve_, rel=1e-12)
    going_on = log_loss(Y, plain.predict_proba(X))
    weight = np.array([deferred.class_weight_[0], deferred.class_weight_[1]])[Y]
    weighted = log_loss(Y, plain.predict_proba(X), sample_weight=weight)
    # The first loss with weights is that of the network before its step.
    assert deferred.loss_curve_[4] == pytest.approx(weighted, rel=1e-9)
    assert weighted != pytest.approx(going_on, rel=0.01)


@pytest.mark.parametrize(
    ("epochs", "shares"),
    [
        # 0.29 * 100 is 28.999999999999996 in floating point.
        pytest.param(100, (0.29, 0.2901), id="rounded"),
        pytest.param(2, (0.5, 0.99), id="not all"),
    ],
)
def test_the_epochs_before_class_weights_are_rounded_and_not_all(epochs, shares):
    params = dict(class_weight="balanced", epochs=epochs, batch_size=500)
    one, other = (
        mlp(class_weight_start=share, **params).fit(X, Y).loss_curve_
        for share in shares
    )
    assert one == other


def test_partial_fit_cannot_start_class_weights_later():
    message = (
        "partial_fit does not support class_weight_start, because the number of epochs "
        "is not known. Use class_weight_start=0, or fit."
    )
    with pytest.raises(ValueError, match=whole(message)):
        mlp(class_weight="balanced", class_weight_start=0.5).partial_fit(X, Y)


# in sklearn's tools


def test_thresholds_of_sklearn_compose():
    clf = mlp(class_weight="balanced", correct_probabilities=True)
    fixed = FixedThresholdClassifier(clf, threshold=1 / 21).fit(X, Y)
    costly = mlp(class_weight="balanced", cost_matrix=COSTS).fit(X, Y)
    np.testing.assert_array_equal(fixed.predict(X), costly.predict(X))
    scorer = make_cost_scorer(COSTS)
    tuned = TunedThresholdClassifierCV(clf, scoring=scorer, cv=3).fit(X, Y)
    # A miss costs 20 false alarms: the best cut is far below one half.
    assert tuned.best_threshold_ < 0.3


def test_costs_and_losses_can_be_searched():
    grid = {
        "loss": ["cross_entropy", "focal"],
        "class_weight": [None, "balanced"],
    }
    search = GridSearchCV(
        mlp(cost_matrix=COSTS, epochs=3), grid, scoring=make_cost_scorer(COSTS), cv=2
    ).fit(X, Y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_score_ <= 0


def test_undone_balanced_weights_are_sklearns_plain_logistic_regression():
    clf = mlp(
        (),
        class_weight="balanced",
        correct_probabilities=True,
        alpha=0,
        epochs=3000,
        batch_size=500,
        learning_rate=0.01,
    ).fit(X, Y)
    plain = LogisticRegression(C=np.inf, class_weight="balanced", tol=1e-8).fit(X, Y)
    n = np.bincount(Y)
    expected = adapt_prior(plain.predict_proba(X), [0.5, 0.5], n / n.sum())
    # Adam comes this near in 3000 steps.
    np.testing.assert_allclose(clf.predict_proba(X), expected, atol=1e-4)


# messages


WARNINGS = [
    (
        {"loss": "expected_cost", "cost_matrix": COSTS, "class_weight": "balanced"},
        DoubleCountWarning,
        "Costs count twice: ExpectedCost minimizes them, and class_weight applies them "
        "again. Use class_weight=None.",
    ),
    (
        {"loss": "mean_false_error", "class_weight": "balanced"},
        DoubleCountWarning,
        "class_weight has no effect: MeanFalseError averages the error within each "
        "class. Use class_weight=None.",
    ),
    (
        {"loss": losses.BalancedSoftmax, "class_weight": {0: 1, 1: 2}},
        DoubleCountWarning,
        "Imbalance counts twice: BalancedSoftmax makes every class count equally, and "
        "class_weight corrects for it again. Use class_weight=None.",
    ),
    (
        {"cost_matrix": [[0, 20], [1, 0]]},
        CostWarning,
        "Missing the rarer class (20.67% of the rows) costs less than predicting it by "
        "mistake. Are rows and columns of cost_matrix swapped? Rows are truths, "
        "columns are predictions.",
    ),
]


@pytest.mark.parametrize(("params", "category", "message"), WARNINGS)
def test_what_would_count_twice_is_a_warning_at_the_line_of_fit(
    params, category, message
):
    with pytest.warns(category, match=whole(message)) as caught:
        mlp(epochs=1, **params).fit(X, Y)
    assert [warning.filename for warning in caught] == [__file__]


def test_a_resampled_training_set_and_costs_are_a_warning():
    rows = np.concatenate([np.flatnonzero(Y == 0)[:50], np.flatnonzero(Y == 1)[:50]])
    message = (
        "cost_matrix assumes that the class frequencies in y are those of future data, "
        "but y has 50 rows of each class, as after resampling. If y was resampled, its "
        "imbalance counts twice: wrap the pipeline in PriorCorrectedClassifier and "
        "pass cost_matrix to it. Otherwise, ignore this warning."
    )
    with pytest.warns(DoubleCountWarning, match=whole(message)):
        mlp(epochs=1, cost_matrix=COSTS).fit(X[rows], Y[rows])


def test_weights_of_whole_classes_in_sample_weight_and_costs_are_a_warning():
    message = (
        "Costs count twice: sample_weight has one value per class, and cost_matrix "
        "weights the classes again. Pass these weights as class_weight, which is "
        "undone before decisions."
    )
    clf = mlp(epochs=1, cost_matrix=COSTS)
    with pytest.warns(DoubleCountWarning, match=whole(message)):
        clf.fit(X, Y, sample_weight=np.where(Y == 1, 4.0, 1.0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clf.fit(X, Y, sample_weight=np.full(len(Y), 3.0))
        clf.fit(X, Y, sample_weight=np.linspace(1, 2, len(Y)))


ERRORS = [
    (
        {"loss__label_smoothing": 0.1, "cost_matrix": COSTS},
        "cost_matrix needs true probabilities, but these cannot be recovered from "
        "loss='cross_entropy' with label smoothing. Use loss__label_smoothing=0, or "
        "calibrate the classifier with sklearn.calibration.CalibratedClassifierCV.",
    ),
    (
        {"loss": "mean_squared_false_error", "cost_matrix": COSTS},
        "cost_matrix needs true probabilities, but these cannot be recovered from "
        "loss='mean_squared_false_error'. Use loss='cross_entropy', or calibrate the "
        "classifier with sklearn.calibration.CalibratedClassifierCV.",
    ),
    (
        {
            "loss": "expected_cost",
            "cost_matrix": COSTS,
            "correct_probabilities": True,
        },
        "correct_probabilities=True needs true probabilities, but these cannot be "
        "recovered from loss='expected_cost'. Use loss='cross_entropy', or calibrate "
        "the classifier with sklearn.calibration.CalibratedClassifierCV.",
    ),
    (
        {"class_weight": "balansed"},
        None,  # sklearn's own message
    ),
    (
        {"class_weight": "effective_number", "class_weight__beta": 1.0},
        "beta of 'effective_number' must be at least 0 and below 1. Got 1.0.",
    ),
    (
        {"class_weight": "balanced", "class_weight__beta": 0.9},
        "class_weight='balanced' has no option 'beta', given as class_weight__beta. "
        "Only 'effective_number' has an option: 'beta'.",
    ),
    (
        {"class_weight": lambda classes, counts: counts[:1]},
        "A class_weight function must return one weight per class, or a dict. For "
        "classes [0, 1] it returned array([238.]).",
    ),
    (
        {"cost_matrix": [[0, 1, 2], [3, 0, 4], [5, 6, 0]]},
        None,  # tests/test_costs.py
    ),
]


@pytest.mark.parametrize(("params", "message"), ERRORS)
def test_a_parameter_that_cannot_be_used_is_explained(params, message):
    with pytest.raises(ValueError, match=message and whole(message)):
        mlp(**params).fit(X, Y)


def test_costs_of_a_call_are_one_matrix_or_a_pair():
    clf = mlp(epochs=1).fit(X, Y)
    message = (
        "Costs are given either by cost_matrix, or by false_alarm and miss. Got both; "
        "leave one out."
    )
    with pytest.raises(ValueError, match=whole(message)):
        clf.predict(X, cost_matrix=COSTS, miss=3)
    message = (
        "false_alarm and miss are the costs of two classes. There are 3: [0, 1, 2]. "
        "Use cost_matrix."
    )
    with pytest.raises(ValueError, match=whole(message)):
        mlp(epochs=1).fit(X3, Y3).predict(X3, false_alarm=1, miss=3)


def test_costs_of_a_call_need_a_loss_that_can_be_undone():
    clf = mlp(epochs=1, loss="mean_squared_false_error").fit(X, Y)
    message = (
        "True probabilities cannot be recovered from MeanSquaredFalseError. Use "
        "loss='cross_entropy', or calibrate the classifier with "
        "sklearn.calibration.CalibratedClassifierCV."
    )
    with pytest.raises(ValueError, match=whole(message)):
        clf.predict(X, cost_matrix=COSTS)
