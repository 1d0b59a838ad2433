"""Tables from OpenML and imbalanced-learn, with their fetchers replaced: no network."""

from http.client import RemoteDisconnected
from urllib.error import HTTPError, URLError

import numpy as np
import pandas as pd
import pytest
from messages import whole
from sklearn.utils import Bunch

from skweighted.comparison import sources
from skweighted.exceptions import TableError

FRAME = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": list("xyx"), "class": [0, 1, 0]})
OPENML = Bunch(
    frame=FRAME, data=FRAME[["a", "b"]], target=FRAME["class"], details={"name": "toy"}
)
IMBLEARN = {"ecoli": Bunch(data=np.eye(3), target=np.array([-1, 1, -1]))}


def raising(error):
    def fetch(*args, **kwargs):
        raise error

    return fetch


def test_openml_brings_its_own_target(monkeypatch):
    asked = []
    monkeypatch.setattr(
        sources, "fetch_openml", lambda **given: asked.append(given) or OPENML
    )
    X, y = sources.load("openml:310", None)
    assert asked == [{"data_id": 310, "as_frame": True, "parser": "auto"}]
    pd.testing.assert_frame_equal(X, FRAME[["a", "b"]])
    pd.testing.assert_series_equal(y, FRAME["class"])
    X, y = sources.load("openml:310", "b")
    assert (list(X.columns), y.name) == (["a", "class"], "b")


def test_imblearn_has_columns_without_names(monkeypatch):
    monkeypatch.setattr(sources, "fetch_datasets", lambda filter_data: IMBLEARN)
    X, y = sources.load("imblearn:ecoli", None)
    assert list(X.columns) == ["x1", "x2", "x3"]
    assert y.tolist() == [-1, 1, -1]


MESSAGES = [
    (
        "openml:mammography",
        None,
        None,
        "'openml:mammography' is not a data set. Use its number on OpenML, such "
        "as openml:310.",
    ),
    (
        "openml:310",
        None,
        URLError("Name or service not known"),
        "'openml:310' could not be downloaded: Name or service not known. Check the "
        "network connection. Data that were downloaded before, and local files, need "
        "none.",
    ),
    (
        "openml:999999999",
        None,
        HTTPError("url", 412, "PRECONDITION FAILED", None, None),
        "OpenML did not return data set 999999999: PRECONDITION FAILED.",
    ),
    (
        "imblearn:ecoli",
        None,
        RemoteDisconnected("gone"),
        "'imblearn:ecoli' could not be downloaded: gone. Check the network connection. "
        "Data that were downloaded before, and local files, need none.",
    ),
    (
        "imblearn:ecoly",
        None,
        ValueError("ecoly is not available: odict_keys(['ecoli', 'scene'])"),
        "imbalanced-learn has no data set 'ecoly'. Did you mean 'ecoli'? Known: "
        "'ecoli', 'scene'.",
    ),
    (
        "imblearn:ecoli",
        "y",
        None,
        "'imblearn:ecoli' has its own target, and its columns have no names. "
        "Omit --target y.",
    ),
]


@pytest.mark.parametrize(("source", "target", "error", "message"), MESSAGES)
def test_what_cannot_be_downloaded_is_an_error(
    monkeypatch, source, target, error, message
):
    for fetcher in ("fetch_openml", "fetch_datasets"):
        monkeypatch.setattr(sources, fetcher, raising(error))
    with pytest.raises(TableError, match=whole(message)):
        sources.load(source, target)


def test_openml_without_a_target_is_an_error(monkeypatch):
    nameless = Bunch(frame=FRAME, data=FRAME, target=None)
    monkeypatch.setattr(sources, "fetch_openml", lambda **given: nameless)
    message = (
        "'openml:310' has no default target. Name the column that holds the "
        "classes with --target. Columns: 'a', 'b', 'class'."
    )
    with pytest.raises(TableError, match=whole(message)):
        sources.load("openml:310", None)
