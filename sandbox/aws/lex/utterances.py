"""Which intent an utterance is of, how surely, and the slot values in it: by likeness to the intents' sample utterances.

A rule, and not Lex's model: it knows no synonyms and no grammar, only what the samples say. A sample whose words the utterance is made of matches
surely; else rapidfuzz and the share of telling words decide (`_likeness`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import regex
from rapidfuzz import fuzz

from sandbox.aws.lex import slots
from sandbox.aws.lex.bots import FALLBACK, Deployed, Properties


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SAME = 80.0  # of 100: from here on an utterance is one of an intent's
LONGEST_VALUE = 6  # words that a slot's value has at most, free text apart
TOKEN = regex.compile(r"\{(\w+)\}|\+?[\p{L}\p{M}\p{N}]+(?:['’.,:/@+&-]+[\p{L}\p{M}\p{N}]+)*|%")
EDGES = _words("please pls plz thanks hey hi hello")  # said before or after what is said
# Words that say little of what is asked for, in English. Forms of "to be" are not among them: they tell "a joke please" from "this is a joke".
FUNCTION_WORDS = _words(
    "a an the of to for in on at with and or do does did can could would will you your i i'd i'll me my we us it some any have has had got get give"
    " tell say know want need like love just one another now today again more good so please pls plz hey hi hello thanks there")
CONTRACTIONS = {"i'm": "i am", "i'd": "i would", "i'll": "i will", "i've": "i have", "it's": "it is", "that's": "that is", "what's": "what is",
                "can't": "can not", "don't": "do not", "won't": "will not", "you're": "you are", "let's": "let us"}
# What Lex's built-in intents are said with. Source: Lex V2 developer guide, "Built-in intents".
BUILT_IN = {
    "AMAZON.CancelIntent": ("cancel", "never mind", "forget it"),
    "AMAZON.HelpIntent": ("help", "help me", "can you help me"),
    "AMAZON.PauseIntent": ("pause", "pause that"),
    "AMAZON.RepeatIntent": ("repeat", "say that again", "repeat that"),
    "AMAZON.ResumeIntent": ("resume", "continue", "keep going"),
    "AMAZON.StartOverIntent": ("start over", "restart", "start again"),
    "AMAZON.StopIntent": ("stop", "off", "shut up"),
}


@dataclass(frozen=True)
class Token:
    """A word of an utterance and where it is; or, in a sample, a slot's name."""

    word: str
    start: int
    end: int
    slot: str = ""


@dataclass(frozen=True)
class Match:
    """An intent, its likeness to an utterance (0 to 100), and the values found for its slots."""

    intent: Properties
    likeness: float
    slots: dict[str, slots.Value]


def rank(bot: Deployed, text: str, contexts: frozenset[str] = frozenset()) -> list[Match]:
    """Intents by their likeness, best first; the fallback, which has none, is first where no other is like enough.

    Intents that want contexts (`InputContexts`) are left out unless all of them are active.
    """
    threshold = max(SAME, 100 * float(bot.locale.get("NluConfidenceThreshold", 0)))
    matches, fallback = [], []
    for intent in bot.intents():
        if intent.get("ParentIntentSignature") == FALLBACK:
            fallback.append(Match(intent, 0.0, {}))
        elif {each["Name"] for each in intent.get("InputContexts") or []} <= contexts:
            matches.append(_match(bot, intent, text))
    matches.sort(key=lambda match: (-match.likeness, -len(match.slots)))
    known = [match for match in matches if match.likeness >= threshold]
    return known + fallback + [match for match in matches if match.likeness < threshold]


def value_of(bot: Deployed, intent: Properties, slot_name: str, text: str) -> slots.Value | None:
    """What an answer says a slot is, where that slot was asked for."""
    slot = next(each for each in intent["Slots"] if each["Name"] == slot_name)
    kind = slots.slot_type(bot, slot["SlotTypeName"])
    said = tokens(text)
    for sample in slot["ValueElicitationSetting"].get("SampleUtterances") or []:
        if found := _align(bot, intent, tokens(sample["Utterance"]), _stripped(said), text):
            return found.get(slot_name)
    whole = text.strip().rstrip(".!?")
    if kind.closed or slot["SlotTypeName"] == "AMAZON.FreeFormInput":
        if value := kind.read(whole):
            return value
        spans = sorted(_spans(_stripped(said)), key=lambda span: (len(span), -span[0].start), reverse=True)
        if value := next(filter(None, (kind.read(_phrase(text, span)) for span in spans)), None):
            return value
        if slots.takes_any(bot, slot["SlotTypeName"]) or slot["SlotTypeName"] in slots.ANY_PLACE:
            return slots.Value(whole, whole, ()) if whole else None
        return None
    named = regex.sub(r"(?i)^(?:(?:it'?s|it is|i'?m|i am|my (?:\w+ )?name(?:'s| is)|call me|this is|the name is)\s+)", "", whole)
    return kind.read(named)


def tokens(text: str) -> list[Token]:
    """The words of an utterance, or of a sample with its `{Slot}`s."""
    return [Token(match[0].casefold().replace("’", "'"), match.start(), match.end(), match[1] or "") for match in TOKEN.finditer(text)]


def _match(bot: Deployed, intent: Properties, text: str) -> Match:
    said = tokens(text)
    samples = [tokens(sample) for sample in _samples(intent)]
    others = {token.word for other in bot.intents() if other["Name"] != intent["Name"] for sample in _samples(other) for token in tokens(sample)}
    for sample in sorted(samples, key=lambda sample: sum(bool(token.slot) for token in sample)):
        for words in (_stripped(said), said):
            found = _align(bot, intent, sample, words, text)
            if found is not None:
                return Match(intent, 100.0, {**_values(bot, intent, samples, said, text), **found})
    values = _values(bot, intent, samples, said, text)
    telling = {name for name in values if (kind := _kind(bot, intent, name)) and kind.closed}  # anything can be an open slot's value
    rest = [word for word in _masked(_stripped(said), values, text) if word not in {f"slot{name}" for name in values.keys() - telling}]
    functions = FUNCTION_WORDS if bot.language == "en" else frozenset[str]()
    best = max((_likeness(rest, [f"slot{token.slot}" if token.slot else token.word for token in sample if not token.slot or token.slot in telling],
                          others, functions) for sample in samples), default=0.0)
    return Match(intent, best, values)


def _samples(intent: Properties) -> list[str]:
    own = [sample["Utterance"] for sample in intent.get("SampleUtterances") or []]
    return own or list(BUILT_IN.get(intent.get("ParentIntentSignature", ""), ()))


def _likeness(said: list[str], sample: list[str], others: set[str], functions: frozenset[str]) -> float:
    """0 to 100: the best of three.

    - rapidfuzz's token_sort_ratio, where most of the sample's telling words are there (so that "hear from you" is not "hear a joke");
    - 95 where the utterance has all of the sample's words in their order, close together;
    - 95 times the F1 of telling words: how many of the sample's are said, and how many of those said are the sample's.
    Words that other intents' samples have too tell half as much.
    """
    said, sample = _spelt_out(said), _spelt_out(sample)
    telling = [word for word in sample if word not in functions] or sample
    heard = [word for word in said if word not in functions] or said
    if not telling or not heard:
        return 0.0
    weights = [0.5 if word in others else 1.0 for word in telling]
    recall = sum(weight for word, weight in zip(telling, weights, strict=True) if any(_same(word, each) for each in heard)) / sum(weights)
    loose = sum(weight for word, weight in zip(telling, weights, strict=True) if any(fuzz.ratio(word, each) >= 70 for each in heard)) / sum(weights)
    precision = sum(any(_same(word, each) for each in telling) for word in heard) / len(heard)
    alike = fuzz.token_sort_ratio(" ".join(said), " ".join(sample))
    return max(alike if recall >= 0.6 or (alike >= 85 and loose >= 0.6) else 0.0,
               95.0 if len(sample) > 1 and _contains(said, sample) else 0.0,
               95.0 * 2 * precision * recall / (precision + recall) if precision and recall else 0.0)


def _spelt_out(words: list[str]) -> list[str]:
    return " ".join(CONTRACTIONS.get(word, word) for word in words).split()


def _same(one: str, other: str) -> bool:
    """Whether two words are one, misspelt or in the plural."""
    return one == other or (min(len(one), len(other)) > 2 and not one.startswith("slot") and fuzz.ratio(one, other) >= 80)


def _contains(said: list[str], sample: list[str]) -> bool:
    for start in range(len(said)):
        window = iter(said[start:start + len(sample) + 2])
        if all(any(_same(word, each) for each in window) for word in sample):
            return True
    return False


def _align(bot: Deployed, intent: Properties, sample: list[Token], said: list[Token], text: str) -> dict[str, slots.Value] | None:
    """The slots' values where an utterance is a sample word for word; None where it is not."""
    if not sample:
        return None if said else {}
    if not said:
        return None
    first, rest = sample[0], sample[1:]
    if not first.slot:
        return _align(bot, intent, rest, said[1:], text) if first.word == said[0].word else None
    kind = _kind(bot, intent, first.slot)
    lengths = range(1, min(len(said), len(said) if kind and not kind.closed else LONGEST_VALUE) + 1)
    for length in lengths if kind and not kind.closed else reversed(lengths):
        value = kind.read(_phrase(text, said[:length])) if kind else None
        following = _align(bot, intent, rest, said[length:], text) if value else None
        if value and following is not None:
            return {first.slot: value, **following}
    return None


def _values(bot: Deployed, intent: Properties, samples: list[list[Token]], said: list[Token], text: str) -> dict[str, slots.Value]:
    """Values of the intent's slots anywhere in an utterance: known by themselves, or by the words that samples have beside them."""
    found: dict[str, slots.Value] = {}
    taken: set[int] = set()
    for slot in intent.get("Slots") or []:
        beside = {(sample[place - 1].word if place else "", sample[place + 1].word if place + 1 < len(sample) else "")
                  for sample in samples for place, token in enumerate(sample) if token.slot == slot["Name"]}
        kind = slots.slot_type(bot, slot["SlotTypeName"])
        own = bot.slot_type(slot["SlotTypeName"]) is not None or slot["SlotTypeName"] in slots.ANY_PLACE
        best: tuple[int, int, slots.Value, list[Token]] | None = None
        for span in _spans(said) if beside and kind.closed else _after(said, beside):
            before = next((token.word for token in reversed(said) if token.end <= span[0].start), "")
            after = next((token.word for token in said if token.start >= span[-1].end), "")
            neighbours = max((bool(left and left == before) + bool(right and right == after) for left, right in beside), default=0)
            if taken & {token.start for token in span} or not (neighbours or (own and kind.closed)):
                continue
            value = kind.read(_phrase(text, span))
            if value and (best is None or (neighbours, len(span)) > best[:2]):
                best = (neighbours, len(span), value, span)
        if best:
            found[slot["Name"]] = best[2]
            taken |= {token.start for token in best[3]}
    return found


def _after(said: list[Token], beside: set[tuple[str, str]]) -> Iterator[list[Token]]:
    """Spans for an open slot: from the word that samples have before it to the one they have after it, or to the end."""
    for left, right in sorted(beside):
        for place, token in enumerate(said):
            if left and token.word == left:
                span = said[place + 1:]
                end = next((index for index, each in enumerate(span) if right and each.word == right), len(span))
                if span := _stripped(span[:end]):
                    yield span


def _spans(said: list[Token]) -> Iterator[list[Token]]:
    for start in range(len(said)):
        for end in range(start + 1, min(len(said), start + LONGEST_VALUE) + 1):
            yield said[start:end]


def _masked(said: list[Token], values: dict[str, slots.Value], text: str) -> list[str]:
    """The words of an utterance, its slots' values replaced by their names."""
    words = []
    places = {text.find(value.original): (name, len(value.original)) for name, value in values.items()}
    end = 0
    for token in said:
        if token.start in places:
            name, length = places[token.start]
            words.append(f"slot{name}")
            end = token.start + length
        elif token.start >= end:
            words.append(token.word)
    return words


def _stripped(said: list[Token]) -> list[Token]:
    start, end = 0, len(said)
    while start < end and said[start].word in EDGES:
        start += 1
    while end > start and said[end - 1].word in EDGES:
        end -= 1
    return said[start:end]


def _kind(bot: Deployed, intent: Properties, slot_name: str) -> slots.SlotType | None:
    slot = next((each for each in intent.get("Slots") or [] if each["Name"] == slot_name), None)
    return slots.slot_type(bot, slot["SlotTypeName"]) if slot else None


def _phrase(text: str, span: list[Token]) -> str:
    return text[span[0].start:span[-1].end]
