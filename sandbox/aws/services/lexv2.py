"""Lex V2's runtime on the wire; `sandbox.aws.lex`, which answers, is imported with the first call.

Source for paths: botocore's model of lexv2-runtime.
"""

import asyncio
import json
import re
from typing import Any
from urllib.parse import unquote

from sandbox.aws.service import Response, ServiceError, answer, register

PATH = re.compile(r"/bots/([^/]+)/botAliases/([^/]+)/botLocales/([^/]+)/sessions/([^/]+)(/text)?/?$")
OPERATIONS = {("POST", True): "RecognizeText", ("GET", False): "GetSession", ("POST", False): "PutSession", ("DELETE", False): "DeleteSession"}


def install() -> None:
    """Registers the service."""
    register("lex", handle, host=r"runtime-v2-lex\.", reset=reset)


def reset() -> None:
    """Forgets bots and sessions, as MiniStack forgets all else."""
    from sandbox.aws.lex import bots, sessions

    bots.reset()
    sessions.reset()


async def handle(method: str, path: str, headers: dict[str, str], body: bytes, query: Any) -> Response:
    """Answers a call; a bot's function is waited for on a thread."""
    match = PATH.fullmatch(path)
    operation = OPERATIONS.get((method, bool(match[5]))) if match else None
    try:
        if not match or not operation:
            raise ServiceError("UnknownOperationException", f"The sandbox answers {', '.join(OPERATIONS.values())}.", 404)
        return await asyncio.to_thread(_call, operation, [unquote(part) for part in match.groups()[:4]], json.loads(body or b"{}"))
    except ServiceError as error:
        return answer(error.status, {"message": str(error)}, {"x-amzn-ErrorType": error.code})


def _call(operation: str, names: list[str], request: dict[str, Any]) -> Response:
    from sandbox.aws.lex import runtime

    bot, alias, locale, session = names
    return runtime.call(operation, bot, alias, locale, session, request)
