"""The ONNX model of a fitted estimator, converted and verified."""

import json
from typing import Any

import numpy as np
import onnx
from skl2onnx import convert_sklearn

import skweighted
from skweighted._onnx._convert import TENSORS, Whole, register
from skweighted._onnx._inputs import inputs_of


def whole_model(
    estimator: Any, X: Any, *, decision: bool, row_costs: bool
) -> onnx.ModelProto:
    """Return the model of an estimator."""
    register()
    inputs = inputs_of(estimator, X)
    types = [(one.name, TENSORS[one.dtype]([None, one.width])) for one in inputs]
    costs = []
    if row_costs:
        k = len(estimator.classes_)
        double = TENSORS["float64"]
        costs = (
            [(name, double([None, 1])) for name in ("false_alarm", "miss")]
            if k == 2
            else [("cost_matrix", double([None, k, k]))]
        )
    whole = Whole(estimator, decision, len(costs))
    return convert_sklearn(whole, type(estimator).__name__, [*types, *costs])
