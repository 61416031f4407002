"""The console as one ASGI application: the page, what it asks for, and the stream that tells it of events."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from console import cost, deployment, events, executions, faults, health, journeys, lake, letters, mails, metrics, replays, say
from console.deployment import Deployment
from console.guard import guarded
from tools.stack import Failure

STATIC = Path(__file__).parent / "static"
VIEWS = (events, executions, health, journeys, say, faults, letters, replays, lake, metrics, mails, cost)  # each has `routes()`


def create(of: Deployment) -> ASGIApp:
    """The application that shows a deployment."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.feed = feed = events.Feed(of)
        reading = asyncio.create_task(feed.run())
        yield
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reading

    routes: Sequence[BaseRoute] = [
        Route("/", _page), Route("/api/app", _app), Route("/api/map", _map), *(route for view in VIEWS for route in view.routes()),
        Mount("/static", StaticFiles(directory=STATIC))]
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers={
        HTTPException: _http_error, Failure: _failure, ClientError: _failure, BotoCoreError: _failure})
    app.state.deployment, app.state.health, app.state.executions = of, health.Health(of), executions.Executions(of)
    return guarded(app, of.x_url)


async def _page(request: Request) -> Response:
    return FileResponse(STATIC / "index.html")


async def _app(request: Request) -> Response:
    of = deployment.of(request)
    outputs: dict[str, Any] = of.stack.outputs
    return JSONResponse({"name": of.stack.name, "read_only": of.read_only, "region": of.stack.client("events").meta.region_name,
                         "bot": outputs.get("BotUsername", ""), "outputs": outputs})


async def _map(request: Request) -> Response:
    of = deployment.of(request)
    return JSONResponse(await run_in_threadpool(lambda: of.map.described()))


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"message": error.detail}, error.status_code)


async def _failure(request: Request, error: Exception) -> Response:
    return JSONResponse({"message": str(error)}, 502)
