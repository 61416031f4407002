"""The feed of events: bounded, in order, each once, and each rule asked of EventBridge no oftener than it has to be."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from console import events
from console.deployment import Deployment
from console.events import Feed
from console.stack import Map, Rule
from tools.stack import Service


class Aws:
    """The log group and TestEventPattern, as far as the feed uses them."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []
        self.asked: list[tuple[str, str]] = []
        self.now = int(datetime.now(UTC).timestamp() * 1000)

    def get_paginator(self, operation: str) -> "Aws":
        assert operation == "filter_log_events"
        return self

    def paginate(self, startTime: int, **_: Any) -> list[dict[str, Any]]:
        return [{"events": [record for record in self.records if record["timestamp"] >= startTime]}]

    def test_event_pattern(self, EventPattern: str, Event: str) -> dict[str, bool]:
        self.asked.append((EventPattern, Event))
        pattern, event = json.loads(EventPattern), json.loads(Event)
        return {"Result": event["detail"].get("Sentiment") in pattern["detail"]["Sentiment"]}

    def says(self, number: int, detail_type: str = "TWITTER_FAVOURITED", **detail: Any) -> None:
        envelope = {"id": f"event-{number}", "detail-type": detail_type, "source": "TWITTER", "resources": [],
                    "detail": {"id_str": str(number), **detail}}
        self.records.append({"timestamp": self.now + number, "eventId": str(number), "message": json.dumps(envelope)})


class Application:
    """A stack whose clients are all one."""

    def __init__(self, aws: Aws) -> None:
        self.client = lambda service: aws

    def output(self, name: str) -> str:
        return name


@pytest.fixture
def aws() -> Aws:
    return Aws()


@pytest.fixture
def feed(aws: Aws) -> Feed:
    rule = Rule("rule", "arn", "Furious", "Alerting", {"detail-type": ["MESSAGE_ANALYSED"], "detail": {"Sentiment": ["NEGATIVE"]}}, [])
    every = Rule("every", "arn", "Every", "Plumbing", {"detail-type": ["MESSAGE_ANALYSED"]}, [])
    of = Deployment(Application(aws), "x", "aws")  # type: ignore[arg-type]
    of.map = Map("it", "bus", [Service("Ingress", {})], {}, {"Ingress": ["TWITTER_*"], "Analysis": ["MESSAGE_ANALYSED"]}, [rule, every], [], [], aws)
    return Feed(of)


def read(feed: Feed) -> None:
    feed._keep(feed._read())


def told(feed: Feed, after: int = 0) -> list[dict[str, Any]]:
    """What a page that knows so many would be told at once."""

    async def first() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        async for number, summaries in feed.follow(after):
            found += summaries
            if number >= feed.last:
                return found
        return found

    return asyncio.run(first())


def test_each_event_is_told_once_and_in_order(aws: Aws, feed: Feed) -> None:
    for number in (2, 0, 1):
        aws.says(number)
    read(feed)
    read(feed)
    assert [summary["message"] for summary in told(feed)] == ["0", "1", "2"]
    aws.says(3)
    read(feed)
    assert [summary["message"] for summary in told(feed, after=3)] == ["3"]
    assert told(feed)[-1]["service"] == "Ingress"


def test_the_oldest_are_forgotten_by_number(aws: Aws, feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "KEPT", 10)
    for number in range(25):
        aws.says(number)
    read(feed)
    assert [summary["message"] for summary in told(feed)] == [str(number) for number in range(15, 25)]
    assert feed.event("event-1414") is None
    assert feed.event("event-1515") is not None


def test_the_oldest_are_forgotten_by_size(aws: Aws, feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "KEPT_BYTES", 50_000)
    for number in range(20):
        aws.says(number, text="x" * 9_000)
    read(feed)
    assert [summary["message"] for summary in told(feed)] == ["15", "16", "17", "18", "19"]
    assert len(told(feed)[0]["text"]) == events.TEXT


def test_eventbridge_is_asked_once_for_events_that_a_pattern_cannot_tell_apart(aws: Aws, feed: Feed) -> None:
    for number, sentiment in enumerate(["NEGATIVE", "POSITIVE", "NEGATIVE", "POSITIVE", "NEGATIVE"]):
        aws.says(number, "MESSAGE_ANALYSED", Sentiment=sentiment, Text=f"text {number}")
    aws.says(5)
    read(feed)
    assert [summary["rules"] for summary in told(feed)] == [["rule", "every"], ["every"], ["rule", "every"], ["every"], ["rule", "every"], []]
    assert len(aws.asked) == 2  # negative and positive; a pattern with nothing but the detail type needs no answer
