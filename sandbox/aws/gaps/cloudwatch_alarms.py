"""MiniStack's alarms ignore dimensions, missing data and periods, are looked at only when data comes, and publish whatever the topic's policy says.

Source: Amazon CloudWatch user guide, "Alarm evaluation" and "Configuring how CloudWatch alarms treat missing data". On AWS an alarm is looked at
once a minute; here, every second.
"""

import operator
import threading
import time
from collections.abc import Callable
from typing import Any

from ministack.core.responses import set_request_account_id, set_request_region
from ministack.services import cloudwatch, sns

from sandbox.aws import access, metrics
from sandbox.aws.patching import Function, patch

SECONDS = 1.0
SERVICE = "cloudwatch.amazonaws.com"
ACTIONS = {"ALARM": "AlarmActions", "OK": "OKActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge, "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt, "LessThanOrEqualToThreshold": operator.le,
}


def install() -> None:
    """Replaces the evaluation, and starts the thread that evaluates."""

    @patch(cloudwatch, "_evaluate_alarm", "a0b0acd3d432")
    def evaluate_alarm(original: Function, alarm: dict[str, Any]) -> None:
        if alarm.get("ComparisonOperator") not in COMPARISONS or not alarm.get("MetricName"):
            original(alarm)
            return
        values = _values(alarm, time.time())
        state, old = _state(alarm, values), alarm["StateValue"]
        if state != old:
            reason = f"{alarm['MetricName']} was {values}, compared by {alarm['ComparisonOperator']} with {alarm['Threshold']}."
            alarm.update(StateValue=state, StateReason=reason, StateUpdatedTimestamp=int(time.time()))
            cloudwatch._record_history(alarm["AlarmName"], old, state, reason)
            cloudwatch._dispatch_alarm_actions(alarm, old, state, reason)
            cloudwatch._evaluate_parent_alarms(alarm)

    @patch(cloudwatch, "_dispatch_alarm_actions", "fcf47c0d1e6e")
    def dispatch_alarm_actions(original: Function, alarm: dict[str, Any], old: str, new: str, reason: str) -> None:
        kind = ACTIONS[new]
        original({**alarm, kind: [action for action in alarm.get(kind) or [] if _may_publish(action, alarm)]}, old, new, reason)

    threading.Thread(target=_run, daemon=True, name="alarms").start()


def _values(alarm: dict[str, Any], now: float) -> list[float | None]:
    """The statistic of each period, the latest first; None where there is no data."""
    period, statistic = alarm.get("Period", 60), alarm.get("ExtendedStatistic") or alarm.get("Statistic", "Average")
    found: list[float | None] = []
    for number in range(alarm.get("EvaluationPeriods", 1)):
        end = now - number * period
        points = metrics.values(alarm["Namespace"], alarm["MetricName"], alarm.get("Dimensions") or [], end - period, end)
        found.append(cloudwatch._stat_value(cloudwatch._calc_stats(points), statistic, points) if points else None)
    return found


def _state(alarm: dict[str, Any], values: list[float | None]) -> str:
    compare, threshold = COMPARISONS[alarm["ComparisonOperator"]], alarm.get("Threshold", 0)
    missing = alarm.get("TreatMissingData") or "missing"
    if missing in ("missing", "ignore") and all(value is None for value in values):
        return "INSUFFICIENT_DATA" if missing == "missing" else str(alarm["StateValue"])
    breaching = [missing == "breaching" if value is None else compare(value, threshold) for value in values]
    return "ALARM" if sum(breaching) >= (alarm.get("DatapointsToAlarm") or len(values)) else "OK"


def _may_publish(action: str, alarm: dict[str, Any]) -> bool:
    if ":sns:" not in action:
        return True
    policy = sns.topic_policy_for_arn(action)
    keys = {"aws:SourceArn": alarm["AlarmArn"], "aws:SourceAccount": alarm["AlarmArn"].split(":")[4]}
    if access.permits(policy and policy[0], SERVICE, "sns:Publish", action, keys):
        return True
    cloudwatch.logger.warning("CloudWatch: the policy of %s does not let %s publish to it.", action, alarm["AlarmName"])
    return False


def _run() -> None:
    while True:
        time.sleep(SECONDS)
        for (account, region, _), alarm in cloudwatch._alarms.all_items():
            set_request_account_id(account)
            set_request_region(region)
            try:
                cloudwatch._evaluate_alarm(alarm)
            except Exception:
                cloudwatch.logger.exception("CloudWatch: %s could not be evaluated.", alarm.get("AlarmName"))
