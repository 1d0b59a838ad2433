"""Measure the memory that training and prediction use beyond X.

1. The peak during fit (1 epoch, batch size 1000) and prediction on a float32 X of
   1,000,000 rows x 30 features, as a share of X: NumPy's allocations (tracemalloc), and
   the growth of the process. Each is measured in a new process, after a small fit.
2. The growth of the process from the tenth to the last of 200 fits, and of 30 by Keras.
3. The same peaks for a memory-mapped X and for a CSR X, as a share of the dense X.

Needs psutil.

    python benchmarks/memory.py [--quick] [--json OUT]
"""

import gc
import tempfile
import tracemalloc
from functools import partial
from pathlib import Path

import click
import numpy as np
import peers
import psutil
from resident_memory import PeakGrowth, resident_bytes
from rich.console import Console
from rich.table import Table
from scipy import sparse
from timing import Bar, in_new_process, print_bars, write_results
from workloads import WORKLOADS

from skweighted import CostSensitiveMLPClassifier

MEGABYTE = 2**20
N_ROWS, N_FEATURES = 1_000_000, 30
SPARSE_FEATURES, DENSITY = 150, 0.02
MOST_SHARE = 0.3
N_FITS, N_KERAS_FITS, N_SETTLING = 200, 30, 10
MOST_GROWTH = 20


def make_data(storage, n_rows, folder):
    """Return X, float32, as "dense", "memmap" or "csr", its dense size, and y."""
    rng = np.random.default_rng(0)
    y = (rng.random(n_rows) < 0.1).astype(np.int64)
    if storage == "csr":
        n_rows = n_rows * N_FEATURES // SPARSE_FEATURES
        X = sparse.random(
            n_rows,
            SPARSE_FEATURES,
            DENSITY,
            format="csr",
            dtype=np.float32,
            random_state=rng,
        )
        return X, n_rows * SPARSE_FEATURES * 4, y[:n_rows]
    shape = (n_rows, N_FEATURES)
    if storage == "dense":
        X = rng.standard_normal(shape, dtype=np.float32)
        return X, X.nbytes, y
    X = np.memmap(Path(folder) / "X", np.float32, "w+", shape=shape)
    # Small parts: after a large array is freed, glibc keeps others of its size, and the
    # fit seems to use 14 MB more.
    for start in range(0, n_rows, 10_000):
        part = X[start : start + 10_000]
        part[...] = rng.standard_normal(part.shape, dtype=np.float32)
    X.flush()
    return np.memmap(Path(folder) / "X", np.float32, "r", shape=shape), X.nbytes, y


def peak(action, storage, measure, n_rows):
    """Return the size of dense X and the peak beyond it, in bytes.

    Parameters
    ----------
    action : {"fit", "predict_proba"}
    storage : {"dense", "memmap", "csr"}
    measure : {"numpy", "process"}
    n_rows : int
    """
    clf = CostSensitiveMLPClassifier((100,), epochs=1, batch_size=1000, engine="xla")
    with tempfile.TemporaryDirectory() as folder:
        X, size, y = make_data(storage, n_rows, folder)
        clf.fit(X[:3000], y[:3000]).predict_proba(X[:3000])
        arguments = (X, y) if action == "fit" else (X,)
        run = partial(getattr(clf, action), *arguments)
        gc.collect()
        if measure == "process":
            with PeakGrowth() as growth:
                run()
            return size, growth.peak_bytes
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        run()
        return size, tracemalloc.get_traced_memory()[1] - before


def growth_of_fits(who, n_fits, quick):
    """Return the memory of the process after each fit, in MB beyond the first fit."""
    workload = WORKLOADS["A"].quick() if quick else WORKLOADS["A"]
    X, y = workload.data("float32")
    memory = []
    for seed in range(n_fits):
        if who == peers.OUR_NAME:
            peers.our_classifier(workload, random_state=seed).fit(X, y)
        else:
            peers.keras_model(workload).fit(
                X, y, batch_size=workload.batch_size, verbose=0
            )
        memory.append(resident_bytes(psutil.Process()) / MEGABYTE)
    return [value - memory[0] for value in memory]


def measure_peaks(n_rows):
    """Measure and print the peak for each storage and action."""
    table = Table("X", "action", title="Peak beyond X")
    for column in ("dense X, MB", "NumPy, MB", "process, MB", "share of X"):
        table.add_column(column, justify="right")
    records = []
    for storage in ("dense", "memmap", "csr"):
        for action in ("fit", "predict_proba"):
            beyond = {}
            for measure in ("numpy", "process"):
                size, beyond[measure] = in_new_process(
                    "memory.peak", action, storage, measure, n_rows
                )
            share = max(beyond.values()) / size
            table.add_row(
                storage,
                action,
                *(
                    f"{value / MEGABYTE:.1f}"
                    for value in (size, beyond["numpy"], beyond["process"])
                ),
                f"{share:.3f}",
            )
            records.append(
                {
                    "storage": storage,
                    "action": action,
                    "dense_bytes": size,
                    "numpy_bytes": beyond["numpy"],
                    "process_bytes": beyond["process"],
                    "share": share,
                }
            )
    Console().print(table)
    return records


def measure_growth(quick):
    """Measure the growth of the process over many fits, and print the totals."""
    table = Table("fits in a row", title=f"Growth after fit {N_SETTLING}")
    for column in ("fits", "MB", "MB per fit"):
        table.add_column(column, justify="right")
    curves = {}
    for who, n_fits in ((peers.OUR_NAME, N_FITS), ("keras.Model.fit", N_KERAS_FITS)):
        n_fits = min(n_fits, 15) if quick else n_fits
        curves[who] = in_new_process("memory.growth_of_fits", who, n_fits, quick)
        grown = after_settling(curves[who])
        per_fit = grown / (n_fits - N_SETTLING)
        table.add_row(who, str(n_fits), f"{grown:.1f}", f"{per_fit:.3f}")
    Console().print(table)
    return curves


def after_settling(curve):
    """Return the growth of memory since the tenth fit, in MB."""
    return curve[-1] - curve[N_SETTLING - 1]


@click.command()
@click.option("--quick", is_flag=True, help="Small data, as a smoke test.")
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(quick, json_path):
    """Measure memory and print which targets are met."""
    peaks = measure_peaks(N_ROWS // 10 if quick else N_ROWS)
    growth = measure_growth(quick)
    bars = [
        Bar(
            f"{record['action']}, {record['storage']} X: share of X beyond it",
            record["share"],
            most=MOST_SHARE,
        )
        for record in peaks
        # Predictions use chunks of a fixed size, so a share of X has no meaning.
        if record["action"] == "fit"
    ]
    grown = after_settling(growth[peers.OUR_NAME])
    name = f"{len(growth[peers.OUR_NAME])} fits: growth after fit {N_SETTLING}"
    bars.append(Bar(name, grown, most=MOST_GROWTH, unit=" MB"))
    print_bars(bars, quick)
    results = {"peaks": peaks, "growth_megabytes": growth}
    write_results(json_path, {"quick": quick}, results, bars)


if __name__ == "__main__":
    main()
