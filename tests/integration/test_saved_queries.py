"""The lake that the deployed pipeline fills answers every saved query as the events that crossed the bus do.

It has an application of its own: what is asked is of the whole lake.
"""

import base64
import copy
import json
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from sandbox.lake import ARTICLE_QUERY
from sandbox.x import BOT_USERNAME, payloads
from sandbox.x.faults import Fault
from tests.faults import ALWAYS, inject
from tests.integration.bot import Bot, Outcome
from tests.integration.conftest import deployed
from tests.integration.expected import Expected, same
from tests.waiting import eventually
from tools import athena, event_log
from tools.athena import Answer

NAMES = ["Sentiment by day", "Top labels", "Top entities", "Celebrities by week", "Loudest authors", "Unanswered messages", "Time to reply",
         "Failures by cause", "Labels of all photos"]
TOO_FAR = 10 ** 12  # for a column of 32 bits
LEAST_LIMIT = 10_000_000  # bytes, that a work group may have
UNREAD, LOST = "what is to be made of this?", "is anybody there?"
MESSAGES = [
    ("ada", "please tell me a joke", []), ("ada", "I love this wonderful bot", []), ("bert", "this is the worst, most horrible rubbish", []),
    ("bert", "Apple opened a shop in London", []), ("carl", "London is lovely", []), ("carl", UNREAD, []), ("dora", "tell me a fact", []),
    ("dora", "who is this?", ["astronaut"]), ("ada", "and these?", ["astronaut", "coffee", "missing"])]


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    """An application that nobody else talks to."""
    with deployed(tmp_path_factory.mktemp("lake")) as bot:
        yield bot


@pytest.fixture(scope="module")
def empty(bot: Bot) -> dict[str, Answer]:
    """Each saved query's answer before anybody wrote."""
    return {name: ask(bot, name) for name in NAMES}


@pytest.fixture(scope="module")
def talk(bot: Bot, empty: dict[str, Answer]) -> list[Outcome]:
    """What came of messages of every kind: answered, refused by X, not to be analysed, half-read; one is analysed event twice on the bus."""
    inject(bot.outputs["AwsEndpoint"], "comprehend:DetectSentiment", error="InvalidRequestException", times=ALWAYS, match=[UNREAD])
    outcomes = [say(bot, author, text, photos) for author, text, photos in MESSAGES]
    bot.sandbox.x.faults.add(Fault("/2/tweets", 401, times=1))
    outcomes.append(say(bot, "emil", "please tell me another joke"))
    assert outcomes[-1].names[-1] == "TWEET_FAILED"
    lose(bot)
    assert say(bot, "fred", LOST).names[-1] == "MESSAGE_ANALYSIS_FAILED"
    twice = outcomes[0].detail("MESSAGE_ANALYSED")
    bot.put_event("MESSAGE_ANALYSED", twice, "TWITTER")  # as EventBridge may bring it
    return outcomes


def lose(bot: Bot) -> None:
    """From now on one message's analysis fails."""
    inject(bot.outputs["AwsEndpoint"], "events:PutEvents", error="InternalException", times=ALWAYS, match=[LOST, "MESSAGE_ANALYSED"])


def say(bot: Bot, author: str, text: str, photos: list[str] | None = None) -> Outcome:
    payload = payloads.account_activity(f"@{BOT_USERNAME} {text}", [f"{bot.outputs['XApiUrl']}/media/{name}.jpg" for name in photos or []])
    payload["tweet_create_events"][0]["user"]["screen_name"] = author
    return bot.deliver(payload)


def ask(bot: Bot, query: str, database: str = athena.DATABASE) -> Answer:
    """The answer to a saved query, or to SQL."""
    saved = {each["Name"]: each["QueryString"] for each in athena.saved(bot.client("athena"), bot.outputs["AthenaWorkGroup"])}
    return athena.run(bot.client("athena"), bot.outputs["AthenaWorkGroup"], saved.get(query, query), database)


def rows(answer: Answer) -> list[dict[str, Any]]:
    return [dict(zip(answer.columns, row, strict=True)) for row in answer.values()]


def expected(bot: Bot, name: str) -> list[dict[str, Any]]:
    return Expected(event_log.read(bot.client("logs"), bot.outputs["EventLogGroupName"])).answers[name]


def agrees(bot: Bot, name: str) -> bool:
    """Whether a saved query answers as the events do. The order of equals is the query's own affair."""
    found, wanted = rows(ask(bot, name)), expected(bot, name)
    if name == "Labels of all photos":  # ordered by its count alone
        found, wanted = (sorted(each, key=lambda row: (-row["Count"], row["name"])) for each in (found, wanted))
    return len(found) == len(wanted) and all(
        row.keys() == other.keys() and all(same(row[key], other[key]) for key in row) for row, other in zip(found, wanted, strict=True))


def test_there_is_a_saved_query_for_each_question_and_each_says_what_it_tells(bot: Bot) -> None:
    queries = {each["Name"]: each for each in athena.saved(bot.client("athena"), bot.outputs["AthenaWorkGroup"])}
    assert sorted(queries) == sorted(NAMES)
    assert [name for name, each in queries.items() if not each.get("Description", "").endswith(".")] == []
    assert queries["Labels of all photos"]["QueryString"].strip() == ARTICLE_QUERY


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_lake_has_no_rows(empty: dict[str, Answer], name: str) -> None:
    assert empty[name].columns
    assert (empty[name].rows, empty[name].scanned) == ([], 0)


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_query_answers_as_the_events_do(bot: Bot, talk: list[Outcome], name: str) -> None:
    assert expected(bot, name)
    assert eventually(lambda: agrees(bot, name)), (rows(ask(bot, name)), expected(bot, name))
    assert ask(bot, name).scanned > 0


def test_what_is_missing_in_a_message_is_not_made_up(bot: Bot, talk: list[Outcome]) -> None:
    assert "TextSentiment" not in talk[5].detail("MESSAGE_ANALYSED")["Analysis"]
    found = ask(bot, "SELECT detail.analysis.textsentiment, detail.analysis.texterror.error, detail.twitter.tweetid "
                     f"FROM \"analysed-messages-table\" WHERE detail.text LIKE '%{UNREAD}%'").rows
    assert found == [[None, "Comprehend.InvalidRequestException", talk[5].tweet_id]]
    assert {row["sentiment"] for row in rows(ask(bot, "Sentiment by day"))} >= {"NOT READ", "NEGATIVE", "POSITIVE"}


def test_a_day_is_answered_from_its_own_files(bot: Bot, talk: list[Outcome]) -> None:
    """Yesterday has a copy of some of today's files."""
    s3, bucket, today = bot.client("s3"), bot.outputs["DataLakeBucketName"], datetime.now(UTC).date()
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket, Prefix=f"analysed-messages/day={today}/")["Contents"]]
    copies = [keys[0].replace(str(today), str(today - timedelta(days=1)))]
    s3.copy_object(Bucket=bucket, Key=copies[0], CopySource={"Bucket": bucket, "Key": keys[0]})

    def of(day: date) -> Answer:
        return ask(bot, f"SELECT day, detail.text FROM \"analysed-messages-table\" WHERE day = '{day}'")

    try:
        both = ask(bot, 'SELECT day, detail.text FROM "analysed-messages-table"')
        days = [of(today - timedelta(days=number)) for number in range(3)]
        assert [{row[0] for row in day.rows} for day in days] == [{str(today)}, {str(today - timedelta(days=1))}, set()]
        assert [day.scanned for day in days] == [both.scanned - days[1].scanned, days[1].scanned, 0]
        assert 0 < days[1].scanned <= days[0].scanned
        by_day = {row["day"] for row in rows(ask(bot, "Sentiment by day"))}
        assert by_day == {str(today), str(today - timedelta(days=1))}
    finally:
        s3.delete_object(Bucket=bucket, Key=copies[0])


def test_a_replayed_span_doubles_nothing(bot: Bot, talk: list[Outcome]) -> None:
    counted = {name: rows(ask(bot, name)) for name in NAMES}
    labelled = ask(bot, "SELECT count(*) FROM \"analysed-messages-table\"").rows
    lose(bot)
    bot.replay(datetime.now(UTC) - timedelta(hours=1))
    answered = bot.outcome(talk[-1].tweet_id, done=lambda events: any(event.detail_type == "TWEET_SENT" for event in events))
    assert "ReplayName" in answered.detail("TWEET_SENT")  # X takes posts again
    assert eventually(lambda: all(agrees(bot, name) for name in NAMES))
    after = {name: rows(ask(bot, name)) for name in NAMES}
    for name in ("Sentiment by day", "Top labels", "Top entities", "Celebrities by week", "Loudest authors", "Labels of all photos"):
        assert after[name] == counted[name]
    assert ask(bot, "SELECT count(*) FROM \"analysed-messages-table\"").rows == labelled
    assert len(after["Unanswered messages"]) == len(counted["Unanswered messages"]) - 1
    assert after["Time to reply"][0]["replies"] == counted["Time to reply"][0]["replies"] + 1


def test_a_schema_that_gained_a_field(bot: Bot, talk: list[Outcome]) -> None:
    """An event with a field that no table knows; then the table knows it, and events from before have none."""
    old = talk[0].detail("MESSAGE_ANALYSED")
    bot.put_event("MESSAGE_ANALYSED", {**old, "MessageId": "twitter-2", "Mood": "early"}, "TWITTER")
    raw = "SELECT json_extract_scalar(detail, '$.Mood') FROM events WHERE detail_type = 'MESSAGE_ANALYSED' AND detail LIKE '%twitter-2\"%'"
    assert eventually(lambda: ask(bot, raw).rows) == [["early"]]
    assert eventually(lambda: agrees(bot, "Sentiment by day"))

    glue = bot.client("glue")
    table = glue.get_table(DatabaseName=athena.DATABASE, Name="analysed-messages-table")["Table"]
    changed = {key: copy.deepcopy(table[key]) for key in ("Name", "TableType", "Parameters", "PartitionKeys", "StorageDescriptor")}
    [detail] = [column for column in changed["StorageDescriptor"]["Columns"] if column["Name"] == "detail"]
    detail["Type"] = detail["Type"].replace("struct<messageid:string,", "struct<messageid:string,mood:string,", 1)
    glue.update_table(DatabaseName=athena.DATABASE, TableInput=changed)
    moods = "SELECT detail.messageid, detail.mood FROM \"analysed-messages-table\" WHERE detail.messageid IN ('twitter-2', 'twitter-3') ORDER BY 1"
    assert ask(bot, moods).rows == [["twitter-2", None]]  # no file has the field yet
    bot.put_event("MESSAGE_ANALYSED", {**old, "MessageId": "twitter-3", "Mood": "late"}, "TWITTER")
    assert eventually(lambda: len(ask(bot, moods).rows) == 2)
    assert ask(bot, moods).rows == [["twitter-2", None], ["twitter-3", "late"]]
    for name in NAMES:
        assert eventually(lambda name=name: agrees(bot, name)), name  # type: ignore[misc]


def test_what_does_not_fit_is_kept_under_errors_with_an_alarm(bot: Bot, talk: list[Outcome]) -> None:
    since, old = time.time(), talk[0].detail("MESSAGE_ANALYSED")
    entity = {"Text": "x", "Type": "OTHER", "Score": 0.5, "BeginOffset": TOO_FAR, "EndOffset": TOO_FAR}  # as the schema has it, but no column
    too_far = {**old["Analysis"], "TextEntities": [entity]}
    for message, analysis in (("twitter-4", old["Analysis"]), ("twitter-5", too_far), ("twitter-6", old["Analysis"])):
        bot.put_event("MESSAGE_ANALYSED", {**old, "MessageId": message, "Analysis": analysis}, "TWITTER")
    s3, bucket = bot.client("s3"), bot.outputs["DataLakeBucketName"]
    found = eventually(lambda: s3.list_objects_v2(Bucket=bucket, Prefix="errors/analysed-messages/format-conversion-failed/").get("Contents"))
    [line] = s3.get_object(Bucket=bucket, Key=found[0]["Key"])["Body"].read().decode().splitlines()
    assert str(TOO_FAR).encode() in base64.b64decode(json.loads(line)["rawData"])
    others = "SELECT detail.messageid FROM \"analysed-messages-table\" WHERE detail.messageid IN ('twitter-4', 'twitter-5', 'twitter-6') ORDER BY 1"
    assert eventually(lambda: ask(bot, others).rows == [["twitter-4"], ["twitter-6"]])
    for alarm in ("LakeErrors", "AnalysedMessageStreamConversions"):
        assert eventually(lambda alarm=alarm: bot.was_in_alarm("Analytics", alarm, since)), alarm  # type: ignore[misc]


def test_too_large_a_query_is_cancelled(bot: Bot, talk: list[Outcome]) -> None:
    client, group, bucket = bot.client("athena"), bot.outputs["AthenaWorkGroup"], bot.outputs["DataLakeBucketName"]
    line = json.dumps({"id": "1", "detail-type": "BULK", "detail": {"Filler": "x" * LEAST_LIMIT}})
    bot.client("s3").put_object(Bucket=bucket, Key=f"events/detail_type=BULK/day={datetime.now(UTC).date()}/bulk.json", Body=line.encode())
    query = "SELECT id FROM events WHERE detail_type = 'BULK'"
    assert ask(bot, query).rows == [["1"]]
    limit = int(client.get_work_group(WorkGroup=group)["WorkGroup"]["Configuration"]["BytesScannedCutoffPerQuery"])
    client.update_work_group(WorkGroup=group, ConfigurationUpdates={"BytesScannedCutoffPerQuery": LEAST_LIMIT})
    try:
        with pytest.raises(athena.QueryFailed, match="Bytes scanned limit was exceeded"):
            ask(bot, query)
        assert ask(bot, "Unanswered messages").rows  # far smaller
    finally:
        client.update_work_group(WorkGroup=group, ConfigurationUpdates={"BytesScannedCutoffPerQuery": limit})
