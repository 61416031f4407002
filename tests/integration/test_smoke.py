"""`tools smoke` on the deployed application: a signed delivery arrives and nobody answers it; what is broken is found and named."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.bot import Bot
from tests.integration.test_x import webhook_down
from tests.tools.commands import Result
from tools import event_log, smoke

CHECKS = ["challenge answered", "wrong signature refused", "delivery taken", "event in the log"]


@pytest.fixture
def smoked(at_sandbox: Callable[..., Result]) -> Callable[..., Result]:
    """Runs it."""
    return lambda *arguments: at_sandbox("smoke", "--json", *arguments)


def results(result: Result) -> dict[str, Any]:
    return {step["check"]: step["result"] for step in result.json}


def test_a_delivery_arrives_and_nobody_answers_it(bot: Bot, smoked: Callable[..., Result]) -> None:
    posts = bot.sandbox.posts()
    done = smoked()
    assert done.status == 0, done.err
    assert results(done) == dict.fromkeys(CHECKS, "passed")
    assert "takes deliveries" in done.err
    events = [event for event in event_log.read(bot.client("logs"), bot.outputs["EventLogGroupName"]) if "smoke-" in json.dumps(event.envelope)]
    assert {event.detail_type for event in events} == {smoke.DETAIL_TYPE}
    assert bot.sandbox.posts() == posts


def test_a_webhook_that_is_down_is_found(bot: Bot, smoked: Callable[..., Result]) -> None:
    with webhook_down(bot):
        done = smoked()
    assert done.status == 1
    assert "where 200 was due" in results(done)["challenge answered"]
    assert "does not take deliveries" in done.err


def test_another_key_than_the_secrets_is_found(bot: Bot, smoked: Callable[..., Result]) -> None:
    """The function remembers its key for minutes; the secret has another by now."""
    client, secret = bot.client("secretsmanager"), bot.outputs["TwitterSecretArn"]
    before = client.get_secret_value(SecretId=secret)["SecretString"]
    assert smoked().status == 0
    client.put_secret_value(SecretId=secret, SecretString=json.dumps({**json.loads(before), "ApiSecret": "another"}))
    try:
        done = smoked()
    finally:
        client.put_secret_value(SecretId=secret, SecretString=before)
    assert done.status == 1
    assert "another key" in results(done)["challenge answered"]


def test_an_event_that_gets_lost_is_found(bot: Bot, smoked: Callable[..., Result]) -> None:
    events, bus = bot.client("events"), bot.outputs["EventBusName"]
    rule = bot.resource("Plumbing", "EventLogRule").split("|")[-1]
    events.disable_rule(Name=rule, EventBusName=bus)
    try:
        done = smoked("--seconds", "1")
    finally:
        events.enable_rule(Name=rule, EventBusName=bus)
    assert done.status == 1
    assert [check for check, result in results(done).items() if result == "passed"] == CHECKS[:3]
    assert "did not get to the event log" in results(done)["event in the log"]
