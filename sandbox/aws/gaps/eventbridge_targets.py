"""MiniStack drops what a rule sends to a log group or a delivery stream, what it sends to a function while too many run, and what it cannot
deliver, to an API destination too; it ignores a target's RetryPolicy, DeadLetterConfig and role, and the target's own policy.

Source: Amazon EventBridge user guide, "How EventBridge retries delivering events" and "Using dead-letter queues to process undelivered events".
"""

import contextvars
import json
import threading
import time
from typing import Any

from ministack.core.arn import ArnParseError, parse_arn
from ministack.services import eventbridge

from sandbox.aws import dead_letters, event_input, rule_targets
from sandbox.aws.dead_letters import NotDelivered
from sandbox.aws.patching import Function, patch

ATTEMPTS = 185
SECONDS = 24 * 3600
LONGEST_DELAY = 60.0


def install() -> None:
    """Delivers to every kind of target that the application has, again where that may help, and then to the dead-letter queue."""

    @patch(eventbridge, "_invoke_target", "550e304af080")
    def invoke_target(original: Function, target: dict[str, Any], event: Any, rule: dict[str, Any], view: Any = None) -> None:
        try:
            service, caller = rule_targets.kind(target.get("Arn", "")), parse_arn(rule.get("Arn", "")).service
        except ArnParseError:
            service = caller = ""
        if service not in rule_targets.KNOWN or caller != "events":
            original(target, event, rule, view)
            return
        whole = (view or eventbridge._pattern_event_view(event)).event_with_detail()
        if service == rule_targets.HTTP:  # whoever put the event does not wait for somebody's server
            _aside(_deliver, target, rule, whole)
        else:
            _deliver(target, rule, whole)


def _deliver(target: dict[str, Any], rule: dict[str, Any], event: dict[str, Any]) -> None:
    try:
        _attempt(target, rule, event)
    except NotDelivered as failure:
        if failure.retriable and _retries(target) > 0:
            _aside(_again, target, rule, event, failure)
        else:
            _give_up(target, rule, event, failure)


def _aside(run: Function, *arguments: Any) -> None:
    threading.Thread(target=contextvars.copy_context().run, args=(run, *arguments), daemon=True).start()


def _attempt(target: dict[str, Any], rule: dict[str, Any], event: dict[str, Any]) -> None:
    rule_targets.check(target, rule)
    try:
        rule_targets.deliver(target, rule, event, event_input.for_target(target, rule, event))
    except NotDelivered:
        raise
    except Exception as error:
        raise NotDelivered("INTERNAL_ERROR", str(error), retriable=True) from error


def _again(target: dict[str, Any], rule: dict[str, Any], event: dict[str, Any], failure: NotDelivered) -> None:
    deadline = time.monotonic() + (target.get("RetryPolicy") or {}).get("MaximumEventAgeInSeconds", SECONDS)
    for attempt in range(1, _retries(target) + 1):
        delay = max(min(0.5 * 2 ** attempt, LONGEST_DELAY), failure.after)
        if time.monotonic() + delay > deadline:
            return _give_up(target, rule, event, failure, attempt - 1, "MaximumEventAgeInSeconds")
        time.sleep(delay)
        try:
            return _attempt(target, rule, event)
        except NotDelivered as latest:
            failure = latest
            if not failure.retriable:
                return _give_up(target, rule, event, failure, attempt)
    _give_up(target, rule, event, failure, _retries(target), "MaximumRetryAttempts")


def _retries(target: dict[str, Any]) -> int:
    return int((target.get("RetryPolicy") or {}).get("MaximumRetryAttempts", ATTEMPTS))


def _give_up(
        target: dict[str, Any], rule: dict[str, Any], event: dict[str, Any], failure: NotDelivered, retries: int = 0, exhausted: str = "") -> None:
    eventbridge.logger.warning("EventBridge: %s did not reach %s: %s %s", rule.get("Name"), target["Arn"], failure.code, failure)
    queue = (target.get("DeadLetterConfig") or {}).get("Arn", "")
    if queue and rule_targets.permitted("sqs", queue, rule.get("Arn", "")):
        dead_letters.send(queue, json.dumps(event), {
            "RULE_ARN": rule.get("Arn", ""), "TARGET_ARN": target["Arn"], "ERROR_CODE": failure.code, "ERROR_MESSAGE": str(failure)[:1000],
            "RETRY_ATTEMPTS": retries, **({"EXHAUSTED_RETRY_CONDITION": exhausted} if exhausted else {})})
