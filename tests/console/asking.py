"""Asking an ASGI application without a server."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
from starlette.types import ASGIApp

OWN = "http://127.0.0.1:4590"


def ask(app: ASGIApp, method: str, path: str, **more: Any) -> httpx.Response:
    """The response to one request, as from an address that is the application's own."""

    async def asked() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=OWN) as client:
            return await client.request(method, path, **more)

    with ThreadPoolExecutor(1) as thread:  # whoever drives a browser has an event loop on this one
        return thread.submit(asyncio.run, asked()).result()
