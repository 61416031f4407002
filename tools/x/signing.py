"""X's signature, as X makes it: with the app's client secret where it has one, else with the consumer secret.

Source: X developer documentation, "V2 Webhooks API", "Signature headers".
"""

import base64
import hashlib
import hmac

from tools.x.api import Keys


def sign(secret: str, content: bytes) -> str:
    """The signature of a body, or of a challenge's token."""
    return "sha256=" + base64.b64encode(hmac.new(secret.encode(), content, hashlib.sha256).digest()).decode()


def answer(keys: Keys, token: str) -> str:
    """What a challenge has to be answered with."""
    return sign(keys.ClientSecret or keys.ApiSecret, token.encode())


def header(keys: Keys | None) -> str:
    """The header that a delivery's signature is in."""
    return "x-twitter-webhooks-signature-oauth2" if keys and keys.ClientSecret else "x-twitter-webhooks-signature"
