"""More than the AI services ever see in an image: the worst case for the size of an event."""

from typing import Any

from tests.workflow.interpreter import Answer

NUMBER = 0.6105079650878906  # as many digits as Rekognition gives
BOX = {"Left": NUMBER, "Top": NUMBER, "Width": NUMBER, "Height": NUMBER}
EMOTIONS = ["HAPPY", "SAD", "ANGRY", "CONFUSED", "DISGUSTED", "SURPRISED", "CALM", "UNKNOWN", "FEAR"]
LANDMARKS = [
    "eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight", "leftEyeBrowLeft", "leftEyeBrowRight", "leftEyeBrowUp", "rightEyeBrowLeft",
    "rightEyeBrowRight", "rightEyeBrowUp", "leftEyeLeft", "leftEyeRight", "leftEyeUp", "leftEyeDown", "rightEyeLeft", "rightEyeRight",
    "rightEyeUp", "rightEyeDown", "noseLeft", "noseRight", "mouthUp", "mouthDown", "leftPupil", "rightPupil", "upperJawlineLeft",
    "midJawlineLeft", "chinBottom", "midJawlineRight", "upperJawlineRight"]
FACE = {
    "BoundingBox": BOX, "Confidence": 100 * NUMBER, "Emotions": [{"Type": each, "Confidence": 100 * NUMBER} for each in EMOTIONS],
    "Landmarks": [{"Type": each, "X": NUMBER, "Y": NUMBER} for each in LANDMARKS], "Pose": {"Roll": -100 * NUMBER, "Yaw": NUMBER, "Pitch": NUMBER},
    "Quality": {"Brightness": 100 * NUMBER, "Sharpness": 100 * NUMBER}, "Smile": {"Value": False, "Confidence": 100 * NUMBER}}
NAME = {"Name": "A name as long as hardly any label has it"}
LABEL = {"Name": NAME["Name"], "Confidence": 100 * NUMBER, "Parents": [NAME] * 8, "Aliases": [NAME] * 8, "Categories": [NAME],
         "Instances": [{"BoundingBox": BOX, "Confidence": 100 * NUMBER}] * 15}
TEXT = {"DetectedText": "字" * 500, "Type": "LINE", "Confidence": 100 * NUMBER,
        "Geometry": {"BoundingBox": BOX, "Polygon": [{"X": NUMBER, "Y": NUMBER}] * 4}}
ENTITY = {"Text": "😂" * 41, "Type": "COMMERCIAL_ITEM", "Score": NUMBER, "BeginOffset": 1000, "EndOffset": 1041}  # 30 of them: the whole text

CROWD: dict[str, Answer] = {
    "comprehend:detectEntities": {"Entities": [ENTITY] * 200},
    "rekognition:detectLabels": {"Labels": [LABEL] * 15},
    "rekognition:detectText": {"TextDetections": [{**TEXT, "Id": number} for number in range(100)]},
    "rekognition:recognizeCelebrities": {
        "CelebrityFaces": [{"Name": "é" * 300, "Id": "1SK7cR8M", "MatchConfidence": 100 * NUMBER, "Urls": [], "Face": FACE}] * 32,
        "UnrecognizedFaces": [FACE] * 32},
}


def crowded(event: dict[str, Any]) -> dict[str, Any]:
    """The event with the longest text that X takes, each character of four bytes."""
    return {**event, "detail": {**event["detail"], "Text": "😂" * 25_000}}
