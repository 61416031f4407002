"""TestState of the embedded AWS, over the wire."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.conftest import Account
from tools import workflow_cases, workflow_files
from tools.workflow_files import Workflow

JSONPATH: dict[str, Any] = {"StartAt": "Ask", "States": {
    "Ask": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sqs:listQueues", "Parameters": {"QueueNamePrefix.$": "$.prefix"},
            "ResultSelector": {"urls.$": "$.QueueUrls"}, "ResultPath": "$.found", "Next": "Each",
            "Retry": [{"ErrorEquals": ["Sqs.Busy"], "IntervalSeconds": 3, "MaxAttempts": 3, "BackoffRate": 3, "MaxDelaySeconds": 10}],
            "Catch": [{"ErrorEquals": ["Sqs.Gone"], "ResultPath": "$.error", "Next": "Each"}]},
    "Each": {"Type": "Map", "End": True, "ItemProcessor": {"StartAt": "Wait", "States": {
        "Wait": {"Type": "Wait", "Seconds": 0, "Next": "Good"}, "Good": {"Type": "Succeed"}}}}}}


@pytest.mark.parametrize("workflow", workflow_files.workflows(), ids=lambda workflow: workflow.name)
def test_every_case_of_the_workflows(account: Account, workflow: Workflow) -> None:
    client = account.client("stepfunctions")
    told = [(case.state, case.name, found) for case in workflow_cases.load(workflow)
            if (found := workflow_cases.differences(case, client.test_state(**workflow_cases.request(workflow, case))))]
    assert told == []


def asked(account: Account, **request: Any) -> dict[str, Any]:
    """What TestState answers about a state of the machine above."""
    answer: dict[str, Any] = account.client("stepfunctions").test_state(definition=json.dumps(JSONPATH), inspectionLevel="DEBUG", **request)
    return answer


class TestJsonPath:
    def test_a_mocked_result_goes_through_every_filter(self, account: Account) -> None:
        answer = asked(account, stateName="Ask", input='{"prefix": "a"}', mock={"result": '{"QueueUrls": ["u"]}'})
        assert (answer["status"], answer["nextState"]) == ("SUCCEEDED", "Each")
        assert json.loads(answer["output"]) == {"prefix": "a", "found": {"urls": ["u"]}}
        inspected = answer["inspectionData"]
        assert [json.loads(inspected[each]) for each in ("afterParameters", "result", "afterResultSelector")] == [
            {"QueueNamePrefix": "a"}, {"QueueUrls": ["u"]}, {"urls": ["u"]}]

    @pytest.mark.parametrize(("retried", "seconds"), [(0, 3), (1, 9), (2, 10)])
    def test_a_retry_comes_before_a_catch(self, account: Account, retried: int, seconds: int) -> None:
        answer = asked(account, stateName="Ask", input='{"prefix": "a"}', mock={"errorOutput": {"error": "Sqs.Busy", "cause": "c"}},
                           stateConfiguration={"retrierRetryCount": retried})
        assert (answer["status"], answer["error"], answer["cause"]) == ("RETRIABLE", "Sqs.Busy", "c")
        assert answer["inspectionData"]["errorDetails"] == {"retryIndex": 0, "retryBackoffIntervalSeconds": seconds}

    def test_an_error_is_caught(self, account: Account) -> None:
        answer = asked(account, stateName="Ask", input='{"prefix": "a"}', mock={"errorOutput": {"error": "Sqs.Gone", "cause": "c"}})
        assert (answer["status"], answer["nextState"]) == ("CAUGHT_ERROR", "Each")
        assert json.loads(answer["output"]) == {"prefix": "a", "error": {"Error": "Sqs.Gone", "Cause": "c"}}
        assert answer["inspectionData"]["errorDetails"] == {"catchIndex": 0}

    def test_what_nothing_handles_fails(self, account: Account) -> None:
        answer = asked(account, stateName="Ask", input='{"prefix": "a"}', mock={"errorOutput": {"error": "Sqs.Busy", "cause": "c"}},
                           stateConfiguration={"retrierRetryCount": 3})
        assert (answer["status"], answer["error"]) == ("FAILED", "Sqs.Busy")
        assert "errorDetails" not in answer["inspectionData"]

    @pytest.mark.parametrize(("permissions", "status"), [([("sqs:ListQueues", "*")], "SUCCEEDED"), ([], "FAILED")])
    def test_without_a_mock_the_service_is_called_with_the_role(
            self, account: Account, permissions: list[tuple[str, str]], status: str) -> None:
        role = account.role("states.amazonaws.com", *permissions)
        answer = asked(account, stateName="Ask", input='{"prefix": "none"}', roleArn=role)
        assert answer["status"] == status, answer
        assert status == "SUCCEEDED" or "is not authorized to perform: sqs:ListQueues" in answer["cause"]

    def test_a_state_within_a_map_is_found(self, account: Account) -> None:
        assert asked(account, stateName="Wait", input="{}")["nextState"] == "Good"
        assert asked(account, stateName="Good", input='{"a": 1}')["output"] == '{"a": 1}'


@pytest.mark.parametrize(("request_", "words"), [
    ({"stateName": "Gone"}, "has no state Gone"), ({"stateName": "Each"}, "can only be tested with a mock"),
    ({"stateName": "Wait", "mock": {"result": "{}"}}, "A mock is for"), ({"stateName": "Wait", "context": "{}"}, "together with a mock"),
    ({"stateName": "Wait", "variables": "{"}, "variables is no JSON"), ({"definition": "{}"}, "neither a state nor a state machine")])
def test_what_aws_refuses_is_refused(account: Account, request_: dict[str, Any], words: str) -> None:
    with pytest.raises(ClientError, match=words):
        account.client("stepfunctions").test_state(**{"definition": json.dumps(JSONPATH), "input": "{}", **request_})
