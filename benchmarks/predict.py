"""Time predict_proba of skweighted, sklearn's MLPClassifier and Keras.

Predicts one row, and 200,000 rows of 30 features, with a hidden layer of 100 units. The
Keras model is the network trained by skweighted. The result is the area under the ROC
curve or, for one row, the probability.

    python benchmarks/predict.py [--quick] [--json OUT]
"""

import warnings
from dataclasses import replace
from pathlib import Path

import click
import peers
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import roc_auc_score
from timing import Bar, Peer, Timing, print_bars, print_times, race, write_results
from workloads import Workload

from skweighted._tensorflow import keras

MANY = Workload("many", 200_000, 30, (100,), "adam", 0.001, 1000, 1, 1)
N_CALLS = 200
LEAST_AGAINST_SKLEARN = 2
MOST_MILLISECONDS = 0.1
SKLEARN, KERAS = "sklearn MLPClassifier", "keras.Model.predict"


def fitted(workload, X, y):
    """Return for each peer a function from X to the probabilities of class 1."""
    clf = peers.our_classifier(workload).fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        mlp = peers.sklearn_mlp(workload).fit(X, y)
    model = clf.model_
    # A second fit, because the first would fetch its weights from model_.
    clf = peers.our_classifier(workload).fit(X, y)
    return {
        peers.OUR_NAME: lambda X: clf.predict_proba(X)[:, 1],
        SKLEARN: lambda X: mlp.predict_proba(X)[:, 1],
        KERAS: lambda X: model.predict(X, verbose=0)[:, 0],
    }


def one_row(functions, row, n_calls):
    """Return the time of predicting one row, as the mean over a loop."""

    def loop(function, n_calls):
        for _ in range(n_calls):
            proba = function(row)
        return float(proba[0])

    # Keras takes 70 ms per call, so a few are enough.
    calls = {name: 10 if name == KERAS else n_calls for name in functions}
    return race(
        [
            Peer(
                name,
                lambda function=function, n=calls[name]: loop(function, n),
                scale=1 / calls[name],
                note=f"mean of {calls[name]} calls, median of 5",
            )
            for name, function in functions.items()
        ],
        "1 row",
    )


def many_rows(functions, X, y):
    """Return the time of predicting all rows."""
    answers = {}

    def run(name):
        answers[name] = functions[name](X)

    timings = race(
        [
            Peer(
                name,
                lambda name=name: run(name),
                repetitions=2 if name == KERAS else 7,
            )
            for name in functions
        ],
        f"{len(X)} rows",
    )
    return {
        name: Timing(**vars(timing) | {"answer": roc_auc_score(y, answers[name])})
        for name, timing in timings.items()
    }


def compare(dtype, quick):
    """Return the times of one row and of many, and the targets."""
    keras.config.set_floatx(dtype)
    workload = replace(MANY, n_samples=10_000) if quick else MANY
    X, y = workload.data(dtype)
    functions = fitted(workload, X, y)
    one = one_row(functions, X[:1], 20 if quick else N_CALLS)
    print_times(f"predict_proba of 1 row, {dtype}", one, answer_name="probability")
    many = many_rows(functions, X, y)
    title = f"predict_proba of {len(X)} rows x {X.shape[1]}, {dtype}"
    print_times(title, many, answer_name="AUC")
    bars = [
        Bar(
            f"1 row, {dtype}",
            one[peers.OUR_NAME].seconds * 1e3,
            most=MOST_MILLISECONDS,
            unit=" ms",
        ),
        Bar(
            f"{len(X)} rows against sklearn, {dtype}",
            many[SKLEARN].seconds / many[peers.OUR_NAME].seconds,
            least=LEAST_AGAINST_SKLEARN,
            unit="x",
        ),
    ]
    return {"one_row": one, "many_rows": many}, bars


@click.command()
@click.option("--quick", is_flag=True, help="Tiny data, as a smoke test.")
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(quick, json_path):
    """Time predictions of all peers and print which targets are met."""
    results, bars = {}, []
    for dtype in ("float32", "float64"):
        results[dtype], new_bars = compare(dtype, quick)
        bars += new_bars
    print_bars(bars, quick)
    write_results(json_path, {"quick": quick}, results, bars)


if __name__ == "__main__":
    main()
