"""
Classify text with a rare class and sparse features
===================================================

TF-IDF features of text are a sparse matrix with thousands of columns. The network
accepts it and makes one batch at a time dense, so a text classifier is a pipeline of
two steps.
"""

# %%
# The data
# --------
# The texts are sentences from the docstrings of Python's standard library. Those of
# :mod:`statistics` are the rare class. They differ a little between Python versions.

import inspect
import re
from importlib import import_module

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import (
    PrecisionRecallDisplay,
    average_precision_score,
    classification_report,
    make_scorer,
)
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline

from skweighted import CostSensitiveMLPClassifier

MODULES = [
    *("argparse", "ast", "asyncio", "collections", "contextlib", "datetime"),
    *("difflib", "fractions", "heapq", "http.client", "imaplib", "inspect", "io"),
    *("itertools", "logging", "math", "os", "pathlib", "pickle", "random", "shutil"),
    *("socket", "sqlite3", "ssl", "statistics", "subprocess", "tarfile", "threading"),
    *("time", "typing", "unittest", "urllib.request", "uuid", "zipfile"),
]


def public(owner):
    """Yield what a module or class has under public names."""
    for name, value in vars(owner).items():
        if not name.startswith("_") and callable(value):
            yield value


def sentences(module):
    """Return the distinct sentences of the docstrings of a module, sorted."""
    objects = [
        thing
        for thing in public(import_module(module))
        if str(getattr(thing, "__module__", "")).startswith(module)  # not imported
    ]
    objects += [
        part for kind in objects if isinstance(kind, type) for part in public(kind)
    ]
    texts = "\n\n".join(inspect.getdoc(thing) or "" for thing in objects)
    pieces = re.split(r"\n\s*\n|(?<=\.)\s", texts)
    clean = {" ".join(piece.split()) for piece in pieces}
    return sorted(piece for piece in clean if re.fullmatch(r"[A-Z][^>]{15,}\.", piece))


texts, modules = [], []
for module in MODULES:
    found = sentences(module)
    texts += found
    modules += [module] * len(found)
y = np.where(np.array(modules) == "statistics", "statistics", "other")
print(f"{len(texts)} sentences, {np.mean(y == 'statistics'):.1%} of the rare class")
print("one of them:", texts[modules.index("statistics") + 3])

X_train, X_test, y_train, y_test = train_test_split(
    texts, y, test_size=0.4, stratify=y, random_state=0
)

# %%
# The pipeline
# ------------
# Nearly all entries of the sparse matrix are zero. Training and prediction make one
# block of rows at a time dense. ``max_features`` limits the vocabulary and fixes the
# number of columns in every fold of the search below; networks of one shape share a
# compiled program, see :doc:`/engine`.

model = make_pipeline(
    TfidfVectorizer(sublinear_tf=True, max_features=1000, dtype=np.float32),
    CostSensitiveMLPClassifier(
        (16,),
        class_weight="balanced",
        epochs=15,
        learning_rate=0.003,
        batch_size=64,
        random_state=0,
    ),
).fit(X_train, y_train)

X_tfidf = model[0].transform(X_train)
print("sparse:", sparse.issparse(X_tfidf), "of shape", X_tfidf.shape)
print(f"entries that are not zero: {X_tfidf.nnz / np.prod(X_tfidf.shape):.2%}")
print("trained by the engine:", model[-1].engine_)

# %%
# With ``dtype=np.float32`` in the vectorizer the network also trains in single
# precision, which is faster and sufficient for text.

print(classification_report(y_test, model.predict(X_test)))

# %%
# A search
# --------
# A grid search tunes the parameters of both steps. Average precision does not depend on
# a threshold. Since the labels are strings, the scorer needs ``pos_label``.

average_precision = make_scorer(
    average_precision_score, response_method="predict_proba", pos_label="statistics"
)
grid = {
    "tfidfvectorizer__ngram_range": [(1, 1), (1, 2)],
    "costsensitivemlpclassifier__class_weight": [None, "balanced"],
}
search = GridSearchCV(model, grid, scoring=average_precision, cv=3)
search.fit(X_train, y_train)
columns = {
    "param_tfidfvectorizer__ngram_range": "ngram_range",
    "param_costsensitivemlpclassifier__class_weight": "class_weight",
    "mean_test_score": "average precision",
    "std_test_score": "deviation over folds",
}
table = pd.DataFrame(search.cv_results_)[list(columns)].rename(columns=columns)
table["class_weight"] = table["class_weight"].fillna("None")
print(table.round(3).to_string(index=False))

# %%
# With so few rare sentences, scores vary over the folds by about as much as between the
# candidates, so this search is inconclusive. Weights do change where ``predict`` lies
# on the precision-recall curve:

fig, ax = plt.subplots(figsize=(6.4, 4.8), layout="constrained")
looks = [(None, "-", "o"), ("balanced", "--", "s")]
for class_weight, line, marker in looks:
    model.set_params(costsensitivemlpclassifier__class_weight=class_weight)
    model.fit(X_train, y_train)
    display = PrecisionRecallDisplay.from_estimator(
        model,
        X_test,
        y_test,
        pos_label="statistics",
        name=f"class_weight={class_weight}",
        curve_kwargs={"linestyle": line},
        ax=ax,
    )
    found = model.predict(X_test) == "statistics"
    rare = y_test == "statistics"
    ax.plot(
        np.mean(found[rare]),
        np.mean(rare[found]),
        marker,
        markersize=10,
        markeredgecolor="black",
        color=display.line_.get_color(),
        label=f"its predict ({class_weight})",
        zorder=3,
    )
ax.set(xlabel="recall of class statistics", ylabel="precision", xlim=(0, 1.02))
ax.set_ylim(0, 1.02)
ax.legend(loc="lower left")
plt.show()

# %%
# With weights, ``predict`` has a higher recall and a lower precision. With so few rare
# sentences, the curves are too rough to decide which one is better. :doc:`/choose`
# describes the alternatives.
