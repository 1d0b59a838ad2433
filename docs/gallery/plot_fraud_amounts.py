"""
Fraud with amounts: what a miss costs differs by the row
========================================================

A missed fraud costs the amount of the transaction, a false alarm costs the fee of a
review. So small transactions are let through at a risk at which large ones are
reviewed, and no single threshold is right for all.
"""

# %%
# The data
# --------
# Simulated, since real transactions are not public: 30,000 payments with an amount and
# five other features. Frauds are rare, and their amounts come from the same wide range
# as all others.

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
# Amounts pass through a Pipeline
# -------------------------------
# ``predict`` takes ``false_alarm`` and ``miss``: a number, or one for each row. In a
# Pipeline they are metadata, which scikit-learn routes to the step that asks for them.
# The network itself is trained without amounts or weights; it learns how likely a fraud
# is, and the costs decide what to answer.

with sklearn.config_context(enable_metadata_routing=True):
    clf = CostSensitiveMLPClassifier(
        (20,), epochs=30, learning_rate=0.005, random_state=0
    ).set_predict_request(false_alarm=True, miss=True)
    model = make_pipeline(StandardScaler(), clf).fit(X_train, y_train)
    by_amount = model.predict(X_test, false_alarm=FEE, miss=amount_test)

print(f"reviewed: {by_amount.mean():.1%} of the payments")

# %%
# The cheapest answer for a row is "fraud" where ``probability * amount`` is more than
# ``(1 - probability) * fee``. That is the whole rule:

proba = model.predict_proba(X_test)[:, 1]
threshold = FEE / (FEE + amount_test)
print("same answers:", np.array_equal(by_amount == 1, proba > threshold))

# %%
# What it is worth
# ----------------
# :func:`~skweighted.metrics.expected_cost_score` and
# :func:`~skweighted.metrics.cost_savings_score` take a matrix for each row as well:
# rows of a matrix are truths, columns are predictions. Savings are the share of the
# cost of the cheapest constant answer, here to review nothing.

costs = np.zeros((len(y_test), 2, 2))
costs[:, 0, 1] = FEE
costs[:, 1, 0] = amount_test

# %%
# Beside the decisions by amounts stand a threshold of one half, and one threshold for
# all payments, from the mean amount of the frauds that were seen in training.

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
for name, answers in decisions.items():
    found = answers[frauds] == 1
    print(
        f"{name:32}{answers.mean():8.1%}{found.mean():14.1%}"
        f"{amount_test[frauds] @ found / amount_test[frauds].sum():14.1%}"
        f"{expected_cost_score(y_test, answers, cost_matrix=costs):18.3f}"
        f"{cost_savings_score(y_test, answers, cost_matrix=costs):9.1%}"
    )

# %%
# By amounts fewer payments are reviewed than by the fixed threshold, fewer frauds are
# found, and yet more of the money: reviews go where the money is. All of this holds
# for amounts that are known when the decision is made.

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
# A search by cost
# ----------------
# :func:`~skweighted.metrics.make_cost_scorer` takes one matrix for all rows, here that
# of the mean amount. (:doc:`/costs` shows how metadata routing gives a scorer those of
# each row.) Does it pay to weight the classes as well?

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
# The costs already decide, so weights change little; the deviation over the folds says
# how little. Both at once do not count twice: ``predict`` undoes the weights first.
#
# Other costs than these
# ----------------------
# :class:`~skweighted.CostCurveDisplay` shows the same model for every ratio of costs
# and every frequency of fraud, as a share of the highest possible cost (Drummond &
# Holte, 2006). Below the dotted line it is worth more than a constant answer. The
# dashed line is ``predict`` with the fixed matrix; where it meets the curve, near the
# operating point, no other threshold would be cheaper.

fig, ax = plt.subplots(figsize=(7, 4.8), layout="constrained")
model.fit(X_train, y_train)
CostCurveDisplay.from_estimator(
    model, X_test, y_test, cost_matrix=fixed, name="network", ax=ax
)
plt.show()

# %%
# See :doc:`/costs` for the theory and :doc:`/probabilities` for what it needs:
# probabilities that can be believed.
