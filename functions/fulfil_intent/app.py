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
MAX_CHARACTERS = 240

http = urllib3.PoolManager(headers={"Accept": "application/json", "User-Agent": "serverless-message-analyser"})
threads = concurrent.futures.ThreadPoolExecutor(max_workers=2)
BUNDLED: dict[str, list[str]] = json.loads((Path(__file__).parent / "bundled.json").read_text())
SOURCES = {"Joke": ("JOKE_API_URL", "joke"), "Fact": ("FACT_API_URL", "text")}


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """A Lex V2 code hook event in, its response out: a joke for the intent Joke, a fact for Fact, a failed intent for any other."""
    state = event["sessionState"]
    intent = state["intent"]
    text = _find(intent["name"]) if intent["name"] in SOURCES else None
    return {
        "sessionState": {
            "sessionAttributes": state.get("sessionAttributes") or {},
            "dialogAction": {"type": "Close"},
            "intent": {**intent, "state": "Fulfilled" if text else "Failed"},
        },
        "messages": [{"contentType": "PlainText", "content": text or "I do not know how to do that."}],
    }


def _find(intent: str) -> str:
    variable, field = SOURCES[intent]
    future = threads.submit(_ask, os.environ[variable], field)
    try:
        text = future.result(timeout=SECONDS)  # bounds the DNS look-up too, which no HTTP time-out does
        logger.info("Found.", extra={"intent": intent, "source": "api"})
        return text
    except (urllib3.exceptions.HTTPError, OSError, ValueError, concurrent.futures.TimeoutError) as error:
        logger.info("Found.", extra={"intent": intent, "source": "bundled", "error": type(error).__name__})
        return random.choice(BUNDLED[intent])


def _ask(url: str, field: str) -> str:
    response = http.request("GET", url, retries=False, timeout=urllib3.Timeout(total=SECONDS))
    answer = response.json() if response.status == 200 else None
    text = answer.get(field) if isinstance(answer, dict) else None
    if not isinstance(text, str) or not 0 < len(text.strip()) <= MAX_CHARACTERS:
        raise ValueError(f"No {field} in the answer.")
    return text.strip()
