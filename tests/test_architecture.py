"""Which module may import what: one table, and nothing else is allowed."""

import ast
import sys
from pathlib import Path

import pytest

import skweighted

PACKAGE = Path(skweighted.__file__).parent

# Data flows one way, and imports go down. Third-party packages are edges too; the
# standard library is not.
ALLOWED = {
    "__init__": set(),
    "exceptions": set(),
    "_startup": {"keras", "tensorflow"},
    "_weights": {"numpy", "exceptions"},
    # The engine: values in, values out; it knows no sklearn and no estimator.
    "_training": set(),
    "_training._spec": {"numpy"},
    "_training._early_stopping": {"_training._spec"},
    "_training._batches": {"numpy", "scipy", "_training._spec"},
    "_training._network": {"numpy", "_startup", "_training._spec"},
    "_training._optimizers": {"_startup"},
    "_training._dropout": {"numpy", "_startup", "_training._spec"},
    "_training._program": {
        "numpy",
        "_startup",
        "_training._network",
        "_training._optimizers",
        "_training._spec",
    },
    "_training._forward": {
        "numpy",
        "_startup",
        "_training._batches",
        "_training._network",
        "_training._program",
        "_training._spec",
    },
    "_training._loop": {
        "numpy",
        "_startup",
        "_training._optimizers",
        "_training._batches",
        "_training._dropout",
        "_training._early_stopping",
        "_training._forward",
        "_training._program",
        "_training._spec",
    },
    "_keras_bridge": {
        "numpy",
        "_startup",
        "_training._network",
        "_training._optimizers",
        "_training._spec",
    },
    "_keras_engine": {
        "numpy",
        "_keras_bridge",
        "_startup",
        "_training._batches",
        "_training._early_stopping",
        "_training._forward",
        "_training._optimizers",
        "_training._spec",
    },
    "_hooks": {
        "numpy",
        "rich",
        "_keras_bridge",
        "_startup",
        "_training._optimizers",
        "_training._spec",
    },
    "_engines": {
        "numpy",
        "sklearn",
        "_hooks",
        "_keras_bridge",
        "_keras_engine",
        "_training._loop",
        "_training._optimizers",
        "_training._spec",
        "exceptions",
    },
    "_scikeras": {"_startup", "_training._optimizers", "scikeras", "sklearn"},
    "_validation": {"numpy", "sklearn"},
    "_architecture": {"numpy", "_scikeras", "_startup", "_training._spec"},
    "_classifier": {
        "numpy",
        "sklearn",
        "_architecture",
        "_engines",
        "_hooks",
        "_keras_bridge",
        "_scikeras",
        "_startup",
        "_training._forward",
        "_training._network",
        "_training._program",
        "_training._spec",
        "_validation",
        "_weights",
    },
    # The comparison uses skweighted by its public names only.
    "comparison": {
        "comparison.measures",
        "comparison.protocol",
        "comparison.result",
        "comparison.strategies",
    },
    "comparison.measures": {"imblearn", "numpy", "sklearn"},
    "comparison.preprocessing": {"numpy", "pandas", "scipy", "sklearn"},
    "comparison.problem": {
        "numpy",
        "pandas",
        "scipy",
        "comparison.wording",
        "exceptions",
    },
    "comparison.protocol": {
        "numpy",
        "pandas",
        "rich",
        "sklearn",
        "skweighted",
        "comparison.measures",
        "comparison.preprocessing",
        "comparison.problem",
        "comparison.result",
        "comparison.strategies",
        "comparison.wording",
        "exceptions",
    },
    "comparison.result": {"numpy", "pandas", "rich", "comparison.measures"},
    "comparison.strategies": {"imblearn", "numpy", "sklearn", "comparison.wording"},
    "comparison.tables": {"pandas", "comparison.wording", "exceptions"},
    "comparison.wording": set(),
    "datasets": {"imblearn", "pandas", "sklearn"},
    "_cli": {
        "click",
        "rich",
        "skweighted",
        "comparison.protocol",
        "comparison.strategies",
        "comparison.tables",
        "comparison.wording",
        "datasets",
        "exceptions",
    },
}


def module_files():
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        yield ".".join(parts).removesuffix(".__init__"), path


def imports_of(path):
    """Return what a module imports: its own package's modules, and top-level others."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} has a relative import"
            found.add(node.module)
    own = {name.removeprefix("skweighted.") for name in found if "skweighted." in name}
    others = {name.partition(".")[0] for name in found if "skweighted." not in name}
    return own | others - sys.stdlib_module_names


@pytest.mark.parametrize(("module", "path"), list(module_files()))
def test_a_module_imports_only_what_the_table_allows(module, path):
    assert imports_of(path) <= ALLOWED[module]


def test_the_table_names_no_edge_that_is_not_there():
    for module, path in module_files():
        assert imports_of(path) == ALLOWED[module], module


def test_the_table_has_no_cycle():
    def below(module, above=()):
        assert module not in above, f"{module} imports itself through {above}"
        for imported in ALLOWED[module] & ALLOWED.keys():
            below(imported, (*above, module))

    for module in ALLOWED:
        below(module)


def test_no_module_has_a_name_that_says_nothing():
    names = {part for module, _ in module_files() for part in module.split(".")}
    assert not {name.strip("_") for name in names} & {
        "utils",
        "helpers",
        "common",
        "base",
        "misc",
    }
