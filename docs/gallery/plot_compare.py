"""
Which treatment of imbalance is better on my data?
==================================================

:func:`~skweighted.compare` runs weights, losses, thresholds and resampling with the
same folds, seeds and preprocessing, and says which differences are more than chance.
"""

# %%
# The data
# --------
# Scikit-learn's breast cancer data with few of its malignant cases:
# :func:`~skweighted.datasets.load_imbalanced_breast_cancer`.

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
# ``strategies`` takes the names of built-in treatments; ``None`` stands for a default
# set and "all" for all of them. A dict gives them names of one's own, here short ones
# so that the tables stay narrow. ``estimator`` is the network that every strategy
# trains. Imputation, scaling, resampling and the tuning of thresholds are fitted on
# training rows only.

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
# How to read it
# --------------
# The tables have the mean and the standard deviation over the folds. The differences
# are paired, fold by fold, and their intervals allow for training sets that overlap
# (Nadeau & Bengio, 2003). The last three columns are the probabilities that a strategy
# is better, practically the same, or worse (Benavoli et al., 2017).
#
# With forty malignant cases, eight in each fold, few differences in average precision
# can be told from chance, and the sentences below the tables say so. A threshold
# changes no probability, so it has the very log loss of "none"; its recall and
# precision differ. ``comparison.verdict()`` gives the sentences, for any of the
# measures:

for metric in ("log_loss", "minority_recall"):
    print(f"{metric}:")
    for sentence in comparison.verdict(metric):
        print("-", sentence)

# %%
# The picture has the same differences with their intervals, the best on top. Marker and
# words tell the decision, beside the colour.

fig, axes = plt.subplots(1, 2, figsize=(11, 4.4), layout="constrained")
for ax, metric in zip(axes, ("average_precision", "log_loss"), strict=True):
    comparison.plot(metric, ax=ax)
plt.show()

# %%
# Your own sampler or classifier
# ------------------------------
# Whatever has ``fit_resample`` is a sampler, and what has ``fit`` and ``predict_proba``
# is a classifier that takes the place of the network. Both get the same folds and the
# same scaled rows, and a seed for each fold where they have none. ``cost_matrix`` adds
# what decisions cost; strategies are then ranked by it.

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
# The logistic regression is ahead of all networks by its means, if not surely so: on a
# few hundred rows a linear model is hard to beat. It belongs into every comparison.
#
# In a notebook a comparison shows itself as a page with all tables and pictures, and
# ``comparison.to_html(path)`` writes that page to a file. :doc:`/study` has the results
# of such a comparison on many data sets, and :doc:`/choose` what follows from them.
