"""`fit_together`: many classifiers, each on its own data, in one program."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from skweighted._estimator._input import kept_attributes, restore_attributes
from skweighted._estimator._together import (
    train_together,
    why_not_this_loss,
    why_not_together,
)
from skweighted._estimator._train_ensemble import PreparedEnsemble
from skweighted._search._last_step import (
    last_step,
    received,
    remember,
    why_not_estimator,
)
from skweighted._search._queue import Queue


class _Fit(NamedTuple):
    """A classifier that waits for its training, and its number."""

    number: int
    classifier: Any
    prepared: PreparedEnsemble


def fit_together(
    fits: Iterable[tuple[Any, ...]], *, on_error: str = "raise"
) -> list[Any]:
    """Fit many classifiers, each on its own data, with their networks in one program.

    The networks are those of separate calls of `fit`. One program trains all that have
    the same layers, optimizer, batch size, epochs and kind of loss, as described at
    `ClassWeightSearchCV`. Estimators that cannot be trained together with others are
    fitted one by one.

    Parameters
    ----------
    fits : iterable of tuple ``(estimator, X, y)`` or ``(estimator, X, y, params)``
        Classifiers, or pipelines of scikit-learn or imbalanced-learn that end in one,
        their data, and further arguments of `fit` as a dict. The estimators are
        fitted in place. From a generator, only some of the data are in memory at a
        time.
    on_error : {"raise", "return"}, default="raise"
        Whether an error of a fit is raised, or returned in place of the estimator. The
        other fits are not affected in the second case.

    Returns
    -------
    list of estimator or Exception
        The fitted estimators, in the order of `fits`.

    Raises
    ------
    ValueError
        If an estimator occurs twice.
    TypeError
        If a fit is not a tuple of three or four.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from skweighted import CostSensitiveMLPClassifier, fit_together
    >>> X, y = make_classification(weights=[0.9], random_state=0)
    >>> seeds = [CostSensitiveMLPClassifier(random_state=seed) for seed in range(5)]
    >>> fitted = fit_together((clf, X, y) for clf in seeds)
    >>> fitted[4].predict_proba(X).shape
    (100, 2)
    """
    if on_error not in ("raise", "return"):
        raise ValueError(f"on_error must be 'raise' or 'return'. Got {on_error!r}.")
    results: dict[int, Any] = {}
    # What preparing has changed in estimators that are not fitted yet.
    unfinished: dict[int, tuple[Any, dict[str, Any]]] = {}

    def fail(number: int, error: Exception) -> None:
        if on_error == "raise":
            raise error
        results[number] = error

    def train(some: list[_Fit]) -> None:
        networks = [network for fit in some for network in fit.prepared.networks]
        trained = iter(train_together(networks))
        for fit in some:
            own = [next(trained) for _ in fit.prepared.networks]
            try:
                remember(fit.classifier, fit.prepared, own)
            except Exception as error:
                fail(fit.number, error)
            else:
                del unfinished[fit.number]

    queue: Queue[_Fit] = Queue(train)
    try:
        for number, (estimator, X, y, params) in enumerate(_checked(fits)):
            classifier = last_step(estimator)
            results[number] = estimator
            unfinished[number] = classifier, kept_attributes(classifier)
            try:
                prepared = _prepared(estimator, X, y, params)
                if prepared is None:
                    restore_attributes(*unfinished.pop(number))
                    estimator.fit(X, y, **params)
            except Exception as error:
                fail(number, error)
                continue
            if prepared is not None:
                queue.add(_Fit(number, classifier, prepared))
        queue.train_all()
    finally:
        for classifier, kept in unfinished.values():
            restore_attributes(classifier, kept)
    return [results[number] for number in range(len(results))]


def _checked(
    fits: Iterable[tuple[Any, ...]],
) -> Iterator[tuple[Any, Any, Any, dict[str, Any]]]:
    """Yield estimator, X, y and further arguments of each fit."""
    seen: dict[int, Any] = {}
    for number, given in enumerate(fits):
        if not isinstance(given, tuple | list) or len(given) not in (3, 4):
            raise TypeError(
                f"Each fit must be (estimator, X, y) or (estimator, X, y, params). Fit "
                f"{number} is {_in_short(given)}."
            )
        estimator, X, y, *rest = given
        classifier = last_step(estimator)
        if id(classifier) in seen:
            raise ValueError(
                f"Each fit needs its own estimator. That of fit {number} occurs twice. "
                f"Use sklearn.base.clone."
            )
        seen[id(classifier)] = classifier
        yield estimator, X, y, dict(rest[0] or {}) if rest else {}


def _in_short(given: Any) -> str:
    """Return what was given in place of a tuple of three or four."""
    if isinstance(given, tuple | list):
        return f"a {type(given).__name__} of {len(given)}"
    return f"of type {type(given).__name__}"


def _prepared(
    estimator: Any, X: Any, y: Any, params: dict[str, Any]
) -> PreparedEnsemble | None:
    """Return what an estimator would train, or None if it must be fitted alone."""
    if why_not_estimator(estimator) is not None:
        return None
    classifier = last_step(estimator)
    classifier._validate_params()
    settings = classifier._settings()
    if why_not_together(settings) is not None or classifier.warm_start:
        return None
    given = received(estimator, X, y, params)
    prepared = classifier._prepared(settings, given.X, given.y, **given.params)
    if why_not_this_loss(prepared.networks[0]) is not None:
        return None
    return prepared
