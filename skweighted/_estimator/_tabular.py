"""`CostSensitiveTabularClassifier`: the classifier for raw tables."""

import inspect
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import issparse
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_is_fitted

from skweighted._estimator._classifier import CostSensitiveMLPClassifier
from skweighted._estimator._input import (
    Arrays,
    Use,
    prepared_arrays,
)
from skweighted._estimator._parameters import signature_of
from skweighted.preprocessing import TablePreparation

if TYPE_CHECKING:
    from skweighted._estimator._settings import Settings


# Rows and numbers from which float32 is the default. A fit of 768 rows took 2.2 s
# instead of 8.5, and one of 268 rows of 7 numbers 1.0 s instead of 1.6.
_MANY_ROWS = 200
_MANY_NUMBERS = 5_000

# Most rows of a batch by default.
_BATCH_ROWS = 256

# Squares of larger numbers would be infinite in float32.
_MOST = 1e18


class CostSensitiveTabularClassifier(CostSensitiveMLPClassifier):
    """Neural networks for imbalanced and cost-sensitive classification of raw tables.

    A `CostSensitiveMLPClassifier` that takes a table as it is, with numbers, missing
    values, booleans, dates, text and categories, and whose default is an ensemble of
    networks. It can replace `sklearn.ensemble.HistGradientBoostingClassifier`. `fit`
    learns a `skweighted.preprocessing.TablePreparation`, and trains the networks on its
    matrix; all other methods transform X in the same way.

    Parameters
    ----------
    hidden_layer_sizes : int or array-like of int, default=(128, 128)
        As in `CostSensitiveMLPClassifier`, and likewise below.
    activation : str or callable, default="silu"
        Activation of the hidden layers.
    categorical_features : "from_dtype", None or array-like of str, int or bool, \
            default="from_dtype"
        The columns that hold categories, as in
        `skweighted.preprocessing.TablePreparation`. With "from_dtype", these are
        columns of text, categories and objects other than numbers.
    optimizer : str, class or keras.optimizers.Optimizer, default="adamw"
        The optimizer.
    learning_rate : float, "cosine", "coslog4" or keras schedule, default=2e-3
        Step size of the optimizer. A schedule by name begins with
        ``optimizer__learning_rate``, 1e-3 by default.
    input_scaling : {"standard", "robust"} or None, default="robust"
        How the networks scale their inputs. With None, `preparation_` scales numbers to
        mean 0 and variance 1, and fills missing values with 0.
    numeric_embedding : {"periodic", "piecewise_linear"}, array-like or None, \
            default="piecewise_linear"
        Trained functions that replace each number.
    dropout : float in [0, 1), default=0.1
        Share of the outputs of each hidden layer that are dropped in training.
    batch_size : int or "auto", default="auto"
        Number of rows per gradient step. "auto" is 256, or, in `fit`, a smaller
        multiple of 64 with which an epoch has no more steps; `alpha` is then divided by
        200.
    epochs : int, default=200
        Largest number of passes over the training rows.
    early_stopping : bool, default=True
        Whether each network stops when it no longer improves on the rows that it is not
        trained on.
    n_iter_no_change : int or inf, default=20
        Patience of `early_stopping`, in epochs.
    n_networks : int, default=8
        Number of networks, whose probabilities are averaged.
    ensemble : {"seeds", "folds", "bootstrap", "balanced"}, default="folds"
        How the networks differ. "folds" needs several networks and two rows of two
        classes. With one network, it is the same as "seeds"; with fewer rows, every
        network is trained on all of them, without early stopping unless X_val and y_val
        are given.
    dtype : {"auto", "float32", "float64"}, default="auto"
        Precision of the networks. "auto" is float32 for tables of at least 200 rows or
        5,000 numbers, counted in the prepared matrix; a smaller one keeps the precision
        of that matrix, and so does one with numbers of 1e18 and more. float64 takes two
        to four times as long. It is needed if the values of a column differ only after
        their seventh digit. With `partial_fit`, "auto" is the precision of the matrix
        of the first call.
    **parameters
        All other parameters of `CostSensitiveMLPClassifier`, with the same defaults.

    Attributes
    ----------
    preparation_ : skweighted.preprocessing.TablePreparation
        The fitted preparation of X.
    n_features_in_ : int
        Number of columns of the raw X.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of the raw X, if all of them are strings.
    model_ : keras.Model
        The compiled network, as in `CostSensitiveMLPClassifier`. It takes a prepared
        matrix, ``preparation_.transform(X)``, not the raw table.
    **attributes
        All other attributes of `CostSensitiveMLPClassifier`.

    See Also
    --------
    CostSensitiveMLPClassifier : The same classifier for numbers, and its documentation.
    skweighted.preprocessing.TablePreparation : What is done to each kind of column.

    Notes
    -----
    A column of more than 50 categories is encoded by the target, with the cross-fitting
    of scikit-learn's `TargetEncoder`, so that no row is encoded by its own label.

    `warm_start` keeps the preparation of the first fit. `partial_fit` fits it in its
    first call, and every later table is transformed by it; columns with many
    categories are then not encoded by the target, which the first rows may not show.
    `partial_fit` trains each network on all rows of a call, without early stopping and
    folds.

    A weight of 2 is equivalent to two copies of a row if nothing depends on chance for
    each row, nor on the number of rows: with ``n_networks=1, early_stopping=False,
    dropout=0.0``, a given `dtype`, a `batch_size` of at least the number of rows, and
    no columns that are encoded by the target. Rows of weight zero are always ignored.

    Examples
    --------
    >>> import pandas as pd
    >>> from skweighted import CostSensitiveTabularClassifier
    >>> X = pd.DataFrame({"age": range(40), "city": ["Oslo", None] * 20})
    >>> y = X["age"] > 29
    >>> clf = CostSensitiveTabularClassifier(n_networks=2, epochs=5, random_state=0)
    >>> clf.fit(X, y).predict_proba(X).shape
    (40, 2)
    """

    _parameter_constraints: dict = {  # noqa: RUF012 (sklearn's name and type)
        **CostSensitiveMLPClassifier._parameter_constraints,
        "categorical_features": ["array-like", StrOptions({"from_dtype"}), None],
    }

    def __init__(
        self,
        hidden_layer_sizes: Any = (128, 128),
        activation: Any = "silu",
        *,
        categorical_features: Any = "from_dtype",
        optimizer: Any = "adamw",
        learning_rate: Any = 2e-3,
        input_scaling: str | None = "robust",
        numeric_embedding: Any = "piecewise_linear",
        dropout: float = 0.1,
        batch_size: int | str = "auto",
        epochs: int = 200,
        early_stopping: bool = True,
        n_iter_no_change: float = 20,
        n_networks: int = 8,
        ensemble: str = "folds",
        **parameters: Any,
    ) -> None:
        super().__init__(
            hidden_layer_sizes,
            activation,
            optimizer=optimizer,
            learning_rate=learning_rate,
            input_scaling=input_scaling,
            numeric_embedding=numeric_embedding,
            dropout=dropout,
            batch_size=batch_size,
            epochs=epochs,
            early_stopping=early_stopping,
            n_iter_no_change=n_iter_no_change,
            n_networks=n_networks,
            ensemble=ensemble,
            **parameters,
        )
        self.categorical_features = categorical_features

    _kept = (*CostSensitiveMLPClassifier._kept, "preparation_")

    preparation_: TablePreparation

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags

    def _arrays(self, X: Any, y: Any, sample_weight: Any, use: Use) -> Arrays:
        """Return the prepared X, y and sample_weight as checked arrays."""

        def prepare(labels: np.ndarray, weight: Any) -> Any:
            was_fitted = self.__sklearn_is_fitted__()
            if use == "validation" or (use == "partial_fit" and was_fitted):
                return self.preparation_.transform(X)
            if use == "fit" and self.warm_start and was_fitted:
                return self.preparation_._transform_training_rows(X, labels, weight)
            return self._fit_preparation(X, labels if use == "fit" else None, weight)

        return prepared_arrays(self, y, sample_weight, prepare)

    def _fit_preparation(self, X: Any, y: Any, sample_weight: Any) -> Any:
        """Fit the preparation, and return the matrix."""
        preparation = TablePreparation(
            categorical_features=self.categorical_features,
            # The networks scale their inputs otherwise.
            scale_numbers=self.input_scaling is None,
        )
        # Whatever the global setting of scikit-learn.
        preparation.set_output(transform="default")
        matrix = preparation.fit_transform(X, y, sample_weight)
        self.preparation_ = preparation
        self.n_features_in_ = preparation.n_features_in_
        self.__dict__.pop("feature_names_in_", None)
        if hasattr(preparation, "feature_names_in_"):
            self.feature_names_in_ = preparation.feature_names_in_
        return matrix

    def _features(self, X: Any) -> Any:
        """Return the prepared X for prediction."""
        check_is_fitted(self)
        return self.preparation_.transform(X)

    def _settings(self) -> "Settings":
        """Return the parsed parameters, with this class's own batch size by default."""
        settings = super()._settings()
        if self.batch_size != "auto":
            return settings
        return replace(settings, batch_size=_BATCH_ROWS, reduces_batch_size=True)

    def _feasible(self, settings: "Settings", arrays: Arrays) -> "Settings":
        """Return settings with a precision, and without folds if those do not fit."""
        if settings.dtype == "auto" and self._is_float32(arrays):
            settings = replace(settings, dtype="float32")
        if settings.ensemble != "folds" or settings.needs_folds:
            return settings
        if settings.n_networks == 1:
            return replace(settings, ensemble="seeds")
        return replace(settings, folds_if_possible=True)

    def _is_float32(self, arrays: Arrays) -> bool:
        """Return whether the networks compute in float32 by default."""
        if self.warm_start and self.__sklearn_is_fitted__():
            return self._trained.networks[0].network.dtype == "float32"
        values = arrays.X.data if issparse(arrays.X) else arrays.X
        fits = np.fmax.reduce(values, axis=None, initial=0) < _MOST
        fits &= np.fmin.reduce(values, axis=None, initial=0) > -_MOST
        n_rows = int((arrays.sample_weight > 0).sum())
        is_large = n_rows >= _MANY_ROWS or n_rows * arrays.X.shape[1] >= _MANY_NUMBERS
        return bool(fits) and is_large

    def _partial_fit_settings(self) -> "Settings":
        """Return settings without what is a default here and needs all rows."""
        settings = self._settings()
        settings = replace(settings, early_stopping=False, reduces_batch_size=False)
        if self.ensemble == "folds":
            return replace(settings, ensemble="seeds")
        return settings


# scikit-learn's repr omits the parameters that have the default of this signature.
CostSensitiveTabularClassifier.__init__.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
    [
        inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD),
        *signature_of(CostSensitiveTabularClassifier).parameters.values(),
    ]
)
