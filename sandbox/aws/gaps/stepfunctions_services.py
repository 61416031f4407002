"""MiniStack's Step Functions does not reach Comprehend, Rekognition, Lex and Scheduler.

Those that speak REST are called as botocore's model of the service says: path, names, and the answer. Source for names and errors: AWS Step
Functions developer guide, "Using AWS SDK service integrations".
"""

import json
from typing import Any

import botocore.parsers
import botocore.serialize
from botocore.awsrequest import prepare_request_dict
from ministack.core.responses import _service_model, get_region
from ministack.services import stepfunctions

from sandbox.aws.patching import Function, add, patch

# Of each REST service: the name of its handler in MiniStack, and of its model in botocore.
REST = {"lexruntimev2": ("lex", "lexv2-runtime"), "scheduler": ("scheduler", "scheduler")}


def install() -> None:
    """Maps the services."""
    add(stepfunctions._AWS_SDK_SERVICE_MAP, {
        "comprehend": {"target_prefix": "Comprehend_20171127", "protocol": "json"},
        "rekognition": {"target_prefix": "RekognitionService", "protocol": "json"},
        **{name: {"protocol": "rest-json", "service_key": handler} for name, (handler, _) in REST.items()},
    })
    add(stepfunctions._AWS_SDK_ERROR_PREFIX, {
        "comprehend": "Comprehend", "rekognition": "Rekognition", "lexruntimev2": "LexRuntimeV2", "scheduler": "Scheduler"})

    @patch(stepfunctions, "_dispatch_aws_sdk_rest_json", "775651b22c6a")
    def dispatch_aws_sdk_rest_json(original: Function, service_info: Any, service: str, action: str, arguments: Any) -> Any:
        if service not in REST:
            return original(service_info, service, action, arguments)
        return call(service, action[:1].upper() + action[1:], arguments or {})


def call(service: str, operation: str, arguments: dict[str, Any]) -> Any:
    """Makes a REST call with a Task's arguments; its answer is named as Step Functions names things. Raises the interpreter's error."""
    from ministack import app

    handler, model_name = REST[service]
    model = _service_model(model_name)
    if model is None or operation not in model.operation_names:
        raise stepfunctions._ExecutionError("States.Runtime", f"{service} has no operation {operation}.")
    shape = model.operation_model(operation)
    given = stepfunctions._sdk_json_param_value(arguments, shape.input_shape)
    request = botocore.serialize.create_serializer("rest-json").serialize_to_request(given, shape)
    prepare_request_dict(request, f"https://{handler}.{get_region()}.amazonaws.com")
    headers = {
        "host": f"{handler}.{get_region()}.amazonaws.com", "content-type": "application/json",
        "authorization": f"AWS4-HMAC-SHA256 Credential=test/20260101/{get_region()}/{handler}/aws4_request"}
    status, answered, body = app.call_service_handler_sync(
        app.SERVICE_HANDLERS[handler], request["method"], request["url_path"], headers, request["body"] or b"", request["query_string"] or {})
    parsed = botocore.parsers.create_parser("rest-json").parse(
        {"status_code": status, "headers": {name.lower(): value for name, value in answered.items()}, "body": body}, shape.output_shape)
    if status >= 400:
        raise stepfunctions._ExecutionError(
            stepfunctions._prefix_sdk_error(service, parsed["Error"]["Code"] or "ServiceException"), parsed["Error"]["Message"])
    parsed.pop("ResponseMetadata", None)
    return stepfunctions._sdk_json_value(json.loads(json.dumps(parsed, default=str)), shape.output_shape)
