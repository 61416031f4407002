"""The processes that functions run in: `DELETE /_sandbox/workers?function=NAME` kills those that are at work, as a crash would."""

import contextlib
from typing import Any

from ministack.core import lambda_runtime

from sandbox.aws import routes


def serve() -> None:
    """Takes requests to kill, and says how many were killed."""
    routes.add("DELETE", "workers", lambda query, body: {"killed": kill(query["function"])})


def kill(function: str) -> int:
    """Kills every worker of a function that has an invocation; returns their number."""
    with lambda_runtime._lock:
        busy: list[Any] = [worker for key, workers in lambda_runtime._workers.items() if key.split(":")[-2] == function
                           for worker in workers if worker.in_use and worker._proc]
    for worker in busy:
        with contextlib.suppress(ProcessLookupError):
            worker._proc.kill()
    return len(busy)
