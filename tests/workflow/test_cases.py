"""The cases of every workflow, a state each, by the embedded AWS's TestState; `make test-aws` has the real one run them."""

import json
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from tests.workflow import interpreter, service_models
from tools import workflow_cases, workflow_files, workflow_runs
from tools.workflow_cases import Case
from tools.workflow_coverage import Reached
from tools.workflow_files import Workflow
from tools.workflow_graph import action_of, walk

WORKFLOWS = workflow_files.workflows()
CASES = [pytest.param(workflow, case, id=f"{workflow.name}/{case.state}/{case.name}")
         for workflow in WORKFLOWS for case in workflow_cases.load(workflow)]
reached = Reached()  # by the cases of a session


@pytest.mark.parametrize(("workflow", "case"), CASES)
def test_a_case(workflow: Workflow, case: Case) -> None:
    run = workflow_runs.run(workflow, case)
    reached.add(workflow.name, *run.reached)
    assert workflow_cases.differences(case, run.answer) == []


@pytest.mark.parametrize(("workflow", "case"), CASES)
def test_what_a_case_calls_and_is_answered_is_as_aws_has_it(workflow: Workflow, case: Case) -> None:
    state = dict(walk(workflow.definition()))[case.state]
    call = action_of(state.get("Resource", ""))
    if not call:
        return
    if not case.error:
        service_models.check_result(call, case.result)
    arguments = json.loads(workflow_runs.run(workflow, case).answer["inspectionData"].get("afterArguments", "null"))
    if arguments:  # none where an expression failed, which the case expects then
        service_models.check_arguments(call, arguments)
        if call == "events:putEvents":
            interpreter.check_entries(arguments["Entries"])


@pytest.mark.parametrize(("workflow", "case"), CASES)
def test_aws_would_take_the_request_and_could_give_the_answer(workflow: Workflow, case: Case) -> None:
    """By AWS's own model of TestState: what is sent by `make test-aws`, and what the embedded AWS answers."""
    request = workflow_cases.request(workflow, case)
    answer = workflow_runs.run(workflow, case).answer
    service_models.check_arguments("stepfunctions:testState", request)
    client: Any = boto3.client("stepfunctions", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
    with Stubber(client) as stubber:
        stubber.add_response("test_state", answer, request)
        assert workflow_cases.differences(case, client.test_state(**request), jitter=True) == []


def written(*entries: dict[str, Any]) -> list[Case]:
    """The cases that entries of a file stand for."""
    return [case for entry in entries for case in workflow_cases._cases(entry)]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"next": "Tweet failed"}, "next is"), ({"output": {"other": 1}, "keeps": None}, "output is"), ({"variables": {"key": "k"}}, "variables is"),
    ({"arguments": {"TableName": "Other"}}, "arguments: TableName is"),
    ({"arguments": {"Key": {"IdempotencyKey": {"S": "k"}}}}, "Key.IdempotencyKey.S is"),
    ({"error": "TweetFailed"}, "status is"), ({"retry": 0, "backoff": 1}, "status is"), ({"catch": 0}, "status is")]


@pytest.mark.parametrize(("wrong", "words"), WRONG)
def test_a_wrong_expectation_is_told(wrong: dict[str, Any], words: str) -> None:
    workflow = next(each for each in WORKFLOWS if each.name == "send_tweet")
    answer = {"Attributes": {"IdempotencyKey": {"S": "reply-twitter-1572570427880538999"}, "ReplyText": {"S": "@harry11 ha"}}}
    right: dict[str, Any] = {"next": "Post tweet", "keeps": {}, "variables": {"key": "reply-twitter-1572570427880538999"}}
    event = {**json.loads((workflow_files.ROOT / "events" / "SEND_TWEET.json").read_text())}
    event["detail"]["Text"] = "@harry11 ha"
    entry = {"state": "Claim tweet", "input": event, "result": answer}
    [good], [bad] = written({**entry, "expect": right}), written({**entry, "expect": {**right, **wrong}})
    run = workflow_runs.run(workflow, good)
    assert workflow_cases.differences(good, run.answer) == []
    assert any(words in each for each in workflow_cases.differences(bad, run.answer))


def test_a_wrong_retry_is_told() -> None:
    workflow = next(each for each in WORKFLOWS if each.name == "send_tweet")
    entry = {"state": "Record tweet", "event": "SEND_TWEET", "with": {"sent": {}}, "variables": {"key": "k"}, "error": "States.Timeout", "retried": 2}
    [good], [late], [other] = (written({**entry, "expect": {"retry": retry, "backoff": backoff}}) for retry, backoff in ((0, 4), (0, 5), (1, 4)))
    answer = workflow_runs.run(workflow, good).answer
    assert workflow_cases.differences(good, answer) == []
    assert workflow_cases.differences(late, answer) == ["backoff is 4, not 5"]
    assert workflow_cases.differences(late, answer, jitter=True) == []
    assert workflow_cases.differences(other, answer) == ["retry is 0, not 1"]


@pytest.mark.parametrize(("entry", "complaint"), [
    ({"state": "A", "expect": {"next": "B"}}, "neither `output` nor `keeps`"), ({"state": "A", "expect": {"output": {}, "keeps": {}}}, "or both"),
    ({"state": "A", "expect": {"retry": 0}}, "go together"), ({"state": "A", "resolt": 1, "expect": {"output": 1}}, "nothing is called resolt"),
    ({"state": "A", "expect": {"outputs": 1}}, "nothing is called outputs")])
def test_a_case_that_could_not_fail_is_refused(entry: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        written(entry)
