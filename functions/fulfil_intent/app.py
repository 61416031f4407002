"""Lex's fulfilment hook: finds a joke or a fact, from a public API or, failing that, from the lists beside this file."""

import concurrent.futures
import json
import logging
import os
import random
import re
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import urllib3

logger = logging.getLogger()
logger.setLevel(logging.INFO)

SECONDS = 0.7  # a reply is worth more now than another joke later
MAX_BYTES = 16 * 1024
CHUNK = 64  # bytes; between any two the time is looked at, so that an API that drips is not read for long
MAX_CHARACTERS = 240  # leaves room for the handle in a post
UNFIT = re.compile(r"[@＠]|://|\w\.[^\W\d_]{2}")  # nobody is to be mentioned, nothing linked to: X makes a link of example.com, too

http = urllib3.PoolManager(headers={"Accept": "application/json", "User-Agent": "serverless-message-analyser"})
BUNDLED: dict[str, list[str]] = json.loads((Path(__file__).parent / "bundled.json").read_text("utf-8"))
SOURCES = {"Joke": ("JOKE_API_URL", "joke"), "Fact": ("FACT_API_URL", "text")}


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """A Lex V2 code hook event in, its response out: a joke for the intent Joke, a fact for Fact, a failed intent for any other."""
    state = event["sessionState"]
    intent = state["intent"]
    if intent["name"] in SOURCES:
        text, source = _find(intent["name"])
    else:
        text, source = None, "none"
    logger.info("Intent handled.", extra={"intent": intent["name"], "source": source})
    return {
        "sessionState": {
            "sessionAttributes": state.get("sessionAttributes") or {},
            "dialogAction": {"type": "Close"},
            "intent": {**intent, "state": "Fulfilled" if text else "Failed"},
        },
        "messages": [{"contentType": "PlainText", "content": text or "I do not know how to do that."}],
    }


def _find(intent: str) -> tuple[str, str]:
    """A text, and where it is from: `api`, or `bundled` and why."""
    variable, field = SOURCES[intent]
    worker = concurrent.futures.ThreadPoolExecutor(max_workers=1)
    try:  # from outside, since no HTTP time-out bounds the DNS look-up or headers that drip
        return worker.submit(_ask, os.environ.get(variable, ""), field).result(SECONDS), "api"
    except Exception as error:  # whatever the API does, there is an answer
        return random.choice(BUNDLED[intent]), f"bundled: {type(error).__name__}"
    finally:
        worker.shutdown(wait=False)


def _ask(url: str, field: str) -> str:
    response = http.request("GET", url, retries=False, preload_content=False, timeout=urllib3.Timeout(total=SECONDS))
    try:
        if response.status != 200:
            raise ValueError(f"The API answered {response.status}.")
        body = _read(response.stream(CHUNK), time.monotonic() + SECONDS)
    finally:
        response.close()
    text = " ".join(json.loads(body)[field].split())
    if not text or len(text) > MAX_CHARACTERS or UNFIT.search(text):
        raise ValueError("The API's text is not fit for a reply.")
    return text


def _read(chunks: Iterable[bytes], deadline: float) -> bytes:
    body = b""
    for chunk in chunks:
        body += chunk
        if len(body) > MAX_BYTES or time.monotonic() > deadline:
            raise ValueError("The API answers too much, or too slowly.")
    return body
