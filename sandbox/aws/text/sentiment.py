"""The sentiment of an English text, by VADER, which was made for social media."""

import functools
import re

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

THRESHOLD = 0.3  # of VADER's compound, -1 to 1, from where on a text is called positive or negative
REQUESTS = ("please", "joke", "jokes")  # VADER takes a polite request for praise
UNSURE = {"Positive": 0.15, "Negative": 0.15, "Neutral": 0.6, "Mixed": 0.1}


@functools.cache
def _analyzer() -> SentimentIntensityAnalyzer:
    analyzer = SentimentIntensityAnalyzer()
    for word in REQUESTS:
        analyzer.lexicon.pop(word, None)
    return analyzer


def scores(text: str) -> dict[str, float]:
    """Positive, Negative, Neutral and Mixed, which add to 1.

    The compound score decides; clauses that pull both ways by the threshold make a text Mixed. How sure the scores are of the winner is a rule of
    ours (from 0.55 at the threshold to 0.95 at an extreme), since VADER has no such figure.
    """
    compound = _compound(text)
    clauses = [_compound(clause) for clause in re.split(r"[.!?;,]+|\bbut\b", text) if clause.strip()]
    if max(clauses, default=0) >= THRESHOLD and min(clauses, default=0) <= -THRESHOLD:
        winner, sure = "Mixed", 0.7
    elif abs(compound) >= THRESHOLD:
        winner = "Positive" if compound > 0 else "Negative"
        sure = 0.55 + 0.4 * (abs(compound) - THRESHOLD) / (1 - THRESHOLD)
    else:
        winner, sure = "Neutral", 0.95 - 0.4 * abs(compound) / THRESHOLD
    rest = (1 - sure) / 3
    return {name: sure if name == winner else rest for name in UNSURE}


def _compound(text: str) -> float:
    return float(_analyzer().polarity_scores(text)["compound"])
