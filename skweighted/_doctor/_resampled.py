"""Rows of X that were resampled before: copies, and rows between two others."""

import numpy as np
from sklearn.neighbors import NearestNeighbors

from skweighted._doctor._findings import Finding

_RESAMPLE_INSIDE = (
    "Give the rows from before the resampling, and resample training parts only:\n"
    "    from imblearn.pipeline import make_pipeline\n"
    "    make_pipeline({sampler}, classifier)"
)

# Fewer rows than these, copied or interpolated, may be so by chance.
_FEWEST_COPIES = 20
_FEWEST_INTERPOLATED = 10

# Bounds of the search for interpolated rows: 200 rows of a class and their 64 nearest
# neighbours among 20,000, in 50 columns. A line stays a line in fewer columns.
_MOST_LOOKED_AT = 200
_MOST_NEIGHBORS = 64
_MOST_ROWS = 20_000
_MOST_COLUMNS = 50

# SMOTE's rows lie on as many lines as there are pairs of neighbours. All on a few
# lines is what a column that is computed from another one looks like.
_FEWEST_DIRECTIONS = 10


def copied_rows(case):
    """Find rows copied as random oversampling does, which X should not yet have."""
    copied = copied_classes(case)
    if not copied:
        return
    n_copies = _n_copies(case).tolist()
    worst, least = max(copied, key=copied.get), int(np.argmin(n_copies / case.counts))
    equal = ""
    if len(set(case.counts.tolist())) == 1:
        equal = f"There are {case.counts[0]:,} rows of each class. "
    yield Finding(
        what=f"{equal}{n_copies[worst]:,} of the {case.counts[worst]:,} rows of class "
        f"{case.labels[worst]!r} repeat others, and {n_copies[least]:,} of the "
        f"{case.counts[least]:,} of class {case.labels[least]!r}. Each is there about "
        f"as often, as random oversampling leaves them.",
        where="X and y",
        why="Any split puts copies of one row on both of its sides. Scores are then "
        "those of rows learnt by heart, at frequencies of the classes that do not "
        "occur.",
        fix=_RESAMPLE_INSIDE.format(sampler="RandomOverSampler()"),
        severity="error" if case.is_split else "warning",
    )


def copied_classes(case):
    """Return the share of copies in each class that was oversampled by copying.

    Many copies in a class and few in another, each row copied about as often as the
    others: how often varies as in draws at random, or by half. Natural copies are
    unequal.
    """
    n_rows, n_copies = case.counts, _n_copies(case)
    shares = n_copies / n_rows
    is_equal = len(set(n_rows.tolist())) == 1
    # Equal numbers of rows are a sign too; without it the copies must say it alone.
    enough, fewer = (0.25, 3) if is_equal else (0.5, 10)
    copied = {}
    for place, share in enumerate(shares.tolist()):
        is_largest = n_rows[place] == n_rows.max() and not is_equal
        if is_largest or share < enough or shares.min() > share / fewer:
            continue
        extra = np.bincount(case.table.row_ids[case.y_index == place])
        extra = extra[extra > 0] - 1
        is_even = extra.var() <= 2 * extra.mean() + (extra.mean() / 2) ** 2
        if is_even and n_copies[place] >= _FEWEST_COPIES:
            copied[place] = share
    return copied


def _n_copies(case):
    """Return how many rows of each class are copies, the first of each not counted."""
    pairs = np.unique(np.stack([case.y_index, case.table.row_ids]), axis=1)
    return case.counts - np.bincount(pairs[0])


def interpolated_rows(case):
    """Find rows between two others of their class, as SMOTE makes them."""
    random_generator = np.random.default_rng(0)
    looked_at = {}
    rows, precision = _rows_of_floats(case.table)
    for place, label in enumerate(case.labels):
        own = rows[case.y_index == place]
        n_looked_at = min(_MOST_LOOKED_AT, 10 * _MOST_LOOKED_AT // len(case.labels))
        looked_at[label] = _interpolated(own, n_looked_at, precision, random_generator)
    shares = {
        label: n_between / n_rows
        for label, (n_between, n_rows, _) in looked_at.items()
        if n_rows >= _FEWEST_COPIES
    }
    for label, share in shares.items():
        n_between, n_rows, n_directions = looked_at[label]
        if not (
            n_between >= _FEWEST_INTERPOLATED
            and n_directions >= _FEWEST_DIRECTIONS
            and share >= 0.05
            and min(shares.values()) <= share / 10
        ):
            continue
        clear = min(shares, key=shares.get)
        yield Finding(
            what=f"{n_between} of {n_rows} rows of class {label!r} that were looked "
            f"at lie exactly on the line between two other rows of the class, where "
            f"SMOTE and its kin put the rows that they invent "
            f"({looked_at[clear][0]} of {looked_at[clear][1]} of class {clear!r} do).",
            where="X and y",
            why="A row between a training row and a test row tells one of the other. "
            "Scores are then those of rows that never were, at frequencies of the "
            "classes that do not occur.",
            fix=_RESAMPLE_INSIDE.format(sampler="SMOTE()"),
            severity="error" if case.is_split else "warning",
        )


def _rows_of_floats(table):
    """Return the columns that are no whole numbers, not too many, and their precision.

    The precision is the relative rounding error of the least precise one.
    """
    columns = [
        column.values
        for column in table.columns
        if column.is_number and column.values.dtype.kind == "f"
    ]
    columns = [values for values in columns if (values != np.floor(values)).any()]
    step = max(1, len(columns) // _MOST_COLUMNS)
    columns = columns[::step][:_MOST_COLUMNS]
    if not columns:
        return np.empty((table.n_rows, 0)), 0.0
    precision = max(np.finfo(values.dtype).eps for values in columns)
    return np.stack(columns, axis=1), float(precision)


def _interpolated(rows, n_looked_at, precision, random_generator):
    """Return how many rows lie between two others, of how many, in how many directions.

    Some are looked at, against near neighbours. A row counts if it has a value
    of its own in two columns at least: on a grid, many points lie on lines.
    """
    rows = np.unique(rows[np.isfinite(rows).all(axis=1)], axis=0).astype(np.float64)
    if len(rows) > _MOST_ROWS:
        rows = random_generator.choice(rows, _MOST_ROWS, replace=False)
    n_neighbors = min(_MOST_NEIGHBORS, len(rows) - 1)
    if rows.shape[1] < 2 or n_neighbors < 2:
        return 0, 0, 0
    is_own = np.empty(rows.shape, dtype=bool)
    for j, values in enumerate(rows.T):
        _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
        is_own[:, j] = counts[places] == 1
    looked_at = random_generator.choice(
        len(rows), min(n_looked_at, len(rows)), replace=False
    )
    search = NearestNeighbors(n_neighbors=n_neighbors + 1).fit(rows)
    neighbors = search.kneighbors(rows[looked_at], return_distance=False)
    directions, n_between = set(), 0
    for place, near in zip(looked_at, neighbors, strict=True):
        direction = direction_through(
            rows[place], rows[near[near != place]], is_own[place], precision
        )
        if direction is not None:
            n_between += 1
            directions.add(tuple(np.round(direction, 3)))
    return n_between, len(looked_at), len(directions)


def direction_through(row, others, is_own, precision):
    """Return the direction of a line on which a row is between two others, or None.

    Parameters
    ----------
    row : ndarray of shape (n_features,)
    others : ndarray of shape (n_rows, n_features)
        None of them the row itself.
    is_own : ndarray of bool of shape (n_features,)
        Where no other row has the value of this one. Two of these must differ along
        the line.
    precision : float
        Relative rounding error of the values.

    Returns
    -------
    ndarray of shape (n_features,) or None
        Of length 1 and the first entry that is not zero above zero. The row is within
        1e-6 of the line's length, or of what rounding allows up to 1e-4.
    """
    offsets = others - row
    lengths = np.linalg.norm(offsets, axis=1)
    units = offsets / lengths[:, None]
    cosines = units @ units.T
    first, second = np.nonzero(np.triu(cosines <= 1e-8 - 1, 1))
    if len(first) == 0:
        return None
    lines = offsets[second] - offsets[first]
    whole = np.linalg.norm(lines, axis=1)
    lines /= whole[:, None]
    along = -np.einsum("ij,ij->i", offsets[first], lines)
    aside = np.linalg.norm(offsets[first] + along[:, None] * lines, axis=1)
    allowed = np.clip(4 * precision * np.linalg.norm(row) / whole, 1e-6, 1e-4)
    between = (
        (aside <= allowed * whole)
        & (np.abs(along / whole - 0.5) <= 0.49)
        & (((lines != 0) & is_own).sum(axis=1) >= 2)
    )
    if not between.any():
        return None
    line = lines[np.argmax(between)]
    return line * np.sign(line[np.argmax(np.abs(line) > 1e-9)])
