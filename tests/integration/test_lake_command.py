"""An operator asks the lake in SQL, or by the name of a saved query."""

import csv
from typing import Any

from tests.integration.bot import Bot
from tests.tools.commands import Result, run
from tests.waiting import eventually

SENTIMENT = """\
SELECT detail.messageid AS message, detail.analysis.textsentiment AS sentiment
FROM "analysed-messages-table"
WHERE detail.messageid = '{}'"""


def lake(bot: Bot, *arguments: str) -> Result:
    return run("lake", *arguments, endpoint=bot.outputs["AwsEndpoint"])


def test_sql_gives_rows(bot: Bot) -> None:
    message = f"twitter-{bot.mention('I love this wonderful bot').tweet_id}"

    def rows() -> list[Any]:
        return list(csv.DictReader(lake(bot, "query", SENTIMENT.format(message)).out.splitlines()))

    assert eventually(rows) == [{"message": message, "sentiment": "POSITIVE"}]
    assert lake(bot, "query", SENTIMENT.format(message), "--json").json == rows()


def test_columns_of_one_name_are_told_apart(bot: Bot) -> None:
    assert lake(bot, "query", "SELECT 1 AS n, 2 AS n, 3 AS m").out == "n_1,n_2,m\n1,2,3\n"


def test_a_saved_query_by_the_beginning_of_its_name(bot: Bot) -> None:
    outcome = bot.mention("who is this?", [f"{bot.outputs['XApiUrl']}/media/astronaut.jpg"])
    label = outcome.detail("MESSAGE_ANALYSED")["Analysis"]["Images"][0]["Analysis"]["Labels"][0]["Name"]
    names = [each["name"] for each in lake(bot, "saved", "--json").json]
    assert "Labels and how often they were seen" in names
    assert eventually(lambda: label in lake(bot, "query", "--saved", "labels and").out)


def test_what_is_wrong_is_said(bot: Bot) -> None:
    broken = lake(bot, "query", "SELECT nothing FROM nowhere")
    assert (broken.status, broken.out) == (1, "")
    assert "nowhere" in broken.err
    unknown = lake(bot, "query", "--saved", "Everything")
    assert "Sentiment by day" in unknown.err
    assert lake(bot, "query").status == 1
