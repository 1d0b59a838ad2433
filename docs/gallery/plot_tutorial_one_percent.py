"""
Weight a rare class: one percent positives
==========================================

This is the problem of a popular tutorial on cost-sensitive networks: 10,000 points in
the plane, one in a hundred positive, without label noise. As in the tutorial, the same
small network is trained with and without class weights, by plain stochastic gradient
descent.
"""

# %%
# The data
# --------
# :func:`~skweighted.datasets.make_one_percent_problem` returns the published points,
# split into halves. Each half has about fifty positives, so a single one is about two
# percent of recall; the scores below are no more precise than that.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.metrics import precision_score, recall_score, roc_auc_score

from skweighted import CostSensitiveMLPClassifier
from skweighted.datasets import make_one_percent_problem

X_train, X_test, y_train, y_test = make_one_percent_problem()
print(f"training: {y_train.sum()} positives in {len(y_train)} rows")
print(f"test:     {y_test.sum()} positives in {len(y_test)} rows")

# %%
# The network of the tutorial
# ---------------------------
# It has one hidden layer of 10 units. ``normalize_weights=False`` uses the weights as
# Keras does. By default they are normalized to mean 1 over the rows, so that only their
# ratio matters; that would halve these weights, and the steps of plain gradient
# descent.

settings = {
    "optimizer": "sgd",
    "learning_rate": 0.01,
    "batch_size": 32,
    "epochs": 100,
    "alpha": 0.0,
    "normalize_weights": False,
    "random_state": 0,
}
networks = {
    "no weights": CostSensitiveMLPClassifier((10,), **settings),
    "weights {0: 1, 1: 100}": CostSensitiveMLPClassifier(
        (10,), class_weight={0: 1, 1: 100}, **settings
    ),
}

print(f"{'':22}  ROC AUC  recall  precision")
for name, network in networks.items():
    network.fit(X_train, y_train)
    y_pred = network.predict(X_test)
    print(
        f"{name:22}  {roc_auc_score(y_test, network.predict_proba(X_test)[:, 1]):7.3f}"
        f"  {recall_score(y_test, y_pred):6.2f}"
        f"  {precision_score(y_test, y_pred):9.2f}"
    )

# %%
# With weights the recall is far higher, at the price of false alarms. Whether this is
# worth it depends on what the two mistakes cost: see :doc:`/costs`.
#
# The tutorial reports a ROC AUC of 0.949 without weights and 0.973 with them. Other
# seeds draw other initial weights and batches and give other scores.
#
# Decision boundaries
# -------------------
# :class:`sklearn.inspection.DecisionBoundaryDisplay` accepts the classifier like any
# other. The shade is the predicted probability of class 1. On the black line it is one
# half, which is the boundary of ``predict``.

fig, axes = plt.subplots(
    1, 2, figsize=(10, 4.6), sharex=True, sharey=True, layout="constrained"
)
is_rare = y_test == 1
for ax, (name, network) in zip(axes, networks.items(), strict=True):
    surface = DecisionBoundaryDisplay.from_estimator(
        network,
        X_test,
        response_method="predict_proba",
        class_of_interest=1,
        plot_method="contourf",
        levels=np.linspace(0, 1, 11),
        grid_resolution=200,
        cmap="Greys",
        alpha=0.6,
        ax=ax,
    )
    ax.contour(
        surface.xx0, surface.xx1, surface.response, [0.5], colors="black", linewidths=2
    )
    ax.scatter(*X_test[~is_rare].T, s=4, color="tab:blue", label="class 0")
    ax.scatter(
        *X_test[is_rare].T,
        s=40,
        color="tab:orange",
        edgecolor="black",
        marker="^",
        label="class 1 (rare)",
    )
    ax.set(title=name, xlabel="first feature")
axes[0].set_ylabel("second feature")
axes[0].legend(loc="best", framealpha=1)
fig.colorbar(surface.surface_, ax=axes, label="probability of class 1")
plt.show()

# %%
# The probabilities on the right are those of a problem in which positives are a hundred
# times as frequent. They lead to good decisions but not to the true risk of a row.
# :ref:`sphx_glr_auto_gallery_plot_calibration.py` shows how to get both.
