"""The ways in which the application that this one follows was measured to fail, one test each: none is ours."""

import json
import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from sandbox.x import payloads
from sandbox.x.faults import Fault
from tests.ingress import sign
from tests.integration.bot import Bot
from tests.integration.test_photos import picture
from tests.waiting import eventually

HEADER = "x-twitter-webhooks-signature"


def photo(bot: Bot, name: str = "astronaut.jpg") -> str:
    return f"{bot.outputs['XApiUrl']}/media/{name}"


def objects(bot: Bot) -> dict[str, str]:
    """The media bucket: each key and its content's tag."""
    listed = bot.client("s3").list_objects_v2(Bucket=bot.outputs["MediaBucketName"]).get("Contents", [])
    return {each["Key"]: each["ETag"] for each in listed}


def test_01_a_missing_or_short_signature_is_no_server_error(bot: Bot) -> None:
    for headers in ({}, {HEADER: "sha256=short"}):
        assert httpx.post(bot.outputs["WebhookUrl"], json={"for_user_id": "1"}, headers=headers).status_code == 401


def test_02_handles_do_not_reach_lex(bot: Bot) -> None:
    [reply] = bot.mention("@somebody_else tell me a joke @makitdev https://t.co/abc").replies
    assert "You can ask me" not in reply["text"]


def test_03_a_tweet_delivered_twice_has_one_reply(bot: Bot) -> None:
    payload = payloads.account_activity("@makitdev tell me a joke")
    first = bot.deliver(payload)
    bot.sandbox.deliver(payload)
    bot.mention("tell me a joke")
    assert len(bot.replies(first.tweet_id)) == 1
    assert [event.detail_type for event in bot.events(first.tweet_id)].count("MESSAGE_ANALYSED") == 1


def test_04_a_replay_of_an_image_message_posts_nothing_more(bot: Bot) -> None:
    started = datetime.now(UTC) - timedelta(seconds=2)
    outcome = bot.mention("who is this?", [photo(bot)])
    bot.replay(started)
    assert eventually(lambda: [event for event in bot.events(outcome.tweet_id) if event.detail.get("ReplayName")])
    bot.mention("tell me a joke")
    assert len(bot.replies(outcome.tweet_id)) == 1


def test_05_an_image_is_not_overwritten_nor_drawn_on_twice(bot: Bot) -> None:
    bot.mention("who is this?", [photo(bot)])
    before = objects(bot)
    bot.mention("and who is this?", [photo(bot)])
    assert objects(bot) == before
    assert len([key for key in before if key.startswith("annotated/")]) >= 1


def test_06_an_empty_text_is_answered(bot: Bot) -> None:
    outcome = bot.mention("")
    assert outcome.names[-1] == "TWEET_SENT"
    assert "You can ask me" in outcome.replies[0]["text"]


def test_07_a_host_that_refuses_costs_no_text_analysis(bot: Bot) -> None:
    url = photo(bot)
    bot.sandbox.x.faults.add(Fault("/media/astronaut.jpg", 403, times=5))
    analysis = bot.mention("I love this", [url]).detail("MESSAGE_ANALYSED")["Analysis"]
    assert (analysis["TextSentiment"], analysis["Images"][0]["Error"]) == ("POSITIVE", "ImageNotFound")


def test_08_a_404_page_is_not_stored_as_a_picture(bot: Bot) -> None:
    before = set(objects(bot))
    assert bot.mention("who is this?", [photo(bot, "none.jpg")]).names[-1] == "TWEET_SENT"
    assert bot.mention("who is this?", [bot.hosted(b"<html>404</html>")]).names[-1] == "TWEET_SENT"
    assert set(objects(bot)) == before


def test_09_no_untouched_image_is_sent_where_drawing_fails(bot: Bot) -> None:
    with bot.denied("Responding", "AnnotateImageRole", "s3:GetObject"):
        outcome = bot.mention("who is this?", [photo(bot)])
    [reply] = outcome.replies
    assert "I recognised Eileen Collins" in reply["text"]
    assert reply["media"] == []


def test_10_twelve_tweets_in_one_payload_are_all_answered(bot: Bot) -> None:
    posts = [payloads.account_activity(f"@makitdev tell me a joke, {number}")["tweet_create_events"][0] for number in range(12)]
    assert bot.sandbox.deliver({"for_user_id": bot.outputs["BotUserId"], "tweet_create_events": posts})["status"] == 200
    for post in posts:
        assert len(bot.outcome(post["id_str"]).replies) == 1


@pytest.mark.parametrize("body", [
    json.dumps({"user_event": {"revoke": {"date_time": "2026-11-25T00:00:00Z", "target": {"app_id": "1"}, "source": {"user_id": "2"}}}}),
    "{not json"])
def test_11_a_user_event_and_malformed_json_are_no_server_error(bot: Bot, body: str) -> None:
    response = httpx.post(bot.outputs["WebhookUrl"], content=body, headers={HEADER: sign(body.encode()), "content-type": "application/json"})
    assert response.status_code == (200 if body.endswith("}") else 400)


def test_12_a_tweet_that_does_not_mention_the_account_is_not_answered(bot: Bot) -> None:
    payload = payloads.account_activity("tell me a joke")
    outcome = bot.deliver(payload, done=bool)
    bot.mention("tell me a joke")
    assert (outcome.names, bot.replies(outcome.tweet_id)) == (["TWITTER_TWEETED"], [])


def test_13_keys_come_from_the_url_alone(bot: Bot) -> None:
    outcome = bot.mention("who is this?", [photo(bot) + "?name=large&x=" + uuid.uuid4().hex])
    [image] = outcome.detail("MESSAGE_ANALYSED")["Analysis"]["Images"]
    assert re.fullmatch(r"[0-9a-f]{32}\.jpg", image["Key"])


def test_14_each_of_four_images_is_used(bot: Bot) -> None:
    urls = [bot.hosted(picture(100 + number, 100)) for number in range(4)]
    outcome = bot.mention("look", urls)
    images: list[dict[str, Any]] = outcome.detail("MESSAGE_ANALYSED")["Analysis"]["Images"]
    assert [image["Url"] for image in images] == urls
    assert len({image["Key"] for image in images}) == 4


def test_and_a_text_over_280_characters_is_fitted(bot: Bot) -> None:
    key = str(uuid.uuid4())
    bot.put_event("SEND_TWEET", {"IdempotencyKey": key, "Text": f"{key} " + "long " * 100})
    [post] = eventually(lambda: [post for post in bot.sandbox.posts() if post["text"].startswith(key)])
    assert len(post["text"]) <= 280
    assert post["text"].endswith("…")
