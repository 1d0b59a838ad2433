"""Compare batch sizes and numbers of epochs, as evidence for the defaults.

Cross-validates (three folds) a network with one hidden layer of 100 units and Adam on a
folder of CSV files whose column `target` is the label. sklearn's MLPClassifier trains
it, which is fast and differs only in the initial weights.

    python benchmarks/defaults.py FOLDER [--csv OUT]
"""

from pathlib import Path

import click
import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import track
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.metrics import average_precision_score, log_loss
from sklearn.model_selection import StratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

BATCH_SIZES = (32, 100, 200, 500)
EPOCHS = (10, 20, 50, 100, 200, 400)
# More rows, or more epochs on many rows, take hours and do not change conclusions.
MOST_ROWS = 8_000
MOST_ROWS_FOR_400_EPOCHS = 2_000


def read(path):
    """Return features and labels of a file."""
    table = pd.read_csv(path).head(MOST_ROWS)
    return table.drop(columns="target"), table["target"].to_numpy()


def preprocessing():
    """Return imputation and scaling of numbers, and one-hot encoding of the rest."""
    return make_column_transformer(
        (
            make_pipeline(SimpleImputer(strategy="median"), StandardScaler()),
            make_column_selector(dtype_include="number"),
        ),
        (
            OneHotEncoder(handle_unknown="ignore", sparse_output=False),
            make_column_selector(dtype_exclude="number"),
        ),
    )


def average_precision(y, proba, classes):
    """Return the score of the second of two classes, or the mean over all classes."""
    per_class = [
        average_precision_score(y == label, proba[:, index])
        for index, label in enumerate(classes)
    ]
    return per_class[1] if len(classes) == 2 else np.mean(per_class)


def scores_of(path, batch_size):
    """Yield fold, epochs, average precision and log loss of one file."""
    X, y = read(path)
    classes = np.unique(y)
    n_epochs = max(e for e in EPOCHS if e < 400 or len(y) < MOST_ROWS_FOR_400_EPOCHS)
    folds = StratifiedKFold(3, shuffle=True, random_state=0).split(X, y)
    for fold, (train, test) in enumerate(folds):
        scale = preprocessing()
        X_train = scale.fit_transform(X.iloc[train])
        X_test = scale.transform(X.iloc[test])
        mlp = MLPClassifier(batch_size=min(batch_size, len(train)), random_state=fold)
        for epoch in range(1, n_epochs + 1):
            mlp.partial_fit(X_train, y[train], classes=classes)
            if epoch in EPOCHS:
                proba = mlp.predict_proba(X_test)
                ap = average_precision(y[test], proba, classes)
                yield fold, epoch, ap, log_loss(y[test], proba, labels=classes)


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--csv", "csv_path", type=click.Path(path_type=Path))
def main(folder, csv_path):
    """Print how far each pair of settings is behind the best, on average."""
    rows = [
        (path.name.partition(".")[0], batch_size, *scores)
        for path in track(sorted(folder.glob("*.csv*")), console=Console(stderr=True))
        for batch_size in BATCH_SIZES
        for scores in scores_of(path, batch_size)
    ]
    columns = ["data", "batch_size", "fold", "epochs", "average_precision", "log_loss"]
    scores = pd.DataFrame(rows, columns=columns)
    mean = scores.groupby(["data", "batch_size", "epochs"], as_index=False).mean()
    by_data = mean.groupby("data")
    mean["lost_ap"] = by_data.average_precision.transform("max") - (
        mean.average_precision
    )
    mean["lost_log_loss"] = mean.log_loss - by_data.log_loss.transform("min")
    for column in ("lost_ap", "lost_log_loss"):
        table = mean.pivot_table(index="batch_size", columns="epochs", values=column)
        Console().print(f"{column}, mean over data sets\n{table.round(3)}\n")
    if csv_path:
        mean.to_csv(csv_path, index=False)


if __name__ == "__main__":
    main()
