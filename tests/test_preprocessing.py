"""The preparation of raw tables: laws, oracles, and what is an error."""

import pickle
from datetime import date, timedelta

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import skops.io
from messages import whole
from scipy.sparse import csr_array, issparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import OneHotEncoder, StandardScaler, TargetEncoder
from sklearn.utils.estimator_checks import parametrize_with_checks

import skweighted
from skweighted.preprocessing import TablePreparation

RNG = np.random.default_rng(0)
N_ROWS = 300


def table(n_rows=N_ROWS, seed=0):
    """Return a table with each kind of column, and missing values in most of them."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "city": rng.choice(["Rome", "Oslo", "Bonn", "Graz"], n_rows),
            "age": rng.normal(40, 10, n_rows),
            "member": rng.random(n_rows) < 0.3,
            "since": pd.Timestamp("2020-01-01")
            + pd.to_timedelta(rng.integers(0, 10**6, n_rows), unit="min"),
            "children": rng.integers(0, 4, n_rows),
            "waited": pd.to_timedelta(rng.integers(0, 10**5, n_rows), unit="s"),
            # Two of each, so that the order of categories has no ties.
            "street": rng.choice([f"s{i}" for i in range(60)], n_rows),
        }
    )
    for name in ("city", "age", "since", "street"):
        frame.loc[rng.random(n_rows) < 0.1, name] = None
    return frame


X = table()
Y = RNG.integers(0, 2, N_ROWS)
WEIGHT = RNG.integers(0, 4, N_ROWS)
TARGETS = {
    "none": None,
    "two classes": Y,
    "texts": np.array(["ok", "late", "fraud"])[RNG.integers(0, 3, N_ROWS)],
    "labels": RNG.integers(0, 2, (N_ROWS, 2)),
}
PREPARATIONS = [
    TablePreparation(),
    TablePreparation(scale_numbers=True),
    TablePreparation(max_categories=3, min_frequency=0.2),
]


def same(left, right):
    np.testing.assert_array_equal(left, right)


@parametrize_with_checks([TablePreparation(), TablePreparation(scale_numbers=True)])
@pytest.mark.filterwarnings("default")
def test_sklearn_check(estimator, check):
    check(estimator)


# laws


@pytest.mark.parametrize("preparation", PREPARATIONS)
@pytest.mark.parametrize("target", TARGETS)
def test_a_row_of_weight_zero_is_an_absent_row(preparation, target):
    y, present = TARGETS[target], WEIGHT > 0
    odd = X.assign(answer=RNG.random(N_ROWS) < 0.5, constant=0.0)
    odd["answer"] = odd["answer"].astype(object)
    rows = odd[present]
    # In rows of weight zero: another kind, another value, rare categories and the
    # earliest date.
    absent = np.flatnonzero(~present)
    odd.loc[absent[0], ["city", "answer", "constant"]] = ["nowhere", 1, 1.0]
    odd.loc[absent[:9], "since"] = pd.Timestamp("1980-01-01")
    rest = clone(preparation)
    weighted = clone(preparation).fit_transform(odd, y, present.astype(float))
    y_rest = None if y is None else y[present]
    same(weighted[present], rest.fit_transform(rows, y_rest))


@pytest.mark.parametrize("preparation", PREPARATIONS)
def test_weight_k_equals_k_copies(preparation):
    rows = np.repeat(np.arange(N_ROWS), WEIGHT)
    weighted = clone(preparation).fit(X, sample_weight=WEIGHT)
    copied = clone(preparation).fit(X.iloc[rows])
    assert list(weighted.get_feature_names_out()) == list(
        copied.get_feature_names_out()
    )
    # The mean of copies is summed in another order.
    np.testing.assert_allclose(
        weighted.transform(X), copied.transform(X), rtol=1e-9, atol=1e-9
    )


@pytest.mark.parametrize("preparation", PREPARATIONS)
def test_the_order_of_the_rows_has_no_effect(preparation):
    rows = RNG.permutation(N_ROWS)
    shuffled = clone(preparation).fit(X.iloc[rows])
    np.testing.assert_allclose(
        shuffled.transform(X), clone(preparation).fit_transform(X), atol=1e-9
    )


@pytest.mark.parametrize("target", TARGETS)
def test_columns_are_matched_by_their_names(target):
    preparation = TablePreparation().fit(X, TARGETS[target])
    same(preparation.transform(X[X.columns[::-1]]), preparation.transform(X))


@pytest.mark.parametrize("preparation", PREPARATIONS)
def test_a_row_is_transformed_alike_alone_and_among_others(preparation):
    fitted = clone(preparation).fit(X, Y)
    later = table(seed=1)
    rows = [fitted.transform(later.iloc[[row]]) for row in range(50)]
    same(np.vstack(rows), fitted.transform(later)[:50])


# twins: the same table in other containers


def polars_twin(frame):
    return pl.from_pandas(frame)


def object_twin(frame):
    return frame.to_numpy(object)


def list_twin(frame):
    return frame.astype(object).to_numpy(object).tolist()


def categorical_twin(frame):
    return frame.astype({"city": "category", "street": "category"})


def nullable_twin(frame):
    return frame.convert_dtypes()


TWINS = [polars_twin, object_twin, list_twin, categorical_twin, nullable_twin]


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("target", ["none", "two classes"])
def test_every_container_of_a_table_gives_the_same_bits(twin, target):
    y = TARGETS[target]
    same(
        TablePreparation().fit_transform(twin(X), y),
        TablePreparation().fit_transform(X, y),
    )


@pytest.mark.parametrize("twin", [polars_twin, categorical_twin, nullable_twin])
def test_a_container_of_another_kind_can_be_transformed(twin):
    preparation = TablePreparation().fit(X, Y)
    same(preparation.transform(twin(X)), preparation.transform(X))
    same(preparation.transform(twin(X.head(3))), preparation.transform(X.head(3)))


def test_dates_of_python_are_dates():
    days = [date(2024, 3, 1), None, date(2024, 3, 4)]
    frame = pd.DataFrame({"day": pd.Series(days, dtype=object)})
    twin = pd.DataFrame({"day": pd.to_datetime(frame["day"])})
    same(
        TablePreparation().fit_transform(frame), TablePreparation().fit_transform(twin)
    )


# oracles: scikit-learn's transformers


@pytest.mark.parametrize("max_categories", [4, 10, 100])
def test_categories_are_those_of_one_hot_encoder(max_categories):
    columns = X[["city", "street"]].astype(object).where(X.notna(), np.nan)
    # Counts without ties, where scikit-learn and we would choose others.
    counts = np.concatenate([np.full(i + 1, i) for i in range(23)])
    columns["street"] = np.array([f"s{i:02}" for i in counts[:N_ROWS]] * 2)[:N_ROWS]
    encoder = OneHotEncoder(
        handle_unknown="infrequent_if_exist",
        max_categories=max_categories,
        sparse_output=False,
    )
    with_missing = columns.to_numpy(object)
    ours = TablePreparation(max_categories=max_categories)
    same(ours.fit_transform(columns), encoder.fit_transform(with_missing))
    later = columns.head(20).copy()
    later.iloc[3] = "unknown"
    same(ours.transform(later), encoder.transform(later.to_numpy(object)))


@pytest.mark.parametrize("target", ["two classes", "texts"])
def test_many_categories_are_encoded_as_by_target_encoder(target):
    # Streets with one row share a code, which TargetEncoder does not do.
    streets = X[["street"]].fillna("missing")
    is_single = streets.groupby("street")["street"].transform("size") == 1
    streets = streets.mask(is_single, "missing")
    y = TARGETS[target]
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    encoder = TargetEncoder(smooth=5.0, cv=folds)
    ours = TablePreparation()
    np.testing.assert_allclose(
        ours.fit_transform(streets, y), encoder.fit_transform(streets, y), rtol=1e-12
    )
    later = pd.DataFrame({"street": ["s1", "unknown"]})
    np.testing.assert_allclose(
        ours.transform(later), encoder.transform(later), rtol=1e-12
    )


def test_labels_are_encoded_one_by_one():
    labels = TARGETS["labels"]
    both = TablePreparation().fit(X[["street"]], labels)
    assert list(both.get_feature_names_out()) == ["street_target_0", "street_target_1"]
    for label in range(2):
        alone = TablePreparation().fit(X[["street"]], labels[:, label])
        same(both.transform(X[["street"]])[:, [label]], alone.transform(X[["street"]]))


def test_a_row_is_not_encoded_by_its_own_target():
    streets = X[["street"]].fillna("missing")
    before = TablePreparation().fit_transform(streets, Y)
    changed = Y.copy()
    # Two rows of opposite classes, so that the folds stay the same.
    row, other = np.flatnonzero(Y == 0)[0], np.flatnonzero(Y == 1)[0]
    changed[[row, other]] = changed[[other, row]]
    after = TablePreparation().fit_transform(streets, changed)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    for training, test in folds.split(streets, Y):
        if not {row, other} & set(training.tolist()):
            same(before[test], after[test])


def test_scaled_numbers_are_those_of_standard_scaler():
    columns = X[["age", "children"]]
    ours = TablePreparation(scale_numbers=True).fit_transform(columns)
    scaled = np.nan_to_num(StandardScaler().fit_transform(columns))
    # Weights, of 1 here, let StandardScaler sum in another order.
    expected = np.column_stack([scaled, columns["age"].isna()])
    np.testing.assert_allclose(ours, expected, rtol=1e-12)


# examples


def test_each_kind_of_column_has_its_names():
    preparation = TablePreparation(scale_numbers=True).fit(X, Y)
    assert preparation.kinds_ == [
        *("category", "number", "boolean", "date", "number", "duration", "category")
    ]
    names = [*("age", "children", "waited", "member"), "since_days", "since_weekday"]
    names += ["since_month", "since_hour", "age_missing", "since_missing"]
    names += [f"city_{name}" for name in ("Bonn", "Graz", "Oslo", "Rome", "missing")]
    assert list(preparation.get_feature_names_out()) == [*names, "street_target"]
    kinds = ["number"] * 3 + ["boolean"] + ["date"] * 4 + ["missing"] * 2
    assert preparation.output_kinds_ == [*kinds, *["one_hot"] * 5, "target"]
    assert preparation.transform(X).shape == (N_ROWS, 16)


def test_an_unknown_category_is_a_rare_one_or_has_zeros():
    frame = pd.DataFrame({"city": ["Rome"] * 3 + ["Oslo"] * 3 + ["Graz"]})
    later = pd.DataFrame({"city": ["Bonn", None, "Graz"]})
    same(TablePreparation().fit(frame).transform(later), [[0] * 3, [0] * 3, [1, 0, 0]])
    rare = TablePreparation(min_frequency=2).fit(frame)
    assert rare.get_feature_names_out()[-1] == "city_infrequent"
    same(rare.transform(later), [[0, 0, 1]] * 3)


def test_large_integers_as_categories_are_exact_with_a_missing_value():
    ids = pd.Series([2**60 + row % 4 for row in range(40)], dtype=object)
    ids[::20] = None
    preparation = TablePreparation(categorical_features=["id"])
    frame = pd.DataFrame({"id": ids})
    matrix = preparation.fit_transform(frame)
    names = [f"id_{2**60 + code}" for code in range(4)]
    assert preparation.get_feature_names_out().tolist() == [*names, "id_missing"]
    alone = [preparation.transform(frame[row : row + 1])[0] for row in range(40)]
    np.testing.assert_array_equal(matrix, alone)
    assert TablePreparation().fit(frame).kinds_ == ["number"]


def test_names_that_differ_in_each_row_are_left_out():
    frame = pd.DataFrame({"name": [f"n{i}" for i in range(99)], "age": range(99)})
    preparation = TablePreparation().fit(frame, np.arange(99) % 2)
    assert list(preparation.get_feature_names_out()) == ["age"]


@pytest.mark.parametrize("y", [None, np.arange(10**5) % 2])
def test_a_hundred_thousand_categories_have_few_columns(y):
    texts = [f"id {i}" for i in range(10**5)]
    frame = pd.DataFrame({"id": texts, "pair": np.repeat(texts, 2)[: 10**5]})
    preparation = TablePreparation()
    assert preparation.fit_transform(frame, y).shape[1] <= 2 * 50
    # Texts that occur once are not stored.
    assert not any(
        "id 99999" in coding["codes"]
        for coding in [
            *preparation.one_hot_codings_.values(),
            *preparation.target_codings_.values(),
        ]
    )


def test_constant_and_empty_columns_are_left_out():
    frame = pd.DataFrame(
        {
            "empty": [np.nan] * 4,
            "nothing": [None] * 4,
            "same": [7.0] * 4,
            "word": ["a"] * 4,
            "day": pd.to_datetime(["2024-01-01"] * 4),
            "age": [1.0, 2.0, 3.0, np.nan],
            "some": [1.0, np.nan, 1.0, 1.0],
        }
    )
    preparation = TablePreparation().fit(frame)
    assert list(preparation.get_feature_names_out()) == ["age", "some"]
    later = frame.assign(empty=[1.0] * 4, nothing="x", same=1e9, word="b")
    same(preparation.transform(later), preparation.transform(frame))


def test_dates_are_days_and_what_varies_of_weekday_month_and_hour():
    days = pd.to_datetime(["2024-01-31 12:00", "2024-02-01 12:00", None])
    preparation = TablePreparation()
    matrix = preparation.fit_transform(pd.DataFrame({"day": days}))
    nan = np.nan
    assert list(preparation.get_feature_names_out()) == [
        *("day_days", "day_weekday", "day_month")
    ]
    same(matrix, [[0, 2, 1], [1, 3, 2], [nan, nan, nan]])


def test_moments_in_another_time_zone_are_the_same():
    moments = pd.date_range("2024-01-01", periods=50, freq="11h", tz="Europe/Rome")
    preparation = TablePreparation().fit(pd.DataFrame({"time": moments}))
    elsewhere = pd.DataFrame({"time": moments.tz_convert("Asia/Tokyo")})
    same(
        preparation.transform(elsewhere),
        preparation.transform(pd.DataFrame({"time": moments})),
    )


def test_a_zone_that_fit_did_not_see_is_refused():
    moments = pd.date_range("2024-01-01", periods=50, freq="11h")
    preparation = TablePreparation().fit(pd.DataFrame({"time": moments}))
    message = (
        "Column 'time' of X must hold dates without a time zone, as in fit. Its dates "
        "are in Europe/Rome. Convert them to the zone that those of fit were in, and "
        "remove it by dt.tz_localize(None)."
    )
    with pytest.raises(ValueError, match=whole(message)):
        preparation.transform(
            pd.DataFrame({"time": moments.tz_localize("Europe/Rome")})
        )


def test_text_with_and_without_offsets_is_no_column_of_dates():
    moments = pd.date_range("2024-01-01", periods=50, freq="11h", tz="Europe/Rome")
    preparation = TablePreparation().fit(pd.DataFrame({"time": moments}))
    mixed = pd.Series(["2024-01-20T12:00", "2024-01-21T12:00+01:00", None])
    message = (
        f"Column 'time' of X must hold dates, all with a time zone or all without. It "
        f"has values of type {mixed.dtype}, such as '2024-01-20T12:00'. Convert them "
        f"to dates, or to None if they are missing."
    )
    with pytest.raises(ValueError, match=whole(message)):
        preparation.transform(pd.DataFrame({"time": mixed}))
    # As of summer time, and read as such.
    offsets = pd.Series(["2024-01-20T12:00+01:00", "2024-07-20T12:00+02:00", None])
    same_days = pd.to_datetime(offsets, utc=True)
    same(
        preparation.transform(pd.DataFrame({"time": offsets})),
        preparation.transform(pd.DataFrame({"time": same_days})),
    )


def test_integers_as_categories_are_the_same_with_a_missing_value():
    frame = pd.DataFrame({"code": [1, 2, 3, 2], "age": range(4)})
    preparation = TablePreparation(categorical_features=["code"]).fit(frame)
    later = frame.assign(code=[1.0, 2.0, np.nan, 2.0])
    same(
        preparation.transform(later)[[0, 1, 3]], preparation.transform(frame)[[0, 1, 3]]
    )


@pytest.mark.parametrize("given", [["code"], [1], [False, True]])
def test_categorical_features_are_names_indices_or_a_mask(given):
    frame = pd.DataFrame({"age": range(4), "code": [1, 2, 3, 2]})
    preparation = TablePreparation(categorical_features=given)
    same(
        preparation.fit_transform(frame),
        TablePreparation().fit_transform(frame.astype({"code": str})),
    )
    if given != ["code"]:
        same(
            clone(preparation).fit_transform(frame.to_numpy()),
            preparation.transform(frame),
        )


@pytest.mark.parametrize("dtype", ["float32", "Float32", "Float64", "Int64", "string"])
def test_few_rows_have_the_codes_of_many(dtype):
    column = pd.Series([0.1, None, 0.3, 2.0] * 5 if "loat" in dtype else [1, None] * 10)
    many = pd.DataFrame({"code": column.astype(dtype)})
    fitted = TablePreparation(categorical_features=["code"]).fit(many)
    np.testing.assert_array_equal(
        fitted.transform(many.iloc[:4]), fitted.transform(many)[:4]
    )


def test_names_of_categories_differ():
    X = pd.DataFrame(
        {"c": ["missing", None, "infrequent", "rare", "rarest"] + ["a"] * 9}
    )
    X = pd.concat([X] * 2 + [X[:3]])
    fitted = TablePreparation(min_frequency=3).fit(X)
    assert fitted.get_feature_names_out().tolist() == [
        *("c_a", "c_infrequent", "c_missing", "c_missing_", "c_infrequent_")
    ]


def test_dates_of_arrow_are_dates():
    days = pd.date_range("2024-01-01", periods=30)
    X = pd.DataFrame({"day": days})
    arrow = X.astype(pd.ArrowDtype(pa.date32()))
    np.testing.assert_array_equal(
        TablePreparation().fit_transform(arrow), TablePreparation().fit_transform(X)
    )
    fitted = TablePreparation().fit(X)
    np.testing.assert_array_equal(fitted.transform(arrow), fitted.transform(X))
    text = arrow.astype(str).astype(pd.ArrowDtype(pa.string()))
    np.testing.assert_array_equal(fitted.transform(text), fitted.transform(X))


@pytest.mark.parametrize("dtype", ["int64", "float64", "Int64", "int64[pyarrow]"])
def test_numbers_are_no_dates(dtype):
    first = 0.0 if dtype == "float64" else 0
    X = pd.DataFrame({"day": pd.date_range("2024-01-01", periods=30)})
    fitted = TablePreparation().fit(X)
    message = (
        f"Column 'day' of X must hold dates, all with a time zone or all without. It "
        f"has values of type {dtype}, such as {first}. Convert them to dates, "
        f"or to None if they are missing."
    )
    with pytest.raises(ValueError, match=whole(message)):
        fitted.transform(pd.DataFrame({"day": range(30)}, dtype=dtype))
    if dtype == "float64":  # a chunk of a file without any date
        nothing = pd.DataFrame({"day": [np.nan] * 30})
        assert np.isnan(fitted.transform(nothing)).all()


@pytest.mark.parametrize("scale_numbers", [False, True])
def test_float32_stays_float32(scale_numbers):
    numbers = RNG.normal(size=(20, 2)).astype(np.float32)
    frame = pd.DataFrame(numbers, columns=["a", "b"]).assign(c=["x", "y"] * 10)
    preparation = TablePreparation(scale_numbers=scale_numbers)
    assert preparation.fit_transform(numbers).dtype == np.float32
    assert preparation.fit_transform(frame).dtype == np.float32
    assert preparation.fit_transform(frame.assign(d=range(20))).dtype == np.float64


@pytest.mark.parametrize("scale_numbers", [False, True])
def test_a_sparse_matrix_stays_sparse(scale_numbers):
    # Powers of two are divided exactly.
    dense = 2.0 ** RNG.integers(-5, 5, (20, 3)) * (RNG.random((20, 3)) < 0.5)
    preparation = TablePreparation(scale_numbers=scale_numbers)
    matrix = preparation.fit_transform(csr_array(dense))
    assert issparse(matrix)
    expected = dense / np.abs(dense).max(axis=0) if scale_numbers else dense
    same(matrix.toarray(), expected)
    same(preparation.transform(dense).toarray(), expected)
    same(TablePreparation().fit(dense).transform(csr_array(dense)), dense)


def test_a_large_matrix_is_sparse(monkeypatch):
    dense = TablePreparation(scale_numbers=True).fit_transform(X, Y)
    monkeypatch.setattr("skweighted.preprocessing.MOST_DENSE_BYTES", 100)
    matrix = TablePreparation(scale_numbers=True).fit_transform(X, Y)
    assert issparse(matrix)
    same(matrix.toarray(), dense)


def through_pickle(preparation):
    return pickle.loads(pickle.dumps(preparation))


def through_skops(preparation):
    file = skops.io.dumps(preparation)
    return skops.io.loads(file, trusted=skweighted.TRUSTED_TYPES)


@pytest.mark.parametrize("through", [through_pickle, through_skops])
@pytest.mark.parametrize("preparation", PREPARATIONS)
def test_a_saved_preparation_transforms_alike(through, preparation):
    fitted = clone(preparation).fit(X, Y)
    same(through(fitted).transform(X), fitted.transform(X))


def test_output_can_be_a_frame():
    preparation = TablePreparation().set_output(transform="pandas")
    frame = preparation.fit_transform(X, Y)
    assert list(frame.columns) == list(preparation.get_feature_names_out())
    same(frame, TablePreparation().fit_transform(X, Y))


def test_the_table_stays_as_it_is():
    given = X.copy()
    TablePreparation(scale_numbers=True).fit(given, Y).transform(given)
    pd.testing.assert_frame_equal(given, X)


# errors

INFINITE = (
    "X must not contain infinite values. Column {} has 2 infinite values. Replace "
)
INFINITE += "them with numbers, or with NaN if they are missing."


@pytest.mark.parametrize(
    ("container", "name"),
    [
        (lambda values: pd.DataFrame(values, columns=["a", "b"]), "'b'"),
        (lambda values: pd.DataFrame(values, columns=["a", "b"]).assign(c="x"), "'b'"),
        (lambda values: values, "1"),
        (csr_array, "1"),
    ],
)
def test_an_infinite_value_is_an_error_that_names_the_column(container, name):
    values = np.ones((4, 2)) * np.arange(4)[:, None]
    preparation = TablePreparation().fit(container(values))
    values[1:3, 1] = np.inf
    with pytest.raises(ValueError, match=whole(INFINITE.format(name))):
        TablePreparation().fit(container(values))
    with pytest.raises(ValueError, match=whole(INFINITE.format(name))):
        preparation.transform(container(values))


@pytest.mark.parametrize(
    ("params", "change", "message"),
    [
        (
            {"categorical_features": None},
            {},
            "Column 'city' of X must hold numbers, but it contains text, such as "
            "'Rome'. Name it in categorical_features if it holds categories, or "
            "convert it to numbers.",
        ),
        (
            {"categorical_features": ["town"]},
            {},
            "categorical_features names 'town', which is not a column of X. Columns: "
            "'age', 'city'.",
        ),
        (
            {"categorical_features": [2]},
            {},
            "Indices in categorical_features must be from 0 to 1. Got [2].",
        ),
        (
            {"categorical_features": [True]},
            {},
            "A mask in categorical_features needs one value for each column. It has "
            "shape (1,), and X has 2 columns.",
        ),
        (
            {"categorical_features": [1.5]},
            {},
            "categorical_features must be 'from_dtype', None, or all names, all "
            "indices or all booleans. Got [1.5].",
        ),
        (
            {"categorical_features": ["age", 1]},
            {},
            "categorical_features must be 'from_dtype', None, or all names, all "
            "indices or all booleans. Got ['age', 1].",
        ),
        (
            {},
            {"age": np.nan, "city": None},
            "At least one column of X must vary, other than text that differs in every "
            "row. All columns are empty, constant or such text.",
        ),
    ],
)
def test_what_fit_cannot_use_is_an_error(params, change, message):
    frame = pd.DataFrame({"age": [1.0, 2.0], "city": ["Rome", "Oslo"]})
    with pytest.raises(ValueError, match=whole(message)):
        TablePreparation(**params).fit(frame.assign(**change))


@pytest.mark.parametrize("fitted", [False, True])
def test_a_failed_fit_changes_nothing(fitted):
    preparation = TablePreparation()
    frame = pd.DataFrame({"a": [1.0, 2, 3], "b": ["x", "y", "x"]})
    if fitted:
        before = preparation.fit_transform(frame)
    with pytest.raises(ValueError, match="infinite"):
        preparation.fit(pd.DataFrame({"b": [1.0, np.inf, 2]}))
    if fitted:
        np.testing.assert_array_equal(preparation.transform(frame), before)
    else:
        with pytest.raises(NotFittedError):
            preparation.transform(frame)


def test_names_need_a_table_with_names():
    message = (
        "Names in categorical_features need an X whose column names are all text. Pass "
        "such a DataFrame, or indices."
    )
    with pytest.raises(ValueError, match=whole(message)):
        TablePreparation(categorical_features=["a"]).fit(np.ones((2, 2)))


def test_sparse_columns_cannot_be_categories():
    message = (
        "Columns of sparse X cannot be categorical. Pass X.toarray(), or "
        "categorical_features='from_dtype'."
    )
    with pytest.raises(ValueError, match=whole(message)):
        TablePreparation(categorical_features=[0]).fit(csr_array(np.eye(3)))


@pytest.mark.parametrize(
    ("later", "message"),
    [
        (
            {"age": ["old", "young"], "day": "2024-01-01"},
            "Column 'age' of X must hold numbers, but it contains text, such as 'old'. "
            "Name it in categorical_features if it holds categories, or convert it to "
            "numbers.",
        ),
        (
            {"age": [1, 2], "day": ["2024-01-01", "monday"]},
            "Column 'day' of X must hold dates, all with a time zone or all without. "
            "It has values of type str, such as 'monday'. Convert them to dates, or to "
            "None if they are missing.",
        ),
        (
            {"age": [1, 2]},
            "The feature names should match those that were passed during fit.\n"
            "Feature names seen at fit time, yet now missing:\n- day\n",
        ),
    ],
)
def test_a_column_of_another_kind_is_an_error_in_transform(later, message):
    frame = pd.DataFrame({"age": [1, 2], "day": pd.to_datetime(["2024-01", "2024-02"])})
    preparation = TablePreparation().fit(frame)
    with pytest.raises(ValueError, match=whole(message)):
        preparation.transform(pd.DataFrame(later))


def test_column_names_must_be_unique():
    frame = pd.DataFrame(np.eye(3), columns=["a", "b", "a"])
    message = "Column names of X must be unique. 'a' occurs 2 times."
    with pytest.raises(ValueError, match=whole(message)):
        TablePreparation().fit(frame)


def test_some_weight_must_be_above_zero():
    message = "Every sample_weight is zero. At least one row needs a weight above zero."
    with pytest.raises(ValueError, match=whole(message)):
        TablePreparation().fit(X, Y, np.zeros(N_ROWS))


@pytest.mark.parametrize("container", [np.asarray, pd.DataFrame])
def test_the_matrix_is_not_a_view_of_x(container):
    numbers = np.arange(8.0).reshape(4, 2)
    X = container(numbers.copy())
    fitted = TablePreparation().fit(X)
    for matrix in (fitted.transform(X), TablePreparation().fit_transform(X)):
        matrix[:] = -1
    np.testing.assert_array_equal(np.asarray(X), numbers)


def test_a_zone_without_a_name_is_utc():
    days = pd.Series(pd.date_range("2024-01-01", periods=30, tz="Europe/Oslo"))
    by_name = TablePreparation().fit_transform(days.dt.tz_convert("UTC").to_frame())
    zone = days.dt.tz_convert("dateutil/Europe/Oslo").to_frame()
    np.testing.assert_array_equal(TablePreparation().fit_transform(zone), by_name)


def test_durations_of_any_length_are_days():
    days = pd.Series([1, 2_914_634, 3])
    for unit in ("s", "ms", "us"):
        X = pd.DataFrame({"open": (days * 86_400).astype("timedelta64[s]")})
        X["open"] = X["open"].astype(f"timedelta64[{unit}]")
        same(TablePreparation().fit_transform(X)[:, 0], days)
        X["open"] = X["open"].astype(pd.ArrowDtype(pa.duration(unit)))
        same(TablePreparation().fit_transform(X)[:, 0], days)


@pytest.mark.parametrize(
    ("column", "other", "message"),
    [
        (
            pd.to_timedelta(range(9), unit="D"),
            np.arange(9.0),
            "Column 'a' of X must hold durations, as in fit. It has values of type "
            "float64, such as 0.0. Convert them with pandas.to_timedelta and their "
            "unit.",
        ),
        (
            np.arange(9) % 2 == 0,
            np.arange(9),
            "Column 'a' of X must hold booleans, as in fit, or 0 and 1. It has values "
            "of type int64, such as 2.",
        ),
        (
            np.arange(9) % 2 == 0,
            pd.Series([timedelta(0)], dtype=pd.ArrowDtype(pa.duration("ns"))),
            "Column 'a' of X must hold booleans, as in fit, or 0 and 1. It has values "
            "of type duration[ns][pyarrow], such as Timedelta('0 days 00:00:00').",
        ),
        (
            np.arange(9) % 2 == 0,
            ["0", "1", "2"],
            "Column 'a' of X must hold booleans, as in fit, or 0 and 1. It has values "
            "of type str, such as '2'.",
        ),
        (
            np.arange(9.0),
            pd.to_timedelta(range(9), unit="D").as_unit("s"),
            "Column 'a' of X must hold numbers, but it contains values of type "
            "timedelta64[s]. Name it in categorical_features if it holds categories, "
            "or convert it to numbers.",
        ),
    ],
)
def test_a_column_of_another_kind_than_in_fit_is_an_error(column, other, message):
    fitted = TablePreparation().fit(pd.DataFrame({"a": column}))
    with pytest.raises(ValueError, match=whole(message)):
        fitted.transform(pd.DataFrame({"a": other}))


@pytest.mark.parametrize(
    "column",
    [
        np.arange(9.0),
        np.arange(9) % 2 == 0,
        pd.to_timedelta(range(9), unit="D"),
        pd.date_range("2024-01-01", periods=9),
    ],
)
@pytest.mark.parametrize(
    "missing", ["datetime64[ns]", "timedelta64[ns]", "float64", "object"]
)
def test_a_column_without_values_is_of_any_kind(column, missing):
    fitted = TablePreparation().fit(pd.DataFrame({"a": column}))
    nothing = pd.DataFrame({"a": pd.Series([None, None], dtype=missing)})
    assert np.isnan(fitted.transform(nothing)).all()


@pytest.mark.parametrize(
    "values",
    [
        [timedelta(days=1), timedelta(days=2)],
        [np.timedelta64(1, "D"), np.timedelta64(2, "D")],
        [np.datetime64("2024-01-01"), np.datetime64("2024-01-02")],
    ],
)
def test_a_category_has_the_same_code_in_few_and_in_many_rows(values):
    X = pd.DataFrame({"a": pd.Series(values * 10, dtype=object)})
    fitted = TablePreparation(categorical_features=["a"]).fit(X)
    same(fitted.transform(X)[:2], fitted.transform(X[:2]))
    assert fitted.transform(X[:2]).sum() == 2


@pytest.mark.parametrize("values", [[1, pd.NA, 3], [1.5, pd.NA, 2], [2**70, 1, None]])
def test_objects_that_are_numbers_are_numbers(values):
    fitted = TablePreparation().fit(
        pd.DataFrame({"a": pd.Series(values, dtype=object)})
    )
    assert fitted.kinds_ == ["number"]


@pytest.mark.parametrize("text", [["x"] * 5, list("abcde")])
def test_constants_are_kept_if_no_text_is(text):
    y = [0, 1, 0, 1, 0]
    X = pd.DataFrame({"a": [1.0] * 5, "c": text})
    # One-hot columns of text that differs in every row are fewer than its categories.
    fitted = TablePreparation(max_categories=2).fit(X, y)
    assert fitted.get_feature_names_out().tolist() == ["a"]


def test_numbers_too_large_for_float32_are_named():
    X = pd.DataFrame({"a": np.arange(9, dtype=np.float32)})
    fitted = TablePreparation().fit(X)
    message = (
        "Numbers of X must not be too large for float32, the precision of all numbers "
        "in fit. Column 'a' has such numbers. Convert the X of fit to float64."
    )
    with pytest.raises(ValueError, match=whole(message)):
        fitted.transform(pd.DataFrame({"a": [1e300]}))
    fitted = TablePreparation().fit(X.to_numpy())
    with pytest.raises(ValueError, match=whole(message.replace("'a'", "0"))):
        fitted.transform(np.array([[1e300]]))
    fitted = TablePreparation().fit(csr_array(X.to_numpy()))
    with pytest.raises(ValueError, match=whole(message.replace("'a'", "0"))):
        fitted.transform(csr_array([[1e300]]))


def test_messages_name_columns_whose_names_are_numbers():
    with pytest.raises(ValueError, match="Column 10 has 1 infinite value"):
        TablePreparation().fit(pd.DataFrame([[1, np.inf], [2, 3]], columns=[20, 10]))


def test_a_category_without_letters_has_a_name_of_its_own():
    X = pd.DataFrame({"a": ["", "b", ""]})
    assert TablePreparation().fit(X).get_feature_names_out().tolist() == ["a_", "a_b"]


def test_durations_too_long_for_pandas_are_categories_by_their_text():
    X = pd.DataFrame({"a": pd.Series([timedelta.max, "open"] * 9, dtype=object)})
    fitted = TablePreparation().fit(X)
    assert fitted.kinds_ == ["category"]
    same(fitted.transform(X)[:2], fitted.transform(X[:2]))
