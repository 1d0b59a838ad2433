"""Model files: what `skops.io.dump` writes, and the card as one more entry."""

import io
import json
import warnings
import zipfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from sklearn.exceptions import InconsistentVersionWarning

from skweighted._files import written_whole
from skweighted._model._card import in_words
from skweighted._model._for_prediction import for_prediction
from skweighted._model._monitor import Monitor
from skweighted._model._safe import allowed_types, check_content
from skweighted._text import printable, shortened
from skweighted._warnings import warn_user
from skweighted.exceptions import ModelVersionWarning, TableError

CARD = "card.json"

# Of the card. A file with a larger number is from a later version.
FORMAT = 1

# Of a card: a small file could otherwise fill the memory.
MOST_BYTES = 2**24

PACKAGES = (
    *("skweighted", "scikit-learn", "skops", "numpy", "pandas", "keras", "tensorflow"),
)
# A file that was written with another version of these may load otherwise, or not.
DECISIVE = ("skweighted", "scikit-learn", "skops")


def versions() -> dict[str, str]:
    """Return the versions of the packages that are installed."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def write(path: str | Path, fitted: Any, card: dict[str, Any]) -> None:
    """Write a model file as a whole or not at all.

    Raises
    ------
    TableError
        If the classifier has a type that could not be loaded again.
    """
    # Loading scikit-learn's estimators takes a second, and reading a card needs none.
    import skops.io

    fitted = for_prediction(fitted)
    try:
        check_content(fitted)
        data = skops.io.dumps(fitted, compression=zipfile.ZIP_DEFLATED)
    except Exception as error:  # of many kinds
        raise TableError(
            f"This model cannot be saved: {_reason(error)}. Choose another strategy, "
            f"or use pickle."
        ) from error
    refused = _refused_types(data)
    if refused:
        raise TableError(
            f"This model cannot be saved, because it could not be loaded safely: it "
            f"has {_types(refused)}. Choose another strategy, or use pickle."
        )
    file = io.BytesIO(data)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(CARD, json.dumps(card, indent=1, allow_nan=False))
    with written_whole(path) as unfinished:
        unfinished.write_bytes(file.getvalue())


def read(path: str | Path) -> tuple[Any, dict[str, Any]]:
    """Return the classifier and the card of a model file.

    Raises
    ------
    TableError
        If it is no such file, is damaged, or has a type that is not trusted.

    Warns
    -----
    ModelVersionWarning
        If it was written with other versions.
    """
    import skops.io

    data = _bytes_of(path)
    card = _card_in(path, data)
    try:
        refused = _refused_types(data)
    except Exception as error:  # of many kinds
        raise TableError(
            f"'{path}' is not a model, or is damaged: {_reason(error)}."
        ) from None
    if refused:
        raise TableError(
            f"'{path}' is not loaded, because it has {_types(refused)}, which a model "
            f"of skweighted does not have. Loading it could run code."
        )
    others = _other_versions(card)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InconsistentVersionWarning)
            fitted = skops.io.loads(data, trusted=allowed_types())
        check_content(fitted)
    except Exception as error:
        was = f" It was written with {others}." if others else ""
        raise TableError(f"'{path}' cannot be loaded: {_reason(error)}.{was}") from None
    if others:
        warn_user(
            f"'{path}' was written with {others}. Predictions may differ. Train the "
            f"model again, or install these versions.",
            ModelVersionWarning,
        )
    return fitted, card


def read_card(path: str | Path) -> dict[str, Any]:
    """Return the card of a model file; nothing else is loaded."""
    return _card_in(path, _bytes_of(path))


def _bytes_of(path: str | Path) -> bytes:
    """Return the content of a file: what is checked is then what is loaded."""
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise TableError(f"There is no file '{path}'.") from None
    except OSError as error:
        raise TableError(f"'{path}' cannot be read: {error.strerror}.") from None


def _card_in(path: str | Path, data: bytes) -> dict[str, Any]:
    """Return the card in the bytes of a model file."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            damaged = archive.testzip()
            if damaged is not None:
                raise TableError(
                    f"'{path}' is damaged: the checksum of {damaged} is wrong. Copy "
                    f"it again, or train again."
                )
            if CARD not in archive.namelist():
                raise TableError(
                    f"'{path}' is not a model of skweighted: it has no card. Models "
                    f"are written by `skweighted train` and Model.save."
                )
            n_bytes = archive.getinfo(CARD).file_size
            if n_bytes > MOST_BYTES:
                raise TableError(
                    f"'{path}' is not loaded: its card must have at most "
                    f"{MOST_BYTES:,} bytes, and has {n_bytes:,}."
                )
            card = json.loads(archive.read(CARD))
    except TableError:
        raise
    except zipfile.BadZipFile:
        raise TableError(
            f"'{path}' is not a whole model of skweighted. Use a file that `skweighted "
            f"train` or Model.save has written. If it is one, copy it again."
        ) from None
    except Exception as error:  # of many kinds: the bytes can be anything
        raise TableError(
            f"'{path}' is not a model of skweighted: {_reason(error)}."
        ) from None
    try:
        if card["format"] > FORMAT:
            raise TableError(
                f"'{path}' was written by skweighted {card['versions']['skweighted']}, "
                f"whose files this version cannot read. Install that version."
            )
        in_words(card)
        Monitor(card)
    except TableError:
        raise
    except Exception:  # of many kinds, as above
        raise TableError(
            f"'{path}' is not a model of skweighted: its card is damaged."
        ) from None
    return card


def _refused_types(data: bytes) -> list[str]:
    """Return the types in a file that are not allowed."""
    import skops.io

    types = skops.io.get_untrusted_types(data=data)
    return sorted(set(types) - set(allowed_types()))


def _other_versions(card: dict[str, Any]) -> str:
    """Return the versions of a card that differ from those installed, in words."""
    here = versions()
    return ", ".join(
        f"{name} {card['versions'].get(name)} ({here.get(name)} is installed)"
        for name in DECISIVE
        if card["versions"].get(name) != here.get(name)
    )


def _types(names: list[str]) -> str:
    """Return names of types in words."""
    return f"the type{'s' * (len(names) > 1)} {shortened(names, 3)}"


def _reason(error: Exception) -> str:
    """Return the message of an error in one line."""
    text = printable(" ".join(str(error).split())).rstrip(".")
    return text[:200] or type(error).__name__
