"""Compare the effect of weights, losses and costs on probabilities, recall and cost.

Cross-validates networks (five stratified folds) on two-class CSV files whose column
`target` is the label; the rarer class is 1. Each row of a table names what differs from
the defaults. --miss sets the cost of a false negative, in false positives.

    python benchmarks/honest_probabilities.py FILE... [--miss 20] [--json OUT]
"""

import json
from pathlib import Path

import click
import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from sklearn.metrics import average_precision_score, log_loss, recall_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skweighted import CostSensitiveMLPClassifier
from skweighted.metrics import expected_cost_score

CORRECTED = {"correct_probabilities": True}
BALANCED = {"class_weight": "balanced"}


def variants(costs, miss):
    """Return the parameters of each network, by name."""
    with_costs = {"cost_matrix": costs}
    return {
        "plain": {},
        "plain, costs": with_costs,
        "balanced": BALANCED,
        "balanced, corrected": BALANCED | CORRECTED,
        "balanced, corrected, costs": BALANCED | CORRECTED | with_costs,
        "weights of the costs": {"class_weight": {0: 1, 1: miss}},
        "weights of the costs, corrected": {"class_weight": {0: 1, 1: miss}}
        | CORRECTED,
        "sqrt_balanced, corrected": {"class_weight": "sqrt_balanced"} | CORRECTED,
        "effective_number, corrected": {"class_weight": "effective_number"} | CORRECTED,
        "focal": {"loss": "focal"},
        "focal, corrected": {"loss": "focal"} | CORRECTED,
        "logit_adjusted, corrected": {"loss": "logit_adjusted"} | CORRECTED,
        "ldam, deferred, corrected": {"loss": "ldam", "class_weight_start": 0.8}
        | BALANCED
        | CORRECTED,
        "mean_false_error, corrected": {"loss": "mean_false_error"} | CORRECTED,
        "expected_cost": {"loss": "expected_cost"} | with_costs,
    }


def scores_of(params, X, y, costs):
    """Return the mean scores over five folds."""
    scores = []
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    for train, test in folds.split(X, y):
        clf = make_pipeline(
            StandardScaler(), CostSensitiveMLPClassifier(random_state=0, **params)
        ).fit(X[train], y[train])
        proba, y_pred = clf.predict_proba(X[test])[:, 1], clf.predict(X[test])
        scores.append(
            {
                "log_loss": log_loss(y[test], proba),
                "average_precision": average_precision_score(y[test], proba),
                "recall": recall_score(y[test], y_pred),
                "specificity": recall_score(y[test], y_pred, pos_label=0),
                "cost": expected_cost_score(y[test], y_pred, cost_matrix=costs),
            }
        )
    return pd.DataFrame(scores).mean().to_dict()


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--miss", default=20.0, show_default=True)
@click.option("--json", "out", type=click.Path(path_type=Path))
def main(files, miss, out):
    """Compare the networks and print one table for each file."""
    results = {}
    costs = np.array([[0, 1], [miss, 0]])
    for path in files:
        table = pd.read_csv(path).dropna()
        y = table.pop("target")
        y = (y == y.value_counts().idxmin()).to_numpy().astype(int)
        X = table.select_dtypes("number").to_numpy()
        shown = Table(title=f"{path.name}: {len(y)} rows, {y.mean():.1%} positive")
        shown.add_column("network")
        results[path.name] = {}
        for name, params in variants(costs, miss).items():
            scores = scores_of(params, X, y, costs)
            results[path.name][name] = scores
            if len(shown.columns) == 1:
                for score in scores:
                    shown.add_column(score, justify="right")
            shown.add_row(name, *(f"{value:.4f}" for value in scores.values()))
        Console().print(shown)
    if out:
        out.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
