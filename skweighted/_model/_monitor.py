"""`MonitorReport`: how new rows differ from the training rows, from the card alone.

References
----------
N. Siddiqi, "Credit Risk Scorecards", Wiley, 2006.

B. Yurdakul, "Statistical Properties of Population Stability Index", Western Michigan
University, 2018.

M. Saerens, P. Latinne and C. Decaestecker, "Adjusting the outputs of a classifier to
new a priori probabilities: a simple procedure", Neural Computation 14, 2002.
"""

import warnings
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.exceptions import ConvergenceWarning

from skweighted._costs._prior import estimate_prior
from skweighted._model._columns import (
    NUMERICAL,
    Reference,
    bin_counts,
    category_counts,
    values_in,
)
from skweighted._model._prior import changes_of
from skweighted._text import count

# Siddiqi (2006): up to 0.1 no significant change, above 0.25 a significant one.
SOME, LARGE = 0.1, 0.25

# The prior is estimated from at most so many rows, drawn at random. More take seconds,
# and the estimate is exact enough.
MOST_ROWS = 20_000

# Different unknown categories of a column that are counted.
MOST_UNKNOWN = 10_000

# So many categories have a bin of their own; the rarer and the unknown ones share one.
MOST_BINS = 20

# Columns that the text lists.
MOST_LISTED = 10


@dataclass(frozen=True, eq=False)
class MonitorReport:
    """How new rows differ from the training rows; ``str`` of it is a text.

    Attributes
    ----------
    n_rows : int
        New rows.
    columns : DataFrame of shape (n_columns, 7)
        Indexed by column, with

        - ``kind``: "number", "category" and so on;
        - ``missing_in_training``, ``missing``: shares of missing values;
        - ``unseen``: share of the rows with a number outside the range of the training
          rows, or with a category that these do not have; NaN if the column had more
          than 1,000 categories;
        - ``psi``: the population stability index, ``sum((new - old) ln(new / old))``
          over the shares of the tenths of the training rows, or of their 20 most
          frequent categories and all others, and of missing values (Siddiqi, 2006);
        - ``psi_by_chance``: with a probability of 95 %, rows of the same distribution
          have a smaller one (Yurdakul, 2018);
        - ``drift``: "no" if the index is at most 0.1 or may be due to chance, "some" up
          to 0.25, and "large" above (Siddiqi, 2006).
    classes : DataFrame of shape (n_classes, 4)
        Indexed by class, with the shares ``in_training`` and ``estimated`` for the new
        rows by `estimate_prior`, the share ``implied`` by the classifier's
        probabilities, which is the `old_prior` for `adapt_prior`, and the ``change`` in
        words.
    """

    n_rows: int
    columns: pd.DataFrame
    classes: pd.DataFrame

    def __str__(self) -> str:
        drifted = self.columns[self.columns["drift"] != "no"]
        lines = [
            f"{count(self.n_rows, 'row')}; {len(drifted)} of "
            f"{count(len(self.columns), 'column')} "
            f"{'differs' if len(drifted) == 1 else 'differ'} from the training rows."
        ]
        concerns = drifted.index.union(self.columns.index[self.columns["unseen"] > 0])
        table = self.columns.loc[concerns].sort_values("psi", ascending=False)
        if len(table):
            lines += ["", *_listed(table.head(MOST_LISTED))]
        if len(table) > MOST_LISTED:
            lines.append(f"... and {count(len(table) - MOST_LISTED, 'more column')}")
        lines += ["", *self._classes_in_words()]
        return "\n".join(lines)

    def _classes_in_words(self) -> list[str]:
        """Return which classes have become more or less frequent."""
        changed = self.classes[self.classes["change"] != "about as frequent"]
        if not len(changed):
            return ["Classes are estimated to be about as frequent as in training."]
        lines = [
            f"Class {label!r} seems to be {row['change']}: an estimated "
            f"{row['estimated']:.1%} of the rows, and {row['in_training']:.1%} of the "
            f"training rows."
            for label, row in changed.iterrows()
        ]
        shares = [
            f"{name}={[round(share, 4) for share in self.classes[column]]}"
            for name, column in (("old_prior", "implied"), ("new_prior", "estimated"))
        ]
        lines.append(
            f"If each class is like in the training rows and only the shares have "
            f"changed, adapt the probabilities: skweighted.adapt_prior(proba, "
            f"{', '.join(shares)}). Otherwise, train on new rows."
        )
        return lines


def _listed(table: pd.DataFrame) -> list[str]:
    """Return the rows of a table of columns as aligned text."""
    cells = [("column", "drift", "PSI", "by chance", "unseen", "missing", "training")]
    for name, row in table.iterrows():
        unseen = "" if np.isnan(row["unseen"]) else f"{row['unseen']:.1%}"
        cells.append(
            (
                *(str(name), row["drift"], f"{row['psi']:.3f}"),
                *(f"{row['psi_by_chance']:.3f}", unseen),
                *(f"{row['missing']:.1%}", f"{row['missing_in_training']:.1%}"),
            )
        )
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in cells]


class Monitor:
    """Counts of new rows, which may come in parts.

    Parameters
    ----------
    card : dict
        Of the model.
    """

    def __init__(self, card: dict[str, Any]) -> None:
        self._card = card
        self._columns = [_Counts(reference) for reference in card["columns"]]
        self._rng = np.random.default_rng(0)
        self._keys, self._proba = np.empty(0), np.empty((0, len(card["classes"])))
        self.n_rows = 0

    def add(self, table: pd.DataFrame, proba: np.ndarray) -> None:
        """Count rows, as `conform` returns them, with their probabilities."""
        self.n_rows += len(table)
        for counts in self._columns:
            counts.add(table.loc[:, counts.name])
        # The rows with the smallest random numbers are a sample of all rows so far.
        keys = np.append(self._keys, self._rng.random(len(proba)))
        kept = np.sort(np.argsort(keys)[:MOST_ROWS])
        self._keys, self._proba = keys[kept], np.vstack([self._proba, proba])[kept]

    def report(self) -> MonitorReport:
        """Return how all rows so far differ from the training rows."""
        table = pd.DataFrame([counts.row() for counts in self._columns])
        labels = [one["label"] for one in self._card["classes"]]
        n_each = np.array([one["n_rows"] for one in self._card["classes"]])
        shares = n_each / n_each.sum()
        implied = np.array(self._card["implied_prior"])
        with warnings.catch_warnings():
            # Probabilities that hardly differ do not determine the shares, which then
            # change in very small steps. `changes_of` takes that into account.
            warnings.simplefilter("ignore", ConvergenceWarning)
            estimated = estimate_prior(self._proba, implied)
        classes = pd.DataFrame(
            {
                "in_training": shares,
                "implied": implied,
                "estimated": estimated,
                "change": changes_of(estimated, shares, self._proba, implied),
            },
            index=pd.Index(labels, name="class"),
        )
        return MonitorReport(self.n_rows, table.set_index("column"), classes)


class _Counts:
    """Counts of the values of a column, in the bins of its reference."""

    def __init__(self, reference: Reference) -> None:
        self.name = reference["name"]
        self._reference = reference
        self._old = _old_counts(reference)
        self._new = np.zeros(len(self._old), dtype=np.int64)
        self._n_unseen = 0

    def add(self, column: pd.Series) -> None:
        """Count the values of some rows."""
        self._new[-1] += int(column.isna().sum())
        reference = self._reference
        if reference["kind"] in NUMERICAL:
            values = values_in(column, reference)
            values = values[~np.isnan(values)]
            self._new[:-1] += bin_counts(values, reference["edges"])
            low, high = reference["low"], reference["high"]
            self._n_unseen += int(((values < low) | (values > high)).sum())
        elif "categories" in reference:
            counts = category_counts(column)
            n_all = sum(counts.values())
            listed = [counts.get(text, 0) for text in reference["categories"]]
            own = listed[:MOST_BINS]
            self._new[:-1] += np.array([*own, n_all - sum(own)])
            self._n_unseen += n_all - sum(listed)

    def row(self) -> dict[str, Any]:
        """Return the row of `MonitorReport.columns`."""
        n_old, n_new = self._old.sum(), self._new.sum()
        psi, by_chance = stability(self._old, self._new)
        drift = "no"
        if psi > max(SOME, by_chance):
            drift = "large" if psi > LARGE else "some"
        is_cut = self._reference.get("n_others", 0) > 0
        return {
            "column": self.name,
            "kind": self._reference["kind"],
            "missing_in_training": self._old[-1] / n_old,
            "missing": self._new[-1] / n_new,
            "unseen": np.nan if is_cut else self._n_unseen / n_new,
            "psi": psi,
            "psi_by_chance": by_chance,
            "drift": drift,
        }


def _old_counts(reference: Reference) -> np.ndarray:
    """Return the training rows in each bin, of other categories, and missing."""
    if "categories" in reference:
        listed = list(reference["categories"].values())
        bins = [*listed[:MOST_BINS], sum(listed[MOST_BINS:]) + reference["n_others"]]
    else:
        bins = reference.get("counts", [])
    return np.array([*bins, reference["n_missing"]], dtype=np.int64)


def stability(old: np.ndarray, new: np.ndarray) -> tuple[float, float]:
    """Return the population stability index, and its 95 % quantile without a change.

    Parameters
    ----------
    old, new : ndarray of int of shape (n_bins,)
        Number of rows in each bin.

    Returns
    -------
    psi : float
        ``sum((b - a) ln(b / a))`` with the shares a and b of the bins (Siddiqi, 2006).
        Half a row is added to each bin, because the logarithm of an empty one is
        infinite; bins that are empty in both are left out.
    by_chance : float
        The 95 % quantile of ``(1 / n + 1 / m) chi2(n_bins - 1)`` for n old and m new
        rows (Yurdakul, 2018).
    """
    is_used = (old > 0) | (new > 0)
    a, b = old[is_used] + 0.5, new[is_used] + 0.5
    a, b = a / a.sum(), b / b.sum()
    psi = float(((b - a) * np.log(b / a)).sum())
    n_free = max(len(a) - 1, 1)
    scale = 1 / max(old.sum(), 1) + 1 / max(new.sum(), 1)
    return psi, float(stats.chi2.ppf(0.95, n_free) * scale)


class UnknownCategories:
    """Categories of new rows that the training rows do not have, by column."""

    def __init__(self, card: dict[str, Any]) -> None:
        self._known = {
            one["name"]: one["categories"]
            for one in card["columns"]
            if one["kind"] == "category" and not one["n_others"]
        }
        self.counts: dict[str, Counter[str]] = {name: Counter() for name in self._known}

    def add(self, table: pd.DataFrame) -> None:
        """Count rows, as `conform` returns them."""
        for name, known in self._known.items():
            for text, number in category_counts(table[name]).items():
                if text not in known:
                    found = self.counts[name]
                    if text in found or len(found) < MOST_UNKNOWN:
                        found[text] += number

    def __str__(self) -> str:
        parts = [
            f"{name!r} ({count(sum(found.values()), 'row')}, such as "
            f"{found.most_common(1)[0][0]!r})"
            for name, found in self.counts.items()
            if found
        ]
        return ", ".join(parts)
