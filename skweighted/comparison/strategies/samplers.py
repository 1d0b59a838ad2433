"""Samplers that adapt to the labels they are fitted on, and that keep every class."""

from typing import Any, Self

import numpy as np
from imblearn.over_sampling import ADASYN, KMeansSMOTE
from sklearn.base import BaseEstimator

from skweighted.comparison.strategies.seeding import seeded
from skweighted.comparison.strategies.tuning import rows_of_smallest_class
from skweighted.exceptions import CannotRunError

# Clusters of KMeansSMOTE: so many that each has a handful of rows of the smallest
# class, because fewer could not be interpolated.
FEWEST_CLUSTERS, MOST_CLUSTERS, ROWS_PER_CLUSTER = 2, 20, 6


class CheckedSampler(BaseEstimator):
    """A sampler as a step of a pipeline: it raises an error if it loses a class.

    Parameters
    ----------
    sampler : object with ``fit_resample(X, y)``
        Copied before each fit. It needs no parameters of scikit-learn's.
    fewer_neighbors : bool, default=False
        Whether the sampler takes fewer neighbors, or other clusters, where the smallest
        class has too few rows for its parameters.
    random_state : int or None, default=None
        Seed of the sampler, unless it has its own.

    Attributes
    ----------
    sampler_ : object
        The fitted sampler.
    """

    def __init__(
        self,
        sampler: Any,
        *,
        fewer_neighbors: bool = False,
        random_state: int | None = None,
    ) -> None:
        self.sampler = sampler
        self.fewer_neighbors = fewer_neighbors
        self.random_state = random_state

    def __sklearn_clone__(self) -> Self:
        # clone refuses samplers that change their parameters in __init__.
        return type(self)(
            seeded(self.sampler, None),
            fewer_neighbors=self.fewer_neighbors,
            random_state=self.random_state,
        )

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters, and those of a sampler of scikit-learn's kind.

        Parameters
        ----------
        deep : bool, default=True

        Returns
        -------
        dict of str to object
        """
        return super().get_params(deep and isinstance(self.sampler, BaseEstimator))

    def fit_resample(self, X: Any, y: Any) -> tuple[Any, np.ndarray]:
        """Resample the rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)

        Returns
        -------
        X_resampled : array-like of shape (n_resampled, n_features)
        y_resampled : ndarray of shape (n_resampled,)

        Raises
        ------
        CannotRunError
            If the sampler raises ValueError or RuntimeError, or loses a class.
        """
        y = np.asarray(y)
        self.sampler_ = seeded(self.sampler, self.random_state)
        if self.fewer_neighbors:
            self.sampler_.set_params(**_adapted(self.sampler_, y))
        name = type(self.sampler_).__name__
        try:
            X_resampled, y_resampled = self.sampler_.fit_resample(X, y)
        except (ValueError, RuntimeError) as error:
            raise CannotRunError(f"{name} failed: {error}") from error
        lost = np.setdiff1d(y, y_resampled).tolist()
        if lost:
            raise CannotRunError(
                f"{name} left no row of class {lost[0]!r}: choose another strategy, or "
                f"merge small classes"
            )
        return X_resampled, y_resampled


class ClusteredSMOTE(KMeansSMOTE):
    """KMeansSMOTE that also takes clusters in which the rows of a class are identical.

    They have no spread, and imbalanced-learn divides by the sum of the spreads.
    """

    def _find_cluster_sparsity(self, X: Any) -> float:
        return max(super()._find_cluster_sparsity(X), np.finfo(np.float64).tiny)


def _adapted(sampler: BaseEstimator, y: np.ndarray) -> dict[str, Any]:
    """Return parameters that the labels allow, as near as possible to the sampler's."""
    n_smallest = rows_of_smallest_class(y)
    if isinstance(sampler, ClusteredSMOTE):
        return _clusters(n_smallest, len(y))
    most = {
        "k_neighbors": n_smallest - 1,
        "m_neighbors": len(y) - 1,
        # ADASYN looks for neighbors of a row in its own class, NearMiss in another.
        "n_neighbors": n_smallest - isinstance(sampler, ADASYN),
    }
    return {
        name: min(value, most[name.split("__")[-1]])
        for name, value in sampler.get_params().items()
        if name.split("__")[-1] in most and isinstance(value, int)
    }


def _clusters(n_smallest: int, n_rows: int) -> dict[str, Any]:
    """Return parameters of KMeansSMOTE with which it finds clusters.

    By default it looks for clusters in which the smaller of two classes is the larger
    one, and finds none where classes overlap. Here a cluster counts if the smallest
    class is at least half as frequent in it as in all rows.
    """
    n_clusters = n_smallest // ROWS_PER_CLUSTER
    n_clusters = min(max(n_clusters, FEWEST_CLUSTERS), MOST_CLUSTERS)
    return {
        "kmeans_estimator": n_clusters,
        "k_neighbors": min(max(n_smallest // n_clusters - 1, 1), 2),
        "cluster_balance_threshold": 0.5 * n_smallest / n_rows,
    }
