"""MESSAGE_ANALYSED without images in; SEND_TWEET out."""

from typing import Any

import pytest

from tests.workflow.answers import JOKE, KEPT, run, sample
from tests.workflow.interpreter import Answer, Execution, ServiceError

KEY = "reply-twitter-1572570427880538999"
LEX_DOWN = ServiceError("LexRuntimeV2.InternalServerException", "Try again")
BUS_DOWN = ServiceError("EventBridge.FailedEntry", '{"FailedEntryCount": 1}')


def respond(event: str | dict[str, Any], answers: dict[str, Answer] | None = None) -> Execution:
    """Runs the workflow, which has to succeed with one command published."""
    execution = run("respond_to_text", event, answers)
    assert execution.status == "SUCCEEDED", execution.output
    assert (execution.published["DetailType"], execution.published["Source"]) == ("SEND_TWEET", "BOT")
    return execution


def analysed(**detail: Any) -> dict[str, Any]:
    """MESSAGE_ANALYSED with other fields in its detail."""
    event = sample("MESSAGE_ANALYSED.joke")
    return {**event, "detail": {**event["detail"], **detail}}


def asked(**detail: Any) -> str:
    """What Lex is asked."""
    [arguments] = respond(analysed(**detail)).arguments("Ask Lex")
    return str(arguments["Text"])


def failing(answers: dict[str, Answer]) -> Execution:
    """Runs the workflow, which has to keep the very event and to end so that its alarm rings."""
    execution = run("respond_to_text", "MESSAGE_ANALYSED.joke", {**answers, "sqs:sendMessage": KEPT})
    assert (execution.status, execution.error, execution.states[-1]) == ("FAILED", "NotAnswered", "Not answered")
    assert execution.dead_letter == sample("MESSAGE_ANALYSED.joke")
    return execution


def test_a_joke_is_told_to_who_asked() -> None:
    execution = respond("MESSAGE_ANALYSED.joke")
    assert execution.detail == {"IdempotencyKey": KEY, "Text": f"@harry11 {JOKE}", "ReplyToUserId": "1498961531635122999",
                                "ReplyToTweetId": "1572570427880538999"}
    assert execution.arguments("Ask Lex") == [{
        "BotId": "BOTBOTBOT1", "BotAliasId": "ALIASALIA1", "LocaleId": "en_GB", "SessionId": "harry11", "Text": "tell me a joke"}]


@pytest.mark.parametrize("name", ["fact", "neither-joke-nor-fact", "positive", "negative", "text-unread", "language-comprehend-does-not-speak"])
def test_every_message_is_put_to_lex(name: str) -> None:
    event = sample(f"MESSAGE_ANALYSED.{name}")
    words = event["detail"]["Text"].removeprefix("@makitdev ")
    assert [arguments["Text"] for arguments in respond(event).arguments("Ask Lex")] == [words]


@pytest.mark.parametrize(("text", "words"), [
    ("@makitdev tell me a joke", "tell me a joke"),
    ("tell me a joke @makitdev", "tell me a joke"),
    ("@a @b_2 @makitdev please tell me a joke", "please tell me a joke"),
    (".@makitdev make me laugh", "make me laugh"),
    ("tell me a fact https://t.co/Yc1kXqJ3aB", "tell me a fact"),
    ("@makitdev\ntell me a joke\thttp://example.com/?q=1#x", "tell me a joke"),
    ("@makitdev write to me@example.com", "write to me@example.com"),
    ("@makitdev ספר לי בדיחה", "ספר לי בדיחה"),
])
def test_handles_and_links_are_no_part_of_what_is_asked(text: str, words: str) -> None:
    assert asked(Text=text).strip() == words


@pytest.mark.parametrize("text", ["@makitdev", "", "   ", "@makitdev @harry11 https://t.co/Yc1kXqJ3aB"])
def test_who_asks_nothing_asks_for_help(text: str) -> None:
    assert asked(Text=text) == "help"


def test_the_sample_of_a_handle_alone_asks_for_help() -> None:
    assert respond("MESSAGE_ANALYSED.only-a-handle").arguments("Ask Lex")[0]["Text"] == "help"


@pytest.mark.parametrize("character", ["a", "😂"])
def test_a_long_text_is_cut_to_what_lex_takes(character: str) -> None:
    assert asked(Text="@makitdev " + character * 25_000) == character * 1024


@pytest.mark.parametrize(("author", "session"), [
    ("harry11", "harry11"), ("X", "X_"), ("Zoë Kravitz", "Zo__Kravitz"), ("字", "__"), ("n" * 300, "n" * 100), ("a.b-c:d_e", "a.b-c:d_e")])
def test_everybody_has_a_session_that_lex_takes(author: str, session: str) -> None:
    execution = respond(analysed(Author=author))
    assert execution.arguments("Ask Lex")[0]["SessionId"] == session
    assert execution.detail["Text"] == f"@{author} {JOKE}"


@pytest.mark.parametrize("answer", [{"SessionId": "harry11"}, {"SessionId": "harry11", "Messages": []}])
def test_where_lex_says_nothing_the_bot_says_what_to_ask(answer: dict[str, Any]) -> None:
    assert respond("MESSAGE_ANALYSED.joke", {"Ask Lex": answer}).detail["Text"] == "@harry11 Ask me for a joke or a fact, or send me a photo."


def test_several_messages_of_lex_are_one_reply() -> None:
    messages = [{"Content": content, "ContentType": "PlainText"} for content in ("Well.", "What is brown and sticky?", "A stick.")]
    execution = respond("MESSAGE_ANALYSED.joke", {"Ask Lex": {"Messages": messages}})
    assert execution.detail["Text"] == "@harry11 Well. What is brown and sticky? A stick."


def test_where_no_image_could_be_seen_the_bot_says_so_without_lex() -> None:
    execution = respond("MESSAGE_ANALYSED.with-failed-image")
    assert execution.detail["Text"] == "@harry11 I could not recognise anybody in your picture."
    assert execution.arguments("Ask Lex") == []


@pytest.mark.parametrize("event", [sample("MESSAGE_ANALYSED.replayed"), {**sample("MESSAGE_ANALYSED"), "replay-name": "after-the-outage"}])
def test_what_stems_from_a_replay_says_so(event: dict[str, Any]) -> None:
    """The message was replayed, or its analysis."""
    assert respond(event).detail["ReplayName"] == "after-the-outage"


def test_lex_down_for_a_moment_is_waited_for() -> None:
    assert len(respond("MESSAGE_ANALYSED.joke", {"Ask Lex": [LEX_DOWN, LEX_DOWN, {"Messages": []}]}).arguments("Ask Lex")) == 3


def test_lex_down_for_good_leaves_the_event_in_the_dead_letter_queue() -> None:
    execution = failing({"Ask Lex": LEX_DOWN})
    assert len(execution.arguments("Ask Lex")) == 4
    reason = execution.reason
    assert (reason["ERROR_CODE"], reason["ERROR_MESSAGE"]) == (LEX_DOWN.name, f"{LEX_DOWN.name}: Try again")
    assert reason["TARGET_ARN"].endswith(":stateMachine:respond_to_text")
    assert ":execution:respond_to_text:" in reason["EXECUTION_ARN"]
    assert respond(execution.dead_letter).detail["IdempotencyKey"] == KEY


def test_the_bus_down_for_good_leaves_the_event_in_the_dead_letter_queue() -> None:
    assert len(failing({"events:putEvents": BUS_DOWN}).entries) == 3
