"""Rekognition's image calls, answered by the local models of `sandbox.aws.vision`.

The models and what they need are imported with the first call: a sandbox that is shown no photo starts without them.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from sandbox.aws import metrics
from sandbox.aws.service import register_json

OPERATIONS = ("DetectFaces", "DetectLabels", "DetectModerationLabels", "DetectText", "RecognizeCelebrities")


def install() -> None:
    """Registers the service."""
    threads = ThreadPoolExecutor(os.cpu_count() or 1, "rekognition")  # more pictures at a time only cost memory
    register_json("rekognition", "RekognitionService", {name: partial(_answer, name) for name in OPERATIONS}, threads)


def _answer(operation: str, request: dict[str, Any]) -> dict[str, Any]:
    from sandbox.aws.vision.answers import answer

    given = answer(operation, request)
    metrics.put("AWS/Rekognition", "SuccessfulRequestCount", 1, dimensions={"Operation": operation})
    return given
