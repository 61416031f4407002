"""Dead letters: what is in each queue and why, and putting it back on its way."""

from datetime import UTC, datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from console import deployment
from console.deployment import changes
from console.requests import body_of
from tools.dead_letters import described, redriven
from tools.letter_box import boxes
from tools.stack import Stack

SHOWN = 50  # letters of a queue


def routes() -> list[Route]:
    """The letters, and putting them back."""
    return [Route("/api/letters", _letters), Route("/api/letters/redrive", _redrive, methods=["POST"])]


async def _letters(request: Request) -> Response:
    """The letters of every queue. While they are read, other readers do not see them."""
    return JSONResponse(await run_in_threadpool(_read, deployment.of(request).stack))


def _read(stack: Stack) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for box in boxes(stack):
        if sum(box.depth()):
            with box.opened() as letters:
                found += [{**described(letter), "sent": letter.sent.timestamp() * 1000} for letter, _ in zip(letters, range(SHOWN), strict=False)]
    return found


@changes
async def _redrive(request: Request) -> Response:
    """{"id"}: one letter, or all where none is named → each with what came of it."""
    wanted = str((await body_of(request)).get("id", ""))
    return JSONResponse(await run_in_threadpool(_put_back, deployment.of(request).stack, wanted))


def _put_back(stack: Stack, wanted: str) -> list[dict[str, Any]]:
    started, rows = datetime.now(UTC), []
    for box in boxes(stack):
        if not sum(box.depth()):
            continue
        with box.opened() as letters:
            for letter in letters:
                if (not wanted or letter.goes_by(wanted)) and letter.sent <= started:  # a later one has failed once more just now
                    rows.append(redriven(stack, box, letter, dry_run=False))
    return rows
