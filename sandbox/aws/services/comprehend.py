"""Comprehend's text calls, answered by the models and rules of `sandbox.aws.text`, which are imported with the first call."""

from functools import partial
from typing import Any

from sandbox.aws.service import register_json

OPERATIONS = ("BatchDetectDominantLanguage", "BatchDetectEntities", "BatchDetectSentiment", "ContainsPiiEntities", "DetectDominantLanguage",
              "DetectEntities", "DetectPiiEntities", "DetectSentiment")


def install() -> None:
    """Registers the service."""
    register_json("comprehend", "Comprehend_20171127", {name: partial(_answer, name) for name in OPERATIONS})


def _answer(operation: str, request: dict[str, Any]) -> dict[str, Any]:
    from sandbox.aws.text.answers import answer

    return answer(operation, request)
