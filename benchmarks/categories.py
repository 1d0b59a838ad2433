"""Columns with many categories: one-hot columns, or shares of the target.

Adult, with education, occupation, age and marital status joined into one column of
some 11,900 categories and left out otherwise: 12,000 training rows, 8,000 test rows,
means over seeds.
"""

import argparse

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, log_loss
from sklearn.model_selection import train_test_split

import skweighted._tables._target as target_encoding
from skweighted import CostSensitiveMLPClassifier
from skweighted.preprocessing import TablePreparation

JOINED = ["education", "occupation", "age", "marital_status"]
DROPPED = [*JOINED, "education_num", "relationship"]

# Most one-hot columns, and how the shares of the target are smoothed; None without.
VARIANTS = {
    "one-hot, 50 columns": (50, None),
    "one-hot, 255 columns": (255, None),
    "target, smooth='auto'": (50, "auto"),
    "target, smooth=2": (50, 2.0),
    "target, smooth=5": (50, 5.0),
}


def read(path):
    """Return the table with the joined column, and the labels."""
    table = pd.read_csv(path)
    y = table.pop("target").to_numpy()
    joined = table[JOINED].fillna("missing").astype(str).agg(" ".join, axis=1)
    return table.drop(columns=DROPPED).assign(joined=joined), y


def scores(variant, split, seed):
    """Return average precision and log loss of a variant."""
    most_columns, smooth = VARIANTS[variant]
    X_train, X_test, y_train, y_test = split
    preparation = TablePreparation(max_categories=most_columns, scale_numbers=True)
    target_encoding.SMOOTH = smooth
    y_given = None if smooth is None else y_train
    matrix = preparation.fit_transform(X_train, y_given)
    classifier = CostSensitiveMLPClassifier(
        (128, 128),
        "silu",
        dropout=0.1,
        optimizer="adamw",
        learning_rate=2e-3,
        batch_size=256,
        epochs=60,
        early_stopping=True,
        n_iter_no_change=6,
        n_networks=3,
        random_state=seed,
    ).fit(matrix, y_train)
    proba = classifier.predict_proba(preparation.transform(X_test))[:, 1]
    return average_precision_score(y_test, proba), log_loss(y_test, proba)


def main():
    """Print the mean scores of each variant."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", help="adult.csv.gz")
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    X, y = read(given.path)
    print(f"{'':24}{'average precision':>20}{'log loss':>12}")
    for variant in VARIANTS:
        means = np.mean(
            [
                scores(variant, split, seed)
                for seed in range(given.seeds)
                for split in [
                    train_test_split(
                        *(X, y),
                        train_size=12_000,
                        test_size=8_000,
                        stratify=y,
                        random_state=seed,
                    )
                ]
            ],
            axis=0,
        )
        print(f"{variant:24}{means[0]:20.3f}{means[1]:12.3f}", flush=True)


if __name__ == "__main__":
    main()
