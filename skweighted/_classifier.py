"""The estimator: where what mistakes cost meets how a network is trained."""

import inspect
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, _fit_context
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, Options, StrOptions

from skweighted._keras_bridge import (
    build_model,
    compile_model,
    predict_with_keras,
    same_architecture,
)
from skweighted._scikeras import (
    BaseWrapper,
    check_parameter_name,
    make_callbacks,
    make_loss,
    make_metrics,
    make_optimizer,
    near,
)
from skweighted._startup import keras
from skweighted._training._keras_fit import precision, train_with_keras
from skweighted._training._spec import (
    Dense,
    EarlyStopping,
    NetworkSpec,
    Rows,
    TrainingSpec,
)
from skweighted._validation import (
    class_indices,
    known_classes,
    prediction_array,
    stratified_holdout,
    training_arrays,
)
from skweighted._weights import class_totals, mean_one_scale, resolve_class_weight

# Chosen on 12 imbalanced data sets: batches of 200 and 100 epochs lose 0.04 average
# precision and 0.03 log loss to the best pair of each data set, which is the least
# of the pairs tried (batches of 32 to 500, 10 to 400 epochs) on both together.
AUTO_BATCH_SIZE = 200

# sklearn's names of two activations, in Keras' words.
_SKLEARN_ACTIVATIONS = {"logistic": "sigmoid", "identity": "linear"}


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
        As in `keras.Model.fit`: 0 is silent, 1 a progress bar, 2 a line per epoch.
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
    model_ : keras.Model
        The network, compiled. Its output are probabilities: of ``classes_[1]`` in
        shape (n_samples, 1) for two classes, else (n_samples, n_classes).

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
        for name in routed:
            check_parameter_name(name, self._parameter_constraints, type(self).__name__)
        vars(self).update(routed)

    # ------------------------------------------------------------------ parameters

    def _get_param_names(self):
        """Return the names of all parameters, the routed ones of this object last."""
        routed = [
            name for name in vars(self) if "__" in name and not name.startswith("_")
        ]
        return [*self._parameter_constraints, *routed]

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
        for name in params:
            check_parameter_name(name, self._parameter_constraints, type(self).__name__)
        for name, value in params.items():
            setattr(self, name, value)
        return self

    # sklearn's repr and tags: BaseWrapper's print every parameter and know no tags.
    __repr__ = BaseEstimator.__repr__

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def __sklearn_is_fitted__(self):
        return hasattr(self, "model_")

    # -------------------------------------------------------------------- training

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
        goes_on = self.warm_start and self.__sklearn_is_fitted__()
        X, y, sample_weight = training_arrays(self, X, y, sample_weight, reset=True)
        classes = known_classes(y, sample_weight)
        network = self._network_spec(X, len(classes))
        seeds = self._new_seeds()
        if goes_on:
            self._check_same_network(network, classes)
            model = self.model_
        else:
            model = build_model(network, seeds["weights"])
        self._compile(model)

        y_index = class_indices(y, sample_weight, classes)
        totals = class_totals(y_index, sample_weight, len(classes))
        class_weights = resolve_class_weight(self.class_weight, classes, *totals)
        rows = np.flatnonzero(sample_weight * class_weights[y_index])
        watched = None
        if self.early_stopping:
            rows, watched = stratified_holdout(
                y_index,
                rows,
                classes,
                self.validation_fraction,
                np.random.default_rng(seeds["split"]),
            )
        result = train_with_keras(
            model,
            self._rows(X, y_index, sample_weight, class_weights, rows),
            None
            if watched is None
            else self._rows(X, y_index, sample_weight, class_weights, watched),
            self._training_spec(len(rows), self.epochs),
            seeds["shuffle"],
            self._make_callbacks(),
        )
        self.model_ = model
        self.classes_ = classes
        self._totals, self._seeds = totals, seeds
        self.history_ = {}
        self._remember(result, class_weights, totals)
        return self

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
        X, y, sample_weight = training_arrays(self, X, y, sample_weight, reset=first)
        classes = self._partial_fit_classes(y, sample_weight, classes, first)
        y_index = class_indices(y, sample_weight, classes)
        totals = class_totals(y_index, sample_weight, len(classes))
        if first:
            seeds = self._new_seeds()
            model = build_model(self._network_spec(X, len(classes)), seeds["weights"])
            self._compile(model)
        else:
            seeds, model = self._seeds, self.model_
            totals = tuple(a + b for a, b in zip(self._totals, totals, strict=True))
        class_weights = resolve_class_weight(self.class_weight, classes, *totals)
        rows = np.flatnonzero(sample_weight * class_weights[y_index])
        result = train_with_keras(
            model,
            self._rows(X, y_index, sample_weight, class_weights, rows, totals),
            None,
            self._training_spec(len(rows), epochs=1),
            seeds["shuffle"],
            self._make_callbacks(),
            first_epoch=0 if first else self.n_iter_,
        )
        if first:
            self.model_, self.classes_ = model, classes
            self.history_ = {}
        self._totals, self._seeds = totals, seeds
        self._remember(result, class_weights, totals)
        return self

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
        if first:
            return (
                known_classes(y, sample_weight)
                if classes is None
                else np.unique(np.asarray(classes))
            )
        if classes is not None and not np.array_equal(
            np.unique(np.asarray(classes)), self.classes_
        ):
            raise ValueError(
                f"classes must stay the same between calls of partial_fit. They were "
                f"{self.classes_.tolist()} and are {np.unique(classes).tolist()}. Call "
                f"fit, or clone the estimator, to start anew."
            )
        return self.classes_

    def _check_same_network(self, network, classes):
        """Raise ValueError if a warm start would need another network."""
        if not np.array_equal(classes, self.classes_):
            raise ValueError(
                f"warm_start=True needs the classes of the last fit. They were "
                f"{self.classes_.tolist()} and are {classes.tolist()}. Use "
                f"warm_start=False."
            )
        if not same_architecture(self.model_, network):
            raise ValueError(
                "warm_start=True needs the layers, features and dtype of the last fit. "
                "One of them has changed. Use warm_start=False."
            )

    def _new_seeds(self):
        """Return one independent source of randomness for each use, by name."""
        entropy = check_random_state(self.random_state).randint(
            0, 2**32, size=4, dtype=np.uint32
        )
        names = ("weights", "shuffle", "split")
        children = np.random.SeedSequence(entropy.tolist()).spawn(len(names))
        return dict(zip(names, children, strict=True))

    def _network_spec(self, X, n_classes):
        """Return the network that the parameters describe."""
        l2 = self.alpha / 2 / self._nominal_batch_size()
        activation = _known_activation(self.activation)
        initializer = _known_initializer(self.kernel_initializer)
        hidden = tuple(
            Dense(width, activation, initializer, l2, self.dropout)
            for width in _widths(self.hidden_layer_sizes)
        )
        head = (
            Dense(1, "sigmoid", initializer, l2)
            if n_classes == 2
            else Dense(n_classes, "softmax", initializer, l2)
        )
        dtype = X.dtype.name if self.dtype == "auto" else self.dtype
        return NetworkSpec(X.shape[1], (*hidden, head), dtype)

    def _nominal_batch_size(self):
        """Return the batch size before it is limited to the rows there are."""
        return AUTO_BATCH_SIZE if self.batch_size == "auto" else self.batch_size

    def _training_spec(self, n_rows, epochs):
        """Return how the parameters say to train."""
        stopping = EarlyStopping(self.n_iter_no_change, self.tol)
        return TrainingSpec(
            batch_size=min(self._nominal_batch_size(), n_rows),
            epochs=epochs,
            shuffle=self.shuffle,
            early_stopping=stopping if self.early_stopping else None,
            verbose=int(self.verbose),
        )

    def _rows(self, X, y_index, sample_weight, class_weights, rows, totals=None):
        """Return rows with their targets and final weights.

        The scale of `normalize_weights` comes from `totals`, by default from the rows
        themselves.
        """
        weight = sample_weight * class_weights[y_index]
        n_classes = len(class_weights)
        if self.normalize_weights:
            if totals is None:
                totals = class_totals(y_index[rows], sample_weight[rows], n_classes)
            weight = weight * mean_one_scale(class_weights, *totals)
        target = (
            y_index[:, np.newaxis]
            if n_classes == 2
            else np.eye(n_classes, dtype=bool)[y_index]
        )
        return Rows(X, target, weight, rows)

    def _compile(self, model, optimizer=None):
        """Compile a model with a new optimizer (or the given one), loss and metrics."""
        params = self.get_params(deep=False)
        binary = model.output_shape[-1] == 1
        loss_class = (
            keras.losses.BinaryCrossentropy
            if binary
            else keras.losses.CategoricalCrossentropy
        )
        compile_model(
            model,
            optimizer or make_optimizer(self.optimizer, self.learning_rate, params),
            make_loss(loss_class, precision(model), params),
            make_metrics(self.metrics, params),
        )

    def _make_callbacks(self):
        """Return the Keras callbacks of one training."""
        return make_callbacks(self.callbacks, self.get_params(deep=False))

    def _remember(self, result, class_weights, totals):
        """Set the attributes that a user reads, from what training returned."""
        present = zip(self.classes_.tolist(), class_weights.tolist(), strict=True)
        self.class_weight_ = dict(present)
        for name, values in result.history.items():
            self.history_[name] = [*self.history_.get(name, []), *values]
        self.loss_curve_ = list(self.history_.get("loss", []))
        self.n_iter_ = len(self.loss_curve_)

    def __setstate__(self, state):
        super().__setstate__(state)
        if self.__sklearn_is_fitted__():
            # A loss that Keras loads computes in float32, whatever it was saved with.
            self._compile(self.model_, self.model_.optimizer)

    # ------------------------------------------------------------------ prediction

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
        proba = predict_with_keras(self.model_, X)
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


# Without `**routed`: check_estimator reads the signature and takes "routed" for a
# parameter. A misspelt name would then have to pass the constructor unnoticed.
CostSensitiveMLPClassifier.__signature__ = inspect.Signature(
    [
        parameter
        for parameter in inspect.signature(
            CostSensitiveMLPClassifier
        ).parameters.values()
        if parameter.kind is not parameter.VAR_KEYWORD
    ]
)


def _widths(hidden_layer_sizes):
    """Return the widths of the hidden layers as a tuple of int."""
    widths = tuple(np.atleast_1d(hidden_layer_sizes).tolist())
    for width in widths:
        if not isinstance(width, int) or width < 1:
            raise ValueError(
                f"hidden_layer_sizes must be whole numbers of at least 1. Got "
                f"{hidden_layer_sizes!r}. Use () for no hidden layer."
            )
    return widths


def _known_activation(activation):
    """Return an activation that Keras knows."""
    if not isinstance(activation, str):
        return activation
    name = _SKLEARN_ACTIVATIONS.get(activation, activation)
    known = {
        known
        for known, function in vars(keras.activations).items()
        if callable(function) and known not in ("deserialize", "get", "serialize")
    }
    if name not in known:
        raise ValueError(
            f"activation must name a Keras activation. {activation!r} names none. "
            f"{near(name, known)}"
        )
    return name


def _known_initializer(initializer):
    """Return an initializer that Keras knows."""
    if not isinstance(initializer, str):
        return initializer
    known = {
        known for known in vars(keras.initializers) if not known.startswith("_")
    } - {"deserialize", "get", "serialize"}
    if initializer not in known:
        raise ValueError(
            f"kernel_initializer must name a Keras initializer. {initializer!r} names "
            f"none. {near(initializer, known)}"
        )
    return initializer
