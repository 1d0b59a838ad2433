"""
Multilabel data with weights and costs for each label
=====================================================

A row of a multilabel problem has any number of labels: a support ticket may be a
complaint, ask for a refund and report a safety risk. Each label has its own frequency
and its own costs.
"""

# %%
# The data
# --------
# The data are simulated: eight features of 6,000 tickets, and three labels. ``y`` has a
# column of 0 and 1 for each label.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.metrics import log_loss, precision_score, recall_score
from sklearn.model_selection import train_test_split

from skweighted import CostSensitiveMLPClassifier, ThresholdDisplay
from skweighted.metrics import expected_cost_score

labels = ["complaint", "refund", "safety"]
random_generator = np.random.default_rng(0)
X = random_generator.normal(size=(6000, 8))
scores = X @ random_generator.normal(size=(8, 3)) + [-1.0, -5.0, -7.0]
y = (random_generator.random(scores.shape) < expit(scores)).astype(int)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.5, random_state=0)
for label, share in zip(labels, y_train.mean(axis=0), strict=True):
    print(f"{label:10} holds for {share:6.1%} of the tickets")

# %%
# Weights for each label
# ----------------------
# One network learns all labels. ``class_weight`` is a list with an entry for each
# label: None, a strategy, or a dict. ``class_weight_`` has the resulting weights of 0
# and 1.

settings = {
    "hidden_layer_sizes": (20,),
    "epochs": 40,
    "batch_size": 50,
    "random_state": 0,
    "correct_probabilities": True,
}
plain = CostSensitiveMLPClassifier(**settings).fit(X_train, y_train)
weighted = CostSensitiveMLPClassifier(
    class_weight=[None, "sqrt_balanced", {0: 1, 1: 10}], **settings
).fit(X_train, y_train)
for label, weights in zip(labels, weighted.class_weight_, strict=True):
    print(f"{label:10}", {value: round(float(w), 2) for value, w in weights.items()})

# %%
# ``predict_proba`` returns an array of shape (n_samples, n_labels). Rows do not sum to
# 1, since labels are not exclusive. With ``correct_probabilities=True`` the weights
# affect ``predict`` only.

print(weighted.predict_proba(X_test[:3]).round(3))

# %%
# Recall, precision and log loss of each label:

scores = {}
for name, clf in {"plain": plain, "weighted": weighted}.items():
    y_pred, proba = clf.predict(X_test), clf.predict_proba(X_test)
    scores["recall", name] = recall_score(y_test, y_pred, average=None)
    scores["precision", name] = precision_score(y_test, y_pred, average=None)
    scores["log loss", name] = [
        log_loss(y_test[:, k], proba[:, k]) for k in range(len(labels))
    ]
table = pd.DataFrame(scores, index=labels)[["recall", "precision", "log loss"]]
print(table.round(2).to_string())

# %%
# With weights the recall of the two rare labels is higher, with more false alarms.
# Complaints have no weights; they change slightly because the labels share the hidden
# layer.
#
# Thresholds from costs
# ---------------------
# If you know what a miss and a false alarm cost, you need no weights. The costs are a
# matrix for each label, whose rows are true classes and whose columns are predictions.
# A missed safety risk costs 100 false alarms, a missed refund 5. The threshold of least
# expected cost is ``false_alarm / (false_alarm + miss)`` for each label (Elkan, 2001).

costs = [[[0, 1], [1, 0]], [[0, 1], [5, 0]], [[0, 1], [100, 0]]]
by_costs = weighted.predict(X_test, cost_matrix=costs)
print("label       threshold  cost per ticket: own predict  by costs")
for number, (label, matrix) in enumerate(zip(labels, costs, strict=True)):
    own, cheapest = (
        expected_cost_score(y_test[:, number], y_pred[:, number], cost_matrix=matrix)
        for y_pred in (weighted.predict(X_test), by_costs)
    )
    threshold = matrix[0][1] / (matrix[0][1] + matrix[1][0])
    print(f"{label:10}{threshold:11.3f}{own:30.3f}{cheapest:10.3f}")

# %%
# For safety risks the weight of 10 was far too small, and the threshold from costs
# saves most of the cost. For refunds the weights happened to be about right, and costs
# change little.
#
# Costs passed to ``predict`` apply to this call; with ``cost_matrix=costs`` in the
# constructor they apply to every call.
#
# :class:`~skweighted.ThresholdDisplay` draws the cost per ticket at every threshold,
# for one label at a time. The dotted line is the threshold from costs. The diamond is
# the threshold that was cheapest on these test tickets. If both cost about the same,
# the probabilities can be trusted.

proba = weighted.predict_proba(X_test)
fig, axes = plt.subplots(1, 2, figsize=(11, 4.8), layout="constrained")
for ax, number in zip(axes, (1, 2), strict=True):
    ThresholdDisplay.from_predictions(
        y_test[:, number],
        proba[:, number],
        cost_matrix=costs[number],
        xscale="logit",
        name=labels[number],
        ax=ax,
    )
    ax.set_xlim(0.0005, 0.96)  # the thresholds at which something happens
    ax.set_xlabel(f"threshold on the probability of {labels[number]}")
plt.show()
