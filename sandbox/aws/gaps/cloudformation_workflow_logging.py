"""MiniStack's CloudFormation keeps a workflow's LoggingConfiguration in the template's spelling, which no AWS client understands."""

from typing import Any

from ministack.services import stepfunctions
from ministack.services.cloudformation import provisioners

from sandbox.aws.patching import Function, patch

Made = tuple[str, dict[str, Any]]


def install() -> None:
    """Keeps it in that of the API."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::StepFunctions::StateMachine"]

    @patch(handlers, "create", "d2ffde42cb0e")
    def create(original: Function, *arguments: Any) -> Made:
        return _respelled(original(*arguments))

    @patch(handlers, "update", "e6b56ee6ad59")
    def update(original: Function, *arguments: Any) -> Made:
        return _respelled(original(*arguments))


def _respelled(made: Made) -> Made:
    machine = stepfunctions._state_machines[made[0]]
    configuration = _api(machine["loggingConfiguration"])
    if "includeExecutionData" in configuration:
        configuration["includeExecutionData"] = str(configuration["includeExecutionData"]).lower() == "true"
    machine["loggingConfiguration"] = configuration
    return made


def _api(value: Any) -> Any:
    if isinstance(value, dict):
        return {name[:1].lower() + name[1:]: _api(each) for name, each in value.items()}
    return [_api(each) for each in value] if isinstance(value, list) else value
