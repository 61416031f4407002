"""Entities of a text by rules: handles, links, dates, quantities, runs of capitalised words. Not a model, and no better than it looks."""

import re
from typing import Any

MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
DAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
PLACES = "London|Paris|Berlin|Madrid|Rome|Lisbon|Dublin|Tokyo|Seoul|Delhi|Sydney|Toronto|Chicago|Seattle|New York|Europe|America|Africa|Asia"

UNITS = "percent|hours?|days?|weeks?|months?|years?|people|times|dollars|pounds|euros"
# The first rule that matches at a place wins. The score is how often we expect the rule to be right.
RULES = [(kind, score, re.compile(pattern)) for kind, score, pattern in (
    ("OTHER", 0.95, r"https?://\S+"),
    ("PERSON", 0.75, r"(?<!\w)@\w+"),
    ("OTHER", 0.8, r"(?<!\w)#\w+"),
    ("DATE", 0.9, rf"\b(?:\d{{1,2}} )?(?:{MONTHS})(?: \d{{1,2}}(?:st|nd|rd|th)?)?(?:,? \d{{4}})?\b|\b(?:{DAYS}|today|tomorrow|yesterday)\b"),
    ("QUANTITY", 0.85, rf"[$£€]\d[\d,.]*\d|[$£€]\d|\b\d[\d,.]*(?: ?%| (?:{UNITS}))"),
    ("LOCATION", 0.9, rf"\b(?:{PLACES})\b"),
    ("PERSON", 0.6, r"\b[A-Z][a-z]+(?: [A-Z][a-z]+)+\b"),
    ("QUANTITY", 0.6, r"\b\d+\b"),
)]


def find(text: str) -> list[dict[str, Any]]:
    """Entities as Comprehend writes them, in order, none within another."""
    taken: list[tuple[int, int]] = []
    found = []
    for kind, score, pattern in RULES:
        for match in pattern.finditer(text):
            if any(match.start() < end and start < match.end() for start, end in taken):
                continue
            taken.append(match.span())
            found.append({"Text": match[0], "Type": kind, "Score": score, "BeginOffset": match.start(), "EndOffset": match.end()})
    return sorted(found, key=lambda entity: entity["BeginOffset"])
