"""The logs of Express workflows, record by record as AWS writes them."""

import json
import uuid
from typing import Any

import pytest
from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch_logs

from sandbox.aws import execution_log
from sandbox.embedded_aws import REGION
from tests.sandbox.conftest import Account, eventually

EVERYTHING = ("*", "*")
PASS = {"Type": "Pass", "End": True}


class Logged:
    """A workflow that logs, and what it logged."""

    def __init__(self, account: Account, level: str = "ALL", data: bool = True) -> None:
        self._account, self._logs, self.group = account, account.client("logs"), account.name("/aws/vendedlogs/states/test")
        self._logs.create_log_group(logGroupName=self.group)
        self._configuration = {"level": level, "includeExecutionData": data, "destinations": [
            {"cloudWatchLogsLogGroup": {"logGroupArn": account.arn("logs", f"log-group:{self.group}:*")}}]}

    def run(self, states: dict[str, Any], given: Any = None, ends: str = "ExecutionSucceeded", **settings: Any) -> list[dict[str, Any]]:
        """Runs a workflow to its end, and answers its records in their order."""
        definition = {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states, **settings}
        client, self.name = self._account.client("stepfunctions"), self._account.name("machine")
        machine = client.create_state_machine(
            name=self.name, definition=json.dumps(definition), type="EXPRESS", roleArn=self._account.role("states.amazonaws.com", EVERYTHING),
            loggingConfiguration=self._configuration)["stateMachineArn"]
        self.execution = client.start_sync_execution(stateMachineArn=machine, input=json.dumps({} if given is None else given))["executionArn"]
        eventually(lambda: any(f'"{ends}"' in event["message"] for event in self.read()))
        records: list[dict[str, Any]] = [json.loads(event["message"]) for event in self.events]
        return sorted(records, key=lambda record: int(record["id"]))

    def read(self) -> list[dict[str, Any]]:
        """What is in the log by now."""
        events: list[dict[str, Any]] = self._logs.filter_log_events(logGroupName=self.group)["events"]
        self.events = events
        return events


def types(records: list[dict[str, Any]]) -> list[str]:
    """Their types."""
    return [record["type"] for record in records]


def test_a_record_is_what_aws_writes(account: Account) -> None:
    logged = Logged(account)
    started, entered, left, succeeded = logged.run({"Set": {**PASS, "Assign": {"n": 1, "who": "me"}, "Output": {"b": 2}}}, {"a": 1})
    assert list(started) == ["id", "type", "details", "previous_event_id", "event_timestamp", "execution_arn", "redrive_count"]
    assert (started["id"], started["previous_event_id"], started["redrive_count"]) == ("1", "0", "0")
    assert started["details"]["input"] == '{"a": 1}'
    assert started["details"]["inputDetails"] == {"truncated": False}
    assert started["details"]["roleArn"].startswith("arn:aws:iam::")
    assert entered["details"] == {"input": '{"a": 1}', "inputDetails": {"truncated": False}, "name": "Set"}
    assert left["details"] == {
        "name": "Set", "output": '{"b": 2}', "outputDetails": {"truncated": False},
        "assignedVariables": {"n": "1", "who": '"me"'}, "assignedVariablesDetails": {"truncated": False}}
    assert succeeded["details"] == {"output": '{"b": 2}', "outputDetails": {"truncated": False}}
    assert types([started, entered, left, succeeded]) == ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"]
    assert [record["previous_event_id"] for record in (entered, left, succeeded)] == ["0", "2", "3"]
    assert {record["execution_arn"] for record in (started, entered, left, succeeded)} == {logged.execution}
    assert all(event["timestamp"] == int(json.loads(event["message"])["event_timestamp"]) for event in logged.events)
    [stream] = {event["logStreamName"] for event in logged.events}
    assert [len(part) for part in stream.split("/")] == [6, len(logged.name), 16, 8]
    assert stream.startswith(f"states/{logged.name}/2")


def test_each_attempt_of_a_task_is_there_with_its_error(account: Account) -> None:
    records = Logged(account).run({
        "Call": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:dynamodb:getItem", "TimeoutSeconds": 9,
                 "Arguments": {"TableName": "none", "Key": {"K": {"S": "{% $states.input.k %}"}}},
                 "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2, "IntervalSeconds": 1, "MaxDelaySeconds": 1}],
                 "Catch": [{"ErrorEquals": ["States.ALL"], "Assign": {"error": "{% $states.errorOutput.Error %}"}, "Next": "Caught"}], "End": True},
        "Caught": PASS}, {"k": "x"})
    attempt = ["TaskScheduled", "TaskStarted", "TaskFailed"]
    assert types(records)[1:-3] == ["TaskStateEntered", *attempt, *attempt, *attempt, "TaskStateExited"]
    scheduled, started, failed = records[2:5]
    named = {"resource": "getItem", "resourceType": "aws-sdk:dynamodb"}
    assert scheduled["details"] == {
        "parameters": '{"TableName": "none", "Key": {"K": {"S": "x"}}}', "region": REGION, "timeoutInSeconds": 9, **named}
    assert started["details"] == named
    assert failed["details"]["error"] == "DynamoDb.ResourceNotFoundException"
    assert set(failed["details"]) == {"error", "cause", "resource", "resourceType"}
    assert [int(record["previous_event_id"]) for record in records[2:]] == [int(record["id"]) - 1 for record in records[2:]]
    assert records[-4]["details"]["assignedVariables"] == {"error": '"DynamoDb.ResourceNotFoundException"'}


def test_a_task_that_takes_too_long_and_an_expression_that_fails_are_told_apart(account: Account) -> None:
    function = account.function("import time\n\n\ndef handler(event, context):\n    time.sleep(3)\n")
    records = Logged(account).run({"Call": {
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": {"FunctionName": function, "Payload": {}}, "TimeoutSeconds": 1,
        "End": True}}, ends="ExecutionFailed")
    assert types(records)[-2:] == ["TaskTimedOut", "ExecutionFailed"]
    assert records[-2]["details"]["error"] == "States.Timeout"
    assert (records[-2]["details"]["resource"], records[-2]["details"]["resourceType"]) == ("invoke", "lambda")

    records = Logged(account).run({"Set": {**PASS, "Output": "{% $states.input.a + 'b' %}"}}, {"a": 1}, ends="ExecutionFailed")
    assert types(records)[2:] == ["EvaluationFailed", "ExecutionFailed"]
    assert (records[2]["details"]["error"], records[2]["details"]["state"]) == ("States.QueryEvaluationError", "Set")


def test_branches_and_iterations_are_told_by_their_predecessors(account: Account) -> None:
    branch = {"StartAt": "Left", "States": {"Left": {**PASS, "Assign": {"inner": 1}}}}
    each = {"Type": "Map", "Items": [7, 8], "ItemProcessor": {"StartAt": "Odd?", "States": {
        "Odd?": {"Type": "Choice", "Choices": [{"Condition": "{% $states.input % 2 = 1 %}", "Next": "Odd"}], "Default": "Even"},
        "Odd": {"Type": "Succeed"}, "Even": PASS}}, "End": True}
    records = Logged(account).run({
        "Both": {"Type": "Parallel", "Branches": [branch, {"StartAt": "Each", "States": {"Each": each}}], "End": True}})
    by_id = {record["id"]: record for record in records}

    def before(kind: str, **details: Any) -> tuple[str, Any]:
        [record] = [record for record in records if record["type"] == kind and details.items() <= record["details"].items()]
        previous = by_id[record["previous_event_id"]]
        return previous["type"], previous["details"].get("name", previous["details"].get("index"))

    assert before("ParallelStateStarted")[0] == "ParallelStateEntered"
    assert before("PassStateEntered", name="Left")[0] == "ParallelStateStarted"
    assert before("MapStateEntered", name="Each")[0] == "ParallelStateStarted"
    assert before("MapStateStarted", length=2) == ("MapStateEntered", "Each")
    assert before("MapIterationStarted", name="Each", index=1)[0] == "MapStateStarted"
    assert before("SucceedStateEntered", name="Odd") == ("ChoiceStateExited", "Odd?")
    assert before("MapIterationSucceeded", index=0) == ("SucceedStateExited", "Odd")
    assert before("MapIterationSucceeded", index=1) == ("PassStateExited", "Even")
    assert before("PassStateExited", name="Left") == ("PassStateEntered", "Left")
    assert types(records)[-3:] == ["ParallelStateSucceeded", "ParallelStateExited", "ExecutionSucceeded"]
    assert "assignedVariables" not in records[-2]["details"]


def test_what_fails_in_a_branch_fails_its_parallel(account: Account) -> None:
    fail = {"Type": "Fail", "Error": "Mine", "Cause": "because"}
    inner = {"Type": "Map", "Items": [1], "ItemProcessor": {"StartAt": "Fail", "States": {"Fail": fail}}, "End": True}
    records = Logged(account).run({
        "Both": {"Type": "Parallel", "Branches": [{"StartAt": "Each", "States": {"Each": inner}}], "End": True}}, ends="ExecutionFailed")
    assert types(records)[5:] == ["MapIterationStarted", "FailStateEntered", "MapIterationFailed", "MapStateFailed", "ParallelStateFailed",
                                  "ExecutionFailed"]
    assert records[-1]["details"] == {"error": "Mine", "cause": "because"}


def test_an_execution_that_takes_too_long_ends_its_log(account: Account) -> None:
    records = Logged(account).run({"Wait": {"Type": "Wait", "Seconds": 3, "End": True}}, ends="ExecutionTimedOut", TimeoutSeconds=1)
    assert types(records) == ["ExecutionStarted", "WaitStateEntered", "ExecutionTimedOut"]


@pytest.mark.parametrize(("level", "expected"), [
    ("ERROR", ["TaskFailed", "ExecutionFailed"]), ("FATAL", ["ExecutionFailed"]),
    ("ALL", ["ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskFailed", "ExecutionFailed"])])
def test_a_level_and_no_data_leave_the_rest_out(account: Account, level: str, expected: list[str]) -> None:
    logged = Logged(account, level, data=False)
    records = logged.run({"Call": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:dynamodb:getItem", "Assign": {"word": "xylophone"},
                                   "Arguments": {"TableName": "none", "Key": {"K": {"S": "xylophone"}}}, "End": True}},
                         {"text": "xylophone"}, ends="ExecutionFailed")
    assert types(records) == expected
    assert "xylophone" not in json.dumps(records)


def test_an_assignment_stays_out_of_a_log_without_data(account: Account) -> None:
    records = Logged(account, data=False).run({"Set": {**PASS, "Assign": {"word": "xylophone"}}})
    assert records[2]["details"] == {"name": "Set"}


def test_a_template_says_it_as_the_api_does(account: Account) -> None:
    template = {"Resources": {
        "Log": {"Type": "AWS::Logs::LogGroup"},
        "Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {
            "StateMachineType": "EXPRESS", "RoleArn": account.role("states.amazonaws.com"),
            "DefinitionString": json.dumps({"StartAt": "Pass", "States": {"Pass": PASS}}),
            "LoggingConfiguration": {"Level": "ALL", "IncludeExecutionData": True, "Destinations": [
                {"CloudWatchLogsLogGroup": {"LogGroupArn": {"Fn::GetAtt": ["Log", "Arn"]}}}]}}}}}
    client, name = account.client("cloudformation"), account.name("stack")
    client.create_stack(StackName=name, TemplateBody=json.dumps(template))
    client.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    machine = client.describe_stack_resource(StackName=name, LogicalResourceId="Machine")["StackResourceDetail"]["PhysicalResourceId"]
    configuration = account.client("stepfunctions").describe_state_machine(stateMachineArn=machine)["loggingConfiguration"]
    assert (configuration["level"], configuration["includeExecutionData"]) == ("ALL", True)
    assert configuration["destinations"][0]["cloudWatchLogsLogGroup"]["logGroupArn"].endswith(":*")


def test_the_oldest_of_a_long_log_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution_log, "STREAM", 1000)
    monkeypatch.setattr(execution_log, "KEPT", 3)
    where, group, writer = (get_account_id(), get_region()), f"group-{uuid.uuid4()}", execution_log._Writer()
    cloudwatch_logs._create_log_group({"logGroupName": group})
    for number in range(40):
        body = {"id": str(number), "padding": "x" * 400}
        writer._write((*where, group, "machine"), [execution_log._Record(*where, group, "machine", number, body)])
    streams = cloudwatch_logs._log_groups[group]["streams"].values()
    kept = [json.loads(event["message"])["id"] for stream in streams for event in stream["events"]]
    assert kept == [str(number) for number in range(40 - len(kept), 40)]
    assert 5 < len(kept) < 12
