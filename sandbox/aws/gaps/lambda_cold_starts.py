"""MiniStack starts as many workers at once as there are calls, however few processors there are, so that none of them is ready in time."""

import os
import threading
from typing import Any

from ministack.core import lambda_runtime

from sandbox.aws.patching import Function, patch

_starting = threading.Semaphore(max(2, os.cpu_count() or 1))


def install() -> None:
    """Starts one for each processor at a time."""

    @patch(lambda_runtime.Worker, "_spawn", "c55febf95656")
    def spawn(original: Function, worker: Any) -> None:
        with _starting:
            original(worker)
