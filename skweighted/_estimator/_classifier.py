"""`CostSensitiveMLPClassifier`: its parameters, and what scikit-learn calls.

``fit`` is settings -> arrays -> targets -> start -> problem -> run -> trained network.
"""

import contextlib
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, _fit_context
from sklearn.callback import CallbackSupportMixin
from sklearn.utils._param_validation import Interval, Options, StrOptions

from skweighted._costs._weights import STRATEGIES
from skweighted._engine._callbacks import SklearnCallbacks
from skweighted._engine._keras_model import parameters_of
from skweighted._estimator._classes import Classes
from skweighted._estimator._input import (
    Arrays,
    prediction_array,
    training_arrays,
    validation_arrays,
)
from skweighted._estimator._labels import Labels
from skweighted._estimator._parameters import all_names, check_names, signature_of
from skweighted._estimator._problem import Problem, make_problem, targets_of
from skweighted._estimator._scikeras import BaseWrapper
from skweighted._estimator._settings import Settings, parse
from skweighted._estimator._start import (
    Start,
    check_same_network,
    check_same_targets,
    network_spec,
    new_start,
)
from skweighted._estimator._train import train, untrained_network
from skweighted._estimator._trained import TrainedNetwork
from skweighted._tensorflow import keras


class CostSensitiveMLPClassifier(ClassifierMixin, BaseWrapper):
    """Multi-layer perceptron for imbalanced and cost-sensitive classification.

    A Keras network that behaves as a scikit-learn classifier: it takes the place of
    `sklearn.neural_network.MLPClassifier`, in a Pipeline or a grid search, and adds
    class weights, costs and losses for imbalance. By default it minimises the mean over
    the training rows of ``weight * cross_entropy``, plus an L2 penalty.

    Parameters
    ----------
    hidden_layer_sizes : int or array-like of int, default=(100,)
        Width of each hidden layer; ``()`` makes a logistic regression.
    activation : str or callable, default="relu"
        Activation of the hidden layers, by any name Keras knows; "logistic" and
        "identity" are understood as in sklearn.
    class_weight : None, str, dict, callable or list, default=None
        What a mistake on a row of each class weighs in training; multiplies
        `sample_weight`. "balanced" gives every class the same total weight,
        ``n / (n_classes * count)`` with weighted counts (King & Zeng, 2001);
        "sqrt_balanced" takes the square root of that; "effective_number" weighs by
        ``(1 - beta) / (1 - beta ** count)`` (Cui et al., 2019), with
        ``class_weight__beta``, 0.999 by default. A dict maps every label in y to a
        weight of at least 0; a function ``(classes, counts)`` returns weights. For a
        multilabel problem one of these for all labels, or a list with one for each.
        See `skweighted.compute_class_weight`.
    class_weight_start : float in [0, 1), default=0.0
        Share of the epochs before class weights begin, which 0.8 defers as Cao et al.
        (2019) do. `early_stopping` then looks at the epochs after it only.
    normalize_weights : bool, default=True
        Rescale the weights to mean 1 over the training rows, so that only their
        ratios count and learning rates keep their meaning: {0: 1, 1: 100} and
        {0: 0.01, 1: 1} are the same model. False uses them as given, which is what
        `keras.Model.fit` does.
    cost_matrix : array-like, dict or dataframe, default=None
        What each answer costs, in any unit: rows are truths and columns predictions, in
        the order of `classes_`, or a dict ``{(truth, prediction): cost}``, or a
        dataframe with labels. `predict` then answers with the least expected cost
        (Elkan, 2001) on probabilities with the class weights and the loss undone, so
        that no cost counts twice. For a multilabel problem one matrix of shape (2, 2)
        for all labels, or a list of them.
    loss : str, keras.losses.Loss or its class, default="cross_entropy"
        What is minimised: "cross_entropy", "focal", "logit_adjusted",
        "balanced_softmax", "ldam", "asymmetric", "mean_false_error",
        "mean_squared_false_error" or "expected_cost" (of `cost_matrix`); see
        `skweighted.losses`. Takes routed parameters, such as ``loss__gamma=1.0``.
        Class priors and costs are filled in.
    correct_probabilities : bool, default=False
        Whether `predict_proba` returns true probabilities, with class weights and the
        loss undone, rather than those of the weighted problem. Without `cost_matrix`,
        `predict` answers the same either way.
    optimizer : str, class or keras.optimizers.Optimizer, default="adam"
        Takes routed parameters, such as ``optimizer__momentum=0.9``. An instance is
        copied, and brings its own learning rate.
    learning_rate : float or keras LearningRateSchedule, default=1e-3
        Step size of the optimizer; ``optimizer__learning_rate`` overrides it.
    kernel_initializer : str or keras.initializers.Initializer, default="he_uniform"
        Draws the initial weights, from `random_state` unless it has its own seed.
    init_bias : {"zeros", "prior"}, default="zeros"
        Where the bias of the outputs starts; "prior" answers with the weighted shares
        of the classes, so that training does not begin by learning these.
    alpha : float, default=1e-4
        Strength of the L2 penalty on the kernels, ``alpha / 2 * sum(kernel ** 2)``
        per batch of `batch_size` rows, as in MLPClassifier. It is divided by
        `batch_size` (200 for "auto"), never by the rows there are, so that a row of
        weight 2 equals two rows.
    dropout : float in [0, 1), default=0.0
        Share of the outputs of each hidden layer that is dropped in training.
    batch_size : int or "auto", default="auto"
        Rows of a gradient step; "auto" is ``min(200, n_samples)``.
    epochs : int, default=100
        Passes over the training rows.
    shuffle : bool, default=True
        Whether to draw a new order of the rows for each epoch.
    early_stopping : bool, default=False
        Hold out `validation_fraction` of each class and stop when `monitor` has not
        improved on it by `tol` for `n_iter_no_change` epochs; the best weights are
        restored. `fit` takes X_val and y_val instead. Since a split sees copies of a
        row as rows, a weight of 2 then no longer equals two copies.
    validation_fraction : float in (0, 1), default=0.1
        Share held out by `early_stopping`; at least one row of each class.
    n_iter_no_change : int or inf, default=10
        Patience of `early_stopping`, in epochs.
    tol : float, default=1e-4
        Least improvement that counts for `early_stopping`.
    monitor : str or callable, default="log_loss"
        What `early_stopping` watches on the validation rows: "log_loss", that of true
        probabilities, with class weights and the loss undone; "loss", the training
        loss; or any scorer of scikit-learn or its name, such as "average_precision".
        Where a loss gives no probabilities ("expected_cost"), "log_loss" is the loss
        itself. Sample weights count in all of them.
    monitor_weighted : bool, default=False
        Whether "log_loss" is that of the weighted problem instead, in which a few rows
        of a rare class can decide when training stops.
    dtype : {"auto", "float32", "float64"}, default="auto"
        Precision of the network. "auto" follows X: float32 for float32, else
        float64, as in sklearn.
    random_state : int, RandomState instance or None, default=None
        Source of the initial weights, the shuffles, the dropout and the split. No
        global seed is changed.
    warm_start : bool, default=False
        Whether `fit` goes on from the weights of the last one, with a new optimizer.
    callbacks : keras callback, class, list or dict of them, default=None
        Classes are called with their routed parameters, ``callbacks__patience=3``.
    metrics : str, keras metric, list or dict of them, default=None
        Followed in `history_`.
    verbose : int or bool, default=0
        0 is silent, 1 a progress bar over the epochs, 2 a line per epoch.
    engine : {"auto", "xla", "keras"}, default="auto"
        How to train: "xla" runs many steps in one compiled program, "keras" calls
        `keras.Model.fit`. Both give the same network. "auto" takes "xla" wherever it
        can; "xla" raises where it cannot, and says why.
    **routed
        Parameters routed to the optimizer, loss, metrics or callbacks, by
        ``optimizer__``, ``loss__``, ``metrics__`` or ``callbacks__`` and their name.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels that have rows of weight above zero, sorted; of a multilabel problem
        the numbers of the labels.
    class_weight_ : dict, or list of dict
        The weight of each label, before `normalize_weights`; of a multilabel problem
        the weights of 0 and 1 for each label.
    cost_matrix_ : ndarray or None
        The checked costs, in the order of `classes_`: of shape (n_classes, n_classes),
        or (n_labels, 2, 2).
    n_features_in_ : int
        Number of features seen by `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, if X had names that are all strings.
    n_iter_ : int
        Epochs run by the last `fit`, and by the `partial_fit` calls since.
    best_epoch_ : int
        The epoch whose weights the network has, counted from 1: the one with the best
        `monitor` under `early_stopping`, else the last.
    loss_curve_ : list of float
        Training loss of each of these epochs: the mean weighted loss of its batches,
        plus the L2 penalty.
    history_ : dict of str to list of float
        The same and all else that was followed, such as "val_loss".
    engine_ : str
        "xla", or "keras" and why.
    model_ : keras.Model
        The network, compiled, made when first asked for. Its output are probabilities:
        of ``classes_[1]`` in shape (n_samples, 1) for two classes, else (n_samples,
        n_classes) or (n_samples, n_labels). If you train it further, the estimator
        predicts as it does.

    See Also
    --------
    sklearn.neural_network.MLPClassifier : The same network without class weights.

    References
    ----------
    G. King and L. Zeng, "Logistic regression in rare events data", Political
    Analysis 9(2), 2001 (weighting by class share, eq. 8).

    C. Elkan, "The foundations of cost-sensitive learning", IJCAI 2001.

    Y. Cui, M. Jia, T.-Y. Lin, Y. Song and S. Belongie, "Class-balanced loss based on
    effective number of samples", CVPR 2019.

    K. Cao, C. Wei, A. Gaidon, N. Arechiga and T. Ma, "Learning imbalanced datasets with
    label-distribution-aware margin loss", NeurIPS 2019.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from skweighted import CostSensitiveMLPClassifier
    >>> X, y = make_classification(weights=[0.9], random_state=0)
    >>> clf = CostSensitiveMLPClassifier(class_weight="balanced", random_state=0)
    >>> clf.fit(X, y).predict_proba(X).shape
    (100, 2)
    >>> {label: round(weight, 2) for label, weight in clf.class_weight_.items()}
    {0: 0.55, 1: 5.56}
    """

    _parameter_constraints: dict = {  # noqa: RUF012 (sklearn's name and type)
        "hidden_layer_sizes": [
            "array-like",
            Interval(Integral, 1, None, closed="left"),
        ],
        "activation": [str, callable],
        "class_weight": [StrOptions(set(STRATEGIES)), dict, callable, list, None],
        "class_weight_start": [Interval(Real, 0, 1, closed="left")],
        "normalize_weights": ["boolean"],
        "cost_matrix": ["array-like", dict, None],
        "loss": [str, type, keras.losses.Loss],
        "correct_probabilities": ["boolean"],
        "optimizer": [str, type, keras.optimizers.Optimizer],
        "learning_rate": [
            Interval(Real, 0, None, closed="neither"),
            keras.optimizers.schedules.LearningRateSchedule,
        ],
        "kernel_initializer": [str, keras.initializers.Initializer],
        "init_bias": [StrOptions({"zeros", "prior"})],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "batch_size": [
            StrOptions({"auto"}),
            Interval(Integral, 1, None, closed="left"),
        ],
        "epochs": [Interval(Integral, 1, None, closed="left")],
        "shuffle": ["boolean"],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [
            Interval(Integral, 1, None, closed="left"),
            Options(Real, {np.inf}),
        ],
        "tol": [Interval(Real, 0, None, closed="left")],
        "monitor": [str, callable],
        "monitor_weighted": ["boolean"],
        "dtype": [StrOptions({"auto", "float32", "float64"})],
        "random_state": ["random_state"],
        "warm_start": ["boolean"],
        "callbacks": [list, tuple, dict, type, keras.callbacks.Callback, None],
        "metrics": [str, list, tuple, dict, type, keras.metrics.Metric, None],
        "verbose": ["verbose"],
        "engine": [StrOptions({"auto", "xla", "keras"})],
    }

    def __init__(
        self,
        hidden_layer_sizes=(100,),
        activation="relu",
        *,
        class_weight=None,
        class_weight_start=0.0,
        normalize_weights=True,
        cost_matrix=None,
        loss="cross_entropy",
        correct_probabilities=False,
        optimizer="adam",
        learning_rate=1e-3,
        kernel_initializer="he_uniform",
        init_bias="zeros",
        alpha=1e-4,
        dropout=0.0,
        batch_size="auto",
        epochs=100,
        shuffle=True,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        tol=1e-4,
        monitor="log_loss",
        monitor_weighted=False,
        dtype="auto",
        random_state=None,
        warm_start=False,
        callbacks=None,
        metrics=None,
        verbose=0,
        engine="auto",
        **routed,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.class_weight = class_weight
        self.class_weight_start = class_weight_start
        self.normalize_weights = normalize_weights
        self.cost_matrix = cost_matrix
        self.loss = loss
        self.correct_probabilities = correct_probabilities
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.kernel_initializer = kernel_initializer
        self.init_bias = init_bias
        self.alpha = alpha
        self.dropout = dropout
        self.batch_size = batch_size
        self.epochs = epochs
        self.shuffle = shuffle
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.monitor = monitor
        self.monitor_weighted = monitor_weighted
        self.dtype = dtype
        self.random_state = random_state
        self.warm_start = warm_start
        self.callbacks = callbacks
        self.metrics = metrics
        self.verbose = verbose
        self.engine = engine
        check_names(type(self), routed)
        vars(self).update(routed)

    _trained: TrainedNetwork
    _model: Any

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        cls.__signature__ = signature_of(cls)

    def _get_param_names(self):
        return all_names(self)

    def set_params(self, **params):
        """Set parameters by name, routed ones (``optimizer__momentum``) included.

        Parameters
        ----------
        **params
            Names and values.

        Returns
        -------
        self : CostSensitiveMLPClassifier

        Raises
        ------
        ValueError
            If there is no parameter of a name; near names are listed.
        """
        check_names(type(self), params)
        for name, value in params.items():
            setattr(self, name, value)
        return self

    # sklearn's repr and tags: BaseWrapper's print every parameter and know no tags.
    __repr__ = BaseEstimator.__repr__

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.classifier_tags.multi_label = True
        return tags

    # A mixin of its own for two methods would stand between the two bases.
    set_callbacks = CallbackSupportMixin.set_callbacks
    _init_callback_context = CallbackSupportMixin._init_callback_context

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_trained")

    @property
    def initialized_(self) -> bool:
        """Whether the estimator is fitted, in SciKeras' words."""
        return self.__sklearn_is_fitted__()

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X,
        y,
        sample_weight=None,
        *,
        X_val=None,
        y_val=None,
        sample_weight_val=None,
    ):
        """Train the network on X and y.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Features. Sparse X is made dense a batch at a time.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Labels: numbers, strings or booleans of two classes or more; or 0 and 1 for
            each label of a multilabel problem, also as a sparse matrix.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, at least 0; zero means absent. Never modified.
        X_val : {array-like, sparse matrix, dataframe}, default=None
            Features of shape (n_validation_samples, n_features) for `early_stopping`,
            which then holds out nothing. In a `Pipeline`, ``transform_input=["X_val"]``
            transforms them as X.
        y_val : array-like of shape (n_validation_samples,), default=None
            Their labels: every class of y.
        sample_weight_val : array-like of shape (n_validation_samples,), default=None
            Their weights.

        Returns
        -------
        self : CostSensitiveMLPClassifier

        Raises
        ------
        ValueError
            If X, y, a weight, a cost or a parameter cannot be used; the message says
            why and what to do.
        """
        settings = self._settings()
        with self._features_kept_on_failure():
            arrays = training_arrays(self, X, y, sample_weight, reset=True)
            validation = validation_arrays(self, X_val, y_val, sample_weight_val)
            if validation is not None and not self.early_stopping:
                raise ValueError(
                    "X_val and y_val are used by early stopping, and early_stopping "
                    "is False. Use early_stopping=True, or leave them out."
                )
            targets = targets_of(arrays)
            network = network_spec(
                settings, arrays.X.shape[1], arrays.X.dtype.name, targets
            )
            start = new_start(self.random_state, network, targets)
            if self.warm_start and self.__sklearn_is_fitted__():
                before = self._current()
                check_same_targets(targets, before.targets)
                check_same_network(network, before.network, "warm_start=True")
                start = before.warm(start)
            problem = make_problem(
                settings,
                targets,
                network.dtype,
                arrays,
                epochs=self.epochs,
                split_seed=start.split_seed,
                validation=validation,
            )
            given = (X, y, sample_weight)
            return self._learn(settings, start, problem, self.epochs, given)

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Train for one more epoch, on these rows alone.

        Called k times on the same rows it does what `fit` does in k epochs. Counts for
        "balanced", and the scale of `normalize_weights`, are those of all rows seen so
        far.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Labels.
        classes : array-like of shape (n_classes,), default=None
            All labels that will ever occur; needed in the first call, if that one's y
            does not have them all. Not needed for a multilabel problem.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, at least 0; zero means absent. Never modified.

        Returns
        -------
        self : CostSensitiveMLPClassifier
        """
        if self.early_stopping:
            raise ValueError(
                "partial_fit cannot stop early, since it trains one epoch a call. Use "
                "early_stopping=False, or fit."
            )
        if self.class_weight_start:
            raise ValueError(
                "partial_fit cannot start class weights later, since it does not know "
                "how many epochs there will be. Use class_weight_start=0, or fit."
            )
        settings = self._settings()
        is_first = not self.__sklearn_is_fitted__()
        with self._features_kept_on_failure():
            arrays = training_arrays(self, X, y, sample_weight, reset=is_first)
            targets = self._partial_fit_targets(arrays, classes)
            network = network_spec(
                settings, arrays.X.shape[1], arrays.X.dtype.name, targets
            )
            if is_first:
                start = new_start(self.random_state, network, targets)
            else:
                before = self._current()
                if self.dtype == "auto":
                    network = replace(network, dtype=before.network.dtype)
                check_same_network(network, before.network, "partial_fit")
                start = before.continued(network)
            problem = make_problem(
                settings,
                targets,
                network.dtype,
                arrays,
                epochs=1,
                split_seed=start.split_seed,
                earlier=start.totals,
            )
            return self._learn(settings, start, problem, 1, (X, y, sample_weight))

    def _partial_fit_targets(self, arrays: Arrays, classes: Any) -> Classes | Labels:
        """Return the targets of a partial_fit call."""
        before = self._trained.targets if self.__sklearn_is_fitted__() else None
        if classes is None:
            return targets_of(arrays) if before is None else before
        given = np.unique(np.asarray(classes))
        if len(given) < 2 or (given != given).any():
            raise ValueError(
                f"classes must have at least two labels, and none may be NaN. Got "
                f"{np.asarray(classes).tolist()}."
            )
        if before is None:
            is_multilabel = arrays.y.ndim == 2
            return Labels(arrays.y.shape[1]) if is_multilabel else Classes(given)
        if not np.array_equal(given, before.classes):
            raise ValueError(
                f"classes must stay the same between calls of partial_fit. They were "
                f"{before.classes.tolist()} and are {given.tolist()}. Call fit, or "
                f"clone the estimator, to start over."
            )
        return before

    def _settings(self) -> Settings:
        """Return the parsed parameters."""
        return parse(self.get_params(deep=False))

    def _learn(
        self,
        settings: Settings,
        start: Start,
        problem: Problem,
        epochs: int,
        given: tuple[Any, Any, Any],
    ) -> Self:
        """Train, and remember the trained network.

        `given` is what the caller passed: scikit-learn's callbacks receive it.
        """
        untrained = untrained_network(settings, start, problem)
        hooks = self._sklearn_hooks(untrained, epochs, given)
        training = train(settings, start, problem, epochs, hooks)
        if training.interrupted and not training.n_epochs:
            raise KeyboardInterrupt(
                "Training was interrupted before the end of the first epoch. The "
                "estimator is as it was."
            )
        trained = training.network
        for name, value in _fitted_attributes(trained).items():
            setattr(self, name, value)
        self.engine_ = training.engine
        for hook in hooks:
            hook.finished()
        # It must reach the caller, which may be a search that would score this fit.
        if training.interrupted:
            raise KeyboardInterrupt(
                f"Training was interrupted after {training.n_epochs} of {epochs} "
                f"epochs. The estimator is fitted with what these have trained."
            )
        return self

    def _sklearn_hooks(
        self, untrained: TrainedNetwork, epochs: int, given: tuple[Any, Any, Any]
    ) -> list[SklearnCallbacks]:
        """Return the hook that calls scikit-learn's callbacks, if there are any."""
        if not hasattr(self, "_skl_callbacks"):
            return []
        context = self._init_callback_context(max_subtasks=epochs)

        def attributes_of(snapshot):
            return _fitted_attributes(
                replace(untrained, parameters=snapshot.parameters)
            )

        return [SklearnCallbacks(self, context, *given, attributes_of)]

    @contextlib.contextmanager
    def _features_kept_on_failure(self):
        """Leave nothing half-fitted: sklearn notes the features before training."""
        names = ("n_features_in_", "feature_names_in_")
        before = {name: vars(self)[name] for name in names if name in vars(self)}
        trained = vars(self).get("_trained")
        try:
            yield
        except BaseException:
            if vars(self).get("_trained") is not trained:  # interrupted, yet fitted
                raise
            for name in names:
                vars(self).pop(name, None)
            vars(self).update(before)
            raise

    def initialize(self, X: Any, y: Any) -> None:
        """Raise: SciKeras' way to a model without training leaves half an estimator.

        Parameters
        ----------
        X, y : object
            Not used.

        Raises
        ------
        NotImplementedError
            Always.
        """
        raise NotImplementedError(
            "CostSensitiveMLPClassifier has no untrained state. Call fit, or "
            "partial_fit for a single epoch."
        )

    @property
    def model_(self) -> Any:
        """The network as a compiled `keras.Model`, made when first accessed."""
        if not self.__sklearn_is_fitted__():
            raise AttributeError(
                f"{type(self).__name__} has no model_ before it is fitted."
            )
        if self._model is None:
            self._model = self._trained.model(self._settings())
        return self._model

    def _current(self) -> TrainedNetwork:
        """Return the network with the weights of `model_`, which users may train."""
        if self._model is None:
            return self._trained
        return replace(self._trained, parameters=parameters_of(self._model))

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        if state.get("_model") is not None:
            # Its weights are kept, but not the object: Keras' own pickles lose the
            # state of dropout and functions used as activations.
            state = state | {"_model": None, "_trained": self._current()}
        return state

    def predict_proba(self, X):
        """Return the probability of each class or label.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Features.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes) or (n_samples, n_labels)
            In the order of `classes_`. Those of classes sum to 1. With class weights,
            or another loss than cross-entropy, they are those of the weighted problem,
            unless `correct_probabilities` is True.
        """
        X = prediction_array(self, X)
        network = self._current()
        proba = network.proba(X)
        return network.true_proba(proba) if self.correct_probabilities else proba

    def predict_log_proba(self, X):
        """Return the logarithm of the probability of each class or label.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Features.

        Returns
        -------
        log_proba : ndarray of shape (n_samples, n_classes) or (n_samples, n_labels)
            In the order of `classes_`; -inf for a probability that rounds to 0.
        """
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def predict(self, X, cost_matrix=None, false_alarm=None, miss=None):
        """Return the class of each row, or the labels that hold.

        With costs the answer of least expected cost on true probabilities (Elkan, 2001,
        eq. 1), else the most probable one in training's terms: class weights then
        decide. So neither counts twice.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Features.
        cost_matrix : array-like, dict or dataframe, default=None
            Costs for this call, as the parameter of the same name; or an array of shape
            (n_samples, n_classes, n_classes), a matrix for each row.
        false_alarm, miss : float or array-like of shape (n_samples,), default=None
            For two classes, in place of cost_matrix: what answering ``classes_[1]``
            costs where ``classes_[0]`` is true, and the reverse. By metadata routing,
            ``set_predict_request(miss=True)``, also in a Pipeline.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_labels)
            Labels, as they were given to `fit`.
        """
        X = prediction_array(self, X)
        network = self._current()
        costs = network.decision_costs
        has_pair = false_alarm is not None or miss is not None
        if cost_matrix is not None and has_pair:
            raise ValueError(
                "Costs are given by cost_matrix, or by false_alarm and miss. Got both; "
                "leave one out."
            )
        if cost_matrix is not None or has_pair:
            costs = network.targets.costs_per_row(
                cost_matrix, false_alarm, miss, X.shape[0]
            )
        return network.predict(network.proba(X), costs)


CostSensitiveMLPClassifier.__signature__ = signature_of(CostSensitiveMLPClassifier)


def _fitted_attributes(trained: TrainedNetwork) -> dict[str, Any]:
    """Return the fitted attributes of an estimator with this network."""
    losses = list(trained.history.get("loss", []))
    return {
        "classes_": trained.targets.classes,
        "class_weight_": trained.targets.weights_by_label(trained.class_weight),
        "cost_matrix_": trained.costs,
        "history_": dict(trained.history),
        "loss_curve_": losses,
        "n_iter_": len(losses),
        "best_epoch_": trained.best_epoch,
        "_trained": trained,
        "_model": None,
    }
