"""What early stopping should watch: the evidence for the default.

FOLDER holds CSV files whose column `target` is the label. Networks with one hidden
layer of 64 units are trained in float32 in repeated stratified folds, and the true
probabilities and the predictions of the test rows are scored. All settings of a fold
have the same initial weights and the same validation rows.

    python benchmarks/monitor.py FOLDER [--epochs 100] [--json OUT]

What OUT holds already is not run again.
"""

import json
import warnings
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
from defaults import average_precision
from rich.console import Console
from rich.progress import track
from rich.table import Table
from scipy.stats import wilcoxon
from sklearn.metrics import balanced_accuracy_score, log_loss
from sklearn.model_selection import StratifiedKFold
from timing import write_results

from skweighted import CostSensitiveMLPClassifier
from skweighted.exceptions import SmallValidationWarning
from skweighted.preprocessing import TablePreparation

# Only adult has more rows; it is sampled.
MOST_ROWS = 12_000

STOP = {"early_stopping": True}
BALANCED = {"class_weight": "balanced"}
# logit_adjusted has no class weights, which would count the imbalance twice. Without
# them the weighted log loss is that of the true probabilities.
ADJUSTED = {"loss": "logit_adjusted"}
AVERAGE_PRECISION = {"monitor": "average_precision"}
SETTINGS: dict[str, dict[str, Any]] = {
    "plain, no stopping": {},
    "plain, log loss": STOP,
    "balanced, no stopping": BALANCED,
    "balanced, weighted log loss": BALANCED | STOP | {"monitor_weighted": True},
    "balanced, true log loss": BALANCED | STOP | {"monitor_weighted": False},
    "balanced, average precision": BALANCED | STOP | AVERAGE_PRECISION,
    "adjusted, no stopping": ADJUSTED,
    "adjusted, log loss": ADJUSTED | STOP,
    "adjusted, average precision": ADJUSTED | STOP | AVERAGE_PRECISION,
}
# The first pair is the question; the others put its answer into proportion.
PAIRS = (
    ("balanced, true log loss", "balanced, weighted log loss"),
    ("balanced, true log loss", "balanced, average precision"),
    ("balanced, true log loss", "balanced, no stopping"),
    ("balanced, weighted log loss", "balanced, no stopping"),
    ("plain, log loss", "plain, no stopping"),
    ("adjusted, log loss", "adjusted, no stopping"),
    ("adjusted, log loss", "adjusted, average precision"),
)
GREATER_IS_BETTER = {
    "log_loss": False,
    "average_precision": True,
    "balanced_accuracy": True,
}


def read(path: Path) -> tuple[pd.DataFrame, np.ndarray]:
    """Return features and labels of a file."""
    table = pd.read_csv(path)
    if len(table) > MOST_ROWS:
        table = table.sample(MOST_ROWS, random_state=0, ignore_index=True)
    return table.drop(columns="target"), table["target"].to_numpy()


def scores_of(path: Path, repeat: int, n_folds: int, epochs: int) -> pd.DataFrame:
    """Return the mean scores over the folds of one repeat; settings are the rows."""
    X, y = read(path)
    classes = np.unique(y)
    rows = []
    folds = StratifiedKFold(n_folds, shuffle=True, random_state=repeat).split(X, y)
    for fold, (train, test) in enumerate(folds):
        prepare = TablePreparation(scale_numbers=True)
        X_train = prepare.fit_transform(X.iloc[train], y[train]).astype(np.float32)
        X_test = prepare.transform(X.iloc[test]).astype(np.float32)
        for name, params in SETTINGS.items():
            if len(classes) > 2 and params.get("monitor") == "average_precision":
                continue
            clf = CostSensitiveMLPClassifier(
                (64,),
                correct_probabilities=True,
                epochs=epochs,
                random_state=repeat * n_folds + fold,
                **params,
            ).fit(X_train, y[train])
            proba, predicted = clf.predict_proba(X_test), clf.predict(X_test)
            scores = {
                "setting": name,
                "log_loss": log_loss(y[test], proba, labels=classes),
                "average_precision": average_precision(y[test], proba, classes),
                "balanced_accuracy": balanced_accuracy_score(y[test], predicted),
                "epochs": clf.n_iter_,
            }
            rows.append(scores)
    return pd.DataFrame(rows).groupby("setting").mean().round(5)


def means_of(results: dict[str, Any]) -> dict[str, pd.DataFrame]:
    """Return for each score the means: data sets in rows, settings in columns."""
    of_data = {
        data: pd.concat(map(pd.DataFrame, repeats)).groupby(level=0).mean()
        for data, repeats in results.items()
    }
    return {
        score: pd.DataFrame(
            {data: means.loc[score] for data, means in of_data.items()},
            index=list(SETTINGS),
        ).T
        for score in (*GREATER_IS_BETTER, "epochs")
    }


def ranks_of(means: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return mean ranks, 1 being best, over the data sets that have every setting."""
    return pd.DataFrame(
        {
            score: means[score].dropna().rank(axis=1, ascending=not greater).mean()
            for score, greater in GREATER_IS_BETTER.items()
        }
    )


def compared(means: dict[str, pd.DataFrame]) -> list[dict[str, Any]]:
    """Return for each pair and score how often the first is better, and Wilcoxon's p.

    The p-values are of single tests; they are not adjusted for their number.
    """
    rows: list[dict[str, Any]] = []
    for first, second in PAIRS:
        for score, greater in GREATER_IS_BETTER.items():
            both = means[score][[first, second]].dropna()
            difference = both[first] - both[second]
            gain = difference if greater else -difference
            p_value = wilcoxon(difference).pvalue if difference.any() else 1.0
            rows.append(
                {
                    "first": first,
                    "second": second,
                    "score": score,
                    "better": int((gain > 0).sum()),
                    "worse": int((gain < 0).sum()),
                    "mean_difference": float(difference.mean()),
                    "median_difference": float(difference.median()),
                    "p_value": float(p_value),
                }
            )
    return rows


def show(means: dict[str, pd.DataFrame], pairs: list[dict[str, Any]]) -> None:
    """Print the means, the mean ranks and the pairs."""
    for score, table in means.items():
        _print_frame(f"{score}: means", table.T, 1 if score == "epochs" else 4)
    ranks = ranks_of(means)
    n_ranked = len(means["log_loss"].dropna())
    _print_frame(f"mean ranks over {n_ranked} data sets with two classes", ranks, 2)
    _print_pairs(pairs)


def _print_frame(title: str, frame: pd.DataFrame, n_digits: int) -> None:
    """Print numbers under their columns' names."""
    table = Table("", title=title)
    for column in frame.columns:
        table.add_column(str(column), justify="right", overflow="fold")
    for name, values in frame.iterrows():
        cells = ("" if np.isnan(v) else f"{v:.{n_digits}f}" for v in values)
        table.add_row(str(name), *cells)
    Console().print(table)


def _print_pairs(pairs: list[dict[str, Any]]) -> None:
    """Print for each pair on how many data sets it wins, its median lead and p."""
    table = Table("first", "second", title="Wins - losses of first, median, Wilcoxon p")
    for score in GREATER_IS_BETTER:
        table.add_column(score, justify="right")
    for start in range(0, len(pairs), len(GREATER_IS_BETTER)):
        of_pair = pairs[start : start + len(GREATER_IS_BETTER)]
        cells = (
            f"{p['better']}-{p['worse']}, {p['median_difference']:+.4f}, "
            f"{p['p_value']:.2g}"
            for p in of_pair
        )
        table.add_row(of_pair[0]["first"], of_pair[0]["second"], *cells)
    Console().print(table)


def _n_rows(path: Path) -> int:
    """Return how many rows a file has."""
    return len(pd.read_csv(path, usecols=["target"]))


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--repeats", default=3, show_default=True)
@click.option("--folds", default=5, show_default=True)
@click.option("--epochs", default=100, show_default=True)
@click.option("--json", "out", type=click.Path(path_type=Path))
def main(folder: Path, repeats: int, folds: int, epochs: int, out: Path | None) -> None:
    """Compare the monitors: every file once, the small files first, then again."""
    settings = {"folds": folds, "epochs": epochs, "most_rows": MOST_ROWS}
    results: dict[str, Any] = {}
    if out is not None and out.exists():
        stored = json.loads(out.read_text())
        if stored["settings"] != settings:
            raise click.UsageError(f"{out} was run with {stored['settings']}.")
        results = stored["results"]["scores"]
    # Some folds hold out two rows of the rarest class, which is part of the question.
    warnings.simplefilter("ignore", SmallValidationWarning)
    paths = sorted(folder.glob("*.csv*"), key=_n_rows)
    runs = [(repeat, path) for repeat in range(repeats) for path in paths]
    for repeat, path in track(runs, console=Console(stderr=True)):
        done = results.setdefault(path.name.partition(".")[0], [])
        if len(done) <= repeat:
            done.append(scores_of(path, repeat, folds, epochs).T.to_dict())
            content = {"scores": results, "pairs": compared(means_of(results))}
            write_results(out, settings, content, [])
    means = means_of(results)
    show(means, compared(means))


if __name__ == "__main__":
    main()
