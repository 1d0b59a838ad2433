"""Time and memory of predictions in a process that only predicts.

A network of 100 units on 30 numbers, and the default tabular classifier on 28 numbers
and 2 categories, are trained in a process of their own and written to files. Each peer
loads its file in new processes, which predict probabilities of one row and of batches.
Processes take turns, so that other load on the machine affects all alike; the median
over processes of the median over calls counts. ONNX Runtime scores chunks of 10,000
rows. Memory is the resident set of a process after it has predicted 100 rows. Then the
service of docs/deploy.md answers 1,000 requests of one row from 8 clients.

    python benchmarks/serve.py [--quick] [--json OUT]
"""

import os
import tempfile
import time
import warnings
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table
from timing import in_new_process, write_results

SIZES = (1, 100, 10_000, 200_000)
N_TRAINING = 5_000
CHUNK_ROWS = 10_000  # of ONNX Runtime
# Of a process, for each size: so many calls, or as many as end in so many seconds.
CALLS = {1: 300, 100: 200, 10_000: 10, 200_000: 3}
MOST_SECONDS = 2
N_REQUESTS = 1_000

CITIES = np.array(["Oslo", "Rome", "Paris", "Bern"], dtype=object)

NUMPY, LOADED, ONNX = "skweighted", "skweighted, TensorFlow imported", "ONNX Runtime"
MLP, BOOSTING = "sklearn MLPClassifier", "HistGradientBoosting"
FILES = {
    NUMPY: "ours.skops",
    LOADED: "ours.skops",
    ONNX: "ours.onnx",
    MLP: "mlp.joblib",
    BOOSTING: "boosting.joblib",
}


def rows_as(kind, values):
    """Return a matrix of numbers as what a task predicts."""
    if kind == "network":
        return values
    import pandas as pd

    table = pd.DataFrame(values[:, :28], columns=[f"number{i}" for i in range(28)])
    for name, codes in zip(("city", "other"), values[:, 28:].T, strict=True):
        table[name] = CITIES[codes.astype(int)]
    return table


def train(folder, kind, dtype, quick):
    """Write the models and rows of a task."""
    import joblib
    import skops.io
    from sklearn.compose import make_column_selector, make_column_transformer
    from sklearn.datasets import make_classification
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    import skweighted

    folder = Path(folder)
    n_rows = SIZES[-2] if quick else SIZES[-1]
    values, y = make_classification(
        n_rows, 30, n_informative=10, n_redundant=0, weights=[0.9], random_state=0
    )
    if kind == "tabular":
        values[:, 28:] = np.digitize(values[:, 28:], [-1, 0, 1])
    values = values.astype(dtype)
    np.save(folder / "values.npy", values)
    X, y = rows_as(kind, values[:N_TRAINING]), y[:N_TRAINING]
    epochs = 1 if quick else 3  # the time of a prediction does not depend on it
    if kind == "network":
        ours = skweighted.CostSensitiveMLPClassifier(epochs=epochs, random_state=0)
    else:
        ours = skweighted.CostSensitiveTabularClassifier(epochs=epochs, random_state=0)
    ours.fit(X, y)
    skops.io.dump(ours, folder / FILES[NUMPY])
    model = skweighted.to_onnx(ours, X[:1000])
    (folder / FILES[ONNX]).write_bytes(model.SerializeToString())
    others = {
        MLP: MLPClassifier(max_iter=epochs, random_state=0),
        BOOSTING: HistGradientBoostingClassifier(random_state=0),
    }
    for name, other in others.items():
        if kind == "tabular":
            text = make_column_selector(dtype_exclude="number")
            encoder = OneHotEncoder(sparse_output=False)
            other = make_pipeline(
                make_column_transformer((encoder, text), remainder="passthrough"), other
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            joblib.dump(other.fit(X, y), folder / FILES[name])


def measure(folder, kind, peer, sizes):
    """Return milliseconds for each number of rows, and the memory in MB."""
    import psutil

    if peer == LOADED:
        import tensorflow  # noqa: F401
    predict = predictor(Path(folder), peer)
    values = np.load(Path(folder) / "values.npy", mmap_mode="r")
    predict(rows_as_fed(kind, peer, np.array(values[:100])))
    megabytes = psutil.Process().memory_info().rss / 1e6
    milliseconds = []
    for size in sizes:
        rows = rows_as_fed(kind, peer, np.array(values[:size]))  # not a memmap
        predict(rows)
        spent = []
        while len(spent) < CALLS[size] and sum(spent) < MOST_SECONDS:
            start = time.perf_counter()
            predict(rows)
            spent.append(time.perf_counter() - start)
        milliseconds.append(float(np.median(spent)) * 1e3)
    return milliseconds, megabytes


def rows_as_fed(kind, peer, values):
    """Return rows as a peer takes them; ONNX Runtime needs no pandas."""
    if peer != ONNX:
        return rows_as(kind, values)
    if kind == "network":
        return {"X": values}
    feed = {f"number{i}": values[:, [i]] for i in range(28)}
    for name, codes in zip(("city", "other"), values[:, 28:].T, strict=True):
        feed[name] = CITIES[codes.astype(int)][:, np.newaxis]
    return feed


def predictor(folder, peer):
    """Return the function that predicts probabilities, of a loaded file."""
    path = folder / FILES[peer]
    if peer == ONNX:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        session = onnxruntime.InferenceSession(
            path, options, providers=["CPUExecutionProvider"]
        )

        def predict(feed):
            # In chunks, as docs/deploy.md says: all rows at once would take gigabytes.
            n_rows = len(next(iter(feed.values())))
            chunks = (slice(n, n + CHUNK_ROWS) for n in range(0, n_rows, CHUNK_ROWS))
            parts = [{name: X[rows] for name, X in feed.items()} for rows in chunks]
            return np.vstack([session.run(["probabilities"], one)[0] for one in parts])

        return predict
    if peer in (NUMPY, LOADED):
        import skops.io

        import skweighted

        trusted = skweighted.TRUSTED_TYPES
        return skops.io.load(path, trusted=trusted).predict_proba
    import joblib

    return joblib.load(path).predict_proba


def task(folder, kind, dtype, sizes, n_rounds, quick):
    """Return for each peer the milliseconds for each size, and megabytes."""
    in_new_process("serve.train", str(folder), kind, dtype, quick)
    found = {peer: [] for peer in FILES}
    turns = [peer for _ in range(n_rounds) for peer in FILES]
    for peer in track(turns, f"{kind}, {dtype}", console=Console(stderr=True)):
        found[peer].append(
            in_new_process("serve.measure", str(folder), kind, peer, sizes)
        )
    return {
        peer: {
            "milliseconds": np.median([one for one, _ in runs], axis=0).tolist(),
            "megabytes": float(np.median([one for _, one in runs])),
        }
        for peer, runs in found.items()
    }


def print_task(title, found, sizes):
    """Print milliseconds, and in brackets the ratio to skweighted."""
    table = Table("peer", title=f"{title}: ms (ratio to {NUMPY})")
    for size in sizes:
        table.add_column(f"{size:,} row{'s' * (size > 1)}", justify="right")
    table.add_column("memory, MB", justify="right")
    first = found[NUMPY]["milliseconds"]
    for peer, one in found.items():
        cells = [
            f"{spent:.3g} ({spent / reference:.2g})"
            for spent, reference in zip(one["milliseconds"], first, strict=True)
        ]
        table.add_row(peer, *cells, f"{one['megabytes']:.0f}")
    Console(width=120).print(table)


def ask_service(folder, n_requests):
    """Return percentiles of the milliseconds of a request to the service."""
    from service import ask_all, running

    values = np.load(folder / "values.npy", mmap_mode="r")[:n_requests]
    rows = rows_as("tabular", values.astype(float)).to_dict("records")
    with running(folder, folder / FILES[ONNX]) as address:
        ask_all(address, [[row] for row in rows[:50]])
        start = time.perf_counter()
        answers = ask_all(address, [[row] for row in rows])
        seconds = time.perf_counter() - start
    spent = [milliseconds for _, milliseconds in answers]
    return {
        "p50": float(np.percentile(spent, 50)),
        "p99": float(np.percentile(spent, 99)),
        "requests_per_second": n_requests / seconds,
    }


@click.command()
@click.option("--quick", is_flag=True, help="Few rows and processes, as a smoke test.")
@click.option("--rounds", default=3, show_default=True, help="Processes of each peer.")
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(quick, rounds, json_path):
    """Time predictions of all peers, and the service."""
    sizes = SIZES[:-1] if quick else SIZES
    results = {}
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as root:
        for kind in ("network", "tabular"):
            for dtype in ("float32", "float64"):
                title = f"{kind}, {dtype}"
                folder = Path(root) / title
                folder.mkdir()
                found = task(folder, kind, dtype, sizes, 1 if quick else rounds, quick)
                results[title] = found
                print_task(title, found, sizes)
        service = ask_service(folder, 100 if quick else N_REQUESTS)
    print(
        f"Service: median {service['p50']:.3g} ms, p99 {service['p99']:.3g} ms, "
        f"{service['requests_per_second']:.0f} requests/s, from 8 clients."
    )
    print(f"Load of the machine at the start: {load:.1f} on {os.cpu_count()} cores.")
    results["service"] = service
    write_results(json_path, {"quick": quick, "rounds": rounds}, results, [])


if __name__ == "__main__":
    main()
