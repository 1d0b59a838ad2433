"""Settings that hold for every test."""

import os

from hypothesis import settings

# scikit-learn's array API check runs only if this is set before SciPy is imported.
os.environ.setdefault("SCIPY_ARRAY_API", "1")

# Threads of OpenMP and BLAS that wait sleep. By default they first spin for some
# milliseconds, on the cores that the other workers need: a comparison of logistic
# regressions took 1.2 s of a core instead of 0.3. Both are read when NumPy is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")

# Compiling takes most of the suite's time, and nearly half of that goes into making the
# programs fast, which pays for users but not here. With XLA_FLAGS="", the programs are
# those that users have; CI runs the tests of the engine again in that way.
os.environ.setdefault(
    "XLA_FLAGS",
    "--xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false",
)

# The same examples in each run, and no clock: timings belong to benchmarks.
settings.register_profile("skweighted", derandomize=True, deadline=None)
settings.load_profile("skweighted")
