"""What did not arrive is in a dead-letter queue, an operator sees why, and once the cause is mended puts it back: answered then, and once."""

import contextlib
import gzip
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.stack import ALERT_EMAIL
from sandbox.x import BOT_USERNAME, payloads
from sandbox.x.faults import Fault
from tests.integration.bot import Bot
from tests.tools.commands import Result, run
from tests.waiting import eventually

EVENTS = Path(__file__).parents[2] / "events"
Payload = dict[str, Any]


def tools(bot: Bot, *arguments: str) -> Result:
    return run(*arguments, endpoint=bot.outputs["AwsEndpoint"])


@pytest.fixture(autouse=True)
def _empty(bot: Bot) -> Iterator[None]:
    """Each of these tests begins with empty queues and ends with them."""
    purge(bot)
    yield
    left = waiting(bot)
    purge(bot)
    assert not left


def purge(bot: Bot) -> None:
    for service in waiting(bot):
        bot.client("sqs").purge_queue(QueueUrl=bot.resource(service, "DeadLetterQueue"))


def waiting(bot: Bot) -> dict[str, int]:
    return {each["service"]: each["letters"] for each in tools(bot, "dead-letters", "list", "--json").json if each["letters"]}


def depth(bot: Bot, service: str) -> int:
    attributes = bot.client("sqs").get_queue_attributes(
        QueueUrl=bot.resource(service, "DeadLetterQueue"), AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
    return int(attributes["ApproximateNumberOfMessages"])


def letters(bot: Bot, service: str, number: int = 1) -> list[dict[str, Any]]:
    """A service's letters, once there are so many."""
    assert eventually(lambda: depth(bot, service) >= number), waiting(bot)
    shown: list[dict[str, Any]] = tools(bot, "dead-letters", "show", service, "--json").json
    return shown


@contextlib.contextmanager
def without(bot: Bot, role: str, *actions: str) -> Iterator[None]:
    """A role without actions that its policies give it: all of them where none is named."""
    iam = bot.client("iam")
    policies = {name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
                for name in iam.list_role_policies(RoleName=role)["PolicyNames"]}
    denial = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": list(actions) or "*", "Resource": "*"}]}
    assert policies
    iam.put_role_policy(RoleName=role, PolicyName="Fault", PolicyDocument=json.dumps(denial))
    try:
        yield
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="Fault")


def alerts(bot: Bot) -> list[str]:
    return [mail["BodyText"] for mail in bot.sandbox.mails() if mail["To"] == [ALERT_EMAIL]]


def send(bot: Bot, service: str, body: str, **attributes: str) -> None:
    """A letter as its sender would put it into a service's queue."""
    bot.client("sqs").send_message(QueueUrl=bot.resource(service, "DeadLetterQueue"), MessageBody=body, MessageAttributes={
        name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()})


def mention(text: str) -> tuple[str, Payload]:
    payload = payloads.account_activity(f"@{BOT_USERNAME} {text}")
    return payloads.tweet_id(payload), payload


def test_a_refused_rule_is_mended_and_redriven(bot: Bot) -> None:
    tweet, payload = mention("please tell me a joke in secret")
    with without(bot, bot.resource("Analysis", "AnalyseMessageMessageReceivedRole")):
        assert bot.sandbox.deliver(payload)["status"] == 200
        [letter] = letters(bot, "Analysis")
    assert (letter["event"], letter["key"], letter["sender"], letter["error"]) == ("MESSAGE_RECEIVED", f"twitter-{tweet}", "rule", "NO_PERMISSIONS")
    assert "AnalyseMessage" in letter["target"]
    assert "secret" not in str(letter)  # what people wrote is shown only on request
    shown = tools(bot, "dead-letters", "show", "analysis", "--content").out
    assert shown.startswith("service,event,key,")
    assert "joke in secret" in shown

    planned = tools(bot, "dead-letters", "redrive", "--dry-run", "--json").json
    assert [each["outcome"] for each in planned] == ["would be redriven"]
    assert waiting(bot) == {"Analysis": 1}
    assert bot.replies(tweet) == []
    assert tools(bot, "dead-letters", "redrive", "--message-id", "twitter-1").status == 1

    done = tools(bot, "dead-letters", "redrive", "--message-id", f"twitter-{tweet}", "--json")
    assert (done.status, [each["outcome"] for each in done.json]) == (0, ["redriven"])
    outcome = bot.outcome(tweet)
    assert outcome.names == ["TWITTER_TWEETED", "MESSAGE_RECEIVED", "MESSAGE_ANALYSED", "SEND_TWEET", "TWEET_SENT"]  # nobody heard anything twice
    assert len(outcome.replies) == 1


def test_a_letter_that_cannot_be_put_back_stays(bot: Bot) -> None:
    send(bot, "Analysis", "no event")
    send(bot, "Analysis", json.dumps({"detail-type": "MESSAGE_RECEIVED"}), TARGET_ARN="arn:aws:states:eu-west-1:0:stateMachine:gone",
         RULE_ARN=f"arn:aws:events:eu-west-1:0:rule/{bot.outputs['EventBusName']}/gone")
    failed = tools(bot, "dead-letters", "redrive", "analysis", "--json")
    assert failed.status == 1
    outcomes = sorted(row["outcome"] for row in failed.json)
    assert outcomes[0].startswith("kept: nothing tells who sent it")
    assert outcomes[1].startswith("kept: the rule gone does not lead to gone any more")
    assert waiting(bot) == {"Analysis": 2}
    bot.client("sqs").purge_queue(QueueUrl=bot.resource("Analysis", "DeadLetterQueue"))


def test_a_workflow_that_failed_kept_its_event_and_keeps_it_again(bot: Bot) -> None:
    tweet, payload = mention("tell me a fact")
    with without(bot, bot.resource("Responding", "RespondToTextRole"), "lex:RecognizeText"):
        bot.sandbox.deliver(payload)
        [first] = letters(bot, "Responding")
        assert tools(bot, "dead-letters", "redrive").status == 0
        [second] = letters(bot, "Responding")
    assert (first["event"], first["sender"], first["key"]) == ("MESSAGE_ANALYSED", "workflow", f"twitter-{tweet}")
    assert first["error"] == "LexRuntimeV2.AccessDeniedException"
    assert {**second, "id": "", "waits_since": ""} == {**first, "id": "", "waits_since": ""}
    assert second["id"] != first["id"]
    assert tools(bot, "dead-letters", "redrive").status == 0
    assert len(bot.outcome(tweet).replies) == 1


def test_a_redriven_command_takes_over_the_lease_of_the_workflow_that_kept_it(bot: Bot) -> None:
    """As after a 429 whose schedule could not be made: the reply is not posted, and leased until X takes posts again."""
    event = json.loads((EVENTS / "SEND_TWEET.json").read_text())
    event["detail"] |= {"IdempotencyKey": "reply-kept", "ReplyToTweetId": "1"}
    machine = bot.resource("Egress", "SendTweet")
    bot.client("dynamodb").put_item(TableName=bot.resource("Egress", "LedgerTable"), Item={
        "IdempotencyKey": {"S": "reply-kept"}, "Status": {"S": "WAITING"}, "ClaimedBy": {"S": "failed"},
        "LeaseUntil": {"N": str(int(time.time()) + 900)}})
    send(bot, "Egress", json.dumps(event), ERROR_CODE="Scheduler.ThrottlingException", TARGET_ARN=machine, EXECUTION_ARN="failed")
    bot.client("stepfunctions").start_execution(stateMachineArn=machine, input=json.dumps(event))  # anybody else finds it taken
    assert tools(bot, "dead-letters", "redrive").status == 0
    assert eventually(lambda: len(bot.replies("1")) == 1)


def test_a_schedule_that_could_not_send_is_redriven_to_the_bus(bot: Bot) -> None:
    tweet, payload = mention("please tell me a joke")
    bot.sandbox.x.faults.add(Fault("/2/tweets", 429, headers={"x-rate-limit-reset": str(int(time.time()) + 1)}))
    with without(bot, bot.resource("Egress", "SchedulerRole"), "events:PutEvents"):
        bot.sandbox.deliver(payload)
        [letter] = letters(bot, "Egress")
    assert (letter["event"], letter["sender"], letter["key"]) == ("SEND_TWEET", "schedule", f"reply-twitter-{tweet}")
    assert tools(bot, "dead-letters", "redrive").status == 0
    assert bot.outcome(tweet).names.count("SEND_TWEET") == 2
    assert len(bot.replies(tweet)) == 1


def test_an_alert_is_redriven_in_the_words_of_its_rule(bot: Bot) -> None:
    tweet, payload = mention("I hate this horrible, awful queue!")
    topic = bot.outputs["AlertTopicArn"]
    policy = bot.client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]
    nobody = {"Version": "2012-10-17", "Statement": []}
    bot.client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(nobody))
    try:
        bot.deliver(payload)
        [letter] = letters(bot, "Alerting")
    finally:
        bot.client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    assert (letter["event"], letter["key"]) == ("MESSAGE_ANALYSED", f"twitter-{tweet}")
    before = alerts(bot)
    assert tools(bot, "dead-letters", "redrive").status == 0
    [told] = alerts(bot)[len(before):]
    assert told.strip('"') == f"@harry11 wrote a negative message: @{BOT_USERNAME} I hate this horrible, awful queue!"


def test_a_subscribers_letter_goes_to_its_topic(bot: Bot) -> None:
    notification = {"Type": "Notification", "TopicArn": bot.outputs["AlertTopicArn"], "Message": "to all of you"}
    send(bot, "Alerting", json.dumps(notification), ErrorCode="403", ErrorMessage="Forbidden")
    [letter] = letters(bot, "Alerting")
    assert (letter["sender"], letter["error"], letter["message"]) == ("subscription", "403", "Forbidden")
    assert tools(bot, "dead-letters", "redrive", "alerting").status == 0
    assert alerts(bot)[-1] == "to all of you"


def test_a_function_that_a_rule_could_not_reach_is_invoked(bot: Bot) -> None:
    events, bus = bot.client("events"), bot.outputs["EventBusName"]
    function = bot.client("lambda").get_function(FunctionName=bot.resource("Responding", "FulfilIntentFunction"))["Configuration"]["FunctionArn"]
    rule = events.put_rule(Name="to-a-function", EventBusName=bus, EventPattern='{"detail-type": ["NEVER"]}')["RuleArn"]
    events.put_targets(Rule="to-a-function", EventBusName=bus, Targets=[{"Id": "function", "Arn": function, "InputPath": "$.detail"}])
    before = bot.invocations("Responding", "FulfilIntentLog")
    detail = json.loads((EVENTS / "fulfil_intent" / "joke.json").read_text())
    send(bot, "Responding", json.dumps({"detail-type": "NEVER", "detail": detail}), RULE_ARN=rule, TARGET_ARN=function)
    assert tools(bot, "dead-letters", "redrive", "responding").status == 0
    assert eventually(lambda: bot.invocations("Responding", "FulfilIntentLog") == before + 1)
    events.remove_targets(Rule="to-a-function", EventBusName=bus, Ids=["function"])
    events.delete_rule(Name="to-a-function", EventBusName=bus)


def test_events_that_missed_the_lake_and_the_log_are_redriven_to_them(bot: Bot) -> None:
    logs = bot.client("logs")
    [policy] = logs.describe_resource_policies()["resourcePolicies"]
    tweet, payload = mention("tell me a fact")
    logs.delete_resource_policy(policyName=policy["policyName"])
    try:
        with without(bot, bot.resource("Analytics", "EventsRuleRole")):
            bot.sandbox.deliver(payload)
            assert len(letters(bot, "Analytics", 5)) == 5
            assert len(letters(bot, "Plumbing", 5)) == 5
    finally:
        logs.put_resource_policy(policyName=policy["policyName"], policyDocument=policy["policyDocument"])
    assert bot.events(tweet) == []
    assert tools(bot, "dead-letters", "redrive").status == 0
    assert len(bot.events(tweet)) == 5
    assert eventually(lambda: in_lake(bot, tweet) == 5)


def in_lake(bot: Bot, tweet: str) -> int:
    """How many lines of the lake tell of a post."""
    s3, bucket = bot.client("s3"), bot.outputs["DataLakeBucketName"]
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="events/")
    keys = [each["Key"] for page in pages for each in page.get("Contents", [])]
    contents = [gzip.decompress(s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys]
    return sum(tweet.encode() in line for content in contents for line in content.splitlines())
