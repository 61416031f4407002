"""Faults of the embedded AWS, as tests ask for them."""

from dataclasses import dataclass
from typing import Any

import httpx

ALWAYS = 1_000_000  # times
SECONDS = 60  # that a busy machine may take to answer


@dataclass(frozen=True)
class Injected:
    """A fault that is there until it has struck often enough, or is ended."""

    url: str
    id: str

    @property
    def struck(self) -> int:
        """How many calls it has met."""
        [found] = [fault for fault in httpx.get(self.url, timeout=SECONDS).raise_for_status().json() if fault["id"] == self.id]
        return int(found["struck"])

    def end(self) -> None:
        """No call meets it any more."""
        httpx.delete(self.url, params={"id": self.id}, timeout=SECONDS).raise_for_status()


def inject(endpoint: str, action: str, **how: Any) -> Injected:
    """Asks for a fault of an action such as "s3:PutObject"; `how` as in `sandbox.aws.faults`."""
    service, operation = action.split(":")
    url = f"{endpoint}/_sandbox/faults"
    answer = httpx.post(url, json={"service": service, "operation": operation, **how}, timeout=SECONDS).raise_for_status().json()
    return Injected(url, answer["id"])
