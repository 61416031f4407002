"""MiniStack has no metrics of workflows. Source: AWS Step Functions developer guide, "Monitoring Step Functions metrics using CloudWatch"."""

from datetime import datetime
from typing import Any

from ministack.services import stepfunctions

from sandbox.aws import metrics
from sandbox.aws.patching import Function, patch

ENDS = {"SUCCEEDED": "ExecutionsSucceeded", "FAILED": "ExecutionsFailed", "TIMED_OUT": "ExecutionsTimedOut", "ABORTED": "ExecutionsAborted"}


def install() -> None:
    """Counts each execution as it ends."""

    @patch(stepfunctions, "_emit_execution_status_event", "9c89e45693e3")
    def emit_execution_status_event(original: Function, record: dict[str, Any]) -> None:
        name = ENDS.get(record["status"])
        if name:
            dimensions = {"StateMachineArn": record["stateMachineArn"]}
            metrics.put("AWS/States", name, 1, dimensions=dimensions)
            metrics.put("AWS/States", "ExecutionTime", _milliseconds(record), "Milliseconds", dimensions)
        original(record)


def _milliseconds(record: dict[str, Any]) -> float:
    started, ended = (datetime.fromisoformat(str(record[name])) for name in ("startDate", "stopDate"))
    return 1000 * (ended - started).total_seconds()
