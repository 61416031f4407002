"""The journey of a message: its events, and the workflows and functions in between, each beneath what caused it.

A workflow's log says which event started it, which functions it called and when; an event names the execution that published it. Where a log does
not tell (AWS without WorkflowLogLevel=ALL; a function that no workflow called), when something ran tells what it ran for, and `how` says so.
"""

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from console import deployment
from console.deployment import Deployment
from console.events import Feed
from console.executions import Execution, Executions
from console.functions import Invocation, invocations
from console.stack import FUNCTION
from console.visits import Visit
from tools import workflow_graph
from tools.event_log import Event

BEFORE, AFTER = 5_000, 40_000  # milliseconds around a message's events in which its functions ran
MOST = 200  # events of a journey; a message has five, and each replay of it as many more
SLACK = 250  # milliseconds that clocks and logs may differ
QUIET = ("states", "firehose", "logs")  # a workflow has a row of its own; the others hear every event
LEX = ":lexruntimev2:"
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
    asks: list[tuple[int, int | None]] = field(default_factory=list)  # when a workflow asked Lex, whose bot has a function of its own
    depth: int = field(default=0, init=False)


def journey(of: Deployment, events: list[Event], executions: Executions) -> dict[str, Any]:
    """The rows of a message's events and of the executions that they started, in order of cause, and from when to when they are; how many `more`
    events there were before.
    """
    rows: dict[str, Row] = {}
    more, events = max(len(events) - MOST, 0), events[-MOST:]
    ids = {event.envelope["id"] for event in events}
    for execution in executions.all() if events else ():
        if execution.event in ids:
            _add_execution(of, executions, rows, events, execution)
    for event in events:
        _add_event(of, rows, events, event)
    _lead_on(rows, events)
    if rows:
        _add_functions(of, rows, events)
    ordered = list(_in_order(rows.values()))
    return {"rows": [asdict(row) for row in ordered], "more": more, "start": min((row.start for row in ordered), default=0),
            "end": max((row.end or row.start for row in ordered), default=0)}


def _add_execution(of: Deployment, executions: Executions, rows: dict[str, Row], events: list[Event], execution: Execution) -> None:
    """An execution as its log has it, and the functions that it called."""
    workflow = executions.workflows[execution.workflow]
    causes = [each for each in events if each.envelope["id"] == execution.event]  # one that was replayed has its id twice
    cause = next((each for each in reversed(causes) if each.time <= execution.start + SLACK), causes[0] if causes else None)
    rows[execution.arn] = Row(
        execution.arn, "workflow", workflow.name, workflow.service, execution.start, execution.end, parent=_id(cause) if cause else "",
        status=execution.status, failed=execution.status not in ("RUNNING", "SUCCEEDED"), about=execution.error,
        detail={"error": execution.error, "cause": execution.cause} if execution.error else None)
    resources = {name: str(state.get("Resource", "")) for name, state in workflow_graph.walk(workflow.definition)}
    for visit in executions.visits(execution):
        if LEX in resources.get(visit.name, ""):
            rows[execution.arn].asks += [(attempt.start, attempt.end) for attempt in visit.attempts]
        service, name = of.map.owner(_function(visit))
        for number, attempt in enumerate(visit.attempts) if name else ():
            identifier = f"{execution.arn}/{visit.number}/{number}"
            rows[identifier] = Row(
                identifier, "function", name, service, attempt.start, attempt.end, parent=execution.arn, failed=bool(attempt.error),
                status=attempt.error or ("RUNNING" if attempt.end is None else "SUCCEEDED"), about=f"try {number + 1}" if number else "",
                detail={"state": visit.name, "parameters": _value(visit.parameters), "error": attempt.error, "cause": attempt.cause})


def _function(visit: Visit) -> str:
    """The ARN of the function that a state calls; empty where it calls none."""
    parameters = _value(visit.parameters)
    return str(parameters.get("FunctionName") or "") if isinstance(parameters, dict) else ""


def _value(text: str | None) -> Any:
    try:
        return json.loads(text or "null")
    except ValueError:
        return text  # cut off by the log


def _id(event: Event) -> str:
    return str(event.envelope["id"] + event.id)


def _add_event(of: Deployment, rows: dict[str, Row], events: list[Event], event: Event) -> None:
    identifier = _id(event)
    execution = next((arn for arn in event.envelope.get("resources", []) if ":execution:" in arn or ":express:" in arn), "")
    if execution and execution not in rows:
        run = _unlogged(of, events, event, execution)
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


def _lead_on(rows: dict[str, Row], events: list[Event]) -> None:
    """Puts a command that comes again (X asked to wait, so that it was scheduled) beneath the workflow that had it before."""
    for number, event in enumerate(events):
        key = event.detail.get("IdempotencyKey")
        before = [each for each in events[:number] if key and (each.detail_type, each.detail.get("IdempotencyKey")) == (event.detail_type, key)]
        run = next((row for row in rows.values() if before and row.kind == "workflow" and row.parent == _id(before[-1])), None)
        if run and not rows[_id(event)].parent:
            rows[_id(event)].parent, rows[_id(event)].service = run.id, rows[_id(event)].service or run.service


def _unlogged(of: Deployment, events: list[Event], event: Event, execution: str) -> Row | None:
    """An execution that published an event and of which there is no log, beneath the last event that may have started it."""
    machine = next((arn for arn in event.envelope["resources"] if ":stateMachine:" in arn), "")
    service, name = of.map.owner(machine)
    if not service:
        return None
    before = [each for each in events if each.time <= event.time and each is not event
              and any(of.map.owner(target["arn"]) == (service, name) for rule in of.map.listeners(each.envelope) for target in rule.targets)]
    cause = before[-1] if before else None
    return Row(execution, "workflow", name, service, (cause or event).time, event.time, parent=_id(cause) if cause else "", how=BETWEEN)


def _add_functions(of: Deployment, rows: dict[str, Row], events: list[Event]) -> None:
    services = [service for service in of.map.services if service.named(FUNCTION) and any(row.service == service.name for row in rows.values())]
    start, end = min(row.start for row in rows.values()), max(row.end or row.start for row in rows.values())
    with ThreadPoolExecutor(max(len(services), 1)) as threads:
        for found in threads.map(lambda service: invocations(of.stack, service, start - BEFORE, end + AFTER), services):
            _attribute(rows, events, found)


def _attribute(rows: dict[str, Row], events: list[Event], found: list[Invocation]) -> None:
    """Adds the invocations of a microservice's functions that no workflow's log tells of, and to those that one tells of what they said."""
    tokens = {token for event in events for token in _tokens(event.detail)}
    for name in {each.name for each in found}:
        mine = [each for each in found if each.name == name]
        logged = [row for row in rows.values() if row.kind == "function" and row.name == name]
        for row in logged:
            within = [each for each in mine if row.start - SLACK <= each.start and each.end <= (row.end or float("inf")) + SLACK]
            if len(within) == 1:  # else it cannot be told which of them it was
                row.detail |= {"request": within[0].id, "log": within[0].told}
        if not logged:
            _guess(rows, mine, tokens)
            _root(rows, mine)


def _guess(rows: dict[str, Row], mine: list[Invocation], tokens: set[str]) -> None:
    """Adds the invocations of one function beneath the runs that may have called it: while they asked Lex, or without a log of what they called."""
    named = [each for each in mine if any(token in each.text for token in tokens)]
    for run in [row for row in rows.values() if row.kind == "workflow" and mine and row.service == mine[0].service]:
        for start, end in [(int(run.start), run.end)] if run.how else run.asks:
            within = [each for each in named or mine
                      if each.id not in rows and start - SLACK <= each.start and each.end <= (end or float("inf")) + SLACK]
            if within:
                one = max(within, key=lambda each: each.end - each.start)
                rows[one.id] = _of(one, run.id, BY_TIME if len(within) > 1 or run.how else "")


def _root(rows: dict[str, Row], found: list[Invocation]) -> None:
    """The invocations that published the events that no workflow did: of each event the one that ran when it was published."""
    workflows = {row.service for row in rows.values() if row.kind == "workflow"}
    for row in [row for row in rows.values() if row.kind == "event" and not row.parent and row.service not in workflows]:
        around = [each for each in found if each.service == row.service and each.start - SLACK <= row.start <= each.end + SLACK]
        if around:
            one = min(around, key=lambda each: max(each.start - row.start, row.start - each.end, 0))
            rows.setdefault(one.id, _of(one, "", BY_TIME))
            row.parent = one.id


def _of(one: Invocation, parent: str, how: str) -> Row:
    return Row(one.id, "function", one.name, one.service, one.start, one.end, parent=parent, failed=one.failed, how=how,
               status="FAILED" if one.failed else "SUCCEEDED", about=f"started in {one.initialised:.0f} ms" if one.initialised else "",
               detail={"request": one.id, "log": one.told})


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


def routes() -> list[Route]:
    """The journey of a message by the id of its post on X; without rows where none of its events is kept."""
    return [Route("/api/journeys/{id}", _journey)]


async def _journey(request: Request) -> Response:
    feed: Feed = request.app.state.feed
    events = feed.of_message(request.path_params["id"])
    return JSONResponse(await run_in_threadpool(journey, deployment.of(request), events, request.app.state.executions))
