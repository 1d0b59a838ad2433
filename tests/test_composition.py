"""The estimator inside scikit-learn's and imbalanced-learn's tools, against by hand."""

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse
import sklearn
from imblearn.ensemble import BalancedBaggingClassifier
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline as make_resampling_pipeline
from matplotlib.figure import Figure
from sklearn.base import clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.ensemble import VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    RocCurveDisplay,
    balanced_accuracy_score,
    log_loss,
    roc_auc_score,
)
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    StratifiedKFold,
    TunedThresholdClassifierCV,
    cross_val_score,
    cross_validate,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from skweighted import ClassWeightSearchCV, CostSensitiveMLPClassifier

N_FEATURES = 5
X, y = make_classification(
    n_samples=100,
    n_features=N_FEATURES,
    n_informative=3,
    weights=[0.8],
    shuffle=False,  # rows sorted by class: a plain KFold has folds of one class
    random_state=0,
)
SAMPLE_WEIGHT = np.random.default_rng(0).uniform(0.5, 3, len(y))
COLUMNS = ["age", "income", "debt", "rent", "children"]

GRID = {
    "mlp__class_weight": [None, "balanced", {0: 1, 1: 50}],
    "mlp__optimizer__momentum": [0.0, 0.9],
}
SMALL_GRID = {"mlp__optimizer__momentum": [0.0, 0.9]}

FRAMES = {
    "pandas": pd.DataFrame(X, columns=COLUMNS),
    "polars": pl.DataFrame(X, schema=COLUMNS),
}
CONTAINERS = {
    "csr array": scipy.sparse.csr_array,
    "csr matrix": scipy.sparse.csr_matrix,
    "csc array": scipy.sparse.csc_array,
    "csc matrix": scipy.sparse.csc_matrix,
    "list": np.ndarray.tolist,
    "Fortran order": np.asfortranarray,
}
_NAMES = np.array(["late", "ok"])[y]  # sorts as 0, 1 do
TARGETS = {
    "strings": _NAMES,
    "objects": _NAMES.astype(object),
    "bools": y == 1,
    "list": _NAMES.tolist(),
    "series": pd.Series(y, index=range(900, 900 + len(y))),
    "categorical": pd.Series(_NAMES, dtype="category"),
    "unsorted categories": pd.Series(pd.Categorical(_NAMES, ["ok", "late"])),
    "nullable integers": pd.Series(y, dtype="Int64"),
    "polars": pl.Series(_NAMES),
}


def mlp(**params):
    """Return an estimator that trains in half a second, in shuffled, uneven batches."""
    small = {"hidden_layer_sizes": (6,), "batch_size": 32, "epochs": 5}
    seeded = {"optimizer": "sgd", "learning_rate": 0.2, "random_state": 0}
    return CostSensitiveMLPClassifier(**small | seeded | params)


def scaled(**params):
    return Pipeline([("scale", StandardScaler()), ("mlp", mlp(**params))])


@pytest.fixture(scope="module")
def fitted():
    return mlp().fit(X, y)


# ------------------------------------------------------------ pipelines and searches


def test_pipeline_equals_scaling_by_hand():
    pipeline = scaled().fit(X, y)
    X_scaled = StandardScaler().fit_transform(X)
    by_hand = mlp().fit(X_scaled, y)
    np.testing.assert_array_equal(
        pipeline.predict_proba(X), by_hand.predict_proba(X_scaled)
    )


@pytest.fixture(scope="module")
def search():
    return GridSearchCV(
        scaled(), GRID, scoring="neg_log_loss", cv=2, error_score="raise"
    ).fit(X, y)


def test_best_estimator_of_a_grid_search_equals_one_fitted_by_hand(search):
    by_hand = scaled().set_params(**search.best_params_).fit(X, y)
    np.testing.assert_array_equal(search.predict_proba(X), by_hand.predict_proba(X))


def test_every_value_of_a_grid_reaches_the_network(search):
    log_losses = search.cv_results_["mean_test_score"]
    assert len(set(log_losses)) == len(log_losses) == 6


def test_cross_validation_stratifies_and_scores_as_by_hand():
    scores = cross_validate(
        scaled(), X, y, cv=5, scoring="roc_auc", error_score="raise"
    )["test_score"]
    by_hand = []
    for train, test in StratifiedKFold(5).split(X, y):
        proba = scaled().fit(X[train], y[train]).predict_proba(X[test])
        by_hand.append(roc_auc_score(y[test], proba[:, 1]))
    np.testing.assert_array_equal(scores, by_hand)


def test_three_classes_in_float32_score_as_by_hand():
    X32, three = X.astype(np.float32), np.arange(len(y)) % 3
    scoring = {"auc": "roc_auc_ovr", "log_loss": "neg_log_loss"}
    scores = cross_validate(mlp(), X32, three, cv=2, scoring=scoring)
    for fold, (train, test) in enumerate(StratifiedKFold(2).split(X32, three)):
        proba = mlp().fit(X32[train], three[train]).predict_proba(X32[test])
        assert proba.dtype == np.float32
        # log_loss warns, which is an error here, unless rows add up to 1.
        assert scores["test_log_loss"][fold] == -log_loss(three[test], proba)
        assert scores["test_auc"][fold] == roc_auc_score(
            three[test], proba, multi_class="ovr"
        )


def test_it_is_a_classifier_alone_and_in_a_pipeline():
    assert is_classifier(mlp())
    assert is_classifier(scaled())


# Equal to the bit, since a network this small is computed in one thread anyhow. In
# wide ones (200 units) joblib's limit of threads for its processes changes the order
# of sums, and scores by 1e-16.
@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_two_jobs_score_as_one(backend):
    alone = cross_val_score(scaled(), X, y, cv=3, scoring="neg_log_loss")
    with joblib.parallel_config(backend):
        together = cross_val_score(
            scaled(), X, y, cv=3, scoring="neg_log_loss", n_jobs=2
        )
    np.testing.assert_array_equal(together, alone)


@pytest.mark.parametrize("backend", ["loky", "threading"])
@pytest.mark.parametrize("kind", ["ensemble", "search"])
def test_networks_that_train_together_score_in_two_jobs_as_in_one(backend, kind):
    model = scaled(n_networks=3, ensemble="folds", early_stopping=True, dropout=0.1)
    if kind == "search":
        model = ClassWeightSearchCV(scaled(), SMALL_GRID, cv=2, scoring="roc_auc")
    alone = cross_val_score(model, X, y, cv=3, scoring="neg_log_loss")
    with joblib.parallel_config(backend):
        together = cross_val_score(model, X, y, cv=3, scoring="neg_log_loss", n_jobs=2)
    np.testing.assert_array_equal(together, alone)


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_grid_search_in_two_jobs_equals_one_in_one(backend):
    alone, together = (
        GridSearchCV(
            scaled(dropout=0.2), SMALL_GRID, cv=2, scoring="neg_log_loss", n_jobs=n_jobs
        )
        for n_jobs in (1, 2)
    )
    alone.fit(X, y)
    with joblib.parallel_config(backend):
        together.fit(X, y)
    for fold in ("split0_test_score", "split1_test_score"):
        np.testing.assert_array_equal(
            together.cv_results_[fold], alone.cv_results_[fold]
        )
    np.testing.assert_array_equal(together.predict_proba(X), alone.predict_proba(X))


def test_estimators_come_back_whole_from_worker_processes():
    with joblib.parallel_config("loky"):
        folds = cross_validate(
            scaled(), X, y, cv=2, n_jobs=2, return_estimator=True, return_indices=True
        )
    for pipeline, train in zip(
        folds["estimator"], folds["indices"]["train"], strict=True
    ):
        by_hand = scaled().fit(X[train], y[train])
        np.testing.assert_array_equal(
            pipeline.predict_proba(X), by_hand.predict_proba(X)
        )


# ---------------------------------------------------------------------- resampling


def test_smote_pipeline_equals_fitting_on_resampled_rows():
    pipeline = make_resampling_pipeline(SMOTE(random_state=0), mlp()).fit(X, y)
    by_hand = mlp().fit(*SMOTE(random_state=0).fit_resample(X, y))
    np.testing.assert_array_equal(pipeline.predict_proba(X), by_hand.predict_proba(X))


@pytest.fixture(scope="module")
def bagging():
    return BalancedBaggingClassifier(
        mlp(class_weight="balanced"), n_estimators=2, random_state=0
    ).fit(X, y)


def test_balanced_bagging_predicts_the_mean_of_its_members(bagging):
    members = [member.predict_proba(X) for member in bagging.estimators_]
    assert not np.array_equal(*members)
    # The mean is rounded in another order here, of numbers below 1.
    np.testing.assert_allclose(
        bagging.predict_proba(X), np.mean(members, axis=0), rtol=0, atol=1e-15
    )


def test_balanced_bagging_shows_every_member_balanced_classes(bagging):
    for member in bagging.estimators_:
        assert member[-1].class_weight_ == {0: 1, 1: 1}


# -------------------------------------------------- thresholds, calibration, ensembles


def test_fixed_threshold_equals_comparing_the_probability(fitted):
    positive = fitted.predict_proba(X)[:, 1]
    threshold = np.median(positive)
    by_threshold = FixedThresholdClassifier(
        FrozenEstimator(fitted), threshold=threshold
    ).fit(X, y)
    np.testing.assert_array_equal(by_threshold.predict(X), positive >= threshold)


def test_predictions_are_those_of_a_threshold_of_one_half():
    balanced = mlp(class_weight="balanced", epochs=20).fit(X, y)
    half = FixedThresholdClassifier(FrozenEstimator(balanced), threshold=0.5).fit(X, y)
    np.testing.assert_array_equal(balanced.predict(X), half.predict(X))
    assert set(balanced.predict(X)) == {0, 1}


def test_tuned_threshold_refits_and_compares_as_by_hand(fitted):
    tuned = TunedThresholdClassifierCV(mlp(), cv=2).fit(X, y)
    positive = fitted.predict_proba(X)[:, 1]
    np.testing.assert_array_equal(tuned.predict_proba(X)[:, 1], positive)
    np.testing.assert_array_equal(tuned.predict(X), positive >= tuned.best_threshold_)


def test_no_threshold_beats_the_tuned_one_on_its_own_rows(fitted):
    positive = fitted.predict_proba(X)[:, 1]
    tuned = TunedThresholdClassifierCV(
        fitted, cv="prefit", refit=False, thresholds=np.unique(positive)
    ).fit(X, y)
    assert tuned.best_score_ == max(
        balanced_accuracy_score(y, positive >= threshold) for threshold in positive
    )


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_calibration_keeps_the_order_of_a_fitted_network(fitted, method):
    calibrated = CalibratedClassifierCV(FrozenEstimator(fitted), method=method)
    positive = calibrated.fit(X, y).predict_proba(X)[:, 1]
    ascending = np.argsort(fitted.predict_proba(X)[:, 1])
    assert np.all(np.diff(positive[ascending]) >= 0)
    assert positive.min() < positive.max()


def test_calibration_trains_a_network_on_each_fold():
    calibrated = CalibratedClassifierCV(mlp(), cv=2).fit(X, y)
    folds = StratifiedKFold(2).split(X, y)
    for member, (train, _) in zip(
        calibrated.calibrated_classifiers_, folds, strict=True
    ):
        by_hand = mlp().fit(X[train], y[train])
        np.testing.assert_array_equal(
            member.estimator.predict_proba(X), by_hand.predict_proba(X)
        )


def test_soft_vote_is_the_mean_of_its_members(fitted):
    linear = LogisticRegression().fit(X, y)
    vote = VotingClassifier([("mlp", mlp()), ("linear", linear)], voting="soft")
    mean = (fitted.predict_proba(X) + linear.predict_proba(X)) / 2
    # One rounding of the mean, of a number below 1.
    np.testing.assert_allclose(
        vote.fit(X, y).predict_proba(X), mean, rtol=0, atol=1e-15
    )


# ---------------------------------------------------------------------- inspection


def test_only_features_that_vary_have_permutation_importance():
    X_constant = X.copy()
    X_constant[:, 2] = 1.5
    classifier = mlp(epochs=10).fit(X_constant, y)
    result = permutation_importance(
        classifier, X_constant, y, scoring="neg_log_loss", n_repeats=2, random_state=0
    )
    np.testing.assert_array_equal(
        result.importances_mean == 0, np.arange(N_FEATURES) == 2
    )


def test_roc_curve_display_shows_the_auc_of_the_probabilities(fitted):
    display = RocCurveDisplay.from_estimator(fitted, X, y, ax=Figure().subplots())
    auc = roc_auc_score(y, fitted.predict_proba(X)[:, 1])
    # Trapezoids are added up in two ways: a few roundings of numbers below 1.
    assert display.roc_auc == pytest.approx(auc, abs=1e-14)


@pytest.mark.parametrize("estimator", [mlp(), scaled()], ids=["alone", "pipeline"])
def test_html_repr_shows_set_and_routed_parameters(estimator):
    name = "optimizer__momentum"
    prefix = "mlp__" if isinstance(estimator, Pipeline) else ""
    html = clone(estimator).set_params(**{prefix + name: 0.625})._repr_html_()
    for shown in ("CostSensitiveMLPClassifier", "hidden_layer_sizes", name, "0.625"):
        assert shown in html


def test_html_repr_tells_fitted_from_not_fitted(fitted):
    assert "<span>Fitted</span>" in fitted._repr_html_()
    assert "<span>Not fitted</span>" in mlp()._repr_html_()


# ---------------------------------------------------------------- metadata routing


def routed_pipeline():
    return Pipeline(
        [
            ("scale", StandardScaler().set_fit_request(sample_weight=False)),
            (
                "mlp",
                mlp()
                .set_fit_request(sample_weight=True)
                .set_score_request(sample_weight=True),
            ),
        ]
    )


def test_sample_weight_by_step_name_equals_passed_directly():
    X_scaled = StandardScaler().fit_transform(X)
    by_hand = mlp().fit(X_scaled, y, sample_weight=SAMPLE_WEIGHT)
    pipeline = scaled().fit(X, y, mlp__sample_weight=SAMPLE_WEIGHT)
    np.testing.assert_array_equal(
        pipeline.predict_proba(X), by_hand.predict_proba(X_scaled)
    )


def test_routed_sample_weight_equals_passed_directly():
    by_hand = scaled().fit(X, y, mlp__sample_weight=SAMPLE_WEIGHT)
    with sklearn.config_context(enable_metadata_routing=True):
        pipeline = routed_pipeline().fit(X, y, sample_weight=SAMPLE_WEIGHT)
    np.testing.assert_array_equal(pipeline.predict_proba(X), by_hand.predict_proba(X))
    assert not np.array_equal(
        pipeline.predict_proba(X), scaled().fit(X, y).predict_proba(X)
    )


def test_sample_weight_routed_through_cross_validation_equals_by_hand():
    with sklearn.config_context(enable_metadata_routing=True):
        scores = cross_validate(
            routed_pipeline(), X, y, cv=2, params={"sample_weight": SAMPLE_WEIGHT}
        )["test_score"]
    by_hand = []
    for train, test in StratifiedKFold(2).split(X, y):
        pipeline = scaled().fit(
            X[train], y[train], mlp__sample_weight=SAMPLE_WEIGHT[train]
        )
        by_hand.append(pipeline.score(X[test], y[test], SAMPLE_WEIGHT[test]))
    np.testing.assert_array_equal(scores, by_hand)


# ---------------------------------------------------------------------- parameters


def test_clone_keeps_routed_parameters_and_requests_and_forgets_the_fit():
    original = mlp(optimizer__momentum=0.9, loss__label_smoothing=0.1, epochs=1)
    with sklearn.config_context(enable_metadata_routing=True):
        copy = clone(original.set_fit_request(sample_weight=True).fit(X, y))
    assert copy.get_params() == original.get_params()
    assert copy.get_params()["optimizer__momentum"] == 0.9
    assert copy.get_metadata_routing().fit.requests["sample_weight"] is True
    assert not hasattr(copy, "model_")


def test_clones_train_alike(fitted):
    refitted = clone(fitted).fit(X, y)
    np.testing.assert_array_equal(refitted.predict_proba(X), fitted.predict_proba(X))


def test_routed_parameter_set_through_a_pipeline_equals_given_to_the_constructor():
    through = scaled().set_params(mlp__optimizer__momentum=0.9)
    assert through.get_params()["mlp__optimizer__momentum"] == 0.9
    constructed = scaled(optimizer__momentum=0.9)
    np.testing.assert_array_equal(
        through.fit(X, y).predict_proba(X), constructed.fit(X, y).predict_proba(X)
    )


def test_misspelt_name_is_the_same_error_through_a_pipeline():
    with pytest.raises(ValueError, match="Did you mean 'optimizer__mom") as direct:
        mlp().set_params(optimiser__momentum=0.9)
    with pytest.raises(ValueError, match="no parameter") as through:
        scaled().set_params(mlp__optimiser__momentum=0.9)
    assert str(through.value) == str(direct.value)


# --------------------------------------------------------------------- kinds of data


@pytest.mark.parametrize("kind", FRAMES)
def test_frame_equals_its_array_and_its_names_are_kept(fitted, kind):
    from_frame = mlp().fit(FRAMES[kind], y)
    assert from_frame.feature_names_in_.tolist() == COLUMNS
    np.testing.assert_array_equal(
        from_frame.predict_proba(FRAMES[kind]), fitted.predict_proba(X)
    )


@pytest.mark.parametrize("kind", FRAMES)
def test_reordered_columns_are_the_same_error_as_in_sklearn(kind):
    reordered = FRAMES[kind][COLUMNS[::-1]]
    messages = []
    for estimator in (mlp(epochs=1), LogisticRegression()):
        with pytest.raises(ValueError, match="same order") as error:
            estimator.fit(FRAMES[kind], y).predict(reordered)
        messages.append(str(error.value))
    assert messages[0] == messages[1]


def test_set_output_of_a_pipeline_gives_the_network_names_and_the_same_numbers():
    plain, named = scaled(), scaled().set_output(transform="pandas")
    np.testing.assert_array_equal(
        named.fit(FRAMES["pandas"], y).predict_proba(FRAMES["pandas"]),
        plain.fit(FRAMES["pandas"], y).predict_proba(FRAMES["pandas"]),
    )
    assert named[-1].feature_names_in_.tolist() == COLUMNS
    assert not hasattr(named[-1], "set_output")


@pytest.mark.parametrize("kind", CONTAINERS)
def test_container_of_X_does_not_change_the_network(fitted, kind):
    X_contained = CONTAINERS[kind](X)
    proba = mlp().fit(X_contained, y).predict_proba(X_contained)
    # No tolerance: batches are made dense before the network sees them.
    np.testing.assert_array_equal(proba, fitted.predict_proba(X))


def test_explicit_zeros_and_duplicates_of_sparse_X_mean_what_they_mean_dense():
    rows, columns = np.indices((len(y), N_FEATURES)).reshape(2, -1)
    halves = np.tile(X.ravel() * (np.abs(X.ravel()) > 0.3) / 2, 2)
    sparse = scipy.sparse.coo_array(
        (halves, (np.tile(rows, 2), np.tile(columns, 2))), shape=X.shape
    )
    dense = sparse.toarray()
    np.testing.assert_array_equal(
        mlp().fit(sparse, y).predict_proba(sparse),
        mlp().fit(dense, y).predict_proba(dense),
    )


@pytest.mark.parametrize("kind", TARGETS)
def test_names_of_the_classes_change_only_the_names_of_the_predictions(fitted, kind):
    renamed = mlp().fit(X, TARGETS[kind])
    np.testing.assert_array_equal(renamed.predict_proba(X), fitted.predict_proba(X))
    expected = np.unique(np.asarray(TARGETS[kind]))[fitted.predict(X)]
    np.testing.assert_array_equal(renamed.predict(X), expected)
    assert renamed.score(X, TARGETS[kind]) == fitted.score(X, y)
