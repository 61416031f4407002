"""What watches the deployed bus names the event and what it breaks."""

import json
from typing import Any

from tests.integration.bus_watch import BusWatch
from tools import contract

GOOD = contract.samples()["SEND_TWEET"]


class Logs:
    """CloudWatch Logs with events in its one group."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def put(self, event: dict[str, Any], time: int) -> None:
        """Logs an event, at a time in milliseconds since 1970."""
        self.events.append({"timestamp": time, "eventId": str(len(self.events)), "message": json.dumps(event)})

    def get_paginator(self, operation: str) -> "Logs":
        """Itself."""
        assert operation == "filter_log_events"
        return self

    def paginate(self, logGroupName: str, startTime: int) -> list[dict[str, Any]]:
        """One page of what there is since then."""
        return [{"events": [event for event in self.events if event["timestamp"] >= startTime]}]


def test_an_event_is_looked_at_once_and_what_came_late_too() -> None:
    logs = Logs()
    watch = BusWatch(logs, "group")
    logs.put(GOOD, 10_000)
    logs.put({**GOOD, "detail-type": "SEND_TWEETS", "id": "1"}, 20_000)
    assert watch.look() == ["SEND_TWEETS of BOT (1) has no schema: schemas/SEND_TWEETS.json is missing"]
    assert watch.look() == []
    logs.put({**GOOD, "id": "2", "detail": {**GOOD["detail"], "Text": 5}}, 19_000)
    assert watch.look() == ["SEND_TWEET of BOT (2) is not as schemas/SEND_TWEET.json has it: detail.Text: 5 is not of type 'string'"]
    assert watch.seen == 3


def test_every_violation_is_named() -> None:
    logs = Logs()
    logs.put({**GOOD, "id": "3", "time": 5, "detail": {}}, 10_000)
    found = BusWatch(logs, "group").look()
    assert len(found) == 2
    assert any("detail: 'Text' is a required property" in each for each in found)
    assert any("time: 5 is not of type 'string'" in each for each in found)
