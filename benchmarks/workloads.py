"""The four workloads for timing fits: data, network and schedule."""

from dataclasses import dataclass, replace

from sklearn.datasets import make_classification
from sklearn.preprocessing import StandardScaler


@dataclass(frozen=True)
class Workload:
    """One network on one data set.

    Peers that would take minutes for all `epochs` train `part_epochs`.
    """

    name: str
    n_samples: int
    n_features: int
    hidden: tuple[int, ...]
    optimizer: str
    learning_rate: float
    batch_size: int
    epochs: int
    part_epochs: int

    @property
    def steps_per_epoch(self):
        """Number of gradient steps per epoch."""
        return -(-self.n_samples // self.batch_size)

    @property
    def n_steps(self):
        """Number of gradient steps per fit."""
        return self.steps_per_epoch * self.epochs

    def data(self, dtype):
        """Return standardized X, and y with 10 % of class 1."""
        informative = min(self.n_features, 10)
        X, y = make_classification(
            self.n_samples,
            self.n_features,
            n_informative=informative,
            n_redundant=0,
            n_clusters_per_class=1 if informative == 2 else 2,
            weights=[0.9],
            random_state=0,
        )
        return StandardScaler().fit_transform(X).astype(dtype), y

    def quick(self):
        """Return the workload with a tenth of the rows and few epochs."""
        return replace(
            self,
            n_samples=self.n_samples // 10,
            epochs=min(self.epochs, 5),
            part_epochs=1,
        )


WORKLOADS = {
    "A": Workload("A", 5_000, 2, (10,), "sgd", 0.01, 32, 100, 20),
    "B": Workload("B", 80_000, 2, (2, 2), "adam", 0.001, 100, 50, 5),
    "C": Workload("C", 100_000, 30, (100, 100), "adam", 0.001, 256, 5, 5),
    "D": Workload("D", 100_000, 30, (256, 256, 256), "adam", 0.001, 512, 3, 3),
}
