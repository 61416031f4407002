"""An operator asks the lake in SQL, or by the name of a saved query: a table, CSV, JSON, or a picture."""

import csv
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.integration.bot import Bot
from tests.tools.commands import Result, run
from tests.waiting import eventually

SENTIMENT = """\
SELECT detail.messageid AS message, detail.analysis.textsentiment AS sentiment
FROM "analysed-messages-table"
WHERE detail.messageid = '{}'"""


def query(bot: Bot, *arguments: str) -> Result:
    return run("query", *arguments, endpoint=bot.outputs["AwsEndpoint"])


def test_sql_gives_rows(bot: Bot) -> None:
    message = f"twitter-{bot.mention('I love this wonderful bot').tweet_id}"

    def rows() -> list[Any]:
        return list(csv.DictReader(query(bot, SENTIMENT.format(message)).out.splitlines()))

    assert eventually(rows) == [{"message": message, "sentiment": "POSITIVE"}]
    assert query(bot, SENTIMENT.format(message), "--json").json == rows()


def test_columns_of_one_name_are_told_apart_and_numbers_are_numbers(bot: Bot) -> None:
    assert query(bot, "SELECT 1 AS n, 2 AS n, 3 AS m", "--csv").out == "n_1,n_2,m\n1,2,3\n"
    assert query(bot, "SELECT 1 AS n, 2.5e0 AS x, '3' AS s, CAST(NULL AS bigint) AS z", "--json").json == [{"n": 1, "x": 2.5, "s": "3", "z": None}]


def test_a_saved_query_by_its_name_or_the_beginning_of_it(bot: Bot) -> None:
    outcome = bot.mention("who is this?", [f"{bot.outputs['XApiUrl']}/media/astronaut.jpg"])
    label = outcome.detail("MESSAGE_ANALYSED")["Analysis"]["Images"][0]["Analysis"]["Labels"][0]["Name"]
    for listing in (query(bot), query(bot, "--list")):
        names = {each["name"]: each["description"] for each in csv.DictReader(listing.out.splitlines())}
        assert names["Top labels"].endswith(".")
    assert "SELECT" in query(bot, "--json").json[0]["sql"]
    for name in ("Top labels", "top-labels", "TOP_L"):
        assert eventually(lambda name=name: label in query(bot, name).out), name  # type: ignore[misc]
    answer = query(bot, "top labels")
    assert "scanned in" in answer.err
    assert int(answer.err.split()[0]) == len(answer.out.splitlines()) - 1


def test_an_answer_is_drawn(bot: Bot, tmp_path: Path) -> None:
    bot.mention("I love this wonderful bot")
    for name in ("sentiment by day", "time to reply", "loudest"):
        file = tmp_path / f"{name}.png"
        drawn = eventually(lambda name=name, file=file: (done := query(bot, name, "--plot", str(file))).status == 0 and done)  # type: ignore[misc]
        assert f"Drawn: {file}" in drawn.err
        with Image.open(file) as picture:
            assert (picture.format, picture.width) == ("PNG", 1200)
            assert len(picture.convert("RGB").getcolors(1_000_000) or []) > 20  # not a blank one


@pytest.mark.parametrize(("sql", "file", "why"), [
    ("SELECT 'a' AS name", "a.png", "no column of the answer is a number"), ("SELECT 1 AS n WHERE 1 = 2", "a.png", "no rows"),
    ("SELECT 'a' AS name, 1 AS n", "a.pdf", "no PNG file"), ("SELECT 'a' AS name, 1 AS n", "nowhere/a.png", "cannot be written")])
def test_what_cannot_be_drawn_is_said(bot: Bot, tmp_path: Path, sql: str, file: str, why: str) -> None:
    result = query(bot, sql, "--plot", str(tmp_path / file))
    assert result.status == 1
    assert why in result.err
    assert list(tmp_path.iterdir()) == []


def test_what_is_wrong_is_said(bot: Bot) -> None:
    broken = query(bot, "SELECT nothing FROM nowhere")
    assert (broken.status, broken.out) == (1, "")
    assert "nowhere" in broken.err
    for name in ("Everything", "t"):
        unknown = query(bot, name)
        assert unknown.status == 1
        assert "Sentiment by day" in unknown.err
