"""Each thing that the doctor looks at, once healthy and once with the very fault; what it names for mending does mend it where that is a command."""

import contextlib
import json
import shlex
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import yaml

from sandbox.x import BOT_USER_ID, Keys
from tests.http_host import body, running, status
from tests.integration.bot import Bot
from tests.tools.commands import Result, run
from tests.waiting import eventually
from tools import stack
from tools.templates import path_of, written

Run = Callable[..., Result]
CHECKS = ["secret", "keys", "challenge", "forgery", "webhook", "subscription", "bot", "queues", "alarms", "subscribers", "logs", "lake"]


@pytest.fixture(autouse=True)
def _no_letters(bot: Bot) -> None:
    """None of another test's."""
    for service in bot.microservices_with("DeadLetterQueue"):
        bot.client("sqs").purge_queue(QueueUrl=bot.resource(service, "DeadLetterQueue"))


def problems(at_sandbox: Run, *options: str) -> dict[str, dict[str, str]]:
    """What is wrong, by check; alarms apart, since those that other tests have raised ring for a minute."""
    examined = at_sandbox("doctor", "--json", *options)
    found = [each for each in examined.json if each["verdict"] == "problem"]
    assert examined.status == int(bool(found)), examined.err
    return {each["check"]: each for each in found if each["check"] != "alarms"}


def mend(at_sandbox: Run, finding: dict[str, str]) -> None:
    """Runs the command that a finding names."""
    words = shlex.split(finding["mend"])
    assert words[:3] == ["python", "-m", "tools"]
    assert words[-1] == "--sandbox"
    assert at_sandbox(*words[3:-1]).status == 0


@contextlib.contextmanager
def secret(bot: Bot, value: dict[str, str]) -> Iterator[None]:
    """The application's secret is another one meanwhile."""
    client, arn = bot.client("secretsmanager"), bot.outputs["TwitterSecretArn"]
    before = client.get_secret_value(SecretId=arn)["SecretString"]
    client.put_secret_value(SecretId=arn, SecretString=json.dumps(value))
    try:
        yield
    finally:
        client.put_secret_value(SecretId=arn, SecretString=before)


def keys(**changed: str) -> dict[str, str]:
    return {**dict(zip(("ApiKey", "ApiSecret", "AccessToken", "AccessTokenSecret"), Keys(), strict=True)), **changed}


def test_a_healthy_deployment_is_told_to_be_so_in_a_line_each(at_sandbox: Run) -> None:
    def calm() -> Result | None:
        examined = at_sandbox("doctor")
        return None if "✗ alarms" in examined.out else examined

    examined = eventually(calm, 150)  # an alarm of another test's rings for a minute
    assert examined.status == 0, examined.out
    lines = examined.out.splitlines()
    assert list(dict.fromkeys(line.split()[1] for line in lines)) == CHECKS
    assert {line[0] for line in lines} == {"✓"}
    assert "\x1b" not in examined.out
    assert examined.err == f"sandbox: {len(lines)} fine, 0 problems.\n"


def test_x_is_not_asked_offline(bot: Bot, at_sandbox: Run) -> None:
    bot.sandbox.x.faults.clear()
    httpx.post(f"{bot.outputs['XApiUrl']}/_sandbox/faults", json={"path": "/oauth2/token", "status": 503, "times": 9}).raise_for_status()
    assert problems(at_sandbox, "--offline") == {}
    assert problems(at_sandbox).keys() == {"keys", "webhook"}


def test_an_emptied_secret(bot: Bot, at_sandbox: Run) -> None:
    with secret(bot, keys(ApiKey="", ApiSecret="", AccessToken="", AccessTokenSecret="")):
        found = problems(at_sandbox)
    assert found.keys() == {"secret"}
    assert found["secret"]["mend"] == "python -m tools x secrets set --sandbox"


def test_keys_that_x_does_not_take(bot: Bot, at_sandbox: Run) -> None:
    with secret(bot, keys(AccessTokenSecret="replaced")):
        found = problems(at_sandbox)
    assert found.keys() == {"keys", "webhook"}
    assert "401" in found["keys"]["said"]
    assert "x secrets set" in found["keys"]["mend"]


def test_keys_of_another_account(bot: Bot, at_sandbox: Run) -> None:
    other = {"data": {"id": "42", "username": "other", "name": "Other"}}
    httpx.post(f"{bot.outputs['XApiUrl']}/_sandbox/faults", json={"path": "/2/users/me", "status": 200, "times": 9, "body": other}).raise_for_status()
    found = problems(at_sandbox)
    assert f"deployed for {BOT_USER_ID}" in found["keys"]["said"]
    assert "BotUserId=42" in found["keys"]["mend"]


def test_a_webhook_that_answers_by_another_secret(bot: Bot, at_sandbox: Run) -> None:
    assert problems(at_sandbox) == {}  # so that the function has read the right one
    with secret(bot, keys(ApiSecret="another")):
        assert "by another secret" in problems(at_sandbox, "--offline")["challenge"]["said"]


def test_a_webhook_that_does_not_answer_or_takes_anything(bot: Bot, at_sandbox: Run) -> None:
    with running() as host:
        place = stack.SANDBOX
        place.write_text(json.dumps({**bot.outputs, "WebhookUrl": host.serves(body(b"not JSON"), "/twitter")}))
        assert "answers 200 to what X did not sign" in problems(at_sandbox, "--offline")["forgery"]["said"]
        host.answers = {"/twitter": status(503)}
        found = problems(at_sandbox, "--offline")
        assert found["challenge"]["mend"].startswith("aws logs tail ")
    found = problems(at_sandbox, "--offline")
    assert found.keys() == {"challenge", "forgery"}
    assert "does not answer: ConnectionError" in found["challenge"]["said"]


def test_a_webhook_that_x_does_not_know_or_has_disabled_or_tells_nothing(bot: Bot, at_sandbox: Run) -> None:
    at_sandbox("x", "webhook", "delete", "--yes")
    found = problems(at_sandbox)
    assert "does not know" in found["webhook"]["said"]
    mend(at_sandbox, found["webhook"])

    function = bot.resource("Ingress", "TwitterWebhookFunction")
    bot.client("lambda").put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    at_sandbox("x", "webhook", "validate")
    bot.client("lambda").delete_function_concurrency(FunctionName=function)
    found = problems(at_sandbox)
    assert found.keys() == {"webhook", "subscription"}
    mend(at_sandbox, found["webhook"])
    mend(at_sandbox, found["subscription"])
    assert problems(at_sandbox) == {}


def test_a_dead_letter(bot: Bot, at_sandbox: Run) -> None:
    url = bot.resource("Egress", "DeadLetterQueue")
    bot.client("sqs").send_message(QueueUrl=url, MessageBody="{}")
    found = problems(at_sandbox)
    bot.client("sqs").purge_queue(QueueUrl=url)
    assert found["queues"]["said"] == "1 dead letter of Egress."
    assert found["queues"]["mend"].startswith("python -m tools dead-letters show Egress --sandbox")


def test_an_alarm_that_rings(bot: Bot, at_sandbox: Run) -> None:
    url = bot.resource("Egress", "DeadLetterQueue")
    bot.client("sqs").send_message(QueueUrl=url, MessageBody="{}")

    def rings() -> Any:
        return [each for each in at_sandbox("doctor", "--json").json if each["said"].startswith("Egress DeadLetterAlarm: ")]

    [found] = eventually(rings, 150)
    bot.client("sqs").purge_queue(QueueUrl=url)
    assert (found["check"], found["verdict"]) == ("alarms", "problem")
    assert found["mend"] == "python -m tools dead-letters show Egress --sandbox"


def test_a_subscriber_who_has_not_confirmed(bot: Bot, at_sandbox: Run) -> None:
    sns, topic = bot.client("sns"), bot.outputs["AlertTopicArn"]
    with running() as host:
        subscription = sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=host.serves(status(200), "/alerts"), ReturnSubscriptionArn=True)
        try:
            found = problems(at_sandbox)
            assert "/alerts has not confirmed" in found["subscribers"]["said"]
            assert found["subscribers"]["mend"].startswith(f"aws sns subscribe --topic-arn {topic} --protocol http")
            sns.confirm_subscription(TopicArn=topic, Token=json.loads(eventually(lambda: host.bodies)[0])["Token"])
            assert problems(at_sandbox) == {}
        finally:
            sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])


def test_alarms_that_nobody_hears(bot: Bot, at_sandbox: Run) -> None:
    sns, topic = bot.client("sns"), bot.outputs["OperationsTopicArn"]
    [subscription] = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
    found = problems(at_sandbox)
    sns.subscribe(TopicArn=topic, Protocol=subscription["Protocol"], Endpoint=subscription["Endpoint"])
    assert found["subscribers"]["said"] == "Nobody hears of alarms."


def test_a_log_that_is_kept_for_ever(bot: Bot, at_sandbox: Run) -> None:
    logs, group = bot.client("logs"), bot.resource("Egress", "PostTweetLog")
    days = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["retentionInDays"]
    logs.delete_retention_policy(logGroupName=group)
    found = problems(at_sandbox)
    logs.put_retention_policy(logGroupName=group, retentionInDays=days)
    assert found["logs"]["said"] == f"PostTweetLog is kept for ever, not for {days} days."
    assert found["logs"]["mend"] == f"aws logs put-retention-policy --log-group-name {group} --retention-in-days {days}"


def test_a_table_that_is_gone(bot: Bot, at_sandbox: Run) -> None:
    glue, database = bot.client("glue"), "messages-data-lake"
    table = glue.get_table(DatabaseName=database, Name="events")["Table"]
    glue.delete_table(DatabaseName=database, Name="events")
    found = problems(at_sandbox)
    known = glue.meta.service_model.shape_for("TableInput").members
    glue.create_table(DatabaseName=database, TableInput={name: value for name, value in table.items() if name in known and value != ""})
    assert found["lake"]["said"].endswith("(messages-data-lake.events).")


def test_a_bot_that_was_not_built(bot: Bot) -> None:
    resources = {name: each for name, each in written("responding")["Resources"].items() if each["Type"].startswith("AWS::Lex::Bot")}
    template: Any = json.loads(json.dumps({"Resources": resources}))
    [name] = [name for name, each in resources.items() if each["Type"] == "AWS::Lex::Bot"]
    template["Resources"][name]["Properties"] |= {"AutoBuildBotLocales": False, "RoleArn": "arn:aws:iam::000000000000:role/none"}
    [alias] = [each for each in template["Resources"].values() if each["Type"] == "AWS::Lex::BotAlias"]
    alias["Properties"]["BotAliasLocaleSettings"][0]["BotAliasLocaleSetting"] = {"Enabled": True}
    cloudformation = bot.client("cloudformation")
    cloudformation.create_stack(StackName="bot-alone", TemplateBody=yaml.safe_dump(template))
    try:
        assert eventually(lambda: cloudformation.describe_stacks(StackName="bot-alone")["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE")
        examined = run("doctor", "--stack", "bot-alone", "--json", endpoint=bot.outputs["AwsEndpoint"])
        [found] = [each for each in examined.json if each["check"] == "bot"]
        assert (examined.status, found["verdict"], found["said"]) == (1, "problem", "The bot's locale en_GB is NotBuilt.")
        assert "aws lexv2-models build-bot-locale" in found["mend"]
    finally:
        cloudformation.delete_stack(StackName="bot-alone")
    assert path_of("responding").read_text().count("AutoBuildBotLocales: true") == 1
