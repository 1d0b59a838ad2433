"""The classifier for raw tables: a preparation and the classifier of numbers."""

import inspect
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
import skops.io
from messages import whole
from scipy.sparse import csr_array
from sklearn import config_context
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

import skweighted
from skweighted import (
    ClassWeightSearchCV,
    CostSensitiveMLPClassifier,
    CostSensitiveTabularClassifier,
    PriorCorrectedClassifier,
    doctor,
    fit_together,
)
from skweighted.preprocessing import TablePreparation

# Two copies of a row are on different sides of a random split, and are dropped one by
# one, so the weight of a row cannot be equivalent to copies. scikit-learn's
# HistGradientBoostingClassifier and its forests fail these two checks as well.
CHECKS_OF_COPIES = {
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weight_equivalence_on_sparse_data",
}
WITHOUT_CHANCE = {"n_networks": 1, "early_stopping": False, "dropout": 0.0}

# Compiles fast. In batches of 64 rows, tables of all lengths share a program. In
# float64, since twins of 200 rows would differ by the rounding of float32.
SMALL = {
    "hidden_layer_sizes": (6,),
    "optimizer": "sgd",
    "learning_rate": 0.1,
    "dropout": 0.0,
    "batch_size": 64,
    "n_networks": 2,
    "epochs": 4,
    "dtype": "float64",
    "random_state": 0,
}


def table(n_rows=200, seed=0):
    """Return a table of numbers, categories, dates and missing values."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "city": rng.choice(["Rome", "Oslo", None], n_rows),
            "age": np.where(rng.random(n_rows) < 0.1, np.nan, rng.normal(size=n_rows)),
            "member": rng.random(n_rows) < 0.3,
            "since": pd.Timestamp("2024-01-01")
            + pd.to_timedelta(rng.integers(0, 10**6, n_rows), unit="s"),
        }
    )


def with_streets(frame, seed=0):
    """Return a table with a column that is encoded by the target."""
    rng = np.random.default_rng(seed)
    streets = rng.choice([f"s{i}" for i in range(70)], len(frame))
    return frame.assign(street=streets)


X = table()
RNG = np.random.default_rng(1)
Y = (X["age"].fillna(0) + RNG.normal(size=len(X)) > 1).to_numpy()
WEIGHT = RNG.integers(0, 3, len(X))
LABELS = {
    "two classes": Y,
    "texts": np.array(["fraud", "late", "ok"])[RNG.integers(0, 3, len(X))],
    "labels": np.stack([Y, RNG.random(len(X)) < 0.4], axis=1).astype(int),
}


def small(**params):
    return CostSensitiveTabularClassifier(**SMALL | params)


def same(left, right):
    np.testing.assert_array_equal(left, right)


@parametrize_with_checks(
    [
        CostSensitiveTabularClassifier(n_networks=2),
        CostSensitiveTabularClassifier(
            (32,), **WITHOUT_CHANCE, numeric_embedding="periodic"
        ),
    ]
)
@pytest.mark.filterwarnings("default")
def test_sklearn_check(estimator, check):
    if estimator.n_networks > 1 and check.func.__name__ in CHECKS_OF_COPIES:
        estimator = clone(estimator).set_params(**WITHOUT_CHANCE)
    check(estimator)


# twins


@pytest.mark.parametrize(
    ("frame", "labels"),
    [(X, "two classes")] + [(with_streets(X), labels) for labels in LABELS],
    ids=["short"] + [f"streets-{labels}" for labels in LABELS],
)
def test_it_is_a_pipeline_of_preparation_and_classifier(frame, labels):
    y = LABELS[labels]
    classifier = small().fit(frame, y)
    params = classifier.get_params()
    del params["categorical_features"]
    pipeline = make_pipeline(TablePreparation(), CostSensitiveMLPClassifier(**params))
    pipeline.fit(frame, y)
    same(classifier.predict_proba(frame), pipeline.predict_proba(frame))
    same(classifier.predict(frame), pipeline.predict(frame))
    same(classifier.oob_proba_, pipeline[-1].oob_proba_)


@pytest.mark.parametrize("twin", [pl.from_pandas, lambda frame: frame.to_numpy(object)])
def test_every_container_of_a_table_gives_the_same_bits(twin):
    proba = small().fit(twin(X), Y).predict_proba(twin(X))
    same(proba, small().fit(X, Y).predict_proba(X))


def test_columns_are_matched_by_their_names():
    classifier = small().fit(X, Y)
    same(classifier.predict(X[X.columns[::-1]]), classifier.predict(X))


def test_sparse_numbers_are_trained_like_dense_ones():
    dense = RNG.normal(size=(60, 4)) * (RNG.random((60, 4)) < 0.5)
    y = dense[:, 0] > 0
    classifier = small().fit(csr_array(dense), y)
    same(classifier.predict_proba(dense), classifier.predict_proba(csr_array(dense)))


# laws


def test_weight_k_equals_k_copies():
    rows = np.repeat(np.arange(len(X)), WEIGHT)
    params = WITHOUT_CHANCE | {"shuffle": False, "batch_size": 10**4}
    weighted = small(**params).fit(X, Y, WEIGHT)
    copied = small(**params).fit(X.iloc[rows], Y[rows])
    # Sums over copies round differently, and training amplifies it.
    np.testing.assert_allclose(
        weighted.predict_proba(X), copied.predict_proba(X), rtol=1e-6
    )


def test_numbers_that_are_infinite_in_float32_are_large_ones():
    fitted = small(dtype="float32").fit(X, Y)
    large, infinite = (
        fitted.predict_proba(X[:1].assign(age=number)) for number in (1e38, 1e39)
    )
    same(large, infinite)


def test_a_row_of_weight_zero_is_an_absent_row():
    frame = with_streets(X)
    present = WEIGHT > 0
    odd = frame.copy()
    odd.loc[~present, ["city", "street"]] = "nowhere"
    weighted = small().fit(odd, Y, present.astype(float))
    rest = small().fit(frame[present], Y[present])
    same(weighted.predict_proba(frame), rest.predict_proba(frame))


# defaults


def test_the_parameters_are_those_of_the_classifier_with_other_defaults():
    ours = CostSensitiveTabularClassifier().get_params()
    theirs = CostSensitiveMLPClassifier().get_params()
    assert ours.keys() - theirs.keys() == {"categorical_features"}
    different = {name for name in theirs if ours[name] != theirs[name]}
    signature = inspect.signature(CostSensitiveTabularClassifier)
    assert list(signature.parameters) == list(ours)
    documentation = inspect.getdoc(CostSensitiveTabularClassifier)
    for name in different:
        assert f"default={ours[name]!r}".replace("'", '"') in documentation.replace(
            "default=2e-3", "default=0.002"
        )


def test_only_parameters_that_differ_from_the_defaults_are_printed():
    assert repr(CostSensitiveTabularClassifier(alpha=0.1)) == (
        "CostSensitiveTabularClassifier(alpha=0.1)"
    )


def test_a_misspelled_parameter_is_an_error():
    message = (
        "CostSensitiveTabularClassifier has no parameter 'n_network'. Did you mean "
        "'n_networks'?"
    )
    with pytest.raises(ValueError, match=whole(message)):
        CostSensitiveTabularClassifier(n_network=3)


def test_without_enough_rows_for_folds_every_network_has_all_rows():
    y = np.zeros(len(X))
    y[3] = 1
    params = {"ensemble": "seeds", "early_stopping": False}
    lone = small().fit(X, y)
    same(lone.predict_proba(X), small(**params).fit(X, y).predict_proba(X))
    assert not hasattr(lone, "oob_proba_")
    # A class of weight zero has no rows, and a score as monitor needs every class.
    y3 = np.where(np.arange(len(X)) == 3, 2, Y)
    weightless = {"class_weight": {0: 1, 1: 0, 2: 1}}
    for more in (weightless, {"monitor": "balanced_accuracy"}):
        assert not hasattr(small(**more).fit(X, y3), "oob_proba_")


def test_the_only_row_of_a_class_is_in_no_fold():
    three = small().fit(X, np.where(np.arange(len(X)) == 3, 2, Y))
    assert np.flatnonzero(np.isnan(three.oob_proba_).any(axis=1)).tolist() == [3]


def test_a_label_that_always_holds_is_trained_with_folds():
    labels = np.stack([Y, np.ones(len(Y))], axis=1).astype(int)
    fit = small().fit(X, labels)
    assert np.isfinite(fit.oob_proba_).all()


def test_a_label_that_holds_once_is_trained_without_folds():
    labels = np.stack([Y, np.arange(len(Y)) == 3], axis=1).astype(int)
    params = {"ensemble": "seeds", "early_stopping": False}
    of_seeds = small(**params).fit(X, labels)
    same(small().fit(X, labels).predict_proba(X), of_seeds.predict_proba(X))


def test_one_network_is_trained_without_folds():
    params = {"n_networks": 1, "validation_fraction": 0.5}
    alone = small(**params).fit(X, Y)
    of_seed = small(**params, ensemble="seeds").fit(X, Y)
    same(alone.predict_proba(X), of_seed.predict_proba(X))


# fitted attributes


def test_attributes_describe_the_raw_table():
    frame = with_streets(X)
    classifier = small().fit(frame, Y)
    assert classifier.feature_names_in_.tolist() == frame.columns.tolist()
    assert classifier.n_features_in_ == 5
    matrix = classifier.preparation_.transform(frame)
    model = classifier.model_
    np.testing.assert_allclose(
        model.predict(matrix, verbose=0)[:, 0], classifier.predict_proba(frame)[:, 1]
    )
    each = [network.predict_proba(frame) for network in classifier.estimators_]
    np.testing.assert_allclose(
        np.mean(each, axis=0), classifier.predict_proba(frame), rtol=1e-12
    )
    classifier.fit(frame.to_numpy(object), Y)
    assert not hasattr(classifier, "feature_names_in_")


def test_names_of_the_columns_are_kept_in_all_kinds_of_training():
    names = X.columns.tolist()
    stopped = small(ensemble="seeds").fit(X, Y, X_val=X, y_val=Y)
    assert stopped.feature_names_in_.tolist() == names
    continued = small().partial_fit(X, Y).partial_fit(X, Y)
    assert continued.feature_names_in_.tolist() == names
    warm = small(warm_start=True).fit(X, Y).fit(X, Y)
    assert warm.feature_names_in_.tolist() == names


def test_a_failed_fit_leaves_the_estimator_as_it_was():
    classifier = small().fit(X, Y)
    before = classifier.predict_proba(X)
    with pytest.raises(ValueError, match=r"^Every|classes|class"):
        classifier.fit(X[["age"]], np.zeros(len(X)))
    assert classifier.n_features_in_ == 4
    same(classifier.predict_proba(X), before)


def through_pickle(estimator):
    return pickle.loads(pickle.dumps(estimator))


def through_skops(estimator):
    data = skops.io.dumps(estimator)
    return skops.io.loads(data, trusted=skweighted.TRUSTED_TYPES)


@pytest.mark.parametrize("through", [through_pickle, through_skops])
@pytest.mark.parametrize("labels", LABELS)
def test_a_saved_classifier_predicts_alike(through, labels):
    frame = with_streets(X)
    classifier = small().fit(frame, LABELS[labels])
    saved = through(classifier)
    same(saved.predict_proba(frame), classifier.predict_proba(frame))


# the rest of the classifier


@pytest.mark.parametrize(
    "params",
    [
        {"class_weight": "balanced", "correct_probabilities": True},
        {"loss": "logit_adjusted", "correct_probabilities": True},
        {"calibration": "temperature"},
        {"threshold": "f1"},
        {"cost_matrix": [[0, 1], [5, 0]]},
        {"ensemble": "balanced", "early_stopping": False},
        {"categorical_features": ["city", "member"]},
    ],
)
def test_parameters_of_the_classifier_have_their_effect(params):
    frame = X.assign(city=X["city"].fillna("none"))
    proba = small(**params).fit(frame, Y).predict_proba(frame)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    decisions = small(**params).fit(frame, Y).predict(frame)
    plain = small().fit(frame, Y)
    changed = not np.array_equal(proba, plain.predict_proba(frame))
    assert changed or not np.array_equal(decisions, plain.predict(frame))


@pytest.mark.parametrize("shares", [(0.3, 0.7), (0.7, 0.3), (1, 0.3)])
def test_batches_in_which_other_values_are_frequent_train_the_same_networks(shares):
    generator = np.random.default_rng(0)
    classifier = small(n_networks=2, numeric_embedding=["periodic", "piecewise_linear"])
    for share in shares:
        gains = generator.normal(size=len(X))
        gains[: int(share * (len(X) - 5))] = 0
        frame = pd.DataFrame({"gain": gains, "age": generator.normal(size=len(X))})
        classifier.partial_fit(frame, Y)
    classifier.set_params(warm_start=True, ensemble="seeds", early_stopping=False)
    classifier.fit(frame, Y)
    assert np.isfinite(classifier.predict_proba(frame)).all()


@pytest.mark.parametrize("case", ["tiny", "shares", "zeros and tiny", "huge"])
def test_numbers_of_any_size_train(case):
    generator = np.random.default_rng(0)
    draw = generator.uniform(size=600)
    column = {
        "tiny": draw * 1e-40,
        "shares": 10 ** (-300 * draw),
        "zeros and tiny": np.where(draw < 0.6, 0, 10 ** (-80 * draw)),
        "huge": draw * 1e39,
    }[case]
    frame = pd.DataFrame({"x": column, "z": generator.normal(size=600)})
    params = {"dtype": "auto", "epochs": 2, "input_scaling": "robust"}
    fit = small(n_networks=2, **params).fit(frame, draw > 0.8)
    assert np.isfinite(fit.predict_proba(frame)).all()
    assert fit._trained.networks[0].network.dtype == (
        "float64" if case == "huge" else "float32"
    )


@pytest.mark.parametrize(
    ("n_rows", "n_columns", "dtype"),
    [(199, 20, "float64"), (200, 2, "float32"), (100, 50, "float32")],
)
def test_large_tables_are_trained_in_float32(n_rows, n_columns, dtype):
    X = np.random.default_rng(0).normal(size=(n_rows, n_columns))
    params = {"dtype": "auto", "n_networks": 1, "early_stopping": False}
    fit = small(epochs=1, numeric_embedding=None, **params).fit(X, X[:, 0] > 0)
    assert fit._trained.networks[0].network.dtype == dtype


@pytest.mark.parametrize(
    ("n_rows", "params", "size"),
    [
        (60, {}, 64),  # 53 rows in a batch
        (317, {}, 192),  # 278 rows in two batches, as with 256
        (600, {}, 192),  # 525 rows in three
        (600, {"ensemble": "seeds", "early_stopping": False}, 256),
        (2000, {}, 256),
        (600, {"batch_size": 100}, 100),
    ],
)
def test_a_batch_is_no_larger_than_the_steps_of_an_epoch_need(n_rows, params, size):
    X = np.random.default_rng(0).normal(size=(n_rows, 1))
    classifier = CostSensitiveTabularClassifier(**params)
    prepared = classifier._prepared(classifier._settings(), X, X[:, 0] > 0)
    for one in prepared.networks:
        assert one.settings.batch_size == size
        n_training = len(one.problem.rows.rows)
        if "batch_size" not in params:
            assert -(-n_training // size) == -(-n_training // 256)


def test_a_reduced_batch_size_trains_as_if_it_were_given():
    frame, y = pd.concat([X, X, X]), np.tile(Y, 3)
    reduced = small(batch_size="auto", alpha=0.25).fit(frame, y)  # 2 networks, 300 rows
    # The penalty is alpha / 2 / batch size, or 200.
    given = small(batch_size=192, alpha=0.25 * 192 / 200).fit(frame, y)
    assert reduced._settings().l2 == given._settings().l2
    same(reduced.predict_proba(frame), given.predict_proba(frame))
    whole_batches = small(batch_size=256, alpha=0.25 * 256 / 200).fit(frame, y)
    assert (reduced.predict_proba(frame) != whole_batches.predict_proba(frame)).any()


def test_partial_fit_has_batches_of_256_rows_whatever_the_rows():
    settings = small(batch_size="auto")._partial_fit_settings()
    assert (settings.batch_size, settings.reduces_batch_size) == (256, False)


def test_validation_rows_are_prepared_like_the_training_rows():
    frame = with_streets(X)
    training, other = frame[:150], frame[150:]
    params = {"ensemble": "seeds", "epochs": 20, "n_iter_no_change": 2}
    classifier = small(**params).fit(training, Y[:150], X_val=other, y_val=Y[150:])
    preparation = TablePreparation()
    matrix = preparation.fit_transform(training, Y[:150])
    params = classifier.get_params()
    del params["categorical_features"]
    twin = CostSensitiveMLPClassifier(**params)
    twin.fit(matrix, Y[:150], X_val=preparation.transform(other), y_val=Y[150:])
    assert classifier.best_epoch_ == twin.best_epoch_
    same(
        classifier.predict_proba(frame),
        twin.predict_proba(preparation.transform(frame)),
    )


def test_partial_fit_is_an_epoch_of_fit_on_all_rows():
    trained = small(optimizer="adamw", learning_rate=0.002)
    params = {"ensemble": "seeds", "early_stopping": False}
    at_once = clone(trained).set_params(**params).fit(X, Y)
    for _ in range(4):
        trained.partial_fit(X, Y)
    # Programs of one epoch and of four round differently.
    np.testing.assert_allclose(
        trained.predict_proba(X), at_once.predict_proba(X), rtol=1e-12
    )


def test_partial_fit_keeps_its_first_preparation_and_uses_no_target():
    frame = with_streets(X)
    classifier = small().partial_fit(frame, Y)
    first = classifier.preparation_
    assert "target" not in first.output_kinds_
    classifier.partial_fit(with_streets(table(seed=5)), Y)
    assert classifier.preparation_ is first


def test_a_warm_start_continues_with_the_same_preparation():
    frame = with_streets(X)
    params = {"warm_start": True, "early_stopping": False, "ensemble": "seeds"}
    classifier = small(**params).fit(frame, Y)
    first = classifier.preparation_
    matrix = first._transform_training_rows(frame, Y)
    same(matrix, clone(first).fit_transform(frame, Y))
    rest = {
        name: value
        for name, value in classifier.get_params().items()
        if name != "categorical_features"
    }
    twin = CostSensitiveMLPClassifier(**rest).fit(matrix, Y).fit(matrix, Y)
    classifier.fit(frame, Y)
    assert classifier.preparation_ is first
    same(classifier.predict_proba(frame), twin.predict_proba(first.transform(frame)))


def test_fits_together_are_the_fits_alone():
    tables = [with_streets(table(seed=seed), seed) for seed in range(2)]
    together = fit_together((small(), frame, Y) for frame in tables)
    for fitted, frame in zip(together, tables, strict=True):
        alone = small().fit(frame, Y)
        np.testing.assert_allclose(
            fitted.predict_proba(frame), alone.predict_proba(frame), rtol=1e-9
        )


def test_a_search_prepares_the_training_rows_of_each_fold():
    grid = {"class_weight": [None, {False: 1, True: 3}]}
    params = {"cv": StratifiedKFold(3), "scoring": "average_precision"}
    frame = with_streets(X)
    ours = ClassWeightSearchCV(small(), grid, **params).fit(frame, Y)
    theirs = GridSearchCV(small(), grid, **params).fit(frame, Y)
    for fold in range(3):
        name = f"split{fold}_test_score"
        np.testing.assert_allclose(ours.cv_results_[name], theirs.cv_results_[name])
    np.testing.assert_allclose(ours.predict_proba(frame), theirs.predict_proba(frame))


def test_priors_are_corrected_around_it():
    proba = PriorCorrectedClassifier(small()).fit(X, Y).predict_proba(X)
    assert proba.shape == (len(X), 2)


def test_the_doctor_knows_that_it_scales_numbers():
    frame = X.assign(age=X["age"] * 1e5)
    title = "receives unscaled inputs"
    assert title in str(doctor(CostSensitiveMLPClassifier(), frame[["age"]], Y))
    assert title not in str(doctor(small(), frame[["age"]], Y))


def test_frames_as_output_of_transformers_have_no_effect():
    with config_context(transform_output="pandas"):
        proba = small().fit(X, Y).predict_proba(X)
    same(proba, small().fit(X, Y).predict_proba(X))


def test_an_infinite_value_is_an_error_that_names_the_column():
    message = (
        "X must not contain infinite values. Column 'age' has 200 infinite values. "
        "Replace them with numbers, or with NaN if they are missing."
    )
    with pytest.raises(ValueError, match=whole(message)):
        small().fit(X.assign(age=np.inf), Y)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {},
            "ensemble='folds' needs at least two rows of every class. There is one of "
            "class True. Use ensemble='seeds', which supports neither threshold nor "
            "calibration.",
        ),
        (
            {"n_networks": 1},
            "ensemble='folds' needs at least two networks. Got n_networks=1. Use a "
            "larger n_networks, or ensemble='seeds', which supports neither threshold "
            "nor calibration.",
        ),
    ],
)
def test_a_threshold_needs_folds_and_says_why_there_are_none(params, message):
    y = np.arange(len(X)) == 3
    with pytest.raises(ValueError, match=whole(message)):
        small(threshold="f1", **params).fit(X, y)


def test_a_first_batch_without_embedded_columns_is_continued():
    first = pd.DataFrame({"amount": np.r_[1, np.zeros(19)]})
    second = pd.DataFrame({"amount": np.arange(20.0)})
    labels = np.arange(20) % 2
    steps = small().partial_fit(first, labels).partial_fit(second, labels)
    assert steps.n_iter_ == 2
    warm = small(warm_start=True, ensemble="seeds", early_stopping=False)
    warm.fit(first, labels).fit(second, labels)
    assert np.isfinite(warm.predict_proba(second)).all()


def test_a_warm_start_cannot_change_the_embedding():
    classifier = small(warm_start=True).fit(X, Y)
    message = (
        "warm_start=True continues the training of the same network, but its "
        "numeric_embedding changed from 'piecewise_linear' to {!r}. To start over, "
        "clone the estimator, or call fit with warm_start=False."
    )
    for other in ("periodic", None, ("periodic", "piecewise_linear")):
        with pytest.raises(ValueError, match=whole(message.format(other))):
            classifier.set_params(numeric_embedding=other).fit(X, Y)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            pd.Series(["Rome", 31.0]),
            "X must be a table with rows and columns. Got a Series of 1 dimension. "
            "Pass one row as a list of rows, [row], or as X.iloc[[0]].",
        ),
        (
            {"city": "Rome"},
            "X must be a table with rows and columns. Got a dict of 0 dimensions. "
            "Pass a DataFrame, or an array of two dimensions.",
        ),
        (
            pl.LazyFrame({"city": ["Rome"]}),
            "X must be a table with rows and columns. Got a LazyFrame of 0 dimensions. "
            "Pass X.collect().",
        ),
        (
            [["Rome", 31.0], ["Oslo"]],
            "All rows of X must have the same length. X is a sequence of rows of "
            "several lengths.",
        ),
    ],
)
def test_what_is_no_table_is_explained(row, message):
    classifier = small().fit(X, Y)
    with pytest.raises(ValueError, match=whole(message)):
        classifier.predict(row)


def test_swapped_x_and_y_are_explained():
    message = (
        "A y with several columns must contain only 0 and 1, with one column for each "
        "label of a multilabel problem. For several columns of classes, use "
        "sklearn.multioutput.MultiOutputClassifier. Are X and y swapped?"
    )
    for table in (X, pl.from_pandas(X), X.to_numpy(dtype=object)):
        with pytest.raises(ValueError, match=whole(message)):
            small().fit(Y, table)


def test_scores_by_name_monitor_the_second_class():
    texts = np.where(Y, "yes", "no")
    params = {"epochs": 20, "monitor": "f1"}
    by_text, by_number = small(**params).fit(X, texts), small(**params).fit(X, Y * 1)
    same(by_text.predict_proba(X), by_number.predict_proba(X))
