"""The permissions that a workflow's Task needs for its call."""

from collections.abc import Iterator
from typing import Any

from ministack.core.responses import get_account_id, get_region

Need = tuple[str, str, dict[str, Any]]
SIGNING_NAMES = {"lexruntimev2": "lex", "sfn": "states", "eventbridge": "events", "cloudwatchlogs": "logs"}


def needed(resource: str, arguments: Any) -> Iterator[Need]:
    """Yields (action, resource, condition keys) for a Task's resource and evaluated arguments.

    Services that are not named here are asked for with `*`, as those without resource-level permissions are.
    """
    if ":states:::" not in resource:
        yield "lambda:InvokeFunction", resource, {}
        return
    service, _, operation = resource.split(":states:::")[1].removeprefix("aws-sdk:").partition(":")
    given = arguments if isinstance(arguments, dict) else {}
    yield from NEEDS.get(service, _of_any_service)(service, operation.split(".")[0], given)


def _of_any_service(service: str, operation: str, given: dict[str, Any]) -> Iterator[Need]:
    yield _action(service, operation), "*", {}


def _of_lambda(service: str, operation: str, given: dict[str, Any]) -> Iterator[Need]:
    function = str(given.get("FunctionName", ""))
    yield "lambda:InvokeFunction", function if function.startswith("arn:") else _arn("lambda", f"function:{function}"), {}


def _of_events(service: str, operation: str, given: dict[str, Any]) -> Iterator[Need]:
    for entry in given.get("Entries") or []:
        bus = entry.get("EventBusName", "default").split("/")[-1]
        keys = {"events:source": entry.get("Source"), "events:detail-type": entry.get("DetailType")}
        yield "events:PutEvents", _arn("events", f"event-bus/{bus}"), keys


def _of_dynamodb(service: str, operation: str, given: dict[str, Any]) -> Iterator[Need]:
    yield _action(service, operation), _arn("dynamodb", f"table/{str(given.get('TableName', '')).split('/')[-1]}"), {}


def _of_sqs(service: str, operation: str, given: dict[str, Any]) -> Iterator[Need]:
    yield _action(service, operation), _arn("sqs", str(given.get("QueueUrl", "")).split("/")[-1]), {}


def _of_sns(service: str, operation: str, given: dict[str, Any]) -> Iterator[Need]:
    yield _action(service, operation), str(given.get("TopicArn", "*")), {}


def _of_s3(service: str, operation: str, given: dict[str, Any]) -> Iterator[Need]:
    yield _action(service, operation), f"arn:aws:s3:::{given.get('Bucket', '')}/{given.get('Key', '')}", {}


def _of_lex(service: str, operation: str, given: dict[str, Any]) -> Iterator[Need]:
    yield _action("lex", operation), _arn("lex", f"bot-alias/{given.get('BotId')}/{given.get('BotAliasId')}"), {}


def _of_scheduler(service: str, operation: str, given: dict[str, Any]) -> Iterator[Need]:
    yield _action(service, operation), _arn("scheduler", f"schedule/{given.get('GroupName', 'default')}/{given.get('Name')}"), {}
    passed = (given.get("Target") or {}).get("RoleArn")
    if passed:
        yield "iam:PassRole", passed, {"iam:passedtoservice": "scheduler.amazonaws.com"}


def _of_rekognition(service: str, operation: str, given: dict[str, Any]) -> Iterator[Need]:
    yield _action(service, operation), "*", {}
    photo = (given.get("Image") or {}).get("S3Object")
    if photo:  # Rekognition reads the image as its caller
        yield "s3:GetObject", f"arn:aws:s3:::{photo.get('Bucket')}/{photo.get('Name')}", {}


def _action(service: str, operation: str) -> str:
    return f"{SIGNING_NAMES.get(service, service)}:{operation[:1].upper()}{operation[1:]}"


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{get_region()}:{get_account_id()}:{resource}"


NEEDS = {
    "lambda": _of_lambda, "events": _of_events, "eventbridge": _of_events, "dynamodb": _of_dynamodb, "sqs": _of_sqs, "sns": _of_sns,
    "s3": _of_s3, "lexruntimev2": _of_lex, "scheduler": _of_scheduler, "rekognition": _of_rekognition,
}
