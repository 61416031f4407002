"""`python -m sandbox read TEXT`: what Comprehend's stand-in makes of a text, and which intent of the bot's would take it. No sandbox need run."""

import argparse
import json
import re
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sandbox.stack import ROOT

if TYPE_CHECKING:
    from sandbox.aws.lex.bots import Deployed

TEMPLATE = ROOT / "microservices" / "responding.yaml"
NOT_FOR_LEX = re.compile(r"(^|[^\w])@\w+|https?://\S+")  # what the workflow respond_to_text takes out before it asks Lex
LEX_CHARACTERS = 1024  # and how much of the rest it sends


def add_to(commands: Any) -> None:
    """Adds the command to a command line."""
    command = commands.add_parser("read", help="say what Comprehend and Lex answer to a text", description=__doc__)
    command.add_argument("text", nargs="+", metavar="TEXT", help="what somebody writes")
    command.add_argument("--language", metavar="CODE", help="what X says the language is (default: as detected)")
    command.add_argument("--json", action="store_true", help="print the raw answers")
    command.set_defaults(run=_run)


def read(text: str, language: str | None = None) -> dict[str, Any]:
    """What each operation answers to a text; None where it does not speak the text's language. Raises ServiceError where the service would."""
    from sandbox.aws.text import answers

    detected = answers.detect_dominant_language({"Text": text})
    code = language or detected["Languages"][0]["LanguageCode"]
    asked = {"Text": text, "LanguageCode": code}
    return {
        "Text": text,
        "DetectDominantLanguage": detected,
        "DetectSentiment": answers.detect_sentiment(asked) if code in answers.LANGUAGES else None,
        "DetectEntities": answers.detect_entities(asked) if code in answers.LANGUAGES else None,
        "DetectPiiEntities": answers.detect_pii_entities(asked) if code in answers.PII_LANGUAGES else None,
        "RecognizeText": {"interpretations": intents(text)}}


def intents(text: str) -> list[dict[str, Any]]:
    """The intents of the project's own bot, in the order in which Lex's stand-in would choose, as Lex writes them."""
    from sandbox.aws.lex import utterances

    ranked = utterances.rank(own_bot(), NOT_FOR_LEX.sub(" ", text).strip()[:LEX_CHARACTERS] or "help")
    return [{"intent": {"name": match.intent["Name"], "slots": {name: value.as_slot() for name, value in match.slots.items()}},
             **({"nluConfidence": {"score": round(match.likeness / 100, 2)}} if match.likeness else {})} for match in ranked]


def own_bot() -> "Deployed":
    """The bot of `microservices/responding.yaml`."""
    from samcli.yamlhelper import yaml_parse

    from sandbox.aws.lex import bots

    resources = yaml_parse(TEMPLATE.read_text("utf-8"))["Resources"].values()
    properties = next(each["Properties"] for each in resources if each["Type"] == "AWS::Lex::Bot")
    return bots.from_template(properties, properties["BotLocales"][0]["LocaleId"])


def _run(arguments: argparse.Namespace, console: Console) -> int:
    from sandbox.aws.service import ServiceError

    try:
        answers = read(" ".join(arguments.text), arguments.language)
    except ServiceError as error:
        Console(stderr=True, highlight=False).print(f"[red]{error.code}[/]: {error}")
        return 1
    if arguments.json:
        console.print(json.dumps(answers, ensure_ascii=False, indent=2), markup=False)
    else:
        _show(answers, console)
    return 0


def _show(answers: dict[str, Any], console: Console) -> None:
    text, found = answers["Text"], answers["DetectSentiment"]
    table = _table()
    table.add_row("[bold]Language[/]", "   ".join(f"{each['LanguageCode']} [dim]{each['Score']:.2f}[/]"
                                                  for each in answers["DetectDominantLanguage"]["Languages"]))
    table.add_row("[bold]Sentiment[/]", "[dim]Comprehend does not speak it[/]" if found is None else f"{found['Sentiment']}  [dim]" + "  ".join(
        f"{name.lower()} {score:.2f}" for name, score in found["SentimentScore"].items()) + "[/]")
    for title, name, refusal in (("Entities", "DetectEntities", "Comprehend does not speak it"),
                                 ("PII", "DetectPiiEntities", "in English and Spanish only")):
        table.add_row(f"[bold]{title}[/]", _entities(text, answers[name], refusal))
    best, *others = answers["RecognizeText"]["interpretations"]
    values = "".join(f"   {name} = {slot['value']['interpretedValue']}" for name, slot in best["intent"]["slots"].items())
    table.add_row("[bold]Intent[/]", _intent(best) + values + (f"   [dim]then {', '.join(map(_intent, others))}[/]" if others else ""))
    console.print(table)


def _entities(text: str, answer: dict[str, Any] | None, refusal: str) -> Any:
    if answer is None or not answer["Entities"]:
        return f"[dim]{refusal if answer is None else 'none'}[/]"
    table = _table()
    for each in answer["Entities"]:
        start, end = each["BeginOffset"], each["EndOffset"]
        table.add_row(each["Type"], escape(text[start:end]), f"[dim]{start}–{end}[/]", f"[dim]{each['Score']:.2f}[/]")
    return table


def _table() -> Table:
    return Table(show_header=False, box=None, pad_edge=False, padding=(0, 3, 0, 0))


def _intent(interpretation: dict[str, Any]) -> str:
    score = interpretation.get("nluConfidence", {}).get("score")
    return str(interpretation["intent"]["name"]) + ("" if score is None else f" {score:.2f}")
