"""Settings that hold for every test."""

import os

# scikit-learn's array API check runs only where SciPy was told so before its import.
os.environ.setdefault("SCIPY_ARRAY_API", "1")
