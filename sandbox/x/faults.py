"""X's stand-in fails on request: the next requests to a path answer as they are told to."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox import faults


@dataclass
class Fault(faults.Fault):
    """What requests to `path` get. Without a status it is X's own answer, only late."""

    path: str
    status: int | None = 503
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None

    def response(self) -> Response:
        """The answer; a body that is no text is written as JSON."""
        content = self.body if isinstance(self.body, str) else json.dumps(
            self.body if self.body is not None else {"title": "Fault", "detail": "Injected.", "type": "about:blank", "status": self.status})
        return Response(content, self.status or 200, self.headers, media_type="application/problem+json")


class Faults(faults.Faults[Fault]):
    """ASGI middleware that answers for the application while a fault is on its path."""

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """The application with the faults in front of it."""

        async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or not any(fault.path == scope["path"] for fault in self.all()):
                return await app(scope, receive, send)
            body = await _body(receive)
            fault = self.strike(lambda each: each.path == scope["path"], body.decode("latin-1"))
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
