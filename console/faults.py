"""Break it: faults of X's stand-in and of the embedded AWS, each a switch."""

import time
from dataclasses import dataclass
from typing import Any

import httpx
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from console import deployment
from console.deployment import Deployment, changes
from console.requests import body_of

ALWAYS = 1_000_000  # strikes: until it is switched off
RESET_SECONDS = 20  # after which X takes posts again, as its rate limit says
SECONDS = 10


@dataclass(frozen=True)
class Switch:
    """A fault that can be switched on: what fails, what is to be seen then, and the faults that it asks `x` or `aws` for."""

    id: str
    group: str
    name: str
    expect: str
    where: str
    faults: tuple[dict[str, Any], ...]


def _aws(service: str, operations: str, error: str, status: int = 400) -> tuple[dict[str, Any], ...]:
    return tuple({"service": service, "operation": operation, "error": error, "status": status} for operation in operations.split())


SWITCHES = (
    Switch("x-rate-limit", "X", "Rate limit", f"429, and a reset {RESET_SECONDS} s later: the reply is scheduled for then.", "x",
           ({"path": "/2/tweets", "status": 429},)),
    Switch("x-down", "X", "Down", "503 to every post: tried again, then TWEET_FAILED and an alarm.", "x", ({"path": "/2/tweets", "status": 503},)),
    Switch("x-forbidden", "X", "Refuses posts", "403: not tried again; TWEET_FAILED and an alarm.", "x", ({"path": "/2/tweets", "status": 403},)),
    Switch("x-slow", "X", "Slow", "Every post is answered 4 s late, and succeeds.", "x", ({"path": "/2/tweets", "status": None, "delay": 4},)),
    Switch("images-slow", "Image host", "Slow", "Pictures come 6 s late; the message waits for them.", "x",
           ({"path": "/media/*", "status": None, "delay": 6},)),
    Switch("images-gone", "Image host", "Pictures gone", "404: the message is answered in words.", "x", ({"path": "/media/*", "status": 404},)),
    Switch("comprehend", "Analysis", "Comprehend throttled", "Tried again with growing pauses, then MESSAGE_ANALYSIS_FAILED.", "aws",
           _aws("comprehend", "DetectDominantLanguage DetectSentiment DetectEntities", "ThrottlingException")),
    Switch("rekognition", "Analysis", "Rekognition throttled", "Tried again; then the picture stays in the result with its error.", "aws",
           _aws("rekognition", "DetectLabels DetectText RecognizeCelebrities", "ProvisionedThroughputExceededException")),
    Switch("lex", "Responding", "Lex failing", "The workflow fails, an alarm fires, and the event waits as a dead letter.", "aws",
           _aws("lex", "RecognizeText", "InternalServerException", 500)),
    Switch("ledger", "Egress", "Ledger unreachable", "Nothing is posted without its claim; the command waits as a dead letter.", "aws",
           _aws("dynamodb", "UpdateItem", "InternalServerError", 500)),
    Switch("topic", "Alerting", "Alerts refused", "The alert waits in Alerting's dead-letter queue.", "aws",
           _aws("sns", "Publish", "AuthorizationError", 403)),
)
KEYS = {"x": ("path", "status"), "aws": ("service", "operation", "error")}


def routes() -> list[Route]:
    """The switches, and one of them switched."""
    return [Route("/api/faults", _list), Route("/api/faults/{id}", _switch, methods=["POST"]), Route("/api/faults", _clear, methods=["DELETE"])]


async def _list(request: Request) -> Response:
    of = deployment.of(request)
    if of.read_only:
        return JSONResponse([])
    async with httpx.AsyncClient(timeout=SECONDS) as client:
        there = {where: (await client.get(_url(of, where))).raise_for_status().json() for where in KEYS}
    return JSONResponse([_described(switch, there[switch.where]) for switch in SWITCHES])


def _described(switch: Switch, there: list[dict[str, Any]]) -> dict[str, Any]:
    """A switch with whether it is `on`, how often it has struck, and how often it is still to (null: until it is switched off)."""
    mine = [fault for fault in there if any(_is(switch, fault, asked) for asked in switch.faults)]
    left = max((fault["times"] - fault["struck"] for fault in mine), default=0)
    return {"id": switch.id, "group": switch.group, "name": switch.name, "expect": switch.expect, "on": left > 0,
            "struck": sum(fault["struck"] for fault in mine), "left": None if left > ALWAYS / 2 else left}


def _is(switch: Switch, fault: dict[str, Any], asked: dict[str, Any]) -> bool:
    return all(fault.get(key) == asked.get(key) for key in KEYS[switch.where])


@changes
async def _switch(request: Request) -> Response:
    """{"on": true, "times": 3}; without `times` until it is switched off."""
    of = deployment.of(request)
    switch = next((each for each in SWITCHES if each.id == request.path_params["id"]), None)
    if switch is None:
        raise HTTPException(404, "There is no such fault.")
    asked = await body_of(request)
    times = asked.get("times") or ALWAYS
    if not isinstance(times, int) or not 1 <= times <= ALWAYS:
        raise HTTPException(400, "times is how often it strikes, at least once.")
    url = _url(of, switch.where)
    async with httpx.AsyncClient(timeout=SECONDS) as client:
        for fault in (await client.get(url)).raise_for_status().json():  # what is on is ended, so that none is there twice
            if any(_is(switch, fault, each) for each in switch.faults):
                await client.delete(url, params={"id": fault["id"]})
        for fault in switch.faults if asked.get("on") else ():
            more = {"headers": {"x-rate-limit-reset": str(int(time.time()) + RESET_SECONDS)}} if fault.get("status") == 429 else {}
            (await client.post(url, json={**fault, **more, "times": times})).raise_for_status()
        return JSONResponse(_described(switch, (await client.get(url)).raise_for_status().json()))


@changes
async def _clear(request: Request) -> Response:
    """Ends every fault."""
    async with httpx.AsyncClient(timeout=SECONDS) as client:
        for where in KEYS:
            (await client.delete(_url(deployment.of(request), where))).raise_for_status()
    return JSONResponse({})


def _url(of: Deployment, where: str) -> str:
    return f"{of.x_url if where == 'x' else of.aws_url}/_sandbox/faults"
