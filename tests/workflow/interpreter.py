"""Runs the workflows of `statemachine/` as they are, with the answers of the services controlled.

The interpreter is the embedded AWS's, with every gap filled; only what a Task calls is replaced. Arguments, Output, Assign, Retry
and Catch are evaluated for real, and each call's arguments are checked against AWS's own service model.
"""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import botocore.session
import botocore.validate
from ministack.services import stepfunctions as interpreter

STATEMACHINE = Path(__file__).parents[2] / "statemachine"
OPTIMISED = {"sqs:sendMessage", "events:putEvents", "lambda:invoke", "dynamodb:putItem", "dynamodb:updateItem",
             "dynamodb:deleteItem"}
MODELS = {"lexruntimev2": "lexv2-runtime"}

SUBSTITUTIONS = {
    "Partition": "aws", "EventBusName": "bus", "EventBusArn": "arn:aws:events:eu-west-1:123456789012:event-bus/bus",
    "ClaimTableName": "claims", "LedgerTableName": "ledger", "LedgerRetentionDays": "365", "MediaBucketName": "media",
    "DownloadImageFunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:download-image",
    "AnnotateImageFunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:annotate-image",
    "PostTweetFunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:post-tweet",
    "DeadLetterQueueUrl": "https://sqs.eu-west-1.amazonaws.com/123456789012/dead-letters",
    "DeadLetterQueueArn": "arn:aws:sqs:eu-west-1:123456789012:dead-letters",
    "BotId": "BOTBOTBOT1", "BotAliasId": "ALIASALIA1", "ScheduleGroupName": "group",
    "SchedulerRoleArn": "arn:aws:iam::123456789012:role/scheduler",
}


class ServiceError(Exception):
    """An error that a called service answers with, by its Step Functions name."""

    def __init__(self, name: str, cause: str = "as the test wants it") -> None:
        super().__init__(name)
        self.name, self.cause = name, cause


@dataclass
class Execution:
    """What came of a run: status, output, and each service call as (name, arguments)."""

    status: str
    output: Any
    error: str | None
    states: list[str]
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def arguments(self, name: str) -> list[dict[str, Any]]:
        """The arguments of every call of that name, in order."""
        return [arguments for called, arguments in self.calls if called == name]

    @property
    def published(self) -> list[dict[str, Any]]:
        """Every event that reached the bus, as PutEvents entries with their detail as an object."""
        return [entry for arguments in self.arguments("events:putEvents") for entry in arguments["Entries"]]


Answer = Callable[[dict[str, Any]], Any] | list[Any] | Any


def definition(workflow: str) -> str:
    """The workflow's definition with its substitutions filled in; an unknown one is a KeyError."""
    text = (STATEMACHINE / f"{workflow}.asl.json").read_text()
    for name in sorted(_substitutions(text)):
        text = text.replace("${" + name + "}", SUBSTITUTIONS[name])
    return text


def _substitutions(text: str) -> set[str]:
    return {part.split("}")[0] for part in text.split("${")[1:]}


def run(workflow: str, event: dict[str, Any], answers: dict[str, Answer]) -> Execution:
    """Runs a workflow on an event.

    `answers` maps a call ("comprehend:detectSentiment", or "lambda:invoke") to its result, to a function of its arguments, or to a list
    of results taken one per attempt (the last one repeats). A `ServiceError` in place of a result is raised.
    """
    calls: list[tuple[str, dict[str, Any]]] = []
    script = {name: list(answer) if isinstance(answer, list) else [answer] for name, answer in answers.items()}

    def invoke(resource: str, arguments: dict[str, Any], *_: Any) -> Any:
        name = resource.split(":states:::")[1].removeprefix("aws-sdk:")
        _check_arguments(name, arguments)
        calls.append((name, copy.deepcopy(arguments)))
        if name not in script:
            raise AssertionError(f"{workflow} called {name}, for which the test has no answer")
        answer = script[name].pop(0) if len(script[name]) > 1 else script[name][0]
        answer = answer(arguments) if callable(answer) else answer
        if isinstance(answer, ServiceError):
            raise interpreter._ExecutionError(answer.name, answer.cause)
        return copy.deepcopy(answer)

    arn = json.loads(interpreter._create_state_machine({
        "name": workflow, "definition": definition(workflow), "type": "EXPRESS",
        "roleArn": "arn:aws:iam::000000000000:role/workflow"})[2])["stateMachineArn"]
    try:
        with (mock.patch.object(interpreter, "_invoke_resource", invoke),
              mock.patch.object(interpreter, "_invoke_resource_with_timeout", invoke),
              mock.patch.object(interpreter, "_scaled_sleep", return_value=None)):
            result = json.loads(interpreter._start_sync_execution({
                "stateMachineArn": arn, "input": json.dumps(event), "name": "run"})[2])
        history = interpreter._executions[result["executionArn"]]["events"]
    finally:
        interpreter._delete_state_machine({"stateMachineArn": arn})
    states = [details["name"] for e in history for key, details in e.items() if key == "stateEnteredEventDetails"]
    return Execution(result["status"], json.loads(result["output"]), result.get("error"), states, calls)


def _check_arguments(name: str, arguments: dict[str, Any]) -> None:
    """AWS's own model of the call, so that a misspelt or missing argument fails here and not after the deployment."""
    service, action = name.split(":")
    loaded = _MODELS.setdefault(service, _SESSION.get_service_model(MODELS.get(service, service)))
    shape = loaded.operation_model(action[0].upper() + action[1:]).input_shape
    report = botocore.validate.ParamValidator().validate(_as_sent(name, arguments, shape), shape)
    if report.has_errors():
        raise AssertionError(f"{name}: {report.generate_report()}")


def _as_sent(name: str, arguments: dict[str, Any], shape: Any) -> dict[str, Any]:
    """Step Functions writes every member with a capital, and makes JSON text of objects where text is wanted."""
    members = {member[0].upper() + member[1:]: member for member in shape.members}
    sent = {members.get(key, key): value for key, value in arguments.items()}
    if name == "events:putEvents":
        sent["Entries"] = [{**entry, "Detail": json.dumps(entry["Detail"])} for entry in sent["Entries"]]
    if name == "sqs:sendMessage":
        sent["MessageBody"] = json.dumps(sent["MessageBody"])
    if name == "lambda:invoke":
        sent["Payload"] = json.dumps(sent["Payload"]).encode()
    return sent


_SESSION = botocore.session.get_session()
_MODELS: dict[str, Any] = {}
