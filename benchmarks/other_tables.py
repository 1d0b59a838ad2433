"""Write tables that had no part in choosing the defaults, for `accuracy.py`.

    python benchmarks/other_tables.py OUT [FOLDER]

Five are those of scikit-learn and of statsmodels (install it), with a rare class. With
FOLDER, as for `accuracy.py`, there are three more, with useless columns: shuffled
copies of their own.
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


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.argument("folder", type=click.Path(exists=True, path_type=Path), required=False)
def main(out: Path, folder: Path | None) -> None:
    """Write the tables into OUT."""
    out.mkdir(parents=True, exist_ok=True)
    tables = public()
    if folder is not None:
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
