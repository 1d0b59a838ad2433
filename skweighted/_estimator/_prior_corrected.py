"""`PriorCorrectedClassifier`: true probabilities from a resampled training set.

A prior is an array of shape (n_classes,), in the order of `classes_`, with sum 1: the
share of each class among rows. Rows are counted without weights: the mean weight of a
class is a factor of both priors, and only their ratio is used.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Self

import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    MetaEstimatorMixin,
    _fit_context,
    clone,
)
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags, indexable
from sklearn.utils._param_validation import HasMethods, StrOptions
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    _raise_for_params,
    process_routing,
)
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _estimator_has, check_is_fitted, column_or_1d

from skweighted._checks import check_prior
from skweighted._costs._decide import least_cost
from skweighted._costs._distortion import declared_distortion
from skweighted._costs._matrix import cost_array, warn_if_swapped
from skweighted._costs._prior import adapt_prior
from skweighted._warnings import warn_user
from skweighted.exceptions import ClassWeightWarning, DoubleCountWarning


class PriorCorrectedClassifier(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """Classifier with true probabilities from a resampled training set.

    A classifier trained on undersampled or oversampled rows overestimates the
    probability of the rare class. This meta-estimator restores the class frequencies of
    `y`: with ``pi`` the shares of the classes in `y`, ``rho`` their shares after
    resampling and ``q`` the probabilities of `estimator`, ``p_i ~ q_i pi_i / rho_i``
    (Saerens et al., 2002, eq. 2.4). For two classes and undersampling that keeps a
    share beta of the majority class, this is ``p = beta q / (beta q - q + 1)`` (Dal
    Pozzolo et al., 2015, eq. 4; Elkan, 2001, theorem 2).

    Parameters
    ----------
    estimator : classifier
        A classifier with `predict_proba`; usually an `imblearn.pipeline.Pipeline` of a
        sampler and a classifier. It is cloned.
    cost_matrix : array-like, dict or dataframe, default=None
        Cost of each prediction, in any unit: rows are truths and columns predictions,
        in the order of `classes_`, or a dict ``{(truth, prediction): cost}``, or a
        dataframe with labels. `predict` then returns the class of least expected cost
        (Elkan, 2001) by corrected probabilities. With None, `predict` returns the
        predictions of `estimator`.
    resampled_prior : {"auto", "balanced"}, array-like or dict, default="auto"
        Share of each class among the rows on which the classifier is trained. "auto"
        counts the rows that reach the last step of a pipeline; an estimator that is not
        a pipeline is trained on the rows of `y`. "balanced" is the same share for every
        class, for ensembles that resample internally, such as
        `imblearn.ensemble.BalancedRandomForestClassifier`. Otherwise shares above 0
        that sum to 1: an array-like in the order of `classes_`, or a dict or
        `pandas.Series` by label.

    Attributes
    ----------
    estimator_ : classifier
        The fitted estimator. Its probabilities are not corrected.
    classes_ : ndarray of shape (n_classes,)
        The labels.
    class_prior_ : ndarray of shape (n_classes,)
        Share of each class in `y`.
    resampled_prior_ : ndarray of shape (n_classes,)
        Share of each class among the rows on which the classifier was trained.
    cost_matrix_ : ndarray of shape (n_classes, n_classes) or None
        The checked costs, in the order of `classes_`.
    n_features_in_ : int
        Number of features seen by `fit`, if `estimator_` has this attribute.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, if `estimator_` has this attribute.

    See Also
    --------
    sklearn.calibration.CalibratedClassifierCV : Fits a correction on held-out rows.
    sklearn.model_selection.FixedThresholdClassifier : Decides without probabilities.

    Notes
    -----
    The correction is exact if resampling draws rows of a class at random, in any
    number, and if `estimator` is calibrated on the resampled rows. It is an
    approximation for samplers that select or generate rows, such as NearMiss, Tomek
    links or SMOTE, because these change the distribution of a class. It does not undo
    class weights.

    Rows are counted without weights. If resampling does not depend on sample weights,
    the mean weight of a class is the same before and after resampling, and cancels.

    References
    ----------
    A. Dal Pozzolo, O. Caelen, R. A. Johnson and G. Bontempi, "Calibrating probability
    with undersampling for unbalanced classification", SSCI 2015.

    C. Elkan, "The foundations of cost-sensitive learning", IJCAI 2001.

    M. Saerens, P. Latinne and C. Decaestecker, "Adjusting the outputs of a classifier
    to new a priori probabilities: a simple procedure", Neural Computation 14(1), 2002.

    Examples
    --------
    >>> from imblearn.pipeline import make_pipeline
    >>> from imblearn.under_sampling import RandomUnderSampler
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> X, y = make_classification(2000, weights=[0.9], random_state=0)
    >>> model = make_pipeline(RandomUnderSampler(random_state=0), LogisticRegression())
    >>> clf = PriorCorrectedClassifier(model).fit(X, y)
    >>> [f"{fit.predict_proba(X)[:, 1].mean():.1%}" for fit in (clf.estimator_, clf)]
    ['15.8%', '9.8%']
    >>> f"{y.mean():.1%}"
    '10.4%'
    """

    _parameter_constraints: dict = {  # noqa: RUF012 (sklearn's name and type)
        "estimator": [HasMethods(["fit", "predict_proba"])],
        "cost_matrix": ["array-like", dict, None],
        "resampled_prior": [StrOptions({"auto", "balanced"}), "array-like", dict],
    }

    def __init__(
        self, estimator: Any, *, cost_matrix: Any = None, resampled_prior: Any = "auto"
    ) -> None:
        self.estimator = estimator
        self.cost_matrix = cost_matrix
        self.resampled_prior = resampled_prior

    @_fit_context(
        # The estimator validates its own parameters.
        prefer_skip_nested_validation=False
    )
    def fit(self, X: Any, y: Any, **params: Any) -> Self:
        """Fit a clone of the estimator, and count the classes after resampling.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            Labels of at least two classes, before resampling.
        **params : dict
            Metadata for `estimator`, by sklearn's metadata routing.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If `estimator` resamples internally, where "auto" cannot count the rows, or
            has a cost matrix; if costs or shares are invalid; if resampling drops a
            class.

        Warns
        -----
        DoubleCountWarning
            If class weights are used together with resampling.
        ClassWeightWarning
            If there are class weights and no resampling, so the correction has no
            effect.
        CostWarning
            If the costs look as if rows and columns were swapped.
        """
        _raise_for_params(params, self, "fit")
        fit_params = process_routing(self, "fit", **params)["estimator"]["fit"]
        X, y = indexable(X, y)
        check_classification_targets(y)
        labels = column_or_1d(y, warn=True)
        if np.ndim(y) == 2:
            y = labels
        classes, counts = np.unique(labels, return_counts=True)
        estimator = clone(self.estimator)
        _check_costless(estimator)
        costs = self.cost_matrix
        if costs is not None:
            costs = cost_array(costs, classes)
            warn_if_swapped(costs, counts)

        if isinstance(self.resampled_prior, str) and self.resampled_prior == "auto":
            _check_visible(_last_step(estimator))
            counts_seen = _fit_and_count(estimator, X, y, classes, fit_params)
            resampled_prior = counts_seen / counts_seen.sum()
        else:
            resampled_prior = _given_prior(self.resampled_prior, classes)
            estimator.fit(X, y, **fit_params)
        _check_classes(estimator.classes_, classes)

        self.estimator_ = estimator
        self.classes_ = estimator.classes_
        self.class_prior_ = counts / counts.sum()
        self.resampled_prior_ = resampled_prior
        self.cost_matrix_ = costs
        for name in ("n_features_in_", "feature_names_in_"):
            self.__dict__.pop(name, None)
            if hasattr(estimator, name):
                setattr(self, name, getattr(estimator, name))
        _warn_of_distortion(_last_step(estimator), self._is_resampled())
        return self

    @available_if(_estimator_has("predict_proba"))
    def predict_proba(self, X: Any) -> np.ndarray:
        """Return probabilities under the class frequencies of the `y` passed to fit.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Probabilities, in the order of `classes_`. Exactly those of `estimator_` if
            resampling does not change the class frequencies.
        """
        check_is_fitted(self)
        proba = self.estimator_.predict_proba(X)
        if not self._is_resampled():
            return proba
        return adapt_prior(proba, self.resampled_prior_, self.class_prior_)

    @available_if(_estimator_has("predict_proba"))
    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithms of `predict_proba`, -inf for 0.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def predict(self, X: Any, cost_matrix: Any = None) -> np.ndarray:
        """Return the classes of least expected cost, or else those of `estimator_`.

        Without costs, the correction has no effect on decisions: the predictions are
        those of the resampled problem, not the most likely class of `predict_proba`.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        cost_matrix : array-like, dict or dataframe, default=None
            Costs for this call, like the parameter of the same name; or an array-like
            of shape (n_samples, n_classes, n_classes) with a matrix for each row. None
            uses the costs of the constructor.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        check_is_fitted(self)
        if cost_matrix is None and self.cost_matrix_ is None:
            return self.estimator_.predict(X)
        proba = self.predict_proba(X)
        costs = self.cost_matrix_
        if cost_matrix is not None:
            costs = cost_array(cost_matrix, self.classes_, n_rows=len(proba))
        return self.classes_[least_cost(proba, costs)]

    def get_metadata_routing(self) -> MetadataRouter:
        """Return the metadata routing: metadata of `fit` go to `estimator`.

        Returns
        -------
        MetadataRouter
        """
        return (
            MetadataRouter(owner=self)
            .add_self_request(self)
            .add(
                estimator=self.estimator,
                method_mapping=MethodMapping().add(caller="fit", callee="fit"),
            )
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.input_tags = deepcopy(inner.input_tags)
        if inner.classifier_tags is not None:
            tags.classifier_tags = deepcopy(inner.classifier_tags)
        return tags

    def _is_resampled(self):
        """Return whether the class frequencies in training differ from those in y."""
        return not np.array_equal(self.resampled_prior_, self.class_prior_)


class _Recorder:
    """Replace the last step of a pipeline, and count the classes that reach it."""

    def __init__(self, step, classes):
        vars(self).update(_step=step, _classes=classes, _counts=None)

    def fit(self, X, y, **params):
        """Fit the step."""
        seen, counts = np.unique(column_or_1d(y), return_counts=True)
        _check_classes(seen, self._classes)
        vars(self)["_counts"] = counts
        self._step.fit(X, y, **params)
        return self

    # Pipelines read attributes of their steps, and sklearn's callbacks set one.
    def __getattr__(self, name):
        return getattr(self._step, name)

    def __setattr__(self, name, value):
        setattr(self._step, name, value)

    def __delattr__(self, name):
        delattr(self._step, name)


def _fit_and_count(estimator, X, y, classes, fit_params):
    """Fit the estimator, and return how many rows of each class reach its last step."""
    pipeline = _last_pipeline(estimator)
    if pipeline is None:
        estimator.fit(X, y, **fit_params)
        return np.unique(column_or_1d(y), return_counts=True)[1]
    name, step = pipeline.steps[-1]
    recorder = _Recorder(step, classes)
    pipeline.steps[-1] = (name, recorder)
    try:
        estimator.fit(X, y, **fit_params)
    finally:
        pipeline.steps[-1] = (name, step)
    return recorder._counts


def _last_pipeline(estimator):
    """Return the innermost pipeline at the end of nested pipelines, or None."""
    if not isinstance(estimator, Pipeline):
        return None
    return _last_pipeline(estimator.steps[-1][1]) or estimator


def _last_step(estimator):
    """Return the last step of a pipeline, or the estimator if it is not a pipeline."""
    pipeline = _last_pipeline(estimator)
    return estimator if pipeline is None else pipeline.steps[-1][1]


def _parts(value):
    """Yield a parameter and, recursively, its items or parameters."""
    yield value
    inner = ()
    if isinstance(value, Mapping):
        inner = value.values()
    elif isinstance(value, list | tuple):
        inner = value
    elif hasattr(value, "get_params") and not isinstance(value, type):
        inner = value.get_params(deep=False).values()
    for part in inner:
        yield from _parts(part)


def _check_visible(last_step):
    """Raise ValueError if a classifier resamples internally."""
    name = type(last_step).__name__
    for part in _parts(last_step):
        if part is last_step and hasattr(part, "sampling_strategy"):
            raise ValueError(
                f"resampled_prior='auto' counts the rows that are passed to {name}, "
                f"but {name} resamples them internally. Specify the shares of the "
                f"classes after resampling: resampled_prior='balanced' if they are "
                f"equal, or {{class: share}}."
            )
        if getattr(part, "ensemble", None) == "balanced" and not getattr(
            part, "correct_probabilities", False
        ):
            raise ValueError(
                f"resampled_prior='auto' counts the rows that are passed to {name}, "
                f"but ensemble='balanced' draws from them inside it. Use "
                f"correct_probabilities=True, which undoes this, without "
                f"PriorCorrectedClassifier."
            )
        if hasattr(part, "fit_resample") or hasattr(part, "sampling_strategy"):
            raise ValueError(
                f"resampled_prior='auto' counts the rows that are passed to {name}, "
                f"but {type(part).__name__} resamples them inside it. Put "
                f"PriorCorrectedClassifier inside {name}, around the estimator that "
                f"resamples, or pass the shares of the classes as resampled_prior."
            )


def _check_costless(estimator):
    """Raise ValueError if costs would be applied before the correction."""
    for part in _parts(estimator):
        if getattr(part, "cost_matrix", None) is not None:
            name = type(part).__name__
            raise ValueError(
                f"Costs must be applied to corrected probabilities, but {name} has a "
                f"cost_matrix, which it applies before the correction. Pass "
                f"cost_matrix to PriorCorrectedClassifier instead of {name}."
            )


def _check_classes(learnt, classes):
    """Raise ValueError unless the classes in training are those of y."""
    if not np.array_equal(learnt, classes):
        raise ValueError(
            f"The training rows after resampling must have the classes of y, which "
            f"are {classes.tolist()}. They have {learnt.tolist()}. Check "
            f"sampling_strategy, and sample_weight for zeros."
        )


def _given_prior(prior, classes):
    """Return the checked `resampled_prior` of the user as a float64 array."""
    labels = classes.tolist()
    if isinstance(prior, str):
        return np.full(len(labels), 1 / len(labels))
    shares = prior
    if hasattr(shares, "to_dict"):  # a Series, whose order is rarely that of classes_
        shares = shares.to_dict()
    if isinstance(shares, Mapping):
        if set(shares) != set(labels):
            raise ValueError(
                f"resampled_prior must have a share for each class. It has shares for "
                f"{list(shares)}. Classes in y: {labels}."
            )
        shares = [shares[label] for label in labels]
    return check_prior(
        shares, len(labels), name="resampled_prior", classes_of=f"y: {labels}"
    )


def _warn_of_distortion(last_step, is_resampled):
    """Warn if the last step distorts probabilities in a way that is not undone."""
    if getattr(last_step, "correct_probabilities", False) is True:
        return
    name = type(last_step).__name__
    loss = declared_distortion(getattr(last_step, "loss", None))
    if loss is not None and loss.equalizes:
        cause, way_out = f"loss={last_step.loss!r}", "loss='cross_entropy'"
    elif _weighs(getattr(last_step, "class_weight", None)):
        cause, way_out = "class_weight", "class_weight=None"
    else:
        return
    if is_resampled:
        warn_user(
            f"Imbalance may count twice: {cause} and resampling each increase the "
            f"weight of a rare class, and only the resampling is undone. Use "
            f"{way_out} in {name}.",
            DoubleCountWarning,
        )
        return
    warn_user(
        f"Nothing is corrected: the rows on which {name} is trained have the class "
        f"frequencies of y, and the effect of its {cause} is not undone here. "
        f"CostSensitiveMLPClassifier can undo this: use correct_probabilities=True.",
        ClassWeightWarning,
    )


def _weighs(class_weight):
    """Return whether class weights differ between classes, as far as this is known."""
    if isinstance(class_weight, Mapping):
        return len(set(class_weight.values())) > 1
    return class_weight is not None
