"""MiniStack drops what a rule sends to a log group or a delivery stream, and ignores a target's dead-letter queue."""

import base64
import json
import time
from typing import Any

from ministack.core.arn import parse_arn
from ministack.services import cloudwatch_logs, eventbridge, firehose, lambda_svc, sns, sqs, stepfunctions

from sandbox.aws import access
from sandbox.aws.patching import Function, patch


class NotDelivered(Exception):
    """A target could not be reached; the first argument is EventBridge's error code."""


def install() -> None:
    """Delivers to every kind of target that the application has, and what cannot be delivered to the dead-letter queue."""

    @patch(eventbridge, "_invoke_target", "550e304af080")
    def invoke_target(original: Function, target: dict[str, Any], event: Any, rule: dict[str, Any], view: Any = None) -> None:
        view = view or eventbridge._pattern_event_view(event)
        try:
            _check(target)
            service = parse_arn(target["Arn"]).service
            if service == "logs":
                _to_log_group(target, rule, _input(target, rule, view))
            elif service == "firehose":
                _to_delivery_stream(target, _input(target, rule, view))
            else:
                original(target, event, rule, view)
        except NotDelivered as failure:
            _to_dead_letter_queue(target, rule, json.dumps(view.event_with_detail()), failure)


def _check(target: dict[str, Any]) -> None:
    """What AWS finds out by calling: whether the target exists, and whether the rule's role may call it."""
    arn = target["Arn"]
    service = parse_arn(arn).service
    exists = {
        "sqs": lambda: sqs._queue_by_arn(arn),
        "sns": lambda: sns._topic_by_arn_any_scope(arn),
        "states": lambda: stepfunctions._resolve_state_machine_arn(arn) is not None,
        "lambda": lambda: lambda_svc._get_func_record_for_ref(arn)[0],
    }.get(service, lambda: True)
    if not exists():
        raise NotDelivered("RESOURCE_NOT_FOUND", arn)
    action = {"states": "states:StartExecution", "firehose": "firehose:PutRecord"}.get(service)
    if action and not access.allowed(target.get("RoleArn", ""), action, arn):
        raise NotDelivered("NO_PERMISSIONS", f"{target.get('RoleArn')} may not {action}")


def _input(target: dict[str, Any], rule: dict[str, Any], view: Any) -> str:
    if target.get("InputTransformer"):
        return str(eventbridge._apply_input_transformer(target["InputTransformer"], rule, view))
    return str(target.get("Input") or json.dumps(view.event_with_detail()))


def _to_log_group(target: dict[str, Any], rule: dict[str, Any], message: str) -> None:
    name = parse_arn(target["Arn"]).resource.removeprefix("log-group:").removesuffix(":*")
    group = cloudwatch_logs._log_groups.get(name)
    if group is None:
        raise NotDelivered("RESOURCE_NOT_FOUND", name)
    stream = rule.get("Name", "rule")
    if stream not in group["streams"]:
        cloudwatch_logs._create_log_stream({"logGroupName": name, "logStreamName": stream})
    cloudwatch_logs._put_log_events({
        "logGroupName": name, "logStreamName": stream, "logEvents": [{"timestamp": int(time.time() * 1000), "message": message}]})


def _to_delivery_stream(target: dict[str, Any], message: str) -> None:
    status, _, body = firehose._put_record({
        "DeliveryStreamName": parse_arn(target["Arn"]).resource.split("/", 1)[1],
        "Record": {"Data": base64.b64encode(message.encode()).decode()}})
    if status >= 300:
        raise NotDelivered("RESOURCE_NOT_FOUND", str(body))


def _to_dead_letter_queue(target: dict[str, Any], rule: dict[str, Any], event: str, failure: NotDelivered) -> None:
    arn = (target.get("DeadLetterConfig") or {}).get("Arn")
    queue = arn and sqs._queue_by_arn(arn)
    if not queue:
        return
    eventbridge._dispatch_to_sqs(parse_arn(arn), event, {})
    code, message = failure.args
    attributes = {"RULE_ARN": rule.get("Arn", ""), "TARGET_ARN": target["Arn"], "ERROR_CODE": code, "ERROR_MESSAGE": message,
                  "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts"}
    queue["messages"][-1]["message_attributes"] = {
        name: {"DataType": "String", "StringValue": str(value)} for name, value in attributes.items()}
