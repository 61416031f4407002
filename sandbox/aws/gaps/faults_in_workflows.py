"""MiniStack's workflows call services in-process, where nothing fails: their Tasks meet the faults that were asked for.

A call that would take longer than its Task's TimeoutSeconds ends it by `States.Timeout`; that wait, like those between retries, is as long as
SFN_WAIT_SCALE makes it.
"""

import contextlib
import contextvars
import json
from typing import Any

from ministack.services import stepfunctions

from sandbox.aws import access, faults
from sandbox.aws.gaps.stepfunctions_access import error_name
from sandbox.aws.patching import Function, patch
from sandbox.aws.task_permissions import needed

_limit: contextvars.ContextVar[float | None] = contextvars.ContextVar("limit", default=None)


def install() -> None:
    """Answers for the service while a fault is on its operation."""

    @patch(stepfunctions, "_invoke_resource_with_timeout", "faeed0bf70d5")
    def invoke_resource_with_timeout(original: Function, resource: str, arguments: Any, timeout: float) -> Any:
        token = _limit.set(timeout)
        try:
            return original(resource, arguments, timeout)
        finally:
            _limit.reset(token)

    @patch(stepfunctions, "_invoke_resource", "a85d2be9a858")
    def invoke_resource(original: Function, resource: str, arguments: Any) -> Any:
        fault = _meets(resource, arguments) if faults.expected() else None
        if fault is None:
            return original(resource, arguments)
        if fault.spares_the_answer:
            try:
                return original(resource, arguments)
            finally:
                _wait(fault.delay)  # where it is too long, its States.Timeout takes the answer's place, whatever that was
        if fault.after:
            with contextlib.suppress(stepfunctions._ExecutionError):  # whatever the answer was, it is lost
                original(resource, arguments)
        _wait(fault.delay)
        if fault.error is not None:
            raise stepfunctions._ExecutionError(
                fault.error if fault.error.startswith("States.") else error_name(resource, fault.error), fault.message)
        if isinstance(fault.body, str):
            raise stepfunctions._ExecutionError(error_name(resource).split(".")[0] + ".SdkClientException", "The answer could not be parsed.")
        return fault.body


def _meets(resource: str, arguments: Any) -> faults.Fault | None:
    action, _, _ = next(needed(resource, arguments), ("", "", {}))
    return faults.strike(action, json.dumps(arguments), access.role.get())


def _wait(seconds: float) -> None:
    limit = _limit.get()
    if limit is not None and seconds >= limit:
        stepfunctions._scaled_sleep(limit)
        raise stepfunctions._ExecutionError("States.Timeout", f"Task timed out after {limit} seconds")
    stepfunctions._scaled_sleep(seconds)
