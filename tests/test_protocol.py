"""Folds, repeats, groups, failures and resumed runs of a comparison."""

import json
import pickle
import time

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import sklearn
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline
from messages import whole
from quick import QUICK_TABULAR
from scipy import sparse
from scipy.special import expit, logit
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GroupKFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    TimeSeriesSplit,
    cross_validate,
)
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_info, threadpool_limits

from skweighted import CostSensitiveMLPClassifier, compare
from skweighted.comparison import MEASURES, Strategy, threads
from skweighted.comparison.fits import Fits
from skweighted.comparison.measures import Predictions, measured
from skweighted.comparison.plan import make_plan
from skweighted.comparison.store import identity
from skweighted.comparison.strategies import DEFAULT_STRATEGIES, plain
from skweighted.exceptions import ColumnWarning, TableError

X, Y = make_classification(
    240, 5, weights=[0.75], flip_y=0.1, class_sep=0.8, random_state=0
)
MODEL = LogisticRegression()
# Batches of 64 rows of all folds, resampled or not, share a program.
SMALL_NETWORK = CostSensitiveMLPClassifier(
    (3,), optimizer="sgd", batch_size=64, epochs=2
)
COSTS = np.array([[0, 1], [9, 0]])
QUICK = {"estimator": MODEL, "strategies": ["none", "smote"]}
# Wall-clock times are never the same.
TIMELESS = [name for name in MEASURES if not name.endswith("_seconds")]


def scores_of(comparison):
    scores = comparison.fold_scores
    return scores[scores["metric"].isin(TIMELESS)].reset_index(drop=True)


class Broken(LogisticRegression):
    """Raises an error in fit number `fails_in` of those that share a list."""

    def __init__(self, fits=None, fails_in=1):
        super().__init__()
        self.fits = fits
        self.fails_in = fails_in

    def __sklearn_clone__(self):
        return Broken(self.fits, self.fails_in)

    def fit(self, X, y):
        self.fits.append(1)
        if len(self.fits) == self.fails_in:
            raise RuntimeError("no  luck\ntoday")
        return super().fit(X, y)


# folds


def test_repeats_draw_new_folds_and_keep_the_first():
    once, twice = (compare(X, Y, n_repeats=n, **QUICK) for n in (1, 2))
    first = scores_of(twice)
    first = first[first["fold"] < 5].reset_index(drop=True)
    pd.testing.assert_frame_equal(first, scores_of(once))
    tests = [fold.test.tolist() for fold in twice.folds]
    assert len(tests) == 10
    assert sorted(np.concatenate(tests[5:]).tolist()) == list(range(240))
    assert tests[5:] != tests[:5]


def test_groups_are_never_split_across_folds():
    groups = np.arange(240) // 4
    comparison = compare(X, Y, groups=groups, cv=4, n_repeats=2, **QUICK)
    for fold in comparison.folds:
        assert not set(groups[fold.train]) & set(groups[fold.test])


def test_splits_by_time_train_on_earlier_rows_only():
    comparison = compare(X, Y, cv=TimeSeriesSplit(3), **QUICK)
    for fold in comparison.folds:
        assert fold.train.max() < fold.test.min()


def test_repeats_of_a_splitter_are_explained():
    message = (
        "n_repeats is used only if cv is a number of folds. Pass a number, or "
        "RepeatedStratifiedKFold as cv."
    )
    with pytest.raises(ValueError, match=whole(message)):
        compare(X, Y, cv=StratifiedKFold(3), n_repeats=2, **QUICK)


def test_groups_of_another_length_are_explained():
    message = "groups must have one value per row. It has 2, and there are 240 rows."
    with pytest.raises(ValueError, match=whole(message)):
        compare(X, Y, groups=[1, 2], **QUICK)


@pytest.mark.parametrize("kind", [int, str])
def test_groups_make_the_folds_of_stratified_group_kfold(kind):
    groups = np.random.default_rng(0).permutation(240) % 60
    groups = np.char.zfill(groups.astype(str), 2) if kind is str else groups
    comparison = compare(X, Y, groups=groups, cv=4, random_state=3, **QUICK)
    folds = StratifiedGroupKFold(4, shuffle=True, random_state=3).split(X, Y, groups)
    for ours, (_, test) in zip(comparison.folds, folds, strict=True):
        np.testing.assert_array_equal(ours.test, test)


def test_groups_may_have_names_of_several_kinds():
    groups = [f"person {n}" if n % 2 else n for n in np.arange(240) // 4]
    comparison = compare(X, Y, groups=groups, cv=4, **QUICK)
    for fold in comparison.folds:
        train, test = (
            {groups[row] for row in rows} for rows in (fold.train, fold.test)
        )
        assert not train & test


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (
            np.arange(240) % 3,
            "There are 3 groups, fewer than the 5 folds. Use at most 3 folds, or other "
            "groups.",
        ),
        (
            np.zeros(240),
            "There is 1 group, fewer than the 5 folds. Use other groups.",
        ),
        (
            ["a", float("nan"), "c", float("nan")] * 60,
            "The group is missing in 120 of 240 rows. Fill it in, or remove these "
            "rows.",
        ),
    ],
)
def test_groups_that_cannot_be_kept_together_are_explained(groups, message):
    with pytest.raises(TableError, match=whole(message)):
        compare(X, Y, groups=groups, **QUICK)


def test_the_given_splits_and_masks_are_folds_too():
    splitter = StratifiedKFold(4, shuffle=True, random_state=1)
    splits = list(splitter.split(X, Y))
    masks = [[np.isin(np.arange(240), rows) for rows in split] for split in splits]
    one, two, three = (
        compare(X, Y, cv=cv, **QUICK) for cv in (splitter, splits, masks)
    )
    for other in (two, three):
        pd.testing.assert_frame_equal(scores_of(other), scores_of(one))
        pd.testing.assert_frame_equal(other.differences(), one.differences())


def test_a_splitter_sees_the_rows():
    class ByColumn:
        def split(self, X, y, groups=None):
            order = np.argsort(X[:, 1])
            for test in (order[::2], order[1::2]):
                yield np.setdiff1d(order, test), test

    comparison = compare(X, Y, cv=ByColumn(), **QUICK)
    assert comparison.folds[0].test.tolist() == np.argsort(X[:, 1])[::2].tolist()


def test_a_splitter_without_a_seed_gets_that_of_the_result():
    splitter = StratifiedKFold(3, shuffle=True)
    one, two, other = (
        compare(X, Y, cv=splitter, random_state=seed, **QUICK) for seed in (1, 1, 2)
    )
    pd.testing.assert_frame_equal(scores_of(one), scores_of(two))
    assert (one.folds[0].test != other.folds[0].test).any()
    assert splitter.random_state is None


def test_without_cv_there_are_five_folds():
    one, two = (compare(X, Y, cv=cv, **QUICK) for cv in (None, 5))
    pd.testing.assert_frame_equal(scores_of(one), scores_of(two))


@pytest.mark.parametrize(
    ("cv", "message"),
    [
        (
            [(np.arange(240), np.arange(200, 240))],
            "A row must not be in both the training and the test rows. Fold 0 of cv "
            "has 40 rows in both. Use another splitter.",
        ),
        (
            StratifiedKFold(2),
            "A group must not be in both the training and the test rows. Fold 0 of cv "
            "splits 120 groups. Use a number of folds, or a splitter such as "
            "StratifiedGroupKFold.",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:The groups parameter is ignored")
def test_folds_that_test_on_training_rows_are_an_error(cv, message):
    halves = np.empty(240, int)
    for _, half in StratifiedKFold(2).split(X, Y):
        halves[half] = np.arange(120)
    with pytest.raises(ValueError, match=whole(message)):
        compare(X, Y, cv=cv, groups=halves, **QUICK)


# failures


NOT_PROBABILITIES = (
    "predict_proba must return numbers of at least 0 that sum to 1 in each row."
)
SHAPE = (
    "predict_proba must return a probability of each class for each row. It returned "
)


class Distorted(LogisticRegression):
    """Its probabilities are not what they should be."""

    def __init__(self, distort=None):
        super().__init__()
        self.distort = distort

    def predict_proba(self, X):
        return self.distort(super().predict_proba(X))


class Decided(LogisticRegression):
    """Decides by a function of the model and the rows."""

    def __init__(self, decide=None):
        super().__init__()
        self.decide = decide

    def predict(self, X):
        return self.decide(self, X)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (Distorted(lambda proba: proba * np.nan), NOT_PROBABILITIES),
        (Distorted(lambda proba: proba * 2), NOT_PROBABILITIES),
        (
            Distorted(lambda proba: proba[:, 1]),
            f"{SHAPE}shape (48,) for 48 rows and 2 classes.",
        ),
        (
            Distorted(lambda proba: proba[:-1]),
            f"{SHAPE}shape (47, 2) for 48 rows and 2 classes.",
        ),
        (
            Decided(lambda model, X: np.full(len(X), 7)),
            "predict must return classes: 0, 1. It returned 7.",
        ),
        (
            Decided(lambda model, X: model.predict_proba(X)[:, 1]),
            "predict must return classes: 0, 1. It returned 0.",
        ),
    ],
)
def test_predictions_that_cannot_be_measured_are_a_failure(bad, message, tmp_path):
    run = {"strategies": {"none": "none", "bad": bad}, "resume": tmp_path}
    comparison = compare(X, Y, estimator=MODEL, **run)
    assert comparison.failed["bad"].startswith(f"ValueError in fold 0: {message}")
    assert set(comparison.fold_scores["strategy"]) == {"none"}
    assert not list(tmp_path.glob("bad*"))


def test_columns_of_probabilities_are_in_the_model_s_own_order():
    class Backwards(LogisticRegression):
        def fit(self, X, y):
            super().fit(X, y)
            self.classes_ = self.classes_[::-1]
            self.coef_, self.intercept_ = -self.coef_, -self.intercept_
            return self

    strategies = {"none": LogisticRegression(), "backwards": Backwards()}
    comparison = compare(X, Y, estimator=MODEL, strategies=strategies)
    means = comparison.summary().drop(columns=["fit_seconds", "predict_seconds"])
    np.testing.assert_allclose(means.loc["backwards"], means.loc["none"], rtol=1e-9)


def test_the_history_of_a_model_may_be_of_any_kind():
    class Followed(LogisticRegression):
        def fit(self, X, y):
            self.history_ = [{"loss": 1.0}]
            return super().fit(X, y)

    comparison = compare(X, Y, estimator=MODEL, strategies={"a": Followed()})
    assert comparison.outcomes["a"][0].history == {}


def test_an_error_of_a_sampler_skips_its_strategy():
    draw = np.random.default_rng(0)
    clump = np.concatenate([draw.normal(size=(90, 2)), 40 + draw.normal(size=(30, 2))])
    labels = np.repeat(["common", "rare"], [90, 30])
    comparison = compare(
        clump, labels, estimator=MODEL, cv=2, strategies=["none", "adasyn"]
    )
    assert comparison.failed == {}
    assert comparison.skipped["adasyn"].startswith("in fold 0, ADASYN failed: ")
    assert f"ADASYN (skipped): {comparison.skipped['adasyn']}." in comparison.notes()


def test_each_fold_is_compiled_for_before_the_clock_runs():
    fitted = []

    class Epochs(LogisticRegression):
        def __init__(self, epochs=30):
            super().__init__()
            self.epochs = epochs

        def fit(self, X, y):
            fitted.append((self.epochs, len(X)))
            return super().fit(X, y)

    compare(X, Y, estimator=Epochs(), strategies="none", cv=TimeSeriesSplit(2))
    assert fitted == [(1, 80), (30, 80), (1, 160), (30, 160)]


def test_a_strategy_that_fails_is_reported_and_the_others_are_kept():
    strategies = {"none": "none", "broken": Broken([]), "smote": "smote"}
    comparison = compare(X, Y, estimator=MODEL, strategies=strategies)
    alone = compare(X, Y, **QUICK)
    pd.testing.assert_frame_equal(scores_of(comparison), scores_of(alone))
    assert comparison.failed == {"broken": "RuntimeError in fold 0: no luck today"}
    assert "broken (failed): RuntimeError in fold 0: no luck today" in str(comparison)


def test_a_strategy_that_fails_late_has_no_scores():
    calls = []
    strategies = {"none": "none", "late": Broken(calls, 3)}
    comparison = compare(X, Y, estimator=MODEL, strategies=strategies)
    assert comparison.failed == {"late": "RuntimeError in fold 2: no luck today"}
    assert set(comparison.fold_scores["strategy"]) == {"none"}
    assert len(calls) == 3


def test_if_all_fail_there_is_nothing_to_return():
    message = "Every strategy failed. b: RuntimeError in fold 0: no luck today"
    with pytest.raises(RuntimeError, match=whole(message)):
        compare(X, Y, estimator=MODEL, strategies={"b": Broken([])})


# threads and the order of the fits


@pytest.mark.parametrize(
    ("load", "running", "n_cores"),
    [(0.0, 1, 8), (3.2, 1, 5), (0.0, 4, 5), (3.0, 6, 3), (50.0, 1, 1), (0.3, 99, 1)],
)
def test_cores_are_free_that_others_leave(monkeypatch, load, running, n_cores):
    monkeypatch.setattr(threads, "n_cores", lambda: 8)
    monkeypatch.setattr(threads, "_n_running", lambda: running)
    monkeypatch.setattr("os.getloadavg", lambda: (load, 0, 0), raising=False)
    monkeypatch.setattr("time.process_time", lambda: 0.0)
    assert threads.FreeCores().count() == n_cores


def test_cores_that_the_fits_keep_busy_are_free_for_the_next(monkeypatch):
    monkeypatch.setattr(threads, "n_cores", lambda: 8)
    monkeypatch.setattr(threads, "_n_running", lambda: 1)
    free = threads.FreeCores()
    start, used = free._started, free._used
    # Ten minutes on four cores make a load average of 4; a fifth core is another's.
    monkeypatch.setattr("time.perf_counter", lambda: start + 600)
    monkeypatch.setattr("time.process_time", lambda: used + 4 * 600)
    monkeypatch.setattr("os.getloadavg", lambda: (5.0, 0, 0), raising=False)
    assert free.count() == 7


def test_fits_use_as_many_threads_as_cores_are_free(monkeypatch):
    seen = []

    class Seeing(LogisticRegression):
        def fit(self, X, y):
            seen.extend((i["user_api"], i["num_threads"]) for i in threadpool_info())
            return super().fit(X, y)

    before = threadpool_info()
    for free, n_openmp in [(1, 1), (2, 2)]:
        seen.clear()
        monkeypatch.setattr(threads.FreeCores, "count", lambda self, n=free: n)
        compare(X, Y, estimator=MODEL, strategies={"a": Seeing()}, cv=2)
        # On macOS, BLAS may be one whose threads cannot be counted.
        assert set(seen) | {("blas", 1)} == {("openmp", n_openmp), ("blas", 1)}
    assert threadpool_info() == before


def test_boosted_trees_do_not_depend_on_the_number_of_threads():
    rows, labels = make_classification(3000, 20, weights=[0.9], random_state=0)
    one, two = ([], [])
    for n_threads, proba in [(1, one), (3, two)]:
        with threadpool_limits(n_threads, user_api="openmp"):
            model = HistGradientBoostingClassifier(max_iter=5, random_state=0)
            proba.append(model.fit(rows, labels).predict_proba(rows))
    np.testing.assert_array_equal(one, two)


def test_a_slow_strategy_comes_last():
    fits = []

    class Slow(LogisticRegression):
        def __init__(self, name="", seconds=0):
            super().__init__()
            self.name, self.seconds = name, seconds

        def fit(self, X, y):
            fits.append(self.name)
            end = time.perf_counter() + self.seconds
            while time.perf_counter() < end:
                pass
            return super().fit(X, y)

    strategies = {
        "slow": Strategy(lambda parts: Slow("slow", 0.2)),
        "other": Strategy(lambda parts: Slow("other", 0.1), is_network=False),
        "quick": Strategy(lambda parts: Slow("quick")),
    }
    comparison = compare(X, Y, estimator=MODEL, strategies=strategies, cv=3)
    first = ["slow", "quick", "other"]
    assert fits == [*first, *["quick"] * 2, *["other"] * 2, *["slow"] * 2]
    assert comparison.strategies == ["slow", "other", "quick"]


def test_a_failure_is_a_line_of_the_progress(capsys):
    strategies = {"none": "none", "late": Broken([], 2)}
    compare(X, Y, estimator=MODEL, strategies=strategies, progress=True)
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    # The folds after the failure are left out.
    assert len(lines) == 7
    assert [line for line in lines if "late" in line][1].endswith(
        "late, fold 2 of 5: failed"
    )


# resumed runs


CALLS = []


class Counting(LogisticRegression):
    """Counts all fits, and interrupts the fourth."""

    def fit(self, X, y):
        CALLS.append(1)
        if len(CALLS) == 4:
            raise KeyboardInterrupt
        return super().fit(X, y)


def test_a_resumed_run_fits_only_what_is_missing(tmp_path):
    CALLS.clear()
    run = {
        "estimator": MODEL,
        "strategies": {"counting": Counting()},
        "resume": tmp_path / "run",
    }
    with pytest.raises(KeyboardInterrupt):
        compare(X, Y, **run)
    resumed = compare(X, Y, **run)
    assert len(CALLS) == 4 + 2  # three of five folds were done
    whole_run = compare(X, Y, **QUICK | {"strategies": ["none"]})
    one, two = (scores_of(c).drop(columns="strategy") for c in (resumed, whole_run))
    pd.testing.assert_frame_equal(one, two)
    again = compare(X, Y, **run)
    assert len(CALLS) == 6
    pd.testing.assert_frame_equal(again.fold_scores, resumed.fold_scores)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"random_state": 1}, "the folds or the seed"),
        ({"cost_matrix": COSTS}, "the costs"),
        ({"estimator": LogisticRegression(C=2)}, "the network"),
    ],
)
def test_a_folder_of_another_comparison_is_refused(tmp_path, change, what):
    folder = tmp_path / "run"
    compare(X, Y, resume=folder, **QUICK)
    message = (
        f"Cannot resume: the comparison in '{folder}' differs in {what}. Choose "
        f"another folder, or undo the change."
    )
    with pytest.raises(ValueError, match=whole(message)):
        compare(X, Y, resume=folder, **QUICK | change)
    with pytest.raises(ValueError, match="the data"):
        compare(X + 1, Y, resume=folder, **QUICK)


def of_rate(rate):
    def make(parts):
        parts.network.set_params(C=rate)
        return plain(parts)

    return make


def always_0(model, X):
    return np.zeros(len(X))


def always_1(model, X):
    return np.ones(len(X))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (SMOTE(k_neighbors=1), SMOTE(k_neighbors=5)),
        (DummyClassifier(), DummyClassifier(strategy="uniform")),
        (Strategy(of_rate(0.1)), Strategy(of_rate(1e-4))),
        (Decided(always_0), Decided(always_1)),
    ],
)
def test_a_strategy_of_the_same_name_is_not_the_same(tmp_path, one, other):
    first, second, alone = (
        compare(X, Y, estimator=MODEL, strategies={"mine": mine}, resume=folder)
        for mine, folder in [(one, tmp_path), (other, tmp_path), (other, None)]
    )
    pd.testing.assert_frame_equal(scores_of(second), scores_of(alone))
    assert not scores_of(second).equals(scores_of(first))
    assert len(list(tmp_path.glob("mine*.npz"))) == 10


def test_what_cannot_be_identified_is_fitted_again(tmp_path):
    mine = Decided(lambda model, X: always_0(model, X))
    compare(X, Y, estimator=MODEL, strategies={"mine": mine}, resume=tmp_path)
    assert not list(tmp_path.glob("mine*"))
    message = (
        "Cannot resume: the network cannot be pickled, so earlier results of it cannot "
        "be identified. Omit resume, or define functions and classes of the network at "
        "the top of a module."
    )
    with pytest.raises(TableError, match=whole(message)):
        compare(X, Y, estimator=mine, strategies="none", resume=tmp_path)


def test_a_network_is_known_by_all_its_parameters(tmp_path):
    def voting(strength):
        members = [(f"m{n}", LogisticRegression(C=1 + n / 99)) for n in range(30)]
        members[15] = ("m15", LogisticRegression(C=strength))
        return VotingClassifier(members, voting="soft")

    assert repr(voting(1.1)) == repr(voting(1e-6))  # sklearn leaves the middle out
    run = {"strategies": "none", "cv": 2, "resume": tmp_path}
    compare(X, Y, estimator=voting(1.1), **run)
    with pytest.raises(ValueError, match="differs in the network"):
        compare(X, Y, estimator=voting(1e-6), **run)
    compare(X, Y, estimator=voting(1.1), **run)


def test_keras_objects_are_known_by_their_configuration():
    one, same, other = (
        identity(CostSensitiveMLPClassifier(optimizer=keras.optimizers.Adam(rate)))
        for rate in (1e-3, 1e-3, 1e-2)
    )
    assert one == same != other


def test_a_sparse_matrix_is_known_by_its_values():
    one, other = (sparse.csr_matrix(np.eye(3)) for _ in range(2))
    assert other.has_canonical_format  # which SciPy remembers
    assert identity(one) == identity(other) != identity(2 * one)


def test_a_name_may_be_longer_than_that_of_a_file(tmp_path):
    run = {"estimator": MODEL, "strategies": {"é" * 200: "smote"}, "resume": tmp_path}
    one, two = (compare(X, Y, **run) for _ in range(2))
    pd.testing.assert_frame_equal(one.fold_scores, two.fold_scores)


def test_a_resumed_run_may_have_more_strategies(tmp_path):
    folder = tmp_path / "run"
    compare(X, Y, estimator=MODEL, strategies="none", resume=folder)
    both = compare(X, Y, resume=folder, **QUICK)
    pd.testing.assert_frame_equal(scores_of(both), scores_of(compare(X, Y, **QUICK)))
    assert json.loads((folder / "comparison.json").read_text())["the network"]


def test_what_is_damaged_is_run_again(tmp_path):
    run = QUICK | {"resume": tmp_path}
    first = compare(X, Y, **run)
    stored = (tmp_path / "none-0003.npz").read_bytes()
    (tmp_path / "none-0001.npz").write_bytes(b"no outcome")
    (tmp_path / "none-0003.npz").write_bytes(stored[: len(stored) // 2])
    encrypted = bytearray((tmp_path / "none-0002.npz").read_bytes())
    for place in (
        encrypted.index(b"PK\x03\x04") + 6,
        encrypted.index(b"PK\x01\x02") + 8,
    ):
        encrypted[place] |= 1
    (tmp_path / "none-0002.npz").write_bytes(encrypted)
    pd.testing.assert_frame_equal(scores_of(compare(X, Y, **run)), scores_of(first))
    with np.load(tmp_path / "none-0003.npz") as file:
        assert set(file) == {"y_index", "proba", "rest"}


@pytest.mark.parametrize("content", ["", "[1]", "{"])
def test_a_folder_whose_plan_is_damaged_is_explained(tmp_path, content):
    plan = tmp_path / "comparison.json"
    plan.write_text(content)
    message = (
        f"Cannot resume: '{plan}' was not written by compare, or is damaged. Choose "
        "another folder."
    )
    with pytest.raises(ValueError, match=whole(message)):
        compare(X, Y, resume=tmp_path, **QUICK)


# the pipeline of a strategy


def raw_table():
    """Return a table as users have it: text, gaps, booleans, categories and times."""
    frame = pd.DataFrame(X[:, :3], columns=["a", "b", "c"])
    frame.loc[::7, "a"] = np.nan
    frame["colour"] = np.where(X[:, 3] > 0, "red", "blue")
    frame.loc[::9, "colour"] = None
    # Only one row makes it text, in the training or in the test rows of a fold.
    frame["code"] = ["none", *(n % 3 for n in range(1, 240))]
    frame["flag"] = X[:, 4] > 0
    frame["kind"] = pd.Categorical(np.where(X[:, 1] > 0, "x", "y"))
    frame["time"] = pd.Timestamp("2024-02-03") + pd.to_timedelta(X[:, 4], "h")
    return frame.set_axis(np.arange(240) * 2), pd.Series(np.array(["no", "yes"])[Y])


NAMES = [*DEFAULT_STRATEGIES, "min_cost", "smotenc", "balanced_bagging", "smote_enn"]
YES_COSTS = {("no", "yes"): 1, ("yes", "no"): 9}


CODE = (
    "239 of 240 values of 'code' are numbers; 'none' is not. Read the file with "
    "pd.read_csv(file, na_values=['none'])."
)


@pytest.fixture(scope="module")
def of_raw_table():
    table, labels = raw_table()
    with pytest.warns(ColumnWarning, match=whole(CODE)):
        return compare(
            table,
            labels,
            estimator=SMALL_NETWORK,
            strategies={name: name for name in NAMES} | {"tabular": QUICK_TABULAR},
            cv=2,
            cost_matrix=YES_COSTS,
            groups=np.arange(240) // 2,
        )


@pytest.mark.parametrize("name", NAMES)
def test_the_pipeline_of_a_fold_predicts_what_was_compared(of_raw_table, name):
    table, labels = raw_table()
    fold, outcome = of_raw_table.folds[1], of_raw_table.outcomes[name][1]
    pipeline = of_raw_table.pipeline(name, fold=1)
    copy = pickle.loads(pickle.dumps(clone(pipeline)))
    for model in (pipeline, copy):
        model.fit(table.iloc[fold.train], labels.iloc[fold.train])
        test = table.iloc[fold.test]
        np.testing.assert_array_equal(model.predict_proba(test), outcome.proba)
        y_pred = np.array(["no", "yes"])[outcome.y_index]
        np.testing.assert_array_equal(model.predict(test), y_pred)


def test_a_comparison_can_be_pickled_with_its_pipelines(of_raw_table):
    copy = pickle.loads(pickle.dumps(of_raw_table))
    pd.testing.assert_frame_equal(copy.fold_scores, of_raw_table.fold_scores)
    assert str(copy.pipeline("smote")) == str(of_raw_table.pipeline("smote"))


def test_a_pipeline_is_unfitted_and_a_new_copy_each_time(of_raw_table):
    one, two = (of_raw_table.pipeline("smote") for _ in range(2))
    one.set_params(network__epochs=1, sampler__sampler__k_neighbors=2)
    assert not hasattr(one.named_steps["network"], "classes_")
    assert two.get_params()["network__epochs"] == 2
    assert two.get_params()["sampler__sampler__k_neighbors"] == 5


def test_a_pipeline_has_the_seed_of_its_fold_or_of_the_comparison():
    comparison = compare(X, Y, random_state=5, **QUICK)
    seeds = [
        comparison.pipeline("smote", fold=fold).get_params()["sampler__random_state"]
        for fold in (None, 0, 1)
    ]
    assert seeds == [5, comparison.folds[0].seed, comparison.folds[1].seed]


def test_a_pipeline_is_cross_validated_on_a_raw_table():
    table, labels = raw_table()
    with pytest.warns(ColumnWarning, match=whole(CODE)):
        comparison = compare(
            table, labels, **QUICK | {"strategies": ["none", "threshold"]}
        )
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    for name in ("none", "threshold"):  # the latter has random inner folds
        by_sklearn = cross_validate(
            comparison.pipeline(name), table, labels, cv=folds, scoring="neg_log_loss"
        )
        rows = comparison.fold_scores.query("metric == 'log_loss'")
        scores = rows.loc[rows["strategy"] == name, "value"]
        np.testing.assert_array_equal(-by_sklearn["test_score"], scores)


def test_groups_of_a_tuned_threshold_belong_to_the_rows():
    groups = np.arange(240) // 4
    comparison = compare(
        X, Y, estimator=MODEL, strategies="threshold", cv=2, groups=groups
    )
    pipeline = comparison.pipeline("threshold")
    np.testing.assert_array_equal(pipeline.get_params()["cv__groups"], groups)
    message = (
        "groups must have one value for each training row. It has 240, and there are "
        "120 rows. Set the parameter groups of TuningFolds to the groups of these "
        "rows, or to None."
    )
    with pytest.raises(ValueError, match=whole(message)):
        pipeline.fit(X[:120], Y[:120])
    pipeline.set_params(cv__groups=groups[:120]).fit(X[:120], Y[:120])


def test_groups_are_routed_to_a_tuned_threshold():
    groups = np.random.default_rng(0).permutation(240) % 60
    comparison = compare(X, Y, estimator=MODEL, strategies="threshold", cv=2)
    pipeline = comparison.pipeline("threshold")
    by_hand = clone(pipeline).set_params(cv__groups=groups).fit(X, Y)
    assert by_hand.best_threshold_ != clone(pipeline).fit(X, Y).best_threshold_
    with sklearn.config_context(enable_metadata_routing=True):
        routed = clone(pipeline).fit(X, Y, groups=groups)
        scores = cross_validate(
            pipeline, X, Y, cv=GroupKFold(3), params={"groups": groups}
        )
    assert routed.best_threshold_ == by_hand.best_threshold_
    assert np.isfinite(scores["test_score"]).all()


def test_a_pipeline_of_a_strategy_that_was_not_run_is_an_error():
    comparison = compare(X, Y, **QUICK)
    message = "There is no pipeline 'Smote'. Known: 'none', 'smote'."
    with pytest.raises(ValueError, match=whole(message)):
        comparison.pipeline("Smote")


def test_a_strategy_that_cannot_be_made_is_a_failure():
    def make(parts):
        raise RuntimeError("no  luck\ntoday")

    strategies = {"none": "none", "broken": Strategy(make)}
    comparison = compare(X, Y, estimator=MODEL, strategies=strategies)
    assert comparison.failed == {"broken": "RuntimeError in fold 0: no luck today"}
    assert list(comparison.pipelines) == ["none"]


# what a result contains


def test_the_seed_in_the_result_gives_the_result_again():
    drawn = compare(X, Y, random_state=None, **QUICK)
    again = compare(X, Y, random_state=drawn.random_state, **QUICK)
    pd.testing.assert_frame_equal(scores_of(drawn), scores_of(again))
    assert f"seed {drawn.random_state}" in " ".join(str(drawn).split())


def test_outcomes_are_those_that_were_scored():
    comparison = compare(X, Y, **QUICK)
    for number, fold in enumerate(comparison.folds):
        outcome = comparison.outcomes["none"][number]
        train, test = _scaled(X, fold)
        proba = LogisticRegression().fit(train, Y[fold.train]).predict_proba(test)
        np.testing.assert_allclose(outcome.proba, proba, rtol=1e-6)


def _scaled(X, fold):
    train, test = X[fold.train], X[fold.test]
    mean, std = train.mean(axis=0), train.std(axis=0)
    return (train - mean) / std, (test - mean) / std


# metrics


def predictions_of(truth, proba, y_pred=None, costs=None):
    return Predictions(
        y_true=truth,
        y_pred=(proba > 0.5).astype(int) if y_pred is None else y_pred,
        proba=np.stack([1 - proba, proba], axis=1),
        classes=np.array([0, 1]),
        positive=1,
        fit_seconds=1.0,
        predict_seconds=0.5,
        cost_matrix=costs,
    )


@pytest.fixture(scope="module")
def calibrated():
    random_generator = np.random.default_rng(0)
    proba = expit(random_generator.normal(-2, 1.5, 100_000))
    truth = (random_generator.random(len(proba)) < proba).astype(int)
    return truth, proba


def test_true_probabilities_are_calibrated(calibrated):
    scores = measured(predictions_of(*calibrated))
    # Within some standard errors of 100,000 rows.
    assert scores["calibration_slope"] == pytest.approx(1, abs=0.02)
    assert scores["calibration_intercept"] == pytest.approx(0, abs=0.03)
    assert scores["calibration_error"] < 0.005


@pytest.mark.parametrize(("factor", "shift"), [(2.0, 0.0), (0.5, 0.0), (1.0, 1.5)])
def test_slope_and_intercept_measure_distorted_log_odds(calibrated, factor, shift):
    truth, proba = calibrated
    scores = measured(predictions_of(truth, expit(factor * logit(proba) + shift)))
    # The slope undoes the factor, and with slope 1 the intercept undoes the shift.
    assert scores["calibration_slope"] == pytest.approx(1 / factor, rel=0.02)
    if factor == 1:
        assert scores["calibration_intercept"] == pytest.approx(-shift, abs=0.03)


def test_the_calibration_error_of_a_constant_is_its_distance():
    truth = np.repeat([0, 1], [80, 20])
    scores = measured(predictions_of(truth, np.full(100, 0.3)))
    assert scores["calibration_error"] == pytest.approx(0.3 - 0.2)


def test_the_order_of_rows_makes_no_difference_to_the_calibration_error():
    draw = np.random.default_rng(0)
    proba = draw.integers(1, 6, size=237) / 6  # as of a small forest
    truth = (draw.random(237) < proba**2).astype(int)
    rows = draw.permutation(237)
    one, two = (
        measured(predictions_of(*each))["calibration_error"]
        for each in [(truth, proba), (truth[rows], proba[rows])]
    )
    assert one == pytest.approx(two, rel=1e-12)


@pytest.mark.parametrize(
    "proba",
    [
        [0.1, 0.2, 0.7, 0.8],
        [0.1, 0.5, 0.5, 0.8],
        [0.8, 0.7, 0.2, 0.1],
        [0.4, 0.4, 0.4, 0.4],
    ],
    ids=["separated", "but for a tie", "the wrong way round", "constant"],
)
def test_a_slope_that_is_infinite_or_undefined_is_nan(proba):
    scores = measured(predictions_of(np.array([0, 0, 1, 1]), np.array(proba)))
    assert np.isnan(scores["calibration_slope"])


def test_costs_are_measured_where_they_are_given():
    comparison = compare(X, Y, cost_matrix=COSTS, estimator=MODEL, strategies="none")
    assert set(comparison.metrics) == set(MEASURES)
    assert comparison.main_metric == "expected_cost"
    fold, outcome = comparison.folds[0], comparison.outcomes["none"][0]
    cost = COSTS[Y[fold.test], outcome.y_index].mean()
    row = comparison.fold_scores.query("fold == 0 and metric == 'expected_cost'")
    assert row["value"].item() == pytest.approx(cost)
    without = compare(X, Y, estimator=MODEL, strategies="none")
    assert set(MEASURES) - set(without.metrics) == {"expected_cost", "cost_savings"}


def test_min_cost_is_run_by_default_where_costs_are_given():
    assert "min_cost" in make_plan(X, Y, cost_matrix=COSTS).strategies
    assert "min_cost" not in make_plan(X, Y).strategies


def test_costs_that_cannot_be_used_are_an_error_before_any_fit():
    with pytest.raises(ValueError, match=r"^A correct prediction must not cost more"):
        make_plan(X, Y, cost_matrix=[[1, 0], [0, 1]])


# what it shows


def test_differences_and_verdict_are_shown():
    comparison = compare(X, Y, **QUICK)
    text = " ".join(str(comparison).split())
    assert text.startswith(" ".join(comparison.verdict()))
    text = " ".join(comparison.details().split())
    assert "Against no treatment in average precision" in text
    for sentence in comparison.verdict("average_precision"):
        assert sentence in text
    differences = comparison.differences("log_loss", reference="smote")
    assert differences.index.tolist() == ["none"]


def test_the_reference_is_the_first_strategy_if_none_is_not_run():
    comparison = compare(X, Y, estimator=MODEL, strategies=["smote", "random_over"])
    assert comparison.reference == "smote"


def test_differences_need_a_known_metric_and_reference():
    comparison = compare(X, Y, **QUICK)
    with pytest.raises(ValueError, match=r"^metric must be one that was computed"):
        comparison.differences("calibration_slope")
    message = (
        "reference must be a strategy that was run. Got 'near_miss'. Known: 'none', "
        "'smote'."
    )
    with pytest.raises(ValueError, match=whole(message)):
        comparison.verdict(reference="near_miss")


def test_markdown_has_the_same_numbers(tmp_path):
    comparison = compare(X, Y, **QUICK)
    comparison.to_markdown(tmp_path / "tables.md")
    text = (tmp_path / "tables.md").read_text()
    mean = comparison.summary().loc["smote", ("roc_auc", "mean")]
    assert f"{mean:.3f}" in text
    assert text.count("\n| no treatment |") == len(
        {MEASURES[name].panel for name in comparison.metrics}
    )


def test_own_samplers_and_models_are_compared_with_ours():
    strategies = {
        "none": "none",
        "mine": SMOTE(random_state=0),
        "constant": DummyClassifier(),
    }
    comparison = compare(X, Y, estimator=MODEL, strategies=strategies)
    constant, mine = (comparison.outcomes[name][0] for name in ("constant", "mine"))
    fold = comparison.folds[0]
    assert (constant.y_index == 0).all()
    np.testing.assert_allclose(constant.proba[:, 1], Y[fold.train].mean())
    by_hand = make_pipeline(StandardScaler(), SMOTE(random_state=0), MODEL)
    by_hand.fit(X[fold.train], Y[fold.train])
    np.testing.assert_allclose(mine.proba, by_hand.predict_proba(X[fold.test]))


def test_a_comparison_is_a_page_a_cell_and_a_picture(tmp_path):
    comparison = compare(X, Y, **QUICK)
    comparison.to_html(tmp_path / "page.html", command="skweighted compare a.csv")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "skweighted compare a.csv" in page
    assert "<table" in comparison._repr_html_()
    ax = comparison.plot("roc_auc")
    assert "SMOTE" in [label.get_text() for label in ax.get_yticklabels()]
    plt.close(ax.figure)


def test_networks_of_all_folds_train_together_with_the_same_scores(monkeypatch):
    names = ["none", "class_weight", "smote", "balanced_ensemble"]
    settings = {"estimator": SMALL_NETWORK, "strategies": names, "cv": 2}
    together = compare(X, Y, **settings)
    calls = []
    monkeypatch.setattr(Fits, "_trains_together", lambda self, name: calls.append(name))
    alone = compare(X, Y, **settings)
    assert calls
    seconds = ["fit_seconds", "predict_seconds"]
    one, other = (
        found.fold_scores[~found.fold_scores["metric"].isin(seconds)]
        for found in (together, alone)
    )
    pd.testing.assert_frame_equal(
        one.sort_values(["strategy", "fold", "metric"], ignore_index=True),
        other.sort_values(["strategy", "fold", "metric"], ignore_index=True),
        # A program for several networks rounds sums in another way.
        rtol=1e-6,
    )


def copied(kind):
    """Return features of which each row occurs three times, and labels."""
    rows = np.repeat(X[:60].round(1), 3, axis=0)
    rows[rows == rows[0, 0]] = 0.0
    labels = np.repeat(np.arange(60) % 3 == 0, 3).astype(int)
    labels[::7] ^= 1  # copies of a row can have different labels
    if kind == "sparse":
        return sparse.csr_array(rows), labels
    if kind == "frame":
        frame = pd.DataFrame(rows)
        frame[0] = np.where(frame[0] > 0, "high", "low")
        frame.iloc[:3, 1] = np.nan
        frame.columns = [f"x{number}" for number in range(rows.shape[1])]
        return frame, labels
    return rows, labels


@pytest.mark.parametrize("kind", ["dense", "sparse", "frame"])
def test_identical_rows_are_never_on_both_sides(kind):
    features, labels = copied(kind)
    network = LogisticRegression()
    found = compare(
        features, labels, estimator=network, strategies=["none"], groups="identical"
    )
    original = np.arange(len(labels)) // 3
    split = [
        len(set(original[fold.train]) & set(original[fold.test]))
        for fold in found.folds
    ]
    assert split == [0] * 5
    assert found.groups.max() == 59


def test_groups_in_a_word_are_identical_rows():
    message = "groups must be one value per row, or 'identical'. Got 'same'."
    with pytest.raises(ValueError, match=whole(message)):
        compare(X, Y, estimator=LogisticRegression(), groups="same")
