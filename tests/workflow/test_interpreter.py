"""The interpreter of these tests finds what a test must not pass over."""

import random

import pytest

from tests.workflow import interpreter, service_models
from tests.workflow.answers import GOOD, PUBLISHED, run, sample
from tests.workflow.interpreter import TIMED_OUT, ServiceError


def test_a_call_without_an_answer_fails_the_test() -> None:
    with pytest.raises(AssertionError, match=r"Ask Lex called lexruntimev2:recognizeText, for which the test has no answer"):
        interpreter.run("respond_to_text", sample("MESSAGE_ANALYSED"), {})


def test_an_answer_that_the_service_does_not_give_fails_the_test() -> None:
    with pytest.raises(AssertionError, match=r'the answer to comprehend:detectSentiment: Unknown parameter in input: "Mood"'):
        run("analyse_message", "MESSAGE_RECEIVED", {"comprehend:detectSentiment": {"Mood": "GOOD"}})


@pytest.mark.parametrize(("arguments", "complaint"), [
    ({"Txt": "hello", "LanguageCode": "en"}, "Missing required parameter"),
    ({"Text": "hello", "LanguageCode": "tlh"}, "none of"),
    ({"Text": "", "LanguageCode": "en"}, "valid min length: 1"),
])
def test_arguments_that_a_service_refuses_are_found(arguments: dict[str, str], complaint: str) -> None:
    with pytest.raises(AssertionError, match=complaint):
        service_models.check_arguments("comprehend:detectSentiment", arguments)


def test_arguments_are_named_as_step_functions_names_them() -> None:
    with pytest.raises(AssertionError, match=r"sessionId does not match"):
        service_models.check_arguments("lexruntimev2:recognizeText", {
            "BotId": "BOTBOTBOT1", "BotAliasId": "ALIASALIA1", "LocaleId": "en_GB", "SessionId": "no spaces", "Text": "hello"})


def test_what_breaks_its_schema_fails_the_test() -> None:
    event = sample("MESSAGE_RECEIVED")
    event["detail"]["Twitter"]["TweetId"] = "not a number"
    with pytest.raises(AssertionError, match=r"MESSAGE_ANALYSED: \[\"detail\.Twitter\.TweetId: 'not a number' does not match"):
        run("analyse_message", event)


def test_delays_are_noted_with_backoff_and_a_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda low, high: high)
    execution = run("send_tweet", "SEND_TWEET", {"Record tweet": [TIMED_OUT] * 4 + [interpreter.REAL]})
    assert execution.delays == [("Record tweet", 1), ("Record tweet", 2), ("Record tweet", 4), ("Record tweet", 8)]


def test_delays_are_spread_by_full_jitter() -> None:
    lex = GOOD["respond_to_text"]["lexruntimev2:recognizeText"]
    runs = [run("respond_to_text", "MESSAGE_ANALYSED", {"Ask Lex": [TIMED_OUT, TIMED_OUT, TIMED_OUT, lex]}).delays for _ in range(5)]
    for delays in runs:
        assert all(0 <= seconds <= longest for (_, seconds), longest in zip(delays, (1, 2, 4), strict=True))
    assert len({tuple(delays) for delays in runs}) == len(runs)


def test_answers_are_by_service_action_or_by_state() -> None:
    execution = run("analyse_message", "MESSAGE_RECEIVED", {
        "events:putEvents": PUBLISHED, "Publish MESSAGE_ANALYSED": ServiceError("EventBridge.FailedEntry")})
    assert [entry["DetailType"] for entry in execution.entries] == ["MESSAGE_ANALYSED"] * 3 + ["MESSAGE_ANALYSIS_FAILED"]
