"""Lex's fulfilment hook: finds a joke or a fact, from a public API or, failing that, from the lists beside this file."""

import concurrent.futures
import json
import logging
import os
import random
from pathlib import Path
from typing import Any

import urllib3

logger = logging.getLogger()
logger.setLevel(logging.INFO)

SECONDS = 0.7  # a reply is worth more now than another joke later
MAX_BYTES = 16 * 1024
MAX_CHARACTERS = 240  # leaves room for the handle in a post

http = urllib3.PoolManager(headers={"Accept": "application/json", "User-Agent": "serverless-message-analyser"})
workers = concurrent.futures.ThreadPoolExecutor(max_workers=4)
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
    answer = workers.submit(_ask, os.environ.get(variable, ""), field)
    try:
        return answer.result(SECONDS), "api"  # from outside, since no HTTP time-out bounds the DNS look-up
    except Exception as error:  # whatever the API does, there is an answer
        answer.cancel()
        return random.choice(BUNDLED[intent]), f"bundled: {type(error).__name__}"


def _ask(url: str, field: str) -> str:
    response = http.request("GET", url, retries=False, preload_content=False, timeout=urllib3.Timeout(total=SECONDS))
    try:
        body = response.read(MAX_BYTES, decode_content=True)
    finally:
        response.close()
    if response.status != 200:
        raise ValueError(f"The API answered {response.status}.")
    text = " ".join(json.loads(body)[field].split())
    if not text or len(text) > MAX_CHARACTERS or "@" in text or "://" in text:  # nobody is to be mentioned, nothing linked to
        raise ValueError("The API's text is not fit for a reply.")
    return text
