"""`skweighted export`: a model file as ONNX, verified on rows made from its card."""

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skweighted import (
    CostSensitiveMLPClassifier,
    CostSensitiveTabularClassifier,
    Model,
    _cli,
)
from skweighted._model._columns import references_of
from skweighted._model._example_rows import example_rows
from skweighted._onnx import _export
from skweighted._onnx._inputs import feed_of, inputs_of
from skweighted._tables._read import kind_of
from skweighted.preprocessing import TablePreparation


def small_table(n_rows=200):
    """Return a table with every kind of column."""
    rng = np.random.default_rng(0)
    moments = pd.Timestamp("2020-02-01") + pd.to_timedelta(
        rng.integers(0, 10**7, n_rows), "s"
    )
    frame = pd.DataFrame(
        {
            "amount": rng.lognormal(3, 1, n_rows),
            "age": rng.integers(18, 80, n_rows),
            "member": rng.random(n_rows) < 0.3,
            "since": moments,
            "seen": moments.tz_localize("UTC").tz_convert("Asia/Tokyo"),
            "stay": pd.to_timedelta(rng.integers(1, 10**6, n_rows), "s"),
            "city": rng.choice(["Oslo", "Rome"], n_rows),
            "size": pd.Categorical(rng.integers(0, 4, n_rows)),
            "empty": np.nan,
        }
    )
    for column in ("amount", "since", "city"):
        frame.loc[rng.choice(n_rows, 9, replace=False), column] = None
    return frame


TABLE = small_table()
y = np.where(TABLE["age"] > 60, "bad", "good")


def tabular():
    return CostSensitiveTabularClassifier(
        (8,),
        epochs=2,
        n_networks=2,
        numeric_embedding=None,
        dtype="float64",
        random_state=0,
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The file of a fitted classifier, and the model in it."""
    path = tmp_path_factory.mktemp("trained") / "m.model"
    Model.describe(tabular().fit(TABLE, y), TABLE, y).save(path)
    return path, Model.load(path)


@pytest.fixture
def export(tmp_path, monkeypatch, capsys, trained):
    """A function that runs the command in a folder with a model and a table."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.model").write_bytes(trained[0].read_bytes())
    TABLE.to_parquet("data.parquet")
    TABLE.drop(columns=["since", "seen", "stay"]).to_csv("data.csv", index=False)

    def run(*arguments):
        capsys.readouterr()
        code = _cli.main(["export", *arguments])
        return code, *capsys.readouterr()

    return run


def session(path):
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("rows", [[], ["--rows", "data.parquet"]])
def test_the_file_predicts_what_the_model_does(export, trained, rows):
    code, out, err = export("m.model", "m.onnx", *rows)
    assert (code, err) == (0, "")
    origin = (
        "200 rows of data.parquet"
        if rows
        else ("200 rows made from its ranges and categories")
    )
    lines = out.splitlines()
    assert lines[0].endswith(
        f" kB. Its labels and probabilities are those of m.model for {origin}."
    )
    assert lines[1:] == [
        "Inputs:",
        "  amount         float64  (rows, 1)",
        "  age            float64  (rows, 1)",
        "  member         float64  (rows, 1)",
        "  since          int64    (rows, 1)",
        "  seen           int64    (rows, 1)",
        "  stay           float64  (rows, 1)",
        "  city           string   (rows, 1)",
        "  size           string   (rows, 1)",
        "  empty          float64  (rows, 1)",
        "Outputs:",
        "  label          string   (rows,)",
        "  probabilities  float32  (rows, 2)",
        "Classes: 'bad', 'good'.",
        "Networks compute in float32, cast from float64.",
    ]
    _, model = trained
    feed = feed_of(model.pipeline, TABLE, inputs_of(model.pipeline, TABLE))
    label, proba = session("m.onnx").run(None, dict(feed))
    np.testing.assert_array_equal(label, model.predict(TABLE))
    # What to_onnx promises.
    np.testing.assert_allclose(proba, model.predict_proba(TABLE), atol=1e-5)


def test_the_costs_of_each_row_can_be_inputs(export):
    code, _, _ = export("m.model", "m.onnx", "--row-costs")
    assert code == 0
    names = [one.name for one in session("m.onnx").get_inputs()]
    assert names == [*TABLE.columns, "false_alarm", "miss"]


def test_columns_without_values_keep_their_types(export):
    frame = TABLE.iloc[:3].assign(city=None, amount=np.nan)
    frame.to_parquet("few.parquet")
    code, out, _ = export("m.model", "m.onnx", "--rows", "few.parquet")
    assert code == 0
    assert "for 3 rows of few.parquet." in out
    assert "  city           string   (rows, 1)" in out


def test_text_options_are_those_of_predict(export):
    frame = TABLE[["amount", "city"]]
    fitted = tabular().fit(frame, y)
    Model.describe(fitted, frame, y).save("m.model")
    frame.to_csv("new.csv", sep=";", decimal=",", na_rep="?", index=False)
    options = ["--rows", "new.csv", "--decimal", ",", "--na", "?"]
    assert export("m.model", "m.onnx", *options)[0] == 0


WRONG = [
    (["m.model", "m.txt"], "OUT must end in .onnx. Got m.txt."),
    (["no.model", "m.onnx"], "There is no file 'no.model'."),
    (["m.model", "m.onnx", "--na", "?"], "--na needs --rows."),
    (["m.model", "m.onnx", "--rows", "no.csv"], "There is no file 'no.csv'."),
    (
        ["m.model", "m.onnx", "--rows", "data.csv"],
        "The model needs the columns 'since', 'seen', 'stay', which the table does "
        "not have. Columns of the table: 'amount', 'age', 'member', 'city', 'size', "
        "'empty'.",
    ),
    (
        ["m.model", "m.model"],
        "m.model would overwrite the model. Choose another file.",
    ),
    (
        ["m.model", "data.parquet", "--rows", "data.parquet"],
        "data.parquet would overwrite the data. Choose another file.",
    ),
    (
        ["m.model", "no/m.onnx"],
        "no/m.onnx cannot be written: No such file or directory. Create the folder "
        "'no' first.",
    ),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG)
def test_a_mistake_is_one_line_and_no_file(export, tmp_path, arguments, message):
    before = sorted(tmp_path.iterdir())
    assert export(*arguments) == (2, "", f"skweighted: {message}\n")
    assert sorted(tmp_path.iterdir()) == before


def test_a_classifier_that_cannot_be_exported_is_one_line(export, monkeypatch):
    monkeypatch.setattr(
        "skweighted._onnx._verify.TOLERANCE", -1
    )  # any difference is too large
    code, out, err = export("m.model", "m.onnx")
    assert (code, out) == (2, "")
    assert err.startswith(
        "skweighted: 'm.model' cannot be exported. An ONNX model must return the "
        "probabilities of predict_proba"
    )
    assert err.count("\n") == 1


def test_costs_of_rows_need_a_classifier_that_takes_them(export):
    frame = TABLE[["age", "stay"]]
    pipeline = make_pipeline(TablePreparation(), LogisticRegression()).fit(frame, y)
    Model.describe(pipeline, frame, y).save("m.model")
    code, out, err = export("m.model", "m.onnx", "--row-costs")
    assert (code, out) == (2, "")
    assert err == (
        "skweighted: 'm.model' cannot be exported. row_costs=True needs a classifier "
        "whose predict has a cost_matrix, such as those of skweighted. "
        "LogisticRegression decides otherwise. Use row_costs=False, or export the "
        "classifier inside it.\n"
    )


def test_without_onnx_the_way_out_is_one_line(export, monkeypatch):
    monkeypatch.setattr(_export, "_PACKAGES", ("onnx", "not_installed"))
    code, out, err = export("m.model", "m.onnx")
    assert (code, out) == (2, "")
    assert err == (
        "skweighted: 'm.model' cannot be exported. ONNX models need the packages onnx, "
        "not_installed. Missing: not_installed. Use pip install "
        '"skweighted[onnx]".\n'
    )


def test_a_network_for_numbers_has_float64_inputs(export):
    frame = TABLE[["age"]].assign(more=1.5)
    clf = CostSensitiveMLPClassifier((4,), epochs=2, input_scaling="standard")
    clf.fit(frame, y)
    Model.describe(clf, frame, y).save("m.model")
    code, out, _ = export("m.model", "m.onnx")
    assert code == 0
    assert "  more           float64  (rows, 1)" in out


# The rows that are made


def test_made_rows_are_within_the_training_rows():
    made = example_rows(references_of(TABLE), 500)
    assert len(made) == 500
    assert list(made) == list(TABLE)
    for name in ("amount", "age", "since", "stay"):
        assert made[name].min() >= TABLE[name].min()
        assert made[name].max() <= TABLE[name].max()
    assert set(made["city"].dropna()) == {"Oslo", "Rome"}
    assert set(made["size"]) == {"0", "1", "2", "3"}


def test_made_rows_have_the_kinds_and_missing_values_of_the_training_rows():
    made = example_rows(references_of(TABLE), 100)
    for name in TABLE:
        kind, expected = kind_of(made[name]), kind_of(TABLE[name])
        assert kind == ("category" if name == "size" else expected), name
        has_missing = TABLE[name].isna().any()
        assert made[name].isna().any() == has_missing, name
    assert made.iloc[0].drop("empty").notna().all()
    pd.testing.assert_frame_equal(made, example_rows(references_of(TABLE), 100))


@pytest.mark.parametrize("value", [0.0, 1e300, -1e300])
def test_constant_and_huge_columns_can_be_made(value):
    frame = pd.DataFrame({"x": [value, value, -value]})
    made = example_rows(references_of(frame), 50)["x"]
    assert np.isfinite(made).all()
    assert made.between(-abs(value), abs(value)).all()
