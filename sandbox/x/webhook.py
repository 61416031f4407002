"""Webhooks as X has them: the challenge before it trusts one, and a signature on all that it delivers."""

import base64
import hashlib
import hmac
import secrets
from typing import Any

import httpx

from sandbox.x import Keys

SECONDS = 10  # X waits as long for an answer


class ChallengeFailed(Exception):
    """The webhook did not answer the challenge as X wants it."""


class Webhook:
    """A registered webhook."""

    def __init__(self, url: str, keys: Keys) -> None:
        self._url, self._secret = url, keys.api_secret.encode()

    async def challenge(self) -> None:
        """Asks for the CRC response; ChallengeFailed where it is wrong."""
        token = secrets.token_urlsafe(24)
        async with httpx.AsyncClient(timeout=SECONDS) as client:
            response = await client.get(self._url, params={"crc_token": token})
        if response.status_code != 200 or _token(response) != self._sign(token.encode()):
            raise ChallengeFailed(f"The webhook answered the challenge with {response.status_code}: {response.text[:200]}")

    async def deliver(self, body: bytes) -> httpx.Response:
        """Signs a body and posts it."""
        headers = {"content-type": "application/json", "x-twitter-webhooks-signature": self._sign(body)}
        async with httpx.AsyncClient(timeout=SECONDS + 50) as client:
            return await client.post(self._url, content=body, headers=headers)

    def _sign(self, content: bytes) -> str:
        return "sha256=" + base64.b64encode(hmac.new(self._secret, content, hashlib.sha256).digest()).decode()


def _token(response: httpx.Response) -> Any:
    try:
        answer = response.json()
    except ValueError:
        answer = None
    return answer.get("response_token") if isinstance(answer, dict) else None
