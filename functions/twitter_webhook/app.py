"""X's webhook: answers the challenge, verifies the signature, publishes what was delivered."""

import base64
import binascii
import functools
import json
import logging
import os
import time
from collections import Counter
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

import activities
import messages
import publishing
import signature

logger = logging.getLogger()
logger.setLevel(logging.INFO)

_config = Config(connect_timeout=2, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 2})
events = boto3.client("events", config=_config)
secrets_manager = boto3.client("secretsmanager", config=_config)

SECRET_SECONDS = 300  # how long a rotated secret may go unnoticed


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """API Gateway's REST proxy event in, its response out.

    200 for an answered challenge and a published delivery; 400 for a bad body or a missing token; 401 for a bad signature; 405 for any
    other method; 503 while the secret is empty or cannot be read, or while the bus does not take every event, so that X delivers again.
    """
    method = event.get("httpMethod")
    if method not in ("GET", "POST"):
        return _response(405, {"message": "Only GET and POST are answered."})
    try:
        secret = _api_secret(int(time.time() // SECRET_SECONDS))
    except (BotoCoreError, ClientError, ValueError) as error:
        logger.error("The secret could not be read: %s", error if isinstance(error, ClientError) else type(error).__name__)
        return _response(503, {"message": "Not ready."})
    if not secret:
        logger.error("ApiSecret is empty: fill the secret of this application.")
        return _response(503, {"message": "Not ready."})
    return _challenge(event, secret) if method == "GET" else _delivery(event, secret)


@functools.lru_cache(maxsize=1)
def _api_secret(period: int) -> str:
    """The consumer secret, read once in each period so that a rotated one is noticed."""
    value = json.loads(secrets_manager.get_secret_value(SecretId=os.environ["SECRET_ARN"])["SecretString"])
    return str(value.get("ApiSecret") or "") if isinstance(value, dict) else ""


def _challenge(event: dict[str, Any], secret: str) -> dict[str, Any]:
    token = (event.get("queryStringParameters") or {}).get("crc_token")
    if not token:
        return _response(400, {"message": "crc_token is missing."})
    logger.info("Challenge answered.")
    return _response(200, {"response_token": signature.sign(secret, token.encode())})


def _delivery(event: dict[str, Any], secret: str) -> dict[str, Any]:
    body = _body(event)
    if not body:
        return _response(400, {"message": "The body is missing."})
    if not signature.is_valid(secret, body, event):
        logger.warning("Signature refused.")
        return _response(401, {"message": "The signature is missing or wrong."})
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return _response(400, {"message": "The body is not JSON."})
    if not isinstance(payload, dict):
        return _response(400, {"message": "The body is not a JSON object."})

    found = activities.of(payload)
    entries = [publishing.entry(activity.detail_type, activity.raw) for activity in found]
    entries += [publishing.entry("MESSAGE_RECEIVED", message)
                for message in messages.addressed_to(os.environ["BOT_USER_ID"], found)]
    unpublished = publishing.publish(events, os.environ["EVENT_BUS_NAME"], entries)
    counts = Counter(entry["DetailType"] for entry in entries)
    if unpublished:
        logger.error("Events were not published.", extra={"unpublished": unpublished, "counts": counts})
        return _response(503, {"message": "Deliver again."})
    logger.info("Events published.", extra={"counts": counts})
    return _response(200, {"published": len(entries)})


def _body(event: dict[str, Any]) -> bytes:
    """The raw body, which is what was signed; empty where there is none."""
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return body.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error:
        return b""


def _response(status: int, body: dict[str, Any]) -> dict[str, Any]:
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}
