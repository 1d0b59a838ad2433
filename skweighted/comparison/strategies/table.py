"""The strategies by name: what each does, who proposed it, and when it cannot run.

This table is where comparisons are fair or not: it is all that a strategy may change.
"""

from typing import Any

from imblearn.combine import SMOTEENN, SMOTETomek
from imblearn.ensemble import BalancedRandomForestClassifier, EasyEnsembleClassifier
from imblearn.over_sampling import ADASYN, SMOTE, BorderlineSMOTE, RandomOverSampler
from imblearn.under_sampling import NearMiss, RandomUnderSampler, TomekLinks
from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

import skweighted.comparison.strategies.pipelines as pipelines
import skweighted.comparison.strategies.reasons as reasons
from skweighted.comparison.strategies.samplers import ClusteredSMOTE
from skweighted.comparison.strategies.strategy import Strategy, WhyNot, always_possible


def _trained_with(label: str, summary: str, source: str, **parameters: Any) -> Strategy:
    """Return the network with some parameters set, if it has them."""
    return Strategy(
        make=pipelines.with_parameters(**parameters),
        why_not=reasons.no_such_parameters(**parameters),
        summary=summary,
        source=source,
        label=label,
    )


def _resampled(
    label: str,
    sampler: BaseEstimator,
    summary: str,
    source: str,
    why_not: WhyNot = always_possible,
) -> Strategy:
    """Return the network on resampled rows."""
    return Strategy(
        make=pipelines.resampled_by(sampler, fewer_neighbors=True),
        why_not=why_not,
        summary=summary,
        source=source,
        label=label,
    )


def _ensemble(
    label: str, summary: str, source: str, why_not: WhyNot, **parameters: Any
) -> Strategy:
    """Return ten networks, which train together."""
    parameters = {"n_networks": 10, **parameters}
    return Strategy(
        make=pipelines.with_parameters(**parameters),
        why_not=reasons.any_of(reasons.no_such_parameters(**parameters), why_not),
        summary=summary,
        source=source,
        label=label,
    )


def _interpolated(
    label: str, sampler: BaseEstimator, summary: str, source: str
) -> Strategy:
    """Return the network on rows between others, which needs two of every class."""
    return _resampled(label, sampler, summary, source, why_not=reasons.single_rows)


STRATEGIES: dict[str, Strategy] = {
    "none": Strategy(
        label="no treatment", make=pipelines.plain, summary="The network as it is."
    ),
    "class_weight": _trained_with(
        "class weights",
        "Every class has the same total weight in training.",
        "King & Zeng, 2001",
        class_weight="balanced",
    ),
    "class_weight_sqrt": _trained_with(
        "square-root weights",
        "Square roots of balanced class weights.",
        "Mahajan et al., 2018",
        class_weight="sqrt_balanced",
    ),
    "class_weight_corrected": _trained_with(
        "corrected class weights",
        "Balanced class weights, undone in the probabilities.",
        "Elkan, 2001",
        class_weight="balanced",
        correct_probabilities=True,
    ),
    "focal": _trained_with(
        "focal loss",
        "A loss that gives less weight to rows that are easy to classify.",
        "Lin et al., 2017",
        loss="focal",
    ),
    "logit_adjusted": _trained_with(
        "logit-adjusted loss",
        "A loss that requires a larger margin of rarer classes.",
        "Menon et al., 2021",
        loss="logit_adjusted",
    ),
    "ldam_drw": _trained_with(
        "LDAM loss",
        "Wider margins for rare classes; class weights in the last epochs.",
        "Cao et al., 2019",
        loss="ldam",
        class_weight="balanced",
        class_weight_start=0.8,
    ),
    "threshold": Strategy(
        label="tuned threshold",
        make=pipelines.tuned_threshold,
        why_not=reasons.any_of(reasons.more_than_two_classes, reasons.single_rows),
        summary="The threshold with the least cost, or best balanced accuracy.",
        source="Sheng & Ling, 2006",
    ),
    "min_cost": Strategy(
        label="least-cost decisions",
        make=pipelines.with_costs,
        why_not=reasons.no_costs,
        summary="The class with the least expected cost.",
        source="Elkan, 2001",
    ),
    "random_over": _resampled(
        "oversampling",
        RandomOverSampler(),
        "Rows of smaller classes repeated until classes are equal.",
        "Japkowicz & Stephen, 2002",
    ),
    "smote": _interpolated(
        "SMOTE",
        SMOTE(),
        "New rows between neighbors of a class until classes are equal.",
        "Chawla et al., 2002",
    ),
    "smotenc": Strategy(
        label="SMOTENC",
        make=pipelines.resampled_with_text,
        why_not=reasons.any_of(
            reasons.no_text, reasons.no_numbers, reasons.single_rows
        ),
        summary="SMOTE for tables with text, which is copied from neighbors.",
        source="Chawla et al., 2002",
    ),
    "borderline_smote": _interpolated(
        "Borderline-SMOTE",
        BorderlineSMOTE(),
        "SMOTE only from rows near the border between classes.",
        "Han et al., 2005",
    ),
    "adasyn": _interpolated(
        "ADASYN",
        ADASYN(),
        "SMOTE with more new rows where neighbors have another class.",
        "He et al., 2008",
    ),
    "kmeans_smote": _interpolated(
        "k-means SMOTE",
        ClusteredSMOTE(),
        "SMOTE inside clusters in which a small class is frequent.",
        "Douzas et al., 2018",
    ),
    "random_under": _resampled(
        "undersampling",
        RandomUnderSampler(),
        "Rows of larger classes dropped until classes are equal.",
        "Japkowicz & Stephen, 2002",
    ),
    "near_miss": _resampled(
        "NearMiss",
        NearMiss(),
        "Larger classes reduced to the rows nearest to the smallest class.",
        "Mani & Zhang, 2003",
    ),
    "tomek_links": _resampled(
        "Tomek links",
        TomekLinks(),
        "Rows of larger classes dropped from pairs of nearest neighbors.",
        "Tomek, 1976",
    ),
    "smote_enn": _interpolated(
        "SMOTE and ENN",
        SMOTEENN(smote=SMOTE()),
        "SMOTE, then rows dropped whose neighbors have another class.",
        "Batista et al., 2004",
    ),
    "smote_tomek": _interpolated(
        "SMOTE and Tomek links",
        SMOTETomek(smote=SMOTE()),
        "SMOTE, then nearest neighbors of different classes dropped.",
        "Batista et al., 2003",
    ),
    "balanced_bagging": Strategy(
        label="balanced bagging",
        make=pipelines.bagged,
        summary="Ten networks, each on a sample with classes of equal size.",
        source="Maclin & Opitz, 1997",
    ),
    "network_ensemble": _ensemble(
        "network ensemble",
        "Ten networks, each stopped on its own tenth of the rows.",
        "Krogh & Vedelsby, 1995",
        reasons.single_rows,
        ensemble="folds",
        early_stopping=True,
    ),
    "balanced_ensemble": _ensemble(
        "balanced ensemble",
        "Ten networks on samples of equal classes, then corrected.",
        "Liu et al., 2009",
        always_possible,
        ensemble="balanced",
        correct_probabilities=True,
    ),
    "tabular": Strategy(
        label="tabular network",
        make=pipelines.tabular(),
        why_not=reasons.already_tabular,
        summary="CostSensitiveTabularClassifier on the raw table, with the costs.",
        source="Gorishniy et al., 2022",
    ),
    # Boosted trees, as in the paper: with the network it would be balanced_bagging.
    "easy_ensemble": Strategy(
        label="EasyEnsemble",
        make=pipelines.in_place_of_network(EasyEnsembleClassifier()),
        summary="Ten ensembles of boosted stumps on undersampled rows; no network.",
        source="Liu et al., 2009",
        is_network=False,
    ),
    "logistic_regression": Strategy(
        label="logistic regression",
        # 1,000 steps: 100, the default, are too few for hundreds of one-hot columns.
        make=pipelines.in_place_of_network(
            LogisticRegression(class_weight="balanced", max_iter=1000)
        ),
        summary="A linear model with balanced class weights; no network.",
        source="King & Zeng, 2001",
        is_network=False,
    ),
    "hist_gradient_boosting": Strategy(
        label="gradient boosting",
        make=pipelines.in_place_of_network(HistGradientBoostingClassifier()),
        why_not=reasons.sparse_rows,
        summary="Boosted trees without class weights; no network.",
        source="Ke et al., 2017",
        is_network=False,
    ),
    "hist_gradient_boosting_balanced": Strategy(
        label="weighted boosting",
        make=pipelines.in_place_of_network(
            HistGradientBoostingClassifier(class_weight="balanced")
        ),
        why_not=reasons.sparse_rows,
        summary="Boosted trees with balanced class weights; no network.",
        source="Ke et al., 2017",
        is_network=False,
    ),
    "balanced_random_forest": Strategy(
        label="balanced forest",
        make=pipelines.in_place_of_network(BalancedRandomForestClassifier()),
        summary="Trees on samples with classes of equal size; no network.",
        source="Chen et al., 2004",
        is_network=False,
    ),
}

# If costs are given, "min_cost" is added.
DEFAULT_STRATEGIES: tuple[str, ...] = (
    "none",
    "class_weight",
    "class_weight_corrected",
    "focal",
    "logit_adjusted",
    "threshold",
    "random_over",
    "smote",
    "random_under",
    "tabular",
    "logistic_regression",
    "hist_gradient_boosting",
)
