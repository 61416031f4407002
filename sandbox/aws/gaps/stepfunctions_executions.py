"""MiniStack waits 150 ms before each execution, ignores a machine's TimeoutSeconds, and keeps every Express execution for ever.

An execution that has ended, by its time-out or StopExecution, goes on calling from within a Map or a Parallel there, and an Express one is
announced on the default bus; on AWS neither happens.
"""

import contextvars
import json
import threading
import time
from typing import Any

from ministack.services import stepfunctions

from sandbox.aws import access, execution
from sandbox.aws.patching import Function, expect, patch

FIXED_WAIT = 0.15
EXPRESS_SECONDS = 300
KEPT = 200
PAYLOAD_BYTES = 256 * 1024


class _Clock:
    """The `time` module for the interpreter, without its fixed wait."""

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    def sleep(self, seconds: float) -> None:
        if seconds != FIXED_WAIT:
            time.sleep(seconds)


def install() -> None:
    """Starts executions at once, ends them in time and for good, and forgets the oldest Express ones."""
    expect(stepfunctions.time is time, "ministack.services.stepfunctions no longer takes its clock from the time module.")
    stepfunctions.time = _Clock()

    @patch(stepfunctions, "_run_execution", "996dff84e0e0")
    def run_execution(original: Function, arn: str) -> None:
        record = stepfunctions._executions.get(arn) or {}
        machine = stepfunctions._state_machines.get(record.get("stateMachineArn")) or {}
        token = execution.current.set(record)
        timer = _end_in_time(record, machine)
        try:
            with access.acting_as(machine.get("roleArn", "")):
                original(arn)
        finally:
            timer.cancel()
            execution.current.reset(token)
        if machine.get("type") == "EXPRESS":
            _forget_oldest(record["stateMachineArn"])

    @patch(stepfunctions, "_fail_execution", "e6da895fa0b7")
    def fail_execution(original: Function, record: dict[str, Any], error: str, cause: str) -> None:
        if record["status"] == "RUNNING":
            original(record, error, cause)

    @patch(stepfunctions, "_execute_task", "53c818d247db")
    def execute_task(original: Function, state: dict[str, Any], given: Any, record: dict[str, Any], context: dict[str, Any]) -> Any:
        if record.get("status", "RUNNING") != "RUNNING":
            raise stepfunctions._ExecutionError("States.Timeout", "The execution has ended.")
        output, following = original(state, given, record, context)
        if len(json.dumps(output, ensure_ascii=False).encode()) > PAYLOAD_BYTES:
            raise stepfunctions._ExecutionError("States.DataLimitExceeded", "The state's output is longer than 262144 bytes.")
        return output, following

    @patch(stepfunctions, "_emit_execution_status_event", "9c89e45693e3")
    def emit_execution_status_event(original: Function, record: dict[str, Any]) -> None:
        machine = stepfunctions._state_machines.get(record["stateMachineArn"]) or {}
        if machine.get("type") != "EXPRESS":
            original(record)


def _end_in_time(record: dict[str, Any], machine: dict[str, Any]) -> threading.Timer:
    try:
        seconds = json.loads(machine.get("definition", "{}")).get("TimeoutSeconds")
    except ValueError:
        seconds = None

    def end() -> None:
        if record.get("status") == "RUNNING":
            record.update(status="TIMED_OUT", error="States.Timeout", stopDate=stepfunctions.now_iso())
            stepfunctions._add_event(record, "ExecutionTimedOut")
            stepfunctions._emit_execution_status_event(record)

    limit = seconds or (EXPRESS_SECONDS if machine.get("type") == "EXPRESS" else threading.TIMEOUT_MAX)
    timer = threading.Timer(limit, contextvars.copy_context().run, args=(end,))
    timer.daemon = True
    timer.start()
    return timer


def _forget_oldest(machine: str) -> None:
    ended = sorted((record["stopDate"], arn) for arn, record in stepfunctions._executions.items()
                   if record["stateMachineArn"] == machine and record["status"] != "RUNNING" and record["stopDate"])
    for _, arn in ended[:-KEPT]:
        stepfunctions._executions.pop(arn, None)
