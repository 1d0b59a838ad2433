"""`CostSensitiveMLPClassifier`: its parameters and public methods.

``fit`` is settings -> arrays -> prepared networks -> training -> trained ensemble.
`_prepared` goes as far as the networks, so that a search can train many together.

Predictions need no TensorFlow. Training does, and `_training` loads it.
"""

import contextlib
import importlib
import importlib.util
from dataclasses import replace
from numbers import Integral, Real
from types import ModuleType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, _fit_context, clone
from sklearn.callback import CallbackSupportMixin
from sklearn.utils._param_validation import (
    Interval,
    Options,
    StrOptions,
    validate_parameter_constraints,
)

from skweighted._costs._weights import STRATEGIES
from skweighted._estimator._ensemble import TrainedEnsemble
from skweighted._estimator._input import (
    Arrays,
    Use,
    kept_attributes,
    prediction_array,
    restore_attributes,
    training_arrays,
    validation_arrays,
)
from skweighted._estimator._parameters import all_names, check_names, signature_of

if TYPE_CHECKING:
    from skweighted._estimator._settings import Settings
    from skweighted._estimator._sklearn_callbacks import SklearnCallbacks
    from skweighted._estimator._train import Training
    from skweighted._estimator._train_ensemble import PreparedEnsemble


def _training() -> ModuleType:
    """Return the functions that train, which load TensorFlow."""
    return importlib.import_module("skweighted._estimator._training")


def _has_tensorflow() -> bool:
    """Return whether TensorFlow is installed."""
    return importlib.util.find_spec("tensorflow") is not None


# `_training` replaces BaseEstimator by SciKeras' BaseWrapper, which needs TensorFlow.
class CostSensitiveMLPClassifier(ClassifierMixin, BaseEstimator):
    """Multi-layer perceptron for imbalanced and cost-sensitive classification.

    A Keras network with the interface of a scikit-learn classifier. It replaces
    `sklearn.neural_network.MLPClassifier`, for example in a pipeline or a grid search,
    and adds class weights, costs and losses for imbalanced classes. By default it
    minimizes the mean of ``weight * cross_entropy`` over the training rows, plus an L2
    penalty.

    Parameters
    ----------
    hidden_layer_sizes : int or array-like of int, default=(100,)
        Width of each hidden layer; ``()`` is a logistic regression.
    activation : str or callable, default="relu"
        Activation of the hidden layers, by its name in Keras; "logistic" and
        "identity" are accepted as in sklearn.
    class_weight : None, str, dict, callable or list, default=None
        Weight of the rows of each class in training; multiplies `sample_weight`.
        "balanced" gives every class the same total weight,
        ``n / (n_classes * count)`` with weighted counts (King & Zeng, 2001);
        "sqrt_balanced" is the square root of this; "effective_number" is
        ``(1 - beta) / (1 - beta ** count)`` (Cui et al., 2019), rescaled to mean 1 over
        the classes, with ``class_weight__beta``, 0.999 by default. A dict maps every
        label in y to a weight of at least 0; a function ``(classes, counts)`` returns
        weights. For a multilabel problem, one of these for all labels, or a list with
        one per label. See `skweighted.compute_class_weight`.
    class_weight_start : float in [0, 1), default=0.0
        Share of the epochs that are trained without class weights, before these apply;
        0.8 defers them as in Cao et al. (2019). `early_stopping` then ignores the
        epochs before.
    normalize_weights : bool, default=True
        Whether to rescale the weights to mean 1 over the training rows, so that only
        their ratios count and learning rates need no change: {0: 1, 1: 100} and
        {0: 0.01, 1: 1} give the same model. False uses the weights as given, like
        `keras.Model.fit`.
    cost_matrix : array-like, dict or dataframe, default=None
        Cost of each prediction, in any unit: rows are truths and columns predictions,
        in the order of `classes_`, or a dict ``{(truth, prediction): cost}``, or a
        dataframe with labels. `predict` then returns the class of least expected cost
        (Elkan, 2001), from true probabilities: the effects of class weights and of the
        loss are undone first, so that no cost counts twice. For a multilabel problem,
        one matrix of shape (2, 2) for all labels, or a list with one per label.
    loss : str, keras.losses.Loss or its class, default="cross_entropy"
        The loss to minimize: "cross_entropy", "focal", "logit_adjusted",
        "balanced_softmax", "ldam", "asymmetric", "mean_false_error",
        "mean_squared_false_error" or "expected_cost" (of `cost_matrix`); see
        `skweighted.losses`. Accepts routed parameters, such as ``loss__gamma=1.0``.
        Class priors and costs are set automatically.
    correct_probabilities : bool, default=False
        Whether `predict_proba` returns true probabilities, with the effects of class
        weights and of the loss undone, instead of the probabilities of the weighted
        problem. Without `cost_matrix`, `predict` is the same in both cases.
    optimizer : str, class or keras.optimizers.Optimizer, default="adam"
        Accepts routed parameters, such as ``optimizer__momentum=0.9``. An instance is
        copied, and keeps its own learning rate.
    learning_rate : float, "cosine", "coslog4" or keras schedule, default=1e-3
        Step size of the optimizer; ``optimizer__learning_rate`` overrides it. With
        "cosine", it falls to 0 over all `epochs` along half a cosine wave; with
        "coslog4", it rises and falls in four waves, each twice as long as the one
        before (Holzmueller et al., 2024). Both begin with, or rise to,
        ``optimizer__learning_rate``, which is then 1e-3 by default.
    input_scaling : {"standard", "robust"} or None, default=None
        How the network scales its inputs, by statistics of the training rows that
        respect `sample_weight`: "standard" to mean 0 and variance 1; "robust" by
        median and interquartile range, with large values compressed smoothly to the
        range from -3 to 3 (Holzmueller et al., 2024). With both, missing values (NaN)
        are allowed: they are replaced by the center of their column, and each column
        that has some gets a second one that flags them. None does not scale.
    numeric_embedding : {"periodic", "piecewise_linear"}, array-like or None, \
            default=None
        Replaces each number by eight trained functions of it (Gorishniy et al., 2022):
        with "periodic", functions of its waves, as in
        `skweighted.layers.PeriodicEmbedding`; with "piecewise_linear", piecewise-linear
        ones between its quantiles and the thresholds of a decision tree of it (at most
        64 bins; fewer for more than 64 columns), as in
        `skweighted.layers.PiecewiseLinearEmbedding`.
        With several kinds, the networks of an ensemble use them in turn. A column whose
        quartiles are equal is always embedded by pieces. Columns of two values are not
        embedded, and neither are more than 512 columns. Use it with scaled inputs.
    kernel_initializer : str or keras.initializers.Initializer, default="he_uniform"
        Draws the initial weights, seeded by `random_state` unless it has its own seed.
    init_bias : {"zeros", "prior"}, default="zeros"
        Initial bias of the outputs. With "prior", the initial probabilities are the
        weighted shares of the classes, so that training does not have to learn them
        first.
    alpha : float, default=1e-4
        Strength of the L2 penalty on the kernels, ``alpha / 2 * sum(kernel ** 2)``
        per batch of `batch_size` rows, as in MLPClassifier. It is divided by
        `batch_size` (200 for "auto"), not by the number of rows, so that a row of
        weight 2 is equivalent to two rows.
    dropout : float in [0, 1), default=0.0
        Share of the outputs of each hidden layer that are dropped in training.
    batch_size : int or "auto", default="auto"
        Number of rows per gradient step; "auto" is ``min(200, n_samples)``.
    epochs : int, default=100
        Number of passes over the training rows.
    shuffle : bool, default=True
        Whether to shuffle the rows before each epoch.
    early_stopping : bool, default=False
        Whether to hold out `validation_fraction` of each class, and to stop when
        `monitor` has not improved on these rows by `tol` for `n_iter_no_change` epochs.
        The best weights are restored. To use your own validation rows, pass X_val and
        y_val to `fit`. With a random split, a weight of 2 is not equivalent to two
        copies of a row, because copies can end up on both sides.
    validation_fraction : float in (0, 1), default=0.1
        Share of each class that `early_stopping` holds out; at least one row.
    n_iter_no_change : int or inf, default=10
        Patience of `early_stopping`, in epochs.
    tol : float, default=1e-4
        Smallest improvement that counts for `early_stopping`.
    monitor : str or callable, default="log_loss"
        What `early_stopping` monitors on the validation rows: "log_loss", the log loss
        of true probabilities, with the effects of class weights and of the loss undone;
        "loss", the training loss; any scikit-learn scorer; or the name of one, such as
        "f1", with the second class as the positive one. If true probabilities cannot be
        recovered from the outputs of a loss ("expected_cost"), "log_loss" is the loss
        itself. Sample weights are used in all cases. With several networks, threads can
        call a scorer at once.
    monitor_weighted : bool, default=False
        Whether "log_loss" is the log loss of the weighted problem instead, in which a
        few rows of a rare class can decide when training stops.
    n_networks : int, default=1
        Number of networks. The networks of an ensemble are trained together, and their
        probabilities are averaged.
    n_members : int or None, default=None
        Number of members of each network, which share its hidden layers. Each member
        has its own trained factors of the inputs and its own output layer; their losses
        and their outputs are averaged (TabM-mini; Gorishniy et al., 2025). With 1, the
        network learns a factor for each input; with None, there are no members. With 4,
        training takes about 2.5 times as long.
    ensemble : {"seeds", "folds", "bootstrap", "balanced"}, default="seeds"
        How the networks of an ensemble differ. They always have their own seeds, drawn
        from `random_state`; with "seeds", each is what a classifier with its seed as
        `random_state` learns. With "folds", the rows are divided into folds by class,
        and each network is trained without one of them: `early_stopping` then monitors
        this fold, unless X_val is given, so no row is lost to validation, and
        `oob_proba_` is available. The only row of a class is in no fold: each network
        is trained on it. With "bootstrap", each network is trained on rows
        drawn with replacement from each class (bagging; Breiman, 1996). With
        "balanced", it is trained on equally many rows of each class, as in EasyEnsemble
        (Liu et al., 2009); `class_weight` and `loss` then refer to these rows, and true
        probabilities are corrected for the sampling of each network before they are
        averaged.
    threshold : str, scorer or None, default=None
        Score of decisions to maximize, such as "f1" or "balanced_accuracy". The
        probability from which `predict` returns ``classes_[1]`` is then chosen on
        `oob_proba_`, from 100 evenly spaced values and 100 quantiles. This needs
        ``ensemble="folds"`` and two classes. If the score is given by its name,
        ``classes_[1]`` is the positive class.
    calibration : {"temperature"} or None, default=None
        Whether the logits of true probabilities are divided by a number that minimizes
        the log loss of `oob_proba_` (temperature scaling; Guo et al., 2017), which
        needs ``ensemble="folds"``. With class weights or another loss, use it with
        ``correct_probabilities=True``.
    dtype : {"auto", "float32", "float64"}, default="auto"
        Precision of the network. "auto" is float32 if X is float32, else float64, as
        in sklearn.
    random_state : int, RandomState instance or None, default=None
        Seed of the initial weights, shuffles, dropout, validation split, folds and
        draws. Global seeds are not changed.
    warm_start : bool, default=False
        Whether `fit` continues from the weights of the previous fit, with a new
        optimizer.
    callbacks : keras callback, class, list or dict of them, default=None
        Classes are instantiated with their routed parameters, such as
        ``callbacks__patience=3``.
    metrics : str, keras metric, list or dict of them, default=None
        Recorded in `history_`.
    verbose : int or bool, default=0
        0 is silent, 1 shows a progress bar over the epochs, 2 prints a line per epoch.
    engine : {"auto", "xla", "keras"}, default="auto"
        How to train: "xla" runs many steps in one compiled program, "keras" calls
        `keras.Model.fit`. Both give the same network. "auto" uses "xla" if possible;
        "xla" raises an error with the reason if it is not.
    **routed
        Parameters routed to the optimizer, loss, metrics or callbacks: the prefix
        ``optimizer__``, ``loss__``, ``metrics__`` or ``callbacks__``, and a name.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The sorted labels of the rows with a weight above zero; in a multilabel problem,
        the indices of the labels.
    class_weight_ : dict, or list of dict
        The weight of each class, before `normalize_weights`; in a multilabel problem,
        the weights of 0 and 1 for each label.
    cost_matrix_ : ndarray or None
        The checked costs, in the order of `classes_`: of shape (n_classes, n_classes),
        or (n_labels, 2, 2).
    n_features_in_ : int
        Number of features seen by `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, if X had names that are all strings.
    n_iter_ : int
        Number of epochs run by the last `fit` and later `partial_fit` calls; for an
        ensemble, the largest of its networks.
    best_epoch_ : int
        The epoch whose weights the network has, counted from 1: with `early_stopping`
        the one with the best `monitor`, else the last one. For an ensemble, a list of
        those of its networks.
    loss_curve_ : list of float
        Training loss of each of these epochs: the mean weighted loss of its batches,
        plus the L2 penalty.
    history_ : dict of str to list of float
        "loss" and everything else recorded for each epoch, such as "val_loss". For an
        ensemble, the mean over the networks that were trained in the epoch.
    oob_proba_ : ndarray of shape (n_samples, n_classes) or (n_samples, n_labels)
        What `predict_proba` would return for each training row from networks that were
        not trained on it; NaN for rows of weight zero and for the only row of a class.
        Only with ``ensemble="folds"``. With `early_stopping`, the number of epochs was
        chosen on the same rows, so scores of it are slightly optimistic.
    threshold_ : float
        Value of ``predict_proba(X)[:, 1]`` from which `predict` returns
        ``classes_[1]``. Only with `threshold`.
    temperature_ : float
        The divisor of the logits. Only with `calibration`.
    estimators_ : list of CostSensitiveMLPClassifier
        The networks of an ensemble, each as a fitted classifier, created on access.
    engine_ : str
        "xla", or "keras" and the reason.
    model_ : keras.Model
        The compiled network, created on first access. Its outputs are probabilities:
        those of ``classes_[1]`` in shape (n_samples, 1) for two classes, else of shape
        (n_samples, n_classes) or (n_samples, n_labels). For an ensemble, they are the
        mean over its networks, uncorrected. If you train it further, the estimator
        predicts with the new weights.

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

    L. Breiman, "Bagging predictors", Machine Learning 24(2), 1996.

    X.-Y. Liu, J. Wu and Z.-H. Zhou, "Exploratory undersampling for class-imbalance
    learning", IEEE Transactions on Systems, Man and Cybernetics B 39(2), 2009.

    C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On calibration of modern neural
    networks", ICML 2017.

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
        "loss": [str, type],
        "correct_probabilities": ["boolean"],
        "optimizer": [str, type],
        "learning_rate": [
            Interval(Real, 0, None, closed="neither"),
            StrOptions({"cosine", "coslog4"}),
        ],
        "input_scaling": [StrOptions({"standard", "robust"}), None],
        "numeric_embedding": [str, "array-like", None],
        "kernel_initializer": [str],
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
        "n_networks": [Interval(Integral, 1, None, closed="left")],
        "n_members": [Interval(Integral, 1, None, closed="left"), None],
        "ensemble": [StrOptions({"seeds", "folds", "bootstrap", "balanced"})],
        "threshold": [str, callable, None],
        "calibration": [StrOptions({"temperature"}), None],
        "dtype": [StrOptions({"auto", "float32", "float64"})],
        "random_state": ["random_state"],
        "warm_start": ["boolean"],
        "callbacks": [list, tuple, dict, type, None],
        "metrics": [str, list, tuple, dict, type, None],
        "verbose": ["verbose"],
        "engine": [StrOptions({"auto", "xla", "keras"})],
    }

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        class_weight: Any = None,
        class_weight_start: float = 0.0,
        normalize_weights: bool = True,
        cost_matrix: Any = None,
        loss: Any = "cross_entropy",
        correct_probabilities: bool = False,
        optimizer: Any = "adam",
        learning_rate: Any = 1e-3,
        input_scaling: str | None = None,
        numeric_embedding: Any = None,
        kernel_initializer: Any = "he_uniform",
        init_bias: str = "zeros",
        alpha: float = 1e-4,
        dropout: float = 0.0,
        batch_size: int | str = "auto",
        epochs: int = 100,
        shuffle: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: float = 10,
        tol: float = 1e-4,
        monitor: Any = "log_loss",
        monitor_weighted: bool = False,
        n_networks: int = 1,
        n_members: int | None = None,
        ensemble: str = "seeds",
        threshold: Any = None,
        calibration: str | None = None,
        dtype: str = "auto",
        random_state: Any = None,
        warm_start: bool = False,
        callbacks: Any = None,
        metrics: Any = None,
        verbose: int = 0,
        engine: str = "auto",
        **routed: Any,
    ) -> None:
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
        self.input_scaling = input_scaling
        self.numeric_embedding = numeric_embedding
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
        self.n_networks = n_networks
        self.n_members = n_members
        self.ensemble = ensemble
        self.threshold = threshold
        self.calibration = calibration
        self.dtype = dtype
        self.random_state = random_state
        self.warm_start = warm_start
        self.callbacks = callbacks
        self.metrics = metrics
        self.verbose = verbose
        self.engine = engine
        check_names(type(self), routed)
        self.__dict__.update(routed)

    _trained: TrainedEnsemble
    _model: Any

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.__signature__ = signature_of(cls)

    def _get_param_names(self):
        return all_names(self)

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name, including routed ones (``optimizer__momentum``).

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
            If a parameter does not exist; similar names are suggested.
        """
        check_names(type(self), params)
        for name, value in params.items():
            setattr(self, name, value)
        return self

    # sklearn's repr and tags: BaseWrapper prints every parameter and has no tags.
    __repr__ = BaseEstimator.__repr__

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = self.input_scaling is not None
        tags.classifier_tags.multi_label = True
        return tags

    # Two methods, not the mixin as a third base class.
    set_callbacks = CallbackSupportMixin.set_callbacks
    _init_callback_context = CallbackSupportMixin._init_callback_context

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_trained")

    @property
    def initialized_(self) -> bool:
        """Whether the estimator is fitted, by its name in SciKeras."""
        return self.__sklearn_is_fitted__()

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:
        """Train the network on X and y.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Features. Sparse X is converted to dense arrays one batch at a time.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Labels of at least two classes: numbers, strings or booleans; or 0 and 1 for
            each label of a multilabel problem, also as a sparse matrix.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, at least 0. Rows of weight zero are ignored.
        X_val : {array-like, sparse matrix, dataframe}, default=None
            Validation features of shape (n_validation_samples, n_features) for
            `early_stopping`, which then holds out no training rows. In a `Pipeline`,
            ``transform_input=["X_val"]`` transforms them like X.
        y_val : array-like of shape (n_validation_samples,), default=None
            Labels of the validation rows, with every class of y.
        sample_weight_val : array-like of shape (n_validation_samples,), default=None
            Weights of the validation rows.

        Returns
        -------
        self : CostSensitiveMLPClassifier

        Raises
        ------
        ValueError
            If X, y, a weight, a cost or a parameter is invalid; the message explains
            the problem and a solution.
        KeyboardInterrupt
            If the user interrupts training. The estimator keeps the weights reached so
            far; before the end of the first epoch it is unchanged.
        """
        with self._features_kept_on_failure():
            prepared = self._prepared(
                self._settings(), X, y, sample_weight, X_val, y_val, sample_weight_val
            )
            return self._learn(prepared, (X, y, sample_weight))

    def _prepared(
        self,
        settings: "Settings",
        X: Any,
        y: Any,
        sample_weight: Any = None,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> "PreparedEnsemble":
        """Return what `fit` trains, from its arguments."""
        arrays = self._arrays(X, y, sample_weight, "fit")
        validation = validation_arrays(self, X_val, y_val, sample_weight_val)
        settings = self._feasible(settings, arrays)
        is_warm = self.warm_start and self.__sklearn_is_fitted__()
        before = self._current() if is_warm else None
        return _training().prepared_fit(
            settings, self.random_state, arrays, validation, before
        )

    # What `CostSensitiveTabularClassifier` does in another way.

    # The attributes that belong to X, which `fit` sets before it trains.
    _kept: tuple[str, ...] = ("n_features_in_", "feature_names_in_")

    def _arrays(self, X: Any, y: Any, sample_weight: Any, use: Use) -> Arrays:
        """Return X, y and sample_weight as checked arrays."""
        is_first = use == "fit" or (
            use == "partial_fit" and not self.__sklearn_is_fitted__()
        )
        return training_arrays(self, X, y, sample_weight, reset=is_first)

    def _features(self, X: Any) -> Any:
        """Return X as a checked array for prediction."""
        return prediction_array(self, X)

    def _feasible(self, settings: "Settings", arrays: Arrays) -> "Settings":
        """Return the settings with which `fit` can train on these rows."""
        return settings

    def _partial_fit_settings(self) -> "Settings":
        """Return the settings of `partial_fit`."""
        return self._settings()

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None
    ) -> Self:
        """Train for one more epoch, on these rows only.

        k calls with the same rows are equivalent to `fit` with k epochs. The counts for
        "balanced", and the scale of `normalize_weights`, include all rows seen so far.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Labels.
        classes : array-like of shape (n_classes,), default=None
            All labels that can occur. Needed in the first call if its y does not
            contain all of them. Not needed for a multilabel problem.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, at least 0. Rows of weight zero are ignored.

        Returns
        -------
        self : CostSensitiveMLPClassifier
        """
        settings = self._partial_fit_settings()
        _training().check_steps(settings)
        before = self._current() if self.__sklearn_is_fitted__() else None
        with self._features_kept_on_failure():
            arrays = self._arrays(X, y, sample_weight, "partial_fit")
            prepared = _training().prepared_step(
                settings, self.random_state, arrays, classes, before
            )
            return self._learn(prepared, (X, y, sample_weight))

    def _validate_params(self) -> None:
        """Check the parameters, some of which can be objects of Keras."""
        types = _training().PARAMETER_TYPES
        constraints = {
            name: [*allowed, *([types[name]] if name in types else [])]
            for name, allowed in self._parameter_constraints.items()
        }
        validate_parameter_constraints(
            constraints,
            self.get_params(deep=False),
            caller_name=type(self).__name__,
        )

    def _settings(self) -> "Settings":
        """Return the parsed parameters."""
        return _training().parse(self.get_params(deep=False))

    def _learn(self, prepared: "PreparedEnsemble", given: tuple[Any, Any, Any]) -> Self:
        """Train, and set the fitted attributes.

        `given` is X, y and sample_weight from the user, for scikit-learn's callbacks.
        """
        done: list[Training] = []
        hooks = self._sklearn_hooks(prepared, given, done)
        training = _training().train_ensemble(prepared, hooks, done)
        if training.ensemble is None:
            raise KeyboardInterrupt(
                "Training was interrupted before the end of the first epoch. The "
                "estimator is unchanged."
            )
        self._remember(training.ensemble, training.engine)
        for hook in hooks:
            hook.finished()
        # It must reach the caller, which may be a search that would score this fit.
        if training.interrupted:
            raise KeyboardInterrupt(
                f"Training was interrupted after {training.interrupted}. The estimator "
                f"keeps the weights reached so far."
            )
        return self

    def _remember(self, ensemble: TrainedEnsemble, engine: str) -> None:
        """Set the fitted attributes."""
        for name in _SOMETIMES:
            self.__dict__.pop(name, None)
        self.__dict__.update(_fitted_attributes(ensemble))
        self.engine_ = engine

    def _sklearn_hooks(
        self,
        prepared: "PreparedEnsemble",
        given: tuple[Any, Any, Any],
        done: "list[Training]",
    ) -> "list[SklearnCallbacks]":
        """Return the hook that calls scikit-learn's callbacks, or an empty list.

        `done` are the networks of an ensemble that are trained already.
        """
        if not hasattr(self, "_skl_callbacks"):
            return []
        training = _training()
        n_epochs = sum(one.epochs for one in prepared.networks)
        context = self._init_callback_context(max_subtasks=n_epochs)

        def attributes_of(snapshot):
            network = training.untrained_network(*prepared.networks[len(done)][:3])
            network = replace(network, parameters=snapshot.parameters)
            so_far = [*done, training.Training(network, "", 1, False)]
            return _fitted_attributes(training.assembled(prepared, so_far).ensemble)

        return [training.SklearnCallbacks(self, context, *given, attributes_of)]

    @contextlib.contextmanager
    def _features_kept_on_failure(self):
        """Restore the feature attributes, which sklearn sets first, if fit fails."""
        kept = kept_attributes(self)
        trained = vars(self).get("_trained")
        try:
            yield
        except BaseException:
            if vars(self).get("_trained") is not trained:  # interrupted, yet fitted
                raise
            restore_attributes(self, kept)
            raise

    def initialize(self, X: Any, y: Any) -> None:
        """Raise NotImplementedError: an untrained model of SciKeras is not supported.

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
        """The network as a compiled `keras.Model`, created on first access."""
        if not self.__sklearn_is_fitted__():
            raise AttributeError(
                f"This {type(self).__name__} is not fitted yet, so it has no model_. "
                f"Call fit first."
            )
        if self._model is None:
            if not _has_tensorflow():
                raise AttributeError("model_ needs TensorFlow, which is not installed.")
            self._model = _training().keras_model(self._trained, self._settings())
        return self._model

    @property
    def estimators_(self) -> list["CostSensitiveMLPClassifier"]:
        """The networks of an ensemble, each as a fitted classifier."""
        if not self.__sklearn_is_fitted__():
            raise AttributeError(
                f"This {type(self).__name__} is not fitted yet, so it has no "
                f"estimators_. Call fit first."
            )
        ensemble = self._current()
        alone: dict[str, Any]
        alone = {"n_networks": 1, "threshold": None, "calibration": None}
        if self.ensemble == "folds":
            alone["ensemble"] = "seeds"
        fitted = []
        for seed, network in zip(ensemble.seeds, ensemble.networks, strict=True):
            one = clone(self).set_params(random_state=seed, **alone)
            for name in self._kept:
                if name in vars(self):
                    setattr(one, name, vars(self)[name])
            part = TrainedEnsemble((network,), ensemble.class_weight, (seed,))
            one._remember(part, self.engine_)
            fitted.append(one)
        return fitted

    def _current(self) -> TrainedEnsemble:
        """Return the networks with the weights of `model_`, which users may train."""
        if self._model is None:
            return self._trained
        return _training().with_weights_of(self._trained, self._model)

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        if state.get("_model") is not None:
            # The weights are pickled, but not the model: Keras' own pickles lose the
            # state of dropout and functions used as activations.
            state = state | {"_model": None, "_trained": self._current()}
        return state

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class or label.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Features.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes) or (n_samples, n_labels)
            Probabilities, in the order of `classes_`. Those of mutually exclusive
            classes sum to 1. With class weights, or with a loss other than
            cross-entropy, these are the probabilities of the weighted problem, unless
            `correct_probabilities` is True.
        """
        X = self._features(X)
        ensemble = self._current()
        return ensemble.true_proba(X) if self._is_true(ensemble) else ensemble.proba(X)

    def _is_true(self, ensemble: TrainedEnsemble) -> bool:
        """Return whether `predict_proba` returns true probabilities."""
        return self.correct_probabilities or ensemble.temperature is not None

    def predict_spread(self, X: Any) -> np.ndarray:
        """Return the standard deviation of probabilities over the networks.

        It shows how much a probability depends on the seeds, or on the rows that each
        network was trained on. It does not include the noise of the labels.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Features.

        Returns
        -------
        spread : ndarray of shape (n_samples, n_classes) or (n_samples, n_labels)
            Standard deviation of what `predict_proba` averages, with divisor
            `n_networks`.

        Raises
        ------
        ValueError
            If there is only one network.
        """
        X = self._features(X)
        ensemble = self._current()
        if len(ensemble.networks) == 1:
            raise ValueError(
                "predict_spread needs several networks. This classifier has 1. Use "
                "n_networks of at least 2."
            )
        return ensemble.spread(X, true=self._is_true(ensemble))

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithm of the probability of each class or label.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Features.

        Returns
        -------
        log_proba : ndarray of shape (n_samples, n_classes) or (n_samples, n_labels)
            Log-probabilities, in the order of `classes_`; -inf for a probability of 0.
        """
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def predict(
        self, X: Any, cost_matrix: Any = None, false_alarm: Any = None, miss: Any = None
    ) -> np.ndarray:
        """Return the class of each row, or the labels that apply to it.

        With costs, this is the class of least expected cost by true probabilities
        (Elkan, 2001, eq. 1). Without costs, it is the most likely class of the weighted
        problem. Costs and class weights therefore never count twice.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Features.
        cost_matrix : array-like, dict or dataframe, default=None
            Costs for this call, like the parameter of the same name; or an array of
            shape (n_samples, n_classes, n_classes) with a matrix for each row.
        false_alarm, miss : float or array-like of shape (n_samples,), default=None
            For two classes, instead of cost_matrix: `false_alarm` is the cost of
            predicting ``classes_[1]`` where ``classes_[0]`` is true, and `miss` the
            reverse. In a Pipeline, pass them by metadata routing,
            ``set_predict_request(false_alarm=True, miss=True)``.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_labels)
            Labels, as passed to `fit`.
        """
        X = self._features(X)
        ensemble = self._current()
        costs = ensemble.decision_costs
        has_pair = false_alarm is not None or miss is not None
        if cost_matrix is not None and has_pair:
            raise ValueError(
                "Costs are given either by cost_matrix, or by false_alarm and miss. "
                "Got both; leave one out."
            )
        if cost_matrix is not None or has_pair:
            costs = ensemble.targets.costs_per_row(
                cost_matrix, false_alarm, miss, X.shape[0]
            )
        return ensemble.predict(X, costs)


CostSensitiveMLPClassifier.__signature__ = signature_of(CostSensitiveMLPClassifier)


# Fitted attributes that depend on parameters.
_SOMETIMES = ("oob_proba_", "threshold_", "temperature_")


def _fitted_attributes(ensemble: TrainedEnsemble) -> dict[str, Any]:
    """Return the fitted attributes of an estimator with these networks."""
    history = ensemble.history
    best = [network.best_epoch for network in ensemble.networks]
    fitted = {
        "classes_": ensemble.targets.classes,
        "class_weight_": ensemble.targets.weights_by_label(ensemble.class_weight),
        "cost_matrix_": ensemble.costs,
        "history_": history,
        "loss_curve_": list(history.get("loss", [])),
        "n_iter_": len(history.get("loss", [])),
        "best_epoch_": best[0] if len(best) == 1 else best,
        "_trained": ensemble,
        "_model": None,
    }
    values = (ensemble.oob_proba, ensemble.threshold, ensemble.temperature)
    found = dict(zip(_SOMETIMES, values, strict=True))
    return fitted | {name: value for name, value in found.items() if value is not None}
