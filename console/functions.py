"""Invocations of the functions, from what Lambda itself writes to their logs: when each ran, for how long, and what it said.

Source: AWS Lambda developer guide, "Log and monitor": REPORT in text, `platform.report` in JSON.
"""

import functools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from console.stack import FUNCTION
from tools.stack import Service, Stack

REPORT = re.compile(r"REPORT RequestId: (\S+)\s.*?Duration: ([\d.]+) ms")
INITIALISED = re.compile(r"Init Duration: ([\d.]+) ms")
START = re.compile(r"START RequestId: (\S+)")
FAILED = re.compile(r"Status: (error|timeout)|\[ERROR\]|Task timed out")


@dataclass
class Invocation:
    """One run of a function, its times in milliseconds since 1970; `said` is what it logged, as text."""

    service: str
    name: str
    id: str
    start: float = 0
    end: float = 0
    initialised: float = 0
    failed: bool = False
    said: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Everything that it logged."""
        return "\n".join(self.said)

    @property
    def told(self) -> list[str]:
        """Of that, what its own code said."""
        return [line for line in self.said if '"logger": "botocore' not in line]


def invocations(stack: Stack, service: Service, start: float, end: float) -> list[Invocation]:
    """The invocations of a microservice's functions that ended in a time span (milliseconds since 1970), in the order of their ends."""
    found = [each for name, physical_id in service.named(FUNCTION).items()
             for each in _of(stack, service.name, name, physical_id, int(start), int(end))]
    return sorted(found, key=lambda each: each.end)


def _of(stack: Stack, service: str, name: str, physical_id: str, start: int, end: int) -> Iterator[Invocation]:
    pages = stack.client("logs").get_paginator("filter_log_events").paginate(
        logGroupName=_group(stack, physical_id), startTime=start, endTime=end)
    known: dict[str, Invocation] = {}
    running: dict[str, str] = {}  # the invocation that a stream tells of
    for page in pages:
        for record in page["events"]:
            message, stream = record["message"], record["logStreamName"]
            report = _report(message)
            identifier = (report or {}).get("id") or _identified(message) or running.get(stream, "")
            if not identifier:
                continue
            running[stream] = identifier
            one = known.setdefault(identifier, Invocation(service, name, identifier))
            if report:
                one.end, one.initialised = record["timestamp"], report["initialised"]
                one.start, one.failed = one.end - report["duration"], one.failed or report["failed"]
            elif not START.match(message) and not message.startswith("END "):
                one.said.append(message)
                one.failed = one.failed or bool(FAILED.search(message)) or '"errorType"' in message
    yield from (each for each in known.values() if each.end)


def _report(message: str) -> dict[str, Any] | None:
    found = REPORT.match(message)
    if found:
        initialised = INITIALISED.search(message)
        return {"id": found[1], "duration": float(found[2]), "initialised": float(initialised[1]) if initialised else 0.0,
                "failed": bool(FAILED.search(message))}
    content = _json(message)
    if content.get("type") != "platform.report":
        return None
    record = content["record"]
    return {"id": record["requestId"], "duration": record["metrics"]["durationMs"], "initialised": record["metrics"].get("initDurationMs", 0.0),
            "failed": record.get("status", "success") != "success"}


def _identified(message: str) -> str:
    started = START.match(message)
    if started:
        return started[1]
    content = _json(message)
    record = content.get("record")
    return str(content.get("requestId") or content.get("AWSRequestId") or (record.get("requestId") if isinstance(record, dict) else "") or "")


def _json(message: str) -> dict[str, Any]:
    try:
        content = json.loads(message)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


@functools.lru_cache(256)
def _group(stack: Stack, function: str) -> str:
    """The log group of a function."""
    logging = stack.client("lambda").get_function_configuration(FunctionName=function).get("LoggingConfig") or {}
    return str(logging.get("LogGroup") or f"/aws/lambda/{function}")
