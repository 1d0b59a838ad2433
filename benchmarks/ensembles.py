"""What averaging networks gives: less spread over seeds, and a lower log loss.

FOLDER holds CSV files whose column `target` is the label. On 70 % of the rows of each
file, drawn by class, 200 networks with other seeds are trained. The first 20 are single
fits. All of them are 20 ensembles of 10, because an ensemble of seeds is the average of
single fits. They are scored on the other rows. Then a fit with ``n_networks=10`` is
timed against a single fit.

    python benchmarks/ensembles.py FOLDER [--epochs 100] [--json OUT]

Ten networks that differ otherwise (folds, bootstrap, balanced) are scored as well.
"""

import warnings
from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
from defaults import average_precision
from monitor import read
from rich.console import Console
from rich.progress import track
from rich.table import Table
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from timing import Peer, race, write_results

from skweighted import CostSensitiveMLPClassifier
from skweighted.exceptions import SmallValidationWarning
from skweighted.preprocessing import TablePreparation

N_REPEATS, N_NETWORKS = 20, 10
KINDS: dict[str, dict[str, Any]] = {
    "seeds": {},
    "seeds, early stopping": {"early_stopping": True},
    "folds, early stopping": {"ensemble": "folds", "early_stopping": True},
    "bootstrap": {"ensemble": "bootstrap"},
    "balanced": {"ensemble": "balanced"},
}


def split(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return prepared training and test rows of a file, and their labels."""
    X, y = read(path)
    train, test = train_test_split(
        np.arange(len(y)), test_size=0.3, stratify=y, random_state=0
    )
    prepare = TablePreparation(scale_numbers=True)
    X_train = prepare.fit_transform(X.iloc[train], y[train]).astype(np.float32)
    X_test = prepare.transform(X.iloc[test]).astype(np.float32)
    return X_train, X_test, y[train], y[test]


def classifier(epochs: int, **params: Any) -> CostSensitiveMLPClassifier:
    """Return an unfitted classifier whose probabilities are true ones."""
    return CostSensitiveMLPClassifier(
        (64,), epochs=epochs, correct_probabilities=True, random_state=0, **params
    )


def scores(y: np.ndarray, proba: np.ndarray) -> dict[str, float]:
    """Return average precision (of the rarest class) and log loss."""
    classes = np.unique(y)
    return {
        "average_precision": average_precision(y, proba, classes),
        "log_loss": log_loss(y, proba, labels=classes),
    }


def of_file(path: Path, epochs: int) -> dict[str, Any]:
    """Return the scores of one file."""
    X_train, X_test, y_train, y_test = split(path)
    many = classifier(epochs, n_networks=N_REPEATS * N_NETWORKS).fit(X_train, y_train)
    each = [one.predict_proba(X_test) for one in many.estimators_]
    single = pd.DataFrame([scores(y_test, proba) for proba in each[:N_REPEATS]])
    averaged = pd.DataFrame(
        [
            scores(y_test, np.mean(each[start : start + N_NETWORKS], axis=0))
            for start in range(0, len(each), N_NETWORKS)
        ]
    )
    ten = {
        kind: scores(
            y_test,
            classifier(epochs, n_networks=N_NETWORKS, **params)
            .fit(X_train, y_train)
            .predict_proba(X_test),
        )
        for kind, params in KINDS.items()
    }
    timings = race(
        [
            Peer(name, partial(_fit, epochs, n_networks, X_train, y_train))
            for name, n_networks in (("one", 1), ("ten", N_NETWORKS))
        ],
        path.name,
    )
    return {
        "single": {"mean": single.mean().to_dict(), "std": single.std().to_dict()},
        "ensemble": {
            "mean": averaged.mean().to_dict(),
            "std": averaged.std().to_dict(),
        },
        "kinds": ten,
        "seconds": {name: timing.seconds for name, timing in timings.items()},
    }


def _fit(epochs: int, n_networks: int, X: np.ndarray, y: np.ndarray) -> float:
    """Fit an ensemble, and return its last training loss."""
    return classifier(epochs, n_networks=n_networks).fit(X, y).loss_curve_[-1]


def print_results(results: dict[str, Any]) -> None:
    """Print a row for each file."""
    table = Table(title=f"{N_NETWORKS} networks against one, {N_REPEATS} seeds")
    for name in (
        *("data", "AP one", "AP ten", "spread one", "spread ten", "shrinks"),
        *("log loss one", "log loss ten", "seconds ten / one"),
    ):
        table.add_column(name, justify="left" if name == "data" else "right")
    for name, found in results.items():
        one, ten, seconds = found["single"], found["ensemble"], found["seconds"]
        stds = [part["std"]["average_precision"] for part in (one, ten)]
        table.add_row(
            name,
            *(f"{part['mean']['average_precision']:.3f}" for part in (one, ten)),
            *(f"{std:.4f}" for std in stds),
            f"{stds[0] / stds[1]:.1f}x",
            *(f"{part['mean']['log_loss']:.4f}" for part in (one, ten)),
            f"{seconds['ten'] / seconds['one']:.1f}x",
        )
    Console().print(table)


@click.command()
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
@click.option("--epochs", default=100)
@click.option("--only", default="", help="Part of the names of the files to run.")
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(folder, epochs, only, json_path):
    """Score and time ensembles on every file of FOLDER."""
    warnings.simplefilter("ignore", SmallValidationWarning)
    paths = [path for path in sorted(folder.glob("*.csv*")) if only in path.name]
    results = {
        path.name.partition(".")[0]: of_file(path, epochs)
        for path in track(paths, "files")
    }
    print_results(results)
    write_results(json_path, {"epochs": epochs}, results, [])


if __name__ == "__main__":
    main()
