"""How much work a message is: the services bill by it, and a person waits for it."""

import pytest

from tests.integration.bot import Bot
from tests.waiting import eventually

LOGS = {"Ingress": ["TwitterWebhookLog"], "Analysis": ["DownloadImageLog"], "Responding": ["AnnotateImageLog", "FulfilIntentLog"],
        "Egress": ["PostTweetLog"]}


def invocations(bot: Bot) -> int:
    return sum(bot.invocations(microservice, log) for microservice, logs in LOGS.items() for log in logs)


@pytest.mark.parametrize(("text", "photo", "most"), [
    ("please tell me a joke", None, 3),  # webhook, fulfilment, post
    ("what is the meaning of life?", None, 2),  # webhook, post
    ("who is this?", "astronaut.jpg", 4),  # webhook, download, annotate, post
    ("who is this?", "coffee.jpg", 3),  # webhook, download, post
])
def test_functions_invoked_for_a_message(bot: Bot, text: str, photo: str | None, most: int) -> None:
    before = invocations(bot)
    outcome = bot.mention(text, [f"{bot.outputs['XApiUrl']}/media/{photo}"] if photo else None)
    assert outcome.names[-1] == "TWEET_SENT"
    assert eventually(lambda: invocations(bot) - before >= most)
    assert invocations(bot) - before == most


def test_every_workflow_is_an_express_one(bot: Bot) -> None:
    machines = bot.client("stepfunctions").list_state_machines()["stateMachines"]
    assert len(machines) == 4
    assert {machine["type"] for machine in machines} == {"EXPRESS"}


def test_no_function_transforms_what_goes_into_the_lake(bot: Bot) -> None:
    firehose = bot.client("firehose")
    for name in firehose.list_delivery_streams()["DeliveryStreamNames"]:
        [destination] = firehose.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]["Destinations"]
        processing = destination["ExtendedS3DestinationDescription"].get("ProcessingConfiguration") or {}
        assert "Lambda" not in [processor["Type"] for processor in processing.get("Processors") or []]


def test_a_message_is_answered_by_five_events(bot: Bot) -> None:
    assert len(bot.mention("tell me a joke").events) == 5


def test_no_text_and_no_secret_is_in_a_functions_log(bot: Bot) -> None:
    bot.mention("tell me a joke about xylophones", [f"{bot.outputs['XApiUrl']}/media/astronaut.jpg"])
    logs = bot.client("logs")
    lines = [record["message"] for microservice, names in LOGS.items() for name in names
             for page in logs.get_paginator("filter_log_events").paginate(logGroupName=bot.resource(microservice, name))
             for record in page["events"]]
    assert any('"Posted."' in line for line in lines)
    assert [line for line in lines if any(word in line for word in ("xylophones", "harry11", "sandbox-api", "sandbox-access", "sha256="))] == []
