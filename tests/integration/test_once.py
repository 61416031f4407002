"""A reply is posted once, whatever is delivered, retried, scheduled or replayed."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from sandbox.x import payloads
from sandbox.x.faults import Fault
from tests.integration.bot import Bot
from tests.waiting import eventually


def sent(bot: Bot, key: str) -> dict[str, str]:
    """The ledger's item, as plain text."""
    item = bot.client("dynamodb").get_item(TableName=bot.resource("Egress", "LedgerTable"), Key={"IdempotencyKey": {"S": key}}).get("Item", {})
    return {name: next(iter(value.values())) for name, value in item.items()}


def posts_of(bot: Bot, text: str) -> int:
    return sum(text in post["text"] for post in bot.sandbox.posts())


def test_eight_deliveries_at_once_are_answered_once(bot: Bot) -> None:
    payload = payloads.account_activity("@makitdev tell me a fact")
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: bot.sandbox.deliver(payload)["status"], range(8)))
    assert statuses == [200] * 8
    outcome = bot.outcome(payloads.tweet_id(payload))
    bot.mention("tell me a joke")
    assert len(bot.replies(outcome.tweet_id)) == 1


def test_both_of_xs_apis_bringing_one_post_are_answered_once(bot: Bot) -> None:
    old, new = payloads.account_activity("@makitdev tell me a joke"), payloads.x_activity("@makitdev tell me a joke")
    new["data"]["payload"]["id"] = payloads.tweet_id(old)
    first = bot.deliver(old)
    assert bot.sandbox.deliver(new)["status"] == 200
    bot.mention("tell me a joke")
    assert len(bot.replies(first.tweet_id)) == 1


def test_a_command_without_a_key_is_posted_once(bot: Bot) -> None:
    text = f"Hello {uuid.uuid4()}"
    for _ in range(3):
        bot.put_event("SEND_TWEET", {"Text": text})
    assert eventually(lambda: posts_of(bot, text))
    bot.mention("tell me a joke")
    assert posts_of(bot, text) == 1


def test_a_rate_limited_reply_is_posted_once_at_the_reset(bot: Bot) -> None:
    reset = datetime.now(UTC) + timedelta(seconds=5)
    bot.sandbox.x.faults.add(Fault("/2/tweets", 429, times=1, headers={"x-rate-limit-reset": str(int(reset.timestamp()))}))
    payload = payloads.account_activity("@makitdev tell me a joke")
    bot.sandbox.deliver(payload)
    key = f"reply-twitter-{payloads.tweet_id(payload)}"
    assert eventually(lambda: sent(bot, key).get("Status") == "WAITING")
    assert bot.replies(payloads.tweet_id(payload)) == []
    outcome = bot.outcome(payloads.tweet_id(payload))
    assert outcome.names == ["TWITTER_TWEETED", "MESSAGE_RECEIVED", "MESSAGE_ANALYSED", "SEND_TWEET", "SEND_TWEET", "TWEET_SENT"]
    assert time.time() >= int(reset.timestamp())
    assert len(outcome.replies) == 1
    assert sent(bot, key)["Status"] == "POSTED"


def test_x_being_down_for_a_moment_is_waited_out(bot: Bot) -> None:
    bot.sandbox.x.faults.add(Fault("/2/tweets", 503, times=1))
    outcome = bot.mention("tell me a joke")
    assert outcome.names[-1] == "TWEET_SENT"
    assert len(outcome.replies) == 1


def test_a_refused_reply_is_announced_and_may_be_sent_later(bot: Bot) -> None:
    bot.sandbox.x.faults.add(Fault("/2/tweets", 403, body={"title": "Forbidden", "detail": "Not permitted.", "status": 403}))
    outcome = bot.mention("tell me a joke")
    assert outcome.names[-1] == "TWEET_FAILED"
    failed = outcome.detail("TWEET_FAILED")
    assert (failed["Error"], failed["Cause"]) == ("TweetRefused", "403 Forbidden: Not permitted.")
    assert outcome.replies == []
    bot.put_event("SEND_TWEET", {name: failed[name] for name in ("IdempotencyKey", "Text", "ReplyToTweetId", "ReplyToUserId")})
    assert eventually(lambda: len(bot.replies(outcome.tweet_id)) == 1)


def test_a_post_that_x_has_already_counts_as_sent(bot: Bot) -> None:
    text = f"Hello {uuid.uuid4()}"
    for key in ("one", "two"):
        bot.put_event("SEND_TWEET", {"IdempotencyKey": f"{key}-{text}", "Text": text})
        assert eventually(lambda name=f"{key}-{text}": sent(bot, name).get("Status") == "POSTED")  # type: ignore[misc]
    assert posts_of(bot, text) == 1


def test_replaying_the_archive_answers_nobody_again(bot: Bot) -> None:
    started = datetime.now(UTC) - timedelta(seconds=2)
    outcome = bot.mention("this is horrible, awful rubbish, who is it?", [f"{bot.outputs['XApiUrl']}/media/astronaut.jpg"])
    eventually(lambda: [mail for mail in bot.sandbox.mails() if "awful rubbish" in mail["BodyText"]])
    before = bot.sandbox.posts()
    bot.replay(started)
    analysed = eventually(lambda: [event for event in bot.events(outcome.tweet_id) if event.detail.get("ReplayName")])
    assert analysed
    bot.mention("tell me a joke")
    assert bot.sandbox.posts()[:-1] == before
    assert len([mail for mail in bot.sandbox.mails() if "awful rubbish" in mail["BodyText"]]) == 1


def test_a_replay_after_an_outage_answers_who_was_not_answered(bot: Bot) -> None:
    started = datetime.now(UTC) - timedelta(seconds=2)
    bot.sandbox.x.faults.add(Fault("/2/tweets", 401))
    outcome = bot.mention("tell me a joke")
    assert outcome.names[-1] == "TWEET_FAILED"
    bot.replay(started)
    assert eventually(lambda: len(bot.replies(outcome.tweet_id)) == 1)
    replayed = eventually(lambda: [event for event in bot.events(outcome.tweet_id) if event.detail_type == "TWEET_SENT"])
    assert replayed[0].detail["ReplayName"]
