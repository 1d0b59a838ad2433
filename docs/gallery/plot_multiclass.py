"""
Several classes, two of them rare
=================================

Three classes have very different sizes. Class weights move predictions from the common
class to the rare ones. A cost matrix states which confusions are worse than others.
"""

# %%
# The data
# --------
# The data describe 4,000 simulated machines. Most are fine, some are worn and few are
# broken. The classes overlap, so no classifier is perfect.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_classification
from sklearn.metrics import (
    ConfusionMatrixDisplay,
    balanced_accuracy_score,
    log_loss,
    recall_score,
)
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skweighted import CostSensitiveMLPClassifier, compute_class_weight
from skweighted.metrics import cost_savings_score, expected_cost_score

X, y = make_classification(
    n_samples=4000,
    n_features=10,
    n_informative=5,
    n_classes=3,
    n_clusters_per_class=1,
    weights=[0.87, 0.1],
    class_sep=0.8,
    random_state=0,
)
labels = ["fine", "worn", "broken"]
y = np.array(labels)[y]
X_train, X_test, y_train, y_test = train_test_split(
    X, y, test_size=0.5, stratify=y, random_state=0
)
for label in labels:
    print(f"{label:8}{np.sum(y_train == label):6} rows for training")

# %%
# Class weights
# -------------
# :func:`~skweighted.compute_class_weight` returns the weights of a strategy. "balanced"
# gives every class the same total weight, and "sqrt_balanced" takes the square roots of
# these weights. "effective_number" assumes that rows of a large class are partly
# redundant (Cui et al., 2019). Only ratios matter, so the weights are divided here by
# that of the common class.

strategies = [None, "sqrt_balanced", "effective_number", "balanced"]
print("class_weight       " + "".join(f"{label:>8}" for label in labels))
for strategy in strategies:
    weights = compute_class_weight(strategy, classes=labels, y=y_train)
    cells = "".join(f"{weight:8.1f}" for weight in weights / weights[0])
    print(f"{strategy!s:19}{cells}")

# %%
# One network for each strategy
# -----------------------------
# Balanced accuracy is the mean recall of the classes. Log loss measures
# ``predict_proba``.


def network(**params):
    """Return a pipeline of a scaler and a small network, fitted."""
    clf = CostSensitiveMLPClassifier(
        (20,), epochs=60, batch_size=50, random_state=0, **params
    )
    return make_pipeline(StandardScaler(), clf).fit(X_train, y_train)


models = {
    str(strategy): network(class_weight=strategy, correct_probabilities=True)
    for strategy in strategies
}
header = "".join(f"{label:>8}" for label in labels)
print(f"recall of          {header}  balanced accuracy  log loss")
for name, model in models.items():
    y_pred = model.predict(X_test)
    recalls = recall_score(y_test, y_pred, labels=labels, average=None)
    cells = "".join(f"{recall:8.2f}" for recall in recalls)
    print(
        f"{name:19}{cells}{balanced_accuracy_score(y_test, y_pred):19.3f}"
        f"{log_loss(y_test, model.predict_proba(X_test)):10.3f}"
    )

# %%
# The closer the weights are to balanced, the higher is the recall of the rare classes
# and the lower that of the common one. ``correct_probabilities=True`` undoes the
# weights in ``predict_proba``, so the log loss stays about the same as without weights.
#
# Confusion matrices
# ------------------

fig, axes = plt.subplots(1, 2, figsize=(9, 4), sharey=True, layout="constrained")
for ax, name in zip(axes, ["None", "balanced"], strict=True):
    ConfusionMatrixDisplay.from_predictions(
        y_test,
        models[name].predict(X_test),
        labels=labels,
        cmap="Blues",
        colorbar=False,
        ax=ax,
    )
    ax.set(title=f"class_weight={name}", xlabel="predicted")
axes[0].set_ylabel("true")
axes[1].set_ylabel("")
plt.show()

# %%
# Without weights most broken machines are predicted as another class, because that is
# more likely. With balanced weights most are found, and many fine machines are sent to
# the workshop too.
#
# A cost matrix
# -------------
# Which is better depends on what mistakes cost. Predicting "fine" for a broken machine
# costs 50, predicting "worn" costs 10, and so on. A dict
# ``{(true class, prediction): cost}`` is safest, since it does not depend on the order
# of the classes.

costs = {
    ("fine", "worn"): 1,
    ("fine", "broken"): 3,
    ("worn", "fine"): 5,
    ("worn", "broken"): 2,
    ("broken", "fine"): 50,
    ("broken", "worn"): 10,
}
print("class_weight        cost per row: most likely  least cost  savings")
for name, model in models.items():
    by_costs = model.predict(X_test, cost_matrix=costs)
    paid = [
        expected_cost_score(y_test, y_pred, cost_matrix=costs)
        for y_pred in (model.predict(X_test), by_costs)
    ]
    saved = cost_savings_score(y_test, by_costs, cost_matrix=costs)
    print(f"{name:19}{paid[0]:27.3f}{paid[1]:12.3f}{saved:9.1%}")

# %%
# For every network, the predictions of least expected cost are cheaper than the most
# likely ones, most of all without weights. Savings are relative to the cheapest
# constant prediction. Weights and costs do not count twice: ``predict`` undoes the
# weights before it uses the costs, see :doc:`/costs`.
