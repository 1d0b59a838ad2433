"""Settings that hold for every test."""

import os

from hypothesis import settings

# scikit-learn's array API check runs only if this is set before SciPy is imported.
os.environ.setdefault("SCIPY_ARRAY_API", "1")

# The same examples in each run, and no clock: timings belong to benchmarks.
settings.register_profile("skweighted", derandomize=True, deadline=None)
settings.load_profile("skweighted")
