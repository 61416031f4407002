"""Replaying the last minutes of the archive, and how far it is."""

from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from console import deployment
from console.deployment import Deployment, changes
from console.requests import body_of
from tools import replay

LONGEST = 24 * 60  # minutes
SHOWN = 8


def routes() -> list[Route]:
    """Replays, and another one."""
    return [Route("/api/replays", _replays), Route("/api/replays", _start, methods=["POST"])]


async def _replays(request: Request) -> Response:
    return JSONResponse(await run_in_threadpool(_latest, deployment.of(request)))


def _latest(of: Deployment) -> list[dict[str, Any]]:
    events, archive = of.stack.client("events"), of.stack.output("ArchiveArn")
    names = sorted((each["ReplayName"] for each in events.list_replays()["Replays"] if each["EventSourceArn"] == archive), reverse=True)
    found = [events.describe_replay(ReplayName=name) for name in names[:SHOWN]]  # those that `start` began carry their time in their name
    return [{"name": each["ReplayName"], "state": each["State"], "from": each["EventStartTime"].timestamp() * 1000,
             "to": each["EventEndTime"].timestamp() * 1000, "started": each["ReplayStartTime"].timestamp() * 1000} for each in found]


@changes
async def _start(request: Request) -> Response:
    """{"minutes": 10, "rule": "analysis"}: the last minutes once more, to the rules of that name or microservice, or to all."""
    asked = await body_of(request)
    minutes, rule = asked.get("minutes"), str(asked.get("rule") or "")
    if not isinstance(minutes, int) or not 1 <= minutes <= LONGEST:
        raise HTTPException(400, f"Between 1 and {LONGEST} minutes.")
    return JSONResponse({"name": await run_in_threadpool(_begin, deployment.of(request), minutes, rule)})


def _begin(of: Deployment, minutes: int, rule: str) -> str:
    now = datetime.now(UTC)
    return replay.start(of.stack, now - timedelta(minutes=minutes), now, replay.rules(of.stack, rule) if rule else [])
