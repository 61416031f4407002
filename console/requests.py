"""What a page sends."""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request


async def body_of(request: Request) -> dict[str, Any]:
    """The JSON object of a request; refused with 400 where it is none."""
    try:
        body = await request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise HTTPException(400, "The request is no JSON object.")
    return body
