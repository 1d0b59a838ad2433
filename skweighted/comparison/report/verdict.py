"""What the differences from the reference mean: decisions, and sentences."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from skweighted.comparison.measures import MEASURES
from skweighted.comparison.results import Results
from skweighted.comparison.statistics import check_confidence

BETTER = "Better than {reference} in {metric}{margin}, {surely}: {names}."
WORSE = "Worse than {reference}{margin}, {surely}: {names}."
EQUIVALENT = "No real difference, within {rope} of {reference}, {surely}: {names}."
UNDECIDED = "No clear difference from {reference}: {names}."
NOTHING_BETTER = (
    "Nothing is really better than {reference} in {metric}: "
    "every difference is {kinds}."
)
KINDS = {
    "equivalent": "within {rope}",
    "undecided": "undecided",
    "worse": "for the worse",
}
# The decision on a difference, and its name in tables and figures.
DECISIONS = {
    "better": "better",
    "worse": "worse",
    "equivalent": "no real difference",
    "undecided": "undecided",
}


def verdict(
    table: pd.DataFrame,
    metric_title: str,
    reference: str,
    rope: float,
    confidence: float = 0.95,
    *,
    greater_is_better: bool,
) -> list[str]:
    """Return in plain sentences how strategies compare with the reference.

    Parameters
    ----------
    table : DataFrame
        As `skweighted.comparison.statistics.differences` returns it.
    metric_title : str
        The metric within a sentence, such as ``"average precision"``.
    reference : str
        The strategy that the others are compared with.
    rope : float
        As given to `differences`.
    confidence : float, default=0.95
        The least probability for which a difference is called real or negligible.
    greater_is_better : bool
        As given to `differences`.

    Returns
    -------
    list of str
        First which strategies are better; then the one that looks best without being
        better, and those that are worse, equivalent, undecided, or lack folds. There is
        no correction for the number of strategies.

    Raises
    ------
    ValueError
        If the confidence is out of its range.

    Examples
    --------
    >>> import pandas as pd
    >>> from skweighted.comparison.report.verdict import verdict
    >>> found = pd.DataFrame({"difference": [0.05], "p_worse": [0.01], "n_folds": [5],
    ...     "p_equivalent": [0.02], "p_better": [0.97]}, index=["smote"])
    >>> verdict(found, "F1", "none", 0.01, greater_is_better=True)
    ['Better than none in F1 by more than 0.01, with a probability ...: smote.']
    """
    check_confidence(confidence)
    if table.empty:
        return [f"There is nothing to compare {reference} with in {metric_title}."]
    groups = _grouped(table, confidence)
    words = {
        "reference": reference,
        "metric": metric_title,
        "rope": _rounded(rope),
        "margin": f" by more than {_rounded(rope)}" if rope else "",
        "surely": f"with a probability of at least {100 * confidence:g}%",
    }
    kinds = [KINDS[kind].format(**words) for kind in KINDS if groups[kind]]
    nothing_better = NOTHING_BETTER.format(kinds=listed(kinds, "or"), **words)
    gains = table["difference"] if greater_is_better else -table["difference"]
    place = int(gains.argmax())
    name, gain = str(table.index[place]), float(gains.iloc[place])
    best, looks = _looks_best(name, table.iloc[place], gain, groups, words)
    return [
        *(_say(BETTER, groups["better"], words) or [nothing_better]),
        *looks,
        *_say(WORSE, groups["worse"], words),
        *_say(EQUIVALENT, groups["equivalent"], words),
        *_say(UNDECIDED, [name for name in groups["undecided"] if name != best], words),
        *_lacking_folds(table["n_folds"]),
    ]


def verdict_of(
    results: Results, metric: str, reference: str | None = None
) -> list[str]:
    """Return the verdict on a metric of a comparison."""
    metric, reference, rope = results.question(metric, reference)
    table = results.differences(metric, reference=reference, rope=rope)
    return verdict(
        table.rename(index=results.label),
        MEASURES[metric].title,
        results.label(reference),
        rope,
        greater_is_better=MEASURES[metric].greater_is_better,
    )


def decision(row: Mapping[Any, float], confidence: float = 0.95) -> str:
    """Return the key in `DECISIONS` for a row of differences."""
    for kind in ("better", "worse", "equivalent"):
        if row[f"p_{kind}"] >= confidence:
            return kind
    return "undecided"


def _grouped(table: pd.DataFrame, confidence: float) -> dict[str, list[str]]:
    """Return the strategies that are better, worse, equivalent and undecided."""
    groups: dict[str, list[str]] = {kind: [] for kind in DECISIONS}
    for name, row in table.to_dict("index").items():
        groups[decision(row, confidence)].append(str(name))
    return groups


def _say(sentence: str, names: list[str], words: dict[str, str]) -> list[str]:
    """Return the sentence about some strategies, in a list; [] if there are none."""
    return [sentence.format(names=listed(names, "and"), **words)] if names else []


def _looks_best(
    name: str,
    row: pd.Series,
    gain: float,
    groups: dict[str, list[str]],
    words: dict[str, str],
) -> tuple[str | None, list[str]]:
    """Return the strategy that looks best if it is not better, and a sentence."""
    reference = words["reference"]
    if gain < 0:
        return None, [f"The best mean is that of {reference} itself."]
    if gain == 0 or name in groups["better"]:
        return None, []
    if name in groups["equivalent"]:
        but = "that is no real difference"
    elif row["low"] > 0 or row["high"] < 0:
        but = f"the folds do not show whether the difference exceeds {words['rope']}"
    else:
        but = f"the folds cannot distinguish it from {reference}"
    size = _rounded(row["difference"], sign=True)
    return name, [f"The best mean is that of {name} ({size}), but {but}."]


def _lacking_folds(n_folds: pd.Series) -> list[str]:
    """Return a sentence for each strategy with fewer folds than another."""
    most = n_folds.max()
    if most == 1:
        return ["A single fold cannot show what is chance. Use two folds or more."]
    return [
        f"Judged on {n} of {most} folds, with no score in the others: {strategy}."
        for strategy, n in n_folds[n_folds < most].items()
    ]


def listed(words: Sequence[str], conjunction: str) -> str:
    """Return "a, b and c"."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {conjunction} {words[-1]}"


def _rounded(number: float, *, sign: bool = False) -> str:
    """Return a number with two significant digits and without an exponent."""
    two_digits = float(f"{number:.2g}")
    return np.format_float_positional(two_digits, trim="-", sign=sign)
