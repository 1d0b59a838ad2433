"""What a process of `accuracy.py` does: fit a peer in folds, and store the results.

A file of results is one fold of one peer: ``DIR/PEER/DATA-SEED-FOLD.npz``.
"""

import json
import os
import platform
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from accuracy_peers import Peer, all_peers
from sklearn.model_selection import StratifiedGroupKFold

from skweighted.comparison.folds import identical_rows

N_FOLDS = 5

# The file of scores that `report --keep` writes, and what tells its rows apart.
KEPT = "scores.csv"
FOLD = ["name", "data", "seed", "fold"]

# A fit that takes longer is timed once.
LONG_SECONDS = 60.0
PACKAGES = (
    "skweighted",
    "numpy",
    "pandas",
    "scikit-learn",
    "imbalanced-learn",
    "tensorflow",
    "keras",
    "lightgbm",
    "xgboost",
    "catboost",
    "pytabkit",
    "torch",
)


class Data(NamedTuple):
    """A data set: the raw table, and labels as positions in the sorted classes."""

    X: pd.DataFrame
    y: np.ndarray
    n_classes: int
    rarest: int


def read(path: str | Path) -> Data:
    """Return the data of a CSV file whose column `target` is the label."""
    table = pd.read_csv(path)
    classes, y = np.unique(table.pop("target"), return_inverse=True)
    return Data(table, y, len(classes), int(np.bincount(y).argmin()))


def name_of(path: str | Path) -> str:
    """Return the name of a data set."""
    return Path(path).name.partition(".")[0]


def folds_of(data: Data, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield training and test rows: stratified, with identical rows in one fold."""
    folds = StratifiedGroupKFold(N_FOLDS, shuffle=True, random_state=seed)
    return folds.split(data.X, data.y, identical_rows(data.X))


def file_of(results: str | Path, peer: str, data: str, seed: int, fold: int) -> Path:
    """Return the file with the results of one fold."""
    return Path(results) / peer.replace(" ", "_") / f"{data}-{seed}-{fold}.npz"


def is_done(results: str | Path, peer: str, data: str, seed: int) -> bool:
    """Return whether all folds have results, or scores that `report` has kept."""
    files = (file_of(results, peer, data, seed, fold) for fold in range(N_FOLDS))
    if all(file.exists() for file in files):
        return True
    kept = kept_scores(results)
    return bool(
        (kept[["name", "data", "seed"]] == [peer, data, seed]).all(axis=1).any()
    )


def kept_scores(results: str | Path) -> pd.DataFrame:
    """Return the scores of complete folds that `report --keep` has written, if any."""
    file = Path(results) / KEPT
    return pd.read_csv(file) if file.exists() else pd.DataFrame(columns=FOLD)


def fit_folds(
    path: str,
    name: str,
    seed: int,
    results: str,
    n_threads: int,
    variants: str | None = None,
) -> None:
    """Fit a peer in the folds without results, and store what it predicts."""
    warnings.simplefilter("ignore")  # unconverged, few validation rows, feature names
    peer = all_peers(variants)[name]
    data = read(path)
    for fold, (train, test) in enumerate(folds_of(data, seed)):
        file = file_of(results, name, name_of(path), seed, fold)
        if file.exists():
            continue
        clf = peer.make(data.X, seed * N_FOLDS + fold, n_threads)
        X_train, X_test = data.X.iloc[train], data.X.iloc[test]
        fit_seconds, _ = seconds_of(partial(clf.fit, X_train, data.y[train]))
        predict_seconds, proba = seconds_of(partial(clf.predict_proba, X_test))
        store(
            file,
            name=name,
            data=name_of(path),
            seed=seed,
            fold=fold,
            rarest=data.rarest,
            truth=data.y[test],
            proba=np.asarray(proba, dtype=np.float64),
            # CatBoost returns a column for several classes.
            predicted=np.asarray(clf.predict(X_test)).reshape(-1).astype(np.int64),
            fit_seconds=fit_seconds,
            predict_seconds=predict_seconds,
        )


def measure(path: str, name: str, n_threads: int, variants: str | None = None) -> Any:
    """Return seconds of a new process: the first and second fit, and predictions."""
    warnings.simplefilter("ignore")
    data = read(path)
    train, test = next(folds_of(data, seed=0))
    clf = all_peers(variants)[name].make(data.X, 0, n_threads)
    fit = partial(clf.fit, data.X.iloc[train], data.y[train])
    first_seconds, _ = seconds_of(fit)
    fit_seconds = first_seconds
    if first_seconds < LONG_SECONDS:
        fit_seconds, _ = seconds_of(fit)
    rows = np.random.default_rng(0).integers(len(data.y), size=10_000)
    tables = {
        "test rows": (data.X.iloc[test], 3),
        "10,000 rows": (data.X.iloc[rows].reset_index(drop=True), 3),
        "one row": (data.X.iloc[[0]], 20),
    }
    seconds = {"first fit": first_seconds, "fit": fit_seconds}
    for what, (X, n_calls) in tables.items():
        predict = partial(clf.predict_proba, X)
        predict()
        calls = [seconds_of(predict)[0] for _ in range(n_calls)]
        seconds[what] = float(np.median(calls))
    return seconds


def seconds_of(call: Callable[[], Any]) -> tuple[float, Any]:
    """Return how long a call takes, and its result."""
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result


def store(file: Path, **arrays: Any) -> None:
    """Write results to a file, which either is complete or does not exist."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(f".{os.getpid()}.part")
    with part.open("wb") as stream:
        np.savez_compressed(stream, **arrays)
    part.replace(file)


def write_about(results: str, name: str, peer: Peer) -> None:
    """Write parameters and versions beside the results of a peer.

    Raises
    ------
    ValueError
        If the results are of other parameters.
    """
    file = Path(results) / name.replace(" ", "_") / "about.json"
    if file.exists():
        stored = json.loads(file.read_text())["parameters"]
        if stored != peer.parameters:
            raise ValueError(
                f"The results of {name!r} are of other parameters: {stored}. Give the "
                f"variant another name, or remove {file.parent}."
            )
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    about = {"name": name, "parameters": peer.parameters, "versions": versions}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(about, indent=1) + "\n")
