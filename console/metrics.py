"""The dashboard's metrics, as CloudWatch has them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from console import deployment
from tools.stack import Stack

DASHBOARD = "AWS::CloudWatch::Dashboard"
SPANS = {30: 60, 180: 300, 1440: 1800}  # minutes that are shown, and the seconds of a point of each
QUERIES = 500  # in a call of GetMetricData


def routes() -> list[Route]:
    """The dashboard."""
    return [Route("/api/dashboard", _dashboard)]


async def _dashboard(request: Request) -> Response:
    """?minutes=30: each widget with its `title` and its `series`: `label`, and `values` at the `times` (in seconds since 1970)."""
    minutes = request.query_params.get("minutes", "30")
    if not minutes.isdecimal() or int(minutes) not in SPANS:
        raise HTTPException(400, f"minutes is one of {', '.join(map(str, SPANS))}.")
    return JSONResponse(await run_in_threadpool(_read, deployment.of(request).stack, int(minutes)))


def _read(stack: Stack, minutes: int) -> dict[str, Any]:
    cloudwatch, period = stack.client("cloudwatch"), SPANS[minutes]
    names = [name for service in stack.services for name in service.named(DASHBOARD).values()]
    bodies = [json.loads(cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"]) for name in names]
    widgets = [widget["properties"] for body in bodies for widget in body["widgets"] if widget["type"] == "metric"]
    last = int(datetime.now(UTC).timestamp()) // period * period
    times = list(range(last - 60 * minutes + period, last + period, period))
    metrics = {metric for widget in widgets for metric in _metrics(widget)}
    values = _values(cloudwatch, sorted(metrics), times, period)
    return {"times": times, "period": period, "widgets": [
        {"title": widget.get("title", ""), "series": [{"label": metric[1], "values": values[metric]} for metric in _metrics(widget)]}
        for widget in widgets]}


Metric = tuple[str, str, tuple[tuple[str, str], ...], str]  # namespace, name, dimensions, statistic


def _metrics(widget: dict[str, Any]) -> list[Metric]:
    """A widget's metrics. `.` stands for what the row above has in that place. Source: CloudWatch user guide, "Dashboard body structure"."""
    found: list[Metric] = []
    above: list[str] = []
    for row in widget.get("metrics", []):
        parts = [part for part in row if isinstance(part, str)]
        options: dict[str, Any] = next((part for part in row if isinstance(part, dict)), {})
        if not parts or "expression" in options:
            continue
        parts = [above[place] if part == "." and place < len(above) else part for place, part in enumerate(parts)]
        above = parts
        found.append((parts[0], parts[1], tuple(zip(parts[2::2], parts[3::2], strict=False)), options.get("stat") or widget.get("stat", "Average")))
    return found


def _values(cloudwatch: Any, metrics: list[Metric], times: list[int], period: int) -> dict[Metric, list[float | None]]:
    found: dict[Metric, list[float | None]] = {metric: [None] * len(times) for metric in metrics}
    places = {time: place for place, time in enumerate(times)}
    start, end = datetime.fromtimestamp(times[0], UTC), datetime.fromtimestamp(times[-1], UTC) + timedelta(seconds=period)
    for first in range(0, len(metrics), QUERIES):
        some = metrics[first:first + QUERIES]
        queries = [{"Id": f"m{number}", "MetricStat": {"Stat": stat, "Period": period, "Metric": {
            "Namespace": namespace, "MetricName": name, "Dimensions": [{"Name": each, "Value": value} for each, value in dimensions]}}}
            for number, (namespace, name, dimensions, stat) in enumerate(some)]
        for page in cloudwatch.get_paginator("get_metric_data").paginate(MetricDataQueries=queries, StartTime=start, EndTime=end):
            for result in page["MetricDataResults"]:
                metric = some[int(result["Id"][1:])]
                for moment, value in zip(result["Timestamps"], result["Values"], strict=True):
                    place = places.get(int(moment.timestamp()) // period * period)
                    if place is not None:
                        found[metric][place] = (found[metric][place] or 0) + value
    return found
