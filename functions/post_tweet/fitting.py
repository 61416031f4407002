"""Fits a text to X's weighted length. Source: twitter-text, configuration v3, and X developer documentation, "Counting characters"."""

import unicodedata

import regex

MAX_WEIGHT = 280
LINK_WEIGHT = 23  # of any link, since X shortens it
EMOJI_WEIGHT = 2
DOT_WEIGHT = 20  # of a dot that may make a link of what is around it: of four characters (a.co) in the dearest case
LIGHT = ((0x0000, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))  # code points that count 1; all others count 2
REFUSED = regex.compile("[\ufffe\ufeff\uffff]")  # characters for which X refuses a post
ELLIPSIS = "…"

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = (r"(?:com|org|net|edu|gov|info|io|ai|dev|app|tv|me|co|eu|uk|ie|de|at|ch|fr|be|nl|lu|es|pt|it|pl|dk|se|no|fi|us|ca|au|nz|jp|in|br)"
           r"(?![A-Za-z0-9@+-])")
_PATH = r"(?:/(?:[A-Za-z0-9!*';:=+,.$%#\[\]\-_~|&/]{0,2000}[A-Za-z0-9=_#/+\-])?)?"
_QUERY = r"(?:\?[A-Za-z0-9!*';:=+,.$%#\[\]\-_~|&()?/]{0,1000}[A-Za-z0-9=_#/&\-])?"
# What is counted, and not cut in two: a link that X is sure to take for one; a dot that may be a link's; any other character with its marks.
_PIECE = regex.compile(
    rf"""
    (?P<link>(?<![A-Za-z0-9@＠\#＃$_\uFFFE\uFEFF\uFFFF])https?://
        (?:t\.co/[A-Za-z0-9]{{1,40}}(?![A-Za-z0-9])|(?!t\.co\b)(?:{_LABEL}\.)+{_DOMAIN}(?::\d{{1,5}})?{_PATH}{_QUERY}))
    |(?P<dot>\.(?=\p{{L}}[\p{{L}}\p{{M}}]))
    |\X
    """,
    regex.VERBOSE,
)
# What counts as one emoji though it is of several code points, in the list that X counts by (Unicode 12).
_EMOJI = regex.compile(
    r"""
    (?![\U0001F46A\U0001F46F\U0001F48F\U0001F491\U0001F90C\U0001F91D\U0001F93C\U0001F977\U0001FAC3-\U0001FAFF])
        \p{Emoji_Modifier_Base}\p{Emoji_Modifier}
    |(?![\u26A7\p{Emoji_Presentation}])(?=\p{Emoji})\p{Extended_Pictographic}\uFE0F
    |[0-9\#*]\uFE0F?\u20E3
    |[©®]
    """,
    regex.VERBOSE,
)


def weight(text: str) -> int:
    """The text's weighted length, at least as high as X counts it: what may or may not be a link, and emoji that are joined, count dearer."""
    return sum(_weight(piece) for piece in _PIECE.finditer(unicodedata.normalize("NFC", text)))


def fit(text: str) -> str:
    """The text as it is where X takes it, else its beginning and an ellipsis: cut between words, and never in a link or an emoji."""
    text = unicodedata.normalize("NFC", REFUSED.sub("", text).encode("utf-8", "replace").decode())
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
    if piece["dot"]:
        return DOT_WEIGHT
    rest, emoji = _EMOJI.subn("", piece[0])
    return EMOJI_WEIGHT * emoji + _characters(rest)


def _characters(text: str) -> int:
    return sum(1 if any(first <= ord(character) <= last for first, last in LIGHT) else 2 for character in text)
