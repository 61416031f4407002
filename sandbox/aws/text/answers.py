"""What Comprehend's operations answer, by small local models and, where `docs/local-ai-text.md` says so, by rules.

Sources: Comprehend developer guide, "Supported languages" and "Guidelines and quotas"; botocore's service model; AWS's messages as moto has them.
"""

from collections.abc import Callable
from typing import Any

from sandbox.aws.service import ServiceError
from sandbox.aws.text import entities, languages, pii, sentiment

Request = dict[str, Any]
Result = dict[str, Any]

LANGUAGES = ("ar", "hi", "ko", "zh-TW", "ja", "zh", "de", "pt", "en", "it", "fr", "es")  # in the order of AWS's message
PII_LANGUAGES = ("en", "es")
SHORT_BYTES, LONG_BYTES = 5_000, 100_000
BATCH = 25  # texts at most, of SHORT_BYTES each


def answer(operation: str, request: Request) -> Result:
    """An operation's answer to a request, both as the wire has them. Raises ServiceError."""
    if not operation.startswith("Batch"):
        return ANSWERS[operation](request)
    single = operation.removeprefix("Batch")
    return _batch(ANSWERS[single], request, None if single == "DetectDominantLanguage" else LANGUAGES)


def detect_dominant_language(request: Request) -> Result:
    """Languages with scores, best first."""
    _validate(request, languages=None)
    text = _text(request["Text"], LONG_BYTES)
    return {"Languages": [{"LanguageCode": code, "Score": score} for code, score in languages.detect(text)]}


def detect_sentiment(request: Request) -> Result:
    """One of four sentiments, and four scores that add to 1."""
    _validate(request)
    scores = sentiment.scores(_text(request["Text"], SHORT_BYTES), request["LanguageCode"])
    return {"Sentiment": max(scores, key=lambda name: scores[name]).upper(), "SentimentScore": scores}


def detect_entities(request: Request) -> Result:
    """Entities with their offsets. Custom recognisers (EndpointArn) and documents (Bytes) are not there."""
    _validate(request)
    return {"Entities": entities.find(_text(request["Text"], LONG_BYTES), request["LanguageCode"])}


def detect_pii_entities(request: Request) -> Result:
    """Personal data with its offsets."""
    _validate(request, PII_LANGUAGES)
    return {"Entities": pii.find(_text(request["Text"], LONG_BYTES), request["LanguageCode"])}


def contains_pii_entities(request: Request) -> Result:
    """The kinds of personal data that there are, each once, with its best score."""
    labels: dict[str, float] = {}
    for entity in detect_pii_entities(request)["Entities"]:
        labels[entity["Type"]] = max(entity["Score"], labels.get(entity["Type"], 0))
    return {"Labels": [{"Name": name, "Score": score} for name, score in labels.items()]}


def _batch(detect: Callable[[Request], Result], request: Request, languages: tuple[str, ...] | None) -> Result:
    """The batch of an operation that takes one text: a text that is refused is an error in a list, and the others are answered."""
    _validate(request, languages, "TextList")
    if len(request["TextList"]) > BATCH:
        raise ServiceError("BatchSizeLimitExceededException", f"Input batch size exceeds limit. Max batch size allowed is {BATCH}.")
    results, errors = [], []
    for index, text in enumerate(request["TextList"]):
        try:
            results.append({"Index": index, **detect({**request, "Text": _text(text, SHORT_BYTES)})})
        except ServiceError as error:
            code = {"TextSizeLimitExceededException": "TEXT_SIZE_LIMIT_EXCEEDED"}.get(error.code, "INVALID_REQUEST")
            errors.append({"Index": index, "ErrorCode": code, "ErrorMessage": str(error)})
    return {"ResultList": results, "ErrorList": errors}


def _validate(request: Request, languages: tuple[str, ...] | None = LANGUAGES, member: str = "Text") -> None:
    """Raises AWS's ValidationException, which names every constraint that is not met at once."""
    name = member[0].lower() + member[1:]
    unmet = []
    value, kind = request.get(member), list if member == "TextList" else str
    if value is None:
        unmet.append(f"Value null at '{name}' failed to satisfy constraint: Member must not be null")
    elif not isinstance(value, kind) or not all(isinstance(each, str) for each in value):
        raise ServiceError("SerializationException", f"{member} is not what the service's model says.")
    elif not value or (member == "TextList" and not all(value)):
        unmet.append(f"Value at '{name}' failed to satisfy constraint: Member must have length greater than or equal to 1")
    code = request.get("LanguageCode")
    if languages and code is None:
        unmet.append("Value null at 'languageCode' failed to satisfy constraint: Member must not be null")
    elif languages and code not in languages:
        unmet.append(f"Value '{code}' at 'languageCode' failed to satisfy constraint: Member must satisfy enum value set: [{', '.join(languages)}]")
    if unmet:
        raise ServiceError("ValidationException", f"{len(unmet)} validation error{'s' * (len(unmet) > 1)} detected: {'; '.join(unmet)}")


def _text(text: str, limit: int) -> str:
    size = len(text.encode())
    if size > limit:
        raise ServiceError("TextSizeLimitExceededException", f"Input text size exceeds limit. Max length of request text allowed is {limit} bytes"
                           f" while in this request the text size is {size} bytes")
    if not text.strip():
        raise ServiceError("InvalidRequestException", "The text has no words.")
    return text


ANSWERS: dict[str, Callable[[Request], Result]] = {
    "DetectDominantLanguage": detect_dominant_language, "DetectSentiment": detect_sentiment, "DetectEntities": detect_entities,
    "DetectPiiEntities": detect_pii_entities, "ContainsPiiEntities": contains_pii_entities}
