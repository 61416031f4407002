"""Names in letters that the font has: Latin, Greek and Cyrillic as they are, any other script romanised."""

import functools
import unicodedata
from pathlib import Path

from anyascii import anyascii
from PIL import ImageFont

FONT = Path(__file__).parent / "font" / "Roboto-Medium.ttf"  # Pillow's own has no accents: it could not write Beyoncé
SMALLEST = 12  # pixels; below it nobody reads
MISSING = "\uffff"
ELLIPSIS = "…"


def fitted(name: str, size: int, width: float) -> tuple[str, ImageFont.FreeTypeFont]:
    """The name as it can be drawn, at most `width` pixels long, and its font: of this size, or down to half of it; then the name is cut short."""
    text = drawable(name)
    font = _font(size)
    if font.getlength(text) > width:
        font = _font(max(SMALLEST, size // 2, int(size * width / font.getlength(text))))
    kept = text
    while kept and font.getlength(text) > width:
        kept = kept[:-1].rstrip()
        text = kept + ELLIPSIS
    return text, font


def drawable(name: str) -> str:
    """The name on one line, in characters that the font has."""
    text = " ".join(unicodedata.normalize("NFC", name).split())
    text = "".join(character for character in text if not unicodedata.category(character).startswith("C"))  # which nobody sees: they turn or hide
    return "".join(character if _has(character) else anyascii(character) for character in text).strip() or "?"


@functools.lru_cache(maxsize=32)
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONT, size)


@functools.lru_cache(maxsize=1024)
def _has(character: str) -> bool:
    font = _font(16)
    return bool(bytes(font.getmask(character)) != bytes(font.getmask(MISSING)))
