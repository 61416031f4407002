"""MiniStack's TestState knows neither JSONata nor variables, finds no state within a Map or a Parallel, catches before it retries, and mocks
neither of these two.

Source: AWS Step Functions API reference, "TestState", and developer guide, "Testing state machines with TestState API". A retrier's delay is
told without its jitter, which is the longest that it may be.
"""

import json
from typing import Any

from ministack.core.responses import error_response_json, get_account_id, get_region, json_response, new_uuid, now_iso
from ministack.services import stepfunctions

from sandbox.aws import access
from sandbox.aws.patching import Function, patch
from tools import workflow_graph

MOCKED = ("Task", "Map", "Parallel")
DEFAULT_ATTEMPTS, DEFAULT_INTERVAL, DEFAULT_RATE = 3, 1, 2.0


class _Refused(Exception):
    """What AWS answers instead of a result: the error code and the message."""


def install() -> None:
    """Answers TestState as AWS does."""

    @patch(stepfunctions, "_test_state", "f408b75eedff")
    def test_state(original: Function, request: dict[str, Any]) -> Any:
        try:
            return json_response(_Test(request).run())
        except _Refused as refused:
            return error_response_json(*refused.args, 400)


class _Test:
    """One request: the state, what it is given, and what was found out about it."""

    def __init__(self, request: dict[str, Any]) -> None:
        self.definition = _parsed(request, "definition", "InvalidDefinition")
        self.given = _parsed(request, "input", "InvalidExecutionInput")
        self.name, self.state = _found(self.definition, request.get("stateName"))
        self.mock = request.get("mock") or {}
        self.role = request.get("roleArn", "")
        self.retried = (request.get("stateConfiguration") or {}).get("retrierRetryCount", 0)
        self.detailed = request.get("inspectionLevel", "INFO") in ("DEBUG", "TRACE")
        self.seen: dict[str, Any] = {"input": self.given}
        self.errors: dict[str, Any] = {}
        self._check(request)
        self.context = _context(self.name, self.definition, _parsed(request, "context", "ValidationException"))
        self.context["variables"] = _parsed(request, "variables", "ValidationException")

    def run(self) -> dict[str, Any]:
        """The answer. What the state fails with, and nothing handles, is part of it."""
        try:
            answer = self._run()
        except stepfunctions._ExecutionError as error:
            answer = {"status": "FAILED", "error": error.error, "cause": error.cause}
        if self.detailed:
            texts = {name: json.dumps(value) for name, value in {**self.seen, "variables": self.context["variables"]}.items()}
            answer["inspectionData"] = {**texts, **({"errorDetails": self.errors} if self.errors else {})}
        return answer

    def _check(self, request: dict[str, Any]) -> None:
        kind, resource = self.state["Type"], self.state.get("Resource", "")
        if self.mock and kind not in MOCKED:
            raise _Refused("ValidationException", f"A mock is for {', '.join(MOCKED)} states, and {self.name} is a {kind} state.")
        if "context" in request and not self.mock:
            raise _Refused("ValidationException", "A context can only be given together with a mock.")
        waits = ".sync" in resource or ".waitForTaskToken" in resource or ":activity:" in resource
        if not self.mock and (kind in ("Map", "Parallel") or waits):
            raise _Refused("ValidationException", f"{self.name} can only be tested with a mock.")

    def _run(self) -> dict[str, Any]:
        kind = self.state["Type"]
        if kind in MOCKED:
            return self._call()
        if kind == "Fail":
            raise stepfunctions._ExecutionError(*stepfunctions._fail_state_error(self.state, self.given, self.context))
        if kind == "Succeed":
            return _succeeded(stepfunctions._apply_output_path(
                self.state, stepfunctions._apply_input_path(self.state, self.given, self.context), self.context), None)
        handlers = {"Pass": stepfunctions._execute_pass, "Choice": stepfunctions._execute_choice, "Wait": stepfunctions._execute_wait}
        if kind not in handlers:
            raise _Refused("InvalidDefinition", f"{self.name} has the unknown type {kind}.")
        return _succeeded(*handlers[kind](self.state, self.given, self.context))

    def _call(self) -> dict[str, Any]:
        """A Task, Map or Parallel, whose every failure its Retry and Catch see to."""
        try:
            self._look_at_items()
            arguments = self._arguments()
            if "errorOutput" in self.mock:
                raise stepfunctions._ExecutionError(self.mock["errorOutput"]["error"], self.mock["errorOutput"].get("cause", ""))
            result = _parsed(self.mock, "result", "ValidationException") if "result" in self.mock else self._invoked(arguments)
            self.seen["result"] = result
            return _succeeded(self._output(result), stepfunctions._next_or_end(self.state))
        except stepfunctions._ExecutionError as error:
            return self._handled(error.error, error.cause)

    def _invoked(self, arguments: Any) -> Any:
        with access.acting_as(self.role):
            return stepfunctions._invoke_resource(self.state["Resource"], arguments)

    @property
    def _in_jsonata(self) -> bool:
        return bool(stepfunctions._state_query_language(self.state, self.context) == "JSONata")

    def _arguments(self) -> Any:
        if self._in_jsonata:
            arguments = stepfunctions._apply_jsonata_arguments(self.state, self.given, self.context)
            if self.state["Type"] != "Map":
                self.seen["afterArguments"] = arguments
            return arguments
        self.seen["afterInputPath"] = stepfunctions._apply_input_path(self.state, self.given, self.context)
        self.seen["afterParameters"] = (self.seen["afterInputPath"] if self.state["Type"] == "Map"
                                        else stepfunctions._apply_parameters(self.state, self.seen["afterInputPath"], self.context))
        return self.seen["afterParameters"]

    def _look_at_items(self) -> None:
        """What each item of a JSONata Map is given."""
        if self.state["Type"] != "Map" or not self._in_jsonata or "Items" not in self.state:
            return
        items = stepfunctions._jsonata_state_field(self.state, "Items", "array", self.given, self.context)
        each = []
        for index, item in enumerate(items):
            context = {**self.context, "Map": {"Item": {"Index": index, "Value": item}}}
            each.append(stepfunctions._apply_jsonata_template(self.state.get("ItemSelector", item), self.given, context))
        self.seen["afterItemSelector"] = each

    def _output(self, result: Any) -> Any:
        if self._in_jsonata:
            output = stepfunctions._apply_jsonata_output(self.state, self.given, self.context, result=result, default=result)
            stepfunctions._apply_state_assign(self.state, self.given, self.context, result=result)
            return output
        self.seen["afterResultSelector"] = stepfunctions._apply_result_selector(self.state, result)
        self.seen["afterResultPath"] = stepfunctions._apply_result_path(self.state, self.given, self.seen["afterResultSelector"])
        return stepfunctions._apply_output_path(self.state, self.seen["afterResultPath"], self.context)

    def _handled(self, error: str, cause: str) -> dict[str, Any]:
        failed = {"error": error, "cause": cause}
        retriers = self.state.get("Retry", [])
        retrier, index = stepfunctions._find_matching_retrier(retriers, error, dict.fromkeys(range(len(retriers)), self.retried))
        if retrier is not None:
            self.errors = {"retryIndex": index, "retryBackoffIntervalSeconds": delay(retriers[index], self.retried)}
            return {"status": "RETRIABLE", **failed}
        catcher = stepfunctions._find_matching_catcher(self.state.get("Catch", []), error)
        if catcher is None:
            return {"status": "FAILED", **failed}
        self.errors = {"catchIndex": self.state["Catch"].index(catcher)}
        language = stepfunctions._state_query_language(self.state, self.context)
        output = stepfunctions._apply_catcher(catcher, self.given, self.context, language, {"Error": error, "Cause": cause})
        return {"status": "CAUGHT_ERROR", **failed, "output": json.dumps(output), "nextState": catcher["Next"]}


def delay(retrier: dict[str, Any], retried: int) -> int:
    """The seconds, at most, before the next attempt, after so many retries."""
    seconds = retrier.get("IntervalSeconds", DEFAULT_INTERVAL) * retrier.get("BackoffRate", DEFAULT_RATE) ** retried
    return int(min(seconds, retrier.get("MaxDelaySeconds", seconds)))


def _succeeded(output: Any, following: str | None) -> dict[str, Any]:
    return {"status": "SUCCEEDED", "output": json.dumps(output), **({"nextState": following} if following else {})}


def _found(definition: dict[str, Any], name: str | None) -> tuple[str, dict[str, Any]]:
    """The state: the whole definition, or the one of that name wherever it is in it."""
    if "States" not in definition:
        if "Type" not in definition:
            raise _Refused("InvalidDefinition", "The definition is neither a state nor a state machine.")
        return name or "TestState", definition
    try:
        states = dict(workflow_graph.walk(definition))
    except KeyError as missing:
        raise _Refused("InvalidDefinition", f"The state machine, or one within it, has no {missing}.") from None
    name = name or definition["StartAt"]
    if name not in states:
        raise _Refused("ValidationException", f"The state machine has no state {name}.")
    return name, states[name]


def _context(name: str, definition: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    arn = f"arn:aws:states:{get_region()}:{get_account_id()}"
    return {
        "Execution": {"Id": f"{arn}:express:test:{new_uuid()}", "Name": "test", "StartTime": now_iso()},
        "StateMachine": {"Id": f"{arn}:stateMachine:test", "Name": "test"},
        **given, "State": {"EnteredTime": now_iso(), "RetryCount": 0, **given.get("State", {}), "Name": name},
        "QueryLanguage": definition.get("QueryLanguage", "JSONPath")}


def _parsed(request: dict[str, Any], name: str, error: str) -> Any:
    try:
        return json.loads(request.get(name) or "{}")
    except ValueError:
        raise _Refused(error, f"{name} is no JSON.") from None
