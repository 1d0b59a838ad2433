"""Differences between strategies, with intervals and probabilities.

A difference is that of a strategy minus the reference in the same fold, with the sign
of the metric as measured; `better` and `worse` depend on whether greater is better.
Training rows of different folds overlap, so folds are not independent. The variance of
the mean over folds is therefore increased (Nadeau & Bengio, 2003), and the interval and
the probabilities come from the same Student distribution (Corani & Benavoli, 2015).

References
----------
C. Nadeau and Y. Bengio, "Inference for the generalization error", Machine Learning 52,
2003.

G. Corani and A. Benavoli, "A Bayesian approach for comparing cross-validated algorithms
on multiple data sets", Machine Learning 100, 2015.

A. Benavoli, G. Corani, J. Demsar and M. Zaffalon, "Time for a change: a tutorial for
comparing multiple classifiers through Bayesian analysis", JMLR 18, 2017.
"""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from baycomp import CorrelatedTTest
from baycomp.single import Posterior
from scipy import stats

# Scores up to 1 in which a hundredth means as much for every problem. The Brier score
# is not among them: with 2 % positives a constant prediction has 0.02, and a hundredth
# would be half of all there is to gain.
HUNDREDTHS = frozenset(
    {
        "average_precision",
        "balanced_accuracy",
        "cost_savings",
        "f1",
        "geometric_mean",
        "minority_precision",
        "minority_recall",
        "roc_auc",
    }
)


class Difference(NamedTuple):
    """A strategy minus the reference, in one metric: a row of `differences`."""

    difference: float
    low: float
    high: float
    p_worse: float
    p_equivalent: float
    p_better: float
    n_folds: int


def differences(
    scores: pd.DataFrame,
    metric: str,
    reference: str,
    *,
    test_share: float,
    greater_is_better: bool,
    rope: float = 0.01,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compare every strategy with the reference, fold by fold.

    Parameters
    ----------
    scores : DataFrame of shape (n_scores, 4)
        Columns ``strategy``, ``fold``, ``metric`` and ``value``, such as
        `Comparison.fold_scores`. A fold may be missing; a value that is NaN or
        infinite counts as missing.
    metric : str
        The metric to compare in.
    reference : str
        The strategy that the others are compared with.
    test_share : float
        Rows of the test part divided by all rows, the mean over folds: 1/5 for 5
        folds, repeated or not.
    greater_is_better : bool
        Whether a greater value of the metric is better.
    rope : float, default=0.01
        The largest difference that does not matter in practice (half the width of
        the region of practical equivalence), in the unit of the metric.
    confidence : float, default=0.95
        Probability that the interval contains the difference.

    Returns
    -------
    DataFrame of shape (n_strategies - 1, 7)
        Indexed by strategy in the order of `scores`, without the reference and without
        strategies that have no fold in common with it. Columns:

        - ``difference``: mean over the folds that both have;
        - ``low``, ``high``: the interval, infinite for a single fold;
        - ``p_worse``, ``p_equivalent``, ``p_better``: probabilities that the true
          difference is worse than by `rope`, within it, or better than by it. They sum
          to 1, and are NaN for a single fold;
        - ``n_folds``: folds that both have.

    Raises
    ------
    ValueError
        If the reference has no score, or a number is out of its range.

    Notes
    -----
    The variance of the mean over n folds is
    ``(1 / n + test_share / (1 - test_share)) * s ** 2`` with ``s ** 2`` the sample
    variance of the differences, and n - 1 degrees of freedom (Nadeau & Bengio, 2003).
    If the difference is the same in every fold, ``s`` is 0: the interval is a point and
    the probabilities are 0 or 1, which is too optimistic for few folds and a coarse
    metric.

    Nothing corrects for multiple comparisons. Of 20 intervals of 95 % one is expected
    to miss, and the difference of a strategy that was chosen because it looks best is
    biased. The rows are not independent either: all share the reference. The
    probabilities are about training again on similar rows of this data set, not about
    other data sets.

    Examples
    --------
    >>> import pandas as pd
    >>> from skweighted.comparison.statistics import differences
    >>> scores = pd.DataFrame({"strategy": ["none", "none", "smote", "smote"],
    ...     "fold": [0, 1, 0, 1], "metric": "f1", "value": [0.6, 0.5, 0.7, 0.58]})
    >>> found = differences(
    ...     scores, "f1", "none", test_share=0.5, greater_is_better=True)
    >>> found.loc["smote", ["difference", "low", "high"]].round(2).tolist()
    [0.09, -0.13, 0.31]
    """
    finite = scores[(scores["metric"] == metric) & np.isfinite(scores["value"])]
    strategies = finite["strategy"].unique().tolist()
    if reference not in strategies:
        raise ValueError(
            f"The reference {reference!r} has no score in {metric!r}. Strategies with "
            f"scores: {strategies}."
        )
    _check_numbers(test_share, rope, confidence)
    values = finite.pivot(index="fold", columns="strategy", values="value")
    rows = {}
    for strategy in strategies:
        both = values[[reference, strategy]].dropna().to_numpy()
        if strategy != reference and len(both):
            row = _difference(both[:, 0], both[:, 1], test_share, rope, confidence)
            rows[strategy] = row if greater_is_better else _better_if_less(row)
    table = pd.DataFrame(
        list(rows.values()),
        index=pd.Index(list(rows), name="strategy"),
        columns=list(Difference._fields),
    )
    return table.astype(Difference.__annotations__)


def _difference(
    of_reference: np.ndarray,
    of_strategy: np.ndarray,
    test_share: float,
    rope: float,
    confidence: float,
) -> Difference:
    """Return the difference in a metric of which greater is better."""
    n_folds = len(of_reference)
    if n_folds == 1:
        difference = float(of_strategy[0] - of_reference[0])
        nan = math.nan
        return Difference(difference, -math.inf, math.inf, nan, nan, nan, 1)
    # baycomp's runs are the repetitions of k-fold cross-validation, that is how often
    # a row is tested. Its mean gives Nadeau and Bengio's correction for any splitter
    # and after any failed fold. CorrelatedTTest itself accepts whole runs only.
    mean, variance, n_free = CorrelatedTTest.compute_statistics(
        of_reference, of_strategy, runs=n_folds * test_share
    )
    if variance > 0:
        worse, *_, better = Posterior(mean, variance, n_free, rope).probs()
    else:  # where baycomp divides a point at the end of the rope among both sides
        worse, better = float(mean < -rope), float(mean > rope)
    half_width = stats.t.ppf((1 + confidence) / 2, n_free) * math.sqrt(variance)
    return Difference(
        difference=mean,
        low=mean - half_width,
        high=mean + half_width,
        p_worse=worse,
        # Not below 0, where the other two round up.
        p_equivalent=max(1 - worse - better, 0.0),
        p_better=better,
        n_folds=n_folds,
    )


def _better_if_less(row: Difference) -> Difference:
    """Return the difference in a metric of which less is better."""
    return row._replace(p_worse=row.p_better, p_better=row.p_worse)


def interval(
    values: pd.Series, *, test_share: float, confidence: float = 0.95
) -> tuple[float, float, float, int]:
    """Return mean, lower and upper end of the interval, and number of folds.

    Parameters
    ----------
    values : Series of shape (n_folds,)
        A metric in each fold; values that are not finite count as missing.
    test_share, confidence
        As in `differences`.

    Returns
    -------
    tuple of (float, float, float, int)
        The variance of the mean is that of Nadeau & Bengio (2003), as in `differences`.
        For a single fold the interval is infinite; without folds, all are NaN.
    """
    _check_numbers(test_share, 0.0, confidence)
    finite = values[np.isfinite(values)].to_numpy(dtype=np.float64)
    n_folds = len(finite)
    if n_folds == 0:
        return math.nan, math.nan, math.nan, 0
    mean = float(finite.mean())
    if n_folds == 1:
        return mean, -math.inf, math.inf, 1
    variance = (1 / n_folds + test_share / (1 - test_share)) * finite.var(ddof=1)
    half_width = stats.t.ppf((1 + confidence) / 2, n_folds - 1) * math.sqrt(variance)
    return mean, float(mean - half_width), float(mean + half_width), n_folds


def practical_difference(metric: str, reference_mean: float) -> float:
    """Return the largest difference in a metric that does not matter in practice.

    Parameters
    ----------
    metric : str
        Name of the metric.
    reference_mean : float
        Mean of the metric of the reference strategy, in the unit of the metric.

    Returns
    -------
    float
        For `rope` of `differences`: 0.01 for the scores up to 1 in `HUNDREDTHS`
        (Benavoli et al., 2017, take 0.01 for accuracies); 10 % of the
        reference's for durations, whose name ends in ``_seconds``; 1 % of the
        reference's for any other metric, such as log loss, Brier score or a cost.

    Examples
    --------
    >>> from skweighted.comparison.statistics import practical_difference
    >>> practical_difference("roc_auc", 0.9)
    0.01
    >>> practical_difference("cost", 350.0)
    3.5
    """
    if metric in HUNDREDTHS:
        return 0.01
    share = 0.1 if metric.endswith("_seconds") else 0.01
    return share * abs(reference_mean)


def _check_numbers(test_share: float, rope: float, confidence: float) -> None:
    """Raise an error unless every number is in its range."""
    if not 0 < test_share < 1:
        raise ValueError(
            f"test_share must be between 0 and 1. Got {test_share:g}. "
            f"For 5 folds it is 1/5."
        )
    if not 0 <= rope < math.inf:
        raise ValueError(f"rope must be a finite number of at least 0. Got {rope:g}.")
    check_confidence(confidence)


def check_confidence(confidence: float) -> None:
    """Raise an error unless the confidence is between 0.5 and 1.

    Up to 0.5, a difference could be both better and worse with this confidence.
    """
    if not 0.5 < confidence < 1:
        raise ValueError(
            f"confidence must be between 0.5 and 1. Got {confidence:g}. For 95 % it is "
            f"0.95."
        )
