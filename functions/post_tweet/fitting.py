"""Fits a text to X's weighted length. Source: twitter-text, configuration v3, and X developer documentation, "Counting characters"."""

import unicodedata

import regex

MAX_WEIGHT = 280
LINK_WEIGHT = 23  # of any link, since X shortens it
EMOJI_WEIGHT = 2  # of any emoji, however many code points it takes
LIGHT = ((0x0000, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))  # code points that count 1; all others count 2
ELLIPSIS = "…"

_PATH = r"[a-z0-9!*';:=+,.$%#\[\]\-_~@|&()?/]*[a-z0-9=_#/+&\-]"
_HOST = r"(?:[a-z0-9_-]+\.)+[a-z]{2,24}(?![a-z0-9])"
_ELEMENT = r"(?:\p{Emoji_Modifier_Base}\p{Emoji_Modifier}|\p{Extended_Pictographic}(?:(?<!\p{Emoji_Presentation})\uFE0F)?)(?!\uFE0E)"
# What is counted, and not cut in two: a link; what may begin or be one; an emoji; any other character with its marks.
_PIECE = regex.compile(
    rf"""
    (?P<link>(?<![a-z0-9@#$_])https?://{_HOST}(?::\d+)?(?:/(?:{_PATH})?)?(?:\?{_PATH})?)
    |(?P<maybe>https?://|(?<![a-z0-9@#$_]){_HOST}(?:/(?:{_PATH})?)?)
    |(?P<emoji>\p{{Regional_Indicator}}{{2}}|[0-9\#*]\uFE0F?\u20E3
        |{_ELEMENT}(?:[\U000E0020-\U000E007E]+\U000E007F)?(?:\u200D{_ELEMENT}){{0,3}})
    |\X
    """,
    regex.IGNORECASE | regex.VERBOSE,
)


def weight(text: str) -> int:
    """The text's weighted length, at least as high as X counts it: what may or may not be a link counts as the dearer."""
    return sum(_weight(piece) for piece in _PIECE.finditer(unicodedata.normalize("NFC", text)))


def fit(text: str) -> str:
    """The text as it is where X takes it, else its beginning and an ellipsis: cut between words, and never in a link or an emoji."""
    text = unicodedata.normalize("NFC", text)
    end = room = 0
    left = MAX_WEIGHT
    for piece in _PIECE.finditer(text):
        left -= _weight(piece)
        if left >= _characters(ELLIPSIS):
            room = piece.end()
        if left < 0:
            break
        end = piece.end()
    return text if end == len(text) else _at_a_word(text, room) + ELLIPSIS


def _at_a_word(text: str, end: int) -> str:
    """The first `end` characters, less a word that is cut in two, unless that word is most of them."""
    if text[end:end + 1].isspace():
        return text[:end].rstrip()
    words = text[:end].rsplit(maxsplit=1)
    kept = text[:end].removesuffix(words[-1]) if len(words) == 2 else ""
    return (kept if 2 * len(kept) > end else text[:end]).rstrip()


def _weight(piece: "regex.Match[str]") -> int:
    if piece["link"]:
        return LINK_WEIGHT
    if piece["emoji"]:
        return EMOJI_WEIGHT
    counted = _characters(piece[0])
    return max(LINK_WEIGHT, counted) if piece["maybe"] else counted


def _characters(text: str) -> int:
    return sum(1 if any(first <= ord(character) <= last for first, last in LIGHT) else 2 for character in text)
