"""MiniStack's Step Functions lets a PutEvents entry fail unnoticed, and does not name the execution in the event.

Source: AWS Step Functions developer guide, "Add EventBridge events with Step Functions": a failed entry fails the Task with
`EventBridge.FailedEntry`; the execution's and the state machine's ARNs are in every event's resources.
"""

import json
from typing import Any

from ministack.services import stepfunctions

from sandbox.aws import execution
from sandbox.aws.patching import Function, patch


def install() -> None:
    """Makes JSON text of a detail that is an object, adds the resources, and fails on a failed entry."""

    @patch(stepfunctions._SERVICE_DISPATCH, "arn:aws:states:::events:putEvents", "92d6ffabce62")
    def put_events(original: Function, resource: str, arguments: dict[str, Any]) -> Any:
        result = original(resource, {**arguments, "Entries": [_entry(entry) for entry in arguments.get("Entries") or []]})
        if result.get("FailedEntryCount"):
            raise stepfunctions._ExecutionError("EventBridge.FailedEntry", json.dumps(result))
        return result


def _entry(entry: dict[str, Any]) -> dict[str, Any]:
    detail = entry.get("Detail")
    running = execution.current.get()
    resources = [running["executionArn"], running["stateMachineArn"]] if running else []
    return {**entry, "Detail": detail if isinstance(detail, str) else json.dumps(detail), "Resources": [*(entry.get("Resources") or []), *resources]}
