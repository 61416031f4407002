"""`python -m tools replay`: a time span of the archive once more over the bus, counted first."""

import argparse
import json
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from tools import command, event_log, output, times
from tools.stack import Failure, Stack

RUNNING = ("STARTING", "RUNNING", "CANCELLING")
POLL_SECONDS = 0.5
ARCHIVE_DELAY = timedelta(minutes=10)  # what is younger may not be in the archive yet; EventBridge user guide, "Replaying archived events"

MORE = """\
Without --yes it only counts, from the event log: by detail type, what the archive holds of that time. With --rule it counts for each rule
what matches its pattern, as EventBridge itself does.

A replay posts nothing twice: egress remembers every reply that it has posted, and what stems from a replay carries its name, so that
nobody is alerted again and the lake can leave it out. Name the rule whose consumer missed the events: without --rule they go to all of
them, and each message is analysed and answered from each of its events."""


def add_to(commands: Any) -> None:
    """Its command."""
    parser = command.add(
        commands, "replay", _replay, "replay archived events of a time span, to all rules or some",
        "replay --from 2h\nreplay --from 2h --rule analysis --yes\n"
        "replay --from 2026-11-25T09:00 --to 2026-11-25T09:30 --rule egress --yes", MORE)
    parser.add_argument("--from", dest="start", required=True, type=command.time_argument, metavar="TIME", help="2h, 30m ago, 2026-11-25T09:00 (UTC)")
    parser.add_argument("--to", dest="end", default="now", type=command.time_argument, metavar="TIME", help="likewise (default now)")
    parser.add_argument("--rule", action="append", default=[], metavar="NAME",
                        help="only to this rule, or the rules of this microservice, such as analysis; may be repeated")
    parser.add_argument("--yes", action="store_true", help="start it, and follow it to its end")
    command.add_json(parser)


def _replay(arguments: argparse.Namespace) -> int:
    if arguments.start >= arguments.end:
        raise Failure(f"--from ({times.stamp(arguments.start)}) is not before --to ({times.stamp(arguments.end)}).")
    stack = command.stack_of(arguments)
    chosen = [rule for name in arguments.rule for rule in rules(stack, name)]
    archive = stack.client("events").describe_archive(ArchiveName=stack.output("ArchiveArn").rsplit("/", 1)[-1])
    _warn(arguments, archive)
    if arguments.yes:
        return _run(stack, arguments, chosen)
    counts = _count(stack, arguments.start, arguments.end, chosen)
    output.show([{"rule": rule, "event": event, "events": number} for (rule, event), number in sorted(counts.items())],
                ["rule", "event", "events"], arguments.json)
    output.note(f"A dry run: {counts.total()} events from {times.stamp(arguments.start)} to {times.stamp(arguments.end)}, counted in the event log."
                " Nothing was replayed; --yes replays them.")
    return 0


def rules(stack: Stack, name: str) -> list[dict[str, Any]]:
    """The rules of that name, of that logical id, or of the microservice of that name."""
    pages = stack.client("events").get_paginator("list_rules").paginate(EventBusName=stack.output("EventBusName"))
    there = {rule["Name"]: rule for page in pages for rule in page["Rules"] if rule.get("EventPattern")}
    if name in there:
        return [there[name]]
    known: dict[str, list[dict[str, Any]]] = {}
    for service in stack.services:
        for logical_id, physical_id in service.resources.items():
            rule = there.get(physical_id.rpartition("|")[2])  # CloudFormation has `bus|rule`
            if rule:
                known.setdefault(service.name.lower(), []).append(rule)
                known[logical_id.lower()] = [rule]
    if name.lower() not in known:
        raise Failure(f"There is no rule {name}. Name one of: {', '.join(sorted(known))}.")
    return known[name.lower()]


def _warn(arguments: argparse.Namespace, archive: dict[str, Any]) -> None:
    now = datetime.now(UTC)
    if arguments.end > now - ARCHIVE_DELAY:
        output.note("The archive may not have the events of the last ten minutes yet.", "yellow")
    if archive.get("RetentionDays") and arguments.start < now - timedelta(days=archive["RetentionDays"]):
        output.note(f"The archive keeps events for {archive['RetentionDays']} days: older ones are not replayed, though they are counted.", "yellow")


def _count(stack: Stack, start: datetime, end: datetime, rules: list[dict[str, Any]]) -> "Counter[tuple[str, str]]":
    """How many events the archive holds of that time, by rule (empty for all rules) and detail type. What was replayed itself is not archived."""
    counts: Counter[tuple[str, str]] = Counter()
    events, logs = stack.client("events"), stack.client("logs")
    with output.progress("Counting events") as progress:
        for event in event_log.read(logs, stack.output("EventLogGroupName"), start, end + timedelta(minutes=5)):  # the log may lag behind
            if "replay-name" in event.envelope or not times.stamp(start) <= event.envelope["time"] <= times.stamp(end):
                continue
            matching = [_label(stack, rule) for rule in rules if _matches(events, rule, event)] if rules else [""]
            counts.update((name, event.detail_type) for name in matching)
            progress.tell(f"{counts.total()}, at {event.envelope['time']}")
    return counts


def _matches(events: Any, rule: dict[str, Any], event: event_log.Event) -> bool:
    names = json.loads(rule["EventPattern"]).get("detail-type")
    if names and event.detail_type not in names and all(isinstance(name, str) for name in names):
        return False  # saves a call
    return bool(events.test_event_pattern(EventPattern=rule["EventPattern"], Event=json.dumps(event.envelope))["Result"])


def _label(stack: Stack, rule: dict[str, Any]) -> str:
    """`Responding/RespondToTextMessageAnalysed`, whatever CloudFormation calls it."""
    return next((f"{service.name}/{logical_id}" for service in stack.services for logical_id, physical_id in service.resources.items()
                 if physical_id.rpartition("|")[2] == rule["Name"]), rule["Name"])


def start(stack: Stack, begin: datetime, end: datetime, chosen: list[dict[str, Any]]) -> str:
    """Starts a replay of a time span to those rules, or to all where there are none; returns its name."""
    events, name = stack.client("events"), datetime.now(UTC).strftime("replay-%Y%m%dT%H%M%S-%f")
    archive = events.describe_archive(ArchiveName=stack.output("ArchiveArn").rsplit("/", 1)[-1])
    aim = {"FilterArns": [rule["Arn"] for rule in chosen]} if chosen else {}
    events.start_replay(ReplayName=name, EventSourceArn=archive["ArchiveArn"], EventStartTime=begin, EventEndTime=end,
                        Destination={"Arn": archive["EventSourceArn"], **aim})
    return name


def _run(stack: Stack, arguments: argparse.Namespace, chosen: list[dict[str, Any]]) -> int:
    events, name = stack.client("events"), start(stack, arguments.start, arguments.end, chosen)
    output.note(f"Started {name}.")
    try:
        replay = _followed(events, name)
    except KeyboardInterrupt:
        output.note(f"\n{name} goes on. `aws events cancel-replay --replay-name {name}` ends it.")
        raise
    output.show([{"replay": name, "state": replay["State"], "from": times.stamp(arguments.start), "to": times.stamp(arguments.end),
                  "reason": replay.get("StateReason")}], ["replay", "state", "from", "to", "reason"], arguments.json)
    return 0 if replay["State"] == "COMPLETED" else 1


def _followed(events: Any, name: str) -> dict[str, Any]:
    with output.progress("Replaying") as progress:
        while True:
            replay: dict[str, Any] = events.describe_replay(ReplayName=name)
            if replay["State"] not in RUNNING:
                return replay
            progress.tell(f"({replay['State'].lower()}) up to {replay.get('EventLastReplayedTime', '…')}")
            time.sleep(POLL_SECONDS)
