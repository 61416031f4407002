"""The deployed dashboard, read and drawn from the metrics of what has happened."""

from pathlib import Path

from PIL import Image

from tests.integration.bot import Bot
from tests.tools.commands import Result, run
from tests.waiting import eventually


def dashboard(bot: Bot, *arguments: str) -> Result:
    return run("dashboard", *arguments, endpoint=bot.outputs["AwsEndpoint"])


def values(bot: Bot) -> dict[tuple[str, str], float]:
    return {(row["widget"], row["series"]): row["value"] or 0 for row in dashboard(bot, "--json", "--since", "1h").json}


def test_it_shows_what_has_happened(bot: Bot, tmp_path: Path) -> None:
    before = values(bot)
    bot.mention("this is the worst, most horrible rubbish I ever bought")
    bot.mention("I love this wonderful bot")
    bot.mention("who is this?", [f"{bot.outputs['XApiUrl']}/media/astronaut.jpg"])
    changes = {("Messages", "received"): 3, ("Messages", "analysed"): 3, ("Sentiment", "NEGATIVE"): 1, ("Sentiment", "POSITIVE"): 1,
               ("Replies", "sent"): 3, ("Alerts", "Alerting AlertTopic"): 1, ("Activity on X", "tweeted"): 3,
               ("Calls of Rekognition (of the account)", "RecognizeCelebrities"): 1}

    def changed() -> dict[tuple[str, str], float]:
        after = values(bot)
        return {key: after.get(key, 0) - before.get(key, 0) for key in changes}

    assert eventually(lambda: changed() == changes), {key: value for key, value in changed().items() if value != changes[key]}
    after = values(bot)
    assert after["Time to reply, seconds", "p90"] >= after["Time to reply, seconds", "p50"] > 0
    assert after["Time of nine in ten workflows, ms (of the account)", "Egress SendTweet"] > 0
    file = tmp_path / "dashboard.png"
    assert f"Drawn: {file}" in dashboard(bot, "--png", str(file), "--since", "30m").err
    with Image.open(file) as picture:
        assert (picture.format, picture.width) == ("PNG", 2160)
        assert len(picture.convert("RGB").getcolors(1_000_000) or []) > 50
