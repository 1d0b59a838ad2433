"""What columns hold: numbers, dates, identifiers, categories or text."""

from dataclasses import FrozenInstanceError
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from messages import whole
from sklearn.linear_model import LogisticRegression

from skweighted import compare
from skweighted._columns import conspicuous, read_column
from skweighted.exceptions import ColumnWarning

DAYS = pd.date_range("2024-03-01", periods=300)
CODES = ["{}-1", "1,2,{}", "A{},5", "2024-{}", "{},", "0{}", "1,{}.{}.5"]


def column(values):
    return pd.Series(list(values), name="x")


def numbers(n_rows=300):
    return [f"{i / 4}" for i in range(n_rows)]


@pytest.mark.parametrize(
    ("values", "line"),
    [
        (
            [*numbers(297), "?", "?", "?"],
            "297 of 300 values of 'x' are numbers; '?' is not: --na '?'",
        ),
        (
            [*numbers(3), *["?"] * 90, *["-"] * 7],
            "3 of 100 values of 'x' are numbers; '?', '-' are not: --na '?' --na '-'",
        ),
        (
            [*numbers(295), "<5", "<5", "a", "b", "c"],
            "295 of 300 values of 'x' are numbers; '<5', 'a', 'b' and 1 more are not: "
            "--na '<5' --na 'a' --na 'b'",
        ),
        (
            numbers(),
            "'x' holds numbers stored as text, such as '0.0'. Convert it with "
            "pd.to_numeric.",
        ),
        (
            [f"{i},{i % 10}" for i in range(99)],
            "'x' holds numbers with decimal commas, such as '0,0': --decimal ','",
        ),
        (
            ["-1.234,50", *(f"{i},25" for i in range(99))],
            "'x' holds numbers with decimal commas, such as '-1.234,50'. Remove the "
            "points between thousands, and use --decimal ','.",
        ),
        (
            [*(f"{i},5" for i in range(99)), "?"],
            "99 of 100 values of 'x' are numbers with decimal commas; '?' is not: "
            "--decimal ',' --na '?'",
        ),
        (
            [*(f"{i},234" for i in range(1, 99)), "1,234,567"],
            "'x' holds numbers with commas between thousands, such as '1,234'. Remove "
            "the commas.",
        ),
        (
            ["1,234.5", "12"],
            "'x' holds numbers with commas between thousands, such as '1,234.5'. "
            "Remove the commas.",
        ),
        (
            [f"{i},234" for i in range(1, 99)],
            "'x' holds numbers whose commas separate decimals or thousands, such as "
            "'1,234'. State what separates decimals when reading the file, or remove "
            "the commas.",
        ),
        (
            DAYS.strftime("%Y-%m-%d"),
            "'x' holds dates, such as '2024-03-01': --dates x",
        ),
        (
            [*DAYS.strftime("%d/%m/%Y %H:%M"), "?"],
            "300 of 301 values of 'x' are dates; '?' is not. Write dates as "
            "2024-12-31, and name the column in --dates.",
        ),
        (
            range(1, 301),
            "'x' looks like a row index: every integer from 1 to 300 occurs exactly "
            "once. Remove it if it identifies rows: --drop x",
        ),
        (
            [*range(297), 5, 6, 7],
            "'x' looks like a row index: 297 distinct integers from 0 to 296. Remove "
            "it if it identifies rows: --drop x",
        ),
        (
            map(str, range(300)),
            "'x' looks like a row index: every integer from 0 to 299 occurs exactly "
            "once. Remove it if it identifies rows: --drop x",
        ),
        (
            [f"c{min(i, 290)}" for i in range(300)],
            "'x' is text with 291 distinct values in 300 rows. Remove it if it "
            "identifies rows: --drop x",
        ),
    ],
)
def test_what_needs_attention_is_one_line(values, line):
    assert read_column(column(values)).describe() == line


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.linspace(0, 1, 300), "numbers"),
        (np.random.default_rng(0).integers(0, 300, 300), "numbers"),  # 63 % differ
        (np.random.default_rng(0).permutation(10**5)[:300], "numbers"),  # with gaps
        (range(99), "numbers"),  # too few
        ([1 + 2j, 3j], "numbers"),
        (pd.array([1, 2, None], dtype="Int64"), "numbers"),
        ([Decimal("1.5"), Decimal("2.5"), None], "numbers"),
        ([1.0, np.inf], "numbers"),
        (DAYS, "dates"),
        (["a", "b", None], "categories"),
        ([True, False, None], "categories"),
        (["1", "2", "3", "other"] * 9, "categories"),
        (["Mon", "Tue", "may"], "categories"),
        (["10-20", "20-30", "10:30"], "categories"),
        (["1.2.3", "2.3.4"], "categories"),
        (["?", "-"], "categories"),
        ([["a"], ["b"]], "categories"),
        ([1, "a"], "categories"),
        (["w", "w", None], "constant"),
        ([None, None], "constant"),
        ([3.0, 3.0, np.nan], "constant"),
        ([f"I would give {i} stars" for i in range(300)], "text"),
        (["this is a sentence", "so is this one"], "text"),
    ],
)
def test_other_columns_need_no_attention(values, kind):
    reading = read_column(column(values))
    assert (reading.kind, reading.describe()) == (kind, "")


@pytest.mark.parametrize("form", CODES)
def test_codes_are_not_taken_for_numbers_or_dates(form):
    reading = read_column(column(form.format(i, i) for i in range(100, 400)))
    assert reading.kind == "identifiers"
    assert reading.bounds is None


@pytest.mark.parametrize(
    ("date_format", "day_first"),
    [
        ("%d/%m/%Y", True),
        ("%d.%m.%Y", True),
        ("%m/%d/%Y", False),
        ("%Y-%m", False),
        ("%Y-%m-%d %H:%M:%S", False),
    ],
)
def test_the_order_of_day_and_month_is_read_from_all_dates(date_format, day_first):
    reading = read_column(column(DAYS.strftime(date_format)))
    assert (reading.kind, reading.day_first) == ("dates", day_first)
    assert reading.n_parsed == 300


def test_values_are_counted_without_missing_ones():
    reading = read_column(column(["1.5", "1.5", "2.5", "?", None]))
    assert (reading.n_values, reading.n_distinct, reading.n_parsed) == (4, 3, 3)
    assert reading.stray == ("?",)


def test_a_reading_is_a_value_and_the_column_stays_as_it_is():
    values = column([" 1,5", "2,5 ", None])
    before = values.copy()
    reading = read_column(values)
    assert reading.kind == "numbers with decimal commas"
    assert reading == read_column(values)
    pd.testing.assert_series_equal(values, before)
    with pytest.raises(FrozenInstanceError):
        reading.kind = "text"


@pytest.mark.parametrize(
    ("values", "line"),
    [
        (
            ["?", *numbers(99)],
            "99 of 100 values of 'x' are numbers; '?' is not. Read the file with "
            "pd.read_csv(file, na_values=['?']).",
        ),
        (
            ["?", *(f"{i},5" for i in range(99))],
            "99 of 100 values of 'x' are numbers with decimal commas; '?' is not. Read "
            "the file with pd.read_csv(file, decimal=',', na_values=['?']).",
        ),
        (
            ["1,234.5", "12"],
            "'x' holds numbers with commas between thousands, such as '1,234.5'. Read "
            "the file with pd.read_csv(file, thousands=',').",
        ),
        (
            ["2,5", "1.234,5"],
            "'x' holds numbers with decimal commas, such as '1.234,5'. Read the file "
            "with pd.read_csv(file, decimal=',', thousands='.').",
        ),
        (["a", "b"], ""),
    ],
)
def test_in_python_the_remedy_is_that_of_pandas(values, line):
    assert read_column(column(values)).describe(in_python=True) == line


def test_at_most_five_columns_are_described():
    frame = pd.DataFrame({f"c{i}": ["?", *numbers(99)] for i in range(8)})
    *lines, more = conspicuous(frame)
    assert [line.partition(";")[0][-4:] for line in lines] == ["bers"] * 5
    assert more == "3 more columns look conspicuous; `skweighted doctor` lists all."
    assert conspicuous(frame.iloc[:, :6])[5:] == [
        "1 more column looks conspicuous; `skweighted doctor` lists all."
    ]
    assert len(conspicuous(frame.iloc[:, :5])) == 5


def test_only_frames_have_conspicuous_columns():
    indices = np.arange(300.0)[:, None]
    assert conspicuous(indices) == []
    assert len(conspicuous(pd.DataFrame(indices))) == 1


def test_a_categorical_column_is_meant_as_it_is():
    assert conspicuous(pd.DataFrame({"x": pd.Categorical(numbers())})) == []


def test_compare_warns_of_a_conspicuous_column():
    frame = pd.DataFrame({"x": ["?", *numbers(99)], "z": np.arange(100) % 7})
    y = np.arange(100) % 4 == 0
    message = (
        "99 of 100 values of 'x' are numbers; '?' is not. Read the file with "
        "pd.read_csv(file, na_values=['?'])."
    )
    with pytest.warns(ColumnWarning, match=whole(message)) as caught:
        compare(frame, y, estimator=LogisticRegression(), strategies="none", cv=2)
    assert [warning.filename for warning in caught] == [__file__]
