"""The card of a model: what it is, as plain values that JSON can hold, and as text."""

import math
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import check_consistent_length

from skweighted._model._columns import Reference, references_of
from skweighted._model._for_prediction import decided_by, last_step
from skweighted._model._prior import implied_prior
from skweighted._text import count, printable, shortened
from skweighted.exceptions import TableError

Card = dict[str, Any]

# The prior is computed from at most so many training rows.
MOST_ROWS = 100_000

# Columns of an identifier would otherwise fill the screen.
MOST_SHOWN = 50


def card_of(
    fitted: Any,
    X: pd.DataFrame,
    y: np.ndarray,
    *,
    target: str | None,
    strategy: str | None,
    reason: str | None,
    scores: pd.DataFrame | None,
    fit_seconds: float | None,
) -> Card:
    """Return what a fitted classifier is, apart from versions; see `Model.describe`."""
    check_consistent_length(X, y)
    n_rows_of = _counted(y)
    columns = references_of(X)
    # A class whose rows all have weight 0 is in y, but not in the classifier.
    labels = fitted.classes_.tolist()
    for label in labels:
        if label not in n_rows_of:
            raise TableError(
                f"y must have the labels of the rows that the classifier was fitted "
                f"on. Its class {label!r} is not in y. Pass the X and y of fit."
            )
    n_each = np.array([n_rows_of[label] for label in labels])
    last = last_step(fitted)
    threshold, label, is_proba = decided_by(fitted) or (None, None, None)
    rows = np.linspace(0, len(X) - 1, min(len(X), MOST_ROWS)).astype(int)
    proba = fitted.predict_proba(X.iloc[rows])
    return {
        "strategy": strategy,
        "reason": reason,
        "classifier": type(last).__name__,
        "target": target,
        "trained": datetime.now(UTC).isoformat(timespec="seconds"),
        "n_rows": len(X),
        "fit_seconds": fit_seconds,
        "classes": [
            {"label": one, "n_rows": n_rows}
            for one, n_rows in zip(labels, n_each.tolist(), strict=True)
        ],
        # The last of equally rare classes, as in a comparison.
        "positive": labels[len(n_each) - 1 - int(n_each[::-1].argmin())],
        "class_weight": _class_weight(last, labels),
        "cost_matrix": _matrix(getattr(last, "cost_matrix_", None)),
        "threshold": threshold,
        "threshold_label": label,
        "threshold_is_proba": is_proba,
        "implied_prior": implied_prior(proba, n_each / n_each.sum()).tolist(),
        "scores": _scores(scores),
        "columns": columns,
    }


def _counted(y: np.ndarray) -> dict[Any, int]:
    """Return the number of rows of each label, if JSON can hold the labels."""
    if y.ndim == 2 and y.shape[1] > 1:
        raise TableError(
            f"y must have one label per row to describe a model. Got {y.shape[1]} "
            f"columns. To save a multilabel classifier, use skops.io.dump."
        )
    labels, counts = np.unique(y, return_counts=True)
    listed = labels.tolist()
    if labels.dtype.kind in "mM" or not all(
        isinstance(label, str | int | float) for label in listed
    ):
        kind = type(listed[0]).__name__ if labels.dtype == object else labels.dtype
        raise TableError(
            f"Labels must be text, numbers or booleans to describe a model. Got labels "
            f"of type {kind}. Fit the classifier with y.astype(str)."
        )
    return dict(zip(listed, counts.tolist(), strict=True))


def _class_weight(last: Any, labels: list[Any]) -> list[float] | None:
    """Return the weight of each class, None if they are all equal or not known."""
    weights = getattr(last, "class_weight_", None)
    if not isinstance(weights, dict):
        return None
    listed = [float(weights[label]) for label in labels]
    return listed if max(listed) > min(listed) else None


def _matrix(costs: Any) -> list[list[float]] | None:
    """Return costs as lists."""
    return None if costs is None else np.asarray(costs, dtype=float).tolist()


def _scores(scores: pd.DataFrame | None) -> list[dict[str, Any]]:
    """Return the rows of a table of intervals; None for what is not finite."""
    if scores is None:
        return []
    return [
        {"metric": str(metric), "n_folds": int(row["n_folds"])}
        | {
            name: float(row[name]) if math.isfinite(row[name]) else None
            for name in ("mean", "low", "high")
        }
        for metric, row in scores.iterrows()
    ]


def in_words(card: Card) -> str:
    """Return the card as text."""
    seconds = "" if card["fit_seconds"] is None else f" in {card['fit_seconds']:.1f} s"
    trained = datetime.fromisoformat(card["trained"])
    labels = [one["label"] for one in card["classes"]]
    classes = ", ".join(
        f"{one['label']}: {one['n_rows']:,} = {one['n_rows'] / card['n_rows']:.1%}"
        for one in card["classes"]
    )
    facts = {
        "model": card["classifier"],
        "strategy": card["strategy"],
        "why": card["reason"],
        "trained": f"{trained:%Y-%m-%d %H:%M} UTC on {card['n_rows']:,} rows{seconds}",
        "target": card["target"],
        "classes": f"{classes}; positive: {card['positive']}",
        "class weights": _weights_in_words(card["class_weight"], labels),
        "costs": _costs_in_words(card["cost_matrix"], labels),
        "decides by": _decision_in_words(card, labels),
        "versions": ", ".join(f"{n} {v}" for n, v in card["versions"].items()),
    }
    facts = {name: fact for name, fact in facts.items() if fact}
    width = max(map(len, facts)) + 2
    lines = [f"{name:{width}}{fact}" for name, fact in facts.items()]
    lines += ["", *_scores_in_words(card["scores"])]
    n_columns = len(card["columns"])
    lines += ["", f"It needs {count(n_columns, 'column')}:"]
    shown = card["columns"][:MOST_SHOWN]
    name_width = max(len(one["name"]) for one in shown) + 2
    for one in shown:
        held = _column_in_words(one, card["n_rows"])
        lines.append(f"  {one['name']:{name_width}}{one['kind']:10}{held}".rstrip())
    if n_columns > MOST_SHOWN:
        lines.append(f"  ... and {n_columns - MOST_SHOWN:,} more")
    # The file may be of anyone, and a terminal obeys control characters.
    return "\n".join(map(printable, lines))


def _weights_in_words(weights: list[float] | None, labels: list[Any]) -> str:
    """Return class weights as text."""
    if weights is None:
        return ""
    pairs = zip(labels, weights, strict=True)
    return ", ".join(f"{label}: {weight:.3g}" for label, weight in pairs)


def _costs_in_words(costs: list[list[float]] | None, labels: list[Any]) -> str:
    """Return costs as text."""
    if costs is None:
        return ""
    return ", ".join(
        f"{truth} predicted as {prediction}: {costs[i][j]:g}"
        for i, truth in enumerate(labels)
        for j, prediction in enumerate(labels)
        if costs[i][j] != 0
    )


def _decision_in_words(card: Card, labels: list[Any]) -> str:
    """Return how the model decides."""
    if card["threshold"] is not None:
        # Earlier cards have only the number.
        is_proba = card.get("threshold_is_proba", True)
        score = "probability of" if is_proba else "decision function for"
        label = card.get("threshold_label", labels[1])
        return f"{score} {label} of at least {card['threshold']:.3g}"
    if card["cost_matrix"] is not None:
        return "least expected cost"
    return "most probable class"


def _scores_in_words(scores: list[dict[str, Any]]) -> list[str]:
    """Return scores with their intervals as lines."""
    if not scores:
        return [
            "Scores: none. `train --best METRIC` has them, and Model.describe with "
            "scores."
        ]
    n_folds = max(one["n_folds"] for one in scores)
    lines = [f"Scores (mean over {count(n_folds, 'fold')}, 95% interval):"]
    for one in scores:
        if one["mean"] is None:
            continue
        interval = ""
        if one["low"] is not None:
            interval = f"{one['low']:.3g} to {one['high']:.3g}"
        name = one["metric"].replace("_", " ")
        lines.append(f"  {name:24}{one['mean']:<10.3g}{interval}".rstrip())
    return lines


def _column_in_words(reference: Reference, n_rows: int) -> str:
    """Return what a column held."""
    parts = []
    if "low" in reference:
        low, high = reference["low"], reference["high"]
        if reference["kind"] == "date":
            days = np.array([low, high]).astype("datetime64[D]")
            parts.append(f"{days[0]} to {days[1]}")
        else:
            unit = " days" if reference["kind"] == "duration" else ""
            parts.append(f"{low:.6g} to {high:.6g}{unit}")
    elif "categories" in reference:
        parts.append(shortened(reference["categories"], 5))
    if reference["n_missing"]:
        parts.append(f"{reference['n_missing'] / n_rows:.1%} missing")
    return "; ".join(parts)
