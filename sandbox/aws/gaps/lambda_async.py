"""MiniStack counts a throttled attempt of an asynchronous invocation as one of its three; Lambda keeps the event in its queue meanwhile.

Source: AWS Lambda developer guide, "How Lambda handles errors and retries with asynchronous invocation": throttles are retried for six hours.
"""

import contextvars
import time
from typing import Any

from ministack.services import lambda_svc

from sandbox.aws.patching import Function, patch

SECONDS = 6 * 3600
FIRST_DELAY, LONGEST_DELAY = 0.05, 2.0

_asynchronous: contextvars.ContextVar[bool] = contextvars.ContextVar("asynchronous", default=False)


def install() -> None:
    """Waits for a free worker where the invocation is asynchronous."""

    @patch(lambda_svc, "invoke_async_with_retry", "289fe4d3cbd4")
    def invoke_async_with_retry(original: Function, function: dict[str, Any], event: Any) -> None:
        token = _asynchronous.set(True)
        try:
            original(function, event)  # the thread that it starts copies the context
        finally:
            _asynchronous.reset(token)

    @patch(lambda_svc, "_execute_function", "3ceb16d6480a")
    def execute_function(original: Function, function: dict[str, Any], event: Any) -> Any:
        delay, deadline = FIRST_DELAY, time.monotonic() + SECONDS
        while True:
            result = original(function, event)
            throttled = isinstance(result, dict) and result.get("throttle")
            if not (throttled and _asynchronous.get() and time.monotonic() < deadline):
                return result
            time.sleep(delay)
            delay = min(delay * 1.5, LONGEST_DELAY)
