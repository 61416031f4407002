"""A time span of the archive goes once more to the rules that an operator names: who was not answered is, and nobody is twice."""

import time
from datetime import UTC, datetime

from sandbox.x.faults import Fault
from tests.integration.bot import Bot
from tests.tools.commands import Result, run
from tests.waiting import eventually


def tools(bot: Bot, *arguments: str) -> Result:
    return run(*arguments, endpoint=bot.outputs["AwsEndpoint"])


def next_second() -> str:
    """Events have times in whole seconds: one that no event before this has."""
    time.sleep(1.01)
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def test_after_an_outage_of_x_a_replay_answers_those_who_were_not_answered(bot: Bot) -> None:
    start = next_second()
    answered = bot.mention("please tell me a joke")
    bot.sandbox.x.faults.add(Fault("/2/tweets", 401))
    failed = bot.mention("please tell me a joke")
    assert (answered.names[-1], failed.names[-1], failed.replies) == ("TWEET_SENT", "TWEET_FAILED", [])

    counted = tools(bot, "replay", "--from", start, "--rule", "egress", "--json")
    assert counted.json == [{"rule": "Egress/SendTweetSendTweetCommand", "event": "SEND_TWEET", "events": 2}]
    assert "Nothing was replayed" in counted.err
    assert bot.events(failed.tweet_id) == failed.events

    [replay] = tools(bot, "replay", "--from", start, "--rule", "egress", "--yes", "--json").json
    assert replay["state"] == "COMPLETED"
    after = bot.outcome(failed.tweet_id, done=lambda events: events[-1].detail_type == "TWEET_SENT")
    assert after.names == [*failed.names, "TWEET_SENT"]  # to egress alone: nothing was analysed or answered anew, nor logged as sent again
    assert after.detail("TWEET_SENT")["ReplayName"] == replay["replay"]
    assert len(after.replies) == 1
    assert len(bot.replies(answered.tweet_id)) == 1


def test_the_dry_run_counts_what_the_replay_brings(bot: Bot) -> None:
    start = next_second()
    outcome = bot.mention("tell me a fact")
    counted = {row["event"]: row["events"] for row in tools(bot, "replay", "--from", start, "--json").json}
    assert counted == dict.fromkeys(outcome.names, 1)
    [replay] = tools(bot, "replay", "--from", start, "--rule", "plumbing", "--yes", "--json").json  # into the event log, and nowhere else
    assert eventually(lambda: len(bot.events(outcome.tweet_id)) == 2 * len(outcome.names))
    replayed = [event for event in bot.events(outcome.tweet_id) if event.envelope.get("replay-name") == replay["replay"]]
    assert {event.detail_type: 1 for event in replayed} == counted
    again = {row["event"]: row["events"] for row in tools(bot, "replay", "--from", start, "--json").json}
    assert again == counted  # what was replayed is in the log twice, but in the archive once


def test_rules_are_named_as_people_call_them(bot: Bot) -> None:
    names = tools(bot, "replay", "--from", "1m", "--rule", "nonsense")
    assert names.status == 1
    for name in ("analysis", "responding", "respondtotextmessageanalysed", "egress", "eventsrule"):
        assert f" {name}" in names.err
    assert tools(bot, "replay", "--from", "1m", "--rule", "RespondToTextMessageAnalysed").status == 0
    assert tools(bot, "replay", "--from", "now", "--to", "1h ago").status == 1
    assert tools(bot, "replay", "--from", "yesterday").status == 2
