"""The import of TensorFlow, without its log lines, but with its errors.

Modules that need Keras use `from skweighted._tensorflow import keras`, so that
TensorFlow is loaded only here.
"""

import contextlib
import contextvars
import importlib
import importlib.util
import logging
import os
import re
import sys
import tempfile
from collections.abc import Iterator

# What TensorFlow's C++ code writes even if nothing is wrong, directly to file
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
    """Filter the noise out of what is written to file descriptor 2."""
    try:
        held, screen = tempfile.TemporaryFile(), os.dup(2)  # noqa: SIM115
    except OSError:  # no stderr, or no place for a temporary file
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
    """Apply the thread limit that joblib sets in its workers to TensorFlow."""
    limit = os.environ.get("OMP_NUM_THREADS", "")
    if limit.isdigit():
        os.environ.setdefault("TF_NUM_INTRAOP_THREADS", limit)
        os.environ.setdefault("TF_NUM_INTEROP_THREADS", limit)


def _load_tensorflow():
    """Import TensorFlow and list its devices, without its log lines."""
    if sys.modules.get("tensorflow") is not None:
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    _bound_threads()
    if importlib.util.find_spec("tensorflow") is None:
        raise ImportError(
            "Training needs TensorFlow, which is not installed. Install tensorflow, or "
            'tensorflow-cpu, which is half the size: pip install "skweighted[cpu]". '
            "Fitted classifiers predict without it."
        )
    with _only_errors_on_stderr():
        tensorflow = importlib.import_module("tensorflow")
        # Listing GPUs writes log lines too; otherwise this happens in the first fit.
        tensorflow.config.list_physical_devices()


_retracing_expected = contextvars.ContextVar("retracing_expected", default=False)


@contextlib.contextmanager
def expected_retracing() -> Iterator[None]:
    """Silence TensorFlow's retracing warnings, in this thread and this block only.

    `keras.Model.fit` traces once per model, and a loop of fits creates many models.
    """
    token = _retracing_expected.set(True)
    try:
        yield
    finally:
        _retracing_expected.reset(token)


def _is_news(record):
    """Return whether a log record of TensorFlow should be shown."""
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
        f"skweighted needs Keras with the TensorFlow backend. The backend is "
        f"{keras.config.backend()!r}. Set the environment variable "
        f"KERAS_BACKEND=tensorflow before Keras is imported."
    )

__all__ = ["expected_retracing", "keras", "tf"]
