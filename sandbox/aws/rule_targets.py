"""Delivers an event to a rule's target as EventBridge does, or says why it cannot."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

from ministack.core.arn import parse_arn
from ministack.core.responses import get_account_id
from ministack.services import cloudwatch_logs, eventbridge, firehose, lambda_svc, sns, sqs, stepfunctions

from sandbox.aws import access, api_destinations, faults
from sandbox.aws.dead_letters import NotDelivered

SERVICE = "events.amazonaws.com"
HTTP = "api-destination"
ROLE_ACTIONS = {"states": "states:StartExecution", "firehose": "firehose:PutRecord", HTTP: "events:InvokeApiDestination"}
POLICY_ACTIONS = {"sqs": "sqs:SendMessage", "sns": "sns:Publish", "lambda": "lambda:InvokeFunction", "logs": "logs:PutLogEvents"}
KNOWN = {*ROLE_ACTIONS, *POLICY_ACTIONS}
RETRIABLE = (429, 500, 503)


def kind(arn: str) -> str:
    """What a target is: its service, or HTTP for an API destination, whose service is EventBridge itself. ArnParseError for what is no ARN."""
    parsed = parse_arn(arn)
    return HTTP if parsed.service == "events" and parsed.resource.startswith("api-destination/") else str(parsed.service)


def check(target: dict[str, Any], rule: dict[str, Any]) -> None:
    """What AWS finds out by calling: whether the target exists, and whether it may be called. Raises NotDelivered."""
    arn = target["Arn"]
    service = kind(arn)
    if not _exists(service, arn):
        raise NotDelivered("RESOURCE_NOT_FOUND", f"{arn} does not exist.")
    if service in ROLE_ACTIONS:
        role, action = target.get("RoleArn", ""), ROLE_ACTIONS[service]
        if not access.may_assume(SERVICE, role):
            raise NotDelivered("FAILED_TO_ASSUME_ROLE", f"{SERVICE} may not assume {role}.")
        if not access.allowed(role, action, _asked_for(service, arn)):
            raise NotDelivered("NO_PERMISSIONS", f"{role} is not authorized to perform {action} on {arn}.")
    elif not permitted(service, arn, rule.get("Arn", "")):
        raise NotDelivered("NO_PERMISSIONS", f"The policy of {arn} does not let {SERVICE} deliver to it.")


def _asked_for(service: str, arn: str) -> str:
    """What IAM is asked about: of a workflow's alias or version, the workflow."""
    return str(stepfunctions._resolve_state_machine_arn(arn)) if service == "states" else arn


def _exists(service: str, arn: str) -> bool:
    look: dict[str, Callable[[], Any]] = {
        "sqs": lambda: sqs._queue_by_arn(arn),
        "sns": lambda: sns._topic_by_arn_any_scope(arn),
        "states": lambda: stepfunctions._resolve_state_machine_arn(arn),
        "lambda": lambda: lambda_svc._get_func_record_for_ref(arn)[0],
        "logs": lambda: cloudwatch_logs._log_groups.get(_log_group(arn)) is not None,
        "firehose": lambda: firehose._streams.get(_delivery_stream(arn)) is not None,
        HTTP: lambda: api_destinations.find(arn),
    }
    return service not in look or bool(look[service]())


def permitted(service: str, arn: str, rule_arn: str) -> bool:
    """Whether the policy of a queue, topic, function or log group lets a rule deliver to it; other kinds have none."""
    keys = {"aws:SourceArn": rule_arn, "aws:SourceAccount": get_account_id()}
    if service == "logs":
        stream = f"{arn.removesuffix(':*')}:log-stream:rule"
        return any(access.permits(each["policyDocument"], SERVICE, "logs:PutLogEvents", stream, keys)
                   for each in cloudwatch_logs._resource_policies.values()) or not access.enforced()
    lookup: Any = {"sqs": ("sqs:SendMessage", sqs.queue_policy_for_arn), "sns": ("sns:Publish", sns.topic_policy_for_arn),
                   "lambda": ("lambda:InvokeFunction", lambda_svc.function_policy_for_arn)}.get(service)
    if lookup is None:
        return True
    action, policy_for = lookup
    policy = policy_for(arn)
    return access.permits(policy and policy[0], SERVICE, action, arn, keys)


def deliver(target: dict[str, Any], rule: dict[str, Any], event: dict[str, Any], message: str) -> None:
    """Delivers a message, which is what the target wants of an event, to a target of a kind in KNOWN. Raises NotDelivered."""
    arn = target["Arn"]
    service = kind(arn)
    fault = faults.strike((ROLE_ACTIONS | POLICY_ACTIONS)[service], message, target.get("RoleArn", "")) if faults.expected() else None
    if fault and fault.error:
        raise NotDelivered(fault.error, fault.message, retriable=fault.status in RETRIABLE)
    if service == "logs":
        _to_log_group(_log_group(arn), rule.get("Name", "rule"), message)
    elif service == HTTP:
        api_destinations.send(target, event, message)
    elif service == "firehose":
        _answered(firehose._put_record({
            "DeliveryStreamName": _delivery_stream(arn), "Record": {"Data": base64.b64encode(message.encode()).decode()}}))
    elif service == "lambda":
        function, config, _ = lambda_svc._get_func_record_for_ref(arn)
        lambda_svc.invoke_async_with_retry(lambda_svc._execution_record_for_config(function, config), json.loads(message))
    elif service == "states":
        _answered(stepfunctions._start_execution({"stateMachineArn": arn, "input": message}))
    elif service == "sqs":
        eventbridge._dispatch_to_sqs(parse_arn(arn), message, target.get("SqsParameters") or {})
    else:
        eventbridge._dispatch_to_sns(arn, message)


def _to_log_group(group: str, stream: str, message: str) -> None:
    if stream not in cloudwatch_logs._log_groups[group]["streams"]:
        _answered(cloudwatch_logs._create_log_stream({"logGroupName": group, "logStreamName": stream}))
    _answered(cloudwatch_logs._put_log_events({
        "logGroupName": group, "logStreamName": stream, "logEvents": [{"timestamp": int(time.time() * 1000), "message": message}]}))


def _answered(response: tuple[int, Any, bytes]) -> None:
    status, _, body = response
    if status >= 300:
        raise NotDelivered("THROTTLING" if status == 429 else "SDK_CLIENT_ERROR", body.decode(errors="replace"), retriable=status in RETRIABLE)


def _log_group(arn: str) -> str:
    return str(parse_arn(arn).resource).removeprefix("log-group:").removesuffix(":*")


def _delivery_stream(arn: str) -> str:
    return str(parse_arn(arn).resource).split("/", 1)[-1]
