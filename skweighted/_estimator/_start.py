"""Where a training begins: new, or after an earlier one."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from skweighted._engine._network import dropout_seeds, initial_parameters
from skweighted._engine._spec import NetworkSpec
from skweighted._estimator._targets import Classes, Labels


@dataclass(frozen=True, eq=False)
class Start:
    """A network with its randomness, and what an earlier training left.

    Attributes
    ----------
    network : NetworkSpec
    targets : Classes or Labels
    shuffle_seed, split_seed : SeedSequence
        Sources of the order of the rows, and of the split for early stopping.
    dropout_seeds : tuple of int
        One for each hidden stage.
    parameters : tuple of ndarray or None
        Kernel and bias of each stage; None once they are remembered elsewhere.
    is_new : bool
        Whether they were just drawn.
    optimizer_state, first_epoch
        As in `Run`.
    totals : tuple of ndarray or None
        Weighted counts and numbers of the rows that were trained on.
    history : dict of str to list
        What was followed in earlier epochs.
    """

    network: NetworkSpec
    targets: Classes | Labels
    shuffle_seed: np.random.SeedSequence
    split_seed: np.random.SeedSequence
    dropout_seeds: tuple[int, ...]
    parameters: tuple[np.ndarray, ...] | None
    is_new: bool = True
    optimizer_state: tuple[np.ndarray, ...] | None = None
    first_epoch: int = 0
    totals: tuple[np.ndarray, np.ndarray] | None = None
    history: dict[str, list[Any]] = field(default_factory=dict)


def new_start(random_state, network, targets):
    """Return the beginning of a training from new weights.

    Each use of randomness has a source of its own, all of them from `random_state`.
    """
    entropy = check_random_state(random_state).randint(
        0, 2**32, size=4, dtype=np.uint32
    )
    weights, shuffle, split, dropout = np.random.SeedSequence(entropy.tolist()).spawn(4)
    return Start(
        network=network,
        targets=targets,
        shuffle_seed=shuffle,
        split_seed=split,
        dropout_seeds=dropout_seeds(dropout, network),
        parameters=initial_parameters(network, weights),
    )


def check_same_network(network, before, who):
    """Raise ValueError if the parameters now say another network than before."""
    if (network.parameter_shapes, network.dtype) != (
        before.parameter_shapes,
        before.dtype,
    ):
        raise ValueError(
            f"{who} needs the layers, features and dtype of the last fit. One of them "
            f"has changed. Call fit with warm_start=False."
        )


def check_same_targets(targets, before):
    """Raise ValueError if a warm start would need another head."""
    if type(targets) is not type(before) or not np.array_equal(
        targets.classes, before.classes
    ):
        raise ValueError(
            f"warm_start=True needs the classes of the last fit. They were "
            f"{before.classes.tolist()} and are {targets.classes.tolist()}. Use "
            f"warm_start=False."
        )
