"""A microservice is deployed by itself, by the real SAM CLI, with a key of its user's; it needs nothing but names of what it is to talk to."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import stack
from sandbox.embedded_aws import REGION, EmbeddedAws, client_environment
from tools.ports import free_port
from tools.templates import path_of

NEGATIVE = path_of("template").parent / "events" / "MESSAGE_ANALYSED.negative.json"


class Alone:
    """An embedded AWS that microservices are deployed to, one by one."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.key = self.client("kms").create_key()["KeyMetadata"]["Arn"]
        self.client("s3").create_bucket(Bucket="artefacts", CreateBucketConfiguration={"LocationConstraint": REGION})

    def client(self, service: str) -> Any:
        """A boto3 client of it."""
        return stack.client(self.endpoint, service)

    def deploy(self, name: str, **parameters: str) -> dict[str, str]:
        """`sam deploy` of one microservice, encrypted with the key; returns the stack's outputs."""
        programs = Path(sys.executable).parent
        overrides = [f"{key}={value}" for key, value in {**parameters, "KmsKeyArn": self.key}.items()]
        done = subprocess.run(
            [str(programs / "sam"), "deploy", "--template", str(path_of(name)), "--stack-name", name, "--s3-bucket", "artefacts", "--region", REGION,
             "--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND", "--no-confirm-changeset", "--parameter-overrides", *overrides],
            env={**client_environment(self.endpoint), "SAM_CLI_TELEMETRY": "0", "PATH": f"{programs}:{os.environ['PATH']}"},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        outputs = self.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]["Outputs"]
        return {output["OutputKey"]: output["OutputValue"] for output in outputs}

    def mails(self, to: str) -> list[str]:
        """The e-mails to somebody."""
        with urllib.request.urlopen(f"{self.endpoint}/_ministack/ses/messages") as response:
            messages = json.load(response)["messages"]
        return [mail["BodyText"] for mails in messages.values() for mail in mails if mail["To"] == [to]]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alone]:
    aws = EmbeddedAws(free_port(0), tmp_path_factory.mktemp("alone") / "aws.log")
    aws.start()
    yield Alone(aws.endpoint)
    aws.stop()


def test_plumbing_and_alerting_alone_tell_of_a_negative_message(alone: Alone) -> None:
    plumbing = alone.deploy("plumbing", OperationsEmail="operations@example.com")
    alone.deploy("alerting", EventBusName=plumbing["EventBusName"], OperationsTopicArn=plumbing["OperationsTopicArn"], AlertEmail="brand@example.com")
    event = json.loads(NEGATIVE.read_text())
    answer = alone.client("events").put_events(Entries=[{
        "EventBusName": plumbing["EventBusName"], "Source": event["source"], "DetailType": event["detail-type"],
        "Detail": json.dumps(event["detail"])}])
    assert answer["FailedEntryCount"] == 0
    deadline = time.monotonic() + 20
    while not alone.mails("brand@example.com") and time.monotonic() < deadline:
        time.sleep(0.1)
    [mail] = alone.mails("brand@example.com")
    assert event["detail"]["Author"] in mail
    assert event["detail"]["Text"] in mail
    queues = alone.client("sqs").list_queues()["QueueUrls"]
    keys = [alone.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["KmsMasterKeyId"])["Attributes"] for url in queues]
    assert keys == [{"KmsMasterKeyId": alone.key}] * 2
