"""Converters for skl2onnx: of what this package fits, and of what wraps classifiers.

For skl2onnx, each of these classifiers is one operator, whose converter adds the nodes
of the classifiers and transformers inside it.
"""

from typing import Any, NamedTuple

import numpy as np
from imblearn.ensemble import (
    BalancedBaggingClassifier,
    BalancedRandomForestClassifier,
    EasyEnsembleClassifier,
)
from imblearn.pipeline import Pipeline as ImblearnPipeline
from skl2onnx import _parse, update_registered_converter
from skl2onnx._parse import (
    _parse_sklearn,
    _parse_sklearn_simple_model,
)
from skl2onnx.common.data_types import (
    BooleanTensorType,
    DoubleTensorType,
    FloatTensorType,
    Int64TensorType,
    StringTensorType,
)
from skl2onnx.common.shape_calculator import calculate_linear_classifier_output_shapes
from skl2onnx.operator_converters.random_forest import (
    convert_sklearn_random_forest_classifier,
)
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

from skweighted._estimator._classifier import CostSensitiveMLPClassifier
from skweighted._estimator._prior_corrected import PriorCorrectedClassifier
from skweighted._estimator._tabular import CostSensitiveTabularClassifier
from skweighted._onnx._decision import (
    Answers,
    label_values,
    write_cheapest,
    write_corrected,
    write_ensemble,
    write_labels,
    write_row_costs,
    write_threshold,
)
from skweighted._onnx._preparation import write_codes, write_preparation
from skweighted._onnx._writer import Writer
from skweighted._search._search_cv import ClassWeightSearchCV
from skweighted._thresholds import THRESHOLDS, threshold_of
from skweighted.comparison.strategies.categories import CategoryCodes
from skweighted.preprocessing import TablePreparation

TENSORS = {
    "float32": FloatTensorType,
    "float64": DoubleTensorType,
    "int64": Int64TensorType,
    "string": StringTensorType,
}
_LABELS = {"f": DoubleTensorType, "b": BooleanTensorType, "U": StringTensorType}

_BAGS = (BalancedBaggingClassifier, EasyEnsembleClassifier)
_CLASSIFIERS = (
    CostSensitiveMLPClassifier,
    CostSensitiveTabularClassifier,
    PriorCorrectedClassifier,
    ClassWeightSearchCV,
    ImblearnPipeline,
    *THRESHOLDS,
    *_BAGS,
)
# They take the columns of a frame one by one.
_BY_COLUMN = (
    CategoryCodes,
    ColumnTransformer,
    OneHotEncoder,
    OrdinalEncoder,
    TablePreparation,
)
# Pipelines of skl2onnx pass these to every classifier.
_OPTIONS = {
    "zipmap": [True, False, "columns"],
    "output_class_labels": [False, True],
    "nocl": [True, False],
}
_FOREST_OPTIONS = {
    **_OPTIONS,
    "raw_scores": [True, False],
    "decision_path": [True, False],
    "decision_leaf": [True, False],
}


class Whole(NamedTuple):
    """What `to_onnx` converts: an estimator, and the outputs that are wanted."""

    estimator: Any
    decision: bool
    n_costs: int

    @property
    def classes_(self) -> np.ndarray:
        """The classes."""
        return self.estimator.classes_


def register() -> None:
    """Register the converters with skl2onnx."""
    for model in _CLASSIFIERS:
        update_registered_converter(
            model,
            "SkweightedClassifier",
            _set_types,
            _convert_classifier,
            parser=_parse_classifier,
            options=_OPTIONS,
        )
    update_registered_converter(
        Whole, "SkweightedWhole", _set_types, _convert_whole, parser=_parse_whole
    )
    if TablePreparation not in _parse.do_not_merge_columns:  # of ColumnTransformer
        _parse.do_not_merge_columns += (TablePreparation,)
    update_registered_converter(
        TablePreparation,
        "SkweightedTablePreparation",
        _set_width,
        _convert_preparation,
        parser=_parse_preparation,
    )
    update_registered_converter(
        CategoryCodes,
        "SkweightedCategoryCodes",
        _set_lengths,
        _convert_codes,
        parser=_parse_codes,
    )
    update_registered_converter(
        BalancedRandomForestClassifier,
        "SkweightedRandomForest",
        calculate_linear_classifier_output_shapes,
        convert_sklearn_random_forest_classifier,
        options=_FOREST_OPTIONS,
    )
    update_registered_converter(
        HistGradientBoostingClassifier,
        "SkweightedBoosting",
        calculate_linear_classifier_output_shapes,
        _convert_boosting,
        options=_FOREST_OPTIONS,
    )


# What skl2onnx calls.


def _parse_classifier(
    scope: Any, model: Any, inputs: list[Any], custom_parsers: Any = None
) -> list[Any]:
    """Declare a classifier: label and probabilities, never in dicts."""
    operator = scope.declare_local_operator("SkweightedClassifier", model)
    operator.inputs = inputs
    operator.outputs += _declared(scope, model)
    return operator.outputs


def _parse_whole(
    scope: Any, whole: Whole, inputs: list[Any], custom_parsers: Any = None
) -> list[Any]:
    """Declare the outputs of `to_onnx`."""
    operator = scope.declare_local_operator("SkweightedWhole", whole)
    operator.inputs = inputs
    operator.outputs += _declared(scope, whole)[0 if whole.decision else 1 :]
    return operator.outputs


def _declared(scope: Any, model: Any) -> list[Any]:
    """Return new variables for label and probabilities."""
    label = _LABELS.get(label_values(model.classes_).dtype.kind, Int64TensorType)
    return [
        scope.declare_local_variable("label", label()),
        scope.declare_local_variable("probabilities", FloatTensorType()),
    ]


def _set_types(operator: Any) -> None:
    """Set the types of label and probabilities."""
    n_rows = operator.inputs[0].get_first_dimension()
    model = operator.raw_operator
    width = [len(model.classes_)]
    *label, proba = operator.outputs
    proba.type = FloatTensorType([n_rows, *width])
    kind = _LABELS.get(label_values(model.classes_).dtype.kind, Int64TensorType)
    for one in label:
        one.type = kind([n_rows, *(width if is_multilabel(model) else [])])


def is_multilabel(model: Any) -> bool:
    """Return whether several labels can apply to a row."""
    last = last_of(model.estimator if isinstance(model, Whole) else model)
    is_own = isinstance(last, CostSensitiveMLPClassifier)
    return is_own and last._trained.targets.is_multilabel


def _convert_classifier(scope: Any, operator: Any, container: Any) -> None:
    """Add a classifier."""
    graph = _Graph(scope, container)
    answers = graph.answers(operator.raw_operator, operator.inputs)
    graph.save(operator, answers, operator.raw_operator.classes_)


def _convert_whole(scope: Any, operator: Any, container: Any) -> None:
    """Add the estimator of `to_onnx`, and decisions by the costs of each row."""
    whole: Whole = operator.raw_operator
    graph = _Graph(scope, container)
    n_columns = len(operator.inputs) - whole.n_costs
    inputs, costs = operator.inputs[:n_columns], operator.inputs[n_columns:]
    answers = graph.answers(whole.estimator, inputs, wants_true=bool(costs))
    if costs:
        names = [one.full_name for one in costs]
        label = write_row_costs(graph.write, whole.classes_, answers.true_proba, names)
        answers = answers._replace(label=label)
    graph.save(operator, answers, whole.classes_)


def _parse_preparation(
    scope: Any, model: Any, inputs: list[Any], custom_parsers: Any = None
) -> list[Any]:
    """Declare a `TablePreparation`."""
    operator = scope.declare_local_operator("SkweightedTablePreparation", model)
    operator.inputs = inputs
    prepared = scope.declare_local_variable("prepared", FloatTensorType())
    operator.outputs.append(prepared)
    return operator.outputs


def _set_width(operator: Any) -> None:
    """Set the shape of the matrix of a `TablePreparation`."""
    n_rows = operator.inputs[0].get_first_dimension()
    width = len(operator.raw_operator.output_kinds_)
    operator.outputs[0].type = FloatTensorType([n_rows, width])


def _convert_preparation(scope: Any, operator: Any, container: Any) -> None:
    """Add a `TablePreparation`."""
    graph = _Graph(scope, container)
    matrix = graph.prepared(operator.raw_operator, operator.inputs)
    # As other steps expect it; numbers are scaled in float64.
    graph.write.save(graph.write.cast(matrix, np.float32), operator.outputs[0])


def _parse_codes(
    scope: Any, model: CategoryCodes, inputs: list[Any], custom_parsers: Any = None
) -> list[Any]:
    """Declare a `CategoryCodes`: the columns of its frame, by their names."""
    operator = scope.declare_local_operator("SkweightedCategoryCodes", model)
    operator.inputs = inputs
    for name in model.columns_:
        kind = Int64TensorType if name.startswith("category") else DoubleTensorType
        operator.outputs.append(scope.declare_local_variable(name, kind()))
    return operator.outputs


def _set_lengths(operator: Any) -> None:
    """Set the shapes of the columns of a `CategoryCodes`."""
    n_rows = operator.inputs[0].get_first_dimension()
    for one in operator.outputs:
        one.type = type(one.type)([n_rows, 1])


def _convert_codes(scope: Any, operator: Any, container: Any) -> None:
    """Add a `CategoryCodes`."""
    write = Writer(scope, container)
    preparation = operator.raw_operator.preparation_
    numbers, codes = write_codes(write, preparation, *_table(operator.inputs))
    n_numbers = len(operator.outputs) - len(codes)
    columns = [
        write("Gather", numbers, np.array([n]), axis=1) for n in range(n_numbers)
    ]
    for column, output in zip([*columns, *codes], operator.outputs, strict=True):
        write.save(column, output)


def _convert_boosting(scope: Any, operator: Any, container: Any) -> None:
    """Add boosted trees, whose converter in skl2onnx 1.20 fails with onnx 1.21."""
    container = _WithoutBooleans(container)
    convert_sklearn_random_forest_classifier(scope, operator, container)


class _WithoutBooleans:
    """A container of skl2onnx, which makes integers of booleans in attributes."""

    def __init__(self, container: Any) -> None:
        self._container = container

    def __getattr__(self, name: str) -> Any:
        return getattr(self._container, name)

    def add_node(self, *arguments: Any, **attributes: Any) -> None:
        """Add a node."""
        name = "nodes_missing_value_tracks_true"
        if name in attributes:
            attributes[name] = [int(value) for value in attributes[name]]
        self._container.add_node(*arguments, **attributes)


class _Graph:
    """The graph that skl2onnx builds, and what estimators add to it."""

    def __init__(self, scope: Any, container: Any) -> None:
        self._scope = scope
        self.write = Writer(scope, container)

    def answers(
        self, model: Any, inputs: list[Any], *, wants_true: bool = False
    ) -> Answers:
        """Add a classifier, and return the names of its label and probabilities."""
        model = unwrapped(model)
        if isinstance(model, Pipeline):
            inputs = self._transformed(model.steps[:-1], inputs)
            return self.answers(model.steps[-1][1], inputs, wants_true=wants_true)
        if isinstance(model, CostSensitiveMLPClassifier):
            ensemble = model._current()
            return write_ensemble(
                self.write,
                ensemble,
                self._matrix(model, inputs),
                reports_true=model._is_true(ensemble),
                wants_true=wants_true,
            )
        if isinstance(model, PriorCorrectedClassifier):
            return self._prior_corrected(model, inputs)
        if isinstance(model, THRESHOLDS):
            return self._threshold(model, inputs)
        if isinstance(model, _BAGS):
            return self._bag(model, inputs)
        label, proba = _parse_sklearn_simple_model(
            self._scope, model, self._merged(model, inputs)
        )
        return Answers(label.full_name, self._double(proba.full_name), "")

    def save(self, operator: Any, answers: Answers, classes: np.ndarray) -> None:
        """Make these the outputs of an operator."""
        *label, proba = operator.outputs
        dtype = label_values(classes).dtype
        for one in label:
            # skl2onnx has other types for some labels.
            name = answers.label
            name = name if dtype.kind == "U" else self.write.cast(name, dtype)
            self.write.save(name, one)
        self.write.save(self.write.cast(answers.proba, np.float32), proba)

    def prepared(self, preparation: TablePreparation, inputs: list[Any]) -> str:
        """Add a `TablePreparation`."""
        return write_preparation(self.write, preparation, *_table(inputs))

    def _matrix(self, model: Any, inputs: list[Any]) -> str:
        """Return the matrix for the networks of a classifier, as double."""
        if isinstance(model, CostSensitiveTabularClassifier):
            return self.prepared(model.preparation_, inputs)
        columns = [self._double(one.full_name) for one in inputs]
        return (
            columns[0] if len(columns) == 1 else self.write("Concat", *columns, axis=1)
        )

    def _prior_corrected(
        self, model: PriorCorrectedClassifier, inputs: list[Any]
    ) -> Answers:
        """Add the correction of a `PriorCorrectedClassifier`, and its decision."""
        label, proba, _ = self.answers(model.estimator_, inputs)
        if model._is_resampled():
            priors = model.resampled_prior_, model.class_prior_
            proba = write_corrected(self.write, proba, *priors)
        if model.cost_matrix_ is not None:
            label = write_cheapest(
                self.write, model.classes_, proba, model.cost_matrix_
            )
        return Answers(label, proba, proba)

    def _threshold(self, model: Any, inputs: list[Any]) -> Answers:
        """Add the decision of a classifier with a threshold of scikit-learn."""
        if model.response_method == "decision_function":
            raise ValueError(
                f"In an ONNX model, {type(model).__name__} can only decide by "
                f"probabilities. It has response_method='decision_function'. Use "
                f"response_method='predict_proba'."
            )
        _, proba, _ = self.answers(model.estimator_, inputs)
        threshold, positive = threshold_of(model)
        label = write_threshold(self.write, model.classes_, proba, threshold, positive)
        return Answers(label, proba, "")

    def _bag(self, model: Any, inputs: list[Any]) -> Answers:
        """Add the estimators of a bag, and the mean of their probabilities."""
        each = [self.answers(one, inputs).proba for one in model.estimators_]
        total = self.write("Sum", *each)
        proba = self.write("Div", total, np.array(float(len(each))))
        best = self.write("ArgMax", proba, axis=1, keepdims=0)
        return Answers(write_labels(self.write, model.classes_, best), proba, "")

    def _transformed(self, steps: list[Any], inputs: list[Any]) -> list[Any]:
        """Add the transformers of a pipeline; samplers do nothing in predictions."""
        for _, step in steps:
            step = unwrapped(step)
            if isinstance(step, Pipeline):
                inputs = self._transformed(step.steps, inputs)
            elif not (step in (None, "passthrough") or hasattr(step, "fit_resample")):
                inputs = self._merged(step, inputs)
                inputs = _parse_sklearn(self._scope, step, inputs)
        return inputs

    def _merged(self, model: Any, inputs: list[Any]) -> list[Any]:
        """Return columns as one matrix for an estimator that needs one."""
        if len(inputs) == 1 or isinstance(model, _BY_COLUMN):
            return inputs
        operator = self._scope.declare_local_operator("SklearnConcat")
        operator.inputs = inputs
        is_double = any(isinstance(one.type, DoubleTensorType) for one in inputs)
        kind = DoubleTensorType if is_double else type(inputs[0].type)
        merged = self._scope.declare_local_variable("merged", kind([None, None]))
        operator.outputs.append(merged)
        return [merged]

    def _double(self, name: str) -> str:
        return self.write.cast(name, np.float64)


def _table(inputs: list[Any]) -> tuple[list[str], Any]:
    """Return the names of inputs, and the dtype if they are one matrix of numbers."""
    dtypes = {FloatTensorType: np.float32, DoubleTensorType: np.float64}
    dtype = dtypes.get(type(inputs[0].type)) if len(inputs) == 1 else None
    return [one.full_name for one in inputs], dtype


def unwrapped(model: Any) -> Any:
    """Return the estimator that a search has chosen, or that is frozen."""
    if isinstance(model, FrozenEstimator):
        return unwrapped(model.estimator)
    if hasattr(model, "best_estimator_"):
        return unwrapped(model.best_estimator_)
    return model


def last_of(model: Any) -> Any:
    """Return the classifier at the end of pipelines and searches."""
    model = unwrapped(model)
    return last_of(model.steps[-1][1]) if isinstance(model, Pipeline) else model
