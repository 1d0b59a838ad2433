"""The batch scoring of docs/scaling_out.md, as files that a user would write."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from skweighted import CostSensitiveTabularClassifier, to_onnx

PAGE = Path(__file__).parent.parent / "docs" / "scaling_out.md"
N_ROWS = 200


def block(start):
    """Return the code on the page that starts like this."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    (code,) = [code for code in blocks if code.startswith(start)]
    return code


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    """A folder with the files of the page, rows, and what the classifier predicts."""
    folder = tmp_path_factory.mktemp("scoring")
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "amount": rng.lognormal(3, 1, N_ROWS),
            "n_orders": rng.integers(0, 9, N_ROWS),
            "member": rng.random(N_ROWS) < 0.3,
            "since": pd.Timestamp("2020-01-01")
            + pd.to_timedelta(rng.integers(0, 10**8, N_ROWS), "s"),
            "city": rng.choice(["Oslo", "Rome"], N_ROWS),
            "size": pd.Categorical(rng.choice(["S", "M"], N_ROWS)),
        }
    )
    table.loc[::5, ["amount", "since", "city", "size"]] = None
    y = np.where(table["n_orders"] > 6, "ok", "fraud")
    clf = CostSensitiveTabularClassifier(
        (8,), epochs=2, n_networks=2, numeric_embedding=None, random_state=0
    ).fit(table, y)
    model = to_onnx(clf, table)
    (folder / "fraud.onnx").write_bytes(model.SerializeToString())
    (folder / "score.py").write_text(block('"""score.py'), "utf-8")
    (folder / "batch.py").write_text(block("import dask"), "utf-8")
    (folder / "new").mkdir()
    for part in range(4):
        rows = table.iloc[part * 50 : (part + 1) * 50]
        rows.to_parquet(folder / "new" / f"part{part}.parquet")
    return folder, table, clf.predict(table), clf.predict_proba(table)[:, 1]


def assert_equal(found, decision, probability):
    assert found["decision"].tolist() == decision.tolist()
    # What to_onnx promises.
    np.testing.assert_allclose(found["probability"], probability, atol=1e-5)


def test_a_dask_cluster_scores_as_the_classifier(scored):
    pytest.importorskip("distributed")
    folder, _, decision, probability = scored
    subprocess.run([sys.executable, "batch.py"], cwd=folder, check=True)
    parts = sorted((folder / "scores").glob("*.parquet"))
    assert len(parts) > 1
    found = pd.concat([pd.read_parquet(part) for part in parts])
    assert_equal(found, decision, probability)


@pytest.mark.parametrize("n_rows", [1, 64, N_ROWS])
def test_arrow_batches_are_scored_as_by_the_classifier(scored, n_rows):
    folder, table, decision, probability = scored
    spec = importlib.util.spec_from_file_location("score", folder / "score.py")
    score = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(score)
    batches = pa.Table.from_pandas(table).to_batches(max_chunksize=n_rows)
    scores = list(score.score_batches(batches, str(folder / "fraud.onnx")))
    assert len(scores) == len(batches)
    found = pa.Table.from_batches(scores)
    assert [str(kind) for kind in found.schema.types] == ["string", "float"]
    assert_equal(found.to_pandas(), decision, probability)
