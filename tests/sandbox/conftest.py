"""One embedded AWS for the whole session, and what tests make in it."""

import io
import json
import uuid
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from sandbox.embedded_aws import REGION, EmbeddedAws
from tests import waiting
from tools.ports import free_port

ACCOUNT = "000000000000"


class Account:
    """The embedded AWS as its root sees it; names are made unique, so that tests share it."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint

    def client(self, service: Any) -> Any:
        """A boto3 client with the root's keys."""
        return boto3.client(service, endpoint_url=self.endpoint, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test",
                            config=Config(retries={"max_attempts": 1}, inject_host_prefix=False))

    @staticmethod
    def name(prefix: str) -> str:
        """A name that no other test has."""
        return f"{prefix}-{uuid.uuid4().hex[:8]}"

    @staticmethod
    def arn(service: str, resource: str) -> str:
        """An ARN of this account and region."""
        return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"

    def role(self, service: str, *statements: tuple[str, str]) -> str:
        """A role that a service may assume and whose policy allows each (action, resource)."""
        name = self.name("role")
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]}
        arn = self.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        if statements:
            policy = {"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in statements]}
            self.client("iam").put_role_policy(RoleName=name, PolicyName="policy", PolicyDocument=json.dumps(policy))
        return str(arn)

    def function(self, code: str, role: str | None = None, **settings: Any) -> str:
        """A function from the text of its app.py."""
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("app.py", code)
        return str(self.client("lambda").create_function(**{
            "FunctionName": self.name("function"), "Runtime": "python3.13", "Handler": "app.handler", "Code": {"ZipFile": archive.getvalue()},
            "Role": role or self.role("lambda.amazonaws.com"), "Timeout": 20, **settings})["FunctionArn"])

    def run(self, states: dict[str, Any], given: Any = None, *statements: tuple[str, str], role: str | None = None,
            **settings: Any) -> dict[str, Any]:
        """Runs an Express JSONata workflow to its end; its role allows `statements`. `output` is parsed."""
        definition = {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states, **settings}
        client = self.client("stepfunctions")
        machine = client.create_state_machine(
            name=self.name("machine"), definition=json.dumps(definition), type="EXPRESS",
            roleArn=role or self.role("states.amazonaws.com", *statements))["stateMachineArn"]
        result: dict[str, Any] = client.start_sync_execution(stateMachineArn=machine, input=json.dumps({} if given is None else given))
        return {**result, "output": json.loads(result["output"])}

    def queue(self, *, rules_may_send: bool = True) -> tuple[str, str]:
        """A queue's URL and ARN."""
        name = self.name("queue")
        arn = self.arn("sqs", name)
        policy = {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn,
            "Condition": {"ArnLike": {"aws:SourceArn": self.arn("events", "rule/*")}}}]}
        attributes = {"Policy": json.dumps(policy)} if rules_may_send else {}
        return self.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"], arn

    def rule(self, bus: str, target: dict[str, Any]) -> str:
        """A rule for every event of a bus, with one target; returns its ARN."""
        name, events = self.name("rule"), self.client("events")
        arn = events.put_rule(Name=name, EventBusName=bus, EventPattern='{"source": [{"prefix": ""}]}')["RuleArn"]
        answer = events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "target", **target}])
        assert answer["FailedEntryCount"] == 0, answer
        return str(arn)

    def bus(self) -> str:
        """The name of a bus."""
        name = self.name("bus")
        self.client("events").create_event_bus(Name=name)
        return name

    def put(self, bus: str, detail: Any, source: str = "test", kind: str = "Test") -> dict[str, Any]:
        """Puts one event; a detail that is no text is made JSON."""
        answer: dict[str, Any] = self.client("events").put_events(Entries=[{
            "EventBusName": bus, "Source": source, "DetailType": kind, "Detail": detail if isinstance(detail, str) else json.dumps(detail)}])
        return answer

    def received(self, url: str, seconds: float = 5) -> dict[str, Any] | None:
        """The next message of a queue, or None."""
        messages = self.client("sqs").receive_message(
            QueueUrl=url, WaitTimeSeconds=int(seconds), MessageAttributeNames=["All"]).get("Messages", [])
        return messages[0] if messages else None


def eventually(look: Callable[[], Any], seconds: float = 10) -> Any:
    """What `look` returns, as soon as it is true; a failed test where it is not in time."""
    found = waiting.eventually(look, seconds)
    assert found, f"not within {seconds} s"
    return found


@pytest.fixture(scope="session")
def embedded_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The endpoint of an embedded AWS with IAM enforced."""
    log: Path = tmp_path_factory.mktemp("embedded_aws") / "aws.log"
    aws = EmbeddedAws(free_port(0), log)
    aws.start()
    yield aws.endpoint
    aws.stop()


@pytest.fixture(scope="session")
def account(embedded_aws: str) -> Account:
    """Its account."""
    return Account(embedded_aws)
