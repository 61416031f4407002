"""A signed mention in, the reply out: the main job, through every microservice of the deployed application."""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.x import payloads
from tests.integration.bot import Bot

ANSWERED = ["TWITTER_TWEETED", "MESSAGE_RECEIVED", "MESSAGE_ANALYSED", "SEND_TWEET", "TWEET_SENT"]
BOTH_APIS = pytest.mark.parametrize("build", [payloads.account_activity, payloads.x_activity])


@BOTH_APIS
def test_a_joke_is_told(bot: Bot, build: Callable[..., Any]) -> None:
    outcome = bot.mention("please tell me a joke", build=build)
    assert outcome.status == 200
    assert outcome.names == ANSWERED
    [reply] = outcome.replies
    assert reply["text"].startswith("@harry11 ")
    assert "You can ask me" not in reply["text"]
    assert reply["media"] == []
    assert outcome.detail("TWEET_SENT")["TweetId"] == reply["id"]
