"""Work that joblib sends to a Dask cluster, a real one on this machine."""

import joblib
import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skweighted import ClassWeightSearchCV, CostSensitiveMLPClassifier

distributed = pytest.importorskip("distributed")

X, y = make_classification(n_samples=120, weights=[0.8], random_state=0)


def scaled(**params):
    clf = CostSensitiveMLPClassifier((5,), epochs=3, random_state=0, **params)
    return make_pipeline(StandardScaler(), clf)


@pytest.fixture(scope="module", autouse=True)
def cluster():
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


# Equal to the bit for the reason given in test_composition.
@pytest.mark.parametrize("kind", ["network", "ensemble", "search"])
def test_folds_on_a_cluster_score_as_here(cluster, kind):
    model = scaled(n_networks=3 if kind == "ensemble" else 1)
    if kind == "search":
        model = ClassWeightSearchCV(scaled(), "path", cv=2)
    here = cross_val_score(model, X, y, cv=3, scoring="neg_log_loss")
    with joblib.parallel_config("dask"):
        there = cross_val_score(model, X, y, cv=3, scoring="neg_log_loss", n_jobs=2)
    np.testing.assert_array_equal(there, here)
    loaded = "'skweighted._estimator._classifier' in __import__('sys').modules"
    assert any(cluster.run(eval, loaded).values())  # it was trained over there


def test_a_search_on_a_cluster_finds_what_is_found_here():
    grid = {
        "costsensitivemlpclassifier__class_weight": [None, "balanced", {0: 1, 1: 9}]
    }
    here, there = (
        GridSearchCV(scaled(), grid, cv=2, scoring="neg_log_loss", n_jobs=n_jobs)
        for n_jobs in (1, 2)
    )
    here.fit(X, y)
    with joblib.parallel_config("dask"):
        there.fit(X, y)
    np.testing.assert_array_equal(
        there.cv_results_["mean_test_score"], here.cv_results_["mean_test_score"]
    )
    np.testing.assert_array_equal(there.predict_proba(X), here.predict_proba(X))


def test_a_fitted_network_answers_on_a_cluster_as_here(cluster):
    fitted = scaled().fit(X, y)
    there = cluster.submit(fitted.predict_proba, X).result()
    np.testing.assert_array_equal(there, fitted.predict_proba(X))
