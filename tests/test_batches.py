"""Batches: every row once an epoch, whatever the storage of X."""

import numpy as np
import pytest
from scipy import sparse

from skweighted._engine._batches import Batches
from skweighted._engine._spec import Rows

rng = np.random.default_rng(0)
X = rng.normal(size=(23, 3)) * (rng.random((23, 3)) < 0.5)
TARGET = rng.integers(0, 2, size=(23, 1))
WEIGHT = rng.random(23)
ROWS = np.arange(23)
SEED = np.random.SeedSequence(5)
STORAGES = {
    "dense": lambda X, _: X,
    "float32": lambda X, _: X.astype("float32").astype("float64"),
    "csr_array": lambda X, _: sparse.csr_array(X),
    "csr_matrix": lambda X, _: sparse.csr_matrix(X),
    "memmap": lambda X, path: memory_mapped(X, path),
}


def memory_mapped(X, path):
    np.save(path / "X.npy", X)
    return np.load(path / "X.npy", mmap_mode="r")


def epoch_of(batches, epoch):
    parts = [batches.batch(epoch, step) for step in range(batches.n_steps)]
    return [np.concatenate(part) for part in zip(*parts, strict=True)]


def test_an_epoch_has_every_row_once():
    batches = Batches(Rows(X, TARGET, WEIGHT, ROWS), 5, "float64", SEED)
    features, _, weight = epoch_of(batches, 0)
    assert batches.n_steps == 5
    order = batches.order(0)
    assert sorted(order) == ROWS.tolist()
    np.testing.assert_array_equal(features, X[order])
    np.testing.assert_array_equal(weight, WEIGHT[order])


@pytest.mark.parametrize(("n_rows", "n_steps"), [(19, 4), (20, 4), (21, 5)])
def test_an_epoch_has_as_many_steps_as_its_rows_need(n_rows, n_steps):
    batches = Batches(Rows(X, TARGET, WEIGHT, ROWS[:n_rows]), 5, "float64", SEED)
    assert batches.n_steps == n_steps
    assert len(batches.batch(0, n_steps - 1)[0]) == n_rows - 5 * (n_steps - 1)


@pytest.mark.parametrize("first", [0, 3, 7])
def test_steps_written_together_are_the_batches_one_by_one(first):
    networks = [Rows(X, TARGET, weight, ROWS) for weight in (WEIGHT, WEIGHT**2)]
    n_steps, room = 9, 8  # over the ends of epochs of 5 steps; room for 8 rows
    features = np.zeros((n_steps, 2, 3, room))
    # Of the features, the rows are the last axis.
    written = [features.swapaxes(2, 3)]
    written += [np.zeros((n_steps, 2, room, *shape)) for shape in ((1,), ())]
    n_rows = np.ones((n_steps, 2))
    batches = Batches(networks[0], 5, "float64", SEED, networks[1:])
    batches.fill(first, features, *written[1:], n_rows)
    for m, data in enumerate(networks):
        batches = Batches(data, 5, "float64", SEED)
        for number in range(n_steps):
            batch = batches.batch(*divmod(first + number, batches.n_steps))
            assert n_rows[number, m] == len(batch[0])
            for array, part in zip(written, batch, strict=True):
                np.testing.assert_array_equal(array[number, m, : len(part)], part)
                np.testing.assert_array_equal(array[number, m, len(part) :], 0)


@pytest.mark.parametrize("storage", STORAGES)
def test_batches_do_not_depend_on_the_storage_of_X(storage, tmp_path):
    stored = STORAGES[storage](X, tmp_path)
    ours = Batches(Rows(stored, TARGET, WEIGHT, ROWS), 5, "float32", SEED).batch(3, 4)
    dense = Batches(Rows(X, TARGET, WEIGHT, ROWS), 5, "float32", SEED).batch(3, 4)
    for our_part, dense_part in zip(ours, dense, strict=True):
        assert our_part.dtype == "float32"
        np.testing.assert_array_equal(our_part, dense_part)


def test_an_epoch_can_be_asked_for_at_any_time():
    first = Batches(Rows(X, TARGET, WEIGHT, ROWS), 5, "float64", SEED)
    orders = [first.order(epoch).copy() for epoch in range(3)]
    later = Batches(Rows(X, TARGET, WEIGHT, ROWS), 5, "float64", SEED)
    np.testing.assert_array_equal(later.order(2), orders[2])
    assert not np.array_equal(orders[0], orders[1])


def test_only_the_selected_rows_are_seen():
    selected = np.array([2, 3, 5, 7, 11])
    batches = Batches(Rows(X, TARGET, WEIGHT, selected), 2, "float64", SEED)
    assert sorted(batches.order(0)) == selected.tolist()


def test_without_a_seed_the_rows_keep_their_order():
    batches = Batches(Rows(X, TARGET, WEIGHT, ROWS), 5, "float64")
    np.testing.assert_array_equal(epoch_of(batches, 9)[0], X)
