"""The classifiers of `accuracy.py`, each with its documented defaults.

A `make` function returns an unfitted estimator for a raw table: numbers with missing
values, and text. If a peer cannot read these, a pipeline prepares them from training
rows, and this counts in its seconds. Labels are 0, 1, ...
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline

from skweighted.preprocessing import TablePreparation

MISSING = "(missing)"
# RealMLP and TabM take hours on a CPU for more rows.
MOST_ROWS_OF_TORCH = 12_000


@dataclass(frozen=True)
class Peer:
    """One classifier of the benchmark.

    Attributes
    ----------
    make : callable
        ``make(X, seed, n_threads)`` returns an unfitted estimator for tables like X.
    package : str
        The module to import; the peer is skipped if it is not installed.
    most_rows : int or None
        Larger data sets are left out.
    parameters : dict
        Of a variant of our classifier. Results of other parameters are not mixed.
    """

    make: Callable[[pd.DataFrame, int, int], Any]
    package: str = "sklearn"
    most_rows: int | None = None
    parameters: dict[str, Any] = field(default_factory=dict)

    def is_installed(self) -> bool:
        """Return whether the package can be imported."""
        return find_spec(self.package) is not None


class Readable(TransformerMixin, BaseEstimator):
    """Turn text into pandas categories, and fill in missing values.

    Parameters
    ----------
    fill_text : bool, default=False
        Whether missing and unknown text is a category, or stays missing.
    fill_numbers : bool, default=False
        Whether missing numbers become the column's median, with a flag in a column of
        its own, or stay missing.
    """

    def __init__(self, fill_text: bool = False, fill_numbers: bool = False) -> None:
        self.fill_text = fill_text
        self.fill_numbers = fill_numbers

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:
        """Find categories and medians."""
        numbers = X.drop(columns=text_columns(X))
        self.medians_ = numbers.median().fillna(0.0)
        self.flagged_ = [name for name in numbers if numbers[name].isna().any()]
        self.categories_ = {
            name: sorted(X[name].dropna().unique()) + [MISSING] * self.fill_text
            for name in text_columns(X)
        }
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return the table with categories and numbers."""
        table = X.astype(dict.fromkeys(self.medians_.index, float))
        for name, categories in self.categories_.items():
            known = X[name].where(X[name].isin(categories))
            if self.fill_text:
                known = known.fillna(MISSING)
            # As objects: XGBoost and CatBoost read these categories.
            index = pd.Index(categories, dtype=object)
            table[name] = pd.Categorical(known.astype(object), categories=index)
        if self.fill_numbers:
            for name in self.flagged_:
                table[f"{name} is missing"] = X[name].isna().astype(float)
            table = table.fillna(self.medians_)
        return table


def text_columns(X: pd.DataFrame) -> list[str]:
    """Return the names of columns without numbers."""
    return X.select_dtypes(exclude=["number", "bool"]).columns.tolist()


def mlp(X: pd.DataFrame, seed: int, n_threads: int) -> Pipeline:
    """Return scikit-learn's network."""
    return make_pipeline(
        TablePreparation(scale_numbers=True), MLPClassifier(random_state=seed)
    )


def plain(X: pd.DataFrame, seed: int, n_threads: int) -> Pipeline:
    """Return our network for numbers."""
    from skweighted import CostSensitiveMLPClassifier

    return make_pipeline(
        TablePreparation(scale_numbers=True),
        CostSensitiveMLPClassifier(random_state=seed),
    )


def tabular(parameters: dict[str, Any]) -> Peer:
    """Return our classifier of raw tables with these parameters."""

    def make(X: pd.DataFrame, seed: int, n_threads: int) -> Any:
        from skweighted import CostSensitiveTabularClassifier

        return CostSensitiveTabularClassifier(random_state=seed, **parameters)

    return Peer(make, "tensorflow", parameters=parameters)


def boosting(**parameters: Any) -> Peer:
    """Return scikit-learn's gradient boosting."""

    def make(X: pd.DataFrame, seed: int, n_threads: int) -> Pipeline:
        clf = HistGradientBoostingClassifier(random_state=seed, **parameters)
        return make_pipeline(Readable(), clf)  # "from_dtype" is its default

    return Peer(make)


def lightgbm(X: pd.DataFrame, seed: int, n_threads: int) -> Pipeline:
    """Return LightGBM."""
    from lightgbm import LGBMClassifier

    clf = LGBMClassifier(random_state=seed, n_jobs=n_threads, verbosity=-1)
    return make_pipeline(Readable(), clf)


def xgboost(X: pd.DataFrame, seed: int, n_threads: int) -> Pipeline:
    """Return XGBoost."""
    from xgboost import XGBClassifier

    clf = XGBClassifier(enable_categorical=True, random_state=seed, n_jobs=n_threads)
    return make_pipeline(Readable(), clf)


def catboost(X: pd.DataFrame, seed: int, n_threads: int) -> Pipeline:
    """Return CatBoost; its parameter names the columns with categories."""
    from catboost import CatBoostClassifier

    clf = CatBoostClassifier(
        cat_features=text_columns(X),
        random_seed=seed,
        thread_count=n_threads,
        logging_level="Silent",
        allow_writing_files=False,
    )
    return make_pipeline(Readable(fill_text=True), clf)


def balanced_forest(X: pd.DataFrame, seed: int, n_threads: int) -> Pipeline:
    """Return imbalanced-learn's forest, whose trees have as many rows of each class."""
    from imblearn.ensemble import BalancedRandomForestClassifier

    clf = BalancedRandomForestClassifier(random_state=seed, n_jobs=n_threads)
    return make_pipeline(TablePreparation(scale_numbers=True), clf)


def realmlp(X: pd.DataFrame, seed: int, n_threads: int) -> Pipeline:
    """Return RealMLP-TD with what its authors recommend for log loss and AUC."""
    from pytabkit import RealMLP_TD_Classifier

    clf = RealMLP_TD_Classifier(
        device="cpu",
        random_state=seed,
        n_threads=n_threads,
        val_metric_name="cross_entropy",
        use_ls=False,
    )
    return make_pipeline(Readable(fill_text=True, fill_numbers=True), clf)


def tabm(X: pd.DataFrame, seed: int, n_threads: int) -> Pipeline:
    """Return TabM, which stops by log loss rather than by the error rate."""
    from pytabkit import TabM_D_Classifier

    clf = TabM_D_Classifier(
        device="cpu",
        random_state=seed,
        n_threads=n_threads,
        val_metric_name="cross_entropy",
    )
    return make_pipeline(Readable(fill_text=True, fill_numbers=True), clf)


TABULAR, BOOSTING = "tabular", "HistGradientBoosting"
PEERS: dict[str, Peer] = {
    TABULAR: tabular({}),
    "tabular logit_adjusted": tabular({"loss": "logit_adjusted"}),
    "tabular balanced": tabular({"class_weight": "balanced"}),
    "plain network": Peer(plain, "tensorflow"),
    BOOSTING: boosting(),
    "HistGradientBoosting balanced": boosting(class_weight="balanced"),
    "LightGBM": Peer(lightgbm, "lightgbm"),
    "XGBoost": Peer(xgboost, "xgboost"),
    "BalancedRandomForest": Peer(balanced_forest, "imblearn"),
    "MLPClassifier": Peer(mlp),
    "CatBoost": Peer(catboost, "catboost"),
    "RealMLP-TD": Peer(realmlp, "pytabkit", MOST_ROWS_OF_TORCH),
    "TabM": Peer(tabm, "pytabkit", MOST_ROWS_OF_TORCH),
}


def all_peers(variants: str | Path | None = None) -> dict[str, Peer]:
    """Return the peers, and variants of our classifier for an ablation.

    Parameters
    ----------
    variants : str, Path or None, default=None
        A JSON file of names and parameters of `CostSensitiveTabularClassifier`.

    Raises
    ------
    ValueError
        If a variant has the name of a peer.
    """
    if variants is None:
        return PEERS
    given = json.loads(Path(variants).read_text())
    taken = sorted(PEERS.keys() & given.keys())
    if taken:
        raise ValueError(f"A variant must have a name of its own. Got {taken[0]!r}.")
    return PEERS | {name: tabular(parameters) for name, parameters in given.items()}
