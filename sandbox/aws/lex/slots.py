"""What a phrase means as the value of a slot: Lex's built-in types as far as rules go, and custom types with their values and synonyms.

Sources: Lex V2 developer guide, "Built-in slot types" (how values are written) and "Custom slot types" (resolution strategies).
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import dateparser
import phonenumbers
import regex
from rapidfuzz import fuzz
from text_to_num import text2num

from sandbox.aws.lex.bots import Deployed, Properties
from sandbox.aws.text import gazetteer

ALIKE = 88.0  # of 100: from here on a phrase is a custom type's value, misspelt
REGIONS = {"en_GB": "GB", "en_US": "US", "en_AU": "AU", "es_ES": "ES", "de_DE": "DE", "fr_FR": "FR", "it_IT": "IT", "pt_BR": "BR"}
UNITS = {"second": "PT{}S", "minute": "PT{}M", "hour": "PT{}H", "day": "P{}D", "night": "P{}D", "week": "P{}W", "month": "P{}M", "year": "P{}Y"}
YES = "yes|yeah|yep|yup|sure|ok|okay|correct|right|of course|please do|sí|si|oui|ja|jawohl|sim|はい|네|是|好的"
NO = "no|nope|nah|not really|no thanks|no thank you|wrong|don't|non|nein|não|いいえ|아니요|不|不是"
LETTERS = r"[\p{L}\p{M}][\p{L}\p{M}'’. -]*"


@dataclass(frozen=True)
class Value:
    """A slot's value: as it was said, as the slot type reads it, and every reading there is."""

    original: str
    interpreted: str
    resolved: tuple[str, ...]

    def as_slot(self) -> dict[str, Any]:
        """As Lex writes it."""
        return {"shape": "Scalar", "value": {
            "originalValue": self.original, "interpretedValue": self.interpreted, "resolvedValues": list(self.resolved)}}


@dataclass(frozen=True)
class SlotType:
    """How a type reads a phrase. A `closed` type's values are told from other words; an open one's only by where they stand."""

    read: Callable[[str], Value | None]
    closed: bool


def slot_type(bot: Deployed, name: str) -> SlotType:
    """A slot's type by its name: one of the locale's own, or a built-in one. An unknown one takes anything."""
    own = bot.slot_type(name)
    if own is not None:
        return _custom(bot, own)
    if name not in BUILT_IN:
        return SlotType(_plain(lambda phrase, _: phrase, bot), closed=False)
    read, closed = BUILT_IN[name]
    return SlotType(_plain(read, bot), closed)


def yes_or_no(text: str) -> bool | None:
    """Whether an answer is yes or no; None where it is neither."""
    said = text.strip().strip(".!¡").lower()
    polite = r"(?:[, ]+(?:please|thanks|thank you|por favor|merci|danke|bitte))?"
    if regex.fullmatch(rf"(?:{YES}){polite}", said):
        return True
    return False if regex.fullmatch(rf"(?:{NO}){polite}", said) else None


def _plain(read: Callable[[str, Deployed], str | None], bot: Deployed) -> Callable[[str], Value | None]:
    def reads(phrase: str) -> Value | None:
        interpreted = read(phrase.strip(), bot)
        return Value(phrase, interpreted, (interpreted,)) if interpreted else None

    return reads


def _custom(bot: Deployed, own: Properties) -> SlotType:
    settings = own.get("ValueSelectionSetting") or {}
    expands = settings.get("ResolutionStrategy", "ORIGINAL_VALUE") == "ORIGINAL_VALUE"
    values = {name["Value"]: entry["SampleValue"]["Value"] for entry in own.get("SlotTypeValues") or []
              for name in (entry["SampleValue"], *(entry.get("Synonyms") or []))}
    pattern = (settings.get("RegexFilter") or {}).get("Pattern")
    parent = own.get("ParentSlotTypeSignature")
    inherited = slot_type(bot, parent) if parent else None

    def read(phrase: str) -> Value | None:
        said = phrase.strip()
        alike = max(values, key=lambda name: fuzz.ratio(name.lower(), said.lower()), default="")
        if alike and fuzz.ratio(alike.lower(), said.lower()) >= ALIKE:
            return Value(phrase, said if expands else values[alike], (values[alike],))
        if inherited is not None and (pattern is None or regex.fullmatch(pattern, said)):
            return inherited.read(phrase)
        return None

    return SlotType(read, closed=True if inherited is None else inherited.closed)


def takes_any(bot: Deployed, name: str) -> bool:
    """Whether a custom type takes values that it does not list ("expand values"), which it does where somebody is asked for one."""
    own = bot.slot_type(name)
    strategy = ((own or {}).get("ValueSelectionSetting") or {}).get("ResolutionStrategy", "ORIGINAL_VALUE")
    return own is not None and strategy == "ORIGINAL_VALUE" and not own.get("ParentSlotTypeSignature")


def _number(phrase: str, bot: Deployed) -> str | None:
    if regex.fullmatch(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?", phrase):
        return phrase.replace(",", "")
    try:
        return str(text2num(phrase.lower(), bot.language))
    except (ValueError, KeyError, NotImplementedError):
        return None


def _percentage(phrase: str, bot: Deployed) -> str | None:
    match = regex.fullmatch(r"(?i)(.+?)\s*(?:%|per ?cent|percentage)", phrase)
    return _number(match[1], bot) if match else None


def _date(phrase: str, bot: Deployed) -> str | None:
    """The next such day, as YYYY-MM-DD."""
    said = regex.sub(r"(?i)^(?:on|by|for|at|from|until|am|le|el|il|em)\s+", "", phrase)
    if not regex.search(r"\p{L}{3}|\d\D+\d", said) or _number(said, bot) or len(said) < 4:
        return None
    order = "MDY" if bot.locale_id == "en_US" else "DMY"
    found = dateparser.parse(said, languages=[bot.language], settings={"PREFER_DATES_FROM": "future", "DATE_ORDER": order})
    return found.date().isoformat() if found else None


def _time(phrase: str, bot: Deployed) -> str | None:
    """As 24 hours and minutes; parts of the day as Lex has them (MO, AF, EV, NI)."""
    said = regex.sub(r"(?i)^(?:at|around|in the|this)\s+", "", phrase).lower()
    named = {"noon": "12:00", "midday": "12:00", "midnight": "00:00", "morning": "MO", "afternoon": "AF", "evening": "EV", "night": "NI"}
    if said in named:
        return named[said]
    match = regex.fullmatch(r"(\d{1,2})(?:[:.](\d{2}))?\s*(a\.?m\.?|p\.?m\.?|o'clock)?", said)
    if not match or not (match[2] or match[3]) or int(match[1]) > 23 or int(match[2] or 0) > 59:
        return None
    half = (match[3] or "")[:1]
    hour = int(match[1]) % 12 + 12 * (half == "p") if half in ("a", "p") else int(match[1])
    return f"{hour:02}:{match[2] or '00'}"


def _duration(phrase: str, bot: Deployed) -> str | None:
    """As ISO 8601 writes it."""
    match = regex.fullmatch(rf"(?i)(?:for\s+)?(.+?)\s+({'|'.join(UNITS)})s?", phrase)
    number = match and ("1" if match[1].lower() in ("a", "an") else _number(match[1], bot))
    return UNITS[match[2].lower()].format(number) if match and number else None


def _phone(phrase: str, bot: Deployed) -> str | None:
    region = REGIONS.get(bot.locale_id, "US")
    digits = regex.sub(r"\D", "", phrase)
    if not regex.fullmatch(r"\+?[\d\s().-]+", phrase) or len(digits) < 5:
        return None
    try:
        number = phonenumbers.parse(phrase, region)
    except phonenumbers.NumberParseException:
        return digits
    return f"+{number.country_code}{number.national_number}" if phrase.startswith("+") else digits


def _matches(pattern: str, change: Callable[[str], str] = str) -> Callable[[str, Deployed], str | None]:
    return lambda phrase, _: change(phrase) if regex.fullmatch(pattern, phrase) else None


def _listed(names: Callable[[], frozenset[str]]) -> Callable[[str, Deployed], str | None]:
    known = functools.cache(lambda: {name.lower(): name for name in names()})
    return lambda phrase, _: known().get(phrase.lower())


def _confirmation(phrase: str, bot: Deployed) -> str | None:
    if regex.fullmatch(r"(?i)maybe|perhaps|possibly", phrase):
        return "Maybe"
    answer = yes_or_no(phrase)
    return None if answer is None else "Yes" if answer else "No"


# Of each type: what reads it, and whether its values are told from other words.
BUILT_IN: dict[str, tuple[Callable[[str, Deployed], str | None], bool]] = {
    "AMAZON.AlphaNumeric": (_matches(r"(?=.*\d)[\p{L}\d-]+"), True),
    "AMAZON.City": (_listed(gazetteer.places), True),
    "AMAZON.Confirmation": (_confirmation, True),
    "AMAZON.Country": (_listed(gazetteer.countries), True),
    "AMAZON.Date": (_date, True),
    "AMAZON.Duration": (_duration, True),
    "AMAZON.EmailAddress": (_matches(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), True),
    "AMAZON.FirstName": (_matches(r"[\p{L}\p{M}'’-]{2,}(?: [\p{L}\p{M}'’-]{2,})?"), False),
    "AMAZON.FreeFormInput": (lambda phrase, _: phrase, False),
    "AMAZON.LastName": (_matches(r"[\p{L}\p{M}'’-]{2,}(?: [\p{L}\p{M}'’-]{2,}){0,2}"), False),
    "AMAZON.Number": (_number, True),
    "AMAZON.Percentage": (_percentage, True),
    "AMAZON.PhoneNumber": (_phone, True),
    "AMAZON.State": (_matches(LETTERS), False),
    "AMAZON.StreetName": (_matches(rf"(?:\d+\w? )?{LETTERS}"), False),
    "AMAZON.Time": (_time, True),
    "AMAZON.UkPostalCode": (_matches(r"(?i)[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}", str.upper), True),
}
ANY_PLACE = frozenset({"AMAZON.City", "AMAZON.Country"})  # no list is complete: where one is asked for, any name will do
