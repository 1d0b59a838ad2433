"""A strategy, the parts that it builds a pipeline from, and what is known before."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sklearn.base import BaseEstimator

from skweighted.preprocessing import TablePreparation


@dataclass(frozen=True, eq=False)
class Parts:
    """The parts that a strategy builds its pipeline from: unfitted, its own to change.

    Attributes
    ----------
    preprocessing : TablePreparation
        Makes a matrix of a table: numbers are scaled, categories encoded, and missing
        values imputed.
    network : classifier
        The network that is compared.
    cost_matrix : array-like, dict, DataFrame or None, default=None
        Cost of each mistake, as in `skweighted.CostSensitiveMLPClassifier`.
    """

    preprocessing: TablePreparation
    network: BaseEstimator
    cost_matrix: Any = None


@dataclass(frozen=True)
class Setting:
    """What is known before any fit, for `Strategy.why_not`.

    Attributes
    ----------
    network : classifier
        Unfitted.
    n_classes : int
        Number of classes.
    fewest_rows : int
        Rows of the smallest class in the training rows where it has fewest.
    has_text : bool, default=False
        Whether a column of X holds text or categories.
    has_numbers : bool, default=True
        Whether a column of X holds numbers, booleans or dates.
    has_costs : bool, default=False
        Whether costs were given.
    is_sparse : bool, default=False
        Whether the features are a sparse matrix after preprocessing.
    """

    network: BaseEstimator
    n_classes: int
    fewest_rows: int
    has_text: bool = False
    has_numbers: bool = True
    has_costs: bool = False
    is_sparse: bool = False


Make = Callable[[Parts], BaseEstimator]
WhyNot = Callable[[Setting], str | None]


def always_possible(setting: Setting) -> None:
    """Return None: there is no reason against it."""


@dataclass(frozen=True)
class Strategy:
    """One treatment of imbalance: how to build an unfitted classifier from parts.

    `compare` fits a clone of this classifier on the training rows of every fold, and
    `Comparison.pipeline` returns another. To change how the classifier decides, wrap
    it, as `sklearn.model_selection.FixedThresholdClassifier` does.

    Attributes
    ----------
    make : callable ``(parts) -> classifier``
        Returns an unfitted classifier with `predict` and `predict_proba` that takes X
        as it was given to `compare`; usually a pipeline of imbalanced-learn that begins
        with ``parts.preprocessing``. Leave each ``random_state`` None: `compare` sets
        it to the seed of the fold. If the training rows do not allow the fit, it raises
        `skweighted.exceptions.CannotRunError`, with a reason like those of `why_not`.
    why_not : callable ``(setting) -> str or None``
        Returns the reason why the strategy cannot run, or None if it can.
    summary : str, default=""
        What it does, in a sentence. Ignored when strategies are compared by ``==``.
    source : str, default=""
        "Author, year" of the method, "" if there is no paper.
    is_network : bool, default=True
        Whether it trains networks; False for other models, such as boosted trees.
    label : str, default=""
        Its name in words, as tables and figures show it. Ignored by ``==``.

    Examples
    --------
    >>> from imblearn.over_sampling import SMOTE
    >>> from imblearn.pipeline import make_pipeline
    >>> from skweighted.comparison import Strategy
    >>> def own(parts):
    ...     steps = [parts.preprocessing, SMOTE(k_neighbors=2), parts.network]
    ...     return make_pipeline(*steps)
    >>> strategies = {"none": "none", "mine": Strategy(make=own)}
    """

    make: Make
    why_not: WhyNot = always_possible
    summary: str = field(default="", compare=False)
    source: str = field(default="", compare=False)
    is_network: bool = True
    label: str = field(default="", compare=False)
