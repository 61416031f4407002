"""MiniStack does not check a workflow's calls against its role.

Source for the error names: the AWS SDK for Java, which Step Functions calls through: an error that the service's model names keeps its name,
any other is the service's own exception (`DynamoDB.AmazonDynamoDBException`, `Comprehend.ComprehendException`).
"""

from typing import Any

from ministack.core.responses import _service_model
from ministack.services import stepfunctions

from sandbox.aws import access
from sandbox.aws.patching import Function, patch
from sandbox.aws.task_permissions import needed

DENIED = "AccessDeniedException"
OPTIMISED = {
    "lambda": "Lambda.AWSLambdaException", "dynamodb": "DynamoDB.AmazonDynamoDBException", "sqs": "SQS.AmazonSQSException",
    "sns": "SNS.AmazonSNSException", "events": "EventBridge.AmazonEventBridgeException",
}
MODELS = {"lexruntimev2": "lexv2-runtime"}


def install() -> None:
    """Refuses what the workflow's role does not allow, by the error that Step Functions gives."""

    @patch(stepfunctions, "_invoke_resource", "a85d2be9a858")
    def invoke_resource(original: Function, resource: str, arguments: Any) -> Any:
        role = access.role.get()
        if access.enforced() and not access.may_assume("states.amazonaws.com", role):
            raise stepfunctions._ExecutionError("States.Permissions", f"states.amazonaws.com is not allowed to assume {role}.")
        for action, target, keys in needed(resource, arguments) if access.enforced() else ():
            if not access.allowed(role, action, target, keys):
                raise stepfunctions._ExecutionError(error_name(resource), (
                    f"User: {role} is not authorized to perform: {action} on resource: {target} because no identity-based policy allows the"
                    f" {action} action (Status Code: 400; Error Code: {DENIED})"))
        return original(resource, arguments)


def error_name(resource: str, code: str = DENIED) -> str:
    """The error that a Task fails with when the service that it calls answers with an error code."""
    service = resource.split(":states:::")[-1].removeprefix("aws-sdk:").split(":")[0]
    model = _service_model(MODELS.get(service, service))
    modelled = model is not None and code in model.shape_names
    if ":aws-sdk:" not in resource:
        generic = OPTIMISED.get(service, OPTIMISED["lambda"])
        return f"{generic.split('.')[0]}.{code}" if modelled and code != DENIED else generic
    prefix = stepfunctions._AWS_SDK_ERROR_PREFIX.get(service, service.capitalize())
    return f"{prefix}.{code}" if modelled else f"{prefix}.{prefix}Exception"
