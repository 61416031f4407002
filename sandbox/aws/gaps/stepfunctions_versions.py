"""MiniStack runs the newest definition of a workflow, and describes it, whichever alias or version was asked for; synchronously it starts neither."""

import contextvars
import json
from typing import Any

from ministack.core.responses import AccountRegionScopedDict
from ministack.services import stepfunctions

from sandbox.aws.patching import Function, check, expect, patch

SNAPSHOT = ("definition", "roleArn", "loggingConfiguration")  # what a version keeps of the workflow

Response = tuple[int, dict[str, str], bytes]
_version: contextvars.ContextVar[dict[str, Any] | None] = contextvars.ContextVar("version", default=None)


class _Machines(AccountRegionScopedDict):  # type: ignore[misc]  # MiniStack has no types
    """The workflows; to an execution, its own is the version that it was started with."""

    __slots__ = ()

    def get(self, arn: Any, default: Any = None) -> Any:
        machine, version = super().get(arn, default), _version.get()
        if machine is None or version is None or version["stateMachineArn"] != arn:
            return machine
        return {**machine, **{name: version[name] for name in SNAPSHOT}}


def install() -> None:
    """Starts what an alias or a version leads to. An execution's threads inherit the version from what started it."""
    check(AccountRegionScopedDict.get, "3ec8f6ef43c7")
    expect(type(stepfunctions._state_machines) is AccountRegionScopedDict, "MiniStack keeps workflows in another place by now.")
    stepfunctions._state_machines.__class__ = _Machines

    @patch(stepfunctions, "_start_execution", "9923282fc76c")
    def start_execution(original: Function, request: dict[str, Any]) -> Response:
        return _started(original, request, request)

    @patch(stepfunctions, "_start_sync_execution", "8600470a0208")
    def start_sync_execution(original: Function, request: dict[str, Any]) -> Response:
        arn = request.get("stateMachineArn", "")
        return _started(original, request, {**request, "stateMachineArn": stepfunctions._resolve_state_machine_arn(arn) or arn})

    @patch(stepfunctions, "_describe_state_machine", "12f03d98a47a")
    def describe_state_machine(original: Function, request: dict[str, Any]) -> Response:
        arn = request.get("stateMachineArn")
        if arn not in stepfunctions._state_machine_aliases:
            answer: Response = original(request)
            return answer
        status, headers, body = original({"stateMachineArn": stepfunctions._execution_version_arn(arn)})
        return status, headers, json.dumps({**json.loads(body), "stateMachineArn": arn}).encode()


def _started(original: Function, asked: dict[str, Any], request: dict[str, Any]) -> Response:
    version = stepfunctions._execution_version_arn(asked.get("stateMachineArn", ""))
    token = _version.set(stepfunctions._state_machine_versions.get(version))
    try:
        answer: Response = original(request)
        return answer
    finally:
        _version.reset(token)
