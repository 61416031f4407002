"""`python -m tools dashboard`: the deployed dashboard's widgets, drawn from CloudWatch's metrics, on AWS or the sandbox."""

import argparse
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tools import charts, command, output
from tools.stack import Failure, Stack

COLUMNS = 24  # of a dashboard's grid
POINTS = 60  # that a chart has at the most
PERIODS = (60, 300, 900, 3600, 21600, 86400)  # seconds
QUERIES = 500  # in a call of GetMetricData


@dataclass
class Widget:
    """A widget of the dashboard: where it is on the grid, and for each of its series the values at the times."""

    title: str
    kind: str
    place: tuple[int, int, int, int]  # x, y, width, height
    statistic: str
    stacked: bool
    series: charts.Series


def add_to(commands: Any) -> None:
    """Its command."""
    parser = command.add(
        commands, "dashboard", _dashboard, "the dashboard's metrics, as a table or a picture",
        "dashboard\ndashboard --png dashboard.png --since 1d\ndashboard --sandbox --png dashboard.png --since 30m",
        "The widgets are those that were deployed. A table has the total of what is counted, and else the latest value, of each series.")
    parser.add_argument("--since", type=command.time_argument, default="3h", metavar="TIME", help="from when on (default 3h)")
    parser.add_argument("--png", metavar="FILE.png", help="draw it instead")
    command.add_json(parser)


def _dashboard(arguments: argparse.Namespace) -> int:
    stack, until = command.stack_of(arguments), datetime.now(UTC)
    if arguments.since >= until:
        raise Failure("--since is not in the past.")
    with output.progress("Reading metrics"):
        period = next((each for each in PERIODS if (until - arguments.since).total_seconds() <= POINTS * each), PERIODS[-1])
        first = datetime.fromtimestamp(arguments.since.timestamp() // period * period, UTC)
        times = [first + number * timedelta(seconds=period) for number in range(int((until - first).total_seconds() // period) + 1)]
        widgets = read(stack, times, period)
    if arguments.png:
        _draw(widgets, times, period, arguments.png)
        output.note(f"Drawn: {arguments.png}")
        return 0
    rows = [{"widget": widget.title, "series": name, "value": _summary(widget, values)}
            for widget in widgets if widget.kind == "metric" for name, values in widget.series.items()]
    output.show(rows, ["widget", "series", "value"], arguments.json)
    return 0


def _summary(widget: Widget, values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    if widget.statistic == "Sum":
        return sum(known)
    return round(known[-1], 3) if known else None


def read(stack: Stack, times: list[datetime], period: int) -> list[Widget]:
    """The deployed dashboard's widgets with their metrics at the times, each of so many seconds. Failure where no dashboard is deployed."""
    cloudwatch = stack.client("cloudwatch")
    names = [name for service in stack.services for logical, name in service.resources.items() if logical == "Dashboard"]
    if not names:
        raise Failure(f"{stack.name} has no dashboard.")
    physical = {re.split(r"[:/]", identifier)[-1]: f"{service.name} {logical}"  # of an ARN or an address, the name
                for service in stack.services for logical, identifier in service.resources.items()}
    body = json.loads(cloudwatch.get_dashboard(DashboardName=names[0])["DashboardBody"])
    widgets, queries = [], []
    for number, given in enumerate(body["widgets"]):
        properties = given["properties"]
        title = properties.get("title") or properties.get("markdown", "").lstrip("# ")
        widgets.append(Widget(title, given["type"], (given["x"], given["y"], given["width"], given["height"]),
                              properties.get("stat", "Average"), bool(properties.get("stacked")), {}))
        queries += [{**query, "Id": f"w{number}_{place}"} for place, query in enumerate(_queries(properties, period))]
    for result in _results(cloudwatch, queries, times, period):
        widget = widgets[int(result["Id"][1:].split("_")[0])]
        series = widget.series.setdefault(_label(result["Label"], physical), [None] * len(times))
        for moment, value in zip(result["Timestamps"], result["Values"], strict=True):
            place = int((moment - times[0]).total_seconds() // period)
            if 0 <= place < len(times):
                series[place] = value
    return widgets


def _queries(properties: dict[str, Any], period: int) -> Iterator[dict[str, Any]]:
    """A widget's metrics as GetMetricData takes them. Source: CloudWatch user guide, "Dashboard body structure and syntax"."""
    above: list[str] = []
    for row in properties.get("metrics", []):
        options: dict[str, Any] = row[-1] if isinstance(row[-1], dict) else {}
        if "expression" in options:
            label = {"Label": options["label"]} if options.get("label") else {}
            yield {"Expression": re.sub(r", \d+\)$", f", {period})", options["expression"]), "Period": period, **label}
            continue
        parts = [part for part in row if isinstance(part, str)]
        parts = [above[place] if part == "." else part for place, part in enumerate(parts)]
        above = parts
        yield {"Label": options.get("label", parts[1]), "MetricStat": {
            "Metric": {"Namespace": parts[0], "MetricName": parts[1],
                       "Dimensions": [{"Name": name, "Value": value} for name, value in zip(parts[2::2], parts[3::2], strict=True)]},
            "Period": period, "Stat": options.get("stat") or properties.get("stat", "Average")}}


def _results(cloudwatch: Any, queries: list[dict[str, Any]], times: list[datetime], period: int) -> Iterator[dict[str, Any]]:
    for first in range(0, len(queries), QUERIES):
        for page in cloudwatch.get_paginator("get_metric_data").paginate(
                MetricDataQueries=queries[first:first + QUERIES], StartTime=times[0], EndTime=times[-1] + timedelta(seconds=period),
                ScanBy="TimestampAscending"):
            yield from page["MetricDataResults"]


def _label(label: str, physical: dict[str, str]) -> str:
    """A label in which resources have their logical names."""
    return " ".join(physical.get(re.split(r"[:/]", word)[-1], word) for word in label.split(" "))


def _draw(widgets: list[Widget], times: list[datetime], period: int, path: str) -> None:
    rows = max(widget.place[1] + widget.place[3] for widget in widgets)
    with charts.figure(path, 18, rows * 0.5, layout="none") as drawn:
        for widget in widgets:
            x, y, width, height = widget.place
            left, bottom = x / COLUMNS, 1 - (y + height) / rows
            if widget.kind != "metric":
                drawn.text(left + 0.02, bottom + 0.3 * height / rows, widget.title, fontsize=15, fontweight="bold", color=charts.INK)
                continue
            axes = drawn.add_axes((left + 0.035, bottom + 0.26 * height / rows, width / COLUMNS - 0.05, 0.63 * height / rows))  # room for the legend
            shown = {name: values for name, values in widget.series.items() if any(values)}
            charts.over_time(axes, times, period, shown, widget.stacked, counted=widget.statistic == "Sum")
            charts.tidy(axes, widget.title)
