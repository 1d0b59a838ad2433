"""What a user can import, and what importing it loads."""

import inspect
import subprocess
import sys
from types import FunctionType, ModuleType

import pytest
from scikeras.wrappers import BaseWrapper
from sklearn.base import ClassifierMixin, is_classifier

import skweighted
from skweighted import CostSensitiveMLPClassifier

PUBLIC = [
    "CalibrationCorrectionDisplay",
    "ClassWeightSearchCV",
    "Comparison",
    "CostCurveDisplay",
    "CostSensitiveMLPClassifier",
    "CostSensitiveTabularClassifier",
    "Model",
    "PriorCorrectedClassifier",
    "TRUSTED_TYPES",
    "ThresholdDisplay",
    "TrainingCurveDisplay",
    "WeightPathDisplay",
    "__version__",
    "adapt_prior",
    "compare",
    "comparison",
    "compute_class_weight",
    "datasets",
    "displays",
    "doctor",
    "estimate_prior",
    "exceptions",
    "fit_together",
    "layers",
    "losses",
    "metrics",
    "preprocessing",
    "register_onnx",
    "to_onnx",
]
PARAMETERS = [
    "hidden_layer_sizes",
    "activation",
    "class_weight",
    "class_weight_start",
    "normalize_weights",
    "cost_matrix",
    "loss",
    "correct_probabilities",
    "optimizer",
    "learning_rate",
    "input_scaling",
    "numeric_embedding",
    "kernel_initializer",
    "init_bias",
    "alpha",
    "dropout",
    "batch_size",
    "epochs",
    "shuffle",
    "early_stopping",
    "validation_fraction",
    "n_iter_no_change",
    "tol",
    "monitor",
    "monitor_weighted",
    "n_networks",
    "n_members",
    "ensemble",
    "threshold",
    "calibration",
    "dtype",
    "random_state",
    "warm_start",
    "callbacks",
    "metrics",
    "verbose",
    "engine",
]
HEAVY = ("tensorflow", "keras", "sklearn", "pandas", "matplotlib", "imblearn")


def test_all_lists_every_public_name():
    assert sorted(skweighted.__all__) == PUBLIC == dir(skweighted)
    for name in skweighted.__all__:
        assert getattr(skweighted, name) is not None


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(
        AttributeError, match=r"^module 'skweighted' has no attribute 'nothing'$"
    ):
        _ = skweighted.nothing


def test_import_loads_nothing_heavy():
    code = f"import sys, skweighted; print([m for m in {HEAVY} if m in sys.modules])"
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert printed.stdout.strip() == "[]"


def test_a_fit_leaves_the_screen_clean():
    code = (
        "from sklearn.datasets import make_classification\n"
        "from skweighted import CostSensitiveMLPClassifier\n"
        "X, y = make_classification(random_state=0)\n"
        "for dtype in ('float32', 'float64') * 4:\n"
        "    clf = CostSensitiveMLPClassifier(epochs=2, dtype=dtype)\n"
        "    clf.fit(X, y).predict(X)\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert (finished.stdout, finished.stderr) == ("", "")


def test_the_classifier_is_a_scikeras_wrapper_and_a_classifier():
    assert CostSensitiveMLPClassifier.__bases__ == (ClassifierMixin, BaseWrapper)
    assert is_classifier(CostSensitiveMLPClassifier())


def test_parameters_have_their_order_and_all_but_two_are_keywords():
    parameters = inspect.signature(CostSensitiveMLPClassifier).parameters
    assert list(parameters) == PARAMETERS
    positional = [p.name for p in parameters.values() if p.kind != p.KEYWORD_ONLY]
    assert positional == ["hidden_layer_sizes", "activation"]


def test_every_parameter_is_documented_in_its_order():
    documentation = inspect.getdoc(CostSensitiveMLPClassifier)
    places = [documentation.index(f"\n{name} : ") for name in PARAMETERS]
    assert places == sorted(places)


# types


def public_objects():
    """Yield every public class and function, those of the public modules included."""
    for name in skweighted.__all__:
        public = getattr(skweighted, name)
        if not isinstance(public, ModuleType):
            yield public
            continue
        own = [
            inner
            for inner, value in vars(public).items()
            if inner[0] != "_" and getattr(value, "__module__", None) == public.__name__
        ]
        yield from (getattr(public, inner) for inner in getattr(public, "__all__", own))


def own_functions(public):
    """Yield the functions of a public object that are written in this package."""
    members = {"": public}
    if inspect.isclass(public):
        members = {
            name: member
            for ancestor in reversed(public.__mro__)
            for name, member in vars(ancestor).items()
            if name[0] != "_" or name in ("__init__", "__call__")
        }
    for member in members.values():
        if isinstance(member, property):
            member = member.fget
        function = getattr(member, "__func__", member)  # of a class or static method
        ours = getattr(function, "__module__", "").startswith("skweighted")
        if ours and isinstance(function, FunctionType):
            yield function


def missing_types(function):
    """Yield each parameter, and "return", that has no type."""
    signature = inspect.signature(function)
    types = {name: p.annotation for name, p in signature.parameters.items()}
    if function.__name__ != "__init__":
        types["return"] = signature.return_annotation
    for name, annotation in types.items():
        if annotation is signature.empty and name not in ("self", "cls"):
            yield f"{function.__module__}.{function.__qualname__}: {name}"


def test_every_public_function_and_method_has_types():
    # py.typed promises them to a user's type checker.
    functions = {
        function for public in public_objects() for function in own_functions(public)
    }
    assert len(functions) > 50
    assert (
        sorted(gap for function in functions for gap in missing_types(function)) == []
    )
