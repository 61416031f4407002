"""Personal data in a text, by patterns, by check digits (python-stdnum) and by Google's telephone number plans (phonenumbers). No model.

What looks like much else (a PIN, a CVV, a passport number) counts only after a word that says what it is, in English or Spanish.
"""

import functools
import ipaddress
from collections.abc import Callable, Iterable
from typing import Any

import phonenumbers
import regex
from stdnum import bic, iban, luhn
from stdnum.ca import sin
from stdnum.gb import nhs, utr
from stdnum.in_ import aadhaar, epic, pan
from stdnum.us import itin, rtn, ssn

from sandbox.aws.text import entities

Check = Callable[[str], bool]
Span = tuple[str, float, int, int]  # type, score, first character, the one after the last

REGIONS = {"en": ("US", "GB"), "es": ("ES",)}  # whose numbers are known without a country code
VIN_VALUES = dict(zip("0123456789ABCDEFGHJKLMNPRSTUVWXYZ", map(int, "012345678912345678123457923456789"), strict=True))
VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
SAID = r"(?:\s+(?:number|no\.?|code|is|es|número|#))*\s*[:=#]?\s*"  # between a word that says what comes and what comes
STREET = r"(?:Street|St\.?|Road|Rd\.?|Avenue|Ave\.?|Lane|Ln\.?|Drive|Dr\.?|Boulevard|Blvd\.?|Square|Court|Way|Terrace|Close)"
POSTCODE = r"(?:[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]{2} \d{5}(?:-\d{4})?|\d{5})"


def find(text: str, language: str = "en") -> list[dict[str, Any]]:
    """Personal data as Comprehend writes it, in order, none within another. Offsets count characters (code points)."""
    found: list[dict[str, Any]] = []
    for kind, score, start, end in (*_by_rules(text), *_phones(text, language), *_by_entities(text, language)):
        if not any(start < each["EndOffset"] and each["BeginOffset"] < end for each in found):
            found.append({"Score": score, "Type": kind, "BeginOffset": start, "EndOffset": end})
    return sorted(found, key=lambda each: each["BeginOffset"])


def _by_rules(text: str) -> Iterable[Span]:
    for kind, score, rule, valid in _rules():
        for match in rule.finditer(text):
            group = match.lastindex or 0
            if valid is None or valid(match[group]):
                yield kind, score, *match.span(group)


def _phones(text: str, language: str) -> Iterable[Span]:
    said = regex.search(r"(?i)\b(?:call|phone|tel|telephone|mobile|cell|ring|text|whatsapp|my number|teléfono|móvil|llama)\b", text)
    leniency = phonenumbers.Leniency.POSSIBLE if said else phonenumbers.Leniency.VALID
    for region in REGIONS[language]:
        for match in phonenumbers.PhoneNumberMatcher(text, region, leniency=leniency):
            if sum(character.isdigit() for character in match.raw_string) >= 7:
                yield "PHONE", 0.9, match.start, match.end


def _by_entities(text: str, language: str) -> Iterable[Span]:
    for entity in entities.find(text, language):
        kind = {"PERSON": "NAME", "DATE": "DATE_TIME"}.get(entity["Type"])
        if kind and not entity["Text"].startswith("@"):
            yield kind, entity["Score"], entity["BeginOffset"], entity["EndOffset"]


@functools.cache
def _rules() -> list[tuple[str, float, regex.Pattern[str], Check | None]]:
    """Type, score, pattern, and what must hold of the match (of its group, where it has one). The first that matches at a place wins."""
    rules: tuple[tuple[str, float, str, Check | None], ...] = (
        ("URL", 0.99, r"\b(?:https?://|www\.)[^\s]+[^\s.,;:!?)]", None),
        ("EMAIL", 0.99, r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b", None),
        ("AWS_ACCESS_KEY", 0.99, r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b", None),
        ("AWS_SECRET_KEY", 0.95, r"(?i:secret\w*)[^\n]{0,30}?(?<![\w/+])([A-Za-z0-9/+]{40})(?![\w/+=])", None),
        ("MAC_ADDRESS", 0.99, r"\b(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}\b", None),
        ("IP_ADDRESS", 0.99, r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7})(?![\w:]|\.\d)", _address),
        ("INTERNATIONAL_BANK_ACCOUNT_NUMBER", 0.99, r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b", iban.is_valid),
        ("CREDIT_DEBIT_NUMBER", 0.99, r"(?<![\w-])[3-6]\d{3}(?:[ -]?\d{2,6}){2,4}(?![\w-])", _card),
        ("CREDIT_DEBIT_CVV", 0.95, rf"(?i)\b(?:cvv2?|cvc2?|security code){SAID}(\d{{3,4}})\b", None),
        ("CREDIT_DEBIT_EXPIRY", 0.95,
         rf"(?i)\b(?:exp(?:iry|ires|iration)?(?: date)?\.?|valid (?:thru|until)|caduca){SAID}((?:0[1-9]|1[0-2])/(?:20)?\d\d)\b", None),
        ("SSN", 0.95, r"\b\d{3}-\d{2}-\d{4}\b", ssn.is_valid),
        ("SSN", 0.95, rf"(?i)\b(?:ssn|social security){SAID}(\d{{9}})\b", ssn.is_valid),
        ("US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER", 0.95, r"\b9\d{2}-\d{2}-\d{4}\b", itin.is_valid),
        ("BANK_ROUTING", 0.95, rf"(?i)\b(?:routing|aba|rtn){SAID}(\d{{9}})\b", rtn.is_valid),
        ("BANK_ACCOUNT_NUMBER", 0.9, rf"(?i)\b(?:account|acct|cuenta)\.?{SAID}(\d{{6,17}})\b", None),
        ("SWIFT_CODE", 0.9, rf"(?i:\b(?:swift|bic)(?:/(?:swift|bic))?{SAID})([A-Z]{{6}}[A-Z0-9]{{2}}(?:[A-Z0-9]{{3}})?)\b", bic.is_valid),
        ("UK_NATIONAL_HEALTH_SERVICE_NUMBER", 0.95, rf"(?i)\bNHS{SAID}(\d{{3}}[ -]?\d{{3}}[ -]?\d{{4}})\b", nhs.is_valid),
        ("UK_NATIONAL_INSURANCE_NUMBER", 0.9, r"\b(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b", None),
        ("UK_UNIQUE_TAXPAYER_REFERENCE_NUMBER", 0.9, rf"(?i)\b(?:utr|taxpayer reference){SAID}(\d{{5}} ?\d{{5}})\b", utr.is_valid),
        ("CA_SOCIAL_INSURANCE_NUMBER", 0.95, rf"(?i)\b(?:sin|social insurance){SAID}(\d{{3}}[ -]?\d{{3}}[ -]?\d{{3}})\b", sin.is_valid),
        ("CA_HEALTH_NUMBER", 0.85, rf"(?i)\bhealth (?:card|number|insurance){SAID}(\d{{4}}[ -]?\d{{3}}[ -]?\d{{3}})\b", None),
        ("IN_AADHAAR", 0.95, rf"(?i)\b(?:aadhaar|aadhar){SAID}(\d{{4}}[ -]?\d{{4}}[ -]?\d{{4}})\b", aadhaar.is_valid),
        ("IN_PERMANENT_ACCOUNT_NUMBER", 0.9, r"\b[A-Z]{5}\d{4}[A-Z]\b", pan.is_valid),
        ("IN_VOTER_NUMBER", 0.85, rf"(?i:\b(?:voter(?: id)?|epic){SAID})([A-Z]{{3}}\d{{7}})\b", epic.is_valid),
        ("IN_NREGA", 0.85, rf"(?i:\b(?:nrega|job card){SAID})([A-Z]{{2}}-\d{{2}}-\d{{3}}-\d{{3}}-\d{{3}}(?:/\d+)?)\b", None),
        ("VEHICLE_IDENTIFICATION_NUMBER", 0.95, r"\b[A-HJ-NPR-Z0-9]{17}\b", _vehicle),
        ("LICENSE_PLATE", 0.8,
         rf"(?i:\b(?:licen[cs]e plate|number plate|registration|matrícula){SAID})([A-Z0-9]{{2,4}}[ -]?[A-Z0-9]{{2,4}})\b", None),
        ("PASSPORT_NUMBER", 0.9, rf"(?i)\b(?:passport|pasaporte){SAID}([A-Z]{{0,3}}\d{{6,9}})\b", None),
        ("DRIVER_ID", 0.85, rf"(?i)\b(?:driver'?s? ?(?:licen[cs]e|id)|driving licen[cs]e){SAID}((?=[A-Z0-9]*\d)[A-Z0-9]{{6,18}})\b", None),
        ("PIN", 0.9, rf"(?i)\bpin{SAID}(\d{{4,6}})\b", None),
        ("USERNAME", 0.9, r"(?i)\b(?:user ?name|login|usuario)(?:\s+(?:is|es))?\s*[:=]?\s*(?!is\b|es\b)([\w.@-]{3,})", None),
        ("PASSWORD", 0.9, r"(?i)\b(?:password|passwd|passphrase|contraseña)(?:\s+(?:is|es)\s|\s*[:=])\s*([^\s,]{4,})", None),
        ("AGE", 0.9, r"(?i)\b(\d{1,3} (?:years?|yrs?)[ -]old|\d{1,3}-year-old|\d{1,3} años)\b|\b(?:aged?|edad)[: ]+(\d{1,3})\b", None),
        ("NAME", 0.9, r"(?:(?i:\bmy name is|\bme llamo|\bmi nombre es) )(\p{Lu}[\p{L}'-]+(?: \p{Lu}[\p{L}'-]+)*)", None),
        ("ADDRESS", 0.85, rf"\b\d{{1,5}}[A-Z]? (?:\p{{Lu}}[\p{{L}}'-]+ )+{STREET}(?:,? \p{{Lu}}[\p{{L}}'-]+){{0,3}}(?:,? {POSTCODE})?(?!\w)", None))
    return [(kind, score, regex.compile(text), check) for kind, score, text, check in rules]


def _address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return text != "::"


def _card(text: str) -> bool:
    digits = regex.sub(r"\D", "", text)
    return 13 <= len(digits) <= 19 and bool(luhn.is_valid(digits))


def _vehicle(text: str) -> bool:
    """Whether the ninth character is the check digit that ISO 3779, as North America uses it, wants."""
    remainder = sum(VIN_VALUES[character] * weight for character, weight in zip(text, VIN_WEIGHTS, strict=True)) % 11
    return text[8] == ("X" if remainder == 10 else str(remainder))
