"""True probabilities as ONNX: the formulas of `skweighted._costs._distortion`.

Values are the logarithms of shares in double precision, with classes on the last axis;
`shares_of` makes probabilities of them. Numbers of a distortion have one row per
network: (n_networks, 1, n_classes), or for labels (n_networks, 1, n_labels, 2).
"""

import numpy as np

from skweighted._costs import _distortion
from skweighted._costs._prior import log
from skweighted._estimator._ensemble import TrainedEnsemble
from skweighted._estimator._loss import distortion_of, of_one_output
from skweighted._estimator._trained import TrainedNetwork
from skweighted._onnx._network import in_groups
from skweighted._onnx._writer import Writer

_TINY = np.finfo(np.float64).tiny


def log_of(writer: Writer, proba: str) -> str:
    """Return logarithms, -inf for 0."""
    return writer("Log", proba)


def shares_of(writer: Writer, logs: str) -> str:
    """Return probabilities in proportion to the exponentials of some logarithms."""
    return writer("Softmax", logs, axis=-1)


def write_true_logs(writer: Writer, ensemble: TrainedEnsemble, proba: str) -> str:
    """Return the logarithms of the true shares of each network, with its temperature.

    Parameters
    ----------
    writer : Writer
    ensemble : TrainedEnsemble
    proba : str
        What `write_probabilities` returns.
    """
    networks = [ensemble.networks[number] for number in in_groups(ensemble)]
    logs = _without_loss(writer, networks, log_of(writer, proba))
    weights = np.stack([_log_weights(network) for network in networks])
    logs = write_unweighted(writer, logs, weights[:, np.newaxis])
    if ensemble.temperature is None:
        return logs
    return writer("Mul", logs, np.array(1 / ensemble.temperature))


def write_unweighted(writer: Writer, logs: str, log_weight: np.ndarray) -> str:
    """Return logarithms with the effect of class weights undone."""
    if (log_weight == log_weight[..., :1]).all():
        return logs
    undone = writer("Sub", logs, log_weight)
    return undone if np.isfinite(log_weight).all() else _decided(writer, undone, logs)


def _decided(writer: Writer, undone: str, logs: str) -> str:
    """Return the first logarithms where the largest is finite, else the others."""
    largest = writer("ReduceMax", undone, np.array([-1]), keepdims=1)
    return writer("Where", writer("IsInf", largest), logs, undone)


def _log_weights(network: TrainedNetwork) -> np.ndarray:
    """Return the logarithms of class weights and of what sampling has changed."""
    weight = np.ones_like(network.class_weight, dtype=np.float64)
    if not distortion_of(network.loss).ignores_class_weight:
        weight = weight * network.class_weight
    if network.sampling is not None:
        weight = weight * network.sampling
    return np.where(weight > 0, log(weight), np.inf)


def _without_loss(writer: Writer, networks: list[TrainedNetwork], logs: str) -> str:
    """Return logarithms with the effect of the loss undone."""
    loss = networks[0].loss
    distortion = distortion_of(loss)
    undo = distortion.undo
    if undo is None:
        return logs
    targets = networks[0].targets
    n_classes = 2 if targets.is_multilabel else len(targets.classes)
    each = [_settings(network) for network in networks]
    settings = {name: np.stack([one[name] for one in each]) for name in each[0]}
    settings = {name: values[:, np.newaxis] for name, values in settings.items()}
    if undo is _distortion.undo_focal:
        return _without_focal(writer, logs, settings["gamma"], n_classes)
    if undo is _distortion.undo_asymmetric:
        positive = of_one_output(loss).positive
        return _without_asymmetric(writer, logs, positive=positive, **settings)
    prior = settings.pop("class_prior", np.empty(0))
    if undo is _distortion.undo_logit_adjustment:
        prior = np.maximum(prior, _TINY)
        return write_unweighted(writer, logs, -settings.get("tau", 1.0) * np.log(prior))
    if undo is _distortion.undo_class_means:
        return write_unweighted(writer, logs, -np.log(np.maximum(prior, _TINY)))
    if undo is _distortion.undo_margins:
        return _without_margins(writer, logs, prior, **settings, n_classes=n_classes)
    raise ValueError(
        f"An ONNX model can only undo the losses of skweighted. The loss "
        f"{type(of_one_output(loss)).__name__} has a distortion of its own. Use "
        f"correct_probabilities=False without costs, or a loss of skweighted."
    )


def _settings(network: TrainedNetwork) -> dict[str, np.ndarray]:
    """Return the numbers of a loss, of shape (1,) or (n_classes,), or per label."""
    loss = network.loss
    ranks = of_one_output(loss).ranks
    data = {name: np.asarray(values) for name, values in loss.data().items()}
    if not network.targets.is_multilabel:
        return data
    return {
        name: values if ranks[name] else values.reshape(-1, 1)
        for name, values in data.items()
    }


def _without_focal(writer: Writer, logs: str, gamma: np.ndarray, n_classes: int) -> str:
    """Return what `undo_focal` returns."""
    rows = shares_of(writer, logs)
    rest = writer("MatMul", rows, 1 - np.eye(n_classes))
    return writer("Neg", _log_focal_slope(writer, rows, rest, gamma))


def _without_asymmetric(
    writer: Writer,
    logs: str,
    gamma_pos: np.ndarray,
    gamma_neg: np.ndarray,
    clip: np.ndarray,
    positive: int,
) -> str:
    """Return what `undo_asymmetric` returns."""
    rows = shares_of(writer, logs)
    p, rest = (
        writer("Gather", rows, np.array([column]), axis=-1)
        for column in (positive, 1 - positive)
    )
    above, beyond = writer("Sub", p, clip), writer("Add", rest, clip)
    log_odds = writer(
        "Sub",
        _log_focal_slope(writer, beyond, above, gamma_neg),
        _log_focal_slope(writer, p, rest, gamma_pos),
    )
    is_above = writer("Greater", p, clip)
    log_odds = writer("Where", is_above, log_odds, np.array(-np.inf))
    none = writer("Mul", p, np.zeros(()))
    both = (none, log_odds) if positive == 1 else (log_odds, none)
    return writer("Concat", *both, axis=-1)


def _without_margins(
    writer: Writer,
    logs: str,
    prior: np.ndarray,
    max_margin: np.ndarray,
    scale: np.ndarray,
    n_classes: int,
) -> str:
    """Return what `undo_margins` returns."""
    present = np.where(prior > 0, prior, 1.0)
    ratio = present.min(axis=-1, keepdims=True) / present
    margins = np.where(prior > 0, scale * max_margin * ratio**0.25, 0.0)
    rows = shares_of(writer, writer("Mul", logs, scale))
    # 1 - a p in two terms that do not cancel.
    rest = writer("MatMul", rows, 1 - np.eye(n_classes))
    rest = writer("Add", rest, writer("Mul", rows, np.exp(-margins)))
    return writer("Add", writer("Log", rows), writer("Log", rest))


def _log_focal_slope(writer: Writer, v: str, complement: str, gamma: np.ndarray) -> str:
    """Return the logarithm of the slope of ``(1 - v)^gamma log v``; finite for 0."""
    least, half = np.array(_TINY), np.array(0.5)
    log_v = writer("Log", writer("Max", v, least))
    complement = writer("Max", complement, least)
    near_one = writer(
        "Log", writer("Sub", np.ones(()), writer("Min", complement, half))
    )
    log_1 = writer("Where", writer("Less", v, half), log_v, near_one)
    ratio = writer("Div", writer("Neg", writer("Mul", v, log_1)), complement)
    # Near 1, the digits of the logarithm are lost.
    is_tiny = writer("Less", complement, np.array(1e-9))
    ratio = writer("Where", is_tiny, np.ones(()), ratio)
    focus = writer("Mul", writer("Log", complement), gamma)
    curve = writer("Log", writer("Add", writer("Mul", ratio, gamma), np.ones(())))
    return writer("Add", writer("Sub", focus, log_v), curve)
