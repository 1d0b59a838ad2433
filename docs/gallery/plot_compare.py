"""
Compare strategies for imbalance on your own data
=================================================

:func:`~skweighted.compare` cross-validates weights, losses, thresholds and resampling
with the same folds, seeds and preprocessing, and reports which differences are
significant.
"""

# %%
# The data
# --------
# :func:`~skweighted.datasets.load_imbalanced_breast_cancer` returns scikit-learn's
# breast cancer data with few of the malignant cases.

import matplotlib.pyplot as plt
from imblearn.over_sampling import SMOTE, SVMSMOTE
from sklearn.linear_model import LogisticRegression

import skweighted
from skweighted import CostSensitiveMLPClassifier
from skweighted.datasets import load_imbalanced_breast_cancer

X, y = load_imbalanced_breast_cancer()
print(X.shape, y.value_counts().to_dict())

# %%
# A comparison
# ------------
# ``strategies`` takes names of built-in strategies, ``None`` for the default set or
# "all". A dict renames them; here short names keep the tables narrow. ``estimator`` is
# the network that every strategy trains. The preparation of the table, resampling and
# thresholds are fitted on training rows only.

network = CostSensitiveMLPClassifier((20,), epochs=60, learning_rate=0.005)
comparison = skweighted.compare(
    X,
    y,
    estimator=network,
    strategies={
        "none": "none",
        "weighted": "class_weight",
        "corrected": "class_weight_corrected",  # probabilities with weights undone
        "threshold": "threshold",  # tuned for balanced accuracy
        "smote": "smote",
    },
    cv=5,
    random_state=0,
)
print(comparison)

# %%
# Read the result
# ---------------
# First there is a sentence for each purpose: the strategy to use, and how sure it is
# that it is better than no treatment. The table has the means over the folds of the
# metrics that decide. ``comparison.details()`` returns the other metrics, standard
# deviations, and differences. Differences are paired by fold, and their intervals
# account for overlapping training sets (Nadeau & Bengio, 2003); they come with the
# probabilities that a strategy is better, practically equivalent, or worse (Benavoli et
# al., 2017).
#
# With forty malignant cases, eight in each fold, few if any differences in average
# precision are significant. A threshold does not change probabilities, so its log loss
# equals that of no treatment, while recall and precision differ. With a metric,
# ``comparison.verdict`` compares every strategy in it:

for metric in ("log_loss", "minority_recall"):
    print(f"{metric}:")
    for sentence in comparison.verdict(metric):
        print("-", sentence)

# %%
# The figure shows the same differences with their intervals, the best on top. Marker
# and color show the verdict.

fig, axes = plt.subplots(1, 2, figsize=(11, 4.4), layout="constrained")
for ax, metric in zip(axes, ("average_precision", "log_loss"), strict=True):
    comparison.plot(metric, ax=ax)
plt.show()

# %%
# Your own sampler or classifier
# ------------------------------
# An object with ``fit_resample`` is used as a sampler; one with ``fit`` and
# ``predict_proba`` replaces the network. Both receive the same folds and scaled rows,
# and a seed for each fold unless they have their own. With ``cost_matrix``, strategies
# are ranked by the cost of their decisions.

own = skweighted.compare(
    X,
    y,
    estimator=network,
    strategies={
        "none": "none",
        "least cost": "min_cost",
        "smote, 3 neighbours": SMOTE(k_neighbors=3),
        "svm smote": SVMSMOTE(),
        "logistic": LogisticRegression(class_weight="balanced"),
    },
    cost_matrix={(0, 1): 1, (1, 0): 10},  # a missed tumour costs 10 false alarms
    cv=5,
    random_state=0,
)
means = own.summary().xs("mean", axis=1, level=1)
columns = ["expected_cost", "minority_recall", "minority_precision", "log_loss"]
print(means[columns].sort_values("expected_cost").round(3).to_string())
print()
for sentence in own.verdict():
    print("-", sentence)

# %%
# Logistic regression has the best means, although not significantly: on a few hundred
# rows a linear model is hard to beat. Include it in every comparison.
#
# A notebook displays a comparison as a page with all tables and figures, and
# ``comparison.to_html(path)`` writes this page to a file. :doc:`/study` repeats such a
# comparison on many data sets, and :doc:`/choose` draws conclusions.
