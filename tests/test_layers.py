"""Input stages: a NumPy twin, `keras.Model.fit`, and laws of their statistics."""

from dataclasses import replace

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from messages import whole
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.preprocessing import RobustScaler, StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import get_tags

from skweighted import CostSensitiveMLPClassifier
from skweighted._engine._predict import Forward
from skweighted._estimator._fit import prepared_fit
from skweighted._estimator._input import Arrays
from skweighted._estimator._scaling import _STATISTICS, Column
from skweighted.layers import (
    InputScaling,
    MemberInputs,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    cosine_of_turns,
)

X, y = make_classification(
    300, 6, n_informative=5, n_redundant=0, weights=[0.8], flip_y=0.05, random_state=0
)
X = X * [1, 10, 100, 1, 1, 1]
X[:, 5] = X[:, 5] > 0
WITH_GAPS = X.copy()
WITH_GAPS[::7, 2] = np.nan
SCALED = X / [1, 10, 100, 1, 1, 1]
WEIGHT = np.random.default_rng(0).integers(1, 4, len(y)).astype(float)

CASES = {
    "standard": {"input_scaling": "standard"},
    "robust": {"input_scaling": "robust"},
    "periodic": {"numeric_embedding": "periodic"},
    "both": {"input_scaling": "robust", "numeric_embedding": "periodic"},
    "pieces": {"input_scaling": "robust", "numeric_embedding": "piecewise_linear"},
    "pieces of raw numbers": {"numeric_embedding": "piecewise_linear"},
    "in turn": {
        "input_scaling": "standard",
        "numeric_embedding": ["periodic", "piecewise_linear"],
    },
    "both, decayed": {
        "input_scaling": "robust",
        "numeric_embedding": "periodic",
        "optimizer": "adamw",
        "learning_rate": 0.001,
        "dropout": 0.2,
    },
    "members": {"input_scaling": "standard", "n_members": 3},
    "members of pieces": {
        "input_scaling": "robust",
        "numeric_embedding": "piecewise_linear",
        "n_members": 2,
        "dropout": 0.2,
    },
}


ADAM = {"optimizer": "adam", "learning_rate": 0.001}


def classifier(**params):
    # Adam takes twice as long to compile.
    defaults = {
        "optimizer": "sgd",
        "learning_rate": 0.05,
        "epochs": 5,
        "random_state": 0,
        "batch_size": 64,
    }
    return CostSensitiveMLPClassifier((8,), **(defaults | params))


def data_of(params):
    return WITH_GAPS if "input_scaling" in params else X / [1, 10, 100, 1, 1, 1]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", CASES)
def test_both_engines_train_the_same_network(case, dtype):
    params, rows = CASES[case], data_of(CASES[case])
    xla, slow = (
        classifier(engine=engine, dtype=dtype, **params).fit(rows, y)
        for engine in ("xla", "keras")
    )
    # XLA and TensorFlow differ in the order of sums.
    close = {"rtol": 1e-9} if dtype == "float64" else {"rtol": 1e-4, "atol": 1e-5}
    np.testing.assert_allclose(
        xla.predict_proba(rows), slow.predict_proba(rows), **close
    )
    # Keras averages the losses of batches in float32.
    np.testing.assert_allclose(xla.loss_curve_, slow.loss_curve_, rtol=1e-4)


@pytest.mark.parametrize("case", CASES)
def test_several_networks_train_like_single_ones(case):
    params, rows = CASES[case], data_of(CASES[case])
    ensemble = classifier(n_networks=3, **params).fit(rows, y)
    kinds = np.atleast_1d(params.get("numeric_embedding"))
    for number, part in enumerate(ensemble.estimators_):
        single = clone(part).set_params(numeric_embedding=kinds[number % len(kinds)])
        single.fit(rows, y)
        np.testing.assert_allclose(
            part.predict_proba(rows), single.predict_proba(rows), rtol=1e-9
        )
    np.testing.assert_allclose(
        ensemble.predict_proba(rows),
        np.mean([one.predict_proba(rows) for one in ensemble.estimators_], axis=0),
        rtol=1e-9,
    )


@pytest.mark.parametrize("case", CASES)
def test_the_model_takes_the_same_rows_and_can_be_loaded(case, tmp_path):
    params, rows = CASES[case], data_of(CASES[case])
    fit = classifier(**params).fit(rows, y)
    expected = fit.predict_proba(rows)[:, 1]
    fit.model_.save(tmp_path / "model.keras")
    for model in (fit.model_, keras.models.load_model(tmp_path / "model.keras")):
        np.testing.assert_allclose(model(rows)[:, 0], expected, rtol=1e-9)


@pytest.mark.parametrize("n_members", [1, 3])
def test_members_average_their_losses_and_share_all_but_factors_and_heads(n_members):
    fit = classifier(n_members=n_members, alpha=0, shuffle=False, batch_size=300)
    fit.set_params(epochs=1, learning_rate=0.125).fit(SCALED, y)
    # One step of gradient descent by hand, from the same start.
    start = prepared_fit(fit._settings(), 0, Arrays(SCALED, y, np.ones(len(y))))
    factor, *shared, heads, biases = map(
        tf.Variable, start.networks[0].start.parameters
    )
    with tf.GradientTape() as tape:
        losses = []
        for k in range(n_members):
            hidden = tf.nn.relu((SCALED * factor[k]) @ shared[0] + shared[1])
            logits = (hidden @ heads[k] + biases[k])[:, 0]
            losses.append(
                tf.reduce_mean(
                    tf.nn.sigmoid_cross_entropy_with_logits(y.astype(float), logits)
                )
            )
        loss = sum(losses) / n_members
    weights = [factor, *shared, heads, biases]
    for weight, gradient in zip(weights, tape.gradient(loss, weights), strict=True):
        weight.assign_sub(0.125 * gradient)
    np.testing.assert_allclose(fit.loss_curve_, [loss], rtol=1e-6)
    for ours, expected in zip(fit.model_.get_weights(), weights, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-12)


def test_first_factors_are_signs_alike_for_an_embedding_and_ones_of_one_member():
    rows = np.zeros((2, 4))
    layer = MemberInputs(50, groups=[0, 1, 1, 2], seed=0)
    assert layer(rows).shape == (2, 50, 4)
    [factor] = layer.get_weights()
    assert set(factor.ravel()) == {-1, 1}
    np.testing.assert_array_equal(factor[:, 1], factor[:, 2])
    assert np.linalg.matrix_rank(factor) == 3
    [alone] = (
        classifier(n_members=1, learning_rate=1e-12)
        .fit(SCALED, y)
        .model_.layers[0]
        .get_weights()
    )
    np.testing.assert_allclose(alone, np.ones((1, 6)))
    params = CASES["members of pieces"] | {"learning_rate": 1e-12}
    fit = classifier(**params).fit(WITH_GAPS, y)
    [factor] = fit.model_.get_layer("members").get_weights()
    # A column of two values and a flag, then eight functions of each of five numbers.
    assert factor.shape == (2, 2 + 5 * 8)
    for first in range(2, 42, 8):
        assert np.ptp(factor[:, first : first + 8], axis=1).max() < 1e-6


def test_members_go_on_training_where_they_stopped():
    params = CASES["members"] | {"epochs": 2, "shuffle": False}
    at_once = classifier(**params).fit(X, y)
    parts = classifier(**params | {"epochs": 1}, warm_start=True)
    for _ in range(2):
        parts.fit(X, y)
    np.testing.assert_allclose(
        parts.predict_proba(X), at_once.predict_proba(X), rtol=1e-9
    )
    message = (
        "warm_start=True continues the training of the same network, but its n_members "
        "changed from 3 to 2. To start over, clone the estimator, or call fit with "
        "warm_start=False."
    )
    with pytest.raises(ValueError, match=whole(message)):
        parts.set_params(n_members=2).fit(X, y)


def test_a_weight_of_two_is_two_copies_for_members():
    params = {"n_members": 3, "shuffle": False, "batch_size": 1000, "epochs": 3}
    copies = np.repeat(np.arange(len(y)), WEIGHT.astype(int))
    weighted = classifier(**params).fit(SCALED, y, WEIGHT)
    repeated = classifier(**params).fit(SCALED[copies], y[copies])
    np.testing.assert_allclose(
        weighted.predict_proba(SCALED), repeated.predict_proba(SCALED), rtol=1e-7
    )


def test_members_with_the_loss_of_a_whole_batch_need_the_fused_engine():
    fused = classifier(n_members=2, loss="mean_false_error", epochs=1).fit(SCALED, y)
    assert fused.engine_ == "xla"
    message = (
        "The loss MeanFalseError is that of a whole batch, and each of n_members=2 "
        "needs its own, which Keras cannot compute. Use engine='xla', another loss, "
        "or n_members=None."
    )
    with pytest.raises(ValueError, match=whole(message)):
        fused.set_params(engine="keras").fit(SCALED, y)


def test_statistics_of_standard_scaling_are_scikit_learns():
    inside = classifier(input_scaling="standard").fit(X, y, WEIGHT)
    scaler = StandardScaler().fit(X, sample_weight=WEIGHT)
    outside = classifier().fit(scaler.transform(X), y, WEIGHT)
    np.testing.assert_allclose(
        inside.predict_proba(X),
        outside.predict_proba(scaler.transform(X)),
        rtol=1e-9,
    )


def test_robust_scaling_is_that_of_its_formula():
    # With this number of rows, the quartiles are three of them.
    odd = X[:297]
    center, factor, *_ = (
        classifier(input_scaling="robust").fit(odd, y[:297]).model_.weights
    )
    scaler = RobustScaler().fit(odd[:, :5])
    np.testing.assert_allclose(center[:5], scaler.center_, rtol=1e-12)
    np.testing.assert_allclose(factor[:5], 1 / scaler.scale_, rtol=1e-12)
    layer = InputScaling(smooth=True, flagged=[1], dtype="float64")
    rows = np.array([[4.0, np.nan], [0.0, 2.0]])
    layer(rows)
    layer.set_weights([np.array([1.0, 1.0]), np.array([3.0, 0.5])])
    z = np.array([[9.0, 0.0], [-3.0, 0.5]])
    expected = np.c_[z / np.sqrt(1 + (z / 3) ** 2), [1.0, 0.0]]
    np.testing.assert_allclose(layer(rows), expected, rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_largest_numbers_are_compressed_to_three(dtype):
    layer = InputScaling(dtype=dtype)
    largest = np.finfo(dtype).max / 2
    np.testing.assert_allclose(layer(np.array([[largest], [-largest]])), [[3], [-3]])


def test_a_layer_scales_and_embeds_the_last_axis():
    rows = np.linspace(-1, 1, 24).reshape(2, 3, 4)
    for layer in (
        InputScaling(dtype="float64"),
        PeriodicEmbedding(columns=[1], seed=0, dtype="float64"),
        PiecewiseLinearEmbedding(columns=[1], seed=0, dtype="float64"),
    ):
        together = np.asarray(layer(rows))
        for one, row in zip(together, rows, strict=True):
            np.testing.assert_allclose(one, layer(row), rtol=1e-12)


@pytest.mark.parametrize(
    ("n_values", "n_bins"), [(3, 16), (17, 16), (18, 64), (99, 64)]
)
def test_there_are_no_more_bins_than_values_need(n_values, n_bins):
    generator = np.random.default_rng(0)
    X = generator.permutation(np.arange(300) % n_values)[:, np.newaxis]
    fit = classifier(
        input_scaling="robust", numeric_embedding="piecewise_linear", epochs=1
    ).fit(X.astype(float), generator.integers(2, size=300))
    [_, layer, *_] = [one for one in fit.model_.layers if one.weights]
    assert layer.n_bins == n_bins
    if n_values <= 64:  # each is an edge
        assert (layer.weights[-1].numpy() > 0).sum() == n_values - 1


@pytest.mark.parametrize("layer", [PeriodicEmbedding, PiecewiseLinearEmbedding])
def test_columns_are_not_counted_from_the_end(layer):
    with pytest.raises(
        ValueError, match=whole("columns must be at least 0. Got [-1].")
    ):
        layer(columns=[-1])


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (InputScaling(flagged=[7]), "flagged {}, 4. Got [7]."),
        (PeriodicEmbedding([7]), "columns {}, 4. Got [7]."),
        (PiecewiseLinearEmbedding([0, 0]), "columns {}, 4. Got [0, 0]."),
        (
            MemberInputs(groups=[0, 1]),
            "groups must have a number for each of the 4 inputs. Got 2: [0, 1].",
        ),
    ],
    ids=lambda one: type(one).__name__,
)
def test_layers_check_their_columns(layer, message):
    rule = "must be distinct and smaller than the number of features"
    with pytest.raises(ValueError, match=whole(message.format(rule))):
        layer(np.zeros((5, 4), dtype="float32"))


@pytest.mark.parametrize(
    "layer", [InputScaling(), PeriodicEmbedding([0]), PiecewiseLinearEmbedding([0])]
)
def test_layers_need_a_number_of_features(layer):
    message = (
        "The number of features must be known. Got an input of shape (None, None)."
    )
    with pytest.raises(ValueError, match=whole(message)):
        layer(keras.Input((None,)))


def test_columns_without_spread_have_no_effect():
    rows = np.c_[X, np.full(len(X), 7.0), np.full(len(X), np.nan)]
    fit = classifier(input_scaling="robust").fit(rows, y)
    changed = rows.copy()
    changed[:, 6] = 1e6
    np.testing.assert_array_equal(fit.predict_proba(rows), fit.predict_proba(changed))
    center, factor, *_ = fit.model_.weights
    np.testing.assert_array_equal(factor[6:], 0)
    np.testing.assert_array_equal(center[6:], [7.0, 0.0])


def test_a_column_whose_quartiles_are_equal_is_scaled_by_its_range():
    rows = X.copy()
    rows[:, 5] = np.arange(len(X)) % 10 == 0
    rows[::20, 5] = 2
    _, factor, *_ = classifier(input_scaling="robust").fit(rows, y).model_.weights
    assert float(factor[5]) == 1.0


def test_two_values_become_zero_and_one():
    rows = np.c_[X, np.where(X[:, 5], 7.0, 3.0)]
    fit = classifier(input_scaling="robust").fit(rows, y)
    center, factor, *_ = fit.model_.weights
    np.testing.assert_array_equal(center[5:], [0.0, 3.0])
    np.testing.assert_array_equal(factor[5:], [1.0, 0.25])


def test_waves_are_those_of_their_formula():
    layer = PeriodicEmbedding(columns=[2, 0], dtype="float64", seed=0)
    rows = X[:7]
    found = np.asarray(layer(rows))
    frequency, kernel, bias = layer.get_weights()
    for number, column in enumerate((2, 0)):
        angle = 2 * np.pi * rows[:, [column]] * frequency[number]
        waves = np.hstack([np.cos(angle), np.sin(angle)])
        expected = np.maximum(waves @ kernel + bias, 0)
        # Sums of waves that nearly cancel.
        np.testing.assert_allclose(found[:, 4 + number :: 2], expected, atol=1e-13)
    np.testing.assert_array_equal(found[:, :4], rows[:, [1, 3, 4, 5]])


def test_pieces_are_those_of_their_formula():
    layer = PiecewiseLinearEmbedding(columns=[1], n_bins=3, width=2, dtype="float64")
    rows = np.array([[5.0, -1.0], [5.0, 0.5], [5.0, 3.0], [5.0, 9.0]])
    layer(rows)
    kernel = np.array([[[1.0, 10.0], [2.0, 20.0], [7.0, 70.0]]])
    slope, bias = np.array([[0.5, 0.0]]), np.array([[0.0, 4.0]])
    # Bins from 0 to 1 and from 1 to 5; the third has no effect.
    lower, factor = np.array([[0.0, 1.0, 0.0]]), np.array([[1.0, 0.25, 0.0]])
    layer.set_weights([kernel, slope, bias, lower, factor])
    expected = [
        [5.0, -0.5, 4.0],
        [5.0, 0.25 + 0.5, 4.0 + 5.0],
        [5.0, 1.5 + 1.0 + 1.0, 4.0 + 10.0 + 10.0],
        [5.0, 4.5 + 1.0 + 2.0, 4.0 + 10.0 + 20.0],
    ]
    np.testing.assert_allclose(layer(rows), expected, rtol=1e-12)


def bins_by_hand(values, labels):
    """Return the edges between quantiles, and those of scikit-learn's tree."""
    tree = DecisionTreeClassifier(criterion="log_loss", max_leaf_nodes=16)
    tree.fit(values[:, np.newaxis], labels)
    thresholds = tree.tree_.threshold[tree.tree_.feature >= 0]
    above = [values[values > threshold].min() for threshold in thresholds]
    shares = np.linspace(0, 1, 65 - len(thresholds))
    return np.union1d(np.quantile(values, shares, method="inverted_cdf"), above)


def test_bins_lie_between_quantiles_and_thresholds_of_a_tree():
    rows = X / [1, 10, 100, 1, 1, 1]
    fit = classifier(**CASES["pieces of raw numbers"]).fit(rows, y)
    *_, lower, factor = fit.model_.layers[0].get_weights()
    expected = bins_by_hand(rows[:, 0], y)
    n_bins = len(expected) - 1
    np.testing.assert_allclose(lower[0, :n_bins], expected[:-1], rtol=1e-12)
    np.testing.assert_allclose(factor[0, :n_bins], 1 / np.diff(expected), rtol=1e-9)
    assert not factor[0, n_bins:].any()


def test_many_columns_have_fewer_bins_each_between_quantiles():
    rows = np.random.default_rng(0).normal(size=(len(y), 130))
    fit = classifier(numeric_embedding="piecewise_linear", epochs=1).fit(rows, y)
    *_, lower, factor = fit.model_.layers[0].get_weights()
    assert lower.shape == (130, 31)  # of 4,096 bins
    shares = np.linspace(0, 1, 32)
    edges = np.quantile(rows, shares, method="inverted_cdf", axis=0).T
    np.testing.assert_allclose(lower, edges[:, :-1], rtol=1e-12)
    np.testing.assert_allclose(factor, 1 / np.diff(edges), rtol=1e-9)


def test_more_than_512_columns_are_not_embedded():
    rows = np.random.default_rng(0).normal(size=(len(y), 513))
    for kind in ("periodic", "piecewise_linear"):
        fit = classifier(numeric_embedding=kind, input_scaling="robust", epochs=1)
        names = [layer.name for layer in fit.fit(rows, y).model_.layers]
        assert "waves" not in names
        assert "pieces" not in names
        assert fit.model_.get_layer("scaling").smooth
    # A column of two values is not embedded, and does not count.
    rows[:, 0] = rows[:, 0] > 0
    assert "pieces" in [layer.name for layer in fit.fit(rows, y).model_.layers]


def test_a_tree_of_many_values_finds_a_limit_among_groups_of_them():
    values = np.arange(5000.0)
    fit = classifier(numeric_embedding="piecewise_linear", epochs=1)
    fit.fit(values[:, np.newaxis], values >= 3300)
    *_, lower, factor = fit.model_.layers[0].get_weights()
    # Of 1,024 groups, which have five values; the nearest quantiles are 33 away.
    assert np.abs(lower[0, factor[0] > 0] - 3300).min() <= 5


def test_rows_that_a_network_holds_out_have_no_part_in_its_bins():
    folds = classifier(
        numeric_embedding="piecewise_linear", n_networks=3, ensemble="folds"
    )
    arrays = Arrays(X[:, :1], y, np.ones(len(y)))
    prepared = prepared_fit(folds._settings(), 0, arrays)
    for network, share in zip(prepared.networks, prepared.shares, strict=True):
        assert len(share.held_out) == 100
        lower = network.start.parameters[3][0]
        expected = bins_by_hand(X[share.rows, 0], y[share.rows])
        np.testing.assert_allclose(lower[: len(expected) - 1], expected[:-1])


@pytest.mark.parametrize(("dtype", "error"), [("float32", 5e-7), ("float64", 3e-15)])
def test_waves_are_cosines_to_their_precision(dtype, error):
    turns = np.linspace(-3, 3, 12_001).astype(dtype)
    found = np.asarray(cosine_of_turns(keras.ops.convert_to_tensor(turns)))
    assert found.dtype == dtype
    exact = np.cos(2 * np.pi * turns.astype(np.float64))
    np.testing.assert_allclose(found, exact, rtol=0, atol=error)


def test_columns_of_two_values_have_no_waves():
    fit = classifier(**CASES["both"]).fit(X, y)
    layer = next(one for one in fit.model_.layers if one.name in ("waves", "pieces"))
    assert layer.columns == (0, 1, 2, 3, 4)


@pytest.mark.parametrize("case", ["both", "pieces"])
def test_a_frequent_value_leaves_the_bins_and_the_scale_to_the_others(case):
    gains = np.zeros(len(y))
    gains[::5] = np.linspace(10, 100, len(y) // 5)
    rows = np.c_[X[:, :2], gains]
    fit = classifier(**CASES[case]).fit(rows, y)
    scaling = fit.model_.get_layer("scaling")
    lower, upper = np.quantile(gains[gains > 0], [0.25, 0.75], method="inverted_cdf")
    assert np.asarray(scaling.center)[2] == 0
    assert np.isclose(np.asarray(scaling.factor)[2], 1 / (upper - lower), rtol=1e-6)
    pieces = fit.model_.get_layer("pieces")
    factor = pieces.get_weights()[-1][pieces.columns.index(0 if case == "both" else 2)]
    # Quantiles of all rows would leave 13 of the 64 bins to these 60 values.
    assert (factor > 0).sum() > 30
    if case == "both":
        assert fit.model_.get_layer("waves").columns == (0, 1)


def test_values_that_are_all_frequent_are_edges_of_their_own():
    rows = np.repeat([0.0, 1, 5, 9], 75)[:, np.newaxis]
    fit = classifier(numeric_embedding="piecewise_linear").fit(rows, y)
    lower, factor = fit.model_.get_layer("pieces").get_weights()[-2:]
    assert lower[0, :3].tolist() == [0, 1, 5]
    assert factor[0, :4].tolist() == [1, 0.25, 0.25, 0]


def test_float32_scores_close_values_as_float64_does():
    # Bins between them would be so narrow that the rounding of a scaled value counts.
    losses = np.r_[np.zeros(200), np.linspace(2000, 2001, 100)]
    fit = classifier(**CASES["pieces"], **ADAM, epochs=50, dtype="float32")
    fit.fit(losses[:, np.newaxis], y)
    (trained,) = fit._trained.networks
    exact = Forward(
        replace(trained.network, dtype="float64"),
        [[array.astype(np.float64) for array in trained.parameters]],
    )
    rows = np.linspace(1990, 2010, 20_000)[:, np.newaxis]
    proba = exact(rows)[0, :, 0]
    np.testing.assert_allclose(fit.predict_proba(rows)[:, 1], proba, rtol=0, atol=1e-4)


@pytest.mark.parametrize("case", ["standard", "robust", "both", "pieces"])
def test_a_row_of_weight_k_equals_k_copies(case):
    copies = np.repeat(np.arange(len(y)), WEIGHT.astype(int))
    fit = classifier(batch_size=10**6, shuffle=False, **CASES[case])
    weighted = clone(fit).fit(WITH_GAPS, y, WEIGHT).predict_proba(WITH_GAPS)
    repeated = fit.fit(WITH_GAPS[copies], y[copies]).predict_proba(WITH_GAPS)
    # The same sums in another order.
    np.testing.assert_allclose(weighted, repeated, rtol=1e-9)


@pytest.mark.parametrize("scaling", ["robust", "standard"])
@pytest.mark.parametrize("unit", [0.1, 1 / 3, 0.7])
def test_statistics_of_columns_depend_on_ratios_of_weights_only(scaling, unit):
    # Of 60 to 139 rows, many quartiles are between two rows. Sums of many weights are
    # rounded more.
    for n_rows in [*range(60, 140), 400_000]:
        column = np.random.default_rng(n_rows).normal(size=n_rows)
        weight = np.random.default_rng(n_rows).integers(1, 4, n_rows).astype(float)
        weight = np.ones(n_rows) if n_rows == 400_000 else weight
        one, other = (
            _STATISTICS[scaling](Column.of(column, weight * each))
            for each in (1.0, unit)
        )
        np.testing.assert_allclose(one, other, rtol=1e-12)


def test_a_row_of_weight_zero_is_absent():
    weight = np.r_[np.zeros(20), np.ones(len(y) - 20)]
    rows = WITH_GAPS.copy()
    rows[:20] *= 1e6
    fit = classifier(shuffle=False, **CASES["both"])
    with_them = clone(fit).fit(rows, y, weight).predict_proba(rows)
    without = fit.fit(rows[20:], y[20:]).predict_proba(rows)
    np.testing.assert_allclose(with_them, without, rtol=1e-9)


def test_sparse_rows_give_the_network_of_dense_ones():
    dense = classifier(**CASES["both"]).fit(X, y)
    sparse = classifier(**CASES["both"]).fit(csr_array(X), y)
    np.testing.assert_array_equal(
        dense.predict_proba(X), sparse.predict_proba(csr_array(X))
    )


def test_missing_values_need_scaling():
    assert not get_tags(classifier()).input_tags.allow_nan
    assert get_tags(classifier(input_scaling="robust")).input_tags.allow_nan
    message = (
        "Column {!r} of X contains NaN. CostSensitiveMLPClassifier accepts missing "
        "values with input_scaling='robust' or 'standard', which replaces and flags "
        "them. CostSensitiveTabularClassifier always accepts them."
    )
    gap = int(np.isnan(WITH_GAPS).any(axis=0).argmax())
    with pytest.raises(ValueError, match=whole(message.format(gap))):
        classifier().fit(WITH_GAPS, y)
    frame = pd.DataFrame({"age": X[:, 0], "sum": pd.array([None] + [1] * (len(X) - 1))})
    with pytest.raises(ValueError, match=whole(message.format("sum"))):
        classifier().fit(frame, y)
    message = (
        "Column 'sum' of X contains objects and pd.NA. Convert it to numbers first, "
        "for example with pd.to_numeric."
    )
    scaled = classifier(input_scaling="robust")
    # Missing values in these columns are allowed.
    with_gaps = frame.assign(age=np.nan, count=frame["sum"])[["age", "count", "sum"]]
    with pytest.raises(ValueError, match=whole(message)):
        scaled.fit(with_gaps.astype({"sum": object}), y)
    scaled.fit(frame.assign(sum=pd.to_numeric(frame["sum"].astype(object))), y)
    with pytest.raises(ValueError, match="Input X contains infinity"):
        classifier(input_scaling="robust").fit(np.where(X > 2, np.inf, X), y)


def test_further_training_keeps_the_scaling():
    fit = classifier(warm_start=True, **CASES["both"]).fit(WITH_GAPS, y)
    center = np.asarray(fit.model_.weights[0])
    fit.fit(X + 100, y)
    np.testing.assert_array_equal(fit.model_.weights[0], center)
    steps = classifier(**CASES["both"], **ADAM)
    for _ in range(5):
        steps.partial_fit(WITH_GAPS, y)
    whole_fit = classifier(**CASES["both"], **ADAM).fit(WITH_GAPS, y)
    np.testing.assert_allclose(
        steps.predict_proba(WITH_GAPS), whole_fit.predict_proba(WITH_GAPS), rtol=1e-9
    )


def test_a_warm_start_cannot_add_stages():
    rows = X / [1, 10, 100, 1, 1, 1]
    fit = classifier(warm_start=True, epochs=1).fit(rows, y)
    message = (
        "warm_start=True continues the training of the same network, but its "
        "input_scaling changed from {!r} to {!r}. To start over, clone the estimator, "
        "or call fit with warm_start=False."
    )
    with pytest.raises(ValueError, match=whole(message.format(None, "robust"))):
        fit.set_params(input_scaling="robust").fit(rows, y)
    fit.set_params(warm_start=False).fit(rows, y)
    with pytest.raises(ValueError, match=whole(message.format("robust", "standard"))):
        fit.set_params(input_scaling="standard", warm_start=True).fit(rows, y)


def test_a_batch_of_two_rows_keeps_the_embedding():
    steps = classifier(**CASES["both"]).partial_fit(WITH_GAPS, y)
    steps.partial_fit(WITH_GAPS[:2], y[:2])
    assert steps.n_iter_ == 2


def test_an_unknown_embedding_is_an_error():
    message = (
        "numeric_embedding must be one of 'periodic', 'piecewise_linear', a sequence "
        "of them, or None. Got 'waves'."
    )
    with pytest.raises(ValueError, match=whole(message)):
        classifier(numeric_embedding="waves").fit(X, y)


def test_columns_sorted_by_value_have_waves():
    rows = np.zeros((20_000, 1))
    rows[15_000:, 0] = np.arange(5_000)
    stages = input_stages_of(rows)
    assert stages[0].columns == (0,)


def input_stages_of(rows):
    """Return the input stages of a network with waves only."""
    fit = classifier(numeric_embedding="periodic")
    labels = np.arange(len(rows)) % 2
    return fit._prepared(fit._settings(), rows, labels).networks[0].start.network.inputs
