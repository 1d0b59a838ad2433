"""`Writer`: adds nodes to the graph that skl2onnx builds."""

from typing import Any

import numpy as np
from onnx import TensorProto, helper

ML_DOMAIN = "ai.onnx.ml"


class Writer:
    """Adds nodes with one output each, whose name it returns.

    Parameters
    ----------
    scope, container : object
        What skl2onnx passes to a converter.
    """

    def __init__(self, scope: Any, container: Any) -> None:
        self._scope, self._container = scope, container

    def __call__(
        self, operator: str, *inputs: Any, domain: str = "", **attributes: Any
    ) -> str:
        """Add a node; inputs are names, or arrays that become constants.

        An `op_version` is not an attribute: skl2onnx takes it.
        """
        names = [one if isinstance(one, str) else self._constant(one) for one in inputs]
        output = self._scope.get_unique_variable_name("value")
        self._container.add_node(
            operator,
            names,
            [output],
            op_domain=domain,
            name=self._scope.get_unique_operator_name(operator),
            **attributes,
        )
        return output

    def cast(self, name: str, dtype: Any) -> str:
        """Return values as another type of NumPy."""
        return self("Cast", name, to=helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def save(self, name: str, variable: Any) -> None:
        """Make a value the output that skl2onnx has declared."""
        self._container.add_node(
            "Identity",
            [name],
            [variable.full_name],
            name=self._scope.get_unique_operator_name("Identity"),
        )

    def _constant(self, values: Any) -> str:
        """Return the name of a constant."""
        values = np.asarray(values)
        name = self._scope.get_unique_variable_name("constant")
        if values.dtype.kind in "UOS":
            kind = TensorProto.STRING
            content = [str(value).encode() for value in values.ravel()]
        else:
            kind = helper.np_dtype_to_tensor_dtype(values.dtype)
            content = values.ravel()
        self._container.add_initializer(name, kind, list(values.shape), content)
        return name
