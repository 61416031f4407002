"""Webhooks as X has them: the challenge before it trusts one, and a signature on all that it delivers.

An app that has OAuth 2.0 set up has a client secret: X then takes no other secret for the challenge's answer, and signs with it in a header of its
own. Beside it the header by the consumer secret comes as long as X thinks that the app may need it.

Source: X developer documentation, "V2 Webhooks API", "Signature headers".
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Any

import httpx

SECONDS = 10  # X waits as long for an answer


@dataclass
class Signing:
    """The app's secrets that X signs with: the consumer secret, and the client secret if it has one; `both`: in the older header as well."""

    consumer_secret: str
    client_secret: str | None = None
    both: bool = True

    def headers(self, body: bytes) -> dict[str, str]:
        """The signatures of a delivery."""
        older = {"x-twitter-webhooks-signature": sign(self.consumer_secret, body)}
        if not self.client_secret:
            return older
        return {"x-twitter-webhooks-signature-oauth2": sign(self.client_secret, body), **(older if self.both else {})}

    def answer(self, token: str) -> str:
        """What a challenge has to be answered with."""
        return sign(self.client_secret or self.consumer_secret, token.encode())


def sign(secret: str, content: bytes) -> str:
    """X's signature."""
    return "sha256=" + base64.b64encode(hmac.new(secret.encode(), content, hashlib.sha256).digest()).decode()


class ChallengeFailed(Exception):
    """The webhook did not answer the challenge as X wants it."""


class Webhook:
    """A registered webhook."""

    def __init__(self, url: str, signing: Signing) -> None:
        self._url, self._signing = url, signing

    async def challenge(self) -> None:
        """Asks for the CRC response; ChallengeFailed where it is wrong."""
        token = secrets.token_urlsafe(24)
        async with httpx.AsyncClient(timeout=SECONDS) as client:
            response = await client.get(self._url, params={"crc_token": token})
        if response.status_code != 200 or _token(response) != self._signing.answer(token):
            raise ChallengeFailed(f"The webhook answered the challenge with {response.status_code}: {response.text[:200]}")

    async def deliver(self, body: bytes) -> httpx.Response:
        """Signs a body and posts it."""
        headers = {"content-type": "application/json", **self._signing.headers(body)}
        async with httpx.AsyncClient(timeout=SECONDS + 50) as client:
            return await client.post(self._url, content=body, headers=headers)


def _token(response: httpx.Response) -> Any:
    try:
        answer = response.json()
    except ValueError:
        answer = None
    return answer.get("response_token") if isinstance(answer, dict) else None
