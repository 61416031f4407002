"""Entities of a text: names by spaCy's English model where it is installed, else by rules; all else by rules.

The rules know handles, links, dates, quantities, honorifics, given names that begin a run of capitalised words, and names from lists
(`gazetteer.py`). They are no model: they find no TITLE, no EVENT that does not say it is one, and names in English texts only.
"""

import functools
from typing import Any

import regex

from sandbox.aws.text import gazetteer, ner
from sandbox.aws.text.gazetteer import pattern

MONTHS = ("(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
          "|Sep(?:t(?:ember)?)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)")
DAYS = "(?:Mon|Tues?|Wednes|Thurs?|Fri|Satur|Sun)day"
PERIODS = f"(?:{DAYS}|week(?:end)?|month|year|morning|afternoon|evening|night|spring|summer|autumn|winter)"
DATE = "|".join((
    r"\b\d{4}-\d{2}-\d{2}\b", r"\b\d{1,2}[/.]\d{1,2}[/.](?:\d{4}|\d{2})\b",
    rf"\b\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {MONTHS}(?:,? \d{{4}})?\b", rf"\b{MONTHS} \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?\b",
    r"\b(?:January|February|March|April|June|July|August|September|October|November|December)(?: \d{4})?\b",
    rf"(?i:\b(?:last|next|this|every) {PERIODS}s?\b)", rf"\b{DAYS}s?(?: (?:morning|afternoon|evening|night))?\b",
    r"(?i:\b(?:today|tomorrow|yesterday|tonight)\b)", r"\b(?:Christmas|Easter|Halloween|New Year's (?:Eve|Day))\b",
    r"(?i:\b\d{1,2}(?:[:.]\d{2})? ?[ap]\.?m\b|\b(?:[01]?\d|2[0-3]):[0-5]\d\b)", r"(?i:\b(?:\d+|a|two|three|few) (?:day|week|month|year)s? ago\b)",
    r"\b(?:19|20)\d{2}s?\b"))
NUMBER = r"(?:\d[\d.,]*\d|\d|(?i:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundred|thousand|dozen))"
NOT_COUNTED = "and|or|of|to|in|for|at|on|the|a|an|is|are|was|were|by|from|with|more|less|times|out|up|am|pm|it|but|so|that|this|days? ago|years? ago"
QUANTITY = "|".join((
    r"(?<!\w)[$£€¥₹]\s?\d[\d.,]*(?:\s?(?:k|m|bn|million|billion))?(?<![.,])", r"(?<!\w)\d[\d.,]*\s?(?:%|€|£)",
    rf"\b{NUMBER} (?:percent|dollars|pounds|euros)\b",
    r"\b\d[\d.,]*\s?(?:km|m|cm|mm|kg|g|mg|ml|l|mph|kmh|GB|MB|TB|kB|°C|°F)\b",
    rf"\b{NUMBER} (?!(?:{NOT_COUNTED})\b)(?:new |more |other )?[a-z]{{3,}}\b",
    r"(?<![\w.:/])\d[\d.,]*\d(?![\w:/])|(?<![\w.:/])\d(?![\w.:/])"))
NAME = r"\p{Lu}[\p{Ll}'’]+(?:-\p{Lu}\p{Ll}+)?"
FIRM = (r"(?:Inc|Ltd|LLC|GmbH|AG|Corp|Corporation|Company|Bank|Airlines|Airways|University|College|Council|Foundation|Institute|Records|Motors"
        r"|FC|United)")
PLACE = r"(?:Street|Road|Avenue|Square|Park|River|Lake|Bridge|Station|Airport|Castle|Beach|Island|Mountain|Valley)"
OCCASION = r"(?:Marathon|Cup|Olympics|Games|Festival|Championships?|Grand Prix|Carnival|World Series|Conference)"


@functools.cache
def _rules() -> list[tuple[str, str, float, regex.Pattern[str]]]:
    """Group, type, score and pattern. The first rule that matches at a place wins; its score is our guess of how often it is right.

    Where there is a model, SURE comes before it, LISTED after it, and NAMES not at all; NAMES are for English texts.
    """
    honorific = rf"\b(?:Mrs?|Ms|Dr|Prof|Sir|Lady|President|King|Queen|Prince|Princess)\.? {NAME}(?: {NAME})*"
    return [(group, kind, score, regex.compile(text)) for group, kind, score, text in (
        ("SURE", "OTHER", 0.95, r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b"),
        ("SURE", "OTHER", 0.95, r"\bhttps?://[^\s]+[^\s.,;:!?)]"),
        ("SURE", "PERSON", 0.75, r"(?<!\w)@\w+"),
        ("SURE", "OTHER", 0.8, r"(?<!\w)#\w+"),
        ("SURE", "DATE", 0.9, DATE),
        ("SURE", "EVENT", 0.7, rf"\b(?:{NAME} |\p{{Lu}}{{2,}} )+{OCCASION}\b"),
        ("NAMES", "ORGANIZATION", 0.8, rf"\b(?:[Tt]he )?University of {NAME}\b|\b(?:(?:{NAME}|\p{{Lu}}{{2,}}) )+{FIRM}\b"),
        ("NAMES", "LOCATION", 0.7, rf"\b(?:{NAME} )+{PLACE}\b"),
        ("NAMES", "PERSON", 0.85, honorific),
        ("LISTED", "ORGANIZATION", 0.8, rf"(?:\b[Tt]he )?{pattern(gazetteer.ORGANIZATIONS)}"),
        ("SURE", "COMMERCIAL_ITEM", 0.8, rf"{pattern(gazetteer.PRODUCTS)}(?: \d+\w*)?(?: (?:Pro|Max|Mini|Plus|Ultra|Air|SE))*"),
        ("NAMES", "PERSON", 0.85, rf"{pattern(gazetteer.given_names())} {NAME}(?: {NAME})?"),
        ("LISTED", "LOCATION", 0.9, pattern(gazetteer.places())),
        ("NAMES", "PERSON", 0.5, rf"(?<=[\p{{Ll}},] ){NAME} {NAME}(?! {NAME})(?! Prize| Award)"),
        ("SURE", "QUANTITY", 0.75, QUANTITY),
    )]


def find(text: str, language: str = "en") -> list[dict[str, Any]]:
    """Entities as Comprehend writes them, in order, none within another. Offsets count characters (code points)."""
    found: list[dict[str, Any]] = []
    model = ner.find(text) if language == "en" else None
    if model is None:
        _take(found, text, "SURE", "LISTED", *(["NAMES"] if language == "en" else []))
    else:
        _take(found, text, "SURE")
        _add(found, model)
        _take(found, text, "LISTED")
    return [{**entity, "Text": text[entity["BeginOffset"]:entity["EndOffset"]]} for entity in sorted(found, key=lambda each: each["BeginOffset"])]


def _take(found: list[dict[str, Any]], text: str, *groups: str) -> None:
    for group, kind, score, rule in _rules():
        if group in groups:
            _add(found, [(kind, score, *match.span()) for match in rule.finditer(text)])


def _add(found: list[dict[str, Any]], spans: list[ner.Span]) -> None:
    """Adds what overlaps nothing that was found before."""
    for kind, score, start, end in spans:
        if not any(start < each["EndOffset"] and each["BeginOffset"] < end for each in found):
            found.append({"Type": kind, "Score": score, "BeginOffset": start, "EndOffset": end})
