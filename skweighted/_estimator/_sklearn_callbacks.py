"""`SklearnCallbacks`: callbacks of scikit-learn, as a `Hook` of the engine."""

from collections.abc import Callable
from typing import Any

from skweighted._engine._spec import Snapshot, Verdict


class SklearnCallbacks:
    """scikit-learn's callbacks (ProgressBar, ScoringMonitor), with one task per epoch.

    Parameters
    ----------
    estimator : estimator
        The estimator being fitted. Callbacks score copies of it with the attributes of
        an epoch.
    context : sklearn.callback.CallbackContext
        Context of the fit.
    X, y, sample_weight : ndarray
        Arguments of the fit.
    attributes : callable ``(Snapshot) -> dict``
        Returns the fitted attributes for a state of the network.
    """

    def __init__(
        self,
        estimator: Any,
        context: Any,
        X: Any,
        y: Any,
        sample_weight: Any,
        attributes: Callable[[Snapshot], dict[str, Any]],
    ) -> None:
        self._estimator = estimator
        self._context = context
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self._data = {"X": X, "y": y, "metadata": metadata}
        self._attributes = attributes
        self._epoch_context: Any = None
        context.call_on_fit_task_begin(estimator=estimator, **self._data)

    def begin_epoch(self, epoch: int) -> Verdict:
        """Begin a task."""
        self._epoch_context = self._context.subcontext(task_name="epoch")
        self._epoch_context.call_on_fit_task_begin(
            estimator=self._estimator, **self._data
        )
        return Verdict()

    def end_epoch(
        self, epoch: int, logs: dict[str, float], snapshot: Callable[[], Snapshot]
    ) -> Verdict:
        """End the task with the current state of the estimator."""
        stop = self._epoch_context.call_on_fit_task_end(
            estimator=self._estimator,
            reconstruction_attributes=self._attributes(snapshot()),
            **self._data,
        )
        return Verdict(stop=bool(stop))

    def finished(self) -> None:
        """End the task of the fit, once the estimator is fitted."""
        self._context.call_on_fit_task_end(
            estimator=self._estimator, reconstruction_attributes={}, **self._data
        )
