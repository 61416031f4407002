"""The journey of a message: its events, and the workflows and functions in between, each beneath what caused it.

An event names the execution that published it, and a rule the workflow that it starts: so far the order is certain. Which function ran for
which message is told by what it logged (the id of a post, the key of a picture), or else by when it ran; then `how` says so.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from console import deployment
from console.deployment import Deployment
from console.events import Feed
from console.executions import Execution, Executions
from console.functions import Invocation, invocations
from console.stack import FUNCTION, WORKFLOW
from tools.event_log import Event

BEFORE, AFTER = 5_000, 40_000  # milliseconds around a message's events in which its functions ran
SLACK = 250  # milliseconds that clocks and logs may differ
QUIET = ("states", "firehose", "logs")  # a workflow has a row of its own; the others hear every event
BY_TIME = "Which message it ran for is told by when it ran."
BETWEEN = "Its time is that between the event that started it and the last one that it published."


@dataclass
class Row:
    """One thing that happened. Times are in milliseconds since 1970; `parent` is the id of the row that caused it."""

    id: str
    kind: str
    name: str
    service: str
    start: float
    end: float | None = None
    parent: str = ""
    status: str = ""
    failed: bool = False
    about: str = ""
    how: str = ""
    detail: Any = None
    depth: int = field(default=0, init=False)


def journey(of: Deployment, events: list[Event], executions: Executions) -> dict[str, Any]:
    """The rows of a message's events, in order of cause, and from when to when they are."""
    rows: dict[str, Row] = {}
    runs = {run.arn: run for run in executions.all()}
    for event in events:
        _add_event(of, rows, events, event, runs)
    _add_silent(of, rows, events, runs.values())
    if rows:
        _add_functions(of, rows, events)
    ordered = list(_in_order(rows.values()))
    return {"rows": [asdict(row) for row in ordered], "start": min((row.start for row in ordered), default=0),
            "end": max((row.end or row.start for row in ordered), default=0)}


def _add_event(of: Deployment, rows: dict[str, Row], events: list[Event], event: Event, runs: dict[str, Execution]) -> None:
    identifier = event.envelope["id"] + event.id
    execution = next((arn for arn in event.envelope.get("resources", []) if ":execution:" in arn or ":express:" in arn), "")
    if execution and execution not in rows:
        run = _run(of, events, event, execution, runs.get(execution))
        if run:
            rows[execution] = run
    rows[identifier] = Row(identifier, "event", event.label, of.map.publisher(event.envelope), event.time, event.time,
                           parent=execution if execution in rows else "", failed="FAILED" in event.detail_type)
    if execution in rows and rows[execution].how:
        rows[execution].end = event.time
    for rule in of.map.listeners(event.envelope):
        for target in rule.targets:
            if target["kind"] not in QUIET:
                rows[f"{identifier}>{target['arn']}"] = Row(
                    f"{identifier}>{target['arn']}", "delivery", target["name"], rule.service, event.time, event.time, parent=identifier,
                    about=target["kind"].upper(), detail={"rule": rule.name, "pattern": rule.pattern, "target": target["arn"]})


def _run(of: Deployment, events: list[Event], event: Event, execution: str, logged: Execution | None) -> Row | None:
    """The execution that published an event, beneath the event that started it."""
    machine = next((arn for arn in event.envelope["resources"] if ":stateMachine:" in arn), "")
    service, name = of.map.owner(machine)
    if not service:
        return None
    if logged:
        return _of_log(service, name, events, logged)
    before = [each for each in events if each.time <= event.time and each is not event
              and any(target["arn"] == machine for rule in of.map.listeners(each.envelope) for target in rule.targets)]
    known = _described(of, execution)
    if known["start"]:
        before = [each for each in before if each.time <= known["start"] + SLACK] or before
    cause = before[-1] if before else None
    row = Row(execution, "workflow", name, service, known["start"] or (cause or event).time, known["end"], status=known["status"],
              parent=cause.envelope["id"] + cause.id if cause else "", failed=known["status"] in ("FAILED", "TIMED_OUT", "ABORTED"))
    if not known["start"]:
        row.how = BETWEEN
    return row


def _of_log(service: str, name: str, events: list[Event], run: Execution) -> Row:
    """An execution as its log tells of it, beneath the event that it says it was started by."""
    cause = next((event for event in events if run.event and event.envelope["id"] == run.event), None)
    return Row(run.arn, "workflow", name, service, run.start, run.end, status=run.status, parent=cause.envelope["id"] + cause.id if cause else "",
               failed=run.status in ("FAILED", "TIMED_OUT", "ABORTED"), about=run.error)


def _add_silent(of: Deployment, rows: dict[str, Row], events: list[Event], runs: Iterable[Execution]) -> None:
    """The executions that published nothing: what a message's events started is in their logs."""
    ids = {event.envelope["id"] for event in events}
    for run in runs:
        if run.event in ids and run.arn not in rows:
            service = next(service.name for service in of.map.services if run.workflow in service.named(WORKFLOW))
            rows[run.arn] = _of_log(service, run.workflow, events, run)


def _described(of: Deployment, execution: str) -> dict[str, Any]:
    """What Step Functions tells of an execution whose log tells nothing; on AWS that is nothing of an Express one."""
    try:
        answer = of.stack.client("stepfunctions").describe_execution(executionArn=execution)
    except (ClientError, BotoCoreError):
        return {"start": None, "end": None, "status": ""}
    return {"start": _milliseconds(answer["startDate"]), "end": _milliseconds(answer["stopDate"]) if answer.get("stopDate") else None,
            "status": answer["status"]}


def _add_functions(of: Deployment, rows: dict[str, Row], events: list[Event]) -> None:
    services = [service for service in of.map.services if service.named(FUNCTION) and any(row.service == service.name for row in rows.values())]
    start, end = min(row.start for row in rows.values()), max(row.end or row.start for row in rows.values())
    with ThreadPoolExecutor(max(len(services), 1)) as threads:
        for found in threads.map(lambda service: invocations(of.stack, service, start - BEFORE, end + AFTER), services):
            _attribute(rows, events, found)


def _attribute(rows: dict[str, Row], events: list[Event], found: list[Invocation]) -> None:
    tokens = {token for event in events for token in _tokens(event.detail)}
    for name in {each.name for each in found}:
        mine = [each for each in found if each.name == name]
        named = [each for each in mine if any(token in each.text for token in tokens)]
        for one in named or mine:
            caller = _caller(rows, one)
            if caller:
                rows[one.id] = _of(one, caller.id, "" if one in named else BY_TIME)
        first = next((row for row in rows.values() if row.kind == "event" and not row.parent), None)
        if first and not any(row.kind == "workflow" and row.service == first.service for row in rows.values()):
            _root(rows, first, mine)


def _caller(rows: dict[str, Row], one: Invocation) -> Row | None:
    """The workflow's run that lasted at least as long as the function's; the shortest of several."""
    around = [row for row in rows.values() if row.kind == "workflow" and row.service == one.service
              and row.start - SLACK <= one.start and one.end <= (row.end or float("inf")) + SLACK]
    return min(around, key=lambda row: (row.end or float("inf")) - row.start, default=None)


def _root(rows: dict[str, Row], first: Row, found: list[Invocation]) -> None:
    """The invocation that published the first events: nobody's workflow, and the first to end after them."""
    for one in found:
        if one.service == first.service and one.start - SLACK <= first.start <= one.end + SLACK:
            published = [row for row in rows.values() if row.kind == "event" and not row.parent and row.service == one.service
                         and one.start - SLACK <= row.start <= one.end + SLACK]
            rows[one.id] = _of(one, "", BY_TIME)
            for row in published:
                row.parent = one.id
            return


def _of(one: Invocation, parent: str, how: str) -> Row:
    said = [line for line in one.said if "botocore" not in line]
    return Row(one.id, "function", one.name, one.service, one.start, one.end, parent=parent, failed=one.failed, how=how,
               status="FAILED" if one.failed else "SUCCEEDED", about=f"started in {one.initialised:.0f} ms" if one.initialised else "",
               detail={"request": one.id, "log": said})


def _tokens(detail: dict[str, Any]) -> Iterable[str]:
    """What a function's log may name of a message: the id of the reply, the keys of its pictures."""
    yield from (str(detail[key]) for key in ("TweetId",) if detail.get(key))
    yield from (str(image["Key"]) for image in (detail.get("Analysis") or {}).get("Images", []) if image.get("Key"))
    yield from map(str, detail.get("ImageKeys") or [])


def _in_order(rows: Iterable[Row]) -> Iterable[Row]:
    """Each row before those that it caused, and those in the order of their times."""
    beneath: dict[str, list[Row]] = {}
    known = {row.id for row in rows}
    for row in sorted(rows, key=lambda row: (row.start, row.kind != "function")):
        beneath.setdefault(row.parent if row.parent in known else "", []).append(row)

    def walk(parent: str, depth: int) -> Iterable[Row]:
        for row in beneath.get(parent, []):
            row.depth = depth
            yield row
            yield from walk(row.id, depth + 1)

    return walk("", 0)


def _milliseconds(time: datetime) -> float:
    return time.timestamp() * 1000


def routes() -> list[Route]:
    """The journey of a message by the id of its post on X."""
    return [Route("/api/journeys/{id}", _journey)]


async def _journey(request: Request) -> Response:
    feed: Feed = request.app.state.feed
    events = feed.of_message(request.path_params["id"])
    if not events:
        raise HTTPException(404, "No event of this message is kept: the console holds the last 5,000 events.")
    return JSONResponse(await run_in_threadpool(journey, deployment.of(request), events, request.app.state.executions))
