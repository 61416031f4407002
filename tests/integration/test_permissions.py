"""Nothing is granted that is never used: each permission of each role is used by what these messages do, or says why the embedded AWS does not."""

import json
import time
from collections.abc import Callable, Iterator

import pytest

from sandbox.x import payloads, snowflake
from sandbox.x.faults import Fault
from tests.faults import ALWAYS, Injected, inject
from tests.integration import permissions
from tests.integration.bot import Bot
from tests.waiting import eventually


@pytest.fixture
def down(bot: Bot) -> Iterator[Callable[[str, str, str], Injected]]:
    """`down(action, caller, text)`: a call that fails for good until the test is over."""
    faults: list[Injected] = []

    def add(action: str, caller: str, text: str) -> Injected:
        faults.append(inject(bot.outputs["AwsEndpoint"], action, error="InternalException", status=500, times=ALWAYS, caller=caller, match=[text]))
        return faults[-1]

    yield add
    for fault in faults:
        fault.end()


def test_every_permission_is_used_or_explained(
        bot: Bot, down: Callable[[str, str, str], Injected], record_property: Callable[[str, object], None]) -> None:
    answer_in_every_way(bot)
    fail_in_every_way(bot, down)

    number, never = permissions.unused(bot)
    unexplained = [f"{each.role} {each.action}" for each in never if not permissions.reason(each)]
    counts = f"{number} permissions, {number - len(never)} used, {len(never) - len(unexplained)} explained, neither: {unexplained or 'none'}"
    record_property("summary", f"{counts}\n\n{permissions.table()}")
    assert unexplained == []
    assert permissions.explained() - {(each.role, each.action) for each in never} == set()  # no excuse for what is used, or not there


def test_a_permission_too_many_is_found(bot: Bot) -> None:
    iam, role = bot.client("iam"), bot.resource("Egress", "PostTweetRole")
    before, _ = permissions.unused(bot)
    statement = {"Effect": "Allow", "Action": "s3:DeleteObject", "Resource": "*"}
    iam.put_role_policy(RoleName=role, PolicyName="TooMany", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statement}))
    try:
        after, never = permissions.unused(bot)
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="TooMany")
    assert after == before + 1
    assert [each.role for each in never if each.action == "s3:DeleteObject" and not permissions.reason(each)] == ["Egress/PostTweetRole"]


def test_the_published_reasons_are_these() -> None:
    assert permissions.published() == permissions.table()


def answer_in_every_way(bot: Bot) -> None:
    """A text in a language that X did not know, and a photo of somebody known."""
    for payload in (payloads.account_activity("@makitdev please tell me a joke", language="und"),
                    payloads.account_activity("@makitdev who is this?", [f"{bot.outputs['XApiUrl']}/media/astronaut.jpg?{snowflake.new()}"])):
        assert bot.deliver(payload).names[-1] == "TWEET_SENT"


def fail_in_every_way(bot: Bot, down: Callable[[str, str, str], Injected]) -> None:
    """The bus down for each workflow in turn, so that it keeps its event; and a reply that waits for X's limit and whose schedule then fails."""
    kept = {"Analysis": payloads.account_activity("@makitdev hello"), "Responding": payloads.account_activity("@makitdev hello"),
            "Egress": payloads.account_activity("@makitdev hello")}
    photo = payloads.account_activity("@makitdev who is this?", [f"{bot.outputs['XApiUrl']}/media/astronaut.jpg?{snowflake.new()}"])
    limited = payloads.account_activity("@makitdev hello")
    down("events:PutEvents", "AnalyseMessage", payloads.tweet_id(kept["Analysis"]))
    down("events:PutEvents", "RespondToText", payloads.tweet_id(kept["Responding"]))
    down("events:PutEvents", "RespondToImages", payloads.tweet_id(photo))
    down("events:PutEvents", "SendTweet", payloads.tweet_id(kept["Egress"]))
    down("events:PutEvents", "SchedulerRole", payloads.tweet_id(limited))
    bot.sandbox.x.faults.add(Fault("/2/tweets", 429, headers={"x-rate-limit-reset": str(int(time.time()))}, match=[payloads.tweet_id(limited)]))
    before = {service: letters(bot, service) for service in kept}
    for payload in (*kept.values(), photo, limited):
        assert bot.sandbox.deliver(payload)["status"] == 200
    assert eventually(lambda: letters(bot, "Analysis") == before["Analysis"] + 1)
    assert eventually(lambda: letters(bot, "Responding") == before["Responding"] + 2)
    assert eventually(lambda: letters(bot, "Egress") == before["Egress"] + 2)


def letters(bot: Bot, microservice: str) -> int:
    """How many events are in its dead-letter queue."""
    attributes = bot.client("sqs").get_queue_attributes(
        QueueUrl=bot.resource(microservice, "DeadLetterQueue"), AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
    return int(attributes["ApproximateNumberOfMessages"])
