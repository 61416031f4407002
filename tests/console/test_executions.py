"""The executions that the console knows, from the logs of workflows."""

import json
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
from starlette.applications import Starlette

from console import executions
from console.deployment import Deployment
from console.executions import Executions
from tests.console.asking import ask
from tests.console.test_visits import STATEMACHINE, recorded
from tools.stack import Service

MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:SendTweet-x"
NOW = 1_795_000_000_000
GROUP = "/aws/vendedlogs/states/SendTweet"


class Logs:
    """CloudWatch Logs with one group, in pages."""

    def __init__(self, page: int = 1000) -> None:
        self.events: list[dict[str, Any]] = []
        self.page, self.starts = page, list[int]()

    def add(self, message: str, when: int) -> None:
        self.events.append({"eventId": str(len(self.events)), "timestamp": when, "message": message, "logStreamName": "states/x"})

    def add_execution(self, name: str, arn: str) -> None:
        for record in recorded(name):
            self.add(json.dumps({**record, "execution_arn": arn}), int(record["event_timestamp"]))

    def get_paginator(self, operation: str) -> Any:
        assert operation == "filter_log_events"
        return self

    def paginate(self, logGroupName: str, startTime: int) -> Iterator[dict[str, Any]]:
        assert logGroupName == GROUP
        self.starts.append(startTime)
        found = [event for event in self.events if event["timestamp"] >= startTime]
        for start in range(0, max(len(found), 1), self.page):
            rest = len(found) > start + self.page
            yield {"events": found[start:start + self.page], **({"nextToken": "more"} if rest else {})}


class Fake:
    """A stack with one workflow."""

    def __init__(self, logs: Logs, level: str = "ALL") -> None:
        self.services = [Service("Egress", {"SendTweet": MACHINE}, {"SendTweet": "AWS::StepFunctions::StateMachine"})]
        self._logs = logs
        self._machine = {
            "definition": (STATEMACHINE / "send_tweet.asl.json").read_text(), "loggingConfiguration": {
                "level": level, "includeExecutionData": level == "ALL",
                "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": f"arn:aws:logs:eu-west-1:123456789012:log-group:{GROUP}:*"}}]}}

    def client(self, service: str) -> Any:
        return self._logs if service == "logs" else mock.Mock(describe_state_machine=lambda stateMachineArn: self._machine)


@pytest.fixture(autouse=True)
def _looks_each_time_and_far_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executions, "POLL_SECONDS", {"aws": 0.0, "sandbox": 0.0})
    monkeypatch.setattr(executions, "SINCE_SECONDS", {"aws": 10 ** 9, "sandbox": 10 ** 9})
    monkeypatch.setattr(executions, "LATE_MILLISECONDS", {"aws": 10 ** 12, "sandbox": 10 ** 12})


def of(logs: Logs, level: str = "ALL") -> Executions:
    """What the console knows of a stack on AWS."""
    return Executions(Deployment(Fake(logs, level)))  # type: ignore[arg-type]


def arn(name: str) -> str:
    """The ARN of an Express execution, as on AWS."""
    return f"{MACHINE.replace('stateMachine', 'express')}:{name}:11111111"


def test_an_execution_tells_how_it_ended_and_for_which_message() -> None:
    logs = Logs()
    logs.add_execution("post_refused", arn("one"))
    [one] = of(logs).all("SendTweet")
    assert (one.id, one.status, one.error, one.trouble) == ("one:11111111", "FAILED", "TweetFailed", 1)
    assert one.end is not None
    assert one.end > one.start
    assert one.detail_type == "SEND_TWEET"
    assert one.tweet_ids[0].isdecimal()
    assert one.text.startswith("@harry11 ")


def test_what_comes_later_is_added_once_and_pages_are_followed() -> None:
    logs = Logs(page=4)
    known = of(logs)
    records = recorded("post_refused")
    for record in records[:10]:
        logs.add(json.dumps({**record, "execution_arn": arn("one")}), int(record["event_timestamp"]))
    assert [each.status for each in known.all()] == ["RUNNING"]
    for record in records[10:]:
        logs.add(json.dumps({**record, "execution_arn": arn("one")}), int(record["event_timestamp"]))
    [one] = known.all()
    assert (one.status, one.trouble, len(one.records)) == ("FAILED", 1, len(records))
    assert known.visits(one)[-1].status == "failed"


def test_a_full_answer_that_names_no_next_page_is_gone_on_from_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executions, "PAGE", 10)
    logs = Logs()
    for number in range(25):
        logs.add(json.dumps({"id": "1", "previous_event_id": "0", "type": "ExecutionStarted", "details": {}, "event_timestamp": str(NOW + number),
                             "execution_arn": arn(str(number))}), NOW + number)
    with mock.patch.object(logs, "paginate", lambda logGroupName, startTime: iter([
            {"events": [event for event in logs.events if event["timestamp"] >= startTime][:10]}])):
        assert len(of(logs).all()) == 25


def test_the_oldest_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executions, "KEPT", 2)
    logs = Logs()
    for name in ("one", "two", "three"):
        logs.add_execution("post_refused", arn(name))
    known = of(logs)
    assert {each.id for each in known.all()} == {"two:11111111", "three:11111111"}
    assert known.get("SendTweet", arn("two")) is known.get("SendTweet", "two:11111111")
    assert known.get("SendTweet", "one:11111111") is None


def test_the_oldest_are_not_those_that_were_read_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executions, "KEPT", 2)
    logs = Logs()
    for age in (0, 2, 1):
        logs.add(json.dumps({"id": "1", "previous_event_id": "0", "type": "ExecutionStarted", "details": {}, "event_timestamp": str(NOW - age),
                             "execution_arn": arn(f"age-{age}")}), NOW - age)
    assert [each.id for each in of(logs).all()] == ["age-0:11111111", "age-1:11111111"]


def test_what_is_no_record_and_an_input_that_was_cut_off_do_no_harm() -> None:
    logs = Logs()
    logs.add("Permissions are set correctly for AWS CloudWatch Logs to write into your log stream", NOW)
    logs.add(json.dumps({"id": "1", "previous_event_id": "0", "type": "ExecutionStarted", "details": {"input": '{"detail-type": "SEND_'},
                         "event_timestamp": str(NOW), "execution_arn": arn("one")}), NOW)
    [one] = of(logs).all()
    assert (one.status, one.tweet_ids) == ("RUNNING", [])


def test_a_workflow_that_logs_errors_only_says_what_to_do() -> None:
    logs = Logs()
    errors = [record for record in recorded("post_refused") if record["type"] in ("TaskFailed", "ExecutionFailed")]
    for record in errors:
        logs.add(json.dumps({**record, "execution_arn": arn("one")}), int(record["event_timestamp"]))
    known = of(logs, "ERROR")
    assert "WorkflowLogLevel=ALL" in known.workflows["SendTweet"].advice
    assert [(each.status, each.error) for each in known.all()] == [("FAILED", "TweetFailed")]
    assert of(logs).workflows["SendTweet"].advice == ""


def test_a_page_asks_for_what_has_changed_since() -> None:
    logs = Logs()
    known = of(logs)
    app = Starlette(routes=executions.routes())
    app.state.executions = known
    logs.add_execution("post_refused", arn("one"))
    path = "/api/workflows/SendTweet/executions"
    first = ask(app, "GET", path).json()
    assert [each["id"] for each in first["executions"]] == ["one:11111111"]
    assert ask(app, "GET", f"{path}?after={first['version']}").json() == {**first, "executions": []}
    logs.add_execution("post_refused", arn("two"))
    second = ask(app, "GET", f"{path}?after={first['version']}").json()
    assert [each["id"] for each in second["executions"]] == ["two:11111111"]
    assert second["oldest"] == first["executions"][0]["start"]
