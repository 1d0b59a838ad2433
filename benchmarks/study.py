"""Compare the default strategies on many data sets and write `docs/study.md`.

FOLDER holds CSV files whose column `target` is the label. On each of them, repeated
stratified cross-validation compares the default strategies. The script writes a page,
critical-difference diagrams and the means into the documentation.

    python benchmarks/study.py FOLDER [--repeats 5] [--folds 2] [--resume DIR]

To resume an interrupted run, pass the same folder to --resume.
"""

import os
import warnings
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import click
import many_datasets
import pandas as pd
from matplotlib import pyplot as plt
from rich.console import Console

from skweighted import CostSensitiveMLPClassifier, compare
from skweighted.comparison.measures import MEASURES
from skweighted.comparison.sources import load

DOCS = Path(__file__).parent.parent / "docs"

# Metrics for ranking: the order of rows, the probabilities, the decisions. Each has the
# strategies that equal another one in it, which would count twice, and the reason.
ORDER = {
    "threshold": "it only moves the threshold of `none`",
    "class_weight_corrected": "it ranks rows like `class_weight` on two classes",
}
DECISIONS = {"class_weight_corrected": "its decisions are those of `class_weight`"}
RANKED = {
    "average_precision": ORDER,
    "log_loss": {"threshold": ORDER["threshold"]},
    "balanced_accuracy": DECISIONS,
    "f1": DECISIONS,
}
ALPHA = 0.05


@dataclass(frozen=True)
class Ranking:
    """Means (best strategy first), mean ranks and tests for one metric.

    Attributes
    ----------
    metric : str
    means : DataFrame of shape (n_data_sets, n_strategies)
    ranks : Series of shape (n_strategies,)
    p_value : float
        Of Friedman's test.
    tied : list of str
        Strategies that do not differ significantly from the first (Nemenyi's test).
    left_out : list of str
        Data sets without a score of every strategy.
    """

    metric: str
    means: pd.DataFrame
    ranks: pd.Series
    p_value: float
    tied: list[str]
    left_out: list[str]

    @property
    def title(self):
        """Return the name of the metric in words."""
        title = MEASURES[self.metric].title
        return f"{title} of the rarest class" if self.metric == "f1" else title


def run(path, n_repeats, n_folds, seed, resume):
    """Compare the default strategies on one file."""
    X, y = load(str(path), "target")
    with warnings.catch_warnings():
        # A metric is undefined in some folds; means are over the others.
        warnings.simplefilter("ignore")
        return compare(
            X,
            y,
            estimator=CostSensitiveMLPClassifier(),
            cv=n_folds,
            n_repeats=n_repeats,
            random_state=seed,
            resume=None if resume is None else resume / name_of(path),
            progress=True,
        )


def name_of(path):
    """Return the name of a file without its suffixes."""
    return path.name.removesuffix(".gz").removesuffix(".csv")


def means_of(comparisons):
    """Return means over folds, with a row per data set and strategy."""
    frames = {
        name: comparison.summary().xs("mean", axis=1, level=1)
        for name, comparison in comparisons.items()
    }
    return pd.concat(frames, names=["data_set"]).rename_axis(
        index=["data_set", "strategy"]
    )


def data_sets(comparisons):
    """Describe the data sets in a table."""
    rows = []
    for name, comparison in comparisons.items():
        counts = pd.Series(comparison.problem.y).value_counts()
        rows.append(
            {
                "data set": name,
                "rows": len(comparison.problem.y),
                "columns": comparison.problem.X.shape[1],
                "classes": len(counts),
                "rarest class": f"{counts.min()} ({counts.min() / counts.sum():.1%})",
            }
        )
    return pd.DataFrame(rows)


def ranking(means, metric):
    """Rank the strategies in one metric."""
    table = (
        means[metric]
        .unstack("strategy")
        .drop(columns=[*RANKED[metric]], errors="ignore")
    )
    found = table.dropna()
    ranks = many_datasets.mean_ranks(found, MEASURES[metric].greater_is_better)
    ranks = ranks.sort_values()
    _, p_value = many_datasets.friedman(found)
    p_values = many_datasets.nemenyi(found)[ranks.index[0]]
    return Ranking(
        metric,
        table[ranks.index],
        ranks,
        p_value,
        tied=[name for name in ranks.index[1:] if p_values[name] >= ALPHA],
        left_out=[name for name in table.index if name not in found.index],
    )


def markdown(table, **options):
    """Return a table as Markdown."""
    return table.to_markdown(index=False, **options)


def listed(names):
    """Return names in code font, with commas."""
    return ", ".join(f"`{name}`" for name in names)


def conclusion(found):
    """Return what the ranks show in a few sentences."""
    if found.p_value >= ALPHA:
        return (
            f"In {found.title} the strategies do not differ significantly (Friedman's "
            f"test, p = {found.p_value:.2g})."
        )
    best = found.ranks.index[0]
    behind = [name for name in found.ranks.index[1:] if name not in found.tied]
    sentences = [
        f"In {found.title} the strategies differ (Friedman's test, "
        f"p = {found.p_value:.1g}).",
        f"`{best}` has the best mean rank, {found.ranks.iloc[0]:.1f}.",
    ]
    if behind:
        sentences.append(f"Significantly worse: {listed(behind)}.")
    if found.tied:
        sentences.append(f"Not significantly different: {listed(found.tied)}.")
    return " ".join(sentences)


def section(found, folder):
    """Return the page's section on one metric, and draw its diagram."""
    metric = found.metric
    ax = many_datasets.plot_critical_difference(
        found.means.dropna(),
        greater_is_better=MEASURES[metric].greater_is_better,
        alpha=ALPHA,
    )
    picture = f"{metric}.svg"
    plt.rcParams["svg.hashsalt"] = metric  # the same file for the same means
    ax.figure.savefig(folder / picture, metadata={"Date": None})
    plt.close(ax.figure)
    shown = found.means.T.rename_axis("strategy")
    shown.insert(0, "mean rank", found.ranks)
    notes = [f"Without `{name}`, since {why}." for name, why in RANKED[metric].items()]
    if found.left_out:
        notes.append(f"The ranks leave out {listed(found.left_out)}: see the end.")
    return "\n\n".join(
        [
            f"## {found.title[0].upper()}{found.title[1:]}",
            f"![Mean ranks in {found.title}; bars join strategies that do not differ]"
            f"({folder.name}/{picture})",
            markdown(shown.reset_index(), floatfmt=".3f", missingval=""),
            " ".join(notes),
        ]
    )


def durations(means):
    """Return the fit times of the strategies as multiples of that of `none`."""
    seconds = means["fit_seconds"].unstack("strategy")
    ratios = seconds.div(seconds["none"], axis=0)
    table = ratios.agg(["median", "min", "max"]).T.sort_values("median")
    return table.rename_axis("strategy").reset_index()


def page(comparisons, means, seconds, settings, folder):
    """Return the page of the documentation."""
    first = next(iter(comparisons.values()))
    versions = ", ".join(f"{name} {v}" for name, v in first.versions.items())
    n_repeats, n_folds, seed = settings
    n_sets = len(comparisons)
    rankings = [ranking(means, metric) for metric in RANKED]
    skipped = [
        f"- {name}: `{strategy}` {what}: {why}"
        for name, comparison in comparisons.items()
        for what, of in (
            ("was skipped", comparison.skipped),
            ("failed", comparison.failed),
        )
        for strategy, why in of.items()
    ]
    return "\n\n".join(
        [
            "# A study: the default strategies on real data",
            f"Written by `benchmarks/study.py` on {date.today()}. It compares the "
            f"default strategies of `skweighted compare` on {n_sets} real data sets "
            f"with {n_folds} stratified folds, repeated {n_repeats} times (seed "
            f"{seed}), and the default settings of the network. Fitting and "
            f"predicting took {seconds / 60:.0f} min on a machine with "
            f"{os.cpu_count()} cores. Versions: {versions}.",
            "Scores are means over the folds. Within each data set the strategies are "
            "ranked by their means, 1 for the best, and mean ranks are over the data "
            "sets. A bar in a diagram joins strategies that do not differ "
            f"significantly by Nemenyi's test at {ALPHA:.0%} (Demsar, 2006). "
            "`skweighted strategies` describes each strategy.",
            "## Conclusions",
            "\n".join(f"- {conclusion(found)}" for found in rankings),
            "## The data",
            markdown(data_sets(comparisons)),
            *(section(found, folder) for found in rankings),
            "## Time",
            "Fit times as multiples of that of `none`: median, minimum and maximum "
            "over the data sets. They are rough, since other programs may have run.",
            markdown(durations(means), floatfmt=".2f"),
            "## Limitations",
            f"- {n_sets} data sets are few. More data sets might separate strategies "
            "that a bar joins: it means *not shown to differ*, not *equal*.\n"
            "- Nothing was tuned. A strategy with a parameter (the weights, the gamma "
            "of the focal loss, the neighbors of SMOTE) may gain more from a search "
            "than another.\n"
            f"- With {n_folds} folds a model is trained on {1 - 1 / n_folds:.0%} of "
            "the rows. Where the rarest class has few rows, folds differ more than "
            "strategies.\n"
            "- The number of epochs is the same for all treatments of the network, so "
            "oversampling leads to more steps and undersampling to fewer.\n"
            "- Some data sets have exact duplicates or rows from the same source, "
            "which random folds share. This flatters every strategy.\n"
            "- Balanced accuracy and F1 are those of each strategy's own decisions. "
            "They depend on the threshold, which should follow from the costs.\n"
            "- No costs were given, so `min_cost` did not take part.",
            *(["## Not run", "\n".join(skipped)] if skipped else []),
        ]
    )


@click.command()
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
@click.option("--repeats", default=5, show_default=True)
@click.option("--folds", default=2, show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option("--resume", type=click.Path(path_type=Path))
@click.option("--docs", default=DOCS, type=click.Path(exists=True, path_type=Path))
def main(folder, repeats, folds, seed, resume, docs):
    """Compare the default strategies on the data sets of FOLDER."""
    comparisons = {}
    for path in sorted(folder.glob("*.csv*")):
        Console().print(f"[bold]{path.name}")
        name = name_of(path)
        comparisons[name] = run(path, repeats, folds, seed, resume)
    means = means_of(comparisons)
    of_folds = pd.concat(c.fold_scores for c in comparisons.values())
    is_duration = of_folds["metric"].isin(["fit_seconds", "predict_seconds"])
    seconds = of_folds.loc[is_duration, "value"].sum()
    pictures = docs / "study"
    pictures.mkdir(exist_ok=True)
    means.to_csv(pictures / "means.csv", float_format="%.9g")
    text = page(comparisons, means, seconds, (repeats, folds, seed), pictures)
    (docs / "study.md").write_text(text + "\n", encoding="utf-8")
    Console().print(f"Written: {docs / 'study.md'}")


if __name__ == "__main__":
    main()
