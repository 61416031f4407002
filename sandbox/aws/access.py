"""What a role may do, for the callers that MiniStack does not check itself: workflows and rules."""

import contextlib
import contextvars
import os
from collections.abc import Iterator
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region

role: contextvars.ContextVar[str] = contextvars.ContextVar("role", default="")

Need = tuple[str, str, dict[str, Any]]


@contextlib.contextmanager
def acting_as(role_arn: str) -> Iterator[None]:
    """Within it, `role` is the caller's role; threads that copy the context inherit it."""
    token = role.set(role_arn)
    try:
        yield
    finally:
        role.reset(token)


def allowed(role_arn: str, action: str, resource: str, keys: dict[str, Any] | None = None) -> bool:
    """Whether a role's policies allow an action on a resource, under condition keys. Always, while AUTH is off."""
    if os.environ.get("AUTH", "").lower() != "true":
        return True
    name, account = role_arn.split("/")[-1], get_account_id()
    context = iam_evaluator.EvalContext(
        principal_arn=f"arn:aws:sts::{account}:assumed-role/{name}/sandbox", principal_type="AssumedRole", principal_account=account,
        action=action, resource_arn=resource, region=get_region(), secure_transport=True, service_context=keys or {})
    return bool(iam_evaluator.evaluate(context, iam_evaluator._gather_role_policies(name, account)).decision == "Allow")


def needed(resource: str, arguments: Any) -> Iterator[Need]:
    """The permissions that a Task's call needs, as (action, resource, condition keys)."""
    if ":states:::" not in resource:
        return
    service, _, operation = resource.split(":states:::")[1].removeprefix("aws-sdk:").partition(":")
    operation = operation.split(".")[0]
    here = f"{get_region()}:{get_account_id()}"
    if (service, operation) == ("lambda", "invoke"):
        yield "lambda:InvokeFunction", arguments["FunctionName"], {}
    elif (service, operation) == ("events", "putEvents"):
        for entry in arguments["Entries"]:
            yield ("events:PutEvents", f"arn:aws:events:{here}:event-bus/{entry.get('EventBusName', 'default')}",
                   {"events:source": entry.get("Source"), "events:detail-type": entry.get("DetailType")})
    elif service == "dynamodb":
        yield f"dynamodb:{_action(operation)}", f"arn:aws:dynamodb:{here}:table/{arguments['TableName']}", {}
    elif service == "sqs":
        yield "sqs:SendMessage", f"arn:aws:sqs:{here}:{arguments['QueueUrl'].split('/')[-1]}", {}
    elif service == "lexruntimev2":
        yield f"lex:{_action(operation)}", f"arn:aws:lex:{here}:bot-alias/{arguments['BotId']}/{arguments['BotAliasId']}", {}
    elif service == "scheduler":
        yield f"scheduler:{_action(operation)}", f"arn:aws:scheduler:{here}:schedule/{arguments.get('GroupName', 'default')}/{arguments['Name']}", {}
        yield "iam:PassRole", arguments["Target"]["RoleArn"], {"iam:passedtoservice": "scheduler.amazonaws.com"}
    else:
        yield f"{service}:{_action(operation)}", "*", {}
        photo = arguments.get("Image", {}).get("S3Object") if isinstance(arguments, dict) else None
        if photo:
            yield "s3:GetObject", f"arn:aws:s3:::{photo['Bucket']}/{photo['Name']}", {}


def _action(operation: str) -> str:
    return operation[0].upper() + operation[1:]
