"""`skweighted train`, `predict` and `show`: files in, files out, clear mistakes."""

import gzip
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from skweighted import Model, _cli
from skweighted._cli.outputs import check_writable
from skweighted._cli.predict import Scoring
from skweighted.comparison.strategies import choice
from skweighted.comparison.streams import TableStream

# Fast strategies, with and without a network.
QUICK = ("none", "logistic_regression")
TRAIN = ["train", "data.csv", "--target", "fraud", "-o", "m.model"]


def small_table(n_rows=120):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(n_rows, 2)), columns=["amount", "age"])
    frame.loc[::7, "age"] = np.nan
    frame["country"] = rng.choice(["NO", "IT", "CH"], n_rows)
    # Categories that look like numbers in some rows.
    frame["code"] = np.where(np.arange(n_rows) < 90, "7", "7b")
    frame["member"] = rng.random(n_rows) > 0.5
    frame["fraud"] = np.where(
        frame["amount"] + rng.normal(size=n_rows) > 1, "yes", "no"
    )
    frame["key"] = np.arange(n_rows) + 2**60
    return frame


TABLE = small_table()
FEATURES = ["amount", "age", "country", "code", "member"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return an empty working directory with one good table in it."""
    monkeypatch.chdir(tmp_path)
    TABLE.drop(columns="key").to_csv("data.csv", index=False)
    return tmp_path


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The bytes of a model, which the command has written."""
    folder = tmp_path_factory.mktemp("trained")
    TABLE.drop(columns="key").to_csv(folder / "data.csv", index=False)
    options = ["--strategy", "none", "--epochs", "3"]
    arguments = ["train", str(folder / "data.csv"), "--target", "fraud", *options]
    assert _cli.main([*arguments, "-o", str(folder / "m.model")]) == 0
    return (folder / "m.model").read_bytes()


@pytest.fixture
def model(folder, trained):
    """A model in the working directory."""
    (folder / "m.model").write_bytes(trained)
    return Model.load("m.model")


def assert_one_line(capsys, arguments, message):
    capsys.readouterr()
    assert _cli.main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.err == f"skweighted: {message}\n"
    assert captured.out == ""


def files():
    return sorted(path.name for path in Path().iterdir())


# train


def test_train_writes_the_strategy_fitted_to_all_rows(folder, capsys):
    assert _cli.main([*TRAIN, "--epochs", "2", "--strategy", "class_weight"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:] == [
        "'class_weight' was trained without a comparison.",
        "Model: m.model. `skweighted show m.model` describes it.",
    ]
    model = Model.load("m.model")
    assert model.card["strategy"] == "class_weight"
    assert model.card["target"] == "fraud"
    assert [one["name"] for one in model.card["columns"]] == FEATURES


def test_train_is_reproducible(folder):
    options = ["--epochs", "2", "--strategy", "smote", "--seed", "7"]
    proba = []
    for _ in range(2):
        assert _cli.main([*TRAIN, *options]) == 0
        proba.append(Model.load("m.model").predict_proba(TABLE))
    np.testing.assert_array_equal(*proba)


def test_the_default_is_the_tabular_network(folder, capsys):
    assert _cli.main([*TRAIN, "--epochs", "1"]) == 0
    assert Model.load("m.model").card["classifier"] == "CostSensitiveTabularClassifier"


def test_best_compares_and_keeps_the_scores(folder, capsys, monkeypatch):
    monkeypatch.setattr(choice, "DEFAULT_STRATEGIES", QUICK)
    options = ["--best", "roc_auc", "--folds", "2", "--epochs", "2"]
    assert _cli.main([*TRAIN, *options]) == 0
    card = Model.load("m.model").card
    assert card["strategy"] in QUICK
    assert card["reason"].startswith(
        f"{card['strategy']!r} has the best ROC AUC of 2 strategies: "
    )
    scores = {one["metric"]: one for one in card["scores"]}
    assert scores["roc_auc"]["low"] < scores["roc_auc"]["mean"]
    assert "expected_cost" not in scores
    capsys.readouterr()
    assert _cli.main(["show", "m.model"]) == 0
    assert "Scores (mean over 2 folds, 95% interval):" in capsys.readouterr().out


def test_costs_decide(folder):
    options = ["--strategy", "none", "--epochs", "2", "--miss", "1000"]
    assert _cli.main([*TRAIN, *options]) == 0
    model = Model.load("m.model")
    assert model.card["cost_matrix"] == [[0, 1], [1000, 0]]
    assert set(model.predict(TABLE)) == {"yes"}


def test_search_finds_class_weights(folder):
    options = ["--strategy", "none", "--epochs", "2", "--search", "--folds", "2"]
    assert _cli.main([*TRAIN, *options]) == 0
    card = Model.load("m.model").card
    assert card["reason"].startswith("'none' with class weights {'no': 1.0, 'yes': ")
    assert ", the best of 9 by balanced accuracy: " in card["reason"]


def test_groups_are_no_feature(folder):
    options = ["--strategy", "logistic_regression", "--groups", "country"]
    assert _cli.main([*TRAIN, *options]) == 0
    names = [one["name"] for one in Model.load("m.model").card["columns"]]
    assert names == ["amount", "age", "code", "member"]


def test_columns_are_dropped_and_read_as_dates(folder):
    days = pd.date_range("2024-03-01", periods=len(TABLE), freq="7h")
    frame = TABLE.assign(**{"the day": days.strftime("%Y-%m-%d %H:%M")})
    frame.to_csv("data.csv", index=False)
    options = ["--strategy", "none", "--epochs", "2", "--seed", "1"]
    features = ["--drop", "key", "--drop", "code", "--dates", "the day"]
    assert _cli.main([*TRAIN, *options, *features]) == 0
    card = Model.load("m.model").card
    kinds = {one["name"]: one["kind"] for one in card["columns"]}
    assert list(kinds) == ["amount", "age", "country", "member", "the day"]
    assert kinds["the day"] == "date"
    frame.drop(columns=["key", "code"]).assign(**{"the day": days}).to_parquet(
        "p.parquet"
    )
    arguments = ["train", "p.parquet", "--target", "fraud", "-o", "p.model", *options]
    assert _cli.main(arguments) == 0
    twin = Model.load("p.model").predict_proba(frame)
    np.testing.assert_array_equal(Model.load("m.model").predict_proba(frame), twin)


def test_a_date_can_be_the_only_feature(folder):
    days = pd.date_range("2024-03-01", periods=len(TABLE)).strftime("%Y-%m-%d")
    pd.DataFrame({"day": days, "fraud": TABLE["fraud"]}).to_csv("data.csv", index=False)
    options = ["--strategy", "logistic_regression", "--dates", "day"]
    assert _cli.main([*TRAIN, *options]) == 0
    (column,) = Model.load("m.model").card["columns"]
    assert column["kind"] == "date"


WRONG_TRAINING = [
    (["--dates", "amount"], "--dates amount needs dates such as 2024-12-31 or "),
    (["--dates", "agee"], "There is no column 'agee'. Did you mean 'age'? Columns: "),
    (["--drop", "agee"], "There is no column 'agee'. Did you mean 'age'? Columns: "),
    (["--drop", "age", "--drop", "age", "--drop", "x"], "There is no column 'x'. "),
    (
        ["--drop", "fraud"],
        "--drop and --target must be different columns. Both are 'fraud'.\n",
    ),
    (
        ["--drop", "age", "--groups", "age"],
        "--drop and --groups must be different columns. Both are 'age'.\n",
    ),
    (
        ["--dates", "fraud"],
        "--dates and --target must be different columns. Both are 'fraud'.\n",
    ),
    (
        ["--dates", "age", "--drop", "age"],
        "--dates and --drop must be different columns. Both are 'age'.\n",
    ),
    (
        [f"--drop={name}" for name in ("amount", "age", "country", "code", "member")],
        "--drop leaves no features. Name fewer columns.\n",
    ),
    (
        ["--dates", "country"],
        "--dates country needs dates such as 2024-12-31 or 2024-12-31 23:59. Got ",
    ),
    (["--folds", "3"], "--folds needs --best or --search.\n"),
    (["--best", "accuracy"], "--best must be a metric. Got 'accuracy'. Known: "),
    (
        ["--best", "expected_cost"],
        "--best expected_cost needs --miss, the cost of a false negative.\n",
    ),
    (
        ["--best", "f1", "--strategy", "none"],
        "--best and --strategy cannot be combined: --best trains a strategy as it was "
        "compared.\n",
    ),
    (
        ["--strategy", "smot"],
        "There is no strategy 'smot'. Did you mean 'smote' or 'smotenc'? Known: ",
    ),
    (
        ["--strategy", "logistic_regression", "--search"],
        "--search needs a strategy that ends in a network with class weights, such as "
        "tabular or none. Got 'logistic_regression'.\n",
    ),
    (
        ["--strategy", "logistic_regression", "--miss", "5"],
        "Strategy 'logistic_regression' does not decide by costs. Use another, such as "
        "tabular, min_cost or threshold, or omit --miss and --false-alarm.\n",
    ),
    (
        ["--strategy", "min_cost"],
        "Strategy 'min_cost' cannot be used here: no costs were given.\n",
    ),
]


@pytest.mark.parametrize(("options", "message"), WRONG_TRAINING)
def test_wrong_training_is_one_line(folder, capsys, options, message):
    assert _cli.main([*TRAIN, *options]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"skweighted: {message}")
    assert error.count("\n") == 1
    assert files() == ["data.csv"]


def test_a_strategy_that_cannot_be_saved_is_one_line(folder, capsys, monkeypatch):
    monkeypatch.setattr("skweighted._model._safe.MORE_TYPES", ())
    options = ["--strategy", "balanced_random_forest"]
    assert _cli.main([*TRAIN, *options]) == 2
    error = capsys.readouterr().err
    assert error.startswith(
        "skweighted: This model cannot be saved, because it could not be loaded safely"
    )
    assert files() == ["data.csv"]


def test_a_link_is_followed_and_kept(folder):
    link = Path("link.model")
    link.symlink_to("there.model")
    check_writable(None, link, None)
    assert link.is_symlink()
    assert files() == ["data.csv", "link.model"]


def test_interrupted_training_writes_nothing(folder, capsys, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("skweighted.CostSensitiveMLPClassifier.fit", interrupt)
    assert _cli.main([*TRAIN, "--strategy", "none"]) == 130
    assert capsys.readouterr().err == (
        "\nskweighted: interrupted; nothing was written.\n"
    )
    assert files() == ["data.csv"]


# predict


@pytest.mark.parametrize("n_rows", [1, 17, 1000])
@pytest.mark.parametrize("file", ["new.csv", "new.csv.gz", "new.parquet"])
def test_chunks_are_predicted_as_all_rows_at_once(model, file, n_rows):
    if file.endswith(".parquet"):
        TABLE.to_parquet(file)
    else:
        TABLE.to_csv(file, index=False)
    scoring = Scoring(model, proba=True, check=True)
    stream = TableStream(file)
    found = pd.concat(scoring.chunks(stream, "key", n_rows), ignore_index=True)
    assert stream.share_read == 1
    assert found["key"].astype(int).tolist() == TABLE["key"].tolist()
    np.testing.assert_array_equal(found["prediction"], model.predict(TABLE))
    # Matrix products of other shapes round otherwise, in float64.
    np.testing.assert_allclose(
        found[["probability of no", "probability of yes"]],
        model.predict_proba(TABLE),
        rtol=1e-10,
    )
    report, twin = scoring.monitor.report(), model.monitor(TABLE)
    pd.testing.assert_frame_equal(report.columns, twin.columns)
    pd.testing.assert_frame_equal(report.classes, twin.classes, rtol=1e-6)


@pytest.mark.parametrize(
    ("out", "read"),
    [
        ("out.csv", pd.read_csv),
        ("out.csv.gz", pd.read_csv),
        ("out.tsv", lambda path: pd.read_csv(path, sep="\t")),
        ("out.parquet", pd.read_parquet),
    ],
)
def test_predictions_are_written_in_every_format(model, capsys, out, read):
    TABLE.to_parquet("new.parquet")
    options = ["--id", "key", "--proba", "-o", out]
    assert _cli.main(["predict", "m.model", "new.parquet", *options]) == 0
    captured = capsys.readouterr()
    assert captured.out == f"Predictions of 120 rows: {out}\n"
    assert captured.err == ""
    found = read(out)
    assert list(found) == [
        *("key", "prediction", "probability of no", "probability of yes")
    ]
    assert found["key"].tolist() == TABLE["key"].tolist()
    assert found["prediction"].tolist() == model.predict(TABLE).tolist()


def test_an_identifier_can_be_a_number_with_a_decimal_comma(model):
    TABLE[FEATURES].to_csv("new.csv", sep=";", decimal=",", index=False)
    options = ["--decimal", ",", "--id", "amount", "-o", "out.csv"]
    assert _cli.main(["predict", "m.model", "new.csv", *options]) == 0
    found = pd.read_csv("out.csv")
    texts = pd.read_csv("new.csv", sep=";", dtype=str)["amount"]
    assert found["amount"].tolist() == texts.tolist()
    assert found["prediction"].tolist() == model.predict(TABLE).tolist()


def test_a_column_of_lists_holds_categories(folder, capsys):
    table = TABLE.assign(tags=[["a"], ["a", "b"]] * 60)
    table.to_parquet("lists.parquet")
    options = ["--target", "fraud", "--epochs", "1", "-o", "lists.model"]
    assert _cli.main(["train", "lists.parquet", *options]) == 0
    capsys.readouterr()
    assert _cli.main(["predict", "lists.model", "lists.parquet"]) == 0
    expected = Model.load("lists.model").predict(table)
    assert capsys.readouterr().out.splitlines()[1:] == expected.tolist()


def test_names_of_several_levels_become_text(folder):
    table = TABLE[["amount", "age", "fraud"]]
    levels = pd.MultiIndex.from_tuples([("a", "amount"), ("a", "age"), ("", "fraud")])
    table.set_axis(levels, axis=1).to_parquet("levels.parquet")
    options = ["--target", "('', 'fraud')", "--epochs", "1", "-o", "m.model"]
    assert _cli.main(["train", "levels.parquet", *options]) == 0
    names = [one["name"] for one in Model.load("m.model").card["columns"]]
    assert names == ["('a', 'amount')", "('a', 'age')"]


def test_without_output_predictions_are_printed(model, capsys):
    assert _cli.main(["predict", "m.model", "data.csv"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed == ["prediction", *model.predict(TABLE)]


def test_large_identifiers_stay_exact_if_some_are_missing(model):
    keys = pa.array([None, *TABLE["key"].tolist()[1:]], type=pa.int64())
    arrow = pa.Table.from_pandas(TABLE[FEATURES]).append_column("key", keys)
    pq.write_table(arrow, "new.parquet")
    for out in ("out.parquet", "out.csv"):
        assert (
            _cli.main(["predict", "m.model", "new.parquet", "--id", "key", "-o", out])
            == 0
        )
    assert pq.read_table("out.parquet")["key"].to_pylist() == keys.to_pylist()
    lines = Path("out.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines[1:3]] == ["", str(2**60 + 1)]


def test_other_columns_and_new_categories_are_reported(model, capsys):
    new = TABLE.assign(country=["FR", "SE", *TABLE["country"][2:-1], "FR"], more=1)
    new.to_csv("new.csv", index=False)
    assert _cli.main(["predict", "m.model", "new.csv", "-o", "out.csv"]) == 0
    assert capsys.readouterr().err == (
        "skweighted: columns that the model does not need are ignored: 'key', 'more'.\n"
        "skweighted: some rows have a category that the training rows do not have: "
        "'country' (3 rows, such as 'FR'). It was treated as a rare category, or as "
        "none of the known ones.\n"
    )


def test_empty_text_is_missing_in_parquet_as_in_csv(model, capsys):
    new = TABLE.assign(country=["", *TABLE["country"][1:]])
    new.to_csv("new.csv", index=False)
    new.to_parquet("new.parquet")
    printed = []
    for file in ("new.csv", "new.parquet"):
        assert _cli.main(["predict", "m.model", file, "--proba"]) == 0
        printed.append(capsys.readouterr())
    assert printed[0] == printed[1]
    assert "country" not in printed[1].err


def test_check_prints_the_report(model, capsys):
    TABLE.assign(amount=TABLE["amount"] + 3).to_parquet("new.parquet")
    options = ["--id", "key", "-o", "out.csv", "--check"]
    assert _cli.main(["predict", "m.model", "new.parquet", *options]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [
        "Predictions of 120 rows: out.csv",
        "120 rows; 1 of 5 columns differs from the training rows.",
    ]
    assert lines[4].startswith("amount  large  ")


def test_text_options_are_those_of_compare(model):
    text = TABLE.to_csv(index=False, sep=";", decimal=",", na_rep="?")
    with open("new.csv", "w", encoding="utf-16") as file:
        file.write(text)
    options = ["--encoding", "utf-16", "--decimal", ",", "--na", "?", "-o", "out.csv"]
    assert _cli.main(["predict", "m.model", "new.csv", *options]) == 0
    found = pd.read_csv("out.csv")["prediction"].tolist()
    assert found == model.predict(TABLE).tolist()


def with_cell(column, value):
    """Return the table as text, with another value in row 50."""
    frame = TABLE.astype({column: object})
    frame.loc[49, column] = value
    return frame.to_csv(index=False).encode()


WRONG_TABLES = [
    (
        "new.csv",
        with_cell("amount", "much"),
        "Column 'amount' must hold numbers, as in the training rows. Row 50 holds "
        "'much'. Correct the value, or use --na 'much' if it stands for a missing one.",
    ),
    (
        "new.csv",
        with_cell("amount", "42,9"),
        "Column 'amount' must hold numbers, as in the training rows. Row 50 holds "
        "'42,9'. Use --decimal ',' if the comma separates decimals.",
    ),
    (
        "new.csv",
        with_cell("member", "perhaps"),
        "Column 'member' must hold True and False, as in the training rows. Row 50 "
        "holds 'perhaps'. Correct the value, or leave it empty if it is missing.",
    ),
    (
        "new.csv",
        TABLE.rename(columns={"amount": "Amount"}).to_csv(index=False).encode(),
        "The model needs the column 'amount', which the table does not have. Did you "
        "mean 'Amount'? Columns of the table: 'Amount', 'age', 'country', 'code', "
        "'member', 'fraud', 'key'.",
    ),
    ("new.csv", b"", "'new.csv' is empty. A table needs a header row and at least one "
     "other row."),
    (
        "new.csv",
        b"amount,age,country,code,member\n",
        "'new.csv' has a header but no rows.",
    ),
    (
        "new.csv",
        b"amount,age,country,code,member\n1,2,NO,7,True,9\n",
        "'new.csv' is not a table: its header has 5 names, but some rows have more "
        "fields.",
    ),
    (
        "new.csv",
        b"amount,age,country,code,member\n1,2,NO,7,True\n1,2,\xff,7,True\n",
        "'new.csv' is not a table: it is not UTF-8 text. If it is text in another "
        "encoding, name it, such as --encoding cp1252. If it is a spreadsheet, save it "
        "as CSV (UTF-8).",
    ),
    (
        "new.csv.gz",
        gzip.compress(TABLE.to_csv(index=False).encode())[:-20],
        "'new.csv.gz' is not a table: Compressed file ended before the end-of-stream "
        "marker was reached.",
    ),
]  # fmt: skip


@pytest.mark.parametrize("output", [[], ["-o", "out.csv"], ["-o", "out.parquet"]])
@pytest.mark.parametrize(("file", "content", "message"), WRONG_TABLES)
def test_a_wrong_table_is_one_line_and_no_file(
    model, folder, capsys, file, content, message, output
):
    (folder / file).write_bytes(content)
    capsys.readouterr()
    assert _cli.main(["predict", "m.model", file, *output]) == 2
    error = capsys.readouterr().err.splitlines()
    # The line before it may say which columns are ignored.
    assert error[-1] == f"skweighted: {message}"
    assert len(error) <= 2
    assert files() == sorted(["data.csv", "m.model", file])


def test_a_wrong_value_of_another_type_is_one_line(model, capsys):
    TABLE.assign(amount="much").to_parquet("new.parquet")
    message = (
        "Column 'amount' must hold numbers, as in the training rows. Row 1 holds "
        "'much'. Correct the value, or leave it empty if it is missing."
    )
    capsys.readouterr()
    assert _cli.main(["predict", "m.model", "new.parquet", "--id", "key"]) == 2
    assert capsys.readouterr().err == f"skweighted: {message}\n"


WRONG_CALLS = [
    (["predict", "no.model", "data.csv"], "There is no file 'no.model'."),
    (["show", "no.model"], "There is no file 'no.model'."),
    (
        ["show", "data.csv"],
        "'data.csv' is not a whole model of skweighted. Use a file that `skweighted "
        "train` or Model.save has written. If it is one, copy it again.",
    ),
    (["predict", "m.model", "no.csv"], "There is no file 'no.csv'."),
    (
        ["predict", "m.model", "data.csv", "--id", "frau"],
        "--id must be a column. There is no column 'frau'. Did you mean 'fraud'? "
        "Columns: 'amount', 'age', 'country', 'code', 'member', 'fraud'.",
    ),
    (
        ["predict", "m.model", "data.csv", "-o", "out.xlsx"],
        "--output must end in .csv, .tsv, .csv.gz or .parquet. Got out.xlsx.",
    ),
    (
        ["predict", "m.model", "data.csv", "-o", "data.csv"],
        "--output data.csv would overwrite the data. Choose another file.",
    ),
    (
        ["train", "data.csv", "--target", "fraud", "-o", "no/m.model"],
        "--output no/m.model cannot be written: No such file or directory. Create the "
        "folder 'no' first.",
    ),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG_CALLS)
def test_a_wrong_call_is_one_line(model, capsys, arguments, message):
    assert_one_line(capsys, arguments, message)


def test_the_format_of_text_is_refused_for_parquet(model, capsys):
    TABLE.to_parquet("new.parquet")
    assert_one_line(
        capsys,
        ["predict", "m.model", "new.parquet", "--na", "?"],
        "--na can only be used with a .csv, .tsv or .csv.gz file. Got 'new.parquet'.",
    )


def test_interrupted_prediction_leaves_the_old_file(model, folder, capsys, monkeypatch):
    (folder / "out.csv").write_text("old")

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Scoring, "_predictions", interrupt)
    assert _cli.main(["predict", "m.model", "data.csv", "-o", "out.csv"]) == 130
    assert capsys.readouterr().err == (
        "\nskweighted: interrupted; nothing was written.\n"
    )
    assert (folder / "out.csv").read_text() == "old"
    assert files() == ["data.csv", "m.model", "out.csv"]


def test_integers_as_labels(folder):
    frame = TABLE.assign(fraud=(TABLE["fraud"] == "yes").astype(int))
    frame.drop(columns="key").to_csv("data.csv", index=False)
    assert _cli.main([*TRAIN, "--strategy", "logistic_regression"]) == 0
    options = ["--proba", "-o", "out.csv"]
    assert _cli.main(["predict", "m.model", "data.csv", *options]) == 0
    found = pd.read_csv("out.csv")
    assert list(found) == ["prediction", "probability of 0", "probability of 1"]
    assert set(found["prediction"]) == {0, 1}


# show


def test_show_reads_the_card_and_loads_no_tensorflow(model):
    code = (
        "import sys\n"
        "from skweighted._cli import main\n"
        "code = main(['show', 'm.model'])\n"
        "assert 'tensorflow' not in sys.modules and 'skops' not in sys.modules\n"
        "sys.exit(code)\n"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert shown.stdout == f"{model}\n"
    assert shown.stderr == ""
