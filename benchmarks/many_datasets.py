"""Compare strategies over many data sets by mean ranks and significance tests.

A table has a row for each data set, a column for each strategy, and the mean of one
metric in each cell. Rank 1 is best, and ties share their mean rank. A data set without
a score of every strategy is left out with a warning, because ranks among fewer
strategies are not comparable.

References
----------
J. Demsar, "Statistical comparisons of classifiers over multiple data sets", JMLR 7,
2006.
"""

import math
import warnings

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from scikit_posthocs import critical_difference_diagram, posthoc_nemenyi_friedman
from scipy import stats

from skweighted._text import shortened

# Height in inches of a row of the diagram, and of the part above its axis.
ROW_HEIGHT, HEAD_HEIGHT = 0.27, 0.8


def complete(table: pd.DataFrame) -> pd.DataFrame:
    """Return the data sets on which every strategy has a score.

    Every function in this module calls it. Call it first to see the warning once.

    Parameters
    ----------
    table : DataFrame of shape (n_data_sets, n_strategies)
        Means of one metric, NaN where a strategy was not run.

    Returns
    -------
    DataFrame of shape (n_complete, n_strategies)
        Rows without NaN, as floats.

    Raises
    ------
    ValueError
        If fewer than two data sets or two strategies are left.

    Warns
    -----
    UserWarning
        If a data set is left out.

    Examples
    --------
    >>> import pandas as pd
    >>> from many_datasets import complete
    >>> complete(pd.DataFrame({"none": [1, 2], "smote": [3, 4]})).shape
    (2, 2)
    """
    table = table.astype(float)
    has_gap = table.isna().any(axis=1)
    found = table[~has_gap]
    if table.shape[1] < 2:
        raise ValueError(
            f"Ranks need two strategies or more. Columns: {table.columns.tolist()}."
        )
    if len(found) < 2:
        raise ValueError(
            f"Ranks need two data sets or more with a score of every strategy; the "
            f"table has {len(found)}, of {len(table)} in all. Leave out the strategies "
            f"that were run on few."
        )
    if has_gap.any():
        names = shortened(table.index[has_gap])
        warnings.warn(
            f"{has_gap.sum()} of {len(table)} data sets are left out, because a "
            f"strategy has no score there: {names}.",
            stacklevel=2,
        )
    return found


def mean_ranks(table: pd.DataFrame, greater_is_better: bool) -> pd.Series:
    """Return the mean rank of every strategy over the data sets.

    Parameters
    ----------
    table : DataFrame of shape (n_data_sets, n_strategies)
        Means of one metric.
    greater_is_better : bool
        Whether a greater value of the metric is better.

    Returns
    -------
    Series of shape (n_strategies,)
        1 is the best rank.

    Raises
    ------
    ValueError
        As `complete`.

    Examples
    --------
    >>> import pandas as pd
    >>> from many_datasets import mean_ranks
    >>> table = pd.DataFrame({"none": [0.6, 0.7], "smote": [0.8, 0.7]})
    >>> mean_ranks(table, greater_is_better=True).to_dict()
    {'none': 1.75, 'smote': 1.25}
    """
    return complete(table).rank(axis=1, ascending=not greater_is_better).mean()


def friedman(table: pd.DataFrame) -> tuple[float, float]:
    """Test whether any strategies differ, with Friedman's test.

    Parameters
    ----------
    table : DataFrame of shape (n_data_sets, n_strategies)
        Means of one metric, of three strategies or more.

    Returns
    -------
    statistic : float
        Friedman's chi square, corrected for ties; 0 if all tie on every data set.
    p_value : float
        From the chi square distribution, which is rough below ten data sets.

    Raises
    ------
    ValueError
        If there are two strategies, or as `complete`.

    Examples
    --------
    >>> import pandas as pd
    >>> from many_datasets import friedman
    >>> table = pd.DataFrame({"a": [1, 2, 3, 4], "b": [2, 3, 4, 5], "c": [3, 4, 5, 6]})
    >>> friedman(table)
    (8.0, 0.018...)
    """
    found = complete(table)
    if found.shape[1] < 3:
        raise ValueError(
            "Friedman's test compares three strategies or more. For two, use "
            "scipy.stats.wilcoxon."
        )
    if (found.nunique(axis=1) == 1).all():
        return 0.0, 1.0
    statistic, p_value = stats.friedmanchisquare(*found.to_numpy().T)
    return float(statistic), float(p_value)


def nemenyi(table: pd.DataFrame) -> pd.DataFrame:
    """Test every pair of strategies, with Nemenyi's test.

    The p-values account for the number of pairs. Use it if `friedman` found that the
    strategies differ.

    Parameters
    ----------
    table : DataFrame of shape (n_data_sets, n_strategies)
        Means of one metric.

    Returns
    -------
    DataFrame of shape (n_strategies, n_strategies)
        P-values, symmetric, 1 on the diagonal.

    Raises
    ------
    ValueError
        As `complete`.

    Examples
    --------
    >>> import pandas as pd
    >>> from many_datasets import nemenyi
    >>> table = pd.DataFrame({"a": [1, 2, 3, 4], "b": [2, 3, 4, 5], "c": [3, 4, 5, 6]})
    >>> nemenyi(table).loc["a"].round(3).to_dict()
    {'a': 1.0, 'b': 0.333, 'c': 0.013}
    """
    return posthoc_nemenyi_friedman(complete(table))


def critical_difference(
    n_data_sets: int, n_strategies: int, alpha: float = 0.05
) -> float:
    """Return the least significant difference of mean ranks (Demsar, 2006, 3.2.2).

    ``q * sqrt(n_strategies * (n_strategies + 1) / (6 * n_data_sets))`` with q the
    quantile of the studentized range divided by the square root of 2.

    Parameters
    ----------
    n_data_sets : int
    n_strategies : int
    alpha : float, default=0.05
        Probability that at least two strategies are found to differ if none does.

    Returns
    -------
    float
        In ranks.

    Examples
    --------
    >>> from many_datasets import critical_difference
    >>> round(critical_difference(n_data_sets=14, n_strategies=4), 2)
    1.25
    """
    quantile = stats.studentized_range.ppf(1 - alpha, n_strategies, np.inf)
    ranks = n_strategies * (n_strategies + 1) / (6 * n_data_sets)
    return float(quantile / math.sqrt(2) * math.sqrt(ranks))


def plot_critical_difference(
    table: pd.DataFrame,
    ax: Axes | None = None,
    greater_is_better: bool = True,
    alpha: float = 0.05,
) -> Axes:
    """Draw mean ranks, with bars that join strategies that do not differ.

    Parameters
    ----------
    table : DataFrame of shape (n_data_sets, n_strategies)
        Means of one metric.
    ax : matplotlib Axes, default=None
        Where to draw. None makes a new figure of suitable height.
    greater_is_better : bool, default=True
        Whether a greater value of the metric is better.
    alpha : float, default=0.05
        Strategies are joined where Nemenyi's p-value is at least this.

    Returns
    -------
    matplotlib Axes
        Ranks from 1, the best, on the left.

    Raises
    ------
    ValueError
        As `complete`.

    Examples
    --------
    >>> import pandas as pd
    >>> from many_datasets import plot_critical_difference
    >>> table = pd.DataFrame({"none": [0.6, 0.7], "smote": [0.8, 0.7]})
    >>> plot_critical_difference(table).get_xticks().tolist()
    [1, 2]
    """
    found = complete(table)
    n_data_sets, n_strategies = found.shape
    figure = None
    if ax is None:
        figure, ax = plt.subplots(layout="constrained")
    critical_difference_diagram(
        mean_ranks(found, greater_is_better),
        nemenyi(found),
        alpha=alpha,
        ax=ax,
        label_fmt_left="{label} ({rank:.2f}) ",
        label_fmt_right=" ({rank:.2f}) {label}",
        text_h_margin=0.02 * (n_strategies - 1),
        # Markers may lie at the ends of the axis, so do not clip them.
        marker_props={"s": 20, "clip_on": False},
        elbow_props={"color": "black", "linewidth": 0.8, "clip_on": False},
        crossbar_props={"color": "C0", "linewidth": 4, "solid_capstyle": "butt"},
    )
    ax.set_xlim(1, n_strategies)
    ax.set_xticks(range(1, n_strategies + 1))
    apart = critical_difference(n_data_sets, n_strategies, alpha)
    ax.set_title(
        f"Mean rank over {n_data_sets} data sets, 1 is best.\n"
        f"A bar joins strategies that do not differ significantly: "
        f"by less than {apart:.2f} ranks.",
        fontsize="medium",
    )
    if figure is not None:
        n_rows = -ax.get_ylim()[0]
        figure.set_size_inches(8, HEAD_HEIGHT + ROW_HEIGHT * n_rows)
    return ax
