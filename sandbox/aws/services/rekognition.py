"""Rekognition's image calls: recorded answers for the sample photos, and "nothing found" for any other image.

A photo is known by what it looks like (a difference hash of 8 by 8), so that the same photo in another size or quality is known too. The answers
are in `photos/`, one file each: boxes measured by hand, confidences made up in Rekognition's ranges.
"""

import io
import json
from pathlib import Path
from typing import Any

from PIL import Image, UnidentifiedImageError

from sandbox.aws.service import ServiceError, register_json

PHOTOS = Path(__file__).parents[2] / "photos"
ANSWERS = Path(__file__).parent / "photos"
NOTHING: dict[str, Any] = {"Labels": [], "TextDetections": [], "CelebrityFaces": [], "UnrecognizedFaces": []}
MAX_BYTES = 15 * 1024 * 1024  # of an object in S3; Rekognition developer guide, "Guidelines and quotas"
SAME_PHOTO = 6  # bits of 64 by which two versions of one photo may differ


def install() -> None:
    """Registers the service."""
    register_json("rekognition", "RekognitionService", {
        "DetectLabels": detect_labels,
        "DetectText": detect_text,
        "RecognizeCelebrities": recognize_celebrities,
    })


def detect_labels(request: dict[str, Any]) -> dict[str, Any]:
    """Labels of at least MinConfidence (55 where it is left out), the surest first, at most MaxLabels."""
    labels = [label for label in _recorded(request)["Labels"] if label["Confidence"] >= request.get("MinConfidence", 55)]
    labels.sort(key=lambda label: -label["Confidence"])
    return {"Labels": labels[: request.get("MaxLabels", 1000)], "LabelModelVersion": "3.0"}


def detect_text(request: dict[str, Any]) -> dict[str, Any]:
    """Lines and words."""
    return {"TextDetections": _recorded(request)["TextDetections"], "TextModelVersion": "3.0"}


def recognize_celebrities(request: dict[str, Any]) -> dict[str, Any]:
    """Known and unknown faces."""
    recorded = _recorded(request)
    return {"CelebrityFaces": recorded["CelebrityFaces"], "UnrecognizedFaces": recorded["UnrecognizedFaces"]}


def _recorded(request: dict[str, Any]) -> dict[str, Any]:
    with _image(request) as image:
        seen = _hash(image)
    for photo in sorted(PHOTOS.glob("*.jpg")):
        with Image.open(photo) as known:
            if (seen ^ _hash(known)).bit_count() <= SAME_PHOTO:
                return {**NOTHING, **json.loads((ANSWERS / f"{photo.stem}.json").read_text())}
    return NOTHING


def _image(request: dict[str, Any]) -> Image.Image:
    from ministack.services import s3

    place = request.get("Image", {}).get("S3Object")
    if not place:
        raise ServiceError("InvalidParameterException", "The sandbox reads images from S3: Image.S3Object is needed.")
    content = s3._get_object_data(place["Bucket"], place["Name"])
    if content is None:
        raise ServiceError("InvalidS3ObjectException", "Unable to get object metadata from S3. Check object key, region and/or access permissions.")
    if len(content) > MAX_BYTES:
        raise ServiceError("ImageTooLargeException", f"The image is larger than {MAX_BYTES} bytes.")
    try:
        return Image.open(io.BytesIO(content), formats=("JPEG", "PNG"))
    except (UnidentifiedImageError, OSError) as error:
        raise ServiceError("InvalidImageFormatException", "Request has invalid image format") from error


def _hash(image: Image.Image) -> int:
    """A bit for each pixel of 8 by 8 that is brighter than its right neighbour."""
    small = image.convert("L").resize((9, 8), Image.Resampling.LANCZOS)
    pixels = list(small.tobytes())
    bits = [pixels[9 * row + column] > pixels[9 * row + column + 1] for row in range(8) for column in range(8)]
    return int("".join("01"[bit] for bit in bits), 2)
