"""True probabilities after resampling: laws, exact twins, and known posteriors."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn
from imblearn import FunctionSampler
from imblearn.ensemble import BalancedRandomForestClassifier
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import Pipeline, make_pipeline
from imblearn.under_sampling import RandomUnderSampler
from messages import whole
from scipy.sparse import csr_array
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.exceptions import DataConversionWarning, NotFittedError
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import log_loss, make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    TunedThresholdClassifierCV,
    cross_val_predict,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline as sklearn_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import check_is_fitted

from skweighted._costs._prior import adapt_prior
from skweighted._estimator._prior_corrected import PriorCorrectedClassifier
from skweighted.exceptions import ClassWeightWarning, CostWarning, DoubleCountWarning

COSTS = np.array([[0.0, 1.0], [20.0, 0.0]])
COPIES = [[1, 3, 1], [2, 1, 5], [7, 2, 2]]


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


def problem(n_classes=2, n_samples=600):
    """Return rows of classes 'a', 'b', ..., each rarer than the one before."""
    X, y = make_classification(
        n_samples,
        n_informative=4,
        n_classes=n_classes,
        weights=[0.85, 0.1][: n_classes - 1],
        random_state=0,
    )
    return X, np.array(["a", "b", "c"])[y]


def undersampled(classifier=None, **params):
    sampler = RandomUnderSampler(random_state=0, **params)
    return make_pipeline(sampler, classifier or LogisticRegression())


def repeated(X, y, *others, copies):
    """Return rows with as many copies as given for their class, by label."""
    rows = np.repeat(np.arange(len(y)), [copies[label] for label in y])
    return tuple(array[rows] for array in (X, y, *others))


def copier(copies):
    """Return a sampler that copies rows."""
    return FunctionSampler(func=repeated, kw_args={"copies": copies}, validate=False)


class CopyingNB(ClassifierMixin, BaseEstimator):
    """Naive Bayes that copies rows inside itself, with what they weigh."""

    def __init__(self, copies):
        self.copies = copies

    def fit(self, X, y, sample_weight):
        rows = repeated(X, y, sample_weight, copies=self.copies)
        self.naive_bayes_ = GaussianNB(var_smoothing=0).fit(*rows)
        self.classes_ = self.naive_bayes_.classes_
        return self

    def predict_proba(self, X):
        return self.naive_bayes_.predict_proba(X)


def logistic_problem(seed, n_samples):
    """Return rows of a logistic model, and the true probability of class 1."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_samples, 2))
    posterior = expit(X @ [1.5, -1.0] - 3.5)
    return X, (rng.random(n_samples) < posterior).astype(int), posterior


def test_corrected_probabilities_are_the_true_ones():
    X, y, posterior = logistic_problem(seed=0, n_samples=40_000)
    plain = LogisticRegression(C=np.inf).fit(X, y)
    clf = PriorCorrectedClassifier(undersampled(plain)).fit(X, y)
    X, y, posterior = logistic_problem(seed=1, n_samples=40_000)
    proba = clf.predict_proba(X)
    # The undersample has some 7,000 rows, so that log odds have standard errors of
    # about 0.05 to 0.1, and probabilities p(1 - p) of that, which is 0.003 to 0.006 on
    # average. Uncorrected ones are wrong by 0.2.
    assert np.abs(proba[:, 1] - posterior).mean() < 0.01
    assert np.abs(clf.estimator_.predict_proba(X)[:, 1] - posterior).mean() > 0.1
    # An excess of log loss is a divergence, of the order of 3 parameters in 2 * 7,000.
    assert abs(log_loss(y, proba) - log_loss(y, plain.predict_proba(X))) < 1e-3


@pytest.mark.parametrize("strategy", ["auto", 0.5])
def test_two_classes_follow_the_formula_of_dal_pozzolo(strategy):
    X, y = problem()
    clf = PriorCorrectedClassifier(undersampled(sampling_strategy=strategy)).fit(X, y)
    kept = clf.resampled_prior_[0] / clf.resampled_prior_[1]
    beta = kept / (clf.class_prior_[0] / clf.class_prior_[1])
    q = clf.estimator_.predict_proba(X)[:, 1]
    p = beta * q / (beta * q - q + 1)
    # Both round a few times.
    np.testing.assert_allclose(clf.predict_proba(X)[:, 1], p, rtol=1e-12)


@pytest.mark.parametrize("copies", COPIES)
def test_copies_of_rows_change_no_probability(copies):
    X, y = problem(n_classes=3)
    naive_bayes = GaussianNB(var_smoothing=0)
    copying = copier(dict(zip("abc", copies, strict=True)))
    clf = PriorCorrectedClassifier(make_pipeline(copying, naive_bayes)).fit(X, y)
    expected = naive_bayes.fit(X, y).predict_proba(X)
    # Copies leave means and variances as they are, but for rounding, which log
    # densities of some 100 multiply.
    np.testing.assert_allclose(clf.predict_proba(X), expected, rtol=1e-11)


@pytest.mark.usefixtures("routing")
def test_sample_weights_cancel_although_rows_are_counted():
    X, y = problem(n_classes=3)
    sample_weight = np.random.default_rng(0).exponential(size=len(y)) * (1 + (y == "b"))
    copies = {"a": 1, "b": 4, "c": 2}
    counts = pd.Series(repeated(X, y, copies=copies)[1]).value_counts(normalize=True)
    copying = CopyingNB(copies).set_fit_request(sample_weight=True)
    clf = PriorCorrectedClassifier(copying, resampled_prior=counts)
    proba = clf.fit(X, y, sample_weight=sample_weight).predict_proba(X)
    weighted = GaussianNB(var_smoothing=0).fit(X, y, sample_weight)
    # As above.
    np.testing.assert_allclose(proba, weighted.predict_proba(X), rtol=1e-11)


def test_names_of_columns_are_those_of_the_last_fit():
    X, y = problem(n_classes=2)
    clf = PriorCorrectedClassifier(LogisticRegression())
    frame = pd.DataFrame(X).add_prefix("x")
    assert clf.fit(frame, y).feature_names_in_.tolist() == list(frame)
    assert not hasattr(clf.fit(X, y), "feature_names_in_")


@pytest.mark.parametrize(
    "estimator",
    [
        LogisticRegression(),
        sklearn_pipeline(StandardScaler(), LogisticRegression()),
        make_pipeline(StandardScaler(), LogisticRegression()),
        make_pipeline(copier({"a": 3, "b": 3, "c": 3}), LogisticRegression()),
        GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}),
    ],
    ids=["alone", "sklearn pipeline", "no sampler", "equal copies", "search"],
)
def test_without_a_change_of_shares_probabilities_are_identical(estimator):
    X, y = problem(n_classes=3)
    clf = PriorCorrectedClassifier(estimator).fit(X, y)
    plain = clone(estimator).fit(X, y)
    assert (clf.resampled_prior_ == clf.class_prior_).all()
    assert (clf.predict_proba(X) == plain.predict_proba(X)).all()


@pytest.mark.parametrize(
    "estimator",
    [
        undersampled(),
        make_pipeline(StandardScaler(), SMOTE(random_state=0), LogisticRegression()),
        sklearn_pipeline(StandardScaler(), undersampled()),
        make_pipeline(
            RandomUnderSampler(random_state=0),
            sklearn_pipeline(StandardScaler(), LogisticRegression()),
        ),
    ],
    ids=["sampler first", "sampler after", "inner sampler", "outer sampler"],
)
def test_the_last_step_of_pipelines_is_given_equal_shares(estimator):
    X, y = problem(n_classes=3)
    clf = PriorCorrectedClassifier(estimator).fit(X, y)
    counts = [(y == label).sum() for label in "abc"]
    assert clf.resampled_prior_.tolist() == [1 / 3] * 3
    assert clf.class_prior_.tolist() == [count / len(y) for count in counts]


def test_the_logarithms_are_those_of_the_probabilities():
    X, y = problem()
    clf = PriorCorrectedClassifier(undersampled(DecisionTreeClassifier())).fit(X, y)
    proba, log_proba = clf.predict_proba(X), clf.predict_log_proba(X)
    assert (proba == 0).any()

    assert (log_proba[proba == 0] == -np.inf).all()
    np.testing.assert_allclose(np.exp(log_proba), proba, rtol=1e-14)


def test_without_costs_the_correction_changes_no_decision():
    X, y = problem()
    clf = PriorCorrectedClassifier(undersampled()).fit(X, y)
    answers = clf.predict(X)
    assert (answers == clf.estimator_.predict(X)).all()
    assert (answers != clf.classes_[clf.predict_proba(X).argmax(axis=1)]).any()


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("when", ["fit", "predict", "each row"])
def test_costs_decide_on_corrected_probabilities_as_by_brute_force(n_classes, when):
    X, y = problem(n_classes)
    costs = np.random.default_rng(0).exponential(size=(len(X), n_classes, n_classes))
    costs *= 1 - np.eye(n_classes)
    if when != "each row":
        costs[:] = COSTS if n_classes == 2 else costs[0]
    in_fit, in_predict = {
        "fit": (costs[0], None),
        # The matrix of the call takes the place of that of the constructor.
        "predict": (1 - np.eye(n_classes), costs[0]),
        "each row": (None, costs),
    }[when]
    clf = PriorCorrectedClassifier(undersampled(), cost_matrix=in_fit).fit(X, y)
    answers = clf.predict(X, in_predict)
    proba = clf.predict_proba(X)
    for row, its_costs, answer in zip(proba, costs, answers, strict=True):
        expected = [sum(row * its_costs[:, j]) for j in range(n_classes)]
        assert answer == "abc"[np.argmin(expected)]


def test_costs_by_label_are_those_of_an_array():
    X, y = problem()
    table = {("a", "b"): 1, ("b", "a"): 20}
    clf = PriorCorrectedClassifier(undersampled(), cost_matrix=table).fit(X, y)
    assert clf.cost_matrix_.tolist() == COSTS.tolist()


@pytest.mark.parametrize(
    "prior",
    [
        [0.5, 0.3, 0.2],
        {"c": 0.2, "a": 0.5, "b": 0.3},
        pd.Series({"c": 0.2, "a": 0.5, "b": 0.3}),
    ],
    ids=["array", "dict", "Series"],
)
def test_given_shares_are_taken_by_class(prior):
    X, y = problem(n_classes=3)
    clf = PriorCorrectedClassifier(LogisticRegression(), resampled_prior=prior)
    proba = clf.fit(X, y).predict_proba(X)
    assert clf.resampled_prior_.tolist() == [0.5, 0.3, 0.2]
    inner = clf.estimator_.predict_proba(X)
    assert (proba == adapt_prior(inner, [0.5, 0.3, 0.2], clf.class_prior_)).all()


def test_an_ensemble_that_balances_is_corrected_from_equal_shares():
    X, y = problem(n_classes=3)
    forest = BalancedRandomForestClassifier(n_estimators=20, random_state=0)
    clf = PriorCorrectedClassifier(forest, resampled_prior="balanced").fit(X, y)
    assert clf.resampled_prior_.tolist() == [1 / 3] * 3
    mean = clf.predict_proba(X).mean(axis=0)
    uncorrected = clf.estimator_.predict_proba(X).mean(axis=0)
    # Shares of a forest of 20 trees on rows it has seen: near, not equal.
    np.testing.assert_allclose(mean, clf.class_prior_, atol=0.1)
    assert np.abs(uncorrected - clf.class_prior_).max() > 0.1


def test_a_grid_search_reaches_into_the_pipeline():
    X, y = problem()
    grid = {
        "estimator__randomundersampler__sampling_strategy": [0.3, 1.0],
        "cost_matrix": [None, COSTS],
    }
    search = GridSearchCV(
        PriorCorrectedClassifier(undersampled()), grid, scoring="neg_log_loss", cv=3
    ).fit(X, y)
    ratio = search.best_params_["estimator__randomundersampler__sampling_strategy"]
    rare, common = search.best_estimator_.resampled_prior_[::-1]
    # A whole number of rows is kept.
    assert rare / common == pytest.approx(ratio, rel=0.01)


def test_cross_validated_probabilities_have_the_mean_of_y():
    X, y = problem()
    clf = PriorCorrectedClassifier(undersampled())
    proba = cross_val_predict(clf, X, y, method="predict_proba")
    # 94 rare rows: their share has a standard error of 0.015, and three of these.
    # Without the correction it would be 0.46.
    assert proba[:, 1].mean() == pytest.approx((y == "b").mean(), abs=0.045)


def test_a_threshold_is_tuned_on_corrected_probabilities():
    X, y, _ = logistic_problem(seed=0, n_samples=4000)
    gain = make_scorer(lambda truth, answer: -COSTS[truth, answer].sum())
    tuned = TunedThresholdClassifierCV(
        PriorCorrectedClassifier(undersampled()), scoring=gain, cv=3
    ).fit(X, y)
    proba = tuned.estimator_.predict_proba(X)[:, 1]
    assert ((proba >= tuned.best_threshold_) == tuned.predict(X)).all()
    # Bayes' threshold is 1/21, and the cost is flat around it: a factor of 2 either
    # way. Without the correction it would be near 0.3.
    assert 0.5 / 21 < tuned.best_threshold_ < 2 / 21


def test_a_copy_by_clone_or_pickle_answers_the_same():
    X, y = problem()
    clf = PriorCorrectedClassifier(undersampled(), cost_matrix=COSTS).fit(X, y)
    for copy in (clone(clf).fit(X, y), pickle.loads(pickle.dumps(clf))):
        assert (copy.predict_proba(X) == clf.predict_proba(X)).all()
        assert (copy.predict(X) == clf.predict(X)).all()


def test_fit_leaves_the_estimator_given_as_it_was():
    X, y = problem()
    given = undersampled()
    classifier = given[-1]
    clf = PriorCorrectedClassifier(given).fit(X, y)
    assert given[-1] is classifier
    assert not hasattr(classifier, "classes_")
    assert clf.estimator_ is not given


@pytest.mark.parametrize(
    "pipeline",
    [
        undersampled(),
        sklearn_pipeline(StandardScaler(), undersampled()),
        sklearn_pipeline(StandardScaler(), LogisticRegression()),
    ],
    ids=["resampled", "nested", "not resampled"],
)
def test_the_recorder_leaves_no_trace(pipeline):
    X, y = problem()
    fitted = PriorCorrectedClassifier(pipeline).fit(X, y).estimator_
    plain = clone(pipeline).fit(X, y)
    assert str(fitted) == str(plain)
    assert pickle.dumps(fitted) == pickle.dumps(plain)
    assert (fitted.predict_proba(X) == plain.predict_proba(X)).all()


class _FailingClassifier(LogisticRegression):
    def fit(self, X, y):
        raise RuntimeError("I fail.")


def test_the_recorder_is_gone_after_a_fit_that_fails(monkeypatch):
    X, y = problem()
    pipeline = undersampled(_FailingClassifier())
    # So that the pipeline that is fitted can be looked at.
    monkeypatch.setattr(
        "skweighted._estimator._prior_corrected.clone", lambda given: given
    )
    with pytest.raises(RuntimeError, match=whole("I fail.")):
        PriorCorrectedClassifier(pipeline).fit(X, y)
    assert type(pipeline[-1]) is _FailingClassifier


class _TaskNames:
    """Callback that notes the tasks of a fit, each with that which it is part of."""

    max_propagation_depth = None

    def __init__(self):
        self.tasks = []

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        parent = context.parent
        self.tasks.append((context.task_name, parent and parent.task_name))

    def on_fit_task_end(self, estimator, context):
        pass


def test_callbacks_of_a_pipeline_reach_its_last_step():
    X, y = problem()
    plain, corrected = _TaskNames(), _TaskNames()
    pipeline = sklearn_pipeline(StandardScaler(), LogisticRegression())
    clone(pipeline).set_callbacks(plain).fit(X, y)
    PriorCorrectedClassifier(pipeline.set_callbacks(corrected)).fit(X, y)
    assert len(plain.tasks) > 3
    assert corrected.tasks == plain.tasks


def test_steps_are_cached_as_ever(tmp_path):
    X, y = problem()
    pipeline = undersampled().set_params(memory=str(tmp_path))
    first, second = (PriorCorrectedClassifier(pipeline).fit(X, y) for _ in range(2))
    assert first.resampled_prior_.tolist() == [0.5, 0.5]
    assert (first.predict_proba(X) == second.predict_proba(X)).all()
    assert second.resampled_prior_.tolist() == [0.5, 0.5]
    assert any(tmp_path.iterdir())


def test_sparse_rows_are_those_of_a_dense_array():
    X, y = problem()
    X[np.abs(X) < 0.5] = 0
    sparse = csr_array(X)
    clf = PriorCorrectedClassifier(undersampled())
    dense_proba = clf.fit(X, y).predict_proba(X)
    # The solver adds up in another order, and stops at a gradient of 1e-4.
    np.testing.assert_allclose(
        clf.fit(sparse, y).predict_proba(sparse), dense_proba, atol=1e-6
    )
    assert clf.__sklearn_tags__().input_tags.sparse == (
        clf.estimator.__sklearn_tags__().input_tags.sparse
    )


def test_names_of_a_dataframe_are_passed_through():
    X, y = problem()
    frame = pd.DataFrame(X).add_prefix("x")
    clf = PriorCorrectedClassifier(undersampled()).fit(frame, pd.Series(y))
    assert clf.feature_names_in_.tolist() == frame.columns.tolist()
    assert clf.n_features_in_ == X.shape[1]
    assert clf.classes_.tolist() == ["a", "b"]
    assert (clf.predict(frame) == clf.estimator_.predict(frame)).all()


def test_a_series_reaches_the_sampler_as_a_series():
    X, y = problem()
    seen = []

    def look(X, y):
        seen.append(type(y))
        return X, y

    looking = FunctionSampler(func=look, validate=False)
    pipeline = make_pipeline(looking, LogisticRegression())
    PriorCorrectedClassifier(pipeline).fit(X, pd.Series(y))
    assert seen == [pd.Series]


@pytest.mark.parametrize("estimator", [undersampled(), LogisticRegression()])
def test_a_column_of_labels_is_warned_of_once(estimator):
    X, y = problem()
    clf = PriorCorrectedClassifier(estimator)
    with pytest.warns(DataConversionWarning) as caught:
        proba = clf.fit(X, y[:, None]).predict_proba(X)
    assert len(caught) == 1
    assert (proba == clf.fit(X, y).predict_proba(X)).all()


def test_numbers_that_are_no_labels_are_refused_in_sklearns_words():
    X, _ = problem()
    clf = PriorCorrectedClassifier(undersampled(), cost_matrix=COSTS)
    with pytest.raises(ValueError, match=r"^Unknown label type: continuous"):
        clf.fit(X, X[:, 0])


@pytest.mark.usefixtures("routing")
@pytest.mark.parametrize("in_pipeline", [False, True])
def test_sample_weights_are_routed_to_the_classifier(in_pipeline):
    X, y = problem()
    sample_weight = np.random.default_rng(0).exponential(size=len(y))
    expected = LogisticRegression().fit(X, y, sample_weight).predict_proba(X)
    estimator = LogisticRegression().set_fit_request(sample_weight=True)
    if in_pipeline:
        estimator = make_pipeline(None, estimator)
    clf = PriorCorrectedClassifier(estimator).fit(X, y, sample_weight=sample_weight)
    assert (clf.predict_proba(X) == expected).all()


@pytest.mark.usefixtures("routing")
def test_costs_are_routed_to_predict():
    X, y = problem()
    clf = PriorCorrectedClassifier(undersampled())
    pipeline = make_pipeline(None, clf.set_predict_request(cost_matrix=True))
    answers = pipeline.fit(X, y).predict(X, cost_matrix=COSTS)
    assert (answers == pipeline[-1].predict(X, COSTS)).all()
    assert (answers != pipeline.predict(X)).any()


def test_what_is_routed_needs_routing():
    X, y = problem()
    message = r"^Passing extra .* PriorCorrectedClassifier.fit is only supported if"
    with pytest.raises(ValueError, match=message):
        PriorCorrectedClassifier(undersampled()).fit(X, y, sample_weight=y)


def test_nan_is_allowed_where_the_estimator_allows_it():
    X, y = problem()
    X[::7, 0] = np.nan
    clf = PriorCorrectedClassifier(undersampled(DecisionTreeClassifier(random_state=0)))
    assert np.isfinite(clf.fit(X, y).predict_proba(X)).all()
    inner = PriorCorrectedClassifier(DecisionTreeClassifier())
    assert inner.__sklearn_tags__().input_tags.allow_nan


def test_an_estimator_without_probabilities_is_refused_in_sklearns_words():
    clf = PriorCorrectedClassifier(RidgeClassifier())
    assert not hasattr(clf, "predict_proba")
    assert not hasattr(clf, "predict_log_proba")
    with pytest.raises(ValueError, match=r"must be an object implementing 'fit' and"):
        clf.fit(*problem())


def test_it_is_not_fitted_before_fit():
    with pytest.raises(NotFittedError):
        check_is_fitted(PriorCorrectedClassifier(LogisticRegression()))


class _CostlyClassifier(LogisticRegression):
    """Classifier with costs of its own."""

    def __init__(self, cost_matrix=None):
        super().__init__()
        self.cost_matrix = cost_matrix


class _Undoing(LogisticRegression):
    """Classifier that undoes its class weights."""

    def __init__(self, class_weight=None, correct_probabilities=True):
        super().__init__(class_weight=class_weight)
        self.correct_probabilities = correct_probabilities


SEARCH = GridSearchCV(undersampled(), {"logisticregression__C": [1.0]})
CALIBRATED = CalibratedClassifierCV(undersampled())
IN_A_GRID = GridSearchCV(
    Pipeline([("sampler", None), ("classifier", LogisticRegression())]),
    {"sampler": [None, RandomOverSampler()]},
)
INSIDE = (
    "resampled_prior='auto' counts the rows that are passed to {0}, but {1} resamples "
    "them inside it. Put PriorCorrectedClassifier inside {0}, around the estimator "
    "that resamples, or pass the shares of the classes as resampled_prior."
)
ITSELF = (
    "resampled_prior='auto' counts the rows that are passed to "
    "BalancedRandomForestClassifier, but BalancedRandomForestClassifier resamples "
    "them internally. Specify the shares of the classes after resampling: "
    "resampled_prior='balanced' if they are equal, or {class: share}."
)
FOREST = BalancedRandomForestClassifier()
CLASSES = (
    "The training rows after resampling must have the classes of y, which are ['a', "
    "'b']. They have ['a']. Check sampling_strategy, and sample_weight for zeros."
)
OWN_COSTS = (
    "Costs must be applied to corrected probabilities, but _CostlyClassifier has a "
    "cost_matrix, which it applies before the correction. Pass cost_matrix to "
    "PriorCorrectedClassifier instead of _CostlyClassifier."
)
SHARES = (
    "resampled_prior must be 2 numbers above 0 that sum to 1, one for each class of y: "
    "['a', 'b']. Got {!r}. Divide the number of rows of each class by the total number "
    "of rows."
)
PLAIN = LogisticRegression()
WRONG = [
    (SEARCH, {}, INSIDE.format("GridSearchCV", "RandomUnderSampler")),
    (IN_A_GRID, {}, INSIDE.format("GridSearchCV", "RandomOverSampler")),
    (CALIBRATED, {}, INSIDE.format("CalibratedClassifierCV", "RandomUnderSampler")),
    (
        sklearn_pipeline(StandardScaler(), CALIBRATED),
        {},
        INSIDE.format("CalibratedClassifierCV", "RandomUnderSampler"),
    ),
    (
        CalibratedClassifierCV(FOREST),
        {},
        INSIDE.format("CalibratedClassifierCV", "BalancedRandomForestClassifier"),
    ),
    (FOREST, {}, ITSELF),
    (sklearn_pipeline(StandardScaler(), FOREST), {}, ITSELF),
    (make_pipeline(copier({"a": 1, "b": 0}), PLAIN), {}, CLASSES),
    (_CostlyClassifier(COSTS), {}, OWN_COSTS),
    (undersampled(_CostlyClassifier(COSTS)), {}, OWN_COSTS),
    *(
        (PLAIN, {"resampled_prior": prior}, SHARES.format(prior))
        for prior in (
            [0.5, 0.6],
            [1.0, 0.0],
            [0.2, 0.3, 0.5],
            ["a", "b"],
            [np.nan, 0.5],
        )
    ),
    (PLAIN, {"resampled_prior": {"a": 90, "b": 10}}, SHARES.format([90, 10])),
    (
        PLAIN,
        {"resampled_prior": {"a": 0.5, "c": 0.5}},
        "resampled_prior must have a share for each class. It has shares for "
        "['a', 'c']. Classes in y: ['a', 'b'].",
    ),
    (
        PLAIN,
        {"cost_matrix": [[0, 1, 2], [1, 0, 2], [1, 2, 0]]},
        "A cost matrix must have a row for each truth and a column for each "
        "prediction: shape (2, 2) for the classes ['a', 'b'], in this order. Got "
        "shape (3, 3). A dict {(truth, prediction): cost} or a DataFrame can name "
        "them.",
    ),
]


@pytest.mark.parametrize(("estimator", "params", "message"), WRONG)
def test_what_cannot_be_corrected_is_explained_by_fit(estimator, params, message):
    with pytest.raises(ValueError, match=whole(message)):
        PriorCorrectedClassifier(estimator, **params).fit(*problem())


@pytest.mark.parametrize("estimator", [SEARCH, CALIBRATED])
def test_a_hidden_resampling_is_corrected_from_given_shares(estimator):
    X, y = problem()
    clf = PriorCorrectedClassifier(estimator, resampled_prior="balanced").fit(X, y)
    expected = adapt_prior(
        clf.estimator_.predict_proba(X), [0.5, 0.5], clf.class_prior_
    )
    assert (clf.predict_proba(X) == expected).all()


def test_a_class_that_an_estimator_loses_is_named():
    X, y = problem()
    losing = _Losing()
    with pytest.raises(ValueError, match=whole(CLASSES)):
        PriorCorrectedClassifier(losing).fit(X, y)


class _Losing(GaussianNB):
    """Classifier that learns of the first class only."""

    def fit(self, X, y):
        return super().fit(X[y == "a"], y[y == "a"])


def test_class_weights_with_resampling_are_a_warning():
    message = (
        "Imbalance may count twice: class_weight and resampling each increase the "
        "weight of a rare class, and only the resampling is undone. Use "
        "class_weight=None in LogisticRegression."
    )
    weighted = undersampled(LogisticRegression(class_weight={"a": 1, "b": 9}))
    with pytest.warns(DoubleCountWarning, match=whole(message)) as caught:
        PriorCorrectedClassifier(weighted).fit(*problem())
    assert [warning.filename for warning in caught] == [__file__]


def test_class_weights_that_nothing_undoes_are_warned_of():
    message = (
        "Nothing is corrected: the rows on which LogisticRegression is trained have "
        "the class frequencies of y, and the effect of its class_weight is not undone "
        "here. CostSensitiveMLPClassifier can undo this: use "
        "correct_probabilities=True."
    )
    weighted = LogisticRegression(class_weight="balanced")
    with pytest.warns(ClassWeightWarning, match=whole(message)):
        PriorCorrectedClassifier(weighted).fit(*problem())


@pytest.mark.parametrize(
    "estimator",
    [
        LogisticRegression(class_weight={"a": 2, "b": 2}),
        _Undoing(class_weight="balanced"),
        undersampled(_Undoing(class_weight="balanced")),
        undersampled(),
    ],
    ids=["equal", "undone, no resampling", "undone", "none"],
)
def test_class_weights_that_count_once_are_no_warning(estimator):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        PriorCorrectedClassifier(estimator).fit(*problem())


def test_costs_that_look_swapped_are_warned_of():
    X, y = problem()
    message = (
        f"Missing the rarer class ({(y == 'b').mean():.2%} of the rows) costs less "
        f"than predicting it by mistake. Are rows and columns of cost_matrix swapped? "
        f"Rows "
        f"are truths, columns are predictions."
    )
    with pytest.warns(CostWarning, match=whole(message)):
        PriorCorrectedClassifier(undersampled(), cost_matrix=COSTS.T).fit(X, y)


@parametrize_with_checks(
    [
        PriorCorrectedClassifier(LogisticRegression()),
        PriorCorrectedClassifier(undersampled()),
    ]
)
# The checks raise sklearn's own warnings on purpose (y as a column, for one).
@pytest.mark.filterwarnings("default")
def test_sklearn_check(estimator, check):
    check(estimator)
