"""How many cores this process may use."""

import os

from joblib import cpu_count


def n_cores() -> int:
    """Return how many cores this process may use: fewer in joblib's workers."""
    limit = os.environ.get("TF_NUM_INTRAOP_THREADS") or os.environ.get(
        "OMP_NUM_THREADS", ""
    )
    most = int(limit) if limit.isdigit() else 0
    return min(most, cpu_count()) if most else cpu_count()
