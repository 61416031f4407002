"""A photo that cannot be had does not cost the message its text analysis or its reply."""

import io
from collections.abc import Callable

import pytest
from PIL import Image

from sandbox.x.faults import Fault
from tests.integration.bot import Bot


def picture(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, "PNG")
    return out.getvalue()


def answering(bot: Bot, status: int, **headers: str) -> str:
    """A URL on X's media host that answers so, as often as it is asked."""
    url = bot.hosted(picture(100, 100))
    bot.sandbox.x.faults.add(Fault(url.removeprefix(bot.outputs["XApiUrl"]), status, times=10, headers=headers, body="<html>"))
    return url


BAD: dict[str, tuple[Callable[[Bot], str], str]] = {
    "missing": (lambda bot: f"{bot.outputs['XApiUrl']}/media/none", "ImageNotFound"),
    "gone": (lambda bot: answering(bot, 410), "ImageNotFound"),
    "no image": (lambda bot: bot.hosted(b"<html>Not found</html>"), "NotAnImage"),
    "broken off": (lambda bot: bot.hosted(picture(300, 300)[:200]), "NotAnImage"),
    "too many bytes": (lambda bot: bot.hosted(b"\x89PNG" + bytes(16 * 1024 * 1024)), "ImageTooLarge"),
    "too many pixels": (lambda bot: bot.hosted(picture(8000, 8000)), "ImageTooLarge"),
    "too small": (lambda bot: bot.hosted(picture(40, 40)), "ImageTooSmall"),
    "redirected elsewhere": (lambda bot: answering(bot, 302, location="http://169.254.169.254/latest/meta-data/"), "ImageRefused"),
    "host not allowed": (lambda bot: "https://example.com/photo.jpg", "ImageRefused"),
    "metadata address": (lambda bot: "http://169.254.169.254/latest/meta-data/", "ImageRefused"),
    "private address": (lambda bot: "https://10.0.0.1/photo.jpg", "ImageRefused"),
    "loopback on another port": (lambda bot: f"{bot.outputs['AwsEndpoint']}/_ministack/health", "ImageRefused"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_photo_costs_neither_analysis_nor_reply(bot: Bot, kind: str) -> None:
    place, error = BAD[kind]
    outcome = bot.mention("I love this wonderful photo", [place(bot)])
    analysis = outcome.detail("MESSAGE_ANALYSED")["Analysis"]
    assert analysis["TextSentiment"] == "POSITIVE"
    assert [image["Error"] for image in analysis["Images"]] == [error]
    assert analysis["Images"][0]["Cause"]
    [reply] = outcome.replies
    assert "could not recognise" in reply["text"]


def test_a_bad_photo_does_not_cost_the_good_one_its_names(bot: Bot) -> None:
    host = f"{bot.outputs['XApiUrl']}/media/"
    outcome = bot.mention("who?", [f"{host}none", f"{host}astronaut.jpg"])
    [reply] = outcome.replies
    assert "Eileen Collins" in reply["text"]
    assert len(reply["media"]) == 1
