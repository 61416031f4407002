"""X's signature: base64 of HMAC-SHA256 under the consumer secret, over the challenge's token or the raw body.

Source: X developer documentation, "Securing webhooks".
"""

import base64
import hashlib
import hmac
from typing import Any

HEADER = "x-twitter-webhooks-signature"


def sign(secret: str, content: bytes) -> str:
    """The signature as X writes it, `sha256=` in front."""
    return "sha256=" + base64.b64encode(hmac.new(secret.encode(), content, hashlib.sha256).digest()).decode()


def is_valid(secret: str, body: bytes, event: dict[str, Any]) -> bool:
    """Whether the request's own signature is the body's; compared in constant time, as bytes so that any header may come."""
    given = _header(event)
    return given is not None and hmac.compare_digest(given.encode("utf-8", "replace"), sign(secret, body).encode())


def _header(event: dict[str, Any]) -> str | None:
    """The signature header in whatever case it came: HTTP/2 lower-cases names, HTTP/1.1 clients need not."""
    for name, value in (event.get("headers") or {}).items():
        if name.lower() == HEADER and isinstance(value, str):
            return value
    for name, values in (event.get("multiValueHeaders") or {}).items():
        if name.lower() == HEADER and values and isinstance(values[-1], str):
            return str(values[-1])
    return None
