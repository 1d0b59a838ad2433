"""Metrics and mean ranks of `accuracy.py`, from its files of results."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import many_datasets
import numpy as np
import pandas as pd
from accuracy_runs import FOLD, KEPT, N_FOLDS, kept_scores

from skweighted.comparison.measures import MEASURES, Predictions

LEAST_PROBABILITY = 1e-15
MISS_COST = 20


def expected_cost(predictions: Predictions) -> float:
    """Return ``(20 * misses + false alarms) / rows`` of the rarest class.

    The rarest class is predicted where that costs less: ``20 p > 1 - p``. Mistakes
    among the other classes cost nothing.
    """
    truth, proba = predictions.of_positive()
    predicted = MISS_COST * proba > 1 - proba
    return float((MISS_COST * (truth & ~predicted) + (~truth & predicted)).mean())


class Metric(NamedTuple):
    """How to compute a metric, its title, and whether it has a diagram."""

    function: Callable[[Predictions], float]
    title: str
    greater_is_better: bool
    has_diagram: bool = False


def _metric(name: str, has_diagram: bool = False) -> Metric:
    """Return a metric of `compare`."""
    measure = MEASURES[name]
    return Metric(
        measure.function, measure.title, measure.greater_is_better, has_diagram
    )


METRICS = {
    "average_precision": _metric("average_precision", has_diagram=True),
    "log_loss": _metric("log_loss", has_diagram=True),
    "balanced_accuracy": _metric("balanced_accuracy", has_diagram=True),
    "roc_auc": _metric("roc_auc"),
    "brier": _metric("brier"),
    "expected_cost": Metric(expected_cost, "expected cost at 20:1", False),
}
SECONDS = ["fit_seconds", "predict_seconds"]


def scores_of(file: Path) -> dict[str, object]:
    """Return the metrics of one fold of one peer."""
    with np.load(file) as stored:
        fold = dict(stored)
    proba = fold["proba"].clip(LEAST_PROBABILITY, 1)
    proba /= proba.sum(axis=1, keepdims=True)
    predictions = Predictions(
        y_true=fold["truth"],
        y_pred=fold["predicted"],
        proba=proba,
        classes=np.arange(proba.shape[1]),
        positive=int(fold["rarest"]),
        fit_seconds=float(fold["fit_seconds"]),
    )
    return {
        **{name: fold[name].item() for name in ("name", "data", "seed", "fold")},
        **{name: metric.function(predictions) for name, metric in METRICS.items()},
        **{name: fold[name].item() for name in SECONDS},
        "rows": len(proba),
        "rare rows": int((fold["truth"] == fold["rarest"]).sum()),
        "classes": proba.shape[1],
    }


def read_scores(results: Path, names: Iterable[str] | None = None) -> pd.DataFrame:
    """Return the metrics of all folds, of seeds that all peers of a data set have.

    Parameters
    ----------
    results : Path
    names : iterable of str or None, default=None
        The peers; None for all.

    Returns
    -------
    DataFrame
        A row per peer, data set, seed and fold.

    Raises
    ------
    ValueError
        If there are no complete results.
    """
    scores = complete_scores(results, None if names is None else list(names))
    of_data = scores.groupby("data")["name"].transform("nunique")
    of_seed = scores.groupby(["data", "seed"])["name"].transform("nunique")
    return scores[of_data == of_seed].reset_index(drop=True)


def complete_scores(results: Path, names: list[str] | None = None) -> pd.DataFrame:
    """Return the metrics of all folds, of seeds of which a peer has all folds.

    Those that `keep_scores` has written count as well; parameters as in `read_scores`.
    """
    folders = (
        sorted(path for path in results.iterdir() if path.is_dir())
        if names is None
        else [results / name.replace(" ", "_") for name in names]
    )
    rows = [scores_of(file) for path in folders for file in sorted(path.glob("*.npz"))]
    scores = pd.DataFrame(rows)
    kept = kept_scores(results)
    if len(kept):
        kept = kept if names is None else kept[kept["name"].isin(names)]
        scores = pd.concat([scores, kept]).drop_duplicates(FOLD)  # new ones first
    if len(scores):
        n_folds = scores.groupby(["name", "data", "seed"])["fold"].transform("count")
        scores = scores[n_folds == N_FOLDS]
    if scores.empty:
        raise ValueError(f"{results} has no peer with all {N_FOLDS} folds of a seed.")
    return scores


def keep_scores(results: Path, out: Path) -> None:
    """Write the metrics of all folds, and what else a page needs, to another folder.

    It is small enough to be committed, unlike the probabilities.
    """
    out.mkdir(parents=True, exist_ok=True)
    scores = complete_scores(results).sort_values(FOLD)
    scores.to_csv(out / KEPT, index=False)
    for file in (*results.glob("*/about.json"), *results.glob("seconds.json")):
        copy = out / file.relative_to(results)
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes(file.read_bytes())


def tables_of(scores: pd.DataFrame, order: list[str]) -> dict[str, pd.DataFrame]:
    """Return for each metric the means: data sets in rows, peers in columns."""
    found = scores["name"].unique().tolist()
    first = [name for name in order if name in found]
    columns = first + [name for name in found if name not in first]
    sizes = scores.groupby("data")["rows"].sum().sort_values(kind="stable")
    means = scores.groupby(["data", "name"])[[*METRICS, *SECONDS]].mean()
    return {
        metric: means[metric].unstack("name").loc[sizes.index, columns]
        for metric in means.columns
    }


def ranks_of(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return mean ranks over the data sets that all peers have, 1 being best.

    Returns
    -------
    DataFrame of shape (n_peers, n_metrics)
        Best average precision first.
    """
    ranks = {
        metric.title: many_datasets.mean_ranks(
            tables[name].dropna(), metric.greater_is_better
        )
        for name, metric in METRICS.items()
    }
    return pd.DataFrame(ranks).sort_values("average precision")


def effects_of(tables: dict[str, pd.DataFrame], base: str) -> pd.DataFrame:
    """Return what each peer changes next to one of them, over the data that both have.

    Returns
    -------
    DataFrame of shape (n_peers - 1, 4)
        Mean difference in average precision, geometric mean of the ratio of log losses,
        and on how many data sets each is worse.
    """
    precision, loss = tables["average_precision"], tables["log_loss"]
    difference = precision.sub(precision[base], axis=0).drop(columns=base)
    ratio = loss.div(loss[base], axis=0).drop(columns=base)
    n_sets = difference.notna().sum().astype(str)
    return pd.DataFrame(
        {
            "average precision": difference.mean().map("{:+.3f}".format),
            "lower on": (difference < 0).sum().astype(str) + " of " + n_sets,
            "log loss": np.exp(np.log(ratio).mean()).map("{:.3f} times".format),
            "higher on": (ratio > 1).sum().astype(str) + " of " + n_sets,
        }
    )


def ahead(tables: dict[str, pd.DataFrame], of: str) -> pd.DataFrame:
    """Return on how many data sets each peer is better than one of them."""
    counts = {}
    for name, metric in METRICS.items():
        table = tables[name]
        sign = 1 if metric.greater_is_better else -1
        gain = sign * table.sub(table[of], axis=0).drop(columns=of)
        counts[metric.title] = (gain > 0).sum().astype(str) + " of "
        counts[metric.title] += gain.notna().sum().astype(str)
    return pd.DataFrame(counts)
