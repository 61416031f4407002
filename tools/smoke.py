"""`python -m tools smoke`: whether a deployment takes what X delivers, tried from outside with a delivery that nobody answers."""

import argparse
import json
import secrets
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import requests

from tools import command, event_log, output
from tools.stack import Failure, Stack
from tools.x import secrets as x_secrets
from tools.x.api import Keys
from tools.x.asking import ask, response_token
from tools.x.signing import answer, header, sign

KIND = "smoke_test"  # no activity of X's: published as every unknown kind is, and nobody's business
DETAIL_TYPE = "TWITTER_SMOKE_TEST"
POLL_SECONDS = 0.5
EARLIER = timedelta(minutes=2)  # clocks differ

MORE = f"""\
It asks X's challenge, sends a delivery with a wrong signature, and one that is signed with the keys in the application's secret. The delivery is an
activity that X does not have: it crosses the gateway, the function and the bus as {DETAIL_TYPE}, into the event log and the lake, and nothing is
posted. The exit status is 0 if all of it went well. For after a deployment; a pipeline can undo it when this fails."""


def add_to(commands: object) -> None:
    """Its command."""
    parser = command.add(commands, "smoke", _smoke, "deliver a signed activity that nobody answers, and watch it arrive",
                         "smoke\nsmoke --stack serverless-message-analyser-dev\nsmoke --sandbox", MORE)
    parser.add_argument("--seconds", type=int, default=60, metavar="N", help="how long the event may take to the event log (default 60)")
    command.add_json(parser)


def _smoke(arguments: argparse.Namespace) -> int:
    stack, steps = command.stack_of(arguments), []
    failure = ""
    checks = _checks(stack, arguments.seconds)
    try:
        for check, run in checks:
            started = time.monotonic()
            run()
            steps.append({"check": check, "seconds": round(time.monotonic() - started, 2), "result": "passed"})
    except Failure as failed:
        failure = str(failed)
        steps.append({"check": check, "seconds": round(time.monotonic() - started, 2), "result": failure})
    output.show(steps, ["check", "seconds", "result"], arguments.json)
    output.note(f"The deployment {stack.name} does not take deliveries." if failure else f"The deployment {stack.name} takes deliveries.",
                "red" if failure else "green")
    return 1 if failure else 0


def _checks(stack: Stack, seconds: int) -> Iterator[tuple[str, Callable[[], None]]]:
    url, keys = stack.output("WebhookUrl"), x_secrets.kept(stack)
    identifier = f"smoke-{secrets.token_hex(8)}"
    body = json.dumps({"for_user_id": stack.parameters.get("BotUserId", ""), f"{KIND}_events": [{"id_str": identifier}]}).encode()
    yield "challenge answered", lambda: _challenge(url, keys)
    yield "wrong signature refused", lambda: _deliver(url, body, {header(keys): sign(secrets.token_hex(16), body)}, 401)
    yield "delivery taken", lambda: _deliver(url, body, {header(keys): sign(keys.ClientSecret or keys.ApiSecret, body)}, 200)
    yield "event in the log", lambda: _arrival(stack, identifier, seconds)


def _challenge(url: str, keys: Keys) -> None:
    token = secrets.token_urlsafe(24)
    response = _ask("GET", url, params={"crc_token": token})
    _expect(response, 200)
    if response_token(response) != answer(keys, token):
        raise Failure("The challenge is answered with another key than the secret has: an old one is remembered for five minutes.")


def _deliver(url: str, body: bytes, signature: dict[str, str], expected: int) -> None:
    _expect(_ask("POST", url, data=body, headers={"content-type": "application/json", **signature}), expected)


def _arrival(stack: Stack, identifier: str, seconds: int) -> None:
    logs, group, since = stack.client("logs"), stack.output("EventLogGroupName"), datetime.now(UTC) - EARLIER
    deadline = time.monotonic() + seconds
    while not any(event.detail_type == DETAIL_TYPE for event in event_log.read(logs, group, since, tweet_id=identifier)):
        if time.monotonic() > deadline:
            raise Failure(f"{DETAIL_TYPE} was taken and did not get to the event log within {seconds} seconds. Look at the rule of the event log"
                          " and at plumbing's dead-letter queue: python -m tools dead-letters list")
        time.sleep(POLL_SECONDS)


def _ask(method: str, url: str, **request: object) -> requests.Response:
    answered = ask(method, url, **request)
    if isinstance(answered, str):
        raise Failure(f"{url} does not answer: {answered}.")
    return answered


def _expect(answer: requests.Response, status: int) -> None:
    if answer.status_code != status:
        raise Failure(f"The webhook answered {answer.status_code} where {status} was due: {answer.text[:200]}")
