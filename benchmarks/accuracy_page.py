"""The page of `accuracy.py`: Markdown and diagrams of critical differences."""

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import many_datasets
import pandas as pd
from accuracy_peers import BOOSTING, MOST_ROWS_OF_TORCH, TABULAR
from accuracy_report import (
    LEAST_PROBABILITY,
    METRICS,
    SECONDS,
    ahead,
    effects_of,
    ranks_of,
)
from accuracy_runs import N_FOLDS
from matplotlib import pyplot as plt

ALPHA = 0.05


def markdown(table: pd.DataFrame, digits: int = 3) -> str:
    """Return a table as Markdown."""
    text = table.reset_index().astype(object)
    text = text.where(text.notna(), None)  # which `missingval` replaces
    return text.to_markdown(index=False, floatfmt=f".{digits}f", missingval="")


def page(
    scores: pd.DataFrame,
    tables: dict[str, pd.DataFrame],
    more: dict[str, dict[str, pd.DataFrame]],
    ablation: dict[str, pd.DataFrame] | None,
    results: Path,
    figures: str | None,
) -> str:
    """Return the page.

    `more` has the tables with another peer each, on the data and seeds that it has;
    `ablation` has variants, and `figures` is the diagrams' folder.
    """
    parts = [
        *introduction(scores, more),
        *ranks_section(tables, more),
        *(part for name in METRICS for part in section(name, tables, figures)),
        *(ablation_section(ablation) if ablation is not None else ()),
        *seconds_section(tables, more, results),
        versions(results),
    ]
    return "\n\n".join(parts)


def introduction(scores: pd.DataFrame, more: Iterable[str]) -> list[str]:
    """Return what was run on which data."""
    data = described(scores)
    torch = ""
    if {"RealMLP-TD", "TabM"} & {*scores["name"], *more}:
        torch = (
            "- RealMLP-TD and TabM are those of pytabkit on the CPU, with "
            '`val_metric_name="cross_entropy"` and without label smoothing '
            "(`use_ls=False`), as their authors recommend for log loss and AUC. "
            "Missing numbers are replaced by the median and a flag, since RealMLP does "
            "not accept them. Both are run on data sets of up to "
            f"{MOST_ROWS_OF_TORCH:,} rows.\n"
        )
    return [
        "# Accuracy: raw tables and their peers",
        f"Written by `benchmarks/accuracy.py` on {date.today()}. It compares "
        f"classifiers with their documented defaults on {len(data)} real data sets, in "
        f"{N_FOLDS} stratified folds for each seed. Scores are means over the folds. "
        "Identical rows are in one fold: random folds would put copies of training "
        "rows into the test rows, which flatters classifiers that memorize rows.",
        "- Categories are passed as such to the classifiers that support them. "
        "`MLPClassifier`, the plain network and `BalancedRandomForest` receive "
        "one-hot columns and standardized numbers.\n"
        f"{torch}"
        "- Average precision is that of the rarest class. With more than two classes, "
        "it is the mean over one-vs-rest problems, as is ROC AUC.\n"
        f"- Probabilities are clipped at {LEAST_PROBABILITY:g} for the log loss.\n"
        "- Expected cost at 20:1 is (20 * misses + false alarms) / rows. The rarest "
        "class is predicted where that costs less: where 20 p > 1 - p, that is, where "
        "its probability p is above 1/21. Mistakes among other classes cost nothing.\n"
        "- Balanced weights, balanced trees and `logit_adjusted` (without "
        "`correct_probabilities=True`) distort the probabilities. This raises log "
        "loss, Brier score and expected cost; such classifiers are meant for balanced "
        "accuracy.",
        "## The data",
        markdown(data),
    ]


def described(scores: pd.DataFrame) -> pd.DataFrame:
    """Return rows, classes and the number of seeds of each data set."""
    folds = scores.drop_duplicates(["data", "seed", "fold"])
    one_seed = folds[folds["seed"] == folds.groupby("data")["seed"].transform("min")]
    by_data = one_seed.groupby("data")
    table = by_data[["rows", "rare rows"]].sum()
    table["classes"] = by_data["classes"].first()
    table["seeds"] = folds.groupby("data")["seed"].nunique()
    return table.sort_values("rows").rename_axis("data set")


def ranks_section(
    tables: dict[str, pd.DataFrame], more: dict[str, dict[str, pd.DataFrame]]
) -> list[str]:
    """Return the mean ranks in all metrics."""
    parts = ["## Mean ranks", *ranks_table(tables)]
    for name, with_it in more.items():
        of_peer = with_it["log_loss"].dropna().index
        lacking = [one for one in tables["log_loss"].index if one not in of_peer]
        without = f" (without {', '.join(lacking)})" if lacking else ""
        parts += [f"With {name}, on the data and seeds that it has{without}:"]
        parts += ranks_table(with_it)
    if BOOSTING in tables["log_loss"]:
        parts += [
            f"On how many data sets a classifier is better than {BOOSTING}:",
            markdown(ahead(tables, BOOSTING).rename_axis("classifier")),
        ]
    return parts


def ranks_table(tables: dict[str, pd.DataFrame]) -> list[str]:
    """Return mean ranks over the data sets that all these classifiers have."""
    n_sets, n_peers = tables["log_loss"].dropna().shape
    apart = many_datasets.critical_difference(n_sets, n_peers, ALPHA)
    return [
        f"{n_peers} classifiers on {n_sets} data sets, 1 is best. Mean ranks that are "
        f"less than {apart:.2f} apart do not differ significantly (Nemenyi's test at "
        f"{ALPHA:.0%}; Demsar, 2006).",
        markdown(ranks_of(tables).rename_axis("classifier"), digits=2),
    ]


def section(
    name: str, tables: dict[str, pd.DataFrame], figures: str | None
) -> list[str]:
    """Return the means in one metric."""
    metric = METRICS[name]
    complete = tables[name].dropna()
    parts = [f"## {metric.title[0].upper()}{metric.title[1:]}"]
    if metric.has_diagram and figures is not None:
        parts += [f"![Mean ranks in {metric.title}]({figures}/{name}.svg)"]
    if complete.shape[1] > 2:
        _, p_value = many_datasets.friedman(complete)
        parts += [f"Friedman's test: p = {p_value:.2g} ({len(complete)} data sets)."]
    table = tables[name].T.rename_axis("classifier")
    ranks = many_datasets.mean_ranks(complete, metric.greater_is_better)
    table.insert(0, "mean rank", ranks)
    return [*parts, markdown(table.sort_values("mean rank"))]


def ablation_section(tables: dict[str, pd.DataFrame]) -> list[str]:
    """Return what each part of the recipe contributes."""
    effects = effects_of(tables, TABULAR).rename_axis("variant")
    return [
        "## What each part contributes",
        f"Each row is `{TABULAR}` with one part taken away or replaced. It shows the "
        f"mean difference from `{TABULAR}` in average precision, the geometric mean of "
        f"the ratio of log losses, and on how many data sets it is worse.",
        markdown(effects),
    ]


def seconds_section(
    tables: dict[str, pd.DataFrame], more: Iterable[str], results: Path
) -> list[str]:
    """Return the seconds that `time` measured, or else those of `run`."""
    file = results / "seconds.json"
    if not file.exists():
        fit, predict = (tables[name].T.rename_axis("classifier") for name in SECONDS)
        return [
            "## Seconds",
            "Mean seconds to fit, then to predict the test rows, while other programs "
            "ran: they show no more than the order of magnitude.",
            markdown(fit),
            markdown(predict),
        ]
    stored = json.loads(file.read_text())
    order = tables["log_loss"]
    calls = pd.DataFrame(
        {"data": data, "classifier": name, **seconds}
        for data, of_peers in stored["results"].items()
        for name, rounds in of_peers.items()
        for seconds in rounds
        if name in {*order, *more} and data in order.index
    )
    medians = calls.groupby(["data", "classifier"]).median()
    fit = medians["fit"].unstack("data")
    fit = fit[[name for name in order.index if name in fit]]
    summary = medians.groupby("classifier").median().sort_values("fit")
    if TABULAR in fit.index:
        ratio = fit.div(fit.loc[TABULAR]).median(axis=1)
        summary.insert(2, f"fit / fit of {TABULAR}", ratio)
    machine = stored["machine"]
    return [
        "## Seconds",
        f"Fold 0, {machine['cores']} cores ({machine['cpu']}), "
        f"{stored['settings']['threads']} threads. The first fit of a process loads "
        "or compiles what later fits need; `fit` is the second. Medians over the data "
        "sets that a classifier has:",
        markdown(summary, digits=4),
        "Seconds to fit each data set:",
        markdown(fit.loc[summary.index]),
    ]


def versions(results: Path) -> str:
    """Return the versions of all packages."""
    found: dict[str, str] = {}
    for file in sorted(results.glob("*/about.json")):
        found |= json.loads(file.read_text())["versions"]
    return "Versions: " + ", ".join(f"{name} {v}" for name, v in found.items()) + "."


def draw(tables: dict[str, pd.DataFrame], folder: Path) -> None:
    """Draw the critical differences of the metrics that have a diagram."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, metric in METRICS.items():
        if not metric.has_diagram:
            continue
        ax = many_datasets.plot_critical_difference(
            tables[name].dropna(),
            greater_is_better=metric.greater_is_better,
            alpha=ALPHA,
        )
        ax.title.set_text(ax.get_title().replace("strategies", "classifiers"))
        plt.rcParams["svg.hashsalt"] = name  # the same file for the same means
        ax.figure.savefig(
            folder / f"{name}.svg", metadata={"Date": None}, bbox_inches="tight"
        )
        plt.close(ax.figure)
