"""The benchmark of accuracy: its folds, resuming, and its metrics against sklearn's."""

import itertools
import json
import shutil

import numpy as np
import pandas as pd
import pytest
from accuracy import main
from accuracy_peers import BOOSTING, Readable
from accuracy_report import (
    METRICS,
    ahead,
    effects_of,
    keep_scores,
    ranks_of,
    read_scores,
    scores_of,
    tables_of,
)
from accuracy_runs import file_of, fit_folds, folds_of, read, store
from click.testing import CliRunner
from messages import whole
from sklearn import metrics

from skweighted.comparison.threads import bounded
from skweighted.metrics import expected_cost_score


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two small files with numbers, text, missing values and copies of rows."""
    folder = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    for name in ("birds", "trees"):
        x = rng.normal(size=120)
        table = pd.DataFrame(
            {
                "size": np.where(rng.random(120) < 0.1, np.nan, x),
                "color": rng.choice(["red", "blue", None], 120),
                "target": np.where(x + rng.normal(size=120) > 1, "rare", "common"),
            }
        )
        twice = pd.concat([table, table[:60]])
        twice.to_csv(folder / f"{name}.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def results(folder, tmp_path_factory):
    """Results of two peers on both files."""
    results = tmp_path_factory.mktemp("results")
    peers = (BOOSTING, "HistGradientBoosting balanced")
    with bounded(1):
        for data, name in itertools.product(("birds", "trees"), peers):
            fit_folds(str(folder / f"{data}.csv"), name, 0, str(results), 1)
    return results


def run(folder, results, *more):
    arguments = ["run", str(folder), "--results", str(results), "--seeds", "1"]
    return CliRunner().invoke(main, [*arguments, "--threads", "1", *more])


def test_identical_rows_are_in_one_fold(folder):
    data = read(folder / "birds.csv")
    keys = pd.util.hash_pandas_object(data.X, index=False).to_numpy()
    folds = list(folds_of(data, seed=0))
    assert len(folds) == 5
    for train, test in folds:
        assert not set(keys[train]) & set(keys[test])
        assert set(data.y[test]) == {0, 1}
    tested = np.concatenate([test for _, test in folds])
    np.testing.assert_array_equal(np.sort(tested), np.arange(180))


def test_a_run_resumes_without_fitting_again(folder, tmp_path):
    options = ("--peer", BOOSTING, "--data", "birds")
    first = run(folder, tmp_path, *options)
    assert first.exit_code == 0, first.output
    assert first.output.startswith("seed 0 birds HistGradientBoosting")
    files = [file_of(tmp_path, BOOSTING, "birds", 0, fold) for fold in range(5)]
    written = [file.stat().st_mtime_ns for file in files]
    files[3].unlink()
    run(folder, tmp_path, *options)
    again = [file.stat().st_mtime_ns for file in files]
    assert [a == b for a, b in zip(written, again, strict=True)] == [
        True, True, True, False, True,
    ]  # fmt: skip
    assert run(folder, tmp_path, *options).output == ""


def test_a_variant_with_other_parameters_is_refused(folder, tmp_path):
    variants = tmp_path / "variants.json"
    about = tmp_path / "results" / "dry" / "about.json"
    about.parent.mkdir(parents=True)
    about.write_text(json.dumps({"parameters": {"dropout": 0.5}}))
    variants.write_text(json.dumps({"dry": {"dropout": 0.0}}))
    options = ("--variants", str(variants), "--peer", "dry")
    refused = run(folder, tmp_path / "results", *options)
    assert refused.exit_code == 2
    assert refused.output.endswith(
        "Error: The results of 'dry' are of other parameters: {'dropout': 0.5}. Give "
        f"the variant another name, or remove {about.parent}.\n"
    )


@pytest.mark.parametrize("n_classes", [2, 3])
def test_metrics_equal_those_of_sklearn(n_classes, tmp_path):
    rng = np.random.default_rng(n_classes)
    truth = rng.permutation(np.repeat(np.arange(n_classes), [60, 30, 20][:n_classes]))
    proba = rng.dirichlet(np.ones(n_classes), len(truth))
    proba[0] = np.eye(n_classes)[truth[0] - 1]  # certain and wrong
    predicted = proba.argmax(axis=1)
    file = tmp_path / "fold.npz"
    rare = n_classes - 1
    store(
        file, name="ours", data="birds", seed=0, fold=0, rarest=rare, truth=truth,
        proba=proba, predicted=predicted, fit_seconds=1.0, predict_seconds=0.5,
    )  # fmt: skip
    found = scores_of(file)
    ranked = (truth == 1, proba[:, 1]) if n_classes == 2 else (truth, proba)
    clipped = proba.clip(1e-15, 1)
    # The least expected cost by brute force: try both answers on each row.
    costs = [20 * proba[:, rare], 1 - proba[:, rare]]
    decision = np.argmin(costs, axis=0)
    expected = {
        "average_precision": metrics.average_precision_score(*ranked),
        "roc_auc": metrics.roc_auc_score(*ranked, multi_class="ovr"),
        "log_loss": metrics.log_loss(
            truth, clipped / clipped.sum(axis=1, keepdims=True)
        ),
        "brier": metrics.brier_score_loss(truth, proba, labels=range(n_classes)),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, predicted),
        "expected_cost": expected_cost_score(
            (truth == rare).astype(int), decision, cost_matrix=[[0, 1], [20, 0]]
        ),
    }
    # Clipping at 1e-15 moves the Brier score by less than this.
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-9)


def test_peers_are_ranked_on_the_data_that_all_have():
    means = pd.DataFrame(
        {BOOSTING: [0.5, 0.6, 0.7, 0.1], "ours": [0.6, 0.7, 0.6, 0.2]},
        index=["birds", "trees", "fish", "ants"],
    )
    tables = dict.fromkeys(METRICS, means.assign(slow=[0.1, 0.2, 0.1, np.nan]))
    ranks = ranks_of(tables).loc["ours"]
    assert ranks["average precision"] == pytest.approx((1 + 1 + 2) / 3)
    assert ranks["log loss"] == pytest.approx((3 + 3 + 2) / 3)
    counts = ahead(tables, BOOSTING)
    assert counts["average precision"].to_dict() == {"ours": "3 of 4", "slow": "0 of 3"}
    assert counts["log loss"].to_dict() == {"ours": "1 of 4", "slow": "3 of 3"}


def test_effects_are_relative_to_one_peer_where_both_have_results():
    sets, nan = list("abc"), np.nan
    tables = {
        "average_precision": pd.DataFrame(
            {"ours": [0.5, 0.6, 0.7], "less": [0.4, 0.7, nan]}, index=sets
        ),
        "log_loss": pd.DataFrame(
            {"ours": [0.1, 0.2, 0.3], "less": [0.4, 0.2, nan]}, index=sets
        ),
    }
    effects = effects_of(tables, "ours")
    assert effects.loc["less"].tolist() == ["+0.000", "1 of 2", "2.000 times", "1 of 2"]


def test_data_without_all_folds_of_a_peer_are_left_out_for_it(results, tmp_path):
    for file in results.glob("*/*.npz"):
        if not (file.parent.name == BOOSTING and file.name == "trees-0-4.npz"):
            copy = tmp_path / file.relative_to(results)
            copy.parent.mkdir(exist_ok=True)
            copy.write_bytes(file.read_bytes())
    table = tables_of(read_scores(tmp_path), [BOOSTING])["log_loss"]
    assert table[BOOSTING].isna().to_dict() == {"birds": False, "trees": True}


@pytest.mark.parametrize(
    ("n_sets", "without"), [(2, ""), (3, " (without bees)")], ids=["all", "some"]
)
def test_one_more_peer_has_a_table_of_ranks_of_its_own(
    results, tmp_path, n_sets, without
):
    shutil.copytree(results, tmp_path / "results")
    (tmp_path / "results" / "slow").mkdir()
    for file in (results / BOOSTING).glob("*.npz"):
        with np.load(file) as fold:
            store(tmp_path / "results" / "slow" / file.name, **{**fold, "name": "slow"})
    if n_sets == 3:
        for file in results.glob("*/birds-*.npz"):
            to = tmp_path / "results" / file.parent.name
            with np.load(file) as fold:
                arrays = {**fold, "data": "bees"}
            store(to / file.name.replace("birds", "bees"), **arrays)
    page = tmp_path / "page.md"
    options = ["--peer", BOOSTING, "--peer", f"{BOOSTING} balanced", "--more", "slow"]
    options += ["--results", str(tmp_path / "results"), "--markdown", str(page)]
    reported = CliRunner().invoke(main, ["report", *options])
    assert reported.exit_code == 0, reported.output
    first, second = page.read_text().split(
        f"With slow, on the data and seeds that it has{without}:"
    )
    assert f"\n2 classifiers on {n_sets} data sets, " in first
    assert "\n3 classifiers on 2 data sets, " in second
    # Scores are of the other peers alone.
    assert "| slow" not in second.split("## Average precision")[1]


def test_scores_of_a_seed_that_other_peers_lack_are_kept(results, tmp_path):
    both = shutil.copytree(results, tmp_path / "both")
    for file in (both / BOOSTING).glob("birds-0-*.npz"):
        arrays = dict(np.load(file)) | {"seed": 1}
        store(both / BOOSTING / file.name.replace("-0-", "-1-"), **arrays)
    assert set(read_scores(both)["seed"]) == {0}
    keep_scores(both, tmp_path / "kept")
    alone = read_scores(tmp_path / "kept", [BOOSTING])
    assert set(alone[alone["data"] == "birds"]["seed"]) == {0, 1}


def test_kept_scores_give_the_same_report(folder, results, tmp_path):
    def report(results, *more):
        page = tmp_path / "page.md"
        arguments = [
            "report",
            "--results",
            str(results),
            "--markdown",
            str(page),
            *more,
        ]
        assert CliRunner().invoke(main, arguments).exit_code == 0
        return page.read_text()

    kept = tmp_path / "kept"
    assert report(results, "--keep", str(kept)) == report(kept)
    one = read_scores(kept, ["HistGradientBoosting balanced"])
    assert set(one["name"]) == {"HistGradientBoosting balanced"}
    # What is kept is not run again.
    again = run(folder, kept, "--peer", BOOSTING)
    assert (again.exit_code, again.output) == (0, "")
    # A fold that was fitted again replaces the kept one.
    shutil.copytree(results / BOOSTING, kept / BOOSTING, dirs_exist_ok=True)
    assert len(read_scores(kept)) == len(read_scores(results))


def test_a_report_needs_results(tmp_path):
    message = f"{tmp_path} has no peer with all 5 folds of a seed."
    with pytest.raises(ValueError, match=whole(message)):
        read_scores(tmp_path)


def test_readable_tables_fill_what_is_missing_or_unknown():
    train = pd.DataFrame({"n": [1.0, None, 3.0, 8.0], "t": ["a", None, "b", "a"]})
    test = pd.DataFrame({"n": [None, 7.0], "t": ["z", "b"]})
    filled = Readable(fill_text=True, fill_numbers=True).fit(train).transform(test)
    assert filled["n"].tolist() == [3.0, 7.0]
    assert filled["n is missing"].tolist() == [1.0, 0.0]
    assert filled["t"].tolist() == ["(missing)", "b"]
    plain = Readable().fit(train).transform(test)
    assert plain["t"].isna().tolist() == [True, False]
    assert plain["t"].cat.categories.tolist() == ["a", "b"]
