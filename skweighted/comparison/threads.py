"""Bounds on the native threads of a fit, so that none waits for a busy core.

Threads of OpenMP wait for each other by spinning. With more of them than free cores,
one fit of gradient boosting on 5,404 rows took 2 to 34 s on two busy cores, and 0.4 s
with a single thread.
"""

import math
import os
import time
from contextlib import AbstractContextManager
from pathlib import Path

from threadpoolctl import ThreadpoolController

from skweighted._cores import n_cores

# The load average covers about the last minute.
LOAD_SECONDS = 60.0


class FreeCores:
    """Cores that other processes leave free; made before the first fit."""

    def __init__(self) -> None:
        self._started, self._used = time.perf_counter(), time.process_time()

    def count(self) -> int:
        """Return how many cores are free for this process now, at least 1."""
        busy = max(self._load_of_others(), _n_running() - 1)
        return max(1, round(n_cores() - busy))

    def _load_of_others(self) -> float:
        """Return the load average without what this process adds to it."""
        try:
            load = os.getloadavg()[0]
        except (AttributeError, OSError):  # as on Windows
            return 0.0
        elapsed = max(time.perf_counter() - self._started, 1e-9)
        cores_used = (time.process_time() - self._used) / elapsed
        ours = cores_used * (1 - math.exp(-elapsed / LOAD_SECONDS))
        return max(0.0, load - ours)


def bounded(n_threads: int) -> AbstractContextManager[object]:
    """Return a context with this number of OpenMP threads and one BLAS thread.

    The number of BLAS threads is fixed, because the last digits of a logistic
    regression depend on it. Those of gradient boosting do not depend on OpenMP's.
    TensorFlow has threads of its own, which are not bounded.
    """
    # A new controller each time: libraries may have been loaded since the last.
    return ThreadpoolController().limit(limits={"openmp": n_threads, "blas": 1})


def _n_running() -> int:
    """Return how many threads run or wait for a core now, or 1 where that is unknown.

    The load average takes a minute to notice a process that has just begun.
    """
    try:
        return int(Path("/proc/loadavg").read_text().split()[3].partition("/")[0])
    except (OSError, IndexError, ValueError):
        return 1
