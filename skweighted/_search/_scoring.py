"""Scores of fitted estimators, in the form of scikit-learn's `_fit_and_score`."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection._validation import _fit_and_score, _score
from sklearn.utils.metaestimators import _safe_split
from sklearn.utils.validation import _check_method_params, _num_samples


@dataclass(frozen=True, eq=False)
class Scoring:
    """What estimators are scored on, and how.

    Attributes
    ----------
    X, y : array-like
    folds : list of tuple of ndarray
        Indices of the training rows and of the test rows.
    n_candidates : int
    shared : dict
        Arguments of scikit-learn's `_fit_and_score` that are the same for all fits.
    """

    X: Any
    y: Any
    folds: list[tuple[np.ndarray, np.ndarray]]
    n_candidates: int
    shared: dict[str, Any]

    def training_rows(self, estimator: Any, fold: int) -> tuple[Any, Any, dict]:
        """Return X, y and the parameters of `fit` of the training rows of a fold."""
        train, _ = self.folds[fold]
        X, y = _safe_split(estimator, self.X, self.y, train)
        params = self.shared["fit_params"]
        return X, y, _check_method_params(self.X, params=params, indices=train)

    def of_fitted(self, estimator: Any, fold: int) -> dict[str, Any]:
        """Return the scores of a fitted estimator, as `_fit_and_score` does."""
        shared = self.shared
        scores = {}
        seconds = {}
        for name, rows in zip(("train", "test"), self.folds[fold], strict=True):
            if name == "train" and not shared["return_train_score"]:
                continue
            start = time.time()
            X, y = _safe_split(estimator, self.X, self.y, rows, self.folds[fold][0])
            params = _check_method_params(
                self.X, params=shared["score_params"], indices=rows
            )
            scores[f"{name}_scores"] = _score(
                estimator, X, y, shared["scorer"], params, shared["error_score"]
            )
            seconds[name] = time.time() - start
        return scores | {
            "fit_error": None,
            "n_test_samples": _num_samples(self.folds[fold][1]),
            "score_time": seconds["test"],
        }

    def of_failed(self, error: Exception, candidate: int, fold: int) -> dict[str, Any]:
        """Return the result of a fit that has failed, or raise its error."""
        return _fit_and_score(_Failed(error), **self.arguments(candidate, fold))

    def arguments(self, candidate: int, fold: int) -> dict[str, Any]:
        """Return the arguments of `_fit_and_score`, without parameters."""
        train, test = self.folds[fold]
        return self.shared | {
            "X": self.X,
            "y": self.y,
            "train": train,
            "test": test,
            "parameters": None,
            "split_progress": (fold, len(self.folds)),
            "candidate_progress": (candidate, self.n_candidates),
            "return_n_test_samples": True,
            "return_times": True,
        }


def without_scores(result: dict[str, Any]) -> dict[str, Any]:
    """Return a result of `_fit_and_score` with NaN in place of scores and times."""
    unknown = {
        name: dict.fromkeys(result[name], np.nan)
        if isinstance(result[name], dict)
        else np.nan
        for name in ("train_scores", "test_scores")
        if name in result
    }
    return result | unknown | {"fit_time": np.nan, "score_time": np.nan}


class _Failed(BaseEstimator):
    """An estimator whose training has failed with an error."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def fit(self, X: Any, y: Any = None, **params: Any) -> None:
        """Raise the error."""
        raise self.error
