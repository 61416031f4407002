"""Texts fitted to X's weighted length, checked against twitter-text, which X itself counts with."""

import importlib.util
import unicodedata
import warnings
from types import ModuleType

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.functions import FUNCTIONS

with warnings.catch_warnings():  # the library reads its own files by pkg_resources
    warnings.simplefilter("ignore")
    from twitter_text import parse_tweet


def _fitting() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fitting", FUNCTIONS / "post_tweet" / "fitting.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


fitting = _fitting()

LINKS = ["https://example.com", "http://example.com/a/b?c=d#e", "example.com", "www.example.co.uk/path_(with)_brackets", "HTTPS://EXAMPLE.COM",
         "t.co/abc", "https://t.co/abcdefghij", "https://例え.テスト/x", "xn--r8jz45g.xn--zckzah", "a.b.c.de", "example.com:8080/x", "https://", "http://a",
         "foo@bar.com", "node.js", "1.2.3.4", "example.com.", "-example.com", "sub_domain.example.com", "пример.рф", "À.GL", "example。com",
         "@example.com", "#example.com", "https://example.nosuchdomain/a-long-way-to-nowhere", "https://t.co/" + "a" * 50, "a.co"]
EMOJI = ["😂", "👩‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "🇬🇧", "🇬", "🇦🇦", "1️⃣", "#️⃣", "❤️", "❤", "☺︎", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "👩🏽‍🚀", "©", "®", "™️", "🫱🏻‍🫲🏿", "🧑‍🧑‍🧒‍🧒",
         "\u200d", "\ufe0f", "\U0001f3fd"]
WORDS = ["a", "word", " ", "  ", "\n", "\r\n", "\t", "é", "e\u0301", "字", "かな", "한글", "ﬁ", "ß", "…", "—", "“quoted”", "@harry11", "#tag",
         "$TSLA", "\u2060", "ㅤ", "\u1100\u1161", "\u0958", "\u202e", "\U00020000", "\u115f", "ｆｕｌｌ", "x" * 30, "字" * 30, ".", "/", ":", "?", "-",
         "_", "\ufffe", "\ufeff", "\uffff", "\x00", "\x7f"]
PIECES = st.sampled_from(LINKS) | st.sampled_from(EMOJI) | st.sampled_from(WORDS) | st.text(max_size=4)
TEXTS = st.lists(PIECES, max_size=120).map("".join) | st.lists(PIECES, max_size=60).map(" ".join) | st.text(max_size=400)
NEARLY_LINKS = st.tuples(st.sampled_from(["", "x", "@", "é", ".", "(", "http://", "\u202a", "https"]), st.sampled_from(["http://", "https://", ""]),
                         st.text("a0-_.é字", max_size=6), st.sampled_from([".com", ".co.uk", ".de", "t.co", ".zz", ""]),
                         st.text("aZ0.-_~/:?#[]@!$&'()*+,;=%|é字–\u202a ", max_size=40)).map("".join)


def counted(text: str) -> int:
    """The weighted length that twitter-text gives a text."""
    return int(parse_tweet(unicodedata.normalize("NFC", text)).weightedLength)


@pytest.mark.parametrize(("text", "weight"), [
    ("", 0), ("a" * 280, 280), ("é", 1), ("e\u0301", 1), ("字", 2), ("😂", 2), ("👍🏽", 2), ("❤️", 2), ("1️⃣", 2), ("©", 2), ("“”…", 4), ("\n", 1),
    ("https://example.com/" + "a" * 300, 23), ("see https://t.co/a now", 31), ("https://a.com https://b.com", 47), ("a.co", 23)])
def test_weights(text: str, weight: int) -> None:
    assert fitting.weight(text) == weight == counted(text)


@pytest.mark.parametrize("piece", [*LINKS, *EMOJI, *WORDS])
def test_no_piece_weighs_less_than_x_says(piece: str) -> None:
    for text in (piece, f"x {piece} y", piece * 3, f"{piece} {piece}", f"({piece})", f"@{piece}", f"{piece}/path", f"字{piece}字"):
        assert fitting.weight(text) >= counted(text), text


@settings(max_examples=800, deadline=None)
@given(TEXTS)
@example("example.com" * 30)
@example("https://a.co" * 40)
def test_no_text_weighs_less_than_x_says(text: str) -> None:
    assert fitting.weight(text) >= counted(text)


@settings(max_examples=800, deadline=None)
@given(NEARLY_LINKS)
def test_nothing_like_a_link_weighs_less_than_x_says(text: str) -> None:
    assert fitting.weight(text) >= counted(text)


@settings(max_examples=800, deadline=None)
@given(TEXTS)
@example("字" * 200)
@example("👩‍👩‍👧‍👦" * 200)
@example("https://example.com/x " * 30)
@example("https://example.com/" + "x" * 400 + " end")
@example("x" * 281)
@example("a\u0301" * 300)
@example("\ufeff" + "x" * 279 + "\uffff")
def test_what_is_fitted_is_what_x_takes(text: str) -> None:
    fitted = fitting.fit(text)
    if fitted.strip():
        assert parse_tweet(fitted).valid, (text, fitted)
    assert fitting.fit(fitted) == fitted


@settings(max_examples=500, deadline=None)
@given(TEXTS)
@example("https://example.com" * 4 + "😂\ufffeexample.com." + "https://example.com" * 2)
def test_a_text_that_fits_is_left_as_it_is(text: str) -> None:
    plain = unicodedata.normalize("NFC", fitting.REFUSED.sub("", text))
    fitted = fitting.fit(text)
    if fitting.weight(plain) <= 280 and parse_tweet(plain).valid:
        assert fitted == plain
    elif fitting.weight(plain) > 280:
        assert fitted.endswith("…")


def test_half_a_surrogate_pair_becomes_a_question_mark() -> None:
    assert fitting.fit("broken \ud83d") == "broken ?"


FAMILY = "👩‍👩‍👧‍👦"


@pytest.mark.parametrize(("text", "fitted"), [
    ("word " * 60, ("word " * 55).rstrip() + "…"),
    ("x" * 300, "x" * 278 + "…"),
    ("字" * 141, "字" * 139 + "…"),
    ("a " * 120 + FAMILY * 20, ("a " * 120).rstrip() + "…"),
    (FAMILY * 60, FAMILY * 25 + "…"),
    ("x " * 127 + "https://example.com/" + "a" * 99 + " and more", "x " * 127 + "https://example.com/" + "a" * 99 + "…"),
    ("x " * 128 + "https://example.com/" + "a" * 99 + " and more", ("x " * 128).rstrip() + "…"),
    ("line\n" * 60, ("line\n" * 55).rstrip() + "…"),
], ids=["words", "one-word", "cjk", "words-and-emoji", "emoji", "link-that-fits", "link-that-does-not", "lines"])
def test_a_long_text_ends_at_a_word_a_link_or_an_emoji(text: str, fitted: str) -> None:
    assert fitting.fit(text) == fitted
