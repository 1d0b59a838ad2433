"""Every message a user can meet in the estimator, word for word."""

import re

import keras
import numpy as np
import pandas as pd
import polars as pl
import pytest
from messages import whole
from sklearn.datasets import make_classification
from sklearn.ensemble import BaggingClassifier

from skweighted import CostSensitiveMLPClassifier

X, Y = make_classification(40, random_state=0)
NAMES = np.where(Y == 1, "fraud", "ok")
NAME = "CostSensitiveMLPClassifier"

PARAMETERS = [
    (
        {"class_weight": {"ok": 1, "late": 2}},
        "class_weight has no weight for class 'fraud', which occurs 20 times in y. "
        "It has weights for ['ok', 'late']. Classes in y: ['fraud', 'ok'].",
    ),
    (
        {"class_weight": {"ok": 1, "fraud": -1}},
        "A class weight must be a finite number of at least 0. "
        "class_weight['fraud'] is -1.",
    ),
    (
        {"class_weight": {"ok": 1, "fraud": float("nan")}},
        "A class weight must be a finite number of at least 0. "
        "class_weight['fraud'] is nan.",
    ),
    (
        {"class_weight": {"ok": 1, "fraud": "much"}},
        "A class weight must be a finite number of at least 0. "
        "class_weight['fraud'] is 'much'.",
    ),
    (
        {"class_weight": {"ok": 0, "fraud": 0}},
        "At least two classes need a weight above zero. class_weight is {'ok': 0, "
        "'fraud': 0}.",
    ),
    (
        {"class_weight": {"ok": 1, "fraud": 0}},
        "At least two classes need a weight above zero. class_weight is {'ok': 1, "
        "'fraud': 0}.",
    ),
    (
        {"optimizer": "sgd", "optimizer__momentun": 0.9},
        "SGD has no parameter 'momentun', given as optimizer__momentun. Did you mean "
        "'momentum' or 'ema_momentum'?",
    ),
    (
        {"optimizer": "adma"},
        "optimizer must be a Keras optimizer, its class or its name. 'adma' is not a "
        "Keras optimizer. Did you mean 'adamax' or 'adam'?",
    ),
    (
        {"optimizer": keras.optimizers.SGD(), "optimizer__momentum": 0.9},
        "optimizer__momentum has no effect, because optimizer is an instance. Pass "
        "its class or its name, 'sgd'. These accept routed parameters.",
    ),
    (
        {"loss__label_smooting": 0.1},
        "loss='cross_entropy' has no parameter 'label_smooting', given as "
        "loss__label_smooting. Did you mean 'label_smoothing'?",
    ),
    (
        {"callbacks__patience": 3},
        "callbacks__patience has no effect, because callbacks contains no class that "
        "it applies to. Pass classes instead of instances; these accept routed "
        "parameters. Items of callbacks: None.",
    ),
    (
        {"callbacks": [keras.callbacks.EarlyStopping], "callbacks__0__patiense": 3},
        "EarlyStopping has no parameter 'patiense', given as callbacks__0__patiense. "
        "Did you mean 'patience'?",
    ),
    (
        {"activation": "rleu"},
        "activation must be a Keras activation or its name. 'rleu' is not a Keras "
        "activation. Did you mean 'relu'?",
    ),
    (
        {"kernel_initializer": "he_unifrm"},
        "kernel_initializer must be a Keras initializer or its name. 'he_unifrm' is "
        "not a Keras initializer. Did you mean 'he_uniform' or 'lecun_uniform'?",
    ),
    (
        {"hidden_layer_sizes": (10, 0)},
        "hidden_layer_sizes must be integers of at least 1. Got (10, 0). Use () for "
        "no hidden layer.",
    ),
    (
        {"hidden_layer_sizes": (10, 2.5)},
        "hidden_layer_sizes must be integers of at least 1. Got (10, 2.5). Use () for "
        "no hidden layer.",
    ),
]


@pytest.mark.parametrize(("params", "message"), PARAMETERS)
def test_a_wrong_parameter_is_explained_by_fit(params, message):
    with pytest.raises(ValueError, match=whole(message)):
        CostSensitiveMLPClassifier(epochs=1, **params).fit(X, NAMES)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("hiden_layer_sizes", "Did you mean 'hidden_layer_sizes'?"),
        ("max_iter", "The max_iter of MLPClassifier is called epochs here."),
        ("patience", "The patience of Keras is called n_iter_no_change here."),
        (
            "C",
            "C is the inverse of a penalty. Use alpha, which is a penalty: a larger "
            "alpha in place of a smaller C.",
        ),
        (
            "optimzer__momentum",
            "Did you mean 'optimizer__momentum'?",
        ),
    ],
)
def test_a_misspelt_parameter_is_refused_at_once(name, near):
    message = whole(f"{NAME} has no parameter {name!r}. {near}")
    with pytest.raises(ValueError, match=message):
        CostSensitiveMLPClassifier(**{name: 1})
    with pytest.raises(ValueError, match=message):
        CostSensitiveMLPClassifier().set_params(**{name: 1})


def test_a_parameter_without_meaning_is_explained():
    message = whole(
        f"{NAME} has no parameter 'n_jobs': training uses all cores. Leave it out."
    )
    with pytest.raises(ValueError, match=message):
        CostSensitiveMLPClassifier(n_jobs=2)


def test_a_monitor_without_early_stopping_is_a_warning():
    message = whole(
        "monitor='average_precision' has no effect without early stopping. Use "
        "early_stopping=True, or leave monitor out."
    )
    with pytest.warns(UserWarning, match=message):
        CostSensitiveMLPClassifier(epochs=1, monitor="average_precision").fit(X, Y)


def test_one_hot_labels_are_a_warning():
    message = whole(
        "Every row of y has exactly one 1, as in one-hot encoding, and y is treated as "
        "2 labels that can hold together. If they are mutually exclusive classes, pass "
        "y.argmax(axis=1)."
    )
    clf = CostSensitiveMLPClassifier(epochs=1)
    with pytest.warns(UserWarning, match=message):
        clf.fit(X, np.stack([Y, 1 - Y], axis=1))


def frame_with(**columns):
    return pd.DataFrame({"amount": X[:, 0], **columns})


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (
            frame_with(day=pd.date_range("2026-01-01", periods=len(X))),
            "Column 'day' of X contains dates, and a network needs numbers. Derive "
            "some, such as the weekday or the days since an event.",
        ),
        (
            frame_with(day=pd.date_range("2026-01-01", periods=len(X)))[["day"]],
            "Column 'day' of X contains dates, and a network needs numbers. Derive "
            "some, such as the weekday or the days since an event.",
        ),
        (
            frame_with(wait=pd.to_timedelta(np.arange(len(X)), unit="h")),
            "Column 'wait' of X contains durations, and a network needs numbers. "
            "Convert them, for instance with .dt.total_seconds().",
        ),
        (
            frame_with().iloc[:, [0, 0]],
            "Column names of X must be unique. 'amount' occurs 2 times.",
        ),
    ],
)
def test_columns_that_are_not_numbers_are_named(frame, message):
    with pytest.raises(ValueError, match=whole(message)):
        CostSensitiveMLPClassifier().fit(frame, Y)


@pytest.mark.parametrize(
    "container", [list, lambda labels: np.array(labels, dtype=object), pl.Series]
)
@pytest.mark.parametrize("labels", [["ok", "fraud"], [0, 1], [True, False]])
def test_missing_labels_are_explained(container, labels):
    no, yes = labels
    message = whole(
        "y must not have missing values. 1 of 4 is missing, the first in row 2. Leave "
        "these rows out."
    )
    with pytest.raises(ValueError, match=message):
        CostSensitiveMLPClassifier().fit(X[:4], container([no, yes, None, no]))


def test_what_is_not_a_callback_is_refused():
    message = whole(
        "callbacks must be Keras callbacks or callback classes. Got 3, of type int."
    )
    with pytest.raises(TypeError, match=message):
        CostSensitiveMLPClassifier(callbacks=[3]).fit(X, Y)


def test_one_class_is_explained():
    message = whole(
        "A classifier needs rows of at least two classes, but y has only one class: "
        "'ok'. In cross-validation, StratifiedKFold keeps every class."
    )
    with pytest.raises(ValueError, match=message):
        CostSensitiveMLPClassifier().fit(X, np.full(len(X), "ok"))


@pytest.mark.parametrize("as_array", [False, True])
def test_a_column_of_text_is_named(as_array):
    frame = pd.DataFrame({"amount": X[:, 0], "city": ["Oslo", "Rome"] * (len(X) // 2)})
    name = 1 if as_array else "city"
    message = whole(
        f"Column {name!r} of X contains text, such as 'Oslo', but a network needs "
        f"numbers. Encode it first, for example with OneHotEncoder in a "
        f"ColumnTransformer."
    )
    tables = [frame.to_numpy(), frame.to_numpy().astype(str)] if as_array else [frame]
    for table in tables:
        with pytest.raises(ValueError, match=message):
            CostSensitiveMLPClassifier().fit(table, Y)


def test_no_weight_at_all_is_explained():
    message = whole(
        "Every sample_weight is zero. At least two classes need rows with a weight "
        "above zero."
    )
    with pytest.raises(ValueError, match=message):
        CostSensitiveMLPClassifier().fit(X, Y, sample_weight=np.zeros(len(X)))


def test_negative_weights_are_refused_in_sklearns_words():
    message = whole("Negative values in data passed to `sample_weight`.")
    with pytest.raises(ValueError, match=message):
        CostSensitiveMLPClassifier().fit(X, Y, sample_weight=-np.ones(len(X)))


def test_early_stopping_without_a_row_to_spare_is_explained():
    alone = np.eye(1, len(X), dtype=int)[0]
    message = whole(
        "early_stopping=True needs at least two rows of every class: one for training "
        "and one for validation. Class 1 has 1. Use early_stopping=False."
    )
    with pytest.raises(ValueError, match=message):
        CostSensitiveMLPClassifier(early_stopping=True).fit(X, alone)


def test_partial_fit_cannot_stop_early():
    message = whole(
        "partial_fit does not support early stopping, because it trains one epoch per "
        "call. Use early_stopping=False, or fit."
    )
    with pytest.raises(ValueError, match=message):
        CostSensitiveMLPClassifier(early_stopping=True).partial_fit(X, Y)


def test_partial_fit_with_a_new_label_is_explained():
    clf = CostSensitiveMLPClassifier().partial_fit(X, Y, classes=[0, 1])
    message = whole(
        "y has labels that are not among the known classes: [2]. Known classes: [0, "
        "1]. Pass every class in the first call: partial_fit(X, y, classes=...)."
    )
    with pytest.raises(ValueError, match=message):
        clf.partial_fit(X, Y + 1)
    message = whole(
        "classes must be the same in all calls of partial_fit. They were [0, 1] and "
        "are now [0, 1, 2]. To start over, call fit or clone the estimator."
    )
    with pytest.raises(ValueError, match=message):
        clf.partial_fit(X, Y, classes=[0, 1, 2])


def test_warm_start_on_other_data_is_explained():
    clf = CostSensitiveMLPClassifier(epochs=1, warm_start=True).fit(X, Y)
    message = whole(
        "warm_start=True needs the classes of the last fit. They were [0, 1] and are "
        "now ['fraud', 'ok']. Use warm_start=False."
    )
    with pytest.raises(ValueError, match=message):
        clf.fit(X, NAMES)
    message = whole(
        "warm_start=True needs a y like that of the last fit, which was one column of "
        "labels. Use warm_start=False."
    )
    with pytest.raises(ValueError, match=message):
        clf.fit(X, np.stack([Y, Y], axis=1))
    message = whole(
        "warm_start=True continues the training of the same network, but its "
        "hidden_layer_sizes changed from (100,) to (7,). To start over, clone the "
        "estimator, or call fit with warm_start=False."
    )
    with pytest.raises(ValueError, match=message):
        clf.set_params(hidden_layer_sizes=(7,)).fit(X, Y)


def test_initialize_points_to_fit():
    message = whole(
        "CostSensitiveMLPClassifier has no untrained state. Call fit, or partial_fit "
        "for a single epoch."
    )
    with pytest.raises(NotImplementedError, match=message):
        CostSensitiveMLPClassifier().initialize(X, Y)


def test_one_class_of_positive_weight_is_explained():
    message = whole(
        "A classifier needs rows of at least two classes, but the rows with a weight "
        "above zero have only one class: 1. Check sample_weight."
    )
    with pytest.raises(ValueError, match=message):
        CostSensitiveMLPClassifier().fit(X, Y, sample_weight=Y)


def test_a_layer_as_activation_is_refused():
    message = whole(
        f"activation must be a function or a name. {keras.layers.PReLU!r} is a layer "
        f"or a class, which may have its own weights. Use a function, such as "
        f"keras.activations.leaky_relu."
    )
    with pytest.raises(ValueError, match=message):
        CostSensitiveMLPClassifier(activation=keras.layers.PReLU).fit(X, Y)


def test_a_class_that_is_no_optimizer_is_refused():
    message = whole(
        "optimizer must be a Keras optimizer, its class or its name. Got "
        "<class 'dict'>."
    )
    with pytest.raises(ValueError, match=message):
        CostSensitiveMLPClassifier(optimizer=dict).fit(X, Y)


@pytest.mark.parametrize(("size", "total"), [(1e308, "inf"), (1e-320, "3.99996e-319")])
def test_weights_beyond_floating_point_are_explained(size, total):
    message = whole(
        f"The sum of the weights of all rows must be representable as a floating-point "
        f"number. It is {total}. Rescale sample_weight or class_weight; only ratios "
        f"count."
    )
    with pytest.raises(ValueError, match=message):
        CostSensitiveMLPClassifier().fit(X, Y, np.full(len(X), size))


def test_partial_fit_refuses_classes_that_are_not_labels():
    for classes in ([0], [0.0, 1.0, float("nan")]):
        message = whole(
            f"classes must contain at least two labels, and no NaN. Got {classes}."
        )
        with pytest.raises(ValueError, match=message):
            CostSensitiveMLPClassifier().partial_fit(X, Y, classes=classes)


def test_partial_fit_on_rows_of_no_weight_is_explained():
    clf = CostSensitiveMLPClassifier(class_weight={0: 0, 1: 1, 2: 1})
    clf.partial_fit(X, Y + 1, classes=[0, 1, 2])
    message = whole(
        "At least one row must have a weight above zero. All weights are zero. Check "
        "sample_weight and class_weight."
    )
    with pytest.raises(ValueError, match=message):
        clf.partial_fit(X, np.zeros(len(X), dtype=int))


def test_partial_fit_with_other_layers_is_explained():
    clf = CostSensitiveMLPClassifier().partial_fit(X, Y)
    message = whole(
        "partial_fit continues the training of the same network, but its "
        "hidden_layer_sizes changed from (100,) to (7,). To start over, clone the "
        "estimator, or call fit with warm_start=False."
    )
    with pytest.raises(ValueError, match=message):
        clf.set_params(hidden_layer_sizes=(7,)).partial_fit(X, Y)


def test_labels_of_another_type_are_explained():
    clf = CostSensitiveMLPClassifier(epochs=1, early_stopping=True)
    message = whole(
        "y_val must have labels of the type of the known classes, ['fraud', 'ok']. Got "
        "[0, 1]. Convert them."
    )
    with pytest.raises(ValueError, match=message):
        clf.fit(X, NAMES.astype(object), X_val=X[:2], y_val=[0, 1])


def test_a_dict_of_labels_that_an_ensemble_has_numbered_is_explained():
    ensemble = BaggingClassifier(
        CostSensitiveMLPClassifier(class_weight={"fraud": 5, "ok": 1}), n_estimators=1
    )
    way_out = (
        "It has weights for ['fraud', 'ok']. Classes in y: [0, 1]. Ensembles such as "
        "BaggingClassifier encode the classes as integers. With them, use integers as "
        "keys, or a strategy such as 'balanced'."
    )
    with pytest.raises(ValueError, match=re.escape(way_out) + "$"):
        ensemble.fit(X, NAMES)
