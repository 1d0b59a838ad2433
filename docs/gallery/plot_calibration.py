"""
Class weights and resampling distort probabilities; how to undo it
==================================================================

A network that was trained with class weights, or on resampled rows, gives the
probabilities of another population, in which the rare class is frequent. Decisions may
be fine, but a predicted risk of one half is no risk of one half.
"""

# %%
# The data
# --------
# Simulated, so that the true probability of each row is known: 20,000 rows, of which
# few are positive.

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
# pipeline that resamples, :class:`~skweighted.PriorCorrectedClassifier` counts the
# classes before and after the sampler and puts the shares of ``y`` back (Dal Pozzolo
# et al., 2015).


def network(**params):
    """Return an unfitted network."""
    return CostSensitiveMLPClassifier(
        (20,), epochs=30, learning_rate=0.003, random_state=0, **params
    )


def undersampled():
    """Return a pipeline that keeps as many negative rows as there are positive ones."""
    # Fewer rows are fewer gradient steps, so it gets more epochs.
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
# ROC AUC hardly differs, since the order of the rows is about the same. Log loss does:
# weights and undersampling make it about three times as large, and undoing them
# brings it back to about that of the network without weights. The true probabilities,
# which only a simulation knows, are the bound.
#
# Corrections change no answer. ``predict`` of a weighted network stays the weighted
# one, so the alarms, which are the share of rows answered positive, are the same:

for name in ("balanced", "undersampled"):
    before, after = models[name], models[f"{name}, corrected"]
    same = np.array_equal(before.predict(X_test), after.predict(X_test))
    print(f"{name}: same answers after the correction: {same}")

# %%
# Look at it
# ----------
# On the diagonal a probability happens as often as it says.
# :class:`~skweighted.CalibrationCorrectionDisplay` draws a weighted network before and
# after its correction; ``from_predictions`` takes any two sets of probabilities. The
# histogram below has the number of rows on a logarithmic scale.

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
# Uncorrected, a risk that is announced as about one half is in truth of a few per cent.
#
# Why it matters
# --------------
# Costs decide on probabilities. With those of a weighted network a cost would count
# twice, once in the weights and once in the threshold, so ``predict`` with costs always
# undoes the weights, whatever ``correct_probabilities`` says. A threshold by hand does
# not:

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
# :doc:`/probabilities` says what can be undone, and how exactly; :doc:`/costs` what to
# do with it.
