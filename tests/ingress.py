"""The webhook function with AWS taken away: a secret and a bus that are plain objects."""

import base64
import hashlib
import hmac
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from sandbox.x import BOT_USER_ID as BOT
from sandbox.x import Keys
from tests.by_schema import violations

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "events" / "twitter_webhook"
API_SECRET = Keys().api_secret
ENVELOPE = {"version": "0", "id": "7bf73129-1428-4cd3-a780-95db273d1602", "account": "123456789012", "time": "2022-09-21T12:56:23Z",
            "region": "eu-west-1", "resources": []}


class Bus:
    """PutEvents as the handler sees it: holds what it took, and answers as its script says before it takes anything.

    A script is a list; each element is an exception to raise, or the indices of the entries to refuse.
    """

    def __init__(self, script: list[Exception | set[int]] | None = None) -> None:
        self.script = list(script or [])
        self.calls: list[list[dict[str, str]]] = []
        self.taken: list[dict[str, str]] = []

    def put_events(self, Entries: list[dict[str, str]]) -> dict[str, Any]:
        """Takes what the script lets it."""
        assert 1 <= len(Entries) <= 10
        assert sum(len(value.encode()) for each in Entries for value in each.values()) < 256 * 1024
        self.calls.append(Entries)
        answer = self.script.pop(0) if self.script else set()
        if isinstance(answer, Exception):
            raise answer
        self.taken += [each for index, each in enumerate(Entries) if index not in answer]
        return {"FailedEntryCount": len(answer),
                "Entries": [{"ErrorCode": "ThrottlingException"} if index in answer else {"EventId": str(index)} for index in range(len(Entries))]}


class Secret:
    """Secrets Manager with one secret; counts how often it is read."""

    def __init__(self, value: str = json.dumps({"ApiKey": "sandbox-api-key", "ApiSecret": API_SECRET})) -> None:
        self.value = value
        self.reads = 0

    def get_secret_value(self, SecretId: str) -> dict[str, str]:
        """The secret, whatever its name."""
        self.reads += 1
        return {"SecretString": self.value}


def connect(app: ModuleType, patch: pytest.MonkeyPatch, bus: Bus | None = None, secret: Secret | None = None, bot: str = BOT) -> Bus:
    """Puts a bus and a secret in AWS's place, and the environment that the template gives; returns the bus."""
    bus = bus or Bus()
    patch.setattr(app, "events", bus)
    patch.setattr(app, "secrets_manager", secret or Secret())
    for name, value in {"EVENT_BUS_NAME": "bus", "SECRET_ARN": "arn", "BOT_USER_ID": bot}.items():
        patch.setenv(name, value)
    app._secrets.cache_clear()
    return bus


def sample(name: str) -> dict[str, Any]:
    """A request of events/twitter_webhook/."""
    request: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text())
    return request


def sign(body: bytes, secret: str = API_SECRET) -> str:
    """X's signature, computed apart from the function's own code."""
    return "sha256=" + base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def delivery(payload: Any) -> dict[str, Any]:
    """A signed request that delivers a payload (text as it is, anything else as JSON)."""
    body = payload if isinstance(payload, str) else json.dumps(payload)
    return {"httpMethod": "POST", "headers": {"x-twitter-webhooks-signature": sign(body.encode())}, "body": body, "isBase64Encoded": False}


def mismatches(entry: dict[str, str]) -> list[str]:
    """What an entry, as the event that the bus makes of it, breaks of its schema; a kind that no schema knows breaks nothing."""
    return violations({**ENVELOPE, "source": entry["Source"], "detail-type": entry["DetailType"], "detail": json.loads(entry["Detail"])}) or []
