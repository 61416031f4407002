"""What the services answer when all is well, and the samples that workflows are run on."""

import json
from pathlib import Path
from typing import Any

from tests.workflow import interpreter
from tests.workflow.interpreter import Answer, Execution

EVENTS = Path(__file__).parents[2] / "events"
PHOTOS = Path(__file__).parent / "photos"

JOKE = "Why don't eggs tell jokes? They'd crack each other up."
TWEET_ID = "1572570444657754999"
SECONDS_TO_REPLY = 4  # from the samples' post to this one: their ids say so
BOX = {"Left": 0.34, "Top": 0.12, "Width": 0.21, "Height": 0.36}
FACE = {"BoundingBox": BOX, "Confidence": 99.9, "Emotions": [{"Type": "HAPPY", "Confidence": 93.4}],
        "Landmarks": [{"Type": "nose", "X": 0.44, "Y": 0.33}], "Pose": {"Roll": -1.2, "Yaw": 3.4, "Pitch": 5.6},
        "Quality": {"Brightness": 71.3, "Sharpness": 89.9}, "Smile": {"Value": True, "Confidence": 97.1}}


def celebrities(*names: str, strangers: int = 0) -> dict[str, Any]:
    """What RecognizeCelebrities answers."""
    return {"CelebrityFaces": [{"Name": name, "Id": "1SK7cR8M", "MatchConfidence": 99.0, "Urls": [], "Face": FACE} for name in names],
            "UnrecognizedFaces": [FACE] * strangers, "OrientationCorrection": "ROTATE_0"}


def stored(arguments: dict[str, Any]) -> dict[str, Any]:
    """What download_image answers: a key for the URL."""
    url = arguments["Payload"]["Url"]
    return {"Payload": {"Url": url, "Key": url.rsplit("/", 1)[1]}}


def annotated(arguments: dict[str, Any]) -> dict[str, Any]:
    """What annotate_image answers: another key for the image."""
    return {"Payload": {"Key": f"annotated/{arguments['Payload']['Key']}"}}


PUBLISHED = {"FailedEntryCount": 0, "Entries": [{"EventId": "17793124-05d4-b198-2fde-7ededc63b103"}]}
KEPT = {"MessageId": "219f8380-5770-4cc2-8c3e-5c715e145f5e", "MD5OfMessageBody": "fafb00f5732ab283681e124bf8747ed1"}
DOWN = interpreter.ServiceError("States.Timeout", "")
CONDITION_FAILED = interpreter.ServiceError("DynamoDB.ConditionalCheckFailedException", "The conditional request failed")
SENTIMENT = {"Sentiment": "NEUTRAL", "SentimentScore": {"Positive": 0.1, "Negative": 0.1, "Neutral": 0.8, "Mixed": 0.0}}
ENTITY = {"Text": "@makitdev", "Type": "PERSON", "Score": 0.74, "BeginOffset": 0, "EndOffset": 9}

GOOD: dict[str, dict[str, Answer]] = {
    "analyse_message": {
        "comprehend:detectDominantLanguage": {"Languages": [{"LanguageCode": "de", "Score": 0.2}, {"LanguageCode": "en", "Score": 0.8}]},
        "comprehend:detectSentiment": SENTIMENT,
        "comprehend:detectEntities": {"Entities": [ENTITY]},
        "lambda:invoke": stored,
        "rekognition:detectLabels": json.loads((PHOTOS / "coffee.json").read_text()),
        "rekognition:detectText": {"TextDetections": [{
            "DetectedText": "VAN", "Type": "WORD", "Id": 1, "ParentId": 0, "Confidence": 99.0, "Geometry": {"BoundingBox": BOX, "Polygon": []}}]},
        "rekognition:recognizeCelebrities": celebrities("Keanu Reeves", strangers=1),
        "events:putEvents": PUBLISHED,
    },
    "respond_to_text": {
        "lexruntimev2:recognizeText": {"SessionId": "harry11", "Messages": [{"Content": JOKE, "ContentType": "PlainText"}]},
        "events:putEvents": PUBLISHED,
    },
    "respond_to_images": {"lambda:invoke": annotated, "events:putEvents": PUBLISHED},
    "send_tweet": {"lambda:invoke": {"Payload": {"TweetId": TWEET_ID}}, "events:putEvents": PUBLISHED},
}


def sample(name: str) -> dict[str, Any]:
    """An event of `events/`."""
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return event


def run(workflow: str, event: str | dict[str, Any], answers: dict[str, Answer] | None = None, **more: Any) -> Execution:
    """Runs a workflow on a sample or an event; what `answers` does not answer is answered well."""
    given = sample(event) if isinstance(event, str) else event
    return interpreter.run(workflow, given, {**GOOD[workflow], **(answers or {})}, **more)
