"""How the application is: its alarms, its dead letters, and the faults that were asked for."""

import threading
import time
from typing import Any

import httpx
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from console.deployment import Deployment
from tools.letter_box import boxes

KEPT_SECONDS = {True: 10.0, False: 1.0}  # an answer serves every page for so long; on AWS, each costs calls
ALARM = "AWS::CloudWatch::Alarm"


class Health:
    """The last answer, and how to get another."""

    def __init__(self, of: Deployment) -> None:
        self._of = of
        self._lock = threading.Lock()
        self._known: tuple[float, dict[str, Any]] = (0.0, {})

    def get(self) -> dict[str, Any]:
        """`alarms`, `letters` by microservice, and `faults` that are still to strike."""
        with self._lock:
            when, answer = self._known
            if not answer or time.monotonic() - when > KEPT_SECONDS[self._of.read_only]:
                answer = {"alarms": alarms(self._of), "letters": {box.service: sum(box.depth()) for box in boxes(self._of.stack)},
                          "faults": faults(self._of)}
                self._known = time.monotonic(), answer
            return answer


def alarms(of: Deployment) -> list[dict[str, Any]]:
    """The application's alarms, those that fire first."""
    owners = {physical_id: (service.name, logical_id) for service in of.stack.services for logical_id, physical_id in service.named(ALARM).items()}
    pages = of.stack.client("cloudwatch").get_paginator("describe_alarms").paginate()
    found = [alarm for page in pages for alarm in page["MetricAlarms"] if alarm["AlarmName"] in owners]
    return sorted(({
        "service": owners[alarm["AlarmName"]][0], "name": owners[alarm["AlarmName"]][1], "state": alarm["StateValue"],
        "reason": alarm.get("StateReason", ""), "since": alarm["StateUpdatedTimestamp"].timestamp() * 1000,
        "description": alarm.get("AlarmDescription", ""), "metric": alarm.get("MetricName", "")} for alarm in found),
        key=lambda alarm: (alarm["state"] != "ALARM", alarm["service"], alarm["name"]))


def faults(of: Deployment) -> list[dict[str, Any]]:
    """The faults of X's stand-in and of the embedded AWS that have strikes left."""
    found: list[dict[str, Any]] = []
    for url in filter(None, (of.x_url, of.aws_url)):
        found += httpx.get(f"{url}/_sandbox/faults").raise_for_status().json()
    return [fault for fault in found if fault["struck"] < fault["times"]]


def routes() -> list[Route]:
    """How it is."""
    return [Route("/api/health", _health)]


async def _health(request: Request) -> Response:
    health: Health = request.app.state.health
    return JSONResponse(await run_in_threadpool(health.get))
