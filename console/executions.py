"""The executions of the workflows, from their logs: what is under way, how each ended, and what it did in each state.

All workflows are Express ones, of which AWS keeps no history but that in the log, and there only with the level ALL. The logs are read when somebody
looks: from where the last look ended, and not more often than POLL_SECONDS.
"""

import functools
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from console.deployment import Deployment
from console.stack import WORKFLOW
from console.visits import OVER, Visit, visits
from tools import workflow_graph
from tools.event_log import Event
from tools.workflow_graph import Graph

KEPT, KEPT_BYTES = 1_000, 96_000_000  # executions, whichever is reached first
SINCE_SECONDS = {"sandbox": 1800, "aws": 600}  # how far the first look goes back
POLL_SECONDS = {"sandbox": 0.3, "aws": 2.0}
LATE_MILLISECONDS = {"sandbox": 1_000, "aws": 30_000}  # how long after its time a record may turn up in the log
PAGE = 10_000  # records that one answer of CloudWatch Logs has at most
TROUBLED = ("TaskFailed", "TaskTimedOut", "EvaluationFailed", "ParallelStateFailed", "MapStateFailed")


@dataclass(frozen=True)
class Workflow:
    """A state machine of the application, as it is deployed."""

    name: str
    service: str
    arn: str
    definition: dict[str, Any]
    group: str
    level: str
    data: bool

    @functools.cached_property
    def graph(self) -> Graph:
        """Its states and transitions."""
        return workflow_graph.graph(self.definition)

    @property
    def advice(self) -> str:
        """What to do where the log does not tell enough; empty where it does."""
        if self.level == "ALL" and self.data:
            return ""
        return (f"{self.name} logs {'nothing' if self.level == 'OFF' else f'with the level {self.level}'}"
                f"{'' if self.data else ' and without data'}: deploy with WorkflowLogLevel=ALL to see inside its executions.")


@dataclass
class Execution:
    """One run of a workflow: what its log says so far. Times are in milliseconds since 1970."""

    workflow: str
    arn: str
    start: int
    end: int | None = None
    status: str = "RUNNING"
    error: str = ""
    cause: str = ""
    event: str = ""  # the id of the event that started it
    detail_type: str = ""
    tweet_ids: list[str] = field(default_factory=list)
    author: str = ""
    text: str = ""
    trouble: int = 0  # how many attempts failed
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    size: int = 0
    version: int = 0

    @property
    def id(self) -> str:
        """What tells it from others of its workflow: the end of its ARN."""
        return self.arn.split(":", 7)[-1]

    def summary(self) -> dict[str, Any]:
        """It without its records."""
        return {"id": self.id, "arn": self.arn, "workflow": self.workflow, "start": self.start, "end": self.end, "status": self.status,
                "error": self.error, "cause": self.cause, "event": self.event, "detail_type": self.detail_type, "messages": self.tweet_ids,
                "author": self.author, "text": self.text, "trouble": self.trouble, "version": self.version}

    def take(self, record: dict[str, Any], size: int) -> None:
        """Adds a record of its log."""
        kind, details, when = record["type"], record.get("details") or {}, int(record["event_timestamp"])
        self.records[record["id"]] = record
        self.size += size
        self.start = min(self.start, when)
        self.trouble += kind in TROUBLED
        if kind == "ExecutionStarted":
            self._started_by(details.get("input") or "null")
        elif kind in OVER:
            self.end, self.status = when, OVER[kind]
            self.error, self.cause = details.get("error") or "", details.get("cause") or ""

    def _started_by(self, text: str) -> None:
        try:
            envelope = json.loads(text)
            event = Event(0, "", envelope)
            detail = event.detail
        except (ValueError, KeyError, TypeError):
            return  # cut off by the log, or started by hand with something else than an event
        self.event, self.detail_type = str(envelope.get("id", "")), event.detail_type
        self.tweet_ids = sorted(map(str, event.tweet_ids))
        self.author, self.text = str(detail.get("Author") or ""), str(detail.get("Text") or "")[:160]


class Executions:
    """The executions of late, of all workflows."""

    def __init__(self, of: Deployment) -> None:
        self._of, self._where = of, "aws" if of.read_only else "sandbox"
        self._kept: dict[str, Execution] = {}  # by ARN
        self._bytes = self._version = 0
        self._lock = threading.Lock()
        self._looked = 0.0
        self._from: dict[str, int] = {}
        self._seen: dict[str, dict[str, int]] = {}  # of each group the records that the next look may bring again, with their times

    @functools.cached_property
    def workflows(self) -> dict[str, Workflow]:
        """The workflows by their logical ids, read once."""
        found = (_workflow(self._of, service.name, name, arn)
                 for service in self._of.stack.services for name, arn in service.named(WORKFLOW).items())
        return {workflow.name: workflow for workflow in found}

    def all(self, workflow: str | None = None) -> list[Execution]:
        """Those that are kept, the latest first; of one workflow where one is named. Looks into the logs before."""
        self.look()
        with self._lock:
            found = [each for each in self._kept.values() if workflow in (None, each.workflow)]
        return sorted(found, key=lambda each: each.start, reverse=True)

    def of_message(self, tweet_id: str) -> list[Execution]:
        """Those that worked on a message, by the id of its post on X, the first one first."""
        return [each for each in reversed(self.all()) if tweet_id in each.tweet_ids]

    def get(self, workflow: str, identifier: str) -> Execution | None:
        """One by its id or its whole ARN; None where it is not, or no longer, kept."""
        return next((each for each in self.all(workflow) if identifier in (each.id, each.arn)), None)

    def visits(self, execution: Execution) -> list[Visit]:
        """What it did in each state."""
        with self._lock:
            records = list(execution.records.values())
        return visits(records, self.workflows[execution.workflow].graph)

    def look(self) -> None:
        """Reads what the logs have got since the last look."""
        with self._lock:
            if time.monotonic() - self._looked < POLL_SECONDS[self._where]:
                return
            for workflow in self.workflows.values():
                if workflow.group:
                    for record in self._fresh(workflow.group):
                        self._keep(workflow, record)
            self._looked = time.monotonic()
            self._forget()

    def _fresh(self, group: str) -> Iterator[dict[str, Any]]:
        """The records of a log group that were not read before."""
        begun = int(time.time() * 1000)
        seen = self._seen.setdefault(group, {})
        start = self._from.setdefault(group, begun - 1000 * SINCE_SECONDS[self._where])
        for record in _records(self._of.stack.client("logs"), group, start):
            if record["eventId"] not in seen:
                seen[record["eventId"]] = record["timestamp"]
                yield record
        self._from[group] = max(start, begun - LATE_MILLISECONDS[self._where])
        self._seen[group] = {identifier: when for identifier, when in seen.items() if when >= self._from[group]}

    def _keep(self, workflow: Workflow, record: dict[str, Any]) -> None:
        try:
            content = json.loads(record["message"])
            arn, when = content["execution_arn"], int(content["event_timestamp"])
        except (ValueError, KeyError, TypeError):
            return  # not a record of an execution: AWS puts a stream of its own into the group when it checks that it may write
        execution = self._kept.setdefault(arn, Execution(workflow.name, arn, when))
        size = len(record["message"])
        execution.take(content, size)
        self._bytes += size
        self._version += 1
        execution.version = self._version

    def _forget(self) -> None:
        """Forgets the oldest; the logs are read one after the other, so that they are not the first that were read."""
        def full() -> bool:
            return len(self._kept) > KEPT or (self._bytes > KEPT_BYTES and len(self._kept) > 1)

        for oldest in sorted(self._kept.values(), key=lambda each: each.start) if full() else []:
            if full():
                self._bytes -= self._kept.pop(oldest.arn).size


def _workflow(of: Deployment, service: str, name: str, arn: str) -> Workflow:
    machine = of.stack.client("stepfunctions").describe_state_machine(stateMachineArn=arn)
    logging = machine.get("loggingConfiguration") or {}
    groups = [each["cloudWatchLogsLogGroup"]["logGroupArn"] for each in logging.get("destinations") or []]
    return Workflow(name, service, arn, json.loads(machine["definition"]), groups[0].partition(":log-group:")[2].removesuffix(":*") if groups else "",
                    logging.get("level", "OFF"), bool(logging.get("includeExecutionData")))


def _records(logs: Any, group: str, start: int) -> Iterator[dict[str, Any]]:
    """All records from a time on. An answer that is full and names no next page is gone on from where it ends."""
    while True:
        last: dict[str, Any] = {}
        count, paged = 0, False
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=start):
            paged = paged or bool(page.get("nextToken"))
            for record in page["events"]:
                last, count = record, count + 1
                yield record
        if paged or count < PAGE or last["timestamp"] == start:
            return
        start = last["timestamp"]


def routes() -> list[Route]:
    """The workflows, one as a graph, its executions, one of them, and what went in and out of one state of it."""
    return [
        Route("/api/workflows", _workflows), Route("/api/workflows/{name}", _graph), Route("/api/workflows/{name}/executions", _executions),
        Route("/api/workflows/{name}/executions/{id}", _execution), Route("/api/workflows/{name}/executions/{id}/visits/{number:int}", _visit)]


def _of(request: Request) -> Executions:
    executions: Executions = request.app.state.executions
    return executions


def _named(request: Request) -> Workflow:
    workflow = _of(request).workflows.get(request.path_params["name"])
    if workflow is None:
        raise HTTPException(404, f"There is no workflow {request.path_params['name']}. There are {', '.join(_of(request).workflows)}.")
    return workflow


def _known(request: Request) -> Execution:
    workflow = _named(request)
    execution = _of(request).get(workflow.name, request.path_params["id"])
    if execution is None:
        raise HTTPException(404, workflow.advice or f"This execution is not, or no longer, in the log of {workflow.name} that the console has read.")
    return execution


async def _workflows(request: Request) -> Response:
    def told() -> list[dict[str, Any]]:
        found = _of(request).all()
        return [{"name": each.name, "service": each.service, "comment": each.graph.comment, "advice": each.advice,
                 "executions": sum(one.workflow == each.name for one in found),
                 "failed": sum(one.workflow == each.name and one.status not in ("RUNNING", "SUCCEEDED") for one in found)}
                for each in _of(request).workflows.values()]

    return JSONResponse(await run_in_threadpool(told))


async def _graph(request: Request) -> Response:
    workflow = await run_in_threadpool(_named, request)
    graph = workflow.graph
    return JSONResponse({
        "name": workflow.name, "service": workflow.service, "comment": graph.comment, "advice": workflow.advice,
        "scopes": [asdict(scope) for scope in graph.scopes], "states": [asdict(state) for state in graph.states],
        "transitions": [{**asdict(each), "label": each.label} for each in graph.transitions],
        "written": {name: _without_inner(state) for name, state in workflow_graph.walk(workflow.definition)}})


def _without_inner(state: dict[str, Any]) -> dict[str, Any]:
    """A state as it is written, without the states within it, which are shown by themselves."""
    return {name: "…" if name in ("Branches", "ItemProcessor", "Iterator") else value for name, value in state.items()}


async def _executions(request: Request) -> Response:
    """Those that changed `after` a version, the latest first, and when the oldest that is kept began."""
    workflow = await run_in_threadpool(_named, request)
    found = await run_in_threadpool(_of(request).all, workflow.name)
    after = request.query_params.get("after", "0")
    fresh = [each.summary() for each in found if each.version > int(after if after.isdecimal() else 0)]
    return JSONResponse({"executions": fresh, "version": max((each.version for each in found), default=0), "oldest": found[-1].start if found else 0,
                         "advice": workflow.advice})


async def _execution(request: Request) -> Response:
    def told() -> dict[str, Any]:
        execution = _known(request)
        return {**execution.summary(), "visits": [visit.summary() for visit in _of(request).visits(execution)]}

    return JSONResponse(await run_in_threadpool(told))


async def _visit(request: Request) -> Response:
    def told() -> dict[str, Any]:
        found = _of(request).visits(_known(request))
        number = request.path_params["number"]
        if number >= len(found):
            raise HTTPException(404, f"This execution entered {len(found)} states so far.")
        return asdict(found[int(number)])

    return JSONResponse(await run_in_threadpool(told))
