"""A rule's API destination is called over HTTP, again where that may help, and a dead letter says why not."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.http_host import Answer, Host, body, running, status
from tests.sandbox.conftest import Account, eventually
from tests.sandbox.test_gaps_core import TestCloudFormation


@pytest.fixture
def host() -> Iterator[Host]:
    with running() as host:
        yield host


@pytest.fixture
def destination(account: Account, host: Host) -> tuple[str, str]:
    """A destination at the host's /in, and a role that may call it: both ARNs, made by CloudFormation."""
    outputs = TestCloudFormation().deploy(account, {
        "Connection": {"Type": "AWS::Events::Connection", "Properties": {
            "AuthorizationType": "API_KEY", "AuthParameters": {"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "secret"}}}},
        "Destination": {"Type": "AWS::Events::ApiDestination", "Properties": {
            "ConnectionArn": {"Fn::GetAtt": ["Connection", "Arn"]}, "HttpMethod": "POST", "InvocationEndpoint": f"{host.origin}/in"}},
    }, {"Arn": {"Fn::GetAtt": ["Destination", "Arn"]}})
    return outputs["Arn"], account.role("events.amazonaws.com", ("events:InvokeApiDestination", outputs["Arn"]))


def put(account: Account, destination: tuple[str, str], **target: Any) -> str:
    """Has a rule send an event to the destination; the URL of its dead-letter queue."""
    bus, (url, queue) = account.bus(), account.queue()
    account.rule(bus, {"Arn": destination[0], "RoleArn": destination[1], "DeadLetterConfig": {"Arn": queue}, **target})
    account.put(bus, {"a": 1})
    return url


def keyed(seen: list[str]) -> Answer:
    """Answers 200 and keeps the key that came."""
    def answer(handler: Any) -> None:
        seen.append(handler.headers["X-Key"])
        body(b"ok")(handler)
    return answer


def test_it_is_called_with_the_connection_s_key_and_what_the_transformer_makes(account: Account, host: Host, destination: tuple[str, str]) -> None:
    seen: list[str] = []
    host.serves(keyed(seen), "/in")
    put(account, destination, InputTransformer={"InputPathsMap": {"a": "$.detail.a"}, "InputTemplate": '{"given": <a>}'})
    assert eventually(lambda: seen) == ["secret"]
    assert json.loads(host.bodies[0]) == {"given": 1}


def test_it_is_called_again_once_it_may_help(account: Account, host: Host, destination: tuple[str, str]) -> None:
    answers = [status(503), status(429, **{"Retry-After": "1"}), body(b"ok")]
    host.serves(lambda handler: answers.pop(0)(handler), "/in")
    url = put(account, destination)
    assert eventually(lambda: not answers)
    assert account.received(url, 0) is None


def test_a_refusal_is_a_dead_letter_at_once(account: Account, host: Host, destination: tuple[str, str]) -> None:
    host.serves(body(b"invalid_payload", code=400), "/in")
    letter = eventually(lambda: account.received(put(account, destination)))
    assert len(host.asked) == 1
    assert letter["MessageAttributes"]["ERROR_MESSAGE"]["StringValue"] == "HTTP 400: invalid_payload"


def test_a_role_that_may_not_call_it_does_not(account: Account, host: Host, destination: tuple[str, str]) -> None:
    host.serves(body(b"ok"), "/in")
    letter = eventually(lambda: account.received(put(account, (destination[0], account.role("events.amazonaws.com")))))
    assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"
    assert host.asked == []


def test_a_subscription_is_pending_until_it_is_confirmed(account: Account, host: Host) -> None:
    sns = account.client("sns")
    topic = sns.create_topic(Name=account.name("topic"))["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=host.serves(status(200), "/in"))
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="me@example.com")

    def listed() -> list[str]:
        return sorted(each["SubscriptionArn"].split(":")[0] for each in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"])

    assert listed() == ["PendingConfirmation", "arn"]
    sns.confirm_subscription(TopicArn=topic, Token=json.loads(eventually(lambda: host.bodies)[0])["Token"])
    assert listed() == ["arn", "arn"]
