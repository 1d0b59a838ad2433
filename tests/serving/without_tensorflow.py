"""Predictions of saved models where TensorFlow is not installed; `.ci/run` calls it.

    python without_tensorflow.py train FOLDER     with skweighted[tensorflow,onnx]
    python without_tensorflow.py onnx FOLDER      with onnxruntime only
    python without_tensorflow.py numpy FOLDER     with numpy, scikit-learn, skops and
                                                  the wheel, without its dependencies
    python without_tensorflow.py pandas FOLDER    with pandas, too

Each step fails unless the predictions are those of the first one. In the last ones,
training must fail with a line that says what to install.
"""

import importlib.util
import sys
from pathlib import Path

import numpy as np

N_ROWS = 300
NUMBERS = ("amount", "age")

# What `to_onnx` promises, and what NumPy's other order of sums needs in float32.
ONNX_TOLERANCE = 1e-5
NUMPY_TOLERANCE = 1e-6


def rows():
    """Return the columns of a table, and labels."""
    rng = np.random.default_rng(0)
    columns = {
        "amount": rng.lognormal(3, 1, N_ROWS),
        "age": rng.integers(18, 80, N_ROWS).astype(float),
        "city": rng.choice(["Oslo", "Rome", "Paris"], N_ROWS).astype(object),
    }
    columns["age"][::7] = np.nan
    is_fraud = columns["amount"] + 20 * (columns["city"] == "Rome") > 50
    return columns, np.where(is_fraud, "fraud", "ok")


def matrix(columns):
    """Return the columns of numbers, without missing values."""
    return np.nan_to_num(np.column_stack([columns[name] for name in NUMBERS]))


def train(folder):
    """Write models for an array and for a table, and what they predict."""
    import pandas as pd
    import skops.io
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    import skweighted

    columns, y = rows()
    X, table = matrix(columns), pd.DataFrame(columns)
    network = skweighted.CostSensitiveMLPClassifier(
        (8,), epochs=3, cost_matrix=[[0, 5], [1, 0]], random_state=0
    )
    pipeline = make_pipeline(StandardScaler(), network).fit(X, y)
    search = skweighted.ClassWeightSearchCV(network, "path", cv=2)
    search.fit(StandardScaler().fit_transform(X), y)
    skops.io.dump(pipeline, folder / "array.skops")
    skops.io.dump(search, folder / "search.skops")
    tabular = skweighted.CostSensitiveTabularClassifier(
        (8,), epochs=3, n_networks=2, random_state=0
    ).fit(table, y)
    skweighted.Model.describe(tabular, table, y).save(folder / "table.model")
    models = {"array": (pipeline, X), "table": (tabular, table)}
    for name, (fitted, asked) in models.items():
        onnx_model = skweighted.to_onnx(fitted, asked)
        (folder / f"{name}.onnx").write_bytes(onnx_model.SerializeToString())
        np.save(folder / f"{name}_proba.npy", fitted.predict_proba(asked))
        np.save(folder / f"{name}_label.npy", fitted.predict(asked).astype("U"))


def run_onnx(folder):
    """Predict in ONNX Runtime."""
    import onnxruntime

    check_absent("tensorflow", "keras", "sklearn", "skweighted", "pandas")
    columns, _ = rows()
    feeds = {
        "array": {"X": matrix(columns)},
        "table": {name: values[:, None] for name, values in columns.items()},
    }
    for name, feed in feeds.items():
        session = onnxruntime.InferenceSession(
            folder / f"{name}.onnx", providers=["CPUExecutionProvider"]
        )
        label, proba = session.run(["label", "probabilities"], feed)
        check(folder, name, label, proba, ONNX_TOLERANCE)


def run_numpy(folder):
    """Predict from arrays in NumPy."""
    import skops.io

    import skweighted

    check_absent("tensorflow", "keras", "scikeras", "pandas", "rich")
    X, trusted = matrix(rows()[0]), skweighted.TRUSTED_TYPES
    fitted = skops.io.load(folder / "array.skops", trusted=trusted)
    check(folder, "array", fitted.predict(X), fitted.predict_proba(X), NUMPY_TOLERANCE)
    search = skops.io.load(folder / "search.skops", trusted=trusted)
    assert search.predict_proba(X).shape == (N_ROWS, 2)
    check_training_says_what_to_install(fitted, X)


def run_pandas(folder):
    """Predict a table, by a model file."""
    import pandas as pd

    import skweighted

    check_absent("tensorflow", "keras", "scikeras", "rich", "pyarrow", "matplotlib")
    table = pd.DataFrame(rows()[0])
    model = skweighted.Model.load(folder / "table.model")
    label, proba = model.predict(table), model.predict_proba(table)
    check(folder, "table", label, proba, NUMPY_TOLERANCE)
    assert len(model.monitor(table).columns) == len(table.columns)
    check_training_says_what_to_install(model.pipeline, table)


def check_training_says_what_to_install(fitted, X):
    """Fail unless fit raises an ImportError that names the package."""
    said = ""
    try:
        fitted.fit(X, rows()[1])
    except ImportError as error:
        said = str(error)
    assert "pip install" in said, said or "Training without TensorFlow must fail."


def check_absent(*packages):
    """Fail if one of the packages can be imported."""
    found = [name for name in packages if importlib.util.find_spec(name) is not None]
    assert not found, f"{found} must not be installed here"


def check(folder, name, label, proba, tolerance):
    """Fail unless predictions are those of the training process."""
    expected = np.load(folder / f"{name}_proba.npy")
    np.testing.assert_allclose(proba, expected, atol=tolerance)
    np.testing.assert_array_equal(label, np.load(folder / f"{name}_label.npy"))


if __name__ == "__main__":
    STEPS = {"train": train, "onnx": run_onnx, "numpy": run_numpy, "pandas": run_pandas}
    step, path = sys.argv[1:]
    STEPS[step](Path(path))
    print(f"{step}: {N_ROWS} rows predicted as in training")  # noqa: T201
