"""A signed mention in, the reply out: the main job, through every microservice of the deployed application."""

import io
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from PIL import Image, ImageChops

from sandbox import lake, stack
from sandbox.x import BOT_USER_ID, payloads
from tests.integration.bot import Bot
from tests.waiting import eventually
from tools import athena

ANSWERED = ["TWITTER_TWEETED", "MESSAGE_RECEIVED", "MESSAGE_ANALYSED", "SEND_TWEET", "TWEET_SENT"]
BOTH_APIS = pytest.mark.parametrize("build", [payloads.account_activity, payloads.x_activity])
WHAT_CAN_BE_ASKED = "You can ask me for a joke or a fact"


@BOTH_APIS
def test_a_joke_is_told(bot: Bot, build: Callable[..., Any]) -> None:
    outcome = bot.mention("please tell me a joke", build=build)
    assert outcome.status == 200
    assert outcome.names == ANSWERED
    [reply] = outcome.replies
    assert reply["text"].startswith("@harry11 ")
    assert WHAT_CAN_BE_ASKED not in reply["text"]
    assert reply["media"] == []
    assert outcome.detail("TWEET_SENT")["TweetId"] == reply["id"]


@BOTH_APIS
def test_a_fact_is_told(bot: Bot, build: Callable[..., Any]) -> None:
    [reply] = bot.mention("tell me something interesting", build=build).replies
    assert WHAT_CAN_BE_ASKED not in reply["text"]


def test_anything_else_is_told_what_can_be_asked(bot: Bot) -> None:
    [reply] = bot.mention("what is the meaning of life?").replies
    assert WHAT_CAN_BE_ASKED in reply["text"]


@BOTH_APIS
def test_a_known_person_is_named_on_the_photo(bot: Bot, build: Callable[..., Any]) -> None:
    photo = f"{bot.outputs['XApiUrl']}/media/astronaut.jpg"
    outcome = bot.mention("who is this?", [photo], build=build)
    assert outcome.names == ANSWERED
    [reply] = outcome.replies
    assert "Eileen Collins" in reply["text"]
    [media] = reply["media"]
    drawn, original = (Image.open(io.BytesIO(httpx.get(url).content)).convert("RGB") for url in (media["url"], photo))
    original = original.resize(drawn.size)  # a small photo is enlarged, so that the name can be read
    face = outcome.detail("MESSAGE_ANALYSED")["Analysis"]["Images"][0]["Analysis"]["CelebrityFaces"][0]["Face"]["BoundingBox"]
    changed = ImageChops.difference(drawn, original).convert("L").point(lambda value: 255 * (value > 100)).getbbox()
    assert changed
    assert changed[0] / drawn.width < face["Left"] + face["Width"]
    assert changed[2] / drawn.width > face["Left"]


def test_nobody_known_is_answered_in_words(bot: Bot) -> None:
    [reply] = bot.mention("who is this?", [f"{bot.outputs['XApiUrl']}/media/coffee.jpg"]).replies
    assert "could not recognise" in reply["text"]
    assert reply["media"] == []


def test_all_four_photos_are_looked_at(bot: Bot) -> None:
    host = f"{bot.outputs['XApiUrl']}/media/"
    outcome = bot.mention("and these?", [f"{host}{name}.jpg" for name in ("coffee", "astronaut", "coffee", "astronaut")])
    images = outcome.detail("MESSAGE_ANALYSED")["Analysis"]["Images"]
    assert [bool(image["Analysis"]["CelebrityFaces"]) for image in images] == [False, True, False, True]
    assert [len(reply["media"]) for reply in outcome.replies] == [2]


def test_a_furious_message_reaches_the_alert_subscriber(bot: Bot) -> None:
    outcome = bot.mention("this is the worst, most horrible rubbish I ever bought")
    assert outcome.detail("MESSAGE_ANALYSED")["Analysis"]["TextSentiment"] == "NEGATIVE"
    [mail] = eventually(lambda: [each for each in bot.sandbox.mails() if "horrible rubbish" in each["BodyText"]])
    assert mail["To"] == [stack.ALERT_EMAIL]
    assert "harry11" in mail["BodyText"]


def test_a_quote_is_answered(bot: Bot) -> None:
    payload = payloads.account_activity("tell me a joke about this")
    payload["tweet_create_events"][0]["quoted_status"] = {"id_str": "1", "text": "…", "user": {"id_str": BOT_USER_ID}}
    assert len(bot.deliver(payload).replies) == 1


def _not_mentioned(payload: payloads.Payload) -> None:
    payload["tweet_create_events"][0]["entities"]["user_mentions"] = []


def _repost(payload: payloads.Payload) -> None:
    payload["tweet_create_events"][0]["retweeted_status"] = {"id_str": "1"}


def _own(payload: payloads.Payload) -> None:
    payload["tweet_create_events"][0]["user"]["id_str"] = BOT_USER_ID


@pytest.mark.parametrize("change", [_not_mentioned, _repost, _own])
def test_who_did_not_summon_the_bot_is_not_answered(bot: Bot, change: Callable[[payloads.Payload], None]) -> None:
    payload = payloads.account_activity("@makitdev tell me a joke")
    change(payload)
    before = len(bot.sandbox.posts())
    outcome = bot.deliver(payload, done=bool)
    bot.mention("tell me a joke")  # delivered later and answered, so that nothing of the first is still under way
    assert [event.detail_type for event in bot.events(outcome.tweet_id)] == ["TWITTER_TWEETED"]
    assert len(bot.sandbox.posts()) == before + 1


def test_the_articles_query_counts_the_labels(bot: Bot) -> None:
    def counted() -> dict[str, int]:
        rows = athena.query(bot.client("athena"), bot.outputs["AthenaWorkGroup"], lake.ARTICLE_QUERY)
        assert rows[0] == ["name", "Count"]
        return {name: int(count) for name, count in rows[1:]}

    def sure() -> dict[str, int]:
        return eventually(lambda: (found := counted()) and counted() == found and found) or {}

    host, before = f"{bot.outputs['XApiUrl']}/media/", sure()
    labels = [label["Name"] for name in ("astronaut", "coffee")
              for label in bot.mention("look", [f"{host}{name}.jpg"]).detail("MESSAGE_ANALYSED")["Analysis"]["Images"][0]["Analysis"]["Labels"]]
    assert labels
    expected = {name: before.get(name, 0) + labels.count(name) for name in {*before, *labels}}
    assert eventually(lambda: counted() == expected), (counted(), expected)


def test_every_event_is_in_the_lake_as_it_crossed_the_bus(bot: Bot) -> None:
    outcome = bot.mention("tell me a joke")

    def in_lake(detail_type: str) -> list[list[str]]:
        return athena.query(bot.client("athena"), bot.outputs["AthenaWorkGroup"], (
            f"SELECT id, detail FROM events WHERE detail_type = '{detail_type}' AND detail LIKE '%{outcome.tweet_id}%'"))[1:]

    for detail_type in ANSWERED:
        assert len(eventually(lambda kind=detail_type: in_lake(kind))) == 1, detail_type  # type: ignore[misc]


def test_nothing_of_all_this_is_a_dead_letter(bot: Bot) -> None:
    sqs = bot.client("sqs")
    depths = {url.rsplit("/", 1)[-1]: int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["ApproximateNumberOfMessages"])
              for url in sqs.list_queues()["QueueUrls"]}
    assert len(depths) == 6
    assert set(depths.values()) == {0}, depths
