"""The laws of the house: which rooms may import which, and who may import what.

Imports go down. A room may import the rooms listed for it, and its own modules.
"""

import ast
from pathlib import Path

import pytest

import skweighted

PACKAGE = Path(skweighted.__file__).parent
SMALL = {
    "_checks",
    "_cores",
    "_files",
    "_progress",
    "_tensorflow",
    "_text",
    "_thresholds",
    "_warnings",
    "exceptions",
}
BELOW = {
    "_costs": {"_checks", "_text", "_warnings", "exceptions"},
    "_curves": {"_costs"},
    "losses": {"_costs", "_tensorflow"},
    "layers": {"_tensorflow"},
    "_engine": {"layers"} | SMALL,
    "_tables": {"_text"},
    "preprocessing": {"_tables"},
    "_estimator": {
        *("_costs", "_engine", "_tables", "layers", "losses", "preprocessing"),
    }
    | SMALL,
    "_search": {"_estimator"} | SMALL,
    "_onnx": {
        *("_costs", "_engine", "_estimator", "_search", "_tables", "comparison"),
        *("preprocessing", "skweighted"),
    }
    | SMALL,
    "metrics": {"_costs", "_text", "_warnings", "exceptions"},
    "datasets": {"_text", "exceptions"},
    "displays": {"_curves", "metrics"} | SMALL,
    "_columns": {"_tables", "_text"},
    "comparison": {
        *("_columns", "_costs", "_curves", "_tables", "metrics", "preprocessing"),
        "skweighted",
    }
    | SMALL,
    "_doctor": {"_columns", "_costs", "_text", "_thresholds", "exceptions"},
    "_model": {"_costs", "_tables", "skweighted"} | SMALL,
    "_cli": {
        *("_columns", "_doctor", "_model", "comparison", "datasets", "metrics"),
        "skweighted",
    }
    | SMALL,
    **{module: {"exceptions"} for module in sorted(SMALL)},
}
# Who alone may import a package, and below it a private name of scikit-learn.
ONLY = {
    "tensorflow": ("_tensorflow",),
    "scikeras": ("_estimator._scikeras",),
    "keras": ("_tensorflow",),
}
ENGINE_NEVER = {"sklearn", "scikeras", "imblearn", "pandas"}


def imports():
    """Yield importing module and imported module, both with dots."""
    for path in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        module = module.removesuffix(".__init__")
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path.name} has a relative import"
                names = [node.module]
            for name in names:
                yield module, name.removeprefix("skweighted.")


@pytest.mark.parametrize("room", BELOW)
def test_a_room_imports_only_rooms_below(room):
    used = {
        name.partition(".")[0]
        for module, name in imports()
        if module == room or module.startswith(f"{room}.")
    }
    rooms = {*BELOW, "skweighted"}
    assert used & rooms - {room} <= BELOW[room]


def test_every_module_is_in_a_room():
    assert {module.partition(".")[0] for module, _ in imports()} - {"__init__"} <= (
        BELOW.keys()
    )


def test_some_packages_have_one_door():
    for module, name in imports():
        assert module in ONLY.get(name.partition(".")[0], (module,)), (module, name)


def test_the_engine_knows_neither_estimators_nor_tables():
    for module, name in imports():
        if module.startswith("_engine"):
            assert name.partition(".")[0] not in ENGINE_NEVER, (module, name)
