"""The doctor: each mistake is found, and the same without the mistake is not."""

import subprocess
import sys
from dataclasses import FrozenInstanceError
from functools import cached_property, partial

import joblib
import numpy as np
import pandas as pd
import pytest
from imblearn.ensemble import (
    BalancedBaggingClassifier,
    BalancedRandomForestClassifier,
    EasyEnsembleClassifier,
)
from imblearn.model_selection import InstanceHardnessCV
from imblearn.over_sampling import ADASYN, SMOTE, BorderlineSMOTE, RandomOverSampler
from imblearn.pipeline import Pipeline as ResamplingPipeline
from imblearn.pipeline import make_pipeline as make_resampling_pipeline
from imblearn.under_sampling import RandomUnderSampler, TomekLinks
from messages import whole
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.datasets import load_wine
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    BaggingClassifier,
    HistGradientBoostingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, make_scorer, roc_auc_score
from sklearn.model_selection import (
    BaseCrossValidator,
    FixedThresholdClassifier,
    GridSearchCV,
    KFold,
    LeaveOneOut,
    RandomizedSearchCV,
    RepeatedStratifiedKFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    TimeSeriesSplit,
    TunedThresholdClassifierCV,
)
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.utils import shuffle

from skweighted import PriorCorrectedClassifier
from skweighted._costs._distortion import LOSSES, RESAMPLING
from skweighted._doctor import CHECKS, Diagnosis, doctor, shuffled_folds
from skweighted._doctor._resampled import direction_through
from skweighted.exceptions import TableError

COSTS = {("ok", "fraud"): 1, ("fraud", "ok"): 20}
IN_TRAINING = "imbalance counted twice in training"
IN_DECISIONS = "decisions on distorted probabilities"
UNUSED = "costs without effect"
AS_TEXT = "columns read as text or that identify rows"


def network(**params):
    from skweighted import CostSensitiveMLPClassifier  # it loads TensorFlow

    return CostSensitiveMLPClassifier(**params)


def data(n_rows=1000, n_rare=100):
    """Return three scaled columns and labels, 10 % "fraud", that hardly depend on them.

    The rows are in random order.
    """
    random_generator = np.random.default_rng(0)
    X = random_generator.normal(size=(n_rows, 3))
    order = np.argsort(X[:, 0] + random_generator.normal(size=n_rows))
    y = np.full(n_rows, "ok", dtype=object)
    y[order[-n_rare:]] = "fraud"
    return X, y


def frame(**columns):
    X, y = data()
    return pd.DataFrame(X, columns=["age", "amount", "hour"]).assign(**columns), y


def given(estimator=None, sample=None, **more):
    X, y = data() if sample is None else sample
    return {"estimator": estimator, "X": X, "y": y} | more


def spelled(words):
    """Return data whose frequent class has several spellings."""
    X, y = data()
    y[y == "ok"] = np.resize(words, 900)
    return given(None, (X, y))


def only(estimator):
    return {"estimator": estimator}


def resampled(sampler):
    return sampler(random_state=0).fit_resample(*data())


def in_class_order():
    X, y = data()
    order = np.argsort(y, kind="stable")
    return X[order], y[order]


def with_copies():
    """Return data of which the last 200 rows were recorded twice."""
    X, y = data()
    rows = np.vstack([X, X[-200:]])
    return shuffle(rows, np.append(y, y[-200:]), random_state=0)


def row_groups(X):
    return np.unique(X, axis=0, return_inverse=True)[1].reshape(-1)


def of_six(n_last, n_others):
    """Return data of six classes, of which the last has fewer rows."""
    y = np.repeat([*"abcdef"], [n_others] * 5 + [n_last])
    return shuffle(data()[0][: len(y)], y, random_state=0)


logistic = LogisticRegression
weighted = partial(LogisticRegression, class_weight={"ok": 1, "fraud": 9})
balanced = partial(LogisticRegression, class_weight="balanced")
resampling = make_resampling_pipeline


def fixed(clf, threshold=0.05):
    return FixedThresholdClassifier(clf, threshold=threshold)


def corrected(clf, **params):
    return PriorCorrectedClassifier(clf, **params)


def search(clf, grid=None, scoring="balanced_accuracy", **more):
    return GridSearchCV(clf, grid or {"C": [0.1, 1]}, scoring=scoring, **more)


def transformed(*pairs, remainder="drop"):
    return ColumnTransformer([*pairs], remainder=remainder)


class Example:
    """A mistake: what `doctor` is given with it and without it, and what it reports."""

    def __init__(self, check, ill, well, heading, *reports):
        self.check, self.ill, self.well = check, ill, well
        self.heading = heading  # severity and where
        self.reports = reports  # parts of what, why or fix

    @cached_property
    def diagnosis(self):
        return doctor(**self.ill())


REFUND = np.linspace(0, 1, 1000)
ROWS = np.arange(1000)
TOLD = "computed from them have no effect"

EXAMPLES = {
    "sampler in scikit-learn's pipeline": Example(
        "misplaced samplers",
        lambda: given(Pipeline([("smote", SMOTE()), ("clf", logistic())])),
        lambda: given(ResamplingPipeline([("smote", SMOTE()), ("clf", logistic())])),
        "error: SMOTE at smote",
        "SMOTE is a step of scikit-learn's Pipeline",
        "from imblearn.pipeline import",
    ),
    "sampler in a pipeline that transforms": Example(
        "misplaced samplers",
        lambda: only(make_pipeline(resampling(StandardScaler(), SMOTE()), logistic())),
        lambda: only(make_pipeline(StandardScaler(), resampling(SMOTE(), logistic()))),
        "error: SMOTE at pipeline__smote",
        "SMOTE is inside Pipeline, which only transforms the columns of X.",
    ),
    "sampler of some columns": Example(
        "misplaced samplers",
        lambda: only(resampling(transformed(("age", SMOTE(), [0])), logistic())),
        lambda: only(resampling(transformed(), SMOTE(), logistic())),
        "error: SMOTE at columntransformer__age",
        "SMOTE is inside ColumnTransformer, which does not apply samplers.",
    ),
    "sampler as the estimator": Example(
        "misplaced samplers",
        lambda: only(resampling(StandardScaler(), SMOTE())),
        lambda: only(StackingClassifier([], resampling(SMOTE(), logistic()))),
        "warning: SMOTE at smote",
        "SMOTE is the last step of the estimator, and no classifier follows.",
    ),
    "rows oversampled before the split": Example(
        "rows copied before the split",
        lambda: given(logistic(), resampled(RandomOverSampler), cv=5),
        lambda: given(resampling(RandomOverSampler(), logistic()), cv=5),
        "error: X and y",
        "800 of the 900 rows of class 'fraud' are copies, and 0 of the 900 rows of "
        "class 'ok'.",
        "make_pipeline(RandomOverSampler(), classifier)",
    ),
    "rows interpolated before the split": Example(
        "rows interpolated before the split",
        lambda: given(logistic(), resampled(SMOTE), cv=5),
        lambda: given(resampling(SMOTE(), logistic()), cv=5),
        "error: X and y",
        "of 200 examined rows of class 'fraud' lie exactly on the line",
        "(0 of 200 of class 'ok' do)",
        "make_pipeline(SMOTE(), classifier)",
    ),
    "copies across folds": Example(
        "copies across folds",
        lambda: given(logistic(), with_copies(), cv=StratifiedKFold(5)),
        lambda: given(
            logistic(),
            with_copies(),
            cv=StratifiedGroupKFold(5),
            groups=row_groups(with_copies()[0]),
        ),
        "warning: cv",
        "200 of 1,200 rows of X are copies",
        "In 5 folds of StratifiedKFold, ",
    ),
    "groups across folds": Example(
        "groups across folds",
        lambda: given(logistic(), cv=5, groups=ROWS // 4),
        lambda: given(logistic(), cv=StratifiedGroupKFold(5), groups=ROWS // 4),
        "warning: cv",
        "11 of 250 groups have both training and test rows",
        "StratifiedGroupKFold",
    ),
    "class without training rows": Example(
        "classes missing in folds",
        lambda: given(
            logistic(),
            data(n_rare=6),
            cv=[(np.flatnonzero(data(n_rare=6)[1] == "ok"), ROWS[::2])],
        ),
        lambda: given(logistic(), cv=[(ROWS[1::2], ROWS[::2])]),
        "error: cv",
        "Class 'fraud' has 6 rows, but no training row in 1 of 1 fold of the given",
        "cv = StratifiedKFold(5, shuffle=True",
    ),
    "class without test rows": Example(
        "classes missing in folds",
        lambda: given(cv=KFold(10, shuffle=True, random_state=0), sample=data(1000, 6)),
        lambda: given(cv=KFold(10, shuffle=True, random_state=0)),
        "warning: cv",
        "Class 'fraud' has 6 rows, but no test row in 5 of 10 folds of KFold.",
    ),
    "class with few test rows": Example(
        "classes missing in folds",
        lambda: given(logistic(), data(n_rare=17), cv=5),
        lambda: given(logistic(), data(n_rare=25), cv=5),
        "warning: cv",
        "Class 'fraud' has 17 rows: 3 to 4 test rows in each of 5 folds",
        "0.25",
    ),
    "folds of sorted rows": Example(
        "folds of sorted rows",
        lambda: given(logistic(), in_class_order(), cv=KFold(5)),
        lambda: given(logistic(), in_class_order(), cv=StratifiedKFold(5)),
        "error: cv",
        "KFold does not shuffle them: 5 of 5 folds lack",
        "class 'fraud'",
    ),
    "accuracy in a search": Example(
        "accuracy as the score",
        lambda: given(search(logistic(), scoring=None)),
        lambda: given(search(logistic())),
        "warning: GridSearchCV",
        "selects by accuracy, its default score: always predicting 'ok' scores",
    ),
    "accuracy in the search of a network": Example(
        "accuracy as the score",
        lambda: given(search(network(), {"epochs": [1]}, scoring="accuracy")),
        lambda: given(search(network(), {"epochs": [1]}, scoring="roc_auc")),
        "warning: GridSearchCV",
        "GridSearchCV selects by accuracy: always predicting 'ok' scores 0.900",
    ),
    "accuracy as scoring": Example(
        "accuracy as the score",
        lambda: given(logistic(), scoring="accuracy"),
        lambda: given(logistic(), scoring="balanced_accuracy"),
        "warning: scoring",
        "The score is accuracy: always predicting 'ok' scores 0.900.",
    ),
    "early stopping of scikit-learn's network": Example(
        "accuracy as the score",
        lambda: given(MLPClassifier(early_stopping=True)),
        lambda: given(MLPClassifier()),
        "warning: MLPClassifier",
        "MLPClassifier stops early by accuracy",
        "CostSensitiveMLPClassifier(early_",
    ),
    "early stopping of a network": Example(
        "accuracy as the score",
        lambda: given(network(early_stopping=True, monitor="accuracy")),
        lambda: given(network(early_stopping=True)),
        "warning: CostSensitiveMLPClassifier",
        "stops early by accuracy",
        "    monitor='log_loss'",
    ),
    "accuracy with a rare class of several": Example(
        "accuracy as the score",
        lambda: given(search(logistic(), scoring=None), of_six(40, 160)),
        lambda: given(search(logistic(), scoring=None), of_six(110, 150)),
        "note: GridSearchCV",
        "never predicting 'f' loses only 0.048",
    ),
    "accuracy, without data": Example(
        "accuracy as the score",
        lambda: only(TunedThresholdClassifierCV(logistic(), scoring="accuracy")),
        lambda: only(TunedThresholdClassifierCV(logistic())),
        "note: TunedThresholdClassifierCV",
        "TunedThresholdClassifierCV selects by accuracy.",
    ),
    "given weights and a sampler": Example(
        IN_TRAINING,
        lambda: given(resampling(SMOTE(), weighted())),
        lambda: given(resampling(TomekLinks(), weighted())),
        "warning: LogisticRegression at logisticregression",
        "LogisticRegression has class_weight={'fraud': 9, 'ok': 1}, and SMOTE "
        "resamples the training rows.",
        "the imbalance counts twice",
        "    class_weight=None",
    ),
    "computed weights and a sampler": Example(
        IN_TRAINING,
        lambda: given(resampling(SMOTE(), balanced())),
        lambda: given(resampling(SMOTE(sampling_strategy=0.5), balanced())),
        "note: LogisticRegression at logisticregression",
        "class_weight='balanced', and SMOTE",
        TOLD,
        "Remove SMOTE",
    ),
    "weights in balanced bagging": Example(
        IN_TRAINING,
        lambda: only(BalancedBaggingClassifier(make_pipeline(weighted()))),
        lambda: only(BaggingClassifier(weighted())),
        "warning: LogisticRegression at estimator__logisticregression",
        "'ok': 1}, and BalancedBaggingClassifier resamples the training rows.",
    ),
    "computed weights in balanced bagging": Example(
        IN_TRAINING,
        lambda: only(BalancedBaggingClassifier(balanced())),
        lambda: only(BalancedBaggingClassifier(balanced(), sampling_strategy=0.5)),
        "note: LogisticRegression at estimator",
        "class_weight='balanced', and BalancedBaggingClassifier",
        TOLD,
    ),
    "weights of a balanced forest": Example(
        IN_TRAINING,
        lambda: only(BalancedRandomForestClassifier(class_weight="balanced")),
        lambda: only(BalancedRandomForestClassifier()),
        "warning: BalancedRandomForestClassifier",
        "class_weight='balanced', and it resamples the training rows.",
        "the imbalance counts twice",
    ),
    "weights and expected cost": Example(
        IN_TRAINING,
        lambda: only(
            network(loss="expected_cost", class_weight="balanced", cost_matrix=COSTS)
        ),
        lambda: only(network(loss="expected_cost", cost_matrix=COSTS)),
        "warning: CostSensitiveMLPClassifier",
        "has class_weight='balanced' and loss='expected_cost'.",
        "The loss is the cost itself",
    ),
    "weights and logit adjustment": Example(
        IN_TRAINING,
        lambda: only(network(loss="logit_adjusted", class_weight="balanced")),
        lambda: only(network(loss="logit_adjusted")),
        "warning: CostSensitiveMLPClassifier",
        "class_weight='balanced' and loss='logit_adjusted'.",
        "counts twice",
    ),
    "weights and means of classes": Example(
        IN_TRAINING,
        lambda: only(network(loss="mean_false_error", class_weight="balanced")),
        lambda: only(network(class_weight="balanced")),
        "warning: CostSensitiveMLPClassifier",
        "class_weight='balanced' and loss='mean_false_error'.",
        "has no effect",
    ),
    "logit adjustment and a sampler": Example(
        IN_TRAINING,
        lambda: only(resampling(SMOTE(), network(loss="logit_adjusted"))),
        lambda: only(
            resampling(SMOTE(sampling_strategy=0.5), network(loss="logit_adjusted"))
        ),
        "note: CostSensitiveMLPClassifier at costsensitivemlpclassifier",
        "loss='logit_adjusted', and SMOTE",
        TOLD,
        "    loss='cross_entropy'",
    ),
    "weights and a threshold": Example(
        IN_DECISIONS,
        lambda: only(fixed(make_pipeline(StandardScaler(), weighted()))),
        lambda: only(fixed(CalibratedClassifierCV(weighted()))),
        "warning: LogisticRegression at estimator__logisticregression",
        "LogisticRegression has class_weight={'fraud': 9, 'ok': 1}. "
        "FixedThresholdClassifier applies a threshold of 0.05 to the "
        "probabilities.",
        "it counts twice",
        "State the cost once, in the decision:\n    class_weight=None",
    ),
    "weights of a network and a threshold": Example(
        IN_DECISIONS,
        lambda: only(fixed(network(class_weight="balanced"))),
        lambda: only(
            fixed(network(class_weight="balanced", correct_probabilities=True))
        ),
        "warning: CostSensitiveMLPClassifier at estimator",
        "has class_weight='balanced'.",
        "    correct_probabilities=True",
    ),
    "resampling and a threshold": Example(
        IN_DECISIONS,
        lambda: only(fixed(resampling(SMOTE(), logistic()))),
        lambda: only(fixed(corrected(resampling(SMOTE(), logistic())))),
        "warning: LogisticRegression at estimator__logisticregression",
        "SMOTE resamples the training rows. FixedThresholdClassifier applies",
        RESAMPLING["interpolation"].summary,
        "Undo the resampling in the probabilities:\n    PriorCorrectedClassifier(pipe",
    ),
    "balanced forest and a threshold": Example(
        IN_DECISIONS,
        lambda: only(fixed(search(BalancedRandomForestClassifier()))),
        lambda: only(
            fixed(
                corrected(BalancedRandomForestClassifier(), resampled_prior="balanced")
            )
        ),
        "warning: BalancedRandomForestClassifier at estimator__estimator",
        "BalancedRandomForestClassifier resamples the training rows. Fixed",
        "PriorCorrectedClassifier(ensemble, resampled_prior='balanced')",
    ),
    "weights and corrected costs": Example(
        IN_DECISIONS,
        lambda: only(
            corrected(
                make_pipeline(network(class_weight={0: 1, 1: 20})), cost_matrix=COSTS
            )
        ),
        lambda: only(
            corrected(
                make_pipeline(
                    network(class_weight={0: 1, 1: 20}, correct_probabilities=True)
                ),
                cost_matrix=COSTS,
            )
        ),
        "warning: CostSensitiveMLPClassifier at estimator__costsensitivemlpclassifier",
        "{0: 1, 1: 20}. PriorCorrectedClassifier applies a cost_matrix",
    ),
    "resampling and costs": Example(
        IN_DECISIONS,
        lambda: only(resampling(SMOTE(), network(cost_matrix=COSTS))),
        lambda: only(corrected(resampling(SMOTE(), network()), cost_matrix=COSTS)),
        "warning: CostSensitiveMLPClassifier at costsensitivemlpclassifier",
        "SMOTE resamples the training rows. CostSensitiveMLPClassifier applies a c",
    ),
    "costs and a threshold": Example(
        UNUSED,
        lambda: only(TunedThresholdClassifierCV(network(cost_matrix=COSTS))),
        lambda: only(TunedThresholdClassifierCV(network())),
        "warning: CostSensitiveMLPClassifier at estimator",
        "cost_matrix inside TunedThresholdClassifierCV",
        "Use either Tuned",
    ),
    "costs in an ensemble": Example(
        UNUSED,
        lambda: only(BaggingClassifier(make_pipeline(network(cost_matrix=COSTS)))),
        lambda: only(corrected(BaggingClassifier(network()), cost_matrix=COSTS)),
        "warning: CostSensitiveMLPClassifier at estimator__costsensitivemlpclassifier",
        "cost_matrix inside BaggingClassifier, which uses its predict_proba",
        "has no effect",
        "PriorCorrectedClassifier(estimator, cost_matrix=costs)",
    ),
    "unscaled inputs": Example(
        "unscaled inputs",
        lambda: given(network(), frame(year=2015 + 6 * data()[0][:, 1])),
        lambda: given(
            make_pipeline(StandardScaler(), network()),
            frame(year=2015 + 6 * data()[0][:, 1]),
        ),
        "warning: CostSensitiveMLPClassifier",
        "column 'year' has mean 2015 and standard deviation ",
        "StandardScaler()",
    ),
    "row index": Example(
        AS_TEXT,
        lambda: given(None, frame(**{"Unnamed: 0": ROWS})),
        lambda: given(None, frame(year=2000 + ROWS % 25)),
        "warning: X",
        "Column 'Unnamed: 0' looks like a row index: every integer from 0 to 999",
    ),
    "names": Example(
        AS_TEXT,
        lambda: given(None, frame(customer=[f"c{i}" for i in range(1000)])),
        lambda: given(None, frame(city=[f"c{i % 500}" for i in range(1000)])),
        "warning: X",
        "'customer' is text with 1,000 distinct values in 1,000 rows",
        "Remove it",
    ),
    "numbers with stray text": Example(
        AS_TEXT,
        lambda: given(None, frame(sum=["?", *(f"{i % 9}.5" for i in range(999))])),
        lambda: given(None, frame(sum=[None, *(i % 9 + 0.5 for i in range(999))])),
        "warning: X",
        "999 of 1,000 values of 'sum' are numbers; '?' is not.",
        "    pd.read_csv(file, na_values=['?'])",
    ),
    "decimal commas": Example(
        AS_TEXT,
        lambda: given(None, frame(sum=[f"{i % 9},5" for i in range(1000)])),
        lambda: given(None, frame(sum=[f"{i % 9},{i % 5},7" for i in range(1000)])),
        "warning: X",
        "'sum' holds numbers with decimal commas",
        "pd.read_csv(file, decimal=',')",
    ),
    "dates": Example(
        AS_TEXT,
        lambda: given(None, frame(day=[f"{1 + i % 28}.03.2024" for i in range(1000)])),
        lambda: given(None, frame(day=pd.date_range("2024-03-01", periods=1000))),
        "warning: X",
        "'day' holds dates",
        "pd.to_datetime(X['day'], dayfirst=True)",
    ),
    "categories that are numbers": Example(
        AS_TEXT,
        lambda: given(None, frame(code=(ROWS % 9).astype(str))),
        lambda: given(None, frame(code=pd.Categorical(ROWS % 9))),
        "warning: X",
        "Column 'code' holds numbers stored as text, such as '0'.",
    ),
    "infinite values": Example(
        "infinite values",
        lambda: given(None, frame(ratio=np.where(ROWS == 3, np.inf, ROWS % 7 / 2))),
        lambda: given(None, frame(ratio=np.where(ROWS == 3, np.nan, ROWS % 7 / 2))),
        "error: X",
        "X has 1 infinite value in column 'ratio'.",
    ),
    "classes written alike": Example(
        "classes written alike",
        lambda: spelled(["ok", "OK "]),
        lambda: spelled(["ok", "okay"]),
        "warning: y",
        "Classes 'OK ', 'ok' differ only in blanks or case.",
    ),
    "codes that differ in each row": Example(
        AS_TEXT,
        lambda: given(None, frame(code=pd.Categorical(ROWS))),
        lambda: given(None, frame(code=pd.Categorical(ROWS % 25))),
        "warning: X",
        "Column 'code' looks like a row index: every integer from 0 to 999",
    ),
    "number that separates the classes": Example(
        "columns that separate the classes",
        lambda: given(None, frame(refund=REFUND + 5 * (data()[1] == "fraud"))),
        lambda: given(None, frame(refund=REFUND + 0.9 * (data()[1] == "fraud"))),
        "warning: X and y",
        "Column 'refund' separates the classes alone: ROC AUC 1.0000.",
    ),
    "text that separates the classes": Example(
        "columns that separate the classes",
        lambda: given(None, frame(to=np.where(data()[1] == "fraud", "jail", "home"))),
        lambda: given(None, frame(to=np.where(data()[0][:, 0] > 1, "jail", "home"))),
        "warning: X and y",
        "Column 'to' separates the classes alone: balanced accuracy 1.0000.",
    ),
}


def whats(*args, **kwargs):
    return [finding.what for finding in doctor(*args, **kwargs)]


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_mistake_is_found_and_nothing_else(name):
    example = EXAMPLES[name]
    (finding,) = example.diagnosis
    assert f"{finding.severity}: {finding.where}" == example.heading
    text = "\n".join([finding.what, finding.why, finding.fix])
    assert [part for part in example.reports if part not in text] == []
    assert example.reports[0] in finding.what


@pytest.mark.parametrize("name", EXAMPLES)
def test_without_the_mistake_nothing_is_found(name):
    diagnosis = doctor(**EXAMPLES[name].well())
    assert list(diagnosis) == []
    assert EXAMPLES[name].check in diagnosis.checked


def test_every_check_has_an_example():
    assert {example.check for example in EXAMPLES.values()} == set(CHECKS)


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_argument_is_modified(name):
    arguments = EXAMPLES[name].ill() | {"cv": StratifiedKFold(3, shuffle=True)}
    arguments["cv"].random_state = np.random.RandomState(0)
    before = joblib.hash(arguments)
    doctor(**arguments)
    assert joblib.hash(arguments) == before


@pytest.mark.parametrize("name", EXAMPLES)
def test_code_fits_on_a_line(name, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    diagnosis = EXAMPLES[name].diagnosis
    printed = {line.strip() for line in str(diagnosis).splitlines()}
    fix = diagnosis[0].fix.splitlines()
    assert {line.strip() for line in fix if line.startswith("    ")} <= printed


def test_the_folds_of_an_unseeded_splitter_use_no_global_random_state():
    np.random.seed(0)
    doctor(**given(logistic(), cv=StratifiedKFold(5, shuffle=True)))
    assert np.random.randint(2**31) == np.random.RandomState(0).randint(2**31)


# The parts of an estimator


@pytest.mark.parametrize(
    "wrapper",
    [
        lambda clf: search(clf, {"clf__C": [1, 2]}),
        lambda clf: corrected(clf),
        lambda clf: CalibratedClassifierCV(corrected(clf)),
        lambda clf: VotingClassifier([("one", clf), ("two", logistic())]),
        lambda clf: StackingClassifier([("one", logistic()), ("two", clf)]),
        lambda clf: make_pipeline(StandardScaler(), clf),
    ],
)
def test_classifiers_are_found_at_any_depth(wrapper):
    clf = wrapper(ResamplingPipeline([("smote", SMOTE()), ("clf", weighted())]))
    (finding,) = doctor(clf)
    assert "class_weight={'fraud': 9, 'ok': 1}, and SMOTE resamples" in finding.what
    path = finding.where.removeprefix("LogisticRegression at ")
    assert clf.get_params()[path].class_weight == {"ok": 1, "fraud": 9}


@pytest.mark.parametrize(
    ("grid", "n_findings"),
    [
        ({"clf__C": [1, 2]}, 1),
        ({"clf__class_weight": [None, "balanced"]}, 0),
        ([{"clf__C": [1]}, {"clf__class_weight": [None]}], 0),
        ({"smote": ["passthrough", SMOTE()]}, 0),
        ({"clf": [logistic()]}, 0),
        ({"smote__k_neighbors": [3, 5]}, 1),
    ],
)
def test_parameters_varied_by_a_search_are_unknown(grid, n_findings):
    clf = ResamplingPipeline([("smote", SMOTE()), ("clf", weighted())])
    assert len(doctor(search(clf, grid))) == n_findings
    if isinstance(grid, dict):
        drawn = RandomizedSearchCV(clf, grid, scoring="roc_auc")
        assert len(doctor(drawn)) == n_findings


def test_a_correction_that_a_search_varies_is_no_finding():
    clf = search(network(class_weight="balanced"), {"correct_probabilities": [True]})
    assert not doctor(corrected(clf, cost_matrix=COSTS))


# Costs and imbalance stated twice


@pytest.mark.parametrize("name", LOSSES)
def test_the_table_decides_which_losses_are_found(name):
    row = LOSSES[name]
    loss = network(loss=name, cost_matrix=COSTS if row.minimizes_cost else None)
    assert len(doctor(fixed(loss))) == (row.effect != "none")
    loss.set_params(correct_probabilities=True)
    assert len(doctor(fixed(loss))) == (not row.recoverable)
    loss.set_params(class_weight="balanced")
    twice = row.minimizes_cost or row.ignores_class_weight or row.equalizes
    assert len(doctor(loss)) == twice


class OwnLoss:
    """A loss of a user's own, which declares what it does."""

    distortion = LOSSES["logit_adjusted"]


class PerOutput:
    def __init__(self, loss):
        self.loss = loss


class UndeclaredLoss:
    pass


@pytest.mark.parametrize("loss", [OwnLoss, OwnLoss(), PerOutput(OwnLoss())])
def test_a_loss_declares_its_distortion(loss):
    (finding,) = doctor(network(loss=loss, class_weight="balanced"))
    assert "the imbalance counts twice" in finding.why
    assert not doctor(network(loss=UndeclaredLoss(), class_weight="balanced"))


@pytest.mark.parametrize(
    "name", ["BalancedSoftmax", "LogitAdjustedCrossentropy", "ExpectedCost"]
)
def test_losses_of_the_package_are_known_by_class(name):
    from skweighted import losses  # it loads TensorFlow

    loss = getattr(losses, name)
    if not hasattr(loss, "distortion"):
        pytest.skip("the losses do not declare their distortion yet")
    assert len(doctor(network(loss=loss, class_weight="balanced"))) == 1


@pytest.mark.parametrize(
    "clf",
    [
        fixed(weighted(), threshold=0.5),
        fixed(weighted(), threshold="auto"),
        network(class_weight="balanced", cost_matrix=COSTS),
        network(loss="logit_adjusted", cost_matrix=COSTS),
        fixed(logistic(class_weight={"ok": 1, "fraud": 1})),
        fixed(LinearSVC(class_weight="balanced")),
        FixedThresholdClassifier(
            weighted(), threshold=0.0, response_method="decision_function"
        ),
        TunedThresholdClassifierCV(weighted()),
        TunedThresholdClassifierCV(BalancedRandomForestClassifier()),
        BalancedBaggingClassifier(logistic()),
        BalancedBaggingClassifier(fixed(logistic())),
        VotingClassifier([("hard", weighted()), ("other", logistic())]),
        resampling(SMOTE(), SMOTE(), logistic()),
        make_pipeline(StandardScaler(), weighted()),
        fixed(resampling(SMOTE(), logistic()), threshold=0.5),
        fixed(resampling(TomekLinks(), logistic())),
        fixed(CalibratedClassifierCV(resampling(SMOTE(), logistic()))),
        corrected(
            BalancedRandomForestClassifier(),
            resampled_prior="balanced",
            cost_matrix=COSTS,
        ),
        corrected(CalibratedClassifierCV(weighted()), cost_matrix=COSTS),
        corrected(StackingClassifier([("one", weighted())]), cost_matrix=COSTS),
        corrected(balanced(), resampled_prior="balanced", cost_matrix=COSTS),
        fixed(corrected(weighted(), resampled_prior=np.array([0.5, 0.5]))),
    ],
    ids=repr,
)
def test_what_counts_once_is_no_finding(clf):
    assert not doctor(clf)


@pytest.mark.parametrize(
    ("clf", "source"),
    [
        (fixed(EasyEnsembleClassifier()), "EasyEnsembleClassifier"),
        (
            fixed(BalancedBaggingClassifier(make_pipeline(logistic()))),
            "BalancedBaggingClassifier",
        ),
        (resampling(RandomUnderSampler(), fixed(logistic())), "RandomUnderSampler"),
        (corrected(fixed(resampling(SMOTE(), logistic()))), "SMOTE"),
        (
            fixed(resampling(SMOTE(sampling_strategy=0.5), corrected(logistic()))),
            "SMOTE",
        ),
    ],
    ids=repr,
)
def test_resampling_that_nothing_undoes_before_a_threshold_is_found(clf, source):
    assert whats(clf) == [
        f"{source} resamples the training rows. FixedThresholdClassifier applies a "
        f"threshold of 0.05 to the probabilities."
    ]


def test_computed_weights_behind_a_sampler_have_no_effect():
    classifiers = [
        resampling(SMOTE(random_state=0), clf) for clf in (logistic(), balanced())
    ]
    coefficients = [clf.fit(*data())[-1].coef_ for clf in classifiers]
    np.testing.assert_array_equal(*coefficients)


def test_logit_adjustment_behind_a_sampler_has_no_effect():
    probabilities = [
        resampling(SMOTE(random_state=0), network(loss=loss, epochs=2, random_state=0))
        .fit(*data())
        .predict_proba(data()[0])
        for loss in ("logit_adjusted", "cross_entropy")
    ]
    # The same number is added to all logits, which rounds.
    np.testing.assert_allclose(*probabilities, rtol=1e-12)


@pytest.mark.parametrize(
    "ensemble",
    [
        lambda clf: VotingClassifier([("clf", clf)], voting="hard"),
        lambda clf: StackingClassifier([("clf", clf)], stack_method="predict"),
    ],
)
def test_costs_count_where_predict_is_used(ensemble):
    assert not doctor(BaggingClassifier(ensemble(network(cost_matrix=COSTS))))


@pytest.mark.parametrize(
    "ensemble",
    [
        lambda clf: VotingClassifier([("clf", clf)], voting="soft"),
        lambda clf: StackingClassifier([("clf", clf)]),
        lambda clf: CalibratedClassifierCV(clf),
        lambda clf: fixed(search(clf, {"resampled_prior": ["auto"]}), 0.5),
    ],
)
def test_costs_have_no_effect_where_predict_proba_is_used(ensemble):
    (what,) = whats(ensemble(corrected(logistic(), cost_matrix=COSTS)))
    assert what.startswith("PriorCorrectedClassifier has a cost_matrix inside")


# Resampled rows


@pytest.mark.parametrize("sampler", [SMOTE, ADASYN, BorderlineSMOTE])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_interpolated_rows_are_found_after_scaling_and_shuffling(sampler, dtype):
    X, y = resampled(sampler)
    X = StandardScaler().fit_transform(X.astype(dtype))
    (what,) = whats(None, *shuffle(X, y, random_state=0))
    assert "lie exactly on the line between two other rows" in what


def test_interpolated_rows_are_found_next_to_whole_numbers_and_text():
    table, y = frame(n=ROWS % 50)
    table, y = SMOTE(random_state=0).fit_resample(table, y)
    (what,) = whats(None, table.assign(city=["a", "b"] * 900), y)
    assert "lie exactly on the line between two other rows" in what


@pytest.mark.parametrize("n_digits", [0, 1])
def test_points_of_a_grid_are_not_taken_for_interpolated_rows(n_digits):
    X, y = data(2000, 1000)
    X = np.round(X, n_digits) * [1, 2, np.pi]
    assert whats(None, StandardScaler().fit_transform(X), y, cv=3) == []


def test_a_computed_column_is_not_taken_for_interpolated_rows():
    X, y = data()
    price = np.where(y == "fraud", X[:, 0], X[:, 1])
    tax = np.where(y == "fraud", 0.2 * X[:, 0], X[:, 2])
    assert whats(None, np.stack([price, tax], axis=1), y) == []


def lies_between(row, others, is_own):
    """Brute force: is the row on a segment of two others, in two columns of its own?"""
    for i, a in enumerate(others):
        for b in others[:i]:
            along = (row - a) @ (b - a) / ((b - a) @ (b - a))
            aside = np.linalg.norm(row - a - along * (b - a))
            n_own = np.count_nonzero(is_own & (row != a))
            is_near = aside <= 1e-7 * np.linalg.norm(b - a)
            if is_near and 0.01 <= along <= 0.99 and n_own >= 2:
                return True
    return False


def test_lines_are_those_of_brute_force():
    random_generator = np.random.default_rng(0)
    found = []
    for _ in range(100):
        others = random_generator.normal(size=(8, 3))
        ends = others[:2] if random_generator.random() < 0.5 else others[[0, 0]]
        aside = random_generator.choice([0, 1e-9, 1e-4, 1])
        share = random_generator.choice([0.005, 0.3, 0.5, 1.2])
        row = share * ends[0] + (1 - share) * ends[1]
        row = row + aside * random_generator.normal(size=3)
        is_own = random_generator.random(3) < 0.8
        others = others[(others != row).any(axis=1)]
        expected = lies_between(row, others, is_own)
        direction = direction_through(row, others, is_own, np.finfo(float).eps)
        assert (direction is not None) == expected
        found.append(expected)
    assert 10 < sum(found) < 90


@pytest.mark.parametrize("share", [0.3, 0.5])
def test_copied_rows_are_found_without_equal_class_counts(share):
    sampler = RandomOverSampler(sampling_strategy=share, random_state=0)
    (what,) = whats(None, *sampler.fit_resample(*data()))
    n_rows = int(900 * share)
    assert what.startswith(
        f"{n_rows - 100} of the {n_rows} rows of class 'fraud' are copies, and 0 of "
        f"the 900 rows of class 'ok'."
    )


def test_one_frequent_row_is_not_taken_for_oversampling():
    X, y = data(n_rare=500)
    fraud = np.flatnonzero(y == "fraud")
    X[fraud[:400]] = X[fraud[0]]
    (what,) = whats(None, X, y)
    assert what.startswith("399 of 1,000 rows of X are copies of another row.")


@pytest.mark.parametrize("sampler", [SMOTE, RandomOverSampler])
def test_resampled_rows_are_an_error_only_if_they_will_be_split(sampler):
    (finding,) = doctor(logistic(), *resampled(sampler))
    assert finding.severity == "warning"
    (finding,) = doctor(search(logistic()), *resampled(sampler))
    assert finding.severity == "error"


# Copies


def test_rows_of_few_coarse_values_may_be_equal_by_chance():
    X = np.random.default_rng(0).integers(0, 6, size=(300, 3))
    assert whats(None, X, np.arange(300) % 3 == 0, cv=5) == []
    assert whats(None, ROWS[:, None] % 5, ROWS % 3 == 0) == []


def test_rows_whose_values_are_missing_together_may_be_equal_by_chance():
    table, y = frame(years=ROWS % 50)
    table.loc[::5, ["age", "amount", "hour"]] = np.nan
    assert whats(None, table, y, cv=5) == []


def test_copies_are_found_in_text_and_with_several_labels():
    X, y = with_copies()
    table = pd.DataFrame({"name": [f"c{row[0]}" for row in X], "tags": [["a"]] * 1200})
    labels = np.stack([y == "fraud", X[:, 1] > 0], axis=1).astype(int)
    diagnosis = doctor(None, table, labels, cv=KFold(5, shuffle=True, random_state=0))
    assert diagnosis[0].what.startswith("200 of 1,200 rows of X are copies")
    reason = "y has several labels per row"
    assert diagnosis.skipped["classes missing in folds"] == reason


def test_the_number_of_copies_is_that_of_the_folds():
    X, y = data()
    X, y = np.repeat(X, 3, axis=0), np.repeat(y, 3)
    (finding,) = doctor(None, X, y)
    n_copies = sum(
        np.isin(test // 3, train // 3).sum()
        for train, test in shuffled_folds(5, y).split(X, y)
    )
    assert f"{n_copies:,} of 3,000 test rows ({n_copies / 3000:.2%})" in finding.what
    assert finding.where == "five shuffled folds"


def test_a_pair_of_equal_rows_is_no_finding():
    X, y = data()
    X[700] = X[3]
    assert not doctor(None, X, y)


# Folds


def test_other_classes_that_lack_test_rows_are_counted():
    y = np.repeat(["a", "b", "c", "d"], [970, 10, 10, 10])
    assert whats(None, *shuffle(data()[0], y, random_state=0), cv=5) == [
        "Class 'b' has 10 rows: 2 test rows in each of 5 folds of StratifiedKFold. The "
        "same holds for 2 other classes."
    ]


def test_few_test_rows_suffice_in_repeated_folds():
    often = RepeatedStratifiedKFold(n_splits=3, n_repeats=10, random_state=0)
    assert not doctor(**given(logistic(), data(n_rare=9), cv=often))
    often = RepeatedStratifiedKFold(n_splits=20, n_repeats=10, random_state=0)
    assert not doctor(**given(logistic(), data(n_rare=60), cv=often))


def test_single_test_rows_are_not_scored_fold_by_fold():
    assert not doctor(**given(logistic(), data(100, 30), cv=LeaveOneOut()))


@pytest.mark.parametrize(
    ("n_rare", "fix"),
    [(3, "cv = StratifiedKFold(3, shuffle=True"), (1, "Merge class 'fraud' with")],
)
def test_no_more_folds_are_recommended_than_there_are_rows(n_rare, fix):
    (finding,) = doctor(**given(sample=data(n_rare=n_rare), cv=StratifiedKFold(4)))
    assert fix in finding.fix


def test_the_same_folds_are_checked_once():
    (finding,) = doctor(**given(search(logistic()), data(n_rare=20), cv=5))
    assert finding.where == "cv"


def test_a_time_series_of_sorted_rows_is_found():
    (what,) = whats(None, *in_class_order(), cv=TimeSeriesSplit(4))
    assert "TimeSeriesSplit does not shuffle them: 4 of 4 folds lack" in what
    assert not doctor(None, *data(), cv=TimeSeriesSplit(4))


def test_few_rows_may_be_sorted_by_class_by_chance():
    cv = [(np.array([0, 3]), np.array([1, 2])), (np.array([1, 2]), np.array([0, 3]))]
    X = np.random.default_rng(0).normal(size=(6, 2))
    assert "sorted by class" not in " ".join(whats(None, X, [0, 0, 0, 1, 1, 1], cv))


def test_a_held_out_share_is_a_split():
    clf = TunedThresholdClassifierCV(logistic(), cv=0.1)
    (what,) = whats(**given(clf, data(n_rare=20)))
    assert what == (
        "Class 'fraud' has 20 rows: 2 test rows in each of 1 fold of "
        "StratifiedShuffleSplit."
    )


class ByAge(BaseCrossValidator):
    """A splitter that reads X."""

    def _iter_test_masks(self, X, y=None, groups=None):
        is_old = np.asarray(X)[:, 0] > 0
        yield is_old
        yield ~is_old

    def get_n_splits(self, X=None, y=None, groups=None):
        return 2


@pytest.mark.parametrize("kind", [np.asarray, np.ndarray.tolist, pd.DataFrame])
def test_splitters_are_given_X_and_y(kind):
    X, y = with_copies()
    diagnosis = doctor(logistic(), kind(X), y, cv=ByAge())
    assert not diagnosis  # Copies are of one age, so they are on one side.
    assert "copies across folds" in diagnosis.checked
    hardness = InstanceHardnessCV(logistic(), n_splits=2, pos_label="ok")
    (what,) = whats(logistic(), kind(X), y, cv=hardness)
    folds = [(set(map(tuple, X[a])), X[b]) for a, b in hardness.split(X, y)]
    n_copies = sum(tuple(row) in rows for rows, test in folds for row in test)
    assert f" {n_copies} of 1,200 test rows" in what


class Raising:
    """A splitter that raises an error, or makes the given folds."""

    def __init__(self, error=None, folds=()):
        self.error, self.folds = error, folds

    def split(self, X, y, groups=None):
        yield from self.folds
        if self.error:
            raise self.error


BEYOND = [(np.arange(10), np.array([1000]))]


@pytest.mark.parametrize(
    ("cv", "reason"),
    [
        (iter([]), "cv is an iterator: pass list(cv) instead"),
        ([], "cv makes no folds"),
        ("prefit", "cv is 'prefit'"),
        (Raising(ValueError("too\nold")), "cv cannot split the rows (too old)"),
        (Raising(RuntimeError()), "cv cannot split the rows (RuntimeError)"),
        (
            Raising(folds=BEYOND),
            "cv cannot split the rows (index 1000 is out of bounds for axis 0 with "
            "size 1000)",
        ),
        (
            StratifiedGroupKFold(3),
            "cv is StratifiedGroupKFold, which needs groups, and none were given",
        ),
    ],
)
def test_without_folds_the_reason_is_reported(cv, reason):
    diagnosis = doctor(**given(logistic(), cv=cv))
    assert diagnosis.skipped["copies across folds"] == reason


# Scores


@pytest.mark.parametrize(
    ("scoring", "refit", "is_accuracy"),
    [
        ("accuracy", True, True),
        (make_scorer(accuracy_score), True, True),
        (["accuracy", "roc_auc"], "accuracy", True),
        (["accuracy", "roc_auc"], "roc_auc", False),
        ({"hits": "accuracy", "area": "roc_auc"}, "hits", True),
        ({"hits": "accuracy", "area": "roc_auc"}, "area", False),
        (lambda estimator, X, y: 0.0, True, False),
    ],
)
def test_accuracy_is_recognized_in_every_form(scoring, refit, is_accuracy):
    clf = search(logistic(), scoring=scoring, refit=refit)
    assert len(doctor(clf)) == is_accuracy


def test_boosted_trees_may_stop_by_the_loss():
    trees = HistGradientBoostingClassifier(early_stopping=True)
    assert not doctor(trees, *data())
    (finding,) = doctor(trees.set_params(scoring="accuracy"), *data())
    assert finding.fix == "Monitor the loss instead:\n    scoring='loss'"


def test_accuracy_of_classes_that_are_about_equally_frequent_is_no_finding():
    clf = search(logistic(), scoring=None)
    assert not doctor(**given(clf, data(n_rare=400), scoring="accuracy"))
    assert not doctor(None, *load_wine(return_X_y=True), scoring="accuracy")


@pytest.mark.parametrize(
    ("n_rare", "severity"), [(300, "note"), (265, "note"), (240, "warning")]
)
def test_the_rarer_a_class_the_worse_is_accuracy(n_rare, severity):
    (finding,) = doctor(**given(None, data(n_rare=n_rare), scoring="accuracy"))
    assert finding.severity == severity
    share = 1 - n_rare / 1000
    assert finding.what.endswith(f"always predicting 'ok' scores {share:.3f}.")


def test_a_classifier_without_a_score_may_stop_early():
    class Net(BaseEstimator):
        def __init__(self, early_stopping=True):
            self.early_stopping = early_stopping

    assert not doctor(Net(), *data())


# Columns


@pytest.mark.parametrize(
    ("columns", "remainder", "n_findings"),
    [
        (["age"], "drop", 0),
        (["age"], "passthrough", 1),
        (["age", "id"], "drop", 1),
        ([0, 1], "drop", 0),
        ([-1], "drop", 1),
        (slice(0, 2), "drop", 0),
        ([False, False, False, True], "drop", 1),
        (make_column_selector(dtype_include=int), "drop", 1),
        (make_column_selector(dtype_include=float), "drop", 0),
        (["no such column"], "drop", 1),
    ],
)
def test_columns_that_a_pipeline_drops_are_not_checked(columns, remainder, n_findings):
    transformer = transformed(("kept", StandardScaler(), columns), remainder=remainder)
    clf = make_pipeline(transformer, logistic())
    assert len(doctor(clf, *frame(id=ROWS))) == n_findings


@pytest.mark.parametrize("clf", [MLPClassifier(), network()])
@pytest.mark.parametrize(
    ("factor", "shift", "is_scaled"),
    [(1, 0, True), (1e-5, 0, False), (0.05, 0, True), (200, 0, False), (1, 50, False)],
)
def test_networks_need_inputs_around_0_and_1(clf, factor, shift, is_scaled):
    X, y = data()
    for steps in ([], [SimpleImputer()]):
        clf = make_pipeline(*steps, clf)
        assert len(doctor(clf, factor * X + shift, y)) == (not is_scaled)
    for other in (logistic(), HistGradientBoostingClassifier()):
        assert not doctor(other, factor * X + shift, y)
    union = FeatureUnion([("scaled", StandardScaler())])
    assert not doctor(make_pipeline(union, clf), factor * X + shift, y)


@pytest.mark.parametrize(
    "columns",
    [
        np.random.default_rng(0).random(size=(1000, 5)) ** 9,
        np.eye(500)[ROWS % 500],
        ROWS[:, np.newaxis] % [2, 3, 7, 12, 30],
    ],
    ids=["skewed", "one-hot", "codes"],
)
def test_small_codes_need_no_scaling(columns):
    assert "unscaled" not in " ".join(whats(network(), columns, data()[1]))


def test_a_column_that_separates_one_of_three_classes_is_no_leak():
    X, y = data()
    assert whats(None, X, np.where(X[:, 1] > 1, "late", y)) == []


def test_the_score_of_a_column_is_its_roc_auc():
    table, y = frame(paid=np.where(data()[1] == "fraud", 4.0, 0) + data()[0][:, 2])
    area = roc_auc_score(y == "fraud", table["paid"])
    for factor in (1, -5):
        (what,) = whats(None, table.assign(paid=factor * table["paid"]), y)
        assert what == f"Column 'paid' separates the classes alone: ROC AUC {area:.4f}."


# Arguments


@pytest.mark.parametrize("kind", [pd.DataFrame, sparse.csr_matrix, np.ndarray.tolist])
def test_kinds_of_X_are_accepted(kind):
    X, y = data()
    diagnosis = doctor(make_pipeline(StandardScaler(), logistic()), kind(X), list(y))
    assert not diagnosis
    is_sparse = diagnosis.skipped.get("copies across folds") == "X is sparse"
    assert is_sparse == (kind is sparse.csr_matrix)


def test_columns_of_every_type_are_accepted():
    table, y = frame(
        kind=pd.Categorical(["a", None] * 500),
        moment=pd.date_range("2020", periods=1000),
        count=pd.array([1, None] * 500, dtype="Int64"),
        flag=pd.array([True, None] * 500, dtype="boolean"),
        tags=[["a"], ["b"]] * 500,
        mixed=[1, "a"] * 500,
        empty=[None] * 1000,
    )
    labels = pd.Series(y == "fraud").astype("boolean")
    assert not doctor(HistGradientBoostingClassifier(), table, labels)


def test_one_column_of_text_is_accepted():
    texts = [f"{i} pieces were sent" for i in range(1000)]
    assert not doctor(DummyClassifier(), texts, data()[1])


ROWS_DIFFER = "X, y and groups must have the same number of rows. X has 1,000 and"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            {},
            ValueError,
            "There is nothing to check. Give an estimator, or X and y, or all three.",
        ),
        (
            {"X": data()[0]},
            ValueError,
            "X and y must be given together. y is None.",
        ),
        (
            {"estimator": LogisticRegression},
            TypeError,
            "estimator must be a scikit-learn estimator. Got the class "
            "LogisticRegression. Use LogisticRegression() instead.",
        ),
        (
            {"estimator": data()[0], "X": data()[1]},
            TypeError,
            "estimator must be a scikit-learn estimator. Got a value of type ndarray. "
            "For data without an estimator use doctor(X=X, y=y).",
        ),
        (
            {"X": data()[0], "y": data()[1][1:]},
            ValueError,
            f"{ROWS_DIFFER} y has 999.",
        ),
        (given(groups=[1, 2]), ValueError, f"{ROWS_DIFFER} groups has 2."),
        (
            {"X": data()[0][:, 0], "y": data()[1]},
            ValueError,
            "X must have rows and columns. Its shape is (1000,). Use X.reshape(-1, 1) "
            "if it is one column.",
        ),
        (
            {"X": data()[0], "y": ["ok", None] * 500},
            TableError,
            "The label is missing in 500 of 1,000 rows. Fill it in, or remove those "
            "rows.",
        ),
        (
            {"X": data()[0], "y": np.zeros(1000, dtype=int)},
            TableError,
            "y must have two classes or more. Got [0].",
        ),
    ],
)
def test_invalid_arguments_are_errors(arguments, error, message):
    with pytest.raises(error, match=whole(message)):
        doctor(**arguments)


def test_continuous_labels_are_an_error():
    with pytest.raises(TableError, match=r"y must hold class labels\. Unknown label"):
        doctor(X=data()[0], y=data()[0][:, 0])


# The diagnosis


def test_a_diagnosis_is_a_sequence_worst_first():
    pairs = np.arange(1800) // 2
    diagnosis = doctor(logistic(), *resampled(SMOTE), cv=5, groups=pairs)
    assert [finding.severity for finding in diagnosis] == ["error", "warning"]
    assert diagnosis
    assert len(diagnosis) == 2
    assert diagnosis[0] is diagnosis.findings[0]
    assert repr(diagnosis) == "<Diagnosis: 2 findings: 1 error, 1 warning>"
    with pytest.raises(FrozenInstanceError):
        diagnosis[0].what = ""


def test_a_diagnosis_becomes_a_table():
    diagnosis = EXAMPLES["names"].diagnosis
    table = diagnosis.to_frame()
    assert list(table.columns) == ["what", "where", "why", "fix", "severity"]
    assert table.loc[0, "what"] == diagnosis[0].what
    assert Diagnosis(()).to_frame().shape == (0, 5)


def test_without_findings_the_checks_are_listed(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    diagnosis = doctor(fixed(logistic()))
    assert not diagnosis
    assert str(diagnosis) == (
        "Nothing found. 5 checks made.\n"
        "\n"
        "Checked for: misplaced samplers, accuracy as the score, imbalance counted "
        "twice\nin training, decisions on distorted probabilities, costs without "
        "effect.\n"
        "Not checked for, because no X and y were given: rows copied before the "
        "split,\nrows interpolated before the split, copies across folds, groups "
        "across folds,\nclasses missing in folds, folds of sorted rows, unscaled "
        "inputs, infinite\nvalues, classes written alike, columns read as text or that "
        "identify rows,\ncolumns that separate the classes."
    )


def test_a_finding_is_printed_with_its_code_as_it_is(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    printed = str(EXAMPLES["groups across folds"].diagnosis)
    assert printed.startswith(
        "1 finding: 1 warning.\n"
        "\n"
        "warning  cv\n"
        "  what 11 of 250 groups have both training and test rows in the same fold, in "
        "5\n       folds of StratifiedKFold.\n"
        "  why  The classifier memorizes a group (a patient, a customer) in training "
        "and\n       recognizes it in the test rows. Scores are too high for new "
        "groups.\n"
        "  fix  Keep each group in one fold:\n"
        "           from sklearn.model_selection import StratifiedGroupKFold\n"
        "           cv = StratifiedGroupKFold(5)\n"
        "           cross_validate(estimator, X, y, cv=cv, groups=groups)\n"
    )
    lines = printed.splitlines()
    assert lines == [line.rstrip() for line in lines]


def test_the_doctor_loads_no_tensorflow():
    code = (
        "import sys; from skweighted._doctor import doctor; doctor(None, [[0]] * 9 + "
        "[[1]], [0] * 5 + [1] * 5)\n"
        "print([m for m in ('tensorflow', 'keras') if m in sys.modules])"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert printed.stdout == "[]\n"
