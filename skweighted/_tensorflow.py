"""TensorFlow's first import: quiet on the user's screen, honest about errors.

Modules that need Keras say `from skweighted._tensorflow import keras`, so TensorFlow
is loaded here and nowhere else.
"""

import contextlib
import contextvars
import importlib
import logging
import os
import re
import sys
import tempfile

# What TensorFlow's C++ side writes on a healthy machine, straight to file
# descriptor 2 and before TF_CPP_MIN_LOG_LEVEL takes effect (TensorFlow 2.21).
_NOISE = re.compile(
    r"^(WARNING: All log messages before absl::InitializeLog\(\)"
    r"|[IW]\d{4} "
    r"|\d{4}-\d\d-\d\d .*: [IW] "
    r"|E\d{4} .*failed call to cuInit"
    r"|E\d{4} .*Unable to register cu\w+ factory"
    r"|To enable the following instructions:)"
)


@contextlib.contextmanager
def _only_errors_on_stderr():
    """Hold back what is written to file descriptor 2 and pass on all but the noise."""
    try:
        held, screen = tempfile.TemporaryFile(), os.dup(2)  # noqa: SIM115
    except OSError:  # no stderr to keep clean, or no place to hold anything back
        yield
        return
    if sys.stderr is not None:
        sys.stderr.flush()
    with held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(screen, 2)
            os.close(screen)
            held.seek(0)
            for line in held.read().decode(errors="replace").splitlines(True):
                if not _NOISE.match(line):
                    os.write(2, line.encode())


def _bound_threads():
    """Let TensorFlow's threads follow the limit that joblib sets in its workers."""
    limit = os.environ.get("OMP_NUM_THREADS", "")
    if limit.isdigit():
        os.environ.setdefault("TF_NUM_INTRAOP_THREADS", limit)
        os.environ.setdefault("TF_NUM_INTEROP_THREADS", limit)


def _load_tensorflow():
    """Import TensorFlow and look for its devices, without its log lines."""
    if "tensorflow" in sys.modules:
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    _bound_threads()
    with _only_errors_on_stderr():
        tensorflow = importlib.import_module("tensorflow")
        # The search for a GPU logs too; it would otherwise run inside the first fit.
        tensorflow.config.list_physical_devices()


_retracing_expected = contextvars.ContextVar("retracing_expected", default=False)


@contextlib.contextmanager
def expected_retracing():
    """Silence TensorFlow's retracing warnings, in this thread and this block only.

    `keras.Model.fit` traces once per model, and a loop of fits makes many models.
    """
    token = _retracing_expected.set(True)
    try:
        yield
    finally:
        _retracing_expected.reset(token)


def _is_news(record):
    """Tell whether a log record of TensorFlow is worth the user's screen."""
    return not (
        _retracing_expected.get()
        and "triggered tf.function retracing" in record.getMessage()
    )


_load_tensorflow()
logging.getLogger("tensorflow").addFilter(_is_news)

import keras  # noqa: E402
import tensorflow as tf  # noqa: E402

if keras.config.backend() != "tensorflow":
    raise ImportError(
        f"skweighted trains Keras networks on TensorFlow, and Keras is set to the "
        f"backend {keras.config.backend()!r}. Set KERAS_BACKEND=tensorflow, in the "
        f"environment or before Keras is imported."
    )

__all__ = ["expected_retracing", "keras", "tf"]
