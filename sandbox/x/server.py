"""The stand-in as one ASGI application."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from sandbox.x import Keys
from sandbox.x.api import Api, Refusal, Timeline, problem
from sandbox.x.faults import Fault, Faults
from sandbox.x.oauth import Verifier
from sandbox.x.webhooks import Webhooks
from tools.serving import Serving

PHOTOS = Path(__file__).parents[1] / "photos"


class Server(Serving):
    """X on a port of 127.0.0.1."""

    def __init__(self, port: int, keys: Keys | None = None) -> None:
        self.url = f"http://127.0.0.1:{port}"  # what it answers leads back to it
        self.timeline = Timeline()
        self.faults = Faults()
        self._keys = keys or Keys()
        self._webhooks = Webhooks(self._keys)
        super().__init__(self._app(), port, "X's stand-in")

    def _app(self) -> ASGIApp:
        api = Api(self.timeline, Verifier(self._keys))
        app = Starlette(routes=[
            Route("/2/tweets", api.create_post, methods=["POST"]),
            Route("/2/media/upload", api.upload_media, methods=["POST"]),
            *self._webhooks.routes,
            Route("/media/{name}", self._media),
            Route("/_sandbox/posts", self._posts),
            Route("/_sandbox/deliver", self._deliver, methods=["POST"]),
            Route("/_sandbox/mention", self._mention, methods=["POST"]),
            Route("/_sandbox/app", self._app_settings, methods=["PUT"]),
            Route("/_sandbox/faults", self._faults, methods=["GET", "POST", "DELETE"]),
            Route("/_sandbox/media", self._host, methods=["POST"]),
        ], exception_handlers={Refusal: _refuse, HTTPException: _http_error})
        return TrustedHostMiddleware(_SameOrigin(self.faults.wrap(app), self.url), ["127.0.0.1", "localhost"])

    async def _deliver(self, request: Request) -> Response:
        try:
            response = await self._webhooks.deliver(await request.body())
        except httpx.HTTPError as error:
            raise Refusal(502, "Bad Gateway", f"The webhook did not answer: {type(error).__name__}.") from error
        return JSONResponse({"status": response.status_code, "body": response.text})

    async def _mention(self, request: Request) -> Response:
        said = await request.json()
        try:
            return JSONResponse(await self._webhooks.mention(str(said["text"]), list(said.get("photos") or [])))
        except httpx.HTTPError as error:
            raise Refusal(502, "Bad Gateway", f"The webhook did not answer: {type(error).__name__}.") from error

    async def _app_settings(self, request: Request) -> Response:
        settings = await request.json()
        self._webhooks.signing.client_secret = settings.get("client_secret")
        self._webhooks.signing.both = bool(settings.get("both", True))
        return JSONResponse(settings)

    async def _posts(self, request: Request) -> Response:
        after = request.query_params.get("after", "0")
        if not after.isdecimal():
            raise Refusal(400, "Invalid Request", "after is the id of a post.")
        return JSONResponse([
            {"id": post.id, "text": post.text, "in_reply_to_tweet_id": post.in_reply_to_tweet_id,
             "media": [{"media_id": each, "url": f"{self.url}/media/{each}"} for each in post.media_ids]}
            for post in self.timeline.posts if int(post.id) > int(after)])

    async def _faults(self, request: Request) -> Response:
        if request.method == "GET":
            return JSONResponse([asdict(fault) for fault in self.faults.all()])
        if request.method == "DELETE":
            if "id" in request.query_params:
                self.faults.end(request.query_params["id"])
            else:
                self.faults.clear()
            return JSONResponse({})
        try:
            fault = self.faults.add(Fault(**await request.json()))
        except (TypeError, ValueError) as error:
            raise Refusal(400, "Invalid Request", f"This is not a fault: {error}") from error
        return JSONResponse(asdict(fault))

    async def _host(self, request: Request) -> Response:
        identifier = self.timeline.add_media(await request.body())
        return JSONResponse({"url": f"{self.url}/media/{identifier}"})

    async def _media(self, request: Request) -> Response:
        name = request.path_params["name"]
        content = self.timeline.media.get(name)
        if content is None and name in {photo.name for photo in PHOTOS.glob("*.jpg")}:
            content = (PHOTOS / name).read_bytes()
        if content is None:
            raise Refusal(404, "Not Found", "There is no such media.")
        return Response(content, media_type="image/png" if content.startswith(b"\x89PNG") else "image/jpeg")


class _SameOrigin:
    """Refuses what another site's page sends."""

    def __init__(self, app: ASGIApp, origin: str) -> None:
        self._app, self._origin = app, origin

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        origin = dict(scope.get("headers", [])).get(b"origin", b"").decode("latin-1")
        if origin not in ("", self._origin):
            return await problem(403, "Forbidden", "Requests from other sites are refused.")(scope, receive, send)
        await self._app(scope, receive, send)


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return error.response()


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem(error.status_code, error.detail, error.detail)
