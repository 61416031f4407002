"""Rekognition's answers, made of what the models see.

What none of them can tell (age, gender, glasses, yaw and pitch, the moderation taxonomy) is left out, as the service model allows.
docs/local-ai-vision.md says what is a model and what a rule.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable
from typing import Any

from PIL import Image

from sandbox.aws import validation
from sandbox.aws.service import ServiceError
from sandbox.aws.vision import alignment, emotions, faces, identities, kinds, nudity, objects, pictures, scenes, writing
from sandbox.aws.vision.sharing import Shared

# Source: Rekognition developer guide, "Guidelines and quotas", and the API reference for the defaults.
MAX_BYTES = 15 * 1024 * 1024  # of an object in S3
LABELS_CONFIDENCE, MODERATION_CONFIDENCE = 55.0, 50.0
MODEL_VERSION = "sandbox-1"

Request = dict[str, Any]
Answer = dict[str, Any]
_faces = Shared(size=64)  # lists of faces by the picture's bytes: a workflow asks two operations about one picture at once


def answer(operation: str, request: Request) -> Answer:
    """What an operation answers. Raises ServiceError with the service's own codes."""
    validation.check("rekognition", operation, request)
    return OPERATIONS[operation](request)


def detect_faces(request: Request) -> Answer:
    """Every face; smile and emotions where they are asked for."""
    picture, digest = _picture(request)
    wanted = set(request.get("Attributes") or ["DEFAULT"])
    details = []
    for face in _found(picture, digest):
        shown = _expression(picture, face)
        details.append(_face(picture, face) | {name: value for name, value in shown.items() if wanted & {"ALL", name.upper()}})
    return {"FaceDetails": details}


def recognize_celebrities(request: Request) -> Answer:
    """Faces of people in the galleries, and the others."""
    picture, digest = _picture(request)
    known, unknown = [], []
    for face in _found(picture, digest):
        described = _face(picture, face) | _expression(picture, face)
        match = identities.recognise(picture, face)
        if match:
            identifier = hashlib.sha256(match.name.encode()).hexdigest()[:10]
            known.append({"Name": match.name, "Id": identifier, "Urls": [], "MatchConfidence": 100 * (1 - match.difference), "Face": described})
        else:
            unknown.append(described)
    return {"CelebrityFaces": known, "UnrecognizedFaces": unknown}


def detect_labels(request: Request) -> Answer:
    """Labels of at least MinConfidence (55 where it is left out), the surest first, at most MaxLabels."""
    if "GENERAL_LABELS" not in (request.get("Features") or ["GENERAL_LABELS"]):
        return {"LabelModelVersion": MODEL_VERSION}
    picture, digest = _picture(request)
    confidences, instances = _things(picture, _found(picture, digest))
    least, filters = request.get("MinConfidence", LABELS_CONFIDENCE), (request.get("Settings") or {}).get("GeneralLabels") or {}
    labels = [_label(name, confidence, instances.get(name, [])) for name, confidence in confidences.items() if confidence >= least]
    labels = sorted((label for label in labels if _wanted(label, filters)), key=lambda label: (-label["Confidence"], label["Name"]))
    return {"Labels": labels[: request.get("MaxLabels", len(labels))], "LabelModelVersion": MODEL_VERSION}


def detect_text(request: Request) -> Answer:
    """Lines, then their words."""
    picture, _ = _picture(request)
    filters = request.get("Filters") or {}
    lines = writing.read(picture) or []
    found = [_text(picture, line, "LINE", number) for number, line in enumerate(lines)]
    words = [(number, word) for number, line in enumerate(lines) for word in line.words]
    found += [_text(picture, word, "WORD", len(lines) + place) | {"ParentId": number} for place, (number, word) in enumerate(words)]
    return {"TextDetections": [each for each in found if _passes(each, filters)], "TextModelVersion": MODEL_VERSION}


def detect_moderation_labels(request: Request) -> Answer:
    """The one label that a local model has a score for, and its parent."""
    picture, _ = _picture(request)
    confidence = 100 * (nudity.probability(picture) or 0.0)
    names = (("Explicit", "", 1), ("Explicit Nudity", "Explicit", 2))
    labels = [{"Name": name, "ParentName": parent, "TaxonomyLevel": level, "Confidence": confidence} for name, parent, level in names]
    shown = confidence >= max(request.get("MinConfidence", MODERATION_CONFIDENCE), 1e-9)
    return {"ModerationLabels": labels if shown else [], "ModerationModelVersion": MODEL_VERSION, "ContentTypes": []}


OPERATIONS: dict[str, Callable[[Request], Answer]] = {
    "DetectFaces": detect_faces, "DetectLabels": detect_labels, "DetectModerationLabels": detect_moderation_labels, "DetectText": detect_text,
    "RecognizeCelebrities": recognize_celebrities}


def _picture(request: Request) -> tuple[Image.Image, str]:
    """The picture and the digest of its bytes."""
    content = _content(request.get("Image") or {})
    try:
        return pictures.opened(content), hashlib.sha256(content).hexdigest()
    except pictures.TooLarge as error:
        raise ServiceError("ImageTooLargeException", str(error)) from error
    except pictures.TooSmall as error:
        raise ServiceError("InvalidParameterException", f"Request has invalid parameters: {error}") from error
    except pictures.NotAnImage as error:
        raise ServiceError("InvalidImageFormatException", "Request has invalid image format") from error


def _content(image: dict[str, Any]) -> bytes:
    if ("Bytes" in image) == ("S3Object" in image):
        raise ServiceError("InvalidParameterException", "Request has invalid parameters: an image is given by either Bytes or S3Object.")
    if "Bytes" in image:
        try:
            return base64.b64decode(image["Bytes"], validate=True)
        except binascii.Error as error:
            raise ServiceError("SerializationException", "Image.Bytes is not base64.") from error
    return _object(image["S3Object"])


def _object(place: dict[str, str]) -> bytes:
    from ministack.services import s3

    if not place.get("Bucket") or not place.get("Name"):
        raise ServiceError("InvalidParameterException", "Request has invalid parameters: S3Object needs Bucket and Name.")
    content = s3._get_object_data(place["Bucket"], place["Name"], place.get("Version"))
    if content is None:
        raise ServiceError("InvalidS3ObjectException", "Unable to get object metadata from S3. Check object key, region and/or access permissions.")
    if len(content) > MAX_BYTES:
        raise ServiceError("ImageTooLargeException", f"The image is larger than {MAX_BYTES} bytes.")
    return bytes(content)


def _found(picture: Image.Image, digest: str) -> list[faces.Face]:
    found: list[faces.Face] = _faces.get(digest, lambda: faces.find(picture) or [])
    return found


def _face(picture: Image.Image, face: faces.Face) -> dict[str, Any]:
    width, height = picture.size
    landmarks = [{"Type": kind, "X": x / width, "Y": y / height} for kind, (x, y) in zip(faces.LANDMARKS, face.landmarks, strict=True)]
    left, top, right, bottom = face.box
    box = (left / width, top / height, right / width, bottom / height)
    return {"BoundingBox": _box(box), "Confidence": 100 * face.probability, "Landmarks": landmarks, "Pose": {"Roll": alignment.roll(face)}}


def _expression(picture: Image.Image, face: faces.Face) -> dict[str, Any]:
    """Emotions, the strongest first; a smile is a rule: a face that is happy rather than not smiles."""
    shown = emotions.of(picture, face)
    if shown is None:
        return {}
    ranked = sorted(shown.items(), key=lambda each: -each[1])
    happy = shown["HAPPY"]
    return {"Smile": {"Value": happy >= 0.5, "Confidence": 100 * max(happy, 1 - happy)},
            "Emotions": [{"Type": emotion, "Confidence": 100 * probability} for emotion, probability in ranked]}


def _things(picture: Image.Image, found: list[faces.Face]) -> tuple[dict[str, float], dict[str, list[dict[str, Any]]]]:
    """Confidences and instances by label: of the scene, of things with a place, and of faces, whose owners are people."""
    confidences = {name: 100 * probability for name, probability in (scenes.seen(picture) or {}).items()}
    instances: dict[str, list[dict[str, Any]]] = {}
    placed = [(thing.name, 100 * thing.probability, _box(thing.box)) for thing in objects.find(picture) or []]
    placed += [("Face", face["Confidence"], face["BoundingBox"]) for face in (_face(picture, each) for each in found)]
    for name, confidence, box in placed:
        instances.setdefault(name, []).append({"BoundingBox": box, "Confidence": confidence})
        for each in (name, *kinds.parents(name)):
            confidences[each] = max(confidences.get(each, 0.0), confidence)
    return {name: min(100.0, confidence) for name, confidence in confidences.items()}, instances


def _label(name: str, confidence: float, instances: list[dict[str, Any]]) -> dict[str, Any]:
    category = kinds.category(name)
    return {"Name": name, "Confidence": confidence, "Instances": instances, "Parents": [{"Name": parent} for parent in kinds.parents(name)],
            "Aliases": [], "Categories": [{"Name": category}] if category else []}


def _wanted(label: dict[str, Any], filters: dict[str, list[str]]) -> bool:
    name, categories = label["Name"], {each["Name"] for each in label["Categories"]}
    included = bool(filters.get("LabelInclusionFilters") or filters.get("LabelCategoryInclusionFilters"))
    chosen = name in filters.get("LabelInclusionFilters", []) or bool(categories & set(filters.get("LabelCategoryInclusionFilters", [])))
    excluded = name in filters.get("LabelExclusionFilters", []) or bool(categories & set(filters.get("LabelCategoryExclusionFilters", [])))
    return (chosen or not included) and not excluded


def _text(picture: Image.Image, text: writing.Text, kind: str, number: int) -> dict[str, Any]:
    corners = [(min(max(x / picture.width, 0), 1), min(max(y / picture.height, 0), 1)) for x, y in text.corners]
    across, down = [x for x, _ in corners], [y for _, y in corners]
    return {"DetectedText": text.text, "Type": kind, "Id": number, "Confidence": 100 * text.probability, "Geometry": {
        "BoundingBox": _box((min(across), min(down), max(across), max(down))), "Polygon": [{"X": x, "Y": y} for x, y in corners]}}


def _passes(text: dict[str, Any], filters: dict[str, Any]) -> bool:
    """A word that the filter drops; and everything outside the regions of interest."""
    box, word = text["Geometry"]["BoundingBox"], filters.get("WordFilter") or {}
    sure = text["Confidence"] >= word.get("MinConfidence", 0)
    large = box["Height"] >= word.get("MinBoundingBoxHeight", 0) and box["Width"] >= word.get("MinBoundingBoxWidth", 0)
    x, y = box["Left"] + box["Width"] / 2, box["Top"] + box["Height"] / 2
    regions = [_region(each) for each in filters.get("RegionsOfInterest") or []]
    inside = not regions or any(left <= x <= right and top <= y <= bottom for left, top, right, bottom in regions)
    return inside and (text["Type"] == "LINE" or (sure and large))


def _region(region: dict[str, Any]) -> tuple[float, float, float, float]:
    if "BoundingBox" in region:
        box = region["BoundingBox"]
        left, top = box.get("Left", 0.0), box.get("Top", 0.0)
        return left, top, left + box.get("Width", 1.0), top + box.get("Height", 1.0)
    across, down = [point["X"] for point in region["Polygon"]], [point["Y"] for point in region["Polygon"]]
    return min(across), min(down), max(across), max(down)


def _box(corners: tuple[float, float, float, float]) -> dict[str, float]:
    left, top, right, bottom = corners
    return {"Left": left, "Top": top, "Width": right - left, "Height": bottom - top}
