"""Embedded data and published problems: what the recipes say, and nothing else."""

import re

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, make_classification

from skweighted.datasets import (
    load_imbalanced_breast_cancer,
    make_one_percent_problem,
    make_overlapping_problem,
)

PROBLEMS = [make_one_percent_problem, make_overlapping_problem]


def test_every_row_is_a_row_of_the_original_with_its_own_label():
    X, y = load_imbalanced_breast_cancer()
    original, benign = load_breast_cancer(return_X_y=True)
    label_of = {
        row.tobytes(): 1 - label for row, label in zip(original, benign, strict=True)
    }
    rows = [row.tobytes() for row in X.to_numpy()]
    assert len(set(rows)) == len(rows)
    assert [label_of[row] for row in rows] == y.tolist()


@pytest.mark.parametrize("n_positives", [1, 20, 212])
def test_all_common_cases_stay_and_n_positives_rare_ones(n_positives):
    X, y = load_imbalanced_breast_cancer(n_positives=n_positives)
    assert y.value_counts().to_dict() == {0: 357, 1: n_positives}
    assert X.shape == (357 + n_positives, 30)
    assert X.index.equals(y.index)
    assert y.name == "malignant"


def test_the_classes_are_shuffled():
    _, y = load_imbalanced_breast_cancer()
    # Sorted by class, the mean position of the rare class would be 377.
    assert 150 < np.flatnonzero(y).mean() < 250


def test_the_seed_decides_the_sample():
    X, y = load_imbalanced_breast_cancer(random_state=3)
    same_X, same_y = load_imbalanced_breast_cancer(random_state=3)
    other_X, other_y = load_imbalanced_breast_cancer(random_state=4)
    assert X.equals(same_X)
    assert y.equals(same_y)
    assert not X.equals(other_X)
    assert not y.equals(other_y)


@pytest.mark.parametrize("n_positives", [0, 213])
def test_an_impossible_number_of_positives_is_an_error(n_positives):
    message = (
        f"n_positives must be from 1 to 212, the number of malignant cases. Got "
        f"{n_positives}."
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        load_imbalanced_breast_cancer(n_positives=n_positives)


def test_the_one_percent_problem_is_cut_in_its_published_order():
    X, y = make_classification(
        n_samples=10000,
        n_features=2,
        n_redundant=0,
        n_clusters_per_class=2,
        weights=[0.99],
        flip_y=0,
        random_state=4,
    )
    X_train, X_test, y_train, y_test = make_one_percent_problem()
    np.testing.assert_array_equal(np.concatenate([X_train, X_test]), X)
    np.testing.assert_array_equal(np.concatenate([y_train, y_test]), y)
    assert len(y_train) == 5000


def test_the_overlapping_problem_has_the_published_balanced_weights():
    X_train, X_test, y_train, y_test = make_overlapping_problem()
    weights = len(y_train) / (2 * np.bincount(y_train))
    # Published to three and four digits.
    np.testing.assert_allclose(weights, [0.505, 48.96], atol=0.005)
    assert X_train.shape == (80000, 2)
    assert X_test.shape == (20000, 2)
    assert len(y_test) == 20000


def test_the_overlapping_problem_has_the_published_points():
    X, y = make_classification(
        n_samples=100_000,
        n_features=2,
        n_informative=2,
        n_redundant=0,
        n_clusters_per_class=1,
        weights=[0.995, 0.005],
        class_sep=0.5,
        random_state=0,
    )
    X_train, X_test, y_train, y_test = make_overlapping_problem()
    rows = np.column_stack([np.r_[X_train, X_test], np.r_[y_train, y_test]])
    published = np.column_stack([X, y])
    # The split draws another order.
    np.testing.assert_array_equal(
        rows[np.lexsort(rows.T)], published[np.lexsort(published.T)]
    )


@pytest.mark.parametrize("make_problem", PROBLEMS)
def test_another_seed_makes_another_problem(make_problem):
    assert not np.array_equal(make_problem()[0], make_problem(random_state=7)[0])
