"""`Start`: a network before training, new or continued from an earlier training."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from skweighted._costs._weights import Totals
from skweighted._engine._network import dropout_seeds, initial_parameters
from skweighted._engine._optimizers import settings as optimizer_settings
from skweighted._engine._spec import Dense, InputStage, NetworkSpec
from skweighted._estimator._classes import Classes
from skweighted._estimator._labels import Labels
from skweighted._estimator._settings import Settings
from skweighted._estimator._trained import TrainedNetwork


@dataclass(frozen=True, eq=False)
class Start:
    """A network with its seeds, and the state left by earlier training.

    Attributes
    ----------
    network : NetworkSpec
    targets : Classes or Labels
    parameters : tuple of ndarray
        As in `Run`.
    shuffle_seed, split_seed : SeedSequence
        Seeds of the order of the rows, and of the split for early stopping.
    dropout_seeds : tuple of int
        One for each hidden stage.
    is_new : bool
        Whether the parameters are newly drawn.
    optimizer_id : str or None
        Class and settings of the optimizer that `optimizer_state` belongs to.
    optimizer_state : tuple of ndarray or None
        As in `Run`.
    totals : Totals or None
        Of the rows of earlier `partial_fit` calls.
    history : dict of str to list
        What was recorded in earlier epochs.
    """

    network: NetworkSpec
    targets: Classes | Labels
    parameters: tuple[np.ndarray, ...]
    shuffle_seed: np.random.SeedSequence
    split_seed: np.random.SeedSequence
    dropout_seeds: tuple[int, ...]
    is_new: bool = True
    optimizer_id: str | None = None
    optimizer_state: tuple[np.ndarray, ...] | None = None
    totals: Totals | None = None
    history: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def first_epoch(self) -> int:
        """Number of earlier epochs."""
        return len(self.history.get("loss", []))


def network_spec(
    settings: Settings,
    n_features: int,
    dtype: str,
    targets: Classes | Labels,
    inputs: tuple[InputStage, ...] = (),
) -> NetworkSpec:
    """Return the network that settings describe.

    Parameters
    ----------
    settings : Settings
    n_features : int
    dtype : str
        Precision of X, which ``dtype="auto"`` follows.
    targets : Classes or Labels
        Determines the outputs.
    inputs : tuple of InputStage
        Stages for the inputs.
    """
    hidden = tuple(
        Dense(
            width,
            settings.activation,
            settings.kernel_initializer,
            settings.l2,
            settings.dropout,
        )
        for width in settings.widths
    )
    head = Dense(
        targets.n_outputs, targets.activation, settings.kernel_initializer, settings.l2
    )
    dtype = dtype if settings.dtype == "auto" else settings.dtype
    return NetworkSpec(n_features, (*hidden, head), dtype, inputs)


def new_start(
    random_state: Any,
    network: NetworkSpec,
    targets: Classes | Labels,
    fixed: Sequence[np.ndarray] = (),
) -> Start:
    """Return a network with new weights.

    Each use of randomness has its own seed, and all are derived from `random_state`.
    The weights that are not trained are given.
    """
    entropy = check_random_state(random_state).randint(
        0, 2**32, size=4, dtype=np.uint32
    )
    weights, shuffle, split, dropout = np.random.SeedSequence(entropy.tolist()).spawn(4)
    return Start(
        network=network,
        targets=targets,
        parameters=initial_parameters(network, weights, fixed),
        shuffle_seed=shuffle,
        split_seed=split,
        dropout_seeds=dropout_seeds(dropout, network),
    )


def warm(start: Start, trained: TrainedNetwork) -> Start:
    """Return a new start with trained weights, and the same split for early stopping.

    Otherwise rows on which a network was trained could become validation rows.
    """
    return replace(
        start,
        parameters=trained.parameters,
        split_seed=trained.split_seed,
        is_new=False,
    )


def continued(network: NetworkSpec, trained: TrainedNetwork) -> Start:
    """Return a start that continues the training of a network."""
    return Start(
        network=network,
        targets=trained.targets,
        parameters=trained.parameters,
        shuffle_seed=trained.shuffle_seed,
        split_seed=trained.split_seed,
        dropout_seeds=trained.dropout_seeds,
        is_new=False,
        optimizer_id=trained.optimizer_id,
        optimizer_state=trained.optimizer_state,
        totals=trained.totals,
        history=dict(trained.history),
    )


def optimizer_id(optimizer: Any) -> str:
    """Return a string that identifies the class and settings of an optimizer."""
    return repr(optimizer_settings(optimizer))


def network_seeds(random_state: Any, n_networks: int) -> list[Any]:
    """Return the `random_state` of each network; of a single one, that of the user."""
    if n_networks == 1:
        return [random_state]
    generator = check_random_state(random_state)
    return generator.randint(np.iinfo(np.int32).max, size=n_networks).tolist()


def check_same_network(network: NetworkSpec, before: NetworkSpec, who: str) -> None:
    """Raise ValueError if the parameters now describe a different network."""
    was, now = _identity(before), _identity(network)
    for name in was:
        check_same(name, was[name], now[name], who)


def check_same(name: str, was: Any, now: Any, who: str) -> None:
    """Raise ValueError if a parameter of a network has changed."""
    if was != now:
        raise ValueError(
            f"{who} continues the training of the same network, but its {name} changed "
            f"from {was!r} to {now!r}. To start over, clone the estimator, or call fit "
            f"with warm_start=False."
        )


def _identity(network: NetworkSpec) -> dict[str, Any]:
    """Return what is the same in all trainings of a network, by its name."""
    return {
        "number of features": network.n_features,
        "dtype": network.dtype,
        "hidden_layer_sizes": tuple(stage.n_units for stage in network.stages[:-1]),
        "weights": network.parameter_shapes,
    }


def check_same_targets(targets: Classes | Labels, before: Classes | Labels) -> None:
    """Raise ValueError if a warm start would need different outputs."""
    if targets.is_multilabel != before.is_multilabel:
        was = "one column of labels" if targets.is_multilabel else "an indicator matrix"
        raise ValueError(
            f"warm_start=True needs a y like that of the last fit, which was {was}. "
            f"Use warm_start=False."
        )
    if not np.array_equal(targets.classes, before.classes):
        raise ValueError(
            f"warm_start=True needs the classes of the last fit. They were "
            f"{before.classes.tolist()} and are now {targets.classes.tolist()}. Use "
            f"warm_start=False."
        )
