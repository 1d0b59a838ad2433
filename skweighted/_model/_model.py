"""`Model`: a fitted classifier with its card, in memory and in a file."""

from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.exceptions import NotFittedError

from skweighted._model import _file
from skweighted._model._card import Card, card_of, in_words
from skweighted._model._columns import conform
from skweighted._model._monitor import Monitor, MonitorReport
from skweighted._tables._read import read_table


class Model:
    """A fitted classifier that knows what it is and which columns it needs.

    `save` writes it to a file that runs no code when it is loaded. `load` refuses files
    with types that are not on a list: those of this package, most of scikit-learn and
    some of imbalanced-learn. The file is what `skops.io.dump` writes, with the card as
    an additional entry ``card.json``.

    Parameters
    ----------
    pipeline : classifier
        Fitted, with `predict` and `predict_proba`.
    card : dict
        What `describe` or `load` has made.

    Attributes
    ----------
    pipeline : classifier
        The classifier.
    card : dict
        Plain values: what was trained, when, on which rows, with which versions; the
        classes, class weights, costs, threshold and scores; and for each column its
        kind and distribution.

    See Also
    --------
    skweighted.Comparison.fit : Fits the best strategy of a comparison.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skweighted import Model
    >>> from skweighted.datasets import load_imbalanced_breast_cancer
    >>> X, y = load_imbalanced_breast_cancer()
    >>> X = X[["mean radius", "mean texture"]]
    >>> model = Model.describe(LogisticRegression().fit(X, y), X, y)
    >>> model.save("cancer.model")  # doctest: +SKIP
    >>> Model.load("cancer.model").predict(X)  # doctest: +SKIP
    >>> model.monitor(X).columns["drift"].to_dict()
    {'mean radius': 'no', 'mean texture': 'no'}
    """

    def __init__(self, pipeline: Any, card: Card) -> None:
        self.pipeline = pipeline
        self.card = card

    @classmethod
    def describe(
        cls,
        pipeline: Any,
        X: Any,
        y: Any,
        *,
        target: str | None = None,
        strategy: str | None = None,
        reason: str | None = None,
        scores: pd.DataFrame | None = None,
        fit_seconds: float | None = None,
    ) -> Self:
        """Return a model whose card describes a fitted classifier and its rows.

        Parameters
        ----------
        pipeline : classifier
            Fitted, with `predict` and `predict_proba`.
        X : DataFrame (pandas or polars) of shape (n_samples, n_features)
            The rows it was fitted on.
        y : array-like of shape (n_samples,)
            Their labels.
        target : str or None, default=None
            What the labels are called; None is the name of `y`, if it has one.
        strategy, reason : str or None, default=None
            The strategy and why it was chosen; None takes what `Comparison.fit` noted.
        scores : DataFrame or None, default=None
            Measured scores, as `Comparison.intervals` returns them.
        fit_seconds : float or None, default=None
            Wall-clock seconds of the fit.

        Returns
        -------
        Model

        Raises
        ------
        TypeError
            If X is not a frame whose column names are text, or the classifier has no
            `predict_proba`.
        ValueError
            If X and y are not the rows that the classifier was fitted on.
        NotFittedError
            If the classifier is not fitted.
        """
        table = read_table(X)
        if not isinstance(table, pd.DataFrame):
            raise TypeError(
                f"X must be a DataFrame whose column names are text, because a model "
                f"finds its columns by name. Got {type(X).__name__}. To save a "
                f"classifier for arrays, use skops.io.dump."
            )
        others = [name for name in table.columns if not isinstance(name, str)]
        if others:
            raise TypeError(
                f"Column names of X must be text, because a model finds its columns by "
                f"name. Got {others[0]!r}. Fit the classifier with "
                f"X.set_axis(X.columns.map(str), axis=1)."
            )
        if not hasattr(pipeline, "predict_proba"):
            raise TypeError(
                f"A model must have predict_proba, which {type(pipeline).__name__} "
                f"does not have. Wrap it in sklearn.calibration.CalibratedClassifierCV."
            )
        if not hasattr(pipeline, "classes_"):
            raise NotFittedError(
                f"This {type(pipeline).__name__} is not fitted. Call fit first."
            )
        name = getattr(y, "name", None)
        card = card_of(
            pipeline,
            table,
            np.asarray(y),
            target=target or (name if isinstance(name, str) else None),
            strategy=strategy or getattr(pipeline, "strategy_", None),
            reason=reason or getattr(pipeline, "strategy_reason_", None),
            scores=scores,
            fit_seconds=fit_seconds,
        )
        made_with = {"format": _file.FORMAT, "versions": _file.versions()}
        return cls(pipeline, made_with | card)

    @property
    def classes_(self) -> np.ndarray:
        """The labels, in the order of the columns of `predict_proba`."""
        return self.pipeline.classes_

    def predict(self, X: Any) -> np.ndarray:
        """Return the predicted label of each row.

        Parameters
        ----------
        X : DataFrame (pandas or polars) of shape (n_samples, n_columns)
            With the columns of the training rows, in any order. Other columns are
            ignored.

        Returns
        -------
        ndarray of shape (n_samples,)

        Raises
        ------
        TableError
            If a column is missing, or holds a value of another kind than in the
            training rows.
        """
        return self.pipeline.predict(self._table(X))

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class.

        Parameters
        ----------
        X : DataFrame (pandas or polars) of shape (n_samples, n_columns)
            As for `predict`.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            In the order of `classes_`.
        """
        return self.pipeline.predict_proba(self._table(X))

    def monitor(self, X: Any) -> MonitorReport:
        """Return how rows differ from the training rows.

        Parameters
        ----------
        X : DataFrame (pandas or polars) of shape (n_samples, n_columns)
            As for `predict`; at least one row.

        Returns
        -------
        MonitorReport
            With a DataFrame for the columns, one for the classes, and a text.
        """
        table = self._table(X)
        monitor = Monitor(self.card)
        monitor.add(table, self.pipeline.predict_proba(table))
        return monitor.report()

    def save(self, path: str | Path) -> None:
        """Write the model to a file, as a whole or not at all.

        Samplers and other parts that only training needs are left out, because they
        hold rows of the training data.

        Parameters
        ----------
        path : str or Path
            The file to write; an existing one is replaced in one step.

        Raises
        ------
        TableError
            If a part of the classifier could not be loaded safely.
        """
        _file.write(path, self.pipeline, self.card)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Return the model in a file.

        Parameters
        ----------
        path : str or Path
            A file that `save` or ``skweighted train`` has written.

        Returns
        -------
        Model

        Raises
        ------
        TableError
            If it is not such a file, is damaged, or has a type that is not known to be
            safe. It is a ValueError.

        Warns
        -----
        ModelVersionWarning
            If it was written with another version of skweighted, scikit-learn or skops.
        """
        return cls(*_file.read(path))

    def _table(self, X: Any) -> pd.DataFrame:
        """Return the columns of the training rows, of their kinds."""
        table = read_table(X)
        if not isinstance(table, pd.DataFrame):
            raise TypeError(
                f"X must be a DataFrame, because a model finds its columns by name. "
                f"Got {type(X).__name__}."
            )
        return conform(table, self.card["columns"])

    def __str__(self) -> str:
        return in_words(self.card)

    def __repr__(self) -> str:
        return f"<Model of {self.card['classifier']}, {self.card['n_rows']:,} rows>"
