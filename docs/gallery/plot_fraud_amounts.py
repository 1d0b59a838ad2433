"""
Fraud detection with a different cost for each transaction
==========================================================

A missed fraud costs the amount of the transaction, and a false alarm costs the fee of a
review. At the same risk, a large transaction is worth a review and a small one is not,
so no single threshold fits all.
"""

# %%
# The data
# --------
# The data are simulated: 30,000 payments with an amount and five other features. Frauds
# are rare, and their amounts have the same distribution as all others.

import matplotlib.pyplot as plt
import numpy as np
import sklearn
from scipy.special import expit
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skweighted import CostCurveDisplay, CostSensitiveMLPClassifier
from skweighted.metrics import cost_savings_score, expected_cost_score, make_cost_scorer

random_generator = np.random.default_rng(0)
amount = random_generator.lognormal(mean=4, sigma=1.2, size=30_000)
features = random_generator.normal(size=(len(amount), 5))
score = 1.5 * features[:, 0] - features[:, 1] + features[:, 2] * features[:, 3] - 6
is_fraud = random_generator.random(len(amount)) < expit(score)
X = np.column_stack([features, np.log(amount)])
y = is_fraud.astype(int)
X_train, X_test, y_train, y_test, amount_train, amount_test = train_test_split(
    X, y, amount, test_size=0.5, stratify=y, random_state=0
)
FEE = 10.0  # of a review, in the unit of the amounts
print(f"{y.mean():.2%} frauds, {y_test.sum()} of them for testing")
print("quartiles of the amounts:", np.percentile(amount, [25, 50, 75]).round())

# %%
# Pass amounts through a pipeline
# -------------------------------
# ``predict`` takes ``false_alarm`` and ``miss``, each a number or an array with a value
# for each row. A pipeline routes them as metadata to the step that requests them. The
# network is trained without amounts or weights: it estimates the probability of fraud,
# and the costs determine the decision.

with sklearn.config_context(enable_metadata_routing=True):
    clf = CostSensitiveMLPClassifier(
        (20,), epochs=30, learning_rate=0.005, random_state=0
    ).set_predict_request(false_alarm=True, miss=True)
    model = make_pipeline(StandardScaler(), clf).fit(X_train, y_train)
    by_amount = model.predict(X_test, false_alarm=FEE, miss=amount_test)

print(f"reviewed: {by_amount.mean():.1%} of the payments")

# %%
# Predicting "fraud" is cheapest if ``probability * amount`` is more than
# ``(1 - probability) * fee``:

proba = model.predict_proba(X_test)[:, 1]
threshold = FEE / (FEE + amount_test)
print("same decisions:", np.array_equal(by_amount == 1, proba > threshold))

# %%
# Measure the savings
# -------------------
# :func:`~skweighted.metrics.expected_cost_score` and
# :func:`~skweighted.metrics.cost_savings_score` also take a matrix for each row. Rows
# of a matrix are true classes, columns are predictions. Savings are relative to the
# cheapest constant decision, here to review nothing.

costs = np.zeros((len(y_test), 2, 2))
costs[:, 0, 1] = FEE
costs[:, 1, 0] = amount_test

# %%
# The baselines are a threshold of one half, and one threshold for all payments, from
# the mean amount of the training frauds.

mean_amount = amount_train[y_train == 1].mean()
fixed = [[0, FEE], [mean_amount, 0]]
decisions = {
    "review nothing": np.zeros_like(y_test),
    "review everything": np.ones_like(y_test),
    "threshold 0.5": model.predict(X_test),
    "fixed threshold by mean amount": (proba > FEE / (FEE + mean_amount)).astype(int),
    "threshold by each amount": by_amount,
}
print(f"{'decision':32}reviewed  frauds found  their amount  cost per payment  savings")
frauds = y_test == 1
for name, y_pred in decisions.items():
    found = y_pred[frauds] == 1
    print(
        f"{name:32}{y_pred.mean():8.1%}{found.mean():14.1%}"
        f"{amount_test[frauds] @ found / amount_test[frauds].sum():14.1%}"
        f"{expected_cost_score(y_test, y_pred, cost_matrix=costs):18.3f}"
        f"{cost_savings_score(y_test, y_pred, cost_matrix=costs):9.1%}"
    )

# %%
# Compared with the fixed threshold, thresholds by amount review fewer payments and find
# fewer frauds, but more of the money. This requires amounts that are known when the
# decision is made.

fig, ax = plt.subplots(figsize=(7, 5.2), layout="constrained")
ax.scatter(
    amount_test[~frauds], proba[~frauds], s=4, color="tab:blue", label="no fraud"
)
ax.scatter(
    amount_test[frauds],
    proba[frauds],
    s=24,
    marker="^",
    color="tab:orange",
    edgecolor="black",
    linewidth=0.5,
    label="fraud",
)
line = np.geomspace(amount_test.min(), amount_test.max(), 200)
ax.plot(line, FEE / (FEE + line), color="black", linewidth=2, label="by each amount")
ax.axhline(
    FEE / (FEE + mean_amount),
    color="black",
    linestyle="--",
    label="fixed, by the mean amount",
)
ax.set(xscale="log", yscale="logit", ylim=(1e-4, 0.999))
ax.set(xlabel="amount", ylabel="predicted probability of fraud")
ax.set_title("reviewed above the line")
fig.legend(loc="outside lower center", ncols=4)
plt.show()

# %%
# Search by cost
# --------------
# :func:`~skweighted.metrics.make_cost_scorer` takes one matrix for all rows, here that
# of the mean amount. (:doc:`/costs` shows how to pass a matrix for each row by metadata
# routing.) Does it pay to weight the classes as well?

model.set_params(costsensitivemlpclassifier__cost_matrix=fixed)
grid = {"costsensitivemlpclassifier__class_weight": [None, "sqrt_balanced", "balanced"]}
search = GridSearchCV(model, grid, scoring=make_cost_scorer(fixed), cv=3)
search.fit(X_train, y_train)
for params, mean, deviation in zip(
    search.cv_results_["params"],
    search.cv_results_["mean_test_score"],
    search.cv_results_["std_test_score"],
    strict=True,
):
    print(f"{params['costsensitivemlpclassifier__class_weight']!s:14}", end="")
    print(f"cost per payment {-mean:.3f}, deviation over folds {deviation:.3f}")

# %%
# Since the costs already determine the decisions, weights change the cost by no more
# than it varies over the folds. They do not count twice: ``predict`` undoes the weights
# first.
#
# Other costs
# -----------
# :class:`~skweighted.CostCurveDisplay` shows the same model for every ratio of costs
# and every frequency of fraud, as a share of the highest possible cost (Drummond &
# Holte, 2006). Below the dotted line it is better than a constant decision. The dashed
# line is ``predict`` with the fixed matrix; where it meets the curve, near the
# operating point, no other threshold is cheaper.

fig, ax = plt.subplots(figsize=(7, 4.8), layout="constrained")
model.fit(X_train, y_train)
CostCurveDisplay.from_estimator(
    model, X_test, y_test, cost_matrix=fixed, name="network", ax=ax
)
plt.show()

# %%
# See :doc:`/costs` for the theory and :doc:`/probabilities` for calibrated
# probabilities, on which it depends.
