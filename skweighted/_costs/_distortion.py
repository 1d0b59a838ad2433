"""What distorts probabilities, and how to undo it: one table for the whole package.

A classifier trained on weighted rows, on resampled rows or by a loss other than
cross-entropy does not estimate the true probability of each class. `LOSSES`,
`CLASS_WEIGHT` and `RESAMPLING` state for each of these what it estimates and how true
probabilities are recovered. The estimator, `PriorCorrectedClassifier`, the doctor and
the documentation all use these rows.

`proba` is a float array of shape (n_samples, n_classes) whose rows sum to 1, with exact
0 and 1 allowed. Functions compute in float64, return a new array of the same shape and
dtype, and never modify an argument.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.special import entr, expit, xlogy

from skweighted._costs._prior import (
    adapt_prior,
    float64_rows,
    in_proportion,
    log,
)


@dataclass(frozen=True)
class Distortion:
    """What a way of training does to the probabilities that a classifier learns.

    Attributes
    ----------
    effect : {"none", "prior", "shape", "decision", "unknown"}
        What the outputs estimate: "none", the true probabilities; "prior", the
        probabilities of a problem with other class frequencies; "shape", a monotone
        function of the true probabilities; "decision", the prediction itself, from
        which no probability can be recovered; "unknown", something undeclared.
    summary : str
        What it changes, in a few words.
    source : str, default=""
        Author and year of the method.
    undo : callable ``(proba, **settings) -> proba`` or None, default=None
        Recovers the true probabilities. `settings` are the parameters of the loss, such
        as ``gamma`` or ``class_prior``. None if nothing needs to be undone or nothing
        can be.
    undone_by : str, default=""
        How it is undone, for the documentation; "" if there is no `undo`.
    equalizes : bool, default=False
        Whether it makes every class count equally. If class weights or resampling are
        added, the imbalance counts twice.
    ignores_class_weight : bool, default=False
        Whether class weights have no effect.
    minimizes_cost : bool, default=False
        Whether it minimizes the costs of a cost matrix. Class weights would then count
        costs twice.
    defined_for : str, default="all"
        Kinds of targets, in words.
    """

    effect: Literal["none", "prior", "shape", "decision", "unknown"]
    summary: str
    source: str = ""
    undo: Callable[..., np.ndarray] | None = None
    undone_by: str = ""
    equalizes: bool = False
    ignores_class_weight: bool = False
    minimizes_cost: bool = False
    defined_for: str = "all"

    @property
    def recoverable(self) -> bool:
        """Whether true probabilities can be recovered from the outputs."""
        return self.effect == "none" or self.undo is not None


def undo_class_weight(proba: np.ndarray, class_weight: np.ndarray) -> np.ndarray:
    """Return the probabilities that training without class weights would have given.

    ``p_i ~ q_i / w_i`` (Elkan, 2001, theorem 2, for any number of classes; Saerens et
    al., 2002, eq. 2.4). `class_weight`, of shape (n_classes,), is at least 0 and only
    its ratios count. A class of weight zero has probability 0; a row whose entire
    probability lies there is unchanged.
    """
    log_weight = np.where(class_weight > 0, log(class_weight), np.inf)
    rows = float64_rows(proba)
    return in_proportion(log(rows) - log_weight, rows).astype(proba.dtype)


def undo_focal(proba: np.ndarray, gamma: float) -> np.ndarray:
    """Return the posterior for which `proba` minimizes the expected focal loss.

    ``p_i ~ h(q_i)``, where ``1 / h(v) = (1 - v)^gamma / v - gamma (1 - v)^(gamma - 1)
    log v`` is the slope of the loss (Charoenphakdee et al., 2021). `gamma` is at least
    0.
    """
    rows = float64_rows(proba)
    shares = -_log_focal_slope(rows, _complements(rows), gamma)
    return in_proportion(shares, rows).astype(proba.dtype)


def undo_ldam(proba: np.ndarray, margins: np.ndarray) -> np.ndarray:
    """Return the posterior for which `proba` minimizes the expected loss with margins.

    The loss of class y is ``-log softmax(z - margin_y e_y)_y``, of LDAM (Cao et al.,
    2019). With ``p = softmax(z)`` and ``a = 1 - exp(-margin)`` its expectation is, up
    to a constant, ``sum_y eta_y (-z_y + log sum_j exp(z_j) + log(1 - a_y p_y))``. Its
    derivative by z_j is 0 if ``eta_j / (1 - a_j p_j) = p_j C`` with the same C for all
    j, so ``eta_j ~ p_j (1 - a_j p_j)``. `margins`, of shape (n_classes,), are at least
    0 and include the scale of the loss.
    """
    rows = float64_rows(proba)
    # 1 - a p in two terms that do not cancel.
    rest = _complements(rows) + rows * np.exp(-margins)
    return in_proportion(log(rows) + log(rest), rows).astype(proba.dtype)


def undo_asymmetric(
    proba: np.ndarray,
    gamma_pos: float,
    gamma_neg: float,
    clip: float,
    positive: int = 1,
) -> np.ndarray:
    """Return the posterior for which `proba` minimizes the expected asymmetric loss.

    With p the probability of the positive class and ``p_m = max(p - clip, 0)``, the
    loss is ``-(1 - p)^gamma_pos log p`` for positives, ``-p_m^gamma_neg log(1 - p_m)``
    for negatives (Ridnik et al., 2021). Its expectation is least where ``eta / (1 -
    eta)`` is the ratio of the slopes of these two focal losses. ``p <= clip`` gives 0;
    p = 1, where several posteriors have their minimum, gives the smallest of them. The
    three numbers are at least 0; `positive` is the column of the positive class.
    """
    rows = float64_rows(proba)
    p, rest = rows[:, positive], rows[:, 1 - positive]
    log_odds = np.full(len(rows), -np.inf)
    above = p > clip
    p, rest = p[above], rest[above]
    negative = _log_focal_slope(rest + clip, p - clip, gamma_neg)
    log_odds[above] = negative - _log_focal_slope(p, rest, gamma_pos)
    undone = np.empty_like(rows)
    undone[:, positive], undone[:, 1 - positive] = expit(log_odds), expit(-log_odds)
    return undone.astype(proba.dtype)


def _complements(rows):
    """Return 1 - rows as the sum of the other columns, without cancellation near 1."""
    return rows @ (1 - np.eye(rows.shape[1]))


def _log_focal_slope(v, complement, gamma):
    """Return the logarithm of the slope of ``(1 - v)^gamma log v``.

    It is ``(1 - v)^gamma (1 + gamma r) / v``; ``r = -v log v / (1 - v)`` rises from 0
    to 1 with v.
    """
    near_one = -v * np.log1p(-np.minimum(complement, 0.5))
    ratio = np.where(v < 0.5, entr(v), near_one)
    ratio = np.divide(ratio, complement, out=np.ones_like(v), where=complement > 0)
    return xlogy(gamma, complement) - log(v) + np.log1p(gamma * ratio)


def undo_logit_adjustment(
    proba: np.ndarray, class_prior: Any, tau: Any = 1.0
) -> np.ndarray:
    """Return true probabilities, by adding ``tau * log(class_prior)`` to the logits.

    Menon et al. (2021, eq. 10). `class_prior` has shape (n_classes,).
    """
    prior = np.maximum(class_prior, np.finfo(np.float64).tiny)
    logs = tau * np.log(prior)
    # A power of a tiny prior must not overflow.
    return undo_class_weight(proba, np.exp(np.clip(logs.max() - logs, 0, 700)))


def undo_margins(
    proba: np.ndarray, class_prior: Any, max_margin: float, scale: float
) -> np.ndarray:
    """Return true probabilities for those of LDAM with its margins and scale.

    The margin of a class is ``max_margin * (min(prior) / prior) ** 0.25`` (Cao et al.,
    2019, eq. 13); a class without rows has none. See `undo_ldam`.
    """
    prior = np.asarray(class_prior, dtype=np.float64)
    present = np.where(prior > 0, prior, 1.0)
    margins = scale * max_margin * (present.min() / present) ** 0.25
    margins[prior == 0] = 0.0
    if scale != 1:
        scaled = in_proportion(scale * log(float64_rows(proba)), proba)
        proba = scaled.astype(proba.dtype)
    return undo_ldam(proba, margins)


def undo_class_means(proba: np.ndarray, class_prior: Any) -> np.ndarray:
    """Return true probabilities: a mean over a class weighs its rows by 1 / prior.

    Exact if each batch has the class shares of the training rows.
    """
    prior = np.maximum(class_prior, np.finfo(np.float64).tiny)
    return undo_class_weight(proba, prior.max() / prior)


NONE = Distortion("none", "nothing: rows are unweighted")

# The losses, by the names that `loss` accepts. A new loss is a new row.
LOSSES: dict[str, Distortion] = {
    "cross_entropy": NONE,
    "focal": Distortion(
        "shape",
        "easy rows count less",
        "Lin et al., 2017",
        undo=undo_focal,
        undone_by="its inverse (Charoenphakdee et al., 2021)",
    ),
    "logit_adjusted": Distortion(
        "prior",
        "classes rank as if equally frequent",
        "Menon et al., 2021",
        undo=undo_logit_adjustment,
        undone_by="adding `tau * log(prior)` to the logits",
        equalizes=True,
    ),
    "balanced_softmax": Distortion(
        "prior",
        "`logit_adjusted` with `tau=1`",
        "Ren et al., 2020",
        undo=undo_logit_adjustment,
        undone_by="adding `log(prior)` to the logits",
        equalizes=True,
    ),
    "ldam": Distortion(
        "shape",
        "rare classes must win by a margin",
        "Cao et al., 2019",
        undo=undo_margins,
        undone_by="its inverse (derived in this package)",
    ),
    "asymmetric": Distortion(
        "shape",
        "easy negatives are ignored",
        "Ridnik et al., 2021",
        undo=undo_asymmetric,
        undone_by="its inverse, above `clip`",
        defined_for="two classes, multilabel",
    ),
    "mean_false_error": Distortion(
        "prior",
        "adds the mean errors of the classes",
        "Wang et al., 2016",
        undo=undo_class_means,
        undone_by="dividing by balanced weights",
        ignores_class_weight=True,
    ),
    "mean_squared_false_error": Distortion(
        "decision",
        "adds the squares of these means",
        "Wang et al., 2016",
        ignores_class_weight=True,
    ),
    "expected_cost": Distortion(
        "decision",
        "minimizes the expected cost itself",
        "after Kukar & Kononenko, 1998",
        minimizes_cost=True,
    ),
}

UNDECLARED = Distortion("unknown", "a loss that does not declare what it estimates")


@dataclass(frozen=True, eq=False)
class Correction:
    """How true probabilities are recovered from those that minimize a loss.

    Attributes
    ----------
    loss : str
        The class of the loss.
    kind : str or None
        Its key in `LOSSES`; None if it declares nothing.
    settings : tuple of dict
        Arguments of `undo`: one dict, or one for each label.
    per_label : bool
        Whether each column of the probabilities is a label of its own.
    by_loss : bool
        Whether only the loss itself, of the user's own, can recover them.
    """

    loss: str
    kind: str | None
    settings: tuple[dict[str, Any], ...] = ({},)
    per_label: bool = False
    by_loss: bool = False

    @property
    def distortion(self) -> Distortion:
        """What the loss does to probabilities."""
        return UNDECLARED if self.kind is None else LOSSES[self.kind]

    def __call__(self, proba: np.ndarray) -> np.ndarray:
        """Return true probabilities, of the shape of `proba`."""
        undo = self.distortion.undo
        if undo is None:
            return proba
        if self.per_label:
            return undo_per_label(undo, proba, self.settings)
        return undo(proba, **self.settings[0])


def undo_per_label(
    undo: Callable[..., np.ndarray] | None,
    proba: np.ndarray,
    settings: Sequence[dict[str, Any]],
) -> np.ndarray:
    """Return true probabilities of labels, of shape (n_samples, n_labels).

    Each label is a problem of two classes, with its own settings or the same ones.
    """
    if undo is None:
        return proba
    columns = []
    for label, p in enumerate(proba.T):
        own = settings[min(label, len(settings) - 1)]
        columns.append(undo(np.stack([1 - p, p], axis=1), **own)[:, 1])
    return np.stack(columns, axis=1)


CLASS_WEIGHT = Distortion(
    "prior",
    "class frequencies are multiplied by the weights",
    "Elkan, 2001",
    undo=undo_class_weight,
    undone_by="dividing by the weights",
)

# Kinds of resampling. Only random resampling keeps the distribution of each class.
RESAMPLING: dict[str, Distortion] = {
    "random": Distortion(
        "prior",
        "rows of a class are repeated or dropped at random",
        "Dal Pozzolo et al., 2015",
        undo=adapt_prior,
        undone_by="`PriorCorrectedClassifier`",
    ),
    "interpolation": Distortion(
        "prior",
        "rows are interpolated between neighbors (SMOTE and variants)",
        "Chawla et al., 2002",
        undo=adapt_prior,
        undone_by="`PriorCorrectedClassifier`, approximately",
    ),
    "selection": Distortion(
        "prior",
        "rows are selected by their neighbors (Tomek links, NearMiss, ENN)",
        undo=adapt_prior,
        undone_by="`PriorCorrectedClassifier`, approximately",
    ),
}


def declared_distortion(loss: Any) -> Distortion | None:
    """Return what a loss declares; None if it declares nothing.

    Parameters
    ----------
    loss : str, type or object
        A name, or the class or an instance of a loss. A loss declares what it does in
        its attribute ``distortion``.
    """
    if isinstance(loss, str):
        return LOSSES.get(loss)
    return getattr(loss, "distortion", None)
