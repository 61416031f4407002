"""MESSAGE_ANALYSED with images in; SEND_TWEET out."""

from typing import Any

import pytest

from tests.workflow.answers import KEPT, annotated, celebrities, run, sample
from tests.workflow.crowds import CROWD, crowded
from tests.workflow.interpreter import MAX_BYTES, Answer, Execution, ServiceError, raised

KEY = "reply-twitter-1572570427880538999"
NOBODY = "@harry11 I could not recognise anybody in your picture."
CANNOT_DRAW = raised("UnidentifiedImageError", "cannot identify image file")
BUS_DOWN = ServiceError("EventBridge.FailedEntry", '{"FailedEntryCount": 1}')


def respond(event: str | dict[str, Any], answers: dict[str, Answer] | None = None) -> Execution:
    """Runs the workflow, which has to succeed with one command published."""
    execution = run("respond_to_images", event, answers)
    assert execution.status == "SUCCEEDED", execution.output
    assert (execution.published["DetailType"], execution.published["Source"]) == ("SEND_TWEET", "BOT")
    return execution


def images(*names: list[str], **more: Any) -> dict[str, Any]:
    """MESSAGE_ANALYSED with an image for each list of names, keyed 0.jpg, 1.jpg …"""
    event = sample("MESSAGE_ANALYSED.with-celebrity")
    event["detail"]["Analysis"]["Images"] = [
        {"Url": f"https://pbs.twimg.com/media/{number}.jpg", "Key": f"{number}.jpg", "Analysis": {
            "Labels": [], "TextDetections": [], "CelebrityFaces": celebrities(*each)["CelebrityFaces"], "UnrecognizedFaces": []}}
        for number, each in enumerate(names)]
    return {**event, **more}


def failing(event: str | dict[str, Any], answers: dict[str, Answer]) -> Execution:
    """Runs the workflow, which has to keep the very event and to end so that its alarm rings."""
    execution = run("respond_to_images", event, {**answers, "sqs:sendMessage": KEPT})
    assert (execution.status, execution.error, execution.states[-1]) == ("FAILED", "NotAnswered", "Not answered")
    assert execution.dead_letter == (sample(event) if isinstance(event, str) else event)
    return execution


def test_a_celebrity_is_named_and_drawn() -> None:
    execution = respond("MESSAGE_ANALYSED.with-celebrity")
    [image] = sample("MESSAGE_ANALYSED.with-celebrity")["detail"]["Analysis"]["Images"]
    assert [arguments["Payload"] for arguments in execution.arguments("Annotate image")] == [{
        "Key": image["Key"], "CelebrityFaces": image["Analysis"]["CelebrityFaces"], "UnrecognizedFaces": []}]
    assert execution.detail == {
        "IdempotencyKey": KEY, "Text": "@harry11 I recognised Keanu Reeves.", "ReplyToUserId": "1498961531635122999",
        "ReplyToTweetId": "1572570427880538999", "ImageKeys": [f"annotated/{image['Key']}"]}


def test_strangers_are_told_to_who_draws() -> None:
    payload = respond("MESSAGE_ANALYSED.with-celebrity-and-stranger").arguments("Annotate image")[0]["Payload"]
    [image] = sample("MESSAGE_ANALYSED.with-celebrity-and-stranger")["detail"]["Analysis"]["Images"]
    assert payload["UnrecognizedFaces"] == image["Analysis"]["UnrecognizedFaces"] != []


@pytest.mark.parametrize("name", ["with-image-of-nobody", "with-unknown-face"])
def test_an_image_of_nobody_is_answered_in_words_and_without_a_function(name: str) -> None:
    execution = respond(f"MESSAGE_ANALYSED.{name}")
    assert (execution.detail["Text"], execution.arguments("lambda:invoke")) == (NOBODY, [])
    assert "ImageKeys" not in execution.detail


def test_celebrities_that_could_not_be_looked_for_are_nobody() -> None:
    event = images([])
    event["detail"]["Analysis"]["Images"][0]["Analysis"] = {"Labels": [], "TextDetections": [], "Error": "Rekognition.ThrottlingException"}
    assert respond(event).detail["Text"] == NOBODY


def test_all_four_images_are_drawn_and_sent_in_order() -> None:
    execution = respond(images(["A"], ["B"], ["C"], ["D"]))
    assert sorted(arguments["Payload"]["Key"] for arguments in execution.arguments("Annotate image")) == ["0.jpg", "1.jpg", "2.jpg", "3.jpg"]
    assert execution.detail["ImageKeys"] == ["annotated/0.jpg", "annotated/1.jpg", "annotated/2.jpg", "annotated/3.jpg"]


def test_the_sample_of_four_images_is_answered_with_those_of_somebody() -> None:
    event = sample("MESSAGE_ANALYSED.with-four-images")
    somebody = [image["Key"] for image in event["detail"]["Analysis"]["Images"] if image["Analysis"]["CelebrityFaces"]]
    assert 0 < len(somebody) < 4
    assert respond(event).detail["ImageKeys"] == [f"annotated/{key}" for key in somebody]


@pytest.mark.parametrize(("names", "told"), [
    ([["A"]], "A"), ([["A", "B"]], "A and B"), ([["A"], ["B"]], "A and B"), ([["A", "B", "C"]], "A, B and C"),
    ([["A"], ["B", "C"], ["D"]], "A, B, C and D"), ([["A"], ["A", "B"]], "A and B"), ([["A"], ["A"]], "A")])
def test_everybody_is_named_once(names: list[list[str]], told: str) -> None:
    execution = respond(images(*names))
    assert execution.detail["Text"] == f"@harry11 I recognised {told}."
    assert execution.detail["ImageKeys"] == [f"annotated/{number}.jpg" for number in range(len(names))]


def test_only_images_with_somebody_in_them_are_drawn_and_sent() -> None:
    execution = respond(images([], ["A"], [], ["B", "C"]))
    assert execution.detail["ImageKeys"] == ["annotated/1.jpg", "annotated/3.jpg"]
    assert len(execution.arguments("Annotate image")) == 2


def test_an_image_that_failed_costs_the_others_nothing() -> None:
    execution = respond("MESSAGE_ANALYSED.with-failed-and-good-image")
    assert execution.detail["Text"] == "@harry11 I recognised Keanu Reeves."
    assert len(execution.detail["ImageKeys"]) == 1


def test_an_image_that_cannot_be_drawn_on_is_left_out_and_not_sent_as_it_was() -> None:
    def draw(arguments: dict[str, Any]) -> Any:
        return CANNOT_DRAW if arguments["Payload"]["Key"] == "0.jpg" else annotated(arguments)

    execution = respond(images(["A"], ["B"]), {"Annotate image": draw})
    assert execution.detail["Text"] == "@harry11 I recognised A and B."
    assert execution.detail["ImageKeys"] == ["annotated/1.jpg"]


def test_where_nothing_can_be_drawn_the_names_are_told_in_words() -> None:
    execution = respond("MESSAGE_ANALYSED.with-celebrity", {"Annotate image": CANNOT_DRAW})
    assert len(execution.arguments("Annotate image")) == 3
    assert execution.detail["Text"] == "@harry11 I recognised Keanu Reeves."
    assert "ImageKeys" not in execution.detail


@pytest.mark.parametrize("name", ["with-celebrity", "with-image-of-nobody"])
@pytest.mark.parametrize("where", ["replay-name", "ReplayName"])
def test_what_stems_from_a_replay_says_so(name: str, where: str) -> None:
    """The message was replayed, or its analysis."""
    event = sample(f"MESSAGE_ANALYSED.{name}")
    (event if where == "replay-name" else event["detail"])[where] = "after-the-outage"
    assert respond(event).detail["ReplayName"] == "after-the-outage"


@pytest.mark.parametrize("name", ["with-celebrity", "with-image-of-nobody"])
def test_the_bus_down_for_good_leaves_the_event_in_the_dead_letter_queue(name: str) -> None:
    execution = failing(f"MESSAGE_ANALYSED.{name}", {"events:putEvents": BUS_DOWN})
    assert len(execution.entries) == 3
    assert execution.reason["TARGET_ARN"].endswith(":stateMachine:respond_to_images")
    assert execution.reason["EXECUTION_ARN"] == execution.id
    assert respond(execution.dead_letter).detail["IdempotencyKey"] == KEY


def test_a_malformed_analysis_is_kept_in_the_dead_letter_queue() -> None:
    event = images(["A"])
    del event["detail"]["Analysis"]["Images"][0]["Key"]
    execution = failing(event, {})
    assert execution.reason["ERROR_CODE"] == "States.QueryEvaluationError"


def test_a_crowd_in_four_images_is_answered() -> None:
    event = run("analyse_message", crowded(sample("MESSAGE_RECEIVED.four-photos")), CROWD).event
    execution = respond(event)
    assert len(execution.detail["ImageKeys"]) == 4
    assert execution.largest < MAX_BYTES
    assert failing(event, {"events:putEvents": BUS_DOWN}).largest < MAX_BYTES
