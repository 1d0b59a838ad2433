"""Example data: real data made imbalanced, and published synthetic problems.

Nothing is downloaded. The rare class is always 1, the positive class.
"""

from typing import Any

import numpy as np
import pandas as pd
from imblearn.datasets import make_imbalance
from sklearn.datasets import load_breast_cancer, make_classification
from sklearn.model_selection import train_test_split


def load_imbalanced_breast_cancer(
    *, n_positives: int = 40, random_state: Any = 0
) -> tuple[pd.DataFrame, pd.Series]:
    """Load scikit-learn's breast cancer data with few malignant cases.

    The Wisconsin diagnostic data (Street, Wolberg and Mangasarian, 1993): 30 measures
    of cell nuclei, 357 benign and 212 malignant tumors. All benign cases and a random
    sample of the malignant cases are kept.

    Parameters
    ----------
    n_positives : int, default=40
        Number of malignant cases to keep, from 1 to 212. With the default, they are a
        tenth of the rows, and each of five folds has 8.
    random_state : int, RandomState instance or None, default=0
        Seed of the sample.

    Returns
    -------
    X : DataFrame of shape (357 + n_positives, 30)
        The measures, as floats.
    y : Series of shape (357 + n_positives,)
        Named "malignant": 1 for malignant, 0 for benign.

    Raises
    ------
    ValueError
        If n_positives is not from 1 to 212.

    Examples
    --------
    >>> from skweighted.datasets import load_imbalanced_breast_cancer
    >>> X, y = load_imbalanced_breast_cancer()
    >>> y.value_counts().to_dict()
    {0: 357, 1: 40}
    """
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    # In scikit-learn's copy 1 is benign, the common class.
    malignant = (1 - y).rename("malignant")
    n_malignant = int(malignant.sum())
    if not 1 <= n_positives <= n_malignant:
        raise ValueError(
            f"n_positives must be from 1 to {n_malignant}, the number of malignant "
            f"cases. Got {n_positives}."
        )
    X, y = make_imbalance(
        X, malignant, sampling_strategy={1: n_positives}, random_state=random_state
    )
    # Shuffled, because the sampler returns one class after the other.
    order = pd.Series(range(len(y))).sample(frac=1, random_state=random_state)
    X, y = X.iloc[order].reset_index(drop=True), y.iloc[order].reset_index(drop=True)
    return X, y


def make_one_percent_problem(
    *, random_state: Any = 4
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Make the published problem with 1 positive in 100, split into halves.

    10,000 points in the plane, two clusters per class, no label noise; the first 5,000
    are for training. The problem is from a popular tutorial on cost-sensitive networks,
    which reports a test ROC AUC of 0.949 without weights and 0.973 with weights
    ``{0: 1, 1: 100}``.

    Parameters
    ----------
    random_state : int, RandomState instance or None, default=4
        Seed of the points; 4 is the published seed.

    Returns
    -------
    X_train, X_test : ndarray of shape (5000, 2)
        Coordinates.
    y_train, y_test : ndarray of shape (5000,)
        1 for the rare class, 0 for the other.

    Examples
    --------
    >>> from skweighted.datasets import make_one_percent_problem
    >>> X_train, X_test, y_train, y_test = make_one_percent_problem()
    >>> int(y_train.sum()), int(y_test.sum())
    (49, 51)
    """
    X, y = make_classification(
        n_samples=10_000,
        n_features=2,
        n_redundant=0,
        n_clusters_per_class=2,
        weights=[0.99],
        flip_y=0,
        random_state=random_state,
    )
    return X[:5_000], X[5_000:], y[:5_000], y[5_000:]


def make_overlapping_problem(
    *, random_state: Any = 0, split_random_state: Any = 42
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Make the published problem whose rare class lies inside the common one.

    100,000 points in the plane, one cluster per class, close together. With
    scikit-learn's default label noise of 1 %, half of the 1,030 positives are noise. A
    random fifth is for testing. In the tutorial from which the problem is taken, the
    minority recall of a network with two hidden units is 0.56 with balanced weights and
    0.98 with ``{0: 1, 1: 200}``.

    Parameters
    ----------
    random_state : int, RandomState instance or None, default=0
        Seed of the points; 0 is the published seed.
    split_random_state : int, RandomState instance or None, default=42
        Seed of the split; 42 is the published seed.

    Returns
    -------
    X_train, X_test : ndarray of shape (80000, 2) and (20000, 2)
        Coordinates.
    y_train, y_test : ndarray of shape (80000,) and (20000,)
        1 for the rare class, 0 for the other.

    Examples
    --------
    >>> from skweighted.datasets import make_overlapping_problem
    >>> X_train, X_test, y_train, y_test = make_overlapping_problem()
    >>> int(y_train.sum()), int(y_test.sum())
    (817, 213)
    """
    X, y = make_classification(
        n_samples=100_000,
        n_features=2,
        n_informative=2,
        n_redundant=0,
        n_repeated=0,
        n_clusters_per_class=1,
        weights=[0.995, 0.005],
        class_sep=0.5,
        random_state=random_state,
    )
    return tuple(train_test_split(X, y, test_size=0.2, random_state=split_random_state))
