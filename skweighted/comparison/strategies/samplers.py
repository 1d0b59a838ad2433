"""Samplers of imbalanced-learn, made for the labels they will see and a seed.

A tiny class has fewer neighbours than a sampler asks for by default; it then asks for
as many as there are. All else is imbalanced-learn's default, unless said otherwise.
"""

import numpy as np
from imblearn.combine import SMOTEENN, SMOTETomek
from imblearn.over_sampling import (
    ADASYN,
    SMOTE,
    SMOTENC,
    BorderlineSMOTE,
    KMeansSMOTE,
    RandomOverSampler,
)
from imblearn.under_sampling import NearMiss, RandomUnderSampler, TomekLinks

# Clusters of KMeansSMOTE: so many that a handful of rows of the smallest class come to
# each, for fewer could not be interpolated.
FEWEST_CLUSTERS, MOST_CLUSTERS, ROWS_PER_CLUSTER = 2, 20, 6


def rows_of_smallest_class(y: np.ndarray) -> int:
    """Return the number of rows of the smallest class."""
    return int(np.unique(y, return_counts=True)[1].min())


def random_over(y: np.ndarray, seed: int) -> RandomOverSampler:
    """Repeat rows of every smaller class until it is as large as the largest."""
    return RandomOverSampler(random_state=seed)


def smote(y: np.ndarray, seed: int) -> SMOTE:
    """Interpolate between neighbours of a class."""
    return SMOTE(k_neighbors=_n_neighbors(y), random_state=seed)


def smotenc(y: np.ndarray, seed: int, text_positions: list[int]) -> SMOTENC:
    """Interpolate numbers; of text, take what most neighbours have."""
    return SMOTENC(
        categorical_features=text_positions,
        k_neighbors=_n_neighbors(y),
        random_state=seed,
    )


def borderline_smote(y: np.ndarray, seed: int) -> BorderlineSMOTE:
    """Interpolate from rows of which most neighbours have another class."""
    return BorderlineSMOTE(
        k_neighbors=_n_neighbors(y),
        m_neighbors=min(10, len(y) - 1),
        random_state=seed,
    )


def adasyn(y: np.ndarray, seed: int) -> ADASYN:
    """Interpolate most from rows whose neighbours have another class."""
    return ADASYN(n_neighbors=_n_neighbors(y), random_state=seed)


def kmeans_smote(y: np.ndarray, seed: int) -> KMeansSMOTE:
    """Interpolate inside clusters that are rich in a class.

    By default imbalanced-learn asks for clusters in which the smaller of two classes is
    the larger one, and finds none where classes overlap. Here a cluster counts where
    the smallest class is at least half as frequent as in all rows. If there is none
    even so, `fit_resample` raises RuntimeError.
    """
    n_rows = rows_of_smallest_class(y)
    n_clusters = n_rows // ROWS_PER_CLUSTER
    n_clusters = min(max(n_clusters, FEWEST_CLUSTERS), MOST_CLUSTERS)
    return _ClusteredSMOTE(
        kmeans_estimator=n_clusters,
        k_neighbors=min(max(n_rows // n_clusters - 1, 1), 2),
        cluster_balance_threshold=0.5 * n_rows / len(y),
        random_state=seed,
    )


class _ClusteredSMOTE(KMeansSMOTE):
    """KMeansSMOTE that also takes clusters in which rows of a class are all alike.

    They have no spread, and imbalanced-learn divides by the sum of the spreads.
    """

    def _find_cluster_sparsity(self, X):
        return max(super()._find_cluster_sparsity(X), np.finfo(np.float64).tiny)


def random_under(y: np.ndarray, seed: int) -> RandomUnderSampler:
    """Drop rows of every larger class until it is as small as the smallest."""
    return RandomUnderSampler(random_state=seed)


def near_miss(y: np.ndarray, seed: int) -> NearMiss:
    """Keep of every larger class the rows nearest to the smallest; nothing is drawn."""
    return NearMiss(n_neighbors=min(3, rows_of_smallest_class(y)))


def tomek_links(y: np.ndarray, seed: int) -> TomekLinks:
    """Drop rows of larger classes that are in a Tomek link; nothing is drawn."""
    return TomekLinks()


def smote_enn(y: np.ndarray, seed: int) -> SMOTEENN:
    """Interpolate, then drop rows whose neighbours do not all have their class."""
    return SMOTEENN(smote=smote(y, seed), random_state=seed)


def smote_tomek(y: np.ndarray, seed: int) -> SMOTETomek:
    """Interpolate, then drop both rows of every Tomek link."""
    return SMOTETomek(smote=smote(y, seed), random_state=seed)


def _n_neighbors(y: np.ndarray) -> int:
    """Return the neighbours to interpolate to: five, or all that the smallest has."""
    return min(5, rows_of_smallest_class(y) - 1)
