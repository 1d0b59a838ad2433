"""
Undo the effect of class weights and resampling on probabilities
================================================================

A network trained with class weights or on resampled rows predicts probabilities for
another population, in which the rare class is frequent. Its decisions may be good, but
a predicted risk of one half is far from a true risk of one half.
"""

# %%
# The data
# --------
# The data are simulated, so that the true probability of each row is known.

import matplotlib.pyplot as plt
import numpy as np
from imblearn.pipeline import make_pipeline
from imblearn.under_sampling import RandomUnderSampler
from scipy.special import expit
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import train_test_split

from skweighted import (
    CalibrationCorrectionDisplay,
    CostSensitiveMLPClassifier,
    PriorCorrectedClassifier,
)
from skweighted.metrics import expected_cost_score

random_generator = np.random.default_rng(0)
X = random_generator.normal(size=(20_000, 4))
true_proba = expit(1.5 * X[:, 0] - X[:, 1] + X[:, 2] * X[:, 3] - 4.5)
y = (random_generator.random(len(X)) < true_proba).astype(int)
X_train, X_test, y_train, y_test, _, true_test = train_test_split(
    X, y, true_proba, test_size=0.5, stratify=y, random_state=0
)
print(f"{y_train.mean():.1%} of {len(y_train)} training rows are positive")

# %%
# Five ways to train
# ------------------
# ``correct_probabilities=True`` undoes the class weights in ``predict_proba``. For a
# pipeline that resamples, :class:`~skweighted.PriorCorrectedClassifier` compares the
# class frequencies before and after the sampler and restores those of ``y`` (Dal
# Pozzolo et al., 2015).


def network(**params):
    """Return an unfitted network."""
    return CostSensitiveMLPClassifier(
        (20,), epochs=30, learning_rate=0.003, random_state=0, **params
    )


def undersampled():
    """Return a pipeline that keeps as many negative rows as there are positive ones."""
    # Fewer rows mean fewer gradient steps, so use more epochs.
    sampler = RandomUnderSampler(random_state=0)
    return make_pipeline(sampler, network().set_params(epochs=150))


models = {
    "no weights": network(),
    "balanced": network(class_weight="balanced"),
    "balanced, corrected": network(class_weight="balanced", correct_probabilities=True),
    "undersampled": undersampled(),
    "undersampled, corrected": PriorCorrectedClassifier(undersampled()),
}

print("                         mean probability  log loss  ROC AUC  alarms")
for name, model in models.items():
    model.fit(X_train, y_train)
    proba = model.predict_proba(X_test)[:, 1]
    print(
        f"{name:25}{proba.mean():16.1%}{log_loss(y_test, proba):10.3f}"
        f"{roc_auc_score(y_test, proba):9.3f}{model.predict(X_test).mean():8.1%}"
    )
print(
    f"{'the true probabilities':25}{true_test.mean():16.1%}"
    f"{log_loss(y_test, true_test):10.3f}{roc_auc_score(y_test, true_test):9.3f}"
)

# %%
# ROC AUC hardly differs, since the order of the rows is about the same. Weights and
# undersampling make the log loss about three times as large; the corrections bring it
# back to about that of the network without weights. The true probabilities, known only
# in a simulation, are the bound.
#
# A correction does not change ``predict``, so the alarms (the share of rows predicted
# positive) stay the same:

for name in ("balanced", "undersampled"):
    before, after = models[name], models[f"{name}, corrected"]
    same = np.array_equal(before.predict(X_test), after.predict(X_test))
    print(f"{name}: same predictions after the correction: {same}")

# %%
# Reliability diagrams
# --------------------
# On the diagonal, events occur as often as predicted.
# :class:`~skweighted.CalibrationCorrectionDisplay` draws a weighted network before and
# after its correction; ``from_predictions`` takes any two sets of probabilities. The
# histogram shows the number of rows on a logarithmic scale.

fig, axes = plt.subplots(1, 2, figsize=(11, 5.4), layout="constrained")
CalibrationCorrectionDisplay.from_estimator(
    models["balanced"], X_test, y_test, name='class_weight="balanced"', ax=axes[0]
)
CalibrationCorrectionDisplay.from_predictions(
    y_test,
    models["undersampled"].predict_proba(X_test)[:, 1],
    models["undersampled, corrected"].predict_proba(X_test)[:, 1],
    name="undersampling",
    ax=axes[1],
)
plt.show()

# %%
# Without correction, a predicted risk of about one half is a true risk of a few
# percent.
#
# Why it matters
# --------------
# The threshold that minimizes the expected cost holds for true probabilities. With
# those of a weighted network the costs count twice, in the weights and in the
# threshold. ``predict`` with costs therefore always undoes the weights, with any
# ``correct_probabilities``. A threshold by hand does not:

costs = [[0, 1], [20, 0]]  # a miss costs 20 false alarms: the threshold is 1 / 21
for name in ("no weights", "balanced", "balanced, corrected"):
    model = models[name]
    by_hand = model.predict_proba(X_test)[:, 1] > 1 / 21
    by_costs = model.predict(X_test, cost_matrix=costs)
    print(
        f"{name:20} cost per row: threshold by hand "
        f"{expected_cost_score(y_test, by_hand.astype(int), cost_matrix=costs):.3f}, "
        f"by costs {expected_cost_score(y_test, by_costs, cost_matrix=costs):.3f}"
    )

# %%
# :doc:`/probabilities` lists what can be undone, and how exactly. :doc:`/costs`
# explains decisions by costs.
