"""Reproduce two popular tutorials on class weights for neural networks.

Each row of a table is one network of a tutorial, trained `--runs` times on the
tutorial's fixed data with the seeds 0, 1, 2, ..., next to the published score.

    python benchmarks/reproduce_tutorials.py [--runs 10] [--json OUT]
"""

import json
import platform
import time
from importlib.metadata import version
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table
from sklearn.metrics import recall_score, roc_auc_score

from skweighted import CostSensitiveMLPClassifier
from skweighted.datasets import make_one_percent_problem, make_overlapping_problem

PACKAGES = ("skweighted", "scikit-learn", "tensorflow", "keras", "scikeras", "numpy")


def test_roc_auc(clf, X, y):
    """Return the area under the ROC curve."""
    return roc_auc_score(y, clf.predict_proba(X)[:, 1])


def minority_recall(clf, X, y):
    """Return the recall of the rare class at a threshold of 0.5."""
    return recall_score(y, clf.predict(X))


# One hidden layer of 10 units and plain SGD, with weights used as in Keras.
ONE_PERCENT = {
    "hidden_layer_sizes": (10,),
    "optimizer": "sgd",
    "learning_rate": 0.01,
    "batch_size": 32,
    "epochs": 100,
    "alpha": 0.0,
    "dtype": "float32",
    "normalize_weights": False,
}
OVERLAPPING = {
    "optimizer": "adam",
    "batch_size": 100,
    "epochs": 50,
    "alpha": 0.0,
    "dtype": "float32",
    "normalize_weights": False,
}
MEAN_ONE = {"normalize_weights": True}
# Problem, data, measure, parameters of all rows; then rows: name, own parameters,
# published score.
TUTORIALS = [
    (
        "one_percent",
        make_one_percent_problem,
        test_roc_auc,
        ONE_PERCENT,
        [
            ("no weights", {}, "0.949"),
            ("{0: 1, 1: 100}", {"class_weight": {0: 1, 1: 100}}, "0.973"),
            ("{0: 0.01, 1: 0.99}", {"class_weight": {0: 0.01, 1: 0.99}}, ""),
            (
                "{0: 1, 1: 99}, mean 1",
                {"class_weight": {0: 1, 1: 99}} | MEAN_ONE,
                "",
            ),
            (
                "{0: 0.01, 1: 0.99}, mean 1",
                {"class_weight": {0: 0.01, 1: 0.99}} | MEAN_ONE,
                "",
            ),
        ],
    ),
    (
        "overlapping",
        make_overlapping_problem,
        minority_recall,
        OVERLAPPING,
        [
            ("(2, 2), no weights", {"hidden_layer_sizes": (2, 2)}, ""),
            (
                "(2,), {0: 0.505, 1: 48.96}",
                {
                    "hidden_layer_sizes": (2,),
                    "class_weight": {0: 0.505, 1: 48.96},
                },
                "0.56",
            ),
            (
                "(2,), {0: 1, 1: 200}",
                {"hidden_layer_sizes": (2,), "class_weight": {0: 1, 1: 200}},
                "0.98",
            ),
        ],
    ),
]


def run(problem, measure, params, n_runs, label):
    """Return the score and the seconds of each of `n_runs` fits."""
    X_train, X_test, y_train, y_test = problem
    values, seconds = [], []
    for seed in track(range(n_runs), label, console=Console(stderr=True)):
        clf = CostSensitiveMLPClassifier(random_state=seed, **params)
        start = time.perf_counter()
        clf.fit(X_train.astype("float32"), y_train)
        seconds.append(time.perf_counter() - start)
        values.append(measure(clf, X_test.astype("float32"), y_test))
    return values, seconds


@click.command()
@click.option("--runs", default=10, show_default=True, help="Fits per network.")
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(runs, json_path):
    """Train the networks of both tutorials and print their scores."""
    records = []
    for name, make_problem, measure, shared, rows in TUTORIALS:
        problem = make_problem()
        table = Table("network", title=f"{name}: {measure.__name__}, {runs} runs")
        for column in ("mean", "min", "max", "published", "fit seconds"):
            table.add_column(column, justify="right")
        for row_name, own, published in rows:
            values, seconds = run(problem, measure, shared | own, runs, row_name)
            measured = [np.mean(values), np.min(values), np.max(values)]
            table.add_row(
                row_name,
                *(f"{value:.3f}" for value in measured),
                published,
                f"{np.median(seconds):.2f}",
            )
            records.append(
                {
                    "problem": name,
                    "network": row_name,
                    "measure": measure.__name__,
                    "values": values,
                    "published": published,
                    "median_fit_seconds": float(np.median(seconds)),
                }
            )
        Console().print(table)
    if json_path:
        versions = {package: version(package) for package in PACKAGES}
        versions["python"] = platform.python_version()
        content = {"versions": versions, "runs": runs, "results": records}
        json_path.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
