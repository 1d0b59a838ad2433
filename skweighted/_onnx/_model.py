"""The ONNX model of a fitted estimator: converted, described and verified."""

import json
from typing import Any

import numpy as np
import onnx
from skl2onnx import convert_sklearn
from skl2onnx.common.exceptions import MissingConverter, MissingShapeCalculator
from sklearn.utils.validation import check_is_fitted

import skweighted
from skweighted._estimator._classifier import CostSensitiveMLPClassifier
from skweighted._estimator._prior_corrected import PriorCorrectedClassifier
from skweighted._onnx._convert import TENSORS, Whole, is_multilabel, last_of, register
from skweighted._onnx._inputs import Column, feed_of, inputs_of
from skweighted._onnx._verify import check_labels, check_proba, final, run

# Old enough for the runtimes of the last years, and new enough for the operators.
OPSETS = {"": 18, "ai.onnx.ml": 3}

_FORMAT = (
    "A missing number is NaN, and missing text is an empty string. A date is the "
    "number of microseconds since 1970; a missing one is -2**63."
)


def verified_model(
    estimator: Any, X: Any, *, decision: bool, row_costs: bool
) -> onnx.ModelProto:
    """Return the model of an estimator; see `skweighted.to_onnx`."""
    if isinstance(estimator, skweighted.Model):
        estimator = estimator.pipeline
    if not hasattr(estimator, "predict_proba"):
        raise TypeError(
            f"to_onnx takes a fitted classifier with predict_proba, then X. The first "
            f"is of type {type(estimator).__name__}, which has no predict_proba."
        )
    check_is_fitted(estimator)
    if row_costs:
        _check_row_costs(estimator, decision)
    # First, because their errors say what is wrong with X.
    proba = estimator.predict_proba(X)
    inputs = inputs_of(estimator, X)
    costs = _costs_of(estimator) if row_costs else {}
    model = _converted(estimator, inputs, costs, decision)
    _describe(model, estimator)
    feed = dict(feed_of(estimator, X, inputs))
    row_matrices = None
    if row_costs:
        drawn = _drawn(costs, len(proba))
        feed |= drawn
        row_matrices = _as_matrices(drawn)
    found = run(model.SerializeToString(), feed)
    check_proba(found["probabilities"], proba)
    if decision:
        if row_matrices is None:
            expected = estimator.predict(X)
        else:
            last, prepared = final(estimator, X)
            expected = last.predict(prepared, cost_matrix=row_matrices)
        check_labels(estimator, X, found["label"], expected, row_matrices)
    return model


def _converted(
    estimator: Any,
    inputs: list[Column],
    costs: dict[str, tuple[int, ...]],
    decision: bool,
) -> onnx.ModelProto:
    """Return the model that skl2onnx makes with our converters."""
    register()
    types = [(one.name, TENSORS[one.dtype]([None, one.width])) for one in inputs]
    types += [
        (name, TENSORS["float64"]([None, *shape])) for name, shape in costs.items()
    ]
    whole = Whole(estimator, decision, len(costs))
    try:
        model = convert_sklearn(
            whole, type(estimator).__name__, types, target_opset=OPSETS
        )
    except (MissingConverter, MissingShapeCalculator) as error:
        raise ValueError(
            f"An ONNX model needs a converter for each step. skl2onnx has none: "
            f"{str(error).strip().splitlines()[0]} Replace this step, or register a "
            f"converter by skl2onnx.update_registered_converter."
        ) from error
    except RuntimeError as error:
        raise ValueError(
            f"An ONNX model needs a converter for each step. skl2onnx cannot convert "
            f"this {type(estimator).__name__}: {error}"
        ) from error
    names = [one.input_name for one in inputs] + [*costs]
    _rename(model.graph, names, ["label", "probabilities"][0 if decision else 1 :])
    return model


def _rename(graph: onnx.GraphProto, inputs: list[str], outputs: list[str]) -> None:
    """Give inputs and outputs their names, which skl2onnx makes identifiers."""
    new_names = {}
    for values, names in ((graph.input, inputs), (graph.output, outputs)):
        for value, name in zip(values, names, strict=True):
            new_names[value.name] = name
            value.name = name
    for node in graph.node:
        node.input[:] = [new_names.get(name, name) for name in node.input]
        node.output[:] = [new_names.get(name, name) for name in node.output]


def _describe(model: onnx.ModelProto, estimator: Any) -> None:
    """Add what the model is, in text."""
    last = last_of(estimator)
    precision = "float32"
    if isinstance(last, CostSensitiveMLPClassifier):
        trained = last._trained.networks[0].network.dtype
        if trained != "float32":
            precision += f", cast from {trained}"
    properties = {
        "skweighted_version": skweighted.__version__,
        "estimator": " ".join(repr(estimator).split()),
        "classes": json.dumps(estimator.classes_.tolist()),
        "precision": precision,
    }
    onnx.helper.set_model_props(model, properties)
    model.doc_string = (
        f"{type(estimator).__name__}, exported by skweighted "
        f"{skweighted.__version__}. Networks compute in {precision}. {_FORMAT}"
    )


# Costs of each row.


def _check_row_costs(estimator: Any, decision: bool) -> None:
    """Raise ValueError if the estimator cannot decide by the costs of each row."""
    if not decision:
        raise ValueError(
            "row_costs=True is about decisions, but decision=False. Leave one out."
        )
    last = last_of(estimator)
    if is_multilabel(estimator):
        raise ValueError(
            "row_costs=True is for mutually exclusive classes. The labels of this "
            "estimator have the same costs in all rows. Use row_costs=False."
        )
    if not isinstance(last, CostSensitiveMLPClassifier | PriorCorrectedClassifier):
        raise ValueError(
            f"row_costs=True needs a classifier whose predict has a cost_matrix, such "
            f"as those of skweighted. {type(last).__name__} decides otherwise. Use "
            f"row_costs=False, or export the classifier inside it."
        )


def _costs_of(estimator: Any) -> dict[str, tuple[int, ...]]:
    """Return the names of the costs of each row, and their shapes."""
    n_classes = len(estimator.classes_)
    if n_classes == 2:
        return {"false_alarm": (1,), "miss": (1,)}
    return {"cost_matrix": (n_classes, n_classes)}


def _drawn(costs: dict[str, tuple[int, ...]], n_rows: int) -> dict[str, np.ndarray]:
    """Return random costs, to compare decisions by them."""
    random_generator = np.random.default_rng(0)
    drawn = {}
    for name, shape in costs.items():
        values = random_generator.lognormal(size=(n_rows, *shape))
        if len(shape) == 2:
            values[:, np.arange(shape[0]), np.arange(shape[0])] = 0
        drawn[name] = values
    return drawn


def _as_matrices(drawn: dict[str, np.ndarray]) -> np.ndarray:
    """Return costs of rows as cost matrices."""
    if "cost_matrix" in drawn:
        return drawn["cost_matrix"]
    matrices = np.zeros((len(drawn["miss"]), 2, 2))
    matrices[:, 0, 1] = drawn["false_alarm"][:, 0]
    matrices[:, 1, 0] = drawn["miss"][:, 0]
    return matrices
