"""X's webhook: answers the challenge, verifies the signature, publishes what was delivered."""

import base64
import functools
import json
import logging
import math
import os
import time
from collections import Counter
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

import activities
import messages
import publishing
import signature

logger = logging.getLogger()
logger.setLevel(logging.INFO)

# X waits ten seconds: no call to the bus begins after four and a half, none lasts four, and it is publishing that repeats them.
SECONDS_TO_BEGIN = 4.5
_session = botocore.session.get_session()  # boto3 would add to the start-up, and nothing else here
events: Any = _session.create_client(
    "events", config=Config(connect_timeout=1, read_timeout=2.5, retries={"mode": "standard", "total_max_attempts": 1}))
secrets_manager: Any = _session.create_client(
    "secretsmanager", config=Config(connect_timeout=1, read_timeout=2.5, retries={"mode": "standard", "total_max_attempts": 2}))

SECRET_SECONDS = 300  # how long a rotated secret may go unnoticed


class SecretEmpty(Exception):
    """The secret is as the template created it. Raised rather than returned, so that it is not cached and filling it works at once."""


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """API Gateway's REST proxy event in, its response out.

    200 for an answered challenge and a published delivery; 400 for a bad body or a missing token; 401 for a bad signature; 405 for any
    other method; 503 while the secret is empty or cannot be read, or while the bus does not take every event, so that X delivers again.
    """
    deadline = time.monotonic() + SECONDS_TO_BEGIN
    method = event.get("httpMethod")
    token, body = str((event.get("queryStringParameters") or {}).get("crc_token") or ""), _body(event)
    if method not in ("GET", "POST"):
        return _refusal(405, "Only GET and POST are answered.")
    if method == "GET" and not token:
        return _refusal(400, "crc_token is missing.")
    if method == "POST" and not body:
        return _refusal(400, "The body is missing.")
    try:
        secrets = _secrets(int(time.time() // SECRET_SECONDS))
    except SecretEmpty:
        logger.error("ApiSecret is empty: fill the secret of this application.")
        return _response(503, {"message": "Not ready."})
    except (BotoCoreError, ClientError, ValueError) as error:
        logger.error("The secret could not be read: %s", error if isinstance(error, ClientError) else type(error).__name__)
        return _response(503, {"message": "Not ready."})
    if method == "GET":
        logger.info("Challenge answered.")
        return _response(200, {"response_token": signature.answer(secrets, token.encode("utf-8", "replace"))})
    if not signature.is_valid(secrets, body, event):
        if not secrets.client and signature.header(event, signature.CLIENT_HEADER) is not None:
            logger.error("X signs with the app's OAuth 2.0 client secret: fill in ClientSecret in the secret of this application.")
        return _refusal(401, "The signature is missing or wrong.")
    return _delivery(body, deadline)


@functools.lru_cache(maxsize=1)
def _secrets(period: int) -> signature.Secrets:
    """What X signs with, read once in each period so that a rotated secret is noticed."""
    value = json.loads(secrets_manager.get_secret_value(SecretId=os.environ["SECRET_ARN"]).get("SecretString", ""))
    found = [value.get(name) if isinstance(value, dict) else None for name in ("ApiSecret", "ClientSecret")]
    secrets = signature.Secrets(*(secret if isinstance(secret, str) else "" for secret in found))
    if not any(secrets):
        raise SecretEmpty
    return secrets


def _delivery(body: bytes, deadline: float) -> dict[str, Any]:
    try:
        payload = json.loads(body, parse_float=_finite, parse_constant=_finite)
        if not isinstance(payload, dict):
            return _refusal(400, "The body is not a JSON object.")
        entries = _entries(payload)
    except (ValueError, RecursionError):
        return _refusal(400, "The body is not JSON.")
    counts = Counter(entry["DetailType"] for entry in entries)
    errors = publishing.publish(events, os.environ["EVENT_BUS_NAME"], entries, deadline)
    if errors:
        logger.error("Events were not published.", extra={"counts": counts, "errors": errors})
        return _response(503, {"message": "Deliver again."})
    logger.info("Events published.", extra={"counts": counts})
    return _response(200, {"published": len(entries)})


def _entries(payload: dict[str, Any]) -> list[publishing.Entry]:
    found = activities.of(payload)
    return [*(publishing.entry(activity.detail_type, activity.raw) for activity in found),
            *(publishing.entry("MESSAGE_RECEIVED", message) for message in messages.addressed_to(os.environ["BOT_USER_ID"], found))]


def _finite(number: str) -> float:
    """Python reads NaN, Infinity and 1e999, which are no JSON that the bus would take."""
    value = float(number)
    if not math.isfinite(value):
        raise ValueError("A number of the body is not finite.")
    return value


def _body(event: dict[str, Any]) -> bytes:
    """The raw body, which is what was signed; empty where there is none."""
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return body.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except ValueError:
        return b""


def _refusal(status: int, reason: str) -> dict[str, Any]:
    logger.warning("Refused: %s", reason, extra={"status": status})
    return _response(status, {"message": reason})


def _response(status: int, body: dict[str, Any]) -> dict[str, Any]:
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}
