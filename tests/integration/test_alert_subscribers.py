"""Whoever subscribes to the alerts hears of a negative message once: e-mail, a queue, a web server, a Slack channel; and of a replay nobody."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.stack import ALERT_EMAIL
from tests.http_host import Host, running, status
from tests.integration.bot import Bot
from tests.slack import Channel
from tests.tools.commands import run
from tests.waiting import eventually
from tools.templates import path_of

STACK = "slack-alerting"


@pytest.fixture
def host() -> Iterator[Host]:
    with running() as host:
        yield host


@pytest.fixture
def channel(bot: Bot, host: Host) -> Iterator[Channel]:
    """A Slack channel that the alerting microservice, deployed a second time for it, tells of negative messages."""
    channel, cloudformation = Channel(host), bot.client("cloudformation")
    parameters = {name: bot.outputs[name] for name in ("EventBusName", "OperationsTopicArn")} | {"SlackWebhookUrl": channel.url}
    cloudformation.create_stack(StackName=STACK, TemplateBody=path_of("alerting").read_text(),
                                Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
                                Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()])
    assert eventually(lambda: cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"), (
        cloudformation.describe_stack_events(StackName=STACK))
    yield channel
    cloudformation.delete_stack(StackName=STACK)
    assert eventually(lambda: STACK not in [each["StackName"] for each in cloudformation.describe_stacks()["Stacks"]])


def negative(bot: Bot, text: str, author: str = "harry11", **more: Any) -> None:
    """A negative message that has just been analysed."""
    event = json.loads((path_of("template").parent / "events" / "MESSAGE_ANALYSED.negative.json").read_text())
    detail = {**event["detail"], "MessageId": f"twitter-{uuid.uuid4().int % 10**18}", "Text": text, "Author": author, **more}
    bot.put_event("MESSAGE_ANALYSED", detail, source="TWITTER")


def sentence(post: dict[str, Any]) -> str:
    """What a post to the channel says."""
    [block] = post["blocks"]
    assert block["text"]["type"] == "plain_text"
    return str(block["text"]["text"])


def letters(bot: Bot) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = run("dead-letters", "show", "--stack", STACK, "--json", endpoint=bot.outputs["AwsEndpoint"]).json
    return shown


def test_slack_shows_what_was_written_as_it_was_written(bot: Bot, channel: Channel) -> None:
    texts = ['It is "awful" \\ bad\nand slow', "<!channel> & <@U1> *hate* it :bomb:", "C'est nul… 😡 é"]
    for text in texts:
        negative(bot, text)
    assert eventually(lambda: len(channel.posts) == len(texts))
    assert sorted(map(sentence, channel.posts)) == sorted(f"@harry11 wrote a negative message: {text}" for text in texts)
    assert {post["text"] for post in channel.posts} == {"Somebody wrote a negative message."}  # nothing of theirs where Slack reads its mark-up
    assert letters(bot) == []


def test_slack_hears_nothing_of_a_replay(bot: Bot, channel: Channel) -> None:
    negative(bot, "replayed", ReplayName="r-1")
    negative(bot, "not replayed")
    assert eventually(lambda: channel.posts)
    assert [sentence(post) for post in channel.posts] == ["@harry11 wrote a negative message: not replayed"]


def test_slack_that_has_had_enough_gets_it_later(bot: Bot, channel: Channel) -> None:
    channel.limited = 2
    negative(bot, "too much")
    assert eventually(lambda: channel.posts)
    assert channel.limited == 0
    assert [sentence(post) for post in channel.posts] == ["@harry11 wrote a negative message: too much"]
    assert letters(bot) == []


def test_what_slack_refuses_is_a_dead_letter_that_can_be_put_back(bot: Bot, channel: Channel) -> None:
    channel.removed = True
    negative(bot, "lost")
    [letter] = eventually(lambda: letters(bot))
    assert (letter["sender"], "404" in letter["message"], "no_service" in letter["message"]) == ("rule", True, True)
    again = run("dead-letters", "redrive", "--stack", STACK, endpoint=bot.outputs["AwsEndpoint"])
    assert again.status == 1
    assert "it answers 404: no_service" in again.out
    assert channel.url not in again.out + again.err
    channel.removed = False
    assert run("dead-letters", "redrive", "--stack", STACK, endpoint=bot.outputs["AwsEndpoint"]).status == 0
    assert [sentence(post) for post in channel.posts] == ["@harry11 wrote a negative message: lost"]
    assert letters(bot) == []


def test_without_its_role_eventbridge_does_not_reach_slack(bot: Bot, channel: Channel) -> None:
    resources = bot.client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
    [role] = [each["PhysicalResourceId"] for each in resources if each["LogicalResourceId"] == "SlackRole"]
    bot.client("iam").delete_role_policy(RoleName=role, PolicyName="Slack")
    negative(bot, "forbidden")
    [letter] = eventually(lambda: letters(bot))
    assert letter["error"] == "NO_PERMISSIONS"
    assert channel.posts == []


def test_without_a_webhook_there_is_nothing_of_slack(bot: Bot) -> None:
    resources = bot.client("cloudformation").describe_stack_resources(StackName=bot.stack_of("Alerting"))["StackResources"]
    assert [each["LogicalResourceId"] for each in resources if "Slack" in each["LogicalResourceId"]] == []


def test_a_queue_and_an_address_hear_of_it(bot: Bot) -> None:
    sns, sqs, topic = bot.client("sns"), bot.client("sqs"), bot.outputs["AlertTopicArn"]
    url = sqs.create_queue(QueueName="alerts")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}}}]})})
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)["SubscriptionArn"]
    try:
        negative(bot, "told to a queue")
        [message] = eventually(lambda: sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages"))
        assert json.loads(message["Body"])["Message"] == '"@harry11 wrote a negative message: told to a queue"'
        assert eventually(lambda: [mail for mail in bot.sandbox.mails() if mail["To"] == [ALERT_EMAIL] and "told to a queue" in mail["BodyText"]])
    finally:
        sns.unsubscribe(SubscriptionArn=subscription)
        sqs.delete_queue(QueueUrl=url)


def test_a_web_server_that_confirms_hears_of_it(bot: Bot, host: Host) -> None:
    sns, topic = bot.client("sns"), bot.outputs["AlertTopicArn"]
    subscription = sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=host.serves(status(200), "/alerts"), ReturnSubscriptionArn=True)
    try:
        assert eventually(lambda: host.bodies)
        asked = json.loads(host.bodies[0])
        assert asked["Type"] == "SubscriptionConfirmation"
        negative(bot, "not confirmed yet")
        sns.confirm_subscription(TopicArn=topic, Token=asked["Token"])
        negative(bot, "told to a web server")
        assert eventually(lambda: len(host.bodies) > 1)
        told = [json.loads(each) for each in host.bodies[1:]]
        assert [(each["Type"], each["Message"]) for each in told] == [
            ("Notification", '"@harry11 wrote a negative message: told to a web server"')]
    finally:
        sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
