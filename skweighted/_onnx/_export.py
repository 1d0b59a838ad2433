"""`to_onnx` and `register_onnx`, which need the packages of the extra ``[onnx]``."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import onnx

_PACKAGES = ("onnx", "onnxruntime", "skl2onnx")


def to_onnx(
    estimator: Any, X: Any, *, decision: bool = True, row_costs: bool = False
) -> onnx.ModelProto:
    r"""Return a fitted classifier as an ONNX model: from raw rows to the decision.

    The model contains the preparation of a table, the networks, the correction of
    probabilities, and the decision by a threshold or by costs, and it needs neither
    TensorFlow nor scikit-learn. Before it is returned, ONNX Runtime applies it to X,
    and the result is compared with the estimator's.

    Parameters
    ----------
    estimator : classifier
        A fitted classifier of this package or a `Model`; a `PriorCorrectedClassifier`,
        a search, a classifier with a threshold of scikit-learn, a pipeline of
        scikit-learn or imbalanced-learn; or any classifier that skl2onnx supports.
    X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
        Rows as for `predict`, whose columns are the inputs of the model. More rows make
        the comparison more thorough.
    decision : bool, default=True
        Whether the model has the output ``label``.
    row_costs : bool, default=False
        Whether each row is decided by its own costs, which are inputs, instead of the
        costs or the threshold of the estimator.

    Returns
    -------
    onnx.ModelProto
        `SerializeToString` returns the bytes of a file. Its ``metadata_props`` are the
        version of skweighted, the estimator, its classes as JSON, and the precision.

    Raises
    ------
    ImportError
        If onnx, onnxruntime or skl2onnx is not installed.
    ValueError
        If a step cannot be expressed in ONNX; if a probability differs from
        `predict_proba` by more than 1e-5, or a label from `predict`. A label may differ
        only in a tie: where the expected costs of both differ by at most 2e-5 times the
        largest cost, or a probability from a threshold by at most 2e-5.

    See Also
    --------
    register_onnx : The same converters for ``skl2onnx.to_onnx``.

    Notes
    -----
    The inputs, all of the length of the rows, are:

    - for an array, the matrix ``X`` of numbers;
    - for a frame, one of shape (n_samples, 1) per column, with its name. Numbers,
      booleans and durations (in days) are numbers, with NaN for missing values. Text
      and categories are strings, as `str` returns them (whole numbers without
      decimals), with "" for missing values. Dates are int64, microseconds since 1970 in
      the time zone of the training rows, with ``-2**63`` for missing values:
      ``X["date"].to_numpy("datetime64[us]").astype("int64")``. A column with the name
      of an output, such as "label", is the input "label\_";
    - with `row_costs`, ``false_alarm`` and ``miss`` of shape (n_samples, 1) for two
      classes, else ``cost_matrix`` of shape (n_samples, n_classes, n_classes), float64.

    Numbers are float64 if those of X are not float32, and the first step is of this
    package or a `StandardScaler`. Otherwise they are float32, because ONNX Runtime does
    not have all operators for float64.

    The outputs are ``label`` and, as float32, ``probabilities``, of the shapes that
    `predict` and `predict_proba` return. Networks compute in float32, whatever their
    `dtype`; ``metadata_props`` says if they are cast.

    For single rows, ONNX Runtime is fastest with
    ``SessionOptions.intra_op_num_threads = 1``.

    Examples
    --------
    >>> import numpy as np
    >>> from skweighted import CostSensitiveMLPClassifier, to_onnx
    >>> X, y = np.eye(4), ["no", "no", "no", "yes"]
    >>> clf = CostSensitiveMLPClassifier(epochs=2).fit(X, y)
    >>> model = to_onnx(clf, X)
    >>> [output.name for output in model.graph.output]
    ['label', 'probabilities']
    """
    _check_installed()
    # Not above, so that these packages are not needed to import skweighted.
    from skweighted._onnx._model import verified_model

    return verified_model(estimator, X, decision=decision, row_costs=row_costs)


def register_onnx() -> None:
    """Register converters with skl2onnx, so that its `to_onnx` knows this package.

    They are for the classifiers and searches of this package, `TablePreparation`,
    imbalanced-learn's `Pipeline`, and scikit-learn's `TunedThresholdClassifierCV` and
    `FixedThresholdClassifier`, whose threshold skl2onnx 1.20 ignores. They also replace
    its converter of `HistGradientBoostingClassifier`, which fails with new versions of
    onnx. Probabilities of classifiers of this package are a matrix, without the option
    "zipmap", and computed in float32.

    Raises
    ------
    ImportError
        If onnx, onnxruntime or skl2onnx is not installed.

    See Also
    --------
    to_onnx : Also chooses the inputs, and compares the model with the estimator.

    Examples
    --------
    >>> import numpy as np
    >>> import skl2onnx
    >>> from skweighted import CostSensitiveMLPClassifier, register_onnx
    >>> clf = CostSensitiveMLPClassifier(epochs=2).fit(np.eye(4), [0, 0, 1, 1])
    >>> register_onnx()
    >>> [one.name for one in skl2onnx.to_onnx(clf, np.eye(4)).graph.output]
    ['label', 'probabilities']
    """
    _check_installed()
    from skweighted._onnx._convert import register

    register()


def _check_installed() -> None:
    """Raise ImportError if a package is missing."""
    missing = [one for one in _PACKAGES if importlib.util.find_spec(one) is None]
    if missing:
        raise ImportError(
            f"ONNX models need the packages {', '.join(_PACKAGES)}. Missing: "
            f'{", ".join(missing)}. Use pip install "skweighted[onnx]".'
        )
