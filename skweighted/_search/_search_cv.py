"""`ClassWeightSearchCV`: its parameters, and what `fit` does with the scores."""

import numbers
import time
import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import _fit_context, clone, is_classifier
from sklearn.metrics._scorer import _MultimetricScorer
from sklearn.model_selection import check_cv
from sklearn.model_selection._search import BaseSearchCV
from sklearn.model_selection._validation import (
    _insert_error_scores,
    _warn_or_raise_about_fit_failures,
)
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import _check_method_params, indexable

from skweighted._progress import progress_bar
from skweighted._search._callbacks import SearchTasks
from skweighted._search._candidates import candidates_of
from skweighted._search._scoring import Scoring
from skweighted._warnings import warn_user

if TYPE_CHECKING:
    from skweighted._search._evaluation import Evaluation

# Fitted attributes that belong to the best candidate.
_OF_THE_BEST = (
    *("best_index_", "best_params_", "best_score_"),
    *("best_estimator_", "refit_time_", "feature_names_in_"),
)


class ClassWeightSearchCV(BaseSearchCV):
    """Search over class weights and other parameters, with all networks in one program.

    Its results are those of `sklearn.model_selection.GridSearchCV`. The networks of all
    candidates and folds are trained together, which took 0.36 to 0.60 of the time for
    50 small networks (``benchmarks/search.py``).

    One program trains all networks that have the same layers, optimizer, batch size,
    epochs, kind of loss and rule of early stopping, either all with dropout or all
    without. Class weights, sample weights, costs, learning rates, values of `alpha`,
    dropout rates, numbers of the loss, seeds and folds can differ, and so can the
    number of networks in an ensemble. Other parameters can be searched as well, with
    one program for each of their combinations.

    Parameters
    ----------
    estimator : CostSensitiveMLPClassifier or Pipeline
        A classifier, or a pipeline of scikit-learn or imbalanced-learn that ends in
        one. Earlier steps, samplers included, are fitted once per fold for all
        candidates that do not differ in them. Give samplers and the classifier a
        `random_state`, so that candidates are compared on equal terms.
    param_grid : dict, iterable of dict, or "path"
        A dict or a list of dicts is a grid, as in GridSearchCV. Another iterable, such
        as a `sklearn.model_selection.ParameterSampler`, or a list of dicts in which
        not all values are sequences, lists the candidates. In a grid of two classes,
        the value "path" of `class_weight` stands for 9 weights of the rarer class on a
        logarithmic scale. The middle one is the balanced weight; the others range over
        a factor of 10 in each direction, or to the weight 1 if that is further.
        ``param_grid="path"`` searches over this path only. If a value has a method
        `rvs`, such as `scipy.stats.loguniform`, `n_iter` candidates are drawn as in
        `sklearn.model_selection.RandomizedSearchCV`.
    n_iter : int, default=10
        Number of candidates that are drawn from distributions.
    scoring : str, callable, list, tuple or dict, default=None
        One or more scores, as in GridSearchCV.
    cv : int, cross-validation generator or iterable, default=5
        The folds, as in GridSearchCV.
    refit : bool, str or callable, default=True
        Whether to fit the best candidate to all rows, and how it is chosen, as in
        GridSearchCV.
    error_score : "raise" or float, default=nan
        Score of a candidate on a fold if its fit fails, for instance because training
        diverges. Other networks are not affected.
    return_train_score : bool, default=False
        Whether `cv_results_` includes scores on the training rows.
    n_jobs : int, default=None
        Number of processes for candidates that are fitted one by one. Networks that
        train together use all cores in one process.
    verbose : int, default=0
        Above 0, the number of fits is printed, and a progress bar is shown if stderr is
        a terminal. Candidates that are fitted one by one print the messages of
        GridSearchCV.
    random_state : int, RandomState instance or None, default=None
        Determines which candidates are drawn from distributions.
    pruning : {"halving"} or None, default=None
        "halving" stops, between epochs, the candidates that fall behind on the rows
        that early stopping holds out from the training rows: after some epochs, after
        three times as many, and so on, only the best third of the candidates is
        continued (asynchronous successive halving; Li et al., 2020). Test rows have no
        part in it. All candidates need ``early_stopping=True`` and the same `monitor`,
        whose values must not depend on class weights, as those of the default.

    Attributes
    ----------
    cv_results_ : dict of ndarray
        Parameters and scores, with the keys of GridSearchCV. In ``mean_fit_time``, the
        time of a program is shared equally by its networks. With `pruning`, "pruned"
        is True for the candidates that were stopped. Their scores are those of the
        networks at that time.
    best_estimator_ : estimator
        The best candidate among those that were not pruned, fitted to all rows. Only
        if `refit` is not False.
    best_score_ : float
        Its mean score on the test folds.
    best_params_ : dict
        Its parameters.
    best_index_ : int
        Its index in `cv_results_`.
    scorer_ : function or dict
        The scorers.
    n_splits_ : int
        Number of folds.
    refit_time_ : float
        Seconds of the last fit.
    multimetric_ : bool
        Whether there are several scores.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, if X had names that are all strings.

    Warns
    -----
    UserWarning
        If a candidate cannot be trained together with others, with the reason. It is
        fitted on its own, or an error is raised if its `engine` is "xla".

    References
    ----------
    Li, L., Jamieson, K., Rostamizadeh, A., Gonina, E., Hardt, M., Recht, B. and
    Talwalkar, A. (2020). A system for massively parallel hyperparameter tuning.
    Proceedings of Machine Learning and Systems 2.

    See Also
    --------
    sklearn.model_selection.GridSearchCV : The same search, one fit after the other.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from skweighted import ClassWeightSearchCV, CostSensitiveMLPClassifier
    >>> X, y = make_classification(weights=[0.9], random_state=0)
    >>> clf = CostSensitiveMLPClassifier(epochs=10, random_state=0)
    >>> search = ClassWeightSearchCV(clf, "path", scoring="f1").fit(X, y)
    >>> len(search.cv_results_["params"])
    9
    """

    _parameter_constraints: dict = {  # noqa: RUF012 (sklearn's name and type)
        **BaseSearchCV._parameter_constraints,
        "param_grid": [dict, Iterable],
        "n_iter": [Interval(numbers.Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
        "pruning": [StrOptions({"halving"}), None],
    }

    def __init__(
        self,
        estimator: Any,
        param_grid: Any,
        *,
        n_iter: int = 10,
        scoring: Any = None,
        cv: Any = 5,
        refit: bool | str | Any = True,
        error_score: float | str = np.nan,
        return_train_score: bool = False,
        n_jobs: int | None = None,
        verbose: int = 0,
        random_state: Any = None,
        pruning: str | None = None,
    ) -> None:
        super().__init__(
            estimator,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            error_score=error_score,
            return_train_score=return_train_score,
        )
        self.param_grid = param_grid
        self.n_iter = n_iter
        self.random_state = random_state
        self.pruning = pruning

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any = None, **params: Any) -> Self:
        """Train and score all candidates on all folds, and refit the best one.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Labels.
        **params : dict of str to object
            Passed to the estimator, the splitter and the scorers, as in GridSearchCV;
            for instance `sample_weight` or `groups`. Those of the length of X are split
            like X.

        Returns
        -------
        self : ClassWeightSearchCV

        Raises
        ------
        KeyboardInterrupt
            If the user interrupts the search. Candidates that are complete on all folds
            are kept: `cv_results_` has their scores, and NaN for the others, and
            `best_params_` is the best of them. There is no `best_estimator_`.
        """
        scorers, refit_metric = self._get_scorers()
        X, y = indexable(X, y)
        _check_order(X, y)
        params = _check_method_params(X, params=params)
        routed = self._get_routed_params_for_fit(params)
        cv = check_cv(self.cv, y, classifier=is_classifier(self.estimator))
        folds = list(cv.split(X, y, **routed.splitter.split))
        _warn_about_missing_classes(y, folds)
        candidates = candidates_of(
            self.param_grid, self.estimator, y, self.n_iter, self.random_state
        )
        if not candidates or not folds:
            raise ValueError(
                f"A search needs candidates and folds. Got {len(candidates)} "
                f"candidates and {len(folds)} folds. Check param_grid and cv."
            )
        n_fits = len(folds) * len(candidates)
        if self.verbose > 0:
            print(  # noqa: T201 (as GridSearchCV does)
                f"Fitting {len(folds)} folds for each of {len(candidates)} candidates, "
                f"totalling {n_fits} fits"
            )
        shared = {
            "scorer": scorers,
            "fit_params": routed.estimator.fit,
            "score_params": routed.scorer.score,
            "return_train_score": self.return_train_score,
            "error_score": self.error_score,
            "verbose": self.verbose,
        }
        # Not at the top: a fitted search predicts without TensorFlow.
        from skweighted._search._evaluation import Evaluation

        weight = params.get("sample_weight")
        tasks = SearchTasks(self, X, y, weight, n_fits, self.refit is not False)
        with progress_bar(n_fits, "fits", shown=self.verbose > 0) as bar:
            evaluation = Evaluation(
                estimator=self.estimator,
                candidates=candidates,
                scoring=Scoring(X, y, folds, len(candidates), shared),
                n_jobs=self.n_jobs,
                bar=bar,
                tasks=tasks,
                pruning=self.pruning is not None,
            )
            try:
                evaluation.run()
            except KeyboardInterrupt:
                self._keep(evaluation, scorers, refit_metric)
        _warn_or_raise_about_fit_failures(evaluation.results(), self.error_score)
        self._choose(self._remember(evaluation, scorers, refit_metric))
        tasks.searched()
        if self.refit:
            self._refit(X, y, routed.estimator.fit, tasks)
        tasks.finished()
        return self

    def _keep(self, evaluation: "Evaluation", scorers: Any, refit_metric: Any) -> None:
        """Set the attributes of complete candidates, and raise KeyboardInterrupt."""
        n_complete = len(evaluation.complete())
        if not n_complete:
            raise KeyboardInterrupt(
                "The search was interrupted before a candidate was complete. It is "
                "unchanged."
            ) from None
        with warnings.catch_warnings():
            # scikit-learn warns of the scores that are missing.
            warnings.simplefilter("ignore", UserWarning)
            refit_metric = self._remember(evaluation, scorers, refit_metric)
        # A user's function may not be prepared for NaN.
        if not callable(self.refit):
            self._choose(refit_metric)
        raise KeyboardInterrupt(
            f"The search was interrupted after {n_complete} of "
            f"{len(evaluation.candidates)} candidates. cv_results_ has their scores, "
            f"and NaN for the others. There is no best_estimator_."
        ) from None

    def _remember(
        self, evaluation: "Evaluation", scorers: Any, refit_metric: Any
    ) -> Any:
        """Set `cv_results_` and its kin, and return the name of the metric of refit."""
        results = evaluation.results()
        if callable(self.scoring):
            _insert_error_scores(results, self.error_score)
        scores = results[0]["test_scores"]
        is_several = isinstance(scores, dict)
        if callable(self.scoring) and is_several:
            self._check_refit_for_multimetric(scores)
            refit_metric = self.refit
        for name in filter(vars(self).__contains__, _OF_THE_BEST):
            delattr(self, name)
        self.multimetric_ = is_several
        self.n_splits_ = evaluation.n_folds
        self.scorer_ = (
            scorers._scorers if isinstance(scorers, _MultimetricScorer) else scorers
        )
        self.cv_results_ = self._format_results(
            evaluation.candidates, self.n_splits_, results
        )
        if self.pruning is not None:
            numbers = range(len(evaluation.candidates))
            is_pruned = [number in evaluation.pruned for number in numbers]
            self.cv_results_["pruned"] = np.array(is_pruned)
        return refit_metric

    def _choose(self, refit_metric: Any) -> None:
        """Set the attributes of the best candidate, if one is chosen."""
        if not self.refit and self.multimetric_:
            return
        results = self.cv_results_
        if self.pruning is not None and not callable(self.refit):
            key = f"rank_test_{refit_metric}"
            last = len(results["pruned"]) + 1
            rank = np.where(results["pruned"], last, results[key])
            is_unknown = np.isnan(results[f"mean_test_{refit_metric}"])
            results = results | {key: np.where(is_unknown, last + 1, rank)}
        self.best_index_ = self._select_best_index(self.refit, refit_metric, results)
        if not callable(self.refit):
            self.best_score_ = results[f"mean_test_{refit_metric}"][self.best_index_]
        self.best_params_ = results["params"][self.best_index_]

    def _refit(
        self, X: Any, y: Any, fit_params: dict[str, Any], tasks: SearchTasks
    ) -> None:
        """Fit the best candidate to all rows."""
        best = clone(self.estimator).set_params(**clone(self.best_params_, safe=False))
        start = time.time()
        try:
            with tasks.refitting(best):
                self.best_estimator_ = best.fit(X, y, **fit_params)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(
                "The last fit, of the best candidate to all rows, was interrupted. "
                "cv_results_ and best_params_ are complete. There is no "
                "best_estimator_."
            ) from None
        self.refit_time_ = time.time() - start
        if hasattr(best, "feature_names_in_"):
            self.feature_names_in_ = best.feature_names_in_


def _check_order(X: Any, y: Any) -> None:
    """Raise ValueError if X seems to be the labels, and y the features."""
    # A list of texts is a valid X, and a table of 0 and 1 a valid y.
    features = ("continuous-multioutput", "multiclass-multioutput", "unknown")
    if np.ndim(X) == 1 and np.ndim(y) == 2 and type_of_target(y) in features:
        raise ValueError(
            f"X must have two dimensions and y one. X has shape {np.shape(X)} and y "
            f"has shape {np.shape(y)}. Are they swapped? Call fit(X, y)."
        )


def _warn_about_missing_classes(
    y: Any, folds: list[tuple[np.ndarray, np.ndarray]]
) -> None:
    """Warn if the training rows of a fold lack a class of y."""
    if y is None or type_of_target(y) not in ("binary", "multiclass"):
        return
    labels, index = np.unique(np.asarray(y), return_inverse=True)
    for number, (train, _) in enumerate(folds):
        counts = np.bincount(index.ravel()[train], minlength=len(labels))
        missing = labels[counts == 0].tolist()
        if missing:
            warn_user(
                f"The training rows of fold {number} do not contain "
                f"{', '.join(map(repr, missing))}. Use StratifiedKFold, fewer folds, "
                f"or more rows.",
                UserWarning,
            )
