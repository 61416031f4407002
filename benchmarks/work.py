"""What one message makes AWS do, measured in the sandbox: `python -m benchmarks.work` writes it to tools/work.json, which `tools cost` bills by.

Counts and sizes are what AWS would count. Milliseconds are those of this machine, whose processor is not Lambda's, and of local models in place of
AWS's: they say what the application's own code and its workflows take, and nothing of how long AWS, X or a joke's server let one wait.
"""

import argparse
import json
import os
import platform
import re
import statistics
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from sandbox.runtime import Sandbox
from tests.integration.bot import Bot, Outcome
from tests.waiting import eventually
from tools.bill import WORK_FILE

KINDS = {"text": ("please tell me a joke", None, "a joke is asked for, in a language that X names"),
         "image": ("who is this?", "astronaut.jpg", "a photo of one known person, who is named and drawn")}
LOGS = {"Ingress": ["TwitterWebhook"], "Analysis": ["DownloadImage"], "Responding": ["AnnotateImage", "FulfilIntent"], "Egress": ["PostTweet"]}
WORKFLOWS = {"Analysis": ["AnalyseMessage"], "Responding": ["RespondToText", "RespondToImages"], "Egress": ["SendTweet"]}
MESSAGES = 20
NOT_BY_MESSAGE = ("events:PutEvents", "lambda:InvokeFunction", "secretsmanager:GetSecretValue", "sns:Publish", "logs:PutLogEvents",
                  "logs:CreateLogStream")
REPORT = re.compile(r"^REPORT .*?Duration: ([\d.]+) ms\b.*?Max Memory Used: (\d+) MB", re.DOTALL)
LOG_EVENT = 26  # bytes that CloudWatch adds to each


@dataclass
class Work:
    """What a message did: actions by name; of each function how often, its milliseconds and bytes of log; of each workflow its states and its
    milliseconds; of each event its bytes; bytes that were posted."""

    actions: Counter[str] = field(default_factory=Counter)
    functions: Counter[str] = field(default_factory=Counter)
    function_milliseconds: dict[str, float] = field(default_factory=dict)
    log_bytes: int = 0
    states: Counter[str] = field(default_factory=Counter)
    workflow_milliseconds: dict[str, int] = field(default_factory=dict)
    event_bytes: dict[str, int] = field(default_factory=dict)
    media_bytes: int = 0


class Meter:
    """Reads what a deployed bot has done so far; the work of a message is what has come on top of it."""

    def __init__(self, bot: Bot) -> None:
        self._bot, self._logs = bot, bot.client("logs")
        self._groups = {f"{name}Function": bot.resource(service, f"{name}Log") for service, names in LOGS.items() for name in names}
        self._workflows = {name: bot.resource(service, f"{name}Log") for service, names in WORKFLOWS.items() for name in names}
        self._seen: Counter[tuple[str, int, str]] = Counter()
        self._actions = self._used()
        self._fresh()

    def work_of(self, text: str, photo: str | None, expected: int) -> Work:
        """Delivers a mention, and returns what it did once `expected` functions have reported and all workflows have ended."""
        outcome = self._bot.mention(text, [f"{self._bot.outputs['XApiUrl']}/media/{photo}"] if photo else None)
        work = Work(event_bytes={event.detail_type: len(json.dumps(event.envelope, ensure_ascii=False).encode()) for event in outcome.events},
                    media_bytes=self._posted(outcome))
        started: dict[str, int] = {}
        ended: dict[str, int] = {}

        def over() -> bool:
            for name, time, message in self._fresh():
                self._count(work, name, time, message, started, ended)
            return work.functions.total() >= expected and len(ended) == 3

        eventually(over)
        now = self._used()
        work.actions, self._actions = now - self._actions, now
        work.workflow_milliseconds = {name: ended[name] - started[name] for name in ended}
        return work

    def _count(self, work: Work, name: str, time: int, message: str, started: dict[str, int], ended: dict[str, int]) -> None:
        if name in self._workflows:
            kind = json.loads(message)["type"]
            work.states[name] += kind.endswith("StateEntered")
            if kind == "ExecutionStarted":
                started[name] = time
            elif kind.startswith("Execution"):
                ended[name] = time
            return
        work.log_bytes += len(message.encode()) + LOG_EVENT
        if report := REPORT.match(message):
            work.functions[name] += 1
            work.function_milliseconds[name] = work.function_milliseconds.get(name, 0.0) + float(report[1])

    def _fresh(self) -> Iterator[tuple[str, int, str]]:
        """What has been logged since the last time: by whom, when, and what."""
        now = Counter((name, record["timestamp"], record["message"]) for name, group in {**self._groups, **self._workflows}.items()
                      for page in self._logs.get_paginator("filter_log_events").paginate(logGroupName=group) for record in page["events"])
        fresh, self._seen = now - self._seen, now
        return fresh.elements()

    def _used(self) -> Counter[str]:
        """What roles did so far, by action; what is billed otherwise, and what the delivery streams write in batches, left out."""
        used: list[dict[str, Any]] = httpx.get(f"{self._bot.outputs['AwsEndpoint']}/_sandbox/used").raise_for_status().json()
        count: Counter[str] = Counter()
        for each in used:
            if each["action"] not in NOT_BY_MESSAGE and "StreamRole" not in each["role"] and "MessageStrea" not in each["role"]:
                count[each["action"]] += each["count"]
        return count

    def _posted(self, outcome: Outcome) -> int:
        return sum(len(httpx.get(media["url"]).content) for post in outcome.replies for media in post["media"])


def medians(works: list[Work]) -> dict[str, Any]:
    """What a message does: counts, which are the same for all (ValueError where not), and the medians of what varies."""
    def median(values: list[dict[str, Any]]) -> dict[str, int]:
        by_name: dict[str, list[float]] = defaultdict(list)
        for value in values:
            for name, number in value.items():
                by_name[name].append(number)
        return {name: round(statistics.median(numbers)) for name, numbers in sorted(by_name.items())}

    first = works[0]
    for work in works:
        if (work.actions, work.functions, work.states) != (first.actions, first.functions, first.states):
            raise ValueError(f"Two messages of a kind did not do the same: {first} and {work}")
    return {"actions": dict(sorted(first.actions.items())), "functions": dict(sorted(first.functions.items())),
            "states": dict(sorted((+first.states).items())), "event_bytes": median([work.event_bytes for work in works]),
            "function_milliseconds": median([work.function_milliseconds for work in works]),
            "workflow_milliseconds": median([work.workflow_milliseconds for work in works]),
            "log_bytes": round(statistics.median(work.log_bytes for work in works)),
            "media_bytes": round(statistics.median(work.media_bytes for work in works))}


def measured(bot: Bot, messages: int) -> dict[str, Any]:
    """The work of each kind of message, the first of each left out: functions and models were cold."""
    meter, found = Meter(bot), {}
    for kind, (text, photo, about) in KINDS.items():
        expected = 4 if photo else 3
        works = [meter.work_of(text, photo, expected) for _ in range(1 + messages)][1:]
        found[kind] = {"message": about, **medians(works)}
    return found


def main() -> int:
    """Measures and writes the file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.work", description=__doc__)
    parser.add_argument("messages", nargs="?", type=int, default=MESSAGES, help=f"of each kind, after one that warms up (default {MESSAGES})")
    messages = parser.parse_args().messages
    with tempfile.TemporaryDirectory() as folder, Sandbox(0, 0, folder=Path(folder)) as sandbox:
        found = measured(Bot(sandbox), messages)
    work = json.loads(WORK_FILE.read_text())
    work["how"] = (f"python -m benchmarks.work {messages}: medians of {messages} messages of each kind, functions warm, on {os.cpu_count()} cores of"
                   f" {platform.machine()} with a load average of {os.getloadavg()[0]:.1f}, Python {platform.python_version()}")
    work["on"], work["measured"] = datetime.now(UTC).date().isoformat(), found
    WORK_FILE.write_text(json.dumps(work, indent=2, ensure_ascii=False) + "\n")
    print(f"{WORK_FILE}: {work['how']}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
