"""The doctor: for each finding a user's mistake, and the same without the mistake."""

import subprocess
import sys
from dataclasses import FrozenInstanceError, dataclass
from functools import partial
from typing import Any

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
    AdaBoostClassifier,
    BaggingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_selection import VarianceThreshold
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
    StratifiedShuffleSplit,
    TimeSeriesSplit,
    TunedThresholdClassifierCV,
    train_test_split,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, RobustScaler, StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.utils import shuffle

from skweighted import PriorCorrectedClassifier
from skweighted._doctor import CHECKS, Diagnosis, Finding, doctor, shuffled_folds
from skweighted._doctor._resampled import direction_through
from skweighted.exceptions import DoubleCountWarning, TableError
from skweighted.metrics import make_cost_scorer

COSTS = {("ok", "fraud"): 1, ("fraud", "ok"): 20}


def network(**params):
    from skweighted import CostSensitiveMLPClassifier  # it loads TensorFlow

    return CostSensitiveMLPClassifier(**params)


class KerasLike(DummyClassifier):
    """A classifier with the parameters of SciKeras' that are looked at."""

    def __init__(self, validation_split=0.0, batch_size=None, epochs=1):
        super().__init__()
        self.validation_split = validation_split
        self.batch_size = batch_size
        self.epochs = epochs


def data(n_rows=1000, n_rare=100):
    """Return three scaled columns and labels, 10 % "fraud", which they hardly tell."""
    random_generator = np.random.default_rng(0)
    X = random_generator.normal(size=(n_rows, 3))
    order = np.argsort(X[:, 0] + random_generator.normal(size=n_rows))
    y = np.full(n_rows, "ok", dtype=object)
    y[order[-n_rare:]] = "fraud"
    return X, y


def frame(**columns):
    X, y = data()
    table = pd.DataFrame(X, columns=["age", "amount", "hour"])
    return table.assign(**columns), y


def given(estimator=None, sample=None, **more):
    X, y = data() if sample is None else sample
    return {"estimator": estimator, "X": X, "y": y} | more


def resampled(sampler):
    return sampler.fit_resample(*data())


def in_class_order():
    X, y = data()
    order = np.argsort(y, kind="stable")
    return X[order], y[order]


def with_copies():
    """Return data of which the last 200 rows were recorded twice, some with doubt."""
    X, y = data()
    again = y[-200:].copy()
    again[:5] = np.where(again[:5] == "ok", "fraud", "ok")
    return shuffle(np.vstack([X, X[-200:]]), np.append(y, again), random_state=0)


def row_groups(X):
    return np.unique(X, axis=0, return_inverse=True)[1].reshape(-1)


YEARS = 2015 + 6 * np.random.default_rng(1).normal(size=1000)
logistic = LogisticRegression
weighted = partial(LogisticRegression, class_weight={"ok": 1, "fraud": 9})


def fixed(clf, threshold=0.05):
    return FixedThresholdClassifier(clf, threshold=threshold)


def search(clf, grid=None, scoring="balanced_accuracy", **more):
    return GridSearchCV(clf, grid or {"C": [0.1, 1]}, scoring=scoring, **more)


def of_six(n_last, n_others):
    """Return data of six classes, of which the last has fewer rows."""
    y = np.repeat([*"abcdef"], [n_others] * 5 + [n_last])
    return shuffle(data()[0][: len(y)], y, random_state=0)


def missing_in(clf):
    X, y = data()
    X[:7, 1] = np.nan
    return given(clf, (X, y))


def wide(clf):
    X, y = data()
    return given(clf, (X * [1, 1000, 1], y))


@dataclass
class Example:
    """Arguments that make one finding, arguments without the mistake, the finding."""

    check: str
    ill: Any
    well: Any
    finding: Finding


EXAMPLES = {
    "sampler in sklearn's pipeline": Example(
        "samplers out of place",
        lambda: given(Pipeline([("smote", SMOTE()), ("clf", logistic())])),
        lambda: given(ResamplingPipeline([("smote", SMOTE()), ("clf", logistic())])),
        Finding(
            what="SMOTE is a step of scikit-learn's Pipeline, which cannot change "
            "the number of rows.",
            where="SMOTE at smote",
            why="fit raises TypeError. Only the Pipeline of imblearn resamples, in "
            "fit and never in predict.",
            fix="Take the other Pipeline, with the same steps:\n"
            "    from imblearn.pipeline import Pipeline\n"
            "    Pipeline(pipeline.steps)",
            severity="error",
        ),
    ),
    "pipeline in imblearn's pipeline": Example(
        "samplers out of place",
        lambda: {
            "estimator": make_resampling_pipeline(
                make_resampling_pipeline(StandardScaler(), SMOTE()), logistic()
            )
        },
        lambda: {
            "estimator": make_resampling_pipeline(
                StandardScaler(), make_resampling_pipeline(SMOTE(), logistic())
            )
        },
        Finding(
            what="Pipeline is a step of imblearn's Pipeline, which takes a pipeline as "
            "its last step only.",
            where="Pipeline at pipeline",
            why="fit raises TypeError.",
            fix="Put all steps into one Pipeline of imblearn:\n"
            "    from imblearn.pipeline import Pipeline\n"
            "    Pipeline([*inner.steps, *outer.steps[1:]])",
            severity="error",
        ),
    ),
    "sklearn's pipeline in imblearn's": Example(
        "samplers out of place",
        lambda: {
            "estimator": make_resampling_pipeline(
                SimpleImputer(),
                make_pipeline(StandardScaler(), VarianceThreshold()),
                SMOTE(),
                logistic(),
            )
        },
        lambda: {
            "estimator": make_resampling_pipeline(
                ColumnTransformer(
                    [("all", make_pipeline(StandardScaler(), SimpleImputer()), [0, 1])]
                ),
                SMOTE(),
                logistic(),
            )
        },
        Finding(
            what="Pipeline is a step of imblearn's Pipeline, which takes a pipeline as "
            "its last step only.",
            where="Pipeline at pipeline",
            why="fit raises TypeError.",
            fix="Put all steps into one Pipeline of imblearn:\n"
            "    from imblearn.pipeline import Pipeline\n"
            "    Pipeline([*outer.steps[:1], *inner.steps, *outer.steps[2:]])",
            severity="error",
        ),
    ),
    "imblearn's pipeline in sklearn's": Example(
        "samplers out of place",
        lambda: {
            "estimator": make_pipeline(
                make_resampling_pipeline(StandardScaler(), SMOTE()), logistic()
            )
        },
        lambda: {
            "estimator": make_pipeline(
                StandardScaler(), make_resampling_pipeline(SMOTE(), logistic())
            )
        },
        Finding(
            what="SMOTE is in a pipeline that is a step of scikit-learn's Pipeline, "
            "which cannot change the number of rows.",
            where="SMOTE at pipeline__smote",
            why="fit raises TypeError. Only the Pipeline of imblearn resamples, in "
            "fit and never in predict.",
            fix="Put all steps into one Pipeline of imblearn:\n"
            "    from imblearn.pipeline import Pipeline\n"
            "    Pipeline([*inner.steps, *outer.steps[1:]])",
            severity="error",
        ),
    ),
    "sampler and scaler in sklearn's pipeline": Example(
        "samplers out of place",
        lambda: {
            "estimator": make_pipeline(
                make_resampling_pipeline(SMOTE(), StandardScaler()), logistic()
            )
        },
        lambda: {
            "estimator": make_pipeline(
                make_resampling_pipeline(StandardScaler()), logistic()
            )
        },
        Finding(
            what="SMOTE is in a pipeline that is a step of scikit-learn's Pipeline, "
            "which cannot change the number of rows.",
            where="SMOTE at pipeline__smote",
            why="fit raises ValueError. Only the Pipeline of imblearn resamples, in "
            "fit and never in predict.",
            fix="Put all steps into one Pipeline of imblearn:\n"
            "    from imblearn.pipeline import Pipeline\n"
            "    Pipeline([*inner.steps, *outer.steps[1:]])",
            severity="error",
        ),
    ),
    "sampler beside columns": Example(
        "samplers out of place",
        lambda: {
            "estimator": make_pipeline(
                ColumnTransformer(
                    [
                        (
                            "age",
                            make_resampling_pipeline(
                                StandardScaler(), RandomUnderSampler()
                            ),
                            [0],
                        )
                    ]
                ),
                logistic(),
            )
        },
        lambda: {
            "estimator": make_resampling_pipeline(
                ColumnTransformer([("age", StandardScaler(), [0])]),
                RandomUnderSampler(),
                logistic(),
            )
        },
        Finding(
            what="RandomUnderSampler is inside ColumnTransformer, whose parts must "
            "return the rows that they are given.",
            where="RandomUnderSampler at columntransformer__age__randomundersampler",
            why="fit raises TypeError. The parts are put side by side, and rows "
            "that one of them added or dropped would have no partner in the "
            "others.",
            fix="Resample after all columns are made:\n"
            "    from imblearn.pipeline import make_pipeline\n"
            "    make_pipeline(transformer, RandomUnderSampler(), classifier)",
            severity="error",
        ),
    ),
    "sampler as the estimator": Example(
        "samplers out of place",
        lambda: {"estimator": make_resampling_pipeline(StandardScaler(), SMOTE())},
        lambda: {
            "estimator": make_resampling_pipeline(StandardScaler(), SMOTE(), logistic())
        },
        Finding(
            what="The estimator ends in SMOTE: rows are resampled, and nothing "
            "learns from them.",
            where="SMOTE at smote",
            why="A split of resampled rows puts copies or blends of test rows into "
            "training, and tests at frequencies of the classes that do not "
            "occur.",
            fix="Resample training parts only, in a step before the classifier:\n"
            "    from imblearn.pipeline import make_pipeline\n"
            "    make_pipeline(SMOTE(), classifier)",
            severity="warning",
        ),
    ),
    "rows oversampled before": Example(
        "rows copied before the split",
        lambda: given(logistic(), resampled(RandomOverSampler(random_state=0)), cv=5),
        lambda: given(make_resampling_pipeline(RandomOverSampler(), logistic()), cv=5),
        Finding(
            what="There are 900 rows of each class. 800 of the 900 rows of class "
            "'fraud' repeat others, and 0 of the 900 of class 'ok'. Each is "
            "there about as often, as random oversampling leaves them.",
            where="X and y",
            why="Any split puts copies of one row on both of its sides. Scores are "
            "then those of rows learnt by heart, at frequencies of the classes "
            "that do not occur.",
            fix="Give the rows from before the resampling, and resample training "
            "parts only:\n"
            "    from imblearn.pipeline import make_pipeline\n"
            "    make_pipeline(RandomOverSampler(), classifier)",
            severity="error",
        ),
    ),
    "rows invented before": Example(
        "rows interpolated before the split",
        lambda: given(logistic(), resampled(SMOTE(random_state=0)), cv=5),
        lambda: given(make_resampling_pipeline(SMOTE(), logistic()), cv=5),
        Finding(
            what="177 of 200 rows of class 'fraud' that were looked at lie exactly "
            "on the line between two other rows of the class, where SMOTE and "
            "its kin put the rows that they invent (0 of 200 of class 'ok' do).",
            where="X and y",
            why="A row between a training row and a test row tells one of the "
            "other. Scores are then those of rows that never were, at "
            "frequencies of the classes that do not occur.",
            fix="Give the rows from before the resampling, and resample training "
            "parts only:\n"
            "    from imblearn.pipeline import make_pipeline\n"
            "    make_pipeline(SMOTE(), classifier)",
            severity="error",
        ),
    ),
    "splitter that fails": Example(
        "splits that fail",
        lambda: given(logistic(), cv=StratifiedKFold(901)),
        lambda: given(logistic(), cv=StratifiedKFold(10)),
        Finding(
            what="StratifiedKFold cannot split these rows: n_splits=901 cannot be "
            "greater than the number of members in each class.",
            where="cv",
            why="Cross-validation and searches raise the same error.",
            fix="Stratify, with no more folds than the rarest class has rows:\n"
            "    from sklearn.model_selection import StratifiedKFold\n"
            "    cv = StratifiedKFold(5, shuffle=True, random_state=0)",
            severity="error",
        ),
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
        Finding(
            what="200 of 1,200 rows of X repeat others. In 5 folds of "
            "StratifiedKFold, 296 of 1,200 test rows (24.7%) have an exact copy "
            "in the training rows, 8 of them only with another y.",
            where="cv",
            why="If copies are the same case recorded again, the answer to these "
            "rows was seen in training, and scores are too high. If they are "
            "different cases that happen to be equal, they are right as they "
            "are.",
            fix="Remove copies before the split, or keep them on one side of it:\n"
            "    from sklearn.model_selection import StratifiedGroupKFold\n"
            "    copies = pd.util.hash_pandas_object(pd.DataFrame(X), index=False)\n"
            "    cv = StratifiedGroupKFold(5)\n"
            "    cross_validate(estimator, X, y, cv=cv, groups=copies)",
            severity="warning",
        ),
    ),
    "groups across folds": Example(
        "groups across folds",
        lambda: given(logistic(), cv=5, groups=np.arange(1000) // 4),
        lambda: given(
            logistic(), cv=StratifiedGroupKFold(5), groups=np.arange(1000) // 4
        ),
        Finding(
            what="11 of 250 groups are in training and test rows of the same fold, "
            "in 5 folds of StratifiedKFold.",
            where="cv",
            why="What is told by the group (the patient, the customer) is learnt in "
            "training and helps in the test, as it will not for new groups.",
            fix="Keep each group on one side:\n"
            "    from sklearn.model_selection import StratifiedGroupKFold\n"
            "    cv = StratifiedGroupKFold(5)\n"
            "    cross_validate(estimator, X, y, cv=cv, groups=groups)",
            severity="warning",
        ),
    ),
    "class that folds do not train on": Example(
        "classes missing in folds",
        lambda: given(
            logistic(),
            data(n_rare=6),
            cv=[(np.flatnonzero(data(n_rare=6)[1] == "ok"), np.arange(0, 1000, 2))],
        ),
        lambda: given(logistic(), cv=[(np.arange(1, 1000, 2), np.arange(0, 1000, 2))]),
        Finding(
            what="Class 'fraud' has 6 rows, and 1 of 1 fold of the given splits has "
            "none of them to train on.",
            where="cv",
            why="A classifier cannot answer a class that it has not seen. Its "
            "probabilities have a column less, and some scores cannot be "
            "computed.",
            fix="Stratify, with no more folds than the rarest class has rows:\n"
            "    from sklearn.model_selection import StratifiedKFold\n"
            "    cv = StratifiedKFold(5, shuffle=True, random_state=0)",
            severity="error",
        ),
    ),
    "class that folds do not test": Example(
        "classes missing in folds",
        lambda: given(
            logistic(), data(n_rare=6), cv=KFold(10, shuffle=True, random_state=0)
        ),
        lambda: given(
            logistic(), data(n_rare=100), cv=KFold(10, shuffle=True, random_state=0)
        ),
        Finding(
            what="Class 'fraud' has 6 rows, and 5 of 10 folds of KFold have none of "
            "them to test on.",
            where="cv",
            why="Recall of a class without rows counts as 0 in the mean of the "
            "folds, and ROC AUC cannot be computed.",
            fix="Stratify, with no more folds than the rarest class has rows:\n"
            "    from sklearn.model_selection import StratifiedKFold\n"
            "    cv = StratifiedKFold(5, shuffle=True, random_state=0)",
            severity="warning",
        ),
    ),
    "class of few test rows": Example(
        "classes missing in folds",
        lambda: given(logistic(), data(n_rare=17), cv=5),
        lambda: given(logistic(), data(n_rare=25), cv=5),
        Finding(
            what="Class 'fraud' has 17 rows, and each of 5 folds of StratifiedKFold "
            "has 3 to 4 of them to test on.",
            where="cv",
            why="One row more or less changes the recall of the class by 0.25 or "
            "more, so folds differ by chance and so do settings that a search "
            "compares.",
            fix="Repeat the folds and look at their mean, or take fewer of them:\n"
            "    from sklearn.model_selection import RepeatedStratifiedKFold\n"
            "    cv = RepeatedStratifiedKFold(n_splits=3, n_repeats=10)",
            severity="warning",
        ),
    ),
    "folds of rows in class order": Example(
        "folds in the order of classes",
        lambda: given(logistic(), in_class_order(), cv=KFold(5)),
        lambda: given(logistic(), in_class_order(), cv=StratifiedKFold(5)),
        Finding(
            what="The order of the rows tells their classes, and KFold cuts them "
            "into blocks: class 'fraud' has 100 rows, and 5 of 5 folds have "
            "none of them to train on or to test on.",
            where="cv",
            why="A classifier is tested on classes that it has not seen, or not on "
            "those that it has.",
            fix="Shuffle and stratify. If the order is that of time, make folds "
            "that all have each class.\n"
            "    from sklearn.model_selection import StratifiedKFold\n"
            "    cv = StratifiedKFold(5, shuffle=True, random_state=0)",
            severity="error",
        ),
    ),
    "time series of rows in class order": Example(
        "folds in the order of classes",
        lambda: given(logistic(), in_class_order(), cv=TimeSeriesSplit(4)),
        lambda: given(logistic(), data(), cv=TimeSeriesSplit(4)),
        Finding(
            what="The order of the rows tells their classes, and TimeSeriesSplit "
            "cuts them into blocks: class 'fraud' has 100 rows, and 4 of 4 "
            "folds have none of them to train on or to test on.",
            where="cv",
            why="A classifier is tested on classes that it has not seen, or not on "
            "those that it has.",
            fix="Shuffle and stratify. If the order is that of time, make folds "
            "that all have each class.\n"
            "    from sklearn.model_selection import StratifiedKFold\n"
            "    cv = StratifiedKFold(5, shuffle=True, random_state=0)",
            severity="error",
        ),
    ),
    "last rows to validate on": Example(
        "validation rows in the order of classes",
        lambda: given(KerasLike(validation_split=0.2), in_class_order()),
        lambda: given(
            KerasLike(validation_split=0.2), shuffle(*in_class_order(), random_state=0)
        ),
        Finding(
            what="The order of the rows tells their classes, and "
            "validation_split=0.2 validates on the last 200: 0 of the 100 rows "
            "of class 'fraud' are there.",
            where="KerasLike",
            why="Keras takes the last rows before it shuffles. Where training or "
            "validation misses a class, early stopping watches the wrong thing.",
            fix="Shuffle the rows once, before anything else:\n"
            "    X, y = sklearn.utils.shuffle(X, y, random_state=0)",
            severity="error",
        ),
    ),
    "last rows of a sampler to validate on": Example(
        "validation rows behind a sampler",
        lambda: {"estimator": make_resampling_pipeline(SMOTE(), KerasLike(0.2))},
        lambda: {"estimator": make_resampling_pipeline(SMOTE(), KerasLike())},
        Finding(
            what="validation_split=0.2 validates on the last rows that SMOTE returns.",
            where="KerasLike at keraslike",
            why="Samplers append the rows that they make, or return one class after "
            "the other. So the last rows are mostly of one class, and many are "
            "made up or copies of training rows.",
            fix="Weigh the classes in place of the sampler, and shuffle before:\n"
            "    class_weight='balanced'",
            severity="error",
        ),
    ),
    "accuracy in a search": Example(
        "accuracy as the score",
        lambda: given(search(logistic(), scoring=None)),
        lambda: given(search(logistic())),
        Finding(
            what="GridSearchCV chooses by accuracy, the score of scoring=None: "
            "answering 'ok' always scores 0.900.",
            where="GridSearchCV",
            why="Where one class is most of the rows, accuracy hardly sees the "
            "others. The best of a search may be one that never answers them.",
            fix="Take a score that counts every class, or what mistakes cost:\n"
            "    scoring='balanced_accuracy'\n"
            "    scoring=skweighted.metrics.make_cost_scorer(costs)",
            severity="warning",
        ),
    ),
    "accuracy as scoring": Example(
        "accuracy as the score",
        lambda: given(logistic(), scoring="accuracy"),
        lambda: given(logistic(), scoring="balanced_accuracy"),
        Finding(
            what="The score is accuracy: answering 'ok' always scores 0.900.",
            where="scoring",
            why="Where one class is most of the rows, accuracy hardly sees the "
            "others. The best of a search may be one that never answers them.",
            fix="Take a score that counts every class, or what mistakes cost:\n"
            "    scoring='balanced_accuracy'\n"
            "    scoring=skweighted.metrics.make_cost_scorer(costs)",
            severity="warning",
        ),
    ),
    "accuracy in early stopping": Example(
        "accuracy as the score",
        lambda: given(MLPClassifier(early_stopping=True)),
        lambda: given(MLPClassifier()),
        Finding(
            what="MLPClassifier stops early by accuracy: answering 'ok' always scores "
            "0.900.",
            where="MLPClassifier",
            why="Where one class is most of the rows, accuracy hardly sees the "
            "others. Training may end before they are learnt.",
            fix="MLPClassifier stops by no other score. Train a set number of epochs, "
            "or a network that stops by the log loss:\n"
            "    early_stopping=False\n"
            "    skweighted.CostSensitiveMLPClassifier(early_stopping=True)",
            severity="warning",
        ),
    ),
    "accuracy in early stopping of a network": Example(
        "accuracy as the score",
        lambda: given(network(early_stopping=True, monitor="accuracy")),
        lambda: given(network(early_stopping=True)),
        Finding(
            what="CostSensitiveMLPClassifier stops early by accuracy: answering 'ok' "
            "always scores 0.900.",
            where="CostSensitiveMLPClassifier",
            why="Where one class is most of the rows, accuracy hardly sees the "
            "others. Training may end before they are learnt.",
            fix="Stop by the loss:\n    monitor='log_loss'",
            severity="warning",
        ),
    ),
    "accuracy in early stopping of boosted trees": Example(
        "accuracy as the score",
        lambda: given(
            HistGradientBoostingClassifier(early_stopping=True, scoring="accuracy")
        ),
        lambda: given(HistGradientBoostingClassifier(early_stopping=True)),
        Finding(
            what="HistGradientBoostingClassifier stops early by accuracy: answering "
            "'ok' always scores 0.900.",
            where="HistGradientBoostingClassifier",
            why="Where one class is most of the rows, accuracy hardly sees the "
            "others. Training may end before they are learnt.",
            fix="Stop by the loss:\n    scoring='loss'",
            severity="warning",
        ),
    ),
    "accuracy with a rare class of several": Example(
        "accuracy as the score",
        lambda: given(search(logistic(), scoring=None), of_six(40, 160)),
        lambda: given(search(logistic(), scoring=None), of_six(110, 150)),
        Finding(
            what="GridSearchCV chooses by accuracy, the score of scoring=None: never "
            "answering 'f' loses 0.048.",
            where="GridSearchCV",
            why="Accuracy counts rows, so it hardly sees classes of few. The best of a "
            "search may be one that never answers them.",
            fix="Take a score that counts every class, or what mistakes cost:\n"
            "    scoring='balanced_accuracy'\n"
            "    scoring=skweighted.metrics.make_cost_scorer(costs)",
            severity="note",
        ),
    ),
    "accuracy, without data": Example(
        "accuracy as the score",
        lambda: {
            "estimator": TunedThresholdClassifierCV(logistic(), scoring="accuracy")
        },
        lambda: {"estimator": TunedThresholdClassifierCV(logistic())},
        Finding(
            what="TunedThresholdClassifierCV chooses by accuracy, which says little "
            "if most rows are of one class.",
            where="TunedThresholdClassifierCV",
            why="Where one class is most of the rows, accuracy hardly sees the "
            "others. The best of a search may be one that never answers them.",
            fix="Take a score that counts every class, or what mistakes cost:\n"
            "    scoring='balanced_accuracy'\n"
            "    scoring=skweighted.metrics.make_cost_scorer(costs)",
            severity="note",
        ),
    ),
    "weights beside a sampler": Example(
        "class weights beside resampling",
        lambda: given(make_resampling_pipeline(SMOTE(), weighted())),
        lambda: given(make_resampling_pipeline(TomekLinks(), weighted())),
        Finding(
            what="LogisticRegression has class_weight={'fraud': 9, 'ok': 1}, and "
            "SMOTE resamples before it.",
            where="LogisticRegression at logisticregression",
            why="Both make a rare class count more, and together they multiply: the "
            "imbalance counts twice, and false alarms are many.",
            fix="Leave out one of them: the sampler, since weights keep all rows as "
            "they are, or\n"
            "    class_weight=None",
            severity="warning",
        ),
    ),
    "balanced weights behind a sampler": Example(
        "class weights beside resampling",
        lambda: given(
            make_resampling_pipeline(SMOTE(), logistic(class_weight="balanced"))
        ),
        lambda: given(
            make_resampling_pipeline(
                SMOTE(sampling_strategy=0.5), logistic(class_weight="balanced")
            )
        ),
        Finding(
            what="LogisticRegression has class_weight='balanced', which is computed "
            "from the rows that SMOTE returns.",
            where="LogisticRegression at logisticregression",
            why="After SMOTE the classes are equally frequent, so all weights are "
            "the same and change nothing. Without it they would do its work.",
            fix="Leave out one of them: SMOTE, or\n    class_weight=None",
            severity="note",
        ),
    ),
    "weights inside balanced bagging": Example(
        "class weights beside resampling",
        lambda: {
            "estimator": BalancedBaggingClassifier(
                make_pipeline(StandardScaler(), weighted())
            )
        },
        lambda: {"estimator": BaggingClassifier(weighted())},
        Finding(
            what="LogisticRegression has class_weight={'fraud': 9, 'ok': 1}, and "
            "BalancedBaggingClassifier resamples before it.",
            where="LogisticRegression at estimator__logisticregression",
            why="Both make a rare class count more, and together they multiply: the "
            "imbalance counts twice, and false alarms are many.",
            fix="Leave out one of them: the sampler, since weights keep all rows as "
            "they are, or\n"
            "    class_weight=None",
            severity="warning",
        ),
    ),
    "balanced weights inside balanced bagging": Example(
        "class weights beside resampling",
        lambda: {
            "estimator": BalancedBaggingClassifier(logistic(class_weight="balanced"))
        },
        lambda: {"estimator": BalancedBaggingClassifier(logistic())},
        Finding(
            what="LogisticRegression has class_weight='balanced', which is computed "
            "from the rows that BalancedBaggingClassifier draws.",
            where="LogisticRegression at estimator",
            why="After BalancedBaggingClassifier the classes are equally frequent, so "
            "all weights are the same and change nothing. Without it they would do "
            "its work.",
            fix="Leave out one of them: BalancedBaggingClassifier, or\n"
            "    class_weight=None",
            severity="note",
        ),
    ),
    "weights of a balanced forest": Example(
        "class weights beside resampling",
        lambda: {"estimator": BalancedRandomForestClassifier(class_weight="balanced")},
        lambda: {"estimator": BalancedRandomForestClassifier()},
        Finding(
            what="BalancedRandomForestClassifier has class_weight='balanced', and it "
            "resamples inside itself.",
            where="BalancedRandomForestClassifier",
            why="Both make a rare class count more, and together they multiply: the "
            "imbalance counts twice, and false alarms are many.",
            fix="Leave out one of them: the sampler, since weights keep all rows as "
            "they are, or\n"
            "    class_weight=None",
            severity="warning",
        ),
    ),
    "weights beside expected cost": Example(
        "class weights beside losses",
        lambda: {
            "estimator": network(
                loss="expected_cost", class_weight="balanced", cost_matrix=COSTS
            )
        },
        lambda: {"estimator": network(loss="expected_cost", cost_matrix=COSTS)},
        Finding(
            what="CostSensitiveMLPClassifier has class_weight='balanced' beside "
            "loss='expected_cost'.",
            where="CostSensitiveMLPClassifier",
            why="It minimises the costs themselves, and weights count them again.",
            fix="Choose one of them:\n    class_weight=None",
            severity="warning",
        ),
    ),
    "weights beside logit adjustment": Example(
        "class weights beside losses",
        lambda: {"estimator": network(loss="logit_adjusted", class_weight="balanced")},
        lambda: {"estimator": network(loss="logit_adjusted")},
        Finding(
            what="CostSensitiveMLPClassifier has class_weight='balanced' beside "
            "loss='logit_adjusted'.",
            where="CostSensitiveMLPClassifier",
            why="It makes every class count as much as the others, and weights make "
            "rare ones count more again.",
            fix="Choose one of them:\n    class_weight=None",
            severity="warning",
        ),
    ),
    "weights beside means of classes": Example(
        "class weights beside losses",
        lambda: {
            "estimator": network(loss="mean_false_error", class_weight="balanced")
        },
        lambda: {"estimator": network(class_weight="balanced")},
        Finding(
            what="CostSensitiveMLPClassifier has class_weight='balanced' beside "
            "loss='mean_false_error'.",
            where="CostSensitiveMLPClassifier",
            why="It is made of one mean for each class, so a weight that all rows "
            "of a class share changes nothing.",
            fix="Choose one of them:\n    class_weight=None",
            severity="warning",
        ),
    ),
    "weights beside a threshold": Example(
        "class weights beside thresholds",
        lambda: {"estimator": fixed(make_pipeline(StandardScaler(), weighted()))},
        lambda: {"estimator": fixed(CalibratedClassifierCV(weighted()))},
        Finding(
            what="LogisticRegression has class_weight={'fraud': 9, 'ok': 1} inside "
            "FixedThresholdClassifier, which answers at a threshold of 0.05.",
            where="LogisticRegression at estimator__logisticregression",
            why="Weights raise the probabilities of a rare class, and a threshold "
            "other than 0.5 moves the decision again: a cost that both stand "
            "for counts twice.",
            fix="Say the cost once, by the threshold:\n    class_weight=None",
            severity="warning",
        ),
    ),
    "weights beside a threshold of a network": Example(
        "class weights beside thresholds",
        lambda: {"estimator": fixed(network(class_weight="balanced"))},
        lambda: {
            "estimator": fixed(
                network(class_weight="balanced", correct_probabilities=True)
            )
        },
        Finding(
            what="CostSensitiveMLPClassifier has class_weight='balanced' inside "
            "FixedThresholdClassifier, which answers at a threshold of 0.05.",
            where="CostSensitiveMLPClassifier at estimator",
            why="Weights raise the probabilities of a rare class, and a threshold "
            "other than 0.5 moves the decision again: a cost that both stand "
            "for counts twice.",
            fix="Say the cost once, by the threshold:\n"
            "    class_weight=None\n"
            "or undo the weights in the probabilities:\n"
            "    correct_probabilities=True",
            severity="warning",
        ),
    ),
    "weights beside a threshold for costs": Example(
        "class weights beside thresholds",
        lambda: {
            "estimator": TunedThresholdClassifierCV(
                weighted(), scoring=make_cost_scorer(COSTS)
            )
        },
        lambda: {
            "estimator": TunedThresholdClassifierCV(
                logistic(), scoring=make_cost_scorer(COSTS)
            )
        },
        Finding(
            what="LogisticRegression has class_weight={'fraud': 9, 'ok': 1} inside "
            "TunedThresholdClassifierCV, whose threshold is tuned for costs.",
            where="LogisticRegression at estimator",
            why="The threshold makes up for the weights, so no cost counts twice. "
            "But it is one for weighted probabilities: it is not the one that "
            "the costs alone give, and cannot be kept when the weights change.",
            fix="Say the cost once, by the threshold:\n    class_weight=None",
            severity="note",
        ),
    ),
    "resampling beside a threshold": Example(
        "resampling beside thresholds",
        lambda: {"estimator": fixed(make_resampling_pipeline(SMOTE(), logistic()))},
        lambda: {
            "estimator": fixed(
                PriorCorrectedClassifier(make_resampling_pipeline(SMOTE(), logistic()))
            )
        },
        Finding(
            what="SMOTE resamples before LogisticRegression inside "
            "FixedThresholdClassifier, which answers at a threshold of 0.05.",
            where="LogisticRegression at estimator__logisticregression",
            why="Resampling raises the probabilities of a rare class, and a threshold "
            "other than 0.5 moves the decision again: a cost that both stand for "
            "counts twice.",
            fix="Say the cost once, by the threshold, on rows that are not resampled; "
            "or undo the resampling in the probabilities:\n"
            "    PriorCorrectedClassifier(pipeline)",
            severity="warning",
        ),
    ),
    "balanced forest beside a threshold": Example(
        "resampling beside thresholds",
        lambda: {"estimator": fixed(search(BalancedRandomForestClassifier()))},
        lambda: {
            "estimator": fixed(
                PriorCorrectedClassifier(
                    BalancedRandomForestClassifier(), resampled_prior="balanced"
                )
            )
        },
        Finding(
            what="BalancedRandomForestClassifier resamples inside itself and is inside "
            "FixedThresholdClassifier, which answers at a threshold of 0.05.",
            where="BalancedRandomForestClassifier at estimator__estimator",
            why="Resampling raises the probabilities of a rare class, and a threshold "
            "other than 0.5 moves the decision again: a cost that both stand for "
            "counts twice.",
            fix="Say the cost once, by the threshold, on rows that are not resampled; "
            "or undo the resampling in the probabilities:\n"
            "    PriorCorrectedClassifier(ensemble, resampled_prior='balanced')",
            severity="warning",
        ),
    ),
    "loss beside a threshold": Example(
        "losses beside thresholds",
        lambda: {"estimator": fixed(network(loss="balanced_softmax"))},
        lambda: {
            "estimator": fixed(
                network(loss="balanced_softmax", correct_probabilities=True)
            )
        },
        Finding(
            what="CostSensitiveMLPClassifier has loss='balanced_softmax' inside "
            "FixedThresholdClassifier, which answers at a threshold of 0.05.",
            where="CostSensitiveMLPClassifier at estimator",
            why="This loss raises the probabilities of a rare class, and a threshold "
            "other than 0.5 moves the decision again: a cost that both stand for "
            "counts twice.",
            fix="Say the cost once, by the threshold:\n"
            "    loss='cross_entropy'\n"
            "or undo the loss in the probabilities:\n"
            "    correct_probabilities=True",
            severity="warning",
        ),
    ),
    "weights beside costs": Example(
        "class weights beside costs",
        lambda: {
            "estimator": PriorCorrectedClassifier(
                make_pipeline(StandardScaler(), network(class_weight={0: 1, 1: 20})),
                cost_matrix=COSTS,
            )
        },
        lambda: {
            "estimator": PriorCorrectedClassifier(
                make_pipeline(
                    StandardScaler(),
                    network(class_weight={0: 1, 1: 20}, correct_probabilities=True),
                ),
                cost_matrix=COSTS,
            )
        },
        Finding(
            what="CostSensitiveMLPClassifier has class_weight={0: 1, 1: 20} inside "
            "PriorCorrectedClassifier, which has a cost_matrix.",
            where="CostSensitiveMLPClassifier at estimator__costsensitivemlpclassifier",
            why="Decisions of least cost need true probabilities. "
            "PriorCorrectedClassifier undoes resampling and no class weights, so a "
            "cost that both stand for counts twice.",
            fix="Say the cost once, by the cost_matrix:\n"
            "    class_weight=None\n"
            "or undo the weights in the probabilities:\n"
            "    correct_probabilities=True",
            severity="warning",
        ),
    ),
    "loss beside costs": Example(
        "losses beside costs",
        lambda: {
            "estimator": PriorCorrectedClassifier(
                BaggingClassifier(network(loss="logit_adjusted")), cost_matrix=COSTS
            )
        },
        lambda: {"estimator": PriorCorrectedClassifier(network(loss="logit_adjusted"))},
        Finding(
            what="CostSensitiveMLPClassifier has loss='logit_adjusted' inside "
            "PriorCorrectedClassifier, which has a cost_matrix.",
            where="CostSensitiveMLPClassifier at estimator__estimator",
            why="Decisions of least cost need true probabilities. "
            "PriorCorrectedClassifier undoes resampling and no losses, so a cost that "
            "both stand for counts twice.",
            fix="Say the cost once, by the cost_matrix:\n"
            "    loss='cross_entropy'\n"
            "or undo the loss in the probabilities:\n"
            "    correct_probabilities=True",
            severity="warning",
        ),
    ),
    "loss behind a sampler": Example(
        "losses beside resampling",
        lambda: {
            "estimator": make_resampling_pipeline(
                SMOTE(), network(loss="logit_adjusted")
            )
        },
        lambda: {
            "estimator": make_resampling_pipeline(
                SMOTE(sampling_strategy=0.5), network(loss="logit_adjusted")
            )
        },
        Finding(
            what="CostSensitiveMLPClassifier has loss='logit_adjusted', and SMOTE "
            "resamples before it.",
            where="CostSensitiveMLPClassifier at costsensitivemlpclassifier",
            why="The loss lifts classes by how rare they are. After SMOTE they are "
            "equally frequent, so it changes nothing. Without it, the loss would do "
            "its work.",
            fix="Leave out one of them: SMOTE, or\n    loss='cross_entropy'",
            severity="note",
        ),
    ),
    "costs beside a sampler": Example(
        "costs beside resampling",
        lambda: {
            "estimator": make_resampling_pipeline(SMOTE(), network(cost_matrix=COSTS))
        },
        lambda: {
            "estimator": PriorCorrectedClassifier(
                make_resampling_pipeline(SMOTE(), network()), cost_matrix=COSTS
            )
        },
        Finding(
            what="CostSensitiveMLPClassifier has a cost_matrix, and SMOTE resamples "
            "before it.",
            where="CostSensitiveMLPClassifier at costsensitivemlpclassifier",
            why="Decisions of least cost need true probabilities. Those learnt from "
            "resampled rows overstate the rare class, and its cost counts "
            "twice.",
            fix="Give the costs to PriorCorrectedClassifier, with the sampler "
            "inside:\n"
            "    PriorCorrectedClassifier(pipeline, cost_matrix=costs)",
            severity="warning",
        ),
    ),
    "costs inside a correction": Example(
        "costs beside resampling",
        lambda: {"estimator": PriorCorrectedClassifier(network(cost_matrix=COSTS))},
        lambda: {"estimator": PriorCorrectedClassifier(network(), cost_matrix=COSTS)},
        Finding(
            what="CostSensitiveMLPClassifier has a cost_matrix inside "
            "PriorCorrectedClassifier, which corrects probabilities after it.",
            where="CostSensitiveMLPClassifier at estimator",
            why="Costs must be weighed on corrected probabilities, so fit raises "
            "ValueError.",
            fix="Give the costs to PriorCorrectedClassifier, with the sampler "
            "inside:\n"
            "    PriorCorrectedClassifier(pipeline, cost_matrix=costs)",
            severity="error",
        ),
    ),
    "costs beside a threshold": Example(
        "costs beside thresholds",
        lambda: {"estimator": TunedThresholdClassifierCV(network(cost_matrix=COSTS))},
        lambda: {"estimator": TunedThresholdClassifierCV(network())},
        Finding(
            what="CostSensitiveMLPClassifier has a cost_matrix inside "
            "TunedThresholdClassifierCV, which does not ask for its decisions.",
            where="CostSensitiveMLPClassifier at estimator",
            why="TunedThresholdClassifierCV compares predict_proba with a "
            "threshold. The costs are weighed in predict of "
            "CostSensitiveMLPClassifier only, so they change nothing.",
            fix="Leave out one of them: TunedThresholdClassifierCV, since "
            "cost_matrix decides at the least cost, or\n"
            "    cost_matrix=None",
            severity="warning",
        ),
    ),
    "costs inside an ensemble": Example(
        "costs inside ensembles",
        lambda: {
            "estimator": BalancedBaggingClassifier(
                make_pipeline(StandardScaler(), network(cost_matrix=COSTS))
            )
        },
        lambda: {
            "estimator": PriorCorrectedClassifier(
                BalancedBaggingClassifier(network()), cost_matrix=COSTS
            )
        },
        Finding(
            what="CostSensitiveMLPClassifier has a cost_matrix inside "
            "BalancedBaggingClassifier, which does not ask for its decisions.",
            where="CostSensitiveMLPClassifier at estimator__costsensitivemlpclassifier",
            why="BalancedBaggingClassifier asks for predict_proba. The costs are "
            "weighed in predict of CostSensitiveMLPClassifier only, so they change "
            "nothing.",
            fix="Weigh the costs on the probabilities of BalancedBaggingClassifier:\n"
            "    PriorCorrectedClassifier(ensemble, cost_matrix=costs)",
            severity="warning",
        ),
    ),
    "weights of another type": Example(
        "labels of class weights",
        lambda: given(
            logistic(class_weight={"0": 1, "1": 9}),
            (data()[0], (data()[1] == "fraud").astype(int)),
        ),
        lambda: given(
            logistic(class_weight={0: 1, 1: 9}),
            (data()[0], (data()[1] == "fraud").astype(int)),
        ),
        Finding(
            what="class_weight has weights for '0', '1', and y has no such label. "
            "Labels of y: 0, 1. '0' is text, 0 is a number.",
            where="LogisticRegression",
            why="fit raises ValueError.",
            fix="Write the labels as they are in y:\n    class_weight={0: 1, 1: 9}",
            severity="error",
        ),
    ),
    "weights of a misspelt label": Example(
        "labels of class weights",
        lambda: given(logistic(class_weight={"ok": 1, "fruad": 9, "fraud": 3})),
        lambda: given(weighted()),
        Finding(
            what="class_weight has a weight for 'fruad', and y has no such label. "
            "Labels of y: 'fraud', 'ok'. Did you mean 'fraud'?",
            where="LogisticRegression",
            why="Most classifiers do not use the weight; some raise ValueError.",
            fix="Write the labels as they are in y.",
            severity="warning",
        ),
    ),
    "weights with a label forgotten": Example(
        "labels of class weights",
        lambda: given(network(class_weight={"fraud": 5})),
        lambda: given(logistic(class_weight={"fraud": 5})),
        Finding(
            what="class_weight has no weight for 'ok'.",
            where="CostSensitiveMLPClassifier",
            why="CostSensitiveMLPClassifier takes no weight for granted: fit raises "
            "ValueError.",
            fix="Give each label a weight:\n    class_weight={'ok': 1, 'fraud': 5}",
            severity="error",
        ),
    ),
    "weights of labels that an ensemble encodes": Example(
        "labels of class weights",
        lambda: given(BaggingClassifier(make_pipeline(weighted()))),
        lambda: given(AdaBoostClassifier(weighted())),
        Finding(
            what="class_weight has weights for 'ok', 'fraud', and BaggingClassifier "
            "gives LogisticRegression the labels 0 to 1 in place of those of y.",
            where="LogisticRegression at estimator__logisticregression",
            why="fit raises ValueError.",
            fix="Write the labels as numbers from 0 on, in their sorted order:\n"
            "    class_weight={1: 1, 0: 9}",
            severity="error",
        ),
    ),
    "costs of another type": Example(
        "labels of costs",
        lambda: given(
            PriorCorrectedClassifier(
                logistic(), cost_matrix={("Ok", "Fraud"): 1, ("Fraud", "Ok"): 20}
            )
        ),
        lambda: given(PriorCorrectedClassifier(logistic(), cost_matrix=COSTS)),
        Finding(
            what="cost_matrix has costs for 'Ok', 'Fraud', and y has no such label. "
            "Labels of y: 'fraud', 'ok'. Did you mean 'ok'?",
            where="PriorCorrectedClassifier",
            why="fit raises ValueError, or does not use these costs.",
            fix="Write the labels as they are in y.",
            severity="error",
        ),
    ),
    "costs of three classes": Example(
        "labels of costs",
        lambda: given(PriorCorrectedClassifier(logistic(), cost_matrix=1 - np.eye(3))),
        lambda: given(PriorCorrectedClassifier(logistic(), cost_matrix=1 - np.eye(2))),
        Finding(
            what="cost_matrix has shape (3, 3), and y has 2 labels: 'fraud', 'ok'.",
            where="PriorCorrectedClassifier",
            why="fit raises ValueError, or does not use these costs.",
            fix="Give a row for each truth and a column for each answer, in this "
            "order.",
            severity="error",
        ),
    ),
    "batches without a class": Example(
        "batches without a class",
        lambda: given(MLPClassifier(batch_size=8)),
        lambda: given(MLPClassifier(batch_size=32)),
        Finding(
            what="43% of the batches of 8 rows have none of class 'fraud', which is "
            "100 of 1,000 rows.",
            where="MLPClassifier",
            why="These steps learn from the other classes only. That evens out over "
            "an epoch, in steps that vary more.",
            fix="Take batches that have some:\n    batch_size=32",
            severity="note",
        ),
    ),
    "batches without a class, for means of classes": Example(
        "batches without a class",
        lambda: given(network(batch_size=8, loss="mean_false_error")),
        lambda: given(network(batch_size=32, loss="mean_false_error")),
        Finding(
            what="43% of the batches of 8 rows have none of class 'fraud', which is "
            "100 of 1,000 rows.",
            where="CostSensitiveMLPClassifier",
            why="The loss is a sum over classes, and a batch without one leaves it "
            "out: steps go another way than the loss of all rows.",
            fix="Take batches that have some:\n    batch_size=32",
            severity="warning",
        ),
    ),
    "columns of two scales": Example(
        "inputs that are not scaled",
        lambda: wide(logistic()),
        lambda: wide(make_pipeline(StandardScaler(), logistic())),
        Finding(
            what="No scaler is before LogisticRegression: column 1 has a standard "
            "deviation of 965, and column 0 one of 0.991.",
            where="LogisticRegression",
            why="LogisticRegression learns in steps of one size for all columns, "
            "and with a penalty alike for all: columns of large numbers make it "
            "slow or unstable, those of small ones are hardly learnt.",
            fix="Scale inside the pipeline, so that test rows are not looked at:\n"
            "    make_pipeline(StandardScaler(), classifier)",
            severity="warning",
        ),
    ),
    "distances in columns of two scales": Example(
        "inputs that are not scaled",
        lambda: wide(make_pipeline(SimpleImputer(), KNeighborsClassifier())),
        lambda: wide(
            make_pipeline(SimpleImputer(), RobustScaler(), KNeighborsClassifier())
        ),
        Finding(
            what="No scaler is before KNeighborsClassifier: column 1 has a standard "
            "deviation of 965, and column 0 one of 0.991.",
            where="KNeighborsClassifier at kneighborsclassifier",
            why="KNeighborsClassifier measures distances between rows, and column 1 "
            "decides them nearly alone.",
            fix="Scale inside the pipeline, so that test rows are not looked at:\n"
            "    make_pipeline(StandardScaler(), classifier)",
            severity="warning",
        ),
    ),
    "one wide column": Example(
        "inputs that are not scaled",
        lambda: given(logistic(), (data()[0][:, :1] * 300, data()[1])),
        lambda: given(KNeighborsClassifier(), (data()[0][:, :1] * 300, data()[1])),
        Finding(
            what="No scaler is before LogisticRegression: column 0 has a standard "
            "deviation of 297.",
            where="LogisticRegression",
            why="LogisticRegression learns in steps of one size for all columns, "
            "and with a penalty alike for all: columns of large numbers make it "
            "slow or unstable, those of small ones are hardly learnt.",
            fix="Scale inside the pipeline, so that test rows are not looked at:\n"
            "    make_pipeline(StandardScaler(), classifier)",
            severity="warning",
        ),
    ),
    "column far from zero": Example(
        "inputs that are not scaled",
        lambda: given(logistic(), frame(year=YEARS)),
        lambda: given(KNeighborsClassifier(), frame(year=YEARS)),
        Finding(
            what="No scaler is before LogisticRegression: column 'year' has a mean of "
            "2015 and a standard deviation of 5.92.",
            where="LogisticRegression",
            why="LogisticRegression learns in steps of one size for all columns, "
            "and with a penalty alike for all: columns of large numbers make it "
            "slow or unstable, those of small ones are hardly learnt.",
            fix="Scale inside the pipeline, so that test rows are not looked at:\n"
            "    make_pipeline(StandardScaler(), classifier)",
            severity="warning",
        ),
    ),
    "columns of tiny numbers": Example(
        "inputs that are not scaled",
        lambda: given(MLPClassifier(), (data()[0] * 1e-5, data()[1])),
        lambda: given(MLPClassifier(), (data()[0] * 0.05, data()[1])),
        Finding(
            what="No scaler is before MLPClassifier: column 2 has the largest standard "
            "deviation of all columns, 1.02e-05.",
            where="MLPClassifier",
            why="MLPClassifier learns in steps of one size for all columns, "
            "and with a penalty alike for all: columns of large numbers make it "
            "slow or unstable, those of small ones are hardly learnt.",
            fix="Scale inside the pipeline, so that test rows are not looked at:\n"
            "    make_pipeline(StandardScaler(), classifier)",
            severity="warning",
        ),
    ),
    "missing values": Example(
        "missing values",
        lambda: missing_in(make_pipeline(StandardScaler(), logistic())),
        lambda: missing_in(
            make_pipeline(StandardScaler(), SimpleImputer(), logistic())
        ),
        Finding(
            what="LogisticRegression gets missing values from 1 column; column 1 has "
            "most, 7 in 1,000 rows.",
            where="LogisticRegression at logisticregression",
            why="LogisticRegression takes no missing values: fit raises ValueError.",
            fix="Fill them inside the pipeline; an indicator keeps what missing "
            "says:\n"
            "    SimpleImputer(strategy='median', add_indicator=True)",
            severity="error",
        ),
    ),
    "constant columns": Example(
        "constant columns",
        lambda: given(None, frame(source="web", empty=np.nan)),
        lambda: given(
            make_pipeline(
                ColumnTransformer([("numbers", "passthrough", ["age", "amount"])]),
                logistic(),
            ),
            frame(source="web", empty=np.nan),
        ),
        Finding(
            what="2 columns have one value, or none, in all 1,000 rows: 'source', "
            "'empty'.",
            where="X",
            why="Nothing can be learnt from them. Perhaps the rows were chosen by "
            "them, or reading the file went wrong.",
            fix="Leave them out; for those that become constant in a training part:\n"
            "    VarianceThreshold()",
            severity="note",
        ),
    ),
    "row numbers": Example(
        "identifiers",
        lambda: given(None, frame(**{"Unnamed: 0": np.arange(1000)})),
        lambda: given(None, frame(year=2000 + np.arange(1000) % 25)),
        Finding(
            what="Column 'Unnamed: 0' numbers the rows: each whole number from 0 to "
            "999 is there once.",
            where="X",
            why="It tells rows apart and says nothing of new ones. If rows came in "
            "an order of some meaning, a classifier learns that order.",
            fix="Leave it out of X. If several rows are of one case, it is what to "
            "group the folds by.",
            severity="warning",
        ),
    ),
    "names": Example(
        "identifiers",
        lambda: given(None, frame(Customer=[f"c{i}" for i in range(1000)])),
        lambda: given(None, frame(city=[f"c{i % 500}" for i in range(1000)])),
        Finding(
            what="Column 'Customer' is text with 1,000 different values in 1,000 rows.",
            where="X",
            why="It tells rows apart and says nothing of new ones. If rows came in "
            "an order of some meaning, a classifier learns that order.",
            fix="Leave it out of X. If several rows are of one case, it is what to "
            "group the folds by.",
            severity="warning",
        ),
    ),
    "column of the outcome": Example(
        "columns that tell the class",
        lambda: given(
            None,
            frame(
                refund=np.where(data()[1] == "fraud", 5.0, 0) + np.linspace(0, 1, 1000)
            ),
        ),
        lambda: given(
            None,
            frame(
                refund=np.where(data()[1] == "fraud", 0.9, 0) + np.linspace(0, 1, 1000)
            ),
        ),
        Finding(
            what="Column 'refund' tells the classes apart alone: ROC AUC 1.0000.",
            where="X and y",
            why="Measurements seldom do. A column written after the outcome, or "
            "made from it, will not be known when it is to be predicted.",
            fix="Find out when and from what the column is made. If it is not known "
            "beforehand, leave it out of X.",
            severity="warning",
        ),
    ),
    "text of the outcome": Example(
        "columns that tell the class",
        lambda: given(
            None, frame(status=np.where(data()[1] == "fraud", "blocked", "sent"))
        ),
        lambda: given(
            None, frame(status=np.where(data()[0][:, 0] > 1, "blocked", "sent"))
        ),
        Finding(
            what="Column 'status' tells the classes apart alone: balanced accuracy "
            "1.0000.",
            where="X and y",
            why="Measurements seldom do. A column written after the outcome, or "
            "made from it, will not be known when it is to be predicted.",
            fix="Find out when and from what the column is made. If it is not known "
            "beforehand, leave it out of X.",
            severity="warning",
        ),
    ),
}


SAMPLERS = [RandomOverSampler, SMOTE, ADASYN, BorderlineSMOTE, RandomUnderSampler]
INVENTORS = [SMOTE, ADASYN, BorderlineSMOTE]
WRAPPERS = [
    lambda clf: search(clf, {"clf__C": [1, 2]}),
    lambda clf: PriorCorrectedClassifier(clf),
    lambda clf: CalibratedClassifierCV(PriorCorrectedClassifier(clf)),
    lambda clf: VotingClassifier([("one", clf), ("two", logistic())]),
    lambda clf: make_pipeline(StandardScaler(), clf),
]


def whats(*args, **kwargs):
    return [finding.what for finding in doctor(*args, **kwargs)]


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_mistake_is_found_and_nothing_else(name):
    assert list(doctor(**EXAMPLES[name].ill())) == [EXAMPLES[name].finding]


@pytest.mark.parametrize("name", EXAMPLES)
def test_without_the_mistake_nothing_is_found(name):
    diagnosis = doctor(**EXAMPLES[name].well())
    assert list(diagnosis) == []
    assert EXAMPLES[name].check in diagnosis.checked


def test_every_check_has_an_example():
    assert {example.check for example in EXAMPLES.values()} == set(CHECKS)


@pytest.mark.parametrize(
    "name",
    [name for name, e in EXAMPLES.items() if "fit raises" in e.finding.why],
)
def test_where_it_says_that_fit_raises_it_does(name):
    arguments = EXAMPLES[name].ill()
    error = ValueError if "ValueError" in EXAMPLES[name].finding.why else TypeError
    X, y = arguments.get("X"), arguments.get("y")
    if X is None:
        X, y = data()
    with pytest.raises(error):
        arguments["estimator"].fit(X, y)


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_argument_is_modified(name):
    arguments = EXAMPLES[name].ill() | {"cv": StratifiedKFold(3, shuffle=True)}
    arguments["cv"].random_state = np.random.RandomState(0)
    before = joblib.hash(arguments)
    doctor(**arguments)
    assert joblib.hash(arguments) == before


def test_the_folds_of_an_unseeded_splitter_use_no_global_random_state():
    np.random.seed(0)
    doctor(**given(logistic(), cv=StratifiedKFold(5, shuffle=True)))
    assert np.random.randint(2**31) == np.random.RandomState(0).randint(2**31)


# Where parts are


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_parts_are_found_at_any_depth(wrapper):
    clf = ResamplingPipeline([("smote", SMOTE()), ("clf", weighted())])
    (finding,) = doctor(wrapper(clf))
    weights = "{'fraud': 9, 'ok': 1}"
    assert finding.what == (
        f"LogisticRegression has class_weight={weights}, and SMOTE resamples before it."
    )
    path = finding.where.removeprefix("LogisticRegression at ")
    assert wrapper(clf).get_params()[path].class_weight == {"ok": 1, "fraud": 9}


@pytest.mark.parametrize(
    ("grid", "n_findings"),
    [
        ({"clf__C": [1, 2]}, 1),
        ({"clf__class_weight": [None]}, 0),
        ({"clf__class_weight": [None, {"ok": 1, "fraud": 9}]}, 0),
        ({"clf__class_weight": [{"ok": 1, "fraud": 9}, {"ok": 1, "fraud": 5}]}, 1),
        ({"clf__class_weight": ["balanced", {"ok": 1, "fraud": 5}]}, 1),
        ({"smote": ["passthrough", SMOTE()]}, 0),
        ({"smote": ["passthrough"]}, 0),
        ({"smote": [RandomUnderSampler()]}, 1),
        ([{"smote": ["passthrough"]}, {"clf__C": [1]}], 0),
        ([{"clf": [logistic()], "smote": [SMOTE()]}, {"smote": ["passthrough"]}], 0),
    ],
)
def test_what_a_search_varies_is_not_taken_for_certain(grid, n_findings):
    clf = ResamplingPipeline([("smote", SMOTE()), ("clf", weighted())])
    assert len(doctor(search(clf, grid))) == n_findings


def test_what_is_wrong_with_all_values_of_a_search_is_found():
    weights = [{"ok": 1, "fraud": 5}, {"ok": 1, "fraud": 9}]
    told = "class_weight={'fraud': 5, 'ok': 1} or {'fraud': 9, 'ok': 1}"
    (what,) = whats(fixed(search(logistic(), {"class_weight": weights})))
    assert what == (
        f"LogisticRegression has {told} inside FixedThresholdClassifier, which answers "
        f"at a threshold of 0.05."
    )
    (what,) = whats(search(fixed(weighted()), {"threshold": [0.1, 0.2]}))
    assert what.endswith("which answers at a threshold of 0.1 or 0.2.")
    losses = {"loss": ["logit_adjusted", "balanced_softmax"]}
    (what,) = whats(search(network(class_weight="balanced"), losses))
    assert what.endswith("beside loss='logit_adjusted' or 'balanced_softmax'.")
    corrected = {"correct_probabilities": [False, True]}
    clf = search(network(class_weight="balanced"), corrected)
    assert not doctor(PriorCorrectedClassifier(clf, cost_matrix=COSTS))


def test_a_value_drawn_from_a_distribution_is_not_known():
    class Distribution:
        def rvs(self, random_state=None):
            return {"ok": 1, "fraud": 2}

    clf = make_resampling_pipeline(SMOTE(), weighted())
    drawn = {"logisticregression__class_weight": Distribution()}
    assert not doctor(RandomizedSearchCV(clf, drawn, scoring="roc_auc"))


def test_every_label_of_a_searched_class_weight_is_looked_at():
    grid = {"class_weight": [None, {"ok": 1, "fruad": 9}]}
    (finding,) = doctor(**given(search(logistic(), grid)))
    assert finding.where == "LogisticRegression at estimator"
    assert finding.fix == "Write the labels as they are in y."


IN_ENSEMBLES = [
    BaggingClassifier,
    lambda clf: VotingClassifier([("one", logistic()), ("two", clf)]),
    lambda clf: StackingClassifier([("one", clf)], final_estimator=logistic()),
    lambda clf: StackingClassifier([("one", logistic())], final_estimator=clf),
    lambda clf: make_pipeline(CalibratedClassifierCV(BaggingClassifier(clf))),
]


@pytest.mark.parametrize("ensemble", IN_ENSEMBLES)
def test_ensembles_give_labels_as_numbers(ensemble):
    encoded = ensemble(logistic(class_weight={0: 9, 1: 1})).fit(*data())
    assert not doctor(**given(encoded))
    clf = ensemble(weighted())
    (finding,) = doctor(**given(clf))
    assert "in place of those of y" in finding.what
    with pytest.raises(ValueError, match="are not in class_weight"):
        clf.fit(*data())


def test_labels_that_are_numbers_from_0_on_stay_what_they_are():
    X, y = data()
    clf = BaggingClassifier(logistic(class_weight={0: 9, 1: 1}))
    assert not doctor(clf, X, (y == "ok").astype(int))
    assert not doctor(clf, X, y == "ok")


# Resampled rows


@pytest.mark.parametrize("sampler", INVENTORS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_invented_rows_are_found_after_scaling_and_shuffling(sampler, dtype):
    X, y = sampler(random_state=0).fit_resample(*data())
    X = StandardScaler().fit_transform(X.astype(dtype))
    (what,) = whats(None, *shuffle(X, y, random_state=0))
    assert "lie exactly on the line between two other rows" in what


def test_invented_rows_are_found_beside_whole_numbers_and_text():
    X, y = data()
    table = pd.DataFrame(X, columns=["a", "b", "c"]).assign(n=np.arange(1000) % 50)
    table, y = SMOTE(random_state=0).fit_resample(table, y)
    (what,) = whats(None, table.assign(city=["a", "b"] * 900), y)
    assert "lie exactly on the line between two other rows" in what


@pytest.mark.parametrize("n_digits", [0, 1])
def test_points_of_a_grid_are_not_taken_for_invented_rows(n_digits):
    X, y = data(2000, 1000)
    X = np.round(X, n_digits) * [1, 2, np.pi]
    assert whats(None, StandardScaler().fit_transform(X), y, cv=3) == []


def test_one_line_is_not_taken_for_invented_rows():
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
            n_own = np.count_nonzero(is_own & (a != b))
            is_near = aside <= 1e-6 * np.linalg.norm(b - a)
            if is_near and 0.01 <= along <= 0.99 and n_own >= 2:
                return True
    return False


def test_lines_are_those_of_brute_force():
    random_generator = np.random.default_rng(0)
    found = []
    for _ in range(100):
        others = random_generator.normal(size=(8, 3))
        ends = others[:2] if random_generator.random() < 0.5 else others[[0, 0]]
        aside = random_generator.choice([0, 1e-7, 1e-5, 1])
        share = random_generator.choice([0.005, 0.3, 0.5, 1.2])
        row = share * ends[0] + (1 - share) * ends[1]
        row = row + aside * random_generator.normal(size=3)
        is_own = random_generator.random(3) < 0.8
        expected = lies_between(row, others, is_own)
        others = others[(others != row).any(axis=1)]
        direction = direction_through(row, others, is_own, np.finfo(float).eps)
        assert (direction is not None) == expected
        found.append(expected)
    assert 10 < sum(found) < 90


@pytest.mark.parametrize("share", [0.3, 0.5])
def test_copies_are_found_without_equal_numbers_of_rows(share):
    sampler = RandomOverSampler(sampling_strategy=share, random_state=0)
    (what,) = whats(None, *sampler.fit_resample(*data()))
    n_rows = int(900 * share)
    assert what == (
        f"{n_rows - 100} of the {n_rows} rows of class 'fraud' repeat others, and 0 of "
        f"the 900 of class 'ok'. Each is there about as often, as random oversampling "
        f"leaves them."
    )


def test_one_common_row_is_not_taken_for_oversampling():
    X, y = data(n_rare=500)
    fraud = np.flatnonzero(y == "fraud")
    X[fraud[:400]] = X[fraud[0]]
    (finding,) = doctor(None, X, y)
    assert "399 of 1,000 rows of X repeat others, one of them 400 times." in (
        finding.what
    )


def test_resampled_rows_are_a_warning_where_no_split_is_planned():
    for sampler in (SMOTE(random_state=0), RandomOverSampler(random_state=0)):
        (finding,) = doctor(logistic(), *resampled(sampler))
        assert finding.severity == "warning"
        (finding,) = doctor(search(logistic()), *resampled(sampler))
        assert finding.severity == "error"


# Folds


def test_rows_of_few_coarse_values_may_be_equal_by_chance():
    random_generator = np.random.default_rng(0)
    X = random_generator.integers(0, 6, size=(300, 3))
    y = np.arange(300) % 3 == 0
    assert whats(None, X, y, cv=5) == []


def test_rows_of_one_coarse_column_are_equal_by_chance():
    assert whats(None, np.arange(1000)[:, None] % 5, np.arange(1000) % 3 == 0) == []


def test_rows_of_what_is_missing_together_may_be_equal_by_chance():
    table, y = frame(years=np.arange(1000) % 50)
    table.loc[::5, ["age", "amount", "hour"]] = np.nan
    assert whats(None, table, y, cv=5) == []


def test_copies_in_sparse_rows_are_those_of_dense_ones():
    X, y = with_copies()
    X[:, 2] = 0
    dense, same = doctor(None, X, y, cv=5), doctor(None, sparse.csr_matrix(X), y, cv=5)
    assert dense[0] == same[0]


def test_copies_are_found_in_text_and_several_labels():
    X, y = with_copies()
    table = pd.DataFrame({"name": [f"c{row[0]}" for row in X]})
    labels = np.stack([y == "fraud", X[:, 1] > 0], axis=1).astype(int)
    (finding,) = doctor(None, table, labels, cv=KFold(5, shuffle=True, random_state=0))
    assert finding.what.startswith("200 of 1,200 rows of X repeat others. In 5 folds")
    assert finding.what.endswith("of them only with another y.")


def test_folds_that_lack_classes_name_how_many():
    y = np.repeat(["a", "b", "c", "d"], [970, 10, 10, 10])
    X, y = shuffle(data()[0], y, random_state=0)
    (finding,) = doctor(None, X, y, cv=5)
    assert finding.what == (
        "Class 'b' has 10 rows, and each of 5 folds of StratifiedKFold has 2 of them "
        "to test on. So it is for 2 other classes."
    )


class Uncounted:
    """A splitter that does not say how many folds it makes."""

    def split(self, X, y, groups=None):
        return StratifiedKFold(60).split(X, y)


@pytest.mark.parametrize(
    ("cv", "told"),
    [
        (50, "50 folds of StratifiedKFold has 2"),
        (60, "the first 50 of 60 folds of StratifiedKFold has 1 to 2"),
        (
            [*StratifiedKFold(60).split(*data())],
            "the first 50 of 60 folds of the given splits has 1 to 2",
        ),
        (Uncounted(), "the first 50 folds of Uncounted has 1 to 2"),
    ],
)
def test_folds_that_are_not_looked_at_are_told(cv, told):
    (what,) = whats(None, *data(), cv)
    assert what == f"Class 'fraud' has 100 rows, and each of {told} of them to test on."


def test_blocks_that_are_not_looked_at_are_told():
    (what,) = whats(None, *in_class_order(), TimeSeriesSplit(60))
    assert what.endswith(
        "class 'fraud' has 100 rows, and 50 of the first 50 of 60 folds have none of "
        "them to train on or to test on."
    )


def test_a_few_test_rows_often_are_enough():
    often = RepeatedStratifiedKFold(n_splits=3, n_repeats=10, random_state=0)
    assert not doctor(**given(logistic(), data(n_rare=9), cv=often))


def test_repeats_beyond_the_folds_that_are_looked_at_count():
    often = RepeatedStratifiedKFold(n_splits=20, n_repeats=10, random_state=0)
    assert not doctor(**given(logistic(), data(n_rare=60), cv=often))


def test_only_classes_that_are_tested_rarely_are_named():
    y = np.repeat(["a", "b", "c"], [300, 22, 13])
    X = np.random.default_rng(0).normal(size=(len(y), 2))
    cv = StratifiedShuffleSplit(25, test_size=0.2, random_state=0)
    (finding,) = doctor(logistic(), X, y, cv)  # 5.77 test rows for each of class "c"
    assert finding.what.startswith("Class 'b' has 22 rows, and each of ")
    assert "other class" not in finding.what


def test_a_splitter_that_tells_its_number_otherwise_is_no_error():
    class Many:
        def split(self, X, y=None, groups=None):
            return StratifiedKFold(60).split(X, y)

        def get_n_splits(self):
            return 60

    (finding,) = doctor(logistic(), *data(), cv=Many())
    assert "each of the first 50 folds of Many has" in finding.what


def test_a_classifier_without_a_score_may_stop_early():
    class Net(BaseEstimator):
        def __init__(self, early_stopping=True):
            self.early_stopping = early_stopping

        def predict(self, X):
            return X

        predict_proba = predict

    assert not hasattr(Net, "score")
    assert isinstance(doctor(Net(), *data()), Diagnosis)


@pytest.mark.parametrize(
    "asks",
    [
        VotingClassifier([("network", network(cost_matrix=COSTS))], voting="hard"),
        StackingClassifier(
            [("network", network(cost_matrix=COSTS))], stack_method="predict"
        ),
    ],
    ids=["vote", "stack"],
)
def test_costs_count_where_decisions_are_asked_for(asks):
    assert not doctor(**given(BaggingClassifier(asks)))


def test_costs_of_a_wrapper_inside_an_ensemble_are_found():
    corrected = PriorCorrectedClassifier(logistic(), cost_matrix=COSTS)
    (finding,) = doctor(**given(BaggingClassifier(corrected)))
    assert finding.what == (
        "PriorCorrectedClassifier has a cost_matrix inside BaggingClassifier, which "
        "does not ask for its decisions."
    )


def test_as_many_folds_are_advised_as_there_are_rows():
    (finding,) = doctor(**given(logistic(), data(n_rare=3), cv=StratifiedKFold(4)))
    assert "cv = StratifiedKFold(3, shuffle=True" in finding.fix
    (finding,) = doctor(**given(logistic(), data(n_rare=1), cv=StratifiedKFold(4)))
    assert finding.fix == (
        "Merge class 'fraud', of which there is 1 row, with another, or leave it out. "
        "Then stratify."
    )


def test_copies_that_follow_one_another_are_found_where_no_folds_are_given():
    X, y = data()
    table = pd.DataFrame(np.repeat(X, 2, axis=0))
    labels = np.repeat(y, 2)
    for diagnosis in (
        doctor(None, table, labels),
        doctor(None, table, labels, shuffled_folds(5, labels)),
    ):
        (finding,) = diagnosis
        train_and_test = StratifiedKFold(5, shuffle=True, random_state=0)
        n_copies = sum(
            np.isin(test // 2, train // 2).sum()
            for train, test in train_and_test.split(table, labels)
        )
        assert f"{n_copies:,} of 2,000 test rows" in finding.what
        assert n_copies > 1500


def test_a_pair_of_equal_rows_is_no_finding():
    X, y = data()
    X[700] = X[3]
    assert not doctor(None, X, y)


def test_single_test_rows_are_not_scored_fold_by_fold():
    assert not doctor(**given(logistic(), data(100, 30), cv=LeaveOneOut()))


def test_the_same_folds_are_looked_at_once():
    clf = search(logistic())
    (finding,) = doctor(**given(clf, data(n_rare=20), cv=5))
    assert finding.where == "cv"


class ByAge(BaseCrossValidator):
    """A splitter that reads X."""

    def _iter_test_masks(self, X, y=None, groups=None):
        is_old = np.asarray(X)[:, 0] > 0
        yield is_old
        yield ~is_old

    def get_n_splits(self, X=None, y=None, groups=None):
        return 2


@pytest.mark.parametrize("kind", [np.asarray, np.ndarray.tolist, pd.DataFrame])
def test_splitters_are_given_X(kind):
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

    def get_n_splits(self, *args):
        raise KeyError


OUT_OF_RANGE = "index 1000 is out of bounds for axis 0 with size 1000"


@pytest.mark.parametrize(
    ("cv", "told"),
    [
        (Raising(KeyError("age")), "Raising cannot split these rows: KeyError: 'age'"),
        (Raising(RuntimeError()), "Raising cannot split these rows: RuntimeError"),
        (
            Raising(folds=[(np.arange(10), np.array([1000]))]),
            f"Raising cannot split these rows: IndexError: {OUT_OF_RANGE}",
        ),
        (
            Raising(folds=[np.arange(3)]),
            "Raising cannot split these rows: too many values to unpack (expected 2)",
        ),
        (
            1,
            "cv=1 cannot split these rows: k-fold cross-validation requires at least "
            "one train/test split by setting n_splits=2 or more, got n_splits=1.",
        ),
    ],
)
def test_what_a_splitter_raises_is_a_finding(cv, told):
    assert whats(**given(logistic(), cv=cv)) == [told]
    assert whats(**given(search(logistic(), cv=cv))) == [told]


def test_a_splitter_that_fails_to_count_its_folds_has_made_them():
    folds = [*StratifiedKFold(5).split(*data())] * 12
    assert not doctor(**given(logistic(), cv=Raising(folds=folds)))


@pytest.mark.parametrize(
    ("cv", "reason"),
    [
        (iter([]), "cv is an iterator, which is read once: use list(cv)"),
        (
            StratifiedGroupKFold(3),
            "StratifiedGroupKFold needs groups, and none were given",
        ),
        ("prefit", "cv is 'prefit'"),
    ],
)
def test_folds_that_cannot_be_looked_at_are_said(cv, reason):
    diagnosis = doctor(**given(logistic(), cv=cv))
    assert diagnosis.skipped["copies across folds"] == reason


def test_a_held_out_share_is_a_split():
    clf = TunedThresholdClassifierCV(logistic(), cv=0.1)
    (finding,) = doctor(**given(clf, data(n_rare=20)))
    assert finding.what == (
        "Class 'fraud' has 20 rows, and each of 1 fold of StratifiedShuffleSplit has 2 "
        "of them to test on."
    )


def test_a_held_out_tail_is_a_split():
    X, y = in_class_order()
    tail = [train_test_split(np.arange(1000), shuffle=False)]
    (finding,) = doctor(logistic(), X, y[::-1], cv=tail)
    assert finding.what.startswith("The order of the rows tells their classes")


def test_the_tail_that_scikeras_validates_on_is_looked_at():
    from scikeras.wrappers import KerasClassifier  # it loads TensorFlow

    clf = KerasClassifier(model=None, fit__validation_split=0.1)
    assert whats(clf, *in_class_order()) == [
        "The order of the rows tells their classes, and fit__validation_split=0.1 "
        "validates on the last 100: 0 of the 100 rows of class 'fraud' are there."
    ]


@pytest.mark.parametrize("share", [0.05, 0.1, 0.15, 0.2])
@pytest.mark.parametrize("n_rare", [2, 41])
def test_a_tail_of_sorted_rows_is_found_however_short(share, n_rare):
    X, y = data(937, n_rare)
    order = np.argsort(y, kind="stable")  # "fraud" is first
    (what,) = [
        what for what in whats(KerasLike(share), X[order], y[order]) if TOLD in what
    ]
    assert what.endswith(f"0 of the {n_rare} rows of class 'fraud' are there.")
    assert TOLD not in " ".join(whats(KerasLike(share), X, y))


TOLD = "The order of the rows tells their classes, and validation_split="


def test_few_rows_may_be_in_the_order_of_classes_by_chance():
    cv = [(np.array([0, 3]), np.array([1, 2])), (np.array([1, 2]), np.array([0, 3]))]
    random_generator = np.random.default_rng(0)
    X = random_generator.normal(size=(6, 2))
    what = " ".join(whats(KerasLike(0.2), X, [0, 0, 0, 1, 1, 1], cv))
    assert "The order of the rows" not in what


def test_values_of_a_search_that_are_all_too_small_are_found():
    X, y = in_class_order()
    clf = search(KerasLike(), {"validation_split": [0.2, 0.1]}, cv=shuffled_folds(5, y))
    (what,) = whats(clf, X, y)
    assert "validation_split=0.2, the largest that is tried, validates on" in what
    clf = search(KerasLike(), {"validation_split": [0.2, 0.0]}, cv=shuffled_folds(5, y))
    assert not doctor(clf, X, y)
    clf = make_resampling_pipeline(SMOTE(), KerasLike())
    (what,) = whats(search(clf, {"keraslike__validation_split": [0.1, 0.2]}))
    assert what.startswith("validation_split=0.1 or 0.2 validates on the last rows")
    (what,) = whats(**given(search(MLPClassifier(), {"batch_size": [4, 8]})))
    assert what.startswith("43% of the batches of 8 rows, the largest that are tried, ")
    assert not doctor(**given(search(MLPClassifier(), {"batch_size": [8, "auto"]})))


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_last_rows_of_a_sampler_are_of_one_class(sampler):
    _, y = sampler(random_state=0).fit_resample(*data())
    assert len(set(y[int(0.8 * len(y)) :])) == 1


# What counts twice


def test_balanced_weights_behind_a_sampler_change_nothing():
    plain = make_resampling_pipeline(SMOTE(random_state=0), logistic())
    clf = make_resampling_pipeline(
        SMOTE(random_state=0), logistic(class_weight="balanced")
    )
    coefficients = [model.fit(*data())[-1].coef_ for model in (plain, clf)]
    np.testing.assert_array_equal(*coefficients)


@pytest.mark.parametrize(
    "clf",
    [
        fixed(weighted(), threshold=0.5),
        fixed(weighted(), threshold="auto"),
        fixed(SVC(class_weight="balanced")),
        fixed(logistic(class_weight={"ok": 1, "fraud": 1})),
        TunedThresholdClassifierCV(weighted()),
        BalancedRandomForestClassifier(class_weight="balanced_subsample"),
        BalancedBaggingClassifier(logistic()),
        BalancedBaggingClassifier(
            logistic(class_weight="balanced"), sampling_strategy=0.5
        ),
        VotingClassifier([("hard", weighted()), ("other", logistic())]),
        make_resampling_pipeline(SMOTE(), SMOTE(), logistic()),
        make_pipeline(StandardScaler(), weighted()),
        fixed(make_resampling_pipeline(SMOTE(), logistic()), threshold=0.5),
        fixed(make_resampling_pipeline(TomekLinks(), logistic())),
        fixed(CalibratedClassifierCV(make_resampling_pipeline(SMOTE(), logistic()))),
        fixed(LinearSVC(class_weight="balanced")),
        BalancedBaggingClassifier(fixed(logistic())),
        TunedThresholdClassifierCV(BalancedRandomForestClassifier()),
        PriorCorrectedClassifier(
            BalancedRandomForestClassifier(),
            resampled_prior="balanced",
            cost_matrix=COSTS,
        ),
        PriorCorrectedClassifier(CalibratedClassifierCV(weighted()), cost_matrix=COSTS),
        PriorCorrectedClassifier(
            StackingClassifier([("one", weighted())]), cost_matrix=COSTS
        ),
        PriorCorrectedClassifier(
            logistic(class_weight="balanced"),
            resampled_prior="balanced",
            cost_matrix=COSTS,
        ),
        fixed(
            PriorCorrectedClassifier(weighted(), resampled_prior=np.array([0.5, 0.5]))
        ),
    ],
    ids=repr,
)
def test_what_counts_once_is_no_finding(clf):
    assert not doctor(clf)


@pytest.mark.parametrize(
    ("clf", "what"),
    [
        (
            fixed(EasyEnsembleClassifier()),
            "EasyEnsembleClassifier resamples inside itself and is inside",
        ),
        (
            fixed(BalancedBaggingClassifier(make_pipeline(logistic()))),
            "BalancedBaggingClassifier resamples inside itself and is inside",
        ),
        (
            make_resampling_pipeline(RandomUnderSampler(), fixed(logistic())),
            "RandomUnderSampler resamples before LogisticRegression inside",
        ),
        (
            PriorCorrectedClassifier(
                fixed(make_resampling_pipeline(SMOTE(), logistic()))
            ),
            "SMOTE resamples before LogisticRegression inside",
        ),
        (
            fixed(BaggingClassifier(weighted())),
            "LogisticRegression has class_weight={'fraud': 9, 'ok': 1} inside",
        ),
        (
            fixed(
                make_resampling_pipeline(
                    SMOTE(sampling_strategy=0.5), PriorCorrectedClassifier(logistic())
                )
            ),
            "SMOTE resamples before LogisticRegression inside",
        ),
    ],
    ids=repr,
)
def test_a_threshold_beside_what_raises_probabilities_is_found(clf, what):
    (found,) = whats(clf)
    assert found == (
        f"{what} FixedThresholdClassifier, which answers at a threshold of 0.05."
    )


def test_shares_of_weighted_rows_undo_the_weights():
    X, y = data()
    balanced = logistic(class_weight="balanced", C=1e9)
    corrected = PriorCorrectedClassifier(balanced, resampled_prior="balanced")
    with pytest.warns(DoubleCountWarning):  # fit cannot know that they are
        probabilities = corrected.fit(X, y).predict_proba(X)[:, 0]
    # Without weights the mean would be that of y, and with undone ones it nearly is.
    assert np.mean(probabilities) == pytest.approx(0.1, abs=0.005)


def test_a_loss_that_lifts_rare_classes_changes_nothing_behind_a_sampler():
    losses = ["logit_adjusted", "cross_entropy"]
    probabilities = [
        make_resampling_pipeline(
            SMOTE(random_state=0), network(loss=loss, epochs=2, random_state=0)
        )
        .fit(*data())
        .predict_proba(data()[0])
        for loss in losses
    ]
    # The same number is added to all logits, which rounds.
    np.testing.assert_allclose(*probabilities, rtol=1e-12)


def test_losses_are_known_by_name_class_and_instance():
    from skweighted import losses

    for loss in (
        "balanced_softmax",
        losses.BalancedSoftmax,
        losses.LogitAdjustedCrossentropy(tau=0.5),
        losses.PerOutput(losses.ExpectedCost([[0, 1], [9, 0]])),
    ):
        (finding,) = doctor(network(loss=loss, class_weight="balanced"))
        assert finding.severity == "warning"


# Scores, labels, columns


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
def test_accuracy_is_known_in_every_form(scoring, refit, is_accuracy):
    clf = search(logistic(), scoring=scoring, refit=refit)
    assert len(doctor(clf)) == is_accuracy


def test_accuracy_of_classes_that_are_about_as_frequent_is_no_finding():
    clf = search(logistic(), scoring=None)
    assert not doctor(**given(clf, data(n_rare=400), scoring="accuracy"))
    assert not doctor(**given(clf, data(n_rare=373), scoring="accuracy"))
    assert not doctor(None, *load_wine(return_X_y=True), scoring="accuracy")
    assert not doctor(search(DummyClassifier(), {"constant": [0]}, scoring=None))


@pytest.mark.parametrize(
    ("n_rare", "severity"), [(300, "note"), (265, "note"), (240, "warning")]
)
def test_the_rarer_a_class_the_worse_is_accuracy(n_rare, severity):
    (finding,) = doctor(**given(None, data(n_rare=n_rare), scoring="accuracy"))
    assert finding.severity == severity
    share = 1 - n_rare / 1000
    assert finding.what.endswith(f"answering 'ok' always scores {share:.3f}.")


@pytest.mark.parametrize(
    ("labels", "key", "told"),
    [
        ([0, 1], "1", "'1' is text, 1 is a number."),
        (["0", "1"], 1, "1 is a number, '1' is text."),
        ([0, 1], "1.0", "'1.0' is text, 1 is a number."),
        ([False, True], "True", "'True' is text, True is a boolean."),
        (["ok", "Fraud"], "fraud", "Did you mean 'Fraud'?"),
        ([0, 1], 7, "Labels of y: 0, 1."),
    ],
)
def test_the_slip_in_a_label_is_told(labels, key, told):
    X, y = data()
    y = np.array(labels)[(y == "fraud").astype(int)]
    (finding,) = doctor(logistic(class_weight={labels[0]: 1, key: 9}), X, y)
    assert finding.what.endswith(told)


def test_labels_of_costs_in_a_dataframe_are_looked_at():
    costs = pd.DataFrame([[0, 1], [20, 0]], ["ok", "fruad"], ["ok", "fruad"])
    (finding,) = doctor(
        **given(PriorCorrectedClassifier(logistic(), cost_matrix=costs))
    )
    assert finding.what == (
        "cost_matrix has costs for 'fruad', and y has no such label. Labels of y: "
        "'fraud', 'ok'. Did you mean 'fraud'?"
    )


NUMBERS = make_column_selector(dtype_include="number")


@pytest.mark.parametrize(
    ("columns", "remainder", "n_findings"),
    [
        (NUMBERS, "drop", 0),
        (["age", "hour"], "passthrough", 1),
        (["age", "hour"], "drop", 0),
        ([0, 2], "passthrough", 1),
        (slice(0, 2), "passthrough", 0),
        ([True, False, True, False], StandardScaler(), 0),
        ([-4, -2], "passthrough", 1),
    ],
)
def test_columns_are_followed_through_a_column_transformer(
    columns, remainder, n_findings
):
    table, y = frame(city=["a", "b"] * 500)
    table["amount"] *= 1000
    transformer = ColumnTransformer(
        [("scaled", StandardScaler(), columns), ("text", OneHotEncoder(), ["city"])],
        remainder=remainder,
    )
    assert len(doctor(make_pipeline(transformer, logistic()), table, y)) == n_findings


@pytest.mark.parametrize(
    ("step", "n_findings"),
    [
        (VarianceThreshold(), 1),
        (FeatureUnion([("same", "passthrough"), ("scaled", StandardScaler())]), 1),
        (FeatureUnion([("scaled", StandardScaler())]), 0),
        (make_pipeline(SimpleImputer(), VarianceThreshold()), 1),
        (make_pipeline(SimpleImputer(), RobustScaler()), 0),
    ],
)
def test_columns_are_followed_through_steps(step, n_findings):
    assert len(doctor(**wide(make_pipeline(step, logistic())))) == n_findings


@pytest.mark.parametrize(
    "clf", [RandomForestClassifier(), HistGradientBoostingClassifier()]
)
def test_trees_need_no_scaler_and_take_missing_values(clf):
    assert not doctor(**wide(clf))
    assert not doctor(**missing_in(clf))


@pytest.mark.parametrize(
    "columns",
    [
        np.random.default_rng(0).normal(size=(1000, 5)),
        np.random.default_rng(0).random(size=(1000, 5)) ** 9,
        np.eye(5)[np.arange(1000) % 5],
        np.eye(500)[np.arange(1000) % 500],
        np.arange(1000)[:, np.newaxis] % [2, 3, 7, 12, 30],
        0.9 + 0.1 * np.random.default_rng(0).random(size=(1000, 5)),
    ],
    ids=["normal", "skewed", "one-hot", "long one-hot", "codes", "up to 1"],
)
def test_columns_around_0_and_1_and_small_codes_need_no_scaler(columns):
    found = " ".join(whats(logistic(), columns, data()[1]))
    assert "No scaler" not in found


def test_a_column_that_only_tells_one_of_three_classes_is_no_leak():
    X, y = data()
    y = np.where(X[:, 1] > 1, "late", y)
    assert whats(None, X, y) == []


def test_the_measure_of_a_column_is_the_roc_auc():
    table, y = frame(paid=np.where(data()[1] == "fraud", 4.0, 0) + data()[0][:, 2])
    (what,) = whats(None, table.assign(paid=-5 * table["paid"]), y)
    area = roc_auc_score(y == "fraud", table["paid"])
    assert what == f"Column 'paid' tells the classes apart alone: ROC AUC {area:.4f}."


def with_repeats(n_repeats, **columns):
    """Return 900 rows with some columns, the first ones of them twice."""
    table = pd.DataFrame(data()[0][:900], columns=["age", "amount", "hour"])
    table = table.assign(**columns)
    table = pd.concat([table, table[:n_repeats]], ignore_index=True)
    return table, np.random.default_rng(0).permutation(len(table)) % 5


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (
            np.random.default_rng(0).permutation(900) + 1,
            "numbers the rows: each whole number from 1 to 900 is there, in 925 rows "
            "of which 25 are copies",
        ),
        (
            [f"c{i}" for i in range(900)],
            "is text with 900 different values in 925 rows of which 25 are copies",
        ),
    ],
)
def test_identifiers_are_found_in_rows_that_repeat(values, told):
    table, y = with_repeats(25, customer_id=values)
    assert f"Column 'customer_id' {told}." in whats(None, table, y)


def test_identifiers_are_found_where_some_cases_have_two_rows():
    table, y = frame(customer_id=np.minimum(np.arange(1000), 989))
    assert whats(None, table, y) == [
        "Column 'customer_id' numbers the rows: each whole number from 0 to 989 is "
        "there, in 1,000 rows."
    ]
    table, y = frame(customer_id=[f"c{min(i, 959)}" for i in range(1000)])
    assert whats(None, table, y) == [
        "Column 'customer_id' is text with 960 different values in 1,000 rows."
    ]


MEASURED = np.random.default_rng(0)


@pytest.mark.parametrize(
    "values",
    [
        MEASURED.normal(size=900),
        MEASURED.integers(0, 900, 900),  # 63 % of them differ
        MEASURED.integers(0, 100_000, 900),  # all differ, with gaps
        MEASURED.permutation(900) / 4,
        [f"c{i % 800}" for i in range(900)],
    ],
)
def test_what_is_measured_identifies_no_rows_that_repeat(values):
    table, y = with_repeats(25, measured=values)
    assert "'measured'" not in " ".join(whats(None, table, y))


@pytest.mark.parametrize("kind", [int, "c{}".format])
def test_a_column_is_no_identifier_for_being_the_only_one(kind):
    # Copies of rows of one column are all equal values, whatever it holds.
    values = [kind(i % 500) for i in range(1000)]
    assert "tells rows apart" not in str(doctor(None, pd.DataFrame({"x": values}), y10))


y10 = np.random.default_rng(0).permutation(1000) % 2


@pytest.mark.parametrize(
    ("texts", "what", "fix"),
    [
        (
            [f"{i // 10},{i % 10}" for i in range(1000)],
            "they look like numbers with a decimal comma, such as '0,0'",
            "Read it as numbers:\n    pd.read_csv(file, decimal=',')",
        ),
        (
            ["", "-1.234,50", *(f"{i},25" for i in range(998))],
            "they look like numbers with a decimal comma, such as '-1.234,50'",
            "Read it as numbers:\n    pd.read_csv(file, decimal=',', thousands='.')",
        ),
        (
            [f"{i + 1},234" for i in range(999)] + ["1,234,567"],
            "they look like numbers with commas between thousands, such as '1,234'",
            "Read it as numbers:\n    pd.read_csv(file, thousands=',')",
        ),
        (
            [f"{i % 999 + 1},234" for i in range(1000)],
            "they look like numbers with a comma, such as '1,234'",
            "Read it as numbers, by what the comma means:\n"
            "    pd.read_csv(file, decimal=',')\n"
            "    pd.read_csv(file, thousands=',')",
        ),
        (
            pd.date_range("2024-03-01", periods=1000).strftime("%Y-%m-%d"),
            "they look like dates, such as '2024-03-01'",
            "Give parts of the dates in its place:\n"
            "    dates = pd.to_datetime(X['x'])\n"
            "    X = X.assign(month=dates.dt.month, weekday=dates.dt.weekday)\n"
            "    X = X.drop(columns='x')",
        ),
        (
            pd.date_range("2024-03-01", periods=1000, freq="h").strftime(
                "%d.%m.%Y %H:%M"
            ),
            "they look like dates, such as '01.03.2024 00:00'",
            "Give parts of the dates in its place:\n"
            "    dates = pd.to_datetime(X['x'], dayfirst=True)\n"
            "    X = X.assign(month=dates.dt.month, weekday=dates.dt.weekday)\n"
            "    X = X.drop(columns='x')",
        ),
    ],
)
def test_text_of_numbers_or_dates_is_to_be_read_as_such(texts, what, fix):
    table, y = frame(x=texts)
    table["x"] = table["x"].replace("", None)
    (finding,) = doctor(None, table, y)
    n_values = table["x"].nunique()
    assert finding == Finding(
        what=f"Column 'x' is text with {n_values:,} different values in 1,000 rows, "
        f"and {what}.",
        where="X",
        why="As text, every value is a category of its own, and which are near each "
        "other is lost.",
        fix=fix,
        severity="warning",
    )


@pytest.mark.parametrize("form", ["{}-1", "1,2,{}", "A{},5", "2024-{}", "{},", "1.{}"])
def test_codes_are_not_taken_for_numbers_or_dates(form):
    table, y = frame(x=[form.format(i) for i in range(1000)])
    (finding,) = doctor(None, table, y)
    assert finding.fix.startswith("Leave it out of X.")


def test_sentences_are_no_identifiers():
    table, y = frame(review=[f"I would give {i} stars" for i in range(1000)])
    assert whats(None, table, y) == []


# What is given


@pytest.mark.parametrize("kind", [pd.DataFrame, sparse.csr_matrix, np.ndarray.tolist])
def test_kinds_of_X_are_taken(kind):
    X, y = data()
    assert not doctor(make_pipeline(StandardScaler(), logistic()), kind(X), list(y))


def test_columns_of_every_type_are_taken():
    table, y = frame(
        kind=pd.Categorical(["a", None] * 500),
        moment=pd.date_range("2020", periods=1000),
        count=pd.array([1, None] * 500, dtype="Int64"),
        flag=pd.array([True, None] * 500, dtype="boolean"),
        tags=[["a"], ["b"]] * 500,
        mixed=[1, "a"] * 500,
    )
    assert not doctor(HistGradientBoostingClassifier(), table, pd.Series(y))


def test_one_column_of_text_is_taken():
    texts = [f"{i} pieces were sent" for i in range(1000)]
    assert not doctor(RandomForestClassifier(), texts, data()[1])


def test_with_several_labels_what_is_about_classes_is_skipped():
    X, y = data()
    labels = np.stack([y == "fraud", X[:, 1] > 0], axis=1).astype(int)
    diagnosis = doctor(logistic(), X, labels, scoring="accuracy")
    assert not diagnosis
    assert diagnosis.skipped["classes missing in folds"] == "y has several labels"
    assert "copies across folds" in diagnosis.checked


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            {},
            ValueError,
            "There is nothing to look at. Give an estimator, or X and y, or all three.",
        ),
        (
            {"X": data()[0]},
            ValueError,
            "X and y must be given together. y is None.",
        ),
        (
            {"estimator": logistic(), "y": data()[1]},
            ValueError,
            "X and y must be given together. X is None.",
        ),
        (
            {"estimator": LogisticRegression},
            TypeError,
            "estimator must be an estimator of scikit-learn's kind, with get_params. "
            "Got the class LogisticRegression. Give LogisticRegression() in its place.",
        ),
        (
            {"estimator": data()[0], "X": data()[1]},
            TypeError,
            "estimator must be an estimator of scikit-learn's kind, with get_params. "
            "Got a value of type ndarray. Where there is data only, write "
            "doctor(X=X, y=y).",
        ),
        (
            {"X": data()[0], "y": data()[1][1:]},
            ValueError,
            "X, y and groups must be of the same rows. X has 1,000 and y has 999.",
        ),
        (
            given(groups=[1, 2]),
            ValueError,
            "X, y and groups must be of the same rows. X has 1,000 and groups has 2.",
        ),
        (
            {"X": data()[0][:, 0], "y": data()[1]},
            ValueError,
            "X must have rows and columns. Its shape is (1000,). Use X.reshape(-1, 1) "
            "if it is one column.",
        ),
        (
            {"X": data()[0], "y": data()[0][:, 0]},
            TableError,
            "y looks continuous: 1,000 different numbers from -3.77228 to 3.06604. "
            "Classes are compared here; choose another target, or group the numbers "
            "into classes.",
        ),
    ],
)
def test_what_cannot_be_looked_at_is_an_error(arguments, error, message):
    with pytest.raises(error, match=whole(message)):
        doctor(**arguments)


# The diagnosis


def test_a_diagnosis_is_a_sequence_worst_first():
    diagnosis = doctor(logistic(), *resampled(SMOTE(random_state=0)), cv=5, groups=y_of)
    severities = [finding.severity for finding in diagnosis]
    assert severities == ["error", "warning"]
    assert diagnosis
    assert len(diagnosis) == 2
    assert diagnosis[0] is diagnosis.findings[0]
    assert repr(diagnosis) == "<Diagnosis: 2 findings: 1 error, 1 warning>"
    with pytest.raises(FrozenInstanceError):
        diagnosis[0].what = ""


y_of = np.arange(1800) // 2


def test_a_diagnosis_becomes_a_table():
    table = doctor(**EXAMPLES["names"].ill()).to_frame()
    assert list(table.columns) == ["what", "where", "why", "fix", "severity"]
    assert table.loc[0, "what"] == EXAMPLES["names"].finding.what
    assert Diagnosis(()).to_frame().shape == (0, 5)


def test_without_findings_what_was_looked_for_is_said(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    diagnosis = doctor(fixed(logistic()))
    assert not diagnosis
    assert str(diagnosis) == (
        "Nothing found. 14 checks made.\n"
        "\n"
        "Looked for: samplers out of place, validation rows behind a sampler, "
        "accuracy as\nthe score, class weights beside resampling, class weights "
        "beside losses, losses\nbeside resampling, class weights beside thresholds, "
        "losses beside thresholds,\nresampling beside thresholds, class weights beside "
        "costs, losses beside costs,\ncosts beside resampling, costs beside "
        "thresholds, costs inside ensembles.\n"
        "Not looked for, because no X and y were given: rows copied before the split,\n"
        "rows interpolated before the split, splits that fail, copies across folds,\n"
        "groups across folds, classes missing in folds, folds in the order of"
        " classes,\nvalidation rows in the order of classes, labels of class weights,"
        " labels of\ncosts, batches without a class, inputs that are not scaled,"
        " missing values,\nconstant columns, identifiers, columns that tell the class."
    )


def test_a_finding_is_printed_with_its_code_as_it_is(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert str(doctor(**EXAMPLES["groups across folds"].ill())).startswith(
        "1 finding: 1 warning.\n"
        "\n"
        "warning  cv\n"
        "  what 11 of 250 groups are in training and test rows of the same fold, in 5\n"
        "       folds of StratifiedKFold.\n"
        "  why  What is told by the group (the patient, the customer) is learnt in\n"
        "       training and helps in the test, as it will not for new groups.\n"
        "  fix  Keep each group on one side:\n"
        "           from sklearn.model_selection import StratifiedGroupKFold\n"
        "           cv = StratifiedGroupKFold(5)\n"
        "           cross_validate(estimator, X, y, cv=cv, groups=groups)\n"
    )


@pytest.mark.parametrize("name", EXAMPLES)
def test_code_fits_on_a_line(name, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    finding = EXAMPLES[name].finding
    lines = [line.strip() for line in str(Diagnosis((finding,))).splitlines()]
    code = [line for line in finding.fix.splitlines() if line.startswith("    ")]
    assert {line.strip() for line in code} <= set(lines)


def test_a_diagnosis_is_printed_without_trailing_blanks(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    lines = str(doctor(**EXAMPLES["names"].ill())).splitlines()
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
