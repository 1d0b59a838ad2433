"""Time ClassWeightSearchCV against GridSearchCV and one `keras.Model.fit`.

5 folds x 10 class weights of workload A: 50 networks, trained and scored. All peers run
in one process, in turn; the result is the best mean score or, for Keras, the loss.

    python benchmarks/search.py [--quick] [--json OUT]
"""

from pathlib import Path

import click
import peers
from sklearn.model_selection import GridSearchCV
from timing import Bar, Peer, print_bars, print_times, race, write_results
from workloads import WORKLOADS

from skweighted import ClassWeightSearchCV

CLASS_WEIGHTS = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50)
N_FOLDS = 5
TOGETHER, ONE_BY_ONE = "ClassWeightSearchCV", "GridSearchCV of our classifier"
KERAS = "keras.Model.fit, one network"
LEAST_AGAINST_ONE_BY_ONE = 3


def search_peer(name, kind, workload, X, y, **params):
    """Return a search over class weights, whose result is its best score."""
    grid = {"class_weight": [{0: 1.0, 1: float(w)} for w in CLASS_WEIGHTS]}

    def run():
        search = kind(
            peers.our_classifier(workload),
            grid,
            scoring="roc_auc",
            cv=N_FOLDS,
            refit=False,
            **params,
        )
        return float(search.fit(X, y).best_score_)

    return Peer(name, run, repetitions=3)


@click.command()
@click.option("--quick", is_flag=True, help="Tiny data, as a smoke test.")
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(quick, json_path):
    """Time the searches and print which targets are met."""
    workload = WORKLOADS["A"].quick() if quick else WORKLOADS["A"]
    X, y = workload.data("float32")
    timings = race(
        [
            search_peer(TOGETHER, ClassWeightSearchCV, workload, X, y),
            search_peer(ONE_BY_ONE, GridSearchCV, workload, X, y),
            peers.keras_fit(workload, X, y, name=KERAS),
        ],
        "search",
    )
    n_networks = N_FOLDS * len(CLASS_WEIGHTS)
    n_steps = -(-len(X) * (N_FOLDS - 1) // N_FOLDS // workload.batch_size)
    title = f"{N_FOLDS} folds x {len(CLASS_WEIGHTS)} class weights of A, float32"
    print_times(title, timings, n_networks * n_steps * workload.epochs, "result")
    seconds = {name: timing.seconds for name, timing in timings.items()}
    bars = [
        Bar(
            "search / one keras.Model.fit",
            seconds[TOGETHER] / seconds[KERAS],
            most=1,
            unit="x",
        ),
        Bar(
            "GridSearchCV / search",
            seconds[ONE_BY_ONE] / seconds[TOGETHER],
            least=LEAST_AGAINST_ONE_BY_ONE,
            unit="x",
        ),
    ]
    print_bars(bars, quick)
    write_results(json_path, {"quick": quick}, {"A": timings}, bars)


if __name__ == "__main__":
    main()
