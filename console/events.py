"""What crosses the bus, live: the event log's tail, kept within bounds, and streamed to every page that is open."""

import asyncio
import contextlib
import json
import secrets
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from console import deployment, schemas
from console.deployment import Deployment
from tools import event_log
from tools.event_log import Event

KEPT, KEPT_BYTES = 5_000, 64_000_000  # events, whichever is reached first
SINCE = timedelta(minutes=30)  # how far a console that opens looks back
POLL_SECONDS = {"sandbox": 0.3, "aws": 2.0}
LATE = {"sandbox": timedelta(seconds=2), "aws": timedelta(seconds=30)}  # how long after its time an event may turn up in the log
BATCH = 500  # summaries in a message of the stream
TEXT = 160  # characters of a message that its summary has


class Feed:
    """The events of late, in the order in which the log had them. One task reads; any number of pages listen."""

    def __init__(self, of: Deployment) -> None:
        self._of = of
        self._where = "aws" if of.read_only else "sandbox"
        self._events: OrderedDict[str, tuple[int, Event, dict[str, Any], int]] = OrderedDict()
        self._seen: dict[str, int] = {}  # what the next look may bring again, with its time
        self._bytes = self.last = 0
        self._changed = asyncio.Condition()
        self._from = datetime.now(UTC) - SINCE
        self.messages: Counter[str] = Counter()  # that were received so far, by what `tools/bill.py` calls their kind
        self.trouble = ""
        self.id = secrets.token_hex(4)  # another console counts its events anew

    async def run(self) -> None:
        """Reads the log until it is cancelled."""
        while True:
            try:
                fresh = await run_in_threadpool(self._read)
                trouble = ""
            except (BotoCoreError, ClientError) as error:
                fresh, trouble = [], str(error)
            if fresh or trouble != self.trouble:
                self.trouble = trouble
                self._keep(fresh)
                async with self._changed:
                    self._changed.notify_all()
            await asyncio.sleep(POLL_SECONDS[self._where])

    def event(self, identifier: str) -> Event | None:
        """A kept event by its id; None where it is not, or no longer, kept."""
        kept = self._events.get(identifier)
        return kept[1] if kept else None

    def of_message(self, tweet_id: str) -> list[Event]:
        """The kept events that stem from a post on X, in order."""
        return sorted((event for _, event, _, _ in self._events.values() if tweet_id in event.tweet_ids), key=lambda event: event.time)

    def matching(self, wanted: Callable[[Event], bool]) -> list[Event]:
        """The kept events of a kind, the oldest first."""
        return [event for _, event, _, _ in self._events.values() if wanted(event)]

    async def follow(self, after: int) -> AsyncIterator[tuple[int, list[dict[str, Any]]]]:
        """Without end: the number of the last event, and the summaries of those that came after the number named. None of either where only
        `trouble` has changed."""
        told = ""
        while True:
            fresh = [(number, summary) for number, _, summary, _ in self._events.values() if number > after]
            for start in range(0, len(fresh), BATCH):
                batch = fresh[start:start + BATCH]
                after = batch[-1][0]
                yield after, [summary for _, summary in batch]
            if told != self.trouble:
                told = self.trouble
                yield after, []
            async with self._changed:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), 15)

    def _read(self) -> list[tuple[Event, dict[str, Any], int]]:
        begun = datetime.now(UTC)
        found = event_log.read(self._of.stack.client("logs"), self._of.stack.output("EventLogGroupName"), self._from)
        fresh = sorted((event for event in found if event.id not in self._seen), key=lambda event: event.time)
        self._from = max(self._from, begun - LATE[self._where])
        start = int(self._from.timestamp() * 1000)
        self._seen = {identifier: when for identifier, when in {**self._seen, **{event.id: event.time for event in fresh}}.items() if when >= start}
        return [(event, self._summary(event), len(json.dumps(event.envelope))) for event in fresh]

    def _keep(self, fresh: list[tuple[Event, dict[str, Any], int]]) -> None:
        for event, summary, size in fresh:
            self.last += 1
            self._events[summary["id"]] = (self.last, event, {**summary, "n": self.last}, size)
            self._bytes += size
            if event.detail_type == "MESSAGE_RECEIVED" and not summary["replay"]:
                self.messages["image" if event.detail.get("ImageUrls") else "text"] += 1
        while len(self._events) > KEPT or self._bytes > KEPT_BYTES:
            self._bytes -= self._events.popitem(last=False)[1][3]

    def _summary(self, event: Event) -> dict[str, Any]:
        """What a page shows of an event without asking for all of it."""
        envelope, where = event.envelope, self._of.map
        return {
            "id": envelope["id"] + event.id, "t": event.time, "type": event.detail_type, "source": envelope["source"],
            "message": min(map(str, event.tweet_ids), default=""), "service": where.publisher(envelope),
            "rules": [rule.id for rule in where.listeners(envelope)], "text": _text(event.detail)[:TEXT], "author": _author(event.detail),
            "sentiment": (event.detail.get("Analysis") or {}).get("TextSentiment", ""),
            "replay": envelope.get("replay-name") or event.detail.get("ReplayName") or ""}


def _text(detail: dict[str, Any]) -> str:
    payload = detail.get("payload")
    return str(detail.get("Text") or detail.get("text") or (payload.get("text") if isinstance(payload, dict) else "") or detail.get("Error") or "")


def _author(detail: dict[str, Any]) -> str:
    users = (detail.get("includes") or {}).get("users") or [{}]
    return str(detail.get("Author") or (detail.get("user") or {}).get("screen_name") or users[0].get("username") or "")


def routes() -> list[Route]:
    """The stream, and one event in full."""
    return [Route("/api/stream", _stream), Route("/api/events/{id:path}", _event)]


async def _stream(request: Request) -> Response:
    feed: Feed = request.app.state.feed
    of_feed, _, known = request.headers.get("last-event-id", "").partition("-")
    last = feed.last

    async def told() -> AsyncIterator[ServerSentEvent]:
        yield ServerSentEvent(feed.id, event="hello")
        async for number, summaries in feed.follow(int(known) if of_feed == feed.id and known.isdecimal() else 0):
            content = {"events": summaries, "trouble": feed.trouble, "backlog": number <= last}
            yield ServerSentEvent(json.dumps(content), event="events", id=f"{feed.id}-{number}")

    return EventSourceResponse(told(), ping=15)


async def _event(request: Request) -> Response:
    feed: Feed = request.app.state.feed
    event = feed.event(request.path_params["id"])
    if event is None:
        raise HTTPException(404, f"This event is no longer kept: the console holds the last {KEPT:,}.")
    return JSONResponse(await run_in_threadpool(_in_full, deployment.of(request), event))


def _in_full(of: Deployment, event: Event) -> dict[str, Any]:
    """The event, its schema and how it fits, and every rule with whether it matches."""
    heard = {rule.id for rule in of.map.listeners(event.envelope)}
    return {
        "event": event.envelope, "t": event.time, "label": event.label, "service": of.map.publisher(event.envelope),
        "contract": schemas.judged(of.stack, event.envelope),
        "rules": [{"name": rule.name, "service": rule.service, "pattern": rule.pattern, "targets": rule.targets, "matches": rule.id in heard}
                  for rule in of.map.rules]}
