"""The networks, loaded when they are first needed, and the one line in the log where one is not there."""

import functools
import logging
import threading
from typing import Any

from sandbox.models.catalogue import WEIGHTS

log = logging.getLogger("sandbox.vision")
INSTALL = "python -m sandbox.models fetch"

_lock = threading.RLock()


def session(name: str) -> Any | None:
    """The ONNX session of some weights: any number of threads may run it. None where they, or the runtime, are missing."""
    with _lock:
        return _session(name)


@functools.cache
def _session(name: str) -> Any | None:
    weights = WEIGHTS[name]
    if not weights.path.exists():
        missing(weights.what, f"{INSTALL}{' --extra' if weights.extra else ''}")
        return None
    try:
        import onnxruntime
    except ImportError:
        missing(weights.what, "pip install onnxruntime")
        return None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # pictures run beside one another instead
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = False  # an arena keeps a hundred megabytes, and saves no time that could be measured
    return onnxruntime.InferenceSession(weights.path, options, providers=["CPUExecutionProvider"])


@functools.cache
def missing(what: str, install: str) -> None:
    """Says once that something is not there."""
    log.warning("Rekognition in the sandbox cannot tell %s: the model is not here. To get it: %s", what, install)
