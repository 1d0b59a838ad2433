"""Rows of X that were resampled before the split: copies, and interpolated rows."""

from collections.abc import Iterator

import numpy as np
from sklearn.neighbors import NearestNeighbors

from skweighted._doctor._case import Case
from skweighted._doctor._report import Finding
from skweighted._doctor._rows import Rows

_RESAMPLE_INSIDE = (
    "Pass the original rows, and resample training rows only:\n"
    "    from imblearn.pipeline import make_pipeline\n"
    "    make_pipeline({sampler}, classifier)"
)

# Fewer rows than these, copied or interpolated, may be so by chance.
_FEWEST_COPIES = 20
_FEWEST_INTERPOLATED = 10

# Bounds of the search for interpolated rows: 200 rows of a class and their 64 nearest
# neighbors among 20,000, in 50 columns. A line stays a line in fewer columns.
_MOST_EXAMINED = 200
_MOST_NEIGHBORS = 64
_MOST_ROWS = 20_000
_MOST_COLUMNS = 50

# SMOTE's rows lie on as many lines as there are pairs of neighbors. If all lie on a few
# lines, one column is computed from another.
_FEWEST_DIRECTIONS = 10


def copied_rows(case: Case) -> Iterator[Finding]:
    """Find copies as random oversampling makes them."""
    copied = copied_classes(case)
    if not copied:
        return
    n_copies = _n_copies(case)
    worst = max(copied, key=lambda place: n_copies[place] / case.counts[place])
    least = int(np.argmin(n_copies / case.counts))
    yield Finding(
        what=f"{n_copies[worst]:,} of the {case.counts[worst]:,} rows of class "
        f"{case.labels[worst]!r} are copies, and {n_copies[least]:,} of the "
        f"{case.counts[least]:,} rows of class {case.labels[least]!r}. Each row occurs "
        f"about equally often, as after random oversampling.",
        where="X and y",
        why="Every split puts copies of a row on both sides. Scores are too high, and "
        "they are computed at class frequencies that do not occur.",
        fix=_RESAMPLE_INSIDE.format(sampler="RandomOverSampler()"),
        severity="error" if case.is_split else "warning",
    )


def copied_classes(case: Case) -> list[int]:
    """Return the classes that were oversampled by copying.

    Such a class has many copies and another class few, and each row occurs about
    equally often: its number of copies varies as in random draws. Natural copies are
    unequal.
    """
    n_copies = _n_copies(case)
    shares = n_copies / case.counts
    is_balanced = len(set(case.counts.tolist())) == 1
    # Equal class counts are a sign too; otherwise the copies must suffice.
    enough, ratio = (0.25, 3) if is_balanced else (0.5, 10)
    copied = []
    for place, share in enumerate(shares):
        is_largest = case.counts[place] == case.counts.max() and not is_balanced
        if is_largest or share < enough or shares.min() > share / ratio:
            continue
        extra = np.bincount(case.rows.ids[case.y_index == place])
        extra = extra[extra > 0] - 1
        is_even = extra.var() <= 2 * extra.mean() + (extra.mean() / 2) ** 2
        if is_even and n_copies[place] >= _FEWEST_COPIES:
            copied.append(place)
    return copied


def interpolated_rows(case: Case) -> Iterator[Finding]:
    """Find rows on the line between two others of their class, as SMOTE makes them."""
    rows, precision = _continuous_columns(case.rows)
    n_examined = min(_MOST_EXAMINED, 10 * _MOST_EXAMINED // len(case.labels))
    found = {}
    for place, label in enumerate(case.labels):
        own = rows[case.y_index == place]
        examined, directions = _interpolated(own, n_examined, precision)
        if examined >= _FEWEST_COPIES:
            found[label] = len(directions) / examined, directions, examined
    clear = min(found, key=lambda label: found[label][0], default=None)
    for label, (share, directions, examined) in found.items():
        n_lines = len({tuple(np.round(direction, 3)) for direction in directions})
        few = len(directions) < _FEWEST_INTERPOLATED or n_lines < _FEWEST_DIRECTIONS
        if few or share < max(0.05, 10 * found[clear][0]):
            continue
        yield Finding(
            what=f"{len(directions)} of {examined} examined rows of class {label!r} "
            f"lie exactly on the line between two other rows of the class, as SMOTE "
            f"makes them ({len(found[clear][1])} of {found[clear][2]} of class "
            f"{clear!r} do).",
            where="X and y",
            why="A row between a training row and a test row reveals the test row. "
            "Scores are too high, and they are computed on rows that never occurred, "
            "at class frequencies that do not occur.",
            fix=_RESAMPLE_INSIDE.format(sampler="SMOTE()"),
            severity="error" if case.is_split else "warning",
        )


def _n_copies(case: Case) -> np.ndarray:
    """Return the number of copies in each class; the first of equal rows is no copy."""
    pairs = np.unique(np.stack([case.y_index, case.rows.ids]), axis=1)
    return case.counts - np.bincount(pairs[0])


def _continuous_columns(rows: Rows) -> tuple[np.ndarray, float]:
    """Return the columns with fractions, and the rounding error of their type."""
    columns = [v for v in rows.numbers.values() if (v[np.isfinite(v)] % 1 != 0).any()]
    columns = columns[:: max(1, len(columns) // _MOST_COLUMNS)][:_MOST_COLUMNS]
    if not columns:
        return np.empty((len(rows.frame), 0)), 0.0
    precision = max(np.finfo(values.dtype).eps for values in columns)
    return np.stack(columns, axis=1), float(precision)


def _interpolated(
    rows: np.ndarray, n_examined: int, precision: float
) -> tuple[int, list[np.ndarray]]:
    """Return how many rows were examined, and the direction of each that lies between.

    In two columns at least, a row must have a value of its own: on a grid, many points
    lie on lines.
    """
    rng = np.random.default_rng(0)
    rows = np.unique(rows[np.isfinite(rows).all(axis=1)], axis=0).astype(np.float64)
    if len(rows) > _MOST_ROWS:
        rows = rng.choice(rows, _MOST_ROWS, replace=False)
    n_neighbors = min(_MOST_NEIGHBORS + 1, len(rows))
    if rows.shape[1] < 2 or n_neighbors < 3:
        return 0, []
    is_own = np.empty(rows.shape, dtype=bool)
    for j, values in enumerate(rows.T):
        _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
        is_own[:, j] = counts[places] == 1
    examined = rng.choice(len(rows), min(n_examined, len(rows)), replace=False)
    search = NearestNeighbors(n_neighbors=n_neighbors).fit(rows)
    neighbors = search.kneighbors(rows[examined], return_distance=False)
    directions = [
        direction_through(rows[i], rows[near[near != i]], is_own[i], precision)
        for i, near in zip(examined, neighbors, strict=True)
    ]
    return len(examined), [found for found in directions if found is not None]


def direction_through(
    row: np.ndarray, others: np.ndarray, is_own: np.ndarray, precision: float
) -> np.ndarray | None:
    """Return the direction of a line on which a row is between two others, or None.

    `is_own` has the columns in which no other row has the same value; two of them must
    differ along the line. The angle at the row may differ from a straight one by 1e-6,
    or by what rounding with this relative precision explains.
    """
    offsets = others - row
    lengths = np.linalg.norm(offsets, axis=1)
    units = offsets / lengths[:, None]
    first, second = np.nonzero(np.triu(units @ units.T <= 1e-8 - 1, 1))
    short = np.minimum(lengths[first], lengths[second])
    whole = lengths[first] + lengths[second]
    allowed = np.clip(4 * precision * np.linalg.norm(row) / short, 1e-6, 1e-4)
    is_between = (
        (np.linalg.norm(units[first] + units[second], axis=1) <= allowed)
        & (short >= 0.01 * whole)
        & (((offsets[first] != 0) & is_own).sum(axis=1) >= 2)
    )
    if not is_between.any():
        return None
    line = units[first[np.argmax(is_between)]]
    return line * np.sign(line[np.argmax(np.abs(line))])
