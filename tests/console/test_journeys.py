"""Journeys where the workflows' logs do not tell, as on AWS without WorkflowLogLevel=ALL; and Lambda's reports in both of their forms."""

import json
from typing import Any

import pytest

from console.deployment import Deployment
from console.functions import invocations
from console.journeys import BETWEEN, MOST, journey
from console.stack import Map, Rule
from tools.event_log import Event
from tools.stack import Service

MACHINE = "arn:aws:states:eu-west-1:1:stateMachine:Analyse-ABC"
EXECUTION = "arn:aws:states:eu-west-1:1:express:Analyse-ABC:run:1"
TOPIC = "arn:aws:sns:eu-west-1:1:Alerts-ABC"


class Logs:
    """The log of a function, and its configuration."""

    def __init__(self, *records: tuple[int, str]) -> None:
        self.records = [{"timestamp": when, "message": message, "logStreamName": "stream"} for when, message in records]

    def client(self, service: str) -> "Logs":
        return self

    def get_function_configuration(self, FunctionName: str) -> dict[str, Any]:
        return {}

    def get_paginator(self, operation: str) -> "Logs":
        return self

    def paginate(self, **asked: Any) -> list[dict[str, Any]]:
        assert asked["logGroupName"] == "/aws/lambda/F"
        return [{"events": self.records}]


class Unlogged:
    """Executions of which no log tells."""

    def all(self) -> list[Any]:
        return []


def event(number: int, detail_type: str, *resources: str) -> Event:
    envelope = {"id": f"e{number}", "detail-type": detail_type, "source": "TWITTER", "resources": list(resources), "detail": {"id_str": "7"}}
    return Event(1_000 + 100 * number, f"-{number}", envelope)


@pytest.fixture
def deployment() -> Deployment:
    of = Deployment(None)  # type: ignore[arg-type]
    services = [Service("Ingress", {}), Service("Analysis", {"AnalyseMessage": MACHINE}), Service("Alerting", {"Topic": TOPIC})]
    machine, topic = {"arn": f"{MACHINE}:live", "name": "AnalyseMessage", "kind": "states"}, {"arn": TOPIC, "name": "Topic", "kind": "sns"}
    started = Rule("r1", "", "Received", "Analysis", {"detail-type": ["MESSAGE_RECEIVED"]}, [machine])
    told = Rule("r2", "", "Negative", "Alerting", {"detail-type": ["MESSAGE_ANALYSED"]}, [topic])
    may = {"Ingress": ["TWITTER_*", "MESSAGE_RECEIVED"], "Analysis": ["MESSAGE_ANALYSED"]}
    of.map = Map("it", "bus", services, {}, may, [started, told], [], [], None)
    return of


def test_without_a_log_a_run_lies_between_the_events_and_says_so(deployment: Deployment) -> None:
    events = [event(0, "TWITTER_TWEETED"), event(1, "MESSAGE_RECEIVED"), event(5, "MESSAGE_ANALYSED", EXECUTION, MACHINE)]
    rows = journey(deployment, events, Unlogged())["rows"]  # type: ignore[arg-type]
    assert [(row["depth"], row["kind"], row["name"]) for row in rows] == [
        (0, "event", "TWITTER_TWEETED"), (0, "event", "MESSAGE_RECEIVED"), (1, "workflow", "AnalyseMessage"), (2, "event", "MESSAGE_ANALYSED"),
        (3, "delivery", "Topic")]
    run = rows[2]
    assert (run["start"], run["end"], run["how"]) == (1_100, 1_500, BETWEEN)


def test_a_journey_without_end_is_cut(deployment: Deployment) -> None:
    told = journey(deployment, [event(number, "TWITTER_TWEETED") for number in range(MOST + 50)], Unlogged())  # type: ignore[arg-type]
    assert (len(told["rows"]), told["more"]) == (MOST, 50)
    assert told["rows"][-1]["start"] == 1_000 + 100 * (MOST + 49)


def test_nothing_kept_is_no_row(deployment: Deployment) -> None:
    assert journey(deployment, [], Unlogged())["rows"] == []  # type: ignore[arg-type]


TEXT = [(500, "START RequestId: a Version: $LATEST"), (600, "hello"), (900, "END RequestId: a"),
        (900, "REPORT RequestId: a\tDuration: 400.5 ms\tBilled Duration: 401 ms\tInit Duration: 120.5 ms")]
JSON = [(500, json.dumps({"type": "platform.start", "record": {"requestId": "a"}})), (600, json.dumps({"message": "hello", "requestId": "a"})),
        (900, json.dumps({"type": "platform.report", "record": {"requestId": "a", "status": "success",
                                                                "metrics": {"durationMs": 400.5, "initDurationMs": 120.5}}}))]


@pytest.mark.parametrize("records", [TEXT, JSON], ids=["text", "json"])
def test_an_invocation_is_read_from_its_report(records: list[tuple[int, str]]) -> None:
    [one] = invocations(Logs(*records), Service("S", {"F": "F"}, {"F": "AWS::Lambda::Function"}), 0, 2_000)  # type: ignore[arg-type]
    assert (one.name, one.start, one.end, one.initialised, one.failed) == ("F", 499.5, 900, 120.5, False)
    assert "hello" in one.text


def test_a_failed_invocation_says_so() -> None:
    failed = json.dumps({"type": "platform.report", "record": {"requestId": "a", "status": "timeout", "metrics": {"durationMs": 3000}}})
    [one] = invocations(Logs((900, failed)), Service("S", {"F": "F"}, {"F": "AWS::Lambda::Function"}), 0, 2_000)  # type: ignore[arg-type]
    assert one.failed
