"""Preparation of raw tables: `TablePreparation`, from any columns to one matrix."""

from collections.abc import Iterator, Mapping, Sequence
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.preprocessing import MaxAbsScaler, StandardScaler
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import (
    _check_feature_names_in,
    _check_sample_weight,
    check_is_fitted,
    validate_data,
)

from skweighted._tables._codes import (
    MISSING,
    Coding,
    codes_in,
    codes_of_few,
    fit_coding,
    one_hot,
)
from skweighted._tables._read import (
    Kind,
    check_finite,
    check_names,
    column_of,
    is_categorical,
    kind_of,
    read_table,
)
from skweighted._tables._target import fit_target_encoder, names_of, target_columns
from skweighted._tables._values import (
    DATE_PARTS,
    date_parts,
    dates_in,
    days_in,
    moments_in,
    numbers_in,
    zone_of,
)

__all__ = ["TablePreparation"]

# One-hot columns are stored sparsely only if the dense matrix would be larger.
MOST_DENSE_BYTES = 500e6

# So many rows are read value by value.
_FEW_ROWS = 10


class TablePreparation(TransformerMixin, BaseEstimator):
    """Transform a raw table into a matrix of numbers.

    The columns of the matrix are, in this order:

    - numbers, and durations in days;
    - booleans, as 0 and 1;
    - dates, as up to four numbers: days since the earliest date, weekday, month and
      hour;
    - with `scale_numbers`, a flag for each column that has missing values;
    - a one-hot column for each category of a categorical column. Missing values are a
      category. Rare categories share one, as does every unknown category if there are
      rare ones; otherwise, an unknown category has only zeros;
    - for a column of more than `max_categories` categories, the share of the target for
      the row's category, by scikit-learn's `TargetEncoder` with its cross-fitting.

    Empty columns, and those of one value without missing ones, are left out; constant
    numbers are kept if nothing else remains. By default, numbers are not scaled, and
    missing ones stay NaN.

    Parameters
    ----------
    categorical_features : "from_dtype", None or array-like of str, int or bool, \
            default="from_dtype"
        The columns that hold categories. With "from_dtype", these are columns of text,
        categories and objects other than numbers. An array has their names, their
        indices or a mask; other columns must then hold numbers, booleans, dates or
        durations, as all columns must with None.
    max_categories : int, default=50
        The largest number of categories, missing values included, that become one-hot
        columns. If a column has more, it is encoded by the target. Without y, each of
        the ``max_categories - 1`` most frequent categories has its own column, and the
        others share one.
    min_frequency : int, float or None, default=None
        Categories with a smaller total weight than this number, or for a float than
        this share of all weights, are rare.
    scale_numbers : bool, default=False
        Whether numbers, booleans, dates and target encodings are scaled to mean 0 and
        variance 1. Missing numbers then become 0, which is the mean. Sparse X is
        divided by the largest absolute value of each column.

    Attributes
    ----------
    kinds_ : list of str
        What each column of X holds: "number", "boolean", "date", "duration", "category"
        or "empty".
    output_kinds_ : list of str
        What each column of the matrix is: "number", "boolean", "date", "missing",
        "one_hot" or "target".
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of X, if all of them are strings.

    See Also
    --------
    skweighted.CostSensitiveTabularClassifier : Prepares a table, and learns from it.

    Notes
    -----
    Rows of weight zero are checked, but nothing is learned from them. Other weights
    determine which categories are rare, and the mean and variance of `scale_numbers`,
    for which a weight of k is equivalent to k copies of a row. `TargetEncoder` has no
    weights: it uses all rows with a weight above zero alike.

    Categories that occur in a single row are one category for `TargetEncoder`. A column
    of names or identifiers, in which nothing else occurs, is therefore constant, and is
    left out.

    Examples
    --------
    >>> import pandas as pd
    >>> from skweighted.preprocessing import TablePreparation
    >>> X = pd.DataFrame({"city": ["Rome", None, "Oslo"], "age": [31, None, 54]})
    >>> preparation = TablePreparation()
    >>> preparation.fit_transform(X)
    array([[31.,  0.,  1.,  0.],
           [nan,  0.,  0.,  1.],
           [54.,  1.,  0.,  0.]])
    >>> preparation.get_feature_names_out().tolist()
    ['age', 'city_Oslo', 'city_Rome', 'city_missing']
    """

    _parameter_constraints: dict = {  # noqa: RUF012 (sklearn's name and type)
        "categorical_features": ["array-like", StrOptions({"from_dtype"}), None],
        "max_categories": [Interval(Integral, 2, None, closed="left")],
        "min_frequency": [
            Interval(Integral, 1, None, closed="left"),
            Interval(Real, 0, 1, closed="neither"),
            None,
        ],
        "scale_numbers": ["boolean"],
    }

    def __init__(
        self,
        *,
        categorical_features: Any = "from_dtype",
        max_categories: int = 50,
        min_frequency: float | None = None,
        scale_numbers: bool = False,
    ) -> None:
        self.categorical_features = categorical_features
        self.max_categories = max_categories
        self.min_frequency = min_frequency
        self.scale_numbers = scale_numbers

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.sparse = True
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def fit(
        self, X: Any, y: ArrayLike | None = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Learn how to transform a table.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            The table.
        y : array-like of shape (n_samples,) or (n_samples, n_labels), default=None
            The target, for columns with many categories.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, at least 0.

        Returns
        -------
        self : TablePreparation
        """
        self.fit_transform(X, y, sample_weight)
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def fit_transform(
        self, X: Any, y: ArrayLike | None = None, sample_weight: ArrayLike | None = None
    ) -> Any:
        """Learn how to transform a table, and transform it.

        Columns that are encoded by the target are not those of ``fit(X, y)`` and
        ``transform(X)``: each row is encoded by the targets of other rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            The table.
        y : array-like of shape (n_samples,) or (n_samples, n_labels), default=None
            The target, for columns with many categories.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, at least 0.

        Returns
        -------
        ndarray or CSR matrix of shape (n_samples, n_columns)
            float32 if all numbers of X are float32, else float64. CSR if X is sparse,
            or if the dense matrix would take more than 500 MB.

        Raises
        ------
        ValueError
            If X has infinite values, a column has values that its kind does not allow,
            or no column has values.
        """
        before = self.__dict__.copy()
        try:
            return self._fit_transform(X, y, sample_weight)
        except BaseException:
            self.__dict__ = before  # rather than a mixture of two fits
            raise

    def _fit_transform(self, X: Any, y: Any, sample_weight: Any) -> Any:
        """Do what `fit_transform` does, without undoing what has failed."""
        table = self._checked(X, reset=True)
        weight = _checked_weight(sample_weight, table)
        rows = np.flatnonzero(weight)
        self._find_kinds(table, rows)
        self._find_dates(table, rows)
        self._fit_codings(table, weight, has_target=y is not None)
        numbers = self._fit_numbers(table, rows)
        target = self._fit_target(table, y, rows)
        if not (self.numbers_ or self.one_hot_codings_ or self.target_codings_):
            raise ValueError(
                "At least one column of X must vary, other than text that differs in "
                "every row. All columns are empty, constant or such text."
            )
        n_bytes = (
            table.shape[0] * len(self.output_kinds_) * np.dtype(self.dtype_).itemsize
        )
        self.sparse_output_ = self.is_sparse_ or n_bytes > MOST_DENSE_BYTES
        self._fit_scaler(numbers, target, rows, weight)
        return self._assembled(numbers, table, target)

    def transform(self, X: Any) -> Any:
        """Transform a table.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            The table. The columns of a DataFrame are matched by their names.

        Returns
        -------
        ndarray or CSR matrix of shape (n_samples, n_columns)

        Raises
        ------
        ValueError
            If a column is missing, or has values that its kind does not allow.
        """
        check_is_fitted(self)
        table = self._checked(X, reset=False)
        codes = _codes(table, self.target_codings_)
        encodings = [encoder.transform(codes) for encoder in self.target_encoders_]
        return self._assembled(self._numbers(table), table, _joined(encodings, table))

    def _transform_training_rows(
        self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Any:
        """Transform a table for more training on it, with cross-fitted encodings."""
        table = self._checked(X, reset=False)
        rows = np.flatnonzero(_checked_weight(sample_weight, table))
        target = _joined(
            [encodings for _, encodings in self._cross_fitted(table, y, rows)], table
        )
        return self._assembled(self._numbers(table), table, target)

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> Any:
        """Return the names of the columns of the matrix.

        Parameters
        ----------
        input_features : array-like of str of shape (n_features,), default=None
            Names of the columns of X, if it had none in `fit`.

        Returns
        -------
        ndarray of str objects of shape (n_columns,)
            The name of the column of X, and for categories, parts of dates, flags and
            encodings also what it is, such as "city_Rome" or "income_missing".
        """
        check_is_fitted(self)
        names = _check_feature_names_in(self, input_features)
        return np.array(
            [
                names[position] if part is None else f"{names[position]}_{part}"
                for position, part, _ in self._outputs()
            ],
            dtype=object,
        )

    @property
    def output_kinds_(self) -> list[str]:
        """What each column of the matrix is."""
        check_is_fitted(self)
        return [kind for _, _, kind in self._outputs()]

    def _outputs(self) -> Iterator[tuple[int, str | None, str]]:
        """Yield position in X, what is added to the name, and kind of each output."""
        yield from self.numbers_
        for number in self.flagged_:
            yield self.numbers_[number][0], MISSING, "missing"
        for position, coding in self.one_hot_codings_.items():
            yield from ((position, name, "one_hot") for name in coding["names"])
        # As TargetEncoder orders them, and label by label.
        for names in self.target_names_:
            for position in self.target_codings_:
                yield from ((position, name, "target") for name in names)

    def _checked(self, X: Any, *, reset: bool) -> Any:
        """Return X as a table whose columns are those of fit."""
        table = read_table(X)
        if not isinstance(table, pd.DataFrame):
            table = validate_data(
                self,
                table,
                reset=reset,
                accept_sparse="csr",
                dtype=[np.float64, np.float32],
                ensure_all_finite=False,
            )
            if sparse.issparse(table) and not (reset or self.is_sparse_):
                return table.toarray()
            return table
        if 0 in table.shape:
            raise ValueError(
                f"X must have at least one row and one column. Its shape is "
                f"{table.shape}."
            )
        names = table.columns
        check_names(names)
        known = getattr(self, "feature_names_in_", None)
        if not reset and known is not None and set(known) == set(names):
            table = table if list(known) == list(names) else table[list(known)]
        return validate_data(self, table, reset=reset, skip_check_array=True)

    def _find_kinds(self, table: Any, rows: np.ndarray) -> None:
        """Find what the columns hold in the training rows."""
        given = self.categorical_features
        from_dtype = isinstance(given, str)
        names = getattr(self, "feature_names_in_", None)
        named = is_categorical(table, None if from_dtype else given, names)
        self.is_sparse_ = sparse.issparse(table)
        if self.is_sparse_:
            if named.any():
                raise ValueError(
                    "Columns of sparse X cannot be categorical. Pass X.toarray(), or "
                    "categorical_features='from_dtype'."
                )
            self.kinds_ = ["number"] * table.shape[1]
            self.dtype_ = table.dtype.name
            return
        if isinstance(table, np.ndarray):
            is_empty = np.isnan(table[rows]).all(axis=0)
            kinds = np.where(is_empty, "empty", np.where(named, "category", "number"))
            self.kinds_ = kinds.tolist()
            self.dtype_ = table.dtype.name if "number" in self.kinds_ else "float64"
            return
        self.kinds_ = []
        is_float32 = set()
        for position, is_named in enumerate(named):
            column = column_of(table, position, rows)
            kind: Kind = kind_of(column)
            if kind == "category" and not from_dtype:
                kind = "number"  # text is then an error that names the column
            if kind != "empty" and is_named:
                kind = "category"
            if kind in ("number", "date", "duration"):
                is_float32.add(column.dtype == np.float32)
            self.kinds_.append(kind)
        self.dtype_ = "float32" if is_float32 == {True} else "float64"

    def _find_dates(self, table: Any, rows: np.ndarray) -> None:
        """Find the time zone and the earliest day of each column of dates."""
        self.zones_, self.origins_ = {}, {}
        for position in self._of_kind("date"):
            column = column_of(table, position, rows)
            name = self._name(position, table)
            dates = dates_in(column, name)
            self.zones_[position] = zone_of(dates)
            days = days_in(moments_in(dates, name, self.zones_[position]))
            self.origins_[position] = float(np.nanmin(days))

    def _fit_numbers(self, table: Any, rows: np.ndarray) -> Any:
        """Return the numbers that vary in the training rows."""
        outputs: list[tuple[int, str | None, str]]
        outputs = [(one, None, "number") for one in self._of_kind("number", "duration")]
        outputs += [(one, None, "boolean") for one in self._of_kind("boolean")]
        outputs += [
            (one, part, "date") for one in self._of_kind("date") for part in DATE_PARTS
        ]
        self.flagged_: list[int] = []
        self.kept_ = np.ones(len(outputs), dtype=bool)
        values = self._numbers(table)
        if not self.is_sparse_ and outputs:
            training = values if len(rows) == len(values) else values[rows]
            has_missing = np.isnan(training).any(axis=0)
            least = np.fmin.reduce(training, axis=0)
            most = np.fmax.reduce(training, axis=0)
            # That a value is missing can matter even if all others are equal; for a
            # date, its days show it.
            is_first = np.array([part in (None, "days") for _, part, _ in outputs])
            kept = (least < most) | ((least == most) & has_missing & is_first)
            # Constants alone are kept: every row then has the shares of the classes,
            # as with all classifiers of scikit-learn.
            if kept.any() or self.one_hot_codings_ or self.target_codings_:
                self.kept_ = kept
            values = values if self.kept_.all() else values[:, self.kept_]
            if self.scale_numbers:
                flagged = (has_missing & is_first)[self.kept_]
                self.flagged_ = np.flatnonzero(flagged).tolist()
        self.numbers_ = [
            one for one, is_kept in zip(outputs, self.kept_, strict=True) if is_kept
        ]
        return values

    def _numbers(self, table: Any) -> Any:
        """Return the numbers of a table that are in the matrix."""
        if sparse.issparse(table):
            return _finite_sparse(table, self.dtype_)
        positions = self._of_kind("number", "duration") + self._of_kind("boolean")
        values = self._simple_numbers(table, positions)
        with np.errstate(over="ignore", invalid="ignore"):
            cast = values.astype(self.dtype_, copy=False)
            is_finite = np.isfinite(cast.sum())  # inf - inf is NaN
        if not is_finite:
            for position, column in zip(positions, values.T, strict=True):
                check_finite(self._name(position, table), column, self.dtype_)
        values = cast
        dates = []
        for position, zone in self.zones_.items():
            column, name = column_of(table, position), self._name(position, table)
            moments = moments_in(column, name, zone)
            dates.append(date_parts(moments, self.origins_[position]))
        if dates:
            values = np.hstack([values, *dates])
        values = values.astype(self.dtype_, copy=False)
        if self.is_sparse_:
            return sparse.csr_array(values)
        return values if self.kept_.all() else values[:, self.kept_]

    def _simple_numbers(self, table: Any, positions: list[int]) -> np.ndarray:
        """Return columns of numbers, durations and booleans."""
        if isinstance(table, np.ndarray):
            return table[:, positions]
        part = table.iloc[:, positions]
        dtypes = part.dtypes.tolist()
        is_plain = not self._of_kind("duration") and all(
            isinstance(one, np.dtype) and one.kind in "biuf" for one in dtypes
        )
        if is_plain and dtypes:
            for one in self._of_kind("boolean"):  # an error if there are other numbers
                if table.dtypes.iloc[one].kind != "b":
                    numbers_in(table.iloc[:, one], self._name(one, table), "boolean")
            dtype = np.result_type(np.float32, *dtypes)
            return np.array(part, dtype=dtype)
        columns = [
            numbers_in(column_of(table, one), self._name(one, table), self.kinds_[one])
            for one in positions
        ]
        return _joined([column[:, np.newaxis] for column in columns], table)

    def _fit_codings(self, table: Any, weight: np.ndarray, *, has_target: bool) -> None:
        """Find the categories, and which columns are encoded by the target."""
        self.one_hot_codings_: dict[int, Coding] = {}
        self.target_codings_: dict[int, Coding] = {}
        for position in self._of_kind("category"):
            coding, for_target = fit_coding(
                column_of(table, position),
                weight,
                self.max_categories,
                self.min_frequency,
                has_target,
            )
            codings = self.target_codings_ if for_target else self.one_hot_codings_
            if len(coding["names"]) > 1:
                codings[position] = coding

    def _fit_target(self, table: Any, y: Any, rows: np.ndarray) -> np.ndarray:
        """Fit the encoders of the target, and return the encodings."""
        fitted = self._cross_fitted(table, y, rows)
        self.target_encoders_ = [encoder for encoder, _ in fitted]
        self.target_names_: list[list[str]] = [
            names_of(encoder, label if len(fitted) > 1 else None)
            for label, encoder in enumerate(self.target_encoders_)
        ]
        return _joined([encodings for _, encodings in fitted], table)

    def _cross_fitted(
        self, table: Any, y: Any, rows: np.ndarray
    ) -> list[tuple[Any, np.ndarray]]:
        """Return an encoder and encodings for each column of y."""
        if not self.target_codings_:
            return []
        codes = _codes(table, self.target_codings_)
        return [
            fit_target_encoder(codes, one, rows) for one in target_columns(y, codes)
        ]

    def _fit_scaler(
        self, numbers: Any, target: np.ndarray, rows: np.ndarray, weight: np.ndarray
    ) -> None:
        """Fit the scaler of the numbers and the encodings of the target."""
        self.scaler_ = None
        values = self._to_scale(numbers, target)
        if not self.scale_numbers or not values.shape[1]:
            return
        if self.is_sparse_:
            self.scaler_ = MaxAbsScaler().set_output(transform="default")
            self.scaler_.fit(values[rows])
            return
        self.scaler_ = StandardScaler().set_output(transform="default")
        self.scaler_.fit(values[rows], sample_weight=weight[rows])

    def _to_scale(self, numbers: Any, target: np.ndarray) -> Any:
        """Return numbers and encodings of the target as one matrix."""
        if not target.shape[1]:
            return numbers
        return np.hstack([numbers, target.astype(self.dtype_, copy=False)])

    def _assembled(self, numbers: Any, table: Any, target: np.ndarray) -> Any:
        """Return the matrix."""
        flags = np.empty((table.shape[0], 0))
        if self.scaler_ is not None:
            if self.flagged_:
                flags = np.isnan(numbers[:, self.flagged_])
            n_numbers = numbers.shape[1]
            scaled = self.scaler_.transform(self._to_scale(numbers, target))
            values = scaled.data if self.is_sparse_ else scaled
            values[np.isnan(values)] = 0
            numbers, target = scaled[:, :n_numbers], scaled[:, n_numbers:]
        parts = [numbers, flags]
        parts.append(
            one_hot(
                _codes(table, self.one_hot_codings_),
                [len(coding["names"]) for coding in self.one_hot_codings_.values()],
                self.sparse_output_,
            )
        )
        parts = [part for part in [*parts, target] if part.shape[1]]
        if self.sparse_output_:
            return sparse.hstack(parts, format="csr", dtype=self.dtype_)
        return np.hstack(parts, dtype=self.dtype_) if len(parts) > 1 else parts[0]

    def _of_kind(self, *kinds: Kind) -> list[int]:
        """Return the positions of columns of some kinds."""
        return [position for position, kind in enumerate(self.kinds_) if kind in kinds]

    def _name(self, position: int, table: Any = None) -> Any:
        """Return the name of a column of X, or its position."""
        names = getattr(self, "feature_names_in_", getattr(table, "columns", None))
        name = position if names is None else names[position]
        return name.item() if isinstance(name, np.generic) else name


def _codes(table: Any, codings: Mapping[int, Coding]) -> np.ndarray:
    """Return the codes of some columns of categories."""
    if table.shape[0] <= _FEW_ROWS and codings and isinstance(table, pd.DataFrame):
        values = table.iloc[:, list(codings)].to_numpy(object)
        return codes_of_few(values, list(codings.values()))
    codes = np.empty((table.shape[0], len(codings)), dtype=np.int64)
    for number, (position, coding) in enumerate(codings.items()):
        codes[:, number] = codes_in(column_of(table, position), coding)
    return codes


def _joined(parts: Sequence[np.ndarray], table: Any) -> np.ndarray:
    """Return matrices side by side, of no columns if there are none."""
    return np.hstack([np.empty((table.shape[0], 0)), *parts])


def _checked_weight(sample_weight: Any, table: Any) -> np.ndarray:
    """Return the weight of each row, not all zero."""
    if sample_weight is None:
        return np.ones(table.shape[0])
    if not np.asarray(sample_weight).any():
        raise ValueError(
            "Every sample_weight is zero. At least one row needs a weight above zero."
        )
    return _check_sample_weight(
        sample_weight, table, dtype=np.float64, ensure_non_negative=True
    )


def _finite_sparse(table: Any, dtype: str) -> Any:
    """Return a sparse matrix in a precision, or raise ValueError."""
    with np.errstate(over="ignore"):
        cast = table.astype(dtype, copy=False)
    is_infinite = np.isinf(cast.data)
    if is_infinite.any():
        column = int(table.indices[is_infinite.argmax()])
        check_finite(column, table.data[table.indices == column], dtype)
    return cast
