"""`python -m tools events tail`: what crosses the bus, by name."""

import argparse
import csv
import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console
from rich.text import Text

from tools import command, event_log, times
from tools.event_log import ENDS, Event
from tools.letters import KEYS
from tools.stack import Failure, Stack

X_EPOCH = 1288834974657  # milliseconds since 1970; X developer documentation, "X IDs"
LATE = timedelta(seconds=30)  # how long after its time an event may turn up in the log
POLL_SECONDS = 1.0
COLUMNS = ("time", "event", "key", "replay")


def add_to(commands: Any) -> None:
    """Its command."""
    tail = command.add(
        command.group(commands, "events", "watch the events that cross the bus"), "tail", _tail, "the events of the event log, oldest first",
        "events tail --since 1h\nevents tail --follow\nevents tail --message 1572570427880538999 --follow",
        "Names and ids only; what people wrote is shown only with --content. --follow ends with Ctrl-C, or with what comes of the --message.")
    tail.add_argument("--since", type=command.time_argument, metavar="TIME", help="from when on (default 15m, or when the --message was posted)")
    tail.add_argument("--message", metavar="TWEET_ID", help="only what stems from this post on X")
    tail.add_argument("--follow", action="store_true", help="go on with new ones")
    tail.add_argument("--content", action="store_true", help="with each event's detail, and thus what people wrote")
    tail.add_argument("--json", action="store_true", help="print a JSON object a line")


def _tail(arguments: argparse.Namespace) -> int:
    since = arguments.since or (_posted(arguments.message) if arguments.message else times.parse("15m"))
    write = _writer(arguments)
    try:
        for event in _events(command.stack_of(arguments), since, arguments.message or "", arguments.follow):
            write(event)
    except KeyboardInterrupt:
        if not arguments.follow:
            raise
    return 0


def _events(stack: Stack, since: datetime, tweet_id: str, follow: bool) -> Iterator[Event]:
    logs, group = stack.client("logs"), stack.output("EventLogGroupName")
    seen: set[str] = set()
    while True:
        polled = datetime.now(UTC)
        found = event_log.read(logs, group, since, tweet_id=tweet_id)
        fresh = sorted((event for event in found if event.id not in seen), key=lambda event: event.time)
        yield from fresh
        seen.update(event.id for event in fresh)
        if not follow or (tweet_id and any(event.detail_type in ENDS for event in fresh)):
            return
        since = max(since, polled - LATE)
        time.sleep(POLL_SECONDS)


def _writer(arguments: argparse.Namespace) -> Any:
    columns = [*COLUMNS, *(["detail"] if arguments.content else [])]
    if arguments.json:
        return lambda event: print(json.dumps({column: _fields(event)[column] for column in columns}, ensure_ascii=False), flush=True)
    if sys.stdout.isatty():
        console = Console(highlight=False, soft_wrap=True)
        return lambda event: console.print(_line(event, arguments.content))
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)

    def write(event: Event) -> None:
        fields = {**_fields(event), "detail": json.dumps(event.detail, ensure_ascii=False)}
        writer.writerow([fields[column] for column in columns])
        sys.stdout.flush()

    return write


def _fields(event: Event) -> dict[str, Any]:
    moment = datetime.fromtimestamp(event.time / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    key = next((str(event.detail[key]) for key in KEYS if event.detail.get(key)), next(iter(event.tweet_ids), ""))
    replay = event.envelope.get("replay-name") or event.detail.get("ReplayName") or ""
    return {"time": moment, "event": event.label, "key": key, "replay": replay, "detail": event.detail}


def _line(event: Event, content: bool) -> Text:
    fields = _fields(event)
    line = Text.assemble((fields["time"], "dim"), "  ", (fields["event"], "red" if "FAILED" in fields["event"] else "cyan"), "  ", fields["key"])
    if fields["replay"]:
        line.append(f"  replayed by {fields['replay']}", "yellow")
    if content:
        line.append("\n" + json.dumps(event.detail, indent=2, ensure_ascii=False))
    return line


def _posted(tweet_id: str) -> datetime:
    """When a post was made: its id says so. A little earlier, since clocks differ."""
    if not tweet_id.isdecimal():
        raise Failure(f"{tweet_id} is no id of a post on X: take the digits only.")
    return datetime.fromtimestamp(((int(tweet_id) >> 22) + X_EPOCH) / 1000, UTC) - timedelta(minutes=1)
