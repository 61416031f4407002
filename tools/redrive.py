"""Puts a dead letter back on its way: to the one consumer that missed it, as its sender would have sent it.

Putting the event on the bus again would bring it to every consumer once more, so a rule's letter goes to the target that its rule failed to reach,
and a workflow's to that workflow, with the envelope as it was. Only a schedule's letter goes to the bus: nobody has had that event. A
subscription's goes to its topic, since nobody can deliver to one subscriber: all of them hear it again.
"""

import contextlib
import json
import time
from dataclasses import dataclass
from typing import Any

import requests

from tools import event_input
from tools.letters import Letter, short
from tools.stack import Failure, Stack

STREAM = "redriven"  # of events put back into a log group


@dataclass(frozen=True)
class Destination:
    """Where a letter goes: an ARN, and the text that is sent there."""

    arn: str
    text: str

    @property
    def name(self) -> str:
        """What the ARN names."""
        return short(self.arn)


def destination(stack: Stack, letter: Letter) -> Destination:
    """Where a letter goes. Failure where that cannot be told."""
    if letter.sender == "rule":
        return _of_rule(stack, letter)
    if letter.sender == "workflow":  # that execution is over: what it claimed is its successor's
        return Destination(_alias_of(stack, letter.target), json.dumps({**letter.content, "redriven-from": letter.attributes["EXECUTION_ARN"]}))
    if letter.sender == "schedule":
        return Destination(letter.target, letter.body)
    if letter.sender == "subscription":
        return Destination(letter.target, str(letter.content["Message"]))
    raise Failure("nothing tells who sent it: look at its content, and delete it or send it by hand")


def deliver(stack: Stack, letter: Letter, to: Destination) -> None:
    """Sends it. Returns once the consumer has taken it; ClientError where it does not, Failure where its kind is unknown."""
    kind = to.arn.split(":")[2]
    if kind == "states":
        stack.client("stepfunctions").start_execution(stateMachineArn=to.arn, input=to.text)
    elif kind == "firehose":
        stack.client("firehose").put_record(DeliveryStreamName=to.name, Record={"Data": to.text.encode()})
    elif kind == "logs":
        _log(stack.client("logs"), to.arn.split(":log-group:")[1].removesuffix(":*"), to.text)
    elif kind == "sns":
        stack.client("sns").publish(TopicArn=to.arn, Message=to.text)
    elif kind == "lambda":
        stack.client("lambda").invoke(FunctionName=to.arn, InvocationType="Event", Payload=to.text)
    elif ":api-destination/" in to.arn:
        _post(stack.client("events").describe_api_destination(Name=to.arn.split("/")[1]), to.text)
    elif kind == "events":
        _put_event(stack.client("events"), to, letter)
    else:
        raise Failure(f"{to.arn} is of a kind that this command cannot send to")


def _of_rule(stack: Stack, letter: Letter) -> Destination:
    rule_arn = letter.attributes["RULE_ARN"]
    bus, _, name = rule_arn.split(":rule/", 1)[1].rpartition("/")
    events = stack.client("events")
    try:
        targets = events.list_targets_by_rule(Rule=name, EventBusName=bus or "default")["Targets"]
    except events.exceptions.ResourceNotFoundException:
        targets = []
    target = next((each for each in targets if each["Arn"] == letter.target), None)
    if target is None:
        raise Failure(f"the rule {name} does not lead to {short(letter.target)} any more: replay the event instead")
    return Destination(letter.target, event_input.for_target(target, {"Name": name, "Arn": rule_arn}, letter.content))


def _alias_of(stack: Stack, workflow: str) -> str:
    """The alias by which rules start a workflow; itself where it has none, or is one already."""
    aliases = [arn for service in stack.services for arn in service.named("AWS::StepFunctions::StateMachineAlias").values()]
    return next((arn for arn in aliases if arn.rpartition(":")[0] == workflow), workflow)


def _log(logs: Any, group: str, text: str) -> None:
    with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_stream(logGroupName=group, logStreamName=STREAM)
    logs.put_log_events(logGroupName=group, logStreamName=STREAM, logEvents=[{"timestamp": int(time.time() * 1000), "message": text}])


def _post(destination: dict[str, Any], text: str) -> None:
    """EventBridge calls a destination for its rules only. That of this application asks for no authorisation but its address."""
    try:
        response = requests.request(destination["HttpMethod"], destination["InvocationEndpoint"], data=text.encode(), timeout=10,
                                    headers={"content-type": "application/json; charset=utf-8"}, allow_redirects=False)
    except requests.RequestException as error:
        raise Failure(f"it does not answer ({type(error).__name__})") from None  # whose text has the address, which is secret
    if not response.ok:
        raise Failure(f"it answers {response.status_code}: {response.text[:200]}")


def _put_event(events: Any, to: Destination, letter: Letter) -> None:
    answer = events.put_events(Entries=[{"EventBusName": to.arn, "Source": "BOT", "DetailType": letter.event, "Detail": to.text}])
    if answer["FailedEntryCount"]:
        raise Failure(f"the bus refused it: {answer['Entries'][0].get('ErrorMessage')}")
