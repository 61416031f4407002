"""Points of CloudWatch metrics, equal ones of one second together, so that a busy sandbox does not fill its memory with them."""

import time
from typing import Any

from ministack.services import cloudwatch

MAX_POINTS = 2000  # of a metric; the oldest go first


def put(namespace: str, name: str, value: float, unit: str = "Count", dimensions: dict[str, str] | None = None) -> None:
    """Adds a value to a metric of the current account and region."""
    points = cloudwatch._metric_bucket((namespace, name, cloudwatch._dims_key(dimensions or {})))
    now = int(time.time())
    for last in reversed(points):  # only equals together, or there would be no percentiles
        if int(last["Timestamp"]) != now or "_stat" not in last:
            break
        if last["Value"] == float(value):
            last["_stat"]["SampleCount"] += 1
            last["_stat"]["Sum"] += value
            return
    points.append({"Timestamp": float(now), "Value": float(value), "Unit": unit, "Dimensions": dict(dimensions or {}),
                   "_stat": {"SampleCount": 1.0, "Sum": float(value), "Minimum": float(value), "Maximum": float(value)}})
    del points[:-MAX_POINTS]


def values(namespace: str, name: str, dimensions: list[dict[str, str]], start: float, end: float) -> list[dict[str, Any]]:
    """The points of a metric with exactly these dimensions, from `start` up to but not including `end` (seconds since 1970)."""
    points = cloudwatch._metrics.get((namespace, name, cloudwatch._dims_key(cloudwatch._dims_from_list(dimensions)))) or []
    return [point for point in points if start <= point["Timestamp"] < end]
