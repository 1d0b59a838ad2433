"""Class weights: laws, and sklearn as the oracle."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from messages import whole
from sklearn.utils.class_weight import compute_class_weight as sklearns_class_weight

from skweighted import compute_class_weight
from skweighted._costs._weights import (
    class_totals,
    effective_number,
    mean_one_scale,
    resolve_class_weight,
)
from skweighted.exceptions import ClassWeightWarning

labelled_rows = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 5)), min_size=1, max_size=30
).filter(lambda rows: any(weight for _, weight in rows))


def totals_of(rows):
    y_index, sample_weight = np.array(rows).T
    return class_totals(y_index, sample_weight.astype(float), 4)


def test_balanced_equals_sklearn():
    y = np.repeat([0, 1, 2], [70, 20, 10])
    counts, n_rows = class_totals(y, np.ones(100), 3)
    ours = resolve_class_weight("balanced", np.arange(3), counts, n_rows)
    theirs = sklearns_class_weight("balanced", classes=np.arange(3), y=y)
    np.testing.assert_allclose(ours, theirs, rtol=1e-15)


@pytest.mark.parametrize("class_weight", [None, "balanced", {"a": 1, "b": 5, "c": 0.5}])
@pytest.mark.parametrize("classes", [list("abc"), list("cab")])
def test_weights_equal_sklearns_in_any_order_of_the_classes(class_weight, classes):
    y = np.repeat(["a", "b", "c"], [70, 20, 10])
    ours = compute_class_weight(class_weight, classes=classes, y=y)
    theirs = sklearns_class_weight(class_weight, classes=np.array(classes), y=y)
    np.testing.assert_allclose(ours, theirs, rtol=1e-15)


def test_the_squares_of_sqrt_balanced_are_balanced():
    y = np.repeat([0, 1, 2], [70, 20, 10])
    squares = compute_class_weight("sqrt_balanced", y=y) ** 2
    balanced = compute_class_weight("balanced", y=y)
    np.testing.assert_allclose(squares, balanced, rtol=1e-15)


@given(st.lists(st.integers(1, 10_000), min_size=2, max_size=5))
def test_effective_numbers_reach_from_equal_to_balanced_weights(counts):
    counts = np.array(counts)
    np.testing.assert_array_equal(effective_number(counts, beta=0), 1)
    # 1 - beta ** n is n (1 - beta) but for its square.
    near_balanced = effective_number(counts, beta=1 - 1e-12)
    np.testing.assert_allclose(
        near_balanced, (1 / counts) / (1 / counts).mean(), rtol=1e-7
    )


def test_a_class_whose_rows_all_have_weight_zero_is_absent():
    weights = compute_class_weight(
        "balanced", y=[0, 0, 1, 2], sample_weight=[1, 1, 1, 0]
    )
    np.testing.assert_array_equal(weights, [0.75, 1.5])


@pytest.mark.parametrize("beta", [0.9, 0.99])
def test_effective_numbers_are_those_of_the_paper(beta):
    y = np.repeat([0, 1], [70, 3])
    weights = compute_class_weight("effective_number", y=y, beta=beta)
    # The effective number of n rows is 1 + beta + ... + beta ** (n - 1).
    n_70, n_3 = (sum(beta**k for k in range(n)) for n in (70, 3))
    np.testing.assert_allclose(weights[1] / weights[0], n_70 / n_3, rtol=1e-12)
    np.testing.assert_allclose(weights.mean(), 1, rtol=1e-12)


def test_each_label_of_a_list_has_the_given_beta():
    y = np.repeat([0, 1], [70, 3])
    alone = compute_class_weight("effective_number", y=y, beta=0.9)
    each = compute_class_weight(
        ["effective_number", None], y=np.stack([y, y], axis=1), beta=0.9
    )
    np.testing.assert_allclose(each, [alone, [1, 1]], rtol=1e-12)


@given(labelled_rows)
def test_balanced_gives_every_present_class_the_same_total_weight(rows):
    counts, n_rows = totals_of(rows)
    weights = resolve_class_weight("balanced", np.arange(4), counts, n_rows)
    totals = (weights * counts)[counts > 0]
    np.testing.assert_allclose(totals, counts.sum() / len(totals), rtol=1e-12)


@given(labelled_rows)
def test_weight_k_counts_as_k_rows(rows):
    copies = [(label, 1) for label, weight in rows for _ in range(weight)]
    weighted, _ = totals_of(rows)
    repeated, _ = totals_of(copies)
    np.testing.assert_array_equal(weighted, repeated)


@given(labelled_rows, st.floats(1e-3, 1e3))
def test_mean_one_scale_gives_mean_one_whatever_the_scale(rows, factor):
    y_index, sample_weight = np.array(rows).T
    class_weights = factor * np.array([1.0, 2.0, 0.5, 10.0])
    scale = mean_one_scale(class_weights, *totals_of(rows))
    weight = (sample_weight * class_weights[y_index] * scale)[sample_weight > 0]
    np.testing.assert_allclose(weight.mean(), 1, rtol=1e-12)


def shares_as_dict(classes, counts):
    return dict(zip(classes.tolist(), (counts / counts.sum()).tolist(), strict=True))


def shares_as_list(classes, counts):
    return list(shares_as_dict(classes, counts).values())


def shares_in_place(classes, counts):
    counts /= counts.sum()
    return counts


@pytest.mark.parametrize("function", [shares_as_dict, shares_as_list, shares_in_place])
def test_a_function_returns_weights_from_classes_and_counts(function):
    y = np.repeat(["a", "b", "c"], [70, 20, 10])
    weights = compute_class_weight(function, y=y, sample_weight=np.full(100, 2.0))
    np.testing.assert_allclose(weights, [0.7, 0.2, 0.1], rtol=1e-15)


WRONG = [
    (
        {"class_weight": "balance"},
        "'balance' is not a class_weight strategy. Known strategies: 'balanced', "
        "'sqrt_balanced', 'effective_number'.",
    ),
    (
        {"class_weight": lambda classes, counts: [1.0]},
        "A class_weight function must return one weight per class, or a dict. For "
        "classes [0, 1] it returned [1.0].",
    ),
    (
        {"class_weight": None, "classes": [1, 2]},
        "classes must contain every label in y. Labels [0] are not in [1, 2].",
    ),
    (
        # Numbers as keys: nobody numbered these classes on the way.
        {"class_weight": {0: 1, 2: 5}},
        "class_weight has no weight for class 1, which occurs 2 times in y. It has "
        "weights for [0, 2]. Classes in y: [0, 1].",
    ),
    (
        {"class_weight": [0, 1]},
        "The weights of classes must be a dict, such as {0: 1, 1: 1}. Got [0, 1]. A "
        "list has one such dict for each label of a multilabel y.",
    ),
]


@pytest.mark.parametrize(("params", "message"), WRONG)
def test_weights_that_cannot_be_used_are_explained(params, message):
    with pytest.raises(ValueError, match=whole(message)):
        compute_class_weight(**params, y=[0, 0, 0, 1, 1])


def test_dict_is_read_in_the_order_of_the_classes():
    weights = resolve_class_weight(
        {"ok": 1, "fraud": 50.0}, np.array(["fraud", "ok"]), np.ones(2), np.ones(2)
    )
    assert weights.tolist() == [50, 1]


def test_key_that_matches_no_label_warns():
    with pytest.warns(ClassWeightWarning) as caught:
        resolve_class_weight(
            {0: 1, 1: 2, "1": 3}, np.array([0, 1]), np.ones(2), np.ones(2)
        )
    assert str(caught[0].message) == (
        "class_weight has weights for labels that are not in y: ['1']. Classes in y: "
        "[0, 1]. Check the spelling and the type of the keys."
    )
