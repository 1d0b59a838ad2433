"""A strategy, what it builds its model from, and what it knows before any fit."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Parts:
    """What a strategy builds its model from: unfitted, and its own to change.

    Attributes
    ----------
    preprocessing : transformer
        Imputation, scaling and encoding.
    network : classifier
        Seeded; the same seed for every strategy in a fold.
    seed : int
        For what the strategy draws itself, such as samples or inner folds.
    cost_matrix : array-like, dict, DataFrame or None, default=None
        What mistakes cost, as in `skweighted.CostSensitiveMLPClassifier`; None where
        no costs were given.
    text_columns : tuple of str, default=()
        Names of the columns of X that hold text.
    groups : ndarray of int of shape (n_train,) or None, default=None
        Which training rows belong together, for splits inside of them.
    """

    preprocessing: Any
    network: Any
    seed: int
    cost_matrix: Any = None
    text_columns: tuple[str, ...] = ()
    groups: np.ndarray | None = None


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
        Rows of the smallest class in the training part where it has fewest.
    has_text : bool, default=False
        Whether a column of X holds text.
    has_numbers : bool, default=True
        Whether a column of X holds numbers.
    has_costs : bool, default=False
        Whether costs were given.
    is_sparse : bool, default=False
        Whether the features are a sparse matrix after preprocessing.
    """

    network: Any
    n_classes: int
    fewest_rows: int
    has_text: bool = False
    has_numbers: bool = True
    has_costs: bool = False
    is_sparse: bool = False


Fit = Callable[[Parts, Any, np.ndarray], Any]
WhyNot = Callable[[Setting], str | None]


def own_decision(model: Any, X: Any) -> np.ndarray:
    """Return what the fitted model predicts."""
    return model.predict(X)


def always_possible(setting: Setting) -> None:
    """Return None: nothing can stand in the way."""


@dataclass(frozen=True)
class Strategy:
    """One treatment of imbalance.

    Attributes
    ----------
    fit : callable ``(parts, X, y) -> model``
        Fits on the training rows and returns a model with `predict_proba`. Where these
        rows do not let it, it raises `skweighted.exceptions.CannotRunError`, with a
        reason like those of `why_not`.
    decide : callable ``(model, X) -> y_pred``
        Turns rows into labels, an array of shape (n_samples,).
    why_not : callable ``(setting) -> str or None``
        Says why the strategy cannot run here, or None if it can.
    summary : str, default=""
        What it does, in a sentence. Words make no difference to equality.
    source : str, default=""
        "Author, year" of the method, "" where there is no paper.
    is_network : bool, default=True
        Whether it trains the network that is given; False for what networks are
        measured against, such as boosted trees.
    given : sampler or classifier, default=None
        What it was made of, where a user brought something along.
    """

    fit: Fit
    decide: Callable[[Any, Any], np.ndarray] = own_decision
    why_not: WhyNot = always_possible
    summary: str = field(default="", compare=False)
    source: str = field(default="", compare=False)
    is_network: bool = True
    given: Any = field(default=None, compare=False)
