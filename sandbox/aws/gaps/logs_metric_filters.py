"""MiniStack keeps a log group's metric filters and never applies them.

Source: Amazon CloudWatch Logs user guide, "Filter pattern syntax for metric filters". JSON patterns are comparisons by `=` and `!=`, numeric ones,
NOT EXISTS, and `&&` or `||` between them, without parentheses; any other JSON pattern matches nothing, and says so in the log.
"""

import json
import re
import time
from typing import Any

from ministack.services import cloudwatch_logs

from sandbox.aws import event_input, metrics
from sandbox.aws.patching import Function, patch

COMPARISON = re.compile(r"""\s*(\$[^\s=!<>]+)\s*(=|!=|<=|>=|<|>)\s*("(?:[^"\\]|\\.)*"|[^\s&|]+)\s*""")
ABSENT = re.compile(r"\s*(\$[^\s=!<>]+)\s+NOT\s+EXISTS\s*")
NUMERIC = {"<": float.__lt__, ">": float.__gt__, "<=": float.__le__, ">=": float.__ge__}
PERIOD = 60


def install() -> None:
    """Applies them to what is logged."""

    @patch(cloudwatch_logs, "_fanout_to_subscription_filters", "cb898244bb9f")
    def fanout_to_subscription_filters(original: Function, group: str, stream: str, events: list[dict[str, Any]]) -> None:
        for each in cloudwatch_logs._metric_filters.values():
            if each["logGroupName"] == group:
                _apply(each, [str(event.get("message", "")) for event in events])
        original(group, stream, events)


def _apply(metric_filter: dict[str, Any], messages: list[str]) -> None:
    pattern = metric_filter["filterPattern"].strip()
    matches = [message for message in messages if matches_pattern(pattern, message)]
    for transformation in metric_filter["metricTransformations"]:
        namespace, name = transformation["metricNamespace"], transformation["metricName"]
        unit, default = transformation.get("unit", "None"), transformation.get("defaultValue")
        for message in matches:
            value, dimensions = _value(transformation["metricValue"], message), _dimensions(transformation.get("dimensions") or {}, message)
            if value is not None and None not in dimensions.values():  # without one of them there is no point
                metrics.put(namespace, name, value, unit, dimensions)
        if not matches and default is not None and not metrics.values(namespace, name, [], time.time() - PERIOD, time.time() + 1):
            metrics.put(namespace, name, float(default), unit)


def matches_pattern(pattern: str, message: str) -> bool:
    """Whether a log line matches a filter pattern."""
    if not pattern.startswith("{"):
        return bool(cloudwatch_logs._compile_filter_pattern(pattern)(message))
    try:
        line = json.loads(message)
    except ValueError:
        return False
    return any(all(_compare(comparison, line) for comparison in each.split("&&")) for each in pattern.strip("{} ").split("||"))


def _dimensions(selectors: Any, message: str) -> dict[str, Any]:
    """Each dimension's value; None where the line has none. Selectors are a mapping, or CloudFormation's list of keys and values."""
    if isinstance(selectors, list):
        selectors = {each["Key"]: each["Value"] for each in selectors}
    if not selectors:
        return {}
    line = json.loads(message)
    found = {name: event_input.at(selector, line) for name, selector in selectors.items()}
    return {name: None if value is None else _text(value) for name, value in found.items()}


def _compare(comparison: str, line: Any) -> bool:
    absent = ABSENT.fullmatch(comparison)
    if absent:
        return event_input.at(absent[1], line) is None
    found = COMPARISON.fullmatch(comparison)
    if not found:
        cloudwatch_logs.logger.warning("CloudWatch Logs: the sandbox does not know the comparison %s of a metric filter.", comparison)
        return False
    selector, operator, wanted = found.groups()
    value = event_input.at(selector, line)
    if operator in NUMERIC:
        return isinstance(value, int | float) and NUMERIC[operator](float(value), float(wanted))
    same = value is not None and _text(value) == (json.loads(wanted) if wanted.startswith('"') else wanted)
    return same if operator == "=" else value is not None and not same


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _value(metric_value: str, message: str) -> float | None:
    """A number, or the number that a selector finds in the line."""
    try:
        value = event_input.at(metric_value, json.loads(message)) if metric_value.startswith("$") else metric_value
        return None if value is None else float(value)
    except (TypeError, ValueError):
        return None
