"""Time fits of skweighted, Keras, SciKeras, sklearn, skorch and PyTorch.

Times the four workloads of `workloads.py` after an untimed call, the first fit of a
process including compilation, and 50 networks at once. A ratio of 2 means twice as long
as skweighted. skorch and PyTorch take part if they are installed.

    python benchmarks/fit.py [--dtype float64] [--workloads AB] [--quick] [--json OUT]
"""

import time
from pathlib import Path

import click
import numpy as np
import peers
from rich.console import Console
from rich.table import Table
from sklearn.model_selection import StratifiedKFold
from timing import (
    Bar,
    Peer,
    in_new_process,
    print_bars,
    print_times,
    race,
    write_results,
)
from workloads import WORKLOADS

from skweighted._engine._loop import train
from skweighted._engine._network import initial_parameters
from skweighted._engine._spec import Dense, NetworkSpec, Rows, Run, TrainingSpec
from skweighted._tensorflow import keras

KERAS, SKLEARN = "keras.Model.fit", "sklearn MLPClassifier"
# By what factor a fit must be faster than the peer.
LEAST = {
    KERAS: {"A": 100, "B": 100, "C": 8, "D": 3},
    SKLEARN: {"A": 12, "B": 12, "C": 3, "D": 2},
}
LEAST_FIRST_FIT = 8
CLASS_WEIGHTS = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50)
N_FOLDS = 5


def workload_of(name, quick):
    """Return a workload by name, or a small version of it."""
    return WORKLOADS[name].quick() if quick else WORKLOADS[name]


def compare(name, dtype, quick):
    """Return the times of all peers and of Keras' settings on a workload."""
    workload = workload_of(name, quick)
    X, y = workload.data(dtype)
    best, settings_of_keras = peers.best_keras_fit(workload, X, y)
    timings = race(
        [
            peers.ours(workload, X, y),
            peers.keras_fit(workload, X, y),
            best,
            peers.scikeras_fit(workload, X, y),
            peers.sklearn_fit(workload, X, y),
            *peers.torch_peers(workload, X, y),
        ],
        f"{name} {dtype}",
    )
    title = (
        f"{name}: n={len(X)}, d={workload.n_features}, {workload.hidden}, "
        f"{workload.optimizer}, batch {workload.batch_size}, {workload.epochs} epochs, "
        f"{dtype}"
    )
    print_times(title, timings, workload.n_steps, "loss")
    return timings, settings_of_keras


def first_and_second_fit(who, name, dtype, quick):
    """Return the seconds of the first and second fit of this process."""
    keras.config.set_floatx(dtype)
    workload = workload_of(name, quick)
    X, y = workload.data(dtype)

    def fit():
        if who == peers.OUR_NAME:
            peers.our_classifier(workload).fit(X, y)
        else:
            peers.keras_model(workload).fit(
                X, y, batch_size=workload.batch_size, epochs=workload.epochs, verbose=0
            )

    seconds = []
    for _ in range(2 if who == peers.OUR_NAME else 1):
        start = time.perf_counter()
        fit()
        seconds.append(time.perf_counter() - start)
    return seconds


def first_fits(names, dtype, quick):
    """Return seconds of first (and second) fits, each in a new process, by name."""
    n_processes = 1 if quick else 3
    pairs = [(peers.OUR_NAME, name) for name in names]
    if "A" in names:
        pairs.append((KERAS, "A"))
    table = Table("fit", "first s", "second s", "compile s", title="First fits")
    seconds = {}
    for who, name in pairs:
        runs = [
            in_new_process("fit.first_and_second_fit", who, name, dtype, quick)
            for _ in range(n_processes)
        ]
        first, *second = np.median(runs, axis=0).tolist()
        seconds[f"{who}, {name}"] = [first, *second]
        rest = [f"{second[0]:.3f}", f"{first - second[0]:.3f}"] if second else ["", ""]
        table.add_row(f"{who}, {name}", f"{first:.3f}", *rest)
    Console().print(table)
    return seconds


def fifty_runs(workload, X, y, network):
    """Return a run for each of 5 folds and each of 10 weights of class 1."""
    seeds = np.random.SeedSequence(0).spawn(N_FOLDS * len(CLASS_WEIGHTS))
    folds = StratifiedKFold(N_FOLDS, shuffle=True, random_state=0).split(X, y)
    runs = []
    for rows, _ in folds:
        for class_weight in CLASS_WEIGHTS:
            start, shuffle = seeds[len(runs)].spawn(2)
            weight = np.where(y == 1, float(class_weight), 1.0)
            weight /= weight[rows].mean()
            runs.append(
                Run(
                    data=Rows(X, y[:, np.newaxis], weight, rows),
                    parameters=initial_parameters(network, start),
                    learning_rate=workload.learning_rate,
                    shuffle_seed=shuffle,
                )
            )
    return runs


def compare_fifty(dtype, quick):
    """Return the times of 50 fits at once, 50 in turn, and one of Keras, on A."""
    workload = workload_of("A", quick)
    X, y = workload.data(dtype)
    widths = [*((width, "relu") for width in workload.hidden), (1, "sigmoid")]
    stages = tuple(Dense(*stage, "he_uniform") for stage in widths)
    network = NetworkSpec(workload.n_features, stages, dtype)
    spec = TrainingSpec(
        optimizer=keras.optimizers.SGD(workload.learning_rate),
        loss=keras.losses.BinaryCrossentropy(dtype=dtype),
        batch_size=workload.batch_size,
        epochs=workload.epochs,
    )
    runs = fifty_runs(workload, X, y, network)

    def at_once():
        results = train(network, spec, runs)
        return np.mean([result.history["loss"][-1] for result in results])

    def in_turn():
        results = [train(network, spec, [run])[0] for run in runs]
        return np.mean([result.history["loss"][-1] for result in results])

    timings = race(
        [
            Peer("50 fits in one call", at_once),
            Peer("50 fits in turn", in_turn, repetitions=2),
            peers.keras_fit(workload, X, y, name="one keras.Model.fit"),
        ],
        "50 fits",
    )
    print_times(
        f"50 fits on A (5 folds x 10 class weights), {dtype}", timings, None, "loss"
    )
    return timings


def bars_of(results, first_fit_seconds, fifty):
    """Return the performance targets and what was measured."""
    bars = [
        Bar(
            f"{name}: fit against {peer}",
            timings[peer].seconds / timings[peers.OUR_NAME].seconds,
            least=least[name],
            unit="x",
        )
        for peer, least in LEAST.items()
        for name, timings in results.items()
    ]
    if fifty:
        first_ours = first_fit_seconds[f"{peers.OUR_NAME}, A"][0]
        first_keras = first_fit_seconds[f"{KERAS}, A"][0]
        at_once = fifty["50 fits in one call"].seconds
        one = fifty["one keras.Model.fit"].seconds
        bars += [
            Bar(
                "A: first fit of a process against Keras",
                first_keras / first_ours,
                least=LEAST_FIRST_FIT,
                unit="x",
            ),
            Bar("A: 50 fits to one of Keras", at_once / one, most=1, unit="x"),
        ]
    return bars


@click.command()
@click.option("--dtype", default="float32", type=click.Choice(["float32", "float64"]))
@click.option("--workloads", default="ABCD", show_default=True, help="Their letters.")
@click.option("--quick", is_flag=True, help="Tiny data, as a smoke test.")
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(dtype, workloads, quick, json_path):
    """Time fits of all peers and print which targets are met."""
    # SciKeras and Keras use the global precision, skweighted that of X.
    keras.config.set_floatx(dtype)
    if peers.torch is None:
        Console().print("skorch and PyTorch are not installed and are left out.")
    results, settings_of_keras = {}, {}
    for name in workloads:
        results[name], settings_of_keras[name] = compare(name, dtype, quick)
    fifty = compare_fifty(dtype, quick) if "A" in workloads else {}
    first_fit_seconds = first_fits(workloads, dtype, quick)
    bars = bars_of(results, first_fit_seconds, fifty)
    print_bars(bars, quick)
    write_results(
        json_path,
        {"dtype": dtype, "workloads": workloads, "quick": quick},
        {
            "fits": results,
            "seconds_of_keras_settings": settings_of_keras,
            "fifty_fits": fifty,
            "first_and_second_fit_seconds": first_fit_seconds,
        },
        bars,
    )


if __name__ == "__main__":
    main()
