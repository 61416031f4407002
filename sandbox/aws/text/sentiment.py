"""The sentiment of a text: English by VADER, which was made for social media; ten other languages by a list of rated words.

VADER's lexicon has ratings that people gave; the other lists are machine translations of one (`build_lexicons.py`), so they are trusted less.
A language without a list is judged by its emoji alone.
"""

import functools
import json
import math
import re
from collections.abc import Callable
from pathlib import Path

import regex
import snowballstemmer
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer, normalize

THRESHOLD = 0.3  # of a compound, -1 to 1, from where on a text is called positive or negative
REQUESTS = ("please", "joke", "jokes")  # VADER takes a polite request for praise
MISSING = {"rubbish": -2.0, "nightmare": -2.3}  # everyday words that VADER does not know
BROKEN_HEART = "💔"  # VADER reads "broken heart" as mostly heart
UNSURE = {"Positive": 0.15, "Negative": 0.15, "Neutral": 0.6, "Mixed": 0.1}
CLAUSES = re.compile(r"[.!?;,:…\n。！？、，؟।]+|\b(?:and|but|though|although|yet|however|aber|und|pero|mais|et|mas|ma)\b")

LEXICONS = Path(__file__).with_name("lexicons.json")
STEMMERS = {"ar": "arabic", "de": "german", "es": "spanish", "fr": "french", "hi": "hindi", "it": "italian", "pt": "portuguese"}
UNSPACED = ("ja", "ko", "zh")  # words are found inside runs of letters: no spaces between them, or endings that no stemmer here knows
LONGEST_WORD = 6
NEGATIONS = {
    "ar": "لا ليس ليست لم لن غير", "de": "nicht kein keine keinen keiner nie niemals ohne", "es": "no nunca jamás sin ni nada nadie",
    "fr": "pas ne n jamais sans ni rien aucun aucune", "hi": "नहीं ना मत न", "it": "non mai senza né niente", "ja": "ない", "ko": "안 못",
    "pt": "não nunca jamais sem nem nada", "zh": "不 没"}
NEGATED = -0.74  # VADER's own factor for a negated word
REACH = 3  # words that a negation is looked for before a rated word, as VADER does


def scores(text: str, language: str = "en") -> dict[str, float]:
    """Positive, Negative, Neutral and Mixed, which add to 1.

    A compound (-1 to 1) decides; clauses that pull both ways by the threshold make a text Mixed. How sure the scores are of the winner is a rule of
    ours (from 0.55 at the threshold to 0.95 at an extreme, less in other languages than English), since a lexicon has no such figure.
    """
    compound, trust = _judge(language)
    whole = compound(text)
    clauses = [compound(clause) for clause in CLAUSES.split(text) if clause.strip()]
    if max(clauses, default=0) >= THRESHOLD and min(clauses, default=0) <= -THRESHOLD:
        winner, sure = "Mixed", 0.7
    elif abs(whole) >= THRESHOLD:
        winner = "Positive" if whole > 0 else "Negative"
        sure = 0.55 + 0.4 * (abs(whole) - THRESHOLD) / (1 - THRESHOLD)
    elif language != "en":
        return dict(UNSURE)
    else:
        winner, sure = "Neutral", 0.95 - 0.4 * abs(whole) / THRESHOLD
    sure *= trust
    return {name: sure if name == winner else (1 - sure) / 3 for name in UNSURE}


def _judge(language: str) -> tuple[Callable[[str], float], float]:
    """What gives a text's compound in a language, and how much it is to be trusted (0 to 1)."""
    if language == "en":
        return _english, 1.0
    return functools.partial(_rated, language), 0.8


def _english(text: str) -> float:
    return float(_analyzer().polarity_scores(text)["compound"])


@functools.cache
def _analyzer() -> SentimentIntensityAnalyzer:
    analyzer = SentimentIntensityAnalyzer()
    for word in REQUESTS:
        analyzer.lexicon.pop(word, None)
    analyzer.lexicon.update(MISSING)
    analyzer.emojis[BROKEN_HEART] = "heartbroken"
    return analyzer


def _rated(language: str, text: str) -> float:
    """The ratings of a text's words and emoji added up, and brought to -1 to 1 as VADER does."""
    ratings = _inside(language, text) if language in UNSPACED else _spaced(language, text)
    emoji = _analyzer().emojis
    return float(normalize(sum(ratings) + sum(4 * _english(emoji[character]) for character in text if character in emoji)))


def _spaced(language: str, text: str) -> list[float]:
    words, stems, stem = _lexicon(language)
    negations = set(NEGATIONS.get(language, "").split())
    said = regex.findall(r"[\p{L}\p{M}]+", text.lower())
    ratings = []
    for place, word in enumerate(said):
        rating = words.get(word) or stems.get(stem(word), 0)
        if negations & {*said[max(0, place - REACH):place], *(said[place + 1:place + 2] if language in ("de", "hi") else ())}:
            rating *= NEGATED
        ratings.append(rating)
    return ratings


def _inside(language: str, text: str) -> list[float]:
    words, _, _ = _lexicon(language)
    negations, ratings, place = NEGATIONS[language].split(), [], 0
    while place < len(text):
        length = next((length for length in range(LONGEST_WORD, 0, -1) if text[place:place + length] in words), 0)
        if length:
            near = text[place + length:place + length + 4] if language == "ja" else text[max(0, place - 2):place]
            ratings.append(words[text[place:place + length]] * (NEGATED if any(each in near for each in negations) else 1))
        place += length or 1
    return ratings


@functools.cache
def _lexicon(language: str) -> tuple[dict[str, float], dict[str, float], Callable[[str], str]]:
    """Ratings of words and of stems (a stem whose words pull both ways has none), and what stems a word."""
    words = {word: float(rating) for rating, line in _lexicons().get(language, {}).items() for word in line.split()}
    stem: Callable[[str], str] = snowballstemmer.stemmer(STEMMERS[language]).stemWord if language in STEMMERS else str
    stems: dict[str, list[float]] = {}
    for word, rating in words.items():
        stems.setdefault(stem(word), []).append(rating)
    agreed = {each: math.fsum(ratings) / len(ratings) for each, ratings in stems.items() if min(ratings) > 0 or max(ratings) < 0}
    return words, agreed, stem


@functools.cache
def _lexicons() -> dict[str, dict[str, str]]:
    return dict(json.loads(LEXICONS.read_text("utf-8")))
