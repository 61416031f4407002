"""What the application's workflows owe beyond what `python -m tools workflows lint` asks of every workflow, read off their definitions."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from samcli.yamlhelper import yaml_parse

from tests.workflow.durations import attempts, following, longest
from tests.workflow.interpreter import STATEMACHINE, WORKFLOWS, states_of
from tools.intrinsics import root_of, strings
from tools.workflow_graph import walk

ROOT = Path(__file__).parents[2]
EXPRESS_SECONDS = 300
SPARE_SECONDS = 10  # for the transitions between states
JSONPATH_FIELDS = {"InputPath", "OutputPath", "ResultPath", "ResultSelector", "Parameters", "ItemsPath"}
# Where nothing is left but the alarm on failed executions.
LAST_RESORT = "sqs:sendMessage"

TASKS = [pytest.param(workflow, name, state, id=f"{workflow}/{name}") for workflow in WORKFLOWS
         for name, state in states_of(workflow).items() if state["Type"] == "Task"]


def text(workflow: str) -> str:
    return (STATEMACHINE / f"{workflow}.asl.json").read_text()


def template_of(workflow: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The resources of the microservice that has the workflow, and its state machine's properties."""
    for path in (ROOT / "microservices").glob("*.yaml"):
        resources = yaml_parse(path.read_text())["Resources"]
        for resource in resources.values():
            if resource.get("Properties", {}).get("DefinitionUri") == f"../statemachine/{workflow}.asl.json":
                return resources, resource["Properties"]
    raise AssertionError(f"No microservice has {workflow}.")


def keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from keys(each)


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_all_is_jsonata(workflow: str) -> None:
    machine = json.loads(text(workflow))
    assert machine["QueryLanguage"] == "JSONata"
    assert [each for each in keys(machine["States"]) if each in JSONPATH_FIELDS or each == "QueryLanguage" or each.endswith(".$")] == []
    assert [each for each in strings(machine) if ("{%" in each or "%}" in each) and not re.fullmatch(r"\{% .* %\}", each)] == []


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_a_failed_event_fails_its_task(workflow: str) -> None:
    """Only the optimised integration fails where PutEvents refuses an entry."""
    assert "aws-sdk:eventbridge" not in text(workflow)
    assert ":states:::events:putEvents" in text(workflow)


@pytest.mark.parametrize(("workflow", "name", "state"), TASKS)
def test_a_task_is_bounded_and_tried_again(workflow: str, name: str, state: dict[str, Any]) -> None:
    assert state["TimeoutSeconds"] > 0
    *permanent, passing = state["Retry"]
    assert all(set(retrier) == {"ErrorEquals", "MaxAttempts"} and retrier["MaxAttempts"] == 0 for retrier in permanent)
    assert passing["ErrorEquals"] == ["States.ALL"]
    assert passing["MaxAttempts"] >= 2
    assert passing["JitterStrategy"] == "FULL"
    assert passing["IntervalSeconds"] >= 1
    assert passing["BackoffRate"] >= 2
    assert passing["MaxDelaySeconds"] >= passing["IntervalSeconds"]


@pytest.mark.parametrize(("workflow", "name", "state"), TASKS)
def test_a_task_fails_into_a_catch(workflow: str, name: str, state: dict[str, Any]) -> None:
    if state["Resource"].endswith(LAST_RESORT):
        assert "Catch" not in state
        return
    assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"]
    assert all("States.ALL" not in catcher["ErrorEquals"] for catcher in state["Catch"][:-1])


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_what_fails_is_said_and_rings_the_alarm(workflow: str) -> None:
    """Whatever was announced as failed, or went to the dead-letter queue, ends in Fail."""
    states = states_of(workflow)
    ends = [name for name, state in states.items() if "FAILED" in name or str(state.get("Resource")).endswith(LAST_RESORT)]
    assert ends
    for name in ends:
        assert {states[each]["Type"] for each in following(states[name]) if "FAILED" not in each and "redrive" not in each} == {"Fail"}, name


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_if_every_neighbour_hangs_it_still_ends_by_a_catch(workflow: str) -> None:
    """Its own time-out cannot be caught: nothing would be said, nothing kept."""
    seconds, path = longest(workflow)
    limit = json.loads(text(workflow))["TimeoutSeconds"]
    assert states_of(workflow)[path[-1]]["Type"] == "Fail", path
    assert "Keep event for redrive" in path
    assert seconds + SPARE_SECONDS <= limit, path
    assert limit < EXPRESS_SECONDS
    assert template_of(workflow)[1]["Type"] == "EXPRESS"


@pytest.mark.parametrize(("workflow", "name", "state"), TASKS)
def test_a_function_gives_up_before_its_task(workflow: str, name: str, state: dict[str, Any]) -> None:
    """So that it says what it waited for, and does not go on by itself."""
    if not state["Resource"].endswith("lambda:invoke"):
        return
    resources, properties = template_of(workflow)
    variable = re.search(r"\$\{(\w+)\}", dict(walk(json.loads(text(workflow))))[name]["Arguments"]["FunctionName"])
    assert variable is not None
    function = resources[root_of(properties["DefinitionSubstitutions"][variable[1]])]
    assert function["Properties"]["Timeout"] < state["TimeoutSeconds"]


def test_the_lease_of_a_reply_outlives_the_workflow() -> None:
    lease = re.search(r"\$millis\(\) / 1000\) \+ (\d+)\) %\}", text("send_tweet"))
    assert lease is not None
    limit = json.loads(text("send_tweet"))["TimeoutSeconds"]
    assert int(lease[1]) >= limit + SPARE_SECONDS
    document = (ROOT / "docs" / "ledger.md").read_text()
    assert set(re.findall(r"(?:lease|running) \(?(\d+) s", document)) == {lease[1]}
    assert re.findall(r"may run \((\d+) s\)", document) == [str(limit)]


def test_the_longest_path_counts_every_attempt_and_delay() -> None:
    state = {"Retry": [{"MaxAttempts": 0}, {"MaxAttempts": 3}]}
    assert attempts(state) == 4
    assert longest("respond_to_text") == (8 * 4 + 1 + 2 + 4 + 2 * (8 * 3 + 1 + 2), [
        "Any images?", "Ask Lex", "Publish SEND_TWEET", "Keep event for redrive", "Not answered"])
