"""Time a grid search in one job, in two processes and in two threads.

The search has 5 learning rates x 5 folds on 3,000 rows; the number of epochs sets how
long it takes. "New" processes are started by the search, so they import TensorFlow and
compile; "running" ones are those of an earlier search. In this process the program is
compiled before. The result is the CPU time of all processes, which other load on the
machine affects less than the time by the clock. Needs psutil.

    python benchmarks/jobs.py [--quick] [--json OUT]
"""

import os
from pathlib import Path

import click
import joblib
import psutil
from joblib.externals.loky import get_reusable_executor
from sklearn.datasets import make_classification
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from timing import Bar, Peer, print_bars, print_times, race, write_results

from skweighted import CostSensitiveMLPClassifier

N_JOBS = 2
RATES = {"costsensitivemlpclassifier__learning_rate": [3e-4, 1e-3, 3e-3, 1e-2, 3e-2]}
# Epochs per fit, and how often each peer is timed. One job takes about 10, 30 and 60
# seconds on an idle core.
WORK = {200: 3, 600: 1, 1200: 1}
ONE, NEW, RUNNING, THREADS = "1 job", "new processes", "running processes", "threads"
# Two jobs must not be slower than one for work of at least so many seconds.
LEAST_SECONDS = 30


def search(X, y, epochs, n_jobs=1, backend="loky"):
    """Return the CPU seconds of a grid search."""
    start = cpu_seconds()
    clf = CostSensitiveMLPClassifier(epochs=epochs, random_state=0)
    grid_search = GridSearchCV(
        make_pipeline(StandardScaler(), clf),
        RATES,
        scoring="average_precision",
        cv=5,
        n_jobs=n_jobs,
        refit=False,
    )
    with joblib.parallel_config(backend):
        grid_search.fit(X, y)
    return cpu_seconds() - start


def cpu_seconds():
    """Return the CPU seconds of this process and of its workers, so far."""
    this = psutil.Process()
    times = [process.cpu_times() for process in (this, *this.children(recursive=True))]
    return sum(one.user + one.system for one in times)


def end_processes():
    """End joblib's worker processes."""
    get_reusable_executor().shutdown(wait=True)


def jobs_peers(X, y, epochs, repetitions):
    """Return the peers of one amount of work."""

    def in_processes(epochs=epochs):
        return search(X, y, epochs, N_JOBS)

    def once(**how):
        return search(X, y, 1, **how)

    threads = {"n_jobs": N_JOBS, "backend": "threading"}
    return [
        Peer(
            ONE,
            lambda: search(X, y, epochs),
            warm_up=once,
            repetitions=repetitions,
        ),
        Peer(
            NEW,
            in_processes,
            prepare=end_processes,
            warm_up=lambda: None,
            repetitions=repetitions,
        ),
        Peer(
            RUNNING,
            in_processes,
            prepare=lambda: in_processes(epochs=1),
            warm_up=lambda: None,
            repetitions=repetitions,
        ),
        Peer(
            THREADS,
            lambda: search(X, y, epochs, **threads),
            warm_up=lambda: once(**threads),
            repetitions=repetitions,
        ),
    ]


@click.command()
@click.option("--quick", is_flag=True, help="Few epochs, as a smoke test.")
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(quick, json_path):
    """Time all peers and print which targets are met."""
    X, y = make_classification(
        3_000, 20, n_informative=8, weights=[0.9], random_state=0
    )
    results, bars = {}, []
    for epochs, repetitions in ({2: 1} if quick else WORK).items():
        load_before = os.getloadavg()[0]
        timings = race(jobs_peers(X, y, epochs, repetitions), f"{epochs} epochs")
        one = timings[ONE].seconds
        results[f"{epochs} epochs"] = {
            "timings": timings,
            # Of the last minute. This program itself adds at most N_JOBS.
            "load_before": load_before,
            "load_after": os.getloadavg()[0],
        }
        print_times(f"25 fits of {epochs} epochs", timings, answer_name="CPU seconds")
        if quick or one >= LEAST_SECONDS:
            bars += [
                Bar(
                    f"{name} / {ONE}, {epochs} epochs",
                    timings[name].seconds / one,
                    most=1,
                )
                for name in (NEW, RUNNING, THREADS)
            ]
        write_results(json_path, {"quick": quick, "n_jobs": N_JOBS}, results, bars)
    end_processes()
    print_bars(bars, quick)


if __name__ == "__main__":
    main()
