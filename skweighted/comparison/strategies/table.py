"""The strategies by name: each says what it does, who proposed it, and when it cannot.

Fairness lives in this table: what a strategy may change is here, and nowhere else.
"""

from typing import Any

from imblearn.ensemble import BalancedRandomForestClassifier, EasyEnsembleClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

import skweighted.comparison.strategies.fits as fits
import skweighted.comparison.strategies.reasons as reasons
import skweighted.comparison.strategies.samplers as samplers
from skweighted.comparison.strategies.strategy import Strategy


def _trained_with(summary: str, source: str, **parameters: Any) -> Strategy:
    """Return the network with some parameters set, where it has them."""
    return Strategy(
        fit=fits.with_parameters(**parameters),
        why_not=reasons.no_such_parameters(**parameters),
        summary=summary,
        source=source,
    )


def _resampled(make_sampler: Any, summary: str, source: str) -> Strategy:
    """Return the network on resampled rows, whatever the classes."""
    return Strategy(fit=fits.resampled_by(make_sampler), summary=summary, source=source)


def _interpolated(make_sampler: Any, summary: str, source: str) -> Strategy:
    """Return the network on rows between others, which takes two of every class."""
    return Strategy(
        fit=fits.resampled_by(make_sampler),
        why_not=reasons.single_rows,
        summary=summary,
        source=source,
    )


STRATEGIES: dict[str, Strategy] = {
    "none": Strategy(fit=fits.plain, summary="The network as it is."),
    "class_weight": _trained_with(
        "Every class has the same total weight in training.",
        "King & Zeng, 2001",
        class_weight="balanced",
    ),
    "class_weight_sqrt": _trained_with(
        "Class weights that go half the way: square roots of balanced ones.",
        "Mahajan et al., 2018",
        class_weight="sqrt_balanced",
    ),
    "class_weight_corrected": _trained_with(
        "Balanced class weights that are undone in the probabilities.",
        "Elkan, 2001",
        class_weight="balanced",
        correct_probabilities=True,
    ),
    "focal": _trained_with(
        "A loss in which rows that are already right count less.",
        "Lin et al., 2017",
        loss="focal",
    ),
    "logit_adjusted": _trained_with(
        "A loss that asks more of a class the rarer it is.",
        "Menon et al., 2021",
        loss="logit_adjusted",
    ),
    "ldam_drw": _trained_with(
        "Wider margins for rare classes; class weights in the last epochs.",
        "Cao et al., 2019",
        loss="ldam",
        class_weight="balanced",
        class_weight_start=0.8,
    ),
    "threshold": Strategy(
        fit=fits.tuned_threshold,
        why_not=reasons.any_of(reasons.more_than_two_classes, reasons.single_rows),
        summary="The threshold of least cost, else best balanced accuracy.",
        source="Sheng & Ling, 2006",
    ),
    "min_cost": Strategy(
        fit=fits.with_costs,
        why_not=reasons.no_costs,
        summary="The answer of least expected cost, by the probabilities.",
        source="Elkan, 2001",
    ),
    "random_over": _resampled(
        samplers.random_over,
        "Rows of smaller classes repeated until classes are equal.",
        "Japkowicz & Stephen, 2002",
    ),
    "smote": _interpolated(
        samplers.smote,
        "New rows between neighbours of a class until classes are equal.",
        "Chawla et al., 2002",
    ),
    "smotenc": Strategy(
        fit=fits.resampled_with_text,
        why_not=reasons.any_of(
            reasons.no_text, reasons.no_numbers, reasons.single_rows
        ),
        summary="SMOTE for tables with text, which new rows have from neighbours.",
        source="Chawla et al., 2002",
    ),
    "borderline_smote": _interpolated(
        samplers.borderline_smote,
        "SMOTE from those rows only that are near the border.",
        "Han et al., 2005",
    ),
    "adasyn": _interpolated(
        samplers.adasyn,
        "SMOTE with more new rows where neighbours have another class.",
        "He et al., 2008",
    ),
    "kmeans_smote": _interpolated(
        samplers.kmeans_smote,
        "SMOTE inside clusters in which a small class is frequent.",
        "Douzas et al., 2018",
    ),
    "random_under": _resampled(
        samplers.random_under,
        "Rows of larger classes dropped until classes are equal.",
        "Japkowicz & Stephen, 2002",
    ),
    "near_miss": _resampled(
        samplers.near_miss,
        "Of larger classes only the rows nearest to the smallest class.",
        "Mani & Zhang, 2003",
    ),
    "tomek_links": _resampled(
        samplers.tomek_links,
        "Rows of larger classes dropped where two nearest rows disagree.",
        "Tomek, 1976",
    ),
    "smote_enn": _interpolated(
        samplers.smote_enn,
        "SMOTE, then rows dropped that disagree with their neighbours.",
        "Batista et al., 2004",
    ),
    "smote_tomek": _interpolated(
        samplers.smote_tomek,
        "SMOTE, then both rows dropped where two nearest rows disagree.",
        "Batista et al., 2003",
    ),
    "balanced_bagging": Strategy(
        fit=fits.bagged,
        summary="Ten networks, each on a sample with equally many rows per class.",
        source="Maclin & Opitz, 1997",
    ),
    # Boosted trees, as in the paper: with the network it would be balanced_bagging.
    "easy_ensemble": Strategy(
        fit=fits.fitted_by(EasyEnsembleClassifier()),
        summary="Ten times boosted stumps on undersampled rows; no network.",
        source="Liu et al., 2009",
        is_network=False,
    ),
    "logistic_regression": Strategy(
        # 1,000 steps: 100, the default, are too few for hundreds of one-hot columns.
        fit=fits.fitted_by(LogisticRegression(class_weight="balanced", max_iter=1000)),
        summary="A linear model with balanced class weights; no network.",
        source="King & Zeng, 2001",
        is_network=False,
    ),
    "hist_gradient_boosting": Strategy(
        fit=fits.fitted_by(HistGradientBoostingClassifier()),
        why_not=reasons.sparse_rows,
        summary="Boosted trees as they are; no network.",
        source="Ke et al., 2017",
        is_network=False,
    ),
    "hist_gradient_boosting_balanced": Strategy(
        fit=fits.fitted_by(HistGradientBoostingClassifier(class_weight="balanced")),
        why_not=reasons.sparse_rows,
        summary="Boosted trees with balanced class weights; no network.",
        source="Ke et al., 2017",
        is_network=False,
    ),
    "balanced_random_forest": Strategy(
        fit=fits.fitted_by(BalancedRandomForestClassifier()),
        summary="Trees on samples with equally many rows per class; no network.",
        source="Chen et al., 2004",
        is_network=False,
    ),
}

# Where costs are given, "min_cost" is one more.
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
    "logistic_regression",
    "hist_gradient_boosting",
)
