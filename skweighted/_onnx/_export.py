"""`to_onnx` and `register_onnx`, which need the packages of the extra ``[onnx]``."""

import importlib.util
from typing import Any

_PACKAGES = ("onnx", "onnxruntime", "skl2onnx")


def to_onnx(
    estimator: Any, X: Any, *, decision: bool = True, row_costs: bool = False
) -> Any:
    """doc."""
    _check_installed()
    # Not above, so that `import skweighted` works without these packages.
    from skweighted._onnx._model import whole_model

    return whole_model(estimator, X, decision=decision, row_costs=row_costs)


def register_onnx() -> None:
    """doc."""
    _check_installed()
    from skweighted._onnx._convert import register

    register()


def _check_installed() -> None:
    """Raise ImportError if a package is missing."""
    missing = [one for one in _PACKAGES if importlib.util.find_spec(one) is None]
    if missing:
        raise ImportError(
            f"ONNX models need {', '.join(_PACKAGES[:-1])} and {_PACKAGES[-1]}. "
            f"Missing: {', '.join(missing)}. Use pip install \"skweighted[onnx]\"."
        )
