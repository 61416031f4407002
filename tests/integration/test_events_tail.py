"""An operator follows a message through the bus by its events' names; what people wrote is shown only on request."""

import csv
import json

from tests.integration.bot import Bot
from tests.integration.test_answers import ANSWERED
from tests.tools.commands import Result, run


def tail(bot: Bot, *arguments: str) -> Result:
    return run("events", "tail", *arguments, endpoint=bot.outputs["AwsEndpoint"])


def test_a_message_is_followed_to_its_end_by_name(bot: Bot) -> None:
    outcome = bot.mention("tell me a fact in secret")
    followed = tail(bot, "--message", outcome.tweet_id, "--follow")
    assert followed.status == 0
    rows = list(csv.DictReader(followed.out.splitlines()))
    assert [row["event"].split(" ")[0] for row in rows] == ANSWERED
    assert "MESSAGE_ANALYSED (" in followed.out
    assert "secret" not in followed.out
    assert {row["key"] for row in rows[:3]} == {outcome.tweet_id, f"twitter-{outcome.tweet_id}"}


def test_everything_since_a_time_as_json_with_content(bot: Bot) -> None:
    outcome = bot.mention("tell me a fact in public")
    shown = tail(bot, "--since", "5m", "--content", "--json")
    events = [json.loads(line) for line in shown.out.splitlines()]
    [received] = [each for each in events if each["event"] == "MESSAGE_RECEIVED" and each["key"] == f"twitter-{outcome.tweet_id}"]
    assert received["detail"]["Text"].endswith("tell me a fact in public")


def test_an_id_that_is_none_is_refused(bot: Bot) -> None:
    refused = tail(bot, "--message", "twitter-1")
    assert (refused.status, refused.out) == (1, "")
    assert "digits" in refused.err
