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
    "_warnings": set(),
    "_costs": {"numpy", "_warnings", "exceptions"},
    "_decisions": {"numpy", "scipy", "sklearn"},
    "_weights": {"numpy", "_warnings", "exceptions"},
    # The engine: values in, values out; it knows no sklearn and no estimator.
    "_training": set(),
    "_training._spec": {"numpy"},
    "_training._optimizers": {"_startup"},
    "_training._losses": {"numpy", "_training._optimizers"},
    "_training._batches": {"numpy", "scipy", "_training._spec"},
    "_training._network": {"numpy", "_startup", "_training._spec"},
    "_training._dropout": {"numpy", "_startup", "_training._spec"},
    "_training._program": {
        "numpy",
        "_startup",
        "_training._losses",
        "_training._network",
        "_training._optimizers",
        "_training._spec",
    },
    "_training._forward": {
        "numpy",
        "_startup",
        "_training._batches",
        "_training._losses",
        "_training._network",
        "_training._program",
        "_training._spec",
    },
    "_training._early_stopping": {"numpy", "_training._forward", "_training._spec"},
    "_training._loop": {
        "numpy",
        "_startup",
        "_training._batches",
        "_training._dropout",
        "_training._early_stopping",
        "_training._losses",
        "_training._optimizers",
        "_training._program",
        "_training._spec",
    },
    # Losses, between the decisions that they make and the engine that asks for values.
    "losses": {"numpy", "_decisions", "_startup"},
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
        "_warnings",
        "exceptions",
    },
    "_scikeras": {"scikeras", "sklearn", "_startup", "_training._optimizers"},
    "_parameters": {"_scikeras"},
    "_validation": {"numpy", "scipy", "sklearn"},
    "_targets": {"numpy", "_costs", "_decisions", "_validation", "_weights"},
    "_architecture": {"numpy", "_scikeras", "_startup", "_training._spec"},
    "_objective": {"numpy", "_scikeras", "_startup", "_training._losses", "losses"},
    "_problem": {
        "numpy",
        "_costs",
        "_objective",
        "_scikeras",
        "_targets",
        "_training._losses",
        "_training._spec",
        "_validation",
        "_warnings",
        "exceptions",
        "losses",
    },
    "_monitoring": {"numpy", "sklearn", "_objective"},
    "_start": {"numpy", "sklearn", "_targets", "_training._network", "_training._spec"},
    "_classifier": {
        "numpy",
        "sklearn",
        "_architecture",
        "_engines",
        "_hooks",
        "_keras_bridge",
        "_monitoring",
        "_objective",
        "_parameters",
        "_problem",
        "_scikeras",
        "_start",
        "_startup",
        "_targets",
        "_training._forward",
        "_training._losses",
        "_training._optimizers",
        "_training._spec",
        "_validation",
        "_weights",
    },
    # Beside the estimator: what costs and shares mean for any classifier.
    "metrics": {"numpy", "sklearn", "_costs"},
    "_prior_corrected": {
        "numpy",
        "sklearn",
        "_costs",
        "_decisions",
        "_warnings",
        "exceptions",
    },
    "displays": {
        "displays._calibration",
        "displays._cost_curve",
        "displays._threshold",
        "displays._training_curve",
    },
    "displays._axes": {"matplotlib", "numpy"},
    "displays._binary_rows": {"numpy", "sklearn"},
    "displays._calibration": {
        "numpy",
        "sklearn",
        "displays._axes",
        "displays._binary_rows",
        "displays._estimators",
    },
    "displays._cost_curve": {
        "numpy",
        "sklearn",
        "displays._axes",
        "displays._binary_rows",
        "displays._estimators",
        "displays._matrices",
    },
    "displays._estimators": {"numpy", "sklearn", "displays._binary_rows"},
    "displays._matrices": {"numpy", "sklearn", "_costs"},
    "displays._threshold": {
        "numpy",
        "scipy",
        "_decisions",
        "displays._axes",
        "displays._binary_rows",
        "displays._estimators",
        "displays._matrices",
    },
    "displays._training_curve": {
        "matplotlib",
        "numpy",
        "sklearn",
        "displays._axes",
        "displays._estimators",
    },
    "_doctor": {"_doctor._examination", "_doctor._findings", "_doctor._splits"},
    "_doctor._accuracy": {
        "numpy",
        "sklearn",
        "_doctor._decisions",
        "_doctor._findings",
    },
    "_doctor._answers": {
        "numpy",
        "sklearn",
        "_costs",
        "_doctor._findings",
        "_doctor._parts",
        "_doctor._shifts",
        "comparison.wording",
    },
    "_doctor._case": {
        "numpy",
        "sklearn",
        "_doctor._parts",
        "_doctor._splits",
        "_doctor._table",
        "comparison.folds",
        "comparison.problem",
    },
    "_doctor._columns": {
        "numpy",
        "scipy",
        "sklearn",
        "_doctor._findings",
        "_doctor._reach",
        "comparison.wording",
    },
    "_doctor._copies": {
        "numpy",
        "_doctor._findings",
        "_doctor._resampled",
        "_doctor._table",
        "comparison.wording",
    },
    "_doctor._decisions": {"sklearn", "_doctor._findings", "_doctor._shifts"},
    "_doctor._doubles": {"_doctor._findings", "_doctor._shifts"},
    "_doctor._examination": {
        "_doctor._accuracy",
        "_doctor._answers",
        "_doctor._case",
        "_doctor._columns",
        "_doctor._copies",
        "_doctor._decisions",
        "_doctor._doubles",
        "_doctor._findings",
        "_doctor._folds",
        "_doctor._order",
        "_doctor._resampled",
        "_doctor._samplers",
        "_doctor._scales",
    },
    "_doctor._findings": {"pandas", "rich", "comparison.wording"},
    "_doctor._folds": {
        "numpy",
        "_doctor._findings",
        "_doctor._order",
        "comparison.wording",
    },
    "_doctor._order": {"numpy", "scipy", "_doctor._findings"},
    "_doctor._parts": {"imblearn", "numpy", "sklearn"},
    "_doctor._reach": {"numpy", "sklearn"},
    "_doctor._resampled": {"numpy", "sklearn", "_doctor._findings"},
    "_doctor._samplers": {"_doctor._findings"},
    "_doctor._scales": {"numpy", "sklearn", "_doctor._findings", "_doctor._reach"},
    "_doctor._shifts": {"_doctor._parts"},
    "_doctor._splits": {"numpy", "sklearn", "comparison.folds"},
    "_doctor._table": {"numpy", "pandas", "scipy", "comparison.problem"},
    # The comparison uses skweighted by its public names only.
    "comparison": {
        "comparison.measures",
        "comparison.protocol",
        "comparison.result",
        "comparison.strategies",
    },
    "comparison.cells": {"numpy", "pandas", "comparison.measures"},
    "comparison.figures": {
        "markupsafe",
        "matplotlib",
        "comparison.cells",
        "comparison.looks",
        "comparison.measures",
        "comparison.plots",
    },
    "comparison.folds": {
        "numpy",
        "pandas",
        "sklearn",
        "comparison.problem",
        "comparison.wording",
        "exceptions",
    },
    "comparison.identity": {"joblib", "scipy"},
    "comparison.looks": {
        "matplotlib",
        "numpy",
        "pandas",
        "comparison.cells",
        "comparison.measures",
        "comparison.wording",
    },
    "comparison.many_datasets": {
        "matplotlib",
        "numpy",
        "pandas",
        "scikit_posthocs",
        "scipy",
        "_warnings",
        "comparison.wording",
    },
    "comparison.measures": {"imblearn", "numpy", "scipy", "sklearn", "metrics"},
    "comparison.outcomes": {"numpy"},
    "comparison.plan": {
        "numpy",
        "comparison.folds",
        "comparison.identity",
        "comparison.preprocessing",
        "comparison.problem",
        "comparison.strategies",
        "metrics",
    },
    "comparison.plots": {
        "matplotlib",
        "numpy",
        "scipy",
        "sklearn",
        "comparison.looks",
        "comparison.measures",
        "comparison.preprocessing",
        "displays",
    },
    "comparison.preprocessing": {"numpy", "pandas", "scipy", "sklearn"},
    "comparison.problem": {
        "numpy",
        "pandas",
        "scipy",
        "comparison.wording",
        "exceptions",
    },
    "comparison.progress": {"rich"},
    "comparison.protocol": {
        "pandas",
        "skweighted",
        "comparison.identity",
        "comparison.measures",
        "comparison.outcomes",
        "comparison.plan",
        "comparison.progress",
        "comparison.result",
        "comparison.trials",
        "comparison.wording",
        "exceptions",
    },
    "comparison.report": {
        "jinja2",
        "numpy",
        "pandas",
        "comparison.cells",
        "comparison.figures",
        "comparison.looks",
        "comparison.measures",
        "comparison.problem",
        "comparison.wording",
    },
    "comparison.result": {
        "matplotlib",
        "numpy",
        "pandas",
        "rich",
        "comparison.cells",
        "comparison.folds",
        "comparison.measures",
        "comparison.outcomes",
        "comparison.plots",
        "comparison.problem",
        "comparison.report",
        "comparison.statistics",
        "comparison.text_tables",
        "comparison.verdict",
        "comparison.wording",
    },
    "comparison.sources": {
        "imblearn",
        "pandas",
        "sklearn",
        "comparison.tables",
        "comparison.wording",
        "exceptions",
    },
    "comparison.statistics": {"baycomp", "numpy", "pandas", "scipy"},
    "comparison.strategies": {
        "comparison.strategies.choice",
        "comparison.strategies.fits",
        "comparison.strategies.strategy",
        "comparison.strategies.table",
    },
    "comparison.strategies.choice": {
        "comparison.strategies.fits",
        "comparison.strategies.strategy",
        "comparison.strategies.table",
        "comparison.wording",
    },
    "comparison.strategies.fits": {
        "imblearn",
        "numpy",
        "sklearn",
        "comparison.preprocessing",
        "comparison.strategies.samplers",
        "comparison.strategies.strategy",
        "exceptions",
        "metrics",
    },
    "comparison.strategies.reasons": {"sklearn", "comparison.strategies.strategy"},
    "comparison.strategies.samplers": {"imblearn", "numpy"},
    "comparison.strategies.strategy": {"numpy"},
    "comparison.strategies.table": {
        "imblearn",
        "sklearn",
        "comparison.strategies.fits",
        "comparison.strategies.reasons",
        "comparison.strategies.samplers",
        "comparison.strategies.strategy",
    },
    "comparison.tables": {"pandas", "comparison.wording", "exceptions"},
    "comparison.text_tables": {
        "pandas",
        "rich",
        "comparison.cells",
        "comparison.measures",
    },
    "comparison.trials": {
        "numpy",
        "pandas",
        "sklearn",
        "comparison.folds",
        "comparison.outcomes",
        "comparison.plan",
        "comparison.preprocessing",
        "comparison.strategies",
        "exceptions",
    },
    "comparison.verdict": {"numpy", "pandas", "comparison.statistics"},
    "comparison.wording": {"rich"},
    "datasets": {"imblearn", "pandas", "sklearn"},
    "_cli": {
        "click",
        "rich",
        "skweighted",
        "_doctor",
        "comparison.plan",
        "comparison.problem",
        "comparison.protocol",
        "comparison.sources",
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
