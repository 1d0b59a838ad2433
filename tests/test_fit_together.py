"""`fit_together`: the networks of separate fits."""

import keras
import numpy as np
import pytest
from imblearn.pipeline import make_pipeline
from imblearn.under_sampling import RandomUnderSampler
from messages import whole
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import make_scorer
from sklearn.preprocessing import StandardScaler

from skweighted import CostSensitiveMLPClassifier, fit_together
from skweighted._engine import _loop
from skweighted._search import _queue

X, y = make_classification(300, 5, weights=[0.8], flip_y=0.1, random_state=0)
HALF = np.arange(0, len(y), 2)
WEIGHT = np.random.default_rng(0).uniform(0.5, 2, len(y))

# A program for one network and a program for several are compiled by XLA each in its
# own way, so sums are rounded differently.
CLOSE = {"rtol": 0, "atol": 1e-6}


def classifier(**params):
    defaults = {"epochs": 4, "random_state": 0}
    return CostSensitiveMLPClassifier((4,), **(defaults | params))


def fits():
    """Return all kinds of fits: data of two sizes, steps, samplers, weights."""
    scaled = make_pipeline(StandardScaler(), classifier(class_weight="balanced"))
    sampled = make_pipeline(RandomUnderSampler(random_state=0), classifier())
    name = "costsensitivemlpclassifier__sample_weight"
    return [
        (classifier(), X, y),
        (classifier(random_state=1), X, y, {"sample_weight": WEIGHT}),
        (classifier(loss="focal"), X[HALF], y[HALF]),
        (scaled, X, y),
        (clone(scaled), X, y, {name: WEIGHT}),
        (sampled, X, y),
        (classifier(n_networks=3, ensemble="folds", threshold="f1"), X, y),
        (classifier(early_stopping=True), X, np.where(y == 1, "fraud", "ok")),
        (LogisticRegression(), X, y),
        (classifier(engine="keras", epochs=1), X, y),
    ]


def test_all_kinds_of_estimators_are_fitted_as_if_alone():
    together = fit_together(fits())
    for fitted, (estimator, features, labels, *params) in zip(
        together, fits(), strict=True
    ):
        alone = estimator.fit(features, labels, **dict(*params))
        np.testing.assert_allclose(
            fitted.predict_proba(X), alone.predict_proba(X), **CLOSE
        )
        assert set(vars(fitted)) == set(vars(alone))


def test_estimators_are_fitted_in_place():
    given = [classifier(random_state=seed) for seed in range(3)]
    fitted = fit_together((one, X, y) for one in given)
    assert all(one is other for one, other in zip(given, fitted, strict=True))


@pytest.mark.parametrize(("most", "n_programs"), [(64, 1), (2, 2)])
def test_a_program_has_so_many_networks_at_most(monkeypatch, most, n_programs):
    seen = []
    monkeypatch.setattr(_queue, "MOST_NETWORKS", most)
    train = _loop.train
    monkeypatch.setattr(
        "skweighted._estimator._together.train",
        lambda network, spec, runs, *rest, **more: (
            seen.append(len(runs)) or train(network, spec, runs, *rest, **more)
        ),
    )
    fit_together((classifier(random_state=seed), X, y) for seed in range(4))
    assert seen == [4 // n_programs] * n_programs


def test_an_error_is_raised_or_returned_and_the_others_are_fitted():
    def some():
        return [
            (classifier(), X, y),
            (classifier(learning_rate=1e30, optimizer="sgd"), X * 1e6, y),
            (classifier(alpha=-1), X, y),
            (LogisticRegression(C=-1), X, y),
        ]

    fitted, diverged, refused, other = fit_together(some(), on_error="return")
    alone = classifier().fit(X, y)
    np.testing.assert_allclose(fitted.predict_proba(X), alone.predict_proba(X), **CLOSE)
    assert [type(error).__name__ for error in (diverged, refused, other)] == [
        "TrainingDivergedError",
        "InvalidParameterError",
        "InvalidParameterError",
    ]
    with pytest.raises(ValueError, match="alpha"):
        fit_together(some())


def test_an_error_after_training_is_that_of_one_fit():
    def failing(y_true, y_pred):
        raise RuntimeError("no score")

    params = dict(n_networks=2, ensemble="folds")
    fits = [
        (classifier(threshold=make_scorer(failing), **params), X, y),
        (classifier(**params), X, y),
    ]
    error, fitted = fit_together(fits, on_error="return")
    assert str(error) == "no score"
    assert fitted.predict_proba(X).shape == (len(y), 2)
    assert not hasattr(fits[0][0], "n_features_in_")


def test_an_interrupt_ends_networks_that_are_trained_one_by_one():
    calls = iter(range(1000))

    def failing(estimator, X, y):
        number = next(calls)
        if number == 1:
            raise ValueError("together, the second network has no score")
        if number == 6:
            raise KeyboardInterrupt
        return 1.0

    some = [
        classifier(early_stopping=True, monitor=failing, random_state=seed)
        for seed in range(3)
    ]
    with pytest.raises(KeyboardInterrupt):
        fit_together([(one, X, y) for one in some])
    assert next(calls) == 7
    assert not any(hasattr(one, "n_features_in_") for one in some)


def test_an_interrupted_fit_of_its_own_keeps_its_weights():
    class PressesControlC(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise KeyboardInterrupt

    alone = classifier(callbacks=PressesControlC())
    with pytest.raises(KeyboardInterrupt, match="after 2 of 4 epochs"):
        fit_together([(alone, X, y)])
    assert alone.predict_proba(X).shape == (len(y), 2)
    assert alone.n_features_in_ == X.shape[1]


def test_a_pipeline_is_whole_after_an_error():
    pipeline = make_pipeline(StandardScaler(), classifier())
    before = pipeline.steps[-1]
    [error] = fit_together([(pipeline, X[:, :0], y)], on_error="return")
    assert isinstance(error, ValueError)
    assert pipeline.steps[-1] == before


def test_each_fit_has_its_own_estimator():
    one = classifier()
    message = (
        "Each fit needs its own estimator. That of fit 1 occurs twice. Use "
        "sklearn.base.clone."
    )
    with pytest.raises(ValueError, match=whole(message)):
        fit_together([(one, X, y), (one, X, y)])


def test_what_happens_on_an_error_is_named():
    message = "on_error must be 'raise' or 'return'. Got 'ignore'."
    with pytest.raises(ValueError, match=whole(message)):
        fit_together([], on_error="ignore")


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ((LogisticRegression(), X), "a tuple of 2"),
        (LogisticRegression(), "of type LogisticRegression"),
    ],
)
def test_a_fit_is_a_tuple_of_estimator_and_data(given, name):
    message = (
        f"Each fit must be (estimator, X, y) or (estimator, X, y, params). Fit 0 is "
        f"{name}."
    )
    with pytest.raises(TypeError, match=whole(message)):
        fit_together([given])


def test_a_failed_fit_leaves_an_estimator_as_it_was():
    fitted = classifier().fit(X, y)
    before = fitted.predict_proba(X)
    [error] = fit_together(
        [(fitted.set_params(learning_rate=1e30, optimizer="sgd"), X[:, :3] * 1e6, y)],
        on_error="return",
    )
    assert isinstance(error, Exception)
    np.testing.assert_array_equal(fitted.predict_proba(X), before)


def test_two_pipelines_cannot_share_a_classifier():
    one = classifier()
    fits = [(make_pipeline(StandardScaler(), one), X, y) for _ in range(2)]
    with pytest.raises(ValueError, match="Each fit needs its own estimator"):
        fit_together(fits)
