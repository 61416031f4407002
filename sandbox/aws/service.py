"""How a service that MiniStack does not have joins it: on the wire, so that boto3, the AWS CLI and Step Functions reach it alike."""

import asyncio
import contextvars
import json
import sys
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from types import ModuleType
from typing import Any

from ministack import app
from ministack.core import router

from sandbox.aws.patching import add

Operation = Callable[[dict[str, Any]], dict[str, Any]]
Response = tuple[int, dict[str, str], bytes]


class ServiceError(Exception):
    """An error of the service's own: its code as the service model names it, and a message."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.status = code, status


def register(name: str, handle: Callable[..., Any], *, target: str | None = None, scope: str | None = None, host: str = "",
             reset: Callable[[], None] = lambda: None) -> None:
    """Registers a service under its signing name; `handle(method, path, headers, body, query)` is a coroutine function.

    `reset` is called where everything in the embedded AWS is to be forgotten.
    """
    module = ModuleType(f"ministack.services.{name}")
    module.handle_request, module.reset = handle, reset  # type: ignore[attr-defined]
    sys.modules[module.__name__] = module
    add(app.SERVICE_REGISTRY, {name: {"module": name}})
    add(app.SERVICE_HANDLERS, {name: handle})
    add(router.SERVICE_PATTERNS, {name: {
        "target_prefixes": [target] if target else [], "credential_scope": scope or name, "host_patterns": [host] if host else []}})


def register_json(name: str, target: str, operations: dict[str, Operation], threads: Executor | None = None) -> None:
    """Registers a service of AWS's JSON 1.1 protocol: the operation's name is in the X-Amz-Target header.

    Operations run on `threads`, or else on those that everything shares: one that may take long has its own, so that the others do not wait.
    """

    async def handle(method: str, path: str, headers: dict[str, str], body: bytes, query: Any) -> Response:
        name = {key.lower(): value for key, value in headers.items()}.get("x-amz-target", "").split(".")[-1]
        try:
            if name not in operations:
                raise ServiceError("UnknownOperationException", f"{name} is not one of the operations that the sandbox answers.")
            work = partial(contextvars.copy_context().run, operations[name], json.loads(body or b"{}"))
            return answer(200, await asyncio.get_running_loop().run_in_executor(threads, work))
        except ServiceError as error:
            return answer(error.status, {"__type": error.code, "message": str(error)})

    register(name, handle, target=target, host=rf"{name}\.")


def answer(status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    """A JSON response."""
    return status, {"Content-Type": "application/x-amz-json-1.1", **(headers or {})}, json.dumps(body).encode()
