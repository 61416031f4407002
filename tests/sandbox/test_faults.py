"""The embedded AWS fails as it is told to: on the wire, in workflows and behind rules; and its workers can be killed."""

import json
import threading
import time
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError

from tests.faults import ALWAYS, inject
from tests.sandbox.conftest import Account, eventually

EVERYTHING = ("*", "*")
SENTIMENT = "aws-sdk:comprehend:detectSentiment"


def call(account: Account, resource: str, arguments: dict[str, Any], **state: Any) -> dict[str, Any]:
    return account.run({"Call": {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Arguments": arguments, "End": True, **state}},
                       None, EVERYTHING)


class TestOnTheWire:
    def test_a_fault_strikes_so_often_and_no_oftener(self, account: Account) -> None:
        fault = inject(account.endpoint, "comprehend:DetectSentiment", error="TooManyRequestsException", times=2)
        comprehend = account.client("comprehend")
        for _ in range(2):
            with pytest.raises(ClientError, match="TooManyRequestsException"):
                comprehend.detect_sentiment(Text="wire", LanguageCode="en")
        assert comprehend.detect_sentiment(Text="wire", LanguageCode="en")["Sentiment"] == "NEUTRAL"
        assert fault.struck == 2

    def test_only_calls_with_its_texts_are_struck(self, account: Account) -> None:
        fault = inject(account.endpoint, "comprehend:DetectSentiment", error="InternalServerException", status=500, times=ALWAYS,
                       match=["one message", "LanguageCode"])
        comprehend = account.client("comprehend")
        comprehend.detect_sentiment(Text="another message", LanguageCode="en")
        with pytest.raises(ClientError, match="InternalServerException"):
            comprehend.detect_sentiment(Text="one message", LanguageCode="en")
        fault.end()
        comprehend.detect_sentiment(Text="one message", LanguageCode="en")

    def test_s3_fails_in_its_own_words(self, account: Account) -> None:
        bucket, s3 = account.name("bucket"), account.client("s3")
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        inject(account.endpoint, "s3:PutObject", error="SlowDown", status=503, times=2, match=[bucket])
        with pytest.raises(ClientError, match="SlowDown"):
            s3.put_object(Bucket=bucket, Key="key", Body=b"content")
        s3.put_object(Bucket=bucket, Key="key", Body=b"content")

    def test_an_answer_can_be_lost_after_the_call_was_carried_out(self, account: Account) -> None:
        bus, (url, queue) = account.bus(), account.queue()
        account.rule(bus, {"Arn": queue})
        inject(account.endpoint, "events:PutEvents", body="<html>", after=True, match=[bus])
        assert "Entries" not in account.put(bus, {"n": 1})
        message = account.received(url)
        assert message
        assert json.loads(message["Body"])["detail"] == {"n": 1}

    def test_an_answer_can_be_late(self, account: Account) -> None:
        fault = inject(account.endpoint, "secretsmanager:ListSecrets", delay=2)
        client = boto3.client("secretsmanager", endpoint_url=account.endpoint, region_name="eu-west-1", aws_access_key_id="test",
                              aws_secret_access_key="test", config=Config(read_timeout=0.3, retries={"total_max_attempts": 1}))
        with pytest.raises(ReadTimeoutError):
            client.list_secrets()
        assert fault.struck == 1
        client.list_secrets()

    def test_only_a_roles_calls_are_struck(self, account: Account) -> None:
        role = account.role("lambda.amazonaws.com", ("comprehend:*", "*"))
        function = account.function(
            "import boto3\n\n\ndef handler(event, context):\n    boto3.client('comprehend').detect_entities(Text='a', LanguageCode='en')\n", role)
        inject(account.endpoint, "comprehend:DetectEntities", error="InvalidRequestException", caller=role.split("/")[-1])
        account.client("comprehend").detect_entities(Text="a", LanguageCode="en")
        answer = json.loads(account.client("lambda").invoke(FunctionName=function)["Payload"].read())
        assert answer["errorType"] == "InvalidRequestException"

    def test_requests_from_other_sites_are_refused(self, account: Account) -> None:
        answer = httpx.post(f"{account.endpoint}/_sandbox/faults", json={}, headers={"Origin": "https://example.com"})
        assert answer.status_code == 403
        assert httpx.post(f"{account.endpoint}/_sandbox/faults", json={"nonsense": 1}).status_code == 400
        assert httpx.get(f"{account.endpoint}/_sandbox/nothing").status_code == 404


class TestInWorkflows:
    @pytest.mark.parametrize(("code", "resource", "action", "arguments", "error"), [
        ("TooManyRequestsException", SENTIMENT, "comprehend:DetectSentiment", {"Text": "flow", "LanguageCode": "en"},
         "Comprehend.TooManyRequestsException"),
        ("ServiceUnavailable", SENTIMENT, "comprehend:DetectSentiment", {"Text": "flow", "LanguageCode": "en"}, "Comprehend.ComprehendException"),
        ("ProvisionedThroughputExceededException", "dynamodb:putItem", "dynamodb:PutItem", {"TableName": "flow", "Item": {}},
         "DynamoDB.ProvisionedThroughputExceededException"),
        ("AccessDeniedException", "dynamodb:putItem", "dynamodb:PutItem", {"TableName": "flow", "Item": {}}, "DynamoDB.AmazonDynamoDBException"),
        ("ThrottlingException", "aws-sdk:lexruntimev2:recognizeText", "lex:RecognizeText",
         {"BotId": "FLOWFLOWFL", "BotAliasId": "FLOWFLOWFL", "LocaleId": "en_GB", "SessionId": "flow", "Text": "a"},
         "LexRuntimeV2.ThrottlingException"),
        ("States.Runtime", "sqs:sendMessage", "sqs:SendMessage", {"QueueUrl": "flow", "MessageBody": "a"}, "States.Runtime"),
    ])
    def test_an_error_has_step_functions_name(
            self, account: Account, code: str, resource: str, action: str, arguments: dict[str, Any], error: str) -> None:
        inject(account.endpoint, action, error=code)
        assert call(account, resource, arguments)["error"] == error

    def test_retries_get_past_it(self, account: Account) -> None:
        fault = inject(account.endpoint, "comprehend:DetectSentiment", error="InternalServerException", status=500, times=2)
        done = call(account, SENTIMENT, {"Text": "flow", "LanguageCode": "en"}, Retry=[
            {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 2, "MaxDelaySeconds": 1, "JitterStrategy": "FULL"}])
        assert (done["status"], fault.struck) == ("SUCCEEDED", 2)

    def test_a_task_gives_up_after_its_timeout(self, account: Account) -> None:
        inject(account.endpoint, "comprehend:DetectSentiment", delay=60)
        started = time.monotonic()
        done = call(account, SENTIMENT, {"Text": "flow", "LanguageCode": "en"}, TimeoutSeconds=1)
        assert done["error"] == "States.Timeout"
        assert time.monotonic() - started < 30

    def test_an_answer_may_lack_what_was_asked_for_or_be_no_answer(self, account: Account) -> None:
        inject(account.endpoint, "comprehend:DetectSentiment", body={})
        assert call(account, SENTIMENT, {"Text": "flow", "LanguageCode": "en"})["output"] == {}
        inject(account.endpoint, "comprehend:DetectSentiment", body="<html>")
        assert call(account, SENTIMENT, {"Text": "flow", "LanguageCode": "en"})["error"] == "Comprehend.SdkClientException"


class TestBehindRules:
    def machine(self, account: Account) -> str:
        definition = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
        return str(account.client("stepfunctions").create_state_machine(
            name=account.name("machine"), definition=json.dumps(definition), type="STANDARD",
            roleArn=account.role("states.amazonaws.com"))["stateMachineArn"])

    def test_a_throttled_start_is_repeated(self, account: Account) -> None:
        bus, machine = account.bus(), self.machine(account)
        account.rule(bus, {"Arn": machine, "RoleArn": account.role("events.amazonaws.com", ("states:StartExecution", machine))})
        fault = inject(account.endpoint, "states:StartExecution", error="ThrottlingException", status=429, match=["throttled-start"])
        account.put(bus, {"text": "throttled-start"})
        eventually(lambda: account.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"])
        assert fault.struck == 1

    def test_a_refused_start_is_a_dead_letter(self, account: Account) -> None:
        bus, machine, (url, queue) = account.bus(), self.machine(account), account.queue()
        account.rule(bus, {"Arn": machine, "RoleArn": account.role("events.amazonaws.com", ("states:StartExecution", machine)),
                           "DeadLetterConfig": {"Arn": queue}})
        inject(account.endpoint, "states:StartExecution", error="AccessDeniedException", match=["refused-start"])
        account.put(bus, {"text": "refused-start"})
        message = account.received(url)
        assert message
        assert message["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "AccessDeniedException"


def test_a_worker_at_work_can_be_killed(account: Account) -> None:
    function = account.function("import time\n\n\ndef handler(event, context):\n    time.sleep(event['seconds'])\n    return 'done'\n")
    client, answers = account.client("lambda"), []

    def invoke(seconds: int) -> None:
        answers.append(json.loads(client.invoke(FunctionName=function, Payload=json.dumps({"seconds": seconds}))["Payload"].read()))

    thread = threading.Thread(target=invoke, args=(15,))
    thread.start()
    url, name = f"{account.endpoint}/_sandbox/workers", function.split(":")[-1]
    eventually(lambda: httpx.delete(url, params={"function": name}).json()["killed"])
    thread.join()
    assert "errorMessage" in answers[0]
    invoke(0)
    assert answers[1] == "done"


def test_what_a_role_was_allowed_is_counted(account: Account) -> None:
    role = account.role("states.amazonaws.com", ("comprehend:DetectSentiment", "*"))
    account.run({"Call": {"Type": "Task", "Resource": f"arn:aws:states:::{SENTIMENT}", "End": True,
                          "Arguments": {"Text": "counted", "LanguageCode": "en"}}}, role=role)
    used = [each for each in httpx.get(f"{account.endpoint}/_sandbox/used").json() if each["role"] == role.split("/")[-1]]
    assert [(each["action"], each["resource"], each["count"]) for each in used] == [("comprehend:DetectSentiment", "*", 1)]
