"""MiniStack's Step Functions does not reach Comprehend, Rekognition, Lex and Scheduler, and lets a failed PutEvents entry pass.

Source for names and errors: AWS Step Functions developer guide, "Supported AWS SDK service integrations" and "Add EventBridge events with Step Functions".
"""

import json
from typing import Any
from urllib.parse import quote

from ministack.core.responses import get_region
from ministack.services import stepfunctions

from sandbox.aws.patching import Function, add, patch

# Service, prefix of its errors, HTTP method and path of each REST operation, and the members that the path takes.
REST: dict[str, tuple[str, str, str, str, tuple[str, ...]]] = {
    "lexruntimev2:recognizeText": (
        "lex", "LexRuntimeV2", "POST", "/bots/{BotId}/botAliases/{BotAliasId}/botLocales/{LocaleId}/sessions/{SessionId}/text",
        ("BotId", "BotAliasId", "LocaleId", "SessionId")),
    "scheduler:createSchedule": ("scheduler", "Scheduler", "POST", "/schedules/{Name}", ("Name",)),
}


def install() -> None:
    """Maps the services."""
    add(stepfunctions._AWS_SDK_SERVICE_MAP, {
        "comprehend": {"target_prefix": "Comprehend_20171127", "protocol": "json"},
        "rekognition": {"target_prefix": "RekognitionService", "protocol": "json"},
    })
    add(stepfunctions._AWS_SDK_ERROR_PREFIX, {"comprehend": "Comprehend", "rekognition": "Rekognition"})

    @patch(stepfunctions, "_invoke_aws_sdk_integration", "59a970e1a7c0")
    def invoke_aws_sdk_integration(original: Function, resource: str, arguments: dict[str, Any]) -> Any:
        operation = resource.split("aws-sdk:", 1)[1]
        return _call(*REST[operation], arguments) if operation in REST else original(resource, arguments)

    key = "arn:aws:states:::events:putEvents"
    put_events = stepfunctions._SERVICE_DISPATCH[key]

    def put_every_event(resource: str, arguments: dict[str, Any]) -> Any:
        entries = [{**entry, "Detail": entry["Detail"] if isinstance(entry.get("Detail"), str) else json.dumps(entry.get("Detail"))}
                   for entry in arguments.get("Entries", [])]
        result = put_events(resource, {**arguments, "Entries": entries})
        if result.get("FailedEntryCount"):
            raise stepfunctions._ExecutionError("EventBridge.FailedEntry", json.dumps(result))
        return result

    stepfunctions._SERVICE_DISPATCH[key] = put_every_event


def _call(service: str, prefix: str, method: str, path: str, in_path: tuple[str, ...], arguments: dict[str, Any]) -> Any:
    from ministack import app

    members = {name: quote(str(arguments[name]), safe="") for name in in_path}
    body = {name: value for name, value in arguments.items() if name not in in_path}
    if service == "lex":  # Lex's members are written small on the wire, Scheduler's are not
        body = {name[0].lower() + name[1:]: value for name, value in body.items()}
    status, headers, answer = app.call_service_handler_sync(
        app.SERVICE_HANDLERS[service], method, path.format(**members),
        {"content-type": "application/json", "host": f"{service}.{get_region()}.amazonaws.com",
         "authorization": f"AWS4-HMAC-SHA256 Credential=test/20260101/{get_region()}/{service}/aws4_request"},
        json.dumps(body).encode(), {})
    result = json.loads(answer) if answer else {}
    if status >= 400:
        error = {key.lower(): value for key, value in headers.items()}.get("x-amzn-errortype") or result.get("__type") or "ServiceException"
        raise stepfunctions._ExecutionError(f"{prefix}.{error.split(':')[0].split('#')[-1]}", result.get("message") or result.get("Message") or "")
    return stepfunctions._convert_keys_to_sfn_convention(result)
