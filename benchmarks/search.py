"""Time searches and ensembles that train together against those one by one.

- A search over 5 folds x 10 class weights, 50 networks that are trained and scored, on
  workload A and, with a StandardScaler before the network, on tables of FOLDER.
  ClassWeightSearchCV, GridSearchCV of three classifiers, and the fit of one network by
  Keras run in one process, in turn. The result is the best mean AUC or, for Keras, the
  loss.
- Ensembles of 20 networks on A and B against 20 single fits. The result is the loss.
- Searches by scikit-learn's other classes on A, per fit, against a single fit.

    python benchmarks/search.py [FOLDER] [--quick] [--json OUT]
"""

import os
import warnings
from dataclasses import replace
from functools import partial
from pathlib import Path

import click
import numpy as np
import pandas as pd
import peers
from scikeras.wrappers import KerasClassifier
from scipy.stats import loguniform
from sklearn.exceptions import ConvergenceWarning
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    StratifiedKFold,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from timing import Bar, Peer, print_bars, print_times, race, write_results
from workloads import WORKLOADS, Workload

from skweighted import ClassWeightSearchCV

CLASS_WEIGHTS = [{0: 1.0, 1: float(w)} for w in (1, 2, 3, 5, 7, 10, 15, 20, 30, 50)]
N_FOLDS = 5
N_FITS = N_FOLDS * len(CLASS_WEIGHTS)
# MLPClassifier has no class weights, so its candidates differ in another number.
ALPHAS = np.geomspace(1e-6, 1e-2, len(CLASS_WEIGHTS)).tolist()
# Peers that would take minutes do some of the 50 fits.
SCIKERAS_FITS, SKLEARN_CANDIDATES = 2, 2

TOGETHER, KERAS = "ClassWeightSearchCV", "keras.Model.fit, one network"
ONE_JOB, TWO_JOBS = "GridSearchCV, ours", "GridSearchCV, ours, n_jobs=2"
SKLEARN, SCIKERAS = "GridSearchCV, MLPClassifier", "GridSearchCV, SciKeras"
# By what factor the search must be faster than the peer.
LEAST = {SCIKERAS: 300, SKLEARN: 20, ONE_JOB: 3, TWO_JOBS: 3}

TABLES = ("mammography", "phoneme")
N_MEMBERS = 20
LEAST_OF_ENSEMBLE = 3


def roc_auc(estimator, X, y):
    """Return the AUC; with SciKeras, the scorer of this name gives NaN."""
    return roc_auc_score(y, estimator.predict_proba(X)[:, 1])


def search_peer(name, make_search, X, y, **of_peer):
    """Return a search, whose result is its best score."""

    def run():
        return float(make_search().fit(X, y).best_score_)

    return Peer(name, run, **{"repetitions": 3} | of_peer)


def searches(workload, X, y, scale):
    """Return the peers of a search; `scale` adds a StandardScaler to each."""

    def grid(classifier, values, prefix=""):
        if not scale:
            return classifier, {prefix: values}
        pipeline = make_pipeline(StandardScaler(), classifier)
        return pipeline, {f"{pipeline.steps[-1][0]}__{prefix}": values}

    how = {"scoring": roc_auc, "refit": False}
    ours = grid(peers.our_classifier(workload), CLASS_WEIGHTS, "class_weight")
    alphas = grid(peers.sklearn_mlp(workload), ALPHAS[:SKLEARN_CANDIDATES], "alpha")
    keras_classifier = KerasClassifier(
        lambda: peers.keras_model(workload),
        batch_size=workload.batch_size,
        epochs=workload.epochs,
        verbose=0,
    )
    some_folds = list(StratifiedKFold(N_FOLDS).split(X, y))[:SCIKERAS_FITS]
    scikeras = grid(keras_classifier, CLASS_WEIGHTS[-1:], "class_weight")
    shortest = replace(workload, epochs=1)
    X_scaled = StandardScaler().fit_transform(X) if scale else X
    return [
        search_peer(
            TOGETHER, partial(ClassWeightSearchCV, *ours, cv=N_FOLDS, **how), X, y
        ),
        search_peer(ONE_JOB, partial(GridSearchCV, *ours, cv=N_FOLDS, **how), X, y),
        search_peer(
            TWO_JOBS,
            partial(GridSearchCV, *ours, cv=N_FOLDS, n_jobs=2, **how),
            X,
            y,
            note="running processes",
        ),
        search_peer(
            SKLEARN,
            partial(GridSearchCV, *alphas, cv=N_FOLDS, **how),
            X,
            y,
            warm_up=lambda: peers.sklearn_mlp(shortest).fit(X_scaled, y),
            repetitions=2,
            scale=len(CLASS_WEIGHTS) / SKLEARN_CANDIDATES,
            note=f"over alpha, as it has no class weights; scaled from "
            f"{N_FOLDS * SKLEARN_CANDIDATES} of {N_FITS} fits",
        ),
        search_peer(
            SCIKERAS,
            partial(GridSearchCV, *scikeras, cv=some_folds, **how),
            X,
            y,
            warm_up=lambda: peers.keras_model(workload).fit(X_scaled, y, verbose=0),
            repetitions=2,
            scale=N_FITS / SCIKERAS_FITS,
            note=f"scaled from {SCIKERAS_FITS} of {N_FITS} fits",
        ),
        peers.keras_fit(workload, X_scaled, y, name=KERAS),
    ]


def ensembles(workload, X, y):
    """Return the peers of an ensemble."""

    def together():
        clf = peers.our_classifier(workload, n_networks=N_MEMBERS)
        return clf.fit(X, y).loss_curve_[-1]

    def in_turn():
        fits = [
            peers.our_classifier(workload, random_state=seed).fit(X, y)
            for seed in range(N_MEMBERS)
        ]
        return float(np.mean([clf.loss_curve_[-1] for clf in fits]))

    return [
        Peer(f"n_networks={N_MEMBERS}", together),
        Peer(f"{N_MEMBERS} single fits", in_turn),
    ]


def searches_of_sklearn(workload, X, y):
    """Return scikit-learn's searches over learning rates, each per fit of all epochs.

    HalvingGridSearchCV gives its 9 candidates a ninth of the epochs, the best three a
    third, and the best one all of them.
    """
    clf = peers.our_classifier(workload)
    train, _ = next(StratifiedKFold(N_FOLDS).split(X, y))
    how = {"scoring": roc_auc, "refit": False, "cv": N_FOLDS}
    drawn = {"learning_rate": loguniform(1e-3, 1e-1)}
    grid = {"learning_rate": np.geomspace(1e-3, 1e-1, 9).tolist()}
    least = max(1, workload.epochs // 9)
    epochs = (9 * least + 3 * (3 * least) + 9 * least) * N_FOLDS
    in_halves = {"resource": "epochs", "min_resources": least}
    return [
        Peer("one fit", lambda: clf.fit(X[train], y[train]).loss_curve_[-1]),
        search_peer(
            "RandomizedSearchCV",
            partial(RandomizedSearchCV, clf, drawn, random_state=0, **how),
            X,
            y,
            scale=1 / N_FITS,
            note="per fit, with scoring",
        ),
        search_peer(
            "HalvingGridSearchCV",
            partial(
                HalvingGridSearchCV,
                clf,
                grid,
                max_resources=9 * least,
                **in_halves,
                **how,
            ),
            X,
            y,
            scale=workload.epochs / epochs,
            note=f"per {workload.epochs} epochs, with scoring",
        ),
    ]


def table_of(path, quick):
    """Return a workload for a table whose column `target` is 0 or 1, and its data."""
    table = pd.read_csv(path)
    X = table.drop(columns="target").to_numpy(np.float32)
    name = path.name.partition(".")[0]
    workload = Workload(name, *X.shape, (32,), "adam", 1e-3, 64, 50, 10)
    y = table["target"].to_numpy()
    return (workload.quick() if quick else workload), X, y


def compared(title, found, quick):
    """Return the times of peers, printed."""
    if quick:
        found = [replace(peer, repetitions=1) for peer in found]
    timings = race(found, title)
    print_times(title, timings, answer_name="result")
    return timings


def search_bars(name, timings):
    """Return the targets of a search."""
    seconds = {peer: timing.seconds for peer, timing in timings.items()}
    return [
        Bar(
            f"{name}: {TOGETHER} / {KERAS}",
            seconds[TOGETHER] / seconds[KERAS],
            most=1,
            unit="x",
        ),
        *(
            Bar(
                f"{name}: {peer} / {TOGETHER}",
                seconds[peer] / seconds[TOGETHER],
                least=least,
                unit="x",
            )
            for peer, least in LEAST.items()
        ),
    ]


def ensemble_bar(name, timings):
    """Return the target of an ensemble."""
    together, in_turn = (timing.seconds for timing in timings.values())
    return Bar(
        f"{name}: {N_MEMBERS} fits / n_networks={N_MEMBERS}",
        in_turn / together,
        least=LEAST_OF_ENSEMBLE,
        unit="x",
    )


@click.command()
@click.argument("folder", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--quick", is_flag=True, help="Tiny data, as a smoke test.")
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(folder, quick, json_path):
    """Time searches and ensembles, and print which targets are met.

    FOLDER holds mammography.csv.gz and phoneme.csv.gz; without it, they are left out.
    """
    warnings.simplefilter("ignore", ConvergenceWarning)
    results, bars = {}, []
    workloads = {
        name: WORKLOADS[name].quick() if quick else WORKLOADS[name] for name in "AB"
    }
    data = {name: workload.data("float32") for name, workload in workloads.items()}
    work = f"{N_FOLDS} folds x {len(CLASS_WEIGHTS)} class weights of"

    load_before = os.getloadavg()[0]
    results["search A"] = compared(
        f"{work} A", searches(workloads["A"], *data["A"], scale=False), quick
    )
    bars += search_bars("A", results["search A"])
    for name in TABLES if folder else ():
        workload, X, y = table_of(folder / f"{name}.csv.gz", quick)
        found = searches(workload, X, y, scale=True)
        results[f"search {name}"] = compared(f"{work} {name}", found, quick)
        bars += search_bars(name, results[f"search {name}"])
    for name, workload in workloads.items():
        found = ensembles(workload, *data[name])
        results[f"ensemble {name}"] = compared(
            f"{N_MEMBERS} networks of {name}", found, quick
        )
        bars.append(ensemble_bar(name, results[f"ensemble {name}"]))
    results["scikit-learn's searches, A"] = compared(
        "Searches of scikit-learn, A",
        searches_of_sklearn(workloads["A"], *data["A"]),
        quick,
    )
    # Of the last minute. This program itself adds at most two.
    results["load"] = {"before": load_before, "after": os.getloadavg()[0]}
    print_bars(bars, quick)
    write_results(json_path, {"quick": quick, "folder": bool(folder)}, results, bars)


if __name__ == "__main__":
    main()
