"""Keras losses for imbalanced classes: serializable and numerically stable.

Outputs are probabilities: of the second of two classes, in shape (..., 1), or of each
class, in shape (..., n_classes). True values have the same shape: 0 or 1, or one-hot.
Two classes are treated as a softmax over the logits 0 and z. If outputs carry their
logits, as those of Keras' sigmoid and softmax do, losses are computed from the logits.

Numbers and arrays of a loss (a focusing parameter, class priors) are its data: they
can change without recompiling a training program.
"""

from typing import Any, Self

import numpy as np

from skweighted._costs._distortion import LOSSES, NONE, Distortion, undo_per_label
from skweighted._tensorflow import keras

ops = keras.ops


def _logits(y_pred, from_logits):
    """Return the logits of outputs, in shape (..., 1) or (..., n_classes)."""
    if from_logits:
        return y_pred
    logits = getattr(y_pred, "_keras_logits", None)  # as Keras' own losses do
    if logits is not None:
        return logits
    least = keras.config.epsilon()
    proba = ops.clip(y_pred, least, 1 - least)
    if y_pred.shape[-1] == 1:
        return ops.log(proba) - ops.log1p(-proba)
    return ops.log(proba)


def _least(values):
    """Return the smallest normal number in the precision of a tensor."""
    return float(np.finfo(keras.backend.standardize_dtype(values.dtype)).tiny)


class _ClassLoss(keras.losses.Loss):
    """A loss with one value per row, and with numbers and arrays as data.

    `ranks` is the number of axes of each of them for a single output.
    """

    ranks: dict[str, int] = {}  # noqa: RUF012
    plain: tuple[str, ...] = ()
    distortion: Distortion = NONE
    batch_wide = False

    def __init__(
        self,
        *,
        from_logits: bool = False,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name or type(self).__name__, reduction, dtype)
        self.from_logits = from_logits

    def get_config(self) -> dict[str, Any]:
        """Return the config from which `from_config` recreates the loss."""
        config = super().get_config() | {
            "from_logits": self.from_logits,
            "dtype": self.dtype,
        }
        config |= {name: getattr(self, name) for name in self.plain}
        for name in self.ranks:
            value = getattr(self, name)
            config[name] = None if value is None else np.asarray(value).tolist()
        return config

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Return the weighted loss of a batch, reduced by `reduction`."""
        return super().__call__(*self._tensors(y_true, y_pred), sample_weight)

    def data(self) -> dict[str, np.ndarray]:
        """Return numbers and arrays by name, as arrays with at least one axis."""
        return {
            name: np.atleast_1d(np.asarray(getattr(self, name), dtype=np.float64))
            for name in self.ranks
            if getattr(self, name) is not None
        }

    def with_data(self, data: dict[str, Any]) -> Self:
        """Return a copy of the loss with new values of numbers and arrays."""
        copied = _copy(self)
        vars(copied).update(data)
        return copied

    def undo(self, proba: np.ndarray) -> np.ndarray:
        """Return true probabilities from those that minimize this loss.

        Parameters
        ----------
        proba : ndarray of shape (n_samples, n_classes)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        undo = self.distortion.undo
        return proba if undo is None else undo(proba, **self.undo_settings()[0])

    def undo_settings(self) -> list[dict[str, Any]]:
        """Return the arguments of `distortion.undo`, in a list of one dict."""
        if self.distortion.undo is None:
            return [{}]
        settings = {
            name: self._given(name) if rank else float(np.ravel(self._given(name))[0])
            for name, rank in self.ranks.items()
        }
        return [settings | {name: getattr(self, name) for name in self.plain}]

    def _tensors(self, y_true, y_pred):
        """Return true values and outputs as tensors of the same rank.

        Also from lists, whose items Keras would treat as separate outputs.
        """
        y_true, y_pred = (
            ops.convert_to_tensor(values, dtype=self.dtype)
            for values in (y_true, y_pred)
        )
        if len(y_true.shape) == len(y_pred.shape) - 1 and y_pred.shape[-1] == 1:
            y_true = y_true[..., None]
        return y_true, y_pred

    def _given(self, name):
        """Return a number or an array, or raise ValueError if it is missing."""
        value = getattr(self, name)
        if value is None:
            raise ValueError(
                f"{type(self).__name__} needs {name}. Pass it when you create the "
                f"loss. CostSensitiveMLPClassifier sets it automatically."
            )
        return value

    def _number(self, name):
        """Return a number or an array as a tensor."""
        return ops.convert_to_tensor(self._given(name), dtype=self.dtype)

    def _class_logits(self, y_pred):
        """Return the logit of each class, also if two classes share one output."""
        logits = _logits(y_pred, self.from_logits)
        if logits.shape[-1] == 1:
            return ops.concatenate([ops.zeros_like(logits), logits], axis=-1)
        return logits

    @staticmethod
    def _class_truth(y_true):
        """Return 1 for the true class and 0 for the others."""
        if y_true.shape[-1] == 1:
            return ops.concatenate([1 - y_true, y_true], axis=-1)
        return y_true


def _cross_entropy(truth, logits):
    """Return the cross-entropy of each row."""
    return -ops.sum(truth * ops.log_softmax(logits, axis=-1), axis=-1)


@keras.saving.register_keras_serializable("skweighted")
class FocalCrossentropy(_ClassLoss):
    """Cross-entropy in which easy rows count less: ``-(1 - p) ** gamma * log(p)``.

    ``p`` is the probability of the true class (Lin et al., 2017, eq. 4). With gamma =
    0 it is cross-entropy. For the class weights of the paper (alpha), use
    `class_weight` or `sample_weight`.

    Parameters
    ----------
    gamma : float, default=2.0
        Focusing parameter, at least 0.
    **settings
        ``from_logits=True`` if outputs are logits; `reduction`, `name` and `dtype` as
        in `keras.losses.Loss`.

    References
    ----------
    T.-Y. Lin, P. Goyal, R. Girshick, K. He and P. Dollar, "Focal loss for dense object
    detection", ICCV 2017.

    Examples
    --------
    >>> from skweighted.losses import FocalCrossentropy
    >>> loss = FocalCrossentropy(gamma=2.0)
    >>> print(round(float(loss([[1.0]], [[0.9]])), 5))
    0.00105
    """

    ranks = {"gamma": 0}  # noqa: RUF012
    distortion = LOSSES["focal"]

    def __init__(self, gamma: float = 2.0, **settings: Any) -> None:
        super().__init__(**settings)
        self.gamma = _at_least_zero("gamma", gamma)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return one value per row."""
        log_proba = ops.log_softmax(self._class_logits(y_pred), axis=-1)
        # Never exactly 0, where a power below 1 has no finite derivative.
        others = ops.maximum(-ops.expm1(log_proba), _least(log_proba))
        focus = ops.power(others, self._number("gamma"))
        return -ops.sum(self._class_truth(y_true) * focus * log_proba, axis=-1)


@keras.saving.register_keras_serializable("skweighted")
class LogitAdjustedCrossentropy(_ClassLoss):
    """Cross-entropy of ``logits + tau * log(class_prior)``.

    The logits themselves then rank the classes as if all were equally frequent, which
    minimizes the mean of the error rates of the classes (Menon et al., 2021, eq. 10).
    With equal priors, or tau = 0, it is cross-entropy.

    Parameters
    ----------
    tau : float, default=1.0
        Strength of the adjustment, at least 0.
    class_prior : array-like of shape (n_classes,), default=None
        Share of each class; set by `CostSensitiveMLPClassifier`.
    **settings
        ``from_logits=True`` if outputs are logits; `reduction`, `name` and `dtype` as
        in `keras.losses.Loss`.

    References
    ----------
    A. K. Menon, S. Jayasumana, A. S. Rawat, H. Jain, A. Veit and S. Kumar, "Long-tail
    learning via logit adjustment", ICLR 2021.

    Examples
    --------
    >>> from skweighted.losses import LogitAdjustedCrossentropy
    >>> loss = LogitAdjustedCrossentropy(class_prior=[0.9, 0.1])
    >>> print(round(float(loss([[1.0]], [[0.5]])), 3))  # -log(0.1)
    2.303
    """

    ranks = {"tau": 0, "class_prior": 1}  # noqa: RUF012
    distortion = LOSSES["logit_adjusted"]

    def __init__(
        self, tau: float = 1.0, class_prior: Any = None, **settings: Any
    ) -> None:
        super().__init__(**settings)
        self.tau = _at_least_zero("tau", tau)
        self.class_prior = class_prior

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return one value per row."""
        prior = self._number("class_prior")
        offset = self._number("tau") * ops.log(ops.maximum(prior, _least(prior)))
        logits = self._class_logits(y_pred) + offset
        return _cross_entropy(self._class_truth(y_true), logits)


@keras.saving.register_keras_serializable("skweighted")
class BalancedSoftmax(LogitAdjustedCrossentropy):
    """Cross-entropy of ``logits + log(class_prior)`` (Ren et al., 2020).

    The same as `LogitAdjustedCrossentropy` with tau = 1, derived in another way.

    Parameters
    ----------
    class_prior : array-like of shape (n_classes,), default=None
        Share of each class; set by `CostSensitiveMLPClassifier`.
    **settings
        ``from_logits=True`` if outputs are logits; `reduction`, `name` and `dtype` as
        in `keras.losses.Loss`.

    References
    ----------
    J. Ren, C. Yu, S. Sheng, X. Ma, H. Zhao, S. Yi and H. Li, "Balanced meta-softmax for
    long-tailed visual recognition", NeurIPS 2020.
    """

    ranks = {"class_prior": 1}  # noqa: RUF012
    distortion = LOSSES["balanced_softmax"]

    def __init__(self, class_prior: Any = None, **settings: Any) -> None:
        super().__init__(1.0, class_prior, **settings)


@keras.saving.register_keras_serializable("skweighted")
class LDAM(_ClassLoss):
    """Label-distribution-aware margins: rare classes must win by more.

    Cross-entropy of ``scale * (logits - margin)``, where the margin of the true class
    is proportional to ``class_prior ** -0.25`` and the other margins are 0 (Cao et al.,
    2019). In the paper, features and kernels are normalized, so logits are bounded, and
    the scale is 30; here the network's own logits are used, and the scale is 1. With
    max_margin = 0 it is cross-entropy. The paper also defers class weights; use
    `class_weight_start` for this.

    Parameters
    ----------
    max_margin : float, default=0.5
        Margin of the rarest class, in logits; at least 0.
    scale : float, default=1.0
        Factor of the logits; above 0.
    class_prior : array-like of shape (n_classes,), default=None
        Share of each class; set by `CostSensitiveMLPClassifier`.
    **settings
        ``from_logits=True`` if outputs are logits; `reduction`, `name` and `dtype` as
        in `keras.losses.Loss`.

    References
    ----------
    K. Cao, C. Wei, A. Gaidon, N. Arechiga and T. Ma, "Learning imbalanced datasets with
    label-distribution-aware margin loss", NeurIPS 2019.

    Examples
    --------
    >>> from skweighted.losses import LDAM
    >>> loss = LDAM(max_margin=0.0, class_prior=[0.9, 0.1])
    >>> print(round(float(loss([[1.0]], [[0.5]])), 3))  # -log(0.5)
    0.693
    """

    ranks = {"max_margin": 0, "scale": 0, "class_prior": 1}  # noqa: RUF012
    distortion = LOSSES["ldam"]

    def __init__(
        self,
        max_margin: float = 0.5,
        scale: float = 1.0,
        class_prior: Any = None,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.max_margin = _at_least_zero("max_margin", max_margin)
        self.scale = _at_least_zero("scale", scale)
        if not np.all(np.asarray(scale) > 0):
            raise ValueError(f"scale must be a number above 0. Got {scale!r}.")
        self.class_prior = class_prior

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return one value per row."""
        prior = self._number("class_prior")
        # A class without rows has no margin, and does not reduce the other margins.
        present = ops.where(prior > 0, prior, ops.ones_like(prior))
        rarest = ops.min(present, axis=-1, keepdims=True)
        margin = self._number("max_margin") * ops.power(rarest / present, 0.25)
        margin = ops.where(prior > 0, margin, ops.zeros_like(margin))
        truth = self._class_truth(y_true)
        logits = self._class_logits(y_pred) - margin * truth
        return _cross_entropy(truth, self._number("scale") * logits)


@keras.saving.register_keras_serializable("skweighted")
class AsymmetricLoss(_ClassLoss):
    """Cross-entropy in which easy negatives count less, or not at all.

    ``-(1 - p) ** gamma_pos * log(p)`` for a positive row and ``-q ** gamma_neg * log(1
    - q)`` for a negative one, with ``q = max(p - clip, 0)`` and ``p`` the probability
    of the positive class (Ridnik et al., 2021). Defined for two classes, and for each
    label of a multilabel problem. If all three parameters are 0, it is cross-entropy.

    Parameters
    ----------
    gamma_pos : float, default=0.0
        Focusing parameter of positive rows, at least 0.
    gamma_neg : float, default=4.0
        Focusing parameter of negative rows, at least 0.
    clip : float, default=0.05
        Probability up to which a negative row is ignored; in [0, 1).
    positive : {0, 1}, default=1
        The positive class. `CostSensitiveMLPClassifier` uses the rarer of two classes;
        in a multilabel problem, the positive class of each label is 1.
    **settings
        ``from_logits=True`` if outputs are logits; `reduction`, `name` and `dtype` as
        in `keras.losses.Loss`.

    References
    ----------
    T. Ridnik, E. Ben-Baruch, N. Zamir, A. Noy, I. Friedman, M. Protter and L.
    Zelnik-Manor, "Asymmetric loss for multi-label classification", ICCV 2021.

    Examples
    --------
    >>> from skweighted.losses import AsymmetricLoss
    >>> loss = AsymmetricLoss()
    >>> bool(loss([[0.0]], [[0.04]]) == 0)  # a very easy negative
    True
    """

    ranks = {"gamma_pos": 0, "gamma_neg": 0, "clip": 0}  # noqa: RUF012
    distortion = LOSSES["asymmetric"]
    plain = ("positive",)

    def __init__(
        self,
        gamma_pos: float = 0.0,
        gamma_neg: float = 4.0,
        clip: float = 0.05,
        positive: int = 1,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.gamma_pos = _at_least_zero("gamma_pos", gamma_pos)
        self.gamma_neg = _at_least_zero("gamma_neg", gamma_neg)
        self.clip = _at_least_zero("clip", clip)
        if not np.all(np.asarray(clip) < 1):
            raise ValueError(f"clip must be a number below 1. Got {clip!r}.")
        if positive not in (0, 1):
            raise ValueError(f"positive must be 0 or 1. Got {positive!r}.")
        self.positive = positive

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return one value per row."""
        if y_pred.shape[-1] != 1:
            raise ValueError(
                f"AsymmetricLoss supports two classes and multilabel problems. The "
                f"outputs are {y_pred.shape[-1]} mutually exclusive classes. Use "
                f"FocalCrossentropy."
            )
        log_proba = ops.log_softmax(self._class_logits(y_pred), axis=-1)
        order = (1 - self.positive, self.positive)
        log_negative, log_positive = (log_proba[..., k : k + 1] for k in order)
        truth = self._class_truth(y_true)
        least = _least(log_proba)
        proba, complement = ops.exp(log_positive), ops.exp(log_negative)
        clip = self._number("clip")
        shifted = ops.maximum(proba - clip, least)
        log_unshifted = ops.where(
            clip > 0,
            ops.log(ops.minimum(ops.maximum(complement + clip, least), 1.0)),
            log_negative,  # does not underflow
        )
        positive = log_positive * ops.power(
            ops.maximum(complement, least), self._number("gamma_pos")
        )
        negative = log_unshifted * ops.power(shifted, self._number("gamma_neg"))
        values = (
            truth[..., self.positive : self.positive + 1] * positive
            + truth[..., 1 - self.positive : 2 - self.positive] * negative
        )
        return -ops.sum(values, axis=-1)


@keras.saving.register_keras_serializable("skweighted")
class ExpectedCost(_ClassLoss):
    """The expected cost of a prediction that is drawn from the outputs.

    ``sum_j cost_matrix[truth, j] * p_j``, after Kukar & Kononenko (1998), who weight
    squared errors by costs; here the cost itself is minimized. At its minimum, the
    entire probability lies on the class of least expected cost, so outputs are
    decisions, not probabilities.

    Parameters
    ----------
    cost_matrix : array-like of shape (n_classes, n_classes), default=None
        Rows are truths, columns are predictions; set by `CostSensitiveMLPClassifier`.
    **settings
        ``from_logits=True`` if outputs are logits; `reduction`, `name` and `dtype` as
        in `keras.losses.Loss`.

    References
    ----------
    M. Kukar and I. Kononenko, "Cost-sensitive learning with neural networks", ECAI
    1998.

    Examples
    --------
    >>> from skweighted.losses import ExpectedCost
    >>> loss = ExpectedCost(cost_matrix=[[0, 1], [20, 0]])
    >>> print(float(loss([[1.0]], [[0.75]])))  # a quarter of the cost of a miss
    5.0
    """

    ranks = {"cost_matrix": 2}  # noqa: RUF012
    distortion = LOSSES["expected_cost"]

    def __init__(self, cost_matrix: Any = None, **settings: Any) -> None:
        super().__init__(**settings)
        self.cost_matrix = cost_matrix

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return one value per row, in the unit of the costs."""
        proba = ops.softmax(self._class_logits(y_pred), axis=-1)
        truth = self._class_truth(y_true)
        costs = truth[..., :, None] * self._number("cost_matrix") * proba[..., None, :]
        return ops.sum(costs, axis=(-2, -1))


class _BatchLoss(_ClassLoss):
    """A loss of a whole batch that is not the mean over its rows.

    `over_batch` accepts the weights of the rows. Only their ratios within each class
    count. A row of weight zero is absent.
    """

    batch_wide = True

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Return the loss of a batch."""
        y_true, y_pred = self._tensors(y_true, y_pred)
        if sample_weight is None:
            sample_weight = ops.ones(ops.shape(y_pred)[:-1], dtype=self.dtype)
        weight = ops.convert_to_tensor(sample_weight, dtype=self.dtype)
        if len(weight.shape) == len(y_pred.shape) and weight.shape[-1] == 1:
            weight = ops.squeeze(weight, axis=-1)
        return self.over_batch(y_true, y_pred, weight)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of a batch whose rows have equal weights."""
        return self(y_true, y_pred)

    def _class_errors(self, y_true, y_pred, weight):
        """Return the mean squared error of each class, of shape (..., n_classes)."""
        proba = ops.softmax(self._class_logits(y_pred), axis=-1)
        truth = self._class_truth(y_true)
        error = ops.sum(ops.square(truth - proba), axis=-1, keepdims=True) / 2
        weights = truth * weight[..., None]
        total = ops.sum(weights, axis=-2)
        return ops.sum(weights * error, axis=-2) / ops.where(
            total > 0, total, ops.ones_like(total)
        )


@keras.saving.register_keras_serializable("skweighted")
class MeanFalseError(_BatchLoss):
    """The sum of the classes' mean errors (Wang et al., 2016).

    The error of a row is half the sum of squares over the classes, as in the paper. The
    mean error of each class counts equally, however few rows the class has. A class
    without rows in a batch adds nothing, so batches should be large. Class weights
    cancel out.

    Parameters
    ----------
    class_prior : array-like of shape (n_classes,), default=None
        Share of each class, needed only to recover true probabilities; set by
        `CostSensitiveMLPClassifier`.
    **settings
        ``from_logits=True`` if outputs are logits; `reduction`, `name` and `dtype` as
        in `keras.losses.Loss`.

    References
    ----------
    S. Wang, W. Liu, J. Wu, L. Cao, Q. Meng and P. J. Kennedy, "Training deep neural
    networks on imbalanced data sets", IJCNN 2016.

    Examples
    --------
    >>> from skweighted.losses import MeanFalseError
    >>> loss = MeanFalseError()
    >>> print(float(loss([[0.0], [0.0], [1.0]], [[0.0], [0.0], [0.5]])))
    0.25
    """

    ranks = {"class_prior": 1}  # noqa: RUF012
    distortion = LOSSES["mean_false_error"]

    def __init__(self, class_prior: Any = None, **settings: Any) -> None:
        super().__init__(**settings)
        self.class_prior = class_prior

    def over_batch(self, y_true: Any, y_pred: Any, weight: Any) -> Any:
        """Return the loss of batches, whose rows are the second-to-last axis."""
        return ops.sum(self._class_errors(y_true, y_pred, weight), axis=-1)


@keras.saving.register_keras_serializable("skweighted")
class MeanSquaredFalseError(_BatchLoss):
    """The sum of the squares of the classes' mean errors (Wang et al., 2016).

    Like `MeanFalseError`, but it also makes the errors of the classes more equal. Its
    outputs are not probabilities, not even of a weighted problem, because the weight of
    a class depends on its error.

    Parameters
    ----------
    **settings
        ``from_logits=True`` if outputs are logits; `reduction`, `name` and `dtype` as
        in `keras.losses.Loss`.

    References
    ----------
    S. Wang, W. Liu, J. Wu, L. Cao, Q. Meng and P. J. Kennedy, "Training deep neural
    networks on imbalanced data sets", IJCNN 2016.
    """

    distortion = LOSSES["mean_squared_false_error"]

    def over_batch(self, y_true: Any, y_pred: Any, weight: Any) -> Any:
        """Return the loss of batches, whose rows are the second-to-last axis."""
        errors = self._class_errors(y_true, y_pred, weight)
        return ops.sum(ops.square(errors), axis=-1)


def _at_least_zero(name, value):
    """Return numbers after checking that all are at least 0."""
    numbers = np.asarray(value)
    if numbers.dtype.kind not in "biuf" or not np.all(numbers >= 0):
        raise ValueError(f"{name} must be a number of at least 0. Got {value!r}.")
    return value


def _copy(loss):
    """Return a shallow copy.

    With `copy.copy`, Keras writes and reads a file, which takes 2 ms and needs a
    registered class.
    """
    copied = object.__new__(type(loss))
    vars(copied).update(vars(loss))
    return copied


@keras.saving.register_keras_serializable("skweighted")
class PerOutput(keras.losses.Loss):
    """A loss for two classes, computed for each label of a multilabel problem.

    Its values have one column per label, so ``sample_weight`` can have shape
    (n_samples, n_labels).

    Parameters
    ----------
    loss : keras.losses.Loss
        The loss of each label. Its arrays, such as class_prior, have a row per label.
    reduction, name, dtype
        As in `keras.losses.Loss`.

    Examples
    --------
    >>> from skweighted.losses import FocalCrossentropy, PerOutput
    >>> loss = PerOutput(FocalCrossentropy(gamma=0.0))
    >>> print(round(float(loss([[1.0, 0.0]], [[0.5, 0.5]])), 3))
    0.693
    """

    def __init__(
        self,
        loss: Any,
        reduction: str | None = "sum_over_batch_size",
        name: str = "per_output",
        dtype: Any = None,
    ) -> None:
        loss = keras.losses.get(loss)
        super().__init__(name=name, reduction=reduction, dtype=dtype or loss.dtype)
        self.loss = loss

    def get_config(self) -> dict[str, Any]:
        """Return the config from which `from_config` recreates the loss."""
        loss = keras.losses.serialize(self.loss)
        return super().get_config() | {"loss": loss, "dtype": self.dtype}

    @property
    def distortion(self) -> Distortion | None:
        """What the loss of each label does to its probability, if it declares this."""
        return getattr(self.loss, "distortion", None)

    @property
    def batch_wide(self) -> bool:
        """Whether the loss of a batch is not the mean over its rows."""
        return getattr(self.loss, "batch_wide", False)

    def data(self) -> dict[str, np.ndarray]:
        """Return the numbers and arrays of the loss, with an axis for the labels."""
        if not hasattr(self.loss, "data"):
            return {}
        return {
            name: values if values.ndim > max(rank, 1) else values[np.newaxis]
            for name, values in self.loss.data().items()
            for rank in (self.loss.ranks[name],)
        }

    def with_data(self, data: dict[str, Any]) -> Self:
        """Return a copy of the loss with new values of numbers and arrays."""
        copied = _copy(self)
        copied.loss = self.loss.with_data(data) if data else self.loss
        return copied

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Return the loss of a batch."""
        y_true, y_pred = (
            ops.convert_to_tensor(values, dtype=self.dtype)
            for values in (y_true, y_pred)
        )
        if sample_weight is not None:
            sample_weight = ops.convert_to_tensor(sample_weight, dtype=self.dtype)
            if len(sample_weight.shape) == 1:  # shared by all labels of a row
                sample_weight = sample_weight[:, None]
        if not self.batch_wide:
            return super().__call__(y_true, y_pred, sample_weight)
        weight = ops.ones_like(y_pred)
        if sample_weight is not None:
            weight *= sample_weight
        return self.over_batch(y_true, y_pred, weight)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return one value per row and label."""
        return self.loss.call(y_true[..., None], _with_logits(y_pred, _new_axis))

    def over_batch(self, y_true: Any, y_pred: Any, weight: Any) -> Any:
        """Return the mean over the labels of their losses on the batch."""
        values = self.loss.over_batch(
            _label_first(y_true)[..., None],
            _with_logits(y_pred, lambda values: _label_first(values)[..., None]),
            _label_first(weight),
        )
        return ops.mean(values, axis=-1)

    def undo(self, proba: np.ndarray) -> np.ndarray:
        """Return true probabilities of the labels, of shape (n_samples, n_labels)."""
        undo = getattr(self.loss, "distortion", NONE).undo
        if not hasattr(self.loss, "undo_settings"):
            undo = getattr(self.loss, "undo", undo)
        return undo_per_label(undo, proba, self.undo_settings())

    def undo_settings(self) -> list[dict[str, Any]]:
        """Return the arguments of `distortion.undo`: one dict, or one per label."""
        if not hasattr(self.loss, "undo_settings"):
            return [{}]
        data = self.data()
        labels = range(max(map(len, data.values()), default=1))
        return [
            self.loss.with_data(
                {name: row[min(label, len(row) - 1)] for name, row in data.items()}
            ).undo_settings()[0]
            for label in labels
        ]


def _new_axis(values):
    """Return outputs with an axis of length 1 for each label."""
    return values[..., None]


def _label_first(values):
    """Return values of shape (..., n_rows, n_labels) as (..., n_labels, n_rows)."""
    return ops.moveaxis(values, -1, -2)


def _with_logits(y_pred, reshape):
    """Return reshaped outputs, with their logits if they carry them."""
    reshaped = reshape(y_pred)
    logits = getattr(y_pred, "_keras_logits", None)
    if logits is not None:
        reshaped._keras_logits = reshape(logits)
    return reshaped
