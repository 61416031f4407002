"""What an execution did in each state, from logs that were recorded: long texts in them are cut."""

import json
from pathlib import Path
from typing import Any

import pytest

from console.visits import Visit, visits
from tools.workflow_graph import Graph, graph

LOGS = Path(__file__).parent / "logs"
STATEMACHINE = Path(__file__).parents[2] / "statemachine"


def recorded(name: str) -> list[dict[str, Any]]:
    """The records of an execution, as they came."""
    return [json.loads(line) for line in (LOGS / f"{name}.jsonl").read_text().splitlines()]


def graph_of(workflow: str) -> Graph:
    """A workflow of ours."""
    return graph(json.loads((STATEMACHINE / f"{workflow}.asl.json").read_text()))


@pytest.fixture(scope="module")
def photos() -> list[Visit]:
    return visits(recorded("three_photos_one_missing"), graph_of("analyse_message"))


@pytest.fixture(scope="module")
def throttled() -> list[Visit]:
    return visits(recorded("comprehend_throttled"), graph_of("analyse_message"))


@pytest.fixture(scope="module")
def refused() -> list[Visit]:
    return visits(recorded("post_refused"), graph_of("send_tweet"))


def named(found: list[Visit], name: str) -> list[Visit]:
    """The visits to a state."""
    return [visit for visit in found if visit.name == name]


def test_every_iteration_is_told_from_the_others(photos: list[Visit]) -> None:
    downloads = named(photos, "Download image")
    assert [visit.iterations for visit in downloads] == [[{"map": "Look at images", "index": index}] for index in range(3)]
    assert [visit.status for visit in downloads] == ["succeeded", "succeeded", "caught"]
    assert [visit.next for visit in downloads] == ["See image", "See image", "Image failed"]
    [images] = named(photos, "Look at images")
    assert (images.length, images.iterations, images.status) == (3, [], "succeeded")


def test_branches_within_an_iteration_belong_to_it(photos: list[Visit]) -> None:
    assert [visit.iterations[0]["index"] for visit in named(photos, "Detect labels")] == [0, 1]
    assert all(visit.exited is not None and visit.exited >= visit.entered for visit in photos)


def test_the_way_goes_on_after_what_had_branches(photos: list[Visit]) -> None:
    ways = {visit.name: visit.next for visit in photos if not visit.iterations}
    assert ways["Claim message"] == "Analyse message"
    assert ways["Analyse message"] == "Publish MESSAGE_ANALYSED"
    assert ways["Look at images"] == ways["Publish MESSAGE_ANALYSED"] == ""


def test_attempts_are_told_with_their_errors(throttled: list[Visit]) -> None:
    [sentiment] = named(throttled, "Detect sentiment")
    assert [attempt.error for attempt in sentiment.attempts] == ["Comprehend.ComprehendException"] * 2 + [""]
    assert (sentiment.status, sentiment.retries) == ("succeeded", 2)
    assert all(attempt.end is not None and attempt.end >= attempt.start for attempt in sentiment.attempts)
    assert json.loads(sentiment.parameters or "")["LanguageCode"] == "en"


def test_a_failure_that_was_caught_and_the_end(refused: list[Visit]) -> None:
    [post] = named(refused, "Post tweet")
    assert (post.status, post.next, post.attempts[0].error) == ("caught", "Record failure", "TweetRefused")
    assert "403" in post.attempts[0].cause
    assert (refused[-1].type, refused[-1].status, refused[-1].exited) == ("Fail", "failed", None)
    assert next(visit for visit in refused if visit.variables).variables


def test_an_execution_that_goes_on_is_under_way() -> None:
    records = recorded("comprehend_throttled")
    failing = next(index for index, record in enumerate(records) if record["type"] == "TaskFailed")
    found = visits(records[:failing + 1], graph_of("analyse_message"))
    [sentiment] = named(found, "Detect sentiment")
    assert (sentiment.status, sentiment.exited, len(sentiment.attempts)) == ("running", None, 1)


def test_what_was_under_way_when_it_failed_was_left() -> None:
    def record(number: int, previous: int, kind: str, **details: Any) -> dict[str, Any]:
        return {"id": str(number), "previous_event_id": str(previous), "type": kind, "details": details, "event_timestamp": str(number)}

    branches = [{"StartAt": name, "States": {name: {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": True}}} for name in "AB"]
    both = graph({"StartAt": "Both", "States": {"Both": {"Type": "Parallel", "Branches": branches, "End": True}}})
    found = visits([
        record(1, 0, "ExecutionStarted"), record(2, 0, "ParallelStateEntered", name="Both"), record(3, 2, "ParallelStateStarted"),
        record(4, 3, "TaskStateEntered", name="A"), record(5, 3, "TaskStateEntered", name="B"), record(6, 4, "TaskScheduled"),
        record(7, 5, "TaskScheduled"), record(8, 6, "TaskFailed", error="Mine", cause="why"), record(9, 8, "ParallelStateFailed"),
        record(10, 9, "ExecutionFailed", error="Mine")], both)
    assert {visit.name: visit.status for visit in found} == {"Both": "failed", "A": "failed", "B": "left"}


def test_iterations_one_after_another_are_told_apart() -> None:
    """With MaxConcurrency 1, AWS names the last state of one iteration as what comes before the next iteration."""
    rows = [("ExecutionStarted", 0, {}), ("MapStateEntered", 0, {"name": "Each"}), ("MapStateStarted", 2, {"length": 2}),
            ("MapIterationStarted", 3, {"name": "Each", "index": 0}), ("PassStateEntered", 4, {"name": "One"}),
            ("PassStateExited", 5, {"name": "One"}),
            ("MapIterationSucceeded", 6, {"name": "Each", "index": 0}), ("MapIterationStarted", 6, {"name": "Each", "index": 1}),
            ("PassStateEntered", 8, {"name": "One"}), ("PassStateExited", 9, {"name": "One"}), ("MapStateExited", 10, {"name": "Each"})]
    records = [{"id": str(number), "previous_event_id": str(previous), "type": kind, "details": details, "event_timestamp": "1"}
               for number, (kind, previous, details) in enumerate(rows, 1)]
    within = {"StartAt": "One", "States": {"One": {"Type": "Pass", "End": True}}}
    found = visits(records, graph({"StartAt": "Each", "States": {"Each": {"Type": "Map", "ItemProcessor": within, "End": True}}}))
    assert [(visit.name, visit.iterations, visit.status) for visit in found] == [
        ("Each", [], "succeeded"), ("One", [{"map": "Each", "index": 0}], "succeeded"), ("One", [{"map": "Each", "index": 1}], "succeeded")]


def test_a_log_of_errors_only_has_no_visits(refused: list[Visit]) -> None:
    errors = [record for record in recorded("post_refused") if record["type"] in ("TaskFailed", "FailStateEntered", "ExecutionFailed")]
    assert [visit.type for visit in visits(errors, graph_of("send_tweet"))] == ["Fail"]
