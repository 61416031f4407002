"""X's signatures: base64 of HMAC-SHA256 over the challenge's token or the raw body.

An app that has OAuth 2.0 set up is signed for with its client secret, in a header of its own; the consumer secret's header may come beside it, and
comes alone to an app that has no client secret. Source: X developer documentation, "V2 Webhooks API", "Signature headers".
"""

import base64
import hashlib
import hmac
from typing import Any, NamedTuple

CONSUMER_HEADER, CLIENT_HEADER = "x-twitter-webhooks-signature", "x-twitter-webhooks-signature-oauth2"


class Secrets(NamedTuple):
    """The app's secrets that X signs with; empty where the app has none, or nobody has filled it in."""

    consumer: str
    client: str


def sign(secret: str, content: bytes) -> str:
    """The signature as X writes it, `sha256=` in front."""
    return "sha256=" + base64.b64encode(hmac.new(secret.encode(), content, hashlib.sha256).digest()).decode()


def answer(secrets: Secrets, token: bytes) -> str:
    """What X's challenge is answered with: the client secret's signature where there is one."""
    return sign(secrets.client or secrets.consumer, token)


def is_valid(secrets: Secrets, body: bytes, event: dict[str, Any]) -> bool:
    """Whether the request is signed; compared in constant time, as bytes so that any header may come.

    Where the client secret is known and its header is there, that one decides alone.
    """
    secret, given = secrets.client, header(event, CLIENT_HEADER)
    if not secret or given is None:
        secret, given = secrets.consumer, header(event, CONSUMER_HEADER)
    return bool(secret) and given is not None and hmac.compare_digest(given.encode("utf-8", "replace"), sign(secret, body).encode())


def header(event: dict[str, Any], wanted: str) -> str | None:
    """A header in whatever case it came: HTTP/2 lower-cases names, HTTP/1.1 clients need not."""
    for name, value in (event.get("headers") or {}).items():
        if name.lower() == wanted and isinstance(value, str):
            return value
    for name, values in (event.get("multiValueHeaders") or {}).items():
        if name.lower() == wanted and values and isinstance(values[-1], str):
            return str(values[-1])
    return None
