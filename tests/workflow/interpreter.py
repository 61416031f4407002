"""Runs the workflows of `statemachine/` as they are, with the answers of the services controlled.

The interpreter is the embedded AWS's, with every gap filled; only what a Task calls is replaced. Arguments, Output, Assign, Retry
and Catch are evaluated for real, what is called and answered is checked against AWS's own service models, what is published against
`schemas/`. DynamoDB answers for itself, so that conditions decide as they do on AWS. Delays of retries are noted, not waited.
"""

import contextlib
import copy
import functools
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

from ministack.services import stepfunctions as interpreter

from tests.ingress import mismatches
from tests.workflow import service_models
from tools import workflow_runs  # which fills the interpreter's gaps
from tools.workflow_coverage import Element, Reached
from tools.workflow_graph import walk

STATEMACHINE = Path(__file__).parents[2] / "statemachine"
WORKFLOWS = ("analyse_message", "respond_to_text", "respond_to_images", "send_tweet")
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)  # what `$millis()` says, unless a test says otherwise
MAX_BYTES = 256 * 1024  # of a state's payload, of an event, and of a queue's message

SUBSTITUTIONS = {
    "Partition": "aws", "EventBusName": "bus", "EventBusArn": "arn:aws:events:eu-west-1:123456789012:event-bus/bus",
    "ClaimTableName": "claims", "LedgerTableName": "ledger", "LedgerRetentionDays": "365", "MediaBucketName": "media",
    "DownloadImageFunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:download-image",
    "AnnotateImageFunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:annotate-image",
    "PostTweetFunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:post-tweet",
    "DeadLetterQueueUrl": "https://sqs.eu-west-1.amazonaws.com/123456789012/dead-letters",
    "DeadLetterQueueArn": "arn:aws:sqs:eu-west-1:123456789012:dead-letters",
    "BotId": "BOTBOTBOT1", "BotAliasId": "ALIASALIA1", "ScheduleGroupName": "group",
    "SchedulerRoleArn": "arn:aws:iam::123456789012:role/scheduler",
}


class ServiceError(Exception):
    """An error that a called service answers with, by its Step Functions name."""

    def __init__(self, name: str, cause: str = "as the test wants it") -> None:
        super().__init__(name)
        self.name, self.cause = name, cause


def raised(name: str, message: str) -> ServiceError:
    """What Step Functions makes of an exception that a function raises."""
    return ServiceError(name, json.dumps({"errorMessage": message, "errorType": name, "requestId": str(uuid.uuid4()), "stackTrace": ["…"]}))


TIMED_OUT = ServiceError("States.Timeout", "")
REAL = object()  # in place of an answer: DynamoDB's own


@dataclass(frozen=True)
class Call:
    """One attempt of a Task: the state, what it called ("comprehend:detectSentiment"), and the evaluated arguments."""

    state: str
    name: str
    arguments: dict[str, Any]


@dataclass
class Execution:
    """What came of a run."""

    workflow: str
    id: str = ""
    status: str = ""
    output: Any = None
    error: str | None = None
    states: list[str] = field(default_factory=list)  # every state entered, those of branches and items too
    calls: list[Call] = field(default_factory=list)
    delays: list[tuple[str, float]] = field(default_factory=list)  # (state, seconds) before each retry
    largest: int = 0  # bytes of the largest input, output, arguments or result of any state

    def arguments(self, name: str) -> list[dict[str, Any]]:
        """The arguments of every call of that service action, or of that state, in order."""
        return [call.arguments for call in self.calls if name in (call.name, call.state)]

    @property
    def entries(self) -> list[dict[str, Any]]:
        """The PutEvents entries of every attempt, in order, with their detail as an object."""
        return [entry for arguments in self.arguments("events:putEvents") for entry in arguments["Entries"]]

    @property
    def published(self) -> dict[str, Any]:
        """The one entry of a run that publishes once."""
        [entry] = self.entries
        return dict(entry)

    @property
    def detail(self) -> dict[str, Any]:
        """Its detail."""
        return dict(self.published["Detail"])

    @property
    def reason(self) -> dict[str, str]:
        """Why the event waits in the dead-letter queue: the message's attributes."""
        [kept] = self.arguments("sqs:sendMessage")
        return {name: value["StringValue"] for name, value in kept["MessageAttributes"].items()}

    @property
    def dead_letter(self) -> dict[str, Any]:
        """The event that the dead-letter queue was given, by its one message."""
        [arguments] = self.arguments("sqs:sendMessage")
        return dict(arguments["MessageBody"])

    @property
    def event(self) -> dict[str, Any]:
        """The published entry as the event that EventBridge makes of it."""
        return event_of(self.published)


reached = Reached()  # by the runs of a session

Answer = Callable[[dict[str, Any]], Any] | list[Any] | Any
_real = interpreter._invoke_resource


def definition(workflow: str) -> str:
    """The workflow's definition with its substitutions filled in; an unknown one is a KeyError."""
    text = (STATEMACHINE / f"{workflow}.asl.json").read_text()
    for name in sorted(substitutions(text)):
        text = text.replace("${" + name + "}", SUBSTITUTIONS[name])
    return text


def substitutions(text: str) -> set[str]:
    """The names that a definition leaves to its template."""
    return {part.split("}")[0] for part in text.split("${")[1:]}


def event_of(entry: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The event that EventBridge makes of a PutEvents entry whose detail is an object."""
    return {"version": "0", "id": str(uuid.uuid4()), "detail-type": entry["DetailType"], "source": entry["Source"], "account": "123456789012",
            "time": "2022-09-21T12:56:27Z", "region": "eu-west-1", "resources": [], **more, "detail": copy.deepcopy(entry["Detail"])}


def run(workflow: str, event: Any, answers: dict[str, Answer], now: datetime = NOW, name: str = "", by_schema: bool = True) -> Execution:
    """Runs a workflow on an event.

    `answers` maps a service action ("comprehend:detectSentiment", "lambda:invoke") or, where that is not enough, a state to its result, to
    a function of its arguments, or to a list of these, one per attempt (the last one repeats). A `ServiceError` in place of a result is
    raised. DynamoDB needs no answers; `REAL` in place of a result is its own.

    `now` is what `$millis()` says, `name` the execution's name. Raises AssertionError where a call, an answer or what is published is not
    as AWS or, unless `by_schema` is false, `schemas/` has it.
    """
    execution = Execution(workflow)
    script = _Script(execution, answers, by_schema)
    with _observed(execution, script, now):
        result = json.loads(interpreter._start_sync_execution({
            "stateMachineArn": _machine(workflow), "input": json.dumps(event), "name": name or str(uuid.uuid4())})[2])
    history = interpreter._executions[result["executionArn"]]["events"]
    if script.problems:
        raise script.problems[0]
    execution.id, execution.status, execution.error = result["executionArn"], result["status"], result.get("error")
    execution.output = json.loads(result["output"])
    ends = [each for each in history if each["type"] in ("SucceedStateEntered", "FailStateEntered")]
    execution.states += [end["stateEnteredEventDetails"]["name"] for end in ends]
    reached.add(workflow, *(Element("state", state) for state in execution.states))
    return execution


@functools.cache
def _machine(workflow: str) -> str:
    """The ARN of the workflow in the embedded AWS, which refuses expressions that are no JSONata."""
    created = interpreter._create_state_machine({
        "name": workflow, "definition": definition(workflow), "type": "EXPRESS", "roleArn": "arn:aws:iam::000000000000:role/workflow"})
    assert created[0] == 200, created
    return str(json.loads(created[2])["stateMachineArn"])


class _Script:
    """Answers the calls of one run as its test says."""

    def __init__(self, execution: Execution, answers: dict[str, Answer], by_schema: bool) -> None:
        self._execution, self._by_schema = execution, by_schema
        self._answers = {name: list(answer) if isinstance(answer, list) else [answer] for name, answer in answers.items()}
        self.problems: list[AssertionError] = []  # the interpreter would take them for failures of the Task

    def invoke(self, resource: str, arguments: dict[str, Any], *_: Any) -> Any:
        """In place of the call: checks it, notes it, and answers."""
        try:
            return self._invoke(resource, arguments)
        except AssertionError as problem:
            self.problems.append(problem)
            raise

    def _invoke(self, resource: str, arguments: dict[str, Any]) -> Any:
        state, name = workflow_runs.state.get(), resource.split(":states:::")[1].removeprefix("aws-sdk:")
        service_models.check_arguments(name, arguments)
        if self._by_schema and name == "events:putEvents":
            check_entries(arguments["Entries"])
        self._execution.calls.append(Call(state, name, copy.deepcopy(arguments)))
        answers = self._answers.get(state) or self._answers.get(name)
        if answers is None and name.startswith("dynamodb:"):
            answers = [REAL]
        assert answers is not None, f"{state} called {name}, for which the test has no answer"
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        answer = answer(arguments) if callable(answer) else answer
        if answer is REAL:
            return _real(resource, arguments)
        if isinstance(answer, ServiceError):
            raise interpreter._ExecutionError(answer.name, answer.cause)
        service_models.check_result(name, answer)
        return copy.deepcopy(answer)


def check_entries(entries: list[dict[str, Any]]) -> None:
    """Raises AssertionError where an entry is not as its schema has it."""
    for entry in entries:
        broken = mismatches({**entry, "Detail": json.dumps(entry["Detail"])})
        assert not broken, f"{entry['DetailType']}: {broken}"


@contextlib.contextmanager
def _observed(execution: Execution, script: _Script, now: datetime) -> Iterator[None]:
    """The interpreter with its calls, clock and delays replaced, and with what it does noted."""
    workflow = execution.workflow

    def noted(handler: Callable[..., Any]) -> Callable[..., Any]:
        def handle(state: dict[str, Any], given: Any, *rest: Any) -> Any:
            name = rest[-1]["State"]["Name"]
            token = workflow_runs.state.set(name)
            execution.states.append(name)
            try:
                output, following = handler(state, given, *rest)
            finally:
                workflow_runs.state.reset(token)
            execution.largest = max(execution.largest, size(given), size(output))
            return output, following

        return handle

    def sized(evaluate: Callable[..., Any]) -> Callable[..., Any]:
        def evaluated(*arguments: Any, **named: Any) -> Any:
            value = evaluate(*arguments, **named)
            execution.largest = max(execution.largest, size(value), size(named.get("result")))
            return value

        return evaluated

    def register(expression: Any) -> None:
        functions(expression)
        expression.register_lambda("millis", lambda: int(now.timestamp() * 1000))

    functions = interpreter._register_sfn_jsonata_functions
    handlers = ("_execute_task", "_execute_pass", "_execute_choice", "_execute_parallel", "_execute_map")
    with contextlib.ExitStack() as patches:
        patches.enter_context(workflow_runs.observed(states_of(workflow), lambda element: reached.add(workflow, element)))
        for replaced, replacement in {
            **{handler: noted(getattr(interpreter, handler)) for handler in handlers},
            "_apply_jsonata_arguments": sized(interpreter._apply_jsonata_arguments),
            "_apply_jsonata_output": sized(interpreter._apply_jsonata_output),
            "_register_sfn_jsonata_functions": register,
            "_invoke_resource": script.invoke, "_invoke_resource_with_timeout": script.invoke,
            "_scaled_sleep": lambda seconds: execution.delays.append((workflow_runs.state.get(), seconds)),
        }.items():
            patches.enter_context(mock.patch.object(interpreter, replaced, replacement))
        yield


def size(value: Any) -> int:
    """Bytes of a value as JSON in UTF-8, which is what AWS's limits count."""
    return len(json.dumps(value, ensure_ascii=False).encode())


@functools.cache
def states_of(workflow: str) -> dict[str, dict[str, Any]]:
    """Every state of a workflow by its name, those of branches and items too."""
    return dict(walk(json.loads(definition(workflow))))
