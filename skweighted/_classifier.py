"""The estimator: where what mistakes cost meets how a network is trained."""

import contextlib
import functools
import inspect
from dataclasses import dataclass, field, replace
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, _fit_context
from sklearn.callback import CallbackSupportMixin
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, Options, StrOptions

from skweighted._architecture import network_spec, nominal_batch_size
from skweighted._engines import train_network
from skweighted._hooks import SklearnCallbacks
from skweighted._keras_bridge import (
    build_model,
    compile_model,
    parameters_of,
    set_optimizer_state,
)
from skweighted._scikeras import (
    BaseWrapper,
    check_parameter_name,
    make_callbacks,
    make_loss,
    make_metrics,
    make_optimizer,
)
from skweighted._startup import keras
from skweighted._training._forward import predict
from skweighted._training._network import dropout_seeds, initial_parameters
from skweighted._training._program import settings
from skweighted._training._spec import (
    EarlyStopping,
    NetworkSpec,
    Rows,
    Run,
    TrainingSpec,
)
from skweighted._validation import (
    class_indices,
    known_classes,
    prediction_array,
    present_rows,
    stratified_holdout,
    training_arrays,
)
from skweighted._weights import class_totals, mean_one_scale, resolve_class_weight


@dataclass(frozen=True, eq=False)
class _Start:
    """Where a training begins: new, or after an earlier one."""

    network: NetworkSpec
    classes: np.ndarray
    shuffle_seed: np.random.SeedSequence
    split_seed: np.random.SeedSequence
    dropout_seeds: tuple[int, ...]
    parameters: tuple[np.ndarray, ...] | None
    optimizer_state: tuple[np.ndarray, ...] | None = None
    first_epoch: int = 0
    totals: tuple[np.ndarray, np.ndarray] | None = None
    history: dict[str, list[Any]] = field(default_factory=dict)


def _attributes(start, parameters):
    """Return the fitted attributes that predictions need."""
    return {
        "classes_": start.classes,
        "_network": start.network,
        "_parameters": parameters,
        "_model": None,
    }


class CostSensitiveMLPClassifier(ClassifierMixin, BaseWrapper):
    """Multi-layer perceptron for imbalanced and cost-sensitive classification.

    A Keras network that behaves as a scikit-learn classifier: it takes the place of
    `sklearn.neural_network.MLPClassifier`, in a Pipeline or a grid search, and adds
    class weights. It minimises the mean over the training rows of
    ``weight * cross_entropy``, plus an L2 penalty.

    Parameters
    ----------
    hidden_layer_sizes : int or array-like of int, default=(100,)
        Width of each hidden layer; ``()`` makes a logistic regression.
    activation : str or callable, default="relu"
        Activation of the hidden layers, by any name Keras knows; "logistic" and
        "identity" are understood as in sklearn.
    class_weight : None, "balanced" or dict, default=None
        What a mistake on a row of each class weighs in training; multiplies
        `sample_weight`. "balanced" gives every class the same total weight,
        ``n / (n_classes * count)`` with weighted counts (King & Zeng, 2001). A dict
        maps every label in y to a weight of at least 0.
    normalize_weights : bool, default=True
        Rescale the weights to mean 1 over the training rows, so that only their
        ratios count and learning rates keep their meaning: {0: 1, 1: 100} and
        {0: 0.01, 1: 1} are the same model. False uses them as given, which is what
        `keras.Model.fit` does.
    loss : {"cross_entropy"}, default="cross_entropy"
        What is minimised. Takes routed parameters, such as
        ``loss__label_smoothing=0.1``.
    optimizer : str, class or keras.optimizers.Optimizer, default="adam"
        Takes routed parameters, such as ``optimizer__momentum=0.9``. An instance is
        copied, and brings its own learning rate.
    learning_rate : float or keras LearningRateSchedule, default=1e-3
        Step size of the optimizer; ``optimizer__learning_rate`` overrides it.
    kernel_initializer : str or keras.initializers.Initializer, default="he_uniform"
        Draws the initial weights, from `random_state` unless it has its own seed.
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
        Hold out `validation_fraction` of each class and stop when the (weighted) log
        loss on it has not improved by `tol` for `n_iter_no_change` epochs; the best
        weights are restored. Since a split sees copies of a row as rows, a weight of
        2 then no longer equals two copies.
    validation_fraction : float in (0, 1), default=0.1
        Share held out by `early_stopping`; at least one row of each class.
    n_iter_no_change : int or inf, default=10
        Patience of `early_stopping`, in epochs.
    tol : float, default=1e-4
        Least improvement that counts for `early_stopping`.
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
        The labels that have rows of weight above zero, sorted.
    class_weight_ : dict
        The weight of each label, before `normalize_weights`.
    n_features_in_ : int
        Number of features seen by `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, if X had names that are all strings.
    n_iter_ : int
        Epochs run by the last `fit`, and by the `partial_fit` calls since.
    loss_curve_ : list of float
        Training loss of each of these epochs: the mean weighted cross-entropy of its
        batches, plus the L2 penalty.
    history_ : dict of str to list of float
        The same and all else that Keras followed, such as "val_loss".
    engine_ : str
        "xla", or "keras" and why.
    model_ : keras.Model
        The network, compiled, made when first asked for. Its output are probabilities:
        of ``classes_[1]`` in shape (n_samples, 1) for two classes, else (n_samples,
        n_classes). If you train it further, the estimator predicts as it does.

    See Also
    --------
    sklearn.neural_network.MLPClassifier : The same network without class weights.

    References
    ----------
    G. King and L. Zeng, "Logistic regression in rare events data", Political
    Analysis 9(2), 2001 (weighting by class share, eq. 8).

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
        "class_weight": [StrOptions({"balanced"}), dict, None],
        "normalize_weights": ["boolean"],
        "loss": [StrOptions({"cross_entropy"})],
        "optimizer": [str, type, keras.optimizers.Optimizer],
        "learning_rate": [
            Interval(Real, 0, None, closed="neither"),
            keras.optimizers.schedules.LearningRateSchedule,
        ],
        "kernel_initializer": [str, keras.initializers.Initializer],
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
        normalize_weights=True,
        loss="cross_entropy",
        optimizer="adam",
        learning_rate=1e-3,
        kernel_initializer="he_uniform",
        alpha=1e-4,
        dropout=0.0,
        batch_size="auto",
        epochs=100,
        shuffle=True,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        tol=1e-4,
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
        self.normalize_weights = normalize_weights
        self.loss = loss
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.kernel_initializer = kernel_initializer
        self.alpha = alpha
        self.dropout = dropout
        self.batch_size = batch_size
        self.epochs = epochs
        self.shuffle = shuffle
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.dtype = dtype
        self.random_state = random_state
        self.warm_start = warm_start
        self.callbacks = callbacks
        self.metrics = metrics
        self.verbose = verbose
        self.engine = engine
        self._check_names(routed)
        vars(self).update(routed)

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        cls.__signature__ = _signature_of(cls)

    def _check_names(self, names):
        """Raise ValueError for a name that is no parameter."""
        known = _named_parameters(type(self))
        for name in names:
            check_parameter_name(name, known, type(self).__name__)

    def _get_param_names(self):
        """Return the names of all parameters, the routed ones of this object last."""
        routed = [
            name for name in vars(self) if "__" in name and not name.startswith("_")
        ]
        return [*_named_parameters(type(self)), *routed]

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
        self._check_names(params)
        for name, value in params.items():
            setattr(self, name, value)
        return self

    # sklearn's repr and tags: BaseWrapper's print every parameter and know no tags.
    __repr__ = BaseEstimator.__repr__

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    # A mixin of its own for two methods would stand between the two bases.
    set_callbacks = CallbackSupportMixin.set_callbacks
    _init_callback_context = CallbackSupportMixin._init_callback_context

    def __sklearn_is_fitted__(self):
        return hasattr(self, "_parameters")

    @property
    def initialized_(self):
        """Whether the estimator is fitted, in SciKeras' words."""
        return self.__sklearn_is_fitted__()

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Train the network on X and y.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Features. Sparse X is made dense a batch at a time.
        y : array-like of shape (n_samples,)
            Labels: numbers, strings or booleans of two classes or more.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, at least 0; zero means absent. Never modified.

        Returns
        -------
        self : CostSensitiveMLPClassifier

        Raises
        ------
        ValueError
            If X, y, a weight or a parameter cannot be used; the message says why and
            what to do.
        """
        with self._features_kept_on_failure():
            data = training_arrays(self, X, y, sample_weight, reset=True)
            classes = known_classes(*data[1:])
            network = network_spec(self, data[0], len(classes))
            goes_on = self.warm_start and self.__sklearn_is_fitted__()
            if goes_on:
                self._check_same_classes(classes)
                self._check_same_network(network, "warm_start=True")
            start = self._new_start(network, classes)
            if goes_on:
                start = replace(start, parameters=self._current_parameters())
            return self._learn(start, data, self.epochs, (X, y, sample_weight))

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
        y : array-like of shape (n_samples,)
            Labels.
        classes : array-like of shape (n_classes,), default=None
            All labels that will ever occur; needed in the first call, if that one's y
            does not have them all.
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
        first = not self.__sklearn_is_fitted__()
        with self._features_kept_on_failure():
            data = training_arrays(self, X, y, sample_weight, reset=first)
            classes = self._partial_fit_classes(*data[1:], classes, first)
            network = network_spec(self, data[0], len(classes))
            if first:
                start = self._new_start(network, classes)
            else:
                if self.dtype == "auto":
                    network = replace(network, dtype=self._network.dtype)
                self._check_same_network(network, "partial_fit")
                start = self._where_it_stopped(network)
            return self._learn(start, data, 1, (X, y, sample_weight))

    def initialize(self, X, y):
        """Refuse: SciKeras' way to a model without training leaves half an estimator.

        Parameters
        ----------
        X, y : object
            Not used.
        """
        raise NotImplementedError(
            "CostSensitiveMLPClassifier has no untrained state. Call fit, or "
            "partial_fit for a single epoch."
        )

    def _partial_fit_classes(self, y, sample_weight, classes, first):
        """Return the classes of a partial_fit call."""
        if classes is None:
            return known_classes(y, sample_weight) if first else self.classes_
        given = np.unique(np.asarray(classes))
        if len(given) < 2 or (given != given).any():
            raise ValueError(
                f"classes must be two labels at least, none of them NaN. Got "
                f"{np.asarray(classes).tolist()}."
            )
        if not first and not np.array_equal(given, self.classes_):
            raise ValueError(
                f"classes must stay the same between calls of partial_fit. They were "
                f"{self.classes_.tolist()} and are {given.tolist()}. Call fit, or "
                f"clone the estimator, to start anew."
            )
        return given

    def _check_same_classes(self, classes):
        """Raise ValueError if a warm start would need another head."""
        if not np.array_equal(classes, self.classes_):
            raise ValueError(
                f"warm_start=True needs the classes of the last fit. They were "
                f"{self.classes_.tolist()} and are {classes.tolist()}. Use "
                f"warm_start=False."
            )

    def _check_same_network(self, network, who):
        """Raise ValueError if the parameters now say another network."""
        before = self._network
        if (network.parameter_shapes, network.dtype) != (
            before.parameter_shapes,
            before.dtype,
        ):
            raise ValueError(
                f"{who} needs the layers, features and dtype of the last fit. One of "
                f"them has changed. Call fit with warm_start=False."
            )

    def _new_start(self, network, classes):
        """Return the beginning of a training, from new weights."""
        seeds = self._new_seeds()
        return _Start(
            network=network,
            classes=classes,
            shuffle_seed=seeds["shuffle"],
            split_seed=seeds["split"],
            dropout_seeds=dropout_seeds(seeds["dropout"], network),
            parameters=initial_parameters(network, seeds["weights"]),
        )

    def _where_it_stopped(self, network):
        """Return the beginning of a training that goes on after the last one."""
        return replace(
            self._start,
            network=network,
            parameters=self._current_parameters(),
            optimizer_state=self._optimizer_state,
            first_epoch=self.n_iter_,
            totals=self._totals,
            history=self.history_,
        )

    def _new_seeds(self):
        """Return one independent source of randomness for each use, by name."""
        entropy = check_random_state(self.random_state).randint(
            0, 2**32, size=4, dtype=np.uint32
        )
        names = ("weights", "shuffle", "split", "dropout")
        children = np.random.SeedSequence(entropy.tolist()).spawn(len(names))
        return dict(zip(names, children, strict=True))

    def _learn(self, start, data, epochs, given):
        """Train from a start on checked data, and remember what came of it.

        `given` is what the caller passed: sklearn's callbacks get it.
        """
        X, y, sample_weight = data
        y_index = class_indices(y, sample_weight, start.classes)
        totals = class_totals(y_index, sample_weight, len(start.classes))
        if start.totals is not None:
            totals = tuple(map(np.add, start.totals, totals))
        class_weights = resolve_class_weight(self.class_weight, start.classes, *totals)
        rows = present_rows(y_index, sample_weight, class_weights)
        if len(rows) == 0:
            raise ValueError(
                "No row has a weight above zero, so there is nothing to learn from. "
                "Check sample_weight and class_weight."
            )
        watched = None
        if self.early_stopping:
            rows, watched = stratified_holdout(
                y_index,
                rows,
                start.classes,
                self.validation_fraction,
                np.random.default_rng(start.split_seed),
            )
            totals = class_totals(y_index[rows], sample_weight[rows], len(totals[0]))
        weighted = (X, y_index, sample_weight, class_weights)
        run = Run(
            data=self._rows(*weighted, rows, totals),
            parameters=start.parameters,
            shuffle_seed=start.shuffle_seed if self.shuffle else None,
            dropout_seeds=start.dropout_seeds,
            validation=None if watched is None else self._rows(*weighted, watched),
            optimizer_state=start.optimizer_state,
            first_epoch=start.first_epoch,
        )
        spec = self._training_spec(start.network, epochs)
        kind = settings(spec.optimizer)
        # An optimizer that is no longer the one of the last call starts anew.
        if vars(self).get("_optimizer_kind") != kind:
            run = replace(run, optimizer_state=None)
        params = self.get_params(deep=False)
        hooks = self._sklearn_hooks(start, epochs, given)
        result, engine = train_network(
            start.network,
            spec,
            run,
            hooks,
            engine=self.engine,
            callbacks=make_callbacks(self.callbacks, params),
            metrics=make_metrics(self.metrics, params),
            verbose=int(self.verbose),
        )
        vars(self).update(_attributes(start, result.parameters))
        self._start = replace(start, parameters=None)
        self._optimizer_kind, self._optimizer_state = kind, result.optimizer_state
        self._totals = totals
        self.engine_ = engine
        self.class_weight_ = dict(
            zip(start.classes.tolist(), class_weights.tolist(), strict=True)
        )
        self.history_ = {
            name: [*start.history.get(name, []), *values]
            for name, values in result.history.items()
        }
        self.loss_curve_ = list(self.history_["loss"])
        self.n_iter_ = len(self.loss_curve_)
        for hook in hooks:
            hook.finished()
        return self

    def _training_spec(self, network, epochs):
        """Return how the parameters say to train."""
        params = self.get_params(deep=False)
        stopping = EarlyStopping(self.n_iter_no_change, self.tol)
        return TrainingSpec(
            optimizer=make_optimizer(self.optimizer, self.learning_rate, params),
            loss=self._make_loss(network),
            batch_size=nominal_batch_size(self.batch_size),
            epochs=epochs,
            early_stopping=stopping if self.early_stopping else None,
        )

    def _sklearn_hooks(self, start, epochs, given):
        """Return the hook that calls sklearn's callbacks, if there are any."""
        if not hasattr(self, "_skl_callbacks"):
            return []
        context = self._init_callback_context(max_subtasks=epochs)

        def attributes_of(snapshot):
            return _attributes(start, snapshot.parameters)

        return [SklearnCallbacks(self, context, *given, attributes_of)]

    def _make_loss(self, network):
        """Return the loss that the parameters describe."""
        loss_class = (
            keras.losses.BinaryCrossentropy
            if network.stages[-1].n_units == 1
            else keras.losses.CategoricalCrossentropy
        )
        return make_loss(loss_class, network.dtype, self.get_params(deep=False))

    def _rows(self, X, y_index, sample_weight, class_weights, rows, totals=None):
        """Return rows with their targets and weights.

        The scale of `normalize_weights` comes from `totals`, by default from the rows
        themselves.
        """
        if self.normalize_weights:
            if totals is None:
                some = (y_index[rows], sample_weight[rows])
                totals = class_totals(*some, len(class_weights))
            class_weights = class_weights * mean_one_scale(class_weights, *totals)
        return Rows(X, y_index, sample_weight, rows, class_weights)

    @contextlib.contextmanager
    def _features_kept_on_failure(self):
        """Leave nothing half-fitted: sklearn notes the features before training."""
        names = ("n_features_in_", "feature_names_in_")
        before = {name: vars(self)[name] for name in names if name in vars(self)}
        try:
            yield
        except BaseException:
            for name in names:
                vars(self).pop(name, None)
            vars(self).update(before)
            raise

    @property
    def model_(self):
        """The network as a compiled `keras.Model`, made when first asked for."""
        if not self.__sklearn_is_fitted__():
            raise AttributeError(
                f"{type(self).__name__} has no model_ before it is fitted."
            )
        if self._model is None:
            params = self.get_params(deep=False)
            model = build_model(
                self._network,
                self._parameters,
                self._start.dropout_seeds,
                int(self._optimizer_state[0]),
            )
            optimizer = make_optimizer(self.optimizer, self.learning_rate, params)
            compile_model(
                model,
                optimizer,
                self._make_loss(self._network),
                make_metrics(self.metrics, params),
            )
            if settings(optimizer) == self._optimizer_kind:
                set_optimizer_state(optimizer, self._optimizer_state)
            self._model = model
        return self._model

    def _current_parameters(self):
        """Return kernels and biases: those of `model_`, which the user may train."""
        return self._parameters if self._model is None else parameters_of(self._model)

    def __getstate__(self):
        state = super().__getstate__()
        if state.get("_model") is not None:
            # What the user made of it is kept, but not the object: Keras' own pickles
            # lose the state of dropout and functions used as activations.
            state = state | {"_model": None, "_parameters": self._current_parameters()}
        return state

    def predict_proba(self, X):
        """Return the probability of each class.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Features.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            In the order of `classes_`; rows sum to 1. With class weights these are
            the probabilities of the weighted problem.
        """
        X = prediction_array(self, X)
        proba = predict(self._network, self._current_parameters(), X)
        if proba.shape[1] == 1:
            proba = np.concatenate([1 - proba, proba], axis=1)
        return proba

    def predict_log_proba(self, X):
        """Return the logarithm of the probability of each class.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Features.

        Returns
        -------
        log_proba : ndarray of shape (n_samples, n_classes)
            In the order of `classes_`; -inf for a probability that rounds to 0.
        """
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def predict(self, X):
        """Return the most probable class of each row.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Features.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Labels, as they were given to `fit`.
        """
        most_likely = self.predict_proba(X).argmax(axis=1)
        return self.classes_[most_likely]


@functools.cache
def _named_parameters(cls):
    """Return the parameters of a class, and of those it comes from, by their names."""
    named = {}
    for ancestor in cls.__mro__:
        if issubclass(ancestor, CostSensitiveMLPClassifier) and "__init__" in vars(
            ancestor
        ):
            parameters = inspect.signature(ancestor.__init__).parameters.values()
            for parameter in list(parameters)[1:]:  # without self
                if parameter.kind is not parameter.VAR_KEYWORD:
                    named.setdefault(parameter.name, parameter)
    return named


def _signature_of(cls):
    """Return the signature of a class without `**routed`.

    check_estimator reads the signature and would take "routed" for a parameter, so a
    misspelt name would have to pass the constructor unnoticed.
    """
    parameters = _named_parameters(cls).values()
    return inspect.Signature(sorted(parameters, key=lambda parameter: parameter.kind))


CostSensitiveMLPClassifier.__signature__ = _signature_of(CostSensitiveMLPClassifier)
