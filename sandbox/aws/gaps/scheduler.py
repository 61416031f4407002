"""MiniStack's Scheduler looks every ten seconds, ignores EventBridgeParameters, roles, and dead-letter queues.

Source: EventBridge Scheduler user guide, "Using templated targets" and "Configuring a dead-letter queue".
"""

import json
from typing import Any

from ministack.core.arn import parse_arn
from ministack.core.responses import new_uuid
from ministack.services import eventbridge, scheduler

from sandbox.aws import access, dead_letters, faults
from sandbox.aws.dead_letters import NotDelivered
from sandbox.aws.patching import Function, expect, patch

SERVICE = "scheduler.amazonaws.com"
SECONDS = 1


def install() -> None:
    """Fires a schedule within a second of its time, and puts its Input on the bus as the event that it describes."""
    expect(scheduler._SCHEDULE_TICK_INTERVAL == 10, "ministack.services.scheduler looks at schedules at another interval by now.")
    scheduler._SCHEDULE_TICK_INTERVAL = SECONDS

    @patch(scheduler, "_create_schedule", "5b205607c15c")
    def create_schedule(original: Function, name: str, body: dict[str, Any]) -> Any:
        role = (body.get("Target") or {}).get("RoleArn")
        if role and not access.may_assume(SERVICE, role):
            return scheduler._error(400, "ValidationException", (
                "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."))
        return original(name, body)

    @patch(eventbridge, "_invoke_target", "550e304af080")
    def invoke_target(original: Function, target: dict[str, Any], event: Any, rule: dict[str, Any], view: Any = None) -> None:
        if ":scheduler:" not in rule.get("Arn", "") or not parse_arn(target["Arn"]).resource.startswith("event-bus/"):
            original(target, event, rule, view)
            return
        try:
            _put_event(target)
        except NotDelivered as failure:
            _give_up(target, rule, failure)


def _put_event(target: dict[str, Any]) -> None:
    parameters, role = target.get("EventBridgeParameters") or {}, target["RoleArn"]
    keys = {"events:source": parameters.get("Source"), "events:detail-type": parameters.get("DetailType")}
    if not access.may_assume(SERVICE, role) or not access.allowed(role, "events:PutEvents", target["Arn"], keys):
        raise NotDelivered("AccessDeniedException", f"{role} is not authorized to perform events:PutEvents on {target['Arn']}.")
    fault = faults.strike("events:PutEvents", target.get("Input") or "{}", role) if faults.expected() else None
    if fault and fault.error:
        raise NotDelivered(fault.error, fault.message)
    _, _, body = eventbridge._put_events({"Entries": [{
        "EventBusName": target["Arn"], "Source": parameters.get("Source"), "DetailType": parameters.get("DetailType"),
        "Detail": target.get("Input") or "{}"}]})
    answer = json.loads(body)
    if answer.get("FailedEntryCount", 1):
        failed = (answer.get("Entries") or [{}])[0]
        raise NotDelivered(failed.get("ErrorCode", "InternalException"), failed.get("ErrorMessage", answer.get("message", "")))


def _give_up(target: dict[str, Any], schedule: dict[str, Any], failure: NotDelivered) -> None:
    scheduler.logger.warning("Scheduler: %s did not reach %s: %s", schedule["Arn"], target["Arn"], failure)
    queue = (target.get("DeadLetterConfig") or {}).get("Arn", "")
    if queue and access.allowed(target["RoleArn"], "sqs:SendMessage", queue):
        dead_letters.send(queue, target.get("Input") or "{}", {
            "SCHEDULE_ARN": schedule["Arn"], "TARGET_ARN": target["Arn"], "ERROR_CODE": failure.code, "ERROR_MESSAGE": str(failure),
            "EXECUTION_ID": new_uuid(), "RETRY_ATTEMPTS": 0})
