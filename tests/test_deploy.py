"""The service of docs/deploy.md, as a real server on the loopback address."""

import json

import httpx
import numpy as np
import pandas as pd
import pytest
from service import ask_all, running

from skweighted import CostSensitiveTabularClassifier, Model, _cli

N_ROWS = 200
RNG = np.random.default_rng(0)
TABLE = pd.DataFrame(
    {
        "amount in €": RNG.lognormal(3, 1, N_ROWS),
        "age": RNG.integers(18, 80, N_ROWS).astype(float),
        "member": RNG.random(N_ROWS) < 0.3,
        "since": pd.Timestamp("1969-06-01")
        + pd.to_timedelta(RNG.integers(0, 10**8, N_ROWS), "s"),
        "city": RNG.choice(["Oslo", "Rome", "Paris"], N_ROWS),
        "model_config": RNG.normal(size=N_ROWS),
    }
)
TABLE.loc[::5, ["age", "city", "since"]] = None
y = np.where(TABLE["amount in €"] > 40, "fraud", "ok")


def rows_of(table):
    """Return rows as JSON has them."""
    text = table.to_json(orient="records", date_format="iso", double_precision=15)
    return json.loads(text)


ROWS = rows_of(TABLE)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A model that decides by costs, and its file."""
    folder = tmp_path_factory.mktemp("model")
    clf = CostSensitiveTabularClassifier(
        (8,),
        epochs=2,
        n_networks=2,
        cost_matrix={("fraud", "ok"): 4, ("ok", "fraud"): 1},
        random_state=0,
    )
    made = Model.describe(clf.fit(TABLE, y), TABLE, y)
    made.save(folder / "m.model")
    arguments = ["export", str(folder / "m.model"), str(folder / "m.onnx")]
    assert _cli.main(arguments) == 0
    return made, folder


@pytest.fixture(scope="module")
def address(model):
    """The address of the running service."""
    _, folder = model
    with running(folder, folder / "m.onnx") as address:
        yield address


def test_scores_and_decisions_are_those_of_the_model(model, address):
    answers = httpx.post(f"{address}/score", json=ROWS).raise_for_status().json()
    made, _ = model
    assert [one["decision"] for one in answers] == made.predict(TABLE).tolist()
    found = [[one["probability"][name] for name in ("fraud", "ok")] for one in answers]
    # What to_onnx promises.
    np.testing.assert_allclose(found, made.predict_proba(TABLE), atol=1e-5)


def test_a_thousand_requests_of_eight_clients_are_answered(model, address):
    made, _ = model
    numbers = np.random.default_rng(1).integers(0, N_ROWS, 1000)
    answers = ask_all(address, [[ROWS[number]] for number in numbers])
    assert len(answers) == 1000
    found = [answer[0]["probability"]["fraud"] for answer, _ in answers]
    expected = made.predict_proba(TABLE)[numbers, 0]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def changed(**values):
    return [ROWS[1] | values]


WRONG = [
    (b"{", "json_invalid", ["body", 1]),
    (b"", "missing", ["body"]),
    (b'"rows"', "list_type", ["body"]),
    ([], "too_short", ["body"]),
    ([7], "model_attributes_type", ["body", 0]),
    ([{k: v for k, v in ROWS[0].items() if k != "age"}], "missing", ["body", 0, "age"]),
    (changed(more=1), "extra_forbidden", ["body", 0, "more"]),
    (changed(age="old"), "float_parsing", ["body", 0, "age"]),
    (changed(city=7), "string_type", ["body", 0, "city"]),
    (
        changed(since="2020-01-01T00:00:00Z"),
        "timezone_naive",
        ["body", 0, "since"],
    ),
    (
        json.dumps(changed(age=float("inf"))).encode(),
        "finite_number",
        ["body", 0, "age"],
    ),
    ([ROWS[0]] * 1001, "too_long", ["body"]),
]


@pytest.mark.parametrize(("sent", "reason", "place"), WRONG)
def test_what_is_not_a_row_is_answered_by_422_and_the_reason(
    address, sent, reason, place
):
    content = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    headers = {"Content-Type": "application/json"}
    response = httpx.post(f"{address}/score", content=content, headers=headers)
    assert response.status_code == 422
    (error,) = response.json()["detail"]
    assert (error["type"], error["loc"]) == (reason, place)
