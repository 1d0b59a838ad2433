"""Learning rates over a training: formulas, Keras as the oracle, engines as twins."""

import keras
import numpy as np
import pytest
from messages import whole
from sklearn.base import clone
from sklearn.datasets import make_classification

from skweighted import CostSensitiveMLPClassifier
from skweighted._engine._program import PROGRAMS
from skweighted._engine._schedules import factors

X, y = make_classification(300, 5, weights=[0.8], flip_y=0.05, random_state=0)


def classifier(**params):
    defaults = {"epochs": 5, "random_state": 0, "batch_size": 64}
    return CostSensitiveMLPClassifier((7,), **(defaults | params))


@pytest.mark.parametrize("schedule", ["cosine", "coslog4"])
@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_both_engines_use_the_same_rates(schedule, optimizer):
    xla, slow = (
        classifier(learning_rate=schedule, optimizer=optimizer, engine=engine).fit(X, y)
        for engine in ("xla", "keras")
    )
    # Learning rates are float32, in networks of any precision.
    np.testing.assert_allclose(xla.predict_proba(X), slow.predict_proba(X), rtol=1e-6)


def test_cosine_is_that_of_keras():
    ours = classifier(learning_rate="cosine", optimizer__learning_rate=0.01).fit(X, y)
    n_steps = 5 * -(-len(y) // 64)
    schedule = keras.optimizers.schedules.CosineDecay(0.01, n_steps)
    theirs = classifier(learning_rate=schedule).fit(X, y)
    # Keras computes the rate in float32.
    np.testing.assert_allclose(
        ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-6
    )


def test_coslog4_has_four_waves_each_twice_as_long():
    rates = factors("coslog4", 0, 1501, 1500)
    zeros = (2.0 ** np.arange(5) - 1) / 15  # 0, 1/15, 3/15, 7/15, 15/15
    np.testing.assert_allclose(rates[(1500 * zeros).astype(int)], 0, atol=1e-12)
    peaks = (2.0 ** (np.arange(4) + 0.5) - 1) / 15
    np.testing.assert_allclose(rates[np.round(1500 * peaks).astype(int)], 1, atol=1e-3)


def test_networks_with_different_schedules_train_as_alone():
    ensemble = classifier(learning_rate="coslog4", n_networks=3, dropout=0.1).fit(X, y)
    for part in ensemble.estimators_:
        single = clone(part).fit(X, y)
        np.testing.assert_allclose(
            part.predict_proba(X), single.predict_proba(X), rtol=1e-9
        )


def test_the_number_of_rows_and_epochs_needs_no_other_program():
    classifier(learning_rate="cosine").fit(X, y)
    before = len(PROGRAMS)
    classifier(learning_rate="coslog4", epochs=3).fit(X[:290], y[:290])
    assert len(PROGRAMS) == before


def test_a_schedule_needs_a_number_to_begin_with():
    inner = keras.optimizers.schedules.CosineDecay(0.01, 100)
    message = (
        "learning_rate='cosine' needs an optimizer with a number as its learning rate, "
        "but that of optimizer is a schedule. Use one of them."
    )
    with pytest.raises(ValueError, match=whole(message)):
        classifier(learning_rate="cosine", optimizer=keras.optimizers.SGD(inner)).fit(
            X, y
        )


def test_partial_fit_has_no_end_to_schedule():
    message = (
        "partial_fit does not support learning_rate='cosine', because the number of "
        "epochs is not known. Use a number, or fit."
    )
    with pytest.raises(ValueError, match=whole(message)):
        classifier(learning_rate="cosine").partial_fit(X, y)


@pytest.mark.parametrize(
    "callback",
    [
        lambda: keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2),
        # No loss is 10 lower than the one before.
        lambda: keras.callbacks.ReduceLROnPlateau("loss", 0.1, 1, min_delta=10),
    ],
    ids=["scheduler", "plateau"],
)
def test_callbacks_scale_a_schedule_in_both_engines(callback):
    params = {"learning_rate": "cosine", "optimizer__learning_rate": 0.1}
    fused, by_keras = (
        classifier(callbacks=[callback()], engine=engine, **params).fit(X, y)
        for engine in ("xla", "keras")
    )
    plain = classifier(**params).fit(X, y)
    assert np.abs(fused.predict_proba(X) - plain.predict_proba(X)).max() > 0.01
    # Learning rates are float32.
    np.testing.assert_allclose(
        fused.predict_proba(X), by_keras.predict_proba(X), rtol=1e-5
    )
