"""What is saved, copied or sent to another process goes on as if it had stayed."""

import copy
import os
import pickle
import subprocess
import sys

import joblib
import keras
import numpy as np
import pytest
import skops.io
import tensorflow as tf
from sklearn.datasets import make_classification
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skweighted
from skweighted import (
    ClassWeightSearchCV,
    CostSensitiveMLPClassifier,
    CostSensitiveTabularClassifier,
    PriorCorrectedClassifier,
)
from skweighted.metrics import make_cost_scorer

X, y = make_classification(
    n_samples=90, n_features=5, n_informative=3, weights=[0.8], random_state=0
)
THREE = np.array(["fraud", "late", "ok"])[np.arange(len(y)) % 3]
SAMPLE_WEIGHT = np.random.default_rng(0).uniform(0.5, 3, len(y))


def through_pickle(estimator, folder):
    return pickle.loads(pickle.dumps(estimator))


def through_joblib(estimator, folder):
    joblib.dump(estimator, folder / "estimator.joblib")
    return joblib.load(folder / "estimator.joblib")


def through_compressed_joblib(estimator, folder):
    joblib.dump(estimator, folder / "estimator.joblib.gz", compress=3)
    return joblib.load(folder / "estimator.joblib.gz")


def through_memory_map(estimator, folder):
    joblib.dump(estimator, folder / "estimator.joblib")
    return joblib.load(folder / "estimator.joblib", mmap_mode="r")


def through_deepcopy(estimator, folder):
    return copy.deepcopy(estimator)


def through_skops(estimator, folder):
    skops.io.dump(estimator, folder / "estimator.skops")
    trusted = skweighted.TRUSTED_TYPES
    return skops.io.load(folder / "estimator.skops", trusted=trusted)


ROUND_TRIPS = [
    through_pickle,
    through_joblib,
    through_compressed_joblib,
    through_memory_map,
    through_deepcopy,
    through_skops,
]

# Parameters, precision of X and labels.
CASES = {
    "adam": ({"optimizer": "adam"}, np.float64, y),
    "float32": ({"optimizer": "adam"}, np.float32, y),
    "three classes": ({"class_weight": "balanced"}, np.float64, THREE),
    "float32 in float64": ({"dtype": "float64"}, np.float32, y),
    "momentum": ({"optimizer__momentum": 0.9}, np.float64, y),
    "smoothing": ({"loss__label_smoothing": 0.1}, np.float32, THREE),
    "no penalty": ({"alpha": 0.0, "class_weight": {0: 1, 1: 9}}, np.float64, y),
    "metric": ({"metrics": ["AUC"], "normalize_weights": False}, np.float64, y),
    "dropout": ({"dropout": 0.3}, np.float64, y),
}


def fit_case(name, **more):
    """Return X, y and a network that took four steps in each of three epochs."""
    params, dtype, labels = CASES[name]
    small = {"hidden_layer_sizes": (6,), "batch_size": 25, "epochs": 3}
    seeded = {"optimizer": "sgd", "learning_rate": 0.05, "random_state": 0}
    classifier = CostSensitiveMLPClassifier(**small | seeded | params | more)
    return X.astype(dtype), labels, classifier.fit(X.astype(dtype), labels)


@pytest.fixture(scope="module", params=CASES)
def fitted(request):
    """X and a fitted network, which tests must not train."""
    X_case, _, classifier = fit_case(request.param)
    return X_case, classifier


@pytest.fixture(scope="module")
def pipeline():
    classifier = CostSensitiveMLPClassifier(
        (6,), optimizer="sgd", epochs=2, random_state=0
    )
    return make_pipeline(StandardScaler(), classifier).fit(X, y)


@pytest.mark.parametrize("through", ROUND_TRIPS)
def test_probabilities_are_the_same_to_the_bit(fitted, through, tmp_path):
    X_case, classifier = fitted
    returned = through(classifier, tmp_path)
    proba = returned.predict_proba(X_case)
    np.testing.assert_array_equal(proba, classifier.predict_proba(X_case))
    assert proba.dtype == classifier.predict_proba(X_case).dtype
    assert returned.model_ is not classifier.model_


@pytest.mark.parametrize("through", ROUND_TRIPS)
def test_fitted_attributes_come_back(fitted, through, tmp_path):
    X_case, classifier = fitted
    returned = through(classifier, tmp_path)
    np.testing.assert_array_equal(returned.classes_, classifier.classes_)
    np.testing.assert_array_equal(returned.predict(X_case), classifier.predict(X_case))
    for name in ("class_weight_", "history_", "loss_curve_", "n_iter_"):
        assert getattr(returned, name) == getattr(classifier, name)
    assert returned.get_params() == classifier.get_params()


SCORINGS = [
    None,
    make_cost_scorer({(0, 1): 1, (1, 0): 5}),
    [
        *("accuracy", "average_precision", "balanced_accuracy"),
        *("f1", "neg_log_loss", "roc_auc"),
    ],
]


def fitted_search(scoring):
    """Return a fitted search of a pipeline."""
    classifier = CostSensitiveMLPClassifier((6,), epochs=1, random_state=0)
    refit = "f1" if isinstance(scoring, list) else True
    return ClassWeightSearchCV(
        make_pipeline(StandardScaler(), classifier),
        {"costsensitivemlpclassifier__class_weight": [None, "balanced", {0: 1, 1: 3}]},
        scoring=scoring,
        refit=refit,
        cv=2,
    ).fit(X, y)


def test_skops_trusts_no_more_types_than_it_must(tmp_path):
    multilabel = np.stack([y, np.ones_like(y)], axis=1)
    types = set()
    for labels in (y, multilabel):
        classifier = CostSensitiveMLPClassifier((6,), epochs=1).fit(X, labels)
        data = skops.io.dumps(PriorCorrectedClassifier(classifier))
        types |= set(skops.io.get_untrusted_types(data=data))
        types |= set(skops.io.get_untrusted_types(data=skops.io.dumps(classifier)))
        tabular = CostSensitiveTabularClassifier((6,), epochs=1, n_networks=2)
        data = skops.io.dumps(tabular.fit(X, labels))
        types |= set(skops.io.get_untrusted_types(data=data))
    classifier.set_params(input_scaling="robust", n_members=2)
    classifier.set_params(numeric_embedding="periodic")
    data = skops.io.dumps(classifier.fit(X, y))
    types |= set(skops.io.get_untrusted_types(data=data))
    for scoring in SCORINGS:
        data = skops.io.dumps(fitted_search(scoring))
        types |= set(skops.io.get_untrusted_types(data=data))
    assert sorted(types) == skweighted.TRUSTED_TYPES


@pytest.mark.parametrize("scoring", SCORINGS, ids=["passed through", "cost", "names"])
def test_skops_saves_and_loads_a_search(scoring, tmp_path):
    search = fitted_search(scoring)
    returned = through_skops(search, tmp_path)
    np.testing.assert_array_equal(returned.predict_proba(X), search.predict_proba(X))
    assert returned.best_params_ == search.best_params_
    assert returned.cv_results_.keys() == search.cv_results_.keys()
    for key, values in search.cv_results_.items():
        np.testing.assert_array_equal(returned.cv_results_[key], values)
    assert returned.score(X, y) == search.score(X, y)


def test_the_model_can_be_exported_and_summarized_at_once(tmp_path):
    classifier = CostSensitiveMLPClassifier((6,), epochs=1, dropout=0.1).fit(X, y)
    lines = []
    classifier.model_.summary(print_fn=lines.append)
    assert "Trainable params: 43" in "\n".join(lines)
    classifier.model_.export(tmp_path / "model", verbose=False)
    loaded = tf.saved_model.load(tmp_path / "model")
    # The same operations on the same weights; XLA may fuse them differently.
    np.testing.assert_allclose(
        loaded.serve(X)[:, 0], classifier.predict_proba(X)[:, 1], rtol=1e-12
    )


@pytest.mark.parametrize("case", CASES)
def test_training_continues_after_unpickling_as_without(case, tmp_path):
    X_case, labels, stayed = fit_case(case)
    returned = through_pickle(stayed, tmp_path)
    for _ in range(2):
        stayed.partial_fit(X_case, labels, sample_weight=SAMPLE_WEIGHT)
        returned.partial_fit(X_case, labels, sample_weight=SAMPLE_WEIGHT)
    np.testing.assert_array_equal(
        returned.predict_proba(X_case), stayed.predict_proba(X_case)
    )
    assert returned.history_ == stayed.history_


@pytest.mark.parametrize("through", [through_pickle, through_deepcopy])
def test_warm_start_continues_after_a_round_trip_as_without(through, tmp_path):
    X_case, labels, stayed = fit_case("momentum", warm_start=True)
    returned = through(stayed, tmp_path)
    np.testing.assert_array_equal(
        returned.fit(X_case, labels).predict_proba(X_case),
        stayed.fit(X_case, labels).predict_proba(X_case),
    )


@pytest.mark.parametrize("through", [through_pickle, through_deepcopy])
def test_a_copy_and_its_training_leave_the_original_alone(through, tmp_path):
    X_case, labels, alone = fit_case("dropout")
    _, _, copied = fit_case("dropout")
    through(copied, tmp_path).partial_fit(X_case, labels)
    np.testing.assert_array_equal(
        copied.predict_proba(X_case), alone.predict_proba(X_case)
    )
    alone.partial_fit(X_case, labels)
    copied.partial_fit(X_case, labels)
    np.testing.assert_array_equal(
        copied.predict_proba(X_case), alone.predict_proba(X_case)
    )


@pytest.mark.parametrize("through", ROUND_TRIPS)
def test_what_the_user_made_of_the_model_comes_back(through, tmp_path):
    X_case, labels, classifier = fit_case("adam")
    before = classifier.predict_proba(X_case)
    classifier.model_.fit(X_case, labels, epochs=2, verbose=0)
    returned = through(classifier, tmp_path)
    np.testing.assert_array_equal(
        returned.predict_proba(X_case), classifier.predict_proba(X_case)
    )
    assert np.abs(returned.predict_proba(X_case) - before).max() > 1e-3


@pytest.mark.parametrize("engine", ["xla", "keras"])
def test_the_optimizer_of_the_model_is_that_of_the_training(engine, tmp_path):
    _, _, classifier = fit_case("adam", engine=engine)
    returned = through_pickle(classifier, tmp_path)
    for model in (classifier.model_, returned.model_):
        # Three epochs of four steps; then the state of Adam, which is not zero.
        steps, _, *moments = (v.numpy() for v in model.optimizer.variables)
        assert steps == 12
        assert all(np.abs(moment).max() > 0 for moment in moments)


def test_estimator_that_is_not_fitted_keeps_its_parameters(tmp_path):
    unfitted = CostSensitiveMLPClassifier((3,), optimizer__beta_1=0.8, epochs=7)
    for through in ROUND_TRIPS:
        returned = through(unfitted, tmp_path)
        assert returned.get_params() == unfitted.get_params()
        assert not returned.__sklearn_is_fitted__()


# Loads what the test saved, checks it, trains on, and saves the new probabilities.
FRESH_PROCESS = """
import joblib, numpy, sys
for estimator, X, _, proba in joblib.load(sys.argv[1]):
    numpy.testing.assert_array_equal(estimator.predict_proba(X), proba)
trained = [
    estimator.partial_fit(X, y).predict_proba(X)
    for estimator, X, y, _ in joblib.load(sys.argv[1])
    if hasattr(estimator, "partial_fit")
]
joblib.dump(trained, sys.argv[2])
"""


def test_fresh_process_predicts_the_same_bits_and_trains_on(pipeline, tmp_path):
    cases = [fit_case(name) for name in ("adam", "float32", "three classes")]
    joblib.dump(
        [
            (estimator, X_case, labels, estimator.predict_proba(X_case))
            for X_case, labels, estimator in [*cases, (X, y, pipeline)]
        ],
        tmp_path / "saved",
    )
    run_in_a_fresh_process(FRESH_PROCESS, tmp_path / "saved", tmp_path / "trained")
    for (X_case, labels, stayed), trained in zip(
        cases, joblib.load(tmp_path / "trained"), strict=True
    ):
        stayed.partial_fit(X_case, labels)
        np.testing.assert_array_equal(trained, stayed.predict_proba(X_case))


def run_in_a_fresh_process(code, *arguments):
    """Run code that finds the modules this process finds; its errors are errors."""
    subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )


@pytest.mark.parametrize("through", ROUND_TRIPS)
def test_pipeline_predicts_the_same_bits_after_a_round_trip(
    pipeline, through, tmp_path
):
    returned = through(pipeline, tmp_path)
    np.testing.assert_array_equal(returned.predict_proba(X), pipeline.predict_proba(X))


def test_a_model_saved_by_keras_predicts_as_the_estimator(fitted, tmp_path):
    X_case, classifier = fitted
    classifier.model_.save(tmp_path / "network.keras")
    loaded = keras.models.load_model(tmp_path / "network.keras")
    proba = classifier.predict_proba(X_case)
    output = keras.ops.convert_to_numpy(loaded(X_case.astype(proba.dtype)))
    if output.shape[1] == 1:
        proba = proba[:, 1:]
    # The engine adds biases to a stack of networks, so rounding may differ by a few
    # units in the last place.
    tolerance = 8 * np.finfo(proba.dtype).eps
    np.testing.assert_allclose(output, proba, rtol=tolerance, atol=tolerance)
