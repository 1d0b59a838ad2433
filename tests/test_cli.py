"""The command: one clear line for each mistake, a table otherwise."""

import errno
import gzip
import re
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from messages import whole
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import GaussianNB

import skweighted
from skweighted import _cli, compare
from skweighted._doctor import doctor, shuffled_folds
from skweighted.comparison import store
from skweighted.comparison.files import read_table, split_target
from skweighted.comparison.store import Store
from skweighted.comparison.strategies import DEFAULT_STRATEGIES, STRATEGIES
from skweighted.datasets import load_imbalanced_breast_cancer
from skweighted.exceptions import TableError

NOT_TEXT = (
    "is not a table: it is not UTF-8 text. If it is text in another encoding, name it, "
    "such as --encoding cp1252. If it is a spreadsheet, save it as CSV (UTF-8)."
)
UTF_16 = f"'utf16.csv' {NOT_TEXT.replace('cp1252', 'utf-16')}"
SEPARATORS = (
    "Columns must be separated by commas, semicolons or tabs; name any other separator "
    "with --separator."
)
KNOWN = f"Known: {', '.join(map(repr, STRATEGIES))}."
QUICK = ["none", "smote"]
# One of each kind, all of them fast.
CHEAP = ["none", "class_weight", "random_over", "random_under", "smote", "threshold"]
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
HEAVY = ["tensorflow", "keras", "sklearn", "pandas", "imblearn", "scipy"]


def small_table(n_rows=60):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(n_rows, 3)), columns=["a", "b", "c"])
    frame["kind"] = rng.choice(["x", "y"], n_rows)
    frame["fraud"] = np.where(np.arange(n_rows) % 5 == 0, "yes", "no")
    return frame


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return an empty working directory with one good table in it."""
    monkeypatch.chdir(tmp_path)
    small_table().to_csv("data.csv", index=False)
    return tmp_path


@pytest.fixture
def quick_network(monkeypatch):
    """Let the command compare a logistic regression, and remember its epochs."""
    given = []

    def build(**settings):
        given.append(settings)
        return LogisticRegression()

    monkeypatch.setattr(skweighted, "CostSensitiveMLPClassifier", build, raising=False)
    return given


def assert_one_line(capsys, arguments, message):
    assert _cli.main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.err == f"skweighted: {message}\n"
    assert captured.out == ""


# Files that are no tables: name, content, message

WRONG_FILES = [
    (
        "empty.csv",
        b"",
        "'empty.csv' is empty. A table needs a header row and at least one other row.",
    ),
    (
        "blank.csv",
        b"\n \n",
        "'blank.csv' is empty. A table needs a header row and at least one other row.",
    ),
    (
        "nothing.csv.gz",
        gzip.compress(b""),
        "'nothing.csv.gz' is empty. "
        "A table needs a header row and at least one other row.",
    ),
    ("header.csv", b"a,fraud\n", "'header.csv' has a header but no rows."),
    ("image.csv", PNG, f"'image.csv' {NOT_TEXT}"),
    ("latin.csv", b"h\xe9llo,fraud\n1,0\n", f"'latin.csv' {NOT_TEXT}"),
    ("below.csv", b"a,fraud\n1,0\nh\xe9,1\n", f"'below.csv' {NOT_TEXT}"),
    ("utf16.csv", "a,fraud\n1,0\n".encode("utf-16"), UTF_16),
    (
        "image.png",
        PNG,
        "'image.png' cannot be read: its name must end in .csv, .tsv, .csv.gz or "
        ".parquet.",
    ),
    (
        "plain.csv.gz",
        b"a,fraud\n1,0\n",
        "'plain.csv.gz' is not a table: Not a gzipped file (b'a,').",
    ),
    (
        "cut.csv.gz",
        gzip.compress(b"a,fraud\n1,0\n")[:15],
        "'cut.csv.gz' is not a table: "
        "Compressed file ended before the end-of-stream marker was reached.",
    ),
    (
        "long.csv",
        b"a,fraud\n1,0\n1,2,3,4\n",
        "'long.csv' is not a table: Expected 2 fields in line 3, saw 4.",
    ),
    (
        "shifted.csv",
        b"a,fraud\n1,0,3\n2,1,4\n",
        "'shifted.csv' is not a table: its header has 2 names, "
        "but some rows have more fields.",
    ),
    (
        "twice.csv",
        b"a,b,a,b,fraud\n1,2,3,4,0\n",
        "'twice.csv' has more than one column named 'a', 'b'. "
        "Rename or remove the repeated columns.",
    ),
    (
        "alone.csv",
        b"fraud\n0\n1\n",
        f"'fraud' is the only column, so there are no features. {SEPARATORS}",
    ),
    (
        "one.csv",
        b"a,fraud\n1,no\n2,no\n",
        "The target 'fraud' has only one class, 'no'. "
        "At least two classes are needed. "
        "Add rows of other classes, or choose another target.",
    ),
    (
        "few.csv",
        b"a,fraud\n1,no\n2,no\n1,no\n2,no\n1,no\n1,yes\n2,yes\n",
        "Class 'yes' has 2 rows, fewer than the 5 folds. "
        "Use at most 2 folds, or merge or remove small classes.",
    ),
    (
        "continuous.csv",
        b"a,fraud\n1,0.5\n2,1.5\n3,7\n",
        "The target 'fraud' looks continuous: 3 different numbers from 0.5 to 7. "
        "Choose another "
        "target, or group the numbers into classes.",
    ),
    (
        "missing.csv",
        b"a,fraud\n1,no\n2,\n3,NA\n",
        "The target 'fraud' is missing in 2 of 3 rows (empty fields, NA and None "
        "count as missing). Fill in or remove these rows.",
    ),
    (
        "infinite.csv",
        b"a,fraud\ninf,no\n2,yes\n",
        "X must not contain infinite values. Column 'a' has 1 infinite value. Replace "
        "them with numbers, or with NaN if they are missing.",
    ),
]


@pytest.mark.parametrize(
    ("name", "content", "message"), WRONG_FILES, ids=[name for name, *_ in WRONG_FILES]
)
def test_a_wrong_file_gets_one_line(folder, capsys, name, content, message):
    Path(name).write_bytes(content)
    assert_one_line(capsys, ["compare", name, "--target", "fraud"], message)


def test_junk_named_parquet_gets_one_line(folder, capsys):
    Path("junk.parquet").write_bytes(PNG * 9)
    assert _cli.main(["compare", "junk.parquet", "--target", "fraud"]) == 2
    # The rest of the line is pyarrow's.
    line = r"skweighted: 'junk\.parquet' is not a table: [^\n]*Parquet[^\n]*\.\n"
    assert re.fullmatch(line, capsys.readouterr().err)


# Wrong arguments: after "compare", message

WRONG_ARGUMENTS = [
    (["nofile.csv", "--target", "fraud"], "There is no file 'nofile.csv'."),
    (
        ["dta.csv", "--target", "fraud"],
        "There is no file 'dta.csv'. Did you mean 'data.csv'?",
    ),
    (
        [".", "--target", "fraud"],
        "'.' is a directory. Choose a .csv, .tsv, .csv.gz or .parquet file.",
    ),
    (
        ["data.csv", "--target", "Frau"],
        "There is no column 'Frau'. Did you mean 'fraud'? "
        "Columns: 'a', 'b', 'c', 'kind', 'fraud'.",
    ),
    (
        ["data.csv"],
        "--target is missing. Name the column of 'data.csv' that holds the "
        "classes. Columns: 'a', 'b', 'c', 'kind', 'fraud'.",
    ),
    (
        ["--target", "fraud"],
        "--target fraud needs a FILE.",
    ),
    (
        ["data.csv", "--target", "fraud", "--csv", "no/out.csv"],
        "--csv no/out.csv cannot be written: No such file or directory. Create the "
        "folder 'no' first.",
    ),
    (
        ["data.csv", "--target", "fraud", "--csv", "."],
        "--csv . cannot be written: Is a directory. Choose another file.",
    ),
    (
        ["data.csv", "--target", "fraud", "--csv", "./data.csv"],
        "--csv data.csv would overwrite the data. Choose another file.",
    ),
    (
        ["data.csv", "--target", "fraud", "--markdown", "data.csv"],
        "--markdown data.csv would overwrite the data. Choose another file.",
    ),
    (
        ["data.csv", "--target", "fraud", "--csv", "a", "--markdown", "./b/../a"],
        "--markdown and --csv must be different files. Both are b/../a.",
    ),
    (
        ["--csv", "a", "--markdown", "b", "--report", "b"],
        "--report and --markdown must be different files. Both are b.",
    ),
    (
        ["data.csv", "--target", "fraud", "--report", "no/out.html"],
        "--report no/out.html cannot be written: No such file or directory. Create the "
        "folder 'no' first.",
    ),
    (
        ["data.csv", "--target", "fraud", "--groups", "fraud"],
        "--groups and --target must be different columns. Both are 'fraud'.",
    ),
    (
        ["data.csv", "--target", "fraud", "--miss", "inf"],
        "--miss must be a finite number above 0. Got inf. For a mistake that must not "
        "happen, use a cost far above the other.",
    ),
    (
        ["data.csv", "--target", "fraud", "--miss", "2", "--false-alarm", "nan"],
        "--false-alarm must be a finite number above 0. Got nan. For a mistake that "
        "must not happen, use a cost far above the other.",
    ),
    (
        ["data.csv", "--target", "fraud", "--strategies", "none,smot"],
        f"There is no strategy 'smot'. Did you mean 'smote' or 'smotenc'? {KNOWN}",
    ),
    (
        ["data.csv", "--target", "fraud", "--strategies", ","],
        f"strategies is empty. {KNOWN}",
    ),
    (
        ["data.csv", "--target", "fraud", "--folds", "1"],
        "Invalid value for '--folds': 1 is not in the range x>=2.",
    ),
    (
        ["data.csv", "--target", "fraud", "--epochs", "0"],
        "Invalid value for '--epochs': 0 is not in the range x>=1.",
    ),
    (
        ["data.csv", "--target", "fraud", "--repeats", "0"],
        "Invalid value for '--repeats': 0 is not in the range x>=1.",
    ),
    (
        ["data.csv", "--target", "fraud", "--miss", "0"],
        "Invalid value for '--miss': 0.0 is not in the range x>0.",
    ),
    (
        ["data.csv", "--target", "fraud", "--false-alarm", "2"],
        "--false-alarm needs --miss, the cost of a false negative.",
    ),
    (
        ["data.csv", "--target", "fraud", "--groups", "kin"],
        "There is no column 'kin'. Did you mean 'kind'? "
        "Columns: 'a', 'b', 'c', 'kind'.",
    ),
    *[
        (
            ["data.csv", "--target", "fraud", *chosen, "--reference", "nope"],
            "--reference must be one of the strategies. Got 'nope'. Strategies: "
            f"{', '.join(map(repr, names))}.",
        )
        for chosen, names in [
            ([], DEFAULT_STRATEGIES),
            (["--strategies", "all"], STRATEGIES),
            (["--strategies", "smote, none"], ["smote", "none"]),
        ]
    ],
    (
        ["openml:adult"],
        "'openml:adult' is not a data set. Use its number on OpenML, such as "
        "openml:310.",
    ),
    (
        ["imblearn:ecoli", "--target", "fraud"],
        "'imblearn:ecoli' has its own target, and its columns have no names. "
        "Omit --target fraud.",
    ),
]


@pytest.mark.parametrize(
    ("arguments", "message"),
    WRONG_ARGUMENTS,
    ids=[" ".join(a) for a, _ in WRONG_ARGUMENTS],
)
def test_a_wrong_argument_gets_one_line(folder, capsys, arguments, message):
    assert_one_line(capsys, ["compare", *arguments], message)


def write_three_classes():
    frame = small_table().assign(fraud=np.arange(60) % 3)
    frame.to_csv("three.csv", index=False)


def test_a_strategy_that_cannot_run_alone_gets_one_line(folder, capsys, quick_network):
    write_three_classes()
    arguments = ["three.csv", "--target", "fraud", "--strategies", "threshold"]
    assert _cli.main(["compare", *arguments]) == 2
    assert capsys.readouterr().err == (
        "skweighted: No strategy can run here. "
        "threshold: a threshold separates only two classes; there are 3.\n"
    )


def test_two_costs_are_an_error_with_three_classes(folder, capsys):
    write_three_classes()
    assert_one_line(
        capsys,
        ["compare", "three.csv", "--target", "fraud", "--miss", "9"],
        "--miss and --false-alarm need two classes. There are 3. "
        "In Python, pass a cost_matrix to compare.",
    )


def test_many_columns_are_shortened(folder, capsys):
    pd.DataFrame(np.zeros((3, 12)), columns=[f"v{i}" for i in range(12)]).to_csv(
        "wide.csv", index=False
    )
    assert_one_line(
        capsys,
        ["compare", "wide.csv", "--target", "label"],
        "There is no column 'label'. Columns: 'v0', 'v1', 'v2', 'v3', 'v4', 'v5', "
        "'v6', 'v7' and 4 more.",
    )


def test_nothing_is_left_behind_by_the_check_of_the_output(folder, capsys):
    before = sorted(folder.iterdir())
    _cli.main(["compare", "data.csv", "--target", "zzz", "--csv", "out.csv"])
    assert sorted(folder.iterdir()) == before


def test_python_gives_the_same_message_as_a_value_error(folder):
    with pytest.raises(ValueError, match=r"^There is no file 'nofile\.csv'\.$"):
        read_table("nofile.csv")
    with pytest.raises(TableError, match=r"^There is no column 'x'\."):
        split_target(read_table("data.csv"), "x")


# What it prints


def written_scores(name="out.csv"):
    """Return what the command wrote, without what no other run can have."""
    scores = pd.read_csv(name)
    return scores[~scores["metric"].str.endswith("_seconds")].reset_index(drop=True)


def assert_python_gives_the_same(X, y, **settings):
    settings = {"strategies": QUICK, "cv": 2} | settings
    scores = compare(X, y, estimator=LogisticRegression(), **settings).fold_scores
    timeless = scores[~scores["metric"].str.endswith("_seconds")]
    # 1e-13: pandas 2 reads 15 digits of a number by default.
    pd.testing.assert_frame_equal(
        written_scores(),
        timeless.reset_index(drop=True),
        rtol=1e-13,
        check_dtype=False,
    )


def without_progress(err):
    """Return what stderr holds besides a line for each fit."""
    lines = err.splitlines(keepends=True)
    return "".join(line for line in lines if not re.match(r"\d+/\d+ ", line))


def run_quickly(*arguments, file="data.csv"):
    """Run the command on two strategies and two folds."""
    quick = ["--target", "fraud", "--folds", "2", "--strategies", ",".join(QUICK)]
    return _cli.main(["compare", file, *quick, *arguments])


def test_details_are_printed_on_demand(folder, capsys, quick_network):
    assert run_quickly("--details") == 0
    printed = capsys.readouterr().out
    heading = "Against no treatment in balanced accuracy"
    assert heading in printed
    assert "ROC AUC" in printed
    assert "--details" not in printed
    assert run_quickly() == 0
    assert heading not in capsys.readouterr().out


def test_the_command_gives_the_scores_of_python(folder, capsys, quick_network):
    arguments = ["--csv", "out.csv", "--seed", "3", "--strategies", ",".join(CHEAP)]
    assert run_quickly(*arguments) == 0
    captured = capsys.readouterr()
    assert without_progress(captured.err) == ""
    lines = captured.out.splitlines()
    assert lines[0] == (
        "60 rows, 4 features, 2 classes (no: 48 = 80.0%, yes: 12 = 20.0%); "
        "rare class: yes"
    )
    assert lines[1].startswith("3 columns of numbers; 1 column of categories")
    assert lines[-1] == "Scores of every fold: out.csv"
    assert lines[2].startswith("For finding rare rows: ")
    for name in CHEAP:
        label = STRATEGIES[name].label
        assert sum(line.startswith(f"{label} ") for line in lines) == 1
    assert lines[-2] == "--details prints all metrics; --report OUT has figures too."
    X, y = split_target(read_table("data.csv"), "fraud")
    assert_python_gives_the_same(X, y, strategies=CHEAP, random_state=3)


@pytest.mark.parametrize(
    ("arguments", "false_alarm"), [([], 1), (["--false-alarm", "2.5"], 2.5)]
)
def test_costs_are_those_of_the_rarer_class(
    folder, capsys, quick_network, arguments, false_alarm
):
    costs = ["--miss", "9", *arguments]
    assert run_quickly(*costs, "--csv", "out.csv", "--details") == 0
    out = capsys.readouterr().out
    assert "For the lowest cost: " in out
    assert "savings" in out
    assert "Against no treatment in cost per row" in out
    X, y = split_target(read_table("data.csv"), "fraud")
    costs = {("no", "yes"): false_alarm, ("yes", "no"): 9}
    assert_python_gives_the_same(X, y, cost_matrix=costs)


def test_costs_are_shown_only_if_given(folder, capsys, quick_network):
    assert run_quickly("--details") == 0
    out = capsys.readouterr().out
    assert "Against no treatment in average precision" in out
    assert "cost" not in out


def test_a_column_of_groups_is_not_a_feature(folder, capsys, quick_network):
    persons = np.arange(60) // 3
    small_table().assign(person=persons).to_csv("groups.csv", index=False)
    assert run_quickly("--groups", "person", "--csv", "out.csv", file="groups.csv") == 0
    assert capsys.readouterr().out.startswith("60 rows, 4 features, ")
    X, y = split_target(read_table("data.csv"), "fraud")
    assert_python_gives_the_same(X, y, groups=persons)


def test_identical_rows_can_be_groups(folder, capsys, quick_network):
    assert run_quickly("--groups", "identical", "--csv", "out.csv") == 0
    X, y = split_target(read_table("data.csv"), "fraud")
    assert_python_gives_the_same(X, y, groups="identical")


def test_repeats_draw_new_folds(folder, capsys, quick_network):
    assert run_quickly("--repeats", "2", "--csv", "out.csv") == 0
    assert "Means over 4 folds; " in capsys.readouterr().out
    X, y = split_target(read_table("data.csv"), "fraud")
    assert_python_gives_the_same(X, y, n_repeats=2)


def test_the_tables_are_written_as_markdown(folder, capsys, quick_network):
    assert run_quickly("--markdown", "out.md") == 0
    assert capsys.readouterr().out.splitlines()[-1] == "Tables: out.md"
    X, y = split_target(read_table("data.csv"), "fraud")
    comparison = compare(X, y, estimator=LogisticRegression(), strategies=QUICK, cv=2)
    comparison.to_markdown("python.md")
    from_command, from_python = (
        Path(name).read_text(encoding="utf-8").split("## Costs and seconds")
        for name in ("out.md", "python.md")
    )
    assert from_command[0] == from_python[0]
    assert from_command[0].startswith("- For finding rare rows: ")
    assert "\n## Ranking and probabilities\n" in from_command[0]


def test_a_resumed_run_has_the_seconds_of_the_first(folder, capsys, quick_network):
    assert run_quickly("--resume", "kept", "--csv", "one.csv") == 0
    assert run_quickly("--resume", "kept", "--csv", "two.csv") == 0
    assert Path("one.csv").read_text() == Path("two.csv").read_text()


def test_a_full_disk_ends_keeping_and_not_the_comparison(monkeypatch, tmp_path):
    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Store, "save", full)
    X, y = load_imbalanced_breast_cancer()
    message = (
        "Outcomes are no longer kept to resume from, because writing failed: No space "
        "left on device."
    )
    with pytest.warns(UserWarning, match=whole(message)) as caught:
        comparison = compare(
            X, y, estimator=GaussianNB(), strategies=QUICK, cv=2, resume=tmp_path
        )
    assert len(caught) == 1
    assert comparison.strategies == QUICK


def test_a_folder_that_cannot_be_written_to_is_one_line(monkeypatch, tmp_path):
    def refused(path):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(store, "written_whole", refused)
    X, y = load_imbalanced_breast_cancer()
    message = (
        f"Cannot write to the folder '{tmp_path}': Permission denied. Choose another "
        f"folder."
    )
    with pytest.raises(TableError, match=whole(message)):
        compare(X, y, estimator=GaussianNB(), strategies=QUICK, resume=tmp_path)


def test_a_folder_that_cannot_be_resumed_from_gets_one_line(
    folder, capsys, quick_network
):
    assert run_quickly("--resume", "kept") == 0
    capsys.readouterr()
    assert run_quickly("--resume", "kept", "--seed", "3") == 2
    assert capsys.readouterr().err == (
        "skweighted: Cannot resume: the comparison in 'kept' differs in the folds or "
        "the seed. Choose another folder, or undo the change.\n"
    )
    assert run_quickly("--resume", "data.csv") == 2
    assert capsys.readouterr().err == (
        "skweighted: Cannot make the folder 'data.csv': File exists. Choose "
        "another folder.\n"
    )


def test_others_are_compared_with_the_reference(folder, capsys, quick_network):
    assert run_quickly("--reference", "smote", "--details") == 0
    assert "Against SMOTE in average precision" in capsys.readouterr().out


def test_without_none_the_first_strategy_is_the_reference(
    folder, capsys, quick_network
):
    assert run_quickly("--strategies", "random_over,smote", "--details") == 0
    assert "Against oversampling in average precision" in capsys.readouterr().out


def test_the_doctor_checks_a_file(folder, capsys):
    assert _cli.main(["doctor", "data.csv", "--target", "fraud"]) == 0
    captured = capsys.readouterr()
    X, y = split_target(read_table("data.csv"), "fraud")
    diagnosis = doctor(None, X, y, shuffled_folds(5, y))
    of_data, _, _ = str(diagnosis).partition("Not checked for")
    assert captured.out == (
        f"{of_data}Not checked for, because no groups were given: groups across "
        f"folds.\nIn Python, skweighted.doctor runs 6 more checks on a pipeline.\n"
    )
    assert captured.err == ""


def test_what_the_doctor_prints_has_no_trailing_blanks(folder, capsys):
    table = small_table(n_rows=200).assign(id=np.arange(200))
    table.to_csv("data.csv", index=False)
    assert _cli.main(["doctor", "data.csv", "--target", "fraud"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "Column 'id' looks like a row index" in " ".join(lines)
    assert lines == [line.rstrip() for line in lines]


def test_the_doctor_gets_the_groups(folder, capsys):
    table = small_table().assign(person=np.arange(60) // 3)
    table.to_csv("data.csv", index=False)
    arguments = ["doctor", "data.csv", "--target", "fraud", "--groups"]
    assert _cli.main([*arguments, "person"]) == 0
    out = capsys.readouterr().out
    X, y = split_target(table.drop(columns="person"), "fraud")
    cv = StratifiedKFold(5, shuffle=True, random_state=0)
    expected = doctor(None, X, y, cv, groups=table["person"])
    assert "20 groups have both training and test rows" in expected[0].what
    assert expected[0].what in " ".join(out.split())
    assert "no groups were given" not in out
    assert_one_line(
        capsys,
        [*arguments, "persons"],
        "There is no column 'persons'. Did you mean 'person'? Columns: 'a', 'b', 'c', "
        "'kind', 'person'.",
    )
    table.assign(person=None).to_csv("data.csv", index=False)
    message = "The group is missing in 60 of 60 rows. Fill it in, or remove those rows."
    assert_one_line(capsys, [*arguments, "person"], message)


def test_the_doctor_explains_mistakes_too(folder, capsys):
    assert_one_line(capsys, ["doctor", "nofile.csv"], "There is no file 'nofile.csv'.")


def test_epochs_and_strategies_are_passed_on(folder, capsys, quick_network):
    arguments = ["data.csv", "--target", "fraud", "--epochs", "7", "--folds", "2"]
    assert _cli.main(["compare", *arguments, "--strategies", "smote, none"]) == 0
    assert quick_network == [{"epochs": 7}]
    out = capsys.readouterr().out
    assert "SMOTE" in out
    assert "threshold" not in out


def test_epochs_are_those_of_the_tabular_network_too(folder, monkeypatch):
    plans = []

    def interrupt(plan, *args, **settings):
        plans.append(plan)
        raise KeyboardInterrupt

    monkeypatch.setattr("skweighted.comparison.run.run", interrupt)
    arguments = ["compare", "data.csv", "--target", "fraud"]
    for options, epochs in [([], 200), (["--epochs", "7"], 7)]:
        assert _cli.main([*arguments, *options]) == 130
        pipeline = plans[-1].pipeline("tabular", LogisticRegression())
        assert pipeline.get_params()["network__epochs"] == epochs


def test_without_a_file_it_runs_on_embedded_data(capsys, quick_network):
    X, y = load_imbalanced_breast_cancer()
    assert _cli.main(["compare", "--folds", "2", "--strategies", "none"]) == 0
    assert quick_network == [{}]
    assert capsys.readouterr().out.startswith(
        f"{len(X)} rows, 30 features, 2 classes "
        f"(0: {(y == 0).sum()} = 89.9%, 1: {(y == 1).sum()} = 10.1%)"
    )


def test_an_interruption_ends_with_one_line(folder, capsys, monkeypatch):
    def interrupt(**settings):
        raise KeyboardInterrupt

    monkeypatch.setattr(
        skweighted, "CostSensitiveMLPClassifier", interrupt, raising=False
    )
    assert _cli.main(["compare", "data.csv", "--target", "fraud"]) == 130
    err = capsys.readouterr().err.strip()
    assert err == (
        "skweighted: interrupted; nothing was kept. With --resume DIR, finished folds "
        "are kept in DIR, and the same command resumes from them."
    )


def test_an_interruption_names_the_folder_with_finished_folds(
    folder, capsys, monkeypatch
):
    def interrupt(*args, **settings):
        raise KeyboardInterrupt

    monkeypatch.setattr("skweighted.comparison.run.run", interrupt)
    arguments = ["compare", "data.csv", "--target", "fraud", "--resume", "kept"]
    assert _cli.main(arguments) == 130
    assert capsys.readouterr().err.strip() == (
        "skweighted: interrupted; finished folds are in 'kept'; run the same "
        "command to resume."
    )


def test_a_header_may_be_long(folder):
    names = [f"gene_{n}" for n in range(12_000)]
    rows = [",".join(["1"] * 12_000)] * 2
    Path("wide.csv").write_text("\n".join([",".join(names), *rows]))
    assert read_table("wide.csv").columns.tolist() == names


def test_without_a_command_it_prints_its_help(capsys):
    assert _cli.main([]) == 0
    shown = capsys.readouterr().out
    assert _cli.main(["--help"]) == 0
    assert shown == capsys.readouterr().out


def test_the_version_is_the_package_s(capsys):
    assert _cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"skweighted {skweighted.__version__}\n"


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["compare", "--help"]]
)
def test_help_and_version_load_nothing_heavy(arguments):
    code = (
        "import sys\n"
        "from skweighted._cli import main\n"
        f"assert main({arguments!r}) == 0\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_mistakes_are_found_before_tensorflow_is_loaded(folder):
    code = (
        "import sys\n"
        "from skweighted._cli import main\n"
        "assert main(['compare', 'data.csv', '--target', 'fraud', '--folds', '20'])\n"
        "print('tensorflow' in sys.modules)\n"
    )
    root = Path(skweighted.__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(root), "PATH": ""},
    )
    assert done.stdout.splitlines() == ["False"]
    assert done.stderr == (
        "skweighted: Class 'yes' has 12 rows, fewer than the 20 folds. "
        "Use at most 12 folds, or merge or remove small classes.\n"
    )


# Reading


def test_groups_that_leave_no_features_are_an_error(folder, capsys):
    pd.DataFrame({"kin": [1, 2] * 9, "y": [0, 1] * 9}).to_csv("two.csv", index=False)
    for command in ("compare", "doctor"):
        arguments = [command, "two.csv", "--target", "y", "--groups"]
        message = "There are no features: 'kin' is the only column besides the target."
        assert_one_line(capsys, [*arguments, "kin"], message)
        message = "--groups and --target must be different columns. Both are 'y'."
        assert_one_line(capsys, [*arguments, "y"], message)


def test_a_warning_is_one_line(folder, capsys, monkeypatch):
    def network(**settings):
        warnings.warn("Something\nlooks odd.", UserWarning, stacklevel=2)
        return LogisticRegression()

    monkeypatch.setattr(
        skweighted, "CostSensitiveMLPClassifier", network, raising=False
    )
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        assert run_quickly() == 0
    err = without_progress(capsys.readouterr().err)
    assert err == "skweighted: warning: Something looks odd.\n"


@pytest.mark.parametrize("separator", [",", ";", "\t", ", "])
def test_the_header_determines_the_separator(folder, separator):
    text = Path("data.csv").read_text().replace(",", separator)
    Path("other.csv").write_text(text)
    pd.testing.assert_frame_equal(read_table("other.csv"), read_table("data.csv"))


def test_separators_between_quotes_do_not_count(folder):
    Path("quoted.csv").write_text('"sum, EUR";"age, years";fraud\n1;2;0\n3;4;1\n')
    assert read_table("quoted.csv").columns.tolist() == [
        "sum, EUR",
        "age, years",
        "fraud",
    ]


def test_every_format_gives_the_same_table(folder):
    frame = read_table("data.csv")
    frame.to_csv("data.csv.gz", index=False)
    frame.to_csv("UPPER.CSV", index=False)
    frame.to_csv("tabs.tsv", index=False, sep="\t")
    frame.to_parquet("data.parquet")
    frame.to_csv("bom.csv", index=False, encoding="utf-8-sig")
    for name in ("data.csv.gz", "UPPER.CSV", "tabs.tsv", "data.parquet", "bom.csv"):
        pd.testing.assert_frame_equal(read_table(name), frame, check_dtype=False)


def test_the_target_may_stand_anywhere_and_leaves_the_rest(folder):
    frame = read_table("data.csv")
    X, y = split_target(frame, "b")
    assert X.columns.tolist() == ["a", "c", "kind", "fraud"]
    assert y.equals(frame["b"])
    assert frame.shape == (60, 5)


# Text files of other formats

LATIN = "größe,fraud\n" + "1,näin\n2,ja\n" * 9
SEMICOLONS = "a;b;fraud\n" + "1,5;x;no\n2,5;y;yes\n1,5;x;no\n" * 9
QUESTIONS = "a,fraud\n" + "?,no\n1.5,yes\n2.5,no\n" * 9


@pytest.mark.parametrize(
    ("content", "encoding", "options", "columns"),
    [
        (SEMICOLONS, "utf-8", ["--decimal", ","], "1 column of numbers; 1 "),
        (
            QUESTIONS,
            "utf-8",
            ["--na", "?"],
            "1 column of numbers; 9 missing cells",
        ),
        (
            QUESTIONS.replace("1.5", "-"),
            "utf-8",
            ["--na", "?", "--na", "-"],
            "1 column of numbers; 18 missing cells",
        ),
        (LATIN, "latin-1", ["--encoding", "latin-1"], "1 column of numbers"),
        (LATIN, "utf-16", ["--encoding", "utf-16"], "1 column of numbers"),
        (
            SEMICOLONS.replace(";", "|"),
            "utf-8",
            ["--separator", "|", "--decimal", ","],
            "1 column of numbers; 1 column of categories",
        ),
        (
            SEMICOLONS.replace(";", "\t"),
            "utf-8",
            ["--separator", "tab", "--decimal", ","],
            "1 column of numbers; 1 column of categories",
        ),
    ],
)
def test_options_describe_a_text_file(
    folder, capsys, quick_network, content, encoding, options, columns
):
    Path("other.csv").write_bytes(content.encode(encoding))
    assert run_quickly(*options, file="other.csv") == 0
    captured = capsys.readouterr()
    assert captured.out.splitlines()[1].startswith(columns)
    assert without_progress(captured.err) == ""
    assert _cli.main(["doctor", "other.csv", "--target", "fraud", *options]) == 0
    assert "read_csv" not in capsys.readouterr().out


WRONG_FORMATS = [
    (
        ["data.csv", "--encoding", "latin9x"],
        "--encoding must be an encoding that Python knows, such as utf-8, cp1252, "
        "latin-1 or utf-16. Got 'latin9x'.",
    ),
    (
        ["data.csv", "--encoding", "base64"],
        "--encoding must be an encoding that Python knows, such as utf-8, cp1252, "
        "latin-1 or utf-16. Got 'base64'.",
    ),
    (
        ["latin.csv", "--encoding", "ascii"],
        "'latin.csv' "
        + NOT_TEXT.replace("UTF-8", "ascii", 1).replace("cp1252", "latin-1"),
    ),
    (
        ["data.csv", "--decimal", ";"],
        "Invalid value for '--decimal': ';' is not one of '.', ','.",
    ),
    (
        ["data.csv", "--separator", "::"],
        "--separator must be one character, or 'tab'. Got '::'. Quotes and line breaks "
        "cannot separate columns.",
    ),
    (
        ["data.csv", "--separator", "|"],
        "--separator '|' is not in the header of 'data.csv'. The header is: "
        "a,b,c,kind,fraud.",
    ),
    (
        ["bars.csv"],
        f"There is no column 'fraud'. The only column is 'a|fraud'. {SEPARATORS}",
    ),
    (
        ["openml:310", "--na", "?", "--decimal", ","],
        "--na and --decimal can only be used with a .csv, .tsv or .csv.gz file. Got "
        "'openml:310'.",
    ),
]


@pytest.mark.parametrize(
    ("arguments", "message"),
    WRONG_FORMATS,
    ids=[" ".join(arguments) for arguments, _ in WRONG_FORMATS],
)
@pytest.mark.parametrize("command", ["compare", "doctor"])
def test_a_wrong_description_of_a_file_gets_one_line(
    folder, capsys, command, arguments, message
):
    Path("latin.csv").write_bytes(LATIN.encode("latin-1"))
    Path("bars.csv").write_text("a|fraud\n1|0\n")
    assert_one_line(capsys, [command, *arguments, "--target", "fraud"], message)


def test_options_of_text_need_a_file(capsys):
    assert_one_line(capsys, ["compare", "--na", "?"], "--na needs a FILE.")


# Columns that may not hold what they seem to


def test_conspicuous_columns_are_warned_of(folder, capsys, quick_network):
    n_rows = 120
    table = small_table(n_rows).assign(
        id=np.arange(n_rows),
        name=[f"c{i}" for i in range(n_rows)],
        price=[f"{i % 7},{i % 3}5" for i in range(n_rows)],
        age=["?", *(str(i % 50) for i in range(1, n_rows))],
        day=pd.date_range("2024-03-01", periods=n_rows).strftime("%Y-%m-%d"),
    )
    table.to_csv("data.csv", index=False)
    assert run_quickly() == 0
    assert without_progress(capsys.readouterr().err).splitlines() == [
        "skweighted: warning: 'id' looks like a row index: every integer from 0 to "
        "119 occurs exactly once. Remove it if it identifies rows: --drop id",
        "skweighted: warning: 'name' is text with 120 distinct values in 120 rows. "
        "Remove it if it identifies rows: --drop name",
        "skweighted: warning: 'price' holds numbers with decimal commas, such as "
        "'0,05': --decimal ','",
        "skweighted: warning: 119 of 120 values of 'age' are numbers; '?' is not: "
        "--na '?'",
        "skweighted: warning: 'day' holds dates, such as '2024-03-01': --dates day",
    ]


def test_the_doctor_names_the_option_too(folder, capsys):
    Path("other.csv").write_text(QUESTIONS)
    assert _cli.main(["doctor", "other.csv", "--target", "fraud"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert (
        "Read the file with these settings (on the command line: --na '?'): "
        "pd.read_csv(file, na_values=['?'])"
    ) in out


# Output that is not a terminal


def in_words(name):
    return STRATEGIES[name].label


def test_each_fit_is_a_line_on_stderr(folder, capsys, quick_network):
    assert run_quickly("--resume", "kept") == 0
    err = re.sub(r"\d+\.\d s$", "S s", capsys.readouterr().err, flags=re.MULTILINE)
    lines = err.splitlines()
    # Fold 0 of each comes first; then the quicker of the two.
    assert lines[:2] == [
        f"{number}/4 {in_words(name)}, fold 1 of 2: S s"
        for number, name in enumerate(QUICK, start=1)
    ]
    assert {line.partition(" ")[2] for line in lines[2:]} == {
        f"{in_words(name)}, fold 2 of 2: S s" for name in QUICK
    }
    assert [line.partition(" ")[0] for line in lines[2:]] == ["3/4", "4/4"]
    assert run_quickly("--resume", "kept") == 0
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 4
    assert all(line.endswith(": kept") for line in lines)


def test_strategies_in_a_pipe_are_one_line_each(capsys):
    assert _cli.main(["strategies"]) == 0
    *lines, explanation = capsys.readouterr().out.splitlines()
    for (name, strategy), line in zip(STRATEGIES.items(), lines, strict=True):
        mark = "*" if name in DEFAULT_STRATEGIES else ""
        cells = [f"{name}{mark}", strategy.summary, strategy.source]
        assert re.split(" {2,}", line) == list(filter(None, cells))
    assert explanation == "* compared by default; min_cost is added if costs are given"


def test_strategies_in_a_terminal_are_a_table(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")  # to Rich stdout is then a terminal
    monkeypatch.setenv("COLUMNS", "80")
    assert _cli.main(["strategies"]) == 0
    out = capsys.readouterr().out
    assert "what it does" in out
    assert "compared by default; min_cost is added if costs are given" in out
    plain = re.sub(r"\x1b\[[0-9;]*m", "", out)
    assert max(map(len, plain.splitlines())) <= 80
