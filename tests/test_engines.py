"""The estimator on either engine: one network, and what follows its epochs."""

import csv
import signal
from dataclasses import dataclass

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from messages import whole
from scipy import sparse
from sklearn.base import clone
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.datasets import make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV

from skweighted import CostSensitiveMLPClassifier
from skweighted._engine._loss_data import structure
from skweighted.exceptions import TrainingDivergedError
from skweighted.losses import FocalCrossentropy

X, Y = make_classification(
    110, n_features=6, n_informative=4, weights=[0.8], random_state=0
)
THREE = np.array(["a", "b", "c"])[np.arange(len(Y)) % 3]
WEIGHT = np.random.default_rng(0).random(len(Y))
DECAY = keras.optimizers.schedules.ExponentialDecay(0.05, 4, 0.7)
CASES = {
    "default": {"optimizer": "adam", "learning_rate": 0.001},
    "balanced": {"class_weight": "balanced", "normalize_weights": False},
    "deep": {"hidden_layer_sizes": (7, 5), "activation": "tanh", "alpha": 1.0},
    "none hidden": {"hidden_layer_sizes": ()},
    "dropout": {"dropout": 0.3},
    "early stopping": {
        "early_stopping": True,
        "validation_fraction": 0.4,
        "epochs": 40,
        "n_iter_no_change": 2,
    },
    "momentum": {"optimizer__momentum": 0.9, "shuffle": False},
    "schedule": {"learning_rate": DECAY},
    "smoothing": {"loss__label_smoothing": 0.1},
}


def mlp(**params):
    defaults = dict(hidden_layer_sizes=(8,), batch_size=32, epochs=4, random_state=0)
    defaults |= dict(optimizer="sgd", learning_rate=0.05)  # compiles faster than Adam
    return CostSensitiveMLPClassifier(**defaults | params)


def stops_at(epoch):
    """Return a Keras callback that ends the training after an epoch."""

    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, number, logs=None):
            self.model.stop_training = number + 1 == epoch

    return Stop()


# one network, two engines


@pytest.mark.parametrize("labels", [Y, THREE], ids=["binary", "multiclass"])
@pytest.mark.parametrize("case", CASES)
def test_both_engines_give_the_same_network(case, labels):
    fused, by_keras = (
        mlp(engine=engine, **CASES[case]).fit(X, labels, WEIGHT)
        for engine in ("xla", "keras")
    )
    assert (fused.engine_, by_keras.engine_) == ("xla", "keras, because engine='keras'")
    np.testing.assert_allclose(
        fused.predict_proba(X), by_keras.predict_proba(X), rtol=1e-9
    )
    assert fused.n_iter_ == by_keras.n_iter_
    assert fused.history_.keys() == by_keras.history_.keys()
    for name, values in fused.history_.items():
        # Keras keeps the mean loss of an epoch in float32.
        np.testing.assert_allclose(values, by_keras.history_[name], rtol=1e-5)


def test_both_engines_read_sparse_float32_alike():
    thin = sparse.csr_array(np.where(np.abs(X) > 0.5, X, 0).astype("float32"))
    fused, by_keras = (
        mlp(engine=engine).fit(thin, Y).predict_proba(thin)
        for engine in ("xla", "keras")
    )
    np.testing.assert_allclose(fused, by_keras, rtol=1e-5)


def test_engines_can_take_turns():
    turns = mlp(optimizer="adam", dropout=0.2)
    for engine in ("xla", "keras", "xla"):
        turns.set_params(engine=engine).partial_fit(X, Y)
    fused = clone(turns).set_params(engine="xla", epochs=3).fit(X, Y)
    np.testing.assert_allclose(
        turns.predict_proba(X), fused.predict_proba(X), rtol=1e-9
    )


def test_another_optimizer_in_partial_fit_starts_again():
    clf = mlp(optimizer="adam").partial_fit(X, Y)
    clf.set_params(optimizer="sgd").partial_fit(X, Y)
    assert len(clf._trained.networks[0].optimizer_state) == 1


def test_the_estimator_follows_what_the_user_makes_of_model():
    clf = mlp().fit(X, Y)
    before = clf.predict_proba(X)
    clf.model_.fit(X, Y, epochs=2, verbose=0)
    after = clf.predict_proba(X)
    assert np.abs(after - before).max() > 1e-3
    outputs = keras.ops.convert_to_numpy(clf.model_(X))
    np.testing.assert_allclose(after[:, 1:], outputs, rtol=1e-12)


# why not, in words


def idle(batch, logs=None):
    """Do nothing."""


REASONS = [
    (
        {"metrics": ["accuracy"]},
        "metrics are updated after every batch",
    ),
    (
        {"optimizer": keras.optimizers.SGD(0.1, use_ema=True)},
        "the optimizer SGD uses use_ema",
    ),
    (
        # In float64 Keras 3.15's Muon raises a TypeError.
        {"optimizer": "muon", "dtype": "float32"},
        "the optimizer Muon does not update each weight independently",
    ),
    (
        {"callbacks": keras.callbacks.LambdaCallback(on_train_batch_end=idle)},
        "the callback LambdaCallback is called for every batch",
    ),
]


@pytest.mark.parametrize(("params", "reason"), REASONS)
def test_what_cannot_be_fused_goes_to_keras_and_says_why(params, reason):
    assert mlp(epochs=1, **params).fit(X, Y).engine_ == f"keras, because {reason}"
    message = whole(
        f"engine='xla' cannot train this model because {reason}. Use engine='keras', "
        f"which is slower."
    )
    with pytest.raises(ValueError, match=message):
        mlp(epochs=1, engine="xla", **params).fit(X, Y)


# TensorFlow warns that its data sets do not run eagerly.
@pytest.mark.filterwarnings("ignore:Even though the `tf.config:UserWarning")
def test_functions_that_run_eagerly_are_not_fused():
    tf.config.run_functions_eagerly(True)
    try:
        engine = mlp(epochs=1).fit(X, Y).engine_
    finally:
        tf.config.run_functions_eagerly(False)
    assert engine == "keras, because TensorFlow is set to run functions eagerly"


def test_inside_a_strategy_of_tensorflow_nothing_is_fused():
    with tf.distribute.OneDeviceStrategy("/cpu:0").scope():
        engine = mlp(epochs=1).fit(X, Y).engine_
    assert engine == "keras, because training is inside a tf.distribute strategy"


def test_a_callback_of_lambdas_between_epochs_is_fused():
    callback = keras.callbacks.LambdaCallback(on_epoch_end=idle)
    assert mlp(epochs=1, callbacks=callback).fit(X, Y).engine_ == "xla"


# Keras' callbacks


@pytest.mark.parametrize("engine", ["xla", "keras"])
def test_a_callback_can_stop_the_training(engine):
    assert mlp(callbacks=stops_at(2), engine=engine).fit(X, Y).n_iter_ == 2


@pytest.mark.parametrize(
    ("callback", "params"),
    [
        (keras.callbacks.EarlyStopping, dict(monitor="loss", min_delta=0.05)),
        (
            keras.callbacks.EarlyStopping,
            dict(monitor="loss", min_delta=0.5, patience=2, restore_best_weights=True),
        ),
        (
            keras.callbacks.ReduceLROnPlateau,
            dict(monitor="loss", patience=1, min_delta=0.05, factor=0.3),
        ),
        (keras.callbacks.TerminateOnNaN, {}),
    ],
)
def test_callbacks_do_on_the_fused_engine_what_they_do_in_keras(callback, params):
    routed = {f"callbacks__{name}": value for name, value in params.items()}
    fused, by_keras = (
        mlp(callbacks=callback, engine=engine, epochs=8, **routed).fit(X, Y)
        for engine in ("xla", "keras")
    )
    assert fused.n_iter_ == by_keras.n_iter_
    assert fused.history_.keys() == by_keras.history_.keys()
    np.testing.assert_allclose(
        fused.predict_proba(X), by_keras.predict_proba(X), rtol=1e-9
    )


def test_a_learning_rate_scheduler_sets_the_learning_rate():
    def halved(epoch, rate):
        return rate / 2

    fused, by_keras = (
        mlp(callbacks=keras.callbacks.LearningRateScheduler(halved), engine=engine)
        .fit(X, Y)
        .predict_proba(X)
        for engine in ("xla", "keras")
    )
    np.testing.assert_allclose(fused, by_keras, rtol=1e-9)
    assert np.abs(fused - mlp().fit(X, Y).predict_proba(X)).max() > 1e-4


def test_a_checkpoint_is_the_model_of_its_epoch(tmp_path):
    path = tmp_path / "{epoch}.weights.h5"
    checkpoint = keras.callbacks.ModelCheckpoint(path, save_weights_only=True)
    clf = mlp(callbacks=checkpoint, engine="xla").fit(X, Y)
    clf.model_.load_weights(tmp_path / "2.weights.h5")
    np.testing.assert_allclose(
        clf.predict_proba(X), mlp(epochs=2).fit(X, Y).predict_proba(X), rtol=1e-12
    )


def test_callbacks_get_true_logs(tmp_path):
    logger = keras.callbacks.CSVLogger(str(tmp_path / "log.csv"))
    rule = {"early_stopping": True, "validation_fraction": 0.4}
    clf = mlp(callbacks=logger, engine="xla", **rule).fit(X, Y)
    with (tmp_path / "log.csv").open() as lines:
        logs = list(csv.DictReader(lines))
    assert [float(log["loss"]) for log in logs] == clf.history_["loss"]
    assert [float(log["val_loss"]) for log in logs] == clf.history_["val_loss"]


@pytest.mark.parametrize("engine", ["xla", "keras"])
def test_callbacks_of_a_later_call_see_the_optimizer_of_the_earlier_ones(engine):
    seen = []

    class Looks(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            seen.append(int(self.model.optimizer.iterations.numpy()))

        def on_epoch_end(self, epoch, logs=None):
            seen.append(int(self.model.optimizer.iterations.numpy()))

    clf = mlp(callbacks=Looks(), engine=engine)
    clf.partial_fit(X, Y).partial_fit(X, Y)
    assert seen == [0, 4, 4, 8]  # 110 rows are four batches of 32


# sklearn's callbacks


class StopsAtSecondEpoch:
    """A callback as scikit-learn defines them."""

    def setup(self, estimator, context):
        self.n_epochs = 0

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context, **data):
        self.n_epochs += context.task_name == "epoch"

    def on_fit_task_end(self, estimator, context, **data):
        return self.n_epochs == 2


@pytest.mark.parametrize("engine", ["xla", "keras"])
def test_a_callback_of_sklearn_can_stop_the_training(engine):
    clf = mlp(engine=engine).set_callbacks(StopsAtSecondEpoch()).fit(X, Y)
    assert clf.n_iter_ == 2
    np.testing.assert_allclose(
        clf.predict_proba(X), mlp(epochs=2).fit(X, Y).predict_proba(X), rtol=1e-9
    )


@pytest.mark.parametrize("engine", ["xla", "keras"])
def test_scoring_monitor_scores_the_network_of_each_epoch(engine):
    monitor = ScoringMonitor(scoring="neg_log_loss")
    mlp(engine=engine).set_callbacks(monitor).fit(X, Y)
    log = monitor.get_logs()
    scores = [row["neg_log_loss"] for row in log.data if row["task_name"] == "epoch"]
    expected = [
        -log_loss(Y, mlp(epochs=epochs).fit(X, Y).predict_proba(X))
        for epochs in (1, 2, 3, 4)
    ]
    np.testing.assert_allclose(scores, expected, rtol=1e-9)


@pytest.mark.parametrize("engine", ["xla", "keras"])
def test_sklearns_progress_bar_shows_the_epochs(engine, capfd):
    shown = mlp(engine=engine).set_callbacks(ProgressBar()).fit(X, Y)
    assert "100%" in capfd.readouterr().out
    np.testing.assert_array_equal(
        shown.predict_proba(X), mlp(engine=engine).fit(X, Y).predict_proba(X)
    )


# progress, interrupts, NaN


def test_a_line_per_epoch_with_verbose_2(capsys):
    clf = mlp(verbose=2, epochs=2).fit(X, Y)
    first, second = clf.loss_curve_
    assert capsys.readouterr().out == (
        f"Epoch 1/2 - loss: {first:.4f}\nEpoch 2/2 - loss: {second:.4f}\n"
    )


def test_verbose_1_only_changes_the_screen(capfd):
    shown = mlp(verbose=1).fit(X, Y).predict_proba(X)
    assert "4/4" in capfd.readouterr().err
    np.testing.assert_array_equal(shown, mlp().fit(X, Y).predict_proba(X))


class PressesControlC(keras.callbacks.Callback):
    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            # A shell's background job starts with this signal ignored.
            signal.signal(signal.SIGINT, signal.default_int_handler)
            signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("engine", ["xla", "keras"])
def test_an_interrupt_leaves_a_fitted_network(engine):
    message = whole(
        "Training was interrupted after 2 of 4 epochs. The estimator keeps the "
        "weights reached so far."
    )
    clf = mlp(callbacks=PressesControlC(2), engine=engine)
    with pytest.raises(KeyboardInterrupt, match=message):
        clf.fit(X, Y)
    np.testing.assert_allclose(
        clf.predict_proba(X), mlp(epochs=2).fit(X, Y).predict_proba(X), rtol=1e-9
    )


@pytest.mark.parametrize("engine", ["xla", "keras"])
def test_an_interrupt_with_early_stopping_keeps_the_best_epoch(engine):
    scores = iter([0.5, 0.9, 0.2, 0.1])
    clf = mlp(callbacks=PressesControlC(3), engine=engine, early_stopping=True)
    clf.set_params(validation_fraction=0.4, monitor=lambda *_: next(scores))
    with pytest.raises(KeyboardInterrupt):
        clf.fit(X, Y)
    assert clf.n_iter_ == 3
    assert clf.best_epoch_ == 2
    scores = iter([0.5, 0.9])
    best = clone(clf).set_params(callbacks=None, engine="xla", epochs=2).fit(X, Y)
    np.testing.assert_allclose(clf.predict_proba(X), best.predict_proba(X), rtol=1e-9)


@pytest.mark.parametrize("engine", ["xla", "keras"])
def test_an_interrupt_in_the_first_epoch_leaves_the_estimator_as_it_was(engine):
    message = whole(
        "Training was interrupted before the end of the first epoch. The estimator is "
        "unchanged."
    )
    clf = mlp(callbacks=PressesControlC(0), engine=engine)
    with pytest.raises(KeyboardInterrupt, match=message):
        clf.fit(X, Y)
    assert not [name for name in vars(clf) if name.endswith("_")]


@pytest.mark.parametrize("engine", ["xla", "keras"])
def test_an_interrupt_ends_a_search(engine):
    clf = mlp(callbacks=PressesControlC(2), engine=engine)
    with pytest.raises(KeyboardInterrupt):
        GridSearchCV(clf, {"alpha": [0.0, 1.0]}, cv=2).fit(X, Y)


def test_a_final_loss_far_above_that_of_the_shares_is_a_warning():
    message = (
        r"^The loss of the trained network on the training rows is \S+, far above the "
        r"0\.\d+ of predicting the class shares for every row\. Scale the inputs "
        r"\(StandardScaler\), or lower the learning rate, which is 1e\+10\.$"
    )
    with pytest.warns(ConvergenceWarning, match=message):
        mlp(learning_rate=1e10).fit(X, Y)
    with pytest.warns(ConvergenceWarning, match="far above"):
        mlp(epochs=1).fit(X * 1e6, Y)


@pytest.mark.parametrize("engine", ["xla", "keras"])
def test_a_callback_that_monitors_no_rows_is_explained(engine):
    message = whole(
        "The callback EarlyStopping monitors 'val_loss', and there are no validation "
        "rows. Use early_stopping=True, which holds some out and stops by itself, or "
        "monitor='loss' in the callback."
    )
    clf = mlp(callbacks=keras.callbacks.EarlyStopping, engine=engine)
    with pytest.raises(ValueError, match=message):
        clf.fit(X, Y)


@pytest.mark.parametrize("engine", ["xla", "keras"])
def test_a_loss_that_is_not_finite_is_an_error_and_leaves_no_estimator(engine):
    huge = X * np.where(np.arange(len(Y)) == 0, 1e200, 1)[:, np.newaxis]
    params = dict(engine=engine, optimizer="sgd", learning_rate=1e30)
    clf = mlp(**params)
    message = (
        r"^The loss was not finite in epoch \d\. Scale the inputs \(StandardScaler\), "
        r"or reduce the learning rate, which is 1e\+30\.$"
    )
    with pytest.raises(TrainingDivergedError, match=message):
        clf.fit(huge, Y)
    assert not [name for name in vars(clf) if name.endswith("_")]


def test_a_failed_fit_keeps_the_estimator_of_before():
    clf = mlp().fit(X, Y)
    before = clf.predict_proba(X)
    clf.set_params(optimizer="sgd", learning_rate=1e30)
    with pytest.raises(TrainingDivergedError):
        clf.fit(X[:, :3] * 1e200, Y)
    np.testing.assert_array_equal(clf.predict_proba(X), before)
    assert clf.n_features_in_ == 6


# What a review found, each once wrong on one engine.


@pytest.mark.parametrize(
    "activation",
    [
        lambda values: keras.ops.softmax(values, axis=1),
        lambda values: values * keras.ops.cast(keras.ops.arange(8), values.dtype),
    ],
)
def test_a_function_as_activation_sees_rows_and_units(activation):
    fused, by_keras = (
        mlp(activation=activation, engine=engine).fit(X, Y).predict_proba(X)
        for engine in ("xla", "keras")
    )
    np.testing.assert_allclose(fused, by_keras, rtol=1e-9)


def test_callbacks_can_set_weights_before_an_epoch():
    class Halves(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.model.set_weights([w / 2 for w in self.model.get_weights()])

    fused, by_keras = (
        mlp(callbacks=Halves(), engine=engine).fit(X, Y).predict_proba(X)
        for engine in ("xla", "keras")
    )
    np.testing.assert_allclose(fused, by_keras, rtol=1e-9)


def test_a_schedule_class_that_is_defined_again_is_another_schedule():
    def schedule_of(rate):
        class Constant(keras.optimizers.schedules.LearningRateSchedule):
            def __call__(self, step):
                return rate

            def get_config(self):
                return {}

        return Constant()

    slow, fast = (
        mlp(learning_rate=schedule_of(rate)).fit(X, Y).predict_proba(X)
        for rate in (1e-4, 0.5)
    )
    assert np.abs(slow - fast).max() > 0.01


def test_a_last_step_that_diverges_is_noticed():
    clf = mlp(epochs=1, batch_size=200, optimizer="sgd", learning_rate=1e38)
    with pytest.raises(TrainingDivergedError):
        clf.fit(X.astype("float32") * 1e3, Y)


def test_partial_fit_takes_parameters_that_were_set_since():
    clf = mlp().partial_fit(X, Y)
    before = clf.predict_proba(X)
    plain = mlp().partial_fit(X, Y).partial_fit(X, Y).predict_proba(X)
    shrunk = clf.set_params(alpha=1000.0).partial_fit(X, Y).predict_proba(X)
    assert np.abs(shrunk - plain).max() > 1e-4
    assert np.abs(shrunk - before).max() > 1e-4


def test_weights_excluded_from_decay_stay_excluded():
    def decayed(*names):
        optimizer = keras.optimizers.AdamW(0.01, weight_decay=5.0)
        optimizer.exclude_from_weight_decay(var_names=names)
        return mlp(optimizer=optimizer, learning_rate=0.001).fit(X, Y)

    assert decayed().engine_ == "xla"
    kept = decayed("kernel")
    assert kept.engine_ == (
        "keras, because the optimizer AdamW excludes variables from decay by their "
        "names"
    )
    assert (
        np.abs(kept._trained.networks[0].parameters[0]).sum()
        > np.abs(decayed()._trained.networks[0].parameters[0]).sum()
    )


def test_a_frozen_layer_of_model_changes_no_prediction():
    clf = mlp().fit(X, Y)
    before = clf.predict_proba(X)
    clf.model_.layers[0].trainable = False
    np.testing.assert_array_equal(clf.predict_proba(X), before)


def test_subclasses_keep_their_parameters():
    class Named(CostSensitiveMLPClassifier):
        def __init__(self, name="none", **params):
            super().__init__(**params)
            self.name = name

    copy = clone(Named(name="mine", epochs=3, optimizer__beta_1=0.8))
    assert copy.get_params()["name"] == "mine"
    assert (copy.epochs, copy.optimizer__beta_1) == (3, 0.8)


def test_a_frame_is_what_sklearns_callbacks_score():
    frame = pd.DataFrame(X, columns=list("abcdef"))
    monitor = ScoringMonitor(scoring="roc_auc")
    mlp(epochs=2).set_callbacks(monitor).fit(frame, Y)
    # Two epochs and the fit itself, as sklearn's own estimators are scored.
    assert len(monitor.get_logs().data) == 3


@pytest.mark.parametrize("engine", ["xla", "keras"])
def test_a_callback_keeps_no_model_that_clone_would_copy(engine):
    callback = keras.callbacks.EarlyStopping(monitor="loss")
    clf = mlp(callbacks=callback, engine=engine, activation=keras.ops.sin).fit(X, Y)
    assert callback.model is None
    np.testing.assert_array_equal(
        clone(clf).fit(X, Y).predict_proba(X), clf.predict_proba(X)
    )


class Power(keras.losses.Loss):
    """A loss whose config, Keras' own, leaves the exponent out."""

    def __init__(self, exponent):
        super().__init__()
        self.exponent = exponent

    def call(self, y_true, y_pred):
        return keras.ops.mean(keras.ops.abs(y_true - y_pred) ** self.exponent, -1)


class Inner(keras.losses.Loss):
    """A loss that calls another one, whose settings are data of a program."""

    def __init__(self, gamma):
        super().__init__()
        self.inner = FocalCrossentropy(gamma=gamma, dtype="float64")

    def call(self, y_true, y_pred):
        return self.inner.call(y_true, y_pred)


@pytest.mark.parametrize("loss", [Power, Inner])
def test_losses_of_one_class_differ_by_their_attributes(loss):
    early = {"early_stopping": True, "validation_fraction": 0.4}
    first, second = (mlp(loss=loss(one), **early).fit(X, Y) for one in (1.5, 4.0))
    by_keras = mlp(loss=loss(4.0), engine="keras", **early).fit(X, Y)
    proba = second.predict_proba(X)
    assert np.abs(proba - first.predict_proba(X)).max() > 0.01
    np.testing.assert_allclose(proba, by_keras.predict_proba(X), rtol=1e-9)
    np.testing.assert_allclose(
        second.history_["val_loss"], by_keras.history_["val_loss"], rtol=1e-9
    )


@dataclass(frozen=True)
class Unhashable:
    """Python calls it hashable, but its list is not."""

    values: list


@pytest.mark.parametrize(
    "of",
    [
        float,
        lambda n: np.array([n, 1.0]),
        lambda n: tf.constant([n, 1.0]),
        lambda n: keras.Variable([n, 1.0]),
        lambda n: [n, np.ones(2)],
        lambda n: {"exponents": (n, 1.0)},
        lambda n: FocalCrossentropy(gamma=n),
    ],
)
def test_equal_attributes_of_losses_share_a_program(of):
    assert structure(Power(of(1))) == structure(Power(of(1)))
    assert structure(Power(of(1))) != structure(Power(of(2)))


def test_attributes_that_cannot_be_compared_are_equal_to_themselves():
    one = Unhashable([1])
    assert structure(Power(one)) == structure(Power(one))
    assert structure(Power(one)) != structure(Power(Unhashable([1])))
    assert hash(structure(Power(one))) == hash(structure(Power(one)))


def test_a_config_of_its_own_is_what_tells_losses_apart():
    class Configured(Power):
        def get_config(self):
            return super().get_config() | {"exponent": self.exponent}

    first, second = Configured(2), Configured(2)
    first.helper, second.helper = object(), object()
    assert structure(first) == structure(second)
    assert structure(first) != structure(Configured(3))
