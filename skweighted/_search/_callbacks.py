"""scikit-learn's callbacks of a search: a task for each fit, as in GridSearchCV."""

import contextlib
from collections.abc import Iterator
from typing import Any


class SearchTasks:
    """The tasks of a search, which scikit-learn's callbacks follow.

    Networks that train together are fitted at the same time, so the task of a fit
    begins and ends when it is scored. Callbacks do not see its epochs.

    Parameters
    ----------
    search : estimator
        The search, with `_init_callback_context`.
    X, y, sample_weight : object
        Arguments of its fit.
    n_fits : int
    refit : bool
        Whether the best candidate is fitted in the end.
    """

    def __init__(
        self, search: Any, X: Any, y: Any, sample_weight: Any, n_fits: int, refit: bool
    ) -> None:
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self._estimator = search
        self._given = {"X": X, "y": y, "metadata": metadata}
        self._root = search._init_callback_context(max_subtasks=1 + refit)
        self._root.call_on_fit_task_begin(estimator=search, **self._given)
        self._search = self._root.subcontext(
            task_name="search", max_subtasks=n_fits, sequential_subtasks=False
        )
        self._search.call_on_fit_task_begin(estimator=search)

    def scored(self, number: int) -> None:
        """Begin and end the task of a fit, by its number."""
        task = self._search.subcontext(
            task_name="candidate-split-evaluation", task_id=number
        )
        task.call_on_fit_task_begin(estimator=self._estimator, **self._given)
        task.call_on_fit_task_end(estimator=self._estimator, **self._given)

    def searched(self) -> None:
        """End the task of all fits."""
        self._search.call_on_fit_task_end(estimator=self._estimator)

    @contextlib.contextmanager
    def refitting(self, best: Any) -> Iterator[None]:
        """Run the task of the last fit, whose callbacks `best` shares."""
        task = self._root.subcontext(task_name="refit-with-best-params")
        with task.propagate_callback_context(best):
            task.call_on_fit_task_begin(estimator=self._estimator, **self._given)
            yield
        task.call_on_fit_task_end(estimator=self._estimator, **self._given)

    def finished(self) -> None:
        """End the task of the search."""
        self._root.call_on_fit_task_end(estimator=self._estimator, **self._given)
