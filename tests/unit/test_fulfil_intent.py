"""fulfil_intent: a joke and a fact from the public APIs, and from the bundled lists whatever those do."""

import gzip
import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.http_host import Answer, Host, body, dripping, endless, hangs_up, running, status

SAMPLES = Path(__file__).parents[2] / "events" / "fulfil_intent"
JOKE, FACT = "A sticky joke from the API.", "A fact from the API."  # which the bundled lists do not have
Loader = Callable[[str], ModuleType]
pytestmark = pytest.mark.filterwarnings("ignore:URLs without a scheme:FutureWarning")


@pytest.fixture(scope="module")
def app(load_function: Loader) -> ModuleType:
    return load_function("fulfil_intent")


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    with running() as host:
        host.serves(body(json.dumps({"id": "1", "joke": JOKE, "status": 200}).encode()), "/joke")
        host.serves(body(json.dumps({"id": "1", "text": FACT, "language": "en"}).encode()), "/fact?language=en")
        monkeypatch.setenv("JOKE_API_URL", host.origin + "/joke")
        monkeypatch.setenv("FACT_API_URL", host.origin + "/fact?language=en")
        yield host


def sample(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text())
    return event


def told(app: ModuleType, name: str = "joke") -> str:
    response = app.handler(sample(name), None)
    assert response["sessionState"]["intent"]["state"] == "Fulfilled"
    message, = response["messages"]
    assert message["contentType"] == "PlainText"
    return str(message["content"])


# What is told


def test_a_joke_is_told(app: ModuleType, api: Host) -> None:
    assert told(app) == JOKE


def test_a_fact_is_told(app: ModuleType, api: Host) -> None:
    assert told(app, "fact") == FACT
    assert api.asked == ["/fact?language=en"]


def test_the_answer_is_what_lex_takes(app: ModuleType, api: Host) -> None:
    event = sample("joke")
    event["sessionState"]["sessionAttributes"] = {"asked": "before"}
    assert app.handler(event, None) == {
        "sessionState": {"sessionAttributes": {"asked": "before"}, "dialogAction": {"type": "Close"},
                         "intent": {"name": "Joke", "slots": {}, "state": "Fulfilled", "confirmationState": "None"}},
        "messages": [{"contentType": "PlainText", "content": JOKE}]}


def test_an_unknown_intent_fails_and_asks_nobody(app: ModuleType, api: Host) -> None:
    response = app.handler(sample("unknown-intent"), None)
    assert response["sessionState"]["intent"]["name"] == "Weather"
    assert response["sessionState"]["intent"]["state"] == "Failed"
    assert response["messages"]
    assert api.asked == []


@pytest.mark.parametrize("attributes", [None, {}])
def test_a_session_without_attributes_is_no_error(app: ModuleType, api: Host, attributes: Any) -> None:
    event = sample("joke")
    event["sessionState"]["sessionAttributes"] = attributes
    assert app.handler(event, None)["sessionState"]["sessionAttributes"] == {}


def test_json_is_asked_for(app: ModuleType, api: Host) -> None:
    asked: dict[str, str] = {}

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked.update({name.lower(): value for name, value in handler.headers.items()})
        body(json.dumps({"joke": JOKE}).encode())(handler)
    api.serves(answer, "/joke")
    told(app)
    assert asked["accept"] == "application/json"
    assert asked["user-agent"] == "serverless-message-analyser"


@pytest.mark.parametrize(("text", "expected"), [
    ("Why?\r\n\r\nBecause.", "Why? Because."), ("  tabs\tand\u00a0spaces ", "tabs and spaces"), ("x" * 240, "x" * 240),
    ("Pi is 3.14, e.g. at 9 a.m. in the U.S. Ends here.", "Pi is 3.14, e.g. at 9 a.m. in the U.S. Ends here."), ("爱 is love 😂", "爱 is love 😂")])
def test_a_text_is_told_on_one_line(app: ModuleType, api: Host, text: str, expected: str) -> None:
    api.serves(body(json.dumps({"joke": text}).encode()), "/joke")
    assert told(app) == expected


# What the APIs may do


@pytest.mark.parametrize("text", [
    "Ask @elonmusk", "Ask ＠elonmusk", "me@example.com knows", "See https://evil.example/", "See HTTP://evil.example", "See www.evil.com now",
    "bit.ly/2x", "evil.COM", "см. пример.рф", "x" * 241, "", "   ", None, 7, ["a joke"], {"a": "joke"},
], ids=str)
def test_a_text_that_is_not_fit_for_a_reply_is_not_told(app: ModuleType, api: Host, text: Any) -> None:
    api.serves(body(json.dumps({"joke": text}).encode()), "/joke")
    assert told(app) in app.BUNDLED["Joke"]
    assert api.asked == ["/joke"]


GOOD = json.dumps({"joke": JOKE}).encode()
ANSWERS: dict[str, Answer] = {
    "500": status(500), "503": status(503), "404": status(404), "429": status(429), "no-content": status(204),
    "redirect": status(302, Location="/fact?language=en"), "joke-with-500": body(GOOD, code=500), "joke-with-203": body(GOOD, code=203),
    "html": body(b"<html><body>Welcome to the captive portal</body></html>"), "empty": body(b""), "text": body(b"not JSON"),
    "broken-off": body(b'{"joke": '), "list": body(b"[]"), "null": body(b"null"), "string": body(b'"text"'), "no-field": body(b"{}"),
    "other-field": body(b'{"text": "a field of another name"}'), "no-utf-8": body(b"\xff\xfe\xfd"), "deep": body(b"[" * 10_000),
    "compressed-unasked": body(gzip.compress(GOOD)), "shorter-than-declared": body(GOOD, declared=len(GOOD) + 10),
    "long": body(json.dumps({"joke": JOKE, "padding": "x" * 20_000}).encode()), "hangs-up": hangs_up,
    "drips": dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", b"x"), "drips-headers": dripping(b"HTTP/1.1 200 OK\r\n", b"x"),
    "silence": dripping(b"", b""),
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_whatever_an_api_answers_a_joke_is_told(app: ModuleType, api: Host, monkeypatch: pytest.MonkeyPatch, answer: Answer) -> None:
    monkeypatch.setattr(app, "SECONDS", 0.2)
    api.serves(answer, "/joke")
    assert told(app) in app.BUNDLED["Joke"]
    assert api.asked == ["/joke"]


def test_an_endless_answer_is_not_read(app: ModuleType, api: Host) -> None:
    answer, sent = endless(b"x" * 100_000)
    api.serves(answer, "/joke")
    assert told(app) in app.BUNDLED["Joke"]
    assert sum(sent) < 60_000_000


@pytest.mark.parametrize("url", [
    "", "not a URL", "http://", "http://127.0.0.1:1/", "ftp://127.0.0.1/", "http://[", "http://host.invalid/", "http://127.0.0.1:99999/"])
def test_a_setting_that_leads_nowhere_is_no_error(app: ModuleType, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("JOKE_API_URL", url)
    monkeypatch.setenv("FACT_API_URL", url)
    assert told(app) in app.BUNDLED["Joke"]
    assert told(app, "fact") in app.BUNDLED["Fact"]


def test_no_setting_is_no_error(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JOKE_API_URL", raising=False)
    assert told(app) in app.BUNDLED["Joke"]


@pytest.mark.parametrize("drip", ["drips", "drips-headers"])
def test_an_api_that_drips_does_not_hold_up_the_next_request(app: ModuleType, api: Host, monkeypatch: pytest.MonkeyPatch, drip: str) -> None:
    monkeypatch.setattr(app, "SECONDS", 0.1)
    api.serves(ANSWERS[drip], "/joke")
    for _ in range(8):
        assert told(app) in app.BUNDLED["Joke"]
    monkeypatch.setattr(app, "SECONDS", 5)
    assert told(app, "fact") == FACT


def test_an_answer_that_drips_is_not_read_to_its_end(app: ModuleType, api: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    hung_up = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        handler.close_connection = True
        try:
            for _ in range(200):
                handler.wfile.write(b" " * 20)
                time.sleep(0.05)
        except OSError:
            hung_up.set()
    monkeypatch.setattr(app, "SECONDS", 0.2)
    api.serves(drip, "/joke")
    told(app)
    assert hung_up.wait(5)


def test_a_name_that_hangs_is_given_up(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on, done = threading.Event(), threading.Event()

    def hang(*args: Any, **options: Any) -> list[Any]:
        go_on.wait(5)
        done.set()
        return []
    monkeypatch.setattr(app, "SECONDS", 0.2)
    monkeypatch.setattr(socket, "getaddrinfo", hang)
    monkeypatch.setenv("JOKE_API_URL", "http://slow.example/")
    assert told(app) in app.BUNDLED["Joke"]
    assert not done.is_set()
    go_on.set()


def test_the_connection_is_kept_for_the_next_joke(app: ModuleType, api: Host) -> None:
    told(app)
    told(app)
    assert len(api.callers) == 2
    assert len(set(api.callers)) == 1


# The bundled lists


@pytest.mark.parametrize("intent", ["Joke", "Fact"])
def test_every_bundled_text_is_fit_for_a_reply(app: ModuleType, intent: str) -> None:
    texts = app.BUNDLED[intent]
    assert len(texts) == len(set(texts)) >= 20
    for text in texts:
        assert text == " ".join(text.split())
        assert 10 < len(text) <= app.MAX_CHARACTERS
        assert not app.UNFIT.search(text)


def test_not_always_the_same_is_told(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOKE_API_URL", "")
    assert len({told(app) for _ in range(40)}) > 5


# The log


def test_the_log_says_where_it_is_from_and_not_who_asked_what(app: ModuleType, api: Host, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    told(app)
    api.serves(status(500), "/joke")
    told(app)
    app.handler(sample("unknown-intent"), None)
    records = [record.__dict__ for record in caplog.records if record.msg == "Intent handled."]
    assert [(record["intent"], record["source"]) for record in records] == [("Joke", "api"), ("Joke", "bundled: ValueError"), ("Weather", "none")]
    logged = repr([record.__dict__ for record in caplog.records])
    for text in ("harry11", "tell me a joke", "will it rain", "sticky"):
        assert text not in logged
