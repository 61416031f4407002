"""X's stand-in fails on request: the next requests to a path answer as they are told to."""

import asyncio
import json
import re
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox import faults

HEADER_NAME, HEADER_VALUE = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"), re.compile(r"[\t\x20-\x7e\xa0-\xff]*")  # RFC 9110, 5.5 and 5.6.2
WITHOUT_BODY = (204, 205, 304)


@dataclass
class Fault(faults.Fault):
    """What requests to `path` get, or to all that begin with it where it ends in `*`. Without a status it is X's own answer, only late.

    ValueError for what no server could answer.
    """

    path: str
    status: int | None = 503
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None

    def __post_init__(self) -> None:
        if not (
            isinstance(self.path, str) and self.path.startswith("/")
            and (self.status is None or (isinstance(self.status, int) and 200 <= self.status <= 599))
            and isinstance(self.times, int) and self.times > 0
            and isinstance(self.delay, (int, float)) and self.delay >= 0
            and isinstance(self.match, list) and all(isinstance(text, str) for text in self.match)
            and isinstance(self.headers, dict) and all(isinstance(value, str) for value in self.headers.values())
            and all(HEADER_NAME.fullmatch(name) and HEADER_VALUE.fullmatch(value) for name, value in self.headers.items())
        ):
            raise ValueError("A fault has a path, a status of 200 to 599, at least one time, text headers, a delay in seconds, and texts to match.")

    def is_on(self, path: str) -> bool:
        """Whether requests to a path are meant."""
        return path.startswith(self.path[:-1]) if self.path.endswith("*") else path == self.path

    def response(self) -> Response:
        """The answer; a body that is no text is written as JSON."""
        if self.status in WITHOUT_BODY:
            return Response(status_code=self.status, headers=self.headers)
        content = self.body if isinstance(self.body, str) else json.dumps(
            self.body if self.body is not None else {"title": "Fault", "detail": "Injected.", "type": "about:blank", "status": self.status})
        return Response(content, self.status or 200, self.headers, media_type="application/problem+json")


class Faults(faults.Faults[Fault]):
    """ASGI middleware that answers for the application while a fault is on its path."""

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """The application with the faults in front of it."""

        async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or _is_shown(scope) or not any(fault.is_on(scope["path"]) for fault in self.all()):
                return await app(scope, receive, send)
            body = await _body(receive)
            fault = self.strike(lambda each: each.is_on(scope["path"]), body.decode("latin-1"))
            if fault is None:
                return await app(scope, _given(body), send)
            answer: list[Message] = []
            if fault.after or fault.status is None:
                await app(scope, _given(body), _kept(answer))
            await asyncio.sleep(fault.delay)
            if fault.status is not None:
                return await fault.response()(scope, receive, send)
            for message in answer:
                await send(message)

        return faulty


def _is_shown(scope: Scope) -> bool:
    """Whether a browser asks for a picture on a page: whoever looks on is not to use up a fault."""
    return dict(scope["headers"]).get(b"sec-fetch-dest") == b"image"


async def _body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    return body


def _given(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _kept(answer: list[Message]) -> Send:
    async def send(message: Message) -> None:
        answer.append(message)

    return send
