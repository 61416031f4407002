"""Faults on request: the next requests to a path answer as they are told to."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send


@dataclass
class Fault:
    """What the next `times` requests to `path` get; `delay` is in seconds."""

    path: str
    status: int = 503
    times: int = 1
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    delay: float = 0.0

    def response(self) -> Response:
        """The answer; a body that is no text is written as JSON."""
        content = self.body if isinstance(self.body, str) else json.dumps(
            self.body if self.body is not None else {"title": "Fault", "detail": "Injected.", "type": "about:blank", "status": self.status})
        return Response(content, self.status, self.headers, media_type="application/problem+json")


class Faults:
    """ASGI middleware that answers for the application while a fault is on its path."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Adds a fault behind those there are."""
        self._faults.append(fault)

    def clear(self) -> None:
        """Removes every fault."""
        self._faults.clear()

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """The application with the faults in front of it."""

        async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
            fault = self._next(scope["path"]) if scope["type"] == "http" else None
            if fault is None:
                return await app(scope, receive, send)
            await asyncio.sleep(fault.delay)
            await fault.response()(scope, receive, send)

        return faulty

    def _next(self, path: str) -> Fault | None:
        fault = next((each for each in self._faults if each.path == path), None)
        if fault:
            fault.times -= 1
            if fault.times <= 0:
                self._faults.remove(fault)
        return fault
