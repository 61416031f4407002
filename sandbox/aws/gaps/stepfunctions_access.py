"""MiniStack does not check a workflow's calls against its role."""

from typing import Any

from ministack.services import stepfunctions

from sandbox.aws import access
from sandbox.aws.patching import Function, patch


def install() -> None:
    """Refuses what the workflow's role does not allow, by the error that Step Functions gives."""

    @patch(stepfunctions, "_invoke_resource", "a85d2be9a858")
    def invoke_resource(original: Function, resource: str, arguments: Any) -> Any:
        for action, target, keys in access.needed(resource, arguments):
            if not access.allowed(access.role.get(), action, target, keys):
                service = action.split(":")[0]
                raise stepfunctions._ExecutionError(
                    f"{stepfunctions._AWS_SDK_ERROR_PREFIX.get(service, service.capitalize())}.AccessDeniedException",
                    f"{access.role.get()} is not authorized to perform {action} on {target}")
        return original(resource, arguments)
