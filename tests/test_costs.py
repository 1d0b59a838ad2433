"""Costs at the door: every form means the same matrix, and every message is whole."""

from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest
from messages import whole

from skweighted._costs._matrix import (
    as_numbers,
    cost_array,
    false_alarm_miss_array,
    looks_swapped,
    own_labels,
)
from skweighted.exceptions import CostWarning

CLASSES = np.array(["fraud", "late", "ok"])
COSTS = np.array([[0.0, 8, 20], [2, -1, 5], [1, 3, 0]])
FRAME = pd.DataFrame(COSTS, index=CLASSES, columns=CLASSES)
PAIRS = {
    (truth, answer): COSTS[i, j]
    for i, truth in enumerate(CLASSES.tolist())
    for j, answer in enumerate(CLASSES.tolist())
}
BINARY = np.array(["no", "yes"])

SAME_COSTS = {
    "array": COSTS,
    "lists": COSTS.tolist(),
    "integers": COSTS.astype(int),
    "decimals": [[Decimal(int(cost)) for cost in row] for row in COSTS],
    "dict": PAIRS,
    "dict without free right answers": {
        pair: cost for pair, cost in PAIRS.items() if cost != 0
    },
    "dict of NumPy labels": {
        (np.str_(truth), np.str_(answer)): cost
        for (truth, answer), cost in PAIRS.items()
    },
    "frame": FRAME,
    "frame in another order": FRAME.iloc[[2, 0, 1], [1, 2, 0]],
    "frame with names": FRAME.rename_axis(index="truth", columns="predicted"),
}

SHAPE = (
    "A cost matrix must have a row for each truth and a column for each prediction: "
    "shape (2, 2) for the classes ['no', 'yes'], in this order. Got shape {}. {}"
)
NAMED = "A dict {(truth, prediction): cost} or a DataFrame can name them."
FINITE = (
    "Every cost must be a finite number. Predicting 'yes' where 'no' is true costs {}. "
    "For a mistake that must not happen, use a cost far above the others."
)
RIGHT = (
    "A correct prediction must not cost more than a mistake. Where {!r} is true, "
    "predicting it costs {} and predicting {!r} costs {}. Are rows and columns "
    "swapped? Rows "
    "are truths, columns are predictions."
)
FRAME_LABELS = (
    "A DataFrame of costs must have one row and one column for each class. It has {} "
    "{}s for 'yes'; its {}s are {}. Classes: ['no', 'yes']. If its rows and columns "
    "are in this order, pass cost_matrix.to_numpy()."
)
TRANSPOSED = (
    "The rows of a cost matrix are truths and its columns are predictions. The {} of "
    "this DataFrame are called {!r}. Pass its transpose, cost_matrix.T."
)
SQUARE = pd.DataFrame([[0, 1], [5, 0]], index=BINARY, columns=BINARY)

WRONG = [
    (
        [0, 1, 5, 0],
        SHAPE.format((4,), "Write [[a, b], [c, d]] instead of [a, b, c, d]."),
    ),
    ([[0, 1, 2, 3]], SHAPE.format((1, 4), NAMED)),
    ([[0, 1], [5, 0], [1, 1]], SHAPE.format((3, 2), NAMED)),
    (np.zeros((3, 3)), SHAPE.format((3, 3), NAMED)),
    (7, SHAPE.format((), NAMED)),
    (
        np.zeros((5, 2, 2)),
        SHAPE.format(
            (5, 2, 2), "Pass one matrix per row to predict(X, cost_matrix=...)."
        ),
    ),
    (
        [[0, 1], [5]],
        "The rows of costs must all have the same length. Got [[0, 1], [5]].",
    ),
    ([[0, "much"], [5, 0]], "A cost must be a number. Got 'much', of type str."),
    ([["0", "1"], ["5", "0"]], "A cost must be a number. Got '0', of type str."),
    ([[0, None], [5, 0]], "A cost must be a number. Got None, of type NoneType."),
    ("balanced", "A cost must be a number. Got 'balanced', of type str."),
    ([[0, np.nan], [5, 0]], FINITE.format("nan")),
    ([[0, np.inf], [5, 0]], FINITE.format("inf")),
    ({("no", "yes"): -np.inf, ("yes", "no"): 1}, FINITE.format("-inf")),
    ([[0, 1], [0, 5]], RIGHT.format("yes", 5, "no", 0)),
    (
        [[0, 3], [1, 2]],
        RIGHT.format("yes", 2, "no", 1) + " The transpose would be valid.",
    ),
    ([[5, 0], [0, 5]], RIGHT.format("no", 5, "yes", 0)),
    (
        [[0, 1], [3, 3]],
        "Every class needs a mistake that costs more than a correct prediction. Where "
        "'yes' is true, every prediction costs 3. Rows are truths, columns are "
        "predictions.",
    ),
    (
        [[0, 1], [0, 0]],
        "Every class needs a mistake that costs more than a correct prediction. Where "
        "'yes' is true, every prediction costs 0. Rows are truths, columns are "
        "predictions.",
    ),
    (
        {("no", "yes"): 1},
        "A dict of costs must have a cost for every mistake, as {(truth, prediction): "
        "cost}. It has no cost for [('yes', 'no')]. Classes: ['no', 'yes'].",
    ),
    (
        {"yes": 5},
        "The keys of a dict of costs must be pairs (truth, prediction). Got 'yes'.",
    ),
    (
        {("no", "yes", "maybe"): 5},
        "The keys of a dict of costs must be pairs (truth, prediction). Got ('no', "
        "'yes', 'maybe').",
    ),
    (SQUARE.iloc[:1], FRAME_LABELS.format(0, "row", "row", ["no"])),
    (SQUARE.iloc[:, :1], FRAME_LABELS.format(0, "column", "column", ["no"])),
    (
        SQUARE.iloc[[0, 1, 1]],
        FRAME_LABELS.format(2, "row", "row", ["no", "yes", "yes"]),
    ),
    (SQUARE.rename_axis(index="Predicted"), TRANSPOSED.format("rows", "Predicted")),
    (SQUARE.rename_axis(columns="y_true"), TRANSPOSED.format("columns", "y_true")),
]


@pytest.mark.parametrize("form", SAME_COSTS)
def test_every_form_means_the_same_matrix(form):
    costs = cost_array(SAME_COSTS[form], CLASSES)
    assert costs.dtype == np.float64
    np.testing.assert_array_equal(costs, COSTS)


@pytest.mark.parametrize("form", [COSTS, FRAME], ids=["array", "frame"])
def test_the_array_is_new(form):
    before = np.array(form)
    cost_array(form, CLASSES)[:] = 99
    np.testing.assert_array_equal(form, before)


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0]])
def test_permuted_classes_permute_a_dict(order):
    np.testing.assert_array_equal(
        cost_array(PAIRS, CLASSES[order]), COSTS[np.ix_(order, order)]
    )


def test_integers_booleans_and_floats_are_one_label():
    costs = {(0.0, 1): 3, (True, False): 7}
    np.testing.assert_array_equal(cost_array(costs, np.array([0, 1])), [[0, 3], [7, 0]])
    frame = pd.DataFrame([[0, 3], [7, 0]])
    np.testing.assert_array_equal(
        cost_array(frame, np.array([False, True])), [[0, 3], [7, 0]]
    )


@pytest.mark.parametrize(("cost_matrix", "message"), WRONG)
def test_wrong_costs_are_explained(cost_matrix, message):
    with pytest.raises(ValueError, match=whole(message)):
        cost_array(cost_matrix, BINARY)


def test_of_many_missing_mistakes_ten_are_listed():
    missing = [(0, j) for j in range(1, 5)] + [(1, j) for j in (0, 2, 3, 4)]
    message = whole(
        f"A dict of costs must have a cost for every mistake, as {{(truth, prediction)"
        f": cost}}. It has no cost for {[*missing, (2, 0), (2, 1)]} and 10 more. "
        f"Classes: "
        f"[0, 1, 2, 3, 4]."
    )
    with pytest.raises(ValueError, match=message):
        cost_array({}, np.arange(5))


def test_ten_missing_mistakes_are_all_listed():
    missing = [(1, 2), *((i, j) for i in (2, 3) for j in range(4) if i != j)]
    missing += [(3, 4), (4, 0), (4, 1)]
    costs = {(i, j): 1 for i in range(5) for j in range(5) if (i, j) not in missing}
    message = whole(
        f"A dict of costs must have a cost for every mistake, as {{(truth, prediction)"
        f": cost}}. It has no cost for {missing}. Classes: [0, 1, 2, 3, 4]."
    )
    assert len(missing) == 10
    with pytest.raises(ValueError, match=message):
        cost_array(costs, np.arange(5))


def test_no_transpose_is_proposed_that_would_be_wrong_too():
    # Transposed, every answer would cost 0 where "fraud" is true.
    costs = [[0, 6, 1], [0, 5, 1], [0, 6, 0]]
    with pytest.raises(ValueError, match=whole(RIGHT.format("late", 5, "fraud", 0))):
        cost_array(costs, CLASSES)


@pytest.mark.parametrize(
    "form", [PAIRS, FRAME.rename(index=np.str_, columns=np.str_)], ids=["dict", "frame"]
)
def test_a_label_that_is_not_in_y_warns_and_is_left_out(form):
    with pytest.warns(CostWarning) as caught:
        costs = cost_array(form, CLASSES[[0, 2]])
    np.testing.assert_array_equal(costs, [[0, 20], [1, 0]])
    assert [str(warning.message) for warning in caught] == [
        "cost_matrix has costs for labels that are not in y: ['late']. Classes in y: "
        "['fraud', 'ok']. Check the spelling and the type of the labels."
    ]
    assert caught[0].filename == __file__


def test_a_frame_without_names_of_rows_is_in_the_order_of_the_classes():
    given = pl.DataFrame(COSTS, schema=CLASSES.tolist())
    np.testing.assert_array_equal(cost_array(given, CLASSES), COSTS)
    message = (
        "A DataFrame of costs without names of rows, such as one of polars, must be in "
        "the order of the classes, ['fraud', 'late', 'ok']. Its columns are ['ok', "
        "'late', 'fraud']. Or pass a dict, {(truth, prediction): cost}."
    )
    with pytest.raises(ValueError, match=whole(message)):
        cost_array(given.select("ok", "late", "fraud"), CLASSES)


def test_gains_are_allowed():
    gains = COSTS - 30
    np.testing.assert_array_equal(cost_array(gains, CLASSES), gains)


def test_matrices_per_row_need_not_be_reasonable():
    amounts = np.array([1.0, 500, 20])
    costs = np.zeros((3, 2, 2))
    costs[:, :, 1] = 10  # to look at it, fraud or not
    costs[:, 1, 0] = amounts
    np.testing.assert_array_equal(cost_array(costs, BINARY, n_rows=3), costs)
    np.testing.assert_array_equal(cost_array(costs[1], BINARY, n_rows=3), costs[1])


def test_matrices_of_other_rows_are_explained():
    message = whole(
        SHAPE.format((3, 2, 2), "One matrix for each row needs shape (4, 2, 2).")
    )
    with pytest.raises(ValueError, match=message):
        cost_array(np.zeros((3, 2, 2)), BINARY, n_rows=4)


def test_a_wrong_cost_of_one_row_is_found():
    costs = np.zeros((3, 2, 2))
    costs[2, 0, 1] = np.nan
    with pytest.raises(ValueError, match=whole(FINITE.format("nan in row 2"))):
        cost_array(costs, BINARY, n_rows=3)


def test_dicts_and_frames_have_labels_of_their_own():
    assert own_labels(PAIRS).tolist() == CLASSES.tolist()
    assert own_labels(FRAME).tolist() == CLASSES.tolist()
    assert own_labels(COSTS) is None
    assert repr(own_labels({(np.int64(3), 5): 1}).tolist()) == "[3, 5]"


def test_numbers_are_copied():
    costs = np.zeros(3)
    as_numbers(costs)[:] = 99
    np.testing.assert_array_equal(costs, 0)


def test_two_numbers_are_one_matrix_for_every_row():
    costs = false_alarm_miss_array(2, 30, n_rows=3)
    np.testing.assert_array_equal(costs, [[[0, 2], [30, 0]]] * 3)


def test_costs_of_each_row_stay_with_their_row():
    costs = false_alarm_miss_array(pd.Series([1, 2, 3]), [10, 0, 30.0], n_rows=3)
    for row in range(3):
        expected = [[0, row + 1], [[10, 0, 30][row], 0]]
        np.testing.assert_array_equal(costs[row], expected)


TOGETHER = (
    "false_alarm and miss must be given together, because a decision compares them. {} "
    "is None."
)
ONE_FOR_EACH = "{} must be one number, or one for each of the 3 rows. Got shape {}."
AT_LEAST_0 = "{} must be finite and at least 0. It is {}. Gains belong in cost_matrix."
WRONG_PER_ROW = [
    (1, None, TOGETHER.format("miss")),
    (None, 1, TOGETHER.format("false_alarm")),
    ([1, 2], 1, ONE_FOR_EACH.format("false_alarm", (2,))),
    (1, [[1], [2], [3]], ONE_FOR_EACH.format("miss", (3, 1))),
    (-2.5, 1, AT_LEAST_0.format("false_alarm", "-2.5")),
    (1, [1, np.nan, 3], AT_LEAST_0.format("miss", "nan in row 1")),
    (1, np.inf, AT_LEAST_0.format("miss", "inf")),
    (1, "much", "A cost must be a number. Got 'much', of type str."),
]


@pytest.mark.parametrize(("false_alarm", "miss", "message"), WRONG_PER_ROW)
def test_wrong_costs_of_rows_are_explained(false_alarm, miss, message):
    with pytest.raises(ValueError, match=whole(message)):
        false_alarm_miss_array(false_alarm, miss, n_rows=3)


@pytest.mark.parametrize(
    ("costs", "counts", "swapped"),
    [
        ([[0, 1], [20, 0]], [95, 5], False),
        ([[0, 20], [1, 0]], [95, 5], True),
        ([[0, 20], [1, 0]], [5, 95], False),
        ([[0, 1], [20, 0]], [5, 95], True),
        ([[0, 20], [1, 0]], [60, 40], False),
        ([[0, 20], [1, 0]], [60, 30], False),
        ([[0, 20], [1, 0]], [60, 29], True),
        ([[0, 1], [20, 0]], [50, 50], False),
        ([[0, 2], [2, 0]], [95, 5], False),
        # Net of the right answers the miss costs 1 and the false alarm 2.
        ([[0, 2], [6, 5]], [95, 5], True),
    ],
)
def test_costs_look_swapped_if_missing_the_rarer_class_is_cheap(costs, counts, swapped):
    assert looks_swapped(np.array(costs, float), np.array(counts, float)) is swapped


def test_more_than_two_classes_never_look_swapped():
    assert not looks_swapped(COSTS, np.array([90.0, 9, 1]))
