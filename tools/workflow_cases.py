"""Cases of workflows, a state each: what it is given, what its call answers, and what has to come of it.

A case is what AWS's TestState takes and answers, so that the same one is run by the embedded AWS and by the real one. A workflow's are in
`tests/workflow/cases/NAME.yaml`, or beside its definition in `NAME.cases.yaml`; docs/workflow-tests.md says what may be in them.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import yaml

from tools import workflow_graph
from tools.stack import Failure
from tools.workflow_files import ACCOUNT, REGION, ROOT, Workflow

FOLDER = ROOT / "tests" / "workflow" / "cases"
MOCKED = ("Task", "Map", "Parallel")  # states whose call is answered by the case
FAILED_QUERY = "States.QueryEvaluationError"


@dataclass(frozen=True)
class Expected:
    """What has to come of a case. `next` None: nothing comes next. The status follows from the rest."""

    next: str | None = None
    output: Any = None
    keeps: dict[str, Any] | None = None  # the output is the input with these, in place of `output`
    variables: dict[str, Any] = field(default_factory=dict)  # those that were set, beside those that were given
    arguments: dict[str, Any] = field(default_factory=dict)  # what the call is given, or a part of it
    items: list[Any] | None = None  # what each item of a Map is given
    retry: int | None = None  # which retrier takes the error, from 0
    backoff: int | None = None  # seconds that it waits, at most
    catch: int | None = None  # which catcher takes the error, from 0
    error: str | None = None  # what the state fails with

    @property
    def status(self) -> str:
        """TestState's word for it."""
        return "RETRIABLE" if self.retry is not None else "CAUGHT_ERROR" if self.catch is not None else "FAILED" if self.error else "SUCCEEDED"


@dataclass(frozen=True)
class Case:
    """A state, what it is given, and what is expected. `result` or `error` answers its call."""

    name: str
    state: str
    expect: Expected
    input: Any = None
    variables: dict[str, Any] = field(default_factory=dict)
    result: Any = None
    error: str = ""
    cause: str = ""
    retried: int = 0

    @property
    def output(self) -> Any:
        """The output that is expected."""
        return self.expect.output if self.expect.keeps is None else {**self.input, **self.expect.keeps}


def path_of(workflow: Workflow) -> Path:
    """Where a workflow's cases are, or should be."""
    beside = workflow.path.with_name(f"{workflow.name}.cases.yaml")
    inside = workflow.path.parent == ROOT / "statemachine"
    return FOLDER / f"{workflow.name}.yaml" if inside and not beside.exists() else beside


def load(workflow: Workflow) -> list[Case]:
    """A workflow's cases; none where there is no file. Raises Failure where one has what no case has."""
    path = path_of(workflow)
    if not path.exists():
        return []
    cases: list[Case] = []
    for number, written in enumerate(yaml.safe_load(path.read_text()) or [], 1):
        try:
            cases += _cases(written)
        except (TypeError, ValueError, KeyError, AttributeError, OSError) as problem:
            raise Failure(f"{path}: case {number} ({written.get('state') if isinstance(written, dict) else written}): {problem}") from None
    return cases


def request(workflow: Workflow, case: Case) -> dict[str, Any]:
    """What TestState is asked. Raises Failure for a state that is not there, or a case that does not fit it."""
    definition = workflow.definition()
    states = dict(workflow_graph.walk(definition))
    if case.state not in states:
        raise Failure(f"{path_of(workflow)}: {workflow.name} has no state “{case.state}”.")
    asked: dict[str, Any] = {
        "definition": json.dumps(definition), "stateName": case.state, "input": json.dumps(case.input), "inspectionLevel": "DEBUG",
        "variables": json.dumps(case.variables)}
    if states[case.state]["Type"] not in MOCKED:
        return asked
    call = workflow_graph.action_of(states[case.state].get("Resource", ""))
    asked["mock"] = {"errorOutput": {"error": case.error, "cause": case.cause}} if case.error else {"result": json.dumps(case.result)}
    if "result" in asked["mock"] and call:  # a function's payload is an object in a workflow, and bytes to the model
        asked["mock"]["fieldValidationMode"] = "NONE" if call == "lambda:invoke" else "PRESENT"
    asked["context"] = json.dumps(_context(workflow, case))
    if case.error:
        asked["stateConfiguration"] = {"retrierRetryCount": case.retried}
    return asked


def differences(case: Case, answer: dict[str, Any], jitter: bool = False) -> list[str]:
    """What TestState answers other than expected. With `jitter` a retry may be due earlier."""
    inspected = answer.get("inspectionData", {})
    details = inspected.get("errorDetails", {})
    expected = case.expect
    found: dict[str, tuple[Any, Any]] = {
        "status": (answer.get("status"), expected.status), "next": (answer.get("nextState"), expected.next),
        "error": (answer.get("error"), expected.error if expected.status in ("FAILED", "SUCCEEDED") else expected.error or answer.get("error"))}
    if expected.status in ("SUCCEEDED", "CAUGHT_ERROR"):
        found["output"] = json.loads(answer.get("output", "null")), case.output
        found["variables"] = json.loads(inspected.get("variables", "{}")), {**case.variables, **expected.variables}
    if expected.retry is not None:
        waited = details.get("retryBackoffIntervalSeconds")
        in_time = jitter and isinstance(waited, int) and 0 <= waited <= (expected.backoff or 0)
        found["retry"], found["backoff"] = (details.get("retryIndex"), expected.retry), (expected.backoff if in_time else waited, expected.backoff)
    if expected.catch is not None:
        found["catch"] = details.get("catchIndex"), expected.catch
    if expected.items is not None:
        found["items"] = json.loads(inspected.get("afterItemSelector", "null")), expected.items
    told = [f"{name} is {json.dumps(is_, ensure_ascii=False)}, not {json.dumps(wanted, ensure_ascii=False)}"
            for name, (is_, wanted) in found.items() if is_ != wanted]
    return told + [f"arguments: {each}" for each in _missing(json.loads(inspected.get("afterArguments", "null")), expected.arguments, "")]


def _missing(value: Any, part: Any, path: str) -> Iterator[str]:
    """Where a value does not have a part, at any depth."""
    if isinstance(part, dict) and isinstance(value, dict):
        for name, each in part.items():
            yield from _missing(value.get(name), each, f"{path}.{name}")
    elif isinstance(part, list) and isinstance(value, list) and len(part) == len(value):
        for index, each in enumerate(part):
            yield from _missing(value[index], each, f"{path}[{index}]")
    elif part not in ({}, value):
        yield f"{path[1:]} is {json.dumps(value, ensure_ascii=False)}, not {json.dumps(part, ensure_ascii=False)}"


def _cases(written: dict[str, Any]) -> Iterator[Case]:
    """The cases that one entry stands for: one for each of its errors, or for each retry that it counts."""
    given = dict(written)
    expect = given.pop("expect")
    event, more = given.pop("event", None), given.pop("with", {})
    if event is not None:
        given["input"] = json.loads((ROOT / "events" / f"{event}.json").read_text())
    given["input"] = {**given["input"], **more} if more else given.get("input", {})
    errors, retries = _listed(given.pop("error", "")), _listed(given.pop("retried", 0))
    name = given.pop("name", "")
    _known(Expected, expect)
    _known(Case, given)
    for error in errors:
        for index, retried in enumerate(retries):
            backoff = {"backoff": _listed(expect["backoff"])[index]} if "backoff" in expect else {}
            case = Case(name=name or _named(error, retried), error=error, retried=retried, expect=Expected(**{**expect, **backoff}), **given)
            _complete(case)
            yield case


def _complete(case: Case) -> None:
    """An expectation that leaves out what every such state has would let anything pass."""
    expected = case.expect
    if expected.status in ("SUCCEEDED", "CAUGHT_ERROR") and (expected.output is None) == (expected.keeps is None):
        raise ValueError("it expects neither `output` nor `keeps`, or both")
    if (expected.retry is None) != (expected.backoff is None):
        raise ValueError("`retry` and `backoff` go together")


def _known(kind: type[Case] | type[Expected], given: dict[str, Any]) -> None:
    unknown = set(given) - {each.name for each in fields(kind)}
    if unknown:
        raise ValueError(f"nothing is called {', '.join(sorted(unknown))}")


def _named(error: str, retried: int) -> str:
    return f"{error} after {retried}" if retried else error or "answered"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _context(workflow: Workflow, case: Case) -> dict[str, Any]:
    arn = f"arn:aws:states:{REGION}:{ACCOUNT}"
    return {
        "Execution": {"Id": f"{arn}:express:{workflow.name}:case", "Name": "case", "StartTime": "2026-11-25T12:00:00.000Z",
                      "Input": case.input, "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/{workflow.name}"},
        "State": {"Name": case.state, "EnteredTime": "2026-11-25T12:00:00.000Z", "RetryCount": case.retried},
        "StateMachine": {"Id": f"{arn}:stateMachine:{workflow.name}", "Name": workflow.name}}
