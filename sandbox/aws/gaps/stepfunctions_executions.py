"""MiniStack waits 150 ms before each execution, ignores a machine's TimeoutSeconds, and keeps every Express execution for ever."""

import contextvars
import json
import threading
import time
from typing import Any

from ministack.services import stepfunctions

from sandbox.aws import access
from sandbox.aws.patching import Function, UpstreamChanged, patch

FIXED_WAIT = 0.15
EXPRESS_SECONDS = 300
KEPT = 200


class _Clock:
    """The `time` module for the interpreter, without its fixed wait."""

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    def sleep(self, seconds: float) -> None:
        if seconds != FIXED_WAIT:
            time.sleep(seconds)


def install() -> None:
    """Starts executions at once, ends them in time, and forgets the oldest Express ones."""
    if stepfunctions.time is not time:
        raise UpstreamChanged("ministack.services.stepfunctions no longer takes its clock from the time module.")
    stepfunctions.time = _Clock()

    @patch(stepfunctions, "_run_execution", "996dff84e0e0")
    def run_execution(original: Function, arn: str) -> None:
        execution = stepfunctions._executions.get(arn) or {}
        machine = stepfunctions._state_machines.get(execution.get("stateMachineArn")) or {}
        timer = _end_in_time(execution, machine)
        with access.acting_as(machine.get("roleArn", "")):
            try:
                original(arn)
            finally:
                timer.cancel()
        if machine.get("type") == "EXPRESS":
            _forget_oldest(execution["stateMachineArn"])


def _end_in_time(execution: dict[str, Any], machine: dict[str, Any]) -> threading.Timer:
    try:
        seconds = json.loads(machine.get("definition", "{}")).get("TimeoutSeconds")
    except ValueError:
        seconds = None

    def end() -> None:
        if execution.get("status") == "RUNNING":
            execution.update(status="TIMED_OUT", error="States.Timeout", stopDate=stepfunctions.now_iso())
            stepfunctions._add_event(execution, "ExecutionTimedOut", {})

    timer = threading.Timer(seconds or EXPRESS_SECONDS, contextvars.copy_context().run, args=(end,))
    timer.daemon = True
    timer.start()
    return timer


def _forget_oldest(machine: str) -> None:
    ended = [arn for arn, execution in list(stepfunctions._executions.items())
             if execution["stateMachineArn"] == machine and execution["status"] != "RUNNING"]
    for arn in ended[:-KEPT]:
        stepfunctions._executions.pop(arn, None)
