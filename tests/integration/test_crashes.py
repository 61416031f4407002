"""Whatever dies in the midst of its work, comes twice or out of order, and however often the archive is replayed: one reply, one row."""

import json
import random
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from sandbox.lake import ARTICLE_QUERY
from sandbox.x import payloads, snowflake
from sandbox.x.faults import Fault
from tests.faults import ALWAYS, Injected, inject
from tests.integration.bot import Bot, Outcome
from tests.waiting import eventually
from tools import athena

SLOW = 6  # seconds that a neighbour takes to answer, for its caller to be killed meanwhile
ROWS = "SELECT \"detail-type\" FROM \"analysed-messages-table\" WHERE detail.messageid = 'twitter-{}'"
LABELS = f"{ARTICLE_QUERY}, labels.name"  # in an order of its own where counts are the same


def photo(bot: Bot) -> str:
    """A photo of somebody known, at an address of its own."""
    return f"{bot.outputs['XApiUrl']}/media/astronaut.jpg?{snowflake.new()}"


def kill(bot: Bot, microservice: str, function: str) -> None:
    """Kills the process that the function is at work in."""
    url, name = f"{bot.outputs['AwsEndpoint']}/_sandbox/workers", bot.resource(microservice, function)
    assert httpx.delete(url, params={"function": name}, timeout=60).raise_for_status().json()["killed"] >= 1


def settled(bot: Bot) -> None:
    """After this, whatever was under way has come to its end: a message that came later has."""
    assert bot.mention("what can you do?").names[-1] == "TWEET_SENT"


def ledger(bot: Bot, tweet_id: str) -> dict[str, Any]:
    """The reply's item, as plain text."""
    item = bot.client("dynamodb").get_item(TableName=bot.resource("Egress", "LedgerTable"),
                                           Key={"IdempotencyKey": {"S": f"reply-twitter-{tweet_id}"}})["Item"]
    return {name: next(iter(value.values())) for name, value in item.items()}


def lease_is_over(bot: Bot, tweet_id: str) -> None:
    """The lease is one second old; nobody waits for it in a test."""
    bot.client("dynamodb").update_item(
        TableName=bot.resource("Egress", "LedgerTable"), Key={"IdempotencyKey": {"S": f"reply-twitter-{tweet_id}"}},
        UpdateExpression="SET LeaseUntil = :past", ExpressionAttributeValues={":past": {"N": str(int(time.time()) - 1)}})


def fault(bot: Bot, action: str, **how: Any) -> Injected:
    return inject(bot.outputs["AwsEndpoint"], action, **how)


def query(bot: Bot, sql: str) -> list[list[str]]:
    return athena.query(bot.client("athena"), bot.outputs["AthenaWorkGroup"], sql)[1:]


class TestKilledWorkers:
    def killed(self, bot: Bot, place: Fault, microservice: str, function: str, *mention: Any) -> Outcome:
        """What comes of a mention whose function is killed while it waits for X at a place that is slow once."""
        bot.sandbox.x.faults.add(place)
        payload = payloads.account_activity(*mention)
        assert bot.sandbox.deliver(payload)["status"] == 200
        assert eventually(lambda: place.struck)
        time.sleep(0.2)  # X has done its part
        kill(bot, microservice, function)
        outcome = bot.outcome(payloads.tweet_id(payload))
        settled(bot)
        return outcome

    def test_post_tweet_between_upload_and_post(self, bot: Bot) -> None:
        upload = Fault("/2/media/upload", status=None, delay=SLOW)
        outcome = self.killed(bot, upload, "Egress", "PostTweetFunction", "@makitdev who is this?", [photo(bot)])
        assert outcome.names[-1] == "TWEET_SENT"
        [reply] = bot.replies(outcome.tweet_id)
        assert len(reply["media"]) == 1

    def test_post_tweet_between_post_and_answer(self, bot: Bot) -> None:
        outcome = self.killed(bot, Fault("/2/tweets", status=None, delay=SLOW), "Egress", "PostTweetFunction", "@makitdev tell me a joke")
        assert outcome.names[-1] == "TWEET_SENT"
        assert outcome.detail("TWEET_SENT")["Duplicate"] is True
        assert len(bot.replies(outcome.tweet_id)) == 1
        assert ledger(bot, outcome.tweet_id)["Status"] == "POSTED"

    def test_download_image(self, bot: Bot) -> None:
        host = Fault("/media/astronaut.jpg", status=None, delay=SLOW)
        outcome = self.killed(bot, host, "Analysis", "DownloadImageFunction", "@makitdev who is this?", [photo(bot)])
        [reply] = bot.replies(outcome.tweet_id)
        assert "Eileen Collins" in reply["text"]

    def test_the_webhook_after_its_events_were_published(self, bot: Bot) -> None:
        payload = payloads.account_activity("@makitdev tell me a joke")
        tweet_id = payloads.tweet_id(payload)
        publishing = fault(bot, "events:PutEvents", match=[tweet_id, "MESSAGE_RECEIVED"], delay=2)
        statuses: list[int] = []
        delivery = threading.Thread(target=lambda: statuses.append(bot.sandbox.deliver(payload)["status"]))
        delivery.start()
        assert eventually(lambda: publishing.struck)
        kill(bot, "Ingress", "TwitterWebhookFunction")
        delivery.join()
        assert statuses[0] >= 500
        assert bot.sandbox.deliver(payload)["status"] == 200
        assert "TWEET_SENT" in bot.outcome(tweet_id).names
        settled(bot)
        assert len(bot.replies(tweet_id)) == 1


class TestKilledWorkflows:
    """`States.Runtime` ends an execution at once: nothing retries or catches it."""

    def died(self, bot: Bot, text: str, action: str, *texts: str, after: bool) -> tuple[str, datetime]:
        """The post's id, and when its workflow's egress began to die at a call, before or after it was carried out."""
        started = datetime.now(UTC) - timedelta(seconds=2)
        payload = payloads.account_activity(f"@makitdev {text}")
        tweet_id = payloads.tweet_id(payload)
        dying = fault(bot, action, error="States.Runtime", match=[tweet_id, *texts], after=after)
        bot.sandbox.deliver(payload)
        assert eventually(lambda: dying.struck)
        assert eventually(lambda: bot.was_in_alarm("Egress", "SendTweetFailures", started.timestamp()))
        return tweet_id, started

    @pytest.mark.parametrize("after", [False, True], ids=["not recorded", "recorded"])
    def test_between_post_and_ledger(self, bot: Bot, after: bool) -> None:
        """A replayed message is told another joke; the ledger has what was posted, so that X knows it again."""
        tweet_id, started = self.died(bot, "tell me a joke", "dynamodb:UpdateItem", "TweetId = ", after=after)
        assert len(bot.replies(tweet_id)) == 1
        self.analysed_again(bot, tweet_id, started)
        assert len(bot.replies(tweet_id)) == 1
        if not after:
            assert ledger(bot, tweet_id)["Status"] == "POSTING"
            lease_is_over(bot, tweet_id)
        self.is_posted_once_however_often_replayed(bot, tweet_id, started)

    @pytest.mark.parametrize("after", [False, True], ids=["not claimed", "claimed"])
    def test_at_the_claim(self, bot: Bot, after: bool) -> None:
        tweet_id, started = self.died(bot, "tell me a joke", "dynamodb:UpdateItem", "POSTING", after=after)
        assert bot.replies(tweet_id) == []
        if after:
            lease_is_over(bot, tweet_id)
        bot.replay(started)
        assert eventually(lambda: len(bot.replies(tweet_id)) == 1)
        bot.replay(started)
        settled(bot)
        assert len(bot.replies(tweet_id)) == 1

    def test_x_hung_until_the_reply_was_given_up_though_it_was_posted(self, bot: Bot) -> None:
        started = datetime.now(UTC) - timedelta(seconds=2)
        payload = payloads.account_activity("@makitdev tell me a joke")
        tweet_id = payloads.tweet_id(payload)
        lost = bot.sandbox.x.faults.add(Fault("/2/tweets", 200, times=ALWAYS, body="<html>", after=True, match=[tweet_id]))
        outcome = bot.deliver(payload)
        assert outcome.names[-1] == "TWEET_FAILED"
        assert len(outcome.replies) == 1
        bot.sandbox.x.faults.end(lost.id)
        self.is_posted_once_however_often_replayed(bot, tweet_id, started)

    def is_posted_once_however_often_replayed(self, bot: Bot, tweet_id: str, started: datetime) -> None:
        for _ in range(3):
            self.analysed_again(bot, tweet_id, started)
        bot.replay(started)
        settled(bot)
        assert ledger(bot, tweet_id)["Status"] == "POSTED"
        assert len(bot.replies(tweet_id)) == 1

    def analysed_again(self, bot: Bot, tweet_id: str, started: datetime) -> None:
        """Replays what was received to the analysis alone, so that a reply is thought of anew."""
        def commands() -> int:
            return sum(event.detail_type == "SEND_TWEET" for event in bot.events(tweet_id))

        before = commands()
        bot.replay(started, [bot.rule("Analysis", "AnalyseMessageMessageReceived")])
        assert eventually(lambda: commands() > before)
        settled(bot)


class TestTwiceAndOutOfOrder:
    @pytest.mark.parametrize("seed", range(3))
    def test_every_event_twice_and_shuffled(self, bot: Bot, seed: int) -> None:
        """The events of one message, renamed to be another's, come twice each in any order: TWEET_SENT perhaps before MESSAGE_RECEIVED."""
        outcome = bot.mention("who is this?", [photo(bot)]) if seed else bot.mention("tell me a joke")
        tweet_id = snowflake.new()
        again = [event.envelope for event in outcome.events] * 2
        random.Random(seed).shuffle(again)
        for event in again:
            detail = json.loads(json.dumps(event["detail"]).replace(outcome.tweet_id, tweet_id))
            bot.put_event(event["detail-type"], detail, event["source"])
        assert eventually(lambda: len(bot.replies(tweet_id)) == 1)
        settled(bot)
        assert len(bot.replies(tweet_id)) == 1
        assert len(bot.replies(outcome.tweet_id)) == 1

    def test_every_event_of_a_message_once_more(self, bot: Bot) -> None:
        outcome = bot.mention("tell me a fact")
        for event in outcome.events * 2:
            bot.put_event(event.detail_type, event.detail, event.envelope["source"])
        settled(bot)
        assert len(bot.replies(outcome.tweet_id)) == 1


class TestReplayedThreeTimes:
    def test_nobody_is_answered_or_alerted_again_and_no_row_is_doubled(self, bot: Bot) -> None:
        started = datetime.now(UTC) - timedelta(seconds=1)
        word = f"number {snowflake.new()}"
        outcome = bot.mention(f"I hate this horrible, awful thing, {word}. Who is this?", [photo(bot)])
        assert outcome.detail("MESSAGE_ANALYSED")["Analysis"]["TextSentiment"] == "NEGATIVE"

        def mails() -> int:
            return sum(word in mail["BodyText"] for mail in bot.sandbox.mails())

        assert eventually(mails) == 1
        assert eventually(lambda: query(bot, ROWS.format(outcome.tweet_id)))
        labels, posts = query(bot, LABELS), len(bot.sandbox.posts())
        for _ in range(3):
            bot.replay(started)
        assert eventually(lambda: len(self.analysed(bot, outcome.tweet_id)) == 4)  # it is analysed again, each time
        settled(bot)
        time.sleep(1.5)  # the delivery streams write once a second
        assert len(bot.sandbox.posts()) == posts + 1
        assert mails() == 1
        assert query(bot, ROWS.format(outcome.tweet_id)) == [["MESSAGE_ANALYSED"]]
        assert query(bot, LABELS) == labels

    def test_what_only_a_replay_analyses_has_its_row_and_its_reply(self, bot: Bot) -> None:
        started = datetime.now(UTC) - timedelta(seconds=1)
        payload = payloads.account_activity("@makitdev who is this?", [photo(bot)])
        tweet_id = payloads.tweet_id(payload)
        down = fault(bot, "events:PutEvents", error="InternalException", times=ALWAYS, match=[tweet_id, "MESSAGE_ANALYSED"])
        assert bot.deliver(payload).names[-1] == "MESSAGE_ANALYSIS_FAILED"
        down.end()
        assert query(bot, ROWS.format(tweet_id)) == []
        for _ in range(3):
            bot.replay(started)
        assert eventually(lambda: len(self.analysed(bot, tweet_id)) == 3)
        assert eventually(lambda: query(bot, ROWS.format(tweet_id)))
        settled(bot)
        time.sleep(1.5)
        assert query(bot, ROWS.format(tweet_id)) == [["MESSAGE_ANALYSED"]]
        assert len(bot.replies(tweet_id)) == 1

    def analysed(self, bot: Bot, tweet_id: str) -> list[Any]:
        """What the analysis itself published; a replay repeats older events in the log."""
        return [event for event in bot.events(tweet_id) if event.detail_type == "MESSAGE_ANALYSED" and "replay-name" not in event.envelope]


