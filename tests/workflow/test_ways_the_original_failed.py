"""The ways in which the original application failed, as far as workflows are concerned, by their numbers in its review."""

from typing import Any

import pytest

from tests.workflow.answers import annotated, celebrities, run, sample, stored
from tests.workflow.interpreter import Execution, ServiceError, raised

THROTTLED = ServiceError("Comprehend.ThrottlingException", "Rate exceeded")


def answer(event: dict[str, Any], **answers: Any) -> tuple[list[Execution], list[dict[str, Any]]]:
    """Runs a MESSAGE_RECEIVED through every workflow; returns the executions, and what X was asked to post."""
    executions = [run("analyse_message", event, answers)]
    if executions[-1].entries:
        images = executions[-1].detail["Analysis"]["Images"]
        executions.append(run("respond_to_images" if any("Key" in image for image in images) else "respond_to_text", executions[-1].event))
        executions.append(run("send_tweet", executions[-1].event))
    assert {execution.status for execution in executions} == {"SUCCEEDED"}
    return executions, [call.arguments["Payload"] for execution in executions for call in execution.calls if call.state == "Post tweet"]


def test_2_handles_are_stripped_before_lex() -> None:
    executions, _ = answer(sample("MESSAGE_RECEIVED"))
    assert executions[1].arguments("Ask Lex")[0]["Text"] == "tell me a joke & more"


def test_3_the_same_post_delivered_twice_has_one_reply() -> None:
    posts = [answer(sample("MESSAGE_RECEIVED"))[1] for _ in range(2)]
    assert [len(each) for each in posts] == [1, 0]


def test_3_the_same_command_delivered_twice_has_one_reply() -> None:
    executions = [run("send_tweet", "SEND_TWEET") for _ in range(2)]
    assert [len(each.arguments("Post tweet")) for each in executions] == [1, 0]


def test_4_an_archive_replay_of_an_image_message_posts_nothing_more() -> None:
    """A replay brings every event of the message again: the message, its analysis and the command."""
    executions, posts = answer(sample("MESSAGE_RECEIVED.with-photo"))
    assert len(posts) == 1
    received, analysed, command = [sample("MESSAGE_RECEIVED.with-photo"), *(execution.event for execution in executions[:2])]
    for name in ("first", "second", "third"):
        replayed = [{**event, "replay-name": name} for event in (received, analysed, command)]
        assert answer(replayed[0])[1] == []
        again = run("respond_to_images", replayed[1])
        for event in (again.event, replayed[2]):
            assert run("send_tweet", event).arguments("Post tweet") == []


def test_4_a_replay_after_an_outage_answers_who_was_not_answered() -> None:
    _, posts = answer({**sample("MESSAGE_RECEIVED.with-photo"), "replay-name": "after-the-outage"})
    assert len(posts) == 1


@pytest.mark.parametrize("call", ["comprehend:detectSentiment", "comprehend:detectEntities"])
def test_6_a_throttle_of_comprehend_leaves_nobody_unanswered(call: str) -> None:
    executions, posts = answer(sample("MESSAGE_RECEIVED"), **{call: THROTTLED})
    assert len(executions[0].arguments(call)) == 4
    assert executions[0].detail["Analysis"]["TextError"]["Error"] == "Comprehend.ThrottlingException"
    assert len(posts) == 1


@pytest.mark.parametrize("text", ["", " "])
def test_6_an_empty_text_leaves_nobody_unanswered(text: str) -> None:
    event = sample("MESSAGE_RECEIVED")
    executions, posts = answer({**event, "detail": {**event["detail"], "Text": text}})
    assert executions[1].arguments("Ask Lex")[0]["Text"] == "help"
    assert len(posts) == 1


def test_7_a_host_that_refuses_costs_no_text_analysis() -> None:
    refused = raised("ImageHostUnavailable", "The connection failed: ConnectionRefusedError.")
    executions, posts = answer(sample("MESSAGE_RECEIVED.with-photo"), **{"lambda:invoke": refused})
    analysis = executions[0].detail["Analysis"]
    assert (analysis["TextSentiment"], [image["Error"] for image in analysis["Images"]]) == ("NEUTRAL", ["ImageHostUnavailable"])
    assert [post["Text"] for post in posts] == ["@harry11 I could not recognise anybody in your picture."]


@pytest.mark.parametrize("error", ["ImageNotFound", "NotAnImage"])
def test_8_an_image_that_is_not_there_is_told_and_not_looked_at(error: str) -> None:
    executions, posts = answer(sample("MESSAGE_RECEIVED.with-photo"), **{"lambda:invoke": raised(error, "The host answered 404.")})
    assert executions[0].detail["Analysis"]["Images"] == [
        {"Url": "https://pbs.twimg.com/media/FdLkdCPWIAQqRkc.jpg", "Error": error, "Cause": "The host answered 404."}]
    assert not any(call.name.startswith("rekognition:") for call in executions[0].calls)
    assert len(executions[0].arguments("Download image")) == 1
    assert len(posts) == 1


def test_9_a_drawing_that_fails_sends_no_untouched_image() -> None:
    event = run("analyse_message", "MESSAGE_RECEIVED.with-photo").event
    command = run("respond_to_images", event, {"Annotate image": raised("OSError", "cannot draw")}).event
    [post] = run("send_tweet", command).arguments("Post tweet")
    assert post["Payload"]["Text"] == "@harry11 I recognised Keanu Reeves."
    assert "ImageKeys" not in post["Payload"]


def test_14_all_four_images_are_used() -> None:
    event = sample("MESSAGE_RECEIVED.four-photos")
    names = iter(("A", "B", "C", "D"))
    executions, [post] = answer(event, **{"rekognition:recognizeCelebrities": lambda _: celebrities(next(names))})
    assert sorted(each["Payload"]["Url"] for each in executions[0].arguments("Download image")) == event["detail"]["ImageUrls"]
    assert post["ImageKeys"] == [annotated({"Payload": stored({"Payload": {"Url": url}})["Payload"]})["Payload"]["Key"]
                                 for url in event["detail"]["ImageUrls"]]
    assert {name for name in ("A", "B", "C", "D") if name in post["Text"]} == {"A", "B", "C", "D"}
    assert run("send_tweet", executions[1].event).arguments("Post tweet") == []
