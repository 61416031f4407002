"""What an execution did in each state, from the records of its log: when it was there, what went in and out, and each attempt.

Source: AWS Step Functions API reference, "HistoryEvent". A record names its predecessor; a state of a Map's iteration is known by the iteration
that its predecessors belong to, since several are under way at once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from tools.workflow_graph import Graph

Record = Mapping[str, Any]
ENDED_BADLY = {"TaskFailed", "TaskTimedOut", "TaskStartFailed", "TaskSubmitFailed", "EvaluationFailed", "ParallelStateFailed", "MapStateFailed",
               "LambdaFunctionFailed", "LambdaFunctionTimedOut", "LambdaFunctionScheduleFailed", "LambdaFunctionStartFailed"}
BEGUN = {"TaskScheduled", "ParallelStateStarted", "MapStateStarted", "LambdaFunctionScheduled"}
OVER = {"ExecutionSucceeded": "SUCCEEDED", "ExecutionFailed": "FAILED", "ExecutionTimedOut": "TIMED_OUT", "ExecutionAborted": "ABORTED"}
Iterations = tuple[tuple[str, int], ...]  # each Map that is under way, and the index of the item


@dataclass
class Attempt:
    """One try at what a state does; `end` is None while it is under way. Times in milliseconds since 1970."""

    start: int
    end: int | None = None
    error: str = ""
    cause: str = ""


@dataclass
class Visit:
    """One time that a state was entered.

    `status` is running, succeeded, failed, caught (it failed, and the execution went on by a Catch), or left (the execution ended elsewhere).
    `input`, `output` and the values of `variables` and `parameters` are JSON texts; None where the log has no execution data.
    """

    number: int
    name: str
    type: str
    iterations: list[dict[str, Any]]
    entered: int
    exited: int | None = None
    status: str = "running"
    input: str | None = None
    output: str | None = None
    parameters: str | None = None
    variables: dict[str, str] = field(default_factory=dict)
    attempts: list[Attempt] = field(default_factory=list)
    length: int | None = None  # of a Map: how many items
    next: str = ""  # the state that followed it
    truncated: bool = False

    @property
    def retries(self) -> int:
        """How often it was tried again."""
        return max(len(self.attempts) - 1, 0)

    def summary(self) -> dict[str, Any]:
        """It without what went in and out."""
        return {"number": self.number, "name": self.name, "type": self.type, "iterations": self.iterations, "entered": self.entered,
                "exited": self.exited, "status": self.status, "retries": self.retries, "attempts": [asdict(each) for each in self.attempts],
                "length": self.length, "next": self.next}


def visits(records: Iterable[Record], graph: Graph | None = None) -> list[Visit]:
    """The visits of an execution, in the order in which states were entered. `graph` tells which states are within a Map."""
    return _Reading(graph).read(sorted(records, key=lambda record: int(record["id"])))


class _Reading:
    def __init__(self, graph: Graph | None) -> None:
        self._maps = _maps_around(graph) if graph else None
        self._at: dict[str, tuple[Visit | None, Iterations]] = {}  # by a record's id
        self._open: dict[tuple[str, Iterations], Visit] = {}
        self._left: dict[tuple[str, Iterations], Visit] = {}  # the last one that was left in each set of states
        self.found: list[Visit] = []

    def read(self, records: list[Record]) -> list[Visit]:
        for record in records:
            self._at[record["id"]] = self._take(record, *self._at.get(record["previous_event_id"], (None, ())))
        ends = [OVER[record["type"]] for record in records if record["type"] in OVER]
        for visit in self.found if ends else ():
            if visit.exited is None and visit.status == "running":
                visit.status = "failed" if visit.type == "Fail" or (visit.attempts and visit.attempts[-1].error) else "left"
        return self.found

    def _take(self, record: Record, before: Visit | None, iterations: Iterations) -> tuple[Visit | None, Iterations]:
        kind, details, time = record["type"], record.get("details") or {}, int(record["event_timestamp"])
        if kind.endswith("StateEntered"):
            return self._enter(details, kind.removesuffix("StateEntered"), time, iterations, before)
        if kind.endswith("StateExited"):
            return self._exit(details, time, iterations)
        if kind == "MapIterationStarted":
            outside = tuple(each for each in iterations if each[0] != details["name"])
            return before, (*outside, (details["name"], int(details["index"])))
        visit = before
        if kind in ("ParallelStateFailed", "MapStateFailed"):
            visit = self._container(kind.removesuffix("StateFailed"), iterations)
        if visit is not None:
            _note(visit, kind, details, time)
        return visit, iterations

    def _enter(self, details: Record, kind: str, time: int, iterations: Iterations, before: Visit | None) -> tuple[Visit, Iterations]:
        name = details["name"]
        around = self._within(name, iterations)
        visit = Visit(len(self.found), name, kind, [{"map": each, "index": index} for each, index in around], time, input=details.get("input"),
                      truncated=bool((details.get("inputDetails") or {}).get("truncated")))
        if before is not None and before.exited is not None and not before.next and before.iterations == visit.iterations:
            before.next = name
        self.found.append(visit)
        self._open[name, around] = visit
        return visit, around

    def _exit(self, details: Record, time: int, iterations: Iterations) -> tuple[Visit | None, Iterations]:
        around = self._within(details["name"], iterations)
        visit = self._open.pop((details["name"], around), None)
        if visit is not None:
            visit.exited, visit.output = time, details.get("output")
            visit.variables = dict(details.get("assignedVariables") or {})
            failed = bool(visit.attempts and visit.attempts[-1].error)
            visit.status = "caught" if failed else "succeeded"
            visit.truncated |= bool((details.get("outputDetails") or {}).get("truncated"))
            if visit.attempts and visit.attempts[-1].end is None:
                visit.attempts[-1].end = time
        return visit, around

    def _container(self, kind: str, iterations: Iterations) -> Visit | None:
        """The Parallel or Map that failed: of those under way where its predecessor is, the innermost."""
        inside = [visit for (_, around), visit in self._open.items() if visit.type == kind and around == iterations[:len(around)]
                  and not (visit.attempts and visit.attempts[-1].error)]
        return inside[-1] if inside else None

    def _within(self, name: str, iterations: Iterations) -> Iterations:
        """The iterations that a state of this name can be in."""
        if self._maps is None or name not in self._maps:
            return iterations
        return tuple(each for each in iterations if each[0] in self._maps[name])


def _note(visit: Visit, kind: str, details: Record, time: int) -> None:
    if kind in BEGUN:
        visit.attempts.append(Attempt(time))
        visit.parameters = details.get("parameters", visit.parameters)
        visit.length = int(details["length"]) if "length" in details else visit.length
    elif kind in ENDED_BADLY:
        if not visit.attempts or visit.attempts[-1].end is not None:
            visit.attempts.append(Attempt(visit.entered if not visit.attempts else time))
        attempt = visit.attempts[-1]
        attempt.end, attempt.error, attempt.cause = time, details.get("error") or "States.TaskFailed", details.get("cause") or ""
    elif kind in ("TaskSucceeded", "LambdaFunctionSucceeded") and visit.attempts:
        visit.attempts[-1].end = time


def _maps_around(graph: Graph) -> dict[str, set[str]]:
    """Of each state the Maps that it is within."""
    scopes, states = {scope.name: scope for scope in graph.scopes}, {state.name: state for state in graph.states}

    def around(scope: str) -> set[str]:
        parent = scopes[scope].parent
        if parent is None:
            return set()
        return around(states[parent].scope) | ({parent} if states[parent].type == "Map" else set())

    return {state.name: around(state.scope) for state in graph.states}
