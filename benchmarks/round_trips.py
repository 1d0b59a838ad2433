"""Send a classifier of each data set through a model file and through ONNX.

Trains `CostSensitiveTabularClassifier` with costs on half of the rows of each CSV file
of a folder (column `target`), saves and loads it, exports it, and compares the
predictions for the other half.

    python benchmarks/round_trips.py DATA_FOLDER [--epochs N]
"""

import tempfile
import time
from pathlib import Path

import click
import numpy as np
import onnxruntime
import pandas as pd
from onnx import helper
from sklearn.model_selection import train_test_split

from skweighted import CostSensitiveTabularClassifier, Model, to_onnx


def through_file(classifier, X, y, folder):
    """Return the classifier that a model file holds, and the size of the file in kB."""
    path = Path(folder) / "one.model"
    Model.describe(classifier, X, y).save(path)
    return Model.load(path), path.stat().st_size / 1e3


def onnx_inputs(model, X):
    """Return the columns of X as the inputs of an ONNX model."""
    inputs = {}
    for one in model.graph.input:
        dtype = helper.tensor_dtype_to_np_dtype(one.type.tensor_type.elem_type)
        column = X[one.name]
        if dtype.kind == "O":
            column = column.fillna("").astype(str)
        inputs[one.name] = column.to_numpy(dtype)[:, np.newaxis]
    return inputs


@click.command()
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
@click.option("--epochs", default=10, show_default=True)
def main(folder, epochs):
    """Print the largest differences and sizes for each data set."""
    rows = []
    for path in sorted(folder.glob("*.csv*")):
        table = pd.read_csv(path)
        y = table.pop("target")
        parts = train_test_split(table, y, test_size=0.5, random_state=0)
        X, X_new, y, _ = parts
        shares = y.value_counts(normalize=True).sort_index().to_numpy()
        classifier = CostSensitiveTabularClassifier(
            cost_matrix=np.where(np.eye(len(shares)), 0, 1 / shares[:, np.newaxis]),
            epochs=epochs,
            random_state=0,
        ).fit(X, y)
        proba, labels = classifier.predict_proba(X_new), classifier.predict(X_new)
        with tempfile.TemporaryDirectory() as work:
            loaded, size = through_file(classifier, X, y, work)
        start = time.perf_counter()
        exported = to_onnx(classifier, X_new[:200])
        seconds = time.perf_counter() - start
        session = onnxruntime.InferenceSession(exported.SerializeToString())
        of_onnx = session.run(None, onnx_inputs(exported, X_new))
        rows.append(
            {
                "data": path.name.partition(".")[0],
                "file, kB": size,
                "file, difference": np.abs(loaded.predict_proba(X_new) - proba).max(),
                "ONNX, kB": exported.ByteSize() / 1e3,
                "ONNX, difference": np.abs(of_onnx[1] - proba).max(),
                "ONNX, other labels": int((of_onnx[0] != labels).sum()),
                "export, s": seconds,
                "rows": len(X_new),
            }
        )
        click.echo(f"{rows[-1]['data']} done", err=True)
    click.echo(pd.DataFrame(rows).to_string(index=False, float_format="{:.2g}".format))


if __name__ == "__main__":
    main()
