"""Every Task retries what can pass and no more than that, waits as it says, and leaves by every one of its Catches."""

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.workflow.answers import CONDITION_FAILED, DOWN, GOOD, KEPT, run
from tests.workflow.interpreter import REAL, WORKFLOWS, Answer, Execution, ServiceError, raised, states_of
from tests.workflow.tables import KEYS, Table

# The sample that a workflow is run on, and what else it takes to reach a state that is not on the good path.
SAMPLES = {"analyse_message": "MESSAGE_RECEIVED.with-photo", "respond_to_text": "MESSAGE_ANALYSED.joke",
           "respond_to_images": "MESSAGE_ANALYSED.with-celebrity", "send_tweet": "SEND_TWEET"}
RATE_LIMITED = raised("RateLimited", "2026-11-25T12:15:00")
SCHEDULED = {"ScheduleArn": "arn:aws:scheduler:eu-west-1:123456789012:schedule/group/name"}
WAYS: dict[tuple[str, str], tuple[str, dict[str, Answer]]] = {
    ("analyse_message", "Claim message for the replay"): ("MESSAGE_RECEIVED.replayed", {"Claim message": CONDITION_FAILED}),
    ("analyse_message", "Detect language"): ("MESSAGE_RECEIVED.no-language", {}),
    ("analyse_message", "Give up claim"): ("MESSAGE_RECEIVED", {"Publish MESSAGE_ANALYSED": DOWN}),
    ("analyse_message", "Publish MESSAGE_ANALYSIS_FAILED"): ("MESSAGE_RECEIVED", {"Publish MESSAGE_ANALYSED": DOWN}),
    ("analyse_message", "Keep event for redrive"): ("MESSAGE_RECEIVED", {"events:putEvents": DOWN}),
    ("respond_to_text", "Keep event for redrive"): ("MESSAGE_ANALYSED.joke", {"events:putEvents": DOWN}),
    ("respond_to_images", "Publish SEND_TWEET in words"): ("MESSAGE_ANALYSED.with-image-of-nobody", {}),
    ("respond_to_images", "Keep event for redrive"): ("MESSAGE_ANALYSED.with-celebrity", {"events:putEvents": DOWN}),
    ("send_tweet", "Hold until reset"): ("SEND_TWEET", {"Post tweet": RATE_LIMITED}),
    ("send_tweet", "Schedule SEND_TWEET"): ("SEND_TWEET", {"Post tweet": RATE_LIMITED}),
    ("send_tweet", "Record failure"): ("SEND_TWEET", {"Post tweet": raised("TweetRefused", "403")}),
    ("send_tweet", "Publish TWEET_FAILED"): ("SEND_TWEET", {"Post tweet": raised("TweetRefused", "403")}),
    ("send_tweet", "Keep event for redrive"): ("SEND_TWEET", {"events:putEvents": DOWN}),
}
# Errors that a Catch takes by name come with a cause that means something.
CAUSES = {"RateLimited": RATE_LIMITED.cause}


def tasks() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for workflow in WORKFLOWS:
        for name, state in states_of(workflow).items():
            if state["Type"] == "Task":
                yield workflow, name, state


def good_answer(workflow: str, state: dict[str, Any]) -> Any:
    call = state["Resource"].split(":states:::")[1].removeprefix("aws-sdk:")
    if call.startswith("dynamodb:"):
        return REAL
    return {**GOOD[workflow], "sqs:sendMessage": KEPT, "scheduler:createSchedule": SCHEDULED}[call]


def way_to(workflow: str, name: str, answer: Answer) -> Execution:
    """Runs a workflow, its tables empty, so that it reaches a state, which is answered so."""
    for table in KEYS:
        Table(table)
    sample, answers = WAYS.get((workflow, name), (SAMPLES[workflow], {}))
    return run(workflow, sample, {
        "sqs:sendMessage": KEPT, "scheduler:createSchedule": SCHEDULED, **answers, name: answer})


def again(state: dict[str, Any]) -> dict[str, Any]:
    """The retrier of what can pass."""
    found: dict[str, Any] = state["Retry"][-1]
    assert found["ErrorEquals"] == ["States.ALL"]
    return found


TASKS = [pytest.param(*each, id="/".join(each[:2])) for each in tasks()]
REFUSALS = [pytest.param(workflow, name, error, id=f"{workflow}/{name}/{error}") for workflow, name, state in tasks()
            for retrier in state["Retry"] if retrier["MaxAttempts"] == 0 for error in retrier["ErrorEquals"]]
CATCHES = [pytest.param(workflow, name, error, catcher["Next"], id=f"{workflow}/{name}/{error}") for workflow, name, state in tasks()
           for catcher in state.get("Catch", []) for error in catcher["ErrorEquals"]]


@pytest.mark.parametrize(("workflow", "name", "state"), TASKS)
def test_what_passes_is_waited_for(monkeypatch: pytest.MonkeyPatch, workflow: str, name: str, state: dict[str, Any]) -> None:
    """The last attempt succeeds: all goes on as if nothing had been, after delays that grow up to their cap."""
    retrier, good = again(state), good_answer(workflow, state)
    undisturbed = way_to(workflow, name, good)
    monkeypatch.setattr(random, "uniform", lambda low, high: high)
    execution = way_to(workflow, name, [DOWN] * retrier["MaxAttempts"] + [good])
    assert name in execution.states
    assert len(execution.arguments(name)) == retrier["MaxAttempts"] + 1
    assert (execution.status, Counter(execution.states)) == (undisturbed.status, Counter(undisturbed.states))
    delays = [seconds for each, seconds in execution.delays if each == name]
    assert delays == [min(retrier["IntervalSeconds"] * retrier["BackoffRate"] ** attempt, retrier["MaxDelaySeconds"])
                      for attempt in range(retrier["MaxAttempts"])]


@pytest.mark.parametrize(("workflow", "name", "error"), REFUSALS)
def test_what_does_not_pass_is_not_asked_again(workflow: str, name: str, error: str) -> None:
    execution = way_to(workflow, name, ServiceError(error, CAUSES.get(error, "as the test wants it")))
    assert len(execution.arguments(name)) == 1


@pytest.mark.parametrize(("workflow", "name", "error", "following"), CATCHES)
def test_every_failure_is_caught(workflow: str, name: str, error: str, following: str) -> None:
    failure = DOWN if error == "States.ALL" else ServiceError(error, CAUSES.get(error, "as the test wants it"))
    execution = way_to(workflow, name, failure)
    assert following in execution.states[execution.states.index(name):]
    attempts = 1 if error != "States.ALL" else 1 + again(states_of(workflow)[name])["MaxAttempts"]
    assert len(execution.arguments(name)) == attempts


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_not_even_the_dead_letter_queue_takes_it(workflow: str) -> None:
    """The last resort is the alarm on failed executions."""
    execution = way_to(workflow, "Keep event for redrive", ServiceError("SQS.AmazonSQSException"))
    assert (execution.status, execution.error) == ("FAILED", "SQS.AmazonSQSException")
