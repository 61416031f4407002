"""MiniStack's Express workflows write no logs, and its histories know nothing of what happens in a branch or an iteration.

Source: AWS Step Functions developer guide, "Using CloudWatch Logs to log execution history"; API reference, "HistoryEvent". An execution's ARN stays
as MiniStack makes it (`…:execution:…`, where an Express one's has `express` on AWS).
The module is the last of its kind in the alphabet, and so is installed last: what it notes is what the other gaps make of an execution.
"""

import contextvars
import json
import threading
from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_region
from ministack.services import stepfunctions

from sandbox.aws.execution_log import Log
from sandbox.aws.patching import Function, patch

HANDLERS = {
    "_execute_pass": "b1dff47048bc", "_execute_task": "53c818d247db", "_execute_choice": "468955fcd4a4", "_execute_wait": "a1012679c72d",
    "_execute_parallel": "2166e1f53e5f", "_execute_map": "18ad39652912"}


class _Place:
    """Where in an execution a thread is: in the machine itself, a branch, or an iteration. `previous` is the event that came last there."""

    def __init__(self, log: Log, previous: int = 0, within: "_Place | None" = None) -> None:
        self.log, self.previous, self.within = log, previous, within
        self.state: dict[str, Any] = {}  # the state that was entered last, as written
        self.name, self.container, self.arguments = "", "", None
        self.assigned: dict[str, Any] = {}
        self._ends: list[int] = []  # the last event of each branch or iteration that has ended
        self._rendered: tuple[Any, str] = (None, "null")
        self._lock = threading.Lock()

    def happened(self, kind: str, **details: Any) -> None:
        """Writes an event; what follows here has it as its predecessor."""
        self.previous = self.log.write(kind, details, self.previous)

    def text(self, value: Any) -> str:
        """JSON of a value. A state's output is the next one's input: it is rendered once."""
        if not self.log.data:
            return ""
        if self._rendered[0] is not value:
            self._rendered = (value, json.dumps(value))
        return self._rendered[1]

    def closed(self, last: int) -> None:
        """Notes that a branch or iteration has ended."""
        with self._lock:
            self._ends.append(last)

    def joined(self) -> None:
        """Goes on after the last of the branches or iterations."""
        self.previous, self._ends = max(self._ends, default=self.previous), []


_here: contextvars.ContextVar[_Place | None] = contextvars.ContextVar("place", default=None)
_running: dict[str, _Place] = {}


def _place(record: dict[str, Any] | None) -> _Place | None:
    """Where in an execution the thread is; where it is none of the execution's own (the one that ends it in time), the machine itself."""
    place, arn = _here.get(), (record or {}).get("executionArn", "")
    return place if place and place.log.execution == arn else _running.get(arn)


def install() -> None:
    """Writes what happens to the machine's log group."""

    @patch(stepfunctions, "_run_execution", "996dff84e0e0")
    def run_execution(original: Function, arn: str) -> None:
        record = stepfunctions._executions.get(arn) or {}
        machine = stepfunctions._state_machines.get(record.get("stateMachineArn")) or {}
        log = Log.of(record, machine) if machine.get("type") == "EXPRESS" else None
        token = _here.set(_Place(log) if log else None)
        try:
            if log:
                log.write("ExecutionStarted", {"input": record["input"], "roleArn": machine["roleArn"]}, 0)
                _running[arn] = _here.get()  # type: ignore[assignment]
            original(arn)
        finally:
            _running.pop(arn, None)
            _here.reset(token)

    @patch(stepfunctions, "_add_event", "b1db143ccd21")
    def add_event(original: Function, record: dict[str, Any], kind: str, details: dict[str, Any] | None = None) -> Any:
        place = _place(record)
        if place:
            _write(place, kind, next(iter((details or {}).values()), {}))
        return original(record, kind, details)

    @patch(stepfunctions, "_run_sub_machine", "f8d844168b14")
    def run_sub_machine(original: Function, states: Any, start: str, given: Any, record: Any, context: dict[str, Any]) -> Any:
        outer = _place(record)
        if outer is None:
            return original(states, start, given, record, context)
        place = _Place(outer.log, outer.previous, outer)
        iteration = {"name": outer.name, "index": context["Map"]["Item"]["Index"]} if outer.container == "Map" else {}
        token = _here.set(place)
        try:
            if iteration:
                place.happened("MapIterationStarted", **iteration)
            output = original(states, start, given, record, context)
            if iteration:
                outer.log.write("MapIterationSucceeded", iteration, place.previous)
            return output
        except Exception:
            if iteration:
                outer.log.write("MapIterationFailed", iteration, place.previous)
            raise
        finally:
            outer.closed(place.previous)
            _here.reset(token)

    _note_states()
    _note_containers()
    _note_values()


def _note_states() -> None:
    """MiniStack notes the states of the machine itself; here are those of branches and iterations."""

    def handled(original: Function, state: dict[str, Any], given: Any, *rest: Any) -> Any:
        place, name = _here.get(), rest[-1]["State"]["Name"]
        if place is None:
            return original(state, given, *rest)
        place.state = state
        if place.within:
            _enter(place, state, name, given)
        output, following = original(state, given, *rest)
        if place.within:
            _exit(place, f"{state['Type']}StateExited", name, place.text(output))
        return output, following

    for name, written_for in HANDLERS.items():
        patch(stepfunctions, name, written_for)(handled)

    @patch(stepfunctions, "_apply_output_path", "e9cfd0067244")
    def apply_output_path(original: Function, state: dict[str, Any], data: Any, context: Any = None) -> Any:
        place = _here.get()
        if state.get("Type") != "Succeed" or place is None or not place.within:
            return original(state, data, context)
        _enter(place, state, context["State"]["Name"], data)
        output = original(state, data, context)
        _exit(place, "SucceedStateExited", context["State"]["Name"], place.text(output))
        return output

    @patch(stepfunctions, "_fail_state_error", "98f66cfa4b71")
    def fail_state_error(original: Function, state: dict[str, Any], given: Any, context: Any = None) -> Any:
        place = _here.get()
        if place is not None and place.within:
            _enter(place, state, context["State"]["Name"], given)
        return original(state, given, context)


def _note_containers() -> None:
    """Each attempt at the branches of a Parallel or the iterations of a Map."""

    @patch(stepfunctions, "_with_retry_and_catch", "b351699db7b3")
    def with_retry_and_catch(original: Function, state: dict[str, Any], given: Any, context: Any, attempt: Callable[[], Any]) -> Any:
        place = _here.get()
        return original(state, given, context, attempt if place is None else lambda: _attempted(place, state, given, context, attempt))

    @patch(stepfunctions, "_jsonata_state_field", "9bf62b72170e")
    def jsonata_state_field(original: Function, state: dict[str, Any], name: str, *rest: Any) -> Any:
        value, place = original(state, name, *rest), _here.get()
        if place is not None and (state.get("Type"), name) == ("Map", "Items"):
            place.happened("MapStateStarted", length=len(value))
        return value


def _attempted(place: _Place, state: dict[str, Any], given: Any, context: Any, attempt: Callable[[], Any]) -> Any:
    place.name, place.container = context["State"]["Name"], state["Type"]
    if state["Type"] == "Parallel":
        place.happened("ParallelStateStarted")
    elif "Items" not in state:
        items = stepfunctions._resolve_path_or_ctx(state.get("ItemsPath", "$"), stepfunctions._apply_input_path(state, given, context), context)
        place.happened("MapStateStarted", length=len(items) if isinstance(items, list) else 1)
    try:
        result = attempt()
    except Exception:
        place.joined()
        place.happened(f"{state['Type']}StateFailed")
        raise
    place.joined()
    place.log.write(f"{state['Type']}StateSucceeded", {}, place.previous)  # the state's exit follows the last of what it ran
    return result


def _note_values() -> None:
    """What a Task is called with, what a state assigns, and which expression fails."""

    @patch(stepfunctions, "_apply_jsonata_arguments", "c74f8b18dccd")
    def apply_jsonata_arguments(original: Function, *arguments: Any) -> Any:
        value, place = original(*arguments), _here.get()
        if place is not None:
            place.arguments = value
        return value

    @patch(stepfunctions, "_apply_state_assign", "f9cc15f006a0")
    def apply_state_assign(original: Function, state: dict[str, Any], given: Any, context: Any, *rest: Any, **named: Any) -> None:
        original(state, given, context, *rest, **named)
        place = _here.get()
        if place is not None and isinstance(state.get("Assign"), dict):
            variables = (context or {}).get("variables", {})
            place.assigned = {name: json.dumps(variables[name]) for name in state["Assign"] if name in variables}

    @patch(stepfunctions, "_evaluate_jsonata", "d970811e01da")
    def evaluate_jsonata(original: Function, *arguments: Any, **named: Any) -> Any:
        try:
            return original(*arguments, **named)
        except stepfunctions._ExecutionError as error:
            place = _here.get()
            if place is not None:
                place.happened("EvaluationFailed", error=error.error, cause=error.cause, state=place.name)
            raise


def _enter(place: _Place, state: dict[str, Any], name: str, given: Any) -> None:
    place.name, place.state = name, state
    place.happened(f"{state['Type']}StateEntered", input=place.text(given), name=name)


def _exit(place: _Place, kind: str, name: str, output: str) -> None:
    assigned, place.assigned = place.assigned, {}
    place.happened(kind, name=name, output=output, **({"assignedVariables": assigned} if assigned else {}))


def _write(place: _Place, kind: str, details: dict[str, Any]) -> None:
    """Writes an event of MiniStack's with what AWS says in it."""
    if kind.endswith("StateEntered"):
        place.name = details["name"]
        place.happened(kind, **details)
    elif kind.endswith("StateExited"):
        _exit(place, kind, details["name"], details["output"])
    elif kind == "TaskScheduled":
        limit = place.state.get("TimeoutSeconds")
        place.happened(kind, parameters=place.text(place.arguments), region=get_region(), **_resource(details["resource"]),
                       **({"timeoutInSeconds": limit} if isinstance(limit, int) else {}))
        place.happened("TaskStarted", **_resource(details["resource"]))
    elif kind == "TaskFailed":
        if details["error"] != "States.QueryEvaluationError":  # which has been written as an EvaluationFailed
            place.happened("TaskTimedOut" if details["error"] == "States.Timeout" else kind,
                           **{**details, **_resource(details["resource"])})
    elif kind == "TaskSucceeded":
        place.happened(kind, **{**details, **_resource(details["resource"])})
    else:
        place.happened(kind, **details)


def _resource(resource: str) -> dict[str, str]:
    """`arn:…:states:::aws-sdk:comprehend:detectSentiment` is detectSentiment of aws-sdk:comprehend."""
    kind, _, action = resource.partition(":states:::")[2].rpartition(":")
    return {"resource": action or resource, "resourceType": kind or "lambda"}
